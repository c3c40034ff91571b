/* SPDX-License-Identifier: Apache-2.0 */
/* The HTTP face of accreditation: applications, signatures, the project's table, its files. */
#include "accreditation/internal.h"
#include "base/error.h"
#include "base/files.h"
#include "base/times.h"
#include "projects/answers.h"
#include "sources/answers.h"

#include <string.h>

typedef struct Answer {
    const char *id;
    ApplicationQuery query;
    json_t *json;
} Answer;

static bool read_application(StoreTx *tx, const PolicyActor *actor, void *data, GError **error)
{
    Answer *answer = data;
    PolicyFacts facts = {0};
    g_autoptr(Application) a = NULL;
    return application_load(tx, answer->id, &a, error) &&
           application_visible(tx, actor, a, time_now_ms(), &facts, error) &&
           policy_enforce(actor, VERB_APPLICATION_VIEW, &facts, error) &&
           answer_application_whole(tx, actor, a, &facts, &answer->json, error);
}

static bool reply_application(HttpRequest *request, int status, const char *id, GError **error)
{
    Answer answer = {.id = id};
    if (!look_run(request_app(request), request_actor(request), VERB_APPLICATION_VIEW, id, false,
                  read_application, &answer, error))
        return false;
    return http_reply_json(request, status, answer.json, error);
}

/* ---- applications ---- */

static const char **texts_of_body(const HttpRequest *request, const char *name)
{
    const json_t *list = json_object_get(http_request_body(request), name);
    size_t count = json_array_size(list);
    const char **texts = g_new0(const char *, count + 1);
    for (size_t i = 0; i < count; i++)
        texts[i] = json_string_value(json_array_get(list, i));
    return texts;
}

/* The whole object, or NULL; caller frees with free(). */
static char *answers_of_body(const HttpRequest *request)
{
    const json_t *answers = json_object_get(http_request_body(request), "answers");
    return json_is_object(answers) ? json_dumps(answers, JSON_COMPACT | JSON_SORT_KEYS) : NULL;
}

static bool api_create(HttpRequest *request, GError **error)
{
    g_autofree const char **datasets = texts_of_body(request, "datasets");
    g_autofree const char **persons = texts_of_body(request, "persons");
    g_autofree char *id = NULL;
    char *answers = answers_of_body(request);
    const char *justification = http_body_text(request, "justification");
    ApplicationNew given = {
        .project = http_request_segment(request, "project"),
        .justification = justification != NULL ? justification : "",
        .datasets = datasets,
        .persons = persons,
        .answers = answers,
        .until_ms = http_body_time(request, "until", 0),
    };
    bool ok = application_create(request_app(request), request_actor(request), &given, &id,
                                 error) &&
              reply_application(request, 201, id, error);
    free(answers);
    return ok;
}

static bool api_edit(HttpRequest *request, GError **error)
{
    const json_t *body = http_request_body(request);
    const char *id = http_request_segment(request, "application");
    g_autofree const char **datasets =
        json_is_array(json_object_get(body, "datasets")) ? texts_of_body(request, "datasets")
                                                         : NULL;
    g_autofree const char **persons =
        json_is_array(json_object_get(body, "persons")) ? texts_of_body(request, "persons") : NULL;
    char *answers = answers_of_body(request);
    ApplicationNew given = {
        .justification = http_body_text(request, "justification"),
        .datasets = datasets,
        .persons = persons,
        .answers = answers,
        .until_ms = http_body_time(request, "until", 0),
        .version = http_body_integer(request, "version", 0),
    };
    bool ok = application_edit(request_app(request), request_actor(request), id, &given, error) &&
              reply_application(request, 200, id, error);
    free(answers);
    return ok;
}

static bool api_withdraw(HttpRequest *request, GError **error)
{
    const char *id = http_request_segment(request, "application");
    return application_withdraw(request_app(request), request_actor(request), id, error) &&
           reply_application(request, 200, id, error);
}

static bool read_earlier(StoreTx *tx, const PolicyActor *actor, void *data, GError **error)
{
    enum { EARLIER_MOST = 30 };
    Answer *answer = data;
    int64_t now = time_now_ms();
    PolicyFacts facts = {0};
    g_autoptr(Application) a = NULL;
    if (!application_load(tx, answer->id, &a, error) ||
        !application_visible(tx, actor, a, now, &facts, error) ||
        !policy_enforce(actor, VERB_APPLICATION_VIEW, &facts, error))
        return false;
    g_autoptr(GPtrArray) list = application_earlier(tx, actor, a, now, EARLIER_MOST, error);
    if (list == NULL)
        return false;
    json_t *items = json_array();
    for (guint i = 0; i < list->len; i++)
        json_array_append_new(items, answer_earlier(g_ptr_array_index(list, i)));
    answer->json = json_pack("{s:o, s:n}", "items", items, "next");
    return true;
}

