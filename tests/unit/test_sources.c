/* SPDX-License-Identifier: Apache-2.0 */
/* sources: what may be declared, drafts, the file against its description, and what a publication
 * that fails or is cut off leaves behind: nothing. */
#include "governance_fixture.h"
#include "sources/internal.h"
#include "worker/worker.h"

#define VARIABLES "[{\"name\":\"id\",\"label\":\"Identifier\"},{\"name\":\"age\",\"label\":\"Age\"}]"

static World *sources_world(const char *configuration, bool encrypts)
{
    World *w = world_new(configuration, encrypts);
    g_assert_true(sources_room.start(&w->app, NULL));
    w->app.program = NULL; /* this very program */
    return w;
}

static void sources_world_free(World *w)
{
    sources_room.stop(&w->app);
    world_free(w);
}

static SourceGiven good_source(void)
{
    return (SourceGiven){.slug = "health", .title = "Health survey", .summary = "A survey.",
                         .legal_basis = "Law 51-711", .rule_pack = "fr-person",
                         .routes = ROUTE_RESEARCH, .purposes = PURPOSE_RESEARCH};
}

static DatasetGiven good_dataset(void)
{
    return (DatasetGiven){.slug = "persons", .title = "Persons", .vintage = "2024",
                          .level = LEVEL_SCIENTIFIC, .variables = VARIABLES};
}

static char *make_source(World *w)
{
    g_autoptr(GError) error = NULL;
    SourceGiven given = good_source();
    char *id = NULL;
    source_create(&w->app, world_actor(w, PRODUCER), &given, &id, &error);
    g_assert_no_error(error);
    return id;
}

static char *make_dataset(World *w, const char *source)
{
    g_autoptr(GError) error = NULL;
    DatasetGiven given = good_dataset();
    char *id = NULL;
    dataset_draft(&w->app, world_actor(w, PRODUCER), source, &given, &id, &error);
    g_assert_no_error(error);
    return id;
}

typedef struct Loaded {
    const char *id;
    Dataset *dataset;
} Loaded;

static bool load_in(StoreTx *tx, void *data, GError **error)
{
    Loaded *loaded = data;
    return dataset_load(tx, loaded->id, &loaded->dataset, error);
}

static Dataset *load(World *w, const char *id)
{
    Loaded loaded = {.id = id};
    g_autoptr(GError) error = NULL;
    store_read(w->app.store, load_in, &loaded, &error);
    g_assert_no_error(error);
    return loaded.dataset;
}

/* ---- declarations ---- */

static void test_check(void)
{
    static const struct {
        const char *basis;
        unsigned routes, purposes;
        const char *pack, *reason;
    } cases[] = {
        {"Law", 0, PURPOSE_RESEARCH, "fr-person", "sources.nothing_admitted"},
        {"Law", ROUTE_RESEARCH, 0, "fr-person", "sources.nothing_admitted"},
        {"Law", ROUTE_RESEARCH, PURPOSE_RESEARCH, "none", "sources.no_rule_pack"},
        {"Law", ROUTE_RESEARCH, PURPOSE_RESEARCH, "", "sources.no_rule_pack"},
        {"Law 51-711 of 1951", ROUTE_RESEARCH, PURPOSE_RESEARCH | PURPOSE_CONTROL, "fr-person",
         "sources.law_excludes_purpose"},
        {"Law 51-711 of 1951", ROUTE_RESEARCH, PURPOSE_ENFORCEMENT, "fr-person",
         "sources.law_excludes_purpose"},
        {"Law 51-711 of 1951", ROUTE_RESEARCH, PURPOSE_RESEARCH, "fr-person", NULL},
        {"Tax code", ROUTE_OWN_ADMINISTRATION, PURPOSE_CONTROL, "fr-tax-person", NULL},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        GError *error = NULL;
        bool ok = source_check(cases[i].basis, cases[i].routes, cases[i].purposes, cases[i].pack,
                               &error);
        if (cases[i].reason != NULL)
            assert_refused(ok, &error, cases[i].reason);
        else
            g_assert_true(ok);
    }
}

