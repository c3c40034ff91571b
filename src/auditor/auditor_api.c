/* SPDX-License-Identifier: Apache-2.0 */
/* GET /api/v1/audit and below. Reading the log is itself an entry of it. */
#include "auditor/auditor.h"

#include "audit/tree.h"
#include "base/times.h"

#include <string.h>

static bool parse_sequence(const char *text, int64_t *ret_sequence, GError **error)
{
    size_t length = strlen(text);
    if (length < 1 || length > 16 || strspn(text, "0123456789") != length)
        return error_set(error, ERROR_NOT_FOUND, "audit.not_found",
                         "There is no entry \"%s\": entries are numbered from 0.", text);
    *ret_sequence = g_ascii_strtoll(text, NULL, 10);
    return true;
}

/* --- the list --- */

static const HttpField search_query[] = {
    {"actor", HTTP_TEXT, .summary = "Person, service:<id> or system"},
    {"object", HTTP_TEXT, .summary = "Identifier of the thing acted on"},
    {"project", HTTP_ID, .choices = "prj"},
    {"verb", HTTP_TEXT, .summary = "For example project.create"},
    {"from", HTTP_TIME, .summary = "First time"},
    {"to", HTTP_TIME, .summary = "End, excluded"},
    PAGE_FIELDS,
    {0},
};

static const HttpField entry_fields[] = {
    {"id", HTTP_TEXT, .required = true, .example = "\"128\""},
    {"sequence", HTTP_INTEGER, .required = true, .summary = "Number of the entry, from 0 without gap"},
    {"time", HTTP_TIME, .required = true},
    {"erased", HTTP_BOOLEAN, .summary = "Its content was erased, on record"},
    {"verb", HTTP_TEXT},
    {"outcome", HTTP_CHOICE, .choices = "done denied failed"},
    {"actor", HTTP_TEXT},
    {"object", HTTP_TEXT},
    {"project", HTTP_TEXT},
    {"reason", HTTP_TEXT, .summary = "Slug of a denial's reason"},
    {"request", HTTP_TEXT},
    {"address", HTTP_TEXT},
    {"details", HTTP_ANY},
    HTTP_SCHEMA("AuditEntry"),
};

static const HttpField search_answer[] = {
    {"items", HTTP_LIST, .required = true, .fields = entry_fields},
    ANSWER_NEXT,
    HTTP_SCHEMA("AuditPage"),
};

typedef struct AuditorSearch {
    AuditFilter filter;
    int64_t before;
    int64_t limit;
    json_t *items;
} AuditorSearch;

static bool search_read(StoreTx *tx, const PolicyActor *actor, void *data, GError **error)
{
    AuditorSearch *search = data;
    return policy_enforce(actor, VERB_AUDIT_READ, &(PolicyFacts){0}, error) &&
           audit_search(tx, &search->filter, search->before, search->limit + 1, &search->items,
                        error);
}

static bool search_time(const HttpRequest *request, const char *name, int64_t *ret_ms,
                        GError **error)
{
    const char *text = http_request_query(request, name);
    return text == NULL || time_parse(text, ret_ms, error);
}

static bool search_fill(const HttpRequest *request, AuditorSearch *search, GError **error)
{
    g_autofree char *key = NULL;
    search->filter = (AuditFilter){
        .actor = http_request_query(request, "actor"),
        .object = http_request_query(request, "object"),
        .project = http_request_query(request, "project"),
        .verb = http_request_query(request, "verb"),
    };
    search->limit = page_limit(request);
    search->before = -1;
    if (!search_time(request, "from", &search->filter.from_ms, error) ||
        !search_time(request, "to", &search->filter.to_ms, error) ||
        !page_key(request, &key, error))
        return false;
    return *key == '\0' || parse_sequence(key, &search->before, error);
}

static const char *search_key(const json_t *item)
{
    return json_string_value(json_object_get(item, "id"));
}

/* Lists of every room have an "id", a text; here it is the number. */
static void search_name_items(json_t *items)
{
    size_t index;
    json_t *item;
    json_array_foreach(items, index, item) {
        int64_t sequence = json_integer_value(json_object_get(item, "sequence"));
        g_autofree char *id = g_strdup_printf("%" G_GINT64_FORMAT, sequence);
        json_object_set_new(item, "id", json_string(id));
    }
}

