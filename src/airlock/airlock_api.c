/* SPDX-License-Identifier: Apache-2.0 */
/* HTTP face of the airlock. */
#include "airlock/airlock.h"

#include "airlock/desk.h"
#include "base/error.h"
#include "base/times.h"
#include "projects/projects.h"
#include "worker/rules.h"
#include "worker/worker.h"

#include <string.h>
#include <unistd.h>

static void json_set_time(json_t *object, const char *key, int64_t time_ms)
{
    g_autofree char *text = time_ms != 0 ? time_format(time_ms) : NULL;
    json_object_set_new(object, key, text != NULL ? json_string(text) : json_null());
}

/* ---- an export as JSON ---- */

static json_t *export_brief_json(const Export *export)
{
    json_t *object = json_pack(
        "{s:s, s:s, s:{s:s, s:s, s:s}, s:s, s:s, s:s, s:I}", "id", export->id, "project_id",
        export->project, "author", "id", export->author, "login", export->author_login, "name",
        export->author_name, "title", export->title, "context", export->context, "state",
        export_state_name(export->state), "round", (json_int_t)export->round);
    json_set_time(object, "created", export->created_ms);
    json_set_time(object, "submitted", export->submitted_ms);
    json_set_time(object, "decided", export->decided_ms);
    json_set_time(object, "released", export->released_ms);
    return object;
}

static bool export_add_project(StoreTx *tx, const Export *export, json_t *object, GError **error)
{
    g_autoptr(Project) project = NULL;
    if (!project_load(tx, export->project, &project, error))
        return false;
    const PolicyTierRow *tier = policy_tier(project->tier);
    json_object_set_new(object, "project", json_pack("{s:s, s:s, s:s}", "id", project->id,
                                                     "title", project->title, "tier",
                                                     tier->name));
    json_object_set_new(object, "checkers_needed", json_integer(tier->checkers));
    return true;
}

static json_t *json_of_text(const char *text)
{
    json_t *value = json_parse(text, strlen(text), NULL);
    return value != NULL ? value : json_null();
}

/* What the check quotes from the file is the file's content: who may not read the one does not get the
 * other. Which rows are flagged, and by which rule, is for everybody. */
static json_t *lint_json(const ExportFile *file, bool with_values)
{
    json_t *lint = json_of_text(file->lint);
    if (with_values || !json_is_object(lint))
        return lint;
    size_t index;
    json_t *flag;
    json_array_foreach(json_object_get(lint, "flags"), index, flag)
    {
        json_object_set_new(flag, "value", json_null());
        json_object_set_new(flag, "measure", json_null());
    }
    json_object_set_new(lint, "columns", json_array());
    json_object_set_new(lint, "notes", json_array());
    return lint;
}

static json_t *file_json(const ExportFile *file, bool with_values)
{
    json_t *object = json_pack("{s:s, s:s, s:I, s:s, s:s, s:s, s:o, s:o, s:I}", "id", file->id,
                               "name", file->name, "size", (json_int_t)file->size, "sha256",
                               file->sha256, "kind", file->kind, "verdict", file->verdict,
                               "declaration", json_of_text(file->declaration), "lint",
                               lint_json(file, with_values), "round", (json_int_t)file->round);
    json_object_set_new(object, "removed_round", file->removed_round != 0
                                                     ? json_integer(file->removed_round)
                                                     : json_null());
    json_set_time(object, "added", file->added_ms);
    return object;
}

static bool export_add_files(StoreTx *tx, const Export *export, bool with_values, json_t *object,
                             GError **error)
{
    g_autoptr(GPtrArray) files = export_files(tx, export->id, true, error);
    if (files == NULL)
        return false;
    json_t *now = json_array(), *before = json_array();
    for (guint i = 0; i < files->len; i++) {
        const ExportFile *file = g_ptr_array_index(files, i);
        json_array_append_new(file->removed_round == 0 ? now : before,
                              file_json(file, with_values));
    }
    json_object_set_new(object, "files", now);
    json_object_set_new(object, "removed_files", before);
    return true;
}

/* Blind: while a round is open, everybody sees that reviews were given, a checker sees their own,
 * and nobody else's content. */
static bool export_add_reviews(StoreTx *tx, const PolicyActor *actor, const Export *export,
                               json_t *object, GError **error)
{
    g_autoptr(GPtrArray) reviews = export_reviews(tx, export->id, error);
    if (reviews == NULL)
        return false;
    json_t *list = json_array();
    for (guint i = 0; i < reviews->len; i++) {
        const ExportReview *review = g_ptr_array_index(reviews, i);
        bool this_round = review->round == export->round;
        if (this_round && export->state == EXPORT_SUBMITTED &&
            strcmp(review->checker, actor->id) != 0)
            continue;
        json_t *row = json_pack("{s:{s:s, s:s, s:s}, s:s, s:s, s:I}", "checker", "id",
                                review->checker, "login", review->login, "name", review->name,
                                "decision", export_decision_name(review->decision), "comment",
                                review->comment, "round", (json_int_t)review->round);
        json_set_time(row, "reviewed", review->reviewed_ms);
        json_array_append_new(list, row);
    }
    json_object_set_new(object, "reviews", list);
    return true;
}

