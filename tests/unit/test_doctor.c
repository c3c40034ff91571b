/* SPDX-License-Identifier: Apache-2.0 */
/* Each check against hosts made of a few files: what it says where something is missing, and where not. */
#include "base/encode.h"
#include "base/files.h"
#include "base/times.h"
#include "doctor/checks.h"
#include "server/folders.h"
#include "server/server_cli.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* main() has the table of rooms; no server runs here. */
const Room *const *server_rooms(void)
{
    static const Room *const none[] = {NULL};
    return none;
}

#define NOW_MS INT64_C(1793000000000)

typedef struct Fixture {
    char *root;               /* stands for "/" */
    char *state;
    DoctorHost host;
} Fixture;

static char *no_program(const char *const *argv)
{
    return NULL;
}

static char *debian_programs(const char *const *argv)
{
    if (strcmp(argv[0], "podman") == 0)
        return g_strdup("podman version 4.3.1\n");
    return g_strdup("crun version 1.8.1\ncommit: 1\nrundir: /run/crun\n");
}

static char *old_programs(const char *const *argv)
{
    return g_strdup(strcmp(argv[0], "podman") == 0 ? "podman version 3.0.1\n" : "crun version 0.17\n");
}

static DoctorClock clock_good(void)
{
    return DOCTOR_CLOCK_SYNCHRONISED;
}
static DoctorClock clock_alone(void)
{
    return DOCTOR_CLOCK_ALONE;
}
static int landlock_here(void)
{
    return 4;
}
static int landlock_none(void)
{
    return -1;
}

static int namespace_made(void)
{
    return 0;
}
static int namespace_refused(void)
{
    return EPERM;
}
static int namespace_full(void)
{
    return ENOSPC;
}

static void put(Fixture *f, const char *path, const char *text)
{
    g_autofree char *whole = g_strconcat(f->root, path, NULL);
    g_autofree char *folder = g_path_get_dirname(whole);
    g_assert_cmpint(g_mkdir_with_parents(folder, 0755), ==, 0);
    g_assert_true(g_file_set_contents(whole, text, -1, NULL));
}

static void set_up(Fixture *f, const void *data)
{
    f->root = g_dir_make_tmp("doctor-XXXXXX", NULL);
    f->state = g_build_filename(f->root, "state", NULL);
    f->host = (DoctorHost){
        .root = f->root, .state_dir = f->state, .store_dir = f->root, .program = "/nowhere/darse",
        .library = "/nowhere/libduckdb.so", .uid = 0, .now_ms = NOW_MS, .run = debian_programs,
        .clock = clock_good, .landlock = landlock_here, .user_namespace = namespace_made,
    };
}

static void tear_down(Fixture *f, const void *data)
{
    config_free((Config *)f->host.config);
    g_assert_true(tree_remove(f->root, NULL));
    g_free(f->root);
    g_free(f->state);
}

typedef void (*Check)(const DoctorHost *host, Finding *finding);

/* Runs CHECK; what is wrong must be explained and its mending said, what is right not. */
static void expect(const Fixture *f, Check check, FindingLevel level, const char *part)
{
    g_auto(Finding) finding = {0};
    check(&f->host, &finding);
    g_assert_nonnull(finding.found);
    if (finding.level != level || strstr(finding.found, part) == NULL)
        g_error("wanted %s with \"%s\", got %s: %s", finding_level_name(level), part,
                finding_level_name(finding.level), finding.found);
    bool wrong = level == FINDING_WARNING || level == FINDING_PROBLEM;
    g_assert_true((finding.means != NULL) == wrong && (finding.mend != NULL) == wrong);
}

static void config_of(Fixture *f, const char *text)
{
    g_autoptr(GError) problem = NULL;
    g_assert_cmpint(g_mkdir_with_parents(f->state, 0711), ==, 0);
    g_autofree char *path = g_build_filename(f->state, "darse.conf", NULL);
    g_assert_true(g_file_set_contents(path, text, -1, NULL));
    config_free((Config *)f->host.config);
    f->host.config = config_load(f->state, &problem);
    g_assert_no_error(problem);
}

