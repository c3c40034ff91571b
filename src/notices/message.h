/* SPDX-License-Identifier: Apache-2.0 */
/* One mail as text (RFC 5322): plain text, UTF-8, base64. Pure; knows no database and no server. */
#ifndef DARSE_NOTICES_MESSAGE_H
#define DARSE_NOTICES_MESSAGE_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct Message {
    char *id;                     /* of the row: "mai-..." */
    char *from, *to;              /* addresses */
    char *host;                   /* for the Message-ID */
    char *subject;
    char *body;                   /* paragraphs; lines end with "\n" */
    char *language;
    int64_t date_ms;
} Message;
void message_clear(Message *message);

/* A mailbox that may stand in a header and in a command of SMTP: one @, no space, no control character,
 * none of <>,;:"\()[], at most 254 bytes. ERROR_INVALID "notices.address". */
bool message_check_address(const char *address, GError **error);
/* The whole message with CRLF line ends. Refuses what message_check_address() refuses; other texts
 * cannot break out of their header, whatever is in them. Caller frees. */
char *message_format(const Message *message, GError **error);

#endif
