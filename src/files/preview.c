/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is shown of a file: some rows of a table, the beginning of a text, a picture made anew. The
 * worker reads it, from a nameless copy in the project's own vault, as it may only open what belongs
 * to its user. What is shown is bounded, so that showing is never fetching (decision 0140).
 */
#include "base/encode.h"
#include "base/error.h"
#include "base/files.h"
#include "files/internal.h"
#include "lake/reader.h"
#include "worker/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define MEBIBYTE (INT64_C(1024) * 1024)
#define PREVIEW_ROWS 100
#define PICTURE_ANSWER_MAX (8 * MEBIBYTE)
#define COPY_BUFFER (256 * 1024)

typedef struct PreviewKind {
    const char *name;
    const char *endings;       /* separated by spaces; "" for everything else */
    int64_t copy_max;          /* bytes looked at */
    bool whole;                /* a part of it cannot be read */
} PreviewKind;

static const PreviewKind kinds[] = {
    {"table", ".csv", 16 * MEBIBYTE, false},
    {"table", ".parquet", 256 * MEBIBYTE, true},
    {"image", ".png .jpg .jpeg", 64 * MEBIBYTE, true},
    {"text", "", 2 * WORKER_TEXT_BYTES, false},
};

char *files_incoming(const App *app, const char *project)
{
    return g_build_filename(app->state_dir, "projects", project, "incoming", NULL);
}

static const PreviewKind *kind_of(const char *path)
{
    g_autofree char *lower = g_ascii_strdown(path, -1);
    for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++) {
        g_auto(GStrv) endings = g_strsplit(kinds[i].endings, " ", -1);
        for (char **ending = endings; *ending != NULL; ending++) {
            if (g_str_has_suffix(lower, *ending))
                return &kinds[i];
        }
    }
    return &kinds[G_N_ELEMENTS(kinds) - 1];
}

/* ---- the copy ---- */

static ssize_t source_read(FilesSource *source, int64_t at, char *buffer, size_t size)
{
    if (source->reader != NULL)
        return lake_reader_read(source->reader, buffer, size);
    ssize_t got = -1;
    do {
        got = pread(source->fd, buffer, size, (off_t)at);
    } while (got < 0 && errno == EINTR);
    return got;
}

/* A file without a name, gone with its descriptor. */
static int nameless(const FilesTarget *target, GError **error)
{
    g_autofree char *folder = files_incoming(target->app, target->project_id);
    int fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd < 0)
        error_set(error, ERROR_UNAVAILABLE, "files.locked",
                  "The project's files cannot be reached now; they are locked.");
    return fd;
}

/* The first MAX bytes; of more, *RET_CUT says that there are. A table is cut after a line. */
static int copy_of(FilesTarget *target, FilesSource *source, int64_t max, bool *ret_cut,
                   GError **error)
{
    FD_AUTO int fd = nameless(target, error);
    g_autofree char *buffer = g_malloc(COPY_BUFFER);
    int64_t at = 0, line_end = 0;
    while (fd >= 0 && at < max) {
        ssize_t got = source_read(source, at, buffer, (size_t)MIN(COPY_BUFFER, max - at));
        if (got < 0) {
            error_set(error, ERROR_CONFLICT, "files.changed", "The file changed; try again.");
            return -1;
        }
        if (got == 0)
            break;
        if (!fd_write_all(fd, buffer, (size_t)got, error))
            return -1;
        const char *last = memrchr(buffer, '\n', (size_t)got);
        line_end = last != NULL ? at + (last - buffer) + 1 : line_end;
        at += got;
    }
    *ret_cut = at < source->size;
    if (fd >= 0 && *ret_cut && line_end > 0 && ftruncate(fd, (off_t)line_end) < 0) {
        error_set_errno(error, errno, "files.copy", "Cannot cut a copy");
        return -1;
    }
    return fd_steal(&fd);
}

/* ---- the kinds ---- */

static bool work(const FilesTarget *target, WorkerTask task, json_t *arguments, int input, int output,
                 json_t **ret_result, GError **error)
{
    WorkerProgram program = {.program_path = target->app->program};
    g_autoptr(json_t) owned = arguments;
    return worker_run(NULL, &program, task, owned, input, output, ret_result, error);
}

static bool show_table(const FilesTarget *target, int fd, bool cut, json_t *answer, GError **error)
{
    g_autoptr(json_t) table = NULL;
    if (!work(target, WORKER_PREVIEW,
              json_pack("{s:s, s:i}", "format", worker_format_of(target->path), "rows",
                        PREVIEW_ROWS),
              fd, -1, &table, error))
        return false;
    json_object_set_new(answer, "kind", json_string("table"));
    json_object_set(answer, "columns", json_object_get(table, "columns"));
    json_object_set(answer, "values", json_object_get(table, "values"));
    json_object_set(answer, "rows", cut ? json_null() : json_object_get(table, "rows"));
    return true;
}