static bool export_add_tally(StoreTx *tx, const Export *export, json_t *object, GError **error)
{
    ExportTally tally = {0};
    if (!export_tally(tx, export, &tally, error))
        return false;
    json_object_set_new(object, "files_count", json_integer(tally.files));
    json_object_set_new(object, "files_flagged", json_integer(tally.files_flagged));
    json_object_set_new(object, "reviews_given", json_integer(tally.reviews));
    return true;
}

static bool export_add_rounds(StoreTx *tx, const Export *export, json_t *object, GError **error)
{
    g_autoptr(GPtrArray) rounds = export_rounds(tx, export->id, error);
    if (rounds == NULL)
        return false;
    json_t *list = json_array();
    for (guint i = 0; i < rounds->len; i++) {
        const ExportRound *round = g_ptr_array_index(rounds, i);
        json_t *row = json_pack("{s:I, s:s, s:s}", "round", (json_int_t)round->round, "title",
                                round->title, "context", round->context);
        json_set_time(row, "submitted", round->submitted_ms);
        json_array_append_new(list, row);
    }
    json_object_set_new(object, "rounds", list);
    return true;
}

static bool export_add_rules(StoreTx *tx, const Export *export, json_t *object, GError **error)
{
    SdcRules rules = {0};
    g_auto(GStrv) names = NULL;
    if (!export_rules(tx, export->project, &rules, &names, error))
        return false;
    json_t *packs = json_array();
    for (char **name = names; *name != NULL; name++) {
        const SdcPack *pack = sdc_pack_find(*name);
        json_array_append_new(packs, json_pack("{s:s, s:i, s:s, s:s}", "name", pack->name,
                                               "version", (int)pack->version, "title", pack->title,
                                               "reference", pack->reference));
    }
    json_object_set_new(object, "rule_pack", json_pack("{s:o, s:o}", "packs", packs, "rules",
                                                       rules_json(&rules)));
    return true;
}

static bool may(const PolicyActor *actor, PolicyVerb verb, const PolicyFacts *facts)
{
    return policy_decide(actor, verb, facts).allowed;
}

static json_t *export_may_json(const PolicyActor *actor, const Export *export,
                               const PolicyFacts *facts)
{
    bool editable = export_state_is_editable(export->state);
    bool packed = export->state == EXPORT_APPROVED || export->state == EXPORT_RELEASED;
    bool open = editable || export->state == EXPORT_SUBMITTED;
    return json_pack("{s:b, s:b, s:b, s:b, s:b, s:b}", "edit",
                     editable && may(actor, VERB_EXPORT_EDIT, facts), "submit",
                     editable && may(actor, VERB_EXPORT_SUBMIT, facts), "review",
                     may(actor, VERB_EXPORT_REVIEW, facts), "release",
                     packed && may(actor, VERB_EXPORT_RELEASE, facts), "withdraw",
                     open && may(actor, VERB_EXPORT_EDIT, facts), "read_files",
                     may(actor, VERB_EXPORT_FILE, facts));
}

typedef struct ApiCall {
    const char *id;
    const char *file;
    ExportQuery query;
    json_t *answer;
} ApiCall;

static bool get_look(StoreTx *tx, const PolicyActor *actor, void *data, GError **error)
{
    ApiCall *call = data;
    PolicyFacts facts = {0};
    g_autoptr(Export) export = NULL;
    if (!desk_load(tx, actor, call->id, &export, &facts, error))
        return false;
    g_autoptr(json_t) object = export_brief_json(export);
    if (!export_add_project(tx, export, object, error) ||
        !export_add_files(tx, export, may(actor, VERB_EXPORT_FILE, &facts), object, error) ||
        !export_add_reviews(tx, actor, export, object, error) ||
        !export_add_tally(tx, export, object, error) ||
        !export_add_rounds(tx, export, object, error) ||
        !export_add_rules(tx, export, object, error))
        return false;
    json_object_set_new(object, "may", export_may_json(actor, export, &facts));
    if (call->file != NULL) {
        size_t i;
        json_t *row;
        json_array_foreach(json_object_get(object, "files"), i, row) {
            if (strcmp(json_string_value(json_object_get(row, "id")), call->file) == 0)
                call->answer = json_incref(row);
        }
        return true;
    }
    call->answer = g_steal_pointer(&object);
    return true;
}

