/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/address.h"

#include "base/encode.h"
#include "base/error.h"

#include <string.h>

#define PROJECT_BYTES_MAX 63
#define PATH_BYTES_MAX 1024

void cli_address_clear(CliAddress *address)
{
    g_free(address->project);
    g_free(address->path);
    *address = (CliAddress){0};
}

static bool is_project(const char *text, size_t size)
{
    if (size == 0 || size > PROJECT_BYTES_MAX)
        return false;
    for (size_t i = 0; i < size; i++) {
        if (!g_ascii_islower(text[i]) && !g_ascii_isdigit(text[i]) && text[i] != '-')
            return false;
    }
    return true;
}

/* Objects' keys may begin and end with slashes; names of files never do. */
static bool take_path(CliAddress *address, const char *path, GError **error)
{
    bool is_bucket = strcmp(address->place, "bucket") == 0;
    while (*path == '/' && !is_bucket)
        path++;
    size_t size = strlen(path);
    address->folder = size == 0 || path[size - 1] == '/';
    while (size > 0 && path[size - 1] == '/')
        size--;
    address->path = g_strndup(path, size);
    return size == 0 || text_check(address->path, PATH_BYTES_MAX, false, "The path", error);
}

bool cli_address_parse(const char *text, CliAddress *ret_address, GError **error)
{
    g_auto(CliAddress) address = {0};
    const char *path = NULL;
    size_t project = 0;
    if (g_str_has_prefix(text, "s3://")) {
        text += strlen("s3://");
        project = strcspn(text, "/");
        address.place = "bucket";
        path = text[project] == '/' ? text + project + 1 : text + project;
        if (!is_project(text, project))
            return error_set(error, ERROR_INVALID, "cli.address",
                             "After s3:// comes the short name of a project.");
    } else {
        project = strcspn(text, ":");
        const char *after = text[project] == ':' ? text + project + 1 : NULL;
        if (after != NULL && is_project(text, project) &&
            (*after == '/' || *after == '\0' || strcmp(after, "~") == 0 ||
             g_str_has_prefix(after, "~/"))) {
            address.place = *after == '~' ? "home" : "project";
            path = *after == '~' ? after + 1 : after;
        }
    }
    address.remote = address.place != NULL;
    if (!address.remote) {
        if (*text == '\0')
            return error_set(error, ERROR_INVALID, "cli.address", "An address is empty.");
        address.path = g_strdup(text);
        address.folder = g_str_has_suffix(text, "/");
    } else {
        address.project = g_strndup(text, project);
        if (!take_path(&address, path, error))
            return false;
    }
    *ret_address = address;
    address = (CliAddress){0};
    return true;
}
