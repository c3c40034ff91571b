/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/rules.h"

#include "base/error.h"

#include <stddef.h>
#include <string.h>

/* Parameters that are one number; the others have their own lines below. */
static const struct {
    const char *name;
    size_t at;
} numbers[] = {
    {"minimum_count", offsetof(SdcRules, minimum_count)},
    {"minimum_contributors", offsetof(SdcRules, minimum_contributors)},
    {"p_percent", offsetof(SdcRules, p_percent)},
    {"q_percent", offsetof(SdcRules, q_percent)},
    {"max_group_percent", offsetof(SdcRules, max_group_percent)},
    {"margin_percent", offsetof(SdcRules, margin_percent)},
};
static const struct {
    const char *name;
    size_t at;
} integers[] = {
    {"coalition", offsetof(SdcRules, coalition)},
    {"rounding_base", offsetof(SdcRules, rounding_base)},
};

static double *number_in(SdcRules *rules, size_t at)
{
    return (double *)(void *)((char *)rules + at);
}

static unsigned *integer_in(SdcRules *rules, size_t at)
{
    return (unsigned *)(void *)((char *)rules + at);
}

json_t *rules_json(const SdcRules *rules)
{
    SdcRules copy = *rules;
    json_t *object = json_object(), *dominance = json_array();
    for (size_t i = 0; i < G_N_ELEMENTS(numbers); i++)
        json_object_set_new(object, numbers[i].name, json_real(*number_in(&copy, numbers[i].at)));
    for (size_t i = 0; i < G_N_ELEMENTS(integers); i++)
        json_object_set_new(object, integers[i].name,
                            json_integer(*integer_in(&copy, integers[i].at)));
    for (int u = 0; u < SDC_TOP_MAX; u++) {
        if (rules->dominance_percent[u] > 0)
            json_array_append_new(dominance, json_pack("{s:i, s:f}", "contributors", u + 1,
                                                       "percent", rules->dominance_percent[u]));
    }
    json_object_set_new(object, "dominance", dominance);
    json_object_set_new(object, "zero_is_unsafe", json_boolean(rules->zero_is_unsafe));
    return object;
}

static bool parse_dominance(const json_t *list, SdcRules *rules)
{
    size_t i;
    json_t *row;
    if (!json_is_array(list))
        return false;
    json_array_foreach ((json_t *)(uintptr_t)list, i, row) {
        json_t *percent = json_object_get(row, "percent");
        json_t *contributors = json_object_get(row, "contributors");
        json_int_t u = json_integer_value(contributors);
        if (!json_is_integer(contributors) || !json_is_number(percent) ||
            json_object_size(row) != 2 || u < 1 || u > SDC_TOP_MAX ||
            rules->dominance_percent[u - 1] != 0)
            return false;
        rules->dominance_percent[u - 1] = json_number_value(percent);
    }
    return true;
}

static bool parse_one(const char *name, const json_t *value, SdcRules *rules)
{
    for (size_t i = 0; i < G_N_ELEMENTS(numbers); i++) {
        if (strcmp(name, numbers[i].name) == 0) {
            *number_in(rules, numbers[i].at) = json_number_value(value);
            return json_is_number(value);
        }
    }
    for (size_t i = 0; i < G_N_ELEMENTS(integers); i++) {
        if (strcmp(name, integers[i].name) == 0) {
            json_int_t n = json_integer_value(value);
            *integer_in(rules, integers[i].at) = n >= 0 && n <= G_MAXINT ? (unsigned)n : G_MAXUINT;
            return json_is_integer(value);
        }
    }
    if (strcmp(name, "dominance") == 0)
        return parse_dominance(value, rules);
    rules->zero_is_unsafe = json_is_true(value);
    return strcmp(name, "zero_is_unsafe") == 0 && json_is_boolean(value);
}

bool rules_parse(const json_t *object, SdcRules *ret_rules, GError **error)
{
    SdcRules rules = {0};
    SdcError problem;
    const char *name;
    json_t *value;
    if (!json_is_object(object))
        return error_set(error, ERROR_INVALID, "worker.arguments", "\"rules\" is not an object.");
    json_object_foreach ((json_t *)(uintptr_t)object, name, value) {
        if (!parse_one(name, value, &rules))
            return error_set(error, ERROR_INVALID, "worker.arguments",
                             "The rule \"%s\" is unknown, has a wrong type or says two things.",
                             name);
    }
    if (!sdc_rules_check(&rules, &problem))
        return error_set(error, ERROR_INVALID, "worker.arguments", "%s", problem.sentence);
    *ret_rules = rules;
    return true;
}
