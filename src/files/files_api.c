/* SPDX-License-Identifier: Apache-2.0 */
/* The HTTP face: listing, fetching, showing, changing. */
#include "base/error.h"
#include "base/files.h"
#include "base/times.h"
#include "files/internal.h"
#include "lake/reader.h"
#include "lake/s3.h"

#include <string.h>

/* ---- listing ---- */

static json_t *item_of(const json_t *entry)
{
    g_autofree char *modified =
        time_format(json_integer_value(json_object_get(entry, "modified_ms")));
    return json_pack("{s:O, s:O, s:O, s:s}", "name", json_object_get(entry, "name"), "kind",
                     json_object_get(entry, "type"), "size", json_object_get(entry, "size"),
                     "modified", modified);
}

static json_t *volume_list(FilesTarget *target, const PlanBrowse *browse, GError **error)
{
    PlanVolume volume = files_target_volume(target);
    g_autoptr(Plan) plan = plan_browse_new(&volume, browse);
    g_autoptr(json_t) result = NULL;
    g_autoptr(GError) problem = NULL;
    if (!engine_client_run(target->app->engine, plan, NULL, NULL, &result, &problem)) {
        /* A home is made with the first service of its person: until then it is empty. */
        if (target->place == PLACE_HOME && *target->path == '\0' &&
            error_is(problem, ERROR_NOT_FOUND))
            return json_pack("{s:[], s:n, s:i}", "items", "next", "count", 0);
        g_propagate_error(error, g_steal_pointer(&problem));
        return NULL;
    }
    json_t *items = json_array();
    size_t index;
    const json_t *entry;
    json_array_foreach(json_object_get(result, "entries"), index, entry)
        json_array_append_new(items, item_of(entry));
    return json_pack("{s:o, s:O, s:O}", "items", items, "next", json_object_get(result, "next"),
                     "count", json_object_get(result, "count"));
}

/* What the caller may do in this place, and why not the rest. */
static json_t *rights_json(const FilesTarget *target)
{
    static const struct {
        const char *name;
        PolicyVerb verb;
    } rows[] = {{"show", VERB_FILES_SHOW}, {"get", VERB_FILES_GET}, {"put", VERB_FILES_PUT},
                {"change", VERB_FILES_CHANGE}};
    json_t *may = json_object();
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        PolicyDecision decision =
            policy_decide(target->actor, files_verb(target, rows[i].verb), &target->facts);
        json_object_set_new(may, rows[i].name,
                            json_pack("{s:b, s:s, s:s}", "allowed", decision.allowed, "reason",
                                      decision.reason, "detail", decision.sentence));
    }
    return may;
}

static void cursor_encode(json_t *list)
{
    const char *next = json_string_value(json_object_get(list, "next"));
    if (next == NULL)
        return;
    char *text = g_base64_encode((const guchar *)next, strlen(next));
    g_strdelimit(text, "+", '-');
    g_strdelimit(text, "/", '_');
    json_object_set_new(list, "next", json_string(text));
    g_free(text);
}

bool files_api_list(HttpRequest *request, GError **error)
{
    g_auto(FilesTarget) target = {0};
    g_autofree char *after = NULL;
    const char *sort = http_request_query(request, "sort");
    PlanBrowse browse = {
        .sort = sort != NULL ? sort : "name",
        .descending = g_strcmp0(http_request_query(request, "order"), "descending") == 0,
        .limit = http_request_query_integer(request, "limit", FILES_PAGE_MAX),
    };
    if (!files_target_read(request, false, &target, error) ||
        !page_key(request, &after, error) ||
        !files_target_look_noted(&target, VERB_FILES_VIEW, error))
        return false;
    browse.folder = target.path;
    browse.after = after;
    json_t *list = target.place == PLACE_BUCKET
                       ? files_bucket_list(&target, after, browse.limit, error)
                       : volume_list(&target, &browse, error);
    if (list == NULL)
        return false;
    cursor_encode(list);
    json_object_set_new(list, "place", json_string(files_places[target.place]));
    json_object_set_new(list, "path", json_string(target.path));
    json_object_set_new(list, "may", rights_json(&target));
    return http_reply_json(request, 200, list, error);
}

/* ---- fetching ---- */

