/* SPDX-License-Identifier: Apache-2.0 */
/* Columns in and out by the Arrow C Data Interface: every type, offsets, bitmaps, chunks; what is malformed. */
#include "sdc_fixture.h"

#include <errno.h>
#include <locale.h>

/* --- arrays made by hand ------------------------------------------------------------------------------- */

static void schema_released(struct ArrowSchema *schema)
{
    schema->release = NULL;
}

static void array_released(struct ArrowArray *array)
{
    array->release = NULL;
}

#define SCHEMA(format_, name_) {.format = format_, .name = name_, .release = schema_released}
#define ARRAY(length_, offset_, ...)                                                                       \
    {.length = length_, .offset = offset_, .null_count = -1, .release = array_released,                    \
     .buffers = (const void *[]){__VA_ARGS__}, .n_buffers = sizeof (const void *[]){__VA_ARGS__} / sizeof(void *)}

/* One column alone. */
static bool import_one(const struct ArrowSchema *schema, const struct ArrowArray *array, SdcFrame *ret_frame,
                       SdcError *error)
{
    return sdc_arrow_import(NULL, schema, &array, 1, NULL, ret_frame, error);
}

static void check_refused(const struct ArrowSchema *schema, const struct ArrowArray *array,
                          const char *sentence)
{
    SdcFrame frame = {.rows = 77};
    SdcError error = {0};
    g_assert_false(import_one(schema, array, &frame, &error));
    g_assert_cmpuint(frame.rows, ==, 77);
    if (strstr(error.sentence, sentence) == NULL)
        g_error("\"%s\" does not say \"%s\"", error.sentence, sentence);
}

static void check_texts(const SdcColumn *column, const char *const *texts)
{
    g_assert_cmpint(column->kind, ==, SDC_COLUMN_CODES);
    for (size_t i = 0; i < column->codes.rows; i++) {
        uint32_t code = column->codes.codes[i];
        g_assert_cmpuint(code, <=, column->codes.categories);
        g_assert_cmpstr(code == 0 ? NULL : column->codes.labels[code - 1], ==, texts[i]);
    }
}

/* --- numbers ------------------------------------------------------------------------------------------- */

static void test_numbers(void)
{
    static const int8_t c[] = {99, -1, 2, -128};
    static const uint8_t big_c[] = {99, 255, 2, 128};
    static const int16_t s[] = {99, -300, 2, 3};
    static const uint16_t big_s[] = {99, 65535, 2, 3};
    static const int32_t i[] = {99, -70000, 2, 3};
    static const uint32_t big_i[] = {99, UINT32_MAX, 2, 3};
    static const int64_t l[] = {99, -(INT64_C(1) << 53), 2, 3};
    static const uint64_t big_l[] = {99, UINT64_C(1) << 53, 2, 3};
    static const float f[] = {99, .5F, 2, 3};
    static const double g[] = {99, .1, NAN, -0.0};
    static const struct {
        const char *format;
        const void *values;
        double expected[3];
    } cases[] = {{"c", c, {-1, 2, -128}},
                 {"C", big_c, {255, 2, 128}},
                 {"s", s, {-300, 2, 3}},
                 {"S", big_s, {65535, 2, 3}},
                 {"i", i, {-70000, 2, 3}},
                 {"I", big_i, {4294967295, 2, 3}},
                 {"l", l, {-9007199254740992, 2, 3}},
                 {"L", big_l, {9007199254740992, 2, 3}},
                 {"f", f, {.5, 2, 3}},
                 {"g", g, {.1, NAN, 0}}};
    static const uint8_t third_missing[] = {0x07};   /* of the buffer: the last of ours */
    for (size_t n = 0; n < G_N_ELEMENTS(cases); n++) {
        struct ArrowSchema schema = SCHEMA(cases[n].format, "x");
        for (int missing = 0; missing < 2; missing++) {
            struct ArrowArray array = ARRAY(3, 1, missing ? third_missing : NULL, cases[n].values);
            SdcFrame frame;
            g_assert_true(import_one(&schema, &array, &frame, NULL));
            g_assert_cmpuint(frame.count, ==, 1);
            g_assert_cmpuint(frame.rows, ==, 3);
            g_assert_cmpint(frame.columns->kind, ==, SDC_COLUMN_NUMBERS);
            g_assert_cmpstr(frame.columns->name, ==, "x");
            for (int v = 0; v < 3; v++) {
                double got = frame.columns->numbers.values[v], want = cases[n].expected[v];
                g_assert_true(missing && v == 2 ? isnan(got) : got == want || (isnan(got) && isnan(want)));
            }
            sdc_frame_clear(NULL, &frame);
        }
    }
}

