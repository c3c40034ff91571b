# SPDX-License-Identifier: Apache-2.0
"""Verbs of the command line for one's account, for sources and needs to know, for officers, and copies
between two places of the server. What must fail comes with each."""
import datetime
import json
import os

import pytest

from darse import PASSWORD
from test_cli import Person
from test_lake import make_project


@pytest.fixture(scope="module")
def person(server, tmp_path_factory):
    made, homes = {}, tmp_path_factory.mktemp("homes")

    def of(login, scopes="read work govern admin"):
        if login not in made:
            made[login] = Person(server, homes / login, login)
            made[login].sign_in(scopes)
        return made[login]
    return of


def in_session(one, *words, code=0):
    """WORDS that open a session: the password and a code on standard input."""
    lines = f"{PASSWORD}\n{one.server.code(one.login)}\n"
    return one.run(*words, "--password-fd", "0", "--code-fd", "0", input=lines, code=code)


def test_sessions_and_account(server, person):
    checker = person("checker2")
    browser = server.sign_in("checker2")
    mine = [one["id"] for one in checker.json("session", "list") if "python" in one["agent"]]
    assert len(mine) == 1 and mine[0] in checker.out("session", "list")
    checker.run("session", "end", mine[0], code=2)                    # no terminal to ask on
    in_session(checker, "session", "end", "ses-aaaaaaaaaaaaaaaa", code=5)
    in_session(checker, "session", "end", mine[0])
    assert browser.get("/api/v1/session").status_code == 401
    other = server.sign_in("checker2")
    in_session(checker, "session", "end-all")
    assert other.get("/api/v1/session").status_code == 401
    assert checker.json("session", "list") == []
    changed = in_session(checker, "account", "edit", "--language", "fr", "--json")
    assert json.loads(changed.stdout)["language"] == "fr"
    in_session(checker, "account", "edit", "--language", "de", code=1)


def test_notices(server, person):
    scientist = person("scientist")
    make_project(server, "open", "cli-told")                         # tells its member
    told = next(one for one in scientist.json("notice", "list", "--new") if one["kind"] == "member_added")
    scientist.run("notice", "read", told["id"])
    assert told["id"] not in [one["id"] for one in scientist.json("notice", "list", "--new")]
    assert next(one for one in scientist.json("notice", "list") if one["id"] == told["id"])["read"]
    scientist.run("notice", "read", "--all")
    assert scientist.json("notice", "list", "--new") == []
    scientist.run("notice", "read", code=2)
    scientist.run("notice", "read", "not-aaaaaaaaaaaaaaaa", code=5)
    assert "service_ends" in scientist.out("notice", "choices")
    rows = scientist.json("notice", "choose", "service_ends", "digest")
    assert next(row["channel"] for row in rows if row["kind"] == "service_ends") == "digest"
    scientist.run("notice", "choose", "service_ends", "pigeon", code=1)
    scientist.run("notice", "choose", "nothing", "mail", code=1)


def test_a_source_and_a_need_to_know(server, person):
    """A producer describes a source of its own administration and publishes; a lead confirms who needs it."""
    producer, lead, officer = person("producer"), person("lead"), server.client_for("officer")
    pack = officer.ok("GET", "/api/v1/rule-packs")["items"][0]["name"]
    words = ["source", "create", "own-register", "--title", "Own register", "--summary", "Visits",
             "--legal-basis", "Law 51-711", "--route", "own_administration", "--purpose", "evaluation",
             "--rule-pack", pack]
    lead.run(*words, code=4)
    producer.run(*words[:-2], code=2)
    source = producer.json(*words)
    assert source["routes"] == ["own_administration"] and source["stewards"][0]["login"] == "producer"
    producer.run(*words, code=6)                                     # the name is taken
    edited = producer.json("source", "edit", "own-register", "--title", "The register",
                           "--purpose", "evaluation", "--purpose", "management")
    assert edited["title"] == "The register" and len(edited["purposes"]) == 2
    producer.run("source", "edit", "nothing", "--title", "x", code=5)
    assert "The register" in producer.out("source", "show", "own-register")

    (producer.home / "variables.json").write_text(json.dumps(
        [{"name": "id", "label": "Number"}, {"name": "visits", "label": "Visits"}]))
    (producer.home / "visits.csv").write_text("id,visits\n1,2\n2,5\n3,1\n")
    producer.run("dataset", "create", "own-register", "--title", "Visits", "--slug", "visits",
                 "--vintage", "2026", "--level", "scientific", "--variables", "variables.json")
    producer.run("dataset", "publish", "own-register/visits", "visits.csv")

    now = datetime.datetime.now(datetime.timezone.utc)
    project = officer.ok("POST", "/api/v1/projects", {
        "title": "Evaluation", "slug": "own-evaluation", "summary": "Of visits.",
        "organisation": source["organisation"]["id"], "route": "own_administration",
        "purpose": "evaluation", "legal_basis": "Mission", "tier": "restricted", "lead": "lead",
        "starts": (now - datetime.timedelta(days=1)).isoformat(),
        "ends": (now + datetime.timedelta(days=100)).isoformat()})
    path = f"/api/v1/projects/{project['id']}"
    officer.ok("POST", path + "/members", {"login": "scientist", "roles": ["scientist"]})
    officer.ok("POST", path + "/state", {"state": "open", "reason": "Agreed"})

    need = ["project", "need-to-know", "own-evaluation", "scientist", "own-register/visits"]
    lead.run(*need, code=2)                                          # no reason
    lead.run(*need, "--reason", "x", "--until", "soon", code=2)
    person("scientist").run(*need, "--reason", "x", code=4)
    lead.run("project", "need-to-know", "own-evaluation", "nobody", "own-register/visits",
             "--reason", "x", code=1)
    fact = lead.json(*need, "--reason", "Follows the visits", "--until", "90d")["fact"]
    rights = lead.json("project", "data", "own-evaluation")
    mine = next(one for one in rights if one["person"]["login"] == "scientist")
    term = next(one for one in mine["terms"] if one["term"] == "need_to_know")
    assert term["met"] is True
    lead.run("fact", "revoke", fact, "--reason", "No longer")
    rights = lead.json("project", "data", "own-evaluation")
    assert not any(term["met"] for one in rights for term in one["terms"]
                   if term["term"] == "need_to_know")


