/* SPDX-License-Identifier: Apache-2.0 */
/* The HTTP face of sources and datasets. */
#include "base/error.h"
#include "projects/answers.h"
#include "sdc/sdc.h"
#include "sources/answers.h"
#include "sources/internal.h"
#include "worker/rules.h"

#include <string.h>

typedef struct Answer {
    const char *id;
    SourceQuery query;
    json_t *json;
} Answer;

/* What is not published yet is its stewards' to see. */
static bool dataset_is_visible(const Dataset *dataset, bool is_steward)
{
    return dataset->state == DATASET_PUBLISHED || is_steward;
}

static bool read_source(StoreTx *tx, const PolicyActor *actor, void *data, GError **error)
{
    Answer *answer = data;
    PolicyFacts facts = {0};
    g_autoptr(Source) source = NULL;
    if (!source_load(tx, answer->id, &source, error) ||
        !source_facts_add(tx, actor, source, NULL, NULL, &facts, error) ||
        !policy_enforce(actor, VERB_SOURCE_VIEW, &facts, error))
        return false;
    g_autoptr(GPtrArray) datasets = dataset_list(tx, source->id, error);
    if (datasets == NULL || !answer_source(tx, actor, source, &answer->json, error))
        return false;
    json_t *list = json_array();
    for (guint i = 0; i < datasets->len; i++) {
        const Dataset *dataset = g_ptr_array_index(datasets, i);
        if (dataset_is_visible(dataset, facts.is_steward))
            json_array_append_new(list, answer_dataset(dataset));
    }
    json_object_set_new(answer->json, "datasets", list);
    return true;
}

static bool reply_source(HttpRequest *request, int status, const char *id, GError **error)
{
    Answer answer = {.id = id};
    if (!look_run(request_app(request), request_actor(request), VERB_SOURCE_VIEW, id, false,
                  read_source, &answer, error))
        return false;
    return http_reply_json(request, status, answer.json, error);
}

static bool read_dataset(StoreTx *tx, const PolicyActor *actor, void *data, GError **error)
{
    Answer *answer = data;
    PolicyFacts facts = {0};
    g_autoptr(Dataset) dataset = NULL;
    g_autoptr(Source) source = NULL;
    if (!dataset_load(tx, answer->id, &dataset, error) ||
        !source_load(tx, dataset->source, &source, error) ||
        !source_facts_add(tx, actor, source, dataset, NULL, &facts, error) ||
        !policy_enforce(actor, VERB_SOURCE_VIEW, &facts, error))
        return false;
    if (!dataset_is_visible(dataset, facts.is_steward))
        return error_set(error, ERROR_NOT_FOUND, "sources.no_dataset",
                         "There is no dataset \"%s\".", answer->id);
    answer->json = answer_dataset(dataset);
    return true;
}

static bool reply_dataset(HttpRequest *request, int status, const char *id, GError **error)
{
    Answer answer = {.id = id};
    if (!look_run(request_app(request), request_actor(request), VERB_SOURCE_VIEW, id, false,
                  read_dataset, &answer, error))
        return false;
    return http_reply_json(request, status, answer.json, error);
}

/* ---- sources ---- */

static const char *key_by_slug(const json_t *item)
{
    return json_string_value(json_object_get(item, "slug"));
}

static bool read_sources(StoreTx *tx, const PolicyActor *actor, void *data, GError **error)
{
    Answer *answer = data;
    if (!policy_enforce(actor, VERB_SOURCE_VIEW, NULL, error))
        return false;
    g_autoptr(GPtrArray) list =
        source_list(tx, &answer->query, error);
    if (list == NULL)
        return false;
    answer->json = answer_sources(tx, actor, list, error);
    return answer->json != NULL;
}

static unsigned query_word(const HttpRequest *request, const char *name, PolicySet set)
{
    unsigned value = 0;
    const char *word = http_request_query(request, name);
    return word != NULL && policy_value(set, word, &value) ? value : 0;
}

static SourceQuery query_of(const HttpRequest *request)
{
    return (SourceQuery){
        .words = http_request_query(request, "q"),
        .producer = http_request_query(request, "producer"),
        .theme = http_request_query(request, "theme"),
        .route = query_word(request, "route", SET_ROUTE),
        .purpose = query_word(request, "purpose", SET_PURPOSE),
        .level = query_word(request, "level", SET_LEVEL),
        .steward = http_request_query(request, "steward") != NULL ? request_actor(request)->id
                                                                   : NULL,
    };
}

