/* SPDX-License-Identifier: Apache-2.0 */
#include "sdc/cellkey.h"

#include "sdc/failure.h"
#include "sdc/memory.h"

#include <math.h>
#include <string.h>

enum { SUPPORT_MAX = 2 * SDC_CHANGE_MAX + 1, NEWTON_MAX = 200 };

/* --- the table of chances -------------------------------------------------------------------------- */

typedef struct Row {
    size_t count;
    double changes[SUPPORT_MAX];      /* scaled to -1..1 */
    double chances[SUPPORT_MAX];
} Row;

/* log of the sum of exp(a u + b u^2), with the chances. */
static double log_sum(Row *row, double a, double b)
{
    double most = -INFINITY, sum = 0;
    for (size_t i = 0; i < row->count; i++)
        most = fmax(most, row->changes[i] * (a + b * row->changes[i]));
    for (size_t i = 0; i < row->count; i++) {
        row->chances[i] = exp(row->changes[i] * (a + b * row->changes[i]) - most);
        sum += row->chances[i];
    }
    for (size_t i = 0; i < row->count; i++)
        row->chances[i] /= sum;
    return most + log(sum);
}

/* Newton with halved steps on log_sum - b variance, which is convex. */
static bool solve_row(Row *row, double variance)
{
    double a = 0, b = 0, value = log_sum(row, a, b);
    for (int turn = 0; turn < NEWTON_MAX; turn++) {
        double m[5] = {0};
        for (size_t i = 0; i < row->count; i++) {
            double power = row->chances[i];
            for (int k = 1; k <= 4; k++)
                m[k] += power *= row->changes[i];
        }
        double ga = m[1], gb = m[2] - variance;
        if (fabs(ga) < 1e-14 && fabs(gb) < 1e-14)
            return true;
        double aa = m[2] - m[1] * m[1], ab = m[3] - m[1] * m[2], bb = m[4] - m[2] * m[2];
        double determinant = aa * bb - ab * ab;
        if (!(determinant > 0))
            return fabs(ga) + fabs(gb) < 1e-9;
        double da = -(bb * ga - ab * gb) / determinant, db = -(aa * gb - ab * ga) / determinant;
        double step = 1, next = log_sum(row, a + da, b + db) - (b + db) * variance;
        for (; next > value + 1e-15 * fabs(value) && step > 1e-12; step /= 2)
            next = log_sum(row, a + step / 2 * da, b + step / 2 * db) - (b + step / 2 * db) * variance;
        if (step <= 1e-12)
            return fabs(ga) + fabs(gb) < 1e-9;
        a += step * da;
        b += step * db;
        value = next;
        log_sum(row, a, b);
    }
    return false;
}

static void row_support(const SdcChanceRules *rules, int count, bool without_zero, Row *row)
{
    int d = (int)rules->largest_change, never = (int)rules->never_published;
    row->count = 0;
    for (int v = -d; v <= d; v++) {
        int result = count + v;
        if (result < 0 || (result >= 1 && result <= never) || (v == 0 && without_zero))
            continue;
        row->changes[row->count++] = (double)v / d;
    }
}

/* The least variance with mean 0 has the nearest changes on both sides, the greatest the furthest. */
static bool is_possible(const Row *row, double variance)
{
    double below = -INFINITY, above = INFINITY;
    if (row->count == 0)
        return false;
    for (size_t i = 0; i < row->count; i++) {
        double u = row->changes[i];
        below = u <= 0 ? fmax(below, u) : below;
        above = u >= 0 ? fmin(above, u) : above;
    }
    double least = isfinite(below) && isfinite(above) ? -below * above : (double)INFINITY;
    double most = -row->changes[0] * row->changes[row->count - 1];
    return variance > least && variance < most;
}

