/* SPDX-License-Identifier: Apache-2.0 */
/* The tables: fields, routes, the room. */
#include "files/internal.h"

#define PLACES "project home bucket"
#define PLACE_FIELD                                                                                \
    {"place", HTTP_CHOICE, .choices = PLACES,                                                      \
     .summary = "The project's volume (by default), my home in it, or its bucket"}
#define PATH_MAX_BYTES 1024

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
    {"path", HTTP_TEXT, .required = true, .max = PATH_MAX_BYTES},
    {0},
};
static const HttpField put_query[] = {
    PLACE_FIELD,
    {"path", HTTP_TEXT, .required = true, .max = PATH_MAX_BYTES},
    {"replace", HTTP_CHOICE, .choices = "true false", .summary = "Replace a file that is there"},
    {0},
};
static const HttpField remove_query[] = {
    PLACE_FIELD,
    {"path", HTTP_TEXT, .required = true, .max = PATH_MAX_BYTES},
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
    {"path", HTTP_TEXT, .required = true, .max = PATH_MAX_BYTES},
    {"size", HTTP_INTEGER, .required = true, .min = 0, .max = INT64_MAX},
    {"replace", HTTP_BOOLEAN},
    {0},
};
static const HttpField folder_body[] = {
    PLACE_FIELD,
    {"path", HTTP_TEXT, .required = true, .max = PATH_MAX_BYTES},
    {0},
};
static const HttpField move_body[] = {
    PLACE_FIELD,
    {"path", HTTP_TEXT, .required = true, .max = PATH_MAX_BYTES},
    {"to", HTTP_TEXT, .required = true, .max = PATH_MAX_BYTES, .summary = "In the same place"},
    {0},
};

static const HttpField right_answer[] = {
    {"allowed", HTTP_BOOLEAN, .required = true},
    {"reason", HTTP_TEXT, .required = true},
    {"detail", HTTP_LONG_TEXT, .required = true},
    {0},
};
static const HttpField may_answer[] = {
    {"show", HTTP_OBJECT, .required = true, .fields = right_answer},
    {"get", HTTP_OBJECT, .required = true, .fields = right_answer},
    {"put", HTTP_OBJECT, .required = true, .fields = right_answer},
    {"change", HTTP_OBJECT, .required = true, .fields = right_answer},
    {0},
};
static const HttpField item_answer[] = {
    {"name", HTTP_TEXT, .required = true, .max = PATH_MAX_BYTES},
    {"kind", HTTP_CHOICE, .required = true, .choices = "file folder link other"},
    {"size", HTTP_INTEGER, .required = true, .max = INT64_MAX},
    {"modified", HTTP_TIME, .summary = "null for the folders of a bucket"},
    {0},
};
static const HttpField list_answer[] = {
    {"place", HTTP_CHOICE, .required = true, .choices = PLACES},
    {"path", HTTP_TEXT, .required = true, .max = PATH_MAX_BYTES},
    {"items", HTTP_LIST, .required = true, .fields = item_answer},
    {"count", HTTP_INTEGER, .max = INT64_MAX, .summary = "Names in the folder; null: not counted"},
    {"next", HTTP_TEXT, .max = 2000},
    {"may", HTTP_OBJECT, .required = true, .fields = may_answer,
     .summary = "What the caller may do here, and why not the rest"},
    {0},
};
static const HttpField changed_answer[] = {
    {"place", HTTP_CHOICE, .required = true, .choices = PLACES},
    {"path", HTTP_TEXT, .required = true, .max = PATH_MAX_BYTES},
    {"size", HTTP_INTEGER, .max = INT64_MAX},
    {0},
};
static const HttpField upload_answer[] = {
    {"id", HTTP_ID, .required = true, .choices = "upl"},
    {"place", HTTP_CHOICE, .required = true, .choices = PLACES},
    {"path", HTTP_TEXT, .required = true, .max = PATH_MAX_BYTES},
    {"size", HTTP_INTEGER, .required = true, .max = INT64_MAX},
    {"received", HTTP_INTEGER, .required = true, .max = INT64_MAX},
    {"replace", HTTP_BOOLEAN, .required = true},
    {"expires", HTTP_TIME, .required = true},
    {0},
};
static const HttpField uploads_answer[] = {
    {"items", HTTP_LIST, .required = true, .fields = upload_answer},
    {"next", HTTP_TEXT},
    {0},
};
static const HttpField column_answer[] = {
    {"name", HTTP_TEXT, .required = true},
    {"type", HTTP_TEXT, .required = true},
    {0},
};
static const HttpField preview_answer[] = {
    {"place", HTTP_CHOICE, .required = true, .choices = PLACES},
    {"path", HTTP_TEXT, .required = true, .max = PATH_MAX_BYTES},
    {"size", HTTP_INTEGER, .required = true, .max = INT64_MAX},
    {"kind", HTTP_CHOICE, .required = true, .choices = "table text image none"},
    {"truncated", HTTP_BOOLEAN, .required = true, .summary = "The file goes on"},
    {"problem", HTTP_LONG_TEXT, .summary = "Why it is not shown as what its name says"},
    {"columns", HTTP_LIST, .fields = column_answer},
    {"values", HTTP_ANY, .summary = "Rows of texts or nulls"},
    {"rows", HTTP_INTEGER, .max = INT64_MAX, .summary = "Of the whole table, where counted"},
    {"text", HTTP_LONG_TEXT, .max = 1000000},
    {"encoding", HTTP_CHOICE, .choices = "utf-8 latin-1"},
    {"png", HTTP_LONG_TEXT, .max = 20000000, .summary = "The picture made anew, in base64"},
    {"width", HTTP_INTEGER, .max = 100000000},
    {"height", HTTP_INTEGER, .max = 100000000},
    {0},
};

