/* SPDX-License-Identifier: Apache-2.0 */
/* engine: what the kernel says of a bubble, read from made-up texts. */
#include "base/error.h"
#include "engine/verify.h"

#include <string.h>
#include <unistd.h>

#define BASE 265536

static void test_id_map(void)
{
    static const struct {
        const char *text;
        bool good;
    } cases[] = {
        {"         0     265536      65536\n", true},
        {"         0          0 4294967295\n", false}, /* no user namespace at all */
        {"         0     200000      65536\n", false},
        {"         0     265536      65537\n", false},
        {"         1     265536      65536\n", false},
        {"         0     265536      65536\n     65536          0          1\n", false},
        {"", false},
        {"x", false},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
        g_assert_true(verify_id_map(cases[i].text, BASE) == cases[i].good);
}

static const char good_status[] =
    "Name:\tsas\nUmask:\t0022\nState:\tS (sleeping)\nUid:\t266536\t266536\t266536\t266536\n"
    "Gid:\t266536\t266536\t266536\t266536\nCapInh:\t0000000000000000\nCapPrm:\t0000000000000000\n"
    "CapEff:\t0000000000000000\nCapBnd:\t0000000000000000\nCapAmb:\t0000000000000000\n"
    "NoNewPrivs:\t1\nSeccomp:\t2\nSeccomp_filters:\t1\n";

static void test_status(void)
{
    static const struct {
        const char *line, *forged;
    } cases[] = {
        {"Uid:\t266536\t266536\t266536\t266536", "Uid:\t265536\t265536\t265536\t265536"},
        {"Uid:\t266536\t266536\t266536\t266536", "Uid:\t266536\t0\t266536\t266536"},
        {"Gid:\t266536\t266536\t266536\t266536", "Gid:\t0\t0\t0\t0"},
        {"CapInh:\t0000000000000000", "CapInh:\t0000000000000001"},
        {"CapPrm:\t0000000000000000", "CapPrm:\t00000000a80425fb"},
        {"CapEff:\t0000000000000000", "CapEff:\t00000000a80425fb"},
        {"CapBnd:\t0000000000000000", "CapBnd:\t00000000a80425fb"},
        {"CapAmb:\t0000000000000000", "CapAmb:\t8000000000000000"},
        {"NoNewPrivs:\t1", "NoNewPrivs:\t0"},
        {"Seccomp:\t2", "Seccomp:\t0"},
        {"Seccomp:\t2\n", ""},
    };
    g_autoptr(GError) error = NULL;
    g_assert_true(verify_status(good_status, BASE, &error));
    g_assert_no_error(error);
    g_assert_false(verify_status(good_status, 200000, NULL));
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) problem = NULL;
        g_autoptr(GString) text = g_string_new(good_status);
        g_assert_cmpuint(g_string_replace(text, cases[i].line, cases[i].forged, 0), ==, 1);
        g_assert_false(verify_status(text->str, BASE, &problem));
        g_assert_cmpstr(error_reason(problem), ==, "engine.not_sealed");
    }
}

static void test_interfaces(void)
{
    static const char head[] = "Inter-|   Receive\n face |bytes\n";
    static const struct {
        const char *lines;
        bool good;
    } cases[] = {
        {"    lo:       0       0\n", true},
        {"    lo:       0       0\n  eth0:  1  2\n", false},
        {"  eth0:  1  2\n", false},
        {"  tap0:  1  2\n    lo:       0       0\n", false},
        {"", false},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *text = g_strconcat(head, cases[i].lines, NULL);
        g_assert_true(verify_interfaces(text) == cases[i].good);
    }
}

static GPtrArray *wanted_mounts(void)
{
    static const struct {
        const char *target;
        bool read_only;
    } rows[] = {{"/usr/libexec/sas", true}, {"/project", false}, {"/data/a/b", true}};
    GPtrArray *mounts = g_ptr_array_new_with_free_func((GDestroyNotify)verify_mount_free);
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        VerifyMount *mount = g_new0(VerifyMount, 1);
        mount->target = g_strdup(rows[i].target);
        mount->read_only = rows[i].read_only;
        g_ptr_array_add(mounts, mount);
    }
    return mounts;
}

