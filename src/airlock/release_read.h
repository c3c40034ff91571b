/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading the zip of a release without trusting it: the parser that meets foreign bytes. It knows
 * the form (names, order, sizes), not what the documents say.
 */
#ifndef DARSE_AIRLOCK_RELEASE_READ_H
#define DARSE_AIRLOCK_RELEASE_READ_H

#include "airlock/release_form.h"

typedef struct ReleaseMember {
    char *path;                  /* without "files/" */
    int64_t size;
    char *sha256;
} ReleaseMember;

typedef struct ReleaseParts {
    char *documents[RELEASE_DOCUMENT_COUNT];    /* texts */
    GPtrArray *files;            /* of ReleaseMember, in the order of the zip */
} ReleaseParts;

void release_parts_free(ReleaseParts *parts);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ReleaseParts, release_parts_free)

/* The seal at the end of FD, checked against the bytes before it. */
bool release_read_seal(int fd, ReleaseSeal *ret_seal, GError **error);
/* All members, within the limits, or ERROR_UNPROCESSABLE. */
ReleaseParts *release_read_parts(int fd, GError **error);

#endif
