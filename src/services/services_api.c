/* SPDX-License-Identifier: Apache-2.0 */
/* HTTP face of services: launch, look, follow, open, stop. */
#include "services/api.h"

#include "accreditation/accreditation.h"
#include "base/error.h"
#include "base/ids.h"
#include "base/times.h"
#include "catalog/catalog.h"
#include "http/headers.h"
#include "identity/identity.h"
#include "notices/notices.h"
#include "projects/projects.h"
#include "services/lifetime.h"
#include "services/mounts.h"
#include "services/passes.h"
#include "services/rights.h"
#include "services/services.h"
#include "services/tasks.h"

#include <stdlib.h>
#include <string.h>

#define FOLLOW_WAIT_MS 5000

static void json_set_time(json_t *object, const char *key, int64_t time_ms)
{
    g_autofree char *text = time_ms != 0 ? time_format(time_ms) : NULL;
    json_object_set_new(object, key, text != NULL ? json_string(text) : json_null());
}

/* ---- a service as JSON ---- */

json_t *service_json(const Service *service, const PolicyActor *actor)
{
    json_t *object = json_pack(
        "{s:s, s:s, s:{s:s, s:s, s:s}, s:s, s:s, s:s, s:s, s:s, s:b}", "id", service->id,
        "project", service->project, "person", "id", service->person, "login", service->login,
        "name", service->person_name, "definition", service->definition, "name", service->name,
        "state", service_state_name(service->state), "state_reason", service->state_reason,
        "state_detail", service->state_detail, "mine", strcmp(service->person, actor->id) == 0);
    json_set_time(object, "created", service->created_ms);
    json_set_time(object, "ready", service->ready_ms);
    json_set_time(object, "ended", service->ended_ms);
    json_set_time(object, "active", service->active_ms);
    json_set_time(object, "ends", service->ends_ms);
    json_object_set_new(object, "cpus", json_integer(service->cpus));
    json_object_set_new(object, "memory_mib", json_integer(service->memory_mib));
    return object;
}

static json_t *event_json(const ServiceEvent *event)
{
    json_t *object = json_pack("{s:I, s:s, s:s}", "number", (json_int_t)event->number, "step",
                               event->step, "detail", event->detail);
    json_set_time(object, "time", event->time_ms);
    return object;
}

static json_t *events_json(StoreTx *tx, const char *service, GError **error)
{
    g_autoptr(GPtrArray) events = service_events(tx, service, 0, error);
    if (events == NULL)
        return NULL;
    json_t *list = json_array();
    for (guint i = 0; i < events->len; i++)
        json_array_append_new(list, event_json(g_ptr_array_index(events, i)));
    return list;
}

static json_t *mounts_json(StoreTx *tx, const char *service, GError **error)
{
    g_autoptr(GPtrArray) mounts = service_mounts(tx, service, error);
    if (mounts == NULL)
        return NULL;
    json_t *list = json_array();
    for (guint i = 0; i < mounts->len; i++) {
        const ServiceMount *mount = g_ptr_array_index(mounts, i);
        g_autofree char *path = g_strconcat("/data/", mount->folder, NULL);
        json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:s}", "path", path, "dataset",
                                              mount->dataset->id, "title", mount->dataset->title,
                                              "level",
                                              policy_name(SET_LEVEL, mount->dataset->level)));
    }
    return list;
}

/* ---- look ---- */

typedef struct LookCall {
    const char *project;      /* or NULL: the actor's own */
    const char *service;
    const char *reason;
    const char *before;
    const Config *config;
    int64_t limit;
    json_t *answer;
} LookCall;

bool api_service_find(StoreTx *tx, const PolicyActor *actor, const char *id, Service **ret_service,
                      GError **error)
{
    PolicyFacts facts = {0};
    g_autoptr(Service) service = NULL;
    g_autoptr(GError) problem = NULL;
    if (!service_load(tx, id, &service, error))
        return false;
    if (!project_facts_visible(tx, actor, service->project, time_now_ms(), &facts, &problem)) {
        if (error_is(problem, ERROR_NOT_FOUND))
            return error_set(error, ERROR_NOT_FOUND, "services.none",
                             "There is no such service.");
        g_propagate_error(error, g_steal_pointer(&problem));
        return false;
    }
    *ret_service = g_steal_pointer(&service);
    return true;
}

