# SPDX-License-Identifier: Apache-2.0
"""The files of a project from outside of its bubbles: an open project's, and what the tiers close. What
must fail comes with each; what lies in a volume is made as a bubble would make it."""
import base64
import os
import socket
import struct
import uuid
import zlib
from urllib.parse import quote

import pytest
import requests

from darse import wait_until
from test_lake import make_project

API = "/api/v1"
TABLE = "received/turnover-by-activity.csv"


@pytest.fixture(scope="module")
def project(server):
    return make_project(server, "open", "files-open")


@pytest.fixture(scope="module")
def lead(client_for):
    return client_for("lead")


@pytest.fixture(scope="module")
def scientist(client_for):
    return client_for("scientist")


def base(project):
    return f"{API}/projects/{project['id']}"


def volume(server, project):
    return server.state / "projects" / project["id"] / "files"


def at(project, path, place="project", what="", **more):
    query = "&".join(f"{k}={quote(str(v), safe='')}" for k, v in
                     {"place": place, "path": path, **more}.items())
    return f"{base(project)}/files{what}?{query}"


def put(client, project, path, data, place="project", **more):
    return client.put(at(project, path, place, "/content", **more), data=data)


def names(client, project, path="", place="project", **more):
    return [row["name"] for row in client.ok("GET", at(project, path, place, **more) if path else
            f"{base(project)}/files?place={place}" +
            "".join(f"&{k}={v}" for k, v in more.items()))["items"]]


def png(width, height, tail=b""):
    def chunk(kind, data):
        return (struct.pack(">I", len(data)) + kind + data
                + struct.pack(">I", zlib.crc32(kind + data)))
    rows = b"".join(b"\0" + bytes((x * 7 + y) % 256 for x in range(width * 3)) for y in range(height))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
            + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"tEXt", b"Comment\0hidden words")
            + chunk(b"IEND", b"") + tail)


def full(answer, reason):
    assert answer.status_code == 507 and answer.json()["reason"] == reason, answer.text


def leaves(server, project, verb):
    return [row for row in server.client_for("auditor").ok(
        "GET", f"{API}/audit?project={project['id']}&verb={verb}&limit=200")["items"]]


@pytest.mark.parametrize("place", ["project", "home", "bucket"])
def test_a_file_goes_in_and_out(server, lead, project, place):
    data = os.urandom(300_000)
    name = f"round trip é {place}.bin"
    made = put(lead, project, name, data, place)
    assert made.status_code == 201, made.text
    assert made.json() == {"place": place, "path": name, "size": len(data)}
    row = next(r for r in lead.ok("GET", f"{base(project)}/files?place={place}")["items"]
               if r["name"] == name)
    assert row["kind"] == "file" and row["size"] == len(data)
    got = lead.get(at(project, name, place, "/content"))
    assert got.content == data and got.headers["Content-Type"] == "application/octet-stream"
    assert got.headers["Content-Disposition"].startswith("attachment")
    assert got.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in got.headers["Content-Security-Policy"]
    part = lead.get(at(project, name, place, "/content"), headers={"Range": "bytes=1000-1999"})
    assert part.status_code == 206 and part.content == data[1000:2000]
    lead.refused("GET", at(project, name, place, "/content"), status=416,
                 headers={"Range": "bytes=900000-"})
    lead.refused("PUT", at(project, name, place, "/content"), status=409, reason="files.exists",
                 data=b"other")
    assert put(lead, project, name, b"other", place, replace="true").status_code == 201
    assert lead.get(at(project, name, place, "/content")).content == b"other"
    lead.ok("DELETE", at(project, name, place), status=204)
    lead.refused("GET", at(project, name, place, "/content"), status=404)
    verb = "lake.put" if place == "bucket" else "files.put"
    assert any(row["outcome"] == "done" and name in row["object"] for row in
               leaves(server, project, verb))
    reads = "lake.get" if place == "bucket" else "files.get"
    wait_until(lambda: any(f"{place}:/{name}" in str(row["details"]) for row in
                           leaves(server, project, reads)), what="the leaf of the reads")


