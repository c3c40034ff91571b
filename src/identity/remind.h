/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DARSE_IDENTITY_REMIND_H
#define DARSE_IDENTITY_REMIND_H

#include "app/app.h"

/* Duty: tells whose API token ends within seven days, once. */
bool identity_remind(App *app, GError **error);

#endif
