# SPDX-License-Identifier: Apache-2.0
"""Bubbles on real Podman, with the engine alone: what a service can do, and all that it cannot. Each
refusal is tried from inside, by code running in a kernel of the bubble."""
import json
import os
import signal
import socket
import stat
import subprocess
import threading
import time
from pathlib import Path

import pytest

from engine_fixtures import engine, engine_host, new_engine  # noqa: F401 (fixtures)
from engine_fixtures import (MIB, SERVE_UID, Bubble, Refused, browse, collect, mount, new_id,
                             open_project, project_step, seal, service_plan, start_service, vault)

BASE_A, BASE_B = 200000, 265536
PROJECT_A, PROJECT_B = new_id("prj"), new_id("prj")
DATASET = new_id("dts")
CSV = b"id,income\n1,1000\n2,2000\n"


def make_upload(engine, files):
    upload = new_id("upl")
    place = engine.state / "uploads" / upload
    place.mkdir()
    for name, content in files.items():
        (place / name).write_bytes(content)
    return upload


@pytest.fixture(scope="module")
def prepared(engine):
    """Two projects and a dataset; the second project has a secret."""
    engine.open_project(PROJECT_A, BASE_A)
    engine.open_project(PROJECT_B, BASE_B)
    secret = engine.state / "projects" / PROJECT_B / "files" / "secret.txt"
    secret.write_text("of project B")
    os.chown(secret, BASE_B + 1000, BASE_B + 1000)
    upload = make_upload(engine, {"incomes.csv": CSV})
    engine.call(seal(DATASET, upload))
    return engine


@pytest.fixture(scope="module")
def bubble(prepared):
    """A JupyterLab of project A, with the dataset and a lake door."""
    service = new_id("svc")
    lake = prepared.state / "run" / "lake" / service
    lake.mkdir()
    lake.chmod(0o755)
    plan = start_service(service, PROJECT_A, BASE_A, data=[(DATASET, "hie/2026")], lake=True)
    one = Bubble(prepared, plan)
    yield one
    prepared.stop(service)


def short_bubble(engine, **kwargs):
    return Bubble(engine, start_service(new_id("svc"), PROJECT_A, BASE_A, **kwargs))


def errno_of(bubble, call):
    """Name of the error of a libc call made inside, "" if it worked."""
    code = f"""
import ctypes, errno
libc = ctypes.CDLL(None, use_errno=True)
result = {call}
print(errno.errorcode[ctypes.get_errno()] if result == -1 else "")
"""
    return bubble.run(code).strip()


# ---- What works ----

def test_the_host_says_what_it_offers(engine):
    result = engine.call({"kind": "host_check", "steps": [{"step": "host_check"}]})
    checks = {c["name"]: c for c in result["checks"]}
    assert set(checks) == {"podman", "fscrypt", "limits", "images", "seccomp"}
    for name in ("podman", "limits", "images", "seccomp"):
        assert checks[name]["ok"], checks[name]
    assert result["encrypted"] == checks["fscrypt"]["ok"]


def test_jupyterlab_answers_at_its_door(bubble):
    assert bubble.result["door_owner"] == BASE_A + 1000
    assert bubble.result["port"] == 8888
    bubble.wait_ready()
    status, _, body = bubble.http("GET", "/api")
    assert status == 200 and "version" in json.loads(body)
    status, _, body = bubble.http("GET", "/lab")
    assert status == 200 and b"JupyterLab" in body
    home = bubble.engine.state / "projects" / PROJECT_A / "homes" / "marie"
    assert "Serving notebooks" in (home / ".local/state/darse/jupyter.log").read_text()


def test_a_kernel_computes_on_the_data(bubble):
    assert bubble.run("print(1 + 1)") == "2\n"
    total = bubble.ask("int(pandas.read_csv('/data/hie/2026/incomes.csv').income.sum())",
                       "import pandas")
    assert total == 3000
    bubble.run("""
import pandas
pandas.DataFrame({"a": [1, 2]}).to_csv("/project/table.csv", index=False)
open("/home/marie/note.txt", "w").write("mine")
""")
    files = bubble.engine.state / "projects" / PROJECT_A / "files"
    assert (files / "table.csv").read_text() == "a\n1\n2\n"
    assert (files / "table.csv").stat().st_uid == BASE_A + 1000


def test_the_libraries_are_there(bubble):
    assert bubble.ask("[m.__name__ for m in (numpy, pandas, pyarrow, matplotlib, sklearn, "
                      "statsmodels, duckdb)]",
                      "import numpy, pandas, pyarrow, matplotlib, sklearn, statsmodels, duckdb")


def test_the_lake_is_reached_through_its_door(bubble):
    path = bubble.engine.state / "run" / "lake" / bubble.id / "lake.sock"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        path.chmod(0o666)
        listener.listen()
        listener.settimeout(20)
        bubble.run("import socket\nlake = socket.create_connection(('127.0.0.1', 9000), 5)\n"
                   "lake.sendall(b'GET')")
        inside, _ = listener.accept()
        with inside:
            assert inside.recv(10) == b"GET"
            inside.sendall(b"object")
            assert bubble.run("print(lake.recv(10).decode())").strip() == "object"
    path.unlink()


