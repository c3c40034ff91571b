/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Structured log: one JSON object a line on standard error, with time, level, process, event and
 * pairs. Only edges log (a request handler, the clock, a CLI verb, a process's main). No secret and
 * no content of people's data is ever given to it.
 */
#ifndef DARSE_BASE_LOG_H
#define DARSE_BASE_LOG_H

#include <glib.h>
#include <stdbool.h>

typedef enum LogLevel { LOG_LEVEL_DEBUG, LOG_LEVEL_INFO, LOG_LEVEL_WARNING, LOG_LEVEL_ERROR } LogLevel;

/* Once, at start: NAME of the process ("serve"), lowest LEVEL written. */
void log_setup(const char *process_name, LogLevel level);
bool log_level_parse(const char *text, LogLevel *ret_level);

/* EVENT: a slug ("http.request"). Then pairs of const char* (key, value); a NULL key ends the list,
 * a NULL value is written as "". */
void log_event(LogLevel level, const char *event, ...) G_GNUC_NULL_TERMINATED;
#define log_debug(...) log_event(LOG_LEVEL_DEBUG, __VA_ARGS__, NULL)
#define log_info(...) log_event(LOG_LEVEL_INFO, __VA_ARGS__, NULL)
#define log_warning(...) log_event(LOG_LEVEL_WARNING, __VA_ARGS__, NULL)
#define log_error(...) log_event(LOG_LEVEL_ERROR, __VA_ARGS__, NULL)

#endif
