/* SPDX-License-Identifier: Apache-2.0 */
/* Third part: the raw table is flagged, the safe one leaves through the airlock with its proof. */
#include "tour/steps.h"

#include "base/error.h"
#include "base/files.h"

#include <string.h>

#define RELEASE_MAX_BYTES (8 * 1024 * 1024)

static bool export_new(Tour *tour, const char *project, char **ret_id, GError **error)
{
    g_autofree char *path = tour_path("/api/v1/projects/%s/exports", project);
    g_autofree char *title = g_strdup_printf("Tables of %s", tour->tag);
    g_autoptr(json_t) made = NULL;
    if (!demo_call(tour->scientist, "POST", path,
                   json_pack("{s:s, s:s}", "title", title, "context",
                             "Counts by class; population: all units of the source; cells below the "
                             "threshold left out, the others rounded."),
                   201, &made, error))
        return false;
    *ret_id = g_strdup(demo_text(made, "id"));
    return true;
}

static bool export_add(Tour *tour, const char *export, const char *file, json_t *declaration,
                       json_t **ret_file, GError **error)
{
    g_autofree char *path = tour_path("/api/v1/exports/%s/files", export);
    return demo_call(tour->scientist, "POST", path,
                     json_pack("{s:s, s:o}", "path", file, "declaration", declaration), 201,
                     ret_file, error);
}

static bool export_state(Tour *tour, DemoPerson *who, const char *export, const char *expected,
                         json_t **ret_export, GError **error)
{
    g_autofree char *path = tour_path("/api/v1/exports/%s", export);
    g_autoptr(json_t) now = NULL;
    if (!demo_get(who, path, &now, error))
        return false;
    if (strcmp(demo_text(now, "state"), expected) != 0)
        return tour_fail(error, "the export is %s, expected %s", demo_text(now, "state"), expected);
    if (ret_export != NULL)
        *ret_export = json_incref(now);
    return true;
}

static bool export_submit(Tour *tour, const char *export, GError **error)
{
    g_autofree char *path = tour_path("/api/v1/exports/%s/submit", export);
    return demo_call(tour->scientist, "POST", path, NULL, 200, NULL, error);
}

static bool export_review(Tour *tour, DemoPerson *checker, const char *login, const char *export,
                          GError **error)
{
    char *code = demo_world_code(tour->world, login, error);
    if (code == NULL)
        return false;
    g_autofree char *path = tour_path("/api/v1/exports/%s/reviews", export);
    json_t *body = json_pack("{s:s, s:s, s:s}", "decision", "approve", "comment",
                             "Every cell is over the threshold.", "code", code);
    secret_free(code);
    return demo_call(checker, "POST", path, body, 200, NULL, error);
}

static bool step_raw(Tour *tour, GError **error)
{
    g_autofree char *file = tour_path("%s/raw.csv", tour->tag);
    g_autoptr(json_t) added = NULL;
    if (!export_new(tour, tour->project, &tour->export, error) ||
        !export_add(tour, tour->export, file,
                    json_pack("{s:s, s:s, s:s}", "count", "persons", "total", "visits", "largest",
                              "largest"),
                    &added, error))
        return false;
    if (strcmp(demo_text(added, "verdict"), "flagged") != 0)
        return tour_fail(error, "the raw table is \"%s\", expected \"flagged\"",
                         demo_text(added, "verdict"));
    const json_t *flags = json_object_get(json_object_get(added, "lint"), "flags");
    int64_t counted = 0;
    for (size_t i = 0; i < json_array_size(flags); i++)
        counted += strcmp(demo_text(json_array_get(flags, i), "rule"), "minimum_count") == 0;
    if (counted != tour->raw_flagged)
        return tour_fail(error, "the airlock flags %" G_GINT64_FORMAT " cells for their count, the "
                         "kernel counted %" G_GINT64_FORMAT, counted, tour->raw_flagged);
    tour_note(tour, "%" G_GINT64_FORMAT " cells flagged one by one", counted);
    g_autofree char *path =
        tour_path("/api/v1/exports/%s/files/%s", tour->export, demo_text(added, "id"));
    return demo_call(tour->scientist, "DELETE", path, NULL, 204, NULL, error);
}

