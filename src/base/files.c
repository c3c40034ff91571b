/* SPDX-License-Identifier: Apache-2.0 */
/* Durable writing and safe opening. openat2 has no libc wrapper: it is called by number. */
#include "base/files.h"

#include "base/encode.h"
#include "base/error.h"
#include "base/ids.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sodium.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <dirent.h>

void fd_cleanup(int *fd)
{
    if (*fd >= 0)
        close(*fd);
}

int fd_steal(int *fd)
{
    int taken = *fd;
    *fd = -1;
    return taken;
}

bool fd_write_all(int fd, const void *bytes, size_t size, GError **error)
{
    const char *at = bytes;
    while (size > 0) {
        ssize_t n = write(fd, at, size);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return error_set_errno(error, errno, "files.write", "Writing failed");
        at += n;
        size -= (size_t)n;
    }
    return true;
}

static bool fd_read_all(int fd, size_t max_bytes, GByteArray *into, const char *path,
                        GError **error)
{
    char chunk[16384];
    for (;;) {
        ssize_t n = read(fd, chunk, sizeof chunk);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return error_set_errno(error, errno, "files.read", "Cannot read %s", path);
        if (n == 0)
            return true;
        if ((size_t)n > max_bytes - into->len)
            return error_set(error, ERROR_TOO_LARGE, "files.too_large",
                             "%s has more than %zu bytes.", path, max_bytes);
        g_byte_array_append(into, (const guint8 *)chunk, (guint)n);
    }
}

bool file_read(const char *path, size_t max_bytes, char **ret_text, size_t *ret_size,
               GError **error)
{
    FD_AUTO int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT)
        return error_set(error, ERROR_NOT_FOUND, "files.missing", "%s does not exist.", path);
    if (fd < 0)
        return error_set_errno(error, errno, "files.open", "Cannot open %s", path);
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    if (!fd_read_all(fd, max_bytes, bytes, path, error))
        return false;
    size_t size = bytes->len;
    g_byte_array_append(bytes, (const guint8 *)"", 1);
    *ret_text = (char *)g_byte_array_free(g_steal_pointer(&bytes), FALSE);
    if (ret_size != NULL)
        *ret_size = size;
    return true;
}

bool folder_sync(const char *path, GError **error)
{
    FD_AUTO int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 || fsync(fd) < 0)
        return error_set_errno(error, errno, "files.sync", "Cannot sync the folder %s", path);
    return true;
}

static bool file_write_temporary(const char *temporary, const void *bytes, size_t size,
                                 mode_t mode, GError **error)
{
    FD_AUTO int fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    if (fd < 0)
        return error_set_errno(error, errno, "files.create", "Cannot create %s", temporary);
    if (!fd_write_all(fd, bytes, size, error))
        return false;
    if (fchmod(fd, mode) < 0 || fsync(fd) < 0)
        return error_set_errno(error, errno, "files.sync", "Cannot sync %s", temporary);
    return true;
}

bool file_write(const char *path, const void *bytes, size_t size, mode_t mode, GError **error)
{
    g_autofree char *tail = random_token(16);
    g_autofree char *temporary = g_strconcat(path, ".", tail, ".tmp", NULL);
    g_autofree char *folder = g_path_get_dirname(path);
    if (!file_write_temporary(temporary, bytes, size, mode, error)) {
        unlink(temporary);
        return false;
    }
    if (rename(temporary, path) < 0) {
        int saved = errno;
        unlink(temporary);
        return error_set_errno(error, saved, "files.rename", "Cannot put %s in place", path);
    }
    return folder_sync(folder, error);
}

bool folder_make(const char *path, mode_t mode, GError **error)
{
    if (g_mkdir_with_parents(path, (int)mode) < 0)
        return error_set_errno(error, errno, "files.folder", "Cannot make the folder %s", path);
    return true;
}

static bool tree_remove_at(int parent_fd, const char *name, GError **error);

static bool tree_empty(int fd, GError **error)
{
    DIR *dir = fdopendir(fd);
    if (dir == NULL) {
        close(fd);
        return error_set_errno(error, errno, "files.list", "Cannot list a folder");
    }
    bool ok = true;
    struct dirent *entry;
    while (ok && (entry = readdir(dir)) != NULL) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            ok = tree_remove_at(dirfd(dir), entry->d_name, error);
    }
    closedir(dir);
    return ok;
}

