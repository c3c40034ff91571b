/* SPDX-License-Identifier: Apache-2.0 */
/* Files below the places, copied out of a person's folder. */
#include "base/encode.h"
#include "base/error.h"
#include "base/files.h"
#include "base/ids.h"
#include "engine/places.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define COPY_CHUNK_BYTES  (1024 * 1024)

static bool too_large(const CopyWanted *wanted, GError **error)
{
    return error_set(error, ERROR_TOO_LARGE, "engine.file_too_large",
                     "\"%s\" is larger than the %" G_GINT64_FORMAT " bytes allowed.", wanted->file,
                     wanted->max_bytes);
}

/* A fifo must not make us wait, a device must not be touched, a link must not be followed. */
static int copy_open_source(const CopyWanted *wanted, GError **error)
{
    struct stat st;
    FD_AUTO int fd = open_beneath(wanted->from_fd, wanted->file,
                                  O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0, error);
    if (fd < 0)
        return -1;
    if (fstat(fd, &st) < 0) {
        error_set_errno(error, errno, "engine.stat", "Cannot look at \"%s\"", wanted->file);
        return -1;
    }
    if (!S_ISREG(st.st_mode)) {
        error_set(error, ERROR_INVALID, "engine.not_a_file", "\"%s\" is not a regular file.",
                  wanted->file);
        return -1;
    }
    if (st.st_size > wanted->max_bytes) {
        too_large(wanted, error);
        return -1;
    }
    return fd_steal(&fd);
}

/* Copies and hashes what is read: the hash is that of the copy, whatever happens to the source. */
static bool copy_bytes(const CopyWanted *wanted, int from, int to, char **ret_sha256,
                       int64_t *ret_size, GError **error)
{
    crypto_hash_sha256_state state;
    uint8_t hash[HASH_SIZE];
    int64_t size = 0;
    g_autofree unsigned char *chunk = g_malloc(COPY_CHUNK_BYTES);
    crypto_hash_sha256_init(&state);
    for (;;) {
        ssize_t n = read(from, chunk, COPY_CHUNK_BYTES);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return error_set_errno(error, errno, "engine.read", "Cannot read \"%s\"",
                                   wanted->file);
        if (n == 0)
            break;
        size += n;
        if (size > wanted->max_bytes)
            return too_large(wanted, error);
        crypto_hash_sha256_update(&state, chunk, (unsigned long long)n);
        if (!fd_write_all(to, chunk, (size_t)n, error))
            return false;
    }
    crypto_hash_sha256_final(&state, hash);
    *ret_sha256 = hex_encode(hash, sizeof hash);
    *ret_size = size;
    return true;
}

/* Writes the temporary and gives it its name. */
static bool copy_into(const CopyWanted *wanted, int from, const char *temporary, char **ret_sha256,
                      int64_t *ret_size, GError **error)
{
    FD_AUTO int to = openat(wanted->to_fd, temporary,
                            O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (to < 0)
        return error_set_errno(error, errno, "engine.create", "Cannot make a copy");
    if (!copy_bytes(wanted, from, to, ret_sha256, ret_size, error))
        return false;
    if (fchown(to, wanted->owner, wanted->group) < 0 || fchmod(to, wanted->mode) < 0 ||
        fsync(to) < 0)
        return error_set_errno(error, errno, "engine.sync", "Cannot finish a copy");
    if (renameat2(wanted->to_fd, temporary, wanted->to_fd, wanted->name, RENAME_NOREPLACE) < 0) {
        if (errno == EEXIST)
            return error_set(error, ERROR_CONFLICT, "engine.exists",
                             "There already is a file \"%s\".", wanted->name);
        return error_set_errno(error, errno, "engine.rename", "Cannot name a copy");
    }
    if (fsync(wanted->to_fd) < 0)
        return error_set_errno(error, errno, "engine.sync", "Cannot sync a folder");
    return true;
}

bool places_copy(const CopyWanted *wanted, char **ret_sha256, int64_t *ret_size, GError **error)
{
    g_autofree char *sha256 = NULL;
    g_autofree char *token = random_token(16);
    g_autofree char *temporary = g_strconcat(".copy-", token, NULL);
    int64_t size = 0;
    FD_AUTO int from = copy_open_source(wanted, error);
    if (from < 0)
        return false;
    if (!copy_into(wanted, from, temporary, &sha256, &size, error)) {
        unlinkat(wanted->to_fd, temporary, 0);
        return false;
    }
    *ret_sha256 = g_steal_pointer(&sha256);
    *ret_size = size;
    return true;
}
