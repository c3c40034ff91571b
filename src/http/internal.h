/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of this room share: a connection, a request, the answer recorded for it, and the
 * server. Other rooms include http.h only.
 *
 * An answer is first recorded in the request, then sent by the dispatcher: so that a handler that
 * fails half-way can still be answered with a problem, and so that an error in the middle of an
 * upload, where the library accepts no answer, can be written by hand before the connection closes.
 */
#ifndef DARSE_HTTP_INTERNAL_H
#define DARSE_HTTP_INTERNAL_H

#include "http/http.h"

#include <microhttpd.h>
#include <stdatomic.h>

#define HTTP_HEADER_MEMORY (64 * 1024) /* of one connection: headers, upload buffer, answer */
#define HTTP_HEADERS_MAX 100           /* headers of one request */
#define HTTP_IDLE_SECONDS 60           /* without a byte */
#define HTTP_LONG_SECONDS 900          /* the same, once a stream or relay is being answered */
#define HTTP_HEAD_TIMEOUT_MS 30000     /* a new connection's whole first head */
#define HTTP_BODY_DEADLINE_MS 120000   /* a whole body kept in memory */
#define HTTP_LINGER_MS 2000            /* a refused upload is read and dropped so long */
#define HTTP_JSON_DEPTH_MAX 32

typedef enum ReplyKind {
    REPLY_NONE,
    REPLY_BYTES,
    REPLY_FILE,
    REPLY_STREAM,
    REPLY_RELAY,
} ReplyKind;

typedef struct Reply {
    ReplyKind kind;
    int status;
    char *type;
    GPtrArray *headers;           /* name, value, name, value ... */
    GBytes *bytes;
    int fd;                       /* file to send, or peer of a relay */
    int64_t offset, size;
    HttpRead read;
    void *state;
    GDestroyNotify free_state;
    GBytes *extra;
    HttpRelayActivity on_bytes;
} Reply;

#define HTTP_MATCH_LOCKS 64

typedef struct RateBuckets RateBuckets;

/* Of the last rule that concerned a request. */
typedef struct RateState {
    const HttpRate *rate;         /* NULL: none did */
    int left;                     /* requests that may follow at once */
    int retry_s;                  /* 0: it passed */
} RateState;

/* Of the library's connection, from accept to close. */
typedef struct HttpConnection {
    HttpServer *server;
    int fd;
    char *door;                   /* bound path of the unix socket it came through */
    char *address;
    char *target;                 /* raw target of the request being read */
    uint64_t id_seed;             /* of the identifiers of its requests */
    int64_t started_ms;           /* when that target was complete (monotonic) */
    int64_t started_us;           /* the same, finer, for the histogram of latencies */
    atomic_llong deadline_ms;     /* monotonic; 0: none */
    GList link;                   /* in server->connections */
} HttpConnection;

struct HttpRequest {
    HttpServer *server;
    HttpConnection *connection;
    struct MHD_Connection *mhd;
    char id[32];
    char *method;
    char *path, *query_string;
    char *host;                   /* lower case, with port if sent */
    int64_t content_length;       /* -1: chunked or none given */
    bool has_body;
    const HttpSite *site;
    const HttpRoute *route;
    const HttpStream *stream;
    void *stream_state;
    GStrv segments;
    GHashTable *query;
    GByteArray *body;
    json_t *json;
    void *actor;
    GDestroyNotify free_actor;
    char *actor_id;
    char *allow;                  /* for a 405 */
    RateState rate;
    const char *reason;           /* slug of the problem sent, for the access log */
    Reply reply;
    bool framed;                  /* it is certain where the request ends */
    bool linger;                  /* read and drop what the client still sends, then close */
};

