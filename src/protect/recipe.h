/* SPDX-License-Identifier: Apache-2.0 */
/* The schema of recipes as tables, and what the steps read from them. Private to the room. */
#ifndef DARSE_PROTECT_RECIPE_H
#define DARSE_PROTECT_RECIPE_H

#include "protect/protect.h"

typedef enum FieldType {
    FIELD_TEXT,
    FIELD_NUMBER,      /* in [low, high] */
    FIELD_INTEGER,     /* in [low, high] */
    FIELD_FLAG,
    FIELD_WORD,        /* one of words */
    FIELD_TEXTS,       /* a list of 1 to 64 different texts */
    FIELD_NUMBERS,     /* a list of 1 to 1000 increasing numbers */
    FIELD_AMOUNTS,     /* an object of numbers in [low, high] */
    FIELD_LABELS,      /* an object of texts */
    FIELD_HIERARCHIES,
    FIELD_STEPS,
    FIELD_OBJECT,      /* of the fields of FIELDS */
    FIELD_OBJECTS,     /* a list of 1 to HIGH of them */
} FieldType;

typedef struct Field {
    const char *name;
    FieldType type;
    bool is_required;
    double low, high;
    const char *const *words;
    const struct Field *fields;
} Field;

#define STEP_FIELDS_MAX 8
#define RECIPE_SEED_MAX 9007199254740992.0

/* Checks OBJECT by FIELDS (ended by a NULL name); WHERE names it in sentences. Fields that are not in the
 * table are refused. */
bool recipe_check_fields(const json_t *object, const Field *fields, const char *where, GError **error);

const char *recipe_text(const json_t *object, const char *name);             /* NULL: not there */
double recipe_number(const json_t *object, const char *name, double otherwise);

#endif
