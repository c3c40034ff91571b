# SPDX-License-Identifier: Apache-2.0
"""The disk dies. An officer had taken backups of the running server by the commands of docs/backup.md, and
restores one elsewhere: people sign in, files and objects are there, and the audit log verifies."""
import json
import os
import shutil
import subprocess
import tempfile
import threading
from pathlib import Path

import pytest

from darse import Server, wait_until
from test_lake import make_key, make_project, s3_client
from test_postgres import cluster  # noqa: F401 (a fixture)

MIB = 1024 * 1024


class Restored(Server):
    """A server on a state directory that `darse restore` made."""

    def __init__(self, binary, snapshot, keys, before_start=None):
        self.binary = binary
        self.folder = Path(tempfile.mkdtemp(prefix="dt-", dir="/tmp"))
        self.folder.chmod(0o755)
        self.state = self.folder / "s"
        self.log_path = self.folder / "log"
        self.process = None
        self.clients = {}
        self.said = self.darse("restore", "--from", str(snapshot), "--keys", str(keys))
        if before_start:
            before_start(self)

    def __enter__(self):
        return self    # started by the scenario, once it has looked


@pytest.fixture
def place():
    folder = Path(tempfile.mkdtemp(prefix="db-", dir="/tmp"))
    yield folder
    shutil.rmtree(folder)


def backup(server, place, *words):
    """The snapshot's folder, and that of its keys."""
    said = server.darse("backup", "--to", str(place / "data"), "--keys-to", str(place / "keys"), *words)
    snapshot = Path(said.splitlines()[0])
    assert (snapshot / "darse-backup.json").exists()
    return snapshot, place / "keys" / snapshot.name


def files_of(folder):
    """{path: (mode, owner, content)} of what a restore must bring back, sockets left out."""
    found = {}
    for path in sorted(Path(folder).rglob("*")):
        stat = path.lstat()
        if path.is_symlink():
            found[str(path.relative_to(folder))] = os.readlink(path)
        elif path.is_file():
            found[str(path.relative_to(folder))] = (stat.st_mode, stat.st_uid, path.read_bytes())
        elif path.is_dir():
            found[str(path.relative_to(folder))] = (stat.st_mode, stat.st_uid)
    return found


def test_a_night_and_a_morning(new_server, darse_binary, place):
    """A full backup while objects are written, a second one that shares what is unchanged, a restore of the
    second, and the same work goes on there."""
    server = new_server()
    project = make_project(server, "open", "lake-backup")
    lead = server.client_for("lead")
    key = make_key(lead, project)
    s3 = s3_client(key)
    buckets = [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]
    bucket = buckets[0]
    for i in range(20):
        s3.put_object(Bucket=bucket, Key=f"before/{i}", Body=os.urandom(100_000))
    stop = threading.Event()
    written = []

    def write_on():
        while not stop.is_set():
            name = f"meanwhile/{len(written)}"
            s3.put_object(Bucket=bucket, Key=name, Body=name.encode() * 1000)
            written.append(name)

    writer = threading.Thread(target=write_on)
    writer.start()
    try:
        first, _ = backup(server, place)
    finally:
        stop.set()
        writer.join()
    before = {o["Key"]: o["ETag"] for o in s3.list_objects_v2(Bucket=bucket)["Contents"]}
    second, keys = backup(server, place)

    # Unchanged files are one file with two names; the database is a copy of its own.
    same = [path for path in (second / "state" / "data").rglob("*") if path.is_file()]
    assert same and all(path.stat().st_nlink >= 2 for path in same)
    assert (second / "state" / "darse.db").stat().st_nlink == 1
    for snapshot in (first, second):
        names = {path.name for path in (snapshot / "state").iterdir()}
        assert names == {"audit", "darse.conf", "darse.db", "data", "projects", "releases"}
        assert not list(snapshot.rglob("*.key"))
        assert snapshot.stat().st_mode & 0o777 == 0o700
    assert (keys / "keys" / "instance.key").exists() and (keys / "instance" / "audit.key").exists()
    for client in server.clients.values():
        client.close()
    server.stop()
    expected = {name: files_of(server.state / name) for name in ("data", "projects", "instance")}

    with Restored(darse_binary, second, keys) as restored:
        assert "darse audit verify" in restored.said
        assert {name: files_of(restored.state / name) for name in expected} == expected
        assert "The log is intact." in restored.darse("audit", "verify")
        restored.start()
        # The same account and second factor, the same key of the lake, the same objects.
        lead = restored.client_for("lead")
        assert project["id"] in [p["id"] for p in lead.ok("GET", "/api/v1/projects?limit=200")["items"]]
        s3 = s3_client({**key, "endpoint": restored.lake_url})
        objects = {o["Key"]: o["ETag"] for o in s3.list_objects_v2(Bucket=bucket)["Contents"]}
        assert objects == before and len(objects) == 20 + len(written)
        for name in written[-3:]:
            assert s3.get_object(Bucket=bucket, Key=name)["Body"].read() == name.encode() * 1000
        # The log goes on from where it was, and still verifies.
        lead.ok("POST", f"/api/v1/projects/{project['id']}/lake-keys", status=201)
        wait_until(lambda: "The log is intact." in restored.darse("audit", "verify"), 10, "the log")

    # The first one was taken while objects were written: each of its rows has its file too.
    with Restored(darse_binary, first, place / "keys" / first.name) as restored:
        assert "The log is intact." in restored.darse("audit", "verify")
        restored.start()
        s3 = s3_client({**key, "endpoint": restored.lake_url})
        listed = s3.list_objects_v2(Bucket=bucket)["Contents"]
        assert len(listed) >= 20
        for entry in listed:
            assert len(s3.get_object(Bucket=bucket, Key=entry["Key"])["Body"].read()) == entry["Size"]


