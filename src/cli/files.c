/* SPDX-License-Identifier: Apache-2.0 */
/* ls, cat, cp, mv, rm, mkdir. */
#include "cli/remote.h"

#include "base/files.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEPTH_MAX 64

/* ---- addresses ---- */

void cli_remote_clear(CliRemote *remote)
{
    cli_address_clear(&remote->at);
    g_clear_pointer(&remote->project, g_free);
}

bool cli_remote_parse(Cli *cli, const char *text, CliRemote *ret_remote, GError **error)
{
    g_auto(CliRemote) remote = {0};
    if (!cli_address_parse(text, &remote.at, error))
        return false;
    if (!remote.at.remote)
        return error_set(error, ERROR_INVALID, "cli.usage",
                         "\"%s\" is a local path; a place on the server is PROJECT:/path, "
                         "PROJECT:~/path or s3://PROJECT/key.", text);
    if (!cli_find_project(cli, remote.at.project, &remote.project, error))
        return false;
    *ret_remote = remote;
    remote = (CliRemote){0};
    return true;
}

char *cli_join(const char *folder, const char *name)
{
    return *folder == '\0' ? g_strdup(name) : g_strconcat(folder, "/", name, NULL);
}

char *cli_remote_path(const CliRemote *remote, const char *what, const char *path)
{
    g_autofree char *escaped = cli_escape(path);
    return cli_path("/projects/%s/files%s?place=%s%s%s", remote->project, what, remote->at.place,
                    *path != '\0' ? "&path=" : "", escaped);
}

bool cli_remote_is_folder(Cli *cli, const CliRemote *remote, const char *path, bool *ret_is,
                          GError **error)
{
    g_autofree char *folder = cli_remote_path(remote, "", path);
    g_autofree char *asked = g_strconcat(folder, "&limit=1", NULL);
    g_autoptr(json_t) answer = NULL;
    g_autoptr(GError) problem = NULL;
    if (cli_get(cli, asked, &answer, &problem)) {
        /* A bucket has what begins with the name, or nothing. */
        *ret_is = strcmp(remote->at.place, "bucket") != 0 || *path == '\0' ||
                  json_array_size(json_object_get(answer, "items")) > 0;
        return true;
    }
    if (error_is(problem, ERROR_NOT_FOUND)) {
        *ret_is = false;
        return true;
    }
    g_propagate_error(error, g_steal_pointer(&problem));
    return false;
}

/* ---- ls, cat ---- */

static bool act_ls(Cli *cli, GError **error)
{
    static const CliColumn columns[] = {{"KIND", "kind", CLI_TEXT}, {"SIZE", "size", CLI_SIZE},
                                        {"MODIFIED", "modified", CLI_TIME},
                                        {"NAME", "name", CLI_TEXT}, {0}};
    g_auto(CliRemote) at = {0};
    const char *sort = cli_option(cli, "sort");
    if (!cli_remote_parse(cli, cli_word(cli, 0), &at, error))
        return false;
    g_autofree char *path = cli_remote_path(&at, "", at.at.path);
    g_autofree char *order = sort != NULL ? cli_escape(sort) : g_strdup("name");
    g_autofree char *asked = cli_path("%s&sort=%s&order=%s", path, order,
                                      cli_has(cli, "reverse") ? "descending" : "ascending");
    return cli_show_list(cli, asked, columns, error);
}

static bool print_preview(Cli *cli, const CliRemote *at, GError **error)
{
    g_autofree char *path = cli_remote_path(at, "/preview", at->at.path);
    g_autoptr(json_t) shown = NULL;
    if (!cli_get(cli, path, &shown, error))
        return false;
    const char *kind = cli_text(shown, "kind");
    if (cli->json) {
        cli_print_json(shown);
    } else if (strcmp(kind, "text") == 0) {
        g_autofree char *text = cli_clean_lines(cli_text(shown, "text"));
        fputs(text, stdout);
    } else if (strcmp(kind, "table") == 0) {
        cli_print_rows(cli, shown);
    } else {
        return error_set(error, ERROR_UNPROCESSABLE, "cli.not_shown", "%s",
                         json_object_get(shown, "problem") != NULL
                             ? cli_text(shown, "problem")
                             : "A picture is shown on the project's page.");
    }
    return true;
}

