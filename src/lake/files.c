/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Order at a put: bytes durable, name durable, then the row. Order at a removal: the row, then the
 * file. A crash leaves at most a file without a row.
 */
#include "lake/files.h"

#include "base/encode.h"
#include "base/error.h"
#include "base/files.h"
#include "base/ids.h"
#include "base/log.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_ID_BYTES 16
#define FILE_ID_LENGTH (2 * FILE_ID_BYTES)
#define PART_SUFFIX ".part"

struct LakeFiles {
    GMutex lock;
    GHashTable *making;     /* ids */
};

struct LakeFile {
    LakeFiles *files;
    char *folder;           /* of the bucket */
    char *id;
    char *path;             /* of the finished file */
    char *part_path;        /* while it is written */
    int fd;
    int64_t size;
    bool kept, settled;
};

LakeFiles *lake_files_new(void)
{
    LakeFiles *files = g_new0(LakeFiles, 1);
    g_mutex_init(&files->lock);
    files->making = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    return files;
}

void lake_files_free(LakeFiles *files)
{
    if (files == NULL)
        return;
    g_hash_table_unref(files->making);
    g_mutex_clear(&files->lock);
    g_free(files);
}

char *lake_bucket_folder(const char *state_dir, const char *project)
{
    return g_build_filename(state_dir, "projects", project, "bucket", NULL);
}

static char *file_path(const char *folder, const char *id, const char *suffix)
{
    return g_strdup_printf("%s/%.2s/%s%s", folder, id, id + 2, suffix);
}

/* What an operation on a bucket's files failed for, as the person should be told. */
static bool file_problem(GError **error, int number, const char *what)
{
    switch (number) {
    case ENOSPC:
    case EDQUOT:
        return error_set(error, ERROR_QUOTA, "lake.disk_full",
                         "The server's disk is full; nothing was kept. Tell an officer.");
    case ENOKEY:
        return error_set(error, ERROR_UNAVAILABLE, "lake.folder",
                         "The project's folder is locked (its key is not loaded); an officer opens "
                         "the project again to unlock it.");
    case ENOENT:
    case ENOTDIR:
        return error_set(error, ERROR_UNAVAILABLE, "lake.folder",
                         "The project's bucket folder is not there; an officer opens the project "
                         "again to make it.");
    default:
        return error_set_errno(error, number, "lake.file", "%s", what);
    }
}

/* ---- making ---- */

static void making_add(LakeFiles *files, const char *id)
{
    g_mutex_lock(&files->lock);
    g_hash_table_add(files->making, g_strdup(id));
    g_mutex_unlock(&files->lock);
}

static void making_remove(LakeFiles *files, const char *id)
{
    g_mutex_lock(&files->lock);
    g_hash_table_remove(files->making, id);
    g_mutex_unlock(&files->lock);
}

static char *file_id_new(void)
{
    uint8_t bytes[FILE_ID_BYTES];
    random_fill(bytes, sizeof bytes);
    return hex_encode(bytes, sizeof bytes);
}

/* The folder of the first two digits; a new one is itself made durable. */
static bool file_make_folder(const char *folder, const char *id, GError **error)
{
    g_autofree char *sub = g_strdup_printf("%s/%.2s", folder, id);
    if (mkdir(sub, 0700) == 0)
        return folder_sync(folder, error);
    return errno == EEXIST || file_problem(error, errno, "Cannot make a folder of the bucket");
}