def test_doctor_and_keep(new_server, place):
    """It is told when the last one was; older ones are removed when that is wanted, with their keys."""
    server = new_server(load=False)

    def level():
        done = server.darse("doctor", "--json", check=False)
        return next(c for c in json.loads(done.stdout)["checks"] if c["name"] == "backup")["level"]

    assert level() == "warning"
    taken = [backup(server, place, "--keep", "2")[0].name for _ in range(4)]
    assert level() == "ok"
    assert sorted(p.name for p in (place / "data").iterdir() if p.name != ".lock") == taken[-2:]
    assert sorted(p.name for p in (place / "keys").iterdir()) == taken[-2:]


def test_refusals(new_server, darse_binary, place):
    """Nothing is half done, and the sentence says what to do."""
    server = new_server(load=False)

    def refused(*words):
        done = server.darse(*words, check=False)
        assert done.returncode == 1 and done.stderr.strip()
        return done.stderr

    assert "another disk" in refused("backup", "--to", str(server.state / "backup"))
    assert "another place" in refused("backup", "--to", str(place), "--keys-to", str(place / "keys"))
    snapshot, keys = backup(server, place)
    target = place / "new"

    def restore(*words):
        done = subprocess.run([darse_binary, "restore", "--state", str(target), *map(str, words)],
                              capture_output=True, text=True, check=False, cwd="/")
        assert done.returncode == 1 and not target.exists()
        return done.stderr

    assert "not a snapshot of keys" in restore("--from", snapshot, "--keys", snapshot)
    assert "not a finished snapshot" in restore("--from", place, "--keys", keys)
    database = snapshot / "state" / "darse.db"
    content = database.read_bytes()
    database.write_bytes(content[:-1] + b"x")
    assert "hash differs" in restore("--from", snapshot, "--keys", keys)
    database.write_bytes(content)
    assert "not empty" in refused("restore", "--from", str(snapshot), "--keys", str(keys))
    manifest = snapshot / "darse-backup.json"
    manifest.write_text(manifest.read_text().replace('"version": 1', '"version": 2'))
    assert "form 2" in restore("--from", snapshot, "--keys", keys)


def test_hostile_folders(new_server, place):
    """What people put in their files neither leads elsewhere nor ends the backup."""
    server = new_server()
    project = next((server.state / "projects").iterdir())
    home = project / "files"
    home.mkdir(exist_ok=True)
    (home / "link").symlink_to("/etc/shadow")
    (home / "folder-link").symlink_to("/etc")
    os.mkfifo(home / "pipe")
    deep = home
    for _ in range(230):
        deep = deep / "d"
    os.makedirs(deep)
    (home / "name\nwith\x01everything").write_text("x")
    snapshot, _ = backup(server, place)
    copy = snapshot / "state" / "projects" / project.name / "files"
    assert os.readlink(copy / "link") == "/etc/shadow" and (copy / "link").is_symlink()
    assert (copy / "folder-link").is_symlink() and not (copy / "pipe").exists()
    assert (copy / "name\nwith\x01everything").read_text() == "x"


