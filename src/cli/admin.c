/* SPDX-License-Identifier: Apache-2.0 */
/* Officers and auditors: people, organisations, projects, the log. */
#include "cli/internal.h"

#include <string.h>

#define PASSWORD_NAME "password"

/* ---- the log ---- */

static bool act_audit_list(Cli *cli, GError **error)
{
    static const CliColumn columns[] = {
        {"ENTRY", "sequence", CLI_NUMBER}, {"TIME", "time", CLI_TIME}, {"WHO", "actor", CLI_TEXT},
        {"WHAT", "verb", CLI_TEXT}, {"OUTCOME", "outcome", CLI_TEXT}, {"OF", "object", CLI_TEXT},
        {"REASON", "reason", CLI_TEXT}, {0}};
    int64_t limit = 50;
    g_autofree char *project = NULL;
    g_autoptr(json_t) page = NULL;
    if (!cli_option_integer(cli, "limit", 1, 200, &limit, error) ||
        (cli_has(cli, "project") && !cli_given_project(cli, &project, error)))
        return false;
    GString *path = g_string_new(NULL);
    g_string_printf(path, "/audit?limit=%" G_GINT64_FORMAT, limit);
    static const char *const names[][2] = {
        {"person", "actor"}, {"object", "object"}, {"verb", "verb"}, {"from", "from"}, {"to", "to"}};
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        const char *value = cli_option(cli, names[i][0]);
        g_autofree char *escaped = value != NULL ? cli_escape(value) : NULL;
        if (escaped != NULL)
            g_string_append_printf(path, "&%s=%s", names[i][1], escaped);
    }
    if (project != NULL)
        g_string_append_printf(path, "&project=%s", project);
    g_autofree char *asked = g_string_free(path, FALSE);
    if (!cli_get(cli, asked, &page, error))
        return false;
    cli_print_items(cli, json_object_get(page, "items"), columns);
    return true;
}

static bool act_audit_entry(Cli *cli, GError **error)
{
    g_autofree char *sequence = cli_escape(cli_word(cli, 0));
    g_autofree char *path = cli_path("/audit/%s/proof", sequence);
    g_autoptr(json_t) answer = NULL;
    if (!cli_get(cli, path, &answer, error))
        return false;
    cli_print_json(answer);
    return true;
}

static bool act_checkpoint(Cli *cli, GError **error)
{
    g_autoptr(json_t) answer = NULL;
    if (!cli_get(cli, "/audit/checkpoint", &answer, error))
        return false;
    g_autofree char *text = cli_clean_lines(cli_text(answer, "checkpoint"));
    if (cli->json)
        cli_print_json(answer);
    else
        fputs(text, stdout);
    return true;
}

/* ---- persons ---- */

static const CliColumn person_columns[] = {
    {"LOGIN", "login", CLI_TEXT}, {"NAME", "name", CLI_TEXT},
    {"ORGANISATION", "organisation.name", CLI_TEXT}, {"ROLES", "roles", CLI_WORDS},
    {"SECOND FACTOR", "has_second_factor", CLI_YES}, {"DISABLED", "disabled", CLI_YES}, {0}};
static const CliColumn person_fields[] = {
    {"Login", "login", CLI_TEXT}, {"Identifier", "id", CLI_TEXT}, {"Name", "name", CLI_TEXT},
    {"E-mail", "email", CLI_TEXT}, {"Organisation", "organisation.name", CLI_TEXT},
    {"Roles", "roles", CLI_WORDS}, {"Language", "language", CLI_TEXT},
    {"Second factor", "has_second_factor", CLI_YES}, {"Disabled", "disabled", CLI_YES}, {0}};

static json_t *texts(GStrv list)
{
    json_t *array = json_array();
    for (char **text = list; text != NULL && *text != NULL; text++)
        json_array_append_new(array, json_string(*text));
    return array;
}

static bool act_person_list(Cli *cli, GError **error)
{
    const char *search = cli_option(cli, "search");
    g_autofree char *words = search != NULL ? cli_escape(search) : NULL;
    g_autofree char *path = words != NULL ? cli_path("/persons?limit=200&q=%s", words)
                                          : g_strdup("/persons?limit=200");
    return cli_show_list(cli, path, person_columns, error);
}

