/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the rooms of the server share: the parts that are fixed after start, the type of a room, and
 * the one way to act.
 *
 * Adding a feature adds a folder with a `const Room <name>_room` and one line in src/rooms.c.
 */
#ifndef DARSE_APP_APP_H
#define DARSE_APP_APP_H

#include "audit/audit.h"
#include "base/config.h"
#include "base/metrics.h"
#include "base/verbs.h"
#include "http/http.h"
#include "policy/policy.h"
#include "store/store.h"

typedef struct EngineClient EngineClient;
typedef struct Events Events;
typedef struct Once Once;
typedef struct Clock Clock;

/* The rooms that may keep a state of their own in the App. */
typedef enum RoomSlot {
    ROOM_PLATFORM, ROOM_IDENTITY, ROOM_PROJECTS, ROOM_SOURCES, ROOM_ACCREDITATION, ROOM_LAKE,
    ROOM_SERVICES, ROOM_GATEWAY, ROOM_AIRLOCK, ROOM_NOTICES, ROOM_OFFICER, ROOM_FILES,
    ROOM_THEME, ROOM_PROTECTION, ROOM_COUNT
} RoomSlot;

typedef struct App {
    const Config *config;
    const char *state_dir;
    const char *program;          /* path of this binary, for workers */
    const char *portal_url;       /* "http://localhost:8080", no slash at the end */
    const char *lake_url;
    const char *services_suffix;  /* ".localhost:8080": what follows a service id in its origin */
    bool demonstration;
    Store *store;
    Audit *audit;
    Events *events;
    Once *once;
    EngineClient *engine;
    HttpServer *portal;
    HttpServer *lake;
    Clock *clock;                 /* set once everything listens; NULL before (server/clock.h) */
    void *room_data[ROOM_COUNT];  /* a room's own state, made by its start() */
} App;

/* A periodic duty of the clock. Runs on the clock's thread; short. */
typedef struct Duty {
    const char *name;
    int period_ms;
    bool (*run)(App *app, GError **error);
} Duty;

typedef struct Room {
    const char *name;
    const HttpRoute *routes;      /* NULL or ended by an empty row */
    const Verb *verbs;            /* idem */
    const Duty *duties;           /* idem */
    bool (*start)(App *app, GError **error);  /* after store, audit, engine client; before listening */
    void (*stop)(App *app);
    /* Sets the room's gauges (base/metrics.h), each time that they are about to be read. */
    bool (*measure)(App *app, GError **error);
} Room;

/* ---- the one way to act ---- */

/* One action in one savepoint: the closure loads facts, asks act_allow(), changes rows. When it
 * returns true, one audit leaf (verb, object, project, details) is appended in the same savepoint,
 * and the answer is given after the durable commit. When policy refuses, nothing is changed and the
 * denial is written to the log on its own. */
typedef struct Act {
    App *app;
    const PolicyActor *actor;
    PolicyVerb verb;
    StoreTx *tx;                  /* inside the closure */
    char *object;                 /* for the leaf: set with act_about() */
    char *project;
    json_t *details;              /* object; the closure may fill it */
    int64_t sequence;             /* of the leaf, once done */
    GPtrArray *topics;            /* published on app->events after the commit */
} Act;

typedef bool (*ActClosure)(Act *act, void *data, GError **error);

/* Runs CLOSURE as above. RET_SEQUENCE may be NULL. */
bool act_run(App *app, const PolicyActor *actor, PolicyVerb verb, ActClosure closure, void *data,
             int64_t *ret_sequence, GError **error);
/* Inside: asks policy for ACT->verb. */
bool act_allow(Act *act, const PolicyFacts *facts, GError **error);
/* Inside: what the leaf is about. Copied; NULL leaves it as it is. */
void act_about(Act *act, const char *object, const char *project);
void act_detail(Act *act, const char *key, const char *value);
/* Inside: publishes TOPIC ("project:prj-...", "person:per-...", "service:...") after the commit. */
void act_notify(Act *act, const char *topic);

/* Reading that policy governs: the closure loads facts, asks look_allow(), reads. Denials are
 * logged; a successful read is logged when AUDITED is true (the files of an export, the audit log
 * itself), after it. */
typedef bool (*LookClosure)(StoreTx *tx, const PolicyActor *actor, void *data, GError **error);
bool look_run(App *app, const PolicyActor *actor, PolicyVerb verb, const char *object,
              bool audited, LookClosure closure, void *data, GError **error);

/* In handlers: the app and the actor of a request. */
App *request_app(const HttpRequest *request);
const PolicyActor *request_actor(const HttpRequest *request);

/* ---- events: a small in-memory bus for server-sent events ---- */

typedef struct EventsTap EventsTap;
Events *events_new(void);
void events_free(Events *events);
/* Wakes the taps on TOPIC. DATA (taken, may be NULL) is what they get. Never blocks. */
void events_publish(Events *events, const char *topic, json_t *data);
/* TOPICS: NULL-ended. A tap keeps at most 256 events; older ones are dropped and replaced by one
 * {"topic":"missed"}. LAST_ID (or NULL): the "id" of the last event that the reader saw; what came
 * since is given first, or "missed" when that is no longer known. */
EventsTap *events_tap(Events *events, const char *const *topics, const char *last_id);
/* Waits at most TIMEOUT_MS; NULL if nothing came or the bus is closing (then *RET_CLOSED).
 * {"id":..., "topic":..., "data":...}: the caller owns it. */
json_t *events_wait(EventsTap *tap, int timeout_ms, bool *ret_closed);
void events_untap(EventsTap *tap);
/* Wakes every waiter for good, at stop. */
void events_close(Events *events);

/* Sets METRIC, which has one label, to what SQL counts: rows of (label, count). */
bool measure_rows(App *app, Metric metric, const char *sql, GError **error);

/* ---- pages of a list ---- */

#define PAGE_LIMIT_DEFAULT 50
#define PAGE_LIMIT_MAX 200
/* The two query parameters of every list, to put in a route's query table. */
#define PAGE_FIELDS                                                                                \
    {"limit", HTTP_INTEGER, .min = 1, .max = PAGE_LIMIT_MAX, .summary = "At most this many rows"}, \
    {"cursor", HTTP_TEXT, .max = 400, .summary = "`next` of the previous page"}
/* The last field of every list's answer. */
#define ANSWER_NEXT                                                                                \
    {"next", HTTP_TEXT, .required = true, .nullable = true,                                        \
     .summary = "Cursor of the next page; null at the end"}
/* {"items":ITEMS,"next":cursor or null}. Takes ITEMS. A page is read with LIMIT + 1 rows: if there
 * are more than LIMIT, the last is dropped and NEXT made of the key of the last one kept. Keys are
 * opaque to clients: base64url of the text that KEY_OF returns, which lives as long as ITEM. */
json_t *page_json(json_t *items, int64_t limit, const char *(*key_of)(const json_t *item));
/* The key in ?cursor=; "" when absent. Caller frees. */
bool page_key(const HttpRequest *request, char **ret_key, GError **error);
int64_t page_limit(const HttpRequest *request);

#endif
