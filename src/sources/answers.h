/* SPDX-License-Identifier: Apache-2.0 */
/* How datasets and rules appear inside other things' JSON. */
#ifndef DARSE_SOURCES_ANSWERS_H
#define DARSE_SOURCES_ANSWERS_H

#include "sdc/sdc.h"
#include "sources/sources.h"

#include <jansson.h>

/* {"id","slug","title","vintage","version","level","state","source":{"id","slug","title"}}. */
json_t *answer_dataset_brief(const Dataset *dataset);
/* As above, with the description and what was published. */
json_t *answer_dataset(const Dataset *dataset);
/* One source as ACTOR sees it, without its datasets. */
bool answer_source(StoreTx *tx, const PolicyActor *actor, const Source *source, json_t **ret_json,
                   GError **error);
/* As above, of each of SOURCES: an array; NULL on failure. */
json_t *answer_sources(StoreTx *tx, const PolicyActor *actor, const GPtrArray *sources,
                       GError **error);

#endif
