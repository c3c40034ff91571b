/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A series is found by walking the few that its metric has (pointers first: most labels are constants
 * of the program), and changed with relaxed atomics. A lock is taken once in the life of a series, to
 * add it; readers see it when the count grows.
 */
#include "base/metrics.h"

#include "base/files.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define SERIES_MAX 64
#define MICRO 1e-6

static const int64_t request_buckets[] = {500,    1000,   2500,   5000,    10000,   25000,  50000,
                                          100000, 250000, 500000, 1000000, 2500000, 10000000, 0};
static const int64_t launch_buckets[] = {250000,  500000,  1000000,  1500000,  2000000, 3000000,
                                         5000000, 7500000, 10000000, 20000000, 60000000, 0};
static const int64_t commit_buckets[] = {100,   250,   500,   1000,   2500,   5000,
                                         10000, 25000, 50000, 100000, 1000000, 0};
static const int64_t group_buckets[] = {1, 2, 4, 8, 16, 32, 64, 128, 256, 0};

static const MetricRow rows[METRIC_COUNT] = {
    [METRIC_BUILD_INFO] = {"darse_build_info", METRIC_GAUGE, {"version"}, 1, NULL,
        "Always 1; its label is the version that runs."},
    [METRIC_PROCESS_RESIDENT] = {"process_resident_memory_bytes", METRIC_GAUGE, {0}, 1, NULL,
        "Resident memory of the server process."},
    [METRIC_PROCESS_CPU] = {"process_cpu_seconds_total", METRIC_COUNTER, {0}, MICRO, NULL,
        "Processor time of the server process, user and system."},
    [METRIC_PROCESS_FDS] = {"process_open_fds", METRIC_GAUGE, {0}, 1, NULL,
        "File descriptors that the server process has open."},
    [METRIC_PROCESS_THREADS] = {"process_threads", METRIC_GAUGE, {0}, 1, NULL,
        "Threads of the server process."},
    [METRIC_PROCESS_STARTED] = {"process_start_time_seconds", METRIC_GAUGE, {0}, MICRO, NULL,
        "When the server process started, in seconds since 1970."},
    [METRIC_HTTP_REQUESTS] = {"darse_http_requests_total", METRIC_COUNTER, {"class", "status"}, 1, NULL,
        "Requests that ended, by class (a group of API routes, pages, gateway, lake) and by the first "
        "digit of the answer's status."},
    [METRIC_HTTP_SECONDS] = {"darse_http_request_seconds", METRIC_HISTOGRAM, {"class"}, MICRO,
        request_buckets,
        "From the request line to the answer being ready to send; the sending itself and the life of "
        "streams are not in it."},
    [METRIC_HTTP_ACTIVE] = {"darse_http_requests_active", METRIC_GAUGE, {0}, 1, NULL,
        "Requests and streams under way."},
    [METRIC_HTTP_RELAYS] = {"darse_http_relays", METRIC_GAUGE, {0}, 1, NULL,
        "WebSockets being relayed."},
    [METRIC_SERVICES] = {"darse_services", METRIC_GAUGE, {"state"}, 1, NULL,
        "Services that are not over, by state."},
    [METRIC_LAUNCHES] = {"darse_service_launches_total", METRIC_COUNTER, {"definition", "outcome"}, 1,
        NULL, "Launches that ended, by definition and outcome (ready, failed)."},
    [METRIC_LAUNCH_SECONDS] = {"darse_service_launch_seconds", METRIC_HISTOGRAM, {"definition"}, MICRO,
        launch_buckets, "From the request for a service to the moment when it answers."},
    [METRIC_QUEUE] = {"darse_work_waiting", METRIC_GAUGE, {"queue"}, 1, NULL,
        "Work that waits: for people (applications, exports), for the program (launches, datasets "
        "being read)."},
    [METRIC_STORE_COMMITS] = {"darse_store_commits_total", METRIC_COUNTER, {0}, 1, NULL,
        "Durable commits; each holds a group of actions."},
    [METRIC_STORE_FAILURES] = {"darse_store_failures_total", METRIC_COUNTER, {0}, 1, NULL,
        "Groups of actions that could not be committed."},
    [METRIC_STORE_COMMIT_SECONDS] = {"darse_store_commit_seconds", METRIC_HISTOGRAM, {0}, MICRO,
        commit_buckets, "Duration of the commit itself: mostly the disk's sync."},
    [METRIC_STORE_GROUP] = {"darse_store_group_actions", METRIC_HISTOGRAM, {0}, 1, group_buckets,
        "Actions in one commit."},
    [METRIC_STORE_WAITING] = {"darse_store_waiting", METRIC_GAUGE, {0}, 1, NULL,
        "Actions that wait for the writer."},
    [METRIC_AUDIT_ENTRIES] = {"darse_audit_entries", METRIC_GAUGE, {0}, 1, NULL,
        "Entries that the newest signed checkpoint covers."},
    [METRIC_AUDIT_CHECKPOINT_AGE] = {"darse_audit_checkpoint_age_seconds", METRIC_GAUGE, {0}, MICRO,
        NULL, "Since the newest checkpoint was signed. It may grow while nothing happens."},
    [METRIC_AUDIT_FAILURES] = {"darse_audit_failures_total", METRIC_COUNTER, {0}, 1, NULL,
        "Rounds of the audit log's sequencer that failed."},
    [METRIC_CLOCK_RUNS] = {"darse_clock_runs_total", METRIC_COUNTER, {"duty"}, 1, NULL,
        "Runs of each periodic duty."},
    [METRIC_CLOCK_FAILURES] = {"darse_clock_failures_total", METRIC_COUNTER, {"duty"}, 1, NULL,
        "Runs of each periodic duty that failed; the log says why."},
    [METRIC_CLOCK_LAST] = {"darse_clock_last_run_seconds", METRIC_GAUGE, {"duty"}, MICRO, NULL,
        "When each periodic duty last ended, in seconds since 1970."},
    [METRIC_CLOCK_SECONDS] = {"darse_clock_seconds_total", METRIC_COUNTER, {"duty"}, MICRO, NULL,
        "Time spent in each periodic duty."},
    [METRIC_DISK_FREE] = {"darse_disk_free_bytes", METRIC_GAUGE, {"place"}, 1, NULL,
        "Room left on the file system of the state directory."},
    [METRIC_PART_UP] = {"darse_part_up", METRIC_GAUGE, {"part"}, 1, NULL,
        "Whether a part answers: the store (it can write), the engine."},
    [METRIC_BACKUP_LAST] = {"darse_backup_last_seconds", METRIC_GAUGE, {0}, MICRO, NULL,
        "When the last `darse backup` ended, in seconds since 1970; absent before the first."},
};

