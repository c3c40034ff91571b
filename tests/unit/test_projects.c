/* SPDX-License-Identifier: Apache-2.0 */
/* projects: states, members, slugs, identifiers, encryption, who sees what. */
#include "governance_fixture.h"
#include "projects/internal.h"

typedef struct Loaded {
    const char *id;
    Project *project;
    const PolicyActor *actor;
    PolicyFacts facts;
    GPtrArray *list;
    bool visible;
} Loaded;

static bool load_in(StoreTx *tx, void *data, GError **error)
{
    Loaded *loaded = data;
    return project_load(tx, loaded->id, &loaded->project, error);
}

static Project *load(World *w, const char *id)
{
    Loaded loaded = {.id = id};
    g_autoptr(GError) error = NULL;
    store_read(w->app.store, load_in, &loaded, &error);
    g_assert_no_error(error);
    return loaded.project;
}

static bool facts_in(StoreTx *tx, void *data, GError **error)
{
    Loaded *loaded = data;
    return loaded->visible
               ? project_facts_visible(tx, loaded->actor, loaded->id, time_now_ms(),
                                       &loaded->facts, error)
               : project_facts_load(tx, loaded->actor, loaded->id, time_now_ms(), &loaded->facts,
                                    error);
}

static bool list_in(StoreTx *tx, void *data, GError **error)
{
    Loaded *loaded = data;
    loaded->list = project_list(tx, loaded->actor, time_now_ms(), "", 10, error);
    return loaded->list != NULL;
}

/* Every pair of states: allowed if and only if it is in this list, which is not the table's. */
static void test_moves(void)
{
    static const PolicyState states[] = {STATE_PLANNED, STATE_OPEN, STATE_FROZEN, STATE_CLOSED};
    static const char *const allowed[] = {"planned open", "open frozen", "frozen open",
                                          "open closed", "frozen closed", "planned closed", NULL};
    for (size_t i = 0; i < G_N_ELEMENTS(states); i++) {
        for (size_t j = 0; j < G_N_ELEMENTS(states); j++) {
            g_autoptr(GError) error = NULL;
            g_autofree char *pair =
                g_strdup_printf("%s %s", policy_name(SET_STATE, states[i]),
                                policy_name(SET_STATE, states[j]));
            bool ok = project_move_check(states[i], states[j], &error);
            g_assert_cmpint(ok, ==, g_strv_contains(allowed, pair));
            if (!ok)
                g_assert_cmpstr(error_reason(error), ==, "projects.state");
        }
    }
}

static void test_state_at(void)
{
    Project project = {.state = STATE_OPEN, .starts_ms = 100, .ends_ms = 200};
    g_assert_cmpuint(project_state_at(&project, 99), ==, STATE_PLANNED);
    g_assert_cmpuint(project_state_at(&project, 100), ==, STATE_OPEN);
    g_assert_cmpuint(project_state_at(&project, 199), ==, STATE_OPEN);
    g_assert_cmpuint(project_state_at(&project, 200), ==, STATE_FROZEN);
    project.state = STATE_CLOSED;
    g_assert_cmpuint(project_state_at(&project, 150), ==, STATE_CLOSED);
}

static void test_slugs(void)
{
    World *w = world_new("", true);
    static const char *const bad[] = {"ab", "-abc", "abc-", "Abc", "a_b", "a.b", "a b", "été", "",
                                      "xn--abc", "abc-s3alias",
                                      "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
                                      "aaaa"};
    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
        GError *error = NULL;
        ProjectNew given = world_project(w);
        char *id = NULL;
        given.slug = bad[i];
        assert_refused(project_create(&w->app, world_actor(w, OFFICER), &given, &id, &error),
                       &error, "projects.slug");
        g_assert_null(id);
    }
    g_assert_cmpint(world_count(w, "SELECT count(*) FROM project"), ==, 0);
    world_free(w);
}

typedef struct CreateCase {
    const char *what;
    int actor;
    unsigned route, purpose;
    PolicyTier tier;
    const char *lead;
    const char *reason;
} CreateCase;

