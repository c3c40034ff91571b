# SPDX-License-Identifier: Apache-2.0
"""An administrator installs the Debian package on a machine that never saw Darse, makes a state, upgrades,
removes and purges. And the unit: what it closes still lets a notebook start."""
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

from darse import ROOT, Server, wait_until
from test_backup import files_of

UNIT = ROOT / "packaging" / "darse.service"


def run(*words, check=True, **options):
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, check=False,
                          timeout=900, stdin=subprocess.DEVNULL, **options)
    assert done.returncode == 0 or not check, f"{words}: {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done


# ---- the unit ----

def unit(name):
    """All values of one setting of darse.service."""
    return [line.split("=", 1)[1] for line in UNIT.read_text().splitlines() if line.startswith(name + "=")]


def test_units_are_understood(darse_binary, tmp_path):
    """systemd itself reads them without a complaint."""
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not on this machine")
    for name in ("darse.service", "darse-backup.service", "darse-backup.timer"):
        text = (ROOT / "packaging" / name).read_text().replace("/usr/bin/darse", str(darse_binary))
        (tmp_path / name).write_text(text)
    for name in ("darse.service", "darse-backup.timer"):
        done = run("systemd-analyze", "verify", "--man=no", tmp_path / name, check=False)
        assert name.split(".", maxsplit=1)[0] not in done.stderr, done.stderr


class Confined(Server):
    """The server started with what darse.service closes, as far as it can be done without systemd: the
    bounding set, no new privileges, a file system that is read-only but for the unit's paths, /home hidden,
    and its filters of system calls."""

    def command(self, *words):
        if words[0] != "serve":
            return super().command(*words)
        return ["python3", str(ROOT / "tests" / "scenario" / "confine.py"), str(UNIT), str(self.folder),
                *super().command(*words)]


@pytest.mark.skipif(os.geteuid() != 0, reason="the unit's restrictions are for root")
def test_a_notebook_starts_under_the_unit(darse_binary):
    """The whole tour, with a notebook, an export and its release, as the unit confines it."""
    with Confined(darse_binary) as server:
        status = Path(f"/proc/{server.children()['engine']}/status").read_text()
        assert "NoNewPrivs:\t1" in status and "Seccomp:\t2" in status
        granted = int(re.search(r"CapBnd:\s*(\w+)", status)[1], 16)
        assert 0 < bin(granted).count("1") <= len(unit("CapabilityBoundingSet")[0].split())
        mounts = Path(f"/proc/{server.children()['serve']}/mountinfo").read_text()
        root = next(line for line in mounts.splitlines() if line.split()[4] == "/")
        assert "ro" in root.split()[5].split(",")
        server.load_demonstration()
        server.darse("tour", timeout=580)


def test_readiness_is_told(darse_binary, tmp_path):
    """systemd is told READY by the server once it answers, and nobody else is given the socket."""
    import socket
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        path = Path(tempfile.mkdtemp(prefix="dn-", dir="/tmp")) / "notify"
        path.parent.chmod(0o755)
        manager.bind(str(path))
        path.chmod(0o666)
        manager.settimeout(20)
        os.environ["NOTIFY_SOCKET"] = str(path)
        try:
            with Server(darse_binary) as server:
                assert manager.recv(1000).startswith(b"READY=1")
                server.stop()
                assert manager.recv(1000) == b"STOPPING=1"
                server.start()
        finally:
            del os.environ["NOTIFY_SOCKET"]
            shutil.rmtree(path.parent)


# ---- the package ----

def mirrors(suite):
    """The machine's own sources of Debian packages for SUITE, as lines of sources.list."""
    format_ = "$(ORIGIN)|$(REPO_URI)|$(CODENAME)|$(COMPONENT)|$(RELEASE)"
    told = run("apt-get", "indextargets", "--format", format_, "Created-By: Packages").stdout
    rows = (line.split("|") for line in told.splitlines())
    return "\n".join(sorted({f"deb {uri} {release} {component}" for origin, uri, codename, component, release
                             in rows if origin == "Debian" and codename.startswith(suite)})) + "\n"


