/* SPDX-License-Identifier: Apache-2.0 */
/* The HTTP face of protections, and the room's table of routes. */
#include "protection/internal.h"

#include "base/encode.h"
#include "base/error.h"
#include "projects/answers.h"
#include "protect/protect.h"

#include <string.h>

typedef struct Answer {
    App *app;
    const char *id;
    json_t *json;
} Answer;

/* The lines of a report that a person decides by. */
static json_t *summary_json(const Protection *p)
{
    static const char *const when[] = {"before", "after"};
    if (*p->report == '\0')
        return json_null();
    g_autoptr(json_t) report = json_loads(p->report, 0, NULL);
    json_t *summary = json_object();
    for (size_t w = 0; w < G_N_ELEMENTS(when); w++) {
        const json_t *risk = json_object_get(report, when[w]);
        const json_t *alike = json_object_get(risk, "category"), *wild = json_object_get(risk, "wildcard");
        const json_t *individual = json_object_get(risk, "individual");
        json_t *line = json_pack(
            "{s:I, s:I, s:I, s:I, s:I}", "records", json_integer_value(json_object_get(risk, "records")),
            "columns", json_integer_value(json_object_get(risk, "columns")), "uniques",
            json_integer_value(json_object_get(alike, "uniques")), "below_k",
            json_integer_value(json_object_get(alike, "below_k")), "below_k_wildcard",
            json_integer_value(json_object_get(wild, "below_k")));
        json_object_set_new(line, "expected",
                            json_real(json_number_value(json_object_get(individual, "expected"))));
        json_object_set_new(line, "identifiers",
                            json_integer((json_int_t)json_array_size(json_object_get(risk, "identifiers"))));
        json_object_set_new(summary, when[w], line);
    }
    return summary;
}

static json_t *protection_json(App *app, const Protection *p)
{
    double done = 0;
    g_autofree char *what = NULL;
    bool at_work = p->state == PROTECTION_RUNNING && protection_progress(app, p->id, &done, &what);
    g_autoptr(json_t) recipe = json_loads(p->recipe, 0, NULL);
    g_autoptr(GPtrArray) domains = protect_domains(recipe);
    json_t *names = json_array();
    for (guint i = 0; i < domains->len; i++)
        json_array_append_new(names, json_string(g_ptr_array_index(domains, i)));
    json_t *json = json_pack(
        "{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:s}", "id", p->id, "source", p->source,
        "slug", p->slug, "title", p->title, "vintage", p->vintage, "level",
        policy_name(SET_LEVEL, p->level), "state", protection_state_name(p->state), "failure", p->failure,
        "file_name", p->file_name, "file_size", (json_int_t)p->file_size, "file_sha256", p->file_sha256);
    json_object_set_new(json, "recipe_title", answer_text(json_string_value(json_object_get(recipe, "title"))));
    json_object_set_new(json, "domains", names);
    json_object_set_new(json, "project", *p->project != '\0' ? json_string(p->project) : json_null());
    json_object_set_new(json, "done", json_real(at_work ? done : 0));
    json_object_set_new(json, "step", answer_text(what));
    json_object_set_new(json, "summary", summary_json(p));
    json_object_set_new(json, "dataset", *p->dataset != '\0' ? json_string(p->dataset) : json_null());
    json_object_set_new(json, "created_by", json_string(p->created_by));
    json_object_set_new(json, "created", answer_time(p->created_ms));
    json_object_set_new(json, "changed", answer_time(p->changed_ms));
    return json;
}

static bool read_one(StoreTx *tx, const PolicyActor *actor, void *data, GError **error)
{
    Answer *answer = data;
    g_autoptr(Protection) p = NULL;
    if (!protection_facts(tx, actor, VERB_DATASET_REPORT, answer->id, &p, NULL, error))
        return false;
    answer->json = protection_json(answer->app, p);
    return true;
}

static bool reply_one(HttpRequest *request, int status, const char *id, GError **error)
{
    Answer answer = {.app = request_app(request), .id = id};
    return look_run(answer.app, request_actor(request), VERB_DATASET_REPORT, id, false, read_one, &answer,
                    error) &&
           http_reply_json(request, status, answer.json, error);
}