static void test_slugs(void)
{
    static const char *const bad[] = {"", "a", "-a", "a-", "A1", "a/b", "..", "a.b", "a_b", "é1",
                                      "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"};
    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
        GError *error = NULL;
        assert_refused(source_check_slug(bad[i], &error), &error, "sources.slug");
    }
    g_assert_true(source_check_slug("rp-2024", NULL));
}

static void test_create_refused(void)
{
    World *w = sources_world("", true);
    GError *error = NULL;
    char *id = NULL;
    SourceGiven given = good_source();
    assert_refused(source_create(&w->app, world_actor(w, OFFICER), &given, &id, &error), &error,
                   "policy.role");
    const char *const nobody[] = {"nobody", NULL};
    given.stewards = nobody;
    assert_refused(source_create(&w->app, world_actor(w, PRODUCER), &given, &id, &error), &error,
                   "identity.no_person");
    const char *const none[] = {NULL};
    given.stewards = none;
    assert_refused(source_create(&w->app, world_actor(w, PRODUCER), &given, &id, &error), &error,
                   "sources.no_steward");
    g_assert_cmpint(world_count(w, "SELECT count(*) FROM source"), ==, 0);
    g_autofree char *made = make_source(w);
    given = good_source();
    assert_refused(source_create(&w->app, world_actor(w, OTHER_PRODUCER), &given, &id, &error),
                   &error, "sources.slug_taken");
    SourceGiven edit = {.title = "Mine now"};
    assert_refused(source_edit(&w->app, world_actor(w, OTHER_PRODUCER), made, &edit, &error),
                   &error, "policy.not_steward");
    SourceGiven control = {.purposes = PURPOSE_CONTROL};
    assert_refused(source_edit(&w->app, world_actor(w, PRODUCER), made, &control, &error), &error,
                   "sources.law_excludes_purpose");
    g_assert_null(id);
    sources_world_free(w);
}

static void test_drafts(void)
{
    World *w = sources_world("", true);
    GError *error = NULL;
    char *id = NULL;
    g_autofree char *source = make_source(w);
    DatasetGiven given = good_dataset();
    assert_refused(dataset_draft(&w->app, world_actor(w, OTHER_PRODUCER), source, &given, &id,
                                 &error), &error, "policy.not_steward");
    given.variables = "[]";
    assert_refused(dataset_draft(&w->app, world_actor(w, PRODUCER), source, &given, &id, &error),
                   &error, "sources.no_variable");
    given.variables = "[{\"name\":\"a\",\"label\":\"A\"},{\"name\":\"a\",\"label\":\"B\"}]";
    assert_refused(dataset_draft(&w->app, world_actor(w, PRODUCER), source, &given, &id, &error),
                   &error, "sources.variable_twice");
    g_autofree char *first = make_dataset(w, source);
    given = good_dataset();
    assert_refused(dataset_draft(&w->app, world_actor(w, PRODUCER), source, &given, &id, &error),
                   &error, "sources.draft_waits");
    g_assert_null(id);
    world_sql(w, "UPDATE dataset SET state = 'published' WHERE id = '%s'", first);
    g_autofree char *second = make_dataset(w, source);
    g_autoptr(Dataset) one = load(w, first);
    g_autoptr(Dataset) two = load(w, second);
    g_autofree char *folder_one = dataset_folder(one);
    g_autofree char *folder_two = dataset_folder(two);
    g_assert_cmpstr(folder_one, ==, "health/persons");
    g_assert_cmpstr(folder_two, ==, "health/persons.v2");
    g_assert_cmpint(two->version, ==, 2);
    sources_world_free(w);
}

static void test_moves(void)
{
    static const char *const allowed[] = {"draft reading", "reading draft", "reading published",
                                          "reading failed", NULL};
    for (int from = DATASET_DRAFT; from <= DATASET_FAILED; from++) {
        for (int to = DATASET_DRAFT; to <= DATASET_FAILED; to++) {
            g_autofree char *pair = g_strdup_printf("%s %s", dataset_state_name(from),
                                                    dataset_state_name(to));
            g_assert_cmpint(dataset_move_check(from, to, NULL), ==,
                            g_strv_contains(allowed, pair));
        }
    }
}

