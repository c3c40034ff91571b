/* SPDX-License-Identifier: Apache-2.0 */
#include "sdc/chances.h"

#include "sdc/failure.h"
#include "sdc/memory.h"

#include <math.h>

enum { SUPPORT_MAX = 2 * SDC_CHANGE_MAX + 1, NEWTON_MAX = 200, TIES_MAX = 20 * SUPPORT_MAX };

/* Changes are scaled to -1..1. Tied neighbours share one chance: what counts of them are their means. */
typedef struct Row {
    size_t count;
    double changes[SUPPORT_MAX];
    double chances[SUPPORT_MAX];
    double first[SUPPORT_MAX], second[SUPPORT_MAX];   /* mean of v and of v^2 over those tied */
    bool tied[SUPPORT_MAX];                           /* to the next one */
    double a, b, log_total;
} Row;

/* --- the greatest entropy under sum, mean, variance and ties ---------------------------------------- */

/* log of the sum of exp(a v + b v^2), with the chances. */
static double log_sum(Row *row, double a, double b)
{
    double most = -INFINITY, sum = 0;
    for (size_t i = 0; i < row->count; i++)
        most = fmax(most, a * row->first[i] + b * row->second[i]);
    for (size_t i = 0; i < row->count; i++) {
        row->chances[i] = exp(a * row->first[i] + b * row->second[i] - most);
        sum += row->chances[i];
    }
    for (size_t i = 0; i < row->count; i++)
        row->chances[i] /= sum;
    return most + log(sum);
}

typedef struct Moments {
    double a, b, aa, ab, bb;
} Moments;

static Moments moments_of(const Row *row)
{
    Moments m = {0};
    for (size_t i = 0; i < row->count; i++) {
        double p = row->chances[i], f = row->first[i], s = row->second[i];
        m.a += p * f;
        m.b += p * s;
        m.aa += p * f * f;
        m.ab += p * f * s;
        m.bb += p * s * s;
    }
    m.aa -= m.a * m.a;
    m.ab -= m.a * m.b;
    m.bb -= m.b * m.b;
    return m;
}

/* Newton with halved steps on log_sum - b variance, which is convex. FREE: b is 0, and the variance what
 * it comes to. */
static bool solve_row(Row *row, double variance, bool is_free)
{
    double a = 0, b = 0, value = log_sum(row, a, b);
    for (int turn = 0; turn < NEWTON_MAX; turn++) {
        Moments m = moments_of(row);
        if (is_free) {
            m.b = variance;
            m.ab = 0;
            m.bb = 1;
        }
        double ga = m.a, gb = m.b - variance, determinant = m.aa * m.bb - m.ab * m.ab;
        row->a = a;
        row->b = b;
        row->log_total = log_sum(row, a, b);
        if (fabs(ga) < 1e-14 && fabs(gb) < 1e-14)
            return true;
        if (!(determinant > 0))
            return fabs(ga) + fabs(gb) < 1e-9;
        double da = -(m.bb * ga - m.ab * gb) / determinant, db = -(m.aa * gb - m.ab * ga) / determinant;
        double step = 1, next = log_sum(row, a + da, b + db) - (b + db) * variance;
        for (; next > value + 1e-15 * fabs(value) && step > 1e-12; step /= 2)
            next = log_sum(row, a + step / 2 * da, b + step / 2 * db) - (b + step / 2 * db) * variance;
        if (step <= 1e-12) {
            log_sum(row, a, b);
            return fabs(ga) + fabs(gb) < 1e-9;
        }
        a += step * da;
        b += step * db;
        value = next;
        log_sum(row, a, b);
    }
    return false;
}

/* --- order of the chances ---------------------------------------------------------------------------- */

static void average_ties(Row *row)
{
    for (size_t begin = 0, end; begin < row->count; begin = end) {
        double first = 0, second = 0;
        for (end = begin; end == begin || row->tied[end - 1]; end++) {
            first += row->changes[end];
            second += row->changes[end] * row->changes[end];
        }
        for (size_t i = begin; i < end; i++) {
            row->first[i] = first / (double)(end - begin);
            row->second[i] = second / (double)(end - begin);
        }
    }
}

