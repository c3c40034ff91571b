/* SPDX-License-Identifier: Apache-2.0 */
/* What the files that print the API document share. */
#ifndef DARSE_HTTP_OPENAPI_INTERNAL_H
#define DARSE_HTTP_OPENAPI_INTERNAL_H

#include "http/http.h"

/* Bodies and queries come from clients; answers are ours, with other defaults for limits. */
typedef enum SchemaUse { SCHEMA_INPUT, SCHEMA_ANSWER } SchemaUse;

/* The schema of an object of FIELDS: a reference when the table has a name, which is then added to
 * SCHEMAS (the document's components). A second, different table of the same name is our mistake:
 * asserted. */
json_t *schema_of_fields(json_t *schemas, const HttpField *fields, SchemaUse use);
json_t *schema_of_field(json_t *schemas, const HttpField *field, SchemaUse use);

/* An example that its schema accepts: the row's own, or one made of its name and type. */
json_t *example_of_fields(const HttpField *fields, SchemaUse use);
json_t *example_of_field(const HttpField *field, SchemaUse use);
/* Of a {name} segment. */
json_t *example_of_segment(const char *name);

#endif
