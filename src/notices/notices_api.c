/* SPDX-License-Identifier: Apache-2.0 */
/* The HTTP face: one's own notices and choices. The texts come from the table of kinds, in both
 * languages, so that a page, a mail and another client say the same. */
#include "notices/internal.h"

#include "base/error.h"
#include "base/times.h"

#include <string.h>

#define GROUP_WORDS "act decided rights services account platform"
#define CHANNEL_WORDS "page mail digest none"

static const PolicyFacts own = {.is_owner = true};

static json_t *time_json(int64_t time_ms)
{
    if (time_ms == 0)
        return json_null();
    g_autofree char *text = time_format(time_ms);
    return json_string(text);
}

static json_t *texts_json(const NoticeKindRow *kind, bool subject)
{
    const NoticeText *fr = &kind->texts[NOTICE_FR], *en = &kind->texts[NOTICE_EN];
    return json_pack("{s:s, s:s}", "fr", subject ? fr->subject : fr->sentence, "en",
                     subject ? en->subject : en->sentence);
}

static json_t *notice_json(const Notice *notice)
{
    g_autofree char *address =
        notice_address(notice->kind, notice->object, notice->project);
    json_t *project = notice->project != NULL
                          ? json_pack("{s:s, s:s}", "id", notice->project, "title",
                                      notice->project_title)
                          : json_null();
    return json_pack("{s:s, s:s, s:s, s:o, s:o, s:s, s:s, s:o, s:s, s:s, s:o, s:o}", "id",
                     notice->id, "kind", notice->kind->name, "group", notice->kind->group,
                     "subject", texts_json(notice->kind, true), "sentence",
                     texts_json(notice->kind, false), "address", address, "object", notice->object,
                     "project", project, "reason", notice->reason, "detail", notice->detail,
                     "created", time_json(notice->created_ms), "read", time_json(notice->read_ms));
}

/* ---- the list ---- */

typedef struct ListCall {
    NoticeQuery query;
    json_t *items;
    int64_t unread;
} ListCall;

static bool read_list(StoreTx *tx, const PolicyActor *actor, void *data, GError **error)
{
    ListCall *call = data;
    if (!policy_enforce(actor, VERB_ACCOUNT_LISTS, &own, error))
        return false;
    call->query.person = actor->id;
    g_autoptr(GPtrArray) list = notice_list(tx, &call->query, error);
    if (list == NULL || !notice_count_unread(tx, actor->id, &call->unread, error))
        return false;
    call->items = json_array();
    for (guint i = 0; i < list->len; i++)
        json_array_append_new(call->items, notice_json(g_ptr_array_index(list, i)));
    return true;
}

static const char *key_id(const json_t *item)
{
    return json_string_value(json_object_get(item, "id"));
}

static bool api_list(HttpRequest *request, GError **error)
{
    g_autofree char *before = NULL;
    const char *unread = http_request_query(request, "unread");
    ListCall call = {.query = {.unread = g_strcmp0(unread, "true") == 0}};
    if (!page_key(request, &before, error))
        return false;
    int64_t limit = page_limit(request);
    call.query.before = before;
    call.query.limit = limit + 1;
    if (!look_run(request_app(request), request_actor(request), VERB_ACCOUNT_LISTS, "", false,
                  read_list, &call, error))
        return false;
    json_t *page = page_json(call.items, limit, key_id);
    json_object_set_new(page, "unread", json_integer(call.unread));
    return http_reply_json(request, 200, page, error);
}

/* ---- marking as read: it touches neither data nor rights, and leaves no leaf ---- */

typedef struct ReadCall {
    const PolicyActor *actor;
    const char *id;
} ReadCall;

static bool mark_in_write(StoreTx *tx, void *data, GError **error)
{
    const ReadCall *call = data;
    return policy_enforce(call->actor, VERB_ACCOUNT_LISTS, &own, error) &&
           notice_mark_read(tx, call->actor->id, call->id, time_now_ms(), error);
}

static bool mark(HttpRequest *request, const char *id, GError **error)
{
    App *app = request_app(request);
    ReadCall call = {request_actor(request), id};
    if (!store_write(app->store, mark_in_write, &call, error))
        return false;
    g_autofree char *topic = g_strconcat("person:", call.actor->id, NULL);
    events_publish(app->events, topic, NULL);
    return http_reply_empty(request, 204, error);
}

