/* SPDX-License-Identifier: Apache-2.0 */
/* Time-based one-time codes (RFC 6238) by liboath: SHA-1, 6 digits, 30 seconds, one step of
 * tolerance on each side. No database, no clock: the caller gives the time and the last step. */
#ifndef DARSE_IDENTITY_TOTP_H
#define DARSE_IDENTITY_TOTP_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#define TOTP_STEP_SECONDS 30
#define TOTP_DIGITS 6
#define TOTP_WINDOW 1

/* 160 random bits in base32. secret_free(). */
char *totp_secret_new(void);
/* "otpauth://totp/..." for authenticator programs. secret_free(). */
char *totp_uri(const char *secret, const char *login, const char *issuer);
int64_t totp_step(int64_t now_ms);
bool totp_code(const char *secret, int64_t step, char ret_code[TOTP_DIGITS + 1], GError **error);
/* Six digits and nothing else? */
bool totp_looks_like_code(const char *text);
/* *RET_STEP: the step later than LAST_STEP, within the window around NOW_MS, whose code is CODE;
 * -1 when there is none (wrong, or already used). False only when the secret cannot be read. */
bool totp_match(const char *secret, const char *code, int64_t now_ms, int64_t last_step,
                int64_t *ret_step, GError **error);

#endif
