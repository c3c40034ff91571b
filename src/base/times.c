/* SPDX-License-Identifier: Apache-2.0 */
/* Clocks, and RFC 3339 text through GLib's GDateTime. */
#include "base/times.h"

#include "base/error.h"

#include <string.h>
#include <time.h>

static int64_t time_read_ms(clockid_t clock)
{
    struct timespec ts;
    clock_gettime(clock, &ts);
    return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

int64_t time_now_ms(void)
{
    return time_read_ms(CLOCK_REALTIME);
}

int64_t time_monotonic_ms(void)
{
    return time_read_ms(CLOCK_MONOTONIC);
}

char *time_format(int64_t time_ms)
{
    int64_t seconds = time_ms >= 0 ? time_ms / 1000 : -((-time_ms + 999) / 1000);
    g_autoptr(GDateTime) when = g_date_time_new_from_unix_utc(seconds);
    if (when == NULL)
        return g_strdup("");
    /* GLib's %Y writes the year 27 as "27", which no parser of RFC 3339 takes back. */
    g_autofree char *tail = g_date_time_format(when, "-%m-%dT%H:%M:%S");
    return g_strdup_printf("%04d%s.%03dZ", g_date_time_get_year(when), tail,
                           (int)(time_ms - seconds * 1000));
}

bool time_parse(const char *text, int64_t *ret_time_ms, GError **error)
{
    if (text == NULL || strlen(text) > 40)
        return error_set(error, ERROR_INVALID, "time.invalid", "A date is missing or too long.");
    g_autofree char *whole =
        strlen(text) == 10 ? g_strconcat(text, "T00:00:00Z", NULL) : g_strdup(text);
    g_autoptr(GTimeZone) utc = g_time_zone_new_utc();
    g_autoptr(GDateTime) when = g_date_time_new_from_iso8601(whole, utc);
    if (when == NULL)
        return error_set(error, ERROR_INVALID, "time.invalid",
                         "\"%s\" is not a date; write 2027-01-31 or 2027-01-31T12:00:00Z.", text);
    *ret_time_ms = g_date_time_to_unix(when) * 1000 + g_date_time_get_microsecond(when) / 1000;
    return true;
}
