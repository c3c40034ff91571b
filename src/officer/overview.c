/* SPDX-License-Identifier: Apache-2.0 */
/* How the platform is, at one glance: each figure is read when asked. */
#include "officer/internal.h"

#include "base/times.h"
#include "notices/notices.h"
#include "server/clock.h"
#include "server/health.h"

#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

/* ---- figures of the database ---- */

#define NOW "CAST($1 AS BIGINT)"

typedef struct Figure {
    const char *name;
    const char *sql;             /* $1: now */
} Figure;

static const Figure figures[] = {
    {"persons", "SELECT count(*) FROM person WHERE disabled_ms IS NULL AND " NOW " > 0"},
    {"persons_disabled", "SELECT count(*) FROM person WHERE disabled_ms IS NOT NULL AND " NOW " > 0"},
    {"organisations", "SELECT count(*) FROM organisation WHERE " NOW " > 0"},
    {"sessions", "SELECT count(*) FROM session WHERE ended_ms IS NULL AND expires_ms > $1"},
    {"tokens", "SELECT count(*) FROM api_token WHERE revoked_ms IS NULL AND expires_ms > $1"},
    {"projects_open", "SELECT count(*) FROM project WHERE state = 'open' AND starts_ms <= $1 AND "
                      "ends_ms > $1"},
    {"projects", "SELECT count(*) FROM project WHERE " NOW " > 0"},
    {"sources", "SELECT count(*) FROM source WHERE " NOW " > 0"},
    {"datasets", "SELECT count(*) FROM dataset WHERE state = 'published' AND " NOW " > 0"},
    {"applications_waiting", "SELECT count(*) FROM application WHERE state = 'submitted' AND " NOW " > 0"},
    {"exports_waiting", "SELECT count(*) FROM export WHERE state = 'submitted' AND " NOW " > 0"},
    {"services_running", "SELECT count(*) FROM service WHERE ended_ms IS NULL AND " NOW " > 0"},
    {"services_failed_today", "SELECT count(*) FROM service WHERE state = 'failed' AND "
                              "ended_ms > " NOW " - 86400000"},
    {"bucket_bytes", "SELECT CAST(coalesce(sum(bytes), 0) AS BIGINT) FROM lake_usage WHERE " NOW " > 0"},
};

static const HttpField figure_fields[] = {
    {"persons", HTTP_INTEGER, .required = true, .summary = "Who may sign in"},
    {"persons_disabled", HTTP_INTEGER, .required = true},
    {"organisations", HTTP_INTEGER, .required = true},
    {"sessions", HTTP_INTEGER, .required = true, .summary = "Open ones"},
    {"tokens", HTTP_INTEGER, .required = true, .summary = "Live API tokens"},
    {"projects_open", HTTP_INTEGER, .required = true},
    {"projects", HTTP_INTEGER, .required = true},
    {"sources", HTTP_INTEGER, .required = true},
    {"datasets", HTTP_INTEGER, .required = true, .summary = "Published ones"},
    {"applications_waiting", HTTP_INTEGER, .required = true},
    {"exports_waiting", HTTP_INTEGER, .required = true},
    {"services_running", HTTP_INTEGER, .required = true},
    {"services_failed_today", HTTP_INTEGER, .required = true},
    {"bucket_bytes", HTTP_INTEGER, .required = true, .summary = "In the buckets of all projects"},
    HTTP_SCHEMA("PlatformCounts"),
};

typedef struct Reading {
    App *app;
    json_t *counts;
    NoticesMailState mail;
} Reading;

bool overview_count(StoreTx *tx, int64_t now_ms, json_t **ret_counts, GError **error)
{
    g_autoptr(json_t) counts = json_object();
    for (size_t i = 0; i < G_N_ELEMENTS(figures); i++) {
        int64_t count = 0;
        if (!store_query_integer(tx, &count, 0, error, figures[i].sql, store_integer(now_ms)))
            return false;
        json_object_set_new(counts, figures[i].name, json_integer(count));
    }
    *ret_counts = g_steal_pointer(&counts);
    return true;
}

static bool read_figures(StoreTx *tx, const PolicyActor *actor, void *data, GError **error)
{
    Reading *reading = data;
    return policy_enforce(actor, VERB_PLATFORM_VIEW, NULL, error) &&
           overview_count(tx, time_now_ms(), &reading->counts, error) &&
           notices_mail_state(reading->app, tx, &reading->mail, error);
}

/* ---- figures of the machine ---- */

static json_t *disk_json(const App *app)
{
    struct statvfs disk;
    if (statvfs(app->state_dir, &disk) < 0)
        return json_null();
    return json_pack("{s:I, s:I}", "total_bytes",
                     (json_int_t)disk.f_blocks * (json_int_t)disk.f_frsize, "free_bytes",
                     (json_int_t)disk.f_bavail * (json_int_t)disk.f_frsize);
}

/* Resident memory of this process. */
static int64_t memory_bytes(void)
{
    g_autofree char *text = NULL;
    long long size = 0, resident = 0;
    if (!g_file_get_contents("/proc/self/statm", &text, NULL, NULL) ||
        sscanf(text, "%lld %lld", &size, &resident) != 2)
        return 0;
    return (int64_t)resident * sysconf(_SC_PAGESIZE);
}

