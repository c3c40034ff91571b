/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Accreditation: the right of one person to use one dataset in one project. It is never stored: it
 * is computed from signed facts by a pure predicate (terms.h), each term with its reason, its
 * expiry and who it waits for. Facts are signed within an application (or, for need to know, by the
 * project's lead), never changed, and revoked by another signed act.
 *
 * All terms of an accreditation come from one application that names both the person and the
 * dataset: what a producer agreed for one person never serves another.
 */
#ifndef DARSE_ACCREDITATION_ACCREDITATION_H
#define DARSE_ACCREDITATION_ACCREDITATION_H

#include "accreditation/terms.h"
#include "app/app.h"

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

extern const Room accreditation_room;
extern const HttpRoute accreditation_routes[];

/* ---- the predicate on rows; usable inside any read or write ---- */

/* True when every term of the project's route is met at NOW for PERSON (id). An unknown project,
 * dataset or person is simply not accredited. */
bool accreditation_holds(StoreTx *tx, const char *project, const char *dataset, const char *person,
                         int64_t now_ms, bool *ret_holds, GError **error);

/* True when PERSON is accredited to every dataset of VOLUME's label ("<project>/files",
 * "<project>/home/<person>", "<project>/bucket"). A volume without a label is held by everybody. */
bool accreditation_label_held(StoreTx *tx, const char *volume, const char *person, int64_t now_ms,
                              bool *ret_held, GError **error);

/* The next instant after NOW at which a date alone may change an accreditation; INT64_MAX when
 * there is none. */
bool accreditation_next_expiry(StoreTx *tx, int64_t now_ms, int64_t *ret_ms, GError **error);

/* One line of a project's table: a person, a dataset, the terms. */
typedef struct Accreditation {
    char *person, *login, *name;
    char *dataset, *dataset_title, *level;
    char *source, *source_title;
    bool holds;
    AccreditationTerm terms[ACCREDITATION_TERMS_MAX];
    size_t term_count;
    GPtrArray *facts;          /* of AccreditationFact: what the terms point to */
} Accreditation;
void accreditation_free(Accreditation *accreditation);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Accreditation, accreditation_free)

/* Every person x dataset of the project's applications (and needs to know). PERSON may be NULL for
 * all. Array of Accreditation. */
GPtrArray *accreditation_list(StoreTx *tx, const char *project, const char *person,
                              int64_t now_ms, GError **error);

/* The terms of one person on one dataset in one project, also when nothing was ever asked. */
Accreditation *accreditation_explain(StoreTx *tx, const char *project, const char *dataset,
                                     const char *person, int64_t now_ms, GError **error);

#endif
