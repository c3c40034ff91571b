/* SPDX-License-Identifier: Apache-2.0 */
/* engine: the files of a volume, in hostile hands; and a descriptor handed over a socket. */
#include "base/encode.h"
#include "base/error.h"
#include "base/files.h"
#include "base/frame.h"
#include "engine/volume.h"

#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct Place {
    char *top, *volume;     /* TOP/volume is the volume, TOP/secret lies outside of it */
    int fd;
} Place;

static char *below(const char *folder, const char *name)
{
    return g_build_filename(folder, name, NULL);
}

static void put_text(const char *folder, const char *name, const char *text)
{
    g_autofree char *path = below(folder, name);
    g_assert_true(file_write(path, text, strlen(text), 0644, NULL));
}

static void place_make(Place *place, const void *unused)
{
    place->top = g_dir_make_tmp("darse-volume-XXXXXX", NULL);
    place->volume = below(place->top, "volume");
    g_assert_cmpint(mkdir(place->volume, 0700), ==, 0);
    put_text(place->top, "secret", "secret");
    place->fd = open(place->volume, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    put_text(place->volume, "a.txt", "12345");
    g_autofree char *folder = below(place->volume, "folder");
    g_assert_cmpint(mkdir(folder, 0700), ==, 0);
    put_text(folder, "inner.txt", "x");
    g_assert_cmpint(symlinkat("../secret", place->fd, "out"), ==, 0);
    g_assert_cmpint(symlinkat("..", place->fd, "up"), ==, 0);
    g_assert_cmpint(symlinkat("folder", place->fd, "alias"), ==, 0);
    g_assert_cmpint(mkfifoat(place->fd, "pipe", 0600), ==, 0);
}

static void place_remove(Place *place, const void *unused)
{
    close(place->fd);
    g_assert_true(tree_remove(place->top, NULL));
    g_free(place->volume);
    g_free(place->top);
}

static void test_open(Place *place, const void *unused)
{
    static const struct {
        const char *file, *reason;
    } refused[] = {
        {"out", "path.link"},       {"up/secret", "path.link"}, {"alias/inner.txt", "path.link"},
        {"../secret", "path.link"}, {"pipe", "files.not_a_file"}, {"folder", "files.not_a_file"},
        {"none", "files.missing"},  {"a.txt/x", "files.not_a_folder"}, {"/etc/passwd", "path.link"},
    };
    int64_t size = -1, modified = -1;
    for (size_t i = 0; i < G_N_ELEMENTS(refused); i++) {
        g_autoptr(GError) error = NULL;
        g_assert_cmpint(volume_open(place->fd, refused[i].file, &size, &modified, &error), ==, -1);
        g_assert_cmpstr(error_reason(error), ==, refused[i].reason);
        g_assert_cmpint(size, ==, -1);
    }
    FD_AUTO int fd = volume_open(place->fd, "a.txt", &size, &modified, NULL);
    g_assert_cmpint(fd, >=, 0);
    g_assert_cmpint(size, ==, 5);
    g_assert_cmpint(modified, >, INT64_C(1600000000000));
}

static bool try_put(const Place *place, const char *name, const char *file, bool replace,
                    GError **error)
{
    FD_AUTO int from_fd = open(place->top, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const VolumePut put = {.from_fd = from_fd, .from_name = name, .from_owner = geteuid(),
                           .file = file, .replace = replace, .owner = geteuid(),
                           .group = getegid()};
    return volume_put(place->fd, &put, error);
}

static void test_put(Place *place, const void *unused)
{
    static const struct {
        const char *file, *reason;
        bool replace;
    } refused[] = {
        {"a.txt", "files.exists", false},   {"folder", "files.is_folder", true},
        {"up/x", "path.link", false},       {"alias/x", "path.link", true},
        {"../x", "path.link", false},       {"none/x", "files.missing", false},
        {"a.txt/x", "files.not_a_folder", false}, {"out", "files.exists", false},
    };
    put_text(place->top, "data", "new");
    for (size_t i = 0; i < G_N_ELEMENTS(refused); i++) {
        g_autoptr(GError) error = NULL;
        g_assert_false(try_put(place, "data", refused[i].file, refused[i].replace, &error));
        g_assert_cmpstr(error_reason(error), ==, refused[i].reason);
    }
    /* A link is replaced, not followed. */
    g_assert_true(try_put(place, "data", "out", true, NULL));
    g_autofree char *secret = below(place->top, "secret"), *text = NULL;
    g_assert_true(file_read(secret, 100, &text, NULL, NULL));
    g_assert_cmpstr(text, ==, "secret");
    /* What is no plain file of ours is not given away. */
    g_autoptr(GError) error = NULL;
    g_autofree char *from = below(place->top, "linked"), *to = below(place->top, "data");
    g_assert_cmpint(link(secret, from), ==, 0);
    g_assert_false(try_put(place, "linked", "stolen", false, &error));
    g_assert_cmpstr(error_reason(error), ==, "engine.upload");
    g_clear_error(&error);
    g_assert_cmpint(symlink("secret", to), ==, 0);
    g_assert_false(try_put(place, "data", "stolen", false, &error));
    g_assert_cmpstr(error_reason(error), ==, "path.link");
    g_assert_cmpint(faccessat(place->fd, "stolen", F_OK, AT_SYMLINK_NOFOLLOW), ==, -1);
}

/* What is refused for its place can be put again elsewhere: it stays its sender's. */
static void test_put_again(Place *place, const void *unused)
{
    struct stat before, after;
    g_autoptr(GError) error = NULL;
    bool is_root = geteuid() == 0;
    FD_AUTO int from_fd = open(place->top, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    VolumePut put = {.from_fd = from_fd, .from_name = "data", .from_owner = geteuid(),
                     .file = "a.txt", .owner = is_root ? 12345 : geteuid(),
                     .group = is_root ? 12345 : getegid()};
    put_text(place->top, "data", "new");
    g_assert_cmpint(fchmodat(from_fd, "data", 0600, 0), ==, 0);
    g_assert_cmpint(fstatat(from_fd, "data", &before, 0), ==, 0);
    g_assert_false(volume_put(place->fd, &put, &error));
    g_assert_cmpstr(error_reason(error), ==, "files.exists");
    g_assert_cmpint(fstatat(from_fd, "data", &after, 0), ==, 0);
    g_assert_cmpint(after.st_uid, ==, before.st_uid);
    g_assert_cmpint(after.st_gid, ==, before.st_gid);
    g_assert_cmpint(after.st_mode, ==, before.st_mode);
    put.file = "other.txt";
    g_assert_true(volume_put(place->fd, &put, NULL));
    g_assert_cmpint(fstatat(place->fd, "other.txt", &after, 0), ==, 0);
    g_assert_cmpint(after.st_uid, ==, put.owner);
}

static void test_change(Place *place, const void *unused)
{
    static const struct {
        const char *from, *to, *reason;
    } moves[] = {
        {"none", "x", "files.missing"},     {"a.txt", "folder", "files.exists"},
        {"a.txt", "up/x", "path.link"},     {"out", "../x", "path.link"},
        {"folder", "folder/deep", "files.into_itself"}, {"a.txt", "b.txt", NULL},
        {"b.txt", "folder/b.txt", NULL},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(moves); i++) {
        g_autoptr(GError) error = NULL;
        g_assert_true(volume_move(place->fd, moves[i].from, moves[i].to, &error) ==
                      (moves[i].reason == NULL));
        g_assert_cmpstr(error != NULL ? error_reason(error) : NULL, ==, moves[i].reason);
    }
    g_autoptr(GError) error = NULL;
    g_assert_true(volume_make_folder(place->fd, "new", geteuid(), getegid(), NULL));
    g_assert_false(volume_make_folder(place->fd, "new", geteuid(), getegid(), &error));
    g_assert_cmpstr(error_reason(error), ==, "files.exists");
    g_clear_error(&error);
    g_assert_false(volume_make_folder(place->fd, "up/new", geteuid(), getegid(), &error));
    g_assert_cmpstr(error_reason(error), ==, "path.link");
    g_clear_error(&error);
    g_assert_false(volume_remove(place->fd, "folder", false, &error));
    g_assert_cmpstr(error_reason(error), ==, "files.not_empty");
    g_clear_error(&error);
    g_assert_true(volume_remove(place->fd, "folder", true, NULL));
    g_assert_true(volume_remove(place->fd, "up", true, NULL)); /* the link, not what it names */
    g_assert_false(volume_remove(place->fd, "none", true, &error));
    g_assert_cmpstr(error_reason(error), ==, "files.missing");
    g_autofree char *secret = below(place->top, "secret");
    g_assert_cmpint(access(secret, F_OK), ==, 0);
}

/* Pages of SORT, three at a time, joined by spaces. */
static char *all_names(const Place *place, VolumeSort sort, bool descending)
{
    GString *names = g_string_new(NULL);
    g_autofree char *after = g_strdup("");
    for (int pages = 0; after != NULL; pages++) {
        const VolumeListing listing = {"many", sort, descending, after, 3};
        g_autoptr(json_t) got = volume_browse(place->fd, &listing, NULL);
        g_assert_nonnull(got);
        g_assert_cmpint(pages, <, 4);
        size_t index;
        json_t *entry;
        json_array_foreach(json_object_get(got, "entries"), index, entry)
            g_string_append_printf(names, "%s ",
                                   json_string_value(json_object_get(entry, "name")));
        g_assert_cmpint(json_integer_value(json_object_get(got, "count")), ==, 7);
        g_free(after);
        after = g_strdup(json_string_value(json_object_get(got, "next")));
    }
    return g_string_free(names, FALSE);
}

static void test_list(Place *place, const void *unused)
{
    g_autofree char *many = below(place->volume, "many");
    g_assert_cmpint(mkdir(many, 0700), ==, 0);
    static const char *const names[] = {"c", "a", "e", "b", "d"};
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
        put_text(many, names[i], "12345" + i);
    g_autofree char *z = below(many, "z"), *y = below(many, "y");
    g_assert_cmpint(mkdir(z, 0700), ==, 0);
    g_assert_cmpint(mkdir(y, 0700), ==, 0);
    g_autofree char *by_name = all_names(place, VOLUME_BY_NAME, false);
    g_autofree char *down = all_names(place, VOLUME_BY_NAME, true);
    g_autofree char *by_size = all_names(place, VOLUME_BY_SIZE, false);
    g_assert_cmpstr(by_name, ==, "y z a b c d e ");
    g_assert_cmpstr(down, ==, "z y e d c b a ");
    g_assert_cmpstr(by_size, ==, "y z d b e a c ");
    static const char *const marks[] = {"x", "f:1", "f:1:zz", "q:1:61", "f:x:61", "f:1:61:61",
                                        "f:1:", "f:1:0061"};
    for (size_t i = 0; i < G_N_ELEMENTS(marks); i++) {
        g_autoptr(GError) error = NULL;
        const VolumeListing listing = {"many", VOLUME_BY_NAME, false, marks[i], 3};
        g_assert_null(volume_browse(place->fd, &listing, &error));
        g_assert_cmpstr(error_reason(error), ==, "page.cursor");
    }
}

static void test_descriptor(void)
{
    int pair[2];
    g_autoptr(GError) error = NULL;
    g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), ==, 0);
    FD_AUTO int given = open("/dev/null", O_RDONLY | O_CLOEXEC);
    g_assert_true(frame_send_fd(pair[0], given, NULL));
    FD_AUTO int got = frame_receive_fd(pair[1], 1000, NULL);
    struct stat a, b;
    g_assert_true(fstat(given, &a) == 0 && fstat(got, &b) == 0 && a.st_rdev == b.st_rdev);
    g_assert_cmpint(fcntl(got, F_GETFD) & FD_CLOEXEC, !=, 0);
    g_assert_cmpint(send(pair[0], "F", 1, 0), ==, 1); /* the mark without a descriptor */
    g_assert_cmpint(frame_receive_fd(pair[1], 1000, &error), ==, -1);
    g_assert_cmpstr(error_reason(error), ==, "frame.descriptor");
    close(pair[0]);
    close(pair[1]);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define ADD(name, function)                                                                        \
    g_test_add("/volume/" name, Place, NULL, place_make, function, place_remove)
    ADD("open", test_open);
    ADD("put", test_put);
    ADD("put/again", test_put_again);
    ADD("change", test_change);
    ADD("list", test_list);
    g_test_add_func("/volume/descriptor", test_descriptor);
    return g_test_run();
}
