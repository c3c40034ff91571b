/* SPDX-License-Identifier: Apache-2.0 */
/* A failed duty is logged and tried again at its next turn: no duty may stop the others. What became
 * of each is kept for whoever runs the platform; the lock is never held while a duty runs. */
#include "server/clock.h"

#include "base/error.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/times.h"

#include <string.h>

typedef struct ClockRow {
    const Duty *duty;
    int64_t due_ms;                /* monotonic */
    ClockState state;              /* next_ms is computed when asked */
} ClockRow;

struct Clock {
    App *app;
    GArray *rows;                  /* its length and duties are fixed; the rest is under the lock */
    GThread *thread;
    GMutex lock;
    GCond woken;
    bool stopping;
};

void clock_state_clear(ClockState *state)
{
    g_clear_pointer(&state->failure, g_free);
}

static void clock_row_clear(void *data)
{
    clock_state_clear(&((ClockRow *)data)->state);
}

static void clock_note(ClockRow *row, int64_t began_ms, int64_t took_ms, const GError *problem)
{
    ClockState *state = &row->state;
    state->last_ms = began_ms;
    state->took_ms = took_ms;
    state->runs++;
    state->failing = problem != NULL;
    if (problem != NULL) {
        state->failures++;
        state->failed_ms = began_ms;
        g_free(state->failure);
        state->failure = g_strdup(problem->message);
    }
    row->due_ms = time_monotonic_ms() + row->duty->period_ms;
}

static void clock_run_row(Clock *clock, ClockRow *row)
{
    g_autoptr(GError) problem = NULL;
    const char *name = row->duty->name;
    int64_t began_ms = time_now_ms(), began_us = g_get_monotonic_time();
    bool ok = row->duty->run(clock->app, &problem);
    int64_t took_us = g_get_monotonic_time() - began_us;
    if (!ok && problem == NULL)
        error_set(&problem, ERROR_INTERNAL, "clock.no_reason", "The duty gave no reason.");
    if (!ok)
        log_error("clock.duty_failed", "duty", name, "why", problem->message);
    g_mutex_lock(&clock->lock);
    clock_note(row, began_ms, took_us / 1000, problem);
    g_mutex_unlock(&clock->lock);
    metric_add(METRIC_CLOCK_FAILURES, name, NULL, !ok);
    metric_add(METRIC_CLOCK_RUNS, name, NULL, 1);
    metric_add(METRIC_CLOCK_SECONDS, name, NULL, took_us);
    metric_set(METRIC_CLOCK_LAST, name, NULL, g_get_real_time());
}

static bool clock_is_due(Clock *clock, const ClockRow *row)
{
    g_mutex_lock(&clock->lock);
    bool due = row->due_ms <= time_monotonic_ms();
    g_mutex_unlock(&clock->lock);
    return due;
}

static int64_t clock_soonest(const Clock *clock)
{
    int64_t soonest = time_monotonic_ms() + TIME_MINUTE_MS;
    for (guint i = 0; i < clock->rows->len; i++)
        soonest = MIN(soonest, g_array_index(clock->rows, ClockRow, i).due_ms);
    return soonest;
}

static void *clock_thread(void *data)
{
    Clock *clock = data;
    g_mutex_lock(&clock->lock);
    while (!clock->stopping) {
        g_mutex_unlock(&clock->lock);
        for (guint i = 0; i < clock->rows->len; i++) {
            ClockRow *row = &g_array_index(clock->rows, ClockRow, i);
            if (clock_is_due(clock, row))
                clock_run_row(clock, row);
        }
        g_mutex_lock(&clock->lock);
        int64_t wait_ms = MAX(0, clock_soonest(clock) - time_monotonic_ms());
        if (!clock->stopping)
            g_cond_wait_until(&clock->woken, &clock->lock,
                              g_get_monotonic_time() + wait_ms * 1000);
    }
    g_mutex_unlock(&clock->lock);
    return NULL;
}

GArray *clock_states(Clock *clock)
{
    GArray *states = g_array_new(FALSE, TRUE, sizeof(ClockState));
    g_array_set_clear_func(states, (GDestroyNotify)clock_state_clear);
    g_mutex_lock(&clock->lock);
    int64_t ahead_ms = time_now_ms() - time_monotonic_ms();
    for (guint i = 0; i < clock->rows->len; i++) {
        const ClockRow *row = &g_array_index(clock->rows, ClockRow, i);
        ClockState state = row->state;
        state.failure = g_strdup(row->state.failure);
        state.next_ms = row->due_ms + ahead_ms;
        g_array_append_val(states, state);
    }
    g_mutex_unlock(&clock->lock);
    return states;
}

bool clock_hurry(Clock *clock, const char *name, GError **error)
{
    bool found = false;
    g_mutex_lock(&clock->lock);
    for (guint i = 0; i < clock->rows->len; i++) {
        ClockRow *row = &g_array_index(clock->rows, ClockRow, i);
        if (strcmp(row->duty->name, name) != 0)
            continue;
        row->due_ms = time_monotonic_ms();
        found = true;
    }
    g_cond_signal(&clock->woken);
    g_mutex_unlock(&clock->lock);
    return found || error_set(error, ERROR_NOT_FOUND, "clock.no_duty",
                              "The clock has no duty \"%s\".", name);
}

static void clock_add(Clock *clock, const Duty *duty)
{
    ClockRow row = {.duty = duty, .due_ms = time_monotonic_ms() + duty->period_ms,
                    .state = {.name = duty->name, .period_ms = duty->period_ms}};
    g_array_append_val(clock->rows, row);
}

Clock *clock_start(App *app, const Room *const *rooms)
{
    Clock *clock = g_new0(Clock, 1);
    clock->app = app;
    clock->rows = g_array_new(FALSE, TRUE, sizeof(ClockRow));
    g_array_set_clear_func(clock->rows, clock_row_clear);
    for (const Room *const *room = rooms; *room != NULL; room++) {
        for (const Duty *duty = (*room)->duties; duty != NULL && duty->name != NULL; duty++)
            clock_add(clock, duty);
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
