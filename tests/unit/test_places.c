/* SPDX-License-Identifier: Apache-2.0 */
/* engine: the folders of the state directory, in hostile hands. */
#include "base/error.h"
#include "base/files.h"
#include "engine/places.h"
#include "engine/vault.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct Place {
    char *state;
    Places *places;
} Place;

static void place_make(Place *place, const void *unused)
{
    g_autoptr(GError) error = NULL;
    place->state = g_dir_make_tmp("darse-places-XXXXXX", NULL);
    place->places = places_open(place->state, geteuid(), &error);
    g_assert_no_error(error);
}

static void place_remove(Place *place, const void *unused)
{
    places_free(place->places);
    g_assert_true(tree_remove(place->state, NULL));
    g_free(place->state);
}

static char *at(const Place *place, const char *path)
{
    return g_build_filename(place->state, path, NULL);
}

static void put(const Place *place, const char *path, const char *text)
{
    g_autofree char *full = at(place, path);
    g_assert_true(file_write(full, text, strlen(text), 0644, NULL));
}

static void make(const Place *place, const char *path)
{
    FD_AUTO int fd = places_make_folder(place->places, path, geteuid(), 0700, NULL, NULL);
    g_assert_cmpint(fd, >=, 0);
}

static void test_the_folders_are_made(Place *place, const void *unused)
{
    static const struct {
        const char *path;
        mode_t mode;
    } rows[] = {{"projects", 0750}, {"data", 0750}, {"uploads", 0700}, {"run/doors", 0700},
                {"run/lake", 0700}};
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        struct stat st;
        g_autofree char *path = at(place, rows[i].path);
        g_assert_cmpint(lstat(path, &st), ==, 0);
        g_assert_true(S_ISDIR(st.st_mode));
        g_assert_cmpint(st.st_mode & 0777, ==, rows[i].mode);
    }
}

static void test_paths_outside_are_refused(Place *place, const void *unused)
{
    static const char *const bad[] = {"", "/etc", "keys", "keys/x", "projects", "projects/",
                                      "projects/..", "projects/../keys", "projects/./x",
                                      "projects//x", "run/engine.sock", "projectsx/y"};
    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autoptr(GError) error = NULL;
        g_assert_cmpint(places_open_folder(place->places, bad[i], &error), ==, -1);
        g_assert_nonnull(error);
        g_clear_error(&error);
        g_assert_cmpint(places_make_folder(place->places, bad[i], 0, 0700, NULL, &error), ==, -1);
        g_assert_nonnull(error);
    }
}

static void test_links_are_not_followed(Place *place, const void *unused)
{
    g_autofree char *link = at(place, "projects/link");
    g_autofree char *etc = at(place, "projects/real/etc");
    g_autoptr(GError) error = NULL;
    make(place, "projects/real");
    g_assert_cmpint(symlink("real", link), ==, 0);
    g_assert_cmpint(symlink("/etc", etc), ==, 0);
    g_assert_cmpint(places_open_folder(place->places, "projects/link", &error), ==, -1);
    g_clear_error(&error);
    g_assert_cmpint(places_open_folder(place->places, "projects/real/etc", &error), ==, -1);
    g_clear_error(&error);
    g_assert_cmpint(places_make_folder(place->places, "projects/real/etc/x", 0, 0700, NULL, &error),
                    ==, -1);
    g_clear_error(&error);
    g_assert_cmpint(places_make_folder(place->places, "projects/link", 0, 0700, NULL, &error), ==,
                    -1);
}

/* Whoever owns the state directory renames a folder and puts a link there: the engine works on in
 * the folder that it opened. */
static void test_a_root_swapped_by_a_link(Place *place, const void *unused)
{
    g_autofree char *projects = at(place, "projects");
    g_autofree char *moved = at(place, "moved");
    make(place, "projects/a");
    g_assert_cmpint(rename(projects, moved), ==, 0);
    g_assert_cmpint(symlink("/etc", projects), ==, 0);
    make(place, "projects/b");
    g_autofree char *b = at(place, "moved/b");
    g_assert_true(g_file_test(b, G_FILE_TEST_IS_DIR));
    g_assert_false(g_file_test("/etc/b", G_FILE_TEST_EXISTS));
    g_autoptr(GError) error = NULL;
    g_assert_null(places_open(place->state, geteuid(), &error)); /* and a new one refuses it */
    g_assert_nonnull(error);
}

