/* SPDX-License-Identifier: Apache-2.0 */
/* What the kernel says of a running bubble, held against what was asked for. */
#include "engine/verify.h"

#include "base/error.h"
#include "base/files.h"
#include "engine/container.h"
#include "engine/plan.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PROC_TEXT_MAX   (4 * 1024 * 1024)
#define SAS_WAIT_US     1000
#define SAS_WAIT_TURNS  2000

void verify_mount_free(VerifyMount *mount)
{
    if (mount == NULL)
        return;
    g_free(mount->target);
    g_free(mount);
}

static bool unsealed(GError **error, const char *what)
{
    return error_set(error, ERROR_INTERNAL, "engine.not_sealed",
                     "The bubble was stopped because it is not sealed as it must be: %s.", what);
}

/* ---- Pure parts ---- */

bool verify_id_map(const char *text, int64_t id_base)
{
    long long inside = -1, outside = -1, count = -1;
    int end = 0;
    return sscanf(text, " %lld %lld %lld %n", &inside, &outside, &count, &end) == 3 &&
           inside == 0 && outside == id_base && count == PLAN_ID_RANGE && text[end] == '\0';
}

/* The value of the line NAME of a status file, without blanks around. NULL if there is none. */
static char *status_value(const char *text, const char *name)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    size_t length = strlen(name);
    for (char **line = lines; *line != NULL; line++) {
        if (strncmp(*line, name, length) == 0 && (*line)[length] == ':')
            return g_strstrip(g_strdup(*line + length + 1));
    }
    return NULL;
}

static bool status_is(const char *text, const char *name, const char *wanted, GError **error)
{
    g_autofree char *value = status_value(text, name);
    if (g_strcmp0(value, wanted) == 0)
        return true;
    g_autofree char *what = g_strdup_printf("%s is \"%s\" and not \"%s\"", name,
                                            value == NULL ? "missing" : value, wanted);
    return unsealed(error, what);
}

bool verify_status(const char *text, int64_t id_base, GError **error)
{
    static const char *const none = "0000000000000000";
    int64_t uid = id_base + PLAN_BUBBLE_UID;
    g_autofree char *four = g_strdup_printf("%" G_GINT64_FORMAT "\t%" G_GINT64_FORMAT
                                            "\t%" G_GINT64_FORMAT "\t%" G_GINT64_FORMAT,
                                            uid, uid, uid, uid);
    const struct {
        const char *name, *wanted;
    } lines[] = {
        {"Uid", four},    {"Gid", four},      {"CapInh", none},   {"CapPrm", none},
        {"CapEff", none}, {"CapBnd", none},   {"CapAmb", none},   {"NoNewPrivs", "1"},
        {"Seccomp", "2"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(lines); i++) {
        if (!status_is(text, lines[i].name, lines[i].wanted, error))
            return false;
    }
    return true;
}

bool verify_interfaces(const char *text)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    guint count = g_strv_length(lines), seen = 0;
    for (guint i = 2; i < count; i++) { /* two lines of headings */
        char *line = g_strstrip(lines[i]);
        if (*line == '\0')
            continue;
        if (!g_str_has_prefix(line, "lo:"))
            return false;
        seen++;
    }
    return seen == 1;
}

static bool option_has(const char *options, const char *wanted)
{
    g_auto(GStrv) parts = g_strsplit(options, ",", -1);
    return g_strv_contains((const char *const *)parts, wanted);
}

/* What every container has beside its own mounts: the kernel's file systems, and podman's files. */
static bool mount_expected_anyway(const char *target)
{
    static const char *const exact[] = {"/tmp", "/etc/hostname", "/etc/hosts", "/etc/resolv.conf",
                                        "/run/.containerenv", NULL};
    static const char *const below[] = {"/proc", "/dev", "/sys"};
    for (size_t i = 0; i < G_N_ELEMENTS(below); i++) {
        size_t length = strlen(below[i]);
        if (strncmp(target, below[i], length) == 0 &&
            (target[length] == '\0' || target[length] == '/'))
            return true;
    }
    return g_strv_contains(exact, target);
}

