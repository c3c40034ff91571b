/* SPDX-License-Identifier: Apache-2.0 */
/* The HTTP face of keys: their list without any secret, and their destruction. */
#include "protection/internal.h"

#include "projects/answers.h"

#include <string.h>

typedef struct KeyAnswer {
    const char *id;
    json_t *json;
} KeyAnswer;

static json_t *key_json(const PseudonymKey *k)
{
    json_t *json = json_pack("{s:s, s:s, s:{s:s, s:s}, s:s, s:o, s:b}", "id", k->id, "domain", k->domain,
                             "organisation", "id", k->organisation, "name", k->organisation_name,
                             "created_by", k->created_by, "created", answer_time(k->created_ms), "lives",
                             k->destroyed_ms == 0);
    json_object_set_new(json, "project", *k->project == '\0'
                                             ? json_null()
                                             : json_pack("{s:s, s:s}", "id", k->project, "title",
                                                         k->project_title));
    json_object_set_new(json, "destroyed", answer_time(k->destroyed_ms));
    json_object_set_new(json, "destroyed_by", json_string(k->destroyed_by));
    json_object_set_new(json, "reason", json_string(k->reason));
    return json;
}

/* Officers and auditors see all, producers those of their organisation. */
static bool list_in(StoreTx *tx, const PolicyActor *actor, void *data, GError **error)
{
    KeyAnswer *answer = data;
    PolicyFacts facts = {0};
    bool all = (actor->roles & (ROLE_OFFICER | ROLE_AUDITOR)) != 0;
    pseudonym_key_facts(actor, actor->organisation, &facts);
    if (!policy_enforce(actor, VERB_KEY_VIEW, &facts, error))
        return false;
    g_autoptr(GPtrArray) keys = pseudonym_key_list(tx, all ? NULL : actor->organisation, error);
    if (keys == NULL)
        return false;
    answer->json = json_array();
    for (guint i = 0; i < keys->len; i++)
        json_array_append_new(answer->json, key_json(g_ptr_array_index(keys, i)));
    return true;
}

bool api_key_list(HttpRequest *request, GError **error)
{
    KeyAnswer answer = {0};
    if (!look_run(request_app(request), request_actor(request), VERB_KEY_VIEW, "", false, list_in,
                  &answer, error))
        return false;
    return http_reply_json(request, 200, json_pack("{s:o, s:n}", "items", answer.json, "next"), error);
}

static bool show_in(StoreTx *tx, const PolicyActor *actor, void *data, GError **error)
{
    KeyAnswer *answer = data;
    PolicyFacts facts = {0};
    g_autoptr(PseudonymKey) key = NULL;
    if (!pseudonym_key_load(tx, answer->id, &key, error))
        return false;
    pseudonym_key_facts(actor, key->organisation, &facts);
    if (!policy_enforce(actor, VERB_KEY_VIEW, &facts, error))
        return false;
    answer->json = key_json(key);
    return true;
}

bool api_key_destroy(HttpRequest *request, GError **error)
{
    KeyAnswer answer = {.id = http_request_segment(request, "key")};
    App *app = request_app(request);
    const PolicyActor *actor = request_actor(request);
    return pseudonym_key_destroy(app, actor, answer.id, http_body_text(request, "reason"),
                                 http_body_text(request, "code"), error) &&
           look_run(app, actor, VERB_KEY_VIEW, answer.id, false, show_in, &answer, error) &&
           http_reply_json(request, 200, answer.json, error);
}

/* ---- tables ---- */

const HttpField key_destroy_fields[] = {
    {"reason", HTTP_TEXT, .required = true, .max = 400, .summary = "Why; it stays on record"},
    {"code", HTTP_SECRET, .required = true, .max = 64, .summary = "Of the second factor"},
    HTTP_SCHEMA("KeyDestruction"),
};
static const HttpField organisation_answer[] = {
    {"id", HTTP_ID, .required = true, .choices = "org"},
    {"name", HTTP_TEXT, .required = true},
    HTTP_SCHEMA("OrganisationBrief"),
};
static const HttpField project_answer[] = {
    {"id", HTTP_ID, .required = true, .choices = "prj"},
    {"title", HTTP_TEXT, .required = true},
    HTTP_SCHEMA("KeyProject"),
};
const HttpField key_answer[] = {
    {"id", HTTP_ID, .required = true, .choices = "key"},
    {"domain", HTTP_TEXT, .required = true},
    {"organisation", HTTP_OBJECT, .required = true, .fields = organisation_answer},
    {"project", HTTP_OBJECT, .required = true, .nullable = true, .fields = project_answer,
     .summary = "null: of the files that serve every project"},
    {"created_by", HTTP_TEXT, .required = true},
    {"created", HTTP_TIME, .required = true},
    {"lives", HTTP_BOOLEAN, .required = true, .summary = "Pseudonyms can still be made under it"},
    {"destroyed", HTTP_TIME, .required = true, .nullable = true},
    {"destroyed_by", HTTP_TEXT, .required = true},
    {"reason", HTTP_TEXT, .required = true},
    HTTP_SCHEMA("PseudonymKey"),
};
const HttpField keys_answer[] = {
    {"items", HTTP_LIST, .required = true, .fields = key_answer},
    ANSWER_NEXT,
    HTTP_SCHEMA("PseudonymKeyPage"),
};
