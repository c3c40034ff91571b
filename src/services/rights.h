/* SPDX-License-Identifier: Apache-2.0 */
/*
 * May this person have this service open? The one question, asked at launch, at each request of the
 * gateway and by the guard.
 */
#ifndef DARSE_SERVICES_RIGHTS_H
#define DARSE_SERVICES_RIGHTS_H

#include "app/app.h"
#include "services/rows.h"

/* Facts about PROJECT for ACTOR, with the label of the volumes that a service of PERSON mounts. */
bool rights_load_facts(StoreTx *tx, const PolicyActor *actor, const char *project,
                       const char *person, int64_t now_ms, PolicyFacts *ret_facts,
                       GError **error);
/* The project's datasets that PERSON may use there now (ids), for mounting. */
GPtrArray *rights_mountable(StoreTx *tx, const PolicyActor *actor, const char *project,
                            const PolicyFacts *project_facts, int64_t now_ms, GError **error);
/* A person seen as an actor of a past session, with nothing but what they are now. */
bool rights_person_actor(StoreTx *tx, const char *person, PolicyActor **ret_actor,
                         GError **error);
/* Decides VERB_SERVICE_OPEN for the owner of SERVICE as things are now. */
bool rights_decide_open(StoreTx *tx, const Service *service, const PolicyActor *actor,
                        int64_t now_ms, PolicyDecision *ret_decision, GError **error);
#endif
