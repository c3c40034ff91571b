/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Published tables and the results that are known of them, beyond those that the kernels' own tests hold:
 * docs/sdc/references.md lists them all. Skipped where the reference files are not.
 */
#include "sdc_fixture.h"
#include "sdc_tables.h"
#include "sdchost/sdchost.h"

static SdcContext with_solver;

static bool no_files(void)
{
    g_autofree char *path = reference_path("sdc/gauss/magnitude1.csv");
    if (path == NULL)
        g_test_skip(SKIP_WITHOUT_DATA);
    return path == NULL;
}

/* --- Statistics Norway: magnitude1, dominance (1, 80) and (2, 99) -------------------------------------- */

typedef struct Magnitude {
    Labels sectors, places;
    GArray *codes[2];
    GArray *values;
} Magnitude;

static void magnitude_read(Magnitude *m)
{
    g_autofree char *text = reference_text("sdc/gauss/magnitude1.csv");
    labels_init(&m->sectors);
    labels_init(&m->places);
    labels_read(&m->sectors, text, (const int[]){0}, 1);
    labels_read(&m->places, text, (const int[]){2}, 1);
    m->values = g_array_new(false, false, sizeof(double));
    for (int c = 0; c < 2; c++)
        m->codes[c] = g_array_new(false, false, sizeof(uint32_t));
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (char **line = lines + 1; *line != NULL && **line != '\0'; line++) {
        g_auto(GStrv) fields = g_strsplit(g_strchomp(*line), ",", -1);
        uint32_t codes[] = {1 + labels_node(&m->sectors, fields[0]), 1 + labels_node(&m->places, fields[2])};
        double value = g_ascii_strtod(fields[5], NULL);
        for (int c = 0; c < 2; c++)
            g_array_append_val(m->codes[c], codes[c]);
        g_array_append_val(m->values, value);
    }
}

static void magnitude_clear(Magnitude *m)
{
    labels_clear(&m->sectors);
    labels_clear(&m->places);
    for (int c = 0; c < 2; c++)
        g_array_unref(m->codes[c]);
    g_array_unref(m->values);
}

static SdcTree tree_of(const Labels *labels)
{
    return (SdcTree){labels->names->len, (const uint32_t *)(void *)labels->parents->data, NULL};
}

/* The published cell of each of ours. */
static size_t find_cell(const CellText *cells, const char *sector, const char *place)
{
    for (size_t i = 0; i < cells->cells; i++) {
        char **names = g_ptr_array_index(cells->names, i);
        if (strcmp(names[0], sector) == 0 && strcmp(names[1], place) == 0)
            return i;
    }
    g_error("%s, %s is not published", sector, place);
}

/* Every record is a contributor, as in theirs. Totals, all eight unsafe cells, and the pattern:
 * theirs thinks of singletons by default, and so does ours when told. The two cells of zero must be shown, as theirs are. */