static char *person_at(const Cli *cli, const char *below)
{
    g_autofree char *id = cli_escape(cli_word(cli, 0));
    return cli_path("/persons/%s%s", id, below);
}

static bool person_print(Cli *cli, const char *method, const char *path, json_t *body,
                         GError **error)
{
    g_autoptr(json_t) answer = NULL;
    if (!cli_call(cli, method, path, body, &answer, error))
        return false;
    cli_print_object(cli, answer, person_fields);
    return true;
}

static bool act_person_show(Cli *cli, GError **error)
{
    g_autofree char *path = person_at(cli, "");
    return person_print(cli, "GET", path, NULL, error);
}

static bool act_person_add(Cli *cli, GError **error)
{
    const char *name = NULL, *email = NULL, *organisation = NULL;
    const char *language = cli_option(cli, "language");
    g_autofree char *id = NULL;
    if (!cli_option_needed(cli, "name", &name, error) ||
        !cli_option_needed(cli, "email", &email, error) ||
        !cli_option_needed(cli, "organisation", &organisation, error) ||
        !cli_find_organisation(cli, organisation, &id, error))
        return false;
    char *password = cli_ask(cli, PASSWORD_NAME, "First password of that person", true, error);
    if (password == NULL)
        return false;
    json_t *body = json_pack("{s:s, s:s, s:s, s:s, s:o, s:s, s:s}", "login", cli_word(cli, 0),
                             "name", name, "email", email, "organisation", id, "roles",
                             texts(cli_options(cli, "role")), "language",
                             language != NULL ? language : "fr", "password", password);
    secret_free(password);
    return person_print(cli, "POST", "/persons", body, error);
}

static bool act_person_edit(Cli *cli, GError **error)
{
    g_autofree char *path = person_at(cli, "");
    json_t *body = json_pack("{s:s*, s:s*}", "name", cli_option(cli, "name"), "email",
                             cli_option(cli, "email"));
    if (cli_has(cli, "role"))
        json_object_set_new(body, "roles", texts(cli_options(cli, "role")));
    if (cli_has(cli, "no-role"))
        json_object_set_new(body, "roles", json_array());
    return person_print(cli, "PATCH", path, body, error);
}

static bool act_person_disable(Cli *cli, GError **error)
{
    g_autofree char *path = person_at(cli, "");
    return person_print(cli, "PATCH", path, json_pack("{s:b}", "disabled", 1), error);
}

static bool act_person_enable(Cli *cli, GError **error)
{
    g_autofree char *path = person_at(cli, "");
    return person_print(cli, "PATCH", path, json_pack("{s:b}", "disabled", 0), error);
}

static bool act_person_reset(Cli *cli, GError **error)
{
    g_autofree char *path = person_at(cli, "/reset-second-factor");
    return cli_call(cli, "POST", path, NULL, NULL, error);
}

/* ---- organisations ---- */

static const CliColumn organisation_columns[] = {
    {"ORGANISATION", "name", CLI_TEXT}, {"KIND", "kind", CLI_TEXT}, {"ID", "id", CLI_TEXT}, {0}};

static bool act_organisation_list(Cli *cli, GError **error)
{
    return cli_show_list(cli, "/organisations?limit=200", organisation_columns, error);
}

static bool act_organisation_add(Cli *cli, GError **error)
{
    static const CliColumn fields[] = {{"Organisation", "name", CLI_TEXT}, {"Kind", "kind", CLI_TEXT},
                                       {"Identifier", "id", CLI_TEXT}, {0}};
    const char *kind = cli_option(cli, "kind");
    g_autoptr(json_t) answer = NULL;
    if (!cli_call(cli, "POST", "/organisations",
                  json_pack("{s:s, s:s}", "name", cli_word(cli, 0), "kind",
                            kind != NULL ? kind : "administration"),
                  &answer, error))
        return false;
    cli_print_object(cli, answer, fields);
    return true;
}

/* ---- projects ---- */

