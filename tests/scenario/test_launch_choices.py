# SPDX-License-Identifier: Apache-2.0
"""A scientist chooses what a service may use; what is too much is refused before anything starts, and
a lifetime that is over ends the service."""
import sqlite3

from darse import wait_until


def definition(client):
    return next(one for one in client.ok("GET", "/api/v1/definitions")["items"]
                if one["id"] == "jupyter")


def test_choices_reach_the_container_and_lifetimes_end(server, client_for, restricted):
    client = client_for("scientist")
    services = f"/api/v1/projects/{restricted['id']}/services"
    schema = definition(client)["schema"]
    assert schema["additionalProperties"] is False
    assert 1 in schema["properties"]["cpus"]["enum"]
    look = client.ok("GET", f"/api/v1/projects/{restricted['id']}/launch?definition=jupyter")
    assert look["allowed"] is True
    used = look["quotas"]["memory_mib"]["used"]

    choices = {"cpus": 1, "memory_mib": 1024, "hours": 1}
    service = client.ok("POST", services, {"definition": "jupyter", "parameters": choices}, 202)
    path = f"/api/v1/services/{service['id']}"
    assert (service["cpus"], service["memory_mib"]) == (1, 1024)
    wait_until(lambda: client.ok("GET", path)["state"] == "ready", 60, "readiness")
    look = client.ok("GET", f"/api/v1/projects/{restricted['id']}/launch?definition=jupyter")
    assert look["quotas"]["memory_mib"]["used"] == used + 1024
    assert definition(client)["start"]["count"] >= 1
    assert definition(client)["start"]["median_ms"] > 0

    # Its hour is over: the clock stops it, and says why.
    with sqlite3.connect(server.state / "darse.db", timeout=20) as database:
        database.execute("UPDATE service SET ends_ms = created_ms WHERE id = ?", (service["id"],))
    stopped = wait_until(lambda: (row := client.ok("GET", path))["state"] == "stopped" and row, 30,
                         "the end of its lifetime")
    assert stopped["state_reason"] == "services.lifetime"


def test_what_is_not_offered_is_refused(client_for, restricted):
    client = client_for("scientist")
    services = f"/api/v1/projects/{restricted['id']}/services"
    for parameters, reason in (({"cpus": 999}, "catalog.parameter"),
                               ({"memory_mib": 1000}, "catalog.parameter"),
                               ({"hours": 5}, "catalog.parameter"),
                               ({"cpus": "2"}, "http.field_type"),
                               ({"gpu": 1}, "http.field_unknown")):
        problem = client.refused("POST", services,
                                 {"definition": "jupyter", "parameters": parameters}, 400)
        assert problem["reason"] == reason or reason.startswith("http."), problem


def test_what_one_person_may_have_together_is_kept(new_server):
    server = new_server(options={"services.memory_mib_per_person": "1024", "services.memory_mib": "512"})
    client = server.client_for("scientist")
    project = next(one for one in client.ok("GET", "/api/v1/projects")["items"]
                   if one["slug"] == "care-use")
    services = f"/api/v1/projects/{project['id']}/services"
    problem = client.post(services, json={"definition": "jupyter",
                                          "parameters": {"memory_mib": 2048}})
    assert problem.status_code == 507
    assert problem.json()["reason"] == "services.quota_memory_mib"
    assert client.ok("GET", services)["items"] == []
