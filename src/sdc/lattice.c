/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The search: a walk of the whole lattice with suppression, tags of nodes without. Tables of classes come from
 * sdc/lattice_tables.h.
 */
#include "sdc/lattice.h"

#include "sdc/failure.h"
#include "sdc/lattice_tables.h"

#include <math.h>
#include <string.h>

#define SNAPSHOTS_MAX 48

/* --- losses ------------------------------------------------------------------------------------- */
static double class_cost(const SdcLatticeSearch *s, const SdcLatticeTable *table, size_t c)
{
    double cost = 0;
    for (size_t v = 0; v < s->variables; v++) {
        uint64_t word = table->keys[c * s->packing.words + s->packing.word[v]];
        size_t code = (word & s->packing.field[v]) >> s->packing.shift[v];
        cost += s->costs[v][s->cost_starts[v][table->levels[v]] + code];
    }
    return cost;
}

static void judge_discernibility(const SdcLatticeSearch *s, const SdcLatticeTable *table, SdcLatticeVerdict *verdict)
{
    uint64_t loss = 0, bound = 0, k = s->options->k;
    for (size_t c = 0; c < table->count; c++) {
        uint64_t size = table->sizes[c];
        loss += size * (size < k ? s->rows : size);
        bound += size * (size < k ? k : size);   /* it will be in k at least, or lost */
    }
    verdict->loss = (double)loss;
    verdict->bound = (double)bound;
}

static void judge_additive(const SdcLatticeSearch *s, const SdcLatticeTable *table, SdcLatticeVerdict *verdict)
{
    double sum = 0, extra = 0;
    for (size_t v = 0; v < s->variables; v++)
        sum += s->totals[v][table->levels[v]];
    for (size_t c = 0; c < table->count; c++) {
        if (table->sizes[c] < s->options->k)
            extra += table->sizes[c] * fmax(s->gone - class_cost(s, table, c), 0);
    }
    verdict->bound = (sum - s->offset) / s->divisor;
    verdict->loss = (sum + extra - s->offset) / s->divisor;
}

static SdcLatticeVerdict judge(SdcLatticeSearch *s, const SdcLatticeTable *table)
{
    SdcLatticeVerdict verdict = {0};
    for (size_t c = 0; c < table->count; c++) {
        bool small = table->sizes[c] < s->options->k;
        verdict.suppressed += small ? table->sizes[c] : 0;
        verdict.classes += !small;
    }
    if (s->options->loss == SDC_LOSS_DISCERNIBILITY)
        judge_discernibility(s, table, &verdict);
    else
        judge_additive(s, table, &verdict);
    s->checked++;
    return verdict;
}

static int compare_levels(const SdcLatticeSearch *s, const unsigned *a, const unsigned *b)
{
    unsigned sum_a = 0, sum_b = 0;
    for (size_t v = 0; v < s->variables; v++) {
        sum_a += a[v];
        sum_b += b[v];
    }
    if (sum_a != sum_b)
        return sum_a < sum_b ? -1 : 1;
    for (size_t v = 0; v < s->variables; v++) {
        if (a[v] != b[v])
            return a[v] < b[v] ? -1 : 1;
    }
    return 0;
}

static bool consider(SdcLatticeSearch *s, const SdcLatticeTable *table, const SdcLatticeVerdict *verdict)
{
    if (verdict->suppressed > s->allowed)
        return false;
    if (!s->found || verdict->loss < s->verdict.loss ||
        (verdict->loss == s->verdict.loss && compare_levels(s, table->levels, s->best) < 0)) {
        s->found = true;
        s->verdict = *verdict;
        memcpy(s->best, table->levels, sizeof s->best);
    }
    return true;
}

/* --- with suppression: a walk of the whole lattice ------------------------------------------------ */
/* TABLE is a node; above it, the nodes that raise the variable at place FIRST of the order or a later one:
 * each node has one way. It comes from a node that differs by a step in a late variable, of few categories,
 * whose table is hardly larger than its own. */
