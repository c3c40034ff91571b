/* SPDX-License-Identifier: Apache-2.0 */
/* policy: the tables are whole, the decision refuses for each reason in turn. */
#include "base/error.h"
#include "policy/policy.h"

#include <string.h>

static PolicyActor person = {.id = (char *)"per-x", .scopes = SCOPE_ALL, .second_factor = true,
                             .channel = CHANNEL_SESSION};

/* Facts under which everything that can hold does, for a scientist of an open restricted project. */
static PolicyFacts good_facts(void)
{
    return (PolicyFacts){
        .has_project = true, .project_roles = PROJECT_SCIENTIST, .tier = TIER_RESTRICTED,
        .state = STATE_OPEN, .route = ROUTE_RESEARCH, .purpose = PURPOSE_RESEARCH,
        .same_organisation = false, .source_routes = ROUTE_RESEARCH,
        .source_purposes = PURPOSE_RESEARCH, .level = LEVEL_SCIENTIFIC, .accredited = true,
        .label_held = true, .is_owner = true, .encrypted = true, .display = DISPLAY_WEB,
    };
}

static void test_tables(void)
{
    for (int set = 0; set < SET_COUNT; set++) {
        for (const PolicyName *n = policy_names((PolicySet)set); n->name != NULL; n++) {
            unsigned value = 12345;
            g_assert_true(policy_value((PolicySet)set, n->name, &value));
            g_assert_cmpuint(value, ==, n->value);
            g_assert_cmpstr(policy_name((PolicySet)set, n->value), ==, n->name);
        }
        unsigned untouched = 12345;
        g_assert_false(policy_value((PolicySet)set, "nonsense", &untouched));
        g_assert_cmpuint(untouched, ==, 12345);
    }
    for (int verb = 0; verb < VERB_COUNT; verb++) {
        const char *name = policy_verb_name((PolicyVerb)verb);
        g_assert_nonnull(name);
        for (int other = 0; other < verb; other++)
            g_assert_cmpstr(name, !=, policy_verb_name((PolicyVerb)other));
    }
    for (int tier = 0; tier < TIER_COUNT; tier++) {
        g_assert_cmpint((int)policy_tier((PolicyTier)tier)->tier, ==, tier);
        g_assert_cmpstr(policy_tier((PolicyTier)tier)->name, ==,
                        policy_name(SET_TIER, (unsigned)tier));
    }
    g_assert_cmpint(policy_tier(TIER_SECURE)->checkers, ==, 2);
    g_assert_false(policy_tier(TIER_RESTRICTED)->lake_get_outside);
}

static void test_sets(void)
{
    unsigned bits = 7;
    g_assert_true(policy_parse_set(SET_SCOPE, "read  work", &bits));
    g_assert_cmpuint(bits, ==, SCOPE_READ | SCOPE_WORK);
    g_assert_false(policy_parse_set(SET_SCOPE, "read wrok", &bits));
    g_assert_cmpuint(bits, ==, SCOPE_READ | SCOPE_WORK);
    g_autofree char *text = policy_format_set(SET_SCOPE, bits);
    g_assert_cmpstr(text, ==, "read work");
}

static void test_nobody(void)
{
    PolicyFacts facts = good_facts();
    for (int verb = 0; verb < VERB_COUNT; verb++) {
        PolicyDecision decision = policy_decide(NULL, (PolicyVerb)verb, &facts);
        g_assert_false(decision.allowed);
        g_assert_cmpstr(decision.reason, ==, "policy.nobody");
    }
    GError *error = NULL;
    g_assert_false(policy_enforce(NULL, VERB_PROJECT_VIEW, &facts, &error));
    g_assert_true(error_is(error, ERROR_UNAUTHENTICATED));
    g_clear_error(&error);
}

/* A person with no role, no project and no fact may do almost nothing. */
static void test_stranger(void)
{
    PolicyFacts facts = {0};
    for (int verb = 0; verb < VERB_COUNT; verb++) {
        bool open = verb == VERB_PERSON_LIST || verb == VERB_ORGANISATION_LIST ||
                    verb == VERB_SOURCE_VIEW;
        g_assert_cmpint(policy_decide(&person, (PolicyVerb)verb, &facts).allowed, ==, open);
    }
}

