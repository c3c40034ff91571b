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
    int64_t due_ms;                /* until when it may wait for those who were here before */
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
typedef struct TextNew {
    const char *name, *fr, *en;
    int64_t base;
    bool asks;
    int grace_days;                /* 0: whoever has not accepted it is refused at once */
    const char *by;
} TextNew;
#define TEXTS_GRACE_DAYS_MAX 90
bool text_write(StoreTx *tx, const TextNew *text, int64_t now_ms, int64_t *ret_version,
                GError **error);

typedef struct TermsState {
    int64_t asked;                 /* the newest version that asks to be accepted; 0: none does */
    int64_t accepted, accepted_ms; /* the newest that the person accepted; 0: none */
    int64_t due_ms;                /* from when on nothing else is answered; 0: nothing is asked */
} TermsState;
bool terms_state(StoreTx *tx, const char *person, TermsState *ret_state, GError **error);
/* For a query over person P: TermsState.due_ms of each row. Grace is for those who were here when the
 * version came into force; whoever came later reads it first. */
#define TERMS_DUE_SQL                                                                              \
    "COALESCE((SELECT MIN(CASE WHEN p.created_ms >= v.written_ms THEN v.written_ms ELSE v.due_ms " \
    "END) FROM text_version v WHERE v.name = 'terms' AND v.asks = 1 AND v.version > COALESCE(("    \
    "SELECT MAX(a.version) FROM text_acceptance a WHERE a.person = p.id), 0)), 0)"
/* Nothing else is answered any more. */
static inline bool terms_overdue(int64_t due_ms, int64_t now_ms)
{
    return due_ms != 0 && due_ms <= now_ms;
}
/* ERROR_CONFLICT "texts.changed" unless VERSION is the newest. */
bool terms_accept(StoreTx *tx, const char *person, int64_t version, int64_t now_ms, GError **error);

#endif
