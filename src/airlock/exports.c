/* SPDX-License-Identifier: Apache-2.0 */
/* States and moves as tables; SQL of exports. */
#include "airlock/exports.h"

#include "base/error.h"

#include <string.h>

/* ---- tables ---- */

typedef struct StateRow {
    const char *name;
    bool editable;
    const char *stamp;             /* column of the time at which it is entered */
} StateRow;

static const StateRow states[EXPORT_STATE_COUNT] = {
    [EXPORT_DRAFT] = {"draft", true, NULL},
    [EXPORT_SUBMITTED] = {"submitted", false, "submitted_ms"},
    [EXPORT_RETURNED] = {"returned", true, "decided_ms"},
    [EXPORT_APPROVED] = {"approved", false, "decided_ms"},
    [EXPORT_REJECTED] = {"rejected", false, "decided_ms"},
    [EXPORT_RELEASED] = {"released", false, "released_ms"},
    [EXPORT_WITHDRAWN] = {"withdrawn", false, "decided_ms"},
};

const ExportMove export_moves[] = {
    {EXPORT_DRAFT, EXPORT_SUBMITTED, "the author submits"},
    {EXPORT_DRAFT, EXPORT_WITHDRAWN, "the author withdraws"},
    {EXPORT_SUBMITTED, EXPORT_APPROVED, "every checker approves"},
    {EXPORT_SUBMITTED, EXPORT_RETURNED, "all have reviewed, one returns and none rejects"},
    {EXPORT_SUBMITTED, EXPORT_REJECTED, "all have reviewed, one rejects"},
    {EXPORT_SUBMITTED, EXPORT_WITHDRAWN, "the author withdraws"},
    {EXPORT_RETURNED, EXPORT_SUBMITTED, "the author submits again: a new round"},
    {EXPORT_RETURNED, EXPORT_WITHDRAWN, "the author withdraws"},
    {EXPORT_APPROVED, EXPORT_RELEASED, "a member takes the package"},
    {0, 0, NULL},
};

static const char *const decisions[DECISION_COUNT] = {
    [DECISION_APPROVE] = "approve",
    [DECISION_RETURN] = "return",
    [DECISION_REJECT] = "reject",
};

const char *export_state_name(ExportState state)
{
    g_assert(state < EXPORT_STATE_COUNT);
    return states[state].name;
}

bool export_state_parse(const char *name, ExportState *ret_state)
{
    for (int i = 0; i < EXPORT_STATE_COUNT; i++) {
        if (strcmp(states[i].name, name) == 0) {
            *ret_state = (ExportState)i;
            return true;
        }
    }
    return false;
}

bool export_state_is_editable(ExportState state)
{
    return states[state].editable;
}

bool export_move_check(ExportState from, ExportState to, GError **error)
{
    for (const ExportMove *move = export_moves; move->when != NULL; move++) {
        if (move->from == from && move->to == to)
            return true;
    }
    return error_set(error, ERROR_CONFLICT, "airlock.state",
                     "The export is %s; it cannot become %s.", export_state_name(from),
                     export_state_name(to));
}

const char *export_decision_name(ExportDecision decision)
{
    g_assert(decision < DECISION_COUNT);
    return decisions[decision];
}

bool export_decision_parse(const char *name, ExportDecision *ret_decision)
{
    for (int i = 0; i < DECISION_COUNT; i++) {
        if (strcmp(decisions[i], name) == 0) {
            *ret_decision = (ExportDecision)i;
            return true;
        }
    }
    return false;
}

ExportState export_consolidate(const ExportDecision *given, size_t count, size_t needed)
{
    bool returned = false, rejected = false;
    if (count < needed)
        return EXPORT_SUBMITTED;
    for (size_t i = 0; i < count; i++) {
        returned |= given[i] == DECISION_RETURN;
        rejected |= given[i] == DECISION_REJECT;
    }
    return rejected ? EXPORT_REJECTED : returned ? EXPORT_RETURNED : EXPORT_APPROVED;
}

/* ---- structures ---- */

void export_free(Export *export)
{
    if (export == NULL)
        return;
    g_free(export->id);
    g_free(export->project);
    g_free(export->author);
    g_free(export->author_login);
    g_free(export->author_name);
    g_free(export->title);
    g_free(export->context);
    g_free(export->release_sha256);
    g_free(export);
}

