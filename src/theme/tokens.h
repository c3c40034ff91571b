/* SPDX-License-Identifier: Apache-2.0 */
/* The tokens that a theme may replace, with the values of web/src/style/tokens.css (a test of the
 * pages compares them): contrast is checked between what a theme says and what it leaves. */
#ifndef DARSE_THEME_TOKENS_H
#define DARSE_THEME_TOKENS_H

typedef struct ThemeColour {
    const char *name;
    const char *light, *dark;
} ThemeColour;
extern const ThemeColour theme_colours[];   /* ended by a row with name NULL */

typedef struct ThemeMeasure {
    const char *name;
    const char *unit;         /* "px", or "" for a weight */
    int least, most;
} ThemeMeasure;
extern const ThemeMeasure theme_measures[]; /* idem */

/* Words on a ground, or an edge beside it, and the least contrast between them. */
typedef struct ThemePair {
    const char *ink, *ground;
    double least;
} ThemePair;
extern const ThemePair theme_pairs[];       /* ended by a row with ink NULL */

#endif
