/* SPDX-License-Identifier: Apache-2.0 */
/* services: the table of states, the status lines of bubbles, rows and labels. */
#include "base/error.h"
#include "base/files.h"
#include "base/ids.h"
#include "services/lifetime.h"
#include "services/rows.h"
#include "services/status.h"

#include <sodium.h>
#include <string.h>

static void test_states(void)
{
    for (int i = 0; i < SERVICE_STATE_COUNT; i++) {
        ServiceState state = SERVICE_STATE_COUNT;
        g_assert_true(service_state_parse(service_state_name((ServiceState)i), &state));
        g_assert_cmpint((int)state, ==, i);
        /* Whatever is not over can end, and what is over stays so. */
        bool over = service_state_is_over((ServiceState)i);
        g_assert_cmpint(service_state_may((ServiceState)i, SERVICE_FAILED), ==, !over);
        for (int j = 0; over && j < SERVICE_STATE_COUNT; j++)
            g_assert_false(service_state_may((ServiceState)i, (ServiceState)j));
    }
    ServiceState untouched = SERVICE_READY;
    g_assert_false(service_state_parse("paused", &untouched));
    g_assert_cmpint((int)untouched, ==, SERVICE_READY);
    g_assert_false(service_state_may(SERVICE_STOPPING, SERVICE_READY));
    g_assert_false(service_state_may(SERVICE_FREEZING, SERVICE_READY));
}

/* Hours from now, as far as the limit; refused when nothing is gained. */
static void test_lifetime(void)
{
    enum { HOUR = 3600 * 1000, NOW = 10 * HOUR };
    static const struct {
        int64_t ends, hours, latest, wanted; /* 0: refused */
        const char *reason;
    } rows[] = {
        {11 * HOUR, 4, 100 * HOUR, 14 * HOUR, NULL},
        {11 * HOUR, 4, 12 * HOUR, 12 * HOUR, NULL},      /* cut at the limit */
        {14 * HOUR, 4, 100 * HOUR, 0, "services.lasts_longer"},
        {20 * HOUR, 4, 100 * HOUR, 0, "services.lasts_longer"},
        {12 * HOUR, 4, 12 * HOUR, 0, "services.longest"},
        {13 * HOUR, 4, 12 * HOUR, 0, "services.longest"}, /* the project was shortened since */
        {0, 4, 100 * HOUR, 0, "services.lasts_longer"},   /* it never ends by itself */
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        Service service = {.ends_ms = rows[i].ends};
        g_autoptr(GError) error = NULL;
        int64_t ends_ms = 77;
        bool ok = lifetime_extend(&service, rows[i].hours, rows[i].latest, NOW, &ends_ms, &error);
        g_assert_cmpint(ok, ==, rows[i].wanted != 0);
        g_assert_cmpint(ends_ms, ==, ok ? rows[i].wanted : 77);
        g_assert_cmpstr(error != NULL ? error_reason(error) : NULL, ==, rows[i].reason);
    }
}

static void test_status_lines(void)
{
    static const struct { const char *line; bool good; const char *state; int64_t value, open; }
    rows[] = {
        {"state started", true, "started", 0, 0},
        {"state ready 123", true, "ready", 123, 0},
        {"activity 1795665797123 2", true, "", INT64_C(1795665797123), 2},
        {"", false, "", 0, 0},
        {"state", false, "", 0, 0},
        {"state READY", false, "", 0, 0},
        {"state ready 12 13", false, "", 0, 0},
        {"state ready -1", false, "", 0, 0},
        {"state abcdefghijklmnopqrstuvwxyz", false, "", 0, 0},
        {"activity 5", false, "", 0, 0},
        {"activity -5 1", false, "", 0, 0},
        {"activity 5 1 x", false, "", 0, 0},
        {"activity 99999999999999999999999999 1", false, "", 0, 0},
        {"root me", false, "", 0, 0},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        BubbleStatus status = {.state = "untouched", .value = 77};
        g_test_message("\"%s\"", rows[i].line);
        g_assert_cmpint(status_parse(rows[i].line, &status), ==, rows[i].good);
        if (rows[i].good) {
            g_assert_cmpstr(status.state, ==, rows[i].state);
            g_assert_cmpint(status.value, ==, rows[i].value);
            g_assert_cmpint(status.open, ==, rows[i].open);
        } else {
            g_assert_cmpint(status.value, ==, 77);
        }
    }
}

