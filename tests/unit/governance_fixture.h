/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A small instance for the governance rooms: persons with their roles, a store, and an engine that
 * says yes to every plan (or is away), so that rights are tested without any privilege.
 */
#ifndef DARSE_TESTS_GOVERNANCE_FIXTURE_H
#define DARSE_TESTS_GOVERNANCE_FIXTURE_H

#include "database.h"

#include "base/encode.h"
#include "base/error.h"
#include "base/files.h"
#include "base/frame.h"
#include "base/ids.h"
#include "base/log.h"
#include "base/times.h"
#include "engine/engine.h"
#include "identity/identity.h"
#include "identity/totp.h"
#include "projects/projects.h"

#include <glib/gstdio.h>
#include <sodium.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Which database the world to come has. */
static Kind world_kind;

typedef struct WorldTest {
    const char *name;
    void (*run)(void);
    Kind kind;
} WorldTest;

static inline void world_test(const void *data)
{
    const WorldTest *test = data;
    world_kind = test->kind;
    if (has_kind(world_kind))
        test->run();
}

/* Every test of TESTS (COUNT rows) on both databases: /ROOM/sqlite/name, /ROOM/postgres/name. */
static inline int world_run(const char *room, const WorldTest *tests, size_t count)
{
    WorldTest *all = g_new0(WorldTest, count * KINDS);
    world_begin();
    for (size_t i = 0; i < count * KINDS; i++) {
        all[i] = tests[i % count];
        all[i].kind = (Kind)(i / count);
        g_autofree char *path =
            g_strdup_printf("/%s/%s/%s", room, kind_names[all[i].kind], all[i].name);
        g_test_add_data_func(path, &all[i], world_test);
    }
    int result = g_test_run();
    world_end();
    g_free(all);
    return result;
}

/* ---- an engine that says yes ---- */

typedef struct FakeEngine {
    int listener;
    GThread *thread;
    bool encrypted;
    GMutex lock;
    GString *plans;                /* kinds asked, one a line */
} FakeEngine;

static inline json_t *fake_answer(FakeEngine *engine)
{
    return json_pack("{s:{s:b, s:b, s:b}}", "result", "encrypted", engine->encrypted, "created",
                     true, "key_destroyed", true);
}

static inline void *fake_engine_run(void *data)
{
    FakeEngine *engine = data;
    for (;;) {
        int fd = accept(engine->listener, NULL, NULL);
        if (fd < 0)
            return NULL;
        g_autoptr(json_t) request = NULL;
        if (frame_receive(fd, 5000, &request, NULL) && request != NULL) {
            const json_t *plan = json_object_get(request, "plan");
            g_mutex_lock(&engine->lock);
            g_string_append_printf(engine->plans, "%s\n",
                                   json_string_value(json_object_get(plan, "kind")));
            g_mutex_unlock(&engine->lock);
            g_autoptr(json_t) answer = fake_answer(engine);
            frame_send(fd, answer, NULL);
        }
        close(fd);
    }
}

/* ---- the instance ---- */

typedef struct Person {
    const char *login;
    unsigned roles;
    int organisation;              /* index */
    PolicyActor *actor;
    char *secret;                  /* of the second factor */
    int64_t codes;                 /* used so far */
} Person;

enum { OFFICER, PRODUCER, OTHER_PRODUCER, COMMITTEE, LEAD, SCIENTIST, OUTSIDER, CHECKER, PERSONS };

typedef struct World {
    char *dir;
    App app;
    Config *config;
    FakeEngine engine;
    char *organisations[2];
    Person persons[PERSONS];
} World;

static const Person world_persons[PERSONS] = {
    [OFFICER] = {"officer", ROLE_OFFICER, 0},
    [PRODUCER] = {"producer", ROLE_PRODUCER, 0},
    [OTHER_PRODUCER] = {"producer2", ROLE_PRODUCER, 1},
    [COMMITTEE] = {"committee", ROLE_COMMITTEE, 0},
    [LEAD] = {"lead", 0, 1},
    [SCIENTIST] = {"scientist", 0, 1},
    [OUTSIDER] = {"outsider", 0, 1},
    [CHECKER] = {"checker", ROLE_CHECKER, 0},
};

static inline bool world_rows(StoreTx *tx, void *data, GError **error)
{
    World *w = data;
    if (!identity_organisation_create(tx, "Institut", "statistics", &w->organisations[0], error) ||
        !identity_organisation_create(tx, "Université", "university", &w->organisations[1], error))
        return false;
    for (int i = 0; i < PERSONS; i++) {
        Person *p = &w->persons[i];
        *p = world_persons[i];
        g_autofree char *email = g_strconcat(p->login, "@example.org", NULL);
        IdentityNewPerson given = {.login = p->login, .name = p->login, .email = email,
                                   .organisation = w->organisations[p->organisation],
                                   .roles = p->roles, .language = "fr"};
        g_autofree char *id = NULL;
        if (!identity_person_create(tx, &given, &id, error) ||
            !identity_second_factor_set(identity_seal(&w->app), tx, id, &p->secret, error))
            return false;
        p->actor = policy_actor_system();
        p->actor->channel = CHANNEL_SESSION;
        p->actor->roles = p->roles;
        g_free(p->actor->id);
        g_free(p->actor->login);
        g_free(p->actor->organisation);
        p->actor->id = g_steal_pointer(&id);
        p->actor->login = g_strdup(p->login);
        p->actor->organisation = g_strdup(w->organisations[p->organisation]);
    }
    return true;
}

