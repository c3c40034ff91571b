/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Server-sent events: blocks of text pulled from the room that makes them, one at a time, with a
 * comment sent when there is nothing to say, so that a client that went away is noticed and
 * proxies do not cut the stream.
 */
#include "http/internal.h"

#include <stdlib.h>
#include <string.h>

typedef struct Events {
    HttpNextEvent next;
    void *state;
    GDestroyNotify free_state;
    char *block;
    size_t size, offset;
} Events;

static void events_free(void *user)
{
    Events *events = user;
    if (events->free_state != NULL)
        events->free_state(events->state);
    g_free(events->block);
    g_free(events);
}

static bool events_refill(Events *events)
{
    g_clear_pointer(&events->block, g_free);
    events->offset = 0;
    events->block = events->next(events->state);
    if (events->block == NULL)
        return false;
    if (*events->block == '\0') {
        g_free(events->block);
        events->block = g_strdup(": keep-alive\n\n");
    }
    events->size = strlen(events->block);
    return true;
}

static ssize_t events_read(void *user, char *buffer, size_t size)
{
    Events *events = user;
    if ((events->block == NULL || events->offset == events->size) && !events_refill(events))
        return 0;
    size_t count = MIN(size, events->size - events->offset);
    memcpy(buffer, events->block + events->offset, count);
    events->offset += count;
    return (ssize_t)count;
}

bool http_reply_events(HttpRequest *request, HttpNextEvent next, void *state,
                       GDestroyNotify free_state, GError **error)
{
    Events *events = g_new0(Events, 1);
    events->next = next;
    events->state = state;
    events->free_state = free_state;
    /* A first comment, so that the head leaves at once. */
    events->block = g_strdup(": open\n\n");
    events->size = strlen(events->block);
    http_reply_header(request, "Cache-Control", "no-store");
    http_reply_header(request, "X-Accel-Buffering", "no");
    return http_reply_stream(request, 200, "text/event-stream", -1, events_read, events,
                             events_free, error);
}

char *http_event(const char *id, const char *name, json_t *data)
{
    char *text = json_dumps(data, JSON_COMPACT | JSON_ENCODE_ANY);
    json_decref(data);
    g_assert(text != NULL);
    char *block = g_strdup_printf("%s%s%sevent: %s\ndata: %s\n\n", id != NULL ? "id: " : "",
                                  id != NULL ? id : "", id != NULL ? "\n" : "", name, text);
    free(text);
    return block;
}