static const char *segment(const HttpRequest *request)
{
    return http_request_segment(request, "protection");
}

static bool api_show(HttpRequest *request, GError **error)
{
    return reply_one(request, 200, segment(request), error);
}

static bool read_list(StoreTx *tx, const PolicyActor *actor, void *data, GError **error)
{
    Answer *answer = data;
    PolicyFacts facts = {0};
    g_autoptr(Source) source = NULL;
    if (!source_load(tx, answer->id, &source, error) ||
        !source_facts_add(tx, actor, source, NULL, NULL, &facts, error) ||
        !policy_enforce(actor, VERB_DATASET_REPORT, &facts, error))
        return false;
    g_autoptr(GPtrArray) list = protection_list(tx, source->id, error);
    if (list == NULL)
        return false;
    answer->json = json_array();
    for (guint i = 0; i < list->len; i++)
        json_array_append_new(answer->json, protection_json(answer->app, g_ptr_array_index(list, i)));
    return true;
}

static bool api_list(HttpRequest *request, GError **error)
{
    Answer answer = {.app = request_app(request), .id = http_request_segment(request, "source")};
    return look_run(answer.app, request_actor(request), VERB_DATASET_REPORT, answer.id, false, read_list,
                    &answer, error) &&
           http_reply_json(request, 200, json_pack("{s:o, s:n}", "items", answer.json, "next"), error);
}

static bool api_create(HttpRequest *request, GError **error)
{
    const char *project = http_body_text(request, "project");
    const json_t *body = http_request_body(request);
    ProtectionGiven given = {
        .slug = http_body_text(request, "slug"),
        .title = http_body_text(request, "title"),
        .vintage = http_body_text(request, "vintage"),
        .project = project != NULL ? project : "",
        .level = body_word(request, "level", SET_LEVEL),
        .recipe = json_object_get(body, "recipe"),
        .variables = json_object_get(body, "variables"),
    };
    g_autofree char *id = NULL;
    return protection_create(request_app(request), request_actor(request),
                             http_request_segment(request, "source"), &given, &id, error) &&
           reply_one(request, 201, id, error);
}

static bool api_publish(HttpRequest *request, GError **error)
{
    return protection_publish(request_app(request), request_actor(request), segment(request), error) &&
           reply_one(request, 200, segment(request), error);
}

static bool api_discard(HttpRequest *request, GError **error)
{
    return protection_discard(request_app(request), request_actor(request), segment(request), error) &&
           reply_one(request, 200, segment(request), error);
}

/* ---- the raw file ---- */

static bool raw_begin(HttpRequest *request, void **ret_state, GError **error)
{
    const char *name = http_request_query(request, "name");
    if (name == NULL)
        return error_set(error, ERROR_INVALID, "sources.file_name",
                         "Say the file's name: ?name=survey.csv");
    *ret_state = raw_upload_begin(request_app(request), request_actor(request), segment(request), name,
                                  http_request_content_length(request), error);
    return *ret_state != NULL;
}

static bool raw_data(HttpRequest *request, void *state, const char *bytes, size_t size, GError **error)
{
    (void)request;
    return raw_upload_write(state, bytes, size, error);
}

static bool raw_finish(HttpRequest *request, void *state, GError **error)
{
    return raw_upload_finish(state, request_actor(request), error) &&
           reply_one(request, 202, segment(request), error);
}

static void raw_free(void *state)
{
    raw_upload_free(state);
}

static const HttpStream raw_stream = {
    .begin = raw_begin, .data = raw_data, .finish = raw_finish, .free = raw_free};

/* ---- tables ---- */

#define LEVELS "public scientific secure"

