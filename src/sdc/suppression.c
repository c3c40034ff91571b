/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Local suppression, stratum by stratum. The greedy rule must be followed to the cell, since people
 * compare its results with sdcMicro's; what is better than it is a second way, measured against the first.
 */
#include "sdc/suppression.h"

#include "sdc/failure.h"
#include "sdc/packing.h"
#include "sdc/scan.h"

#include <math.h>
#include <string.h>

/* One stratum at work. */
typedef struct Stratum {
    const SdcContext *context;
    const SdcSuppressionOptions *options;
    size_t rows, variables;
    const SdcCodes *original;      /* columns of the stratum */
    uint32_t order[SDC_KEYS_MAX];  /* variables by importance */
    double costs[SDC_KEYS_MAX];
    uint32_t *greedy, *thrifty;    /* results: VARIABLES columns of ROWS codes */
} Stratum;

static void view_columns(const Stratum *s, const uint32_t *codes, SdcCodes *ret_columns)
{
    for (size_t v = 0; v < s->variables; v++)
        ret_columns[v] = (SdcCodes){s->rows, s->original[v].categories, codes + v * s->rows, NULL};
}

static void copy_columns(const Stratum *s, uint32_t *codes)
{
    for (size_t v = 0; v < s->variables && s->rows > 0; v++)
        memcpy(codes + v * s->rows, s->original[v].codes, s->rows * sizeof *codes);
}

static bool count_matches(const Stratum *s, const uint32_t *codes, uint32_t *ret_f, SdcError *ret_error)
{
    SdcCodes columns[SDC_KEYS_MAX];
    SdcFrequencies f;
    view_columns(s, codes, columns);
    if (!sdc_frequencies_count(s->context, columns, s->variables, NULL, SDC_MISSING_WILDCARD, &f,
                               ret_error))
        return false;
    memcpy(ret_f, f.sample, s->rows * sizeof *ret_f);
    sdc_frequencies_clear(s->context, &f);
    return true;
}

/* The records with f < k, by f and then by position. */
static size_t list_unsafe(const uint32_t *f, size_t rows, uint32_t k, uint32_t *ret_list)
{
    size_t count = 0;
    for (uint32_t level = 1; level < k; level++) {
        uint32_t next = UINT32_MAX;   /* the least f above this one: k may be large */
        for (size_t i = 0; i < rows; i++) {
            if (f[i] == level)
                ret_list[count++] = (uint32_t)i;
            else if (f[i] > level && f[i] < next)
                next = f[i];
        }
        if (next >= k)
            break;
        level = next - 1;
    }
    return count;
}

/* --- the greedy rule --------------------------------------------------------------------------- */

/* Candidates of one pass, packed together; place[i] is record i's column in it plus 1, or 0. */
typedef struct Candidates {
    SdcGrid grid;
    size_t count;
    uint32_t *place;
} Candidates;

static bool choose_candidates(const Stratum *s, SdcScope *scope, const uint32_t *codes,
                              Candidates *ret_candidates, SdcError *ret_error)
{
    SdcCodes columns[SDC_KEYS_MAX];
    SdcClasses classes;
    Candidates found = {0};
    view_columns(s, codes, columns);
    if (!sdc_grid_make(scope, columns, s->variables, &found.grid, ret_error))
        return false;
    found.place = sdc_scope_alloc(scope, s->rows, sizeof *found.place, ret_error);
    if (found.place == NULL)
        return false;
    uint32_t *taken = sdc_scope_alloc(scope, s->rows, sizeof *taken, ret_error);
    if (taken == NULL ||
        !sdc_classes_find(s->context, columns, s->variables, &classes, ret_error))
        return false;
    for (size_t i = 0; i < s->rows; i++) {
        if (taken[classes.of_row[i]]++ >= s->options->k)
            continue;
        for (size_t v = 0; v < s->variables; v++)
            sdc_grid_set(&found.grid, v, found.count, columns[v].codes[i]);
        found.place[i] = (uint32_t)++found.count;
    }
    sdc_classes_clear(s->context, &classes);
    *ret_candidates = found;
    return true;
}

/* The place in ORDER of the first variable, below CHOICE, in which a record of the block at DISTANCE
 * differs; CHOICE if there is none. */