/* The export as it is now, or one of its files. */
static bool api_answer(HttpRequest *request, int status, const char *id, const char *file,
                       GError **error)
{
    ApiCall call = {.id = id, .file = file};
    if (!look_run(request_app(request), request_actor(request), VERB_EXPORT_VIEW, id, false,
                  get_look, &call, error)) {
        json_decref(call.answer);
        return false;
    }
    return http_reply_json(request, status, call.answer, error);
}

/* ---- lists ---- */

/* A queue of reviews is a checker's; what somebody wrote is theirs. */
static bool list_allow(StoreTx *tx, const PolicyActor *actor, const ExportQuery *query,
                       GError **error)
{
    static const PolicyFacts own = {.is_owner = true}, awaiting = {.in_review = true};
    PolicyFacts facts = {0};
    switch (query->queue) {
    case EXPORTS_OF_PROJECT:
        return project_facts_visible(tx, actor, query->subject, time_now_ms(), &facts, error) &&
               policy_enforce(actor, VERB_PROJECT_VIEW, &facts, error);
    case EXPORTS_WRITTEN:
        return policy_enforce(actor, VERB_ACCOUNT_LISTS, &own, error);
    default:
        return policy_enforce(actor, VERB_EXPORT_REVIEW, &awaiting, error);
    }
}

static bool list_look(StoreTx *tx, const PolicyActor *actor, void *data, GError **error)
{
    ApiCall *call = data;
    ExportQuery query = call->query;
    query.limit++;
    if (!list_allow(tx, actor, &query, error))
        return false;
    g_autoptr(GPtrArray) list = export_list(tx, &query, error);
    if (list == NULL)
        return false;
    call->answer = json_array();
    for (guint i = 0; i < list->len; i++) {
        json_t *row = export_brief_json(g_ptr_array_index(list, i));
        json_array_append_new(call->answer, row);
        if (!export_add_project(tx, g_ptr_array_index(list, i), row, error) ||
            !export_add_tally(tx, g_ptr_array_index(list, i), row, error))
            return false;
    }
    return true;
}

static const char *export_key(const json_t *item)
{
    return json_string_value(json_object_get(item, "id"));
}

static bool api_list_of(HttpRequest *request, ExportQueue queue, const char *subject,
                        GError **error)
{
    g_autofree char *after = NULL;
    if (!page_key(request, &after, error))
        return false;
    bool project = queue == EXPORTS_OF_PROJECT;
    ApiCall call = {.query = {.queue = queue, .subject = subject, .after = after,
                              .state = http_request_query(request, "state"),
                              .limit = page_limit(request)}};
    if (!look_run(request_app(request), request_actor(request),
                  project ? VERB_PROJECT_VIEW : VERB_EXPORT_REVIEW, project ? subject : "", false,
                  list_look, &call, error)) {
        json_decref(call.answer);
        return false;
    }
    return http_reply_json(request, 200, page_json(call.answer, call.query.limit, export_key),
                           error);
}

static bool api_list(HttpRequest *request, GError **error)
{
    return api_list_of(request, EXPORTS_OF_PROJECT, http_request_segment(request, "project"),
                       error);
}

static bool api_queue(HttpRequest *request, GError **error)
{
    const char *queue = http_request_query(request, "queue");
    return api_list_of(request,
                       strcmp(queue, "review") == 0     ? EXPORTS_TO_REVIEW
                       : strcmp(queue, "reviewed") == 0 ? EXPORTS_REVIEWED
                                                        : EXPORTS_WRITTEN,
                       request_actor(request)->id, error);
}

/* ---- calls ---- */

static const char *segment_export(HttpRequest *request)
{
    return http_request_segment(request, "export");
}

static bool api_create(HttpRequest *request, GError **error)
{
    g_autofree char *id = NULL;
    return desk_create(request_app(request), request_actor(request),
                       http_request_segment(request, "project"), http_body_text(request, "title"),
                       http_body_text(request, "context"), &id, error) &&
           api_answer(request, 201, id, NULL, error);
}

static bool api_get(HttpRequest *request, GError **error)
{
    return api_answer(request, 200, segment_export(request), NULL, error);
}

static bool api_edit(HttpRequest *request, GError **error)
{
    return desk_edit(request_app(request), request_actor(request), segment_export(request),
                     http_body_text(request, "title"), http_body_text(request, "context"),
                     error) &&
           api_answer(request, 200, segment_export(request), NULL, error);
}

static bool api_add_file(HttpRequest *request, GError **error)
{
    const json_t *declaration = json_object_get(http_request_body(request), "declaration");
    g_autofree char *file = NULL;
    return desk_add_file(request_app(request), request_actor(request), segment_export(request),
                         http_body_text(request, "path"), http_body_text(request, "name"),
                         declaration, &file, error) &&
           api_answer(request, 201, segment_export(request), file, error);
}