static void test_versions(Fixture *f, const void *data)
{
    g_assert_cmpint(text_version("podman version 4.3.1"), ==, 4003);
    g_assert_cmpint(text_version("5"), ==, 5000);
    g_assert_cmpint(text_version("none"), ==, -1);
    g_assert_cmpint(text_version("99999999999.1"), ==, -1);
    g_assert_cmpint(text_version(NULL), ==, -1);
    expect(f, check_podman, FINDING_OK, "4.3.1");
    expect(f, check_runtime, FINDING_OK, "1.8.1");
    f->host.run = old_programs;
    expect(f, check_podman, FINDING_PROBLEM, "3.0.1");
    expect(f, check_runtime, FINDING_PROBLEM, "0.17");
    f->host.run = no_program;
    expect(f, check_podman, FINDING_PROBLEM, "does not run");
}

static void test_kernel(Fixture *f, const void *data)
{
    expect(f, check_kernel, FINDING_PROBLEM, "cannot be read");
    put(f, "/proc/sys/kernel/osrelease", "5.10.0-30-amd64\n");
    expect(f, check_kernel, FINDING_PROBLEM, "5.10.0-30-amd64");
    put(f, "/proc/sys/kernel/osrelease", "6.1.0-50-cloud-amd64\n");
    expect(f, check_kernel, FINDING_OK, "6.1.0");
    expect(f, check_landlock, FINDING_OK, "version 4");
    f->host.landlock = landlock_none;
    expect(f, check_landlock, FINDING_PROBLEM, "none");
    expect(f, check_seccomp, FINDING_PROBLEM, "no system calls");
    put(f, "/proc/sys/kernel/seccomp/actions_avail", "kill_process trap errno log allow\n");
    expect(f, check_seccomp, FINDING_OK, "available");
}

static void test_user_namespaces(Fixture *f, const void *data)
{
    expect(f, check_user_namespaces, FINDING_PROBLEM, "none");
    put(f, "/proc/sys/user/max_user_namespaces", "0\n");
    expect(f, check_user_namespaces, FINDING_PROBLEM, "none is allowed");
    put(f, "/proc/sys/user/max_user_namespaces", "15000\n");
    expect(f, check_user_namespaces, FINDING_OK, "15000");
    put(f, "/proc/sys/kernel/unprivileged_userns_clone", "0\n");
    expect(f, check_user_namespaces, FINDING_OK, "15000");      /* root needs no such leave */
    f->host.uid = 1000;
    expect(f, check_user_namespaces, FINDING_PROBLEM, "not for others");
    put(f, "/proc/sys/kernel/unprivileged_userns_clone", "1\n");
    put(f, "/proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1\n");
    expect(f, check_user_namespaces, FINDING_PROBLEM, "not for others");
}

/* The settings allow it, the kernel does not: a chroot is named, where it is one. */
static void test_user_namespace_refused(Fixture *f, const void *data)
{
    put(f, "/proc/sys/user/max_user_namespaces", "15000\n");
    f->host.is_chrooted = true;
    expect(f, check_user_namespaces, FINDING_OK, "15000");
    f->host.user_namespace = namespace_full;
    expect(f, check_user_namespaces, FINDING_PROBLEM, g_strerror(ENOSPC));
    f->host.user_namespace = namespace_refused;
    expect(f, check_user_namespaces, FINDING_PROBLEM, "chroot");
    f->host.is_chrooted = false;
    expect(f, check_user_namespaces, FINDING_PROBLEM, g_strerror(EPERM));
}