/* By how much the chances of I and the next one are in the wrong order; below 0: they are not. The two
 * are ordered when they are on one side of 0, which belongs to both. */
static double disorder(const Row *row, size_t i)
{
    if (row->changes[i + 1] <= 0)
        return row->chances[i] - row->chances[i + 1];
    if (row->changes[i] >= 0)
        return row->chances[i + 1] - row->chances[i];
    return -1;
}

/* Ties the pair that is furthest out of order. */
static bool tie_worst(Row *row)
{
    size_t worst = SIZE_MAX;
    double most = 1e-13;
    for (size_t i = 0; i + 1 < row->count; i++) {
        double out = row->tied[i] ? 0 : disorder(row, i);
        if (out > most) {
            most = out;
            worst = i;
        }
    }
    if (worst != SIZE_MAX)
        row->tied[worst] = true;
    return worst != SIZE_MAX;
}

/* What the entropy would gain by I having more than its tied neighbours have: log p wanted - log p. */
static double excess(const Row *row, size_t i)
{
    double v = row->changes[i];
    return row->a * v + row->b * v * v - row->log_total - log(row->chances[i]);
}

/* Unties the pair with the most negative multiplier: the sum of the excesses of the tied ones from the
 * outer end up to the pair, since the order makes the outer ones have less. */
static bool untie_worst(Row *row)
{
    size_t worst = SIZE_MAX;
    double most = -1e-9, sum = 0;
    for (size_t i = 0; i + 1 < row->count; i++) {   /* left side, from the left */
        sum = i > 0 && row->tied[i - 1] ? sum + excess(row, i) : excess(row, i);
        if (row->tied[i] && row->changes[i + 1] <= 0 && sum < most) {
            most = sum;
            worst = i;
        }
    }
    for (size_t i = row->count; i-- > 1;) {         /* right side, from the right */
        sum = i + 1 < row->count && row->tied[i] ? sum + excess(row, i) : excess(row, i);
        if (row->tied[i - 1] && row->changes[i - 1] >= 0 && sum < most) {
            most = sum;
            worst = i - 1;
        }
    }
    if (worst != SIZE_MAX)
        row->tied[worst] = false;
    return worst != SIZE_MAX;
}

static bool solve_ordered(Row *row, double variance, bool monotone, bool is_free)
{
    for (size_t i = 0; i < row->count; i++)
        row->tied[i] = false;
    for (int turn = 0; turn < TIES_MAX; turn++) {
        average_ties(row);
        if (!solve_row(row, variance, is_free))
            return false;
        if (!monotone || (!tie_worst(row) && !untie_worst(row)))
            return true;
    }
    return false;
}

/* Without a variance asked for, the greatest entropy may have no more than it: then that is it. */
static bool solve_at_most(Row *row, double variance, bool monotone)
{
    double found = 0;
    if (!solve_ordered(row, 0, monotone, true))
        return false;
    for (size_t i = 0; i < row->count; i++)
        found += row->chances[i] * row->second[i];
    return found <= variance;
}

/* --- a row --------------------------------------------------------------------------------------------- */

static void row_support(const SdcChanceRules *rules, int steps, int size, bool without_zero, Row *row)
{
    int most = (int)rules->largest_change * steps, never = (int)rules->never_published * steps;
    row->count = 0;
    for (int v = -most; v <= most; v++) {
        int result = size * steps + v;
        if (result < 0 || (result > 0 && result <= never) || (v == 0 && without_zero))
            continue;
        row->changes[row->count++] = (double)v / most;
    }
}

/* The least variance with mean 0 has the nearest changes on both sides, the greatest the furthest. */
static bool is_possible(const Row *row, double variance, bool at_most)
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
    return variance > least && (at_most ? most > 0 : variance < most);
}

static void add_stay(Row *row, double stay)
{
    size_t at = row->count++;
    for (; at > 0 && row->changes[at - 1] > 0; at--) {
        row->changes[at] = row->changes[at - 1];
        row->chances[at] = row->chances[at - 1];
    }
    row->changes[at] = 0;
    row->chances[at] = stay;
}

