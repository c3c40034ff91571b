/* SPDX-License-Identifier: Apache-2.0 */
/* Built by median splits of the widest side; boxes are kept tight when points go, so that pruning stays as
 * good on the last points as on the first ones. */
#include "sdc/kdtree.h"

#include "sdc/failure.h"

#include <math.h>
#include <string.h>

#define LEAF_POINTS 16

static double *box_of(const SdcKdTree *t, uint32_t node)
{
    return t->boxes + (size_t)node * 2 * t->dimensions;
}

static void box_of_points(SdcKdTree *t, uint32_t node)
{
    SdcKdNode *n = &t->nodes[node];
    size_t d = t->dimensions;
    double *low = box_of(t, node), *high = low + d;
    n->lowest = UINT32_MAX;
    for (uint32_t p = n->start; p < n->start + n->left; p++) {
        const double *x = t->coordinates + (size_t)p * d;
        if (t->ids[p] < n->lowest)
            n->lowest = t->ids[p];
        for (size_t j = 0; j < d; j++) {
            if (p == n->start || x[j] < low[j])
                low[j] = x[j];
            if (p == n->start || x[j] > high[j])
                high[j] = x[j];
        }
    }
}

static void box_of_children(SdcKdTree *t, uint32_t node)
{
    SdcKdNode *n = &t->nodes[node];
    const SdcKdNode *a = &t->nodes[n->children], *b = a + 1;
    size_t d = t->dimensions;
    double *low = box_of(t, node), *high = low + d;
    const double *one = box_of(t, n->children), *two = one + 2 * d;
    n->left = a->left + b->left;
    n->lowest = a->left == 0 || (b->left != 0 && b->lowest < a->lowest) ? b->lowest : a->lowest;
    if (a->left == 0 || b->left == 0) {
        memcpy(low, a->left == 0 ? two : one, 2 * d * sizeof *low);
        return;
    }
    for (size_t j = 0; j < d; j++) {
        low[j] = one[j] < two[j] ? one[j] : two[j];
        high[j] = one[d + j] > two[d + j] ? one[d + j] : two[d + j];
    }
}

static void swap_points(SdcKdTree *t, uint32_t a, uint32_t b)
{
    double *x = t->coordinates + (size_t)a * t->dimensions;
    double *y = t->coordinates + (size_t)b * t->dimensions;
    for (size_t j = 0; j < t->dimensions; j++) {
        double swap = x[j];
        x[j] = y[j];
        y[j] = swap;
    }
    uint32_t id = t->ids[a];
    t->ids[a] = t->ids[b];
    t->ids[b] = id;
}

/* Hoare's selection: the half with lower coordinate J before MIDDLE. The pivot is the median of three, so
 * that sorted data do not cost more. */
static void select_half(SdcKdTree *t, uint32_t start, uint32_t end, uint32_t middle, size_t j)
{
    size_t d = t->dimensions;
    const double *x = t->coordinates + j;
    while (end - start > 1) {
        double a = x[start * d], b = x[(start + (end - start) / 2) * d], c = x[(end - 1) * d];
        double pivot = fmax(fmin(a, b), fmin(fmax(a, b), c));
        uint32_t low = start, high = end - 1;
        for (;;) {
            while (x[low * d] < pivot)
                low++;
            while (x[high * d] > pivot)
                high--;
            if (low >= high)
                break;
            swap_points(t, low++, high--);
        }
        uint32_t border = low == high ? low + (x[low * d] <= pivot) : low;
        if (border <= start || border >= end)
            border = start + 1;
        if (middle < border)
            end = border;
        else
            start = border;
    }
}

static size_t widest_side(const SdcKdTree *t, uint32_t node)
{
    const double *low = box_of(t, node), *high = low + t->dimensions;
    size_t widest = 0;
    for (size_t j = 1; j < t->dimensions; j++) {
        if (high[j] - low[j] > high[widest] - low[widest])
            widest = j;
    }
    return widest;
}

/* Nodes are appended, so a loop over them builds the tree from the root down. */
static void grow(SdcKdTree *t)
{
    t->nodes[0] = (SdcKdNode){.start = 0, .end = (uint32_t)t->points, .left = (uint32_t)t->points};
    t->node_count = 1;
    for (uint32_t node = 0; node < t->node_count; node++) {
        SdcKdNode *n = &t->nodes[node];
        box_of_points(t, node);
        if (n->left <= LEAF_POINTS)
            continue;
        uint32_t middle = n->start + n->left / 2;
        select_half(t, n->start, n->end, middle, widest_side(t, node));
        n->children = t->node_count;
        t->node_count += 2;
        t->nodes[n->children] = (SdcKdNode){
            .start = n->start, .end = middle, .left = middle - n->start, .parent = node};
        t->nodes[n->children + 1] = (SdcKdNode){
            .start = middle, .end = n->end, .left = n->end - middle, .parent = node};
    }
}

