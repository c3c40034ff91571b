/* SPDX-License-Identifier: Apache-2.0 */
/* The HTTP face of projects. */
#include "audit/audit.h"
#include "base/error.h"
#include "base/times.h"
#include "projects/answers.h"
#include "projects/internal.h"

/* ---- answers ---- */

static json_t *tier_rules_json(PolicyTier tier)
{
    const PolicyTierRow *row = policy_tier(tier);
    return json_pack("{s:o, s:s, s:i, s:b, s:b, s:b}", "levels",
                     answer_words(SET_LEVEL, row->levels), "display",
                     row->display == DISPLAY_WEB ? "web" : "pixels", "checkers", row->checkers,
                     "lake_put_outside", row->lake_put_outside, "lake_get_outside",
                     row->lake_get_outside, "second_factor", row->second_factor);
}

static json_t *project_json(const Project *p, const PolicyFacts *facts)
{
    json_t *json = answer_project_brief(p);
    json_object_set_new(json, "slug", json_string(p->slug));
    json_object_set_new(json, "summary", json_string(p->summary));
    json_object_set_new(json, "organisation", json_pack("{s:s, s:s}", "id", p->organisation,
                                                        "name", p->organisation_name));
    json_object_set_new(json, "purpose", json_string(policy_name(SET_PURPOSE, p->purpose)));
    json_object_set_new(json, "legal_basis", json_string(p->legal_basis));
    json_object_set_new(json, "state", json_string(policy_name(SET_STATE, facts->state)));
    json_object_set_new(json, "state_reason", json_string(p->state_reason));
    json_object_set_new(json, "encrypted", json_boolean(p->encrypted));
    json_object_set_new(json, "bucket_quota_bytes", json_integer(p->bucket_quota_bytes));
    json_object_set_new(json, "starts", answer_time(p->starts_ms));
    json_object_set_new(json, "ends", answer_time(p->ends_ms));
    json_object_set_new(json, "created", answer_time(p->created_ms));
    json_object_set_new(json, "my_roles", answer_words(SET_PROJECT_ROLE, facts->project_roles));
    json_object_set_new(json, "tier_rules", tier_rules_json(p->tier));
    return json;
}

static json_t *member_json(const ProjectMember *member)
{
    return json_pack("{s:s, s:s, s:s, s:o, s:o, s:o}", "person", member->person, "login",
                     member->login, "name", member->name, "roles",
                     answer_words(SET_PROJECT_ROLE, member->roles), "starts",
                     answer_time(member->starts_ms), "ends", answer_time(member->ends_ms));
}

typedef struct Answer {
    const char *project;
    const char *after;
    int64_t limit;
    json_t *json;
} Answer;

static bool read_project(StoreTx *tx, const PolicyActor *actor, void *data, GError **error)
{
    Answer *answer = data;
    PolicyFacts facts = {0};
    g_autoptr(Project) project = NULL;
    if (!project_facts_visible(tx, actor, answer->project, time_now_ms(), &facts, error) ||
        !policy_enforce(actor, VERB_PROJECT_VIEW, &facts, error) ||
        !project_load(tx, answer->project, &project, error))
        return false;
    answer->json = project_json(project, &facts);
    return true;
}

static bool reply_project(HttpRequest *request, int status, const char *id, GError **error)
{
    Answer answer = {.project = id};
    if (!look_run(request_app(request), request_actor(request), VERB_PROJECT_VIEW, id, false,
                  read_project, &answer, error))
        return false;
    return http_reply_json(request, status, answer.json, error);
}

/* ---- handlers ---- */

static bool read_projects(StoreTx *tx, const PolicyActor *actor, void *data, GError **error)
{
    Answer *answer = data;
    int64_t now = time_now_ms();
    g_autoptr(GPtrArray) list =
        project_list(tx, actor, now, answer->after, answer->limit + 1, error);
    if (list == NULL)
        return false;
    g_autoptr(GHashTable) facts = project_facts_many(tx, actor, list, now, error);
    if (facts == NULL)
        return false;
    answer->json = json_array();
    for (guint i = 0; i < list->len; i++) {
        const Project *project = g_ptr_array_index(list, i);
        json_array_append_new(answer->json,
                              project_json(project, g_hash_table_lookup(facts, project->id)));
    }
    return true;
}

