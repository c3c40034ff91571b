/* SPDX-License-Identifier: Apache-2.0 */
/* Moving a service: one logged action, told to those who watch it. */
#include "services/moves.h"

#include "base/times.h"
#include "notices/notices.h"

typedef struct MoveCall {
    const char *id;
    ServiceState state;
    const char *reason, *detail;
    Service *service;
} MoveCall;

/* What a person did not ask for is told to them; an end that follows from a stop is not told twice. */
static bool move_tell(Act *act, const MoveCall *call, GError **error)
{
    NoticeNew notice = {.kind = call->state == SERVICE_FAILED ? NOTICE_SERVICE_FAILED
                                                              : NOTICE_SERVICE_STOPPED,
                        .object = call->id, .project = call->service->project,
                        .reason = call->reason};
    bool unasked = call->state == SERVICE_FREEZING || call->state == SERVICE_FAILED ||
                   call->state == SERVICE_STOPPING;
    return !unasked || notice_add(act, call->service->person, &notice, error);
}

static bool move_in_act(Act *act, void *data, GError **error)
{
    MoveCall *call = data;
    if (!service_load(act->tx, call->id, &call->service, error) ||
        !service_move(act->tx, call->id, call->state, call->reason, call->detail, time_now_ms(),
                      error))
        return false;
    act_about(act, call->id, call->service->project);
    act_detail(act, "state", service_state_name(call->state));
    if (*call->reason != '\0')
        act_detail(act, "reason", call->reason);
    g_autofree char *service = g_strconcat("service:", call->id, NULL);
    g_autofree char *project = g_strconcat("project:", call->service->project, NULL);
    act_notify(act, service);
    act_notify(act, project);
    return move_tell(act, call, error);
}

bool services_move(Services *services, const char *id, ServiceState state, const char *reason,
                const char *detail, GError **error)
{
    MoveCall call = {.id = id, .state = state, .reason = reason, .detail = detail};
    g_autoptr(PolicyActor) system = policy_actor_system();
    PolicyVerb verb = service_state_is_over(state) || state == SERVICE_FREEZING
                          ? VERB_SERVICE_STOP
                          : VERB_SERVICE_LAUNCH;
    bool ok = act_run(services->app, system, verb, move_in_act, &call, NULL, error);
    service_free(call.service);
    return ok;
}
