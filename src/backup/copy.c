/* SPDX-License-Identifier: Apache-2.0 */
#include "backup/copy.h"

#include "base/error.h"
#include "base/files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CHUNK (1024 * 1024)

typedef struct Copy {
    const CopyOwner *owner;
    CopyStats *stats;
    dev_t device;             /* of the tree: what is mounted below is another's */
} Copy;

typedef struct Folders {
    int from, to, before;
} Folders;

static bool copy_fail(const char *what, const char *name, GError **error)
{
    return error_set_errno(error, errno, "backup.copy", "Cannot %s \"%s\"", what, name);
}

static bool times_equal(const struct stat *one, const struct stat *other)
{
    return one->st_mtim.tv_sec == other->st_mtim.tv_sec &&
           one->st_mtim.tv_nsec == other->st_mtim.tv_nsec;
}

static uid_t copy_uid(const Copy *copy, uid_t uid)
{
    return copy->owner != NULL && uid == copy->owner->from_uid ? copy->owner->to_uid : uid;
}

static gid_t copy_gid(const Copy *copy, gid_t gid)
{
    return copy->owner != NULL && gid == copy->owner->from_gid ? copy->owner->to_gid : gid;
}

/* Is FOLDER/NAME what was or would be copied of WANTED? */
static bool is_same_file(const Copy *copy, int folder_fd, const char *name, const struct stat *wanted)
{
    struct stat st;
    return folder_fd >= 0 && fstatat(folder_fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
           S_ISREG(st.st_mode) && st.st_size == wanted->st_size && times_equal(&st, wanted) &&
           st.st_mode == wanted->st_mode && st.st_uid == copy_uid(copy, wanted->st_uid) &&
           st.st_gid == copy_gid(copy, wanted->st_gid);
}

static bool copy_bytes(int from, int to, int64_t *ret_bytes, const char *name, GError **error)
{
    g_autofree char *buffer = NULL;
    for (;;) {
        ssize_t count = buffer == NULL ? copy_file_range(from, NULL, to, NULL, SSIZE_MAX / 2, 0) : -1;
        if (count < 0) {                       /* not between these two: by hand */
            if (buffer == NULL)
                buffer = g_malloc(CHUNK);
            count = read(from, buffer, CHUNK);
            if (count < 0 && errno == EINTR)
                continue;
            if (count < 0)
                return copy_fail("read", name, error);
            if (count > 0 && !fd_write_all(to, buffer, (size_t)count, error))
                return false;
        }
        if (count == 0)
            return true;
        *ret_bytes += count;
    }
}

/* Owner, mode, times. The owner first: changing it clears set-user-id bits. */
static bool copy_marks(const Copy *copy, int fd, const struct stat *st, const char *name, GError **error)
{
    const struct timespec times[2] = {st->st_atim, st->st_mtim};
    if (fchown(fd, copy_uid(copy, st->st_uid), copy_gid(copy, st->st_gid)) < 0 ||
        fchmod(fd, st->st_mode & 07777) < 0 || futimens(fd, times) < 0)
        return copy_fail("set owner and times of", name, error);
    return true;
}

/* Whoever changes files into folders while they are copied must not end the copy. */
static bool copy_changed(const Copy *copy)
{
    copy->stats->left_out++;
    return true;
}

static bool copy_file(const Copy *copy, const Folders *in, const char *name, GError **error)
{
    struct stat st;
    FD_AUTO int from = openat(in->from, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (from < 0)
        return errno == ENOENT || errno == ELOOP || copy_fail("open", name, error);
    if (fstat(from, &st) < 0 || !S_ISREG(st.st_mode))
        return true; /* it became something else in between */
    if (is_same_file(copy, in->to, name, &st)) {
        copy->stats->shared++;
        return true;
    }
    if (unlinkat(in->to, name, 0) < 0 && errno != ENOENT)
        return copy_changed(copy); /* it was a folder a moment ago */
    if (is_same_file(copy, in->before, name, &st) && linkat(in->before, name, in->to, name, 0) == 0) {
        copy->stats->shared++;
        return true;
    }
    FD_AUTO int to = openat(in->to, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (to < 0)
        return copy_fail("write", name, error);
    copy->stats->files++;
    return copy_bytes(from, to, &copy->stats->bytes, name, error) &&
           copy_marks(copy, to, &st, name, error);
}

static bool copy_link(const Copy *copy, const Folders *in, const char *name, GError **error)
{
    char target[PATH_MAX];
    struct stat st;
    ssize_t size = readlinkat(in->from, name, target, sizeof target - 1);
    if (size < 0 || fstatat(in->from, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return true;
    target[size] = '\0';
    unlinkat(in->to, name, 0);
    if (symlinkat(target, in->to, name) < 0 ||
        fchownat(in->to, name, copy_uid(copy, st.st_uid), copy_gid(copy, st.st_gid),
                 AT_SYMLINK_NOFOLLOW) < 0)
        return copy_fail("write the link", name, error);
    copy->stats->files++;
    return true;
}

static bool copy_any(const Copy *copy, const Folders *in, const char *name, int depth, GError **error);

static bool copy_entries(const Copy *copy, const Folders *in, int depth, GError **error)
{
    FD_AUTO int listing = openat(in->from, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = listing >= 0 ? fdopendir(listing) : NULL;
    if (dir == NULL)
        return copy_fail("list", "a folder", error);
    fd_steal(&listing);
    bool ok = true;
    struct dirent *entry;
    while (ok && (entry = readdir(dir)) != NULL) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            ok = copy_any(copy, in, entry->d_name, depth, error);
    }
    closedir(dir);
    return ok;
}

static bool copy_folder(const Copy *copy, const Folders *in, const char *name, int depth, GError **error)
{
    struct stat st;
    const int how = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
    FD_AUTO int from = openat(in->from, name, how);
    if (from < 0)
        return errno == ENOENT || errno == ENOTDIR || errno == ELOOP || copy_fail("open", name, error);
    if (fstat(from, &st) < 0 || (copy->device != 0 && st.st_dev != copy->device) ||
        depth > COPY_DEPTH_MAX) {
        copy->stats->left_out++;
        return true;
    }
    if (mkdirat(in->to, name, 0700) < 0 && errno != EEXIST)
        return copy_fail("make", name, error);
    FD_AUTO int to = openat(in->to, name, how);
    FD_AUTO int before = in->before >= 0 ? openat(in->before, name, how) : -1;
    if (to < 0)
        return copy_changed(copy); /* it was a file a moment ago */
    const Copy below = {copy->owner, copy->stats, st.st_dev};
    const Folders inside = {from, to, before};
    return copy_entries(&below, &inside, depth + 1, error) && copy_marks(copy, to, &st, name, error);
}

static bool copy_any(const Copy *copy, const Folders *in, const char *name, int depth, GError **error)
{
    struct stat st;
    if (fstatat(in->from, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return errno == ENOENT || copy_fail("look at", name, error);
    if (S_ISDIR(st.st_mode))
        return copy_folder(copy, in, name, depth, error);
    if (S_ISREG(st.st_mode))
        return copy_file(copy, in, name, error);
    if (S_ISLNK(st.st_mode))
        return copy_link(copy, in, name, error);
    copy->stats->left_out++;
    return true;
}

bool copy_entry(int from_fd, int to_fd, int before_fd, const char *name, const CopyOwner *owner,
                CopyStats *stats, GError **error)
{
    const Copy copy = {owner, stats, 0};
    const Folders in = {from_fd, to_fd, before_fd};
    return copy_any(&copy, &in, name, 0, error);
}