static const char *key_by_id(const json_t *item)
{
    return json_string_value(json_object_get(item, "id"));
}

/* Each project of the page passed policy's own rule in project_list(); VERB_ACCOUNT_LISTS asks that
 * the token may read at all. */
static bool api_list(HttpRequest *request, GError **error)
{
    static const PolicyFacts own = {.is_owner = true};
    g_autofree char *after = NULL;
    const PolicyActor *actor = request_actor(request);
    if (!page_key(request, &after, error) ||
        !policy_enforce(actor, VERB_ACCOUNT_LISTS, &own, error))
        return false;
    Answer answer = {.after = after, .limit = page_limit(request)};
    if (!look_run(request_app(request), actor, VERB_PROJECT_VIEW, "", false, read_projects,
                  &answer, error))
        return false;
    return http_reply_json(request, 200, page_json(answer.json, answer.limit, key_by_id), error);
}

static bool api_create(HttpRequest *request, GError **error)
{
    ProjectNew given = {
        .title = http_body_text(request, "title"),
        .slug = http_body_text(request, "slug"),
        .summary = http_body_text(request, "summary"),
        .organisation = http_body_text(request, "organisation"),
        .lead = http_body_text(request, "lead"),
        .legal_basis = http_body_text(request, "legal_basis"),
        .route = body_word(request, "route", SET_ROUTE),
        .purpose = body_word(request, "purpose", SET_PURPOSE),
        .tier = (PolicyTier)body_word(request, "tier", SET_TIER),
        .starts_ms = http_body_time(request, "starts", time_now_ms()),
        .ends_ms = http_body_time(request, "ends", 0),
    };
    g_autofree char *id = NULL;
    if (!project_create(request_app(request), request_actor(request), &given, &id, error))
        return false;
    return reply_project(request, 201, id, error);
}

static bool api_show(HttpRequest *request, GError **error)
{
    return reply_project(request, 200, http_request_segment(request, "project"), error);
}

static bool api_edit(HttpRequest *request, GError **error)
{
    const char *id = http_request_segment(request, "project");
    ProjectEdit edit = {
        .title = http_body_text(request, "title"),
        .summary = http_body_text(request, "summary"),
        .ends_ms = http_body_time(request, "ends", 0),
        .bucket_quota_bytes = http_body_integer(request, "bucket_quota_bytes", -1),
    };
    return project_edit(request_app(request), request_actor(request), id, &edit, error) &&
           reply_project(request, 200, id, error);
}

static bool api_state(HttpRequest *request, GError **error)
{
    const char *id = http_request_segment(request, "project");
    return project_move(request_app(request), request_actor(request), id,
                        body_word(request, "state", SET_STATE), http_body_text(request, "reason"),
                        error) &&
           reply_project(request, 200, id, error);
}

static bool read_members(StoreTx *tx, const PolicyActor *actor, void *data, GError **error)
{
    Answer *answer = data;
    PolicyFacts facts = {0};
    if (!project_facts_visible(tx, actor, answer->project, time_now_ms(), &facts, error) ||
        !policy_enforce(actor, VERB_PROJECT_VIEW, &facts, error))
        return false;
    g_autoptr(GPtrArray) list = project_members(tx, answer->project, error);
    if (list == NULL)
        return false;
    json_t *items = json_array();
    for (guint i = 0; i < list->len; i++)
        json_array_append_new(items, member_json(g_ptr_array_index(list, i)));
    answer->json = json_pack("{s:o, s:n}", "items", items, "next");
    return true;
}

static bool reply_members(HttpRequest *request, int status, GError **error)
{
    Answer answer = {.project = http_request_segment(request, "project")};
    if (!look_run(request_app(request), request_actor(request), VERB_PROJECT_VIEW, answer.project,
                  false, read_members, &answer, error))
        return false;
    return http_reply_json(request, status, answer.json, error);
}

static bool api_members(HttpRequest *request, GError **error)
{
    return reply_members(request, 200, error);
}

