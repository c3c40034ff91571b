# SPDX-License-Identifier: Apache-2.0
"""A producer makes use files of a raw file by recipes: the report before publishing, the version and its
report after, the raw file nowhere; keys that live with the platform and are destroyed for good."""
import csv
import hashlib
import io
import json
import subprocess
from pathlib import Path

import pytest

from darse import BUILD, ROOT, wait_until
from test_cli import Person

API = "/api/v1"
RECIPES = ROOT / "demo" / "recipes"


def recipe_of(name, **changes):
    return {**json.loads((RECIPES / f"{name}.json").read_text(encoding="utf-8")), **changes}


@pytest.fixture(scope="module")
def raw():
    return subprocess.run([BUILD / "demo" / "darse-demo-teaching", "--rows", "2000", "--seed", "5"],
                          capture_output=True, check=True).stdout


@pytest.fixture(scope="module")
def producer(client_for):
    return client_for("producer2")


@pytest.fixture(scope="module")
def source(producer):
    return producer.ok("POST", f"{API}/sources", {
        "title": "Payslips", "slug": "payslips", "summary": "For a test.", "legal_basis": "Test act",
        "routes": ["research"], "purposes": ["research"], "rule_pack": "fr-person"}, 201)["id"]


def begin(producer, source, recipe, level="secure", slug="payslips", **more):
    return producer.ok("POST", f"{API}/sources/{source}/protections", {
        "title": "Payslips", "slug": slug, "vintage": "2026", "level": level, "recipe": recipe, **more},
        201)["id"]


def send(producer, protection, raw, name="raw.csv"):
    return producer.request("PUT", f"{API}/protections/{protection}/file?name={name}", data=raw,
                            headers={"Content-Type": "text/csv"})


def end_of(producer, protection):
    path = f"{API}/protections/{protection}"
    return wait_until(lambda: (now := producer.ok("GET", path))["state"] not in ("receiving", "running")
                      and now, 60, "the end of the recipe")


def uploads(server):
    return [path for path in (server.state / "uploads").rglob("*") if path.is_file()]


def sealed_rows(server, dataset, slug="payslips"):
    text = (server.state / "data" / dataset / f"{slug}.csv").read_text(encoding="utf-8")
    return list(csv.DictReader(io.StringIO(text)))


def leaves_of(client_for, obj):
    items = client_for("auditor").ok("GET", f"{API}/audit?object={obj}&limit=50")["items"]
    return [(item["verb"], item["outcome"]) for item in items]


def publish(producer, source, raw, recipe, level="secure", slug="payslips"):
    one = begin(producer, source, recipe, level, slug)
    assert send(producer, one, raw).status_code == 202
    assert end_of(producer, one)["state"] == "ready"
    return producer.ok("POST", f"{API}/protections/{one}/publish", status=200)


def test_from_a_raw_file_to_a_version(server, client_for, producer, source, raw):
    one = begin(producer, source, recipe_of("secure"))
    waiting = producer.ok("GET", f"{API}/protections/{one}")
    assert waiting["state"] == "waiting" and waiting["domains"] == ["person", "establishment"]
    answer = send(producer, one, raw)
    assert answer.status_code == 202 and answer.json()["state"] in ("running", "ready")
    ready = end_of(producer, one)
    assert ready["state"] == "ready", ready
    assert ready["file_sha256"] == hashlib.sha256(raw).hexdigest()
    assert [file.name for file in uploads(server)] == ["protected.csv"]   # the raw one is gone
    assert ready["summary"]["before"]["records"] == ready["summary"]["after"]["records"] == 2000
    assert ready["summary"]["before"]["identifiers"] == 5 and ready["summary"]["after"]["identifiers"] == 1
    assert producer.ok("GET", f"{API}/sources/{source}")["datasets"] == []

    done = producer.ok("POST", f"{API}/protections/{one}/publish", status=200)
    assert done["state"] == "published" and uploads(server) == []
    dataset = producer.ok("GET", f"{API}/datasets/{done['dataset']}")
    assert (dataset["state"], dataset["level"], dataset["rows"]) == ("published", "secure", 2000)
    assert dataset["has_report"]
    names = {variable["name"] for variable in dataset["variables"]}
    assert names == {"city", "department", "region", "salary", "occupation", "siret", "record_key"}
    rows = sealed_rows(server, dataset["id"])
    assert len({row["record_key"] for row in rows}) == 2000
    assert all(0 <= float(row["record_key"]) < 1 for row in rows)
    kept = "".join(str(path.read_bytes()) for path in (server.state / "data" / dataset["id"]).iterdir())
    assert raw.decode().splitlines()[1].split(",")[2] not in kept   # no street
    producer.refused("POST", f"{API}/protections/{one}/publish", status=409, reason="protection.state")
    verbs = leaves_of(client_for, one)
    assert verbs.count(("dataset.protect", "done")) == 4   # described, receiving, received, ready
    assert ("dataset.publish", "done") in leaves_of(client_for, dataset["id"])


