/* SPDX-License-Identifier: Apache-2.0 */
/* engine: connecting to a door whose folder belongs to whoever may be hostile. */
#include "base/error.h"
#include "base/files.h"
#include "base/frame.h"
#include "engine/engine.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define SVC      "svc-aaaaaaaaaaaaaaaa"
#define STRANGER 61000

typedef struct Place {
    char *state, *doors;
} Place;

static void place_make(Place *place, const void *unused)
{
    place->state = g_dir_make_tmp("darse-doors-XXXXXX", NULL);
    place->doors = g_build_filename(place->state, "run", "doors", SVC, NULL);
    g_assert_true(folder_make(place->doors, 0711, NULL));
}

static void place_remove(Place *place, const void *unused)
{
    g_assert_true(tree_remove(place->state, NULL));
    g_free(place->state);
    g_free(place->doors);
}

static char *door(const Place *place, const char *name)
{
    return g_build_filename(place->doors, name, NULL);
}

static int must_listen(const char *path)
{
    int fd = unix_listen(path, 0666, NULL);
    g_assert_cmpint(fd, >=, 0);
    return fd;
}

static void refused(const Place *place, const char *service, const char *name, uid_t owner,
                    const char *reason)
{
    g_autoptr(GError) error = NULL;
    g_assert_cmpint(engine_door_connect(place->state, service, name, owner, &error), ==, -1);
    g_assert_cmpstr(error_reason(error), ==, reason);
}

static void test_a_true_door(Place *place, const void *unused)
{
    g_autofree char *path = door(place, "http.sock");
    FD_AUTO int listener = must_listen(path);
    FD_AUTO int fd = engine_door_connect(place->state, SVC, "http.sock", geteuid(), NULL);
    g_assert_cmpint(fd, >=, 0);
    FD_AUTO int inside = accept(listener, NULL, NULL);
    g_assert_cmpint(send(fd, "x", 1, 0), ==, 1);
    char byte = 0;
    g_assert_cmpint(recv(inside, &byte, 1, 0), ==, 1);
}

static void test_a_door_replaced_by_a_link(Place *place, const void *unused)
{
    g_autofree char *path = door(place, "http.sock");
    g_autofree char *elsewhere = g_build_filename(place->state, "podman.sock", NULL);
    FD_AUTO int listener = must_listen(elsewhere); /* what the link would reach */
    g_assert_cmpint(symlink(elsewhere, path), ==, 0);
    refused(place, SVC, "http.sock", geteuid(), "engine.door");
}

static void test_a_folder_replaced_by_a_link(Place *place, const void *unused)
{
    g_autofree char *moved = g_build_filename(place->state, "moved", NULL);
    g_assert_cmpint(rename(place->doors, moved), ==, 0);
    g_assert_cmpint(symlink(moved, place->doors), ==, 0);
    g_autofree char *path = g_build_filename(moved, "http.sock", NULL);
    FD_AUTO int listener = must_listen(path);
    refused(place, SVC, "http.sock", geteuid(), "engine.door_missing");
}

static void test_what_is_not_a_socket(Place *place, const void *unused)
{
    g_autofree char *file = door(place, "file");
    g_autofree char *fifo = door(place, "fifo");
    g_autofree char *folder = door(place, "folder");
    g_assert_true(file_write(file, "x", 1, 0666, NULL));
    g_assert_cmpint(mkfifo(fifo, 0666), ==, 0);
    g_assert_cmpint(mkdir(folder, 0777), ==, 0);
    refused(place, SVC, "file", geteuid(), "engine.door");
    refused(place, SVC, "fifo", geteuid(), "engine.door"); /* and it does not wait */
    refused(place, SVC, "folder", geteuid(), "engine.door");
    refused(place, SVC, "none", geteuid(), "engine.door_missing");
}

static void test_names_that_lead_elsewhere(Place *place, const void *unused)
{
    static const char *const names[] = {"", ".", "..", "../x", "/etc/passwd", "a/b", ".hidden"};
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
        refused(place, SVC, names[i], geteuid(), "engine.door_name");
    refused(place, "../../run", "http.sock", geteuid(), "engine.door_name");
    refused(place, "svc-bbbbbbbbbbbbbbbb", "http.sock", geteuid(), "engine.door_missing");
}