static void test_numbers_that_no_double_holds(void)
{
    static const int64_t l[] = {1, (INT64_C(1) << 53) + 1}, low[] = {INT64_MIN};
    static const uint64_t big_l[] = {UINT64_MAX};
    static const double g[] = {0, -INFINITY};
    struct ArrowSchema schema = SCHEMA("l", "siren"), unsigned_ = SCHEMA("L", ""), real = SCHEMA("g", NULL);
    check_refused(&schema, &(struct ArrowArray)ARRAY(2, 0, NULL, l),
                  "Column 1 (\"siren\") holds 9007199254740993 in record 2");
    check_refused(&schema, &(struct ArrowArray)ARRAY(1, 0, NULL, low), "-9223372036854775808");
    check_refused(&unsigned_, &(struct ArrowArray)ARRAY(1, 0, NULL, big_l), "18446744073709551615");
    check_refused(&real, &(struct ArrowArray)ARRAY(2, 0, NULL, g), "is infinite in record 2");
}

static void test_nothing(void)
{
    struct ArrowSchema schema = SCHEMA("n", "x");
    struct ArrowArray array = {.length = 3, .null_count = 3, .release = array_released};
    SdcFrame frame;
    g_assert_true(import_one(&schema, &array, &frame, NULL));
    for (int i = 0; i < 3; i++)
        g_assert_true(isnan(frame.columns->numbers.values[i]));
    g_assert_true(sdc_frame_make_codes(NULL, &frame, 0, NULL));
    g_assert_cmpuint(frame.columns->codes.categories, ==, 0);
    sdc_frame_clear(NULL, &frame);
    sdc_frame_clear(NULL, &frame);
    sdc_frame_clear(NULL, NULL);
}

/* --- texts --------------------------------------------------------------------------------------------- */

static void test_texts(void)
{
    static const char data[] = "??LyonGapété";
    static const int32_t narrow[] = {0, 2, 6, 6, 9, 14, 14};
    static const int64_t wide[] = {0, 2, 6, 6, 9, 14, 14};
    static const uint8_t valid[] = {0x1F};   /* of the buffer: its last is missing */
    static const char *const expected[] = {"Lyon", "", "Gap", "été", NULL};
    struct ArrowSchema schemas[] = {SCHEMA("u", "x"), SCHEMA("U", "x")};
    const void *places[] = {narrow, wide};
    for (int t = 0; t < 2; t++) {
        struct ArrowArray array = ARRAY(5, 1, valid, places[t], data);
        SdcFrame frame;
        g_assert_true(import_one(&schemas[t], &array, &frame, NULL));
        check_texts(frame.columns, expected);
        g_assert_cmpuint(frame.columns->codes.categories, ==, 4);
        sdc_frame_clear(NULL, &frame);
    }
}

typedef struct View {
    int32_t length;
    union {
        char inlined[12];
        struct {
            char prefix[4];
            int32_t buffer, from;
        } far;
    } at;
} View;

static void test_views(void)
{
    static const char far[] = "..Saint-Quentin-en-Yvelines";
    static const int64_t sizes[] = {sizeof far - 1};
    View views[3] = {{.length = 4}, {.length = 25}, {.length = 12}};
    memcpy(views[0].at.inlined, "Lyon", 4);
    memcpy(views[1].at.far.prefix, "Sain", 4);
    views[1].at.far.from = 2;
    memcpy(views[2].at.inlined, "Clermont-Fer", 12);
    struct ArrowSchema schema = SCHEMA("vu", "x");
    struct ArrowArray array = ARRAY(3, 0, NULL, views, far, sizes);
    static const char *const expected[] = {"Lyon", "Saint-Quentin-en-Yvelines", "Clermont-Fer"};
    SdcFrame frame;
    g_assert_true(import_one(&schema, &array, &frame, NULL));
    check_texts(frame.columns, expected);
    sdc_frame_clear(NULL, &frame);
    views[1].length = 26;
    check_refused(&schema, &array, "a text of 26 bytes from 2 of a buffer of 27");
    views[1].at.far.buffer = 1;
    check_refused(&schema, &array, "a text in buffer 1 of 1");
    views[1].at.far.buffer = -1;
    check_refused(&schema, &array, "a text in buffer -1 of 1");
    views[1].length = -1;
    check_refused(&schema, &array, "a text of -1 bytes");
}

static void test_truth(void)
{
    static const uint8_t values[] = {0xFF, 0x02}, valid[] = {0xFF, 0x0B};
    struct ArrowSchema schema = SCHEMA("b", "x");
    struct ArrowArray array = ARRAY(5, 7, valid, values);
    static const char *const expected[] = {"true", "false", "true", NULL, "false"};
    SdcFrame frame;
    g_assert_true(import_one(&schema, &array, &frame, NULL));
    check_texts(frame.columns, expected);
    g_assert_cmpstr(frame.columns->codes.labels[0], ==, "false");
    sdc_frame_clear(NULL, &frame);
}

