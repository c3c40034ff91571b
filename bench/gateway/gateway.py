# SPDX-License-Identifier: Apache-2.0
"""Requests a second of small answers: our gateway (authenticated, headers rewritten, one log line a
request) and nginx (no authentication, no log, pooled connections, one worker for each processor) in front of the same service on a
unix socket, measured in turns by wrk."""
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from figures import figure, spread  # noqa: E402

ROUNDS, SECONDS, GOAL = 5, 3, 0.5
HOST = "svc-abcdefghijkmnpqr.localhost"
NGINX = """
worker_processes auto; daemon off; pid {folder}/pid; error_log {folder}/error;
events {{ worker_connections 1024; }}
http {{
  access_log off; keepalive_requests 100000000; client_body_temp_path {folder}/b;
  proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  upstream service {{ server unix:{folder}/http.sock; keepalive 64; }}
  server {{ listen 127.0.0.1:{port};
    location / {{ proxy_pass http://service; proxy_http_version 1.1; proxy_set_header Connection "";
      proxy_set_header Host $host; }} }}
}}
"""


def need(*programs):
    missing = [name for name in programs if shutil.which(name) is None]
    if missing:
        subprocess.run(["apt-get", "install", "-y", "--no-install-recommends", *missing], check=True,
                       stdout=subprocess.DEVNULL)


def wrk(port, connections):
    out = subprocess.run(
        ["wrk", "-t1", f"-c{connections}", f"-d{SECONDS}s", "-H", f"Host: {HOST}:{port}", "-H",
         "Cookie: __Host-darse-service=bench; other=1", "-H", "Accept: application/json",
         f"http://127.0.0.1:{port}/api/status"], check=True, capture_output=True, text=True).stdout
    if "Non-2xx" in out:
        sys.exit(f"wrong answers:\n{out}")
    return float(re.search(r"Requests/sec:\s+([\d.]+)", out)[1])


def main():
    need("nginx", "wrk")
    program = Path(os.environ["DARSE_BUILD"]) / "bench" / "gateway" / "bench_gateway"
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        ours = subprocess.Popen([program, f"{folder}/http.sock"], stdin=subprocess.PIPE,
                                stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        port = int(ours.stdout.readline())
        conf = Path(folder) / "nginx.conf"
        conf.write_text(NGINX.format(folder=folder, port=port + 1))
        peer = subprocess.Popen(["nginx", "-e", f"{folder}/error", "-c", conf])
        try:
            for connections in (1, 16, 128):
                wrk(port, connections), wrk(port + 1, connections)
                pairs = [(wrk(port, connections), wrk(port + 1, connections))
                         for _ in range(ROUNDS)]
                mine, theirs = zip(*pairs)
                best, other = statistics.median(mine), statistics.median(theirs)
                print(f"# {connections} connections, requests/s: ours {spread(mine)}, "
                      f"nginx {spread(theirs)}")
                figure(f"gateway.small_{connections}", best, "/s", other, f">={GOAL}",
                       best >= GOAL * other, 0)
        finally:
            peer.terminate()
            ours.stdin.close()
            ours.wait(10)
            peer.wait(10)


if __name__ == "__main__":
    main()
