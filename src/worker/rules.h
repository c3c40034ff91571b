/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The primary rules as JSON: in the API, in the record of an export, in the worker's arguments. One
 * spelling for all of them; the names are those of SdcRules.
 */
#ifndef DARSE_WORKER_RULES_H
#define DARSE_WORKER_RULES_H

#include "sdc/sdc.h"

#include <glib.h>
#include <jansson.h>

/* Every parameter, 0 where the rule is not in force; "dominance" is a list of {"contributors",
 * "percent"}. Never NULL. */
json_t *rules_json(const SdcRules *rules);
/* A parameter that is not there is 0. False for an unknown one, a wrong type, or a value outside its
 * domain. */
bool rules_parse(const json_t *object, SdcRules *ret_rules, GError **error);

/* Rows of tables of fields (HttpField), for rooms that answer with rules; the worker itself knows no HTTP.
 * DOMINANCE_: a table of DOMINANCE_FIELDS. */
#define DOMINANCE_FIELDS                                                                           \
    {"contributors", HTTP_INTEGER, .required = true, .max = SDC_TOP_MAX,                           \
     .summary = "So many of the largest together"},                                                \
        {"percent", HTTP_NUMBER, .required = true,                                                 \
         .summary = "may have this share of the total at most"},                                   \
        HTTP_SCHEMA("Dominance")
#define RULES_FIELDS(dominance_)                                                                   \
    {"minimum_count", HTTP_NUMBER, .required = true,                                               \
     .summary = "The smallest safe number of units that a cell stands for"},                       \
        {"minimum_contributors", HTTP_NUMBER, .required = true,                                    \
         .summary = "The smallest safe number of respondents, or of groups of enterprises"},       \
        {"dominance", HTTP_LIST, .required = true, .fields = dominance_, .max = SDC_TOP_MAX},      \
        {"p_percent", HTTP_NUMBER, .required = true,                                               \
         .summary = "How close nobody may come to the largest contribution"},                      \
        {"q_percent", HTTP_NUMBER, .required = true,                                               \
         .summary = "How close everybody could before; 0 is 100"},                                 \
        {"coalition", HTTP_INTEGER, .required = true, .max = SDC_TOP_MAX - 1,                      \
         .summary = "Contributors who put together what they know; 0 is 1"},                       \
        {"max_group_percent", HTTP_NUMBER, .required = true,                                       \
         .summary = "Of the units of a total in one of its parts; never all of them"},             \
        {"margin_percent", HTTP_NUMBER, .required = true,                                          \
         .summary = "Protection of cells that have too few units; 0 is 10"},                       \
        {"rounding_base", HTTP_INTEGER, .required = true},                                         \
        {"zero_is_unsafe", HTTP_BOOLEAN, .required = true}

#endif
