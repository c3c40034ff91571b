/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The zip is read from its start, member after member, as it was written: the documents in their
 * order, then files. Anything that a release never holds (folders, links, encryption, compression
 * beyond the announced size, a second member of a name) ends the reading.
 */
#include "airlock/release_read.h"

#include "base/error.h"
#include "base/files.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PACKAGE_BYTES_MAX (RELEASE_BYTES_MAX + RELEASE_DOCUMENT_COUNT * (int64_t)RELEASE_DOCUMENT_MAX + \
                           (int64_t)RELEASE_FILES_MAX * 8192)

static void member_free(ReleaseMember *member)
{
    g_free(member->path);
    g_free(member->sha256);
    g_free(member);
}

void release_parts_free(ReleaseParts *parts)
{
    if (parts == NULL)
        return;
    for (int i = 0; i < RELEASE_DOCUMENT_COUNT; i++)
        g_free(parts->documents[i]);
    g_ptr_array_unref(parts->files);
    g_free(parts);
}

/* --- Seal ---------------------------------------------------------------------------------------- */

static bool seal_bad(GError **error)
{
    return error_set(error, ERROR_UNPROCESSABLE, "release.seal",
                     "The seal at the end of the package is missing or malformed: this is not a "
                     "whole release.");
}

/* Lower case only: one text for one value, or a flipped bit could go unseen. */
static bool hex_decode_strict(const char *hex, void *ret_bytes, size_t size)
{
    g_autofree char *copy = g_strndup(hex, size * 2);
    if (!hex_decode(copy, ret_bytes, size))
        return false;
    g_autofree char *again = hex_encode(ret_bytes, size);
    return strcmp(copy, again) == 0;
}

static bool seal_parse(const char *text, ReleaseSeal *ret_seal)
{
    const size_t format = sizeof RELEASE_FORMAT; /* with the space */
    const char *signature = text + format + 64 + 1;
    return memcmp(text, RELEASE_FORMAT " ", format) == 0 && text[format + 64] == ' ' &&
           text[RELEASE_SEAL_SIZE - 1] == '\n' &&
           hex_decode_strict(text + format, ret_seal->public_key, sizeof ret_seal->public_key) &&
           hex_decode_strict(signature, ret_seal->signature, sizeof ret_seal->signature);
}

/* The end record must say that the comment is the seal and nothing else. */
static bool seal_check_end(int fd, off_t at, GError **error)
{
    uint8_t end[RELEASE_ZIP_END_SIZE];
    if (pread(fd, end, sizeof end, at - (off_t)sizeof end) != (ssize_t)sizeof end ||
        memcmp(end, "PK\5\6", 4) != 0 || (size_t)(end[20] | end[21] << 8) != RELEASE_SEAL_SIZE)
        return seal_bad(error);
    return true;
}

bool release_read_seal(int fd, ReleaseSeal *ret_seal, GError **error)
{
    struct stat st;
    char text[RELEASE_SEAL_SIZE + 1] = {0};
    if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
        return error_set(error, ERROR_INVALID, "release.file", "The package is no regular file.");
    if (st.st_size > PACKAGE_BYTES_MAX)
        return error_set(error, ERROR_TOO_LARGE, "release.too_large",
                         "The package has more than %lld bytes.", (long long)PACKAGE_BYTES_MAX);
    off_t at = st.st_size - (off_t)RELEASE_SEAL_SIZE;
    if (at < RELEASE_ZIP_END_SIZE ||
        pread(fd, text, RELEASE_SEAL_SIZE, at) != (ssize_t)RELEASE_SEAL_SIZE ||
        !seal_parse(text, ret_seal))
        return seal_bad(error);
    uint8_t hash[HASH_SIZE];
    if (!seal_check_end(fd, at, error) || !release_hash_start(fd, at, hash, error))
        return false;
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    release_signed_bytes("seal", hash, bytes);
    if (crypto_sign_verify_detached(ret_seal->signature, bytes->data, bytes->len,
                                    ret_seal->public_key) != 0)
        return error_set(error, ERROR_UNPROCESSABLE, "release.changed",
                         "The seal does not match: the package was changed after it was made.");
    return true;
}

/* --- Members ------------------------------------------------------------------------------------- */

typedef struct PartsReader {
    struct archive *archive;
    ReleaseParts *parts;
    GHashTable *seen;
    int64_t total;
    GError **error;
} PartsReader;

static bool form_bad(PartsReader *reader, const char *what)
{
    return error_set(reader->error, ERROR_UNPROCESSABLE, "release.form",
                     "The package does not have the form of a release: %s.", what);
}