def test_freeze_thaw_and_stop_are_quick(prepared):
    one = short_bubble(prepared)
    one.wait_ready()
    began = time.monotonic()
    prepared.freeze(one.id)
    assert time.monotonic() - began < 1
    prepared.freeze(one.id)  # again: no error
    state = {s["service_id"]: s["state"] for s in prepared.services()}
    assert state[one.id] == "frozen"
    with one.connect(timeout=1) as s, pytest.raises(TimeoutError):
        s.sendall(b"GET /api HTTP/1.0\r\n\r\n")
        s.recv(1)
    prepared.thaw(one.id)
    assert one.http("GET", "/api")[0] == 200
    prepared.freeze(one.id)
    began = time.monotonic()
    assert prepared.stop(one.id) == {"found": True}  # a frozen one, too
    assert time.monotonic() - began < 1
    assert not one.doors.exists() and not Path(f"/proc/{one.pid}").exists()
    assert prepared.stop(one.id) == {"found": False}
    with pytest.raises(Refused, match="engine.service_unknown"):
        prepared.freeze(one.id)


def test_a_start_takes_little(prepared):
    """The budget is 50 ms over podman's own; here only that nothing waits where it need not."""
    times = []
    for _ in range(3):
        began = time.monotonic()
        one = short_bubble(prepared)
        times.append(time.monotonic() - began)
        with one.connect("sas.sock"):
            pass  # the door is there as soon as the plan has ended
        prepared.stop(one.id)
    assert min(times) < 1


# ---- What must fail: the network ----

def test_there_is_no_interface_but_loopback(bubble):
    assert bubble.ask("os.listdir('/sys/class/net')") == ["lo"]
    assert bubble.ask("len(open('/proc/net/route').readlines())") == 1
    assert bubble.ask("open('/proc/net/if_inet6').read().split()[-1:]") in ([], ["lo"])
    with open(f"/proc/{bubble.pid}/net/dev") as f:
        assert [line.split(":")[0].strip() for line in f.readlines()[2:]] == ["lo"]


@pytest.mark.parametrize("address", ["1.1.1.1", "10.0.0.1", "169.254.169.254", "192.168.1.1"])
def test_no_address_is_reached(bubble, address):
    assert bubble.ask(f"errno.errorcode[socket.socket().connect_ex(('{address}', 80))]") == \
        "ENETUNREACH"


def test_no_name_is_resolved(bubble):
    code = """
import socket
try:
    print(socket.getaddrinfo("example.org", 80))
except socket.gaierror as e:
    print("gaierror")
"""
    assert bubble.run(code).strip() == "gaierror"
    assert bubble.ask("open('/etc/resolv.conf').read()") == ""
    assert bubble.ask("socket.gethostbyname('localhost')") == "127.0.0.1"


@pytest.mark.parametrize("family, type_, protocol", [
    (40, 1, 0),    # AF_VSOCK
    (17, 3, 0),    # AF_PACKET
    (38, 5, 0),    # AF_ALG
    (16, 3, 9),    # AF_NETLINK, audit
    (16, 3, 15),   # AF_NETLINK, uevents
    (31, 1, 0),    # AF_BLUETOOTH
    (44, 3, 0),    # AF_XDP
    (30, 2, 0),    # AF_TIPC
])
def test_no_socket_of_another_kind(bubble, family, type_, protocol):
    assert errno_of(bubble, f"libc.socket({family}, {type_}, {protocol})") == "ENOSYS"


# ---- What must fail: privilege ----

def test_no_capability_no_new_privilege(bubble):
    status = dict(line.split(":\t") for line in bubble.ask(
        "open('/proc/self/status').read()").splitlines() if ":\t" in line)
    for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
        assert int(status[name], 16) == 0, name
    assert status["NoNewPrivs"] == "1" and status["Seccomp"] == "2"
    assert bubble.ask("[os.getuid(), os.geteuid(), os.getgid(), os.getgroups()]") == \
        [1000, 1000, 1000, [1000]]
    with open(f"/proc/{bubble.pid}/uid_map") as f:
        assert f.read().split() == ["0", str(BASE_A), "65536"]


@pytest.mark.parametrize("call, wanted", [
    ("libc.unshare(0x10000000)", "EPERM"),                       # a user namespace
    ("libc.unshare(0x40000000)", "EPERM"),                       # a network namespace
    ("libc.syscall(56, 0x10000000 | 17, 0, 0, 0, 0)", "ENOSYS"),  # clone(CLONE_NEWUSER)
    ("libc.syscall(435, 0, 0)", "ENOSYS"),                       # clone3
    ("libc.setns(0, 0)", "EPERM"),
    ("libc.mount(b'none', b'/tmp', b'tmpfs', 0, None)", "EPERM"),
    ("libc.umount2(b'/data/hie/2026', 2)", "EPERM"),
    ("libc.syscall(428, -100, b'/', 0)", "EPERM"),               # open_tree
    ("libc.ptrace(0, 0, 0, 0)", "EPERM"),
    ("libc.syscall(310, 1, 0, 0, 0, 0, 0)", "EPERM"),            # process_vm_readv
    ("libc.syscall(250, 0, 0, 0, 0, 0)", "EPERM"),               # keyctl
    ("libc.syscall(321, 0, 0, 0)", "EPERM"),                     # bpf
    ("libc.syscall(425, 1, 0)", "EPERM"),                        # io_uring_setup
    ("libc.syscall(323, 0)", "EPERM"),                           # userfaultfd
    ("libc.syscall(298, 0, 0, -1, -1, 0)", "EPERM"),             # perf_event_open
    ("libc.chroot(b'/tmp')", "EPERM"),
    ("libc.setuid(0)", "EPERM"),
    ("libc.sethostname(b'x', 1)", "EPERM"),
    ("libc.mknod(b'/tmp/disk', 0o060600, 0xfe00)", "EPERM"),
    ("libc.mknod(b'/tmp/mem', 0o020600, 0x0101)", "EPERM"),
])
def test_no_way_up(bubble, call, wanted):
    assert errno_of(bubble, call) == wanted


