/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tour: the main job of Darse from end to end, played against a running demonstration through
 * its public API by the demonstration's accounts. It is what an officer runs after an upgrade.
 */
#ifndef DARSE_TOUR_TOUR_H
#define DARSE_TOUR_TOUR_H

#include "base/verbs.h"

extern const Verb tour_verbs[];

#endif