static bool api_remove_file(HttpRequest *request, GError **error)
{
    return desk_remove_file(request_app(request), request_actor(request),
                            segment_export(request), http_request_segment(request, "file"),
                            error) &&
           http_reply_empty(request, 204, error);
}

static bool api_content(HttpRequest *request, GError **error)
{
    g_autoptr(ExportFile) file = NULL;
    int fd = desk_open_file(request_app(request), request_actor(request),
                            segment_export(request), http_request_segment(request, "file"),
                            true, &file, error);
    if (fd < 0)
        return false;
    http_reply_header(request, "Content-Disposition", "attachment");
    http_reply_header(request, "Cache-Control", "no-store");
    return http_reply_file(request, 200,
                           strcmp(file->kind, "csv") == 0 ? "text/csv; charset=utf-8"
                                                          : "application/vnd.apache.parquet",
                           fd, 0, file->size, error);
}

static bool api_preview(HttpRequest *request, GError **error)
{
    App *app = request_app(request);
    g_autoptr(ExportFile) file = NULL;
    int fd = desk_open_file(app, request_actor(request), segment_export(request),
                            http_request_segment(request, "file"), false, &file, error);
    if (fd < 0)
        return false;
    WorkerProgram program = {.program_path = app->program};
    int64_t rows = http_request_query_integer(request, "limit", WORKER_PREVIEW_ROWS_MAX);
    int64_t offset = http_request_query_integer(request, "offset", 0);
    g_autoptr(json_t) arguments = json_pack("{s:s, s:I, s:I}", "format", file->kind, "rows",
                                            (json_int_t)rows, "offset", (json_int_t)offset);
    json_t *result = NULL;
    bool ok = worker_run(NULL, &program, WORKER_PREVIEW, arguments, fd, -1, &result, error);
    close(fd);
    if (!ok)
        return false;
    g_autoptr(json_t) lint = json_of_text(file->lint);
    json_object_set(result, "flags", json_object_get(lint, "flags"));
    json_object_set_new(result, "offset", json_integer(offset));
    return http_reply_json(request, 200, result, error);
}

static bool api_submit(HttpRequest *request, GError **error)
{
    return desk_submit(request_app(request), request_actor(request), segment_export(request),
                       error) &&
           api_answer(request, 200, segment_export(request), NULL, error);
}

static bool api_withdraw(HttpRequest *request, GError **error)
{
    return desk_withdraw(request_app(request), request_actor(request), segment_export(request),
                         error) &&
           api_answer(request, 200, segment_export(request), NULL, error);
}

static bool api_review(HttpRequest *request, GError **error)
{
    ExportDecision decision = DECISION_REJECT;
    bool known = export_decision_parse(http_body_text(request, "decision"), &decision);
    g_assert(known); /* the table of fields admits no other */
    return desk_review(request_app(request), request_actor(request), segment_export(request),
                       decision, http_body_text(request, "comment"),
                       http_body_text(request, "code"), error) &&
           api_answer(request, 200, segment_export(request), NULL, error);
}

static bool api_release(HttpRequest *request, GError **error)
{
    int64_t size = 0;
    int fd = desk_release(request_app(request), request_actor(request), segment_export(request),
                          &size, error);
    if (fd < 0)
        return false;
    g_autofree char *disposition =
        g_strdup_printf("attachment; filename=\"%s.zip\"", segment_export(request));
    http_reply_header(request, "Content-Disposition", disposition);
    http_reply_header(request, "Cache-Control", "no-store");
    return http_reply_file(request, 200, "application/zip", fd, 0, size, error);
}

/* ---- tables ---- */

