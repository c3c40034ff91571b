/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a raw file to a use file. A steward says which dataset is to come and gives a recipe, then the raw
 * file; the worker applies the recipe; the steward reads the report, then publishes what came out as a new
 * version of the dataset, or throws it away. The raw file is erased as soon as the worker ends, whatever the
 * end, and never becomes a dataset.
 *
 * Keys of pseudonyms and of records: one for each producer, project and identifier domain, made when a
 * recipe first needs it, sealed at rest, destroyed for good by an act of its own.
 */
#ifndef DARSE_PROTECTION_PROTECTION_H
#define DARSE_PROTECTION_PROTECTION_H

#include "app/app.h"

extern const Room protection_room;
extern const HttpRoute protection_routes[];

#endif
