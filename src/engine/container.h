/* SPDX-License-Identifier: Apache-2.0 */
/* What podman is told about a bubble: one JSON body, built from a description. Pure. */
#ifndef DARSE_ENGINE_CONTAINER_H
#define DARSE_ENGINE_CONTAINER_H

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#define CONTAINER_SAS         "/usr/libexec/sas" /* where sas is bound in the bubble */
#define CONTAINER_SHM_BYTES   (INT64_C(64) << 20)
#define CONTAINER_LAKE_PORT   9000
#define LABEL_INSTANCE        "darse.instance"
#define LABEL_STATE           "darse.state"
#define LABEL_SERVICE         "darse.service"
#define LABEL_PROJECT         "darse.project"
#define LABEL_ID_BASE         "darse.id_base"
#define LABEL_DATA            "darse.data" /* identifiers of datasets, with blanks between */

typedef struct ContainerMount {
    char *source; /* on the host */
    char *target;
    bool read_only;
} ContainerMount;

typedef struct ContainerSpec {
    const char *name;
    const char *image_id;
    const json_t *command; /* array of texts, from the list of images */
    int port;              /* that the command answers HTTP on */
    const char *login;
    const char *instance_id, *state_dir, *service_id, *project_id, *data_ids;
    int64_t id_base;
    int64_t memory_bytes, cpu_milli, pids, tmpfs_bytes;
    int64_t files_max, processes_max; /* resource limits, within our own */
    bool lake;
    const char *seccomp_path;
    const char *sas_path;
    const GPtrArray *mounts; /* of ContainerMount */
} ContainerSpec;

void container_mount_free(ContainerMount *mount);

/* Name of the container of a service. Caller frees. */
char *container_name(const char *instance_id, const char *service_id);
json_t *container_body(const ContainerSpec *spec);

#endif
