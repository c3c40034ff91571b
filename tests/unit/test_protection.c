/* SPDX-License-Identifier: Apache-2.0 */
/* Protections and keys on both databases: their states, what the rows keep, and that a destroyed key serves
 * nobody any more. */
#include "governance_fixture.h"

#include "base/encode.h"
#include "protection/internal.h"
#include "sources/internal.h"

static char *make_source(World *w)
{
    g_autoptr(GError) error = NULL;
    SourceGiven given = {.slug = "persons", .title = "Persons", .summary = "All.", .legal_basis = "An act",
                         .rule_pack = "fr-person", .routes = ROUTE_RESEARCH, .purposes = PURPOSE_RESEARCH};
    char *id = NULL;
    source_create(&w->app, world_actor(w, PRODUCER), &given, &id, &error);
    g_assert_no_error(error);
    return id;
}

static void test_moves(void)
{
    int allowed = 0;
    for (int from = PROTECTION_WAITING; from <= PROTECTION_DISCARDED; from++) {
        for (int to = PROTECTION_WAITING; to <= PROTECTION_DISCARDED; to++) {
            g_autoptr(GError) error = NULL;
            bool ok = protection_move_check((ProtectionState)from, (ProtectionState)to, &error);
            allowed += ok;
            g_assert_true(ok || error_is(error, ERROR_CONFLICT));
        }
        /* What ended does not begin again. */
        bool is_end = from == PROTECTION_PUBLISHED || from == PROTECTION_FAILED || from == PROTECTION_DISCARDED;
        g_assert_false(is_end && protection_move_check((ProtectionState)from, PROTECTION_RUNNING, NULL));
    }
    int rows = 0;
    while (protection_moves[rows].when != NULL)
        rows++;
    g_assert_cmpint(allowed, ==, rows);
}

/* ---- rows ---- */

typedef struct Rows {
    World *world;
    const char *source;
    int made;
} Rows;

static bool insert(StoreTx *tx, Rows *rows, GError **error)
{
    g_autofree char *id = g_strdup_printf("prt-aaaaaaaaaaaaaa%02d", rows->made++);
    Protection given = {.id = id, .source = (char *)rows->source, .slug = (char *)"p", .title = (char *)"T",
                        .vintage = (char *)"2026", .level = LEVEL_SECURE, .variables = (char *)"[]",
                        .recipe = (char *)"{}", .project = (char *)""};
    return protection_insert(tx, &given, world_actor(rows->world, PRODUCER)->id, rows->made, error);
}

static bool rows_in(StoreTx *tx, void *data, GError **error)
{
    Rows *rows = data;
    const char *first = "prt-aaaaaaaaaaaaaa00";
    g_autoptr(Protection) p = NULL;
    g_autoptr(GError) refused = NULL;
    for (int i = 0; i < PROTECTION_OPEN_MAX; i++) {
        if (!insert(tx, rows, error))
            return false;
    }
    g_assert_false(insert(tx, rows, &refused));
    g_assert_cmpstr(error_reason(refused), ==, "protection.too_many");
    g_clear_error(&refused);
    if (!protection_move(tx, first, PROTECTION_WAITING, PROTECTION_RECEIVING, "", 77, error))
        return false;
    g_assert_false(protection_move(tx, first, PROTECTION_WAITING, PROTECTION_DISCARDED, "", 78, &refused));
    g_assert_cmpstr(error_reason(refused), ==, "protection.state");
    g_autoptr(GPtrArray) list = protection_list(tx, rows->source, error);
    if (list == NULL || !protection_load(tx, first, &p, error))
        return false;
    g_assert_cmpuint(list->len, ==, PROTECTION_OPEN_MAX);
    g_assert_cmpstr(((const Protection *)list->pdata[0])->id, ==, "prt-aaaaaaaaaaaaaa09");   /* newest first */
    g_assert_cmpint(p->state, ==, PROTECTION_RECEIVING);
    g_assert_cmpint(p->changed_ms, ==, 77);
    g_assert_cmpuint(p->level, ==, LEVEL_SECURE);
    g_assert_cmpstr(p->dataset, ==, "");
    return true;
}

static void test_rows(void)
{
    World *w = world_new("", true);
    g_autofree char *source = make_source(w);
    g_autoptr(GError) error = NULL;
    Rows rows = {.world = w, .source = source};
    store_write(w->app.store, rows_in, &rows, &error);
    g_assert_no_error(error);
    world_free(w);
}

/* ---- keys ---- */

typedef struct Keys {
    const char *source, *organisation;
    Source *loaded;
    GPtrArray *list;
} Keys;

static bool keys_read(StoreTx *tx, void *data, GError **error)
{
    Keys *keys = data;
    if (!source_load(tx, keys->source, &keys->loaded, error))
        return false;
    keys->list = pseudonym_key_list(tx, keys->organisation, error);
    return keys->list != NULL;
}

