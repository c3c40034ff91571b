/* SPDX-License-Identifier: Apache-2.0 */
/* The HTTP face of the room: sessions, one's own account, persons, organisations. */
#include "base/encode.h"
#include "base/error.h"
#include "base/times.h"
#include "identity/account.h"
#include "identity/factor.h"
#include "identity/manage.h"
#include "identity/state.h"

#include <string.h>

#define ROLE_WORDS "officer producer committee checker auditor"
#define SCOPE_WORDS "read work govern admin"
#define KIND_WORDS "administration statistics university company"

/* ---- answers ---- */

static json_t *json_time(int64_t time_ms)
{
    if (time_ms == 0)
        return json_null();
    g_autofree char *text = time_format(time_ms);
    return json_string(text);
}

static json_t *json_set(PolicySet set, unsigned bits)
{
    json_t *array = json_array();
    for (const PolicyName *n = policy_names(set); n->name != NULL; n++) {
        if ((bits & n->value) != 0)
            json_array_append_new(array, json_string(n->name));
    }
    return array;
}

json_t *identity_person_brief(const IdentityPerson *person)
{
    return json_pack("{s:s, s:s, s:s}", "id", person->id, "login", person->login, "name",
                     person->name);
}

json_t *identity_person_json(const IdentityPerson *person)
{
    return json_pack("{s:s, s:s, s:s, s:s, s:{s:s, s:s}, s:o, s:s, s:b, s:b}", "id", person->id,
                     "login", person->login, "name", person->name, "email", person->email,
                     "organisation", "id", person->organisation, "name",
                     person->organisation_name, "roles", json_set(SET_ROLE, person->roles),
                     "language", person->language, "has_second_factor", person->has_second_factor,
                     "disabled", person->disabled_ms != 0);
}

static const HttpField organisation_brief_fields[] = {
    {"id", HTTP_ID, .required = true, .choices = "org"},
    {"name", HTTP_TEXT, .required = true},
    HTTP_SCHEMA("OrganisationBrief"),
};

static const HttpField person_fields[] = {
    {"id", HTTP_ID, .required = true, .choices = "per"},
    {"login", HTTP_TEXT, .required = true},
    {"name", HTTP_TEXT, .required = true},
    {"email", HTTP_TEXT, .summary = "Told to the person and to officers"},
    {"organisation", HTTP_OBJECT, .required = true, .fields = organisation_brief_fields},
    {"roles", HTTP_CHOICES, .required = true, .choices = ROLE_WORDS},
    {"language", HTTP_CHOICE, .choices = "fr en"},
    {"has_second_factor", HTTP_BOOLEAN, .summary = "Told to the person and to officers"},
    {"disabled", HTTP_BOOLEAN, .required = true},
    HTTP_SCHEMA("Person"),
};

static const HttpField session_fields[] = {
    {"person", HTTP_OBJECT, .required = true, .fields = person_fields},
    {"csrf", HTTP_SECRET, .required = true,
     .summary = "To send as X-Darse-CSRF with unsafe methods; empty for a token"},
    {"second_factor", HTTP_BOOLEAN, .required = true,
     .summary = "Was it opened with the second factor?"},
    {"expires", HTTP_TIME, .required = true, .summary = "It ends then in any case"},
    {"idle_seconds", HTTP_INTEGER, .required = true, .max = 604800,
     .summary = "It ends after this long without a request; 0 for a token, which does not idle"},
    HTTP_SCHEMA("Session"),
};

#define LIST_OF(fields_) {"items", HTTP_LIST, .required = true, .fields = fields_}, ANSWER_NEXT

static const HttpField person_list_answer[] = {LIST_OF(person_fields), HTTP_SCHEMA("PersonPage")};

/* Bits of a HTTP_CHOICES field, which was checked against the same words. */
static unsigned body_set(const HttpRequest *request, const char *name, PolicySet set)
{
    const json_t *array = json_object_get(http_request_body(request), name);
    size_t index;
    json_t *word;
    unsigned bits = 0, value = 0;
    json_array_foreach((json_t *)array, index, word) {
        if (policy_value(set, json_string_value(word), &value))
            bits |= value;
    }
    return bits;
}

static bool body_has(const HttpRequest *request, const char *name)
{
    return json_object_get(http_request_body(request), name) != NULL;
}

