/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The gateway's site: which host is which service, the way in by ticket, the question asked before
 * every request, and the list of what is open, so that it can be cut.
 */
#include "gateway/internal.h"

#include "base/error.h"
#include "base/times.h"
#include "http/target.h"

#include <string.h>
#include <sys/socket.h>

/* ---- what is open ---- */

Passage *passage_new(Gateway *gateway, const char *service, const char *cookie, int fd)
{
    Passage *passage = g_new0(Passage, 1);
    g_strlcpy(passage->service, service, sizeof passage->service);
    passage->cookie = g_strdup(cookie != NULL ? cookie : "");
    passage->gateway = gateway;
    passage->fd = fd;
    passage->link.data = passage;
    g_mutex_lock(&gateway->mutex);
    g_queue_push_tail_link(&gateway->passages, &passage->link);
    g_mutex_unlock(&gateway->mutex);
    return passage;
}

void passage_free(void *user)
{
    Passage *passage = user;
    g_mutex_lock(&passage->gateway->mutex);
    g_queue_unlink(&passage->gateway->passages, &passage->link);
    g_mutex_unlock(&passage->gateway->mutex);
    secret_free(passage->cookie);
    g_free(passage);
}

void passage_forget_socket(Passage *passage)
{
    g_mutex_lock(&passage->gateway->mutex);
    passage->fd = -1;
    g_mutex_unlock(&passage->gateway->mutex);
}

void passage_active(Passage *passage)
{
    const GatewayAuthority *authority = &passage->gateway->authority;
    int64_t now_ms = time_monotonic_ms();
    if (authority->activity == NULL ||
        now_ms - atomic_load(&passage->active_ms) < GATEWAY_ACTIVITY_MS)
        return;
    atomic_store(&passage->active_ms, now_ms);
    authority->activity(authority->user, passage->service);
}

static bool relay_is_of(void *user, void *service)
{
    return strcmp(user, service) == 0;
}

/* COOKIE NULL: whoever holds it. */
static void passages_cut(Gateway *gateway, const char *service, const char *cookie)
{
    g_mutex_lock(&gateway->mutex);
    for (GList *link = gateway->passages.head; link != NULL; link = link->next) {
        Passage *passage = link->data;
        if (passage->fd >= 0 && strcmp(passage->service, service) == 0 &&
            (cookie == NULL || strcmp(passage->cookie, cookie) == 0))
            shutdown(passage->fd, SHUT_RDWR);
    }
    g_mutex_unlock(&gateway->mutex);
}

void gateway_end_service(Gateway *gateway, HttpServer *server, const char *service)
{
    pool_drop(&gateway->pool, service);
    passages_cut(gateway, service, NULL);
    if (server != NULL)
        http_server_end_relays(server, relay_is_of, (void *)service);
}

typedef struct Holder {
    char *service, *cookie;
} Holder;

static void holder_free(void *user)
{
    Holder *holder = user;
    g_free(holder->service);
    secret_free(holder->cookie);
    g_free(holder);
}

static bool holder_is_listed(const GPtrArray *holders, const Passage *passage)
{
    for (guint i = 0; i < holders->len; i++) {
        const Holder *holder = holders->pdata[i];
        if (strcmp(holder->service, passage->service) == 0 &&
            strcmp(holder->cookie, passage->cookie) == 0)
            return true;
    }
    return false;
}

static GPtrArray *holders_list(Gateway *gateway)
{
    GPtrArray *holders = g_ptr_array_new_with_free_func(holder_free);
    g_mutex_lock(&gateway->mutex);
    for (GList *link = gateway->passages.head; link != NULL; link = link->next) {
        const Passage *passage = link->data;
        if (holder_is_listed(holders, passage))
            continue;
        Holder *holder = g_new0(Holder, 1);
        holder->service = g_strdup(passage->service);
        holder->cookie = g_strdup(passage->cookie);
        g_ptr_array_add(holders, holder);
    }
    g_mutex_unlock(&gateway->mutex);
    return holders;
}

