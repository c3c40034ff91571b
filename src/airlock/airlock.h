/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The airlock: how a result leaves a project. An export holds files copied out of /project when they
 * were added (so that what is reviewed is what leaves), each linted on what its author declares, and
 * a context. It is submitted, reviewed blind by as many checkers as the tier asks, and released as a
 * package that proves what was decided. Rounds are numbered; nothing is deleted.
 *
 *   exports.h    the rows, the table of moves, how reviews become a decision
 *   release.h    the package and its verification
 */
#ifndef DARSE_AIRLOCK_AIRLOCK_H
#define DARSE_AIRLOCK_AIRLOCK_H

#include "app/app.h"

extern const Room airlock_room;

#endif