static const HttpField person_fields[] = {
    {"id", HTTP_ID, .required = true, .choices = "per"},
    {"login", HTTP_TEXT, .required = true},
    {"name", HTTP_TEXT, .required = true},
    HTTP_SCHEMA("PersonBrief"),
};
static const HttpField project_fields[] = {
    {"id", HTTP_ID, .required = true, .choices = "prj"},
    {"title", HTTP_TEXT, .required = true},
    {"tier", HTTP_CHOICE, .required = true, .choices = "open restricted secure"},
    HTTP_SCHEMA("ExportProject"),
};
static const HttpField flag_fields[] = {
    {"row", HTTP_INTEGER, .required = true, .summary = "1 is the first after the header"},
    {"column", HTTP_TEXT, .required = true},
    {"rule", HTTP_CHOICE, .required = true,
     .choices = "minimum_count minimum_contributors dominance p_percent group zero "
                "rounding undecided invalid recomputable difference"},
    {"value", HTTP_TEXT, .required = true, .nullable = true, .example = "\"3\"",
     .summary = "null: for those who may read the file"},
    {"measure", HTTP_NUMBER, .required = true, .nullable = true,
     .summary = "What the cell has: units, or a share in percent. null: as above, or no figure"},
    {"limit", HTTP_NUMBER, .required = true, .nullable = true, .summary = "What the rule asks"},
    {"contributors", HTTP_INTEGER, .required = true, .max = SDC_TOP_MAX,
     .summary = "Of dominance, how many together; of p %, the coalition; else 0"},
    HTTP_SCHEMA("Flag"),
};
static const HttpField counts_fields[] = {
    {"cells", HTTP_INTEGER, .required = true},
    {"suppressed", HTTP_INTEGER, .required = true},
    {"safe", HTTP_INTEGER, .required = true},
    {"flagged", HTTP_INTEGER, .required = true},
    {"by_rule", HTTP_ANY, .required = true, .summary = "Flagged cells by the name of the rule"},
    {"applied", HTTP_TEXT_LIST, .required = true},
    {"not_applied", HTTP_TEXT_LIST, .required = true, .summary = "For want of a declared column"},
    {"short_of", HTTP_TEXT_LIST, .required = true,
     .summary = "Rules that could not be decided for some cells, for want of contributors"},
    HTTP_SCHEMA("LintCounts"),
};
static const HttpField dominance_fields[] = {DOMINANCE_FIELDS};
static const HttpField rules_fields[] = {RULES_FIELDS(dominance_fields), HTTP_SCHEMA("Rules")};
static const HttpField structure_fields[] = {
    {"state", HTTP_CHOICE, .required = true, .choices = "not_declared not_needed checked too_large"},
    {"dimensions", HTTP_TEXT_LIST, .required = true, .max = SDC_DIMENSIONS_MAX},
    {"relations", HTTP_INTEGER, .required = true, .max = INT64_MAX, .summary = "Sums of cells"},
    {"hidden", HTTP_INTEGER, .required = true, .max = INT64_MAX},
    {"recomputable", HTTP_INTEGER, .required = true, .max = INT64_MAX,
     .summary = "Hidden values that follow from what is shown"},
    HTTP_SCHEMA("LintStructure"),
};
static const HttpField lint_fields[] = {
    {"format", HTTP_CHOICE, .required = true, .choices = "csv parquet"},
    {"rows", HTTP_INTEGER, .required = true},
    {"columns", HTTP_TEXT_LIST, .required = true,
     .summary = "Empty for those who may not read the file; so are values and notes"},
    {"verdict", HTTP_CHOICE, .required = true, .choices = "pass flagged incomplete"},
    {"summary", HTTP_OBJECT, .required = true, .fields = counts_fields},
    {"structure", HTTP_OBJECT, .required = true, .fields = structure_fields,
     .summary = "What was tried by subtraction"},
    {"basis", HTTP_CHOICE, .required = true, .choices = "author_declaration"},
    {"flags", HTTP_LIST, .required = true, .fields = flag_fields},
    {"flags_listed_all", HTTP_BOOLEAN, .required = true},
    {"withheld", HTTP_TEXT_LIST, .required = true,
     .summary = "Columns that served the check and were taken out"},
    {"checked_sha256", HTTP_TEXT, .required = true, .summary = "Of the file with these columns"},
    {"notes", HTTP_TEXT_LIST, .required = true},
    {"packs", HTTP_TEXT_LIST, .required = true, .summary = "Names of the rule packs that were merged"},
    {"rules", HTTP_OBJECT, .required = true, .fields = rules_fields},
    HTTP_SCHEMA("Lint"),
};
static const HttpField dimension_fields[] = {
    {"column", HTTP_TEXT, .required = true, .max = 200},
    {"total", HTTP_TEXT, .required = true, .nullable = true,
     .summary = "The category that is the total; null: one of the usual words, or none"},
    {"nested", HTTP_BOOLEAN, .required = true,
     .summary = "A category is a part of the longest other one that it begins with"},
    HTTP_SCHEMA("Dimension"),
};
static const HttpField declared_fields[] = {
    {"count", HTTP_TEXT, .required = true, .nullable = true},
    {"contributors", HTTP_TEXT, .required = true, .nullable = true},
    {"total", HTTP_TEXT, .required = true, .nullable = true},
    {"absolute", HTTP_TEXT, .required = true, .nullable = true},
    {"largest", HTTP_TEXT, .required = true, .nullable = true},
    {"next", HTTP_TEXT_LIST, .required = true, .max = SDC_TOP_MAX - 1},
    {"dimensions", HTTP_LIST, .required = true, .fields = dimension_fields,
     .max = SDC_DIMENSIONS_MAX},
    HTTP_SCHEMA("Declaration"),
};
static const HttpField file_fields[] = {
    {"id", HTTP_ID, .required = true, .choices = "fil"},
    {"name", HTTP_TEXT, .required = true, .max = 1024},
    {"size", HTTP_INTEGER, .required = true, .max = INT64_MAX},
    {"sha256", HTTP_TEXT, .required = true},
    {"kind", HTTP_CHOICE, .required = true, .choices = "csv parquet"},
    {"verdict", HTTP_CHOICE, .required = true, .choices = "pass flagged incomplete"},
    {"declaration", HTTP_OBJECT, .required = true, .fields = declared_fields,
     .summary = "Names of the columns declared"},
    {"lint", HTTP_OBJECT, .required = true, .fields = lint_fields, .summary = "The rules applied and the cells flagged"},
    {"round", HTTP_INTEGER, .required = true, .max = 1000000},
    {"removed_round", HTTP_INTEGER, .required = true, .nullable = true, .max = 1000000},
    {"added", HTTP_TIME, .required = true},
    HTTP_SCHEMA("ExportFile"),
};
static const HttpField review_fields[] = {
    {"checker", HTTP_OBJECT, .required = true, .fields = person_fields},
    {"decision", HTTP_CHOICE, .required = true, .choices = "approve return reject"},
    {"comment", HTTP_LONG_TEXT, .required = true},
    {"round", HTTP_INTEGER, .required = true, .max = 1000000},
    {"reviewed", HTTP_TIME, .required = true},
    HTTP_SCHEMA("Review"),
};
#define EXPORT_BRIEF                                                                               \
    {"id", HTTP_ID, .required = true, .choices = "exp"},                                           \
        {"project_id", HTTP_ID, .required = true, .choices = "prj"},                               \
        {"project", HTTP_OBJECT, .required = true, .fields = project_fields},                      \
        {"author", HTTP_OBJECT, .required = true, .fields = person_fields},                        \
        {"title", HTTP_TEXT, .required = true}, {"context", HTTP_LONG_TEXT, .required = true},     \
        {"state", HTTP_CHOICE, .required = true,                                                   \
         .choices = "draft submitted returned approved rejected released withdrawn"},              \
        {"round", HTTP_INTEGER, .required = true, .max = 1000000},                                 \
        {"created", HTTP_TIME, .required = true},                                                  \
        {"submitted", HTTP_TIME, .required = true, .nullable = true},                              \
        {"decided", HTTP_TIME, .required = true, .nullable = true},                                \
        {"released", HTTP_TIME, .required = true, .nullable = true},                               \
        {"checkers_needed", HTTP_INTEGER, .required = true, .max = 10},                            \
        {"reviews_given", HTTP_INTEGER, .required = true, .max = 10},                              \
        {"files_count", HTTP_INTEGER, .required = true, .max = INT64_MAX},                         \
        {"files_flagged", HTTP_INTEGER, .required = true, .max = INT64_MAX,                        \
         .summary = "Files that did not pass the rules"}
