/* SPDX-License-Identifier: Apache-2.0 */
/* Frames of sdc as records of ours and back, and texts of JSON around a run. */
#include "protect/protect_arrow.h"

#include "base/encode.h"
#include "base/error.h"
#include "protect/protect.h"

#include <string.h>

static bool fail(GError *error, char **ret_error)
{
    *ret_error = g_strdup(error->message);
    g_error_free(error);
    return false;
}

static bool fail_sdc(const SdcError *failure, char **ret_error)
{
    *ret_error = g_strdup(failure->sentence);
    return false;
}

/* --- in ------------------------------------------------------------------------------------------------ */

/* Codes by first appearance, as a reader of the file's texts gives them. */
static void take_codes(MicrodataColumn *column, const SdcCodes *from)
{
    g_autofree uint32_t *map = g_new0(uint32_t, (size_t)from->categories + 1);
    for (size_t i = 0; i < from->rows; i++) {
        uint32_t code = from->codes[i];
        if (code != 0 && map[code] == 0)
            map[code] = column_code(column, from->labels[code - 1]);
        g_array_append_val(column->codes, map[code]);
    }
}

static Microdata *take_frame(const SdcFrame *frame)
{
    Microdata *data = microdata_new();
    for (size_t c = 0; c < frame->count; c++) {
        const SdcColumn *from = &frame->columns[c];
        MicrodataColumn *column =
            microdata_add_column(data, from->name, from->kind == SDC_COLUMN_NUMBERS);
        if (from->kind == SDC_COLUMN_NUMBERS)
            g_array_append_vals(column->values, from->numbers.values, (guint)frame->rows);
        else
            take_codes(column, &from->codes);
    }
    for (uint32_t row = 0; row < frame->rows; row++)
        g_array_append_val(data->origin, row);
    data->rows = frame->rows;
    return data;
}

/* Two columns of one name could not be told apart by any step. */
static bool check_names(const SdcFrame *frame, char **ret_error)
{
    g_autoptr(GHashTable) names = g_hash_table_new(g_str_hash, g_str_equal);
    for (size_t c = 0; c < frame->count; c++) {
        if (!g_hash_table_add(names, (gpointer)frame->columns[c].name)) {
            *ret_error = g_strdup_printf("There are several columns named \"%s\".", frame->columns[c].name);
            return false;
        }
    }
    return true;
}

static Microdata *read_records(struct ArrowArrayStream *records, char **ret_error)
{
    SdcFrame frame;
    SdcError failure;
    if (!sdc_arrow_import_stream(NULL, records, NULL, &frame, &failure)) {
        fail_sdc(&failure, ret_error);
        return NULL;
    }
    /* A GArray counts with 32 bits of bytes in some of its functions. */
    Microdata *data = NULL;
    if (frame.rows > G_MAXUINT / sizeof(double))
        *ret_error = g_strdup_printf("There are more than %zu records.", (size_t)G_MAXUINT / sizeof(double));
    else if (check_names(&frame, ret_error))
        data = take_frame(&frame);
    sdc_frame_clear(NULL, &frame);
    return data;
}

/* --- out ----------------------------------------------------------------------------------------------- */

static bool write_records(const Microdata *data, struct ArrowArrayStream *ret_records, char **ret_error)
{
    g_autofree SdcColumn *columns = g_new0(SdcColumn, data->columns->len);
    SdcError failure;
    for (guint c = 0; c < data->columns->len; c++) {
        const MicrodataColumn *column = data->columns->pdata[c];
        columns[c].name = column->name;
        columns[c].kind = column->is_number ? SDC_COLUMN_NUMBERS : SDC_COLUMN_CODES;
        if (column->is_number)
            columns[c].numbers = column_numbers(column);
        else
            columns[c].codes = column_codes(column);
    }
    return sdc_arrow_export_stream(NULL, columns, data->columns->len, data->rows, ret_records, &failure) ||
           fail_sdc(&failure, ret_error);
}

/* --- runs ---------------------------------------------------------------------------------------------- */

static json_t *parse(const char *text, const char *what, char **ret_error)
{
    GError *error = NULL;
    json_t *json = text != NULL ? json_parse(text, strlen(text), &error) : NULL;
    if (json != NULL)
        return json;
    *ret_error = g_strdup_printf("%s cannot be read: %s", what, error != NULL ? error->message : "it is not there");
    g_clear_error(&error);
    return NULL;
}

char *protect_arrow_check_recipe(const char *recipe)
{
    char *sentence = NULL;
    GError *error = NULL;
    g_autoptr(json_t) json = parse(recipe, "The recipe", &sentence);
    if (json != NULL && !protect_check_recipe(json, &error))
        fail(error, &sentence);
    return sentence;
}

bool protect_arrow_run(const ProtectArrowRun *run, struct ArrowArrayStream *records,
                       struct ArrowArrayStream *ret_records, char **ret_report, char **ret_error)
{
    GError *error = NULL;
    g_autoptr(json_t) recipe = parse(run->recipe, "The recipe", ret_error);
    g_autoptr(json_t) keys = recipe != NULL && run->keys != NULL ? parse(run->keys, "The keys", ret_error) : NULL;
    if (recipe == NULL || (keys == NULL && run->keys != NULL))
        return false;
    if (!protect_check_recipe(recipe, &error))
        return fail(error, ret_error);
    g_autoptr(Microdata) data = read_records(records, ret_error);
    if (data == NULL)
        return false;
    ProtectOptions options = {.key = run->key, .keys = keys, .progress = run->progress, .user = run->user};
    g_autoptr(json_t) report = NULL;
    if (!protect_run(data, recipe, &options, &report, &error))
        return fail(error, ret_error);
    if (!write_records(data, ret_records, ret_error))
        return false;
    *ret_report = json_canonical(report);
    return true;
}

char *protect_arrow_html(const char *report, const char *language, char **ret_error)
{
    g_autoptr(json_t) json = parse(report, "The report", ret_error);
    return json != NULL ? protect_report_html(json, language, NULL) : NULL;
}

bool protect_arrow_step(size_t index, const char **ret_name, const char **ret_summary)
{
    const ProtectStepSummary *step = protect_step_kinds();
    for (size_t i = 0; i < index && step->name != NULL; i++)
        step++;
    if (step->name == NULL)
        return false;
    *ret_name = step->name;
    *ret_summary = step->summary;
    return true;
}

void protect_arrow_free(char *text)
{
    g_free(text);
}
