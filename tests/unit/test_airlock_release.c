/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Releases: one is made, then damaged in every way that the test can think of: each byte flipped,
 * each length cut, other zips sealed by another key. Only the untouched one passes.
 */
#include "airlock/release.h"

#include "airlock/release_form.h"
#include "audit/note.h"
#include "base/error.h"
#include "base/files.h"

#include <archive.h>
#include <archive_entry.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DECIDED_MS INT64_C(1795320000000)

typedef struct Fixture {
    char *state;
    ReleaseKey *key;
    char *attest_pub;
    NoteSigner *audit;
    char *audit_pub;
    json_t *description, *rules, *reviews;
    ReleaseFile files[2];
    ReleaseContent content;
} Fixture;

static int file_of(const void *bytes, size_t size)
{
    g_autofree char *path = NULL;
    int fd = g_file_open_tmp("darse-release-XXXXXX", &path, NULL);
    g_assert_cmpint(fd, >=, 0);
    unlink(path);
    g_assert_true(fd_write_all(fd, bytes, size, NULL));
    return fd;
}

static char *read_public(const char *state)
{
    g_autofree char *path = g_build_filename(state, "instance", "attest.pub", NULL);
    char *text = NULL;
    g_assert_true(file_read(path, 4096, &text, NULL, NULL));
    return g_strstrip(text);
}

static void setup(Fixture *f, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    f->state = g_dir_make_tmp("darse-state-XXXXXX", NULL);
    g_assert_true(release_init(f->state, "darse.test/attest", &error));
    f->key = release_key_open(f->state, &error);
    g_assert_no_error(error);
    f->attest_pub = read_public(f->state);
    char *audit_key = note_new_key("darse.test");
    f->audit = note_signer_new(audit_key, &error);
    secret_free(audit_key);
    f->audit_pub = note_verifier_key(f->audit);
    f->description = json_pack("{s:s, s:s}", "export", "exp-1", "project", "Étude");
    f->rules = json_pack("[{s:s, s:s, s:s}]", "rule", "minimum_count", "verdict", "pass", "basis",
                         "author_declaration");
    f->reviews = json_pack("[{s:s, s:s}, {s:s, s:s}]", "reviewer", "checker1", "decision",
                           "approve", "reviewer", "checker2", "decision", "approve");
    f->files[0] = (ReleaseFile){"table.csv", file_of("a,n\nx,10\n", 9)};
    f->files[1] = (ReleaseFile){"sub/été.csv", file_of("a,n\ny,12\n", 9)};
    f->content = (ReleaseContent){f->description, DECIDED_MS, f->files, 2, f->rules, f->reviews};
}

static void teardown(Fixture *f, gconstpointer data)
{
    g_assert_true(tree_remove(f->state, NULL));
    g_free(f->state);
    release_key_free(f->key);
    note_signer_free(f->audit);
    g_free(f->attest_pub);
    g_free(f->audit_pub);
    json_decref(f->description);
    json_decref(f->rules);
    json_decref(f->reviews);
    close(f->files[0].fd);
    close(f->files[1].fd);
}

/* The proof of an entry that is alone in its log. */
static json_t *proof_of(const Fixture *f, const char *manifest_sha256)
{
    uint8_t salt[32] = {7}, body[HASH_SIZE];
    g_autoptr(json_t) entry =
        json_pack("{s:s, s:{s:s}}", "verb", "export.release", "details", "manifest_sha256",
                  manifest_sha256);
    char *text = json_canonical(entry);
    g_autoptr(GByteArray) salted = g_byte_array_new();
    g_byte_array_append(salted, salt, sizeof salt);
    g_byte_array_append(salted, (const guint8 *)text, (guint)strlen(text));
    free(text);
    hash_bytes(salted->data, salted->len, body);
    g_autofree char *body_hex = hex_encode(body, sizeof body);
    g_autofree char *salt_hex = hex_encode(salt, sizeof salt);
    g_autoptr(json_t) leaf = json_pack("{s:s, s:i, s:I}", "body", body_hex, "seq", 0, "time",
                                       (json_int_t)DECIDED_MS);
    char *leaf_data = json_canonical(leaf);
    TreeHash root = tree_hash_leaf(leaf_data, strlen(leaf_data));
    g_autofree char *checkpoint = checkpoint_sign(f->audit, 1, &root);
    json_t *proof = json_pack("{s:s, s:s, s:i, s:[], s:s, s:O, s:s}", "checkpoint", checkpoint,
                              "leaf_data", leaf_data, "index", 0, "proof", "salt", salt_hex,
                              "entry", entry, "key", f->audit_pub);
    free(leaf_data);
    g_assert_nonnull(proof);
    return proof;
}

