# SPDX-License-Identifier: Apache-2.0
"""An engine of its own for the tests, without the server: plans are sent to its socket as they are,
good or forged, and bubbles are looked at from inside, through a kernel of their JupyterLab."""
import http.client
import json
import os
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import time
import uuid
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("DARSE_BUILD", ROOT / "build")).resolve()
BINARY = Path(os.environ.get("DARSE_BINARY", BUILD / "src" / "darse")).resolve()
SAS = str(BUILD / "sas" / "sas")
STORE = os.environ.get("DARSE_STORE", "/var/lib/darse/containers")
SERVE_UID = 61234
MIB = 1 << 20


def new_id(prefix):
    letters = "abcdefghijkmnpqrstuvwxyz23456789"
    return prefix + "-" + "".join(letters[b & 31] for b in os.urandom(16))


class Refused(Exception):
    def __init__(self, error):
        super().__init__(f"{error['reason']}: {error['message']}")
        self.reason = error["reason"]


def receive(stream):
    head = stream.read(4)
    if len(head) < 4:
        raise ConnectionError("the engine closed the conversation")
    return json.loads(stream.read(struct.unpack(">I", head)[0]))


class Engine:
    """Started by start(); call() sends one plan and returns its result."""

    def __init__(self, state, limits=None):
        self.state = Path(state)
        self.process = None
        self.steps = []

    def start(self, ready=True):
        self.state.mkdir(exist_ok=True)
        self.log = open(self.state.parent / (self.state.name + ".log"), "ab")
        self.process = subprocess.Popen(
            [BINARY, "engine", "--state", self.state, "--serve-uid", str(SERVE_UID),
             "--store", STORE, "--sas", SAS], stderr=self.log)
        deadline = time.monotonic() + 30
        while ready:
            assert self.process.poll() is None, self.log_text()
            try:
                self.services()
                return self
            except (OSError, Refused):
                assert time.monotonic() < deadline, self.log_text()
                time.sleep(0.01)
        return self

    def log_text(self):
        return Path(self.log.name).read_text()[-4000:]

    def kill(self, how=signal.SIGKILL):
        self.process.send_signal(how)
        return self.process.wait(60)

    def converse(self, message):
        with socket.socket(socket.AF_UNIX) as s:
            s.settimeout(120)
            s.connect(str(self.state / "run" / "engine.sock"))
            body = message if isinstance(message, bytes) else json.dumps(message).encode()
            s.sendall(struct.pack(">I", len(body)) + body)
            with s.makefile("rb") as stream:
                self.steps = []
                while True:
                    answer = receive(stream)
                    if "step" not in answer:
                        return answer
                    self.steps.append((answer["step"], answer["ms"]))

    def call(self, plan):
        answer = self.converse({"plan": plan})
        if "error" in answer:
            raise Refused(answer["error"])
        return answer["result"]

    # Plans, as serve builds them.
    def open_project(self, project, base):
        return self.call(open_project(project, base))

    def services(self):
        return self.call({"kind": "service_list", "steps": [{"step": "list"}]})["services"]

    def stop(self, service):
        return self.call(service_plan("service_stop", service,
                                      {"step": "stop", "path": f"run/doors/{service}"}))

    def freeze(self, service):
        return self.call(service_plan("service_freeze", service, {"step": "freeze"}))

    def thaw(self, service):
        return self.call(service_plan("service_thaw", service, {"step": "thaw"}))

    def end(self):
        """Stops every bubble, then the engine."""
        if self.process is not None and self.process.poll() is None:
            for one in self.services():
                self.stop(one["service_id"])
            self.kill(signal.SIGTERM)


def service_plan(kind, service, step):
    return {"kind": kind, "service_id": service, "steps": [step]}


def folder(path, owner):
    return {"step": "folder", "path": path, "owner": owner}


def mount(path, target, read_only=False):
    return {"step": "mount", "path": path, "target": target, "read_only": read_only}


def vault(path, create=False):
    return {"step": "vault_open", "path": path, "create": create}


def open_project(project, base):
    p = f"projects/{project}"
    return {"kind": "project_open", "project_id": project, "id_base": base,
            "steps": [vault(p, True), folder(f"{p}/files", "project"),
                      folder(f"{p}/homes", "engine"), folder(f"{p}/bucket", "serve"),
                      folder(f"{p}/drafts", "serve"), folder(f"{p}/incoming", "serve")]}


def project_step(kind, project, base, step):
    return {"kind": kind, "project_id": project, "id_base": base, "steps": [step]}


def seal(dataset, upload, max_bytes=1 << 30):
    return {"kind": "dataset_seal", "dataset_id": dataset,
            "steps": [{"step": "seal", "path": f"uploads/{upload}", "target": f"data/{dataset}",
                       "max_bytes": max_bytes}]}


def collect(project, base, file, export, name, max_bytes=1000):
    p = f"projects/{project}"
    return {"kind": "collect", "project_id": project, "id_base": base,
            "steps": [vault(p), folder(f"{p}/drafts/{export}", "serve"),
                      {"step": "collect", "path": f"{p}/files", "file": file,
                       "target": f"{p}/drafts/{export}", "name": name, "max_bytes": max_bytes}]}


def browse(project, base, path="", limit=100, sort="name", after=""):
    p = f"projects/{project}"
    return {"kind": "browse", "project_id": project, "id_base": base,
            "steps": [vault(p), {"step": "browse", "path": f"{p}/files", "file": path,
                                 "limit": limit, "sort": sort, "after": after,
                                 "descending": False}]}


