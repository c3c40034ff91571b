/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Classes by open addressing on packed keys. Above a hundred thousand records the records are first
 * spread over parts by the top bits of their hash, in order: each part's table fits a cache, parts run as
 * tasks, and as a class lies in one part its records keep their order, whatever the threads.
 */
#include "sdc/keys.h"

#include "sdc/failure.h"
#include "sdc/packing.h"

#include <math.h>
#include <string.h>

#define BLOCK_ROWS ((size_t)1 << 16)
#define PART_ROWS ((size_t)1 << 16)
#define PARTS_MAX 256

static const uint64_t whole_key[SDC_KEYS_MAX] = {[0 ... SDC_KEYS_MAX - 1] = UINT64_MAX};

typedef struct Finder {
    size_t rows;
    unsigned words;
    unsigned part_bits;
    size_t parts, blocks;
    const uint64_t *keys;
    size_t *places;         /* [block][part]: where the block's records of a part go */
    size_t *starts;         /* PARTS + 1: records of a part in ORDER */
    size_t *slot_starts;    /* PARTS + 1 */
    uint32_t *order;        /* NULL when there is one part: all records in order */
    uint32_t *slots;        /* record + 1 of a class's first record, 0 free */
    uint32_t *of_row;       /* first record of the record's class */
} Finder;

static uint64_t hash_of(const Finder *f, size_t row)
{
    return sdc_key_hash(f->keys + row * f->words, whole_key, f->words);
}

static size_t part_of(const Finder *f, uint64_t hash)
{
    return f->part_bits == 0 ? 0 : hash >> (64 - f->part_bits);
}

static size_t block_end(const Finder *f, size_t block)
{
    size_t end = (block + 1) * BLOCK_ROWS;
    return end < f->rows ? end : f->rows;
}

static void count_block(void *data, size_t block)
{
    Finder *f = data;
    size_t *counts = f->places + block * f->parts;
    for (size_t i = block * BLOCK_ROWS; i < block_end(f, block); i++)
        counts[part_of(f, hash_of(f, i))]++;
}

static void spread_block(void *data, size_t block)
{
    Finder *f = data;
    size_t *places = f->places + block * f->parts;
    for (size_t i = block * BLOCK_ROWS; i < block_end(f, block); i++)
        f->order[places[part_of(f, hash_of(f, i))]++] = (uint32_t)i;
}

/* Counts to places, part by part, block by block within a part. */
static void place_parts(Finder *f)
{
    size_t place = 0;
    for (size_t part = 0; part < f->parts; part++) {
        f->starts[part] = place;
        for (size_t block = 0; block < f->blocks; block++) {
            size_t records = f->places[block * f->parts + part];
            f->places[block * f->parts + part] = place;
            place += records;
        }
    }
    f->starts[f->parts] = place;
}

static void find_in_part(void *data, size_t part)
{
    Finder *f = data;
    uint32_t *slots = f->slots + f->slot_starts[part];
    size_t last = f->slot_starts[part + 1] - f->slot_starts[part] - 1;
    for (size_t place = f->starts[part]; place < f->starts[part + 1]; place++) {
        size_t row = f->order != NULL ? f->order[place] : place;
        const uint64_t *key = f->keys + row * f->words;
        size_t slot = sdc_key_hash(key, whole_key, f->words) & last;
        while (slots[slot] != 0 && !sdc_key_equal(f->keys + (size_t)(slots[slot] - 1) * f->words, key,
                                                  whole_key, f->words))
            slot = (slot + 1) & last;
        if (slots[slot] == 0)
            slots[slot] = (uint32_t)row + 1;
        f->of_row[row] = slots[slot] - 1;
    }
}