static bool tree_remove_at(int parent_fd, const char *name, GError **error)
{
    if (unlinkat(parent_fd, name, 0) == 0 || errno == ENOENT)
        return true;
    if (errno != EISDIR && errno != EPERM)
        return error_set_errno(error, errno, "files.remove", "Cannot remove %s", name);
    /* What is mounted below is somebody else's: removing stops there, with EXDEV. */
    struct open_how how = {.flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC,
                           .resolve = parent_fd != AT_FDCWD ? RESOLVE_NO_XDEV : 0};
    int fd = (int)syscall(SYS_openat2, parent_fd, name, &how, sizeof how);
    if (fd < 0)
        return error_set_errno(error, errno, "files.remove", "Cannot open %s", name);
    if (!tree_empty(fd, error))
        return false;
    if (unlinkat(parent_fd, name, AT_REMOVEDIR) < 0 && errno != ENOENT)
        return error_set_errno(error, errno, "files.remove", "Cannot remove %s", name);
    return true;
}

bool tree_remove(const char *path, GError **error)
{
    return tree_remove_at(AT_FDCWD, path, error);
}

static bool path_segment_check(const char *segment)
{
    size_t length = strlen(segment);
    return length >= 1 && length <= 255 && strcmp(segment, ".") != 0 && strcmp(segment, "..") != 0;
}

bool path_check_relative(const char *path, GError **error)
{
    if (path == NULL || *path == '\0' || strlen(path) > 1024)
        return error_set(error, ERROR_INVALID, "path.length",
                         "A path must have 1 to 1024 bytes.");
    if (!text_check(path, 1024, false, "The path", error))
        return false;
    if (strchr(path, '\\') != NULL)
        return error_set(error, ERROR_INVALID, "path.backslash", "A path may not hold \"\\\".");
    g_auto(GStrv) segments = g_strsplit(path, "/", -1);
    for (char **s = segments; *s != NULL; s++) {
        if (!path_segment_check(*s))
            return error_set(error, ERROR_INVALID, "path.segment",
                             "The path may not be absolute, nor hold empty, \".\" or \"..\" parts, "
                             "nor parts over 255 bytes.");
    }
    return true;
}

int open_beneath(int folder_fd, const char *relative, int flags, mode_t mode, GError **error)
{
    struct open_how how = {
        .flags = (uint64_t)(unsigned)flags | O_CLOEXEC,
        .mode = (flags & O_CREAT) != 0 ? mode : 0,
        .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV,
    };
    int fd = (int)syscall(SYS_openat2, folder_fd, relative, &how, sizeof how);
    if (fd >= 0)
        return fd;
    if (errno == ENOENT)
        error_set(error, ERROR_NOT_FOUND, "files.missing", "There is no file \"%s\".", relative);
    else if (errno == ENOTDIR)
        error_set(error, ERROR_NOT_FOUND, "files.not_a_folder",
                  "\"%s\" is no folder, or lies below what is none.", relative);
    else if (errno == ENXIO)
        error_set(error, ERROR_INVALID, "files.not_a_file", "\"%s\" is not a regular file.",
                  relative);
    else if (errno == ELOOP || errno == EXDEV)
        error_set(error, ERROR_INVALID, "path.link",
                  "\"%s\" passes through a link or leaves its folder.", relative);
    else
        error_set_errno(error, errno, "files.open", "Cannot open \"%s\"", relative);
    return -1;
}

bool fd_hash(int fd, char **ret_hex, int64_t *ret_size, GError **error)
{
    crypto_hash_sha256_state state;
    crypto_hash_sha256_init(&state);
    g_autofree unsigned char *chunk = g_malloc(65536);
    int64_t size = 0;
    for (;;) {
        ssize_t n = pread(fd, chunk, 65536, size);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return error_set_errno(error, errno, "files.read", "Cannot read a file");
        if (n == 0)
            break;
        crypto_hash_sha256_update(&state, chunk, (unsigned long long)n);
        size += n;
    }
    uint8_t hash[HASH_SIZE];
    crypto_hash_sha256_final(&state, hash);
    *ret_hex = hex_encode(hash, sizeof hash);
    *ret_size = size;
    return true;
}
