/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Arrow arrays as columns of our own. An array is first opened as a piece: its type found in the table, its
 * shape checked, its offsets added up. Only then are values read, one by one, from where they may not be aligned.
 */
#include "sdc/arrow.h"

#include "sdc/blocks.h"
#include "sdc/failure.h"
#include "sdc/memory.h"

#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

/* --- types --------------------------------------------------------------------------------------------- */

typedef enum Layout {
    LAYOUT_SIGNED,
    LAYOUT_UNSIGNED,
    LAYOUT_FLOAT,
    LAYOUT_TRUTH,
    LAYOUT_TEXT,
    LAYOUT_VIEWS,
    LAYOUT_NOTHING,
} Layout;

typedef struct Type {
    const char *format;
    Layout layout;
    size_t bytes;        /* of a value, of an offset, of a view */
    int64_t buffers;     /* at least, for views */
} Type;

static const Type types[] = {
    {"c", LAYOUT_SIGNED, 1, 2},   {"s", LAYOUT_SIGNED, 2, 2},   {"i", LAYOUT_SIGNED, 4, 2},
    {"l", LAYOUT_SIGNED, 8, 2},   {"C", LAYOUT_UNSIGNED, 1, 2}, {"S", LAYOUT_UNSIGNED, 2, 2},
    {"I", LAYOUT_UNSIGNED, 4, 2}, {"L", LAYOUT_UNSIGNED, 8, 2}, {"f", LAYOUT_FLOAT, 4, 2},
    {"g", LAYOUT_FLOAT, 8, 2},    {"b", LAYOUT_TRUTH, 1, 2},    {"u", LAYOUT_TEXT, 4, 3},
    {"U", LAYOUT_TEXT, 8, 3},     {"vu", LAYOUT_VIEWS, 16, 3},  {"n", LAYOUT_NOTHING, 0, 0},
};

/* What we do not read, by the beginning of its format: the longest that fits is said. */
static const struct Refusal {
    const char *prefix, *what, *advice;
} refusals[] = {
    {"d:", "decimal numbers", "cast it to float64, or to text where it is a category"},
    {"e", "16-bit floats", "cast it to float32"},
    {"z", "bytes", "cast it to text"},
    {"Z", "bytes", "cast it to text"},
    {"vz", "bytes", "cast it to text"},
    {"w:", "bytes", "cast it to text"},
    {"td", "dates", "cast it to text, or to a number of days"},
    {"tt", "times of day", "cast it to text, or to a number"},
    {"ts", "timestamps", "cast it to text, or to a number"},
    {"tD", "durations", "cast it to a number"},
    {"ti", "intervals of time", "cast it to a number"},
    {"+r", "a run-end encoding", "cast it to its values or to a dictionary"},
    {"+", "values of several parts", "take its parts apart as columns"},
    {"", "a type that is not known here", "cast it to float64 or to text"},
};

static const Type *find_type(const char *format)
{
    for (size_t t = 0; t < sizeof types / sizeof *types; t++) {
        if (strcmp(types[t].format, format) == 0)
            return &types[t];
    }
    return NULL;
}

/* --- saying where -------------------------------------------------------------------------------------- */

typedef struct Import {
    const SdcContext *context;
    const struct ArrowSchema *schema;        /* of the column at hand */
    const struct ArrowArray *const *chunks;
    size_t chunk_count;
    bool is_struct;
    size_t index;                            /* of the column */
    SdcError *ret_error;
} Import;

/* Bytes of NAME that a sentence takes: whole characters. */
static int shown(const char *name)
{
    size_t length = strlen(name);
    if (length <= 60)
        return (int)length;
    length = 60;
    while (length > 0 && ((unsigned char)name[length] & 0xC0) == 0x80)
        length--;
    return (int)length;
}

static const char *name_of(const struct ArrowSchema *schema)
{
    return schema->name != NULL ? schema->name : "";
}

#define WRONG(import, code, format, ...)                                                                   \
    (sdc_failure((import)->ret_error, code, "Column %zu (\"%.*s\") " format, (import)->index + 1,          \
                 shown(name_of((import)->schema)), name_of((import)->schema), __VA_ARGS__), false)
#define MALFORMED(import, format, ...)                                                                     \
    WRONG(import, SDC_ERROR_DATA, "is malformed: " format, __VA_ARGS__)

/* --- pieces -------------------------------------------------------------------------------------------- */

