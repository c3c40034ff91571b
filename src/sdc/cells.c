/* SPDX-License-Identifier: Apache-2.0 */
#include "sdc/cells.h"

#include "sdc/failure.h"
#include "sdc/memory.h"

static unsigned take_words(SdcLayout *layout, unsigned count)
{
    unsigned at = layout->words;
    layout->words += count;
    return at;
}

SdcLayout sdc_layout_of(const SdcTabulation *in, unsigned key_words)
{
    bool pairs = key_words == 2;
    SdcLayout layout = {.words = key_words, .key_words = key_words};
    layout.count = take_words(&layout, 1);
    layout.units = take_words(&layout, 1);
    if (in->values != NULL) {
        layout.total = take_words(&layout, 1);
        layout.absolute = take_words(&layout, 1);
    }
    if (in->record_keys != NULL)
        layout.cell_key = take_words(&layout, 1);
    if (in->top > 0 && !pairs) {
        layout.top = in->top;
        layout.first = take_words(&layout, 1);
        layout.values = take_words(&layout, in->top);
        if (in->weights != NULL && in->holdings == NULL)
            layout.weights = take_words(&layout, in->top);
    }
    return layout;
}

static bool check_codes(const SdcTabulation *in, const SdcNodes *nodes, size_t row, SdcError *ret_error)
{
    for (unsigned d = 0; d < in->dimensions; d++) {
        uint32_t code = in->codes[d][row];
        if (code == 0 || code > nodes[d].count)
            return sdc_failure(ret_error, SDC_ERROR_DATA, code == 0
                               ? "Row %zu has no category in dimension %u: leave such rows out, or give "
                                 "them a category." : "Row %zu has a category that dimension %u has not.",
                               row + 1, d + 1);
        if (nodes[d].heights[code - 1] != 0)
            return sdc_failure(ret_error, SDC_ERROR_DATA, "Row %zu stands at a total of dimension %u; "
                               "records stand at the lowest categories.", row + 1, d + 1);
    }
    return true;
}

bool sdc_tabulation_check_row(const SdcTabulation *in, const SdcNodes *nodes, size_t row,
                              SdcError *ret_error)
{
    if (!check_codes(in, nodes, row, ret_error))
        return false;
    if (in->values != NULL && !isfinite(in->values[row]))
        return sdc_failure(ret_error, SDC_ERROR_DATA, "Row %zu has no finite value: leave such rows out, "
                           "or give them one.", row + 1);
    if (in->weights != NULL && !(in->weights[row] >= 0 && in->weights[row] <= SDC_WEIGHT_MAX))
        return sdc_failure(ret_error, SDC_ERROR_DATA, "Row %zu has the weight %g; a weight is a number "
                           "from 0 to 1e15.", row + 1, in->weights[row]);
    if (in->record_keys != NULL && !(in->record_keys[row] >= 0 && in->record_keys[row] < 1))
        return sdc_failure(ret_error, SDC_ERROR_DATA, "Row %zu has the record key %g; a record key is in "
                           "[0, 1).", row + 1, in->record_keys[row]);
    return true;
}

/* The columns of a cube that hold numbers; returns how many. */
static size_t list_columns(SdcCube *cube, const SdcLayout *layout, double **ret_columns[])
{
    size_t count = 0;
    ret_columns[count++] = &cube->count;
    ret_columns[count++] = &cube->units;
    if (layout->total != 0) {
        ret_columns[count++] = &cube->total;
        ret_columns[count++] = &cube->absolute;
    }
    if (layout->cell_key != 0)
        ret_columns[count++] = &cube->cell_key;
    for (unsigned t = 0; t < layout->top; t++) {
        ret_columns[count++] = &cube->top_values[t];
        ret_columns[count++] = &cube->top_weights[t];
    }
    return count;
}

bool sdc_cube_init(const SdcContext *context, unsigned dimensions, const SdcLayout *layout, SdcCube *ret_cube,
                   size_t cells, SdcError *ret_error)
{
    SdcCube cube = {.dimensions = dimensions, .top = layout->top, .cells = cells};
    double **columns[5 + 2 * SDC_TOP_MAX];
    size_t count = list_columns(&cube, layout, columns);
    bool ok = true;
    for (unsigned d = 0; d < dimensions && ok; d++) {
        cube.nodes[d] = sdc_resize(context, NULL, 0, cells, sizeof(uint32_t), ret_error);
        ok = cube.nodes[d] != NULL;
    }
    for (size_t c = 0; c < count && ok; c++) {
        *columns[c] = sdc_resize(context, NULL, 0, cells, sizeof(double), ret_error);
        ok = *columns[c] != NULL;
    }
    if (ok && layout->top > 0) {
        cube.first = sdc_resize(context, NULL, 0, cells, sizeof(uint32_t), ret_error);
        ok = cube.first != NULL;
    }
    if (ok)
        *ret_cube = cube;
    else
        sdc_cube_clear(context, &cube);
    return ok;
}

void sdc_cube_set(const SdcCube *cube, const SdcLayout *layout, size_t cell, const SdcWord *record)
{
    static const SdcWord empty[8 + 2 * SDC_TOP_MAX];
    if (record == NULL)
        record = empty;
    cube->count[cell] = record[layout->count].d;
    cube->units[cell] = record[layout->units].d;
    if (layout->total != 0) {
        cube->total[cell] = record[layout->total].d;
        cube->absolute[cell] = record[layout->absolute].d;
    }
    if (layout->cell_key != 0)
        cube->cell_key[cell] = (double)(record[layout->cell_key].u >> 11) * 0x1p-53;
    for (unsigned t = 0; t < layout->top; t++) {
        cube->top_values[t][cell] = record[layout->values + t].d;
        cube->top_weights[t][cell] = layout->weights != 0 ? record[layout->weights + t].d
                                     : record[layout->units].d > t;
    }
    if (layout->top > 0)
        cube->first[cell] = (uint32_t)record[layout->first].u;
}

void sdc_cube_clear(const SdcContext *context, SdcCube *cube)
{
    size_t cells = cube->cells;
    for (unsigned d = 0; d < cube->dimensions; d++)
        sdc_release(context, cube->nodes[d], cells, sizeof(uint32_t));
    double *columns[] = {cube->count, cube->units, cube->total, cube->absolute, cube->cell_key};
    for (size_t c = 0; c < sizeof columns / sizeof *columns; c++)
        sdc_release(context, columns[c], cells, sizeof(double));
    for (unsigned t = 0; t < cube->top; t++) {
        sdc_release(context, cube->top_values[t], cells, sizeof(double));
        sdc_release(context, cube->top_weights[t], cells, sizeof(double));
    }
    sdc_release(context, cube->first, cells, sizeof(uint32_t));
    *cube = (SdcCube){0};
}
