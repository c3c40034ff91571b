/* SPDX-License-Identifier: Apache-2.0 */
/* The table of options and its reader. Parsing is GLib's GKeyFile. */
#include "base/config.h"

#include "base/error.h"

#include <errno.h>
#include <string.h>

static const ConfigOption options[] = {
    {"server", "listen", CONFIG_TEXT, "127.0.0.1", 0, 0,
     "Address that the portal and the S3 lake listen on. A demonstration refuses any other than "
     "loopback."},
    {"server", "port", CONFIG_INTEGER, "8080", 0, 65535,
     "Port of the portal and of the services' origins. 0: any free one, told in run/ready.json."},
    {"server", "lake_port", CONFIG_INTEGER, "8081", 0, 65535,
     "Port of the S3 API. 0: any free one, told in run/ready.json."},
    {"server", "public_url", CONFIG_TEXT, "", 0, 0,
     "Address that people type, for example https://darse.example.fr. Empty: "
     "http://localhost:<port>."},
    {"server", "services_domain", CONFIG_TEXT, "localhost", 0, 0,
     "Each service has its own origin, <id>.<services_domain>. Needs a wildcard name in DNS when it "
     "is not localhost."},
    {"server", "user", CONFIG_TEXT, "darse", 0, 0,
     "System user that the server process becomes when Darse is started as root."},
    {"server", "max_connections", CONFIG_INTEGER, "1000", 10, 100000,
     "Connections served at once; more wait."},
    {"server", "max_body_bytes", CONFIG_INTEGER, "1048576", 1024, 1073741824,
     "Largest JSON body of an API call."},
    {"server", "check_answers", CONFIG_BOOLEAN, "false", 0, 0,
     "For tests: an answer that the API document does not foresee becomes an internal error."},
    {"server", "log_level", CONFIG_TEXT, "info", 0, 0, "debug, info, warning or error."},
    {"metrics", "port", CONFIG_INTEGER, "0", 0, 65535,
     "Port of a listener of its own for /metrics (Prometheus) and /healthz with its parts. 0: there is "
     "none."},
    {"metrics", "listen", CONFIG_TEXT, "127.0.0.1", 0, 0,
     "Address of that listener. Any other than loopback needs a token."},
    {"metrics", "token_file", CONFIG_TEXT, "", 0, 0,
     "File with the token that the metrics ask for (16 characters or more), readable by the server's "
     "user. Empty: none, on loopback."},
    {"api", "requests_per_address", CONFIG_INTEGER, "12000", 0, 10000000,
     "Requests a minute that one network address may send, signed in or not; a fifth may come at "
     "once. 0: no limit. Raise it when a proxy in front makes everybody one address."},
    {"api", "reads_per_person", CONFIG_INTEGER, "3000", 0, 10000000,
     "Requests a minute that one person may send to read. 0: no limit."},
    {"api", "writes_per_person", CONFIG_INTEGER, "600", 0, 10000000,
     "Requests a minute that one person may send to change something. 0: no limit."},
    {"web", "theme", CONFIG_TEXT, "", 0, 0,
     "Theme file (docs/theme.md): colours, fonts, logo, names, links of the footer. Readable by the "
     "server's user."},
    {"store", "url", CONFIG_TEXT, "", 0, 0,
     "Database. Empty: SQLite in the state directory. Otherwise a PostgreSQL address, "
     "postgresql://user@host/database; its password comes from store.password_file."},
    {"store", "password_file", CONFIG_TEXT, "", 0, 0,
     "File that holds the database password, readable by the server's user alone."},
    {"identity", "session_hours", CONFIG_INTEGER, "12", 1, 720,
     "A session ends after this many hours, whatever happens."},
    {"identity", "session_idle_minutes", CONFIG_INTEGER, "120", 1, 10080,
     "A session ends after this long without a request."},
    {"identity", "sign_in_attempts", CONFIG_INTEGER, "10", 3, 1000,
     "Failed sign-ins allowed per account in ten minutes; ten times as many per network address."},
    {"engine", "podman", CONFIG_TEXT, "podman", 0, 0, "The podman program."},
    {"engine", "runtime", CONFIG_TEXT, "crun", 0, 0, "The OCI runtime that podman uses."},
    {"engine", "id_range_start", CONFIG_INTEGER, "200000", 100000, 2000000000,
     "First host user id given to projects; each takes 65536."},
    {"engine", "accept_unencrypted_secure", CONFIG_BOOLEAN, "false", 0, 0,
     "Accept secure projects although the state directory's file system cannot encrypt "
     "(fscrypt). Say yes only if the disk is encrypted below."},
    {"engine", "accept_unencrypted_restricted", CONFIG_BOOLEAN, "true", 0, 0,
     "Accept restricted projects although the file system cannot encrypt."},
    {"worker", "timeout_seconds", CONFIG_INTEGER, "120", 1, 3600,
     "A worker that reads a person's file is killed after this long."},
    {"worker", "memory_mib", CONFIG_INTEGER, "1024", 128, 65536, "Memory that one worker may use."},
    {"sources", "max_upload_bytes", CONFIG_INTEGER, "10737418240", 1024, INT64_MAX / 2,
     "Largest file that a producer may publish as a dataset."},
    {"airlock", "max_file_bytes", CONFIG_INTEGER, "16777216", 1024, 1073741824,
     "Largest file of an export request."},
    {"airlock", "max_rows", CONFIG_INTEGER, "5000", 1, 10000000,
     "Most rows in a table of an export request."},
    {"airlock", "max_files", CONFIG_INTEGER, "20", 1, 1000, "Most files in one export request."},
    {"lake", "max_object_bytes", CONFIG_INTEGER, "5497558138880", 1, INT64_MAX / 2,
     "Largest object."},
    {"lake", "project_quota_bytes", CONFIG_INTEGER, "10737418240", 0, INT64_MAX / 2,
     "Room in a new project's bucket; an officer changes it per project."},
    {"files", "max_upload_bytes", CONFIG_INTEGER, "10737418240", 1, INT64_MAX / 2,
     "Largest file that a person may send to a project's files or bucket through the pages."},
    {"files", "keep_free_bytes", CONFIG_INTEGER, "1073741824", 0, INT64_MAX / 2,
     "Room on the disk that uploads leave free."},
    {"services", "max_per_person", CONFIG_INTEGER, "3", 1, 100,
     "Services that one person may run at once."},
    {"services", "memory_mib", CONFIG_INTEGER, "2048", 256, 1048576,
     "Memory of a service whose person does not choose."},
    {"services", "memory_mib_max", CONFIG_INTEGER, "16384", 256, 1048576,
     "The most memory that a service may have; never more than the machine's. The engine refuses more."},
    {"services", "memory_mib_per_person", CONFIG_INTEGER, "32768", 256, 1048576,
     "Memory that the running services of one person may have together."},
    {"services", "cpus", CONFIG_INTEGER, "2", 1, 1024,
     "Processors of a service whose person does not choose."},
    {"services", "cpus_max", CONFIG_INTEGER, "8", 1, 1024,
     "The most processors that a service may have; never more than the machine's. The engine refuses "
     "more."},
    {"services", "cpus_per_person", CONFIG_INTEGER, "16", 1, 1024,
     "Processors that the running services of one person may have together."},
    {"services", "hours", CONFIG_INTEGER, "12", 1, 720,
     "A service whose person does not choose is stopped after this many hours."},
    {"services", "hours_max", CONFIG_INTEGER, "168", 1, 720,
     "The longest lifetime that a person may choose, at the launch or when it is prolonged."},
    {"services", "hours_in_all", CONFIG_INTEGER, "720", 1, 8760,
     "The longest life of a service, however often it is prolonged; never past its project's last day, "
     "nor longer than its definition says."},
    {"services", "pids", CONFIG_INTEGER, "512", 32, 100000, "Processes of a service."},
    {"services", "start_timeout_seconds", CONFIG_INTEGER, "60", 5, 3600,
     "A service that is not ready by then is stopped and its launch marked failed."},
    {"mail", "server", CONFIG_TEXT, "", 0, 0,
     "Name or address of the mail server (SMTP). Empty: nothing is sent, people read their notices on "
     "the pages."},
    {"mail", "port", CONFIG_INTEGER, "0", 0, 65535,
     "Port of the mail server. 0: the usual one of mail.tls (587, 465 or 25)."},
    {"mail", "tls", CONFIG_TEXT, "starttls", 0, 0,
     "How the connection is encrypted: starttls (and nothing is sent where the server refuses it), tls "
     "from the first byte, or none."},
    {"mail", "ca_file", CONFIG_TEXT, "", 0, 0,
     "Certificates (PEM) that the mail server's own must descend from. Empty: the system's."},
    {"mail", "user", CONFIG_TEXT, "", 0, 0, "Account on the mail server. Empty: none is asked for."},
    {"mail", "password_file", CONFIG_TEXT, "", 0, 0,
     "File that holds the password of mail.user, readable by the server's user alone. Read anew for each "
     "connection, so that a new password needs no restart."},
    {"mail", "sender", CONFIG_TEXT, "", 0, 0, "Address that mail comes from."},
    {"mail", "retry_seconds", CONFIG_INTEGER, "60", 1, 86400,
     "A mail that the server did not take is offered again after this long, then after twice as long, "
     "and so on: ten times in all."},
    {"mail", "digest_hour", CONFIG_INTEGER, "7", 0, 23,
     "Hour, in the server's time zone, from which the day's digests are sent."},
    {NULL, NULL, CONFIG_TEXT, NULL, 0, 0, NULL},
};