#define FILES "/api/v1/projects/{project}/files"
#define UPLOADS "/api/v1/projects/{project}/uploads"

const HttpRoute files_routes[] = {
    {.method = "GET", .path = FILES, .handler = files_api_list, .access = HTTP_PERSON,
     .query = list_query, .answer = list_answer, .tag = "files", .summary = "A folder"},
    {.method = "DELETE", .path = FILES, .handler = files_api_remove, .access = HTTP_PERSON,
     .query = remove_query, .success = 204, .tag = "files",
     .summary = "Remove a file or a folder"},
    {.method = "GET", .path = FILES "/content", .handler = files_api_content,
     .access = HTTP_PERSON, .query = path_query, .tag = "files",
     .summary = "The bytes of a file, whole or by a Range, where the tier lets them out"},
    {.method = "PUT", .path = FILES "/content", .stream = &files_content_stream,
     .access = HTTP_PERSON, .query = put_query, .answer = changed_answer, .success = 201,
     .tag = "files", .summary = "Send a file in one call: there as a whole, or not at all"},
    {.method = "GET", .path = FILES "/preview", .handler = files_api_preview,
     .access = HTTP_PERSON, .query = path_query, .answer = preview_answer, .tag = "files",
     .summary = "The beginning of a table or a text, or a picture made anew"},
    {.method = "POST", .path = FILES "/folders", .handler = files_api_folder,
     .access = HTTP_PERSON, .body = folder_body, .answer = changed_answer, .success = 201,
     .tag = "files", .summary = "Make a folder"},
    {.method = "POST", .path = FILES "/move", .handler = files_api_move, .access = HTTP_PERSON,
     .body = move_body, .answer = changed_answer, .tag = "files",
     .summary = "Give a file or a folder another name or place"},
    {.method = "GET", .path = UPLOADS, .handler = files_api_upload_list, .access = HTTP_PERSON,
     .answer = uploads_answer, .tag = "files", .summary = "My uploads under way"},
    {.method = "POST", .path = UPLOADS, .handler = files_api_upload_begin,
     .access = HTTP_PERSON, .body = upload_body, .answer = upload_answer, .success = 201,
     .tag = "files", .summary = "Begin an upload that can go on after a break"},
    {.method = "GET", .path = UPLOADS "/{upload}", .handler = files_api_upload_show,
     .access = HTTP_PERSON, .answer = upload_answer, .tag = "files",
     .summary = "How far an upload came"},
    {.method = "PUT", .path = UPLOADS "/{upload}", .stream = &files_append_stream,
     .access = HTTP_PERSON, .query = append_query, .answer = upload_answer, .tag = "files",
     .summary = "Send the next bytes"},
    {.method = "POST", .path = UPLOADS "/{upload}/finish", .handler = files_api_upload_finish,
     .access = HTTP_PERSON, .answer = changed_answer, .success = 201, .tag = "files",
     .summary = "Put what was sent in its place"},
    {.method = "DELETE", .path = UPLOADS "/{upload}", .handler = files_api_upload_drop,
     .access = HTTP_PERSON, .success = 204, .tag = "files", .summary = "Cancel an upload"},
    {0},
};

const Room files_room = {.name = "files",
                         .routes = files_routes,
                         .duties = files_duties,
                         .start = files_start,
                         .stop = files_stop};
