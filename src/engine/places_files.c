/* SPDX-License-Identifier: Apache-2.0 */
/* Files below the places: copied out of a person's folder, and listed. */
#include "base/encode.h"
#include "base/error.h"
#include "base/files.h"
#include "base/ids.h"
#include "engine/places.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define COPY_CHUNK_BYTES  (1024 * 1024)
#define BROWSE_TEXT_BYTES (600 * 1024) /* of names, as escaped in the worst case: one frame */

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

/* ---- Listing ---- */

static const char *entry_type(mode_t mode)
{
    if (S_ISREG(mode))
        return "file";
    if (S_ISDIR(mode))
        return "folder";
    return S_ISLNK(mode) ? "link" : "other";
}

/* A name that is not text can be seen, not collected: shown mended, as something else. */
static json_t *entry_to_json(int folder_fd, const char *name)
{
    struct stat st;
    if (fstatat(folder_fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return NULL; /* it went away meanwhile */
    bool is_text = path_check_relative(name, NULL);
    g_autofree char *shown = g_utf8_make_valid(name, -1);
    return json_pack("{s:s, s:s, s:I, s:I}", "name", shown, "type",
                     is_text ? entry_type(st.st_mode) : "other", "size",
                     (json_int_t)(S_ISREG(st.st_mode) ? st.st_size : 0), "modified_ms",
                     (json_int_t)st.st_mtim.tv_sec * 1000 + st.st_mtim.tv_nsec / 1000000);
}

static int names_compare(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Reads at most LIMIT names, and says if there are more. */
static GPtrArray *names_read(DIR *dir, int64_t limit, bool *ret_truncated)
{
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
    size_t bytes = 0;
    struct dirent *entry;
    *ret_truncated = false;
    while ((entry = readdir(dir)) != NULL) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        bytes += strlen(entry->d_name) * 6 + 100;
        *ret_truncated = names->len >= (guint)limit || bytes > BROWSE_TEXT_BYTES;
        if (*ret_truncated)
            break;
        g_ptr_array_add(names, g_strdup(entry->d_name));
    }
    g_ptr_array_sort(names, names_compare);
    return names;
}

json_t *places_browse(int from_fd, const char *folder, int64_t limit, GError **error)
{
    bool truncated = false;
    int fd = open_beneath(from_fd, *folder == '\0' ? "." : folder,
                          O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0, error);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    if (dir == NULL) {
        fd_cleanup(&fd);
        return NULL;
    }
    g_autoptr(GPtrArray) names = names_read(dir, limit, &truncated);
    json_t *entries = json_array();
    for (guint i = 0; i < names->len; i++) {
        json_t *entry = entry_to_json(dirfd(dir), g_ptr_array_index(names, i));
        if (entry != NULL)
            json_array_append_new(entries, entry);
    }
    closedir(dir);
    return json_pack("{s:o, s:b}", "entries", entries, "truncated", truncated);
}
