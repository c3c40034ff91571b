/* SPDX-License-Identifier: Apache-2.0 */
/* Projects, their members, their bucket. */
#include "cli/internal.h"

#include <string.h>

static const CliColumn project_columns[] = {
    {"PROJECT", "slug", CLI_TEXT},  {"TITLE", "title", CLI_TEXT}, {"TIER", "tier", CLI_TEXT},
    {"STATE", "state", CLI_TEXT},   {"MY ROLES", "my_roles", CLI_WORDS}, {"ENDS", "ends", CLI_TIME},
    {0}};
static const CliColumn project_fields[] = {
    {"Project", "slug", CLI_TEXT},       {"Identifier", "id", CLI_TEXT},
    {"Title", "title", CLI_TEXT},        {"Summary", "summary", CLI_TEXT},
    {"Organisation", "organisation.name", CLI_TEXT},
    {"Route", "route", CLI_TEXT},        {"Purpose", "purpose", CLI_TEXT},
    {"Legal basis", "legal_basis", CLI_TEXT}, {"Tier", "tier", CLI_TEXT},
    {"State", "state", CLI_TEXT},        {"Because", "state_reason", CLI_TEXT},
    {"Encrypted", "encrypted", CLI_YES}, {"Bucket quota", "bucket_quota_bytes", CLI_SIZE},
    {"Starts", "starts", CLI_TIME},      {"Ends", "ends", CLI_TIME},
    {"My roles", "my_roles", CLI_WORDS}, {0}};

/* "/projects/<id of the first word><BELOW>". */
static bool project_at(Cli *cli, const char *below, char **ret_path, GError **error)
{
    g_autofree char *id = NULL;
    if (!cli_find_project(cli, cli_word(cli, 0), &id, error))
        return false;
    *ret_path = cli_path("/projects/%s%s", id, below);
    return true;
}

static bool act_list(Cli *cli, GError **error)
{
    return cli_show_list(cli, "/projects?limit=200", project_columns, error);
}

static bool act_show(Cli *cli, GError **error)
{
    g_autofree char *path = NULL;
    return project_at(cli, "", &path, error) && cli_show(cli, path, project_fields, error);
}

static bool act_edit(Cli *cli, GError **error)
{
    g_autofree char *path = NULL;
    g_autoptr(json_t) answer = NULL;
    json_t *body = json_pack("{s:s*, s:s*}", "title", cli_option(cli, "title"), "summary",
                             cli_option(cli, "summary"));
    if (!project_at(cli, "", &path, error)) {
        json_decref(body);
        return false;
    }
    if (!cli_call(cli, "PATCH", path, body, &answer, error))
        return false;
    cli_print_object(cli, answer, project_fields);
    return true;
}

/* ---- members ---- */

static const CliColumn member_columns[] = {
    {"PERSON", "login", CLI_TEXT}, {"NAME", "name", CLI_TEXT}, {"ROLES", "roles", CLI_WORDS},
    {"FROM", "starts", CLI_TIME},  {"UNTIL", "ends", CLI_TIME}, {0}};

static bool act_members(Cli *cli, GError **error)
{
    g_autofree char *path = NULL;
    return project_at(cli, "/members", &path, error) &&
           cli_show_list(cli, path, member_columns, error);
}

static bool act_member_add(Cli *cli, GError **error)
{
    g_autofree char *path = NULL, *until = NULL;
    g_autoptr(json_t) answer = NULL;
    GStrv given = cli_options(cli, "role");
    json_t *roles = json_array();
    for (char **role = given; role != NULL && *role != NULL; role++)
        json_array_append_new(roles, json_string(*role));
    if (given == NULL)
        json_array_append_new(roles, json_string("scientist"));
    json_t *body = json_pack("{s:s, s:o}", "login", cli_word(cli, 1), "roles", roles);
    if ((cli_has(cli, "until") && !cli_time(cli_option(cli, "until"), &until, error)) ||
        !project_at(cli, "/members", &path, error)) {
        json_decref(body);
        return false;
    }
    if (until != NULL)
        json_object_set_new(body, "ends", json_string(until));
    if (!cli_call(cli, "POST", path, body, &answer, error))
        return false;
    cli_print_items(cli, json_object_get(answer, "items"), member_columns);
    return true;
}

static bool act_member_remove(Cli *cli, GError **error)
{
    g_autofree char *path = NULL;
    g_autoptr(json_t) items = NULL;
    if (!project_at(cli, "/members", &path, error) || !cli_list(cli, path, &items, error))
        return false;
    for (size_t i = 0; i < json_array_size(items); i++) {
        const json_t *member = json_array_get(items, i);
        if (strcmp(cli_text(member, "login"), cli_word(cli, 1)) != 0)
            continue;
        g_autofree char *one = cli_path("%s/%s", path, cli_text(member, "person"));
        return cli_call(cli, "DELETE", one, NULL, NULL, error);
    }
    return error_set(error, ERROR_NOT_FOUND, "cli.no_such", "\"%s\" is no member of it.",
                     cli_word(cli, 1));
}

/* ---- journal, data ---- */

static bool act_journal(Cli *cli, GError **error)
{
    static const CliColumn columns[] = {{"TIME", "time", CLI_TIME}, {"WHO", "actor", CLI_TEXT},
                                        {"WHAT", "verb", CLI_TEXT}, {"OUTCOME", "outcome", CLI_TEXT},
                                        {"OF", "object", CLI_TEXT}, {0}};
    g_autofree char *path = NULL;
    g_autoptr(json_t) page = NULL;
    int64_t limit = 50;
    if (!cli_option_integer(cli, "limit", 1, 200, &limit, error) ||
        !project_at(cli, "/journal", &path, error))
        return false;
    g_autofree char *asked = cli_path("%s?limit=%" G_GINT64_FORMAT, path, limit);
    if (!cli_get(cli, asked, &page, error))
        return false;
    cli_print_items(cli, json_object_get(page, "items"), columns);
    return true;
}

