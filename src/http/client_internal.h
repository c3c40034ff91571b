/* SPDX-License-Identifier: Apache-2.0 */
/* What the two files of the client share. */
#ifndef DARSE_HTTP_CLIENT_INTERNAL_H
#define DARSE_HTTP_CLIENT_INTERNAL_H

#include "http/client.h"

#include <curl/curl.h>

struct HttpClient {
    CURL *curl;
    char *base_url;
    char *token;
    bool use_cookies;
    GHashTable *jar;      /* host to (name to value) */
    GHashTable *headers;  /* of the last answer, by lower-case name */
    GHashTable *own_headers; /* sent with every call */
};

/* All return what the caller frees; NULL when URL has no such part. */
char *client_url(const HttpClient *client, const char *path);
char *client_url_host(const char *url);
char *client_url_port(const char *url);
/* Names at or below "localhost" are loopback, whatever the resolver thinks. NULL for others. */
struct curl_slist *client_resolve(const char *url);
/* Value of the Cookie header for URL, or NULL. A secret. */
char *client_cookies(const HttpClient *client, const char *url);
struct curl_slist *client_common_headers(const HttpClient *client, const char *url);
void client_prepare(CURL *curl, const char *url, struct curl_slist *resolve);

#endif
