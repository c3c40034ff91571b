/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Making a release. The manifest is a pure function of the content, so that its hash can stand in
 * the audit log before the zip exists; the files are read again while they are stored, and a file
 * that changed in between stops the release.
 */
#include "airlock/release.h"

#include "airlock/release_form.h"
#include "audit/note.h"
#include "base/error.h"
#include "base/files.h"
#include "base/times.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define KEY_FILE "instance/attest.key"
#define KEY_PUBLIC_FILE "instance/attest.pub"

/* --- Key ----------------------------------------------------------------------------------------- */

struct ReleaseKey {
    NoteSigner *signer;
};

static bool key_write(const char *key_path, const char *public_path, const char *name,
                      GError **error)
{
    char *key = note_new_key(name);
    g_autoptr(NoteSigner) signer = note_signer_new(key, error);
    bool ok = signer != NULL;
    if (ok) {
        g_autofree char *verifier = note_verifier_key(signer);
        g_autofree char *line = g_strconcat(verifier, "\n", NULL);
        /* The key last: with it, the instance can attest. */
        ok = file_write(public_path, line, strlen(line), 0644, error) &&
             file_write(key_path, key, strlen(key), 0600, error);
    }
    secret_free(key);
    return ok;
}

bool release_init(const char *state_dir, const char *name, GError **error)
{
    g_autofree char *key_path = g_build_filename(state_dir, KEY_FILE, NULL);
    g_autofree char *public_path = g_build_filename(state_dir, KEY_PUBLIC_FILE, NULL);
    g_autofree char *folder = g_path_get_dirname(key_path);
    if (!note_check_name(name, error) || !folder_make(folder, 0700, error))
        return false;
    if (g_file_test(key_path, G_FILE_TEST_EXISTS))
        return error_set(error, ERROR_CONFLICT, "release.exists",
                         "%s exists: this instance has its key already.", key_path);
    return key_write(key_path, public_path, name, error);
}

ReleaseKey *release_key_open(const char *state_dir, GError **error)
{
    g_autofree char *path = g_build_filename(state_dir, KEY_FILE, NULL);
    char *text = NULL;
    if (!file_read(path, 4096, &text, NULL, error))
        return NULL;
    NoteSigner *signer = note_signer_new(text, error);
    secret_free(text);
    if (signer == NULL) {
        g_prefix_error(error, "%s: ", path);
        return NULL;
    }
    ReleaseKey *key = g_new0(ReleaseKey, 1);
    key->signer = signer;
    return key;
}

void release_key_free(ReleaseKey *key)
{
    if (key == NULL)
        return;
    note_signer_free(key->signer);
    g_free(key);
}

static void key_sign(const ReleaseKey *key, const char *kind, const uint8_t hash[HASH_SIZE],
                     uint8_t ret_signature[crypto_sign_BYTES])
{
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    release_signed_bytes(kind, hash, bytes);
    crypto_sign_detached(ret_signature, NULL, bytes->data, bytes->len, key->signer->secret_key);
}

/* --- Manifest ------------------------------------------------------------------------------------ */

static bool content_check(const ReleaseContent *content, GError **error)
{
    if (content->file_count < 1 || content->file_count > RELEASE_FILES_MAX)
        return error_set(error, ERROR_TOO_LARGE, "release.files",
                         "A release has 1 to %d files, not %zu.", RELEASE_FILES_MAX,
                         content->file_count);
    if (!json_is_object(content->description) || !json_is_array(content->rules) ||
        !json_is_array(content->reviews))
        return error_set(error, ERROR_INTERNAL, "release.content",
                         "The documents of a release have the wrong types.");
    g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (size_t i = 0; i < content->file_count; i++) {
        if (!path_check_relative(content->files[i].path, error))
            return false;
        if (!g_hash_table_add(seen, g_utf8_casefold(content->files[i].path, -1)))
            return error_set(error, ERROR_CONFLICT, "release.path_twice",
                             "Two files of the release are named \"%s\" (upper and lower case "
                             "count as the same).", content->files[i].path);
    }
    return true;
}