def test_the_same_recipe_gives_the_same_bytes_as_the_command(server, producer, source, raw, tmp_path):
    """But for the key, which nobody sees: a recipe without one."""
    done = publish(producer, source, raw, recipe_of("public"), "public", "payslips-public")
    (tmp_path / "raw.csv").write_bytes(raw)
    recipe = producer.ok("GET", f"{API}/datasets/{done['dataset']}/report")["recipe"]
    (tmp_path / "recipe.json").write_text(json.dumps(recipe, indent=2, ensure_ascii=False), encoding="utf-8")
    ran = subprocess.run([str(server.binary), "sdc", "run", tmp_path / "recipe.json", "--in",
                          tmp_path / "raw.csv", "--out", tmp_path / "out"], capture_output=True, text=True,
                         check=False)
    assert ran.returncode == 0, ran.stderr
    sealed = server.state / "data" / done["dataset"] / "payslips-public.csv"
    assert sealed.read_bytes() == (tmp_path / "out" / "protected.csv").read_bytes()
    local = json.loads((tmp_path / "out" / "report.json").read_text(encoding="utf-8"))
    kept = producer.ok("GET", f"{API}/datasets/{done['dataset']}/report")["report"]
    assert {key: kept[key] for key in ("before", "after", "utility", "steps", "files")} == \
           {key: local[key] for key in ("before", "after", "utility", "steps", "files")}


def test_the_report_is_for_stewards_and_cannot_act(client_for, producer, source, raw):
    recipe = recipe_of("scientific", title="<script>document.title='x'</script>")
    dataset = publish(producer, source, raw, recipe, "scientific", "payslips-scientific")["dataset"]
    path = f"{API}/datasets/{dataset}/report"
    page = producer.get(f"{path}.html?language=fr&theme=dark")
    assert page.status_code == 200 and page.headers["Content-Type"] == "text/html; charset=utf-8"
    policy = page.headers["Content-Security-Policy"]
    assert "sandbox" in policy and "default-src 'none'" in policy and "allow-scripts" not in policy
    assert "script-src" not in policy and "<script" not in page.text
    assert "Rapport de protection" in page.text
    said = producer.ok("GET", path)
    assert said["recipe"]["k"] == 5 and said["report"]["after"]["wildcard"]["below_k"] == 0
    for login in ("scientist", "producer", "officer", "committee", "checker1"):
        client_for(login).refused("GET", path, status=403, reason="policy.not_steward")
        client_for(login).refused("GET", path + ".html", status=403, reason="policy.not_steward")
    assert ("dataset.report", "denied") in leaves_of(client_for, dataset)
    sent = next(dataset for one in producer.ok("GET", f"{API}/sources?limit=200")["items"]
                if one["slug"] == "enterprise-register"
                for dataset in producer.ok("GET", f"{API}/sources/{one['id']}")["datasets"])
    producer.refused("GET", f"{API}/datasets/{sent['id']}/report", status=404, reason="sources.no_report")


def test_who_is_no_steward_begins_nothing(client_for, producer, source, raw):
    body = {"title": "P", "slug": "payslips", "vintage": "2026", "level": "secure",
            "recipe": recipe_of("secure")}
    for login in ("scientist", "producer", "officer"):
        client_for(login).refused("POST", f"{API}/sources/{source}/protections", body, 403,
                                  "policy.not_steward")
        client_for(login).refused("GET", f"{API}/sources/{source}/protections", None, 403)
    one = begin(producer, source, recipe_of("secure"))
    other = client_for("producer")
    assert send(other, one, raw).status_code == 403
    other.refused("POST", f"{API}/protections/{one}/publish", status=403)
    producer.ok("POST", f"{API}/protections/{one}/discard", status=200)
    assert send(producer, one, raw).status_code == 409