/* RFC 6266: the name as it is, for programs that know UTF-8; otherwise none. */
static char *disposition(const char *path)
{
    const char *slash = strrchr(path, '/');
    g_autofree char *name = g_uri_escape_string(slash != NULL ? slash + 1 : path, NULL, false);
    return g_strdup_printf("attachment; filename*=UTF-8''%s", name);
}

static bool reply_bytes(HttpRequest *request, FilesTarget *target, FilesSource *source,
                        const S3Range *range, GError **error)
{
    int status = range->partial ? 206 : 200;
    if (source->reader == NULL)
        return http_reply_file(request, status, "application/octet-stream",
                               fd_steal(&source->fd), range->first, range->size, error);
    LakeReader *reader = files_bucket_open(target, range->first, range->size, error);
    return reader != NULL &&
           http_reply_stream(request, status, "application/octet-stream", range->size,
                             lake_reader_read, reader, lake_reader_free, error);
}

bool files_api_content(HttpRequest *request, GError **error)
{
    g_auto(FilesTarget) target = {0};
    g_auto(FilesSource) source = {.fd = -1};
    S3Range range;
    if (!files_target_read(request, true, &target, error) ||
        !files_target_look_noted(&target, VERB_FILES_GET, error) ||
        !files_source_open(&target, &source, error))
        return false;
    if (!s3_range_parse(http_request_header(request, "Range"), source.size, &range, error)) {
        g_autofree char *all = g_strdup_printf("bytes */%" G_GINT64_FORMAT, source.size);
        http_reply_header(request, "Content-Range", all);
        return false;
    }
    g_autofree char *name = disposition(target.path);
    http_reply_header(request, "Content-Disposition", name);
    http_reply_header(request, "Content-Security-Policy", "default-src 'none'; sandbox");
    http_reply_header(request, "Accept-Ranges", "bytes");
    if (range.partial) {
        g_autofree char *part =
            g_strdup_printf("bytes %" G_GINT64_FORMAT "-%" G_GINT64_FORMAT "/%" G_GINT64_FORMAT,
                            range.first, range.first + range.size - 1, source.size);
        http_reply_header(request, "Content-Range", part);
    }
    return reply_bytes(request, &target, &source, &range, error);
}

/* ---- showing ---- */

bool files_api_preview(HttpRequest *request, GError **error)
{
    g_auto(FilesTarget) target = {0};
    if (!files_target_read(request, true, &target, error) ||
        !files_target_look_noted(&target, VERB_FILES_SHOW, error))
        return false;
    json_t *answer = files_preview(&target, error);
    return answer != NULL && http_reply_json(request, 200, answer, error);
}

/* ---- changing ---- */

json_t *files_changed_json(const FilesTarget *target)
{
    return json_pack("{s:s, s:s}", "place", files_places[target->place], "path", target->path);
}

static bool body_target(HttpRequest *request, const char *field, FilesTarget *ret_target,
                        GError **error)
{
    FilesTarget target = {
        .app = request_app(request),
        .actor = request_actor(request),
        .project_id = http_request_segment(request, "project"),
        .path = http_body_text(request, field),
    };
    const char *place = http_body_text(request, "place");
    if (place != NULL)
        files_place_parse(place, &target.place);
    if (!files_target_check(&target, true, error))
        return false;
    *ret_target = target;
    return true;
}

bool files_api_folder(HttpRequest *request, GError **error)
{
    g_auto(FilesTarget) target = {0};
    return body_target(request, "path", &target, error) && files_make_folder(&target, error) &&
           http_reply_json(request, 201, files_changed_json(&target), error);
}

bool files_api_move(HttpRequest *request, GError **error)
{
    g_auto(FilesTarget) target = {0};
    const char *to = http_body_text(request, "to");
    if (!body_target(request, "path", &target, error) || !files_move(&target, to, error))
        return false;
    target.path = to;
    return http_reply_json(request, 200, files_changed_json(&target), error);
}

bool files_api_remove(HttpRequest *request, GError **error)
{
    g_auto(FilesTarget) target = {0};
    bool recursive = g_strcmp0(http_request_query(request, "recursive"), "true") == 0;
    return files_target_read(request, true, &target, error) &&
           files_remove(&target, recursive, error) && http_reply_empty(request, 204, error);
}