static bool walk(SdcLatticeSearch *s, const SdcLatticeTable *table, size_t first, SdcError *ret_error)
{
    if (s->checked % 256 == 0 && !sdc_report(s->context, (double)s->checked / (double)s->nodes,
                                             "lattice search", ret_error))
        return false;
    SdcLatticeVerdict verdict = judge(s, table);
    consider(s, table, &verdict);
    if (s->found && verdict.bound > s->verdict.loss)
        return true;
    for (size_t place = first; place < s->variables; place++) {
        unsigned levels[SDC_KEYS_MAX];
        size_t v = s->order[place];
        memcpy(levels, table->levels, sizeof levels);
        if (++levels[v] >= s->lowest[v] + s->spans[v])
            continue;
        SdcLatticeTable above;
        if (!sdc_lattice_table_alloc(s->context, s->packing.words, table->count, &above, ret_error))
            return false;
        sdc_lattice_climb(s, table, levels, false, &above);
        bool ok = walk(s, &above, place, ret_error);
        sdc_lattice_table_clear(s->context, s->packing.words, &above);
        if (!ok)
            return false;
    }
    return true;
}

/* --- without: paths and tags ---------------------------------------------------------------------- */
typedef struct Tags {
    SdcLatticeSearch *s;
    int8_t *tags;                  /* of each node: 1 allowed, -1 not, 0 unknown */
    size_t *stack;                 /* NODES places */
    size_t *path;
    SdcLatticeTable snapshots[SNAPSHOTS_MAX];
    size_t snapshot_count;
} Tags;

static void levels_of(const SdcLatticeSearch *s, size_t node, unsigned *ret_levels)
{
    memset(ret_levels, 0, SDC_KEYS_MAX * sizeof *ret_levels);
    for (size_t v = 0; v < s->variables; v++)
        ret_levels[v] = s->lowest[v] + (unsigned)(node / s->strides[v] % s->spans[v]);
}

/* The node and all above it (or, for a node that is not allowed, below it). */
static void tag(Tags *t, size_t node, bool is_allowed)
{
    const SdcLatticeSearch *s = t->s;
    size_t depth = 0;
    t->tags[node] = is_allowed ? 1 : -1;
    t->stack[depth++] = node;
    while (depth > 0) {
        size_t at = t->stack[--depth];
        for (size_t v = 0; v < s->variables; v++) {
            size_t level = at / s->strides[v] % s->spans[v];
            if (is_allowed ? level + 1 == s->spans[v] : level == 0)
                continue;
            size_t next = is_allowed ? at + s->strides[v] : at - s->strides[v];
            if (t->tags[next] != 0)
                continue;
            t->tags[next] = is_allowed ? 1 : -1;
            t->stack[depth++] = next;
        }
    }
}

static bool is_below(const SdcLatticeSearch *s, const unsigned *a, const unsigned *b)
{
    for (size_t v = 0; v < s->variables; v++) {
        if (a[v] > b[v])
            return false;
    }
    return true;
}

static const SdcLatticeTable *smallest_below(const Tags *t, const unsigned *levels)
{
    const SdcLatticeTable *best = &t->s->base;
    for (size_t i = 0; i < t->snapshot_count; i++) {
        if (t->snapshots[i].count < best->count && is_below(t->s, t->snapshots[i].levels, levels))
            best = &t->snapshots[i];
    }
    return best;
}

/* Tables much smaller than what they came from help the next ones; when there is no more room, the
 * largest goes. */
static void keep_snapshot(Tags *t, const SdcLatticeTable *from, SdcLatticeTable *table)
{
    unsigned words = t->s->packing.words;
    if (table->count * 2 > from->count) {
        sdc_lattice_table_clear(t->s->context, words, table);
        return;
    }
    size_t place = t->snapshot_count;
    if (place == SNAPSHOTS_MAX) {
        place = 0;
        for (size_t i = 1; i < SNAPSHOTS_MAX; i++)
            place = t->snapshots[i].count > t->snapshots[place].count ? i : place;
        sdc_lattice_table_clear(t->s->context, words, &t->snapshots[place]);
    } else {
        t->snapshot_count++;
    }
    t->snapshots[place] = *table;
}

