/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A basis of the changes of cell values that keep all relations, modulo a prime. Fixing a cell keeps only
 * the changes that leave it as it is. Private to src/sdc; sdc/gauss.h says what for.
 *
 * Columns: the cells, then one a relation (what a row breaks of it; all are fixed by
 * sdc_changes_init()), then those added for pairs of columns. A row is kept by what it changes in the
 * leaves (sdc/parts.h), which is little; what it changes in other columns follows from that.
 */
#ifndef DARSE_SDC_CHANGES_H
#define DARSE_SDC_CHANGES_H

#include "sdc/parts.h"

/* A hash table of ROOM places (a power of two, or 0). A place whose value is 0 is free, or was the leaf's.
 * COUNT leaves have a value, USED places are not free. */
typedef struct SdcChange {
    uint32_t count, used, room, shift;
    uint32_t *leaves;
    uint64_t *values;
} SdcChange;

/* The column A - RATIO * B. */
typedef struct SdcPair {
    uint32_t a, b;
    uint64_t ratio;
    uint32_t next[2];        /* the next pair that A is in, and B; 0: none */
} SdcPair;

typedef struct SdcChanges {
    const SdcContext *context;
    SdcPrime prime;
    SdcParts parts;
    size_t columns;
    SdcPair *pairs;          /* of the columns after those of PARTS */
    size_t pair_room;
    SdcChange *rows;
    size_t row_count;
    struct SdcUses *uses;    /* of a leaf: the rows that have had it */
    uint64_t *sketches[2];   /* of the columns of PARTS: their rows, each times a number of its own */
    bool *dropped;           /* columns of PARTS that nobody asks about any more: their sketches stand still */
    uint32_t *pair_heads;    /* of a column: a pair that it is in, or 0 */
    uint64_t *column_values; /* of the row that is expanded; nothing in between */
    bool *touched;
    SdcPart *expanded;
    /* of one column */
    uint32_t *list;          /* the rows that have it */
    uint64_t *sums;          /* by row: its value there */
    uint32_t *stamps[2];     /* by row: when last found in the column, and in a leaf of it */
    uint32_t stamp[2];
    SdcPart *pivot;          /* the row that is added to others */
    size_t pivot_count, pivot_room;
} SdcChanges;

/* PAIRS: room for columns that sdc_changes_add_pair() adds. */
bool sdc_changes_init(const SdcContext *context, SdcChanges *changes, const SdcRelations *relations,
                      SdcPrime prime, size_t pairs, SdcError *ret_error);
void sdc_changes_clear(SdcChanges *changes);

/* A new column A - RATIO * B; A and B may be pairs. There must be room for it. */
uint32_t sdc_changes_add_pair(SdcChanges *changes, uint32_t a, uint32_t b, uint64_t ratio);

/* Pairs that are not WANTED (one a column), nor a part of such a pair, are no longer found by their columns. */
void sdc_changes_keep_pairs(SdcChanges *changes, const bool *wanted);

/* Two pseudo-random sums over the rows of COLUMN, each times a number of its own. */
void sdc_changes_sums(const SdcChanges *changes, uint32_t column, uint64_t ret_sums[2]);

/* Does no row have COLUMN? Decided by two pseudo-random sums over its rows: "yes" is wrong with a chance
 * of 2^-119. */
bool sdc_changes_is_nothing(const SdcChanges *changes, uint32_t column);
/* How far columns are from being a multiple of another one in all rows: a sum over the rows by the same
 * numbers, and 0 for a multiple. It is linear: that of a pair follows from those of its columns. "0" is wrong with
 * a chance of 2^-59, and at most keeps back one cell too many. */
typedef struct SdcBeside {
    uint64_t factors[2];
} SdcBeside;

SdcBeside sdc_changes_beside(const SdcChanges *changes, uint32_t column);
uint64_t sdc_changes_apart(const SdcChanges *changes, uint32_t column, const SdcBeside *beside);

/* The rows that have COLUMN, each once, in changes->list, and its value in row r in changes->sums[r], until
 * the next call. Exact. The order is the same whenever the calls before were. */
bool sdc_changes_find(SdcChanges *changes, uint32_t column, size_t *ret_count, SdcError *ret_error);
/* Keeps the changes that leave COLUMN as it is. */
bool sdc_changes_fix(SdcChanges *changes, uint32_t column, SdcError *ret_error);
/* The same after sdc_changes_find(COLUMN), which found COUNT rows. */
bool sdc_changes_fix_found(SdcChanges *changes, size_t count, SdcError *ret_error);
/* What ROW changes in columns of PARTS that were not dropped, in changes->expanded until the next call;
 * returns how many. */
size_t sdc_changes_expand(SdcChanges *changes, uint32_t row);
/* Of the first COUNT rows of changes->list, the one with fewest leaves. */
uint32_t sdc_changes_shortest(const SdcChanges *changes, size_t count);

#endif
