/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Texts that an officer may write: terms of use, personal data, accessibility. Each has a version that is
 * shipped (0) and those that were written here (1, 2, ...), never changed; the newest is shown. A version
 * of the terms may ask that everybody accept it.
 */
#ifndef DARSE_TEXTS_TEXTS_H
#define DARSE_TEXTS_TEXTS_H

#include "app/app.h"

#include <stdbool.h>
#include <stdint.h>

extern const Room texts_room;

typedef struct TextVersion {
    char *name;
    int64_t version;               /* 0: as shipped */
    char *fr, *en;                 /* Markdown */
    bool asks;                     /* that everybody accept it */
    char *by, *by_name;            /* NULL: as shipped */
    int64_t written_ms;            /* 0: as shipped */
} TextVersion;
void text_version_clear(TextVersion *text);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(TextVersion, text_version_clear)

/* "terms", "privacy", "accessibility"; ended by NULL. */
extern const char *const text_names[];

/* VERSION -1: the newest. ERROR_NOT_FOUND "texts.no_text". */
bool text_load(StoreTx *tx, const char *name, int64_t version, TextVersion *ret_text,
               GError **error);
/* A new version; BASE: the one it was written from. ERROR_CONFLICT "texts.changed" if that is not the
 * newest any more. */
bool text_write(StoreTx *tx, const char *name, int64_t base, const char *fr, const char *en, bool asks,
                const char *by, int64_t now_ms, int64_t *ret_version, GError **error);

/* The newest version of the terms that asks to be accepted (0: none does), and the newest that PERSON
 * accepted. */
bool terms_state(StoreTx *tx, const char *person, int64_t *ret_asked, int64_t *ret_accepted,
                 int64_t *ret_accepted_ms, GError **error);
/* ERROR_CONFLICT "texts.changed" unless VERSION is the newest. */
bool terms_accept(StoreTx *tx, const char *person, int64_t version, int64_t now_ms, GError **error);

#endif