static bool make_row(const SdcChanceRules *rules, int steps, int size, Row *row, SdcError *ret_error)
{
    double d = rules->largest_change;
    bool stays = rules->stay > 0 && (size == 0 || size > (int)rules->never_published);
    double rest = stays ? 1 - rules->stay : 1, variance = rules->variance / (d * d * rest);
    row_support(rules, steps, size, stays, row);
    bool ok = (rules->at_most && is_possible(row, variance, true) &&
               solve_at_most(row, variance, rules->monotone)) ||
              (is_possible(row, variance, false) &&
               solve_ordered(row, variance, rules->monotone, false));
    if (!ok)
        return sdc_failure(ret_error, SDC_ERROR_IMPOSSIBLE, "The size %d cannot be changed with mean 0 and "
                           "variance %g by at most %u%s: choose another variance or largest change.", size,
                           rules->variance, rules->largest_change,
                           rules->monotone ? ", with chances in order" : "");
    for (size_t i = 0; i < row->count; i++)
        row->chances[i] *= rest;
    if (stays)
        add_stay(row, rules->stay);
    return true;
}

/* --- the table ------------------------------------------------------------------------------------------- */

static void store_row(SdcChances *chances, size_t r, const Row *row, double parts)
{
    double sum = 0;
    size_t at = chances->starts[r];
    for (size_t i = 0; i < row->count; i++, at++) {
        chances->changes[at] = (int32_t)lround(row->changes[i] * parts);
        chances->chances[at] = row->chances[i];
        sum += row->chances[i];
        chances->cumulated[at] = i + 1 == row->count ? 1 : sum;
    }
    chances->starts[r + 1] = at;
}

static bool check_rules(const SdcChanceRules *rules, SdcError *ret_error)
{
    unsigned steps = rules->steps > 0 ? rules->steps : 1;
    if (rules->largest_change < 1 || rules->largest_change > SDC_CHANGE_MAX ||
        steps > SDC_CHANGE_MAX / rules->largest_change || rules->never_published > SDC_CHANGE_MAX)
        return sdc_failure(ret_error, SDC_ERROR_ARGUMENT, "The largest change times the steps of a unit is 1 "
                           "to %d, not %u times %u, and sizes up to %d may be kept from being published, "
                           "not %u.", SDC_CHANGE_MAX, rules->largest_change, steps, SDC_CHANGE_MAX,
                           rules->never_published);
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
    unsigned steps = rules->steps > 0 ? rules->steps : 1, parts = rules->largest_change * steps;
    SdcChances c = {.rows = rules->largest_change + rules->never_published + 2, .steps = steps};
    c.count = c.rows * (2 * parts + 1);
    c.starts = sdc_alloc(context, c.rows + 1, sizeof *c.starts, ret_error);
    c.changes = sdc_alloc(context, c.count, sizeof *c.changes, ret_error);
    c.chances = sdc_alloc(context, c.count, sizeof *c.chances, ret_error);
    c.cumulated = sdc_alloc(context, c.count, sizeof *c.cumulated, ret_error);
    bool ok = c.starts != NULL && c.changes != NULL && c.chances != NULL && c.cumulated != NULL;
    Row row = {.count = 1, .chances = {1}};   /* zero stays zero */
    for (size_t r = 0; ok && r < c.rows; r++) {
        ok = r == 0 || make_row(rules, (int)steps, (int)r, &row, ret_error);
        if (ok)
            store_row(&c, r, &row, parts);
    }
    if (ok)
        *ret_chances = c;
    else
        sdc_chances_clear(context, &c);
    return ok;
}

void sdc_chances_clear(const SdcContext *context, SdcChances *chances)
{
    if (chances == NULL)
        return;
    sdc_release(context, chances->starts, chances->rows + 1, sizeof *chances->starts);
    sdc_release(context, chances->changes, chances->count, sizeof *chances->changes);
    sdc_release(context, chances->chances, chances->count, sizeof *chances->chances);
    sdc_release(context, chances->cumulated, chances->count, sizeof *chances->cumulated);
    *chances = (SdcChances){0};
}