static void test_create_refused(void)
{
    static const CreateCase cases[] = {
        {"not an officer", LEAD, ROUTE_RESEARCH, PURPOSE_RESEARCH, TIER_OPEN, "lead",
         "policy.role"},
        {"the route excludes the purpose", OFFICER, ROUTE_RESEARCH, PURPOSE_CONTROL, TIER_OPEN,
         "lead", "policy.route_purpose"},
        {"no such lead", OFFICER, ROUTE_RESEARCH, PURPOSE_RESEARCH, TIER_OPEN, "nobody",
         "identity.no_person"},
        {"not encrypted, secure", OFFICER, ROUTE_RESEARCH, PURPOSE_RESEARCH, TIER_SECURE, "lead",
         "policy.encryption"},
    };
    World *w = world_new("", false);
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        GError *error = NULL;
        char *id = NULL;
        ProjectNew given = world_project(w);
        g_test_message("%s", cases[i].what);
        given.route = cases[i].route;
        given.purpose = cases[i].purpose;
        given.tier = cases[i].tier;
        given.lead = cases[i].lead;
        assert_refused(project_create(&w->app, world_actor(w, cases[i].actor), &given, &id,
                                      &error), &error, cases[i].reason);
    }
    g_assert_cmpint(world_count(w, "SELECT count(*) FROM project"), ==, 0);
    /* Denials are in the log; mistakes are not. */
    g_assert_cmpint(world_count(w, "SELECT count(*) FROM audit_leaf"), ==, 3);
    world_free(w);
}

typedef struct EncryptCase {
    const char *configuration;
    bool encrypts;
    PolicyTier tier;
    const char *reason;            /* NULL: made */
} EncryptCase;

static void test_encryption(void)
{
    static const EncryptCase cases[] = {
        {"", true, TIER_SECURE, NULL},
        {"", false, TIER_SECURE, "policy.encryption"},
        {"[engine]\naccept_unencrypted_secure = true\n", false, TIER_SECURE, NULL},
        {"", false, TIER_RESTRICTED, NULL},
        {"[engine]\naccept_unencrypted_restricted = false\n", false, TIER_RESTRICTED,
         "policy.encryption"},
        {"[engine]\naccept_unencrypted_restricted = false\n", false, TIER_OPEN, NULL},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        GError *error = NULL;
        g_autofree char *id = NULL;
        World *w = world_new(cases[i].configuration, cases[i].encrypts);
        ProjectNew given = world_project(w);
        given.tier = cases[i].tier;
        bool ok = project_create(&w->app, world_actor(w, OFFICER), &given, &id, &error);
        if (cases[i].reason != NULL) {
            assert_refused(ok, &error, cases[i].reason);
        } else {
            g_assert_no_error(error);
            g_autoptr(Project) project = load(w, id);
            g_assert_cmpint(project->encrypted, ==, cases[i].encrypts);
        }
        world_free(w);
    }
}

static void test_ranges(void)
{
    World *w = world_new("", true);
    g_autoptr(GError) error = NULL;
    int64_t last = 0;
    for (int i = 0; i < 3; i++) {
        g_autofree char *slug = g_strdup_printf("project-%d", i);
        g_autofree char *id = NULL;
        ProjectNew given = world_project(w);
        given.slug = slug;
        project_create(&w->app, world_actor(w, OFFICER), &given, &id, &error);
        g_assert_no_error(error);
        g_autoptr(Project) project = load(w, id);
        g_assert_cmpint(project->id_base, ==, i == 0 ? 200000 : last + 65536);
        last = project->id_base;
    }
    ProjectNew again = world_project(w);
    char *id = NULL;
    again.slug = "project-1";
    GError *taken = NULL;
    assert_refused(project_create(&w->app, world_actor(w, OFFICER), &again, &id, &taken), &taken,
                   "projects.slug_taken");
    world_free(w);
}

/* The engine is away: the project is planned, says why, and cannot be opened; then it can. */
static void test_engine_away(void)
{
    World *w = world_new("", true);
    GError *error = NULL;
    g_autofree char *id = NULL;
    ProjectNew given = world_project(w);
    world_stop_engine(w);
    project_create(&w->app, world_actor(w, OFFICER), &given, &id, &error);
    g_assert_no_error(error);
    g_autoptr(Project) project = load(w, id);
    g_assert_cmpuint(project->state, ==, STATE_PLANNED);
    g_assert_false(project->encrypted);
    g_assert_cmpstr(project->state_reason, !=, "");
    assert_refused(project_move(&w->app, world_actor(w, OFFICER), id, STATE_OPEN, "go", &error),
                   &error, "engine.unreachable");
    g_autoptr(Project) same = load(w, id);
    g_assert_cmpuint(same->state, ==, STATE_PLANNED);
    world_free(w);
}

