/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Connecting to a door. The folder is the bubble's own: a naive connect() through a link that it
 * put there would reach any socket of the host, podman's first (this was tried and worked). So the
 * name is opened without following it, looked at, and connected to through its descriptor, and then
 * the listener is asked who it is.
 */
#include "base/error.h"
#include "base/files.h"
#include "base/frame.h"
#include "base/ids.h"
#include "engine/engine.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#define DOOR_CONNECT_SECONDS 2

static bool refuse_door(GError **error, const char *name, const char *why)
{
    return error_set(error, ERROR_UNAVAILABLE, "engine.door", "The door %s is refused: %s.", name,
                     why);
}

static int door_folder_open(const char *state_dir, const char *service_id, GError **error)
{
    g_autofree char *parent = g_build_filename(state_dir, "run", "doors", NULL);
    FD_AUTO int parent_fd = open(parent, O_PATH | O_DIRECTORY | O_CLOEXEC);
    int fd = parent_fd < 0 ? -1
                           : openat(parent_fd, service_id,
                                    O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        error_set(error, ERROR_UNAVAILABLE, "engine.door_missing", "The service has no doors: %s.",
                  g_strerror(errno));
    return fd;
}

/* The name as a descriptor, once it is known to be a socket of OWNER's. */
static int door_open(int folder_fd, const char *name, uid_t owner, GError **error)
{
    struct stat st;
    FD_AUTO int fd = openat(folder_fd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0) {
        error_set(error, ERROR_UNAVAILABLE, "engine.door_missing",
                  "The service has no door %s yet: %s.", name, g_strerror(errno));
        return -1;
    }
    if (fstat(fd, &st) < 0 || !S_ISSOCK(st.st_mode)) {
        refuse_door(error, name, "it is not a socket");
        return -1;
    }
    if (st.st_uid != owner) {
        refuse_door(error, name, "it is not the service's own");
        return -1;
    }
    return fd_steal(&fd);
}

static bool door_name_ok(const char *name)
{
    return *name != '\0' && *name != '.' && strchr(name, '/') == NULL && strlen(name) <= 64;
}

int engine_door_connect(const char *state_dir, const char *service_id, const char *door_name,
                        uid_t owner, GError **error)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    uid_t peer = 0;
    if (!id_check(PLAN_ID_SERVICE, service_id) || !door_name_ok(door_name)) {
        error_set(error, ERROR_INVALID, "engine.door_name", "There can be no such door.");
        return -1;
    }
    FD_AUTO int folder_fd = door_folder_open(state_dir, service_id, error);
    FD_AUTO int name_fd = folder_fd < 0 ? -1 : door_open(folder_fd, door_name, owner, error);
    if (name_fd < 0)
        return -1;
    snprintf(address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d", name_fd);
    FD_AUTO int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    /* A listener that accepts nobody fills its queue, and would hold one thread of ours per caller. */
    const struct timeval patience = {.tv_sec = DOOR_CONNECT_SECONDS}, none = {0};
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience) < 0 ||
        connect(fd, (struct sockaddr *)&address, sizeof address) < 0 ||
        setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &none, sizeof none) < 0) {
        error_set(error, ERROR_UNAVAILABLE, "engine.door_closed",
                  "The service does not answer at its door %s: %s.", door_name, g_strerror(errno));
        return -1;
    }
    if (!unix_peer_uid(fd, &peer, error))
        return -1;
    if (peer != owner) {
        refuse_door(error, door_name, "somebody else listens there");
        return -1;
    }
    return fd_steal(&fd);
}