static bool act_cat(Cli *cli, GError **error)
{
    g_auto(CliRemote) at = {0};
    if (!cli_remote_parse(cli, cli_word(cli, 0), &at, error))
        return false;
    if (cli_has(cli, "preview"))
        return print_preview(cli, &at, error);
    return cli_fetch_into(cli, &at, at.at.path, STDOUT_FILENO, error);
}

/* ---- cp ---- */

static bool send_tree(Cli *cli, const CliRemote *to, const char *path, const char *local, int depth,
                      GError **error);

static bool make_folder(Cli *cli, const CliRemote *to, const char *path, GError **error)
{
    g_autofree char *folders = cli_path("/projects/%s/files/folders", to->project);
    g_autoptr(GError) problem = NULL;
    if (strcmp(to->at.place, "bucket") == 0 ||
        cli_call(cli, "POST", folders,
                 json_pack("{s:s, s:s}", "place", to->at.place, "path", path), NULL, &problem) ||
        g_strcmp0(error_reason(problem), "files.exists") == 0)
        return true;
    g_propagate_error(error, g_steal_pointer(&problem));
    return false;
}

static bool send_folder(Cli *cli, const CliRemote *to, const char *path, const char *local,
                        int depth, GError **error)
{
    g_autoptr(GDir) dir = g_dir_open(local, 0, NULL);
    const char *name = NULL;
    if (dir == NULL)
        return error_set(error, ERROR_INVALID, "cli.file", "\"%s\" cannot be listed.", local);
    if (!make_folder(cli, to, path, error))
        return false;
    while ((name = g_dir_read_name(dir)) != NULL) {
        g_autofree char *inner = g_build_filename(local, name, NULL);
        g_autofree char *there = cli_join(path, name);
        if (!send_tree(cli, to, there, inner, depth + 1, error))
            return false;
    }
    return true;
}

static bool send_tree(Cli *cli, const CliRemote *to, const char *path, const char *local, int depth,
                      GError **error)
{
    struct stat st;
    if (lstat(local, &st) < 0)
        return error_set(error, ERROR_NOT_FOUND, "cli.file", "There is no \"%s\".", local);
    if (depth > 0 && !S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode)) {
        fprintf(stderr, "%s: neither a file nor a folder, left out\n", local);
        return true;
    }
    if (!S_ISDIR(st.st_mode))
        return cli_send_file(cli, to, path, local, error);
    if (!cli_has(cli, "recursive") || depth > DEPTH_MAX)
        return error_set(error, ERROR_INVALID, "cli.usage",
                         "\"%s\" is a folder; --recursive sends it with what it holds.", local);
    return send_folder(cli, to, path, local, depth, error);
}

static bool copy_in(Cli *cli, const char *local, const CliRemote *to, bool many, GError **error)
{
    bool folder = many || to->at.folder;
    if (!folder && !cli_remote_is_folder(cli, to, to->at.path, &folder, error))
        return false;
    g_autofree char *name = g_path_get_basename(local);
    g_autofree char *path = folder ? cli_join(to->at.path, name) : g_strdup(to->at.path);
    return send_tree(cli, to, path, local, 0, error);
}

static bool fetch_tree(Cli *cli, const CliRemote *from, const char *path, const char *local,
                       int depth, GError **error);

