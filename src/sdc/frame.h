/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Named columns in the shapes of the kernels, as they come in and go out by Arrow (sdc/arrow.h).
 *
 * Text of a number: the shortest of the forms with 15 and with 17 significant digits that is read back as the
 * same number, with a point whatever the program's locale; -0 is 0.
 */
#ifndef DARSE_SDC_FRAME_H
#define DARSE_SDC_FRAME_H

#include "sdc/core.h"

typedef enum SdcColumnKind {
    SDC_COLUMN_NUMBERS,   /* NUMBERS */
    SDC_COLUMN_CODES,     /* CODES, with labels */
    SDC_COLUMN_COUNTS,    /* COUNTS: whole numbers that are never missing; results only */
    SDC_COLUMN_FLAGS,     /* FLAGS: 0 or 1, never missing; results only */
} SdcColumnKind;

typedef struct SdcColumn {
    const char *name;     /* UTF-8, may be "" */
    SdcColumnKind kind;
    SdcNumbers numbers;
    SdcCodes codes;
    const uint32_t *counts;
    const uint8_t *flags;
} SdcColumn;

/* COUNT columns of ROWS values, owned with all that they point to. */
typedef struct SdcFrame {
    size_t rows, count;
    SdcColumn *columns;
    void *blocks;         /* of the library */
} SdcFrame;

/* Accepts NULL and empty frames. */
void sdc_frame_clear(const SdcContext *context, SdcFrame *frame);

/* Column INDEX becomes codes, where it is numbers: a category for each value, in increasing order, labelled with
 * its text. Codes stay as they are. O(rows). The numbers stay readable in NUMBERS. */
bool sdc_frame_make_codes(const SdcContext *context, SdcFrame *frame, size_t index, SdcError *ret_error);

/* As above. VALUE is finite. Returns RET_TEXT. */
#define SDC_NUMBER_TEXT_BYTES 40
const char *sdc_number_text(double value, char ret_text[SDC_NUMBER_TEXT_BYTES]);

#endif
