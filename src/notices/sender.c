/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one thread that hands mail over. It wakes when an action told somebody something, when a mail is due
 * again, and now and then; a mail server that is slow or away holds up nothing but the queue.
 */
#include "notices/internal.h"

#include "base/log.h"
#include "base/times.h"

#include <string.h>

#define TRIES_MAX 10
#define WAIT_MAX_MS (30 * 1000)
#define WAIT_MIN_MS 1000           /* between turns, when the server did not take one */

typedef struct Turn {
    const App *app;
    QueuedMail *mail;
    QueueEnd end;
    const char *failure;
    int64_t again_ms;
    int64_t next_due_ms;
} Turn;

static bool take_in_write(StoreTx *tx, void *data, GError **error)
{
    Turn *turn = data;
    return queue_take(turn->app, tx, time_now_ms(), turn->mail, error);
}

static bool end_in_write(StoreTx *tx, void *data, GError **error)
{
    const Turn *turn = data;
    return queue_end(tx, turn->mail->id, turn->end, turn->failure, time_now_ms(), turn->again_ms,
                     error);
}

static bool forget_in_write(StoreTx *tx, void *data, GError **error)
{
    (void)data;
    return queue_forget_interrupted(tx, error);
}

static bool next_in_read(StoreTx *tx, void *data, GError **error)
{
    Turn *turn = data;
    return queue_next_due(tx, &turn->next_due_ms, error);
}

static int64_t again_at(const App *app, int64_t tries)
{
    int64_t wait_ms = config_integer(app->config, "mail.retry_seconds") * 1000;
    return time_now_ms() + (wait_ms << MIN(tries - 1, TRIES_MAX));
}

static QueueEnd judge_end(SmtpOutcome outcome, int64_t tries)
{
    switch (outcome) {
    case SMTP_ACCEPTED:
        return QUEUE_SENT;
    case SMTP_UNKNOWN:
        return QUEUE_UNKNOWN;
    case SMTP_REFUSED:
        return QUEUE_FAILED;
    case SMTP_TRY_AGAIN:
        break;
    }
    return tries < TRIES_MAX ? QUEUE_AGAIN : QUEUE_FAILED;
}

static void send_one(SmtpLink *link, Turn *turn, char **ret_why)
{
    QueuedMail *mail = turn->mail;
    g_autoptr(GError) problem = NULL;
    g_autofree char *text = message_format(&mail->message, &problem);
    if (text == NULL) {
        *ret_why = g_strdup(problem->message);
        turn->end = QUEUE_FAILED;
    } else {
        turn->end = judge_end(smtp_send(link, mail->address, text, ret_why), mail->tries);
    }
    turn->failure = *ret_why;
    turn->again_ms = again_at(turn->app, mail->tries);
    if (turn->end != QUEUE_SENT)
        log_warning("notices.mail", "mail", mail->id, "why", *ret_why);
}

/* False when the store failed or nothing was due. */
static bool sender_turn(Notices *notices, SmtpLink *link)
{
    g_auto(QueuedMail) mail = {0};
    g_autofree char *why = NULL;
    g_autoptr(GError) problem = NULL;
    Turn turn = {.app = notices->app, .mail = &mail};
    if (store_write(notices->app->store, take_in_write, &turn, &problem) && mail.id != NULL) {
        send_one(link, &turn, &why);
        if (store_write(notices->app->store, end_in_write, &turn, &problem))
            return turn.end != QUEUE_AGAIN; /* a server that is away is not asked once per mail */
    }
    if (problem != NULL)
        log_error("notices.mail_failed", "why", problem->message);
    return false;
}

/* Until the next mail is due: 0 when one is. Asked first, so that a thread that wakes for nothing writes
 * nothing. */
static int due_in_ms(Notices *notices)
{
    Turn turn = {.next_due_ms = INT64_MAX};
    if (!store_read(notices->app->store, next_in_read, &turn, NULL))
        return WAIT_MAX_MS;
    int64_t now_ms = time_now_ms();
    return turn.next_due_ms <= now_ms ? 0 : (int)MIN(turn.next_due_ms - now_ms, WAIT_MAX_MS);
}

static void send_what_is_due(Notices *notices)
{
    if (due_in_ms(notices) > 0)
        return;
    g_autoptr(SmtpLink) link = smtp_link_new(&notices->smtp, &notices->stopping);
    while (sender_turn(notices, link) && due_in_ms(notices) == 0 &&
           !g_atomic_int_get(&notices->stopping))
        continue;
}

static void *sender_thread(void *data)
{
    Notices *notices = data;
    bool closed = false;
    while (!closed && !g_atomic_int_get(&notices->stopping)) {
        send_what_is_due(notices);
        int wait_ms = MAX(due_in_ms(notices), WAIT_MIN_MS);
        json_t *event = events_wait(notices->tap, wait_ms, &closed);
        json_decref(event);
    }
    return NULL;
}

bool sender_start(Notices *notices, GError **error)
{
    static const char *const topics[] = {NOTICES_TOPIC_MAIL, NULL};
    if (notices->smtp.url == NULL)
        return true;
    if (!store_write(notices->app->store, forget_in_write, NULL, error))
        return false;
    notices->tap = events_tap(notices->app->events, topics, NULL);
    notices->sender = g_thread_new("mail", sender_thread, notices);
    return true;
}

/* The bus is closed by then, which ends the thread; a message under way is broken off. */
void sender_stop(Notices *notices)
{
    if (notices->sender == NULL)
        return;
    g_atomic_int_set(&notices->stopping, 1);
    g_thread_join(notices->sender);
    events_untap(notices->tap);
}
