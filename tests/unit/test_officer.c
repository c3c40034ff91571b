/* SPDX-License-Identifier: Apache-2.0 */
/* officer: the figures of the overview on both databases; where control groups count; policy. */
#include "governance_fixture.h"

#include "officer/internal.h"
#include "services/usage.h"

static bool count_in(StoreTx *tx, void *data, GError **error)
{
    return overview_count(tx, time_now_ms(), data, error);
}

static void test_figures(void)
{
    World *w = world_new("", false);
    g_autoptr(GError) error = NULL;
    g_autoptr(json_t) counts = NULL;
    ProjectNew given = world_project(w);
    g_autofree char *project = world_open_project(w, &given);
    world_sql(w, "UPDATE person SET disabled_ms = 1 WHERE login = 'outsider'");
    g_assert_true(store_read(w->app.store, count_in, &counts, &error));
    g_assert_no_error(error);
    static const struct { const char *name; int64_t value; } wanted[] = {
        {"persons", PERSONS - 1}, {"persons_disabled", 1}, {"organisations", 2}, {"projects", 1},
        {"projects_open", 1}, {"services_running", 0}, {"bucket_bytes", 0}, {"sessions", 0},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(wanted); i++)
        g_assert_cmpint(json_integer_value(json_object_get(counts, wanted[i].name)), ==,
                        wanted[i].value);
    for (const HttpField *field = overview_answer; field->name != NULL; field++) {
        const HttpField *inner = strcmp(field->name, "counts") == 0 ? field->fields : NULL;
        for (; inner != NULL && inner->name != NULL; inner++)
            g_assert_nonnull(json_object_get(counts, inner->name));
    }
    world_free(w);
}

typedef struct GroupCase {
    const char *text, *controller, *path;
    bool unified;
} GroupCase;

static const GroupCase group_cases[] = {
    {"0::/machine.slice/libpod-1.scope/container\n", "memory",
     "/machine.slice/libpod-1.scope/container", true},
    {"9:memory:/libpod/1\n4:cpu,cpuacct:/libpod/2\n0::/\n", "memory", "/memory/libpod/1", false},
    {"9:memory:/libpod/1\n4:cpu,cpuacct:/libpod/2\n0::/\n", "cpuacct", "/cpuacct/libpod/2", false},
    {"9:memory:/\n0::/\n", "memory", NULL, true},    /* the root counts the whole machine */
    {"0::/a:b/c\n", "memory", "/a:b/c", true},
    {"", "memory", NULL, true}, {"nonsense\n::\n0:", "memory", NULL, true},
};

static void test_groups(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(group_cases); i++) {
        const GroupCase *c = &group_cases[i];
        bool unified = false;
        g_autofree char *path = usage_group_path(c->text, c->controller, &unified);
        g_assert_cmpstr(path, ==, c->path);
        if (path != NULL)
            g_assert_true(unified == c->unified);
    }
}

/* The platform is the officers' to see; changing it takes the second factor and the admin scope. */
static void test_policy(void)
{
    PolicyActor actor = {.id = (char *)"per-1", .roles = ROLE_OFFICER, .scopes = SCOPE_ALL};
    g_assert_true(policy_decide(&actor, VERB_PLATFORM_VIEW, NULL).allowed);
    g_assert_false(policy_decide(&actor, VERB_PLATFORM_MANAGE, NULL).allowed);
    actor.second_factor = true;
    g_assert_true(policy_decide(&actor, VERB_PLATFORM_MANAGE, NULL).allowed);
    actor.scopes = SCOPE_ALL & ~SCOPE_ADMIN;
    g_assert_cmpstr(policy_decide(&actor, VERB_PLATFORM_VIEW, NULL).reason, ==, "policy.scope");
    actor.scopes = SCOPE_ALL;
    actor.roles = ROLE_AUDITOR | ROLE_CHECKER | ROLE_COMMITTEE | ROLE_PRODUCER;
    g_assert_false(policy_decide(&actor, VERB_PLATFORM_VIEW, NULL).allowed);
    g_assert_false(policy_decide(&actor, VERB_PLATFORM_MANAGE, NULL).allowed);
}

static const WorldTest tests[] = {
    {"figures", test_figures}, {"groups", test_groups}, {"policy", test_policy},
};

int main(int argc, char **argv)
{
    g_assert_true(sodium_init() >= 0);
    g_test_init(&argc, &argv, NULL);
    log_setup("test", LOG_LEVEL_ERROR);
    return world_run("officer", tests, G_N_ELEMENTS(tests));
}