LakeFile *lake_file_create(LakeFiles *files, const char *folder, GError **error)
{
    g_autoptr(LakeFile) file = g_new0(LakeFile, 1);
    file->files = files;
    file->folder = g_strdup(folder);
    file->fd = -1;
    file->id = file_id_new();
    file->path = file_path(folder, file->id, "");
    file->part_path = file_path(folder, file->id, PART_SUFFIX);
    making_add(files, file->id);
    if (!file_make_folder(folder, file->id, error))
        return NULL;
    file->fd = open(file->part_path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (file->fd < 0) {
        file_problem(error, errno, "Cannot make a file of the bucket");
        return NULL;
    }
    return g_steal_pointer(&file);
}

bool lake_file_write(LakeFile *file, const void *bytes, size_t size, GError **error)
{
    const char *at = bytes;
    size_t left = size;
    while (left > 0) {
        ssize_t written = write(file->fd, at, left);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return file_problem(error, errno, "Cannot write a file of the bucket");
        at += written;
        left -= (size_t)written;
    }
    file->size += (int64_t)size;
    return true;
}

bool lake_file_keep(LakeFile *file, GError **error)
{
    g_autofree char *sub = g_path_get_dirname(file->path);
    if (fsync(file->fd) < 0)
        return file_problem(error, errno, "Cannot make a file of the bucket durable");
    int closed = close(file->fd);
    file->fd = -1;
    if (closed < 0)
        return file_problem(error, errno, "Cannot close a file of the bucket");
    if (rename(file->part_path, file->path) < 0)
        return file_problem(error, errno, "Cannot name a file of the bucket");
    file->kept = true;
    return folder_sync(sub, error);
}

void lake_file_settle(LakeFile *file)
{
    file->settled = true;
}

const char *lake_file_id(const LakeFile *file)
{
    return file->id;
}

int64_t lake_file_size(const LakeFile *file)
{
    return file->size;
}

void lake_file_free(LakeFile *file)
{
    if (file == NULL)
        return;
    if (file->fd >= 0)
        close(file->fd);
    if (!file->settled && file->part_path != NULL)
        unlink(file->kept ? file->path : file->part_path);
    making_remove(file->files, file->id);
    g_free(file->folder);
    g_free(file->id);
    g_free(file->path);
    g_free(file->part_path);
    g_free(file);
}

/* ---- reading and removing ---- */

static bool is_file_id(const char *id)
{
    return strlen(id) == FILE_ID_LENGTH &&
           strspn(id, "0123456789abcdef") == FILE_ID_LENGTH;
}

int lake_file_open(const char *folder, const char *id, GError **error)
{
    g_assert(is_file_id(id));
    g_autofree char *path = file_path(folder, id, "");
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (fd >= 0)
        return fd;
    if (errno == ENOENT && access(folder, F_OK) == 0)
        error_set(error, ERROR_NOT_FOUND, "lake.file_gone", "The file is gone.");
    else
        file_problem(error, errno, "Cannot open a file of the bucket");
    return -1;
}

void lake_file_remove(const char *folder, const char *id)
{
    g_assert(is_file_id(id));
    g_autofree char *path = file_path(folder, id, "");
    if (unlink(path) < 0 && errno != ENOENT)
        log_warning("lake.not_removed", "file", id, "why", g_strerror(errno));
}

/* ---- sweeping ---- */

/* The id that the file NAME in the folder of the digits PAIR has; NULL: it is none of ours. */
static char *sweep_id(const char *pair, const char *name)
{
    g_autofree char *bare = g_strdup(name);
    if (g_str_has_suffix(bare, PART_SUFFIX))
        bare[strlen(bare) - strlen(PART_SUFFIX)] = '\0';
    char *id = g_strconcat(pair, bare, NULL);
    if (is_file_id(id))
        return id;
    g_free(id);
    return NULL;
}

typedef struct SweepFile {
    char *id;
    char *path;
} SweepFile;

static void sweep_file_free(void *data)
{
    SweepFile *file = data;
    g_free(file->id);
    g_free(file->path);
    g_free(file);
}

static void sweep_list_pair(const char *folder, const char *pair, int64_t before_ms,
                            GPtrArray *into)
{
    g_autofree char *sub = g_build_filename(folder, pair, NULL);
    DIR *dir = opendir(sub);
    struct dirent *entry;
    while (dir != NULL && (entry = readdir(dir)) != NULL) {
        char *id = sweep_id(pair, entry->d_name);
        struct stat status;
        if (id == NULL || fstatat(dirfd(dir), entry->d_name, &status, AT_SYMLINK_NOFOLLOW) < 0 ||
            !S_ISREG(status.st_mode) || (int64_t)status.st_mtime * 1000 >= before_ms) {
            g_free(id);
            continue;
        }
        SweepFile *file = g_new(SweepFile, 1);
        file->id = id;
        file->path = g_build_filename(sub, entry->d_name, NULL);
        g_ptr_array_add(into, file);
    }
    if (dir != NULL)
        closedir(dir);
}

static GHashTable *sweep_known(LakeFiles *files)
{
    GHashTable *known = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    GHashTableIter iter;
    void *id;
    g_mutex_lock(&files->lock);
    g_hash_table_iter_init(&iter, files->making);
    while (g_hash_table_iter_next(&iter, &id, NULL))
        g_hash_table_add(known, g_strdup(id));
    g_mutex_unlock(&files->lock);
    return known;
}

bool lake_files_sweep(LakeFiles *files, const char *folder, int64_t before_ms,
                      LakeLoadReferenced load, void *user, size_t *ret_removed, GError **error)
{
    static const char digits[] = "0123456789abcdef";
    g_autoptr(GPtrArray) found = g_ptr_array_new_with_free_func(sweep_file_free);
    for (int i = 0; i < 256; i++) {
        char pair[] = {digits[i / 16], digits[i % 16], '\0'};
        sweep_list_pair(folder, pair, before_ms, found);
    }
    size_t removed = 0;
    if (found->len > 0) {
        /* In this order: names, what is being made, rows. A file whose row is committed in between
         * is then seen in one of the two. */
        g_autoptr(GHashTable) known = sweep_known(files);
        if (!load(known, user, error))
            return false;
        for (guint i = 0; i < found->len; i++) {
            const SweepFile *file = g_ptr_array_index(found, i);
            if (!g_hash_table_contains(known, file->id) && unlink(file->path) == 0)
                removed++;
        }
    }
    *ret_removed = removed;
    return true;
}
