/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the room share. */
#ifndef DARSE_FILES_INTERNAL_H
#define DARSE_FILES_INTERNAL_H

#include "app/app.h"
#include "engine/engine.h"
#include "files/files.h"
#include "lake/rows.h"
#include "projects/projects.h"

#define FILES_PAGE_MAX 1000
#define FILES_UPLOADS_MAX 20           /* under way, of one person in one project */
#define FILES_UPLOAD_LIFE_MS (INT64_C(24) * 60 * 60 * 1000)

typedef enum FilesPlace { PLACE_PROJECT, PLACE_HOME, PLACE_BUCKET } FilesPlace;
extern const char *const files_places[]; /* names, ended by NULL */

/* Somewhere in a project's files, and who asks. */
typedef struct FilesTarget {
    App *app;
    const PolicyActor *actor;
    const char *project_id;
    FilesPlace place;
    const char *path;                  /* "" for the root; in the bucket, a key or a prefix */
    Project *project;                  /* loaded by files_target_look() */
    PolicyFacts facts;
    LakeObject *object;                /* of the bucket: what is there under this key, or NULL */
} FilesTarget;
void files_target_clear(FilesTarget *target);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(FilesTarget, files_target_clear)

/* From ?place= and ?path=, checked. NEEDS_PATH: the root will not do. */
bool files_target_read(HttpRequest *request, bool needs_path, FilesTarget *ret_target,
                       GError **error);
bool files_target_check(const FilesTarget *target, bool needs_path, GError **error);
bool files_place_parse(const char *name, FilesPlace *ret_place);

/* The facts as of now, for VERB (one of FILES_*). In the bucket the lake's own verbs decide. */
bool files_target_load(StoreTx *tx, FilesTarget *target, GError **error);
PolicyVerb files_verb(const FilesTarget *target, PolicyVerb verb);
/* Loads and decides a read; a refusal is logged. */
bool files_target_look(FilesTarget *target, PolicyVerb verb, GError **error);
/* As that, and notes the read in the log, by batches (decision 0055). */
bool files_target_look_noted(FilesTarget *target, PolicyVerb verb, GError **error);
/* Decides again, and writes the leaf before anything is changed; CHANGE (may be NULL) is part of the
 * savepoint. */
typedef bool (*FilesChange)(Act *act, FilesTarget *target, void *data, GError **error);
bool files_target_act(FilesTarget *target, PolicyVerb verb, json_t *details, FilesChange change,
                      void *data, GError **error);
/* A leaf that says that what was decided and logged as VERB did not happen. */
void files_target_failed(const FilesTarget *target, PolicyVerb verb, const GError *why);
/* What is written to the log: "project:/a/b". Caller frees. */
char *files_target_text(const FilesTarget *target);
PlanVolume files_target_volume(const FilesTarget *target);

/* ---- the bucket ---- */

/* {"items", "next", "count"}, or NULL. */
json_t *files_bucket_list(FilesTarget *target, const char *after, int64_t limit, GError **error);
/* Reads the object from FIRST, SIZE bytes: an HttpRead and its state. */
typedef struct LakeReader LakeReader;
LakeReader *files_bucket_open(FilesTarget *target, int64_t first, int64_t size, GError **error);
/* Puts all of FD under the target's key. */
bool files_bucket_put(FilesTarget *target, int fd, int64_t size, bool replace, GError **error);
bool files_bucket_remove(FilesTarget *target, GError **error);

/* ---- what a file is, opened ---- */

typedef struct FilesSource {
    int fd;                            /* of a volume's file, or -1 */
    LakeReader *reader;                /* of an object, or NULL */
    int64_t size, modified_ms;
} FilesSource;
void files_source_clear(FilesSource *source);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(FilesSource, files_source_clear)
/* The file of a target that was looked at. */
bool files_source_open(FilesTarget *target, FilesSource *ret_source, GError **error);

/* What is shown of it: the object that the API answers, or NULL. */
json_t *files_preview(FilesTarget *target, GError **error);
/* <state>/projects/<id>/incoming: the server's own folder in the project's vault. Caller frees. */
char *files_incoming(const App *app, const char *project);

/* ---- changes ---- */

bool files_make_folder(FilesTarget *target, GError **error);
bool files_move(FilesTarget *target, const char *to, GError **error);
bool files_remove(FilesTarget *target, bool recursive, GError **error);

/* ---- uploads: received in pieces, put in place as one act ---- */

typedef struct FilesUpload {
    char *id, *project, *person, *path, *folder;
    FilesPlace place;
    bool replace;
    int64_t size, received, started_ms;
} FilesUpload;
void files_upload_free(FilesUpload *upload);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FilesUpload, files_upload_free)

/* Decides, checks the room there is, and makes it. */
FilesUpload *files_upload_begin(FilesTarget *target, int64_t size, bool replace, GError **error);
/* One of the actor's own in the project. ERROR_NOT_FOUND "files.no_upload". */
FilesUpload *files_upload_load(App *app, const PolicyActor *actor, const char *project,
                               const char *id, GError **error);
GPtrArray *files_upload_list(App *app, const PolicyActor *actor, const char *project,
                             GError **error);
/* While bytes come in: a descriptor, and nobody else writes. ERROR_CONFLICT "files.upload_busy". */
int files_upload_take(App *app, const FilesUpload *upload, GError **error);
void files_upload_give_back(App *app, const FilesUpload *upload, int fd);
bool files_upload_write(FilesUpload *upload, int fd, const char *bytes, size_t size,
                        GError **error);
/* Puts what was received in its place; the upload is over then. */
bool files_upload_finish(FilesTarget *target, FilesUpload *upload, GError **error);
void files_upload_drop(App *app, const FilesUpload *upload);

extern const Duty files_duties[];
bool files_start(App *app, GError **error);
void files_stop(App *app);
extern const HttpRoute files_routes[];

/* Handlers of uploads_api.c, and what they answer. */
extern const HttpStream files_content_stream, files_append_stream;
bool files_api_upload_begin(HttpRequest *request, GError **error);
bool files_api_upload_list(HttpRequest *request, GError **error);
bool files_api_upload_show(HttpRequest *request, GError **error);
bool files_api_upload_finish(HttpRequest *request, GError **error);
bool files_api_upload_drop(HttpRequest *request, GError **error);
/* Handlers of files_api.c. */
bool files_api_list(HttpRequest *request, GError **error);
bool files_api_content(HttpRequest *request, GError **error);
bool files_api_preview(HttpRequest *request, GError **error);
bool files_api_folder(HttpRequest *request, GError **error);
bool files_api_move(HttpRequest *request, GError **error);
bool files_api_remove(HttpRequest *request, GError **error);
/* {"place", "path"} of what was changed. */
json_t *files_changed_json(const FilesTarget *target);

#endif
