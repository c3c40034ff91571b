/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tables for the tests and the benchmark of the kernels: dimensions named by labels, cells read from a
 * comma-separated text, several tables whose common cells are one.
 */
#ifndef DARSE_TESTS_SDC_TABLES_H
#define DARSE_TESTS_SDC_TABLES_H

#include "sdc/sdc.h"

#include <glib.h>
#include <math.h>
#include <string.h>

typedef struct Labels {
    GPtrArray *names;
    GArray *parents;       /* uint32_t */
    GHashTable *index;     /* name -> 1 + node */
} Labels;

static inline void labels_init(Labels *l)
{
    l->names = g_ptr_array_new_with_free_func(g_free);
    l->parents = g_array_new(false, false, sizeof(uint32_t));
    l->index = g_hash_table_new(g_str_hash, g_str_equal);
}

static inline void labels_clear(Labels *l)
{
    g_hash_table_unref(l->index);
    g_array_unref(l->parents);
    g_ptr_array_unref(l->names);
}

static inline uint32_t labels_node(Labels *l, const char *name)
{
    uint32_t known = GPOINTER_TO_UINT(g_hash_table_lookup(l->index, name));
    if (known != 0)
        return known - 1;
    uint32_t none = SDC_NO_PARENT;
    g_ptr_array_add(l->names, g_strdup(name));
    g_array_append_val(l->parents, none);
    g_hash_table_insert(l->index, g_ptr_array_index(l->names, l->names->len - 1),
                        GUINT_TO_POINTER(l->names->len));
    return l->names->len - 1;
}

static inline bool labels_known(const Labels *l, const char *name, uint32_t *ret_node)
{
    uint32_t known = GPOINTER_TO_UINT(g_hash_table_lookup(l->index, name));
    *ret_node = known - 1;
    return known != 0;
}

/* PATH from the lowest category to the total. */
static inline void labels_path(Labels *l, const char *const *path)
{
    for (; path[1] != NULL; path++) {
        uint32_t below = labels_node(l, path[0]), above = labels_node(l, path[1]);
        if (below != above)
            g_array_index(l->parents, uint32_t, below) = above;
    }
}

/* The columns FIELDS (lowest category first) of each line of TEXT after the first, then "Total". */
static inline void labels_read(Labels *l, const char *text, const int *fields, int count)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (char **line = lines + 1; *line != NULL && **line != '\0'; line++) {
        g_auto(GStrv) values = g_strsplit(g_strchomp(*line), ",", -1);
        const char *path[6] = {NULL};
        for (int f = 0; f < count; f++)
            path[f] = values[fields[f]];
        path[count] = "Total";
        labels_path(l, path);
    }
}

#define TABLE_DIMENSIONS 5

/* A table of some of the rows of a text: those whose labels are in its dimensions. */
typedef struct LabelTable {
    unsigned dimensions;
    Labels labels[TABLE_DIMENSIONS];
    GArray *nodes[TABLE_DIMENSIONS];
    GArray *ids;
    SdcTree trees[TABLE_DIMENSIONS];
    const uint32_t *node_columns[TABLE_DIMENSIONS];
} LabelTable;

static inline LabelTable *label_table_new(unsigned dimensions)
{
    LabelTable *t = g_new0(LabelTable, 1);
    t->dimensions = dimensions;
    t->ids = g_array_new(false, false, sizeof(uint32_t));
    for (unsigned d = 0; d < dimensions; d++) {
        labels_init(&t->labels[d]);
        t->nodes[d] = g_array_new(false, false, sizeof(uint32_t));
    }
    return t;
}

static inline void label_table_free(LabelTable *t)
{
    for (unsigned d = 0; d < t->dimensions; d++) {
        labels_clear(&t->labels[d]);
        g_array_unref(t->nodes[d]);
    }
    g_array_unref(t->ids);
    g_free(t);
}

/* True when the cell belongs to the table. */
static inline bool label_table_add(LabelTable *t, char **names, uint32_t id)
{
    uint32_t nodes[TABLE_DIMENSIONS];
    for (unsigned d = 0; d < t->dimensions; d++) {
        if (!labels_known(&t->labels[d], names[d], &nodes[d]))
            return false;
    }
    for (unsigned d = 0; d < t->dimensions; d++)
        g_array_append_val(t->nodes[d], nodes[d]);
    g_array_append_val(t->ids, id);
    return true;
}