static bool manifest_files(const ReleaseContent *content, json_t *files, GError **error)
{
    int64_t total = 0;
    for (size_t i = 0; i < content->file_count; i++) {
        g_autofree char *hash = NULL;
        int64_t size = 0;
        if (!fd_hash(content->files[i].fd, &hash, &size, error))
            return false;
        total += size;
        if (total > RELEASE_BYTES_MAX)
            return error_set(error, ERROR_TOO_LARGE, "release.too_large",
                             "The files of the release have more than %lld bytes together.",
                             (long long)RELEASE_BYTES_MAX);
        json_array_append_new(files, json_pack("{s:s, s:I, s:s}", "path", content->files[i].path,
                                               "size", (json_int_t)size, "sha256", hash));
    }
    return true;
}

static char *hash_hex(const char *text)
{
    uint8_t hash[HASH_SIZE];
    hash_bytes(text, strlen(text), hash);
    return hex_encode(hash, sizeof hash);
}

/* Texts of the members; each made by json_dumps(). */
typedef struct Documents {
    char *texts[RELEASE_DOCUMENT_COUNT];
    json_t *manifest;
} Documents;

static void documents_clear(Documents *documents)
{
    for (int i = 0; i < RELEASE_DOCUMENT_COUNT; i++)
        free(documents->texts[i]);
    json_decref(documents->manifest);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Documents, documents_clear)

/* Indented, so that a person can read it; sorted, so that it is one text only. */
static char *document_text(const json_t *document)
{
    return json_dumps(document, JSON_INDENT(1) | JSON_SORT_KEYS);
}

static bool documents_make_manifest(const ReleaseContent *content, Documents *d, GError **error)
{
    g_autoptr(json_t) files = json_array();
    if (!content_check(content, error) || !manifest_files(content, files, error))
        return false;
    d->texts[RELEASE_RULES] = document_text(content->rules);
    g_assert(d->texts[RELEASE_RULES] != NULL);
    g_autofree char *rules_hash = hash_hex(d->texts[RELEASE_RULES]);
    g_autofree char *decided = time_format(content->decided_ms);
    d->manifest = json_pack("{s:s, s:s, s:O, s:O, s:s}", "format", RELEASE_FORMAT, "decided",
                            decided, "description", content->description, "files", files,
                            "rules_sha256", rules_hash);
    d->texts[RELEASE_MANIFEST] = document_text(d->manifest);
    g_assert(d->texts[RELEASE_MANIFEST] != NULL);
    return true;
}

bool release_manifest_hash(const ReleaseContent *content, char **ret_hex, GError **error)
{
    g_auto(Documents) documents = {0};
    if (!documents_make_manifest(content, &documents, error))
        return false;
    *ret_hex = hash_hex(documents.texts[RELEASE_MANIFEST]);
    return true;
}

static void documents_make_reviews(const ReleaseContent *content, const ReleaseKey *key,
                                   Documents *d)
{
    g_autofree char *manifest_hash = hash_hex(d->texts[RELEASE_MANIFEST]);
    g_autofree char *verifier = note_verifier_key(key->signer);
    json_t *reviews = json_array();
    size_t i;
    json_t *review;
    json_array_foreach ((json_t *)content->reviews, i, review) {
        uint8_t hash[HASH_SIZE], signature[crypto_sign_BYTES];
        release_review_hash(manifest_hash, review, hash);
        key_sign(key, "review", hash, signature);
        g_autofree char *hex = hex_encode(signature, sizeof signature);
        json_array_append_new(reviews,
                              json_pack("{s:O, s:s}", "review", review, "signature", hex));
    }
    g_autoptr(json_t) document = json_pack("{s:s, s:s, s:o}", "key", verifier, "manifest_sha256",
                                           manifest_hash, "reviews", reviews);
    d->texts[RELEASE_REVIEWS] = document_text(document);
}

