/* SPDX-License-Identifier: Apache-2.0 */
/* engine: the key store. */
#include "base/error.h"
#include "base/files.h"
#include "engine/keys.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PRJ  "prj-aaaaaaaaaaaaaaaa"
#define PRJ2 "prj-bbbbbbbbbbbbbbbb"
#define DTS  "dts-aaaaaaaaaaaaaaaa"

typedef struct Place {
    char *root, *keys;
} Place;

static void place_make(Place *place, const void *unused)
{
    place->root = g_dir_make_tmp("darse-keys-XXXXXX", NULL);
    place->keys = g_build_filename(place->root, "keys", NULL);
}

static void place_remove(Place *place, const void *unused)
{
    g_assert_true(tree_remove(place->root, NULL));
    g_free(place->root);
    g_free(place->keys);
}

static KeyStore *must_open(const Place *place)
{
    g_autoptr(GError) error = NULL;
    KeyStore *store = keys_open(place->keys, &error);
    g_assert_no_error(error);
    return store;
}

static char *record_file(const Place *place, const char *id)
{
    return g_strconcat(place->keys, "/", id, ".json", NULL);
}

static void test_wrap_and_unwrap(Place *place, const void *unused)
{
    g_autoptr(GError) error = NULL;
    KeyRecord first = {0}, again = {0};
    bool found = false;
    g_autofree char *instance = NULL;
    {
        g_autoptr(KeyStore) store = must_open(place);
        g_assert_true(keys_get(store, PRJ, &first, &found, &error));
        g_assert_false(found);
        g_assert_true(keys_make(store, PRJ, 200000, true, &error));
        g_assert_true(keys_get(store, PRJ, &first, &found, &error));
        g_assert_true(found && first.encrypted && !first.destroyed);
        g_assert_cmpint(first.id_base, ==, 200000);
        instance = g_strdup(keys_instance_id(store));
    }
    g_autoptr(KeyStore) store = must_open(place);
    g_assert_cmpstr(keys_instance_id(store), ==, instance);
    g_assert_true(keys_get(store, PRJ, &again, &found, &error));
    g_assert_cmpmem(first.key, KEY_SIZE, again.key, KEY_SIZE);
    g_assert_true(keys_make(store, DTS, -1, true, &error));
    g_assert_true(keys_get(store, DTS, &again, &found, &error));
    g_assert_true(memcmp(first.key, again.key, KEY_SIZE) != 0);
}

static void test_the_key_is_not_in_the_file(Place *place, const void *unused)
{
    KeyRecord record = {0};
    bool found = false;
    struct stat st;
    g_autoptr(KeyStore) store = must_open(place);
    g_assert_true(keys_make(store, PRJ, 200000, true, NULL));
    g_assert_true(keys_get(store, PRJ, &record, &found, NULL));
    g_autofree char *path = record_file(place, PRJ);
    g_autofree char *text = NULL;
    size_t size = 0;
    g_assert_true(file_read(path, 10000, &text, &size, NULL));
    g_assert_null(memmem(text, size, record.key, KEY_SIZE));
    g_autofree char *hex = g_malloc0(KEY_SIZE * 2 + 1);
    for (int i = 0; i < KEY_SIZE; i++)
        g_snprintf(hex + i * 2, 3, "%02x", record.key[i]);
    g_assert_null(strstr(text, hex));
    g_assert_cmpint(lstat(path, &st), ==, 0);
    g_assert_cmpint(st.st_mode & 0777, ==, 0600);
    g_assert_cmpint(lstat(place->keys, &st), ==, 0);
    g_assert_cmpint(st.st_mode & 0777, ==, 0700);
}

static void rewrite(const Place *place, const char *from_id, const char *to_id, const char *what,
                    const char *with)
{
    g_autofree char *from = record_file(place, from_id);
    g_autofree char *to = record_file(place, to_id);
    g_autofree char *text = NULL;
    g_assert_true(file_read(from, 10000, &text, NULL, NULL));
    g_autoptr(GString) changed = g_string_new(text);
    g_assert_cmpuint(g_string_replace(changed, what, with, 0), >, 0);
    g_assert_true(file_write(to, changed->str, changed->len, 0600, NULL));
}

static void test_a_changed_record_does_not_open(Place *place, const void *unused)
{
    static const struct {
        const char *to, *what, *with;
    } cases[] = {{PRJ, "200000", "265536"},          /* another range */
                 {PRJ2, PRJ, PRJ2},                  /* another name */
                 {PRJ2, "version", "version"},       /* copied as it is */
                 {PRJ, "\"wrapped_key\": \"", "\"wrapped_key\": \"0"},
                 {PRJ, "\"version\": 1", "\"version\": 2"},
                 {PRJ, "{", "["}};
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *path = record_file(place, PRJ);
        g_autoptr(KeyStore) store = must_open(place);
        g_unlink(path);
        g_assert_true(keys_make(store, PRJ, 200000, true, NULL));
        rewrite(place, PRJ, cases[i].to, cases[i].what, cases[i].with);
        KeyRecord record = {.id_base = 77};
        bool found = false;
        g_autoptr(GError) error = NULL;
        g_assert_false(keys_get(store, cases[i].to, &record, &found, &error));
        g_assert_cmpstr(error_reason(error), ==, "engine.key_record");
        g_assert_cmpint(record.id_base, ==, 77); /* untouched */
        g_autofree char *other = record_file(place, PRJ2);
        g_unlink(other);
        g_unlink(path);
    }
}

