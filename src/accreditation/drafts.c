/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writing an application: a draft may lack anything and is saved as often as one likes; what it asks
 * for is admitted by the source from the start, and again when it is submitted. An adjourned one has
 * its texts completed; what producers agreed to, datasets and persons, stays.
 */
#include "accreditation/internal.h"
#include "base/error.h"
#include "base/ids.h"
#include "base/times.h"

#include <string.h>

/* ---- what may be asked ------------------------------------------------------------------------ */

bool application_check_dataset(Act *act, const Project *project, const PolicyFacts *facts,
                               PolicyVerb ask, const char *id, GError **error)
{
    PolicyFacts about = *facts;
    g_autoptr(Dataset) dataset = NULL;
    g_autoptr(Source) source = NULL;
    if (!dataset_load(act->tx, id, &dataset, error) ||
        !source_load(act->tx, dataset->source, &source, error) ||
        !source_facts_add(act->tx, act->actor, source, dataset, project->organisation, &about,
                          error))
        return false;
    if (dataset->state != DATASET_PUBLISHED)
        return error_set(error, ERROR_NOT_FOUND, "sources.no_dataset",
                         "There is no dataset \"%s\".", id);
    return policy_enforce(act->actor, ask, &about, error);
}

/* Every person must work in the project, now or from a later day. Fills IDS. */
bool application_check_person(Act *act, const GPtrArray *members, const char *login,
                              GPtrArray *ids, GError **error)
{
    for (guint i = 0; i < members->len; i++) {
        const ProjectMember *member = g_ptr_array_index(members, i);
        if (strcmp(member->login, login) != 0 ||
            (member->roles & (PROJECT_LEAD | PROJECT_SCIENTIST)) == 0)
            continue;
        if (g_ptr_array_find_with_equal_func(ids, member->person, g_str_equal, NULL))
            return error_set(error, ERROR_INVALID, "accreditation.person_twice",
                             "\"%s\" is named twice.", login);
        g_ptr_array_add(ids, g_strdup(member->person));
        return true;
    }
    return error_set(error, ERROR_UNPROCESSABLE, "accreditation.not_a_member",
                     "\"%s\" is not a lead or a scientist of the project; add them first.", login);
}

static bool check_twice(const char *const *ids, GError **error)
{
    for (size_t i = 0; ids[i] != NULL; i++) {
        if (g_strv_contains(ids + i + 1, ids[i]))
            return error_set(error, ERROR_INVALID, "accreditation.dataset_twice",
                             "The dataset \"%s\" is named twice.", ids[i]);
    }
    return true;
}

static bool check_until(int64_t until_ms, int64_t now_ms, GError **error)
{
    if (until_ms == 0)
        return true;
    if (until_ms <= now_ms)
        return error_set(error, ERROR_INVALID, "accreditation.expiry_past",
                         "The date until which it is asked has passed; choose a later one.");
    if (until_ms > now_ms + FACT_LONGEST_MS)
        return error_set(error, ERROR_INVALID, "accreditation.expiry_far",
                         "Nothing is granted for more than ten years; choose an earlier date.");
    return true;
}

/* Fills IDS, NULL-ended, with copies of the persons' ids. */
static bool check_asked(Act *act, const char *project, const PolicyFacts *facts,
                        const ApplicationNew *given, GPtrArray *ids, GError **error)
{
    g_autoptr(Project) row = NULL;
    g_autoptr(GPtrArray) members = NULL;
    if (!project_load(act->tx, project, &row, error) || !check_twice(given->datasets, error) ||
        !check_until(given->until_ms, time_now_ms(), error))
        return false;
    for (const char *const *id = given->datasets; *id != NULL; id++) {
        if (!application_check_dataset(act, row, facts, VERB_APPLICATION_CREATE, *id, error))
            return false;
    }
    members = project_members(act->tx, project, error);
    if (members == NULL)
        return false;
    for (const char *const *login = given->persons; *login != NULL; login++) {
        if (!application_check_person(act, members, *login, ids, error))
            return false;
    }
    g_ptr_array_add(ids, NULL);
    return true;
}

