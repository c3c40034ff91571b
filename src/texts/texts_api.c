/* SPDX-License-Identifier: Apache-2.0 */
/* The HTTP face: everybody reads the texts, officers write them, each person accepts the terms. */
#include "texts/texts.h"

#include "base/error.h"
#include "base/times.h"
#include "texts/render.h"

#include <string.h>

static json_t *time_json(int64_t time_ms)
{
    if (time_ms == 0)
        return json_null();
    g_autofree char *text = time_format(time_ms);
    return json_string(text);
}

/* ---- reading ---- */

static bool language_json(const char *markdown, json_t **ret_json, GError **error)
{
    g_auto(RenderedText) text = {0};
    if (!text_render(markdown, strlen(markdown), &text, error))
        return false;
    *ret_json = json_pack("{s:s, s:s, s:s}", "title", text.title, "html", text.html, "markdown",
                          markdown);
    return true;
}

static bool text_json(const TextVersion *text, json_t **ret_json, GError **error)
{
    g_autoptr(json_t) fr = NULL;
    g_autoptr(json_t) en = NULL;
    if (!language_json(text->fr, &fr, error) || !language_json(text->en, &en, error))
        return false;
    *ret_json = json_pack("{s:s, s:I, s:b, s:o, s:o, s:O, s:O}", "name", text->name, "version",
                          (json_int_t)text->version, "asks_acceptance", text->asks, "due",
                          time_json(text->due_ms), "written", time_json(text->written_ms), "fr", fr,
                          "en", en);
    return true;
}

typedef struct ShowCall {
    const char *name;
    int64_t version;
    TextVersion text;
} ShowCall;

/* Anybody may read them, signed in or not: there is nothing to decide. */
static bool show_in_read(StoreTx *tx, void *data, GError **error)
{
    ShowCall *call = data;
    return text_load(tx, call->name, call->version, &call->text, error);
}

static bool api_show(HttpRequest *request, GError **error)
{
    ShowCall call = {.name = http_request_segment(request, "text"),
                     .version = http_request_query_integer(request, "version", -1)};
    json_t *json = NULL;
    bool ok = store_read(request_app(request)->store, show_in_read, &call, error) &&
              text_json(&call.text, &json, error);
    text_version_clear(&call.text);
    return ok && http_reply_json(request, 200, json, error);
}

typedef struct VersionsCall {
    const char *name;
    json_t *items;
} VersionsCall;

static bool read_versions(StoreTx *tx, const PolicyActor *actor, void *data, GError **error)
{
    VersionsCall *call = data;
    g_autoptr(GError) problem = NULL;
    g_auto(TextVersion) text = {0};
    if (!policy_enforce(actor, VERB_PLATFORM_VIEW, NULL, error) ||
        !text_load(tx, call->name, -1, &text, error))
        return false;
    g_autoptr(StoreRows) rows = store_query(
        tx, error,
        "SELECT t.version, t.asks, p.name, t.written_ms, (SELECT count(*) FROM text_acceptance a "
        "WHERE a.version = t.version AND t.name = 'terms'), t.due_ms FROM text_version t JOIN person p ON "
        "p.id = t.written_by WHERE t.name = $1 ORDER BY t.version DESC LIMIT 200",
        store_text(call->name));
    if (rows == NULL)
        return false;
    call->items = json_array();
    while (store_next(rows, &problem))
        json_array_append_new(
            call->items,
            json_pack("{s:I, s:b, s:o, s:s, s:o, s:I}", "version",
                      (json_int_t)store_row_integer(rows, 0), "asks_acceptance",
                      store_row_integer(rows, 1) != 0, "due", time_json(store_row_integer(rows, 5)),
                      "by", store_row_text(rows, 2), "written",
                      time_json(store_row_integer(rows, 3)),
                      "accepted", (json_int_t)store_row_integer(rows, 4)));
    if (problem == NULL)
        return true;
    g_propagate_error(error, g_steal_pointer(&problem));
    return false;
}

static bool api_versions(HttpRequest *request, GError **error)
{
    VersionsCall call = {.name = http_request_segment(request, "text")};
    if (look_run(request_app(request), request_actor(request), VERB_PLATFORM_VIEW, call.name, false,
                 read_versions, &call, error))
        return http_reply_json(request, 200,
                               json_pack("{s:o, s:n}", "items", call.items, "next"), error);
    json_decref(call.items);
    return false;
}

/* ---- writing ---- */

static bool write_in_act(Act *act, void *data, GError **error)
{
    TextNew *call = data;
    int64_t version = 0, now_ms = time_now_ms();
    call->by = act->actor->id;
    act_about(act, call->name, NULL);
    act_detail(act, "action", "write_text");
    if (!act_allow(act, NULL, error) || !text_write(act->tx, call, now_ms, &version, error))
        return false;
    /* Whoever puts the terms in force by hand has read them. */
    bool accepts = call->asks && act->actor->channel == CHANNEL_SESSION;
    if (accepts && !terms_accept(act->tx, act->actor->id, version, now_ms, error))
        return false;
    json_object_set_new(act->details, "version", json_integer(version));
    json_object_set_new(act->details, "asks_acceptance", json_boolean(call->asks));
    if (call->asks)
        json_object_set_new(act->details, "grace_days", json_integer(call->grace_days));
    if (accepts)
        json_object_set_new(act->details, "accepted", json_true());
    g_autofree char *fr = hash_text_hex(call->fr);
    g_autofree char *en = hash_text_hex(call->en);
    act_detail(act, "fr_sha256", fr);
    act_detail(act, "en_sha256", en);
    return true;
}