static bool api_list(HttpRequest *request, GError **error)
{
    g_autofree char *after = NULL;
    if (!page_key(request, &after, error))
        return false;
    int64_t limit = page_limit(request);
    Answer answer = {.query = query_of(request)};
    answer.query.after = after;
    answer.query.limit = limit + 1;
    if (!look_run(request_app(request), request_actor(request), VERB_SOURCE_VIEW, "", false,
                  read_sources, &answer, error))
        return false;
    return http_reply_json(request, 200, page_json(answer.json, limit, key_by_slug), error);
}

static bool read_facets(StoreTx *tx, const PolicyActor *actor, void *data, GError **error)
{
    Answer *answer = data;
    if (!policy_enforce(actor, VERB_SOURCE_VIEW, NULL, error))
        return false;
    answer->json = source_facets(tx, &answer->query, error);
    return answer->json != NULL;
}

static bool api_facets(HttpRequest *request, GError **error)
{
    Answer answer = {.query = query_of(request)};
    if (!look_run(request_app(request), request_actor(request), VERB_SOURCE_VIEW, "", false,
                  read_facets, &answer, error))
        return false;
    return http_reply_json(request, 200, answer.json, error);
}

static void given_of_body(const HttpRequest *request, SourceGiven *ret_given)
{
    *ret_given = (SourceGiven){
        .slug = http_body_text(request, "slug"),
        .title = http_body_text(request, "title"),
        .summary = http_body_text(request, "summary"),
        .legal_basis = http_body_text(request, "legal_basis"),
        .rule_pack = http_body_text(request, "rule_pack"),
        .theme = http_body_text(request, "theme"),
        .routes = body_words(request, "routes", SET_ROUTE, 0),
        .purposes = body_words(request, "purposes", SET_PURPOSE, 0),
    };
}

/* NULL when the body has none. The logins are the body's; the array is the caller's. */
static const char **logins_of_body(const HttpRequest *request)
{
    const json_t *list = json_object_get(http_request_body(request), "stewards");
    if (!json_is_array(list))
        return NULL;
    size_t count = json_array_size(list);
    const char **logins = g_new0(const char *, count + 1);
    for (size_t i = 0; i < count; i++)
        logins[i] = json_string_value(json_array_get(list, i));
    return logins;
}

static bool api_create(HttpRequest *request, GError **error)
{
    SourceGiven given;
    g_autofree const char **logins = logins_of_body(request);
    g_autofree char *id = NULL;
    given_of_body(request, &given);
    given.stewards = logins;
    return source_create(request_app(request), request_actor(request), &given, &id, error) &&
           reply_source(request, 201, id, error);
}

static bool api_show(HttpRequest *request, GError **error)
{
    return reply_source(request, 200, http_request_segment(request, "source"), error);
}

/* An absent list leaves what is there; an empty one would admit nobody. */
static bool lists_admit(const HttpRequest *request, GError **error)
{
    static const char *const names[] = {"routes", "purposes"};
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        const json_t *list = json_object_get(http_request_body(request), names[i]);
        if (json_is_array(list) && json_array_size(list) == 0)
            return source_refuse_nothing(error);
    }
    return true;
}

static bool api_edit(HttpRequest *request, GError **error)
{
    SourceGiven given;
    if (!lists_admit(request, error))
        return false;
    g_autofree const char **logins = logins_of_body(request);
    const char *id = http_request_segment(request, "source");
    given_of_body(request, &given);
    given.stewards = logins;
    return source_edit(request_app(request), request_actor(request), id, &given, error) &&
           reply_source(request, 200, id, error);
}

static bool api_rule_packs(HttpRequest *request, GError **error)
{
    if (!policy_enforce(request_actor(request), VERB_SOURCE_VIEW, NULL, error))
        return false;
    json_t *items = json_array();
    for (const SdcPack *pack = sdc_packs(); pack->name != NULL; pack++)
        json_array_append_new(items, json_pack("{s:s, s:i, s:s, s:s, s:o}", "name", pack->name,
                                               "version", (int)pack->version, "title", pack->title,
                                               "reference", pack->reference, "rules",
                                               rules_json(&pack->rules)));
    return http_reply_json(request, 200, json_pack("{s:o, s:n}", "items", items, "next"), error);
}

