# SPDX-License-Identifier: Apache-2.0
"""Bad input, tried on every endpoint that the server's own API document names: each is refused with a
precise problem document, and nothing changes."""
import json
import re
import socket
import sqlite3
import time

import pytest

API = "/api/v1"
PREFIXES = {"project": "prj", "source": "src", "dataset": "dts", "application": "app",
            "service": "svc", "export": "exp", "file": "fil", "person": "per", "fact": "fct",
            "session": "ses", "token": "tok"}
# What asking changes by itself: sessions are touched, refusals are logged.
NOT_COUNTED = ("session", "audit", "sqlite", "migration", "schema")


@pytest.fixture(scope="module")
def operations(server):
    """[(method, path with {names}, operation)] of the whole API."""
    document = server.stranger().ok("GET", API + "/openapi.json")
    schemas = document["components"]["schemas"]
    for methods in document["paths"].values():
        for operation in methods.values():
            schema = json_body(operation)
            if schema and "$ref" in schema:
                operation["requestBody"]["content"]["application/json"]["schema"] = \
                    schemas[schema["$ref"].rsplit("/", 1)[1]]
    found = [(method.upper(), path, operation)
             for path, methods in sorted(document["paths"].items())
             for method, operation in sorted(methods.items())
             if method in ("get", "post", "put", "patch", "delete")]
    assert len(found) > 60, "the API document is too small to be the whole API"
    return found


@pytest.fixture(scope="module")
def officer(client_for):
    return client_for("officer")


def is_public(operation):
    return operation.get("security") == []


def json_body(operation):
    content = operation.get("requestBody", {}).get("content", {})
    return content.get("application/json", {}).get("schema")


def fill(path, value=None):
    """PATH with an identifier of the right form, which nothing has, in each {name}."""
    def one(match):
        if value is not None:
            return value
        return f"{PREFIXES.get(match.group(1), 'prj')}-aaaaaaaaaaaaaaaa"
    return re.sub(r"\{(\w+)\}", one, path)


def rows(server):
    """How many rows each table of the domain has."""
    with sqlite3.connect(f"file:{server.state}/darse.db?mode=ro", uri=True) as database:
        names = [name for (name,) in
                 database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {name: database.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0]
                for name in names if not name.startswith(NOT_COUNTED)}


@pytest.fixture
def unchanged(server):
    before = rows(server)
    assert before["person"] >= 10
    yield
    assert rows(server) == before


def problem(answer, *statuses):
    """The problem document of ANSWER, whose form is checked."""
    assert answer.headers.get("Content-Type") == "application/problem+json", \
        f"{answer.request.method} {answer.request.path_url}: {answer.status_code} {answer.text[:300]}"
    document = answer.json()
    assert document["status"] == answer.status_code
    assert re.fullmatch(r"[a-z0-9_]+\.[a-z0-9_]+", document["reason"]), document
    assert document["title"] and document["request"].startswith("req-")
    assert answer.status_code in statuses, document
    return document


def each(operations, keep):
    chosen = [entry for entry in operations if keep(*entry)]
    assert chosen
    return chosen


def test_nobody_gets_nothing(server, operations, unchanged):
    stranger = server.stranger()
    for method, path, operation in each(operations, lambda m, p, o: not is_public(o)):
        schema = json_body(operation)
        answer = stranger.request(method, fill(path), json={} if schema else None)
        problem(answer, 401)


def test_token_of_nobody(server, operations, unchanged):
    stranger = server.stranger()
    for token in ("", "x", "dar_" + "A" * 43, "dar_" + "A" * 5000, "Ünïcode".encode()):
        value = b"Bearer " + (token if isinstance(token, bytes) else token.encode())
        for method, path, _ in each(operations, lambda m, p, o: not is_public(o) and m == "GET")[:5]:
            answer = stranger.request(method, fill(path), headers={"Authorization": value})
            problem(answer, 400, 401, 413, 431)