static void test_magnitude1(void)
{
    if (no_files())
        return;
    g_autofree char *text = reference_text("sdc/gauss/expected_magnitude1_dominance_n12_k80_99.csv");
    CellText *published = cell_text_new(text, 2);
    Magnitude m;
    magnitude_read(&m);
    SdcTree trees[] = {tree_of(&m.sectors), tree_of(&m.places)};
    const uint32_t *codes[] = {(uint32_t *)(void *)m.codes[0]->data, (uint32_t *)(void *)m.codes[1]->data};
    SdcTabulation tabulation = {.rows = m.values->len, .dimensions = 2, .trees = trees, .codes = codes,
                                .values = (double *)(void *)m.values->data, .top = 2, .empty_cells = true};
    SdcCube cube;
    g_assert_true(sdc_tabulate(NULL, &tabulation, &cube, NULL));
    g_assert_cmpuint(cube.cells, ==, 20);
    const uint32_t *nodes[] = {cube.nodes[0], cube.nodes[1]};
    SdcTableShape shape = {2, trees, cube.cells, nodes, NULL};
    SdcRelations relations;
    g_assert_true(sdc_relations_from_tables(NULL, &shape, 1, cube.cells, &relations, NULL));
    SdcRules rules = {.dominance_percent = {80, 99}};
    SdcTable table = sdc_cube_table(&cube, NULL);
    SdcVerdict verdicts[20];
    SdcSummary flagged;
    g_assert_true(sdc_primary_check(&rules, &table, verdicts, &flagged, NULL));
    bool primary[20], shown[20], suppressed[20], theirs[20], disclosed[20];
    for (size_t i = 0; i < 20; i++) {
        size_t at = find_cell(published, g_ptr_array_index(m.sectors.names, cube.nodes[0][i]),
                              g_ptr_array_index(m.places.names, cube.nodes[1][i]));
        g_assert_cmpfloat(fabs(cube.total[i] - published->columns[0][at]), <, 1e-9);
        primary[i] = verdicts[i].status != SDC_STATUS_SAFE;
        g_assert_cmpint(primary[i], ==, published->columns[1][at] != 0);
        theirs[i] = published->columns[2][at] != 0;
        shown[i] = cube.total[i] == 0;
    }
    bool singletons[20];
    for (size_t i = 0; i < 20; i++)
        singletons[i] = cube.units[i] == 1;
    SdcGauss gauss = {&relations, primary, cube.total, shown, NULL, NULL, 0};
    SdcGaussSummary summary;
    size_t count;
    g_assert_true(sdc_gauss_suppress(NULL, &gauss, suppressed, &summary, NULL));
    g_assert_cmpuint(summary.secondary, ==, 1);
    for (size_t i = 0; i < 20; i++)
        g_assert_true(!suppressed[i] || theirs[i]);
    gauss.singletons = singletons;
    g_assert_true(sdc_gauss_suppress(NULL, &gauss, suppressed, &summary, NULL));
    g_assert_cmpuint(summary.primary, ==, 8);
    g_assert_cmpuint(summary.secondary, ==, 2);
    g_assert_cmpmem(suppressed, sizeof suppressed, theirs, sizeof theirs);
    g_assert_true(sdc_gauss_disclosed(NULL, &relations, theirs, disclosed, &count, NULL));
    g_assert_cmpuint(count, ==, 0);
    sdc_relations_clear(NULL, &relations);
    sdc_cube_clear(NULL, &cube);
    magnitude_clear(&m);
    cell_text_free(published);
}

/* --- Insee: tables with their flags ------------------------------------------------------------------------ */

typedef struct Flagged {
    const char *relative;
    unsigned dimensions;
    unsigned count, total, largest, frequent, dominated;   /* columns after the labels */
    size_t cells, by_count, by_dominance, primary, others;
    bool audited;
} Flagged;

/* Cells of test tables have no hierarchy: every dimension is its values under "Total". */
static LabelTable *flat_table(const CellText *cells)
{
    LabelTable *table = label_table_new(cells->dimensions);
    for (size_t i = 0; i < cells->cells; i++) {
        char **names = g_ptr_array_index(cells->names, i);
        for (unsigned d = 0; d < cells->dimensions; d++) {
            const char *path[] = {names[d], "Total", NULL};
            labels_path(&table->labels[d], path);
        }
    }
    label_table_take(table, cells);
    return table;
}

static void protect(const Flagged *which, const CellText *cells, const bool *primary)
{
    size_t n = cells->cells, count;
    LabelTable *table = flat_table(cells);
    SdcTableShape shape = label_table_shape(table);
    SdcRelations relations;
    SdcError error = {0};
    g_assert_true(sdc_relations_from_tables(NULL, &shape, 1, n, &relations, NULL));
    if (!sdc_relations_check(&relations, cells->columns[which->total], 1e-6, &error))
        g_error("%s: %s", which->relative, error.sentence);
    g_autofree bool *suppressed = g_new(bool, n), *disclosed = g_new(bool, n);
    SdcGauss gauss = {&relations, primary, cells->columns[which->total], NULL, NULL, NULL, 0};
    SdcGaussSummary summary;
    g_assert_true(sdc_gauss_suppress(NULL, &gauss, suppressed, &summary, NULL));
    g_assert_cmpuint(summary.unprotected, ==, 0);
    g_assert_true(sdc_gauss_disclosed(NULL, &relations, suppressed, disclosed, &count, NULL));
    g_assert_cmpuint(count, ==, 0);
    g_test_message("%s: %zu secondary of %zu cells", which->relative, summary.secondary, n);
    if (which->audited) {
        g_autofree double *low = g_new(double, n), *high = g_new(double, n);
        g_autofree uint8_t *states = g_new(uint8_t, n);
        SdcAuditSummary audited;
        SdcAudit audit = {&relations, cells->columns[which->total], suppressed, primary, NULL, NULL, NULL, NULL};
        g_assert_true(sdc_audit(&with_solver, &audit, low, high, states, &audited, NULL));
        g_assert_cmpuint(audited.targets, ==, which->primary);
        g_assert_cmpuint(audited.exact, ==, 0);
        g_test_message("%zu programs, %zu safe", audited.programs, audited.safe);
    }
    sdc_relations_clear(NULL, &relations);
    label_table_free(table);
}

