/* SPDX-License-Identifier: Apache-2.0 */
/* Checks of the machine: its kernel, its engine of containers, its limits. Pure over DoctorHost. */
#include "base/encode.h"
#include "base/times.h"
#include "doctor/checks.h"
#include "engine/engine.h"

#include <errno.h>
#include <string.h>

#define KERNEL_WANTED 5013            /* Landlock */
#define PODMAN_WANTED 4003
#define CRUN_WANTED 1008
#define IDS_OF_PROJECT INT64_C(65536)
#define IDS_PROJECTS 1000             /* for so many projects there should be room */
#define FILES_WANTED 4096
#define PROCESSES_WANTED 4096
#define CLOCK_SANE_MS INT64_C(1767225600000)   /* 2026: before this program was written */
#define MEMORY_SPARE_KIB (512 * 1024)

void check_kernel(const DoctorHost *host, Finding *finding)
{
    g_autofree char *release = host_file(host, "/proc/sys/kernel/osrelease");
    int version = text_version(release);
    bool ok = version >= KERNEL_WANTED;
    finding_set(finding, ok ? FINDING_OK : FINDING_PROBLEM, "%s",
                release != NULL ? g_strchomp(release) : "its release cannot be read");
    if (!ok)
        finding_advise(finding, "Files of people are read behind Landlock, which this kernel lacks.",
                       "Use Linux 5.13 or later (Debian 12 or later).");
}

static const char *option_text(const DoctorHost *host, const char *key, const char *fallback)
{
    return host->config != NULL ? config_text(host->config, key) : fallback;
}

static int64_t option_integer(const DoctorHost *host, const char *key, int64_t fallback)
{
    return host->config != NULL ? config_integer(host->config, key) : fallback;
}

static void check_program(const DoctorHost *host, Finding *finding, const char *program, int wanted,
                          const char *wanted_text)
{
    const char *const argv[] = {program, "--version", NULL};
    g_autofree char *text = host->run(argv);
    if (text == NULL) {
        finding_set(finding, FINDING_PROBLEM, "\"%s\" does not run", program);
        finding_advise(finding, "No service can be launched.", "apt-get install %s", program);
        return;
    }
    text[strcspn(text, "\n")] = '\0';
    bool ok = text_version(text) >= wanted;
    finding_set(finding, ok ? FINDING_OK : FINDING_PROBLEM, "%s", text);
    if (!ok)
        finding_advise(finding, "The engine was written for a later version.",
                       "Install %s %s or later.", program, wanted_text);
}

void check_podman(const DoctorHost *host, Finding *finding)
{
    check_program(host, finding, option_text(host, "engine.podman", "podman"), PODMAN_WANTED, "4.3");
}

void check_runtime(const DoctorHost *host, Finding *finding)
{
    check_program(host, finding, option_text(host, "engine.runtime", "crun"), CRUN_WANTED, "1.8");
}

/* The kernel allows them, and yet refuses one to this very process. */
static void user_namespace_refused(const DoctorHost *host, int refusal, Finding *finding)
{
    if (refusal == EPERM && host->is_chrooted) {
        finding_set(finding, FINDING_PROBLEM, "refused to a process in a chroot");
        finding_advise(finding, "The container runtime cannot make a bubble: no service starts.",
                       "Enter this tree as a machine or a container of its own (systemd-nspawn, podman, "
                       "pivot_root) instead of chroot.");
        return;
    }
    finding_set(finding, FINDING_PROBLEM, "refused here: %s", g_strerror(refusal));
    finding_advise(finding, "The container runtime cannot make a bubble: no service starts.",
                   "Where this is itself a container, let it make user namespaces (nesting); else see "
                   "what confines this process, AppArmor or a filter of system calls.");
}

void check_user_namespaces(const DoctorHost *host, Finding *finding)
{
    g_autofree char *most = host_file(host, "/proc/sys/user/max_user_namespaces");
    g_autofree char *clone = host_file(host, "/proc/sys/kernel/unprivileged_userns_clone");
    g_autofree char *confined = host_file(host, "/proc/sys/kernel/apparmor_restrict_unprivileged_userns");
    bool alone = host->uid != 0;
    if (most == NULL || text_number(most, 0) < 1) {
        finding_set(finding, FINDING_PROBLEM, most == NULL ? "the kernel has none" : "none is allowed");
        finding_advise(finding, "Bubbles would not have ids of their own; none is started.",
                       "sysctl user.max_user_namespaces=15000, and in /etc/sysctl.d/ for good.");
    } else if (alone && (text_number(clone, 1) == 0 || text_number(confined, 0) == 1)) {
        finding_set(finding, FINDING_PROBLEM, "not for others than root");
        finding_advise(finding, "Without root, the engine cannot make a bubble.",
                       "Run Darse as root (its server drops root itself), or sysctl "
                       "kernel.unprivileged_userns_clone=1.");
    } else {
        int refusal = host->user_namespace();
        if (refusal != 0)
            user_namespace_refused(host, refusal, finding);
        else
            finding_set(finding, FINDING_OK, "at most %" G_GINT64_FORMAT, text_number(most, 0));
    }
}