/* Whoever has yet to accept the terms: their own account, and nothing else, by any channel. */
static void test_terms(void)
{
    PolicyFacts facts = good_facts();
    PolicyActor late = person;
    late.terms_overdue = true;
    late.roles = ROLE_OFFICER | ROLE_PRODUCER | ROLE_COMMITTEE | ROLE_CHECKER | ROLE_AUDITOR;
    static const PolicyChannel channels[] = {CHANNEL_SESSION, CHANNEL_TOKEN};
    for (size_t i = 0; i < G_N_ELEMENTS(channels); i++) {
        late.channel = channels[i];
        for (int verb = 0; verb < VERB_COUNT; verb++) {
            g_autoptr(GError) error = NULL;
            PolicyDecision decision = policy_decide(&late, (PolicyVerb)verb, &facts);
            bool own = verb == VERB_ACCOUNT_OWN;
            g_assert_cmpint(decision.allowed, ==, own);
            g_assert_cmpint(policy_enforce_terms(&late, (PolicyVerb)verb, &error), ==, own);
            g_assert_cmpstr(own ? "policy.terms" : decision.reason, ==, "policy.terms");
            g_assert_cmpstr(own ? "policy.terms" : error_reason(error), ==, "policy.terms");
            g_assert_true(policy_enforce_terms(&person, (PolicyVerb)verb, NULL));
            g_assert_true(policy_enforce_terms(NULL, (PolicyVerb)verb, NULL));
        }
    }
}

typedef struct Denial {
    PolicyVerb verb;
    void (*spoil)(PolicyActor *actor, PolicyFacts *facts);
    const char *reason;
} Denial;

#define SPOIL(name, statement)                                                                     \
    static void spoil_##name(PolicyActor *a, PolicyFacts *f)                                       \
    {                                                                                              \
        (void)a;                                                                                   \
        (void)f;                                                                                   \
        statement;                                                                                 \
    }
SPOIL(nothing, )
SPOIL(scope, a->scopes = SCOPE_READ)
SPOIL(factor, a->second_factor = false)
SPOIL(member, f->project_roles = 0)
SPOIL(business, f->project_roles = PROJECT_BUSINESS)
SPOIL(planned, f->state = STATE_PLANNED)
SPOIL(frozen, f->state = STATE_FROZEN)
SPOIL(closed, f->state = STATE_CLOSED)
SPOIL(label, f->label_held = false)
SPOIL(accredited, f->accredited = false)
SPOIL(secure, f->tier = TIER_SECURE)
SPOIL(open_tier, f->tier = TIER_OPEN)
SPOIL(own_upload, f->own_upload = true)
SPOIL(own_in_secure, (f->own_upload = true, f->tier = TIER_SECURE))
SPOIL(route, f->source_routes = ROUTE_OWN_ADMINISTRATION)
SPOIL(purpose, f->source_purposes = PURPOSE_OFFICIAL_STATISTICS)
SPOIL(level, f->level = LEVEL_SECURE)
SPOIL(own, (f->route = ROUTE_OWN_ADMINISTRATION, f->source_routes = ROUTE_OWN_ADMINISTRATION))
SPOIL(owner, f->is_owner = false)

