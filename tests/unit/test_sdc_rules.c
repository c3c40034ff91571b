/* SPDX-License-Identifier: Apache-2.0 */
/* Domains of the rules, their merge, and a walk through the table of packs. */
#include "sdc/sdc.h"

#include <glib.h>
#include <math.h>
#include <string.h>

static void test_domain(void)
{
    static const struct {
        const char *what;
        SdcRules rules;
        bool ok;
    } cases[] = {
        {"no rule at all", {0}, false},
        {"negative count", {.minimum_count = -1}, false},
        {"count below one", {.minimum_count = 0.5}, false},
        {"count not a number", {.minimum_count = NAN}, false},
        {"count over the limit", {.minimum_count = 1000001}, false},
        {"negative share", {.dominance_percent = {-1}}, false},
        {"share over 100", {.dominance_percent = {100.5}}, false},
        {"share not a number", {.dominance_percent = {NAN}}, false},
        {"rounding to 1", {.minimum_count = 3, .rounding_base = 1}, false},
        {"rounding over the limit", {.minimum_count = 3, .rounding_base = 1000001}, false},
        {"contributors below one", {.minimum_contributors = 0.5}, false},
        {"negative p", {.p_percent = -1}, false},
        {"p not a number", {.p_percent = NAN}, false},
        {"p over q", {.p_percent = 20, .q_percent = 10}, false},
        {"q over 100", {.p_percent = 20, .q_percent = 101}, false},
        {"coalition of ten", {.p_percent = 10, .coalition = SDC_TOP_MAX}, false},
        {"group over 100", {.max_group_percent = 101}, false},
        {"negative margin", {.minimum_count = 3, .margin_percent = -1}, false},
        {"margin over 1000", {.minimum_count = 3, .margin_percent = 1001}, false},
        {"a margin is no rule", {.margin_percent = 10}, false},
        {"a coalition is no rule", {.coalition = 2}, false},
        {"the tenth share not a number", {.dominance_percent = {[SDC_TOP_MAX - 1] = NAN}}, false},
        {"contributors alone", {.minimum_contributors = 3}, true},
        {"the ten largest alone", {.dominance_percent = {[SDC_TOP_MAX - 1] = 99}}, true},
        {"p alone", {.p_percent = 10}, true},
        {"p/q", {.p_percent = 10, .q_percent = 10, .coalition = SDC_TOP_MAX - 1}, true},
        {"groups alone", {.max_group_percent = 100}, true},
        {"smallest count", {.minimum_count = 1}, true},
        {"largest count", {.minimum_count = 1000000}, true},
        {"share of 100", {.dominance_percent = {100}}, true},
        {"rounding alone", {.rounding_base = 2}, true},
        {"zeros alone", {.zero_is_unsafe = true}, true},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        SdcError error = {0};
        bool ok = sdc_rules_check(&cases[i].rules, &error);
        if (ok != cases[i].ok)
            g_error("%s: %s", cases[i].what, error.sentence);
        g_assert_cmpint(error.code, ==, ok ? SDC_ERROR_NONE : SDC_ERROR_RULES);
        g_assert_cmpint(error.sentence[0] != '\0', ==, !ok);
        g_assert_true(sdc_rules_check(&cases[i].rules, NULL) == ok);
    }
}

static void assert_rules(const SdcRules *a, const SdcRules *b)
{
    g_assert_cmpfloat(a->minimum_count, ==, b->minimum_count);
    for (int u = 0; u < SDC_TOP_MAX; u++)
        g_assert_cmpfloat(a->dominance_percent[u], ==, b->dominance_percent[u]);
    g_assert_cmpfloat(a->minimum_contributors, ==, b->minimum_contributors);
    g_assert_cmpfloat(a->p_percent, ==, b->p_percent);
    g_assert_cmpfloat(a->q_percent, ==, b->q_percent);
    g_assert_cmpuint(a->coalition, ==, b->coalition);
    g_assert_cmpfloat(a->max_group_percent, ==, b->max_group_percent);
    g_assert_cmpfloat(a->margin_percent, ==, b->margin_percent);
    g_assert_cmpuint(a->rounding_base, ==, b->rounding_base);
    g_assert_cmpint(a->zero_is_unsafe, ==, b->zero_is_unsafe);
}