static inline SdcTableShape label_table_shape(LabelTable *t)
{
    for (unsigned d = 0; d < t->dimensions; d++) {
        t->trees[d] = (SdcTree){t->labels[d].names->len, (const uint32_t *)(void *)t->labels[d].parents->data,
                                NULL};
        t->node_columns[d] = (const uint32_t *)(void *)t->nodes[d]->data;
    }
    return (SdcTableShape){t->dimensions, t->trees, t->ids->len, t->node_columns,
                           (const uint32_t *)(void *)t->ids->data};
}

/* The cells of a published table: names of its dimensions first, then numbers (TRUE and FALSE are 1 and
 * 0). */
typedef struct CellText {
    size_t cells;
    unsigned dimensions;
    GPtrArray *names;      /* of char **, a line each */
    double *columns[10];
    unsigned count;
} CellText;

static inline CellText *cell_text_new(const char *text, unsigned dimensions)
{
    CellText *c = g_new0(CellText, 1);
    c->names = g_ptr_array_new_with_free_func((GDestroyNotify)(void (*)(void))g_strfreev);
    c->dimensions = dimensions;
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (char **line = lines + 1; *line != NULL && **line != '\0'; line++)
        g_ptr_array_add(c->names, g_strsplit(g_strchomp(*line), ",", -1));
    c->cells = c->names->len;
    c->count = g_strv_length(g_ptr_array_index(c->names, 0)) - dimensions;
    for (unsigned k = 0; k < c->count; k++) {
        c->columns[k] = g_new0(double, c->cells);
        for (size_t i = 0; i < c->cells; i++) {
            const char *value = ((char **)g_ptr_array_index(c->names, i))[dimensions + k];
            c->columns[k][i] = strcmp(value, "TRUE") == 0 ? 1 : g_ascii_strtod(value, NULL);
        }
    }
    return c;
}

static inline void cell_text_free(CellText *c)
{
    for (unsigned k = 0; k < c->count; k++)
        g_free(c->columns[k]);
    g_ptr_array_unref(c->names);
    g_free(c);
}

/* Puts each cell where its labels are in the table. */
static inline void label_table_take(LabelTable *t, const CellText *c)
{
    for (size_t i = 0; i < c->cells; i++)
        label_table_add(t, g_ptr_array_index(c->names, i), (uint32_t)i);
}

/* --- rtauargus's table of 414 cells -------------------------------------------------------------- */

/* ACTIVITY,SIZE,N_OBS,TOT,MAX; unsafe below 3 units or above 85 %. Levels of protection: for dominance
 * what makes the largest share 85 % (100 x1 / 85 - X), else 10 % of the total;
 * below, no more than the total. */
typedef struct ActivitySize {
    CellText *cells;
    LabelTable *table;
    SdcRelations relations;
    bool primary[414];
    double below[414], above[414];
} ActivitySize;

static inline ActivitySize *activity_size_new(const char *text, const char *activities)
{
    ActivitySize *a = g_new0(ActivitySize, 1);
    a->cells = cell_text_new(text, 2);
    a->table = label_table_new(2);
    static const int levels[] = {2, 1, 0};
    labels_read(&a->table->labels[0], activities, levels, 3);
    static const char *const sizes[][3] = {{"tr1", "Total"}, {"tr2", "Total"}, {"tr3", "Total"}};
    for (int s = 0; s < 3; s++)
        labels_path(&a->table->labels[1], sizes[s]);
    label_table_take(a->table, a->cells);
    SdcTableShape shape = label_table_shape(a->table);
    g_assert_cmpuint(shape.cells, ==, 414);
    SdcError error = {0};
    g_assert_true(sdc_relations_from_tables(NULL, &shape, 1, 414, &a->relations, NULL));
    if (!sdc_relations_check(&a->relations, a->cells->columns[1], 1e-6, &error))
        g_error("%s", error.sentence);
    SdcVerdict verdicts[414];
    SdcRules rules = {.minimum_count = 3, .dominance_percent = {85}};
    SdcTable checked = {.cells = 414, .count = a->cells->columns[0], .total = a->cells->columns[1],
                        .top = 1, .top_values = {a->cells->columns[2]}};
    SdcSummary summary;
    g_assert_true(sdc_primary_check(&rules, &checked, verdicts, &summary, NULL));
    g_assert_cmpuint(summary.flagged, ==, 77);
    for (int i = 0; i < 414; i++) {
        double total = a->cells->columns[1][i], dominance = 100 * a->cells->columns[2][i] / 85 - total;
        a->primary[i] = verdicts[i].status != SDC_STATUS_SAFE;
        a->above[i] = MAX(MAX(0.1 * total, dominance), 1e-3);
        a->below[i] = MIN(a->above[i], total);
    }
    return a;
}

