/* SPDX-License-Identifier: Apache-2.0 */
/* What people ask for and sign. Each act is decided, written and logged in one savepoint. */
#include "accreditation/internal.h"
#include "base/error.h"
#include "base/ids.h"
#include "base/times.h"
#include "identity/identity.h"

#include <string.h>

/* ---- shared ---------------------------------------------------------------------------------- */

/* Everybody whom the application is about should look again. */
void acts_notify(Act *act, const char *project, const Application *application)
{
    g_autofree char *topic = g_strconcat("project:", project, NULL);
    act_notify(act, topic);
    act_notify(act, "applications");
    act_notify(act, PROJECTS_TOPIC_RIGHTS);
    for (guint i = 0; application != NULL && i < application->persons->len; i++) {
        const ApplicationPerson *person = g_ptr_array_index(application->persons, i);
        g_autofree char *own = g_strconcat("person:", person->id, NULL);
        act_notify(act, own);
    }
}

/* Loads the application and the facts that everybody's decision starts from. */
bool acts_begin(Act *act, const char *id, Application **ret_application, PolicyFacts *ret_facts,
                GError **error)
{
    g_autoptr(Application) a = NULL;
    act_about(act, id, NULL);
    if (!application_load(act->tx, id, &a, error))
        return false;
    act_about(act, NULL, a->project);
    if (!application_visible(act->tx, act->actor, a, time_now_ms(), ret_facts, error))
        return false;
    acts_notify(act, a->project, a);
    *ret_application = g_steal_pointer(&a);
    return true;
}

static bool check_asked(const Application *a, GError **error)
{
    if (a->state == APPLICATION_WITHDRAWN)
        return error_set(error, ERROR_CONFLICT, "accreditation.withdrawn",
                         "The application was withdrawn; a new one can be made.");
    if (a->state != APPLICATION_DRAFT)
        return true;
    return error_set(error, ERROR_CONFLICT, "accreditation.not_submitted",
                     "The application has not been submitted yet.");
}

static bool check_route(unsigned route, unsigned term, GError **error)
{
    if ((policy_route((PolicyRoute)route)->terms & term) != 0)
        return true;
    return error_set(error, ERROR_CONFLICT, "accreditation.other_route",
                     "The project's route (%s) does not ask for this.",
                     policy_name(SET_ROUTE, route));
}

/* Whoever says no, or not yet, says why: the applicant can then do something about it. */
static bool check_comment(const Signature *signature, GError **error)
{
    static const char *const yes[] = {"agreed", "favourable", NULL};
    if (g_strv_contains(yes, signature->outcome) || *signature->comment != '\0')
        return true;
    return error_set(error, ERROR_INVALID, "accreditation.comment_needed",
                     "Say in the comment why, and what the applicants can do.");
}

static const Dataset *dataset_of(const Application *a, const char *id)
{
    for (guint i = 0; i < a->datasets->len; i++) {
        const Dataset *dataset = g_ptr_array_index(a->datasets, i);
        if (strcmp(dataset->id, id) == 0)
            return dataset;
    }
    return NULL;
}

/* ---- the producer's agreement and the committee's opinion --------------------------------------- */

typedef struct SignCall {
    const char *application;
    const Signature *signature;
} SignCall;

static void sign_details(Act *act, const AccreditationFact *fact)
{
    act_detail(act, "term", policy_name(SET_TERM, fact->term));
    act_detail(act, "outcome", fact->outcome);
    if (fact->dataset != NULL)
        act_detail(act, "dataset", fact->dataset);
    if (fact->person != NULL)
        act_detail(act, "person", fact->person);
    if (fact->expires_ms != 0) {
        g_autofree char *expires = time_format(fact->expires_ms);
        act_detail(act, "expires", expires);
    }
}

static bool sign_and_settle(Act *act, const Application *a, const AccreditationFact *fact,
                            GError **error)
{
    g_autofree char *id = NULL;
    if (!fact_sign(act->tx, fact, time_now_ms(), &id, error))
        return false;
    sign_details(act, fact);
    act_detail(act, "fact", id);
    return application_settle(act->tx, a->id, time_now_ms(), error) &&
           application_tell(act, a->id, a->state, true, error);
}

