/* SPDX-License-Identifier: Apache-2.0 */
/* engine: what podman is told about a bubble. */
#include "base/encode.h"
#include "engine/container.h"
#include "engine/seccomp.h"

#include <stdlib.h>
#include <string.h>

static ContainerMount *mount_new(const char *source, const char *target, bool read_only)
{
    ContainerMount *mount = g_new0(ContainerMount, 1);
    mount->source = g_strdup(source);
    mount->target = g_strdup(target);
    mount->read_only = read_only;
    return mount;
}

static json_t *body(bool lake)
{
    g_autoptr(GPtrArray) mounts =
        g_ptr_array_new_with_free_func((GDestroyNotify)container_mount_free);
    g_ptr_array_add(mounts, mount_new("/state/projects/p/files", "/project", false));
    g_ptr_array_add(mounts, mount_new("/state/data/d", "/data/a/b", true));
    g_autoptr(json_t) command = json_pack("[s]", "/usr/libexec/darse/start");
    const ContainerSpec spec = {
        .name = "darse-i-svc", .image_id = "4956b3", .command = command, .port = 8888,
        .login = "marie", .instance_id = "i", .state_dir = "/state", .service_id = "svc",
        .project_id = "prj", .data_ids = "dts-a dts-b", .id_base = 265536,
        .memory_bytes = 1 << 30, .cpu_milli = 1500,
        .pids = 100, .tmpfs_bytes = 1 << 20, .files_max = 1000, .processes_max = 2000,
        .lake = lake, .seccomp_path = "/run/x/seccomp.json", .sas_path = "/usr/libexec/darse/sas",
        .mounts = mounts,
    };
    return container_body(&spec);
}

static void equals(const json_t *object, const char *name, const char *wanted)
{
    json_t *value = json_loads(wanted, JSON_DECODE_ANY, NULL);
    if (!json_equal(json_object_get(object, name), value)) {
        char *text = json_dumps(json_object_get(object, name), JSON_ENCODE_ANY);
        g_error("%s is %s and not %s", name, text, wanted);
    }
    json_decref(value);
}

static void test_everything_that_seals_is_said(void)
{
    static const struct {
        const char *name, *value;
    } rows[] = {
        {"netns", "{\"nsmode\":\"none\"}"},
        {"userns", "{\"nsmode\":\"private\"}"},
        {"pidns", "{\"nsmode\":\"private\"}"},
        {"ipcns", "{\"nsmode\":\"private\"}"},
        {"utsns", "{\"nsmode\":\"private\"}"},
        {"read_only_filesystem", "true"},
        {"cap_drop", "[\"all\"]"},
        {"no_new_privileges", "true"},
        {"privileged", "false"},
        {"seccomp_profile_path", "\"/run/x/seccomp.json\""},
        {"mask", "[\"/sys/fs/cgroup\"]"},
        {"user", "\"1000:1000\""},
        {"labels", "{\"darse.data\":\"dts-a dts-b\",\"darse.instance\":\"i\","
                   "\"darse.state\":\"/state\",\"darse.service\":\"svc\","
                   "\"darse.project\":\"prj\",\"darse.id_base\":\"265536\"}"},
        {"use_image_hosts", "true"},
        {"use_image_resolve_conf", "true"},
        {"httpproxy", "false"},
        {"env_host", "false"},
        {"image_volume_mode", "\"ignore\""},
        {"log_configuration", "{\"driver\":\"none\"}"},
        {"idmappings",
         "{\"HostUIDMapping\":false,\"HostGIDMapping\":false,"
         "\"UIDMap\":[{\"container_id\":0,\"host_id\":265536,\"size\":65536}],"
         "\"GIDMap\":[{\"container_id\":0,\"host_id\":265536,\"size\":65536}]}"},
        {"r_limits",
         "[{\"type\":\"nofile\",\"hard\":1000,\"soft\":1000},"
         "{\"type\":\"nproc\",\"hard\":2000,\"soft\":2000},"
         "{\"type\":\"core\",\"hard\":0,\"soft\":0}]"},
        {"resource_limits",
         "{\"memory\":{\"limit\":1073741824,\"swap\":1073741824},"
         "\"cpu\":{\"quota\":150000,\"period\":100000,\"shares\":1536},\"pids\":{\"limit\":100}}"},
    };
    g_autoptr(json_t) json = body(false);
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
        equals(json, rows[i].name, rows[i].value);
    g_assert_null(json_object_get(json, "cap_add"));
    g_assert_null(json_object_get(json, "devices"));
}

