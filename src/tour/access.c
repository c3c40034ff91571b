/* SPDX-License-Identifier: Apache-2.0 */
/* First part: from signing in to an accreditation that holds. */
#include "tour/steps.h"

#include "base/encode.h"
#include "base/error.h"
#include "base/times.h"

#include <string.h>

#define OPINION_DAYS 365
#define FACTS_MAX 50

static bool step_health(Tour *tour, GError **error)
{
    g_autoptr(HttpClient) client = http_client_new(demo_world_url(tour->world));
    g_autoptr(json_t) health = NULL;
    g_autoptr(json_t) about = NULL;
    int status = 0;
    if (!http_client_call(client, "GET", "/healthz", NULL, &status, &health, error))
        return false;
    if (status != 200)
        return tour_fail(error, "the server says that it is not well (%d)", status);
    if (!http_client_call(client, "GET", "/api/v1/about", NULL, &status, &about, error))
        return false;
    if (status != 200 || !json_is_true(json_object_get(about, "demonstration")))
        return tour_fail(error, "the server does not say that it is a demonstration");
    tour_note(tour, "Darse %s at %s", demo_text(about, "version"), demo_world_url(tour->world));
    return true;
}

static bool step_refuse_stranger(Tour *tour, GError **error)
{
    g_autoptr(HttpClient) client = http_client_new(demo_world_url(tour->world));
    g_autoptr(json_t) answer = NULL;
    g_autoptr(json_t) body = json_pack("{s:s, s:s}", "login", "scientist", "password",
                                       "not the password");
    int status = 0;
    if (!http_client_call(client, "GET", "/api/v1/projects", NULL, &status, NULL, error))
        return false;
    if (status != 401)
        return tour_fail(error, "projects were answered with %d to nobody, expected 401", status);
    if (!http_client_call(client, "POST", "/api/v1/session", body, &status, &answer, error))
        return false;
    return status == 401 || tour_fail(error, "a wrong password gave %d, expected 401", status);
}

static bool step_sign_in(Tour *tour, GError **error)
{
    struct {
        const char *login;
        DemoPerson **person;
    } people[] = {{"scientist", &tour->scientist}, {"producer", &tour->producer},
                  {"committee", &tour->committee}, {"checker1", &tour->checker1},
                  {"checker2", &tour->checker2}};
    for (size_t i = 0; i < G_N_ELEMENTS(people); i++) {
        *people[i].person = demo_sign_in(tour->world, people[i].login, error);
        if (*people[i].person == NULL)
            return false;
    }
    tour_note(tour, "five persons, each with the second factor");
    return true;
}

static bool find_project(Tour *tour, const char *slug, char **ret_id, GError **error)
{
    g_autoptr(json_t) list = NULL;
    if (!demo_get(tour->scientist, "/api/v1/projects?limit=200", &list, error))
        return false;
    const json_t *project = demo_find(list, "slug", slug);
    if (project == NULL)
        return tour_fail(error, "the scientist does not see the project %s", slug);
    if (strcmp(demo_text(project, "state"), "open") != 0)
        return tour_fail(error, "the project %s is not open", slug);
    *ret_id = g_strdup(demo_text(project, "id"));
    return true;
}

static bool find_dataset(Tour *tour, GError **error)
{
    g_autoptr(json_t) list = NULL;
    g_autoptr(json_t) source = NULL;
    if (!demo_get(tour->scientist, "/api/v1/sources?limit=200", &list, error))
        return false;
    g_autofree char *path = tour_path(
        "/api/v1/sources/%s", demo_text(demo_find(list, "slug", DEMO_SOURCE_PERSONS), "id"));
    if (!demo_get(tour->scientist, path, &source, error))
        return false;
    const json_t *datasets = json_object_get(source, "datasets");
    for (size_t i = 0; i < json_array_size(datasets); i++) {
        const json_t *dataset = json_array_get(datasets, i);
        if (strcmp(demo_text(dataset, "level"), "scientific") == 0 &&
            strcmp(demo_text(dataset, "state"), "published") == 0) {
            g_free(tour->dataset);
            tour->dataset = g_strdup(demo_text(dataset, "id"));
            tour_note(tour, "%s", demo_text(dataset, "title"));
        }
    }
    return tour->dataset != NULL ||
           tour_fail(error, "the source %s has no published scientific dataset",
                     DEMO_SOURCE_PERSONS);
}