static AccreditationFact sign_fact(const Act *act, const Application *a, unsigned term,
                                   const Signature *signature)
{
    return (AccreditationFact){
        .application = a->id,
        .project = a->project,
        .dataset = (char *)signature->dataset,
        .term = term,
        .outcome = (char *)signature->outcome,
        .comment = (char *)signature->comment,
        .by = act->actor->id,
        .expires_ms = signature->expires_ms,
    };
}

static bool agree_in(Act *act, void *data, GError **error)
{
    const SignCall *call = data;
    PolicyFacts facts = {0};
    g_autoptr(Application) a = NULL;
    if (!acts_begin(act, call->application, &a, &facts, error))
        return false;
    const Dataset *dataset = dataset_of(a, call->signature->dataset);
    if (dataset == NULL)
        return error_set(error, ERROR_INVALID, "accreditation.other_dataset",
                         "The application does not ask for the dataset \"%s\".",
                         call->signature->dataset);
    /* Steward of that very source, not of another one of the application. */
    AccreditationFact fact = sign_fact(act, a, TERM_STEWARD_AGREEMENT, call->signature);
    return source_is_steward(act->tx, dataset->source, act->actor->id, &facts.is_steward,
                             error) &&
           act_allow(act, &facts, error) && check_asked(a, error) &&
           check_route(facts.route, TERM_STEWARD_AGREEMENT, error) &&
           check_comment(call->signature, error) &&
           sign_and_settle(act, a, &fact, error);
}

bool application_agree(App *app, const PolicyActor *actor, const char *application,
                       const Signature *signature, GError **error)
{
    SignCall call = {application, signature};
    return act_run(app, actor, VERB_TERM_STEWARD, agree_in, &call, NULL, error);
}

static bool opine_check_producers(const Application *a, unsigned route, GError **error)
{
    g_autoptr(GPtrArray) needs = application_needs(a, route);
    for (guint i = 0; i < needs->len; i++) {
        const ApplicationNeed *need = g_ptr_array_index(needs, i);
        if (need->term == TERM_STEWARD_AGREEMENT)
            return error_set(error, ERROR_CONFLICT, "accreditation.producers_first",
                             "The committee gives its opinion once every producer has answered; "
                             "the steward of \"%s\" has not.", need->dataset->source_title);
    }
    return true;
}

static bool opine_in(Act *act, void *data, GError **error)
{
    const SignCall *call = data;
    PolicyFacts facts = {0};
    g_autoptr(Application) a = NULL;
    if (!acts_begin(act, call->application, &a, &facts, error) || !act_allow(act, &facts, error) ||
        !check_asked(a, error) || !check_route(facts.route, TERM_COMMITTEE_OPINION, error) ||
        !opine_check_producers(a, facts.route, error) || !check_comment(call->signature, error))
        return false;
    if (strcmp(call->signature->outcome, "favourable") == 0 && call->signature->expires_ms == 0)
        return error_set(error, ERROR_INVALID, "accreditation.no_duration",
                         "A favourable opinion says until when it holds.");
    AccreditationFact fact = sign_fact(act, a, TERM_COMMITTEE_OPINION, call->signature);
    bool back = strcmp(call->signature->outcome, "adjourned") == 0 &&
                a->state != APPLICATION_ADJOURNED;
    return sign_and_settle(act, a, &fact, error) &&
           (!back || application_move(act->tx, a, APPLICATION_ADJOURNED, time_now_ms(), error));
}

bool application_opine(App *app, const PolicyActor *actor, const char *application,
                       const Signature *signature, GError **error)
{
    SignCall call = {application, signature};
    return act_run(app, actor, VERB_TERM_COMMITTEE, opine_in, &call, NULL, error);
}

/* ---- the undertaking -------------------------------------------------------------------------- */