static const CliColumn project_fields[] = {
    {"Project", "slug", CLI_TEXT}, {"Identifier", "id", CLI_TEXT}, {"Title", "title", CLI_TEXT},
    {"Tier", "tier", CLI_TEXT},    {"State", "state", CLI_TEXT},
    {"Bucket quota", "bucket_quota_bytes", CLI_SIZE}, {"Ends", "ends", CLI_TIME}, {0}};

static bool project_print(Cli *cli, const char *method, const char *path, json_t *body,
                          GError **error)
{
    g_autoptr(json_t) answer = NULL;
    if (!cli_call(cli, method, path, body, &answer, error))
        return false;
    cli_print_object(cli, answer, project_fields);
    return true;
}

static bool act_project_create(Cli *cli, GError **error)
{
    static const char *const needed[] = {"title", "summary", "route", "purpose", "legal-basis",
                                         "tier", "lead", NULL};
    g_autoptr(json_t) body = json_pack("{s:s}", "slug", cli_word(cli, 0));
    const char *organisation = NULL, *ends = NULL;
    g_autofree char *id = NULL, *until = NULL;
    for (size_t i = 0; needed[i] != NULL; i++) {
        const char *value = NULL;
        if (!cli_option_needed(cli, needed[i], &value, error))
            return false;
        g_autofree char *key = g_strdelimit(g_strdup(needed[i]), "-", '_');
        json_object_set_new(body, key, json_string(value));
    }
    if (!cli_option_needed(cli, "organisation", &organisation, error) ||
        !cli_option_needed(cli, "until", &ends, error) || !cli_time(ends, &until, error) ||
        !cli_find_organisation(cli, organisation, &id, error))
        return false;
    json_object_set_new(body, "organisation", json_string(id));
    json_object_set_new(body, "ends", json_string(until));
    return project_print(cli, "POST", "/projects", json_incref(body), error);
}

static bool project_change(Cli *cli, const char *method, const char *below, json_t *body,
                           GError **error)
{
    g_autoptr(json_t) owned = body;
    g_autofree char *id = NULL;
    if (!cli_find_project(cli, cli_word(cli, 0), &id, error))
        return false;
    g_autofree char *path = cli_path("/projects/%s%s", id, below);
    return project_print(cli, method, path, json_incref(owned), error);
}

static bool project_state(Cli *cli, const char *state, GError **error)
{
    const char *reason = NULL;
    return cli_option_needed(cli, "reason", &reason, error) &&
           project_change(cli, "POST", "/state",
                          json_pack("{s:s, s:s}", "state", state, "reason", reason), error);
}

static bool act_project_open(Cli *cli, GError **error)
{
    return project_state(cli, "open", error);
}

static bool act_project_freeze(Cli *cli, GError **error)
{
    return project_state(cli, "frozen", error);
}

static bool act_project_close(Cli *cli, GError **error)
{
    return project_state(cli, "closed", error);
}

static bool act_project_quota(Cli *cli, GError **error)
{
    char *end = NULL;
    const char *text = cli_word(cli, 1);
    int64_t bytes = g_ascii_strtoll(text, &end, 10);
    if (end == text || *end != '\0' || bytes < 0)
        return error_set(error, ERROR_INVALID, "cli.usage", "A quota is a number of bytes.");
    return project_change(cli, "PATCH", "",
                          json_pack("{s:I}", "bucket_quota_bytes", (json_int_t)bytes), error);
}

static bool act_project_extend(Cli *cli, GError **error)
{
    g_autofree char *until = NULL;
    return cli_time(cli_word(cli, 1), &until, error) &&
           project_change(cli, "PATCH", "", json_pack("{s:s}", "ends", until), error);
}

/* ---- the table ---- */

#define ROLES "officer producer committee checker auditor"
static const VerbOption audit_options[] = {
    CLI_PROJECT,
    {"person", 0, "ID", "Who acted", NULL, false},
    {"object", 0, "ID", "What it was about", NULL, false},
    {"verb", 0, "VERB", "What was done: export.review", NULL, false},
    {"from", 0, "TIME", "Not before", NULL, false},
    {"to", 0, "TIME", "Before", NULL, false},
    {"limit", 0, "N", "At most so many lines (50)", NULL, false}, CLI_COMMON};
