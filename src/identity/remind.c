/* SPDX-License-Identifier: Apache-2.0 */
/* API tokens that end soon are told once, so that no program stops in the night unannounced. */
#include "identity/remind.h"

#include "base/times.h"
#include "notices/notices.h"

#define SOON_MS (7 * TIME_DAY_MS)
#define TOKENS_MAX 500             /* told in one round; the others in the next */

typedef struct Ending {
    char *token, *person;
} Ending;

static void ending_free(void *data)
{
    Ending *ending = data;
    g_free(ending->token);
    g_free(ending->person);
    g_free(ending);
}

typedef struct Round {
    App *app;
    int64_t now_ms;
    GPtrArray *endings;
} Round;

static bool read_endings(StoreTx *tx, Round *round, GError **error)
{
    g_autoptr(GError) problem = NULL;
    g_autoptr(StoreRows) rows = store_query(
        tx, error,
        "SELECT t.id, t.person FROM api_token t WHERE t.revoked_ms IS NULL AND t.expires_ms > $1 AND "
        "t.expires_ms < $2 AND t.created_ms < $3 AND NOT EXISTS (SELECT 1 FROM notice n WHERE "
        "n.person = t.person AND n.object = t.id AND n.kind = $4) ORDER BY t.id LIMIT $5",
        store_integer(round->now_ms), store_integer(round->now_ms + SOON_MS),
        /* Whoever makes one for a week knows. */
        store_integer(round->now_ms - TIME_DAY_MS),
        store_text(notice_kind(NOTICE_TOKEN_ENDS)->name), store_integer(TOKENS_MAX));
    if (rows == NULL)
        return false;
    while (store_next(rows, &problem)) {
        Ending *ending = g_new0(Ending, 1);
        ending->token = g_strdup(store_row_text(rows, 0));
        ending->person = g_strdup(store_row_text(rows, 1));
        g_ptr_array_add(round->endings, ending);
    }
    if (problem == NULL)
        return true;
    g_propagate_error(error, g_steal_pointer(&problem));
    return false;
}

static bool tell_in_write(StoreTx *tx, void *data, GError **error)
{
    Round *round = data;
    if (!read_endings(tx, round, error))
        return false;
    for (guint i = 0; i < round->endings->len; i++) {
        const Ending *ending = g_ptr_array_index(round->endings, i);
        NoticeNew notice = {.kind = NOTICE_TOKEN_ENDS, .object = ending->token};
        if (!notice_write(round->app, tx, ending->person, &notice, round->now_ms, error))
            return false;
    }
    return true;
}

bool identity_remind(App *app, GError **error)
{
    Round round = {.app = app, .now_ms = time_now_ms(),
                   .endings = g_ptr_array_new_with_free_func(ending_free)};
    bool ok = store_write(app->store, tell_in_write, &round, error);
    for (guint i = 0; ok && i < round.endings->len; i++) {
        const Ending *ending = g_ptr_array_index(round.endings, i);
        g_autofree char *topic = g_strconcat("person:", ending->person, NULL);
        events_publish(app->events, topic, NULL);
    }
    if (ok && round.endings->len > 0)
        events_publish(app->events, NOTICES_TOPIC_MAIL, NULL);
    g_ptr_array_unref(round.endings);
    return ok;
}
