/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One record against a block of records, column by column: in how many key variables, and in which, both
 * have a value and differ. Codes are bytes where they fit (most key variables do), else 32-bit words; the
 * loops are plain so that compilers turn them into vector instructions. Private to src/sdc.
 */
#ifndef DARSE_SDC_SCAN_H
#define DARSE_SDC_SCAN_H

#include "sdc/keys.h"
#include "sdc/scope.h"

#define SDC_SCAN_BLOCK 4096

/* COLUMNS of ROWS codes each, in bytes when NARROW. */
typedef struct SdcGrid {
    size_t rows, variables;
    bool narrow;
    void *columns[SDC_KEYS_MAX];
} SdcGrid;

/* In blocks of SCOPE; NARROW by the largest number of categories. */
bool sdc_grid_make(SdcScope *scope, const SdcCodes *columns, size_t count, SdcGrid *ret_grid,
                   SdcError *ret_error);

static inline uint32_t sdc_grid_get(const SdcGrid *grid, size_t v, size_t row)
{
    return grid->narrow ? ((const uint8_t *)grid->columns[v])[row]
                        : ((const uint32_t *)grid->columns[v])[row];
}

static inline void sdc_grid_set(SdcGrid *grid, size_t v, size_t row, uint32_t code)
{
    if (grid->narrow)
        ((uint8_t *)grid->columns[v])[row] = (uint8_t)code;
    else
        ((uint32_t *)grid->columns[v])[row] = code;
}

/* The codes of one record, VARIABLES values. */
void sdc_grid_row(const SdcGrid *grid, size_t row, uint32_t *ret_codes);

/* Distances of records START .. START + COUNT - 1 (COUNT <= SDC_SCAN_BLOCK) to CODES. */
void sdc_scan_distances(const SdcGrid *grid, const uint32_t *codes, size_t start, size_t count,
                        uint8_t *ret_distances);
/* The same as masks of variables; at most 16 variables. */
void sdc_scan_masks(const SdcGrid *grid, const uint32_t *codes, size_t start, size_t count,
                    uint16_t *ret_masks);
/* Does a record of the block at DISTANCE differ in variable V? */
bool sdc_scan_any(const SdcGrid *grid, uint32_t code, size_t v, size_t start, size_t count,
                  const uint8_t *distances, uint8_t distance);
/* The least distance above 0, or 0 when there is none. */
uint8_t sdc_scan_least(const uint8_t *distances, size_t count);

#endif
