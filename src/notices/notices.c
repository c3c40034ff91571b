/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of notices and of what people chose; the room's life. */
#include "notices/internal.h"

#include "base/error.h"
#include "base/ids.h"
#include "base/times.h"

#include <string.h>

Notices *notices_of(const App *app)
{
    return app->room_data[ROOM_NOTICES];
}

bool notices_mail_is_configured(const App *app)
{
    return app->config != NULL && *config_text(app->config, "mail.server") != '\0';
}

void notices_set_waiting(App *app, NoticesWaiting waiting)
{
    notices_of(app)->waiting = waiting;
}

static bool rows_end(GError **problem, GError **error)
{
    if (*problem == NULL)
        return true;
    g_propagate_error(error, g_steal_pointer(problem));
    return false;
}

/* ---- choices ---- */

bool choice_load(StoreTx *tx, const char *person, const NoticeKindRow *kind,
                 NoticeChannel *ret_channel, GError **error)
{
    g_autoptr(GError) problem = NULL;
    g_autoptr(StoreRows) rows =
        store_query(tx, error, "SELECT channel FROM notice_choice WHERE person = $1 AND kind = $2",
                    store_text(person), store_text(kind->name));
    NoticeChannel channel = kind->fallback;
    if (rows == NULL)
        return false;
    if (store_next(rows, &problem))
        (void)notice_channel_parse(store_row_text(rows, 0), &channel);
    if (!rows_end(&problem, error))
        return false;
    *ret_channel = kind->kept && channel == NOTICE_BY_NONE ? kind->fallback : channel;
    return true;
}

bool choice_save(StoreTx *tx, const char *person, const NoticeKindRow *kind, NoticeChannel channel,
                 GError **error)
{
    if (kind->kept && channel == NOTICE_BY_NONE)
        return error_set(error, ERROR_INVALID, "notices.kept",
                         "Notices of the kind \"%s\" guard the account and cannot be switched off.",
                         kind->name);
    return store_exec(tx, error,
                      "INSERT INTO notice_choice (person, kind, channel) VALUES ($1, $2, $3) "
                      "ON CONFLICT (person, kind) DO UPDATE SET channel = $3",
                      store_text(person), store_text(kind->name),
                      store_text(notice_channel_name(channel)));
}

/* ---- telling ---- */

bool notice_write(App *app, StoreTx *tx, const char *person, const NoticeNew *notice,
                  int64_t now_ms, GError **error)
{
    const NoticeKindRow *kind = notice_kind(notice->kind);
    NoticeChannel channel = kind->fallback;
    g_autofree char *id = id_new("not");
    g_autofree char *mail = NULL;
    if (!choice_load(tx, person, kind, &channel, error))
        return false;
    if (channel == NOTICE_BY_NONE)
        return true;
    if (channel == NOTICE_BY_MAIL && notices_mail_is_configured(app) &&
        !queue_add(tx, person, "notice", "", now_ms, &mail, error))
        return false;
    bool digest = channel == NOTICE_BY_DIGEST && notices_mail_is_configured(app);
    return store_exec(tx, error,
                      "INSERT INTO notice (id, person, kind, object, project, reason, detail, "
                      "created_ms, digest, mail) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
                      store_text(id), store_text(person), store_text(kind->name),
                      store_text(notice->object != NULL ? notice->object : ""),
                      store_text(notice->project),
                      store_text(notice->reason != NULL ? notice->reason : ""),
                      store_text(notice->detail != NULL ? notice->detail : ""),
                      store_integer(now_ms), store_integer(digest ? 1 : 0), store_text(mail));
}

bool notice_add(Act *act, const char *person, const NoticeNew *notice, GError **error)
{
    bool own = act->actor != NULL && g_strcmp0(act->actor->id, person) == 0;
    if (own && !notice_kind(notice->kind)->kept)
        return true;
    g_autofree char *topic = g_strconcat("person:", person, NULL);
    act_notify(act, topic);
    act_notify(act, NOTICES_TOPIC_MAIL);
    return notice_write(act->app, act->tx, person, notice, time_now_ms(), error);
}

bool notice_add_each(Act *act, const GPtrArray *persons, const NoticeNew *notice, GError **error)
{
    for (guint i = 0; i < persons->len; i++) {
        if (!notice_add(act, g_ptr_array_index(persons, i), notice, error))
            return false;
    }
    return true;
}

bool notice_was_told(StoreTx *tx, const char *person, NoticeKind kind, const char *object,
                     int64_t since_ms, bool *ret_told, GError **error)
{
    int64_t count = 0;
    if (!store_query_integer(tx, &count, 0, error,
                             "SELECT count(*) FROM notice WHERE person = $1 AND kind = $2 AND "
                             "object = $3 AND created_ms >= $4",
                             store_text(person), store_text(notice_kind(kind)->name),
                             store_text(object), store_integer(since_ms)))
        return false;
    *ret_told = count > 0;
    return true;
}

/* ---- reading ---- */

