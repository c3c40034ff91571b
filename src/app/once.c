/* SPDX-License-Identifier: Apache-2.0 */
#include "app/once.h"

#include "app/app.h"
#include "base/log.h"
#include "base/times.h"

#include <stdlib.h>
#include <string.h>

/* Keys whose request is being handled now. */
struct Once {
    GMutex lock;
    GHashTable *running;       /* "person:hash of key" */
};

Once *once_new(void)
{
    Once *once = g_new0(Once, 1);
    g_mutex_init(&once->lock);
    once->running = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    return once;
}

void once_free(Once *once)
{
    if (once == NULL)
        return;
    g_hash_table_unref(once->running);
    g_mutex_clear(&once->lock);
    g_free(once);
}

static char *running_name(const PolicyActor *actor)
{
    return g_strdup_printf("%s:%s", actor->id, actor->once_key);
}

static bool running_enter(Once *once, const PolicyActor *actor)
{
    char *name = running_name(actor);
    g_mutex_lock(&once->lock);
    bool free_now = g_hash_table_add(once->running, name);
    g_mutex_unlock(&once->lock);
    return free_now;
}

static void running_leave(Once *once, const PolicyActor *actor)
{
    g_autofree char *name = running_name(actor);
    g_mutex_lock(&once->lock);
    g_hash_table_remove(once->running, name);
    g_mutex_unlock(&once->lock);
}

/* The request as far as it decides what is done. Begins with the key, which is kept nowhere: without
 * it, a body cannot be guessed from the hash. What the caller came with is part of it: an answer to a
 * session is not told to a token of the same person that may do less. */
static char *fingerprint_of(const HttpRequest *request, const PolicyActor *actor, const char *key)
{
    const json_t *body = http_request_body(request);
    char *text = body != NULL ? json_canonical(body) : strdup("");
    char *whole = g_strdup_printf("%s\n%u %x %d\n%s\n%s\n%s", key, (unsigned)actor->channel,
                                  actor->scopes, actor->second_factor,
                                  http_request_method(request), http_request_target(request), text);
    char *fingerprint = hash_text_hex(whole);
    secret_free(whole);
    explicit_bzero(text, strlen(text));
    free(text);
    return fingerprint;
}

/* ---- rows ---- */

typedef struct Kept {
    const PolicyActor *actor;
    bool found, same;
    int status;                /* 0: the answer is not known */
    char *body;
} Kept;

static bool kept_read(StoreTx *tx, void *data, GError **error)
{
    Kept *kept = data;
    g_autoptr(GError) problem = NULL;
    g_autoptr(StoreRows) rows = store_query(
        tx, error,
        "SELECT fingerprint, status, body FROM once WHERE person = $1 AND key_hash = $2 AND "
        "created_ms > $3",
        store_text(kept->actor->id), store_text(kept->actor->once_key),
        store_integer(time_now_ms() - ONCE_KEPT_MS));
    if (rows == NULL)
        return false;
    kept->found = store_next(rows, &problem);
    if (kept->found) {
        kept->same = strcmp(store_row_text(rows, 0), kept->actor->once_request) == 0;
        kept->status = (int)store_row_integer(rows, 1);
        kept->body = g_strdup(store_row_text(rows, 2));
    }
    if (problem == NULL)
        return true;
    g_propagate_error(error, g_steal_pointer(&problem));
    return false;
}

/* A second action of the same request finds the row; one of yesterday is written over. */
bool once_note(StoreTx *tx, const PolicyActor *actor, GError **error)
{
    if (actor == NULL || actor->once_key == NULL)
        return true;
    return store_exec(tx, error,
                      "INSERT INTO once (person, key_hash, fingerprint, created_ms, status, body) "
                      "VALUES ($1, $2, $3, $4, 0, '') ON CONFLICT (person, key_hash) DO UPDATE SET "
                      "fingerprint = excluded.fingerprint, created_ms = excluded.created_ms, "
                      "status = 0, body = ''",
                      store_text(actor->id), store_text(actor->once_key),
                      store_text(actor->once_request), store_integer(time_now_ms()));
}

