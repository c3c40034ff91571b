/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The lake below its HTTP face: rows on both databases against a naive model, files and their
 * sweeping, XML, ranges, quotas of what is under way, the log of reads.
 */
#include "audit/audit.h"
#include "base/encode.h"
#include "base/error.h"
#include "base/ids.h"
#include "base/log.h"
#include "base/times.h"
#include "database.h"
#include "lake/s3.h"
#include "lake/s3_error.h"
#include "lake/state.h"

#include <glib/gstdio.h>
#include <sys/stat.h>

#define QUOTA 1000000

/* ---- a database with a project ---- */

static bool insert_project(StoreTx *tx, void *data, GError **error)
{
    (void)data;
    return store_exec(tx, error,
                      "INSERT INTO organisation (id, name, kind, created_ms) VALUES "
                      "('org-1', 'Institut', 'statistics', 1)") &&
           store_exec(tx, error,
                      "INSERT INTO person (id, login, name, email, organisation, roles, language, "
                      "totp_last_step, created_ms) VALUES ('per-1', 'sam', 'Sam', 's@e.org', "
                      "'org-1', '', 'en', -1, 1)") &&
           store_exec(tx, error,
                      "INSERT INTO project (id, slug, title, summary, organisation, route, purpose, "
                      "legal_basis, tier, state, state_reason, id_base, encrypted, "
                      "bucket_quota_bytes, starts_ms, ends_ms, created_by, created_ms, version) "
                      "VALUES ('prj-1', 'one', 'One', '', 'org-1', 'research', 'research', '', "
                      "'open', 'open', '', 200000, 0, 1000, 1, 2, 'per-1', 1, 1)");
}

static Store *lake_store(Kind kind)
{
    g_autofree char *url = new_database(kind);
    Store *store = open_store(url);
    g_autoptr(GError) error = NULL;
    g_assert_true(store_migrate(store, 0, &error));
    store_write(store, insert_project, NULL, &error);
    g_assert_no_error(error);
    return store;
}

static LakeObject *object_new(const char *key, int64_t size, const char *uploader, bool outside)
{
    LakeObject *object = g_new0(LakeObject, 1);
    object->key = g_strdup(key);
    object->id = g_strdup_printf("file-of-%s", key);
    object->size = size;
    object->etag = g_strdup("0123456789abcdef0123456789abcdef");
    object->content_type = g_strdup("text/plain");
    object->headers = json_object();
    object->parts = json_pack("[{s:s, s:I}]", "file", object->id, "size", (json_int_t)size);
    object->uploader = g_strdup(uploader);
    object->outside = outside;
    object->modified_ms = 1234;
    return object;
}

typedef struct Put {
    const char *key;
    int64_t size;
    bool outside;
    bool drop;
    GPtrArray *freed;
} Put;

static bool put_write(StoreTx *tx, void *data, GError **error)
{
    Put *put = data;
    g_autoptr(LakeObject) was = NULL;
    g_autoptr(LakeObject) object =
        object_new(put->key, put->size, put->outside ? "per-1" : "service:x", put->outside);
    if (!lake_object_find(tx, "prj-1", put->key, &was, error))
        return false;
    if (put->drop)
        return lake_object_drop(tx, "prj-1", was, put->freed, error);
    return lake_object_put(tx, "prj-1", object, was, QUOTA, put->freed, error);
}

static const char *put(Store *store, const char *key, int64_t size, bool outside)
{
    g_autoptr(GPtrArray) freed = g_ptr_array_new_with_free_func(g_free);
    Put run = {.key = key, .size = size, .outside = outside, .freed = freed};
    g_autoptr(GError) error = NULL;
    return store_write(store, put_write, &run, &error) ? "ok" : error_reason(error);
}

static bool usage_read(StoreTx *tx, void *data, GError **error)
{
    return lake_usage_read(tx, "prj-1", data, error);
}

static void assert_usage(Store *store, int64_t objects, int64_t bytes)
{
    LakeUsage usage = {-1, -1};
    g_assert_true(store_read(store, usage_read, &usage, NULL));
    g_assert_cmpint(usage.objects, ==, objects);
    g_assert_cmpint(usage.bytes, ==, bytes);
}