/* Below 3 units or above 85 %: cell by cell the flags that are published with the table. OTHERS: cells
 * with a negative total, of which theirs compare the largest contribution with 85 % of that (always above), or
 * not: ours with 85 % of its absolute value. Protection is asked for the published flags. */
static void check_flagged(const Flagged *which)
{
    g_autofree char *text = reference_text(which->relative);
    CellText *cells = cell_text_new(text, which->dimensions);
    g_assert_cmpuint(cells->cells, ==, which->cells);
    g_autofree bool *primary = g_new(bool, cells->cells);
    size_t by_count = 0, by_dominance = 0, all = 0, others = 0;
    g_autofree SdcVerdict *verdicts = g_new(SdcVerdict, cells->cells);
    SdcSummary summary;
    SdcRules rules = {.minimum_count = 3, .dominance_percent = {85}};
    SdcTable table = {.cells = cells->cells, .count = cells->columns[which->count],
                      .total = cells->columns[which->total], .top = 1,
                      .top_values = {cells->columns[which->largest]}};
    g_assert_true(sdc_primary_check(&rules, &table, verdicts, &summary, NULL));
    for (size_t i = 0; i < cells->cells; i++) {
        bool is_frequent = (verdicts[i].flags & SDC_FLAG_MINIMUM_COUNT) != 0;
        bool is_dominated = (verdicts[i].flags & SDC_FLAG_DOMINANCE) != 0;
        bool same = is_dominated == (cells->columns[which->dominated][i] != 0);
        g_assert_cmpint(is_frequent, ==, cells->columns[which->frequent][i] != 0);
        g_assert_true(same || table.total[i] < 0);
        others += !same;
        by_count += is_frequent;
        primary[i] = is_frequent || cells->columns[which->dominated][i] != 0;
        by_dominance += cells->columns[which->dominated][i] != 0;
        all += primary[i];
    }
    g_assert_cmpuint(by_count, ==, which->by_count);
    g_assert_cmpuint(by_dominance, ==, which->by_dominance);
    g_assert_cmpuint(all, ==, which->primary);
    g_assert_cmpuint(others, ==, which->others);
    protect(which, cells, primary);
    cell_text_free(cells);
}

static void test_datatest(void)
{
    static const Flagged tables[] = {
        {"sdc/rtauargus/datatest1.csv", 4, 0, 1, 2, 3, 4, 689, 79, 95, 114, 1, true},
        {"sdc/rtauargus/datatest2.csv", 5, 0, 1, 2, 5, 6, 5612, 1027, 1032, 1332, 23, false},
    };
    if (no_files())
        return;
    for (size_t i = 0; i < G_N_ELEMENTS(tables); i++)
        check_flagged(&tables[i]);
}

/* --- Insee: linked tables ------------------------------------------------------------------------------------ */

/* Turnover by activity and size, and by activity and legal category: what both show of an activity is one
 * cell. Protected together, no cell of either follows from both. */
