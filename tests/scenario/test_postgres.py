# SPDX-License-Identifier: Apache-2.0
"""The same program on PostgreSQL: the demonstration loads, people work, and the database server may go
away and come back."""
import subprocess
import tempfile
from pathlib import Path

import pytest

from darse import ROOT, wait_until

API = "/api/v1"
SCRIPT = str(ROOT / "tests" / "postgres.sh")


@pytest.fixture
def cluster():
    """(folder, address) of a private PostgreSQL server."""
    folder = Path(tempfile.mkdtemp(prefix="dp-", dir="/tmp"))
    done = subprocess.run([SCRIPT, "start", str(folder)], capture_output=True, text=True,
                          check=False, timeout=120)
    if done.returncode == 77:
        pytest.skip("PostgreSQL is not installed on this machine")
    assert done.returncode == 0, done.stderr
    yield folder, done.stdout.splitlines()[-1]
    subprocess.run([SCRIPT, "stop", str(folder)], check=True, timeout=120, capture_output=True)


def add_organisation(client, name):
    return client.post(API + "/organisations", json={"name": name, "kind": "company"}).status_code


def test_work_on_postgres(cluster, new_server):
    folder, url = cluster
    server = new_server(options={"store.url": url})
    assert not (server.state / "darse.db").exists()
    officer = server.client_for("officer")
    people = officer.ok("GET", API + "/persons?limit=200")["items"]
    assert {"lead", "scientist", "auditor"} <= {person["login"] for person in people}
    assert officer.ok("GET", API + "/projects")["items"]
    assert add_organisation(officer, "Twice") == 201
    assert add_organisation(officer, "Twice") == 409

    # The server process outlives its database; what was acknowledged is there afterwards.
    process = server.children()["serve"]
    subprocess.run([SCRIPT, "restart", str(folder)], check=True, timeout=120, capture_output=True)
    wait_until(lambda: add_organisation(officer, "After the restart") in (201, 409), 20,
               "a write after the restart")
    assert server.children()["serve"] == process
    names = [one["name"] for one in officer.ok("GET", API + "/organisations?limit=200")["items"]]
    assert names.count("Twice") == 1 and names.count("After the restart") == 1
    server.stop()
    server.start()
    assert "The log is intact." in server.darse("audit", "verify")
    errors = [line for line in (folder / "log").read_text().splitlines() if "ERROR" in line]
    unexpected = [line for line in errors if "duplicate key" not in line]
    assert not unexpected, unexpected
