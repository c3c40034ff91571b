/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The HTTP server: listeners, sites by host, a router over tables of routes, bodies checked against
 * tables of fields, problem documents (RFC 9457), server-sent events, streams and relays.
 *
 * Each request is handled by one thread with blocking calls. A handler answers with one
 * http_reply_*() call and returns true, or fills ERROR and returns false: the problem document is
 * then written from the one table of error kinds. It never does both.
 *
 * The room knows nothing of persons: an authenticator given at start attaches an actor to a
 * request.
 */
#ifndef DARSE_HTTP_HTTP_H
#define DARSE_HTTP_HTTP_H

#include "base/encode.h"
#include "base/error.h"

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct HttpServer HttpServer;
typedef struct HttpRequest HttpRequest;

/* ---- tables of fields: JSON bodies, queries, answers ---- */

typedef enum HttpFieldType {
    HTTP_TEXT,        /* one line, 1..max characters (max 0: 200) */
    HTTP_LONG_TEXT,   /* several lines, 1..max characters (max 0: 10000) */
    HTTP_SECRET,      /* as HTTP_TEXT, never logged; max 0: 1024 */
    HTTP_ID,          /* an identifier; `choices` is its prefix, "prj" */
    HTTP_CHOICE,      /* one of `choices`, separated by spaces */
    HTTP_CHOICES,     /* array of distinct values of `choices`, at most `max` */
    HTTP_INTEGER,     /* min..max */
    HTTP_NUMBER,
    HTTP_BOOLEAN,
    HTTP_TIME,        /* RFC 3339, or a plain date */
    HTTP_TEXT_LIST,   /* array of HTTP_TEXT, at most max items (max 0: 100) */
    HTTP_OBJECT,      /* object described by `fields` */
    HTTP_LIST,        /* array of objects described by `fields`, at most max (max 0: 1000) */
    HTTP_CELLS,       /* array of arrays of texts and nulls: rows of a table */
    HTTP_ANY,         /* any JSON, checked by the handler */
} HttpFieldType;

typedef struct HttpField {
    const char *name;
    HttpFieldType type;
    bool required;
    int64_t min, max;
    const char *choices;
    const struct HttpField *fields;
    const char *summary;      /* for the API document */
    bool nullable;            /* of an answer: always there (required), but may be null */
    const char *example;      /* for the API document, as JSON; NULL: made up from name and type */
} HttpField;                  /* tables end with a row whose name is NULL, {0} or: */

/* The last row of a table that has a name of its own in the API document, "Project": wherever it is
 * used, the document refers to one schema. Tables of one name must be equal. */
#define HTTP_SCHEMA(name_) {.summary = name_}

/* Checks VALUE (an object) against FIELDS: unknown fields, missing ones, wrong types, lengths and
 * bounds are refused with the field's path in the sentence. null in an optional field says the same
 * as absence. Pure; used by tests and fuzzing. */
bool http_fields_check(const HttpField *fields, const json_t *value, GError **error);
/* The same for what we answer: any text will do where the row gives no limit. An optional field of
 * an answer may be null too. */
bool http_answer_check(const HttpField *fields, const json_t *value, GError **error);

/* ---- routes ---- */

typedef enum HttpAccess {
    HTTP_PUBLIC,      /* no actor needed; one is attached if there is a valid one */
    HTTP_PERSON,      /* refused with 401 unless the authenticator finds an actor */
} HttpAccess;

typedef bool (*HttpHandler)(HttpRequest *request, GError **error);

/* A body that is not kept in memory. begin() sees the headers before the client is told to go on
 * (100 Continue); free() is called in every case, also when the client goes away. */
typedef struct HttpStream {
    bool (*begin)(HttpRequest *request, void **ret_state, GError **error);
    bool (*data)(HttpRequest *request, void *state, const char *bytes, size_t size,
                 GError **error);
    bool (*finish)(HttpRequest *request, void *state, GError **error);
    void (*free)(void *state);
} HttpStream;

