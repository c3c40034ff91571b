/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the room share: rows of notices, the queue of mails, the sender's thread. */
#ifndef DARSE_NOTICES_INTERNAL_H
#define DARSE_NOTICES_INTERNAL_H

#include "notices/message.h"
#include "notices/notices.h"
#include "notices/smtp.h"

/* The room's state in a running server. */
typedef struct Notices {
    App *app;
    NoticesWaiting waiting;
    SmtpServer smtp;
    EventsTap *tap;
    int stopping;                 /* atomic */
    GThread *sender;              /* NULL: no mail server in the configuration */
} Notices;
Notices *notices_of(const App *app);

/* ---- rows ---- */

typedef struct Notice {
    char *id;
    const NoticeKindRow *kind;
    char *object, *project, *project_title; /* the last two NULL when it is about none */
    PolicyTier tier;
    char *reason, *detail;
    int64_t created_ms, read_ms;
} Notice;
void notice_free(Notice *notice);

typedef struct NoticeQuery {
    const char *person;
    bool unread;
    const char *before;           /* id, or "" */
    int64_t limit;
    const char *mail;             /* instead of the person's: those of one mail; or NULL */
} NoticeQuery;
/* Newest first. Array of Notice; those of kinds that this program does not know are left out. */
GPtrArray *notice_list(StoreTx *tx, const NoticeQuery *query, GError **error);
bool notice_count_unread(StoreTx *tx, const char *person, int64_t *ret_count, GError **error);
/* ID NULL: all. ERROR_NOT_FOUND "notices.no_notice". */
bool notice_mark_read(StoreTx *tx, const char *person, const char *id, int64_t now_ms,
                      GError **error);
/* The page of a notice, "/exports/exp-...". Caller frees. */
char *notice_address(const NoticeKindRow *kind, const char *object, const char *project);

bool choice_load(StoreTx *tx, const char *person, const NoticeKindRow *kind,
                 NoticeChannel *ret_channel, GError **error);
/* ERROR_INVALID "notices.kept" for a kind that guards the account. */
bool choice_save(StoreTx *tx, const char *person, const NoticeKindRow *kind, NoticeChannel channel,
                 GError **error);

/* ---- the queue of mails ---- */

/* A mail to PERSON, due now. EXTRA: a further paragraph, or "". Caller frees *RET_ID. */
bool queue_add(StoreTx *tx, const char *person, const char *kind, const char *extra,
               int64_t now_ms, char **ret_id, GError **error);

typedef struct QueuedMail {
    char *id;                     /* NULL: nothing was due */
    char *address;
    int64_t tries;                /* this one among them */
    Message message;
} QueuedMail;
void queued_mail_clear(QueuedMail *mail);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(QueuedMail, queued_mail_clear)
/* Takes the mail that is due for longest, marks it as being sent, and writes it. What cannot be sent
 * (the account is disabled) is marked dropped, and the next one taken. */
bool queue_take(const App *app, StoreTx *tx, int64_t now_ms, QueuedMail *ret_mail, GError **error);

typedef enum QueueEnd { QUEUE_SENT, QUEUE_AGAIN, QUEUE_FAILED, QUEUE_UNKNOWN } QueueEnd;
/* FAILURE may be NULL. AGAIN_MS: when it is tried again. */
bool queue_end(StoreTx *tx, const char *id, QueueEnd end, const char *failure, int64_t now_ms,
               int64_t again_ms, GError **error);
/* At start: what was being sent when the program ended may have been sent, and is not sent twice. */
bool queue_forget_interrupted(StoreTx *tx, GError **error);
/* When the next mail is due; INT64_MAX: none. */
bool queue_next_due(StoreTx *tx, int64_t *ret_ms, GError **error);

/* ---- duties ---- */

bool digest_duty(App *app, GError **error);
bool notices_purge(App *app, GError **error);

extern const HttpRoute notices_routes[];

/* ---- the sender ---- */

bool sender_start(Notices *notices, GError **error);
void sender_stop(Notices *notices);

#endif
