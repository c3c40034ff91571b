/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The raw request target and its decoding: pure functions over text, so that tests and fuzzing need
 * no server. Nothing is decoded twice, and what cannot be decoded to plain UTF-8 is refused: an
 * encoded slash or NUL is how a path says one thing to a router and another to a file system.
 */
#ifndef DARSE_HTTP_TARGET_H
#define DARSE_HTTP_TARGET_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

#define TARGET_MAX 8192
#define TARGET_QUERY_MAX 4096
#define TARGET_SEGMENTS_MAX 32
#define TARGET_PARAMETERS_MAX 64

/* Origin form only ("/path?query"), visible ASCII. RET_QUERY is "" when there is none. */
bool target_split(const char *target, char **ret_path, char **ret_query, GError **error);

/* Percent-decodes SIZE bytes of TEXT: valid UTF-8 without control characters or slashes. */
bool target_decode_segment(const char *text, size_t size, char **ret_text, GError **error);

/* The decoded segments of PATH ("/a/b" gives a, b; "/" gives none; "/a/" gives a and ""). */
bool target_decode_path(const char *path, GStrv *ret_segments, GError **error);

/* Parameters of QUERY by name; a name given twice is refused. "+" is a space. */
bool target_decode_query(const char *query, GHashTable **ret_parameters, GError **error);

#endif
