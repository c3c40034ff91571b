/* SPDX-License-Identifier: Apache-2.0 */
/* Runs the steps in order, prints each with its time, and leaves the demonstration as it was. */
#include "tour/tour.h"

#include "base/error.h"
#include "base/ids.h"
#include "tour/steps.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <limits.h>
#include <unistd.h>

void tour_note(Tour *tour, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    g_string_vprintf(tour->note, format, arguments);
    va_end(arguments);
}

bool tour_fail(GError **error, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *sentence = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    return error_set(error, ERROR_UNPROCESSABLE, "tour.failed", "%s", sentence);
}

char *tour_path(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    char *path = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    return path;
}

static void tour_clear(Tour *tour)
{
    DemoPerson *people[] = {tour->scientist, tour->producer, tour->committee, tour->checker1,
                            tour->checker2};
    char *texts[] = {tour->tag, tour->project, tour->secure_project, tour->dataset,
                     tour->application, tour->service, tour->origin, tour->kernel, tour->export,
                     tour->secure_export};
    for (size_t i = 0; i < G_N_ELEMENTS(people); i++)
        demo_person_free(people[i]);
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++)
        g_free(texts[i]);
    http_client_free(tour->browser);
    g_string_free(tour->note, TRUE);
    demo_world_free(tour->world);
}

static bool run_step(Tour *tour, int number, const TourStep *step, GError **error)
{
    g_string_truncate(tour->note, 0);
    int64_t started = g_get_monotonic_time();
    bool done = step->action(tour, error);
    double ms = (double)(g_get_monotonic_time() - started) / 1000;
    printf("%2d. %-56s %s %9.1f ms", number, step->title, done ? "ok    " : "FAILED", ms);
    if (tour->note->len > 0)
        printf("  %s", tour->note->str);
    printf("\n");
    return done;
}

static bool run_steps(Tour *tour, int *ret_count, GError **error)
{
    static const TourStep *const parts[] = {tour_access_steps, tour_use_file_steps, tour_work_steps,
                                            tour_airlock_steps, tour_revoke_steps,
                                            tour_secure_steps};
    for (size_t part = 0; part < G_N_ELEMENTS(parts); part++) {
        for (const TourStep *step = parts[part]; step->title != NULL; step++) {
            if (!run_step(tour, ++*ret_count, step, error))
                return false;
        }
    }
    return true;
}

/* Whatever happened: no service of the tour goes on running, and what held before holds again. */
static bool clean_up(Tour *tour, GError **error)
{
    if (tour->service != NULL) {
        g_autofree char *path = tour_path("/api/v1/services/%s", tour->service);
        if (!demo_call(tour->scientist, "DELETE", path, NULL, 202, NULL, error))
            return false;
    }
    return tour_restore_access(tour, error);
}

static bool tour_open(Tour *tour, const char *state_dir, GError **error)
{
    char program[PATH_MAX] = "";
    if (readlink("/proc/self/exe", program, sizeof program - 1) < 0)
        return error_set(error, ERROR_INTERNAL, "tour.program", "/proc is not mounted");
    tour->program = g_intern_string(program);
    tour->tag = id_new("tour");
    tour->world = demo_world_open(state_dir, error);
    return tour->world != NULL;
}

static int verb_tour(int argc, char **argv);
#define TOUR_ROW                                                                                   \
    {"tour", "[--state DIR]", "Play the main job on a running demonstration, from end to end",    \
     verb_tour, false}
static const Verb tour_verb = TOUR_ROW;
const Verb tour_verbs[] = {TOUR_ROW, {0}};

static int verb_tour(int argc, char **argv)
{
    g_autofree char *state = NULL;
    const GOptionEntry entries[] = {
        {"state", 0, 0, G_OPTION_ARG_FILENAME, &state, "State directory", "DIR"}, {0}};
    if (!verb_parse(&tour_verb, argc, argv, entries, NULL))
        return EXIT_USAGE;
    setvbuf(stdout, NULL, _IOLBF, 0);
    g_autofree char *state_dir = verb_state_dir(state);
    Tour tour = {.note = g_string_new(NULL)};
    GError *error = NULL;
    GError *untidy = NULL;
    int64_t started = g_get_monotonic_time();
    int count = 0;
    bool done = tour_open(&tour, state_dir, &error) && run_steps(&tour, &count, &error);
    bool tidy = clean_up(&tour, &untidy);
    tour_clear(&tour);
    if (done && tidy)
        printf("%d steps, all as they should be, in %.1f s\n", count,
               (double)(g_get_monotonic_time() - started) / G_USEC_PER_SEC);
    if (!tidy)
        verb_fail(&tour_verb, untidy);
    if (!done)
        return verb_fail(&tour_verb, error);
    return tidy ? EXIT_OK : EXIT_FAILED;
}