bool tour_accredited(Tour *tour, DemoPerson *who, bool *ret_holds, json_t **ret_row, GError **error)
{
    g_autofree char *path = tour_path("/api/v1/projects/%s/accreditations", tour->project);
    g_autoptr(json_t) list = NULL;
    if (!demo_get(who, path, &list, error))
        return false;
    const json_t *items = json_object_get(list, "items");
    *ret_holds = false;
    for (size_t i = 0; i < json_array_size(items); i++) {
        json_t *row = json_array_get(items, i);
        if (strcmp(demo_text(json_object_get(row, "person"), "login"), "scientist") != 0 ||
            strcmp(demo_text(json_object_get(row, "dataset"), "id"), tour->dataset) != 0)
            continue;
        *ret_holds = json_is_true(json_object_get(row, "holds"));
        if (ret_row != NULL)
            *ret_row = json_incref(row);
    }
    return true;
}

static bool step_look(Tour *tour, GError **error)
{
    return find_project(tour, DEMO_PROJECT_RESTRICTED, &tour->project, error) &&
           find_project(tour, DEMO_PROJECT_SECURE, &tour->secure_project, error) &&
           find_dataset(tour, error) &&
           tour_accredited(tour, tour->scientist, &tour->was_accredited, NULL, error);
}

static bool step_apply(Tour *tour, GError **error)
{
    g_autofree char *path = tour_path("/api/v1/projects/%s/applications", tour->project);
    g_autoptr(json_t) made = NULL;
    json_t *body = json_pack("{s:[s], s:[s], s:s}", "datasets", tour->dataset, "persons",
                             "scientist", "justification",
                             "Visits to a physician by state of health and share paid.");
    if (!demo_call(tour->scientist, "POST", path, body, 201, &made, error))
        return false;
    tour->application = g_strdup(demo_text(made, "id"));
    g_autofree char *submit = tour_path("/api/v1/applications/%s/submit", tour->application);
    return demo_call(tour->scientist, "POST", submit, NULL, 200, NULL, error);
}

static bool application_agree(Tour *tour, const char *application, GError **error)
{
    g_autofree char *path = tour_path("/api/v1/applications/%s/agreements", application);
    return demo_call(tour->producer, "POST", path,
                     json_pack("{s:s, s:s, s:s}", "dataset", tour->dataset, "outcome", "agreed",
                               "comment", "Within the agreement of 2026."),
                     200, NULL, error);
}

static bool step_agree(Tour *tour, GError **error)
{
    g_autoptr(json_t) tasks = NULL;
    if (!demo_get(tour->producer, "/api/v1/me/tasks", &tasks, error))
        return false;
    if (demo_find(tasks, "object", tour->application) == NULL)
        return tour_fail(error, "the application does not await the producer");
    return application_agree(tour, tour->application, error);
}

static bool step_decide(Tour *tour, GError **error)
{
    g_autofree char *path = tour_path("/api/v1/applications/%s/opinion", tour->application);
    g_autofree char *expires = time_format(time_now_ms() + OPINION_DAYS * TIME_DAY_MS);
    return demo_call(tour->committee, "POST", path,
                     json_pack("{s:s, s:s, s:s}", "outcome", "favourable", "comment",
                               "Purpose and data fit each other.", "expires", expires),
                     200, NULL, error);
}

static bool step_sign(Tour *tour, GError **error)
{
    g_autofree char *path = tour_path("/api/v1/applications/%s/undertaking", tour->application);
    if (!demo_refused(tour->scientist, "POST", path, json_pack("{s:s}", "code", "000000"), 403,
                      "identity.code_refused", error))
        return false;
    char *code = demo_world_code(tour->world, "scientist", error);
    if (code == NULL)
        return false;
    bool signed_well = demo_call(tour->scientist, "POST", path, json_pack("{s:s}", "code", code),
                                 200, NULL, error);
    secret_free(code);
    return signed_well;
}

static bool step_accredited(Tour *tour, GError **error)
{
    bool holds = false;
    g_autoptr(json_t) row = NULL;
    if (!tour_accredited(tour, tour->scientist, &holds, &row, error))
        return false;
    tour_note(tour, "%zu terms, each with its signer",
              json_array_size(json_object_get(row, "terms")));
    return holds || tour_fail(error, "the accreditation does not hold");
}