def test_no_device(bubble):
    found = set(bubble.ask("os.listdir('/dev')"))
    assert found <= {"null", "zero", "full", "random", "urandom", "tty", "ptmx", "pts", "shm",
                     "mqueue", "fd", "stdin", "stdout", "stderr", "core", "console"}


def test_sas_cannot_be_read_or_ended_from_inside(bubble):
    code = """
import os
os.kill(1, 9)
try:
    print(os.listdir("/proc/1/fd"))
except PermissionError:
    print("refused")
"""
    assert bubble.run(code).strip() == "refused"
    assert Path(f"/proc/{bubble.pid}").exists()


# ---- What must fail: files ----

@pytest.mark.parametrize("path", [
    "/data/hie/2026/incomes.csv", "/data/hie/2026/new.csv", "/data/new", "/etc/hosts",
    "/etc/new", "/usr/bin/new", "/usr/libexec/sas", "/opt/python/new", "/run/lake/new", "/new",
    "/proc/sys/kernel/hostname", "/sys/kernel/uevent_helper", "/sys/fs/cgroup/new",
])
def test_nothing_else_can_be_written(bubble, path):
    code = f"""
try:
    open({path!r}, "a").write("x")
    print("written")
except OSError as e:
    print("refused")
"""
    assert bubble.run(code).strip() == "refused"


def test_data_cannot_be_removed_or_changed(bubble):
    for call in ("os.unlink('/data/hie/2026/incomes.csv')", "os.chmod('/data/hie/2026', 0o777)",
                 "os.rename('/data/hie', '/data/x')", "os.truncate('/data/hie/2026/incomes.csv', 0)"):
        assert bubble.run(f"import os\ntry:\n    {call}\n    print('done')\n"
                          "except OSError:\n    print('refused')").strip() == "refused"
    sealed = bubble.engine.state / "data" / DATASET
    assert (sealed / "incomes.csv").read_bytes() == CSV


def test_nothing_of_another_project_is_seen(bubble):
    mounts = bubble.ask("open('/proc/self/mountinfo').read()")
    assert PROJECT_B not in mounts
    found = bubble.run("""
import os
for top, folders, files in os.walk("/"):
    if top.startswith(("/proc", "/sys", "/opt", "/usr")):
        folders.clear()
        continue
    if "secret.txt" in files:
        print(os.path.join(top, "secret.txt"))
""")
    assert found == ""
    assert bubble.ask("os.listdir('/home')") == ["marie"]
    # Neither does a link that the person makes lead out.
    code = f"""
import os
os.symlink({str(bubble.engine.state / 'projects' / PROJECT_B / 'files' / 'secret.txt')!r},
           "/project/way-out")
try:
    print(open("/project/way-out").read())
except OSError:
    print("refused")
os.unlink("/project/way-out")
"""
    assert bubble.run(code).strip() == "refused"


def test_two_projects_have_different_users_on_the_host(prepared, bubble):
    other = Bubble(prepared, start_service(new_id("svc"), PROJECT_B, BASE_B))
    try:
        assert other.result["door_owner"] == BASE_B + 1000
        assert os.stat(f"/proc/{other.pid}/root/project").st_uid == BASE_B + 1000
        assert other.ask("open('/project/secret.txt').read()") == "of project B"
        mine = bubble.engine.state / "projects" / PROJECT_A / "files"
        assert stat.S_IMODE(mine.stat().st_mode) == 0o700
    finally:
        prepared.stop(other.id)


def test_homes_of_other_persons_are_not_mounted(prepared, bubble):
    other = short_bubble(prepared, login="paul")
    try:
        assert other.ask("os.listdir('/home')") == ["paul"]
    finally:
        prepared.stop(other.id)


# ---- Limits ----

def test_processes_are_limited(prepared):
    one = short_bubble(prepared, pids=64)
    try:
        code = """
import os, time
children, refused = [], False
for _ in range(200):
    try:
        pid = os.fork()
    except BlockingIOError:
        refused = True
        break
    if pid == 0:
        time.sleep(60)
        os._exit(0)
    children.append(pid)
print(len(children), refused)
for pid in children:
    os.kill(pid, 9)
    os.waitpid(pid, 0)
"""
        count, refused = one.run(code).split()
        assert refused == "True" and int(count) < 64
    finally:
        prepared.stop(one.id)


def test_memory_is_limited(prepared):
    one = short_bubble(prepared, memory=512 * MIB)
    try:
        code = """
import subprocess, sys
done = subprocess.run([sys.executable, "-c", "x = bytearray(2_000_000_000); print(len(x))"])
print(done.returncode)
"""
        assert one.run(code).strip() == "-9"
        assert one.run("print(1)") == "1\n"
    finally:
        prepared.stop(one.id)


