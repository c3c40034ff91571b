/* SPDX-License-Identifier: Apache-2.0 */
/* Use files made of a raw file by recipes, as a producer makes them: begun together, since the server works
 * on several at once, then published one after the other. */
#include "demo/load.h"

#include "base/encode.h"
#include "base/error.h"
#include "base/files.h"
#include "base/times.h"

#include <stdio.h>
#include <string.h>

#define RECIPE_BYTES_MAX (900 * 1024)
#define MADE_LIMIT_MS (2 * TIME_MINUTE_MS)
#define LOOK_AFTER_US 100000   /* twice as long each time: a look counts against the limit of calls */
#define LOOK_AT_MOST_US 1600000
#define USE_FILES_MAX 4

static bool is_published(const json_t *there, const char *slug)
{
    const json_t *datasets = json_object_get(there, "datasets");
    for (size_t i = 0; i < json_array_size(datasets); i++) {
        const json_t *one = json_array_get(datasets, i);
        if (strcmp(demo_text(one, "slug"), slug) == 0 && strcmp(demo_text(one, "state"), "published") == 0)
            return true;
    }
    return false;
}

/* What an interrupted loading left: its raw file is gone, or nobody has read its report. */
static bool discard_left(DemoPerson *steward, const char *source, GError **error)
{
    g_autofree char *path = g_strdup_printf("/api/v1/sources/%s/protections", source);
    g_autoptr(json_t) list = NULL;
    if (!demo_get(steward, path, &list, error))
        return false;
    const json_t *items = json_object_get(list, "items");
    for (size_t i = 0; i < json_array_size(items); i++) {
        const json_t *one = json_array_get(items, i);
        const char *state = demo_text(one, "state");
        if (strcmp(state, "waiting") != 0 && strcmp(state, "ready") != 0)
            continue;
        g_autofree char *target =
            g_strdup_printf("/api/v1/protections/%s/discard", demo_text(one, "id"));
        if (!demo_call(steward, "POST", target, NULL, 200, NULL, error))
            return false;
    }
    return true;
}

static json_t *labels_of(const DemoVariable *variables)
{
    json_t *list = json_array();
    for (; variables->name != NULL; variables++)
        json_array_append_new(list, json_pack("{s:s, s:s}", "name", variables->name, "label",
                                              variables->label));
    return list;
}

static bool read_recipe(const char *folder, const char *name, json_t **ret_recipe, GError **error)
{
    g_autofree char *path = g_build_filename(folder, name, NULL);
    g_autofree char *text = NULL;
    size_t size = 0;
    if (!file_read(path, RECIPE_BYTES_MAX, &text, &size, error))
        return false;
    *ret_recipe = json_parse(text, size, error);
    return *ret_recipe != NULL;
}

static bool send_raw(DemoPerson *steward, const char *protection, const char *folder, const char *file,
                     GError **error)
{
    g_autofree char *path = g_build_filename(folder, file, NULL);
    g_autofree char *target =
        g_strdup_printf("/api/v1/protections/%s/file?name=%s", protection, file);
    g_autoptr(json_t) answer = NULL;
    int status = 0;
    if (!http_client_upload(demo_person_client(steward), "PUT", target, "text/csv", path, &status, &answer,
                            error))
        return false;
    return status == 202 || error_set(error, ERROR_UNPROCESSABLE, "demo.file", "%s was refused: %d %s",
                                      file, status, demo_text(answer, "detail"));
}

static bool begin(DemoPerson *steward, const DemoSource *source, const char *id, const DemoDataset *dataset,
                  const char *folder, char **ret_protection, GError **error)
{
    g_autofree char *path = g_strdup_printf("/api/v1/sources/%s/protections", id);
    g_autoptr(json_t) recipe = NULL;
    g_autoptr(json_t) made = NULL;
    if (!read_recipe(folder, dataset->recipe, &recipe, error) ||
        !demo_call(steward, "POST", path,
                   json_pack("{s:s, s:s, s:s, s:s, s:O, s:o}", "title", dataset->title, "slug",
                             dataset->slug, "vintage", source->vintage, "level", dataset->level, "recipe",
                             recipe, "variables", labels_of(source->variables)),
                   201, &made, error))
        return false;
    *ret_protection = g_strdup(demo_text(made, "id"));
    return send_raw(steward, *ret_protection, folder, dataset->file, error);
}

static bool wait_made(DemoPerson *steward, const char *protection, GError **error)
{
    g_autofree char *path = g_strdup_printf("/api/v1/protections/%s", protection);
    int64_t until = time_monotonic_ms() + MADE_LIMIT_MS;
    for (gulong wait = LOOK_AFTER_US;; wait = MIN(2 * wait, LOOK_AT_MOST_US)) {
        g_autoptr(json_t) now = NULL;
        if (!demo_get(steward, path, &now, error))
            return false;
        const char *state = demo_text(now, "state");
        if (strcmp(state, "ready") == 0)
            return true;
        if (strcmp(state, "running") != 0 || time_monotonic_ms() > until)
            return error_set(error, ERROR_UNPROCESSABLE, "demo.protection",
                             "The use file is %s instead of ready: %s", state, demo_text(now, "failure"));
        g_usleep(wait);
    }
}

static bool publish(DemoPerson *steward, const char *protection, const char *title, GError **error)
{
    g_autofree char *path = g_strdup_printf("/api/v1/protections/%s/publish", protection);
    if (!wait_made(steward, protection, error) ||
        !demo_call(steward, "POST", path, NULL, 200, NULL, error))
        return false;
    printf("   use file      %s: made by its recipe\n", title);
    return true;
}

bool demo_load_use_files(DemoPerson *steward, const DemoSource *source, const json_t *there,
                         const char *folder, GError **error)
{
    g_autoptr(GPtrArray) begun = g_ptr_array_new_with_free_func(g_free);
    const DemoDataset *of[USE_FILES_MAX] = {NULL};
    const char *id = demo_text(there, "id");
    bool ok = true, looked = false;
    for (const DemoDataset *dataset = source->datasets; ok && dataset->slug != NULL; dataset++) {
        char *protection = NULL;
        if (dataset->recipe == NULL || is_published(there, dataset->slug))
            continue;
        ok = (looked || discard_left(steward, id, error)) &&
             begin(steward, source, id, dataset, folder, &protection, error);
        looked = true;
        of[begun->len] = dataset;
        g_ptr_array_add(begun, protection);
    }
    for (guint i = 0; ok && i < begun->len; i++)
        ok = publish(steward, begun->pdata[i], of[i]->title, error);
    return ok;
}