/* What an accreditation still lacks. */
static json_t *missing_terms(const json_t *accreditation)
{
    json_t *missing = json_array();
    size_t index;
    const json_t *term;
    json_array_foreach(json_object_get(accreditation, "terms"), index, term) {
        if (!json_is_true(json_object_get(term, "met")) &&
            !json_is_true(json_object_get(term, "holds")))
            json_array_append(missing, json_object_get(term, "term"));
    }
    return missing;
}

static bool act_data(Cli *cli, GError **error)
{
    static const CliColumn columns[] = {
        {"PERSON", "person.login", CLI_TEXT}, {"DATASET", "dataset.title", CLI_TEXT},
        {"LEVEL", "dataset.level", CLI_TEXT}, {"ACCREDITED", "holds", CLI_YES},
        {"MISSING", "missing", CLI_WORDS},    {0}};
    g_autofree char *path = NULL;
    g_autoptr(json_t) items = NULL;
    if (!project_at(cli, "/accreditations", &path, error) || !cli_list(cli, path, &items, error))
        return false;
    for (size_t i = 0; !cli->json && i < json_array_size(items); i++) {
        json_t *item = json_array_get(items, i);
        json_object_set_new(item, "missing", missing_terms(item));
    }
    cli_print_items(cli, items, columns);
    return true;
}

/* ---- the bucket ---- */

static const CliColumn key_fields[] = {
    {"Access key", "access_key", CLI_TEXT}, {"Secret key", "secret_key", CLI_TEXT},
    {"Endpoint", "endpoint", CLI_TEXT},     {"Bucket", "bucket", CLI_TEXT},
    {"Expires", "expires", CLI_TIME},       {0}};

static bool act_bucket(Cli *cli, GError **error)
{
    static const CliColumn fields[] = {
        {"Bucket", "bucket", CLI_TEXT},   {"Endpoint", "endpoint", CLI_TEXT},
        {"Objects", "objects", CLI_NUMBER}, {"Size", "bytes", CLI_SIZE},
        {"Quota", "quota_bytes", CLI_SIZE}, {0}};
    g_autofree char *path = NULL;
    return project_at(cli, "/bucket", &path, error) && cli_show(cli, path, fields, error);
}

static bool act_key_create(Cli *cli, GError **error)
{
    g_autofree char *path = NULL;
    g_autoptr(json_t) answer = NULL;
    if (!project_at(cli, "/lake-keys", &path, error) ||
        !cli_call(cli, "POST", path, NULL, &answer, error))
        return false;
    cli_print_object(cli, answer, key_fields);
    return true;
}

static bool act_key_list(Cli *cli, GError **error)
{
    static const CliColumn columns[] = {{"ACCESS KEY", "access_key", CLI_TEXT},
                                        {"CREATED", "created", CLI_TIME},
                                        {"EXPIRES", "expires", CLI_TIME}, {0}};
    g_autofree char *path = NULL;
    return project_at(cli, "/lake-keys", &path, error) && cli_show_list(cli, path, columns, error);
}

static bool act_key_revoke(Cli *cli, GError **error)
{
    g_autofree char *path = NULL, *key = cli_escape(cli_word(cli, 1));
    if (!project_at(cli, "/lake-keys/", &path, error))
        return false;
    g_autofree char *one = g_strconcat(path, key, NULL);
    return cli_call(cli, "DELETE", one, NULL, NULL, error);
}

/* ---- the table ---- */

static const VerbOption edit_options[] = {
    {"title", 0, "TITLE", "Its new title", NULL, false},
    {"summary", 0, "TEXT", "Its new summary", NULL, false}, CLI_COMMON};
static const VerbOption member_options[] = {
    {"role", 0, "ROLE", "lead, scientist (by default) or business", "lead scientist business", true},
    {"until", 0, "DATE", "The last day; else the project's", NULL, false}, CLI_COMMON};
static const VerbOption journal_options[] = {
    {"limit", 0, "N", "At most so many lines (50)", NULL, false}, CLI_COMMON};

const Verb cli_project_verbs[] = {
    {"project list", "", "The projects that you may see", .act = act_list},
    {"project show", "PROJECT", "One project", .act = act_show},
    {"project edit", "PROJECT", "Change its texts", .act = act_edit, .options = edit_options},
    {"project member list", "PROJECT", "Its members", .act = act_members},
    {"project member add", "PROJECT PERSON", "Add a member, or change their roles and dates",
     .act = act_member_add, .options = member_options,
     .examples = "darse project member add care-use scientist --role scientist --until 90d"},
    {"project member remove", "PROJECT PERSON", "Remove a member", .act = act_member_remove},
    {"project data", "PROJECT", "Who may use which data, and what is missing", .act = act_data},
    {"project journal", "PROJECT", "What happened in it, newest first", .act = act_journal,
     .options = journal_options},
    {"bucket show", "PROJECT", "A project's bucket and its endpoint", .act = act_bucket},
    {"bucket key create", "PROJECT", "Make a key for the S3 API, printed once",
     .act = act_key_create},
    {"bucket key list", "PROJECT", "Your keys", .act = act_key_list},
    {"bucket key revoke", "PROJECT KEY", "Revoke one of them", .act = act_key_revoke},
    {0},
};