/* --- dictionaries -------------------------------------------------------------------------------------- */

static void test_dictionary_indices(void)
{
    static const int8_t c[] = {1, 0, 3, 1};
    static const uint16_t big_s[] = {1, 0, 3, 1};
    static const int32_t i[] = {1, 0, 3, 1};
    static const uint64_t big_l[] = {1, 0, 3, 1};
    static const struct {
        const char *format;
        const void *indices;
    } cases[] = {{"c", c}, {"S", big_s}, {"i", i}, {"L", big_l}};
    /* The third entry is missing, the fourth is like the first, nobody has "d". */
    static const char data[] = "abxad";
    static const int32_t places[] = {0, 1, 2, 3, 4, 5};
    static const uint8_t valid[] = {0x1B};
    static const char *const expected[] = {"b", "a", "a", "b"};
    for (size_t n = 0; n < G_N_ELEMENTS(cases); n++) {
        struct ArrowSchema entries = SCHEMA("u", ""), schema = SCHEMA(cases[n].format, "x");
        struct ArrowArray dictionary = ARRAY(5, 0, valid, places, data);
        struct ArrowArray array = ARRAY(4, 0, NULL, cases[n].indices);
        schema.dictionary = &entries;
        array.dictionary = &dictionary;
        SdcFrame frame;
        g_assert_true(import_one(&schema, &array, &frame, NULL));
        check_texts(frame.columns, expected);
        g_assert_cmpuint(frame.columns->codes.categories, ==, 3);
        g_assert_cmpstr(frame.columns->codes.labels[2], ==, "d");
        sdc_frame_clear(NULL, &frame);
    }
}

static void test_dictionary_of_numbers(void)
{
    static const int64_t values[] = {-5, 12, 7};
    static const int32_t indices[] = {2, 0, 2};
    struct ArrowSchema entries = SCHEMA("l", ""), schema = SCHEMA("i", "x");
    struct ArrowArray dictionary = ARRAY(3, 0, NULL, values), array = ARRAY(3, 0, NULL, indices);
    schema.dictionary = &entries;
    array.dictionary = &dictionary;
    static const char *const expected[] = {"7", "-5", "7"};
    SdcFrame frame;
    g_assert_true(import_one(&schema, &array, &frame, NULL));
    check_texts(frame.columns, expected);
    g_assert_cmpstr(frame.columns->codes.labels[1], ==, "12");
    sdc_frame_clear(NULL, &frame);
}

static void test_wrong_dictionaries(void)
{
    static const int8_t beyond[] = {0, 2}, negative[] = {-1, 0};
    static const uint8_t second_missing[] = {0x01};
    static const double reals[] = {0, 0};
    static const char data[] = "ab", broken[] = "a\xC3";
    static const int32_t places[] = {0, 1, 2};
    struct ArrowSchema entries = SCHEMA("u", ""), schema = SCHEMA("c", "x");
    struct ArrowArray dictionary = ARRAY(2, 0, NULL, places, data), array = ARRAY(2, 0, NULL, beyond);
    schema.dictionary = &entries;
    check_refused(&schema, &array, "its dictionary is not there");
    array.dictionary = &dictionary;
    check_refused(&schema, &array, "record 2 has entry 2 of a dictionary of 2");
    array.buffers[1] = negative;
    check_refused(&schema, &array, "record 1 has entry -1 of a dictionary of 2");
    array.buffers[1] = beyond;
    array.buffers[0] = second_missing;   /* what stands where a value is missing does not matter */
    SdcFrame frame;
    g_assert_true(import_one(&schema, &array, &frame, NULL));
    g_assert_cmpuint(frame.columns->codes.codes[1], ==, 0);
    sdc_frame_clear(NULL, &frame);
    dictionary.buffers[2] = broken;
    check_refused(&schema, &array, "a text is not UTF-8");
    dictionary.length = -3;
    check_refused(&schema, &array, "its dictionary is not there");
    schema.format = "g";
    array.buffers[1] = reals;
    check_refused(&schema, &array, "the indices of its dictionary are of Arrow's type g");
    schema.format = "c";
    entries.format = "d:5,2";
    check_refused(&schema, &array, "holds decimal numbers");
    entries.format = "u";
    struct ArrowSchema deeper = SCHEMA("u", "");
    entries.dictionary = &deeper;
    check_refused(&schema, &array, "its dictionary has parts of its own");
}

/* --- frames and chunks --------------------------------------------------------------------------------- */

/* Two columns of two chunks: the struct has an offset and a record that is missing, the columns have theirs,
 * and the dictionaries differ. */
