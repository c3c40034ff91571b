/* SPDX-License-Identifier: Apache-2.0 */
/* Look-ups, limits, multiples; samples and permutations by sorting one random number a record. */
#include "sdc/recoding.h"

#include "sdc/failure.h"
#include "sdc/scope.h"
#include "sdc/sorting.h"

#include <math.h>

bool sdc_recode(const SdcContext *context, const SdcCodes *column, const SdcHierarchy *hierarchy,
                unsigned level, uint32_t *ret_codes, SdcError *ret_error)
{
    SDC_SCOPE(scope, context);
    if (!sdc_codes_check(column, ret_error) || !sdc_hierarchy_check(hierarchy, ret_error))
        return false;
    if (hierarchy->sizes[0] != column->categories)
        return sdc_failure(ret_error, SDC_ERROR_DATA,
                           "The hierarchy has %u categories at its lowest level, the variable has %u.",
                           hierarchy->sizes[0], column->categories);
    if (level >= hierarchy->levels)
        return sdc_failure(ret_error, SDC_ERROR_ARGUMENT, "Level %u was asked for; the hierarchy has levels "
                           "0 to %u.", level, hierarchy->levels - 1);
    uint32_t *ancestor = sdc_scope_alloc(&scope, column->categories, sizeof *ancestor, ret_error);
    if (ancestor == NULL)
        return false;
    for (uint32_t c = 0; c < column->categories; c++) {
        ancestor[c] = c;
        for (unsigned l = 0; l < level; l++)
            ancestor[c] = hierarchy->parents[l][ancestor[c]];
    }
    for (size_t i = 0; i < column->rows; i++)
        ret_codes[i] = column->codes[i] == 0 ? 0 : ancestor[column->codes[i] - 1] + 1;
    return true;
}

/* --- tails ------------------------------------------------------------------------------------- */

/* The mean of the values on the far side of LIMIT; LIMIT when there is none. SIGN 1: above. */
static double tail_mean(const SdcNumbers *column, double limit, double sign)
{
    double count = 0, mean = 0;
    for (size_t i = 0; i < column->rows; i++)
        count += sign * (column->values[i] - limit) > 0;
    for (size_t i = 0; i < column->rows; i++) {
        if (sign * (column->values[i] - limit) > 0)
            mean += column->values[i] / count;
    }
    return count > 0 ? mean : limit;
}

bool sdc_code_tails(const SdcContext *context, const SdcNumbers *column, double bottom, double top,
                    SdcCodingTail tail, double *ret_values, size_t *ret_changed, SdcError *ret_error)
{
    (void)context;
    if (!sdc_numbers_check(column, ret_error))
        return false;
    if (isinf(bottom) || isinf(top) || bottom > top || (isnan(bottom) && isnan(top)))
        return sdc_failure(ret_error, SDC_ERROR_ARGUMENT, "The limits %g and %g are not a bottom and a top.",
                           bottom, top);
    double low = tail == SDC_CODING_MEAN ? tail_mean(column, bottom, -1) : bottom;
    double high = tail == SDC_CODING_MEAN ? tail_mean(column, top, 1) : top;
    size_t changed = 0;
    for (size_t i = 0; i < column->rows; i++) {
        double x = column->values[i];
        bool above = x > top, below = x < bottom;   /* false beside NaN */
        ret_values[i] = above ? high : below ? low : x;
        changed += above || below;
    }
    *ret_changed = changed;
    return true;
}

/* --- rounding ---------------------------------------------------------------------------------- */

bool sdc_round(const SdcContext *context, const SdcNumbers *column, double base, SdcRounding rounding,
               uint64_t seed, uint64_t stream, double *ret_values, SdcError *ret_error)
{
    if (!sdc_numbers_check(column, ret_error))
        return false;
    if (!(base > 0) || isinf(base))
        return sdc_failure(ret_error, SDC_ERROR_ARGUMENT, "The base is %g; it must be above 0.", base);
    for (size_t i = 0; i < column->rows; i++) {
        if (fabs(column->values[i]) / base >= 0x1p52)
            return sdc_failure(ret_error, SDC_ERROR_LIMIT, "Row %zu has %g, too large for multiples of %g.",
                               i + 1, column->values[i], base);
    }
    for (size_t i = 0; i < column->rows; i++) {
        double quotient = column->values[i] / base, whole = floor(quotient);
        if (rounding == SDC_ROUNDING_RANDOM)
            whole += sdc_random_uniform(context, seed, stream, i) < quotient - whole;
        else
            whole = round(quotient);
        ret_values[i] = isnan(quotient) ? quotient : whole * base + 0.0;
    }
    return true;
}