/* One chunk of one column; or a dictionary. */
typedef struct Piece {
    const Type *type;
    const struct ArrowArray *array;
    size_t start, rows;          /* the values START .. START + ROWS - 1 of the buffers */
    const uint8_t *valid;        /* NULL: all */
    const uint8_t *outer;        /* of the struct around it, from OUTER_START */
    size_t outer_start;
} Piece;

static bool bit(const uint8_t *bits, size_t at)
{
    return (bits[at / 8] >> at % 8 & 1) != 0;
}

static bool is_missing(const Piece *piece, size_t i)
{
    return piece->type->layout == LAYOUT_NOTHING ||
           (piece->valid != NULL && !bit(piece->valid, piece->start + i)) ||
           (piece->outer != NULL && !bit(piece->outer, piece->outer_start + i));
}

/* Numbers that any array must have right; *RET_END is offset + length. */
static bool check_counts(const Import *import, const struct ArrowArray *array, int64_t *ret_end)
{
    if (array == NULL || array->release == NULL)
        return MALFORMED(import, "%s.", array == NULL ? "an array is not there" : "an array was released");
    if (array->length < 0 || array->offset < 0 ||
        __builtin_add_overflow(array->length, array->offset, ret_end))
        return MALFORMED(import, "length %" PRId64 " and offset %" PRId64 ".", array->length, array->offset);
    if (array->null_count < -1 || array->null_count > array->length)
        return MALFORMED(import, "%" PRId64 " values of %" PRId64 " are said to be missing.",
                         array->null_count, array->length);
    if (array->n_buffers < 0 || array->n_children < 0 || (array->n_buffers > 0 && array->buffers == NULL) ||
        (array->n_children > 0 && array->children == NULL))
        return MALFORMED(import, "%" PRId64 " buffers, %" PRId64 " children.", array->n_buffers,
                         array->n_children);
    return true;
}

static bool find_bitmap(const Import *import, const struct ArrowArray *array, const uint8_t **ret_valid)
{
    *ret_valid = array->n_buffers > 0 ? array->buffers[0] : NULL;
    if (*ret_valid == NULL && array->null_count > 0)
        return MALFORMED(import, "%" PRId64 " values are said to be missing, and no bitmap says which.",
                         array->null_count);
    return true;
}

static bool check_buffers(const Import *import, const Type *type, const struct ArrowArray *array,
                          int64_t end)
{
    bool is_view = type->layout == LAYOUT_VIEWS;
    if (is_view ? array->n_buffers < type->buffers : array->n_buffers != type->buffers)
        return MALFORMED(import, "%" PRId64 " buffers instead of %" PRId64 "%s.", array->n_buffers,
                         type->buffers, is_view ? " or more" : "");
    if (array->n_children != 0)
        return MALFORMED(import, "%" PRId64 " children instead of none.", array->n_children);
    if (type->buffers > 1 && end > 0 && array->buffers[1] == NULL)
        return MALFORMED(import, "%" PRId64 " values and no buffer of them.", end);
    if (is_view && array->n_buffers > 3 && array->buffers[array->n_buffers - 1] == NULL)
        return MALFORMED(import, "%s.", "the sizes of its buffers of text are not there");
    return true;
}

/* ARRAY of TYPE from its value SKIP on, ROWS of them. */
static bool piece_open(const Import *import, const Type *type, const struct ArrowArray *array, size_t skip,
                       size_t rows, Piece *ret_piece)
{
    int64_t end;
    Piece piece = {.type = type, .array = array, .rows = rows};
    if (!check_counts(import, array, &end) || !check_buffers(import, type, array, end))
        return false;
    if ((uint64_t)array->length < skip || (uint64_t)array->length - skip < rows)
        return MALFORMED(import, "%" PRId64 " values instead of %zu.", array->length, skip + rows);
    if (type->layout != LAYOUT_NOTHING && !find_bitmap(import, array, &piece.valid))
        return false;
    piece.start = (size_t)array->offset + skip;
    *ret_piece = piece;
    return true;
}

/* The column at hand in a chunk. Where it has a dictionary, TYPE is that of its indices. */
static bool open_chunk(const Import *import, const Type *type, size_t chunk, Piece *ret_piece)
{
    const struct ArrowArray *array = import->chunks[chunk];
    if (!import->is_struct)
        return piece_open(import, type, array, 0, (size_t)array->length, ret_piece);
    if (!piece_open(import, type, array->children[import->index], (size_t)array->offset,
                    (size_t)array->length, ret_piece))
        return false;
    ret_piece->outer = array->n_buffers > 0 ? array->buffers[0] : NULL;
    ret_piece->outer_start = (size_t)array->offset;
    return true;
}

