/* SPDX-License-Identifier: Apache-2.0 */
/* The predicate: every term missing, refused, expired, revoked in turn, on both routes. */
#include "accreditation/terms.h"

#include <string.h>

#define NOW 1000000
#define LATER (NOW + 500)

static const AccreditationFact agreed = {.outcome = (char *)"agreed", .expires_ms = NOW + 300};
static const AccreditationFact favourable = {.outcome = (char *)"favourable",
                                             .expires_ms = NOW + 400};
static const AccreditationFact needed = {.outcome = (char *)"needed"};
static const AccreditationFact undertaken = {.outcome = (char *)"signed"};

static AccreditationFacts complete(unsigned route)
{
    return (AccreditationFacts){
        .route = route,
        .purpose = PURPOSE_EVALUATION,
        .state = STATE_OPEN,
        .project_ends_ms = LATER,
        .roles = PROJECT_SCIENTIST,
        .member_ends_ms = LATER,
        .published = true,
        .level = LEVEL_SCIENTIFIC,
        .tier = TIER_RESTRICTED,
        .source_routes = ROUTE_RESEARCH | ROUTE_OWN_ADMINISTRATION,
        .source_purposes = PURPOSE_EVALUATION,
        .same_organisation = true,
        .agreement = route == ROUTE_RESEARCH ? &agreed : NULL,
        .opinion = route == ROUTE_RESEARCH ? &favourable : NULL,
        .need = route == ROUTE_RESEARCH ? NULL : &needed,
        .undertaking = &undertaken,
        .asked = true,
    };
}

/* Evaluates and checks that exactly TERM is unmet, for REASON, waiting for WAITS_FOR. */
static void assert_unmet(const AccreditationFacts *facts, unsigned term, const char *reason,
                         const char *waits_for)
{
    AccreditationTerm terms[ACCREDITATION_TERMS_MAX];
    size_t count = 0;
    g_assert_false(accreditation_evaluate(facts, NOW, terms, &count));
    for (size_t i = 0; i < count; i++) {
        if (terms[i].term != term) {
            g_assert_true(terms[i].met);
            g_assert_cmpstr(terms[i].reason, ==, "");
            g_assert_cmpstr(terms[i].waits_for, ==, "");
            continue;
        }
        g_assert_false(terms[i].met);
        g_assert_cmpstr(terms[i].reason, ==, reason);
        g_assert_cmpstr(terms[i].detail, !=, "");
        g_assert_cmpstr(terms[i].waits_for, ==, waits_for);
        g_assert_cmpint(terms[i].expires_ms, ==, 0);
    }
}

static void test_complete(void)
{
    static const struct { unsigned route; size_t count; } routes[] = {
        {ROUTE_RESEARCH, 5}, {ROUTE_OWN_ADMINISTRATION, 4}};
    for (size_t i = 0; i < G_N_ELEMENTS(routes); i++) {
        AccreditationTerm terms[ACCREDITATION_TERMS_MAX];
        size_t count = 0;
        unsigned seen = 0;
        AccreditationFacts facts = complete(routes[i].route);
        g_assert_true(accreditation_evaluate(&facts, NOW, terms, &count));
        g_assert_cmpuint(count, ==, routes[i].count);
        for (size_t j = 0; j < count; j++)
            seen |= terms[j].term;
        g_assert_cmpuint(seen, ==, policy_route((PolicyRoute)routes[i].route)->terms);
    }
}

static void test_expiries_told(void)
{
    AccreditationTerm terms[ACCREDITATION_TERMS_MAX];
    size_t count = 0;
    AccreditationFacts facts = complete(ROUTE_RESEARCH);
    g_assert_true(accreditation_evaluate(&facts, NOW, terms, &count));
    static const struct { unsigned term; int64_t expires; } wanted[] = {
        {TERM_PROJECT_OPEN, LATER}, {TERM_MEMBER, LATER}, {TERM_STEWARD_AGREEMENT, NOW + 300},
        {TERM_COMMITTEE_OPINION, NOW + 400}, {TERM_UNDERTAKING, 0}};
    for (size_t i = 0; i < G_N_ELEMENTS(wanted); i++) {
        g_assert_cmpuint(terms[i].term, ==, wanted[i].term);
        g_assert_cmpint(terms[i].expires_ms, ==, wanted[i].expires);
    }
}