static void test_chunks(void)
{
    static const int32_t number[] = {-9, 10, 20, 30, 40, 50};
    static const int8_t one[] = {0, 0, 1, 0}, two[] = {0, 1};
    static const char ab[] = "ab", bc[] = "bc";
    static const int32_t places[] = {0, 1, 2};
    static const uint8_t outer[] = {0x0B};   /* the third of four is missing */
    struct ArrowSchema entries = SCHEMA("u", ""), columns[] = {SCHEMA("i", "n"), SCHEMA("c", "t")};
    struct ArrowSchema *children[] = {&columns[0], &columns[1]};
    struct ArrowSchema schema = {.format = "+s", .n_children = 2, .children = children,
                                 .release = schema_released};
    columns[1].dictionary = &entries;
    struct ArrowArray first_dictionary = ARRAY(2, 0, NULL, places, ab);
    struct ArrowArray second_dictionary = ARRAY(2, 0, NULL, places, bc);
    struct ArrowArray first[] = {ARRAY(4, 1, NULL, number), ARRAY(4, 0, NULL, one)};
    struct ArrowArray second[] = {ARRAY(2, 4, NULL, number), ARRAY(2, 0, NULL, two)};
    first[1].dictionary = &first_dictionary;
    second[1].dictionary = &second_dictionary;
    struct ArrowArray *first_children[] = {&first[0], &first[1]}, *second_children[] = {&second[0], &second[1]};
    struct ArrowArray batches[] = {ARRAY(3, 1, outer), ARRAY(2, 0, NULL)};
    batches[0].n_children = batches[1].n_children = 2;
    batches[0].children = first_children;
    batches[1].children = second_children;
    const struct ArrowArray *chunks[] = {&batches[0], &batches[1]};
    static const double numbers[] = {20, NAN, 40, 40, 50};
    static const char *const texts[] = {"a", NULL, "a", "b", "c"};
    SdcFrame frame;
    SdcError error = {0};
    g_assert_true(sdc_arrow_import(NULL, &schema, chunks, 2, NULL, &frame, NULL));
    g_assert_cmpuint(frame.rows, ==, 5);
    for (int i = 0; i < 5; i++)
        g_assert_true(frame.columns[0].numbers.values[i] == numbers[i] ||
                      (isnan(numbers[i]) && isnan(frame.columns[0].numbers.values[i])));
    check_texts(&frame.columns[1], texts);
    sdc_frame_clear(NULL, &frame);
    g_assert_true(sdc_arrow_import(NULL, &schema, chunks, 0, NULL, &frame, NULL));
    g_assert_cmpuint(frame.rows, ==, 0);
    g_assert_cmpuint(frame.count, ==, 2);
    sdc_frame_clear(NULL, &frame);

    first[0].length = 3;   /* the struct wants one more */
    g_assert_false(sdc_arrow_import(NULL, &schema, chunks, 2, NULL, &frame, &error));
    g_assert_nonnull(strstr(error.sentence, "Column 1 (\"n\") is malformed: 3 values instead of 4"));
    first[0].length = 4;
    batches[1].n_children = 1;
    g_assert_false(sdc_arrow_import(NULL, &schema, chunks, 2, NULL, &frame, &error));
    g_assert_nonnull(strstr(error.sentence, "A record batch has 1 columns, its schema 2"));
    batches[1].n_children = 2;
    second_children[1] = NULL;
    g_assert_false(sdc_arrow_import(NULL, &schema, chunks, 2, NULL, &frame, &error));
    g_assert_nonnull(strstr(error.sentence, "Column 2 (\"t\") is malformed: an array is not there"));
    second_children[1] = &second[1];
    batches[0].length = INT64_C(1) << 40;
    g_assert_false(sdc_arrow_import(NULL, &schema, chunks, 2, NULL, &frame, &error));
    g_assert_cmpint(error.code, ==, SDC_ERROR_LIMIT);
    children[1] = NULL;
    g_assert_false(sdc_arrow_import(NULL, &schema, chunks, 2, NULL, &frame, &error));
    g_assert_nonnull(strstr(error.sentence, "Column 2 of the Arrow schema is not there"));
}

/* --- what is malformed, what is refused ---------------------------------------------------------------- */