static void test_life(void)
{
    World *w = world_new("", true);
    GError *error = NULL;
    ProjectNew given = world_project(w);
    g_autofree char *id = world_open_project(w, &given);
    assert_refused(project_move(&w->app, world_actor(w, LEAD), id, STATE_FROZEN, "no", &error),
                   &error, "policy.role");
    assert_refused(project_move(&w->app, world_actor(w, OUTSIDER), id, STATE_FROZEN, "no", &error),
                   &error, "projects.no_project");
    assert_refused(project_move(&w->app, world_actor(w, OFFICER), id, STATE_OPEN, "no", &error),
                   &error, "projects.state");
    static const unsigned path[] = {STATE_FROZEN, STATE_OPEN, STATE_CLOSED};
    for (size_t i = 0; i < G_N_ELEMENTS(path); i++) {
        project_move(&w->app, world_actor(w, OFFICER), id, path[i], "because", &error);
        g_assert_no_error(error);
    }
    ProjectEdit edit = {.title = "Another", .bucket_quota_bytes = -1};
    assert_refused(project_edit(&w->app, world_actor(w, LEAD), id, &edit, &error), &error,
                   "policy.project_state");
    /* The duty locks what is closed. */
    g_assert_true(projects_room.duties[0].run(&w->app, &error));
    g_assert_nonnull(strstr(w->engine.plans->str, "project_close"));
    world_free(w);
}

static void test_members(void)
{
    World *w = world_new("", true);
    GError *error = NULL;
    ProjectNew given = world_project(w);
    g_autofree char *id = world_open_project(w, &given);
    PolicyActor *lead = world_actor(w, LEAD);
    ProjectMemberNew member = {.login = "outsider", .roles = PROJECT_SCIENTIST};
    assert_refused(project_member_set(&w->app, world_actor(w, SCIENTIST), id, &member, &error),
                   &error, "policy.not_a_member");
    assert_refused(project_member_set(&w->app, world_actor(w, OUTSIDER), id, &member, &error),
                   &error, "projects.no_project");
    ProjectMemberNew nobody = {.login = "nobody", .roles = PROJECT_SCIENTIST};
    assert_refused(project_member_set(&w->app, lead, id, &nobody, &error), &error,
                   "identity.no_person");
    ProjectMemberNew roleless = {.login = "outsider"};
    assert_refused(project_member_set(&w->app, lead, id, &roleless, &error), &error,
                   "projects.no_role");
    ProjectMemberNew longer = {.login = "outsider", .roles = PROJECT_SCIENTIST,
                               .ends_ms = given.ends_ms + 1};
    assert_refused(project_member_set(&w->app, lead, id, &longer, &error), &error,
                   "projects.member_outlives");
    assert_refused(project_member_remove(&w->app, lead, id, lead->id, &error), &error,
                   "projects.last_lead");
    ProjectMemberNew demoted = {.login = "lead", .roles = PROJECT_SCIENTIST};
    assert_refused(project_member_set(&w->app, lead, id, &demoted, &error), &error,
                   "projects.last_lead");
    assert_refused(project_member_remove(&w->app, lead, id, world_actor(w, OUTSIDER)->id, &error),
                   &error, "projects.no_member");
    /* A session without the second factor works in no restricted project. */
    lead->second_factor = false;
    assert_refused(project_member_set(&w->app, lead, id, &member, &error), &error,
                   "policy.second_factor");
    lead->second_factor = true;
    project_member_set(&w->app, lead, id, &member, &error);
    g_assert_no_error(error);
    project_member_remove(&w->app, lead, id, world_actor(w, OUTSIDER)->id, &error);
    g_assert_no_error(error);
    Loaded loaded = {.id = id, .actor = world_actor(w, OUTSIDER), .visible = true};
    assert_refused(store_read(w->app.store, facts_in, &loaded, &error), &error,
                   "projects.no_project");
    world_free(w);
}