static void test_another_instance_cannot_open(Place *place, const void *unused)
{
    g_autofree char *key = g_build_filename(place->keys, "instance.key", NULL);
    {
        g_autoptr(KeyStore) store = must_open(place);
        g_assert_true(keys_make(store, DTS, -1, true, NULL));
    }
    g_unlink(key);
    g_autoptr(GError) error = NULL;
    g_assert_null(keys_open(place->keys, &error));
    g_assert_cmpstr(error_reason(error), ==, "engine.key_record");
    g_assert_true(file_write(key, "short", 5, 0600, NULL));
    g_clear_error(&error);
    g_assert_null(keys_open(place->keys, &error));
    g_assert_cmpstr(error_reason(error), ==, "engine.instance_key");
}

static void test_an_open_folder_is_refused(Place *place, const void *unused)
{
    g_autoptr(GError) error = NULL;
    g_assert_cmpint(mkdir(place->keys, 0755), ==, 0);
    g_assert_cmpint(chmod(place->keys, 0755), ==, 0);
    g_assert_null(keys_open(place->keys, &error));
    g_assert_cmpstr(error_reason(error), ==, "engine.keys_folder");
    g_assert_cmpint(rmdir(place->keys), ==, 0);
    g_assert_cmpint(symlink(place->root, place->keys), ==, 0);
    g_clear_error(&error);
    g_assert_null(keys_open(place->keys, &error));
    g_assert_nonnull(error);
}

static void test_destroyed_is_for_ever(Place *place, const void *unused)
{
    g_autoptr(GError) error = NULL;
    static const uint8_t zeros[KEY_SIZE];
    KeyRecord record = {0};
    bool found = false;
    {
        g_autoptr(KeyStore) store = must_open(place);
        g_assert_true(keys_make(store, PRJ, 200000, true, NULL));
        g_assert_true(keys_destroy(store, PRJ, &error));
        g_assert_true(keys_destroy(store, PRJ, &error)); /* again: no error */
        g_assert_true(keys_destroy(store, PRJ2, &error));
    }
    g_autoptr(KeyStore) store = must_open(place);
    g_assert_true(keys_get(store, PRJ, &record, &found, &error));
    g_assert_true(found && record.destroyed);
    g_assert_cmpmem(record.key, KEY_SIZE, zeros, KEY_SIZE);
    g_autofree char *path = record_file(place, PRJ);
    g_autofree char *old = g_strconcat(path, ".old", NULL);
    g_assert_false(g_file_test(old, G_FILE_TEST_EXISTS));
    g_autofree char *text = NULL;
    g_assert_true(file_read(path, 10000, &text, NULL, NULL));
    g_assert_null(strstr(text, "wrapped_key"));
    /* Its range of user ids is never given again, nor its name. */
    g_assert_cmpstr(keys_base_project(store, 200000), ==, PRJ);
    g_assert_cmpint(keys_project_base(store, PRJ), ==, 200000);
    g_assert_false(keys_make(store, PRJ, 200000, true, &error));
    g_assert_cmpstr(error_reason(error), ==, "engine.key_exists");
}

static void test_an_interrupted_destruction(Place *place, const void *unused)
{
    g_autofree char *path = record_file(place, PRJ);
    g_autofree char *old = g_strconcat(path, ".old", NULL);
    KeyRecord record = {0};
    bool found = false;
    {
        g_autoptr(KeyStore) store = must_open(place);
        g_assert_true(keys_make(store, PRJ, 200000, true, NULL));
    }
    g_assert_cmpint(link(path, old), ==, 0); /* stopped before the tombstone: the key lives */
    g_autoptr(KeyStore) store = must_open(place);
    g_assert_false(g_file_test(old, G_FILE_TEST_EXISTS));
    g_assert_true(keys_get(store, PRJ, &record, &found, NULL));
    g_assert_true(found && !record.destroyed);
}

static void test_ranges_and_forgetting(Place *place, const void *unused)
{
    g_autoptr(KeyStore) store = must_open(place);
    g_assert_cmpint(keys_project_base(store, PRJ), ==, -1);
    g_assert_null(keys_base_project(store, 200000));
    g_assert_true(keys_make(store, PRJ, 200000, false, NULL));
    g_assert_cmpint(keys_project_base(store, PRJ), ==, 200000);
    g_assert_cmpstr(keys_base_project(store, 200000), ==, PRJ);
    g_assert_true(keys_forget(store, PRJ, NULL));
    g_assert_null(keys_base_project(store, 200000));
    g_assert_true(keys_forget(store, PRJ, NULL));
}

#define ADD(name, function)                                                                        \
    g_test_add("/keys/" name, Place, NULL, place_make, function, place_remove)

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ADD("changed", test_a_changed_record_does_not_open);
    ADD("other-instance", test_another_instance_cannot_open);
    ADD("open-folder", test_an_open_folder_is_refused);
    ADD("wrap", test_wrap_and_unwrap);
    ADD("not-in-file", test_the_key_is_not_in_the_file);
    ADD("destroyed", test_destroyed_is_for_ever);
    ADD("interrupted", test_an_interrupted_destruction);
    ADD("ranges", test_ranges_and_forgetting);
    return g_test_run();
}
