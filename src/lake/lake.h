/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The lake: each project's bucket, spoken to by the S3 API on a site of its own. A bucket's name is
 * the project's slug. Who asks is known by a signature (a key is of one person for one project) or
 * by the door of a service; policy decides every operation by the tier and by where the request
 * comes from.
 *
 * Rows in the database say what a bucket holds; bytes lie in projects/<id>/bucket as immutable
 * files. The row is the commit: a file without a row is swept.
 */
#ifndef DARSE_LAKE_LAKE_H
#define DARSE_LAKE_LAKE_H

#include "app/app.h"

extern const Room lake_room;
extern const HttpRoute lake_routes[];   /* of the portal: keys and usage */

/* The S3 site. Owned by the room. */
const HttpSite *lake_site(App *app);

/* Who stands behind a door (http_request_door()): given by the services room when it starts. Until
 * then, and where there are no services, requests through doors are refused. ACTOR has
 * CHANNEL_DOOR. ERROR_NOT_FOUND when no such service is alive. */
typedef struct LakeDoor {
    PolicyActor *actor;
    char *project;
    char *person;                       /* whose service it is */
} LakeDoor;
void lake_door_clear(LakeDoor *door);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(LakeDoor, lake_door_clear)
typedef bool (*LakeDoorFind)(App *app, const char *door_path, LakeDoor *ret_door, GError **error);
void lake_set_door_find(App *app, LakeDoorFind find);

#endif