static const char good_mounts[] =
    "121 92 0:40 / / ro,relatime - overlay overlay rw\n"
    "122 121 0:43 / /proc rw,nosuid - proc proc rw\n"
    "123 121 0:44 / /dev rw,nosuid - tmpfs tmpfs rw\n"
    "124 121 0:45 / /sys ro,nosuid - sysfs sysfs rw\n"
    "130 121 0:60 / /tmp rw,nosuid,nodev - tmpfs tmpfs rw\n"
    "131 121 0:61 / /etc/hostname rw - tmpfs tmpfs rw\n"
    "116 121 254:0 /s/sas /usr/libexec/sas ro,nosuid,nodev - ext4 /dev/vda rw\n"
    "117 121 254:0 /s/files /project rw,relatime - ext4 /dev/vda rw\n"
    "118 121 254:0 /s/data /data/a/b ro,nosuid,nodev,noexec - ext4 /dev/vda rw\n";

static void test_mountinfo(void)
{
    static const struct {
        const char *line, *forged;
    } cases[] = {
        {" / / ro,relatime", " / / rw,relatime"},                  /* the root can be written */
        {"/data/a/b ro,", "/data/a/b rw,"},                        /* and the data */
        {"/usr/libexec/sas ro,", "/usr/libexec/sas rw,"},
        {"117 121 254:0 /s/files /project rw,relatime - ext4 /dev/vda rw\n", ""},
        {"/etc/hostname", "/etc"},                                 /* something unasked for */
        {"/etc/hostname", "/devices"},
        {"/etc/hostname", "/home/paul"},
        {"/etc/hostname", "/project"},                             /* one hidden by another */
        {"131 121 0:61 / /etc/hostname", "131 121"},               /* unreadable */
    };
    g_autoptr(GPtrArray) mounts = wanted_mounts();
    g_autoptr(GError) error = NULL;
    g_assert_true(verify_mountinfo(good_mounts, mounts, &error));
    g_assert_no_error(error);
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) problem = NULL;
        g_autoptr(GString) text = g_string_new(good_mounts);
        g_assert_cmpuint(g_string_replace(text, cases[i].line, cases[i].forged, 0), ==, 1);
        if (verify_mountinfo(text->str, mounts, &problem))
            g_error("case %zu is accepted", i);
        g_assert_cmpstr(error_reason(problem), ==, "engine.not_sealed");
    }
}

static void test_cgroup_path(void)
{
    static const char v1[] = "5:pids:/libpod/x\n4:cpu,cpuacct:/c\n1:name=systemd:/s\n0::/u\n";
    static const char v2[] = "0::/machine.slice/libpod-x.scope/container\n";
    g_autofree char *pids = verify_cgroup_path(v1, "pids");
    g_autofree char *cpuacct = verify_cgroup_path(v1, "cpuacct");
    g_autofree char *unified = verify_cgroup_path(v2, "");
    g_assert_cmpstr(pids, ==, "/libpod/x");
    g_assert_cmpstr(cpuacct, ==, "/c");
    g_assert_cmpstr(unified, ==, "/machine.slice/libpod-x.scope/container");
    g_assert_null(verify_cgroup_path(v1, "memory"));
    g_assert_null(verify_cgroup_path(v2, "pids"));
    g_assert_null(verify_cgroup_path("", ""));
}

static void test_a_process_that_is_no_bubble(void)
{
    const VerifyWanted wanted = {.id_base = BASE};
    g_autoptr(GError) error = NULL;
    g_assert_false(verify_bubble(0x7ffffff0, &wanted, &error));
    g_assert_cmpstr(error_reason(error), ==, "engine.bubble_ended");
    g_clear_error(&error);
    g_assert_false(verify_bubble(getpid(), &wanted, &error));
    g_assert_cmpstr(error_reason(error), ==, "engine.not_sealed");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/verify/id-map", test_id_map);
    g_test_add_func("/verify/status", test_status);
    g_test_add_func("/verify/interfaces", test_interfaces);
    g_test_add_func("/verify/mountinfo", test_mountinfo);
    g_test_add_func("/verify/cgroup", test_cgroup_path);
    g_test_add_func("/verify/no-bubble", test_a_process_that_is_no_bubble);
    return g_test_run();
}
