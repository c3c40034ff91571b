/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Steps under a secret key: pseudonyms of identifiers, and record keys for tables by the cell-key method.
 * A key belongs to a domain: the caller gives one for all domains, or one for each.
 */
#include "protect/steps.h"

#include "base/error.h"

#include <string.h>

#define KEY_BYTES_MIN 32
/* The digits of a record key: 52 bits, which a double and 17 decimal digits hold exactly. */
#define RECORD_KEY_DIGITS 13
#define RECORD_KEY_COLUMN "record_key"
#define RECORD_KEY_DOMAIN "record"

typedef struct KeyedStep {
    const char *name;
    const char *(*domain)(const json_t *step);
} KeyedStep;

static const char *pseudonym_domain(const json_t *step)
{
    const char *domain = recipe_text(step, "domain");
    return domain != NULL ? domain : recipe_text(step, "column");
}

static const char *record_domain(const json_t *step)
{
    const char *domain = recipe_text(step, "domain");
    return domain != NULL ? domain : RECORD_KEY_DOMAIN;
}

static const KeyedStep keyed_steps[] = {{"pseudonym", pseudonym_domain}, {"record_key", record_domain}};

GPtrArray *protect_domains(const json_t *recipe)
{
    GPtrArray *domains = g_ptr_array_new_with_free_func(g_free);
    const json_t *steps = json_object_get(recipe, "steps");
    for (size_t i = 0; i < json_array_size(steps); i++) {
        const json_t *step = json_array_get(steps, i);
        for (size_t k = 0; k < G_N_ELEMENTS(keyed_steps); k++) {
            if (g_strcmp0(recipe_text(step, "do"), keyed_steps[k].name) != 0)
                continue;
            const char *domain = keyed_steps[k].domain(step);
            if (!g_ptr_array_find_with_equal_func(domains, domain, g_str_equal, NULL))
                g_ptr_array_add(domains, g_strdup(domain));
        }
    }
    return domains;
}

static const char *key_of(const Run *run, const char *domain, GError **error)
{
    const ProtectOptions *options = run->options;
    const char *key = options->keys != NULL ? recipe_text(options->keys, domain) : options->key;
    if (key != NULL && strlen(key) >= KEY_BYTES_MIN)
        return key;
    error_set(error, ERROR_INVALID, "protect.key",
              "The domain \"%s\" needs a key of at least %d bytes; give a file that holds one.", domain,
              KEY_BYTES_MIN);
    return NULL;
}

static GHmac *hmac_new(const char *key)
{
    return g_hmac_new(G_CHECKSUM_SHA256, (const guchar *)key, strlen(key));
}

/* HMAC-SHA-256 over domain, a byte 0, and the value; the first 128 bits in hexadecimal. The domain keeps
 * persons and enterprises of the same number apart. */
static char *pseudonym_of(const char *key, const char *domain, const char *value)
{
    g_autoptr(GHmac) hmac = hmac_new(key);
    g_hmac_update(hmac, (const guchar *)domain, (gssize)strlen(domain) + 1);
    g_hmac_update(hmac, (const guchar *)value, (gssize)strlen(value));
    return g_strndup(g_hmac_get_string(hmac), 32);
}

bool step_pseudonym(Run *run, const json_t *step, json_t *log, GError **error)
{
    MicrodataColumn *column = step_column(run, step, "column", false, error);
    const char *domain = pseudonym_domain(step);
    const char *key = column != NULL ? key_of(run, domain, error) : NULL;
    if (key == NULL)
        return false;
    g_autoptr(GPtrArray) labels = g_ptr_array_new_with_free_func(g_free);
    for (guint l = 0; l < column->labels->len; l++)
        g_ptr_array_add(labels, pseudonym_of(key, domain, column->labels->pdata[l]));
    step_note(log, "values", column->labels->len);
    column_set_codes(column, g_array_ref(column->codes), (const char *const *)labels->pdata,
                     labels->len);
    return true;
}

