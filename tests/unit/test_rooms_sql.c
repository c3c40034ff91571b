/* SPDX-License-Identifier: Apache-2.0 */
/* The rows of services, of their passes, of exports and of what awaits whom, on both databases. */
#include "governance_fixture.h"

#include "airlock/exports.h"
#include "services/passes.h"
#include "services/rights.h"
#include "services/rows.h"
#include "tasks/tasks.h"

typedef struct Rows {
    World *world;
    const char *project;
} Rows;

/* The closure says what fails: all of it must succeed. */
#define MUST(call)                                                                                 \
    do {                                                                                           \
        if (!(call)) {                                                                             \
            g_test_message("%s", #call);                                                           \
            return false;                                                                          \
        }                                                                                          \
    } while (0)

static bool services_in(StoreTx *tx, void *data, GError **error)
{
    const Rows *rows = data;
    const PolicyActor *actor = world_actor(rows->world, SCIENTIST);
    int64_t now = time_now_ms();
    g_autoptr(GPtrArray) none = g_ptr_array_new();
    Service given = {.id = (char *)"svc-aaaaaaaaaaaaaaaa", .project = (char *)rows->project,
                     .person = actor->id, .definition = (char *)"jupyter", .name = (char *)"One",
                     .cpus = 3, .memory_mib = 512, .ends_ms = now};
    g_autoptr(Service) service = NULL;
    PolicyFacts facts = {0};
    char *ticket = NULL;
    MUST(service_insert(tx, &given, none, now, error));
    given.id = (char *)"svc-bbbbbbbbbbbbbbbb";
    MUST(service_insert(tx, &given, none, now, error));
    MUST(service_move(tx, given.id, SERVICE_STARTING, "", "", now, error));
    MUST(service_move(tx, given.id, SERVICE_FAILED, "reason", "detail", now, error));
    MUST(service_note(tx, given.id, "step", "detail", now, error));
    MUST(service_load(tx, given.id, &service, error));
    g_assert_cmpint(service->state, ==, SERVICE_FAILED);
    ServiceUse use = {0};
    ServiceStarts starts = {0};
    MUST(service_use(tx, actor->id, &use, error));
    g_assert_cmpint(use.services, ==, 1);
    g_assert_cmpint(use.cpus, ==, 3);
    MUST(service_starts(tx, "jupyter", &starts, error));
    g_assert_cmpint(starts.count, ==, 0);
    g_autoptr(GPtrArray) outlived = service_outlived(tx, now, error);
    MUST(outlived != NULL);
    g_assert_cmpuint(outlived->len, ==, 1);
    static const struct { bool project, person, live; const char *before; guint count; } lists[] = {
        {true, false, false, "", 2}, {false, true, true, "", 1}, {false, false, true, "", 1},
        {true, false, false, "svc-bbbbbbbbbbbbbbbb", 1},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(lists); i++) {
        g_autoptr(GPtrArray) list =
            service_list(tx, lists[i].project ? rows->project : NULL,
                         lists[i].person ? actor->id : NULL, lists[i].live, lists[i].before, 10,
                         error);
        MUST(list != NULL);
        g_assert_cmpuint(list->len, ==, lists[i].count);
    }
    g_autoptr(GPtrArray) events = service_events(tx, given.id, 1, error);
    MUST(events != NULL);
    g_assert_cmpuint(events->len, ==, 3);
    g_autoptr(GPtrArray) datasets = service_datasets(tx, given.id, error);
    MUST(datasets != NULL);
    MUST(rights_load_facts(tx, actor, rows->project, actor->id, now, &facts, error));
    g_autoptr(GPtrArray) mountable =
        rights_mountable(tx, actor, rows->project, &facts, now, error);
    MUST(mountable != NULL);
    MUST(passes_ticket_new(tx, actor, given.id, now, &ticket, error));
    secret_free(ticket);
    return true;
}

static GPtrArray *exports_of(StoreTx *tx, ExportQueue queue, const char *subject,
                             const char *after, GError **error)
{
    ExportQuery query = {.queue = queue, .subject = subject, .after = after, .limit = 10};
    return export_list(tx, &query, error);
}

static bool export_reviewed(StoreTx *tx, const Rows *rows, const char *id, GError **error)
{
    const char *checker = world_actor(rows->world, CHECKER)->id;
    int64_t now = time_now_ms();
    g_autoptr(Export) export = NULL;
    g_autoptr(Export) approved = NULL;
    MUST(export_load(tx, id, &export, error));
    MUST(export_review_insert(tx, export, checker, DECISION_APPROVE, "good", now, error));
    g_autoptr(GPtrArray) reviews = export_reviews(tx, id, error);
    MUST(reviews != NULL && reviews->len == 1);
    g_autoptr(GPtrArray) after = exports_of(tx, EXPORTS_TO_REVIEW, checker, "", error);
    g_autoptr(GPtrArray) reviewed = exports_of(tx, EXPORTS_REVIEWED, checker, "", error);
    g_autoptr(GPtrArray) written =
        exports_of(tx, EXPORTS_WRITTEN, world_actor(rows->world, SCIENTIST)->id, "", error);
    ExportTally tally = {0};
    MUST(after != NULL && after->len == 0);
    MUST(reviewed != NULL && reviewed->len == 1 && written != NULL && written->len == 1);
    MUST(export_tally(tx, export, &tally, error) && tally.files == 1 && tally.reviews == 1);
    MUST(export_round_keep(tx, export, error));
    g_autoptr(GPtrArray) rounds = export_rounds(tx, id, error);
    MUST(rounds != NULL && rounds->len == 1);
    MUST(export_move(tx, export, EXPORT_APPROVED, now, error));
    MUST(export_load(tx, id, &approved, error));
    MUST(export_move(tx, approved, EXPORT_RELEASED, now, error));
    return export_set_release(tx, id, "00", error);
}

static bool exports_in(StoreTx *tx, void *data, GError **error)
{
    const Rows *rows = data;
    const char *id = "exp-aaaaaaaaaaaaaaaa";
    const char *checker = world_actor(rows->world, CHECKER)->id;
    int64_t now = time_now_ms();
    g_autoptr(Export) export = NULL;
    g_autoptr(ExportFile) found = NULL;
    g_auto(GStrv) packs = NULL;
    SdcRules rules;
    ExportFile file = {.id = (char *)"fil-1", .export = (char *)id, .round = 1, .size = 3,
                       .name = (char *)"a.csv", .sha256 = (char *)"00", .kind = (char *)"csv",
                       .declaration = (char *)"{}", .lint = (char *)"{}",
                       .verdict = (char *)"pass", .added_ms = now};
    MUST(export_insert(tx, id, rows->project, world_actor(rows->world, SCIENTIST)->id, "Title",
                       "Context", now, error));
    MUST(export_edit(tx, id, "Other", "Context", error));
    MUST(export_file_insert(tx, &file, error));
    file.id = (char *)"fil-2";
    MUST(export_file_insert(tx, &file, error));
    MUST(export_file_remove(tx, id, "fil-2", 1, error));
    MUST(export_file_load(tx, id, "fil-1", &found, error));
    g_autoptr(GPtrArray) there = export_files(tx, id, false, error);
    g_autoptr(GPtrArray) all = export_files(tx, id, true, error);
    MUST(there != NULL && all != NULL && there->len == 1 && all->len == 2);
    MUST(export_load(tx, id, &export, error));
    MUST(export_label_grow(tx, export, error));
    MUST(export_rules(tx, rows->project, &rules, &packs, error));
    MUST(export_move(tx, export, EXPORT_SUBMITTED, now, error));
    g_autoptr(GPtrArray) queue = exports_of(tx, EXPORTS_TO_REVIEW, checker, "", error);
    g_autoptr(GPtrArray) listed = exports_of(tx, EXPORTS_OF_PROJECT, rows->project, "", error);
    g_autoptr(GPtrArray) more = exports_of(tx, EXPORTS_OF_PROJECT, rows->project, id, error);
    MUST(queue != NULL && listed != NULL && more != NULL);
    g_assert_cmpuint(queue->len, ==, 1);
    g_assert_cmpuint(listed->len, ==, 1);
    g_assert_cmpuint(more->len, ==, 0);
    return export_reviewed(tx, rows, id, error);
}

static bool tasks_in(StoreTx *tx, void *data, GError **error)
{
    const Rows *rows = data;
    for (int i = 0; i < PERSONS; i++) {
        g_autoptr(GPtrArray) tasks =
            tasks_load(tx, world_actor(rows->world, i), time_now_ms(), error);
        MUST(tasks != NULL);
    }
    return true;
}

static void test_rows(void)
{
    World *w = world_new("", true);
    ProjectNew given = world_project(w);
    g_autofree char *project = world_open_project(w, &given);
    Rows rows = {w, project};
    static const StoreAction actions[] = {services_in, exports_in, tasks_in};
    for (size_t i = 0; i < G_N_ELEMENTS(actions); i++) {
        GError *error = NULL;
        bool ok = store_write(w->app.store, actions[i], &rows, &error);
        g_assert_no_error(error);
        g_assert_true(ok);
    }
    g_assert_true(passes_sweep(&w->app, NULL));
    world_free(w);
}

int main(int argc, char **argv)
{
    g_assert_true(sodium_init() >= 0);
    log_setup("test", LOG_LEVEL_ERROR);
    g_test_init(&argc, &argv, NULL);
    static const WorldTest tests[] = {{.name = "rows", .run = test_rows}};
    return world_run("rooms", tests, G_N_ELEMENTS(tests));
}
