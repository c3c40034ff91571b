/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Services: interactive programs running in bubbles. A launch is one decided, logged action that
 * answers at once; the room then carries it out beside, tells its timeline, watches the bubble,
 * opens the way to it for the gateway, and stops it when its person asks, when it dies, or when a
 * right is lost.
 *
 * When a right is lost the bubble is frozen, its connections are cut, then it is stopped; the
 * reason is kept with the service. Files stay for the others.
 */
#ifndef DARSE_SERVICES_SERVICES_H
#define DARSE_SERVICES_SERVICES_H

#include "app/app.h"

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

extern const Room services_room;

/* Topic on which every room publishes after a change that may end somebody's right. */
#define SERVICES_TOPIC_RIGHTS "rights"

/* Who is behind a door: the service's identity, for the lake. The actor has CHANNEL_DOOR, its id is
 * "service:<id>", its login, name and session those of its person. ERROR_NOT_FOUND if no such
 * service is alive. The caller owns what is returned. */
typedef struct ServicesDoor {
    PolicyActor *actor;
    char *service;
    char *project;
    char *person;
} ServicesDoor;
void services_door_clear(ServicesDoor *door);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(ServicesDoor, services_door_clear)
/* DOOR_PATH: http_request_door(). */
bool services_door_open(App *app, const char *door_path, ServicesDoor *ret_door, GError **error);

#endif
