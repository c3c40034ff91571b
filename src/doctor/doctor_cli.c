/* SPDX-License-Identifier: Apache-2.0 */
/* `darse doctor`: what this host really is, given to the checks. */
#include "base/encode.h"
#include "base/error.h"
#include "base/files.h"
#include "base/times.h"
#include "doctor/doctor.h"
#include "worker/worker.h"

#include <errno.h>
#include <linux/landlock.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timex.h>
#include <sys/wait.h>
#include <unistd.h>

#define STORE_DEFAULT "/var/lib/darse/containers"

static char *host_run(const char *const *argv)
{
    char *output = NULL;
    int status = 0;
    g_auto(GStrv) copy = g_strdupv((char **)(void *)argv);
    bool ran = g_spawn_sync("/", copy, NULL, G_SPAWN_SEARCH_PATH | G_SPAWN_STDERR_TO_DEV_NULL, NULL, NULL,
                            &output, NULL, &status, NULL);
    if (ran && g_spawn_check_wait_status(status, NULL))
        return output;
    g_free(output);
    return NULL;
}

/* adjtimex() with nothing to set only reads; whoever keeps the clock clears STA_UNSYNC. */
static DoctorClock host_clock(void)
{
    struct timex state = {.modes = 0};
    if (adjtimex(&state) < 0)
        return DOCTOR_CLOCK_UNKNOWN;
    return (state.status & STA_UNSYNC) != 0 ? DOCTOR_CLOCK_ALONE : DOCTOR_CLOCK_SYNCHRONISED;
}

static int host_landlock(void)
{
    return (int)syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
}

/* Tried, not guessed: limits, chroot, AppArmor and filters can all refuse one. */
static int host_user_namespace(void)
{
    pid_t child = fork();
    if (child < 0)
        return errno;
    if (child == 0)
        _exit(unshare(CLONE_NEWUSER) == 0 ? 0 : errno);
    int status = 0;
    pid_t ended;
    do
        ended = waitpid(child, &status, 0);
    while (ended < 0 && errno == EINTR);
    if (ended < 0)
        return errno;
    return WIFEXITED(status) ? WEXITSTATUS(status) : EPERM;   /* a filter can kill it */
}

static bool same_file(const char *one, const char *other, bool *ret_same)
{
    struct stat first, second;
    if (stat(one, &first) != 0 || stat(other, &second) != 0)
        return false;
    *ret_same = first.st_dev == second.st_dev && first.st_ino == second.st_ino;
    return true;
}

/* Another root than that of a process above in the same mount namespace, which the kernel takes for a chroot.
 * Where none of them can be looked at, it is not known, and not claimed. */
static bool host_is_chrooted(void)
{
    int64_t process = getppid();
    for (int depth = 0; process > 0 && depth < 64; depth++) {
        g_autofree char *folder = g_strdup_printf("/proc/%" G_GINT64_FORMAT, process);
        g_autofree char *space = g_strconcat(folder, "/ns/mnt", NULL);
        g_autofree char *root = g_strconcat(folder, "/root/.", NULL);
        g_autofree char *status = g_strconcat(folder, "/status", NULL);
        bool same_space = false, same_root = true;
        if (same_file(space, "/proc/self/ns/mnt", &same_space) && same_space
            && same_file(root, "/", &same_root) && !same_root)
            return true;
        g_autofree char *text = NULL;
        const char *parent = file_read(status, 65536, &text, NULL, NULL) ? strstr(text, "\nPPid:") : NULL;
        process = parent != NULL ? g_ascii_strtoll(parent + strlen("\nPPid:"), NULL, 10) : 0;
    }
    return false;
}

/* The server that wrote run/ready.json, if it is still that process. */
static bool host_server_runs(const char *state_dir)
{
    g_autofree char *path = g_build_filename(state_dir, "run", "ready.json", NULL);
    g_autofree char *text = NULL;
    size_t size = 0;
    if (!file_read(path, 4096, &text, &size, NULL))
        return false;
    g_autoptr(json_t) ready = json_parse(text, size, NULL);
    g_autofree char *process = g_strdup_printf(
        "/proc/%" JSON_INTEGER_FORMAT "/cmdline", json_integer_value(json_object_get(ready, "pid")));
    g_autofree char *words = NULL;
    size_t length = 0;
    if (!file_read(process, 65536, &words, &length, NULL))
        return false;
    for (const char *word = words; word < words + length; word += strlen(word) + 1) {
        if (strcmp(word, state_dir) == 0)
            return true;
    }
    return false;
}

