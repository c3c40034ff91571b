/* SPDX-License-Identifier: Apache-2.0 */
/* The HTTP face of tasks. */
#include "base/times.h"
#include "projects/answers.h"
#include "tasks/digest.h"

static json_t *task_json(const Task *task)
{
    json_t *project = task->project != NULL
                          ? json_pack("{s:s, s:s}", "id", task->project, "title",
                                      task->project_title)
                          : json_null();
    return json_pack("{s:s, s:o, s:s, s:s, s:o}", "kind", task->kind, "project", project,
                     "object", task->object, "title", task->title, "since",
                     answer_time(task->since_ms));
}

static bool read_tasks(StoreTx *tx, const PolicyActor *actor, void *data, GError **error)
{
    static const PolicyFacts own = {.is_owner = true};
    json_t **items = data;
    if (!policy_enforce(actor, VERB_ACCOUNT_LISTS, &own, error))
        return false;
    g_autoptr(GPtrArray) tasks = tasks_load(tx, actor, time_now_ms(), error);
    if (tasks == NULL)
        return false;
    *items = json_array();
    for (guint i = 0; i < tasks->len; i++)
        json_array_append_new(*items, task_json(g_ptr_array_index(tasks, i)));
    return true;
}

static bool api_tasks(HttpRequest *request, GError **error)
{
    json_t *items = NULL;
    if (!look_run(request_app(request), request_actor(request), VERB_ACCOUNT_LISTS, "", false,
                  read_tasks, &items, error))
        return false;
    return http_reply_json(request, 200, json_pack("{s:o, s:n}", "items", items, "next"), error);
}

static const HttpField project_answer[] = {
    {"id", HTTP_ID, .required = true, .choices = "prj"},
    {"title", HTTP_TEXT, .required = true},
    HTTP_SCHEMA("ProjectTitle"),
};
static const HttpField task_answer[] = {
    {"kind", HTTP_CHOICE, .required = true,
     .choices = "sign_undertaking complete_application agree opine need_to_know review_export "
                "export_returned export_approved service_running"},
    {"project", HTTP_OBJECT, .required = true, .nullable = true, .fields = project_answer},
    {"object", HTTP_TEXT, .required = true, .summary = "The application, export or service"},
    {"title", HTTP_TEXT, .required = true},
    {"since", HTTP_TIME, .required = true, .nullable = true},
    HTTP_SCHEMA("Task"),
};
static const HttpField tasks_answer[] = {
    {"items", HTTP_LIST, .required = true, .fields = task_answer},
    ANSWER_NEXT,
    HTTP_SCHEMA("TaskPage"),
};

static const HttpRoute tasks_routes[] = {
    {.method = "GET", .path = "/api/v1/me/tasks", .handler = api_tasks, .access = HTTP_PERSON,
     .answer = tasks_answer, .tag = "account", .summary = "What awaits me"},
    {0},
};

static bool tasks_start(App *app, GError **error)
{
    (void)error;
    notices_set_waiting(app, tasks_waiting);
    return true;
}

const Room tasks_room = {.name = "tasks", .routes = tasks_routes, .start = tasks_start};
