/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Launch plans: what `serve` asks of the engine. A plan has a kind, the things it is about (a
 * project, a service, a dataset) and an array of typed steps. The builders below are pure: they
 * touch no disk and need no privilege. The engine reads the plan back from JSON and re-checks each
 * step against the grammar of its kind (plan_check): a plan that asks for more than its kind may is
 * refused as a whole, before its first step. Nothing here knows Podman, keys or sockets.
 */
#ifndef DARSE_ENGINE_PLAN_H
#define DARSE_ENGINE_PLAN_H

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

/* Prefixes of the identifiers that plans accept (base/ids.h). */
#define PLAN_ID_PROJECT "prj"
#define PLAN_ID_DATASET "dts"
#define PLAN_ID_SERVICE "svc"
#define PLAN_ID_EXPORT "exp"
#define PLAN_ID_UPLOAD "upl"

#define PLAN_STEPS_MAX 512
#define PLAN_ID_RANGE 65536 /* host ids of one project */
#define PLAN_BUBBLE_UID 1000 /* the person inside the bubble; on the host: id_base + this */

typedef enum PlanKind {
    PLAN_PROJECT_OPEN,    /* make or unlock a project's vault and its folders */
    PLAN_PROJECT_CLOSE,   /* lock it: the files cannot be read by anybody any more */
    PLAN_PROJECT_DESTROY, /* destroy its key and remove its files */
    PLAN_DATASET_SEAL,    /* copy an upload to data/<dataset_id>, immutable, under its own key */
    PLAN_DATASET_OPEN,    /* unlock it, for serve and its workers to read */
    PLAN_DATASET_CLOSE,
    PLAN_DATASET_DESTROY,
    PLAN_SERVICE_START,
    PLAN_SERVICE_FREEZE, /* its processes no longer run; it keeps its memory */
    PLAN_SERVICE_THAW,
    PLAN_SERVICE_STOP, /* killed, removed, its doors removed; no error if it is not there */
    PLAN_SERVICE_LIST,
    PLAN_COLLECT, /* copy one file of a project's `files` to an export's draft folder */
    PLAN_BROWSE,  /* list one folder of a volume: a project's `files`, or a home */
    PLAN_FILE_OPEN,   /* hand over a descriptor on one file of a volume, for reading */
    PLAN_FILE_PUT,    /* move what serve received into a volume */
    PLAN_FILE_FOLDER, /* make a folder in a volume */
    PLAN_FILE_MOVE,
    PLAN_FILE_REMOVE,
    PLAN_HOST_CHECK,
    PLAN_KIND_COUNT,
} PlanKind;

typedef enum PlanStepType {
    PLAN_STEP_VAULT_OPEN,    /* path, create */
    PLAN_STEP_VAULT_CLOSE,   /* path */
    PLAN_STEP_VAULT_DESTROY, /* path */
    PLAN_STEP_FOLDER,        /* path, owner */
    PLAN_STEP_SEAL,          /* path (of the upload), target (of the dataset), max_bytes */
    PLAN_STEP_DOORS,         /* path */
    PLAN_STEP_MOUNT,         /* path, target, read_only */
    PLAN_STEP_CONTAINER,     /* image, network, login, memory_bytes, cpu_milli, pids, tmpfs_bytes */
    PLAN_STEP_FREEZE,
    PLAN_STEP_THAW,
    PLAN_STEP_STOP, /* path of the doors */
    PLAN_STEP_LIST,
    PLAN_STEP_COLLECT, /* path, file, target, name, max_bytes */
    PLAN_STEP_BROWSE,  /* path, file, limit, sort, descending, after */
    PLAN_STEP_FILE_OPEN,   /* path, file */
    PLAN_STEP_FILE_PUT,    /* path, file, target (of the upload), replace */
    PLAN_STEP_FILE_FOLDER, /* path, file */
    PLAN_STEP_FILE_MOVE,   /* path, file, name (the new path) */
    PLAN_STEP_FILE_REMOVE, /* path, file, recursive */
    PLAN_STEP_HOST_CHECK,
    PLAN_STEP_COUNT,
} PlanStepType;