static void test_linked(void)
{
    if (no_files())
        return;
    g_autofree char *sizes = reference_text("sdc/rtauargus/turnover_act_size.csv");
    g_autofree char *categories = reference_text("sdc/rtauargus/turnover_act_cj.csv");
    g_autofree char *activities = reference_text("sdc/rtauargus/activity_corr_table.csv");
    CellText *cells[] = {cell_text_new(sizes, 2), cell_text_new(categories, 2)};
    LabelTable *tables[2];
    SdcTableShape shapes[2];
    size_t n = 0, shared = 0;
    enum { ALL_MAX = 900 };
    double count[ALL_MAX], total[ALL_MAX], largest[ALL_MAX];
    for (int t = 0; t < 2; t++) {
        tables[t] = label_table_new(2);
        labels_read(&tables[t]->labels[0], activities, (const int[]){2, 1, 0}, 3);
        for (size_t i = 0; i < cells[t]->cells; i++) {
            const char *path[] = {((char **)g_ptr_array_index(cells[t]->names, i))[1], "Total", NULL};
            labels_path(&tables[t]->labels[1], path);
        }
        for (size_t i = 0; i < cells[t]->cells; i++) {
            char **names = g_ptr_array_index(cells[t]->names, i);
            size_t id = n;
            for (size_t k = 0; t == 1 && strcmp(names[1], "Total") == 0 && k < cells[0]->cells; k++) {
                char **other = g_ptr_array_index(cells[0]->names, k);
                id = strcmp(other[0], names[0]) == 0 && strcmp(other[1], "Total") == 0 ? k : id;
            }
            g_assert_true(label_table_add(tables[t], names, (uint32_t)id));
            shared += id < n;
            if (id < n) {
                g_assert_cmpfloat(fabs(total[id] - cells[t]->columns[1][i]), <=, 1e-6 * fabs(total[id]));
                continue;
            }
            count[n] = cells[t]->columns[0][i];
            total[n] = cells[t]->columns[1][i];
            largest[n++] = cells[t]->columns[2][i];
            g_assert_cmpuint(n, <, ALL_MAX);
        }
        shapes[t] = label_table_shape(tables[t]);
    }
    g_assert_cmpuint(shared, >, 100);   /* one cell an activity */
    SdcRelations relations;
    SdcError error = {0};
    g_assert_true(sdc_relations_from_tables(NULL, shapes, 2, n, &relations, NULL));
    if (!sdc_relations_check(&relations, total, 1e-6, &error))
        g_error("%s", error.sentence);
    SdcRules rules = {.minimum_count = 3, .dominance_percent = {85}};
    SdcTable table = {.cells = n, .count = count, .total = total, .top = 1, .top_values = {largest}};
    SdcVerdict verdicts[ALL_MAX];
    SdcSummary flagged;
    g_assert_true(sdc_primary_check(&rules, &table, verdicts, &flagged, NULL));
    bool primary[ALL_MAX], suppressed[ALL_MAX], disclosed[ALL_MAX];
    for (size_t i = 0; i < n; i++)
        primary[i] = verdicts[i].status != SDC_STATUS_SAFE;
    SdcGauss gauss = {&relations, primary, total, NULL, NULL, NULL, 0};
    SdcGaussSummary summary;
    size_t found;
    g_assert_true(sdc_gauss_suppress(NULL, &gauss, suppressed, &summary, NULL));
    g_assert_cmpuint(summary.unprotected, ==, 0);
    g_assert_true(sdc_gauss_disclosed(NULL, &relations, suppressed, disclosed, &found, NULL));
    g_assert_cmpuint(found, ==, 0);
    double low[ALL_MAX], high[ALL_MAX];
    uint8_t states[ALL_MAX];
    SdcAuditSummary audited;
    SdcAudit audit = {&relations, total, suppressed, primary, NULL, NULL, NULL, NULL};
    g_assert_true(sdc_audit(&with_solver, &audit, low, high, states, &audited, NULL));
    g_assert_cmpuint(audited.exact, ==, 0);
    g_test_message("%zu cells, %zu of both, %zu primary, %zu secondary", n, shared, summary.primary,
                   summary.secondary);
    sdc_relations_clear(NULL, &relations);
    for (int t = 0; t < 2; t++) {
        label_table_free(tables[t]);
        cell_text_free(cells[t]);
    }
}

/* --- tau-Argus: a table with statuses and levels ----------------------------------------------------------- */

/* "Size";"Region";..;count;value;..;status;below;above, decimal commas; regions by the hierarchy file. (The
 * first number of each line does not add up: two cells of it were changed by one.) */