static int release_make(const Fixture *f)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *hash = NULL;
    g_assert_true(release_manifest_hash(&f->content, &hash, &error));
    g_autoptr(json_t) proof = proof_of(f, hash);
    int fd = file_of("", 0);
    bool ok = release_write(&f->content, proof, f->key, fd, &error);
    g_assert_no_error(error);
    g_assert_true(ok);
    return fd;
}

static void assert_refused(int fd, const char *const *keys, const char *reason)
{
    ReleaseReport *report = (ReleaseReport *)0x1;
    g_autoptr(GError) error = NULL;
    g_assert_false(release_verify(fd, keys, &report, &error));
    g_assert_true(report == (ReleaseReport *)0x1);
    if (reason != NULL && strcmp(error_reason(error), reason) != 0)
        g_error("%s: %s, instead of %s", error_reason(error), error->message, reason);
}

static GByteArray *bytes_of(int fd)
{
    struct stat st;
    g_assert_cmpint(fstat(fd, &st), ==, 0);
    GByteArray *bytes = g_byte_array_new();
    g_byte_array_set_size(bytes, (guint)st.st_size);
    g_assert_cmpint(pread(fd, bytes->data, bytes->len, 0), ==, st.st_size);
    return bytes;
}

static void test_whole(Fixture *f, gconstpointer data)
{
    FD_AUTO int fd = release_make(f);
    g_autoptr(GError) error = NULL;
    g_autoptr(ReleaseReport) alone = NULL;
    g_assert_true(release_verify(fd, NULL, &alone, &error));
    g_assert_false(alone->are_keys_known);
    const char *keys[] = {"other+00000000+x", f->audit_pub, f->attest_pub, NULL};
    g_autoptr(ReleaseReport) report = NULL;
    g_assert_true(release_verify(fd, keys, &report, &error));
    g_assert_true(report->are_keys_known);
    g_assert_true(json_equal(report->reviews, f->reviews));
    g_assert_true(json_equal(report->rules, f->rules));
    g_assert_true(json_equal(json_object_get(report->manifest, "description"), f->description));
    const json_t *files = json_object_get(report->manifest, "files");
    g_assert_cmpuint(json_array_size(files), ==, 2);
    g_assert_cmpstr(json_string_value(json_object_get(json_array_get(files, 1), "path")), ==,
                    "sub/été.csv");
}

static void test_same_bytes(Fixture *f, gconstpointer data)
{
    FD_AUTO int a = release_make(f);
    FD_AUTO int b = release_make(f);
    g_autoptr(GByteArray) first = bytes_of(a);
    g_autoptr(GByteArray) second = bytes_of(b);
    g_assert_cmpmem(first->data, first->len, second->data, second->len);
}

static void test_unknown_keys(Fixture *f, gconstpointer data)
{
    FD_AUTO int fd = release_make(f);
    const char *none[] = {NULL}, *audit[] = {f->audit_pub, NULL}, *attest[] = {f->attest_pub, NULL};
    assert_refused(fd, none, "release.unknown_key");
    assert_refused(fd, audit, "release.unknown_key");
    assert_refused(fd, attest, "release.unknown_key");
}

