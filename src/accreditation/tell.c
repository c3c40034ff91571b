/* SPDX-License-Identifier: Apache-2.0 */
/* Who is told of an application: those it waits for, and those it is about. And what ends soon. */
#include "accreditation/internal.h"
#include "base/times.h"
#include "identity/identity.h"
#include "notices/notices.h"

#include <string.h>

#define SOON_MS (30 * TIME_DAY_MS)

/* ---- those it waits for ----------------------------------------------------------------------- */

/* Told once per submission: each later signature leaves the needs that were there before it. */
static bool tell_once(Act *act, const Application *a, const char *person, NoticeKind kind,
                      GError **error)
{
    NoticeNew notice = {.kind = kind, .object = a->id, .project = a->project};
    bool told = false;
    return notice_was_told(act->tx, person, kind, a->id, a->submitted_ms, &told, error) &&
           (told || notice_add(act, person, &notice, error));
}

static bool tell_stewards(Act *act, const Application *a, const ApplicationNeed *need,
                          GError **error)
{
    g_autoptr(GPtrArray) stewards = source_stewards(act->tx, need->dataset->source, error);
    if (stewards == NULL)
        return false;
    for (guint i = 0; i < stewards->len; i++) {
        const SourceSteward *steward = g_ptr_array_index(stewards, i);
        if (!tell_once(act, a, steward->person, NOTICE_AGREE, error))
            return false;
    }
    return true;
}

static bool tell_committee(Act *act, const Application *a, const ApplicationNeed *need,
                           GError **error)
{
    (void)need;
    g_autoptr(GPtrArray) persons = identity_persons_with(act->tx, ROLE_COMMITTEE, error);
    if (persons == NULL)
        return false;
    for (guint i = 0; i < persons->len; i++) {
        const char *person = g_ptr_array_index(persons, i);
        bool was_member = false;
        if (!project_was_member(act->tx, a->project, person, &was_member, error) ||
            (!was_member && !tell_once(act, a, person, NOTICE_OPINE, error)))
            return false;
    }
    return true;
}

static bool tell_leads(Act *act, const Application *a, const ApplicationNeed *need, GError **error)
{
    (void)need;
    g_autoptr(GPtrArray) members = project_members(act->tx, a->project, error);
    if (members == NULL)
        return false;
    for (guint i = 0; i < members->len; i++) {
        const ProjectMember *member = g_ptr_array_index(members, i);
        if ((member->roles & PROJECT_LEAD) != 0 &&
            !tell_once(act, a, member->person, NOTICE_NEED_TO_KNOW, error))
            return false;
    }
    return true;
}

static bool tell_person(Act *act, const Application *a, const ApplicationNeed *need,
                        GError **error)
{
    return tell_once(act, a, need->person->id, NOTICE_UNDERTAKE, error);
}

typedef struct TellRow {
    unsigned term;
    bool (*tell)(Act *act, const Application *application, const ApplicationNeed *need,
                 GError **error);
} TellRow;

static const TellRow tell_rows[] = {
    {TERM_STEWARD_AGREEMENT, tell_stewards},
    {TERM_COMMITTEE_OPINION, tell_committee},
    {TERM_NEED_TO_KNOW, tell_leads},
    {TERM_UNDERTAKING, tell_person},
};

static bool tell_need(Act *act, const Application *a, const ApplicationNeed *need, GError **error)
{
    for (size_t i = 0; i < G_N_ELEMENTS(tell_rows); i++) {
        if (tell_rows[i].term == need->term)
            return tell_rows[i].tell(act, a, need, error);
    }
    return true;
}

/* ---- those it is about ------------------------------------------------------------------------ */

static bool tell_applicants(Act *act, const Application *a, NoticeKind kind, GError **error)
{
    NoticeNew notice = {.kind = kind, .object = a->id, .project = a->project};
    bool author_named = false;
    for (guint i = 0; i < a->persons->len; i++) {
        const ApplicationPerson *person = g_ptr_array_index(a->persons, i);
        author_named = author_named || strcmp(person->id, a->created_by) == 0;
        if (!notice_add(act, person->id, &notice, error))
            return false;
    }
    return author_named || notice_add(act, a->created_by, &notice, error);
}

bool application_tell(Act *act, const char *id, ApplicationState before, bool answered,
                      GError **error)
{
    g_autoptr(Application) a = NULL;
    g_autoptr(Project) project = NULL;
    if (!application_load(act->tx, id, &a, error) ||
        !project_load(act->tx, a->project, &project, error))
        return false;
    g_autoptr(GPtrArray) needs = application_needs(a, project->route);
    for (guint i = 0; i < needs->len; i++) {
        if (!tell_need(act, a, g_ptr_array_index(needs, i), error))
            return false;
    }
    if (before != APPLICATION_DECIDED && a->state == APPLICATION_DECIDED)
        return tell_applicants(act, a, NOTICE_APPLICATION_DECIDED, error);
    return !answered || tell_applicants(act, a, NOTICE_APPLICATION_ANSWERED, error);
}

