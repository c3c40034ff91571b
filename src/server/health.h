/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether this Darse is alive (the process answers) and ready (the store can write, the engine answers).
 * Which part ails is told to officers and auditors, and on the metrics listener; to strangers, only whether.
 */
#ifndef DARSE_SERVER_HEALTH_H
#define DARSE_SERVER_HEALTH_H

#include "app/app.h"

typedef struct Health {
    bool store, engine;
} Health;

/* Asks the parts; a healthy answer is remembered for a second, so that nobody makes us ask the engine
 * as often as they like. */
void health_look(App *app, Health *ret_health);

/* Handlers: GET /livez, GET /healthz. */
bool health_live(HttpRequest *request, GError **error);
bool health_ready(HttpRequest *request, GError **error);
/* As health_ready, with every part told. */
bool health_parts(HttpRequest *request, App *app, GError **error);
extern const HttpField health_live_fields[];
extern const HttpField health_ready_fields[];

bool health_start(App *app, GError **error);
void health_stop(App *app);

#endif
