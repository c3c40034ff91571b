/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Durable appends to the audit log through the store, against one write and one fsync per append of
 * as many bytes by as many threads; and the verification of a large log. Ours and the peers take
 * turns in one run; the median of the rounds is reported.
 *
 * There are two peers. "Ordered" is a log without group commit: an entry is durable before the next
 * one is written, as a chain of entries needs. "Unordered" lets every thread sync for itself, at
 * once: no log can, but it shows what the disk does when it may merge the syncs.
 */
#include "audit/audit.h"
#include "audit/log.h"
#include "audit/verify.h"
#include "base/files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define ENTRY_BYTES 600      /* what one entry adds to SQLite's log, about; written by the peer */
#define THREADS_MAX 64
#define ROUNDS_MAX 99

typedef struct Options {
    int seconds;             /* of one turn */
    int rounds;
    int leaves;
} Options;

/* --- turns --- */

typedef struct Turn {
    Store *store;            /* NULL: a peer */
    int fd;
    GMutex *order;           /* NULL: the unordered peer */
    int64_t end_us;
    int64_t done[THREADS_MAX];
} Turn;

typedef struct Writer {
    Turn *turn;
    int number;
} Writer;

static bool append_one(StoreTx *tx, void *data, GError **error)
{
    AuditEntry entry = {.verb = "project.view", .outcome = "done",
                        .actor = "per-aaaaaaaaaaaaaaaa", .object = "prj-bbbbbbbbbbbbbbbb",
                        .project = "prj-bbbbbbbbbbbbbbbb", .request = "req-cccccccccccccccc",
                        .address = "192.0.2.1"};
    return audit_append(tx, &entry, NULL, error);
}

static void fail(const char *what, GError *error)
{
    fprintf(stderr, "bench_audit: %s: %s\n", what, error != NULL ? error->message : "");
    exit(1);
}

static void write_one_peer(Turn *turn)
{
    static const char bytes[ENTRY_BYTES];
    if (turn->order != NULL)
        g_mutex_lock(turn->order);
    if (write(turn->fd, bytes, sizeof bytes) != sizeof bytes || fsync(turn->fd) < 0)
        fail(strerror(errno), NULL);
    if (turn->order != NULL)
        g_mutex_unlock(turn->order);
}

static void write_one(Turn *turn)
{
    GError *error = NULL;
    if (turn->store == NULL)
        write_one_peer(turn);
    else if (!store_write(turn->store, append_one, NULL, &error))
        fail("append", error);
}

static void *write_until_end(void *data)
{
    Writer *writer = data;
    int64_t done = 0;
    for (; g_get_monotonic_time() < writer->turn->end_us; done++)
        write_one(writer->turn);
    writer->turn->done[writer->number] = done;
    return NULL;
}

/* Appends a second. */
static double run_turn(Turn *turn, int threads, int seconds)
{
    GThread *started[THREADS_MAX];
    Writer writers[THREADS_MAX];
    int64_t total = 0, begin_us = g_get_monotonic_time();
    turn->end_us = begin_us + (int64_t)seconds * G_USEC_PER_SEC;
    for (int i = 0; i < threads; i++) {
        writers[i] = (Writer){turn, i};
        started[i] = g_thread_new("writer", write_until_end, &writers[i]);
    }
    for (int i = 0; i < threads; i++) {
        g_thread_join(started[i]);
        total += turn->done[i];
    }
    return (double)total / ((double)(g_get_monotonic_time() - begin_us) / G_USEC_PER_SEC);
}

static int compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *values, int count)
{
    qsort(values, (size_t)count, sizeof *values, compare_doubles);
    return count % 2 == 1 ? values[count / 2] : (values[count / 2 - 1] + values[count / 2]) / 2;
}

static void print_ratio(const char *name, double ours, double peer, double goal)
{
    printf("audit.%s ours=%.0f/s peer=%.0f/s ratio=%.2f goal=", name, ours, peer, ours / peer);
    if (goal > 0)
        printf(">=%.0f %s\n", goal, ours / peer >= goal ? "ok" : "short");
    else
        printf("-\n");
    fflush(stdout);
}

typedef enum Contender { OURS, ORDERED, UNORDERED, CONTENDERS } Contender;

/* Fills RET_MEDIANS with appends a second of each. */
static void bench_append(Store *store, const char *folder, int threads, const Options *options,
                         double ret_medians[CONTENDERS])
{
    double results[CONTENDERS][ROUNDS_MAX];
    GMutex order;
    g_mutex_init(&order);
    g_autofree char *path = g_build_filename(folder, "peer", NULL);
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (fd < 0)
        fail(strerror(errno), NULL);
    for (int i = 0; i < options->rounds; i++) {
        Turn turns[CONTENDERS] = {{.store = store}, {.fd = fd, .order = &order}, {.fd = fd}};
        for (int c = 0; c < CONTENDERS; c++)
            results[c][i] = run_turn(&turns[c], threads, options->seconds);
        printf("# %d writers, round %d: ours %.0f/s, ordered %.0f/s, unordered %.0f/s\n", threads,
               i + 1, results[OURS][i], results[ORDERED][i], results[UNORDERED][i]);
        fflush(stdout);
    }
    close(fd);
    g_mutex_clear(&order);
    for (int c = 0; c < CONTENDERS; c++)
        ret_medians[c] = median(results[c], options->rounds);
}

/* --- verification --- */

/* Seconds of processor that this thread used: the goal is "a core", whoever else uses the machine. */
static double core_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