/* ---- datasets ---- */

static bool api_draft(HttpRequest *request, GError **error)
{
    const json_t *variables = json_object_get(http_request_body(request), "variables");
    char *text = json_dumps(variables, JSON_COMPACT);
    DatasetGiven given = {
        .slug = http_body_text(request, "slug"),
        .title = http_body_text(request, "title"),
        .vintage = http_body_text(request, "vintage"),
        .level = body_word(request, "level", SET_LEVEL),
        .variables = text,
    };
    g_autofree char *id = NULL;
    bool ok = dataset_draft(request_app(request), request_actor(request),
                            http_request_segment(request, "source"), &given, &id, error) &&
              reply_dataset(request, 201, id, error);
    free(text);
    return ok;
}

static bool api_dataset(HttpRequest *request, GError **error)
{
    return reply_dataset(request, 200, http_request_segment(request, "dataset"), error);
}

typedef struct FileType {
    const char *type, *suffix;
} FileType;

static const FileType file_types[] = {
    {"text/csv", ".csv"},
    {"application/vnd.apache.parquet", ".parquet"},
};

static bool type_check(const HttpRequest *request, const char *name, GError **error)
{
    const char *given = http_request_header(request, "Content-Type");
    g_autofree char *type = g_ascii_strdown(given != NULL ? given : "", -1);
    g_autofree char *lower = g_ascii_strdown(name, -1);
    type[strcspn(type, ";")] = '\0';
    g_strstrip(type);
    for (size_t i = 0; i < G_N_ELEMENTS(file_types); i++) {
        if (strcmp(type, file_types[i].type) == 0 && g_str_has_suffix(lower, file_types[i].suffix))
            return true;
    }
    return error_set(error, ERROR_UNSUPPORTED, "sources.type",
                     "Send CSV as text/csv with a name ending in .csv, or Parquet as "
                     "application/vnd.apache.parquet with a name ending in .parquet.");
}

static bool file_begin(HttpRequest *request, void **ret_state, GError **error)
{
    const char *name = http_request_query(request, "name");
    if (name == NULL)
        return error_set(error, ERROR_INVALID, "sources.file_name",
                         "Say the file's name: ?name=survey.csv");
    if (!type_check(request, name, error))
        return false;
    Publication *publication = publication_begin(
        request_app(request), request_actor(request), http_request_segment(request, "dataset"),
        name, http_request_content_length(request), error);
    if (publication == NULL)
        return false;
    *ret_state = publication;
    return true;
}

static bool file_data(HttpRequest *request, void *state, const char *bytes, size_t size,
                      GError **error)
{
    (void)request;
    return publication_write(state, bytes, size, error);
}

static bool file_finish(HttpRequest *request, void *state, GError **error)
{
    return publication_finish(state, request_actor(request), error) &&
           reply_dataset(request, 200, http_request_segment(request, "dataset"), error);
}

static void file_free(void *state)
{
    publication_free(state);
}

static const HttpStream file_stream = {
    .begin = file_begin, .data = file_data, .finish = file_finish, .free = file_free};

/* ---- tables ---- */

#define ROUTES "research own_administration"
#define PURPOSES "official_statistics research evaluation management control enforcement"
#define LEVELS "public scientific secure"
#define TIERS "open restricted secure"
#define TERMS                                                                                      \
    "project_open member steward_agreement committee_opinion need_to_know undertaking"

#define SOURCE_FILTERS                                                                             \
    {"q", HTTP_TEXT, .max = 100,                                                                   \
     .summary = "Beginnings of words of the source, its datasets or their variables"},             \
    {"producer", HTTP_ID, .choices = "org", .summary = "Of this organisation"},                    \
    {"theme", HTTP_CHOICE, .choices = SOURCE_THEMES},                                              \
    {"level", HTTP_CHOICE, .choices = LEVELS, .summary = "With a dataset of this level"},          \
    {"route", HTTP_CHOICE, .choices = ROUTES, .summary = "That admit this route"},                 \
    {"purpose", HTTP_CHOICE, .choices = PURPOSES, .summary = "That admit this purpose"},           \
    {"steward", HTTP_CHOICE, .choices = "me", .summary = "That I answer for"}