static void test_levels(void)
{
    if (no_files())
        return;
    g_autofree char *text = reference_text("sdc/tauargus/tableinput__pp.tab");
    g_autofree char *hierarchy = reference_text("sdc/tauargus/region2.hrc");
    enum { ALL_MAX = 200 };
    LabelTable *table = label_table_new(2);
    g_auto(GStrv) regions = g_strsplit(hierarchy, "\n", -1);
    g_autofree char *above = NULL;
    for (char **line = regions; *line != NULL && **line != '\0'; line++) {
        char *name = g_strstrip(**line == '@' ? *line + 1 : *line);
        const char *path[] = {name, "Total", NULL}, *under[] = {name, above, "Total", NULL};
        labels_path(&table->labels[1], **line == '@' ? under : path);
        if (**line != '@') {
            g_free(above);
            above = g_strdup(name);
        }
    }
    double value[ALL_MAX], below[ALL_MAX], over[ALL_MAX];
    bool primary[ALL_MAX], shown[ALL_MAX], suppressed[ALL_MAX];
    size_t n = 0, unsafe = 0;
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func((GDestroyNotify)(void (*)(void))g_strfreev);
    for (char **line = lines; *line != NULL && **line != '\0'; line++, n++) {
        g_strdelimit(*line, ",", '.');
        g_auto(GStrv) fields = g_strsplit(g_strchomp(*line), ";", -1);
        for (int d = 0; d < 2; d++) {
            g_strdelimit(fields[d], "\"", ' ');
            g_strstrip(fields[d]);
            const char *path[] = {fields[d], "Total", NULL};
            uint32_t node;
            if (!labels_known(&table->labels[d], fields[d], &node))
                labels_path(&table->labels[d], path);
        }
        g_assert_cmpuint(n, <, ALL_MAX);
        value[n] = g_ascii_strtod(fields[4], NULL);
        primary[n] = strcmp(fields[8], "U") == 0;
        shown[n] = strcmp(fields[8], "E") == 0;   /* empty */
        unsafe += primary[n];
        below[n] = primary[n] ? g_ascii_strtod(fields[9], NULL) : 0;
        over[n] = primary[n] ? g_ascii_strtod(fields[10], NULL) : 0;
        g_ptr_array_add(names, g_strdupv(fields));
    }
    for (size_t i = 0; i < n; i++)
        g_assert_true(label_table_add(table, g_ptr_array_index(names, i), (uint32_t)i));
    SdcTableShape shape = label_table_shape(table);
    SdcRelations relations;
    SdcError error = {0};
    g_assert_true(sdc_relations_from_tables(NULL, &shape, 1, n, &relations, NULL));
    if (!sdc_relations_check(&relations, value, 1e-6, &error))
        g_error("%s", error.sentence);
    SdcGauss gauss = {&relations, primary, value, shown, NULL, NULL, 0};
    SdcGaussSummary by_gauss;
    g_assert_true(sdc_gauss_suppress(NULL, &gauss, suppressed, &by_gauss, NULL));
    SdcOptimal optimal = {.relations = &relations, .values = value, .primary = primary, .cost = value,
                          .shown = shown, .below = below, .above = over, .known = suppressed,
                          .time_limit_s = 60};
    SdcOptimalSummary best;
    bool pattern[ALL_MAX];
    if (!sdc_optimal_suppress(&with_solver, &optimal, pattern, &best, &error))
        g_error("%s", error.sentence);
    g_test_message("%zu cells, %zu unsafe; elimination %zu secondary, least cost %zu of %.2f", n, unsafe,
                   by_gauss.secondary, best.secondary, best.cost);
    g_assert_true(best.proven);
    double low[ALL_MAX], high[ALL_MAX];
    uint8_t states[ALL_MAX];
    SdcAuditSummary audited;
    SdcAudit audit = {&relations, value, pattern, primary, NULL, NULL, below, over};
    g_assert_true(sdc_audit(&with_solver, &audit, low, high, states, &audited, NULL));
    g_assert_cmpuint(audited.safe, ==, unsafe);
    sdc_relations_clear(NULL, &relations);
    label_table_free(table);
}

/* --- ARX: the table of the paper on t-closeness -------------------------------------------------------------- */

