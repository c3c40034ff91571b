# SPDX-License-Identifier: Apache-2.0
"""The program as an officer meets it: help, configuration, init, start, stop, and what each of its
processes is allowed to be."""
import json
import os
import pwd
import re
import subprocess
import time
from pathlib import Path

import pytest
import requests

from darse import PASSWORD, wait_until


def run(binary, *words, **arguments):
    return subprocess.run([str(binary), *words], capture_output=True, text=True, check=False,
                          timeout=60, cwd="/", **arguments)


def test_help(darse_binary):
    done = run(darse_binary, "help")
    assert done.returncode == 0
    for verb in ("serve", "init", "config", "tour", "audit verify", "release verify", "demo load"):
        assert re.search(rf"^  {verb} ", done.stdout, re.MULTILINE), verb
    for hidden in ("engine", "worker"):
        assert not re.search(rf"^  {hidden} ", done.stdout, re.MULTILINE)
    for line in done.stdout.splitlines():
        match = re.match(r"^  ((?:\w[\w-]* ?){1,2}?)\s{2,}\S", line)
        if match:
            words = match.group(1).split()
            assert run(darse_binary, *words, "--help").returncode == 0, words


@pytest.mark.parametrize("words", [(), ("fly",), ("audit", "fly"), ("serve", "--fly"),
                                   ("init", "--option", "no-dot=1"), ("serve", "surplus")])
def test_wrong_usage(darse_binary, words):
    done = run(darse_binary, *words)
    assert done.returncode == 2
    assert done.stderr.strip()


def test_version(darse_binary):
    assert re.fullmatch(r"darse \d+\.\d+\.\d+\n", run(darse_binary, "--version").stdout)


def test_config_document(darse_binary, tmp_path):
    """Every option is there with its default, commented out; uncommented, the file is accepted."""
    text = run(darse_binary, "config").stdout
    options = re.findall(r"^#?(\w+) = ", text, re.MULTILINE)
    assert len(options) > 30 and "port" in options
    assert re.search(r"^\[server\]$", text, re.MULTILINE)


@pytest.mark.parametrize("line, word", [
    ("[server]\nport = many\n", "server.port"), ("[server]\nport = 70000\n", "server.port"),
    ("[server]\nfly = 1\n", "server.fly"), ("[wings]\nport = 1\n", "wings.port"),
    ("port = 1\n", "darse.conf"), ("[engine]\naccept_unencrypted_secure = perhaps\n", "true or false"),
])
def test_bad_configuration(new_server, line, word):
    """Refused at start, with the line's name, before anything listens."""
    server = new_server(load=False)
    server.stop()
    kept = (server.state / "darse.conf").read_text()
    (server.state / "darse.conf").write_text(line)
    done = run(server.binary, "serve", "--state", str(server.state))
    (server.state / "darse.conf").write_text(kept)
    assert done.returncode == 1
    assert word in done.stderr, done.stderr


def test_init_twice(server):
    before = sorted(path.name for path in server.state.iterdir())
    done = run(server.binary, "init", "--state", str(server.state))
    assert done.returncode == 1 and "already" in done.stderr
    assert sorted(path.name for path in server.state.iterdir()) == before


def test_serve_without_state(darse_binary):
    done = run(darse_binary, "serve", "--state", "/tmp/no-such-state")
    assert done.returncode == 1
    assert "darse init" in done.stderr


def test_second_server_on_one_state(server):
    done = run(server.binary, "serve", "--state", str(server.state))
    assert done.returncode == 1
    assert done.stderr.strip()
    assert requests.get(server.url + "/healthz", timeout=5).status_code == 200


@pytest.mark.parametrize("address", ["0.0.0.0", "::", "192.0.2.1"])
def test_demonstration_on_loopback_only(new_server, address):
    server = new_server(load=False)
    server.stop()
    path = server.state / "darse.conf"
    path.write_text(path.read_text().replace("[server]", f"[server]\nlisten={address}"))
    server.start(wait=False)
    wait_until(lambda: "loopback" in server.log_tail(), 15, "the refusal in the log")
    assert not (server.state / "run" / "ready.json").exists()
    if server.process.poll() is None:
        server.stop()


def status_of(pid):
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return dict(line.split(":\t", 1) for line in lines if ":\t" in line)


