/* SPDX-License-Identifier: Apache-2.0 */
/* Applications and signatures on a real store: who may sign what, in which order, and when the
 * accreditation that comes of it holds. Refusals first. */
#include "accreditation/internal.h"
#include "governance_fixture.h"
#include "sources/internal.h"

#define YEAR (365 * TIME_DAY_MS)

typedef struct Scene {
    World *w;
    char *project;
    char *source, *dataset;        /* of PRODUCER */
    char *source2, *dataset2;      /* of OTHER_PRODUCER */
} Scene;

typedef struct MakeSource {
    Scene *s;
    int producer;
    const char *slug;
    unsigned routes, purposes, level;
    char *source, *dataset;
} MakeSource;

static bool make_source_in(StoreTx *tx, void *data, GError **error)
{
    MakeSource *m = data;
    const PolicyActor *producer = world_actor(m->s->w, m->producer);
    const char *const stewards[] = {producer->login, NULL};
    SourceGiven given = {.slug = m->slug, .title = m->slug, .summary = "S", .legal_basis = "Law",
                         .rule_pack = "fr-person", .routes = m->routes, .purposes = m->purposes};
    DatasetGiven dataset = {.slug = "main", .title = "Main file", .vintage = "2024",
                            .level = m->level, .variables = "[{\"name\":\"a\",\"label\":\"A\"}]"};
    m->source = id_new("src");
    m->dataset = id_new("dts");
    return source_insert(tx, &given, m->source, producer->organisation, producer->id,
                         time_now_ms(), error) &&
           source_stewards_set(tx, m->source, stewards, time_now_ms(), error) &&
           dataset_insert(tx, &dataset, m->source, m->dataset, producer->id, time_now_ms(),
                          error) &&
           store_exec(tx, error, "UPDATE dataset SET state = 'published' WHERE id = $1",
                      store_text(m->dataset));
}

static void make_source(MakeSource *m)
{
    g_autoptr(GError) error = NULL;
    store_write(m->s->w->app.store, make_source_in, m, &error);
    g_assert_no_error(error);
}

#define BOTH_ROUTES (ROUTE_RESEARCH | ROUTE_OWN_ADMINISTRATION)

static Scene scene_new(unsigned route)
{
    Scene s = {.w = world_new("", true)};
    ProjectNew given = world_project(s.w);
    given.route = route;
    given.purpose = PURPOSE_EVALUATION;
    s.project = world_open_project(s.w, &given);
    MakeSource first = {&s, PRODUCER, "health", BOTH_ROUTES, PURPOSE_EVALUATION, LEVEL_SCIENTIFIC};
    MakeSource second = {&s, OTHER_PRODUCER, "income", BOTH_ROUTES, PURPOSE_EVALUATION,
                         LEVEL_SCIENTIFIC};
    make_source(&first);
    make_source(&second);
    s.source = first.source;
    s.dataset = first.dataset;
    s.source2 = second.source;
    s.dataset2 = second.dataset;
    return s;
}

static void scene_clear(Scene *s)
{
    g_free(s->project);
    g_free(s->source);
    g_free(s->dataset);
    g_free(s->source2);
    g_free(s->dataset2);
    world_free(s->w);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Scene, scene_clear)

static bool apply(Scene *s, int actor, const char *dataset, const char *dataset2,
                  const char *person, const char *person2, char **ret_id, GError **error)
{
    const char *const datasets[] = {dataset, dataset2, NULL};
    const char *const persons[] = {person, person2, NULL};
    ApplicationNew given = {.project = s->project, .justification = "We need it.",
                            .datasets = datasets, .persons = persons};
    return application_create(&s->w->app, world_actor(s->w, actor), &given, ret_id, error);
}

static char *applied(Scene *s, const char *dataset, const char *dataset2, const char *person,
                     const char *person2)
{
    g_autoptr(GError) error = NULL;
    char *id = NULL;
    apply(s, SCIENTIST, dataset, dataset2, person, person2, &id, &error);
    g_assert_no_error(error);
    application_submit(&s->w->app, world_actor(s->w, SCIENTIST), id, &error);
    g_assert_no_error(error);
    return id;
}

static bool agree(Scene *s, int actor, const char *application, const char *dataset,
                  const char *outcome, GError **error)
{
    bool yes = strcmp(outcome, "agreed") == 0;
    Signature signature = {.dataset = dataset, .outcome = outcome,
                           .comment = yes ? "" : "Too detailed."};
    return application_agree(&s->w->app, world_actor(s->w, actor), application, &signature,
                             error);
}

static bool opine(Scene *s, int actor, const char *application, const char *outcome,
                  int64_t expires_ms, GError **error)
{
    bool yes = strcmp(outcome, "favourable") == 0;
    Signature signature = {.outcome = outcome, .comment = yes ? "" : "Say more of the method.",
                           .expires_ms = expires_ms};
    return application_opine(&s->w->app, world_actor(s->w, actor), application, &signature,
                             error);
}

static bool undertake(Scene *s, int actor, const char *application, GError **error)
{
    g_autofree char *code = world_code(s->w, actor);
    return application_undertake(&s->w->app, world_actor(s->w, actor), application, code, error);
}

typedef struct Holds {
    const Scene *s;
    const char *dataset, *person, *volume;
    int64_t now_ms;
    bool holds;
    Accreditation *explained;
    Application *application;
    const char *id;
    GPtrArray *list;
    int64_t next_ms;
} Holds;

static bool holds_in(StoreTx *tx, void *data, GError **error)
{
    Holds *h = data;
    if (h->volume != NULL)
        return accreditation_label_held(tx, h->volume, h->person, h->now_ms, &h->holds, error);
    return accreditation_holds(tx, h->s->project, h->dataset, h->person, h->now_ms, &h->holds,
                               error);
}

static bool holds_at(const Scene *s, int person, const char *dataset, int64_t now_ms)
{
    Holds h = {.s = s, .dataset = dataset, .person = world_actor(s->w, person)->id,
               .now_ms = now_ms};
    g_autoptr(GError) error = NULL;
    store_read(s->w->app.store, holds_in, &h, &error);
    g_assert_no_error(error);
    return h.holds;
}

static bool holds(const Scene *s, int person, const char *dataset)
{
    return holds_at(s, person, dataset, time_now_ms());
}