static bool spread(Finder *f, SdcScope *scope, SdcError *ret_error)
{
    while (f->rows / PART_ROWS > (size_t)1 << f->part_bits && 1u << f->part_bits < PARTS_MAX)
        f->part_bits++;
    f->parts = (size_t)1 << f->part_bits;
    f->blocks = (f->rows + BLOCK_ROWS - 1) / BLOCK_ROWS;
    f->starts = sdc_scope_alloc(scope, f->parts + 1, sizeof *f->starts, ret_error);
    if (f->starts == NULL)
        return false;
    if (f->parts == 1) {
        f->starts[1] = f->rows;
        return true;
    }
    f->places = sdc_scope_alloc(scope, f->parts * f->blocks, sizeof *f->places, ret_error);
    if (f->places == NULL)
        return false;
    f->order = sdc_scope_alloc(scope, f->rows, sizeof *f->order, ret_error);
    if (f->order == NULL)
        return false;
    sdc_run_tasks(scope->context, f->blocks, count_block, f);
    place_parts(f);
    sdc_run_tasks(scope->context, f->blocks, spread_block, f);
    return true;
}

static bool find_all(Finder *f, SdcScope *scope, SdcError *ret_error)
{
    if (!spread(f, scope, ret_error))
        return false;
    f->slot_starts = sdc_scope_alloc(scope, f->parts + 1, sizeof *f->slot_starts, ret_error);
    if (f->slot_starts == NULL)
        return false;
    for (size_t part = 0; part < f->parts; part++)
        f->slot_starts[part + 1] =
            f->slot_starts[part] + sdc_table_size(f->starts[part + 1] - f->starts[part]);
    f->slots = sdc_scope_alloc(scope, f->slot_starts[f->parts], sizeof *f->slots, ret_error);
    if (f->slots == NULL)
        return false;
    sdc_run_tasks(scope->context, f->parts, find_in_part, f);
    return true;
}

/* From first records to numbers of classes, in place: a class's first record comes before the others. */
static size_t number_classes(uint32_t *of_row, size_t rows)
{
    uint32_t count = 0;
    for (size_t i = 0; i < rows; i++)
        of_row[i] = of_row[i] == i ? count++ : of_row[of_row[i]];
    return count;
}

static bool describe_classes(SdcScope *scope, SdcClasses *classes, SdcError *ret_error)
{
    classes->first = sdc_scope_alloc(scope, classes->count, sizeof *classes->first, ret_error);
    if (classes->first == NULL)
        return false;
    classes->sizes = sdc_scope_alloc(scope, classes->count, sizeof *classes->sizes, ret_error);
    if (classes->sizes == NULL)
        return false;
    for (size_t i = 0; i < classes->rows; i++) {
        uint32_t c = classes->of_row[i];
        if (classes->sizes[c]++ == 0)
            classes->first[c] = (uint32_t)i;
    }
    return true;
}

/* KEYS are the packed keys of the columns. Leaves the blocks of RET_CLASSES in SCOPE. */
static bool find_classes(SdcScope *scope, const SdcPacking *packing, const uint64_t *keys, size_t rows,
                         SdcClasses *ret_classes, SdcError *ret_error)
{
    SDC_SCOPE(work, scope->context);
    SdcClasses classes = {.rows = rows};
    classes.of_row = sdc_scope_alloc(scope, rows, sizeof *classes.of_row, ret_error);
    if (classes.of_row == NULL)
        return false;
    Finder finder = {
        .rows = rows, .words = packing->words, .keys = keys, .of_row = classes.of_row};
    if (!find_all(&finder, &work, ret_error))
        return false;
    classes.count = number_classes(classes.of_row, rows);
    if (!describe_classes(scope, &classes, ret_error))
        return false;
    *ret_classes = classes;
    return true;
}

bool sdc_classes_find(const SdcContext *context, const SdcCodes *columns, size_t count,
                      SdcClasses *ret_classes, SdcError *ret_error)
{
    SDC_SCOPE(scope, context);
    SdcPacking packing;
    if (!sdc_packing_plan(columns, count, &packing, ret_error))
        return false;
    uint64_t *keys = sdc_packing_fill(&packing, columns, &scope, ret_error);
    SdcClasses classes;
    if (keys == NULL ||
        !find_classes(&scope, &packing, keys, columns[0].rows, &classes, ret_error))
        return false;
    sdc_scope_keep(&scope, classes.of_row);
    sdc_scope_keep(&scope, classes.first);
    sdc_scope_keep(&scope, classes.sizes);
    *ret_classes = classes;
    return true;
}

void sdc_classes_clear(const SdcContext *context, SdcClasses *classes)
{
    if (classes == NULL)
        return;
    sdc_release(context, classes->of_row, classes->rows, sizeof *classes->of_row);
    sdc_release(context, classes->first, classes->count, sizeof *classes->first);
    sdc_release(context, classes->sizes, classes->count, sizeof *classes->sizes);
    *classes = (SdcClasses){0};
}