int64_t export_round_now(const Export *export)
{
    return export->state == EXPORT_RETURNED ? export->round + 1 : export->round;
}

void export_file_free(ExportFile *file)
{
    if (file == NULL)
        return;
    g_free(file->id);
    g_free(file->export);
    g_free(file->name);
    g_free(file->sha256);
    g_free(file->kind);
    g_free(file->declaration);
    g_free(file->lint);
    g_free(file->verdict);
    g_free(file);
}

void export_review_free(ExportReview *review)
{
    if (review == NULL)
        return;
    g_free(review->checker);
    g_free(review->login);
    g_free(review->name);
    g_free(review->comment);
    g_free(review);
}

/* ---- exports ---- */

bool export_insert(StoreTx *tx, const char *id, const char *project, const char *author,
                   const char *title, const char *context, int64_t now_ms, GError **error)
{
    return store_exec(tx, error,
                      "INSERT INTO export (id, project, author, title, context, state, round, "
                      "created_ms, version) VALUES ($1, $2, $3, $4, $5, 'draft', 1, $6, 1)",
                      store_text(id), store_text(project), store_text(author), store_text(title),
                      store_text(context), store_integer(now_ms));
}

Export *export_from_row(StoreRows *rows)
{
    Export *export = g_new0(Export, 1);
    export->id = g_strdup(store_row_text(rows, 0));
    export->project = g_strdup(store_row_text(rows, 1));
    export->author = g_strdup(store_row_text(rows, 2));
    export->author_login = g_strdup(store_row_text(rows, 3));
    export->author_name = g_strdup(store_row_text(rows, 4));
    export->title = g_strdup(store_row_text(rows, 5));
    export->context = g_strdup(store_row_text(rows, 6));
    if (!export_state_parse(store_row_text(rows, 7), &export->state))
        export->state = EXPORT_WITHDRAWN;
    export->round = store_row_integer(rows, 8);
    export->created_ms = store_row_integer(rows, 9);
    export->submitted_ms = store_row_integer(rows, 10);
    export->decided_ms = store_row_integer(rows, 11);
    export->released_ms = store_row_integer(rows, 12);
    export->release_sha256 = g_strdup(store_row_text(rows, 13));
    export->audit_sequence = store_row_is_null(rows, 14) ? -1 : store_row_integer(rows, 14);
    return export;
}

/* The end of a loop over rows: false if it was a failure. */
static bool rows_ended(GError *problem, GError **error)
{
    if (problem == NULL)
        return true;
    g_propagate_error(error, problem);
    return false;
}

bool export_load(StoreTx *tx, const char *id, Export **ret_export, GError **error)
{
    g_autoptr(StoreRows) rows =
        store_query(tx, error, "SELECT " EXPORT_COLUMNS "WHERE e.id = $1", store_text(id));
    GError *problem = NULL;
    if (rows == NULL)
        return false;
    if (store_next(rows, &problem)) {
        *ret_export = export_from_row(rows);
        return true;
    }
    return rows_ended(problem, error) &&
           error_set(error, ERROR_NOT_FOUND, "airlock.no_export", "There is no such export.");
}

bool export_edit(StoreTx *tx, const char *id, const char *title, const char *context,
                 GError **error)
{
    return store_exec(tx, error,
                      "UPDATE export SET title = $1, context = $2, version = version + 1 "
                      "WHERE id = $3", store_text(title), store_text(context), store_text(id));
}

/* The release's own leaf is the next one: the writer is alone, and the leaf is appended at the end
 * of this very savepoint. */
static bool export_mark_leaf(StoreTx *tx, const char *id, GError **error)
{
    return store_exec(tx, error,
                      "UPDATE export SET audit_sequence = (SELECT coalesce(max(sequence), -1) + 1 "
                      "FROM audit_leaf) WHERE id = $1", store_text(id));
}

bool export_move(StoreTx *tx, const Export *export, ExportState to, int64_t now_ms,
                 GError **error)
{
    if (!export_move_check(export->state, to, error))
        return false;
    const char *stamp = states[to].stamp;
    g_autofree char *sql = g_strdup_printf(
        "UPDATE export SET state = $1, round = $2, version = version + 1, %s = $3 WHERE id = $4",
        stamp);
    int64_t round = to == EXPORT_SUBMITTED ? export_round_now(export) : export->round;
    if (!store_exec(tx, error, sql, store_text(export_state_name(to)), store_integer(round),
                    store_integer(now_ms), store_text(export->id)))
        return false;
    return to != EXPORT_RELEASED || export_mark_leaf(tx, export->id, error);
}