/* One step. Which fields a type has is said by the table in plan_json.c; the others stay zero.
 * Paths are relative to the state directory. */
typedef struct PlanStep {
    PlanStepType type;
    bool create, read_only, descending, replace, recursive;
    char *path;
    char *target;  /* of a mount: inside the bubble; otherwise below the state directory */
    char *owner;   /* of a folder: "project" (the bubble's person), "serve" or "engine" */
    char *file;    /* relative path below `path`; "" is `path` itself, for browsing only */
    char *name;    /* the file's name in the draft folder */
    char *image;
    char *network; /* always "none"; written in the plan so that it is seen and checked */
    char *login;
    char *sort, *after; /* of a listing */
    int64_t memory_bytes, cpu_milli, pids, tmpfs_bytes, max_bytes, limit;
} PlanStep;

typedef struct Plan {
    PlanKind kind;
    char *project_id, *service_id, *dataset_id; /* NULL where the kind has none */
    int64_t id_base;                            /* of the project; -1 where the kind has none */
    GPtrArray *steps;                           /* of PlanStep */
} Plan;

void plan_step_free(PlanStep *step);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(PlanStep, plan_step_free)
void plan_free(Plan *plan);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Plan, plan_free)

/* ---- Builders. They never fail: what is wrong in their arguments is said by plan_check. ---- */

/* Result: {"encrypted": bool, "created": bool}. To be run for each open project when serve starts,
 * too: after a restart of the machine every vault is locked. */
Plan *plan_project_open_new(const char *project_id, int64_t id_base);
/* Fails with "engine.busy_vault" (a conflict) while a service of the project is there; so does
 * closing or destroying a dataset that is mounted in one. */
Plan *plan_project_close_new(const char *project_id, int64_t id_base);
/* Result: {"key_destroyed": bool}; the key is destroyed before the files are removed. */
Plan *plan_project_destroy_new(const char *project_id, int64_t id_base);

/* UPLOAD_ID names the folder uploads/<upload_id>, which holds regular files alone. Result:
 * {"encrypted": bool, "files": [{"name", "size", "sha256"}]}. The upload stays: its owner removes
 * it. At most MAX_BYTES in all. On failure no data/<dataset_id> is left. */
Plan *plan_dataset_seal_new(const char *dataset_id, const char *upload_id, int64_t max_bytes);
Plan *plan_dataset_open_new(const char *dataset_id);
Plan *plan_dataset_close_new(const char *dataset_id);
Plan *plan_dataset_destroy_new(const char *dataset_id);

typedef struct PlanData {
    const char *dataset_id;
    const char *folder; /* "<source>/<dataset>": where it is seen below /data; two slugs of
                         * [A-Za-z0-9][A-Za-z0-9._-]*, at most 63 characters each */
} PlanData;

typedef struct PlanService {
    const char *service_id, *project_id;
    int64_t id_base;
    const char *login;  /* /home/<login>: [a-z][a-z0-9._-]*, at most 32 characters */
    const char *image;  /* "jupyter" */
    const PlanData *data;
    size_t data_count;
    bool lake;          /* bind run/lake/<service_id> (made by serve beforehand) at /run/lake */
    int64_t memory_bytes, cpu_milli, pids;
    int64_t tmpfs_bytes; /* size of /tmp; it counts as memory */
} PlanService;

/* The project's vault must be open; those of the datasets are opened by the plan. Result:
 * {"service_id", "pid", "started_ms", "door_owner": uid, "port"}. It answers when the bubble runs,
 * has been verified and has its doors; readiness is told by its `sas.sock` door. */
Plan *plan_service_start_new(const PlanService *service);
Plan *plan_service_freeze_new(const char *service_id);
Plan *plan_service_thaw_new(const char *service_id);
Plan *plan_service_stop_new(const char *service_id);
/* Result: {"services": [{"service_id", "project_id", "state": "running" | "frozen" | "exited",
 * "pid", "started_ms", "door_owner"}]}. */
