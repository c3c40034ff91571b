/* SPDX-License-Identifier: Apache-2.0 */
/*
 * l-diversity and t-closeness, group by group. The distances are written so that a group costs what it
 * holds, not what the variable could hold: values that the group lacks enter through sums over the file.
 */
#include "sdc/diversity.h"

#include "sdc/failure.h"
#include "sdc/groups.h"

#include <math.h>

/* --- l-diversity ------------------------------------------------------------------------------- */

/* Heap sort, largest first: a group may hold millions of values. */
static void sift(uint32_t *counts, size_t root, size_t end)
{
    for (size_t child; (child = 2 * root + 1) < end; root = child) {
        if (child + 1 < end && counts[child + 1] < counts[child])
            child++;
        if (counts[root] <= counts[child])
            return;
        uint32_t swap = counts[root];
        counts[root] = counts[child];
        counts[child] = swap;
    }
}

static void sort_down(uint32_t *counts, size_t count)
{
    for (size_t i = count / 2; i-- > 0;)
        sift(counts, i, count);
    for (size_t end = count; end > 1; end--) {
        uint32_t swap = counts[0];
        counts[0] = counts[end - 1];
        counts[end - 1] = swap;
        sift(counts, 0, end - 1);
    }
}

static bool is_recursive(const SdcGroups *groups, double c, uint32_t l, uint32_t *sorted)
{
    for (size_t v = 0; v < groups->distinct; v++)
        sorted[v] = groups->counts[groups->values[v]];
    sort_down(sorted, groups->distinct);
    uint64_t tail = 0;
    for (size_t v = l - 1; v < groups->distinct; v++)
        tail += sorted[v];
    return sorted[0] < c * (double)tail;
}

static double effective_values(const SdcGroups *groups)
{
    double entropy = 0;
    for (size_t v = 0; v < groups->distinct; v++) {
        double q = (double)groups->counts[groups->values[v]] / (double)groups->size;
        entropy -= q * log(q);
    }
    return exp(entropy);
}

static bool measure(SdcScope *scope, SdcGroups *groups, double c, uint32_t l, SdcDiversity *out,
                    SdcError *ret_error)
{
    uint32_t *sorted =
        sdc_scope_alloc(scope, (size_t)groups->sensitive->categories + 1, sizeof *sorted, ret_error);
    if (sorted == NULL)
        return false;
    for (size_t k = 0; k < groups->classes.count; k++) {
        size_t g = sdc_groups_at(groups, k);
        sdc_groups_count(groups, g);
        double entropy = effective_values(groups);
        bool recursive = is_recursive(groups, c, l, sorted);
        for (size_t i = groups->starts[g]; i < groups->starts[g + 1]; i++) {
            out->distinct[groups->rows[i]] = (uint32_t)groups->distinct;
            out->entropy[groups->rows[i]] = entropy;
            out->recursive[groups->rows[i]] = recursive;
        }
        out->not_recursive += recursive ? 0 : groups->starts[g + 1] - groups->starts[g];
        if (k == 0 || groups->distinct < out->least_distinct)
            out->least_distinct = (uint32_t)groups->distinct;
        if (k == 0 || entropy < out->least_entropy)
            out->least_entropy = entropy;
    }
    return true;
}