/* ---- the session ---- */

static const HttpField sign_in_fields[] = {
    {"login", HTTP_TEXT, .required = true, .max = 100},
    {"password", HTTP_SECRET, .required = true, .max = 1024},
    {"code", HTTP_SECRET, .max = 64, .summary = "Of the second factor, or a recovery code"},
    HTTP_SCHEMA("SignIn"),
};

static void reply_cookie(HttpRequest *request, const char *secret, int64_t life_ms)
{
    char *cookie = g_strdup_printf(SESSION_COOKIE "=%s; Path=/; Secure; HttpOnly; SameSite=Strict; "
                                                  "Max-Age=%" G_GINT64_FORMAT,
                                   secret, life_ms / 1000);
    http_reply_header(request, "Set-Cookie", cookie);
    secret_free(cookie);
}

static json_t *session_json(const App *app, const IdentityPerson *person, const char *csrf,
                            bool second_factor, int64_t expires_ms)
{
    int64_t idle_minutes = config_integer(app->config, "identity.session_idle_minutes");
    return json_pack("{s:o, s:s, s:b, s:o, s:I}", "person", identity_person_json(person), "csrf",
                     csrf, "second_factor", second_factor, "expires", json_time(expires_ms),
                     "idle_seconds", (json_int_t)(*csrf != '\0' ? idle_minutes * 60 : 0));
}

static bool sign_in(HttpRequest *request, GError **error)
{
    App *app = request_app(request);
    const char *agent = http_request_header(request, "User-Agent");
    SignIn given = {
        .login = http_body_text(request, "login"),
        .password = http_body_text(request, "password"),
        .code = http_body_text(request, "code"),
        .address = http_request_address(request),
        .agent = agent != NULL ? agent : "",
        .request = http_request_id(request),
    };
    g_auto(SessionGrant) grant = {0};
    g_autoptr(IdentityPerson) person = NULL;
    /* Another site must not sign a browser in either, to somebody else's account. */
    if (!identity_check_origin(request, error) ||
        !account_sign_in(app, &given, &grant, &person, error))
        return false;
    reply_cookie(request, grant.secret, grant.expires_ms - time_now_ms());
    return http_reply_json(request, 200,
                           session_json(app, person, grant.csrf, person->has_second_factor,
                                        grant.expires_ms),
                           error);
}

typedef struct OwnRead {
    const PolicyActor *actor;
    IdentityPerson *person;
    int64_t expires_ms;
} OwnRead;

static bool own_read(StoreTx *tx, const PolicyActor *actor, void *data, GError **error)
{
    OwnRead *own = data;
    const char *sql = actor->channel == CHANNEL_TOKEN
                          ? "SELECT expires_ms FROM api_token WHERE id = $1"
                          : "SELECT expires_ms FROM session WHERE id = $1";
    return policy_enforce(actor, VERB_ACCOUNT_OWN, &(PolicyFacts){.is_owner = true}, error) &&
           identity_person_load(tx, actor->id, &own->person, error) &&
           store_query_integer(tx, &own->expires_ms, 0, error, sql, store_text(actor->session));
}

static bool show_session(HttpRequest *request, GError **error)
{
    const PolicyActor *actor = request_actor(request);
    OwnRead own = {.actor = actor};
    char *csrf = actor->channel == CHANNEL_SESSION
                     ? session_csrf(http_request_cookie(request, SESSION_COOKIE))
                     : g_strdup("");
    bool ok = look_run(request_app(request), actor, VERB_ACCOUNT_OWN, actor->id, false, own_read,
                       &own, error);
    json_t *answer =
        ok ? session_json(request_app(request), own.person, csrf, actor->second_factor,
                          own.expires_ms)
           : NULL;
    identity_person_free(own.person);
    secret_free(csrf);
    return ok && http_reply_json(request, 200, answer, error);
}

static bool sign_out(HttpRequest *request, GError **error)
{
    const PolicyActor *actor = request_actor(request);
    if (!account_end_session(request_app(request), actor, actor->session, error))
        return false;
    reply_cookie(request, "", 0);
    return http_reply_empty(request, 204, error);
}

/* ---- one's own account ---- */

