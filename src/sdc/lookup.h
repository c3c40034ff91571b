/* SPDX-License-Identifier: Apache-2.0 */
/* The change that a key stands for in a row of a table of chances. Private to src/sdc. */
#ifndef DARSE_SDC_LOOKUP_H
#define DARSE_SDC_LOOKUP_H

#include "sdc/chances.h"

/* The first change of ROW whose cumulated chance is above KEY, in [0, 1). */
static inline int32_t sdc_lookup_change(const SdcChances *chances, size_t row, double key)
{
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

#endif