static bool make_row(const SdcChanceRules *rules, int count, Row *row, SdcError *ret_error)
{
    double d = rules->largest_change;
    bool stays = rules->stay > 0 && (count == 0 || count > (int)rules->never_published);
    double rest = stays ? 1 - rules->stay : 1, variance = rules->variance / (d * d * rest);
    row_support(rules, count, stays, row);
    if (!is_possible(row, variance) || !solve_row(row, variance))
        return sdc_failure(ret_error, SDC_ERROR_IMPOSSIBLE, "The count %d cannot be changed with mean 0 and "
                           "variance %g by at most %u: choose another variance or largest change.", count,
                           rules->variance, rules->largest_change);
    for (size_t i = 0; i < row->count; i++)
        row->chances[i] *= rest;
    if (!stays)
        return true;
    size_t at = row->count++;
    for (; at > 0 && row->changes[at - 1] > 0; at--) {
        row->changes[at] = row->changes[at - 1];
        row->chances[at] = row->chances[at - 1];
    }
    row->changes[at] = 0;
    row->chances[at] = rules->stay;
    return true;
}

static void store_row(SdcChances *chances, size_t r, const Row *row, double d)
{
    double sum = 0;
    size_t at = chances->starts[r];
    for (size_t i = 0; i < row->count; i++, at++) {
        chances->changes[at] = (int32_t)lround(row->changes[i] * d);
        chances->chances[at] = row->chances[i];
        sum += row->chances[i];
        chances->cumulated[at] = i + 1 == row->count ? 1 : sum;
    }
    chances->starts[r + 1] = at;
}

static bool check_rules(const SdcChanceRules *rules, SdcError *ret_error)
{
    if (rules->largest_change < 1 || rules->largest_change > SDC_CHANGE_MAX ||
        rules->never_published > SDC_CHANGE_MAX)
        return sdc_failure(ret_error, SDC_ERROR_ARGUMENT, "The largest change is 1 to %d, not %u, and counts "
                           "up to %d may be kept from being published, not %u.", SDC_CHANGE_MAX,
                           rules->largest_change, SDC_CHANGE_MAX, rules->never_published);
    if (!(rules->variance > 0 && rules->variance <= 1e6) || !(rules->stay >= 0 && rules->stay < 1))
        return sdc_failure(ret_error, SDC_ERROR_ARGUMENT, "The variance is %g and the chance of no change "
                           "%g; they must be above 0, and in [0, 1).", rules->variance, rules->stay);
    return true;
}

bool sdc_chances_make(const SdcContext *context, const SdcChanceRules *rules, SdcChances *ret_chances,
                      SdcError *ret_error)
{
    if (!check_rules(rules, ret_error))
        return false;
    SdcChances c = {.rows = rules->largest_change + rules->never_published + 2};
    c.count = c.rows * (2 * rules->largest_change + 1);
    c.starts = sdc_alloc(context, c.rows + 1, sizeof *c.starts, ret_error);
    c.changes = sdc_alloc(context, c.count, sizeof *c.changes, ret_error);
    c.chances = sdc_alloc(context, c.count, sizeof *c.chances, ret_error);
    c.cumulated = sdc_alloc(context, c.count, sizeof *c.cumulated, ret_error);
    bool ok = c.starts != NULL && c.changes != NULL && c.chances != NULL && c.cumulated != NULL;
    Row row = {.count = 1, .chances = {1}};   /* zero stays zero */
    for (size_t r = 0; ok && r < c.rows; r++) {
        ok = r == 0 || make_row(rules, (int)r, &row, ret_error);
        if (ok)
            store_row(&c, r, &row, rules->largest_change);
    }
    if (ok)
        *ret_chances = c;
    else
        sdc_chances_clear(context, &c);
    return ok;
}

void sdc_chances_clear(const SdcContext *context, SdcChances *chances)
{
    sdc_release(context, chances->starts, chances->rows + 1, sizeof *chances->starts);
    sdc_release(context, chances->changes, chances->count, sizeof *chances->changes);
    sdc_release(context, chances->chances, chances->count, sizeof *chances->chances);
    sdc_release(context, chances->cumulated, chances->count, sizeof *chances->cumulated);
    *chances = (SdcChances){0};
}

/* --- perturbing ------------------------------------------------------------------------------------ */

static bool check_counts(const double *counts, size_t cells, SdcError *ret_error)
{
    for (size_t i = 0; i < cells; i++) {
        if (!(counts[i] >= 0 && counts[i] <= 0x1p53 && floor(counts[i]) == counts[i]))
            return sdc_failure(ret_error, SDC_ERROR_DATA, "Cell %zu has the count %g; counts are whole and "
                               "not negative.", i + 1, counts[i]);
    }
    return true;
}

