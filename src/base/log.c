/* SPDX-License-Identifier: Apache-2.0 */
/* One JSON line per event, written with a single write(2) so that processes never mix lines. */
#include "base/log.h"

#include "base/times.h"

#include <jansson.h>
#include <stdarg.h>
#include <stdlib.h>
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

void log_event(LogLevel level, const char *event, ...)
{
    if (level < lowest)
        return;
    g_autofree char *now = time_format(time_now_ms());
    json_t *line = json_pack("{s:s, s:s, s:s, s:s}", "time", now, "level", level_names[level],
                             "process", process, "event", event);
    va_list args;
    va_start(args, event);
    const char *key;
    while ((key = va_arg(args, const char *)) != NULL) {
        const char *value = va_arg(args, const char *);
        json_object_set_new(line, key, json_string_nocheck(value != NULL ? value : ""));
    }
    va_end(args);
    char *text = json_dumps(line, JSON_COMPACT);
    json_decref(line);
    if (text == NULL)
        return;
    g_autofree char *whole = g_strconcat(text, "\n", NULL);
    free(text);
    ssize_t written = write(STDERR_FILENO, whole, strlen(whole));
    (void)written; /* nowhere left to complain */
}
