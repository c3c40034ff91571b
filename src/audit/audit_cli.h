/* SPDX-License-Identifier: Apache-2.0 */
/* The audit room's command-line verbs, ended by a row whose name is NULL. */
#ifndef DARSE_AUDIT_AUDIT_CLI_H
#define DARSE_AUDIT_AUDIT_CLI_H

#include "base/verbs.h"

extern const Verb audit_verbs[];

#endif
