# SPDX-License-Identifier: Apache-2.0
"""Who watches the machine: /metrics read by Prometheus' own parser, /livez and /healthz."""
import os
import signal
import socket
import subprocess

import pytest
import requests
from prometheus_client.parser import text_string_to_metric_families

from darse import wait_until

TOKEN = "a-token-of-the-metrics-0123456789"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def scrape(port, **headers):
    return requests.get(f"http://127.0.0.1:{port}/metrics", headers=headers, timeout=10)


def samples(port, **headers):
    """{(name, sorted labels): value}; the parser refuses what Prometheus would."""
    answer = scrape(port, **headers)
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    families = list(text_string_to_metric_families(answer.text))
    assert len({family.name for family in families}) == len(families)
    assert all(family.documentation for family in families)
    found = {}
    for family in families:
        for sample in family.samples:
            key = (sample.name, tuple(sorted(sample.labels.items())))
            assert key not in found, key
            found[key] = sample.value
    return found


def value(found, name, **labels):
    return found.get((name, tuple(sorted(labels.items()))), 0)


@pytest.fixture(scope="module")
def watched(darse_binary):
    from darse import Server
    with Server(darse_binary, {"metrics.port": str(free_port())}) as running:
        running.watch_port = int(next(
            line.split("=")[1] for line in (running.state / "darse.conf").read_text()
            .split("[metrics]")[1].splitlines() if line.startswith("port")))
        running.load_demonstration()
        yield running


def test_a_prometheus_reads_what_happens(watched):
    """What was asked and done since the last scrape is in the next one."""
    before = samples(watched.watch_port)
    person = watched.sign_in("scientist")
    for _ in range(5):
        person.ok("GET", "/api/v1/projects")
    watched.stranger().refused("GET", "/api/v1/projects", status=401)
    after = samples(watched.watch_port)

    def grew(name, **labels):
        return value(after, name, **labels) - value(before, name, **labels)

    assert grew("darse_http_requests_total", **{"class": "projects", "status": "2xx"}) == 5
    assert grew("darse_http_request_seconds_count", **{"class": "projects"}) >= 5
    assert grew("darse_store_commits_total") >= 1           # the sign-in
    wait_until(lambda: value(samples(watched.watch_port), "darse_audit_entries") >
               value(before, "darse_audit_entries"), 5, "a checkpoint over the sign-in")
    assert value(after, "darse_part_up", part="store") == 1
    assert value(after, "darse_part_up", part="engine") == 1
    assert value(after, "darse_clock_runs_total", duty="services.find_again") >= 1
    assert 0 < value(after, "darse_http_request_seconds_sum", **{"class": "projects"}) < 60
    assert value(after, "process_resident_memory_bytes") > 5e6
    assert value(after, "darse_disk_free_bytes", place="state") > 0
    version = subprocess.run([watched.binary, "--version"], capture_output=True, text=True,
                             check=True).stdout.split()[1]
    assert value(after, "darse_build_info", version=version) == 1


def test_buckets_only_grow(watched):
    """Cumulative, and the count is the last bucket: what Prometheus needs for its quantiles."""
    found = samples(watched.watch_port)
    by_series = {}
    for (name, labels), count in found.items():
        if name.endswith("_bucket"):
            rest = tuple(pair for pair in labels if pair[0] != "le")
            by_series.setdefault((name[:-len("_bucket")], rest), []).append(
                (float(dict(labels)["le"]), count))
    assert len(by_series) >= 3
    for (name, rest), buckets in by_series.items():
        buckets.sort()
        counts = [count for _, count in buckets]
        assert counts == sorted(counts), name
        assert buckets[-1] == (float("inf"), found[(name + "_count", rest)])