/* --- values -------------------------------------------------------------------------------------------- */

static int64_t signed_at(const char *values, size_t bytes, size_t i)
{
    int8_t c;
    int16_t s;
    int32_t n;
    int64_t l;
    switch (bytes) {
    case 1: return memcpy(&c, values + i, 1), c;
    case 2: return memcpy(&s, values + i * 2, 2), s;
    case 4: return memcpy(&n, values + i * 4, 4), n;
    default: return memcpy(&l, values + i * 8, 8), l;
    }
}

static uint64_t unsigned_at(const char *values, size_t bytes, size_t i)
{
    uint8_t c;
    uint16_t s;
    uint32_t n;
    uint64_t l;
    switch (bytes) {
    case 1: return memcpy(&c, values + i, 1), c;
    case 2: return memcpy(&s, values + i * 2, 2), s;
    case 4: return memcpy(&n, values + i * 4, 4), n;
    default: return memcpy(&l, values + i * 8, 8), l;
    }
}

static double float_at(const char *values, size_t bytes, size_t i)
{
    float f;
    double d;
    return bytes == 4 ? (memcpy(&f, values + i * 4, 4), (double)f) : (memcpy(&d, values + i * 8, 8), d);
}

/* NaN where missing. ROW is what a sentence calls it. */
static bool number_at(const Import *import, const Piece *piece, size_t i, size_t row, double *ret_value)
{
    const char *values = piece->array->n_buffers > 1 ? piece->array->buffers[1] : NULL;
    size_t bytes = piece->type->bytes, at = piece->start + i;
    *ret_value = (double)NAN;
    if (is_missing(piece, i))
        return true;
    if (piece->type->layout == LAYOUT_SIGNED) {
        int64_t whole = signed_at(values, bytes, at);
        if (whole > INT64_C(1) << 53 || whole < -(INT64_C(1) << 53))
            return WRONG(import, SDC_ERROR_DATA, "holds %" PRId64 " in record %zu, beyond 2^53: a double does "
                         "not hold such numbers exactly; give it as text if it is a category.", whole, row);
        *ret_value = (double)whole;
    } else if (piece->type->layout == LAYOUT_UNSIGNED) {
        uint64_t whole = unsigned_at(values, bytes, at);
        if (whole > UINT64_C(1) << 53)
            return WRONG(import, SDC_ERROR_DATA, "holds %" PRIu64 " in record %zu, beyond 2^53: a double does "
                         "not hold such numbers exactly; give it as text if it is a category.", whole, row);
        *ret_value = (double)whole;
    } else {
        double value = float_at(values, bytes, at);
        if (isinf(value))
            return WRONG(import, SDC_ERROR_DATA, "is infinite in record %zu.", row);
        *ret_value = value;
    }
    return true;
}

typedef struct Text {
    const char *bytes;
    size_t length;
    char number[SDC_NUMBER_TEXT_BYTES];
} Text;

static bool offsets_at(const Import *import, const Piece *piece, size_t i, Text *ret_text)
{
    const char *offsets = piece->array->buffers[1], *data = piece->array->buffers[2];
    int64_t from = signed_at(offsets, piece->type->bytes, piece->start + i);
    int64_t to = signed_at(offsets, piece->type->bytes, piece->start + i + 1);
    if (from < 0 || to < from)
        return MALFORMED(import, "a text from byte %" PRId64 " to byte %" PRId64 ".", from, to);
    if (data == NULL && to > from)
        return MALFORMED(import, "%s.", "its texts have no buffer");
    ret_text->bytes = to > from ? data + from : "";
    ret_text->length = (size_t)(to - from);
    return true;
}

