/* SPDX-License-Identifier: Apache-2.0 */
/* The closed lists of the platform, with their names, and the tables of tiers and routes. */
#include "policy/policy.h"

#include <string.h>

static const PolicyName role_names[] = {
    {ROLE_OFFICER, "officer"}, {ROLE_PRODUCER, "producer"}, {ROLE_COMMITTEE, "committee"},
    {ROLE_CHECKER, "checker"}, {ROLE_AUDITOR, "auditor"}, {0, NULL},
};
static const PolicyName project_role_names[] = {
    {PROJECT_LEAD, "lead"}, {PROJECT_SCIENTIST, "scientist"}, {PROJECT_BUSINESS, "business"},
    {0, NULL},
};
static const PolicyName scope_names[] = {
    {SCOPE_READ, "read"}, {SCOPE_WORK, "work"}, {SCOPE_GOVERN, "govern"}, {SCOPE_ADMIN, "admin"},
    {0, NULL},
};
static const PolicyName state_names[] = {
    {STATE_PLANNED, "planned"}, {STATE_OPEN, "open"}, {STATE_FROZEN, "frozen"},
    {STATE_CLOSED, "closed"}, {0, NULL},
};
static const PolicyName tier_names[] = {
    {TIER_OPEN, "open"}, {TIER_RESTRICTED, "restricted"}, {TIER_SECURE, "secure"}, {0, NULL},
};
static const PolicyName level_names[] = {
    {LEVEL_PUBLIC, "public"}, {LEVEL_SCIENTIFIC, "scientific"}, {LEVEL_SECURE, "secure"},
    {0, NULL},
};
static const PolicyName route_names[] = {
    {ROUTE_RESEARCH, "research"}, {ROUTE_OWN_ADMINISTRATION, "own_administration"}, {0, NULL},
};
static const PolicyName purpose_names[] = {
    {PURPOSE_OFFICIAL_STATISTICS, "official_statistics"}, {PURPOSE_RESEARCH, "research"},
    {PURPOSE_EVALUATION, "evaluation"}, {PURPOSE_MANAGEMENT, "management"},
    {PURPOSE_CONTROL, "control"}, {PURPOSE_ENFORCEMENT, "enforcement"}, {0, NULL},
};
static const PolicyName term_names[] = {
    {TERM_PROJECT_OPEN, "project_open"}, {TERM_MEMBER, "member"},
    {TERM_STEWARD_AGREEMENT, "steward_agreement"}, {TERM_COMMITTEE_OPINION, "committee_opinion"},
    {TERM_NEED_TO_KNOW, "need_to_know"}, {TERM_UNDERTAKING, "undertaking"}, {0, NULL},
};

static const PolicyName *const sets[SET_COUNT] = {
    [SET_ROLE] = role_names, [SET_PROJECT_ROLE] = project_role_names, [SET_SCOPE] = scope_names,
    [SET_STATE] = state_names, [SET_TIER] = tier_names, [SET_LEVEL] = level_names,
    [SET_ROUTE] = route_names, [SET_PURPOSE] = purpose_names, [SET_TERM] = term_names,
};

static const PolicyTierRow tiers[TIER_COUNT] = {
    [TIER_OPEN] = {TIER_OPEN, "open", LEVEL_PUBLIC, DISPLAY_WEB, true, true, 0, false, false,
                   true},
    [TIER_RESTRICTED] = {TIER_RESTRICTED, "restricted", LEVEL_PUBLIC | LEVEL_SCIENTIFIC,
                         DISPLAY_WEB, true, false, 1, true, true, false},
    [TIER_SECURE] = {TIER_SECURE, "secure", LEVEL_PUBLIC | LEVEL_SCIENTIFIC | LEVEL_SECURE,
                     DISPLAY_PIXELS, false, false, 2, true, true, false},
};

static const PolicyRouteRow routes[] = {
    {ROUTE_RESEARCH, "research",
     TERM_PROJECT_OPEN | TERM_MEMBER | TERM_STEWARD_AGREEMENT | TERM_COMMITTEE_OPINION |
         TERM_UNDERTAKING,
     PURPOSE_RESEARCH | PURPOSE_EVALUATION | PURPOSE_OFFICIAL_STATISTICS, false},
    {ROUTE_OWN_ADMINISTRATION, "own_administration",
     TERM_PROJECT_OPEN | TERM_MEMBER | TERM_NEED_TO_KNOW | TERM_UNDERTAKING,
     PURPOSE_OFFICIAL_STATISTICS | PURPOSE_EVALUATION | PURPOSE_MANAGEMENT | PURPOSE_CONTROL |
         PURPOSE_ENFORCEMENT,
     true},
};

const PolicyName *policy_names(PolicySet set)
{
    g_assert(set < SET_COUNT);
    return sets[set];
}

const char *policy_name(PolicySet set, unsigned value)
{
    for (const PolicyName *n = policy_names(set); n->name != NULL; n++) {
        if (n->value == value)
            return n->name;
    }
    return "unknown";
}

bool policy_value(PolicySet set, const char *name, unsigned *ret_value)
{
    for (const PolicyName *n = policy_names(set); name != NULL && n->name != NULL; n++) {
        if (strcmp(n->name, name) == 0) {
            *ret_value = n->value;
            return true;
        }
    }
    return false;
}

bool policy_parse_set(PolicySet set, const char *words, unsigned *ret_bits)
{
    unsigned bits = 0;
    g_auto(GStrv) list = g_strsplit(words, " ", -1);
    for (char **word = list; *word != NULL; word++) {
        unsigned value = 0;
        if (**word == '\0')
            continue;
        if (!policy_value(set, *word, &value))
            return false;
        bits |= value;
    }
    *ret_bits = bits;
    return true;
}

char *policy_format_set(PolicySet set, unsigned bits)
{
    GString *text = g_string_new(NULL);
    for (const PolicyName *n = policy_names(set); n->name != NULL; n++) {
        if ((bits & n->value) != 0)
            g_string_append_printf(text, "%s%s", text->len > 0 ? " " : "", n->name);
    }
    return g_string_free(text, FALSE);
}

const PolicyTierRow *policy_tier(PolicyTier tier)
{
    g_assert(tier < TIER_COUNT);
    return &tiers[tier];
}

const PolicyRouteRow *policy_route(PolicyRoute route)
{
    for (size_t i = 0; i < G_N_ELEMENTS(routes); i++) {
        if (routes[i].route == route)
            return &routes[i];
    }
    g_assert_not_reached();
}
