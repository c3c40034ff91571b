/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The day's digests: one mail per person and day, with what was told since the last one and not read yet,
 * and what still awaits the person. On Mondays also for those who decide about others' work and have had
 * nothing new, so that nothing waits unseen.
 */
#include "notices/internal.h"

#include "base/times.h"

#include <string.h>

#define READ_KEPT_MS (180 * TIME_DAY_MS)
#define MAIL_KEPT_MS (90 * TIME_DAY_MS)

typedef struct DigestRound {
    Notices *notices;
    char *day;
    bool monday;
    int64_t now_ms;
    GPtrArray *persons;            /* ids still to be looked at today */
    guint mails;
} DigestRound;

static bool read_persons(StoreTx *tx, void *data, GError **error)
{
    DigestRound *round = data;
    g_autoptr(GError) problem = NULL;
    g_autoptr(StoreRows) rows = store_query(
        tx, error,
        "SELECT p.id FROM person p WHERE p.disabled_ms IS NULL AND (EXISTS (SELECT 1 FROM notice n "
        "WHERE n.person = p.id AND n.digest = 1 AND n.read_ms IS NULL) OR ($1 = 1 AND "
        "(p.roles LIKE '%checker%' OR p.roles LIKE '%producer%' OR p.roles LIKE '%committee%'))) "
        "AND NOT EXISTS (SELECT 1 FROM notice_digest d WHERE d.person = p.id AND d.day = $2)",
        store_integer(round->monday ? 1 : 0), store_text(round->day));
    if (rows == NULL)
        return false;
    while (store_next(rows, &problem))
        g_ptr_array_add(round->persons, g_strdup(store_row_text(rows, 0)));
    if (problem == NULL)
        return true;
    g_propagate_error(error, g_steal_pointer(&problem));
    return false;
}

static bool read_waiting(const DigestRound *round, StoreTx *tx, const char *person,
                         char **ret_text, GError **error)
{
    g_autoptr(StoreRows) rows = NULL;
    g_autoptr(GError) problem = NULL;
    NoticeLanguage language = NOTICE_EN;
    if (round->notices->waiting == NULL)
        return true;
    rows = store_query(tx, error, "SELECT language FROM person WHERE id = $1", store_text(person));
    if (rows == NULL)
        return false;
    if (store_next(rows, &problem))
        language = notice_language(store_row_text(rows, 0));
    g_clear_pointer(&rows, store_rows_free);
    if (problem != NULL) {
        g_propagate_error(error, g_steal_pointer(&problem));
        return false;
    }
    return round->notices->waiting(tx, person, language, round->now_ms, ret_text, error);
}

typedef struct DigestOne {
    DigestRound *round;
    const char *person;
    bool made;
} DigestOne;

static bool one_in_write(StoreTx *tx, void *data, GError **error)
{
    DigestOne *one = data;
    const DigestRound *round = one->round;
    g_autofree char *waiting = NULL;
    g_autofree char *mail = NULL;
    int64_t news = 0;
    NoticeChannel reminder = NOTICE_BY_NONE;
    if (!store_query_integer(tx, &news, 0, error,
                             "SELECT count(*) FROM notice WHERE person = $1 AND digest = 1 AND "
                             "read_ms IS NULL", store_text(one->person)) ||
        !choice_load(tx, one->person, notice_kind(NOTICE_WAITING), &reminder, error) ||
        !read_waiting(round, tx, one->person, &waiting, error))
        return false;
    bool remind = round->monday && waiting != NULL && reminder != NOTICE_BY_NONE &&
                  reminder != NOTICE_BY_PAGE;
    if ((news > 0 || remind) &&
        !queue_add(tx, one->person, "digest", waiting != NULL ? waiting : "", round->now_ms, &mail,
                   error))
        return false;
    one->made = mail != NULL;
    return (mail == NULL ||
            store_exec(tx, error,
                       "UPDATE notice SET mail = $1, digest = 0 WHERE person = $2 AND digest = 1 "
                       "AND read_ms IS NULL", store_text(mail), store_text(one->person))) &&
           store_exec(tx, error, "INSERT INTO notice_digest (person, day, mail) VALUES ($1, $2, $3)",
                      store_text(one->person), store_text(round->day), store_text(mail));
}

static bool run_round(DigestRound *round, GError **error)
{
    Store *store = round->notices->app->store;
    if (!store_read(store, read_persons, round, error))
        return false;
    for (guint i = 0; i < round->persons->len; i++) {
        DigestOne one = {round, g_ptr_array_index(round->persons, i), false};
        if (!store_write(store, one_in_write, &one, error))
            return false;
        round->mails += one.made ? 1 : 0;
    }
    return true;
}

bool digest_duty(App *app, GError **error)
{
    g_autoptr(GDateTime) now = g_date_time_new_now_local();
    if (!notices_mail_is_configured(app) ||
        g_date_time_get_hour(now) < config_integer(app->config, "mail.digest_hour"))
        return true;
    DigestRound round = {
        .notices = notices_of(app),
        .day = g_date_time_format(now, "%Y-%m-%d"),
        .monday = g_date_time_get_day_of_week(now) == 1,
        .now_ms = time_now_ms(),
        .persons = g_ptr_array_new_with_free_func(g_free),
    };
    bool ok = run_round(&round, error);
    if (round.mails > 0)
        events_publish(app->events, NOTICES_TOPIC_MAIL, NULL);
    g_ptr_array_unref(round.persons);
    g_free(round.day);
    return ok;
}

/* ---- retention ---- */

static bool purge_in_write(StoreTx *tx, void *data, GError **error)
{
    int64_t now_ms = time_now_ms();
    g_autofree char *day = time_format(now_ms - MAIL_KEPT_MS);
    (void)data;
    return store_exec(tx, error, "DELETE FROM notice_digest WHERE mail IS NULL AND day < $1",
                      store_text(day)) &&
           store_exec(tx, error, "DELETE FROM notice WHERE read_ms IS NOT NULL AND read_ms < $1",
                      store_integer(now_ms - READ_KEPT_MS)) &&
           store_exec(tx, error, "DELETE FROM notice WHERE created_ms < $1",
                      store_integer(now_ms - 2 * READ_KEPT_MS)) &&
           store_exec(tx, error,
                      "UPDATE notice SET mail = NULL WHERE mail IN (SELECT id FROM mail WHERE "
                      "ended_ms IS NOT NULL AND ended_ms < $1)", store_integer(now_ms - MAIL_KEPT_MS)) &&
           store_exec(tx, error,
                      "DELETE FROM notice_digest WHERE mail IN (SELECT id FROM mail WHERE "
                      "ended_ms IS NOT NULL AND ended_ms < $1)", store_integer(now_ms - MAIL_KEPT_MS)) &&
           store_exec(tx, error, "DELETE FROM mail WHERE ended_ms IS NOT NULL AND ended_ms < $1",
                      store_integer(now_ms - MAIL_KEPT_MS));
}

bool notices_purge(App *app, GError **error)
{
    return store_write(app->store, purge_in_write, NULL, error);
}