static const VerbOption search_options[] = {
    {"search", 0, "WORDS", "Part of a name or login", NULL, false}, CLI_COMMON};
static const VerbOption person_options[] = {
    {"name", 0, "NAME", "Name shown to others", NULL, false},
    {"email", 0, "ADDRESS", "E-mail address", NULL, false},
    {"organisation", 0, "NAME", "Name or identifier", NULL, false},
    {"role", 0, "ROLE", "Platform role", ROLES, true},
    {"language", 0, "CODE", "fr (by default) or en", "fr en", false},
    {"password-fd", 0, "N", "Read the first password from this descriptor", NULL, false},
    CLI_COMMON};
static const VerbOption person_edit_options[] = {
    {"name", 0, "NAME", "Name shown to others", NULL, false},
    {"email", 0, "ADDRESS", "E-mail address", NULL, false},
    {"role", 0, "ROLE", "Platform role, instead of those they have", ROLES, true},
    {"no-role", 0, NULL, "Take every platform role away", NULL, false}, CLI_COMMON};
static const VerbOption kind_options[] = {
    {"kind", 0, "KIND", "administration (by default), statistics, university or company",
     "administration statistics university company", false}, CLI_COMMON};
static const VerbOption project_options[] = {
    {"title", 0, "TITLE", "Its title", NULL, false},
    {"summary", 0, "TEXT", "What it is about", NULL, false},
    {"organisation", 0, "NAME", "Whose it is", NULL, false},
    {"route", 0, "ROUTE", "research or own_administration", "research own_administration", false},
    {"purpose", 0, "PURPOSE", "From the closed list",
     "official_statistics research evaluation management control enforcement", false},
    {"legal-basis", 0, "TEXT", "On what law it rests", NULL, false},
    {"tier", 0, "TIER", "open, restricted or secure", "open restricted secure", false},
    {"lead", 0, "PERSON", "Its lead", NULL, false},
    {"until", 0, "DATE", "Its last day", NULL, false}, CLI_COMMON};
static const VerbOption reason_options[] = {
    {"reason", 0, "TEXT", "Why; shown to its members", NULL, false}, CLI_COMMON};

const Verb cli_admin_verbs[] = {
    {"audit list", "", "Entries of the audit log, newest first", .act = act_audit_list,
     .options = audit_options, .examples = "darse audit list --verb export.review --limit 20"},
    {"audit entry", "SEQUENCE", "One entry, with the proof that it is in the log",
     .act = act_audit_entry},
    {"audit checkpoint", "", "The newest signed checkpoint, to keep elsewhere",
     .act = act_checkpoint},
    {"admin person list", "", "Persons", .act = act_person_list, .options = search_options},
    {"admin person show", "PERSON", "One person", .act = act_person_show},
    {"admin person add", "LOGIN", "Add a person", .act = act_person_add,
     .options = person_options,
     .examples = "darse admin person add m.curie --name 'Marie Curie' --email m.curie@example.fr "
                 "--organisation 'University of La Rade'"},
    {"admin person edit", "PERSON", "Change a person", .act = act_person_edit,
     .options = person_edit_options},
    {"admin person disable", "PERSON", "Close an account", .act = act_person_disable},
    {"admin person enable", "PERSON", "Open it again", .act = act_person_enable},
    {"admin person reset-second-factor", "PERSON", "Take away a lost second factor",
     .act = act_person_reset},
    {"admin organisation list", "", "Organisations", .act = act_organisation_list},
    {"admin organisation add", "NAME", "Add an organisation", .act = act_organisation_add,
     .options = kind_options},
    {"admin project create", "SLUG", "Plan a project", .act = act_project_create,
     .options = project_options},
    {"admin project open", "PROJECT", "Open it", .act = act_project_open,
     .options = reason_options},
    {"admin project freeze", "PROJECT", "Freeze it", .act = act_project_freeze,
     .options = reason_options},
    {"admin project close", "PROJECT", "Close it", .act = act_project_close,
     .options = reason_options},
    {"admin project quota", "PROJECT BYTES", "Room in its bucket", .act = act_project_quota},
    {"admin project extend", "PROJECT DATE", "Another last day", .act = act_project_extend},
    {0},
};