bool sdc_diversity_of_matches(const SdcContext *context, const SdcCodes *columns, size_t count,
                              SdcMissing missing, const SdcCodes *sensitive, double c, uint32_t l,
                              SdcDiversity *ret_diversity, SdcError *ret_error)
{
    SDC_SCOPE(scope, context);
    if (!(c > 0) || isinf(c) || l < 1)
        return sdc_failure(ret_error, SDC_ERROR_ARGUMENT,
                           "Recursive diversity was asked with c = %g and l = %u; c must be above 0 and l "
                           "at least 1.", c, l);
    SdcGroups groups;
    if (!sdc_groups_open(&scope, columns, count, missing, sensitive, &groups, ret_error))
        return false;
    SdcDiversity out = {.rows = sensitive->rows};
    out.distinct = sdc_scope_alloc(&scope, out.rows, sizeof *out.distinct, ret_error);
    if (out.distinct == NULL)
        return false;
    out.entropy = sdc_scope_alloc(&scope, out.rows, sizeof *out.entropy, ret_error);
    if (out.entropy == NULL)
        return false;
    out.recursive = sdc_scope_alloc(&scope, out.rows, sizeof *out.recursive, ret_error);
    if (out.recursive == NULL || !measure(&scope, &groups, c, l, &out, ret_error))
        return false;
    sdc_scope_keep(&scope, out.distinct);
    sdc_scope_keep(&scope, out.entropy);
    sdc_scope_keep(&scope, out.recursive);
    *ret_diversity = out;
    return true;
}

bool sdc_diversity(const SdcContext *context, const SdcCodes *columns, size_t count,
                   const SdcCodes *sensitive, double c, uint32_t l, SdcDiversity *ret_diversity,
                   SdcError *ret_error)
{
    return sdc_diversity_of_matches(context, columns, count, SDC_MISSING_CATEGORY, sensitive, c, l,
                                    ret_diversity, ret_error);
}

void sdc_diversity_clear(const SdcContext *context, SdcDiversity *diversity)
{
    if (diversity == NULL)
        return;
    sdc_release(context, diversity->distinct, diversity->rows, sizeof *diversity->distinct);
    sdc_release(context, diversity->entropy, diversity->rows, sizeof *diversity->entropy);
    sdc_release(context, diversity->recursive, diversity->rows, sizeof *diversity->recursive);
    *diversity = (SdcDiversity){0};
}

/* --- t-closeness ------------------------------------------------------------------------------- */

typedef struct Closeness {
    SdcGroups groups;
    const SdcHierarchy *hierarchy;
    size_t possible;       /* values that the variable can take */
    bool has_missing;
    double *shares;        /* categories + 1: q of each code */
    double *below;         /* categories + 2: sum of q of codes below */
    double *sums;          /* categories + 2: sum of the cumulated shares of codes below */
    /* The tree, its nodes numbered level by level. */
    size_t *offsets;       /* LEVELS + 1: first node of each level */
    double *whole;         /* q of each node */
    double *part;          /* p of each node in the group at hand */
    double *positive;      /* sum of the positive differences of its children */
    uint32_t *nodes[2];    /* those that the group touches, on this level and the next */
} Closeness;

static double equal_distance(Closeness *c)
{
    double sum = 0, present = 0;
    for (size_t v = 0; v < c->groups.distinct; v++) {
        uint32_t code = c->groups.values[v];
        double p = (double)c->groups.counts[code] / (double)c->groups.size;
        sum += fabs(p - c->shares[code]);
        present += c->shares[code];
    }
    double absent = 1 - present;
    return (sum + (absent > 0 ? absent : 0)) / 2;
}

/* Sum over codes FROM <= j < TO of |p - Q_j|, Q_j the cumulated share up to j, which never decreases. */
static double ordered_part(const Closeness *c, double p, size_t from, size_t to)
{
    size_t low = from, high = to;   /* first j of [from, to) with Q_j > p */
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (c->below[middle + 1] <= p)
            low = middle + 1;
        else
            high = middle;
    }
    double under = p * (double)(low - from) - (c->sums[low] - c->sums[from]);
    double over = c->sums[to] - c->sums[low] - p * (double)(to - low);
    return fmax(under, 0) + fmax(over, 0);
}

static void sort_values(SdcGroups *groups)
{
    sort_down(groups->values, groups->distinct);
    for (size_t i = 0, j = groups->distinct; i + 1 < j; i++) {
        uint32_t swap = groups->values[i];
        groups->values[i] = groups->values[--j];
        groups->values[j] = swap;
    }
}

