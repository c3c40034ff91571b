/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Minimal sample uniques by levels of subsets. Each subset has one bit a record: "unique on this set".
 * The bits of the level below say who need not be counted on this one: those unique on a part of it.
 */
#include "sdc/suda.h"

#include "sdc/failure.h"
#include "sdc/packing.h"

#include <math.h>
#include <string.h>

typedef struct Level {
    size_t count;          /* subsets */
    uint64_t *sets;        /* increasing */
    uint64_t *bits;        /* COUNT x WORDS */
} Level;

typedef struct Search {
    const SdcContext *context;
    const SdcCodes *columns;
    const SdcPacking *packing;
    const uint64_t *keys;
    size_t rows, words;            /* records; 64-bit words of one bit a record */
    uint64_t incomplete;           /* variables with missing values that are wildcards */
    const SdcSudaOptions *options;
    Level below, level;
    /* Each worker takes every WORKERS-th subset of a level, with working space of its own. */
    size_t workers, slots;
    uint32_t *rows_space;          /* WORKERS x ROWS */
    uint32_t *slots_space;         /* WORKERS x SLOTS */
    SdcError *errors;              /* of each worker */
} Search;

static const uint64_t *bits_below(const Search *s, uint64_t set)
{
    size_t low = 0, high = s->below.count;
    while (low + 1 < high) {
        size_t middle = (low + high) / 2;
        if (s->below.sets[middle] <= set)
            low = middle;
        else
            high = middle;
    }
    return s->below.bits + low * s->words;
}

/* Word W of "unique on some set with one variable less". */
static void unique_below(const Search *s, uint64_t set, uint64_t *ret_bits)
{
    memset(ret_bits, 0, s->words * sizeof *ret_bits);
    if (s->below.count == 0)
        return;
    for (uint64_t left = set; left != 0; left &= left - 1) {
        const uint64_t *bits = bits_below(s, set ^ (left & -left));
        for (size_t w = 0; w < s->words; w++)
            ret_bits[w] |= bits[w];
    }
}

static uint64_t last_word_mask(const Search *s)
{
    return s->rows % 64 == 0 ? UINT64_MAX : (UINT64_C(1) << s->rows % 64) - 1;
}

/* The records that are not in BITS, in order. */
static size_t list_others(const Search *s, const uint64_t *bits, uint32_t *ret_rows)
{
    size_t count = 0;
    for (size_t w = 0; w < s->words; w++) {
        uint64_t others = ~bits[w] & (w + 1 == s->words ? last_word_mask(s) : UINT64_MAX);
        for (; others != 0; others &= others - 1)
            ret_rows[count++] = (uint32_t)(w * 64 + (size_t)__builtin_ctzll(others));
    }
    return count;
}

/* No more slots than there can be keys. */
static size_t slots_for(const Search *s, uint64_t set, size_t candidates)
{
    double possible = 1;
    for (size_t v = 0; v < s->packing->count; v++) {
        if ((set >> v & 1) != 0)
            possible *= (double)s->columns[v].categories + 1;
    }
    return sdc_table_size(possible < (double)candidates ? (size_t)possible : candidates);
}

#define AHEAD 8   /* records whose slots are fetched while others are looked at */

/* Always inlined: keys of one word, nearly all, get a loop of their own. */
__attribute__((always_inline)) static inline void mark_keys(const Search *s, const uint64_t *mask,
                                                            unsigned words, const uint32_t *rows,
                                                            size_t count, size_t last, uint32_t *slots,
                                                            uint64_t *bits)
{
    size_t places[AHEAD] = {0};
    for (size_t c = 0; c < count + AHEAD; c++) {
        size_t slot = places[c % AHEAD];
        if (c < count) {
            places[c % AHEAD] = sdc_key_hash(s->keys + (size_t)rows[c] * words, mask, words) & last;
            __builtin_prefetch(&slots[places[c % AHEAD]]);
        }
        if (c < AHEAD)
            continue;
        uint32_t row = rows[c - AHEAD];
        const uint64_t *key = s->keys + (size_t)row * words;
        while (slots[slot] != 0 &&
               !sdc_key_equal(s->keys + (size_t)(slots[slot] - 1) * words, key, mask, words))
            slot = (slot + 1) & last;
        if (slots[slot] == 0) {
            slots[slot] = row + 1;
            bits[row / 64] |= UINT64_C(1) << row % 64;
        } else {
            uint32_t first = slots[slot] - 1;
            bits[first / 64] &= ~(UINT64_C(1) << first % 64);
        }
    }
}