static ApplicationRow row_of(const char *id, const ApplicationNew *given, const GPtrArray *persons)
{
    return (ApplicationRow){
        .id = id, .project = given->project, .justification = given->justification,
        .answers = given->answers, .until_ms = given->until_ms, .datasets = given->datasets,
        .persons = (const char *const *)persons->pdata,
    };
}

/* ---- beginning -------------------------------------------------------------------------------- */

typedef struct DraftCall {
    const ApplicationNew *given;
    const char *id;
} DraftCall;

static bool create_in(Act *act, void *data, GError **error)
{
    const DraftCall *call = data;
    const ApplicationNew *given = call->given;
    PolicyFacts facts = {0};
    g_autoptr(GPtrArray) persons = g_ptr_array_new_with_free_func(g_free);
    act_about(act, call->id, given->project);
    if (!project_facts_visible(act->tx, act->actor, given->project, time_now_ms(), &facts,
                               error) ||
        !policy_enforce(act->actor, VERB_APPLICATION_EDIT, &facts, error) ||
        !check_asked(act, given->project, &facts, given, persons, error))
        return false;
    acts_notify(act, given->project, NULL);
    ApplicationRow row = row_of(call->id, given, persons);
    row.author = act->actor->id;
    return application_insert(act->tx, &row, time_now_ms(), error);
}

bool application_create(App *app, const PolicyActor *actor, const ApplicationNew *given,
                        char **ret_id, GError **error)
{
    g_autofree char *id = id_new("app");
    DraftCall call = {given, id};
    if (!act_run(app, actor, VERB_APPLICATION_CREATE, create_in, &call, NULL, error))
        return false;
    *ret_id = g_steal_pointer(&id);
    return true;
}

/* ---- saving ----------------------------------------------------------------------------------- */

static const char **datasets_of(const Application *a)
{
    const char **ids = g_new0(const char *, a->datasets->len + 1);
    for (guint i = 0; i < a->datasets->len; i++)
        ids[i] = ((const Dataset *)g_ptr_array_index(a->datasets, i))->id;
    return ids;
}

static const char **logins_of(const Application *a)
{
    const char **logins = g_new0(const char *, a->persons->len + 1);
    for (guint i = 0; i < a->persons->len; i++)
        logins[i] = ((const ApplicationPerson *)g_ptr_array_index(a->persons, i))->login;
    return logins;
}

static void persons_of(const Application *a, GPtrArray *ids)
{
    g_ptr_array_set_size(ids, 0);
    for (guint i = 0; i < a->persons->len; i++)
        g_ptr_array_add(ids, g_strdup(
                                 ((ApplicationPerson *)g_ptr_array_index(a->persons, i))->id));
    g_ptr_array_add(ids, NULL);
}

static bool edit_check_state(const Application *a, const ApplicationNew *given, GError **error)
{
    if (!application_is_editable(a))
        return error_set(error, ERROR_CONFLICT, "accreditation.state",
                         "The application is %s: it can be changed as a draft, or once the "
                         "committee has adjourned it.", application_state_name(a->state));
    if (a->state == APPLICATION_ADJOURNED && (given->datasets != NULL || given->persons != NULL))
        return error_set(error, ERROR_CONFLICT, "accreditation.agreed_already",
                         "Producers have agreed to these datasets for these persons; for others, "
                         "make another application.");
    if (given->version != 0 && given->version != a->version)
        return error_set(error, ERROR_CONFLICT, "accreditation.version",
                         "Somebody else has saved this application meanwhile; read it again, then "
                         "make your change.");
    return true;
}