static void test_match(void)
{
    static const struct { const char *columns; bool values; const char *expected; } cases[] = {
        {"[{\"name\":\"id\"}]", false, NULL},
        {"[{\"name\":\"id\"},{\"name\":\"age\"},{\"name\":\"more\"}]", false, NULL},
        {"[{\"name\":\"id\"},{\"name\":\"Age\"}]", false, NULL},
        {"[]", false, NULL},
        {"[{\"name\":\"age\",\"type\":\"integer\",\"min\":\"3\",\"max\":\"99\",\"missing\":2},"
         "{\"name\":\"id\",\"type\":\"text\"}]", false,
         "[{\"name\":\"id\",\"label\":\"Identifier\",\"type\":\"text\"},"
         "{\"name\":\"age\",\"label\":\"Age\",\"type\":\"integer\",\"missing\":2}]"},
        {"[{\"name\":\"age\",\"min\":\"3\"},{\"name\":\"id\"}]", true,
         "[{\"name\":\"id\",\"label\":\"Identifier\"},"
         "{\"name\":\"age\",\"label\":\"Age\",\"min\":\"3\"}]"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        GError *error = NULL;
        g_autoptr(json_t) columns = json_loads(cases[i].columns, 0, NULL);
        char *matched = dataset_match(VARIABLES, columns, cases[i].values, &error);
        if (cases[i].expected == NULL)
            assert_refused(matched != NULL, &error, "sources.variables_differ");
        else
            g_assert_cmpstr(matched, ==, cases[i].expected);
        free(matched);
    }
}

/* ---- publication ---- */

static guint uploads(const World *w)
{
    g_autofree char *path = g_build_filename(w->dir, "uploads", NULL);
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
    guint count = 0;
    while (dir != NULL && g_dir_read_name(dir) != NULL)
        count++;
    return count;
}

static void test_begin_refused(void)
{
    static const struct {
        int actor;
        const char *name;
        int64_t length;
        const char *reason;
    } cases[] = {
        {OTHER_PRODUCER, "a.csv", 5, "policy.not_steward"},
        {PRODUCER, "a.csv", -1, "sources.length"},
        {PRODUCER, "a.csv", 0, "sources.empty"},
        {PRODUCER, "a.csv", INT64_MAX, "sources.too_large"},
        {PRODUCER, "a.xlsx", 5, "sources.type"},
        {PRODUCER, "csv", 5, "sources.type"},
        {PRODUCER, "../a.csv", 5, "sources.file_name"},
        {PRODUCER, "b/a.csv", 5, "sources.file_name"},
        {PRODUCER, ".a.csv", 5, "sources.file_name"},
        {PRODUCER, "a\n.csv", 5, "sources.file_name"},
    };
    World *w = sources_world("", true);
    g_autofree char *source = make_source(w);
    g_autofree char *dataset = make_dataset(w, source);
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        GError *error = NULL;
        Publication *p = publication_begin(&w->app, world_actor(w, cases[i].actor), dataset,
                                           cases[i].name, cases[i].length, &error);
        assert_refused(p != NULL, &error, cases[i].reason);
    }
    g_autoptr(Dataset) same = load(w, dataset);
    g_assert_cmpint(same->state, ==, DATASET_DRAFT);
    g_assert_cmpuint(uploads(w), ==, 0);
    sources_world_free(w);
}

static Publication *begin(World *w, const char *dataset, int64_t length)
{
    g_autoptr(GError) error = NULL;
    Publication *p = publication_begin(&w->app, world_actor(w, PRODUCER), dataset, "people.csv",
                                       length, &error);
    g_assert_no_error(error);
    return p;
}

static void assert_draft(World *w, const char *id, const char *failure)
{
    g_autoptr(Dataset) dataset = load(w, id);
    g_assert_cmpint(dataset->state, ==, DATASET_DRAFT);
    g_assert_nonnull(strstr(dataset->failure, failure));
    g_assert_cmpstr(dataset->file_name, ==, "");
    g_assert_cmpuint(uploads(w), ==, 0);
}