static void mark_by_hash(const Search *s, uint64_t set, const uint32_t *rows, size_t count,
                         uint32_t *slots, uint64_t *bits)
{
    size_t last = slots_for(s, set, count) - 1;
    uint64_t mask[SDC_KEYS_MAX];
    memset(slots, 0, (last + 1) * sizeof *slots);
    sdc_packing_mask(s->packing, set, mask);
    if (s->packing->words == 1)
        mark_keys(s, mask, 1, rows, count, last, slots, bits);
    else
        mark_keys(s, mask, s->packing->words, rows, count, last, slots, bits);
}

/* Where wildcards play: the frequencies of the candidates alone, on this set. */
static bool mark_by_frequency(const Search *s, uint64_t set, const uint32_t *rows, size_t count,
                              uint64_t *bits, SdcError *ret_error)
{
    SdcContext alone = s->context != NULL ? *s->context : (SdcContext){0};
    alone.threads = NULL;   /* this is a task already */
    SDC_SCOPE(scope, &alone);
    unsigned variables = (unsigned)__builtin_popcountll(set);
    uint32_t *codes = sdc_scope_alloc(&scope, count * variables, sizeof *codes, ret_error);
    if (codes == NULL)
        return false;
    SdcCodes columns[SDC_KEYS_MAX];
    unsigned used = 0;
    for (size_t v = 0; v < s->packing->count; v++) {
        if ((set >> v & 1) == 0)
            continue;
        uint32_t *out = codes + used * count;
        for (size_t c = 0; c < count; c++)
            out[c] = s->columns[v].codes[rows[c]];
        columns[used++] = (SdcCodes){count, s->columns[v].categories, out, NULL};
    }
    SdcFrequencies f;
    if (!sdc_frequencies_count(&alone, columns, variables, NULL, SDC_MISSING_WILDCARD, &f, ret_error))
        return false;
    for (size_t c = 0; c < count; c++) {
        if (f.sample[c] == 1)
            bits[rows[c] / 64] |= UINT64_C(1) << rows[c] % 64;
    }
    sdc_frequencies_clear(&alone, &f);
    return true;
}

static bool look_at_set(const Search *s, size_t worker, size_t index, SdcError *ret_error)
{
    uint64_t set = s->level.sets[index], *bits = s->level.bits + index * s->words;
    unique_below(s, set, bits);
    uint32_t *rows = s->rows_space + worker * s->rows;
    size_t count = list_others(s, bits, rows);
    if ((set & s->incomplete) != 0)
        return mark_by_frequency(s, set, rows, count, bits, ret_error);
    mark_by_hash(s, set, rows, count, s->slots_space + worker * s->slots, bits);
    return true;
}

static void work_on_level(void *data, size_t worker)
{
    Search *s = data;
    for (size_t index = worker; index < s->level.count; index += s->workers) {
        if (!look_at_set(s, worker, index, &s->errors[worker]))
            return;
    }
}

static double factorial(unsigned n)
{
    double product = 1;
    for (unsigned i = 2; i <= n; i++)
        product *= i;
    return product;
}

static double weight_of(SdcSudaWeights weights, unsigned variables, unsigned size)
{
    if (weights == SDC_SUDA_FACTORIAL)
        return factorial(variables - size);
    double part = 1;   /* s! (m-s)! / m! = 1 / C(m, s) */
    for (unsigned i = 1; i <= size; i++)
        part = part * i / (variables - size + i);
    return (exp2(variables - size) - 1) * part;
}

static void score_level(const Search *s, unsigned size, uint64_t *below, SdcSuda *suda)
{
    double weight = weight_of(s->options->weights, (unsigned)s->packing->count, size);
    for (size_t i = 0; i < s->level.count; i++) {
        uint64_t set = s->level.sets[i];
        const uint64_t *bits = s->level.bits + i * s->words;
        unique_below(s, set, below);
        size_t found = 0;
        for (size_t w = 0; w < s->words; w++) {
            for (uint64_t fresh = bits[w] & ~below[w]; fresh != 0; fresh &= fresh - 1) {
                size_t row = w * 64 + (size_t)__builtin_ctzll(fresh);
                suda->scores[row] += weight;
                suda->sets[row]++;
                found++;
            }
        }
        suda->by_size[size] += found;
        for (uint64_t left = set; left != 0; left &= left - 1)
            suda->contributions[__builtin_ctzll(left)] += weight * (double)found;
    }
}

