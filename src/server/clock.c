/* SPDX-License-Identifier: Apache-2.0 */
/* A failed duty is logged and tried again at its next turn: no duty may stop the others. */
#include "server/clock.h"

#include "base/log.h"
#include "base/times.h"

typedef struct ClockRow {
    const Duty *duty;
    int64_t next_ms;
} ClockRow;

struct Clock {
    App *app;
    GArray *rows;
    GThread *thread;
    GMutex lock;
    GCond woken;
    bool stopping;
};

static void clock_run_row(Clock *clock, ClockRow *row)
{
    g_autoptr(GError) problem = NULL;
    if (!row->duty->run(clock->app, &problem))
        log_error("clock.duty_failed", "duty", row->duty->name, "why", problem->message);
    row->next_ms = time_monotonic_ms() + row->duty->period_ms;
}

static int64_t clock_run_due(Clock *clock)
{
    int64_t soonest = time_monotonic_ms() + TIME_MINUTE_MS;
    for (guint i = 0; i < clock->rows->len; i++) {
        ClockRow *row = &g_array_index(clock->rows, ClockRow, i);
        if (row->next_ms <= time_monotonic_ms())
            clock_run_row(clock, row);
        soonest = MIN(soonest, row->next_ms);
    }
    return soonest;
}

static void *clock_thread(void *data)
{
    Clock *clock = data;
    g_mutex_lock(&clock->lock);
    while (!clock->stopping) {
        g_mutex_unlock(&clock->lock);
        int64_t soonest = clock_run_due(clock);
        g_mutex_lock(&clock->lock);
        int64_t until = g_get_monotonic_time() + MAX(0, soonest - time_monotonic_ms()) * 1000;
        if (!clock->stopping)
            g_cond_wait_until(&clock->woken, &clock->lock, until);
    }
    g_mutex_unlock(&clock->lock);
    return NULL;
}

Clock *clock_start(App *app, const Room *const *rooms)
{
    Clock *clock = g_new0(Clock, 1);
    clock->app = app;
    clock->rows = g_array_new(FALSE, TRUE, sizeof(ClockRow));
    int64_t now = time_monotonic_ms();
    for (const Room *const *room = rooms; *room != NULL; room++) {
        for (const Duty *duty = (*room)->duties; duty != NULL && duty->name != NULL; duty++) {
            ClockRow row = {.duty = duty, .next_ms = now + duty->period_ms};
            g_array_append_val(clock->rows, row);
        }
    }
    g_mutex_init(&clock->lock);
    g_cond_init(&clock->woken);
    clock->thread = g_thread_new("clock", clock_thread, clock);
    return clock;
}

void clock_stop(Clock *clock)
{
    if (clock == NULL)
        return;
    g_mutex_lock(&clock->lock);
    clock->stopping = true;
    g_cond_signal(&clock->woken);
    g_mutex_unlock(&clock->lock);
    g_thread_join(clock->thread);
    g_array_unref(clock->rows);
    g_cond_clear(&clock->woken);
    g_mutex_clear(&clock->lock);
    g_free(clock);
}