/* The same, decided: for reading. */
static bool view_service(StoreTx *tx, const PolicyActor *actor, const char *id,
                         Service **ret_service, GError **error)
{
    PolicyFacts facts = {0};
    g_autoptr(Service) service = NULL;
    if (!api_service_find(tx, actor, id, &service, error) ||
        !project_facts_load(tx, actor, service->project, time_now_ms(), &facts, error) ||
        !policy_enforce(actor, VERB_SERVICE_VIEW, &facts, error))
        return false;
    *ret_service = g_steal_pointer(&service);
    return true;
}

static bool list_in_look(StoreTx *tx, const PolicyActor *actor, void *data, GError **error)
{
    LookCall *call = data;
    bool own = call->project == NULL;
    PolicyFacts facts = {.is_owner = own};
    if (!own &&
        !project_facts_visible(tx, actor, call->project, time_now_ms(), &facts, error))
        return false;
    if (!policy_enforce(actor, own ? VERB_ACCOUNT_LISTS : VERB_SERVICE_VIEW, &facts, error))
        return false;
    g_autoptr(GPtrArray) rows = service_list(tx, call->project, own ? actor->id : NULL, own,
                                             call->before, call->limit + 1, error);
    if (rows == NULL)
        return false;
    call->answer = json_array();
    for (guint i = 0; i < rows->len; i++)
        json_array_append_new(call->answer, service_json(g_ptr_array_index(rows, i), actor));
    return true;
}

static const char *service_key(const json_t *item)
{
    return json_string_value(json_object_get(item, "id"));
}

static bool api_list_of(HttpRequest *request, const char *project, GError **error)
{
    g_autofree char *before = NULL;
    if (!page_key(request, &before, error))
        return false;
    LookCall call = {.project = project, .before = before, .limit = page_limit(request)};
    PolicyVerb verb = project != NULL ? VERB_PROJECT_VIEW : VERB_ACCOUNT_LISTS;
    if (!look_run(request_app(request), request_actor(request), verb,
                  project != NULL ? project : "", false, list_in_look, &call, error)) {
        json_decref(call.answer);
        return false;
    }
    return http_reply_json(request, 200, page_json(call.answer, call.limit, service_key), error);
}

static bool api_list(HttpRequest *request, GError **error)
{
    return api_list_of(request, http_request_segment(request, "project"), error);
}

static bool api_list_mine(HttpRequest *request, GError **error)
{
    return api_list_of(request, NULL, error);
}

static bool get_in_look(StoreTx *tx, const PolicyActor *actor, void *data, GError **error)
{
    LookCall *call = data;
    g_autoptr(Service) service = NULL;
    if (!view_service(tx, actor, call->service, &service, error))
        return false;
    g_autoptr(json_t) events = events_json(tx, service->id, error);
    if (events == NULL)
        return false;
    g_autoptr(json_t) mounts = mounts_json(tx, service->id, error);
    if (mounts == NULL)
        return false;
    int64_t latest_ms = 0;
    if (!lifetime_latest(tx, call->config, service, &latest_ms, error))
        return false;
    call->answer = service_json(service, actor);
    json_set_time(call->answer, "ends_at_most", latest_ms);
    json_object_set(call->answer, "events", events);
    json_object_set(call->answer, "mounts", mounts);
    return true;
}

static bool api_get(HttpRequest *request, GError **error)
{
    LookCall call = {.service = http_request_segment(request, "service"),
                     .config = request_app(request)->config};
    if (!look_run(request_app(request), request_actor(request), VERB_SERVICE_VIEW, call.service,
                  false, get_in_look, &call, error)) {
        json_decref(call.answer);
        return false;
    }
    return http_reply_json(request, 200, call.answer, error);
}

/* ---- follow ---- */

typedef struct Follow {
    App *app;
    char *service;
    char *person, *session; /* asked about again at each turn */
    EventsTap *tap;
    int64_t last;           /* number of the last step sent */
    GQueue waiting;         /* event blocks */
    bool over;
} Follow;

static void follow_free(void *data)
{
    Follow *follow = data;
    events_untap(follow->tap);
    g_queue_clear_full(&follow->waiting, g_free);
    g_free(follow->service);
    g_free(follow->person);
    g_free(follow->session);
    g_free(follow);
}

/* A stream outlives the request that opened it, not the session nor the part in the project. */
static bool follow_may(StoreTx *tx, const Follow *follow, Service **ret_service, GError **error)
{
    bool alive = false;
    g_autoptr(PolicyActor) actor = NULL;
    if (!identity_session_alive(follow->app, tx, follow->session, time_now_ms(), &alive, error) ||
        !rights_person_actor(tx, follow->person, &actor, error))
        return false;
    if (!alive)
        return error_set(error, ERROR_UNAUTHENTICATED, "identity.session_ended",
                         "The session has ended; sign in again.");
    return api_service_find(tx, actor, follow->service, ret_service, error);
}

