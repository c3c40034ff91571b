/* SPDX-License-Identifier: Apache-2.0 */
/* HTTP face of prolonging: who may have a service open may also keep it for longer. */
#include "services/api.h"

#include "base/error.h"
#include "base/times.h"
#include "services/lifetime.h"
#include "services/rights.h"

typedef struct ProlongCall {
    const char *service;
    CatalogLimits limits;
    int64_t hours;
    json_t *answer;
} ProlongCall;

static bool prolong_check_state(const Service *service, GError **error)
{
    if (service->state == SERVICE_QUEUED || service->state == SERVICE_STARTING ||
        service->state == SERVICE_READY)
        return true;
    return error_set(error, ERROR_CONFLICT, "services.over",
                     "The service is %s; launch another one.", service_state_name(service->state));
}

/* Hours, a value that the definition offers; then as far as all limits let it. */
static bool prolong_choose(StoreTx *tx, const Config *config, const ProlongCall *call,
                           const Service *service, int64_t now_ms, int64_t *ret_ends_ms,
                           GError **error)
{
    const CatalogDefinition *definition = NULL;
    int64_t hours = 0, latest_ms = 0;
    return catalog_find(service->definition, &definition, error) &&
           catalog_choose_one(definition, &call->limits, PARAMETER_HOURS, call->hours, &hours,
                              error) &&
           lifetime_latest(tx, config, service, &latest_ms, error) &&
           lifetime_extend(service, hours, latest_ms, now_ms, ret_ends_ms, error);
}

static bool prolong_in_act(Act *act, void *data, GError **error)
{
    ProlongCall *call = data;
    int64_t now_ms = time_now_ms(), ends_ms = 0;
    PolicyFacts facts = {0};
    g_autoptr(Service) service = NULL;
    g_autoptr(Service) prolonged = NULL;
    if (!api_service_find(act->tx, act->actor, call->service, &service, error))
        return false;
    act_about(act, service->id, service->project);
    if (!rights_load_facts(act->tx, act->actor, service->project, service->person, now_ms, &facts,
                           error) ||
        !act_allow(act, &facts, error) || !prolong_check_state(service, error) ||
        !prolong_choose(act->tx, act->app->config, call, service, now_ms, &ends_ms, error) ||
        !service_prolong(act->tx, service->id, ends_ms, now_ms, error) ||
        !service_load(act->tx, call->service, &prolonged, error))
        return false;
    g_autofree char *ends = time_format(ends_ms);
    g_autofree char *before = time_format(service->ends_ms);
    act_detail(act, "ends", ends);
    act_detail(act, "before", before);
    call->answer = service_json(prolonged, act->actor);
    g_autofree char *topic = g_strconcat("service:", service->id, NULL);
    g_autofree char *project = g_strconcat("project:", service->project, NULL);
    act_notify(act, topic);
    act_notify(act, project);
    return true;
}

bool api_prolong(HttpRequest *request, GError **error)
{
    App *app = request_app(request);
    ProlongCall call = {.service = http_request_segment(request, "service"),
                        .limits = launch_limits(app),
                        .hours = http_body_integer(request, "hours", CATALOG_UNASKED)};
    if (act_run(app, request_actor(request), VERB_SERVICE_PROLONG, prolong_in_act, &call, NULL,
                error))
        return http_reply_json(request, 200, call.answer, error);
    json_decref(call.answer);
    return false;
}

const HttpField prolong_body[] = {
    {"hours", HTTP_INTEGER, .min = 1, .max = 720,
     .summary = "From now on, one of those that the definition offers; its default when absent"},
    HTTP_SCHEMA("ServiceProlong"),
};