def test_the_temporary_folder_is_limited(bubble):
    code = """
try:
    with open("/tmp/big", "wb") as f:
        for _ in range(200):
            f.write(bytes(1 << 20))
    print("written")
except OSError as e:
    print(e.errno)
import os
os.unlink("/tmp/big")
"""
    assert bubble.run(code).strip() == "28"  # no space left


# ---- Doors ----

def test_hundreds_of_connections_leave_nothing(prepared):
    one = short_bubble(prepared, memory=1024 * MIB, pids=256)
    try:
        one.wait_ready()
        one.http("GET", "/api")
        fds = Path(f"/proc/{one.pid}/fd")
        time.sleep(0.3)
        before = len(os.listdir(fds))
        idle = [one.connect() for _ in range(500)]
        busy = [one.connect() for _ in range(500)]
        for s in busy:
            s.sendall(b"GET /api HTTP/1.1\r\nHost: bubble\r\n\r\n")
        for s in busy:
            assert s.recv(12) == b"HTTP/1.1 200"
        for s in idle + busy:
            s.close()
        deadline = time.monotonic() + 5
        while len(os.listdir(fds)) > before:
            assert time.monotonic() < deadline, len(os.listdir(fds)) - before
            time.sleep(0.05)
        children = subprocess.run(["ps", "--ppid", str(one.pid), "-o", "stat="],
                                  capture_output=True, text=True).stdout.split()
        assert "Z" not in "".join(children)
    finally:
        prepared.stop(one.id)


def test_whatever_a_bubble_puts_in_its_doors_is_removed_with_it(prepared):
    one = short_bubble(prepared)
    one.run("""
import os
os.symlink("/etc", "/run/doors/link")
os.mkfifo("/run/doors/fifo")
os.unlink("/run/doors/http.sock")
os.symlink("/run/podman/podman.sock", "/run/doors/http.sock")
os.chdir("/run/doors")
for _ in range(300):
    os.mkdir("deep")
    os.chdir("deep")
""")
    prepared.stop(one.id)
    assert not one.doors.exists()
    assert Path("/etc/hostname").exists()


# ---- Forged plans ----

def forged_start(change):
    plan = start_service(new_id("svc"), PROJECT_A, BASE_A)
    change(plan, plan["steps"])
    return plan


def other_files(plan, steps):
    steps[3]["path"] = f"projects/{PROJECT_B}/files"


def climb(plan, steps):
    steps[3]["path"] = f"projects/{PROJECT_A}/files/../../../.."


def host_root(plan, steps):
    steps.insert(4, mount("", "/project2"))


def unsealed_data(plan, steps):
    steps.insert(6, mount(f"data/{DATASET}", "/data/a/b", True))


def writable_data(plan, steps):
    steps.insert(1, vault(f"data/{DATASET}"))
    steps.insert(-1, mount(f"data/{DATASET}", "/data/a/b", False))


def host_network(plan, steps):
    steps[-1]["network"] = "host"


def other_range(plan, steps):
    plan["id_base"] = BASE_B


def root_range(plan, steps):
    plan["id_base"] = 0


def other_image(plan, steps):
    steps[-1]["image"] = "docker.io/library/busybox"


def privileged(plan, steps):
    steps[-1]["privileged"] = True


def no_limit(plan, steps):
    steps[-1]["pids"] = 0


def one_more_step(plan, steps):
    steps.append({"step": "vault_destroy", "path": f"projects/{PROJECT_B}"})


@pytest.mark.parametrize("change, reason", [
    (other_files, "engine.plan_mount"), (climb, "engine.plan_mount"),
    (host_root, "engine.plan_mount"), (unsealed_data, "engine.plan_mount"),
    (writable_data, "engine.plan_mount"), (host_network, "engine.plan_network"),
    (other_range, "engine.plan_range"), (root_range, "engine.plan_range"),
    (other_image, "engine.plan_image"), (privileged, "engine.plan_unknown"),
    (no_limit, "engine.plan_limit"), (one_more_step, "engine.plan_steps"),
])
def test_a_forged_start_is_refused_and_nothing_happens(prepared, change, reason):
    before = prepared.services()
    doors = sorted(os.listdir(prepared.state / "run" / "doors"))
    homes = sorted(os.listdir(prepared.state / "projects" / PROJECT_A / "homes"))
    with pytest.raises(Refused) as refused:
        prepared.call(forged_start(change))
    assert refused.value.reason == reason
    assert prepared.steps == []
    assert prepared.services() == before
    assert sorted(os.listdir(prepared.state / "run" / "doors")) == doors
    assert sorted(os.listdir(prepared.state / "projects" / PROJECT_A / "homes")) == homes
    assert (prepared.state / "projects" / PROJECT_B / "files" / "secret.txt").exists()


@pytest.mark.parametrize("message", [
    b"", b"{", b"[]", b'{"plan": {}}', b'{"plan": {"kind": "shell", "steps": []}}',
    b'{"plan": null, "x": 1}', b'{"other": 1}', b"\xff\xfe", b'{"plan": {"kind": "browse"}}',
])
def test_what_is_no_plan_is_refused(prepared, message):
    assert "error" in prepared.converse(message) if message else True
    assert prepared.services() is not None


def test_an_announced_giant_and_a_broken_frame_are_dropped(prepared):
    for head in (b"\x7f\xff\xff\xff", b"\x00\x00\x10\x00{", b"\x00"):
        with socket.socket(socket.AF_UNIX) as s:
            s.connect(str(prepared.state / "run" / "engine.sock"))
            s.sendall(head)
    assert prepared.services() is not None