static bool follow_read(StoreTx *tx, void *data, GError **error)
{
    Follow *follow = data;
    g_autoptr(Service) service = NULL;
    if (!follow_may(tx, follow, &service, error))
        return false;
    g_autoptr(GPtrArray) events = service_events(tx, follow->service, follow->last, error);
    if (events == NULL)
        return false;
    for (guint i = 0; i < events->len; i++) {
        const ServiceEvent *event = g_ptr_array_index(events, i);
        follow->last = event->number;
        g_autofree char *id = g_strdup_printf("%" G_GINT64_FORMAT, (int64_t)event->number);
        g_queue_push_tail(&follow->waiting, http_event(id, "step", event_json(event)));
    }
    follow->over = service_state_is_over(service->state);
    return true;
}

static char *follow_next(void *state)
{
    Follow *follow = state;
    char *block = g_queue_pop_head(&follow->waiting);
    if (block != NULL || follow->over)
        return block;
    bool closed = false;
    json_decref(events_wait(follow->tap, FOLLOW_WAIT_MS, &closed));
    if (closed || !store_read(follow->app->store, follow_read, follow, NULL))
        return NULL;
    block = g_queue_pop_head(&follow->waiting);
    return block != NULL || follow->over ? block : g_strdup("");
}

static int64_t follow_last_id(const HttpRequest *request)
{
    const char *text = http_request_header(request, "Last-Event-ID");
    HeaderEventId id = {.number = 0};
    /* Steps are rows with numbers of their own: an id of anything else means from the beginning. */
    return text != NULL && header_event_id(text, &id) && *id.epoch == '\0' ? id.number : 0;
}

static bool follow_in_look(StoreTx *tx, const PolicyActor *actor, void *data, GError **error)
{
    LookCall *call = data;
    g_autoptr(Service) service = NULL;
    return view_service(tx, actor, call->service, &service, error);
}

static bool api_follow(HttpRequest *request, GError **error)
{
    App *app = request_app(request);
    LookCall call = {.service = http_request_segment(request, "service")};
    if (!look_run(app, request_actor(request), VERB_SERVICE_VIEW, call.service, false,
                  follow_in_look, &call, error))
        return false;
    g_autofree char *topic = g_strconcat("service:", call.service, NULL);
    const char *topics[] = {topic, NULL};
    Follow *follow = g_new0(Follow, 1);
    follow->app = app;
    follow->service = g_strdup(call.service);
    follow->person = g_strdup(request_actor(request)->id);
    follow->session = g_strdup(request_actor(request)->session);
    follow->last = follow_last_id(request);
    g_queue_init(&follow->waiting);
    follow->tap = events_tap(app->events, topics, NULL);
    if (!store_read(app->store, follow_read, follow, error)) {
        follow_free(follow);
        return false;
    }
    return http_reply_events(request, follow_next, follow, follow_free, error);
}

/* ---- open ---- */

typedef struct OpenCall {
    const char *service;
    char *ticket;
} OpenCall;

static bool open_in_act(Act *act, void *data, GError **error)
{
    OpenCall *call = data;
    int64_t now = time_now_ms();
    PolicyFacts facts = {0};
    g_autoptr(Service) service = NULL;
    if (!api_service_find(act->tx, act->actor, call->service, &service, error))
        return false;
    act_about(act, service->id, service->project);
    if (!rights_load_facts(act->tx, act->actor, service->project, service->person, now, &facts,
                           error) ||
        !act_allow(act, &facts, error))
        return false;
    if (service->state != SERVICE_READY)
        return error_set(error, ERROR_CONFLICT, "services.not_ready",
                         "The service is %s; it can be opened when it is ready.",
                         service_state_name(service->state));
    return passes_ticket_new(act->tx, act->actor, service->id, now, &call->ticket, error);
}

/* Where to land: a path of the service's own origin. */
static bool open_check_next(const char *next, GError **error)
{
    if (next == NULL || (next[0] == '/' && next[1] != '/' && strpbrk(next, "\\\r\n") == NULL))
        return true;
    return error_set(error, ERROR_INVALID, "services.next",
                     "next must be a path that begins with one \"/\".");
}

