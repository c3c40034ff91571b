# SPDX-License-Identifier: Apache-2.0
"""A scientist checks a cross-table before asking for its export: what is flagged, what passes, and what
is refused as a table. Real worker, real sandbox, real DuckDB."""
import json
import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

RAW = "region,n,turnover,largest\nNorth,2,100,60\nSouth,25,900,100\nWest,12,500,490\nEast,40,800,90\n"
SUPPRESSED = "region,n,turnover,largest\nNorth,,,\nSouth,25,900,100\nWest,,,\nEast,40,800,90\n"
COLUMNS = ("--count", "n", "--total", "turnover", "--largest", "largest")


def check(binary, path, *words):
    return subprocess.run([str(binary), "sdc", "check", str(path), *words], capture_output=True,
                          text=True, check=False, timeout=60)


def table(folder, text, name="table.csv"):
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_raw_table_is_flagged_cell_by_cell(darse_binary, tmp_path):
    done = check(darse_binary, table(tmp_path, RAW), *COLUMNS, "--json")
    assert done.returncode == 1, done.stderr
    result = json.loads(done.stdout)
    assert result["verdict"] == "flagged"
    assert result["basis"] == "author_declaration"
    assert [(flag["row"], flag["rule"]) for flag in result["flags"]] == [
        (1, "minimum_count"), (3, "dominance")]


def test_suppressed_table_passes(darse_binary, tmp_path):
    done = check(darse_binary, table(tmp_path, SUPPRESSED), *COLUMNS)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "pass: 4 cells, 0 flagged, 2 safe, 2 suppressed" in done.stdout


def test_stricter_pack(darse_binary, tmp_path):
    done = check(darse_binary, table(tmp_path, RAW), "--count", "n", "--pack", "fr-health", "--json")
    flags = json.loads(done.stdout)["flags"]
    assert [(flag["row"], flag["value"]) for flag in flags] == [(1, "2")]


def test_undeclared_columns_make_it_incomplete(darse_binary, tmp_path):
    done = check(darse_binary, table(tmp_path, SUPPRESSED), "--count", "n")
    assert done.returncode == 1
    assert "rules not applied, their columns were not declared: dominance" in done.stdout
    assert '"turnover", "largest"' in done.stdout


@pytest.mark.parametrize("name, content, said", [
    ("a.csv", b"", "empty"),
    ("a.csv", b"n\n1\n\"open\n", "never closed"),
    ("a.csv", b"n\n1,2\n", "more values than the header"),
    ("a.csv", b"caf\xe9\n1\n", "not valid UTF-8"),
    ("a.csv", b"n\n1\x00\n", "NUL byte"),
    ("a.csv", b"n\n<5\n", "is not a number"),
    ("a.parquet", b"n\n1\n", "not a whole Parquet file"),
    ("a.xlsx", b"PK\x03\x04", "neither .csv nor .parquet"),
])
def test_refused_tables(darse_binary, tmp_path, name, content, said):
    done = check(darse_binary, table(tmp_path, content, name), "--count", "n")
    assert done.returncode == 1
    assert said in done.stderr
    assert done.stdout == ""


def test_a_pipe_is_not_read(darse_binary, tmp_path):
    path = tmp_path / "pipe.csv"
    os.mkfifo(path)
    done = check(darse_binary, path, "--count", "n")
    assert done.returncode == 1
    assert "darse sdc check:" in done.stderr


def test_packs_have_sources(darse_binary):
    done = subprocess.run([str(darse_binary), "sdc", "packs", "--json"], capture_output=True, text=True,
                          check=True, timeout=60)
    packs = json.loads(done.stdout)
    assert {"fr-enterprise", "fr-tax-person"} <= {pack["name"] for pack in packs}
    assert all(pack["reference"] for pack in packs)


def children_of(pid):
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        if int(fields[1]) == pid:
            found.append(int(stat.parent.name))
    return found


def test_worker_dies_with_its_caller(darse_binary, tmp_path):
    """kill -9 of the caller leaves no worker behind."""
    rows = "n\n" + "1\n2\n3\n4\n" * 45_000
    path = table(tmp_path, rows)
    caller = subprocess.Popen([str(darse_binary), "sdc", "check", str(path), "--count", "n"],
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    workers = []
    deadline = time.monotonic() + 10
    while not workers and time.monotonic() < deadline and caller.poll() is None:
        workers = children_of(caller.pid)
    assert workers, "no worker was seen"
    caller.send_signal(signal.SIGKILL)
    caller.wait()
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline and any(Path(f"/proc/{pid}").exists() for pid in workers):
        time.sleep(0.02)
    assert not any(Path(f"/proc/{pid}").exists() for pid in workers)