static const HttpField brief_fields[] = {EXPORT_BRIEF, HTTP_SCHEMA("ExportBrief")};
static const HttpField pack_fields[] = {
    {"name", HTTP_TEXT, .required = true},
    {"version", HTTP_INTEGER, .required = true, .max = 1000000},
    {"title", HTTP_TEXT, .required = true},
    {"reference", HTTP_TEXT, .required = true},
    HTTP_SCHEMA("RulePackBrief"),
};
static const HttpField merged_rules_fields[] = {
    {"packs", HTTP_LIST, .required = true, .fields = pack_fields},
    {"rules", HTTP_OBJECT, .required = true, .fields = rules_fields},
    HTTP_SCHEMA("MergedRules"),
};
static const HttpField may_fields[] = {
    {"edit", HTTP_BOOLEAN, .required = true},
    {"submit", HTTP_BOOLEAN, .required = true},
    {"review", HTTP_BOOLEAN, .required = true},
    {"release", HTTP_BOOLEAN, .required = true},
    {"withdraw", HTTP_BOOLEAN, .required = true},
    {"read_files", HTTP_BOOLEAN, .required = true},
    HTTP_SCHEMA("ExportMay"),
};
static const HttpField round_fields[] = {
    {"round", HTTP_INTEGER, .required = true, .max = 1000000},
    {"title", HTTP_TEXT, .required = true},
    {"context", HTTP_LONG_TEXT, .required = true},
    {"submitted", HTTP_TIME, .required = true},
    HTTP_SCHEMA("ExportRound"),
};
static const HttpField export_fields[] = {
    EXPORT_BRIEF,
    {"rounds", HTTP_LIST, .required = true, .fields = round_fields,
     .summary = "What was submitted, each time; files tell their rounds themselves"},
    {"reviews", HTTP_LIST, .required = true, .fields = review_fields},
    {"files", HTTP_LIST, .required = true, .fields = file_fields},
    {"removed_files", HTTP_LIST, .required = true, .fields = file_fields},
    {"rule_pack", HTTP_OBJECT, .required = true, .fields = merged_rules_fields,
     .summary = "The strictest merge of the rule packs of the project's sources"},
    {"may", HTTP_OBJECT, .required = true, .fields = may_fields,
     .summary = "What the caller may do now"},
    HTTP_SCHEMA("Export"),
};
static const HttpField page_fields[] = {
    {"items", HTTP_LIST, .required = true, .fields = brief_fields},
    ANSWER_NEXT,
    HTTP_SCHEMA("ExportPage"),
};
static const HttpField column_fields[] = {
    {"name", HTTP_TEXT, .required = true},
    {"type", HTTP_TEXT, .required = true, .example = "\"BIGINT\""},
    HTTP_SCHEMA("Column"),
};
static const HttpField preview_fields[] = {
    {"format", HTTP_CHOICE, .required = true, .choices = "csv parquet"},
    {"delimiter", HTTP_LONG_TEXT, .summary = "Of a CSV file; may be a tab"},
    {"rows", HTTP_INTEGER, .required = true, .summary = "Of the whole file"},
    {"columns", HTTP_LIST, .required = true, .fields = column_fields},
    {"values", HTTP_CELLS, .required = true, .summary = "The rows asked for"},
    {"offset", HTTP_INTEGER, .required = true, .max = INT32_MAX,
     .summary = "Rows passed over before them"},
    {"flags", HTTP_LIST, .required = true, .fields = flag_fields},
    HTTP_SCHEMA("Preview"),
};
#define STATE_FIELD                                                                                \
    {"state", HTTP_CHOICE,                                                                         \
     .choices = "draft submitted returned approved rejected released withdrawn"}
