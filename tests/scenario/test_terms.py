# SPDX-License-Identifier: Apache-2.0
"""The terms of use: whoever has not accepted the version in force may read them, see to their own account,
accept and sign out; in the pages, with a token, with a key of the lake, from the command line."""
import datetime
import sqlite3

import pytest
import requests

from darse import PASSWORD
from test_cli import Person
from test_lake import code_of, make_key, make_project, s3_client

API = "/api/v1"
TERMS = f"{API}/texts/terms"
# What can still be read: one's own account, and what concerns nobody's.
OWN = ["session", "me/terms", "me/tokens", "me/sessions", "me/second-factor", "me/notice-choices",
       "definitions", "audit/checkpoint"]
KNOWN = {"definition": "jupyter"}


@pytest.fixture(scope="module")
def officer(client_for):
    return client_for("officer")


def publish(officer, **more):
    """A new version that asks to be accepted. Gives its number."""
    base = officer.ok("GET", TERMS)["version"]
    return officer.ok("PUT", TERMS, {"fr": f"# Conditions\n\n{base}", "en": f"# Terms\n\n{base}",
                                     "base": base, "asks_acceptance": True, **more})["version"]


def accept(client):
    client.ok("POST", f"{API}/me/terms", {"version": client.ok("GET", TERMS)["version"]}, 204)


def refused(client, path, method="GET", body=None):
    return client.refused(method, API + path, body, status=403, reason="policy.terms")


def bearer(server, token):
    client = server.stranger()
    client.headers["Authorization"] = f"Bearer {token}"
    return client


def make_token(client, scopes):
    expires = (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=1)).isoformat()
    return client.ok("POST", f"{API}/me/tokens", {"name": "a program", "scopes": scopes,
                                                  "expires": expires})["token"]


def test_demonstration_has_accepted(server, client_for, officer):
    """Every account of the demonstration did, by itself; the log says so."""
    assert officer.ok("GET", TERMS)["asks_acceptance"]
    version = officer.ok("GET", TERMS + "/versions")["items"][0]
    accounts = officer.ok("GET", f"{API}/persons?limit=200")["items"]
    assert version["version"] == 1 and version["accepted"] == len(accounts)
    state = client_for("lead").ok("GET", f"{API}/me/terms")
    assert not state["pending"] and state["due"] is None and state["accepted_version"] == 1
    leaf = officer.ok("GET", f"{API}/audit?verb=account.own&limit=200")
    assert any(entry["details"].get("action") == "accept_terms" for entry in leaf["items"])


def test_everything_else_is_refused(server, client_for, officer):
    """Each thing that can be read, by its address in the API's own document; then some that act."""
    scientist = client_for("scientist")
    program = bearer(server, make_token(scientist, ["read", "work", "govern", "admin"]))
    project = scientist.ok("GET", f"{API}/projects")["items"][0]["id"]
    publish(officer)
    try:
        open_still = set()
        for path, item in requests.get(server.url + "/api/v1/openapi.json", timeout=10).json()["paths"].items():
            if "get" not in item or not item["get"]["security"] or path.endswith("/events"):
                continue
            at = path.replace("{project}", project)
            for client in (scientist, program):
                needed = [f"{one['name']}={KNOWN.get(one['name'], one['example'])}" for one in item["get"]["parameters"]
                          if one.get("in") == "query" and one["required"]]
                answer = client.get(at + "?" + "&".join(needed))
                if answer.status_code // 100 == 2:
                    open_still.add(path)
                elif "{" not in at:
                    assert answer.json()["reason"] == "policy.terms", (at, answer.text)
        assert open_still == {f"{API}/{own}" for own in OWN}
        problem = refused(scientist, f"/projects/{project}/services", "POST", {"definition": "jupyter"})
        assert "darse terms accept" in problem["detail"] and problem["status"] == 403
        refused(program, f"/projects/{project}")
        refused(scientist, "/projects/prj-0000000000000000")     # not even that there is no such thing
        entry = officer.ok("GET", f"{API}/audit?verb=service.launch&limit=1")["items"][0]
        assert entry["outcome"] == "denied" and entry["reason"] == "policy.terms"
    finally:
        accept(scientist)
    scientist.ok("GET", f"{API}/projects/{project}")
    program.ok("GET", f"{API}/projects/{project}")