Plan *plan_service_list_new(void);

/* Copies projects/<project_id>/files/<file> to projects/<project_id>/drafts/<export_id>/<name>:
 * a regular file alone, no link on the way, at most MAX_BYTES, owned by serve, durable. Result:
 * {"sha256", "size"}. The name must be new in that folder, which is made if it is not there. */
Plan *plan_collect_new(const char *project_id, int64_t id_base, const char *file,
                       const char *export_id, const char *name, int64_t max_bytes);

/* A volume of a project: its `files`, or the home of LOGIN. */
typedef struct PlanVolume {
    const char *project_id;
    int64_t id_base;
    const char *login; /* NULL: `files` */
} PlanVolume;

extern const char *const plan_sorts[]; /* "name", "size", "modified"; ended by NULL */
typedef struct PlanBrowse {
    const char *folder; /* relative, "" for the volume itself */
    const char *sort;   /* "name", "size", "modified"; folders come first */
    bool descending;
    const char *after;  /* `next` of the page before; "" */
    int64_t limit;
} PlanBrowse;
/* Result: {"entries": [{"name", "type": "file" | "folder" | "link" | "other", "size",
 * "modified_ms"}], "next": text or null, "count": of the whole folder}. */
Plan *plan_browse_new(const PlanVolume *volume, const PlanBrowse *browse);
/* Result: {"size", "modified_ms"}, and a descriptor (engine_client_open()): a regular file alone, no
 * link on the way. */
Plan *plan_file_open_new(const PlanVolume *volume, const char *file);
/* Moves projects/<project_id>/incoming/<upload_id>/data, written by serve, to FILE, as one act. A
 * home is made if it is not there. */
Plan *plan_file_put_new(const PlanVolume *volume, const char *upload_id, const char *file,
                        bool replace);
Plan *plan_file_folder_new(const PlanVolume *volume, const char *folder);
/* TO must be new. */
Plan *plan_file_move_new(const PlanVolume *volume, const char *from, const char *to);
Plan *plan_file_remove_new(const PlanVolume *volume, const char *file, bool recursive);

/* Result: {"checks": [{"name": "podman" | "fscrypt" | "limits" | "images" | "seccomp",
 * "ok": bool, "detail"}], "encrypted": bool}. */
Plan *plan_host_check_new(void);

/* ---- JSON. Unknown kinds, steps and fields are refused, and so are missing ones. ---- */
json_t *plan_to_json(const Plan *plan);
Plan *plan_from_json(const json_t *json, GError **error);
/* As plan_from_json, from text of any origin (the fuzz target's door). */
Plan *plan_parse(const char *bytes, size_t size, GError **error);

const char *plan_kind_name(PlanKind kind);
const char *plan_step_name(PlanStepType type);

/* ---- The engine's own check. ---- */
typedef struct EngineLimits {
    int64_t memory_max_bytes, cpu_max_milli, pids_max;
    int64_t collect_max_bytes, seal_max_bytes, browse_max;
    int64_t id_range_start, id_range_end; /* first id of all projects, first id after the last */
    const char *const *images;            /* allowed names, ended by NULL */
    /* The base that PROJECT_ID was opened with the first time; -1 when it is new. */
    int64_t (*project_base)(const char *project_id, void *user);
    /* The project that BASE was given to, even one destroyed since; NULL when it is free. */
    const char *(*base_project)(int64_t base, void *user);
    void *user;
} EngineLimits;

/* Limits that allow what one machine reasonably may; images and callbacks are left NULL, which
 * refuses every image and every project. */
EngineLimits engine_limits_default(void);

/* True if PLAN is well formed and asks for nothing that its kind may not. Pure. */
bool plan_check(const Plan *plan, const EngineLimits *limits, GError **error);

#endif