static bool api_earlier(HttpRequest *request, GError **error)
{
    Answer answer = {.id = http_request_segment(request, "application")};
    if (!look_run(request_app(request), request_actor(request), VERB_APPLICATION_VIEW, answer.id,
                  false, read_earlier, &answer, error))
        return false;
    return http_reply_json(request, 200, answer.json, error);
}

static bool read_openings(StoreTx *tx, const PolicyActor *actor, void *data, GError **error)
{
    Answer *answer = data;
    if (!policy_enforce(actor, VERB_SOURCE_VIEW, NULL, error))
        return false;
    json_t *items = source_openings(tx, actor, answer->id, time_now_ms(), error);
    if (items == NULL)
        return false;
    answer->json = json_pack("{s:o, s:n}", "items", items, "next");
    return true;
}

static bool api_openings(HttpRequest *request, GError **error)
{
    Answer answer = {.id = http_request_segment(request, "source")};
    if (!look_run(request_app(request), request_actor(request), VERB_SOURCE_VIEW, answer.id,
                  false, read_openings, &answer, error))
        return false;
    return http_reply_json(request, 200, answer.json, error);
}

static bool read_applications(StoreTx *tx, const PolicyActor *actor, void *data, GError **error)
{
    Answer *answer = data;
    g_autoptr(GPtrArray) list =
        application_list(tx, actor, &answer->query, time_now_ms(), error);
    if (list == NULL)
        return false;
    answer->json = answer_applications(tx, list, error);
    return answer->json != NULL;
}

static const char *key_by_id(const json_t *item)
{
    return json_string_value(json_object_get(item, "id"));
}

static bool api_list(HttpRequest *request, GError **error)
{
    static const PolicyFacts own = {.is_owner = true};
    g_autofree char *after = NULL;
    const PolicyActor *actor = request_actor(request);
    const char *project = http_request_query(request, "project");
    if (!page_key(request, &after, error) ||
        !policy_enforce(actor, VERB_ACCOUNT_LISTS, &own, error))
        return false;
    int64_t limit = page_limit(request);
    Answer answer = {.query = {.project = project != NULL ? project : "",
                               .state = http_request_query(request, "state"),
                               .source = http_request_query(request, "source"),
                               .written_by_me = http_request_query(request, "author") != NULL,
                               .awaiting_me = http_request_query(request, "awaiting") != NULL,
                               .after = after, .limit = limit + 1}};
    if (!look_run(request_app(request), actor, VERB_APPLICATION_VIEW, "", false,
                  read_applications, &answer, error))
        return false;
    return http_reply_json(request, 200, page_json(answer.json, limit, key_by_id), error);
}

static bool api_show(HttpRequest *request, GError **error)
{
    return reply_application(request, 200, http_request_segment(request, "application"), error);
}

static bool api_submit(HttpRequest *request, GError **error)
{
    const char *id = http_request_segment(request, "application");
    return application_submit(request_app(request), request_actor(request), id, error) &&
           reply_application(request, 200, id, error);
}

static Signature signature_of_body(const HttpRequest *request)
{
    const char *comment = http_body_text(request, "comment");
    return (Signature){
        .dataset = http_body_text(request, "dataset"),
        .person = http_body_text(request, "person"),
        .outcome = http_body_text(request, "outcome"),
        .comment = comment != NULL ? comment : "",
        .expires_ms = http_body_time(request, "expires", 0),
    };
}

static bool api_agree(HttpRequest *request, GError **error)
{
    const char *id = http_request_segment(request, "application");
    Signature signature = signature_of_body(request);
    return application_agree(request_app(request), request_actor(request), id, &signature,
                             error) &&
           reply_application(request, 200, id, error);
}

static bool api_opine(HttpRequest *request, GError **error)
{
    const char *id = http_request_segment(request, "application");
    Signature signature = signature_of_body(request);
    return application_opine(request_app(request), request_actor(request), id, &signature,
                             error) &&
           reply_application(request, 200, id, error);
}

