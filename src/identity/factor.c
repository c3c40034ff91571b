/* SPDX-License-Identifier: Apache-2.0 */
/* Codes are used up in the write that they allow: if that write fails, the code is still good. */
#include "identity/factor.h"

#include "base/encode.h"
#include "base/error.h"
#include "base/ids.h"
#include "base/times.h"
#include "identity/state.h"
#include "identity/totp.h"

#include <sodium.h>
#include <string.h>

static char *factor_context(const char *person)
{
    return g_strconcat("totp:", person, NULL);
}

/* *RET_SECRET NULL: no second factor. */
static bool factor_load(const IdentitySeal *seal, StoreTx *tx, const char *person,
                        char **ret_secret, int64_t *ret_last_step, GError **error)
{
    g_autoptr(StoreRows) rows =
        store_query(tx, error, "SELECT totp_sealed, totp_last_step FROM person WHERE id = $1",
                    store_text(person));
    g_autoptr(GError) problem = NULL;
    if (rows == NULL)
        return false;
    if (!store_next(rows, &problem)) {
        if (problem == NULL)
            return error_set(error, ERROR_NOT_FOUND, "identity.no_person",
                             "There is no person \"%s\".", person);
        g_propagate_error(error, g_steal_pointer(&problem));
        return false;
    }
    *ret_last_step = store_row_integer(rows, 1);
    *ret_secret = NULL;
    if (store_row_is_null(rows, 0))
        return true;
    size_t size = 0;
    const void *sealed = store_row_bytes(rows, 0, &size);
    g_autofree char *context = factor_context(person);
    *ret_secret = identity_unseal_text(seal, context, sealed, size, error);
    return *ret_secret != NULL;
}

bool factor_use_code(const IdentitySeal *seal, StoreTx *tx, const char *person, const char *code,
                     int64_t now_ms, bool *ret_good, GError **error)
{
    char *secret = NULL;
    int64_t last_step = 0, step = -1;
    if (!factor_load(seal, tx, person, &secret, &last_step, error))
        return false;
    if (secret == NULL)
        return error_set(error, ERROR_CONFLICT, "identity.no_second_factor",
                         "You have no second factor yet; set one up in your account first.");
    bool ok = !totp_looks_like_code(code) ||
              totp_match(secret, code, now_ms, last_step, &step, error);
    secret_free(secret);
    if (!ok)
        return false;
    if (step >= 0 &&
        !store_exec(tx, error, "UPDATE person SET totp_last_step = $1 WHERE id = $2",
                    store_integer(step), store_text(person)))
        return false;
    *ret_good = step >= 0;
    return true;
}

bool identity_verify_code(App *app, StoreTx *tx, const char *person, const char *code,
                          GError **error)
{
    Identity *identity = identity_of(app);
    g_autofree char *key = g_strconcat("code ", person, NULL);
    int attempts = (int)config_integer(app->config, "identity.sign_in_attempts");
    bool good = false;
    if (!limiter_take(identity->limiter, key, attempts, time_monotonic_ms()))
        return error_set(error, ERROR_RATE_LIMITED, "identity.rate_limited",
                         "Too many wrong codes; wait ten minutes.");
    if (!factor_use_code(identity->seal, tx, person, code, time_now_ms(), &good, error))
        return false;
    if (!good)
        return error_set(error, ERROR_DENIED, "identity.code_refused",
                         "The code is wrong or was already used; wait for the next one.");
    limiter_clear(identity->limiter, key);
    return true;
}

bool factor_store(const IdentitySeal *seal, StoreTx *tx, const char *person, const char *secret,
                  int64_t step, GError **error)
{
    g_autofree char *context = factor_context(person);
    g_autoptr(GBytes) sealed = identity_seal_text(seal, context, secret);
    return store_exec(tx, error,
                      "UPDATE person SET totp_sealed = $1, totp_last_step = $2 WHERE id = $3",
                      store_bytes(g_bytes_get_data(sealed, NULL), g_bytes_get_size(sealed)),
                      store_integer(step), store_text(person)) &&
           store_exec(tx, error, "DELETE FROM recovery_code WHERE person = $1",
                      store_text(person));
}

bool identity_second_factor_set(const IdentitySeal *seal, StoreTx *tx, const char *person,
                                char **ret_secret, GError **error)
{
    char *secret = totp_secret_new();
    bool ok = factor_store(seal, tx, person, secret, -1, error);
    if (ok && ret_secret != NULL)
        *ret_secret = g_steal_pointer(&secret);
    secret_free(secret);
    return ok;
}

bool factor_reset(StoreTx *tx, const char *person, GError **error)
{
    return store_exec(tx, error,
                      "UPDATE person SET totp_sealed = NULL, totp_last_step = -1 WHERE id = $1",
                      store_text(person)) &&
           store_exec(tx, error, "DELETE FROM recovery_code WHERE person = $1",
                      store_text(person));
}

