/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which classes of equal keys match a class when a missing value matches all. Private to src/sdc.
 *
 * Classes are taken by their pattern of missing values: a class of pattern A matches one of pattern B when
 * they are equal outside of A and B, so for each A there is a table of every other B on the variables that
 * both have. Two classes of one pattern never match.
 */
#ifndef DARSE_SDC_NEIGHBOURS_H
#define DARSE_SDC_NEIGHBOURS_H

#include "sdc/packing.h"

typedef struct SdcNeighbours {
    SdcPacking packing;
    uint64_t *keys;            /* of records */
    const uint32_t *first;     /* of a class: a record of it */
    size_t classes, patterns;
    uint64_t *masks;           /* of a pattern: bit v where variable v is missing */
    uint32_t *pattern_of;      /* of a class */
    uint32_t *order;           /* classes, pattern by pattern */
    size_t *starts;            /* of a pattern, in ORDER; PATTERNS + 2 */
    size_t current;            /* the pattern that the tables are for, or SIZE_MAX */
    size_t *table_starts;      /* of a pattern, in HEADS; PATTERNS + 1 */
    uint32_t *heads, *next;    /* 1 + a class */
    uint32_t *found;           /* what the last call found: CLASSES values */
} SdcNeighbours;

/* FIRST must live as long. Blocks are of SCOPE. */
bool sdc_neighbours_open(SdcScope *scope, const SdcCodes *columns, size_t count, const uint32_t *first,
                         size_t classes, SdcNeighbours *ret_neighbours, SdcError *ret_error);
/* The classes that match CLASS, itself first, in neighbours->found. Cheap when classes are asked for in
 * the order of ORDER. */
size_t sdc_neighbours_find(SdcNeighbours *neighbours, uint32_t class);

#endif
