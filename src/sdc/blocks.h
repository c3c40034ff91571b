/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an object of many parts is made of: a chain of blocks that are given back together; and the dictionary of
 * a column's texts while it grows. Private to src/sdc.
 */
#ifndef DARSE_SDC_BLOCKS_H
#define DARSE_SDC_BLOCKS_H

#include "sdc/frame.h"

/* COUNT zeroed items of SIZE bytes, in the chain *BLOCKS (begun with NULL). */
void *sdc_blocks_alloc(const SdcContext *context, void **blocks, size_t count, size_t size,
                       SdcError *ret_error);
void sdc_blocks_clear(const SdcContext *context, void **blocks);

/* Texts by their first appearance; code c is at place c - 1. Begun with zeros. */
typedef struct SdcLabels {
    size_t count, capacity;
    struct SdcLabel {
        uint64_t hash;
        size_t start, length;   /* in TEXT, where a NUL follows */
    } *labels;
    char *text;
    size_t used, text_capacity;
    uint32_t *slots;            /* codes; a power of two of them */
    size_t slot_count;
} SdcLabels;

/* The code of this text, a new one where there is none. SDC_ERROR_DATA where it is not UTF-8 or has a NUL. */
bool sdc_labels_code(const SdcContext *context, SdcLabels *labels, const char *text, size_t length,
                     uint32_t *ret_code, SdcError *ret_error);
/* The texts as the kernels read them, in the chain BLOCKS. */
const char *const *sdc_labels_keep(const SdcContext *context, const SdcLabels *labels, void **blocks,
                                   SdcError *ret_error);
void sdc_labels_clear(const SdcContext *context, SdcLabels *labels);

/* Is it UTF-8 (without surrogates and overlong forms) and free of NUL? */
bool sdc_text_check(const char *text, size_t length);

#endif