static void test_objects(gconstpointer data)
{
    if (!has_kind((Kind)GPOINTER_TO_INT(data)))
        return;
    g_autoptr(Store) store = lake_store((Kind)GPOINTER_TO_INT(data));
    assert_usage(store, 0, 0);
    g_assert_cmpstr(put(store, "a", QUOTA + 1, false), ==, "lake.quota");
    assert_usage(store, 0, 0);
    g_assert_cmpstr(put(store, "a", QUOTA - 10, false), ==, "ok");
    g_assert_cmpstr(put(store, "b", 11, false), ==, "lake.quota");
    g_assert_cmpstr(put(store, "b", 10, false), ==, "ok");
    assert_usage(store, 2, QUOTA);
    /* Replacing counts the difference, and frees the old file. */
    g_autoptr(GPtrArray) freed = g_ptr_array_new_with_free_func(g_free);
    Put smaller = {.key = "a", .size = 5, .freed = freed};
    g_assert_true(store_write(store, put_write, &smaller, NULL));
    assert_usage(store, 2, 15);
    g_assert_cmpuint(freed->len, ==, 1);
    g_assert_cmpstr(g_ptr_array_index(freed, 0), ==, "file-of-a");
    Put drop = {.key = "a", .drop = true, .freed = freed};
    g_assert_true(store_write(store, put_write, &drop, NULL));
    assert_usage(store, 1, 10);
    g_assert_cmpuint(freed->len, ==, 2);
}

/* ---- listing, against a model that knows nothing of seeking ---- */

static const char *const listed_keys[] = {
    "a", "a/", "a/b", "a/b/c", "a/b/d", "a0", "b", "b//", "b//c", "d\xc3\xa9j\xc3\xa0/vu", "e/f/g/h", "z",
    "z/\xf4\x8f\xbf\xbd", "\xef\xbf\xbd",
};

typedef struct ListRun {
    LakeListing listing;
    LakeListed listed;
} ListRun;

static bool list_read(StoreTx *tx, void *data, GError **error)
{
    ListRun *run = data;
    return lake_list(tx, &run->listing, &run->listed, error);
}

static void model_add(GPtrArray *into, char *name)
{
    if (into->len > 0 && strcmp(g_ptr_array_index(into, into->len - 1), name) == 0)
        g_free(name);
    else
        g_ptr_array_add(into, name);
}