typedef struct UndertakeCall {
    App *app;
    const char *application, *code;
} UndertakeCall;

static bool undertaking_is_live(const Application *a, const char *dataset, const char *person)
{
    const AccreditationFact *fact = fact_pick(a->facts, TERM_UNDERTAKING, dataset, person);
    return fact != NULL && fact->revoked_ms == 0;
}

static bool undertake_in(Act *act, void *data, GError **error)
{
    const UndertakeCall *call = data;
    PolicyFacts facts = {0};
    size_t signed_now = 0;
    g_autoptr(Application) a = NULL;
    if (!acts_begin(act, call->application, &a, &facts, error) || !act_allow(act, &facts, error) ||
        !check_asked(a, error) ||
        !identity_verify_code(call->app, act->tx, act->actor->id, call->code, error))
        return false;
    act_detail(act, "term", policy_name(SET_TERM, TERM_UNDERTAKING));
    for (guint i = 0; i < a->datasets->len; i++) {
        const Dataset *dataset = g_ptr_array_index(a->datasets, i);
        if (undertaking_is_live(a, dataset->id, act->actor->id))
            continue;
        AccreditationFact fact = {
            .application = a->id, .project = a->project, .dataset = dataset->id,
            .person = act->actor->id, .term = TERM_UNDERTAKING, .outcome = (char *)"signed",
            .comment = (char *)"", .by = act->actor->id,
        };
        if (!fact_sign(act->tx, &fact, time_now_ms(), NULL, error))
            return false;
        act_detail(act, dataset->id, "signed");
        signed_now++;
    }
    if (signed_now == 0)
        return error_set(error, ERROR_CONFLICT, "accreditation.signed_already",
                         "You have signed the undertaking for every dataset already.");
    return true;
}

bool application_undertake(App *app, const PolicyActor *actor, const char *application,
                           const char *code, GError **error)
{
    UndertakeCall call = {app, application, code};
    return act_run(app, actor, VERB_TERM_UNDERTAKING, undertake_in, &call, NULL, error);
}

/* ---- need to know ----------------------------------------------------------------------------- */

typedef struct NeedCall {
    const char *project;
    const Signature *signature;
    char *fact;
} NeedCall;

static bool needs_settle(Act *act, const char *project, GError **error)
{
    StoreTx *tx = act->tx;
    g_autoptr(StoreRows) rows = store_query(
        tx, error, "SELECT id FROM application WHERE project = $1 AND state = 'submitted'",
        store_text(project));
    if (rows == NULL)
        return false;
    g_autoptr(GPtrArray) ids = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GError) problem = NULL;
    while (store_next(rows, &problem))
        g_ptr_array_add(ids, g_strdup(store_row_text(rows, 0)));
    if (problem != NULL) {
        g_propagate_error(error, g_steal_pointer(&problem));
        return false;
    }
    for (guint i = 0; i < ids->len; i++) {
        const char *id = g_ptr_array_index(ids, i);
        if (!application_settle(tx, id, time_now_ms(), error) ||
            !application_tell(act, id, APPLICATION_SUBMITTED, false, error))
            return false;
    }
    return true;
}

static bool need_member(Act *act, const NeedCall *call, char **ret_person, GError **error)
{
    g_autoptr(GPtrArray) members = project_members(act->tx, call->project, error);
    g_autoptr(GPtrArray) ids = g_ptr_array_new_with_free_func(g_free);
    if (members == NULL ||
        !application_check_person(act, members, call->signature->person, ids, error))
        return false;
    *ret_person = g_strdup(g_ptr_array_index(ids, 0));
    return true;
}