static bool edit_in(Act *act, void *data, GError **error)
{
    const DraftCall *call = data;
    PolicyFacts facts = {0};
    g_autoptr(Application) a = NULL;
    g_autoptr(GPtrArray) persons = g_ptr_array_new_with_free_func(g_free);
    if (!acts_begin(act, call->id, &a, &facts, error) || !act_allow(act, &facts, error) ||
        !edit_check_state(a, call->given, error))
        return false;
    g_autofree const char **datasets = datasets_of(a);
    ApplicationNew whole = *call->given;
    whole.project = a->project;
    if (whole.justification == NULL)
        whole.justification = a->justification;
    if (whole.answers == NULL)
        whole.answers = a->answers;
    if (whole.until_ms == 0)
        whole.until_ms = a->until_ms;
    /* What was asked before is not asked again here: a source that has closed since, or a person who
     * has left, must not keep the project from saving a text. */
    ApplicationNew news = whole;
    static const char *const nothing[] = {NULL};
    news.datasets = whole.datasets != NULL ? whole.datasets : nothing;
    news.persons = whole.persons != NULL ? whole.persons : nothing;
    if (!check_asked(act, a->project, &facts, &news, persons, error))
        return false;
    if (whole.datasets == NULL)
        whole.datasets = datasets;
    if (whole.persons == NULL)
        persons_of(a, persons);
    ApplicationRow row = row_of(a->id, &whole, persons);
    return application_update(act->tx, &row, time_now_ms(), error);
}

bool application_edit(App *app, const PolicyActor *actor, const char *application,
                      const ApplicationNew *given, GError **error)
{
    DraftCall call = {given, application};
    return act_run(app, actor, VERB_APPLICATION_EDIT, edit_in, &call, NULL, error);
}

/* ---- submitting, withdrawing ------------------------------------------------------------------- */

static bool submit_check_complete(const Application *a, GError **error)
{
    const char *missing = a->datasets->len == 0         ? "datasets"
                          : a->persons->len == 0        ? "persons"
                          : *a->justification == '\0' ? "justification"
                                                        : NULL;
    if (missing == NULL)
        return true;
    return error_set(error, ERROR_CONFLICT, "accreditation.incomplete",
                     "The application is not complete: \"%s\" is missing. Add it, then submit.",
                     missing);
}

/* Sources, tiers and members may have changed since the draft was written. */
static bool submit_check_admitted(Act *act, const Application *a, const PolicyFacts *facts,
                                  GError **error)
{
    g_autofree const char **datasets = datasets_of(a);
    g_autofree const char **logins = logins_of(a);
    g_autoptr(GPtrArray) persons = g_ptr_array_new_with_free_func(g_free);
    ApplicationNew asked = {.datasets = datasets, .persons = logins, .until_ms = a->until_ms};
    return check_asked(act, a->project, facts, &asked, persons, error);
}

static bool submit_in(Act *act, void *data, GError **error)
{
    const char *id = data;
    int64_t now = time_now_ms();
    PolicyFacts facts = {0};
    g_autoptr(Application) a = NULL;
    g_autoptr(Application) submitted = NULL;
    if (!acts_begin(act, id, &a, &facts, error) || !act_allow(act, &facts, error) ||
        (application_is_editable(a) && !submit_check_complete(a, error)) ||
        (application_is_editable(a) && !submit_check_admitted(act, a, &facts, error)) ||
        !application_move(act->tx, a, APPLICATION_SUBMITTED, now, error) ||
        !application_load(act->tx, id, &submitted, error))
        return false;
    json_object_set_new(act->details, "round", json_integer(submitted->round));
    /* Needs to know may all have been signed before: then it is decided at once. */
    return application_round_keep(act->tx, submitted, act->actor->id, now, error) &&
           application_settle(act->tx, id, now, error) &&
           application_tell(act, id, APPLICATION_DRAFT, false, error);
}

bool application_submit(App *app, const PolicyActor *actor, const char *application,
                        GError **error)
{
    return act_run(app, actor, VERB_APPLICATION_SUBMIT, submit_in, (void *)application, NULL,
                   error);
}

static bool withdraw_in(Act *act, void *data, GError **error)
{
    const char *id = data;
    PolicyFacts facts = {0};
    g_autoptr(Application) a = NULL;
    return acts_begin(act, id, &a, &facts, error) && act_allow(act, &facts, error) &&
           application_move(act->tx, a, APPLICATION_WITHDRAWN, time_now_ms(), error);
}

bool application_withdraw(App *app, const PolicyActor *actor, const char *application,
                          GError **error)
{
    return act_run(app, actor, VERB_APPLICATION_WITHDRAW, withdraw_in, (void *)application, NULL,
                   error);
}
