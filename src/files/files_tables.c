/* SPDX-License-Identifier: Apache-2.0 */
/* The tables: fields, routes, the room. */
#include "files/internal.h"

#define PLACES "project home bucket"
#define PLACE_FIELD                                                                                \
    {"place", HTTP_CHOICE, .choices = PLACES,                                                      \
     .summary = "The project's volume (by default), my home in it, or its bucket"}
#define PATH_MAX_BYTES 1024
#define PATH_EXAMPLE .example = "\"results/table.csv\""
#define SENDING                                                                                    \
    (HTTP_PROBLEM(ERROR_CONFLICT) | HTTP_PROBLEM(ERROR_QUOTA) | HTTP_PROBLEM(ERROR_TOO_LARGE) |    \
     HTTP_PROBLEM(ERROR_LENGTH_REQUIRED) | HTTP_PROBLEM(ERROR_NOT_FOUND) |                         \
     HTTP_PROBLEM(ERROR_UNAVAILABLE))
#define CHANGING                                                                                   \
    (HTTP_PROBLEM(ERROR_CONFLICT) | HTTP_PROBLEM(ERROR_UNSUPPORTED) |                              \
     HTTP_PROBLEM(ERROR_NOT_FOUND) | HTTP_PROBLEM(ERROR_UNAVAILABLE) | HTTP_PROBLEM(ERROR_QUOTA))
#define READING                                                                                    \
    (HTTP_PROBLEM(ERROR_NOT_FOUND) | HTTP_PROBLEM(ERROR_UNAVAILABLE) | HTTP_PROBLEM(ERROR_CONFLICT))

static const HttpField list_query[] = {
    PLACE_FIELD,
    {"path", HTTP_TEXT, .max = PATH_MAX_BYTES, .summary = "A folder; absent: the root"},
    {"sort", HTTP_CHOICE, .choices = "name size modified",
     .summary = "Folders come first; a bucket is always by name"},
    {"order", HTTP_CHOICE, .choices = "ascending descending"},
    {"limit", HTTP_INTEGER, .min = 1, .max = FILES_PAGE_MAX},
    {"cursor", HTTP_TEXT, .max = 2000, .summary = "`next` of the previous page"},
    {0},
};
static const HttpField path_query[] = {
    PLACE_FIELD,
    {"path", HTTP_TEXT, .required = true, .max = PATH_MAX_BYTES, PATH_EXAMPLE},
    {0},
};
static const HttpField put_query[] = {
    PLACE_FIELD,
    {"path", HTTP_TEXT, .required = true, .max = PATH_MAX_BYTES, PATH_EXAMPLE},
    {"replace", HTTP_CHOICE, .choices = "true false", .summary = "Replace a file that is there"},
    {0},
};
static const HttpField remove_query[] = {
    PLACE_FIELD,
    {"path", HTTP_TEXT, .required = true, .max = PATH_MAX_BYTES, PATH_EXAMPLE},
    {"recursive", HTTP_CHOICE, .choices = "true false",
     .summary = "Remove a folder with what it holds"},
    {0},
};
static const HttpField append_query[] = {
    {"offset", HTTP_INTEGER, .required = true, .min = 0, .max = INT64_MAX,
     .summary = "How many bytes came before"},
    {0},
};
static const HttpField upload_body[] = {
    PLACE_FIELD,
    {"path", HTTP_TEXT, .required = true, .max = PATH_MAX_BYTES, PATH_EXAMPLE},
    {"size", HTTP_INTEGER, .required = true, .min = 0, .max = INT64_MAX},
    {"replace", HTTP_BOOLEAN},
    HTTP_SCHEMA("UploadNew"),
};
static const HttpField folder_body[] = {
    PLACE_FIELD,
    {"path", HTTP_TEXT, .required = true, .max = PATH_MAX_BYTES, PATH_EXAMPLE},
    HTTP_SCHEMA("FolderNew"),
};
static const HttpField move_body[] = {
    PLACE_FIELD,
    {"path", HTTP_TEXT, .required = true, .max = PATH_MAX_BYTES, PATH_EXAMPLE},
    {"to", HTTP_TEXT, .required = true, .max = PATH_MAX_BYTES, .summary = "In the same place"},
    HTTP_SCHEMA("FileMove"),
};