static const HttpField page_query[] = {PAGE_FIELDS, STATE_FIELD, {0}};
static const HttpField queue_query[] = {
    PAGE_FIELDS,
    STATE_FIELD,
    {"queue", HTTP_CHOICE, .required = true, .choices = "review reviewed mine",
     .summary = "Those that await a review of the caller (longest first), that they reviewed, that "
                "they wrote"},
    {0},
};
static const HttpField preview_query[] = {
    {"limit", HTTP_INTEGER, .min = 1, .max = WORKER_PREVIEW_ROWS_MAX},
    {"offset", HTTP_INTEGER, .min = 0, .max = INT32_MAX, .summary = "Rows to pass over"},
    {0},
};
static const HttpField create_body[] = {
    {"title", HTTP_TEXT, .required = true, .max = 200},
    {"context", HTTP_LONG_TEXT, .required = true,
     .summary = "What the tables are: population, variables, method"},
    HTTP_SCHEMA("ExportNew"),
};
static const HttpField edit_body[] = {
    {"title", HTTP_TEXT, .max = 200},
    {"context", HTTP_LONG_TEXT},
    HTTP_SCHEMA("ExportEdit"),
};
static const HttpField new_dimension_fields[] = {
    {"column", HTTP_TEXT, .required = true, .max = 200},
    {"total", HTTP_TEXT, .max = 200, .summary = "The category that is the total"},
    {"nested", HTTP_BOOLEAN,
     .summary = "A category is a part of the longest other one that it begins with"},
    HTTP_SCHEMA("DimensionNew"),
};
static const HttpField declaration_fields[] = {
    {"count", HTTP_TEXT, .max = 200, .summary = "Column of numbers of units, weights counted"},
    {"contributors", HTTP_TEXT, .max = 200,
     .summary = "Column of numbers of respondents, or of groups of enterprises"},
    {"total", HTTP_TEXT, .max = 200, .summary = "Column of totals"},
    {"absolute", HTTP_TEXT, .max = 200,
     .summary = "Column of sums of absolute values, where some are negative"},
    {"largest", HTTP_TEXT, .max = 200,
     .summary = "Column of largest contributions; serves the check and is taken out"},
    {"next", HTTP_TEXT_LIST, .max = SDC_TOP_MAX - 1,
     .summary = "Columns of the second largest, third...; taken out too"},
    {"dimensions", HTTP_LIST, .fields = new_dimension_fields, .max = SDC_DIMENSIONS_MAX,
     .summary = "Columns of categories: how cells add up, so that subtraction can be tried"},
    HTTP_SCHEMA("DeclarationNew"),
};
static const HttpField file_body[] = {
    {"path", HTTP_TEXT, .required = true, .max = 1024, .summary = "Below /project"},
    {"name", HTTP_TEXT, .max = 255, .summary = "Name in the package; the file's own by default"},
    {"declaration", HTTP_OBJECT, .required = true, .fields = declaration_fields},
    HTTP_SCHEMA("ExportFileNew"),
};
static const HttpField review_body[] = {
    {"decision", HTTP_CHOICE, .required = true, .choices = "approve return reject"},
    {"comment", HTTP_LONG_TEXT},
    {"code", HTTP_SECRET, .required = true, .max = 20, .summary = "Second factor"},
    HTTP_SCHEMA("ReviewNew"),
};