def test_cookie_without_csrf_header(server, operations, officer, unchanged):
    """Another site's page can send the cookie, not the header."""
    bare = server.stranger()
    bare.cookies.update(officer.cookies)
    for method, path, operation in each(
            operations, lambda m, p, o: not is_public(o) and m != "GET"):
        answer = bare.request(method, fill(path), json={} if json_body(operation) else None)
        assert problem(answer, 403)["reason"] == "identity.csrf"


def test_other_origin(server, operations, officer, unchanged):
    for method, path, operation in each(
            operations, lambda m, p, o: not is_public(o) and m != "GET")[:10]:
        answer = officer.request(method, fill(path), json={} if json_body(operation) else None,
                                 headers={"Origin": "https://elsewhere.example"})
        assert problem(answer, 403)["reason"] == "identity.csrf"


MALFORMED = [b"{", b"[]", b'"text"', b"null", b"{} {}", b'{"a": 1, "a": 2}', b"\xff\xfe{}",
             b'{"a": "\xff"}', b"[" * 3000 + b"]" * 3000, b'{"a": "\\u0000"}', b"{'a': 1}",
             b'{"a": NaN}', b'{"a": 1e999999}', b"\x00", b"{" + b" " * 5000]


def test_malformed_json(operations, officer, unchanged):
    for method, path, operation in each(operations, lambda m, p, o: json_body(o)):
        for body in MALFORMED:
            answer = officer.request(method, fill(path), data=body,
                                     headers={"Content-Type": "application/json"})
            problem(answer, 400, 422)


def test_empty_body(operations, officer, unchanged):
    for method, path, operation in each(
            operations, lambda m, p, o: (json_body(o) or {}).get("required")):
        problem(officer.request(method, fill(path)), 400, 411, 415)
        problem(officer.request(method, fill(path), json={}), 400)


def test_unknown_field(operations, officer, unchanged):
    for method, path, operation in each(operations, lambda m, p, o: json_body(o)):
        answer = officer.request(method, fill(path), json={"surprise": True})
        assert problem(answer, 400)["reason"] in ("fields.unknown", "fields.missing")
        assert "surprise" in answer.text or "missing" in answer.text


def wrong_values(schema):
    """Values that break the schema of one field."""
    kind = schema.get("type")
    if isinstance(kind, list):   # or null
        kind = kind[0]
    if kind == "string":
        yield 17
        yield ["text"]
        yield "a\x00b"
        yield "a\x1bb"
        if "maxLength" in schema:
            yield "x" * (schema["maxLength"] + 1)
        if "enum" in schema or "pattern" in schema or schema.get("format") == "date-time":
            yield "../../etc/passwd"
    elif kind in ("integer", "number"):
        yield "many"
        yield 1e300 if kind == "number" and "maximum" in schema else 1 << 63
        if "minimum" in schema:
            yield schema["minimum"] - 1
    elif kind == "boolean":
        yield "yes"
        yield 1
    elif kind == "array":
        yield "text"
        yield [{}] * (schema.get("maxItems", 1000) + 1)
        if schema.get("items", {}).get("type") == "string":
            yield [17]
    elif kind == "object":
        yield "text"
        yield {"surprise": 1}


def test_wrong_values(operations, officer, unchanged):
    tried = 0
    for method, path, operation in each(operations, lambda m, p, o: json_body(o)):
        for name, schema in json_body(operation).get("properties", {}).items():
            for value in wrong_values(schema):
                try:
                    body = json.dumps({name: value})
                except ValueError:
                    continue
                answer = officer.request(method, fill(path), data=body,
                                         headers={"Content-Type": "application/json"})
                problem(answer, 400, 413)
                tried += 1
    assert tried > 200


def test_other_media_types(operations, officer, unchanged):
    for method, path, operation in each(operations, lambda m, p, o: json_body(o)):
        for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data"):
            answer = officer.request(method, fill(path), data=b"{}", headers={"Content-Type": kind})
            problem(answer, 415)