static inline void activity_size_free(ActivitySize *a)
{
    sdc_relations_clear(NULL, &a->relations);
    label_table_free(a->table);
    cell_text_free(a->cells);
    g_free(a);
}

/* --- an independent judge ------------------------------------------------------------------------ */

/* Is P fixed when all cells but those in SUPPRESSED are known, and those in KNOWN too (NULL: none)? It is
 * when the unit vector of P is in the span of the relations restricted to the unknown cells. */
static inline bool is_fixed(const SdcRelations *relations, const bool *suppressed, size_t p, const bool *known)
{
    size_t n = relations->cells, rows = relations->count;
    g_autofree double *m = g_new0(double, (rows + 1) * n);
    for (size_t r = 0; r < rows; r++) {
        for (size_t k = relations->starts[r]; k < relations->starts[r + 1]; k++) {
            uint32_t c = relations->columns[k];
            if (suppressed[c] && (known == NULL || !known[c]))
                m[r * n + c] = relations->signs[k];
        }
    }
    size_t rank = 0;
    for (size_t turn = 0; turn < n; turn++) {
        /* The column of P last: it has a row of its own then if and only if it is fixed. */
        size_t c = turn < n - 1 ? (turn < p ? turn : turn + 1) : p, best = rank;
        for (size_t r = rank; r < rows; r++)
            best = fabs(m[r * n + c]) > fabs(m[best * n + c]) ? r : best;
        if (best >= rows || fabs(m[best * n + c]) < 1e-9)
            continue;
        if (c == p)
            return true;
        for (size_t k = 0; k < n; k++) {
            double swapped = m[rank * n + k];
            m[rank * n + k] = m[best * n + k];
            m[best * n + k] = swapped;
        }
        for (size_t r = rank + 1; r < rows; r++) {
            double factor = m[r * n + c] / m[rank * n + c];
            for (size_t k = 0; k < n && factor != 0; k++)
                m[r * n + k] -= factor * m[rank * n + k];
        }
        rank++;
    }
    return false;
}

/* --- small tables -------------------------------------------------------------------------------- */

/* Rows x columns with totals: cell (r, c) is r * (columns + 1) + c, totals last. */
typedef struct Grid {
    unsigned rows, columns;
    SdcTree trees[2];
    uint32_t nodes[2][100];
    const uint32_t *node_columns[2];
    SdcTableShape shape;
} Grid;

static inline void grid_init(Grid *g, unsigned rows, unsigned columns)
{
    g->rows = rows;
    g->columns = columns;
    g_assert_true(sdc_tree_flat(NULL, rows, &g->trees[0], NULL));
    g_assert_true(sdc_tree_flat(NULL, columns, &g->trees[1], NULL));
    size_t cells = 0;
    for (uint32_t r = 0; r < g->trees[0].nodes; r++) {
        for (uint32_t c = 0; c < g->trees[1].nodes; c++, cells++) {
            g->nodes[0][cells] = r;
            g->nodes[1][cells] = c;
        }
    }
    g->node_columns[0] = g->nodes[0];
    g->node_columns[1] = g->nodes[1];
    g->shape = (SdcTableShape){2, g->trees, cells, g->node_columns, NULL};
}

static inline void grid_clear(Grid *g)
{
    sdc_tree_clear(NULL, &g->trees[0]);
    sdc_tree_clear(NULL, &g->trees[1]);
}

#endif
