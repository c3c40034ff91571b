/* SPDX-License-Identifier: Apache-2.0 */
/*
 * HTTP/1.1 answers of services: strict parsing of their heads and chunked bodies. Services are
 * hostile input (their owner may run anything behind the door); what two parsers could read in two
 * ways is refused. Pure functions over bytes.
 */
#ifndef DARSE_GATEWAY_HEAD_H
#define DARSE_GATEWAY_HEAD_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HEAD_SIZE_MAX (64 * 1024)
#define HEAD_FIELDS_MAX 100

typedef enum HeadBody {
    HEAD_BODY_NONE,
    HEAD_BODY_LENGTH,
    HEAD_BODY_CHUNKED,
    HEAD_BODY_CLOSE,     /* until the connection ends */
} HeadBody;

typedef struct HeadField {
    const char *name, *value;  /* inside Head.text */
} HeadField;

typedef struct Head {
    char *text;
    int status;
    int minor_version;         /* HTTP/1.minor */
    HeadField fields[HEAD_FIELDS_MAX];
    int field_count;
    HeadBody body;
    int64_t length;            /* of HEAD_BODY_LENGTH; also what a HEAD answer announces, else -1 */
    bool keep_alive;
} Head;

void head_clear(Head *head);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Head, head_clear)

/* Length of the head that BYTES begin with, its empty line included; 0: more bytes are needed. */
size_t head_find_end(const char *bytes, size_t size);
/* Parses a whole head. ANSWERS_HEAD: to a HEAD request. RET_HEAD untouched on failure. */
bool head_parse(const char *bytes, size_t size, bool answers_head, Head *ret_head, GError **error);
/* First value of NAME, or NULL. */
const char *head_field(const Head *head, const char *name);
/* Does LIST, separated by commas, hold TOKEN? */
bool head_has_token(const char *list, const char *token);

/* ---- chunked bodies ---- */

typedef struct Chunks {
    int state;
    int64_t left;        /* of the chunk being read */
    int digits;
    size_t line;         /* bytes of the line being skipped */
    bool done;
} Chunks;

/* Decodes from BYTES into OUT, as far as either goes. RET_USED: bytes of input consumed. Returns
 * bytes written, or -1 on a malformed body. After the last chunk `done` is true and nothing more is
 * consumed. */
ssize_t chunks_decode(Chunks *chunks, const char *bytes, size_t size, size_t *ret_used, char *out,
                      size_t out_size);

#endif
