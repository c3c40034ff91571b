/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The log as auditors read it over HTTP: search, checkpoint, proofs. A room of its own because
 * `app`, by which every handler asks policy, is itself built on the log.
 */
#ifndef DARSE_AUDITOR_AUDITOR_H
#define DARSE_AUDITOR_AUDITOR_H

#include "app/app.h"

extern const Room audit_room;

#endif