/* The nine records of Li, Li and Venkatasubramanian, ZIP code at the first level, age below and from 40:
 * .167 by salary, as in the paper. By disease with the hierarchy of the file (not the paper's, which has more
 * diseases), by hand: {gastritis, flu, bronchitis} moves 1/9 among stomach diseases and 1/9 among respiratory
 * infections at a third each, and 2/9 across at one: 8/27. */
static void test_closeness(void)
{
    if (no_files())
        return;
    g_autofree char *text = reference_text("sdc/arx/test2.csv");
    g_autofree char *tree_text = reference_text("sdc/arx/test2_hierarchy_Disease.csv");
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1), tree_lines = g_strsplit(tree_text, "\n", -1);
    uint32_t zip[9], age[9], salary[9], disease[9];
    GPtrArray *levels[4];
    for (int l = 0; l < 4; l++)
        levels[l] = g_ptr_array_new_with_free_func(g_free);
    uint32_t parents[3][6];
    const uint32_t *parent_columns[] = {parents[0], parents[1], parents[2]};
    for (char **line = tree_lines; *line != NULL && **line != '\0'; line++) {
        g_auto(GStrv) fields = g_strsplit(g_strchomp(*line), ";", -1);
        guint at[4];
        for (int l = 0; l < 4; l++) {
            if (!g_ptr_array_find_with_equal_func(levels[l], fields[l], g_str_equal, &at[l])) {
                at[l] = levels[l]->len;
                g_ptr_array_add(levels[l], g_strdup(fields[l]));
            }
            if (l > 0)
                parents[l - 1][at[l - 1]] = at[l];
        }
    }
    uint32_t sizes[4];
    for (int l = 0; l < 4; l++)
        sizes[l] = levels[l]->len;
    g_assert_cmpuint(sizes[0], ==, 6);
    for (int i = 0; i < 9; i++) {
        g_auto(GStrv) fields = g_strsplit(g_strchomp(lines[i + 1]), ";", -1);
        guint code;
        zip[i] = (uint32_t)g_ascii_strtoull(fields[0], NULL, 10) / 10 == 4767   ? 1
                 : (uint32_t)g_ascii_strtoull(fields[0], NULL, 10) / 10 == 4790 ? 2 : 3;
        age[i] = g_ascii_strtoull(fields[1], NULL, 10) < 40 ? 1 : 2;
        salary[i] = (uint32_t)g_ascii_strtoull(fields[2], NULL, 10) - 2;   /* 3 to 11 */
        g_assert_true(g_ptr_array_find_with_equal_func(levels[0], fields[3], g_str_equal, &code));
        disease[i] = code + 1;
    }
    SdcCodes keys[] = {{9, 3, zip, NULL}, {9, 2, age, NULL}};
    SdcCodes salaries = {9, 9, salary, NULL}, diseases = {9, 6, disease, NULL};
    SdcHierarchy hierarchy = {4, sizes, parent_columns, NULL};
    double distances[9], largest;
    g_assert_true(sdc_closeness(NULL, keys, 2, &salaries, SDC_DISTANCE_ORDERED, NULL, distances, &largest, NULL));
    g_assert_cmpfloat(fabs(largest - 0.167), <, 5e-4);
    g_assert_true(sdc_closeness(NULL, keys, 2, &diseases, SDC_DISTANCE_HIERARCHICAL, &hierarchy, distances,
                                &largest, NULL));
    g_assert_cmpfloat(fabs(largest - 8.0 / 27), <, 1e-14);
    for (int l = 0; l < 4; l++)
        g_ptr_array_unref(levels[l]);
}

/* --- tau-Argus: records with keys ------------------------------------------------------------------------------ */

/* The cell-key example: sex, age group, three amounts, key. The same records have the same count and the
 * same total in the table of both and in those of one. */
