/* SPDX-License-Identifier: Apache-2.0 */
/* A recipe, step by step, between two measures. */
#include "protect/protect.h"

#include "protect/measure.h"
#include "protect/steps.h"

#include "base/encode.h"
#include "base/error.h"
#include "sdc/sdc.h"

/* Streams of random numbers: each step has its own range, wide enough for its columns. */
#define STREAMS_PER_STEP 1024

static bool pass_on(void *user, double done, const char *what)
{
    const Run *run = user;
    return run->options->progress(run->options->user, run->from + run->span * done, what);
}

static bool report_step(Run *run, size_t step, size_t count, const char *what, GError **error)
{
    run->span = 1 / (double)(count + 2);   /* two measures, as one step each */
    run->from = (double)(step + 1) * run->span;
    if (run->options->progress == NULL || run->options->progress(run->options->user, run->from, what))
        return true;
    return error_set(error, ERROR_CONFLICT, "protect.stopped", "Stopped at \"%s\", as asked.", what);
}

static bool run_step(Run *run, size_t index, size_t count, json_t *logs, GError **error)
{
    const json_t *step = json_array_get(json_object_get(run->recipe, "steps"), index);
    const StepKind *kind = step_find(recipe_text(step, "do"));
    json_t *log = json_pack("{s:i, s:s}", "step", (int)index + 1, "do", kind->name);
    json_array_append_new(logs, log);
    run->stream = (index + 1) * STREAMS_PER_STEP;
    if (!report_step(run, index, count, kind->name, error))
        return false;
    if (!kind->apply(run, step, log, error)) {
        g_prefix_error(error, "Step %zu (%s): ", index + 1, kind->name);
        return false;
    }
    return true;
}

static bool run_steps(Run *run, json_t *logs, GError **error)
{
    size_t count = json_array_size(json_object_get(run->recipe, "steps"));
    for (size_t i = 0; i < count; i++) {
        if (!run_step(run, i, count, logs, error))
            return false;
    }
    return true;
}

static bool check_name(const Microdata *data, const char *name, GError **error)
{
    return name == NULL || microdata_find(data, name) != NULL ||
           error_set(error, ERROR_UNPROCESSABLE, "protect.column",
                     "The recipe names the column \"%s\", which the file lacks.", name);
}

/* A key with a typing mistake would make every measure look good. */
static bool check_names(const Microdata *data, const json_t *recipe, GError **error)
{
    static const char *const lists[] = {"keys", "sensitive"};
    for (size_t l = 0; l < G_N_ELEMENTS(lists); l++) {
        const json_t *names = json_object_get(recipe, lists[l]);
        for (size_t i = 0; i < json_array_size(names); i++) {
            if (!check_name(data, json_string_value(json_array_get(names, i)), error))
                return false;
        }
    }
    return check_name(data, recipe_text(recipe, "weight"), error) &&
           check_name(data, recipe_text(recipe, "household"), error);
}

/* The recipe's own lines for the report: not the hierarchies, which may have thousands. */
static json_t *recipe_head(const json_t *recipe)
{
    json_t *head = json_copy((json_t *)recipe);
    json_object_del(head, "hierarchies");
    return head;
}

static json_t *column_names(const Microdata *data)
{
    json_t *names = json_array();
    for (guint c = 0; c < data->columns->len; c++)
        json_array_append_new(names, json_string(((MicrodataColumn *)data->columns->pdata[c])->name));
    return names;
}

void protect_report_files(json_t *report, const char *recipe_hash, const char *input_hash,
                          const char *output_hash)
{
    g_autofree char *program = g_strdup_printf("%s (sdc ABI %u)", DARSE_VERSION, sdc_abi());
    json_object_set_new(report, "files",
                        json_pack("{s:s, s:s, s:s, s:s}", "recipe SHA-256", recipe_hash, "input SHA-256",
                                  input_hash, "output SHA-256", output_hash, "darse", program));
}

bool protect_run(Microdata *data, const json_t *recipe, const ProtectOptions *options,
                 json_t **ret_report, GError **error)
{
    static const ProtectOptions none;
    Run run = {.data = data, .recipe = recipe, .options = options != NULL ? options : &none,
               .seed = (uint64_t)json_integer_value(json_object_get(recipe, "seed"))};
    SdcProgress progress = {pass_on, &run};
    if (run.options->progress != NULL)
        run.context.progress = &progress;
    if (data->rows == 0)
        return error_set(error, ERROR_UNPROCESSABLE, "protect.empty", "The file has no record.");
    if (!check_names(data, recipe, error))
        return false;
    g_autoptr(Microdata) original = microdata_copy(data);
    g_autoptr(json_t) steps = json_array();
    run.span = 1 / (double)(json_array_size(json_object_get(recipe, "steps")) + 2);
    g_autoptr(json_t) before = measure_risk(&run, error);
    if (before == NULL || !run_steps(&run, steps, error))
        return false;
    size_t count = json_array_size(steps);
    if (!report_step(&run, count, count, "measures", error))
        return false;
    g_autoptr(json_t) after = measure_risk(&run, error);
    if (after == NULL)
        return false;
    g_autoptr(json_t) utility = measure_utility(&run, original, error);
    if (utility == NULL)
        return false;
    *ret_report = json_pack("{s:o, s:O, s:O, s:O, s:O, s:o}", "recipe", recipe_head(recipe), "before",
                            before, "after", after, "utility", utility, "steps", steps, "columns",
                            column_names(data));
    return true;
}

const ProtectStepSummary *protect_step_kinds(void)
{
    static ProtectStepSummary rows[64];   /* filled once, always with the same */
    size_t count;
    const StepKind *kinds = step_kinds(&count);
    for (size_t i = 0; i < count && i + 1 < G_N_ELEMENTS(rows); i++)
        rows[i] = (ProtectStepSummary){kinds[i].name, kinds[i].summary};
    return rows;
}
