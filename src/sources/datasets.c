/* SPDX-License-Identifier: Apache-2.0 */
/* Datasets: their rows, their states, and the comparison of a description with a file. */
#include "base/error.h"
#include "base/ids.h"
#include "base/times.h"
#include "sources/internal.h"

#include <string.h>

#define DATASET_COLUMNS_BRIEF                                                                      \
    "d.id, d.source, s.slug, s.title, s.organisation, d.slug, d.title, d.vintage, d.version, "     \
    "d.level, d.state, d.failure, d.file_name, d.file_size, d.file_sha256, d.rows_count, "         \
    "d.encrypted, d.published_ms"
#define DATASET_TABLES " FROM dataset d JOIN source s ON s.id = d.source "
#define DATASET_COLUMNS                                                                            \
    DATASET_COLUMNS_BRIEF ", d.variables, (SELECT count(*) FROM dataset_report r WHERE "           \
    "r.dataset = d.id)" DATASET_TABLES

static void dataset_clear(void *data)
{
    Dataset *dataset = data;
    g_free(dataset->id);
    g_free(dataset->source);
    g_free(dataset->source_slug);
    g_free(dataset->source_title);
    g_free(dataset->source_organisation);
    g_free(dataset->slug);
    g_free(dataset->title);
    g_free(dataset->vintage);
    g_free(dataset->failure);
    g_free(dataset->file_name);
    g_free(dataset->file_sha256);
    g_free(dataset->variables);
}

Dataset *dataset_ref(Dataset *dataset)
{
    return g_rc_box_acquire(dataset);
}

void dataset_free(Dataset *dataset)
{
    if (dataset != NULL)
        g_rc_box_release_full(dataset, dataset_clear);
}

/* ---- states --------------------------------------------------------------------------------- */

static const char *const state_names[] = {
    [DATASET_DRAFT] = "draft",
    [DATASET_READING] = "reading",
    [DATASET_PUBLISHED] = "published",
    [DATASET_FAILED] = "failed",
};

const char *dataset_state_name(DatasetState state)
{
    return state_names[state];
}

static bool dataset_state_parse(const char *name, DatasetState *ret_state)
{
    for (size_t i = 0; i < G_N_ELEMENTS(state_names); i++) {
        if (strcmp(state_names[i], name) == 0) {
            *ret_state = (DatasetState)i;
            return true;
        }
    }
    return false;
}

const DatasetMove dataset_moves[] = {
    {DATASET_DRAFT, DATASET_READING, "its file arrives"},
    {DATASET_READING, DATASET_DRAFT, "the file is refused or cut off"},
    {DATASET_READING, DATASET_PUBLISHED, "read, as described, sealed"},
    {DATASET_READING, DATASET_FAILED, "cut off after sealing"},
    {0, 0, NULL},
};

bool dataset_move_check(DatasetState from, DatasetState to, GError **error)
{
    for (const DatasetMove *move = dataset_moves; move->when != NULL; move++) {
        if (move->from == from && move->to == to)
            return true;
    }
    return error_set(error, ERROR_CONFLICT, "sources.dataset_state",
                     "A dataset that is %s cannot become %s; describe a new version instead.",
                     state_names[from], state_names[to]);
}

bool dataset_move(StoreTx *tx, const char *dataset, DatasetState from, DatasetState to,
                  const char *failure, GError **error)
{
    int64_t changed = 0;
    if (!dataset_move_check(from, to, error) ||
        !store_exec_changed(tx, &changed, error,
                            "UPDATE dataset SET state = $1, failure = $2 WHERE id = $3 AND "
                            "state = $4", store_text(state_names[to]), store_text(failure),
                            store_text(dataset), store_text(state_names[from])))
        return false;
    if (changed == 1)
        return true;
    return error_set(error, ERROR_CONFLICT, "sources.dataset_busy",
                     "Another file is being read for this dataset, or it is published already.");
}

/* ---- rows ----------------------------------------------------------------------------------- */

static Dataset *dataset_of_brief_row(StoreRows *rows, GError **error)
{
    g_autoptr(Dataset) d = g_rc_box_new0(Dataset);
    d->id = g_strdup(store_row_text(rows, 0));
    d->source = g_strdup(store_row_text(rows, 1));
    d->source_slug = g_strdup(store_row_text(rows, 2));
    d->source_title = g_strdup(store_row_text(rows, 3));
    d->source_organisation = g_strdup(store_row_text(rows, 4));
    d->slug = g_strdup(store_row_text(rows, 5));
    d->title = g_strdup(store_row_text(rows, 6));
    d->vintage = g_strdup(store_row_text(rows, 7));
    d->version = store_row_integer(rows, 8);
    if (!policy_value(SET_LEVEL, store_row_text(rows, 9), &d->level) ||
        !dataset_state_parse(store_row_text(rows, 10), &d->state)) {
        error_set(error, ERROR_INTERNAL, "sources.word", "Unknown word in dataset %s", d->id);
        return NULL;
    }
    d->failure = g_strdup(store_row_text(rows, 11));
    d->file_name = g_strdup(store_row_text(rows, 12));
    d->file_size = store_row_integer(rows, 13);
    d->file_sha256 = g_strdup(store_row_text(rows, 14));
    d->rows = store_row_integer(rows, 15);
    d->encrypted = store_row_integer(rows, 16) != 0;
    d->published_ms = store_row_integer(rows, 17);
    return g_steal_pointer(&d);
}

