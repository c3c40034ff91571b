/* SPDX-License-Identifier: Apache-2.0 */
/* airlock: the tables of moves and decisions, rows, rounds, the strictest rules. */
#include "airlock/exports.h"
#include "base/error.h"
#include "base/files.h"

#include <sodium.h>
#include <string.h>

static void test_states(void)
{
    bool reachable[EXPORT_STATE_COUNT] = {[EXPORT_DRAFT] = true};
    for (const ExportMove *move = export_moves; move->when != NULL; move++) {
        g_assert_true(export_move_check(move->from, move->to, NULL));
        reachable[move->to] = true;
    }
    for (int i = 0; i < EXPORT_STATE_COUNT; i++) {
        ExportState state = EXPORT_STATE_COUNT;
        g_assert_true(export_state_parse(export_state_name((ExportState)i), &state));
        g_assert_cmpint((int)state, ==, i);
        g_assert_true(reachable[i]);
    }
    static const struct { ExportState from, to; } refused[] = {
        {EXPORT_DRAFT, EXPORT_APPROVED},     {EXPORT_DRAFT, EXPORT_RELEASED},
        {EXPORT_REJECTED, EXPORT_SUBMITTED}, {EXPORT_RELEASED, EXPORT_WITHDRAWN},
        {EXPORT_APPROVED, EXPORT_RETURNED},  {EXPORT_WITHDRAWN, EXPORT_SUBMITTED},
        {EXPORT_SUBMITTED, EXPORT_RELEASED},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(refused); i++) {
        GError *error = NULL;
        g_assert_false(export_move_check(refused[i].from, refused[i].to, &error));
        g_assert_cmpstr(error_reason(error), ==, "airlock.state");
        g_clear_error(&error);
    }
}

static void test_consolidate(void)
{
    static const struct {
        const char *given;     /* a, r, x: approve, return, reject */
        size_t needed;
        ExportState state;
    } rows[] = {
        {"", 1, EXPORT_SUBMITTED},   {"a", 1, EXPORT_APPROVED},  {"r", 1, EXPORT_RETURNED},
        {"x", 1, EXPORT_REJECTED},   {"", 2, EXPORT_SUBMITTED},  {"a", 2, EXPORT_SUBMITTED},
        {"r", 2, EXPORT_SUBMITTED},  {"x", 2, EXPORT_SUBMITTED}, {"aa", 2, EXPORT_APPROVED},
        {"ar", 2, EXPORT_RETURNED},  {"ra", 2, EXPORT_RETURNED}, {"ax", 2, EXPORT_REJECTED},
        {"rx", 2, EXPORT_REJECTED},  {"xr", 2, EXPORT_REJECTED}, {"rr", 2, EXPORT_RETURNED},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        ExportDecision given[4];
        size_t count = strlen(rows[i].given);
        for (size_t j = 0; j < count; j++)
            given[j] = rows[i].given[j] == 'a'   ? DECISION_APPROVE
                       : rows[i].given[j] == 'r' ? DECISION_RETURN
                                                 : DECISION_REJECT;
        g_test_message("%s of %zu", rows[i].given, rows[i].needed);
        g_assert_cmpint(export_consolidate(given, count, rows[i].needed), ==, rows[i].state);
    }
}

static void test_decisions(void)
{
    for (int i = 0; i < DECISION_COUNT; i++) {
        ExportDecision decision = DECISION_COUNT;
        g_assert_true(export_decision_parse(export_decision_name((ExportDecision)i), &decision));
        g_assert_cmpint((int)decision, ==, i);
    }
    ExportDecision untouched = DECISION_RETURN;
    g_assert_false(export_decision_parse("maybe", &untouched));
    g_assert_cmpint((int)untouched, ==, DECISION_RETURN);
}

/* ---- rows ---- */

typedef struct Fixture {
    char *dir;
    Store *store;
} Fixture;