static bool application_in(StoreTx *tx, void *data, GError **error)
{
    Holds *h = data;
    return application_load(tx, h->id, &h->application, error);
}

static Application *load_application(const Scene *s, const char *id)
{
    Holds h = {.id = id};
    g_autoptr(GError) error = NULL;
    store_read(s->w->app.store, application_in, &h, &error);
    g_assert_no_error(error);
    return h.application;
}

static char *accredit(Scene *s, const char *person, int who)
{
    g_autoptr(GError) error = NULL;
    char *id = applied(s, s->dataset, NULL, person, NULL);
    agree(s, PRODUCER, id, s->dataset, "agreed", &error);
    g_assert_no_error(error);
    opine(s, COMMITTEE, id, "favourable", time_now_ms() + YEAR, &error);
    g_assert_no_error(error);
    undertake(s, who, id, &error);
    g_assert_no_error(error);
    return id;
}

/* ---- applying ---- */

static void test_apply_refused(void)
{
    g_auto(Scene) s = scene_new(ROUTE_RESEARCH);
    GError *error = NULL;
    char *id = NULL;
    assert_refused(apply(&s, OUTSIDER, s.dataset, NULL, "scientist", NULL, &id, &error), &error,
                   "projects.no_project");
    assert_refused(apply(&s, OFFICER, s.dataset, NULL, "scientist", NULL, &id, &error), &error,
                   "policy.not_a_member");
    assert_refused(apply(&s, SCIENTIST, s.dataset, NULL, "outsider", NULL, &id, &error), &error,
                   "accreditation.not_a_member");
    assert_refused(apply(&s, SCIENTIST, s.dataset, NULL, "scientist", "scientist", &id, &error),
                   &error, "accreditation.person_twice");
    assert_refused(apply(&s, SCIENTIST, s.dataset, s.dataset, "scientist", NULL, &id, &error),
                   &error, "accreditation.dataset_twice");
    assert_refused(apply(&s, SCIENTIST, "dts-aaaaaaaaaaaaaaaa", NULL, "scientist", NULL, &id,
                         &error), &error, "sources.no_dataset");
    world_sql(s.w, "UPDATE dataset SET state = 'draft' WHERE id = '%s'", s.dataset);
    assert_refused(apply(&s, SCIENTIST, s.dataset, NULL, "scientist", NULL, &id, &error), &error,
                   "sources.no_dataset");
    g_assert_null(id);
    g_assert_cmpint(world_count(s.w, "SELECT count(*) FROM application"), ==, 0);
}

static void test_mismatch_is_a_denial(void)
{
    static const struct { unsigned routes, purposes, level; const char *reason; } cases[] = {
        {ROUTE_OWN_ADMINISTRATION, PURPOSE_EVALUATION, LEVEL_SCIENTIFIC, "policy.source_route"},
        {ROUTE_RESEARCH, PURPOSE_RESEARCH | PURPOSE_MANAGEMENT, LEVEL_SCIENTIFIC,
         "policy.source_purpose"},
        {ROUTE_RESEARCH, PURPOSE_EVALUATION, LEVEL_SECURE, "policy.tier_level"},
    };
    g_auto(Scene) s = scene_new(ROUTE_RESEARCH);
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        GError *error = NULL;
        char *id = NULL;
        g_autofree char *slug = g_strdup_printf("source-%zu", i);
        MakeSource m = {&s, PRODUCER, slug, cases[i].routes, cases[i].purposes, cases[i].level};
        make_source(&m);
        /* Beside a good one, the whole application is refused. */
        assert_refused(apply(&s, SCIENTIST, s.dataset, m.dataset, "scientist", NULL, &id, &error),
                       &error, cases[i].reason);
        g_free(m.source);
        g_free(m.dataset);
    }
    g_assert_cmpint(world_count(s.w, "SELECT count(*) FROM application"), ==, 0);
}

static void test_own_administration_only(void)
{
    g_auto(Scene) s = scene_new(ROUTE_OWN_ADMINISTRATION);
    GError *error = NULL;
    char *id = NULL;
    /* The project belongs to the second organisation, like the second producer. */
    assert_refused(apply(&s, SCIENTIST, s.dataset, NULL, "scientist", NULL, &id, &error), &error,
                   "policy.other_organisation");
    g_assert_true(apply(&s, SCIENTIST, s.dataset2, NULL, "scientist", NULL, &id, &error));
    g_free(id);
}

/* ---- signing ---- */

static void test_sign_refused(void)
{
    g_auto(Scene) s = scene_new(ROUTE_RESEARCH);
    GError *error = NULL;
    g_autofree char *id = NULL;
    g_assert_true(apply(&s, SCIENTIST, s.dataset, s.dataset2, "scientist", NULL, &id, &error));
    /* A draft is the project's own. */
    assert_refused(agree(&s, PRODUCER, id, s.dataset, "agreed", &error), &error,
                   "accreditation.no_application");
    assert_refused(opine(&s, COMMITTEE, id, "favourable", time_now_ms() + YEAR, &error), &error,
                   "accreditation.no_application");
    assert_refused(undertake(&s, SCIENTIST, id, &error), &error, "accreditation.not_submitted");
    g_assert_true(application_submit(&s.w->app, world_actor(s.w, SCIENTIST), id, &error));
    assert_refused(application_submit(&s.w->app, world_actor(s.w, SCIENTIST), id, &error), &error,
                   "accreditation.state");
    assert_refused(agree(&s, OUTSIDER, id, s.dataset, "agreed", &error), &error,
                   "accreditation.no_application");
    assert_refused(agree(&s, LEAD, id, s.dataset, "agreed", &error), &error,
                   "policy.not_steward");
    /* Steward of one source of the application, not of this one. */
    assert_refused(agree(&s, PRODUCER, id, s.dataset2, "agreed", &error), &error,
                   "policy.not_steward");
    assert_refused(agree(&s, PRODUCER, id, "dts-aaaaaaaaaaaaaaaa", "agreed", &error), &error,
                   "accreditation.other_dataset");
    assert_refused(opine(&s, LEAD, id, "favourable", time_now_ms() + YEAR, &error), &error,
                   "policy.role");
    assert_refused(opine(&s, COMMITTEE, id, "favourable", time_now_ms() + YEAR, &error), &error,
                   "accreditation.producers_first");
    g_assert_true(agree(&s, PRODUCER, id, s.dataset, "agreed", &error));
    assert_refused(opine(&s, COMMITTEE, id, "favourable", time_now_ms() + YEAR, &error), &error,
                   "accreditation.producers_first");
    g_assert_true(agree(&s, OTHER_PRODUCER, id, s.dataset2, "agreed", &error));
    assert_refused(opine(&s, COMMITTEE, id, "favourable", 0, &error), &error,
                   "accreditation.no_duration");
    assert_refused(opine(&s, COMMITTEE, id, "favourable", time_now_ms() - 1, &error), &error,
                   "accreditation.expiry_past");
    assert_refused(opine(&s, COMMITTEE, id, "favourable", time_now_ms() + 11 * YEAR, &error),
                   &error, "accreditation.expiry_far");
    /* A committee member who is in the project decides nothing about it. */
    world_sql(s.w, "INSERT INTO project_member (project, person, roles, starts_ms, ends_ms, "
                   "added_by, added_ms) VALUES ('%s', '%s', 'business', 0, 9000000000000, '%s', 0)",
              s.project, world_actor(s.w, COMMITTEE)->id, world_actor(s.w, OFFICER)->id);
    assert_refused(opine(&s, COMMITTEE, id, "favourable", time_now_ms() + YEAR, &error), &error,
                   "policy.member");
    assert_refused(application_undertake(&s.w->app, world_actor(s.w, LEAD), id, "000000", &error),
                   &error, "policy.role");
    assert_refused(application_undertake(&s.w->app, world_actor(s.w, SCIENTIST), id, "000000",
                                         &error), &error, "identity.code_refused");
    g_assert_false(holds(&s, SCIENTIST, s.dataset));
    g_assert_cmpint(world_count(s.w, "SELECT count(*) FROM accreditation_fact WHERE "
                                     "term <> 'steward_agreement'"), ==, 0);
}