def test_only_the_server_and_root_may_ask(prepared):
    path = prepared.state / "run" / "engine.sock"
    info = path.stat()
    assert info.st_uid == SERVE_UID and stat.S_IMODE(info.st_mode) == 0o600
    os.chmod(path, 0o666)  # even then
    top = [prepared.state.parent, prepared.state, prepared.state / "run"]
    modes = [stat.S_IMODE(p.stat().st_mode) for p in top]
    try:
        for p in top:
            p.chmod(0o755)
        code = f"""
import os, socket, sys
os.setgid(62000); os.setuid(62000)
s = socket.socket(socket.AF_UNIX)
s.connect({str(path)!r})
sys.stdout.write(s.makefile("rb").read()[4:].decode())
"""
        answer = subprocess.run(["/usr/bin/python3", "-c", code], capture_output=True, text=True)
        assert answer.stdout, answer.stderr
        assert json.loads(answer.stdout)["error"]["reason"] == "engine.peer"
    finally:
        for p, mode in zip(top, modes):
            p.chmod(mode)
        os.chmod(path, 0o600)


# ---- Undoing ----

def test_a_start_that_fails_leaves_nothing(prepared):
    """The lake folder that the plan mounts was never made."""
    service = new_id("svc")
    with pytest.raises(Refused, match="files.missing"):
        prepared.call(start_service(service, PROJECT_A, BASE_A, lake=True))
    assert not (prepared.state / "run" / "doors" / service).exists()
    assert service not in [s["service_id"] for s in prepared.services()]
    again = Bubble(prepared, start_service(service, PROJECT_A, BASE_A))
    prepared.stop(again.id)


def test_a_swapped_folder_is_noticed(prepared):
    """Somebody who owns run/lake replaces the folder by a link: it is not followed."""
    service = new_id("svc")
    os.symlink("/etc", prepared.state / "run" / "lake" / service)
    with pytest.raises(Refused, match="engine.folder|path.link|files.open|files.not_a_folder"):
        prepared.call(start_service(service, PROJECT_A, BASE_A, lake=True))
    assert service not in [s["service_id"] for s in prepared.services()]
    os.unlink(prepared.state / "run" / "lake" / service)


def test_the_same_service_twice_is_refused_and_the_first_goes_on(prepared):
    one = short_bubble(prepared)
    try:
        with pytest.raises(Refused, match="engine.exists"):
            prepared.call(one.plan)
        one.wait_ready()
        assert one.http("GET", "/api")[0] == 200
    finally:
        prepared.stop(one.id)


# ---- Files out of a project ----

def files_of(engine, project):
    return engine.state / "projects" / project / "files"


def test_a_file_is_collected_with_its_hash(prepared):
    import hashlib
    source = files_of(prepared, PROJECT_A) / "out"
    source.mkdir(exist_ok=True)
    (source / "t.csv").write_bytes(CSV)
    export = new_id("exp")
    got = prepared.call(collect(PROJECT_A, BASE_A, "out/t.csv", export, "t.csv"))
    assert got == {"sha256": hashlib.sha256(CSV).hexdigest(), "size": len(CSV)}
    copy = prepared.state / "projects" / PROJECT_A / "drafts" / export / "t.csv"
    assert copy.read_bytes() == CSV and copy.stat().st_uid == SERVE_UID
    assert stat.S_IMODE(copy.stat().st_mode) == 0o400
    with pytest.raises(Refused, match="engine.exists"):
        prepared.call(collect(PROJECT_A, BASE_A, "out/t.csv", export, "t.csv"))
    (source / "t.csv").write_bytes(b"changed")
    assert copy.read_bytes() == CSV


def test_freezing_waits_for_no_copy(prepared):
    """However many copies are asked for, what ends somebody's access finds a thread."""
    big = prepared.state / "projects" / PROJECT_A / "files" / "big.csv"
    big.touch()
    os.truncate(big, 128 * MIB)
    refusals = []

    def copy():
        try:
            prepared.call(collect(PROJECT_A, BASE_A, "big.csv", new_id("exp"), "b", 256 * MIB))
        except Refused as refused:
            refusals.append(refused.reason)

    copies = [threading.Thread(target=copy) for _ in range(24)]
    for one in copies:
        one.start()
    time.sleep(0.2)
    with pytest.raises(Refused):
        prepared.freeze(new_id("svc"))
    prepared.services()
    assert sum(one.is_alive() for one in copies) > 8, "it waited for them, or they were too quick"
    for one in copies:
        one.join()
    assert set(refusals) <= {"engine.busy"}
    big.unlink()
    for export in (prepared.state / "projects" / PROJECT_A / "drafts").iterdir():
        (export / "b").unlink(missing_ok=True)