static void test_scientist(void)
{
    static const Denial denials[] = {
        {VERB_SERVICE_LAUNCH, spoil_nothing, NULL},
        {VERB_SERVICE_LAUNCH, spoil_scope, "policy.scope"},
        {VERB_SERVICE_LAUNCH, spoil_factor, "policy.second_factor"},
        {VERB_SERVICE_LAUNCH, spoil_member, "policy.not_a_member"},
        {VERB_SERVICE_LAUNCH, spoil_business, "policy.not_a_member"},
        {VERB_SERVICE_LAUNCH, spoil_planned, "policy.project_state"},
        {VERB_SERVICE_LAUNCH, spoil_frozen, "policy.project_state"},
        {VERB_SERVICE_LAUNCH, spoil_closed, "policy.project_state"},
        {VERB_SERVICE_LAUNCH, spoil_label, "policy.label"},
        {VERB_SERVICE_LAUNCH, spoil_secure, "policy.pixels_only"},
        {VERB_SERVICE_OPEN, spoil_nothing, NULL},
        {VERB_SERVICE_OPEN, spoil_owner, "policy.not_owner"},
        {VERB_SERVICE_OPEN, spoil_label, "policy.label"},
        {VERB_DATASET_USE, spoil_nothing, NULL},
        {VERB_DATASET_USE, spoil_accredited, "policy.not_accredited"},
        {VERB_DATASET_USE, spoil_level, "policy.tier_level"},
        {VERB_DATASET_USE, spoil_open_tier, "policy.tier_level"},
        {VERB_APPLICATION_EDIT, spoil_nothing, NULL},
        {VERB_APPLICATION_EDIT, spoil_planned, NULL},
        {VERB_APPLICATION_EDIT, spoil_frozen, "policy.project_state"},
        {VERB_APPLICATION_EDIT, spoil_business, "policy.not_a_member"},
        {VERB_APPLICATION_EDIT, spoil_factor, "policy.second_factor"},
        {VERB_APPLICATION_EDIT, spoil_scope, "policy.scope"},
        {VERB_APPLICATION_WITHDRAW, spoil_nothing, NULL},
        {VERB_APPLICATION_WITHDRAW, spoil_frozen, NULL},
        {VERB_APPLICATION_WITHDRAW, spoil_closed, "policy.project_state"},
        {VERB_APPLICATION_WITHDRAW, spoil_member, "policy.not_a_member"},
        {VERB_APPLICATION_CREATE, spoil_nothing, NULL},
        {VERB_APPLICATION_CREATE, spoil_planned, NULL},
        {VERB_APPLICATION_CREATE, spoil_frozen, "policy.project_state"},
        {VERB_APPLICATION_CREATE, spoil_route, "policy.source_route"},
        {VERB_APPLICATION_CREATE, spoil_purpose, "policy.source_purpose"},
        {VERB_APPLICATION_CREATE, spoil_level, "policy.tier_level"},
        {VERB_APPLICATION_CREATE, spoil_own, "policy.other_organisation"},
        {VERB_LAKE_PUT, spoil_own_upload, NULL},
        {VERB_LAKE_PUT, spoil_nothing, "policy.lake_outside"},
        {VERB_LAKE_PUT, spoil_own_in_secure, "policy.lake_outside"},
        {VERB_LAKE_PUT, spoil_open_tier, NULL},
        {VERB_LAKE_DELETE, spoil_nothing, "policy.lake_outside"},
        {VERB_LAKE_DELETE, spoil_own_upload, NULL},
        {VERB_LAKE_GET, spoil_own_upload, NULL},
        {VERB_LAKE_GET, spoil_nothing, "policy.lake_download"},
        {VERB_LAKE_GET, spoil_open_tier, NULL},
        {VERB_EXPORT_SUBMIT, spoil_nothing, NULL},
        {VERB_EXPORT_SUBMIT, spoil_owner, "policy.not_owner"},
        {VERB_EXPORT_REVIEW, spoil_nothing, "policy.role"},
        {VERB_AUDIT_READ, spoil_nothing, "policy.role"},
        {VERB_PROJECT_STATE, spoil_nothing, "policy.role"},
        {VERB_DATASET_PUBLISH, spoil_nothing, "policy.not_steward"},
        {VERB_TERM_STEWARD, spoil_nothing, "policy.not_steward"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(denials); i++) {
        PolicyActor actor = person;
        PolicyFacts facts = good_facts();
        denials[i].spoil(&actor, &facts);
        PolicyDecision decision = policy_decide(&actor, denials[i].verb, &facts);
        g_test_message("%s row %zu", policy_verb_name(denials[i].verb), i);
        g_assert_cmpint(decision.allowed, ==, denials[i].reason == NULL);
        g_assert_cmpstr(decision.reason, ==, denials[i].reason != NULL ? denials[i].reason : "");
    }
}

static void test_checker(void)
{
    PolicyActor actor = person;
    actor.roles = ROLE_CHECKER;
    PolicyFacts facts = {.has_project = true, .tier = TIER_SECURE, .in_review = true};
    g_assert_true(policy_decide(&actor, VERB_EXPORT_REVIEW, &facts).allowed);
    facts.is_owner = true;
    g_assert_cmpstr(policy_decide(&actor, VERB_EXPORT_REVIEW, &facts).reason, ==,
                    "policy.own_export");
    facts.is_owner = false;
    facts.project_roles = PROJECT_BUSINESS;
    g_assert_cmpstr(policy_decide(&actor, VERB_EXPORT_REVIEW, &facts).reason, ==, "policy.member");
    facts.project_roles = 0;
    facts.reviewed = true;
    g_assert_cmpstr(policy_decide(&actor, VERB_EXPORT_REVIEW, &facts).reason, ==,
                    "policy.reviewed");
    facts.reviewed = false;
    facts.in_review = false;
    g_assert_cmpstr(policy_decide(&actor, VERB_EXPORT_REVIEW, &facts).reason, ==,
                    "policy.not_in_review");
}

static void test_export_sight(void)
{
    PolicyActor actor = person;
    actor.roles = ROLE_CHECKER;
    PolicyFacts facts = {.has_project = true, .tier = TIER_SECURE};
    g_assert_cmpstr(policy_decide(&actor, VERB_EXPORT_VIEW, &facts).reason, ==,
                    "policy.not_in_review");
    g_assert_cmpstr(policy_decide(&actor, VERB_EXPORT_FILE, &facts).reason, ==,
                    "policy.export_file");
    facts.was_checker = true;
    g_assert_true(policy_decide(&actor, VERB_EXPORT_VIEW, &facts).allowed);
    g_assert_false(policy_decide(&actor, VERB_EXPORT_FILE, &facts).allowed);
    facts.in_review = true;
    g_assert_true(policy_decide(&actor, VERB_EXPORT_FILE, &facts).allowed);
    facts.project_roles = PROJECT_SCIENTIST;
    g_assert_false(policy_decide(&actor, VERB_EXPORT_FILE, &facts).allowed);
    /* The author: never where the browser receives pixels alone, and never without the right to the
     * project's files. */
    facts.is_owner = true;
    facts.label_held = true;
    g_assert_false(policy_decide(&actor, VERB_EXPORT_FILE, &facts).allowed);
    facts.tier = TIER_RESTRICTED;
    g_assert_true(policy_decide(&actor, VERB_EXPORT_FILE, &facts).allowed);
    facts.label_held = false;
    g_assert_false(policy_decide(&actor, VERB_EXPORT_FILE, &facts).allowed);
    facts.label_held = true;
    facts.project_roles = 0;
    g_assert_false(policy_decide(&actor, VERB_EXPORT_FILE, &facts).allowed);
}

/* Who has left the project is no outsider. */
static void test_former_member(void)
{
    PolicyActor actor = person;
    actor.roles = ROLE_CHECKER | ROLE_COMMITTEE;
    PolicyFacts facts = {.has_project = true, .tier = TIER_RESTRICTED, .state = STATE_OPEN,
                         .in_review = true};
    static const PolicyVerb verbs[] = {VERB_EXPORT_REVIEW, VERB_EXPORT_FILE, VERB_TERM_COMMITTEE};
    for (size_t i = 0; i < G_N_ELEMENTS(verbs); i++) {
        facts.was_member = false;
        g_assert_true(policy_decide(&actor, verbs[i], &facts).allowed);
        facts.was_member = true;
        g_assert_false(policy_decide(&actor, verbs[i], &facts).allowed);
    }
}

/* A service may use its project's bucket through its own door and nothing else at all. */
static void test_door(void)
{
    PolicyActor door = person;
    door.channel = CHANNEL_DOOR;
    door.roles = 0;
    PolicyFacts facts = good_facts();
    facts.inside = true;
    for (int verb = 0; verb < VERB_COUNT; verb++) {
        bool wanted = verb == VERB_LAKE_PUT || verb == VERB_LAKE_GET || verb == VERB_LAKE_LIST ||
                      verb == VERB_LAKE_DELETE || verb == VERB_DATASET_USE;
        g_assert_cmpint(policy_decide(&door, (PolicyVerb)verb, &facts).allowed, ==, wanted);
    }
    facts.inside = false;
    g_assert_cmpstr(policy_decide(&door, VERB_LAKE_GET, &facts).reason, ==, "policy.door");
}

static void test_encryption(void)
{
    PolicyActor officer = person;
    officer.roles = ROLE_OFFICER;
    PolicyFacts facts = good_facts();
    facts.tier = TIER_SECURE;
    facts.encrypted = false;
    g_assert_cmpstr(policy_decide(&officer, VERB_PROJECT_CREATE, &facts).reason, ==,
                    "policy.encryption");
    facts.accept_unencrypted = true;
    g_assert_true(policy_decide(&officer, VERB_PROJECT_CREATE, &facts).allowed);
    facts.purpose = PURPOSE_ENFORCEMENT;
    g_assert_cmpstr(policy_decide(&officer, VERB_PROJECT_CREATE, &facts).reason, ==,
                    "policy.route_purpose");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/policy/tables", test_tables);
    g_test_add_func("/policy/sets", test_sets);
    g_test_add_func("/policy/nobody", test_nobody);
    g_test_add_func("/policy/stranger", test_stranger);
    g_test_add_func("/policy/terms", test_terms);
    g_test_add_func("/policy/scientist", test_scientist);
    g_test_add_func("/policy/checker", test_checker);
    g_test_add_func("/policy/export-sight", test_export_sight);
    g_test_add_func("/policy/former-member", test_former_member);
    g_test_add_func("/policy/door", test_door);
    g_test_add_func("/policy/encryption", test_encryption);
    return g_test_run();
}
