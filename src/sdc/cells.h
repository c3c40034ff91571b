/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One cell of a table while it is being made: a record of 64-bit words that rows, and the records of
 * parts, are added to. Private to src/sdc; both ways of sdc_tabulate() use it, so that they cannot differ.
 */
#ifndef DARSE_SDC_CELLS_H
#define DARSE_SDC_CELLS_H

#include "sdc/bag.h"
#include "sdc/nodes.h"
#include "sdc/tabulate.h"

#include <math.h>

/* Where the fields of a record are, in words; 0 is none (COUNT may be the first word). */
typedef struct SdcLayout {
    unsigned words, key_words, top;
    unsigned count, units, total, absolute, cell_key, first, values, weights;
} SdcLayout;

/* KEY_WORDS 2: a pair of cell and holding, which is one contributor and has no list of them. */
SdcLayout sdc_layout_of(const SdcTabulation *in, unsigned key_words);

#define SDC_WEIGHT_MAX 1e15

/* SDC_ERROR_DATA where ROW stands at no leaf, or a number of it is none. */
bool sdc_tabulation_check_row(const SdcTabulation *in, const SdcNodes *nodes, size_t row,
                              SdcError *ret_error);

/* CELLS cells whose values are not set. */
bool sdc_cube_init(const SdcContext *context, unsigned dimensions, const SdcLayout *layout, SdcCube *ret_cube,
                   size_t cells, SdcError *ret_error);
/* RECORD NULL: an empty cell. The nodes are the caller's. */
void sdc_cube_set(const SdcCube *cube, const SdcLayout *layout, size_t cell, const SdcWord *record);

/* Into the list of the largest contributors, largest first; equal ones keep the one that came first. */
static inline void sdc_record_insert(const SdcLayout *layout, SdcWord *record, double value, double weight)
{
    double size = fabs(value);
    SdcWord *values = record + layout->values;
    if (!(size > fabs(values[layout->top - 1].d)))
        return;
    unsigned at = layout->top - 1;
    for (; at > 0 && size > fabs(values[at - 1].d); at--) {
        values[at] = values[at - 1];
        if (layout->weights != 0)
            record[layout->weights + at] = record[layout->weights + at - 1];
    }
    values[at].d = value;
    if (layout->weights != 0)
        record[layout->weights + at].d = weight;
}

/* WHO is the largest contributor of what is added. Nobody knows of the empty list that it is empty but by
 * UNITS, which is why this comes before UNITS are added. */
static inline void sdc_record_add_first(const SdcLayout *layout, SdcWord *record, double value, uint64_t who)
{
    double held = fabs(record[layout->values].d);
    bool larger = fabs(value) > held || (fabs(value) == held && who < record[layout->first].u);
    if (record[layout->units].d == 0 || larger)
        record[layout->first].u = who;
}

static inline void sdc_record_add_contributor(const SdcLayout *layout, SdcWord *record, double value,
                                              double weight, uint64_t who)
{
    if (layout->top > 0) {
        sdc_record_add_first(layout, record, value, who);
        sdc_record_insert(layout, record, value, weight);
    }
    record[layout->units].d += 1;
}

/* What a part's record holds, into its total's. */
static inline void sdc_record_add(const SdcLayout *layout, SdcWord *to, const SdcWord *from)
{
    to[layout->count].d += from[layout->count].d;
    if (layout->total != 0) {
        to[layout->total].d += from[layout->total].d;
        to[layout->absolute].d += from[layout->absolute].d;
    }
    if (layout->cell_key != 0)
        to[layout->cell_key].u += from[layout->cell_key].u;
    if (layout->top > 0 && from[layout->units].d > 0) {
        sdc_record_add_first(layout, to, from[layout->values].d, from[layout->first].u);
        for (unsigned t = 0; t < layout->top; t++)
            sdc_record_insert(layout, to, from[layout->values + t].d,
                       layout->weights != 0 ? from[layout->weights + t].d : 1);
    }
    to[layout->units].d += from[layout->units].d;
}

static inline void sdc_record_add_row(const SdcLayout *layout, SdcWord *record, double weight,
                                      double value, double key, uint64_t who)
{
    record[layout->count].d += weight;
    if (layout->total != 0) {
        record[layout->total].d += weight * value;
        record[layout->absolute].d += weight * fabs(value);
    }
    if (layout->cell_key != 0)
        record[layout->cell_key].u += (uint64_t)(key * 0x1p64);
    sdc_record_add_contributor(layout, record, value, weight, who);
}

#endif