static const HttpRoute airlock_routes[] = {
    {.method = "POST", .path = "/api/v1/projects/{project}/exports", .handler = api_create,
     .access = HTTP_PERSON, .body = create_body, .answer = export_fields, .success = 201,
     .tag = "airlock", .summary = "Begin an export"},
    {.method = "GET", .path = "/api/v1/projects/{project}/exports", .handler = api_list,
     .access = HTTP_PERSON, .query = page_query, .answer = page_fields, .tag = "airlock",
     .summary = "Exports of a project, newest first"},
    {.method = "GET", .path = "/api/v1/exports", .handler = api_queue, .access = HTTP_PERSON,
     .query = queue_query, .answer = page_fields, .tag = "airlock",
     .summary = "Exports across projects: a checker's queue, or one's own"},
    {.method = "GET", .path = "/api/v1/exports/{export}", .handler = api_get,
     .access = HTTP_PERSON, .answer = export_fields, .tag = "airlock", .summary = "An export"},
    {.method = "PATCH", .path = "/api/v1/exports/{export}", .handler = api_edit,
     .access = HTTP_PERSON, .body = edit_body, .answer = export_fields, .tag = "airlock",
     .summary = "Change the title or context of a draft"},
    {.method = "POST", .path = "/api/v1/exports/{export}/files", .handler = api_add_file,
     .access = HTTP_PERSON, .body = file_body, .answer = file_fields, .success = 201,
     .problems = HTTP_PROBLEM(ERROR_QUOTA),
     .tag = "airlock", .summary = "Copy a file of /project into the export and check it"},
    {.method = "DELETE", .path = "/api/v1/exports/{export}/files/{file}",
     .handler = api_remove_file, .access = HTTP_PERSON, .success = 204, .tag = "airlock",
     .summary = "Take a file out of a draft"},
    {.method = "GET", .path = "/api/v1/exports/{export}/files/{file}/content",
     .handler = api_content, .access = HTTP_PERSON,
     .answer_types = "text/csv application/vnd.apache.parquet", .tag = "airlock",
     .summary = "The bytes of a file, for its author and its checkers"},
    {.method = "GET", .path = "/api/v1/exports/{export}/files/{file}/preview",
     .handler = api_preview, .access = HTTP_PERSON, .query = preview_query,
     .answer = preview_fields,
     .problems = HTTP_PROBLEM(ERROR_CONFLICT) | HTTP_PROBLEM(ERROR_TOO_LARGE) |
                 HTTP_PROBLEM(ERROR_UNPROCESSABLE),
     .tag = "airlock",
     .summary = "Some rows of a file, of this round or an earlier one, and its flagged cells"},
    {.method = "POST", .path = "/api/v1/exports/{export}/submit", .handler = api_submit,
     .access = HTTP_PERSON, .answer = export_fields, .tag = "airlock",
     .summary = "Submit to the checkers"},
    {.method = "POST", .path = "/api/v1/exports/{export}/withdraw", .handler = api_withdraw,
     .access = HTTP_PERSON, .answer = export_fields, .tag = "airlock", .summary = "Withdraw"},
    {.method = "POST", .path = "/api/v1/exports/{export}/reviews", .handler = api_review,
     .access = HTTP_PERSON, .body = review_body, .answer = export_fields, .tag = "airlock",
     .summary = "Review, signed with the second factor"},
    {.method = "GET", .path = "/api/v1/exports/{export}/release", .handler = api_release,
     .access = HTTP_PERSON, .answer_types = "application/zip",
     .problems = HTTP_PROBLEM(ERROR_CONFLICT), .tag = "airlock",
     .summary = "The package of an approved export; the first time releases it"},
    {0},
};

/* The room's state is the lock under which packages are made. */
static bool airlock_start(App *app, GError **error)
{
    (void)error;
    GMutex *lock = g_new0(GMutex, 1);
    g_mutex_init(lock);
    app->room_data[ROOM_AIRLOCK] = lock;
    return true;
}

static void airlock_stop(App *app)
{
    g_mutex_clear(app->room_data[ROOM_AIRLOCK]);
    g_free(g_steal_pointer(&app->room_data[ROOM_AIRLOCK]));
}

static bool airlock_measure(App *app, GError **error)
{
    return measure_rows(app, METRIC_QUEUE,
                        "SELECT 'exports', count(*) FROM export WHERE state = 'submitted'", error);
}

const Room airlock_room = {.name = "airlock",
                           .routes = airlock_routes,
                           .start = airlock_start,
                           .stop = airlock_stop,
                           .measure = airlock_measure};
