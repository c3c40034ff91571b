/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A text is what has no NUL byte and few other control characters. UTF-8 if it is that, else
 * Latin-1, in which every byte is a character: a preview must show something, not guess well.
 */
#include "worker/text.h"

#include "base/error.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define CONTROLS_PERCENT_MAX 5

static bool is_shown(gunichar c)
{
    return c == '\n' || c == '\t' || !g_unichar_iscntrl(c);
}

/* A character that the end of the bytes cuts in two is left out. */
static size_t whole_characters(const char *bytes, size_t size)
{
    for (size_t back = 0; back < 4 && back < size; back++) {
        if (g_utf8_validate(bytes, (gssize)(size - back), NULL))
            return size - back;
    }
    return size;
}

char *text_decode(const char *bytes, size_t size, bool cut, const char **ret_encoding)
{
    if (memchr(bytes, '\0', size) != NULL)
        return NULL;
    if (cut)
        size = whole_characters(bytes, size);
    bool is_utf8 = g_utf8_validate(bytes, (gssize)size, NULL);
    GString *text = g_string_sized_new(size + 1);
    size_t characters = 0, controls = 0;
    for (size_t at = 0; at < size; characters++) {
        gunichar c = is_utf8 ? g_utf8_get_char(bytes + at) : (gunichar)(unsigned char)bytes[at];
        at += is_utf8 ? (size_t)g_utf8_skip[(unsigned char)bytes[at]] : 1;
        if (c == '\r' || c == 0xfeff)
            continue;
        controls += is_shown(c) ? 0 : 1;
        g_string_append_unichar(text, is_shown(c) ? c : 0xfffd);
    }
    if (controls * 100 > characters * CONTROLS_PERCENT_MAX) {
        g_string_free(text, TRUE);
        return NULL;
    }
    *ret_encoding = is_utf8 ? "utf-8" : "latin-1";
    return g_string_free(text, FALSE);
}

json_t *text_run(Duck *duck, const WorkerLimits *limits, const json_t *arguments, int input_fd,
                 int output_fd, GError **error)
{
    (void)duck;
    (void)limits;
    (void)arguments;
    (void)output_fd;
    g_autofree char *bytes = g_malloc(WORKER_TEXT_BYTES + 1);
    size_t size = 0;
    while (size < WORKER_TEXT_BYTES + 1) {
        ssize_t got = pread(input_fd, bytes + size, WORKER_TEXT_BYTES + 1 - size, (off_t)size);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0) {
            error_set_errno(error, errno, "files.read", "Cannot read the file");
            return NULL;
        }
        if (got == 0)
            break;
        size += (size_t)got;
    }
    bool cut = size > WORKER_TEXT_BYTES;
    const char *encoding = NULL;
    g_autofree char *text = text_decode(bytes, MIN(size, WORKER_TEXT_BYTES), cut, &encoding);
    if (text == NULL) {
        error_set(error, ERROR_UNPROCESSABLE, "text.binary", "The file is no text.");
        return NULL;
    }
    return json_pack("{s:s, s:s, s:b}", "text", text, "encoding", encoding, "truncated", cut);
}
