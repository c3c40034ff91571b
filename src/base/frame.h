/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages between our own processes: a 4-byte big-endian length and one JSON object, over a unix
 * stream socket. The length is checked before anything is allocated. Blocking, with a timeout.
 */
#ifndef DARSE_BASE_FRAME_H
#define DARSE_BASE_FRAME_H

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define FRAME_SIZE_MAX (1024 * 1024)

bool frame_send(int fd, const json_t *message, GError **error);
/* TIMEOUT_MS < 0: for ever. On a clean end of stream: true with *RET_MESSAGE NULL. */
bool frame_receive(int fd, int timeout_ms, json_t **ret_message, GError **error);
/* A descriptor, after the message that announces it. Received ones are close-on-exec; -1 on
 * failure. */
bool frame_send_fd(int fd, int passed_fd, GError **error);
int frame_receive_fd(int fd, int timeout_ms, GError **error);

/* Listens on PATH (an old socket there is removed), with MODE. Returns the descriptor or -1. */
int unix_listen(const char *path, mode_t mode, GError **error);
int unix_connect(const char *path, GError **error);
/* User id of the process at the other end. */
bool unix_peer_uid(int fd, uid_t *ret_uid, GError **error);

#endif