/* ---- rows, on a real store ---- */

typedef struct Fixture {
    char *dir;
    Store *store;
} Fixture;

static bool fill(StoreTx *tx, void *data, GError **error)
{
    (void)data;
    static const char *const statements[] = {
        "INSERT INTO organisation VALUES ('org-1', 'O', 'university', 1)",
        "INSERT INTO person (id, login, name, email, organisation, roles, language, "
        "totp_last_step, created_ms) VALUES ('per-1', 'ada', 'Ada', 'a@b', 'org-1', '', 'en', 0, 1)",
        "INSERT INTO project VALUES ('prj-1', 'p', 'P', '', 'org-1', 'research', 'research', '', "
        "'restricted', 'open', '', 200000, 0, 0, 0, 1, 'per-1', 1, 1)",
        "INSERT INTO source (id, slug, title, summary, organisation, legal_basis, routes, purposes, "
        "rule_pack, created_by, created_ms, version) VALUES ('src-1', 's', 'S', '', 'org-1', '', '', '', '', 'per-1', 1, 1)",
        "INSERT INTO dataset VALUES ('dts-1', 'src-1', 'd', 'D', '2020', 1, 'scientific', "
        "'published', '', 'd.csv', 1, '', 1, '[]', 0, 'per-1', 1)",
    };
    for (size_t i = 0; i < G_N_ELEMENTS(statements); i++) {
        if (!store_exec(tx, error, statements[i]))
            return false;
    }
    return true;
}

static void setup(Fixture *f, const void *unused)
{
    (void)unused;
    GError *error = NULL;
    f->dir = g_dir_make_tmp("darse-XXXXXX", NULL);
    g_autofree char *url = g_strdup_printf("sqlite:%s/t.db", f->dir);
    f->store = store_open(url, NULL, 1, &error);
    g_assert_no_error(error);
    g_assert_true(store_migrate(f->store, 0, &error));
    g_assert_true(store_write(f->store, fill, NULL, &error));
    g_assert_no_error(error);
}

static void teardown(Fixture *f, const void *unused)
{
    (void)unused;
    store_close(f->store);
    g_assert_true(tree_remove(f->dir, NULL));
    g_free(f->dir);
}

static bool life(StoreTx *tx, void *data, GError **error)
{
    (void)data;
    Service wanted = {.id = (char *)"svc-1", .project = (char *)"prj-1", .person = (char *)"per-1",
                      .definition = (char *)"jupyter", .name = (char *)"J",
                      .cpus = 4, .memory_mib = 1024, .ends_ms = 1000};
    g_autoptr(GPtrArray) datasets = g_ptr_array_new();
    g_ptr_array_add(datasets, (void *)"dts-1");
    g_assert_true(service_insert(tx, &wanted, datasets, 10, error));
    g_assert_false(service_move(tx, "svc-1", SERVICE_READY, "", "", 11, error));
    g_assert_cmpstr(error_reason(*error), ==, "services.state");
    g_clear_error(error);
    g_assert_true(service_move(tx, "svc-1", SERVICE_STARTING, "", "", 11, error));
    g_assert_true(service_note(tx, "svc-1", "container", "", 12, error));
    g_assert_true(service_move(tx, "svc-1", SERVICE_READY, "", "", 13, error));
    ServiceUse use = {0};
    g_assert_true(service_use(tx, "per-1", &use, error));
    g_assert_cmpint(use.services, ==, 1);
    g_assert_cmpint(use.cpus, ==, 4);
    g_assert_cmpint(use.memory_mib, ==, 1024);
    g_autoptr(GPtrArray) early = service_outlived(tx, 999, error);
    g_assert_cmpuint(early->len, ==, 0);
    g_autoptr(GPtrArray) late = service_outlived(tx, 1000, error);
    g_assert_cmpuint(late->len, ==, 1);
    g_assert_true(service_move(tx, "svc-1", SERVICE_FREEZING, "policy.label", "Lost.", 14, error));
    g_assert_true(service_move(tx, "svc-1", SERVICE_STOPPED, "", "", 15, error));
    g_autoptr(Service) service = NULL;
    g_assert_true(service_load(tx, "svc-1", &service, error));
    /* The reason given when it began to stop is kept. */
    g_assert_cmpstr(service->state_reason, ==, "policy.label");
    g_assert_cmpstr(service->state_detail, ==, "Lost.");
    g_assert_cmpint(service->ready_ms, ==, 13);
    g_assert_cmpint(service->ended_ms, ==, 15);
    g_assert_true(service_use(tx, "per-1", &use, error));
    g_assert_cmpint(use.services, ==, 0);
    g_assert_cmpint(use.memory_mib, ==, 0);
    g_autoptr(GPtrArray) over = service_outlived(tx, 1000, error);
    g_assert_cmpuint(over->len, ==, 0);
    g_autoptr(GPtrArray) events = service_events(tx, "svc-1", 2, error);
    g_assert_cmpuint(events->len, ==, 4);
    g_assert_cmpint(((ServiceEvent *)g_ptr_array_index(events, 0))->number, ==, 3);
    int64_t labels = 0;
    g_assert_true(store_query_integer(tx, &labels, 0, error,
                                      "SELECT count(*) FROM volume_label WHERE dataset = 'dts-1'"));
    g_assert_cmpint(labels, ==, 3);
    return true;
}

