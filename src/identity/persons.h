/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of persons and organisations, for the room's own files; identity.h has what others use. */
#ifndef DARSE_IDENTITY_PERSONS_H
#define DARSE_IDENTITY_PERSONS_H

#include "identity/identity.h"

bool person_roles_parse(const char *words, unsigned *ret_roles, GError **error);

/* Persons whose name or login contains SEARCH (NULL: all), by login, after AFTER_LOGIN ("": from
 * the first). *RET_PERSONS: of IdentityPerson, owned by the array. */
bool person_list(StoreTx *tx, const char *search, const char *after_login, int64_t limit,
                 GPtrArray **ret_persons, GError **error);

/* Gives the persons of a database that an earlier version wrote what they are found by. A StoreAction. */
bool persons_make_sought(StoreTx *tx, void *data, GError **error);

typedef struct PersonChange {
    const char *name, *email, *language;   /* NULL: as it is */
    bool set_roles;
    unsigned roles;
    bool set_disabled;
    bool disabled;
} PersonChange;

/* Applies CHANGE; disabling ends the person's sessions and tokens. ERROR_CONFLICT
 * "identity.last_officer" when no officer would be left. Inside a write. */
bool person_change(StoreTx *tx, const IdentityPerson *person, const PersonChange *change,
                   int64_t now_ms, GError **error);
/* Name, e-mail, language and roles alone. */
bool person_update(StoreTx *tx, const char *id, const PersonChange *change, GError **error);

/* By name or by id. Caller frees *RET_ID. ERROR_NOT_FOUND "identity.no_organisation". */
bool organisation_find(StoreTx *tx, const char *name, char **ret_id, GError **error);
/* NAME, KIND: NULL leaves as it is. ERROR_NOT_FOUND, ERROR_CONFLICT "identity.organisation_taken". */
bool organisation_update(StoreTx *tx, const char *id, const char *name, const char *kind,
                         GError **error);
/* PERSONS: how many of it may sign in. */
typedef void (*OrganisationEach)(const char *id, const char *name, const char *kind,
                                 int64_t persons, void *data);
bool organisation_list(StoreTx *tx, const char *after_name, int64_t limit, OrganisationEach each,
                       void *data, GError **error);

#endif
