/* SPDX-License-Identifier: Apache-2.0 */
/* Columns of a frame, and numbers as categories. */
#include "sdc/frame.h"

#include "sdc/blocks.h"
#include "sdc/failure.h"
#include "sdc/sorting.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void sdc_frame_clear(const SdcContext *context, SdcFrame *frame)
{
    if (frame == NULL)
        return;
    sdc_blocks_clear(context, &frame->blocks);
    *frame = (SdcFrame){0};
}

/* The program's locale may write a comma, or a sign of several bytes. */
static void write_point(char *text)
{
    const char *sign = localeconv()->decimal_point;
    size_t length = strlen(sign);
    char *at = length > 0 && strcmp(sign, ".") != 0 ? strstr(text, sign) : NULL;
    if (at == NULL)
        return;
    *at = '.';
    memmove(at + 1, at + length, strlen(at + length) + 1);
}

const char *sdc_number_text(double value, char ret_text[SDC_NUMBER_TEXT_BYTES])
{
    value = value == 0 ? 0.0 : value;
    snprintf(ret_text, SDC_NUMBER_TEXT_BYTES, "%.15g", value);
    if (strtod(ret_text, NULL) != value)
        snprintf(ret_text, SDC_NUMBER_TEXT_BYTES, "%.17g", value);
    write_point(ret_text);
    return ret_text;
}

/* Codes by increasing value; RET_FIRST receives a row of each category. Returns how many there are. */
static uint32_t number_values(const double *values, const uint32_t *order, size_t rows, uint32_t *codes,
                              uint32_t *ret_first)
{
    uint32_t count = 0;
    double last = 0;
    for (size_t i = 0; i < rows; i++) {
        double value = values[order[i]];
        if (value != value)
            break;   /* missing ones come last, their codes are 0 */
        if (count == 0 || value != last)
            ret_first[count++] = order[i];
        last = value;
        codes[order[i]] = count;
    }
    return count;
}

bool sdc_frame_make_codes(const SdcContext *context, SdcFrame *frame, size_t index, SdcError *ret_error)
{
    if (index >= frame->count)
        return sdc_failure(ret_error, SDC_ERROR_ARGUMENT, "There is no column %zu.", index);
    SdcColumn *column = &frame->columns[index];
    if (column->kind == SDC_COLUMN_CODES)
        return true;
    if (column->kind != SDC_COLUMN_NUMBERS)
        return sdc_failure(ret_error, SDC_ERROR_ARGUMENT, "Column %zu has neither numbers nor codes.", index);
    SDC_SCOPE(scope, context);
    const double *values = column->numbers.values;
    uint32_t *order = sdc_scope_alloc(&scope, frame->rows, sizeof *order, ret_error);
    uint32_t *first = sdc_scope_alloc(&scope, frame->rows, sizeof *first, ret_error);
    uint32_t *codes = sdc_blocks_alloc(context, &frame->blocks, frame->rows, sizeof *codes, ret_error);
    if (order == NULL || first == NULL || codes == NULL ||
        !sdc_order_numbers(context, values, frame->rows, order, ret_error))
        return false;
    uint32_t count = number_values(values, order, frame->rows, codes, first);
    const char **labels = sdc_blocks_alloc(context, &frame->blocks, count, sizeof *labels, ret_error);
    char(*texts)[SDC_NUMBER_TEXT_BYTES] =
        labels != NULL ? sdc_blocks_alloc(context, &frame->blocks, count, sizeof *texts, ret_error) : NULL;
    if (texts == NULL)
        return false;
    for (uint32_t c = 0; c < count; c++)
        labels[c] = sdc_number_text(values[first[c]], texts[c]);
    column->codes = (SdcCodes){frame->rows, count, codes, labels};
    column->kind = SDC_COLUMN_CODES;
    return true;
}