static size_t first_difference(const Stratum *s, const Candidates *c, const uint32_t *codes,
                               size_t start, size_t count, const uint8_t *distances, uint8_t distance,
                               size_t choice)
{
    for (size_t o = 0; o < choice; o++) {
        uint32_t v = s->order[o];
        if (sdc_scan_any(&c->grid, codes[v], v, start, count, distances, distance))
            return o;
    }
    return choice;
}

/* The variable to suppress in a record, or VARIABLES when it matches all candidates. */
static size_t choose_variable(const Stratum *s, const Candidates *c, const uint32_t *codes)
{
    uint8_t distances[SDC_SCAN_BLOCK], nearest = UINT8_MAX;
    size_t choice = s->variables, best = 0;
    while (best < s->variables && codes[s->order[best]] == 0)
        best++;   /* no choice can come before the first variable that has a value */
    for (size_t start = 0; start < c->count; start += SDC_SCAN_BLOCK) {
        size_t count = c->count - start < SDC_SCAN_BLOCK ? c->count - start : SDC_SCAN_BLOCK;
        sdc_scan_distances(&c->grid, codes, start, count, distances);
        uint8_t least = sdc_scan_least(distances, count);
        if (least == 0 || least > nearest)
            continue;
        if (least < nearest)
            choice = s->variables;
        nearest = least;
        choice = first_difference(s, c, codes, start, count, distances, least, choice);
        if (nearest == 1 && choice == best)
            break;
    }
    return choice == s->variables ? s->variables : s->order[choice];
}

static size_t greedy_pass(const Stratum *s, Candidates *c, const uint32_t *unsafe, size_t count)
{
    size_t made = 0;
    for (size_t u = 0; u < count; u++) {
        uint32_t codes[SDC_KEYS_MAX];
        size_t row = unsafe[u];
        for (size_t v = 0; v < s->variables; v++)
            codes[v] = s->greedy[v * s->rows + row];
        size_t v = choose_variable(s, c, codes);
        if (v == s->variables)
            continue;
        s->greedy[v * s->rows + row] = 0;
        if (c->place[row] != 0)
            sdc_grid_set(&c->grid, v, c->place[row] - 1, 0);
        made++;
    }
    return made;
}

static bool run_greedy(const Stratum *s, SdcError *ret_error)
{
    SDC_SCOPE(scope, s->context);
    uint32_t *f = sdc_scope_alloc(&scope, s->rows, sizeof *f, ret_error);
    if (f == NULL)
        return false;
    uint32_t *unsafe = sdc_scope_alloc(&scope, s->rows, sizeof *unsafe, ret_error);
    if (unsafe == NULL)
        return false;
    copy_columns(s, s->greedy);
    for (;;) {
        SDC_SCOPE(pass, s->context);
        Candidates candidates;
        if (!count_matches(s, s->greedy, f, ret_error))
            return false;
        size_t count = list_unsafe(f, s->rows, s->options->k, unsafe);
        if (count == 0)
            return true;
        if (!sdc_report(s->context, 1 - (double)count / (double)s->rows, "local suppression",
                        ret_error) ||
            !choose_candidates(s, &pass, s->greedy, &candidates, ret_error))
            return false;
        if (greedy_pass(s, &candidates, unsafe, count) == 0)
            return sdc_failure(ret_error, SDC_ERROR_IMPOSSIBLE,
                               "%zu records cannot be protected by suppression.", count);
    }
}

/* --- the thrifty way ---------------------------------------------------------------------------- */

typedef struct Thrift {
    const Stratum *s;
    SdcGrid grid;
    uint32_t *f;
    uint16_t *masks;        /* of the record at hand with each record */
    uint32_t *matching;     /* by set of variables: records that would match it */
    uint32_t *helped;       /* of these, those with f < k */
    uint64_t *bins;         /* LANES counts by set: of both, the second in the upper half */
    uint32_t *lost;         /* records that would no longer match it */
} Thrift;

static size_t block_count(const Stratum *s, size_t start)
{
    return s->rows - start < SDC_SCAN_BLOCK ? s->rows - start : SDC_SCAN_BLOCK;
}

/* Most records differ in the same few sets of variables: counts of one set in several lanes need not wait
 * for each other. */
enum { LANES = 4 };

