/* SPDX-License-Identifier: Apache-2.0 */
/*
 * HTTP face of launching: the catalogue with the choices that it leaves, what a launch would do
 * here and now, and the launch itself. The form of a page is made from the JSON Schema that is
 * printed here; what is sent is checked against the same table again.
 */
#include "services/api.h"

#include "accreditation/accreditation.h"
#include "base/error.h"
#include "base/ids.h"
#include "base/times.h"
#include "catalog/catalog.h"
#include "projects/projects.h"
#include "services/rights.h"
#include "services/tasks.h"
#include "sources/sources.h"

#include <string.h>
#include <sys/sysinfo.h>

#define MIB (INT64_C(1024) * 1024)

/* The most is never below what is given by default, nor above what the machine has. */
static int64_t most_of(const Config *config, const char *normal, const char *most, int64_t machine)
{
    return MAX(config_integer(config, normal), MIN(config_integer(config, most), machine));
}

static int64_t machine_memory_mib(void)
{
    struct sysinfo info;
    return sysinfo(&info) == 0 ? (int64_t)info.totalram * info.mem_unit / MIB : INT64_MAX;
}

CatalogLimits launch_limits(const App *app)
{
    const Config *config = app->config;
    return (CatalogLimits){
        .normal = {[PARAMETER_CPUS] = config_integer(config, "services.cpus"),
                   [PARAMETER_MEMORY_MIB] = config_integer(config, "services.memory_mib"),
                   [PARAMETER_HOURS] = config_integer(config, "services.hours")},
        .most = {[PARAMETER_CPUS] =
                     most_of(config, "services.cpus", "services.cpus_max", get_nprocs()),
                 [PARAMETER_MEMORY_MIB] = most_of(config, "services.memory_mib",
                                                  "services.memory_mib_max", machine_memory_mib()),
                 [PARAMETER_HOURS] =
                     most_of(config, "services.hours", "services.hours_max", INT64_MAX)},
    };
}

/* ---- the catalogue ---- */

static json_t *property_json(const CatalogDefinition *definition, const CatalogLimits *limits,
                             CatalogParameter parameter)
{
    const CatalogParameterRow *row = catalog_parameter(parameter);
    g_autoptr(GArray) offered = catalog_offered(definition, limits, parameter);
    json_t *values = json_array();
    for (guint i = 0; i < offered->len; i++)
        json_array_append_new(values, json_integer(g_array_index(offered, int64_t, i)));
    return json_pack("{s:s, s:s, s:{s:s, s:s}, s:s, s:o, s:I}", "type", "integer", "title",
                     row->title_en, "x-title", "en", row->title_en, "fr", row->title_fr, "x-unit",
                     row->unit, "enum", values, "default",
                     (json_int_t)limits->normal[parameter]);
}

static json_t *schema_json(const CatalogDefinition *definition, const CatalogLimits *limits)
{
    json_t *properties = json_object();
    for (int i = 0; i < PARAMETER_COUNT; i++)
        json_object_set_new(properties, catalog_parameter((CatalogParameter)i)->name,
                            property_json(definition, limits, (CatalogParameter)i));
    return json_pack("{s:s, s:s, s:b, s:o}", "$schema",
                     "https://json-schema.org/draft/2020-12/schema", "type", "object",
                     "additionalProperties", 0, "properties", properties);
}

static json_t *starts_json(const ServiceStarts *starts)
{
    return json_pack("{s:I, s:I, s:I}", "count", (json_int_t)starts->count, "median_ms",
                     (json_int_t)starts->median_ms, "slow_ms", (json_int_t)starts->slow_ms);
}

typedef struct CatalogCall {
    CatalogLimits limits;
    json_t *items;
} CatalogCall;

static bool catalog_read(StoreTx *tx, void *data, GError **error)
{
    CatalogCall *call = data;
    for (const CatalogDefinition *d = catalog_definitions(); d->id != NULL; d++) {
        ServiceStarts starts = {0};
        if (!service_starts(tx, d->id, &starts, error))
            return false;
        json_array_append_new(
            call->items,
            json_pack("{s:s, s:s, s:{s:s, s:s}, s:s, s:s, s:o, s:o}", "id", d->id, "title",
                      d->title, "summary", "en", d->summary_en, "fr", d->summary_fr, "display",
                      catalog_display_name(d->display), "image", d->image, "schema",
                      schema_json(d, &call->limits), "start", starts_json(&starts)));
    }
    return true;
}