static const HttpField right_answer[] = {
    {"allowed", HTTP_BOOLEAN, .required = true},
    {"reason", HTTP_TEXT, .required = true},
    {"detail", HTTP_LONG_TEXT, .required = true},
    HTTP_SCHEMA("Right"),
};
static const HttpField may_answer[] = {
    {"show", HTTP_OBJECT, .required = true, .fields = right_answer},
    {"get", HTTP_OBJECT, .required = true, .fields = right_answer},
    {"put", HTTP_OBJECT, .required = true, .fields = right_answer},
    {"change", HTTP_OBJECT, .required = true, .fields = right_answer},
    HTTP_SCHEMA("FilesMay"),
};
static const HttpField item_answer[] = {
    {"name", HTTP_TEXT, .required = true, .max = PATH_MAX_BYTES},
    {"kind", HTTP_CHOICE, .required = true, .choices = "file folder link other"},
    {"size", HTTP_INTEGER, .required = true, .max = INT64_MAX},
    {"modified", HTTP_TIME, .required = true, .nullable = true,
     .summary = "null for the folders of a bucket"},
    HTTP_SCHEMA("FileRow"),
};
static const HttpField list_answer[] = {
    {"place", HTTP_CHOICE, .required = true, .choices = PLACES},
    {"path", HTTP_TEXT, .required = true, .max = PATH_MAX_BYTES, PATH_EXAMPLE},
    {"items", HTTP_LIST, .required = true, .fields = item_answer},
    {"count", HTTP_INTEGER, .required = true, .nullable = true, .max = INT64_MAX,
     .summary = "Names in the folder; null: not counted"},
    ANSWER_NEXT,
    {"may", HTTP_OBJECT, .required = true, .fields = may_answer,
     .summary = "What the caller may do here, and why not the rest"},
    HTTP_SCHEMA("Files"),
};
static const HttpField changed_answer[] = {
    {"place", HTTP_CHOICE, .required = true, .choices = PLACES},
    {"path", HTTP_TEXT, .required = true, .max = PATH_MAX_BYTES, PATH_EXAMPLE},
    {"size", HTTP_INTEGER, .max = INT64_MAX},
    HTTP_SCHEMA("FileChanged"),
};
static const HttpField upload_answer[] = {
    {"id", HTTP_ID, .required = true, .choices = "upl"},
    {"place", HTTP_CHOICE, .required = true, .choices = PLACES},
    {"path", HTTP_TEXT, .required = true, .max = PATH_MAX_BYTES, PATH_EXAMPLE},
    {"size", HTTP_INTEGER, .required = true, .max = INT64_MAX},
    {"received", HTTP_INTEGER, .required = true, .max = INT64_MAX},
    {"replace", HTTP_BOOLEAN, .required = true},
    {"expires", HTTP_TIME, .required = true},
    HTTP_SCHEMA("Upload"),
};
static const HttpField uploads_answer[] = {
    {"items", HTTP_LIST, .required = true, .fields = upload_answer},
    ANSWER_NEXT,
    HTTP_SCHEMA("UploadPage"),
};
static const HttpField column_answer[] = {
    {"name", HTTP_TEXT, .required = true},
    {"type", HTTP_TEXT, .required = true, .example = "\"BIGINT\""},
    HTTP_SCHEMA("Column"),
};
static const HttpField preview_answer[] = {
    {"place", HTTP_CHOICE, .required = true, .choices = PLACES},
    {"path", HTTP_TEXT, .required = true, .max = PATH_MAX_BYTES, PATH_EXAMPLE},
    {"size", HTTP_INTEGER, .required = true, .max = INT64_MAX},
    {"kind", HTTP_CHOICE, .required = true, .choices = "table text image none"},
    {"truncated", HTTP_BOOLEAN, .required = true, .summary = "The file goes on"},
    {"problem", HTTP_LONG_TEXT, .summary = "Why it is not shown as what its name says"},
    {"columns", HTTP_LIST, .fields = column_answer},
    {"values", HTTP_CELLS, .summary = "The first rows"},
    {"rows", HTTP_INTEGER, .max = INT64_MAX, .summary = "Of the whole table; null: cut before its end"},
    {"text", HTTP_LONG_TEXT, .max = 1000000},
    {"encoding", HTTP_CHOICE, .choices = "utf-8 latin-1"},
    {"png", HTTP_LONG_TEXT, .max = 20000000, .summary = "The picture made anew, in base64"},
    {"width", HTTP_INTEGER, .max = 100000000},
    {"height", HTTP_INTEGER, .max = 100000000},
    HTTP_SCHEMA("FilePreview"),
};

