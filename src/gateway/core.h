/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The gateway proper: each service on its own origin, `<service>.<domain>`, so that a notebook's
 * page can never read the portal's cookies. A one-time ticket from the portal is exchanged there
 * for a cookie; every request is authorised anew; then HTTP and WebSocket bytes are relayed through
 * the service's door.
 *
 * It knows neither persons nor accreditations nor how a door is opened: it asks an authority. All
 * functions may be called from any thread.
 */
#ifndef DARSE_GATEWAY_CORE_H
#define DARSE_GATEWAY_CORE_H

#include "http/http.h"

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/* Random 256 bits; the authority keeps only its hash. */
#define GATEWAY_COOKIE "__Host-darse-service"
/* Where the ticket is handed in: "/.darse/enter?ticket=...&next=/lab". */
#define GATEWAY_ENTER_PATH "/.darse/enter"
/* A content policy under which a page can fetch from its own origin alone: a notebook's output can
 * then not carry data away in the address of an image. JupyterLab works under it. */
#define GATEWAY_POLICY_CONFINED                                                                    \
    "default-src 'self' 'unsafe-inline' 'unsafe-eval' data: blob:; frame-ancestors 'self'; "       \
    "form-action 'self'"

typedef struct GatewayTarget {
    /* Static text added as Content-Security-Policy to what the service answers, or NULL. */
    const char *content_policy;
} GatewayTarget;

typedef struct GatewayAuthority {
    /* Consumes TICKET, gives the cookie's value. */
    bool (*enter)(void *user, const char *service, const char *ticket, char **ret_cookie,
                  GError **error);
    /* May the holder of COOKIE (NULL: none was sent) use SERVICE now? ERROR_UNAUTHENTICATED: sign
     * in again; ERROR_DENIED: not allowed, with the reason; ERROR_NOT_FOUND: no such service;
     * ERROR_CONFLICT: it is stopped, with the reason. */
    bool (*authorise)(void *user, const char *service, const char *cookie,
                      GatewayTarget *ret_target, GError **error);
    /* A connected stream socket to the service's HTTP door, or -1. */
    int (*connect)(void *user, const char *service, GError **error);
    /* Somebody uses SERVICE: called often, must be quick. May be NULL. */
    void (*activity)(void *user, const char *service);
    void *user;
} GatewayAuthority;

typedef struct GatewayConfig {
    const char *id_prefix;   /* of services: "svc" */
    const char *domain;      /* "localhost": services are "<service>.localhost" */
    const char *portal_url;  /* "http://localhost:8080", shown on error pages */
    bool https;              /* people reach it by https */
} GatewayConfig;

typedef struct Gateway Gateway;

/* Both are copied; the authority's user must outlive the gateway. */
Gateway *gateway_new(const GatewayConfig *config, const GatewayAuthority *authority);
/* After the server has stopped. */
void gateway_free(Gateway *gateway);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Gateway, gateway_free)

/* To be listed before the portal's site. Lives as long as the gateway. The user of its relays is a
 * text, the service's id, for http_server_end_relays(). */
const HttpSite *gateway_http_site(Gateway *gateway);

/* Cuts every connection to SERVICE: relays of SERVER, transfers under way, pooled ones. */
void gateway_end_service(Gateway *gateway, HttpServer *server, const char *service);
/* Authorises every open relay and transfer again and cuts those refused: a duty of the clock, so
 * that signing out also ends a WebSocket that is open. */
void gateway_recheck(Gateway *gateway, HttpServer *server);

#endif