/* --- sampling and order -------------------------------------------------------------------------- */

bool sdc_shuffle(const SdcContext *context, size_t rows, uint64_t seed, uint64_t stream,
                 uint32_t *ret_order, SdcError *ret_error)
{
    SDC_SCOPE(scope, context);
    if (rows > SDC_ROWS_MAX)
        return sdc_failure(ret_error, SDC_ERROR_LIMIT, "%zu rows are more than %zu.", rows, SDC_ROWS_MAX);
    uint64_t *words = sdc_scope_alloc(&scope, rows, sizeof *words, ret_error);
    if (words == NULL)
        return false;
    uint32_t *second = sdc_scope_alloc(&scope, rows, sizeof *second, ret_error);
    if (second == NULL)
        return false;
    for (int half = 1; half >= 0; half--) {   /* by the second word, then, stable, by the first */
        for (size_t i = 0; i < rows; i++) {
            uint64_t both[2];
            size_t row = half == 1 ? i : second[i];
            sdc_random_words(context, seed, stream, row, both);
            words[i] = both[half];
        }
        if (!sdc_order_words(context, words, rows, half == 1 ? second : ret_order, ret_error))
            return false;
    }
    for (size_t i = 0; i < rows; i++)
        ret_order[i] = second[ret_order[i]];
    return true;
}

static bool check_sample(size_t rows, double fraction, const SdcCodes *strata, const SdcNumbers *weights,
                         SdcError *ret_error)
{
    if (!(fraction > 0 && fraction <= 1))
        return sdc_failure(ret_error, SDC_ERROR_ARGUMENT,
                           "The fraction is %g; it must be above 0 and at most 1.", fraction);
    if ((strata != NULL && strata->rows != rows) || (weights != NULL && weights->rows != rows))
        return sdc_failure(ret_error, SDC_ERROR_DATA,
                           "Strata and weights must have as many rows as there are records.");
    if (strata != NULL && !sdc_codes_check(strata, ret_error))
        return false;
    for (size_t i = 0; weights != NULL && i < rows; i++) {
        if (!(weights->values[i] >= 0) || isinf(weights->values[i]))
            return sdc_failure(ret_error, SDC_ERROR_DATA, "Row %zu has weight %g; a weight is a number of at "
                               "least 0.", i + 1, weights->values[i]);
    }
    return true;
}

bool sdc_sample(const SdcContext *context, size_t rows, double fraction, const SdcCodes *strata,
                const SdcNumbers *weights, uint64_t seed, uint64_t stream, uint8_t *ret_keep,
                double *ret_weights, SdcError *ret_error)
{
    SDC_SCOPE(scope, context);
    if (!check_sample(rows, fraction, strata, weights, ret_error))
        return false;
    size_t count = strata != NULL ? (size_t)strata->categories + 1 : 1;
    uint32_t *order = sdc_scope_alloc(&scope, rows, sizeof *order, ret_error);
    if (order == NULL)
        return false;
    size_t *sizes = sdc_scope_alloc(&scope, count, sizeof *sizes, ret_error);
    if (sizes == NULL)
        return false;
    size_t *taken = sdc_scope_alloc(&scope, count, sizeof *taken, ret_error);
    if (taken == NULL || !sdc_shuffle(context, rows, seed, stream, order, ret_error))
        return false;
    for (size_t i = 0; i < rows; i++)
        sizes[strata != NULL ? strata->codes[i] : 0]++;
    for (size_t s = 0; s < count; s++) {
        if (sizes[s] > 0 && floor(fraction * (double)sizes[s] + .5) < 1)
            return sdc_failure(ret_error, SDC_ERROR_IMPOSSIBLE,
                               "A stratum of %zu records would have no record in a sample of %g.",
                               sizes[s], fraction);
    }
    for (size_t o = 0; o < rows; o++) {
        size_t i = order[o], s = strata != NULL ? strata->codes[i] : 0;
        double wanted = floor(fraction * (double)sizes[s] + .5);
        bool keep = (double)taken[s] < wanted;
        taken[s] += keep;
        ret_keep[i] = keep;
        if (ret_weights != NULL)
            ret_weights[i] = keep ? (weights != NULL ? weights->values[i] : 1) *
                                        ((double)sizes[s] / wanted)
                                  : 0;
    }
    return true;
}