/* What tells the unit of ROW: each value with a byte 0 after it, a byte 1 where there is none. */
static GBytes *unit_of(MicrodataColumn *const *columns, size_t count, size_t row)
{
    char buffer[COLUMN_TEXT_BYTES];
    GByteArray *unit = g_byte_array_new();
    for (size_t c = 0; c < count; c++) {
        const char *text = column_text(columns[c], row, buffer);
        g_byte_array_append(unit, (const guint8 *)(text != NULL ? text : "\1"),
                            text != NULL ? (guint)strlen(text) + 1 : 2);
    }
    return g_byte_array_free_to_bytes(unit);
}

/* In [0, 1): 52 bits of HMAC-SHA-256 over a mark, the domain, the unit and how many records of the same
 * unit came before. */
static double record_key_of(const char *key, const char *domain, GBytes *unit, unsigned before)
{
    static const char mark[] = "record key";
    g_autoptr(GHmac) hmac = hmac_new(key);
    g_autofree char *nth = g_strdup_printf("%u", before);
    gsize size;
    const guchar *bytes = g_bytes_get_data(unit, &size);
    g_hmac_update(hmac, (const guchar *)mark, sizeof mark);
    g_hmac_update(hmac, (const guchar *)domain, (gssize)strlen(domain) + 1);
    g_hmac_update(hmac, bytes, (gssize)size);
    g_hmac_update(hmac, (const guchar *)nth, (gssize)strlen(nth));
    g_autofree char *digits = g_strndup(g_hmac_get_string(hmac), RECORD_KEY_DIGITS);
    return (double)g_ascii_strtoull(digits, NULL, 16) / (double)(UINT64_C(1) << (4 * RECORD_KEY_DIGITS));
}

static bool record_columns(Run *run, const json_t *step, MicrodataColumn **columns, size_t *ret_count,
                           GError **error)
{
    const json_t *names = json_object_get(step, "columns");
    *ret_count = json_array_size(names);
    for (size_t c = 0; c < *ret_count; c++) {
        const char *name = json_string_value(json_array_get(names, c));
        columns[c] = microdata_find(run->data, name);
        if (columns[c] == NULL)
            return error_set(error, ERROR_UNPROCESSABLE, "protect.column", "There is no column \"%s\".",
                             name);
    }
    return true;
}

bool step_record_key(Run *run, const json_t *step, json_t *log, GError **error)
{
    MicrodataColumn *columns[64];
    size_t count, rows = run->data->rows, repeated = 0;
    const char *as = recipe_text(step, "as") != NULL ? recipe_text(step, "as") : RECORD_KEY_COLUMN;
    const char *domain = record_domain(step);
    const char *key = key_of(run, domain, error);
    if (key == NULL || !record_columns(run, step, columns, &count, error))
        return false;
    if (microdata_find(run->data, as) != NULL)
        return error_set(error, ERROR_UNPROCESSABLE, "protect.column",
                         "There is a column \"%s\" already; name another with \"as\".", as);
    g_autoptr(GHashTable) seen =
        g_hash_table_new_full(g_bytes_hash, g_bytes_equal, (GDestroyNotify)g_bytes_unref, NULL);
    g_autoptr(GArray) keys = g_array_sized_new(false, false, sizeof(double), (guint)rows);
    for (size_t i = 0; i < rows; i++) {
        GBytes *unit = unit_of(columns, count, i);
        unsigned before = GPOINTER_TO_UINT(g_hash_table_lookup(seen, unit));
        double made = record_key_of(key, domain, unit, before);
        repeated += before > 0;
        g_array_append_val(keys, made);
        g_hash_table_replace(seen, unit, GUINT_TO_POINTER(before + 1));
    }
    MicrodataColumn *column = microdata_add_column(run->data, as, true);
    g_array_append_vals(column->values, keys->data, keys->len);
    step_note(log, "records", (double)rows);
    step_note(log, "units_repeated", (double)repeated);
    return true;
}
