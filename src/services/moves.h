/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DARSE_SERVICES_MOVES_H
#define DARSE_SERVICES_MOVES_H

#include "services/live.h"
#include "services/rows.h"

/* Moves a service by the table of states, as the system, logs it and tells everyone. ERROR_CONFLICT
 * when the table does not allow it from the present state: somebody else moved it. */
bool services_move(Services *services, const char *id, ServiceState state, const char *reason,
                   const char *detail, GError **error);

#endif