static bool check_node(Tags *t, size_t node, bool *ret_allowed, SdcError *ret_error)
{
    SdcLatticeSearch *s = t->s;
    unsigned levels[SDC_KEYS_MAX];
    SdcLatticeTable table;
    levels_of(s, node, levels);
    const SdcLatticeTable *from = smallest_below(t, levels);
    if (!sdc_report(s->context, (double)node / (double)s->nodes, "lattice search", ret_error) ||
        !sdc_lattice_table_alloc(s->context, s->packing.words, from->count, &table, ret_error))
        return false;
    sdc_lattice_climb(s, from, levels, false, &table);
    SdcLatticeVerdict verdict = judge(s, &table);
    *ret_allowed = consider(s, &table, &verdict);
    tag(t, node, *ret_allowed);
    keep_snapshot(t, from, &table);
    return true;
}

/* From an untagged node upwards through untagged ones; then the border between not allowed and allowed by
 * halves. A node is tagged without being looked at only for a reason that holds. */
static bool follow_path(Tags *t, size_t node, SdcError *ret_error)
{
    const SdcLatticeSearch *s = t->s;
    size_t length = 0;
    for (bool moved = true; moved;) {
        t->path[length++] = node;
        moved = false;
        for (size_t place = 0; place < s->variables && !moved; place++) {
            size_t v = s->order[s->variables - 1 - place];
            if (node / s->strides[v] % s->spans[v] + 1 == s->spans[v] ||
                t->tags[node + s->strides[v]] != 0)
                continue;
            node += s->strides[v];
            moved = true;
        }
    }
    for (size_t low = 0, high = length; low < high;) {
        size_t middle = (low + high) / 2;
        bool is_allowed = t->tags[t->path[middle]] == 1;
        if (t->tags[t->path[middle]] == 0 &&
            !check_node(t, t->path[middle], &is_allowed, ret_error))
            return false;
        if (is_allowed)
            high = middle;
        else
            low = middle + 1;
    }
    return true;
}

static bool tag_all(SdcLatticeSearch *s, SdcError *ret_error)
{
    SDC_SCOPE(scope, s->context);
    Tags t = {.s = s};
    t.tags = sdc_scope_alloc(&scope, s->nodes, sizeof *t.tags, ret_error);
    if (t.tags == NULL)
        return false;
    t.stack = sdc_scope_alloc(&scope, s->nodes, sizeof *t.stack, ret_error);
    if (t.stack == NULL)
        return false;
    t.path = sdc_scope_alloc(&scope, (size_t)SDC_KEYS_MAX * SDC_HIERARCHY_LEVELS_MAX, sizeof *t.path,
                             ret_error);
    bool ok = t.path != NULL;
    for (size_t node = 0; ok && node < s->nodes; node++) {
        while (ok && t.tags[node] == 0)
            ok = follow_path(&t, node, ret_error);
    }
    for (size_t i = 0; i < t.snapshot_count; i++)
        sdc_lattice_table_clear(s->context, s->packing.words, &t.snapshots[i]);
    return ok;
}

/* --- preparation --------------------------------------------------------------------------------- */
static bool check_input(const SdcLatticeSearch *s, SdcError *ret_error)
{
    const SdcLatticeOptions *o = s->options;
    if (o->k < 1 || !(o->limit >= 0 && o->limit < 1))
        return sdc_failure(ret_error, SDC_ERROR_ARGUMENT,
                           "k is %u and the share of suppressed records %g; k must be at least 1 and the "
                           "share from 0 to below 1.", o->k, o->limit);
    for (size_t v = 0; v < s->variables; v++) {
        const SdcHierarchy *h = &s->hierarchies[v];
        if (!sdc_hierarchy_check(h, ret_error))
            return false;
        if (h->sizes[0] != s->columns[v].categories)
            return sdc_failure(ret_error, SDC_ERROR_DATA, "Hierarchy %zu has %u categories at its lowest "
                               "level, the variable has %u.", v + 1, h->sizes[0],
                               s->columns[v].categories);
        for (unsigned l = 1; l < h->levels; l++) {
            if (h->sizes[l] > h->sizes[0])
                return sdc_failure(ret_error, SDC_ERROR_DATA, "Level %u of hierarchy %zu has more "
                                   "categories than the lowest.", l, v + 1);
        }
        unsigned low = o->lowest != NULL ? o->lowest[v] : 0;
        unsigned high = o->highest != NULL ? o->highest[v] : h->levels - 1;
        if (low > high || high >= h->levels)
            return sdc_failure(ret_error, SDC_ERROR_ARGUMENT, "Levels %u to %u of variable %zu were asked "
                               "for; it has 0 to %u.", low, high, v + 1, h->levels - 1);
    }
    return true;
}