bool sdc_kd_build(SdcScope *scope, const double *values, size_t points, size_t dimensions,
                  SdcKdTree *ret_tree, SdcError *ret_error)
{
    /* A leaf of a tree of more than one node has at least LEAF_POINTS / 2 points. */
    size_t nodes = 2 * (points / (LEAF_POINTS / 2)) + 1;
    SdcKdTree t = {.points = points, .dimensions = dimensions};
    t.coordinates = sdc_scope_alloc(scope, points * dimensions, sizeof *t.coordinates, ret_error);
    if (t.coordinates == NULL)
        return false;
    uint32_t **arrays[] = {&t.ids, &t.places, &t.leaves};
    for (int a = 0; a < 3; a++) {
        *arrays[a] = sdc_scope_alloc(scope, points, sizeof(uint32_t), ret_error);
        if (*arrays[a] == NULL)
            return false;
    }
    t.nodes = sdc_scope_alloc(scope, nodes, sizeof *t.nodes, ret_error);
    if (t.nodes == NULL)
        return false;
    t.boxes = sdc_scope_alloc(scope, nodes * 2 * dimensions, sizeof *t.boxes, ret_error);
    if (t.boxes == NULL)
        return false;
    memcpy(t.coordinates, values, points * dimensions * sizeof *values);
    for (size_t i = 0; i < points; i++)
        t.ids[i] = (uint32_t)i;
    grow(&t);
    for (uint32_t node = 0; node < t.node_count; node++) {
        const SdcKdNode *n = &t.nodes[node];
        for (uint32_t p = n->start; n->children == 0 && p < n->end; p++) {
            t.places[t.ids[p]] = p;
            t.leaves[t.ids[p]] = node;
        }
    }
    *ret_tree = t;
    return true;
}

void sdc_kd_remove(SdcKdTree *t, uint32_t point)
{
    uint32_t node = t->leaves[point];
    SdcKdNode *leaf = &t->nodes[node];
    uint32_t place = t->places[point], last = leaf->start + leaf->left - 1;
    uint32_t other = t->ids[last];
    swap_points(t, place, last);
    t->places[point] = last;
    t->places[other] = place;
    leaf->left--;
    box_of_points(t, node);
    while (node != 0) {
        node = t->nodes[node].parent;
        box_of_children(t, node);
    }
}

static double distance_to(const SdcKdTree *t, const double *x, const double *centre)
{
    double sum = 0;
    for (size_t j = 0; j < t->dimensions; j++) {
        double side = x[j] - centre[j];
        sum += side * side;
    }
    return sum;
}

static double farthest_in_box(const SdcKdTree *t, uint32_t node, const double *centre)
{
    const double *low = box_of(t, node), *high = low + t->dimensions;
    double sum = 0;
    for (size_t j = 0; j < t->dimensions; j++) {
        double a = centre[j] - low[j], b = high[j] - centre[j];
        double side = a > b ? a : b;
        sum += side * side;
    }
    return sum;
}

static double nearest_in_box(const SdcKdTree *t, uint32_t node, const double *centre)
{
    const double *low = box_of(t, node), *high = low + t->dimensions;
    double sum = 0;
    for (size_t j = 0; j < t->dimensions; j++) {
        double a = low[j] - centre[j], b = centre[j] - high[j];
        double side = a > b ? a : b;
        sum += side > 0 ? side * side : 0;
    }
    return sum;
}

typedef struct Farthest {
    double distance;
    uint32_t point;
} Farthest;

static void look_far(const SdcKdTree *t, uint32_t node, double bound, const double *centre, Farthest *best)
{
    const SdcKdNode *n = &t->nodes[node];
    if (n->left == 0 || bound < best->distance ||
        (bound == best->distance && n->lowest > best->point))
        return;
    if (n->children != 0) {
        double one = farthest_in_box(t, n->children, centre);
        double two = farthest_in_box(t, n->children + 1, centre);
        bool second_first = two > one;
        look_far(t, n->children + second_first, second_first ? two : one, centre, best);
        look_far(t, n->children + !second_first, second_first ? one : two, centre, best);
        return;
    }
    for (uint32_t p = n->start; p < n->start + n->left; p++) {
        double d = distance_to(t, t->coordinates + (size_t)p * t->dimensions, centre);
        if (d > best->distance || (d == best->distance && t->ids[p] < best->point))
            *best = (Farthest){d, t->ids[p]};
    }
}

uint32_t sdc_kd_farthest(const SdcKdTree *tree, const double *centre)
{
    Farthest best = {-1, UINT32_MAX};
    look_far(tree, 0, INFINITY, centre, &best);
    return best.point;
}

typedef struct Nearest {
    size_t wanted, found;
    uint32_t *points;
    double *distances;
} Nearest;

static bool is_worse(const Nearest *held, double distance, uint32_t lowest)
{
    if (held->found < held->wanted)
        return false;
    double worst = held->distances[held->found - 1];
    return distance > worst || (distance == worst && lowest > held->points[held->found - 1]);
}

static void hold(Nearest *held, double distance, uint32_t point)
{
    if (is_worse(held, distance, point))
        return;
    size_t place = held->found < held->wanted ? held->found++ : held->found - 1;
    while (place > 0 && (held->distances[place - 1] > distance ||
                         (held->distances[place - 1] == distance && held->points[place - 1] > point))) {
        held->distances[place] = held->distances[place - 1];
        held->points[place] = held->points[place - 1];
        place--;
    }
    held->distances[place] = distance;
    held->points[place] = point;
}

static void look_near(const SdcKdTree *t, uint32_t node, double bound, const double *centre, Nearest *held)
{
    const SdcKdNode *n = &t->nodes[node];
    if (n->left == 0 || is_worse(held, bound, n->lowest))
        return;
    if (n->children != 0) {
        double one = nearest_in_box(t, n->children, centre);
        double two = nearest_in_box(t, n->children + 1, centre);
        bool second_first = two < one;
        look_near(t, n->children + second_first, second_first ? two : one, centre, held);
        look_near(t, n->children + !second_first, second_first ? one : two, centre, held);
        return;
    }
    for (uint32_t p = n->start; p < n->start + n->left; p++)
        hold(held, distance_to(t, t->coordinates + (size_t)p * t->dimensions, centre), t->ids[p]);
}

size_t sdc_kd_nearest(const SdcKdTree *tree, const double *centre, size_t wanted, uint32_t *ret_points,
                      double *distances)
{
    Nearest held = {wanted, 0, ret_points, distances};
    if (wanted > 0)
        look_near(tree, 0, 0, centre, &held);
    return held.found;
}