static bool api_read(HttpRequest *request, GError **error)
{
    return mark(request, http_request_segment(request, "notice"), error);
}

static bool api_read_all(HttpRequest *request, GError **error)
{
    return mark(request, NULL, error);
}

/* ---- choices ---- */

static json_t *choice_json(const NoticeKindRow *kind, NoticeChannel channel)
{
    return json_pack("{s:s, s:s, s:s, s:s, s:b, s:o, s:o}", "kind", kind->name, "group",
                     kind->group, "channel", notice_channel_name(channel), "fallback",
                     notice_channel_name(kind->fallback), "kept", kind->kept, "subject",
                     texts_json(kind, true), "sentence", texts_json(kind, false));
}

static bool load_choices(StoreTx *tx, const char *person, json_t **ret_items, GError **error)
{
    g_autoptr(json_t) items = json_array();
    for (int i = 0; i < NOTICE_KIND_COUNT; i++) {
        const NoticeKindRow *kind = notice_kind((NoticeKind)i);
        NoticeChannel channel = kind->fallback;
        if (kind->kind == NOTICE_MAIL_TEST)
            continue; /* one asks for it by hand */
        if (!choice_load(tx, person, kind, &channel, error))
            return false;
        json_array_append_new(items, choice_json(kind, channel));
    }
    *ret_items = g_steal_pointer(&items);
    return true;
}

static bool read_choices(StoreTx *tx, const PolicyActor *actor, void *data, GError **error)
{
    return policy_enforce(actor, VERB_ACCOUNT_OWN, &own, error) &&
           load_choices(tx, actor->id, data, error);
}

static bool reply_choices(HttpRequest *request, GError **error)
{
    App *app = request_app(request);
    json_t *items = NULL;
    if (!look_run(app, request_actor(request), VERB_ACCOUNT_OWN, "", false, read_choices, &items,
                  error))
        return false;
    return http_reply_json(request, 200,
                           json_pack("{s:o, s:n, s:b}", "items", items, "next", "mail_configured",
                                     notices_mail_is_configured(app)),
                           error);
}

static bool choose_in_act(Act *act, void *data, GError **error)
{
    const json_t *choices = data, *choice;
    size_t i;
    act_about(act, act->actor->id, NULL);
    act_detail(act, "action", "notice_choices");
    if (!act_allow(act, &own, error))
        return false;
    json_array_foreach(choices, i, choice) {
        const char *name = json_string_value(json_object_get(choice, "kind"));
        const NoticeKindRow *kind = notice_kind_find(name);
        NoticeChannel channel = NOTICE_BY_PAGE;
        if (kind == NULL)
            return error_set(error, ERROR_INVALID, "notices.no_kind",
                             "There is no kind of notice \"%s\".", name);
        const char *word = json_string_value(json_object_get(choice, "channel"));
        bool known = notice_channel_parse(word, &channel);
        g_assert(known); /* the body was checked against the same words */
        if (!choice_save(act->tx, act->actor->id, kind, channel, error))
            return false;
        act_detail(act, name, word);
    }
    return true;
}

static bool api_choose(HttpRequest *request, GError **error)
{
    const json_t *choices = json_object_get(http_request_body(request), "choices");
    return act_run(request_app(request), request_actor(request), VERB_ACCOUNT_OWN, choose_in_act,
                   (void *)choices, NULL, error) &&
           reply_choices(request, error);
}

/* ---- tables ---- */