/* Names come from others: one that would lead elsewhere is left out. */
static bool fetch_folder(Cli *cli, const CliRemote *from, const char *path, const char *local,
                         int depth, GError **error)
{
    g_autofree char *asked = cli_remote_path(from, "", path);
    g_autoptr(json_t) items = NULL;
    size_t index;
    const json_t *item;
    if (!cli_list(cli, asked, &items, error) || !folder_make(local, 0777, error))
        return false;
    json_array_foreach(items, index, item) {
        const char *name = cli_text(item, "name"), *kind = cli_text(item, "kind");
        g_autofree char *there = cli_join(path, name);
        g_autofree char *here = g_build_filename(local, name, NULL);
        if (strchr(name, '/') != NULL || !path_check_relative(name, NULL) ||
            (strcmp(kind, "file") != 0 && strcmp(kind, "folder") != 0)) {
            g_autofree char *clean = cli_clean(there);
            fprintf(stderr, "%s: neither a file nor a folder, left out\n", clean);
            continue;
        }
        bool ok = strcmp(kind, "folder") == 0
                      ? fetch_tree(cli, from, there, here, depth + 1, error)
                      : cli_fetch_file(cli, from, there, here, error);
        if (!ok)
            return false;
    }
    return true;
}

static bool fetch_tree(Cli *cli, const CliRemote *from, const char *path, const char *local,
                       int depth, GError **error)
{
    if (depth > DEPTH_MAX)
        return error_set(error, ERROR_TOO_LARGE, "cli.depth", "\"%s\" lies too deep.", path);
    return fetch_folder(cli, from, path, local, depth, error);
}

static bool copy_out(Cli *cli, const char *text, const char *to, bool many, GError **error)
{
    g_auto(CliRemote) from = {0};
    if (!cli_remote_parse(cli, text, &from, error))
        return false;
    bool into = many || g_file_test(to, G_FILE_TEST_IS_DIR);
    g_autofree char *name = g_path_get_basename(*from.at.path != '\0' ? from.at.path
                                                                      : from.at.project);
    g_autofree char *local = into ? g_build_filename(to, name, NULL) : g_strdup(to);
    if (cli_has(cli, "recursive")) {
        bool folder = false;
        if (!cli_remote_is_folder(cli, &from, from.at.path, &folder, error))
            return false;
        if (folder)
            return fetch_tree(cli, &from, from.at.path, local, 0, error);
    }
    if (*from.at.path == '\0')
        return error_set(error, ERROR_INVALID, "cli.usage",
                         "\"%s\" is a whole place; --recursive fetches it.", text);
    return cli_fetch_file(cli, &from, from.at.path, local, error);
}

/* ---- from one place of the server to another ---- */

