/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A basis of the changes of cell values that keep all relations, as sparse rows modulo a prime. Fixing a
 * cell keeps only the changes that leave it as it is. Private to src/sdc; sdc/gauss.h says what for.
 *
 * Columns: the cells, then one a relation (what a row breaks of it; all are fixed by
 * sdc_changes_init()), then those added for pairs of cells.
 */
#ifndef DARSE_SDC_CHANGES_H
#define DARSE_SDC_CHANGES_H

#include "sdc/modular.h"
#include "sdc/relations.h"

/* Sorted by column. */
typedef struct SdcChange {
    uint32_t count, room;
    uint32_t *columns;
    uint64_t *values;
} SdcChange;

typedef struct SdcChanges {
    const SdcContext *context;
    SdcPrime prime;
    size_t columns, column_room;
    SdcChange *rows;
    size_t row_count;
    uint32_t *counts;        /* rows that have a column */
    uint32_t *heads;         /* 1 + the first note of a column */
    bool *dropped;           /* columns that nobody asks about any more: their entries may be gone */
    struct SdcNote *notes;   /* (row, next): rows that had a column once */
    size_t note_count, note_room;
    uint32_t *list;          /* rows of one column */
    size_t list_room;
    size_t fixed;            /* rows in the list after sdc_changes_fix() */
    SdcChange scratch;
} SdcChanges;

/* PAIRS: room for columns that sdc_changes_add_pair() adds. */
bool sdc_changes_init(const SdcContext *context, SdcChanges *changes, const SdcRelations *relations,
                      SdcPrime prime, size_t pairs, SdcError *ret_error);
void sdc_changes_clear(SdcChanges *changes);

/* A column that is A - RATIO * B. */
bool sdc_changes_add_pair(SdcChanges *changes, uint32_t a, uint32_t b, uint64_t ratio,
                          SdcError *ret_error);
/* The rows that have COLUMN, in changes->list, lowest first; false when memory runs out. */
bool sdc_changes_find(SdcChanges *changes, uint32_t column, size_t *ret_count, SdcError *ret_error);
/* Keeps the changes that leave COLUMN as it is. */
bool sdc_changes_fix(SdcChanges *changes, uint32_t column, SdcError *ret_error);
/* Of the first COUNT rows of changes->list: a row whose columns are all in KEPT (or dropped) is never
 * changed again, so that these columns never become nothing. They are dropped, and no longer kept. */
void sdc_changes_close(SdcChanges *changes, size_t count, bool *kept);
/* After sdc_changes_find(BY): is COLUMN a multiple of BY in all rows (and not nothing)? */
bool sdc_changes_follows(const SdcChanges *changes, uint32_t column, uint32_t by, size_t count,
                         uint64_t *ret_ratio);

#endif
