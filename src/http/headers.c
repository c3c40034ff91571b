/* SPDX-License-Identifier: Apache-2.0 */
#include "http/headers.h"

#include "base/error.h"

#include <string.h>

static bool etag_char(char c)
{
    unsigned char byte = (unsigned char)c;
    return byte == 0x21 || (byte >= 0x23 && byte != 0x7f);
}

static const char *skip_spaces(const char *p)
{
    return p + strspn(p, " \t");
}

static bool etags_refuse(GError **error)
{
    return error_set(error, ERROR_INVALID, "http.etag",
                     "If-Match and If-None-Match take * or at most %d entity tags in quotes, with "
                     "commas between them.", HEADER_ETAGS_MAX);
}

bool header_etags_match(const char *list, const char *etag, bool strong, bool *ret_match,
                        GError **error)
{
    bool match = false;
    const char *p = skip_spaces(list);
    if (*p == '*' && *skip_spaces(p + 1) == '\0') {
        *ret_match = true;
        return true;
    }
    for (int count = 0;; count++) {
        bool weak = g_str_has_prefix(p, "W/");
        p += weak ? 2 : 0;
        const char *begin = p;
        if (*p != '"' || count == HEADER_ETAGS_MAX)
            return etags_refuse(error);
        p++;
        while (etag_char(*p))
            p++;
        if (*p != '"')
            return etags_refuse(error);
        p++;
        size_t size = (size_t)(p - begin);
        if (!(weak && strong) && strlen(etag) == size && memcmp(begin, etag, size) == 0)
            match = true;
        p = skip_spaces(p);
        if (*p == '\0')
            break;
        if (*p != ',')
            return etags_refuse(error);
        p = skip_spaces(p + 1);
    }
    *ret_match = match;
    return true;
}

bool header_idempotency_key(const char *text, char **ret_key, GError **error)
{
    const char *begin = skip_spaces(text);
    bool quoted = *begin == '"';
    begin += quoted ? 1 : 0;
    size_t size = strspn(begin, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                "0123456789-_.:~");
    const char *end = begin + size;
    bool closed = !quoted || *end == '"';
    end += quoted && closed ? 1 : 0;
    if (!closed || *skip_spaces(end) != '\0' || size < HEADER_KEY_MIN || size > HEADER_KEY_MAX)
        return error_set(error, ERROR_INVALID, "http.idempotency_key",
                         "Idempotency-Key must have %d to %d letters, digits, or -_.:~ ; a random "
                         "UUID will do.", HEADER_KEY_MIN, HEADER_KEY_MAX);
    *ret_key = g_strndup(begin, size);
    return true;
}

bool header_event_id(const char *text, HeaderEventId *ret_id)
{
    HeaderEventId id = {.epoch = ""};
    const char *dash = strchr(text, '-');
    const char *digits = text;
    if (dash != NULL) {
        if (dash - text != HEADER_EPOCH_SIZE ||
            strspn(text, "0123456789abcdef") != HEADER_EPOCH_SIZE)
            return false;
        memcpy(id.epoch, text, HEADER_EPOCH_SIZE);
        digits = dash + 1;
    }
    size_t length = strlen(digits);
    if (length < 1 || length > 18 || strspn(digits, "0123456789") != length)
        return false;
    id.number = g_ascii_strtoll(digits, NULL, 10);
    *ret_id = id;
    return true;
}