static bool documents_make_audit(const json_t *proof, Documents *d, GError **error)
{
    g_autofree char *manifest_hash = hash_hex(d->texts[RELEASE_MANIFEST]);
    const json_t *details = json_object_get(json_object_get(proof, "entry"), "details");
    const char *logged = json_string_value(json_object_get(details, "manifest_sha256"));
    if (g_strcmp0(logged, manifest_hash) != 0)
        return error_set(error, ERROR_INTERNAL, "release.audit",
                         "The audit entry of the release names the manifest %s; it is %s.",
                         logged != NULL ? logged : "(none)", manifest_hash);
    d->texts[RELEASE_AUDIT] = document_text(proof);
    return true;
}

static bool documents_check_sizes(const Documents *d, GError **error)
{
    for (int i = 0; i < RELEASE_DOCUMENT_COUNT; i++) {
        if (strlen(d->texts[i]) > RELEASE_DOCUMENT_MAX)
            return error_set(error, ERROR_TOO_LARGE, "release.document",
                             "%s would have more than %d bytes.",
                             release_document_name((ReleaseDocument)i), RELEASE_DOCUMENT_MAX);
    }
    return true;
}

/* --- Zip ----------------------------------------------------------------------------------------- */

typedef struct ZipWriter {
    struct archive *archive;
    int64_t decided_ms;
    GError **error;
} ZipWriter;

static bool zip_fail(ZipWriter *zip)
{
    const char *why = archive_error_string(zip->archive);
    return error_set(zip->error, ERROR_INTERNAL, "release.write", "The zip cannot be written: %s",
                     why != NULL ? why : "no reason given");
}

static bool zip_header(ZipWriter *zip, const char *name, int64_t size)
{
    struct archive_entry *entry = archive_entry_new();
    archive_entry_set_pathname_utf8(entry, name);
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_perm(entry, 0644);
    archive_entry_set_size(entry, size);
    archive_entry_set_mtime(entry, (time_t)(zip->decided_ms / 1000), 0);
    bool ok = archive_write_header(zip->archive, entry) == ARCHIVE_OK;
    archive_entry_free(entry);
    return ok || zip_fail(zip);
}

static bool zip_data(ZipWriter *zip, const void *bytes, size_t size)
{
    if (size == 0)
        return true;
    return archive_write_data(zip->archive, bytes, size) == (la_ssize_t)size || zip_fail(zip);
}

static bool zip_file_changed(ZipWriter *zip, const char *path)
{
    return error_set(zip->error, ERROR_CONFLICT, "release.changed",
                     "\"%s\" changed while it was being released.", path);
}

