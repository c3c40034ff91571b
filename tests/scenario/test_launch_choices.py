# SPDX-License-Identifier: Apache-2.0
"""A scientist chooses what a service may use; what is too much is refused before anything starts, and
a lifetime that is over ends the service."""
import datetime
import sqlite3
import time

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


def launched(client, project, **parameters):
    """The address of a JupyterLab that is ready."""
    service = client.ok("POST", f"/api/v1/projects/{project['id']}/services",
                        {"definition": "jupyter",
                         "parameters": {"cpus": 1, "memory_mib": 1024, **parameters}}, 202)
    path = f"/api/v1/services/{service['id']}"
    wait_until(lambda: client.ok("GET", path)["state"] == "ready", 60, "readiness")
    return path


def hours_left(service):
    ends = datetime.datetime.fromisoformat(service["ends"].replace("Z", "+00:00"))
    return (ends - datetime.datetime.now(datetime.timezone.utc)).total_seconds() / 3600


def test_a_lifetime_is_prolonged_by_its_person(server, client_for, restricted):
    scientist, officer = client_for("scientist"), client_for("officer")
    path = launched(scientist, restricted, hours=1)
    try:
        assert scientist.ok("POST", path + "/prolong", {"hours": 4}, 200)["state"] == "ready"
        shown = scientist.ok("GET", path)
        assert 3.9 < hours_left(shown) <= 4
        assert shown["ends_at_most"] > shown["ends"]
        assert shown["events"][-1]["step"] == "prolonged"
        leaf = officer.ok("GET", "/api/v1/audit?verb=service.prolong&limit=1")["items"][0]
        assert leaf["outcome"] == "done" and leaf["object"] == shown["id"]
        assert leaf["details"]["ends"] == shown["ends"]
        assert leaf["details"]["before"] < shown["ends"]

        # Less than what it has, a number that is not offered, no number: nothing changes.
        for body, status, reason in (({"hours": 2}, 409, "services.lasts_longer"),
                                     ({"hours": 5}, 400, "catalog.parameter"),
                                     ({"hours": 0}, 400, None), ({"days": 1}, 400, None)):
            scientist.refused("POST", path + "/prolong", body, status, reason)
        # Neither the lead nor the officer: they may stop it, not keep it.
        client_for("lead").refused("POST", path + "/prolong", {"hours": 8}, 403, "policy.not_owner")
        officer.refused("POST", path + "/prolong", {"hours": 8}, 403)
        client_for("producer2").refused("POST", path + "/prolong", {"hours": 8}, 404)
        assert scientist.ok("GET", path)["ends"] == shown["ends"]
    finally:
        scientist.ok("DELETE", path)
    wait_until(lambda: scientist.ok("GET", path)["state"] == "stopped", 30, "the stop")
    scientist.refused("POST", path + "/prolong", {"hours": 8}, 409, "services.over")


def test_a_lifetime_has_limits_and_a_warning(new_server):
    """Two hours in all on this Darse, and never past the project's last day; told before the end, once for
    each end, and on the page of who is there."""
    server = new_server(options={"services.hours_in_all": "2"})
    scientist, officer = server.client_for("scientist"), server.client_for("officer")
    project = next(one for one in scientist.ok("GET", "/api/v1/projects")["items"]
                   if one["slug"] == "care-use")
    path = launched(scientist, project, hours=1)

    def warnings():
        notices = scientist.ok("GET", "/api/v1/me/notices")["items"]
        return [one for one in notices if one["kind"] == "service_ends"]

    def ends_in(minutes):
        with sqlite3.connect(server.state / "darse.db", timeout=20) as database:
            database.execute("UPDATE service SET ends_ms = ? WHERE id = ?",
                             (int(time.time() * 1000) + minutes * 60_000, path.split("/")[-1]))

    assert warnings() == []
    ends_in(20)
    warning = wait_until(warnings, 40, "the warning")[0]
    assert path.endswith(warning["object"])
    prolonged = scientist.ok("POST", path + "/prolong", {"hours": 8}, 200)   # cut at the limit
    assert prolonged["ends"] == scientist.ok("GET", path)["ends_at_most"]
    assert 1.5 < hours_left(prolonged) < 2
    scientist.refused("POST", path + "/prolong", {"hours": 12}, 409, "services.longest")
    with sqlite3.connect(server.state / "darse.db", timeout=20) as database:   # it is an hour later
        database.execute("UPDATE notice SET created_ms = created_ms - 3600000")
    ends_in(10)
    wait_until(lambda: len(warnings()) == 2, 40, "the second warning")

    soon = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(minutes=30)
    officer.ok("PATCH", f"/api/v1/projects/{project['id']}", {"ends": soon.isoformat()})
    prolonged = scientist.ok("POST", path + "/prolong", {"hours": 1}, 200)
    assert 0.4 < hours_left(prolonged) <= 0.5
    # Frozen, the project keeps nobody's service.
    officer.ok("POST", f"/api/v1/projects/{project['id']}/state", {"state": "frozen", "reason": "Trial"})
    scientist.refused("POST", path + "/prolong", {"hours": 1}, 403)


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
