# SPDX-License-Identifier: Apache-2.0
"""The tour, twice on one demonstration: the second finds what the first left."""
import re

import pytest


def services_of(server, project):
    path = f"/api/v1/projects/{project['id']}/services"
    return server.client_for("lead").ok("GET", path)["items"]


@pytest.mark.parametrize("time", ["first", "second"])
def test_tour(server, restricted, time):
    done = server.darse("tour", check=False, timeout=280)
    print(done.stdout, done.stderr)
    assert done.returncode == 0, done.stdout + done.stderr + server.log_tail()
    lines = [line for line in done.stdout.splitlines() if re.match(r"\s*\d+\. ", line)]
    assert len(lines) >= 25 and all(" ok " in line for line in lines)
    running = [one for one in services_of(server, restricted)
               if one["state"] not in ("stopped", "failed")]
    assert running == []


def test_not_on_a_real_state(server, tmp_path):
    """A state that is not a demonstration has no known passwords, and the tour says so."""
    import subprocess
    state = tmp_path / "s"
    tmp_path.chmod(0o755)
    for parent in tmp_path.parents:
        if parent.name.startswith(("pytest", "popen")):
            parent.chmod(0o711)
    subprocess.run([str(server.binary), "init", "--state", str(state)], check=True)
    done = subprocess.run([str(server.binary), "tour", "--state", str(state)],
                          capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "not a demonstration" in done.stderr