static const HttpField text_fields[] = {
    {"fr", HTTP_TEXT, .required = true, .max = 400},
    {"en", HTTP_TEXT, .required = true, .max = 400},
    HTTP_SCHEMA("NoticeText"),
};
static const HttpField project_fields[] = {
    {"id", HTTP_ID, .required = true, .choices = "prj"},
    {"title", HTTP_TEXT, .required = true},
    HTTP_SCHEMA("ProjectTitle"),
};
static const HttpField notice_fields[] = {
    {"id", HTTP_ID, .required = true, .choices = "not"},
    {"kind", HTTP_TEXT, .required = true, .max = 40, .summary = "A stable slug: \"review\""},
    {"group", HTTP_CHOICE, .required = true, .choices = GROUP_WORDS},
    {"subject", HTTP_OBJECT, .required = true, .fields = text_fields},
    {"sentence", HTTP_OBJECT, .required = true, .fields = text_fields},
    {"address", HTTP_TEXT, .required = true, .summary = "Path of its page on the portal"},
    {"object", HTTP_TEXT, .required = true},
    {"project", HTTP_OBJECT, .required = true, .nullable = true, .fields = project_fields},
    {"reason", HTTP_TEXT, .required = true, .summary = "A stable slug, or empty"},
    {"detail", HTTP_LONG_TEXT, .required = true, .summary = "What somebody wrote about it, or empty"},
    {"created", HTTP_TIME, .required = true},
    {"read", HTTP_TIME, .required = true, .nullable = true, .summary = "null: not yet"},
    HTTP_SCHEMA("NoticeRow"),
};
static const HttpField list_query[] = {
    {"unread", HTTP_BOOLEAN, .summary = "Only what was not read yet"}, PAGE_FIELDS, {0}};
static const HttpField list_answer[] = {
    {"items", HTTP_LIST, .required = true, .fields = notice_fields},
    ANSWER_NEXT,
    {"unread", HTTP_INTEGER, .required = true, .summary = "How many are not read, in all"},
    HTTP_SCHEMA("NoticePage"),
};
static const HttpField choice_fields[] = {
    {"kind", HTTP_TEXT, .required = true, .max = 40},
    {"group", HTTP_CHOICE, .required = true, .choices = GROUP_WORDS},
    {"channel", HTTP_CHOICE, .required = true, .choices = CHANNEL_WORDS},
    {"fallback", HTTP_CHOICE, .required = true, .choices = CHANNEL_WORDS,
     .summary = "What holds until one chooses"},
    {"kept", HTTP_BOOLEAN, .required = true, .summary = "It guards the account: never \"none\""},
    {"subject", HTTP_OBJECT, .required = true, .fields = text_fields},
    {"sentence", HTTP_OBJECT, .required = true, .fields = text_fields},
    HTTP_SCHEMA("NoticeChoice"),
};
static const HttpField choices_answer[] = {
    {"items", HTTP_LIST, .required = true, .fields = choice_fields},
    ANSWER_NEXT,
    {"mail_configured", HTTP_BOOLEAN, .required = true,
     .summary = "Without a mail server, everything is told on the page alone"},
    HTTP_SCHEMA("NoticeChoices"),
};
static const HttpField choose_one[] = {
    {"kind", HTTP_TEXT, .required = true, .max = 40},
    {"channel", HTTP_CHOICE, .required = true, .choices = CHANNEL_WORDS},
    {0},
};
static const HttpField choose_body[] = {
    {"choices", HTTP_LIST, .required = true, .max = NOTICE_KIND_COUNT, .fields = choose_one},
    HTTP_SCHEMA("NoticeChoicesEdit"),
};

const HttpRoute notices_routes[] = {
    {.method = "GET", .path = "/api/v1/me/notices", .handler = api_list, .access = HTTP_PERSON,
     .query = list_query, .answer = list_answer, .tag = "account",
     .summary = "What I was told, newest first"},
    {.method = "POST", .path = "/api/v1/me/notices/read", .handler = api_read_all,
     .access = HTTP_PERSON, .success = 204, .tag = "account", .summary = "Mark all as read"},
    {.method = "POST", .path = "/api/v1/me/notices/{notice}/read", .handler = api_read,
     .access = HTTP_PERSON, .success = 204, .tag = "account", .summary = "Mark one as read"},
    {.method = "GET", .path = "/api/v1/me/notice-choices", .handler = reply_choices,
     .access = HTTP_PERSON, .answer = choices_answer, .tag = "account",
     .summary = "How I am told of what"},
    {.method = "PUT", .path = "/api/v1/me/notice-choices", .handler = api_choose,
     .access = HTTP_PERSON, .body = choose_body, .answer = choices_answer, .tag = "account",
     .summary = "Choose how to be told; kinds left out stay as they are"},
    {0},
};
