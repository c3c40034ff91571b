/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The single writer. Requests wait in a queue; the writer's thread runs them one after the other,
 * each in its savepoint, until none is left, commits them together, and only then answers. While it
 * commits, the next group gathers: no timer is needed, and a lone request never waits.
 *
 * Everyone of a group is answered after its commit, also those who failed: what they saw (a name
 * already taken) may be the work of a neighbour that is not durable yet.
 */
#include "store/internal.h"

#include "base/error.h"
#include "base/metrics.h"

#include <sched.h>

#define STORE_GROUP_MAX 256
#define STORE_QUEUE_MAX 10000
#define STORE_YIELDS 2

/* On the caller's stack. */
struct StoreRequest {
    StoreAction action;
    void *data;
    bool is_done, is_ok;
    GError *error;
    GCond done;
    StoreRequest *next;
};

static void store_finish(StoreRequest *request, bool ok, GError *error)
{
    request->is_ok = ok;
    request->error = error;
}

bool store_writer_submit(Store *store, StoreAction action, void *data, GError **error)
{
    g_assert(g_thread_self() != store->thread);   /* an action that writes would wait for itself */
    StoreRequest request = {.action = action, .data = data};
    g_cond_init(&request.done);
    g_mutex_lock(&store->mutex);
    g_assert(!store->is_stopping);
    bool is_full = store->waiting >= STORE_QUEUE_MAX;
    if (!is_full) {
        *store->last = &request;
        store->last = &request.next;
        metric_set(METRIC_STORE_WAITING, NULL, NULL, store->waiting + 1);
        if (store->waiting++ == 0)
            g_cond_signal(&store->arrived);
        while (!request.is_done)
            g_cond_wait(&request.done, &store->mutex);
    }
    g_mutex_unlock(&store->mutex);
    g_cond_clear(&request.done);
    if (is_full)
        return error_set(error, ERROR_UNAVAILABLE, "store.busy",
                         "Too many changes are waiting; try again in a moment.");
    if (!request.is_ok)
        g_propagate_error(error, request.error);
    return request.is_ok;
}

static StoreRequest *store_pop(Store *store)
{
    g_mutex_lock(&store->mutex);
    StoreRequest *request = store->first;
    if (request != NULL) {
        store->first = request->next;
        store->waiting--;
        metric_set(METRIC_STORE_WAITING, NULL, NULL, store->waiting);
        request->next = NULL;
    }
    if (store->first == NULL)
        store->last = &store->first;
    g_mutex_unlock(&store->mutex);
    return request;
}

void store_writer_drop(Store *store)
{
    if (store->writer != NULL)
        store->backend->close(store->writer);
    store->writer = NULL;
}

bool store_writer_begin(Store *store, GError **error)
{
    if (store->writer != NULL) {
        g_autoptr(GError) lost = NULL;
        if (store->backend->step(store->writer, STORE_STEP_BEGIN, &lost))
            return true;
        if (store->backend->is_usable(store->writer)) {
            g_propagate_error(error, g_steal_pointer(&lost));
            return false;
        }
        store_writer_drop(store);
    }
    store->writer = store->backend->open(&store->address, true, error);
    return store->writer != NULL &&
           store->backend->step(store->writer, STORE_STEP_BEGIN, error);
}

void store_writer_rollback(Store *store)
{
    StoreLink *link = store->writer;
    bool ok = store->backend->is_usable(link) &&
              (!store->backend->in_transaction(link) ||
               store->backend->step(link, STORE_STEP_ROLLBACK, NULL));
    if (!ok)
        store_writer_drop(store);
}

/* Runs one request in its savepoint. False: the whole transaction is lost, with why. */
static bool store_run_request(Store *store, StoreRequest *request, GError **error)
{
    StoreLink *link = store->writer;
    GError *failure = NULL;
    if (!store->backend->step(link, STORE_STEP_SAVEPOINT, error))
        return false;
    bool ok = store_tx_run(link, request->action, request->data, &failure);
    if (!store->backend->in_transaction(link)) {
        if (failure == NULL)
            error_set(&failure, ERROR_INTERNAL, "store.lost", "The database undid a transaction.");
        g_propagate_error(error, failure);
        return false;
    }
    store_finish(request, ok, failure);
    return store->backend->step(link, ok ? STORE_STEP_RELEASE : STORE_STEP_UNDO, error);
}