static double ordered_distance(Closeness *c)
{
    if (c->possible < 2)
        return 0;
    sort_values(&c->groups);
    size_t from = c->has_missing ? 0 : 1, end = (size_t)c->groups.sensitive->categories + 1;
    double p = 0, sum = 0;
    for (size_t v = 0; v < c->groups.distinct; v++) {
        uint32_t code = c->groups.values[v];
        sum += ordered_part(c, p, from, code);
        p += (double)c->groups.counts[code] / (double)c->groups.size;
        from = code;
    }
    sum += ordered_part(c, p, from, end);
    return fmin(sum / (double)(c->possible - 1), 1);
}

/* The node's own cost; passes its difference and share to PARENT, unless it is the last one. */
static double leave_node(Closeness *c, size_t node, size_t parent, double height)
{
    double difference = c->part[node] - c->whole[node];
    double moved = fmin(c->positive[node], c->positive[node] - difference);
    if (parent != SIZE_MAX) {
        c->part[parent] += c->part[node];
        c->positive[parent] += fmax(difference, 0);
    }
    c->part[node] = 0;
    c->positive[node] = 0;
    return height * fmax(moved, 0);
}

static size_t climb(Closeness *c, unsigned level, size_t count, double height, double *cost)
{
    const SdcHierarchy *h = c->hierarchy;
    size_t root = c->offsets[h->levels];
    uint32_t *from = c->nodes[level % 2], *to = c->nodes[(level + 1) % 2];
    size_t above = 0;
    for (size_t i = 0; i < count; i++) {
        size_t parent = root;
        if (level + 1 < h->levels) {
            uint32_t up = h->parents[level][from[i]];
            parent = c->offsets[level + 1] + up;
            if (c->part[parent] == 0)   /* shares of a touched node are above 0 */
                to[above++] = up;
        }
        *cost += leave_node(c, c->offsets[level] + from[i], parent, height);
    }
    return above;
}

static double hierarchical_distance(Closeness *c)
{
    const SdcHierarchy *h = c->hierarchy;
    size_t root = c->offsets[h->levels], count = 0;
    bool above_all = h->sizes[h->levels - 1] > 1 || c->has_missing;
    double top = (double)h->levels - 1 + above_all, cost = 0;
    if (top == 0)
        return 0;
    for (size_t v = 0; v < c->groups.distinct; v++) {
        uint32_t code = c->groups.values[v];
        double p = (double)c->groups.counts[code] / (double)c->groups.size;
        if (code == 0) {
            c->positive[root] += fmax(p - c->shares[0], 0);
            continue;
        }
        c->part[code - 1] = p;
        c->nodes[0][count++] = code - 1;
    }
    for (unsigned level = 0; level < h->levels; level++)
        count = climb(c, level, count, level / top, &cost);
    c->part[root] = c->whole[root];
    double moved = leave_node(c, root, SIZE_MAX, 1);   /* without a root above all, of one child */
    return fmin(cost + (above_all ? moved : 0), 1);
}

static bool grow_tree(SdcScope *scope, Closeness *c, SdcError *ret_error)
{
    const SdcHierarchy *h = c->hierarchy;
    c->offsets = sdc_scope_alloc(scope, h->levels + 1, sizeof *c->offsets, ret_error);
    if (c->offsets == NULL)
        return false;
    for (unsigned l = 0; l < h->levels; l++)
        c->offsets[l + 1] = c->offsets[l] + h->sizes[l];
    double **arrays[] = {&c->whole, &c->part, &c->positive};
    for (int a = 0; a < 3; a++) {
        *arrays[a] = sdc_scope_alloc(scope, c->offsets[h->levels] + 1, sizeof(double), ret_error);
        if (*arrays[a] == NULL)
            return false;
    }
    for (int a = 0; a < 2; a++) {
        c->nodes[a] = sdc_scope_alloc(scope, h->sizes[0], sizeof(uint32_t), ret_error);
        if (c->nodes[a] == NULL)
            return false;
    }
    for (uint32_t v = 0; v < h->sizes[0]; v++)
        c->whole[v] = c->shares[v + 1];
    for (unsigned l = 0; l + 1 < h->levels; l++) {
        for (uint32_t v = 0; v < h->sizes[l]; v++)
            c->whole[c->offsets[l + 1] + h->parents[l][v]] += c->whole[c->offsets[l] + v];
    }
    return true;
}