static const VerifyMount *mount_find(const GPtrArray *mounts, const char *target)
{
    for (guint i = 0; i < mounts->len; i++) {
        const VerifyMount *mount = g_ptr_array_index(mounts, i);
        if (strcmp(mount->target, target) == 0)
            return mount;
    }
    return NULL;
}

/* One line: "id parent device root target options ... - type source options". */
static bool mountinfo_line(const char *line, const GPtrArray *mounts, guint *seen, GError **error)
{
    g_auto(GStrv) fields = g_strsplit(line, " ", 7);
    if (g_strv_length(fields) < 7)
        return unsealed(error, "its list of mounts cannot be read");
    const char *target = fields[4], *options = fields[5];
    if (strcmp(target, "/") == 0)
        return option_has(options, "ro") || unsealed(error, "its root can be written to");
    const VerifyMount *mount = mount_find(mounts, target);
    if (mount == NULL) {
        g_autofree char *what = g_strdup_printf("something unasked for is mounted at %s", target);
        return mount_expected_anyway(target) || unsealed(error, what);
    }
    ++*seen;
    /* crun 1.8 leaves nosuid, nodev and noexec out of binds that can be written to: they are asked
     * for, but what holds is that there is no capability and no new privilege. */
    if (!mount->read_only || option_has(options, "ro"))
        return true;
    g_autofree char *what = g_strdup_printf("%s is mounted with \"%s\"", target, options);
    return unsealed(error, what);
}

bool verify_mountinfo(const char *text, const GPtrArray *mounts, GError **error)
{
    guint seen = 0;
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (char **line = lines; *line != NULL; line++) {
        if (**line != '\0' && !mountinfo_line(*line, mounts, &seen, error))
            return false;
    }
    return seen == mounts->len || unsealed(error, "a mount is missing or hidden by another");
}

char *verify_cgroup_path(const char *text, const char *controller)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (char **line = lines; *line != NULL; line++) {
        g_auto(GStrv) parts = g_strsplit(*line, ":", 3);
        if (g_strv_length(parts) != 3)
            continue;
        g_auto(GStrv) names = g_strsplit(parts[1], ",", -1);
        bool found = *controller == '\0' ? *parts[1] == '\0'
                                         : g_strv_contains((const char *const *)names, controller);
        if (found)
            return g_strdup(parts[2]);
    }
    return NULL;
}

/* ---- The running process ---- */

static char *proc_read(pid_t pid, const char *name)
{
    char *text = NULL;
    g_autofree char *path = g_strdup_printf("/proc/%d/%s", (int)pid, name);
    return file_read(path, PROC_TEXT_MAX, &text, NULL, NULL) ? text : NULL;
}

/* The process that podman reports is crun's until it executes sas: its name says when. */
static bool verify_wait_sas(pid_t pid, GError **error)
{
    for (int i = 0; i < SAS_WAIT_TURNS; i++) {
        g_autofree char *name = proc_read(pid, "comm");
        if (name == NULL)
            return error_set(error, ERROR_INTERNAL, "engine.bubble_ended",
                             "The bubble ended as soon as it was started.");
        if (strcmp(g_strstrip(name), "sas") == 0)
            return true;
        g_usleep(SAS_WAIT_US);
    }
    return unsealed(error, "its first process is not sas");
}

static bool verify_ids(pid_t pid, int64_t id_base, GError **error)
{
    g_autofree char *uids = proc_read(pid, "uid_map");
    g_autofree char *gids = proc_read(pid, "gid_map");
    return (uids != NULL && gids != NULL && verify_id_map(uids, id_base) &&
            verify_id_map(gids, id_base)) ||
           unsealed(error, "its user ids are not mapped to its project's range");
}