def test_what_is_not_a_plain_file_is_not_collected(prepared):
    place = files_of(prepared, PROJECT_A) / "tricks"
    place.mkdir()
    (place / "big").write_bytes(bytes(2000))
    os.symlink("/etc/passwd", place / "link")
    os.symlink("/etc", place / "folder-link")
    os.symlink(".", place / "loop")
    os.mkfifo(place / "fifo")
    with socket.socket(socket.AF_UNIX) as s:
        s.bind(str(place / "socket"))
    cases = [("tricks/link", "path.link"), ("tricks/folder-link/passwd", "path.link"),
             ("tricks/loop/big", "path.link"), ("tricks/fifo", "engine.not_a_file"),
             ("tricks/socket", "files.not_a_file"), ("tricks", "engine.not_a_file"),
             ("tricks/big", "engine.file_too_large"), ("tricks/none", "files.missing"),
             ("../homes", "path.segment"), ("/etc/passwd", "path.segment"), ("a\0b", "json"),
             ("tricks//big", "path.segment")]
    for file, reason in cases:
        export = new_id("exp")
        with pytest.raises(Refused) as refused:
            prepared.call(collect(PROJECT_A, BASE_A, file, export, "x"))
        assert refused.value.reason.startswith(reason), (file, refused.value)
        drafts = prepared.state / "projects" / PROJECT_A / "drafts" / export
        assert not drafts.exists() or os.listdir(drafts) == []


def test_folders_are_listed_as_they_are(prepared):
    place = files_of(prepared, PROJECT_A) / "listing"
    place.mkdir()
    (place / "b.csv").write_bytes(b"12345")
    (place / "a").mkdir()
    os.symlink("b.csv", place / "c")
    os.mkfifo(place / "d")
    (Path(os.fsdecode(bytes(place) + b"/\xff"))).write_bytes(b"")
    (place / "e\nf").write_bytes(b"")
    got = prepared.call(browse(PROJECT_A, BASE_A, "listing"))
    assert got["next"] is None and got["count"] == 6
    seen = {e["name"]: (e["type"], e["size"]) for e in got["entries"]}
    assert seen["b.csv"] == ("file", 5) and seen["a"] == ("folder", 0)
    assert seen["c"] == ("link", 0) and seen["d"] == ("other", 0)
    assert seen["\ufffd"][0] == "other" and seen["e\nf"][0] == "other"
    got = prepared.call(browse(PROJECT_A, BASE_A, "listing", limit=2))
    assert got["next"] and [e["name"] for e in got["entries"]] == ["a", "b.csv"]
    rest = prepared.call(browse(PROJECT_A, BASE_A, "listing", after=got["next"]))
    assert [e["name"] for e in rest["entries"]] == ["c", "d", "e\nf", "\ufffd"]
    for path, reason in (("listing/c", "files.not_a_folder"), ("none", "files.missing"),
                         ("..", "path.segment"), ("listing/b.csv", "files.not_a_folder")):
        with pytest.raises(Refused, match=reason + "|path.link"):
            prepared.call(browse(PROJECT_A, BASE_A, path))


# ---- Datasets ----

def test_a_sealed_dataset_is_immutable_and_hashed(prepared):
    import hashlib
    dataset = new_id("dts")
    upload = make_upload(prepared, {"a.csv": CSV, "b.parquet": b"PAR1"})
    got = prepared.call(seal(dataset, upload))
    assert {f["name"]: f["sha256"] for f in got["files"]} == {
        "a.csv": hashlib.sha256(CSV).hexdigest(), "b.parquet": hashlib.sha256(b"PAR1").hexdigest()}
    place = prepared.state / "data" / dataset
    assert stat.S_IMODE(place.stat().st_mode) == 0o555 and place.stat().st_uid == 0
    assert stat.S_IMODE((place / "a.csv").stat().st_mode) == 0o444
    with pytest.raises(Refused, match="engine.exists"):
        prepared.call(seal(dataset, upload))
    prepared.call({"kind": "dataset_destroy", "dataset_id": dataset,
                   "steps": [{"step": "vault_destroy", "path": f"data/{dataset}"}]})
    assert not place.exists()
    with pytest.raises(Refused, match="engine.exists"):  # an identifier is never used again
        prepared.call(seal(dataset, upload))


@pytest.mark.parametrize("content, max_bytes, reason", [
    ({}, 1000, "engine.seal_empty"),
    ({"a": bytes(600), "b": bytes(600)}, 1000, "engine.file_too_large"),
])
def test_a_bad_upload_seals_nothing(prepared, content, max_bytes, reason):
    dataset = new_id("dts")
    upload = make_upload(prepared, content)
    with pytest.raises(Refused, match=reason):
        prepared.call(seal(dataset, upload, max_bytes))
    assert [n for n in os.listdir(prepared.state / "data") if n.startswith(dataset)] == []
    assert not (prepared.state / "keys" / f"{dataset}.json").exists()
    (prepared.state / "uploads" / upload / "good").write_bytes(b"1")
    for name in content:
        (prepared.state / "uploads" / upload / name).unlink()
    prepared.call(seal(dataset, upload, max_bytes))  # nothing stands in the way of the right one


def test_an_upload_with_a_link_or_a_folder_is_refused(prepared):
    for trick in (lambda p: os.symlink("/etc/shadow", p / "x"), lambda p: (p / "x").mkdir(),
                  lambda p: os.mkfifo(p / "x")):
        upload = make_upload(prepared, {"a": b"1"})
        trick(prepared.state / "uploads" / upload)
        with pytest.raises(Refused, match="path.link|engine.not_a_file"):
            prepared.call(seal(new_id("dts"), upload))