static void test_malformed(void)
{
    static const int32_t values[] = {1, 2, 3}, places[] = {0, 2, 1, 3}, negative[] = {-1, 0, 1, 1};
    struct ArrowSchema number = SCHEMA("i", "x"), text = SCHEMA("u", "x");
    struct ArrowArray good = ARRAY(3, 0, NULL, values), array = good;
    array.length = -1;
    check_refused(&number, &array, "length -1 and offset 0");
    array = good, array.offset = -2;
    check_refused(&number, &array, "length 3 and offset -2");
    array = good, array.offset = INT64_MAX;
    check_refused(&number, &array, "length 3 and offset 9223372036854775807");
    array = good, array.null_count = 4;
    check_refused(&number, &array, "4 values of 3 are said to be missing");
    array = good, array.null_count = -2;
    check_refused(&number, &array, "-2 values of 3");
    array = good, array.null_count = 1;
    check_refused(&number, &array, "no bitmap says which");
    array = good, array.n_buffers = 1;
    check_refused(&number, &array, "1 buffers instead of 2");
    array = good, array.n_buffers = -1;
    check_refused(&number, &array, "-1 buffers");
    array = good, array.buffers = NULL;
    check_refused(&number, &array, "2 buffers, 0 children");
    array = good, array.n_children = 1;
    check_refused(&number, &array, "2 buffers, 1 children");
    array = good, array.release = NULL;
    check_refused(&number, &array, "was released");
    check_refused(&number, NULL, "is not there");
    check_refused(&number, &(struct ArrowArray)ARRAY(3, 0, NULL, NULL), "3 values and no buffer of them");
    check_refused(&text, &(struct ArrowArray)ARRAY(3, 0, NULL, places, "abc"), "a text from byte 2 to byte 1");
    check_refused(&text, &(struct ArrowArray)ARRAY(3, 0, NULL, negative, "abc"),
                  "a text from byte -1 to byte 0");
    check_refused(&text, &(struct ArrowArray)ARRAY(1, 0, NULL, places, NULL), "its texts have no buffer");
    check_refused(&text, &(struct ArrowArray)ARRAY(1, 0, NULL, places, "a\0"), "cannot be read in record 1");
    check_refused(&text, &(struct ArrowArray)ARRAY(1, 0, NULL, places, "\xC0\xAF"), "not UTF-8");
    check_refused(&text, &(struct ArrowArray)ARRAY(1, 0, NULL, places, "\xE9t"), "not UTF-8");
    number.release = NULL;
    check_refused(&number, &good, "The Arrow schema is not there, or was released");
    struct ArrowSchema name = SCHEMA("i", "\xFFx"), children = SCHEMA("i", "x");
    check_refused(&name, &good, "The name of column 1 is not UTF-8");
    children.n_children = 2;
    check_refused(&children, &good, "2 children instead of none");
}

static void test_refused_types(void)
{
    static const struct {
        const char *format, *sentence;
    } cases[] = {
        {"d:12,2", "holds decimal numbers (Arrow's d:12,2), not read here; cast it to float64"},
        {"e", "16-bit floats"},       {"z", "holds bytes"},         {"w:4", "holds bytes"},
        {"tdD", "holds dates"},       {"tsu:UTC", "timestamps"},    {"tDs", "durations"},
        {"+l", "several parts"},      {"+s", "several parts"},      {"+r", "run-end encoding"},
        {"", "not known here"},       {"?", "not known here"},
    };
    for (size_t n = 0; n < G_N_ELEMENTS(cases); n++) {
        struct ArrowSchema column = SCHEMA(cases[n].format, "x"), *children[] = {&column};
        struct ArrowSchema schema = {.format = "+s", .n_children = 1, .children = children,
                                     .release = schema_released};
        struct ArrowArray array = ARRAY(1, 0, NULL, "0123456789012345"), *parts[] = {&array};
        struct ArrowArray batch = ARRAY(1, 0, NULL);
        batch.n_children = 1;
        batch.children = parts;
        check_refused(&schema, &batch, cases[n].sentence);
    }
}

/* Only the named columns are looked at, in their order. */
static void test_names(void)
{
    static const int32_t values[] = {1, 2};
    struct ArrowSchema columns[] = {SCHEMA("i", "a"), SCHEMA("tdD", "day"), SCHEMA("i", "b"), SCHEMA("i", "b")};
    struct ArrowSchema *children[] = {&columns[0], &columns[1], &columns[2], &columns[3]};
    struct ArrowSchema schema = {.format = "+s", .n_children = 3, .children = children,
                                 .release = schema_released};
    struct ArrowArray array = ARRAY(2, 0, NULL, values), *parts[] = {&array, &array, &array, &array};
    struct ArrowArray batch = ARRAY(2, 0, NULL);
    batch.n_children = 3;
    batch.children = parts;
    const struct ArrowArray *chunk = &batch;
    const char *wanted[] = {"b", "a"};
    SdcArrowNames names = {2, wanted};
    SdcFrame frame;
    SdcError error = {0};
    g_assert_true(sdc_arrow_import(NULL, &schema, &chunk, 1, &names, &frame, NULL));
    g_assert_cmpuint(frame.count, ==, 2);
    g_assert_cmpstr(frame.columns[0].name, ==, "b");
    sdc_frame_clear(NULL, &frame);
    g_assert_false(sdc_arrow_import(NULL, &schema, &chunk, 1, NULL, &frame, &error));
    g_assert_nonnull(strstr(error.sentence, "Column 2 (\"day\") holds dates"));
    wanted[1] = "c";
    g_assert_false(sdc_arrow_import(NULL, &schema, &chunk, 1, &names, &frame, &error));
    g_assert_cmpstr(error.sentence, ==, "There is no column named \"c\".");
    schema.n_children = batch.n_children = 4;
    wanted[1] = "a";
    g_assert_false(sdc_arrow_import(NULL, &schema, &chunk, 1, &names, &frame, &error));
    g_assert_cmpstr(error.sentence, ==, "There are several columns named \"b\".");
    g_assert_false(sdc_arrow_import(NULL, &columns[0], &chunk, 1, &names, &frame, &error));
    g_assert_cmpint(error.code, ==, SDC_ERROR_ARGUMENT);
}