/* Every text that is kept can be shown: it is rendered before it is written. */
static bool check_renders(const char *markdown, const char *field, GError **error)
{
    g_auto(RenderedText) text = {0};
    if (!text_render(markdown, strlen(markdown), &text, error))
        return false;
    return *text.title != '\0' ||
           error_set(error, ERROR_INVALID, "texts.no_title",
                     "Field \"%s\" needs a title: its first line begins with \"# \".", field);
}

static bool api_write(HttpRequest *request, GError **error)
{
    TextNew call = {.name = http_request_segment(request, "text"),
                    .fr = http_body_text(request, "fr"), .en = http_body_text(request, "en"),
                    .base = http_body_integer(request, "base", 0),
                    .asks = http_body_boolean(request, "asks_acceptance", false),
                    .grace_days = (int)http_body_integer(request, "grace_days", 0)};
    ShowCall show = {.name = call.name, .version = -1};
    json_t *json = NULL;
    App *app = request_app(request);
    bool ok = check_renders(call.fr, "fr", error) && check_renders(call.en, "en", error) &&
              act_run(app, request_actor(request), VERB_PLATFORM_MANAGE, write_in_act, &call, NULL,
                      error) &&
              store_read(app->store, show_in_read, &show, error) &&
              text_json(&show.text, &json, error);
    text_version_clear(&show.text);
    return ok && http_reply_json(request, 200, json, error);
}

static bool allow_preview(StoreTx *tx, const PolicyActor *actor, void *data, GError **error)
{
    (void)tx;
    (void)data;
    return policy_enforce(actor, VERB_PLATFORM_VIEW, NULL, error);
}

static bool api_preview(HttpRequest *request, GError **error)
{
    json_t *json = NULL;
    return look_run(request_app(request), request_actor(request), VERB_PLATFORM_VIEW, "", false,
                    allow_preview, NULL, error) &&
           language_json(http_body_text(request, "markdown"), &json, error) &&
           http_reply_json(request, 200, json, error);
}

/* ---- acceptance ---- */

typedef struct TermsCall {
    TermsState state;
    int64_t version;
} TermsCall;

static bool read_terms(StoreTx *tx, const PolicyActor *actor, void *data, GError **error)
{
    TermsCall *call = data;
    g_auto(TextVersion) text = {0};
    if (!policy_enforce(actor, VERB_ACCOUNT_OWN, &(PolicyFacts){.is_owner = true}, error) ||
        !terms_state(tx, actor->id, &call->state, error) ||
        !text_load(tx, "terms", -1, &text, error))
        return false;
    call->version = text.version;
    return true;
}

static bool api_terms(HttpRequest *request, GError **error)
{
    TermsCall call = {0};
    if (!look_run(request_app(request), request_actor(request), VERB_ACCOUNT_OWN, "", false,
                  read_terms, &call, error))
        return false;
    const TermsState *state = &call.state;
    json_t *json =
        json_pack("{s:I, s:b, s:o, s:b, s:I, s:o}", "version", (json_int_t)call.version, "pending",
                  state->due_ms != 0, "due", time_json(state->due_ms), "overdue",
                  terms_overdue(state->due_ms, time_now_ms()), "accepted_version",
                  (json_int_t)state->accepted, "accepted", time_json(state->accepted_ms));
    return http_reply_json(request, 200, json, error);
}

static bool accept_in_act(Act *act, void *data, GError **error)
{
    const int64_t *version = data;
    act_about(act, act->actor->id, NULL);
    act_detail(act, "action", "accept_terms");
    json_object_set_new(act->details, "version", json_integer(*version));
    if (!act_allow(act, &(PolicyFacts){.is_owner = true}, error))
        return false;
    if (act->actor->channel != CHANNEL_SESSION)
        return error_set(error, ERROR_DENIED, "identity.session_needed",
                         "A program does not accept terms; sign in and read them.");
    return terms_accept(act->tx, act->actor->id, *version, time_now_ms(), error);
}

static bool api_accept(HttpRequest *request, GError **error)
{
    int64_t version = http_body_integer(request, "version", 0);
    return act_run(request_app(request), request_actor(request), VERB_ACCOUNT_OWN, accept_in_act,
                   &version, NULL, error) &&
           http_reply_empty(request, 204, error);
}

/* ---- tables ---- */

