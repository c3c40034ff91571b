/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reports over HTTP, as JSON and as a page. The page is made of a report that a worker wrote while it read
 * a file of somebody's: it is served in a sandbox of the browser, without scripts and without our origin.
 */
#include "protection/internal.h"

#include "base/encode.h"
#include "base/error.h"
#include "projects/answers.h"
#include "protect/protect.h"

#include <string.h>

#define REPORT_POLICY                                                                              \
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "         \
    "frame-ancestors 'self'; sandbox"

typedef struct Report {
    const char *id;
    char *recipe, *report;
} Report;

static void report_clear(Report *report)
{
    g_free(report->recipe);
    g_free(report->report);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Report, report_clear)

static bool read_protection(StoreTx *tx, const PolicyActor *actor, void *data, GError **error)
{
    Report *report = data;
    g_autoptr(Protection) p = NULL;
    if (!protection_facts(tx, actor, VERB_DATASET_REPORT, report->id, &p, NULL, error))
        return false;
    if (*p->report == '\0')
        return error_set(error, ERROR_NOT_FOUND, "protection.no_report",
                         "There is no report yet: the recipe has not been applied.");
    report->recipe = g_strdup(p->recipe);
    report->report = g_strdup(p->report);
    return true;
}

static bool read_dataset(StoreTx *tx, const PolicyActor *actor, void *data, GError **error)
{
    Report *report = data;
    PolicyFacts facts = {0};
    g_autoptr(Dataset) dataset = NULL;
    g_autoptr(Source) source = NULL;
    return dataset_load(tx, report->id, &dataset, error) &&
           source_load(tx, dataset->source, &source, error) &&
           source_facts_add(tx, actor, source, dataset, NULL, &facts, error) &&
           policy_enforce(actor, VERB_DATASET_REPORT, &facts, error) &&
           dataset_report_load(tx, dataset->id, &report->recipe, &report->report, error);
}

static bool reply_json(HttpRequest *request, const char *segment, LookClosure read, GError **error)
{
    g_auto(Report) report = {.id = http_request_segment(request, segment)};
    if (!look_run(request_app(request), request_actor(request), VERB_DATASET_REPORT, report.id, true,
                  read, &report, error))
        return false;
    json_t *recipe = json_parse(report.recipe, strlen(report.recipe), error);
    json_t *json = recipe != NULL ? json_parse(report.report, strlen(report.report), error) : NULL;
    if (json == NULL) {
        json_decref(recipe);
        return false;
    }
    return http_reply_json(request, 200, json_pack("{s:o, s:o}", "recipe", recipe, "report", json), error);
}

static bool reply_page(HttpRequest *request, const char *segment, LookClosure read, GError **error)
{
    g_auto(Report) report = {.id = http_request_segment(request, segment)};
    if (!look_run(request_app(request), request_actor(request), VERB_DATASET_REPORT, report.id, true,
                  read, &report, error))
        return false;
    g_autoptr(json_t) json = json_parse(report.report, strlen(report.report), error);
    if (json == NULL)
        return false;
    char *html = protect_report_html(json, http_request_query(request, "language"),
                                     http_request_query(request, "theme"));
    g_autoptr(GBytes) bytes = g_bytes_new_take(html, strlen(html));
    http_reply_header(request, "Content-Security-Policy", REPORT_POLICY);
    http_reply_header(request, "Cache-Control", "no-store");
    /* A page in a sandbox cannot be opened in a tab of its own under our own opener policy. */
    http_reply_header(request, "Cross-Origin-Opener-Policy", "unsafe-none");
    return http_reply_bytes(request, 200, "text/html; charset=utf-8", bytes, error);
}

bool api_protection_report(HttpRequest *request, GError **error)
{
    return reply_json(request, "protection", read_protection, error);
}

bool api_protection_page(HttpRequest *request, GError **error)
{
    return reply_page(request, "protection", read_protection, error);
}

bool api_dataset_report(HttpRequest *request, GError **error)
{
    return reply_json(request, "dataset", read_dataset, error);
}

bool api_dataset_page(HttpRequest *request, GError **error)
{
    return reply_page(request, "dataset", read_dataset, error);
}

const HttpField report_page_query[] = {
    {"language", HTTP_CHOICE, .choices = "en fr", .summary = "Absent: en"},
    {"theme", HTTP_CHOICE, .choices = "light dark", .summary = "Absent: as the browser prefers"},
    {0},
};
const HttpField report_answer[] = {
    {"recipe", HTTP_ANY, .required = true, .summary = "As given: docs/sdc/recipes.md"},
    {"report", HTTP_ANY, .required = true,
     .summary = "Risk before and after, utility, each step, digests"},
    HTTP_SCHEMA("ProtectionReport"),
};