/* Names of a whole listing in order: keys and common prefixes. */
static GPtrArray *model_list(const char *prefix, const char *delimiter, const char *after)
{
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
    for (size_t i = 0; i < G_N_ELEMENTS(listed_keys); i++) {
        const char *key = listed_keys[i];
        const char *at = *delimiter != '\0' && g_str_has_prefix(key, prefix)
                             ? strstr(key + strlen(prefix), delimiter)
                             : NULL;
        g_autofree char *name =
            at != NULL ? g_strndup(key, (gsize)(at - key) + strlen(delimiter)) : g_strdup(key);
        if (g_str_has_prefix(key, prefix) && strcmp(name, after) > 0)
            model_add(names, g_strdup(name));
    }
    return names;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The same by pages of LIMIT. */
static void check_pages(Store *store, const char *prefix, const char *delimiter, int64_t limit)
{
    g_autoptr(GPtrArray) expected = model_list(prefix, delimiter, "");
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    g_autofree char *after = g_strdup("");
    for (bool more = true; more;) {
        ListRun run = {.listing = {"prj-1", prefix, delimiter, after, NULL, limit}};
        g_assert_true(store_read(store, list_read, &run, NULL));
        guint count = run.listed.objects->len + run.listed.prefixes->len;
        g_assert_cmpuint(count, <=, limit);
        for (guint i = 0; i < run.listed.objects->len; i++)
            g_ptr_array_add(names, g_strdup(((LakeObject *)run.listed.objects->pdata[i])->key));
        for (guint i = 0; i < run.listed.prefixes->len; i++)
            g_ptr_array_add(names, g_strdup(run.listed.prefixes->pdata[i]));
        more = run.listed.truncated;
        g_assert_true(!more || count == limit);
        g_free(after);
        after = g_strdup(run.listed.last != NULL ? run.listed.last : "");
        lake_listed_clear(&run.listed);
    }
    g_ptr_array_sort(names, compare_names);
    g_assert_cmpuint(names->len, ==, expected->len);
    for (guint i = 0; i < names->len; i++)
        g_assert_cmpstr(names->pdata[i], ==, expected->pdata[i]);
}

static void test_listing(gconstpointer data)
{
    static const char *const prefixes[] = {"", "a", "a/", "a/b", "b/", "nothing", "\xef\xbf\xbd"};
    static const char *const delimiters[] = {"", "/", "//", "b", "\xc3\xa9"};
    if (!has_kind((Kind)GPOINTER_TO_INT(data)))
        return;
    g_autoptr(Store) store = lake_store((Kind)GPOINTER_TO_INT(data));
    for (size_t i = G_N_ELEMENTS(listed_keys); i-- > 0;)
        g_assert_cmpstr(put(store, listed_keys[i], 1, i % 2 == 0), ==, "ok");
    for (size_t p = 0; p < G_N_ELEMENTS(prefixes); p++) {
        for (size_t d = 0; d < G_N_ELEMENTS(delimiters); d++) {
            for (int64_t limit = 1; limit < 20; limit += 3)
                check_pages(store, prefixes[p], delimiters[d], limit);
        }
    }
    /* Only what one person put from outside. */
    ListRun own = {.listing = {"prj-1", "", "", "", "per-1", 1000}};
    g_assert_true(store_read(store, list_read, &own, NULL));
    g_assert_cmpuint(own.listed.objects->len, ==, (G_N_ELEMENTS(listed_keys) + 1) / 2);
    lake_listed_clear(&own.listed);
    ListRun none = {.listing = {"prj-1", "", "", "", NULL, 0}};
    g_assert_true(store_read(store, list_read, &none, NULL));
    g_assert_cmpuint(none.listed.objects->len, ==, 0);
    g_assert_false(none.listed.truncated);
    lake_listed_clear(&none.listed);
}

/* ---- uploads in parts ---- */

typedef struct UploadRun {
    int step;
    GPtrArray *freed;
    GHashTable *ids;
} UploadRun;

static bool part_write(StoreTx *tx, const LakeUpload *upload, int64_t number, int64_t size,
                       const char *file, GPtrArray *freed, GError **error)
{
    LakePart part = {.number = number, .size = size, .file = (char *)file,
                     .etag = (char *)"e", .checksum = (char *)"", .modified_ms = 5};
    return lake_part_put(tx, upload, &part, QUOTA, freed, error);
}

static bool upload_write(StoreTx *tx, void *data, GError **error)
{
    UploadRun *run = data;
    g_autoptr(json_t) headers = json_object();
    LakeUpload upload = {.id = (char *)"up", .project = (char *)"prj-1", .key = (char *)"k",
                         .content_type = (char *)"t", .uploader = (char *)"per-1",
                         .checksum = (char *)"", .headers = headers, .started_ms = 7};
    g_autoptr(LakeUpload) found = NULL;
    switch (run->step) {
    case 0:
        return lake_upload_insert(tx, &upload, error);
    case 1:
        return part_write(tx, &upload, 1, 100, "f1", run->freed, error) &&
               part_write(tx, &upload, 3, 50, "f3", run->freed, error) &&
               part_write(tx, &upload, 1, 60, "f1b", run->freed, error);
    case 2:
        return part_write(tx, &upload, 2, QUOTA, "f2", run->freed, error);
    case 3:
        return lake_referenced(tx, "prj-1", run->ids, error);
    case 4:
        return lake_upload_find(tx, "prj-1", "other", "up", &found, error);
    case 5:
        return lake_upload_find(tx, "prj-1", "k", "up", &found, error) &&
               lake_upload_drop(tx, found, run->freed, error);
    default:
        return lake_upload_find(tx, "prj-1", "k", "up", &found, error);
    }
}

static void test_uploads(gconstpointer data)
{
    if (!has_kind((Kind)GPOINTER_TO_INT(data)))
        return;
    g_autoptr(Store) store = lake_store((Kind)GPOINTER_TO_INT(data));
    g_autoptr(GPtrArray) freed = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GHashTable) ids = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    static const char *const outcomes[] = {"ok", "ok", "lake.quota", "ok", "lake.no_upload", "ok",
                                           "lake.no_upload"};
    for (int step = 0; step < (int)G_N_ELEMENTS(outcomes); step++) {
        UploadRun run = {step, freed, ids};
        g_autoptr(GError) error = NULL;
        bool ok = store_write(store, upload_write, &run, &error);
        g_test_message("step %d", step);
        g_assert_cmpstr(ok ? "ok" : error_reason(error), ==, outcomes[step]);
        if (step == 1) {
            assert_usage(store, 0, 110);
            g_assert_cmpuint(freed->len, ==, 1);
            g_assert_cmpstr(freed->pdata[0], ==, "f1");
        }
        if (step == 3) {
            g_assert_cmpuint(g_hash_table_size(ids), ==, 2);
            g_assert_true(g_hash_table_contains(ids, "f1b"));
        }
    }
    assert_usage(store, 0, 0);
    g_assert_cmpuint(freed->len, ==, 3);
}

