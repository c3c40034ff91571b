/* SPDX-License-Identifier: Apache-2.0 */
/* Checking what a release says against what it holds, and who says it. */
#include "airlock/release_read.h"

#include "audit/tree.h"
#include "base/error.h"
#include "base/times.h"

#include <string.h>

#define KEY_CHARACTERS_MAX 300

void release_report_free(ReleaseReport *report)
{
    if (report == NULL)
        return;
    json_decref(report->manifest);
    json_decref(report->reviews);
    json_decref(report->rules);
    json_decref(report->entry);
    g_free(report->attest_key);
    g_free(report->audit_key);
    g_free(report);
}

static bool bad(GError **error, const char *reason, const char *sentence)
{
    return error_set(error, ERROR_UNPROCESSABLE, reason, "%s", sentence);
}

static char *text_hash(const char *text)
{
    uint8_t hash[HASH_SIZE];
    hash_bytes(text, strlen(text), hash);
    return hex_encode(hash, sizeof hash);
}

static json_t *document_parse(const ReleaseParts *parts, ReleaseDocument document, GError **error)
{
    const char *text = parts->documents[document];
    json_t *value = json_parse(text, strlen(text), NULL);
    if (value == NULL)
        error_set(error, ERROR_UNPROCESSABLE, "release.document", "%s is not valid JSON.",
                  release_document_name(document));
    return value;
}

static const char *text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text != NULL ? text : "";
}

/* --- Manifest ------------------------------------------------------------------------------------ */

static bool file_check(const ReleaseMember *member, const json_t *row, GError **error)
{
    const json_t *size = json_object_get(row, "size");
    bool ok = strcmp(text_of(row, "path"), member->path) == 0 && json_is_integer(size) &&
              json_integer_value(size) == member->size &&
              strcmp(text_of(row, "sha256"), member->sha256) == 0;
    if (!ok)
        return error_set(error, ERROR_UNPROCESSABLE, "release.file_differs",
                         "The file \"%s\" is not what the manifest says.", member->path);
    return true;
}

static bool manifest_check(const ReleaseParts *parts, const json_t *manifest, GError **error)
{
    if (strcmp(text_of(manifest, "format"), RELEASE_FORMAT) != 0)
        return bad(error, "release.format", "The package is of another format than "
                   RELEASE_FORMAT ".");
    g_autofree char *rules_hash = text_hash(parts->documents[RELEASE_RULES]);
    if (strcmp(text_of(manifest, "rules_sha256"), rules_hash) != 0)
        return bad(error, "release.rules_differ",
                   "The record of the rules is not the one that the manifest names.");
    int64_t decided_ms;
    if (!time_parse(text_of(manifest, "decided"), &decided_ms, NULL))
        return bad(error, "release.format", "The manifest has no date of decision.");
    const json_t *rows = json_object_get(manifest, "files");
    if (!json_is_array(rows) || json_array_size(rows) != parts->files->len)
        return bad(error, "release.files_differ",
                   "The package does not hold the files that the manifest names.");
    for (guint i = 0; i < parts->files->len; i++) {
        if (!file_check(parts->files->pdata[i], json_array_get(rows, i), error))
            return false;
    }
    return true;
}

/* --- Keys ---------------------------------------------------------------------------------------- */

/* "name+hash+base64" of the type byte 1 and the key: are the last bytes those of the seal? */
static bool key_is(const char *verifier, const uint8_t public_key[crypto_sign_PUBLICKEYBYTES])
{
    uint8_t typed[1 + crypto_sign_PUBLICKEYBYTES];
    const char *base64 = strchr(verifier, '+');
    base64 = base64 != NULL ? strchr(base64 + 1, '+') : NULL;
    size_t size = 0;
    return base64 != NULL &&
           sodium_base642bin(typed, sizeof typed, base64 + 1, strlen(base64 + 1), NULL, &size,
                             NULL, sodium_base64_VARIANT_ORIGINAL) == 0 &&
           size == sizeof typed && typed[0] == 1 &&
           memcmp(typed + 1, public_key, crypto_sign_PUBLICKEYBYTES) == 0;
}

static bool keys_check(ReleaseReport *report, const char *const *trusted, GError **error)
{
    if (trusted == NULL)
        return true;
    if (!g_strv_contains(trusted, report->attest_key))
        return error_set(error, ERROR_UNPROCESSABLE, "release.unknown_key",
                         "The package is signed by the key \"%.300s\", which is not among the keys "
                         "that you keep.", report->attest_key);
    if (!g_strv_contains(trusted, report->audit_key))
        return error_set(error, ERROR_UNPROCESSABLE, "release.unknown_key",
                         "The audit log's key \"%.300s\" is not among the keys that you keep.",
                         report->audit_key);
    report->are_keys_known = true;
    return true;
}