static const HttpField variable_fields[] = {
    {"name", HTTP_TEXT, .required = true, .max = 128},
    {"label", HTTP_TEXT, .required = true, .max = 400},
    {"description", HTTP_LONG_TEXT, .max = 4000},
    HTTP_SCHEMA("VariableNew"),
};
static const HttpField create_fields[] = {
    {"title", HTTP_TEXT, .required = true, .max = 200},
    {"slug", HTTP_TEXT, .required = true, .max = 50},
    {"vintage", HTTP_TEXT, .required = true, .max = 60, .summary = "2024, 2023-Q4, ..."},
    {"level", HTTP_CHOICE, .required = true, .choices = LEVELS},
    {"recipe", HTTP_ANY, .required = true, .summary = "As docs/sdc/recipes.md says"},
    {"project", HTTP_ID, .choices = "prj",
     .summary = "Whose keys of pseudonyms; absent: those of files that serve every project"},
    {"variables", HTTP_LIST, .fields = variable_fields, .max = 5000,
     .summary = "What columns are called; others are named as in earlier datasets of the source"},
    HTTP_SCHEMA("ProtectionNew"),
};
static const HttpField raw_query[] = {
    {"name", HTTP_TEXT, .required = true, .max = 200, .summary = "The file's name",
     .example = "\"raw.csv\""},
    {0},
};
static const HttpField line_answer[] = {
    {"records", HTTP_INTEGER, .required = true, .max = INT64_MAX},
    {"columns", HTTP_INTEGER, .required = true, .max = INT64_MAX},
    {"uniques", HTTP_INTEGER, .required = true, .max = INT64_MAX,
     .summary = "Records alone with their keys, missing being a value"},
    {"below_k", HTTP_INTEGER, .required = true, .max = INT64_MAX},
    {"below_k_wildcard", HTTP_INTEGER, .required = true, .max = INT64_MAX,
     .summary = "The same, missing being alike to everything"},
    {"expected", HTTP_NUMBER, .required = true, .summary = "Re-identifications to expect"},
    {"identifiers", HTTP_INTEGER, .required = true, .max = INT64_MAX,
     .summary = "Columns that look like direct identifiers"},
    HTTP_SCHEMA("RiskLine"),
};
static const HttpField summary_answer[] = {
    {"before", HTTP_OBJECT, .required = true, .fields = line_answer},
    {"after", HTTP_OBJECT, .required = true, .fields = line_answer},
    HTTP_SCHEMA("RiskSummary"),
};
static const HttpField protection_answer[] = {
    {"id", HTTP_ID, .required = true, .choices = "prt"},
    {"source", HTTP_ID, .required = true, .choices = "src"},
    {"slug", HTTP_TEXT, .required = true},
    {"title", HTTP_TEXT, .required = true},
    {"vintage", HTTP_TEXT, .required = true},
    {"level", HTTP_CHOICE, .required = true, .choices = LEVELS},
    {"state", HTTP_CHOICE, .required = true, .choices = PROTECTION_STATES},
    {"failure", HTTP_LONG_TEXT, .required = true},
    {"file_name", HTTP_TEXT, .required = true, .summary = "Of the raw file, which is kept nowhere"},
    {"file_size", HTTP_INTEGER, .required = true, .max = INT64_MAX},
    {"file_sha256", HTTP_TEXT, .required = true},
    {"recipe_title", HTTP_TEXT, .required = true},
    {"domains", HTTP_TEXT_LIST, .required = true, .summary = "Of the keys that the recipe uses"},
    {"project", HTTP_ID, .required = true, .nullable = true, .choices = "prj"},
    {"done", HTTP_NUMBER, .required = true, .summary = "While it runs: from 0 to 1"},
    {"step", HTTP_TEXT, .required = true, .summary = "While it runs: what the worker is at"},
    {"summary", HTTP_OBJECT, .required = true, .nullable = true, .fields = summary_answer},
    {"dataset", HTTP_ID, .required = true, .nullable = true, .choices = "dts",
     .summary = "Once it is published"},
    {"created_by", HTTP_TEXT, .required = true},
    {"created", HTTP_TIME, .required = true},
    {"changed", HTTP_TIME, .required = true},
    HTTP_SCHEMA("Protection"),
};
static const HttpField protections_answer[] = {
    {"items", HTTP_LIST, .required = true, .fields = protection_answer},
    ANSWER_NEXT,
    HTTP_SCHEMA("ProtectionPage"),
};