/* Copies exactly what the manifest says, or fails. */
static bool zip_file(ZipWriter *zip, const ReleaseFile *file, const json_t *row)
{
    g_autofree char *name = g_strconcat(RELEASE_FILES_PREFIX, file->path, NULL);
    int64_t size = json_integer_value(json_object_get(row, "size"));
    crypto_hash_sha256_state state;
    crypto_hash_sha256_init(&state);
    g_autofree unsigned char *chunk = g_malloc(65536);
    if (!zip_header(zip, name, size))
        return false;
    for (int64_t at = 0; at < size;) {
        ssize_t n = pread(file->fd, chunk, (size_t)MIN(65536, size - at), at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return zip_file_changed(zip, file->path);
        crypto_hash_sha256_update(&state, chunk, (unsigned long long)n);
        if (!zip_data(zip, chunk, (size_t)n))
            return false;
        at += n;
    }
    uint8_t hash[HASH_SIZE];
    crypto_hash_sha256_final(&state, hash);
    g_autofree char *hex = hex_encode(hash, sizeof hash);
    if (g_strcmp0(hex, json_string_value(json_object_get(row, "sha256"))) != 0)
        return zip_file_changed(zip, file->path);
    return true;
}

static bool zip_members(ZipWriter *zip, const ReleaseContent *content, const Documents *d)
{
    for (int i = 0; i < RELEASE_DOCUMENT_COUNT; i++) {
        size_t size = strlen(d->texts[i]);
        if (!zip_header(zip, release_document_name((ReleaseDocument)i), (int64_t)size) ||
            !zip_data(zip, d->texts[i], size))
            return false;
    }
    const json_t *rows = json_object_get(d->manifest, "files");
    for (size_t i = 0; i < content->file_count; i++) {
        if (!zip_file(zip, &content->files[i], json_array_get(rows, i)))
            return false;
    }
    return true;
}

static bool zip_write(const ReleaseContent *content, const Documents *d, int fd, GError **error)
{
    G_GNUC_UNUSED g_auto(ReleaseLocale) locale = release_locale_enter();
    struct archive *archive = archive_write_new();
    ZipWriter zip = {archive, content->decided_ms, error};
    archive_write_add_filter_none(archive);
    archive_write_set_bytes_in_last_block(archive, 1);
    bool ok = (archive_write_set_format_zip(archive) == ARCHIVE_OK &&
               archive_write_set_options(archive, "zip:compression=store,zip:hdrcharset=UTF-8") ==
                   ARCHIVE_OK &&
               archive_write_open_fd(archive, fd) == ARCHIVE_OK) ||
              zip_fail(&zip);
    ok = ok && zip_members(&zip, content, d);
    if (ok && archive_write_close(archive) != ARCHIVE_OK)
        ok = zip_fail(&zip);
    archive_write_free(archive);
    return ok;
}

/* --- Seal ---------------------------------------------------------------------------------------- */

static char *seal_text(const ReleaseKey *key, const uint8_t hash[HASH_SIZE])
{
    uint8_t signature[crypto_sign_BYTES];
    key_sign(key, "seal", hash, signature);
    g_autofree char *public_hex =
        hex_encode(key->signer->public_key, sizeof key->signer->public_key);
    g_autofree char *signature_hex = hex_encode(signature, sizeof signature);
    char *text = g_strdup_printf(RELEASE_FORMAT " %s %s\n", public_hex, signature_hex);
    g_assert(strlen(text) == RELEASE_SEAL_SIZE);
    return text;
}

/* The zip ends with a record whose last two bytes are the length of its comment, still 0. */
static bool seal_write(const ReleaseKey *key, int fd, GError **error)
{
    struct stat st;
    uint8_t end[RELEASE_ZIP_END_SIZE];
    const uint8_t length[2] = {RELEASE_SEAL_SIZE & 0xFF, RELEASE_SEAL_SIZE >> 8};
    if (fstat(fd, &st) < 0 || st.st_size < (off_t)sizeof end ||
        pread(fd, end, sizeof end, st.st_size - (off_t)sizeof end) != (ssize_t)sizeof end ||
        memcmp(end, "PK\5\6", 4) != 0 || end[20] != 0 || end[21] != 0)
        return error_set(error, ERROR_INTERNAL, "release.write",
                         "The zip was not written as expected.");
    if (pwrite(fd, length, sizeof length, st.st_size - 2) != (ssize_t)sizeof length)
        return error_set_errno(error, errno, "files.write", "The seal cannot be written");
    uint8_t hash[HASH_SIZE];
    if (!release_hash_start(fd, st.st_size, hash, error))
        return false;
    g_autofree char *seal = seal_text(key, hash);
    if (pwrite(fd, seal, RELEASE_SEAL_SIZE, st.st_size) != (ssize_t)RELEASE_SEAL_SIZE)
        return error_set_errno(error, errno, "files.write", "The seal cannot be written");
    if (fsync(fd) < 0)
        return error_set_errno(error, errno, "files.sync", "The release cannot be synced");
    return true;
}

bool release_write(const ReleaseContent *content, const json_t *audit_proof,
                   const ReleaseKey *key, int output_fd, GError **error)
{
    g_auto(Documents) documents = {0};
    struct stat st;
    if (fstat(output_fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size != 0)
        return error_set(error, ERROR_INTERNAL, "release.write",
                         "The release needs an empty regular file.");
    if (lseek(output_fd, 0, SEEK_SET) < 0)
        return error_set_errno(error, errno, "files.write", "The release cannot be written");
    if (!documents_make_manifest(content, &documents, error) ||
        !documents_make_audit(audit_proof, &documents, error))
        return false;
    documents_make_reviews(content, key, &documents);
    return documents_check_sizes(&documents, error) &&
           zip_write(content, &documents, output_fd, error) && seal_write(key, output_fd, error);
}