static void test_mounts(void)
{
    g_autoptr(json_t) json = body(false);
    equals(json, "mounts",
           "[{\"type\":\"tmpfs\",\"destination\":\"/tmp\","
           "\"options\":[\"size=1048576\",\"mode=1777\",\"nosuid\",\"nodev\"]},"
           "{\"type\":\"bind\",\"source\":\"/usr/libexec/darse/sas\","
           "\"destination\":\"/usr/libexec/sas\","
           "\"options\":[\"bind\",\"private\",\"nosuid\",\"nodev\",\"ro\"]},"
           "{\"type\":\"bind\",\"source\":\"/state/projects/p/files\",\"destination\":\"/project\","
           "\"options\":[\"bind\",\"private\",\"nosuid\",\"nodev\",\"rw\"]},"
           "{\"type\":\"bind\",\"source\":\"/state/data/d\",\"destination\":\"/data/a/b\","
           "\"options\":[\"bind\",\"private\",\"nosuid\",\"nodev\",\"ro\",\"noexec\"]}]");
}

static void test_sas_comes_first(void)
{
    g_autoptr(json_t) plain = body(false);
    g_autoptr(json_t) lake = body(true);
    equals(plain, "entrypoint",
           "[\"/usr/libexec/sas\",\"--door\",\"/run/doors/http.sock=8888\",\"--status\","
           "\"/run/doors/sas.sock\",\"--ready\",\"8888\",\"--\"]");
    equals(plain, "command", "[\"/usr/libexec/darse/start\"]");
    equals(lake, "entrypoint",
           "[\"/usr/libexec/sas\",\"--door\",\"/run/doors/http.sock=8888\",\"--status\","
           "\"/run/doors/sas.sock\",\"--ready\",\"8888\",\"--relay\","
           "\"9000=/run/lake/lake.sock\",\"--\"]");
    g_assert_null(json_object_get(json_object_get(plain, "env"), "AWS_ENDPOINT_URL"));
    g_assert_nonnull(json_object_get(json_object_get(lake, "env"), "AWS_ENDPOINT_URL"));
}

/* ---- The profile ---- */

static const json_t *rule_of(const json_t *rules, const char *call, const char *action)
{
    size_t i, j;
    json_t *rule, *name;
    json_array_foreach (rules, i, rule) {
        json_array_foreach (json_object_get(rule, "names"), j, name) {
            if (strcmp(json_string_value(name), call) == 0 &&
                strcmp(json_string_value(json_object_get(rule, "action")), action) == 0)
                return rule;
        }
    }
    return NULL;
}

static void test_the_profile_refuses_what_it_must(void)
{
    static const char *const refused[] = {
        "unshare", "setns", "mount", "umount2", "pivot_root", "chroot", "ptrace", "keyctl",
        "add_key", "bpf", "io_uring_setup", "userfaultfd", "perf_event_open", "open_by_handle_at",
        "process_vm_readv", "init_module", "kexec_load", "open_tree", "fsopen", "pidfd_getfd",
    };
    g_autoptr(json_t) profile =
        json_parse(seccomp_profile, strlen(seccomp_profile), NULL);
    g_assert_nonnull(profile);
    equals(profile, "defaultAction", "\"SCMP_ACT_ERRNO\"");
    const json_t *rules = json_object_get(profile, "syscalls");
    for (size_t i = 0; i < G_N_ELEMENTS(refused); i++) {
        g_assert_null(rule_of(rules, refused[i], "SCMP_ACT_ALLOW"));
        g_assert_nonnull(rule_of(rules, refused[i], "SCMP_ACT_ERRNO"));
    }
    g_assert_null(rule_of(rules, "clone3", "SCMP_ACT_ALLOW"));
    g_assert_null(rule_of(rules, "socketcall", "SCMP_ACT_ALLOW"));
    g_assert_nonnull(rule_of(rules, "read", "SCMP_ACT_ALLOW"));
}

/* These are allowed with conditions on their arguments alone. */
static void test_the_profile_looks_at_arguments(void)
{
    static const char *const conditional[] = {"socket", "socketpair", "clone", "personality"};
    size_t i, j;
    json_t *rule, *name;
    g_autoptr(json_t) profile =
        json_parse(seccomp_profile, strlen(seccomp_profile), NULL);
    json_array_foreach (json_object_get(profile, "syscalls"), i, rule) {
        json_array_foreach (json_object_get(rule, "names"), j, name) {
            for (size_t k = 0; k < G_N_ELEMENTS(conditional); k++) {
                if (strcmp(json_string_value(name), conditional[k]) == 0)
                    g_assert_cmpuint(json_array_size(json_object_get(rule, "args")), >, 0);
            }
        }
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/container/sealed", test_everything_that_seals_is_said);
    g_test_add_func("/container/mounts", test_mounts);
    g_test_add_func("/container/sas", test_sas_comes_first);
    g_test_add_func("/container/seccomp", test_the_profile_refuses_what_it_must);
    g_test_add_func("/container/seccomp-arguments", test_the_profile_looks_at_arguments);
    return g_test_run();
}