static bool step_safe(Tour *tour, GError **error)
{
    g_autofree char *file = tour_path("%s/safe.csv", tour->tag);
    g_autoptr(json_t) added = NULL;
    if (!export_add(tour, tour->export, file, json_pack("{s:s}", "count", "persons"), &added, error))
        return false;
    if (strcmp(demo_text(added, "verdict"), "pass") != 0)
        return tour_fail(error, "the safe table is \"%s\", expected \"pass\"",
                         demo_text(added, "verdict"));
    if (strcmp(demo_text(json_object_get(added, "lint"), "basis"), "author_declaration") != 0)
        return tour_fail(error, "the lint does not say that it rests on the author's declaration");
    return export_submit(tour, tour->export, error);
}

static bool step_author_refused(Tour *tour, GError **error)
{
    g_autofree char *path = tour_path("/api/v1/exports/%s/reviews", tour->export);
    g_autoptr(json_t) answer = NULL;
    if (!demo_call(tour->scientist, "POST", path,
                   json_pack("{s:s, s:s, s:s}", "decision", "approve", "comment", "Fine.", "code",
                             "000000"),
                   403, &answer, error))
        return false;
    tour_note(tour, "%s", demo_text(answer, "reason"));
    return true;
}

static bool step_review(Tour *tour, GError **error)
{
    g_autoptr(json_t) queue = NULL;
    if (!demo_get(tour->checker1, "/api/v1/exports?queue=review&limit=200", &queue, error))
        return false;
    if (demo_find(queue, "id", tour->export) == NULL)
        return tour_fail(error, "the export is not in the checker's queue");
    return export_review(tour, tour->checker1, "checker1", tour->export, error) &&
           export_state(tour, tour->scientist, tour->export, "approved", NULL, error);
}

/* Runs this program with ARGV (ended by NULL). *RET_OUTPUT is what it printed, both ways. */
static bool run_program(char **argv, bool *ret_done, char **ret_output, GError **error)
{
    g_autofree char *output = NULL;
    g_autofree char *problem = NULL;
    int status = 0;
    if (!g_spawn_sync(NULL, argv, NULL, G_SPAWN_DEFAULT, NULL, NULL, &output, &problem, &status,
                      error))
        return false;
    *ret_done = g_spawn_check_wait_status(status, NULL);
    *ret_output = g_strconcat(output, problem, NULL);
    return true;
}

/* What somebody elsewhere would do: the keys were kept, the file came by any way. */
static bool verify_file(Tour *tour, const char *folder, const char *name, const void *bytes,
                        gsize size, bool genuine, GError **error)
{
    g_autofree char *keys = g_build_filename(folder, "keys", NULL);
    g_autofree char *path = g_build_filename(folder, name, NULL);
    if (!file_write(path, bytes, size, 0600, error))
        return false;
    char *argv[] = {(char *)tour->program, "release", "verify", "--key", keys, path, NULL};
    g_autofree char *output = NULL;
    bool accepted = false;
    if (!run_program(argv, &accepted, &output, error))
        return false;
    if (accepted != genuine)
        return tour_fail(error, "%s release was %s: %s", genuine ? "the" : "an altered",
                         accepted ? "accepted" : "refused", output);
    return true;
}

static bool verify_in(Tour *tour, const char *folder, GBytes *release, GError **error)
{
    char *argv[] = {(char *)tour->program, "release", "keys", "--state",
                    (char *)demo_world_state_dir(tour->world), NULL};
    g_autofree char *keys = NULL;
    g_autofree char *path = g_build_filename(folder, "keys", NULL);
    bool printed = false;
    if (!run_program(argv, &printed, &keys, error) ||
        !file_write(path, keys, strlen(keys), 0600, error))
        return false;
    if (!printed)
        return tour_fail(error, "the keys cannot be printed: %s", keys);
    gsize size = 0;
    const char *bytes = g_bytes_get_data(release, &size);
    g_autofree char *altered = g_memdup2(bytes, size);
    altered[size / 2] ^= 1;
    return verify_file(tour, folder, "release.zip", bytes, size, true, error) &&
           verify_file(tour, folder, "altered.zip", altered, size, false, error);
}

