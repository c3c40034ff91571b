/* SPDX-License-Identifier: Apache-2.0 */
/* What belongs to no room: what this Darse is, whether it is well, its own API document, and the
 * stream of changes that the pages listen to. */
#include "server/platform.h"

#include "app/once.h"
#include "base/files.h"
#include "base/times.h"
#include "engine/engine.h"
#include "identity/identity.h"
#include "server/health.h"
#include "server/server_cli.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fscrypt.h>
#include <string.h>
#include <sys/ioctl.h>

#define EVENTS_WAIT_MS 10000
#define ROOMS_MAX 32
#define READER_IDLE_MS 30000

/* Whether folders of the state directory can be encrypted one by one (fscrypt v2). The ioctl needs no
 * privilege: without the feature it is not known or not supported; with it, there is no policy yet. */
static bool platform_can_encrypt(const char *state_dir)
{
    FD_AUTO int fd = open(state_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct fscrypt_get_policy_ex_arg policy = {.policy_size = sizeof policy.policy};
    return fd >= 0 && (ioctl(fd, FS_IOC_GET_ENCRYPTION_POLICY_EX, &policy) == 0 || errno == ENODATA);
}

static bool platform_about(HttpRequest *request, GError **error)
{
    const App *app = request_app(request);
    json_t *about = json_pack("{s:s, s:b, s:s, s:s, s:s, s:{s:b}, s:[s,s]}", "version", DARSE_VERSION,
                              "demonstration", app->demonstration, "portal_url", app->portal_url,
                              "lake_url", app->lake_url, "services_suffix", app->services_suffix,
                              "encryption", "supported", platform_can_encrypt(app->state_dir),
                              "languages", "fr", "en");
    return http_reply_json(request, 200, about, error);
}

json_t *platform_openapi_document(const char *portal_url)
{
    const HttpRoute *tables[ROOMS_MAX + 1] = {NULL};
    size_t count = 0;
    for (const Room *const *room = server_rooms(); *room != NULL; room++) {
        if ((*room)->routes != NULL && count < ROOMS_MAX)
            tables[count++] = (*room)->routes;
    }
    return http_openapi(tables, "Darse", DARSE_VERSION, portal_url);
}

static bool platform_openapi(HttpRequest *request, GError **error)
{
    json_t *document = platform_openapi_document(request_app(request)->portal_url);
    return http_reply_json(request, 200, document, error);
}

/* ---- changes that concern a person ---- */

typedef struct PlatformFollow {
    App *app;
    EventsTap *tap;
    char *session;
    bool alive;
} PlatformFollow;

static void platform_follow_free(void *data)
{
    PlatformFollow *follow = data;
    events_untap(follow->tap);
    g_free(follow->session);
    g_free(follow);
}

static bool platform_follow_check(StoreTx *tx, void *data, GError **error)
{
    PlatformFollow *follow = data;
    return identity_session_alive(follow->app, tx, follow->session, time_now_ms(), &follow->alive,
                                  error);
}

/* The stream ends with the session that opened it. */
static char *platform_next_change(void *state)
{
    PlatformFollow *follow = state;
    bool closed = false;
    g_autoptr(json_t) event = events_wait(follow->tap, EVENTS_WAIT_MS, &closed);
    if (closed || !store_read(follow->app->store, platform_follow_check, follow, NULL) ||
        !follow->alive)
        return NULL;
    if (event == NULL)
        return g_strdup("");
    return http_event(json_string_value(json_object_get(event, "id")), "changed",
                      json_pack("{s:O}", "topic", json_object_get(event, "topic")));
}

static bool platform_read_topics(StoreTx *tx, const PolicyActor *actor, void *data,
                                 GError **error)
{
    GStrvBuilder *topics = data;
    g_autoptr(StoreRows) rows = store_query(
        tx, error, "SELECT project FROM project_member WHERE person = $1 AND removed_ms IS NULL",
        store_text(actor->id));
    if (rows == NULL)
        return false;
    g_autoptr(GError) problem = NULL;
    while (store_next(rows, &problem)) {
        g_autofree char *topic = g_strconcat("project:", store_row_text(rows, 0), NULL);
        g_strv_builder_add(topics, topic);
    }
    if (problem != NULL) {
        g_propagate_error(error, g_steal_pointer(&problem));
        return false;
    }
    return true;
}

/* Topics are the person's own and their projects' at the time of the call: names only, no content;
 * what changed is then read through the ordinary, decided calls. */
static bool platform_events(HttpRequest *request, GError **error)
{
    App *app = request_app(request);
    const PolicyActor *actor = request_actor(request);
    g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
    g_autofree char *own = g_strconcat("person:", actor->id, NULL);
    g_strv_builder_add(builder, own);
    if ((actor->roles & ROLE_CHECKER) != 0)
        g_strv_builder_add(builder, "exports");
    if ((actor->roles & (ROLE_COMMITTEE | ROLE_PRODUCER)) != 0)
        g_strv_builder_add(builder, "applications");
    if (!look_run(app, actor, VERB_SOURCE_VIEW, "", false, platform_read_topics, builder, error))
        return false;
    g_auto(GStrv) topics = g_strv_builder_end(builder);
    PlatformFollow *follow = g_new0(PlatformFollow, 1);
    follow->app = app;
    follow->tap = events_tap(app->events, (const char *const *)topics,
                             http_request_header(request, "Last-Event-ID"));
    follow->session = g_strdup(actor->session);
    return http_reply_events(request, platform_next_change, follow, platform_follow_free, error);
}

static const HttpField encryption_fields[] = {
    {"supported", HTTP_BOOLEAN, .required = true,
     .summary = "Whether folders are encrypted at rest, each under its own key"},
    HTTP_SCHEMA("Encryption"),
};

static const HttpField about_fields[] = {
    {"version", HTTP_TEXT, .required = true},
    {"demonstration", HTTP_BOOLEAN, .required = true},
    {"portal_url", HTTP_TEXT, .required = true},
    {"lake_url", HTTP_TEXT, .required = true},
    {"encryption", HTTP_OBJECT, .required = true, .fields = encryption_fields},
    {"services_suffix", HTTP_TEXT, .required = true,
     .summary = "What follows a service's identifier in the host of its own origin"},
    {"languages", HTTP_TEXT_LIST, .required = true},
    HTTP_SCHEMA("About"),
};
static const HttpField changed_fields[] = {
    {"topic", HTTP_TEXT, .required = true,
     .summary = "person:…, project:…, exports, applications; missed: read everything again"},
    HTTP_SCHEMA("Changed"),
};
static const HttpEvent change_events[] = {
    {"changed", changed_fields, "Something under this topic changed: read it again"},
    {0},
};

static const HttpRoute platform_routes[] = {
    {.method = "GET", .path = "/api/v1/about", .handler = platform_about, .access = HTTP_PUBLIC,
     .answer = about_fields, .tag = "platform", .summary = "What this Darse is"},
    {.method = "GET", .path = "/api/v1/openapi.json", .handler = platform_openapi,
     .access = HTTP_PUBLIC, .answer_types = "application/json", .tag = "platform",
     .summary = "This document"},
    {.method = "GET", .path = "/healthz", .handler = health_ready, .access = HTTP_PUBLIC,
     .answer = health_ready_fields, .also = 503, .tag = "platform",
     .summary = "Ready: 200 when the store and the engine work, 503 otherwise"},
    {.method = "GET", .path = "/livez", .handler = health_live, .access = HTTP_PUBLIC,
     .answer = health_live_fields, .tag = "platform",
     .summary = "Alive: 200 while the process answers, whatever its parts do"},
    {.method = "GET", .path = "/api/v1/events", .handler = platform_events,
     .access = HTTP_PERSON, .events = change_events, .tag = "platform",
     .summary = "Server-sent events: what changed for the signed-in person"},
    {0},
};

static bool platform_trim(App *app, GError **error)
{
    (void)error;
    store_trim(app->store, READER_IDLE_MS);
    return true;
}

static const Duty platform_duties[] = {
    {.name = "store.trim", .period_ms = 10 * 1000, .run = platform_trim},
    {.name = "once.forget", .period_ms = 3600 * 1000, .run = once_forget},
    {0},
};

const Room platform_room = {.name = "platform", .routes = platform_routes,
                            .duties = platform_duties, .start = health_start,
                            .stop = health_stop};
