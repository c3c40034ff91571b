/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tables of classes (packed key of codes at some levels, number of records) of the lattice, and what the search
 * knows when it makes one from another. Private to src/sdc; sdc/lattice.h says what is searched.
 */
#ifndef DARSE_SDC_LATTICE_TABLES_H
#define DARSE_SDC_LATTICE_TABLES_H

#include "sdc/lattice.h"
#include "sdc/packing.h"

/* Neighbours in a key that take SDC_GROUP_BITS together are mapped at once; each two groups take more. */
enum {
    SDC_GROUP_BITS = 11,
    SDC_GROUP_CODES = 1 << SDC_GROUP_BITS,
    SDC_GROUPS_MAX = 13,
    SDC_GROUPED_LEAST = 4 * SDC_GROUP_CODES
};

typedef struct SdcLatticeTable {
    size_t count, capacity;
    uint64_t *keys;                 /* CAPACITY x words */
    uint32_t *sizes;
    unsigned levels[SDC_KEYS_MAX];
} SdcLatticeTable;

typedef struct SdcLatticeVerdict {
    size_t suppressed, classes;
    double loss, bound;             /* BOUND: no node above loses less */
} SdcLatticeVerdict;

typedef struct SdcLatticeSearch {
    const SdcContext *context;
    const SdcCodes *columns;
    const SdcHierarchy *hierarchies;
    const SdcLatticeOptions *options;
    size_t rows, variables, allowed;   /* ALLOWED: records that may be suppressed */
    SdcPacking packing;
    unsigned lowest[SDC_KEYS_MAX], spans[SDC_KEYS_MAX];   /* levels looked at: LOWEST, SPANS of them */
    size_t strides[SDC_KEYS_MAX], nodes;
    uint32_t order[SDC_KEYS_MAX];      /* variables, most categories first */
    SdcLatticeTable base;
    uint32_t *slots;                   /* for the largest table */
    uint32_t *maps[SDC_KEYS_MAX];      /* of one step between tables */
    uint64_t *group_keys;              /* the same for groups of neighbouring variables, SDC_GROUP_CODES each */
    uint32_t *group_places;
    double *costs[SDC_KEYS_MAX];       /* additive losses: [level][code], code 0 missing */
    size_t *cost_starts[SDC_KEYS_MAX];
    double *totals[SDC_KEYS_MAX];      /* [level]: over all records */
    double gone;                       /* of one suppressed record */
    double divisor, offset;
    /* the best so far */
    bool found;
    unsigned best[SDC_KEYS_MAX];
    SdcLatticeVerdict verdict;
    size_t checked;
} SdcLatticeSearch;

/* Room for CAPACITY classes with keys of WORDS words; none yet. */
bool sdc_lattice_table_alloc(const SdcContext *context, unsigned words, size_t capacity, SdcLatticeTable *table,
                             SdcError *ret_error);
void sdc_lattice_table_clear(const SdcContext *context, unsigned words, SdcLatticeTable *table);

/* The map of variable V from level FROM to level TO, code 0 included, in S->maps. */
void sdc_lattice_fill_map(const SdcLatticeSearch *s, size_t v, unsigned from, unsigned to);

/* The classes of FROM at LEVELS, in the order of their first. TO has the capacity of FROM. FRESH: also map what
 * stays at its level (the base has no level yet). */
void sdc_lattice_climb(const SdcLatticeSearch *s, const SdcLatticeTable *from, const unsigned *levels, bool fresh,
                       SdcLatticeTable *to);

#endif