static void test_ids(Fixture *f, const void *data)
{
    expect(f, check_ids, FINDING_OK, "from 200000");
    put(f, "/etc/passwd", "root:x:0:0::/root:/bin/sh\ndarse:x:999:999::/:/bin/false\n");
    put(f, "/etc/subuid", "someone:100000:65536\n");
    put(f, "/proc/self/uid_map", "         0          0 4294967295\n");
    expect(f, check_ids, FINDING_OK, "from 200000");
    put(f, "/etc/subuid", "someone:100000:65536\nother:165536:65536\n");
    expect(f, check_ids, FINDING_WARNING, "other of /etc/subuid");
    put(f, "/etc/passwd", "root:x:0:0::/root:/bin/sh\nalice:x:265535:1::/:/bin/sh\n");
    expect(f, check_ids, FINDING_PROBLEM, "alice of /etc/passwd");
    put(f, "/proc/self/uid_map", "0 100000 65536\n");
    expect(f, check_ids, FINDING_PROBLEM, "do not exist here");
    config_of(f, "[engine]\nid_range_start=500000\n");
    put(f, "/proc/self/uid_map", "0 0 1000\n500000 500000 65536\n");
    expect(f, check_ids, FINDING_OK, "from 500000");
}

static void test_cgroups(Fixture *f, const void *data)
{
    expect(f, check_cgroups, FINDING_PROBLEM, "\"memory\"");
    put(f, "/sys/fs/cgroup/memory/tasks", "");
    put(f, "/sys/fs/cgroup/cpu/tasks", "");
    expect(f, check_cgroups, FINDING_PROBLEM, "\"pids\"");
    put(f, "/sys/fs/cgroup/pids/tasks", "");
    expect(f, check_cgroups, FINDING_WARNING, "version 1,");
    put(f, "/sys/fs/cgroup/unified/cgroup.procs", "");
    expect(f, check_cgroups, FINDING_WARNING, "hybrid");
    put(f, "/sys/fs/cgroup/cgroup.controllers", "cpuset cpu io pids\n");
    expect(f, check_cgroups, FINDING_PROBLEM, "version 2, without the controller \"memory\"");
    put(f, "/sys/fs/cgroup/cgroup.controllers", "cpuset cpu io memory pids\n");
    expect(f, check_cgroups, FINDING_OK, "version 2");
}

#define LIMITS(files, processes)                                                                   \
    "Limit                     Soft Limit           Hard Limit           Units     \n"             \
    "Max processes             95000                " processes "                processes \n"      \
    "Max open files            1024                 " files "              files     \n"

static void test_ulimits(Fixture *f, const void *data)
{
    expect(f, check_ulimits, FINDING_NONE, "cannot be read");
    put(f, "/proc/self/limits", LIMITS("1048576", "unlimited"));
    expect(f, check_ulimits, FINDING_OK, "suffice");
    put(f, "/proc/self/limits", LIMITS("1024", "95000"));
    expect(f, check_ulimits, FINDING_WARNING, "1024 open files");
    put(f, "/proc/self/limits", LIMITS("65536", "100"));
    expect(f, check_ulimits, FINDING_WARNING, "100 processes");
    config_of(f, "[server]\nmax_connections=50000\n");
    put(f, "/proc/self/limits", LIMITS("65536", "95000"));
    expect(f, check_ulimits, FINDING_WARNING, "65536 open files");
}

static void test_clock_and_memory(Fixture *f, const void *data)
{
    expect(f, check_clock, FINDING_OK, "synchronised");
    f->host.clock = clock_alone;
    expect(f, check_clock, FINDING_WARNING, "not synchronised");
    f->host.now_ms = 0;
    expect(f, check_clock, FINDING_PROBLEM, "1970");
    expect(f, check_memory, FINDING_NONE, "does not say");
    put(f, "/proc/meminfo", "MemTotal: 25165824 kB\nMemAvailable:    1048576 kB\n");
    expect(f, check_memory, FINDING_WARNING, "1024 MiB");
    put(f, "/proc/meminfo", "MemTotal: 25165824 kB\nMemAvailable:   12582912 kB\n");
    expect(f, check_memory, FINDING_OK, "room for 5 services");
}

#define IMAGE "cdb203105096bbb06e641c4871d2880ccf376713ecfb9eb7495f3c9df29927c0"