/* An event of a stream, for the API document. */
typedef struct HttpEvent {
    const char *name;
    const HttpField *fields;      /* of its data */
    const char *summary;
} HttpEvent;                      /* tables end with a row whose name is NULL */

/* Of a route that is to go. Dates are plain: "2027-01-31". */
#define HTTP_SUNSET_DAYS_MIN 365
typedef struct HttpDeprecation {
    const char *since;            /* may lie ahead */
    const char *sunset;           /* when it may stop to answer; NULL: not decided */
    const char *successor;        /* path of what takes its place, or NULL */
} HttpDeprecation;
/* Dates that are dates, HTTP_SUNSET_DAYS_MIN between them, a path. ERROR_INVALID. */
bool http_deprecation_check(const HttpDeprecation *row, GError **error);
/* A sentence for the API document. Caller frees. */
char *http_deprecation_text(const HttpDeprecation *row);

/* A bit for HttpRoute.problems. */
#define HTTP_PROBLEM(code_) (1U << (code_))

typedef struct HttpRoute {
    const char *method;
    const char *path;             /* "/api/v1/projects/{project}": {name} is one segment */
    HttpHandler handler;          /* or */
    const HttpStream *stream;
    HttpAccess access;
    const HttpField *query;       /* allowed query parameters (NULL: none) */
    const HttpField *body;        /* JSON body (NULL: none accepted) */
    const HttpField *answer;      /* fields of the JSON answer, for the API document */
    int success;                  /* status on success, for the document (0: 200) */
    int also;                     /* another status with the same answer, for the document */
    const char *body_types;       /* of a stream: media types, separated by spaces */
    const char *answer_types;     /* of an answer that is not described by fields; idem */
    const HttpEvent *events;      /* the answer is a stream of these */
    unsigned problems;            /* HTTP_PROBLEM()s beyond http_route_problems()' own */
    const HttpDeprecation *deprecated; /* NULL: it is there to stay */
    const char *tag;              /* group in the document */
    const char *summary;
} HttpRoute;                      /* tables end with a row whose method is NULL */

/* The problems that ROUTE may answer, a set of HTTP_PROBLEM()s: those that follow from its row
 * (access, body, segments, method) and those that the row adds. ERROR_INTERNAL is never one. */
unsigned http_route_problems(const HttpRoute *route);
/* Does it make something, so that an Idempotency-Key is of use? A POST that answers 201 or 202. */
bool http_route_creates(const HttpRoute *route);
/* Is there a HTTP_SECRET in what it answers? Such answers are kept nowhere. */
bool http_route_answers_secret(const HttpRoute *route);

/* ---- the request ---- */

const char *http_request_id(const HttpRequest *request);        /* "req-..." */
const char *http_request_method(const HttpRequest *request);
const char *http_request_target(const HttpRequest *request);    /* raw, before any decoding */
const char *http_request_path(const HttpRequest *request);      /* raw path of the target, without query */
const char *http_request_query_string(const HttpRequest *request); /* raw, "" if none */
const char *http_request_host(const HttpRequest *request);
const char *http_request_address(const HttpRequest *request);   /* of the client, text */
const char *http_request_header(const HttpRequest *request, const char *name); /* NULL if absent */
/* Calls EACH for every header in order. */
typedef void (*HttpEachHeader)(const char *name, const char *value, void *user);
void http_request_each_header(const HttpRequest *request, HttpEachHeader each, void *user);
const char *http_request_cookie(const HttpRequest *request, const char *name);
int64_t http_request_content_length(const HttpRequest *request); /* -1: chunked or none given */
/* Decoded {name} segment; never NULL for a name in the route's path. */
const char *http_request_segment(const HttpRequest *request, const char *name);
/* Decoded, checked query parameter; NULL if absent. */
const char *http_request_query(const HttpRequest *request, const char *name);
int64_t http_request_query_integer(const HttpRequest *request, const char *name, int64_t fallback);
/* The checked JSON body (borrowed), NULL if the route has none. Shorthands: NULL/fallback if absent. */
const json_t *http_request_body(const HttpRequest *request);
const char *http_body_text(const HttpRequest *request, const char *name);
int64_t http_body_integer(const HttpRequest *request, const char *name, int64_t fallback);
bool http_body_boolean(const HttpRequest *request, const char *name, bool fallback);
int64_t http_body_time(const HttpRequest *request, const char *name, int64_t fallback);