def test_a_launch_is_counted(watched):
    """A launched notebook is there, and how long it took is in the histogram."""
    person = watched.client_for("scientist")
    officer = watched.client_for("officer")
    project = next(p for p in officer.ok("GET", "/api/v1/projects?limit=200")["items"]
                   if p["slug"] == "care-use")
    service = person.ok("POST", f"/api/v1/projects/{project['id']}/services",
                        {"definition": "jupyter"}, status=202)
    path = f"/api/v1/services/{service['id']}"
    wait_until(lambda: person.ok("GET", path)["state"] in ("ready", "failed"), 60, "an end", 0.1)
    assert person.ok("GET", path)["state"] == "ready"
    wait_until(lambda: value(samples(watched.watch_port), "darse_service_launches_total",
                             definition="jupyter", outcome="ready") == 1, 5, "the launch, counted")
    found = samples(watched.watch_port)
    assert value(found, "darse_services", state="ready") == 1
    assert value(found, "darse_service_launches_total", definition="jupyter", outcome="ready") == 1
    assert value(found, "darse_service_launch_seconds_count", definition="jupyter") == 1
    took = value(found, "darse_service_launch_seconds_sum", definition="jupyter")
    assert 0.2 < took < 60
    person.ok("DELETE", path)
    wait_until(lambda: value(samples(watched.watch_port), "darse_services", state="ready") == 0, 20,
               "the end of the service")


def test_strangers_are_told_only_whether(watched):
    """Which part ails is for officers, auditors and the metrics listener."""
    url = f"http://127.0.0.1:{watched.watch_port}"
    assert watched.stranger().ok("GET", "/healthz") == {"ok": True}
    assert watched.client_for("scientist").ok("GET", "/healthz") == {"ok": True}
    everything = {"ok": True, "store": True, "engine": True}
    assert watched.client_for("officer").ok("GET", "/healthz") == everything
    assert requests.get(url + "/healthz", timeout=5).json() == everything
    engine = watched.children()["engine"]
    watched.process.send_signal(signal.SIGSTOP)    # the supervisor, which would start it again at once
    try:
        os.kill(engine, signal.SIGKILL)
        ill = {"ok": False, "store": True, "engine": False}
        wait_until(lambda: requests.get(url + "/healthz", timeout=30).json() == ill, 10, "illness")
        told = watched.stranger().get("/healthz")
        assert (told.status_code, told.json()) == (503, {"ok": False})
        assert watched.stranger().get("/livez").json() == {"ok": True}
    finally:
        watched.process.send_signal(signal.SIGCONT)
    wait_until(lambda: requests.get(url + "/healthz", timeout=30).status_code == 200, 30, "recovery")


def test_names_that_point_here_read_nothing(watched):
    """A page elsewhere can make its own name resolve to 127.0.0.1."""
    for host in ("evil.example", "evil.example:80", "127.0.0.1.evil.example"):
        assert scrape(watched.watch_port, Host=host).status_code != 200
    assert scrape(watched.watch_port, Host="localhost").status_code == 200


def test_the_portal_has_no_metrics(watched):
    """Any path that is not the API's gives the pages."""
    assert "# TYPE" not in watched.stranger().get("/metrics").text


def test_a_token_is_asked(new_server, tmp_path):
    token = tmp_path / "token"
    token.write_text(TOKEN + "\n")
    tmp_path.chmod(0o755)
    for parent in tmp_path.parents:
        if str(parent).startswith("/tmp/") and parent != tmp_path:
            parent.chmod(0o755)
    port = free_port()
    new_server(load=False, options={"metrics.port": str(port), "metrics.token_file": str(token)})
    for wrong in ({}, {"Authorization": "Bearer no"}, {"Authorization": f"Basic {TOKEN}"},
                  {"Authorization": f"Bearer {TOKEN}x"}):
        assert scrape(port, **wrong).status_code == 401
        assert requests.get(f"http://127.0.0.1:{port}/healthz", headers=wrong,
                            timeout=5).status_code == 401
    assert samples(port, Authorization=f"Bearer {TOKEN}")


def test_no_open_door_beyond_loopback(new_server):
    """Without a token it does not listen for others, and says what to do."""
    server = new_server(load=False)
    server.stop()
    path = server.state / "darse.conf"
    path.write_text(path.read_text() + f"\n[metrics]\nlisten=0.0.0.0\nport={free_port()}\n")
    server.start(wait=False)
    wait_until(lambda: "metrics.token_file" in server.log_tail(), 20, "the refusal in the log")
    server.stop()
