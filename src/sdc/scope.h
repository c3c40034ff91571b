/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Working memory of one call: blocks taken through a scope go back to the context's allocator when the
 * scope's variable goes out of scope, on every way out. What a kernel gives to its caller is taken out
 * first with sdc_scope_keep(). Private to src/sdc.
 */
#ifndef DARSE_SDC_SCOPE_H
#define DARSE_SDC_SCOPE_H

#include "sdc/memory.h"

#define SDC_SCOPE_BLOCKS_MAX 40

typedef struct SdcScope {
    const SdcContext *context;
    unsigned used;
    struct {
        void *block;
        size_t count, size;
    } blocks[SDC_SCOPE_BLOCKS_MAX];
} SdcScope;

/* COUNT zeroed items of SIZE bytes; as sdc_alloc(). */
void *sdc_scope_alloc(SdcScope *scope, size_t count, size_t size, SdcError *ret_error);
/* As sdc_resize() on a block of this scope. */
void *sdc_scope_resize(SdcScope *scope, void *block, size_t count, SdcError *ret_error);
/* Gives one block back now. */
void sdc_scope_release(SdcScope *scope, void *block);
/* The block is the caller's from now on. Returns it. */
void *sdc_scope_keep(SdcScope *scope, void *block);
void sdc_scope_clear(SdcScope *scope);

#define SDC_SCOPE(name, from) \
    __attribute__((cleanup(sdc_scope_clear))) SdcScope name = {.context = (from)}

#endif