/* One bit of each byte (all eight in a thorough run). */
static void test_every_byte(Fixture *f, gconstpointer data)
{
    FD_AUTO int fd = release_make(f);
    g_autoptr(GByteArray) bytes = bytes_of(fd);
    for (guint i = 0; i < bytes->len; i++) {
        for (int bit = 0; bit < 8; bit++) {
            if (!g_test_thorough() && bit != (int)(i % 8) && bit != 5)
                continue;
            uint8_t flipped = bytes->data[i] ^ (uint8_t)(1 << bit);
            g_assert_cmpint(pwrite(fd, &flipped, 1, i), ==, 1);
            ReleaseReport *report = NULL;
            if (release_verify(fd, NULL, &report, NULL))
                g_error("bit %d of byte %u can change unseen", bit, i);
        }
        g_assert_cmpint(pwrite(fd, &bytes->data[i], 1, i), ==, 1);
    }
    g_autoptr(ReleaseReport) report = NULL;
    g_assert_true(release_verify(fd, NULL, &report, NULL));
}

static void test_cut_and_grown(Fixture *f, gconstpointer data)
{
    FD_AUTO int fd = release_make(f);
    g_autoptr(GByteArray) bytes = bytes_of(fd);
    for (guint size = 0; size < bytes->len; size++) {
        FD_AUTO int cut = file_of(bytes->data, size);
        assert_refused(cut, NULL, NULL);
    }
    g_byte_array_append(bytes, (const guint8 *)"\n", 1);
    FD_AUTO int grown = file_of(bytes->data, bytes->len);
    assert_refused(grown, NULL, "release.seal");
}

/* --- Other people's zips, well sealed ------------------------------------------------------------- */

typedef struct Member {
    const char *name;
    const char *text;       /* NULL: none */
    unsigned type;          /* 0: a file */
    const char *link;
} Member;

static void archive_put(struct archive *archive, const Member *m)
{
    struct archive_entry *entry = archive_entry_new();
    archive_entry_set_pathname_utf8(entry, m->name);
    archive_entry_set_filetype(entry, m->type != 0 ? m->type : AE_IFREG);
    archive_entry_set_perm(entry, 0644);
    size_t size = m->text != NULL ? strlen(m->text) : 0;
    archive_entry_set_size(entry, (la_int64_t)size);
    if (m->link != NULL)
        archive_entry_set_symlink_utf8(entry, m->link);
    g_assert_cmpint(archive_write_header(archive, entry), ==, ARCHIVE_OK);
    if (size > 0)
        g_assert_cmpint(archive_write_data(archive, m->text, size), ==, (la_ssize_t)size);
    archive_entry_free(entry);
}

static void seal(const NoteSigner *signer, int fd)
{
    struct stat st;
    uint8_t length[2] = {RELEASE_SEAL_SIZE & 0xFF, RELEASE_SEAL_SIZE >> 8}, hash[HASH_SIZE];
    g_assert_cmpint(fstat(fd, &st), ==, 0);
    g_assert_cmpint(pwrite(fd, length, 2, st.st_size - 2), ==, 2);
    g_assert_true(release_hash_start(fd, st.st_size, hash, NULL));
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    release_signed_bytes("seal", hash, bytes);
    uint8_t signature[crypto_sign_BYTES];
    crypto_sign_detached(signature, NULL, bytes->data, bytes->len, signer->secret_key);
    g_autofree char *public_hex = hex_encode(signer->public_key, sizeof signer->public_key);
    g_autofree char *signature_hex = hex_encode(signature, sizeof signature);
    g_autofree char *text =
        g_strdup_printf(RELEASE_FORMAT " %s %s\n", public_hex, signature_hex);
    g_assert_cmpint(pwrite(fd, text, RELEASE_SEAL_SIZE, st.st_size), ==, RELEASE_SEAL_SIZE);
}

static int sealed_zip(const NoteSigner *signer, const Member *members, size_t count)
{
    int fd = file_of("", 0);
    struct archive *archive = archive_write_new();
    archive_write_set_format_zip(archive);
    archive_write_add_filter_none(archive);
    archive_write_set_bytes_in_last_block(archive, 1);
    g_assert_cmpint(archive_write_open_fd(archive, fd), ==, ARCHIVE_OK);
    for (size_t i = 0; i < count; i++)
        archive_put(archive, &members[i]);
    g_assert_cmpint(archive_write_close(archive), ==, ARCHIVE_OK);
    archive_write_free(archive);
    seal(signer, fd);
    return fd;
}

