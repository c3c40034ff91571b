/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Landlock has no libc wrapper: it is called by number, and its structures are spelled out here
 * because the headers of Debian 12 (ABI 2) lack the fields of later kernels.
 */
#include "worker/sandbox.h"

#include "base/error.h"
#include "base/files.h"

#include <errno.h>
#include <linux/landlock.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__)
#define HAS_ADDRESS_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HAS_ADDRESS_SANITIZER 1
#endif
#endif
#ifndef HAS_ADDRESS_SANITIZER
#define HAS_ADDRESS_SANITIZER 0
#endif

#define DESCRIPTORS_MAX 32
/* What the program and its libraries map before any work is done. */
#define MEMORY_BASE_BYTES (512 * INT64_C(1024) * 1024)

/* --- Resource limits --------------------------------------------------------------------------- */

bool sandbox_limit(const WorkerLimits *limits, GError **error)
{
    const struct {
        __rlimit_resource_t resource;
        rlim_t value;
        bool apply;
    } rows[] = {
        /* The address sanitizer maps terabytes that it never touches. */
        {RLIMIT_AS, (rlim_t)(limits->memory_bytes + MEMORY_BASE_BYTES), !HAS_ADDRESS_SANITIZER},
        {RLIMIT_CPU, (rlim_t)limits->cpu_seconds, true},
        {RLIMIT_FSIZE, (rlim_t)limits->output_bytes, true},
        {RLIMIT_NOFILE, DESCRIPTORS_MAX, true},
        {RLIMIT_NPROC, 0, true},
        {RLIMIT_CORE, 0, true},
        {RLIMIT_MEMLOCK, 0, true},
        {RLIMIT_MSGQUEUE, 0, true},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        struct rlimit limit = {.rlim_cur = rows[i].value, .rlim_max = rows[i].value};
        if (rows[i].resource == RLIMIT_CPU)
            limit.rlim_max++; /* SIGXCPU first: it says why; SIGKILL a second later */
        if (rows[i].apply && setrlimit(rows[i].resource, &limit) < 0)
            return error_set(error, ERROR_UNAVAILABLE, "worker.sandbox",
                             "A resource limit of the worker cannot be set: %s.",
                             g_strerror(errno));
    }
    signal(SIGXFSZ, SIG_IGN); /* a write beyond the limit fails with EFBIG and is reported */
    return true;
}

/* --- Landlock ---------------------------------------------------------------------------------- */

typedef struct RulesetAttributes {
    uint64_t handled_fs;
    uint64_t handled_net;   /* from ABI 4 */
    uint64_t scoped;        /* from ABI 6 */
} RulesetAttributes;

#define ACCESS_EXECUTE (UINT64_C(1) << 0)
#define ACCESS_WRITE_FILE (UINT64_C(1) << 1)
#define ACCESS_READ_FILE (UINT64_C(1) << 2)
#define ACCESS_TRUNCATE (UINT64_C(1) << 14)

/* Rights on files that each ABI can refuse: all of them are. */
static uint64_t landlock_rights(int abi)
{
    int bits = abi >= 5 ? 16 : abi >= 3 ? 15 : abi == 2 ? 14 : 13;
    return (UINT64_C(1) << bits) - 1;
}

static bool landlock_allow(int ruleset_fd, int file_fd, uint64_t access, GError **error)
{
    struct landlock_path_beneath_attr rule = {.allowed_access = access, .parent_fd = file_fd};
    if (syscall(SYS_landlock_add_rule, ruleset_fd, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) < 0)
        return error_set(error, ERROR_UNAVAILABLE, "worker.sandbox",
                         "Landlock does not accept a file of the worker: %s.", g_strerror(errno));
    return true;
}

static bool landlock_enter(const int *input_fds, size_t inputs, int output_fd, GError **error)
{
    int abi = (int)syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    if (abi < 1)
        return error_set(error, ERROR_UNAVAILABLE, "worker.sandbox",
                         "This kernel has no Landlock (%s); files of people are not read without "
                         "it. Add \"landlock\" to the kernel's lsm= list or use Linux 5.13 or "
                         "later.", g_strerror(errno));
    uint64_t rights = landlock_rights(abi);
    RulesetAttributes attributes = {
        .handled_fs = rights,
        .handled_net = abi >= 4 ? 3 : 0,
        .scoped = abi >= 6 ? 3 : 0,
    };
    size_t size = abi >= 6 ? sizeof attributes : abi >= 4 ? 2 * sizeof(uint64_t) : sizeof(uint64_t);
    FD_AUTO int ruleset = (int)syscall(SYS_landlock_create_ruleset, &attributes, size, 0);
    if (ruleset < 0)
        return error_set(error, ERROR_UNAVAILABLE, "worker.sandbox",
                         "Landlock refuses a set of rules: %s.", g_strerror(errno));
    for (size_t i = 0; i < inputs; i++) {
        if (!landlock_allow(ruleset, input_fds[i], ACCESS_READ_FILE, error))
            return false;
    }
    uint64_t writing = (ACCESS_READ_FILE | ACCESS_WRITE_FILE | ACCESS_TRUNCATE) & rights;
    if (output_fd >= 0 && !landlock_allow(ruleset, output_fd, writing, error))
        return false;
    if (syscall(SYS_landlock_restrict_self, ruleset, 0) < 0)
        return error_set(error, ERROR_UNAVAILABLE, "worker.sandbox",
                         "Landlock cannot be entered: %s.", g_strerror(errno));
    return true;
}

