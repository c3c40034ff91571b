/* SPDX-License-Identifier: Apache-2.0 */
/* The datasets that a service mounts, and where they are seen in its bubble. */
#ifndef DARSE_SERVICES_MOUNTS_H
#define DARSE_SERVICES_MOUNTS_H

#include "sources/sources.h"
#include "store/store.h"

typedef struct ServiceMount {
    Dataset *dataset;
    char *folder;          /* below /data */
} ServiceMount;

/* Array of ServiceMount, by folder. */
GPtrArray *service_mounts(StoreTx *tx, const char *service, GError **error);

#endif
