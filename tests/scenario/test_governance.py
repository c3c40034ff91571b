# SPDX-License-Identifier: Apache-2.0
"""Who may use what, who says so, and how a result leaves: through the API, as the people involved."""
import hashlib
import json
import os
import socket
import subprocess
import zipfile

import duckdb
import pytest

from darse import wait_until

API = "/api/v1"
YEAR = "2027-11-01"
TABLE = "received/turnover-by-activity.csv"
CSV = "id,age\n" + "".join(f"{n},{20 + n % 50}\n" for n in range(60))
VARIABLES = [{"name": "id", "label": "Identifier"}, {"name": "age", "label": "Age"}]


@pytest.fixture(scope="module")
def who(client_for):
    """who.scientist, who.checker1, ...: signed in when first asked for."""
    class Who:
        def __getattr__(self, login):
            return client_for(login)
    return Who()


@pytest.fixture(scope="module")
def datasets(who):
    """{slug: dataset} of every published dataset."""
    found = {}
    for source in who.scientist.ok("GET", f"{API}/sources?limit=200")["items"]:
        for dataset in who.scientist.ok("GET", f"{API}/sources/{source['id']}")["datasets"]:
            found[dataset["slug"]] = dataset
    return found


def make_source(who, slug, **changes):
    body = {"title": slug, "slug": slug, "summary": "For a test.", "legal_basis": "Test act",
            "routes": ["research"], "purposes": ["research"], "rule_pack": "fr-person", **changes}
    return who.producer.ok("POST", f"{API}/sources", body, 201)


def describe(who, source, slug="file", level="scientific", variables=None):
    return who.producer.ok("POST", f"{API}/sources/{source['id']}/datasets", {
        "title": slug, "slug": slug, "vintage": "2026", "level": level,
        "variables": variables or VARIABLES}, 201)


def send(client, dataset, text, name="people.csv", **arguments):
    arguments.setdefault("headers", {})["Content-Type"] = "text/csv"
    return client.request("PUT", f"{API}/datasets/{dataset['id']}/file?name={name}",
                          data=text, **arguments)


def apply(client, project, datasets, persons=("scientist",)):
    return client.ok("POST", f"{API}/projects/{project['id']}/applications", {
        "datasets": [one["id"] for one in datasets], "persons": list(persons),
        "justification": "To answer the question of the project."}, 201)


def line(client, project, dataset, login="scientist"):
    """The row of the project's table about LOGIN and DATASET, with its terms by name."""
    items = client.ok("GET", f"{API}/projects/{project['id']}/accreditations")["items"]
    row = next(one for one in items
               if one["person"]["login"] == login and one["dataset"]["id"] == dataset["id"])
    return row["holds"], {term["term"]: term for term in row["terms"]}


def tasks(client, kind):
    return {one["object"] for one in client.ok("GET", f"{API}/me/tasks")["items"]
            if one["kind"] == kind}


# ---- what is not yours does not exist --------------------------------------------------------------

@pytest.mark.parametrize("path", ["", "/members", "/accreditations", "/files", "/journal",
                                  "/services", "/exports", "/bucket"])
def test_others_projects_do_not_exist(who, restricted, path):
    for stranger in (who.checker1, who.committee):
        stranger.refused("GET", f"{API}/projects/{restricted['id']}{path}", status=404)
    listed = who.checker1.ok("GET", f"{API}/projects")["items"]
    assert restricted["id"] not in [one["id"] for one in listed]


@pytest.mark.parametrize("method, path, body", [
    ("PATCH", "", {"title": "Mine"}),
    ("POST", "/state", {"state": "frozen", "reason": "x"}),
    ("POST", "/members", {"login": "checker1", "roles": ["lead"]}),
    ("POST", "/applications", {"datasets": ["dts-aaaaaaaaaaaaaaaa"], "persons": ["scientist"],
                               "justification": "x"}),
    ("POST", "/need-to-know", {"person": "scientist", "dataset": "dts-aaaaaaaaaaaaaaaa",
                               "comment": "x"}),
    ("POST", "/services", {"definition": "jupyter"}),
    ("POST", "/lake-keys", None),
    ("POST", "/exports", {"title": "x", "context": "x"}),
])
def test_nothing_is_done_in_others_projects(who, restricted, method, path, body):
    who.checker1.refused(method, f"{API}/projects/{restricted['id']}{path}", body, status=404,
                         reason="projects.no_project")


