/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who knows the value of a suppressed cell, being its only contributor, and which primary cells follow
 * from that knowledge. Private to src/sdc; sdc/gauss.h says what is asked for.
 *
 * A guard is a primary cell minus a combination of known cells that must not be nothing: it becomes a
 * column of its own in a basis of changes, protected like a primary cell.
 */
#ifndef DARSE_SDC_COALITIONS_H
#define DARSE_SDC_COALITIONS_H

#include "sdc/changes.h"

#define SDC_NOBODY UINT32_MAX
#define SDC_LINKS_MAX 10000000   /* of all guards: each becomes a column */

typedef struct SdcLink {
    uint32_t cell;
    uint64_t ratio;
} SdcLink;

typedef struct SdcGuard {
    uint32_t cell;
    uint32_t first, count;     /* in the links */
    bool inherent;             /* nothing by the relations alone: its owners know it whatever is hidden */
} SdcGuard;

typedef struct SdcCoalitions {
    const SdcContext *context;
    const bool *primary;
    size_t cells;
    unsigned largest;          /* contributors that pool what they know: 1 or 2 */
    uint32_t *owner;           /* of a cell: contributors from 0 on, or SDC_NOBODY */
    size_t owners;
    size_t *starts;            /* OWNERS + 1, in OWNED */
    uint32_t *owned;           /* cells of an owner */
    size_t owned_count;
    SdcGuard *guards;
    size_t count, room;
    SdcLink *links;
    size_t link_count, link_room;
    uint32_t *slots;           /* guards from 1 on, by the hash of their cell and links; 0: free */
    size_t slot_count;
    size_t asked;              /* guards that the basis at hand has */
    bool *exposed;             /* primary cells that one of them, though there, did not save */
} SdcCoalitions;

/* SINGLETONS (each its own contributor) or CONTRIBUTORS (0: nobody alone); both NULL: no owner. */
bool sdc_coalitions_init(const SdcContext *context, size_t cells, const bool *primary,
                         const bool *singletons, const uint32_t *contributors, unsigned largest,
                         SdcCoalitions *ret_coalitions, SdcError *ret_error);
void sdc_coalitions_clear(SdcCoalitions *coalitions);

/* One column a guard, and those between: GUARDED (may be NULL) is set for the guards that
 * are something. */
void sdc_coalitions_guard(SdcCoalitions *coalitions, SdcChanges *changes, bool *guarded);

/* A guard of CELL against those who know the cells of LINKS, unless it is there: then CELL becomes EXPOSED if the
 * basis had it. In all there are SDC_LINKS_MAX links at most; more are refused, none is left out. */
bool sdc_coalitions_keep(SdcCoalitions *coalitions, uint32_t cell, const SdcLink *links, size_t count,
                         SdcError *ret_error);

/* What follows in a basis in which all that is shown is fixed: new guards, or EXPOSED where the basis had
 * the guard. */
bool sdc_coalitions_find(SdcCoalitions *coalitions, SdcChanges *changes, const bool *suppressed,
                         size_t *ret_new, SdcError *ret_error);

#endif
