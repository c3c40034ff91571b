/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is counted: one table of metrics with their help texts, values behind it that any thread may
 * change without a lock, and their text in Prometheus' format. The page docs/metrics.md is printed from
 * the table. Like the log, the values are the process's own and not a room's: whoever counts needs no
 * handle, and nothing is decided from them.
 *
 * A label's values must be few and known (states, classes, names of duties), never a person's or a
 * project's: what is counted is read by machines that look after machines.
 */
#ifndef DARSE_BASE_METRICS_H
#define DARSE_BASE_METRICS_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef enum Metric {
    METRIC_BUILD_INFO,
    METRIC_PROCESS_RESIDENT,
    METRIC_PROCESS_CPU,
    METRIC_PROCESS_FDS,
    METRIC_PROCESS_THREADS,
    METRIC_PROCESS_STARTED,
    METRIC_HTTP_REQUESTS,
    METRIC_HTTP_SECONDS,
    METRIC_HTTP_ACTIVE,
    METRIC_HTTP_RELAYS,
    METRIC_SERVICES,
    METRIC_LAUNCHES,
    METRIC_LAUNCH_SECONDS,
    METRIC_QUEUE,
    METRIC_STORE_COMMITS,
    METRIC_STORE_FAILURES,
    METRIC_STORE_COMMIT_SECONDS,
    METRIC_STORE_GROUP,
    METRIC_STORE_WAITING,
    METRIC_AUDIT_ENTRIES,
    METRIC_AUDIT_CHECKPOINT_AGE,
    METRIC_AUDIT_FAILURES,
    METRIC_CLOCK_RUNS,
    METRIC_CLOCK_FAILURES,
    METRIC_CLOCK_LAST,
    METRIC_CLOCK_SECONDS,
    METRIC_DISK_FREE,
    METRIC_PART_UP,
    METRIC_BACKUP_LAST,
    METRIC_COUNT,
} Metric;

typedef enum MetricType { METRIC_COUNTER, METRIC_GAUGE, METRIC_HISTOGRAM } MetricType;

#define METRIC_LABELS_MAX 2
#define METRIC_BUCKETS_MAX 16

typedef struct MetricRow {
    const char *name;
    MetricType type;
    const char *labels[METRIC_LABELS_MAX];
    double scale;                       /* of a stored whole number: 1e-6 for seconds kept as us */
    const int64_t *buckets;             /* upper bounds, stored unit; ended by 0 */
    const char *help;
} MetricRow;

const MetricRow *metric_row(Metric metric);

/* Values of the row's labels in its order; NULL for a label that it does not have. Texts are copied
 * the first time they are seen; after 64 series of one metric, all others are counted as "other". */
void metric_add(Metric metric, const char *first, const char *second, int64_t amount);
void metric_set(Metric metric, const char *first, const char *second, int64_t value);
void metric_observe(Metric metric, const char *first, const char *second, int64_t value);
/* Every series of a gauge back to 0: before a state is counted anew. */
void metric_clear(Metric metric);

/* What the kernel says of this process. */
void metrics_measure_process(void);

/* The text that Prometheus reads. Caller frees. */
char *metrics_text(void);
/* The table, as a Markdown page. Caller frees. */
char *metrics_document(void);

#endif
