/* SPDX-License-Identifier: Apache-2.0 */
/* What a service mounts, from its rows and those of the sources room. */
#include "services/mounts.h"

#include "services/rows.h"

#include <string.h>

static void mount_free(void *data)
{
    ServiceMount *mount = data;
    dataset_free(mount->dataset);
    g_free(mount->folder);
    g_free(mount);
}

static int mount_compare(const void *a, const void *b)
{
    return strcmp((*(ServiceMount *const *)a)->folder, (*(ServiceMount *const *)b)->folder);
}

GPtrArray *service_mounts(StoreTx *tx, const char *service, GError **error)
{
    g_autoptr(GPtrArray) ids = service_datasets(tx, service, error);
    g_autoptr(GPtrArray) mounts = g_ptr_array_new_with_free_func(mount_free);
    if (ids == NULL)
        return NULL;
    for (guint i = 0; i < ids->len; i++) {
        g_autoptr(Dataset) dataset = NULL;
        if (!dataset_load(tx, g_ptr_array_index(ids, i), &dataset, error))
            return NULL;
        ServiceMount *mount = g_new0(ServiceMount, 1);
        mount->folder = dataset_folder(dataset);
        mount->dataset = g_steal_pointer(&dataset);
        g_ptr_array_add(mounts, mount);
    }
    g_ptr_array_sort(mounts, mount_compare);
    return g_steal_pointer(&mounts);
}
