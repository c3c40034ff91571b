/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What awaits a person: signatures asked, exports to review, to correct or to download, services
 * that run. Computed from the other rooms' rows at each call; nothing is stored.
 */
#ifndef DARSE_TASKS_TASKS_H
#define DARSE_TASKS_TASKS_H

#include "app/app.h"

#include <glib.h>
#include <stdint.h>

extern const Room tasks_room;

typedef struct Task {
    const char *kind;              /* static: "agree", "review_export", ... */
    char *project, *project_title; /* NULL when it is about none */
    char *object;                  /* id of the application, export or service */
    char *title;
    int64_t since_ms;
} Task;
void task_free(Task *task);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Task, task_free)

/* Oldest first. Array of Task. */
GPtrArray *tasks_load(StoreTx *tx, const PolicyActor *actor, int64_t now_ms, GError **error);

#endif