@pytest.mark.parametrize("body, status, reason", [
    ({"recipe": {}}, 400, "recipe.field"),
    ({"recipe": "no object"}, 400, "recipe.field"),
    ({"recipe": recipe_of("secure", steps=[{"do": "burn"}])}, 400, None),
    ({"slug": "../up"}, 400, "sources.slug"),
    ({"project": "prj-aaaaaaaaaaaaaaaa"}, 404, None),
    ({"level": "open"}, 400, None),
])
def test_what_is_refused_at_once(producer, source, body, status, reason):
    given = {"title": "P", "slug": "payslips", "vintage": "2026", "level": "secure",
             "recipe": recipe_of("secure"), **body}
    producer.refused("POST", f"{API}/sources/{source}/protections", given, status, reason)


def test_a_recipe_that_fails_leaves_nothing(server, producer, source, raw):
    one = begin(producer, source, recipe_of("secure", keys=["city", "none"]))
    assert send(producer, one, raw).status_code == 202
    failed = end_of(producer, one)
    assert failed["state"] == "failed" and '"none"' in failed["failure"]
    assert uploads(server) == []
    producer.refused("POST", f"{API}/protections/{one}/publish", status=409, reason="protection.state")
    producer.refused("GET", f"{API}/protections/{one}/report", status=404, reason="protection.no_report")
    two = begin(producer, source, recipe_of("secure"))
    assert send(producer, two, b"").status_code == 400
    assert send(producer, two, raw, "raw.xlsx").status_code == 415
    assert producer.ok("GET", f"{API}/protections/{two}")["state"] == "waiting"
    assert send(producer, two, b"name\n\"open").status_code == 202
    assert end_of(producer, two)["state"] == "failed"
    assert uploads(server) == []


def test_discarded_before_anybody_publishes(server, producer, source, raw):
    one = begin(producer, source, recipe_of("public"), "public")
    send(producer, one, raw)
    assert end_of(producer, one)["state"] == "ready" and len(uploads(server)) == 1
    gone = producer.ok("POST", f"{API}/protections/{one}/discard", status=200)
    assert gone["state"] == "discarded" and uploads(server) == []
    listed = producer.ok("GET", f"{API}/sources/{source}/protections")["items"]
    assert one in [item["id"] for item in listed]


def test_a_stop_keeps_nothing_of_the_file(new_server, raw):
    server = new_server()
    producer = server.client_for("producer2")
    source = next(one for one in producer.ok("GET", f"{API}/sources?limit=200")["items"]
                  if one["slug"] == "enterprise-register")["id"]
    ready = begin(producer, source, recipe_of("public"), "public")
    send(producer, ready, raw)
    assert end_of(producer, ready)["state"] == "ready"
    working = begin(producer, source, recipe_of("secure"))
    assert send(producer, working, raw + raw.split(b"\n", 1)[1] * 200).status_code == 202
    assert server.stop() == 0   # a worker with much to do is not waited for
    server.start()
    for one in (ready, working):
        now = producer.ok("GET", f"{API}/protections/{one}")
        assert now["state"] == "failed" and "stopped" in now["failure"], now
    assert uploads(server) == []


# ---- keys ----

def keys_of(client):
    return client.ok("GET", f"{API}/pseudonym-keys")["items"]