/* Through a file of this machine that has no name: what the tier lets nobody fetch, nobody passes on. */
static bool pass_file(Cli *cli, const CliRemote *from, const char *path, const CliRemote *to,
                      const char *there, GError **error)
{
    FD_AUTO int fd = open(g_get_tmp_dir(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd < 0)
        return error_set_errno(error, errno, "cli.file", "There is no room for a copy in %s",
                               g_get_tmp_dir());
    return cli_fetch_into(cli, from, path, fd, error) &&
           cli_send_open(cli, to, there, path, fd, error);
}

static bool pass_folder(Cli *cli, const CliRemote *from, const char *path, const CliRemote *to,
                        const char *there, int depth, GError **error)
{
    g_autofree char *asked = cli_remote_path(from, "", path);
    g_autoptr(json_t) items = NULL;
    size_t index;
    const json_t *item;
    if (depth > DEPTH_MAX)
        return error_set(error, ERROR_TOO_LARGE, "cli.depth", "\"%s\" lies too deep.", path);
    if (!cli_list(cli, asked, &items, error) ||
        (*there != '\0' && !make_folder(cli, to, there, error)))
        return false;
    json_array_foreach(items, index, item) {
        const char *name = cli_text(item, "name"), *kind = cli_text(item, "kind");
        g_autofree char *inner = cli_join(path, name);
        g_autofree char *target = cli_join(there, name);
        bool folder = strcmp(kind, "folder") == 0;
        if (strchr(name, '/') != NULL || !path_check_relative(name, NULL) ||
            (!folder && strcmp(kind, "file") != 0)) {
            g_autofree char *clean = cli_clean(inner);
            fprintf(stderr, "%s: neither a file nor a folder, left out\n", clean);
            continue;
        }
        if (!(folder ? pass_folder(cli, from, inner, to, target, depth + 1, error)
                     : pass_file(cli, from, inner, to, target, error)))
            return false;
    }
    return true;
}

static bool same_place(const CliRemote *a, const CliRemote *b)
{
    return strcmp(a->project, b->project) == 0 && strcmp(a->at.place, b->at.place) == 0;
}

/* A folder that is copied below itself would never end. */
static bool pass_check(const CliRemote *from, const CliRemote *to, const char *there,
                       GError **error)
{
    size_t length = strlen(from->at.path);
    bool same = same_place(from, to) && strncmp(there, from->at.path, length) == 0 &&
                (there[length] == '\0' || there[length] == '/' || length == 0);
    return !same || error_set(error, ERROR_INVALID, "cli.usage",
                              "\"%s\" would be copied onto or below itself.", from->at.path);
}

static bool copy_across(Cli *cli, const char *text, const CliRemote *to, bool many, GError **error)
{
    g_auto(CliRemote) from = {0};
    bool is_folder = false, into = many || to->at.folder;
    if (!cli_remote_parse(cli, text, &from, error) ||
        !cli_remote_is_folder(cli, &from, from.at.path, &is_folder, error) ||
        (!into && !cli_remote_is_folder(cli, to, to->at.path, &into, error)))
        return false;
    g_autofree char *name = g_path_get_basename(from.at.path);
    g_autofree char *there = into && *from.at.path != '\0' ? cli_join(to->at.path, name)
                                                          : g_strdup(to->at.path);
    if (!pass_check(&from, to, there, error))
        return false;
    if (!is_folder)
        return pass_file(cli, &from, from.at.path, to, there, error);
    return cli_has(cli, "recursive")
               ? pass_folder(cli, &from, from.at.path, to, there, 0, error)
               : error_set(error, ERROR_INVALID, "cli.usage",
                           "\"%s\" is a folder; --recursive copies it with what it holds.", text);
}

static bool act_cp(Cli *cli, GError **error)
{
    const char *last = cli_word(cli, cli->count - 1);
    g_auto(CliAddress) to = {0};
    g_auto(CliRemote) remote = {0};
    bool many = cli->count > 2;
    if (!cli_address_parse(last, &to, error) ||
        (to.remote && !cli_remote_parse(cli, last, &remote, error)))
        return false;
    for (int i = 0; i + 1 < cli->count; i++) {
        const char *word = cli_word(cli, i);
        g_auto(CliAddress) from = {0};
        if (!cli_address_parse(word, &from, error))
            return false;
        if (!from.remote && !to.remote)
            return error_set(error, ERROR_INVALID, "cli.usage",
                             "Neither side is on the server; use cp.");
        bool ok = !to.remote    ? copy_out(cli, word, last, many, error)
                  : from.remote ? copy_across(cli, word, &remote, many, error)
                                : copy_in(cli, word, &remote, many, error);
        if (!ok)
            return false;
    }
    return true;
}

/* ---- changing ---- */

static bool act_mv(Cli *cli, GError **error)
{
    g_auto(CliRemote) from = {0}, to = {0};
    if (!cli_remote_parse(cli, cli_word(cli, 0), &from, error) ||
        !cli_remote_parse(cli, cli_word(cli, 1), &to, error))
        return false;
    if (strcmp(from.project, to.project) != 0 || strcmp(from.at.place, to.at.place) != 0)
        return error_set(error, ERROR_INVALID, "cli.usage",
                         "A file keeps its project and its place; copy it instead.");
    bool folder = to.at.folder;
    if (!folder && !cli_remote_is_folder(cli, &to, to.at.path, &folder, error))
        return false;
    g_autofree char *name = g_path_get_basename(from.at.path);
    g_autofree char *target = folder ? cli_join(to.at.path, name) : g_strdup(to.at.path);
    g_autofree char *path = cli_path("/projects/%s/files/move", from.project);
    return cli_call(cli, "POST", path,
                    json_pack("{s:s, s:s, s:s}", "place", from.at.place, "path", from.at.path, "to",
                              target),
                    NULL, error);
}

static bool act_rm(Cli *cli, GError **error)
{
    for (int i = 0; i < cli->count; i++) {
        g_auto(CliRemote) at = {0};
        if (!cli_remote_parse(cli, cli_word(cli, i), &at, error))
            return false;
        if (*at.at.path == '\0')
            return error_set(error, ERROR_INVALID, "cli.usage", "A whole place is not removed.");
        g_autofree char *path = cli_remote_path(&at, "", at.at.path);
        g_autofree char *asked =
            g_strconcat(path, cli_has(cli, "recursive") ? "&recursive=true" : "", NULL);
        if (!cli_call(cli, "DELETE", asked, NULL, NULL, error))
            return false;
    }
    return true;
}

static bool act_mkdir(Cli *cli, GError **error)
{
    g_auto(CliRemote) at = {0};
    if (!cli_remote_parse(cli, cli_word(cli, 0), &at, error))
        return false;
    g_autofree char *path = cli_path("/projects/%s/files/folders", at.project);
    return cli_call(cli, "POST", path,
                    json_pack("{s:s, s:s}", "place", at.at.place, "path", at.at.path), NULL, error);
}

/* ---- the table ---- */

static const VerbOption ls_options[] = {
    {"sort", 0, "BY", "name, size or modified; folders come first", "name size modified", false},
    {"reverse", 'r', NULL, "The other way round", NULL, false}, CLI_COMMON};
static const VerbOption cat_options[] = {
    {"preview", 0, NULL, "Only its beginning, as the tier may show it", NULL, false}, CLI_COMMON};
static const VerbOption cp_options[] = {
    {"recursive", 'r', NULL, "Folders, with what they hold", NULL, false},
    {"replace", 'f', NULL, "Replace what is there", NULL, false}, CLI_SERVER, {0}};
static const VerbOption rm_options[] = {
    {"recursive", 'r', NULL, "Folders, with what they hold", NULL, false}, CLI_SERVER, {0}};
static const VerbOption server_options[] = {CLI_SERVER, {0}};

const Verb cli_file_verbs[] = {
    {"ls", "ADDRESS", "List a folder on the server", .act = act_ls, .options = ls_options,
     .about = "An ADDRESS on the server is PROJECT:/path (the project's files, /project in a bubble), "
              "PROJECT:~/path (your home there) or s3://PROJECT/key (its bucket). Anything else is a "
              "local path.",
     .examples = "darse ls care-use:/results\ndarse ls s3://care-use/ --sort size --reverse"},
    {"cat", "ADDRESS", "Print a file, where the tier lets it out", .act = act_cat,
     .options = cat_options, .examples = "darse cat care-use:/results/t.csv --preview"},
    {"cp", "FROM... TO", "Copy files between here and the server, or between its places", .act = act_cp,
     .options = cp_options,
     .about = "What is sent goes on after a broken connection and is there as a whole or not at all. What "
              "is fetched must be let out by the tier; elsewhere the way out is darse export. Between two "
              "places of the server a file passes through this machine, so that the tier must let it out "
              "too.",
     .examples = "darse cp table.csv care-use:/received/\ndarse cp -r scripts care-use:~/\n"
                 "darse cp s3://open-data/towns.csv .\n"
                 "darse cp -r open-data:/results s3://open-data/results"},
    {"mv", "FROM TO", "Move or rename a file on the server", .act = act_mv,
     .options = server_options},
    {"rm", "ADDRESS...", "Remove files on the server", .act = act_rm, .options = rm_options},
    {"mkdir", "ADDRESS", "Make a folder on the server", .act = act_mkdir,
     .options = server_options},
    {0},
};
