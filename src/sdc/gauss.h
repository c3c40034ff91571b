/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Secondary suppression by Gaussian elimination, and the check of any suppression pattern for exact
 * disclosure. It protects against the exact value being computed; intervals are sdc_audit()'s business.
 *
 * Definition. Let S be a set of cells that are not shown. Cell p of S is disclosed when every change of
 * the values of S that keeps all relations leaves p as it is. Suppression: cells are taken in the order
 * of COST, dearest first (ties: the cell with more lowest cells under it, then the highest number: the
 * lowest is kept back), and shown unless this discloses a primary cell, given all that was shown before;
 * then they are secondary. The result discloses no primary cell, and no secondary cell can be shown alone.
 * It is not of least cost.
 *
 * Singletons. The only contributor of a cell knows its value, and one who is alone in several cells knows
 * them all. With SINGLETONS (each cell another contributor) or CONTRIBUTORS (who, by number), no primary
 * cell is computable by a contributor of others who adds to what is shown the values that are its own;
 * with COALITION 2, nor by two of them together. Cells whose only contributor is among them are theirs to
 * know. What they know by the relations alone (a total of nothing but their cells) no pattern can hide,
 * and it is not counted. Values between bounds, such as that of two ones whose sum is shown, are the
 * audit's business: sdc_audit_insiders().
 *
 * Method: a basis of the changes that keep the relations is kept as sparse rows modulo the prime
 * 2^61 - 1; showing a cell eliminates it by the shortest row that has it. Whether a cell is a multiple of
 * another is decided by two pseudo-random sums over the rows, wrongly with a chance of 2^-59 a question.
 * The final pattern is verified by a second elimination modulo another prime, without such sums, so that a
 * wrong zero cannot pass. Where someone could still compute a cell, that cell minus what they know of it is
 * guarded like a primary one, and all is eliminated again. Deterministic; one thread. Complexity: depends on
 * fill; see docs/sdc/tables.md. Of two contributors: contributors x (cells of contributors + primary cells) where
 * each is alone in one cell; each two of whom one is alone in several ask every primary cell. Guards can be as
 * many as triples of cells that depend on each other; with more than 10 000 000 cells in them SDC_ERROR_LIMIT is
 * returned, and none is left out.
 * Missing: values are not needed, only the order. No primary cell: nothing is suppressed.
 *
 * Reference: Langsrud, "Secondary cell suppression by Gaussian elimination: an algorithm suitable for
 * handling issues with zeros and singletons", Privacy in Statistical Databases 2024, LNCS 14915,
 * doi 10.1007/978-3-031-69651-0_6.
 */
#ifndef DARSE_SDC_GAUSS_H
#define DARSE_SDC_GAUSS_H

#include "sdc/relations.h"

typedef struct SdcGauss {
    const SdcRelations *relations;
    const bool *primary;       /* one a cell */
    const double *cost;        /* one a cell, finite: what is lost by not showing it */
    const bool *shown;         /* cells that must be shown; NULL: none. Not primary ones */
    const bool *singletons;    /* cells with one contributor; NULL: none, or as CONTRIBUTORS says */
    const uint32_t *contributors;   /* number of a cell's only contributor, 0: it has several or none */
    unsigned coalition;        /* contributors that pool what they know: 1 (or 0), 2 */
} SdcGauss;

typedef struct SdcGaussSummary {
    size_t primary, secondary;
    size_t unprotected;        /* primary cells that what must be shown discloses */
    size_t rounds;             /* eliminations, more than 1 where singletons asked for more */
    size_t exposed;            /* primary cells that what must be shown lets others' contributors compute */
} SdcGaussSummary;

/* RET_SUPPRESSED (CELLS values) receives primary and secondary cells. Where UNPROTECTED is not 0, no
 * pattern can protect these cells under SHOWN and the relations; the pattern is the best there is. */
bool sdc_gauss_suppress(const SdcContext *context, const SdcGauss *gauss, bool *ret_suppressed,
                        SdcGaussSummary *ret_summary, SdcError *ret_error);

/* Which cells of a pattern can be computed exactly: RET_DISCLOSED (CELLS values) is true for those of
 * SUPPRESSED whose value follows from the others. *RET_COUNT: how many. */
bool sdc_gauss_disclosed(const SdcContext *context, const SdcRelations *relations,
                         const bool *suppressed, bool *ret_disclosed, size_t *ret_count,
                         SdcError *ret_error);

/* Whom a pattern must be safe from, besides those who see what is shown. */
typedef struct SdcKnowledge {
    const SdcRelations *relations;
    const bool *suppressed, *primary;
    const bool *singletons;             /* as in SdcGauss */
    const uint32_t *contributors;
    unsigned coalition;
} SdcKnowledge;

/* Which primary cells some contributor (or two) of other cells can compute: RET_EXPOSED has CELLS values. */
bool sdc_gauss_exposed(const SdcContext *context, const SdcKnowledge *knowledge, bool *ret_exposed,
                       size_t *ret_count, SdcError *ret_error);

#endif