static bool api_open(HttpRequest *request, GError **error)
{
    App *app = request_app(request);
    const char *next = http_body_text(request, "next");
    OpenCall call = {.service = http_request_segment(request, "service")};
    if (!open_check_next(next, error) ||
        !act_run(app, request_actor(request), VERB_SERVICE_OPEN, open_in_act, &call, NULL, error))
        return false;
    const char *scheme = g_str_has_prefix(app->portal_url, "https:") ? "https" : "http";
    g_autofree char *escaped = next != NULL ? g_uri_escape_string(next, NULL, false) : NULL;
    g_autofree char *url =
        g_strdup_printf("%s://%s%s/.darse/enter?ticket=%s%s%s", scheme, call.service,
                        app->services_suffix, call.ticket, escaped != NULL ? "&next=" : "",
                        escaped != NULL ? escaped : "");
    secret_free(call.ticket);
    return http_reply_json(request, 200, json_pack("{s:s}", "url", url), error);
}

/* ---- stop ---- */

static bool stop_tell(Act *act, const Service *service, const char *reason, GError **error)
{
    NoticeNew notice = {.kind = NOTICE_SERVICE_STOPPED, .object = service->id,
                        .project = service->project, .reason = "services.asked",
                        .detail = reason};
    if (reason != NULL)
        act_detail(act, "reason", reason);
    return notice_add(act, service->person, &notice, error);
}

static bool stop_in_act(Act *act, void *data, GError **error)
{
    LookCall *call = data;
    PolicyFacts facts = {0};
    g_autoptr(Service) service = NULL;
    g_autoptr(Service) moved = NULL;
    if (!api_service_find(act->tx, act->actor, call->service, &service, error))
        return false;
    act_about(act, service->id, service->project);
    if (!rights_load_facts(act->tx, act->actor, service->project, service->person, time_now_ms(),
                           &facts, error) ||
        !act_allow(act, &facts, error) ||
        !service_move(act->tx, service->id, SERVICE_STOPPING, "services.asked",
                      call->reason != NULL ? call->reason : "", time_now_ms(), error) ||
        !stop_tell(act, service, call->reason, error) ||
        !service_load(act->tx, call->service, &moved, error))
        return false;
    call->answer = service_json(moved, act->actor);
    g_autofree char *project = g_strconcat("project:", service->project, NULL);
    g_autofree char *topic = g_strconcat("service:", service->id, NULL);
    act_notify(act, project);
    act_notify(act, topic);
    return true;
}

static bool api_stop(HttpRequest *request, GError **error)
{
    App *app = request_app(request);
    LookCall call = {.service = http_request_segment(request, "service"),
                     .reason = http_request_query(request, "reason")};
    if (!act_run(app, request_actor(request), VERB_SERVICE_STOP, stop_in_act, &call, NULL,
                 error)) {
        json_decref(call.answer);
        return false;
    }
    tasks_push(services_of(app), TASK_STOP, call.service);
    return http_reply_json(request, 202, call.answer, error);
}

/* ---- tables ---- */

