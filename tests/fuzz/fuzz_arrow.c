/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Arrow arrays with anything in them. Sizes of buffers are not in the interface, so they are as large as the
 * array's own length, offset and type ask for (that of a text buffer: as the largest place that is made here);
 * everything else is the input's: counts, types, missing pointers, indices, places, views.
 */
#include "fuzz.h"

#include "sdc/sdc.h"

#include <math.h>
#include <string.h>

#define COLUMNS_MAX 4
#define CHUNKS_MAX 2

typedef struct Input {
    const uint8_t *bytes;
    size_t left;
    GPtrArray *blocks;
} Input;

static uint8_t take(Input *input)
{
    if (input->left == 0)
        return 0;
    input->left--;
    return *input->bytes++;
}

/* A block of its own, so that a sanitizer sees a read past its end. */
static void *take_block(Input *input, size_t size)
{
    uint8_t *block = g_malloc0(MAX(size, 1));
    g_ptr_array_add(input->blocks, block);
    for (size_t i = 0; i < size; i++)
        block[i] = take(input);
    return block;
}

static void *room(Input *input, size_t size)
{
    void *block = g_malloc0(MAX(size, 1));
    g_ptr_array_add(input->blocks, block);
    return block;
}

static void schema_released(struct ArrowSchema *schema)
{
    schema->release = NULL;
}

static void array_released(struct ArrowArray *array)
{
    array->release = NULL;
}

static const char *const formats[] = {"c", "C", "s", "S", "i", "I", "l", "L", "f", "g", "b", "u", "U", "vu", "n",
                                      "u", "U", "vu", "g", "i", "c", "u"};
static const char *const refused[] = {"d:12,2", "tsu:UTC", "+l", "zz", "", "e", "+r"};
static const char *const indices[] = {"c", "C", "s", "S", "i", "I", "l", "L"};

static void make_schema(Input *input, struct ArrowSchema *schema, bool may_nest)
{
    uint8_t flags = take(input);
    *schema = (struct ArrowSchema){.format = formats[take(input) % G_N_ELEMENTS(formats)], .name = "x",
                                   .release = schema_released};
    if (may_nest && flags % 4 == 1 && flags < 240)
        schema->format = indices[flags / 4 % 8];
    if (flags == 255)
        schema->format = NULL;
    if (flags == 252)
        schema->format = refused[take(input) % G_N_ELEMENTS(refused)];
    if (flags == 254)
        schema->n_children = (int8_t)take(input);
    if (flags == 253)
        schema->name = "\xC3";   /* half a character */
    if (may_nest && flags % 4 == 1) {
        schema->dictionary = room(input, sizeof *schema->dictionary);
        make_schema(input, schema->dictionary, flags == 237);
    }
}

static size_t bytes_of(const char *format)
{
    static const char *const widths[] = {"cC", "sS", "iIf", "lLg"};
    for (size_t w = 0; w < 4; w++) {
        if (format != NULL && *format != '\0' && format[1] == '\0' && strchr(widths[w], *format) != NULL)
            return (size_t)1 << w;
    }
    return 16;
}

/* Places in a text buffer of 127 bytes, also negative and decreasing ones. */
static void *take_places(Input *input, size_t count, size_t bytes)
{
    char *places = room(input, count * bytes);
    int64_t at = 0;
    for (size_t i = 0; i < count; i++) {
        uint8_t step = take(input);
        at = step == 255 ? -1 : step == 254 ? 0 : MIN(at + step % 16, 127);
        int32_t narrow = (int32_t)at;
        memcpy(places + i * bytes, bytes == 4 ? (void *)&narrow : (void *)&at, bytes);
    }
    return places;
}

static void make_buffers(Input *input, const char *format, struct ArrowArray *array)
{
    size_t values = (size_t)MAX(array->length, 0) + (size_t)array->offset;
    bool is_text = g_strcmp0(format, "u") == 0 || g_strcmp0(format, "U") == 0;
    bool is_view = g_strcmp0(format, "vu") == 0;
    array->n_buffers = g_strcmp0(format, "n") == 0 ? 0 : is_text ? 3 : is_view ? 3 + take(input) % 3 : 2;
    array->buffers = room(input, 8 * sizeof *array->buffers);
    if (array->n_buffers == 0)
        return;
    if (take(input) % 2 == 0)
        array->buffers[0] = take_block(input, values / 8 + 1);
    if (is_text) {
        array->buffers[1] = take_places(input, values + 1, *format == 'u' ? 4 : 8);
        array->buffers[2] = take_block(input, 127);
    } else {
        size_t bytes = bytes_of(format);
        uint8_t *block = take_block(input, values * bytes);
        array->buffers[1] = block;
        /* Small whole numbers, so that some are places in a dictionary, and views of text that is inside. */
        for (size_t i = 0; take(input) % 4 != 0 && i < values; i++)
            memset(block + i * bytes + 1, 0, is_view ? 3 : bytes - 1), block[i * bytes] %= is_view ? 16 : 10;
    }
    if (is_view) {
        int64_t *sizes = room(input, (size_t)array->n_buffers * sizeof *sizes);
        for (int64_t b = 0; b + 3 < array->n_buffers; b++) {
            sizes[b] = take(input) % 32;
            array->buffers[2 + b] = take_block(input, (size_t)sizes[b]);
        }
        array->buffers[array->n_buffers - 1] = sizes;
    }
}