/* --- numbers as categories ----------------------------------------------------------------------------- */

static void test_make_codes(void)
{
    static const double values[] = {30, NAN, .1, 30, -0.0, 0, -2};
    static const uint32_t expected[] = {4, 0, 3, 4, 2, 2, 1};
    struct ArrowSchema schema = SCHEMA("g", "x");
    struct ArrowArray array = ARRAY(7, 0, NULL, values);
    SdcFrame frame;
    g_assert_true(import_one(&schema, &array, &frame, NULL));
    for (int twice = 0; twice < 2; twice++)
        g_assert_true(sdc_frame_make_codes(NULL, &frame, 0, NULL));
    const SdcColumn *column = frame.columns;
    g_assert_cmpint(column->kind, ==, SDC_COLUMN_CODES);
    g_assert_cmpmem(column->codes.codes, sizeof expected, expected, sizeof expected);
    static const char *const labels[] = {"-2", "0", "0.1", "30"};
    g_assert_cmpuint(column->codes.categories, ==, 4);
    for (int c = 0; c < 4; c++)
        g_assert_cmpstr(column->codes.labels[c], ==, labels[c]);
    g_assert_true(column->numbers.values[0] == 30);
    SdcError error = {0};
    g_assert_false(sdc_frame_make_codes(NULL, &frame, 1, &error));
    g_assert_cmpint(error.code, ==, SDC_ERROR_ARGUMENT);
    sdc_frame_clear(NULL, &frame);
}

static void test_number_text(void)
{
    static const struct {
        double value;
        const char *text;
    } cases[] = {{0, "0"},      {-0.0, "0"},           {1e22, "1e+22"},
                 {.1, "0.1"},   {1.0 / 3, "0.33333333333333331"}, {-1234.5, "-1234.5"},
                 {123456789012345678, "1.2345678901234568e+17"}};
    char buffer[SDC_NUMBER_TEXT_BYTES];
    for (size_t n = 0; n < G_N_ELEMENTS(cases); n++)
        g_assert_cmpstr(sdc_number_text(cases[n].value, buffer), ==, cases[n].text);
    const char *commas[] = {"de_DE.UTF-8", "fr_FR.UTF-8", "de_DE", "fr_FR"};
    for (size_t l = 0; l < G_N_ELEMENTS(commas); l++) {
        if (setlocale(LC_NUMERIC, commas[l]) == NULL)
            continue;
        g_assert_cmpstr(sdc_number_text(.5, buffer), ==, "0.5");
        g_assert_cmpstr(sdc_number_text(1.0 / 3, buffer), ==, "0.33333333333333331");
    }
    setlocale(LC_NUMERIC, "C");
}

/* --- out ----------------------------------------------------------------------------------------------- */

static const double out_numbers[] = {1.5, NAN, -3};
static const uint32_t out_codes[] = {2, 0, 1}, out_counts[] = {7, 0, UINT32_MAX};
static const uint8_t out_flags[] = {1, 0, 1};
static const char *const out_labels[] = {"", "été", "nobody"};

static void fill_columns(SdcColumn columns[4])
{
    columns[0] = (SdcColumn){"n", SDC_COLUMN_NUMBERS, .numbers = {3, out_numbers}};
    columns[1] = (SdcColumn){"t", SDC_COLUMN_CODES, .codes = {3, 3, out_codes, out_labels}};
    columns[2] = (SdcColumn){"f", SDC_COLUMN_COUNTS, .counts = out_counts};
    columns[3] = (SdcColumn){"b", SDC_COLUMN_FLAGS, .flags = out_flags};
}

