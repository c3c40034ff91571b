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
        {"negative share", {.max_share_percent = -1}, false},
        {"share over 100", {.max_share_percent = 100.5}, false},
        {"share not a number", {.max_share_percent = NAN}, false},
        {"rounding to 1", {.minimum_count = 3, .rounding_base = 1}, false},
        {"rounding over the limit", {.minimum_count = 3, .rounding_base = 1000001}, false},
        {"smallest count", {.minimum_count = 1}, true},
        {"largest count", {.minimum_count = 1000000}, true},
        {"share of 100", {.max_share_percent = 100}, true},
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
    g_assert_cmpfloat(a->max_share_percent, ==, b->max_share_percent);
    g_assert_cmpuint(a->rounding_base, ==, b->rounding_base);
    g_assert_cmpint(a->zero_is_unsafe, ==, b->zero_is_unsafe);
}

static void test_merge(void)
{
    static const struct {
        SdcRules a, b, merged;
    } cases[] = {
        {{.minimum_count = 3, .max_share_percent = 85}, {.minimum_count = 11},
         {.minimum_count = 11, .max_share_percent = 85}},
        {{.minimum_count = 3, .max_share_percent = 85}, {.max_share_percent = 75},
         {.minimum_count = 3, .max_share_percent = 75}},
        {{.rounding_base = 4}, {.rounding_base = 6}, {.rounding_base = 12}},
        {{.rounding_base = 5}, {.minimum_count = 5}, {.minimum_count = 5, .rounding_base = 5}},
        {{.rounding_base = 5}, {.rounding_base = 10}, {.rounding_base = 10}},
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
    g_assert_cmpfloat(sdc_pack_find("fr-enterprise")->rules.max_share_percent, ==, 85);
    g_assert_cmpfloat(sdc_pack_find("fr-tax-person")->rules.minimum_count, ==, 11);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/sdc/rules/domain", test_domain);
    g_test_add_func("/sdc/rules/merge_refused", test_merge_refused);
    g_test_add_func("/sdc/rules/merge", test_merge);
    g_test_add_func("/sdc/rules/packs", test_packs);
    return g_test_run();
}