struct HttpServer {
    struct MHD_Daemon *daemon;
    const HttpSite *const *sites;
    HttpLimits limits;
    int port;
    int stop_fd;                  /* eventfd, readable once the server stops */
    atomic_bool stopping;
    atomic_int active;            /* requests being answered */
    GMutex mutex;                 /* of the three below */
    GCond wake;
    GQueue connections;
    RateBuckets *rates;
    GMutex match_locks[HTTP_MATCH_LOCKS];
    GHashTable *etags;            /* of static resources, by path */
    GThread *reaper;
    struct RelayPool *relays;
};

/* dispatch.c */
enum MHD_Result dispatch(void *server, struct MHD_Connection *mhd, const char *url,
                         const char *method, const char *version, const char *upload_data,
                         size_t *upload_size, void **request);
void dispatch_completed(void *server, struct MHD_Connection *mhd, void **request,
                        enum MHD_RequestTerminationCode code);

/* request.c */
HttpRequest *request_new(HttpServer *server, struct MHD_Connection *mhd, const char *method);
void request_free(HttpRequest *request);
/* Framing, Host, target, site. */
bool request_read_head(HttpRequest *request, GError **error);
/* Time without a byte after which the connection is cut, counted from now. */
void request_extend(HttpRequest *request, int idle_seconds);
bool request_is_safe(const HttpRequest *request);

/* router.c */
/* Finds the route; NULL without error when no table knows the path. A known path with another
 * method is ERROR_METHOD, with request->allow filled. */
bool router_find(HttpRequest *request, GError **error);
bool router_check_query(HttpRequest *request, GError **error);

/* body.c */
bool body_expect(HttpRequest *request, GError **error);
bool body_append(HttpRequest *request, const char *bytes, size_t size, GError **error);
bool body_finish(HttpRequest *request, GError **error);
/* Brackets of BYTES outside strings nest at most MAX deep. */
bool body_depth_check(const char *bytes, size_t size, int max, GError **error);

/* conditions.c */
/* Does a GET of it carry an entity tag? */
bool route_has_etag(const HttpRoute *route);
/* The GET that shows what the PATCH route changes, if there is one. */
const HttpRoute *route_twin(const HttpRoute *const *tables, const HttpRoute *route);
/* Runs the handler, under If-Match where the request has one. */
bool conditions_run(HttpRequest *request, GError **error);
/* Tags the recorded answer, or makes it 304. */
bool conditions_answer(HttpRequest *request, GError **error);

/* deprecation.c */
void deprecation_headers(HttpRequest *request);

/* rates.c */
RateBuckets *rates_new(void);
void rates_free(RateBuckets *rates);
/* Takes one token of RATE for KEY; *RET_STATE is filled in both cases. */
bool rates_take(RateBuckets *rates, const HttpRate *rate, const char *key, int64_t now_ms,
                RateState *ret_state);
/* The site's rules BY actor or address; refused with ERROR_RATE_LIMITED. */
bool rates_check(HttpRequest *request, HttpRateBy by, GError **error);
void rates_headers(HttpRequest *request);
unsigned rates_count(RateBuckets *rates);

/* static.c */
/* True if the request was answered from the site's resources. */
bool static_reply(HttpRequest *request);

/* reply.c */
void reply_clear(Reply *reply);
bool reply_send(HttpRequest *request, bool close_after);
/* Writes a recorded answer made of bytes to the socket itself. */
void reply_send_raw(HttpRequest *request);

/* problem.c */
void problem_reply(HttpRequest *request, const GError *problem);

/* relay.c */
typedef struct RelayPool RelayPool;
RelayPool *relay_pool_new(void);
/* Ends all relays, refuses more, and waits for the threads. */
void relay_pool_stop(RelayPool *pool);
void relay_pool_free(RelayPool *pool);
/* Takes everything; runs from the library's upgrade callback. */
void relay_start(RelayPool *pool, int client_fd, struct MHD_UpgradeResponseHandle *handle,
                 const void *from_client, size_t from_client_size, int peer_fd, GBytes *from_peer,
                 HttpRelayActivity on_bytes, void *user, GDestroyNotify free_user);
void relay_pool_end(RelayPool *pool, HttpRelayMatch match, void *wanted);

#endif
