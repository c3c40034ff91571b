# SPDX-License-Identifier: Apache-2.0
"""Machines to install a package on: a copy of this one that costs nothing, and a fresh Debian. Both are root
folders that commands are run in; what is done there is gone with them."""
import contextlib
import hashlib
import os
import re
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

from darse import ROOT

BASE_DAYS = 7                 # then a base is made again: its packages have been replaced in the archive
PATH = "/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin"


def run(*words, check=True, **options):
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, check=False,
                          timeout=900, stdin=subprocess.DEVNULL, **options)
    assert done.returncode == 0 or not check, f"{words}: {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done


class Machine:
    """machine("apt-get", "update"): in it, as root, on the real network."""

    def __init__(self, root):
        self.root = root
        self.environment = {key: value for key, value in os.environ.items() if not key.startswith("DARSE")}
        self.environment.update(DEBIAN_FRONTEND="noninteractive", LC_ALL="C", PATH=PATH)

    def __call__(self, *words, check=True):
        return run("chroot", self.root, *words, check=check, env=self.environment)

    def packages(self, *words):
        """(What apt-get WORDS prints, what it asks of systemd): a systemctl that only writes down stands
        where systemd would run. Not for longer: the engine looks for systemd too."""
        booted, calls = self.root / "run/systemd/system", self.root / "run/systemctl-calls"
        booted.mkdir(parents=True)
        calls.write_text("")
        stub = self.root / "usr/local/sbin/systemctl"
        stub.write_text('#!/bin/sh\necho "$*" >> /run/systemctl-calls\n')
        stub.chmod(0o755)
        try:
            said = self("apt-get", "-y", "-q", "--no-install-recommends", "-o", f"DPkg::Path={PATH}",
                        *words).stdout
            return said, calls.read_text().splitlines()
        finally:
            stub.unlink()
            calls.unlink()
            booted.rmdir()


@contextlib.contextmanager
def mounted(*words):
    """A mount at the last of WORDS. It must come off again: what is below is deleted afterwards."""
    run("mount", *words)
    try:
        yield Path(words[-1])
    finally:
        run("umount", words[-1])


@contextlib.contextmanager
def folder_below(place):
    folder = Path(tempfile.mkdtemp(prefix="dm-", dir=place))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


@contextlib.contextmanager
def copy_of_this_machine():
    """This machine as it is, but for Darse: no state, no user, no package of it. Changes stay in memory."""
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(folder_below("/var/tmp"))
        stack.enter_context(mounted("-t", "tmpfs", "-o", "size=2g,mode=0755", "tmpfs", folder))
        upper, work, root = (folder / name for name in ("upper", "work", "root"))
        hidden = [upper / "var/lib/darse", upper / "etc/darse", upper / "run"]
        for path in (work, root, *hidden):
            path.mkdir(parents=True)
        for path in hidden:
            os.setxattr(path, "trusted.overlay.opaque", b"y")
        stack.enter_context(mounted("-t", "overlay", "-o", f"lowerdir=/,upperdir={upper},workdir={work}",
                                    "overlay", root))
        for path in hidden[:2]:
            (root / path.relative_to(upper)).rmdir()
        stack.enter_context(mounted("-t", "proc", "proc", root / "proc"))
        stack.enter_context(mounted("--bind", "/dev", root / "dev"))
        # Renamed, not removed: a server of this machine may run under its id, which is then not given again.
        for name in ("passwd", "group", "shadow", "gshadow"):
            path = root / "etc" / name
            path.write_text(re.sub(r"^darse:", "darse-of-the-host:", path.read_text(), flags=re.MULTILINE))
        machine = Machine(root)
        if machine("dpkg-query", "-W", "darse", check=False).returncode == 0:
            machine("dpkg", "--purge", "darse")
        yield machine


# ---- a fresh Debian ----

def sources_of(suite):
    """The machine's own sources of Debian packages for SUITE, as lines of sources.list."""
    format_ = "$(ORIGIN)|$(REPO_URI)|$(CODENAME)|$(COMPONENT)|$(RELEASE)"
    told = run("apt-get", "indextargets", "--format", format_, "Created-By: Packages").stdout
    rows = (line.split("|") for line in told.splitlines())
    return "\n".join(sorted({f"deb {uri} {release} {component}" for origin, uri, codename, component, release
                             in rows if origin == "Debian" and codename.startswith(suite)})) + "\n"


def debian_base():
    """(A tar of the smallest Debian of this machine's release with its package lists, a folder for the
    packages that are installed into it): kept in .cache, because nearly all of the time is the download."""
    suite = re.search(r"VERSION_CODENAME=(\w+)", Path("/etc/os-release").read_text())[1]
    sources = sources_of(suite)
    folder = ROOT / ".cache" / "machine" / f"{suite}-{hashlib.sha256(sources.encode()).hexdigest()[:12]}"
    base, archives = folder / "base.tar", folder / "archives"
    if not base.exists() or time.time() - base.stat().st_mtime > BASE_DAYS * 86400:
        shutil.rmtree(folder, ignore_errors=True)
        archives.mkdir(parents=True)
        made = folder / "new.tar"
        done = subprocess.run(["mmdebstrap", "--mode=root", "--variant=apt", "--skip=cleanup/apt/lists", suite,
                               str(made), "-"], input=sources, text=True, check=False, timeout=900,
                              capture_output=True)
        assert done.returncode == 0, done.stderr
        made.rename(base)
    return base, archives


@contextlib.contextmanager
def fresh_debian():
    base, archives = debian_base()
    with contextlib.ExitStack() as stack:
        root = stack.enter_context(folder_below("/var/tmp"))
        run("tar", "--numeric-owner", "--xattrs", "--xattrs-include=*", "-xf", base, "-C", root)
        proxies = "".join(line + "\n" for line in run("apt-config", "dump").stdout.splitlines()
                          if re.match(r"Acquire::.*(Proxy|CaInfo)", line))
        (root / "etc/apt/apt.conf.d/99machine").write_text(proxies)
        (root / "etc/dpkg/dpkg.cfg.d/99machine").write_text("force-unsafe-io\n")   # it lives for a minute
        certificates = Path("/etc/ssl/certs/ca-certificates.crt")
        if certificates.exists():
            (root / "etc/ssl/certs").mkdir(parents=True, exist_ok=True)
            shutil.copy(certificates, root / "etc/ssl/certs/ca-certificates.crt")
        shutil.copy("/etc/resolv.conf", root / "etc/resolv.conf")
        stack.enter_context(mounted("-t", "proc", "proc", root / "proc"))
        stack.enter_context(mounted("--bind", archives, root / "var/cache/apt/archives"))
        machine = Machine(root)
        machine("apt-get", "update", "-q")
        yield machine