typedef struct Series {
    char *labels[METRIC_LABELS_MAX];
    atomic_llong value;                            /* of a histogram: the sum */
    atomic_llong counts[METRIC_BUCKETS_MAX + 1];   /* of each bucket alone; the last is +Inf */
} Series;

/* The values of this process, as the log is its log (see the header). */
static struct Family {
    Series *series[SERIES_MAX];
    atomic_int count;
} families[METRIC_COUNT];
static GMutex families_lock;                       /* to add a series */

const MetricRow *metric_row(Metric metric)
{
    g_assert(metric < METRIC_COUNT);
    return &rows[metric];
}

static bool label_is(const char *kept, const char *given)
{
    return kept == given || (kept != NULL && given != NULL && strcmp(kept, given) == 0);
}

static Series *family_find(struct Family *family, const char *first, const char *second)
{
    int count = atomic_load_explicit(&family->count, memory_order_acquire);
    for (int i = 0; i < count; i++) {
        Series *series = family->series[i];
        if (label_is(series->labels[0], first) && label_is(series->labels[1], second))
            return series;
    }
    return NULL;
}

static Series *family_add(struct Family *family, const char *first, const char *second)
{
    g_mutex_lock(&families_lock);
    Series *series = family_find(family, first, second);
    int count = atomic_load(&family->count);
    if (series == NULL && count == SERIES_MAX - 1) {   /* the last place is of all others */
        first = first != NULL ? "other" : NULL;
        second = second != NULL ? "other" : NULL;
    }
    if (series == NULL && count == SERIES_MAX)
        series = family->series[SERIES_MAX - 1];
    if (series == NULL) {
        series = g_new0(Series, 1);
        series->labels[0] = g_strdup(first);
        series->labels[1] = g_strdup(second);
        family->series[count] = series;
        atomic_store_explicit(&family->count, count + 1, memory_order_release);
    }
    g_mutex_unlock(&families_lock);
    return series;
}