/* 4 bytes of length, then 12 of text; or 4 of its beginning, 4 a buffer, 4 a place in it. */
static bool view_at(const Import *import, const Piece *piece, size_t i, Text *ret_text)
{
    const struct ArrowArray *array = piece->array;
    const char *view = (const char *)array->buffers[1] + (piece->start + i) * 16;
    int64_t length = signed_at(view, 4, 0), buffer = signed_at(view, 4, 2), from = signed_at(view, 4, 3);
    if (length < 0)
        return MALFORMED(import, "a text of %" PRId64 " bytes.", length);
    ret_text->length = (size_t)length;
    ret_text->bytes = view + 4;
    if (length <= 12)
        return true;
    int64_t buffers = array->n_buffers - 3;
    if (buffer < 0 || buffer >= buffers)
        return MALFORMED(import, "a text in buffer %" PRId64 " of %" PRId64 ".", buffer, buffers);
    int64_t size = signed_at(array->buffers[array->n_buffers - 1], 8, (size_t)buffer);
    if (from < 0 || size < 0 || from > size - length || array->buffers[2 + buffer] == NULL)
        return MALFORMED(import, "a text of %" PRId64 " bytes from %" PRId64 " of a buffer of %" PRId64 ".",
                         length, from, size);
    ret_text->bytes = (const char *)array->buffers[2 + buffer] + from;
    return true;
}

/* The label of a value that is not missing (a NaN is none: the caller asks number_at() about that). */
static bool text_at(const Import *import, const Piece *piece, size_t i, size_t row, Text *ret_text)
{
    static const char *const truths[] = {"false", "true"};
    double value;
    switch (piece->type->layout) {
    case LAYOUT_TEXT:
        return offsets_at(import, piece, i, ret_text);
    case LAYOUT_VIEWS:
        return view_at(import, piece, i, ret_text);
    case LAYOUT_TRUTH:
        ret_text->bytes = truths[bit(piece->array->buffers[1], piece->start + i)];
        break;
    default:
        if (!number_at(import, piece, i, row, &value))
            return false;
        ret_text->bytes = isnan(value) ? NULL : sdc_number_text(value, ret_text->number);
    }
    ret_text->length = ret_text->bytes != NULL ? strlen(ret_text->bytes) : 0;
    return true;
}

/* The code of a value, 0 where missing. */
static bool code_at(const Import *import, const Piece *piece, size_t i, size_t row, SdcLabels *labels,
                    uint32_t *ret_code)
{
    Text text;
    SdcError failure;
    *ret_code = 0;
    if (is_missing(piece, i))
        return true;
    if (!text_at(import, piece, i, row, &text))
        return false;
    if (text.bytes == NULL ||
        sdc_labels_code(import->context, labels, text.bytes, text.length, ret_code, &failure))
        return true;
    if (failure.code != SDC_ERROR_DATA)
        return sdc_failure(import->ret_error, failure.code, "%s", failure.sentence);
    return WRONG(import, SDC_ERROR_DATA, "cannot be read in record %zu: %s", row, failure.sentence);
}

/* --- columns ------------------------------------------------------------------------------------------- */

static bool read_numbers(const Import *import, const Type *type, double *values)
{
    size_t row = 0;
    Piece piece;
    for (size_t c = 0; c < import->chunk_count; c++) {
        if (!open_chunk(import, type, c, &piece))
            return false;
        for (size_t i = 0; i < piece.rows; i++, row++) {
            if (!number_at(import, &piece, i, row + 1, &values[row]))
                return false;
        }
    }
    return true;
}

static bool read_codes(const Import *import, const Type *type, SdcLabels *labels, uint32_t *codes)
{
    size_t row = 0;
    Piece piece;
    for (size_t c = 0; c < import->chunk_count; c++) {
        if (!open_chunk(import, type, c, &piece))
            return false;
        for (size_t i = 0; i < piece.rows; i++, row++) {
            if (!code_at(import, &piece, i, row + 1, labels, &codes[row]))
                return false;
        }
    }
    return true;
}

/* One chunk: MAP translates its dictionary's entries. */
static bool read_indices(const Import *import, const Piece *piece, const uint32_t *map, size_t entries,
                         size_t row, uint32_t *codes)
{
    for (size_t i = 0; i < piece->rows; i++) {
        if (is_missing(piece, i))
            continue;
        const char *values = piece->array->buffers[1];
        /* A negative index, or one beyond 2^63, is too large as an unsigned number. */
        uint64_t at = piece->type->layout == LAYOUT_UNSIGNED
                          ? unsigned_at(values, piece->type->bytes, piece->start + i)
                          : (uint64_t)signed_at(values, piece->type->bytes, piece->start + i);
        if (at >= entries)
            return MALFORMED(import, "record %zu has entry %" PRId64 " of a dictionary of %zu.", row + i + 1,
                             (int64_t)at, entries);
        codes[row + i] = map[at];
    }
    return true;
}