/* ---- ids ---- */

typedef struct IdRange {
    int64_t start, count;
} IdRange;

/* True when /proc/self/uid_map maps the whole of RANGE: false inside a container that was itself
 * given fewer ids. Unreadable: it is assumed. */
static bool ids_are_mapped(const DoctorHost *host, const IdRange *range)
{
    g_autofree char *map = host_file(host, "/proc/self/uid_map");
    if (map == NULL)
        return true;
    g_auto(GStrv) lines = g_strsplit(map, "\n", -1);
    for (char **line = lines; *line != NULL; line++) {
        char *end = NULL;
        int64_t inside = g_ascii_strtoll(*line, &end, 10);
        g_ascii_strtoll(end, &end, 10);
        int64_t count = g_ascii_strtoll(end, NULL, 10);
        if (inside <= range->start && range->start + range->count <= inside + count)
            return true;
    }
    return false;
}

static bool ranges_meet(const IdRange *one, int64_t start, int64_t count)
{
    return start < one->start + one->count && one->start < start + count;
}

/* The first line of FILE ("name:x:uid:..." or "name:start:count") that meets RANGE; NULL: none. */
static char *ids_taken(const DoctorHost *host, const char *file, bool is_passwd, const IdRange *range)
{
    g_autofree char *text = host_file(host, file);
    g_auto(GStrv) lines = g_strsplit(text != NULL ? text : "", "\n", -1);
    for (char **line = lines; *line != NULL; line++) {
        g_auto(GStrv) parts = g_strsplit(*line, ":", -1);
        if (g_strv_length(parts) < 3)
            continue;
        int64_t start = g_ascii_strtoll(parts[is_passwd ? 2 : 1], NULL, 10);
        int64_t count = is_passwd ? 1 : g_ascii_strtoll(parts[2], NULL, 10);
        if (ranges_meet(range, start, count))
            return g_strdup_printf("%s of %s", parts[0], file);
    }
    return NULL;
}

void check_ids(const DoctorHost *host, Finding *finding)
{
    IdRange range = {option_integer(host, "engine.id_range_start", 200000),
                     IDS_PROJECTS * IDS_OF_PROJECT};
    g_autofree char *user = ids_taken(host, "/etc/passwd", true, &range);
    g_autofree char *subordinate = ids_taken(host, "/etc/subuid", false, &range);
    IdRange first = {range.start, IDS_OF_PROJECT};
    if (!ids_are_mapped(host, &first)) {
        finding_set(finding, FINDING_PROBLEM, "ids from %" G_GINT64_FORMAT " on do not exist here",
                    range.start);
        finding_advise(finding, "This machine is itself a container with few ids: no bubble starts.",
                       "Give it more ids, or set engine.id_range_start to ids that it has.");
    } else if (user != NULL || subordinate != NULL) {
        finding_set(finding, user != NULL ? FINDING_PROBLEM : FINDING_WARNING,
                    "from %" G_GINT64_FORMAT ", shared with %s", range.start,
                    user != NULL ? user : subordinate);
        finding_advise(finding, "Somebody else's processes could own a project's files.",
                       "Before `darse init`, set engine.id_range_start to ids that nobody has; "
                       "reserve them in /etc/subuid and /etc/subgid.");
    } else {
        finding_set(finding, FINDING_OK, "from %" G_GINT64_FORMAT ", %" G_GINT64_FORMAT
                    " for each project", range.start, IDS_OF_PROJECT);
    }
}

/* ---- cgroups ---- */

static const char *const controllers[] = {"memory", "cpu", "pids", NULL};

