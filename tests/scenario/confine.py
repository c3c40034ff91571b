# SPDX-License-Identifier: Apache-2.0
"""confine.py UNIT FOLDER COMMAND...: runs COMMAND with what the systemd unit UNIT closes, without systemd. Its
ReadWritePaths and FOLDER stay writable. A setting that this does not know how to apply is an error unless it
is listed as harmless to leave out."""
import ctypes
import os
import re
import subprocess
import sys

CLONE_NEWNS = 0x00020000
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_REMOUNT, MS_BIND, MS_REC, MS_PRIVATE = (
    1, 2, 4, 8, 32, 4096, 16384, 1 << 18)
FLAGS = {"nosuid": MS_NOSUID, "nodev": MS_NODEV, "noexec": MS_NOEXEC}
APPLIED = {"NoNewPrivileges", "ProtectSystem", "ReadWritePaths", "ProtectHome", "PrivateTmp",
           "RestrictAddressFamilies", "RestrictSUIDSGID", "RestrictRealtime", "LockPersonality",
           "ProtectClock", "ProtectKernelModules", "SystemCallArchitectures", "CapabilityBoundingSet", "UMask"}
LEFT_OUT = {"Type", "NotifyAccess", "EnvironmentFile", "ExecStart", "Restart", "RestartSec", "TimeoutStopSec",
            "KillMode", "OOMPolicy", "Delegate", "LimitNOFILE", "LimitNPROC", "TasksMax", "LimitCORE",
            "KeyringMode"}
libc = ctypes.CDLL(None, use_errno=True)


def settings(path):
    section, found = "", {}
    with open(path, encoding="utf-8") as file:
        for line in file:
            if line.startswith("["):
                section = line.strip()
            elif section == "[Service]" and re.match(r"\w+=", line):
                key, value = line.rstrip("\n").split("=", 1)
                found[key] = value
    unknown = set(found) - APPLIED - LEFT_OUT
    if unknown:
        sys.exit(f"confine.py does not know {sorted(unknown)}")
    return found


def mount(source, target, kind, flags):
    arguments = [one.encode() if one else None for one in (source, target, kind)]
    if libc.mount(*arguments, flags, None) != 0:
        raise OSError(ctypes.get_errno(), f"mount {target}")


def mounts():
    with open("/proc/self/mountinfo", encoding="utf-8") as file:
        for line in file:
            parts = line.split()
            yield parts[4].encode().decode("unicode_escape"), parts[5].split(",")


def protect_files(writable):
    """ProtectSystem=strict: everything read-only but /dev, /proc, /sys and WRITABLE; ProtectHome=yes."""
    if libc.unshare(CLONE_NEWNS) != 0:
        raise OSError(ctypes.get_errno(), "unshare")
    mount(None, "/", None, MS_REC | MS_PRIVATE)
    open_places = [*writable, "/dev", "/proc", "/sys"]
    for place in writable:
        mount(place, place, None, MS_BIND | MS_REC)
    for place, options in list(mounts()):
        if any(place == one or place.startswith(one + "/") for one in open_places):
            continue
        flags = sum(FLAGS.get(option, 0) for option in options)
        mount(None, place, None, MS_REMOUNT | MS_BIND | MS_RDONLY | flags)
    for place in ("/home", "/root"):
        mount("tmpfs", place, "tmpfs", MS_NOSUID | MS_NODEV | MS_RDONLY)
    mount("tmpfs", "/var/tmp", "tmpfs", MS_NOSUID | MS_NODEV)   # PrivateTmp; /tmp has what is tested


class Compare(ctypes.Structure):
    _fields_ = [("arg", ctypes.c_uint), ("op", ctypes.c_int), ("a", ctypes.c_uint64), ("b", ctypes.c_uint64)]


NE, EQ, MASKED_EQ = 1, 4, 7
ALLOW, EPERM = 0x7FFF0000, 0x00050000 | 1


def filter_calls(families):
    """The filters of RestrictAddressFamilies, RestrictSUIDSGID, RestrictRealtime, LockPersonality, ProtectClock,
    ProtectKernelModules, as systemd installs them."""
    seccomp = ctypes.CDLL("libseccomp.so.2")
    seccomp.seccomp_init.restype = ctypes.c_void_p
    context = ctypes.c_void_p(seccomp.seccomp_init(ctypes.c_uint32(ALLOW)))

    def refuse(name, *compares):
        number = seccomp.seccomp_syscall_resolve_name(name.encode())
        array = (Compare * len(compares))(*compares)
        done = seccomp.seccomp_rule_add_array(context, ctypes.c_uint32(EPERM), number, len(compares), array)
        assert done == 0, (name, done)

    known = {"AF_UNIX": 1, "AF_INET": 2, "AF_INET6": 10, "AF_NETLINK": 16}
    allowed = {known[name] for name in families}
    for family in range(64):
        if family not in allowed:
            refuse("socket", Compare(0, EQ, family, 0))
    for bit in (0o4000, 0o2000):
        for name, argument in (("chmod", 1), ("fchmod", 1), ("fchmodat", 2), ("mkdir", 1), ("mkdirat", 2),
                               ("mknod", 1), ("mknodat", 2), ("open", 2), ("openat", 3), ("creat", 1)):
            refuse(name, Compare(argument, MASKED_EQ, bit, bit))
    for policy in (1, 2, 6):
        refuse("sched_setscheduler", Compare(1, EQ, policy, 0))
    refuse("personality", Compare(0, NE, 0, 0))
    for name in ("clock_settime", "settimeofday", "adjtimex", "clock_adjtime", "init_module", "finit_module",
                 "delete_module"):
        refuse(name)
    assert seccomp.seccomp_load(context) == 0
    seccomp.seccomp_release(context)


def main():
    unit, folder, *command = sys.argv[1:]
    found = settings(unit)
    assert found["ProtectSystem"] == "strict" and found["ProtectHome"] == "yes"
    writable = [path for path in found["ReadWritePaths"].split() if os.path.isdir(path)]
    protect_files([*writable, folder])
    # Kept even if darse.service lost them: what capsh calls the bounding set.
    kept = ["-all", *("+" + name[4:].lower() for name in found["CapabilityBoundingSet"].split())]
    os.umask(int(found["UMask"], 8))
    libc.prctl(38, 1, 0, 0, 0)
    filter_calls(found["RestrictAddressFamilies"].split())
    os.execvp("setpriv", ["setpriv", f"--bounding-set={','.join(kept)}", "--inh-caps=-all", *command])


if __name__ == "__main__":
    main()