static bool verify_offline(Tour *tour, GBytes *release, GError **error)
{
    g_autofree char *folder = g_dir_make_tmp("darse-tour-XXXXXX", error);
    if (folder == NULL)
        return false;
    bool good = verify_in(tour, folder, release, error);
    return tree_remove(folder, good ? error : NULL) && good;
}

static bool step_release(Tour *tour, GError **error)
{
    g_autofree char *path = tour_path("/api/v1/exports/%s/release", tour->export);
    g_autoptr(GBytes) release = NULL;
    int status = 0;
    if (!http_client_download(demo_person_client(tour->scientist), path, RELEASE_MAX_BYTES, &status,
                              &release, error))
        return false;
    if (status != 200)
        return tour_fail(error, "the release was answered with %d", status);
    tour_note(tour, "%zu bytes; `darse release verify` accepts it, and not with a bit changed", g_bytes_get_size(release));
    return verify_offline(tour, release, error) &&
           export_state(tour, tour->scientist, tour->export, "released", NULL, error);
}

const TourStep tour_airlock_steps[] = {
    {"The raw table is flagged cell by cell", step_raw},
    {"The safe table passes, and is submitted", step_safe},
    {"The author may not review it", step_author_refused},
    {"A checker approves it with a code", step_review},
    {"The release verifies offline", step_release},
    {0},
};

/* ---- the secure project ---- */

static bool step_pixels_only(Tour *tour, GError **error)
{
    g_autofree char *path = tour_path("/api/v1/projects/%s/services", tour->secure_project);
    return demo_refused(tour->scientist, "POST", path, json_pack("{s:s}", "definition", "jupyter"),
                        403, "policy.pixels_only", error);
}

/* Adds PATH with everything that the rules on enterprises need, and takes it away again. *RET_LINT is what the
 * airlock found. */
static bool try_region_table(Tour *tour, const char *path, json_t **ret_lint, GError **error)
{
    g_autoptr(json_t) added = NULL;
    if (!export_add(tour, tour->secure_export, path,
                    json_pack("{s:s, s:s, s:s, s:[s], s:[{s:s}, {s:s}]}", "count", "units", "total",
                              "turnover", "largest", "largest", "next", "second", "dimensions",
                              "column", "activity", "column", "region"),
                    &added, error))
        return false;
    *ret_lint = json_incref(json_object_get(added, "lint"));
    g_autofree char *file =
        tour_path("/api/v1/exports/%s/files/%s", tour->secure_export, demo_text(added, "id"));
    return demo_call(tour->scientist, "DELETE", file, NULL, 204, NULL, error);
}

/* Every flag of LINT is of RULE, and there is one; *RET_FLAG the first. */
static bool only_flag(const json_t *lint, const char *rule, const json_t **ret_flag, GError **error)
{
    const json_t *flags = json_object_get(lint, "flags");
    if (json_array_size(flags) == 0)
        return tour_fail(error, "the airlock flags nothing, expected \"%s\"", rule);
    for (size_t i = 0; i < json_array_size(flags); i++) {
        if (strcmp(demo_text(json_array_get(flags, i), "rule"), rule) != 0)
            return tour_fail(error, "the airlock flags \"%s\", expected \"%s\"",
                             demo_text(json_array_get(flags, i), "rule"), rule);
    }
    *ret_flag = json_array_get(flags, 0);
    return true;
}

static bool step_dominance(Tour *tour, GError **error)
{
    g_autoptr(json_t) lint = NULL;
    const json_t *flag = NULL;
    if (!export_new(tour, tour->secure_project, &tour->secure_export, error) ||
        !try_region_table(tour, DEMO_DOMINATED_TABLE, &lint, error) ||
        !only_flag(lint, "dominance", &flag, error))
        return false;
    /* In the secure tier the author gets no value of a file from the portal, the share neither. */
    if (!json_is_null(json_object_get(flag, "measure")))
        return tour_fail(error, "the author is told the share behind the flag");
    tour_note(tour, "no cell has few enterprises; in row %" JSON_INTEGER_FORMAT
              ", one has nearly all of the turnover",
              json_integer_value(json_object_get(flag, "row")));
    return true;
}

