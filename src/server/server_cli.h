/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DARSE_SERVER_SERVER_CLI_H
#define DARSE_SERVER_SERVER_CLI_H

#include "app/app.h"
#include "base/verbs.h"

extern const Verb server_verbs[];

/* The table of rooms, ended by NULL; lives beside main(). */
const Room *const *server_rooms(void);

#endif
