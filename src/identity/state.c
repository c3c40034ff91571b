/* SPDX-License-Identifier: Apache-2.0 */
/* The room's state: the instance key, who failed how often, how many passwords are being hashed,
 * and second factors that are being set up. All of it may be lost at a restart. */
#include "identity/state.h"

#include "base/encode.h"
#include "base/error.h"
#include "base/times.h"
#include "identity/password.h"

#include <string.h>

typedef struct PendingFactor {
    char *secret;
    int64_t expires_ms;
} PendingFactor;

static void pending_free(void *data)
{
    PendingFactor *pending = data;
    secret_free(pending->secret);
    g_free(pending);
}

Identity *identity_new(IdentitySeal *seal)
{
    Identity *identity = g_new0(Identity, 1);
    identity->seal = seal;
    identity->limiter = limiter_new(LIMITER_KEYS_MAX);
    g_mutex_init(&identity->lock);
    g_cond_init(&identity->hashing_changed);
    identity->pending = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, pending_free);
    return identity;
}

void identity_free(Identity *identity)
{
    if (identity == NULL)
        return;
    identity_seal_free(identity->seal);
    limiter_free(identity->limiter);
    g_hash_table_destroy(identity->pending);
    g_cond_clear(&identity->hashing_changed);
    g_mutex_clear(&identity->lock);
    g_free(identity);
}

Identity *identity_of(const App *app)
{
    Identity *identity = app->room_data[ROOM_IDENTITY];
    g_assert(identity != NULL);
    return identity;
}

const IdentitySeal *identity_seal(const App *app)
{
    return identity_of(app)->seal;
}

/* ---- attempts ---- */

static char *attempt_key(const char *kind, const char *what)
{
    return g_strconcat(kind, " ", what, NULL);
}

static char *attempt_address(const char *address)
{
    g_autofree char *network = http_network_of(address);
    return attempt_key("address", network);
}

bool identity_attempt_begin(App *app, const char *account, const char *address, GError **error)
{
    Limiter *limiter = identity_of(app)->limiter;
    int attempts = (int)config_integer(app->config, "identity.sign_in_attempts");
    int64_t now_ms = time_monotonic_ms();
    g_autofree char *account_key = attempt_key("account", account);
    g_autofree char *address_key = attempt_address(address);
    bool allowed =
        limiter_take(limiter, address_key, attempts * IDENTITY_ADDRESS_FACTOR, now_ms);
    if (allowed && !limiter_take(limiter, account_key, attempts, now_ms)) {
        /* Stays counted for the address: it goes on trying. */
        allowed = false;
    }
    if (allowed)
        return true;
    return error_set(error, ERROR_RATE_LIMITED, "identity.rate_limited",
                     "Too many failed attempts for this account or from this address; wait ten "
                     "minutes.");
}

void identity_attempt_succeeded(App *app, const char *account, const char *address)
{
    Limiter *limiter = identity_of(app)->limiter;
    g_autofree char *account_key = attempt_key("account", account);
    g_autofree char *address_key = attempt_address(address);
    limiter_clear(limiter, account_key);
    limiter_return(limiter, address_key);
}

void identity_attempt_excused(App *app, const char *account, const char *address)
{
    Limiter *limiter = identity_of(app)->limiter;
    g_autofree char *account_key = attempt_key("account", account);
    g_autofree char *address_key = attempt_address(address);
    limiter_return(limiter, account_key);
    limiter_return(limiter, address_key);
}

/* ---- passwords, a few at once ---- */

static void hashing_enter(Identity *identity)
{
    g_mutex_lock(&identity->lock);
    while (identity->hashing >= IDENTITY_HASHING_MAX)
        g_cond_wait(&identity->hashing_changed, &identity->lock);
    identity->hashing++;
    g_mutex_unlock(&identity->lock);
}

static void hashing_leave(Identity *identity)
{
    g_mutex_lock(&identity->lock);
    identity->hashing--;
    g_cond_signal(&identity->hashing_changed);
    g_mutex_unlock(&identity->lock);
}

bool identity_check_password(App *app, const char *hash, const char *password)
{
    Identity *identity = identity_of(app);
    hashing_enter(identity);
    bool equal = password_check(hash, password);
    hashing_leave(identity);
    return equal;
}

char *identity_password_hash(const char *password, GError **error)
{
    return password_acceptable(password, error) ? password_hash(password, error) : NULL;
}

char *identity_hash_password(App *app, const char *password, GError **error)
{
    if (!password_acceptable(password, error))
        return NULL;
    Identity *identity = identity_of(app);
    hashing_enter(identity);
    char *hash = password_hash(password, error);
    hashing_leave(identity);
    return hash;
}

/* ---- second factors being set up ---- */

static gboolean pending_is_old(void *key, void *value, void *data)
{
    (void)key;
    const PendingFactor *pending = value;
    return pending->expires_ms <= *(int64_t *)data;
}

void identity_pending_put(Identity *identity, const char *person, const char *secret)
{
    int64_t now_ms = time_monotonic_ms();
    PendingFactor *pending = g_new0(PendingFactor, 1);
    pending->secret = g_strdup(secret);
    pending->expires_ms = now_ms + IDENTITY_PENDING_LIFE_MS;
    g_mutex_lock(&identity->lock);
    g_hash_table_foreach_remove(identity->pending, pending_is_old, &now_ms);
    if (g_hash_table_size(identity->pending) >= IDENTITY_PENDING_MAX)
        g_hash_table_remove_all(identity->pending);
    g_hash_table_replace(identity->pending, g_strdup(person), pending);
    g_mutex_unlock(&identity->lock);
}

char *identity_pending_get(Identity *identity, const char *person)
{
    int64_t now_ms = time_monotonic_ms();
    g_mutex_lock(&identity->lock);
    g_hash_table_foreach_remove(identity->pending, pending_is_old, &now_ms);
    const PendingFactor *pending = g_hash_table_lookup(identity->pending, person);
    char *secret = pending != NULL ? g_strdup(pending->secret) : NULL;
    g_mutex_unlock(&identity->lock);
    return secret;
}

void identity_pending_drop(Identity *identity, const char *person)
{
    g_mutex_lock(&identity->lock);
    g_hash_table_remove(identity->pending, person);
    g_mutex_unlock(&identity->lock);
}
