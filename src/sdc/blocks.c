/* SPDX-License-Identifier: Apache-2.0 */
/* Blocks in a chain, each with its size before it; a hash table with linear probing over texts in one arena. */
#include "sdc/blocks.h"

#include "sdc/bag.h"
#include "sdc/failure.h"
#include "sdc/memory.h"

#include <string.h>

/* --- blocks -------------------------------------------------------------------------------------------- */

typedef struct Block {
    struct Block *next;
    size_t bytes;            /* with this head */
    max_align_t data[];
} Block;

void *sdc_blocks_alloc(const SdcContext *context, void **blocks, size_t count, size_t size,
                       SdcError *ret_error)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes) ||
        __builtin_add_overflow(bytes, sizeof(Block), &bytes)) {
        sdc_failure(ret_error, SDC_ERROR_LIMIT, "%zu items of %zu bytes are more than memory can address.",
                    count, size);
        return NULL;
    }
    Block *block = sdc_alloc(context, bytes, 1, ret_error);
    if (block == NULL)
        return NULL;
    block->next = *blocks;
    block->bytes = bytes;
    *blocks = block;
    return block->data;
}

void sdc_blocks_clear(const SdcContext *context, void **blocks)
{
    while (*blocks != NULL) {
        Block *block = *blocks;
        *blocks = block->next;
        sdc_release(context, block, block->bytes, 1);
    }
}

/* --- text ---------------------------------------------------------------------------------------------- */

/* Bytes of the character that begins at TEXT, 0 for what is none. RFC 3629, section 4. */
static size_t character_length(const unsigned char *text, size_t left)
{
    static const struct {
        unsigned char from, to, second_from, second_to;
        size_t length;
    } forms[] = {
        {0x01, 0x7F, 0, 0, 1},          {0xC2, 0xDF, 0x80, 0xBF, 2}, {0xE0, 0xE0, 0xA0, 0xBF, 3},
        {0xE1, 0xEC, 0x80, 0xBF, 3},    {0xED, 0xED, 0x80, 0x9F, 3}, {0xEE, 0xEF, 0x80, 0xBF, 3},
        {0xF0, 0xF0, 0x90, 0xBF, 4},    {0xF1, 0xF3, 0x80, 0xBF, 4}, {0xF4, 0xF4, 0x80, 0x8F, 4},
    };
    for (size_t f = 0; f < sizeof forms / sizeof *forms; f++) {
        if (text[0] < forms[f].from || text[0] > forms[f].to)
            continue;
        size_t length = forms[f].length;
        if (length > left || (length > 1 && (text[1] < forms[f].second_from || text[1] > forms[f].second_to)))
            return 0;
        for (size_t b = 2; b < length; b++) {
            if (text[b] < 0x80 || text[b] > 0xBF)
                return 0;
        }
        return length;
    }
    return 0;
}

bool sdc_text_check(const char *text, size_t length)
{
    for (size_t at = 0; at < length;) {
        size_t step = character_length((const unsigned char *)text + at, length - at);
        if (step == 0)
            return false;
        at += step;
    }
    return true;
}

/* --- labels -------------------------------------------------------------------------------------------- */

#define SLOTS_MIN 64

static uint64_t hash_of(const char *text, size_t length)
{
    uint64_t hash = length;
    while (length >= 8) {
        uint64_t word;
        memcpy(&word, text, 8);
        hash = sdc_mix(hash ^ word) + 0x9E3779B97F4A7C15u;
        text += 8;
        length -= 8;
    }
    uint64_t word = 0;
    if (length > 0)
        memcpy(&word, text, length);
    return sdc_mix(hash ^ word);
}

static bool is_label(const SdcLabels *labels, uint32_t code, uint64_t hash, const char *text, size_t length)
{
    const struct SdcLabel *label = &labels->labels[code - 1];
    return label->hash == hash && label->length == length &&
           (length == 0 || memcmp(labels->text + label->start, text, length) == 0);
}

/* The slot of this text: its own, or the free one where it belongs. */
static size_t slot_of(const SdcLabels *labels, uint64_t hash, const char *text, size_t length)
{
    size_t mask = labels->slot_count - 1, at = hash & mask;
    while (labels->slots[at] != 0 && !is_label(labels, labels->slots[at], hash, text, length))
        at = (at + 1) & mask;
    return at;
}