static bool number_nodes(SdcLatticeSearch *s, SdcError *ret_error)
{
    s->nodes = 1;
    for (uint32_t v = 0; v < s->variables; v++) {
        uint32_t place = v;
        for (; place > 0 && s->columns[s->order[place - 1]].categories < s->columns[v].categories; place--)
            s->order[place] = s->order[place - 1];
        s->order[place] = v;
    }
    for (size_t v = s->variables; v-- > 0;) {
        unsigned high =
            s->options->highest != NULL ? s->options->highest[v] : s->hierarchies[v].levels - 1;
        s->lowest[v] = s->options->lowest != NULL ? s->options->lowest[v] : 0;
        s->spans[v] = high - s->lowest[v] + 1;
        s->strides[v] = s->nodes;
        s->nodes *= s->spans[v];
        if (s->nodes > SDC_LATTICE_NODES_MAX)
            return sdc_failure(ret_error, SDC_ERROR_LIMIT, "The lattice has more than %zu nodes; narrow "
                               "the levels.", SDC_LATTICE_NODES_MAX);
    }
    return true;
}

/* How many records have each code at each level (code 0 missing), as doubles. */
static void count_levels(const SdcLatticeSearch *s, size_t v, double *counts)
{
    const SdcHierarchy *h = &s->hierarchies[v];
    const size_t *starts = s->cost_starts[v];
    for (size_t i = 0; i < s->rows; i++)
        counts[s->columns[v].codes[i]]++;
    for (unsigned l = 1; l < h->levels; l++) {
        const double *below = counts + starts[l - 1];
        counts[starts[l] + (h->sizes[l] == 1 ? 1 : 0)] += below[0];
        for (uint32_t c = 0; c < h->sizes[l - 1]; c++)
            counts[starts[l] + h->parents[l - 1][c] + 1] += below[c + 1];
    }
}

static void count_leaves(const SdcLatticeSearch *s, size_t v, double *leaves)
{
    const SdcHierarchy *h = &s->hierarchies[v];
    const size_t *starts = s->cost_starts[v];
    for (uint32_t c = 0; c < h->sizes[0]; c++)
        leaves[c + 1] = 1;
    for (unsigned l = 1; l < h->levels; l++) {
        for (uint32_t c = 0; c < h->sizes[l - 1]; c++)
            leaves[starts[l] + h->parents[l - 1][c] + 1] += leaves[starts[l - 1] + c + 1];
    }
    for (unsigned l = 0; l < h->levels; l++)
        leaves[starts[l]] = 1;   /* missing stands for itself */
}

/* Places of levels and codes of all variables, in three blocks. COUNTS receives room for any variable. */
static bool place_costs(SdcScope *scope, SdcLatticeSearch *s, double **ret_counts, SdcError *ret_error)
{
    size_t levels = 0, codes = 0, most = 0;
    for (size_t v = 0; v < s->variables; v++)
        levels += s->hierarchies[v].levels + 1;
    size_t *starts = sdc_scope_alloc(scope, levels, sizeof *starts, ret_error);
    if (starts == NULL)
        return false;
    double *totals = sdc_scope_alloc(scope, levels, sizeof *totals, ret_error);
    if (totals == NULL)
        return false;
    for (size_t v = 0; v < s->variables; v++) {
        const SdcHierarchy *h = &s->hierarchies[v];
        s->cost_starts[v] = starts;
        s->totals[v] = totals;
        for (unsigned l = 0; l < h->levels; l++)
            starts[l + 1] = starts[l] + h->sizes[l] + 1;
        codes += starts[h->levels];
        most = starts[h->levels] > most ? starts[h->levels] : most;
        starts += h->levels + 1;
        totals += h->levels + 1;
    }
    double *costs = sdc_scope_alloc(scope, codes, sizeof *costs, ret_error);
    if (costs == NULL)
        return false;
    for (size_t v = 0; v < s->variables; v++) {
        s->costs[v] = costs;
        costs += s->cost_starts[v][s->hierarchies[v].levels];
    }
    *ret_counts = sdc_scope_alloc(scope, most, sizeof **ret_counts, ret_error);
    return *ret_counts != NULL;
}