/* Mostly of WANTED values, so that what is malformed is not always the length. */
static void make_array(Input *input, const struct ArrowSchema *schema, int64_t wanted, struct ArrowArray *array)
{
    uint8_t flags = take(input), shape = take(input);
    *array = (struct ArrowArray){.length = shape > 240 ? (int8_t)shape : wanted + shape % 2,
                                 .offset = take(input) % 4, .null_count = -1, .release = array_released};
    if (flags % 16 == 15)
        array->null_count = (int8_t)take(input);
    make_buffers(input, schema->format, array);
    if (schema->dictionary != NULL) {
        array->dictionary = room(input, sizeof *array->dictionary);
        make_array(input, schema->dictionary, 1 + take(input) % 8, array->dictionary);
    }
    switch (flags) {
    case 255: array->buffers[take(input) % 3] = NULL; break;
    case 254: array->n_buffers = (int8_t)take(input) % 3; break;
    case 253: array->n_children = (int8_t)take(input); break;
    case 252: array->dictionary = NULL; break;
    case 251: array->release = NULL; break;
    case 250: array->offset = -1; break;
    default: break;
    }
}

static void make_batch(Input *input, const struct ArrowSchema *schema, struct ArrowArray *array)
{
    uint8_t flags = take(input);
    *array = (struct ArrowArray){.length = take(input) % 20, .offset = take(input) % 3, .n_buffers = 1,
                                 .n_children = schema->n_children, .release = array_released};
    array->buffers = room(input, sizeof *array->buffers);
    if (flags % 4 == 0)
        array->buffers[0] = take_block(input, (size_t)(array->length + array->offset) / 8 + 1);
    array->children = room(input, COLUMNS_MAX * sizeof *array->children);
    for (int64_t c = 0; c < schema->n_children; c++) {
        array->children[c] = room(input, sizeof **array->children);
        make_array(input, schema->children[c], array->length + array->offset, array->children[c]);
    }
    if (flags == 255)
        array->n_children--;
    if (flags == 254)
        array->length = -5;
}

static void check_same(const SdcColumn *one, const SdcColumn *other, size_t rows)
{
    g_assert_cmpstr(one->name, ==, other->name);
    g_assert_cmpint(one->kind, ==, other->kind);
    for (size_t i = 0; i < rows; i++) {
        if (one->kind == SDC_COLUMN_CODES)
            g_assert_cmpuint(one->codes.codes[i], ==, other->codes.codes[i]);
        else
            g_assert_true(one->numbers.values[i] == other->numbers.values[i] ||
                          (isnan(one->numbers.values[i]) && isnan(other->numbers.values[i])));
    }
}

/* What came in goes out and comes in again the same. */
static void check_frame(const SdcFrame *frame)
{
    struct ArrowSchema schema;
    struct ArrowArray array;
    SdcFrame again;
    for (size_t c = 0; c < frame->count; c++) {
        if (frame->columns[c].kind == SDC_COLUMN_CODES)
            g_assert_true(sdc_codes_check(&frame->columns[c].codes, NULL));
        else
            g_assert_true(sdc_numbers_check(&frame->columns[c].numbers, NULL));
    }
    g_assert_true(sdc_arrow_export(NULL, frame->columns, frame->count, frame->rows, &schema, &array, NULL));
    const struct ArrowArray *chunk = &array;
    g_assert_true(sdc_arrow_import(NULL, &schema, &chunk, 1, NULL, &again, NULL));
    g_assert_cmpuint(again.count, ==, frame->count);
    for (size_t c = 0; c < frame->count; c++)
        check_same(&frame->columns[c], &again.columns[c], frame->rows);
    sdc_frame_clear(NULL, &again);
    schema.release(&schema);
    array.release(&array);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autoptr(GPtrArray) blocks = g_ptr_array_new_with_free_func(g_free);
    Input input = {data, size, blocks};
    uint8_t shape = take(&input);
    struct ArrowSchema columns[COLUMNS_MAX], *children[COLUMNS_MAX];
    for (int c = 0; c < COLUMNS_MAX; c++) {
        make_schema(&input, &columns[c], true);
        children[c] = &columns[c];
    }
    struct ArrowSchema batch = {.format = "+s", .n_children = shape % (COLUMNS_MAX + 1), .children = children,
                                .release = schema_released};
    struct ArrowArray arrays[CHUNKS_MAX];
    const struct ArrowArray *chunks[CHUNKS_MAX];
    bool is_batch = shape < 200;
    for (int c = 0; c < CHUNKS_MAX; c++) {
        if (is_batch)
            make_batch(&input, &batch, &arrays[c]);
        else
            make_array(&input, &columns[0], take(&input) % 20, &arrays[c]);
        chunks[c] = &arrays[c];
    }
    SdcFrame frame;
    SdcError error = {0};
    if (sdc_arrow_import(NULL, is_batch ? &batch : &columns[0], chunks, CHUNKS_MAX, NULL, &frame, &error)) {
        for (size_t c = 0; shape % 2 == 0 && c < frame.count; c++)
            g_assert_true(sdc_frame_make_codes(NULL, &frame, c, NULL));
        check_frame(&frame);
        sdc_frame_clear(NULL, &frame);
    } else {
        g_assert_cmpint(error.code, !=, SDC_ERROR_NONE);
        g_assert_cmpuint(strlen(error.sentence), >, 10);
    }
    return 0;
}