static bool fill(StoreTx *tx, void *data, GError **error)
{
    (void)data;
    static const char *const statements[] = {
        "INSERT INTO organisation VALUES ('org-1', 'O', 'university', 1)",
        "INSERT INTO person (id, login, name, email, organisation, roles, language, "
        "totp_last_step, created_ms) VALUES ('per-1', 'ada', 'Ada', 'a@b', 'org-1', '', 'en', 0, "
        "1), ('per-2', 'chk', 'Chk', 'c@b', 'org-1', 'checker', 'en', 0, 1)",
        "INSERT INTO project VALUES ('prj-1', 'p', 'P', '', 'org-1', 'research', 'research', '', "
        "'restricted', 'open', '', 200000, 0, 0, 0, 1, 'per-1', 1, 1)",
        "INSERT INTO source VALUES ('src-1', 's', 'S', '', 'org-1', '', '', '', 'fr-enterprise', "
        "'per-1', 1, 1, 'other'), ('src-2', 't', 'T', '', 'org-1', '', '', '', 'fr-tax-person', "
        "'per-1', 1, 1, 'other')",
        "INSERT INTO dataset VALUES ('dts-1', 'src-1', 'd', 'D', '2020', 1, 'scientific', "
        "'published', '', 'd.csv', 1, '', 1, '[]', 0, 'per-1', 1), ('dts-2', 'src-2', 'e', 'E', "
        "'2020', 1, 'scientific', 'published', '', 'e.csv', 1, '', 1, '[]', 0, 'per-1', 1)",
    };
    for (size_t i = 0; i < G_N_ELEMENTS(statements); i++) {
        if (!store_exec(tx, error, statements[i]))
            return false;
    }
    return export_insert(tx, "exp-1", "prj-1", "per-1", "Title", "Context", 10, error);
}

static void setup(Fixture *f, const void *unused)
{
    (void)unused;
    GError *error = NULL;
    f->dir = g_dir_make_tmp("darse-XXXXXX", NULL);
    g_autofree char *url = g_strdup_printf("sqlite:%s/t.db", f->dir);
    f->store = store_open(url, NULL, 1, &error);
    g_assert_no_error(error);
    g_assert_true(store_migrate(f->store, 0, &error));
    g_assert_true(store_write(f->store, fill, NULL, &error));
    g_assert_no_error(error);
}

static void teardown(Fixture *f, const void *unused)
{
    (void)unused;
    store_close(f->store);
    g_assert_true(tree_remove(f->dir, NULL));
    g_free(f->dir);
}

static Export *load(StoreTx *tx)
{
    Export *export = NULL;
    g_assert_true(export_load(tx, "exp-1", &export, NULL));
    return export;
}

static bool rounds(StoreTx *tx, void *data, GError **error)
{
    (void)data;
    g_autoptr(Export) draft = load(tx);
    g_assert_cmpint(export_round_now(draft), ==, 1);
    g_assert_true(export_move(tx, draft, EXPORT_SUBMITTED, 20, error));
    g_autoptr(Export) first = load(tx);
    g_assert_cmpint(first->round, ==, 1);
    g_assert_cmpint(first->submitted_ms, ==, 20);
    g_assert_true(export_review_insert(tx, first, "per-2", DECISION_RETURN, "Round it", 30,
                                       error));
    g_assert_true(export_move(tx, first, EXPORT_RETURNED, 32, error));
    g_autoptr(Export) returned = load(tx);
    g_assert_cmpint(export_round_now(returned), ==, 2);
    g_assert_true(export_move(tx, returned, EXPORT_SUBMITTED, 40, error));
    g_autoptr(Export) second = load(tx);
    g_assert_cmpint(second->round, ==, 2);
    g_assert_true(export_review_insert(tx, second, "per-2", DECISION_APPROVE, "", 50, error));
    g_autoptr(GPtrArray) reviews = export_reviews(tx, "exp-1", error);
    g_assert_cmpuint(reviews->len, ==, 2);
    g_assert_true(export_move(tx, second, EXPORT_APPROVED, 51, error));
    g_autoptr(Export) approved = load(tx);
    g_assert_cmpint(approved->audit_sequence, ==, -1);
    g_assert_true(export_move(tx, approved, EXPORT_RELEASED, 60, error));
    g_autoptr(Export) released = load(tx);
    g_assert_cmpint(released->audit_sequence, ==, 0);
    return true;
}

static void run(Fixture *f, StoreAction action)
{
    GError *error = NULL;
    g_assert_true(store_write(f->store, action, NULL, &error));
    g_assert_no_error(error);
}

/* One review per checker and round, whatever policy was asked. */
static bool twice(StoreTx *tx, void *data, GError **error)
{
    (void)data;
    g_autoptr(Export) draft = load(tx);
    g_assert_true(export_move(tx, draft, EXPORT_SUBMITTED, 20, error));
    g_assert_true(export_review_insert(tx, draft, "per-2", DECISION_RETURN, "No", 30, error));
    return export_review_insert(tx, draft, "per-2", DECISION_APPROVE, "", 31, error);
}

static void test_twice(Fixture *f, const void *unused)
{
    (void)unused;
    GError *error = NULL;
    g_assert_false(store_write(f->store, twice, NULL, &error));
    g_assert_true(error_is(error, ERROR_CONFLICT));
    g_clear_error(&error);
}

