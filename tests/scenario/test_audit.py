# SPDX-License-Identifier: Apache-2.0
"""The audit log of a real server: what auditors see, what others may not, and each attack that the
file system allows, seen by `darse audit verify` with a key and a checkpoint kept elsewhere."""
import json
import shutil
import sqlite3

import pytest

from darse import wait_until

API = "/api/v1"
AUDIT = API + "/audit"


@pytest.fixture
def log(new_server, tmp_path):
    """A server without data, with some entries, and what an auditor keeps on another machine."""
    server = new_server(load=False)
    officer = server.client_for("officer")
    for number in range(12):
        officer.ok("POST", API + "/organisations",
                   {"name": f"Company {number}", "kind": "company"})
    key = tmp_path / "key"
    key.write_text(server.darse("audit", "key"))
    server.kept_key = key
    return server


def published(server):
    """Size of the newest checkpoint once every row is covered."""
    def covered():
        size = int(server.darse("audit", "checkpoint").splitlines()[1])
        rows = len(server.darse("audit", "export").splitlines())
        return size if size >= rows else 0
    return wait_until(covered, 10, "a checkpoint of every entry", every=0.2)


def keep_checkpoint(server, path):
    published(server)
    path.write_text(server.darse("audit", "checkpoint"))
    return path


def verify(server, *words):
    return server.darse("audit", "verify", "--key", str(server.kept_key), *words, check=False)


def test_reading(server, client_for):
    auditor, scientist = client_for("auditor"), client_for("scientist")
    scientist.refused("GET", AUDIT, status=403)
    scientist.refused("GET", AUDIT + "/0/proof", status=403)
    server.stranger().refused("GET", AUDIT, status=401)
    server.stranger().refused("GET", AUDIT + "/checkpoint", status=401)
    for query in ("?limit=0", "?limit=1000", "?cursor=x", "?from=yesterday", "?project=1",
                  "?colour=red"):
        auditor.refused("GET", AUDIT + query, status=400)
    for number in ("-1", "x", "99999999", "1e3", "99999999999999999999"):
        auditor.refused("GET", f"{AUDIT}/{number}/proof", status=404)

    for number in range(12):
        client_for("officer").ok("POST", API + "/organisations",
                                 {"name": f"Audited {number}", "kind": "company"})
    first = auditor.ok("GET", AUDIT + "?verb=organisation.manage&limit=5")
    assert [item["outcome"] for item in first["items"]] == ["done"] * 5
    second = auditor.ok("GET", f"{AUDIT}?verb=organisation.manage&limit=7"
                               f"&cursor={first['next']}")
    numbers = [item["sequence"] for item in first["items"] + second["items"]]
    assert len(set(numbers)) == 12 and numbers == sorted(numbers, reverse=True)

    reads = auditor.ok("GET", AUDIT + "?verb=audit.read&limit=200")["items"]
    me = scientist.ok("GET", API + "/session")["person"]["id"]
    refusals = [item for item in reads if item["outcome"] == "denied" and item["actor"] == me]
    assert len(refusals) >= 2 and all(item["reason"] for item in refusals)
    # Reading is on record too.
    assert any(item["outcome"] == "done" for item in reads)


def test_proof_offline(log, tmp_path):
    auditor = log.client_for("officer")
    size = published(log)
    proof = auditor.ok("GET", f"{AUDIT}/{size - 1}/proof")
    file = tmp_path / "proof.json"
    file.write_text(json.dumps(proof))
    checked = log.darse("audit", "check", "--key", str(log.kept_key), str(file))
    assert "The entry is in the signed log." in checked
    told = auditor.ok("GET", AUDIT + "/checkpoint")
    assert told["key"] == log.kept_key.read_text().strip() and told["size"] >= size
    proof["entry"]["outcome"] = "denied"
    file.write_text(json.dumps(proof))
    assert log.darse("audit", "check", "--key", str(log.kept_key), str(file),
                     check=False).returncode == 1


