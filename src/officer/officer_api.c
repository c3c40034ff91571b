/* SPDX-License-Identifier: Apache-2.0 */
/* The routes of the officers' pages, and the duties of the clock. */
#include "officer/internal.h"

#include "base/error.h"
#include "base/times.h"
#include "notices/notices.h"
#include "server/clock.h"

#include <string.h>

json_t *officer_time(int64_t time_ms)
{
    if (time_ms == 0)
        return json_null();
    g_autofree char *text = time_format(time_ms);
    return json_string(text);
}

Check *officer_check(const App *app)
{
    return app->room_data[ROOM_OFFICER];
}

/* ---- duties ---- */

static json_t *duty_json(const ClockState *state)
{
    return json_pack("{s:s, s:i, s:o, s:o, s:I, s:I, s:I, s:o, s:s, s:b}", "name", state->name,
                     "period_ms", state->period_ms, "last", officer_time(state->last_ms), "next",
                     officer_time(state->next_ms), "took_ms", (json_int_t)state->took_ms, "runs",
                     (json_int_t)state->runs, "failures", (json_int_t)state->failures,
                     "failed", officer_time(state->failed_ms), "failure",
                     state->failure != NULL ? state->failure : "", "failing", state->failing);
}

static bool allow_view(StoreTx *tx, const PolicyActor *actor, void *data, GError **error)
{
    (void)tx;
    (void)data;
    return policy_enforce(actor, VERB_PLATFORM_VIEW, NULL, error);
}

static bool require_clock(const App *app, GError **error)
{
    return app->clock != NULL || error_set(error, ERROR_UNAVAILABLE, "clock.not_started",
                                           "The clock has not started yet; ask again in a moment.");
}

static bool api_duties(HttpRequest *request, GError **error)
{
    App *app = request_app(request);
    if (!look_run(app, request_actor(request), VERB_PLATFORM_VIEW, "", false, allow_view, NULL,
                  error) ||
        !require_clock(app, error))
        return false;
    g_autoptr(GArray) states = clock_states(app->clock);
    json_t *items = json_array();
    for (guint i = 0; i < states->len; i++)
        json_array_append_new(items, duty_json(&g_array_index(states, ClockState, i)));
    return http_reply_json(request, 200, json_pack("{s:o, s:n}", "items", items, "next"), error);
}

static bool run_in_act(Act *act, void *data, GError **error)
{
    const char *duty = data;
    act_about(act, duty, NULL);
    act_detail(act, "action", "run_duty");
    return act_allow(act, NULL, error) && require_clock(act->app, error) &&
           clock_hurry(act->app->clock, duty, error);
}

static bool api_run_duty(HttpRequest *request, GError **error)
{
    const char *duty = http_request_segment(request, "duty");
    return act_run(request_app(request), request_actor(request), VERB_PLATFORM_MANAGE, run_in_act,
                   (void *)duty, NULL, error) &&
           http_reply_empty(request, 202, error);
}

/* ---- a trial mail to oneself ---- */

static bool mail_in_act(Act *act, void *data, GError **error)
{
    (void)data;
    NoticeNew notice = {.kind = NOTICE_MAIL_TEST, .object = ""};
    act_about(act, act->actor->id, NULL);
    act_detail(act, "action", "mail_test");
    if (!act_allow(act, NULL, error))
        return false;
    if (!notices_mail_is_configured(act->app))
        return error_set(error, ERROR_CONFLICT, "notices.no_server",
                         "The configuration names no mail server (mail.server).");
    return notice_add(act, act->actor->id, &notice, error);
}

static bool api_mail_test(HttpRequest *request, GError **error)
{
    return act_run(request_app(request), request_actor(request), VERB_PLATFORM_MANAGE, mail_in_act,
                   NULL, NULL, error) &&
           http_reply_empty(request, 202, error);
}

/* ---- tables ---- */

static const HttpField duty_fields[] = {
    {"name", HTTP_TEXT, .required = true, .summary = "\"services.reconcile\""},
    {"period_ms", HTTP_INTEGER, .required = true},
    {"last", HTTP_TIME, .required = true, .nullable = true,
     .summary = "null: not since the start"},
    {"next", HTTP_TIME, .required = true},
    {"took_ms", HTTP_INTEGER, .required = true, .summary = "The last run"},
    {"runs", HTTP_INTEGER, .required = true, .summary = "Since the start"},
    {"failures", HTTP_INTEGER, .required = true},
    {"failed", HTTP_TIME, .required = true, .nullable = true, .summary = "The last failure"},
    {"failure", HTTP_TEXT, .required = true, .max = 1000, .summary = "Its sentence, or empty"},
    {"failing", HTTP_BOOLEAN, .required = true, .summary = "The last run failed"},
    HTTP_SCHEMA("Duty"),
};
static const HttpField duties_answer[] = {
    {"items", HTTP_LIST, .required = true, .fields = duty_fields},
    ANSWER_NEXT,
    HTTP_SCHEMA("DutyPage"),
};

#define ROUTE(method_, path_, handler_, summary_, ...)                                             \
    {.method = method_, .path = "/api/v1/admin" path_, .handler = handler_, .access = HTTP_PERSON, \
     .tag = "officer", .summary = summary_, ##__VA_ARGS__}

static const HttpRoute officer_routes[] = {
    ROUTE("GET", "/overview", overview_show, "How the platform is", .answer = overview_answer),
    ROUTE("GET", "/duties", api_duties, "The duties of the clock", .answer = duties_answer),
    ROUTE("POST", "/duties/{duty}/run", api_run_duty, "Have a duty run now", .success = 202),
    ROUTE("POST", "/mail/test", api_mail_test, "Send a trial mail to oneself", .success = 202),
    ROUTE("GET", "/services", usage_services, "Running services and what they use",
          .answer = usage_services_answer),
    ROUTE("GET", "/projects", usage_projects, "Projects, their quotas and what they use",
          .query = usage_page_query, .answer = usage_projects_answer),
    ROUTE("POST", "/audit/verify", check_begin, "Verify the whole audit log, beside",
          .answer = check_answer, .success = 202),
    ROUTE("GET", "/audit/verify", check_show, "How the last verification went",
          .answer = check_answer),
    {0},
};

static bool officer_start(App *app, GError **error)
{
    (void)error;
    app->room_data[ROOM_OFFICER] = check_new(app);
    return true;
}

static void officer_stop(App *app)
{
    check_free(officer_check(app));
    app->room_data[ROOM_OFFICER] = NULL;
}

const Room officer_room = {
    .name = "officer", .routes = officer_routes, .start = officer_start, .stop = officer_stop};
