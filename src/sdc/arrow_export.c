/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Columns of ours as Arrow. Every node (an array or a schema) has all that it points to in one chain of blocks
 * under its private data, with the allocator that made it; children are nodes of their own, since a consumer may
 * move them out and release them alone.
 */
#include "sdc/arrow.h"

#include "sdc/blocks.h"
#include "sdc/failure.h"
#include "sdc/memory.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <string.h>

/* --- nodes --------------------------------------------------------------------------------------------- */

typedef struct Node {
    SdcAllocator allocator;
    SdcContext context;      /* the allocator, and nothing else */
    void *blocks;            /* this Node is the last one of them */
} Node;

static Node *node_new(const SdcContext *context, SdcError *ret_error)
{
    void *blocks = NULL;
    Node *node = sdc_blocks_alloc(context, &blocks, 1, sizeof *node, ret_error);
    if (node == NULL)
        return NULL;
    if (context != NULL && context->allocator != NULL) {
        node->allocator = *context->allocator;
        node->context.allocator = &node->allocator;
    }
    node->blocks = blocks;
    return node;
}

static void node_free(Node *node)
{
    /* The node is in one of the blocks that go. */
    SdcAllocator allocator = node->allocator;
    SdcContext context = {.allocator = node->context.allocator != NULL ? &allocator : NULL};
    void *blocks = node->blocks;
    sdc_blocks_clear(&context, &blocks);
}

static void *node_alloc(Node *node, size_t count, size_t size, SdcError *ret_error)
{
    return sdc_blocks_alloc(&node->context, &node->blocks, count, size, ret_error);
}

static char *node_text(Node *node, const char *text, SdcError *ret_error)
{
    char *copy = node_alloc(node, strlen(text) + 1, 1, ret_error);
    return copy != NULL ? strcpy(copy, text) : NULL;
}

/* --- schemas ------------------------------------------------------------------------------------------- */

static void schema_release(struct ArrowSchema *schema)
{
    for (int64_t c = 0; c < schema->n_children; c++) {
        if (schema->children[c]->release != NULL)
            schema->children[c]->release(schema->children[c]);
    }
    if (schema->dictionary != NULL && schema->dictionary->release != NULL)
        schema->dictionary->release(schema->dictionary);
    node_free(schema->private_data);
    schema->release = NULL;
}

/* A schema without children yet, but with places for CHILDREN of them, and for a dictionary. */
static bool schema_begin(const SdcContext *context, const char *format, const char *name, int64_t flags,
                         size_t children, bool has_dictionary, struct ArrowSchema *ret_schema,
                         SdcError *ret_error)
{
    Node *node = node_new(context, ret_error);
    if (node == NULL)
        return false;
    struct ArrowSchema schema = {.flags = flags, .release = schema_release, .private_data = node};
    struct ArrowSchema *places = node_alloc(node, children, sizeof *places, ret_error);
    schema.children = places != NULL ? node_alloc(node, children, sizeof *schema.children, ret_error) : NULL;
    schema.format = schema.children != NULL ? node_text(node, format, ret_error) : NULL;
    schema.name = schema.format != NULL ? node_text(node, name, ret_error) : NULL;
    if (schema.name != NULL && has_dictionary)
        schema.dictionary = node_alloc(node, 1, sizeof *schema.dictionary, ret_error);
    if (schema.name == NULL || (has_dictionary && schema.dictionary == NULL)) {
        node_free(node);
        return false;
    }
    for (size_t c = 0; c < children; c++)
        schema.children[c] = &places[c];
    schema.n_children = (int64_t)children;
    *ret_schema = schema;
    return true;
}

/* A column that has more categories than an int32 counts, or more text than it can point into. */
static bool is_large(const SdcCodes *codes)
{
    size_t bytes = 0;
    for (uint32_t c = 0; c < codes->categories; c++)
        bytes += strlen(codes->labels[c]);
    return codes->categories > INT32_MAX || bytes > INT32_MAX;
}

static bool column_schema(const SdcContext *context, const SdcColumn *column, struct ArrowSchema *ret_schema,
                          SdcError *ret_error)
{
    static const char *const formats[] = {[SDC_COLUMN_NUMBERS] = "g", [SDC_COLUMN_COUNTS] = "I",
                                          [SDC_COLUMN_FLAGS] = "b"};
    if (column->kind != SDC_COLUMN_CODES) {
        int64_t flags = column->kind == SDC_COLUMN_NUMBERS ? ARROW_FLAG_NULLABLE : 0;
        return schema_begin(context, formats[column->kind], column->name, flags, 0, false, ret_schema,
                            ret_error);
    }
    bool large = is_large(&column->codes);
    struct ArrowSchema schema;
    if (!schema_begin(context, large ? "l" : "i", column->name, ARROW_FLAG_NULLABLE, 0, true, &schema,
                      ret_error))
        return false;
    if (!schema_begin(context, large ? "U" : "u", "", 0, 0, false, schema.dictionary, ret_error)) {
        schema.release(&schema);
        return false;
    }
    *ret_schema = schema;
    return true;
}

