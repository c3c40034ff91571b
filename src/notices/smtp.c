/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SMTP by libcurl, which speaks it well: dot-stuffing, STARTTLS, authentication, pipelining of nothing.
 *
 * What counts is to know on which side of the server's answer to the end of the message a failure lies:
 * before it, the message was not taken and may be offered again; once all of it was handed over and no
 * answer came, offering it again might send it twice.
 */
#include "notices/smtp.h"

#include "base/encode.h"
#include "base/error.h"
#include "base/files.h"

#include <curl/curl.h>
#include <string.h>

#define CONNECT_TIMEOUT_S 15L
#define SEND_TIMEOUT_S 60L
#define PASSWORD_MAX 1024

struct SmtpLink {
    const SmtpServer *server;
    const int *stopping;
    CURL *curl;
    char problem[CURL_ERROR_SIZE];
    const char *rest;             /* of the message under way */
    bool handed_over;             /* libcurl has read its end */
};

/* ---- configuration ---- */

typedef struct TlsMode {
    const char *name, *scheme;
    bool needs_tls;
    int port;
} TlsMode;

static const TlsMode tls_modes[] = {
    {"starttls", "smtp", true, 587}, {"tls", "smtps", true, 465}, {"none", "smtp", false, 25},
};

static const TlsMode *tls_mode_find(const char *name)
{
    for (size_t i = 0; i < G_N_ELEMENTS(tls_modes); i++) {
        if (strcmp(tls_modes[i].name, name) == 0)
            return &tls_modes[i];
    }
    return NULL;
}

static bool host_is_here(const char *host)
{
    return strcmp(host, "localhost") == 0 || g_str_has_prefix(host, "127.") ||
           strcmp(host, "::1") == 0;
}

static bool host_check(const char *host, GError **error)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-:";
    return strspn(host, allowed) == strlen(host) ||
           error_set(error, ERROR_INVALID, "notices.server",
                     "mail.server is \"%s\"; give the name or address of the mail server alone.",
                     host);
}

bool smtp_server_read(const Config *config, SmtpServer *ret_server, GError **error)
{
    const char *host = config_text(config, "mail.server");
    const TlsMode *mode = tls_mode_find(config_text(config, "mail.tls"));
    int port = (int)config_integer(config, "mail.port");
    if (mode == NULL)
        return error_set(error, ERROR_INVALID, "notices.tls",
                         "mail.tls is \"%s\"; it is starttls, tls or none.",
                         config_text(config, "mail.tls"));
    if (*host == '\0') {
        *ret_server = (SmtpServer){0};
        return true;
    }
    if (!host_check(host, error))
        return false;
    if (*config_text(config, "mail.sender") == '\0')
        return error_set(error, ERROR_INVALID, "notices.sender",
                         "mail.server is given but mail.sender is not; give the address that mail "
                         "comes from.");
    if (!mode->needs_tls && *config_text(config, "mail.user") != '\0' && !host_is_here(host))
        return error_set(error, ERROR_INVALID, "notices.clear_password",
                         "mail.tls = none would send the password of mail.user in clear to %s; use "
                         "starttls or tls.", host);
    bool is_v6 = strchr(host, ':') != NULL;
    *ret_server = (SmtpServer){
        .url = g_strdup_printf("%s://%s%s%s:%d", mode->scheme, is_v6 ? "[" : "", host,
                               is_v6 ? "]" : "", port != 0 ? port : mode->port),
        .needs_tls = mode->needs_tls,
        .user = g_strdup(config_text(config, "mail.user")),
        .password_file = g_strdup(config_text(config, "mail.password_file")),
        .ca_file = g_strdup(config_text(config, "mail.ca_file")),
        .sender = g_strdup(config_text(config, "mail.sender")),
    };
    return true;
}

void smtp_server_clear(SmtpServer *server)
{
    g_free(server->url);
    g_free(server->user);
    g_free(server->password_file);
    g_free(server->ca_file);
    g_free(server->sender);
    *server = (SmtpServer){0};
}

/* ---- sending ---- */

SmtpLink *smtp_link_new(const SmtpServer *server, const int *stopping)
{
    SmtpLink *link = g_new0(SmtpLink, 1);
    link->server = server;
    link->stopping = stopping;
    link->curl = curl_easy_init();
    g_assert(link->curl != NULL);
    return link;
}

void smtp_link_free(SmtpLink *link)
{
    if (link == NULL)
        return;
    curl_easy_cleanup(link->curl);
    g_free(link);
}

