/* SPDX-License-Identifier: Apache-2.0 */
/* Length-prefixed JSON over unix sockets. */
#include "base/frame.h"

#include "base/encode.h"
#include "base/error.h"
#include "base/files.h"
#include "base/times.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static bool socket_send_all(int fd, const void *bytes, size_t size, GError **error)
{
    const char *at = bytes;
    while (size > 0) {
        ssize_t n = send(fd, at, size, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return error_set_errno(error, errno, "frame.send", "The other process went away");
        at += n;
        size -= (size_t)n;
    }
    return true;
}

bool frame_send(int fd, const json_t *message, GError **error)
{
    char *text = json_dumps(message, JSON_COMPACT);
    if (text == NULL)
        return error_set(error, ERROR_INTERNAL, "frame.encode", "A message cannot be written.");
    size_t size = strlen(text);
    if (size > FRAME_SIZE_MAX) {
        free(text);
        return error_set(error, ERROR_TOO_LARGE, "frame.too_large",
                         "A message has %zu bytes; at most %d are allowed.", size, FRAME_SIZE_MAX);
    }
    uint32_t length = htonl((uint32_t)size);
    bool ok = socket_send_all(fd, &length, sizeof length, error) &&
              socket_send_all(fd, text, size, error);
    free(text);
    return ok;
}

/* 1: SIZE bytes read; 0: clean end before the first byte; -1: error. */
static int socket_receive_all(int fd, void *into, size_t size, int64_t deadline_ms, GError **error)
{
    char *at = into;
    size_t left = size;
    while (left > 0) {
        int wait = -1;
        if (deadline_ms >= 0)
            wait = (int)MAX(0, deadline_ms - time_monotonic_ms());
        struct pollfd p = {.fd = fd, .events = POLLIN};
        int ready = poll(&p, 1, wait);
        if (ready < 0 && errno == EINTR)
            continue;
        if (ready == 0) {
            error_set(error, ERROR_UNAVAILABLE, "frame.timeout", "No answer in time.");
            return -1;
        }
        ssize_t n = recv(fd, at, left, 0);
        if (n < 0 && errno == EINTR)
            continue;
        if (n == 0 && left == size)
            return 0;
        if (n <= 0) {
            error_set(error, ERROR_UNAVAILABLE, "frame.broken",
                      "The other process closed in the middle of a message.");
            return -1;
        }
        at += n;
        left -= (size_t)n;
    }
    return 1;
}

bool frame_receive(int fd, int timeout_ms, json_t **ret_message, GError **error)
{
    int64_t deadline = timeout_ms < 0 ? -1 : time_monotonic_ms() + timeout_ms;
    uint32_t length = 0;
    int got = socket_receive_all(fd, &length, sizeof length, deadline, error);
    if (got < 0)
        return false;
    if (got == 0) {
        *ret_message = NULL;
        return true;
    }
    size_t size = ntohl(length);
    if (size == 0 || size > FRAME_SIZE_MAX)
        return error_set(error, ERROR_TOO_LARGE, "frame.length",
                         "A message announces %zu bytes; 1 to %d are allowed.", size,
                         FRAME_SIZE_MAX);
    g_autofree char *text = g_malloc(size);
    got = socket_receive_all(fd, text, size, deadline, error);
    if (got < 0)
        return false;
    if (got == 0)
        return error_set(error, ERROR_UNAVAILABLE, "frame.broken",
                         "The other process closed in the middle of a message.");
    g_autoptr(json_t) message = json_parse(text, size, error);
    if (message == NULL)
        return false;
    if (!json_is_object(message))
        return error_set(error, ERROR_INVALID, "frame.not_object", "A message is not an object.");
    *ret_message = g_steal_pointer(&message);
    return true;
}

/* ---- descriptors ---- */

typedef union FdControl {
    struct cmsghdr header;
    char bytes[CMSG_SPACE(sizeof(int))];
} FdControl;

bool frame_send_fd(int fd, int passed_fd, GError **error)
{
    char mark = 'F';
    FdControl control = {0};
    struct iovec part = {.iov_base = &mark, .iov_len = 1};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control.bytes,
                             .msg_controllen = sizeof control.bytes};
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof passed_fd);
    memcpy(CMSG_DATA(header), &passed_fd, sizeof passed_fd);
    ssize_t sent = -1;
    do {
        sent = sendmsg(fd, &message, MSG_NOSIGNAL);
    } while (sent < 0 && errno == EINTR);
    return sent == 1 || error_set_errno(error, errno, "frame.send", "The other process went away");
}

int frame_receive_fd(int fd, int timeout_ms, GError **error)
{
    char mark = '\0';
    int passed_fd = -1;
    FdControl control = {0};
    struct iovec part = {.iov_base = &mark, .iov_len = 1};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control.bytes,
                             .msg_controllen = sizeof control.bytes};
    struct pollfd p = {.fd = fd, .events = POLLIN};
    ssize_t got = poll(&p, 1, timeout_ms) == 1 ? recvmsg(fd, &message, MSG_CMSG_CLOEXEC) : -1;
    struct cmsghdr *header = got == 1 ? CMSG_FIRSTHDR(&message) : NULL;
    if (header != NULL && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS &&
        header->cmsg_len == CMSG_LEN(sizeof passed_fd))
        memcpy(&passed_fd, CMSG_DATA(header), sizeof passed_fd);
    if (passed_fd < 0)
        error_set(error, ERROR_UNAVAILABLE, "frame.descriptor", "No descriptor came.");
    return passed_fd;
}

static bool unix_address(const char *path, struct sockaddr_un *ret_address, GError **error)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address.sun_path)
        return error_set(error, ERROR_INTERNAL, "frame.path",
                         "The socket path %s is too long (at most %zu bytes); choose a state "
                         "directory with a shorter name.", path, sizeof address.sun_path - 1);
    strcpy(address.sun_path, path);
    *ret_address = address;
    return true;
}

int unix_listen(const char *path, mode_t mode, GError **error)
{
    struct sockaddr_un address;
    if (!unix_address(path, &address, error))
        return -1;
    FD_AUTO int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        error_set_errno(error, errno, "frame.socket", "Cannot make a socket");
        return -1;
    }
    unlink(path);
    if (bind(fd, (struct sockaddr *)&address, sizeof address) < 0 ||
        fchmodat(AT_FDCWD, path, mode, AT_SYMLINK_NOFOLLOW) < 0 ||
        listen(fd, 128) < 0) {
        error_set_errno(error, errno, "frame.listen", "Cannot listen on %s", path);
        return -1;
    }
    return fd_steal(&fd);
}

int unix_connect(const char *path, GError **error)
{
    struct sockaddr_un address;
    if (!unix_address(path, &address, error))
        return -1;
    FD_AUTO int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address) < 0) {
        error_set(error, ERROR_UNAVAILABLE, "frame.connect", "Nothing answers at %s: %s.", path,
                  g_strerror(errno));
        return -1;
    }
    return fd_steal(&fd);
}

bool unix_peer_uid(int fd, uid_t *ret_uid, GError **error)
{
    struct ucred peer;
    socklen_t size = sizeof peer;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0)
        return error_set_errno(error, errno, "frame.peer", "Cannot learn who the peer is");
    *ret_uid = peer.uid;
    return true;
}