static void test_cut_off(void)
{
    World *w = sources_world("", true);
    GError *error = NULL;
    g_autofree char *source = make_source(w);
    g_autofree char *dataset = make_dataset(w, source);
    /* The client goes away. */
    Publication *p = begin(w, dataset, 10);
    g_assert_true(publication_write(p, "id,a", 4, &error));
    /* Meanwhile nobody else may send one, and the sweep leaves it alone. */
    Publication *other = publication_begin(&w->app, world_actor(w, PRODUCER), dataset, "x.csv", 3,
                                           &error);
    assert_refused(other != NULL, &error, "sources.dataset_state");
    g_assert_true(sources_room.duties[0].run(&w->app, &error));
    g_autoptr(Dataset) reading = load(w, dataset);
    g_assert_cmpint(reading->state, ==, DATASET_READING);
    publication_free(p);
    assert_draft(w, dataset, "did not arrive whole");
    /* More bytes than were announced, or fewer. */
    p = begin(w, dataset, 3);
    assert_refused(publication_write(p, "id,a", 4, &error), &error, "sources.longer");
    publication_free(p);
    p = begin(w, dataset, 3);
    assert_refused(publication_finish(p, world_actor(w, PRODUCER), &error), &error,
                   "sources.shorter");
    publication_free(p);
    assert_draft(w, dataset, "did not arrive whole");
    sources_world_free(w);
}

static bool publish(World *w, const char *dataset, const char *text, GError **error)
{
    Publication *p = begin(w, dataset, (int64_t)strlen(text));
    g_assert_true(publication_write(p, text, strlen(text), NULL));
    bool ok = publication_finish(p, world_actor(w, PRODUCER), error);
    publication_free(p);
    return ok;
}

static void test_not_as_described(void)
{
    World *w = sources_world("", true);
    GError *error = NULL;
    g_autofree char *source = make_source(w);
    g_autofree char *dataset = make_dataset(w, source);
    bool ok = publish(w, dataset, "id,height\n1,180\n", &error);
    if (!ok && error_is(error, ERROR_UNAVAILABLE)) {
        g_test_skip("no worker on this host");
        g_clear_error(&error);
        sources_world_free(w);
        return;
    }
    assert_refused(ok, &error, "sources.variables_differ");
    assert_draft(w, dataset, "not as described");
    g_autoptr(Dataset) draft = load(w, dataset);
    g_assert_nonnull(strstr(draft->failure, "\"age\""));
    g_assert_nonnull(strstr(draft->failure, "\"height\""));
    /* The engine of this test seals nothing: what it says was sealed is not what was sent, so the
     * dataset is not published, and the upload is gone. */
    ok = publish(w, dataset, "id,age\n1,30\n", &error);
    assert_refused(ok, &error, "sources.seal_differs");
    g_assert_nonnull(strstr(w->engine.plans->str, "dataset_seal"));
    assert_draft(w, dataset, "could not take this file");
    sources_world_free(w);
}

static void test_encryption(void)
{
    World *w = sources_world("[engine]\naccept_unencrypted_restricted = false\n", false);
    GError *error = NULL;
    g_autofree char *source = make_source(w);
    g_autofree char *dataset = make_dataset(w, source);
    Publication *p = publication_begin(&w->app, world_actor(w, PRODUCER), dataset, "a.csv", 5,
                                       &error);
    assert_refused(p != NULL, &error, "policy.encryption");
    g_assert_cmpuint(uploads(w), ==, 0);
    sources_world_free(w);
}