static bool read_dictionary(const Import *import, const Type *type, const struct ArrowArray *array,
                            SdcLabels *labels, uint32_t **ret_map, size_t *ret_entries)
{
    Piece piece;
    if (array == NULL || array->length < 0)
        return MALFORMED(import, "%s.", "its dictionary is not there");
    if (!piece_open(import, type, array, 0, (size_t)array->length, &piece))
        return false;
    uint32_t *map = sdc_alloc(import->context, piece.rows, sizeof *map, import->ret_error);
    if (map == NULL)
        return false;
    *ret_map = map;
    *ret_entries = piece.rows;
    for (size_t i = 0; i < piece.rows; i++) {
        if (!code_at(import, &piece, i, i + 1, labels, &map[i]))
            return false;
    }
    return true;
}

static bool read_categories(const Import *import, const Type *indices, const Type *values, SdcLabels *labels,
                            uint32_t *codes)
{
    size_t row = 0;
    bool done = true;
    for (size_t c = 0; done && c < import->chunk_count; c++) {
        uint32_t *map = NULL;
        size_t entries = 0;
        Piece piece;
        done = open_chunk(import, indices, c, &piece) &&
               read_dictionary(import, values, piece.array->dictionary, labels, &map, &entries) &&
               read_indices(import, &piece, map, entries, row, codes);
        sdc_release(import->context, map, entries, sizeof *map);
        if (done)
            row += piece.rows;
    }
    return done;
}

/* false and true have the same codes in every column. */
static bool begin_labels(const Import *import, const Type *type, SdcLabels *labels)
{
    uint32_t code;
    return type->layout != LAYOUT_TRUTH ||
           (sdc_labels_code(import->context, labels, "false", 5, &code, import->ret_error) &&
            sdc_labels_code(import->context, labels, "true", 4, &code, import->ret_error));
}

static bool refuse_type(const Import *import, const char *format)
{
    const struct Refusal *refusal = refusals;
    while (strncmp(format, refusal->prefix, strlen(refusal->prefix)) != 0)
        refusal++;
    return WRONG(import, SDC_ERROR_DATA, "holds %s (Arrow's %.*s), not read here; %s.", refusal->what,
                 shown(format), format, refusal->advice);
}

static bool find_types(const Import *import, const Type **ret_type, const Type **ret_entries)
{
    const struct ArrowSchema *schema = import->schema, *entries = schema->dictionary;
    if (schema->format == NULL || (entries != NULL && (entries->release == NULL || entries->format == NULL)))
        return MALFORMED(import, "%s.", "its type is not said");
    *ret_type = find_type(schema->format);
    *ret_entries = entries != NULL ? find_type(entries->format) : NULL;
    if (*ret_type == NULL)
        return refuse_type(import, schema->format);
    if (schema->n_children != 0)
        return MALFORMED(import, "%" PRId64 " children instead of none.", schema->n_children);
    if (entries == NULL)
        return true;
    if ((*ret_type)->layout > LAYOUT_UNSIGNED)
        return MALFORMED(import, "the indices of its dictionary are of Arrow's type %.*s.",
                         shown(schema->format), schema->format);
    if (*ret_entries == NULL)
        return refuse_type(import, entries->format);
    if (entries->dictionary != NULL || entries->n_children != 0)
        return MALFORMED(import, "%s.", "its dictionary has parts of its own");
    return true;
}

static bool import_codes(const Import *import, const Type *type, const Type *entries, SdcFrame *frame,
                         SdcColumn *column)
{
    SdcLabels labels = {0};
    uint32_t *codes =
        sdc_blocks_alloc(import->context, &frame->blocks, frame->rows, sizeof *codes, import->ret_error);
    const char *const *texts = NULL;
    if (codes != NULL && begin_labels(import, entries != NULL ? entries : type, &labels) &&
        (entries != NULL ? read_categories(import, type, entries, &labels, codes)
                         : read_codes(import, type, &labels, codes)))
        texts = sdc_labels_keep(import->context, &labels, &frame->blocks, import->ret_error);
    column->kind = SDC_COLUMN_CODES;
    column->codes = (SdcCodes){frame->rows, (uint32_t)labels.count, codes, texts};
    sdc_labels_clear(import->context, &labels);
    return texts != NULL;
}