static bool step_subtraction(Tour *tour, GError **error)
{
    g_autoptr(json_t) hidden = NULL, protected = NULL;
    const json_t *flag = NULL;
    if (!try_region_table(tour, DEMO_HIDDEN_TABLE, &hidden, error) ||
        !only_flag(hidden, "recomputable", &flag, error) ||
        !try_region_table(tour, DEMO_PROTECTED_TABLE, &protected, error))
        return false;
    const json_t *structure = json_object_get(protected, "structure");
    if (strcmp(demo_text(protected, "verdict"), "pass") != 0 ||
        strcmp(demo_text(structure, "state"), "checked") != 0)
        return tour_fail(error, "the protected table is \"%s\", its hidden cells \"%s\"",
                         demo_text(protected, "verdict"), demo_text(structure, "state"));
    tour_note(tour, "hidden alone, it follows from the totals; with %" JSON_INTEGER_FORMAT
              " values hidden, none does",
              json_integer_value(json_object_get(structure, "hidden")));
    return true;
}

/* The table lies in the project's files since the demonstration was loaded: nothing can be made there
 * without a pixels-only service. */
static bool step_secure_submit(Tour *tour, GError **error)
{
    g_autoptr(json_t) added = NULL;
    if (!export_add(tour, tour->secure_export, DEMO_SECURE_TABLE,
                    json_pack("{s:s, s:s, s:s}", "count", "units", "total", "turnover", "largest",
                              "largest"),
                    &added, error))
        return false;
    if (strcmp(demo_text(added, "verdict"), "pass") != 0)
        return tour_fail(error, "the table is \"%s\", expected \"pass\"",
                         demo_text(added, "verdict"));
    return export_submit(tour, tour->secure_export, error);
}

static bool step_first_checker(Tour *tour, GError **error)
{
    g_autoptr(json_t) seen = NULL;
    if (!export_review(tour, tour->checker1, "checker1", tour->secure_export, error) ||
        !export_state(tour, tour->scientist, tour->secure_export, "submitted", NULL, error) ||
        !export_state(tour, tour->checker2, tour->secure_export, "submitted", &seen, error))
        return false;
    if (json_array_size(json_object_get(seen, "reviews")) != 0)
        return tour_fail(error, "the second checker sees the first one's review");
    g_autofree char *release = tour_path("/api/v1/exports/%s/release", tour->secure_export);
    return demo_call(tour->scientist, "GET", release, NULL, 409, NULL, error);
}

static bool step_same_checker(Tour *tour, GError **error)
{
    g_autofree char *path = tour_path("/api/v1/exports/%s/reviews", tour->secure_export);
    g_autoptr(json_t) answer = NULL;
    int status = 0;
    g_autoptr(json_t) body = json_pack("{s:s, s:s, s:s}", "decision", "approve", "comment",
                                       "Once more.", "code", "000000");
    if (!http_client_call(demo_person_client(tour->checker1), "POST", path, body, &status, &answer,
                          error))
        return false;
    tour_note(tour, "%s", demo_text(answer, "reason"));
    return status == 403 || status == 409 ||
           tour_fail(error, "a second review by the same checker gave %d", status);
}

static bool step_second_checker(Tour *tour, GError **error)
{
    return export_review(tour, tour->checker2, "checker2", tour->secure_export, error) &&
           export_state(tour, tour->scientist, tour->secure_export, "approved", NULL, error);
}

const TourStep tour_secure_steps[] = {
    {"Secure project: a service of web pages is refused", step_pixels_only},
    {"A table over enterprises is caught for dominance", step_dominance},
    {"Hidden alone, the cell is found by subtraction", step_subtraction},
    {"A safe table is submitted there", step_secure_submit},
    {"One checker is not enough, and is not seen by the other", step_first_checker},
    {"The same checker may not review twice", step_same_checker},
    {"The second checker approves it", step_second_checker},
    {0},
};