def test_homes_are_ones_own(server, lead, scientist, project):
    assert put(lead, project, "mine.txt", b"lead's", "home").status_code == 201
    assert "mine.txt" not in names(scientist, project, place="home")
    scientist.refused("GET", at(project, "mine.txt", "home", "/content"), status=404)
    home = server.state / "projects" / project["id"] / "homes" / "lead"
    assert home.stat().st_uid == volume(server, project).stat().st_uid
    assert (home / "mine.txt").stat().st_uid == home.stat().st_uid


def test_folders_names_and_removal(lead, project):
    files = base(project) + "/files"
    lead.ok("POST", files + "/folders", {"path": "work"}, 201)
    lead.refused("POST", files + "/folders", {"path": "work"}, 409, "files.exists")
    lead.refused("POST", files + "/folders", {"path": "none/deep"}, 404)
    lead.refused("POST", files + "/folders", {"place": "bucket", "path": "x"}, 415)
    for n in range(5):
        assert put(lead, project, f"work/f{n}", b"x" * (5 - n)).status_code == 201
    assert names(lead, project, "work", sort="size") == ["f4", "f3", "f2", "f1", "f0"]
    assert names(lead, project, "work", order="descending") == ["f4", "f3", "f2", "f1", "f0"]
    first = lead.ok("GET", at(project, "work", limit=2))
    assert [r["name"] for r in first["items"]] == ["f0", "f1"] and first["count"] == 5
    second = lead.ok("GET", at(project, "work", limit=2, cursor=first["next"]))
    assert [r["name"] for r in second["items"]] == ["f2", "f3"]
    lead.refused("GET", at(project, "work", cursor="bm9uc2Vuc2U"), status=400, reason="page.cursor")
    assert lead.ok("POST", files + "/move", {"path": "work/f0", "to": "work/g0"})["path"] == "work/g0"
    lead.refused("POST", files + "/move", {"path": "work/f1", "to": "work/g0"}, 409, "files.exists")
    lead.refused("POST", files + "/move", {"path": "work", "to": "work/in"}, 400, "files.into_itself")
    lead.refused("DELETE", at(project, "work"), status=409, reason="files.not_empty")
    lead.ok("DELETE", at(project, "work", recursive="true"), status=204)
    lead.refused("DELETE", at(project, "work"), status=404, reason="files.missing")


PATHS = [("../secret", "path.segment"), ("/etc/passwd", "path.segment"), ("a/../b", "path.segment"),
         ("a//b", "path.segment"), ("a\\b", "path.backslash"), ("x" * 256, "path.segment")]


@pytest.mark.parametrize("path,reason", PATHS)
def test_paths_that_lead_elsewhere(lead, project, path, reason):
    for method, what in (("GET", "/content"), ("GET", "/preview"), ("GET", ""), ("DELETE", "")):
        lead.refused(method, at(project, path, what=what), status=400, reason=reason)
    lead.refused("PUT", at(project, path, what="/content"), status=400, reason=reason, data=b"x")
    for body in ({"path": path, "to": "b"}, {"path": "b", "to": path}):
        lead.refused("POST", base(project) + "/files/move", body, status=400, reason=reason)
    lead.refused("POST", base(project) + "/uploads", {"path": path, "size": 1}, 400, reason)


def test_names_that_no_path_may_hold(lead, project):
    for raw in ("%00", "a%00b", "a%0ab", "%ff", "x" * 1025, ""):
        lead.refused("GET", f"{base(project)}/files/content?path={raw}", status=400)
    lead.refused("GET", f"{base(project)}/files?place=elsewhere", status=400)


