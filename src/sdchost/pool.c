/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A pool of threads as SdcThreads. Tasks are taken by a counter; the thread that asks works too, and
 * returns when the last task has ended. The pool must not know what tasks are.
 */
#include "sdchost/sdchost.h"

#include "sdc/failure.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

struct SdchostPool {
    SdcThreads threads;
    pthread_t *workers;
    unsigned started;
    pthread_mutex_t lock;      /* what follows, but for next */
    pthread_cond_t wake, idle;
    uint64_t round;            /* goes up with each set of tasks */
    unsigned working;          /* workers that have not yet finished this round */
    bool busy, stopping;
    void (*task)(void *data, size_t index);
    void *data;
    size_t tasks;
    _Atomic size_t next;
};

static void take_tasks(SdchostPool *pool, void (*task)(void *, size_t), void *data, size_t tasks)
{
    for (size_t i; (i = atomic_fetch_add_explicit(&pool->next, 1, memory_order_relaxed)) < tasks;)
        task(data, i);
}

static void *worker_main(void *user)
{
    SdchostPool *pool = user;
    uint64_t seen = 0;
    pthread_mutex_lock(&pool->lock);
    for (;;) {
        while (pool->round == seen && !pool->stopping)
            pthread_cond_wait(&pool->wake, &pool->lock);
        if (pool->stopping)
            break;
        seen = pool->round;
        void (*task)(void *, size_t) = pool->task;
        void *data = pool->data;
        size_t tasks = pool->tasks;
        pthread_mutex_unlock(&pool->lock);
        take_tasks(pool, task, data, tasks);
        pthread_mutex_lock(&pool->lock);
        if (--pool->working == 0)
            pthread_cond_signal(&pool->idle);
    }
    pthread_mutex_unlock(&pool->lock);
    return NULL;
}

static void run_tasks(void *user, size_t tasks, void (*task)(void *data, size_t index), void *data)
{
    SdchostPool *pool = user;
    pthread_mutex_lock(&pool->lock);
    bool taken = pool->busy;
    if (!taken) {
        pool->busy = true;
        pool->task = task;
        pool->data = data;
        pool->tasks = tasks;
        pool->working = pool->started;
        atomic_store(&pool->next, 0);
        pool->round++;
        pthread_cond_broadcast(&pool->wake);
    }
    pthread_mutex_unlock(&pool->lock);
    if (taken) {
        for (size_t i = 0; i < tasks; i++)
            task(data, i);
        return;
    }
    take_tasks(pool, task, data, tasks);
    pthread_mutex_lock(&pool->lock);
    while (pool->working > 0)
        pthread_cond_wait(&pool->idle, &pool->lock);
    pool->busy = false;
    pthread_mutex_unlock(&pool->lock);
}

static unsigned processors(void)
{
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) != 0)
        return 1;
    int count = CPU_COUNT(&set);
    return count < 1 ? 1 : (unsigned)count;
}

SdchostPool *sdchost_pool_new(unsigned count, SdcError *ret_error)
{
    if (count == 0) {
        count = processors();
        count = count > SDCHOST_THREADS_MAX ? SDCHOST_THREADS_MAX : count;
    }
    if (count > SDCHOST_THREADS_MAX) {
        sdc_failure(ret_error, SDC_ERROR_LIMIT, "A pool has 1 to %d threads, not %u.",
                    SDCHOST_THREADS_MAX, count);
        return NULL;
    }
    SdchostPool *pool = calloc(1, sizeof *pool);
    if (pool == NULL || (pool->workers = calloc(count, sizeof *pool->workers)) == NULL) {
        free(pool);
        sdc_failure(ret_error, SDC_ERROR_MEMORY, "There is no memory for a pool of threads.");
        return NULL;
    }
    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->wake, NULL);
    pthread_cond_init(&pool->idle, NULL);
    pool->threads = (SdcThreads){count, run_tasks, pool};
    while (pool->started + 1 < count) {
        int failed = pthread_create(&pool->workers[pool->started], NULL, worker_main, pool);
        if (failed != 0) {
            sdc_failure(ret_error, SDC_ERROR_LIMIT, "Thread %u of %u cannot be started: %s.",
                        pool->started + 2, count, strerror(failed));
            sdchost_pool_free(pool);
            return NULL;
        }
        pool->started++;
    }
    return pool;
}

void sdchost_pool_free(SdchostPool *pool)
{
    if (pool == NULL)
        return;
    pthread_mutex_lock(&pool->lock);
    pool->stopping = true;
    pthread_cond_broadcast(&pool->wake);
    pthread_mutex_unlock(&pool->lock);
    for (unsigned i = 0; i < pool->started; i++)
        pthread_join(pool->workers[i], NULL);
    pthread_cond_destroy(&pool->idle);
    pthread_cond_destroy(&pool->wake);
    pthread_mutex_destroy(&pool->lock);
    free(pool->workers);
    free(pool);
}

const SdcThreads *sdchost_pool_threads(const SdchostPool *pool)
{
    return &pool->threads;
}
