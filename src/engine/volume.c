/* SPDX-License-Identifier: Apache-2.0 */
/* One place of a volume: opened, put, made, moved, removed. Listings are volume_list.c. */
#include "engine/volume.h"

#include "base/error.h"
#include "base/files.h"
#include "engine/places.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* What a call on a person's file may answer, in words; anything else is our own trouble. */
static bool volume_error(GError **error, int saved, const char *file)
{
    static const struct {
        int number;
        ErrorCode code;
        const char *reason, *sentence;
    } rows[] = {
        {ENOENT, ERROR_NOT_FOUND, "files.missing", "There is no file \"%s\"."},
        {EEXIST, ERROR_CONFLICT, "files.exists", "There already is a \"%s\"."},
        {EISDIR, ERROR_CONFLICT, "files.is_folder", "\"%s\" is a folder."},
        {ENOTDIR, ERROR_CONFLICT, "files.not_a_folder", "\"%s\" lies below what is no folder."},
        {ENOTEMPTY, ERROR_CONFLICT, "files.not_empty",
         "\"%s\" is a folder that is not empty; say that what it holds goes too."},
        {EINVAL, ERROR_INVALID, "files.into_itself", "\"%s\" cannot be moved into itself."},
        {ENAMETOOLONG, ERROR_INVALID, "path.length", "The name \"%s\" is too long."},
        {ENOSPC, ERROR_QUOTA, "files.disk_full", "There is no room left for \"%s\"."},
        {EDQUOT, ERROR_QUOTA, "files.disk_full", "There is no room left for \"%s\"."},
        {ELOOP, ERROR_INVALID, "path.link", "\"%s\" is a link; links are not followed."},
        {EMLINK, ERROR_CONFLICT, "files.full", "The folder of \"%s\" holds too many folders."},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        if (rows[i].number != saved)
            continue;
        const char *at = strstr(rows[i].sentence, "%s");
        return error_set(error, rows[i].code, rows[i].reason, "%.*s%s%s",
                         (int)(at - rows[i].sentence), rows[i].sentence, file, at + 2);
    }
    return error_set_errno(error, saved, "engine.file", "Cannot work on \"%s\"", file);
}

/* Opens the folder that holds FILE; *RET_NAME points into FILE. */
static int volume_parent(int volume_fd, const char *file, const char **ret_name, GError **error)
{
    const char *slash = strrchr(file, '/');
    *ret_name = slash != NULL ? slash + 1 : file;
    if (slash == NULL)
        return open_beneath(volume_fd, ".", O_RDONLY | O_DIRECTORY, 0, error);
    g_autofree char *folder = g_strndup(file, (gsize)(slash - file));
    return open_beneath(volume_fd, folder, O_RDONLY | O_DIRECTORY, 0, error);
}

int volume_open(int volume_fd, const char *file, int64_t *ret_size, int64_t *ret_modified_ms,
                GError **error)
{
    struct stat st;
    /* A fifo must not make us wait, a device must not be touched. */
    FD_AUTO int fd = open_beneath(volume_fd, file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0,
                                  error);
    if (fd < 0)
        return -1;
    if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
        error_set(error, ERROR_INVALID, "files.not_a_file", "\"%s\" is not a regular file.", file);
        return -1;
    }
    *ret_size = st.st_size;
    *ret_modified_ms = (int64_t)st.st_mtim.tv_sec * 1000 + st.st_mtim.tv_nsec / 1000000;
    return fd_steal(&fd);
}

/* The file to move in: what serve wrote, with no second name somewhere else. Opened, and given to the
 * volume's owner; *RET_BEFORE is as it was. */
static int put_take(const VolumePut *put, struct stat *ret_before, GError **error)
{
    FD_AUTO int fd = open_beneath(put->from_fd, put->from_name,
                                  O_RDONLY | O_NOFOLLOW | O_NONBLOCK, 0, error);
    if (fd < 0)
        return -1;
    if (fstat(fd, ret_before) < 0 || !S_ISREG(ret_before->st_mode) ||
        ret_before->st_uid != put->from_owner || ret_before->st_nlink != 1) {
        error_set(error, ERROR_DENIED, "engine.upload", "What was sent is not a plain file.");
        return -1;
    }
    if (fchown(fd, put->owner, put->group) < 0 || fchmod(fd, 0644) < 0 || fsync(fd) < 0) {
        volume_error(error, errno, put->file);
        return -1;
    }
    return fd_steal(&fd);
}

/* What did not take its place is serve's again, which offers it a second time or removes it. The refusal
 * is told already: a failure here has nothing to add. */
static void put_give_back(int fd, const struct stat *before)
{
    if (fchown(fd, before->st_uid, before->st_gid) == 0)
        (void)!fchmod(fd, before->st_mode & 0777);
}

bool volume_put(int volume_fd, const VolumePut *put, GError **error)
{
    const char *name = NULL;
    struct stat before;
    FD_AUTO int parent_fd = volume_parent(volume_fd, put->file, &name, error);
    FD_AUTO int fd = parent_fd < 0 ? -1 : put_take(put, &before, error);
    if (fd < 0)
        return false;
    if (renameat2(put->from_fd, put->from_name, parent_fd, name,
                  put->replace ? 0 : RENAME_NOREPLACE) < 0) {
        int saved = errno;
        put_give_back(fd, &before);
        return volume_error(error, saved, put->file);
    }
    return fsync(parent_fd) == 0 || volume_error(error, errno, put->file);
}

bool volume_make_folder(int volume_fd, const char *folder, uid_t owner, gid_t group,
                        GError **error)
{
    const char *name = NULL;
    FD_AUTO int parent_fd = volume_parent(volume_fd, folder, &name, error);
    if (parent_fd < 0)
        return false;
    if (mkdirat(parent_fd, name, 0755) < 0)
        return volume_error(error, errno, folder);
    FD_AUTO int fd = openat(parent_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0 || fchown(fd, owner, group) < 0 || fsync(parent_fd) < 0)
        return volume_error(error, errno, folder);
    return true;
}

bool volume_move(int volume_fd, const char *from, const char *to, GError **error)
{
    const char *from_name = NULL, *to_name = NULL;
    FD_AUTO int from_fd = volume_parent(volume_fd, from, &from_name, error);
    FD_AUTO int to_fd = from_fd < 0 ? -1 : volume_parent(volume_fd, to, &to_name, error);
    if (to_fd < 0)
        return false;
    if (renameat2(from_fd, from_name, to_fd, to_name, RENAME_NOREPLACE) < 0)
        return volume_error(error, errno, errno == ENOENT || errno == EINVAL ? from : to);
    return fsync(to_fd) == 0 || volume_error(error, errno, to);
}

bool volume_remove(int volume_fd, const char *file, bool recursive, GError **error)
{
    const char *name = NULL;
    FD_AUTO int parent_fd = volume_parent(volume_fd, file, &name, error);
    if (parent_fd < 0)
        return false;
    if (unlinkat(parent_fd, name, 0) == 0)
        return true;
    if (errno != EISDIR && errno != EPERM)
        return volume_error(error, errno, file);
    if (!recursive)
        return unlinkat(parent_fd, name, AT_REMOVEDIR) == 0 || volume_error(error, errno, file);
    return places_remove_at(parent_fd, name, error);
}