static const char *cgroups_missing(const DoctorHost *host, const char *v2)
{
    g_auto(GStrv) names = g_strsplit_set(v2 != NULL ? v2 : "", " \n", -1);
    for (const char *const *name = controllers; *name != NULL; name++) {
        g_autofree char *v1 = g_strconcat(host->root, "/sys/fs/cgroup/", *name, NULL);
        bool here = v2 != NULL ? g_strv_contains((const char *const *)names, *name)
                               : g_file_test(v1, G_FILE_TEST_IS_DIR);
        if (!here)
            return *name;
    }
    return NULL;
}

void check_cgroups(const DoctorHost *host, Finding *finding)
{
    g_autofree char *v2 = host_file(host, "/sys/fs/cgroup/cgroup.controllers");
    g_autofree char *unified = g_strconcat(host->root, "/sys/fs/cgroup/unified", NULL);
    bool hybrid = v2 == NULL && g_file_test(unified, G_FILE_TEST_IS_DIR);
    const char *missing = cgroups_missing(host, v2);
    const char *kind = v2 != NULL ? "version 2" : hybrid ? "version 1 (hybrid)" : "version 1";
    if (missing != NULL) {
        finding_set(finding, FINDING_PROBLEM, "%s, without the controller \"%s\"", kind, missing);
        finding_advise(finding, "That limit of a bubble would not hold; services are not started.",
                       "Enable the controller: in a container or a virtual server, ask whoever runs "
                       "the host; else see cgroup_enable= in the kernel's parameters.");
    } else if (v2 == NULL) {
        finding_set(finding, FINDING_WARNING, "%s, with memory, cpu and pids", kind);
        finding_advise(finding, "It works today; Podman 5 and later need version 2.",
                       "Boot with systemd.unified_cgroup_hierarchy=1.");
    } else {
        finding_set(finding, FINDING_OK, "%s, with memory, cpu and pids", kind);
    }
}

/* The hard limit in /proc/self/limits; INT64_MAX: unlimited, -1: not said. */
static int64_t hard_limit(const char *limits, const char *name)
{
    const char *line = limits != NULL ? strstr(limits, name) : NULL;
    if (line == NULL)
        return -1;
    g_autofree char *rest = g_strndup(line + strlen(name), strcspn(line + strlen(name), "\n"));
    g_auto(GStrv) words = g_strsplit_set(g_strstrip(rest), " ", -1);
    int seen = 0;
    for (char **word = words; *word != NULL; word++) {
        if (**word == '\0' || ++seen < 2)
            continue;
        return strcmp(*word, "unlimited") == 0 ? INT64_MAX : g_ascii_strtoll(*word, NULL, 10);
    }
    return -1;
}

void check_ulimits(const DoctorHost *host, Finding *finding)
{
    g_autofree char *limits = host_file(host, "/proc/self/limits");
    int64_t files = hard_limit(limits, "Max open files");
    int64_t processes = hard_limit(limits, "Max processes");
    int64_t connections = option_integer(host, "server.max_connections", 1000);
    int64_t wanted = MAX(FILES_WANTED, 4 * connections);
    if (files >= 0 && files < wanted) {
        finding_set(finding, FINDING_WARNING, "at most %" G_GINT64_FORMAT " open files", files);
        finding_advise(finding, "The server could refuse connections before server.max_connections, "
                                "and bubbles get no more than this.",
                       "LimitNOFILE=%" G_GINT64_FORMAT " in the systemd unit, or ulimit -n.",
                       MAX(wanted, 65536));
    } else if (processes >= 0 && processes < PROCESSES_WANTED) {
        finding_set(finding, FINDING_WARNING, "at most %" G_GINT64_FORMAT " processes", processes);
        finding_advise(finding, "Bubbles get no more than this.",
                       "LimitNPROC=infinity in the systemd unit, or ulimit -u unlimited.");
    } else {
        finding_set(finding, limits != NULL ? FINDING_OK : FINDING_NONE, "%s",
                    limits != NULL ? "files and processes suffice" : "they cannot be read");
    }
}

void check_landlock(const DoctorHost *host, Finding *finding)
{
    int abi = host->landlock();
    finding_set(finding, abi >= 1 ? FINDING_OK : FINDING_PROBLEM,
                abi >= 1 ? "version %d of its interface" : "the kernel has none", abi);
    if (abi < 1)
        finding_advise(finding, "Nothing that people upload is read without it.",
                       "Add landlock to the kernel's lsm= list, or use Linux 5.13 or later.");
}

