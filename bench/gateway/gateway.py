# SPDX-License-Identifier: Apache-2.0
"""The same service behind three proxies, measured in turns: our gateway (authenticated, headers rewritten, one
log line a request), nginx (no authentication, no log, pooled connections, one worker for each processor) and
configurable-http-proxy, which JupyterHub uses (no authentication, no log). Ours and nginx reach the service by
its unix socket, configurable-http-proxy by a port. Requests a second of small answers and bytes a second of large
ones by wrk; messages a second over WebSockets by a client of ours."""
import os
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from figures import figure, spread  # noqa: E402

ROUNDS, SECONDS = int(os.environ.get("ROUNDS", "5")), int(os.environ.get("SECONDS_EACH", "3"))
GOAL_NGINX, GOAL_PROXY = 0.5, 5
HOST = "svc-abcdefghijkmnpqr.localhost"
CACHE = Path(__file__).resolve().parents[2] / ".cache" / "bench-npm"
PROXY_VERSION = "4.6.3"
NGINX = """
worker_processes auto; daemon off; pid {folder}/pid; error_log {folder}/error;
events {{ worker_connections 1024; }}
http {{
  access_log off; keepalive_requests 100000000; client_body_temp_path {folder}/b;
  proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  proxy_max_temp_file_size 0;
  upstream service {{ server unix:{folder}/http.sock; keepalive 64; }}
  map $http_upgrade $wanted {{ default upgrade; '' ''; }}
  server {{ listen 127.0.0.1:{port};
    location / {{ proxy_pass http://service; proxy_http_version 1.1; proxy_set_header Connection "";
      proxy_set_header Host $host; }}
    location /ws {{ proxy_pass http://service; proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection $wanted; }} }}
}}
"""


def need(*programs):
    missing = [name for name in programs if shutil.which(name) is None]
    if missing:
        subprocess.run(["apt-get", "install", "-y", "--no-install-recommends", *missing], check=True,
                       stdout=subprocess.DEVNULL)


def proxy_program():
    program = CACHE / "node_modules" / ".bin" / "configurable-http-proxy"
    if not program.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        subprocess.run(["npm", "install", "--prefix", CACHE, "--no-audit", "--no-fund", "--silent",
                        f"configurable-http-proxy@{PROXY_VERSION}"], check=True)
    return program


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(port):
    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.05)
    sys.exit(f"nothing listens on {port}")


def wrk(port, path, connections):
    out = subprocess.run(
        ["wrk", "-t1", f"-c{connections}", f"-d{SECONDS}s", "--timeout", "10s", "-H", f"Host: {HOST}:{port}",
         "-H", "Cookie: __Host-darse-service=bench; other=1", "-H", "Accept: application/json",
         f"http://127.0.0.1:{port}{path}"], check=True, capture_output=True, text=True).stdout
    if "Non-2xx" in out or "Socket errors: connect 0, read 0, write 0, timeout 0" not in out + (
            "" if "Socket errors" in out else "Socket errors: connect 0, read 0, write 0, timeout 0"):
        sys.exit(f"wrong answers:\n{out}")
    return out


def small(connections):
    return lambda port: float(re.search(r"Requests/sec:\s+([\d.]+)",
                                        wrk(port, "/api/status", connections))[1])


def large(connections):
    """MiB a second, counted as they come: a body need not end within the time."""
    def measure(port):
        text = wrk(port, "/large", connections)
        number, unit = re.search(r"Transfer/sec:\s+([\d.]+)(\w+)", text).groups()
        return float(number) * {"KB": 1 / 1024, "MB": 1, "GB": 1024}[unit]
    return measure


def websocket(connections):
    program = Path(os.environ["DARSE_BUILD"]) / "bench" / "gateway" / "bench_websocket"
    return lambda port: float(subprocess.run(
        [program, str(port), HOST, str(connections), str(SECONDS)], check=True, capture_output=True,
        text=True).stdout)


KINDS = [
    ("small_1", small(1), "/s"), ("small_16", small(16), "/s"), ("small_128", small(128), "/s"),
    ("large_1", large(1), "MiB/s"), ("large_8", large(8), "MiB/s"),
    ("websocket_1", websocket(1), "/s"), ("websocket_64", websocket(64), "/s"),
]


def compare(ports):
    ours, nginx, proxy = ports
    for name, measure, unit in KINDS:
        for port in ports:
            measure(port)
        mine, theirs, others = zip(*[[measure(port) for port in ports] for _ in range(ROUNDS)])
        print(f"# {name} {unit}: ours {spread(mine)}, nginx {spread(theirs)}, "
              f"configurable-http-proxy {spread(others)}")
        best = statistics.median(mine)
        figure(f"gateway.{name}_nginx", best, unit, statistics.median(theirs), f">={GOAL_NGINX}",
               best >= GOAL_NGINX * statistics.median(theirs), 0)
        # The goal is of requests; streams and messages are shown as they are.
        goal = GOAL_PROXY if name.startswith("small") else None
        figure(f"gateway.{name}_chp", best, unit, statistics.median(others),
               f">={goal}" if goal else None,
               best >= goal * statistics.median(others) if goal else None, 0)


def main():
    need("nginx", "wrk")
    program = Path(os.environ["DARSE_BUILD"]) / "bench" / "gateway" / "bench_gateway"
    chp = proxy_program()
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        processes = []
        ours = subprocess.Popen([program, f"{folder}/http.sock"], stdin=subprocess.PIPE,
                                stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        port, service = map(int, ours.stdout.readline().split())
        try:
            nginx, proxy, api = free_port(), free_port(), free_port()
            conf = Path(folder) / "nginx.conf"
            conf.write_text(NGINX.format(folder=folder, port=nginx))
            processes.append(subprocess.Popen(["nginx", "-e", f"{folder}/error", "-c", conf]))
            processes.append(subprocess.Popen(
                [chp, "--ip", "127.0.0.1", "--port", str(proxy), "--api-ip", "127.0.0.1", "--api-port",
                 str(api), "--log-level", "error", "--default-target", f"http://127.0.0.1:{service}"],
                env={**os.environ, "CONFIGPROXY_AUTH_TOKEN": "bench"}, stdout=subprocess.DEVNULL))
            for one in (nginx, proxy):
                wait_for(one)
            compare((port, nginx, proxy))
        finally:
            for process in processes:
                process.terminate()
            ours.stdin.close()
            ours.wait(10)
            for process in processes:
                process.wait(10)


if __name__ == "__main__":
    main()