static void test_research(void)
{
    g_auto(Scene) s = scene_new(ROUTE_RESEARCH);
    GError *error = NULL;
    g_autofree char *id = applied(&s, s.dataset, NULL, "scientist", "lead");
    g_assert_false(holds(&s, SCIENTIST, s.dataset));
    g_assert_true(agree(&s, PRODUCER, id, s.dataset, "agreed", &error));
    g_assert_true(opine(&s, COMMITTEE, id, "adjourned", 0, &error));
    g_autoptr(Application) adjourned = load_application(&s, id);
    g_assert_cmpint(adjourned->state, ==, APPLICATION_ADJOURNED);
    g_assert_true(opine(&s, COMMITTEE, id, "favourable", time_now_ms() + YEAR, &error));
    g_autoptr(Application) decided = load_application(&s, id);
    g_assert_cmpint(decided->state, ==, APPLICATION_DECIDED);
    g_assert_false(holds(&s, SCIENTIST, s.dataset));
    g_assert_true(undertake(&s, SCIENTIST, id, &error));
    assert_refused(undertake(&s, SCIENTIST, id, &error), &error, "accreditation.signed_already");
    g_assert_true(holds(&s, SCIENTIST, s.dataset));
    /* One person's signature is nobody else's; another dataset is another matter. */
    g_assert_false(holds(&s, LEAD, s.dataset));
    g_assert_false(holds(&s, SCIENTIST, s.dataset2));
    /* The opinion's duration. */
    g_assert_false(holds_at(&s, SCIENTIST, s.dataset, time_now_ms() + YEAR + 1));
}

/* What a producer agreed for one person never serves another, in another application. */
static void test_terms_of_one_application(void)
{
    g_auto(Scene) s = scene_new(ROUTE_RESEARCH);
    GError *error = NULL;
    g_autofree char *first = accredit(&s, "scientist", SCIENTIST);
    g_autofree char *second = applied(&s, s.dataset, NULL, "lead", NULL);
    g_assert_true(undertake(&s, LEAD, second, &error));
    g_assert_true(holds(&s, SCIENTIST, s.dataset));
    g_assert_false(holds(&s, LEAD, s.dataset));
}

static void test_refusal_of_a_producer(void)
{
    g_auto(Scene) s = scene_new(ROUTE_RESEARCH);
    GError *error = NULL;
    g_autofree char *id = applied(&s, s.dataset, s.dataset2, "scientist", NULL);
    g_assert_true(agree(&s, PRODUCER, id, s.dataset, "agreed", &error));
    g_assert_true(agree(&s, OTHER_PRODUCER, id, s.dataset2, "refused", &error));
    g_assert_true(opine(&s, COMMITTEE, id, "favourable", time_now_ms() + YEAR, &error));
    g_assert_true(undertake(&s, SCIENTIST, id, &error));
    g_assert_true(holds(&s, SCIENTIST, s.dataset));
    g_assert_false(holds(&s, SCIENTIST, s.dataset2));
}

/* ---- losing it ---- */

static char *fact_of(const Scene *s, const char *application, unsigned term)
{
    g_autoptr(Application) a = load_application(s, application);
    for (guint i = 0; i < a->facts->len; i++) {
        const AccreditationFact *fact = g_ptr_array_index(a->facts, i);
        if (fact->term == term)
            return g_strdup(fact->id);
    }
    g_assert_not_reached();
}

static void test_revoke(void)
{
    g_auto(Scene) s = scene_new(ROUTE_RESEARCH);
    GError *error = NULL;
    static const struct { unsigned term; int by; } cases[] = {
        {TERM_STEWARD_AGREEMENT, PRODUCER}, {TERM_COMMITTEE_OPINION, COMMITTEE},
        {TERM_UNDERTAKING, OFFICER}};
    g_autofree char *id = accredit(&s, "scientist", SCIENTIST);
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *fact = fact_of(&s, id, cases[i].term);
        const App *app = &s.w->app;
        assert_refused(fact_revoke((App *)app, world_actor(s.w, OUTSIDER), fact, "no", &error),
                       &error, "accreditation.no_fact");
        assert_refused(fact_revoke((App *)app, world_actor(s.w, LEAD), fact, "no", &error),
                       &error, "policy.not_steward");
        g_assert_true(holds(&s, SCIENTIST, s.dataset));
        g_assert_true(fact_revoke((App *)app, world_actor(s.w, cases[i].by), fact, "because",
                                  &error));
        g_assert_false(holds(&s, SCIENTIST, s.dataset));
        assert_refused(fact_revoke((App *)app, world_actor(s.w, cases[i].by), fact, "again",
                                   &error), &error, "accreditation.revoked_already");
        world_sql(s.w, "UPDATE accreditation_fact SET revoked_ms = NULL");
    }
}