static void test_record_keys(void)
{
    if (no_files())
        return;
    g_autofree char *text = reference_text("sdc/tauargus/cellkey__Magnitude__microdata.csv");
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    size_t rows = 0;
    while (lines[rows] != NULL && *lines[rows] != '\0')
        rows++;
    g_assert_cmpuint(rows, ==, 4580);
    g_autofree double *values = g_new(double, rows), *keys = g_new(double, rows);
    g_autofree uint32_t *sex = g_new(uint32_t, rows), *age = g_new(uint32_t, rows);
    for (size_t i = 0; i < rows; i++) {
        g_auto(GStrv) fields = g_strsplit(g_strchomp(lines[i]), ";", -1);
        sex[i] = (uint32_t)g_ascii_strtoull(fields[0], NULL, 10);
        age[i] = (uint32_t)g_ascii_strtoull(fields[1], NULL, 10);
        values[i] = g_ascii_strtod(fields[3], NULL);
        keys[i] = g_ascii_strtod(fields[5], NULL);
    }
    SdcTree trees[2];
    g_assert_true(sdc_tree_flat(NULL, 2, &trees[0], NULL));
    g_assert_true(sdc_tree_flat(NULL, 6, &trees[1], NULL));
    const uint32_t *codes[] = {sex, age};
    SdcTabulation t = {.rows = rows, .dimensions = 2, .trees = trees, .codes = codes, .values = values,
                       .record_keys = keys, .top = 3};
    SdcChanceRules count_rules = {5, 3, 2, 0.5, true, 1, false}, total_rules = {5, 1, 0, 0, true, 2, false};
    SdcChances for_counts, for_totals;
    g_assert_true(sdc_chances_make(NULL, &count_rules, &for_counts, NULL));
    g_assert_true(sdc_chances_make(NULL, &total_rules, &for_totals, NULL));
    SdcMagnitudeRules rules = {.even = &for_totals, .top = 3, .weights = {1, 0.6, 0.3}, .small_share = 0.25,
                               .large_share = 0.05, .flexpoint = 1000, .power = 3};
    SdcCube cubes[3];
    double counts[3][21], totals[3][21];
    for (int k = 0; k < 3; k++) {
        t.dimensions = k == 0 ? 2 : 1;
        t.trees = k == 2 ? trees + 1 : trees;
        t.codes = k == 2 ? codes + 1 : codes;
        g_assert_true(sdc_tabulate(NULL, &t, &cubes[k], NULL));
        g_assert_true(sdc_cellkey_perturb(&for_counts, cubes[k].count, cubes[k].cell_key, cubes[k].cells,
                                          counts[k], NULL));
        g_assert_true(sdc_magnitudes_perturb(&rules, &cubes[k], totals[k], NULL));
    }
    g_assert_cmpuint(cubes[0].cells, ==, 21);
    size_t compared = 0;
    for (size_t i = 0; i < 21; i++) {
        g_assert_true(fabs(counts[0][i] - cubes[0].count[i]) <= 5 && (counts[0][i] == 0 || counts[0][i] > 2));
        for (int k = 1; k < 3; k++) {
            if (cubes[0].nodes[2 - k][i] != (k == 1 ? 6 : 2))
                continue;
            uint32_t at = cubes[0].nodes[k - 1][i];
            g_assert_cmpfloat(cubes[0].count[i], ==, cubes[k].count[at]);
            g_assert_cmpfloat(counts[0][i], ==, counts[k][at]);
            g_assert_cmpfloat(totals[0][i], ==, totals[k][at]);
            compared++;
        }
    }
    g_assert_cmpuint(compared, ==, 3 + 7);
    for (int k = 0; k < 3; k++)
        sdc_cube_clear(NULL, &cubes[k]);
    sdc_chances_clear(NULL, &for_counts);
    sdc_chances_clear(NULL, &for_totals);
    sdc_tree_clear(NULL, &trees[0]);
    sdc_tree_clear(NULL, &trees[1]);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    SdchostSolver *coin = sdchost_solver_open(NULL);
    g_assert_nonnull(coin);
    with_solver.solver = sdchost_solver_table(coin);
    g_test_add_func("/sdc/reference/magnitude1", test_magnitude1);
    g_test_add_func("/sdc/reference/datatest", test_datatest);
    g_test_add_func("/sdc/reference/linked", test_linked);
    g_test_add_func("/sdc/reference/levels", test_levels);
    g_test_add_func("/sdc/reference/closeness", test_closeness);
    g_test_add_func("/sdc/reference/record_keys", test_record_keys);
    int failed = g_test_run();
    sdchost_solver_close(coin);
    return failed;
}
