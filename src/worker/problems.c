/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/problems.h"

#include "base/encode.h"
#include "base/error.h"

#include <string.h>

#define SENTENCE_CHARACTERS_MAX 1000

static const struct {
    ErrorCode code;
    const char *name;
} codes[] = {
    {ERROR_INVALID, "invalid"},
    {ERROR_UNPROCESSABLE, "unprocessable"},
    {ERROR_TOO_LARGE, "too_large"},
    {ERROR_UNAVAILABLE, "unavailable"},
    {ERROR_INTERNAL, "internal"},
};

static const char *const reasons[] = {
    "text.binary", "image.unknown", "image.damaged", "image.too_large", "image.write",
    "worker.arguments", "worker.sandbox", "worker.library", "table.ambiguous", "table.blank_line",
    "table.column", "table.column_name", "table.column_twice", "table.column_type", "table.dimension",
    "table.empty",
    "table.encoding", "table.encrypted", "table.header_too_long", "table.line_end", "table.memory",
    "table.not_csv", "table.not_number", "table.not_parquet", "table.nul", "table.quote",
    "table.quote_open", "table.record_too_long", "table.too_few_values", "table.too_large",
    "table.too_many_columns", "table.too_many_rows", "table.too_many_values", "table.unpacked",
    "table.unreadable", "table.value_too_long", "frame.too_large", "files.read", "files.sync",
    "recipe.field", "recipe.hierarchy", "recipe.step", "protect.column", "protect.empty",
    "protect.hierarchy", "protect.kernel", "protect.key", "protect.level", "protect.rows",
    "protect.value",
};

json_t *problem_pack(const GError *problem)
{
    const char *code = "internal";
    for (size_t i = 0; i < G_N_ELEMENTS(codes); i++) {
        if (error_is(problem, codes[i].code))
            code = codes[i].name;
    }
    g_autofree char *valid = g_utf8_make_valid(problem->message, -1);
    return json_pack("{s:s, s:s, s:s}", "code", code, "reason", error_reason(problem), "sentence",
                     valid);
}

/* Without control characters, bounded; it may be shown to a person. */
static char *sentence_clean(const char *sentence)
{
    GString *out = g_string_new(NULL);
    size_t n = 0;
    for (const char *p = sentence; *p != '\0' && n < SENTENCE_CHARACTERS_MAX;
         p = g_utf8_next_char(p), n++) {
        gunichar c = g_utf8_get_char(p);
        g_string_append_unichar(out, g_unichar_iscntrl(c) ? ' ' : c);
    }
    return g_string_free(out, false);
}

bool problem_unpack(const json_t *object, GError **error)
{
    const char *code = json_string_value(json_object_get(object, "code"));
    const char *reason = json_string_value(json_object_get(object, "reason"));
    const char *sentence = json_string_value(json_object_get(object, "sentence"));
    if (code == NULL || reason == NULL || sentence == NULL)
        return error_set(error, ERROR_UNPROCESSABLE, "worker.answer",
                         "The file made its reader answer nonsense; it is refused.");
    ErrorCode known_code = ERROR_INTERNAL;
    for (size_t i = 0; i < G_N_ELEMENTS(codes); i++) {
        if (strcmp(code, codes[i].name) == 0)
            known_code = codes[i].code;
    }
    const char *known_reason = "worker.problem";
    for (size_t i = 0; i < G_N_ELEMENTS(reasons); i++) {
        if (strcmp(reason, reasons[i]) == 0)
            known_reason = reasons[i];
    }
    g_autofree char *clean = sentence_clean(sentence);
    return error_set(error, known_code, known_reason, "%s", clean);
}