typedef struct ConfigValue {
    char *text;
    int64_t integer;
    bool boolean;
} ConfigValue;

struct Config {
    char *state_dir;
    ConfigValue values[G_N_ELEMENTS(options)];
};

const ConfigOption *config_options(void)
{
    return options;
}

static int config_find(const char *group, const char *key)
{
    for (int i = 0; options[i].group != NULL; i++) {
        if (strcmp(options[i].group, group) == 0 && strcmp(options[i].key, key) == 0)
            return i;
    }
    return -1;
}

static bool config_parse_integer(const ConfigOption *option, const char *text, int64_t *ret_value,
                                 GError **error)
{
    char *end = NULL;
    errno = 0;
    int64_t value = g_ascii_strtoll(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || value < option->min || value > option->max)
        return error_set(error, ERROR_INVALID, "config.integer",
                         "%s.%s is \"%s\"; it must be a whole number from %" G_GINT64_FORMAT
                         " to %" G_GINT64_FORMAT ".",
                         option->group, option->key, text, option->min, option->max);
    *ret_value = value;
    return true;
}

static bool config_parse_boolean(const ConfigOption *option, const char *text, bool *ret_value,
                                 GError **error)
{
    bool yes = strcmp(text, "true") == 0 || strcmp(text, "yes") == 0;
    bool no = strcmp(text, "false") == 0 || strcmp(text, "no") == 0;
    if (!yes && !no)
        return error_set(error, ERROR_INVALID, "config.boolean",
                         "%s.%s is \"%s\"; it must be true or false.", option->group, option->key,
                         text);
    *ret_value = yes;
    return true;
}