/* Reads SIZE bytes of the current member, no more and no fewer. TEXT (may be NULL) receives them. */
static bool member_read(PartsReader *reader, int64_t size, char *text, char **ret_sha256)
{
    crypto_hash_sha256_state state;
    crypto_hash_sha256_init(&state);
    g_autofree char *chunk = g_malloc(65536);
    int64_t got = 0;
    for (;;) {
        la_ssize_t n = archive_read_data(reader->archive, chunk, 65536);
        if (n < 0)
            return form_bad(reader, "a member cannot be read");
        if (n == 0)
            break;
        if (n > size - got)
            return form_bad(reader, "a member is larger than it announces");
        crypto_hash_sha256_update(&state, (const unsigned char *)chunk, (unsigned long long)n);
        if (text != NULL)
            memcpy(text + got, chunk, (size_t)n);
        got += n;
    }
    if (got != size)
        return form_bad(reader, "a member is smaller than it announces");
    uint8_t hash[HASH_SIZE];
    crypto_hash_sha256_final(&state, hash);
    *ret_sha256 = hex_encode(hash, sizeof hash);
    return true;
}

static bool read_document(PartsReader *reader, ReleaseDocument document, int64_t size)
{
    if (size < 1 || size > RELEASE_DOCUMENT_MAX)
        return form_bad(reader, "a document is empty or too large");
    g_autofree char *text = g_malloc((gsize)size + 1);
    g_autofree char *hash = NULL;
    if (!member_read(reader, size, text, &hash))
        return false;
    text[size] = '\0';
    if (memchr(text, '\0', (size_t)size) != NULL)
        return form_bad(reader, "a document holds a NUL byte");
    reader->parts->documents[document] = g_steal_pointer(&text);
    return true;
}

static bool read_file(PartsReader *reader, const char *path, int64_t size)
{
    if (!path_check_relative(path, NULL))
        return form_bad(reader, "the path of a file leaves its folder");
    if (!g_hash_table_add(reader->seen, g_utf8_casefold(path, -1)))
        return form_bad(reader, "two members have the same name");
    if (reader->parts->files->len >= RELEASE_FILES_MAX)
        return form_bad(reader, "it has too many files");
    if (size < 0 || size > RELEASE_BYTES_MAX - reader->total)
        return form_bad(reader, "its files are too large");
    reader->total += size;
    g_autofree char *hash = NULL;
    if (!member_read(reader, size, NULL, &hash))
        return false;
    ReleaseMember *member = g_new0(ReleaseMember, 1);
    member->path = g_strdup(path);
    member->size = size;
    member->sha256 = g_steal_pointer(&hash);
    g_ptr_array_add(reader->parts->files, member);
    return true;
}

static bool read_member(PartsReader *reader, struct archive_entry *entry, size_t index)
{
    const char *name = archive_entry_pathname_utf8(entry);
    if (name == NULL || archive_entry_filetype(entry) != AE_IFREG ||
        archive_entry_hardlink(entry) != NULL || archive_entry_symlink(entry) != NULL ||
        archive_entry_is_encrypted(entry) || !archive_entry_size_is_set(entry))
        return form_bad(reader, "a member is not a plain file");
    int64_t size = archive_entry_size(entry);
    if (index < RELEASE_DOCUMENT_COUNT) {
        if (strcmp(name, release_document_name((ReleaseDocument)index)) != 0)
            return form_bad(reader, "its documents are not those of a release, in their order");
        return read_document(reader, (ReleaseDocument)index, size);
    }
    if (!g_str_has_prefix(name, RELEASE_FILES_PREFIX))
        return form_bad(reader, "a member is outside files/");
    return read_file(reader, name + strlen(RELEASE_FILES_PREFIX), size);
}

static bool read_members(PartsReader *reader)
{
    struct archive_entry *entry = NULL;
    for (size_t index = 0;; index++) {
        int result = archive_read_next_header(reader->archive, &entry);
        if (result == ARCHIVE_EOF && index <= RELEASE_DOCUMENT_COUNT)
            return form_bad(reader, "documents or files are missing");
        if (result == ARCHIVE_EOF)
            return true;
        if (result != ARCHIVE_OK)
            return form_bad(reader, "the zip is damaged");
        if (!read_member(reader, entry, index))
            return false;
    }
}

ReleaseParts *release_read_parts(int fd, GError **error)
{
    G_GNUC_UNUSED g_auto(ReleaseLocale) locale = release_locale_enter();
    g_autoptr(ReleaseParts) parts = g_new0(ReleaseParts, 1);
    g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    parts->files = g_ptr_array_new_with_free_func((GDestroyNotify)member_free);
    struct archive *archive = archive_read_new();
    PartsReader reader = {archive, parts, seen, 0, error};
    archive_read_support_format_zip_seekable(archive);
    bool ok = lseek(fd, 0, SEEK_SET) == 0 &&
              archive_read_open_fd(archive, fd, 65536) == ARCHIVE_OK;
    ok = ok ? read_members(&reader) : form_bad(&reader, "it is not a zip");
    archive_read_free(archive);
    return ok ? g_steal_pointer(&parts) : NULL;
}
