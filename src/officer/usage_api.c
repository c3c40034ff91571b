/* SPDX-License-Identifier: Apache-2.0 */
/* Who uses how much: running services with what their groups count, projects with their quotas. */
#include "officer/internal.h"

#include "base/times.h"
#include "projects/projects.h"
#include "services/rows.h"
#include "services/services.h"

#include <string.h>

#define SERVICES_MAX 2000

typedef struct UsageCall {
    App *app;
    const char *after;
    int64_t limit;
    json_t *items;
} UsageCall;

static bool rows_end(GError **problem, GError **error)
{
    if (*problem == NULL)
        return true;
    g_propagate_error(error, g_steal_pointer(problem));
    return false;
}

/* ---- services ---- */

static json_t *service_usage_json(App *app, StoreRows *rows)
{
    ServiceUsage usage = {0};
    const char *id = store_row_text(rows, 0);
    bool known = services_usage(app, id, &usage);
    json_t *used = known ? json_pack("{s:I, s:I, s:f, s:f, s:o}", "memory_bytes",
                                     (json_int_t)usage.memory_bytes, "memory_limit_bytes",
                                     (json_int_t)usage.memory_limit_bytes, "cpus", usage.cpus,
                                     "cpu_limit", usage.cpu_limit, "sampled",
                                     officer_time(usage.sampled_ms))
                         : json_null();
    return json_pack("{s:s, s:s, s:s, s:s, s:{s:s, s:s}, s:{s:s, s:s, s:s}, s:o, s:o, s:o}", "id",
                     id, "name", store_row_text(rows, 1), "definition", store_row_text(rows, 2),
                     "state", store_row_text(rows, 3), "project", "id", store_row_text(rows, 4),
                     "title", store_row_text(rows, 5), "person", "id", store_row_text(rows, 6),
                     "login", store_row_text(rows, 7), "name", store_row_text(rows, 8), "created",
                     officer_time(store_row_integer(rows, 9)), "active",
                     officer_time(store_row_integer(rows, 10)), "usage", used);
}

static bool read_services(StoreTx *tx, const PolicyActor *actor, void *data, GError **error)
{
    UsageCall *call = data;
    g_autoptr(GError) problem = NULL;
    if (!policy_enforce(actor, VERB_PLATFORM_VIEW, NULL, error))
        return false;
    g_autoptr(StoreRows) rows = store_query(
        tx, error,
        "SELECT s.id, s.name, s.definition, s.state, s.project, j.title, s.person, p.login, p.name, "
        "s.created_ms, s.active_ms FROM service s JOIN project j ON j.id = s.project JOIN person p "
        "ON p.id = s.person WHERE s.ended_ms IS NULL ORDER BY s.created_ms DESC, s.id LIMIT $1",
        store_integer(SERVICES_MAX));
    if (rows == NULL)
        return false;
    call->items = json_array();
    while (store_next(rows, &problem))
        json_array_append_new(call->items, service_usage_json(call->app, rows));
    return rows_end(&problem, error);
}

bool usage_services(HttpRequest *request, GError **error)
{
    UsageCall call = {.app = request_app(request)};
    if (look_run(call.app, request_actor(request), VERB_PLATFORM_VIEW, "", false, read_services,
                 &call, error))
        return http_reply_json(request, 200,
                               json_pack("{s:o, s:n}", "items", call.items, "next"), error);
    json_decref(call.items);
    return false;
}

static const HttpField project_brief_fields[] = {
    {"id", HTTP_ID, .required = true, .choices = "prj"},
    {"title", HTTP_TEXT, .required = true},
    HTTP_SCHEMA("ProjectTitle"),
};
static const HttpField person_brief_fields[] = {
    {"id", HTTP_ID, .required = true, .choices = "per"},
    {"login", HTTP_TEXT, .required = true},
    {"name", HTTP_TEXT, .required = true},
    HTTP_SCHEMA("PersonBrief"),
};
static const HttpField usage_fields[] = {
    {"memory_bytes", HTTP_INTEGER, .required = true},
    {"memory_limit_bytes", HTTP_INTEGER, .required = true},
    {"cpus", HTTP_NUMBER, .required = true, .summary = "Processors' worth of work, lately"},
    {"cpu_limit", HTTP_NUMBER, .required = true},
    {"sampled", HTTP_TIME, .required = true},
    HTTP_SCHEMA("ServiceUsage"),
};
static const HttpField usage_service_fields[] = {
    {"id", HTTP_ID, .required = true, .choices = "svc"},
    {"name", HTTP_TEXT, .required = true},
    {"definition", HTTP_TEXT, .required = true},
    {"state", HTTP_CHOICE, .required = true,
     .choices = "queued starting ready freezing stopping stopped failed"},
    {"project", HTTP_OBJECT, .required = true, .fields = project_brief_fields},
    {"person", HTTP_OBJECT, .required = true, .fields = person_brief_fields},
    {"created", HTTP_TIME, .required = true},
    {"active", HTTP_TIME, .required = true},
    {"usage", HTTP_OBJECT, .required = true, .nullable = true, .fields = usage_fields,
     .summary = "null: not measured yet"},
    HTTP_SCHEMA("RunningService"),
};
const HttpField usage_services_answer[] = {
    {"items", HTTP_LIST, .required = true, .max = SERVICES_MAX, .fields = usage_service_fields},
    ANSWER_NEXT,
    HTTP_SCHEMA("RunningServicePage"),
};