/* The last signature counts, and only it can be revoked. */
static void test_superseded(void)
{
    g_auto(Scene) s = scene_new(ROUTE_RESEARCH);
    GError *error = NULL;
    g_autofree char *id = accredit(&s, "scientist", SCIENTIST);
    g_autofree char *first = fact_of(&s, id, TERM_STEWARD_AGREEMENT);
    g_assert_true(agree(&s, PRODUCER, id, s.dataset, "agreed", &error));
    assert_refused(fact_revoke(&s.w->app, world_actor(s.w, PRODUCER), first, "old", &error),
                   &error, "accreditation.superseded");
    g_assert_true(agree(&s, PRODUCER, id, s.dataset, "refused", &error));
    g_assert_false(holds(&s, SCIENTIST, s.dataset));
}

/* Each change that takes a right away, without any new signature. */
static void test_lost(void)
{
    static const char *const changes[][2] = {
        {"UPDATE project SET state = 'frozen'", "UPDATE project SET state = 'open'"},
        {"UPDATE project SET ends_ms = 1", "UPDATE project SET ends_ms = 9000000000000"},
        {"UPDATE project_member SET removed_ms = 1", "UPDATE project_member SET removed_ms = NULL"},
        {"UPDATE project_member SET ends_ms = 1",
         "UPDATE project_member SET ends_ms = 9000000000000"},
        {"UPDATE project_member SET roles = 'business'",
         "UPDATE project_member SET roles = 'scientist'"},
        {"UPDATE person SET disabled_ms = 1", "UPDATE person SET disabled_ms = NULL"},
        {"UPDATE source SET purposes = 'research'", "UPDATE source SET purposes = 'evaluation'"},
        {"UPDATE source SET routes = 'own_administration'", "UPDATE source SET routes = 'research'"},
        {"UPDATE accreditation_fact SET expires_ms = 1",
         "UPDATE accreditation_fact SET expires_ms = NULL"},
    };
    g_auto(Scene) s = scene_new(ROUTE_RESEARCH);
    g_autofree char *id = accredit(&s, "scientist", SCIENTIST);
    g_assert_true(holds(&s, SCIENTIST, s.dataset));
    for (size_t i = 0; i < G_N_ELEMENTS(changes); i++) {
        g_test_message("%s", changes[i][0]);
        world_sql(s.w, "%s", changes[i][0]);
        g_assert_false(holds(&s, SCIENTIST, s.dataset));
        world_sql(s.w, "%s", changes[i][1]);
        g_assert_true(holds(&s, SCIENTIST, s.dataset));
    }
}

static void test_unknown_is_not_accredited(void)
{
    g_auto(Scene) s = scene_new(ROUTE_RESEARCH);
    g_autofree char *id = accredit(&s, "scientist", SCIENTIST);
    g_assert_false(holds(&s, SCIENTIST, "dts-aaaaaaaaaaaaaaaa"));
    Holds h = {.s = &s, .dataset = s.dataset, .person = "per-aaaaaaaaaaaaaaaa",
               .now_ms = time_now_ms(), .holds = true};
    g_assert_true(store_read(s.w->app.store, holds_in, &h, NULL));
    g_assert_false(h.holds);
}

/* ---- volumes ---- */

static bool held(const Scene *s, int person, const char *volume)
{
    Holds h = {.s = s, .volume = volume, .person = world_actor(s->w, person)->id,
               .now_ms = time_now_ms()};
    g_autoptr(GError) error = NULL;
    store_read(s->w->app.store, holds_in, &h, &error);
    g_assert_no_error(error);
    return h.holds;
}

static void test_label(void)
{
    g_auto(Scene) s = scene_new(ROUTE_RESEARCH);
    GError *error = NULL;
    g_autofree char *id = accredit(&s, "scientist", SCIENTIST);
    g_assert_true(held(&s, OUTSIDER, "p/files"));      /* no label yet */
    world_sql(s.w, "INSERT INTO volume_label VALUES ('p/files', '%s', '%s', 1)", s.project,
              s.dataset);
    g_assert_true(held(&s, SCIENTIST, "p/files"));
    g_assert_false(held(&s, LEAD, "p/files"));
    world_sql(s.w, "INSERT INTO volume_label VALUES ('p/files', '%s', '%s', 1)", s.project,
              s.dataset2);
    g_assert_false(held(&s, SCIENTIST, "p/files"));    /* every dataset of the label */
    world_sql(s.w, "DELETE FROM volume_label WHERE dataset = '%s'", s.dataset2);
    g_autofree char *fact = fact_of(&s, id, TERM_STEWARD_AGREEMENT);
    g_assert_true(fact_revoke(&s.w->app, world_actor(s.w, PRODUCER), fact, "x", &error));
    g_assert_false(held(&s, SCIENTIST, "p/files"));
}

/* ---- need to know ---- */

static void test_own_administration(void)
{
    g_auto(Scene) s = scene_new(ROUTE_OWN_ADMINISTRATION);
    GError *error = NULL;
    char *fact = NULL;
    g_autofree char *id = applied(&s, s.dataset2, NULL, "scientist", NULL);
    Signature need = {.dataset = s.dataset2, .person = "scientist", .outcome = "needed",
                      .comment = "x", .expires_ms = time_now_ms() + YEAR};
    assert_refused(need_to_know_sign(&s.w->app, world_actor(s.w, SCIENTIST), s.project, &need,
                                     &fact, &error), &error, "policy.not_a_member");
    assert_refused(need_to_know_sign(&s.w->app, world_actor(s.w, OUTSIDER), s.project, &need,
                                     &fact, &error), &error, "projects.no_project");
    Signature foreign = need;
    foreign.dataset = s.dataset;
    assert_refused(need_to_know_sign(&s.w->app, world_actor(s.w, LEAD), s.project, &foreign,
                                     &fact, &error), &error, "policy.other_organisation");
    Signature stranger = need;
    stranger.person = "outsider";
    assert_refused(need_to_know_sign(&s.w->app, world_actor(s.w, LEAD), s.project, &stranger,
                                     &fact, &error), &error, "accreditation.not_a_member");
    Signature own = need;
    own.person = "lead";
    assert_refused(need_to_know_sign(&s.w->app, world_actor(s.w, LEAD), s.project, &own, &fact,
                                     &error), &error, "accreditation.own_need");
    assert_refused(agree(&s, OTHER_PRODUCER, id, s.dataset2, "agreed", &error), &error,
                   "accreditation.other_route");
    g_assert_null(fact);
    g_assert_true(need_to_know_sign(&s.w->app, world_actor(s.w, LEAD), s.project, &need, &fact,
                                    &error));
    g_autoptr(Application) decided = load_application(&s, id);
    g_assert_cmpint(decided->state, ==, APPLICATION_DECIDED);
    g_assert_false(holds(&s, SCIENTIST, s.dataset2));
    g_assert_true(undertake(&s, SCIENTIST, id, &error));
    g_assert_true(holds(&s, SCIENTIST, s.dataset2));
    g_assert_true(fact_revoke(&s.w->app, world_actor(s.w, LEAD), fact, "moved", &error));
    g_assert_false(holds(&s, SCIENTIST, s.dataset2));
    g_free(fact);
}

