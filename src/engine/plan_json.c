/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Plans as JSON, by tables: the name and the fields of each step. Reading refuses what no table
 * names and asks for all that it does; what the values may be is plan_check's business. Every
 * field of a step is always written, so that two equal plans have one text.
 */
#include "base/encode.h"
#include "base/error.h"
#include "engine/plan.h"

#include <string.h>

typedef enum FieldType { FIELD_TEXT, FIELD_INTEGER, FIELD_BOOLEAN } FieldType;

typedef struct PlanField {
    const char *name;
    FieldType type;
    size_t offset;
} PlanField;

#define TEXT(member)    {#member, FIELD_TEXT, offsetof(PlanStep, member)}
#define INTEGER(member) {#member, FIELD_INTEGER, offsetof(PlanStep, member)}
#define BOOLEAN(member) {#member, FIELD_BOOLEAN, offsetof(PlanStep, member)}
#define STEP_FIELDS_MAX 8
#define PLAN_TEXT_MAX 4096

typedef struct PlanStepRow {
    const char *name;
    PlanField fields[STEP_FIELDS_MAX]; /* ended by a row without a name */
} PlanStepRow;

static const PlanStepRow step_rows[PLAN_STEP_COUNT] = {
    [PLAN_STEP_VAULT_OPEN] = {"vault_open", {TEXT(path), BOOLEAN(create)}},
    [PLAN_STEP_VAULT_CLOSE] = {"vault_close", {TEXT(path)}},
    [PLAN_STEP_VAULT_DESTROY] = {"vault_destroy", {TEXT(path)}},
    [PLAN_STEP_FOLDER] = {"folder", {TEXT(path), TEXT(owner)}},
    [PLAN_STEP_SEAL] = {"seal", {TEXT(path), TEXT(target), INTEGER(max_bytes)}},
    [PLAN_STEP_DOORS] = {"doors", {TEXT(path)}},
    [PLAN_STEP_MOUNT] = {"mount", {TEXT(path), TEXT(target), BOOLEAN(read_only)}},
    [PLAN_STEP_CONTAINER] = {"container",
                             {TEXT(image), TEXT(network), TEXT(login), INTEGER(memory_bytes),
                              INTEGER(cpu_milli), INTEGER(pids), INTEGER(tmpfs_bytes)}},
    [PLAN_STEP_FREEZE] = {"freeze", {{0}}},
    [PLAN_STEP_THAW] = {"thaw", {{0}}},
    [PLAN_STEP_STOP] = {"stop", {TEXT(path)}},
    [PLAN_STEP_LIST] = {"list", {{0}}},
    [PLAN_STEP_COLLECT] = {"collect",
                           {TEXT(path), TEXT(file), TEXT(target), TEXT(name),
                            INTEGER(max_bytes)}},
    [PLAN_STEP_BROWSE] = {"browse",
                          {TEXT(path), TEXT(file), INTEGER(limit), TEXT(sort), TEXT(after),
                           BOOLEAN(descending)}},
    [PLAN_STEP_FILE_OPEN] = {"file_open", {TEXT(path), TEXT(file)}},
    [PLAN_STEP_FILE_PUT] = {"file_put",
                            {TEXT(path), TEXT(file), TEXT(target), BOOLEAN(replace)}},
    [PLAN_STEP_FILE_FOLDER] = {"file_folder", {TEXT(path), TEXT(file)}},
    [PLAN_STEP_FILE_MOVE] = {"file_move", {TEXT(path), TEXT(file), TEXT(name)}},
    [PLAN_STEP_FILE_REMOVE] = {"file_remove", {TEXT(path), TEXT(file), BOOLEAN(recursive)}},
    [PLAN_STEP_HOST_CHECK] = {"host_check", {{0}}},
};

