# SPDX-License-Identifier: Apache-2.0
"""What makes the API safe to build on: calls that may be repeated, answers that need not be sent again,
changes that overwrite nobody's, limits, streams that go on where they were cut, and a document that
says it all."""
import json
import sqlite3
import subprocess
import threading
import time
import uuid

import jsonschema
import openapi_spec_validator
import pytest

API = "/api/v1"


@pytest.fixture(scope="module")
def officer(client_for):
    return client_for("officer")


def tag_of(client, path):
    answer = client.get(path)
    assert answer.status_code == 200, answer.text
    return answer.headers["ETag"]


# ---- entity tags ----

def test_known_answers_are_not_sent_again(officer, restricted):
    for path in (f"{API}/projects", f"{API}/projects/{restricted['id']}", f"{API}/openapi.json"):
        tag = tag_of(officer, path)
        assert tag == tag_of(officer, path), path
        again = officer.get(path, headers={"If-None-Match": f'"other", W/{tag}'})
        assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", tag), path
        assert officer.get(path, headers={"If-None-Match": '"other"'}).status_code == 200
        assert officer.head(path).headers["ETag"] == tag
    officer.refused("GET", f"{API}/projects", status=400, reason="http.etag",
                    headers={"If-None-Match": "unquoted"})


def test_answers_with_secrets_have_no_tag(officer):
    assert "ETag" not in officer.get(f"{API}/session").headers


def test_nobody_overwrites_what_they_have_not_seen(server, officer, restricted):
    path = f"{API}/projects/{restricted['id']}"
    seen = tag_of(officer, path)
    first = officer.patch(path, json={"summary": "First."}, headers={"If-Match": seen})
    assert first.status_code == 200
    assert first.headers["ETag"] == tag_of(officer, path) != seen
    officer.refused("PATCH", path, {"summary": "Second."}, 412, "http.changed",
                    headers={"If-Match": seen})
    officer.refused("PATCH", path, {"summary": "Weak."}, 412, "http.changed",
                    headers={"If-Match": "W/" + first.headers["ETag"]})
    assert officer.ok("GET", path)["summary"] == "First."
    assert officer.patch(path, json={"summary": restricted["summary"]},
                         headers={"If-Match": f'"x", {first.headers["ETag"]}'}).status_code == 200


