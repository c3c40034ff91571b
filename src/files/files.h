/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The files of a project, for its people outside of the bubbles: its volume /project, the caller's
 * home in it, and its bucket. Listed, shown, sent, fetched, moved, removed; each where the tier lets
 * them. The engine alone reaches into a volume (it hands over descriptors of regular files); what is
 * shown of a file is read in the worker; nothing of a file is ever answered with a type of its own.
 */
#ifndef DARSE_FILES_FILES_H
#define DARSE_FILES_FILES_H

#include "app/app.h"

extern const Room files_room;

#endif