static void test_images(Fixture *f, const void *data)
{
    expect(f, check_images, FINDING_PROBLEM, "there are none");
    put(f, "/images.json", "{\"storage_conf\":\"/c\",\"tmpdir\":\"/t\",\"images\":{\"jupyter\":{\"id\":\""
                           IMAGE "\",\"port\":8888,\"command\":[\"/start\"]}}}");
    expect(f, check_images, FINDING_PROBLEM, "not in the store");
    g_autofree char *recent = time_format(NOW_MS - 3 * TIME_DAY_MS);
    g_autofree char *list = g_strdup_printf("[{\"id\":\"" IMAGE "\",\"created\":\"%s\"}]", recent);
    put(f, "/storage/overlay-images/images.json", list);
    expect(f, check_images, FINDING_OK, "jupyter (3 days old)");
    f->host.now_ms += 100 * TIME_DAY_MS;
    expect(f, check_images, FINDING_WARNING, "jupyter (103 days old)");
    put(f, "/images.json", "{not json");
    expect(f, check_images, FINDING_PROBLEM, "not understood");
}

static void test_program(Fixture *f, const void *data)
{
    expect(f, check_sas, FINDING_PROBLEM, "not beside");
    expect(f, check_duckdb, FINDING_PROBLEM, "cannot be loaded");
    expect(f, check_mirrors, FINDING_NONE, "none");
    put(f, "/bin/darse", "");
    put(f, "/libexec/darse/sas", "");
    g_autofree char *sas = g_strconcat(f->root, "/libexec/darse/sas", NULL);
    g_autofree char *program = g_strconcat(f->root, "/bin/darse", NULL);
    g_assert_cmpint(g_chmod(sas, 0755), ==, 0);
    f->host.program = program;
    expect(f, check_sas, FINDING_OK, "libexec/darse/sas");
}

static void make_state(Fixture *f)
{
    for (const StateFolder *folder = state_folders; folder->name != NULL; folder++) {
        g_autofree char *path = g_build_filename(f->state, folder->name, NULL);
        g_assert_cmpint(g_mkdir_with_parents(path, 0711), ==, 0);
        g_assert_cmpint(g_chmod(path, folder->mode), ==, 0);
    }
    f->host.has_state = true;
    f->host.uid = geteuid();
}

static void test_state(Fixture *f, const void *data)
{
    expect(f, check_state, FINDING_NONE, "darse init");
    expect(f, check_database, FINDING_NONE, "darse init");
    expect(f, check_audit, FINDING_NONE, "darse init");
    make_state(f);
    expect(f, check_state, FINDING_OK, "as they were made");
    for (const StateFolder *folder = state_folders; folder->name != NULL; folder++) {
        g_autofree char *path = g_build_filename(f->state, folder->name, NULL);
        g_assert_cmpint(g_chmod(path, 0777), ==, 0);
        expect(f, check_state, FINDING_PROBLEM, "mode 0777");
        g_assert_cmpint(g_chmod(path, folder->mode), ==, 0);
    }
    g_autofree char *keys = g_build_filename(f->state, "keys", NULL);
    if (geteuid() == 0) {
        g_assert_cmpint(chown(keys, 4242, 0), ==, 0);
        expect(f, check_state, FINDING_PROBLEM, "belongs to user 4242");
        g_assert_cmpint(chown(keys, 0, 0), ==, 0);
    }
    g_assert_cmpint(g_rmdir(keys), ==, 0);
    expect(f, check_state, FINDING_PROBLEM, "keys is missing");
    expect(f, check_database, FINDING_PROBLEM, "darse.db is missing");
    put(f, "/state/darse.db", "");
    expect(f, check_database, FINDING_PROBLEM, "empty");
    put(f, "/state/darse.db", "SQLite format 3");
    expect(f, check_database, FINDING_OK, "SQLite");
}

