/* SPDX-License-Identifier: Apache-2.0 */
/* A use file: the producer applies a recipe to a raw file, reads what it did, and throws the result away; what
 * the demonstration published is there for the scientist, its report is not. */
#include "tour/steps.h"

#include "base/error.h"
#include "base/files.h"
#include "base/times.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define RAW_ROWS 400
#define MADE_LIMIT_MS (60 * TIME_SECOND_MS)
#define LOOK_EVERY_US 50000
#define K 5

/* The raw file of an invented town: a name, an age, a street, a salary. */
static bool raw_write(char **ret_path, GError **error)
{
    g_autoptr(GString) text = g_string_new("name,age,district,salary\n");
    for (int i = 0; i < RAW_ROWS; i++)
        g_string_append_printf(text, "Person %d,%d,%s,%d\n", i, 18 + i * 37 % 60,
                               i % 97 == 0 ? "Isle" : i % 3 == 0 ? "Harbour" : "Hill", 1500 + i * 71 % 4000);
    g_autofree char *path = NULL;
    FD_AUTO int fd = g_file_open_tmp("darse-tour-XXXXXX.csv", &path, error);
    if (fd < 0)
        return false;
    if (!fd_write_all(fd, text->str, text->len, error)) {
        unlink(path);
        return false;
    }
    *ret_path = g_steal_pointer(&path);
    return true;
}

static json_t *recipe_new(void)
{
    return json_pack("{s:i, s:s, s:i, s:[s,s], s:s, s:i, s:[{s:s, s:[s]}, {s:s, s:s, s:[i,i,i]}, "
                     "{s:s, s:[s,s]}, {s:s}]}", "darse_recipe", 1, "title", "The tour's use file", "seed", 7,
                     "keys", "age", "district", "missing", "wildcard", "k", K, "steps", "do", "drop",
                     "columns", "name", "do", "cut", "column", "age", "at", 30, 45, 60, "do", "suppress",
                     "columns", "age", "district", "do", "shuffle");
}

static bool find_source(Tour *tour, const char *slug, char **ret_id, GError **error)
{
    g_autoptr(json_t) list = NULL;
    if (!demo_get(tour->producer, "/api/v1/sources?limit=200", &list, error))
        return false;
    const json_t *source = demo_find(list, "slug", slug);
    if (source == NULL)
        return tour_fail(error, "there is no source %s", slug);
    *ret_id = g_strdup(demo_text(source, "id"));
    return true;
}

static bool raw_send(Tour *tour, const char *protection, GError **error)
{
    g_autofree char *file = NULL;
    g_autofree char *target = tour_path("/api/v1/protections/%s/file?name=raw.csv", protection);
    g_autoptr(json_t) answer = NULL;
    int status = 0;
    if (!raw_write(&file, error))
        return false;
    bool sent = http_client_upload(demo_person_client(tour->producer), "PUT", target, "text/csv", file, &status,
                                   &answer, error);
    unlink(file);
    return sent && (status == 202 || tour_fail(error, "the raw file was refused: %d %s", status,
                                               demo_text(answer, "detail")));
}

static bool wait_made(Tour *tour, const char *protection, json_t **ret_made, GError **error)
{
    g_autofree char *path = tour_path("/api/v1/protections/%s", protection);
    int64_t until = time_monotonic_ms() + MADE_LIMIT_MS;
    for (;;) {
        g_autoptr(json_t) now = NULL;
        if (!demo_get(tour->producer, path, &now, error))
            return false;
        if (strcmp(demo_text(now, "state"), "ready") == 0) {
            *ret_made = g_steal_pointer(&now);
            return true;
        }
        if (strcmp(demo_text(now, "state"), "running") != 0 || time_monotonic_ms() > until)
            return tour_fail(error, "the use file is %s, expected ready: %s", demo_text(now, "state"),
                             demo_text(now, "failure"));
        g_usleep(LOOK_EVERY_US);
    }
}

static json_int_t figure(const json_t *made, const char *when, const char *name)
{
    const json_t *line = json_object_get(json_object_get(made, "summary"), when);
    return json_integer_value(json_object_get(line, name));
}

static bool check_made(Tour *tour, const json_t *made, GError **error)
{
    if (figure(made, "before", "below_k_wildcard") == 0 || figure(made, "after", "below_k_wildcard") != 0)
        return tour_fail(error, "records with fewer than %d alike: %d before, %d after; expected some, then none",
                         K, (int)figure(made, "before", "below_k_wildcard"),
                         (int)figure(made, "after", "below_k_wildcard"));
    if (figure(made, "after", "identifiers") != 0)
        return tour_fail(error, "a direct identifier is left");
    tour_note(tour, "%d records with fewer than %d alike before, 0 after",
              (int)figure(made, "before", "below_k_wildcard"), K);
    return true;
}

static bool step_make(Tour *tour, GError **error)
{
    g_autofree char *source = NULL;
    g_autoptr(json_t) begun = NULL;
    g_autoptr(json_t) made = NULL;
    if (!find_source(tour, DEMO_SOURCE_PERSONS, &source, error))
        return false;
    g_autofree char *path = tour_path("/api/v1/sources/%s/protections", source);
    if (!demo_call(tour->producer, "POST", path,
                   json_pack("{s:s, s:s, s:s, s:s, s:o}", "title", "The tour's use file", "slug", "tour",
                             "vintage", "2026", "level", "public", "recipe", recipe_new()),
                   201, &begun, error))
        return false;
    const char *id = demo_text(begun, "id");
    g_autofree char *discard = tour_path("/api/v1/protections/%s/discard", id);
    return raw_send(tour, id, error) && wait_made(tour, id, &made, error) && check_made(tour, made, error) &&
           demo_call(tour->producer, "POST", discard, NULL, 200, NULL, error);
}

/* The three use files of the teaching source, each of its level and with its report. */
static bool step_find(Tour *tour, GError **error)
{
    g_autofree char *source = NULL;
    g_autoptr(json_t) there = NULL;
    if (!find_source(tour, DEMO_SOURCE_TEACHING, &source, error))
        return false;
    g_autofree char *path = tour_path("/api/v1/sources/%s", source);
    if (!demo_get(tour->scientist, path, &there, error))
        return false;
    const json_t *datasets = json_object_get(there, "datasets");
    int made = 0;
    for (size_t i = 0; i < json_array_size(datasets); i++) {
        const json_t *dataset = json_array_get(datasets, i);
        if (!json_is_true(json_object_get(dataset, "has_report")))
            continue;
        g_autofree char *report = tour_path("/api/v1/datasets/%s/report", demo_text(dataset, "id"));
        if (!demo_refused(tour->scientist, "GET", report, NULL, 403, "policy.not_steward", error))
            return false;
        made++;
    }
    tour_note(tour, "%d, each with its report for its stewards", made);
    return made >= 3 || tour_fail(error, "%d use files were made by recipes, expected 3", made);
}

const TourStep tour_use_file_steps[] = {
    {"The scientist finds use files; their reports are closed", step_find},
    {"The producer makes a use file by a recipe, discards it", step_make},
    {0},
};
