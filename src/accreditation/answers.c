/* SPDX-License-Identifier: Apache-2.0 */
/* Applications as JSON: briefly in lists; whole, with all that a decision needs, alone. */
#include "accreditation/internal.h"
#include "base/error.h"
#include "base/times.h"
#include "projects/answers.h"
#include "sources/answers.h"

#include <string.h>

static json_t *fact_json(const AccreditationFact *fact)
{
    return json_pack("{s:o, s:s, s:s, s:s, s:o, s:o, s:b, s:s}", "dataset",
                     fact->dataset != NULL ? json_string(fact->dataset) : json_null(), "outcome",
                     fact->outcome, "comment", fact->comment, "by", fact->by_name, "signed",
                     answer_time(fact->signed_ms), "expires", answer_time(fact->expires_ms),
                     "revoked", fact->revoked_ms != 0, "fact", fact->id);
}

static json_t *signed_json(const GPtrArray *facts, unsigned term)
{
    json_t *list = json_array();
    for (guint i = 0; i < facts->len; i++) {
        const AccreditationFact *fact = g_ptr_array_index(facts, i);
        if (fact->term != term)
            continue;
        json_t *json = fact_json(fact);
        if (fact->person != NULL)
            json_object_set_new(json, "person", json_string(fact->person));
        json_array_append_new(list, json);
    }
    return list;
}

static void leads_add(const GPtrArray *members, json_t *names)
{
    for (guint i = 0; i < members->len; i++) {
        const ProjectMember *member = g_ptr_array_index(members, i);
        if ((member->roles & PROJECT_LEAD) != 0)
            json_array_append_new(names, json_string(member->name));
    }
}

static void stewards_add(const GPtrArray *stewards, json_t *names)
{
    for (guint i = 0; i < stewards->len; i++) {
        const SourceSteward *steward = g_ptr_array_index(stewards, i);
        json_array_append_new(names, json_string(steward->name));
    }
}

/* MEMBERS, STEWARDS: of the project and the source; NULL where they are not waited for. */
static json_t *waits_json(const char *waits_for, const GPtrArray *members,
                          const GPtrArray *stewards, const char *person_name)
{
    json_t *names = json_array();
    if (strcmp(waits_for, "lead") == 0 && members != NULL)
        leads_add(members, names);
    else if (strcmp(waits_for, "steward") == 0 && stewards != NULL)
        stewards_add(stewards, names);
    else if (strcmp(waits_for, "person") == 0 && person_name != NULL)
        json_array_append_new(names, json_string(person_name));
    else if (*waits_for != '\0')
        json_array_append_new(names, json_string(waits_for));
    return names;
}

/* Names where we know them, else the role. NULL on failure. */
json_t *answer_waits(StoreTx *tx, const char *waits_for, const char *project,
                     const char *source, const char *person_name, GError **error)
{
    bool lead = strcmp(waits_for, "lead") == 0;
    bool steward = strcmp(waits_for, "steward") == 0 && source != NULL;
    g_autoptr(GPtrArray) members = lead ? project_members(tx, project, error) : NULL;
    g_autoptr(GPtrArray) stewards = steward ? source_stewards(tx, source, error) : NULL;
    if ((lead && members == NULL) || (steward && stewards == NULL))
        return NULL;
    return waits_json(waits_for, members, stewards, person_name);
}

/* Who is named in a page of applications, read for all of them at once. */
typedef struct Named {
    GHashTable *projects;          /* id -> Project */
    GHashTable *leads;             /* project -> array of ProjectMember */
    GHashTable *stewards;          /* source -> array of SourceSteward */
} Named;

