/* SPDX-License-Identifier: Apache-2.0 */
/* What people write on a command line of the columns of a table, as the JSON of a declaration. Pure. */
#ifndef DARSE_BASE_DECLARE_H
#define DARSE_BASE_DECLARE_H

#include <jansson.h>

/* "a,b" -> ["a", "b"], without blanks around names and empty ones. TEXT NULL: an empty array. */
json_t *declare_names(const char *text);
/* "activity,size=Total" -> [{"column": "activity", "nested": true}, {"column": "size", "total": "Total",
 * "nested": false}] where NESTED is "activity". Either may be NULL. */
json_t *declare_dimensions(const char *text, const char *nested);

#endif
