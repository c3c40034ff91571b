/* SPDX-License-Identifier: Apache-2.0 */
/* What an officer does with persons and organisations: one action each. */
#ifndef DARSE_IDENTITY_MANAGE_H
#define DARSE_IDENTITY_MANAGE_H

#include "identity/persons.h"

/* PERSON is an id or a login. *RET_PERSON: as it is now. */
bool manage_create_person(App *app, const PolicyActor *actor, const IdentityNewPerson *person,
                          IdentityPerson **ret_person, GError **error);
bool manage_change_person(App *app, const PolicyActor *actor, const char *person,
                          const PersonChange *change, IdentityPerson **ret_person, GError **error);
bool manage_reset_factor(App *app, const PolicyActor *actor, const char *person, GError **error);
bool manage_create_organisation(App *app, const PolicyActor *actor, const char *name,
                                const char *kind, char **ret_id, GError **error);

/* By id ("per-...") or by login. */
bool person_resolve(StoreTx *tx, const char *person, IdentityPerson **ret_person, GError **error);
/* NAME, KIND: NULL leaves as it is. */
bool manage_change_organisation(App *app, const PolicyActor *actor, const char *organisation,
                                const char *name, const char *kind, GError **error);

#endif
