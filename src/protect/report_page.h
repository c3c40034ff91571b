/* SPDX-License-Identifier: Apache-2.0 */
/* The texts and the style of the report's page. Private to the room. */
#ifndef DARSE_PROTECT_REPORT_PAGE_H
#define DARSE_PROTECT_REPORT_PAGE_H

#include <glib.h>

typedef enum Text {
    T_TITLE, T_LEAD, T_KEYS, T_SEED, T_WEIGHT, T_RISK, T_BEFORE, T_AFTER, T_CHANGE_OF, T_MEASURE, T_RECORDS,
    T_COLUMNS, T_COMBINATIONS, T_UNIQUES, T_BELOW, T_WILDCARD, T_CATEGORY, T_SMALLEST, T_EXPECTED, T_RATE,
    T_LARGEST, T_HOUSEHOLD, T_SUDA, T_PLOT, T_PLOT_NOTE, T_ALIKE, T_UTILITY, T_UTILITY_NOTE, T_COLUMN,
    T_EMPTY, T_MEAN, T_DEVIATION, T_REMOVED, T_RECODED, T_CHANGED, T_KEPT, T_ADDED, T_LOSSES, T_IL1S,
    T_CORRELATION, T_EIGENVALUES, T_TABLES, T_HELLINGER_MEAN, T_HELLINGER_LARGEST, T_STEPS, T_DONE,
    T_NOTHING, T_FILES, T_FILES_NOTE, T_SENSITIVE, T_DISTINCT, T_DISTANCE, T_ABSENT, T_IDENTIFIERS,
    T_IDENTIFIERS_LEFT, T_NONE_LEFT, T_KEY_USED, T_LIMITS, T_LIMITS_NOTE, T_COUNT
} Text;

/* LANGUAGE: 0 English, 1 French. */
const char *report_text(Text text, int language);
/* The name of a step, a parameter, a figure or a word of a recipe, in words; the word itself where there is
 * none. */
const char *report_word(const char *word, int language);
extern const char report_style[];

#endif