def test_on_postgres(cluster, new_server, darse_binary, place):  # noqa: F811
    """The database goes by pg_dump, and comes back by pg_restore into an empty one."""
    folder, url = cluster
    server = new_server(options={"store.url": url})
    officer = server.client_for("officer")
    projects = {p["id"] for p in officer.ok("GET", "/api/v1/projects?limit=200")["items"]}
    snapshot, keys = backup(server, place)
    assert (snapshot / "state" / "darse.pgdump").exists()
    assert not (snapshot / "state" / "darse.db").exists()
    server.stop()
    # Somebody empties it.
    subprocess.run(["psql", url, "-qc", "DROP SCHEMA public CASCADE; CREATE SCHEMA public"], check=True,
                   capture_output=True)

    def fill(restored):
        command = next(line for line in restored.said.splitlines() if "pg_restore" in line)
        subprocess.run(command.replace("URL", url).split(), check=True, capture_output=True)

    with Restored(darse_binary, snapshot, keys, fill) as restored:
        assert "The log is intact." in restored.darse("audit", "verify")
        restored.start()
        officer = restored.client_for("officer")
        assert projects == {p["id"] for p in officer.ok("GET", "/api/v1/projects?limit=200")["items"]}


def names_of(folder):
    return {str(path.relative_to(folder)) for path in Path(folder).rglob("*")}


@pytest.fixture
def encrypted(place):
    """An ext4 of our own that can encrypt, loop-mounted."""
    image, mounted = place / "disk", place / "mnt"
    mounted.mkdir()
    with open(image, "wb") as f:
        f.truncate(512 * MIB)
    subprocess.run(["mkfs.ext4", "-q", "-O", "encrypt", image], check=True)
    done = subprocess.run(["mount", "-o", "loop", image, mounted], capture_output=True, text=True,
                          check=False)
    if done.returncode != 0:
        pytest.skip(f"no loop mount of an encrypting ext4 on this host: {done.stderr.strip()}")
    yield mounted
    subprocess.run(["umount", "--lazy", mounted], check=True)


def test_what_was_encrypted_is_again(darse_binary, encrypted, place):
    """Vaults are read in clear, which must be accepted; locked ones are unlocked for it and locked again;
    restored ones are encrypted with their key of old."""
    encrypted.chmod(0o755)
    place.chmod(0o755)

    def run(*words, state, check=True):
        done = subprocess.run([darse_binary, *words, "--state", str(state)], capture_output=True,
                              text=True, check=False, cwd="/")
        assert done.returncode == 0 or not check, done.stderr
        return done

    class Encrypted(Server):
        def __init__(self, binary):
            super().__init__(binary)
            self.darse("state", "remove", "--yes")
            self.state = encrypted / "s"
            self.darse("init", "--demonstration", "-o", "server.port=0", "-o", "server.lake_port=0")
            self.darse("demo", "prepare")

    with Encrypted(darse_binary) as server:
        server.load_demonstration()
        # Datasets were sealed by the engine; locking them is what a reboot does.
        clear = files_of(server.state / "data")
        server.stop()
        vaults = sorted((server.state / "data").iterdir())
        assert vaults
        subprocess.run(["sync"], check=True)
        for vault in vaults:
            subprocess.run(["python3", "-c", LOCK, str(vault)], check=True)
        assert names_of(server.state / "data") != set(clear)
        words = ("backup", "--to", str(place / "data"), "--keys-to", str(place / "keys"))
        assert "--accept-plain" in run(*words, state=server.state, check=False).stderr
        snapshot = Path(run(*words, "--accept-plain", state=server.state).stdout.splitlines()[0])
        assert files_of(snapshot / "state" / "data") == clear
        assert names_of(server.state / "data") != set(clear)    # locked again
        new = encrypted / "restored"
        run("restore", "--from", str(snapshot), "--keys", str(place / "keys" / snapshot.name), state=new)
        assert files_of(new / "data") == clear
        for vault in sorted((new / "data").iterdir()):
            subprocess.run(["python3", "-c", LOCK, str(vault)], check=True)
        assert names_of(new / "data") != set(clear)
        # On a disk that cannot encrypt it is refused whole.
        done = run("restore", "--from", str(snapshot), "--keys", str(place / "keys" / snapshot.name),
                   state=place / "plain", check=False)
        assert done.returncode == 1 and "was encrypted" in done.stderr
        assert not (place / "plain").exists()
        run("state", "remove", "--yes", state=new)


# Takes a vault's key from the kernel: FS_IOC_GET_ENCRYPTION_POLICY_EX, FS_IOC_REMOVE_ENCRYPTION_KEY.
LOCK = """
import fcntl, os, struct, sys
fd = os.open(sys.argv[1], os.O_RDONLY)
policy = bytearray(struct.pack('Q', 24) + bytes(24))
fcntl.ioctl(fd, 0xc0096616, policy)
identifier = bytes(policy[8 + 8:8 + 24])
os.close(fd)
root = os.open(os.path.dirname(sys.argv[1]), os.O_RDONLY)
arg = bytearray(struct.pack('II', 2, 0) + identifier + bytes(16) + struct.pack('I', 0) + bytes(20))
fcntl.ioctl(root, 0xc0406618, arg)
"""