static bool relay_is_held(void *user, void *wanted)
{
    const Passage *passage = user;
    const Holder *holder = wanted;
    return strcmp(passage->service, holder->service) == 0 &&
           strcmp(passage->cookie, holder->cookie) == 0;
}

void gateway_recheck(Gateway *gateway, HttpServer *server)
{
    const GatewayAuthority *authority = &gateway->authority;
    g_autoptr(GPtrArray) holders = holders_list(gateway);
    for (guint i = 0; i < holders->len; i++) {
        Holder *holder = holders->pdata[i];
        GatewayTarget target = {0};
        g_autoptr(GError) refusal = NULL;
        if (authority->authorise(authority->user, holder->service, holder->cookie, &target,
                                 &refusal))
            continue;
        /* A database that is slow just now is no reason to throw people out. */
        if (!error_kind_of(refusal)->is_public || error_is(refusal, ERROR_UNAVAILABLE))
            continue;
        passages_cut(gateway, holder->service, holder->cookie);
        if (server != NULL)
            http_server_end_relays(server, relay_is_held, holder);
    }
}

/* ---- hosts ---- */

static size_t host_name_length(const char *host)
{
    const char *colon = strrchr(host, ':');
    return colon != NULL ? (size_t)(colon - host) : strlen(host);
}

static bool host_matches(const char *host, void *data)
{
    const Gateway *gateway = data;
    size_t length = host_name_length(host), suffix = strlen(gateway->suffix);
    return length > suffix && memcmp(host + length - suffix, gateway->suffix, suffix) == 0;
}

static char *host_service(const Gateway *gateway, const char *host, GError **error)
{
    size_t length = host_name_length(host) - strlen(gateway->suffix);
    g_autofree char *service = g_strndup(host, length);
    if (!id_check(gateway->id_prefix, service)) {
        error_set(error, ERROR_NOT_FOUND, "gateway.no_service",
                  "There is no service at this address.");
        return NULL;
    }
    return g_steal_pointer(&service);
}

/* ---- the way in ---- */

static bool enter(Transfer *transfer, GError **error)
{
    HttpRequest *request = transfer->request;
    const GatewayAuthority *authority = &transfer->gateway->authority;
    g_autoptr(GHashTable) query = NULL;
    if (strcmp(http_request_method(request), "GET") != 0)
        return error_set(error, ERROR_METHOD, "http.method", "This path accepts GET.");
    if (!target_decode_query(http_request_query_string(request), &query, error))
        return false;
    const char *ticket = g_hash_table_lookup(query, "ticket");
    const char *next = g_hash_table_lookup(query, "next");
    if (ticket == NULL || *ticket == '\0')
        return error_set(error, ERROR_INVALID, "gateway.ticket", "The address holds no ticket.");
    if (next != NULL && !rewrite_next_is_safe(next))
        return error_set(error, ERROR_INVALID, "gateway.next",
                         "\"next\" must be a path of this service that begins with one slash.");
    char *cookie = NULL;
    if (!authority->enter(authority->user, transfer->service, ticket, &cookie, error))
        return false;
    char *line = g_strdup_printf("%s=%s; Path=/; Secure; HttpOnly; SameSite=Lax", GATEWAY_COOKIE,
                                 cookie);
    http_reply_header(request, "Set-Cookie", line);
    secret_free(line);
    secret_free(cookie);
    http_reply_header(request, "Location", next != NULL ? next : "/");
    http_reply_header(request, "Cache-Control", "no-store");
    http_reply_header(request, "Referrer-Policy", "no-referrer");
    return http_reply_empty(request, 303, error);
}

/* ---- each request ---- */

static bool wants_upgrade(const HttpRequest *request)
{
    const char *protocol = http_request_header(request, "Upgrade");
    return protocol != NULL && g_ascii_strcasecmp(protocol, "websocket") == 0 &&
           head_has_token(http_request_header(request, "Connection"), "upgrade") &&
           strcmp(http_request_method(request), "GET") == 0;
}

static bool method_is_relayed(const char *method)
{
    if (strcmp(method, "CONNECT") == 0 || strcmp(method, "TRACE") == 0)
        return false;
    size_t letters = strspn(method, "ABCDEFGHIJKLMNOPQRSTUVWXYZ");
    return letters > 0 && method[letters] == '\0';
}

