/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Everything that podman would otherwise take from its own defaults or from the host is said here:
 * proxies, names, resolver, environment, devices, logs. Traps known by trial: without both nofile
 * and nproc the start fails where CAP_SYS_RESOURCE is missing; user namespace "auto" can silently
 * be none, hence explicit mappings; tmpfs counts as memory.
 */
#include "engine/container.h"

#include "engine/plan.h"

#define CPU_PERIOD_US 100000

void container_mount_free(ContainerMount *mount)
{
    if (mount == NULL)
        return;
    g_free(mount->source);
    g_free(mount->target);
    g_free(mount);
}

char *container_name(const char *instance_id, const char *service_id)
{
    return g_strconcat("darse-", instance_id, "-", service_id, NULL);
}

static json_t *id_map(int64_t id_base)
{
    return json_pack("[{s:i, s:I, s:i}]", "container_id", 0, "host_id", (json_int_t)id_base, "size",
                     PLAN_ID_RANGE);
}

static json_t *bind_mount(const char *source, const char *target, bool read_only, bool executable)
{
    json_t *options = json_pack("[s, s, s, s, s]", "bind", "private", "nosuid", "nodev",
                                read_only ? "ro" : "rw");
    if (!executable)
        json_array_append_new(options, json_string("noexec"));
    return json_pack("{s:s, s:s, s:s, s:o}", "type", "bind", "source", source, "destination",
                     target, "options", options);
}

/* What a person writes may be run (scripts, compiled code); data and doors may not. */
static bool mount_executable(const char *target)
{
    return g_strcmp0(target, "/project") == 0 || g_str_has_prefix(target, "/home/");
}

static json_t *body_mounts(const ContainerSpec *spec)
{
    json_t *mounts = json_array();
    g_autofree char *size = g_strdup_printf("size=%" G_GINT64_FORMAT, spec->tmpfs_bytes);
    json_array_append_new(mounts, json_pack("{s:s, s:s, s:[s, s, s, s]}", "type", "tmpfs",
                                            "destination", "/tmp", "options", size, "mode=1777",
                                            "nosuid", "nodev"));
    json_array_append_new(mounts, bind_mount(spec->sas_path, CONTAINER_SAS, true, true));
    for (guint i = 0; i < spec->mounts->len; i++) {
        const ContainerMount *mount = g_ptr_array_index(spec->mounts, i);
        json_array_append_new(mounts, bind_mount(mount->source, mount->target, mount->read_only,
                                                 mount_executable(mount->target)));
    }
    return mounts;
}

static void append_pair(json_t *array, const char *option, char *value)
{
    json_array_append_new(array, json_string(option));
    json_array_append_new(array, json_string(value));
    g_free(value);
}

static json_t *body_entrypoint(const ContainerSpec *spec)
{
    json_t *entry = json_array();
    json_array_append_new(entry, json_string(CONTAINER_SAS));
    append_pair(entry, "--door", g_strdup_printf("/run/doors/http.sock=%d", spec->port));
    append_pair(entry, "--status", g_strdup("/run/doors/sas.sock"));
    append_pair(entry, "--ready", g_strdup_printf("%d", spec->port));
    if (spec->lake)
        append_pair(entry, "--relay",
                    g_strdup_printf("%d=/run/lake/lake.sock", CONTAINER_LAKE_PORT));
    json_array_append_new(entry, json_string("--"));
    return entry;
}

static json_t *body_environment(const ContainerSpec *spec)
{
    g_autofree char *home = g_strconcat("/home/", spec->login, NULL);
    json_t *env = json_pack("{s:s, s:s, s:s, s:s, s:s}", "HOME", home, "USER", spec->login,
                            "LOGNAME", spec->login, "TMPDIR", "/tmp", "TERM", "xterm-256color");
    if (spec->lake) {
        g_autofree char *url = g_strdup_printf("http://127.0.0.1:%d", CONTAINER_LAKE_PORT);
        json_object_set_new(env, "AWS_ENDPOINT_URL", json_string(url));
    }
    return env;
}

static json_t *body_labels(const ContainerSpec *spec)
{
    g_autofree char *base = g_strdup_printf("%" G_GINT64_FORMAT, spec->id_base);
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", LABEL_DATA, spec->data_ids,
                     LABEL_INSTANCE, spec->instance_id, LABEL_STATE,
                     spec->state_dir, LABEL_SERVICE, spec->service_id, LABEL_PROJECT,
                     spec->project_id, LABEL_ID_BASE, base);
}

