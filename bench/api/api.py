# SPDX-License-Identifier: Apache-2.0
"""List pages of 50 rows, one connection, as the person who would ask. Ours is the whole round trip on
loopback: head, session, limits, policy for each row, JSON, entity tag. The peer is a Python program that
holds the database open and makes the same rows into JSON with one query, without HTTP, session or policy:
the least that a page can cost in that language, not another product."""
import argparse
import http.client
import json
import os
import sqlite3
import statistics
import subprocess
import sys
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests" / "scenario"), str(ROOT / "bench"), str(Path(__file__).parent)]
import state  # noqa: E402
from darse import Server, install_program  # noqa: E402
from figures import figure  # noqa: E402

API = "/api/v1"
GOAL_MS = 10
AUDIT_ENTRIES = 3000

# name, person, path with {project}, the peer's query
PAGES = (
    ("organisations", "scientist", "/organisations", "SELECT id, name, kind FROM organisation ORDER BY name LIMIT 51"),
    ("persons", "scientist", "/persons", "SELECT p.id, login, p.name, email, roles, o.id, o.name FROM person p "
     "JOIN organisation o ON o.id = p.organisation ORDER BY login LIMIT 51"),
    ("persons_found", "scientist", "/persons?q=number19", "SELECT p.id, login, p.name, email, roles, o.id, o.name "
     "FROM person p JOIN organisation o ON o.id = p.organisation WHERE lower(p.name) LIKE '%number19%' "
     "ORDER BY login LIMIT 51"),
    ("projects_all", "officer", "/projects", "SELECT p.*, o.name FROM project p JOIN organisation o ON o.id = "
     "p.organisation ORDER BY p.id LIMIT 51"),
    ("projects_mine", "scientist", "/projects", "SELECT p.*, o.name FROM project p JOIN organisation o ON o.id = "
     "p.organisation JOIN project_member m ON m.project = p.id WHERE m.person = (SELECT id FROM person WHERE "
     "login = 'scientist') ORDER BY p.id LIMIT 51"),
    ("members", "scientist", "/projects/{project}/members", "SELECT m.*, p.login, p.name FROM project_member m JOIN "
     "person p ON p.id = m.person WHERE m.project = '{project}'"),
    ("sources", "scientist", "/sources", "SELECT s.*, o.name FROM source s JOIN organisation o ON o.id = "
     "s.organisation ORDER BY s.slug LIMIT 51"),
    ("sources_found", "scientist", "/sources?q=housing", "SELECT s.*, o.name FROM source s JOIN organisation o ON "
     "o.id = s.organisation WHERE lower(s.title) LIKE '%housing%' ORDER BY s.slug LIMIT 51"),
    ("applications", "scientist", "/applications", "SELECT * FROM application ORDER BY created_ms DESC LIMIT 51"),
    ("applications_queue", "producer", "/applications?awaiting=me",
     "SELECT * FROM application WHERE state = 'submitted' ORDER BY created_ms DESC LIMIT 51"),
    ("services", "scientist", "/projects/{project}/services",
     "SELECT * FROM service WHERE project = '{project}' ORDER BY created_ms DESC LIMIT 51"),
    ("exports", "scientist", "/projects/{project}/exports",
     "SELECT * FROM export WHERE project = '{project}' ORDER BY created_ms DESC LIMIT 51"),
    ("exports_queue", "checker1", "/exports?queue=review", "SELECT e.*, p.title, p.tier FROM export e JOIN project p "
     "ON p.id = e.project WHERE e.state = 'submitted' ORDER BY e.submitted_ms LIMIT 51"),
    ("tasks", "producer", "/me/tasks", "SELECT * FROM application WHERE state = 'submitted' LIMIT 51"),
    ("journal", "scientist", "/projects/{project}/journal", "SELECT * FROM audit_body LIMIT 51"),
    ("audit", "auditor", "/audit", "SELECT * FROM audit_body ORDER BY sequence DESC LIMIT 51"),
)


class Connection:
    """One kept connection of a signed-in person."""

    def __init__(self, server, client):
        cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in client.cookies)
        self.headers = {"Host": f"localhost:{server.port}", "Cookie": cookies}
        self.connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)

    def get(self, path):
        """(milliseconds, body)"""
        began = time.perf_counter()
        self.connection.request("GET", API + path, headers=self.headers)
        answer = self.connection.getresponse()
        body = answer.read()
        took = (time.perf_counter() - began) * 1000
        assert answer.status == 200, f"{path}: {answer.status} {body[:300]}"
        return took, body


def make_entries(server):
    """Refusals: each is an entry of the log."""
    client = server.client_for("scientist")

    def refuse():
        connection = Connection(server, client)
        for _ in range(AUDIT_ENTRIES // 16):
            connection.connection.request("GET", f"{API}/audit", headers=connection.headers)
            connection.connection.getresponse().read()
    threads = [threading.Thread(target=refuse) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def peer_page(database, query):
    began = time.perf_counter()
    rows = [dict(row) for row in database.execute(query)]
    json.dumps({"items": rows[:50]}, default=lambda value: value.hex())
    return (time.perf_counter() - began) * 1000


def percentile(values, share):
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def measure(server, database, page, project, rounds):
    name, login, path, query = page
    connection = Connection(server, server.client_for(login))
    path, query = path.format(project=project), query.replace("{project}", project)
    ours, peer = [], []
    for number in range(rounds + 10):
        took, body = connection.get(path)
        other = peer_page(database, query)
        if number >= 10:
            ours.append(took)
            peer.append(other)
    rows = len(json.loads(body)["items"])
    p99 = percentile(ours, 0.99)
    figure(f"api.{name}_p50", statistics.median(ours), "ms", statistics.median(peer), digits=2)
    figure(f"api.{name}_p99", p99, "ms", percentile(peer, 0.99), f"<{GOAL_MS}ms", p99 < GOAL_MS,
           digits=2)
    print(f"#   {rows} rows, {len(body)} bytes")
    return name, connection, path, p99


def profile(server, worst):
    """What the server does during the slowest page."""
    name, connection, path, p99 = worst
    if p99 < GOAL_MS:
        return
    pid = server.children()["serve"]
    with subprocess.Popen(["perf", "record", "-q", "-g", "-o", "/tmp/bench-api.perf", "-p", str(pid),
                           "sleep", "5"], stderr=subprocess.DEVNULL) as perf:
        while perf.poll() is None:
            connection.get(path)
    report = subprocess.run(["perf", "report", "-i", "/tmp/bench-api.perf", "--no-children", "-g", "none",
                             "--stdio", "--percent-limit", "2"], capture_output=True, text=True, check=False)
    os.unlink("/tmp/bench-api.perf")
    print(f"# {name}, where the time goes:")
    for line in [line for line in report.stdout.splitlines() if "%" in line][:10]:
        print("#  ", line.strip())


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=300)
    parser.add_argument("--only", default="")
    given = parser.parse_args()
    with install_program() as binary, Server(binary, {"server.check_answers": "false"}) as server:
        server.load_demonstration()
        server.stop()
        path = server.state / "darse.db"
        project = state.fill(path)
        server.start()
        make_entries(server)
        database = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
        database.row_factory = sqlite3.Row
        results = [measure(server, database, page, project, given.rounds) for page in PAGES
                   if given.only in page[0]]
        try:
            profile(server, max(results, key=lambda result: result[3]))
        except FileNotFoundError:
            print("# perf is not installed: no profile")


main()
