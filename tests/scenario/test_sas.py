# SPDX-License-Identifier: Apache-2.0
"""sas alone, outside any container: relays, half-closes, limits, leaks, signals, readiness."""
import os
import signal
import socket
import subprocess
import sys
import threading
import time

import pytest

from engine_fixtures import SAS

SERVER = r"""
import socket, sys, threading, time
mode, port = sys.argv[1], int(sys.argv[2])
def answer(c):
    if mode == "echo-after-end":        # answers only once the asker has ended its half
        data = b""
        while True:
            part = c.recv(65536)
            if not part:
                break
            data += part
        c.sendall(data[::-1])
    elif mode == "http":
        while True:
            data = c.recv(65536)
            if not data:
                break
            c.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
    elif mode == "flood":
        try:
            for _ in range(400):
                c.sendall(b"x" * 65536)
        except OSError:
            pass
    c.close()
s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
time.sleep(float(sys.argv[3]) if len(sys.argv) > 3 else 0)
s.bind(("127.0.0.1", port)); s.listen(1024)
while True:
    c, _ = s.accept()
    threading.Thread(target=answer, args=(c,), daemon=True).start()
"""


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Sas:
    def __init__(self, folder, mode, delay="0", extra=(), ready=True):
        self.door = str(folder / "http.sock")
        self.status = str(folder / "sas.sock")
        self.port = free_port()
        self.process = subprocess.Popen(
            [SAS, "--door", f"{self.door}={self.port}", "--status", self.status,
             *(("--ready", str(self.port)) if ready else ()), *extra, "--",
             sys.executable, "-c", SERVER, mode, str(self.port), delay],
            stderr=subprocess.PIPE)

    def lines_until(self, word, timeout=10):
        deadline = time.monotonic() + timeout
        s = None
        while s is None:
            try:
                s = connect(self.status)
            except OSError:
                assert time.monotonic() < deadline
                time.sleep(0.01)
        s.settimeout(timeout)
        text = ""
        with s, s.makefile() as stream:
            for line in stream:
                text += line
                if line.startswith(word):
                    return text
        raise AssertionError(f"{word!r} never came: {text!r}")

    def fds(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def settled_fds(self):
        """Their number, once connections that have just ended are gone."""
        seen = []
        while len(seen) < 8 or len(set(seen[-8:])) > 1:
            seen.append(self.fds())
            time.sleep(0.05)
        return seen[-1]

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
        return self.process.wait(10)


def connect(path):
    s = socket.socket(socket.AF_UNIX)
    s.settimeout(10)
    try:
        s.connect(path)
    except OSError:
        s.close()
        raise
    return s


def wait_for(check, timeout=5):
    deadline = time.monotonic() + timeout
    while not check():
        assert time.monotonic() < deadline, "never came true"
        time.sleep(0.02)


@pytest.fixture
def start(tmp_path):
    started = []

    def run(*args, **kwargs):
        started.append(Sas(tmp_path, *args, **kwargs))
        return started[-1]
    yield run
    for s in started:
        s.stop()


@pytest.mark.parametrize("arguments", [
    [], ["--door"], ["--door", "nonsense", "true"], ["--door", "/x=0", "true"],
    ["--door", "/x=70000", "true"], ["--door", "/" + "x" * 200 + "=80", "true"],
    ["--relay", "80", "true"], ["--unknown", "1", "true"], ["--ready", "http", "true"],
    ["--status", "/no/such/folder/s", "true"],
])
def test_bad_command_lines_are_refused(arguments):
    done = subprocess.run([SAS, *arguments], capture_output=True, timeout=5)
    assert done.returncode == 125


def test_it_ends_as_its_child_ends():
    assert subprocess.run([SAS, "sh", "-c", "exit 7"], timeout=5).returncode == 7
    assert subprocess.run([SAS, "sh", "-c", "kill -9 $$"], timeout=5).returncode == 137
    assert subprocess.run([SAS, "/no/such"], capture_output=True, timeout=5).returncode == 127


def test_states_come_in_order_and_late_readers_get_them_all(start):
    sas = start("http", "0.3")
    text = sas.lines_until("state ready")
    words = [line.split()[1] for line in text.splitlines() if line.startswith("state")]
    assert words == ["started", "listening", "ready"]
    ready = int(text.splitlines()[-1].split()[2])
    assert 300 <= ready < 3000
    again = sas.lines_until("activity")
    assert "state ready" in again


def test_the_doors_are_open_to_all_who_reach_the_folder(start):
    sas = start("http")
    sas.lines_until("state ready")
    assert os.stat(sas.door).st_mode & 0o777 == 0o666
    assert os.stat(sas.status).st_mode & 0o777 == 0o666


def test_a_half_close_is_passed_on(start):
    sas = start("echo-after-end")
    sas.lines_until("state listening")
    payload = os.urandom(3_000_000)
    with connect(sas.door) as s:
        sender = threading.Thread(target=lambda: (s.sendall(payload), s.shutdown(socket.SHUT_WR)))
        sender.start()
        got = b""
        while part := s.recv(1 << 20):
            got += part
        sender.join()
    assert got == payload[::-1]


def test_a_slow_reader_stops_the_writer_and_memory_stays_small(start):
    sas = start("flood", ready=False)
    wait_for(lambda: os.path.exists(sas.door))
    sas_up = time.monotonic() + 10
    while True:
        s = connect(sas.door)
        if s.recv(10):
            break
        s.close()
        assert time.monotonic() < sas_up
        time.sleep(0.02)
    with s:
        time.sleep(0.5)
        with open(f"/proc/{sas.process.pid}/statm") as f:
            assert int(f.read().split()[1]) * 4096 < 4_000_000
        before = cpu_ticks(sas.process.pid)
        time.sleep(0.5)
        assert cpu_ticks(sas.process.pid) - before < 10, "sas turns without rest"
        total = 10
        while part := s.recv(1 << 20):
            total += len(part)
    assert total == 400 * 65536


def cpu_ticks(pid):
    with open(f"/proc/{pid}/stat") as f:
        fields = f.read().rsplit(")", 1)[1].split()
    return int(fields[11]) + int(fields[12])


def test_a_thousand_connections_leave_nothing(start):
    sas = start("http")
    sas.lines_until("state ready")
    before = sas.settled_fds()
    idle = [connect(sas.door) for _ in range(500)]
    busy = [connect(sas.door) for _ in range(500)]
    for s in busy:
        s.sendall(b"GET / HTTP/1.1\r\n\r\n")
    for s in busy:
        assert s.recv(100).startswith(b"HTTP/1.1 200")
    wait_for(lambda: sas.fds() == before + 2000)
    for s in busy[:250]:        # these go away with a question unanswered
        s.sendall(b"GET / HTTP/1.1\r\n\r\n")
    for s in idle + busy:
        s.close()
    wait_for(lambda: sas.fds() == before, timeout=3)
    ticks = cpu_ticks(sas.process.pid)
    time.sleep(0.5)
    assert cpu_ticks(sas.process.pid) - ticks < 5
    with connect(sas.door) as s:
        s.sendall(b"GET / HTTP/1.1\r\n\r\n")
        assert s.recv(100).startswith(b"HTTP/1.1 200")


def test_more_than_the_maximum_is_refused_and_the_rest_goes_on(tmp_path):
    door, port = str(tmp_path / "d"), free_port()
    process = subprocess.Popen(
        ["sh", "-c", 'ulimit -n 300; exec "$@"', "sh", SAS, "--door", f"{door}={port}", "--",
         sys.executable, "-c", SERVER, "http", str(port)])
    try:
        wait_for(lambda: os.path.exists(door))
        wait_for(lambda: answers(door))
        many = [connect(door) for _ in range(200)]
        time.sleep(0.3)
        refused = 0
        for s in many:
            s.settimeout(0.2)
            try:
                s.sendall(b"GET / HTTP/1.1\r\n\r\n")
                if s.recv(10) == b"":
                    refused += 1
            except OSError:
                refused += 1
        assert 100 <= refused < 200
        for s in many:
            s.close()
        wait_for(lambda: answers(door))
    finally:
        process.terminate()
        process.wait(10)


def answers(door):
    try:
        with connect(door) as s:
            s.sendall(b"GET / HTTP/1.1\r\n\r\n")
            return s.recv(10) != b""
    except OSError:
        return False


def test_a_connection_before_the_service_listens_is_closed_at_once(start):
    sas = start("http", "2")
    wait_for(lambda: os.path.exists(sas.door))
    with connect(sas.door) as s:
        began = time.monotonic()
        assert s.recv(10) == b""
        assert time.monotonic() - began < 0.5


def test_a_relay_outwards_reaches_the_socket(start, tmp_path):
    lake = str(tmp_path / "lake.sock")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(lake)
        listener.listen(5)
        port = free_port()
        sas = start("http", extra=("--relay", f"{port}={lake}"))
        sas.lines_until("state ready")
        with socket.create_connection(("127.0.0.1", port), 5) as s:
            s.sendall(b"hello")
            inside, _ = listener.accept()
            with inside:
                assert inside.recv(10) == b"hello"
                inside.sendall(b"lake")
                assert s.recv(10) == b"lake"


def test_a_door_replaced_by_a_link_harms_nothing(start, tmp_path):
    """The bubble owns its doors: sas never touches a name again once it is bound."""
    victim = tmp_path / "victim"
    victim.write_text("precious")
    sas = start("http")
    sas.lines_until("state ready")
    os.unlink(sas.door)
    os.symlink(victim, sas.door)
    os.unlink(sas.status)
    os.symlink(victim, sas.status)
    time.sleep(0.2)
    assert sas.process.poll() is None
    sas.stop()
    assert victim.read_text() == "precious"


def test_orphans_are_reaped_and_signals_reach_the_service(tmp_path):
    script = "trap 'echo stopped; exit 3' TERM; for i in 1 2 3 4 5; do (sleep 0.05 & ) ; done; " \
             "echo up; while :; do sleep 0.05; done"
    process = subprocess.Popen([SAS, "sh", "-c", script], stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "up\n"
    process.send_signal(signal.SIGTERM)
    assert process.wait(5) == 3
    assert process.stdout.read() == "stopped\n"


def test_a_service_that_will_not_stop_does_not_hold_sas_for_ever():
    script = "trap '' TERM; echo up; while :; do sleep 1; done"
    process = subprocess.Popen([SAS, "sh", "-c", script], stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "up\n"
    began = time.monotonic()
    process.terminate()
    assert process.wait(15) == 137
    assert 7 < time.monotonic() - began < 12


def test_status_readers_are_limited_and_come_and_go(start):
    sas = start("http")
    sas.lines_until("state ready")
    before = sas.settled_fds()
    readers = [connect(sas.status) for _ in range(40)]
    wait_for(lambda: sas.fds() == before + 16)
    for s in readers:
        s.close()
    wait_for(lambda: sas.fds() == before)
    assert "state ready" in sas.lines_until("activity")


def test_activity_is_told(start):
    sas = start("http")
    sas.lines_until("state ready")
    with connect(sas.status) as s, s.makefile() as stream:
        while not (line := stream.readline()).startswith("activity"):
            pass
        assert line.split()[1] == "0"
        assert answers(sas.door)
        s.settimeout(6)
        when = int(stream.readline().split()[1])
        assert abs(when - time.time() * 1000) < 6000