def test_own_account_stays_open(server, officer):
    """The language in which to read them, a lost password, signing out: none waits for the terms."""
    before = server.sign_in("business")
    publish(officer)
    business = server.sign_in("business")
    assert business.ok("GET", f"{API}/me/terms")["overdue"]
    business.ok("PATCH", f"{API}/me", {"language": "fr"})
    business.ok("POST", f"{API}/me/sessions/end-others", status=204)
    assert before.get(f"{API}/session").status_code == 401
    server.stranger().ok("GET", TERMS)
    refused(business, "/projects")
    business.refused("POST", f"{API}/me/terms", {"version": 0}, status=409, reason="texts.changed")
    business.ok("DELETE", f"{API}/session", status=204)
    again = server.sign_in("business")
    accept(again)
    again.ok("GET", f"{API}/projects")


def test_a_program_does_not_accept(server, officer, client_for):
    auditor = client_for("auditor")
    program = bearer(server, make_token(auditor, ["read"]))
    version = publish(officer)
    program.refused("POST", f"{API}/me/terms", {"version": version}, status=403,
                    reason="identity.session_needed")
    accept(auditor)
    program.ok("GET", f"{API}/audit")


def test_a_key_of_the_lake_waits_too(server, officer, client_for):
    lead = client_for("lead")
    accept(lead)
    key = make_key(lead, make_project(server, "open", "terms-open"))
    s3 = s3_client(key)
    s3.put_object(Bucket=key["bucket"], Key="a", Body=b"a")
    publish(officer)
    assert code_of(s3.get_object, Bucket=key["bucket"], Key="a") == "AccessDenied"
    assert code_of(s3.put_object, Bucket=key["bucket"], Key="b", Body=b"b") == "AccessDenied"
    accept(lead)
    assert s3.get_object(Bucket=key["bucket"], Key="a")["Body"].read() == b"a"


def test_grace_is_for_those_who_were_here(server, officer, client_for):
    checker = client_for("checker1")
    accept(checker)
    publish(officer, grace_days=14)
    state = checker.ok("GET", f"{API}/me/terms")
    assert state["pending"] and not state["overdue"]
    left = datetime.datetime.fromisoformat(state["due"].replace("Z", "+00:00")) \
        - datetime.datetime.now(datetime.timezone.utc)
    assert datetime.timedelta(days=13) < left <= datetime.timedelta(days=14)
    checker.ok("GET", f"{API}/exports?queue=review")
    organisation = officer.ok("GET", f"{API}/organisations")["items"][0]["id"]
    officer.ok("POST", f"{API}/persons", {
        "login": "newcomer", "name": "New Comer", "email": "newcomer@darse.example",
        "organisation": organisation, "roles": [], "language": "en", "password": PASSWORD})
    newcomer = server.sign_in("newcomer")
    assert newcomer.ok("GET", f"{API}/me/terms")["overdue"]
    refused(newcomer, "/projects")
    accept(newcomer)
    newcomer.ok("GET", f"{API}/projects")


def test_grace_ends(new_server):
    """The day after: the same session, the same token, refused."""
    server = new_server()
    officer, scientist = server.client_for("officer"), server.client_for("scientist")
    publish(officer, grace_days=1)
    scientist.ok("GET", f"{API}/projects")
    server.stop()
    database = sqlite3.connect(server.state / "darse.db")
    with database:
        database.execute("UPDATE text_version SET due_ms = due_ms - 86400001 WHERE version = 2")
    database.close()
    server.start()
    refused(scientist, "/projects")
    officer.ok("GET", f"{API}/projects")      # who put it in force accepted it by that


def test_what_is_no_grace(officer):
    base = officer.ok("GET", TERMS)["version"]
    body = {"fr": "# C\n\nx", "en": "# T\n\nx", "base": base, "asks_acceptance": True}
    officer.refused("PUT", TERMS, {**body, "grace_days": 91}, status=400)
    officer.refused("PUT", TERMS, {**body, "grace_days": -1}, status=400)
    assert officer.ok("GET", TERMS)["version"] == base


def test_command_line(server, officer, tmp_path):
    """A person at a terminal is told at sign-in, refused with a sentence, reads, accepts, goes on."""
    version = publish(officer)
    person = Person(server, tmp_path / "committee", "committee")
    told = person.sign_in("read").stderr
    assert f"darse terms accept {version}" in told
    refusal = person.run("project", "list", code=4).stderr
    assert "terms of use" in refusal and "darse terms accept" in refusal
    assert person.json("terms", "state")["overdue"] is True
    assert person.out("terms", "show", "--language", "en").startswith("# Terms")
    person.run("whoami")
    lines = f"{PASSWORD}\n{server.code('committee')}\n"
    person.run("terms", "accept", str(version), "--password-fd", "0", "--code-fd", "0", input=lines)
    person.out("project", "list")
    assert person.json("terms", "state")["accepted_version"] == version
    person.run("terms", "accept", "one", code=2)
