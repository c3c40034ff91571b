/* SPDX-License-Identifier: Apache-2.0 */
/* The file `adult` with the hierarchies of its nine columns, for the search of recodings. */
#ifndef DARSE_TESTS_SDC_ADULT_H
#define DARSE_TESTS_SDC_ADULT_H

#include "sdc_fixture.h"

#define ADULT_KEYS 9

typedef struct Adult {
    SdcCodes columns[ADULT_KEYS];
    SdcHierarchy hierarchies[ADULT_KEYS];
    GPtrArray *blocks;
} Adult;

static inline uint32_t adult_code(GHashTable *codes, const char *text)
{
    gpointer code = g_hash_table_lookup(codes, text);
    if (code == NULL) {
        code = GUINT_TO_POINTER(g_hash_table_size(codes) + 1);
        g_hash_table_insert(codes, g_strdup(text), code);
    }
    return GPOINTER_TO_UINT(code);
}

static inline void *adult_block(Adult *a, size_t bytes)
{
    void *memory = g_malloc0(bytes);
    g_ptr_array_add(a->blocks, memory);
    return memory;
}

/* Reads the hierarchy of column NAME; RET_LEAVES are the codes of its lowest level. */
static inline void adult_hierarchy(Adult *a, int v, const char *name, GHashTable *leaves)
{
    g_autofree char *relative = g_strdup_printf("sdc/arx/adult_hierarchy_%s.csv", name);
    g_autofree char *text = reference_text(relative);
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    g_auto(GStrv) first = g_strsplit(g_strchomp(lines[0]), ";", -1);
    unsigned levels = g_strv_length(first);
    uint32_t *level_sizes = adult_block(a, levels * sizeof *level_sizes);
    uint32_t **up = adult_block(a, levels * sizeof *up);
    g_autoptr(GPtrArray) codes =
        g_ptr_array_new_with_free_func((GDestroyNotify)g_hash_table_unref);
    for (unsigned l = 0; l < levels; l++) {
        g_ptr_array_add(codes, l == 0 ? g_hash_table_ref(leaves)
                                      : g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL));
        up[l] = adult_block(a, 1000 * sizeof **up);
    }
    for (char **line = lines; *line != NULL && **line != '\0'; line++) {
        g_auto(GStrv) fields = g_strsplit(g_strchomp(*line), ";", -1);
        for (unsigned l = 0; l + 1 < levels; l++)
            up[l][adult_code(codes->pdata[l], fields[l]) - 1] = adult_code(codes->pdata[l + 1], fields[l + 1]) - 1;
    }
    for (unsigned l = 0; l < levels; l++)
        level_sizes[l] = g_hash_table_size(codes->pdata[l]);
    a->hierarchies[v] = (SdcHierarchy){levels, level_sizes, (const uint32_t *const *)up, NULL};
}

static inline bool adult_read(Adult *a)
{
    g_autofree char *text = reference_text("sdc/arx/adult.csv");
    if (text == NULL)
        return false;
    a->blocks = g_ptr_array_new_with_free_func(g_free);
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    g_auto(GStrv) names = g_strsplit(g_strchomp(lines[0]), ";", -1);
    GHashTable *leaves[ADULT_KEYS];
    uint32_t *codes[ADULT_KEYS];
    for (int v = 0; v < ADULT_KEYS; v++) {
        leaves[v] = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        codes[v] = adult_block(a, 40000 * sizeof(uint32_t));
        adult_hierarchy(a, v, names[v], leaves[v]);
    }
    size_t rows = 0;
    for (char **line = lines + 1; *line != NULL && **line != '\0'; line++, rows++) {
        g_auto(GStrv) fields = g_strsplit(g_strchomp(*line), ";", -1);
        for (int v = 0; v < ADULT_KEYS; v++)
            codes[v][rows] = adult_code(leaves[v], fields[v]);
    }
    for (int v = 0; v < ADULT_KEYS; v++) {
        a->columns[v] = (SdcCodes){rows, g_hash_table_size(leaves[v]), codes[v], NULL};
        g_hash_table_unref(leaves[v]);
    }
    return true;
}

static inline void adult_clear(Adult *a)
{
    g_ptr_array_unref(a->blocks);
}

#endif
