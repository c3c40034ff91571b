/* SPDX-License-Identifier: Apache-2.0 */
/* What this host offers to bubbles: said at start-up, and by `darse doctor`. */
#ifndef DARSE_ENGINE_HOST_CHECK_H
#define DARSE_ENGINE_HOST_CHECK_H

#include "engine/steps.h"

/* The object that plan_host_check_new documents. */
json_t *host_check(Engine *engine);

#endif
