/* SPDX-License-Identifier: Apache-2.0 */
/* Clocks, and RFC 3339 text. */
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
    int64_t seconds = time_ms / 1000 - (time_ms % 1000 < 0);
    time_t when = seconds;
    struct tm utc;
    char text[64];
    /* Not by GDateTime: a page of a list formats hundreds, and each line of the log one. */
    if (gmtime_r(&when, &utc) == NULL || utc.tm_year < 1 - 1900 || utc.tm_year > 9999 - 1900)
        return g_strdup("");
    g_snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", utc.tm_year + 1900,
               utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec,
               (int)(time_ms - seconds * 1000));
    return g_strdup(text);
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

char *time_format_http(int64_t time_ms)
{
    static const char *const days[] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    g_autoptr(GDateTime) time = g_date_time_new_from_unix_utc(time_ms / 1000);
    return g_strdup_printf("%s, %02d %s %04d %02d:%02d:%02d GMT",
                           days[g_date_time_get_day_of_week(time) - 1],
                           g_date_time_get_day_of_month(time),
                           months[g_date_time_get_month(time) - 1], g_date_time_get_year(time),
                           g_date_time_get_hour(time), g_date_time_get_minute(time),
                           g_date_time_get_second(time));
}
