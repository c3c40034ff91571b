/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Columns in and out by the Arrow C Data Interface, with nothing of Arrow but the three structures that its
 * specification publishes for that purpose.
 *
 * In: a record batch (a struct array, "+s") with its columns, or one array alone as a frame of one column;
 * in one or more chunks. Dictionaries may differ from chunk to chunk.
 *   c C s S i I l L f g   integers and floats: numbers. A NaN is missing, an infinity refused, and so is a 64-bit
 *                         integer that a double cannot hold exactly
 *   b                     truth: codes of the labels "false" and "true"
 *   u U vu                text: codes by first appearance
 *   n                     nothing but missing values: numbers
 *   a dictionary of these, with indices c C s S i I l L: codes, in the order of the dictionary, equal texts taken
 *                         together, entries that no record has included
 * Every other type (decimals, dates, bytes, lists, ...) is refused with its name and what to cast it to. Offsets,
 * validity bitmaps, also that of the struct, and null entries of dictionaries are honoured. Malformed arrays are
 * SDC_ERROR_DATA with the column and what is wrong with it, as far as that can be seen: the interface does not
 * carry the sizes of buffers. Arrays are borrowed and copied; the caller releases them. O(values).
 *
 * Out: one struct array: numbers as g, NaN as null; codes as a dictionary of i and u (or l and U where these are
 * too small), 0 as null; counts as I; flags as b. The array and its schema are independent of what they were made
 * from; both live until their release, with the allocator of the context, of which only the allocator is kept.
 *
 * Reference: Apache Arrow, "The Arrow C data interface", "The Arrow C stream interface", and "Arrow columnar
 * format" version 1.4 (layouts).
 */
#ifndef DARSE_SDC_ARROW_H
#define DARSE_SDC_ARROW_H

#include "sdc/frame.h"

/* The names and the guards are those of the specification, so that other headers may define them too. */
#ifndef ARROW_C_DATA_INTERFACE
#define ARROW_C_DATA_INTERFACE

#define ARROW_FLAG_DICTIONARY_ORDERED 1
#define ARROW_FLAG_NULLABLE 2
#define ARROW_FLAG_MAP_KEYS_SORTED 4

struct ArrowSchema {
    const char *format;
    const char *name;
    const char *metadata;
    int64_t flags;
    int64_t n_children;
    struct ArrowSchema **children;
    struct ArrowSchema *dictionary;
    void (*release)(struct ArrowSchema *schema);
    void *private_data;
};

struct ArrowArray {
    int64_t length;
    int64_t null_count;
    int64_t offset;
    int64_t n_buffers;
    int64_t n_children;
    const void **buffers;
    struct ArrowArray **children;
    struct ArrowArray *dictionary;
    void (*release)(struct ArrowArray *array);
    void *private_data;
};

#endif
#ifndef ARROW_C_STREAM_INTERFACE
#define ARROW_C_STREAM_INTERFACE

struct ArrowArrayStream {
    int (*get_schema)(struct ArrowArrayStream *stream, struct ArrowSchema *ret_schema);
    int (*get_next)(struct ArrowArrayStream *stream, struct ArrowArray *ret_array);
    const char *(*get_last_error)(struct ArrowArrayStream *stream);
    void (*release)(struct ArrowArrayStream *stream);
    void *private_data;
};

#endif

#define SDC_ARROW_COLUMNS_MAX 100000

/* Which columns of a record batch are read, in this order; each must be there once. The others may be of any
 * type. */
typedef struct SdcArrowNames {
    size_t count;
    const char *const *names;
} SdcArrowNames;

/* COUNT may be 0: a frame of columns without records. NAMES NULL: all columns. */
bool sdc_arrow_import(const SdcContext *context, const struct ArrowSchema *schema,
                      const struct ArrowArray *const *chunks, size_t count, const SdcArrowNames *names,
                      SdcFrame *ret_frame, SdcError *ret_error);
/* The rest of STREAM, which stays the caller's to release. */
bool sdc_arrow_import_stream(const SdcContext *context, struct ArrowArrayStream *stream,
                             const SdcArrowNames *names, SdcFrame *ret_frame, SdcError *ret_error);

/* COUNT columns of ROWS values each. */
bool sdc_arrow_export(const SdcContext *context, const SdcColumn *columns, size_t count, size_t rows,
                      struct ArrowSchema *ret_schema, struct ArrowArray *ret_array, SdcError *ret_error);
/* The same as a stream of one array. */
bool sdc_arrow_export_stream(const SdcContext *context, const SdcColumn *columns, size_t count, size_t rows,
                             struct ArrowArrayStream *ret_stream, SdcError *ret_error);

#endif
