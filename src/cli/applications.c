/* SPDX-License-Identifier: Apache-2.0 */
/* Applications for data, by those who apply and those who decide. */
#include "cli/internal.h"

#include <string.h>

static const CliColumn columns[] = {
    {"APPLICATION", "id", CLI_TEXT}, {"PROJECT", "project.title", CLI_TEXT},
    {"STATE", "state", CLI_TEXT},    {"BY", "created_by.login", CLI_TEXT},
    {"DATASETS", "datasets", CLI_WORDS}, {"SUBMITTED", "submitted", CLI_TIME}, {0}};
static const CliColumn fields[] = {
    {"Application", "id", CLI_TEXT},   {"Project", "project.title", CLI_TEXT},
    {"State", "state", CLI_TEXT},      {"By", "created_by.login", CLI_TEXT},
    {"Persons", "persons", CLI_WORDS}, {"Datasets", "datasets", CLI_WORDS},
    {"Justification", "justification", CLI_TEXT}, {"Created", "created", CLI_TIME},
    {"Submitted", "submitted", CLI_TIME}, {"Decided", "decided", CLI_TIME},
    {"Opinion", "opinion.outcome", CLI_TEXT}, {0}};

static bool print(Cli *cli, const char *method, const char *path, json_t *body, GError **error)
{
    g_autoptr(json_t) answer = NULL;
    if (!cli_call(cli, method, path, body, &answer, error))
        return false;
    cli_print_object(cli, answer, fields);
    return true;
}

static char *at(const Cli *cli, const char *below)
{
    g_autofree char *id = cli_escape(cli_word(cli, 0));
    return cli_path("/applications/%s%s", id, below);
}

static bool act_list(Cli *cli, GError **error)
{
    const char *path = cli_has(cli, "awaiting-me") ? "/applications?limit=200&awaiting=me"
                                                   : "/applications?limit=200";
    return cli_show_list(cli, path, columns, error);
}

static bool act_show(Cli *cli, GError **error)
{
    g_autofree char *path = at(cli, "");
    return print(cli, "GET", path, NULL, error);
}

static json_t *texts(GStrv list)
{
    json_t *array = json_array();
    for (char **text = list; text != NULL && *text != NULL; text++)
        json_array_append_new(array, json_string(*text));
    return array;
}

static bool act_create(Cli *cli, GError **error)
{
    const char *reason = NULL;
    g_autofree char *project = NULL;
    g_autoptr(json_t) datasets = json_array();
    if (!cli_option_needed(cli, "reason", &reason, error) || !cli_has(cli, "person"))
        return reason != NULL && error_set(error, ERROR_INVALID, "cli.usage", "--person is needed.");
    if (!cli_find_project(cli, cli_word(cli, 0), &project, error))
        return false;
    for (int i = 1; i < cli->count; i++) {
        g_autofree char *id = NULL;
        if (!cli_find_dataset(cli, cli_word(cli, i), &id, error))
            return false;
        json_array_append_new(datasets, json_string(id));
    }
    g_autofree char *path = cli_path("/projects/%s/applications", project);
    return print(cli, "POST", path,
                 json_pack("{s:O, s:o, s:s}", "datasets", datasets, "persons",
                           texts(cli_options(cli, "person")), "justification", reason),
                 error);
}

static bool act_submit(Cli *cli, GError **error)
{
    g_autofree char *path = at(cli, "/submit");
    return print(cli, "POST", path, NULL, error);
}

static bool agree(Cli *cli, const char *outcome, GError **error)
{
    g_autofree char *dataset = NULL, *path = at(cli, "/agreements"), *until = NULL;
    if (!cli_find_dataset(cli, cli_word(cli, 1), &dataset, error) ||
        (cli_has(cli, "until") && !cli_time(cli_option(cli, "until"), &until, error)))
        return false;
    return print(cli, "POST", path,
                 json_pack("{s:s, s:s, s:s*, s:s*}", "dataset", dataset, "outcome", outcome,
                           "comment", cli_option(cli, "comment"), "expires", until),
                 error);
}

static bool act_agree(Cli *cli, GError **error)
{
    return agree(cli, "agreed", error);
}

static bool act_refuse(Cli *cli, GError **error)
{
    return agree(cli, "refused", error);
}

static bool act_opinion(Cli *cli, GError **error)
{
    g_autofree char *path = at(cli, "/opinion"), *until = NULL;
    if (cli_has(cli, "until") && !cli_time(cli_option(cli, "until"), &until, error))
        return false;
    return print(cli, "POST", path,
                 json_pack("{s:s, s:s*, s:s*}", "outcome", cli_word(cli, 1), "comment",
                           cli_option(cli, "comment"), "expires", until),
                 error);
}

static bool act_sign(Cli *cli, GError **error)
{
    g_autofree char *path = at(cli, "/undertaking");
    char *code = cli_ask(cli, "code", "Code of your second factor", true, error);
    if (code == NULL)
        return false;
    json_t *body = json_pack("{s:s}", "code", code);
    secret_free(code);
    return print(cli, "POST", path, body, error);
}

static bool act_withdraw(Cli *cli, GError **error)
{
    g_autofree char *path = at(cli, "/withdraw");
    return print(cli, "POST", path, NULL, error);
}

