/* SPDX-License-Identifier: Apache-2.0 */
/* The table of metrics, counting from many threads, and the text. */
#include "base/metrics.h"

#include <string.h>

static void test_table(void)
{
    g_autoptr(GHashTable) names = g_hash_table_new(g_str_hash, g_str_equal);
    for (int metric = 0; metric < METRIC_COUNT; metric++) {
        const MetricRow *row = metric_row((Metric)metric);
        g_assert_nonnull(row->name);
        g_assert_true(g_hash_table_add(names, (gpointer)row->name));
        g_assert_true(g_regex_match_simple("^(darse|process)_[a-z_]+$", row->name, 0, 0));
        g_assert_true(g_str_has_suffix(row->help, "."));
        g_assert_null(strpbrk(row->help, "\n\\|"));
        g_assert_cmpint(g_str_has_suffix(row->name, "_total"), ==, row->type == METRIC_COUNTER);
        g_assert_cmpint(row->buckets != NULL, ==, row->type == METRIC_HISTOGRAM);
        if (g_str_has_suffix(row->name, "_seconds") || g_str_has_suffix(row->name, "seconds_total"))
            g_assert_cmpfloat(row->scale, ==, 1e-6);
        for (size_t i = 0; row->buckets != NULL && row->buckets[i] != 0; i++) {
            g_assert_cmpint((int)i, <, METRIC_BUCKETS_MAX);
            if (i > 0)
                g_assert_cmpint((int)row->buckets[i], >, (int)row->buckets[i - 1]);
        }
    }
}

static void assert_line(const char *line)
{
    g_autofree char *text = metrics_text();
    g_autofree char *whole = g_strconcat("\n", line, "\n", NULL);
    if (strstr(text, whole) == NULL)
        g_error("no line \"%s\" in:\n%s", line, text);
}

static void test_values(void)
{
    assert_line("# TYPE darse_work_waiting gauge");
    metric_set(METRIC_QUEUE, "exports", NULL, 7);
    assert_line("darse_work_waiting{queue=\"exports\"} 7");
    metric_clear(METRIC_QUEUE);
    assert_line("darse_work_waiting{queue=\"exports\"} 0");
    metric_add(METRIC_CLOCK_SECONDS, "a\"b\\c\nd", NULL, 1500000);
    assert_line("darse_clock_seconds_total{duty=\"a\\\"b\\\\c\\nd\"} 1.500000");
    metric_add(METRIC_HTTP_REQUESTS, "lake", "2xx", 2);
    metric_add(METRIC_HTTP_REQUESTS, "lake", "4xx", 1);
    assert_line("darse_http_requests_total{class=\"lake\",status=\"2xx\"} 2");
    assert_line("darse_http_requests_total{class=\"lake\",status=\"4xx\"} 1");
}

/* A value on a bound belongs below it; one beyond the last bound is in +Inf alone. */
static void test_histogram(void)
{
    static const int64_t values[] = {0, 500, 501, 10000000, 10000001};
    for (size_t i = 0; i < G_N_ELEMENTS(values); i++)
        metric_observe(METRIC_HTTP_SECONDS, "pages", NULL, values[i]);
    assert_line("darse_http_request_seconds_bucket{class=\"pages\",le=\"0.0005\"} 2");
    assert_line("darse_http_request_seconds_bucket{class=\"pages\",le=\"0.001\"} 3");
    assert_line("darse_http_request_seconds_bucket{class=\"pages\",le=\"10\"} 4");
    assert_line("darse_http_request_seconds_bucket{class=\"pages\",le=\"+Inf\"} 5");
    assert_line("darse_http_request_seconds_count{class=\"pages\"} 5");
    assert_line("darse_http_request_seconds_sum{class=\"pages\"} 20.001002");
}

#define THREADS 8
#define TURNS 20000

static void *count_in_thread(void *data)
{
    for (int i = 0; i < TURNS; i++) {
        char name[16];
        g_snprintf(name, sizeof name, "thread%d", (i + GPOINTER_TO_INT(data)) % THREADS);
        metric_add(METRIC_CLOCK_RUNS, name, NULL, 1);
        metric_observe(METRIC_STORE_GROUP, NULL, NULL, 3);
    }
    return NULL;
}

static void test_threads(void)
{
    GThread *threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        threads[i] = g_thread_new("count", count_in_thread, GINT_TO_POINTER(i));
    for (int i = 0; i < THREADS; i++)
        g_thread_join(threads[i]);
    for (int i = 0; i < THREADS; i++) {
        g_autofree char *line =
            g_strdup_printf("darse_clock_runs_total{duty=\"thread%d\"} %d", i, TURNS);
        assert_line(line);
    }
    assert_line("darse_store_group_actions_count 160000");
    assert_line("darse_store_group_actions_sum 480000");
}

/* Nobody can make us remember without end: what is beyond the limit is counted together. */
static void test_too_many_series(void)
{
    for (int i = 0; i < 1000; i++) {
        char name[24];
        g_snprintf(name, sizeof name, "definition%d", i);
        metric_add(METRIC_LAUNCHES, name, "ready", 1);
    }
    assert_line("darse_service_launches_total{definition=\"definition62\",outcome=\"ready\"} 1");
    assert_line("darse_service_launches_total{definition=\"other\",outcome=\"other\"} 937");
}

static void test_process(void)
{
    metrics_measure_process();
    g_autofree char *text = metrics_text();
    const char *line = strstr(text, "\nprocess_resident_memory_bytes ");
    g_assert_nonnull(line);
    int64_t resident = g_ascii_strtoll(strchr(line + 1, ' '), NULL, 10);
    g_assert_cmpint(resident, >, 1000000);
    line = strstr(text, "\nprocess_start_time_seconds ");
    g_assert_nonnull(line);
    double started = g_ascii_strtod(strchr(line + 1, ' '), NULL);
    double now = (double)g_get_real_time() * 1e-6;
    g_assert_true(started > now - 3600 && started < now + 2);
}

/* The page in docs/ is what the table says. */
static void test_document(void)
{
    g_autofree char *page = NULL;
    g_autofree char *table = metrics_document();
    g_assert_true(g_file_get_contents(DARSE_SOURCE_DIR "/docs/metrics.md", &page, NULL, NULL));
    if (strstr(page, table) == NULL)
        g_error("docs/metrics.md is not what `darse metrics` prints:\n%s", table);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/metrics/table", test_table);
    g_test_add_func("/metrics/values", test_values);
    g_test_add_func("/metrics/histogram", test_histogram);
    g_test_add_func("/metrics/threads", test_threads);
    g_test_add_func("/metrics/too-many-series", test_too_many_series);
    g_test_add_func("/metrics/process", test_process);
    g_test_add_func("/metrics/document", test_document);
    return g_test_run();
}
