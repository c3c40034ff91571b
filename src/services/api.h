/* SPDX-License-Identifier: Apache-2.0 */
/* What the HTTP faces of the room share. */
#ifndef DARSE_SERVICES_API_H
#define DARSE_SERVICES_API_H

#include "app/app.h"
#include "catalog/catalog.h"
#include "http/http.h"
#include "services/rows.h"

extern const HttpRoute services_routes[];
extern const HttpField service_fields[];

json_t *service_json(const Service *service, const PolicyActor *actor);
/* A service of a project that the actor may not view does not exist for them. */
bool api_service_find(StoreTx *tx, const PolicyActor *actor, const char *id, Service **ret_service,
                      GError **error);

/* launch_api.c */
extern const HttpField launch_body[], launch_query[], launch_answer[], definitions_answer[];
CatalogLimits launch_limits(const App *app);
bool api_definitions(HttpRequest *request, GError **error);
bool api_launch_look(HttpRequest *request, GError **error);
bool api_launch(HttpRequest *request, GError **error);

/* prolong_api.c */
extern const HttpField prolong_body[];
bool api_prolong(HttpRequest *request, GError **error);

#endif