def test_other_users_of_the_host_read_nothing(prepared, bubble):
    """Even with every folder above open, and the names known."""
    top = [prepared.state.parent, prepared.state]
    modes = [stat.S_IMODE(p.stat().st_mode) for p in top]
    data = prepared.state / "data" / DATASET / "incomes.csv"
    files = prepared.state / "projects" / PROJECT_A / "files"
    code = f"""
import os
os.setgid(62000); os.setuid(62000)
for path in ({str(data)!r}, {str(files)!r}):
    try:
        os.stat(path)
        print("seen")
    except PermissionError:
        print("refused")
"""
    try:
        for p in top:
            p.chmod(0o755)
        seen = subprocess.run(["/usr/bin/python3", "-c", code], capture_output=True, text=True)
        assert seen.stdout.split() == ["refused", "refused"], seen
        serve = subprocess.run(["/usr/bin/python3", "-c", code.replace("62000", str(SERVE_UID))],
                               capture_output=True, text=True)
        assert serve.stdout.split()[0] == "seen", serve  # the server reads datasets
    finally:
        for p, mode in zip(top, modes):
            p.chmod(mode)


def test_a_mounted_dataset_is_not_destroyed(prepared, bubble):
    plan = {"kind": "dataset_destroy", "dataset_id": DATASET,
            "steps": [{"step": "vault_destroy", "path": f"data/{DATASET}"}]}
    with pytest.raises(Refused, match="engine.busy_vault"):
        prepared.call(plan)
    assert (prepared.state / "data" / DATASET / "incomes.csv").read_bytes() == CSV


# ---- Restarts ----

def test_without_images_projects_work_and_services_are_refused(new_engine, monkeypatch, tmp_path):
    import engine_fixtures
    monkeypatch.setattr(engine_fixtures, "STORE", str(tmp_path))
    engine = new_engine()
    engine.open_project(PROJECT_A, BASE_A)
    (files_of(engine, PROJECT_A) / "a").write_bytes(b"1")
    assert engine.call(browse(PROJECT_A, BASE_A))["entries"][0]["name"] == "a"
    with pytest.raises(Refused, match="engine.plan_image"):
        engine.call(start_service(new_id("svc"), PROJECT_A, BASE_A))
    checks = engine.call({"kind": "host_check", "steps": [{"step": "host_check"}]})["checks"]
    assert {c["name"]: c["ok"] for c in checks if c["name"] in ("podman", "images")} == \
        {"podman": False, "images": False}
    engine.call(project_step("project_close", PROJECT_A, BASE_A,
                             {"step": "vault_close", "path": f"projects/{PROJECT_A}"}))


def test_services_outlive_a_killed_engine(new_engine):
    engine = new_engine()
    engine.open_project(PROJECT_A, BASE_A)
    one = Bubble(engine, start_service(new_id("svc"), PROJECT_A, BASE_A))
    one.wait_ready()
    engine.kill(signal.SIGKILL)
    assert one.http("GET", "/api")[0] == 200
    engine.start()
    found = engine.services()
    assert [(s["service_id"], s["project_id"], s["state"], s["pid"], s["door_owner"])
            for s in found] == [(one.id, PROJECT_A, "running", one.pid, BASE_A + 1000)]
    assert one.http("GET", "/api")[0] == 200
    engine.kill(signal.SIGTERM)  # a planned restart, too
    assert one.http("GET", "/api")[0] == 200
    engine.start()
    assert engine.stop(one.id) == {"found": True}


def processes_about(service):
    """The conmon of a service's container, and what it started."""
    listing = subprocess.run(["ps", "-eo", "pid=,ppid=,args="], capture_output=True, text=True)
    rows = [line.split(None, 2) for line in listing.stdout.splitlines()]
    monitors = {row[0] for row in rows if "conmon" in row[2] and service in row[2]}
    return [row for row in rows if row[0] in monitors or row[1] in monitors]


def test_an_engine_killed_in_the_middle_leaves_nothing_half_done(new_engine):
    engine = new_engine()
    engine.open_project(PROJECT_A, BASE_A)
    for delay in (0.01, 0.03, 0.05, 0.08, 0.12):
        plan = start_service(new_id("svc"), PROJECT_A, BASE_A)
        with socket.socket(socket.AF_UNIX) as s:
            s.connect(str(engine.state / "run" / "engine.sock"))
            body = json.dumps({"plan": plan}).encode()
            s.sendall(len(body).to_bytes(4, "big") + body)
            time.sleep(delay)
            engine.kill(signal.SIGKILL)
        engine.start()
        listed = {s["service_id"]: s for s in engine.services()}
        doors = set(os.listdir(engine.state / "run" / "doors"))
        assert doors == set(listed), "doors without a bubble, or a bubble without doors"
        for service, about in listed.items():
            assert about["state"] == "running"
            engine.stop(service)
        deadline = time.monotonic() + 10
        while left := processes_about(plan["service_id"]):
            assert time.monotonic() < deadline, left
            time.sleep(0.05)
    assert os.listdir(engine.state / "run" / "doors") == []


def test_podman_is_started_again_when_it_dies(new_engine):
    engine = new_engine()
    engine.open_project(PROJECT_A, BASE_A)
    one = Bubble(engine, start_service(new_id("svc"), PROJECT_A, BASE_A))
    children = subprocess.run(["ps", "--ppid", str(engine.process.pid), "-o", "pid=,comm="],
                              capture_output=True, text=True).stdout.split()
    podman = int(children[children.index("podman") - 1])
    os.kill(podman, signal.SIGKILL)
    deadline = time.monotonic() + 15
    while True:
        try:
            found = engine.services()
            break
        except Refused:
            assert time.monotonic() < deadline
            time.sleep(0.05)
    assert [s["service_id"] for s in found] == [one.id]
    engine.stop(one.id)