static void test_rounds(Fixture *f, const void *unused)
{
    (void)unused;
    run(f, rounds);
}

static bool files(StoreTx *tx, void *data, GError **error)
{
    (void)data;
    ExportFile file = {.id = (char *)"fil-1", .export = (char *)"exp-1", .round = 1,
                       .name = (char *)"a.csv", .sha256 = (char *)"00", .kind = (char *)"csv",
                       .size = 3, .declaration = (char *)"{}", .lint = (char *)"{}",
                       .verdict = (char *)"pass", .added_ms = 5};
    g_assert_true(export_file_insert(tx, &file, error));
    g_assert_true(export_file_remove(tx, "exp-1", "fil-1", 1, error));
    g_assert_false(export_file_remove(tx, "exp-1", "fil-1", 1, error));
    g_assert_cmpstr(error_reason(*error), ==, "airlock.no_file");
    g_clear_error(error);
    /* Nothing is deleted. */
    g_autoptr(GPtrArray) now = export_files(tx, "exp-1", false, error);
    g_autoptr(GPtrArray) all = export_files(tx, "exp-1", true, error);
    g_assert_cmpuint(now->len, ==, 0);
    g_assert_cmpuint(all->len, ==, 1);
    ExportFile *untouched = NULL;
    g_assert_false(export_file_load(tx, "exp-2", "fil-1", &untouched, error));
    g_assert_null(untouched);
    g_clear_error(error);
    return true;
}

static void test_files(Fixture *f, const void *unused)
{
    (void)unused;
    run(f, files);
}

static bool rules(StoreTx *tx, void *data, GError **error)
{
    (void)data;
    SdcRules merged = {0};
    g_auto(GStrv) none = NULL;
    g_assert_true(export_rules(tx, "prj-1", &merged, &none, error));
    g_assert_cmpstr(none[0], ==, EXPORT_DEFAULT_PACK);
    g_assert_true(store_exec(tx, error,
                             "INSERT INTO volume_label VALUES ('prj-1/files', 'prj-1', 'dts-1', 1), "
                             "('prj-1/files', 'prj-1', 'dts-2', 1)"));
    g_auto(GStrv) names = NULL;
    g_assert_true(export_rules(tx, "prj-1", &merged, &names, error));
    g_assert_cmpuint(g_strv_length(names), ==, 2);
    /* 3 units and 85 % with 11 units: the strictest of each. */
    g_assert_cmpfloat(merged.minimum_count, ==, 11);
    g_assert_cmpfloat(merged.dominance_percent[0], ==, 85);
    g_autoptr(Export) export = load(tx);
    g_assert_true(export_label_grow(tx, export, error));
    g_assert_true(export_label_grow(tx, export, error));
    int64_t label = 0;
    g_assert_true(store_query_integer(tx, &label, 0, error,
                                      "SELECT count(*) FROM export_label WHERE export = 'exp-1'"));
    g_assert_cmpint(label, ==, 2);
    return true;
}

static void test_rules(Fixture *f, const void *unused)
{
    (void)unused;
    run(f, rules);
}

static GPtrArray *queue_of(StoreTx *tx, ExportQueue queue, const char *subject, GError **error)
{
    ExportQuery query = {.queue = queue, .subject = subject, .after = "", .limit = 10};
    return export_list(tx, &query, error);
}

static bool queue(StoreTx *tx, void *data, GError **error)
{
    (void)data;
    ExportQuery second = {.subject = "prj-1", .after = "exp-1", .limit = 10};
    g_autoptr(GPtrArray) none = queue_of(tx, EXPORTS_TO_REVIEW, "per-2", error);
    g_assert_cmpuint(none->len, ==, 0);
    g_autoptr(Export) draft = load(tx);
    g_assert_true(export_move(tx, draft, EXPORT_SUBMITTED, 20, error));
    g_autoptr(GPtrArray) own = queue_of(tx, EXPORTS_TO_REVIEW, "per-1", error);
    g_assert_cmpuint(own->len, ==, 0);
    g_autoptr(GPtrArray) waiting = queue_of(tx, EXPORTS_TO_REVIEW, "per-2", error);
    g_assert_cmpuint(waiting->len, ==, 1);
    g_autoptr(Export) submitted = load(tx);
    g_assert_true(export_review_insert(tx, submitted, "per-2", DECISION_APPROVE, "", 30, error));
    g_autoptr(GPtrArray) done = queue_of(tx, EXPORTS_TO_REVIEW, "per-2", error);
    g_assert_cmpuint(done->len, ==, 0);
    g_autoptr(GPtrArray) after = export_list(tx, &second, error);
    g_assert_cmpuint(after->len, ==, 0);
    return true;
}

