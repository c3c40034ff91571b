/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How often somebody may fail: attempts per key (an account, an address) in a window, in memory and
 * bounded. An attempt is counted before it is judged, so that many at once do not slip through; one
 * that succeeds is taken back. Thread-safe. Forgets everything at a restart, which a guesser cannot
 * cause.
 */
#ifndef DARSE_IDENTITY_LIMITER_H
#define DARSE_IDENTITY_LIMITER_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LIMITER_WINDOW_MS (10 * 60 * 1000)
#define LIMITER_KEYS_MAX 20000

typedef struct Limiter Limiter;

Limiter *limiter_new(size_t keys_max);
void limiter_free(Limiter *limiter);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Limiter, limiter_free)

/* Counts an attempt for KEY unless ATTEMPTS_MAX are already counted in the window. */
bool limiter_take(Limiter *limiter, const char *key, int attempts_max, int64_t now_ms);
/* Takes one attempt back (it was not a failure). */
void limiter_return(Limiter *limiter, const char *key);
/* Forgets KEY. */
void limiter_clear(Limiter *limiter, const char *key);
size_t limiter_size(Limiter *limiter);

#endif