/* Costs of variable V: of one record with each code at each level, and of all records. */
static void fill_costs(SdcLatticeSearch *s, size_t v, double *counts)
{
    const SdcHierarchy *h = &s->hierarchies[v];
    const size_t *starts = s->cost_starts[v];
    bool share = s->options->loss == SDC_LOSS_SHARE;
    memset(counts, 0, starts[h->levels] * sizeof *counts);
    count_levels(s, v, counts);
    if (share)
        count_leaves(s, v, s->costs[v]);
    for (unsigned l = 0; l < h->levels; l++) {
        for (size_t c = starts[l]; c < starts[l + 1]; c++) {
            double *cost = &s->costs[v][c];
            if (share)
                *cost = h->sizes[0] > 1 ? (*cost - 1) / (h->sizes[0] - 1) : 0;
            else
                *cost = counts[c] > 0 ? log2(counts[c]) : 0;
            s->totals[v][l] += counts[c] * *cost;
        }
    }
    if (!share)
        s->offset += s->totals[v][0];
}

static bool prepare_losses(SdcScope *scope, SdcLatticeSearch *s, SdcError *ret_error)
{
    s->divisor = 1;
    if (s->options->loss == SDC_LOSS_DISCERNIBILITY)
        return true;
    double *counts;
    if (!place_costs(scope, s, &counts, ret_error))
        return false;
    for (size_t v = 0; v < s->variables; v++)
        fill_costs(s, v, counts);
    bool share = s->options->loss == SDC_LOSS_SHARE;
    s->gone = (double)s->variables * (share ? 1 : s->rows > 0 ? log2((double)s->rows) : 0);
    if (share && s->rows > 0)
        s->divisor = (double)s->rows * (double)s->variables;
    return true;
}

/* The classes of the lowest node, from the records themselves. */
static bool make_base(SdcScope *scope, SdcLatticeSearch *s, SdcError *ret_error)
{
    size_t places = 0;
    for (size_t v = 0; v < s->variables; v++)
        places += (size_t)s->columns[v].categories + 1;
    uint64_t *keys = sdc_packing_fill(&s->packing, s->columns, scope, ret_error);
    uint32_t *ones = keys != NULL ? sdc_scope_alloc(scope, s->rows, sizeof *ones, ret_error) : NULL;
    uint32_t *maps = ones != NULL ? sdc_scope_alloc(scope, places, sizeof *maps, ret_error) : NULL;
    s->slots = maps != NULL ? sdc_scope_alloc(scope, sdc_table_size(s->rows), sizeof *s->slots, ret_error)
                            : NULL;
    s->group_keys = s->slots != NULL ? sdc_scope_alloc(scope, (size_t)SDC_GROUPS_MAX * SDC_GROUP_CODES * 3 / 2,
                                                       sizeof *s->group_keys, ret_error) : NULL;
    if (s->group_keys == NULL)
        return false;
    s->group_places = (uint32_t *)(s->group_keys + SDC_GROUPS_MAX * SDC_GROUP_CODES);
    for (size_t i = 0; i < s->rows; i++)
        ones[i] = 1;
    for (size_t v = 0; v < s->variables; v++) {
        s->maps[v] = maps;
        maps += (size_t)s->columns[v].categories + 1;
    }
    SdcLatticeTable records = {.count = s->rows, .keys = keys, .sizes = ones};
    if (!sdc_lattice_table_alloc(s->context, s->packing.words, s->rows, &s->base, ret_error))
        return false;
    sdc_lattice_climb(s, &records, s->lowest, true, &s->base);
    sdc_scope_release(scope, keys);
    sdc_scope_release(scope, ones);
    return true;
}

