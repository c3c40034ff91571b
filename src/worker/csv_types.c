/* SPDX-License-Identifier: Apache-2.0 */
/* Which types a value may have: pure functions over one text. */
#include "worker/csv.h"

#include "worker/csv_types.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define NUMBER_LENGTH_MAX 64
#define INTEGER_DIGITS_MAX 18  /* fits in 64 bits */
#define NUMBER_DIGITS_MAX 15   /* before the decimal sign: exact in a double */

bool csv_is_marker(const char *text)
{
    static const char *const markers[] = {"NA", "NaN", "N/A", "nan", "."};
    for (size_t i = 0; i < G_N_ELEMENTS(markers); i++) {
        if (strcmp(text, markers[i]) == 0)
            return true;
    }
    return false;
}

static size_t digits(const char *text)
{
    return strspn(text, "0123456789");
}

static bool is_integer(const char *text)
{
    if (*text == '-')
        text++;
    size_t n = digits(text);
    return n >= 1 && n <= INTEGER_DIGITS_MAX && text[n] == '\0' && (n == 1 || text[0] != '0');
}

/* Digits with at most one SIGN among them, then an exponent of at most two digits. */
static bool is_number(const char *text, char sign)
{
    if (strlen(text) > NUMBER_LENGTH_MAX)
        return false;
    if (*text == '-')
        text++;
    size_t whole = digits(text), part = 0;
    if (whole > NUMBER_DIGITS_MAX || (whole > 1 && text[0] == '0'))
        return false;
    text += whole;
    if (*text == sign) {
        part = digits(text + 1);
        text += 1 + part;
        if (part == 0)
            return false;
    }
    if (whole + part == 0)
        return false;
    if (*text == 'e' || *text == 'E') {
        text++;
        if (*text == '-' || *text == '+')
            text++;
        size_t n = digits(text);
        if (n < 1 || n > 2)
            return false;
        text += n;
    }
    return *text == '\0';
}

static bool is_pattern(const char *text, const char *pattern)
{
    for (; *pattern != '\0'; pattern++, text++) {
        bool ok = *pattern == '9' ? g_ascii_isdigit(*text) : *text == *pattern;
        if (!ok)
            return false;
    }
    return true;
}

static int two(const char *text)
{
    return (text[0] - '0') * 10 + (text[1] - '0');
}

static bool is_date_at(const char *text)
{
    if (!is_pattern(text, "9999-99-99"))
        return false;
    int year = two(text) * 100 + two(text + 2);
    if (year == 0)
        return false;
    return g_date_valid_dmy((GDateDay)two(text + 8), (GDateMonth)two(text + 5), (GDateYear)year);
}

static bool is_date(const char *text)
{
    return strlen(text) == 10 && is_date_at(text);
}

static bool is_timestamp(const char *text)
{
    if (strlen(text) < 19 || !is_date_at(text) || (text[10] != ' ' && text[10] != 'T'))
        return false;
    const char *time = text + 11;
    if (!is_pattern(time, "99:99:99") || two(time) > 23 || two(time + 3) > 59 ||
        two(time + 6) > 59)
        return false;
    const char *rest = time + 8;
    if (*rest == '.') {
        size_t n = digits(rest + 1);
        if (n < 1 || n > 6)
            return false;
        rest += 1 + n;
    }
    return *rest == '\0' || strcmp(rest, "Z") == 0;
}

static bool is_boolean(const char *text)
{
    return g_ascii_strcasecmp(text, "true") == 0 || g_ascii_strcasecmp(text, "false") == 0;
}

unsigned csv_value_types(const char *text, unsigned among)
{
    unsigned types = 0;
    if ((among & CSV_CAN_INTEGER) != 0 && is_integer(text))
        types |= CSV_CAN_INTEGER;
    if ((among & CSV_CAN_POINT) != 0 && is_number(text, '.'))
        types |= CSV_CAN_POINT;
    if ((among & CSV_CAN_COMMA) != 0 && is_number(text, ','))
        types |= CSV_CAN_COMMA;
    if ((among & CSV_CAN_DATE) != 0 && is_date(text))
        types |= CSV_CAN_DATE;
    if ((among & CSV_CAN_TIMESTAMP) != 0 && is_timestamp(text))
        types |= CSV_CAN_TIMESTAMP;
    if ((among & CSV_CAN_BOOLEAN) != 0 && is_boolean(text))
        types |= CSV_CAN_BOOLEAN;
    return types;
}

bool csv_value_is_formula(const char *text)
{
    return text[0] != '\0' && strchr("=+-@\t\r", text[0]) != NULL && text[1] != '\0';
}

bool csv_number_parse(const char *text, bool decimal_comma, double *ret_value)
{
    if (!is_number(text, decimal_comma ? ',' : '.') && !is_integer(text))
        return false;
    char copy[NUMBER_LENGTH_MAX + 1];
    g_strlcpy(copy, text, sizeof copy);
    char *comma = strchr(copy, ',');
    if (comma != NULL)
        *comma = '.';
    *ret_value = g_ascii_strtod(copy, NULL);
    return isfinite(*ret_value);
}