/* --- seccomp ----------------------------------------------------------------------------------- */

/* Everything else answers EPERM: a library that tries something unusual gets an error that it can
 * handle, and a hostile one gets nothing. */
static const int allowed_calls[] = {
    /* files and sockets that are open already, and what Landlock lets be opened */
    SCMP_SYS(read), SCMP_SYS(readv), SCMP_SYS(pread64), SCMP_SYS(preadv), SCMP_SYS(write),
    SCMP_SYS(writev), SCMP_SYS(pwrite64), SCMP_SYS(pwritev), SCMP_SYS(lseek), SCMP_SYS(close),
    SCMP_SYS(openat), SCMP_SYS(fstat), SCMP_SYS(newfstatat), SCMP_SYS(stat), SCMP_SYS(lstat),
    SCMP_SYS(statx), SCMP_SYS(statfs), SCMP_SYS(fstatfs), SCMP_SYS(access), SCMP_SYS(faccessat),
    SCMP_SYS(faccessat2), SCMP_SYS(readlink), SCMP_SYS(readlinkat), SCMP_SYS(fcntl),
    SCMP_SYS(ftruncate), SCMP_SYS(fallocate), SCMP_SYS(fsync), SCMP_SYS(fdatasync),
    SCMP_SYS(fadvise64), SCMP_SYS(sendto), SCMP_SYS(recvfrom), SCMP_SYS(poll), SCMP_SYS(ppoll),
    SCMP_SYS(getcwd), SCMP_SYS(dup),
    /* memory */
    SCMP_SYS(brk), SCMP_SYS(mmap), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(mprotect),
    SCMP_SYS(madvise), SCMP_SYS(membarrier),
    /* one thread, its signals and its clock */
    SCMP_SYS(futex), SCMP_SYS(sched_yield), SCMP_SYS(sched_getaffinity), SCMP_SYS(getcpu),
    SCMP_SYS(set_robust_list), SCMP_SYS(rseq), SCMP_SYS(restart_syscall), SCMP_SYS(rt_sigaction),
    SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn), SCMP_SYS(sigaltstack),
    SCMP_SYS(clock_gettime), SCMP_SYS(clock_getres), SCMP_SYS(clock_nanosleep),
    SCMP_SYS(nanosleep), SCMP_SYS(gettimeofday), SCMP_SYS(time), SCMP_SYS(times),
    SCMP_SYS(getrusage), SCMP_SYS(getrandom), SCMP_SYS(sysinfo), SCMP_SYS(uname),
    SCMP_SYS(getpid), SCMP_SYS(gettid), SCMP_SYS(getppid), SCMP_SYS(getuid), SCMP_SYS(geteuid),
    SCMP_SYS(getgid), SCMP_SYS(getegid), SCMP_SYS(exit), SCMP_SYS(exit_group),
};

static int seccomp_fill(scmp_filter_ctx filter)
{
    for (size_t i = 0; i < G_N_ELEMENTS(allowed_calls); i++) {
        int failed = seccomp_rule_add(filter, SCMP_ACT_ALLOW, allowed_calls[i], 0);
        if (failed != 0 && failed != -EDOM) /* EDOM: this architecture has no such call */
            return failed;
    }
    /* A program that aborts may signal itself. */
    return seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1,
                            SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)getpid()));
}

static bool seccomp_enter(GError **error)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
    int failed = filter == NULL ? -ENOMEM : seccomp_fill(filter);
    if (failed == 0)
        failed = seccomp_load(filter); /* also sets no_new_privs */
    if (filter != NULL)
        seccomp_release(filter);
    if (failed != 0)
        return error_set(error, ERROR_UNAVAILABLE, "worker.sandbox",
                         "The filter of system calls cannot be loaded: %s.",
                         g_strerror(-failed));
    return true;
}

/* Landlock and the filter hold for the thread that asks: there must be no other. */
static bool check_alone(GError **error)
{
    int threads = 0;
    g_autoptr(GDir) tasks = g_dir_open("/proc/self/task", 0, NULL);
    while (tasks != NULL && g_dir_read_name(tasks) != NULL)
        threads++;
    return threads == 1 || error_set(error, ERROR_UNAVAILABLE, "worker.sandbox",
                                     "A library of the worker has started threads (%d in all); files of "
                                     "people are not read beside them.", threads);
}

bool sandbox_enter(const int *input_fds, size_t inputs, int output_fd, GError **error)
{
    if (!check_alone(error))
        return false;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
        return error_set(error, ERROR_UNAVAILABLE, "worker.sandbox",
                         "no_new_privs cannot be set: %s.", g_strerror(errno));
    return landlock_enter(input_fds, inputs, output_fd, error) && seccomp_enter(error);
}
