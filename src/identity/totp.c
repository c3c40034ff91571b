/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A code works once: the caller keeps the last step used, and only later steps match. All the steps
 * of the window are computed and compared in constant time, whichever matches.
 */
#include "identity/totp.h"

#include "base/encode.h"
#include "base/error.h"
#include "base/ids.h"

#include <liboath/oath.h>
#include <sodium.h>
#include <string.h>

#define TOTP_SECRET_BYTES 20

static bool totp_ready(void)
{
    static gsize once = 0;
    if (g_once_init_enter(&once))
        g_once_init_leave(&once, oath_init() == OATH_OK ? 1 : 2);
    return once == 1;
}

char *totp_secret_new(void)
{
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    uint8_t bytes[TOTP_SECRET_BYTES * 8 / 5];
    random_fill(bytes, sizeof bytes);
    char *secret = g_malloc0(sizeof bytes + 1);
    for (size_t i = 0; i < sizeof bytes; i++)
        secret[i] = alphabet[bytes[i] % 32];
    sodium_memzero(bytes, sizeof bytes);
    return secret;
}

char *totp_uri(const char *secret, const char *login, const char *issuer)
{
    g_autofree char *who = g_uri_escape_string(login, NULL, false);
    g_autofree char *what = g_uri_escape_string(issuer, NULL, false);
    return g_strdup_printf("otpauth://totp/%s:%s?secret=%s&issuer=%s&algorithm=SHA1&digits=%d"
                           "&period=%d",
                           what, who, secret, what, TOTP_DIGITS, TOTP_STEP_SECONDS);
}

int64_t totp_step(int64_t now_ms)
{
    return now_ms / 1000 / TOTP_STEP_SECONDS;
}

bool totp_code(const char *secret, int64_t step, char ret_code[TOTP_DIGITS + 1], GError **error)
{
    char *bytes = NULL;
    size_t size = 0;
    if (!totp_ready() || step < 0 ||
        oath_base32_decode(secret, strlen(secret), &bytes, &size) != OATH_OK)
        return error_set(error, ERROR_INTERNAL, "identity.totp",
                         "A second factor's secret cannot be read.");
    int result = oath_totp_generate(bytes, size, (time_t)(step * TOTP_STEP_SECONDS),
                                    TOTP_STEP_SECONDS, 0, TOTP_DIGITS, ret_code);
    sodium_memzero(bytes, size);
    free(bytes);
    if (result != OATH_OK)
        return error_set(error, ERROR_INTERNAL, "identity.totp", "liboath: %s.",
                         oath_strerror(result));
    return true;
}

bool totp_looks_like_code(const char *text)
{
    return text != NULL && strlen(text) == TOTP_DIGITS &&
           strspn(text, "0123456789") == TOTP_DIGITS;
}

bool totp_match(const char *secret, const char *code, int64_t now_ms, int64_t last_step,
                int64_t *ret_step, GError **error)
{
    int64_t now = totp_step(now_ms), found = -1;
    char expected[TOTP_DIGITS + 1] = "";
    for (int64_t step = MAX(now - TOTP_WINDOW, 0); step <= now + TOTP_WINDOW; step++) {
        if (!totp_code(secret, step, expected, error))
            return false;
        bool equal = secret_equal(expected, code);
        if (equal && step > last_step && found < 0)
            found = step;
    }
    sodium_memzero(expected, sizeof expected);
    *ret_step = found;
    return true;
}
