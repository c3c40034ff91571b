/* SPDX-License-Identifier: Apache-2.0 */
/* The room's state in a running server. */
#ifndef DARSE_LAKE_STATE_H
#define DARSE_LAKE_STATE_H

#include "lake/files.h"
#include "lake/lake.h"
#include "lake/reads.h"

typedef struct Lake {
    LakeFiles *files;
    LakeReads *reads;
    LakeDoorFind door_find;
    HttpSite site;
    int64_t started_ms;
    GMutex lock;
    GHashTable *reserved;       /* project -> bytes of the puts under way */
    GPtrArray *unswept;         /* projects; NULL until they were first listed */
} Lake;

Lake *lake_of(const App *app);

/* Bytes of puts under way count against the quota before they are there. ERROR_QUOTA "lake.quota".
 * USED is what the project's rows say. */
bool lake_reserve(Lake *lake, const char *project, int64_t bytes, int64_t used,
                  int64_t quota_bytes, GError **error);
void lake_release(Lake *lake, const char *project, int64_t bytes);

#endif