def test_links_are_not_followed(server, lead, project):
    place = volume(server, project)
    (server.state / "outside").write_text("outside")
    for name, target in (("out", "../../../outside"), ("up", ".."), ("top", "/etc"),
                         ("passwd", "/etc/passwd"), ("loop", "loop")):
        os.symlink(target, place / name)
    os.mkfifo(place / "pipe")
    sock = socket.socket(socket.AF_UNIX)
    here = os.getcwd()
    os.chdir(place)
    sock.bind("sock")
    os.chdir(here)
    rows = {row["name"]: row["kind"] for row in lead.ok("GET", f"{base(project)}/files")["items"]}
    assert rows["out"] == rows["top"] == "link" and rows["pipe"] == rows["sock"] == "other"
    for path in ("out", "passwd", "loop", "top/passwd", "up/files"):
        for what in ("/content", "/preview"):
            lead.refused("GET", at(project, path, what=what), status=400, reason="path.link")
    for path in ("pipe", "sock"):
        lead.refused("GET", at(project, path, what="/content"), status=400,
                     reason="files.not_a_file")
    lead.refused("PUT", at(project, "up/x", what="/content"), status=400, reason="path.link", data=b"x")
    lead.refused("POST", base(project) + "/files/folders", {"path": "up/x"}, 400, "path.link")
    lead.refused("DELETE", at(project, "top/passwd"), status=400, reason="path.link")
    assert put(lead, project, "out", b"new", replace="true").status_code == 201
    lead.ok("DELETE", at(project, "up", recursive="true"), status=204)
    assert (server.state / "outside").read_text() == "outside" and place.is_dir()
    failed = [row for row in leaves(server, project, "files.put") if row["outcome"] == "failed"]
    assert failed and failed[0]["reason"] == "path.link"
    sock.close()


def test_a_broken_upload_goes_on(server, lead, scientist, project):
    uploads = base(project) + "/uploads"
    data = os.urandom(3_000_000)
    begun = lead.ok("POST", uploads, {"path": "big.bin", "size": len(data)}, 201)
    address = f"{uploads}/{begun['id']}"
    scientist.refused("GET", address, status=404, reason="files.no_upload")
    head = lead.prepare_request(requests.Request("PUT", server.url + address + "?offset=0"))
    raw = socket.create_connection(("127.0.0.1", server.port))
    raw.sendall((f"PUT {address}?offset=0 HTTP/1.1\r\nHost: localhost:{server.port}\r\n"
                 f"Cookie: {head.headers['Cookie']}\r\n"
                 f"X-Darse-CSRF: {lead.headers['X-Darse-CSRF']}\r\nOrigin: {server.url}\r\n"
                 f"Content-Length: {len(data)}\r\n\r\n").encode() + data[:1_200_000])
    wait_until(lambda: lead.ok("GET", address)["received"] == 1_200_000, what="the first part")
    lead.refused("PUT", address + "?offset=1200000", status=409, reason="files.upload_busy", data=b"x")
    raw.close()
    lead.refused("POST", address + "/finish", status=409, reason="files.upload_partial")

    def goes_on():
        answer = lead.put(address + "?offset=1200000", data=data[1_200_000:2_000_000])
        assert answer.status_code in (200, 409), answer.text
        return answer.status_code == 200
    wait_until(goes_on, what="the end of the broken connection")
    lead.refused("PUT", address + "?offset=5", status=409, reason="files.upload_offset", data=b"x")
    lead.refused("PUT", address + "?offset=2000000", status=400, reason="files.longer",
                 data=b"x" * 2_000_000)
    assert "big.bin" not in names(lead, project)
    assert [u["id"] for u in lead.ok("GET", uploads)["items"]] == [begun["id"]]
    assert lead.put(address + "?offset=2000000", data=data[2_000_000:]).status_code == 200
    lead.ok("POST", address + "/finish", status=201)
    assert lead.get(at(project, "big.bin", what="/content")).content == data
    lead.refused("GET", address, status=404)
    # A place that is taken is mended, then the same upload takes it.
    taken = lead.ok("POST", uploads, {"path": "big.bin", "size": 3}, 201)
    assert lead.put(f"{uploads}/{taken['id']}?offset=0", data=b"new").status_code == 200
    lead.refused("POST", f"{uploads}/{taken['id']}/finish", status=409, reason="files.exists")
    lead.ok("DELETE", at(project, "big.bin"), status=204)
    lead.ok("POST", f"{uploads}/{taken['id']}/finish", status=201)
    assert lead.get(at(project, "big.bin", what="/content")).content == b"new"
    # Under one key, one upload is begun.
    key, body = {"Idempotency-Key": str(uuid.uuid4())}, {"path": "once", "size": 1}
    once = [lead.post(uploads, json=body, headers=key).json()["id"] for _ in range(2)]
    assert once[0] == once[1]
    lead.ok("DELETE", f"{uploads}/{once[0]}", status=204)
    other = lead.ok("POST", uploads, {"path": "never", "size": 10}, 201)
    lead.ok("DELETE", f"{uploads}/{other['id']}", status=204)
    assert lead.ok("GET", uploads)["items"] == []
    assert list((server.state / "projects" / project["id"] / "incoming").iterdir()) == []


