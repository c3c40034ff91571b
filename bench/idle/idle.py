# SPDX-License-Identifier: Apache-2.0
"""Starts the server several times on a loaded demonstration. The start time is from the exec of
`darse serve` to the first answer of /healthz, which asks the store and the engine; memory is read
once nothing has been asked for five seconds. There is no peer: the goals are DESIGN's promises."""
import http.client
import statistics
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests" / "scenario"), str(ROOT / "bench")]
from darse import Server, install_program  # noqa: E402
from figures import figure, spread  # noqa: E402

STARTS = 10
IDLE_SECONDS = 5
PORT = "18480"


def resident_mib(pid):
    """RSS and, of it, what belongs to this process alone."""
    rss = private = 0
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        name, _, value = line.partition(":")
        if name == "Rss":
            rss = int(value.split()[0])
        elif name.startswith("Private_"):
            private += int(value.split()[0])
    return rss / 1024, private / 1024


def answers(path):
    try:
        connection = http.client.HTTPConnection("127.0.0.1", int(PORT), timeout=5)
        connection.request("GET", path, headers={"Host": f"localhost:{PORT}"})
        return connection.getresponse().status == 200
    except OSError:
        return False


def start_ms(server, path):
    started = time.perf_counter()
    server.start(wait=False)
    while not answers(path):
        time.sleep(0.001)
    return (time.perf_counter() - started) * 1000


def main():
    options = {"server.port": PORT, "server.lake_port": str(int(PORT) + 1)}
    with install_program() as binary:
        with Server(binary, options) as server:
            server.load_demonstration()
            portal, whole = [], []
            for _ in range(STARTS):
                server.stop()
                portal.append(start_ms(server, "/api/v1/about"))
                server.stop()
                whole.append(start_ms(server, "/healthz"))
            print(f"# start to the portal's first answer, min / median / max ms: {spread(portal)}")
            print(f"# start to healthy with the engine, min / median / max ms: {spread(whole)}")
            figure("idle.start_portal", statistics.median(portal), "ms", goal="<100ms",
                   good=statistics.median(portal) < 100)
            figure("idle.start_healthy", statistics.median(whole), "ms")
            time.sleep(IDLE_SECONDS)
            processes = {"supervisor": server.process.pid, **server.children()}
            for name, pid in sorted(processes.items()):
                rss, private = resident_mib(pid)
                goal = ("<40MiB", rss < 40) if name == "serve" else (None, None)
                figure(f"idle.{name}_resident", rss, "MiB", goal=goal[0], good=goal[1])
                print(f"#   of which private: {private:.1f} MiB")


main()