/* Records by the variables in which they differ, then summed over all subsets. */
static void count_by_mask(Thrift *t, const uint32_t *codes)
{
    const Stratum *s = t->s;
    size_t sets = (size_t)1 << s->variables;
    uint64_t k = s->options->k;
    memset(t->bins, 0, LANES * sets * sizeof *t->bins);
    for (size_t start = 0; start < s->rows; start += SDC_SCAN_BLOCK) {
        size_t count = block_count(s, start);
        sdc_scan_masks(&t->grid, codes, start, count, t->masks + start);
        for (size_t i = start; i < start + count; i++)
            t->bins[t->masks[i] * LANES + i % LANES] += 1 + (((uint64_t)t->f[i] - k) >> 63 << 32);   /* f < k */
    }
    for (size_t set = 0; set < sets; set++) {
        uint64_t sum = 0;
        for (size_t lane = 0; lane < LANES; lane++)
            sum += t->bins[set * LANES + lane];
        t->matching[set] = (uint32_t)sum;
        t->helped[set] = (uint32_t)(sum >> 32);
    }
    for (size_t v = 0; v < s->variables; v++) {
        for (size_t set = 0; set < sets; set++) {
            if ((set >> v & 1) == 0)
                continue;
            t->matching[set] += t->matching[set ^ (size_t)1 << v];
            t->helped[set] += t->helped[set ^ (size_t)1 << v];
        }
    }
}

static double cost_of(const Stratum *s, size_t set)
{
    double cost = 0;
    for (size_t v = 0; v < s->variables; v++)
        cost += (set >> v & 1) != 0 ? s->costs[v] : 0;
    return cost;
}

static size_t choose_set(const Thrift *t, const uint32_t *codes)
{
    const Stratum *s = t->s;
    size_t missing = 0, best = 0;
    double least = INFINITY;
    for (size_t v = 0; v < s->variables; v++)
        missing |= (size_t)(codes[v] == 0) << v;
    for (size_t set = 1; set < (size_t)1 << s->variables; set++) {
        if ((set & missing) != 0 || t->matching[set] < s->options->k)
            continue;
        double cost = cost_of(s, set);
        if (cost < least || (cost == least && t->helped[set] > t->helped[best])) {
            least = cost;
            best = set;
        }
    }
    return best;
}

static void suppress_set(Thrift *t, size_t row, size_t set)
{
    const Stratum *s = t->s;
    uint16_t others = (uint16_t)~set;
    uint32_t *f = t->f;
    const uint16_t *masks = t->masks;
    for (size_t i = 0; i < s->rows; i++)   /* plain, so that compilers make vectors of it */
        f[i] += (uint32_t)((masks[i] != 0) & ((masks[i] & others) == 0));
    t->f[row] = t->matching[set];
    for (size_t v = 0; v < s->variables; v++) {
        if ((set >> v & 1) != 0)
            sdc_grid_set(&t->grid, v, row, 0);
    }
}

/* Those who match the record through the missing value of variable V alone are at distance 1 once CODE is
 * there. Counts them into LOST; false as soon as somebody would match fewer than k. */
static bool can_give_back(Thrift *t, size_t row, size_t v, uint32_t code, uint32_t *ret_lost)
{
    const Stratum *s = t->s;
    uint32_t codes[SDC_KEYS_MAX], lost = 0;
    uint8_t distances[SDC_SCAN_BLOCK];
    sdc_grid_row(&t->grid, row, codes);
    codes[v] = code;
    for (size_t start = 0; start < s->rows; start += SDC_SCAN_BLOCK) {
        size_t count = block_count(s, start);
        sdc_scan_distances(&t->grid, codes, start, count, distances);
        const uint8_t *next = distances, *end = distances + count;
        for (; (next = memchr(next, 1, (size_t)(end - next))) != NULL; next++) {
            size_t i = start + (size_t)(next - distances);
            uint32_t other = sdc_grid_get(&t->grid, v, i);
            if (other == 0 || other == code)
                continue;
            t->lost[lost++] = (uint32_t)i;
            if (t->f[i] <= s->options->k || t->f[row] < s->options->k + lost)
                return false;
        }
    }
    *ret_lost = lost;
    return true;
}