const HttpRoute protection_routes[] = {
    {.method = "GET", .path = "/api/v1/sources/{source}/protections", .handler = api_list,
     .access = HTTP_PERSON, .answer = protections_answer, .tag = "protection",
     .summary = "Raw files on their way to being use files of a source, newest first"},
    {.method = "POST", .path = "/api/v1/sources/{source}/protections", .handler = api_create,
     .access = HTTP_PERSON, .body = create_fields, .answer = protection_answer, .success = 201,
     .problems = HTTP_PROBLEM(ERROR_CONFLICT) | HTTP_PROBLEM(ERROR_TOO_LARGE), .tag = "protection",
     .summary = "Begin: the dataset to come and the recipe"},
    {.method = "GET", .path = "/api/v1/protections/{protection}", .handler = api_show,
     .access = HTTP_PERSON, .answer = protection_answer, .tag = "protection",
     .summary = "One protection, and how far it is"},
    {.method = "PUT", .path = "/api/v1/protections/{protection}/file", .stream = &raw_stream,
     .access = HTTP_PERSON, .query = raw_query, .answer = protection_answer, .success = 202,
     .body_types = "text/csv application/vnd.apache.parquet",
     .problems = HTTP_PROBLEM(ERROR_LENGTH_REQUIRED), .tag = "protection",
     .summary = "Send the raw file: the recipe is applied, then it is erased"},
    {.method = "GET", .path = "/api/v1/protections/{protection}/report",
     .handler = api_protection_report, .access = HTTP_PERSON, .answer = report_answer,
     .tag = "protection", .summary = "What the recipe did"},
    {.method = "GET", .path = "/api/v1/protections/{protection}/report.html",
     .handler = api_protection_page, .access = HTTP_PERSON, .query = report_page_query,
     .answer_types = "text/html", .tag = "protection", .summary = "The same as a page"},
    {.method = "POST", .path = "/api/v1/protections/{protection}/publish", .handler = api_publish,
     .access = HTTP_PERSON, .answer = protection_answer,
     .problems = HTTP_PROBLEM(ERROR_CONFLICT) | HTTP_PROBLEM(ERROR_UNPROCESSABLE) |
                 HTTP_PROBLEM(ERROR_UNAVAILABLE),
     .tag = "protection", .summary = "What came out becomes a version of the dataset"},
    {.method = "POST", .path = "/api/v1/protections/{protection}/discard", .handler = api_discard,
     .access = HTTP_PERSON, .answer = protection_answer, .problems = HTTP_PROBLEM(ERROR_CONFLICT),
     .tag = "protection", .summary = "Throw it away"},
    {.method = "GET", .path = "/api/v1/datasets/{dataset}/report", .handler = api_dataset_report,
     .access = HTTP_PERSON, .answer = report_answer, .tag = "protection",
     .summary = "How a version was made: recipe and report, for its stewards"},
    {.method = "GET", .path = "/api/v1/datasets/{dataset}/report.html", .handler = api_dataset_page,
     .access = HTTP_PERSON, .query = report_page_query, .answer_types = "text/html",
     .tag = "protection", .summary = "The same as a page"},
    {.method = "GET", .path = "/api/v1/pseudonym-keys", .handler = api_key_list, .access = HTTP_PERSON,
     .answer = keys_answer, .tag = "protection",
     .summary = "Keys of pseudonyms and records: of one's organisation, or all for officers"},
    {.method = "POST", .path = "/api/v1/pseudonym-keys/{key}/destroy", .handler = api_key_destroy,
     .access = HTTP_PERSON, .body = key_destroy_fields, .answer = key_answer,
     .problems = HTTP_PROBLEM(ERROR_CONFLICT) | HTTP_PROBLEM(ERROR_RATE_LIMITED), .tag = "protection",
     .summary = "Destroy a key for good: nothing is made under it any more"},
    {0},
};

static bool protection_measure(App *app, GError **error)
{
    return measure_rows(app, METRIC_QUEUE,
                        "SELECT 'protections', count(*) FROM protection WHERE state IN ('receiving', "
                        "'running')", error);
}

const Room protection_room = {
    .name = "protection", .routes = protection_routes, .duties = protection_duties,
    .start = protection_start, .stop = protection_stop, .measure = protection_measure,
};
