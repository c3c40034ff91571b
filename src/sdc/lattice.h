/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Optimal full-domain recoding: one level of its hierarchy for each key variable, the same for all records,
 * such that the file is k-anonymous after at most LIMIT of its records are suppressed, and what is lost is
 * least. A node of the lattice is a vector of levels; it is allowed when its records in classes smaller
 * than k are at most floor(LIMIT n): these are suppressed. (A class only grows upwards, so a node above an
 * allowed one is allowed.)
 *
 * Losses, the less the better; n records, m variables:
 *   DISCERNIBILITY  sum over classes kept of |E|^2, plus n for each suppressed record
 *   LOSS            mean over records and variables of (leaves below the value - 1)/(all leaves - 1); 1 for
 *                   a suppressed record; in [0, 1]
 *   ENTROPY         sum over records and variables of log2(f(recoded value)/f(value)), f counting records
 *                   of the file; log2(n/f(value)) for a suppressed record; in bits
 * Equal losses: the lower sum of levels, then the first in lexicographic order.
 *
 * A missing value is a category that stays at every level, but where a level has one category it joins it.
 *
 * With LIMIT = 0 every loss grows upwards, so the best node is a minimal allowed one: nodes are checked in
 * the middle of paths and the answer is passed to all nodes above or below. With LIMIT > 0 the lattice is
 * walked from the bottom, each node's classes made from those of the node before; what lies above a node
 * is left out when even without suppression it must lose more than the best found. Both are exact.
 * Time at worst O(nodes x classes), memory O(rows) a level of the walk.
 *
 * References: Samarati, "Protecting respondents' identities in microdata release", IEEE TKDE 13(6), 2001,
 * pp. 1010-1027 (full-domain generalisation); Kohlmayer, Prasser, Eckert, Kemper, Kuhn, "Flash: efficient,
 * stable and optimal k-anonymity", PASSAT 2012, pp. 708-717 (paths); Bayardo and Agrawal, "Data privacy
 * through optimal k-anonymization", ICDE 2005, pp. 217-228 (discernibility); Iyengar, "Transforming data
 * to satisfy privacy constraints", KDD 2002, pp. 279-288 (loss); Gionis and Tassa,
 * "k-anonymization with minimal loss of information", IEEE TKDE 21(2), 2009, pp. 206-219 (entropy).
 */
#ifndef DARSE_SDC_LATTICE_H
#define DARSE_SDC_LATTICE_H

#include "sdc/keys.h"

#define SDC_LATTICE_NODES_MAX ((size_t)1 << 24)

typedef enum SdcLoss { SDC_LOSS_DISCERNIBILITY, SDC_LOSS_SHARE, SDC_LOSS_ENTROPY } SdcLoss;

typedef struct SdcLatticeOptions {
    uint32_t k;                /* at least 1 */
    double limit;              /* share of records that may be suppressed, in [0, 1) */
    SdcLoss loss;
    const unsigned *lowest;    /* NULL, or for each variable the lowest and highest level to look at */
    const unsigned *highest;
} SdcLatticeOptions;

typedef struct SdcLattice {
    size_t rows, variables;
    unsigned levels[SDC_KEYS_MAX];   /* the best node */
    double loss;
    size_t suppressed;         /* records */
    size_t classes;            /* kept */
    size_t nodes, checked;     /* of the lattice; looked at */
    uint32_t *codes;           /* VARIABLES columns of ROWS recoded codes, 0 in suppressed records too */
    uint8_t *is_suppressed;    /* ROWS values */
} SdcLattice;

/* SDC_ERROR_IMPOSSIBLE when no node is allowed, SDC_ERROR_LIMIT above SDC_LATTICE_NODES_MAX nodes. */
bool sdc_lattice_search(const SdcContext *context, const SdcCodes *columns,
                        const SdcHierarchy *hierarchies, size_t count, const SdcLatticeOptions *options,
                        SdcLattice *ret_lattice, SdcError *ret_error);
void sdc_lattice_clear(const SdcContext *context, SdcLattice *lattice);

#endif