static const char *const kind_names[PLAN_KIND_COUNT] = {
    [PLAN_PROJECT_OPEN] = "project_open",     [PLAN_PROJECT_CLOSE] = "project_close",
    [PLAN_PROJECT_DESTROY] = "project_destroy", [PLAN_DATASET_SEAL] = "dataset_seal",
    [PLAN_DATASET_OPEN] = "dataset_open",     [PLAN_DATASET_CLOSE] = "dataset_close",
    [PLAN_DATASET_DESTROY] = "dataset_destroy", [PLAN_SERVICE_START] = "service_start",
    [PLAN_SERVICE_FREEZE] = "service_freeze", [PLAN_SERVICE_THAW] = "service_thaw",
    [PLAN_SERVICE_STOP] = "service_stop",     [PLAN_SERVICE_LIST] = "service_list",
    [PLAN_COLLECT] = "collect",               [PLAN_BROWSE] = "browse",
    [PLAN_FILE_OPEN] = "file_open",           [PLAN_FILE_PUT] = "file_put",
    [PLAN_FILE_FOLDER] = "file_folder",       [PLAN_FILE_MOVE] = "file_move",
    [PLAN_FILE_REMOVE] = "file_remove",       [PLAN_HOST_CHECK] = "host_check",
};

const char *plan_kind_name(PlanKind kind)
{
    return kind_names[kind];
}

const char *plan_step_name(PlanStepType type)
{
    return step_rows[type].name;
}

static json_t *field_to_json(const PlanStep *step, const PlanField *field)
{
    const char *at = (const char *)step + field->offset;
    switch (field->type) {
    case FIELD_TEXT: {
        const char *text = *(char *const *)(const void *)at;
        return text == NULL ? json_null() : json_string(text);
    }
    case FIELD_INTEGER:
        return json_integer(*(const int64_t *)(const void *)at);
    case FIELD_BOOLEAN:
        return json_boolean(*(const bool *)at);
    }
    g_assert_not_reached();
}

static json_t *step_to_json(const PlanStep *step)
{
    const PlanStepRow *row = &step_rows[step->type];
    json_t *json = json_object();
    json_object_set_new(json, "step", json_string(row->name));
    for (const PlanField *field = row->fields; field->name != NULL; field++)
        json_object_set_new(json, field->name, field_to_json(step, field));
    return json;
}

static void put_text(json_t *json, const char *name, const char *text)
{
    if (text != NULL)
        json_object_set_new(json, name, json_string(text));
}

json_t *plan_to_json(const Plan *plan)
{
    json_t *json = json_object();
    put_text(json, "kind", plan_kind_name(plan->kind));
    put_text(json, "project_id", plan->project_id);
    put_text(json, "service_id", plan->service_id);
    put_text(json, "dataset_id", plan->dataset_id);
    if (plan->id_base >= 0)
        json_object_set_new(json, "id_base", json_integer(plan->id_base));
    json_t *steps = json_array();
    for (guint i = 0; i < plan->steps->len; i++)
        json_array_append_new(steps, step_to_json(g_ptr_array_index(plan->steps, i)));
    json_object_set_new(json, "steps", steps);
    return json;
}

static bool text_from_json(const json_t *value, const char *name, char **ret_text, GError **error)
{
    const char *text = json_string_value(value);
    if (text == NULL || json_string_length(value) > PLAN_TEXT_MAX ||
        strlen(text) != json_string_length(value))
        return error_set(error, ERROR_INVALID, "engine.plan_field",
                         "The field \"%s\" of a plan must be a text of at most %d bytes.", name,
                         PLAN_TEXT_MAX);
    g_free(*ret_text);
    *ret_text = g_strdup(text);
    return true;
}

static bool integer_from_json(const json_t *value, const char *name, int64_t *ret_integer,
                              GError **error)
{
    if (!json_is_integer(value) || json_integer_value(value) < 0)
        return error_set(error, ERROR_INVALID, "engine.plan_field",
                         "The field \"%s\" of a plan must be a whole number, not negative.", name);
    *ret_integer = json_integer_value(value);
    return true;
}

static bool field_from_json(const json_t *value, const PlanField *field, PlanStep *step,
                            GError **error)
{
    char *at = (char *)step + field->offset;
    if (field->type == FIELD_TEXT)
        return text_from_json(value, field->name, (char **)(void *)at, error);
    if (field->type == FIELD_INTEGER)
        return integer_from_json(value, field->name, (int64_t *)(void *)at, error);
    if (!json_is_boolean(value))
        return error_set(error, ERROR_INVALID, "engine.plan_field",
                         "The field \"%s\" of a plan must be true or false.", field->name);
    *(bool *)at = json_is_true(value);
    return true;
}