static const HttpField me_fields[] = {
    {"language", HTTP_CHOICE, .choices = "fr en"},
    {"name", HTTP_TEXT},
    {"email", HTTP_TEXT, .max = 254},
    HTTP_SCHEMA("MeEdit"),
};

static bool reply_person(HttpRequest *request, int status, const IdentityPerson *person,
                         GError **error)
{
    return http_reply_json(request, status, identity_person_json(person), error);
}

static bool change_me(HttpRequest *request, GError **error)
{
    const PolicyActor *actor = request_actor(request);
    PersonChange change = {.name = http_body_text(request, "name"),
                           .email = http_body_text(request, "email"),
                           .language = http_body_text(request, "language")};
    OwnRead own = {.actor = actor};
    bool ok = account_update(request_app(request), actor, &change, error) &&
              look_run(request_app(request), actor, VERB_ACCOUNT_OWN, actor->id, false, own_read,
                       &own, error) &&
              reply_person(request, 200, own.person, error);
    identity_person_free(own.person);
    return ok;
}

static const HttpField password_fields[] = {
    {"current", HTTP_SECRET, .required = true},
    {"new", HTTP_SECRET, .required = true},
    {"code", HTTP_SECRET, .max = 64},
    HTTP_SCHEMA("PasswordChange"),
};

static bool change_password(HttpRequest *request, GError **error)
{
    return account_set_password(request_app(request), request_actor(request),
                                http_body_text(request, "current"), http_body_text(request, "new"),
                                http_body_text(request, "code"), error) &&
           http_reply_empty(request, 204, error);
}

static const HttpField factor_fields[] = {
    {"password", HTTP_SECRET, .required = true},
    {"code", HTTP_SECRET, .max = 64, .summary = "Of the second factor that is replaced"},
    {0},
};
static const HttpField factor_answer[] = {
    {"secret", HTTP_SECRET, .required = true, .summary = "Base32, shown once"},
    {"uri", HTTP_SECRET, .required = true, .summary = "otpauth: address for an authenticator"},
    HTTP_SCHEMA("SecondFactor"),
};

static bool begin_factor(HttpRequest *request, GError **error)
{
    char *secret = NULL, *uri = NULL;
    if (!account_begin_factor(request_app(request), request_actor(request),
                              http_body_text(request, "password"), http_body_text(request, "code"),
                              &secret, &uri, error))
        return false;
    json_t *answer = json_pack("{s:s, s:s}", "secret", secret, "uri", uri);
    secret_free(secret);
    secret_free(uri);
    http_reply_header(request, "Cache-Control", "no-store");
    return http_reply_json(request, 200, answer, error);
}

static const HttpField code_fields[] = {
    {"code", HTTP_SECRET, .required = true, .max = 64},
    {0},
};
static const HttpField recovery_answer[] = {
    {"recovery_codes", HTTP_TEXT_LIST, .required = true,
     .summary = "Ten, shown once; each works once"},
    HTTP_SCHEMA("RecoveryCodes"),
};

static bool reply_codes(HttpRequest *request, GStrv codes, GError **error)
{
    json_t *array = json_array();
    for (char **code = codes; *code != NULL; code++)
        json_array_append_new(array, json_string(*code));
    recovery_codes_free(codes);
    http_reply_header(request, "Cache-Control", "no-store");
    return http_reply_json(request, 200, json_pack("{s:o}", "recovery_codes", array), error);
}

static bool confirm_factor(HttpRequest *request, GError **error)
{
    GStrv codes = NULL;
    return account_confirm_factor(request_app(request), request_actor(request),
                                  http_body_text(request, "code"), &codes, error) &&
           reply_codes(request, codes, error);
}

static const HttpField recovery_fields[] = {
    {"password", HTTP_SECRET, .required = true},
    {"code", HTTP_SECRET, .required = true, .max = 64},
    HTTP_SCHEMA("RecoveryCodesNew"),
};

static bool factor_new_codes(HttpRequest *request, GError **error)
{
    GStrv codes = NULL;
    return account_new_recovery(request_app(request), request_actor(request),
                                http_body_text(request, "password"),
                                http_body_text(request, "code"), &codes, error) &&
           reply_codes(request, codes, error);
}