/* C(m, size), or SIZE_MAX where it is over the limit. */
static size_t count_sets(size_t variables, unsigned size)
{
    double count = 1;
    for (unsigned i = 1; i <= size; i++)
        count = count * (double)(variables - size + i) / i;
    return count > (double)SDC_SUDA_SUBSETS_MAX ? SIZE_MAX : (size_t)(count + .5);
}

/* All sets of SIZE variables in increasing order (Gosper's step). */
static void list_sets(size_t count, unsigned size, uint64_t *ret_sets)
{
    uint64_t set = size == 64 ? UINT64_MAX : (UINT64_C(1) << size) - 1;
    for (size_t i = 0; i < count; i++) {
        ret_sets[i] = set;
        if (i + 1 == count)
            return;
        uint64_t lowest = set & -set, carried = set + lowest;
        set = carried | ((set ^ carried) / lowest >> 2);
    }
}

static bool run_level(Search *s, SdcScope *scope, unsigned size, uint64_t *below, SdcSuda *suda,
                      SdcError *ret_error)
{
    s->level.count = count_sets(s->packing->count, size);
    s->level.sets = sdc_scope_alloc(scope, s->level.count, sizeof *s->level.sets, ret_error);
    if (s->level.sets == NULL)
        return false;
    size_t words;
    if (__builtin_mul_overflow(s->level.count, s->words, &words))
        return sdc_failure(ret_error, SDC_ERROR_LIMIT, "Subsets and records are too many together.");
    s->level.bits = sdc_scope_alloc(scope, words, sizeof *s->level.bits, ret_error);
    if (s->level.bits == NULL)
        return false;
    list_sets(s->level.count, size, s->level.sets);
    sdc_run_tasks(s->context, s->workers, work_on_level, s);
    for (size_t i = 0; i < s->workers; i++) {
        if (s->errors[i].code != SDC_ERROR_NONE)
            return sdc_failure(ret_error, s->errors[i].code, "%s", s->errors[i].sentence);
    }
    score_level(s, size, below, suda);
    sdc_scope_release(scope, s->below.sets);
    sdc_scope_release(scope, s->below.bits);
    s->below = s->level;
    return true;
}

static bool run_levels(Search *s, unsigned largest, SdcSuda *suda, SdcError *ret_error)
{
    SDC_SCOPE(scope, s->context);
    uint64_t *below = sdc_scope_alloc(&scope, s->words, sizeof *below, ret_error);
    if (below == NULL)
        return false;
    s->workers = sdc_thread_count(s->context);
    s->slots = sdc_table_size(s->rows);
    s->errors = sdc_scope_alloc(&scope, s->workers, sizeof *s->errors, ret_error);
    if (s->errors == NULL)
        return false;
    s->rows_space = sdc_scope_alloc(&scope, s->workers * s->rows, sizeof(uint32_t), ret_error);
    if (s->rows_space == NULL)
        return false;
    s->slots_space = sdc_scope_alloc(&scope, s->workers * s->slots, sizeof(uint32_t), ret_error);
    if (s->slots_space == NULL)
        return false;
    for (unsigned size = 1; size <= largest; size++) {
        if (!sdc_report(s->context, (double)(size - 1) / largest, "SUDA2", ret_error) ||
            !run_level(s, &scope, size, below, suda, ret_error))
            return false;
    }
    double sum = 0;
    for (size_t i = 0; i < s->rows; i++)
        sum += suda->scores[i];
    for (size_t v = 0; v < s->packing->count && sum > 0; v++)
        suda->contributions[v] *= 100 / sum;
    return true;
}

static bool fill_dis(const Search *s, double pi, SdcSuda *suda, SdcError *ret_error)
{
    SdcFrequencies f;
    if (!sdc_frequencies_count(s->context, s->columns, s->packing->count, NULL, s->options->missing, &f,
                               ret_error))
        return false;
    SdcAnonymity anonymity = sdc_anonymity(&f, 1);
    sdc_frequencies_clear(s->context, &f);
    double uniques = (double)anonymity.uniques, pairs = (double)anonymity.doubles;
    double q = 1 + (8 - (double)s->packing->count) / 20, a = 0;
    for (size_t i = 0; i < s->rows; i++) {
        if (suda->scores[i] > 0)
            a += pow(suda->scores[i], -q);
    }
    /* U/D - U = U (1/D - 1) = P (1 - pi) / pi */
    double others = uniques > 0 ? pairs * (1 - pi) / pi : 0;
    for (size_t i = 0; i < s->rows; i++) {
        if (suda->scores[i] > 0)
            suda->dis[i] = 1 / (1 + others / (pow(suda->scores[i], q) * a));
    }
    return true;
}