static bool api_member_add(HttpRequest *request, GError **error)
{
    ProjectMemberNew member = {
        .login = http_body_text(request, "login"),
        .roles = body_words(request, "roles", SET_PROJECT_ROLE, 0),
        .starts_ms = http_body_time(request, "starts", 0),
        .ends_ms = http_body_time(request, "ends", 0),
    };
    return project_member_set(request_app(request), request_actor(request),
                              http_request_segment(request, "project"), &member, error) &&
           reply_members(request, 201, error);
}

static bool api_member_remove(HttpRequest *request, GError **error)
{
    return project_member_remove(request_app(request), request_actor(request),
                                 http_request_segment(request, "project"),
                                 http_request_segment(request, "person"), error) &&
           http_reply_empty(request, 204, error);
}

/* ---- the journal ---- */

static bool read_journal(StoreTx *tx, const PolicyActor *actor, void *data, GError **error)
{
    Answer *answer = data;
    PolicyFacts facts = {0};
    if (!project_facts_visible(tx, actor, answer->project, time_now_ms(), &facts, error) ||
        !policy_enforce(actor, VERB_PROJECT_VIEW, &facts, error))
        return false;
    AuditFilter filter = {.project = answer->project};
    int64_t before = *answer->after != '\0' ? g_ascii_strtoll(answer->after, NULL, 10) : -1;
    return audit_search(tx, &filter, before, answer->limit + 1, &answer->json, error);
}

/* Sequences are numbers; a page's key is a text that lives as long as the item. */
static const char *key_by_sequence(const json_t *item)
{
    return json_string_value(json_object_get(item, "key"));
}

/* Reviews are blind: who decided what is told by the export itself, once all have decided. */
static void journal_blind(json_t *item)
{
    const char *verb = json_string_value(json_object_get(item, "verb"));
    if (g_strcmp0(verb, policy_verb_name(VERB_EXPORT_REVIEW)) != 0)
        return;
    json_object_set_new(item, "actor", json_string(""));
    json_object_set_new(item, "details", json_object());
}

/* Network addresses of colleagues, and reviews, are the auditor's business, not the project's. */
static void journal_trim(json_t *items, bool all)
{
    size_t index = 0;
    json_t *item = NULL;
    json_array_foreach(items, index, item)
    {
        g_autofree char *key = g_strdup_printf(
            "%" JSON_INTEGER_FORMAT, json_integer_value(json_object_get(item, "sequence")));
        json_object_set_new(item, "key", json_string(key));
        if (all)
            continue;
        json_object_del(item, "address");
        journal_blind(item);
    }
}

static bool api_journal(HttpRequest *request, GError **error)
{
    g_autofree char *after = NULL;
    if (!page_key(request, &after, error))
        return false;
    const PolicyActor *actor = request_actor(request);
    Answer answer = {.project = http_request_segment(request, "project"), .after = after,
                     .limit = page_limit(request)};
    if (!look_run(request_app(request), actor, VERB_PROJECT_VIEW, answer.project, false,
                  read_journal, &answer, error))
        return false;
    journal_trim(answer.json, policy_decide(actor, VERB_AUDIT_READ, NULL).allowed);
    return http_reply_json(request, 200, page_json(answer.json, answer.limit, key_by_sequence),
                           error);
}

/* ---- tables ---- */

#define ROUTES "research own_administration"
#define PURPOSES "official_statistics research evaluation management control enforcement"
#define TIERS "open restricted secure"

static const HttpField page_fields[] = {PAGE_FIELDS, {0}};