bool export_set_release(StoreTx *tx, const char *id, const char *sha256, GError **error)
{
    return store_exec(tx, error, "UPDATE export SET release_sha256 = $1 WHERE id = $2",
                      store_text(sha256), store_text(id));
}

/* ---- files ---- */

bool export_file_insert(StoreTx *tx, const ExportFile *file, GError **error)
{
    return store_exec(tx, error,
                      "INSERT INTO export_file (id, export, round, name, size, sha256, kind, "
                      "declaration, lint, verdict, added_ms) "
                      "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
                      store_text(file->id), store_text(file->export), store_integer(file->round),
                      store_text(file->name), store_integer(file->size), store_text(file->sha256),
                      store_text(file->kind), store_text(file->declaration),
                      store_text(file->lint), store_text(file->verdict),
                      store_integer(file->added_ms));
}

#define FILE_COLUMNS                                                                               \
    "id, export, round, name, size, sha256, kind, declaration, lint, verdict, added_ms, "          \
    "removed_round FROM export_file "

static ExportFile *file_from_row(StoreRows *rows)
{
    ExportFile *file = g_new0(ExportFile, 1);
    file->id = g_strdup(store_row_text(rows, 0));
    file->export = g_strdup(store_row_text(rows, 1));
    file->round = store_row_integer(rows, 2);
    file->name = g_strdup(store_row_text(rows, 3));
    file->size = store_row_integer(rows, 4);
    file->sha256 = g_strdup(store_row_text(rows, 5));
    file->kind = g_strdup(store_row_text(rows, 6));
    file->declaration = g_strdup(store_row_text(rows, 7));
    file->lint = g_strdup(store_row_text(rows, 8));
    file->verdict = g_strdup(store_row_text(rows, 9));
    file->added_ms = store_row_integer(rows, 10);
    file->removed_round = store_row_integer(rows, 11);
    return file;
}

bool export_file_load(StoreTx *tx, const char *export, const char *id, ExportFile **ret_file,
                      GError **error)
{
    g_autoptr(StoreRows) rows =
        store_query(tx, error, "SELECT " FILE_COLUMNS "WHERE export = $1 AND id = $2",
                    store_text(export), store_text(id));
    GError *problem = NULL;
    if (rows == NULL)
        return false;
    if (store_next(rows, &problem)) {
        *ret_file = file_from_row(rows);
        return true;
    }
    return rows_ended(problem, error) &&
           error_set(error, ERROR_NOT_FOUND, "airlock.no_file",
                     "There is no such file in the export.");
}

GPtrArray *export_files(StoreTx *tx, const char *export, bool with_removed, GError **error)
{
    g_autoptr(StoreRows) rows =
        store_query(tx, error, "SELECT " FILE_COLUMNS "WHERE export = $1 AND ($2 = 1 OR "
                               "removed_round IS NULL) ORDER BY added_ms, id",
                    store_text(export), store_integer(with_removed ? 1 : 0));
    if (rows == NULL)
        return NULL;
    g_autoptr(GPtrArray) list = g_ptr_array_new_with_free_func((GDestroyNotify)export_file_free);
    GError *problem = NULL;
    while (store_next(rows, &problem))
        g_ptr_array_add(list, file_from_row(rows));
    return rows_ended(problem, error) ? g_steal_pointer(&list) : NULL;
}

bool export_file_remove(StoreTx *tx, const char *export, const char *id, int64_t round,
                        GError **error)
{
    int64_t changed = 0;
    if (!store_exec_changed(tx, &changed, error,
                            "UPDATE export_file SET removed_round = $1 WHERE export = $2 AND "
                            "id = $3 AND removed_round IS NULL",
                            store_integer(round), store_text(export), store_text(id)))
        return false;
    if (changed != 1)
        return error_set(error, ERROR_NOT_FOUND, "airlock.no_file",
                         "There is no such file in the export.");
    return true;
}

/* ---- reviews ---- */