static bool check_request(const Transfer *transfer, GError **error)
{
    const HttpRequest *request = transfer->request;
    if (!method_is_relayed(http_request_method(request)))
        return error_set(error, ERROR_METHOD, "gateway.method",
                         "This method is not passed on to services.");
    RewriteOrigin facts = {
        .method = http_request_method(request),
        .host = http_request_host(request),
        .origin = http_request_header(request, "Origin"),
        .fetch_site = http_request_header(request, "Sec-Fetch-Site"),
        .fetch_mode = http_request_header(request, "Sec-Fetch-Mode"),
        .fetch_dest = http_request_header(request, "Sec-Fetch-Dest"),
        .upgrade = transfer->upgrade,
        .https = transfer->gateway->https,
    };
    return rewrite_check_origin(&facts, error);
}

static bool begin(Transfer *transfer, GError **error)
{
    HttpRequest *request = transfer->request;
    const GatewayAuthority *authority = &transfer->gateway->authority;
    transfer->service = host_service(transfer->gateway, http_request_host(request), error);
    if (transfer->service == NULL)
        return false;
    if (strcmp(http_request_path(request), GATEWAY_ENTER_PATH) == 0) {
        transfer->enter = true;
        return true;
    }
    transfer->upgrade = wants_upgrade(request);
    transfer->cookie = g_strdup(http_request_cookie(request, GATEWAY_COOKIE));
    if (!authority->authorise(authority->user, transfer->service, transfer->cookie,
                              &transfer->target, error) ||
        !check_request(transfer, error))
        return false;
    if (authority->activity != NULL)
        authority->activity(authority->user, transfer->service);
    return transfer_begin(transfer, error);
}

static bool on_begin(HttpRequest *request, void **ret_state, GError **error)
{
    Transfer *transfer = g_new0(Transfer, 1);
    atomic_store(&transfer->owners, 1);
    transfer->gateway = http_request_site_data(request);
    transfer->request = request;
    if (!begin(transfer, error)) {
        transfer_release(transfer);
        return false;
    }
    *ret_state = transfer;
    return true;
}

static bool on_data(HttpRequest *request, void *state, const char *bytes, size_t size,
                    GError **error)
{
    Transfer *transfer = state;
    if (transfer->enter)
        return error_set(error, ERROR_INVALID, "http.body_unexpected",
                         "This request takes no body; send none.");
    return transfer_data(transfer, bytes, size, error);
}

static bool on_finish(HttpRequest *request, void *state, GError **error)
{
    Transfer *transfer = state;
    return transfer->enter ? enter(transfer, error) : transfer_finish(transfer, error);
}

static const HttpStream stream = {on_begin, on_data, on_finish, transfer_release};

/* ---- life ---- */

Gateway *gateway_new(const GatewayConfig *config, const GatewayAuthority *authority)
{
    Gateway *gateway = g_new0(Gateway, 1);
    gateway->id_prefix = g_strdup(config->id_prefix);
    gateway->suffix = g_strconcat(".", config->domain, NULL);
    gateway->portal_url = g_strdup(config->portal_url);
    gateway->https = config->https;
    gateway->authority = *authority;
    gateway->site = (HttpSite){
        .name = "gateway",
        .match = host_matches,
        .raw = &stream,
        .write_problem = page_write_problem,
        .data = gateway,
        .https = config->https,
    };
    pool_init(&gateway->pool);
    g_mutex_init(&gateway->mutex);
    return gateway;
}

void gateway_free(Gateway *gateway)
{
    if (gateway == NULL)
        return;
    g_assert(g_queue_is_empty(&gateway->passages));
    pool_clear(&gateway->pool);
    g_mutex_clear(&gateway->mutex);
    g_free(gateway->id_prefix);
    g_free(gateway->suffix);
    g_free(gateway->portal_url);
    g_free(gateway);
}

const HttpSite *gateway_http_site(Gateway *gateway)
{
    return &gateway->site;
}