static bool api_undertake(HttpRequest *request, GError **error)
{
    const char *id = http_request_segment(request, "application");
    return application_undertake(request_app(request), request_actor(request), id,
                                 http_body_text(request, "code"), error) &&
           reply_application(request, 200, id, error);
}

static bool api_need(HttpRequest *request, GError **error)
{
    Signature signature = signature_of_body(request);
    g_autofree char *fact = NULL;
    signature.outcome = "needed";
    if (!need_to_know_sign(request_app(request), request_actor(request),
                           http_request_segment(request, "project"), &signature, &fact, error))
        return false;
    return http_reply_json(request, 201, json_pack("{s:s}", "fact", fact), error);
}

static bool api_revoke(HttpRequest *request, GError **error)
{
    const char *fact = http_request_segment(request, "fact");
    if (!fact_revoke(request_app(request), request_actor(request), fact,
                     http_body_text(request, "reason"), error))
        return false;
    return http_reply_json(request, 200, json_pack("{s:s}", "fact", fact), error);
}

/* ---- the project's table ---- */

static json_t *term_json(StoreTx *tx, const Accreditation *a, const AccreditationTerm *term,
                         const char *project, GError **error)
{
    const AccreditationFact *fact = term->fact;
    json_t *waits = answer_waits(tx, term->waits_for, project, a->source, a->name, error);
    if (waits == NULL)
        return NULL;
    return json_pack("{s:s, s:b, s:s, s:s, s:o, s:o, s:o, s:o, s:o}", "term",
                     policy_name(SET_TERM, term->term), "met", term->met, "reason", term->reason,
                     "detail", term->detail, "by",
                     fact != NULL ? json_string(fact->by_name) : json_null(), "signed",
                     answer_time(fact != NULL ? fact->signed_ms : 0), "expires",
                     answer_time(term->expires_ms), "waits_for", waits, "fact",
                     fact != NULL ? json_string(fact->id) : json_null());
}

static json_t *accreditation_json(StoreTx *tx, const Accreditation *a, const char *project,
                                  GError **error)
{
    g_autoptr(json_t) terms = json_array();
    for (size_t i = 0; i < a->term_count; i++) {
        json_t *term = term_json(tx, a, &a->terms[i], project, error);
        if (term == NULL)
            return NULL;
        json_array_append_new(terms, term);
    }
    return json_pack("{s:o, s:{s:s, s:s, s:s, s:{s:s, s:s}}, s:b, s:O}", "person",
                     answer_person(a->person, a->login, a->name), "dataset", "id", a->dataset,
                     "title", a->dataset_title, "level", a->level, "source", "id", a->source,
                     "title", a->source_title, "holds", a->holds, "terms", terms);
}

/* A steward who is not in the project sees in it what concerns their own sources. */
static bool table_line_is_visible(StoreTx *tx, const PolicyActor *actor, const Accreditation *a,
                                  const PolicyFacts *facts, bool *ret_visible, GError **error)
{
    PolicyFacts about = *facts;
    if (!source_is_steward(tx, a->source, actor->id, &about.is_steward, error))
        return false;
    *ret_visible = about.is_steward || policy_decide(actor, VERB_PROJECT_VIEW, facts).allowed;
    return true;
}

static bool read_table(StoreTx *tx, const PolicyActor *actor, void *data, GError **error)
{
    Answer *answer = data;
    int64_t now = time_now_ms();
    PolicyFacts facts = {0};
    if (!policy_enforce(actor, VERB_SOURCE_VIEW, NULL, error) ||
        !project_facts_load(tx, actor, answer->id, now, &facts, error))
        return false;
    g_autoptr(GPtrArray) list = accreditation_list(tx, answer->id, NULL, now, error);
    if (list == NULL)
        return false;
    g_autoptr(json_t) items = json_array();
    for (guint i = 0; i < list->len; i++) {
        const Accreditation *a = g_ptr_array_index(list, i);
        bool visible = false;
        if (!table_line_is_visible(tx, actor, a, &facts, &visible, error))
            return false;
        json_t *item = visible ? accreditation_json(tx, a, answer->id, error) : NULL;
        if (visible && item == NULL)
            return false;
        if (visible)
            json_array_append_new(items, item);
    }
    if (json_array_size(items) == 0 &&
        !project_facts_visible(tx, actor, answer->id, now, &facts, error))
        return false;
    answer->json = json_pack("{s:O, s:n}", "items", items, "next");
    return true;
}

