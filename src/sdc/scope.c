/* SPDX-License-Identifier: Apache-2.0 */
/* The list of blocks of one call. A kernel that wants more than the list holds has a design to mend, and
 * is told so as an error like any other. */
#include "sdc/scope.h"

#include "sdc/failure.h"

void *sdc_scope_alloc(SdcScope *scope, size_t count, size_t size, SdcError *ret_error)
{
    if (scope->used == SDC_SCOPE_BLOCKS_MAX) {
        sdc_failure(ret_error, SDC_ERROR_LIMIT, "A call used more than %d blocks of memory.",
                    SDC_SCOPE_BLOCKS_MAX);
        return NULL;
    }
    void *block = sdc_alloc(scope->context, count, size, ret_error);
    if (block == NULL)
        return NULL;
    scope->blocks[scope->used].block = block;
    scope->blocks[scope->used].count = count;
    scope->blocks[scope->used].size = size;
    scope->used++;
    return block;
}

static unsigned find(const SdcScope *scope, const void *block)
{
    unsigned i = 0;
    while (i < scope->used && scope->blocks[i].block != block)
        i++;
    return i;
}

void *sdc_scope_resize(SdcScope *scope, void *block, size_t count, SdcError *ret_error)
{
    unsigned i = find(scope, block);
    if (i == scope->used)
        return NULL;
    void *grown = sdc_resize(scope->context, block, scope->blocks[i].count, count,
                             scope->blocks[i].size, ret_error);
    if (grown == NULL)
        return NULL;
    scope->blocks[i].block = grown;
    scope->blocks[i].count = count;
    return grown;
}

void *sdc_scope_keep(SdcScope *scope, void *block)
{
    unsigned i = find(scope, block);
    if (i < scope->used)
        scope->blocks[i] = scope->blocks[--scope->used];
    return block;
}

void sdc_scope_release(SdcScope *scope, void *block)
{
    unsigned i = find(scope, block);
    if (i == scope->used)
        return;
    sdc_release(scope->context, block, scope->blocks[i].count, scope->blocks[i].size);
    scope->blocks[i] = scope->blocks[--scope->used];
}

void sdc_scope_clear(SdcScope *scope)
{
    while (scope->used > 0) {
        scope->used--;
        sdc_release(scope->context, scope->blocks[scope->used].block,
                    scope->blocks[scope->used].count, scope->blocks[scope->used].size);
    }
}
