# SPDX-License-Identifier: Apache-2.0
"""images/build makes what changed and nothing else: a new Python package makes the thin image anew, not the libraries
under it. Podman and mmdebstrap are stood in for by scripts that write down what they were asked for."""
import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

PODMAN = r"""#!/bin/sh
# Images are files named after their tag; what was built, and on what, goes to $FAKE/log.
name() { printf '%s' "$1" | tr '/:' '__'; }
while [ "${1#--}" != "$1" ]; do case $1 in *=*) shift ;; --tmpdir) shift 2 ;; *) shift ;; esac; done
case $1 in
    import) for last; do :; done; touch "$FAKE/$(name "$last")" ;;
    build)
        for last; do :; done
        while [ "$1" != --tag ]; do shift; done
        echo "$(echo "$2" | sed 's/.*darse-//; s/:.*//') $(ls "$last" | grep -c '\.whl$')" >> "$FAKE/log"
        touch "$FAKE/$(name "$2")" ;;
    image)
        case $2 in
            exists) [ -e "$FAKE/$(name "$3")" ] ;;
            inspect) echo '{"id":"x","port":8888,"command":["start"]}' ;;
        esac ;;
esac
"""

MMDEBSTRAP = r"""#!/bin/sh
for word; do
    case $word in *.tar) touch "$word" ;; esac
done
"""


@pytest.fixture
def place(tmp_path):
    if os.geteuid() != 0:
        pytest.skip("images/build needs root")
    (tmp_path / "bin").mkdir()
    for name, text in (("podman", PODMAN), ("mmdebstrap", MMDEBSTRAP)):
        (tmp_path / "bin" / name).write_text(text)
        (tmp_path / "bin" / name).chmod(0o755)
    shutil.copytree(ROOT / "images", tmp_path / "images")
    (tmp_path / "fake").mkdir()
    (tmp_path / "wheels").mkdir()
    (tmp_path / "wheels" / "darse-1-py3-none-any.whl").write_text("one")
    return tmp_path


def build(place, *more):
    """Its exit code and what it said, and what was built. (Its signs of life would hold a pipe open.)"""
    with open(place / "said", "w", encoding="utf-8") as said:
        code = subprocess.run([place / "images/build", "--store", place / "store", "--suite", "bookworm", "--wheels",
                               place / "wheels", *more], stdout=said, stderr=said, timeout=60, check=False,
                              env={**os.environ, "PATH": f"{place}/bin:{os.environ['PATH']}",
                                   "FAKE": str(place / "fake")}).returncode
    log = place / "fake" / "log"
    made = log.read_text().split("\n")[:-1] if log.exists() else []
    log.unlink(missing_ok=True)
    return code, (place / "said").read_text(encoding="utf-8"), made


def test_only_what_changed_is_built(place):
    (place / "store" / "storage" / "overlay").mkdir(parents=True)
    code, said, made = build(place)
    assert code == 0, said
    assert made == ["jupyter-libraries 0", "jupyter 1"]   # the wheel is beside the thin one's Containerfile
    assert json.loads((place / "store" / "images.json").read_text())["images"]["jupyter"]["port"] == 8888
    code, said, made = build(place)
    assert made == [] and "up to date" in said
    (place / "wheels" / "darse-1-py3-none-any.whl").write_text("two")
    assert build(place)[2] == ["jupyter 1"]
    start = place / "images" / "jupyter" / "top" / "start"
    start.write_text(start.read_text() + "# changed\n")
    assert build(place)[2] == ["jupyter 1"]
    with open(place / "images" / "jupyter" / "requirements.txt", "a", encoding="utf-8") as file:
        file.write("# changed\n")
    assert build(place)[2] == ["jupyter-libraries 0", "jupyter 1"]
    assert build(place, "--refresh")[2] == ["jupyter-libraries 0", "jupyter 1"]
    (place / "wheels" / "darse-1-py3-none-any.whl").write_text("one")
    start.write_text((ROOT / "images" / "jupyter" / "top" / "start").read_text())
    shutil.copy(ROOT / "images" / "jupyter" / "requirements.txt", place / "images" / "jupyter")
    assert build(place)[2] == []   # what was there before is still there


def test_without_the_package_it_says_what_to_do(place):
    (place / "wheels" / "darse-1-py3-none-any.whl").unlink()
    code, said, made = build(place)
    assert code == 1 and made == []
    assert "build Darse first" in said
    assert not (place / "store").exists()