static void give_back_all(Thrift *t)
{
    const Stratum *s = t->s;
    for (size_t i = 0; i < s->rows; i++) {
        for (size_t v = 0; v < s->variables; v++) {
            uint32_t code = s->original[v].codes[i], lost;
            if (sdc_grid_get(&t->grid, v, i) == code || !can_give_back(t, i, v, code, &lost))
                continue;
            for (uint32_t l = 0; l < lost; l++)
                t->f[t->lost[l]]--;
            t->f[i] -= lost;
            sdc_grid_set(&t->grid, v, i, code);
        }
    }
}

static bool protect_all(Thrift *t, SdcScope *scope, SdcError *ret_error)
{
    const Stratum *s = t->s;
    size_t sets = (size_t)1 << s->variables;
    t->matching = sdc_scope_alloc(scope, sets, sizeof *t->matching, ret_error);
    if (t->matching == NULL)
        return false;
    t->helped = sdc_scope_alloc(scope, sets, sizeof *t->helped, ret_error);
    if (t->helped == NULL)
        return false;
    t->bins = sdc_scope_alloc(scope, LANES * sets, sizeof *t->bins, ret_error);
    if (t->bins == NULL)
        return false;
    t->masks = sdc_scope_alloc(scope, s->rows, sizeof *t->masks, ret_error);
    if (t->masks == NULL)
        return false;
    uint32_t *unsafe = sdc_scope_alloc(scope, s->rows, sizeof *unsafe, ret_error);
    if (unsafe == NULL)
        return false;
    size_t count = list_unsafe(t->f, s->rows, s->options->k, unsafe);
    for (size_t u = 0; u < count; u++) {
        uint32_t codes[SDC_KEYS_MAX];
        if (u % 1024 == 0 && !sdc_report(s->context, (double)u / (double)count,
                                         "thrifty local suppression", ret_error))
            return false;
        if (t->f[unsafe[u]] >= s->options->k)
            continue;
        sdc_grid_row(&t->grid, unsafe[u], codes);
        count_by_mask(t, codes);
        suppress_set(t, unsafe[u], choose_set(t, codes));
    }
    return true;
}

/* Suppresses from the original where PROTECT, else takes CODES as they are; gives back what can be, and
 * leaves the result in CODES. */
static bool run_thrifty(const Stratum *s, bool protect, uint32_t *codes, SdcError *ret_error)
{
    SDC_SCOPE(scope, s->context);
    Thrift t = {.s = s};
    SdcCodes columns[SDC_KEYS_MAX];
    if (protect)
        copy_columns(s, codes);
    view_columns(s, codes, columns);
    if (!sdc_grid_make(&scope, columns, s->variables, &t.grid, ret_error))
        return false;
    t.f = sdc_scope_alloc(&scope, s->rows, sizeof *t.f, ret_error);
    if (t.f == NULL)
        return false;
    t.lost = sdc_scope_alloc(&scope, s->rows, sizeof *t.lost, ret_error);
    if (t.lost == NULL || !count_matches(s, codes, t.f, ret_error) ||
        (protect && !protect_all(&t, &scope, ret_error)))
        return false;
    give_back_all(&t);
    for (size_t v = 0; v < s->variables; v++) {
        for (size_t i = 0; i < s->rows; i++)
            codes[v * s->rows + i] = sdc_grid_get(&t.grid, v, i);
    }
    return true;
}

/* --- one stratum, then all --------------------------------------------------------------------- */

static double cost_of_result(const Stratum *s, const uint32_t *codes, size_t *ret_cells)
{
    double cost = 0;
    size_t cells = 0;
    for (size_t v = 0; v < s->variables; v++) {
        size_t made = 0;
        for (size_t i = 0; i < s->rows; i++)
            made += codes[v * s->rows + i] != s->original[v].codes[i];
        cells += made;
        cost += (double)made * s->costs[v];
    }
    *ret_cells = cells;
    return cost;
}

static bool is_protected(const Stratum *s, const uint32_t *codes, SdcError *ret_error)
{
    SDC_SCOPE(scope, s->context);
    uint32_t *f = sdc_scope_alloc(&scope, s->rows, sizeof *f, ret_error);
    if (f == NULL || !count_matches(s, codes, f, ret_error))
        return false;
    for (size_t i = 0; i < s->rows; i++) {
        if (f[i] < s->options->k)
            return sdc_failure(ret_error, SDC_ERROR_IMPOSSIBLE,
                               "Record %zu matches %u records after suppression.", i + 1, f[i]);
    }
    return true;
}

