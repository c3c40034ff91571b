/* SPDX-License-Identifier: Apache-2.0 */
/* A copy of SQLite's file as it was at one moment, taken beside a running server: SQLite's own backup
 * interface, in one step under one read transaction (the writer goes on; what it commits meanwhile is not in
 * the copy). */
#include "store/store.h"

#include "base/error.h"

#include <sqlite3.h>
#include <string.h>

#define SNAPSHOT_WAIT_MS 10000

typedef struct SnapshotLinks {
    sqlite3 *from, *to;
} SnapshotLinks;

static void snapshot_links_clear(SnapshotLinks *links)
{
    sqlite3_close(links->from);
    sqlite3_close(links->to);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(SnapshotLinks, snapshot_links_clear)

static bool snapshot_fail(sqlite3 *db, const char *what, GError **error)
{
    return error_set(error, ERROR_UNAVAILABLE, "store.snapshot", "%s: %s.", what,
                     db != NULL ? sqlite3_errmsg(db) : "out of memory");
}

static bool snapshot_copy(const SnapshotLinks *links, GError **error)
{
    sqlite3_backup *backup = sqlite3_backup_init(links->to, "main", links->from, "main");
    if (backup == NULL)
        return snapshot_fail(links->to, "The copy of the database cannot begin", error);
    int step = sqlite3_backup_step(backup, -1);
    int end = sqlite3_backup_finish(backup);
    if (step != SQLITE_DONE || end != SQLITE_OK)
        return snapshot_fail(links->to, "The database cannot be copied", error);
    return true;
}

/* A copy that is damaged would be found on the day when it is needed. */
static bool snapshot_check(sqlite3 *db, GError **error)
{
    sqlite3_stmt *stmt = NULL;
    bool ok = sqlite3_prepare_v2(db, "PRAGMA quick_check(1)", -1, &stmt, NULL) == SQLITE_OK &&
              sqlite3_step(stmt) == SQLITE_ROW &&
              g_strcmp0((const char *)sqlite3_column_text(stmt, 0), "ok") == 0;
    sqlite3_finalize(stmt);
    return ok || error_set(error, ERROR_INTERNAL, "store.snapshot",
                           "The copy of the database is damaged, and so perhaps is the database.");
}

bool store_snapshot_sqlite(const char *from, const char *to, GError **error)
{
    g_auto(SnapshotLinks) links = {0};
    if (sqlite3_open_v2(from, &links.from, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK)
        return snapshot_fail(links.from, "The database cannot be opened", error);
    sqlite3_busy_timeout(links.from, SNAPSHOT_WAIT_MS);
    if (sqlite3_open_v2(to, &links.to, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL) != SQLITE_OK)
        return snapshot_fail(links.to, "The copy of the database cannot be made", error);
    /* The copy is one file, whatever the original keeps beside it. */
    return snapshot_copy(&links, error) &&
           (sqlite3_exec(links.to, "PRAGMA journal_mode = DELETE", NULL, NULL, NULL) == SQLITE_OK ||
            snapshot_fail(links.to, "The copy of the database cannot be finished", error)) &&
           snapshot_check(links.to, error);
}