static const HttpField factor_state_answer[] = {
    {"in_place", HTTP_BOOLEAN, .required = true},
    {"recovery_codes_left", HTTP_INTEGER, .required = true, .summary = "Each works once"},
    HTTP_SCHEMA("SecondFactorState"),
};

static bool factor_look(StoreTx *tx, const PolicyActor *actor, void *data, GError **error)
{
    int64_t *figures = data;
    return policy_enforce(actor, VERB_ACCOUNT_OWN, &(PolicyFacts){.is_owner = true}, error) &&
           store_query_integer(tx, &figures[0], 0, error,
                               "SELECT count(*) FROM person WHERE id = $1 AND totp_sealed IS NOT "
                               "NULL", store_text(actor->id)) &&
           store_query_integer(tx, &figures[1], 0, error,
                               "SELECT count(*) FROM recovery_code WHERE person = $1 AND "
                               "used_ms IS NULL", store_text(actor->id));
}

static bool factor_show(HttpRequest *request, GError **error)
{
    int64_t figures[2] = {0, 0};
    return look_run(request_app(request), request_actor(request), VERB_ACCOUNT_OWN, "", false,
                    factor_look, figures, error) &&
           http_reply_json(request, 200,
                           json_pack("{s:b, s:I}", "in_place", figures[0] > 0,
                                     "recovery_codes_left", (json_int_t)figures[1]),
                           error);
}

/* ---- own sessions and tokens ---- */

typedef struct OwnList {
    const char *sql;
    json_t *(*item)(StoreRows *rows, const PolicyActor *actor);
    json_t *items;
} OwnList;

static bool own_list(StoreTx *tx, const PolicyActor *actor, void *data, GError **error)
{
    OwnList *list = data;
    if (!policy_enforce(actor, VERB_ACCOUNT_OWN, &(PolicyFacts){.is_owner = true}, error))
        return false;
    g_autoptr(StoreRows) rows = store_query(tx, error, list->sql, store_text(actor->id),
                                            store_integer(time_now_ms()));
    g_autoptr(GError) problem = NULL;
    if (rows == NULL)
        return false;
    while (store_next(rows, &problem))
        json_array_append_new(list->items, list->item(rows, actor));
    if (problem == NULL)
        return true;
    g_propagate_error(error, g_steal_pointer(&problem));
    return false;
}

/* Both lists are bounded by their own limits, so they are one page. */
static bool reply_own_list(HttpRequest *request, OwnList *list, GError **error)
{
    const PolicyActor *actor = request_actor(request);
    list->items = json_array();
    if (look_run(request_app(request), actor, VERB_ACCOUNT_OWN, actor->id, false, own_list, list,
                 error))
        return http_reply_json(
            request, 200, json_pack("{s:o, s:n}", "items", list->items, "next"), error);
    json_decref(list->items);
    return false;
}

static const HttpField session_item_fields[] = {
    {"id", HTTP_ID, .required = true, .choices = "ses"},
    {"address", HTTP_TEXT, .required = true},
    {"agent", HTTP_TEXT, .required = true},
    {"second_factor", HTTP_BOOLEAN, .required = true},
    {"created", HTTP_TIME, .required = true},
    {"seen", HTTP_TIME, .required = true},
    {"expires", HTTP_TIME, .required = true},
    {"current", HTTP_BOOLEAN, .required = true, .summary = "Is it the one that asks?"},
    HTTP_SCHEMA("SessionRow"),
};
static const HttpField session_list_answer[] = {LIST_OF(session_item_fields), HTTP_SCHEMA("SessionPage")};

static const HttpField token_item_fields[] = {
    {"id", HTTP_ID, .required = true, .choices = "tok"},
    {"name", HTTP_TEXT, .required = true},
    {"scopes", HTTP_CHOICES, .required = true, .choices = SCOPE_WORDS},
    {"created", HTTP_TIME, .required = true},
    {"used", HTTP_TIME, .required = true, .nullable = true, .summary = "null: never"},
    {"expires", HTTP_TIME, .required = true},
    {"current", HTTP_BOOLEAN, .required = true, .summary = "Is it the one that asks?"},
    HTTP_SCHEMA("TokenRow"),
};
static const HttpField token_list_answer[] = {LIST_OF(token_item_fields), HTTP_SCHEMA("TokenPage")};

