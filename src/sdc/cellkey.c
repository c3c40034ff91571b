/* SPDX-License-Identifier: Apache-2.0 */
#include "sdc/cellkey.h"

#include "sdc/failure.h"
#include "sdc/lookup.h"
#include "sdc/memory.h"

#include <math.h>

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
    return sdc_lookup_change(chances, row, key);
}

bool sdc_cellkey_perturb(const SdcChances *chances, const double *counts, const double *keys, size_t cells,
                         double *ret_counts, SdcError *ret_error)
{
    if (chances->rows == 0 || chances->steps != 1)
        return sdc_failure(ret_error, SDC_ERROR_ARGUMENT, "Counts are changed by whole numbers; the table of "
                           "chances has no rows, or %u steps a unit.", chances->steps);
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
