/* SPDX-License-Identifier: Apache-2.0 */
/* Risk and utility as JSON. Private to the room. */
#ifndef DARSE_PROTECT_MEASURE_H
#define DARSE_PROTECT_MEASURE_H

#include "protect/steps.h"

/* Of the data as they are now; keys that were dropped are left out and named. NULL with ERROR. */
json_t *measure_risk(Run *run, GError **error);
/* Of RUN's data against BEFORE, the records matched by their origin. */
json_t *measure_utility(Run *run, const Microdata *before, GError **error);

#endif
