# SPDX-License-Identifier: Apache-2.0
"""The package as others get it: the wheel that ninja made, installed without an index into a folder of its own."""
import os
import random
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

TREE = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("DARSE_BUILD", TREE / "build"))


def install():
    wheels = sorted((BUILD / "clients" / "python").glob("darse-*.whl"), key=lambda path: path.stat().st_mtime)
    assert wheels, f"{BUILD}/clients/python has no wheel; run ninja -C {BUILD}"
    folder = tempfile.mkdtemp(prefix="darse-python-")
    subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps", "--no-cache-dir",
                    "--disable-pip-version-check", "--root-user-action", "ignore", "--target", folder, wheels[-1]],
                   check=True)
    return folder


INSTALLED = install()
sys.path.insert(0, INSTALLED)


def pytest_unconfigure():
    import shutil
    shutil.rmtree(INSTALLED, ignore_errors=True)


@pytest.fixture(scope="session")
def darse():
    """The command line, for the same work by the other route."""
    return BUILD / "src" / "darse"


@pytest.fixture(scope="session")
def people():
    """Invented persons with missing values, in plain lists."""
    draw = random.Random(7)
    rows = 300
    return {
        "sex": [draw.choice(["F", "M", None]) if draw.random() < .1 else draw.choice("FM") for _ in range(rows)],
        "age": [None if draw.random() < .05 else draw.randrange(20, 26) for _ in range(rows)],
        "city": [draw.choice(["Lyon", "Bron", "Gap", "Saint-Quentin-en-Yvelines"]) for _ in range(rows)],
        "w": [draw.randrange(2, 40) for _ in range(rows)],
        "house": [f"h{draw.randrange(120)}" for _ in range(rows)],
        "income": [draw.randrange(1000, 9000) / 4 for _ in range(rows)],
        "wealth": [draw.gauss(5e4, 2e4) for _ in range(rows)],
    }