typedef struct Bulk {
    int count;
} Bulk;

static bool append_bulk(StoreTx *tx, void *data, GError **error)
{
    Bulk *bulk = data;
    for (int i = 0; i < bulk->count; i++) {
        if (!append_one(tx, NULL, error))
            return false;
    }
    return true;
}

static void bench_verify(const char *state, Store *store, Audit *audit, int leaves)
{
    GError *error = NULL;
    int64_t begin_ms = g_get_monotonic_time() / 1000;
    for (int left = leaves; left > 0; left -= 10000) {
        Bulk bulk = {MIN(left, 10000)};
        if (!store_write(store, append_bulk, &bulk, &error))
            fail("append", error);
    }
    int64_t rows_ms = g_get_monotonic_time() / 1000;
    if (!audit_wait(audit, leaves - 1, 600000, &error))
        fail("publish", error);
    int64_t tiles_ms = g_get_monotonic_time() / 1000;
    printf("# %d leaves: rows in %.1f s, tiles %.1f s after them\n", leaves,
           (double)(rows_ms - begin_ms) / 1000, (double)(tiles_ms - rows_ms) / 1000);
    g_autofree char *key = NULL;
    g_autofree char *folder = log_folder(state);
    g_auto(Checkpoint) checkpoint = {0};
    VerifyReport report = {0};
    if (!log_load_verifier(state, &key, &error) ||
        !log_load_checkpoint(folder, key, NULL, &checkpoint, &error))
        fail("checkpoint", error);
    double seconds[5];
    int64_t start_us = g_get_monotonic_time();
    for (int i = 0; i < 5; i++) {
        double start = core_seconds();
        if (!verify_tiles(folder, &checkpoint, NULL, &report, &error))
            fail("verify", error);
        seconds[i] = core_seconds() - start;
    }
    double wall = (double)(g_get_monotonic_time() - start_us) / G_USEC_PER_SEC / 5;
    double tiles = median(seconds, 5);
    double goal = 10.0 * (double)checkpoint.size / 10e6;
    printf("# verification took %.3f s of the clock on average\n", wall);
    printf("audit.verify_%d ours=%.3fs peer=- ratio=- goal=<%.2fs %s\n", leaves, tiles, goal,
           tiles < goal ? "ok" : "short");
    double start = core_seconds();
    if (!verify_rows(folder, &checkpoint, store, &report, &error))
        fail("verify", error);
    printf("audit.verify_rows_%d ours=%.3fs peer=- ratio=- goal=-\n", leaves,
           core_seconds() - start);
    int64_t proofs_us = g_get_monotonic_time();
    for (int i = 0; i < 1000; i++)
        json_decref(audit_prove(audit, (int64_t)i * leaves / 1000, NULL));
    printf("audit.prove ours=%.3fms peer=- ratio=- goal=-\n",
           (double)(g_get_monotonic_time() - proofs_us) / 1000 / 1000);
}

/* --- all --- */

static Store *open_log(const char *state, Audit **ret_audit)
{
    GError *error = NULL;
    g_autofree char *url = g_strdup_printf("sqlite:%s/darse.db", state);
    if (!folder_make(state, 0700, &error) || !audit_init(state, "bench", &error))
        fail("init", error);
    Store *store = store_open(url, NULL, 2, &error);
    if (store == NULL || !store_migrate(store, 0, &error))
        fail("store", error);
    *ret_audit = audit_open(state, store, &error);
    if (*ret_audit == NULL)
        fail("audit", error);
    return store;
}

int main(int argc, char **argv)
{
    Options options = {.seconds = 1, .rounds = 9, .leaves = 1000000};
    g_autofree char *folder = NULL;
    const GOptionEntry entries[] = {
        {"folder", 0, 0, G_OPTION_ARG_FILENAME, &folder, "Empty folder on the disk to measure", "DIR"},
        {"seconds", 0, 0, G_OPTION_ARG_INT, &options.seconds, "Length of a turn", "N"},
        {"rounds", 0, 0, G_OPTION_ARG_INT, &options.rounds, "Turns of each", "N"},
        {"leaves", 0, 0, G_OPTION_ARG_INT, &options.leaves, "Size of the log to verify", "N"},
        {0},
    };
    g_autoptr(GOptionContext) context = g_option_context_new(NULL);
    g_option_context_add_main_entries(context, entries, NULL);
    GError *error = NULL;
    if (!g_option_context_parse(context, &argc, &argv, &error))
        fail("usage", error);
    if (folder == NULL || options.rounds < 1 || options.rounds > ROUNDS_MAX || options.leaves < 1 ||
        options.seconds < 1)
        fail("usage", NULL);
    Audit *audit = NULL;
    g_autofree char *appends = g_build_filename(folder, "appends", NULL);
    Store *store = open_log(appends, &audit);
    double medians[CONTENDERS];
    bench_append(store, folder, 1, &options, medians);
    print_ratio("append_1", medians[OURS], medians[ORDERED], 0);
    bench_append(store, folder, THREADS_MAX, &options, medians);
    print_ratio("append_64", medians[OURS], medians[ORDERED], 10);
    print_ratio("append_64_unordered", medians[OURS], medians[UNORDERED], 0);
    audit_close(audit);
    store_close(store);
    g_autofree char *large = g_build_filename(folder, "large", NULL);
    store = open_log(large, &audit);
    bench_verify(large, store, audit, options.leaves);
    audit_close(audit);
    store_close(store);
    return 0;
}
