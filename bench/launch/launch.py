# SPDX-License-Identifier: Apache-2.0
"""Ours: POST of a service, its state followed as a page does, the ticket, and the first byte that
JupyterLab itself answers through the gateway. Peer: the same image started with `podman run` and the
same closed settings (no network, read-only, no capability, id range, limits, the same first process), its
door polled every 20 ms until JupyterLab answers. One after the other, ours first and peer first in turn."""
import argparse
import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests" / "scenario"), str(ROOT / "bench")]
from darse import SAS, Client, Server, install_program  # noqa: E402
from figures import figure, spread  # noqa: E402

STORE = Path(os.environ.get("DARSE_STORE", "/var/lib/darse/containers"))
API = "/api/v1"
TIMEOUT = 90
BASE = 400000      # host ids of the peer's bubble, apart from ours
POLL = 0.02


class Ours:
    def __init__(self, server):
        self.client = server.client_for("scientist")
        self.project = next(one["id"] for one in self.client.ok("GET", API + "/projects")["items"]
                            if one["slug"] == "care-use")

    def launch(self):
        """Milliseconds to the first byte, and to the server's own word that it is ready."""
        started = time.perf_counter()
        service = self.client.ok("POST", f"{API}/projects/{self.project}/services",
                                 {"definition": "jupyter"}, 202)["id"]
        while (state := self.client.ok("GET", f"{API}/services/{service}")["state"]) != "ready":
            assert state in ("queued", "starting"), state
            assert time.perf_counter() - started < TIMEOUT
            time.sleep(POLL / 4)
        ready = time.perf_counter()
        ticket = self.client.ok("POST", f"{API}/services/{service}/ticket",
                                {"next": "/api/status"})["url"]
        browser = Client(ticket.rsplit("/.darse", 1)[0])
        browser.get(ticket, allow_redirects=False)
        answer = browser.get("/api/status")
        assert answer.status_code == 200 and "kernels" in answer.json(), answer.text
        ended = time.perf_counter()
        self.client.ok("DELETE", f"{API}/services/{service}", status=202)
        while self.client.ok("GET", f"{API}/services/{service}")["state"] != "stopped":
            time.sleep(POLL)
        return (ended - started) * 1000, (ready - started) * 1000


class Peer:
    def __init__(self, folder):
        images = json.loads((STORE / "images.json").read_text())
        self.image = images["images"]["jupyter"]
        self.folder = Path(folder)
        self.environment = {**os.environ, "CONTAINERS_CONF": "/dev/null",
                            "CONTAINERS_STORAGE_CONF": images["storage_conf"]}
        self.podman = ["podman", "--cgroup-manager=cgroupfs", "--runtime=crun",
                       "--events-backend=file", "--tmpdir", images["tmpdir"]]
        # crun refuses the hybrid layout of cgroups unless the second hierarchy is out of its sight.
        if os.path.ismount("/sys/fs/cgroup/unified"):
            self.podman = ["unshare", "--mount", "--propagation", "private", "sh", "-c",
                           "umount /sys/fs/cgroup/unified && exec \"$@\"", "sh", *self.podman]
        for name in ("doors", "home", "project"):
            path = self.folder / name
            path.mkdir()
            os.chown(path, BASE + 1000, BASE + 1000)

    def command(self, name):
        bind = "type=bind,source={},destination={}"
        port = str(self.image["port"])
        return [*self.podman, "run", "--detach", "--name", name, "--network=none",
                f"--uidmap=0:{BASE}:65536", f"--gidmap=0:{BASE}:65536", "--user=1000:1000",
                "--read-only", "--cap-drop=all", "--security-opt=no-new-privileges",
                "--ulimit=nofile=1024:1024", "--ulimit=nproc=512:512", "--memory=2g",
                "--memory-swap=2g", "--cpus=2", "--pids-limit=512", "--log-driver=none",
                "--http-proxy=false", "--systemd=false", "--no-hosts", "--workdir=/home/scientist",
                "--mount=type=tmpfs,destination=/tmp,tmpfs-mode=1777,tmpfs-size=256m",
                "--mount=" + bind.format(SAS, "/usr/libexec/sas") + ",ro=true",
                "--mount=" + bind.format(self.folder / "doors", "/run/doors"),
                "--mount=" + bind.format(self.folder / "home", "/home/scientist"),
                "--mount=" + bind.format(self.folder / "project", "/project"),
                "--env=HOME=/home/scientist", "--env=USER=scientist", "--env=TMPDIR=/tmp",
                "--entrypoint=" + json.dumps(["/usr/libexec/sas", "--door",
                                              f"/run/doors/http.sock={port}", "--status",
                                              "/run/doors/sas.sock", "--ready", port, "--"]),
                self.image["id"], *self.image["command"]]

    def answers(self):
        """Does JupyterLab itself answer through the door?"""
        with socket.socket(socket.AF_UNIX) as s:
            s.settimeout(5)
            try:
                s.connect(str(self.folder / "doors" / "http.sock"))
                s.sendall(b"GET /api/status HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                return s.recv(64).startswith(b"HTTP/1.1 200")
            except OSError:
                return False

    def launch(self):
        name = f"bench-{time.time_ns()}"
        started = time.perf_counter()
        done = subprocess.run(self.command(name), env=self.environment, capture_output=True,
                              text=True, check=False, timeout=TIMEOUT)
        assert done.returncode == 0, done.stderr
        running = time.perf_counter()
        try:
            while not self.answers():
                assert time.perf_counter() - started < TIMEOUT
                time.sleep(POLL)
            return (time.perf_counter() - started) * 1000, (running - started) * 1000
        finally:
            subprocess.run([*self.podman, "rm", "--force", "--time=0", name], check=True,
                           env=self.environment, stdout=subprocess.DEVNULL)
            for socket_file in (self.folder / "doors").iterdir():
                socket_file.unlink()


def main():
    parser = argparse.ArgumentParser(prog="bench/run launch")
    parser.add_argument("--rounds", type=int, default=10)
    rounds = parser.parse_args().rounds
    folder = tempfile.mkdtemp(prefix="bench-launch-", dir="/tmp")
    os.chmod(folder, 0o755)
    ours_ms, ready_ms, peer_ms, run_ms = [], [], [], []
    try:
        with install_program() as binary, Server(binary) as server:
            server.load_demonstration()
            ours, peer = Ours(server), Peer(folder)
            ours.launch()      # one of each outside the count: the page cache
            peer.launch()
            for number in range(rounds):
                for side in (0, 1) if number % 2 == 0 else (1, 0):
                    (whole, part) = ours.launch() if side == 0 else peer.launch()
                    (ours_ms if side == 0 else peer_ms).append(whole)
                    (ready_ms if side == 0 else run_ms).append(part)
    finally:
        shutil.rmtree(folder)
    print(f"# ours, request to first byte, min / median / max ms: {spread(ours_ms)}")
    print(f"#   of which until ready: {spread(ready_ms)}")
    print(f"# podman run to first byte, min / median / max ms: {spread(peer_ms)}")
    print(f"#   of which the command itself: {spread(run_ms)}")
    mine, other = statistics.median(ours_ms), statistics.median(peer_ms)
    figure("launch.first_byte", mine, "ms", other)
    figure("launch.overhead", mine - other, "ms", goal="<=50ms", good=mine - other <= 50)


main()
