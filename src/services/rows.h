/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows of services: their states, their timeline, what they mount. The table of transitions is the
 * only way from one state to another.
 */
#ifndef DARSE_SERVICES_ROWS_H
#define DARSE_SERVICES_ROWS_H

#include "store/store.h"

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef enum ServiceState {
    SERVICE_QUEUED,
    SERVICE_STARTING,
    SERVICE_READY,
    SERVICE_FREEZING,      /* a right was lost: frozen, about to be stopped */
    SERVICE_STOPPING,
    SERVICE_STOPPED,
    SERVICE_FAILED,
    SERVICE_STATE_COUNT,
} ServiceState;

const char *service_state_name(ServiceState state);
bool service_state_parse(const char *name, ServiceState *ret_state);
bool service_state_may(ServiceState from, ServiceState to);
bool service_state_is_over(ServiceState state);

typedef struct Service {
    char *id;
    char *project;
    char *person;
    char *login;
    char *person_name;
    char *definition;
    char *name;
    ServiceState state;
    char *state_reason;
    char *state_detail;
    int64_t created_ms, ready_ms, ended_ms, active_ms;
    int64_t cpus, memory_mib;  /* chosen at the launch */
    int64_t ends_ms;           /* when it is stopped; 0: never by itself */
} Service;
void service_free(Service *service);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Service, service_free)

typedef struct ServiceEvent {
    int64_t number;
    char *step;
    char *detail;
    int64_t time_ms;
} ServiceEvent;
void service_event_free(ServiceEvent *event);

/* Fills the row, its first event and its datasets (an array of char*). Grows the labels of the
 * volumes that it mounts. ID, PROJECT, PERSON, DEFINITION, NAME and the choices of
 * SERVICE are read. */
bool service_insert(StoreTx *tx, const Service *service, const GPtrArray *datasets,
                    int64_t now_ms, GError **error);
/* ERROR_NOT_FOUND "services.none". */
bool service_load(StoreTx *tx, const char *id, Service **ret_service, GError **error);
/* Newest first. PROJECT or PERSON may be NULL; LIVE_ONLY leaves out those that are over; rows
 * with (created, id) below BEFORE_ID's when it is not "". Elements: Service. */
GPtrArray *service_list(StoreTx *tx, const char *project, const char *person, bool live_only,
                        const char *before_id, int64_t limit, GError **error);
/* Dataset ids, as char*. */
GPtrArray *service_datasets(StoreTx *tx, const char *id, GError **error);
/* Elements: ServiceEvent with number > AFTER. */
GPtrArray *service_events(StoreTx *tx, const char *id, int64_t after, GError **error);

/* What the live services of one person have together. */
typedef struct ServiceUse {
    int64_t services, cpus, memory_mib;
} ServiceUse;
bool service_use(StoreTx *tx, const char *person, ServiceUse *ret_use, GError **error);

/* How long the last launches of a definition took, of those that became ready. */
typedef struct ServiceStarts {
    int64_t count, median_ms, slow_ms; /* slow: nine of ten were faster; 0 when count is 0 */
} ServiceStarts;
bool service_starts(StoreTx *tx, const char *definition, ServiceStarts *ret_starts,
                    GError **error);
/* Ids of live services whose lifetime is over, as char*. */
GPtrArray *service_outlived(StoreTx *tx, int64_t now_ms, GError **error);

/* Live services that end within SOON_MS, as Service. */
GPtrArray *service_ending(StoreTx *tx, int64_t now_ms, int64_t soon_ms, GError **error);
/* Puts the end off, with a step in the timeline. */
bool service_prolong(StoreTx *tx, const char *id, int64_t ends_ms, int64_t now_ms, GError **error);

/* A step of the timeline. */
bool service_note(StoreTx *tx, const char *id, const char *step, const char *detail,
                  int64_t now_ms, GError **error);
/* Moves to STATE if the table allows it from the present one (else ERROR_CONFLICT
 * "services.state"), with a step of the same name in the timeline. REASON and DETAIL may be "". */
bool service_move(StoreTx *tx, const char *id, ServiceState state, const char *reason,
                  const char *detail, int64_t now_ms, GError **error);

/* Names of the volumes of a project, as in volume_label. Caller frees. */
char *volume_files(const char *project);
char *volume_home(const char *project, const char *person);
char *volume_bucket(const char *project);

#endif