/* --- wildcards --------------------------------------------------------------------------------- */

/*
 * Classes grouped by their pattern of missing values. A class of pattern A matches one of pattern B when
 * they are equal outside of A and B; two classes of one pattern never match, as they differ outside of
 * it. So for each pair of patterns one side is put in a table on the variables outside of both, and the
 * other is looked up.
 */
typedef struct Patterns {
    const SdcContext *context;
    const SdcPacking *packing;
    const uint64_t *keys;          /* of records */
    const SdcClasses *classes;
    const double *class_weights;
    size_t count;
    uint64_t *masks;               /* COUNT: bit v set where variable v is missing */
    size_t *starts;                /* COUNT + 1, in MEMBERS */
    uint32_t *members;             /* classes, grouped by pattern */
    uint64_t *matches;             /* of each class, out */
    double *weights;               /* of each class, out */
    SdcError *errors;              /* COUNT */
} Patterns;

typedef struct Sums {
    uint32_t member;               /* class + 1 that shows the key, 0 free */
    uint64_t matches;
    double weight;
} Sums;

static const uint64_t *class_key(const Patterns *p, uint32_t class)
{
    return p->keys + (size_t)p->classes->first[class] * p->packing->words;
}

static Sums *find_slot(const Patterns *p, Sums *slots, size_t last, uint32_t class, const uint64_t *mask)
{
    unsigned words = p->packing->words;
    const uint64_t *key = class_key(p, class);
    size_t slot = sdc_key_hash(key, mask, words) & last;
    while (slots[slot].member != 0 &&
           !sdc_key_equal(class_key(p, slots[slot].member - 1), key, mask, words))
        slot = (slot + 1) & last;
    return &slots[slot];
}

static void add_class(const Patterns *p, Sums *slot, uint32_t class)
{
    slot->matches += p->classes->sizes[class];
    slot->weight += p->class_weights[class];
}

/* The table holds what is looked for when that is the smaller side, what it is looked for in otherwise;
 * the sums are made in the order of B either way. */
static void match_patterns(const Patterns *p, size_t a, size_t b, Sums *slots)
{
    uint64_t mask[SDC_KEYS_MAX];
    sdc_packing_mask(p->packing, ~(p->masks[a] | p->masks[b]), mask);
    size_t in_a = p->starts[a + 1] - p->starts[a], in_b = p->starts[b + 1] - p->starts[b];
    bool table_of_a = in_a < in_b;
    size_t last = sdc_table_size(table_of_a ? in_a : in_b) - 1;
    memset(slots, 0, (last + 1) * sizeof *slots);
    for (size_t i = p->starts[a]; table_of_a && i < p->starts[a + 1]; i++)
        find_slot(p, slots, last, p->members[i], mask)->member = p->members[i] + 1;
    for (size_t i = p->starts[b]; i < p->starts[b + 1]; i++) {
        Sums *slot = find_slot(p, slots, last, p->members[i], mask);
        if (!table_of_a)
            slot->member = p->members[i] + 1;
        if (slot->member != 0)
            add_class(p, slot, p->members[i]);
    }
    for (size_t i = p->starts[a]; i < p->starts[a + 1]; i++) {
        const Sums *slot = find_slot(p, slots, last, p->members[i], mask);
        p->matches[p->members[i]] += slot->matches;
        p->weights[p->members[i]] += slot->weight;
    }
}

static void match_one_pattern(void *data, size_t a)
{
    Patterns *p = data;
    size_t largest = 0, in_a = p->starts[a + 1] - p->starts[a];
    for (size_t b = 0; b < p->count; b++) {
        size_t in_b = p->starts[b + 1] - p->starts[b];
        size_t smaller = in_a < in_b ? in_a : in_b;
        if (b != a && smaller > largest)
            largest = smaller;
    }
    size_t size = sdc_table_size(largest);
    Sums *slots = sdc_alloc(p->context, size, sizeof *slots, &p->errors[a]);
    if (slots == NULL)
        return;
    for (size_t b = 0; b < p->count; b++) {
        if (b != a)
            match_patterns(p, a, b, slots);
    }
    sdc_release(p->context, slots, size, sizeof *slots);
}