/* What was given; the rest stays as it is. */
static bool edited(Cli *cli, json_t **ret_body, GError **error)
{
    g_autoptr(json_t) body = json_object();
    g_autofree char *until = NULL;
    if (cli_has(cli, "until") && !cli_time(cli_option(cli, "until"), &until, error))
        return false;
    if (until != NULL)
        json_object_set_new(body, "until", json_string(until));
    if (cli_has(cli, "reason"))
        json_object_set_new(body, "justification", json_string(cli_option(cli, "reason")));
    if (cli_has(cli, "person"))
        json_object_set_new(body, "persons", texts(cli_options(cli, "person")));
    if (cli_has(cli, "dataset")) {
        json_t *datasets = json_array();
        json_object_set_new(body, "datasets", datasets);
        for (char **name = cli_options(cli, "dataset"); *name != NULL; name++) {
            g_autofree char *id = NULL;
            if (!cli_find_dataset(cli, *name, &id, error))
                return false;
            json_array_append_new(datasets, json_string(id));
        }
    }
    *ret_body = g_steal_pointer(&body);
    return true;
}

static bool act_edit(Cli *cli, GError **error)
{
    g_autofree char *path = at(cli, "");
    json_t *body = NULL;
    return edited(cli, &body, error) && print(cli, "PATCH", path, body, error);
}

static bool act_need_to_know(Cli *cli, GError **error)
{
    const char *reason = NULL;
    g_autofree char *project = NULL, *dataset = NULL, *until = NULL;
    g_autoptr(json_t) answer = NULL;
    static const CliColumn signed_fields[] = {{"Fact", "fact", CLI_TEXT}, {0}};
    if (!cli_option_needed(cli, "reason", &reason, error) ||
        (cli_has(cli, "until") && !cli_time(cli_option(cli, "until"), &until, error)) ||
        !cli_find_project(cli, cli_word(cli, 0), &project, error) ||
        !cli_find_dataset(cli, cli_word(cli, 2), &dataset, error))
        return false;
    g_autofree char *path = cli_path("/projects/%s/need-to-know", project);
    if (!cli_call(cli, "POST", path,
                  json_pack("{s:s, s:s, s:s, s:s*}", "person", cli_word(cli, 1), "dataset", dataset,
                            "comment", reason, "expires", until),
                  &answer, error))
        return false;
    cli_print_object(cli, answer, signed_fields);
    return true;
}

static bool act_revoke(Cli *cli, GError **error)
{
    const char *reason = NULL;
    g_autofree char *fact = cli_escape(cli_word(cli, 0));
    g_autofree char *path = cli_path("/facts/%s/revoke", fact);
    return cli_option_needed(cli, "reason", &reason, error) &&
           cli_call(cli, "POST", path, json_pack("{s:s}", "reason", reason), NULL, error);
}

static const VerbOption list_options[] = {
    {"awaiting-me", 0, NULL, "Those alone that wait for you", NULL, false}, CLI_COMMON};
static const VerbOption create_options[] = {
    {"person", 0, "PERSON", "A member whom it is for", NULL, true},
    {"reason", 0, "TEXT", "What the data are needed for", NULL, false}, CLI_COMMON};
static const VerbOption agree_options[] = {
    {"comment", 0, "TEXT", "Shown to the project", NULL, false},
    {"until", 0, "DATE", "The last day of it", NULL, false}, CLI_COMMON};
static const VerbOption edit_options[] = {
    {"dataset", 0, "DATASET", "The datasets, instead of those there", NULL, true},
    {"person", 0, "PERSON", "The members whom it is for, instead of those there", NULL, true},
    {"reason", 0, "TEXT", "What the data are needed for", NULL, false},
    {"until", 0, "DATE", "Until when they are needed", NULL, false}, CLI_COMMON};
static const VerbOption need_options[] = {
    {"reason", 0, "TEXT", "Why the person needs it", NULL, false},
    {"until", 0, "DATE", "The last day of it", NULL, false}, CLI_COMMON};
static const VerbOption sign_options[] = {CLI_CODE_FD, CLI_COMMON};
static const VerbOption revoke_options[] = {
    {"reason", 0, "TEXT", "Why", NULL, false}, CLI_COMMON};

const Verb cli_application_verbs[] = {
    {"application list", "", "Applications for data", .act = act_list, .options = list_options},
    {"application show", "APPLICATION", "One application", .act = act_show},
    {"application create", "PROJECT DATASET...", "Apply for datasets", .act = act_create,
     .options = create_options,
     .examples = "darse application create care-use health-insurance/person-years-fpr "
                 "--person scientist --reason 'Visits by state of health'"},
    {"application edit", "APPLICATION", "Change a draft, or an adjourned application",
     .act = act_edit, .options = edit_options},
    {"application withdraw", "APPLICATION", "Give a draft up, or withdraw what was submitted",
     .act = act_withdraw},
    {"application submit", "APPLICATION", "Submit it", .act = act_submit},
    {"application agree", "APPLICATION DATASET", "As steward: agree", .act = act_agree,
     .options = agree_options},
    {"application refuse", "APPLICATION DATASET", "As steward: refuse", .act = act_refuse,
     .options = agree_options},
    {"application opinion", "APPLICATION OUTCOME",
     "As committee: favourable, adjourned or refused", .act = act_opinion,
     .options = agree_options,
     .examples = "darse application opinion app-... favourable --until 2027-12-31"},
    {"application sign", "APPLICATION", "Sign your undertaking with a code", .act = act_sign,
     .options = sign_options},
    {"project need-to-know", "PROJECT PERSON DATASET", "As lead: confirm that a member needs a dataset",
     .act = act_need_to_know, .options = need_options,
     .examples = "darse project need-to-know care-use scientist health-insurance/person-years-fpr "
                 "--reason 'Follows the visits by state of health' --until 2027-12-31"},
    {"fact revoke", "FACT", "Take a signature back", .act = act_revoke, .options = revoke_options},
    {0},
};