def test_a_second_engine_on_the_same_state_is_refused(new_engine):
    from engine_fixtures import Engine
    engine = new_engine()
    second = Engine(engine.state).start(ready=False)
    assert second.process.wait(20) == 1
    assert engine.services() == []


def test_a_new_state_in_the_same_place_ends_the_old_services(new_engine):
    import shutil
    engine = new_engine()
    engine.open_project(PROJECT_A, BASE_A)
    one = Bubble(engine, start_service(new_id("svc"), PROJECT_A, BASE_A))
    engine.kill(signal.SIGTERM)
    shutil.rmtree(engine.state / "keys")
    engine.start()
    assert engine.services() == []
    assert not Path(f"/proc/{one.pid}").exists() and not one.doors.exists()


# ---- Keys at rest ----

@pytest.fixture(scope="module")
def encrypted_place(engine_host, tmp_path_factory):
    """An ext4 of our own that can encrypt, loop-mounted."""
    place = tmp_path_factory.mktemp("encrypted")
    image, mounted = place / "disk", place / "mnt"
    mounted.mkdir()
    with open(image, "wb") as f:
        f.truncate(256 * MIB)
    subprocess.run(["mkfs.ext4", "-q", "-O", "encrypt", image], check=True)
    done = subprocess.run(["mount", "-o", "loop", image, mounted], capture_output=True, text=True)
    if done.returncode != 0:
        pytest.skip(f"no loop mount of an encrypting ext4 on this host: {done.stderr.strip()}")
    yield mounted
    subprocess.run(["umount", "--lazy", mounted], check=True)


def test_a_closed_project_cannot_be_read_by_anybody(new_engine, encrypted_place):
    engine = new_engine(encrypted_place / "state")
    p = f"projects/{PROJECT_A}"
    assert engine.open_project(PROJECT_A, BASE_A) == {"encrypted": True, "created": True}
    upload = make_upload(engine, {"incomes.csv": CSV})
    assert engine.call(seal(DATASET, upload))["encrypted"]
    one = Bubble(engine, start_service(new_id("svc"), PROJECT_A, BASE_A,
                                       data=[(DATASET, "hie/2026")]))
    assert one.ask("open('/data/hie/2026/incomes.csv').read()") == CSV.decode()
    one.run("open('/project/result.txt', 'w').write('a secret result')")
    files = engine.state / p / "files"
    assert (files / "result.txt").read_text() == "a secret result"
    close = project_step("project_close", PROJECT_A, BASE_A, {"step": "vault_close", "path": p})
    with pytest.raises(Refused, match="engine.busy_vault"):
        engine.call(close)
    assert one.ask("open('/project/result.txt').read()") == "a secret result"
    engine.stop(one.id)
    engine.call(close)
    names = [str(f) for f in (engine.state / p).rglob("*")]
    assert names and not any("files" in n.rsplit("/", 1)[1] or "result" in n for n in names)
    with pytest.raises(Refused, match="engine|files"):
        engine.call(collect(PROJECT_B, BASE_B, "result.txt", new_id("exp"), "r"))
    # Opened again, also by a restarted engine, everything is back.
    engine.kill(signal.SIGTERM)
    engine.start()
    assert engine.open_project(PROJECT_A, BASE_A) == {"encrypted": True, "created": False}
    assert (files / "result.txt").read_text() == "a secret result"


def test_a_destroyed_project_is_gone_with_its_key(new_engine, encrypted_place):
    engine = new_engine(encrypted_place / "state-2")
    p = f"projects/{PROJECT_B}"
    engine.open_project(PROJECT_B, BASE_B)
    place = engine.state / p / "files"
    (place / "result.txt").write_text("a secret result")
    for _ in range(60):  # deeper than the removal goes at once
        place = place / "d"
        place.mkdir()
    destroy = project_step("project_destroy", PROJECT_B, BASE_B,
                           {"step": "vault_destroy", "path": p})
    assert engine.call(destroy) == {"key_destroyed": True}
    assert not (engine.state / p).exists()
    record = json.loads((engine.state / "keys" / f"{PROJECT_B}.json").read_text())
    assert "wrapped_key" not in record and record["destroyed_ms"] > 0
    with pytest.raises(Refused, match="engine.vault_destroyed"):
        engine.open_project(PROJECT_B, BASE_B)
    with pytest.raises(Refused, match="engine.plan_range"):
        engine.open_project(new_id("prj"), BASE_B)


def test_a_dataset_is_locked_and_unlocked(new_engine, encrypted_place):
    engine = new_engine(encrypted_place / "state-3")
    dataset = new_id("dts")
    engine.call(seal(dataset, make_upload(engine, {"a.csv": CSV})))
    place = engine.state / "data" / dataset

    def step(kind, name, **more):
        return {"kind": kind, "dataset_id": dataset,
                "steps": [{"step": name, "path": f"data/{dataset}", **more}]}
    with open(place / "a.csv", "rb"):
        with pytest.raises(Refused, match="engine.busy_vault"):
            engine.call(step("dataset_close", "vault_close"))
    engine.call(step("dataset_close", "vault_close"))
    assert os.listdir(place) != ["a.csv"]
    engine.call(step("dataset_open", "vault_open", create=False))
    assert (place / "a.csv").read_bytes() == CSV