/* The result is in GREEDY or THRIFTY: *RET_THRIFTY says which. */
static bool run_stratum(Stratum *s, bool *ret_thrifty, SdcError *ret_error)
{
    if (s->rows < s->options->k)
        return sdc_failure(ret_error, SDC_ERROR_IMPOSSIBLE,
                           "%zu records cannot be made alike to %u records each.", s->rows,
                           s->options->k);
    bool thrifty = s->options->rule == SDC_SUPPRESSION_THRIFTY;
    *ret_thrifty = false;
    if (!run_greedy(s, ret_error) || (thrifty && !run_thrifty(s, false, s->greedy, ret_error)))
        return false;
    if (thrifty && s->variables <= SDC_THRIFTY_KEYS_MAX) {
        if (!run_thrifty(s, true, s->thrifty, ret_error))
            return false;
        size_t cells, other_cells;
        double cost = cost_of_result(s, s->thrifty, &cells);
        double other = cost_of_result(s, s->greedy, &other_cells);
        *ret_thrifty = cost < other || (cost == other && cells <= other_cells);
    }
    return is_protected(s, *ret_thrifty ? s->thrifty : s->greedy, ret_error);
}

/* The default importance: most categories (present in the whole file) first. */
static bool order_variables(SdcScope *scope, const SdcCodes *columns, size_t count,
                            const SdcSuppressionOptions *options, uint32_t *ret_order,
                            SdcError *ret_error)
{
    size_t present[SDC_KEYS_MAX];
    for (size_t v = 0; v < count; v++) {
        uint8_t *seen = sdc_scope_alloc(scope, (size_t)columns[v].categories + 1, 1, ret_error);
        if (seen == NULL)
            return false;
        present[v] = 0;
        for (size_t i = 0; i < columns[v].rows; i++) {
            uint32_t code = columns[v].codes[i];
            present[v] += code != 0 && !seen[code];
            seen[code] = 1;
        }
        sdc_scope_release(scope, seen);
        size_t place = v;
        for (; place > 0 && present[ret_order[place - 1]] < present[v]; place--)
            ret_order[place] = ret_order[place - 1];
        ret_order[place] = (uint32_t)v;
    }
    if (options->importance != NULL)
        memcpy(ret_order, options->importance, count * sizeof *ret_order);
    return true;
}

static bool check_options(const SdcSuppressionOptions *options, size_t rows, size_t count,
                          SdcError *ret_error)
{
    if (options->k < 2)
        return sdc_failure(ret_error, SDC_ERROR_ARGUMENT, "k is %u; it must be at least 2.", options->k);
    uint64_t seen = 0;
    for (size_t v = 0; v < count && options->importance != NULL; v++) {
        uint32_t variable = options->importance[v];
        if (variable >= count || (seen >> variable & 1) != 0)
            return sdc_failure(ret_error, SDC_ERROR_ARGUMENT,
                               "The order of importance must name each of the %zu variables once.",
                               count);
        seen |= UINT64_C(1) << variable;
    }
    for (size_t v = 0; v < count && options->costs != NULL; v++) {
        if (!(options->costs[v] > 0 && options->costs[v] <= 1e6))
            return sdc_failure(ret_error, SDC_ERROR_ARGUMENT,
                               "Variable %zu has cost %g; it must be above 0 and at most 1e6.", v + 1,
                               options->costs[v]);
    }
    if (options->strata == NULL)
        return true;
    if (options->strata->rows != rows)
        return sdc_failure(ret_error, SDC_ERROR_DATA, "There are %zu strata for %zu records.",
                           options->strata->rows, rows);
    return sdc_codes_check(options->strata, ret_error);
}

typedef struct Strata {
    size_t count;              /* 1 without strata */
    size_t *starts;
    uint32_t *rows;            /* records, stratum by stratum */
} Strata;

static bool split(SdcScope *scope, const SdcCodes *strata, size_t rows, Strata *ret_strata,
                  SdcError *ret_error)
{
    SdcClasses classes = {0};
    if (strata != NULL && !sdc_classes_find(scope->context, strata, 1, &classes, ret_error))
        return false;
    size_t count = strata != NULL ? classes.count : 1;
    size_t *starts = sdc_scope_alloc(scope, count + 2, sizeof *starts, ret_error);
    uint32_t *order =
        starts != NULL ? sdc_scope_alloc(scope, rows, sizeof *order, ret_error) : NULL;
    if (order != NULL) {
        for (size_t i = 0; i < rows; i++)
            starts[(strata != NULL ? classes.of_row[i] : 0) + 2]++;
        for (size_t c = 0; c < count; c++)
            starts[c + 2] += starts[c + 1];
        for (size_t i = 0; i < rows; i++)
            order[starts[(strata != NULL ? classes.of_row[i] : 0) + 1]++] = (uint32_t)i;
        *ret_strata = (Strata){count, starts, order};
    }
    sdc_classes_clear(scope->context, &classes);
    return order != NULL;
}