bool fact_tell_revoked(Act *act, const AccreditationFact *fact, const char *reason, GError **error)
{
    NoticeNew notice = {.kind = NOTICE_RIGHT_REVOKED,
                        .object = fact->dataset != NULL ? fact->dataset : "",
                        .project = fact->project, .detail = reason};
    if (fact->person != NULL)
        return notice_add(act, fact->person, &notice, error);
    g_autoptr(Application) a = NULL;
    if (fact->application == NULL)
        return true;
    if (!application_load(act->tx, fact->application, &a, error))
        return false;
    for (guint i = 0; i < a->persons->len; i++) {
        const ApplicationPerson *person = g_ptr_array_index(a->persons, i);
        if (!notice_add(act, person->id, &notice, error))
            return false;
    }
    return true;
}

/* ---- what ends soon ---------------------------------------------------------------------------- */

typedef struct Reminders {
    App *app;
    int64_t now_ms;
    GPtrArray *projects;             /* ids of the open ones */
    GPtrArray *topics;
} Reminders;

static bool remind(Reminders *r, StoreTx *tx, const char *person, NoticeKind kind,
                   const char *object, const char *project, GError **error)
{
    NoticeNew notice = {.kind = kind, .object = object, .project = project};
    bool told = false;
    if (!notice_was_told(tx, person, kind, object, r->now_ms - SOON_MS, &told, error))
        return false;
    if (told)
        return true;
    g_ptr_array_add(r->topics, g_strconcat("person:", person, NULL));
    return notice_write(r->app, tx, person, &notice, r->now_ms, error);
}

static bool ends_soon(const Reminders *r, int64_t ends_ms)
{
    return ends_ms > r->now_ms && ends_ms < r->now_ms + SOON_MS;
}

static bool remind_accreditations(Reminders *r, StoreTx *tx, const Project *project,
                                  GError **error)
{
    g_autoptr(GPtrArray) list = accreditation_list(tx, project->id, NULL, r->now_ms, error);
    if (list == NULL)
        return false;
    for (guint i = 0; i < list->len; i++) {
        const Accreditation *one = g_ptr_array_index(list, i);
        int64_t ends_ms = INT64_MAX;
        for (size_t j = 0; j < one->term_count; j++) {
            /* The project's own end is told to its leads. */
            if (one->terms[j].term != TERM_PROJECT_OPEN && one->terms[j].expires_ms != 0)
                ends_ms = MIN(ends_ms, one->terms[j].expires_ms);
        }
        if (one->holds && ends_soon(r, ends_ms) && ends_ms < project->ends_ms &&
            !remind(r, tx, one->person, NOTICE_RIGHT_ENDS, one->dataset, project->id, error))
            return false;
    }
    return true;
}

static bool remind_leads(Reminders *r, StoreTx *tx, const Project *project, GError **error)
{
    if (!ends_soon(r, project->ends_ms))
        return true;
    g_autoptr(GPtrArray) members = project_members(tx, project->id, error);
    if (members == NULL)
        return false;
    for (guint i = 0; i < members->len; i++) {
        const ProjectMember *member = g_ptr_array_index(members, i);
        if ((member->roles & PROJECT_LEAD) != 0 &&
            !remind(r, tx, member->person, NOTICE_PROJECT_ENDS, project->id, project->id, error))
            return false;
    }
    return true;
}

static bool read_open_projects(StoreTx *tx, void *data, GError **error)
{
    Reminders *r = data;
    g_autoptr(GError) problem = NULL;
    g_autoptr(StoreRows) rows = store_query(tx, error, "SELECT id FROM project WHERE state = $1",
                                            store_text(policy_name(SET_STATE, STATE_OPEN)));
    if (rows == NULL)
        return false;
    while (store_next(rows, &problem))
        g_ptr_array_add(r->projects, g_strdup(store_row_text(rows, 0)));
    if (problem == NULL)
        return true;
    g_propagate_error(error, g_steal_pointer(&problem));
    return false;
}

typedef struct RemindOne {
    Reminders *reminders;
    const char *project;
} RemindOne;

static bool remind_in_write(StoreTx *tx, void *data, GError **error)
{
    RemindOne *one = data;
    g_autoptr(Project) project = NULL;
    return project_load(tx, one->project, &project, error) &&
           remind_leads(one->reminders, tx, project, error) &&
           remind_accreditations(one->reminders, tx, project, error);
}

bool accreditation_remind(App *app, GError **error)
{
    Reminders r = {.app = app, .now_ms = time_now_ms(),
                   .projects = g_ptr_array_new_with_free_func(g_free),
                   .topics = g_ptr_array_new_with_free_func(g_free)};
    bool ok = store_read(app->store, read_open_projects, &r, error);
    for (guint i = 0; ok && i < r.projects->len; i++) {
        RemindOne one = {&r, g_ptr_array_index(r.projects, i)};
        ok = store_write(app->store, remind_in_write, &one, error);
    }
    for (guint i = 0; i < r.topics->len; i++)
        events_publish(app->events, g_ptr_array_index(r.topics, i), NULL);
    if (r.topics->len > 0)
        events_publish(app->events, NOTICES_TOPIC_MAIL, NULL);
    g_ptr_array_unref(r.projects);
    g_ptr_array_unref(r.topics);
    return ok;
}
