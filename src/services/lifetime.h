/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How long a service may live, and its person's warning before it ends. A lifetime is prolonged from now on,
 * as far as the definition, this Darse and the project's last day allow.
 */
#ifndef DARSE_SERVICES_LIFETIME_H
#define DARSE_SERVICES_LIFETIME_H

#include "app/app.h"
#include "catalog/catalog.h"
#include "services/rows.h"

/* Its person is warned so long before the end. */
#define LIFETIME_WARN_MS (30 * TIME_MINUTE_MS)

/* Until when SERVICE may be prolonged at the most. */
bool lifetime_latest(StoreTx *tx, const Config *config, const Service *service,
                     int64_t *ret_latest_ms, GError **error);
/* The end that HOURS from NOW give, at most LATEST. ERROR_CONFLICT when it would gain nothing:
 * "services.lasts_longer", "services.longest". Pure. */
bool lifetime_extend(const Service *service, int64_t hours, int64_t latest_ms, int64_t now_ms,
                     int64_t *ret_ends_ms, GError **error);

/* Duties. */
bool lifetime_end_due(App *app, GError **error);
bool lifetime_warn_due(App *app, GError **error);

#endif
