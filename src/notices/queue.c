/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The queue of mails. A row is marked as being sent, durably, before the mail server hears of it: after
 * a crash nobody can tell whether it was taken, and it is better not sent than sent twice.
 */
#include "notices/internal.h"

#include "base/error.h"
#include "base/ids.h"
#include "base/log.h"
#include "base/times.h"

#include <string.h>

#define LINES_MAX 200             /* notices in one mail */
#define FAILURE_MAX 300
#define DROPPED_PER_TURN 100

static const char *const end_states[] = {
    [QUEUE_SENT] = "sent", [QUEUE_AGAIN] = "due", [QUEUE_FAILED] = "failed",
    [QUEUE_UNKNOWN] = "unknown",
};

/* What frames every mail, in both languages. */
typedef struct MailWords {
    const char *prefix, *hello, *project, *digest, *waiting, *why;
} MailWords;

static const MailWords words[NOTICE_LANGUAGES] = {
    [NOTICE_FR] = {"Darse : ", "Bonjour,", "Projet : ", "Darse : votre récapitulatif du jour",
                   "Ce qui vous attend encore :",
                   "Vous choisissez ce que Darse vous envoie sur cette page :"},
    [NOTICE_EN] = {"Darse: ", "Hello,", "Project: ", "Darse: your digest of the day",
                   "What still awaits you:", "You choose what Darse sends you on this page:"},
};

bool queue_add(StoreTx *tx, const char *person, const char *kind, const char *extra,
               int64_t now_ms, char **ret_id, GError **error)
{
    g_autofree char *id = id_new("mai");
    if (!store_exec(tx, error,
                    "INSERT INTO mail (id, person, kind, extra, state, tries, due_ms, failure, "
                    "created_ms) VALUES ($1, $2, $3, $4, 'due', 0, $5, '', $6)",
                    store_text(id), store_text(person), store_text(kind), store_text(extra),
                    store_integer(now_ms), store_integer(now_ms)))
        return false;
    *ret_id = g_steal_pointer(&id);
    return true;
}

void queued_mail_clear(QueuedMail *mail)
{
    g_free(mail->id);
    g_free(mail->address);
    message_clear(&mail->message);
    *mail = (QueuedMail){0};
}

/* ---- writing ---- */

static void write_notice(GString *body, const App *app, const Notice *notice,
                         NoticeLanguage language)
{
    const NoticeText *text = &notice->kind->texts[language];
    g_autofree char *address = notice_address(notice->kind, notice->object, notice->project);
    g_string_append_printf(body, "%s\n", text->sentence);
    if (notice->project_title != NULL && policy_tier(notice->tier)->mail_titles) {
        g_string_append_printf(body, "%s%s\n", words[language].project, notice->project_title);
    }
    g_string_append_printf(body, "%s%s\n\n", app->portal_url, address);
}

static char *write_body(const App *app, const GPtrArray *notices, const char *extra,
                        NoticeLanguage language)
{
    const MailWords *w = &words[language];
    GString *body = g_string_new(NULL);
    g_string_append_printf(body, "%s\n\n", w->hello);
    for (guint i = 0; i < notices->len; i++)
        write_notice(body, app, g_ptr_array_index(notices, i), language);
    if (*extra != '\0')
        g_string_append_printf(body, "%s\n%s\n", w->waiting, extra);
    g_string_append_printf(body, "-- \n%s\n%s/account/notifications\n", w->why, app->portal_url);
    return g_string_free(body, FALSE);
}

/* The host of "https://name:port". Caller frees. */
static char *portal_host(const App *app)
{
    const char *after = strstr(app->portal_url, "://");
    const char *host = after != NULL ? after + 3 : app->portal_url;
    return g_strndup(host, strcspn(host, ":/"));
}

typedef struct Taken {
    char *id, *person, *kind, *extra, *email, *language;
    int64_t tries;
    bool disabled;
} Taken;

static void taken_clear(Taken *taken)
{
    g_free(taken->id);
    g_free(taken->person);
    g_free(taken->kind);
    g_free(taken->extra);
    g_free(taken->email);
    g_free(taken->language);
    *taken = (Taken){0};
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Taken, taken_clear)

static bool write_message(const App *app, StoreTx *tx, const Taken *taken, QueuedMail *mail,
                          int64_t now_ms, GError **error)
{
    NoticeQuery query = {.person = taken->person, .mail = taken->id, .before = "",
                         .limit = LINES_MAX};
    NoticeLanguage language = notice_language(taken->language);
    g_autoptr(GPtrArray) notices = notice_list(tx, &query, error);
    if (notices == NULL)
        return false;
    bool digest = strcmp(taken->kind, "digest") == 0 || notices->len == 0;
    const Notice *first = notices->len > 0 ? g_ptr_array_index(notices, 0) : NULL;
    mail->id = g_strdup(taken->id);
    mail->address = g_strdup(taken->email);
    mail->tries = taken->tries;
    mail->message = (Message){
        .id = g_strdup(taken->id),
        .from = g_strdup(config_text(app->config, "mail.sender")),
        .to = g_strdup(taken->email),
        .host = portal_host(app),
        .subject = digest ? g_strdup(words[language].digest)
                          : g_strconcat(words[language].prefix,
                                        first->kind->texts[language].subject, NULL),
        .body = write_body(app, notices, taken->extra, language),
        .language = g_strdup(language == NOTICE_FR ? "fr" : "en"),
        .date_ms = now_ms,
    };
    return true;
}

