/* SPDX-License-Identifier: Apache-2.0 */
/* What the steps of the tour share. Each step does one thing, checks its effect, and fails with a
 * sentence that says what was expected; the runner prints its title, its note and its time. */
#ifndef DARSE_TOUR_STEPS_H
#define DARSE_TOUR_STEPS_H

#include "demo/demo.h"

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>

typedef struct Tour {
    DemoWorld *world;
    const char *program;            /* this binary, to verify the release offline */
    char *tag;                      /* names what this tour makes */
    GString *note;                  /* of the step under way */

    DemoPerson *scientist, *producer, *committee, *checker1, *checker2;
    char *project, *secure_project; /* ids */
    char *dataset;                  /* id of the scientific persons */
    bool was_accredited;            /* before the tour began */
    char *application;
    char *service;                  /* id; NULL once stopped */
    char *origin;                   /* "http://svc-....localhost:8080" */
    HttpClient *browser;            /* signed in to that origin */
    char *kernel;                   /* id */
    int64_t raw_flagged;            /* cells under the threshold, as the kernel counted them */
    char *export;
    char *secure_export;
    bool revoked;
} Tour;

typedef bool (*TourAction)(Tour *tour, GError **error);
typedef struct TourStep {
    const char *title;
    TourAction action;
} TourStep;

/* Each ends with an empty row. */
extern const TourStep tour_access_steps[];
extern const TourStep tour_use_file_steps[];
extern const TourStep tour_work_steps[];
extern const TourStep tour_airlock_steps[];
extern const TourStep tour_revoke_steps[];
extern const TourStep tour_secure_steps[];

/* Undoes what the tour left running or took away; also after a failed step. */
bool tour_restore_access(Tour *tour, GError **error);

/* ---- for the steps ---- */

void tour_note(Tour *tour, const char *format, ...) G_GNUC_PRINTF(2, 3);
/* The step failed: what was expected and what was seen. Returns false. */
bool tour_fail(GError **error, const char *format, ...) G_GNUC_PRINTF(2, 3);
/* An address made of FORMAT. Caller frees. */
char *tour_path(const char *format, ...) G_GNUC_PRINTF(1, 2);
/* The service as its person sees it. */
bool tour_service(Tour *tour, json_t **ret_service, GError **error);
/* Does the scientist's accreditation hold? *RET_ROW (may be NULL): its row, caller drops. */
bool tour_accredited(Tour *tour, DemoPerson *who, bool *ret_holds, json_t **ret_row,
                     GError **error);

/* ---- a kernel of JupyterLab, spoken to as its pages do ---- */

/* Signs BROWSER in to the service's origin with a one-time ticket, and checks that the ticket works
 * once. */
bool kernel_enter(Tour *tour, GError **error);
bool kernel_start(Tour *tour, GError **error);
/* Runs CODE and gives what it printed. A Python error is an error. */
bool kernel_run(Tour *tour, const char *code, char **ret_output, GError **error);

#endif
