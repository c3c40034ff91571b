/* SPDX-License-Identifier: Apache-2.0 */
/* Officers: how the platform is, the duties of the clock, the mail, what is used, the log verified. */
#include "cli/internal.h"

#include <string.h>

#define VERIFY_EVERY_US 500000
#define VERIFY_SECONDS 1800

static bool act_overview(Cli *cli, GError **error)
{
    static const CliColumn fields[] = {
        {"Version", "version", CLI_TEXT},          {"Demonstration", "demonstration", CLI_YES},
        {"Store", "store.kind", CLI_TEXT},         {"Store works", "store.ok", CLI_YES},
        {"Engine works", "engine.ok", CLI_YES},    {"Log works", "audit.ok", CLI_YES},
        {"Entries of the log", "audit.entries", CLI_NUMBER},
        {"Duties", "clock.duties", CLI_NUMBER},    {"Duties that fail", "clock.failing", CLI_NUMBER},
        {"Disk free", "disk.free_bytes", CLI_SIZE}, {"Memory", "memory_bytes", CLI_SIZE},
        {"Mail waiting", "mail.due", CLI_NUMBER},  {"Mail failed", "mail.failed", CLI_NUMBER},
        {"Persons", "counts.persons", CLI_NUMBER}, {"Projects open", "counts.projects_open", CLI_NUMBER},
        {"Services running", "counts.services_running", CLI_NUMBER},
        {"Exports waiting", "counts.exports_waiting", CLI_NUMBER},
        {"Applications waiting", "counts.applications_waiting", CLI_NUMBER}, {0}};
    return cli_show(cli, "/admin/overview", fields, error);
}

/* ---- duties and mail ---- */

static bool act_duty_list(Cli *cli, GError **error)
{
    static const CliColumn columns[] = {
        {"DUTY", "name", CLI_TEXT},    {"LAST", "last", CLI_TIME}, {"NEXT", "next", CLI_TIME},
        {"TOOK (MS)", "took_ms", CLI_NUMBER}, {"RUNS", "runs", CLI_NUMBER},
        {"FAILS", "failing", CLI_YES}, {"WHY", "failure", CLI_TEXT}, {0}};
    return cli_show_list(cli, "/admin/duties", columns, error);
}

static bool act_duty_run(Cli *cli, GError **error)
{
    g_autofree char *duty = cli_escape(cli_word(cli, 0));
    g_autofree char *path = cli_path("/admin/duties/%s/run", duty);
    return cli_call(cli, "POST", path, NULL, NULL, error);
}

static bool act_mail_test(Cli *cli, GError **error)
{
    if (!cli_call(cli, "POST", "/admin/mail/test", NULL, NULL, error))
        return false;
    cli_say(cli, "A trial message is on its way to your address.");
    return true;
}

/* ---- what is used ---- */

static bool act_service_list(Cli *cli, GError **error)
{
    static const CliColumn columns[] = {
        {"SERVICE", "id", CLI_TEXT},     {"PERSON", "person.login", CLI_TEXT},
        {"PROJECT", "project.title", CLI_TEXT}, {"KIND", "definition", CLI_TEXT},
        {"STATE", "state", CLI_TEXT},    {"PROCESSORS", "usage.cpus", CLI_NUMBER},
        {"MEMORY", "usage.memory_bytes", CLI_SIZE}, {"ACTIVE", "active", CLI_TIME}, {0}};
    return cli_show_list(cli, "/admin/services", columns, error);
}

static bool act_project_usage(Cli *cli, GError **error)
{
    static const CliColumn columns[] = {
        {"PROJECT", "id", CLI_TEXT},   {"TITLE", "title", CLI_TEXT}, {"TIER", "tier", CLI_TEXT},
        {"STATE", "state", CLI_TEXT},  {"MEMBERS", "members", CLI_NUMBER},
        {"SERVICES", "services_running", CLI_NUMBER}, {"BUCKET", "bucket_bytes", CLI_SIZE},
        {"QUOTA", "bucket_quota_bytes", CLI_SIZE}, {"ENDS", "ends", CLI_TIME}, {0}};
    return cli_show_list(cli, "/admin/projects?limit=200", columns, error);
}

