/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The services that run now, as this process knows them: whose they are, where their doors are, and
 * the thread that listens to each bubble's status and lake doors.
 */
#ifndef DARSE_SERVICES_LIVE_H
#define DARSE_SERVICES_LIVE_H

#include "app/app.h"
#include "services/rows.h"
#include "services/status.h"

#include <sys/types.h>

typedef struct Services Services;

struct Services {
    App *app;
    GMutex lock;
    GHashTable *live;          /* id -> ServiceLive */
    GHashTable *usage;         /* id -> sample of what it uses (usage.c) */
    GHashTable *busy;          /* ids with a task under way */
    GThreadPool *tasks;
    GThread *watch, *guard;
    int wake_fd;               /* eventfd: the watch thread reads its table again */
    EventsTap *rights;
    int64_t generation;        /* grows at each change of rights */
    GHashTable *passes;        /* gateway decisions, by cookie hash */
    bool reconciled;
    /* Called by the watch thread, outside the lock, when a bubble closed its status door. */
    void (*on_ended)(Services *services, const char *id);
    int stopping;              /* atomic */
};

typedef struct ServiceLive {
    char *id;
    char *project;
    char *person;
    uid_t door_owner;
    int status_fd;             /* sas.sock, -1 until connected */
    int lake_fd;               /* listener of the lake door */
    GString *line;             /* of status, not yet whole */
    bool ready;
    int64_t active_ms;
    int64_t written_ms;        /* activity last written to the store */
} ServiceLive;

Services *services_of(const App *app);

/* Adds or finds. The entry is only read and written under the lock. */
ServiceLive *live_add(Services *services, const char *id, const char *project,
                      const char *person, uid_t door_owner);
/* A copy of who and where; false if it does not run. */
bool live_find(Services *services, const char *id, char **ret_project, char **ret_person,
               uid_t *ret_owner);
void live_remove(Services *services, const char *id);
/* Gives the watch thread the two descriptors (either may be -1). Takes them. */
void live_watch(Services *services, const char *id, int status_fd, int lake_fd);
void live_touch(Services *services, const char *id, int64_t now_ms);
void live_start(Services *services);
void live_stop(Services *services);

/* Cuts every connection that the gateway relays to the service. */
void live_end_relays(Services *services, const char *id);

#endif