static json_t *session_item(StoreRows *rows, const PolicyActor *actor)
{
    const char *id = store_row_text(rows, 0);
    return json_pack("{s:s, s:s, s:s, s:b, s:o, s:o, s:o, s:b}", "id", id, "address",
                     store_row_text(rows, 1), "agent", store_row_text(rows, 2), "second_factor",
                     store_row_integer(rows, 3) != 0, "created",
                     json_time(store_row_integer(rows, 4)), "seen",
                     json_time(store_row_integer(rows, 5)), "expires",
                     json_time(store_row_integer(rows, 6)), "current",
                     g_strcmp0(id, actor->session) == 0);
}

static bool list_sessions(HttpRequest *request, GError **error)
{
    OwnList list = {"SELECT id, address, agent, second_factor, created_ms, seen_ms, expires_ms "
                    "FROM session WHERE person = $1 AND ended_ms IS NULL AND expires_ms > $2 "
                    "ORDER BY seen_ms DESC",
                    session_item, NULL};
    return reply_own_list(request, &list, error);
}

static bool end_session(HttpRequest *request, GError **error)
{
    return account_end_session(request_app(request), request_actor(request),
                               http_request_segment(request, "session"), error) &&
           http_reply_empty(request, 204, error);
}

static bool end_other_sessions(HttpRequest *request, GError **error)
{
    return account_end_others(request_app(request), request_actor(request), error) &&
           http_reply_empty(request, 204, error);
}

static json_t *scopes_json(const char *words)
{
    unsigned scopes = 0;
    policy_parse_set(SET_SCOPE, words, &scopes);
    return json_set(SET_SCOPE, scopes);
}

static json_t *token_item(StoreRows *rows, const PolicyActor *actor)
{
    return json_pack("{s:s, s:s, s:o, s:o, s:o, s:o, s:b}", "id", store_row_text(rows, 0), "name",
                     store_row_text(rows, 1), "scopes", scopes_json(store_row_text(rows, 2)),
                     "created", json_time(store_row_integer(rows, 3)), "used",
                     json_time(store_row_integer(rows, 4)), "expires",
                     json_time(store_row_integer(rows, 5)), "current",
                     g_strcmp0(store_row_text(rows, 0), actor->session) == 0);
}

static bool list_tokens(HttpRequest *request, GError **error)
{
    OwnList list = {"SELECT id, name, scopes, created_ms, COALESCE(used_ms, 0), expires_ms "
                    "FROM api_token WHERE person = $1 AND revoked_ms IS NULL AND expires_ms > $2 "
                    "ORDER BY created_ms DESC",
                    token_item, NULL};
    return reply_own_list(request, &list, error);
}

static const HttpField token_fields[] = {
    {"name", HTTP_TEXT, .required = true, .max = 100},
    {"scopes", HTTP_CHOICES, .required = true, .max = 4, .choices = SCOPE_WORDS},
    {"expires", HTTP_TIME, .required = true, .summary = "Within a year"},
    HTTP_SCHEMA("TokenNew"),
};
static const HttpField token_answer[] = {
    {"id", HTTP_ID, .required = true, .choices = "tok"},
    {"token", HTTP_SECRET, .required = true, .summary = "Shown once"},
    {"name", HTTP_TEXT, .required = true},
    {"scopes", HTTP_CHOICES, .required = true, .choices = SCOPE_WORDS},
    {"expires", HTTP_TIME, .required = true},
    HTTP_SCHEMA("Token"),
};

static bool create_token(HttpRequest *request, GError **error)
{
    unsigned scopes = body_set(request, "scopes", SET_SCOPE);
    int64_t expires_ms = http_body_time(request, "expires", 0);
    const char *name = http_body_text(request, "name");
    g_autofree char *id = NULL;
    char *secret = NULL;
    if (!account_create_token(request_app(request), request_actor(request), name, scopes,
                              expires_ms, &id, &secret, error))
        return false;
    json_t *answer = json_pack("{s:s, s:s, s:s, s:o, s:o}", "id", id, "token", secret, "name", name,
                               "scopes", json_set(SET_SCOPE, scopes), "expires",
                               json_time(expires_ms));
    secret_free(secret);
    http_reply_header(request, "Cache-Control", "no-store");
    return http_reply_json(request, 201, answer, error);
}

