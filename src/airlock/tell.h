/* SPDX-License-Identifier: Apache-2.0 */
/* Notices of exports, inside the actions that cause them. */
#ifndef DARSE_AIRLOCK_TELL_H
#define DARSE_AIRLOCK_TELL_H

#include "airlock/exports.h"
#include "app/app.h"

/* Those who may review it. */
bool export_tell_checkers(Act *act, const Export *export, GError **error);
/* Its author, once it has become STATE; nobody while it still awaits reviews. */
bool export_tell_author(Act *act, const Export *export, ExportState state, GError **error);

#endif
