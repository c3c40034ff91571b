/* SPDX-License-Identifier: Apache-2.0 */
#include "sdc/magnitudes.h"

#include "sdc/failure.h"
#include "sdc/lookup.h"

#include <math.h>
#include <string.h>

/* --- rules ------------------------------------------------------------------------------------------- */

static double last_variance(const SdcChances *chances)
{
    double sum = 0, steps = chances->steps;
    for (size_t k = chances->starts[chances->rows - 1]; k < chances->starts[chances->rows]; k++)
        sum += chances->chances[k] * (chances->changes[k] / steps) * (chances->changes[k] / steps);
    return sum;
}

static bool is_table(const SdcChances *chances)
{
    return chances->rows >= 2 && chances->steps >= 1 && last_variance(chances) > 0;
}

static bool check_weights(const SdcMagnitudeRules *rules, SdcError *ret_error)
{
    if (rules->top < 1 || rules->top > SDC_TOP_MAX ||
        (rules->magnifier != SDC_MAGNIFIER_TOP && rules->top != 1))
        return sdc_failure(ret_error, SDC_ERROR_ARGUMENT, "Noise was asked for from %u contributors; it is 1 "
                           "to %d, and 1 where the mean or the sum is its scale.", rules->top, SDC_TOP_MAX);
    if (rules->weights[0] != 1)
        return sdc_failure(ret_error, SDC_ERROR_ARGUMENT, "The largest contributor's noise has weight %g; it "
                           "must be 1.", rules->weights[0]);
    for (unsigned j = 1; j < rules->top; j++) {
        if (!(rules->weights[j] >= 0 && rules->weights[j] <= rules->weights[j - 1]))
            return sdc_failure(ret_error, SDC_ERROR_ARGUMENT, "The noise of contributor %u has weight %g; "
                               "weights are not below 0 and do not increase.", j + 1, rules->weights[j]);
    }
    return true;
}

static bool check_rules(const SdcMagnitudeRules *rules, SdcError *ret_error)
{
    if (rules->even == NULL || !is_table(rules->even) || (rules->odd != NULL && !is_table(rules->odd)) ||
        (rules->small != NULL && !is_table(rules->small)))
        return sdc_failure(ret_error, SDC_ERROR_ARGUMENT, "A table of chances is missing, or its last row "
                           "changes nothing.");
    if (rules->magnifier > SDC_MAGNIFIER_SUM || !check_weights(rules, ret_error))
        return rules->magnifier > SDC_MAGNIFIER_SUM
                   ? sdc_failure(ret_error, SDC_ERROR_ARGUMENT, "There is no scale of noise number %d.",
                                 (int)rules->magnifier)
                   : false;
    if (!(rules->small_share > 0 && rules->small_share <= 1))
        return sdc_failure(ret_error, SDC_ERROR_ARGUMENT, "The share of noise of small cells is %g; it is "
                           "above 0 and at most 1.", rules->small_share);
    if (!(rules->flexpoint >= 0 && rules->flexpoint <= 1e300))
        return sdc_failure(ret_error, SDC_ERROR_ARGUMENT, "The flexpoint is %g; it is 0 for none, or above.",
                           rules->flexpoint);
    if (rules->flexpoint > 0 && (!(rules->large_share > 0 && rules->large_share <= rules->small_share) ||
                                 !(rules->power >= 1 && rules->power <= 100)))
        return sdc_failure(ret_error, SDC_ERROR_ARGUMENT, "The share of noise of large cells is %g and the "
                           "power %g; they must be above 0 and at most that of small cells, and 1 to 100.",
                           rules->large_share, rules->power);
    return true;
}

static double separation(const SdcMagnitudeRules *rules)
{
    double squares = 0;
    for (unsigned j = 0; j < rules->top; j++)
        squares += rules->weights[j] * rules->weights[j];
    return rules->small == NULL
               ? 0
               : sqrt(last_variance(rules->small) / (last_variance(rules->even) * squares)) / rules->small_share;
}

bool sdc_magnitudes_separation(const SdcMagnitudeRules *rules, double *ret_point, SdcError *ret_error)
{
    if (!check_rules(rules, ret_error))
        return false;
    double point = separation(rules);
    if (rules->flexpoint > 0 && rules->flexpoint < point)
        return sdc_failure(ret_error, SDC_ERROR_ARGUMENT, "The flexpoint is %g, below %g, where small cells "
                           "end.", rules->flexpoint, point);
    *ret_point = point;
    return true;
}

/* --- noise -------------------------------------------------------------------------------------------- */

static double flex(const SdcMagnitudeRules *rules, double size)
{
    double f = rules->flexpoint, p1 = rules->small_share, p2 = rules->large_share;
    if (f == 0 || size <= f)
        return p1;
    return p2 + (p1 * (size / f) - p2) * pow(2 * (f / (f + size)), rules->power);
}