/* ---- the log ---- */

static bool verify_wait(Cli *cli, json_t **ret_check, GError **error)
{
    int64_t until = g_get_monotonic_time() + (int64_t)VERIFY_SECONDS * G_USEC_PER_SEC;
    for (;;) {
        g_autoptr(json_t) check = NULL;
        if (!cli_get(cli, "/admin/audit/verify", &check, error))
            return false;
        if (strcmp(cli_text(check, "state"), "running") != 0) {
            *ret_check = g_steal_pointer(&check);
            return true;
        }
        if (g_get_monotonic_time() > until)
            return error_set(error, ERROR_UNAVAILABLE, "cli.wait",
                             "The verification still runs after %d minutes; it is not waited for any "
                             "longer.", VERIFY_SECONDS / 60);
        g_usleep(VERIFY_EVERY_US);
    }
}

static bool act_audit_verify(Cli *cli, GError **error)
{
    static const CliColumn fields[] = {
        {"The log", "state", CLI_TEXT},    {"Entries", "entries", CLI_NUMBER},
        {"Bodies erased", "erased", CLI_NUMBER}, {"Began", "began", CLI_TIME},
        {"Ended", "ended", CLI_TIME},      {"Because", "detail", CLI_TEXT}, {0}};
    g_autoptr(json_t) check = NULL;
    if (!cli_call(cli, "POST", "/admin/audit/verify", NULL, &check, error))
        return false;
    if (cli_has(cli, "wait")) {
        g_clear_pointer(&check, json_decref);
        if (!verify_wait(cli, &check, error))
            return false;
        cli->ended_badly = strcmp(cli_text(check, "state"), "holds") != 0;
    }
    cli_print_object(cli, check, fields);
    return true;
}

/* ---- organisations ---- */

static bool act_organisation_edit(Cli *cli, GError **error)
{
    g_autofree char *id = NULL;
    if (!cli_find_organisation(cli, cli_word(cli, 0), &id, error))
        return false;
    g_autofree char *path = cli_path("/organisations/%s", id);
    return cli_call(cli, "PATCH", path,
                    json_pack("{s:s*, s:s*}", "name", cli_option(cli, "name"), "kind",
                              cli_option(cli, "kind")),
                    NULL, error);
}

/* ---- the table ---- */

static const VerbOption verify_options[] = {
    {"wait", 'w', NULL, "Wait until it ends; exit code 9 unless the log holds", NULL, false},
    CLI_COMMON};
static const VerbOption organisation_options[] = {
    {"name", 0, "NAME", "Another name", NULL, false},
    {"kind", 0, "KIND", "administration, statistics, university or company",
     "administration statistics university company", false}, CLI_SERVER, {0}};
static const VerbOption server_options[] = {CLI_SERVER, {0}};

const Verb cli_platform_verbs[] = {
    {"admin overview", "", "How the platform is", .act = act_overview},
    {"admin duty list", "", "The duties of the clock", .act = act_duty_list},
    {"admin duty run", "DUTY", "Have one run now", .act = act_duty_run, .options = server_options,
     .examples = "darse admin duty run services.reconcile"},
    {"admin mail test", "", "Send a trial message to yourself", .act = act_mail_test,
     .options = server_options},
    {"admin service list", "", "Running services, whose they are and what they use",
     .act = act_service_list},
    {"admin project usage", "", "Projects, their quotas and what they use",
     .act = act_project_usage},
    {"admin organisation edit", "ORGANISATION", "Change its name or kind",
     .act = act_organisation_edit, .options = organisation_options},
    {"admin audit verify", "", "Have the server verify its whole log", .act = act_audit_verify,
     .options = verify_options,
     .about = "On the machine itself, darse audit verify needs the files alone."},
    {0},
};