static void test_removal_of_what_is_deep_and_odd(Place *place, const void *unused)
{
    g_autofree char *precious = at(place, "precious");
    g_autofree char *link = at(place, "projects/p/link");
    g_autofree char *fifo = at(place, "projects/p/fifo");
    put(place, "precious", "x");
    make(place, "projects/p");
    g_assert_cmpint(symlink(place->state, link), ==, 0);
    g_assert_cmpint(mkfifo(fifo, 0600), ==, 0);
    FD_AUTO int at_fd = places_open_folder(place->places, "projects/p", NULL);
    for (int i = 0; i < 3000; i++) {
        g_assert_cmpint(mkdirat(at_fd, "d", 0700), ==, 0);
        int next = openat(at_fd, "d", O_RDONLY | O_DIRECTORY);
        g_assert_cmpint(next, >=, 0);
        close(at_fd);
        at_fd = next;
    }
    g_autoptr(GError) error = NULL;
    g_assert_true(places_remove(place->places, "projects/p", &error));
    g_assert_no_error(error);
    g_autofree char *p = at(place, "projects/p");
    g_assert_false(g_file_test(p, G_FILE_TEST_EXISTS));
    g_assert_true(g_file_test(precious, G_FILE_TEST_EXISTS));
    g_assert_true(places_remove(place->places, "projects/p", &error)); /* again: no error */
    g_assert_true(places_remove(place->places, "projects/none/x", &error));
    g_assert_false(places_remove(place->places, "keys", &error));
}

static void test_copy(Place *place, const void *unused)
{
    make(place, "projects/from");
    make(place, "projects/to");
    put(place, "projects/from/ten", "0123456789");
    FD_AUTO int from = places_open_folder(place->places, "projects/from", NULL);
    FD_AUTO int to = places_open_folder(place->places, "projects/to", NULL);
    CopyWanted wanted = {.from_fd = from, .to_fd = to, .file = "ten", .name = "copy",
                         .max_bytes = 9, .owner = geteuid(), .group = getegid(), .mode = 0400};
    char *sha256 = NULL;
    int64_t size = -1;
    g_autoptr(GError) error = NULL;
    g_assert_false(places_copy(&wanted, &sha256, &size, &error));
    g_assert_cmpstr(error_reason(error), ==, "engine.file_too_large");
    g_assert_true(sha256 == NULL && size == -1); /* untouched */
    g_clear_error(&error);
    wanted.max_bytes = 10;
    g_assert_true(places_copy(&wanted, &sha256, &size, &error));
    g_assert_cmpint(size, ==, 10);
    g_assert_cmpstr(sha256, ==, "84d89877f0d4041efb6bf91a16f0248f2fd573e6af05c19f96bedb9f882f7882");
    g_free(sha256);
    g_assert_false(places_copy(&wanted, &sha256, &size, &error));
    g_assert_cmpstr(error_reason(error), ==, "engine.exists");
    g_autofree char *folder = at(place, "projects/to");
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    int entries = 0;
    while (g_dir_read_name(dir) != NULL)
        entries++;
    g_assert_cmpint(entries, ==, 1); /* no temporary stays behind */
}

static void test_vault_without_encryption(Place *place, const void *unused)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *folder = at(place, "keys");
    g_autoptr(KeyStore) keys = keys_open(folder, &error);
    g_assert_no_error(error);
    if (vault_supported(places_root_fd(place->places, "projects/"))) {
        g_test_skip("this file system encrypts: the scenarios cover it");
        return;
    }
    static const char id[] = "prj-aaaaaaaaaaaaaaaa", path[] = "projects/prj-aaaaaaaaaaaaaaaa";
    VaultState state = {.encrypted = true};
    g_assert_false(vault_open(place->places, keys, path, id, 200000, false, &state, &error));
    g_assert_cmpstr(error_reason(error), ==, "engine.vault_unknown");
    g_assert_true(state.encrypted); /* untouched */
    g_clear_error(&error);
    g_assert_true(vault_open(place->places, keys, path, id, 200000, true, &state, &error));
    g_assert_true(state.created && !state.encrypted);
    g_assert_true(vault_open(place->places, keys, path, id, 200000, true, &state, &error));
    g_assert_false(state.created);
    g_assert_true(vault_close(place->places, keys, path, id, &error));
    bool key_destroyed = true;
    g_assert_true(vault_destroy(place->places, keys, path, id, &key_destroyed, &error));
    g_assert_false(key_destroyed); /* there was none */
    g_assert_false(vault_open(place->places, keys, path, id, 200000, true, &state, &error));
    g_assert_cmpstr(error_reason(error), ==, "engine.vault_destroyed");
}

#define ADD(name, function)                                                                        \
    g_test_add("/places/" name, Place, NULL, place_make, function, place_remove)

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ADD("outside", test_paths_outside_are_refused);
    ADD("links", test_links_are_not_followed);
    ADD("swapped", test_a_root_swapped_by_a_link);
    ADD("removal", test_removal_of_what_is_deep_and_odd);
    ADD("folders", test_the_folders_are_made);
    ADD("copy", test_copy);
    ADD("vault", test_vault_without_encryption);
    return g_test_run();
}