static bool import_column(const Import *import, SdcFrame *frame, SdcColumn *column)
{
    const Type *type, *entries;
    const char *name = name_of(import->schema);
    size_t length = strlen(name);
    if (!sdc_text_check(name, length))
        return sdc_failure(import->ret_error, SDC_ERROR_DATA, "The name of column %zu is not UTF-8.",
                           import->index + 1);
    char *kept = sdc_blocks_alloc(import->context, &frame->blocks, length + 1, 1, import->ret_error);
    if (kept == NULL || !find_types(import, &type, &entries))
        return false;
    memcpy(kept, name, length);
    column->name = kept;
    if (entries != NULL || (type->layout >= LAYOUT_TRUTH && type->layout != LAYOUT_NOTHING))
        return import_codes(import, type, entries, frame, column);
    double *values =
        sdc_blocks_alloc(import->context, &frame->blocks, frame->rows, sizeof *values, import->ret_error);
    column->kind = SDC_COLUMN_NUMBERS;
    column->numbers = (SdcNumbers){frame->rows, values};
    return values != NULL && read_numbers(import, type, values);
}

/* --- frames -------------------------------------------------------------------------------------------- */

/* The chunks as structs of this schema, and how many rows they have together. */
static bool check_chunk(const struct ArrowSchema *schema, bool is_struct, const struct ArrowArray *chunk,
                        size_t *rows, SdcError *ret_error)
{
    Import whole = {.schema = schema, .ret_error = ret_error};
    int64_t end;
    if (chunk == NULL || chunk->release == NULL)
        return sdc_failure(ret_error, SDC_ERROR_DATA, "An array that was given is not there, or was released.");
    if (!check_counts(&whole, chunk, &end))
        return false;
    if (is_struct && chunk->n_children != schema->n_children)
        return sdc_failure(ret_error, SDC_ERROR_DATA, "A record batch has %" PRId64 " columns, its schema %" PRId64
                           ".", chunk->n_children, schema->n_children);
    const uint8_t *valid;
    if (is_struct && (chunk->n_buffers > 1 || !find_bitmap(&whole, chunk, &valid)))
        return sdc_failure(ret_error, SDC_ERROR_DATA, "A record batch has %" PRId64 " buffers, and %" PRId64
                           " records are said to be missing.", chunk->n_buffers, chunk->null_count);
    if ((uint64_t)chunk->length > SDC_ROWS_MAX - *rows)
        return sdc_failure(ret_error, SDC_ERROR_LIMIT, "There are more than %zu records.", SDC_ROWS_MAX);
    *rows += (size_t)chunk->length;
    return true;
}

static bool check_schema(const struct ArrowSchema *schema, bool *ret_is_struct, SdcError *ret_error)
{
    if (schema == NULL || schema->release == NULL || schema->format == NULL)
        return sdc_failure(ret_error, SDC_ERROR_DATA, "The Arrow schema is not there, or was released.");
    *ret_is_struct = strcmp(schema->format, "+s") == 0;
    if (!*ret_is_struct)
        return true;
    if (schema->n_children < 0 || schema->n_children > SDC_ARROW_COLUMNS_MAX ||
        (schema->n_children > 0 && schema->children == NULL))
        return sdc_failure(ret_error, SDC_ERROR_LIMIT, "The Arrow schema has %" PRId64 " columns; 0 to %d are "
                           "read.", schema->n_children, SDC_ARROW_COLUMNS_MAX);
    for (int64_t c = 0; c < schema->n_children; c++) {
        if (schema->children[c] == NULL || schema->children[c]->release == NULL)
            return sdc_failure(ret_error, SDC_ERROR_DATA, "Column %" PRId64 " of the Arrow schema is not there.",
                               c + 1);
    }
    return true;
}

/* Where the column of this name is. */
static bool find_column(const struct ArrowSchema *schema, const char *name, size_t *ret_index,
                        SdcError *ret_error)
{
    size_t found = 0;
    for (int64_t c = 0; c < schema->n_children; c++) {
        if (strcmp(name_of(schema->children[c]), name) != 0)
            continue;
        *ret_index = (size_t)c;
        found++;
    }
    if (found == 1)
        return true;
    return sdc_failure(ret_error, SDC_ERROR_ARGUMENT, "There %s named \"%.*s\".",
                       found == 0 ? "is no column" : "are several columns", shown(name), name);
}