bool api_definitions(HttpRequest *request, GError **error)
{
    App *app = request_app(request);
    g_autoptr(json_t) items = json_array();
    CatalogCall call = {.limits = launch_limits(app), .items = items};
    if (!store_read(app->store, catalog_read, &call, error))
        return false;
    return http_reply_json(request, 200, json_pack("{s:O, s:n}", "items", items, "next"), error);
}

/* ---- quotas ---- */

/* One row per thing that a person may have only so much of. */
typedef struct LaunchQuota {
    const char *name;
    const char *option;
    size_t used;              /* in ServiceUse */
    int parameter;            /* what one more takes; -1: one */
    const char *reason;       /* of the refusal */
    const char *thing;        /* in a sentence after a number */
} LaunchQuota;

static const LaunchQuota quotas[] = {
    {"services", "services.max_per_person", G_STRUCT_OFFSET(ServiceUse, services), -1,
     "services.too_many", "services running"},
    {"cpus", "services.cpus_per_person", G_STRUCT_OFFSET(ServiceUse, cpus), PARAMETER_CPUS,
     "services.quota_cpus", "processors in use"},
    {"memory_mib", "services.memory_mib_per_person", G_STRUCT_OFFSET(ServiceUse, memory_mib),
     PARAMETER_MEMORY_MIB, "services.quota_memory_mib", "MiB of memory in use"},
};

static int64_t quota_used(const LaunchQuota *quota, const ServiceUse *use)
{
    return *(const int64_t *)((const char *)use + quota->used);
}

static bool launch_check_quotas(Act *act, const CatalogChoices *choices, GError **error)
{
    ServiceUse use = {0};
    if (!service_use(act->tx, act->actor->id, &use, error))
        return false;
    for (size_t i = 0; i < G_N_ELEMENTS(quotas); i++) {
        const LaunchQuota *quota = &quotas[i];
        int64_t used = quota_used(quota, &use);
        int64_t asked = quota->parameter < 0 ? 1 : choices->values[quota->parameter];
        int64_t most = config_integer(act->app->config, quota->option);
        if (used + asked > most)
            return error_set(error, ERROR_QUOTA, quota->reason,
                             "You have %" G_GINT64_FORMAT " %s and ask for %" G_GINT64_FORMAT
                             " more, of %" G_GINT64_FORMAT
                             " allowed; ask for less, or stop a service.",
                             used, quota->thing, asked, most);
    }
    return true;
}

static json_t *quotas_json(const App *app, const ServiceUse *use)
{
    json_t *object = json_object();
    for (size_t i = 0; i < G_N_ELEMENTS(quotas); i++)
        json_object_set_new(
            object, quotas[i].name,
            json_pack("{s:I, s:I}", "used", (json_int_t)quota_used(&quotas[i], use), "most",
                      (json_int_t)config_integer(app->config, quotas[i].option)));
    return object;
}

/* ---- what a launch would do ---- */

typedef struct LaunchLook {
    const App *app;
    const char *project;
    const CatalogDefinition *definition;
    json_t *answer;
} LaunchLook;

static bool launch_mounts_json(StoreTx *tx, const GPtrArray *datasets, json_t **ret_mounts,
                               GError **error)
{
    g_autoptr(json_t) mounts = json_array();
    for (guint i = 0; i < datasets->len; i++) {
        g_autoptr(Dataset) dataset = NULL;
        if (!dataset_load(tx, g_ptr_array_index(datasets, i), &dataset, error))
            return false;
        g_autofree char *folder = dataset_folder(dataset);
        g_autofree char *path = g_strconcat("/data/", folder, NULL);
        json_array_append_new(mounts, json_pack("{s:s, s:s, s:s, s:s}", "path", path, "dataset",
                                                dataset->id, "title", dataset->title, "level",
                                                policy_name(SET_LEVEL, dataset->level)));
    }
    *ret_mounts = g_steal_pointer(&mounts);
    return true;
}

static bool launch_look_in(StoreTx *tx, const PolicyActor *actor, void *data, GError **error)
{
    LaunchLook *call = data;
    int64_t now = time_now_ms();
    PolicyFacts seen = {0}, facts = {0};
    ServiceUse use = {0};
    if (!project_facts_visible(tx, actor, call->project, now, &seen, error) ||
        !policy_enforce(actor, VERB_PROJECT_VIEW, &seen, error) ||
        !rights_load_facts(tx, actor, call->project, actor->id, now, &facts, error) ||
        !service_use(tx, actor->id, &use, error))
        return false;
    g_autoptr(GPtrArray) datasets =
        rights_mountable(tx, actor, call->project, &facts, now, error);
    g_autoptr(json_t) mounts = NULL;
    if (datasets == NULL || !launch_mounts_json(tx, datasets, &mounts, error))
        return false;
    facts.display = call->definition->display;
    PolicyDecision decision = policy_decide(actor, VERB_SERVICE_LAUNCH, &facts);
    call->answer = json_pack("{s:b, s:s?, s:s?, s:O, s:o}", "allowed", decision.allowed, "reason",
                             decision.allowed ? NULL : decision.reason, "detail",
                             decision.allowed ? NULL : decision.sentence, "mounts", mounts,
                             "quotas", quotas_json(call->app, &use));
    return true;
}