static bool frame_schema(const SdcContext *context, const SdcColumn *columns, size_t count,
                         struct ArrowSchema *ret_schema, SdcError *ret_error)
{
    struct ArrowSchema schema;
    if (!schema_begin(context, "+s", "", 0, count, false, &schema, ret_error))
        return false;
    for (size_t c = 0; c < count; c++) {
        if (!column_schema(context, &columns[c], schema.children[c], ret_error)) {
            schema.release(&schema);
            return false;
        }
    }
    *ret_schema = schema;
    return true;
}

/* --- arrays -------------------------------------------------------------------------------------------- */

static void array_release(struct ArrowArray *array)
{
    for (int64_t c = 0; c < array->n_children; c++) {
        if (array->children[c]->release != NULL)
            array->children[c]->release(array->children[c]);
    }
    if (array->dictionary != NULL && array->dictionary->release != NULL)
        array->dictionary->release(array->dictionary);
    node_free(array->private_data);
    array->release = NULL;
}

static bool array_begin(const SdcContext *context, size_t length, size_t buffers, size_t children,
                        bool has_dictionary, struct ArrowArray *ret_array, SdcError *ret_error)
{
    Node *node = node_new(context, ret_error);
    if (node == NULL)
        return false;
    struct ArrowArray array = {.length = (int64_t)length, .n_buffers = (int64_t)buffers,
                               .release = array_release, .private_data = node};
    struct ArrowArray *places = node_alloc(node, children, sizeof *places, ret_error);
    array.children = places != NULL ? node_alloc(node, children, sizeof *array.children, ret_error) : NULL;
    array.buffers = array.children != NULL ? node_alloc(node, buffers, sizeof *array.buffers, ret_error) : NULL;
    if (array.buffers != NULL && has_dictionary)
        array.dictionary = node_alloc(node, 1, sizeof *array.dictionary, ret_error);
    if (array.buffers == NULL || (has_dictionary && array.dictionary == NULL)) {
        node_free(node);
        return false;
    }
    for (size_t c = 0; c < children; c++)
        array.children[c] = &places[c];
    array.n_children = (int64_t)children;
    *ret_array = array;
    return true;
}

static void set_bit(uint8_t *bits, size_t at)
{
    bits[at / 8] |= (uint8_t)(1u << at % 8);
}

static bool is_null(const SdcColumn *column, size_t i)
{
    return column->kind == SDC_COLUMN_NUMBERS ? isnan(column->numbers.values[i])
                                              : column->kind == SDC_COLUMN_CODES && column->codes.codes[i] == 0;
}

/* No bitmap where nothing is missing. */
static bool fill_bitmap(struct ArrowArray *array, const SdcColumn *column, SdcError *ret_error)
{
    size_t rows = (size_t)array->length;
    for (size_t i = 0; i < rows; i++)
        array->null_count += is_null(column, i);
    if (array->null_count == 0)
        return true;
    uint8_t *bits = node_alloc(array->private_data, rows / 8 + 1, 1, ret_error);
    if (bits == NULL)
        return false;
    for (size_t i = 0; i < rows; i++) {
        if (!is_null(column, i))
            set_bit(bits, i);
    }
    array->buffers[0] = bits;
    return true;
}

static void *take_values(struct ArrowArray *array, size_t count, size_t size, SdcError *ret_error)
{
    void *values = node_alloc(array->private_data, count, size, ret_error);
    array->buffers[1] = values;
    return values;
}

static bool fill_plain(struct ArrowArray *array, const SdcColumn *column, SdcError *ret_error)
{
    size_t rows = (size_t)array->length;
    if (column->kind == SDC_COLUMN_FLAGS) {
        uint8_t *bits = take_values(array, rows / 8 + 1, 1, ret_error);
        for (size_t i = 0; bits != NULL && i < rows; i++) {
            if (column->flags[i] != 0)
                set_bit(bits, i);
        }
        return bits != NULL;
    }
    bool is_count = column->kind == SDC_COLUMN_COUNTS;
    size_t size = is_count ? sizeof *column->counts : sizeof *column->numbers.values;
    void *values = take_values(array, rows, size, ret_error);
    if (values != NULL && rows > 0)
        memcpy(values, is_count ? (const void *)column->counts : column->numbers.values, rows * size);
    return values != NULL;
}

