/* SPDX-License-Identifier: Apache-2.0 */
/* Publishing a file that the program made itself: described, then led through the same steps as one that a
 * steward sends, so that there is one way for a file to become a dataset. */
#include "sources/internal.h"

#include "base/error.h"
#include "base/log.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#define COPY_BYTES (256 * 1024)

static bool copy_in(Publication *publication, int fd, GError **error)
{
    g_autofree char *block = g_malloc(COPY_BYTES);
    for (off_t at = 0;;) {
        ssize_t size = pread(fd, block, COPY_BYTES, at);
        if (size < 0 && errno == EINTR)
            continue;
        if (size < 0)
            return error_set_errno(error, errno, "sources.upload", "The made file cannot be read");
        if (size == 0)
            return true;
        if (!publication_write(publication, block, (size_t)size, error))
            return false;
        at += size;
    }
}

static bool publish(App *app, const PolicyActor *actor, const char *dataset, const SourceMade *made,
                    GError **error)
{
    struct stat st;
    if (fstat(made->fd, &st) < 0)
        return error_set_errno(error, errno, "sources.upload", "The made file cannot be read");
    Publication *publication =
        publication_begin(app, actor, dataset, made->file_name, (int64_t)st.st_size, error);
    if (publication == NULL)
        return false;
    publication_set_made(publication, made);
    bool ok = copy_in(publication, made->fd, error) && publication_finish(publication, actor, error);
    publication_free(publication);
    return ok;
}

/* What a failure left as a draft would wait for a file that nobody has. */
static bool drop_in(StoreTx *tx, void *data, GError **error)
{
    return store_exec(tx, error, "DELETE FROM dataset WHERE id = $1 AND state = 'draft'",
                      store_text(data));
}

bool source_publish_made(App *app, const PolicyActor *actor, const char *source,
                         const SourceMade *made, char **ret_dataset, GError **error)
{
    DatasetGiven given = {.slug = made->slug, .title = made->title, .vintage = made->vintage,
                          .level = made->level, .variables = made->variables};
    g_autofree char *dataset = NULL;
    if (!dataset_draft(app, actor, source, &given, &dataset, error))
        return false;
    if (publish(app, actor, dataset, made, error)) {
        *ret_dataset = g_steal_pointer(&dataset);
        return true;
    }
    g_autoptr(GError) problem = NULL;
    if (!store_write(app->store, drop_in, dataset, &problem))
        log_warning("sources.draft_left", "dataset", dataset, "why", problem->message);
    return false;
}

bool dataset_report_load(StoreTx *tx, const char *dataset, char **ret_recipe, char **ret_report,
                         GError **error)
{
    g_autoptr(GError) problem = NULL;
    g_autoptr(StoreRows) rows =
        store_query(tx, error, "SELECT recipe, report FROM dataset_report WHERE dataset = $1",
                    store_text(dataset));
    if (rows == NULL)
        return false;
    if (store_next(rows, &problem)) {
        *ret_recipe = g_strdup(store_row_text(rows, 0));
        *ret_report = g_strdup(store_row_text(rows, 1));
        return true;
    }
    if (problem == NULL)
        return error_set(error, ERROR_NOT_FOUND, "sources.no_report",
                         "This version was not made here by a recipe: it has no report.");
    g_propagate_error(error, g_steal_pointer(&problem));
    return false;
}
