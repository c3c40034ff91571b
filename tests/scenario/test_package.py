# SPDX-License-Identifier: Apache-2.0
"""An administrator installs the Debian package on a machine that never saw Darse, makes a state, upgrades,
removes and purges. And the unit: what it closes still lets a notebook start."""
import gzip
import os
import re
import shlex
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

from darse import ROOT, Server, wait_until
from machines import copy_of_this_machine, fresh_debian, run

UNIT = ROOT / "packaging" / "darse.service"


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
    for name in ("darse.service", "darse-backup.service", "darse-backup.timer"):
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

@pytest.fixture(scope="module")
def package(tmp_path_factory):
    return Path(run(ROOT / "scripts" / "package", tmp_path_factory.mktemp("package")).stdout.strip())


@pytest.fixture(scope="module")
def unpacked(package, tmp_path_factory):
    folder = tmp_path_factory.mktemp("unpacked")
    run("dpkg-deb", "--raw-extract", package, folder)
    return folder


PROGRAMS = {"usr/bin/darse", "usr/libexec/darse/sas", "usr/share/darse/images/build"}
SETTINGS = {"etc/darse/backup.conf", "etc/darse/environment"}


def test_files_owners_and_modes(package, unpacked):
    """Everything is root's; programs and settings are the only files with modes of their own."""
    rows = [line.split(maxsplit=5) for line in run("dpkg-deb", "--contents", package).stdout.splitlines()]
    modes = {path.removeprefix("./").rstrip("/"): mode for mode, _, _, _, _, path in rows}
    assert {owner for _, owner, *_ in rows} == {"root/root"}
    assert PROGRAMS | SETTINGS <= set(modes)
    for path, mode in modes.items():
        is_program = path in PROGRAMS or (path.startswith("usr/share/darse/images/")
                                          and os.access(ROOT / path.removeprefix("usr/share/darse/"), os.X_OK))
        wanted = ("drwxr-xr-x" if mode[0] == "d" else "-rwxr-xr-x" if is_program
                  else "-rw-r-----" if path in SETTINGS else "-rw-r--r--")
        assert mode == wanted, path
        assert path.split("/")[0] in ("", "usr", "etc"), path
        assert not re.search(r"\.pyc$|__pycache__|\.orig$|~$|\.sw.$|/\.", path), path
    wanted = {"usr/lib/darse/libduckdb.so", "usr/share/doc/darse/copyright", "usr/share/doc/darse/changelog.gz",
              "usr/share/man/man1/darse.1.gz", "usr/share/bash-completion/completions/darse"}
    wanted |= {f"usr/lib/systemd/system/{path.name}" for path in (ROOT / "packaging").glob("darse*.*")}
    wanted |= {f"usr/share/doc/darse/{path.relative_to(ROOT / 'docs')}" for path in (ROOT / "docs").rglob("*.md")}
    assert wanted <= set(modes), wanted - set(modes)
    run("md5sum", "--check", "--quiet", "--strict", "DEBIAN/md5sums", cwd=unpacked)
    listed = {line.split("  ", 1)[1] for line in (unpacked / "DEBIAN/md5sums").read_text().splitlines()}
    assert listed == {path for path, mode in modes.items() if mode[0] == "-"}


def test_control_and_maintainer_scripts(package, unpacked):
    fields = dict(re.findall(r"^([\w-]+): (.*)$", run("dpkg-deb", "--field", package).stdout, re.MULTILINE))
    version = run(unpacked / "usr/bin/darse", "--version").stdout.split()[1]
    assert fields["Version"].startswith(version + "-1~")
    for name in ("podman", "crun", "conmon", "mount", "passwd", "libc6", "libmicrohttpd12", "libsqlite3-0",
                 "coinor-libclp1", "coinor-libcbc3"):
        assert re.search(rf"\b{name}(t64)?\b", fields["Depends"]), (name, fields["Depends"])
    assert (unpacked / "DEBIAN/conffiles").read_text().split() == sorted("/" + path for path in SETTINGS)
    for name in ("postinst", "prerm", "postrm"):
        script = unpacked / "DEBIAN" / name
        assert script.read_text().startswith("#!/bin/sh\n") and "set -e" in script.read_text()
        assert script.stat().st_mode & 0o777 == 0o755
        run("sh", "-n", script)