def test_business_sees_the_project_and_not_its_files(who, restricted):
    assert who.business.ok("GET", f"{API}/projects/{restricted['id']}")["my_roles"] == ["business"]
    who.business.refused("GET", f"{API}/projects/{restricted['id']}/files", status=403)


def test_drafts_are_the_projects_own(who, restricted, datasets):
    made = apply(who.scientist, restricted, [datasets["person-years-scientific"]])
    path = f"{API}/applications/{made['id']}"
    assert who.lead.ok("GET", path)["state"] == "draft"
    for other in (who.producer, who.committee, who.checker1):
        other.refused("GET", path, status=404, reason="accreditation.no_application")
    who.checker1.refused("POST", path + "/submit", status=404)
    who.scientist.ok("POST", path + "/submit")
    assert who.producer.ok("GET", path)["state"] == "submitted"
    who.producer2.refused("GET", path, status=404)
    assert made["id"] in tasks(who.producer, "agree")


# ---- a mismatch is a denial ------------------------------------------------------------------------

def test_purpose_route_and_level(who, restricted, datasets):
    other_purpose = make_source(who, "purpose-test", purposes=["official_statistics"])
    other_route = make_source(who, "route-test", routes=["own_administration"])
    cases = [(datasets["person-years"], "policy.tier_level")]
    for source, reason in ((other_purpose, "policy.source_purpose"),
                           (other_route, "policy.source_route")):
        dataset = describe(who, source)
        assert send(who.producer, dataset, CSV).status_code == 200
        cases.append((dataset, reason))
    before = who.scientist.ok("GET", f"{API}/applications?limit=200")["items"]
    for dataset, reason in cases:
        body = {"datasets": [dataset["id"]], "persons": ["scientist"], "justification": "x"}
        problem = who.scientist.refused("POST", f"{API}/projects/{restricted['id']}/applications",
                                        body, status=403, reason=reason)
        assert len(problem["detail"]) > 20
    assert who.scientist.ok("GET", f"{API}/applications?limit=200")["items"] == before
    journal = who.officer.ok("GET", f"{API}/projects/{restricted['id']}/journal")["items"]
    assert {"policy.tier_level", "policy.source_purpose", "policy.source_route"} <= \
        {entry["reason"] for entry in journal if entry["outcome"] == "denied"}


def test_law_excludes_control(who):
    who.producer.refused("POST", f"{API}/sources", {
        "title": "x", "slug": "control-test", "summary": "x", "legal_basis": "Law 51-711",
        "routes": ["research"], "purposes": ["research", "control"], "rule_pack": "fr-person"},
        status=422, reason="sources.law_excludes_purpose")


def test_a_source_goes_on_admitting_somebody(who):
    source = make_source(who, "admits")
    for name in ("routes", "purposes"):
        who.producer.refused("PATCH", f"{API}/sources/{source['id']}", {name: []},
                             reason="sources.nothing_admitted")
    kept = who.producer.ok("GET", f"{API}/sources/{source['id']}")
    assert (kept["routes"], kept["purposes"]) == (source["routes"], source["purposes"])


# ---- publication -----------------------------------------------------------------------------------

def test_publication(who):
    source = make_source(who, "publication-test")
    dataset = describe(who, source, variables=VARIABLES + [{"name": "sex", "label": "Sex"}])
    path = f"{API}/datasets/{dataset['id']}"
    who.scientist.refused("GET", path, status=404)
    assert send(who.producer2, dataset, CSV).status_code == 403
    refused = send(who.producer, dataset, CSV)
    assert refused.status_code == 422 and refused.json()["reason"] == "sources.variables_differ"
    assert '"sex"' in refused.json()["detail"]
    draft = who.producer.ok("GET", path)
    assert draft["state"] == "draft" and "sex" in draft["failure"] and draft["file_size"] == 0
    good = CSV.replace("id,age", "id,age,sex").replace("\n", ",1\n").replace("sex,1", "sex")
    assert send(who.producer, dataset, good, name="..%2Fx.csv").status_code == 400
    assert send(who.producer, dataset, good, name="x.xlsx").status_code == 415
    chunks = send(who.producer, dataset, iter([good.encode()]))
    assert chunks.status_code == 411, chunks.text
    published = send(who.producer, dataset, good)
    assert published.status_code == 200, published.text
    body = published.json()
    assert body["state"] == "published" and body["rows"] == 60 and len(body["file_sha256"]) == 64
    assert [one["name"] for one in body["variables"]] == ["id", "age", "sex"]
    assert all("min" not in one for one in body["variables"]), "bounds of a confidential file"
    assert who.scientist.ok("GET", path)["state"] == "published"
    again = send(who.producer, dataset, good)
    assert again.status_code == 409 and again.json()["reason"] == "sources.dataset_state"
    assert describe(who, source, variables=dataset["variables"])["version"] == 2