static void check_out(const struct ArrowSchema *schema, const struct ArrowArray *array)
{
    static const char *const formats[] = {"g", "i", "I", "b"}, *const names[] = {"n", "t", "f", "b"};
    g_assert_cmpstr(schema->format, ==, "+s");
    g_assert_cmpint(schema->n_children, ==, 4);
    for (int c = 0; c < 4; c++) {
        g_assert_cmpstr(schema->children[c]->format, ==, formats[c]);
        g_assert_cmpstr(schema->children[c]->name, ==, names[c]);
        g_assert_cmpint(array->children[c]->null_count, ==, c < 2);
        g_assert_true((array->children[c]->buffers[0] == NULL) == (c >= 2));
    }
    g_assert_cmpuint(*(const uint8_t *)array->children[0]->buffers[0], ==, 0x05);
    g_assert_cmpuint(*(const uint8_t *)array->children[3]->buffers[1], ==, 0x05);
    g_assert_cmpmem(array->children[2]->buffers[1], 12, out_counts, 12);
    const struct ArrowArray *entries = array->children[1]->dictionary;
    g_assert_cmpint(entries->length, ==, 3);
    g_assert_cmpmem(entries->buffers[2], 11, "éténobody", 11);
    g_assert_cmpint(((const int32_t *)entries->buffers[1])[1], ==, 0);
    g_assert_cmpint(((const int32_t *)entries->buffers[1])[3], ==, 11);
    const struct ArrowArray *chunk = array;
    SdcFrame frame;
    g_assert_true(sdc_arrow_import(NULL, schema, &chunk, 1, NULL, &frame, NULL));
    g_assert_cmpmem(frame.columns[1].codes.codes, 12, out_codes, 12);
    g_assert_cmpuint(frame.columns[1].codes.categories, ==, 3);
    g_assert_true(frame.columns[0].numbers.values[2] == -3 && isnan(frame.columns[0].numbers.values[1]));
    sdc_frame_clear(NULL, &frame);
}

static void test_export(void)
{
    SdcColumn columns[4];
    fill_columns(columns);
    struct ArrowSchema schema;
    struct ArrowArray array;
    g_assert_true(sdc_arrow_export(NULL, columns, 4, 3, &schema, &array, NULL));
    check_out(&schema, &array);
    /* A consumer may move a child out, release the rest, and read on. */
    struct ArrowArray moved = *array.children[2];
    array.children[2]->release = NULL;
    array.release(&array);
    g_assert_null(array.release);
    g_assert_cmpmem(moved.buffers[1], 12, out_counts, 12);
    moved.release(&moved);
    schema.release(&schema);
    g_assert_null(schema.release);
}

static void test_stream(void)
{
    SdcColumn columns[4];
    fill_columns(columns);
    struct ArrowArrayStream stream;
    g_assert_true(sdc_arrow_export_stream(NULL, columns, 4, 3, &stream, NULL));
    for (int twice = 0; twice < 2; twice++) {
        struct ArrowSchema schema;
        g_assert_cmpint(stream.get_schema(&stream, &schema), ==, 0);
        g_assert_cmpstr(schema.children[1]->dictionary->format, ==, "u");
        schema.release(&schema);
    }
    SdcFrame frame;
    g_assert_true(sdc_arrow_import_stream(NULL, &stream, NULL, &frame, NULL));
    g_assert_cmpuint(frame.rows, ==, 3);
    g_assert_cmpuint(frame.count, ==, 4);
    sdc_frame_clear(NULL, &frame);
    struct ArrowArray after;
    g_assert_cmpint(stream.get_next(&stream, &after), ==, 0);
    g_assert_null(after.release);
    g_assert_null(stream.get_last_error(&stream));
    stream.release(&stream);
    g_assert_null(stream.release);
    SdcError error = {0};
    g_assert_false(sdc_arrow_import_stream(NULL, &stream, NULL, &frame, &error));
    g_assert_cmpint(error.code, ==, SDC_ERROR_DATA);
}

static void test_export_refusals(void)
{
    SdcColumn columns[4];
    struct ArrowSchema schema = {.flags = 77};
    struct ArrowArray array = {.length = 77};
    SdcError error = {0};
    for (int n = 0; n < 6; n++) {
        fill_columns(columns);
        static const char *const broken[] = {"a", "\xC3", "c"};
        static const uint32_t beyond[] = {1, 2, 4};
        switch (n) {
        case 0: columns[0].numbers.rows = 2; break;
        case 1: columns[1].codes.labels = NULL; break;
        case 2: columns[1].codes.labels = broken; break;
        case 3: columns[1].codes.codes = beyond; break;
        case 4: columns[2].counts = NULL; break;
        default: columns[3].name = NULL; break;
        }
        g_assert_false(sdc_arrow_export(NULL, columns, 4, 3, &schema, &array, &error));
        g_assert_cmpint(error.code, ==, SDC_ERROR_DATA);
        g_assert_cmpint(schema.flags, ==, 77);
        g_assert_cmpint(array.length, ==, 77);
    }
}

/* --- streams that fail --------------------------------------------------------------------------------- */

typedef struct Failing {
    int after, given, released;
} Failing;

static Failing failing;

static void count_released(struct ArrowArray *array)
{
    array->release = NULL;
    failing.released++;
}

static int give_schema(struct ArrowArrayStream *stream, struct ArrowSchema *ret_schema)
{
    (void)stream;
    *ret_schema = (struct ArrowSchema)SCHEMA("i", "x");
    return failing.after < 0 ? EIO : 0;
}