def test_manual_and_completion(unpacked):
    """The manual has every verb and nothing that troff stumbles on; Tab completes verbs and options."""
    binary = unpacked / "usr/bin/darse"
    verbs = re.findall(r"^  ([a-z][a-z0-9 -]*?)   *\S", run(binary, "help").stdout, re.MULTILINE)
    manual = gzip.decompress((unpacked / "usr/share/man/man1/darse.1.gz").read_bytes()).decode()
    assert len(verbs) > 50 and re.findall(r"^\.SS darse (.*)$", manual, re.MULTILINE) == verbs
    assert all(re.search(rf"^\.SS darse {verb}\n\.nf\n(usage:|darse )", manual, re.M | re.I)
               for verb in verbs), verbs
    told = subprocess.run(["groff", "-man", "-ww", "-K", "utf8", "-T", "utf8", "-z"], input=manual, text=True,
                          capture_output=True, check=False)
    assert (told.returncode, told.stderr) == (0, "")

    completion = unpacked / "usr/share/bash-completion/completions/darse"

    def complete(*words):
        script = ('source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); complete -p darse > /dev/null'
                  ' && _darse && printf "%s\\n" "${COMPREPLY[@]}"')
        return [word.strip() for word in run("bash", "-c", script, "bash", completion, "darse",
                                             *words).stdout.split("\n") if word.strip()]
    assert completion.read_text() == run(binary, "completion", "bash").stdout
    assert "audit" in complete("aud") and complete("audit", "ver") == ["verify"]
    assert complete("login", "--sco") == ["--scopes"]


def test_the_same_twice(package, tmp_path):
    again = Path(run(ROOT / "scripts" / "package", tmp_path).stdout.strip())
    assert again.name == package.name and again.read_bytes() == package.read_bytes()


# ---- its life ----

def nightly_command(root):
    """ExecStart of the backup's unit as systemd reads it: ${TO} is one word, $MORE as many as it has."""
    text = (root / "usr/lib/systemd/system/darse-backup.service").read_text()
    settings = dict(re.findall(r"^(\w+)=(.*)$", (root / "etc/darse/backup.conf").read_text(), re.MULTILINE))
    command = re.search(r"^ExecStart=(.*)$", text, re.MULTILINE)[1]
    words = []
    for word in command.split():
        if re.fullmatch(r"\$\w+", word):
            words += shlex.split(settings[word[1:]])
        else:
            words.append(re.sub(r"\$\{(\w+)\}", lambda name: settings[name[1]], word))
    kept = [name[4:].lower() for name in re.search(r"^CapabilityBoundingSet=(.*)$", text, re.MULTILINE)[1].split()]
    return ["setpriv", "--no-new-privs", "--inh-caps=-all",
            "--bounding-set=" + ",".join(["-all", *("+" + name for name in kept)]), *words]


def ours_in(machine):
    found = machine("find", "/usr", "/etc", "/var/lib/dpkg/info", "/var/lib/systemd", "/run", "-xdev",
                    "-name", "*darse*", check=False).stdout
    return {path for path in found.splitlines() if "darse-of-the-host" not in path}