void notice_free(Notice *notice)
{
    if (notice == NULL)
        return;
    g_free(notice->id);
    g_free(notice->object);
    g_free(notice->project);
    g_free(notice->project_title);
    g_free(notice->reason);
    g_free(notice->detail);
    g_free(notice);
}

static Notice *notice_from_row(StoreRows *rows, const NoticeKindRow *kind)
{
    Notice *notice = g_new0(Notice, 1);
    unsigned tier = TIER_SECURE; /* unknown words let nothing out */
    notice->id = g_strdup(store_row_text(rows, 0));
    notice->kind = kind;
    notice->object = g_strdup(store_row_text(rows, 2));
    notice->project = g_strdup(store_row_text(rows, 3));
    notice->project_title = g_strdup(store_row_text(rows, 4));
    if (notice->project != NULL)
        (void)policy_value(SET_TIER, store_row_text(rows, 5), &tier);
    notice->tier = (PolicyTier)tier;
    notice->reason = g_strdup(store_row_text(rows, 6));
    notice->detail = g_strdup(store_row_text(rows, 7));
    notice->created_ms = store_row_integer(rows, 8);
    notice->read_ms = store_row_integer(rows, 9);
    return notice;
}

GPtrArray *notice_list(StoreTx *tx, const NoticeQuery *query, GError **error)
{
    g_autoptr(StoreRows) rows = store_query(
        tx, error,
        "SELECT n.id, n.kind, n.object, n.project, p.title, p.tier, n.reason, n.detail, "
        "n.created_ms, n.read_ms FROM notice n LEFT JOIN project p ON p.id = n.project "
        "WHERE n.person = $1 AND ($2 = 0 OR n.read_ms IS NULL) AND ($3 = '' OR n.mail = $3) "
        "AND ($4 = '' OR n.created_ms < (SELECT created_ms FROM notice WHERE id = $4) OR "
        "(n.id < $4 AND n.created_ms = (SELECT created_ms FROM notice WHERE id = $4))) "
        "ORDER BY n.created_ms DESC, n.id DESC LIMIT $5",
        store_text(query->person), store_integer(query->unread ? 1 : 0),
        store_text(query->mail != NULL ? query->mail : ""), store_text(query->before),
        store_integer(query->limit));
    g_autoptr(GPtrArray) list = g_ptr_array_new_with_free_func((GDestroyNotify)notice_free);
    g_autoptr(GError) problem = NULL;
    if (rows == NULL)
        return NULL;
    while (store_next(rows, &problem)) {
        const NoticeKindRow *kind = notice_kind_find(store_row_text(rows, 1));
        if (kind != NULL)
            g_ptr_array_add(list, notice_from_row(rows, kind));
    }
    return rows_end(&problem, error) ? g_steal_pointer(&list) : NULL;
}

bool notice_count_unread(StoreTx *tx, const char *person, int64_t *ret_count, GError **error)
{
    return store_query_integer(tx, ret_count, 0, error,
                               "SELECT count(*) FROM notice WHERE person = $1 AND read_ms IS NULL",
                               store_text(person));
}

bool notice_mark_read(StoreTx *tx, const char *person, const char *id, int64_t now_ms,
                      GError **error)
{
    int64_t there = 1;
    if (id != NULL && !store_query_integer(tx, &there, 0, error,
                                           "SELECT count(*) FROM notice WHERE person = $1 AND id = $2",
                                           store_text(person), store_text(id)))
        return false;
    if (there == 0)
        return error_set(error, ERROR_NOT_FOUND, "notices.no_notice",
                         "You have no notice \"%s\".", id);
    return store_exec(tx, error,
                      "UPDATE notice SET read_ms = $1, digest = 0 WHERE person = $2 AND "
                      "read_ms IS NULL AND ($3 = '' OR id = $3)",
                      store_integer(now_ms), store_text(person), store_text(id != NULL ? id : ""));
}

char *notice_address(const NoticeKindRow *kind, const char *object, const char *project)
{
    g_autoptr(GString) address = g_string_new(kind->address);
    g_string_replace(address, "{object}", object, 0);
    g_string_replace(address, "{project}", project != NULL ? project : "", 0);
    return g_string_free(g_steal_pointer(&address), FALSE);
}

/* ---- life ---- */

static const Duty notices_duties[] = {
    {"notices.digest", 30000, digest_duty},
    {"notices.purge", (int)TIME_HOUR_MS, notices_purge},
    {0},
};

static bool notices_start(App *app, GError **error)
{
    Notices *notices = g_new0(Notices, 1);
    notices->app = app;
    app->room_data[ROOM_NOTICES] = notices;
    return smtp_server_read(app->config, &notices->smtp, error) && sender_start(notices, error);
}

static void notices_stop(App *app)
{
    Notices *notices = notices_of(app);
    sender_stop(notices);
    smtp_server_clear(&notices->smtp);
    g_free(notices);
    app->room_data[ROOM_NOTICES] = NULL;
}

const Room notices_room = {
    .name = "notices",
    .routes = notices_routes,
    .duties = notices_duties,
    .start = notices_start,
    .stop = notices_stop,
};