static bool check_options(const SdcSudaOptions *options, size_t variables, SdcError *ret_error)
{
    if (variables < 3)
        return sdc_failure(ret_error, SDC_ERROR_ARGUMENT, "SUDA2 needs at least 3 key variables, not %zu.",
                           variables);
    if (options->largest_set > variables)
        return sdc_failure(ret_error, SDC_ERROR_ARGUMENT, "Sets of %u of %zu variables were asked for.",
                           options->largest_set, variables);
    double pi = options->sampling_fraction;
    if (!(pi > 0 && pi < 1))
        return sdc_failure(ret_error, SDC_ERROR_ARGUMENT, "The sampling fraction is %g; it must be between "
                           "0 and 1.", pi);
    unsigned largest = options->largest_set != 0 ? options->largest_set : (unsigned)variables;
    size_t subsets = 0;
    for (unsigned size = 1; size <= largest; size++) {
        size_t level = count_sets(variables, size);
        if (level == SIZE_MAX || (subsets += level) > SDC_SUDA_SUBSETS_MAX)
            return sdc_failure(ret_error, SDC_ERROR_LIMIT, "%zu key variables have more than %zu subsets "
                               "of up to %u; lower the largest size.", variables,
                               SDC_SUDA_SUBSETS_MAX, largest);
    }
    return true;
}

static uint64_t find_incomplete(const SdcCodes *columns, size_t count)
{
    uint64_t incomplete = 0;
    for (size_t v = 0; v < count; v++) {
        for (size_t i = 0; i < columns[v].rows; i++) {
            if (columns[v].codes[i] == 0) {
                incomplete |= UINT64_C(1) << v;
                break;
            }
        }
    }
    return incomplete;
}

static bool search(SdcScope *scope, const SdcCodes *columns, const SdcPacking *packing,
                   const SdcSudaOptions *options, SdcSuda *suda, SdcError *ret_error)
{
    SDC_SCOPE(work, scope->context);
    Search s = {.context = scope->context, .columns = columns, .packing = packing,
                .rows = suda->rows, .words = (suda->rows + 63) / 64, .options = options};
    s.keys = sdc_packing_fill(packing, columns, &work, ret_error);
    if (s.keys == NULL)
        return false;
    if (options->missing == SDC_MISSING_WILDCARD)
        s.incomplete = find_incomplete(columns, packing->count);
    unsigned largest =
        options->largest_set != 0 ? options->largest_set : (unsigned)packing->count;
    return run_levels(&s, largest, suda, ret_error) &&
           fill_dis(&s, options->sampling_fraction, suda, ret_error);
}

bool sdc_suda(const SdcContext *context, const SdcCodes *columns, size_t count,
              const SdcSudaOptions *options, SdcSuda *ret_suda, SdcError *ret_error)
{
    SDC_SCOPE(scope, context);
    SdcPacking packing;
    if (!sdc_packing_plan(columns, count, &packing, ret_error) ||
        !check_options(options, count, ret_error))
        return false;
    SdcSuda suda = {.rows = columns[0].rows, .variables = count};
    suda.scores = sdc_scope_alloc(&scope, suda.rows, sizeof *suda.scores, ret_error);
    if (suda.scores == NULL)
        return false;
    suda.dis = sdc_scope_alloc(&scope, suda.rows, sizeof *suda.dis, ret_error);
    if (suda.dis == NULL)
        return false;
    suda.sets = sdc_scope_alloc(&scope, suda.rows, sizeof *suda.sets, ret_error);
    if (suda.sets == NULL || !search(&scope, columns, &packing, options, &suda, ret_error))
        return false;
    sdc_scope_keep(&scope, suda.scores);
    sdc_scope_keep(&scope, suda.dis);
    sdc_scope_keep(&scope, suda.sets);
    *ret_suda = suda;
    return true;
}

void sdc_suda_clear(const SdcContext *context, SdcSuda *suda)
{
    if (suda == NULL)
        return;
    sdc_release(context, suda->scores, suda->rows, sizeof *suda->scores);
    sdc_release(context, suda->dis, suda->rows, sizeof *suda->dis);
    sdc_release(context, suda->sets, suda->rows, sizeof *suda->sets);
    *suda = (SdcSuda){0};
}