static void test_project(void)
{
    static const struct { unsigned state; const char *reason; } cases[] = {
        {STATE_PLANNED, "accreditation.project_planned"},
        {STATE_FROZEN, "accreditation.project_frozen"},
        {STATE_CLOSED, "accreditation.project_closed"}};
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        AccreditationFacts facts = complete(ROUTE_RESEARCH);
        facts.state = cases[i].state;
        assert_unmet(&facts, TERM_PROJECT_OPEN, cases[i].reason, "officer");
    }
    AccreditationFacts ended = complete(ROUTE_RESEARCH);
    ended.project_ends_ms = NOW;
    assert_unmet(&ended, TERM_PROJECT_OPEN, "accreditation.project_ended", "officer");
}

static void test_member(void)
{
    static const unsigned roles[] = {0, PROJECT_BUSINESS};
    for (size_t i = 0; i < G_N_ELEMENTS(roles); i++) {
        AccreditationFacts facts = complete(ROUTE_OWN_ADMINISTRATION);
        facts.roles = roles[i];
        assert_unmet(&facts, TERM_MEMBER, "accreditation.not_a_member", "lead");
    }
    AccreditationFacts over = complete(ROUTE_RESEARCH);
    over.member_ends_ms = NOW;
    assert_unmet(&over, TERM_MEMBER, "accreditation.not_a_member", "lead");
    AccreditationFacts disabled = complete(ROUTE_RESEARCH);
    disabled.disabled = true;
    assert_unmet(&disabled, TERM_MEMBER, "accreditation.person_disabled", "lead");
}

/* What no signature mends: told at the first signed term. */
static void test_admission(void)
{
    static const struct { unsigned route, term; const char *waits_for; } routes[] = {
        {ROUTE_RESEARCH, TERM_STEWARD_AGREEMENT, "steward"},
        {ROUTE_OWN_ADMINISTRATION, TERM_NEED_TO_KNOW, "lead"}};
    for (size_t i = 0; i < G_N_ELEMENTS(routes); i++) {
        AccreditationFacts facts = complete(routes[i].route);
        facts.published = false;
        assert_unmet(&facts, routes[i].term, "accreditation.not_published", routes[i].waits_for);
        facts = complete(routes[i].route);
        facts.source_routes &= ~routes[i].route;
        assert_unmet(&facts, routes[i].term, "accreditation.source_route", routes[i].waits_for);
        facts = complete(routes[i].route);
        facts.source_purposes = PURPOSE_RESEARCH;
        assert_unmet(&facts, routes[i].term, "accreditation.source_purpose",
                     routes[i].waits_for);
        facts = complete(routes[i].route);
        facts.level = LEVEL_SECURE;
        assert_unmet(&facts, routes[i].term, "accreditation.tier_level", routes[i].waits_for);
    }
    AccreditationFacts other = complete(ROUTE_OWN_ADMINISTRATION);
    other.same_organisation = false;
    assert_unmet(&other, TERM_NEED_TO_KNOW, "accreditation.other_organisation", "lead");
    AccreditationFacts research = complete(ROUTE_RESEARCH);
    AccreditationTerm terms[ACCREDITATION_TERMS_MAX];
    size_t count = 0;
    research.same_organisation = false;
    g_assert_true(accreditation_evaluate(&research, NOW, terms, &count));
}

typedef struct SignedCase {
    unsigned route, term;
    const char *word, *waits_for;
    size_t offset;                 /* of the fact in the facts */
    const char *good;
    const char *refused[2];
} SignedCase;