static void test_a_door_nobody_listens_at(Place *place, const void *unused)
{
    g_autofree char *path = door(place, "http.sock");
    int listener = must_listen(path);
    close(listener);
    refused(place, SVC, "http.sock", geteuid(), "engine.door_closed");
}

/* A bubble can listen and accept nobody: that costs the caller seconds, not its thread. */
static void test_a_door_that_accepts_nobody(Place *place, const void *unused)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    g_autofree char *path = door(place, "http.sock");
    g_strlcpy(address.sun_path, path, sizeof address.sun_path);
    FD_AUTO int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    g_assert_cmpint(bind(listener, (struct sockaddr *)&address, sizeof address), ==, 0);
    g_assert_cmpint(listen(listener, 0), ==, 0);
    FD_AUTO int first = engine_door_connect(place->state, SVC, "http.sock", geteuid(), NULL);
    g_assert_cmpint(first, >=, 0);
    refused(place, SVC, "http.sock", geteuid(), "engine.door_closed");
}

static void test_the_socket_of_another_owner(Place *place, const void *unused)
{
    g_autofree char *path = door(place, "http.sock");
    FD_AUTO int listener = must_listen(path);
    refused(place, SVC, "http.sock", STRANGER, "engine.door");
}

/* The owner may link a socket of somebody else's under his own name: the file is his, the listener
 * is not. Only root can play both parts. */
static void test_somebody_else_listens(Place *place, const void *unused)
{
    if (geteuid() != 0) {
        g_test_skip("needs root, to be two users");
        return;
    }
    g_autofree char *path = door(place, "http.sock");
    FD_AUTO int listener = must_listen(path);
    g_assert_cmpint(chown(path, STRANGER, STRANGER), ==, 0);
    refused(place, SVC, "http.sock", STRANGER, "engine.door");
}

/* A listener that runs as the stranger, as a bubble's does. */
static void test_the_owner_himself_listens(Place *place, const void *unused)
{
    if (geteuid() != 0) {
        g_test_skip("needs root, to be two users");
        return;
    }
    g_autofree char *path = door(place, "http.sock");
    int ready[2];
    g_assert_cmpint(pipe(ready), ==, 0);
    g_assert_cmpint(chown(place->doors, STRANGER, STRANGER), ==, 0);
    g_assert_cmpint(chmod(place->state, 0711), ==, 0);
    pid_t pid = fork();
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        bool ok = setgid(STRANGER) == 0 && setuid(STRANGER) == 0 &&
                  unix_listen(path, 0666, NULL) >= 0 && write(ready[1], "x", 1) == 1;
        pause();
        _exit(ok ? 0 : 1);
    }
    char byte = 0;
    g_assert_cmpint(read(ready[0], &byte, 1), ==, 1);
    g_autoptr(GError) error = NULL;
    FD_AUTO int fd = engine_door_connect(place->state, SVC, "http.sock", STRANGER, &error);
    g_assert_no_error(error);
    g_assert_cmpint(fd, >=, 0);
    refused(place, SVC, "http.sock", 0, "engine.door");
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    close(ready[0]);
    close(ready[1]);
}

static void test_an_engine_that_is_not_there(Place *place, const void *unused)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *path = g_build_filename(place->state, "engine.sock", NULL);
    g_autoptr(EngineClient) client = engine_client_new(path);
    g_autoptr(Plan) plan = plan_service_list_new();
    json_t *result = (json_t *)place;
    g_assert_false(engine_client_run(client, plan, NULL, NULL, &result, &error));
    g_assert_cmpstr(error_reason(error), ==, "engine.unreachable");
    g_assert_true(result == (json_t *)place); /* untouched */
}

#define ADD(name, function)                                                                        \
    g_test_add("/doors/" name, Place, NULL, place_make, function, place_remove)

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ADD("link", test_a_door_replaced_by_a_link);
    ADD("folder-link", test_a_folder_replaced_by_a_link);
    ADD("not-a-socket", test_what_is_not_a_socket);
    ADD("names", test_names_that_lead_elsewhere);
    ADD("closed", test_a_door_nobody_listens_at);
    ADD("accepts-nobody", test_a_door_that_accepts_nobody);
    ADD("other-owner", test_the_socket_of_another_owner);
    ADD("other-listener", test_somebody_else_listens);
    ADD("own-listener", test_the_owner_himself_listens);
    ADD("true", test_a_true_door);
    ADD("no-engine", test_an_engine_that_is_not_there);
    return g_test_run();
}