static void named_clear(Named *named)
{
    g_clear_pointer(&named->projects, g_hash_table_unref);
    g_clear_pointer(&named->leads, g_hash_table_unref);
    g_clear_pointer(&named->stewards, g_hash_table_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Named, named_clear)

static GPtrArray *sources_of(const GPtrArray *applications)
{
    g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
    GPtrArray *ids = g_ptr_array_new();
    for (guint i = 0; i < applications->len; i++) {
        const Application *a = g_ptr_array_index(applications, i);
        for (guint d = 0; d < a->datasets->len; d++) {
            const Dataset *dataset = g_ptr_array_index(a->datasets, d);
            if (g_hash_table_add(seen, dataset->source))
                g_ptr_array_add(ids, dataset->source);
        }
    }
    return ids;
}

static bool named_load(StoreTx *tx, const GPtrArray *applications, Named *named, GError **error)
{
    g_autoptr(GPtrArray) projects = application_projects(applications);
    g_autoptr(GPtrArray) sources = sources_of(applications);
    named->projects = project_load_many(tx, projects, error);
    if (named->projects == NULL)
        return false;
    named->leads = project_leads_many(tx, projects, error);
    if (named->leads == NULL)
        return false;
    named->stewards = source_stewards_many(tx, sources, error);
    return named->stewards != NULL;
}

static json_t *need_json(const ApplicationNeed *need, const GPtrArray *leads, const Named *named)
{
    const Dataset *dataset = need->dataset;
    const ApplicationPerson *person = need->person;
    const GPtrArray *stewards =
        dataset != NULL ? g_hash_table_lookup(named->stewards, dataset->source) : NULL;
    return json_pack("{s:s, s:o, s:o, s:o}", "term",
                     need->term != 0 ? policy_name(SET_TERM, need->term) : "submit", "dataset",
                     dataset != NULL ? json_string(dataset->id) : json_null(), "person",
                     person != NULL ? answer_person(person->id, person->login, person->name)
                                    : json_null(),
                     "waits_for",
                     waits_json(need->waits_for, leads, stewards,
                                person != NULL ? person->name : NULL));
}

static json_t *needs_json(const Application *a, unsigned route, const GPtrArray *leads,
                          const Named *named)
{
    g_autoptr(GPtrArray) needs = application_needs(a, route);
    json_t *list = json_array();
    for (guint i = 0; i < needs->len; i++)
        json_array_append_new(list, need_json(g_ptr_array_index(needs, i), leads, named));
    return list;
}

static json_t *json_of_text(const char *text)
{
    json_t *value = json_parse(text, strlen(text), NULL);
    return value != NULL ? value : json_object();
}

/* ---- briefly ---- */

static json_t *persons_json(const Application *a)
{
    json_t *persons = json_array();
    for (guint i = 0; i < a->persons->len; i++) {
        const ApplicationPerson *p = g_ptr_array_index(a->persons, i);
        json_t *person = answer_person(p->id, p->login, p->name);
        json_object_set_new(person, "organisation", json_string(p->organisation));
        json_object_set_new(person, "roles", answer_words(SET_PROJECT_ROLE, p->roles));
        json_array_append_new(persons, person);
    }
    return persons;
}

static json_t *missing_json(const Application *a)
{
    json_t *missing = json_array();
    if (a->datasets->len == 0)
        json_array_append_new(missing, json_string("datasets"));
    if (a->persons->len == 0)
        json_array_append_new(missing, json_string("persons"));
    if (*a->justification == '\0')
        json_array_append_new(missing, json_string("justification"));
    return missing;
}

static void dates_add(json_t *json, const Application *a)
{
    json_object_set_new(json, "created", answer_time(a->created_ms));
    json_object_set_new(json, "changed", answer_time(a->changed_ms));
    json_object_set_new(json, "submitted", answer_time(a->submitted_ms));
    json_object_set_new(json, "decided", answer_time(a->decided_ms));
    json_object_set_new(json, "until", answer_time(a->until_ms));
}

static json_t *brief_json(const Application *a, const Named *named)
{
    const Project *project = g_hash_table_lookup(named->projects, a->project);
    const GPtrArray *leads = g_hash_table_lookup(named->leads, a->project);
    json_t *datasets = json_array();
    for (guint i = 0; i < a->datasets->len; i++)
        json_array_append_new(datasets, answer_dataset_brief(g_ptr_array_index(a->datasets, i)));
    const AccreditationFact *opinion = fact_pick(a->facts, TERM_COMMITTEE_OPINION, NULL, NULL);
    json_t *json = json_pack(
        "{s:s, s:o, s:s, s:s, s:o, s:I, s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "id", a->id,
        "project", answer_project_brief(project), "state", application_state_name(a->state),
        "justification", a->justification, "answers", json_of_text(a->answers), "round",
        (json_int_t)a->round, "version", (json_int_t)a->version, "created_by",
        answer_person(a->created_by, a->created_by_login, a->created_by_name), "datasets",
        datasets, "persons", persons_json(a), "agreements",
        signed_json(a->facts, TERM_STEWARD_AGREEMENT), "opinion",
        opinion != NULL ? fact_json(opinion) : json_null(), "undertakings",
        signed_json(a->facts, TERM_UNDERTAKING), "needs",
        needs_json(a, project->route, leads, named), "missing", missing_json(a));
    dates_add(json, a);
    return json;
}

json_t *answer_applications(StoreTx *tx, const GPtrArray *applications, GError **error)
{
    g_auto(Named) named = {0};
    if (!named_load(tx, applications, &named, error))
        return NULL;
    json_t *list = json_array();
    for (guint i = 0; i < applications->len; i++)
        json_array_append_new(list, brief_json(g_ptr_array_index(applications, i), &named));
    return list;
}

bool answer_application(StoreTx *tx, const Application *a, json_t **ret_json, GError **error)
{
    g_autoptr(GPtrArray) one = g_ptr_array_new();
    g_ptr_array_add(one, (void *)a);
    g_autoptr(json_t) list = answer_applications(tx, one, error);
    if (list == NULL)
        return false;
    *ret_json = json_incref(json_array_get(list, 0));
    return true;
}

/* ---- whole ---- */

/* Those who decide are not in the project: what they must know of it is said here. */
static void project_add(json_t *json, const Project *project, json_t *leads)
{
    json_t *about = json_object_get(json, "project");
    json_object_set_new(about, "summary", json_string(project->summary));
    json_object_set_new(about, "purpose", json_string(policy_name(SET_PURPOSE, project->purpose)));
    json_object_set_new(about, "legal_basis", json_string(project->legal_basis));
    json_object_set_new(about, "organisation", json_string(project->organisation_name));
    json_object_set_new(about, "starts", answer_time(project->starts_ms));
    json_object_set_new(about, "ends", answer_time(project->ends_ms));
    json_object_set_new(about, "leads", leads);
}

static json_t *sections_json(unsigned route)
{
    json_t *names = json_array();
    for (const ApplicationSection *s = application_sections; s->name != NULL; s++) {
        if ((s->routes & route) != 0)
            json_array_append_new(names, json_string(s->name));
    }
    return names;
}

static json_t *rounds_json(const GPtrArray *rounds)
{
    json_t *list = json_array();
    for (guint i = 0; i < rounds->len; i++) {
        const ApplicationRound *r = g_ptr_array_index(rounds, i);
        json_array_append_new(
            list, json_pack("{s:I, s:s, s:o, s:o, s:o, s:s}", "round", (json_int_t)r->round,
                            "justification", r->justification, "answers",
                            json_of_text(r->answers), "until", answer_time(r->until_ms),
                            "submitted", answer_time(r->submitted_ms), "by",
                            r->submitted_by_name));
    }
    return list;
}

static void history_append(json_t *list, const char *what, int64_t at_ms, const char *by,
                           const AccreditationFact *fact, const char *comment)
{
    if (at_ms == 0)
        return;
    json_array_append_new(
        list, json_pack("{s:s, s:o, s:s?, s:s?, s:s?, s:s?, s:s?, s:s}", "what", what, "at",
                        answer_time(at_ms), "by", by, "term",
                        fact != NULL ? policy_name(SET_TERM, fact->term) : NULL, "outcome",
                        fact != NULL ? fact->outcome : NULL, "dataset",
                        fact != NULL ? fact->dataset : NULL, "person",
                        fact != NULL ? fact->person : NULL, "comment", comment));
}

static int history_compare(const void *one, const void *two)
{
    const json_t *a = *(json_t *const *)one;
    const json_t *b = *(json_t *const *)two;
    return strcmp(json_string_value(json_object_get(a, "at")),
                  json_string_value(json_object_get(b, "at")));
}

/* Everything that happened to it, oldest first. An undertaking is one line a person, not one a
 * dataset. */
static json_t *history_json(const Application *a, const GPtrArray *rounds)
{
    g_autoptr(json_t) list = json_array();
    history_append(list, "created", a->created_ms, a->created_by_name, NULL, "");
    for (guint i = 0; i < rounds->len; i++) {
        const ApplicationRound *r = g_ptr_array_index(rounds, i);
        history_append(list, "submitted", r->submitted_ms, r->submitted_by_name, NULL, "");
    }
    for (guint i = 0; i < a->facts->len; i++) {
        const AccreditationFact *fact = g_ptr_array_index(a->facts, i);
        const AccreditationFact *next =
            i + 1 < a->facts->len ? g_ptr_array_index(a->facts, i + 1) : NULL;
        if (fact->application == NULL)
            continue;
        bool again = fact->term == TERM_UNDERTAKING && next != NULL &&
                     next->term == TERM_UNDERTAKING && g_strcmp0(next->person, fact->person) == 0 &&
                     fact->signed_ms - next->signed_ms < 1000;
        if (!again)
            history_append(list, "signed", fact->signed_ms, fact->by_name, fact, fact->comment);
        history_append(list, "revoked", fact->revoked_ms, NULL, fact,
                       fact->revoked_reason != NULL ? fact->revoked_reason : "");
    }
    if (a->state == APPLICATION_WITHDRAWN)
        history_append(list, "withdrawn", a->decided_ms, NULL, NULL, "");
    size_t count = json_array_size(list);
    g_autofree json_t **rows = g_new0(json_t *, count + 1);
    for (size_t i = 0; i < count; i++)
        rows[i] = json_array_get(list, i);
    qsort(rows, count, sizeof *rows, history_compare);
    json_t *sorted = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append(sorted, rows[i]);
    return sorted;
}

static bool may(const PolicyActor *actor, PolicyVerb verb, const PolicyFacts *facts)
{
    return policy_decide(actor, verb, facts).allowed;
}

/* What the reader may do now: pages ask nobody's role. */
static bool may_json(StoreTx *tx, const PolicyActor *actor, const Application *a,
                     const PolicyFacts *facts, json_t **ret_json, GError **error)
{
    bool editable = application_is_editable(a);
    bool asked = a->submitted_ms != 0 && a->state != APPLICATION_WITHDRAWN;
    bool live = editable || a->state == APPLICATION_SUBMITTED;
    unsigned terms = policy_route((PolicyRoute)facts->route)->terms;
    g_autoptr(json_t) agree = json_array();
    for (guint i = 0; i < a->datasets->len; i++) {
        const Dataset *dataset = g_ptr_array_index(a->datasets, i);
        PolicyFacts about = *facts;
        if (!source_is_steward(tx, dataset->source, actor->id, &about.is_steward, error))
            return false;
        if (asked && (terms & TERM_STEWARD_AGREEMENT) != 0 &&
            may(actor, VERB_TERM_STEWARD, &about))
            json_array_append_new(agree, json_string(dataset->id));
    }
    *ret_json = json_pack(
        "{s:b, s:b, s:b, s:O, s:b, s:b}", "edit",
        editable && may(actor, VERB_APPLICATION_EDIT, facts), "submit",
        editable && may(actor, VERB_APPLICATION_SUBMIT, facts), "withdraw",
        live && may(actor, VERB_APPLICATION_WITHDRAW, facts), "agree", agree, "opine",
        asked && (terms & TERM_COMMITTEE_OPINION) != 0 && may(actor, VERB_TERM_COMMITTEE, facts),
        "undertake", asked && may(actor, VERB_TERM_UNDERTAKING, facts));
    return true;
}

bool answer_application_whole(StoreTx *tx, const PolicyActor *actor, const Application *a,
                              const PolicyFacts *facts, json_t **ret_json, GError **error)
{
    g_autoptr(Project) project = NULL;
    g_autoptr(GPtrArray) rounds = application_rounds(tx, a->id, error);
    g_autoptr(GPtrArray) members = NULL;
    g_autoptr(json_t) json = NULL;
    json_t *allowed = NULL;
    if (rounds == NULL || !project_load(tx, a->project, &project, error) ||
        !answer_application(tx, a, &json, error) ||
        (members = project_members(tx, a->project, error)) == NULL ||
        !may_json(tx, actor, a, facts, &allowed, error))
        return false;
    json_t *leads = json_array();
    json_object_set_new(json, "may", allowed);
    leads_add(members, leads);
    project_add(json, project, leads);
    json_object_set_new(json, "sections", sections_json(project->route));
    json_object_set_new(json, "terms",
                        answer_words(SET_TERM, policy_route(project->route)->terms));
    json_object_set_new(json, "rounds", rounds_json(rounds));
    json_object_set_new(json, "history", history_json(a, rounds));
    *ret_json = g_steal_pointer(&json);
    return true;
}

json_t *answer_earlier(const EarlierDecision *d)
{
    return json_pack("{s:s, s:s, s:s?, s:s?, s:s, s:s, s:s, s:s, s:o, s:o, s:b, s:b, s:b}",
                     "application", d->application, "project", d->project_title, "dataset",
                     d->dataset_title, "source", d->source_title, "term",
                     policy_name(SET_TERM, d->term), "outcome", d->outcome, "comment", d->comment,
                     "by", d->by_name, "signed", answer_time(d->signed_ms), "expires",
                     answer_time(d->expires_ms), "revoked", d->revoked, "same_project",
                     d->same_project, "same_persons", d->same_persons);
}