/* ---- what is printed ---- */

#define LINE_WIDTH 100
#define LINE_INDENT 15

/* A sentence under a finding, broken between words. */
static void print_wrapped(const char *label, const char *text)
{
    g_auto(GStrv) words = g_strsplit(text, " ", -1);
    int column = printf("%-*s", LINE_INDENT, label);
    for (char **word = words; *word != NULL; word++) {
        int length = (int)g_utf8_strlen(*word, -1);
        if (column > LINE_INDENT && column + 1 + length > LINE_WIDTH)
            column = printf("\n%*s", LINE_INDENT, "") - 1;
        column += printf("%s%s", column > LINE_INDENT ? " " : "", *word);
    }
    printf("\n");
}

static void print_report(const json_t *report)
{
    size_t i;
    const json_t *row;
    json_array_foreach(json_object_get(report, "checks"), i, row) {
        const char *means = json_string_value(json_object_get(row, "means"));
        const char *mend = json_string_value(json_object_get(row, "mend"));
        printf("%-14s %-20s %s\n", json_string_value(json_object_get(row, "level")),
               json_string_value(json_object_get(row, "title")),
               json_string_value(json_object_get(row, "found")));
        if (means != NULL)
            print_wrapped("    means", means);
        if (mend != NULL)
            print_wrapped("    mend", mend);
    }
    printf("\n%" JSON_INTEGER_FORMAT " problems, %" JSON_INTEGER_FORMAT " warnings\n",
           json_integer_value(json_object_get(report, "problems")),
           json_integer_value(json_object_get(report, "warnings")));
}

static void print_json(const json_t *report)
{
    char *text = json_dumps(report, JSON_INDENT(2));
    puts(text);
    free(text);
}

static int doctor_run(int argc, char **argv)
{
    g_autofree char *state = NULL;
    g_autofree char *store = NULL;
    gboolean json = FALSE;
    const GOptionEntry entries[] = {
        {"state", 0, 0, G_OPTION_ARG_FILENAME, &state, "State directory, made or to be made", "DIR"},
        {"store", 0, 0, G_OPTION_ARG_FILENAME, &store, "Container store", "DIR"},
        {"json", 0, 0, G_OPTION_ARG_NONE, &json, "For programs", NULL},
        {NULL},
    };
    if (!verb_parse(&doctor_verbs[0], argc, argv, entries, NULL))
        return EXIT_USAGE;
    g_autofree char *state_dir = verb_state_dir(state);
    g_autofree char *instance = g_build_filename(state_dir, "instance", NULL);
    g_autofree char *program = g_file_read_link("/proc/self/exe", NULL);
    g_autoptr(GError) problem = NULL;
    g_autoptr(Config) config = config_load(state_dir, &problem);
    const char *store_given = store != NULL ? store : g_getenv("DARSE_STORE");
    DoctorHost host = {
        .root = "", .state_dir = state_dir, .config = config,
        .config_problem = problem != NULL ? problem->message : NULL, .program = program,
        .store_dir = store_given != NULL ? store_given : STORE_DEFAULT, .library = worker_library(),
        .has_state = g_file_test(instance, G_FILE_TEST_EXISTS),
        .is_running = host_server_runs(state_dir), .uid = geteuid(), .now_ms = time_now_ms(),
        .run = host_run, .clock = host_clock, .landlock = host_landlock,
        .user_namespace = host_user_namespace, .is_chrooted = host_is_chrooted(),
    };
    g_autoptr(json_t) report = doctor_report(&host);
    if (json)
        print_json(report);
    else
        print_report(report);
    return json_integer_value(json_object_get(report, "problems")) == 0 ? EXIT_OK : EXIT_FAILED;
}

const Verb doctor_verbs[] = {
    {.name = "doctor", .usage = "[--state DIR] [--store DIR] [--json]",
     .summary = "Say what this host lacks and how to mend it; changes nothing", .run = doctor_run},
    {.name = NULL},
};