static Dataset *dataset_of_row(StoreRows *rows, GError **error)
{
    enum { COLUMN_VARIABLES = 18, COLUMN_REPORTS };
    Dataset *dataset = dataset_of_brief_row(rows, error);
    if (dataset != NULL)
        dataset->variables = g_strdup(store_row_text(rows, COLUMN_VARIABLES));
    if (dataset != NULL)
        dataset->has_report = store_row_integer(rows, COLUMN_REPORTS) != 0;
    return dataset;
}

bool dataset_load(StoreTx *tx, const char *id, Dataset **ret_dataset, GError **error)
{
    g_autoptr(StoreRows) rows =
        store_query(tx, error, "SELECT " DATASET_COLUMNS "WHERE d.id = $1", store_text(id));
    if (rows == NULL)
        return false;
    g_autoptr(GError) problem = NULL;
    if (!store_next(rows, &problem)) {
        if (problem == NULL)
            return error_set(error, ERROR_NOT_FOUND, "sources.no_dataset",
                             "There is no dataset \"%s\".", id);
        g_propagate_error(error, g_steal_pointer(&problem));
        return false;
    }
    Dataset *dataset = dataset_of_row(rows, error);
    if (dataset == NULL)
        return false;
    *ret_dataset = dataset;
    return true;
}

static bool take_dataset(StoreRows *rows, void *data, GError **error)
{
    Dataset *dataset = dataset_of_brief_row(rows, error);
    if (dataset != NULL)
        g_hash_table_replace(data, dataset->id, dataset);
    return dataset != NULL;
}

GHashTable *dataset_load_many(StoreTx *tx, const GPtrArray *ids, GError **error)
{
    g_autoptr(GHashTable) datasets =
        g_hash_table_new_full(g_str_hash, g_str_equal, NULL, (GDestroyNotify)dataset_free);
    if (!store_query_keys(tx, ids, take_dataset, datasets, error,
                          "SELECT " DATASET_COLUMNS_BRIEF DATASET_TABLES "WHERE d.id IN ($keys)"))
        return NULL;
    return g_steal_pointer(&datasets);
}

GPtrArray *dataset_list(StoreTx *tx, const char *source, GError **error)
{
    g_autoptr(StoreRows) rows = store_query(
        tx, error, "SELECT " DATASET_COLUMNS "WHERE d.source = $1 ORDER BY d.slug, d.version",
        store_text(source));
    if (rows == NULL)
        return NULL;
    g_autoptr(GPtrArray) list = g_ptr_array_new_with_free_func((GDestroyNotify)dataset_free);
    g_autoptr(GError) problem = NULL;
    while (store_next(rows, &problem)) {
        Dataset *dataset = dataset_of_row(rows, error);
        if (dataset == NULL)
            return NULL;
        g_ptr_array_add(list, dataset);
    }
    if (problem != NULL) {
        g_propagate_error(error, g_steal_pointer(&problem));
        return NULL;
    }
    return g_steal_pointer(&list);
}

char *dataset_folder(const Dataset *dataset)
{
    if (dataset->version <= 1)
        return g_strdup_printf("%s/%s", dataset->source_slug, dataset->slug);
    return g_strdup_printf("%s/%s.v%" G_GINT64_FORMAT, dataset->source_slug, dataset->slug,
                           dataset->version);
}

char *dataset_path(const App *app, const char *dataset)
{
    return g_build_filename(app->state_dir, "data", dataset, NULL);
}

/* ---- describing ------------------------------------------------------------------------------ */

static bool variables_check(const char *variables, GError **error)
{
    g_autoptr(json_t) list = json_parse(variables, strlen(variables), error);
    if (list == NULL)
        return false;
    if (json_array_size(list) == 0)
        return error_set(error, ERROR_INVALID, "sources.no_variable",
                         "Describe at least one variable.");
    g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *name = json_string_value(json_object_get(json_array_get(list, i), "name"));
        if (name == NULL || !g_hash_table_add(seen, (void *)name))
            return error_set(error, ERROR_INVALID, "sources.variable_twice",
                             "The variable \"%s\" is described twice.", name != NULL ? name : "");
    }
    return true;
}