/* --- the result ----------------------------------------------------------------------------------- */
/* Records in classes smaller than k at the best node. */
static bool mark_suppressed(SdcLatticeSearch *s, const SdcLattice *out, SdcError *ret_error)
{
    SdcCodes columns[SDC_KEYS_MAX];
    SdcClasses classes;
    for (size_t v = 0; v < s->variables; v++)
        columns[v] = (SdcCodes){s->rows, s->columns[v].categories, out->codes + v * s->rows, NULL};
    if (!sdc_classes_find(s->context, columns, s->variables, &classes, ret_error))
        return false;
    for (size_t i = 0; i < s->rows; i++) {
        if (classes.sizes[classes.of_row[i]] >= s->options->k)
            continue;
        out->is_suppressed[i] = 1;
        for (size_t v = 0; v < s->variables; v++)
            out->codes[v * s->rows + i] = 0;
    }
    sdc_classes_clear(s->context, &classes);
    return true;
}

static bool make_result(SdcScope *scope, SdcLatticeSearch *s, SdcLattice *ret_lattice, SdcError *ret_error)
{
    SdcLattice out = {.rows = s->rows, .variables = s->variables, .loss = s->verdict.loss,
                      .suppressed = s->verdict.suppressed, .classes = s->verdict.classes,
                      .nodes = s->nodes, .checked = s->checked};
    memcpy(out.levels, s->best, sizeof out.levels);
    out.codes = sdc_scope_alloc(scope, s->rows * s->variables, sizeof *out.codes, ret_error);
    if (out.codes == NULL)
        return false;
    out.is_suppressed = sdc_scope_alloc(scope, s->rows, sizeof *out.is_suppressed, ret_error);
    if (out.is_suppressed == NULL)
        return false;
    for (size_t v = 0; v < s->variables; v++) {
        sdc_lattice_fill_map(s, v, 0, out.levels[v]);
        for (size_t i = 0; i < s->rows; i++)
            out.codes[v * s->rows + i] = s->maps[v][s->columns[v].codes[i]];
    }
    if (!mark_suppressed(s, &out, ret_error))
        return false;
    sdc_scope_keep(scope, out.codes);
    sdc_scope_keep(scope, out.is_suppressed);
    *ret_lattice = out;
    return true;
}

static bool search(SdcScope *scope, SdcLatticeSearch *s, SdcLattice *ret_lattice, SdcError *ret_error)
{
    bool ok = s->allowed == 0 ? tag_all(s, ret_error) : walk(s, &s->base, 0, ret_error);
    sdc_lattice_table_clear(s->context, s->packing.words, &s->base);
    if (!ok)
        return false;
    if (!s->found)
        return sdc_failure(ret_error, SDC_ERROR_IMPOSSIBLE,
                           "No combination of levels gives classes of %u records with at most %zu "
                           "suppressed.", s->options->k, s->allowed);
    return make_result(scope, s, ret_lattice, ret_error);
}

bool sdc_lattice_search(const SdcContext *context, const SdcCodes *columns,
                        const SdcHierarchy *hierarchies, size_t count, const SdcLatticeOptions *options,
                        SdcLattice *ret_lattice, SdcError *ret_error)
{
    SDC_SCOPE(scope, context);
    SdcLatticeSearch s = {.context = context, .columns = columns, .hierarchies = hierarchies,
                .options = options, .variables = count};
    if (!sdc_packing_plan(columns, count, &s.packing, ret_error) || !check_input(&s, ret_error) ||
        !number_nodes(&s, ret_error))
        return false;
    s.rows = columns[0].rows;
    s.allowed = (size_t)floor(options->limit * (double)s.rows);
    return prepare_losses(&scope, &s, ret_error) && make_base(&scope, &s, ret_error) &&
           search(&scope, &s, ret_lattice, ret_error);
}

void sdc_lattice_clear(const SdcContext *context, SdcLattice *lattice)
{
    if (lattice == NULL)
        return;
    sdc_release(context, lattice->codes, lattice->rows * lattice->variables, sizeof *lattice->codes);
    sdc_release(context, lattice->is_suppressed, lattice->rows, sizeof *lattice->is_suppressed);
    *lattice = (SdcLattice){0};
}