static const HttpField list_fields[] = {
    SOURCE_FILTERS,
    PAGE_FIELDS,
    {0},
};
static const HttpField facets_fields[] = {SOURCE_FILTERS, {0}};
static const HttpField file_fields[] = {
    {"name", HTTP_TEXT, .required = true, .max = 200, .summary = "The file's name",
     .example = "\"survey.csv\""},
    {0},
};
static const HttpField create_fields[] = {
    {"title", HTTP_TEXT, .required = true, .max = 200},
    {"slug", HTTP_TEXT, .required = true, .max = 50},
    {"summary", HTTP_LONG_TEXT, .required = true},
    {"legal_basis", HTTP_LONG_TEXT, .required = true, .max = 2000,
     .summary = "Legal basis of the collection"},
    {"routes", HTTP_CHOICES, .required = true, .choices = ROUTES, .max = 2},
    {"purposes", HTTP_CHOICES, .required = true, .choices = PURPOSES, .max = 6},
    {"rule_pack", HTTP_TEXT, .required = true, .max = 60},
    {"theme", HTTP_CHOICE, .choices = SOURCE_THEMES, .summary = "Absent: other"},
    {"stewards", HTTP_TEXT_LIST, .max = SOURCE_STEWARDS_MAX, .summary = "Logins; absent: myself"},
    HTTP_SCHEMA("SourceNew"),
};
static const HttpField edit_fields[] = {
    {"title", HTTP_TEXT, .max = 200},
    {"summary", HTTP_LONG_TEXT},
    {"legal_basis", HTTP_LONG_TEXT, .max = 2000},
    {"routes", HTTP_CHOICES, .choices = ROUTES, .max = 2},
    {"purposes", HTTP_CHOICES, .choices = PURPOSES, .max = 6},
    {"rule_pack", HTTP_TEXT, .max = 60},
    {"theme", HTTP_CHOICE, .choices = SOURCE_THEMES},
    {"stewards", HTTP_TEXT_LIST, .max = SOURCE_STEWARDS_MAX},
    HTTP_SCHEMA("SourceEdit"),
};
static const HttpField variable_fields[] = {
    {"name", HTTP_TEXT, .required = true, .max = 128},
    {"label", HTTP_TEXT, .required = true, .max = 400},
    {"description", HTTP_LONG_TEXT, .max = 4000},
    HTTP_SCHEMA("VariableNew"),
};
static const HttpField draft_fields[] = {
    {"title", HTTP_TEXT, .required = true, .max = 200},
    {"slug", HTTP_TEXT, .required = true, .max = 50},
    {"vintage", HTTP_TEXT, .required = true, .max = 60, .summary = "2024, 2023-Q4, ..."},
    {"level", HTTP_CHOICE, .required = true, .choices = LEVELS},
    {"variables", HTTP_LIST, .required = true, .fields = variable_fields,
     .max = DATASET_VARIABLES_MAX},
    HTTP_SCHEMA("DatasetNew"),
};
static const HttpField person_answer[] = {
    {"id", HTTP_ID, .required = true, .choices = "per"},
    {"login", HTTP_TEXT, .required = true},
    {"name", HTTP_TEXT, .required = true},
    HTTP_SCHEMA("PersonBrief"),
};
static const HttpField source_brief_answer[] = {
    {"id", HTTP_ID, .required = true, .choices = "src"},
    {"slug", HTTP_TEXT, .required = true},
    {"title", HTTP_TEXT, .required = true},
    HTTP_SCHEMA("SourceBrief"),
};
static const HttpField organisation_answer[] = {
    {"id", HTTP_ID, .required = true, .choices = "org"},
    {"name", HTTP_TEXT, .required = true},
    HTTP_SCHEMA("OrganisationBrief"),
};
static const HttpField dominance_answer[] = {DOMINANCE_FIELDS};
static const HttpField rules_answer[] = {RULES_FIELDS(dominance_answer), HTTP_SCHEMA("Rules")};
static const HttpField pack_answer[] = {
    {"name", HTTP_TEXT, .required = true, .example = "\"fr-person\""},
    {"version", HTTP_INTEGER, .required = true, .max = 1000000,
     .summary = "Raised whenever the parameters change"},
    {"title", HTTP_TEXT, .required = true},
    {"reference", HTTP_TEXT, .required = true},
    {"rules", HTTP_OBJECT, .required = true, .fields = rules_answer,
     .summary = "0: the rule is not in force"},
    HTTP_SCHEMA("RulePack"),
};
static const HttpField packs_answer[] = {
    {"items", HTTP_LIST, .required = true, .fields = pack_answer},
    ANSWER_NEXT,
    HTTP_SCHEMA("RulePackPage"),
};
static const HttpField variable_answer[] = {
    {"name", HTTP_TEXT, .required = true},
    {"label", HTTP_TEXT, .required = true},
    {"description", HTTP_LONG_TEXT},
    {"type", HTTP_TEXT},
    {"missing", HTTP_INTEGER, .max = INT64_MAX},
    {"distinct", HTTP_INTEGER, .max = INT64_MAX},
    {"min", HTTP_ANY},
    {"max", HTTP_ANY},
    HTTP_SCHEMA("Variable"),
};
static const HttpField dataset_answer[] = {
    {"id", HTTP_ID, .required = true, .choices = "dts"},
    {"source", HTTP_OBJECT, .required = true, .fields = source_brief_answer},
    {"slug", HTTP_TEXT, .required = true},
    {"title", HTTP_TEXT, .required = true},
    {"vintage", HTTP_TEXT, .required = true},
    {"version", HTTP_INTEGER, .required = true, .max = INT64_MAX},
    {"level", HTTP_CHOICE, .required = true, .choices = LEVELS},
    {"state", HTTP_CHOICE, .required = true, .choices = "draft reading published failed"},
    {"failure", HTTP_LONG_TEXT, .required = true},
    {"file_name", HTTP_TEXT, .required = true},
    {"file_size", HTTP_INTEGER, .required = true, .max = INT64_MAX},
    {"file_sha256", HTTP_TEXT, .required = true},
    {"rows", HTTP_INTEGER, .required = true, .max = INT64_MAX},
    {"variables", HTTP_LIST, .required = true, .fields = variable_answer},
    {"encrypted", HTTP_BOOLEAN, .required = true},
    {"published", HTTP_TIME, .required = true, .nullable = true},
    {"path", HTTP_TEXT, .required = true, .summary = "Where it is seen in a bubble"},
    {"tiers", HTTP_CHOICES, .required = true, .choices = TIERS, .max = 3,
     .summary = "Tiers of project that may hold it"},
    {"has_report", HTTP_BOOLEAN, .required = true,
     .summary = "Made here by a recipe: its stewards may read the report"},
    HTTP_SCHEMA("Dataset"),
};
static const HttpField use_answer[] = {
    {"route", HTTP_CHOICE, .required = true, .choices = ROUTES},
    {"terms", HTTP_CHOICES, .required = true, .choices = TERMS, .max = 6,
     .summary = "What an accreditation needs on this route"},
    {"purposes", HTTP_CHOICES, .required = true, .choices = PURPOSES, .max = 6},
    {"own_organisation", HTTP_BOOLEAN, .required = true,
     .summary = "For projects of the producer's own organisation alone"},
    HTTP_SCHEMA("SourceUse"),
};
static const HttpField source_answer[] = {
    {"id", HTTP_ID, .required = true, .choices = "src"},
    {"slug", HTTP_TEXT, .required = true},
    {"title", HTTP_TEXT, .required = true},
    {"summary", HTTP_LONG_TEXT, .required = true},
    {"organisation", HTTP_OBJECT, .required = true, .fields = organisation_answer},
    {"legal_basis", HTTP_LONG_TEXT, .required = true},
    {"routes", HTTP_CHOICES, .required = true, .choices = ROUTES},
    {"purposes", HTTP_CHOICES, .required = true, .choices = PURPOSES},
    {"rule_pack", HTTP_TEXT, .required = true},
    {"theme", HTTP_CHOICE, .required = true, .choices = SOURCE_THEMES},
    {"levels", HTTP_CHOICES, .required = true, .choices = LEVELS, .max = 3,
     .summary = "Of its published datasets"},
    {"dataset_count", HTTP_INTEGER, .required = true, .max = INT64_MAX,
     .summary = "Published datasets"},
    {"published", HTTP_TIME, .summary = "When the last dataset was published"},
    {"uses", HTTP_LIST, .required = true, .fields = use_answer,
     .summary = "Who may use it, route by route"},
    {"stewards", HTTP_LIST, .required = true, .fields = person_answer},
    {"mine", HTTP_BOOLEAN, .required = true, .summary = "I am a steward of it"},
    {"created", HTTP_TIME, .required = true},
    {"datasets", HTTP_LIST, .fields = dataset_answer, .summary = "Of one source, not in the list"},
    HTTP_SCHEMA("Source"),
};
static const HttpField count_answer[] = {
    {"value", HTTP_TEXT, .required = true},
    {"count", HTTP_INTEGER, .required = true, .max = INT64_MAX},
    HTTP_SCHEMA("FacetCount"),
};
static const HttpField producer_answer[] = {
    {"id", HTTP_ID, .required = true, .choices = "org"},
    {"name", HTTP_TEXT, .required = true},
    {"count", HTTP_INTEGER, .required = true, .max = INT64_MAX},
    HTTP_SCHEMA("FacetProducer"),
};
static const HttpField facets_answer[] = {
    {"total", HTTP_INTEGER, .required = true, .max = INT64_MAX, .summary = "With every filter"},
    {"producers", HTTP_LIST, .required = true, .fields = producer_answer},
    {"themes", HTTP_LIST, .required = true, .fields = count_answer},
    {"levels", HTTP_LIST, .required = true, .fields = count_answer},
    {"routes", HTTP_LIST, .required = true, .fields = count_answer},
    {"purposes", HTTP_LIST, .required = true, .fields = count_answer},
    HTTP_SCHEMA("SourceFacets"),
};
static const HttpField sources_answer[] = {
    {"items", HTTP_LIST, .required = true, .fields = source_answer},
    ANSWER_NEXT,
    HTTP_SCHEMA("SourcePage"),
};