def start_service(service, project, base, login="marie", data=(), lake=False, memory=1024 * MIB,
                  pids=128, cpu=2000, tmpfs=64 * MIB):
    p = f"projects/{project}"
    steps = [vault(p)] + [vault(f"data/{dataset}") for dataset, _ in data]
    steps += [folder(f"{p}/homes/{login}", "project"),
              {"step": "doors", "path": f"run/doors/{service}"},
              mount(f"{p}/files", "/project"), mount(f"{p}/homes/{login}", f"/home/{login}"),
              mount(f"run/doors/{service}", "/run/doors")]
    if lake:
        steps.append(mount(f"run/lake/{service}", "/run/lake", True))
    steps += [mount(f"data/{dataset}", f"/data/{where}", True) for dataset, where in data]
    steps.append({"step": "container", "image": "jupyter", "network": "none", "login": login,
                  "memory_bytes": memory, "cpu_milli": cpu, "pids": pids, "tmpfs_bytes": tmpfs})
    return {"kind": "service_start", "project_id": project, "service_id": service,
            "id_base": base, "steps": steps}


class Bubble:
    """A running service, through its doors."""

    def __init__(self, engine, plan):
        self.engine = engine
        self.plan = plan
        self.id = plan["service_id"]
        self.doors = engine.state / "run" / "doors" / self.id
        self.result = engine.call(plan)
        self.pid = self.result["pid"]
        self.kernel = None

    def connect(self, door="http.sock", timeout=30):
        """The test's own way in: a plain connect, through a short path."""
        s = socket.socket(socket.AF_UNIX)
        s.settimeout(timeout)
        fd = os.open(self.doors, os.O_PATH)
        try:
            s.connect(f"/proc/self/fd/{fd}/{door}")
        finally:
            os.close(fd)
        return s

    def wait_ready(self, timeout=60):
        with self.connect("sas.sock", timeout) as s, s.makefile() as stream:
            for line in stream:
                if line.startswith("state ready"):
                    return int(line.split()[2])
        raise AssertionError("the bubble ended before it was ready")

    def http(self, method, path, body=None, headers=None):
        connection = http.client.HTTPConnection("bubble")
        connection.sock = self.connect()
        try:
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            connection.close()

    def open_kernel(self):
        """Starts a Python kernel."""
        self.wait_ready()
        _, headers, _ = self.http("GET", "/lab")
        xsrf = next(h.split(";")[0] for h in headers.get_all("Set-Cookie") if h.startswith("_xsrf="))
        send = {"Cookie": xsrf, "X-XSRFToken": xsrf[len("_xsrf="):],
                "Content-Type": "application/json"}
        status, _, body = self.http("POST", "/api/kernels", json.dumps({"name": "python3"}), send)
        assert status == 201, body
        self.kernel = (json.loads(body)["id"], xsrf)

    def listen(self):
        """Connects to the kernel as the page does. Jupyter closes a connection whose other end does
        not answer its pings, and between two tests nobody does: one connection a run."""
        import websocket
        if self.kernel is None:
            self.open_kernel()
        kernel, xsrf = self.kernel
        return websocket.create_connection(f"ws://bubble/api/kernels/{kernel}/channels",
                                           socket=self.connect(timeout=120), cookie=xsrf)

    def run(self, code):
        """Runs CODE in the kernel and returns what it printed; an exception there is one here."""
        channel = self.listen()
        request = uuid.uuid4().hex
        channel.send(json.dumps({
            "channel": "shell", "parent_header": {}, "metadata": {}, "buffers": [],
            "header": {"msg_id": request, "msg_type": "execute_request", "username": "",
                       "session": request, "version": "5.3", "date": ""},
            "content": {"code": code, "silent": False, "store_history": False,
                        "allow_stdin": False, "user_expressions": {}, "stop_on_error": True}}))
        printed, failure, idle, replied = "", None, False, False
        while not (idle and replied):
            message = json.loads(channel.recv())
            if message.get("parent_header", {}).get("msg_id") != request:
                continue
            content = message["content"]
            if message["msg_type"] == "stream" and content["name"] == "stdout":
                printed += content["text"]
            elif message["msg_type"] == "error":
                failure = f"{content['ename']}: {content['evalue']}"
            elif message["msg_type"] == "execute_reply":
                replied = True
            elif message["msg_type"] == "status" and content["execution_state"] == "idle":
                idle = True
        channel.close()
        assert failure is None, failure
        return printed

    def ask(self, expression, before="import os, socket, ctypes, errno"):
        """The value of a Python expression inside, through JSON."""
        return json.loads(self.run(f"{before}\nimport json\nprint(json.dumps({expression}))"))


@pytest.fixture(scope="session")
def engine_host():
    """What a real engine needs; without it these scenarios say why they do not run."""
    if os.geteuid() != 0:
        pytest.skip("the engine needs root")
    for program in ("podman", "crun"):
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed")
    if not Path(STORE, "images.json").exists():
        pytest.skip(f"no images in {STORE}: run images/build")


@pytest.fixture(scope="module")
def engine(engine_host):
    place = Path(tempfile.mkdtemp(prefix="darse-engine-"))
    one = Engine(place / "state")
    try:
        yield one.start()
    finally:
        one.end()
        shutil.rmtree(place)


@pytest.fixture
def new_engine(engine_host):
    """A function that makes an engine with a state of its own, for tests that break it."""
    made = []

    def make(state=None, ready=True):
        place = Path(tempfile.mkdtemp(prefix="darse-engine-"))
        made.append((Engine(state or place / "state"), place))
        return made[-1][0].start(ready)
    yield make
    for one, place in made:
        try:
            if one.process.poll() is not None:
                one.start()
            one.end()
        finally:
            shutil.rmtree(place)