static Keys read_keys(World *w, const char *source, const char *organisation)
{
    g_autoptr(GError) error = NULL;
    Keys keys = {.source = source, .organisation = organisation};
    store_read(w->app.store, keys_read, &keys, &error);
    g_assert_no_error(error);
    return keys;
}

static void keys_done(Keys *keys)
{
    source_free(keys->loaded);
    g_ptr_array_unref(keys->list);
}

static char *secret_of(World *w, const Source *source, const char *project, const GPtrArray *domains)
{
    g_autoptr(GError) error = NULL;
    json_t *secrets = NULL, *used = NULL;
    pseudonym_keys_take(&w->app, source->organisation, project, domains, &secrets, &used, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(json_array_size(used), ==, domains->len);
    char *secret = g_strdup(json_string_value(json_object_get(secrets, domains->pdata[0])));
    g_assert_cmpuint(strlen(secret), >=, 32);
    pseudonym_keys_wipe(secrets);
    json_decref(used);
    return secret;
}

static void test_keys(void)
{
    World *w = world_new("", true);
    PolicyActor *producer = world_actor(w, PRODUCER);
    g_autofree char *source = make_source(w);
    ProjectNew given = world_project(w);
    g_autofree char *project = world_open_project(w, &given);
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) domains = g_ptr_array_new();
    g_ptr_array_add(domains, (char *)"person");
    g_ptr_array_add(domains, (char *)"firm");
    Keys none = read_keys(w, source, NULL);
    g_assert_cmpuint(none.list->len, ==, 0);

    for (int twice = 0; twice < 2; twice++) {   /* the second time they are there */
        pseudonym_keys_make(&w->app, producer, none.loaded, "", domains, &error);
        g_assert_no_error(error);
    }
    pseudonym_keys_make(&w->app, producer, none.loaded, project, domains, &error);
    g_assert_no_error(error);
    Keys made = read_keys(w, source, none.loaded->organisation), others = read_keys(w, source, "org-none");
    g_assert_cmpuint(made.list->len, ==, 4);
    g_assert_cmpuint(others.list->len, ==, 0);
    g_autofree char *common = secret_of(w, none.loaded, "", domains);
    g_autofree char *again = secret_of(w, none.loaded, "", domains);
    g_autofree char *own = secret_of(w, none.loaded, project, domains);
    g_assert_cmpstr(common, ==, again);
    g_assert_cmpstr(common, !=, own);
    g_assert_false(pseudonym_keys_make(&w->app, world_actor(w, OTHER_PRODUCER), none.loaded, "prj-none",
                                       domains, &error));
    g_assert_true(error_is(error, ERROR_DENIED));
    g_clear_error(&error);

    /* A wrong code destroys nothing; the right one does, once and for good. */
    const PseudonymKey *key = made.list->pdata[0];
    g_assert_cmpstr(key->domain, ==, "firm");
    g_assert_false(pseudonym_key_destroy(&w->app, producer, key->id, "End", "000000", &error));
    g_clear_error(&error);
    char code[TOTP_DIGITS + 1] = "";
    g_assert_true(totp_code(w->persons[PRODUCER].secret, totp_step(time_now_ms()), code, NULL));
    g_assert_false(pseudonym_key_destroy(&w->app, world_actor(w, OTHER_PRODUCER), key->id, "End", code, &error));
    g_assert_true(error_is(error, ERROR_DENIED));
    g_clear_error(&error);
    pseudonym_key_destroy(&w->app, producer, key->id, "End", code, &error);
    g_assert_no_error(error);
    json_t *secrets = NULL, *used = NULL;
    g_assert_false(pseudonym_keys_take(&w->app, none.loaded->organisation, key->project, domains, &secrets,
                                       &used, &error));
    g_assert_cmpstr(error_reason(error), ==, "protection.key_destroyed");
    g_assert_null(secrets);
    g_clear_error(&error);
    g_assert_false(pseudonym_keys_make(&w->app, producer, none.loaded, key->project, domains, &error));
    g_assert_cmpstr(error_reason(error), ==, "protection.key_destroyed");
    Keys *all[] = {&none, &made, &others};
    for (size_t i = 0; i < G_N_ELEMENTS(all); i++)
        keys_done(all[i]);
    world_free(w);
}

int main(int argc, char **argv)
{
    g_assert_true(sodium_init() >= 0);
    log_setup("test", LOG_LEVEL_ERROR);
    g_test_init(&argc, &argv, NULL);
    static const WorldTest tests[] = {
        {.name = "moves", .run = test_moves},
        {.name = "rows", .run = test_rows},
        {.name = "keys", .run = test_keys},
    };
    return world_run("protection", tests, G_N_ELEMENTS(tests));
}
