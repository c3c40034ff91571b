/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A walk over the groups of records that share their key, with the counts of a sensitive variable in
 * each; or, where a missing value matches all, in all groups that match it. Private to src/sdc.
 */
#ifndef DARSE_SDC_GROUPS_H
#define DARSE_SDC_GROUPS_H

#include "sdc/neighbours.h"
#include "sdc/scope.h"

typedef struct SdcGroups {
    SdcClasses classes;
    size_t *starts;          /* classes + 1, in ROWS */
    uint32_t *rows;          /* records, class by class */
    const SdcCodes *sensitive;
    uint32_t *counts;        /* categories + 1: of the group at hand, by code (0: missing) */
    uint32_t *values;        /* the codes that the group at hand has */
    size_t distinct;         /* how many of them */
    size_t size;             /* records that were counted */
    bool wild;               /* whether groups match others */
    SdcNeighbours neighbours;
} SdcGroups;

/* Everything lives in SCOPE. */
bool sdc_groups_open(SdcScope *scope, const SdcCodes *columns, size_t count, SdcMissing missing,
                     const SdcCodes *sensitive, SdcGroups *ret_groups, SdcError *ret_error);
/* The group to take as number I: in this order it is cheapest. */
size_t sdc_groups_at(const SdcGroups *groups, size_t i);
/* Fills the counts for group G; those before are forgotten. VALUES are in the order of their first record,
 * group by group. */
void sdc_groups_count(SdcGroups *groups, size_t g);

#endif
