/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A bubble is not believed to be sealed because podman was told so: once it runs, the kernel is
 * asked, through /proc. The reading of those files is pure (tests give them made-up texts); what is
 * wrong is said in words for the log.
 */
#ifndef DARSE_ENGINE_VERIFY_H
#define DARSE_ENGINE_VERIFY_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

typedef struct VerifyMount {
    char *target;   /* in the bubble */
    bool read_only;
    dev_t device;   /* of the folder that it must be */
    ino_t inode;
} VerifyMount;

typedef struct VerifyWanted {
    int64_t id_base;
    const GPtrArray *mounts; /* of VerifyMount; NULL: mounts are not looked at */
    int64_t memory_bytes, pids; /* 0: not looked at */
} VerifyWanted;

void verify_mount_free(VerifyMount *mount);

/* True if process PID, the first one of a bubble, is sealed as WANTED. Waits (for two seconds at
 * most) for sas to be running in it. */
bool verify_bubble(pid_t pid, const VerifyWanted *wanted, GError **error);

/* ---- Pure parts ---- */
bool verify_id_map(const char *text, int64_t id_base);
/* The text of /proc/PID/status: user, groups, capabilities, no new privileges, seccomp. */
bool verify_status(const char *text, int64_t id_base, GError **error);
/* The text of /proc/PID/net/dev: loopback alone. */
bool verify_interfaces(const char *text);
/* The text of /proc/PID/mountinfo: root read-only, every mount known, as read-only as wanted. */
bool verify_mountinfo(const char *text, const GPtrArray *mounts, GError **error);
/* In the text of /proc/PID/cgroup, the path of CONTROLLER ("" for version 2). Caller frees. */
char *verify_cgroup_path(const char *text, const char *controller);

#endif