/* As after kill -9: a row says `reading`, and nobody is. */
static void test_leftovers(void)
{
    World *w = sources_world("", true);
    GError *error = NULL;
    g_autofree char *source = make_source(w);
    g_autofree char *dataset = make_dataset(w, source);
    g_autofree char *upload = g_build_filename(w->dir, "uploads", "upl-aaaaaaaaaaaaaaaa", NULL);
    world_sql(w, "UPDATE dataset SET state = 'reading'");
    g_assert_true(folder_make(upload, 0700, &error));
    sources_room.stop(&w->app);
    g_assert_true(sources_room.start(&w->app, &error));
    g_assert_cmpuint(uploads(w), ==, 0);
    g_assert_true(sources_room.duties[0].run(&w->app, &error));
    assert_draft(w, dataset, "stopped while the file was arriving");
    /* Sealed, not published: its key is destroyed, so this version is lost. */
    g_autofree char *data = dataset_path(&w->app, dataset);
    g_assert_true(folder_make(data, 0700, &error));
    world_sql(w, "UPDATE dataset SET state = 'reading'");
    g_assert_true(sources_room.duties[0].run(&w->app, &error));
    g_autoptr(Dataset) failed = load(w, dataset);
    g_assert_cmpint(failed->state, ==, DATASET_FAILED);
    g_assert_nonnull(strstr(w->engine.plans->str, "dataset_destroy"));
    g_autofree char *next = make_dataset(w, source);
    g_autoptr(Dataset) version = load(w, next);
    g_assert_cmpint(version->version, ==, 2);
    sources_world_free(w);
}

/* ---- finding ---- */

static bool has_word(GHashTable *words, const char *word)
{
    g_autoptr(GBytes) bytes = g_bytes_new(word, strlen(word));
    return g_hash_table_contains(words, bytes);
}

static void test_words(void)
{
    g_autoptr(GHashTable) words = source_words_new();
    source_words_add(words, "Enquête SANTÉ, 2024-Q4: l'œuvre");
    static const char *const expected[] = {"enquete", "sante", "2024", "q4", "l", "œuvre"};
    for (size_t i = 0; i < G_N_ELEMENTS(expected); i++)
        g_assert_true(has_word(words, expected[i]));
    g_assert_cmpint(g_hash_table_size(words), ==, G_N_ELEMENTS(expected));
    g_autoptr(GHashTable) none = source_words_new();
    source_words_add(none, "");
    source_words_add(none, " ,;-- ");
    g_assert_cmpint(g_hash_table_size(none), ==, 0);
    /* A word without end is cut, and many words stop somewhere. */
    g_autofree char *endless = g_strnfill(10000, 'a');
    source_words_add(none, endless);
    g_assert_cmpint(g_hash_table_size(none), ==, 1);
    g_autoptr(GString) many = g_string_new(NULL);
    for (int i = 0; i < SOURCE_WORDS_MAX + 100; i++)
        g_string_append_printf(many, "w%d ", i);
    source_words_add(none, many->str);
    g_assert_cmpint(g_hash_table_size(none), ==, SOURCE_WORDS_MAX);
}

typedef struct Find {
    SourceQuery query;
    char *found;                   /* slugs, separated by spaces */
    json_t *facets;
} Find;

static bool find_in(StoreTx *tx, void *data, GError **error)
{
    Find *find = data;
    g_autoptr(GPtrArray) list = source_list(tx, &find->query, error);
    if (list == NULL)
        return false;
    g_autoptr(GString) slugs = g_string_new(NULL);
    for (guint i = 0; i < list->len; i++)
        g_string_append_printf(slugs, "%s%s", i > 0 ? " " : "",
                               ((const Source *)g_ptr_array_index(list, i))->slug);
    find->found = g_strdup(slugs->str);
    find->facets = source_facets(tx, &find->query, error);
    return find->facets != NULL;
}

static Find find(World *w, SourceQuery query)
{
    g_autoptr(GError) error = NULL;
    Find found = {.query = query};
    found.query.limit = query.limit != 0 ? query.limit : 100;
    store_read(w->app.store, find_in, &found, &error);
    g_assert_no_error(error);
    return found;
}

static void assert_found(World *w, SourceQuery query, const char *expected)
{
    Find found = find(w, query);
    g_assert_cmpstr(found.found, ==, expected);
    g_free(found.found);
    json_decref(found.facets);
}

static bool index_source_in(StoreTx *tx, void *data, GError **error)
{
    return source_index(tx, data, error);
}

