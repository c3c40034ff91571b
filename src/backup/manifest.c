/* SPDX-License-Identifier: Apache-2.0 */
#include "backup/backup.h"

#include "base/encode.h"
#include "base/error.h"
#include "base/files.h"

#include <stdlib.h>
#include <string.h>

#define MANIFEST_VERSION 1
#define MANIFEST_MAX (64 * 1024)

void backup_manifest_clear(BackupManifest *manifest)
{
    g_clear_pointer(&manifest->database_sha256, g_free);
    g_clear_pointer(&manifest->name, g_free);
}

bool backup_manifest_write(const char *folder, const BackupManifest *manifest, GError **error)
{
    g_autofree char *path = g_build_filename(folder, BACKUP_MANIFEST, NULL);
    g_autoptr(json_t) json = json_pack(
        "{s:i, s:s, s:s, s:I, s:s, s:I, s:I, s:s}", "version", MANIFEST_VERSION, "darse", DARSE_VERSION,
        "name", manifest->name, "made_ms", (json_int_t)manifest->made_ms, "store",
        manifest->postgres ? "postgresql" : "sqlite", "server_uid", (json_int_t)manifest->uid,
        "server_gid", (json_int_t)manifest->gid, "database_sha256", manifest->database_sha256);
    char *text = json_dumps(json, JSON_INDENT(2));
    bool ok = file_write(path, text, strlen(text), 0600, error);
    free(text);
    return ok;
}

bool backup_manifest_read(const char *folder, BackupManifest *ret_manifest, GError **error)
{
    g_autofree char *path = g_build_filename(folder, BACKUP_MANIFEST, NULL);
    g_autofree char *text = NULL;
    size_t size = 0;
    if (!g_file_test(path, G_FILE_TEST_EXISTS))
        return error_set(error, ERROR_NOT_FOUND, "backup.no_manifest",
                         "%s is not a finished snapshot: it has no " BACKUP_MANIFEST ".", folder);
    if (!file_read(path, MANIFEST_MAX, &text, &size, error))
        return false;
    g_autoptr(json_t) json = json_parse(text, size, NULL);
    const char *store = NULL, *hash = NULL, *name = NULL;
    json_int_t version = 0, made_ms = 0, uid = 0, gid = 0;
    if (json == NULL || json_unpack(json, "{s:I, s:s, s:I, s:s, s:I, s:I, s:s}", "version", &version,
                                    "name", &name, "made_ms", &made_ms, "store", &store, "server_uid",
                                    &uid, "server_gid", &gid, "database_sha256", &hash) != 0)
        return error_set(error, ERROR_INVALID, "backup.manifest", "%s is not understood.", path);
    if (version != MANIFEST_VERSION)
        return error_set(error, ERROR_INVALID, "backup.version",
                         "The snapshot is of form %" JSON_INTEGER_FORMAT "; this Darse knows form %d.",
                         version, MANIFEST_VERSION);
    *ret_manifest = (BackupManifest){
        .made_ms = made_ms, .postgres = strcmp(store, "postgresql") == 0, .uid = (uid_t)uid,
        .gid = (gid_t)gid, .database_sha256 = g_strdup(hash), .name = g_strdup(name)};
    return true;
}