def try_out(machine):
    """Doctor knows the installed parts and the place of the state; init makes it; it serves; the backup's
    unit makes a snapshot."""
    root = machine.root
    told = machine("darse", "doctor", check=False).stdout
    for title in ("sas", "DuckDB", "pages", "Podman"):
        assert re.search(rf"^ok +{title} ", told, re.MULTILINE), told
    assert re.search(r"^problem +images ", told, re.MULTILINE), told
    assert re.search(r"^problem +user namespaces +refused to a process in a chroot", told, re.MULTILINE), told
    assert "/var/lib/darse/state is ready" in machine("darse", "init", "-o", "server.port=0", "-o",
                                                      "server.lake_port=0").stdout
    assert (root / "var/lib/darse/state/instance").stat().st_mode & 0o777 == 0o700
    serve = subprocess.Popen(["chroot", root, "/usr/bin/darse", "serve"], stdout=subprocess.DEVNULL,
                             stderr=subprocess.DEVNULL, env=machine.environment)
    try:
        wait_until((root / "var/lib/darse/state/run/ready.json").exists, 30, "readiness")
        assert "The log is intact." in machine("darse", "audit", "verify").stdout
        machine(*nightly_command(root))
    finally:
        serve.terminate()
        serve.wait(30)
    assert len(list((root / "backup/darse").glob("*/state/darse.db"))) == 1
    assert len(list((root / "backup-keys/darse").glob("*/instance"))) == 1


def live(machine, package):
    """Installed, used, upgraded, removed, purged: with the state, and after it."""
    root = machine.root
    shutil.copy(package, root / "darse.deb")
    before = ours_in(machine)
    said, asked = machine.packages("install", "/darse.deb")
    assert "darse doctor" in said and "images/build" in said
    asked = [line for line in asked if "darse" in line]
    assert asked == ["try-restart darse.service"]                # nothing is started or enabled unasked
    assert machine("darse", "--version").stdout.startswith("darse ")
    user = machine("getent", "passwd", "darse").stdout
    assert re.fullmatch(r"darse:x:\d+:\d+:Darse server:/nonexistent:/usr/sbin/nologin\n", user)
    group = int(user.split(":")[3])
    folder = (root / "etc/darse").stat()
    assert (folder.st_mode & 0o777, folder.st_uid, folder.st_gid) == (0o750, 0, group)
    assert machine("dpkg", "--verify", "darse").stdout == ""
    try_out(machine)

    # The same again is an upgrade: settings that were changed stay, the server is started again if it runs.
    (root / "etc/darse/backup.conf").write_text("TO=/elsewhere\n")
    said, asked = machine.packages("install", "--reinstall", "-o", "Dpkg::Options::=--force-confold", "/darse.deb")
    assert "What is left to do" not in said
    assert [line for line in asked if "darse" in line] == ["try-restart darse.service"]
    assert (root / "etc/darse/backup.conf").read_text() == "TO=/elsewhere\n"

    # Removed, then purged: only the state is left, and the user that its files belong to.
    _, asked = machine.packages("remove", "darse")
    assert "--no-reload disable --now darse.service darse-backup.timer" in asked
    assert not (root / "usr/bin/darse").exists() and (root / "etc/darse/backup.conf").exists()
    (root / "var/lib/darse/containers/overlay").mkdir(parents=True)
    machine.packages("purge", "darse")
    assert not (root / "etc/darse").exists() and not (root / "var/lib/darse/containers").exists()
    assert (root / "var/lib/darse/state/darse.db").exists()
    assert machine("getent", "passwd", "darse").stdout == user

    # With the state gone as well, nothing of Darse is left but what it had asked for.
    machine.packages("install", "/darse.deb")
    assert machine("getent", "passwd", "darse").stdout == user
    machine("darse", "state", "remove", "--yes")
    machine.packages("purge", "darse")
    assert not (root / "var/lib/darse").exists()
    for name in ("passwd", "group"):
        assert machine("getent", name, "darse", check=False).returncode != 0
    assert ours_in(machine) == before


@pytest.mark.skipif(os.geteuid() != 0, reason="installing a package needs root")
def test_life_on_this_machine(package):
    """On a copy of this machine, which has what the package depends on."""
    with copy_of_this_machine() as machine:
        live(machine, package)


@pytest.mark.long
@pytest.mark.timeout(1800)
@pytest.mark.skipif(os.geteuid() != 0 or shutil.which("mmdebstrap") is None,
                    reason="making a fresh Debian needs root and mmdebstrap")
def test_life_on_a_fresh_debian(package):
    """On a machine that never saw Darse: what the package depends on is all that it needs."""
    with fresh_debian() as machine:
        live(machine, package)
