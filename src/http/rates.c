/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Limits of requests: a bucket of tokens per rule and per person or address, in memory. A bucket is
 * full at first, a request takes one token, and tokens come back evenly; so short bursts pass and a
 * loop is slowed down. Buckets that are full again are forgotten.
 */
#include "http/internal.h"

#include "base/times.h"

#include <arpa/inet.h>
#include <string.h>

#define RATES_BUCKETS_MAX 100000

typedef struct Bucket {
    double tokens;
    int64_t at_ms;
} Bucket;

struct RateBuckets {
    GMutex lock;
    GHashTable *buckets;       /* "rule:key" -> Bucket */
};

RateBuckets *rates_new(void)
{
    RateBuckets *rates = g_new0(RateBuckets, 1);
    g_mutex_init(&rates->lock);
    rates->buckets = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    return rates;
}

void rates_free(RateBuckets *rates)
{
    if (rates == NULL)
        return;
    g_hash_table_unref(rates->buckets);
    g_mutex_clear(&rates->lock);
    g_free(rates);
}

int http_rate_burst(const HttpRate *rate)
{
    return MAX(rate->per_minute / 5, 1);
}

char *http_network_of(const char *address)
{
    struct in6_addr v6;
    char text[INET6_ADDRSTRLEN];
    if (inet_pton(AF_INET6, address, &v6) != 1 || IN6_IS_ADDR_V4MAPPED(&v6) ||
        IN6_IS_ADDR_LOOPBACK(&v6))
        return g_strdup(address);
    memset(v6.s6_addr + 8, 0, 8);
    inet_ntop(AF_INET6, &v6, text, sizeof text);
    return g_strconcat(text, "/64", NULL);
}

static double per_ms(const HttpRate *rate)
{
    return (double)rate->per_minute / 60000.0;
}

static void bucket_refill(Bucket *bucket, const HttpRate *rate, int64_t now_ms)
{
    double tokens = bucket->tokens + (double)(now_ms - bucket->at_ms) * per_ms(rate);
    bucket->tokens = MIN(tokens, (double)http_rate_burst(rate));
    bucket->at_ms = now_ms;
}

/* Any bucket of a minute ago is full again, whatever its rule. */
static gboolean bucket_is_old(gpointer key, gpointer value, gpointer now)
{
    (void)key;
    const Bucket *bucket = value;
    return *(const int64_t *)now - bucket->at_ms > 60000;
}

/* When even that leaves too many, all are forgotten: memory is bounded before limits are exact. */
static void rates_make_room(RateBuckets *rates, int64_t now_ms)
{
    if (g_hash_table_size(rates->buckets) < RATES_BUCKETS_MAX)
        return;
    g_hash_table_foreach_remove(rates->buckets, bucket_is_old, &now_ms);
    if (g_hash_table_size(rates->buckets) >= RATES_BUCKETS_MAX)
        g_hash_table_remove_all(rates->buckets);
}

static Bucket *rates_find(RateBuckets *rates, const HttpRate *rate, const char *key,
                          int64_t now_ms)
{
    g_autofree char *name = g_strdup_printf("%s:%s", rate->name, key);
    Bucket *bucket = g_hash_table_lookup(rates->buckets, name);
    if (bucket != NULL)
        return bucket;
    rates_make_room(rates, now_ms);
    bucket = g_new(Bucket, 1);
    *bucket = (Bucket){http_rate_burst(rate), now_ms};
    g_hash_table_insert(rates->buckets, g_steal_pointer(&name), bucket);
    return bucket;
}

bool rates_take(RateBuckets *rates, const HttpRate *rate, const char *key, int64_t now_ms,
                RateState *ret_state)
{
    g_mutex_lock(&rates->lock);
    Bucket *bucket = rates_find(rates, rate, key, now_ms);
    bucket_refill(bucket, rate, now_ms);
    bool taken = bucket->tokens >= 1;
    if (taken)
        bucket->tokens -= 1;
    double missing = taken ? 0 : 1 - bucket->tokens;
    *ret_state = (RateState){rate, (int)bucket->tokens,
                             (int)(missing / per_ms(rate) / 1000.0) + (taken ? 0 : 1)};
    g_mutex_unlock(&rates->lock);
    return taken;
}

unsigned rates_count(RateBuckets *rates)
{
    g_mutex_lock(&rates->lock);
    unsigned count = g_hash_table_size(rates->buckets);
    g_mutex_unlock(&rates->lock);
    return count;
}

static bool rate_concerns(const HttpRate *rate, const HttpRequest *request)
{
    if (rate->per_minute <= 0)
        return false;
    if (rate->methods == HTTP_RATE_ALL)
        return true;
    return request_is_safe(request) == (rate->methods == HTTP_RATE_READS);
}

bool rates_check(HttpRequest *request, HttpRateBy by, GError **error)
{
    const HttpRate *rate = request->site->rates;
    g_autofree char *key = by == HTTP_RATE_BY_ACTOR
                               ? g_strdup(request->actor_id)
                               : http_network_of(request->connection->address);
    if (rate == NULL || key == NULL)
        return true;
    for (; rate->name != NULL; rate++) {
        if (rate->by != by || !rate_concerns(rate, request))
            continue;
        if (!rates_take(request->server->rates, rate, key, time_monotonic_ms(), &request->rate))
            return error_set(error, ERROR_RATE_LIMITED, "http.rate_limited",
                             "More than %d requests a minute (%s); wait %d s.", rate->per_minute,
                             rate->name, request->rate.retry_s);
    }
    return true;
}

/* draft-ietf-httpapi-ratelimit-headers: what the quota is, what is left of it. */
void rates_headers(HttpRequest *request)
{
    const RateState *state = &request->rate;
    if (state->rate == NULL)
        return;
    g_autofree char *policy = g_strdup_printf("\"%s\";q=%d;w=60", state->rate->name,
                                              state->rate->per_minute);
    g_autofree char *left =
        g_strdup_printf("\"%s\";r=%d;t=%d", state->rate->name, state->left,
                        state->retry_s > 0 ? state->retry_s : 0);
    http_reply_header(request, "RateLimit-Policy", policy);
    http_reply_header(request, "RateLimit", left);
}