@pytest.fixture(scope="module")
def machine():
    """A fresh Debian of this machine's release, and run(...) in it."""
    if shutil.which("mmdebstrap") is None or os.geteuid() != 0:
        pytest.skip("making a fresh Debian needs root and mmdebstrap")
    suite = re.search(r"VERSION_CODENAME=(\w+)", Path("/etc/os-release").read_text())[1]
    folder = Path(tempfile.mkdtemp(prefix="dm-", dir="/var/tmp"))
    root = folder / "root"
    sources = mirrors(suite)
    subprocess.run(["mmdebstrap", "--mode=root", "--variant=apt", suite, str(root), "-"], input=sources,
                   text=True, check=True, timeout=900, capture_output=True)
    proxies = "".join(line + "\n" for line in run("apt-config", "dump").stdout.splitlines()
                      if re.match(r"Acquire::.*(Proxy|CaInfo)", line))
    (root / "etc/apt/apt.conf.d/99machine").write_text(proxies)
    certificates = Path("/etc/ssl/certs/ca-certificates.crt")
    if certificates.exists():
        (root / "etc/ssl/certs").mkdir(parents=True, exist_ok=True)
        shutil.copy(certificates, root / "etc/ssl/certs/ca-certificates.crt")
    shutil.copy("/etc/resolv.conf", root / "etc/resolv.conf")
    run("mount", "-t", "proc", "proc", root / "proc")

    def inside(*words, check=True):
        environment = {key: value for key, value in os.environ.items() if not key.startswith("DARSE")}
        environment.update(DEBIAN_FRONTEND="noninteractive", LC_ALL="C",
                           PATH="/usr/sbin:/usr/bin:/sbin:/bin")
        return run("chroot", root, *words, check=check, env=environment)
    inside.root = root
    yield inside
    run("umount", root / "proc")
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    return Path(run(ROOT / "scripts" / "package", tmp_path_factory.mktemp("package")).stdout.strip())


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_the_life_of_a_package(machine, package):
    root = machine.root
    # What a purge must bring back: programs and settings. (The package manager's own memory grows.)
    before = {name: files_of(root / name) for name in ("usr/bin", "usr/lib/systemd", "etc")}
    shutil.copy(package, root / "darse.deb")
    machine("apt-get", "update", "-q")
    said = machine("apt-get", "install", "-y", "-q", "--no-install-recommends", "/darse.deb").stdout
    assert "darse doctor" in said and "images/build" in said
    installed = files_of(root / "etc")

    # Files, users, units.
    assert machine("darse", "--version").stdout.startswith("darse ")
    assert re.match(r"darse:x:\d+:\d+:", machine("getent", "passwd", "darse").stdout)
    for path in ("usr/libexec/darse/sas", "usr/lib/darse/libduckdb.so", "usr/share/darse/images/build",
                 "usr/lib/systemd/system/darse.service", "usr/share/man/man1/darse.1.gz",
                 "usr/share/doc/darse/backup.md", "etc/darse/backup.conf"):
        assert (root / path).exists(), path
    assert (root / "etc/darse").stat().st_mode & 0o777 == 0o750
    assert machine("dpkg", "--verify", "darse").stdout == ""

    # Doctor knows the installed parts and the place of the state; init makes it; it serves.
    told = machine("darse", "doctor", check=False).stdout
    for title in ("sas", "DuckDB", "pages", "Podman"):
        assert re.search(rf"^ok +{title} ", told, re.MULTILINE), told
    assert re.search(r"^problem +images ", told, re.MULTILINE), told
    assert "/var/lib/darse/state is ready" in machine("darse", "init", "-o", "server.port=0", "-o",
                                                      "server.lake_port=0").stdout
    assert (root / "var/lib/darse/state/instance").stat().st_mode & 0o777 == 0o700
    serve = subprocess.Popen(["chroot", root, "/usr/bin/darse", "serve"], stdout=subprocess.DEVNULL,
                             stderr=subprocess.DEVNULL)
    try:
        wait_until((root / "var/lib/darse/state/run/ready.json").exists, 30, "readiness")
        assert "The log is intact." in machine("darse", "audit", "verify").stdout
    finally:
        serve.terminate()
        serve.wait(30)

    # The same again is an upgrade: settings that were changed stay.
    (root / "etc/darse/backup.conf").write_text("TO=/elsewhere\n")
    machine("apt-get", "install", "-y", "-q", "--reinstall", "-o", "Dpkg::Options::=--force-confold",
            "/darse.deb")
    assert (root / "etc/darse/backup.conf").read_text() == "TO=/elsewhere\n"

    # Removed, then purged: only the state is left, and the user that its files belong to.
    machine("apt-get", "remove", "-y", "-q", "darse")
    assert not (root / "usr/bin/darse").exists() and (root / "etc/darse/backup.conf").exists()
    machine("apt-get", "purge", "-y", "-q", "darse")
    assert not (root / "etc/darse").exists()
    assert (root / "var/lib/darse/state/darse.db").exists()
    assert machine("getent", "passwd", "darse", check=False).returncode == 0

    # With the state gone as well, nothing of Darse is left but what it had asked for.
    machine("apt-get", "install", "-y", "-q", "--no-install-recommends", "/darse.deb")
    machine("darse", "state", "remove", "--yes")
    machine("apt-get", "purge", "-y", "-q", "darse")
    assert not (root / "var/lib/darse").exists()
    assert machine("getent", "passwd", "darse", check=False).returncode != 0
    left = [path for name in before for path in files_of(root / name)
            if "darse" in path and path not in before[name]]
    assert left == [] and "passwd" in installed