static void test_need_on_research_route(void)
{
    g_auto(Scene) s = scene_new(ROUTE_RESEARCH);
    GError *error = NULL;
    char *fact = NULL;
    Signature need = {.dataset = s.dataset, .person = "scientist", .outcome = "needed",
                      .comment = "x"};
    assert_refused(need_to_know_sign(&s.w->app, world_actor(s.w, LEAD), s.project, &need, &fact,
                                     &error), &error, "accreditation.other_route");
}

/* ---- lists ---- */

typedef struct Listing {
    const PolicyActor *actor;
    ApplicationQuery query;
    GPtrArray *list;
} Listing;

static bool listing_in(StoreTx *tx, void *data, GError **error)
{
    Listing *listing = data;
    listing->list = application_list(tx, listing->actor, &listing->query, time_now_ms(), error);
    return listing->list != NULL;
}

static guint count_listed(const Scene *s, int actor, bool awaiting, int64_t limit)
{
    Listing listing = {.actor = world_actor(s->w, actor),
                       .query = {.project = "", .awaiting_me = awaiting, .after = "",
                                 .limit = limit}};
    g_autoptr(GError) error = NULL;
    store_read(s->w->app.store, listing_in, &listing, &error);
    g_assert_no_error(error);
    guint count = listing.list->len;
    g_ptr_array_unref(listing.list);
    return count;
}

static void test_lists(void)
{
    g_auto(Scene) s = scene_new(ROUTE_RESEARCH);
    GError *error = NULL;
    char *draft = NULL;
    g_autofree char *id = applied(&s, s.dataset, NULL, "scientist", NULL);
    g_assert_true(apply(&s, SCIENTIST, s.dataset2, NULL, "lead", NULL, &draft, &error));
    static const struct { int actor; guint all, awaiting; } cases[] = {
        {OFFICER, 2, 0}, {PRODUCER, 1, 1}, {OTHER_PRODUCER, 0, 0}, {COMMITTEE, 1, 0},
        {SCIENTIST, 2, 1}, {LEAD, 2, 0}, {OUTSIDER, 0, 0}, {CHECKER, 0, 0}};
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_assert_cmpuint(count_listed(&s, cases[i].actor, false, 50), ==, cases[i].all);
        g_assert_cmpuint(count_listed(&s, cases[i].actor, true, 50), ==, cases[i].awaiting);
    }
    /* One at a time, the one that awaits is found behind the one that does not. */
    g_assert_cmpuint(count_listed(&s, SCIENTIST, true, 1), ==, 1);
    g_assert_true(agree(&s, PRODUCER, id, s.dataset, "agreed", &error));
    g_assert_cmpuint(count_listed(&s, PRODUCER, true, 50), ==, 0);
    g_assert_cmpuint(count_listed(&s, COMMITTEE, true, 50), ==, 1);
    g_free(draft);
}

typedef struct PageCost {
    Scene *s;
    bool awaiting;
    size_t statements, items;
} PageCost;

static bool page_cost_in(StoreTx *tx, void *data, GError **error)
{
    PageCost *cost = data;
    ApplicationQuery query = {.project = "", .after = "", .limit = 51,
                              .awaiting_me = cost->awaiting};
    size_t before = store_tx_statements(tx);
    g_autoptr(GPtrArray) list = application_list(tx, world_actor(cost->s->w, SCIENTIST), &query,
                                                 time_now_ms(), error);
    json_t *json = list != NULL ? answer_applications(tx, list, error) : NULL;
    cost->items = json_array_size(json);
    cost->statements = store_tx_statements(tx) - before;
    json_decref(json);
    return list != NULL && json != NULL;
}

static PageCost page_cost(Scene *s, bool awaiting)
{
    PageCost cost = {.s = s, .awaiting = awaiting};
    g_autoptr(GError) error = NULL;
    store_read(s->w->app.store, page_cost_in, &cost, &error);
    g_assert_no_error(error);
    return cost;
}

/* A page of a list costs as many queries as one row of it. */
static void test_queries_of_a_page(void)
{
    enum { MANY = 12 };
    g_auto(Scene) s = scene_new(ROUTE_RESEARCH);
    for (int i = 0; i < MANY; i++) {
        g_autofree char *id = applied(&s, s.dataset, s.dataset2, "scientist", NULL);
        PageCost all = page_cost(&s, false), awaiting = page_cost(&s, true);
        g_assert_cmpuint(all.items, ==, (size_t)i + 1);
        g_assert_cmpuint(awaiting.items, ==, (size_t)i + 1);
        g_assert_cmpuint(all.statements, ==, 9);
        g_assert_cmpuint(awaiting.statements, ==, 12);
    }
}

static bool table_in(StoreTx *tx, void *data, GError **error)
{
    Holds *h = data;
    h->list = accreditation_list(tx, h->s->project, NULL, h->now_ms, error);
    return h->list != NULL && accreditation_next_expiry(tx, h->now_ms, &h->next_ms, error);
}