def test_body_where_none_is_due(operations, officer, unchanged):
    for method, path, operation in each(
            operations, lambda m, p, o: "requestBody" not in o and m != "GET" and not is_public(o)):
        answer = officer.request(method, fill(path), json={"surprise": True})
        problem(answer, 400, 404, 415)


def test_unknown_query(operations, officer, unchanged):
    for method, path, operation in each(operations, lambda m, p, o: m == "GET"):
        problem(officer.request(method, fill(path) + "?surprise=1"), 400, 404)
        problem(officer.request(method, fill(path) + "?limit=1&limit=2"), 400, 404)


def test_limits_of_lists(operations, officer):
    def is_list(method, path, operation):
        return "{" not in path and any(
            parameter.get("name") == "limit" for parameter in operation.get("parameters", []))
    for method, path, _ in each(operations, is_list):
        for value in ("0", "-1", "201", "x", "1e3", "99999999999999999999"):
            problem(officer.get(f"{path}?limit={value}"), 400)
        problem(officer.get(f"{path}?cursor=%00"), 400)
        answer = officer.get(f"{path}?cursor=not-a-cursor-of-ours!")
        assert answer.status_code in (200, 400), answer.text


PATH_TRICKS = ["..", "%2e%2e", "..%2f..%2fetc%2fpasswd", "%00", "a%00b", "%2f", "%ff", "%", "%zz",
               "prj-AAAAAAAAAAAAAAAA", "prj-aaaaaaaaaaaaaaaa'--", "x" * 300, "\u202e", " ", "~", "*"]


def test_path_tricks(server, operations, officer, unchanged):
    """Sent as they are: the ordinary client would tidy them."""
    for method, path, operation in each(operations, lambda m, p, o: "{" in p):
        for trick in PATH_TRICKS:
            target = fill(path, trick).encode()
            status, text = raw(server, method, target, officer, b"{}" if json_body(operation) else b"")
            # A bare space breaks the request line itself: the connection may be closed unanswered.
            assert 400 <= status < 500 or (trick == " " and status == 0), \
                f"{method} {target}: {status} {text[:200]}"


def test_identifiers_of_nothing(operations, officer, unchanged):
    """Well-formed identifiers that nothing has."""
    for method, path, operation in each(
            operations, lambda m, p, o: "{" in p and m in ("GET", "DELETE")):
        query = {one["name"]: one["example"] for one in operation["parameters"]
                 if one.get("in") == "query" and one["required"]}
        problem(officer.request(method, fill(path), params=query), 403, 404)


def test_methods(operations, officer, unchanged):
    known = {}
    for method, path, _ in operations:
        known.setdefault(path, set()).add(method)
    for path, methods in known.items():
        for method in {"GET", "POST", "PUT", "PATCH", "DELETE"} - methods:
            answer = officer.request(method, fill(path))
            problem(answer, 404, 405)
            if answer.status_code == 405:
                allowed = {word.strip() for word in answer.headers["Allow"].split(",")}
                assert methods <= allowed and method not in allowed
    problem(officer.request("BREW", API + "/projects"), 400, 405, 501)


# ---- below HTTP's ordinary manners ----

def raw(server, method, target, client=None, body=b"", headers=(), length=None, close_after=None):
    """Status and text of an answer to a request written byte by byte; (0, "") if there is none."""
    lines = [method.encode() + b" " + target + b" HTTP/1.1", f"Host: localhost:{server.port}".encode()]
    if client is not None:
        cookie = "; ".join(f"{c.name}={c.value}" for c in client.cookies)
        lines += [f"Cookie: {cookie}".encode(), b"X-Darse-CSRF: " + client.headers["X-Darse-CSRF"].encode()]
    if body or length is not None:
        lines += [b"Content-Type: application/json",
                  b"Content-Length: " + (length if length is not None else str(len(body)).encode())]
    lines += [*headers, b"Connection: close"]
    with socket.create_connection(("127.0.0.1", server.port), 20) as s:
        s.sendall(b"\r\n".join(lines) + b"\r\n\r\n" + body[:close_after])
        if close_after is not None:
            s.shutdown(socket.SHUT_WR)
        data = b""
        try:
            while part := s.recv(65536):
                data += part
        except ConnectionError:
            pass
    match = re.match(rb"HTTP/1\.1 (\d+)", data)
    return (int(match.group(1)) if match else 0), data.decode(errors="replace")