static const HttpField create_fields[] = {
    {"title", HTTP_TEXT, .required = true, .max = 200},
    {"slug", HTTP_TEXT, .required = true, .max = 63,
     .summary = "Short name, and the name of the project's bucket"},
    {"summary", HTTP_LONG_TEXT, .required = true},
    {"organisation", HTTP_ID, .required = true, .choices = "org"},
    {"route", HTTP_CHOICE, .required = true, .choices = ROUTES},
    {"purpose", HTTP_CHOICE, .required = true, .choices = PURPOSES},
    {"legal_basis", HTTP_LONG_TEXT, .required = true, .max = 2000},
    {"tier", HTTP_CHOICE, .required = true, .choices = TIERS},
    {"lead", HTTP_TEXT, .required = true, .max = 40, .summary = "Login of the project's lead"},
    {"starts", HTTP_TIME, .summary = "Absent: now"},
    {"ends", HTTP_TIME, .required = true},
    HTTP_SCHEMA("ProjectNew"),
};
static const HttpField edit_fields[] = {
    {"title", HTTP_TEXT, .max = 200},
    {"summary", HTTP_LONG_TEXT},
    {"ends", HTTP_TIME, .summary = "An officer's decision"},
    {"bucket_quota_bytes", HTTP_INTEGER, .min = 0, .max = INT64_C(1) << 50,
     .summary = "An officer's decision"},
    HTTP_SCHEMA("ProjectEdit"),
};
static const HttpField state_fields[] = {
    {"state", HTTP_CHOICE, .required = true, .choices = "open frozen closed"},
    {"reason", HTTP_LONG_TEXT, .required = true, .max = 2000},
    HTTP_SCHEMA("ProjectMove"),
};
static const HttpField member_fields[] = {
    {"login", HTTP_TEXT, .required = true, .max = 40},
    {"roles", HTTP_CHOICES, .required = true, .choices = "lead scientist business", .max = 3},
    {"starts", HTTP_TIME},
    {"ends", HTTP_TIME},
    HTTP_SCHEMA("MemberNew"),
};

static const HttpField organisation_answer[] = {
    {"id", HTTP_ID, .required = true, .choices = "org"},
    {"name", HTTP_TEXT, .required = true},
    HTTP_SCHEMA("OrganisationBrief"),
};
static const HttpField rules_answer[] = {
    {"levels", HTTP_CHOICES, .required = true, .choices = "public scientific secure"},
    {"display", HTTP_CHOICE, .required = true, .choices = "web pixels"},
    {"checkers", HTTP_INTEGER, .required = true, .max = 9},
    {"lake_put_outside", HTTP_BOOLEAN, .required = true},
    {"lake_get_outside", HTTP_BOOLEAN, .required = true},
    {"second_factor", HTTP_BOOLEAN, .required = true},
    HTTP_SCHEMA("TierRules"),
};
static const HttpField project_answer[] = {
    {"id", HTTP_ID, .required = true, .choices = "prj"},
    {"slug", HTTP_TEXT, .required = true},
    {"title", HTTP_TEXT, .required = true},
    {"summary", HTTP_LONG_TEXT, .required = true},
    {"organisation", HTTP_OBJECT, .required = true, .fields = organisation_answer},
    {"route", HTTP_CHOICE, .required = true, .choices = ROUTES},
    {"purpose", HTTP_CHOICE, .required = true, .choices = PURPOSES},
    {"legal_basis", HTTP_LONG_TEXT, .required = true},
    {"tier", HTTP_CHOICE, .required = true, .choices = TIERS},
    {"state", HTTP_CHOICE, .required = true, .choices = "planned open frozen closed"},
    {"state_reason", HTTP_TEXT, .required = true, .summary = "Given with the last change of state"},
    {"encrypted", HTTP_BOOLEAN, .required = true},
    {"bucket_quota_bytes", HTTP_INTEGER, .required = true, .max = INT64_MAX},
    {"starts", HTTP_TIME, .required = true},
    {"ends", HTTP_TIME, .required = true},
    {"created", HTTP_TIME, .required = true},
    {"my_roles", HTTP_CHOICES, .required = true, .choices = "lead scientist business"},
    {"tier_rules", HTTP_OBJECT, .required = true, .fields = rules_answer},
    HTTP_SCHEMA("Project"),
};
static const HttpField projects_answer[] = {
    {"items", HTTP_LIST, .required = true, .fields = project_answer},
    ANSWER_NEXT,
    HTTP_SCHEMA("ProjectPage"),
};
static const HttpField member_answer[] = {
    {"person", HTTP_ID, .required = true, .choices = "per"},
    {"login", HTTP_TEXT, .required = true},
    {"name", HTTP_TEXT, .required = true},
    {"roles", HTTP_CHOICES, .required = true, .choices = "lead scientist business"},
    {"starts", HTTP_TIME, .required = true},
    {"ends", HTTP_TIME, .required = true},
    HTTP_SCHEMA("Member"),
};
static const HttpField members_answer[] = {
    {"items", HTTP_LIST, .required = true, .fields = member_answer},
    ANSWER_NEXT,
    HTTP_SCHEMA("MemberPage"),
};