const HttpRoute sources_routes[] = {
    {.method = "GET", .path = "/api/v1/sources", .handler = api_list, .access = HTTP_PERSON,
     .query = list_fields, .answer = sources_answer, .tag = "sources",
     .summary = "What producers offer"},
    {.method = "POST", .path = "/api/v1/sources", .handler = api_create, .access = HTTP_PERSON,
     .body = create_fields, .answer = source_answer, .success = 201,
     .problems = HTTP_PROBLEM(ERROR_NOT_FOUND), .tag = "sources",
     .summary = "Describe a source"},
    {.method = "GET", .path = "/api/v1/sources/{source}", .handler = api_show,
     .access = HTTP_PERSON, .answer = source_answer, .tag = "sources",
     .summary = "One source and its datasets"},
    {.method = "PATCH", .path = "/api/v1/sources/{source}", .handler = api_edit,
     .access = HTTP_PERSON, .body = edit_fields, .answer = source_answer,
     .problems = HTTP_PROBLEM(ERROR_UNPROCESSABLE), .tag = "sources",
     .summary = "Change what it declares"},
    {.method = "GET", .path = "/api/v1/source-facets", .handler = api_facets,
     .access = HTTP_PERSON, .query = facets_fields, .answer = facets_answer, .tag = "sources",
     .summary = "How many sources each filter would leave, beside the other filters"},
    {.method = "GET", .path = "/api/v1/rule-packs", .handler = api_rule_packs,
     .access = HTTP_PERSON, .answer = packs_answer, .tag = "sources",
     .summary = "The disclosure rules that exist"},
    {.method = "POST", .path = "/api/v1/sources/{source}/datasets", .handler = api_draft,
     .access = HTTP_PERSON, .body = draft_fields, .answer = dataset_answer, .success = 201,
     .tag = "sources", .summary = "Describe a dataset, or a new version of one"},
    {.method = "GET", .path = "/api/v1/datasets/{dataset}", .handler = api_dataset,
     .access = HTTP_PERSON, .answer = dataset_answer, .tag = "sources", .summary = "One dataset"},
    {.method = "PUT", .path = "/api/v1/datasets/{dataset}/file", .stream = &file_stream,
     .access = HTTP_PERSON, .query = file_fields, .answer = dataset_answer,
     .body_types = "text/csv application/vnd.apache.parquet",
     .problems = HTTP_PROBLEM(ERROR_LENGTH_REQUIRED), .tag = "sources",
     .summary = "Send its file: read, compared with the description, sealed, published"},
    {0},
};

static bool sources_measure(App *app, GError **error)
{
    return measure_rows(app, METRIC_QUEUE,
                        "SELECT 'datasets', count(*) FROM dataset WHERE state = 'reading'", error);
}

const Room sources_room = {
    .name = "sources", .routes = sources_routes, .duties = sources_duties,
    .start = sources_start, .stop = sources_stop, .measure = sources_measure,
};
