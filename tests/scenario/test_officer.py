# SPDX-License-Identifier: Apache-2.0
"""What officers see and do about the platform itself, and what nobody else does; texts; what a
person does with their sessions and recovery codes."""
import json
import sqlite3

import pytest

from darse import PASSWORD, wait_until

API = "/api/v1"
ADMIN = f"{API}/admin"


@pytest.fixture(scope="module")
def officer(client_for):
    return client_for("officer")


# ---- who may ----


@pytest.mark.parametrize("path", ["overview", "duties", "services", "projects"])
def test_only_officers(server, client_for, path):
    for login in ("scientist", "lead", "producer", "checker1", "committee"):
        client_for(login).refused("GET", f"{ADMIN}/{path}", status=403, reason="policy.role")
    server.stranger().refused("GET", f"{ADMIN}/{path}", status=401)
    client_for("officer").ok("GET", f"{ADMIN}/{path}")


def test_a_token_needs_the_admin_scope(server, officer):
    for scopes, status in ((["read", "work", "govern"], 403), (["read", "admin"], 200)):
        token = officer.ok("POST", f"{API}/me/tokens", {
            "name": "overview", "scopes": scopes, "expires": "2027-06-01"}, 201)["token"]
        answer = server.stranger().get(f"{ADMIN}/overview",
                                       headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == status


def test_refusals_are_in_the_log(client_for, officer):
    client_for("scientist").refused("POST", f"{ADMIN}/mail/test", status=403)
    entry = officer.ok("GET", f"{API}/audit?verb=platform.manage&limit=1")["items"][0]
    assert entry["outcome"] == "denied" and entry["reason"] == "policy.role"


# ---- overview, clock ----


def test_overview(officer):
    seen = officer.ok("GET", f"{ADMIN}/overview")
    assert seen["store"]["ok"] and seen["engine"]["ok"] and seen["audit"]["entries"] > 0
    assert seen["mail"]["configured"] is False and seen["clock"]["duties"] > 5
    assert seen["counts"]["persons"] >= 8 and seen["counts"]["projects"] >= 2
    assert 0 < seen["disk"]["free_bytes"] <= seen["disk"]["total_bytes"]
    assert seen["memory_bytes"] > 1_000_000


def test_clock(officer):
    duties = {duty["name"]: duty for duty in officer.ok("GET", f"{ADMIN}/duties")["items"]}
    assert {"services.reconcile", "notices.digest", "accreditation.reminders"} <= set(duties)
    assert wait_until(lambda: next(duty for duty in officer.ok("GET", f"{ADMIN}/duties")["items"]
                                   if duty["name"] == "projects.vaults")["runs"] > 0, 10)
    runs = duties["accreditation.reminders"]["runs"]
    officer.ok("POST", f"{ADMIN}/duties/accreditation.reminders/run", status=202)
    wait_until(lambda: {duty["name"]: duty for duty in officer.ok("GET", f"{ADMIN}/duties")["items"]}
               ["accreditation.reminders"]["runs"] == runs + 1, 10, "the run")
    officer.refused("POST", f"{ADMIN}/duties/no.such/run", status=404, reason="clock.no_duty")
    officer.refused("POST", f"{ADMIN}/mail/test", status=409, reason="notices.no_server")


def test_what_ends_soon_is_told_once(server, client_for, officer, secure):
    soon = "2026-12-10T00:00:00Z"
    lead = client_for("lead")
    officer.ok("PATCH", f"{API}/projects/{secure['id']}", {"ends": soon})
    for _ in range(2):
        runs = lambda: {duty["name"]: duty["runs"] for duty in
                        officer.ok("GET", f"{ADMIN}/duties")["items"]}["accreditation.reminders"]
        before = runs()
        officer.ok("POST", f"{ADMIN}/duties/accreditation.reminders/run", status=202)
        wait_until(lambda: runs() > before, 10)
    told = [item for item in lead.ok("GET", f"{API}/me/notices?limit=200")["items"]
            if item["kind"] == "project_ends" and item["object"] == secure["id"]]
    assert len(told) == 1
    officer.ok("PATCH", f"{API}/projects/{secure['id']}", {"ends": secure["ends"]})


# ---- usage ----


def test_usage(client_for, officer, restricted):
    scientist = client_for("scientist")
    service = scientist.ok("POST", f"{API}/projects/{restricted['id']}/services",
                           {"definition": "jupyter", "name": "Measured"}, 202)
    try:
        def measured():
            rows = officer.ok("GET", f"{ADMIN}/services")["items"]
            row = next((row for row in rows if row["id"] == service["id"]), None)
            return row if row and row["usage"] else None
        row = wait_until(measured, 60, "a measure", every=0.5)
        assert row["person"]["login"] == "scientist" and row["project"]["id"] == restricted["id"]
        assert 1_000_000 < row["usage"]["memory_bytes"] <= row["usage"]["memory_limit_bytes"]
        assert 0 <= row["usage"]["cpus"] <= row["usage"]["cpu_limit"] * 1.5
    finally:
        scientist.request("DELETE", f"{API}/services/{service['id']}")
    wait_until(lambda: all(row["id"] != service["id"]
                           for row in officer.ok("GET", f"{ADMIN}/services")["items"]), 60)


def test_quotas(client_for, officer, restricted):
    path = f"{API}/projects/{restricted['id']}"
    client_for("lead").refused("PATCH", path, {"bucket_quota_bytes": 1}, status=403)
    officer.ok("PATCH", path, {"bucket_quota_bytes": 123_000_000})
    rows = officer.ok("GET", f"{ADMIN}/projects?limit=200")["items"]
    row = next(row for row in rows if row["id"] == restricted["id"])
    assert row["bucket_quota_bytes"] == 123_000_000 and row["members"] >= 2
    first = officer.ok("GET", f"{ADMIN}/projects?limit=1")
    second = officer.ok("GET", f"{ADMIN}/projects?limit=1&cursor={first['next']}")
    assert first["items"][0]["id"] != second["items"][0]["id"]
    officer.ok("PATCH", path, {"bucket_quota_bytes": restricted["bucket_quota_bytes"]})


def test_organisations(client_for, officer):
    made = officer.ok("POST", f"{API}/organisations", {"name": "Port of Brest", "kind": "company"}, 201)
    path = f"{API}/organisations/{made['id']}"
    client_for("scientist").refused("PATCH", path, {"name": "Mine"}, status=403)
    officer.ok("PATCH", path, {"name": "Port of Brest", "kind": "administration"}, 204)
    officer.ok("PATCH", path, {"name": "Harbour of Brest"}, 204)
    rows = {row["name"]: row for row in officer.ok("GET", f"{API}/organisations?limit=200")["items"]}
    assert rows["Harbour of Brest"]["kind"] == "administration"
    assert rows["Harbour of Brest"]["persons"] == 0
    other = next(name for name in rows if name != "Harbour of Brest")
    officer.refused("PATCH", path, {"name": other}, status=409, reason="identity.organisation_taken")
    officer.refused("PATCH", f"{API}/organisations/org-aaaaaaaaaaaaaaaa", {"name": "x"}, status=404)


# ---- the log ----


def test_verification(client_for, officer):
    client_for("scientist").refused("POST", f"{ADMIN}/audit/verify", status=403)
    officer.ok("POST", f"{ADMIN}/audit/verify", status=202)
    done = wait_until(lambda: (found := client_for("auditor").ok("GET", f"{ADMIN}/audit/verify"))
                      and found["state"] != "running" and found, 60)
    assert done["state"] == "holds" and done["rows"] >= done["entries"] > 0, done


def test_an_altered_entry_is_found(new_server):
    server = new_server()
    officer = server.client_for("officer")
    database = sqlite3.connect(server.state / "darse.db", timeout=20)
    with database:
        entry, = database.execute("SELECT entry FROM audit_body WHERE sequence = 3").fetchone()
        changed = json.dumps({**json.loads(entry), "actor": "per-nobody"})
        database.execute("UPDATE audit_body SET entry = ? WHERE sequence = 3", (changed,))
    database.close()
    officer.ok("POST", f"{ADMIN}/audit/verify", status=202)
    done = wait_until(lambda: (found := officer.ok("GET", f"{ADMIN}/audit/verify"))
                      and found["state"] != "running" and found, 60)
    assert done["state"] == "broken" and done["reason"] == "audit.row_altered"
    assert "3" in done["detail"]


# ---- texts ----


def test_texts(server, client_for, officer):
    anybody = server.stranger()
    for name in ("terms", "privacy", "accessibility"):
        text = anybody.ok("GET", f"{API}/texts/{name}")
        assert text["fr"]["title"] and text["en"]["html"]
        assert text["version"] == (1 if name == "terms" else 0)   # the demonstration asks for its own
    anybody.refused("GET", f"{API}/texts/manifesto", status=404, reason="texts.no_text")
    body = {"fr": "# Données\n\nUn <script>alert(1)</script> mot.", "en": "# Data\n\nA word.", "base": 0}
    path = f"{API}/texts/privacy"
    client_for("scientist").refused("PUT", path, body, status=403)
    officer.refused("PUT", path, {**body, "fr": "No title"}, status=400, reason="texts.no_title")
    officer.refused("PUT", path, {**body, "asks_acceptance": True}, status=400,
                    reason="texts.not_terms")
    written = officer.ok("PUT", path, body)
    assert written["version"] == 1 and "script" not in written["fr"]["html"]
    officer.refused("PUT", path, body, status=409, reason="texts.changed")
    assert anybody.ok("GET", path)["en"]["title"] == "Data"
    assert anybody.ok("GET", path + "?version=0")["version"] == 0
    assert officer.ok("GET", path + "/versions")["items"][0]["version"] == 1
    entry = officer.ok("GET", f"{API}/audit?verb=platform.manage&object=privacy&limit=1")["items"][0]
    assert entry["details"]["version"] == 1 and len(entry["details"]["fr_sha256"]) == 64
    preview = officer.ok("POST", f"{API}/texts-preview", {"markdown": "# T\n\n[x](javascript:y)"})
    assert preview["title"] == "T" and "href" not in preview["html"]


# ---- one's own account ----


def test_other_sessions_end(server):
    first, second = server.sign_in("producer2"), server.sign_in("producer2")
    first.ok("POST", f"{API}/me/sessions/end-others", status=204)
    first.ok("GET", f"{API}/session")
    second.refused("GET", f"{API}/session", status=401)
    assert len(first.ok("GET", f"{API}/me/sessions")["items"]) == 1


def test_recovery_codes(server):
    client = server.sign_in("committee")
    path = f"{API}/me/recovery-codes"
    client.refused("POST", path, {"password": "wrong wrong wrong", "code": "000000"}, status=403,
                   reason="identity.password_refused")
    client.refused("POST", path, {"password": PASSWORD, "code": "000000"}, status=403,
                   reason="identity.code_refused")
    codes = client.ok("POST", path, {"password": PASSWORD, "code": server.code("committee")})
    assert len(codes["recovery_codes"]) == 10
    assert client.ok("GET", f"{API}/me/second-factor") == {"in_place": True, "recovery_codes_left": 10}
    again = server.stranger().ok("POST", f"{API}/session", {
        "login": "committee", "password": PASSWORD, "code": codes["recovery_codes"][0]})
    assert again["second_factor"]
    assert client.ok("GET", f"{API}/me/second-factor")["recovery_codes_left"] == 9
    kinds = [item["kind"] for item in client.ok("GET", f"{API}/me/notices")["items"]]
    assert "account_factor" in kinds     # told of their own doing: it guards the account