static double look_up(const SdcChances *chances, double state, double key)
{
    double steps = chances->steps;
    size_t last = chances->rows - 1;
    if (!(state < (double)last))
        return sdc_lookup_change(chances, last, key) / steps;
    size_t row = (size_t)state;
    double part = state - (double)row;
    return ((1 - part) * sdc_lookup_change(chances, row, key) +
            part * sdc_lookup_change(chances, row + 1, key)) / steps;
}

/* Another key for each contributor, by the finaliser of SplitMix64 over the bits of the cell's. */
static double key_of(double key, unsigned j)
{
    uint64_t bits;
    if (j == 0)
        return key;
    memcpy(&bits, &key, sizeof bits);
    bits += j * UINT64_C(0x9E3779B97F4A7C15);
    bits = (bits ^ bits >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    bits = (bits ^ bits >> 27) * UINT64_C(0x94D049BB133111EB);
    bits ^= bits >> 31;
    return (double)(bits >> 11) * 0x1p-53;
}

/* The values of the TOP largest units. Where the contributors that were kept stand for fewer, the rest are
 * as large as the last one kept; where there are no others, there is no rest. */
static void largest_units(const SdcMagnitudeRules *rules, const SdcCube *cube, size_t cell, double *ret_units)
{
    double reached = 0, value = 0;
    unsigned kept = 0;
    for (unsigned j = 0; j < rules->top; j++) {
        while (reached <= j && kept < cube->top) {
            value = fabs(cube->top_values[kept][cell]);
            reached += cube->top_weights[kept++][cell];
        }
        ret_units[j] = reached > j || cube->units[cell] > cube->top ? value : 0;
    }
}

static void scales_of(const SdcMagnitudeRules *rules, const SdcCube *cube, size_t cell, double *ret_scales)
{
    if (rules->magnifier == SDC_MAGNIFIER_TOP)
        largest_units(rules, cube, cell, ret_scales);
    else if (rules->magnifier == SDC_MAGNIFIER_SUM)
        ret_scales[0] = cube->absolute[cell];
    else
        ret_scales[0] = cube->count[cell] > 0 ? cube->absolute[cell] / cube->count[cell] : 0;
    double share = flex(rules, cube->absolute[cell]);
    for (unsigned j = 0; j < rules->top; j++)
        ret_scales[j] *= share * rules->weights[j];
}

static double perturbed(const SdcMagnitudeRules *rules, const SdcCube *cube, size_t cell, double small_point)
{
    double total = cube->total[cell], size = cube->absolute[cell], key = cube->cell_key[cell];
    /* Sums of the same terms in the same order: of one sign, they are the same to the bit. */
    bool one_sign = fabs(total) == size;
    if (size == 0)
        return total;
    if (size < small_point) {
        double change = one_sign ? look_up(rules->small, size, key) : look_up(rules->small, INFINITY, key);
        return one_sign ? copysign(fmax(size + change, 0), total) : total + change;
    }
    const SdcChances *chances =
        rules->odd != NULL && fmod(cube->units[cell], 2) == 1 ? rules->odd : rules->even;
    double scales[SDC_TOP_MAX], left = size, change = 0;
    scales_of(rules, cube, cell, scales);
    for (unsigned j = 0; j < rules->top; j++) {
        if (scales[j] == 0)
            continue;
        double noise = scales[j] * look_up(chances, one_sign ? left / scales[j] : INFINITY, key_of(key, j));
        left = fmax(left + noise, 0);
        change += noise;
    }
    return one_sign ? copysign(left, total) : total + change;
}

static bool check_cube(const SdcMagnitudeRules *rules, const SdcCube *cube, SdcError *ret_error)
{
    if (cube->total == NULL || cube->absolute == NULL || cube->cell_key == NULL)
        return sdc_failure(ret_error, SDC_ERROR_DATA, "The table has no values or no record keys.");
    if (rules->magnifier == SDC_MAGNIFIER_TOP && cube->top < rules->top)
        return sdc_failure(ret_error, SDC_ERROR_DATA, "The table keeps %u contributors, and the noise of %u "
                           "was asked for.", cube->top, rules->top);
    for (size_t i = 0; i < cube->cells; i++) {
        if (!isfinite(cube->total[i]) || !isfinite(cube->absolute[i]) ||
            !(cube->cell_key[i] >= 0 && cube->cell_key[i] < 1))
            return sdc_failure(ret_error, SDC_ERROR_DATA, "Cell %zu has the total %g and the key %g; a total "
                               "is finite, a key in [0, 1).", i + 1, cube->total[i], cube->cell_key[i]);
    }
    return true;
}

bool sdc_magnitudes_perturb(const SdcMagnitudeRules *rules, const SdcCube *cube, double *ret_totals,
                            SdcError *ret_error)
{
    double point;
    if (!sdc_magnitudes_separation(rules, &point, ret_error) || !check_cube(rules, cube, ret_error))
        return false;
    for (size_t i = 0; i < cube->cells; i++)
        ret_totals[i] = perturbed(rules, cube, i, point);
    return true;
}