static void test_facts(void)
{
    World *w = world_new("", true);
    GError *error = NULL;
    ProjectNew given = world_project(w);
    g_autofree char *id = world_open_project(w, &given);
    Loaded loaded = {.id = id, .actor = world_actor(w, SCIENTIST)};
    g_assert_true(store_read(w->app.store, facts_in, &loaded, &error));
    g_assert_cmpuint(loaded.facts.project_roles, ==, PROJECT_SCIENTIST);
    g_assert_cmpuint(loaded.facts.state, ==, STATE_OPEN);
    g_assert_true(loaded.facts.has_project && loaded.facts.encrypted);
    /* The door of a service and a stranger have no roles, and no failure either. */
    loaded.actor = world_actor(w, OUTSIDER);
    g_assert_true(store_read(w->app.store, facts_in, &loaded, &error));
    g_assert_cmpuint(loaded.facts.project_roles, ==, 0);
    /* A membership that has not begun, or is over, is none. */
    world_sql(w, "UPDATE project_member SET ends_ms = %" G_GINT64_FORMAT " WHERE person = '%s'",
              time_now_ms() - 1, world_actor(w, SCIENTIST)->id);
    loaded.actor = world_actor(w, SCIENTIST);
    g_assert_true(store_read(w->app.store, facts_in, &loaded, &error));
    g_assert_cmpuint(loaded.facts.project_roles, ==, 0);
    g_assert_true(loaded.facts.was_member);
    static const struct { int actor; guint count; } lists[] = {
        {OFFICER, 1}, {LEAD, 1}, {SCIENTIST, 0}, {OUTSIDER, 0}, {CHECKER, 0}, {COMMITTEE, 0}};
    for (size_t i = 0; i < G_N_ELEMENTS(lists); i++) {
        Loaded listed = {.actor = world_actor(w, lists[i].actor)};
        g_assert_true(store_read(w->app.store, list_in, &listed, &error));
        g_assert_cmpuint(listed.list->len, ==, lists[i].count);
        g_ptr_array_unref(listed.list);
    }
    /* A token that may not read hides no stranger: the person is asked for, not the token. */
    PolicyActor *stranger = world_actor(w, OUTSIDER), *lead = world_actor(w, LEAD);
    stranger->scopes = lead->scopes = SCOPE_WORK;
    Loaded token = {.id = id, .actor = stranger, .visible = true};
    assert_refused(store_read(w->app.store, facts_in, &token, &error), &error,
                   "projects.no_project");
    token.actor = lead;
    g_assert_true(store_read(w->app.store, facts_in, &token, &error));
    stranger->scopes = lead->scopes = SCOPE_ALL;
    loaded.id = "prj-aaaaaaaaaaaaaaaa";
    assert_refused(store_read(w->app.store, facts_in, &loaded, &error), &error,
                   "projects.no_project");
    world_free(w);
}

static void test_edit(void)
{
    World *w = world_new("", true);
    GError *error = NULL;
    ProjectNew given = world_project(w);
    g_autofree char *id = world_open_project(w, &given);
    ProjectEdit quota = {.bucket_quota_bytes = 5};
    assert_refused(project_edit(&w->app, world_actor(w, LEAD), id, &quota, &error), &error,
                   "policy.role");
    ProjectEdit later = {.bucket_quota_bytes = -1, .ends_ms = given.ends_ms + TIME_DAY_MS};
    assert_refused(project_edit(&w->app, world_actor(w, LEAD), id, &later, &error), &error,
                   "policy.role");
    ProjectEdit before = {.bucket_quota_bytes = -1, .ends_ms = given.starts_ms - 1};
    assert_refused(project_edit(&w->app, world_actor(w, OFFICER), id, &before, &error), &error,
                   "projects.dates");
    ProjectEdit title = {.bucket_quota_bytes = -1, .title = "Other"};
    project_edit(&w->app, world_actor(w, LEAD), id, &title, &error);
    g_assert_no_error(error);
    /* A shorter project ends its members' memberships. */
    ProjectEdit sooner = {.bucket_quota_bytes = 7, .ends_ms = time_now_ms() + TIME_DAY_MS};
    project_edit(&w->app, world_actor(w, OFFICER), id, &sooner, &error);
    g_assert_no_error(error);
    g_autoptr(Project) project = load(w, id);
    g_assert_cmpstr(project->title, ==, "Other");
    g_assert_cmpint(project->bucket_quota_bytes, ==, 7);
    g_assert_cmpint(world_count(w, "SELECT count(*) FROM project_member m JOIN project p ON "
                                   "p.id = m.project WHERE m.ends_ms > p.ends_ms"), ==, 0);
    world_free(w);
}

int main(int argc, char **argv)
{
    g_assert_true(sodium_init() >= 0);
    log_setup("test", LOG_LEVEL_ERROR);
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/projects/moves", test_moves);
    g_test_add_func("/projects/state_at", test_state_at);
    static const WorldTest tests[] = {
        {.name = "slugs", .run = test_slugs},
        {.name = "create_refused", .run = test_create_refused},
        {.name = "encryption", .run = test_encryption},
        {.name = "ranges", .run = test_ranges},
        {.name = "engine_away", .run = test_engine_away},
        {.name = "life", .run = test_life},
        {.name = "members", .run = test_members},
        {.name = "facts", .run = test_facts},
        {.name = "edit", .run = test_edit},
    };
    return world_run("projects", tests, G_N_ELEMENTS(tests));
}