def test_cut_off_upload(server, who):
    source = make_source(who, "cut-off-test")
    dataset = describe(who, source)
    cookie = "; ".join(f"{one.name}={one.value}" for one in who.producer.cookies)
    with socket.create_connection(("localhost", server.port)) as wire:
        wire.sendall((f"PUT {API}/datasets/{dataset['id']}/file?name=a.csv HTTP/1.1\r\n"
                      f"Host: localhost:{server.port}\r\nCookie: {cookie}\r\n"
                      f"X-Darse-CSRF: {who.producer.headers['X-Darse-CSRF']}\r\n"
                      "Content-Type: text/csv\r\nContent-Length: 100000\r\n\r\nid,age\n1,2\n"
                      ).encode())
    path = f"{API}/datasets/{dataset['id']}"
    wait_until(lambda: who.producer.ok("GET", path)["failure"] != "", 10, "the end of the upload")
    assert who.producer.ok("GET", path)["state"] == "draft"
    assert list((server.state / "uploads").iterdir()) == []
    assert send(who.producer, dataset, CSV).status_code == 200


# ---- accreditation ---------------------------------------------------------------------------------

def test_accreditation_term_by_term(server, who, secure, datasets):
    dataset = datasets["units"]
    made = apply(who.scientist, secure, [dataset])
    path = f"{API}/applications/{made['id']}"
    who.scientist.ok("POST", path + "/submit")
    holds, terms = line(who.lead, secure, dataset)
    assert not holds
    assert terms["project_open"]["met"] and terms["member"]["met"]
    assert terms["steward_agreement"]["waits_for"] == ["Perrine Garnier"]
    favourable = {"outcome": "favourable", "comment": "Useful.", "expires": YEAR}
    agreed = {"dataset": dataset["id"], "outcome": "agreed", "comment": "Yes."}
    who.committee.refused("POST", path + "/opinion", favourable, status=409,
                          reason="accreditation.producers_first")
    who.lead.refused("POST", path + "/agreements", agreed, status=403)
    assert made["id"] in tasks(who.producer2, "agree")
    who.producer2.ok("POST", path + "/agreements", agreed)
    assert made["id"] not in tasks(who.producer2, "agree")
    assert made["id"] in tasks(who.committee, "opine")
    who.committee.refused("POST", path + "/opinion", {**favourable, "expires": None}, status=400)
    who.committee.refused("POST", path + "/opinion",
                          {"outcome": "favourable", "comment": "x"}, status=400,
                          reason="accreditation.no_duration")
    assert who.committee.ok("POST", path + "/opinion", favourable)["state"] == "decided"
    assert not line(who.lead, secure, dataset)[0]
    assert made["id"] in tasks(who.scientist, "sign_undertaking")
    who.lead.refused("POST", path + "/undertaking", {"code": "000000"}, status=403)
    who.scientist.ok("POST", path + "/undertaking", {"code": server.code("scientist")})
    holds, terms = line(who.lead, secure, dataset)
    assert holds and all(term["met"] for term in terms.values())
    assert terms["committee_opinion"]["expires"].startswith(YEAR)
    assert terms["undertaking"]["by"] == "Samir Benali"
    # The producer sees what concerns the enterprise source, and nothing else of the project.
    assert line(who.producer2, secure, dataset)[0]
    who.producer2.refused("GET", f"{API}/projects/{secure['id']}", status=404)

    # A frozen project gives nothing to anybody; the same signatures hold again afterwards.
    state = f"{API}/projects/{secure['id']}/state"
    who.lead.refused("POST", state, {"state": "frozen", "reason": "x"}, status=403)
    who.officer.ok("POST", state, {"state": "frozen", "reason": "An incident is looked into."})
    holds, terms = line(who.lead, secure, dataset)
    assert not holds and terms["project_open"]["reason"] == "accreditation.project_frozen"
    who.officer.ok("POST", state, {"state": "open", "reason": "It was nothing."})
    assert line(who.lead, secure, dataset)[0]

    # Revoked by the steward; nobody else's business.
    fact = terms["steward_agreement"]["fact"]
    who.checker1.refused("POST", f"{API}/facts/{fact}/revoke", {"reason": "x"}, status=404)
    who.lead.refused("POST", f"{API}/facts/{fact}/revoke", {"reason": "x"}, status=403)
    who.producer2.ok("POST", f"{API}/facts/{fact}/revoke", {"reason": "The agreement ended."})
    holds, terms = line(who.lead, secure, dataset)
    assert not holds and terms["steward_agreement"]["reason"] == "accreditation.agreement_revoked"


