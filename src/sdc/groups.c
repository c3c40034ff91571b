/* SPDX-License-Identifier: Apache-2.0 */
/* Records sorted by class, and one table of counts that is cleaned by what was written. */
#include "sdc/groups.h"

#include "sdc/failure.h"

static void *take(SdcScope *scope, size_t count, size_t size, SdcError *ret_error, bool *ok)
{
    void *block = *ok ? sdc_scope_alloc(scope, count, size, ret_error) : NULL;
    *ok = block != NULL;
    return block;
}

/* The classes' blocks are moved to the scope so that they end with it. */
static bool copy_classes(SdcScope *scope, const SdcCodes *columns, size_t count, SdcGroups *groups,
                         SdcError *ret_error)
{
    SdcClasses found;
    if (!sdc_classes_find(scope->context, columns, count, &found, ret_error))
        return false;
    bool ok = true;
    uint32_t *of_row = take(scope, found.rows, sizeof *of_row, ret_error, &ok);
    size_t *starts = take(scope, found.count + 2, sizeof *starts, ret_error, &ok);
    uint32_t *rows = take(scope, found.rows, sizeof *rows, ret_error, &ok);
    if (ok) {
        for (size_t c = 0; c < found.count; c++)
            starts[c + 2] = starts[c + 1] + found.sizes[c];
        for (size_t i = 0; i < found.rows; i++) {
            of_row[i] = found.of_row[i];
            rows[starts[of_row[i] + 1]++] = (uint32_t)i;
        }
        groups->classes = (SdcClasses){.rows = found.rows, .count = found.count, .of_row = of_row};
        groups->starts = starts;
        groups->rows = rows;
    }
    sdc_classes_clear(scope->context, &found);
    return ok;
}

bool sdc_groups_open(SdcScope *scope, const SdcCodes *columns, size_t count, const SdcCodes *sensitive,
                     SdcGroups *ret_groups, SdcError *ret_error)
{
    SdcGroups groups = {.sensitive = sensitive};
    if (!sdc_codes_check(sensitive, ret_error) ||
        !copy_classes(scope, columns, count, &groups, ret_error))
        return false;
    if (groups.classes.rows != sensitive->rows)
        return sdc_failure(ret_error, SDC_ERROR_DATA,
                           "The sensitive variable has %zu rows, the keys have %zu.", sensitive->rows,
                           groups.classes.rows);
    bool ok = true;
    size_t codes = (size_t)sensitive->categories + 1;
    groups.counts = take(scope, codes, sizeof *groups.counts, ret_error, &ok);
    groups.values = take(scope, codes, sizeof *groups.values, ret_error, &ok);
    if (ok)
        *ret_groups = groups;
    return ok;
}

void sdc_groups_count(SdcGroups *groups, size_t g)
{
    for (size_t v = 0; v < groups->distinct; v++)
        groups->counts[groups->values[v]] = 0;
    groups->distinct = 0;
    groups->size = groups->starts[g + 1] - groups->starts[g];
    for (size_t i = groups->starts[g]; i < groups->starts[g + 1]; i++) {
        uint32_t value = groups->sensitive->codes[groups->rows[i]];
        if (groups->counts[value]++ == 0)
            groups->values[groups->distinct++] = value;
    }
}
