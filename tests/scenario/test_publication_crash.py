# SPDX-License-Identifier: Apache-2.0
"""kill -9 of the server while a producer's file arrives, is read, is sealed: afterwards the dataset is
whole and published, or nothing of it is there."""
import hashlib
import os
import random
import signal
import threading
import time

import requests

from darse import wait_until

API = "/api/v1"
VARIABLES = [{"name": "id", "label": "Identifier"}, {"name": "age", "label": "Age"}]
CSV = "id,age\n" + "".join(f"{n},{20 + n % 50}\n" for n in range(200_000))
SHA256 = hashlib.sha256(CSV.encode()).hexdigest()
ROUNDS = 3


def send(client, dataset):
    try:
        return client.request("PUT", f"{API}/datasets/{dataset}/file?name=people.csv", data=CSV,
                              headers={"Content-Type": "text/csv"}).status_code
    except requests.RequestException:
        return None


def describe(client, source):
    return client.ok("POST", f"{API}/sources/{source}/datasets", {
        "title": "People", "slug": "people", "vintage": "2026", "level": "scientific",
        "variables": VARIABLES}, 201)["id"]


def kill_serve(server):
    old = server.children()["serve"]
    os.kill(old, signal.SIGKILL)
    wait_until(lambda: server.children().get("serve") not in (None, old), 60, "a new server")
    server.wait_ready()


def assert_whole_or_absent(server, client, dataset):
    path = f"{API}/datasets/{dataset}"
    wait_until(lambda: client.ok("GET", path)["state"] != "reading", 20, "the sweep")
    row = client.ok("GET", path)
    sealed = server.state / "data" / dataset
    if row["state"] == "published":
        assert row["rows"] == 200_000 and row["file_sha256"] == SHA256
        assert hashlib.sha256((sealed / "people.csv").read_bytes()).hexdigest() == SHA256
    else:
        assert row["state"] in ("draft", "failed") and not sealed.exists()
        assert "stopped" in row["failure"] or row["failure"] == "", row
    assert list((server.state / "uploads").iterdir()) == []
    return row["state"]


def test_killed_anywhere(new_server):
    server = new_server()
    seed = random.randrange(1 << 30)
    print("seed", seed)
    chance = random.Random(seed)
    producer = server.client_for("producer")
    source = producer.ok("POST", f"{API}/sources", {
        "title": "Crash", "slug": "crash-test", "summary": "For a test.", "legal_basis": "Test act",
        "routes": ["research"], "purposes": ["research"], "rule_pack": "fr-person"}, 201)["id"]
    began = time.monotonic()
    assert send(producer, describe(producer, source)) == 200
    whole = time.monotonic() - began
    dataset = describe(producer, source)
    seen = []
    for _ in range(ROUNDS):
        answers = []
        sender = threading.Thread(target=lambda: answers.append(send(producer, dataset)))
        sender.start()
        sender.join(chance.uniform(0.1, 1.1) * whole)
        kill_serve(server)
        sender.join()
        seen.append(assert_whole_or_absent(server, producer, dataset))
        assert answers[0] != 200 or seen[-1] == "published", "an answered publication is lost"
        if seen[-1] != "draft":
            dataset = describe(producer, source)
    print(seen)
    assert send(producer, dataset) == 200
    assert assert_whole_or_absent(server, producer, dataset) == "published"