#define DOCUMENTS {"manifest.json", "{}"}, {"rules.json", "[]"}, {"reviews.json", "{}"},            \
                  {"audit.json", "{}"}

static void test_bad_forms(Fixture *f, gconstpointer data)
{
    static const struct {
        const char *what;
        Member members[8];
        size_t count;
        const char *reason;
    } cases[] = {
        {"nothing", {{NULL}}, 0, "release.form"},
        {"no file", {DOCUMENTS}, 4, "release.form"},
        {"documents in another order",
         {{"rules.json", "[]"}, {"manifest.json", "{}"}, {"reviews.json", "{}"},
          {"audit.json", "{}"}, {"files/a", "x"}}, 5, "release.form"},
        {"a document is missing",
         {{"manifest.json", "{}"}, {"rules.json", "[]"}, {"audit.json", "{}"}, {"files/a", "x"}},
         4, "release.form"},
        {"an empty document",
         {{"manifest.json", ""}, {"rules.json", "[]"}, {"reviews.json", "{}"},
          {"audit.json", "{}"}, {"files/a", "x"}}, 5, "release.form"},
        {"outside files/", {DOCUMENTS, {"other/a", "x"}}, 5, "release.form"},
        {"parent", {DOCUMENTS, {"files/../../etc/passwd", "x"}}, 5, "release.form"},
        {"absolute", {DOCUMENTS, {"/etc/passwd", "x"}}, 5, "release.form"},
        {"absolute below files", {DOCUMENTS, {"files//etc/passwd", "x"}}, 5, "release.form"},
        {"backslash", {DOCUMENTS, {"files/..\\a", "x"}}, 5, "release.form"},
        {"twice", {DOCUMENTS, {"files/a", "x"}, {"files/a", "y"}}, 6, "release.form"},
        {"twice but for case", {DOCUMENTS, {"files/a", "x"}, {"files/A", "y"}}, 6, "release.form"},
        {"a second manifest", {DOCUMENTS, {"files/a", "x"}, {"manifest.json", "{}"}}, 6,
         "release.form"},
        {"a folder", {DOCUMENTS, {"files/a/", NULL, AE_IFDIR}}, 5, "release.form"},
        {"a symbolic link", {DOCUMENTS, {"files/a", NULL, AE_IFLNK, "/etc/passwd"}}, 5,
         "release.form"},
        {"well formed, says nothing", {DOCUMENTS, {"files/a", "x"}}, 5, "release.format"},
        {"not JSON",
         {{"manifest.json", "{"}, {"rules.json", "[]"}, {"reviews.json", "{}"},
          {"audit.json", "{}"}, {"files/a", "x"}}, 5, "release.document"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        FD_AUTO int fd = sealed_zip(f->audit, cases[i].members, cases[i].count);
        g_test_message("%s", cases[i].what);
        assert_refused(fd, NULL, cases[i].reason);
    }
}

/* A small zip that unpacks to more than a document may have. */
static void test_bomb(Fixture *f, gconstpointer data)
{
    g_autofree char *zeros = g_malloc(RELEASE_DOCUMENT_MAX + 2);
    memset(zeros, ' ', RELEASE_DOCUMENT_MAX + 1);
    zeros[RELEASE_DOCUMENT_MAX + 1] = '\0';
    Member members[] = {{"manifest.json", zeros}};
    FD_AUTO int fd = sealed_zip(f->audit, members, 1);
    struct stat st;
    g_assert_cmpint(fstat(fd, &st), ==, 0);
    g_assert_cmpint(st.st_size, <, 100000);
    assert_refused(fd, NULL, "release.form");
}

/* Documents of a true release with one of them changed, sealed again by somebody else. */
static void test_resealed(Fixture *f, gconstpointer data)
{
    FD_AUTO int fd = release_make(f);
    g_autoptr(ReleaseReport) report = NULL;
    g_autoptr(GError) error = NULL;
    release_verify(fd, NULL, &report, &error);
    g_assert_no_error(error);
    g_autoptr(GByteArray) bytes = bytes_of(fd);
    uint8_t *table = memmem(bytes->data, bytes->len, "x,10", 4);
    g_assert_nonnull(table);
    table[2] = '2'; /* stored, so that the text stands in clear */
    g_byte_array_set_size(bytes, bytes->len - (guint)RELEASE_SEAL_SIZE);
    FD_AUTO int other = file_of(bytes->data, bytes->len);
    seal(f->audit, other);
    assert_refused(other, NULL, NULL);
}

static void test_other_manifest_in_log(Fixture *f, gconstpointer data)
{
    g_autoptr(json_t) proof = proof_of(f, "00");
    FD_AUTO int fd = file_of("", 0);
    g_autoptr(GError) error = NULL;
    g_assert_false(release_write(&f->content, proof, f->key, fd, &error));
    g_assert_cmpstr(error_reason(error), ==, "release.audit");
}

static void test_bad_content(Fixture *f, gconstpointer data)
{
    static const struct {
        const char *path, *reason;
    } cases[] = {
        {"../a", "path.segment"}, {"/a", "path.segment"}, {"", "path.length"},
        {"sub/été.csv", "release.path_twice"}, {"SUB/ÉTÉ.csv", "release.path_twice"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        g_autofree char *hash = NULL;
        f->files[0].path = cases[i].path;
        g_assert_false(release_manifest_hash(&f->content, &hash, &error));
        g_assert_null(hash);
        g_assert_cmpstr(error_reason(error), ==, cases[i].reason);
    }
    g_autoptr(GError) error = NULL;
    g_autofree char *hash = NULL;
    f->content.file_count = 0;
    g_assert_false(release_manifest_hash(&f->content, &hash, &error));
    g_assert_true(error_is(error, ERROR_TOO_LARGE));
}

static void test_file_changes(Fixture *f, gconstpointer data)
{
    g_autofree char *hash = NULL;
    g_assert_true(release_manifest_hash(&f->content, &hash, NULL));
    g_autoptr(json_t) proof = proof_of(f, hash);
    g_assert_cmpint(pwrite(f->files[0].fd, "b", 1, 0), ==, 1);
    FD_AUTO int fd = file_of("", 0);
    g_autoptr(GError) error = NULL;
    g_assert_false(release_write(&f->content, proof, f->key, fd, &error));
    g_assert_cmpstr(error_reason(error), ==, "release.audit");
}

static void test_key_once(Fixture *f, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    g_assert_false(release_init(f->state, "darse.test/attest", &error));
    g_assert_true(error_is(error, ERROR_CONFLICT));
    g_autofree char *path = g_build_filename(f->state, "instance", "attest.key", NULL);
    struct stat st;
    g_assert_cmpint(stat(path, &st), ==, 0);
    g_assert_cmpint(st.st_mode & 0777, ==, 0600);
}

int main(int argc, char **argv)
{
    static const struct {
        const char *path;
        void (*run)(Fixture *, gconstpointer);
    } tests[] = {
        {"/release/bad_content", test_bad_content},
        {"/release/file_changes", test_file_changes},
        {"/release/other_manifest_in_log", test_other_manifest_in_log},
        {"/release/bad_forms", test_bad_forms},
        {"/release/bomb", test_bomb},
        {"/release/resealed", test_resealed},
        {"/release/unknown_keys", test_unknown_keys},
        {"/release/whole", test_whole},
        {"/release/same_bytes", test_same_bytes},
        {"/release/every_byte", test_every_byte},
        {"/release/cut_and_grown", test_cut_and_grown},
        {"/release/key_once", test_key_once},
    };
    g_test_init(&argc, &argv, NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(tests); i++)
        g_test_add(tests[i].path, Fixture, NULL, setup, tests[i].run, teardown);
    return g_test_run();
}
