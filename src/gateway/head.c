/* SPDX-License-Identifier: Apache-2.0 */
/* Strict reading of the answers of services. See head.h. */
#include "gateway/head.h"

#include "base/error.h"

#include <string.h>

static bool refuse(GError **error, const char *what)
{
    return error_set(error, ERROR_UNAVAILABLE, "gateway.bad_answer",
                     "The service gave an answer that is not proper HTTP: %s.", what);
}

void head_clear(Head *head)
{
    g_free(head->text);
    memset(head, 0, sizeof *head);
}

size_t head_find_end(const char *bytes, size_t size)
{
    const char *end = memmem(bytes, size, "\r\n\r\n", 4);
    return end == NULL ? 0 : (size_t)(end - bytes) + 4;
}

static bool is_token(const char *text)
{
    if (*text == '\0')
        return false;
    for (const char *p = text; *p != '\0'; p++) {
        if (!g_ascii_isalnum(*p) && strchr("!#$%&'*+-.^_`|~", *p) == NULL)
            return false;
    }
    return true;
}

/* "HTTP/1.1 200 OK"; the reason may be empty. */
static bool parse_status(const char *line, Head *head)
{
    if (strlen(line) < 12 || memcmp(line, "HTTP/1.", 7) != 0 || line[8] != ' ')
        return false;
    if (line[7] != '0' && line[7] != '1')
        return false;
    if (!g_ascii_isdigit(line[9]) || !g_ascii_isdigit(line[10]) || !g_ascii_isdigit(line[11]))
        return false;
    if (line[12] != '\0' && line[12] != ' ')
        return false;
    head->minor_version = line[7] - '0';
    head->status = (line[9] - '0') * 100 + (line[10] - '0') * 10 + (line[11] - '0');
    return head->status >= 100 && head->status <= 599;
}

/* No folding, no space before the colon. */
static bool parse_field(char *line, Head *head)
{
    char *colon = strchr(line, ':');
    if (colon == NULL || head->field_count == HEAD_FIELDS_MAX)
        return false;
    *colon = '\0';
    char *value = colon + 1 + strspn(colon + 1, " \t");
    size_t length = strlen(value);
    while (length > 0 && (value[length - 1] == ' ' || value[length - 1] == '\t'))
        value[--length] = '\0';
    if (!is_token(line))
        return false;
    head->fields[head->field_count++] = (HeadField){line, value};
    return true;
}

static bool text_is_clean(const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c == '\r' ? (i + 1 >= size || text[i + 1] != '\n')
                      : c == '\n' ? (i == 0 || text[i - 1] != '\r')
                                  : (c < ' ' && c != '\t') || c == 0x7f)
            return false;
    }
    return true;
}

const char *head_field(const Head *head, const char *name)
{
    for (int i = 0; i < head->field_count; i++) {
        if (g_ascii_strcasecmp(head->fields[i].name, name) == 0)
            return head->fields[i].value;
    }
    return NULL;
}

static int field_times(const Head *head, const char *name)
{
    int times = 0;
    for (int i = 0; i < head->field_count; i++)
        times += g_ascii_strcasecmp(head->fields[i].name, name) == 0;
    return times;
}

bool head_has_token(const char *list, const char *token)
{
    size_t length = strlen(token);
    while (list != NULL && *list != '\0') {
        list += strspn(list, " \t,");
        size_t size = strcspn(list, ",");
        size_t trimmed = size;
        while (trimmed > 0 && (list[trimmed - 1] == ' ' || list[trimmed - 1] == '\t'))
            trimmed--;
        if (trimmed == length && g_ascii_strncasecmp(list, token, length) == 0)
            return true;
        list += size;
    }
    return false;
}

/* RFC 9112, section 6.3, with every ambiguity refused. */
static bool find_body(Head *head, bool answers_head, GError **error)
{
    int lengths = field_times(head, "Content-Length");
    int encodings = field_times(head, "Transfer-Encoding");
    const char *length = head_field(head, "Content-Length");
    const char *encoding = head_field(head, "Transfer-Encoding");
    head->length = -1;
    if (lengths > 1 || encodings > 1 || (lengths > 0 && encodings > 0))
        return refuse(error, "its length is given twice");
    if (encodings > 0 && (head->minor_version == 0 || g_ascii_strcasecmp(encoding, "chunked") != 0))
        return refuse(error, "its transfer encoding is not \"chunked\"");
    if (lengths > 0) {
        guint64 number;
        if (!g_ascii_string_to_unsigned(length, 10, 0, INT64_MAX, &number, NULL))
            return refuse(error, "its length is not a number");
        head->length = (int64_t)number;
    }
    if (answers_head || head->status < 200 || head->status == 204 || head->status == 304)
        head->body = HEAD_BODY_NONE;
    else if (encodings > 0)
        head->body = HEAD_BODY_CHUNKED;
    else if (lengths > 0)
        head->body = HEAD_BODY_LENGTH;
    else
        head->body = HEAD_BODY_CLOSE;
    const char *connection = head_field(head, "Connection");
    head->keep_alive = head->body != HEAD_BODY_CLOSE && head->minor_version == 1 &&
                       field_times(head, "Connection") <= 1 &&
                       !head_has_token(connection, "close");
    return true;
}

