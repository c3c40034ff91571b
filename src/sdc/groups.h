/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A walk over the groups of records that share their key, with the counts of a sensitive variable in
 * each. Private to src/sdc.
 */
#ifndef DARSE_SDC_GROUPS_H
#define DARSE_SDC_GROUPS_H

#include "sdc/keys.h"
#include "sdc/scope.h"

typedef struct SdcGroups {
    SdcClasses classes;
    size_t *starts;          /* classes + 1, in ROWS */
    uint32_t *rows;          /* records, class by class */
    const SdcCodes *sensitive;
    uint32_t *counts;        /* categories + 1: of the group at hand, by code (0: missing) */
    uint32_t *values;        /* the codes that the group at hand has */
    size_t distinct;         /* how many of them */
    size_t size;             /* records in the group at hand */
} SdcGroups;

/* Everything lives in SCOPE. */
bool sdc_groups_open(SdcScope *scope, const SdcCodes *columns, size_t count, const SdcCodes *sensitive,
                     SdcGroups *ret_groups, SdcError *ret_error);
/* Fills the counts of group G; those of the group before are forgotten. VALUES are in the order of
 * their first record. */
void sdc_groups_count(SdcGroups *groups, size_t g);

#endif