static int32_t change_of(const SdcChances *chances, double count, double key)
{
    size_t row = count < (double)chances->rows ? (size_t)count : chances->rows - 1;
    size_t low = chances->starts[row], high = chances->starts[row + 1] - 1;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (chances->cumulated[middle] > key)
            high = middle;
        else
            low = middle + 1;
    }
    return chances->changes[low];
}

bool sdc_cellkey_perturb(const SdcChances *chances, const double *counts, const double *keys, size_t cells,
                         double *ret_counts, SdcError *ret_error)
{
    if (!check_counts(counts, cells, ret_error))
        return false;
    for (size_t i = 0; i < cells; i++) {
        if (!(keys[i] >= 0 && keys[i] < 1))
            return sdc_failure(ret_error, SDC_ERROR_DATA, "Cell %zu has the key %g; a key is in [0, 1).",
                               i + 1, keys[i]);
    }
    for (size_t i = 0; i < cells; i++)
        ret_counts[i] = counts[i] + change_of(chances, counts[i], keys[i]);
    return true;
}

/* --- rounding -------------------------------------------------------------------------------------- */

static bool check_base(unsigned base, SdcError *ret_error)
{
    if (base >= 2 && base <= 1000000)
        return true;
    return sdc_failure(ret_error, SDC_ERROR_ARGUMENT, "The rounding base is %u; it must be 2 to 1000000.", base);
}

bool sdc_table_round(const double *counts, size_t cells, unsigned base, double *ret_counts,
                     SdcError *ret_error)
{
    if (!check_base(base, ret_error) || !check_counts(counts, cells, ret_error))
        return false;
    for (size_t i = 0; i < cells; i++) {
        double rest = fmod(counts[i], base);
        ret_counts[i] = counts[i] - rest + (2 * rest >= base ? base : 0);
    }
    return true;
}

bool sdc_table_round_random(const SdcContext *context, const double *counts, size_t cells, unsigned base,
                            uint64_t seed, uint64_t stream, double *ret_counts, SdcError *ret_error)
{
    if (!check_base(base, ret_error) || !check_counts(counts, cells, ret_error))
        return false;
    for (size_t i = 0; i < cells; i++) {
        double rest = fmod(counts[i], base);
        bool up = (double)sdc_random_below(context, seed, stream, i, base) < rest;
        ret_counts[i] = counts[i] - rest + (up ? base : 0);
    }
    return true;
}

/* --- deviations ------------------------------------------------------------------------------------ */

bool sdc_table_deviation(const double *original, const double *published, const bool *suppressed,
                         size_t cells, SdcDeviation *ret_deviation, SdcError *ret_error)
{
    SdcDeviation d = {0};
    size_t relative = 0, roots = 0;
    double whole = 0;
    for (size_t i = 0; i < cells; i++) {
        double x = original[i], z = published[i];
        bool hidden = suppressed != NULL && suppressed[i];
        if (!isfinite(x) || (!hidden && !isfinite(z)))
            return sdc_failure(ret_error, SDC_ERROR_DATA, "Cell %zu has no finite value.", i + 1);
        whole += fabs(x);
        if (hidden) {
            d.suppressed++;
            d.suppressed_value += fabs(x);
            continue;
        }
        double distance = fabs(z - x);
        d.shown++;
        d.unchanged += distance == 0;
        d.mean += distance;
        d.largest = fmax(d.largest, distance);
        if (x != 0) {
            d.mean_relative += distance / fabs(x);
            relative++;
        }
        if (x >= 0 && z >= 0) {
            d.mean_root += fabs(sqrt(z) - sqrt(x));
            roots++;
        }
    }
    d.mean = d.shown > 0 ? d.mean / (double)d.shown : 0;
    d.mean_relative = relative > 0 ? d.mean_relative / (double)relative : 0;
    d.mean_root = roots > 0 ? d.mean_root / (double)roots : 0;
    d.suppressed_share = whole > 0 ? d.suppressed_value / whole : 0;
    *ret_deviation = d;
    return true;
}