static uint64_t missing_pattern(const SdcCodes *columns, size_t count, size_t row)
{
    uint64_t mask = 0;
    for (size_t v = 0; v < count; v++)
        mask |= (uint64_t)(columns[v].codes[row] == 0) << v;
    return mask;
}

/* Patterns in the order of their first class; OF_CLASS receives the pattern of each class. */
static bool find_patterns(Patterns *p, SdcScope *scope, const SdcCodes *columns, uint32_t *of_class,
                          SdcError *ret_error)
{
    size_t classes = p->classes->count, size = sdc_table_size(classes), last = size - 1;
    uint32_t *slots = sdc_scope_alloc(scope, size, sizeof *slots, ret_error);
    if (slots == NULL)
        return false;
    p->masks = sdc_scope_alloc(scope, classes, sizeof *p->masks, ret_error);
    if (p->masks == NULL)
        return false;
    for (size_t c = 0; c < classes; c++) {
        uint64_t mask = missing_pattern(columns, p->packing->count, p->classes->first[c]);
        size_t slot = sdc_key_hash(&mask, whole_key, 1) & last;
        while (slots[slot] != 0 && p->masks[slots[slot] - 1] != mask)
            slot = (slot + 1) & last;
        if (slots[slot] == 0) {
            p->masks[p->count++] = mask;
            slots[slot] = (uint32_t)p->count;
        }
        of_class[c] = slots[slot] - 1;
    }
    sdc_scope_release(scope, slots);
    return true;
}

static bool group_patterns(Patterns *p, SdcScope *scope, const uint32_t *of_class, SdcError *ret_error)
{
    p->starts = sdc_scope_alloc(scope, p->count + 2, sizeof *p->starts, ret_error);
    if (p->starts == NULL)
        return false;
    p->members = sdc_scope_alloc(scope, p->classes->count, sizeof *p->members, ret_error);
    if (p->members == NULL)
        return false;
    p->errors = sdc_scope_alloc(scope, p->count, sizeof *p->errors, ret_error);
    if (p->errors == NULL)
        return false;
    for (size_t c = 0; c < p->classes->count; c++)
        p->starts[of_class[c] + 2]++;
    for (size_t i = 2; i < p->count + 2; i++)
        p->starts[i] += p->starts[i - 1];
    for (size_t c = 0; c < p->classes->count; c++)
        p->members[p->starts[of_class[c] + 1]++] = (uint32_t)c;
    return true;
}

/* Adds to MATCHES and WEIGHTS of each class what its wildcards match beyond itself. */
static bool match_wildcards(Patterns *p, const SdcCodes *columns, SdcError *ret_error)
{
    SDC_SCOPE(scope, p->context);
    uint32_t *of_class = sdc_scope_alloc(&scope, p->classes->count, sizeof *of_class, ret_error);
    if (of_class == NULL || !find_patterns(p, &scope, columns, of_class, ret_error))
        return false;
    if (p->count <= 1)
        return true;
    if (!group_patterns(p, &scope, of_class, ret_error))
        return false;
    sdc_run_tasks(p->context, p->count, match_one_pattern, p);
    for (size_t a = 0; a < p->count; a++) {
        if (p->errors[a].code != SDC_ERROR_NONE)
            return sdc_failure(ret_error, p->errors[a].code, "%s", p->errors[a].sentence);
    }
    return true;
}

/* --- frequencies ------------------------------------------------------------------------------- */

static bool check_weights(const SdcNumbers *weights, size_t rows, SdcError *ret_error)
{
    if (weights == NULL)
        return true;
    if (weights->rows != rows)
        return sdc_failure(ret_error, SDC_ERROR_DATA, "There are %zu weights for %zu records.",
                           weights->rows, rows);
    for (size_t i = 0; i < rows; i++) {
        if (!(weights->values[i] >= 0) || isinf(weights->values[i]))
            return sdc_failure(ret_error, SDC_ERROR_DATA, "Row %zu has weight %g; a weight is a number "
                               "of at least 0.", i + 1, weights->values[i]);
    }
    return true;
}

