# SPDX-License-Identifier: Apache-2.0
"""A Darse of its own for the tests: start it, ask it, kill parts of it, remove it."""
import contextlib
import http.cookiejar
import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

import requests
from urllib3.util import connection

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("DARSE_BUILD", ROOT / "build")).resolve()
BINARY = Path(os.environ.get("DARSE_BINARY", BUILD / "src" / "darse")).resolve()
SAS = BUILD / "sas" / "sas"
DUCKDB = ROOT / ".cache" / "duckdb" / "lib" / "libduckdb.so"
DATA = ROOT / ".cache" / "data"
PASSWORD = "basin-and-lock-2026"
READY_SECONDS = 60


connect = connection.create_connection


def connect_to_loopback(address, *arguments, **options):
    """Names below localhost are this machine, as browsers have it; not every resolver knows."""
    host, port = address
    return connect(("127.0.0.1" if host.endswith(".localhost") else host, port), *arguments,
                   **options)


connection.create_connection = connect_to_loopback


@contextlib.contextmanager
def install_program():
    """A copy of the program that every user of this machine may run."""
    folder = Path(tempfile.mkdtemp(prefix="darse-program-", dir="/tmp"))
    try:
        folder.chmod(0o755)
        (folder / "sas").mkdir(mode=0o755)
        for file, name in ((BINARY, BINARY.name), (DUCKDB, DUCKDB.name), (SAS, "sas/sas")):
            shutil.copyfile(file, folder / name)
            (folder / name).chmod(0o755)
        os.environ["DARSE_DUCKDB_LIBRARY"] = str(folder / DUCKDB.name)
        yield folder / BINARY.name
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def wait_until(check, seconds=10, what="it", every=0.02):
    """What CHECK returns once that is true; an assertion after SECONDS."""
    deadline = time.monotonic() + seconds
    while True:
        value = check()
        if value:
            return value
        assert time.monotonic() < deadline, f"{what} did not come true within {seconds} s"
        time.sleep(every)


class Client(requests.Session):
    """A person's session: cookies also over plain HTTP on loopback, the CSRF header, short paths."""

    def __init__(self, url):
        super().__init__()
        self.url = url
        self.trust_env = False
        self.cookies.set_policy(
            http.cookiejar.DefaultCookiePolicy(secure_protocols=("http", "https")))

    def prepare_request(self, request):
        """requests copies the cookies into a jar with the usual policy, which drops Secure ones here."""
        prepared = super().prepare_request(request)
        header = requests.cookies.get_cookie_header(self.cookies, prepared)
        if header:
            prepared.headers["Cookie"] = header
        return prepared

    def request(self, method, path, **arguments):
        arguments.setdefault("timeout", 60)
        return super().request(method, self.url + path if path.startswith("/") else path,
                               **arguments)

    def ok(self, method, path, body=None, status=None):
        """The JSON of an answer that must have STATUS (any 2xx when it is not given)."""
        answer = self.request(method, path, json=body)
        good = answer.status_code == status if status else answer.status_code // 100 == 2
        assert good, f"{method} {path}: {answer.status_code} {answer.text[:600]}"
        return answer.json() if answer.content else None

    def refused(self, method, path, body=None, status=None, reason=None, **arguments):
        """The problem document of an answer that must be a refusal."""
        answer = self.request(method, path, json=body, **arguments)
        assert 400 <= answer.status_code < 500, f"{method} {path}: {answer.status_code} {answer.text}"
        assert answer.headers["Content-Type"] == "application/problem+json"
        problem = answer.json()
        assert status is None or answer.status_code == status, problem
        assert reason is None or problem["reason"] == reason, problem
        return problem