bool head_parse(const char *bytes, size_t size, bool answers_head, Head *ret_head, GError **error)
{
    g_auto(Head) head = {0};
    if (size < 4 || size > HEAD_SIZE_MAX || memcmp(bytes + size - 4, "\r\n\r\n", 4) != 0)
        return refuse(error, "its head has no end");
    if (!text_is_clean(bytes, size))
        return refuse(error, "its head holds a stray line end or control character");
    head.text = g_strndup(bytes, size - 4);
    char *line = head.text;
    for (bool first = true; line != NULL; first = false) {
        char *end = strstr(line, "\r\n");
        if (end != NULL)
            *end = '\0';
        if (first && !parse_status(line, &head))
            return refuse(error, "its status line is malformed");
        if (!first && !parse_field(line, &head))
            return refuse(error, "a header is malformed, or there are too many");
        line = end == NULL ? NULL : end + 2;
    }
    if (!find_body(&head, answers_head, error))
        return false;
    *ret_head = head;
    memset(&head, 0, sizeof head);
    return true;
}

/* ---- chunked bodies ---- */

enum {
    CHUNK_SIZE,       /* hexadecimal digits */
    CHUNK_EXTENSION,  /* after them, up to CR */
    CHUNK_SIZE_LF,
    CHUNK_DATA,
    CHUNK_DATA_CR,
    CHUNK_DATA_LF,
    CHUNK_TRAILER,    /* at the beginning of a trailer line */
    CHUNK_TRAILER_LINE,
    CHUNK_TRAILER_LF,
    CHUNK_END_LF,
};

#define CHUNK_LINE_MAX 4096
#define CHUNK_DIGITS_MAX 15 /* 60 bits */

/* One byte of framing; false when malformed. */
static bool chunks_step(Chunks *chunks, char c)
{
    switch (chunks->state) {
    case CHUNK_SIZE:
        if (g_ascii_isxdigit(c)) {
            if (++chunks->digits > CHUNK_DIGITS_MAX)
                return false;
            chunks->left = chunks->left * 16 + g_ascii_xdigit_value(c);
            return true;
        }
        if (chunks->digits == 0)
            return false;
        chunks->line = 0;
        chunks->state = c == '\r' ? CHUNK_SIZE_LF : CHUNK_EXTENSION;
        return c == '\r' || c == ';' || c == ' ' || c == '\t';
    case CHUNK_EXTENSION:
        if (c == '\r')
            chunks->state = CHUNK_SIZE_LF;
        return c != '\n' && ++chunks->line <= CHUNK_LINE_MAX;
    case CHUNK_SIZE_LF:
        chunks->state = chunks->left > 0 ? CHUNK_DATA : CHUNK_TRAILER;
        chunks->digits = 0;
        chunks->line = 0;
        return c == '\n';
    case CHUNK_DATA_CR:
        chunks->state = CHUNK_DATA_LF;
        return c == '\r';
    case CHUNK_DATA_LF:
        chunks->state = CHUNK_SIZE;
        return c == '\n';
    case CHUNK_TRAILER:
        chunks->state = c == '\r' ? CHUNK_END_LF : CHUNK_TRAILER_LINE;
        return c != '\n' && ++chunks->line <= CHUNK_LINE_MAX;
    case CHUNK_TRAILER_LINE:
        if (c == '\r')
            chunks->state = CHUNK_TRAILER_LF;
        return c != '\n' && ++chunks->line <= CHUNK_LINE_MAX;
    case CHUNK_TRAILER_LF:
        chunks->state = CHUNK_TRAILER;
        return c == '\n';
    case CHUNK_END_LF:
        chunks->done = c == '\n';
        return chunks->done;
    default:
        g_assert_not_reached();
    }
}

ssize_t chunks_decode(Chunks *chunks, const char *bytes, size_t size, size_t *ret_used, char *out,
                      size_t out_size)
{
    size_t used = 0, written = 0;
    while (used < size && !chunks->done) {
        if (chunks->state != CHUNK_DATA) {
            if (!chunks_step(chunks, bytes[used++]))
                return -1;
            continue;
        }
        size_t count = MIN(size - used, out_size - written);
        if ((uint64_t)chunks->left < count)
            count = (size_t)chunks->left;
        if (count == 0)
            break;
        memcpy(out + written, bytes + used, count);
        used += count;
        written += count;
        chunks->left -= (int64_t)count;
        if (chunks->left == 0)
            chunks->state = CHUNK_DATA_CR;
    }
    *ret_used = used;
    return (ssize_t)written;
}