/* Those that wait longest first, page after page; what somebody reviewed and wrote; what a round said. */
static bool lists(StoreTx *tx, void *data, GError **error)
{
    (void)data;
    g_autoptr(Export) first = load(tx);
    g_autoptr(Export) second = NULL;
    g_assert_true(export_insert(tx, "exp-2", "prj-1", "per-1", "Second", "C", 11, error));
    g_assert_true(export_load(tx, "exp-2", &second, error));
    g_assert_true(export_move(tx, second, EXPORT_SUBMITTED, 20, error));
    g_assert_true(export_move(tx, first, EXPORT_SUBMITTED, 30, error));
    g_autoptr(GPtrArray) waiting = queue_of(tx, EXPORTS_TO_REVIEW, "per-2", error);
    g_assert_cmpuint(waiting->len, ==, 2);
    g_assert_cmpstr(((Export *)g_ptr_array_index(waiting, 0))->id, ==, "exp-2");
    ExportQuery next = {.queue = EXPORTS_TO_REVIEW, .subject = "per-2", .after = "exp-2",
                        .limit = 1};
    g_autoptr(GPtrArray) rest = export_list(tx, &next, error);
    g_assert_cmpuint(rest->len, ==, 1);
    g_assert_cmpstr(((Export *)g_ptr_array_index(rest, 0))->id, ==, "exp-1");
    g_autoptr(Export) submitted = load(tx);
    g_assert_true(export_round_keep(tx, submitted, error));
    g_autoptr(GPtrArray) rounds = export_rounds(tx, "exp-1", error);
    g_assert_cmpuint(rounds->len, ==, 1);
    g_assert_cmpint(((ExportRound *)g_ptr_array_index(rounds, 0))->submitted_ms, ==, 30);
    ExportTally tally = {.files = 7};
    g_assert_true(export_tally(tx, submitted, &tally, error));
    g_assert_cmpint(tally.files + tally.files_flagged + tally.reviews, ==, 0);
    g_autoptr(GPtrArray) nothing = queue_of(tx, EXPORTS_REVIEWED, "per-2", error);
    g_assert_cmpuint(nothing->len, ==, 0);
    g_assert_true(export_review_insert(tx, submitted, "per-2", DECISION_RETURN, "no", 40, error));
    g_assert_true(export_tally(tx, submitted, &tally, error));
    g_assert_cmpint(tally.reviews, ==, 1);
    g_autoptr(GPtrArray) reviewed = queue_of(tx, EXPORTS_REVIEWED, "per-2", error);
    g_assert_cmpuint(reviewed->len, ==, 1);
    ExportQuery drafts = {.subject = "prj-1", .state = "draft", .after = "", .limit = 10};
    g_autoptr(GPtrArray) none = export_list(tx, &drafts, error);
    g_assert_cmpuint(none->len, ==, 0);
    /* Their own are shown to authors as long as they are in the project. */
    g_autoptr(GPtrArray) outside = queue_of(tx, EXPORTS_WRITTEN, "per-1", error);
    g_assert_cmpuint(outside->len, ==, 0);
    g_assert_true(store_exec(tx, error,
                             "INSERT INTO project_member (project, person, roles, starts_ms, "
                             "ends_ms, added_by, added_ms) VALUES ('prj-1', 'per-1', 'scientist', "
                             "0, 9, 'per-1', 0)"));
    g_autoptr(GPtrArray) written = queue_of(tx, EXPORTS_WRITTEN, "per-1", error);
    g_assert_cmpuint(written->len, ==, 2);
    return true;
}

static void test_lists(Fixture *f, const void *unused)
{
    (void)unused;
    run(f, lists);
}

static void test_queue(Fixture *f, const void *unused)
{
    (void)unused;
    run(f, queue);
}

int main(int argc, char **argv)
{
    g_assert_cmpint(sodium_init(), >=, 0);
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/exports/states", test_states);
    g_test_add_func("/exports/consolidate", test_consolidate);
    g_test_add_func("/exports/decisions", test_decisions);
    g_test_add("/exports/rounds", Fixture, NULL, setup, test_rounds, teardown);
    g_test_add("/exports/twice", Fixture, NULL, setup, test_twice, teardown);
    g_test_add("/exports/files", Fixture, NULL, setup, test_files, teardown);
    g_test_add("/exports/rules", Fixture, NULL, setup, test_rules, teardown);
    g_test_add("/exports/queue", Fixture, NULL, setup, test_queue, teardown);
    g_test_add("/exports/lists", Fixture, NULL, setup, test_lists, teardown);
    return g_test_run();
}