static void test_merge(void)
{
    static const struct {
        SdcRules a, b, merged;
    } cases[] = {
        {{.minimum_count = 3, .dominance_percent = {85}}, {.minimum_count = 11},
         {.minimum_count = 11, .dominance_percent = {85}}},
        {{.minimum_count = 3, .dominance_percent = {85}}, {.dominance_percent = {75}},
         {.minimum_count = 3, .dominance_percent = {75}}},
        {{.rounding_base = 4}, {.rounding_base = 6}, {.rounding_base = 12}},
        {{.rounding_base = 5}, {.minimum_count = 5}, {.minimum_count = 5, .rounding_base = 5}},
        {{.rounding_base = 5}, {.rounding_base = 10}, {.rounding_base = 10}},
        {{.dominance_percent = {85, 95}}, {.dominance_percent = {0, 90, 99}},
         {.dominance_percent = {85, 90, 99}}},
        {{.p_percent = 10}, {.p_percent = 8, .q_percent = 50}, {.p_percent = 8, .q_percent = 50}},
        {{.p_percent = 10, .coalition = 2}, {.p_percent = 20}, {.p_percent = 20, .coalition = 2}},
        {{.minimum_count = 3, .coalition = 4}, {.p_percent = 20}, {.minimum_count = 3, .p_percent = 20}},
        {{.minimum_contributors = 3, .margin_percent = 5}, {.max_group_percent = 90, .margin_percent = 20},
         {.minimum_contributors = 3, .max_group_percent = 90, .margin_percent = 20}},
        {{.max_group_percent = 100}, {.max_group_percent = 90}, {.max_group_percent = 90}},
        {{.zero_is_unsafe = true}, {.minimum_count = 3},
         {.minimum_count = 3, .zero_is_unsafe = true}},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        SdcRules ab, ba;
        g_assert_true(sdc_rules_merge(&cases[i].a, &cases[i].b, &ab, NULL));
        g_assert_true(sdc_rules_merge(&cases[i].b, &cases[i].a, &ba, NULL));
        assert_rules(&ab, &cases[i].merged);
        assert_rules(&ba, &cases[i].merged);
    }
}

static void test_merge_refused(void)
{
    SdcRules untouched = {.minimum_count = 42}, out = untouched;
    SdcError error = {0};
    SdcRules a = {.rounding_base = 999983}, b = {.rounding_base = 2}, none = {0};
    g_assert_false(sdc_rules_merge(&a, &b, &out, &error));
    g_assert_cmpint(error.code, ==, SDC_ERROR_RULES);
    assert_rules(&out, &untouched);
    g_assert_false(sdc_rules_merge(&a, &none, &out, &error));
    g_assert_false(sdc_rules_merge(&none, &a, &out, &error));
    assert_rules(&out, &untouched);
}

static void test_top(void)
{
    static const struct {
        SdcRules rules;
        unsigned top;
    } cases[] = {
        {{.minimum_count = 3}, 0}, {{.dominance_percent = {85}}, 1}, {{.dominance_percent = {85, 90}}, 2},
        {{.p_percent = 10}, 2}, {{.p_percent = 10, .coalition = 3}, 4}, {{.coalition = 3, .minimum_count = 3}, 0},
        {{.dominance_percent = {[4] = 99}, .p_percent = 10}, 5},
        {{.p_percent = 10, .coalition = SDC_TOP_MAX - 1}, SDC_TOP_MAX},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
        g_assert_cmpuint(sdc_rules_top(&cases[i].rules), ==, cases[i].top);
}

static void test_packs(void)
{
    size_t n = 0;
    for (const SdcPack *p = sdc_packs(); p->name != NULL; p++, n++) {
        g_assert_true(sdc_pack_find(p->name) == p); /* so no name appears twice */
        g_assert_true(g_regex_match_simple("^[a-z]+(-[a-z0-9]+)*$", p->name, 0, 0));
        g_assert_cmpuint(strlen(p->title), >, 10);
        g_assert_cmpuint(strlen(p->reference), >, 20);
        g_assert_true(sdc_rules_check(&p->rules, NULL));
    }
    g_assert_cmpuint(n, >=, 3);
    g_assert_null(sdc_pack_find("no-such-pack"));
    g_assert_null(sdc_pack_find(""));
    g_assert_null(sdc_pack_find(NULL));
    g_assert_cmpfloat(sdc_pack_find("fr-enterprise")->rules.minimum_count, ==, 3);
    g_assert_cmpfloat(sdc_pack_find("fr-enterprise")->rules.dominance_percent[0], ==, 85);
    g_assert_cmpfloat(sdc_pack_find("fr-tax-person")->rules.minimum_count, ==, 11);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/sdc/rules/domain", test_domain);
    g_test_add_func("/sdc/rules/merge_refused", test_merge_refused);
    g_test_add_func("/sdc/rules/merge", test_merge);
    g_test_add_func("/sdc/rules/top", test_top);
    g_test_add_func("/sdc/rules/packs", test_packs);
    return g_test_run();
}
