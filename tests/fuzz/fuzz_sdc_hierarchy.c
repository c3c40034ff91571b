/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hierarchies with anything in them: as levels and as trees of nodes. What passes the check can be used by
 * every kernel that takes one, and a tree made of levels is a tree whose leaves are the categories.
 */
#include "fuzz.h"

#include "sdc/sdc.h"

#include <math.h>
#include <string.h>

enum { LEVELS_MAX = 5, SIZE_MAX_HERE = 8, ROWS = 24, NODES_MAX = 12 };

typedef struct Input {
    const uint8_t *bytes;
    size_t left;
} Input;

static uint8_t take(Input *input)
{
    if (input->left == 0)
        return 0;
    input->left--;
    return *input->bytes++;
}

static void use_hierarchy(Input *input, const SdcHierarchy *hierarchy)
{
    uint32_t codes[ROWS], recoded[ROWS];
    double distances[ROWS], largest;
    SdcError error = {0};
    SdcLattice lattice;
    SdcTree tree;
    for (int i = 0; i < ROWS; i++)
        codes[i] = take(input) % (hierarchy->sizes[0] + 1);
    SdcCodes column = {ROWS, hierarchy->sizes[0], codes, NULL};
    for (unsigned level = 0; level < hierarchy->levels; level++) {
        g_assert_true(sdc_recode(NULL, &column, hierarchy, level, recoded, &error));
        for (int i = 0; i < ROWS; i++)
            g_assert_cmpuint(recoded[i], <=, hierarchy->sizes[level]);
    }
    g_assert_true(sdc_closeness(NULL, &column, 1, &column, SDC_DISTANCE_HIERARCHICAL, hierarchy, distances,
                                &largest, &error));
    g_assert_true(largest >= 0 && largest <= 1);
    SdcLatticeOptions options = {.k = 1 + take(input) % 4, .limit = take(input) / 512.0,
                                 .loss = (SdcLoss)(take(input) % 3)};
    if (sdc_lattice_search(NULL, &column, hierarchy, 1, &options, &lattice, &error))
        sdc_lattice_clear(NULL, &lattice);
    else
        g_assert_true(error.code == SDC_ERROR_IMPOSSIBLE || error.code == SDC_ERROR_DATA);   /* a level that grows */
    uint32_t categories = 0;
    for (unsigned l = 0; l < hierarchy->levels; l++)
        categories += hierarchy->sizes[l];
    bool done = sdc_tree_from_hierarchy(NULL, hierarchy, take(input) % 2, &tree, &error);
    g_assert_cmpint(done, ==, categories > 0);
    if (!done)
        return;
    g_assert_true(sdc_tree_check(NULL, &tree, &error));
    for (uint32_t c = 0; c < hierarchy->sizes[0]; c++) {
        for (uint32_t n = 0; n < tree.nodes; n++)
            g_assert_true(tree.parents[n] != c);   /* categories are leaves */
    }
    sdc_tree_clear(NULL, &tree);
}

/* Is every node's way up finite and within the tree? */
static bool is_forest(const SdcTree *tree)
{
    for (uint32_t n = 0; n < tree->nodes; n++) {
        uint32_t at = n;
        for (uint32_t steps = 0; at != SDC_NO_PARENT; steps++) {
            if (at >= tree->nodes || steps > tree->nodes)
                return false;
            at = tree->parents[at];
        }
    }
    return true;
}

static void use_tree(Input *input)
{
    uint32_t parents[NODES_MAX], codes[ROWS];
    double values[ROWS];
    SdcTree tree = {take(input) % (NODES_MAX + 1), parents, NULL};
    SdcError error = {0};
    for (uint32_t n = 0; n < tree.nodes; n++) {
        uint8_t byte = take(input);
        parents[n] = byte > 200 ? SDC_NO_PARENT : byte % (NODES_MAX + 2);
    }
    bool is_good = sdc_tree_check(NULL, &tree, &error);
    g_assert_cmpint(is_good, ==, tree.nodes > 0 && is_forest(&tree));
    for (int i = 0; i < ROWS; i++) {
        codes[i] = take(input) % (NODES_MAX + 2);
        values[i] = take(input);
    }
    const uint32_t *columns[] = {codes};
    SdcCube cube;
    SdcTabulation t = {.rows = ROWS, .dimensions = 1, .trees = &tree, .codes = columns, .values = values,
                       .top = take(input) % 4, .empty_cells = take(input) % 2};
    bool done = sdc_tabulate(NULL, &t, &cube, &error);
    g_assert_true(done ? is_good : error.sentence[0] != '\0');
    if (done)
        sdc_cube_clear(NULL, &cube);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    Input input = {data, size};
    uint32_t sizes[LEVELS_MAX], parents[LEVELS_MAX][SIZE_MAX_HERE];
    const uint32_t *columns[LEVELS_MAX];
    SdcError error = {0};
    SdcHierarchy hierarchy = {take(&input) % (LEVELS_MAX + 1), sizes, columns, NULL};
    for (unsigned l = 0; l < hierarchy.levels; l++) {
        sizes[l] = take(&input) % (SIZE_MAX_HERE + 1);
        columns[l] = parents[l];
    }
    for (unsigned l = 0; l + 1 < hierarchy.levels; l++) {
        for (uint32_t c = 0; c < SIZE_MAX_HERE; c++) {
            uint8_t byte = take(&input);
            parents[l][c] = byte > 250 || sizes[l + 1] == 0 ? byte : byte % sizes[l + 1];
        }
    }
    if (sdc_hierarchy_check(&hierarchy, &error))
        use_hierarchy(&input, &hierarchy);
    else
        g_assert_true(error.code != SDC_ERROR_NONE && error.sentence[0] != '\0');
    use_tree(&input);
    return 0;
}