static bool show_text(const FilesTarget *target, int fd, json_t *answer, GError **error)
{
    g_autoptr(json_t) text = NULL;
    if (!work(target, WORKER_TEXT, json_object(), fd, -1, &text, error))
        return false;
    json_object_set_new(answer, "kind", json_string("text"));
    json_object_set(answer, "text", json_object_get(text, "text"));
    json_object_set(answer, "encoding", json_object_get(text, "encoding"));
    if (json_is_true(json_object_get(text, "truncated")))
        json_object_set_new(answer, "truncated", json_true());
    return true;
}

static char *picture_bytes(int fd, GError **error)
{
    off_t size = lseek(fd, 0, SEEK_END);
    if (size <= 0 || size > PICTURE_ANSWER_MAX) {
        error_set(error, ERROR_TOO_LARGE, "image.too_large", "The picture is too large to show.");
        return NULL;
    }
    g_autofree guchar *bytes = g_malloc((size_t)size);
    if (pread(fd, bytes, (size_t)size, 0) != size) {
        error_set_errno(error, errno, "files.copy", "Cannot read a picture");
        return NULL;
    }
    return g_base64_encode(bytes, (gsize)size);
}

static bool show_image(const FilesTarget *target, int fd, json_t *answer, GError **error)
{
    g_autoptr(json_t) picture = NULL;
    FD_AUTO int output = nameless(target, error);
    if (output < 0 || !work(target, WORKER_IMAGE, json_object(), fd, output, &picture, error))
        return false;
    g_autofree char *png = picture_bytes(output, error);
    if (png == NULL)
        return false;
    json_object_set_new(answer, "kind", json_string("image"));
    json_object_set_new(answer, "png", json_string(png));
    json_object_set(answer, "width", json_object_get(picture, "width"));
    json_object_set(answer, "height", json_object_get(picture, "height"));
    return true;
}

static bool show(const FilesTarget *target, const PreviewKind *kind, int fd, bool cut,
                 json_t *answer, GError **error)
{
    if (strcmp(kind->name, "table") == 0)
        return show_table(target, fd, cut, answer, error);
    if (strcmp(kind->name, "image") == 0)
        return show_image(target, fd, answer, error);
    return show_text(target, fd, answer, error);
}

/* What is wrong in the file is shown instead of it; what is wrong with us is an error. */
static bool show_or_say(const FilesTarget *target, const PreviewKind *kind, int fd, bool cut,
                        json_t *answer, GError **error)
{
    g_autoptr(GError) problem = NULL;
    if (show(target, kind, fd, cut, answer, &problem))
        return true;
    if (strcmp(kind->name, "table") == 0 && g_str_has_suffix(target->path, "csv") &&
        error_is(problem, ERROR_UNPROCESSABLE)) {
        g_autoptr(GError) again = NULL;
        json_object_set_new(answer, "problem", json_string(problem->message));
        if (show_text(target, fd, answer, &again))
            return true;
    }
    if (!error_is(problem, ERROR_UNPROCESSABLE) && !error_is(problem, ERROR_TOO_LARGE)) {
        g_propagate_error(error, g_steal_pointer(&problem));
        return false;
    }
    json_object_set_new(answer, "kind", json_string("none"));
    json_object_set_new(answer, "problem", json_string(problem->message));
    return true;
}

json_t *files_preview(FilesTarget *target, GError **error)
{
    g_auto(FilesSource) source = {.fd = -1};
    const PreviewKind *kind = kind_of(target->path);
    bool cut = false;
    if (!files_source_open(target, &source, error))
        return NULL;
    g_autoptr(json_t) answer = json_pack("{s:s, s:s, s:I, s:b}", "place",
                                         files_places[target->place], "path", target->path, "size",
                                         (json_int_t)source.size, "truncated", 0);
    if (kind->whole && source.size > kind->copy_max) {
        json_object_set_new(answer, "kind", json_string("none"));
        json_object_set_new(answer, "problem", json_string("The file is too large to be shown."));
        return g_steal_pointer(&answer);
    }
    FD_AUTO int fd = copy_of(target, &source, kind->copy_max, &cut, error);
    if (fd < 0)
        return NULL;
    json_object_set_new(answer, "truncated", json_boolean(cut));
    return show_or_say(target, kind, fd, cut, answer, error) ? g_steal_pointer(&answer) : NULL;
}