/* ---- projects ---- */

static json_t *project_usage_json(StoreRows *rows, int64_t now_ms)
{
    unsigned state = STATE_PLANNED;
    (void)policy_value(SET_STATE, store_row_text(rows, 3), &state);
    Project project = {.state = state, .starts_ms = store_row_integer(rows, 5),
                       .ends_ms = store_row_integer(rows, 6)};
    return json_pack("{s:s, s:s, s:s, s:s, s:{s:s, s:s}, s:o, s:o, s:I, s:I, s:I, s:I, s:I}", "id",
                     store_row_text(rows, 0), "title", store_row_text(rows, 1), "tier",
                     store_row_text(rows, 2), "state",
                     policy_name(SET_STATE, project_state_at(&project, now_ms)), "organisation",
                     "id", store_row_text(rows, 7), "name", store_row_text(rows, 4), "starts",
                     officer_time(project.starts_ms), "ends", officer_time(project.ends_ms),
                     "bucket_quota_bytes", (json_int_t)store_row_integer(rows, 8), "bucket_bytes",
                     (json_int_t)store_row_integer(rows, 9), "objects",
                     (json_int_t)store_row_integer(rows, 10), "members",
                     (json_int_t)store_row_integer(rows, 11), "services_running",
                     (json_int_t)store_row_integer(rows, 12));
}

static bool read_projects(StoreTx *tx, const PolicyActor *actor, void *data, GError **error)
{
    UsageCall *call = data;
    g_autoptr(GError) problem = NULL;
    int64_t now_ms = time_now_ms();
    if (!policy_enforce(actor, VERB_PLATFORM_VIEW, NULL, error))
        return false;
    g_autoptr(StoreRows) rows = store_query(
        tx, error,
        "SELECT p.id, p.title, p.tier, p.state, o.name, p.starts_ms, p.ends_ms, o.id, "
        "p.bucket_quota_bytes, coalesce(u.bytes, 0), coalesce(u.objects, 0), "
        "(SELECT count(*) FROM project_member m WHERE m.project = p.id AND m.removed_ms IS NULL), "
        "(SELECT count(*) FROM service s WHERE s.project = p.id AND s.ended_ms IS NULL) "
        "FROM project p JOIN organisation o ON o.id = p.organisation LEFT JOIN lake_usage u ON "
        "u.project = p.id WHERE p.id > $1 ORDER BY p.id LIMIT $2",
        store_text(call->after), store_integer(call->limit + 1));
    if (rows == NULL)
        return false;
    call->items = json_array();
    while (store_next(rows, &problem))
        json_array_append_new(call->items, project_usage_json(rows, now_ms));
    return rows_end(&problem, error);
}

static const char *key_id(const json_t *item)
{
    return json_string_value(json_object_get(item, "id"));
}

bool usage_projects(HttpRequest *request, GError **error)
{
    g_autofree char *after = NULL;
    UsageCall call = {.app = request_app(request), .limit = page_limit(request)};
    if (!page_key(request, &after, error))
        return false;
    call.after = after;
    if (look_run(call.app, request_actor(request), VERB_PLATFORM_VIEW, "", false, read_projects,
                 &call, error))
        return http_reply_json(request, 200, page_json(call.items, call.limit, key_id), error);
    json_decref(call.items);
    return false;
}

const HttpField usage_page_query[] = {PAGE_FIELDS, {0}};

static const HttpField organisation_fields[] = {
    {"id", HTTP_ID, .required = true, .choices = "org"},
    {"name", HTTP_TEXT, .required = true},
    HTTP_SCHEMA("OrganisationBrief"),
};
static const HttpField usage_project_fields[] = {
    {"id", HTTP_ID, .required = true, .choices = "prj"},
    {"title", HTTP_TEXT, .required = true},
    {"tier", HTTP_CHOICE, .required = true, .choices = "open restricted secure"},
    {"state", HTTP_CHOICE, .required = true, .choices = "planned open frozen closed"},
    {"organisation", HTTP_OBJECT, .required = true, .fields = organisation_fields},
    {"starts", HTTP_TIME, .required = true},
    {"ends", HTTP_TIME, .required = true},
    {"bucket_quota_bytes", HTTP_INTEGER, .required = true, .summary = "0: no limit is set"},
    {"bucket_bytes", HTTP_INTEGER, .required = true},
    {"objects", HTTP_INTEGER, .required = true},
    {"members", HTTP_INTEGER, .required = true},
    {"services_running", HTTP_INTEGER, .required = true},
    HTTP_SCHEMA("ProjectUsage"),
};
const HttpField usage_projects_answer[] = {
    {"items", HTTP_LIST, .required = true, .fields = usage_project_fields},
    ANSWER_NEXT,
    HTTP_SCHEMA("ProjectUsagePage"),
};