def test_processes(server):
    """The server is nobody in particular; only the supervisor and the engine are root."""
    children = server.children()
    assert set(children) == {"serve", "engine"}
    serve = status_of(children["serve"])
    darse = pwd.getpwnam("darse")
    assert serve["Uid"].split() == [str(darse.pw_uid)] * 4
    assert serve["Gid"].split() == [str(darse.pw_gid)] * 4
    assert serve["Groups"].split() in ([], [str(darse.pw_gid)])
    assert int(serve["CapEff"], 16) == int(serve["CapPrm"], 16) == 0
    assert serve["NoNewPrivs"] == "1"
    assert status_of(children["engine"])["Uid"].split()[0] == "0"


def test_owners_and_modes(server):
    """What the server must not read is root's; what others must not read is the server's."""
    darse = pwd.getpwnam("darse").pw_uid
    for name, owner, mode in [("keys", 0, 0o700), ("instance", darse, 0o700),
                              ("audit", darse, 0o700), ("uploads", darse, 0o700),
                              ("run/doors", darse, 0o700), ("darse.db", darse, 0o600)]:
        found = (server.state / name).stat()
        assert (found.st_uid, found.st_mode & 0o777) == (owner, mode), name
    socket = (server.state / "run" / "engine.sock").stat()
    assert (socket.st_uid, socket.st_mode & 0o777) == (darse, 0o600)
    for path in (server.state / "instance").iterdir():
        public = path.suffix == ".pub"     # to be shown to whoever verifies
        assert path.stat().st_mode & (0o022 if public else 0o077) == 0, path


def test_log_lines(server):
    """One JSON object a line; a refusal is found by the request id that the person saw."""
    problem = server.stranger().refused("GET", "/api/v1/projects", status=401)
    def logged():
        return [line for line in server.log_path.read_text().splitlines()
                if problem["request"] in line]
    lines = wait_until(logged, 5, "the request's line in the log")
    entry = json.loads(lines[0])
    assert entry["level"] and entry["time"]


def test_no_secret_in_the_log(server, client_for):
    client = client_for("lead")
    secrets = [PASSWORD, client.headers["X-Darse-CSRF"],
               *(cookie.value for cookie in client.cookies)]
    text = server.log_path.read_text()
    assert len(text) > 1000
    assert not [secret for secret in secrets if secret in text]


def test_no_secret_in_the_process_list(server):
    for pid in [server.process.pid, *server.children().values()]:
        words = Path(f"/proc/{pid}/cmdline").read_bytes() + Path(f"/proc/{pid}/environ").read_bytes()
        assert PASSWORD.encode() not in words


def test_headers_of_pages(server):
    """Strict headers on a page, on the API and on a problem."""
    for path in ("/", "/api/v1/about", "/api/v1/nothing"):
        answer = requests.get(server.url + path, timeout=10)
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src" in policy or "default-src 'none'" in policy
        assert "unsafe-inline" not in policy.split("style-src")[0]
        assert "unsafe-eval" not in policy
        assert "frame-ancestors" in policy
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"]
        assert answer.headers["X-Request-Id"].startswith("req-")
        assert "Server" not in answer.headers or "/" not in answer.headers["Server"]


def test_cookie(server):
    client = server.stranger()
    answer = client.post("/api/v1/session", json={"login": "business", "password": PASSWORD,
                                                  "code": server.code("business")})
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("__Host-darse=")
    for word in ("Secure", "HttpOnly", "SameSite=Strict", "Path=/"):
        assert word in cookie
    assert "Domain" not in cookie


def test_host_of_elsewhere(server):
    """DNS rebinding: a name that is not ours gets nothing of ours."""
    answer = requests.get(server.url + "/api/v1/about", timeout=10,
                          headers={"Host": f"evil.example:{server.port}"})
    assert 400 <= answer.status_code < 500


def test_stop_and_start(new_server, capsys):
    server = new_server(load=False)
    children = server.children()
    started = time.monotonic()
    assert server.stop() == 0
    stopped = time.monotonic() - started
    assert stopped < 10
    for pid in children.values():
        assert not Path(f"/proc/{pid}").exists()
    started = time.monotonic()
    server.start()
    with capsys.disabled():
        print(f"\n    stopped in {stopped:.2f} s, started in {time.monotonic() - started:.2f} s "
              "(with sanitizers, if this is their build)")


def test_restarts_a_dead_child(new_server):
    server = new_server(load=False)
    for name in ("engine", "serve"):
        before = server.children()[name]
        os.kill(before, 9)
        wait_until(lambda: server.children().get(name) not in (None, before), 20,  # noqa: B023
                   f"another {name}")
        server.wait_ready()


def test_children_do_not_outlive_the_supervisor(new_server):
    server = new_server(load=False)
    children = server.children()
    server.process.kill()
    server.process.wait()
    wait_until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in children.values()), 20,
               "the end of the children")
    server.start()