/* Three sources: health (published, scientific), firms (published, secure), and one that has only a
 * draft. */
static void search_world(World *w, char **ret_health, char **ret_firms)
{
    g_autoptr(GError) error = NULL;
    SourceGiven firms = {.slug = "firms", .title = "Répertoire des entreprises", .summary = "All.",
                         .legal_basis = "Law", .rule_pack = "fr-enterprise", .theme = "business",
                         .routes = ROUTE_OWN_ADMINISTRATION, .purposes = PURPOSE_MANAGEMENT};
    SourceGiven later = {.slug = "later", .title = "100%_\\ later", .summary = "Nothing yet.",
                         .legal_basis = "Law", .rule_pack = "fr-person",
                         .routes = ROUTE_RESEARCH, .purposes = PURPOSE_RESEARCH};
    DatasetGiven turnover = {.slug = "units", .title = "Units", .vintage = "2023",
                             .level = LEVEL_SECURE,
                             .variables = "[{\"name\":\"TURNOVER\",\"label\":\"Chiffre\"}]"};
    g_autofree char *units = NULL, *unseen = NULL, *draft = NULL;
    *ret_health = make_source(w);
    g_autofree char *persons = make_dataset(w, *ret_health);
    const PolicyActor *second = world_actor(w, OTHER_PRODUCER);
    g_assert_true(source_create(&w->app, second, &firms, ret_firms, &error));
    g_assert_true(source_create(&w->app, second, &later, &unseen, &error));
    g_assert_true(dataset_draft(&w->app, second, *ret_firms, &turnover, &units, &error));
    turnover.variables = "[{\"name\":\"hidden\",\"label\":\"Not published\"}]";
    g_assert_true(dataset_draft(&w->app, second, unseen, &turnover, &draft, &error));
    world_sql(w, "UPDATE dataset SET state = 'published', published_ms = 7 WHERE id IN ('%s', '%s')",
              persons, units);
    g_assert_true(store_write(w->app.store, index_source_in, *ret_health, &error));
    g_assert_true(store_write(w->app.store, index_source_in, *ret_firms, &error));
    g_assert_true(store_write(w->app.store, index_source_in, unseen, &error));
}

static void test_search(void)
{
    World *w = sources_world("", true);
    g_autofree char *health = NULL, *firms = NULL;
    search_world(w, &health, &firms);
    assert_found(w, (SourceQuery){0}, "firms health later");
    assert_found(w, (SourceQuery){.words = "repert"}, "firms");        /* accent, beginning */
    assert_found(w, (SourceQuery){.words = "RÉPERTOIRE entre"}, "firms");
    assert_found(w, (SourceQuery){.words = "repertoire health"}, "");  /* both words */
    assert_found(w, (SourceQuery){.words = "pertoire"}, "");           /* not a beginning */
    assert_found(w, (SourceQuery){.words = "turnover"}, "firms");      /* a variable */
    assert_found(w, (SourceQuery){.words = "chiffre"}, "firms");       /* its label */
    assert_found(w, (SourceQuery){.words = "hidden"}, "");             /* not published */
    assert_found(w, (SourceQuery){.words = "universite"}, "firms later"); /* the producer */
    assert_found(w, (SourceQuery){.words = "100%_\\"}, "later");
    assert_found(w, (SourceQuery){.words = "' OR 1=1 --"}, "");
    assert_found(w, (SourceQuery){.theme = "business"}, "firms");
    assert_found(w, (SourceQuery){.level = LEVEL_SECURE}, "firms");
    assert_found(w, (SourceQuery){.level = LEVEL_PUBLIC}, "");
    assert_found(w, (SourceQuery){.route = ROUTE_RESEARCH}, "health later");
    assert_found(w, (SourceQuery){.purpose = PURPOSE_RESEARCH}, "health later");
    assert_found(w, (SourceQuery){.producer = w->organisations[0]}, "health");
    assert_found(w, (SourceQuery){.steward = world_actor(w, OTHER_PRODUCER)->id}, "firms later");
    assert_found(w, (SourceQuery){.after = "firms", .limit = 1}, "health");
    Find many = {.query = {.words = "a b c d e f g", .limit = 1}};
    GError *error = NULL;
    assert_refused(store_read(w->app.store, find_in, &many, &error), &error,
                   "sources.too_many_words");
    sources_world_free(w);
}

