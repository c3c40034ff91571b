/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/images.h"

#include "base/encode.h"
#include "base/error.h"
#include "base/files.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define IMAGES_MAX_BYTES (256 * 1024)

struct Images {
    char *storage_conf, *tmpdir;
    GPtrArray *list;  /* of Image */
    GPtrArray *names; /* ended by NULL; borrowed */
};

static void image_free(Image *image)
{
    if (image == NULL)
        return;
    g_free(image->name);
    g_free(image->id);
    json_decref(image->command);
    g_free(image);
}

void images_free(Images *images)
{
    if (images == NULL)
        return;
    g_free(images->storage_conf);
    g_free(images->tmpdir);
    g_ptr_array_unref(images->list);
    g_ptr_array_unref(images->names);
    g_free(images);
}

static bool command_ok(const json_t *command)
{
    size_t i;
    json_t *word;
    if (!json_is_array(command) || json_array_size(command) == 0)
        return false;
    json_array_foreach (command, i, word) {
        if (!json_is_string(word))
            return false;
    }
    return true;
}

static bool images_add(Images *images, const char *name, json_t *json)
{
    const char *id = NULL;
    json_t *command = NULL;
    int port = 0;
    if (json_unpack(json, "{s:s, s:i, s:o}", "id", &id, "port", &port, "command", &command) != 0 ||
        *id == '\0' || port < 1 || port > 65535 || !command_ok(command))
        return false;
    Image *image = g_new0(Image, 1);
    image->name = g_strdup(name);
    image->id = g_strdup(id);
    image->command = json_incref(command);
    image->port = port;
    g_ptr_array_add(images->list, image);
    g_ptr_array_add(images->names, image->name);
    return true;
}

static bool images_read(Images *images, const json_t *json)
{
    const char *storage_conf = NULL, *tmpdir = NULL, *name = NULL;
    json_t *list = NULL, *entry = NULL;
    if (json_unpack((json_t *)json, "{s:s, s:s, s:o}", "storage_conf", &storage_conf, "tmpdir",
                    &tmpdir, "images", &list) != 0)
        return false;
    images->storage_conf = g_strdup(storage_conf);
    images->tmpdir = g_strdup(tmpdir);
    json_object_foreach (list, name, entry) {
        if (!images_add(images, name, entry))
            return false;
    }
    g_ptr_array_add(images->names, NULL);
    return true;
}

Images *images_load(const char *store, GError **error)
{
    struct stat st;
    g_autofree char *path = g_build_filename(store, "images.json", NULL);
    g_autofree char *text = NULL;
    size_t size = 0;
    g_autoptr(Images) images = g_new0(Images, 1);
    images->list = g_ptr_array_new_with_free_func((GDestroyNotify)image_free);
    images->names = g_ptr_array_new();
    if (stat(path, &st) < 0) {
        g_ptr_array_add(images->names, NULL);
        return g_steal_pointer(&images);
    }
    if (st.st_uid != geteuid() || (st.st_mode & 022) != 0) {
        error_set(error, ERROR_INTERNAL, "engine.images",
                  "%s can be changed by others than its owner; it is not used.", path);
        return NULL;
    }
    if (!file_read(path, IMAGES_MAX_BYTES, &text, &size, error))
        return NULL;
    g_autoptr(json_t) json = json_parse(text, size, NULL);
    if (json == NULL || !images_read(images, json)) {
        error_set(error, ERROR_INTERNAL, "engine.images",
                  "%s is not understood; make it again with images/build.", path);
        return NULL;
    }
    return g_steal_pointer(&images);
}

const char *images_storage_conf(const Images *images)
{
    return images->storage_conf;
}

const char *images_tmpdir(const Images *images)
{
    return images->tmpdir;
}

const char *const *images_names(const Images *images)
{
    return (const char *const *)(void *)images->names->pdata;
}

const Image *images_find(const Images *images, const char *name)
{
    for (guint i = 0; i < images->list->len; i++) {
        const Image *image = g_ptr_array_index(images->list, i);
        if (strcmp(image->name, name) == 0)
            return image;
    }
    return NULL;
}
