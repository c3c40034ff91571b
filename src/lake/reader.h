/* SPDX-License-Identifier: Apache-2.0 */
/* The bytes of one object, whatever files they lie in, as they are sent. */
#ifndef DARSE_LAKE_READER_H
#define DARSE_LAKE_READER_H

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

typedef struct LakeReader LakeReader;

/* SIZE bytes from FIRST of the object whose row has PARTS. FOLDER: of the bucket. Opens nothing. */
LakeReader *lake_reader_new(const char *folder, const json_t *parts, int64_t first, int64_t size);
/* Opens the part in which the reading stands: the first byte can be read. */
bool lake_reader_open(LakeReader *reader, GError **error);
/* HttpRead: bytes put in BUFFER, 0 at the end, -1 for a damaged object. */
ssize_t lake_reader_read(void *reader, char *buffer, size_t size);
void lake_reader_free(void *reader);

#endif