/* What the site was made with, and what the authenticator attached. */
void *http_request_site_data(const HttpRequest *request);
void http_request_set_actor(HttpRequest *request, void *actor, GDestroyNotify free_actor);
void *http_request_actor(const HttpRequest *request);
/* Identifier of the actor for the access log (copied). */
void http_request_set_actor_id(HttpRequest *request, const char *id);
/* Bound unix-socket path of the listener that the connection came through, or NULL (doors). */
const char *http_request_door(const HttpRequest *request);

/* Waits until FD has one of EVENTS (poll). Fails when TIMEOUT_MS passes, when the client goes away
 * ("http.client_gone") or when the server stops: blocking work on behalf of a request waits here. */
bool http_request_wait(HttpRequest *request, int fd, short events, int timeout_ms, GError **error);

/* ---- the answer ---- */

/* The answer recorded so far, for HttpOnce.end(): NULL unless it is made of bytes. */
GBytes *http_reply_recorded(const HttpRequest *request, int *ret_status);
bool http_request_answers_secret(const HttpRequest *request);
/* Adds a header to the answer to come. */
void http_reply_header(HttpRequest *request, const char *name, const char *value);
/* Takes VALUE. */
bool http_reply_json(HttpRequest *request, int status, json_t *value, GError **error);
bool http_reply_empty(HttpRequest *request, int status, GError **error);
bool http_reply_bytes(HttpRequest *request, int status, const char *type, GBytes *bytes,
                      GError **error);
/* SIZE bytes of FD from OFFSET; takes FD in every case. */
bool http_reply_file(HttpRequest *request, int status, const char *type, int fd, int64_t offset,
                     int64_t size, GError **error);
/* READ returns bytes put in BUFFER, 0 at the end, -1 to break the connection. SIZE -1: unknown.
 * FREE_STATE is called in every case. */
typedef ssize_t (*HttpRead)(void *state, char *buffer, size_t size);
bool http_reply_stream(HttpRequest *request, int status, const char *type, int64_t size,
                       HttpRead read, void *state, GDestroyNotify free_state, GError **error);
/* Server-sent events. NEXT waits at most a few seconds; returns a whole event block made by
 * http_event() to send (caller of NEXT frees), "" for a keep-alive comment, or NULL to end. */
typedef char *(*HttpNextEvent)(void *state);
bool http_reply_events(HttpRequest *request, HttpNextEvent next, void *state,
                       GDestroyNotify free_state, GError **error);
/* "id: ...\nevent: ...\ndata: ...\n\n", without id when it is NULL. Takes DATA. Caller frees. */
char *http_event(const char *id, const char *name, json_t *data);
/* 101 Switching Protocols with the headers added so far, then bytes are relayed both ways between
 * the client and PEER_FD (taken) by the relay threads until either side closes. EXTRA: bytes
 * already read from the peer after its own 101. ON_BYTES (may be NULL) is told of traffic. */
typedef void (*HttpRelayActivity)(void *user, size_t bytes);
bool http_reply_relay(HttpRequest *request, int peer_fd, GBytes *extra,
                      HttpRelayActivity on_bytes, void *user, GDestroyNotify free_user,
                      GError **error);
/* Ends every relay whose USER (given above) matches, for example those of a stopped service. */
typedef bool (*HttpRelayMatch)(void *user, void *wanted);
void http_server_end_relays(HttpServer *server, HttpRelayMatch match, void *wanted);