static bool grow_slots(const SdcContext *context, SdcLabels *labels, SdcError *ret_error)
{
    if (labels->count < labels->slot_count / 2)
        return true;
    size_t count = labels->slot_count == 0 ? SLOTS_MIN : labels->slot_count * 2;
    uint32_t *slots = sdc_alloc(context, count, sizeof *slots, ret_error);
    if (slots == NULL)
        return false;
    for (size_t l = 0; l < labels->count; l++) {
        size_t at = labels->labels[l].hash & (count - 1);
        while (slots[at] != 0)
            at = (at + 1) & (count - 1);
        slots[at] = (uint32_t)l + 1;
    }
    sdc_release(context, labels->slots, labels->slot_count, sizeof *labels->slots);
    labels->slots = slots;
    labels->slot_count = count;
    return true;
}

/* *BLOCK of *CAPACITY items of SIZE bytes has room for WANTED. */
static bool grow(const SdcContext *context, void **block, size_t *capacity, size_t wanted, size_t size,
                 SdcError *ret_error)
{
    if (wanted <= *capacity)
        return true;
    size_t more = wanted > SIZE_MAX / 2 ? wanted : wanted * 2;
    void *grown = sdc_resize(context, *block, *capacity, more, size, ret_error);
    if (grown == NULL)
        return false;
    *block = grown;
    *capacity = more;
    return true;
}

static bool add(const SdcContext *context, SdcLabels *labels, const char *text, size_t length, uint64_t hash,
                SdcError *ret_error)
{
    void *list = labels->labels, *arena = labels->text;
    bool done = grow(context, &list, &labels->capacity, labels->count + 1, sizeof *labels->labels, ret_error);
    labels->labels = list;
    done = done && grow(context, &arena, &labels->text_capacity, labels->used + length + 1, 1, ret_error);
    labels->text = arena;
    if (!done)
        return false;
    labels->labels[labels->count] = (struct SdcLabel){hash, labels->used, length};
    if (length > 0)
        memcpy(labels->text + labels->used, text, length);
    labels->text[labels->used + length] = '\0';
    labels->used += length + 1;
    labels->count++;
    return true;
}

bool sdc_labels_code(const SdcContext *context, SdcLabels *labels, const char *text, size_t length,
                     uint32_t *ret_code, SdcError *ret_error)
{
    if (!grow_slots(context, labels, ret_error))
        return false;
    uint64_t hash = hash_of(text, length);
    size_t at = slot_of(labels, hash, text, length);
    if (labels->slots[at] == 0) {
        if (!sdc_text_check(text, length))
            return sdc_failure(ret_error, SDC_ERROR_DATA, "a text is not UTF-8, or has a NUL character.");
        if (labels->count >= SDC_CATEGORIES_MAX)
            return sdc_failure(ret_error, SDC_ERROR_LIMIT, "there are more than %u categories.",
                               SDC_CATEGORIES_MAX);
        if (!add(context, labels, text, length, hash, ret_error))
            return false;
        labels->slots[at] = (uint32_t)labels->count;
    }
    *ret_code = labels->slots[at];
    return true;
}

const char *const *sdc_labels_keep(const SdcContext *context, const SdcLabels *labels, void **blocks,
                                   SdcError *ret_error)
{
    const char **kept = sdc_blocks_alloc(context, blocks, labels->count, sizeof *kept, ret_error);
    char *text = kept != NULL ? sdc_blocks_alloc(context, blocks, labels->used, 1, ret_error) : NULL;
    if (text == NULL)
        return NULL;
    if (labels->used > 0)
        memcpy(text, labels->text, labels->used);
    for (size_t l = 0; l < labels->count; l++)
        kept[l] = text + labels->labels[l].start;
    return kept;
}

void sdc_labels_clear(const SdcContext *context, SdcLabels *labels)
{
    sdc_release(context, labels->labels, labels->capacity, sizeof *labels->labels);
    sdc_release(context, labels->text, labels->text_capacity, 1);
    sdc_release(context, labels->slots, labels->slot_count, sizeof *labels->slots);
    *labels = (SdcLabels){0};
}
