/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the gateway share. */
#ifndef DARSE_GATEWAY_INTERNAL_H
#define DARSE_GATEWAY_INTERNAL_H

#include "base/ids.h"
#include "gateway/core.h"
#include "gateway/head.h"

#include <stdatomic.h>

#define GATEWAY_BUFFER 16384
#define GATEWAY_IDLE_PER_SERVICE 128   /* pooled connections; fewer are opened anew under load */
#define GATEWAY_IDLE_MS 30000
#define GATEWAY_SEND_MS 60000          /* a service that does not read */
#define GATEWAY_ANSWER_MS 600000       /* a service that computes before it answers */
#define GATEWAY_ACTIVITY_MS 5000
#define GATEWAY_ACTIVITY_BYTES 16      /* fewer at once are WebSocket pings, not somebody's work */

/* ---- a connection to a service ---- */

typedef struct Upstream {
    int fd;
    bool reused;
    int64_t idle_since_ms;
    size_t start, end;                 /* of what was read and not used */
    char *buffer;
} Upstream;

typedef struct Pool {
    GMutex mutex;
    GHashTable *idle;                  /* service to GQueue of Upstream */
} Pool;

void pool_init(Pool *pool);
void pool_clear(Pool *pool);
/* Closes what is idle for SERVICE. */
void pool_drop(Pool *pool, const char *service);
/* A living idle connection, or NULL. */
Upstream *pool_take(Pool *pool, const char *service);
/* Takes UPSTREAM: kept or closed. */
void pool_give(Pool *pool, const char *service, Upstream *upstream);

Upstream *upstream_new(int fd);
void upstream_free(Upstream *upstream);
bool upstream_send(HttpRequest *request, Upstream *upstream, const void *bytes, size_t size,
                   GError **error);
/* Reads what comes next into OUT (or, if OUT is NULL, into the buffer, which must have room).
 * Returns bytes read, 0 at the end, -1. */
ssize_t upstream_receive(HttpRequest *request, Upstream *upstream, char *out, size_t size,
                         GError **error);

/* ---- what is open, so that it can be cut ---- */

typedef struct Passage {
    char service[ID_MAX + 1];          /* first: the text that relays are ended by */
    char *cookie;
    Gateway *gateway;
    int fd;                            /* of a transfer, -1 of a relay */
    atomic_llong active_ms;
    GList link;
} Passage;

struct Gateway {
    char *id_prefix, *suffix, *portal_url;
    bool https;
    GatewayAuthority authority;
    HttpSite site;
    Pool pool;
    GMutex mutex;                      /* of the list, and of the sockets of transfers in it */
    GQueue passages;
};

Passage *passage_new(Gateway *gateway, const char *service, const char *cookie, int fd);
void passage_free(void *passage);
/* A transfer's socket changes hands: from now on it is not ours to cut. */
void passage_forget_socket(Passage *passage);
void passage_active(Passage *passage);

/* ---- transfers (transfer.c) ---- */

/* One request to a service. Two own it: the request, and the answer being streamed. */
typedef struct Transfer {
    atomic_int owners;
    Gateway *gateway;
    HttpRequest *request;
    Passage *passage;
    Upstream *upstream;
    GatewayTarget target;
    char *service, *cookie;
    GString *head;                     /* of the request to the service */
    bool answers_head, upgrade, has_body, chunked, idempotent;
    bool broken;                       /* the service stopped reading the body */
    Head answer;
    int64_t left;                      /* of an answer with a length */
    Chunks chunks;
    bool enter;                        /* the ticket's path: nothing goes to the service */
} Transfer;

bool transfer_begin(Transfer *transfer, GError **error);
bool transfer_data(Transfer *transfer, const char *bytes, size_t size, GError **error);
bool transfer_finish(Transfer *transfer, GError **error);
void transfer_release(void *transfer);

/* rewrite.c: pure. */
typedef enum RewriteVerdict { REWRITE_DROP, REWRITE_KEEP } RewriteVerdict;
/* Is NAME to be passed on? CONNECTION: value of the Connection header, whose tokens name headers
 * that end here too. */
RewriteVerdict rewrite_request_header(const char *name, const char *connection);
RewriteVerdict rewrite_answer_header(const char *name, const char *value, const char *connection);
/* A header of an answer that makes a browser reach out by itself: kept from services that are
 * confined. */
bool rewrite_reaches_out(const char *name);
/* A content policy without its report-uri and report-to, which name where to send. Caller frees. */
char *rewrite_policy(const char *value);
/* The Cookie header without our own cookies; NULL if nothing is left. Caller frees. */
char *rewrite_cookies(const char *value);
/* A path of the same origin: begins with one slash, plain characters. */
bool rewrite_next_is_safe(const char *next);
/* May a page of another origin cause this? (Fetch metadata and Origin.) */
typedef struct RewriteOrigin {
    const char *method, *host, *origin, *fetch_site, *fetch_mode, *fetch_dest;
    bool upgrade, https;
} RewriteOrigin;
bool rewrite_check_origin(const RewriteOrigin *origin, GError **error);

/* pages.c */
bool page_write_problem(HttpRequest *request, const GError *problem, GError **error);

#endif
