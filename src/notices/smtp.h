/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Handing one message to a mail server, through libcurl. The password comes from a file, goes to libcurl
 * and nowhere else; what the server says is told, what was sent to it is not.
 */
#ifndef DARSE_NOTICES_SMTP_H
#define DARSE_NOTICES_SMTP_H

#include "base/config.h"

#include <glib.h>
#include <stdbool.h>

typedef struct SmtpServer {
    char *url;                    /* "smtp://host:25" or "smtps://host:465"; NULL: none configured */
    bool needs_tls;
    char *user;                   /* "" for none */
    char *password_file;
    char *ca_file;                /* "" for the system's */
    char *sender;
} SmtpServer;
/* Reads and checks the options [mail]; refuses a password that would travel in clear to another machine.
 * Without mail.server, URL stays NULL. */
bool smtp_server_read(const Config *config, SmtpServer *ret_server, GError **error);
void smtp_server_clear(SmtpServer *server);

typedef enum SmtpOutcome {
    SMTP_ACCEPTED,
    SMTP_TRY_AGAIN,               /* not taken: it may be offered again */
    SMTP_REFUSED,                 /* not taken, and never will be */
    SMTP_UNKNOWN,                 /* the server had all of it and did not answer: it may have been taken */
} SmtpOutcome;

/* A connection kept for several messages. STOPPING (atomic; may be NULL) breaks one off once it is 1. */
typedef struct SmtpLink SmtpLink;
SmtpLink *smtp_link_new(const SmtpServer *server, const int *stopping);
void smtp_link_free(SmtpLink *link);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SmtpLink, smtp_link_free)
/* TEXT: whole, with CRLF line ends. *RET_WHY (caller frees) is set unless it was accepted. */
SmtpOutcome smtp_send(SmtpLink *link, const char *to, const char *text, char **ret_why);

#endif
