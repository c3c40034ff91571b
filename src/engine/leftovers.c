/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/leftovers.h"

#include "base/error.h"
#include "base/files.h"

#include <string.h>

#define COMMAND_LINE_MAX (128 * 1024)
#define CONTAINER_ID_LENGTH 64

void leftover_free(Leftover *leftover)
{
    if (leftover == NULL)
        return;
    g_free(leftover->container_id);
    g_free(leftover->name);
    g_free(leftover);
}

static GStrv words_of(const char *command_line, size_t size)
{
    g_autoptr(GStrvBuilder) words = g_strv_builder_new();
    const char *end = command_line + size;
    for (const char *at = command_line; at < end; at += strnlen(at, (size_t)(end - at)) + 1) {
        g_autofree char *word = g_strndup(at, (size_t)(end - at));
        g_strv_builder_add(words, word);
    }
    return g_strv_builder_end(words);
}

/* The word after OPTION. */
static const char *option_value(char **words, const char *option)
{
    for (char **word = words; word[0] != NULL && word[1] != NULL; word++) {
        if (strcmp(word[0], option) == 0)
            return word[1];
    }
    return NULL;
}

static bool container_id_ok(const char *id)
{
    return id != NULL && strlen(id) == CONTAINER_ID_LENGTH &&
           strspn(id, "0123456789abcdef") == CONTAINER_ID_LENGTH;
}

Leftover *leftover_parse(const char *command_line, size_t size)
{
    g_auto(GStrv) words = words_of(command_line, size);
    if (words[0] == NULL ||
        (strcmp(words[0], "conmon") != 0 && !g_str_has_suffix(words[0], "/conmon")))
        return NULL;
    const char *id = option_value(words, "-c");
    const char *name = option_value(words, "-n");
    if (!container_id_ok(id) || name == NULL)
        return NULL;
    Leftover *leftover = g_new0(Leftover, 1);
    leftover->container_id = g_strdup(id);
    leftover->name = g_strdup(name);
    return leftover;
}

GPtrArray *leftovers_find(void)
{
    GPtrArray *found = g_ptr_array_new_with_free_func((GDestroyNotify)leftover_free);
    g_autoptr(GDir) proc = g_dir_open("/proc", 0, NULL);
    const char *name = NULL;
    while (proc != NULL && (name = g_dir_read_name(proc)) != NULL) {
        g_autofree char *path = g_build_filename("/proc", name, "cmdline", NULL);
        g_autofree char *text = NULL;
        size_t size = 0;
        if (!g_ascii_isdigit(*name) || !file_read(path, COMMAND_LINE_MAX, &text, &size, NULL))
            continue;
        Leftover *leftover = leftover_parse(text, size);
        if (leftover != NULL)
            g_ptr_array_add(found, leftover);
    }
    return found;
}

bool leftover_end(const Leftover *leftover, const char *runtime, GError **error)
{
    char *argv[] = {(char *)runtime, (char *)"delete", (char *)"--force", leftover->container_id,
                    NULL};
    int status = 0;
    if (!g_spawn_sync(NULL, argv, NULL, G_SPAWN_STDOUT_TO_DEV_NULL | G_SPAWN_STDERR_TO_DEV_NULL,
                      NULL, NULL, NULL, NULL, &status, error))
        return false;
    return status == 0 || error_set(error, ERROR_INTERNAL, "engine.leftover",
                                    "%s cannot end what is left of %s.", runtime, leftover->name);
}
