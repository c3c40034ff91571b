/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A window opens with a key's first attempt and closes LIMITER_WINDOW_MS later. Keys stand in order
 * of opening, so that closed ones, and when the table is full the oldest, leave from the front.
 */
#include "identity/limiter.h"

typedef struct LimiterKey {
    char *key;
    int attempts;
    int64_t opened_ms;
    GList *link;
} LimiterKey;

struct Limiter {
    GMutex lock;
    GHashTable *keys;   /* key -> LimiterKey */
    GQueue order;       /* of LimiterKey, oldest first */
    size_t keys_max;
};

static void limiter_key_free(void *data)
{
    LimiterKey *entry = data;
    g_free(entry->key);
    g_free(entry);
}

Limiter *limiter_new(size_t keys_max)
{
    g_assert(keys_max > 0);
    Limiter *limiter = g_new0(Limiter, 1);
    g_mutex_init(&limiter->lock);
    limiter->keys = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, limiter_key_free);
    g_queue_init(&limiter->order);
    limiter->keys_max = keys_max;
    return limiter;
}

void limiter_free(Limiter *limiter)
{
    if (limiter == NULL)
        return;
    g_queue_clear(&limiter->order);
    g_hash_table_destroy(limiter->keys);
    g_mutex_clear(&limiter->lock);
    g_free(limiter);
}

static void limiter_drop(Limiter *limiter, LimiterKey *entry)
{
    g_queue_delete_link(&limiter->order, entry->link);
    g_hash_table_remove(limiter->keys, entry->key);
}

static void limiter_expire(Limiter *limiter, int64_t now_ms)
{
    LimiterKey *oldest;
    while ((oldest = g_queue_peek_head(&limiter->order)) != NULL &&
           (now_ms - oldest->opened_ms >= LIMITER_WINDOW_MS || now_ms < oldest->opened_ms))
        limiter_drop(limiter, oldest);
}

static LimiterKey *limiter_open_key(Limiter *limiter, const char *key, int64_t now_ms)
{
    if (g_hash_table_size(limiter->keys) >= limiter->keys_max)
        limiter_drop(limiter, g_queue_peek_head(&limiter->order));
    LimiterKey *entry = g_new0(LimiterKey, 1);
    entry->key = g_strdup(key);
    entry->opened_ms = now_ms;
    g_queue_push_tail(&limiter->order, entry);
    entry->link = g_queue_peek_tail_link(&limiter->order);
    g_hash_table_insert(limiter->keys, entry->key, entry);
    return entry;
}

bool limiter_take(Limiter *limiter, const char *key, int attempts_max, int64_t now_ms)
{
    g_mutex_lock(&limiter->lock);
    limiter_expire(limiter, now_ms);
    LimiterKey *entry = g_hash_table_lookup(limiter->keys, key);
    if (entry == NULL)
        entry = limiter_open_key(limiter, key, now_ms);
    bool allowed = entry->attempts < attempts_max;
    if (allowed)
        entry->attempts++;
    g_mutex_unlock(&limiter->lock);
    return allowed;
}

void limiter_return(Limiter *limiter, const char *key)
{
    g_mutex_lock(&limiter->lock);
    LimiterKey *entry = g_hash_table_lookup(limiter->keys, key);
    if (entry != NULL && entry->attempts > 0)
        entry->attempts--;
    g_mutex_unlock(&limiter->lock);
}

void limiter_clear(Limiter *limiter, const char *key)
{
    g_mutex_lock(&limiter->lock);
    LimiterKey *entry = g_hash_table_lookup(limiter->keys, key);
    if (entry != NULL)
        limiter_drop(limiter, entry);
    g_mutex_unlock(&limiter->lock);
}

size_t limiter_size(Limiter *limiter)
{
    g_mutex_lock(&limiter->lock);
    size_t size = g_hash_table_size(limiter->keys);
    g_mutex_unlock(&limiter->lock);
    return size;
}