static int64_t facet(const Find *found, const char *list, const char *key, const char *value)
{
    size_t i;
    json_t *row;
    json_array_foreach(json_object_get(found->facets, list), i, row) {
        if (strcmp(json_string_value(json_object_get(row, key)), value) == 0)
            return json_integer_value(json_object_get(row, "count"));
    }
    return 0;
}

/* A filter's counts are those that the other filters leave: choosing one theme does not hide how many
 * there are of the others. */
static void test_facets(void)
{
    World *w = sources_world("", true);
    g_autofree char *health = NULL, *firms = NULL;
    search_world(w, &health, &firms);
    Find all = find(w, (SourceQuery){.theme = "business"});
    g_assert_cmpint(json_integer_value(json_object_get(all.facets, "total")), ==, 1);
    g_assert_cmpint(facet(&all, "themes", "value", "business"), ==, 1);
    g_assert_cmpint(facet(&all, "themes", "value", "other"), ==, 2);
    g_assert_cmpint(facet(&all, "levels", "value", "secure"), ==, 1);
    g_assert_cmpint(facet(&all, "levels", "value", "scientific"), ==, 0);
    g_assert_cmpint(facet(&all, "producers", "id", w->organisations[1]), ==, 1);
    g_free(all.found);
    json_decref(all.facets);
    Find some = find(w, (SourceQuery){.purpose = PURPOSE_RESEARCH, .words = "health"});
    g_assert_cmpint(json_integer_value(json_object_get(some.facets, "total")), ==, 1);
    g_assert_cmpint(facet(&some, "purposes", "value", "management"), ==, 0);
    g_assert_cmpint(facet(&some, "routes", "value", "research"), ==, 1);
    g_free(some.found);
    json_decref(some.facets);
    sources_world_free(w);
}

/* What was described before there was an index is found after a start. */
static void test_index_missing(void)
{
    World *w = sources_world("", true);
    g_autofree char *source = make_source(w);
    assert_found(w, (SourceQuery){.words = "survey"}, "health");
    world_sql(w, "DELETE FROM source_word");
    assert_found(w, (SourceQuery){.words = "survey"}, "");
    sources_room.stop(&w->app);
    g_assert_true(sources_room.start(&w->app, NULL));
    assert_found(w, (SourceQuery){.words = "survey"}, "health");
    SourceGiven edit = {.title = "Renamed"};
    g_assert_true(source_edit(&w->app, world_actor(w, PRODUCER), source, &edit, NULL));
    assert_found(w, (SourceQuery){.words = "renamed"}, "health");
    sources_world_free(w);
}

int main(int argc, char **argv)
{
    g_assert_true(sodium_init() >= 0);
    if (argc > 1 && strcmp(argv[1], "worker") == 0)
        return worker_main();
    log_setup("test", LOG_LEVEL_ERROR);
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/sources/check", test_check);
    g_test_add_func("/sources/slugs", test_slugs);
    g_test_add_func("/sources/moves", test_moves);
    g_test_add_func("/sources/match", test_match);
    g_test_add_func("/sources/words", test_words);
    static const WorldTest tests[] = {
        {.name = "search", .run = test_search},
        {.name = "facets", .run = test_facets},
        {.name = "index_missing", .run = test_index_missing},
        {.name = "create_refused", .run = test_create_refused},
        {.name = "drafts", .run = test_drafts},
        {.name = "begin_refused", .run = test_begin_refused},
        {.name = "cut_off", .run = test_cut_off},
        {.name = "not_as_described", .run = test_not_as_described},
        {.name = "encryption", .run = test_encryption},
        {.name = "leftovers", .run = test_leftovers},
    };
    return world_run("sources", tests, G_N_ELEMENTS(tests));
}