static Series *series_of(Metric metric, const char *first, const char *second)
{
    const MetricRow *row = metric_row(metric);
    g_assert((row->labels[0] != NULL) == (first != NULL));
    g_assert((row->labels[1] != NULL) == (second != NULL));
    Series *series = family_find(&families[metric], first, second);
    return series != NULL ? series : family_add(&families[metric], first, second);
}

void metric_add(Metric metric, const char *first, const char *second, int64_t amount)
{
    atomic_fetch_add_explicit(&series_of(metric, first, second)->value, amount,
                              memory_order_relaxed);
}

void metric_set(Metric metric, const char *first, const char *second, int64_t value)
{
    atomic_store_explicit(&series_of(metric, first, second)->value, value, memory_order_relaxed);
}

void metric_observe(Metric metric, const char *first, const char *second, int64_t value)
{
    Series *series = series_of(metric, first, second);
    const int64_t *bounds = rows[metric].buckets;
    g_assert(bounds != NULL);
    size_t place = 0;
    while (bounds[place] != 0 && value > bounds[place])
        place++;
    if (bounds[place] == 0)
        place = METRIC_BUCKETS_MAX;
    atomic_fetch_add_explicit(&series->counts[place], 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&series->value, value, memory_order_relaxed);
}

void metric_clear(Metric metric)
{
    struct Family *family = &families[metric];
    int count = atomic_load_explicit(&family->count, memory_order_acquire);
    for (int i = 0; i < count; i++)
        atomic_store_explicit(&family->series[i]->value, 0, memory_order_relaxed);
}

/* ---- this process ---- */

static void measure_stat(void)
{
    g_autofree char *text = NULL;
    if (!file_read("/proc/self/stat", 4096, &text, NULL, NULL))
        return;
    char *after_name = strrchr(text, ')');
    unsigned long long user = 0, system = 0, started = 0;
    long threads = 0, pages = 0;
    /* Fields 14 and 15: processor time; 20: threads; 22: start, since boot; 24: resident pages. */
    if (after_name == NULL ||
        sscanf(after_name + 1,
               " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu %*d %*d %*d %*d %ld %*d %llu "
               "%*u %ld", &user, &system, &threads, &started, &pages) != 5)
        return;
    long ticks = sysconf(_SC_CLK_TCK);
    struct timespec boot = {0};
    clock_gettime(CLOCK_BOOTTIME, &boot);
    int64_t up_us = (int64_t)boot.tv_sec * 1000000 + boot.tv_nsec / 1000;
    int64_t age_us = up_us - (int64_t)(started * (1000000 / (unsigned long)ticks));
    metric_set(METRIC_PROCESS_CPU, NULL, NULL,
               (int64_t)((user + system) * (1000000 / (unsigned long)ticks)));
    metric_set(METRIC_PROCESS_THREADS, NULL, NULL, threads);
    metric_set(METRIC_PROCESS_RESIDENT, NULL, NULL, pages * sysconf(_SC_PAGESIZE));
    metric_set(METRIC_PROCESS_STARTED, NULL, NULL, g_get_real_time() - age_us);
}

void metrics_measure_process(void)
{
    measure_stat();
    metric_set(METRIC_BUILD_INFO, DARSE_VERSION, NULL, 1);
    g_autoptr(GDir) fds = g_dir_open("/proc/self/fd", 0, NULL);
    int64_t count = 0;
    while (fds != NULL && g_dir_read_name(fds) != NULL)
        count++;
    metric_set(METRIC_PROCESS_FDS, NULL, NULL, count);
}

/* ---- the text ---- */

static const char *const type_names[] = {"counter", "gauge", "histogram"};