/* --- Reviews ------------------------------------------------------------------------------------- */

static bool review_check(const json_t *row, const char *manifest_hash, const ReleaseSeal *seal)
{
    const json_t *review = json_object_get(row, "review");
    uint8_t hash[HASH_SIZE], signature[crypto_sign_BYTES];
    if (!json_is_object(review) ||
        !hex_decode(text_of(row, "signature"), signature, sizeof signature))
        return false;
    release_review_hash(manifest_hash, review, hash);
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    release_signed_bytes("review", hash, bytes);
    return crypto_sign_verify_detached(signature, bytes->data, bytes->len, seal->public_key) == 0;
}

static bool reviews_check(const ReleaseParts *parts, const ReleaseSeal *seal,
                          const char *manifest_hash, ReleaseReport *report, GError **error)
{
    g_autoptr(json_t) document = document_parse(parts, RELEASE_REVIEWS, error);
    if (document == NULL)
        return false;
    const json_t *rows = json_object_get(document, "reviews");
    report->attest_key = g_strdup(text_of(document, "key"));
    if (!text_check(report->attest_key, KEY_CHARACTERS_MAX, false, "The key", error))
        return false; /* it will be shown on a terminal */
    if (!key_is(report->attest_key, seal->public_key))
        return bad(error, "release.key_differs",
                   "The reviews name another key than the one of the seal.");
    if (!json_is_array(rows) || strcmp(text_of(document, "manifest_sha256"), manifest_hash) != 0)
        return bad(error, "release.reviews", "The reviews are not of this release.");
    report->reviews = json_array();
    size_t i;
    json_t *row;
    json_array_foreach ((json_t *)rows, i, row) {
        if (!review_check(row, manifest_hash, seal))
            return error_set(error, ERROR_UNPROCESSABLE, "release.reviews",
                             "The signature of review %zu does not hold.", i + 1);
        json_array_append(report->reviews, json_object_get(row, "review"));
    }
    return true;
}

/* --- Audit --------------------------------------------------------------------------------------- */

static bool audit_check(const ReleaseParts *parts, const char *manifest_hash,
                        ReleaseReport *report, GError **error)
{
    g_autoptr(json_t) proof = document_parse(parts, RELEASE_AUDIT, error);
    if (proof == NULL)
        return false;
    g_autoptr(GError) problem = NULL;
    report->audit_key = g_strdup(text_of(proof, "key"));
    if (!text_check(report->audit_key, KEY_CHARACTERS_MAX, false, "The key", error))
        return false;
    if (!audit_verify_proof(proof, report->audit_key, &report->entry, &problem))
        return error_set(error, ERROR_UNPROCESSABLE, "release.audit",
                         "The proof that the release is in the audit log does not hold: %s",
                         problem->message);
    const json_t *details = json_object_get(report->entry, "details");
    if (strcmp(text_of(details, "manifest_sha256"), manifest_hash) != 0)
        return bad(error, "release.audit",
                   "The audit entry is that of another release.");
    return true;
}

/* --- The whole ----------------------------------------------------------------------------------- */

/* Everything after the seal. */
static bool parts_check(const ReleaseParts *parts, const ReleaseSeal *seal, ReleaseReport *report,
                        GError **error)
{
    g_autofree char *manifest_hash = text_hash(parts->documents[RELEASE_MANIFEST]);
    report->manifest = document_parse(parts, RELEASE_MANIFEST, error);
    if (report->manifest == NULL || !manifest_check(parts, report->manifest, error))
        return false;
    report->rules = document_parse(parts, RELEASE_RULES, error);
    return report->rules != NULL && reviews_check(parts, seal, manifest_hash, report, error) &&
           audit_check(parts, manifest_hash, report, error);
}

bool release_verify(int fd, const char *const *trusted_keys, ReleaseReport **ret_report,
                    GError **error)
{
    ReleaseSeal seal;
    if (!release_read_seal(fd, &seal, error))
        return false;
    g_autoptr(ReleaseParts) parts = release_read_parts(fd, error);
    g_autoptr(ReleaseReport) report = g_new0(ReleaseReport, 1);
    if (parts == NULL || !parts_check(parts, &seal, report, error) ||
        !keys_check(report, trusted_keys, error))
        return false;
    *ret_report = g_steal_pointer(&report);
    return true;
}
