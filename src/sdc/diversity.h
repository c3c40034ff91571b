/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a group of records that share their key reveals of a sensitive variable.
 *
 * l-diversity of a group with shares q_v of the sensitive values:
 *   distinct    the number of values
 *   entropy     exp(-sum q ln q), the number of equally frequent values that would have that entropy;
 *               the group is entropy l-diverse when it is at least l
 *   recursive   (c,l): with counts r_1 >= r_2 >= ... >= r_s, r_1 < c (r_l + r_(l+1) + ... + r_s)
 * t-closeness: the distance between the shares in the group (p) and in the whole file (q):
 *   equal       half the sum of |p_v - q_v|
 *   ordered     values in the order of their codes: (1/(s-1)) sum over i of |sum over j<=i of (p_j - q_j)|
 *   hierarchical  the cost of moving p to q where a move costs height(lowest common ancestor) / H:
 *               sum over nodes N of height(N)/H min(pos(N), neg(N)), pos and neg being the sums of
 *               positive and negative differences of the children of N. A hierarchy that ends with
 *               several categories has one root above them.
 *
 * Missing values of the keys: in sdc_diversity() and sdc_closeness() they are a category, and the groups
 * are those of equal keys. The functions ..._of_matches() take SDC_MISSING_WILDCARD too: then a record's
 * group is all records that match it, which is whom an intruder must choose from who knows its key;
 * groups overlap, and a record may be in a group of which it has not the key. q is of the whole file
 * always. A missing sensitive value is a value of its own, in ordered distance the lowest, in the
 * hierarchical one a child of the root. s counts the values that the column can take (with missing, if
 * there is any).
 * Time O(rows), plus O(log s) or O(levels) for each value of each group; with wildcards O(rows of the
 * matching groups) for each group, and O(patterns of missing values x groups).
 *
 * References: Machanavajjhala, Kifer, Gehrke, Venkitasubramaniam, "l-diversity: privacy beyond
 * k-anonymity", ACM TKDD 1(1), 2007, article 3 (entropy and recursive diversity); Li, Li, Venkatasubramanian,
 * "t-closeness: privacy beyond k-anonymity and l-diversity", ICDE 2007, pp. 106-115 (the three
 * distances).
 */
#ifndef DARSE_SDC_DIVERSITY_H
#define DARSE_SDC_DIVERSITY_H

#include "sdc/keys.h"

typedef struct SdcDiversity {
    size_t rows;
    uint32_t *distinct;      /* ROWS values: of the record's group */
    double *entropy;
    uint8_t *recursive;      /* 1 where the group is (c,l)-diverse */
    uint32_t least_distinct; /* over the file, 0 when there is no record */
    double least_entropy;
    size_t not_recursive;    /* records in groups that are not (c,l)-diverse */
} SdcDiversity;

/* C > 0 and L >= 1 are those of recursive diversity (sdcMicro: c = 2). */
bool sdc_diversity(const SdcContext *context, const SdcCodes *columns, size_t count,
                   const SdcCodes *sensitive, double c, uint32_t l, SdcDiversity *ret_diversity,
                   SdcError *ret_error);
bool sdc_diversity_of_matches(const SdcContext *context, const SdcCodes *columns, size_t count,
                              SdcMissing missing, const SdcCodes *sensitive, double c, uint32_t l,
                              SdcDiversity *ret_diversity, SdcError *ret_error);
void sdc_diversity_clear(const SdcContext *context, SdcDiversity *diversity);

typedef enum SdcDistance {
    SDC_DISTANCE_EQUAL,
    SDC_DISTANCE_ORDERED,
    SDC_DISTANCE_HIERARCHICAL
} SdcDistance;

/*
 * RET_DISTANCES (rows values) receives the distance of each record's group, in [0, 1]; RET_LARGEST the
 * largest one: the file is t-close for every t from there. HIERARCHY is that of the sensitive variable
 * where the distance asks for it, else NULL.
 */
bool sdc_closeness(const SdcContext *context, const SdcCodes *columns, size_t count,
                   const SdcCodes *sensitive, SdcDistance distance, const SdcHierarchy *hierarchy,
                   double *ret_distances, double *ret_largest, SdcError *ret_error);
bool sdc_closeness_of_matches(const SdcContext *context, const SdcCodes *columns, size_t count,
                              SdcMissing missing, const SdcCodes *sensitive, SdcDistance distance,
                              const SdcHierarchy *hierarchy, double *ret_distances, double *ret_largest,
                              SdcError *ret_error);

#endif