def test_members(who, secure):
    path = f"{API}/projects/{secure['id']}/members"
    who.scientist.refused("POST", path, {"login": "business", "roles": ["business"]}, status=403)
    who.lead.refused("POST", path, {"login": "nobody-of-that-name", "roles": ["scientist"]},
                     status=404)
    who.lead.refused("POST", path, {"login": "business", "roles": ["boss"]}, status=400)
    who.lead.refused("POST", path, {"login": "lead", "roles": ["scientist"]}, status=409,
                     reason="projects.last_lead")
    items = who.lead.ok("POST", path, {"login": "business", "roles": ["business"]}, 201)["items"]
    person = next(one["person"] for one in items if one["login"] == "business")
    who.lead.ok("DELETE", f"{path}/{person}", status=204)
    who.business.refused("GET", f"{API}/projects/{secure['id']}", status=404)


# ---- the airlock of the secure tier ----------------------------------------------------------------

def export_of(who, secure, title):
    export = who.scientist.ok("POST", f"{API}/projects/{secure['id']}/exports", {
        "title": title, "context": "Turnover by activity, all enterprises of the register."}, 201)
    path = f"{API}/exports/{export['id']}"
    who.scientist.ok("POST", path + "/files", {"path": TABLE, "declaration": {
        "count": "units", "total": "turnover", "largest": "largest"}}, 201)
    return path


def review(server, client, login, path, decision, comment):
    return client.ok("POST", path + "/reviews", {"decision": decision, "comment": comment,
                                                 "code": server.code(login)})