static const HttpField entry_answer[] = {
    {"key", HTTP_TEXT, .required = true, .example = "\"128\""},
    {"sequence", HTTP_INTEGER, .required = true, .summary = "Number of the entry, from 0 without gap"},
    {"time", HTTP_TIME, .required = true},
    {"erased", HTTP_BOOLEAN, .summary = "Its content was erased, on record: the rest is absent"},
    {"verb", HTTP_TEXT},
    {"outcome", HTTP_CHOICE, .choices = "done denied failed"},
    {"actor", HTTP_TEXT, .summary = "Person, service or system; empty: not for the project to know"},
    {"object", HTTP_TEXT},
    {"project", HTTP_TEXT},
    {"reason", HTTP_TEXT, .summary = "Slug of a denial's reason"},
    {"request", HTTP_TEXT},
    {"address", HTTP_TEXT, .summary = "Told to auditors"},
    {"details", HTTP_ANY},
    HTTP_SCHEMA("JournalEntry"),
};
static const HttpField journal_answer[] = {
    {"items", HTTP_LIST, .required = true, .fields = entry_answer},
    ANSWER_NEXT,
    HTTP_SCHEMA("JournalPage"),
};

#define PROJECT "/api/v1/projects/{project}"

const HttpRoute projects_routes[] = {
    {.method = "GET", .path = "/api/v1/projects", .handler = api_list, .access = HTTP_PERSON,
     .query = page_fields, .answer = projects_answer, .tag = "projects",
     .summary = "The projects that I may see"},
    {.method = "POST", .path = "/api/v1/projects", .handler = api_create, .access = HTTP_PERSON,
     .body = create_fields, .answer = project_answer, .success = 201,
     .problems = HTTP_PROBLEM(ERROR_NOT_FOUND) | HTTP_PROBLEM(ERROR_QUOTA), .tag = "projects",
     .summary = "Plan a project"},
    {.method = "GET", .path = PROJECT, .handler = api_show, .access = HTTP_PERSON,
     .answer = project_answer, .tag = "projects", .summary = "One project"},
    {.method = "PATCH", .path = PROJECT, .handler = api_edit, .access = HTTP_PERSON,
     .body = edit_fields, .answer = project_answer, .tag = "projects",
     .summary = "Change its texts, its end or its quota"},
    {.method = "POST", .path = PROJECT "/state", .handler = api_state, .access = HTTP_PERSON,
     .body = state_fields, .answer = project_answer, .tag = "projects",
     .summary = "Open, freeze or close it"},
    {.method = "GET", .path = PROJECT "/members", .handler = api_members, .access = HTTP_PERSON,
     .answer = members_answer, .tag = "projects", .summary = "Its members"},
    {.method = "POST", .path = PROJECT "/members", .handler = api_member_add,
     .access = HTTP_PERSON, .body = member_fields, .answer = members_answer, .success = 201,
     .tag = "projects", .summary = "Add a member, or change their roles and dates"},
    {.method = "DELETE", .path = PROJECT "/members/{person}", .handler = api_member_remove,
     .access = HTTP_PERSON, .success = 204, .tag = "projects", .summary = "Remove a member"},
    {.method = "GET", .path = PROJECT "/journal", .handler = api_journal, .access = HTTP_PERSON,
     .query = page_fields, .answer = journal_answer, .tag = "projects",
     .summary = "What happened in it, newest first"},
    {0},
};

const Room projects_room = {
    .name = "projects", .routes = projects_routes, .duties = projects_duties,
    .start = projects_start, .stop = projects_stop,
};