@pytest.mark.parametrize("length", [b"-1", b"+2", b"0x2", b"2,2", b"99999999999999999999", b"two", b""])
def test_impossible_length(server, officer, unchanged, length):
    status, _ = raw(server, "POST", b"/api/v1/organisations", officer, b"{}", length=length)
    assert status == 0 or 400 <= status < 500
    officer.ok("GET", API + "/session")


def test_two_lengths(server, officer, unchanged):
    status, _ = raw(server, "POST", b"/api/v1/organisations", officer, b"{}",
                    headers=[b"Content-Length: 5"])
    assert status == 0 or 400 <= status < 500


def test_length_over_the_limit(server, officer, unchanged):
    status, text = raw(server, "POST", b"/api/v1/organisations", officer, b"{}",
                       length=str(1 << 30).encode())
    assert status == 413, text


def test_body_cut_short(server, officer, unchanged):
    """The client goes away in the middle of a body that would have been accepted."""
    body = json.dumps({"name": "Half an organisation", "kind": "company"}).encode()
    for size in (0, 1, len(body) // 2, len(body) - 1):
        raw(server, "POST", b"/api/v1/organisations", officer, body, close_after=size)
    time.sleep(0.2)
    names = officer.ok("GET", API + "/organisations?limit=200")["items"]
    assert "Half an organisation" not in [one["name"] for one in names]


def test_upload_cut_short(server, client_for):
    """An aborted upload leaves no dataset file and nothing in the uploads folder."""
    producer = client_for("producer")
    source = next(one for one in producer.ok("GET", API + "/sources?limit=200")["items"]
                  if one["slug"] == "health-insurance")
    dataset = producer.ok("POST", f"{API}/sources/{source['id']}/datasets", {
        "title": "Cut short", "slug": f"cut-{time.time_ns()}", "vintage": "2026",
        "level": "scientific", "variables": [{"name": "a", "label": "A"}]}, 201)
    body = b"a\n" + b"1\n" * 200_000
    target = f"{API}/datasets/{dataset['id']}/file?name=cut.csv".encode()
    raw(server, "PUT", target, producer, body, close_after=100_000)
    deadline = time.monotonic() + 5
    while any((server.state / "uploads").iterdir()) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not any((server.state / "uploads").iterdir())
    assert producer.ok("GET", f"{API}/datasets/{dataset['id']}")["state"] == "draft"
    assert not (server.state / "data" / dataset["id"]).exists()


def test_header_flood(server, officer):
    status, _ = raw(server, "GET", b"/api/v1/session", officer,
                    headers=[b"X-Flood: " + b"x" * 1000] * 200)
    assert status == 0 or 400 <= status < 500
    officer.ok("GET", API + "/session")


def test_target_too_long(server, officer):
    status, _ = raw(server, "GET", b"/api/v1/sources?q=" + b"x" * 100_000, officer)
    assert status == 0 or 400 <= status < 500


# ---- whose is it ----

def test_somebody_elses(server, client_for, restricted, secure):
    """What exists but is not for this person looks like what does not exist, or is denied."""
    checker, business = client_for("checker1"), client_for("business")
    for path in (f"/projects/{secure['id']}", f"/projects/{secure['id']}/members",
                 f"/projects/{secure['id']}/files", f"/projects/{secure['id']}/services",
                 f"/projects/{secure['id']}/exports"):
        checker.refused("GET", API + path)
        business.refused("GET", API + path)
    business.refused("POST", f"{API}/projects/{restricted['id']}/services",
                     {"definition": "jupyter"}, 403)
    business.refused("PATCH", f"{API}/projects/{restricted['id']}", {"title": "Mine"}, 403)
    lead_session = client_for("lead").ok("GET", API + "/me/sessions")["items"][0]["id"]
    business.refused("DELETE", f"{API}/me/sessions/{lead_session}")
    client_for("lead").ok("GET", API + "/session")


def test_roles(client_for, restricted, unchanged):
    """Each role's own acts are refused to the others."""
    scientist = client_for("scientist")
    scientist.refused("POST", API + "/organisations", {"name": "New", "kind": "company"}, 403)
    scientist.refused("GET", API + "/audit", status=403)
    scientist.refused("POST", f"{API}/projects/{restricted['id']}/state",
                      {"state": "closed", "reason": "I say so"}, 403)
    client_for("auditor").refused("GET", f"{API}/projects/{restricted['id']}/files", status=403)
    client_for("producer2").refused(
        "POST", API + "/projects",
        {"title": "T", "slug": "t-t", "summary": "S", "organisation": restricted["organisation"]["id"],
         "route": "research", "purpose": "research", "legal_basis": "L", "tier": "open",
         "lead": "lead", "starts": "2026-01-01", "ends": "2027-01-01"}, 403)


# ---- what was good once ----

def test_ended_session(server):
    client = server.sign_in("auditor")
    client.ok("GET", API + "/session")
    client.ok("DELETE", API + "/session", status=204)
    client.cookies.update({"__Host-darse": client.cookies.get("__Host-darse", "") or "x" * 43})
    client.refused("GET", API + "/session", status=401)


def test_used_code(server):
    """A code of the second factor works once."""
    code = server.code("committee")
    body = {"login": "committee", "password": "basin-and-lock-2026", "code": code}
    server.stranger().ok("POST", API + "/session", body, 200)
    server.stranger().refused("POST", API + "/session", body, 401)


def test_tokens(server, client_for):
    """Revoked, expired and too narrow tokens."""
    lead = client_for("lead")

    def later(seconds):
        return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + seconds))

    def token(**fields):
        made = lead.ok("POST", API + "/me/tokens", {"name": "test", "scopes": ["read"],
                                                    "expires": later(86400), **fields}, 201)
        client = server.stranger()
        client.headers["Authorization"] = "Bearer " + made["token"]
        return made, client

    made, reader = token()
    reader.ok("GET", API + "/projects")
    reader.refused("PATCH", API + "/me", {"language": "fr"}, 403)
    reader.refused("POST", API + "/me/tokens",
                   {"name": "more", "scopes": ["admin"], "expires": later(86400)}, 403)
    lead.ok("DELETE", f"{API}/me/tokens/{made['id']}", status=204)
    reader.refused("GET", API + "/projects", status=401)
    lead.refused("POST", API + "/me/tokens",
                 {"name": "late", "scopes": ["read"], "expires": "2020-01-01"}, 400)
    lead.refused("POST", API + "/me/tokens",
                 {"name": "long", "scopes": ["read"], "expires": later(400 * 86400)}, 400)
    made, brief = token(expires=later(2))
    time.sleep(3)
    brief.refused("GET", API + "/projects", status=401)


def test_sign_in_is_limited(new_server):
    """A guesser is stopped; the account's owner elsewhere is told to wait, not locked out for good."""
    server = new_server(load=False, options={"identity.sign_in_attempts": "3"})
    stranger = server.stranger()
    statuses = [stranger.post(API + "/session", json={"login": "officer", "password": f"guess {i}"})
                .status_code for i in range(8)]
    assert statuses[0] == 401 and statuses[-1] == 429, statuses
    # Another account is not stopped by it.
    stranger.refused("POST", API + "/session", {"login": "nobody", "password": "guess"}, 401,
                     "identity.refused")
