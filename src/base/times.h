/* SPDX-License-Identifier: Apache-2.0 */
/* Time as int64 milliseconds since the epoch, UTC; RFC 3339 at the edges. */
#ifndef DARSE_BASE_TIMES_H
#define DARSE_BASE_TIMES_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#define TIME_SECOND_MS INT64_C(1000)
#define TIME_MINUTE_MS (60 * TIME_SECOND_MS)
#define TIME_HOUR_MS (60 * TIME_MINUTE_MS)
#define TIME_DAY_MS (24 * TIME_HOUR_MS)

int64_t time_now_ms(void);        /* wall clock */
int64_t time_monotonic_ms(void);  /* for durations */
/* "2026-11-22T04:03:17.123Z". Caller frees. */
char *time_format(int64_t time_ms);
/* As in headers of HTTP (RFC 9110): "Sun, 22 Nov 2026 04:03:17 GMT". Caller frees. */
char *time_format_http(int64_t time_ms);
/* Accepts RFC 3339 date-times and plain dates ("2027-01-31": midnight UTC). */
bool time_parse(const char *text, int64_t *ret_time_ms, GError **error);

#endif