#define FILES "/api/v1/projects/{project}/files"
#define UPLOADS "/api/v1/projects/{project}/uploads"

const HttpRoute files_routes[] = {
    {.method = "GET", .path = FILES, .handler = files_api_list, .access = HTTP_PERSON,
     .query = list_query, .answer = list_answer, .problems = READING, .tag = "files",
     .summary = "A folder"},
    {.method = "DELETE", .path = FILES, .handler = files_api_remove, .access = HTTP_PERSON,
     .query = remove_query, .success = 204, .problems = CHANGING, .tag = "files",
     .summary = "Remove a file or a folder"},
    {.method = "GET", .path = FILES "/content", .handler = files_api_content,
     .access = HTTP_PERSON, .query = path_query, .answer_types = "application/octet-stream",
     .also = 206, .problems = READING | HTTP_PROBLEM(ERROR_RANGE), .tag = "files",
     .summary = "The bytes of a file, whole or by a Range, where the tier lets them out"},
    {.method = "PUT", .path = FILES "/content", .stream = &files_content_stream,
     .access = HTTP_PERSON, .query = put_query, .answer = changed_answer, .success = 201,
     .body_types = "application/octet-stream", .problems = SENDING, .tag = "files", .summary = "Send a file in one call: there as a whole, or not at all"},
    {.method = "GET", .path = FILES "/preview", .handler = files_api_preview,
     .access = HTTP_PERSON, .query = path_query, .answer = preview_answer, .problems = READING,
     .tag = "files",
     .summary = "The beginning of a table or a text, or a picture made anew"},
    {.method = "POST", .path = FILES "/folders", .handler = files_api_folder,
     .access = HTTP_PERSON, .body = folder_body, .answer = changed_answer, .success = 201,
     .problems = CHANGING, .tag = "files", .summary = "Make a folder"},
    {.method = "POST", .path = FILES "/move", .handler = files_api_move, .access = HTTP_PERSON,
     .body = move_body, .answer = changed_answer, .problems = CHANGING, .tag = "files",
     .summary = "Give a file or a folder another name or place"},
    {.method = "GET", .path = UPLOADS, .handler = files_api_upload_list, .access = HTTP_PERSON,
     .answer = uploads_answer, .tag = "files", .summary = "My uploads under way"},
    {.method = "POST", .path = UPLOADS, .handler = files_api_upload_begin,
     .access = HTTP_PERSON, .body = upload_body, .answer = upload_answer, .success = 201,
     .problems = SENDING, .tag = "files", .summary = "Begin an upload that can go on after a break"},
    {.method = "GET", .path = UPLOADS "/{upload}", .handler = files_api_upload_show,
     .access = HTTP_PERSON, .answer = upload_answer, .tag = "files",
     .summary = "How far an upload came"},
    {.method = "PUT", .path = UPLOADS "/{upload}", .stream = &files_append_stream,
     .access = HTTP_PERSON, .query = append_query, .answer = upload_answer,
     .body_types = "application/octet-stream", .problems = SENDING, .tag = "files",
     .summary = "Send the next bytes"},
    {.method = "POST", .path = UPLOADS "/{upload}/finish", .handler = files_api_upload_finish,
     .access = HTTP_PERSON, .answer = changed_answer, .success = 201, .problems = SENDING,
     .tag = "files", .summary = "Put what was sent in its place"},
    {.method = "DELETE", .path = UPLOADS "/{upload}", .handler = files_api_upload_drop,
     .access = HTTP_PERSON, .success = 204, .problems = HTTP_PROBLEM(ERROR_CONFLICT),
     .tag = "files", .summary = "Cancel an upload"},
    {0},
};

const Room files_room = {.name = "files",
                         .routes = files_routes,
                         .duties = files_duties,
                         .start = files_start,
                         .stop = files_stop};
