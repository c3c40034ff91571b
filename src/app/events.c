/* SPDX-License-Identifier: Apache-2.0 */
/* A bus of small events in memory. Publishing copies a reference into each tap's bounded queue. The
 * last topics are remembered, so that a reader who comes back is told which of them came meanwhile.
 * Numbers begin anew with each start of the program: an epoch tells one run from another. */
#include "app/app.h"
#include "base/ids.h"
#include "http/headers.h"

#include <string.h>

#define TAP_EVENTS_MAX 256
#define RING_SIZE 4096

struct Events {
    char epoch[HEADER_EPOCH_SIZE + 1];
    int64_t last;              /* number of the last event; the first is 1 */
    char *ring[RING_SIZE];     /* topics, by number modulo its size */
    GMutex lock;
    GCond changed;
    GPtrArray *taps;
    bool closed;
};

struct EventsTap {
    Events *events;
    GStrv topics;
    GQueue queue;      /* of json_t */
    bool missed;
};

Events *events_new(void)
{
    Events *events = g_new0(Events, 1);
    g_mutex_init(&events->lock);
    g_cond_init(&events->changed);
    events->taps = g_ptr_array_new();
    uint8_t bytes[HEADER_EPOCH_SIZE / 2];
    random_fill(bytes, sizeof bytes);
    g_autofree char *hex = hex_encode(bytes, sizeof bytes);
    g_strlcpy(events->epoch, hex, sizeof events->epoch);
    return events;
}

void events_free(Events *events)
{
    if (events == NULL)
        return;
    g_assert(events->taps->len == 0);
    g_ptr_array_unref(events->taps);
    for (int i = 0; i < RING_SIZE; i++)
        g_free(events->ring[i]);
    g_cond_clear(&events->changed);
    g_mutex_clear(&events->lock);
    g_free(events);
}

static json_t *event_make(const Events *events, int64_t number, const char *topic, json_t *data)
{
    g_autofree char *id = g_strdup_printf("%s-%" G_GINT64_FORMAT, events->epoch, number);
    return json_pack("{s:s, s:s, s:o}", "id", id, "topic", topic, "data", data);
}

static void tap_push(EventsTap *tap, int64_t number, const char *topic, json_t *data)
{
    if (!g_strv_contains((const char *const *)tap->topics, topic))
        return;
    if (g_queue_get_length(&tap->queue) >= TAP_EVENTS_MAX) {
        json_decref(g_queue_pop_head(&tap->queue));
        tap->missed = true;
    }
    /* Each tap gets its own copy: jansson's counters are not for several threads. */
    json_t *copy = data != NULL ? json_deep_copy(data) : json_null();
    g_queue_push_tail(&tap->queue, event_make(tap->events, number, topic, copy));
}

static void ring_add(Events *events, const char *topic)
{
    events->last++;
    char **place = &events->ring[events->last % RING_SIZE];
    g_free(*place);
    *place = g_strdup(topic);
}

/* What came after AFTER, each topic once; false when that is not known any more. */
static bool tap_resume(EventsTap *tap, const char *last_id)
{
    const Events *events = tap->events;
    HeaderEventId after;
    if (!header_event_id(last_id, &after) || strcmp(after.epoch, events->epoch) != 0 ||
        after.number > events->last || events->last - after.number > RING_SIZE)
        return false;
    g_autoptr(GHashTable) told = g_hash_table_new(g_str_hash, g_str_equal);
    for (int64_t number = after.number + 1; number <= events->last; number++) {
        char *topic = events->ring[number % RING_SIZE];
        if (g_hash_table_add(told, topic))
            tap_push(tap, number, topic, NULL);
    }
    return true;
}

void events_publish(Events *events, const char *topic, json_t *data)
{
    g_mutex_lock(&events->lock);
    ring_add(events, topic);
    for (guint i = 0; i < events->taps->len; i++)
        tap_push(g_ptr_array_index(events->taps, i), events->last, topic, data);
    g_cond_broadcast(&events->changed);
    g_mutex_unlock(&events->lock);
    json_decref(data);
}

EventsTap *events_tap(Events *events, const char *const *topics, const char *last_id)
{
    EventsTap *tap = g_new0(EventsTap, 1);
    tap->events = events;
    tap->topics = g_strdupv((char **)topics);
    g_queue_init(&tap->queue);
    g_mutex_lock(&events->lock);
    g_ptr_array_add(events->taps, tap);
    tap->missed = last_id != NULL && !tap_resume(tap, last_id);
    g_mutex_unlock(&events->lock);
    return tap;
}

static json_t *tap_pop(EventsTap *tap)
{
    if (tap->missed) {
        tap->missed = false;
        return event_make(tap->events, tap->events->last, "missed", json_null());
    }
    return g_queue_pop_head(&tap->queue);
}

json_t *events_wait(EventsTap *tap, int timeout_ms, bool *ret_closed)
{
    Events *events = tap->events;
    int64_t deadline = g_get_monotonic_time() + (int64_t)timeout_ms * 1000;
    g_mutex_lock(&events->lock);
    json_t *event = tap_pop(tap);
    while (event == NULL && !events->closed &&
           g_cond_wait_until(&events->changed, &events->lock, deadline))
        event = tap_pop(tap);
    *ret_closed = events->closed;
    g_mutex_unlock(&events->lock);
    return event;
}

void events_untap(EventsTap *tap)
{
    if (tap == NULL)
        return;
    g_mutex_lock(&tap->events->lock);
    g_ptr_array_remove_fast(tap->events->taps, tap);
    g_mutex_unlock(&tap->events->lock);
    g_queue_clear_full(&tap->queue, (GDestroyNotify)json_decref);
    g_strfreev(tap->topics);
    g_free(tap);
}

void events_close(Events *events)
{
    g_mutex_lock(&events->lock);
    events->closed = true;
    g_cond_broadcast(&events->changed);
    g_mutex_unlock(&events->lock);
}