void check_seccomp(const DoctorHost *host, Finding *finding)
{
    g_autofree char *actions = host_file(host, "/proc/sys/kernel/seccomp/actions_avail");
    bool ok = actions != NULL && strstr(actions, "errno") != NULL;
    finding_set(finding, ok ? FINDING_OK : FINDING_PROBLEM,
                ok ? "available" : "the kernel filters no system calls");
    if (!ok)
        finding_advise(finding, "Neither bubbles nor the reader of files could be confined.",
                       "Use a kernel with CONFIG_SECCOMP_FILTER (every Debian kernel).");
}

void check_clock(const DoctorHost *host, Finding *finding)
{
    DoctorClock clock = host->clock();
    g_autofree char *now = time_format(host->now_ms);
    if (host->now_ms < CLOCK_SANE_MS) {
        finding_set(finding, FINDING_PROBLEM, "it says %s", now);
        finding_advise(finding, "Codes of the second factor, expiries and the audit log go by it.",
                       "Set the time, then apt-get install systemd-timesyncd (or chrony).");
    } else if (clock == DOCTOR_CLOCK_ALONE) {
        finding_set(finding, FINDING_WARNING, "not synchronised with another");
        finding_advise(finding, "Once it is a minute off, codes of the second factor are refused; the "
                                "audit log's times are contested.",
                       "apt-get install systemd-timesyncd (or chrony) and point it at a time server.");
    } else {
        finding_set(finding, clock == DOCTOR_CLOCK_SYNCHRONISED ? FINDING_OK : FINDING_NONE, "%s",
                    clock == DOCTOR_CLOCK_SYNCHRONISED ? "synchronised" : "the kernel does not say");
    }
}

void check_memory(const DoctorHost *host, Finding *finding)
{
    g_autofree char *text = host_file(host, "/proc/meminfo");
    const char *line = text != NULL ? strstr(text, "MemAvailable:") : NULL;
    int64_t have_kib = text_number(line, -1);
    int64_t service_kib = option_integer(host, "services.memory_mib", 2048) * 1024;
    if (have_kib < 0) {
        finding_set(finding, FINDING_NONE, "the kernel does not say what is available");
        return;
    }
    int64_t services = MAX(0, have_kib - MEMORY_SPARE_KIB) / MAX(1, service_kib);
    finding_set(finding, services >= 1 ? FINDING_OK : FINDING_WARNING,
                "%" G_GINT64_FORMAT " MiB available: room for %" G_GINT64_FORMAT
                " services at their limit", have_kib / 1024, services);
    if (services < 1)
        finding_advise(finding, "A service could be killed while it works.",
                       "Stop something, add memory, or lower services.memory_mib.");
}

/* ---- the engine that runs ---- */

static void engine_judge(const json_t *result, Finding *finding)
{
    size_t i;
    const json_t *row;
    g_autoptr(GString) bad = g_string_new(NULL);
    json_array_foreach(json_object_get(result, "checks"), i, row) {
        const char *name = json_string_value(json_object_get(row, "name"));
        /* Encryption has a row of its own, which says what it depends on. */
        if (json_is_true(json_object_get(row, "ok")) || g_strcmp0(name, "fscrypt") == 0)
            continue;
        g_string_append_printf(bad, "%s%s: %s", bad->len > 0 ? "; " : "", name,
                               json_string_value(json_object_get(row, "detail")));
    }
    finding_set(finding, bad->len == 0 ? FINDING_OK : FINDING_PROBLEM, "%s",
                bad->len == 0 ? "it answers, and so does its Podman" : bad->str);
    if (bad->len > 0)
        finding_advise(finding, "Services are not launched, or not with all their limits.",
                       "Mend what it says; the engine looks again by itself.");
}

void check_engine(const DoctorHost *host, Finding *finding)
{
    if (!host->is_running) {
        finding_set(finding, FINDING_NONE, "no server runs on this state directory");
        return;
    }
    g_autofree char *socket = g_build_filename(host->state_dir, "run", "engine.sock", NULL);
    g_autoptr(EngineClient) client = engine_client_new(socket);
    g_autoptr(Plan) plan = plan_host_check_new();
    g_autoptr(json_t) result = NULL;
    g_autoptr(GError) problem = NULL;
    if (engine_client_run(client, plan, NULL, NULL, &result, &problem)) {
        engine_judge(result, finding);
        return;
    }
    finding_set(finding, FINDING_PROBLEM, "%s", problem->message);
    finding_advise(finding, "No service can be launched or stopped.",
                   "Its log says why; the supervisor starts it again by itself.");
}
