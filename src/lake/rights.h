/* SPDX-License-Identifier: Apache-2.0 */
/* The facts that policy needs about a bucket. */
#ifndef DARSE_LAKE_RIGHTS_H
#define DARSE_LAKE_RIGHTS_H

#include "app/app.h"

#include "lake/rows.h"

/* Whoever asks, seen from the lake. */
typedef struct LakeCaller {
    const PolicyActor *actor;
    const char *person;             /* of the actor, or behind the door */
    bool inside;
} LakeCaller;

/* Facts of PROJECT's bucket for CALLER. `own_upload` is left to the caller. */
bool lake_facts(StoreTx *tx, const LakeCaller *caller, const char *project, int64_t now_ms,
                PolicyFacts *ret_facts, GError **error);
/* True for an object that CALLER put from outside (or that is not there: they would). */
bool lake_is_own(const LakeCaller *caller, const LakeObject *object);
/* From outside, in a tier without download, a person sees what they put themselves and no more: the
 * uploader to list, or NULL for all. */
const char *lake_list_only(const LakeCaller *caller, const PolicyFacts *facts);

#endif
