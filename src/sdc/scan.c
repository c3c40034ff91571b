/* SPDX-License-Identifier: Apache-2.0 */
/* The loops, once for each width of code. */
#include "sdc/scan.h"

#include <string.h>

bool sdc_grid_make(SdcScope *scope, const SdcCodes *columns, size_t count, SdcGrid *ret_grid,
                   SdcError *ret_error)
{
    SdcGrid grid = {.rows = columns[0].rows, .variables = count, .narrow = true};
    for (size_t v = 0; v < count; v++)
        grid.narrow &= columns[v].categories <= UINT8_MAX;
    size_t width = grid.narrow ? sizeof(uint8_t) : sizeof(uint32_t), cells;
    cells = grid.rows * count;   /* both were checked with the packing of keys */
    uint8_t *block = sdc_scope_alloc(scope, cells, width, ret_error);
    if (block == NULL)
        return false;
    for (size_t v = 0; v < count; v++) {
        grid.columns[v] = block + v * grid.rows * width;
        for (size_t i = 0; i < grid.rows; i++)
            sdc_grid_set(&grid, v, i, columns[v].codes[i]);
    }
    *ret_grid = grid;
    return true;
}

void sdc_grid_row(const SdcGrid *grid, size_t row, uint32_t *ret_codes)
{
    for (size_t v = 0; v < grid->variables; v++)
        ret_codes[v] = sdc_grid_get(grid, v, row);
}

#define DEFINE_LOOPS(type, name)                                                                       \
    static void distances_##name(const type *column, type code, size_t count, uint8_t *distances)      \
    {                                                                                                  \
        for (size_t i = 0; i < count; i++)                                                             \
            distances[i] = (uint8_t)(distances[i] + ((column[i] != code) & (column[i] != 0)));         \
    }                                                                                                  \
    static void masks_##name(const type *column, type code, size_t count, unsigned v, uint16_t *masks) \
    {                                                                                                  \
        uint16_t bit = (uint16_t)(1u << v);                                                            \
        for (size_t i = 0; i < count; i++)                                                             \
            masks[i] = (uint16_t)(masks[i] |                                                           \
                                  ((column[i] != code) & (column[i] != 0) ? bit : 0));                 \
    }                                                                                                  \
    static bool any_##name(const type *column, type code, size_t count, const uint8_t *distances,      \
                           uint8_t distance)                                                           \
    {                                                                                                  \
        uint8_t any = 0;                                                                               \
        for (size_t i = 0; i < count; i++)                                                             \
            any = (uint8_t)(any | ((column[i] != code) & (column[i] != 0) &                            \
                                   (distances[i] == distance)));                                       \
        return any != 0;                                                                               \
    }

DEFINE_LOOPS(uint8_t, narrow)
DEFINE_LOOPS(uint32_t, wide)

void sdc_scan_distances(const SdcGrid *grid, const uint32_t *codes, size_t start, size_t count,
                        uint8_t *ret_distances)
{
    memset(ret_distances, 0, count);
    for (size_t v = 0; v < grid->variables; v++) {
        if (codes[v] == 0)
            continue;
        if (grid->narrow)
            distances_narrow((const uint8_t *)grid->columns[v] + start, (uint8_t)codes[v], count,
                             ret_distances);
        else
            distances_wide((const uint32_t *)grid->columns[v] + start, codes[v], count,
                           ret_distances);
    }
}

void sdc_scan_masks(const SdcGrid *grid, const uint32_t *codes, size_t start, size_t count,
                    uint16_t *ret_masks)
{
    memset(ret_masks, 0, count * sizeof *ret_masks);
    for (unsigned v = 0; v < grid->variables; v++) {
        if (codes[v] == 0)
            continue;
        if (grid->narrow)
            masks_narrow((const uint8_t *)grid->columns[v] + start, (uint8_t)codes[v], count, v,
                         ret_masks);
        else
            masks_wide((const uint32_t *)grid->columns[v] + start, codes[v], count, v, ret_masks);
    }
}

bool sdc_scan_any(const SdcGrid *grid, uint32_t code, size_t v, size_t start, size_t count,
                  const uint8_t *distances, uint8_t distance)
{
    if (code == 0)
        return false;
    if (grid->narrow)
        return any_narrow((const uint8_t *)grid->columns[v] + start, (uint8_t)code, count, distances,
                          distance);
    return any_wide((const uint32_t *)grid->columns[v] + start, code, count, distances, distance);
}

uint8_t sdc_scan_least(const uint8_t *distances, size_t count)
{
    uint8_t least = UINT8_MAX;   /* of distance - 1, where 0 wraps to the largest */
    for (size_t i = 0; i < count; i++) {
        uint8_t d = (uint8_t)(distances[i] - 1);
        least = d < least ? d : least;
    }
    return (uint8_t)(least + 1);
}
