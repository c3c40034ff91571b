/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DARSE_SERVER_PLATFORM_H
#define DARSE_SERVER_PLATFORM_H

#include "app/app.h"

extern const Room platform_room;

/* The API document of every room. The caller owns it. */
json_t *platform_openapi_document(const char *portal_url);

#endif
