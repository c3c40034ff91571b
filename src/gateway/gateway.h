/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The gateway as a room of the server: the core (core.h) with the services room as its authority
 * and the engine's doors behind it.
 */
#ifndef DARSE_GATEWAY_GATEWAY_H
#define DARSE_GATEWAY_GATEWAY_H

#include "app/app.h"

extern const Room gateway_room;

/* After the room has started: the site of `<service>.<server.services_domain>`. */
const HttpSite *gateway_site(App *app);

#endif
