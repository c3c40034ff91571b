# SPDX-License-Identifier: Apache-2.0
"""kill -9 of each process at random moments of the tour, then a restart: what was acknowledged is
there, running services are found again, nothing is left behind."""
import json
import os
import random
import signal
import sqlite3
import subprocess
import threading
import time
from pathlib import Path

import pytest
import requests

from darse import wait_until

SEED = int(os.environ.get("DARSE_SEED", "20261122"))
STORE = Path(os.environ.get("DARSE_STORE", "/var/lib/darse/containers"))
API = "/api/v1"


class Writer(threading.Thread):
    """Writes all the time; keeps what was acknowledged."""

    def __init__(self, server, prefix):
        super().__init__(daemon=True)
        self.client = server.client_for("officer")
        self.prefix, self.acknowledged, self.tried, self.ending = prefix, [], 0, False

    def run(self):
        while not self.ending:
            name = f"{self.prefix} {self.tried}"
            self.tried += 1
            try:
                answer = self.client.post(API + "/organisations", timeout=5,
                                          json={"name": name, "kind": "company"})
                if answer.status_code == 201:
                    self.acknowledged.append(name)
            except (OSError, requests.RequestException):
                time.sleep(0.05)

    def end(self):
        self.ending = True
        self.join(10)


def containers(server):
    """{service id: state} of what Podman holds for this state directory."""
    images = json.loads((STORE / "images.json").read_text())
    environment = {**os.environ, "CONTAINERS_CONF": "/dev/null",
                   "CONTAINERS_STORAGE_CONF": images["storage_conf"]}
    done = subprocess.run(
        ["podman", "--cgroup-manager=cgroupfs", "--events-backend=file", "--tmpdir",
         images["tmpdir"], "ps", "--all", "--format", "json", "--filter",
         f"label=darse.state={server.state}"],
        capture_output=True, text=True, check=True, env=environment, timeout=60)
    return {one["Labels"]["darse.service"]: one["State"] for one in json.loads(done.stdout or "[]")}


def live_services(server):
    with sqlite3.connect(f"file:{server.state}/darse.db?mode=ro", uri=True) as database:
        return {row[0] for row in database.execute(
            "SELECT id FROM service WHERE state NOT IN ('stopped', 'failed')")}


def worker_of(server):
    serve = server.children().get("serve")
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1]) == serve:
                    return int(entry.name)
            except (OSError, IndexError):
                pass
    return None


def kill(server, name, chance, tour):
    """kill -9 of NAME at a random moment of TOUR; the supervisor's needs a start of everything."""
    if name == "worker":
        wait_until(lambda: worker_of(server) or tour.poll() is not None, 200, "a worker", 0.001)
        pid = worker_of(server)
    else:
        time.sleep(chance.uniform(0.3, 9))
        pid = server.process.pid if name == "supervisor" else server.children().get(name)
    if pid is None:
        return False
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return False
    if name == "supervisor":
        children = server.children()
        server.process.wait()
        wait_until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in children.values()), 30,
                   "the end of the orphans")
        server.start()
    return True


def check_consistent(server, writer):
    server.wait_ready()
    with sqlite3.connect(f"file:{server.state}/darse.db?mode=ro", uri=True) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert database.execute("PRAGMA foreign_key_check").fetchall() == []
        there = {name for (name,) in database.execute("SELECT name FROM organisation")}
    lost = [name for name in writer.acknowledged if name not in there]
    assert lost == [], f"{len(lost)} acknowledged writes are lost"
    server.darse("audit", "verify")
    # What the database calls alive runs, and what runs is called alive.
    wait_until(lambda: live_services(server) == set(containers(server)), 30,
               "agreement of the database and Podman", 0.5)
    doors = server.state / "run" / "doors"
    wait_until(lambda: {path.name for path in doors.iterdir()} == live_services(server), 30,
               "agreement of the doors", 0.5)
    wait_until(lambda: not any((server.state / "uploads").iterdir()), 30, "no upload left", 0.5)


def stop_services(server):
    scientist = server.client_for("scientist")
    for service in live_services(server):
        scientist.request("DELETE", f"{API}/services/{service}")
    wait_until(lambda: not live_services(server) and not containers(server), 60,
               "the end of every service", 0.5)


def run_crashes(server, names, chance):
    for number, name in enumerate(names):
        writer = Writer(server, f"crash {number}")
        writer.start()
        tour = subprocess.Popen(server.command("tour"), stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT, text=True, cwd="/")
        killed = kill(server, name, chance, tour)
        output, _ = tour.communicate(timeout=200)
        writer.end()
        print(f"{number}. kill -9 of {name}: {killed}; {len(writer.acknowledged)} writes "
              f"acknowledged; the tour ended with {tour.returncode} at: "
              f"{(output.strip().splitlines() or ['nothing'])[-1]}")
        assert writer.acknowledged
        check_consistent(server, writer)
        stop_services(server)


@pytest.mark.timeout(900)
def test_each_process(new_server):
    print("seed", SEED)
    server = new_server()
    run_crashes(server, ["serve", "engine", "worker", "supervisor"], random.Random(SEED))
    done = server.darse("tour", check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.long
@pytest.mark.timeout(3000)
def test_many(new_server):
    chance = random.Random(SEED + 1)
    print("seed", SEED + 1)
    server = new_server()
    run_crashes(server, [chance.choice(["serve", "engine", "supervisor"]) for _ in range(25)], chance)


def test_running_services_are_found_again(new_server):
    """The notebook goes on while everything else dies, and opens again afterwards."""
    server = new_server()
    scientist = server.client_for("scientist")
    project = next(one for one in scientist.ok("GET", API + "/projects")["items"]
                   if one["slug"] == "care-use")
    service = scientist.ok("POST", f"{API}/projects/{project['id']}/services",
                           {"definition": "jupyter"}, 202)["id"]

    def state():
        return scientist.ok("GET", f"{API}/services/{service}")["state"]
    wait_until(lambda: state() == "ready", 90, "readiness", 0.2)
    for name in ("engine", "serve"):
        os.kill(server.children()[name], signal.SIGKILL)
        wait_until(lambda: name in server.children(), 20, "a new child")  # noqa: B023
        server.wait_ready()
    children = server.children()
    server.process.kill()
    server.process.wait()
    wait_until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in children.values()), 30,
               "the end of the orphans")
    assert containers(server) == {service: "running"}
    server.start()
    assert state() == "ready"
    url = scientist.ok("POST", f"{API}/services/{service}/ticket", {})["url"]
    assert url.startswith(f"http://{service}.localhost:")
    scientist.ok("DELETE", f"{API}/services/{service}", status=202)
    wait_until(lambda: not containers(server), 30, "its end", 0.2)