/* ---- recovery codes: 80 random bits, "abcd-efgh-ijkl-mnop" ---- */

static char *recovery_normal(const char *code)
{
    GString *normal = g_string_new(NULL);
    for (const char *c = code; *c != '\0' && normal->len < 64; c++) {
        if (g_ascii_isalnum(*c))
            g_string_append_c(normal, g_ascii_tolower(*c));
    }
    return g_string_free(normal, FALSE);
}

static char *recovery_hash(const char *code)
{
    char *normal = recovery_normal(code);
    char *labelled = g_strconcat("darse recovery ", normal, NULL);
    char *hash = hash_text_hex(labelled);
    secret_free(normal);
    secret_free(labelled);
    return hash;
}

bool factor_use_recovery(StoreTx *tx, const char *person, const char *code, int64_t now_ms,
                         bool *ret_good, GError **error)
{
    int64_t changed = 0;
    g_autofree char *hash = recovery_hash(code);
    if (!store_exec_changed(tx, &changed, error,
                            "UPDATE recovery_code SET used_ms = $1 WHERE person = $2 AND "
                            "code_hash = $3 AND used_ms IS NULL",
                            store_integer(now_ms), store_text(person), store_text(hash)))
        return false;
    *ret_good = changed == 1;
    return true;
}

static char *recovery_new(void)
{
    static const char alphabet[] = "abcdefghijklmnopqrstuvwxyz234567";
    uint8_t bytes[16];
    char *code = g_malloc0(20);
    random_fill(bytes, sizeof bytes);
    for (size_t i = 0, at = 0; i < sizeof bytes; i++) {
        if (i > 0 && i % 4 == 0)
            code[at++] = '-';
        code[at++] = alphabet[bytes[i] % 32];
    }
    sodium_memzero(bytes, sizeof bytes);
    return code;
}

void recovery_codes_free(GStrv codes)
{
    for (char **code = codes; code != NULL && *code != NULL; code++)
        secret_free(*code);
    g_free(codes);
}

bool factor_new_recovery(StoreTx *tx, const char *person, GStrv *ret_codes, GError **error)
{
    GStrv codes = g_new0(char *, RECOVERY_CODES + 1);
    bool ok = store_exec(tx, error, "DELETE FROM recovery_code WHERE person = $1",
                         store_text(person));
    for (int i = 0; ok && i < RECOVERY_CODES; i++) {
        codes[i] = recovery_new();
        g_autofree char *hash = recovery_hash(codes[i]);
        ok = store_exec(tx, error, "INSERT INTO recovery_code (person, code_hash) VALUES ($1, $2)",
                        store_text(person), store_text(hash));
    }
    if (ok)
        *ret_codes = g_steal_pointer(&codes);
    recovery_codes_free(codes);
    return ok;
}

/* ---- the demonstration ---- */

typedef struct DemoCode {
    const IdentitySeal *seal;
    const char *login;
    char *secret;
    int64_t last_step;
} DemoCode;

static bool demo_load(StoreTx *tx, void *data, GError **error)
{
    DemoCode *demo = data;
    int64_t is_demonstration = 0;
    g_autoptr(IdentityPerson) person = NULL;
    if (!store_query_integer(tx, &is_demonstration, 0, error,
                             "SELECT COUNT(*) FROM instance_fact WHERE name = 'demonstration' AND "
                             "value = 'true'"))
        return false;
    if (is_demonstration == 0)
        return error_set(error, ERROR_DENIED, "identity.not_demonstration",
                         "Codes are shown in a demonstration only, and this state is not one.");
    if (!identity_person_find(tx, demo->login, &person, error) ||
        !factor_load(demo->seal, tx, person->id, &demo->secret, &demo->last_step, error))
        return false;
    return demo->secret != NULL ||
           error_set(error, ERROR_CONFLICT, "identity.no_second_factor",
                     "%s has no second factor.", demo->login);
}

char *identity_demo_code(Store *store, const IdentitySeal *seal, const char *login, GError **error)
{
    DemoCode demo = {.seal = seal, .login = login};
    if (!store_read(store, demo_load, &demo, error)) {
        secret_free(demo.secret);
        return NULL;
    }
    /* The next step is accepted too (the window), so waiting is rare. */
    int64_t step = MAX(totp_step(time_now_ms()), demo.last_step + 1);
    int64_t wait_until_ms = (step - TOTP_WINDOW) * TOTP_STEP_SECONDS * 1000;
    while (time_now_ms() < wait_until_ms)
        g_usleep(100 * 1000);
    char *code = g_malloc0(TOTP_DIGITS + 1);
    bool ok = totp_code(demo.secret, step, code, error);
    secret_free(demo.secret);
    if (ok)
        return code;
    g_free(code);
    return NULL;
}
