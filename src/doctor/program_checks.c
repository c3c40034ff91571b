/* SPDX-License-Identifier: Apache-2.0 */
/* Checks of what is installed beside the program: sas, images, DuckDB, the solver, pages. */
#include "base/encode.h"
#include "base/files.h"
#include "base/times.h"
#include "doctor/checks.h"
#include "engine/images.h"
#include "sdchost/sdchost.h"

#include <dlfcn.h>
#include <gio/gio.h>
#include <string.h>
#include <unistd.h>

#define IMAGE_OLD_DAYS 60
#define IMAGES_LIST_MAX (16 * 1024 * 1024)

void check_sas(const DoctorHost *host, Finding *finding)
{
    static const char *const places[] = {"../libexec/darse/sas", "sas/sas", "../sas/sas"};
    g_autofree char *folder = g_path_get_dirname(host->program);
    for (size_t i = 0; i < G_N_ELEMENTS(places); i++) {
        g_autofree char *beside = g_build_filename(folder, places[i], NULL);
        g_autofree char *path = g_canonicalize_filename(beside, NULL);
        if (access(path, X_OK) == 0) {
            finding_set(finding, FINDING_OK, "%s", path);
            return;
        }
    }
    finding_set(finding, FINDING_PROBLEM, "not beside %s", host->program);
    finding_advise(finding, "It is the first process of every bubble: the engine does not start.",
                   "Install the whole package, or keep the program in its build folder.");
}

/* ---- images ---- */

/* When IMAGE was made, by the store's own list; 0 when it is not in it. */
static int64_t image_made_ms(const json_t *list, const char *image)
{
    size_t i;
    const json_t *row;
    json_array_foreach(list, i, row) {
        const char *id = json_string_value(json_object_get(row, "id"));
        const char *created = json_string_value(json_object_get(row, "created"));
        int64_t made_ms = 0;
        if (g_strcmp0(id, image) == 0 && created != NULL && time_parse(created, &made_ms, NULL))
            return made_ms;
    }
    return 0;
}

static json_t *images_list(const DoctorHost *host)
{
    char *text = NULL;
    size_t size = 0;
    g_autofree char *path =
        g_build_filename(host->store_dir, "storage", "overlay-images", "images.json", NULL);
    if (!file_read(path, IMAGES_LIST_MAX, &text, &size, NULL))
        return NULL;
    json_t *list = json_parse(text, size, NULL);
    g_free(text);
    return list;
}

static void images_judge(const DoctorHost *host, const Images *images, Finding *finding)
{
    g_autoptr(json_t) list = images_list(host);
    g_autoptr(GString) text = g_string_new(NULL);
    int64_t oldest = 0;
    const char *const *names = images_names(images);
    for (const char *const *name = names; *name != NULL; name++) {
        int64_t made_ms = image_made_ms(list, images_find(images, *name)->id);
        int64_t days = (host->now_ms - made_ms) / TIME_DAY_MS;
        if (made_ms == 0) {
            finding_set(finding, FINDING_PROBLEM, "%s is listed, but not in the store", *name);
            finding_advise(finding, "It cannot be launched.", "Run images/build again.");
            return;
        }
        oldest = MAX(oldest, days);
        g_string_append_printf(text, "%s%s (%" G_GINT64_FORMAT " days old)", text->len > 0 ? ", " : "",
                               *name, days);
    }
    finding_set(finding, oldest > IMAGE_OLD_DAYS ? FINDING_WARNING : FINDING_OK, "%s", text->str);
    if (oldest > IMAGE_OLD_DAYS)
        finding_advise(finding, "Security updates of the last weeks are not in it.",
                       "images/build --refresh; services launched afterwards have them.");
}

void check_images(const DoctorHost *host, Finding *finding)
{
    g_autoptr(GError) problem = NULL;
    if (access(host->store_dir, R_OK | X_OK) < 0 && g_file_test(host->store_dir, G_FILE_TEST_EXISTS)) {
        finding_set(finding, FINDING_NONE, "only root can look into %s", host->store_dir);
        return;
    }
    g_autoptr(Images) images = images_load(host->store_dir, &problem);
    if (images != NULL && *images_names(images) != NULL) {
        images_judge(host, images, finding);
        return;
    }
    finding_set(finding, FINDING_PROBLEM, "%s",
                problem != NULL ? problem->message : "there are none");
    finding_advise(finding, "No service can be launched.",
                   "Run images/build as root (in the package: /usr/share/darse/images/build).");
}

/* ---- DuckDB, solver, pages, mirrors ---- */

void check_duckdb(const DoctorHost *host, Finding *finding)
{
    void *library = dlopen(host->library, RTLD_LAZY | RTLD_LOCAL);
    const char *(*version)(void) = NULL;
    if (library != NULL)
        *(void **)(void *)&version = dlsym(library, "duckdb_library_version");
    finding_set(finding, version != NULL ? FINDING_OK : FINDING_PROBLEM,
                version != NULL ? "%s" : "%s cannot be loaded",
                version != NULL ? version() : host->library);
    if (version == NULL)
        finding_advise(finding, "Parquet files are refused, whoever publishes or exports them.",
                       "Run scripts/duckdb, or name the library in $DARSE_DUCKDB_LIBRARY.");
    if (library != NULL)
        dlclose(library);
}

void check_solver(const DoctorHost *host, Finding *finding)
{
    (void)host;
    SdcError failure;
    SdchostSolver *solver = sdchost_solver_open(&failure);
    finding_set(finding, solver != NULL ? FINDING_OK : FINDING_WARNING, "%s",
                solver != NULL ? sdchost_solver_table(solver)->name : failure.sentence);
    if (solver == NULL)
        finding_advise(finding, "Tables can be tabulated, and not suppressed nor audited.",
                       "Install coinor-libclp1 and coinor-libcbc3 (Debian 13: coinor-libcbc3.1).");
    sdchost_solver_close(solver);
}

void check_pages(const DoctorHost *host, Finding *finding)
{
    (void)host;
    bool here = g_resources_get_info("/darse/web/index.html", G_RESOURCE_LOOKUP_FLAGS_NONE, NULL, NULL,
                                     NULL);
    finding_set(finding, here ? FINDING_OK : FINDING_PROBLEM,
                here ? "built into the program" : "left out of this build");
    if (!here)
        finding_advise(finding, "People see nothing in a browser; API and command line work.",
                       "Build web/ first (npm run build), then with meson -Dweb=enabled.");
}

void check_mirrors(const DoctorHost *host, Finding *finding)
{
    (void)host;
    finding_set(finding, FINDING_NONE, "none is configured: bubbles have the packages of their image");
}