bool api_launch_look(HttpRequest *request, GError **error)
{
    App *app = request_app(request);
    LaunchLook call = {.app = app, .project = http_request_segment(request, "project")};
    if (!catalog_find(http_request_query(request, "definition"), &call.definition, error))
        return false;
    if (!look_run(app, request_actor(request), VERB_PROJECT_VIEW, call.project, false,
                  launch_look_in, &call, error)) {
        json_decref(call.answer);
        return false;
    }
    return http_reply_json(request, 200, call.answer, error);
}

/* ---- launch ---- */

typedef struct LaunchCall {
    const char *project;
    const CatalogDefinition *definition;
    const char *name;
    CatalogChoices choices;
    char *id;
    json_t *answer;
} LaunchCall;

static void launch_detail_choices(Act *act, const CatalogChoices *choices)
{
    for (int i = 0; i < PARAMETER_COUNT; i++)
        json_object_set_new(act->details, catalog_parameter((CatalogParameter)i)->name,
                            json_integer(choices->values[i]));
}

static bool launch_insert(Act *act, LaunchCall *call, const PolicyFacts *facts, int64_t now,
                          GError **error)
{
    g_autoptr(GPtrArray) datasets =
        rights_mountable(act->tx, act->actor, call->project, facts, now, error);
    if (datasets == NULL)
        return false;
    const int64_t *values = call->choices.values;
    Service service = {
        .id = call->id,
        .project = (char *)call->project,
        .person = act->actor->id,
        .definition = (char *)call->definition->id,
        .name = (char *)call->name,
        .cpus = values[PARAMETER_CPUS],
        .memory_mib = values[PARAMETER_MEMORY_MIB],
        .ends_ms = now + values[PARAMETER_HOURS] * TIME_HOUR_MS,
    };
    if (!service_insert(act->tx, &service, datasets, now, error))
        return false;
    json_t *list = json_array();
    for (guint i = 0; i < datasets->len; i++)
        json_array_append_new(list, json_string(g_ptr_array_index(datasets, i)));
    json_object_set_new(act->details, "datasets", list);
    launch_detail_choices(act, &call->choices);
    return true;
}

static bool launch_in_act(Act *act, void *data, GError **error)
{
    LaunchCall *call = data;
    int64_t now = time_now_ms();
    PolicyFacts facts = {0};
    act_about(act, call->id, call->project);
    if (!project_facts_visible(act->tx, act->actor, call->project, now, &facts, error) ||
        !rights_load_facts(act->tx, act->actor, call->project, act->actor->id, now, &facts,
                           error))
        return false;
    facts.display = call->definition->display;
    if (!act_allow(act, &facts, error) || !launch_check_quotas(act, &call->choices, error) ||
        !launch_insert(act, call, &facts, now, error))
        return false;
    g_autoptr(Service) service = NULL;
    if (!service_load(act->tx, call->id, &service, error))
        return false;
    call->answer = service_json(service, act->actor);
    g_autofree char *topic = g_strconcat("project:", call->project, NULL);
    act_notify(act, topic);
    return true;
}

static CatalogChoices launch_asked(const HttpRequest *request)
{
    CatalogChoices asked;
    const json_t *given = json_object_get(http_request_body(request), "parameters");
    for (int i = 0; i < PARAMETER_COUNT; i++) {
        const json_t *value =
            json_object_get(given, catalog_parameter((CatalogParameter)i)->name);
        asked.values[i] = json_is_integer(value) ? json_integer_value(value) : CATALOG_UNASKED;
    }
    return asked;
}