static bool config_set(Config *config, int row, const char *text, GError **error)
{
    const ConfigOption *option = &options[row];
    ConfigValue *value = &config->values[row];
    if (option->type == CONFIG_INTEGER &&
        !config_parse_integer(option, text, &value->integer, error))
        return false;
    if (option->type == CONFIG_BOOLEAN &&
        !config_parse_boolean(option, text, &value->boolean, error))
        return false;
    g_free(value->text);
    value->text = g_strdup(text);
    return true;
}

static bool config_read_group(Config *config, GKeyFile *file, const char *group, GError **error)
{
    g_auto(GStrv) keys = g_key_file_get_keys(file, group, NULL, error);
    if (keys == NULL)
        return false;
    for (char **key = keys; *key != NULL; key++) {
        int row = config_find(group, *key);
        if (row < 0)
            return error_set(error, ERROR_INVALID, "config.unknown",
                             "There is no option %s.%s; see `darse config`.", group, *key);
        g_autofree char *text = g_key_file_get_string(file, group, *key, error);
        if (text == NULL || !config_set(config, row, g_strstrip(text), error))
            return false;
    }
    return true;
}

static bool config_read_file(Config *config, const char *path, GError **error)
{
    if (!g_file_test(path, G_FILE_TEST_EXISTS))
        return true;
    g_autoptr(GKeyFile) file = g_key_file_new();
    if (!g_key_file_load_from_file(file, path, G_KEY_FILE_NONE, error)) {
        g_prefix_error(error, "%s: ", path);
        return false;
    }
    g_auto(GStrv) groups = g_key_file_get_groups(file, NULL);
    for (char **group = groups; *group != NULL; group++) {
        if (!config_read_group(config, file, *group, error)) {
            g_prefix_error(error, "%s: ", path);
            return false;
        }
    }
    return true;
}