static int give_next(struct ArrowArrayStream *stream, struct ArrowArray *ret_array)
{
    static const int32_t values[] = {5, 6};
    static const void *buffers[] = {NULL, values};
    (void)stream;
    if (failing.given == failing.after)
        return EIO;
    *ret_array = (struct ArrowArray){.length = 2, .n_buffers = 2, .buffers = buffers, .release = count_released};
    failing.given++;
    return 0;
}

static const char *give_error(struct ArrowArrayStream *stream)
{
    (void)stream;
    return "the disk is gone";
}

static void test_failing_streams(void)
{
    struct ArrowArrayStream stream = {give_schema, give_next, give_error, (void (*)(struct ArrowArrayStream *))abort,
                                      NULL};
    for (int after = -1; after < 20; after++) {
        failing = (Failing){.after = after};
        SdcFrame frame;
        SdcError error = {0};
        g_assert_false(sdc_arrow_import_stream(NULL, &stream, NULL, &frame, &error));
        g_assert_nonnull(strstr(error.sentence, "the disk is gone"));
        g_assert_cmpint(failing.released, ==, MAX(after, 0));
    }
}

/* --- memory -------------------------------------------------------------------------------------------- */

/* Out by a stream, in again, numbers as codes. */
static bool there_and_back(const SdcContext *context, SdcError *error)
{
    SdcColumn columns[4];
    fill_columns(columns);
    struct ArrowArrayStream stream;
    SdcFrame frame;
    if (!sdc_arrow_export_stream(context, columns, 4, 3, &stream, error))
        return false;
    bool done = sdc_arrow_import_stream(context, &stream, NULL, &frame, error);
    stream.release(&stream);
    if (!done) {
        if (error->code == SDC_ERROR_DATA && strstr(error->sentence, "stream failed (12)") != NULL)
            error->code = SDC_ERROR_MEMORY;   /* our own stream's ENOMEM, told by the one that reads it */
        return false;
    }
    done = sdc_frame_make_codes(context, &frame, 0, error);
    sdc_frame_clear(context, &frame);
    return done;
}

/* More labels than the first tables of slots and texts hold. */
static bool many_labels(const SdcContext *context, SdcError *error)
{
    enum { ROWS = 300 };
    static char data[ROWS * 3 + 1];
    static int32_t places[ROWS + 1];
    for (int i = 0; i < ROWS; i++) {
        data[i * 3] = (char)('a' + i % 7), data[i * 3 + 1] = (char)('0' + i % 10), data[i * 3 + 2] = (char)('A' + i / 70);
        places[i + 1] = (i + 1) * 3;
    }
    struct ArrowSchema schema = SCHEMA("u", "x");
    struct ArrowArray array = ARRAY(ROWS, 0, NULL, places, data);
    const struct ArrowArray *chunk = &array;
    SdcFrame frame;
    if (!sdc_arrow_import(context, &schema, &chunk, 1, NULL, &frame, error))
        return false;
    g_assert_cmpuint(frame.columns->codes.categories, ==, ROWS);
    sdc_frame_clear(context, &frame);
    return true;
}

static void test_memory(void)
{
    check_every_allocation(there_and_back);
    check_every_allocation(many_labels);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/sdc/arrow/numbers", test_numbers);
    g_test_add_func("/sdc/arrow/numbers-that-no-double-holds", test_numbers_that_no_double_holds);
    g_test_add_func("/sdc/arrow/nothing", test_nothing);
    g_test_add_func("/sdc/arrow/texts", test_texts);
    g_test_add_func("/sdc/arrow/views", test_views);
    g_test_add_func("/sdc/arrow/truth", test_truth);
    g_test_add_func("/sdc/arrow/dictionary-indices", test_dictionary_indices);
    g_test_add_func("/sdc/arrow/dictionary-of-numbers", test_dictionary_of_numbers);
    g_test_add_func("/sdc/arrow/wrong-dictionaries", test_wrong_dictionaries);
    g_test_add_func("/sdc/arrow/chunks", test_chunks);
    g_test_add_func("/sdc/arrow/malformed", test_malformed);
    g_test_add_func("/sdc/arrow/refused-types", test_refused_types);
    g_test_add_func("/sdc/arrow/names", test_names);
    g_test_add_func("/sdc/arrow/make-codes", test_make_codes);
    g_test_add_func("/sdc/arrow/number-text", test_number_text);
    g_test_add_func("/sdc/arrow/export", test_export);
    g_test_add_func("/sdc/arrow/stream", test_stream);
    g_test_add_func("/sdc/arrow/export-refusals", test_export_refusals);
    g_test_add_func("/sdc/arrow/failing-streams", test_failing_streams);
    g_test_add_func("/sdc/arrow/memory", test_memory);
    return g_test_run();
}