def test_limits(new_server):
    server = new_server(options={"files.max_upload_bytes": "1000"})
    project = make_project(server, "open", "files-limits")
    lead, officer = server.client_for("lead"), server.client_for("officer")
    lead.refused("PUT", at(project, "a", what="/content"), status=413, reason="files.too_large",
                 data=b"x" * 1001)
    lead.refused("PUT", at(project, "a", what="/content"), status=411, data=iter([b"x"]))
    for n in range(20):
        lead.ok("POST", base(project) + "/uploads", {"path": f"u{n}", "size": 10}, 201)
    full(lead.post(base(project) + "/uploads", json={"path": "u", "size": 10}),
         "files.too_many_uploads")
    officer.ok("PATCH", base(project), {"bucket_quota_bytes": 500})
    scientist = server.client_for("scientist")
    full(put(scientist, project, "a", b"x" * 600, "bucket"), "lake.quota")
    assert put(scientist, project, "a", b"x" * 400, "bucket").status_code == 201
    # Too old an upload goes, whatever is left of it; so does one that a crash left without its page.
    incoming = server.state / "projects" / project["id"] / "incoming"
    old = next(incoming.iterdir())
    os.utime(old / "data", (1, 1))
    server.stop()
    server.start()
    wait_until(lambda: not old.exists(), 60, "the sweep")
    assert len(list(incoming.iterdir())) == 19


def test_previews(server, lead, project):
    table = "town,persons\n" + "".join(f"Town {n},{n}\n" for n in range(500))
    put(lead, project, "t.csv", table.encode())
    seen = lead.ok("GET", at(project, "t.csv", what="/preview"))
    assert seen["kind"] == "table" and seen["rows"] == 500 and len(seen["values"]) == 100
    assert [c["name"] for c in seen["columns"]] == ["town", "persons"]
    put(lead, project, "broken.csv", b'a,b\n"1,2\n3,4\n')
    seen = lead.ok("GET", at(project, "broken.csv", what="/preview"))
    assert seen["kind"] == "text" and seen["problem"]
    put(lead, project, "page.html", b"<script>alert(1)</script>\r\n" + "é".encode())
    seen = lead.ok("GET", at(project, "page.html", what="/preview"))
    assert seen["kind"] == "text" and seen["text"] == "<script>alert(1)</script>\né"
    put(lead, project, "long.txt", b"0123456789\n" * 20_000)
    seen = lead.ok("GET", at(project, "long.txt", what="/preview"))
    assert seen["truncated"] and len(seen["text"]) <= 65536
    put(lead, project, "old.txt", "été".encode("latin-1"))
    assert lead.ok("GET", at(project, "old.txt", what="/preview"))["text"] == "été"
    put(lead, project, "x.bin", b"\0\1\2")
    assert lead.ok("GET", at(project, "x.bin", what="/preview"))["kind"] == "none"
    put(lead, project, "empty", b"")
    assert lead.ok("GET", at(project, "empty", what="/preview"))["text"] == ""


def test_a_picture_is_its_pixels_and_nothing_else(lead, project):
    put(lead, project, "p.png", png(40, 20, b"PK-hidden-behind"))
    seen = lead.ok("GET", at(project, "p.png", what="/preview"))
    shown = base64.b64decode(seen["png"])
    assert seen["kind"] == "image" and (seen["width"], seen["height"]) == (40, 20)
    assert shown.startswith(b"\x89PNG") and b"hidden" not in shown
    put(lead, project, "wide.png", png(3300, 4))
    shown = base64.b64decode(lead.ok("GET", at(project, "wide.png", what="/preview"))["png"])
    assert struct.unpack(">II", shown[16:24]) == (1600, 1)
    for name, data in (("table.png", b"name;income\n" * 1000), ("svg.png", b"<svg onload='x()'/>"),
                       ("cut.png", png(40, 20)[:60]),
                       ("bomb.png", png(1, 1)[:16] + struct.pack(">II", 1 << 30, 1 << 30)
                        + png(1, 1)[24:])):
        put(lead, project, name, data)
        seen = lead.ok("GET", at(project, name, what="/preview"))
        assert seen["kind"] == "none" and seen["problem"] and "png" not in seen, name