static bool need_in(Act *act, void *data, GError **error)
{
    NeedCall *call = data;
    PolicyFacts facts = {0};
    g_autofree char *person = NULL;
    g_autoptr(Project) project = NULL;
    act_about(act, call->project, call->project);
    if (!project_facts_visible(act->tx, act->actor, call->project, time_now_ms(), &facts,
                               error) ||
        !project_load(act->tx, call->project, &project, error) ||
        !check_route(project->route, TERM_NEED_TO_KNOW, error) ||
        !application_check_dataset(act, project, &facts, act->verb, call->signature->dataset,
                                   error) ||
        !need_member(act, call, &person, error))
        return false;
    if (strcmp(person, act->actor->id) == 0)
        return error_set(error, ERROR_DENIED, "accreditation.own_need",
                         "Nobody confirms their own need to know; another lead of the project "
                         "must.");
    AccreditationFact fact = {
        .project = project->id, .dataset = (char *)call->signature->dataset, .person = person,
        .term = TERM_NEED_TO_KNOW, .outcome = (char *)call->signature->outcome,
        .comment = (char *)call->signature->comment, .by = act->actor->id,
        .expires_ms = call->signature->expires_ms,
    };
    if (!fact_sign(act->tx, &fact, time_now_ms(), &call->fact, error))
        return false;
    sign_details(act, &fact);
    acts_notify(act, call->project, NULL);
    g_autofree char *own = g_strconcat("person:", person, NULL);
    act_notify(act, own);
    return needs_settle(act, call->project, error);
}

bool need_to_know_sign(App *app, const PolicyActor *actor, const char *project,
                       const Signature *signature, char **ret_fact, GError **error)
{
    NeedCall call = {.project = project, .signature = signature};
    if (!act_run(app, actor, VERB_TERM_NEED_TO_KNOW, need_in, &call, NULL, error)) {
        g_free(call.fact);
        return false;
    }
    *ret_fact = call.fact;
    return true;
}

/* ---- revoking --------------------------------------------------------------------------------- */

typedef struct RevokeCall {
    const char *fact, *reason;
} RevokeCall;

/* The facts for deciding who may revoke FACT; whoever may not even see it is told there is none. */
static bool revoke_facts(Act *act, const AccreditationFact *fact, PolicyFacts *ret_facts,
                         GError **error)
{
    PolicyFacts facts = {0};
    g_autoptr(Dataset) dataset = NULL;
    if (!project_facts_load(act->tx, act->actor, fact->project, time_now_ms(), &facts, error))
        return false;
    if (fact->dataset != NULL &&
        (!dataset_load(act->tx, fact->dataset, &dataset, error) ||
         !source_is_steward(act->tx, dataset->source, act->actor->id, &facts.is_steward, error)))
        return false;
    facts.is_owner = strcmp(fact->by, act->actor->id) == 0;
    facts.is_concerned = g_strcmp0(fact->person, act->actor->id) == 0;
    if (!facts.is_owner && !policy_decide(act->actor, VERB_APPLICATION_VIEW, &facts).allowed)
        return fact_refuse_unknown(fact->id, error);
    *ret_facts = facts;
    return true;
}

static bool revoke_in(Act *act, void *data, GError **error)
{
    const RevokeCall *call = data;
    PolicyFacts facts = {0};
    g_autoptr(AccreditationFact) fact = NULL;
    act_about(act, call->fact, NULL);
    if (!fact_load(act->tx, call->fact, &fact, error))
        return false;
    act_about(act, NULL, fact->project);
    if (!revoke_facts(act, fact, &facts, error) || !act_allow(act, &facts, error) ||
        !fact_revoke_row(act->tx, fact, act->actor->id, call->reason, time_now_ms(), error))
        return false;
    act_detail(act, "term", policy_name(SET_TERM, fact->term));
    act_detail(act, "reason", call->reason);
    acts_notify(act, fact->project, NULL);
    if (fact->person != NULL) {
        g_autofree char *own = g_strconcat("person:", fact->person, NULL);
        act_notify(act, own);
    }
    return fact_tell_revoked(act, fact, call->reason, error);
}

bool fact_revoke(App *app, const PolicyActor *actor, const char *fact, const char *reason,
                 GError **error)
{
    RevokeCall call = {fact, reason};
    return act_run(app, actor, VERB_TERM_REVOKE, revoke_in, &call, NULL, error);
}