static const SignedCase signed_cases[] = {
    {ROUTE_RESEARCH, TERM_STEWARD_AGREEMENT, "agreement", "steward",
     G_STRUCT_OFFSET(AccreditationFacts, agreement), "agreed", {"refused", "signed"}},
    {ROUTE_RESEARCH, TERM_COMMITTEE_OPINION, "opinion", "committee",
     G_STRUCT_OFFSET(AccreditationFacts, opinion), "favourable", {"unfavourable", "adjourned"}},
    {ROUTE_OWN_ADMINISTRATION, TERM_NEED_TO_KNOW, "need", "lead",
     G_STRUCT_OFFSET(AccreditationFacts, need), "needed", {"refused", ""}},
    {ROUTE_RESEARCH, TERM_UNDERTAKING, "undertaking", "person",
     G_STRUCT_OFFSET(AccreditationFacts, undertaking), "signed", {"refused", "agreed"}},
    {ROUTE_OWN_ADMINISTRATION, TERM_UNDERTAKING, "undertaking", "person",
     G_STRUCT_OFFSET(AccreditationFacts, undertaking), "signed", {"refused", "agreed"}},
};

static void assert_signed(const SignedCase *c, const AccreditationFact *fact, const char *how)
{
    AccreditationFacts facts = complete(c->route);
    g_autofree char *reason = g_strdup_printf("accreditation.%s_%s", c->word, how);
    *(const AccreditationFact **)G_STRUCT_MEMBER_P(&facts, c->offset) = fact;
    assert_unmet(&facts, c->term, reason, c->waits_for);
}

static void test_signed(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(signed_cases); i++) {
        const SignedCase *c = &signed_cases[i];
        AccreditationFact fact = {.outcome = (char *)c->good};
        assert_signed(c, NULL, "missing");
        for (size_t j = 0; j < G_N_ELEMENTS(c->refused); j++) {
            AccreditationFact refused = {.outcome = (char *)c->refused[j]};
            assert_signed(c, &refused, "refused");
        }
        fact.expires_ms = NOW;     /* the instant itself is too late */
        assert_signed(c, &fact, "expired");
        fact.expires_ms = NOW + 1;
        fact.revoked_ms = NOW - 1;
        assert_signed(c, &fact, "revoked");
        /* The same, neither expired nor revoked, meets the term. */
        fact.revoked_ms = 0;
        AccreditationFacts facts = complete(c->route);
        AccreditationTerm terms[ACCREDITATION_TERMS_MAX];
        size_t count = 0;
        *(const AccreditationFact **)G_STRUCT_MEMBER_P(&facts, c->offset) = &fact;
        g_assert_true(accreditation_evaluate(&facts, NOW, terms, &count));
        g_assert_false(accreditation_evaluate(&facts, NOW + 1, terms, &count));
    }
}

static void test_not_asked(void)
{
    AccreditationFacts facts = complete(ROUTE_RESEARCH);
    AccreditationTerm terms[ACCREDITATION_TERMS_MAX];
    size_t count = 0, unasked = 0;
    facts.asked = false;
    facts.agreement = facts.opinion = facts.undertaking = NULL;
    g_assert_false(accreditation_evaluate(&facts, NOW, terms, &count));
    for (size_t i = 0; i < count; i++) {
        if (strcmp(terms[i].reason, "accreditation.not_asked") == 0 &&
            strcmp(terms[i].waits_for, "applicant") == 0)
            unasked++;
    }
    g_assert_cmpuint(unasked, ==, 3);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/terms/complete", test_complete);
    g_test_add_func("/terms/expiries_told", test_expiries_told);
    g_test_add_func("/terms/project", test_project);
    g_test_add_func("/terms/member", test_member);
    g_test_add_func("/terms/admission", test_admission);
    g_test_add_func("/terms/signed", test_signed);
    g_test_add_func("/terms/not_asked", test_not_asked);
    return g_test_run();
}