def test_what_the_tiers_close(server, scientist, lead, secure):
    restricted = make_project(server, "restricted", "files-restricted")
    may = scientist.ok("GET", f"{base(restricted)}/files")["may"]
    assert {k: v["allowed"] for k, v in may.items()} == {"show": True, "get": False, "put": True,
                                                         "change": True}
    assert may["get"]["reason"] == "policy.files_out" and "export" in may["get"]["detail"]
    assert put(scientist, restricted, "own.csv", b"a,b\n1,2\n").status_code == 201
    problem = scientist.refused("GET", at(restricted, "own.csv", what="/content"), status=403,
                                reason="policy.files_out")
    assert "airlock" in problem["detail"]
    assert scientist.ok("GET", at(restricted, "own.csv", what="/preview"))["kind"] == "table"
    # The bucket: one's own uploads, and no word of the others'.
    assert put(lead, restricted, "theirs", b"x", "bucket").status_code == 201
    assert put(scientist, restricted, "mine", b"x", "bucket").status_code == 201
    assert names(scientist, restricted, place="bucket") == ["mine"]
    for path in ("theirs", "none"):
        scientist.refused("GET", at(restricted, path, "bucket", "/content"), status=403,
                          reason="policy.lake_download")
    scientist.refused("PUT", at(restricted, "theirs", "bucket", "/content", replace="true"),
                      status=403, reason="policy.lake_outside", data=b"x")
    scientist.refused("DELETE", at(restricted, "theirs", "bucket"), status=403)
    assert scientist.get(at(restricted, "mine", "bucket", "/content")).content == b"x"
    # Secure: names alone.
    may = scientist.ok("GET", f"{base(secure)}/files")["may"]
    assert not any(row["allowed"] for row in may.values())
    scientist.refused("GET", at(secure, TABLE, what="/preview"), status=403, reason="policy.files_shown")
    scientist.refused("GET", at(secure, TABLE, what="/content"), status=403, reason="policy.files_out")
    scientist.refused("PUT", at(secure, "x", what="/content"), status=403, reason="policy.files_in",
                      data=b"x")
    scientist.refused("DELETE", at(secure, TABLE), status=403, reason="policy.files_in")
    scientist.refused("GET", f"{base(secure)}/files?place=bucket", status=403)
    assert any(row["outcome"] == "denied" for row in leaves(server, secure, "files.get") or
               server.client_for("auditor").ok("GET", f"{API}/audit?verb=files.get")["items"])


def test_others(server, client_for, project):
    for login in ("checker1", "producer", "business"):
        client_for(login).refused("GET", f"{base(project)}/files", status=404)
        client_for(login).refused("PUT", at(project, "x", what="/content"), status=404, data=b"x")
    stranger = server.stranger()
    assert stranger.get(f"{base(project)}/files").status_code == 401
    client_for("officer").refused("GET", f"{base(project)}/files", status=403)


def test_a_frozen_project_lists_and_no_more(server, lead, client_for):
    project = make_project(server, "open", "files-frozen")
    put(lead, project, "a.txt", b"x")
    begun = lead.ok("POST", base(project) + "/uploads", {"path": "b", "size": 1}, 201)
    client_for("officer").ok("POST", base(project) + "/state", {"state": "frozen", "reason": "Test"})
    assert names(lead, project) == ["a.txt"]
    lead.refused("GET", at(project, "a.txt", what="/content"), status=403, reason="policy.project_state")
    lead.refused("PUT", f"{base(project)}/uploads/{begun['id']}?offset=0", status=403,
                 reason="policy.project_state", data=b"x")