static const HttpField person_fields[] = {
    {"id", HTTP_ID, .required = true, .choices = "per"},
    {"login", HTTP_TEXT, .required = true},
    {"name", HTTP_TEXT, .required = true},
    HTTP_SCHEMA("PersonBrief"),
};
static const HttpField event_fields[] = {
    {"number", HTTP_INTEGER, .required = true, .min = 1, .max = 1000000},
    {"step", HTTP_TEXT, .required = true},
    {"detail", HTTP_TEXT, .required = true},
    {"time", HTTP_TIME, .required = true},
    HTTP_SCHEMA("ServiceEvent"),
};
static const HttpField mount_fields[] = {
    {"path", HTTP_TEXT, .required = true},
    {"dataset", HTTP_ID, .required = true, .choices = "dts"},
    {"title", HTTP_TEXT, .required = true},
    {"level", HTTP_CHOICE, .required = true, .choices = "public scientific secure"},
    HTTP_SCHEMA("Mount"),
};
const HttpField service_fields[] = {
    {"id", HTTP_ID, .required = true, .choices = "svc"},
    {"project", HTTP_ID, .required = true, .choices = "prj"},
    {"person", HTTP_OBJECT, .required = true, .fields = person_fields},
    {"definition", HTTP_TEXT, .required = true},
    {"name", HTTP_TEXT, .required = true},
    {"state", HTTP_CHOICE, .required = true,
     .choices = "queued starting ready freezing stopping stopped failed"},
    {"state_reason", HTTP_TEXT, .required = true, .summary = "Why it stopped: a stable slug"},
    {"state_detail", HTTP_TEXT, .required = true},
    {"mine", HTTP_BOOLEAN, .required = true},
    {"created", HTTP_TIME, .required = true},
    {"ready", HTTP_TIME, .required = true, .nullable = true},
    {"ended", HTTP_TIME, .required = true, .nullable = true},
    {"active", HTTP_TIME, .required = true},
    {"ends", HTTP_TIME, .summary = "When it is stopped by itself"},
    {"ends_at_most", HTTP_TIME, .summary = "Of one service: how far it may be prolonged"},
    {"cpus", HTTP_INTEGER, .required = true, .max = 1024},
    {"memory_mib", HTTP_INTEGER, .required = true, .max = 1048576},
    {"events", HTTP_LIST, .fields = event_fields},
    {"mounts", HTTP_LIST, .fields = mount_fields},
    HTTP_SCHEMA("Service"),
};
static const HttpField page_fields[] = {
    {"items", HTTP_LIST, .required = true, .fields = service_fields},
    ANSWER_NEXT,
    HTTP_SCHEMA("ServicePage"),
};
static const HttpEvent follow_events[] = {
    {"step", event_fields, "A step of the timeline; the last are stopped and failed"},
    {0},
};
static const HttpField page_query[] = {PAGE_FIELDS, {0}};
static const HttpField stop_query[] = {
    {"reason", HTTP_TEXT, .max = 300, .summary = "Why; told to the person whose service it is"},
    {0},
};
static const HttpField open_body[] = {
    {"next", HTTP_TEXT, .max = 1000, .summary = "Path of the service to land on"},
    {0},
};
static const HttpField open_answer[] = {
    {"url", HTTP_TEXT, .required = true, .max = 4000, .summary = "Works once, within 30 seconds"},
    HTTP_SCHEMA("ServiceTicket"),
};

const HttpRoute services_routes[] = {
    {.method = "GET", .path = "/api/v1/definitions", .handler = api_definitions,
     .access = HTTP_PERSON, .answer = definitions_answer, .tag = "services",
     .summary = "What can be launched, with the choices that each leaves"},
    {.method = "GET", .path = "/api/v1/projects/{project}/launch", .handler = api_launch_look,
     .access = HTTP_PERSON, .query = launch_query, .answer = launch_answer, .tag = "services",
     .summary = "What a launch would do now: allowed or why not, mounts, quotas"},
    {.method = "POST", .path = "/api/v1/projects/{project}/services", .handler = api_launch,
     .access = HTTP_PERSON, .body = launch_body, .answer = service_fields, .success = 202,
     .problems = HTTP_PROBLEM(ERROR_QUOTA),
     .tag = "services", .summary = "Launch a service in a project"},
    {.method = "GET", .path = "/api/v1/projects/{project}/services", .handler = api_list,
     .access = HTTP_PERSON, .query = page_query, .answer = page_fields, .tag = "services",
     .summary = "Services of a project, newest first"},
    {.method = "GET", .path = "/api/v1/services", .handler = api_list_mine,
     .access = HTTP_PERSON, .query = page_query, .answer = page_fields, .tag = "services",
     .summary = "My running services"},
    {.method = "GET", .path = "/api/v1/services/{service}", .handler = api_get,
     .access = HTTP_PERSON, .answer = service_fields, .tag = "services",
     .summary = "One service, its timeline and what it mounts"},
    {.method = "GET", .path = "/api/v1/services/{service}/events", .handler = api_follow,
     .access = HTTP_PERSON, .events = follow_events, .tag = "services",
     .summary = "Server-sent events: the timeline, live; ends when the service is over"},
    {.method = "POST", .path = "/api/v1/services/{service}/ticket", .handler = api_open,
     .access = HTTP_PERSON, .body = open_body, .answer = open_answer, .tag = "services",
     .summary = "A one-time way into the service's own origin"},
    {.method = "POST", .path = "/api/v1/services/{service}/prolong", .handler = api_prolong,
     .access = HTTP_PERSON, .body = prolong_body, .answer = service_fields, .tag = "services",
     .summary = "Keep it for so many hours from now, as far as its limits let it"},
    {.method = "DELETE", .path = "/api/v1/services/{service}", .handler = api_stop,
     .access = HTTP_PERSON, .query = stop_query, .answer = service_fields, .success = 202,
     .tag = "services", .summary = "Stop a service"},
    {0},
};