static bool auditor_search(HttpRequest *request, GError **error)
{
    AuditorSearch search = {.items = NULL};
    if (!search_fill(request, &search, error) ||
        !look_run(request_app(request), request_actor(request), VERB_AUDIT_READ, "", true,
                  search_read, &search, error)) {
        json_decref(search.items);
        return false;
    }
    search_name_items(search.items);
    return http_reply_json(request, 200, page_json(search.items, search.limit, search_key), error);
}

/* --- checkpoint and proofs --- */

static const HttpField checkpoint_answer[] = {
    {"checkpoint", HTTP_LONG_TEXT, .required = true, .summary = "C2SP signed note"},
    {"origin", HTTP_TEXT, .required = true},
    {"size", HTTP_INTEGER, .required = true, .summary = "Entries covered"},
    {"key", HTTP_TEXT, .required = true, .summary = "Verifier key; compare with the one kept"},
    HTTP_SCHEMA("Checkpoint"),
};

/* Hashes alone: whoever is signed in may keep one and so become a witness. */
static bool auditor_checkpoint(HttpRequest *request, GError **error)
{
    Audit *audit = request_app(request)->audit;
    g_auto(Checkpoint) checkpoint = {0};
    g_autofree char *note = audit_checkpoint(audit, error);
    const char *key = audit_verifier_key(audit);
    if (note == NULL || !checkpoint_open(note, key, &checkpoint, error))
        return false;
    return http_reply_json(request, 200,
                           json_pack("{s:s, s:s, s:I, s:s}", "checkpoint", note, "origin",
                                     checkpoint.origin, "size", (json_int_t)checkpoint.size,
                                     "key", key),
                           error);
}

static const HttpField proof_answer[] = {
    {"checkpoint", HTTP_LONG_TEXT, .required = true},
    {"leaf_data", HTTP_TEXT, .required = true, .max = 1000},
    {"index", HTTP_INTEGER, .required = true},
    {"proof", HTTP_TEXT_LIST, .required = true, .summary = "Hashes, the deepest first"},
    {"salt", HTTP_TEXT, .summary = "Absent once the content was erased"},
    {"entry", HTTP_ANY, .summary = "Absent once the content was erased"},
    {"key", HTTP_TEXT, .required = true},
    HTTP_SCHEMA("AuditProof"),
};

static bool proof_allow(StoreTx *tx, const PolicyActor *actor, void *data, GError **error)
{
    return policy_enforce(actor, VERB_AUDIT_READ, &(PolicyFacts){0}, error);
}

static bool auditor_proof(HttpRequest *request, GError **error)
{
    int64_t sequence = 0;
    App *app = request_app(request);
    if (!parse_sequence(http_request_segment(request, "sequence"), &sequence, error))
        return false;
    g_autofree char *object = g_strdup_printf("audit:%" G_GINT64_FORMAT, sequence);
    if (!look_run(app, request_actor(request), VERB_AUDIT_READ, object, true, proof_allow, NULL,
                  error))
        return false;
    json_t *proof = audit_prove(app->audit, sequence, error);
    return proof != NULL && http_reply_json(request, 200, proof, error);
}

static const HttpRoute audit_routes[] = {
    {.method = "GET", .path = "/api/v1/audit", .handler = auditor_search, .access = HTTP_PERSON,
     .query = search_query, .answer = search_answer, .tag = "audit",
     .summary = "Entries of the audit log, newest first"},
    {.method = "GET", .path = "/api/v1/audit/checkpoint", .handler = auditor_checkpoint,
     .access = HTTP_PERSON, .answer = checkpoint_answer, .tag = "audit",
     .summary = "The newest signed checkpoint, to keep elsewhere"},
    {.method = "GET", .path = "/api/v1/audit/{sequence}/proof", .handler = auditor_proof,
     .access = HTTP_PERSON, .answer = proof_answer, .tag = "audit",
     .summary = "Proof that an entry is in the log, to check offline"},
    {0},
};

const Room audit_room = {.name = "audit", .routes = audit_routes};