bool sdc_arrow_import(const SdcContext *context, const struct ArrowSchema *schema,
                      const struct ArrowArray *const *chunks, size_t count, const SdcArrowNames *names,
                      SdcFrame *ret_frame, SdcError *ret_error)
{
    SdcFrame frame = {0};
    Import import = {context, schema, chunks, count, .ret_error = ret_error};
    if (!check_schema(schema, &import.is_struct, ret_error))
        return false;
    for (size_t c = 0; c < count; c++) {
        if (!check_chunk(schema, import.is_struct, chunks[c], &frame.rows, ret_error))
            return false;
    }
    if (names != NULL && !import.is_struct)
        return sdc_failure(ret_error, SDC_ERROR_ARGUMENT, "One array alone has no columns to choose from.");
    frame.count = names != NULL ? names->count : import.is_struct ? (size_t)schema->n_children : 1;
    frame.columns = sdc_blocks_alloc(context, &frame.blocks, frame.count, sizeof *frame.columns, ret_error);
    bool done = frame.columns != NULL;
    for (size_t c = 0; done && c < frame.count; c++) {
        import.index = c;
        done = names == NULL || find_column(schema, names->names[c], &import.index, ret_error);
        import.schema = import.is_struct ? schema->children[import.index] : schema;
        done = done && import_column(&import, &frame, &frame.columns[c]);
    }
    if (!done)
        sdc_frame_clear(context, &frame);
    else
        *ret_frame = frame;
    return done;
}

/* --- streams ------------------------------------------------------------------------------------------- */

typedef struct Chunks {
    struct ArrowArray *arrays;
    size_t count, capacity;
} Chunks;

static bool stream_failed(struct ArrowArrayStream *stream, int code, SdcError *ret_error)
{
    const char *why = stream->get_last_error != NULL ? stream->get_last_error(stream) : NULL;
    return sdc_failure(ret_error, SDC_ERROR_DATA, "The Arrow stream failed (%d): %.*s", code,
                       shown(why != NULL ? why : ""), why != NULL ? why : "it does not say why");
}

static bool take_chunks(const SdcContext *context, struct ArrowArrayStream *stream, Chunks *chunks,
                        SdcError *ret_error)
{
    for (;;) {
        if (chunks->count == chunks->capacity) {
            size_t more = chunks->capacity == 0 ? 8 : chunks->capacity * 2;
            struct ArrowArray *grown = sdc_resize(context, chunks->arrays, chunks->capacity, more,
                                                  sizeof *grown, ret_error);
            if (grown == NULL)
                return false;
            chunks->arrays = grown;
            chunks->capacity = more;
        }
        struct ArrowArray *next = &chunks->arrays[chunks->count];
        *next = (struct ArrowArray){0};
        int code = stream->get_next(stream, next);
        if (code != 0)
            return stream_failed(stream, code, ret_error);
        if (next->release == NULL)
            return true;
        chunks->count++;
    }
}

static bool import_chunks(const SdcContext *context, const struct ArrowSchema *schema, const Chunks *chunks,
                          const SdcArrowNames *names, SdcFrame *ret_frame, SdcError *ret_error)
{
    const struct ArrowArray **list = sdc_alloc(context, chunks->count, sizeof *list, ret_error);
    if (list == NULL)
        return false;
    for (size_t c = 0; c < chunks->count; c++)
        list[c] = &chunks->arrays[c];
    bool done = sdc_arrow_import(context, schema, list, chunks->count, names, ret_frame, ret_error);
    sdc_release(context, list, chunks->count, sizeof *list);
    return done;
}

bool sdc_arrow_import_stream(const SdcContext *context, struct ArrowArrayStream *stream,
                             const SdcArrowNames *names, SdcFrame *ret_frame, SdcError *ret_error)
{
    if (stream == NULL || stream->release == NULL || stream->get_schema == NULL || stream->get_next == NULL)
        return sdc_failure(ret_error, SDC_ERROR_DATA, "The Arrow stream is not there, or was released.");
    struct ArrowSchema schema = {0};
    int code = stream->get_schema(stream, &schema);
    if (code != 0)
        return stream_failed(stream, code, ret_error);
    Chunks chunks = {0};
    bool done = take_chunks(context, stream, &chunks, ret_error) &&
                import_chunks(context, &schema, &chunks, names, ret_frame, ret_error);
    for (size_t c = 0; c < chunks.count; c++)
        chunks.arrays[c].release(&chunks.arrays[c]);
    sdc_release(context, chunks.arrays, chunks.capacity, sizeof *chunks.arrays);
    if (schema.release != NULL)
        schema.release(&schema);
    return done;
}