bool export_review_insert(StoreTx *tx, const Export *export, const char *checker,
                          ExportDecision decision, const char *comment, int64_t now_ms,
                          GError **error)
{
    return store_exec(tx, error,
                      "INSERT INTO export_review (export, round, checker, decision, comment, "
                      "reviewed_ms) VALUES ($1, $2, $3, $4, $5, $6)",
                      store_text(export->id), store_integer(export->round), store_text(checker),
                      store_text(export_decision_name(decision)), store_text(comment),
                      store_integer(now_ms));
}

GPtrArray *export_reviews(StoreTx *tx, const char *export, GError **error)
{
    g_autoptr(StoreRows) rows = store_query(
        tx, error,
        "SELECT r.checker, p.login, p.name, r.round, r.decision, r.comment, r.reviewed_ms "
        "FROM export_review r JOIN person p ON p.id = r.checker WHERE r.export = $1 "
        "ORDER BY r.round, r.reviewed_ms, r.checker", store_text(export));
    if (rows == NULL)
        return NULL;
    g_autoptr(GPtrArray) list =
        g_ptr_array_new_with_free_func((GDestroyNotify)export_review_free);
    GError *problem = NULL;
    while (store_next(rows, &problem)) {
        ExportReview *review = g_new0(ExportReview, 1);
        review->checker = g_strdup(store_row_text(rows, 0));
        review->login = g_strdup(store_row_text(rows, 1));
        review->name = g_strdup(store_row_text(rows, 2));
        review->round = store_row_integer(rows, 3);
        if (!export_decision_parse(store_row_text(rows, 4), &review->decision))
            review->decision = DECISION_REJECT;
        review->comment = g_strdup(store_row_text(rows, 5));
        review->reviewed_ms = store_row_integer(rows, 6);
        g_ptr_array_add(list, review);
    }
    return rows_ended(problem, error) ? g_steal_pointer(&list) : NULL;
}

/* ---- what it obeys ---- */

bool export_label_grow(StoreTx *tx, const Export *export, GError **error)
{
    g_autofree char *volume = g_strconcat(export->project, "/files", NULL);
    return store_exec(tx, error,
                      "INSERT INTO export_label (export, dataset) SELECT $1, dataset FROM "
                      "volume_label WHERE volume = $2 ON CONFLICT (export, dataset) DO NOTHING",
                      store_text(export->id), store_text(volume));
}

static bool rules_add(SdcRules *rules, bool first, const char *name, GError **error)
{
    SdcError problem = {0};
    SdcRules merged;
    const SdcPack *pack = sdc_pack_find(name);
    if (pack == NULL)
        return error_set(error, ERROR_INTERNAL, "airlock.pack", "There is no rule pack %s.", name);
    if (first) {
        *rules = pack->rules;
        return true;
    }
    if (!sdc_rules_merge(rules, &pack->rules, &merged, &problem))
        return error_set(error, ERROR_CONFLICT, "airlock.packs",
                         "The rule packs of the project's sources cannot be obeyed together: %s",
                         problem.sentence);
    *rules = merged;
    return true;
}

bool export_rules(StoreTx *tx, const char *project, SdcRules *ret_rules, GStrv *ret_names,
                  GError **error)
{
    g_autofree char *volume = g_strconcat(project, "/files", NULL);
    g_autoptr(GStrvBuilder) names = g_strv_builder_new();
    g_autoptr(StoreRows) rows = store_query(
        tx, error,
        "SELECT DISTINCT s.rule_pack FROM volume_label v JOIN dataset d ON d.id = v.dataset "
        "JOIN source s ON s.id = d.source WHERE v.volume = $1 ORDER BY s.rule_pack",
        store_text(volume));
    SdcRules rules = {0};
    bool first = true;
    GError *problem = NULL;
    if (rows == NULL)
        return false;
    while (store_next(rows, &problem)) {
        if (!rules_add(&rules, first, store_row_text(rows, 0), error))
            return false;
        g_strv_builder_add(names, store_row_text(rows, 0));
        first = false;
    }
    if (!rows_ended(problem, error) ||
        (first && !rules_add(&rules, true, EXPORT_DEFAULT_PACK, error)))
        return false;
    if (first)
        g_strv_builder_add(names, EXPORT_DEFAULT_PACK);
    *ret_rules = rules;
    *ret_names = g_strv_builder_end(names);
    return true;
}
