/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Records in memory, by columns: numbers as doubles (NaN missing), everything else as codes of a
 * dictionary (0 missing). The shapes are those of the kernels, which read them in place.
 */
#ifndef DARSE_PROTECT_MICRODATA_H
#define DARSE_PROTECT_MICRODATA_H

#include "sdc/core.h"
#include "sdc/frame.h"

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct MicrodataColumn {
    char *name;
    bool is_number;
    GArray *values;        /* of double, when a number */
    GArray *codes;         /* of uint32_t, else */
    GPtrArray *labels;     /* text of code c at c - 1 */
    GHashTable *index;     /* text -> code */
    unsigned level;        /* of its hierarchy, after recoding */
} MicrodataColumn;

typedef struct Microdata {
    size_t rows;
    GPtrArray *columns;    /* of MicrodataColumn */
    GArray *origin;        /* of uint32_t: the record of the file that each one was */
} Microdata;

Microdata *microdata_new(void);
void microdata_free(Microdata *data);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Microdata, microdata_free)

MicrodataColumn *microdata_add_column(Microdata *data, const char *name, bool is_number);
/* One record: a text for each column, NULL where missing. A number that is none (or is not finite) is
 * refused with the row and the column. */
bool microdata_append(Microdata *data, const char *const *values, GError **error);
/* NULL if there is none of that name. */
MicrodataColumn *microdata_find(const Microdata *data, const char *name);
void microdata_drop(Microdata *data, const MicrodataColumn *column);
/* Keeps the COUNT records of ORDER, in that order. */
void microdata_take(Microdata *data, const uint32_t *order, size_t count);
Microdata *microdata_copy(const Microdata *data);

/* The column as the kernels read it; valid while it does not change. */
SdcCodes column_codes(const MicrodataColumn *column);
SdcNumbers column_numbers(const MicrodataColumn *column);
/* A new code for LABEL where there is none yet. */
uint32_t column_code(MicrodataColumn *column, const char *label);
/* Becomes codes with these labels (NULL-ended or COUNT of them; copied). CODES is taken. */
void column_set_codes(MicrodataColumn *column, GArray *codes, const char *const *labels, size_t count);
/* A number becomes one category for each value, in increasing order; categories stay. */
void column_make_codes(MicrodataColumn *column);
/* The text of a value as it is written, NULL where missing; BUFFER has COLUMN_TEXT_BYTES. */
#define COLUMN_TEXT_BYTES SDC_NUMBER_TEXT_BYTES
const char *column_text(const MicrodataColumn *column, size_t row, char *buffer);

#endif
