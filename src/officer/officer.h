/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What officers see and do about the platform itself: how it is, what the clock did, what services and
 * projects use, whether the audit log holds, whether mail goes out. It reads the other rooms and owns no
 * row; what changes persons, projects or services is theirs.
 */
#ifndef DARSE_OFFICER_OFFICER_H
#define DARSE_OFFICER_OFFICER_H

#include "app/app.h"

extern const Room officer_room;

#endif