static void text_value(GString *text, int64_t value, double scale)
{
    char number[G_ASCII_DTOSTR_BUF_SIZE];
    if (scale == 1)
        g_string_append_printf(text, "%" G_GINT64_FORMAT "\n", value);
    else
        g_string_append_printf(text, "%s\n",
                               g_ascii_formatd(number, sizeof number, "%.6f", (double)value * scale));
}

static void text_label(GString *text, const char *name, const char *value)
{
    g_string_append_printf(text, "%s=\"", name);
    for (const char *c = value; *c != '\0'; c++) {
        if (*c == '\n')
            g_string_append(text, "\\n");
        else if (*c == '"' || *c == '\\')
            g_string_append_printf(text, "\\%c", *c);
        else
            g_string_append_c(text, *c);
    }
    g_string_append_c(text, '"');
}

/* {a="x",le="0.5"}: nothing at all without labels. */
static void text_labels(GString *text, const MetricRow *row, const Series *series, const char *le)
{
    bool any = false;
    for (int i = 0; i < METRIC_LABELS_MAX && row->labels[i] != NULL; i++) {
        g_string_append_c(text, any ? ',' : '{');
        text_label(text, row->labels[i], series->labels[i]);
        any = true;
    }
    if (le != NULL) {
        g_string_append_c(text, any ? ',' : '{');
        text_label(text, "le", le);
        any = true;
    }
    g_string_append(text, any ? "} " : " ");
}

/* The count is the sum of the buckets just read, so that the two agree in every answer. */
static void text_histogram(GString *text, const MetricRow *row, Series *series)
{
    int64_t total = 0;
    char bound[G_ASCII_DTOSTR_BUF_SIZE];
    for (size_t i = 0; row->buckets[i] != 0; i++) {
        total += atomic_load_explicit(&series->counts[i], memory_order_relaxed);
        g_ascii_formatd(bound, sizeof bound, "%.6g", (double)row->buckets[i] * row->scale);
        g_string_append_printf(text, "%s_bucket", row->name);
        text_labels(text, row, series, bound);
        g_string_append_printf(text, "%" G_GINT64_FORMAT "\n", total);
    }
    total += atomic_load_explicit(&series->counts[METRIC_BUCKETS_MAX], memory_order_relaxed);
    g_string_append_printf(text, "%s_bucket", row->name);
    text_labels(text, row, series, "+Inf");
    g_string_append_printf(text, "%" G_GINT64_FORMAT "\n%s_sum", total, row->name);
    text_labels(text, row, series, NULL);
    text_value(text, atomic_load_explicit(&series->value, memory_order_relaxed), row->scale);
    g_string_append_printf(text, "%s_count", row->name);
    text_labels(text, row, series, NULL);
    g_string_append_printf(text, "%" G_GINT64_FORMAT "\n", total);
}

char *metrics_text(void)
{
    GString *text = g_string_new(NULL);
    for (int metric = 0; metric < METRIC_COUNT; metric++) {
        const MetricRow *row = &rows[metric];
        int count = atomic_load_explicit(&families[metric].count, memory_order_acquire);
        g_string_append_printf(text, "# HELP %s %s\n# TYPE %s %s\n", row->name, row->help, row->name,
                               type_names[row->type]);
        for (int i = 0; i < count; i++) {
            Series *series = families[metric].series[i];
            if (row->type == METRIC_HISTOGRAM) {
                text_histogram(text, row, series);
                continue;
            }
            g_string_append(text, row->name);
            text_labels(text, row, series, NULL);
            text_value(text, atomic_load_explicit(&series->value, memory_order_relaxed), row->scale);
        }
    }
    return g_string_free(text, FALSE);
}

char *metrics_document(void)
{
    GString *text = g_string_new("| metric | type | labels | meaning |\n|---|---|---|---|\n");
    for (int metric = 0; metric < METRIC_COUNT; metric++) {
        const MetricRow *row = &rows[metric];
        const char *first = row->labels[0], *second = row->labels[1];
        g_string_append_printf(text, "| `%s` | %s | %s%s%s | %s |\n", row->name, type_names[row->type],
                               first != NULL ? first : "-", second != NULL ? ", " : "",
                               second != NULL ? second : "", row->help);
    }
    return g_string_free(text, FALSE);
}
