/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What people are told: a row per person, written in the savepoint of the action that causes it, so
 * that nobody is told of what did not happen and nothing that happened is kept from whom it concerns.
 * One table holds the kinds, with their texts in both languages. Each person chooses per kind: on the
 * page, by mail at once, in the daily digest, or not at all.
 *
 * Mail leaves later, from one thread, at most once per row; it carries no text that people wrote but
 * the titles that the project's tier lets out (PolicyTierRow.mail_titles), and never any data.
 *
 * The room lies below those that act, and knows none of them.
 */
#ifndef DARSE_NOTICES_NOTICES_H
#define DARSE_NOTICES_NOTICES_H

#include "app/app.h"

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

extern const Room notices_room;

typedef enum NoticeKind {
    /* somebody awaits me */
    NOTICE_AGREE, NOTICE_OPINE, NOTICE_NEED_TO_KNOW, NOTICE_UNDERTAKE, NOTICE_REVIEW,
    NOTICE_WAITING,
    /* decided about what is mine */
    NOTICE_APPLICATION_ANSWERED, NOTICE_APPLICATION_DECIDED,
    NOTICE_EXPORT_APPROVED, NOTICE_EXPORT_RETURNED, NOTICE_EXPORT_REJECTED,
    /* my rights */
    NOTICE_MEMBER_ADDED, NOTICE_MEMBER_CHANGED, NOTICE_MEMBER_REMOVED, NOTICE_PROJECT_STATE,
    NOTICE_RIGHT_REVOKED, NOTICE_RIGHT_ENDS, NOTICE_PROJECT_ENDS,
    /* my services */
    NOTICE_SERVICE_STOPPED, NOTICE_SERVICE_FAILED, NOTICE_SERVICE_ENDS,
    /* my account */
    NOTICE_ACCOUNT_PASSWORD, NOTICE_ACCOUNT_FACTOR, NOTICE_ACCOUNT_ROLES, NOTICE_TOKEN_ENDS,
    /* the platform */
    NOTICE_MAIL_TEST,
    NOTICE_KIND_COUNT
} NoticeKind;

/* The page is part of every channel but the last: mail says where to look. */
typedef enum NoticeChannel {
    NOTICE_BY_PAGE, NOTICE_BY_MAIL, NOTICE_BY_DIGEST, NOTICE_BY_NONE, NOTICE_CHANNELS
} NoticeChannel;

typedef enum NoticeLanguage { NOTICE_FR, NOTICE_EN, NOTICE_LANGUAGES } NoticeLanguage;

typedef struct NoticeText {
    const char *subject;             /* a few words, no full stop */
    const char *sentence;
} NoticeText;

typedef struct NoticeKindRow {
    NoticeKind kind;
    const char *name;                /* in the API and in rows: "review" */
    const char *group;               /* "act", "decided", "rights", "services", "account", "platform" */
    const char *address;             /* page, with {object} and {project} */
    NoticeChannel fallback;          /* until the person chooses */
    bool kept;                       /* may not be switched off: it guards the account */
    NoticeText texts[NOTICE_LANGUAGES];
} NoticeKindRow;

const NoticeKindRow *notice_kind(NoticeKind kind);
/* NULL when there is none of that name. */
const NoticeKindRow *notice_kind_find(const char *name);
const char *notice_channel_name(NoticeChannel channel);
bool notice_channel_parse(const char *name, NoticeChannel *ret_channel);
NoticeLanguage notice_language(const char *code);  /* "fr", "en"; anything else is English */

typedef struct NoticeNew {
    NoticeKind kind;
    const char *object;              /* id that the address is about, or "" */
    const char *project;             /* id, or NULL */
    const char *reason;              /* slug that the pages have a sentence for, or NULL */
    const char *detail;              /* what somebody wrote about it, for the page alone; or NULL */
} NoticeNew;

/* Inside an action: tells PERSON (id), unless it is the actor's own doing (but for the kinds that guard
 * the account) or the person chose not to be told of this kind. The pages of the person are woken after the commit. */
bool notice_add(Act *act, const char *person, const NoticeNew *notice, GError **error);
/* To each of PERSONS (ids as char*), once. */
bool notice_add_each(Act *act, const GPtrArray *persons, const NoticeNew *notice, GError **error);
/* The same for duties: inside a write of theirs. The caller publishes "person:<id>" and NOTICES_TOPIC_MAIL
 * afterwards. */
bool notice_write(App *app, StoreTx *tx, const char *person, const NoticeNew *notice,
                  int64_t now_ms, GError **error);
/* Was PERSON told of this kind about OBJECT since SINCE_MS? For reminders, which come round again. */
bool notice_was_told(StoreTx *tx, const char *person, NoticeKind kind, const char *object,
                     int64_t since_ms, bool *ret_told, GError **error);

/* Wakes the sender. */
#define NOTICES_TOPIC_MAIL "mail"

/* Is there a mail server in the configuration? */
bool notices_mail_is_configured(const App *app);

/* What awaits PERSON, as a paragraph in LANGUAGE for their digest, NULL when nothing does; given by the
 * room that knows. *RET_TEXT is the caller's. Set before the clock starts. */
typedef bool (*NoticesWaiting)(StoreTx *tx, const char *person, NoticeLanguage language,
                               int64_t now_ms, char **ret_text, GError **error);
void notices_set_waiting(App *app, NoticesWaiting waiting);

/* How the mail is doing, for the officers' overview. */
typedef struct NoticesMailState {
    bool configured;
    int64_t due, sent, failed, unknown;
    int64_t oldest_due_ms;           /* 0: none */
    char *last_failure;              /* of the newest row that has one; NULL: none */
} NoticesMailState;
bool notices_mail_state(App *app, StoreTx *tx, NoticesMailState *ret_state, GError **error);
void notices_mail_state_clear(NoticesMailState *state);

#endif