static bool has_missing(const SdcCodes *columns, size_t count)
{
    for (size_t v = 0; v < count; v++) {
        uint32_t missing = 0;
        for (size_t i = 0; i < columns[v].rows; i++)
            missing |= columns[v].codes[i] == 0;
        if (missing != 0)
            return true;
    }
    return false;
}

static bool count_classes(SdcScope *scope, const SdcPacking *packing, const SdcCodes *columns,
                          const SdcNumbers *weights, SdcMissing missing, SdcFrequencies *frequencies,
                          SdcError *ret_error)
{
    const uint64_t *keys = sdc_packing_fill(packing, columns, scope, ret_error);
    SdcClasses classes;
    if (keys == NULL ||
        !find_classes(scope, packing, keys, frequencies->rows, &classes, ret_error))
        return false;
    double *class_weights = sdc_scope_alloc(scope, classes.count, sizeof *class_weights, ret_error);
    if (class_weights == NULL)
        return false;
    double *sums = sdc_scope_alloc(scope, classes.count, sizeof *sums, ret_error);
    if (sums == NULL)
        return false;
    uint64_t *matches = sdc_scope_alloc(scope, classes.count, sizeof *matches, ret_error);
    if (matches == NULL)
        return false;
    for (size_t i = 0; i < frequencies->rows; i++)
        class_weights[classes.of_row[i]] += weights != NULL ? weights->values[i] : 1;
    for (size_t c = 0; c < classes.count; c++) {
        sums[c] = class_weights[c];
        matches[c] = classes.sizes[c];
    }
    Patterns patterns = {.context = scope->context, .packing = packing, .keys = keys,
                         .classes = &classes, .class_weights = class_weights, .matches = matches,
                         .weights = sums};
    if (missing == SDC_MISSING_WILDCARD && has_missing(columns, packing->count) &&
        !match_wildcards(&patterns, columns, ret_error))
        return false;
    for (size_t i = 0; i < frequencies->rows; i++) {
        frequencies->sample[i] = (uint32_t)matches[classes.of_row[i]];
        frequencies->population[i] = sums[classes.of_row[i]];
    }
    frequencies->keys = classes.count;
    return true;
}

bool sdc_frequencies_count(const SdcContext *context, const SdcCodes *columns, size_t count,
                           const SdcNumbers *weights, SdcMissing missing,
                           SdcFrequencies *ret_frequencies, SdcError *ret_error)
{
    SDC_SCOPE(scope, context);
    SdcPacking packing;
    if (!sdc_packing_plan(columns, count, &packing, ret_error) ||
        !check_weights(weights, columns[0].rows, ret_error))
        return false;
    SdcFrequencies frequencies = {.rows = columns[0].rows, .missing = missing};
    frequencies.sample =
        sdc_scope_alloc(&scope, frequencies.rows, sizeof *frequencies.sample, ret_error);
    if (frequencies.sample == NULL)
        return false;
    frequencies.population =
        sdc_scope_alloc(&scope, frequencies.rows, sizeof *frequencies.population, ret_error);
    if (frequencies.population == NULL ||
        !count_classes(&scope, &packing, columns, weights, missing, &frequencies, ret_error))
        return false;
    sdc_scope_keep(&scope, frequencies.sample);
    sdc_scope_keep(&scope, frequencies.population);
    *ret_frequencies = frequencies;
    return true;
}

void sdc_frequencies_clear(const SdcContext *context, SdcFrequencies *frequencies)
{
    if (frequencies == NULL)
        return;
    sdc_release(context, frequencies->sample, frequencies->rows, sizeof *frequencies->sample);
    sdc_release(context, frequencies->population, frequencies->rows,
                sizeof *frequencies->population);
    *frequencies = (SdcFrequencies){0};
}

SdcAnonymity sdc_anonymity(const SdcFrequencies *frequencies, uint32_t k)
{
    SdcAnonymity found = {.rows = frequencies->rows, .keys = frequencies->keys, .k = k};
    for (size_t i = 0; i < frequencies->rows; i++) {
        uint32_t f = frequencies->sample[i];
        found.uniques += f == 1;
        found.doubles += f == 2;
        found.below += f < k;
        if (i == 0 || f < found.smallest)
            found.smallest = f;
    }
    return found;
}
