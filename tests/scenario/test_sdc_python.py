# SPDX-License-Identifier: Apache-2.0
"""A scientist in a bubble, without a network: `darse.sdc` is there and computes what it computes outside, recipes
and the solver too, and a notebook for each use file runs from top to bottom."""
import json
import subprocess

import pytest
from engine_fixtures import BUILD, Bubble, engine, engine_host, new_id, start_service  # noqa: F401 (fixtures)
from engine_fixtures import MIB

PROJECT, BASE = new_id("prj"), 331072
KEY = "an example of a key that is long enough"
RECIPE = {"darse_recipe": 1, "title": "t", "seed": 4, "keys": ["city", "occupation"], "missing": "category", "k": 5,
          "steps": [{"do": "pseudonym", "column": "siret"}, {"do": "suppress", "columns": ["city", "occupation"]},
                    {"do": "noise", "columns": ["salary"], "percent": 7}, {"do": "shuffle"}]}


@pytest.fixture(scope="module")
def bubble(engine):
    engine.open_project(PROJECT, BASE)
    one = Bubble(engine, start_service(new_id("svc"), PROJECT, BASE, memory=2048 * MIB, tmpfs=256 * MIB))
    yield one
    engine.stop(one.id)


def test_the_package_is_there_and_says_the_same_as_outside(bubble, tmp_path):
    found = bubble.ask("[list(sdc.frequencies({'a': ['x', 'y', 'x', None]}, ['a'], missing=m).sample) "
                       "for m in ('wildcard', 'category')]", "from darse import sdc")
    assert found == [[3, 2, 3, 4], [2, 1, 2, 1]]
    raw = subprocess.run([BUILD / "demo" / "darse-demo-teaching", "--rows", "2000", "--seed", "8"], check=True,
                         capture_output=True).stdout
    (tmp_path / "raw.csv").write_bytes(raw)
    (tmp_path / "recipe.json").write_text(json.dumps(RECIPE))
    (tmp_path / "key").write_text(KEY)
    outside = subprocess.run([BUILD / "src" / "darse", "sdc", "run", tmp_path / "recipe.json", "--in",
                              tmp_path / "raw.csv", "--out", tmp_path / "out", "--key", tmp_path / "key", "--parquet"],
                             capture_output=True, text=True, check=False)
    assert outside.returncode == 0, outside.stderr
    files = bubble.engine.state / "projects" / PROJECT / "files"
    for name, content in (("raw.csv", raw), ("protected.parquet", (tmp_path / "out/protected.parquet").read_bytes())):
        (files / name).write_bytes(content)
        (files / name).chmod(0o644)
    bubble.run(f"""
import pandas
from darse import sdc
raw = pandas.read_csv("/project/raw.csv", dtype=str).astype({{"salary": float}})
made = sdc.run({RECIPE!r}, raw, key={KEY!r}).frame
want = pandas.read_parquet("/project/protected.parquet")
assert list(made.columns) == list(want.columns)
for name in want.columns:
    assert made[name].astype(object).fillna("-").tolist() == want[name].astype(object).fillna("-").tolist(), name
""")


def test_the_solver_is_there(bubble):
    assert bubble.ask("list(sdc.audit(t, [True, True, False]).high)", """
from darse import sdc
t = sdc.tabulate({"a": ["x", "y"], "v": [3, 4]}, ["a"], value="v")
""") == [7, 7, 7]


@pytest.mark.parametrize("use", ["1-secure", "2-scientific", "3-public"])
def test_a_notebook_for_each_use_file_runs(bubble, use):
    said = bubble.run(f"""
import subprocess
done = subprocess.run(["jupyter", "nbconvert", "--to", "notebook", "--execute", "--output-dir", "/tmp/done",
                       "/home/marie/examples/{use}-use-file.ipynb"], capture_output=True, text=True)
print(done.returncode, done.stderr[-1500:])
""")
    assert said.startswith("0 "), said
    cells = bubble.ask(f"[o['output_type'] for c in json.load(open('/tmp/done/{use}-use-file.ipynb'))['cells'] "
                       "for o in c.get('outputs', [])]", "import json")
    assert len(cells) > 4 and "error" not in cells


def test_the_examples_are_the_scientist_s_own(bubble):
    bubble.run("open('/home/marie/examples/1-secure-use-file.ipynb', 'a').write(' ')")
    assert bubble.ask("sorted(os.listdir('/home/marie/examples'))") == [
        "1-secure-use-file.ipynb", "2-scientific-use-file.ipynb", "3-public-use-file.ipynb", "employees.csv", "recipes"]