Config *config_load(const char *state_dir, GError **error)
{
    g_autoptr(Config) config = g_new0(Config, 1);
    config->state_dir = g_canonicalize_filename(state_dir, NULL);
    for (int i = 0; options[i].group != NULL; i++) {
        if (!config_set(config, i, options[i].fallback, error))
            return NULL;
    }
    g_autofree char *path = g_build_filename(config->state_dir, "darse.conf", NULL);
    if (!config_read_file(config, path, error))
        return NULL;
    return g_steal_pointer(&config);
}

void config_free(Config *config)
{
    if (config == NULL)
        return;
    for (size_t i = 0; i < G_N_ELEMENTS(options); i++)
        g_free(config->values[i].text);
    g_free(config->state_dir);
    g_free(config);
}

static const ConfigValue *config_value(const Config *config, const char *key, ConfigType type)
{
    const char *dot = strchr(key, '.');
    g_assert(dot != NULL);
    g_autofree char *group = g_strndup(key, (size_t)(dot - key));
    int row = config_find(group, dot + 1);
    g_assert(row >= 0 && options[row].type == type);
    return &config->values[row];
}

const char *config_text(const Config *config, const char *key)
{
    return config_value(config, key, CONFIG_TEXT)->text;
}

int64_t config_integer(const Config *config, const char *key)
{
    return config_value(config, key, CONFIG_INTEGER)->integer;
}

bool config_boolean(const Config *config, const char *key)
{
    return config_value(config, key, CONFIG_BOOLEAN)->boolean;
}

const char *config_state_dir(const Config *config)
{
    return config->state_dir;
}

char *config_document(void)
{
    GString *text = g_string_new("# Darse configuration. Every line is optional; the values shown "
                                 "are the defaults.\n");
    const char *group = "";
    for (const ConfigOption *o = options; o->group != NULL; o++) {
        if (strcmp(group, o->group) != 0)
            g_string_append_printf(text, "\n[%s]\n", o->group);
        group = o->group;
        g_string_append_printf(text, "# %s\n", o->documentation);
        if (o->type == CONFIG_INTEGER)
            g_string_append_printf(text, "# From %" G_GINT64_FORMAT " to %" G_GINT64_FORMAT ".\n",
                                   o->min, o->max);
        g_string_append_printf(text, "#%s = %s\n", o->key, o->fallback);
    }
    return g_string_free(text, FALSE);
}
