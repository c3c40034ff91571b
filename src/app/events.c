/* SPDX-License-Identifier: Apache-2.0 */
/* A bus of small events in memory. Publishing copies a reference into each tap's bounded queue. */
#include "app/app.h"

#include <string.h>

#define TAP_EVENTS_MAX 256

struct Events {
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
    return events;
}

void events_free(Events *events)
{
    if (events == NULL)
        return;
    g_assert(events->taps->len == 0);
    g_ptr_array_unref(events->taps);
    g_cond_clear(&events->changed);
    g_mutex_clear(&events->lock);
    g_free(events);
}

static void tap_push(EventsTap *tap, const char *topic, json_t *data)
{
    if (!g_strv_contains((const char *const *)tap->topics, topic))
        return;
    if (g_queue_get_length(&tap->queue) >= TAP_EVENTS_MAX) {
        json_decref(g_queue_pop_head(&tap->queue));
        tap->missed = true;
    }
    /* Each tap gets its own copy: jansson's counters are not for several threads. */
    json_t *copy = data != NULL ? json_deep_copy(data) : json_null();
    g_queue_push_tail(&tap->queue, json_pack("{s:s, s:o}", "topic", topic, "data", copy));
}

void events_publish(Events *events, const char *topic, json_t *data)
{
    g_mutex_lock(&events->lock);
    for (guint i = 0; i < events->taps->len; i++)
        tap_push(g_ptr_array_index(events->taps, i), topic, data);
    g_cond_broadcast(&events->changed);
    g_mutex_unlock(&events->lock);
    json_decref(data);
}

EventsTap *events_tap(Events *events, const char *const *topics)
{
    EventsTap *tap = g_new0(EventsTap, 1);
    tap->events = events;
    tap->topics = g_strdupv((char **)topics);
    g_queue_init(&tap->queue);
    g_mutex_lock(&events->lock);
    g_ptr_array_add(events->taps, tap);
    g_mutex_unlock(&events->lock);
    return tap;
}

static json_t *tap_pop(EventsTap *tap)
{
    if (tap->missed) {
        tap->missed = false;
        return json_pack("{s:s, s:n}", "topic", "missed", "data");
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
