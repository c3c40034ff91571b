/* SPDX-License-Identifier: Apache-2.0 */
/* A queue that is exchanged for an empty one at each flush, so that nobody waits for the disk. */
#include "lake/reads.h"

#include "base/error.h"

#include <string.h>

typedef struct LakeRead {
    char *actor, *address, *project, *key;
    PolicyVerb verb;
} LakeRead;

struct LakeReads {
    GMutex lock;
    GMutex flushing;
    GPtrArray *waiting;     /* of LakeRead */
};

static void read_free(void *data)
{
    LakeRead *read = data;
    g_free(read->actor);
    g_free(read->address);
    g_free(read->project);
    g_free(read->key);
    g_free(read);
}

LakeReads *lake_reads_new(void)
{
    LakeReads *reads = g_new0(LakeReads, 1);
    g_mutex_init(&reads->lock);
    g_mutex_init(&reads->flushing);
    reads->waiting = g_ptr_array_new_with_free_func(read_free);
    return reads;
}

void lake_reads_free(LakeReads *reads)
{
    if (reads == NULL)
        return;
    g_ptr_array_unref(reads->waiting);
    g_mutex_clear(&reads->lock);
    g_mutex_clear(&reads->flushing);
    g_free(reads);
}

bool lake_reads_note(LakeReads *reads, const PolicyActor *actor, PolicyVerb verb,
                     const char *project, const char *key, GError **error)
{
    g_mutex_lock(&reads->lock);
    bool room = reads->waiting->len < LAKE_READS_MAX;
    if (room) {
        LakeRead *read = g_new0(LakeRead, 1);
        read->actor = g_strdup(actor->id);
        read->address = g_strdup(actor->address != NULL ? actor->address : "");
        read->project = g_strdup(project);
        read->key = g_strdup(key);
        read->verb = verb;
        g_ptr_array_add(reads->waiting, read);
    }
    g_mutex_unlock(&reads->lock);
    return room || error_set(error, ERROR_UNAVAILABLE, "lake.reads",
                             "Reads cannot be written to the log at this moment, so nothing is "
                             "read; try again.");
}

/* ---- writing them ---- */

static int compare_reads(const void *a, const void *b)
{
    const LakeRead *x = *(LakeRead *const *)a, *y = *(LakeRead *const *)b;
    int order = strcmp(x->actor, y->actor);
    if (order == 0)
        order = strcmp(x->project, y->project);
    if (order == 0)
        order = (int)x->verb - (int)y->verb;
    return order != 0 ? order : strcmp(x->address, y->address);
}

/* One entry for the reads [FROM, TO), which belong together. */
static bool append_group(StoreTx *tx, const GPtrArray *reads, guint from, guint to, GError **error)
{
    const LakeRead *first = g_ptr_array_index(reads, from);
    g_autoptr(json_t) details = json_object();
    json_t *keys = json_array();
    for (guint i = from; i < to; i++) {
        const LakeRead *read = g_ptr_array_index(reads, i);
        json_array_append_new(keys, json_string(read->key));
    }
    json_object_set_new(details, "keys", keys);
    AuditEntry entry = {
        .verb = policy_verb_name(first->verb),
        .outcome = "done",
        .actor = first->actor,
        .object = first->project,
        .project = first->project,
        .reason = "",
        .request = "",
        .address = first->address,
        .details = details,
    };
    return audit_append(tx, &entry, NULL, error);
}

static bool append_all(StoreTx *tx, void *data, GError **error)
{
    const GPtrArray *reads = data;
    guint from = 0;
    while (from < reads->len) {
        guint to = from + 1;
        while (to < reads->len && to - from < LAKE_READS_PER_ENTRY &&
               compare_reads(&reads->pdata[from], &reads->pdata[to]) == 0)
            to++;
        if (!append_group(tx, reads, from, to, error))
            return false;
        from = to;
    }
    return true;
}

bool lake_reads_flush(LakeReads *reads, App *app, GError **error)
{
    bool ok = true;
    g_mutex_lock(&reads->flushing);
    g_mutex_lock(&reads->lock);
    GPtrArray *batch = reads->waiting;
    reads->waiting = g_ptr_array_new_with_free_func(read_free);
    g_mutex_unlock(&reads->lock);
    if (batch->len > 0) {
        g_ptr_array_sort(batch, compare_reads);
        ok = store_write(app->store, append_all, batch, error);
    }
    if (!ok) {
        g_mutex_lock(&reads->lock);
        g_ptr_array_extend_and_steal(reads->waiting, g_steal_pointer(&batch));
        g_mutex_unlock(&reads->lock);
    }
    g_clear_pointer(&batch, g_ptr_array_unref);
    g_mutex_unlock(&reads->flushing);
    return ok;
}
