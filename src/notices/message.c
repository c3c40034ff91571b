/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Everything that is not fixed goes through an encoding that has no line ends: the subject in encoded
 * words (RFC 2047), the body in base64. Only addresses stand as they are, and they are checked.
 */
#include "notices/message.h"

#include "base/encode.h"
#include "base/error.h"

#include <string.h>

#define ADDRESS_MAX 254
#define WORD_BYTES 42             /* of text in one encoded word: 56 in base64, 68 with its frame */
#define LINE_BYTES 57             /* of body in one line: 76 in base64 */

void message_clear(Message *message)
{
    g_free(message->id);
    g_free(message->from);
    g_free(message->to);
    g_free(message->host);
    g_free(message->subject);
    g_free(message->body);
    g_free(message->language);
    *message = (Message){0};
}

bool message_check_address(const char *address, GError **error)
{
    const char *at = strchr(address, '@');
    size_t length = strlen(address);
    bool ok = at != NULL && at != address && at[1] != '\0' && strchr(at + 1, '@') == NULL &&
              length <= ADDRESS_MAX && g_utf8_validate(address, (gssize)length, NULL);
    for (const char *c = address; ok && *c != '\0'; c++)
        ok = (unsigned char)*c > ' ' && *c != 0x7f && strchr("<>,;:\"\\()[]", *c) == NULL;
    return ok || error_set(error, ERROR_INVALID, "notices.address",
                           "\"%s\" is not an address that mail can be sent to.", address);
}

static void add_base64(GString *text, const char *bytes, size_t size)
{
    g_autofree char *encoded = g_base64_encode((const guchar *)bytes, size);
    g_string_append(text, encoded);
}

/* The longest start of TEXT, at most MAX bytes, that ends between two characters. */
static size_t whole_characters(const char *text, size_t max)
{
    size_t length = strlen(text);
    if (length <= max)
        return length;
    while (max > 0 && ((unsigned char)text[max] & 0xc0) == 0x80)
        max--;
    return max;
}

static void add_encoded_words(GString *text, const char *value)
{
    for (const char *rest = value; *rest != '\0';) {
        size_t size = whole_characters(rest, WORD_BYTES);
        if (size == 0) /* not UTF-8: cut anywhere */
            size = MIN(strlen(rest), WORD_BYTES);
        g_string_append(text, rest == value ? "=?UTF-8?B?" : "\r\n =?UTF-8?B?");
        add_base64(text, rest, size);
        g_string_append(text, "?=");
        rest += size;
    }
}

static void add_date(GString *text, int64_t date_ms)
{
    static const char *const days[] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    g_autoptr(GDateTime) date = g_date_time_new_from_unix_utc(date_ms / 1000);
    g_string_append_printf(text, "Date: %s, %02d %s %d %02d:%02d:%02d +0000\r\n",
                           days[g_date_time_get_day_of_week(date) - 1],
                           g_date_time_get_day_of_month(date),
                           months[g_date_time_get_month(date) - 1], g_date_time_get_year(date),
                           g_date_time_get_hour(date), g_date_time_get_minute(date),
                           g_date_time_get_second(date));
}

/* Lines of a text end with CRLF in a message. */
static char *with_line_ends(const char *body)
{
    g_auto(GStrv) lines = g_strsplit(body, "\n", -1);
    return g_strjoinv("\r\n", lines);
}

static void add_body(GString *text, const char *body)
{
    g_autofree char *whole = with_line_ends(body);
    size_t size = strlen(whole);
    for (size_t done = 0; done < size; done += LINE_BYTES) {
        add_base64(text, whole + done, MIN(size - done, LINE_BYTES));
        g_string_append(text, "\r\n");
    }
}

char *message_format(const Message *message, GError **error)
{
    if (!message_check_address(message->from, error) ||
        !message_check_address(message->to, error))
        return NULL;
    GString *text = g_string_new(NULL);
    add_date(text, message->date_ms);
    g_string_append_printf(text, "From: Darse <%s>\r\nTo: <%s>\r\n", message->from, message->to);
    g_string_append_printf(text, "Message-ID: <%s@%s>\r\nSubject: ", message->id, message->host);
    add_encoded_words(text, message->subject);
    g_string_append_printf(text,
                           "\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
                           "Content-Transfer-Encoding: base64\r\nContent-Language: %s\r\n"
                           "Auto-Submitted: auto-generated\r\nX-Auto-Response-Suppress: All\r\n\r\n",
                           message->language);
    add_body(text, message->body);
    return g_string_free(text, FALSE);
}
