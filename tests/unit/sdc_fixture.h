/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the tests of the kernels share: an allocator that counts and fails where it is told to, threads,
 * the reference files as columns, small random files.
 */
#ifndef DARSE_TESTS_SDC_FIXTURE_H
#define DARSE_TESTS_SDC_FIXTURE_H

#include "sdc/memory.h"
#include "sdc/sdc.h"

#include <gio/gio.h>
#include <glib.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* --- memory: every block is counted, the n-th request fails --------------------------------------- */

typedef struct Ledger {
    GMutex lock;
    size_t requests, fail_at;   /* fail_at 0: never */
    size_t blocks, bytes;       /* out at the moment */
} Ledger;

static inline void *ledger_reallocate(void *user, void *block, size_t old_bytes, size_t new_bytes)
{
    Ledger *ledger = user;
    g_mutex_lock(&ledger->lock);
    bool refused = new_bytes > 0 && ++ledger->requests == ledger->fail_at;
    void *result = NULL;
    if (!refused) {
        if (block == NULL)
            g_assert_cmpuint(old_bytes, ==, 0);
        ledger->blocks += (size_t)(new_bytes > 0 && block == NULL);
        ledger->blocks -= (size_t)(new_bytes == 0 && block != NULL);
        ledger->bytes += new_bytes - old_bytes;
        result = new_bytes == 0 ? (free(block), NULL) : realloc(block, new_bytes);
    }
    g_mutex_unlock(&ledger->lock);
    return result;
}

/* CALL runs a kernel with the context and frees what it gave; true when the kernel said so. Each request
 * fails in turn until none does: always the memory error, never a leak. */
static inline void check_every_allocation(bool (*call)(const SdcContext *context, SdcError *error))
{
    for (size_t n = 1;; n++) {
        Ledger ledger = {.fail_at = n};
        SdcAllocator allocator = {ledger_reallocate, &ledger};
        SdcContext context = {.allocator = &allocator};
        SdcError error = {0};
        bool done = call(&context, &error);
        g_assert_cmpuint(ledger.blocks, ==, 0);
        g_assert_cmpuint(ledger.bytes, ==, 0);
        if (done) {
            g_assert_cmpuint(ledger.requests, <, n);   /* no failure is swallowed */
            g_assert_cmpuint(n, >, 1);
            return;
        }
        g_assert_cmpint(error.code, ==, SDC_ERROR_MEMORY);
        g_assert_cmpuint(n, <, 5000);
    }
}

/* --- threads: tasks taken in an order that is not theirs ------------------------------------------- */

typedef struct Team {
    size_t tasks, next;
    void (*task)(void *data, size_t index);
    void *data;
} Team;

static inline void *team_member(void *user)
{
    Team *team = user;
    for (;;) {
        size_t taken = __atomic_fetch_add(&team->next, 1, __ATOMIC_RELAXED);
        if (taken >= team->tasks)
            return NULL;
        team->task(team->data, team->tasks - 1 - taken);
    }
}

static inline void team_run(void *user, size_t tasks, void (*task)(void *data, size_t index),
                            void *data)
{
    Team team = {tasks, 0, task, data};
    GThread *threads[3];
    for (int t = 0; t < 3; t++)
        threads[t] = g_thread_new("sdc", team_member, &team);
    for (int t = 0; t < 3; t++)
        g_thread_join(threads[t]);
}

static const SdcThreads three_threads = {3, team_run, NULL};
static const SdcContext threaded = {.threads = &three_threads};

/* --- reference files -------------------------------------------------------------------------------- */

/* $DARSE_TEST_DATA, or the folder shared/data beside the checkout. NULL if there is none. */
static inline char *reference_path(const char *relative)
{
    const char *root = g_getenv("DARSE_TEST_DATA");
    g_autofree char *beside = g_build_filename(DARSE_SOURCE_DIR, "..", "shared", "data", NULL);
    char *path = g_build_filename(root != NULL ? root : beside, relative, NULL);
    if (!g_file_test(path, G_FILE_TEST_EXISTS))
        g_clear_pointer(&path, g_free);
    return path;
}

#define SKIP_WITHOUT_DATA "the reference files are not on this machine (set DARSE_TEST_DATA)"