static bool revoke_token(HttpRequest *request, GError **error)
{
    return account_revoke_token(request_app(request), request_actor(request),
                                http_request_segment(request, "token"), error) &&
           http_reply_empty(request, 204, error);
}

/* ---- organisations ---- */

static const HttpField page_query[] = {PAGE_FIELDS, {0}};

static const HttpField organisation_fields[] = {
    {"id", HTTP_ID, .required = true, .choices = "org"},
    {"name", HTTP_TEXT, .required = true},
    {"kind", HTTP_CHOICE, .required = true, .choices = KIND_WORDS},
    {"persons", HTTP_INTEGER, .summary = "How many of it may sign in; in the list"},
    HTTP_SCHEMA("Organisation"),
};
static const HttpField organisation_list_answer[] = {LIST_OF(organisation_fields), HTTP_SCHEMA("OrganisationPage")};
static const HttpField organisation_body[] = {
    {"name", HTTP_TEXT, .required = true},
    {"kind", HTTP_CHOICE, .required = true, .choices = KIND_WORDS},
    HTTP_SCHEMA("OrganisationNew"),
};

typedef struct ListRead {
    const char *search, *after;
    int64_t limit;
    json_t *items;
} ListRead;

static void organisation_item(const char *id, const char *name, const char *kind, int64_t persons,
                              void *data)
{
    json_array_append_new(data, json_pack("{s:s, s:s, s:s, s:I}", "id", id, "name", name, "kind",
                                          kind, "persons", (json_int_t)persons));
}

static bool organisations_read(StoreTx *tx, const PolicyActor *actor, void *data, GError **error)
{
    ListRead *list = data;
    return policy_enforce(actor, VERB_ORGANISATION_LIST, &(PolicyFacts){0}, error) &&
           organisation_list(tx, list->after, list->limit + 1, organisation_item, list->items,
                             error);
}

static const char *key_name(const json_t *item)
{
    return json_string_value(json_object_get(item, "name"));
}

static const char *key_login(const json_t *item)
{
    return json_string_value(json_object_get(item, "login"));
}

static bool reply_list(HttpRequest *request, PolicyVerb verb, LookClosure read,
                       const char *(*key)(const json_t *), GError **error)
{
    g_autofree char *after = NULL;
    ListRead list = {.limit = page_limit(request)};
    if (!page_key(request, &after, error))
        return false;
    list.after = after;
    if (verb == VERB_PERSON_LIST)
        list.search = http_request_query(request, "q");
    list.items = json_array();
    if (look_run(request_app(request), request_actor(request), verb, "", false, read, &list,
                 error))
        return http_reply_json(request, 200, page_json(list.items, list.limit, key), error);
    json_decref(list.items);
    return false;
}

static bool list_organisations(HttpRequest *request, GError **error)
{
    return reply_list(request, VERB_ORGANISATION_LIST, organisations_read, key_name, error);
}

static bool create_organisation(HttpRequest *request, GError **error)
{
    const char *name = http_body_text(request, "name"), *kind = http_body_text(request, "kind");
    g_autofree char *id = NULL;
    return manage_create_organisation(request_app(request), request_actor(request), name, kind,
                                      &id, error) &&
           http_reply_json(request, 201,
                           json_pack("{s:s, s:s, s:s}", "id", id, "name", name, "kind", kind),
                           error);
}

static const HttpField organisation_change[] = {
    {"name", HTTP_TEXT},
    {"kind", HTTP_CHOICE, .choices = KIND_WORDS},
    HTTP_SCHEMA("OrganisationEdit"),
};

static bool change_organisation(HttpRequest *request, GError **error)
{
    return manage_change_organisation(request_app(request), request_actor(request),
                                      http_request_segment(request, "organisation"),
                                      http_body_text(request, "name"),
                                      http_body_text(request, "kind"), error) &&
           http_reply_empty(request, 204, error);
}

/* ---- persons ---- */

static const HttpField person_query[] = {
    {"q", HTTP_TEXT, .max = 100, .summary = "Part of a name or login"}, PAGE_FIELDS, {0}};