static json_t *body_rlimit(const char *type, int64_t value)
{
    return json_pack("{s:s, s:I, s:I}", "type", type, "hard", (json_int_t)value, "soft",
                     (json_int_t)value);
}

static json_t *body_resources(const ContainerSpec *spec)
{
    return json_pack("{s:{s:I, s:I}, s:{s:I, s:I, s:I}, s:{s:I}}", "memory", "limit",
                     (json_int_t)spec->memory_bytes, "swap", (json_int_t)spec->memory_bytes, "cpu",
                     "quota", (json_int_t)(spec->cpu_milli * (CPU_PERIOD_US / 1000)), "period",
                     (json_int_t)CPU_PERIOD_US, "shares",
                     (json_int_t)MAX(2, spec->cpu_milli * 1024 / 1000), "pids", "limit",
                     (json_int_t)spec->pids);
}

/* What is closed. */
static void body_close(json_t *body, const ContainerSpec *spec)
{
    json_object_set_new(body, "netns", json_pack("{s:s}", "nsmode", "none"));
    json_object_set_new(body, "userns", json_pack("{s:s}", "nsmode", "private"));
    json_object_set_new(body, "pidns", json_pack("{s:s}", "nsmode", "private"));
    json_object_set_new(body, "ipcns", json_pack("{s:s}", "nsmode", "private"));
    json_object_set_new(body, "utsns", json_pack("{s:s}", "nsmode", "private"));
    json_object_set_new(body, "idmappings",
                        json_pack("{s:b, s:b, s:o, s:o}", "HostUIDMapping", false, "HostGIDMapping",
                                  false, "UIDMap", id_map(spec->id_base), "GIDMap",
                                  id_map(spec->id_base)));
    json_object_set_new(body, "read_only_filesystem", json_true());
    json_object_set_new(body, "cap_drop", json_pack("[s]", "all"));
    json_object_set_new(body, "no_new_privileges", json_true());
    json_object_set_new(body, "privileged", json_false());
    /* Where cgroups are of version 1, crun mounts them on a tmpfs that anybody may fill. */
    json_object_set_new(body, "mask", json_pack("[s]", "/sys/fs/cgroup"));
    json_object_set_new(body, "seccomp_profile_path", json_string(spec->seccomp_path));
    json_object_set_new(body, "r_limits",
                        json_pack("[o, o, o]", body_rlimit("nofile", spec->files_max),
                                  body_rlimit("nproc", spec->processes_max),
                                  body_rlimit("core", 0)));
    json_object_set_new(body, "resource_limits", body_resources(spec));
}

/* What podman would take from the host. */
static void body_isolate(json_t *body)
{
    json_object_set_new(body, "use_image_hosts", json_true());
    json_object_set_new(body, "use_image_resolve_conf", json_true());
    json_object_set_new(body, "httpproxy", json_false());
    json_object_set_new(body, "env_host", json_false());
    json_object_set_new(body, "image_volume_mode", json_string("ignore"));
    json_object_set_new(body, "systemd", json_string("false"));
    json_object_set_new(body, "sdnotifyMode", json_string("ignore"));
    json_object_set_new(body, "restart_policy", json_string("no"));
    /* Logs would leave the vault, in the clear: the service writes its own in the home folder. */
    json_object_set_new(body, "log_configuration", json_pack("{s:s}", "driver", "none"));
}

json_t *container_body(const ContainerSpec *spec)
{
    g_autofree char *home = g_strconcat("/home/", spec->login, NULL);
    g_autofree char *user = g_strdup_printf("%d:%d", PLAN_BUBBLE_UID, PLAN_BUBBLE_UID);
    json_t *body = json_pack("{s:s, s:s, s:s, s:s, s:s}", "name", spec->name, "image",
                             spec->image_id, "user", user, "work_dir", home, "hostname", "bubble");
    json_object_set_new(body, "entrypoint", body_entrypoint(spec));
    json_object_set_new(body, "command", json_deep_copy(spec->command));
    json_object_set_new(body, "env", body_environment(spec));
    json_object_set_new(body, "labels", body_labels(spec));
    json_object_set_new(body, "mounts", body_mounts(spec));
    json_object_set_new(body, "shm_size", json_integer(CONTAINER_SHM_BYTES));
    body_close(body, spec);
    body_isolate(body);
    return body;
}