static bool api_table(HttpRequest *request, GError **error)
{
    Answer answer = {.id = http_request_segment(request, "project")};
    if (!look_run(request_app(request), request_actor(request), VERB_PROJECT_VIEW, answer.id,
                  false, read_table, &answer, error))
        return false;
    return http_reply_json(request, 200, answer.json, error);
}

/* ---- tables ---- */

static const HttpField list_fields[] = {
    {"project", HTTP_ID, .choices = "prj"},
    {"source", HTTP_ID, .choices = "src", .summary = "That ask for a dataset of this source"},
    {"state", HTTP_CHOICE, .choices = APPLICATION_STATES},
    {"author", HTTP_CHOICE, .choices = "me", .summary = "Those that I wrote"},
    {"awaiting", HTTP_CHOICE, .choices = "me", .summary = "Those that wait for my signature"},
    PAGE_FIELDS,
    {0},
};
static const HttpField agree_fields[] = {
    {"dataset", HTTP_ID, .required = true, .choices = "dts"},
    {"outcome", HTTP_CHOICE, .required = true, .choices = "agreed refused"},
    {"comment", HTTP_LONG_TEXT, .max = 4000, .summary = "Required of a refusal"},
    {"expires", HTTP_TIME},
    HTTP_SCHEMA("AgreementNew"),
};
static const HttpField opine_fields[] = {
    {"outcome", HTTP_CHOICE, .required = true, .choices = "favourable adjourned unfavourable"},
    {"comment", HTTP_LONG_TEXT, .max = 4000, .summary = "Required unless favourable"},
    {"expires", HTTP_TIME, .summary = "Required of a favourable opinion"},
    HTTP_SCHEMA("OpinionNew"),
};
static const HttpField undertake_fields[] = {
    {"code", HTTP_SECRET, .required = true, .max = 40, .summary = "Code of the second factor"},
    HTTP_SCHEMA("UndertakingNew"),
};
static const HttpField need_fields[] = {
    {"person", HTTP_TEXT, .required = true, .max = 40, .summary = "Login"},
    {"dataset", HTTP_ID, .required = true, .choices = "dts"},
    {"comment", HTTP_LONG_TEXT, .required = true, .max = 4000},
    {"expires", HTTP_TIME},
    HTTP_SCHEMA("NeedNew"),
};
static const HttpField revoke_fields[] = {
    {"reason", HTTP_LONG_TEXT, .required = true, .max = 2000},
    HTTP_SCHEMA("Revocation"),
};
static const HttpField fact_answer[] = {
    {"fact", HTTP_ID, .required = true, .choices = "fac"},
    HTTP_SCHEMA("Fact"),
};
static const HttpField person_answer[] = {
    {"id", HTTP_ID, .required = true, .choices = "per"},
    {"login", HTTP_TEXT, .required = true},
    {"name", HTTP_TEXT, .required = true},
    HTTP_SCHEMA("PersonBrief"),
};
static const HttpField term_answer[] = {
    {"term", HTTP_CHOICE, .required = true, .choices = APPLICATION_TERMS},
    {"met", HTTP_BOOLEAN, .required = true},
    {"reason", HTTP_TEXT, .required = true},
    {"detail", HTTP_TEXT, .required = true},
    {"by", HTTP_TEXT, .required = true, .nullable = true},
    {"signed", HTTP_TIME, .required = true, .nullable = true},
    {"expires", HTTP_TIME, .required = true, .nullable = true},
    {"waits_for", HTTP_TEXT_LIST, .required = true, .summary = "Names, or roles"},
    {"fact", HTTP_ID, .required = true, .nullable = true, .choices = "fac"},
    HTTP_SCHEMA("Term"),
};
static const HttpField source_title_answer[] = {
    {"id", HTTP_ID, .required = true, .choices = "src"},
    {"title", HTTP_TEXT, .required = true},
    HTTP_SCHEMA("SourceTitle"),
};
static const HttpField used_answer[] = {
    {"id", HTTP_ID, .required = true, .choices = "dts"},
    {"title", HTTP_TEXT, .required = true},
    {"level", HTTP_CHOICE, .required = true, .choices = "public scientific secure"},
    {"source", HTTP_OBJECT, .required = true, .fields = source_title_answer},
    HTTP_SCHEMA("DatasetTitle"),
};
static const HttpField row_answer[] = {
    {"person", HTTP_OBJECT, .required = true, .fields = person_answer},
    {"dataset", HTTP_OBJECT, .required = true, .fields = used_answer},
    {"holds", HTTP_BOOLEAN, .required = true},
    {"terms", HTTP_LIST, .required = true, .fields = term_answer},
    HTTP_SCHEMA("Accreditation"),
};
static const HttpField table_answer[] = {
    {"items", HTTP_LIST, .required = true, .fields = row_answer},
    ANSWER_NEXT,
    HTTP_SCHEMA("AccreditationPage"),
};
#define PROJECT "/api/v1/projects/{project}"
#define APPLICATION "/api/v1/applications/{application}"

