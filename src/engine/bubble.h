/* SPDX-License-Identifier: Apache-2.0 */
/* Bubbles as the engine has them: started and verified, listed, found again after a restart. */
#ifndef DARSE_ENGINE_BUBBLE_H
#define DARSE_ENGINE_BUBBLE_H

#include "engine/steps.h"

/* Name of the container of a service of this instance. Caller frees. */
char *bubble_name(const Engine *engine, const char *service_id);
/* Makes, starts and verifies the bubble of PLAN (a service start, whose STEP is the container).
 * *RET_MADE becomes true as soon as there is something to undo. The plan's result, or NULL. */
json_t *bubble_start(Engine *engine, const Plan *plan, const PlanStep *step, bool *ret_made,
                     GError **error);
/* Ends and removes the bubble of a service, also what podman may have lost of it. *RET_FOUND: there
 * was one. */
bool bubble_remove(Engine *engine, const char *service_id, bool *ret_found, GError **error);
/* The array that plan_service_list_new documents, or NULL. */
json_t *bubble_list(Engine *engine, GError **error);
/* Is there a service of the project ID, or one that the dataset ID is mounted in? */
bool bubble_uses(Engine *engine, const char *id, bool *ret_used, GError **error);

/* Once, when podman is up: removes what earlier engines left half made, and looks again whether
 * the bubbles that run are sealed, ending those that are not. *RET_ENDED: how many were removed. */
bool bubble_recover(Engine *engine, int *ret_ended, GError **error);

#endif