static int step_type_find(const char *name)
{
    for (int i = 0; name != NULL && i < PLAN_STEP_COUNT; i++) {
        if (strcmp(step_rows[i].name, name) == 0)
            return i;
    }
    return -1;
}

static PlanStep *step_from_json(const json_t *json, GError **error)
{
    const char *name = json_string_value(json_object_get(json, "step"));
    int type = step_type_find(name);
    if (type < 0) {
        error_set(error, ERROR_INVALID, "engine.plan_step", "A step has no known type.");
        return NULL;
    }
    g_autoptr(PlanStep) step = g_new0(PlanStep, 1);
    step->type = (PlanStepType)type;
    size_t known = 1;
    for (const PlanField *field = step_rows[type].fields; field->name != NULL; field++, known++) {
        if (!field_from_json(json_object_get(json, field->name), field, step, error)) {
            g_prefix_error(error, "Step \"%s\": ", name);
            return NULL;
        }
    }
    if (json_object_size(json) != known) {
        error_set(error, ERROR_INVALID, "engine.plan_unknown",
                  "Step \"%s\" of the plan has a field that it may not have.", name);
        return NULL;
    }
    return g_steal_pointer(&step);
}

static int kind_find(const char *name)
{
    for (int i = 0; name != NULL && i < PLAN_KIND_COUNT; i++) {
        if (strcmp(kind_names[i], name) == 0)
            return i;
    }
    return -1;
}

/* Reads NAME if it is there, and counts it. */
static bool plan_subject(const json_t *json, const char *name, char **ret_text, size_t *known,
                         GError **error)
{
    const json_t *value = json_object_get(json, name);
    if (value == NULL)
        return true;
    ++*known;
    return text_from_json(value, name, ret_text, error);
}

static bool plan_subjects(const json_t *json, Plan *plan, GError **error)
{
    size_t known = 2; /* kind and steps */
    const json_t *base = json_object_get(json, "id_base");
    if (!plan_subject(json, "project_id", &plan->project_id, &known, error) ||
        !plan_subject(json, "service_id", &plan->service_id, &known, error) ||
        !plan_subject(json, "dataset_id", &plan->dataset_id, &known, error))
        return false;
    if (base != NULL && !integer_from_json(base, "id_base", &plan->id_base, error))
        return false;
    known += base != NULL;
    if (json_object_size(json) != known)
        return error_set(error, ERROR_INVALID, "engine.plan_unknown",
                         "The plan has a field that no plan has.");
    return true;
}

Plan *plan_from_json(const json_t *json, GError **error)
{
    int kind = kind_find(json_string_value(json_object_get(json, "kind")));
    const json_t *steps = json_object_get(json, "steps");
    if (kind < 0) {
        error_set(error, ERROR_INVALID, "engine.plan_kind", "The plan has no known kind.");
        return NULL;
    }
    if (!json_is_array(steps) || json_array_size(steps) > PLAN_STEPS_MAX) {
        error_set(error, ERROR_INVALID, "engine.plan_steps",
                  "The plan must have an array of at most %d steps.", PLAN_STEPS_MAX);
        return NULL;
    }
    g_autoptr(Plan) plan = g_new0(Plan, 1);
    plan->kind = (PlanKind)kind;
    plan->id_base = -1;
    plan->steps = g_ptr_array_new_with_free_func((GDestroyNotify)plan_step_free);
    if (!plan_subjects(json, plan, error))
        return NULL;
    for (size_t i = 0; i < json_array_size(steps); i++) {
        PlanStep *step = step_from_json(json_array_get(steps, i), error);
        if (step == NULL)
            return NULL;
        g_ptr_array_add(plan->steps, step);
    }
    return g_steal_pointer(&plan);
}

Plan *plan_parse(const char *bytes, size_t size, GError **error)
{
    g_autoptr(json_t) json = json_parse(bytes, size, error);
    return json == NULL ? NULL : plan_from_json(json, error);
}
