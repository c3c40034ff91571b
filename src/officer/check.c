/* SPDX-License-Identifier: Apache-2.0 */
/* Verifying millions of entries takes longer than a request may: it runs beside, one at a time, and pages
 * ask how far it is. That somebody verified, and what came of it, is in the log. */
#include "officer/internal.h"

#include "base/error.h"
#include "base/times.h"

#include <string.h>

typedef enum CheckState { CHECK_NONE, CHECK_RUNNING, CHECK_HOLDS, CHECK_BROKEN } CheckState;
static const char *const state_names[] = {
    [CHECK_NONE] = "none", [CHECK_RUNNING] = "running", [CHECK_HOLDS] = "holds",
    [CHECK_BROKEN] = "broken",
};

struct Check {
    App *app;
    GMutex lock;                 /* of what follows */
    CheckState state;
    GThread *thread;
    int64_t began_ms, ended_ms;
    int64_t tiles, rows, entries; /* so far; of how many */
    int64_t erased;
    char *reason, *detail;       /* of what is broken */
};

Check *check_new(App *app)
{
    Check *check = g_new0(Check, 1);
    check->app = app;
    g_mutex_init(&check->lock);
    return check;
}

void check_free(Check *check)
{
    if (check->thread != NULL)
        g_thread_join(check->thread);
    g_mutex_clear(&check->lock);
    g_free(check->reason);
    g_free(check->detail);
    g_free(check);
}

static void check_tell(int64_t tiles, int64_t rows, void *user)
{
    Check *check = user;
    g_mutex_lock(&check->lock);
    check->tiles = tiles;
    check->rows = rows;
    g_mutex_unlock(&check->lock);
}

static void *check_run(void *data)
{
    Check *check = data;
    g_autoptr(GError) problem = NULL;
    AuditVerified verified = {0};
    bool ok = audit_verify(check->app->audit, check_tell, check, &verified, &problem);
    g_mutex_lock(&check->lock);
    check->ended_ms = time_now_ms();
    check->state = ok ? CHECK_HOLDS : CHECK_BROKEN;
    if (ok) {
        check->entries = verified.size;
        check->rows = verified.rows;
        check->tiles = verified.tiles;
        check->erased = verified.erased;
    } else {
        check->reason = g_strdup(error_reason(problem));
        check->detail = g_strdup(problem->message);
    }
    g_mutex_unlock(&check->lock);
    return NULL;
}

static json_t *check_json(Check *check)
{
    g_mutex_lock(&check->lock);
    json_t *json = json_pack("{s:s, s:o, s:o, s:I, s:I, s:I, s:I, s:s, s:s}", "state",
                             state_names[check->state], "began", officer_time(check->began_ms),
                             "ended", officer_time(check->ended_ms), "tiles",
                             (json_int_t)check->tiles, "rows", (json_int_t)check->rows, "entries",
                             (json_int_t)check->entries, "erased", (json_int_t)check->erased,
                             "reason", check->reason != NULL ? check->reason : "", "detail",
                             check->detail != NULL ? check->detail : "");
    g_mutex_unlock(&check->lock);
    return json;
}

/* Under the lock. */
static void check_start(Check *check, int64_t entries)
{
    if (check->thread != NULL)
        g_thread_join(check->thread); /* it has ended: its state says so */
    g_clear_pointer(&check->reason, g_free);
    g_clear_pointer(&check->detail, g_free);
    check->state = CHECK_RUNNING;
    check->began_ms = time_now_ms();
    check->ended_ms = 0;
    check->tiles = check->rows = check->erased = 0;
    check->entries = entries;
    check->thread = g_thread_new("verify", check_run, check);
}

static bool begin_in_act(Act *act, void *data, GError **error)
{
    (void)data;
    act_about(act, "audit", NULL);
    act_detail(act, "action", "verify");
    return act_allow(act, NULL, error);
}

bool check_begin(HttpRequest *request, GError **error)
{
    App *app = request_app(request);
    Check *check = officer_check(app);
    int64_t entries = 0;
    if (!act_run(app, request_actor(request), VERB_AUDIT_READ, begin_in_act, NULL, NULL, error) ||
        !audit_size(app->audit, &entries, error))
        return false;
    g_mutex_lock(&check->lock);
    if (check->state != CHECK_RUNNING)
        check_start(check, entries);
    g_mutex_unlock(&check->lock);
    return http_reply_json(request, 202, check_json(check), error);
}

static bool look_at_check(StoreTx *tx, const PolicyActor *actor, void *data, GError **error)
{
    (void)tx;
    (void)data;
    return policy_enforce(actor, VERB_AUDIT_READ, NULL, error);
}

bool check_show(HttpRequest *request, GError **error)
{
    App *app = request_app(request);
    return look_run(app, request_actor(request), VERB_AUDIT_READ, "", false, look_at_check, NULL,
                    error) &&
           http_reply_json(request, 200, check_json(officer_check(app)), error);
}

const HttpField check_answer[] = {
    {"state", HTTP_CHOICE, .required = true, .choices = "none running holds broken"},
    {"began", HTTP_TIME, .required = true, .nullable = true},
    {"ended", HTTP_TIME, .required = true, .nullable = true},
    {"tiles", HTTP_INTEGER, .required = true, .summary = "Checked so far"},
    {"rows", HTTP_INTEGER, .required = true, .summary = "Entries of the database checked so far"},
    {"entries", HTTP_INTEGER, .required = true, .summary = "How many there are to check"},
    {"erased", HTTP_INTEGER, .required = true, .summary = "Entries whose content was erased, on record"},
    {"reason", HTTP_TEXT, .required = true, .summary = "What is broken: a stable slug, or empty"},
    {"detail", HTTP_TEXT, .required = true, .max = 1000},
    HTTP_SCHEMA("AuditCheck"),
};