/* Launches that took 100, 200, ... 1000 ms, and one that never became ready. */
static bool starts(StoreTx *tx, void *data, GError **error)
{
    (void)data;
    ServiceStarts none = {0}, ten = {0};
    g_assert_true(service_starts(tx, "jupyter", &none, error));
    g_assert_cmpint(none.count, ==, 0);
    for (int i = 0; i <= 10; i++) {
        g_autofree char *id = g_strdup_printf("svc-s%d", i);
        Service one = {.id = id, .project = (char *)"prj-1", .person = (char *)"per-1",
                       .definition = (char *)"jupyter", .name = (char *)"J", .cpus = 1};
        g_autoptr(GPtrArray) datasets = g_ptr_array_new();
        g_assert_true(service_insert(tx, &one, datasets, 5000, error));
        g_assert_true(service_move(tx, id, SERVICE_STARTING, "", "", 5000, error));
        if (i > 0)
            g_assert_true(service_move(tx, id, SERVICE_READY, "", "", 5000 + 100 * i, error));
    }
    g_assert_true(service_starts(tx, "jupyter", &ten, error));
    g_assert_cmpint(ten.count, ==, 10);
    g_assert_cmpint(ten.median_ms, ==, 500);
    g_assert_cmpint(ten.slow_ms, ==, 900);
    return true;
}

static void test_starts(Fixture *f, const void *unused)
{
    (void)unused;
    GError *error = NULL;
    g_assert_true(store_write(f->store, starts, NULL, &error));
    g_assert_no_error(error);
}

static void test_life(Fixture *f, const void *unused)
{
    (void)unused;
    GError *error = NULL;
    g_assert_true(store_write(f->store, life, NULL, &error));
    g_assert_no_error(error);
}

static bool none(StoreTx *tx, void *data, GError **error)
{
    (void)data;
    Service *untouched = NULL;
    g_assert_false(service_load(tx, "svc-2", &untouched, error));
    g_assert_null(untouched);
    return false;
}

static void test_none(Fixture *f, const void *unused)
{
    (void)unused;
    GError *error = NULL;
    g_assert_false(store_read(f->store, none, NULL, &error));
    g_assert_cmpstr(error_reason(error), ==, "services.none");
    g_clear_error(&error);
}

int main(int argc, char **argv)
{
    g_assert_cmpint(sodium_init(), >=, 0);
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/services/states", test_states);
    g_test_add_func("/services/lifetime", test_lifetime);
    g_test_add_func("/services/status-lines", test_status_lines);
    g_test_add("/services/life", Fixture, NULL, setup, test_life, teardown);
    g_test_add("/services/starts", Fixture, NULL, setup, test_starts, teardown);
    g_test_add("/services/none", Fixture, NULL, setup, test_none, teardown);
    return g_test_run();
}