static size_t give_bytes(char *buffer, size_t size, size_t count, void *data)
{
    SmtpLink *link = data;
    size_t n = MIN(size * count, strlen(link->rest));
    memcpy(buffer, link->rest, n);
    link->rest += n;
    link->handed_over = n == 0;
    return n;
}

static int watch(void *data, curl_off_t down_total, curl_off_t down, curl_off_t up_total,
                 curl_off_t up)
{
    const SmtpLink *link = data;
    (void)down_total;
    (void)down;
    (void)up_total;
    (void)up;
    return link->stopping != NULL && g_atomic_int_get(link->stopping) != 0;
}

static bool set_password(SmtpLink *link, GError **error)
{
    const SmtpServer *server = link->server;
    char *password = NULL;
    if (*server->user == '\0')
        return true;
    if (*server->password_file != '\0') {
        if (!file_read(server->password_file, PASSWORD_MAX, &password, NULL, error))
            return false;
        g_strchomp(password);
    }
    curl_easy_setopt(link->curl, CURLOPT_USERNAME, server->user);
    curl_easy_setopt(link->curl, CURLOPT_PASSWORD, password != NULL ? password : "");
    secret_free(password);
    return true;
}

static void set_options(SmtpLink *link, const char *text, struct curl_slist *to)
{
    const SmtpServer *server = link->server;
    CURL *curl = link->curl;
    link->rest = text;
    link->handed_over = false;
    link->problem[0] = '\0';
    curl_easy_setopt(curl, CURLOPT_URL, server->url);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    curl_easy_setopt(curl, CURLOPT_PROXY, "");
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, CONNECT_TIMEOUT_S);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT, SEND_TIMEOUT_S);
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, link->problem);
    curl_easy_setopt(curl, CURLOPT_USE_SSL, (long)(server->needs_tls ? CURLUSESSL_ALL
                                                                     : CURLUSESSL_NONE));
    if (*server->ca_file != '\0')
        curl_easy_setopt(curl, CURLOPT_CAINFO, server->ca_file);
    curl_easy_setopt(curl, CURLOPT_MAIL_FROM, server->sender);
    curl_easy_setopt(curl, CURLOPT_MAIL_RCPT, to);
    curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(curl, CURLOPT_READFUNCTION, give_bytes);
    curl_easy_setopt(curl, CURLOPT_READDATA, link);
    curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, watch);
    curl_easy_setopt(curl, CURLOPT_XFERINFODATA, link);
}

/* STATUS: the server's last answer, 0 if it gave none. A server that answered 4yz will take it later;
 * 5yz to the recipient or the message is final, but a refused sign-in is the configuration's fault and
 * is mended without losing mail. */
static SmtpOutcome judge(CURLcode code, long status, bool handed_over)
{
    if (code == CURLE_OK)
        return SMTP_ACCEPTED;
    if (code == CURLE_LOGIN_DENIED || code == CURLE_USE_SSL_FAILED ||
        code == CURLE_PEER_FAILED_VERIFICATION)
        return SMTP_TRY_AGAIN;
    if (status >= 500)
        return SMTP_REFUSED;
    if (status >= 400)
        return SMTP_TRY_AGAIN;
    return handed_over ? SMTP_UNKNOWN : SMTP_TRY_AGAIN;
}

SmtpOutcome smtp_send(SmtpLink *link, const char *to, const char *text, char **ret_why)
{
    g_autoptr(GError) problem = NULL;
    long status = 0;
    g_autofree char *recipient = g_strdup_printf("<%s>", to);
    struct curl_slist *list = curl_slist_append(NULL, recipient);
    set_options(link, text, list);
    if (!set_password(link, &problem)) {
        curl_slist_free_all(list);
        *ret_why = g_strdup(problem->message);
        return SMTP_TRY_AGAIN;
    }
    CURLcode code = curl_easy_perform(link->curl);
    curl_easy_getinfo(link->curl, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_setopt(link->curl, CURLOPT_MAIL_RCPT, NULL);
    curl_slist_free_all(list);
    SmtpOutcome outcome = judge(code, status, link->handed_over);
    const char *said = link->problem[0] != '\0' ? link->problem : curl_easy_strerror(code);
    if (outcome != SMTP_ACCEPTED && status >= 400)
        *ret_why = g_strdup_printf("%s (the server answered %ld)", said, status);
    else if (outcome != SMTP_ACCEPTED)
        *ret_why = g_strdup(said);
    return outcome;
}