static json_t *clock_json(const App *app)
{
    int failing = 0, duties = 0;
    if (app->clock != NULL) {
        g_autoptr(GArray) states = clock_states(app->clock);
        duties = (int)states->len;
        for (guint i = 0; i < states->len; i++)
            failing += g_array_index(states, ClockState, i).failing ? 1 : 0;
    }
    return json_pack("{s:i, s:i}", "duties", duties, "failing", failing);
}

static json_t *mail_json(const NoticesMailState *mail)
{
    return json_pack("{s:b, s:I, s:I, s:I, s:I, s:o, s:s}", "configured", mail->configured, "due",
                     (json_int_t)mail->due, "sent", (json_int_t)mail->sent, "failed",
                     (json_int_t)mail->failed, "unknown", (json_int_t)mail->unknown, "oldest_due",
                     officer_time(mail->oldest_due_ms), "last_failure",
                     mail->last_failure != NULL ? mail->last_failure : "");
}

static json_t *audit_json(const App *app)
{
    int64_t size = 0;
    bool ok = audit_size(app->audit, &size, NULL);
    return json_pack("{s:b, s:I}", "ok", ok, "entries", (json_int_t)size);
}

static bool reply_overview(HttpRequest *request, App *app, Reading *reading, GError **error)
{
    Health health = {0};
    health_look(app, &health);
    const char *url = config_text(app->config, "store.url");
    json_t *json = json_pack(
        "{s:s, s:b, s:{s:b, s:s, s:i}, s:{s:b}, s:o, s:o, s:o, s:o, s:I, s:o}", "version",
        DARSE_VERSION, "demonstration", app->demonstration, "store", "ok", health.store, "kind",
        g_str_has_prefix(url, "postgres") ? "postgresql" : "sqlite", "schema",
        store_schema_newest(), "engine", "ok", health.engine, "audit", audit_json(app), "clock",
        clock_json(app), "mail", mail_json(&reading->mail), "disk", disk_json(app),
        "memory_bytes", (json_int_t)memory_bytes(), "counts", reading->counts);
    reading->counts = NULL;
    return http_reply_json(request, 200, json, error);
}

bool overview_show(HttpRequest *request, GError **error)
{
    App *app = request_app(request);
    Reading reading = {.app = app};
    bool ok = look_run(app, request_actor(request), VERB_PLATFORM_VIEW, "", false, read_figures,
                       &reading, error) &&
              reply_overview(request, app, &reading, error);
    json_decref(reading.counts);
    notices_mail_state_clear(&reading.mail);
    return ok;
}

static const HttpField store_fields[] = {
    {"ok", HTTP_BOOLEAN, .required = true, .summary = "It writes"},
    {"kind", HTTP_CHOICE, .required = true, .choices = "sqlite postgresql"},
    {"schema", HTTP_INTEGER, .required = true, .summary = "Number of its newest migration"},
    HTTP_SCHEMA("PlatformStore"),
};
static const HttpField engine_fields[] = {
    {"ok", HTTP_BOOLEAN, .required = true, .summary = "It answers: services can be launched"},
    HTTP_SCHEMA("PlatformEngine"),
};
static const HttpField audit_fields[] = {
    {"ok", HTTP_BOOLEAN, .required = true, .summary = "There is a signed checkpoint"},
    {"entries", HTTP_INTEGER, .required = true, .summary = "That it covers"},
    HTTP_SCHEMA("PlatformAudit"),
};
static const HttpField clock_fields[] = {
    {"duties", HTTP_INTEGER, .required = true},
    {"failing", HTTP_INTEGER, .required = true, .summary = "Whose last run failed"},
    HTTP_SCHEMA("PlatformClock"),
};
static const HttpField mail_fields[] = {
    {"configured", HTTP_BOOLEAN, .required = true},
    {"due", HTTP_INTEGER, .required = true, .summary = "Waiting to be sent"},
    {"sent", HTTP_INTEGER, .required = true},
    {"failed", HTTP_INTEGER, .required = true, .summary = "Given up"},
    {"unknown", HTTP_INTEGER, .required = true,
     .summary = "The server did not say whether it took them; not sent twice"},
    {"oldest_due", HTTP_TIME, .required = true, .nullable = true},
    {"last_failure", HTTP_TEXT, .required = true, .max = 300, .summary = "Or empty"},
    HTTP_SCHEMA("PlatformMail"),
};
static const HttpField disk_fields[] = {
    {"total_bytes", HTTP_INTEGER, .required = true},
    {"free_bytes", HTTP_INTEGER, .required = true},
    HTTP_SCHEMA("PlatformDisk"),
};
const HttpField overview_answer[] = {
    {"version", HTTP_TEXT, .required = true},
    {"demonstration", HTTP_BOOLEAN, .required = true},
    {"store", HTTP_OBJECT, .required = true, .fields = store_fields},
    {"engine", HTTP_OBJECT, .required = true, .fields = engine_fields},
    {"audit", HTTP_OBJECT, .required = true, .fields = audit_fields},
    {"clock", HTTP_OBJECT, .required = true, .fields = clock_fields},
    {"mail", HTTP_OBJECT, .required = true, .fields = mail_fields},
    {"disk", HTTP_OBJECT, .required = true, .nullable = true, .fields = disk_fields,
     .summary = "Where the state directory lies"},
    {"memory_bytes", HTTP_INTEGER, .required = true, .summary = "Resident, of the server's process"},
    {"counts", HTTP_OBJECT, .required = true, .fields = figure_fields},
    HTTP_SCHEMA("PlatformOverview"),
};