static const HttpField language_fields[] = {
    {"title", HTTP_TEXT, .required = true},
    {"html", HTTP_LONG_TEXT, .required = true,
     .summary = "Safe: no script, no raw HTML, no image"},
    {"markdown", HTTP_LONG_TEXT, .required = true},
    HTTP_SCHEMA("TextInLanguage"),
};
static const HttpField text_answer[] = {
    {"name", HTTP_TEXT, .required = true, .summary = "terms, privacy or accessibility"},
    {"version", HTTP_INTEGER, .required = true, .summary = "0: as shipped"},
    {"asks_acceptance", HTTP_BOOLEAN, .required = true},
    {"due", HTTP_TIME, .required = true, .nullable = true,
     .summary = "Until then those who were here before may wait; null: it asks nothing"},
    {"written", HTTP_TIME, .required = true, .nullable = true, .summary = "null: as shipped"},
    {"fr", HTTP_OBJECT, .required = true, .fields = language_fields},
    {"en", HTTP_OBJECT, .required = true, .fields = language_fields},
    HTTP_SCHEMA("PlatformText"),
};
static const HttpField text_query[] = {
    {"version", HTTP_INTEGER, .min = 0, .max = 1000000, .summary = "An earlier one; else the newest"},
    {0},
};
static const HttpField version_fields[] = {
    {"version", HTTP_INTEGER, .required = true},
    {"asks_acceptance", HTTP_BOOLEAN, .required = true},
    {"due", HTTP_TIME, .required = true, .nullable = true},
    {"by", HTTP_TEXT, .required = true, .summary = "Name of the officer"},
    {"written", HTTP_TIME, .required = true},
    {"accepted", HTTP_INTEGER, .required = true, .summary = "By how many persons"},
    HTTP_SCHEMA("PlatformTextVersion"),
};
static const HttpField versions_answer[] = {
    {"items", HTTP_LIST, .required = true, .fields = version_fields},
    ANSWER_NEXT,
    HTTP_SCHEMA("PlatformTextVersionPage"),
};
static const HttpField write_body[] = {
    {"fr", HTTP_LONG_TEXT, .required = true, .max = TEXTS_MARKDOWN_MAX, .summary = "Markdown"},
    {"en", HTTP_LONG_TEXT, .required = true, .max = TEXTS_MARKDOWN_MAX, .summary = "Markdown"},
    {"base", HTTP_INTEGER, .required = true, .min = 0, .max = 1000000,
     .summary = "The version that it was written from"},
    {"asks_acceptance", HTTP_BOOLEAN,
     .summary = "Of the terms: everybody is asked to accept them; whoever writes them in a session "
                "accepts them"},
    {"grace_days", HTTP_INTEGER, .max = TEXTS_GRACE_DAYS_MAX,
     .summary = "How long those who are here now may go on before they accept (0)"},
    HTTP_SCHEMA("PlatformTextEdit"),
};
static const HttpField preview_body[] = {
    {"markdown", HTTP_LONG_TEXT, .required = true, .max = TEXTS_MARKDOWN_MAX},
    HTTP_SCHEMA("TextPreview"),
};
static const HttpField terms_answer[] = {
    {"version", HTTP_INTEGER, .required = true, .summary = "The newest"},
    {"pending", HTTP_BOOLEAN, .required = true, .summary = "I am asked to accept it"},
    {"due", HTTP_TIME, .required = true, .nullable = true,
     .summary = "From then on all but my own account is refused"},
    {"overdue", HTTP_BOOLEAN, .required = true, .summary = "That time has come"},
    {"accepted_version", HTTP_INTEGER, .required = true, .summary = "0: none"},
    {"accepted", HTTP_TIME, .required = true, .nullable = true},
    HTTP_SCHEMA("TermsState"),
};
static const HttpField accept_body[] = {
    {"version", HTTP_INTEGER, .required = true, .min = 0, .max = 1000000},
    HTTP_SCHEMA("TermsAcceptance"),
};

static const HttpRoute texts_routes[] = {
    {.method = "GET", .path = "/api/v1/texts/{text}", .handler = api_show, .access = HTTP_PUBLIC,
     .query = text_query, .answer = text_answer, .tag = "texts",
     .summary = "Terms of use, personal data, accessibility"},
    {.method = "PUT", .path = "/api/v1/texts/{text}", .handler = api_write, .access = HTTP_PERSON,
     .body = write_body, .answer = text_answer, .tag = "texts", .summary = "Write a new version"},
    {.method = "GET", .path = "/api/v1/texts/{text}/versions", .handler = api_versions,
     .access = HTTP_PERSON, .answer = versions_answer, .tag = "texts",
     .summary = "The versions that were written here"},
    {.method = "POST", .path = "/api/v1/texts-preview", .handler = api_preview,
     .access = HTTP_PERSON, .body = preview_body, .answer = language_fields, .tag = "texts",
     .summary = "What a text will look like"},
    {.method = "GET", .path = "/api/v1/me/terms", .handler = api_terms, .access = HTTP_PERSON,
     .answer = terms_answer, .tag = "texts", .summary = "Whether I accepted the terms"},
    {.method = "POST", .path = "/api/v1/me/terms", .handler = api_accept, .access = HTTP_PERSON,
     .body = accept_body, .success = 204, .tag = "texts", .summary = "Accept the terms"},
    {0},
};

const Room texts_room = {.name = "texts", .routes = texts_routes};
