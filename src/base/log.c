/* SPDX-License-Identifier: Apache-2.0 */
/* One JSON line per event, written with a single write(2) so that processes never mix lines. */
#include "base/log.h"

#include "base/times.h"

#include <stdarg.h>
#include <string.h>
#include <unistd.h>

static const char *const level_names[] = {"debug", "info", "warning", "error"};
/* Set once before any thread starts. */
static const char *process = "darse";
static LogLevel lowest = LOG_LEVEL_INFO;

void log_setup(const char *process_name, LogLevel level)
{
    process = process_name;
    lowest = level;
}

bool log_level_parse(const char *text, LogLevel *ret_level)
{
    for (size_t i = 0; i < G_N_ELEMENTS(level_names); i++) {
        if (strcmp(text, level_names[i]) == 0) {
            *ret_level = (LogLevel)i;
            return true;
        }
    }
    return false;
}

/* Written straight into the line: an object of the library and its text cost a twelfth of a relayed
 * request. What is not UTF-8 is made so, and the line kept. */
static void append_string(GString *line, const char *text)
{
    g_autofree char *valid = g_utf8_validate(text, -1, NULL) ? NULL : g_utf8_make_valid(text, -1);
    g_string_append_c(line, '"');
    for (const char *c = valid != NULL ? valid : text; *c != '\0'; c++) {
        if (*c == '"' || *c == '\\')
            g_string_append_c(line, '\\');
        if ((unsigned char)*c < ' ')
            g_string_append_printf(line, "\\u%04x", (unsigned)*c);
        else
            g_string_append_c(line, *c);
    }
    g_string_append_c(line, '"');
}

static void append_member(GString *line, const char *key, const char *value)
{
    if (line->len > 1)
        g_string_append_c(line, ',');
    append_string(line, key);
    g_string_append_c(line, ':');
    append_string(line, value != NULL ? value : "");
}

void log_event(LogLevel level, const char *event, ...)
{
    if (level < lowest)
        return;
    g_autofree char *now = time_format(time_now_ms());
    g_autoptr(GString) line = g_string_sized_new(512);
    g_string_append_c(line, '{');
    append_member(line, "time", now);
    append_member(line, "level", level_names[level]);
    append_member(line, "process", process);
    append_member(line, "event", event);
    va_list args;
    va_start(args, event);
    const char *key;
    while ((key = va_arg(args, const char *)) != NULL)
        append_member(line, key, va_arg(args, const char *));
    va_end(args);
    g_string_append(line, "}\n");
    ssize_t written = write(STDERR_FILENO, line->str, line->len);
    (void)written; /* nowhere left to complain */
}
