/* SPDX-License-Identifier: Apache-2.0 */
/* The rows of services, of their passes, of exports and of what awaits whom, on both databases. */
#include "governance_fixture.h"

#include "airlock/exports.h"
#include "identity/persons.h"
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

/* ---- what waits of one's own exports ---- */

static bool has_task(StoreTx *tx, const Rows *rows, const char *kind, bool *ret_has, GError **error)
{
    g_autoptr(GPtrArray) tasks =
        tasks_load(tx, world_actor(rows->world, SCIENTIST), time_now_ms(), error);
    MUST(tasks != NULL);
    *ret_has = false;
    for (guint i = 0; i < tasks->len; i++) {
        const Task *task = g_ptr_array_index(tasks, i);
        *ret_has = *ret_has || (strcmp(task->kind, kind) == 0 &&
                                strcmp(task->object, "exp-bbbbbbbbbbbbbbbb") == 0 &&
                                strcmp(task->project, rows->project) == 0);
    }
    return true;
}

static bool export_moved(StoreTx *tx, ExportState to, GError **error)
{
    g_autoptr(Export) export = NULL;
    return export_load(tx, "exp-bbbbbbbbbbbbbbbb", &export, error) &&
           export_move(tx, export, to, time_now_ms(), error);
}

static bool own_exports_in(StoreTx *tx, void *data, GError **error)
{
    const Rows *rows = data;
    const char *author = world_actor(rows->world, SCIENTIST)->id;
    bool submitted = true, returned = false, approved = false, gone = true, back = false;
    MUST(export_insert(tx, "exp-bbbbbbbbbbbbbbbb", rows->project, author, "Title", "Context",
                       time_now_ms(), error));
    MUST(export_moved(tx, EXPORT_SUBMITTED, error));
    MUST(has_task(tx, rows, "export_returned", &submitted, error));
    g_assert_false(submitted);
    MUST(export_moved(tx, EXPORT_RETURNED, error));
    MUST(has_task(tx, rows, "export_returned", &returned, error));
    g_assert_true(returned);
    MUST(export_moved(tx, EXPORT_SUBMITTED, error) && export_moved(tx, EXPORT_APPROVED, error));
    MUST(has_task(tx, rows, "export_approved", &approved, error));
    g_assert_true(approved);
    /* Whose time in the project is over is asked for nothing. */
    MUST(store_exec(tx, error, "UPDATE project_member SET ends_ms = ends_ms - $1 WHERE person = $2",
                    store_integer(INT64_C(1) << 41), store_text(author)));
    MUST(has_task(tx, rows, "export_approved", &gone, error));
    g_assert_false(gone);
    MUST(store_exec(tx, error, "UPDATE project_member SET ends_ms = ends_ms + $1 WHERE person = $2",
                    store_integer(INT64_C(1) << 41), store_text(author)));
    MUST(has_task(tx, rows, "export_approved", &back, error));
    g_assert_true(back);
    return true;
}

/* ---- who is found ---- */

static bool finds(StoreTx *tx, const char *search, const char *after, const char *logins,
                  GError **error)
{
    g_autoptr(GPtrArray) persons = NULL;
    g_autoptr(GString) found = g_string_new(NULL);
    MUST(person_list(tx, search, after, 3, &persons, error));
    for (guint i = 0; i < persons->len; i++) {
        const IdentityPerson *person = g_ptr_array_index(persons, i);
        g_string_append_printf(found, "%s%s", i > 0 ? " " : "", person->login);
        g_assert_nonnull(person->organisation_name);
    }
    g_assert_cmpstr(found->str, ==, logins);
    return true;
}

static bool person_made(StoreTx *tx, const Rows *rows, const char *login, const char *name,
                        char **ret_id, GError **error)
{
    IdentityNewPerson person = {.login = login, .name = name, .email = "a@example.org",
                                .organisation = rows->world->organisations[0], .language = "fr"};
    return identity_person_create(tx, &person, ret_id, error);
}

static bool persons_in(StoreTx *tx, void *data, GError **error)
{
    const Rows *rows = data;
    g_autofree char *one = NULL;
    g_autofree char *two = NULL;
    MUST(person_made(tx, rows, "zeda_1", "Élise ÇELIK", &one, error));
    MUST(person_made(tx, rows, "zedb-2", "Anne 100%", &two, error));
    static const struct { const char *search, *after, *logins; } searches[] = {
        {"élise", "", "zeda_1"}, {"ELISE", "", "zeda_1"}, {"e çel", "", "zeda_1"},
        {"zed", "", "zeda_1 zedb-2"}, {"zed", "zeda_1", "zedb-2"}, {"a_", "", "zeda_1"},
        {"0%", "", "zedb-2"}, {"lise a", "", ""}, {"%", "", "zedb-2"}, {"", "zed", "zeda_1 zedb-2"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(searches); i++)
        MUST(finds(tx, searches[i].search, searches[i].after, searches[i].logins, error));
    PersonChange change = {.name = "Élise Ünal"};
    MUST(person_update(tx, one, &change, error));
    MUST(finds(tx, "celik", "", "", error) && finds(tx, "unal", "", "zeda_1", error));
    /* As an earlier version wrote it. */
    MUST(store_exec(tx, error, "UPDATE person SET sought = '' WHERE id = $1", store_text(one)));
    MUST(finds(tx, "unal", "", "", error));
    MUST(persons_make_sought(tx, NULL, error));
    return finds(tx, "unal", "", "zeda_1", error) && finds(tx, "da_1", "", "zeda_1", error);
}

static void test_rows(void)
{
    World *w = world_new("", true);
    ProjectNew given = world_project(w);
    g_autofree char *project = world_open_project(w, &given);
    Rows rows = {w, project};
    static const StoreAction actions[] = {services_in, exports_in, tasks_in,
                                          own_exports_in, persons_in};
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