def test_two_blind_checkers(server, who, secure, tmp_path):
    path = export_of(who, secure, "Two blind checkers")
    who.checker1.refused("GET", path, status=404)          # a draft is its author's
    who.checker1.refused("POST", path + "/reviews",
                         {"decision": "approve", "comment": "x", "code": "000000"})
    assert who.scientist.ok("POST", path + "/submit")["checkers_needed"] == 2
    export = path.rsplit("/", 1)[1]
    assert export in tasks(who.checker1, "review_export")
    good = {"decision": "approve", "comment": "Counts are large.", "code": "000000"}
    who.scientist.refused("POST", path + "/reviews", good, status=403)     # the author
    who.lead.refused("POST", path + "/reviews", good, status=403)          # a member
    who.producer.refused("POST", path + "/reviews", good)                  # no checker
    who.checker1.refused("POST", path + "/reviews", good, status=403,
                         reason="identity.code_refused")
    first = review(server, who.checker1, "checker1", path, "approve", "Counts are large.")
    assert first["state"] == "submitted" and len(first["reviews"]) == 1
    # Blind: neither the other checker nor the author learns that or what the first one decided.
    assert who.checker2.ok("GET", path)["reviews"] == []
    assert who.scientist.ok("GET", path)["reviews"] == []
    assert export not in tasks(who.checker1, "review_export")
    who.checker1.refused("POST", path + "/reviews", good, status=403, reason="policy.reviewed")
    who.scientist.refused("GET", path + "/release", status=409)
    second = review(server, who.checker2, "checker2", path, "approve", "No dominance.")
    assert second["state"] == "approved"
    assert len(who.scientist.ok("GET", path)["reviews"]) == 2
    assert export in tasks(who.scientist, "export_approved")
    who.business.refused("GET", path + "/release", status=404)
    package = who.scientist.get(path + "/release")
    assert package.status_code == 200 and package.headers["Content-Type"] == "application/zip"
    assert who.scientist.ok("GET", path)["state"] == "released"
    file = tmp_path / "release.zip"
    file.write_bytes(package.content)
    # The largest turnover of each cell is one enterprise's own: it served the check and stayed inside.
    checked = second["files"][0]
    assert checked["lint"]["withheld"] == ["largest"] and checked["verdict"] == "pass"
    assert checked["lint"]["checked_sha256"] != checked["sha256"]
    [table] = [name for name in zipfile.ZipFile(file).namelist() if name.endswith(".csv")]
    content = zipfile.ZipFile(file).read(table)
    assert hashlib.sha256(content).hexdigest() == checked["sha256"]
    assert content.decode().splitlines()[0] == "activity,size,units,turnover"
    reviews = json.loads(zipfile.ZipFile(file).read("reviews.json"))
    assert len(reviews["reviews"] if isinstance(reviews, dict) else reviews) == 2
    done = subprocess.run([str(server.binary), "release", "verify", str(file)],
                          capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    damaged = bytearray(package.content)
    damaged[len(damaged) // 2] ^= 1
    file.write_bytes(damaged)
    done = subprocess.run([str(server.binary), "release", "verify", str(file)],
                          capture_output=True, text=True, check=False)
    assert done.returncode == 1


def test_an_author_takes_nothing_unreviewed(server, who, secure):
    """The copy of a file is not a way around the review: no byte and no value of it comes back to the
    author's browser, where that receives pixels alone."""
    path = export_of(who, secure, "Around the airlock")
    file = who.scientist.ok("GET", path)["files"][0]
    assert file["lint"]["columns"] == [] and file["lint"]["notes"] == []
    assert all(flag["value"] is None for flag in file["lint"]["flags"])
    for way in ("content", "preview"):
        who.scientist.refused("GET", f"{path}/files/{file['id']}/{way}", status=403,
                              reason="policy.export_file")
        who.checker1.refused("GET", f"{path}/files/{file['id']}/{way}", status=404)
    who.scientist.ok("POST", path + "/submit")
    for way in ("content", "preview"):
        for member in (who.scientist, who.lead):
            member.refused("GET", f"{path}/files/{file['id']}/{way}", status=403)
        assert who.checker1.get(f"{path}/files/{file['id']}/{way}").status_code == 200
    content = who.checker1.get(f"{path}/files/{file['id']}/content")
    assert content.text.startswith("activity,size,units") and "no-store" in \
        content.headers["Cache-Control"]
    # Nor may somebody outside of the project who is no checker; and reading is in the log.
    who.producer.refused("GET", f"{path}/files/{file['id']}/content", status=404)
    entries = who.auditor.ok("GET", f"{API}/audit?object={file['id']}")["items"]
    assert [one["outcome"] for one in entries if one["verb"] == "export.file"].count("done") >= 3
    who.scientist.ok("POST", path + "/withdraw")


def test_one_rejection_rejects(server, who, secure):
    path = export_of(who, secure, "Conflict")
    who.scientist.ok("POST", path + "/submit")
    review(server, who.checker2, "checker2", path, "approve", "Fine.")
    who.checker1.refused("POST", path + "/reviews",
                         {"decision": "reject", "comment": "", "code": "000000"}, status=400)
    decided = review(server, who.checker1, "checker1", path, "reject", "Not within the purpose.")
    assert decided["state"] == "rejected"
    who.scientist.refused("POST", path + "/submit", status=409)
    who.scientist.refused("GET", path + "/release", status=409)


def test_parquet_leaves_as_its_values_alone(server, who, secure):
    """What no reader shows, metadata here, is not in the copy that is reviewed and released."""
    folder = server.state / "projects" / secure["id"] / "files"
    file = folder / "hidden.parquet"
    duckdb.sql(f"COPY (SELECT 'a' AS g, 30 AS n) TO '{file}' "
               "(FORMAT parquet, KV_METADATA {note: 'a secret of somebody'})")
    os.chown(file, folder.stat().st_uid, folder.stat().st_gid)
    assert b"a secret of somebody" in file.read_bytes()
    path = export_of(who, secure, "Hidden")
    added = who.scientist.ok("POST", path + "/files", {
        "path": "hidden.parquet", "declaration": {"count": "n"}})
    copy, = (server.state / "projects" / secure["id"] / "drafts").rglob(added["id"])
    assert b"a secret of somebody" not in copy.read_bytes()
    assert added["sha256"] == hashlib.sha256(copy.read_bytes()).hexdigest()