/* ---- files ---- */

static bool load_one(GHashTable *ids, void *user, GError **error)
{
    if (user == NULL)
        return error_set(error, ERROR_INTERNAL, "test.doubt", "Doubt.");
    g_hash_table_add(ids, g_strdup(user));
    return true;
}

static char *file_with(LakeFiles *files, const char *folder, const char *text, bool settle)
{
    g_autoptr(LakeFile) file = lake_file_create(files, folder, NULL);
    g_assert_nonnull(file);
    g_assert_true(lake_file_write(file, text, strlen(text), NULL));
    g_assert_true(lake_file_keep(file, NULL));
    g_assert_cmpint(lake_file_size(file), ==, strlen(text));
    if (settle)
        lake_file_settle(file);
    return g_strdup(lake_file_id(file));
}

static bool is_there(const char *folder, const char *id)
{
    int fd = lake_file_open(folder, id, NULL);
    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

static void test_files(void)
{
    LakeFiles *files = lake_files_new();
    g_autofree char *folder = g_build_filename(world.folder, "bucket", NULL);
    g_autofree char *missing = g_build_filename(world.folder, "missing", NULL);
    g_autoptr(GError) error = NULL;
    size_t removed = 0;
    g_assert_null(lake_file_create(files, missing, &error));
    g_assert_cmpstr(error_reason(error), ==, "lake.folder");
    g_assert_cmpint(g_mkdir(folder, 0700), ==, 0);
    g_clear_error(&error);
    g_assert_cmpint(lake_file_open(folder, "00000000000000000000000000000000", &error), ==, -1);
    g_assert_cmpstr(error_reason(error), ==, "lake.file_gone");
    /* What is not settled leaves nothing behind. */
    g_autofree char *given_up = file_with(files, folder, "given up", false);
    g_assert_false(is_there(folder, given_up));
    g_autofree char *kept = file_with(files, folder, "kept", true);
    g_autofree char *orphan = file_with(files, folder, "orphan", true);
    g_autoptr(LakeFile) making = lake_file_create(files, folder, NULL);
    g_assert_true(lake_file_write(making, "x", 1, NULL));
    g_assert_true(lake_file_keep(making, NULL));
    /* The sweeper: nothing that is too young, nothing on doubt, nothing that is being made. */
    int64_t later_ms = time_now_ms() + 10000;
    g_assert_true(lake_files_sweep(files, folder, 1000, load_one, kept, &removed, NULL));
    g_assert_cmpuint(removed, ==, 0);
    g_assert_false(lake_files_sweep(files, folder, later_ms, load_one, NULL, &removed, NULL));
    g_assert_true(is_there(folder, orphan));
    g_assert_true(lake_files_sweep(files, folder, later_ms, load_one, kept, &removed, NULL));
    g_assert_cmpuint(removed, ==, 1);
    g_assert_true(is_there(folder, kept));
    g_assert_false(is_there(folder, orphan));
    g_assert_true(is_there(folder, lake_file_id(making)));
    lake_file_remove(folder, kept);
    g_assert_false(is_there(folder, kept));
    g_clear_pointer(&making, lake_file_free);
    lake_files_free(files);
}

/* ---- small parts ---- */

static void test_keys(void)
{
    g_autofree char *longest = g_strnfill(LAKE_KEY_BYTES_MAX, 'k');
    g_autofree char *too_long = g_strnfill(LAKE_KEY_BYTES_MAX + 1, 'k');
    const char *const good[] = {"a", "/", "..", "a//b", "\xc3\xa9", " ", longest};
    const char *const bad[] = {"", "a\nb", "\x7f", "\xff", "\xef\xbf\xbf", too_long};
    for (size_t i = 0; i < G_N_ELEMENTS(good); i++)
        g_assert_true(lake_key_check(good[i], NULL));
    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autoptr(GError) error = NULL;
        g_assert_false(lake_key_check(bad[i], &error));
        g_assert_cmpstr(error_reason(error), ==, "lake.key");
    }
}

