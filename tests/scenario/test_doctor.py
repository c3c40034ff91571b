# SPDX-License-Identifier: Apache-2.0
"""An officer asks `darse doctor` on this very machine: before there is anything, beside a running server,
and after something was broken. Nothing is changed by asking."""
import json
import os
import socket
import subprocess

import pytest

LEVELS = {"ok", "warning", "problem", "not applicable"}


def doctor(binary, state, *words, **options):
    done = subprocess.run([str(binary), "doctor", "--state", str(state), "--json", *words],
                          capture_output=True, text=True, timeout=60, check=False, cwd="/", **options)
    report = json.loads(done.stdout)
    checks = {check["name"]: check for check in report["checks"]}
    assert all(check["level"] in LEVELS and check["found"] for check in checks.values())
    for check in checks.values():
        advised = check["level"] in ("warning", "problem")
        assert bool(check["means"]) == bool(check["mend"]) == advised, check
    assert done.returncode == (1 if report["problems"] else 0)
    assert done.stderr == ""
    return report, checks


def tree(folder):
    """Every file with what would show a change, sockets and what the server itself writes left out."""
    found = {}
    for path, _, files in os.walk(folder):
        for name in [".", *files]:
            stat = os.lstat(os.path.join(path, name))
            found[os.path.join(path, name)] = (stat.st_mode, stat.st_uid, stat.st_size, stat.st_mtime_ns)
    return found


def test_before_init(darse_binary, tmp_path):
    """It says what the host offers, and that there is no state yet; it makes none."""
    state = tmp_path / "none" / "yet"
    _, checks = doctor(darse_binary, state)
    for name in ("kernel", "podman", "runtime", "user_namespaces", "seccomp", "landlock", "sas", "images",
                 "duckdb", "solver", "pages"):
        assert checks[name]["level"] == "ok", checks[name]
    for name in ("state", "database", "engine", "audit", "backup"):
        assert checks[name]["level"] == "not applicable", checks[name]
    assert not state.parent.exists()


def test_beside_a_server(server, darse_binary):
    """Everything answers, the engine's own checks included."""
    report, checks = doctor(darse_binary, server.state)
    assert report["problems"] == 0, [c for c in checks.values() if c["level"] == "problem"]
    for name in ("engine", "state", "config", "ports", "database", "audit", "secrets", "user"):
        assert checks[name]["level"] == "ok", checks[name]
    assert "podman" in checks["engine"]["found"].lower()


def test_nothing_is_changed(new_server, darse_binary):
    server = new_server(load=False)
    server.stop()
    before = tree(server.state)
    _, checks = doctor(darse_binary, server.state)
    assert checks["engine"]["level"] == "not applicable"
    assert tree(server.state) == before


def test_what_is_broken_is_found(new_server, darse_binary):
    """One thing after the other: a folder opened to all, a port taken, a line not understood, the database
    gone. Each is one problem more, with how to mend it."""
    server = new_server(load=False)
    server.stop()
    assert doctor(darse_binary, server.state)[0]["problems"] == 0
    (server.state / "instance").chmod(0o755)
    _, checks = doctor(darse_binary, server.state)
    assert checks["state"]["level"] == "problem" and "instance" in checks["state"]["found"]
    (server.state / "instance").chmod(0o700)
    path = server.state / "darse.conf"
    text = path.read_text()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        path.write_text(text.replace("port=0", f"port={port}", 1))
        _, checks = doctor(darse_binary, server.state)
        assert checks["ports"]["level"] == "problem" and str(port) in checks["ports"]["found"]
    path.write_text(text + "\n[nothing]\nlike=this\n")
    report, checks = doctor(darse_binary, server.state)
    assert checks["config"]["level"] == "problem" and "nothing.like" in checks["config"]["found"]
    path.write_text(text)
    (server.state / "darse.db").rename(server.state / "elsewhere")
    _, checks = doctor(darse_binary, server.state)
    assert checks["database"]["level"] == "problem"
    (server.state / "elsewhere").rename(server.state / "darse.db")
    assert doctor(darse_binary, server.state)[0]["problems"] == 0


def test_no_engine(new_server, darse_binary, tmp_path):
    """A machine without Podman and without images says so, and nothing else fails for it."""
    environment = {**os.environ, "PATH": "/nowhere", "DARSE_STORE": str(tmp_path)}
    _, checks = doctor(darse_binary, tmp_path / "state", env=environment)
    assert checks["podman"]["level"] == "problem" and "apt-get" in checks["podman"]["mend"]
    assert checks["images"]["level"] == "problem" and "images/build" in checks["images"]["mend"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_as_somebody_else(server, darse_binary):
    """Another user of the machine is told what they may see, and no secret."""
    def become():
        os.setgroups([])
        os.setgid(65534)
        os.setuid(65534)
    report, checks = doctor(darse_binary, server.state, preexec_fn=become)
    assert checks["audit"]["level"] == "not applicable"
    assert "key" not in json.dumps(checks["secrets"])
    done = subprocess.run([str(darse_binary), "doctor", "--state", str(server.state)], capture_output=True,
                          text=True, check=False, preexec_fn=become)
    assert f"{report['problems']} problems" in done.stdout


def test_people_read_it(server, darse_binary):
    """Lines fit a terminal, and each finding is on one."""
    done = subprocess.run([str(darse_binary), "doctor", "--state", str(server.state)], capture_output=True,
                          text=True, check=False)
    lines = done.stdout.splitlines()
    assert any(line.startswith("ok             Podman") for line in lines)
    advice = [line for line in lines if line.startswith((" " * 15, "    m"))]
    assert advice and max(map(len, advice)) <= 102