const HttpRoute accreditation_routes[] = {
    {.method = "GET", .path = PROJECT "/accreditations", .handler = api_table,
     .access = HTTP_PERSON, .answer = table_answer, .tag = "accreditation",
     .summary = "Who may use what, term by term"},
    {.method = "POST", .path = PROJECT "/applications", .handler = api_create,
     .access = HTTP_PERSON, .body = application_new_fields, .answer = application_answer, .success = 201,
     .tag = "accreditation", .summary = "Apply for datasets"},
    {.method = "GET", .path = "/api/v1/applications", .handler = api_list, .access = HTTP_PERSON,
     .query = list_fields, .answer = applications_answer, .tag = "accreditation",
     .summary = "The applications that I may see, newest first"},
    {.method = "GET", .path = APPLICATION, .handler = api_show, .access = HTTP_PERSON,
     .answer = application_answer, .tag = "accreditation", .summary = "One application"},
    {.method = "PATCH", .path = APPLICATION, .handler = api_edit, .access = HTTP_PERSON,
     .body = application_edit_fields, .answer = application_answer, .tag = "accreditation",
     .summary = "Save a draft, or the texts of an adjourned application"},
    {.method = "GET", .path = APPLICATION "/earlier", .handler = api_earlier,
     .access = HTTP_PERSON, .answer = earlier_answer, .tag = "accreditation",
     .summary = "What was decided before about these sources, or in this project"},
    {.method = "GET", .path = "/api/v1/sources/{source}/openings", .handler = api_openings,
     .access = HTTP_PERSON, .answer = openings_answer, .tag = "sources",
     .summary = "In which of my projects I may apply for it"},
    {.method = "POST", .path = APPLICATION "/withdraw", .handler = api_withdraw,
     .access = HTTP_PERSON, .answer = application_answer, .tag = "accreditation",
     .summary = "Give a draft up, or withdraw what was submitted"},
    {.method = "POST", .path = APPLICATION "/submit", .handler = api_submit,
     .access = HTTP_PERSON, .answer = application_answer, .tag = "accreditation",
     .summary = "Submit it to producers and committee"},
    {.method = "POST", .path = APPLICATION "/agreements", .handler = api_agree,
     .access = HTTP_PERSON, .body = agree_fields, .answer = application_answer,
     .tag = "accreditation", .summary = "A steward agrees or refuses"},
    {.method = "POST", .path = APPLICATION "/opinion", .handler = api_opine,
     .access = HTTP_PERSON, .body = opine_fields, .answer = application_answer,
     .tag = "accreditation", .summary = "The committee's opinion"},
    {.method = "POST", .path = APPLICATION "/undertaking", .handler = api_undertake,
     .access = HTTP_PERSON, .body = undertake_fields, .answer = application_answer,
     .tag = "accreditation", .summary = "Sign my undertaking with my second factor"},
    {.method = "POST", .path = PROJECT "/need-to-know", .handler = api_need,
     .access = HTTP_PERSON, .body = need_fields, .answer = fact_answer, .success = 201,
     .tag = "accreditation", .summary = "The lead confirms that a person needs a dataset"},
    {.method = "POST", .path = "/api/v1/facts/{fact}/revoke", .handler = api_revoke,
     .access = HTTP_PERSON, .body = revoke_fields, .answer = fact_answer, .tag = "accreditation",
     .summary = "Take a signature back"},
    {0},
};

static bool accreditation_measure(App *app, GError **error)
{
    return measure_rows(app, METRIC_QUEUE,
                        "SELECT 'applications', count(*) FROM application WHERE state = 'submitted'",
                        error);
}

static const Duty accreditation_duties[] = {
    {"accreditation.reminders", (int)TIME_HOUR_MS, accreditation_remind},
    {0},
};

const Room accreditation_room = {
    .name = "accreditation", .routes = accreditation_routes, .duties = accreditation_duties,
    .measure = accreditation_measure};