bool api_launch(HttpRequest *request, GError **error)
{
    App *app = request_app(request);
    LaunchCall call = {.project = http_request_segment(request, "project")};
    CatalogChoices asked = launch_asked(request);
    CatalogLimits limits = launch_limits(app);
    if (!catalog_find(http_body_text(request, "definition"), &call.definition, error) ||
        !catalog_choose(call.definition, &limits, &asked, &call.choices, error))
        return false;
    call.name = http_body_text(request, "name");
    if (call.name == NULL)
        call.name = call.definition->title;
    g_autofree char *id = id_new("svc");
    call.id = id;
    if (!act_run(app, request_actor(request), VERB_SERVICE_LAUNCH, launch_in_act, &call, NULL,
                 error)) {
        json_decref(call.answer);
        return false;
    }
    tasks_push(services_of(app), TASK_START, id);
    return http_reply_json(request, 202, call.answer, error);
}

/* ---- tables ---- */

static const HttpField parameter_fields[] = {
    {"cpus", HTTP_INTEGER, .min = 1, .max = 1024, .summary = "Processors"},
    {"memory_mib", HTTP_INTEGER, .min = 256, .max = 1048576, .summary = "Memory, in MiB"},
    {"hours", HTTP_INTEGER, .min = 1, .max = 720, .summary = "Lifetime; then it is stopped"},
    HTTP_SCHEMA("LaunchParameters"),
};
const HttpField launch_body[] = {
    {"definition", HTTP_TEXT, .required = true, .max = 40, .summary = "From /definitions"},
    {"name", HTTP_TEXT, .max = 100},
    {"parameters", HTTP_OBJECT, .fields = parameter_fields,
     .summary = "Values that the definition's schema offers; its defaults for the others"},
    HTTP_SCHEMA("ServiceNew"),
};
const HttpField launch_query[] = {
    {"definition", HTTP_TEXT, .required = true, .max = 40, .summary = "From /definitions"},
    {0},
};
static const HttpField quota_fields[] = {
    {"used", HTTP_INTEGER, .required = true, .max = INT64_MAX},
    {"most", HTTP_INTEGER, .required = true, .max = INT64_MAX},
    HTTP_SCHEMA("Quota"),
};
static const HttpField quotas_fields[] = {
    {"services", HTTP_OBJECT, .required = true, .fields = quota_fields},
    {"cpus", HTTP_OBJECT, .required = true, .fields = quota_fields},
    {"memory_mib", HTTP_OBJECT, .required = true, .fields = quota_fields},
    HTTP_SCHEMA("LaunchQuotas"),
};
static const HttpField mount_fields[] = {
    {"path", HTTP_TEXT, .required = true},
    {"dataset", HTTP_ID, .required = true, .choices = "dts"},
    {"title", HTTP_TEXT, .required = true},
    {"level", HTTP_CHOICE, .required = true, .choices = "public scientific secure"},
    HTTP_SCHEMA("Mount"),
};
const HttpField launch_answer[] = {
    {"allowed", HTTP_BOOLEAN, .required = true},
    {"reason", HTTP_TEXT, .summary = "Why not: a stable slug"},
    {"detail", HTTP_TEXT},
    {"mounts", HTTP_LIST, .required = true, .fields = mount_fields},
    {"quotas", HTTP_OBJECT, .required = true, .fields = quotas_fields},
    HTTP_SCHEMA("LaunchLook"),
};
static const HttpField start_fields[] = {
    {"count", HTTP_INTEGER, .required = true, .max = 1000, .summary = "Launches measured"},
    {"median_ms", HTTP_INTEGER, .required = true, .max = INT64_MAX},
    {"slow_ms", HTTP_INTEGER, .required = true, .max = INT64_MAX,
     .summary = "Nine of ten were faster"},
    HTTP_SCHEMA("LaunchStart"),
};
static const HttpField summary_fields[] = {
    {"en", HTTP_TEXT, .required = true},
    {"fr", HTTP_TEXT, .required = true},
    HTTP_SCHEMA("InBothLanguages"),
};
static const HttpField definition_fields[] = {
    {"id", HTTP_TEXT, .required = true},
    {"title", HTTP_TEXT, .required = true},
    {"summary", HTTP_OBJECT, .required = true, .fields = summary_fields},
    {"display", HTTP_CHOICE, .required = true, .choices = "web pixels"},
    {"image", HTTP_TEXT, .required = true},
    {"schema", HTTP_ANY, .required = true, .summary = "JSON Schema of `parameters` at a launch"},
    {"start", HTTP_OBJECT, .required = true, .fields = start_fields},
    HTTP_SCHEMA("Definition"),
};
const HttpField definitions_answer[] = {
    {"items", HTTP_LIST, .required = true, .fields = definition_fields},
    ANSWER_NEXT,
    HTTP_SCHEMA("DefinitionPage"),
};