/* The next one that waits. Those just answered often come back at once, but need a processor to do
 * so: leaving them ours twice keeps all of 64 writers in one group (seen: 62 to 64, where it fell
 * to a few on a busy machine), and costs a lone writer some microseconds. */
static StoreRequest *store_pop_patiently(Store *store)
{
    StoreRequest *request = store_pop(store);
    for (int i = 0; request == NULL && i < STORE_YIELDS; i++) {
        sched_yield();
        request = store_pop(store);
    }
    return request;
}

/* Runs what waits, up to the limit; returns the list of the group. */
static StoreRequest *store_run_group(Store *store, GError **error)
{
    StoreRequest *group = NULL;
    StoreRequest **last = &group;
    StoreRequest *request;
    for (int n = 0; n < STORE_GROUP_MAX && (request = store_pop_patiently(store)) != NULL; n++) {
        *last = request;
        last = &request->next;
        if (!store_run_request(store, request, error))
            break;
    }
    return group;
}

static bool store_any_ok(const StoreRequest *group)
{
    for (; group != NULL; group = group->next) {
        if (group->is_ok)
            return true;
    }
    return false;
}

static void store_fail_group(StoreRequest *group, const GError *error)
{
    for (; group != NULL; group = group->next) {
        g_clear_error(&group->error);
        store_finish(group, false, g_error_copy(error));
    }
}

static void store_answer_group(Store *store, StoreRequest *group, bool is_failing)
{
    g_mutex_lock(&store->mutex);
    store->is_failing = is_failing;
    while (group != NULL) {
        StoreRequest *next = group->next;   /* the request dies with its owner's wake-up */
        group->is_done = true;
        g_cond_signal(&group->done);
        group = next;
    }
    g_mutex_unlock(&store->mutex);
}

static StoreRequest *store_take_all(Store *store)
{
    g_mutex_lock(&store->mutex);
    StoreRequest *all = store->first;
    store->first = NULL;
    store->last = &store->first;
    store->waiting = 0;
    metric_set(METRIC_STORE_WAITING, NULL, NULL, 0);
    g_mutex_unlock(&store->mutex);
    return all;
}

/* Only what the disk takes: a group's own work depends on what it does. */
static bool store_commit(Store *store, const StoreRequest *group, GError **error)
{
    int64_t began_us = g_get_monotonic_time(), actions = 0;
    if (!store->backend->step(store->writer, STORE_STEP_COMMIT, error))
        return false;
    for (; group != NULL; group = group->next)
        actions += group->is_ok;
    metric_observe(METRIC_STORE_COMMIT_SECONDS, NULL, NULL, g_get_monotonic_time() - began_us);
    metric_observe(METRIC_STORE_GROUP, NULL, NULL, actions);
    metric_add(METRIC_STORE_COMMITS, NULL, NULL, 1);
    return true;
}

/* One group: begin, run, commit, tell. */
static void store_write_group(Store *store)
{
    g_autoptr(GError) failure = NULL;
    bool is_committed = false;
    g_mutex_lock(&store->writer_mutex);
    StoreRequest *group = NULL;
    if (store_writer_begin(store, &failure))
        group = store_run_group(store, &failure);
    else
        group = store_take_all(store);
    if (failure == NULL && store_any_ok(group))
        is_committed = store_commit(store, group, &failure);
    if (!is_committed && store->writer != NULL)
        store_writer_rollback(store);
    if (failure != NULL) {
        store_fail_group(group, failure);
        metric_add(METRIC_STORE_FAILURES, NULL, NULL, 1);
    }
    if (is_committed && store->hook != NULL)
        store->hook(store->hook_user);
    g_mutex_unlock(&store->writer_mutex);
    store_answer_group(store, group, failure != NULL);
}

void *store_writer_main(void *data)
{
    Store *store = data;
    for (;;) {
        g_mutex_lock(&store->mutex);
        while (store->first == NULL && !store->is_stopping)
            g_cond_wait(&store->arrived, &store->mutex);
        bool is_over = store->first == NULL;
        g_mutex_unlock(&store->mutex);
        if (is_over)
            return NULL;
        store_write_group(store);
    }
}