const TourStep tour_access_steps[] = {
    {"The server is well, and a demonstration", step_health},
    {"Nobody in particular sees nothing", step_refuse_stranger},
    {"Everybody signs in", step_sign_in},
    {"The scientist finds the project and the data", step_look},
    {"The scientist applies for the data", step_apply},
    {"The producer, who is asked, agrees", step_agree},
    {"The committee gives a favourable opinion for a year", step_decide},
    {"The scientist signs the undertaking with a code", step_sign},
    {"The accreditation holds", step_accredited},
    {0},
};

/* ---- taking it away, and giving it back ---- */

/* Several agreements may be in force, from other applications: all are revoked. */
static bool revoke_agreements(Tour *tour, int64_t *ret_count, GError **error)
{
    for (*ret_count = 0; *ret_count < FACTS_MAX; (*ret_count)++) {
        bool holds = false;
        g_autoptr(json_t) row = NULL;
        if (!tour_accredited(tour, tour->producer, &holds, &row, error))
            return false;
        if (!holds)
            return true;
        const char *fact = "";
        const json_t *terms = json_object_get(row, "terms");
        for (size_t i = 0; i < json_array_size(terms); i++) {
            const json_t *term = json_array_get(terms, i);
            if (strcmp(demo_text(term, "term"), "steward_agreement") == 0)
                fact = demo_text(term, "fact");
        }
        g_autofree char *path = tour_path("/api/v1/facts/%s/revoke", fact);
        if (!demo_call(tour->producer, "POST", path,
                       json_pack("{s:s}", "reason", "The agreement is withdrawn."), 200, NULL,
                       error))
            return false;
        tour->revoked = true;
    }
    return tour_fail(error, "the accreditation still holds after %d revocations", FACTS_MAX);
}

/* The service is frozen, then stopped, with the reason; until then its person cannot use it. */
static bool wait_stopped(Tour *tour, GError **error)
{
    int64_t started = time_monotonic_ms();
    for (;;) {
        g_autoptr(json_t) service = NULL;
        if (!tour_service(tour, &service, error))
            return false;
        if (strcmp(demo_text(service, "state"), "stopped") == 0) {
            tour_note(tour, "stopped after %.1f s, reason %s",
                      (double)(time_monotonic_ms() - started) / 1000,
                      demo_text(service, "state_reason"));
            g_clear_pointer(&tour->service, g_free);
            return true;
        }
        if (time_monotonic_ms() - started > 5000)
            return tour_fail(error, "the service is still %s five seconds after the revocation",
                             demo_text(service, "state"));
        g_usleep(50000);
    }
}

static bool step_revoke(Tour *tour, GError **error)
{
    int64_t count = 0;
    if (!revoke_agreements(tour, &count, error))
        return false;
    if (count == 0)
        return tour_fail(error, "there was no agreement to revoke");
    return wait_stopped(tour, error);
}

static bool step_door_closed(Tour *tour, GError **error)
{
    g_autofree char *address = tour_path("%s/api/status", tour->origin);
    int status = 0;
    if (!http_client_call(tour->browser, "GET", address, NULL, &status, NULL, error))
        return false;
    if (status < 400 || status >= 600 || status == 500)
        return tour_fail(error, "the notebook's address still answers %d", status);
    tour_note(tour, "%d", status);
    return true;
}

static bool step_files_closed(Tour *tour, GError **error)
{
    g_autofree char *files = tour_path("/api/v1/projects/%s/files", tour->project);
    g_autoptr(json_t) answer = NULL;
    if (!demo_call(tour->scientist, "GET", files, NULL, 403, &answer, error))
        return false;
    tour_note(tour, "%s", demo_text(answer, "reason"));
    return true;
}

const TourStep tour_revoke_steps[] = {
    {"The producer withdraws the agreement: the notebook stops", step_revoke},
    {"Its address no longer answers", step_door_closed},
    {"The project's files are closed to the scientist", step_files_closed},
    {0},
};

bool tour_restore_access(Tour *tour, GError **error)
{
    if (!tour->revoked || !tour->was_accredited)
        return true;
    g_clear_pointer(&tour->application, g_free);
    return step_apply(tour, error) && application_agree(tour, tour->application, error);
}