static inline char *reference_text(const char *relative)
{
    g_autofree char *path = reference_path(relative);
    if (path == NULL)
        return NULL;
    g_autoptr(GFile) file = g_file_new_for_path(path);
    GInputStream *stream = G_INPUT_STREAM(g_file_read(file, NULL, NULL));
    g_assert_nonnull(stream);
    if (g_str_has_suffix(path, ".gz")) {
        g_autoptr(GConverter) unzip =
            G_CONVERTER(g_zlib_decompressor_new(G_ZLIB_COMPRESSOR_FORMAT_GZIP));
        GInputStream *plain = g_converter_input_stream_new(stream, unzip);
        g_object_unref(stream);
        stream = plain;
    }
    g_autoptr(GOutputStream) text = g_memory_output_stream_new_resizable();
    g_assert_cmpint(g_output_stream_splice(text, stream, G_OUTPUT_STREAM_SPLICE_CLOSE_SOURCE, NULL,
                                           NULL), >=, 0);
    g_object_unref(stream);
    g_assert_true(g_output_stream_write_all(text, "", 1, NULL, NULL, NULL));
    g_assert_true(g_output_stream_close(text, NULL, NULL));
    return g_memory_output_stream_steal_data(G_MEMORY_OUTPUT_STREAM(text));
}

/* syn100k: six keys, weight, household, three amounts. */
typedef struct Synthetic {
    size_t rows;
    uint32_t *codes[7];       /* keys, then households */
    double *numbers[4];       /* weight, income, expend, savings */
    SdcCodes keys[6], households;
    SdcNumbers weights, amounts[3];
} Synthetic;

static inline void synthetic_point(Synthetic *s, size_t rows)
{
    s->rows = rows;
    for (int v = 0; v < 7; v++) {
        uint32_t most = 0;
        for (size_t i = 0; i < rows; i++)
            most = MAX(most, s->codes[v][i]);
        SdcCodes column = {rows, most, s->codes[v], NULL};
        if (v < 6)
            s->keys[v] = column;
        else
            s->households = column;
    }
    s->weights = (SdcNumbers){rows, s->numbers[0]};
    for (int v = 0; v < 3; v++)
        s->amounts[v] = (SdcNumbers){rows, s->numbers[v + 1]};
}

static inline Synthetic *synthetic_read(size_t rows)
{
    g_autofree char *text = reference_text("sdc/synthetic/syn100k.csv.gz");
    if (text == NULL)
        return NULL;
    Synthetic *s = g_new0(Synthetic, 1);
    for (int v = 0; v < 7; v++)
        s->codes[v] = g_new0(uint32_t, rows);
    for (int v = 0; v < 4; v++)
        s->numbers[v] = g_new0(double, rows);
    char *at = strchr(text, '\n') + 1;
    for (size_t i = 0; i < rows; i++) {
        for (int field = 0; field < 11; field++) {
            double value = g_ascii_strtod(at, &at);
            if (field < 6)
                s->codes[field][i] = (uint32_t)value;
            else if (field == 7)
                s->codes[6][i] = (uint32_t)value;
            else
                s->numbers[field == 6 ? 0 : field - 7][i] = value;
            at++;
        }
    }
    synthetic_point(s, rows);
    return s;
}

static inline void synthetic_free(Synthetic *s)
{
    if (s == NULL)
        return;
    for (int v = 0; v < 7; v++)
        g_free(s->codes[v]);
    for (int v = 0; v < 4; v++)
        g_free(s->numbers[v]);
    g_free(s);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Synthetic, synthetic_free)

/* --- small random files ------------------------------------------------------------------------------ */

#define SMALL_ROWS_MAX 400
#define SMALL_KEYS_MAX 8

typedef struct Small {
    size_t rows, count;
    uint32_t codes[SMALL_KEYS_MAX][SMALL_ROWS_MAX];
    double weight_values[SMALL_ROWS_MAX];
    SdcCodes columns[SMALL_KEYS_MAX];
    SdcNumbers weights;
} Small;

/* COUNT columns of up to CATEGORIES categories, a share MISSING of missing values. */
static inline void small_fill(Small *small, GRand *rand, size_t rows, size_t count,
                              uint32_t categories, double missing)
{
    small->rows = rows;
    small->count = count;
    for (size_t v = 0; v < count; v++) {
        for (size_t i = 0; i < rows; i++)
            small->codes[v][i] = g_rand_double(rand) < missing
                                     ? 0
                                     : (uint32_t)g_rand_int_range(rand, 1, (gint32)categories + 1);
        small->columns[v] = (SdcCodes){rows, categories, small->codes[v], NULL};
    }
    for (size_t i = 0; i < rows; i++)
        small->weight_values[i] = g_rand_int_range(rand, 1, 50);
    small->weights = (SdcNumbers){rows, small->weight_values};
}

static inline bool small_match(const SdcCodes *columns, size_t count, SdcMissing missing, size_t a,
                               size_t b)
{
    for (size_t v = 0; v < count; v++) {
        uint32_t x = columns[v].codes[a], y = columns[v].codes[b];
        bool wild = missing == SDC_MISSING_WILDCARD && (x == 0 || y == 0);
        if (x != y && !wild)
            return false;
    }
    return true;
}

#endif