static const HttpField new_person_fields[] = {
    {"login", HTTP_TEXT, .required = true, .max = 40},
    {"name", HTTP_TEXT, .required = true},
    {"email", HTTP_TEXT, .required = true, .max = 254},
    {"organisation", HTTP_ID, .required = true, .choices = "org"},
    {"roles", HTTP_CHOICES, .required = true, .max = 5, .choices = ROLE_WORDS},
    {"language", HTTP_CHOICE, .required = true, .choices = "fr en"},
    {"password", HTTP_SECRET, .required = true,
     .summary = "First password, at least 12 characters"},
    HTTP_SCHEMA("PersonNew"),
};

static const HttpField person_change_fields[] = {
    {"name", HTTP_TEXT},
    {"email", HTTP_TEXT, .max = 254},
    {"roles", HTTP_CHOICES, .max = 5, .choices = ROLE_WORDS},
    {"disabled", HTTP_BOOLEAN},
    HTTP_SCHEMA("PersonEdit"),
};

/* Colleagues are found by name; whose account has no second factor is nobody's business but theirs
 * and the officers'. */
static json_t *person_json_for(const PolicyActor *actor, const IdentityPerson *person)
{
    json_t *json = identity_person_json(person);
    if (policy_decide(actor, VERB_PERSON_MANAGE, NULL).allowed ||
        strcmp(person->id, actor->id) == 0)
        return json;
    static const char *const own[] = {"email", "language", "has_second_factor"};
    for (size_t i = 0; i < G_N_ELEMENTS(own); i++)
        json_object_del(json, own[i]);
    return json;
}

static bool persons_read(StoreTx *tx, const PolicyActor *actor, void *data, GError **error)
{
    ListRead *list = data;
    g_autoptr(GPtrArray) persons = NULL;
    if (!policy_enforce(actor, VERB_PERSON_LIST, &(PolicyFacts){0}, error) ||
        !person_list(tx, list->search, list->after, list->limit + 1, &persons, error))
        return false;
    for (guint i = 0; i < persons->len; i++)
        json_array_append_new(list->items,
                              person_json_for(actor, g_ptr_array_index(persons, i)));
    return true;
}

static bool list_persons(HttpRequest *request, GError **error)
{
    return reply_list(request, VERB_PERSON_LIST, persons_read, key_login, error);
}

static bool create_person(HttpRequest *request, GError **error)
{
    App *app = request_app(request);
    const PolicyActor *actor = request_actor(request);
    /* Asked first, so that nobody else makes us hash passwords; the refusal itself is act_run()'s,
     * which logs it. */
    bool may = policy_decide(actor, VERB_PERSON_MANAGE, NULL).allowed;
    char *hash = may ? identity_hash_password(app, http_body_text(request, "password"), error)
                     : NULL;
    IdentityNewPerson given = {
        .login = http_body_text(request, "login"),
        .name = http_body_text(request, "name"),
        .email = http_body_text(request, "email"),
        .organisation = http_body_text(request, "organisation"),
        .roles = body_set(request, "roles", SET_ROLE),
        .language = http_body_text(request, "language"),
        .password_hash = hash,
    };
    g_autoptr(IdentityPerson) person = NULL;
    bool ok = (hash != NULL || !may) && manage_create_person(app, actor, &given, &person, error);
    secret_free(hash);
    return ok && reply_person(request, 201, person, error);
}

typedef struct PersonRead {
    const char *id;
    IdentityPerson *person;
} PersonRead;

static bool person_read(StoreTx *tx, const PolicyActor *actor, void *data, GError **error)
{
    PersonRead *read = data;
    return policy_enforce(actor, VERB_PERSON_LIST, &(PolicyFacts){0}, error) &&
           person_resolve(tx, read->id, &read->person, error);
}

static bool show_person(HttpRequest *request, GError **error)
{
    PersonRead read = {.id = http_request_segment(request, "person")};
    bool ok = look_run(request_app(request), request_actor(request), VERB_PERSON_LIST, read.id,
                       false, person_read, &read, error) &&
              http_reply_json(request, 200, person_json_for(request_actor(request), read.person),
                              error);
    identity_person_free(read.person);
    return ok;
}