/* ---- taking ---- */

/* Leaves *RET_TAKEN empty when nothing is due. */
static bool take_first(StoreTx *tx, int64_t now_ms, Taken *ret_taken, GError **error)
{
    GError *problem = NULL;
    g_autoptr(StoreRows) rows = store_query(
        tx, error,
        "SELECT m.id, m.person, m.kind, m.extra, p.email, p.language, m.tries + 1, "
        "COALESCE(p.disabled_ms, 0) FROM mail m JOIN person p ON p.id = m.person "
        "WHERE m.state = 'due' AND m.due_ms <= $1 ORDER BY m.due_ms, m.id LIMIT 1",
        store_integer(now_ms));
    if (rows == NULL)
        return false;
    if (store_next(rows, &problem)) {
        *ret_taken = (Taken){
            .id = g_strdup(store_row_text(rows, 0)), .person = g_strdup(store_row_text(rows, 1)),
            .kind = g_strdup(store_row_text(rows, 2)), .extra = g_strdup(store_row_text(rows, 3)),
            .email = g_strdup(store_row_text(rows, 4)),
            .language = g_strdup(store_row_text(rows, 5)),
            .tries = store_row_integer(rows, 6), .disabled = store_row_integer(rows, 7) != 0,
        };
        return true;
    }
    if (problem == NULL)
        return true;
    g_propagate_error(error, problem);
    return false;
}

static bool mark(StoreTx *tx, const char *id, const char *state, const char *failure, int64_t due_ms,
                 int64_t ended_ms, GError **error)
{
    g_autofree char *start = g_utf8_substring(failure, 0, MIN(g_utf8_strlen(failure, -1),
                                                              FAILURE_MAX));
    return store_exec(tx, error,
                      "UPDATE mail SET state = $1, failure = $2, due_ms = $3, ended_ms = $4 "
                      "WHERE id = $5",
                      store_text(state), store_text(start), store_integer(due_ms),
                      store_optional(ended_ms), store_text(id));
}

bool queue_take(const App *app, StoreTx *tx, int64_t now_ms, QueuedMail *ret_mail, GError **error)
{
    for (int i = 0; i < DROPPED_PER_TURN; i++) {
        g_auto(Taken) taken = {0};
        if (!take_first(tx, now_ms, &taken, error))
            return false;
        if (taken.id == NULL)
            return true;
        if (!taken.disabled)
            return store_exec(tx, error,
                              "UPDATE mail SET state = 'sending', tries = tries + 1 WHERE id = $1",
                              store_text(taken.id)) &&
                   write_message(app, tx, &taken, ret_mail, now_ms, error);
        if (!mark(tx, taken.id, "dropped", "The account is disabled.", now_ms, now_ms, error))
            return false;
    }
    return true;
}

bool queue_end(StoreTx *tx, const char *id, QueueEnd end, const char *failure, int64_t now_ms,
               int64_t again_ms, GError **error)
{
    bool again = end == QUEUE_AGAIN;
    g_autofree char *text = failure != NULL ? g_utf8_make_valid(failure, -1) : g_strdup("");
    return mark(tx, id, end_states[end], text, again ? again_ms : now_ms, again ? 0 : now_ms,
                error);
}

bool queue_forget_interrupted(StoreTx *tx, GError **error)
{
    return store_exec(tx, error,
                      "UPDATE mail SET state = 'unknown', ended_ms = $1, failure = $2 "
                      "WHERE state = 'sending'",
                      store_integer(time_now_ms()),
                      store_text("Darse ended while it was being sent."));
}

bool queue_next_due(StoreTx *tx, int64_t *ret_ms, GError **error)
{
    return store_query_integer(tx, ret_ms, INT64_MAX, error,
                               "SELECT due_ms FROM mail WHERE state = 'due' ORDER BY due_ms LIMIT 1");
}

/* ---- how it goes ---- */

bool notices_mail_state(App *app, StoreTx *tx, NoticesMailState *ret_state, GError **error)
{
    NoticesMailState state = {.configured = notices_mail_is_configured(app)};
    struct { const char *name; int64_t *count; } counts[] = {
        {"due", &state.due}, {"sent", &state.sent}, {"failed", &state.failed},
        {"unknown", &state.unknown},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(counts); i++) {
        if (!store_query_integer(tx, counts[i].count, 0, error,
                                 "SELECT count(*) FROM mail WHERE state = $1",
                                 store_text(counts[i].name)))
            return false;
    }
    if (!store_query_integer(tx, &state.oldest_due_ms, 0, error,
                             "SELECT created_ms FROM mail WHERE state = 'due' ORDER BY created_ms "
                             "LIMIT 1"))
        return false;
    g_autoptr(GError) problem = NULL;
    g_autoptr(StoreRows) rows = store_query(
        tx, error,
        "SELECT failure FROM mail WHERE failure <> '' ORDER BY created_ms DESC, id DESC LIMIT 1");
    if (rows == NULL)
        return false;
    if (store_next(rows, &problem))
        state.last_failure = g_strdup(store_row_text(rows, 0));
    if (problem != NULL) {
        g_propagate_error(error, g_steal_pointer(&problem));
        return false;
    }
    *ret_state = state;
    return true;
}

void notices_mail_state_clear(NoticesMailState *state)
{
    g_clear_pointer(&state->last_failure, g_free);
}
