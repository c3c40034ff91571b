/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The configuration file `darse.conf` (key file syntax: groups and `key = value`), where every line
 * is optional. One table holds each option's group, key, type, default, bounds and documentation;
 * `darse config` prints it. Unknown groups, unknown keys and bad values are refused at start.
 */
#ifndef DARSE_BASE_CONFIG_H
#define DARSE_BASE_CONFIG_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct Config Config;

typedef enum ConfigType { CONFIG_TEXT, CONFIG_INTEGER, CONFIG_BOOLEAN } ConfigType;

typedef struct ConfigOption {
    const char *group;
    const char *key;
    ConfigType type;
    const char *fallback;      /* the default, as text */
    int64_t min, max;          /* of a CONFIG_INTEGER */
    const char *documentation; /* one paragraph */
} ConfigOption;

/* The table, ended by a row with group NULL. */
const ConfigOption *config_options(void);

/* Reads <STATE_DIR>/darse.conf; a missing file means all defaults. */
Config *config_load(const char *state_dir, GError **error);
void config_free(Config *config);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Config, config_free)

/* KEY is "group.key" and must be a row of the table (asserted). Texts live as long as CONFIG. */
const char *config_text(const Config *config, const char *key);
int64_t config_integer(const Config *config, const char *key);
bool config_boolean(const Config *config, const char *key);
const char *config_state_dir(const Config *config);

/* The file that holds every default with its documentation, commented out. Caller frees. */
char *config_document(void);

#endif
