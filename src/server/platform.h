/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DARSE_SERVER_PLATFORM_H
#define DARSE_SERVER_PLATFORM_H

#include "app/app.h"

extern const Room platform_room;

#endif