/* CONFIGURATION: text of darse.conf, "" for none. */
static inline World *world_new(const char *configuration, bool encrypts)
{
    g_autoptr(GError) error = NULL;
    World *w = g_new0(World, 1);
    w->dir = g_dir_make_tmp("darse-gov-XXXXXX", NULL);
    g_autofree char *conf = g_build_filename(w->dir, "darse.conf", NULL);
    g_autofree char *socket = g_build_filename(w->dir, "engine.sock", NULL);
    g_autofree char *url = new_database(world_kind);
    g_assert_true(file_write(conf, configuration, strlen(configuration), 0600, &error));
    w->config = config_load(w->dir, &error);
    g_assert_no_error(error);
    w->engine.listener = unix_listen(socket, 0600, &error);
    w->engine.encrypted = encrypts;
    w->engine.plans = g_string_new(NULL);
    g_mutex_init(&w->engine.lock);
    w->engine.thread = g_thread_new("engine", fake_engine_run, &w->engine);
    w->app = (App){.config = w->config, .state_dir = w->dir, .events = events_new(),
                   .engine = engine_client_new(socket), .portal_url = "http://localhost"};
    w->app.store = open_store(url);
    g_assert_true(store_migrate(w->app.store, 0, &error));
    g_assert_true(identity_init(w->dir, &error));
    g_assert_true(identity_room.start(&w->app, &error));
    g_assert_true(projects_room.start(&w->app, &error));
    g_assert_true(store_write(w->app.store, world_rows, w, &error));
    g_assert_no_error(error);
    return w;
}

/* From now on nobody answers. */
static inline void world_stop_engine(World *w)
{
    if (w->engine.listener < 0)
        return;
    shutdown(w->engine.listener, SHUT_RDWR);
    g_thread_join(w->engine.thread);
    close(w->engine.listener);
    w->engine.listener = -1;
    g_autofree char *socket = g_build_filename(w->dir, "engine.sock", NULL);
    g_unlink(socket);
}

static inline void world_free(World *w)
{
    world_stop_engine(w);
    projects_room.stop(&w->app);
    if (identity_room.stop != NULL)
        identity_room.stop(&w->app);
    events_close(w->app.events);
    store_close(w->app.store);
    events_free(w->app.events);
    engine_client_free(w->app.engine);
    config_free(w->config);
    for (int i = 0; i < PERSONS; i++) {
        policy_actor_free(w->persons[i].actor);
        secret_free(w->persons[i].secret);
    }
    g_free(w->organisations[0]);
    g_free(w->organisations[1]);
    g_string_free(w->engine.plans, TRUE);
    g_mutex_clear(&w->engine.lock);
    tree_remove(w->dir, NULL);
    g_free(w->dir);
    g_free(w);
}

/* A code that PERSON has not used: the window takes the step before, this one and the next. */
static inline char *world_code(World *w, int person)
{
    Person *p = &w->persons[person];
    char code[TOTP_DIGITS + 1] = "";
    g_assert_cmpint(p->codes, <, 3);
    g_assert_true(totp_code(p->secret, totp_step(time_now_ms()) - 1 + p->codes++, code, NULL));
    return g_strdup(code);
}

static inline PolicyActor *world_actor(const World *w, int person)
{
    return w->persons[person].actor;
}

static inline void world_sql(World *w, const char *format, ...) G_GNUC_PRINTF(2, 3);
static inline bool world_sql_in(StoreTx *tx, void *data, GError **error)
{
    return store_exec(tx, error, (const char *)data);
}
static inline void world_sql(World *w, const char *format, ...)
{
    va_list arguments;
    g_autoptr(GError) error = NULL;
    va_start(arguments, format);
    g_autofree char *sql = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    g_assert_true(store_write(w->app.store, world_sql_in, sql, &error));
    g_assert_no_error(error);
}

typedef struct Count {
    const char *sql;
    int64_t value;
} Count;
static inline bool world_count_in(StoreTx *tx, void *data, GError **error)
{
    Count *count = data;
    return store_query_integer(tx, &count->value, -1, error, count->sql);
}
static inline int64_t world_count(World *w, const char *sql)
{
    Count count = {.sql = sql};
    g_assert_true(store_read(w->app.store, world_count_in, &count, NULL));
    return count.value;
}

/* The last call was refused for REASON; clears the error. */
static inline void assert_refused(bool ok, GError **error, const char *reason)
{
    g_assert_false(ok);
    g_assert_nonnull(*error);
    g_assert_cmpstr(error_reason(*error), ==, reason);
    g_clear_error(error);
}

/* ---- ready-made things ---- */

static inline ProjectNew world_project(const World *w)
{
    return (ProjectNew){
        .title = "Health and income", .slug = "health-income", .summary = "A study.",
        .organisation = w->organisations[1], .lead = "lead", .legal_basis = "Law, article 6",
        .route = ROUTE_RESEARCH, .purpose = PURPOSE_RESEARCH, .tier = TIER_RESTRICTED,
        .starts_ms = time_now_ms() - TIME_DAY_MS, .ends_ms = time_now_ms() + 300 * TIME_DAY_MS};
}

static inline char *world_open_project(World *w, const ProjectNew *given)
{
    g_autoptr(GError) error = NULL;
    char *id = NULL;
    project_create(&w->app, world_actor(w, OFFICER), given, &id, &error);
    g_assert_no_error(error);
    ProjectMemberNew member = {.login = "scientist", .roles = PROJECT_SCIENTIST};
    project_member_set(&w->app, world_actor(w, OFFICER), id, &member, &error);
    g_assert_no_error(error);
    project_move(&w->app, world_actor(w, OFFICER), id, STATE_OPEN, "ready", &error);
    g_assert_no_error(error);
    return id;
}

#endif