static void test_secrets(Fixture *f, const void *data)
{
    make_state(f);
    expect(f, check_secrets, FINDING_NONE, "none");
    put(f, "/state/instance/audit.key", "k");
    g_autofree char *key = g_build_filename(f->state, "instance", "audit.key", NULL);
    g_assert_cmpint(g_chmod(key, 0600), ==, 0);
    expect(f, check_secrets, FINDING_OK, "1, read by");
    g_assert_cmpint(g_chmod(key, 0604), ==, 0);
    expect(f, check_secrets, FINDING_PROBLEM, "audit.key has mode 0604");
    g_assert_cmpint(g_chmod(key, 0600), ==, 0);
    put(f, "/token", "secret");
    g_autofree char *token = g_strconcat(f->root, "/token", NULL);
    g_autofree char *line = g_strdup_printf("[metrics]\ntoken_file=%s\n", token);
    config_of(f, line);
    g_assert_cmpint(g_chmod(token, 0644), ==, 0);
    expect(f, check_secrets, FINDING_PROBLEM, "token has mode 0644");
}

static void test_backup(Fixture *f, const void *data)
{
    make_state(f);
    expect(f, check_backup, FINDING_WARNING, "none was made");
    g_autofree char *told = g_strdup_printf("{\"done_ms\":%" G_GINT64_FORMAT "}", NOW_MS - TIME_HOUR_MS);
    put(f, "/state/backup.json", told);
    expect(f, check_backup, FINDING_OK, "1 hours ago");
    f->host.now_ms += 20 * TIME_DAY_MS;
    expect(f, check_backup, FINDING_WARNING, "20 days ago");
    put(f, "/state/backup.json", "nonsense");
    expect(f, check_backup, FINDING_WARNING, "none was made");
}

static void test_configuration(Fixture *f, const void *data)
{
    f->host.config_problem = "There is no option a.b; see `darse config`.";
    expect(f, check_config, FINDING_PROBLEM, "a.b");
    expect(f, check_https, FINDING_NONE, "not understood");
    config_of(f, "");
    expect(f, check_https, FINDING_NONE, "only this machine");
    config_of(f, "[server]\nlisten=0.0.0.0\n");
    expect(f, check_https, FINDING_PROBLEM, "plain HTTP");
    config_of(f, "[server]\npublic_url=http://darse.example\n");
    expect(f, check_https, FINDING_PROBLEM, "plain HTTP");
    config_of(f, "[server]\nlisten=0.0.0.0\npublic_url=https://darse.example\n");
    expect(f, check_https, FINDING_WARNING, "https://darse.example");
    config_of(f, "[server]\npublic_url=https://darse.example\n");
    expect(f, check_https, FINDING_OK, "https://darse.example");
    config_of(f, "[server]\nuser=nobody-of-that-name\n");
    f->host.uid = 0;
    expect(f, check_user, FINDING_PROBLEM, "nobody-of-that-name");
    config_of(f, "[store]\nurl=postgresql://nobody@127.0.0.1:1/none\n");
    expect(f, check_database, FINDING_PROBLEM, "");
}

/* Every row answers on a machine where nothing is, and names are fit for programs. */
static void test_table(Fixture *f, const void *data)
{
    f->host.run = no_program;
    f->host.config_problem = "none";
    g_autoptr(json_t) report = doctor_report(&f->host);
    const json_t *checks = json_object_get(report, "checks");
    g_autoptr(GHashTable) names = g_hash_table_new(g_str_hash, g_str_equal);
    size_t count = 0;
    for (const DoctorCheck *check = doctor_checks; check->name != NULL; check++, count++) {
        g_assert_true(g_regex_match_simple("^[a-z_]+$", check->name, 0, 0));
        g_assert_true(g_hash_table_add(names, (gpointer)check->name));
    }
    g_assert_cmpuint(json_array_size(checks), ==, count);
    g_assert_cmpint((int)json_integer_value(json_object_get(report, "problems")), >=, 5);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define ADD(name) g_test_add("/doctor/" #name, Fixture, NULL, set_up, test_##name, tear_down)
    ADD(versions);
    ADD(kernel);
    ADD(user_namespaces);
    ADD(user_namespace_refused);
    ADD(ids);
    ADD(cgroups);
    ADD(ulimits);
    ADD(clock_and_memory);
    ADD(images);
    ADD(program);
    ADD(state);
    ADD(secrets);
    ADD(backup);
    ADD(configuration);
    ADD(table);
    return g_test_run();
}