static void put_whole(void *values, bool large, size_t at, int64_t whole)
{
    if (large)
        ((int64_t *)values)[at] = whole;
    else
        ((int32_t *)values)[at] = (int32_t)whole;
}

static bool fill_indices(struct ArrowArray *array, const SdcCodes *codes, bool large, SdcError *ret_error)
{
    void *values = take_values(array, codes->rows, large ? 8 : 4, ret_error);
    for (size_t i = 0; values != NULL && i < codes->rows; i++)
        put_whole(values, large, i, codes->codes[i] == 0 ? 0 : (int64_t)codes->codes[i] - 1);
    return values != NULL;
}

static bool fill_texts(struct ArrowArray *array, const SdcCodes *codes, bool large, SdcError *ret_error)
{
    size_t bytes = 0, at = 0;
    for (uint32_t c = 0; c < codes->categories; c++)
        bytes += strlen(codes->labels[c]);
    void *offsets = take_values(array, (size_t)codes->categories + 1, large ? 8 : 4, ret_error);
    char *text = offsets != NULL ? node_alloc(array->private_data, bytes + 1, 1, ret_error) : NULL;
    if (text == NULL)
        return false;
    for (uint32_t c = 0; c < codes->categories; c++) {
        size_t length = strlen(codes->labels[c]);
        memcpy(text + at, codes->labels[c], length);
        at += length;
        put_whole(offsets, large, (size_t)c + 1, (int64_t)at);
    }
    array->buffers[2] = text;
    return true;
}

static bool fill_dictionary(const SdcContext *context, struct ArrowArray *array, const SdcCodes *codes,
                            SdcError *ret_error)
{
    bool large = is_large(codes);
    return array_begin(context, codes->categories, 3, 0, false, array->dictionary, ret_error) &&
           fill_texts(array->dictionary, codes, large, ret_error) &&
           fill_indices(array, codes, large, ret_error);
}

static bool column_array(const SdcContext *context, const SdcColumn *column, size_t rows,
                         struct ArrowArray *ret_array, SdcError *ret_error)
{
    bool is_codes = column->kind == SDC_COLUMN_CODES;
    struct ArrowArray array;
    if (!array_begin(context, rows, 2, 0, is_codes, &array, ret_error))
        return false;
    if (!fill_bitmap(&array, column, ret_error) ||
        !(is_codes ? fill_dictionary(context, &array, &column->codes, ret_error)
                   : fill_plain(&array, column, ret_error))) {
        array.release(&array);
        return false;
    }
    *ret_array = array;
    return true;
}

static bool frame_array(const SdcContext *context, const SdcColumn *columns, size_t count, size_t rows,
                        struct ArrowArray *ret_array, SdcError *ret_error)
{
    struct ArrowArray array;
    if (!array_begin(context, rows, 1, count, false, &array, ret_error))
        return false;
    for (size_t c = 0; c < count; c++) {
        if (!column_array(context, &columns[c], rows, array.children[c], ret_error)) {
            array.release(&array);
            return false;
        }
    }
    *ret_array = array;
    return true;
}

/* --- checks -------------------------------------------------------------------------------------------- */

static bool check_codes(const SdcCodes *codes, SdcError *ret_error)
{
    if (!sdc_codes_check(codes, ret_error))
        return false;
    for (uint32_t c = 0; c < codes->categories; c++) {
        if (codes->labels == NULL || codes->labels[c] == NULL ||
            !sdc_text_check(codes->labels[c], strlen(codes->labels[c])))
            return sdc_failure(ret_error, SDC_ERROR_DATA, "Category %u has no label, or one that is not UTF-8.",
                               c + 1);
    }
    return true;
}

static bool check_column(const SdcColumn *column, size_t rows, SdcError *ret_error)
{
    if (column->name == NULL || !sdc_text_check(column->name, strlen(column->name)))
        return sdc_failure(ret_error, SDC_ERROR_DATA, "A column has no name, or one that is not UTF-8.");
    size_t has = rows;
    const void *values = NULL;
    switch (column->kind) {
    case SDC_COLUMN_NUMBERS: has = column->numbers.rows, values = column->numbers.values; break;
    case SDC_COLUMN_CODES: has = column->codes.rows, values = column->codes.codes; break;
    case SDC_COLUMN_COUNTS: values = column->counts; break;
    case SDC_COLUMN_FLAGS: values = column->flags; break;
    }
    if (has != rows || (values == NULL && rows > 0))
        return sdc_failure(ret_error, SDC_ERROR_DATA, "Column \"%.60s\" does not have %zu values.", column->name,
                           rows);
    return column->kind != SDC_COLUMN_CODES || check_codes(&column->codes, ret_error);
}