class Server:
    """`darse serve` on a demonstration of its own. The path is short: unix sockets have little room."""

    def __init__(self, binary, options=None):
        self.binary = binary
        self.folder = Path(tempfile.mkdtemp(prefix="dt-", dir="/tmp"))
        self.folder.chmod(0o755)
        self.state = self.folder / "s"
        self.log_path = self.folder / "log"
        self.process = None
        self.clients = {}
        settings = {"server.port": "0", "server.lake_port": "0",
                    "engine.accept_unencrypted_secure": "true", "server.check_answers": "true",
                    "api.requests_per_address": "0", "api.reads_per_person": "0",
                    "api.writes_per_person": "0",
                    **(options or {})}
        self.darse("init", "--demonstration",
                   *(word for key, value in settings.items() for word in ("-o", f"{key}={value}")))
        self.darse("demo", "prepare")

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.remove()

    # ---- the program ----

    def command(self, *words):
        """WORDS with --state after the verb."""
        return [str(self.binary), *words, "--state", str(self.state)]

    def darse(self, *words, check=True, timeout=300):
        """Runs a verb; gives what it printed."""
        done = subprocess.run(self.command(*words), capture_output=True, text=True,
                              timeout=timeout, check=False, cwd="/")
        if check:
            assert done.returncode == 0, \
                f"darse {' '.join(words)}: {done.returncode}\n{done.stdout}{done.stderr}\n" \
                f"{self.log_tail()}"
            return done.stdout
        return done

    def start(self, wait=True):
        (self.state / "run" / "ready.json").unlink(missing_ok=True)
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(self.command("serve"), stdin=subprocess.DEVNULL,
                                            stdout=log, stderr=log, cwd="/",
                                            start_new_session=True)
        if wait:
            self.wait_ready()

    def wait_ready(self):
        def ready():
            assert self.process.poll() is None, f"the server ended:\n{self.log_tail()}"
            try:
                return requests.get(self.url + "/healthz", timeout=5).status_code == 200
            except (OSError, ValueError):
                return False
        try:
            wait_until(ready, READY_SECONDS, "readiness")
        except AssertionError:
            print(self.log_tail())
            raise
        for client in self.clients.values():
            client.url = self.url   # a start may have taken another port; sessions live on

    def stop(self):
        """In order, as an officer would. Gives the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(60)

    def remove(self):
        if self.process is not None and self.process.poll() is None:
            try:
                self.stop()
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
        self.darse("state", "remove", "--yes")
        shutil.rmtree(self.folder)

    def log_tail(self, lines=60):
        text = self.log_path.read_text(errors="replace") if self.log_path.exists() else ""
        return "\n".join(text.splitlines()[-lines:])

    def children(self):
        """{"serve": pid, "engine": pid}: the processes below the supervisor."""
        found = {}
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            try:
                parent = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
                words = (entry / "cmdline").read_bytes().split(b"\0")
            except (OSError, IndexError):
                continue
            if parent == self.process.pid and len(words) > 1:
                found[words[1].decode()] = int(entry.name)
        return found

    # ---- its addresses ----

    def told(self, key):
        return json.loads((self.state / "run" / "ready.json").read_text())[key]

    @property
    def port(self):
        return self.told("port")

    @property
    def lake_port(self):
        return self.told("lake_port")

    @property
    def url(self):
        return f"http://localhost:{self.port}"

    @property
    def lake_url(self):
        return f"http://localhost:{self.lake_port}"

    # ---- its people ----

    def load_demonstration(self):
        subprocess.run([ROOT / "demo" / "prepare", DATA], env={**os.environ, "DARSE_BUILD": str(BUILD)},
                       check=True, stdout=subprocess.DEVNULL)
        self.darse("demo", "load", "--data", str(DATA))

    def code(self, login):
        """A second-factor code that was not used yet; may wait for the next one."""
        return self.darse("demo", "code", login).strip()

    def stranger(self):
        return Client(self.url)

    def sign_in(self, login, password=PASSWORD):
        """A new session of LOGIN."""
        client = self.stranger()
        body = {"login": login, "password": password}
        answer = client.post("/api/v1/session", json=body)
        if answer.status_code == 401 and answer.json()["reason"] == "identity.code_needed":
            answer = client.post("/api/v1/session", json={**body, "code": self.code(login)})
        assert answer.status_code == 200, answer.text
        client.session_answer = answer.json()
        client.headers["X-Darse-CSRF"] = client.session_answer["csrf"]
        return client

    def client_for(self, login):
        """A session of LOGIN, the same one every time (a code works once)."""
        if login not in self.clients:
            self.clients[login] = self.sign_in(login)
        return self.clients[login]


def main():
    """Runs a demonstration until standard input closes: for the browser tests. Prints one line of
    JSON once it is ready: {"url", "state", "binary", "password"}."""
    import sys
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with install_program() as binary, Server(binary) as server:
        server.load_demonstration()
        print(json.dumps({"url": server.url, "state": str(server.state), "binary": str(binary),
                          "password": PASSWORD}), flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