static bool fill_shares(SdcScope *scope, Closeness *c, SdcError *ret_error)
{
    const SdcCodes *sensitive = c->groups.sensitive;
    size_t codes = (size_t)sensitive->categories + 1;
    double **arrays[] = {&c->shares, &c->below, &c->sums};
    for (int a = 0; a < 3; a++) {
        *arrays[a] = sdc_scope_alloc(scope, codes + 1, sizeof(double), ret_error);
        if (*arrays[a] == NULL)
            return false;
    }
    for (size_t i = 0; i < sensitive->rows; i++)
        c->shares[sensitive->codes[i]]++;
    double counted = 0;
    for (size_t v = 0; v < codes; v++) {
        counted += c->shares[v];
        c->shares[v] /= (double)sensitive->rows;
        c->below[v + 1] = counted / (double)sensitive->rows;
        c->sums[v + 1] = c->sums[v] + c->below[v + 1];
    }
    c->has_missing = c->shares[0] > 0;
    c->possible = sensitive->categories + (size_t)c->has_missing;
    return true;
}

static bool check_distance(const SdcCodes *sensitive, SdcDistance distance,
                           const SdcHierarchy *hierarchy, SdcError *ret_error)
{
    if ((distance == SDC_DISTANCE_HIERARCHICAL) != (hierarchy != NULL))
        return sdc_failure(ret_error, SDC_ERROR_ARGUMENT,
                           "The hierarchical distance takes a hierarchy, and the others take none.");
    if (hierarchy == NULL)
        return true;
    if (!sdc_hierarchy_check(hierarchy, ret_error))
        return false;
    if (hierarchy->sizes[0] != sensitive->categories)
        return sdc_failure(ret_error, SDC_ERROR_DATA,
                           "The hierarchy has %u categories at its lowest level, the variable has %u.",
                           hierarchy->sizes[0], sensitive->categories);
    return true;
}

bool sdc_closeness_of_matches(const SdcContext *context, const SdcCodes *columns, size_t count,
                              SdcMissing missing, const SdcCodes *sensitive, SdcDistance distance,
                              const SdcHierarchy *hierarchy, double *ret_distances, double *ret_largest,
                              SdcError *ret_error)
{
    SDC_SCOPE(scope, context);
    Closeness c = {.hierarchy = hierarchy};
    if (!check_distance(sensitive, distance, hierarchy, ret_error) ||
        !sdc_groups_open(&scope, columns, count, missing, sensitive, &c.groups, ret_error) ||
        !fill_shares(&scope, &c, ret_error) ||
        (hierarchy != NULL && !grow_tree(&scope, &c, ret_error)))
        return false;
    double largest = 0;
    for (size_t k = 0; k < c.groups.classes.count; k++) {
        size_t g = sdc_groups_at(&c.groups, k);
        sdc_groups_count(&c.groups, g);
        double d = distance == SDC_DISTANCE_EQUAL     ? equal_distance(&c)
                   : distance == SDC_DISTANCE_ORDERED ? ordered_distance(&c)
                                                      : hierarchical_distance(&c);
        largest = fmax(largest, d);
        for (size_t i = c.groups.starts[g]; i < c.groups.starts[g + 1]; i++)
            ret_distances[c.groups.rows[i]] = d;
    }
    *ret_largest = largest;
    return true;
}

bool sdc_closeness(const SdcContext *context, const SdcCodes *columns, size_t count,
                   const SdcCodes *sensitive, SdcDistance distance, const SdcHierarchy *hierarchy,
                   double *ret_distances, double *ret_largest, SdcError *ret_error)
{
    return sdc_closeness_of_matches(context, columns, count, SDC_MISSING_CATEGORY, sensitive, distance,
                                    hierarchy, ret_distances, ret_largest, ret_error);
}