def test_attacks(log, tmp_path):
    kept = keep_checkpoint(log, tmp_path / "kept")
    assert verify(log, "--since", str(kept)).returncode == 0     # beside the running server
    log.stop()
    tile = next(path for path in (log.state / "audit" / "tile" / "0").rglob("*") if path.is_file())
    whole = tile.read_bytes()
    tile.write_bytes(bytes([whole[0] ^ 1]) + whole[1:])
    assert verify(log).returncode == 1
    tile.write_bytes(whole)
    assert verify(log).returncode == 0

    with sqlite3.connect(log.state / "darse.db") as database:
        database.execute("DELETE FROM audit_body WHERE sequence = 5")
    refused = verify(log)
    assert refused.returncode == 1 and "without a record" in refused.stderr
    # The files alone still agree, and say so.
    assert verify(log, "--files").returncode == 0


def back_up(server, folder):
    """Database and log of a stopped server."""
    folder.mkdir()
    shutil.copyfile(server.state / "darse.db", folder / "darse.db")
    shutil.copytree(server.state / "audit", folder / "audit")
    return folder


def restore(server, backup):
    """Both as they were, with their owner."""
    for name in ("darse.db", "audit"):
        target, source = server.state / name, backup / name
        owner = target.stat()
        if target.is_dir():
            shutil.rmtree(target)
            shutil.copytree(source, target)
        else:
            shutil.copyfile(source, target)
        for path in [target, *target.rglob("*")]:
            shutil.chown(path, owner.st_uid, owner.st_gid)
    for tail in ("-wal", "-shm"):
        (server.state / f"darse.db{tail}").unlink(missing_ok=True)


def test_rollback_and_fork(log, tmp_path):
    published(log)
    log.stop()
    backup = back_up(log, tmp_path / "backup")
    log.start()
    officer = log.client_for("officer")
    for number in range(6):
        officer.ok("POST", API + "/organisations", {"name": f"Later {number}", "kind": "company"})
    kept = keep_checkpoint(log, tmp_path / "kept")
    assert verify(log, "--since", str(kept)).returncode == 0
    log.stop()

    restore(log, backup)
    assert verify(log).returncode == 0
    back = verify(log, "--since", str(kept))
    assert back.returncode == 1 and "rolled back" in back.stderr
    # It goes on otherwise, past what was seen.
    log.start()
    for number in range(30):
        officer.ok("POST", API + "/organisations", {"name": f"Other {number}", "kind": "company"})
    published(log)
    fork = verify(log, "--since", str(kept))
    assert fork.returncode == 1 and "rewritten" in fork.stderr


def test_older_database_refused(log, tmp_path):
    published(log)
    log.stop()
    backup = back_up(log, tmp_path / "backup")
    log.start()
    log.client_for("officer").ok("POST", API + "/organisations",
                                 {"name": "Last", "kind": "company"})
    published(log)
    log.stop()
    shutil.rmtree(backup / "audit")
    shutil.copytree(log.state / "audit", backup / "audit")
    restore(log, backup)
    log.start(wait=False)
    wait_until(lambda: "the database was rolled back" in log.log_tail(), 20, "the refusal")


def test_erasure(log):
    target = log.client_for("officer").ok("GET", AUDIT + "?verb=organisation.manage&limit=1")
    number = target["items"][0]["sequence"]
    assert log.darse("audit", "erase", str(number), check=False).returncode == 1
    log.darse("audit", "erase", "--reason", "Request of the person", str(number))
    assert log.darse("audit", "erase", "--reason", "Again", str(number),
                     check=False).returncode == 1
    published(log)     # the running server publishes what another program appended
    done = verify(log)
    assert done.returncode == 0 and "1 bodies erased on record" in done.stdout
    proof = log.client_for("officer").ok("GET", f"{AUDIT}/{number}/proof")
    assert "entry" not in proof and "salt" not in proof