def test_an_application_is_changed_and_withdrawn(person):
    scientist = person("scientist")
    dataset = next(one["slug"] for one in scientist.json("source", "show", "health-insurance")["datasets"]
                   if one["level"] == "scientific")
    made = scientist.json("application", "create", "care-use", f"health-insurance/{dataset}",
                          "--person", "scientist", "--reason", "Visits")
    edited = scientist.json("application", "edit", made["id"], "--reason", "Visits by state of health")
    assert edited["justification"] == "Visits by state of health"
    scientist.run("application", "edit", made["id"], "--until", "soon", code=2)
    scientist.run("application", "edit", made["id"], "--dataset", "health-insurance/none", code=5)
    assert scientist.json("application", "withdraw", made["id"])["state"] == "withdrawn"
    scientist.run("application", "edit", made["id"], "--reason", "x", code=6)
    scientist.run("application", "withdraw", "app-aaaaaaaaaaaaaaaa", code=5)


def test_officers(person):
    officer, lead = person("officer"), person("lead")
    assert officer.json("admin", "overview")["store"]["ok"] is True
    assert "Engine works" in officer.out("admin", "overview")
    assert "services.reconcile" in officer.out("admin", "duty", "list")
    officer.run("admin", "duty", "run", "services.reconcile")
    officer.run("admin", "duty", "run", "nothing", code=5)
    officer.run("admin", "mail", "test", code=6)                     # no mail server here
    officer.run("admin", "service", "list")
    assert "care-use" in json.dumps(officer.json("project", "list"))
    assert any(one["title"] == "Use of care and insurance" for one in officer.json("admin", "project", "usage"))
    officer.run("admin", "organisation", "add", "Harbour of Lorient")
    officer.run("admin", "organisation", "edit", "Harbour of Lorient", "--name", "Port of Lorient")
    assert "Port of Lorient" in officer.out("admin", "organisation", "list")
    officer.run("admin", "organisation", "edit", "Harbour of Lorient", "--name", "x", code=5)
    assert officer.json("admin", "audit", "verify", "--wait")["state"] == "holds"
    for words in (("overview",), ("duty", "list"), ("service", "list"), ("project", "usage"),
                  ("audit", "verify")):
        lead.run("admin", *words, code=4)


def test_copies_between_two_places(server, person):
    """Of an open project, through this machine; what the tier does not let out is not passed on."""
    lead = person("lead")
    make_project(server, "open", "cli-places")
    make_project(server, "open", "cli-elsewhere")
    (lead.home / "tree" / "deep").mkdir(parents=True)
    (lead.home / "tree" / "a").write_bytes(os.urandom(3_000_000))
    (lead.home / "tree" / "deep" / "b").write_text("b")
    lead.run("cp", "-r", "tree", "cli-places:/tree")
    lead.run("cp", "cli-places:/tree/a", "s3://cli-places/kept/a")
    lead.run("cp", "cli-places:/tree/a", "cli-places:~/")
    lead.run("cp", "cli-places:/tree/a", "cli-places:/tree/copy")
    for place in ("s3://cli-places/kept/a", "cli-places:~/a", "cli-places:/tree/copy"):
        lead.run("cp", place, "back", "--replace")
        assert (lead.home / "back").read_bytes() == (lead.home / "tree" / "a").read_bytes()
    assert "files.exists" in lead.run("cp", "cli-places:/tree/a", "cli-places:~/", code=6).stderr
    lead.run("cp", "--replace", "cli-places:/tree/a", "cli-places:~/")
    lead.run("cp", "cli-places:/tree", "cli-elsewhere:/", code=2)     # a folder, without -r
    lead.run("cp", "-r", "cli-places:/tree", "cli-elsewhere:/")
    assert lead.out("cat", "cli-elsewhere:/tree/deep/b") == "b"
    lead.run("cp", "-r", "cli-places:/tree", "cli-places:/tree/deep", code=2)
    lead.run("cp", "cli-places:/tree/a", "cli-places:/tree/a", code=2)
    lead.run("cp", "cli-places:/none", "cli-elsewhere:/", code=5)

    (lead.home / "in.txt").write_text("x")
    lead.run("cp", "in.txt", "care-use:/")
    done = lead.run("cp", "care-use:/in.txt", "cli-places:/", code=4)
    assert "policy.files_out" in done.stderr
    assert "in.txt" not in lead.out("ls", "cli-places:/")