static void test_ranges(void)
{
    static const struct {
        const char *header;
        int64_t size;
        bool ok, partial;
        int64_t first, length;
    } cases[] = {
        {NULL, 10, true, false, 0, 10},          {"bytes=0-0", 10, true, true, 0, 1},
        {"bytes=0-9", 10, true, true, 0, 10},    {"bytes=5-", 10, true, true, 5, 5},
        {"bytes=5-99", 10, true, true, 5, 5},    {"bytes=-3", 10, true, true, 7, 3},
        {"bytes=-99", 10, true, true, 0, 10},    {"bytes=10-", 10, false, false, 0, 0},
        {"bytes=10-20", 10, false, false, 0, 0}, {"bytes=-0", 10, false, false, 0, 0},
        {"bytes=0-", 0, false, false, 0, 0},     {"bytes=-5", 0, false, false, 0, 0},
        {"bytes=5-4", 10, true, false, 0, 10},   {"bytes=a-b", 10, true, false, 0, 10},
        {"bytes=", 10, true, false, 0, 10},      {"bytes=0-1,3-4", 10, true, false, 0, 10},
        {"lines=0-1", 10, true, false, 0, 10},   {"bytes=-", 10, true, false, 0, 10},
        {"bytes=9999999999999999999-", 10, true, false, 0, 10},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        S3Range range = {0};
        g_autoptr(GError) error = NULL;
        g_test_message("%s of %d", cases[i].header, (int)cases[i].size);
        bool ok = s3_range_parse(cases[i].header, cases[i].size, &range, &error);
        g_assert_true(ok == cases[i].ok);
        g_assert_true(ok || error_is(error, ERROR_RANGE));
        if (!ok)
            continue;
        g_assert_true(range.partial == cases[i].partial);
        g_assert_cmpint(range.first, ==, cases[i].first);
        g_assert_cmpint(range.size, ==, cases[i].length);
    }
}

static bool collect_element(const char *path, const char *text, void *user, GError **error)
{
    (void)error;
    g_string_append_printf(user, "%s=%s;", path, text);
    return true;
}

static void test_xml(void)
{
    static const char *const bad[] = {
        "", "x", "<a>", "<a></b>", "<a/><b/>",
        "<!DOCTYPE a [<!ENTITY x \"y\">]><a>&x;</a>",
        "<!DOCTYPE a SYSTEM \"file:///etc/passwd\"><a/>",
        "<a><b><c><d><e><f><g/></f></e></d></c></b></a>",
        "<?php x?><a/>", "<a>&undefined;</a>",
    };
    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autoptr(GString) out = g_string_new(NULL);
        g_autoptr(GError) error = NULL;
        g_test_message("%s", bad[i]);
        g_assert_false(s3_xml_read(bad[i], strlen(bad[i]), collect_element, out, &error));
        g_assert_cmpstr(error_reason(error), ==, "lake.xml");
    }
    static const char good[] = "<?xml version=\"1.0\"?><Delete xmlns=\"urn:x\"><Object><Key>a &amp; "
                               "<![CDATA[<b>]]></Key></Object><Quiet/></Delete>";
    g_autoptr(GString) out = g_string_new(NULL);
    g_assert_true(s3_xml_read(good, strlen(good), collect_element, out, NULL));
    g_assert_cmpstr(out->str, ==, "Delete/Object/Key=a & <b>;Delete/Object=;Delete/Quiet=;Delete=;");
    S3Xml *xml = s3_xml_new("Result", false);
    s3_xml_text(xml, "Key", "a<&>\"b");
    s3_xml_text(xml, "Absent", NULL);
    s3_xml_integer(xml, "Size", -5);
    s3_xml_etag(xml, "ab");
    g_autoptr(GBytes) bytes = s3_xml_finish(xml);
    g_autofree char *text = g_strndup(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes));
    g_assert_nonnull(strstr(text, "<Result xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"
                                  "<Key>a&lt;&amp;&gt;&quot;b</Key><Size>-5</Size>"
                                  "<ETag>&quot;ab&quot;</ETag></Result>"));
}

static void test_tables(void)
{
    for (const S3ErrorRow *row = s3_error_rows; row->reason != NULL; row++) {
        g_assert_true(g_str_has_prefix(row->reason, "lake."));
        g_assert_cmpint(row->status, >=, 400);
        for (const S3ErrorRow *other = row + 1; other->reason != NULL; other++)
            g_assert_cmpstr(row->reason, !=, other->reason);
    }
    for (int code = 0; code < ERROR_CODE_COUNT; code++) {
        g_autoptr(GError) error = NULL;
        error_set(&error, (ErrorCode)code, "other.reason", "x");
        g_assert_nonnull(s3_error_row(error)->code);
        g_assert_cmpint(s3_error_row(error)->status, >=, 400);
    }
    /* A row that another one above hides would never be taken. */
    for (const S3Operation *a = s3_operations; a->name != NULL; a++) {
        g_assert_nonnull(a->finish);
        for (const S3Operation *b = a + 1; b->name != NULL; b++)
            g_assert_false(strcmp(a->method, b->method) == 0 && a->target == b->target &&
                           a->copies == b->copies && strcmp(a->needs, b->needs) == 0);
    }
}