static bool change_person(HttpRequest *request, GError **error)
{
    PersonChange change = {
        .name = http_body_text(request, "name"),
        .email = http_body_text(request, "email"),
        .set_roles = body_has(request, "roles"),
        .roles = body_set(request, "roles", SET_ROLE),
        .set_disabled = body_has(request, "disabled"),
        .disabled = http_body_boolean(request, "disabled", false),
    };
    g_autoptr(IdentityPerson) person = NULL;
    return manage_change_person(request_app(request), request_actor(request),
                                http_request_segment(request, "person"), &change, &person,
                                error) &&
           reply_person(request, 200, person, error);
}

static bool reset_factor(HttpRequest *request, GError **error)
{
    return manage_reset_factor(request_app(request), request_actor(request),
                               http_request_segment(request, "person"), error) &&
           http_reply_empty(request, 204, error);
}

#define ROUTE(method_, path_, handler_, summary_, ...)                                             \
    {.method = method_, .path = "/api/v1" path_, .handler = handler_, .access = HTTP_PERSON,       \
     .tag = "identity", .summary = summary_, ##__VA_ARGS__}

const HttpRoute identity_routes[] = {
    {.method = "POST", .path = "/api/v1/session", .handler = sign_in, .access = HTTP_PUBLIC,
     .tag = "identity", .summary = "Sign in", .body = sign_in_fields, .answer = session_fields,
     .problems = HTTP_PROBLEM(ERROR_UNAUTHENTICATED) | HTTP_PROBLEM(ERROR_DENIED)},
    ROUTE("GET", "/session", show_session, "Who is signed in", .answer = session_fields),
    ROUTE("DELETE", "/session", sign_out, "Sign out", .success = 204),
    ROUTE("PATCH", "/me", change_me, "Change one's own name, address or language",
          .body = me_fields, .answer = person_fields),
    ROUTE("POST", "/me/password", change_password, "Change one's own password",
          .body = password_fields, .success = 204),
    ROUTE("POST", "/me/second-factor", begin_factor, "Begin to set up a second factor",
          .body = factor_fields, .answer = factor_answer),
    ROUTE("POST", "/me/second-factor/confirm", confirm_factor, "Put the second factor in place",
          .body = code_fields, .answer = recovery_answer),
    ROUTE("GET", "/me/second-factor", factor_show, "Whether it is in place, and its recovery codes",
          .answer = factor_state_answer),
    ROUTE("POST", "/me/recovery-codes", factor_new_codes, "New recovery codes instead of the old",
          .body = recovery_fields, .answer = recovery_answer),
    ROUTE("POST", "/me/sessions/end-others", end_other_sessions, "End all but this one",
          .success = 204),
    ROUTE("GET", "/me/sessions", list_sessions, "One's own open sessions",
          .answer = session_list_answer),
    ROUTE("DELETE", "/me/sessions/{session}", end_session, "End one of them", .success = 204),
    ROUTE("GET", "/me/tokens", list_tokens, "One's own live API tokens",
          .answer = token_list_answer),
    ROUTE("POST", "/me/tokens", create_token, "Make an API token", .body = token_fields,
          .answer = token_answer, .success = 201),
    ROUTE("DELETE", "/me/tokens/{token}", revoke_token, "Revoke one of them", .success = 204),
    ROUTE("GET", "/organisations", list_organisations, "Organisations", .query = page_query,
          .answer = organisation_list_answer),
    ROUTE("POST", "/organisations", create_organisation, "Add an organisation",
          .body = organisation_body, .answer = organisation_fields, .success = 201),
    ROUTE("PATCH", "/organisations/{organisation}", change_organisation,
          "Change an organisation's name or kind", .body = organisation_change, .success = 204),
    ROUTE("GET", "/persons", list_persons, "Persons", .query = person_query,
          .answer = person_list_answer),
    ROUTE("POST", "/persons", create_person, "Add a person", .body = new_person_fields,
          .problems = HTTP_PROBLEM(ERROR_NOT_FOUND),
          .answer = person_fields, .success = 201),
    ROUTE("GET", "/persons/{person}", show_person, "One person", .answer = person_fields),
    ROUTE("PATCH", "/persons/{person}", change_person, "Change a person",
          .body = person_change_fields, .answer = person_fields),
    ROUTE("POST", "/persons/{person}/reset-second-factor", reset_factor,
          "Take away a lost second factor", .success = 204),
    {0},
};
