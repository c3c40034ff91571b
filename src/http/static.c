/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The web pages, from resources linked into the binary. Names that carry a hash of their content
 * are cached for ever; the rest is checked by ETag. A path without an extension is a page of the
 * application, which routes it itself: it gets index.html. "x.js.gz" beside "x.js" is sent to
 * clients that take gzip.
 */
#include "http/internal.h"

#include "http/target.h"

#include <gio/gio.h>
#include <string.h>

static const struct {
    const char *extension, *type;
} types[] = {
    {".html", "text/html; charset=utf-8"},
    {".js", "text/javascript; charset=utf-8"},
    {".css", "text/css; charset=utf-8"},
    {".json", "application/json"},
    {".svg", "image/svg+xml"},
    {".png", "image/png"},
    {".ico", "image/x-icon"},
    {".woff2", "font/woff2"},
    {".txt", "text/plain; charset=utf-8"},
    {".webmanifest", "application/manifest+json"},
};

static const char *type_of(const char *path)
{
    for (size_t i = 0; i < G_N_ELEMENTS(types); i++) {
        if (g_str_has_suffix(path, types[i].extension))
            return types[i].type;
    }
    return "application/octet-stream";
}

/* "name-Xy12_ab9.js": eight or more characters of a hash between a dash and the extension. */
static bool name_is_hashed(const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash == NULL ? path : slash + 1;
    const char *dot = strchr(name, '.');
    if (dot == NULL)
        return false;
    size_t hash = 0;
    for (const char *p = dot - 1; p >= name; p--) {
        if (hash >= 8 && *p == '-')
            return true;
        if (!g_ascii_isalnum(*p) && *p != '_' && *p != '-')
            return false;
        hash++;
    }
    return false;
}

static bool accepts_gzip(const HttpRequest *request)
{
    const char *accepted = http_request_header(request, "Accept-Encoding");
    if (accepted == NULL)
        return false;
    g_auto(GStrv) codings = g_strsplit(accepted, ",", 20);
    for (char **coding = codings; *coding != NULL; coding++) {
        char *name = g_strstrip(*coding);
        if (g_ascii_strncasecmp(name, "gzip", 4) != 0)
            continue;
        return strstr(name, "q=0") == NULL || strstr(name, "q=0.") != NULL;
    }
    return false;
}

/* A stored file is constant: its ETag is computed once. */
static char *etag_of(HttpServer *server, const char *path, GBytes *bytes)
{
    g_mutex_lock(&server->mutex);
    char *etag = g_strdup(g_hash_table_lookup(server->etags, path));
    g_mutex_unlock(&server->mutex);
    if (etag != NULL)
        return etag;
    size_t size;
    const void *data = g_bytes_get_data(bytes, &size);
    uint8_t hash[HASH_SIZE];
    hash_bytes(data, size, hash);
    g_autofree char *hex = hex_encode(hash, 16);
    etag = g_strdup_printf("\"%s\"", hex);
    g_mutex_lock(&server->mutex);
    g_hash_table_replace(server->etags, g_strdup(path), g_strdup(etag));
    g_mutex_unlock(&server->mutex);
    return etag;
}

static bool etag_matches(const HttpRequest *request, const char *etag)
{
    const char *wanted = http_request_header(request, "If-None-Match");
    return wanted != NULL && (strcmp(wanted, "*") == 0 || strstr(wanted, etag) != NULL);
}

static bool file_reply(HttpRequest *request, const char *path)
{
    g_autofree char *packed_path = g_strconcat(path, ".gz", NULL);
    bool packed = false;
    g_autoptr(GBytes) bytes = NULL;
    if (accepts_gzip(request)) {
        bytes = g_resources_lookup_data(packed_path, G_RESOURCE_LOOKUP_FLAGS_NONE, NULL);
        packed = bytes != NULL;
    }
    if (bytes == NULL)
        bytes = g_resources_lookup_data(path, G_RESOURCE_LOOKUP_FLAGS_NONE, NULL);
    if (bytes == NULL)
        return false;
    g_autofree char *etag = etag_of(request->server, packed ? packed_path : path, bytes);
    http_reply_header(request, "ETag", etag);
    http_reply_header(request, "Vary", "Accept-Encoding");
    http_reply_header(request, "Cache-Control",
                      name_is_hashed(path) ? "public, max-age=31536000, immutable" : "no-cache");
    if (etag_matches(request, etag))
        return http_reply_empty(request, 304, NULL);
    if (packed)
        http_reply_header(request, "Content-Encoding", "gzip");
    return http_reply_bytes(request, 200, type_of(path), bytes, NULL);
}

bool static_reply(HttpRequest *request)
{
    const char *prefix = request->site->static_resource;
    bool readable = strcmp(request->method, "GET") == 0 || strcmp(request->method, "HEAD") == 0;
    if (prefix == NULL || !readable)
        return false;
    GStrv segments = request->segments;
    guint count = g_strv_length(segments);
    if (count > 0 && strcmp(segments[0], "api") == 0)
        return false;
    g_autofree char *joined = g_strjoinv("/", segments);
    g_autofree char *path = g_strconcat(prefix, "/", joined, NULL);
    if (count > 0 && file_reply(request, path))
        return true;
    if (count > 0 && strchr(segments[count - 1], '.') != NULL)
        return false;
    g_autofree char *index = g_strconcat(prefix, "/index.html", NULL);
    return file_reply(request, index);
}