static void test_reservations(void)
{
    Lake lake = {.reserved = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free)};
    g_autoptr(GError) error = NULL;
    g_mutex_init(&lake.lock);
    g_assert_true(lake_reserve(&lake, "p", 60, 20, 100, NULL));
    g_assert_false(lake_reserve(&lake, "p", 21, 20, 100, &error));
    g_assert_cmpstr(error_reason(error), ==, "lake.quota");
    g_assert_true(lake_reserve(&lake, "other", 21, 20, 100, NULL));
    g_assert_true(lake_reserve(&lake, "p", 20, 20, 100, NULL));
    lake_release(&lake, "p", 60);
    g_assert_true(lake_reserve(&lake, "p", 60, 20, 100, NULL));
    lake_release(&lake, "p", 60);
    lake_release(&lake, "p", 20);
    lake_release(&lake, "other", 21);
    g_assert_cmpuint(g_hash_table_size(lake.reserved), ==, 0);
    g_assert_false(lake_reserve(&lake, "p", INT64_MAX, INT64_MAX, 100, NULL));
    g_hash_table_unref(lake.reserved);
    g_mutex_clear(&lake.lock);
}

/* ---- the log of reads ---- */

static bool count_bodies(StoreTx *tx, void *data, GError **error)
{
    return store_query_integer(tx, (int64_t *)data, 0, error, "SELECT COUNT(*) FROM audit_body");
}

static void test_reads(void)
{
    g_autoptr(Store) store = lake_store(SQLITE);
    App app = {.store = store};
    LakeReads *reads = lake_reads_new();
    PolicyActor actors[] = {{.id = (char *)"per-1", .address = (char *)"192.0.2.1"},
                            {.id = (char *)"service:x"}};
    int64_t bodies = 0;
    g_assert_true(lake_reads_flush(reads, &app, NULL));
    for (int i = 0; i < 1200; i++) {
        g_autofree char *key = g_strdup_printf("k%d", i);
        g_assert_true(lake_reads_note(reads, &actors[i % 2], VERB_LAKE_GET, "prj-1", key, NULL));
    }
    g_assert_true(store_read(store, count_bodies, &bodies, NULL));
    g_assert_cmpint(bodies, ==, 0);
    g_assert_true(lake_reads_flush(reads, &app, NULL));
    g_assert_true(store_read(store, count_bodies, &bodies, NULL));
    g_assert_cmpint(bodies, ==, 4);     /* 600 reads of each, 500 an entry */
    g_assert_true(lake_reads_flush(reads, &app, NULL));
    g_assert_true(store_read(store, count_bodies, &bodies, NULL));
    g_assert_cmpint(bodies, ==, 4);
    for (int i = 0; i < LAKE_READS_MAX; i++)
        g_assert_true(lake_reads_note(reads, &actors[0], VERB_LAKE_GET, "prj-1", "k", NULL));
    g_autoptr(GError) error = NULL;
    g_assert_false(lake_reads_note(reads, &actors[0], VERB_LAKE_GET, "prj-1", "k", &error));
    g_assert_cmpstr(error_reason(error), ==, "lake.reads");
    lake_reads_free(reads);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    log_setup("test", LOG_LEVEL_ERROR);
    world_begin();
    g_test_add_func("/lake/keys", test_keys);
    g_test_add_func("/lake/ranges", test_ranges);
    g_test_add_func("/lake/xml", test_xml);
    g_test_add_func("/lake/tables", test_tables);
    g_test_add_func("/lake/reservations", test_reservations);
    g_test_add_func("/lake/files", test_files);
    g_test_add_func("/lake/reads", test_reads);
    for (int kind = 0; kind < KINDS; kind++) {
        static const struct {
            const char *name;
            GTestDataFunc run;
        } cases[] = {{"objects", test_objects}, {"listing", test_listing},
                     {"uploads", test_uploads}};
        for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
            g_autofree char *path = g_strdup_printf("/lake/%s/%s", kind_names[kind], cases[i].name);
            g_test_add_data_func(path, GINT_TO_POINTER(kind), cases[i].run);
        }
    }
    int result = g_test_run();
    world_end();
    return result;
}