static void test_table(void)
{
    g_auto(Scene) s = scene_new(ROUTE_RESEARCH);
    g_autofree char *id = accredit(&s, "scientist", SCIENTIST);
    g_autofree char *other = applied(&s, s.dataset2, NULL, "lead", NULL);
    Holds h = {.s = &s, .now_ms = time_now_ms()};
    g_autoptr(GError) error = NULL;
    store_read(s.w->app.store, table_in, &h, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(h.list->len, ==, 2);
    for (guint i = 0; i < h.list->len; i++) {
        const Accreditation *a = g_ptr_array_index(h.list, i);
        bool scientist = strcmp(a->login, "scientist") == 0;
        g_assert_cmpint(a->holds, ==, scientist);
        g_assert_cmpuint(a->term_count, ==, 5);
        g_assert_cmpstr(a->source_title, ==, scientist ? "health" : "income");
    }
    /* The project ends before the opinion does. */
    g_assert_cmpint(h.next_ms, >, h.now_ms + 299 * TIME_DAY_MS);
    g_assert_cmpint(h.next_ms, <, h.now_ms + 301 * TIME_DAY_MS);
    g_ptr_array_unref(h.list);
}

/* ---- drafts, rounds, what was decided before ---- */

static bool edit(Scene *s, int actor, const char *id, ApplicationNew given, GError **error)
{
    return application_edit(&s->w->app, world_actor(s->w, actor), id, &given, error);
}

static void test_drafts(void)
{
    g_auto(Scene) s = scene_new(ROUTE_RESEARCH);
    GError *error = NULL;
    g_autofree char *id = NULL;
    const char *const none[] = {NULL}, *const one[] = {s.dataset, NULL};
    const char *const both[] = {s.dataset, s.dataset2, NULL};
    const char *const lead[] = {"lead", NULL}, *const outsider[] = {"outsider", NULL};
    ApplicationNew empty = {.project = s.project, .justification = "", .datasets = none,
                            .persons = none};
    App *app = &s.w->app;
    const PolicyActor *me = world_actor(s.w, SCIENTIST);
    assert_refused(application_create(app, world_actor(s.w, OUTSIDER), &empty, &id, &error),
                   &error, "projects.no_project");
    g_assert_true(application_create(app, me, &empty, &id, &error));
    assert_refused(application_submit(app, me, id, &error), &error, "accreditation.incomplete");
    /* Somebody of the project adds to it; nobody else sees it. */
    assert_refused(edit(&s, PRODUCER, id, (ApplicationNew){.datasets = one}, &error), &error,
                   "accreditation.no_application");
    assert_refused(edit(&s, SCIENTIST, id, (ApplicationNew){.persons = outsider}, &error), &error,
                   "accreditation.not_a_member");
    assert_refused(edit(&s, SCIENTIST, id, (ApplicationNew){.until_ms = 1}, &error), &error,
                   "accreditation.expiry_past");
    g_assert_true(edit(&s, LEAD, id, (ApplicationNew){.datasets = both, .version = 1}, &error));
    assert_refused(edit(&s, SCIENTIST, id, (ApplicationNew){.datasets = one, .version = 1},
                        &error), &error, "accreditation.version");
    g_assert_true(edit(&s, SCIENTIST, id, (ApplicationNew){.persons = lead}, &error));
    assert_refused(application_submit(app, me, id, &error), &error, "accreditation.incomplete");
    g_assert_true(edit(&s, SCIENTIST, id,
                       (ApplicationNew){.justification = "Why.", .answers = "{\"method\":\"M\"}",
                                        .until_ms = time_now_ms() + YEAR}, &error));
    g_autoptr(Application) saved = load_application(&s, id);
    g_assert_cmpint(saved->datasets->len, ==, 2);
    g_assert_cmpstr(((ApplicationPerson *)g_ptr_array_index(saved->persons, 0))->login, ==,
                    "lead");
    g_assert_cmpstr(((ApplicationPerson *)g_ptr_array_index(saved->persons, 0))->organisation, ==,
                    "Université");
    g_assert_cmpstr(saved->justification, ==, "Why.");
    g_assert_cmpstr(saved->answers, ==, "{\"method\":\"M\"}");
    g_assert_cmpint(saved->version, ==, 4);
    g_assert_cmpint(saved->created_ms, <=, saved->changed_ms);
    /* What the source no longer admits can be saved around, and not submitted. */
    world_sql(s.w, "UPDATE source SET purposes = 'management' WHERE id = '%s'", s.source2);
    g_assert_true(edit(&s, SCIENTIST, id, (ApplicationNew){.justification = "More."}, &error));
    assert_refused(application_submit(app, me, id, &error), &error, "policy.source_purpose");
    g_assert_true(edit(&s, SCIENTIST, id, (ApplicationNew){.datasets = one}, &error));
    g_assert_true(application_submit(app, me, id, &error));
    assert_refused(edit(&s, SCIENTIST, id, (ApplicationNew){.justification = "Late."}, &error),
                   &error, "accreditation.state");
    g_assert_cmpint(world_count(s.w, "SELECT count(*) FROM audit_leaf"), >, 0);
}

static void test_adjourned(void)
{
    g_auto(Scene) s = scene_new(ROUTE_RESEARCH);
    GError *error = NULL;
    App *app = &s.w->app;
    g_autofree char *id = applied(&s, s.dataset, NULL, "scientist", NULL);
    const char *const both[] = {s.dataset, s.dataset2, NULL};
    Signature silent = {.outcome = "adjourned", .comment = ""};
    Signature refusal = {.dataset = s.dataset, .outcome = "refused", .comment = ""};
    assert_refused(application_agree(app, world_actor(s.w, PRODUCER), id, &refusal, &error),
                   &error, "accreditation.comment_needed");
    g_assert_true(agree(&s, PRODUCER, id, s.dataset, "agreed", &error));
    assert_refused(application_opine(app, world_actor(s.w, COMMITTEE), id, &silent, &error),
                   &error, "accreditation.comment_needed");
    g_assert_true(opine(&s, COMMITTEE, id, "adjourned", 0, &error));
    /* What the producer agreed to stays; the texts are completed, and a second round begins. */
    assert_refused(edit(&s, SCIENTIST, id, (ApplicationNew){.datasets = both}, &error), &error,
                   "accreditation.agreed_already");
    g_assert_true(edit(&s, SCIENTIST, id, (ApplicationNew){.justification = "More."}, &error));
    g_assert_true(application_submit(app, world_actor(s.w, SCIENTIST), id, &error));
    g_autoptr(Application) again = load_application(&s, id);
    g_assert_cmpint(again->state, ==, APPLICATION_SUBMITTED);
    g_assert_cmpint(again->round, ==, 2);
    g_assert_cmpint(world_count(s.w, "SELECT count(*) FROM application_round"), ==, 2);
    g_assert_cmpint(world_count(s.w, "SELECT count(*) FROM application_round WHERE round = 1 AND "
                                     "justification = 'We need it.'"), ==, 1);
    g_assert_true(opine(&s, COMMITTEE, id, "favourable", time_now_ms() + YEAR, &error));
    g_assert_true(undertake(&s, SCIENTIST, id, &error));
    g_assert_true(holds(&s, SCIENTIST, s.dataset));
    /* Taken up again, it gives no right until it is decided anew. */
    g_assert_true(opine(&s, COMMITTEE, id, "adjourned", 0, &error));
    g_assert_false(holds(&s, SCIENTIST, s.dataset));
    g_assert_true(opine(&s, COMMITTEE, id, "favourable", time_now_ms() + YEAR, &error));
    g_assert_true(holds(&s, SCIENTIST, s.dataset));
    g_autoptr(Application) decided = load_application(&s, id);
    g_assert_cmpint(decided->state, ==, APPLICATION_DECIDED);
    assert_refused(application_withdraw(app, world_actor(s.w, SCIENTIST), id, &error), &error,
                   "accreditation.state");
}

static void test_withdrawn(void)
{
    g_auto(Scene) s = scene_new(ROUTE_RESEARCH);
    GError *error = NULL;
    App *app = &s.w->app;
    g_autofree char *id = applied(&s, s.dataset, NULL, "scientist", NULL);
    assert_refused(application_withdraw(app, world_actor(s.w, OUTSIDER), id, &error), &error,
                   "accreditation.no_application");
    assert_refused(application_withdraw(app, world_actor(s.w, PRODUCER), id, &error), &error,
                   "policy.not_a_member");
    g_assert_true(agree(&s, PRODUCER, id, s.dataset, "agreed", &error));
    g_assert_true(application_withdraw(app, world_actor(s.w, SCIENTIST), id, &error));
    assert_refused(opine(&s, COMMITTEE, id, "favourable", time_now_ms() + YEAR, &error), &error,
                   "accreditation.withdrawn");
    assert_refused(undertake(&s, SCIENTIST, id, &error), &error, "accreditation.withdrawn");
    assert_refused(application_submit(app, world_actor(s.w, SCIENTIST), id, &error), &error,
                   "accreditation.state");
    g_assert_false(holds(&s, SCIENTIST, s.dataset));
}

typedef struct Ask {
    Scene *s;
    const PolicyActor *actor;
    const char *id;
    ApplicationQuery query;
    size_t count;
    bool same_project, same_persons;
    json_t *json;
} Ask;

static bool earlier_in(StoreTx *tx, void *data, GError **error)
{
    Ask *ask = data;
    g_autoptr(Application) a = NULL;
    if (!application_load(tx, ask->id, &a, error))
        return false;
    g_autoptr(GPtrArray) list =
        application_earlier(tx, ask->actor, a, time_now_ms(), 10, error);
    if (list == NULL)
        return false;
    ask->count = list->len;
    for (guint i = 0; i < list->len; i++) {
        const EarlierDecision *d = g_ptr_array_index(list, i);
        ask->same_project = ask->same_project || d->same_project;
        ask->same_persons = ask->same_persons || d->same_persons;
    }
    return true;
}

/* Beside an application: what was decided of the same sources, as far as the reader may see it. */
static void test_earlier(void)
{
    g_auto(Scene) s = scene_new(ROUTE_RESEARCH);
    GError *error = NULL;
    g_autofree char *first = accredit(&s, "scientist", SCIENTIST);
    g_autofree char *second = applied(&s, s.dataset, NULL, "lead", NULL);
    g_autofree char *other = applied(&s, s.dataset2, NULL, "scientist", NULL);
    Ask committee = {.actor = world_actor(s.w, COMMITTEE), .id = second};
    Ask stranger = {.actor = world_actor(s.w, OTHER_PRODUCER), .id = second};
    Ask unrelated = {.actor = world_actor(s.w, OTHER_PRODUCER), .id = other};
    g_assert_true(store_read(s.w->app.store, earlier_in, &committee, &error));
    g_assert_cmpint(committee.count, ==, 2); /* the agreement and the opinion */
    g_assert_true(committee.same_project);
    g_assert_false(committee.same_persons);
    g_assert_true(store_read(s.w->app.store, earlier_in, &stranger, &error));
    g_assert_cmpint(stranger.count, ==, 0);
    /* The committee's opinion in the same project, on a source that is not theirs: not shown. */
    g_assert_true(store_read(s.w->app.store, earlier_in, &unrelated, &error));
    g_assert_cmpint(unrelated.count, ==, 0);
}

static bool visible_in(StoreTx *tx, void *data, GError **error)
{
    Ask *ask = data;
    PolicyFacts facts = {0};
    g_autoptr(Application) a = NULL;
    return application_load(tx, ask->id, &a, error) &&
           application_visible(tx, ask->actor, a, time_now_ms(), &facts, error);
}

static bool list_in(StoreTx *tx, void *data, GError **error)
{
    Ask *ask = data;
    ask->query.after = "";
    ask->query.limit = 50;
    g_autoptr(GPtrArray) list =
        application_list(tx, ask->actor, &ask->query, time_now_ms(), error);
    ask->count = list != NULL ? list->len : 0;
    return list != NULL;
}

static size_t listed(Scene *s, int actor, ApplicationQuery query)
{
    Ask ask = {.actor = world_actor(s->w, actor), .query = query};
    ask.query.project = query.project != NULL ? query.project : "";
    g_assert_true(store_read(s->w->app.store, list_in, &ask, NULL));
    return ask.count;
}

static void test_filters(void)
{
    g_auto(Scene) s = scene_new(ROUTE_RESEARCH);
    GError *error = NULL;
    g_autofree char *draft = NULL;
    g_autofree char *sent = applied(&s, s.dataset, NULL, "scientist", NULL);
    g_autofree char *given_up = applied(&s, s.dataset2, NULL, "scientist", NULL);
    g_assert_true(apply(&s, LEAD, s.dataset, s.dataset2, "lead", NULL, &draft, &error));
    g_assert_true(application_withdraw(&s.w->app, world_actor(s.w, LEAD), given_up, &error));
    g_assert_cmpint(listed(&s, SCIENTIST, (ApplicationQuery){0}), ==, 3);
    g_assert_cmpint(listed(&s, COMMITTEE, (ApplicationQuery){0}), ==, 2);
    g_assert_cmpint(listed(&s, SCIENTIST, (ApplicationQuery){.state = "draft"}), ==, 1);
    g_assert_cmpint(listed(&s, COMMITTEE, (ApplicationQuery){.state = "draft"}), ==, 0);
    g_assert_cmpint(listed(&s, SCIENTIST, (ApplicationQuery){.state = "withdrawn"}), ==, 1);
    g_assert_cmpint(listed(&s, SCIENTIST, (ApplicationQuery){.source = s.source2}), ==, 2);
    g_assert_cmpint(listed(&s, SCIENTIST, (ApplicationQuery){.written_by_me = true}), ==, 2);
    /* A draft that was given up was never anybody else's. */
    g_assert_true(application_withdraw(&s.w->app, world_actor(s.w, LEAD), draft, &error));
    g_assert_cmpint(listed(&s, COMMITTEE, (ApplicationQuery){0}), ==, 2);
    g_assert_cmpint(listed(&s, PRODUCER, (ApplicationQuery){0}), ==, 1);
}

/* Whoever left the project sees no more of what it writes, even where it names them. */
static void test_drafts_after_leaving(void)
{
    g_auto(Scene) s = scene_new(ROUTE_RESEARCH);
    GError *error = NULL;
    g_autofree char *draft = NULL;
    g_autofree char *sent = applied(&s, s.dataset, NULL, "scientist", NULL);
    g_assert_true(apply(&s, LEAD, s.dataset2, NULL, "scientist", NULL, &draft, &error));
    g_assert_cmpint(listed(&s, SCIENTIST, (ApplicationQuery){0}), ==, 2);
    world_sql(s.w, "UPDATE project_member SET removed_ms = 1 WHERE person = '%s'",
              world_actor(s.w, SCIENTIST)->id);
    g_assert_cmpint(listed(&s, SCIENTIST, (ApplicationQuery){0}), ==, 1);
    Ask ask = {.actor = world_actor(s.w, SCIENTIST), .id = draft};
    g_assert_false(store_read(s.w->app.store, visible_in, &ask, &error));
    g_assert_cmpstr(error_reason(error), ==, "accreditation.no_application");
    g_clear_error(&error);
    ask.id = sent;
    g_assert_true(store_read(s.w->app.store, visible_in, &ask, NULL));
}

static bool openings_in(StoreTx *tx, void *data, GError **error)
{
    Ask *ask = data;
    ask->json = source_openings(tx, ask->actor, ask->id, time_now_ms(), error);
    return ask->json != NULL;
}

static char *opening(Scene *s, int actor, const char *source)
{
    Ask ask = {.actor = world_actor(s->w, actor), .id = source};
    g_assert_true(store_read(s->w->app.store, openings_in, &ask, NULL));
    const json_t *first = json_array_get(ask.json, 0);
    const json_t *row = json_array_get(json_object_get(first, "datasets"), 0);
    char *said = first == NULL ? g_strdup("nowhere")
                               : g_strdup_printf("%s %s",
                                                 json_is_true(json_object_get(row, "allowed"))
                                                     ? "allowed"
                                                     : json_string_value(
                                                           json_object_get(row, "reason")),
                                                 json_string_value(json_object_get(row, "state")));
    json_decref(ask.json);
    return said;
}

static void test_openings(void)
{
    g_auto(Scene) s = scene_new(ROUTE_RESEARCH);
    GError *error = NULL;
    g_autofree char *outside = opening(&s, OUTSIDER, s.source);
    g_autofree char *officer = opening(&s, OFFICER, s.source);
    g_assert_cmpstr(outside, ==, "nowhere");
    g_assert_cmpstr(officer, ==, "nowhere");
    g_autofree char *before = opening(&s, SCIENTIST, s.source);
    g_assert_cmpstr(before, ==, "allowed none");
    g_autofree char *id = NULL;
    g_assert_true(apply(&s, SCIENTIST, s.dataset, NULL, "scientist", NULL, &id, &error));
    g_autofree char *draft = opening(&s, SCIENTIST, s.source);
    g_assert_cmpstr(draft, ==, "allowed draft");
    g_autofree char *given = accredit(&s, "scientist", SCIENTIST);
    g_autofree char *held = opening(&s, SCIENTIST, s.source);
    g_assert_cmpstr(held, ==, "allowed accredited");
    world_sql(s.w, "UPDATE source SET purposes = 'management' WHERE id = '%s'", s.source);
    g_autofree char *closed = opening(&s, SCIENTIST, s.source);
    g_assert_cmpstr(closed, ==, "policy.source_purpose asked");
}

int main(int argc, char **argv)
{
    g_assert_true(sodium_init() >= 0);
    log_setup("test", LOG_LEVEL_ERROR);
    g_test_init(&argc, &argv, NULL);
    static const WorldTest tests[] = {
        {.name = "apply_refused", .run = test_apply_refused},
        {.name = "mismatch", .run = test_mismatch_is_a_denial},
        {.name = "own_administration_only", .run = test_own_administration_only},
        {.name = "sign_refused", .run = test_sign_refused},
        {.name = "research", .run = test_research},
        {.name = "one_application", .run = test_terms_of_one_application},
        {.name = "refusal", .run = test_refusal_of_a_producer},
        {.name = "revoke", .run = test_revoke},
        {.name = "superseded", .run = test_superseded},
        {.name = "lost", .run = test_lost},
        {.name = "unknown", .run = test_unknown_is_not_accredited},
        {.name = "label", .run = test_label},
        {.name = "own_administration", .run = test_own_administration},
        {.name = "need_on_research", .run = test_need_on_research_route},
        {.name = "lists", .run = test_lists},
        {.name = "queries_of_a_page", .run = test_queries_of_a_page},
        {.name = "table", .run = test_table},
        {.name = "drafts", .run = test_drafts},
        {.name = "drafts/after-leaving", .run = test_drafts_after_leaving},
        {.name = "adjourned", .run = test_adjourned},
        {.name = "withdrawn", .run = test_withdrawn},
        {.name = "earlier", .run = test_earlier},
        {.name = "filters", .run = test_filters},
        {.name = "openings", .run = test_openings},
    };
    return world_run("accreditation", tests, G_N_ELEMENTS(tests));
}