bool dataset_insert(StoreTx *tx, const DatasetGiven *given, const char *source, const char *id,
                    const char *author, int64_t now_ms, GError **error)
{
    int64_t version = 0, open = 0;
    if (!source_check_slug(given->slug, error) || !variables_check(given->variables, error) ||
        !store_query_integer(tx, &open, 0, error,
                             "SELECT count(*) FROM dataset WHERE source = $1 AND slug = $2 AND "
                             "state IN ('draft', 'reading')", store_text(source),
                             store_text(given->slug)) ||
        !store_query_integer(tx, &version, 0, error,
                             "SELECT coalesce(max(version), 0) FROM dataset WHERE source = $1 AND "
                             "slug = $2", store_text(source), store_text(given->slug)))
        return false;
    if (open > 0)
        return error_set(error, ERROR_CONFLICT, "sources.draft_waits",
                         "A version of \"%s\" already waits for its file; send that one first.",
                         given->slug);
    return store_exec(
        tx, error,
        "INSERT INTO dataset (id, source, slug, title, vintage, version, level, state, failure, "
        "file_name, file_size, file_sha256, rows_count, variables, encrypted, published_by, "
        "published_ms) VALUES ($1, $2, $3, $4, $5, $6, $7, 'draft', '', '', 0, '', 0, $8, 0, $9, "
        "0)",
        store_text(id), store_text(source), store_text(given->slug), store_text(given->title),
        store_text(given->vintage), store_integer(version + 1),
        store_text(policy_name(SET_LEVEL, given->level)), store_text(given->variables),
        store_text(author));
}

typedef struct DraftCall {
    const char *source;
    const DatasetGiven *given;
    const char *id;
} DraftCall;

static bool draft_in(Act *act, void *data, GError **error)
{
    const DraftCall *call = data;
    PolicyFacts facts = {0};
    g_autoptr(Source) source = NULL;
    act_about(act, call->id, NULL);
    act_detail(act, "source", call->source);
    act_detail(act, "step", "described");
    act_detail(act, "level", policy_name(SET_LEVEL, call->given->level));
    return source_load(act->tx, call->source, &source, error) &&
           source_facts_add(act->tx, act->actor, source, NULL, NULL, &facts, error) &&
           act_allow(act, &facts, error) &&
           dataset_insert(act->tx, call->given, call->source, call->id, act->actor->id,
                          time_now_ms(), error);
}

bool dataset_draft(App *app, const PolicyActor *actor, const char *source,
                   const DatasetGiven *given, char **ret_id, GError **error)
{
    g_autofree char *id = id_new("dts");
    DraftCall call = {source, given, id};
    if (!act_run(app, actor, VERB_DATASET_PUBLISH, draft_in, &call, NULL, error))
        return false;
    *ret_id = g_steal_pointer(&id);
    return true;
}

/* ---- the file against its description -------------------------------------------------------- */

static const json_t *column_find(const json_t *columns, const char *name)
{
    for (size_t i = 0; i < json_array_size(columns); i++) {
        const json_t *column = json_array_get(columns, i);
        if (g_strcmp0(json_string_value(json_object_get(column, "name")), name) == 0)
            return column;
    }
    return NULL;
}

static void name_add(GString *list, const char *name, size_t *count)
{
    (*count)++;
    if (*count <= 10)
        g_string_append_printf(list, "%s\"%s\"", list->len > 0 ? ", " : "", name);
    else if (*count == 11)
        g_string_append(list, ", ...");
}

/* The names of THESE that are not among THOSE. */
static char *names_missing(const json_t *these, const json_t *those)
{
    g_autoptr(GString) list = g_string_new(NULL);
    size_t count = 0;
    for (size_t i = 0; i < json_array_size(these); i++) {
        const char *name = json_string_value(json_object_get(json_array_get(these, i), "name"));
        if (column_find(those, name) == NULL)
            name_add(list, name, &count);
    }
    return count > 0 ? g_strdup(list->str) : NULL;
}

/* Bounds are values of somebody; they describe public datasets alone. */
static const char *const profile_keys[] = {"type", "missing", "distinct", NULL};
static const char *const value_keys[] = {"min", "max", NULL};

static void profile_copy(json_t *variable, const json_t *column, const char *const *keys)
{
    for (const char *const *key = keys; *key != NULL; key++) {
        json_t *value = json_object_get(column, *key);
        if (value != NULL)
            json_object_set(variable, *key, value);
    }
}

char *dataset_match(const char *variables, const json_t *columns, bool show_values, GError **error)
{
    g_autoptr(json_t) list = json_parse(variables, strlen(variables), error);
    if (list == NULL)
        return NULL;
    g_autofree char *absent = names_missing(list, columns);
    g_autofree char *undescribed = names_missing(columns, list);
    if (absent != NULL || undescribed != NULL) {
        error_set(error, ERROR_UNPROCESSABLE, "sources.variables_differ",
                  "The file is not as described.%s%s%s%s Correct the file, or describe the dataset "
                  "anew.",
                  absent != NULL ? " Described but not in the file: " : "",
                  absent != NULL ? absent : "",
                  undescribed != NULL ? " In the file but not described: " : "",
                  undescribed != NULL ? undescribed : "");
        return NULL;
    }
    g_autoptr(json_t) matched = json_array();
    for (size_t i = 0; i < json_array_size(list); i++) {
        json_t *variable = json_array_get(list, i);
        const json_t *column =
            column_find(columns, json_string_value(json_object_get(variable, "name")));
        profile_copy(variable, column, profile_keys);
        if (show_values)
            profile_copy(variable, column, value_keys);
        json_array_append(matched, variable);
    }
    return json_dumps(matched, JSON_COMPACT);
}
