/* SPDX-License-Identifier: Apache-2.0 */
#include "theme/tokens.h"

#include <stddef.h>

const ThemeColour theme_colours[] = {
    {"ground", "#f2f5f5", "#0c1517"},
    {"panel", "#ffffff", "#132023"},
    {"sunken", "#e8eeef", "#1b2b2f"},
    {"line", "#d2dcde", "#294046"},
    {"line-strong", "#728790", "#70868e"},
    {"ink", "#11242b", "#e4edef"},
    {"ink-soft", "#465b64", "#a6b8be"},
    {"quay", "#0b3040", "#081113"},
    {"quay-line", "#0b3040", "#22373d"},
    {"quay-ink", "#f2f7f8", "#f2f7f8"},
    {"quay-ink-soft", "#b3c9d1", "#b3c9d1"},
    {"quay-hover", "#164457", "#1a2d32"},
    {"brass", "#e3a83b", "#e3a83b"},
    {"primary", "#0a5b75", "#79c9e1"},
    {"primary-strong", "#07455a", "#a2dbed"},
    {"on-primary", "#ffffff", "#06232d"},
    {"primary-tint", "#e0eff4", "#15343f"},
    {"focus", "#0a5b75", "#f0bd5c"},
    {"good", "#17633a", "#7fd7a3"},
    {"good-tint", "#e0f2e7", "#133021"},
    {"good-edge", "#2f8a58", "#3c8f60"},
    {"wait", "#7a4a00", "#f0c26b"},
    {"wait-tint", "#fcf0d6", "#32270e"},
    {"wait-edge", "#c58a16", "#a67a1f"},
    {"bad", "#9c1f1c", "#ffa199"},
    {"bad-tint", "#fce7e5", "#3b1a18"},
    {"bad-edge", "#c9413b", "#b5514a"},
    {"info", "#0a5b75", "#8bd0e5"},
    {"info-tint", "#e0eff4", "#15343f"},
    {"info-edge", "#3b8aa4", "#3b7c92"},
    {"calm", "#465b64", "#a6b8be"},
    {"calm-tint", "#e8eeef", "#1b2b2f"},
    {"terminal", "#0b2029", "#060c0e"},
    {"terminal-ink", "#e4edef", "#e4edef"},
    {NULL},
};

const ThemeMeasure theme_measures[] = {
    {"radius", "px", 0, 24},
    {"radius-large", "px", 0, 32},
    {"weight-strong", "", 500, 900},
    {"weight-title", "", 400, 900},
    {NULL},
};

#define WORDS 4.5 /* WCAG 2.2, 1.4.3 */
#define EDGES 3.0 /* 1.4.11 */

const ThemePair theme_pairs[] = {
    {"ink", "ground", WORDS},
    {"ink", "panel", WORDS},
    {"ink", "sunken", WORDS},
    {"ink-soft", "ground", WORDS},
    {"ink-soft", "panel", WORDS},
    {"ink-soft", "sunken", WORDS},
    {"primary", "ground", WORDS},
    {"primary", "panel", WORDS},
    {"primary-strong", "panel", WORDS},
    {"on-primary", "primary", WORDS},
    {"on-primary", "primary-strong", WORDS},
    {"quay-ink", "quay", WORDS},
    {"quay-ink-soft", "quay", WORDS},
    {"quay-ink", "quay-hover", WORDS},
    {"good", "good-tint", WORDS},
    {"wait", "wait-tint", WORDS},
    {"bad", "bad-tint", WORDS},
    {"bad", "panel", WORDS},
    {"info", "info-tint", WORDS},
    {"calm", "calm-tint", WORDS},
    {"terminal-ink", "terminal", WORDS},
    {"line-strong", "panel", EDGES},
    {"focus", "ground", EDGES},
    {"focus", "panel", EDGES},
    {NULL},
};