static bool verify_namespaces(pid_t pid, GError **error)
{
    static const char *const names[] = {"net", "pid", "mnt", "ipc", "uts", "user"};
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        struct stat own, its;
        g_autofree char *own_path = g_strdup_printf("/proc/self/ns/%s", names[i]);
        g_autofree char *path = g_strdup_printf("/proc/%d/ns/%s", (int)pid, names[i]);
        if (stat(own_path, &own) < 0 || stat(path, &its) < 0 || own.st_ino == its.st_ino) {
            g_autofree char *what = g_strdup_printf("it shares our %s namespace", names[i]);
            return unsealed(error, what);
        }
    }
    return true;
}

/* Each folder in the bubble is the very one that was opened before the start, whatever its name
 * led to in between. */
static bool verify_folders(pid_t pid, const GPtrArray *mounts, GError **error)
{
    for (guint i = 0; i < mounts->len; i++) {
        const VerifyMount *mount = g_ptr_array_index(mounts, i);
        struct stat st;
        g_autofree char *path =
            g_strdup_printf("/proc/%d/root%s", (int)pid, mount->target);
        if (stat(path, &st) < 0 || st.st_dev != mount->device || st.st_ino != mount->inode) {
            g_autofree char *what =
                g_strdup_printf("%s is not the folder that was meant", mount->target);
            return unsealed(error, what);
        }
    }
    return true;
}

static bool verify_mounts(pid_t pid, const GPtrArray *mounts, GError **error)
{
    g_autofree char *text = proc_read(pid, "mountinfo");
    if (text == NULL)
        return unsealed(error, "its mounts cannot be read");
    return verify_mountinfo(text, mounts, error) && verify_folders(pid, mounts, error);
}

/* The number in a file of CONTROLLER's group, in either version; -1 when there is none. */
static int64_t cgroup_number(const char *groups, const char *controller, const char *v1_file,
                             const char *v2_file)
{
    g_autofree char *v1 = verify_cgroup_path(groups, controller);
    g_autofree char *v2 = verify_cgroup_path(groups, "");
    g_autofree char *path =
        v1 != NULL ? g_build_filename("/sys/fs/cgroup", controller, v1, v1_file, NULL)
                   : g_build_filename("/sys/fs/cgroup", v2 == NULL ? "none" : v2, v2_file, NULL);
    g_autofree char *text = NULL;
    if (!file_read(path, 64, &text, NULL, NULL) || !g_ascii_isdigit(text[0]))
        return -1;
    return g_ascii_strtoll(text, NULL, 10);
}

static bool verify_limits(pid_t pid, const VerifyWanted *wanted, GError **error)
{
    g_autofree char *groups = proc_read(pid, "cgroup");
    if (groups == NULL)
        return unsealed(error, "its limits cannot be read");
    int64_t memory = cgroup_number(groups, "memory", "memory.limit_in_bytes", "memory.max");
    int64_t pids = cgroup_number(groups, "pids", "pids.max", "pids.max");
    if (memory < 0 || memory > wanted->memory_bytes)
        return unsealed(error, "its memory is not limited");
    return pids == wanted->pids || unsealed(error, "its processes are not limited");
}

bool verify_bubble(pid_t pid, const VerifyWanted *wanted, GError **error)
{
    if (!verify_wait_sas(pid, error))
        return false;
    g_autofree char *status = proc_read(pid, "status");
    g_autofree char *interfaces = proc_read(pid, "net/dev");
    if (status == NULL)
        return unsealed(error, "it cannot be looked at");
    if (!verify_status(status, wanted->id_base, error))
        return false;
    if (interfaces == NULL || !verify_interfaces(interfaces))
        return unsealed(error, "it has a network");
    if (!verify_ids(pid, wanted->id_base, error) || !verify_namespaces(pid, error))
        return false;
    if (wanted->mounts != NULL && !verify_mounts(pid, wanted->mounts, error))
        return false;
    return wanted->memory_bytes == 0 || verify_limits(pid, wanted, error);
}
