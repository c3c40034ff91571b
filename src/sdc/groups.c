/* SPDX-License-Identifier: Apache-2.0 */
/* Records sorted by class, and one table of counts that is cleaned by what was written. */
#include "sdc/groups.h"

#include "sdc/failure.h"

#include <string.h>

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
    uint32_t *first = take(scope, found.count, sizeof *first, ret_error, &ok);
    if (ok) {
        memcpy(first, found.first, found.count * sizeof *first);
        for (size_t c = 0; c < found.count; c++)
            starts[c + 2] = starts[c + 1] + found.sizes[c];
        for (size_t i = 0; i < found.rows; i++) {
            of_row[i] = found.of_row[i];
            rows[starts[of_row[i] + 1]++] = (uint32_t)i;
        }
        groups->classes = (SdcClasses){found.rows, found.count, of_row, first, NULL};
        groups->starts = starts;
        groups->rows = rows;
    }
    sdc_classes_clear(scope->context, &found);
    return ok;
}

static bool has_missing(const SdcCodes *columns, size_t count, size_t row)
{
    for (size_t v = 0; v < count; v++) {
        if (columns[v].codes[row] == 0)
            return true;
    }
    return false;
}

/* Without missing values wildcards change nothing. */
static bool open_neighbours(SdcScope *scope, const SdcCodes *columns, size_t count, SdcGroups *groups,
                            SdcError *ret_error)
{
    const SdcClasses *classes = &groups->classes;
    for (size_t c = 0; c < classes->count && !groups->wild; c++)
        groups->wild = has_missing(columns, count, classes->first[c]);
    return !groups->wild || sdc_neighbours_open(scope, columns, count, classes->first, classes->count,
                                                &groups->neighbours, ret_error);
}

bool sdc_groups_open(SdcScope *scope, const SdcCodes *columns, size_t count, SdcMissing missing,
                     const SdcCodes *sensitive, SdcGroups *ret_groups, SdcError *ret_error)
{
    SdcGroups groups = {.sensitive = sensitive};
    if (!sdc_codes_check(sensitive, ret_error) ||
        !copy_classes(scope, columns, count, &groups, ret_error))
        return false;
    if (groups.classes.rows != sensitive->rows)
        return sdc_failure(ret_error, SDC_ERROR_DATA,
                           "The sensitive variable has %zu rows, the keys have %zu.", sensitive->rows,
                           groups.classes.rows);
    if (missing == SDC_MISSING_WILDCARD && !open_neighbours(scope, columns, count, &groups, ret_error))
        return false;
    bool ok = true;
    size_t codes = (size_t)sensitive->categories + 1;
    groups.counts = take(scope, codes, sizeof *groups.counts, ret_error, &ok);
    groups.values = take(scope, codes, sizeof *groups.values, ret_error, &ok);
    if (ok)
        *ret_groups = groups;
    return ok;
}

size_t sdc_groups_at(const SdcGroups *groups, size_t i)
{
    return groups->wild ? groups->neighbours.order[i] : i;
}

static void count_class(SdcGroups *groups, size_t class)
{
    groups->size += groups->starts[class + 1] - groups->starts[class];
    for (size_t i = groups->starts[class]; i < groups->starts[class + 1]; i++) {
        uint32_t value = groups->sensitive->codes[groups->rows[i]];
        if (groups->counts[value]++ == 0)
            groups->values[groups->distinct++] = value;
    }
}

void sdc_groups_count(SdcGroups *groups, size_t g)
{
    for (size_t v = 0; v < groups->distinct; v++)
        groups->counts[groups->values[v]] = 0;
    groups->distinct = 0;
    groups->size = 0;
    if (!groups->wild) {
        count_class(groups, g);
        return;
    }
    size_t count = sdc_neighbours_find(&groups->neighbours, (uint32_t)g);
    for (size_t k = 0; k < count; k++)
        count_class(groups, groups->neighbours.found[k]);
}