typedef struct Ended {
    const PolicyActor *actor;
    int status;                /* 0: nothing was done */
    const char *body;
} Ended;

static bool ended_write(StoreTx *tx, void *data, GError **error)
{
    const Ended *ended = data;
    if (ended->status == 0)
        return store_exec(tx, error, "DELETE FROM once WHERE person = $1 AND key_hash = $2",
                          store_text(ended->actor->id), store_text(ended->actor->once_key));
    /* What is done without an action of its own, as beginning an upload, has no row yet. */
    return store_exec(tx, error,
                      "INSERT INTO once (person, key_hash, fingerprint, created_ms, status, body) "
                      "VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (person, key_hash) DO UPDATE SET "
                      "status = excluded.status, body = excluded.body",
                      store_text(ended->actor->id), store_text(ended->actor->once_key),
                      store_text(ended->actor->once_request), store_integer(time_now_ms()),
                      store_integer(ended->status), store_text(ended->body));
}

/* ---- hooks ---- */

static bool once_answer(HttpRequest *request, const Kept *kept, GError **error)
{
    if (!kept->same)
        return error_set(error, ERROR_UNPROCESSABLE, "http.key_of_another",
                         "This Idempotency-Key was used for another request; make a new one.");
    if (kept->status == 0)
        return error_set(error, ERROR_CONFLICT, "http.done_already",
                         "This was done under the same Idempotency-Key; its answer is not kept. "
                         "Read what you made in its list.");
    g_autoptr(GBytes) bytes = g_bytes_new(kept->body, strlen(kept->body));
    http_reply_header(request, "Idempotency-Replayed", "true");
    return http_reply_bytes(request, kept->status, "application/json", bytes, error);
}

static bool once_begin(HttpRequest *request, const char *key, GError **error)
{
    App *app = request_app(request);
    PolicyActor *actor = http_request_actor(request);
    g_assert(actor != NULL); /* creating routes are for persons */
    actor->once_key = hash_text_hex(key);
    actor->once_request = fingerprint_of(request, actor, key);
    if (!running_enter(app->once, actor))
        return error_set(error, ERROR_CONFLICT, "http.being_done",
                         "A request under the same Idempotency-Key is being handled; ask again in a "
                         "moment.");
    Kept kept = {.actor = actor};
    bool ok = store_read(app->store, kept_read, &kept, error) &&
              (!kept.found || once_answer(request, &kept, error));
    if (!ok || kept.found)
        running_leave(app->once, actor);
    g_free(kept.body);
    return ok;
}

/* A refusal did nothing, so that the key is free again. A fault of ours may have come after the commit,
 * when the answer was being read: the row, if the action left one, then stays, without an answer. What
 * is done is done and told whatever becomes of this: a failure here is of the log only. */
static void once_end(HttpRequest *request, const GError *failure)
{
    App *app = request_app(request);
    const PolicyActor *actor = request_actor(request);
    Ended ended = {.actor = actor};
    bool done = failure == NULL, refused = !done && error_kind_of(failure)->http_status < 500;
    GBytes *bytes = done ? http_reply_recorded(request, &ended.status) : NULL;
    g_autofree char *body =
        bytes != NULL ? g_strndup(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes)) : NULL;
    ended.body = body;
    g_autoptr(GError) problem = NULL;
    bool written = refused || (done && !http_request_answers_secret(request));
    if (written && !store_write(app->store, ended_write, &ended, &problem))
        log_warning("once.end", "request", http_request_id(request), "message", problem->message);
    running_leave(app->once, actor);
}

const HttpOnce once_hooks = {.begin = once_begin, .end = once_end};

static bool forget_in_tx(StoreTx *tx, void *data, GError **error)
{
    return store_exec(tx, error, "DELETE FROM once WHERE created_ms <= $1",
                      store_integer(*(const int64_t *)data));
}

bool once_forget(App *app, GError **error)
{
    int64_t before = time_now_ms() - ONCE_KEPT_MS;
    return store_write(app->store, forget_in_tx, &before, error);
}