/* The problem document of ERROR: {"type","title","status","detail","reason","request"}. */
json_t *http_problem(const GError *error, const char *request_id);

/* ---- the server ---- */

/* A limit of requests: a row per rule. */
typedef enum HttpRateBy { HTTP_RATE_BY_ADDRESS, HTTP_RATE_BY_ACTOR } HttpRateBy;
typedef enum HttpRateMethods { HTTP_RATE_ALL, HTTP_RATE_READS, HTTP_RATE_WRITES } HttpRateMethods;
typedef struct HttpRate {
    const char *name;
    HttpRateBy by;
    HttpRateMethods methods;
    int per_minute;               /* a fifth of it may come at once; 0: no limit */
} HttpRate;                       /* tables end with a row whose name is NULL */
int http_rate_burst(const HttpRate *rate);
/* Whom an address is counted for: itself, or the /64 of an IPv6 one, as whoever has one of these has
 * them all. Caller frees. */
char *http_network_of(const char *address);

/* How a site keeps what was done under an Idempotency-Key. begin() is called with a well-formed KEY
 * before the handler of a creating route: it may answer with what is kept, or refuse. end() is called
 * after a begin() that did neither: FAILURE is why the handler did not answer, NULL when it did. */
typedef struct HttpOnce {
    bool (*begin)(HttpRequest *request, const char *key, GError **error);
    void (*end)(HttpRequest *request, const GError *failure);
} HttpOnce;

/* One site: the first whose MATCH accepts the Host is used (NULL: accepts all). Either TABLES (the
 * router) or RAW (everything goes to one stream: gateway, lake). */
typedef struct HttpSite {
    const char *name;
    bool (*match)(const char *host, void *data);
    const HttpRoute *const *tables;   /* NULL-ended array of route tables */
    const HttpStream *raw;
    /* Writes the problem in the site's own form (S3 uses XML); NULL: application/problem+json. */
    bool (*write_problem)(HttpRequest *request, const GError *problem, GError **error);
    /* For HTTP_PERSON routes; and for HTTP_PUBLIC ones, where failing is not refused. */
    bool (*authenticate)(HttpRequest *request, GError **error);
    /* Called for every unsafe method of an authenticated request (CSRF). May be NULL. */
    bool (*check_origin)(HttpRequest *request, GError **error);
    const char *static_resource;      /* GResource prefix of static files, "/darse/web"; or NULL */
    void *data;
    /* For tests: an answer that the API document does not foresee becomes an internal error. */
    bool check_answers;
    const HttpRate *rates;            /* of its routes; or NULL */
    const HttpOnce *once;             /* or NULL: Idempotency-Key is not looked at */
    bool https;                       /* people reach it by https: Strict-Transport-Security */
} HttpSite;

typedef struct HttpListener {
    const char *address;              /* "127.0.0.1", "::1", "0.0.0.0" */
    int port;                         /* 0: any */
    const HttpSite *const *sites;     /* NULL-ended */
} HttpListener;

typedef struct HttpLimits {
    int max_connections;
    int64_t max_body_bytes;
    int head_timeout_ms;              /* for a whole request head (0: 30 s), however it drips */
} HttpLimits;

/* Starts listening. Sites must outlive the server. */
HttpServer *http_server_start(const HttpListener *listener, const HttpLimits *limits,
                              GError **error);
int http_server_port(const HttpServer *server);
/* Adopts an accepted connection (a door's): handled like any other, http_request_door() set. */
bool http_server_adopt(HttpServer *server, int fd, GError **error);
/* Stops accepting, lets requests end for at most GRACE_MS, ends streams and relays. The server can
 * still be given to http_server_end_relays() until it is freed. */
void http_server_stop(HttpServer *server, int grace_ms);
void http_server_free(HttpServer *server);

/* OpenAPI 3.1 document of the tables. */
json_t *http_openapi(const HttpRoute *const *tables, const char *title, const char *version,
                     const char *server_url);

#endif
