/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Small linked tables with anything in them: relations, suppression by elimination with and without those
 * who are alone in a cell, rounding and cell keys. What succeeds keeps what it promises.
 */
#include "fuzz.h"

#include "sdc/sdc.h"

#include <math.h>
#include <string.h>

enum { CELLS_MAX = 24, NODES = 4 };

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

typedef struct Tables {
    size_t cells;
    bool primary[CELLS_MAX], shown[CELLS_MAX];
    uint32_t contributors[CELLS_MAX];
    double cost[CELLS_MAX];
} Tables;

static void take_cells(Input *input, Tables *t)
{
    for (size_t i = 0; i < t->cells; i++) {
        uint8_t byte = take(input);
        t->primary[i] = byte % 3 == 0;
        t->shown[i] = byte % 7 == 1;
        t->contributors[i] = byte >> 5;
        t->cost[i] = byte == 255 ? NAN : take(input);
    }
}

static void check_pattern(const SdcRelations *relations, const Tables *t, const SdcGauss *gauss)
{
    bool suppressed[CELLS_MAX], disclosed[CELLS_MAX], exposed[CELLS_MAX];
    SdcGaussSummary summary;
    SdcError error = {0};
    size_t count, open = 0;
    if (!sdc_gauss_suppress(NULL, gauss, suppressed, &summary, &error)) {
        g_assert_true(error.code != SDC_ERROR_NONE && error.code != SDC_ERROR_SOLVER);
        return;
    }
    g_assert_true(sdc_gauss_disclosed(NULL, relations, suppressed, disclosed, &count, &error));
    for (size_t i = 0; i < t->cells; i++) {
        open += t->primary[i] && disclosed[i];
        g_assert_true(!t->primary[i] || suppressed[i]);
        g_assert_true(gauss->shown == NULL || !t->shown[i] || !suppressed[i]);
    }
    g_assert_cmpuint(open, ==, summary.unprotected);
    if (gauss->contributors == NULL)
        return;
    SdcKnowledge knowledge = {relations, suppressed, t->primary, NULL, t->contributors, gauss->coalition};
    g_assert_true(sdc_gauss_exposed(NULL, &knowledge, exposed, &count, &error));
    if (summary.exposed == 0 && summary.unprotected == 0)
        g_assert_cmpuint(count, ==, 0);
}

static void use_relations(Input *input, const SdcRelations *relations, Tables *t)
{
    take_cells(input, t);
    SdcGauss gauss = {relations, t->primary, t->cost, take(input) % 2 ? t->shown : NULL, NULL, NULL, 0};
    check_pattern(relations, t, &gauss);
    gauss.contributors = t->contributors;
    gauss.coalition = take(input) % 4;
    check_pattern(relations, t, &gauss);
    SdcError error = {0};
    double z[CELLS_MAX];
    if (sdc_table_round(t->cost, t->cells, 1 + take(input) % 6, z, &error)) {
        for (size_t i = 0; i < t->cells; i++)
            g_assert_true(z[i] >= 0);
    }
}

static void use_chances(Input *input)
{
    SdcChanceRules rules = {take(input) % 12, take(input) / 8.0, take(input) % 5, take(input) / 300.0,
                            take(input) % 2, take(input) % 4, take(input) % 2};
    SdcChances chances;
    SdcError error = {0};
    if (!sdc_chances_make(NULL, &rules, &chances, &error)) {
        g_assert_true(error.code == SDC_ERROR_ARGUMENT || error.code == SDC_ERROR_IMPOSSIBLE);
        return;
    }
    double count = take(input), key = take(input) / 256.0, out;
    bool done = sdc_cellkey_perturb(&chances, &count, &key, 1, &out, &error);
    g_assert_cmpint(done, ==, chances.steps == 1);
    g_assert_true(!done || (out >= 0 && fabs(out - count) <= rules.largest_change));
    for (size_t r = 0; r < chances.rows; r++) {
        double sum = 0, mean = 0;
        for (size_t k = chances.starts[r]; k < chances.starts[r + 1]; k++) {
            sum += chances.chances[k];
            mean += chances.chances[k] * chances.changes[k];
        }
        g_assert_true(fabs(sum - 1) < 1e-9 && fabs(mean) < 1e-6 * chances.steps);
    }
    sdc_chances_clear(NULL, &chances);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    Input input = {data, size};
    uint32_t nodes[2][2][CELLS_MAX], ids[2][CELLS_MAX], parents[2][NODES];
    const uint32_t *columns[2][2];
    SdcTree trees[2][2];
    SdcTableShape shapes[2];
    Tables t = {.cells = take(&input) % (CELLS_MAX + 1)};
    size_t count = 1 + take(&input) % 2;
    for (size_t d = 0; d < 2; d++) {
        for (uint32_t n = 0; n < NODES; n++) {
            uint8_t byte = take(&input);
            parents[d][n] = byte > 230 ? byte : byte > 128 ? SDC_NO_PARENT : byte % NODES;
        }
    }
    for (size_t k = 0; k < count; k++) {
        for (size_t d = 0; d < 2; d++) {
            trees[k][d] = (SdcTree){NODES, parents[(k + d) % 2], NULL};
            columns[k][d] = nodes[k][d];
        }
        shapes[k] = (SdcTableShape){1 + take(&input) % 2, trees[k], take(&input) % (CELLS_MAX + 1), columns[k],
                                    ids[k]};
        for (size_t i = 0; i < shapes[k].cells; i++) {
            uint8_t byte = take(&input);
            nodes[k][0][i] = byte % (NODES + (byte > 250));
            nodes[k][1][i] = byte / NODES % NODES;
            ids[k][i] = take(&input) % (CELLS_MAX + 1);
        }
    }
    SdcRelations relations;
    SdcError error = {0};
    if (sdc_relations_from_tables(NULL, shapes, count, t.cells, &relations, &error)) {
        use_relations(&input, &relations, &t);
        sdc_relations_clear(NULL, &relations);
    } else {
        g_assert_true(error.code != SDC_ERROR_NONE && error.sentence[0] != '\0');
    }
    use_chances(&input);
    return 0;
}