/* Runs stratum C on a copy of its records and writes its result where it belongs. */
static bool run_part(Stratum *s, const SdcCodes *columns, const Strata *strata, size_t c,
                     SdcSuppression *out, SdcError *ret_error)
{
    SDC_SCOPE(scope, s->context);
    const uint32_t *rows = strata->rows + strata->starts[c];
    size_t count = strata->starts[c + 1] - strata->starts[c], cells = count * s->variables;
    SdcCodes part[SDC_KEYS_MAX];
    uint32_t *codes = sdc_scope_alloc(&scope, cells, sizeof *codes, ret_error);
    if (codes == NULL)
        return false;
    uint32_t **results[] = {&s->greedy, &s->thrifty};
    for (int r = 0; r < 2; r++) {
        *results[r] = sdc_scope_alloc(&scope, cells, sizeof *codes, ret_error);
        if (*results[r] == NULL)
            return false;
    }
    for (size_t v = 0; v < s->variables; v++) {
        for (size_t i = 0; i < count; i++)
            codes[v * count + i] = columns[v].codes[rows[i]];
        part[v] = (SdcCodes){count, columns[v].categories, codes + v * count, NULL};
    }
    bool thrifty = false;
    s->rows = count;
    s->original = part;
    if (!run_stratum(s, &thrifty, ret_error))
        return false;
    const uint32_t *result = thrifty ? s->thrifty : s->greedy;
    for (size_t v = 0; v < s->variables; v++) {
        for (size_t i = 0; i < count; i++)
            out->codes[v * out->rows + rows[i]] = result[v * count + i];
    }
    *(thrifty ? &out->thrifty_strata : &out->greedy_strata) += 1;
    return true;
}

static void count_cells(const Stratum *s, const SdcCodes *columns, SdcSuppression *out)
{
    for (size_t v = 0; v < out->variables; v++) {
        for (size_t i = 0; i < out->rows; i++)
            out->by_variable[v] += out->codes[v * out->rows + i] != columns[v].codes[i];
        out->cells += out->by_variable[v];
        out->cost += (double)out->by_variable[v] * s->costs[v];
    }
}

bool sdc_suppress(const SdcContext *context, const SdcCodes *columns, size_t count,
                  const SdcSuppressionOptions *options, SdcSuppression *ret_suppression,
                  SdcError *ret_error)
{
    SDC_SCOPE(scope, context);
    SdcPacking packing;
    if (!sdc_packing_plan(columns, count, &packing, ret_error) ||
        !check_options(options, columns[0].rows, count, ret_error))
        return false;
    SdcSuppression out = {.rows = columns[0].rows, .variables = count};
    Stratum s = {.context = context, .options = options, .variables = count};
    for (size_t v = 0; v < count; v++)
        s.costs[v] = options->costs != NULL ? options->costs[v] : 1;
    Strata strata;
    if (!order_variables(&scope, columns, count, options, s.order, ret_error) ||
        !split(&scope, options->strata, out.rows, &strata, ret_error))
        return false;
    out.codes = sdc_scope_alloc(&scope, out.rows * count, sizeof *out.codes, ret_error);
    if (out.codes == NULL)
        return false;
    for (size_t c = 0; c < strata.count; c++) {
        if (!run_part(&s, columns, &strata, c, &out, ret_error))
            return false;
    }
    count_cells(&s, columns, &out);
    sdc_scope_keep(&scope, out.codes);
    *ret_suppression = out;
    return true;
}

void sdc_suppression_clear(const SdcContext *context, SdcSuppression *suppression)
{
    if (suppression == NULL)
        return;
    sdc_release(context, suppression->codes, suppression->rows * suppression->variables,
                sizeof *suppression->codes);
    *suppression = (SdcSuppression){0};
}