def test_keys_are_by_project_and_domain_and_can_be_destroyed(server, client_for, producer, source, raw,
                                                             restricted):
    recipe = recipe_of("secure", steps=[{"do": "pseudonym", "column": "siret", "domain": "firm"},
                                        {"do": "drop", "columns": ["name", "first_name", "street",
                                                                   "telephone"]}])
    first = sealed_rows(server, publish(producer, source, raw, recipe, slug="firms")["dataset"], "firms")
    again = sealed_rows(server, publish(producer, source, raw, recipe, slug="firms")["dataset"], "firms")
    assert [row["siret"] for row in first] == [row["siret"] for row in again]
    one = begin(producer, source, recipe, slug="firms", project=restricted["id"])
    send(producer, one, raw)
    end_of(producer, one)
    other = sealed_rows(server, producer.ok("POST", f"{API}/protections/{one}/publish")["dataset"], "firms")
    assert not {row["siret"] for row in first} & {row["siret"] for row in other}

    keys = [key for key in keys_of(producer) if key["domain"] == "firm"]
    assert [key["project"] and key["project"]["id"] for key in sorted(
        keys, key=lambda key: key["project"] is not None)] == [None, restricted["id"]]
    assert keys_of(client_for("producer")) == []   # another organisation's
    assert {key["id"] for key in keys} <= {key["id"] for key in keys_of(client_for("officer"))}
    client_for("scientist").refused("GET", f"{API}/pseudonym-keys", status=403)
    assert "sealed" not in keys[0] and "secret" not in keys[0]

    key = next(key for key in keys if key["project"] is None)
    path = f"{API}/pseudonym-keys/{key['id']}/destroy"
    client_for("producer").refused("POST", path, {"reason": "No.", "code": "000000"}, 403)
    producer.refused("POST", path, {"reason": "No.", "code": "000000"}, 403, "identity.code_refused")
    gone = producer.ok("POST", path, {"reason": "End of the agreement.", "code": server.code("producer2")})
    assert not gone["lives"] and gone["destroyed_by"] == "Perrine Garnier"
    assert ("key.destroy", "done") in leaves_of(client_for, key["id"])
    assert ("key.create", "done") in leaves_of(client_for, key["id"])
    refusal = producer.refused("POST", f"{API}/sources/{source}/protections", {
        "title": "P", "slug": "firms", "vintage": "2026", "level": "secure", "recipe": recipe}, 409,
        "protection.key_destroyed")
    assert "Perrine Garnier" in refusal["detail"] and "End of the agreement." in refusal["detail"]
    begin(producer, source, recipe, slug="firms", project=restricted["id"])   # the project's own lives


def test_a_key_destroyed_while_a_file_waits(server, client_for, producer, source, raw):
    recipe = recipe_of("secure", steps=[{"do": "pseudonym", "column": "siret", "domain": "late"}])
    one = begin(producer, source, recipe)
    key = next(key for key in keys_of(producer) if key["domain"] == "late")
    client_for("officer").ok("POST", f"{API}/pseudonym-keys/{key['id']}/destroy",
                {"reason": "Too late.", "code": server.code("officer")})
    send(producer, one, raw)
    failed = end_of(producer, one)
    assert failed["state"] == "failed" and "was destroyed" in failed["failure"]
    assert uploads(server) == []


def test_no_secret_is_written_where_people_read(server, producer):
    assert keys_of(producer)
    log = Path(server.log_path).read_text(errors="replace")
    assert "keys\":" not in log


# ---- from a terminal ----

def test_the_same_from_a_terminal(server, producer, source, raw, tmp_path):
    person = Person(server, tmp_path, "producer2")
    person.sign_in("read govern")
    (tmp_path / "raw.csv").write_bytes(raw)
    (tmp_path / "recipe.json").write_text(json.dumps(recipe_of("public")), encoding="utf-8")
    words = ["dataset", "protect", "payslips", "raw.csv", "--recipe", "recipe.json", "--title", "Terminal",
             "--slug", "terminal", "--vintage", "2026", "--level", "public"]
    one = person.json(*words)
    assert one["state"] == "ready" and one["summary"]["after"]["below_k"] == 0
    assert one["id"] in person.out("protection", "list", "payslips")
    assert "terminal" in person.out("protection", "show", one["id"])
    assert person.json("dataset", "report", one["id"])["recipe"]["k"] == 20
    person.run("dataset", "report", one["id"], "--page", "report.html", "--language", "fr")
    assert "Rapport de protection" in (tmp_path / "report.html").read_text(encoding="utf-8")
    assert person.json("protection", "publish", one["id"])["state"] == "published"
    assert person.json(*words, "--publish")["state"] == "published"   # a second version
    assert len(person.json("dataset", "report", "payslips/terminal")["report"]["steps"]) == 7
    (tmp_path / "recipe.json").write_text(json.dumps(recipe_of("public", keys=["none"])), encoding="utf-8")
    assert '"none"' in person.run(*words, code=9).stdout
    two = begin(producer, source, recipe_of("public"), "public", "terminal")
    assert person.json("protection", "discard", two)["state"] == "discarded"

    begin(producer, source, recipe_of("secure", steps=[{"do": "pseudonym", "column": "siret",
                                                        "domain": "typed"}]), slug="typed")
    key = next(key for key in person.json("key", "list") if key["domain"] == "typed")
    refused = person.secret("key", "destroy", key["id"], "--reason", "Done.", value="000000", code=4)
    assert "code" in refused.stderr
    assert "Done." in person.secret("key", "destroy", key["id"], "--reason", "Done.").stdout