def test_of_many_at_once_one_changes_it(server, officer, restricted):
    path = f"{API}/projects/{restricted['id']}"
    seen = tag_of(officer, path)
    answers = []

    def change(number):
        client = server.stranger()
        client.cookies.update(officer.cookies)
        client.headers.update(officer.headers)
        answers.append(client.patch(path, json={"summary": f"Number {number}."},
                                    headers={"If-Match": seen}).status_code)

    threads = [threading.Thread(target=change, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [200] + [412] * 7
    officer.ok("PATCH", path, {"summary": restricted["summary"]})


# ---- Idempotency-Key ----

def new_organisation():
    return {"name": f"Institute {uuid.uuid4()}", "kind": "university"}


def organisations(client, name):
    return [row for row in client.ok("GET", f"{API}/organisations?limit=200")["items"]
            if row["name"] == name]


def key():
    return {"Idempotency-Key": str(uuid.uuid4())}


def test_the_same_call_is_done_once(officer):
    body, headers = new_organisation(), key()
    first = officer.post(f"{API}/organisations", json=body, headers=headers)
    again = officer.post(f"{API}/organisations", json=dict(reversed(body.items())), headers=headers)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert "Idempotency-Replayed" not in first.headers
    assert again.headers["Idempotency-Replayed"] == "true"
    assert len(organisations(officer, body["name"])) == 1
    officer.refused("POST", f"{API}/organisations", body, 409)   # without a key: the name is taken


def test_a_key_is_for_one_request(officer, client_for):
    body, headers = new_organisation(), key()
    officer.post(f"{API}/organisations", json=body, headers=headers)
    other = new_organisation()
    officer.refused("POST", f"{API}/organisations", other, 422, "http.key_of_another",
                    headers=headers)
    assert organisations(officer, other["name"]) == []
    # Another person's key is another key; and it changes nothing of what they may do.
    client_for("scientist").refused("POST", f"{API}/organisations", body, 403, headers=headers)
    officer.refused("POST", f"{API}/organisations", new_organisation(), 400,
                    "http.idempotency_key", headers={"Idempotency-Key": "short"})


def test_a_token_that_may_less_is_not_told_the_answer(server, officer):
    made = officer.ok("POST", f"{API}/me/tokens", {"name": "reads", "scopes": ["read"],
                                                   "expires": time.strftime("%Y-12-31")}, 201)
    body, headers = new_organisation(), key()
    assert officer.post(f"{API}/organisations", json=body, headers=headers).status_code == 201
    reader = server.stranger()
    headers["Authorization"] = f"Bearer {made['token']}"
    reader.refused("POST", f"{API}/organisations", body, 422, "http.key_of_another", headers=headers)
    officer.ok("DELETE", f"{API}/me/tokens/{made['id']}")


def test_what_failed_may_be_tried_again(officer):
    body, headers = new_organisation(), key()
    officer.ok("POST", f"{API}/organisations", body)
    officer.refused("POST", f"{API}/organisations", body, 409, headers=headers)
    good = new_organisation()
    assert officer.post(f"{API}/organisations", json=good, headers=headers).status_code == 201


def test_secrets_are_not_kept(server, officer):
    body = {"name": "once", "scopes": ["read"], "expires": time.strftime("%Y-12-31")}
    headers = key()
    token = officer.post(f"{API}/me/tokens", json=body, headers=headers).json()["token"]
    officer.refused("POST", f"{API}/me/tokens", body, 409, "http.done_already", headers=headers)
    with sqlite3.connect(f"file:{server.state}/darse.db?mode=ro", uri=True) as database:
        rows = database.execute("SELECT * FROM once").fetchall()
    text = json.dumps(rows)
    assert rows and token not in text and headers["Idempotency-Key"] not in text
    made = [row for row in officer.ok("GET", f"{API}/me/tokens")["items"] if row["name"] == "once"]
    assert len(made) == 1
    officer.ok("DELETE", f"{API}/me/tokens/{made[0]['id']}")


def test_of_the_same_call_at_once_one_is_done(server, officer):
    body, headers = new_organisation(), key()
    answers = []

    def call():
        client = server.stranger()
        client.cookies.update(officer.cookies)
        client.headers.update(officer.headers)
        answers.append(client.post(f"{API}/organisations", json=body, headers=headers))

    threads = [threading.Thread(target=call) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert {answer.json()["reason"] for answer in answers if answer.status_code == 409} <= \
        {"http.being_done"}
    assert len({answer.json()["id"] for answer in answers if answer.status_code == 201}) == 1
    assert len(organisations(officer, body["name"])) == 1


def test_limits_and_keys_after_a_start(new_server):
    """A server with small limits; then started again, when keys still hold."""
    server = new_server(load=True, options={"api.reads_per_person": "60"})
    officer = server.client_for("officer")
    body, headers = new_organisation(), key()
    first = officer.post(f"{API}/organisations", json=body, headers=headers).json()
    statuses = []
    for _ in range(40):
        answer = officer.get(f"{API}/me/tokens")
        statuses.append(answer.status_code)
        assert answer.headers["RateLimit-Policy"] == '"reads";q=60;w=60'
        if answer.status_code == 429:
            break
    assert statuses.count(200) >= 1 and statuses[-1] == 429
    assert answer.json()["reason"] == "http.rate_limited"
    wait = int(answer.headers["Retry-After"])
    assert 1 <= wait <= 3
    assert answer.headers["RateLimit"].startswith('"reads";r=0;t=')
    # Others are not slowed down, nor is what is counted apart.
    assert server.client_for("producer").get(f"{API}/me/tokens").status_code == 200
    assert officer.post(f"{API}/organisations", json=new_organisation()).status_code == 201
    time.sleep(wait)
    assert officer.get(f"{API}/me/tokens").status_code == 200
    server.stop()
    server.start()
    again = officer.post(f"{API}/organisations", json=body, headers=headers)
    assert (again.status_code, again.json()) == (201, first)


# ---- streams ----

def events(client, last=None, seconds=5, until=None):
    """[(id, topic)] of the stream of changes, until UNTIL or SECONDS."""
    headers = {"Accept": "text/event-stream", **({"Last-Event-ID": last} if last else {})}
    found, identifier = [], None
    with client.get(f"{API}/events", headers=headers, stream=True, timeout=seconds) as answer:
        assert answer.headers["Content-Type"] == "text/event-stream"
        try:
            for line in answer.iter_lines(decode_unicode=True):
                if line.startswith("id: "):
                    identifier = line[4:]
                if line.startswith("data: "):
                    found.append((identifier, json.loads(line[6:])["topic"]))
                    if until and found[-1][1] == until:
                        break
        except OSError:
            pass
    return found


def test_streams_go_on_where_they_were_cut(officer, client_for, restricted):
    scientist = client_for("scientist")
    project = f"project:{restricted['id']}"
    path = f"{API}/projects/{restricted['id']}"

    def touch():
        officer.ok("PATCH", path, {"summary": restricted["summary"]})

    timer = threading.Timer(0.5, touch)
    timer.start()
    first = events(scientist, until=project)
    timer.join()
    assert first[-1][1] == project
    touch()     # nobody listens
    assert events(scientist, last=first[-1][0], until=project)[-1][1] == project
    assert events(scientist, last="0123456789abcdef-1", until="missed")[0][1] == "missed"


# ---- the document ----

@pytest.fixture(scope="module")
def document(server):
    return json.loads(subprocess.run([str(server.binary), "openapi"], capture_output=True,
                                     check=True).stdout)


def test_the_document_is_openapi(document):
    openapi_spec_validator.validate(document)


def schemas_with_examples(document):
    for name, schema in document["components"]["schemas"].items():
        for field, value in schema["properties"].items():
            for example in value.get("examples", []):
                yield f"{name}.{field}", value, example
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            where = f"{method} {path}"
            for parameter in operation["parameters"]:
                if "example" in parameter:
                    yield f"{where} {parameter['name']}", parameter["schema"], parameter["example"]
            contents = list(operation.get("requestBody", {}).get("content", {}).values())
            for response in operation["responses"].values():
                contents += response.get("content", {}).values()
                contents += response.get("x-events", {}).values()
            for content in contents:
                if "example" in content:
                    yield where, content["schema"], content["example"]


def test_every_example_is_what_its_schema_says(document):
    checked = 0
    for where, schema, example in schemas_with_examples(document):
        whole = {**schema, "components": document["components"]}
        validator = jsonschema.Draft202012Validator(
            whole, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER)
        errors = [error.message for error in validator.iter_errors(example)]
        assert not errors, f"{where}: {errors} in {example}"
        checked += 1
    assert checked > 400