static bool check_columns(const SdcColumn *columns, size_t count, size_t rows, SdcError *ret_error)
{
    if (count > SDC_ARROW_COLUMNS_MAX || rows > SDC_ROWS_MAX)
        return sdc_failure(ret_error, SDC_ERROR_LIMIT, "%zu columns of %zu records are more than %d of %zu.",
                           count, rows, SDC_ARROW_COLUMNS_MAX, SDC_ROWS_MAX);
    for (size_t c = 0; c < count; c++) {
        if (!check_column(&columns[c], rows, ret_error))
            return false;
    }
    return true;
}

bool sdc_arrow_export(const SdcContext *context, const SdcColumn *columns, size_t count, size_t rows,
                      struct ArrowSchema *ret_schema, struct ArrowArray *ret_array, SdcError *ret_error)
{
    struct ArrowSchema schema;
    struct ArrowArray array;
    if (!check_columns(columns, count, rows, ret_error) ||
        !frame_schema(context, columns, count, &schema, ret_error))
        return false;
    if (!frame_array(context, columns, count, rows, &array, ret_error)) {
        schema.release(&schema);
        return false;
    }
    *ret_schema = schema;
    *ret_array = array;
    return true;
}

/* --- a stream of one array ----------------------------------------------------------------------------- */

typedef struct Source {
    Node *node;
    struct ArrowSchema schema;
    struct ArrowArray array;
    SdcError error;
} Source;

static int stream_error(Source *source)
{
    return source->error.code == SDC_ERROR_MEMORY ? ENOMEM : EINVAL;
}

static bool copy_schema(const SdcContext *context, const struct ArrowSchema *from,
                        struct ArrowSchema *ret_schema, SdcError *ret_error)
{
    struct ArrowSchema to;
    size_t children = (size_t)from->n_children;
    if (!schema_begin(context, from->format, from->name, from->flags, children, from->dictionary != NULL, &to,
                      ret_error))
        return false;
    bool done = from->dictionary == NULL || copy_schema(context, from->dictionary, to.dictionary, ret_error);
    for (size_t c = 0; done && c < children; c++)
        done = copy_schema(context, from->children[c], to.children[c], ret_error);
    if (done)
        *ret_schema = to;
    else
        to.release(&to);
    return done;
}

static int stream_get_schema(struct ArrowArrayStream *stream, struct ArrowSchema *ret_schema)
{
    Source *source = stream->private_data;
    return copy_schema(&source->node->context, &source->schema, ret_schema, &source->error)
               ? 0
               : stream_error(source);
}

static int stream_get_next(struct ArrowArrayStream *stream, struct ArrowArray *ret_array)
{
    Source *source = stream->private_data;
    *ret_array = source->array;
    source->array = (struct ArrowArray){0};   /* the next one is released: the end */
    return 0;
}

static const char *stream_get_last_error(struct ArrowArrayStream *stream)
{
    const Source *source = stream->private_data;
    return source->error.code != SDC_ERROR_NONE ? source->error.sentence : NULL;
}

static void stream_release(struct ArrowArrayStream *stream)
{
    Source *source = stream->private_data;
    source->schema.release(&source->schema);
    if (source->array.release != NULL)
        source->array.release(&source->array);
    node_free(source->node);
    stream->release = NULL;
}

bool sdc_arrow_export_stream(const SdcContext *context, const SdcColumn *columns, size_t count, size_t rows,
                             struct ArrowArrayStream *ret_stream, SdcError *ret_error)
{
    Node *node = node_new(context, ret_error);
    Source *source = node != NULL ? node_alloc(node, 1, sizeof *source, ret_error) : NULL;
    if (source == NULL || !sdc_arrow_export(context, columns, count, rows, &source->schema, &source->array,
                                            ret_error)) {
        if (node != NULL)
            node_free(node);
        return false;
    }
    source->node = node;
    *ret_stream = (struct ArrowArrayStream){stream_get_schema, stream_get_next, stream_get_last_error,
                                            stream_release, source};
    return true;
}
