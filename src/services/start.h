/* SPDX-License-Identifier: Apache-2.0 */
/* The start of a service, step by step, each told in its timeline; and taking back one that runs. */
#ifndef DARSE_SERVICES_START_H
#define DARSE_SERVICES_START_H

#include "services/live.h"

/* Returns false only for failures of ours; a launch that does not succeed is told in the row, and
 * *RET_FAILED is set: the caller removes what may be left of it. */
bool start_service(Services *services, const char *id, bool *ret_failed, GError **error);
bool start_adopt(Services *services, const char *id, bool *ret_failed, GError **error);

#endif
