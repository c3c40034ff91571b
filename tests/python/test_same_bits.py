# SPDX-License-Identifier: Apache-2.0
"""A file by `darse sdc run`, the same records by Python: the same bytes, and the same report to the last bit."""
import csv
import io
import json
import random
import subprocess
from pathlib import Path

import pandas
import polars
import pyarrow.csv
import pyarrow.parquet
import pytest
from conftest import BUILD, TREE
from darse import sdc

RECIPES = TREE / "demo" / "recipes"
KEY = "an example of a key that is long enough"
# Of every kind of step, on a file with missing values, weights, households and texts that look like numbers.
EVERY_STEP = {
    "darse_recipe": 1, "title": "Every step", "seed": 11, "keys": ["sex", "age", "city"], "missing": "category", "k": 3,
    "weight": "w", "household": "house", "sensitive": ["income"],
    "hierarchies": {
        "city": [["Lyon", "69", "ARA"], ["Bron", "69", "ARA"], ["Gap", "05", "PACA"],
                 ["Saint-Quentin-en-Yvelines", "78", "IDF"]],
        "sex": [["F", "all"], ["M", "all"]]},
    "steps": [
        {"do": "pseudonym", "column": "house", "domain": "household"},
        {"do": "sample", "fraction": 0.9, "strata": "city"},
        {"do": "pram", "column": "sex"},
        {"do": "recode", "column": "city", "level": 1},
        {"do": "noise", "columns": ["income", "wealth"], "percent": 5, "correlated": True},
        {"do": "swap", "columns": ["wealth"], "percent": 4},
        {"do": "microaggregate", "columns": ["income", "wealth"], "k": 3},
        {"do": "tails", "column": "income", "top": 2000, "as": "mean"},
        {"do": "round", "column": "wealth", "base": 10, "how": "random"},
        {"do": "cut", "column": "w", "at": [10, 20]},
        {"do": "suppress", "columns": ["sex", "age", "city"], "costs": {"age": 2}},
        {"do": "shuffle"},
    ]}


def write_csv(path, data):
    with open(path, "w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(data)
        rows.writerows(zip(*[["" if value is None else value for value in column] for column in data.values()]))


def by_command(darse, folder, recipe, source, *more):
    (folder / "recipe.json").write_text(json.dumps(recipe), encoding="utf-8")
    (folder / "key").write_text(KEY + "\n", encoding="utf-8")
    done = subprocess.run([darse, "sdc", "run", folder / "recipe.json", "--in", source, "--out", folder / "out",
                           "--key", folder / "key", *more], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads((folder / "out" / "report.json").read_text(encoding="utf-8"))


def number_text(value):
    """As the command writes numbers: the shorter of two forms that is read back as the same number."""
    text = f"{value + 0.0:.15g}"
    return text if float(text) == value else f"{value:.17g}"


def csv_bytes(frame):
    out = io.StringIO()
    columns = {column.name: column for column in frame}
    out.write(",".join(columns) + "\n")
    for row in zip(*columns.values()):
        fields = ["" if v is None else number_text(v) if isinstance(v, float) else v for v in row]
        csv.writer(out, lineterminator="\n").writerow(fields)
    return out.getvalue().encode("utf-8")


def same_report(ours, theirs):
    theirs = {name: value for name, value in theirs.items() if name in ours}
    assert set(theirs) >= {"before", "after", "utility", "steps", "recipe"}
    assert ours == theirs   # numbers are compared as numbers: all bits


@pytest.fixture(scope="module")
def file(people, tmp_path_factory):
    path = tmp_path_factory.mktemp("people") / "people.csv"
    write_csv(path, people)
    return path


@pytest.mark.parametrize("kind", ["dict", "pandas", "polars", "pyarrow"])
def test_every_step_gives_the_same_bytes(kind, darse, people, file, tmp_path):
    report = by_command(darse, tmp_path, EVERY_STEP, file)
    frame = {"dict": lambda: people, "pandas": lambda: pandas.DataFrame(people), "polars": lambda: polars.read_csv(file),
             "pyarrow": lambda: pyarrow.csv.read_csv(file, convert_options=pyarrow.csv.ConvertOptions(
                 strings_can_be_null=True))}[kind]()
    made = sdc.run(EVERY_STEP, frame, key=KEY)
    same_report(made.report, report)
    as_frame = sdc.Frame.from_dict(made.frame.to_dict()) if kind == "dict" else made.frame
    back = as_frame if kind == "dict" else sdc.Frame.from_dict(lists_of(as_frame))
    assert csv_bytes(back) == (tmp_path / "out" / "protected.csv").read_bytes()


def lists_of(frame):
    table = frame if hasattr(frame, "to_pydict") else (
        frame.to_arrow() if isinstance(frame, polars.DataFrame) else pyarrow.Table.from_pandas(frame))
    return table.to_pydict()


def test_the_lesson_gives_the_same_bytes(darse, tmp_path):
    """The teaching file and its three recipes."""
    raw = subprocess.run([BUILD / "demo" / "darse-demo-teaching", "--rows", "3000", "--seed", "3"], check=True,
                         capture_output=True).stdout
    (tmp_path / "raw.csv").write_bytes(raw)
    frame = pandas.read_csv(tmp_path / "raw.csv", dtype=str).astype({"salary": float})
    for name in ("secure", "scientific", "public"):
        folder = tmp_path / name
        folder.mkdir()
        recipe = json.loads((RECIPES / f"{name}.json").read_text(encoding="utf-8"))
        report = by_command(darse, folder, recipe, tmp_path / "raw.csv")
        made = sdc.run(RECIPES / f"{name}.json", frame, key=KEY)
        same_report(made.report, report)
        assert csv_bytes(sdc.Frame.from_dict(lists_of(made.frame))) == (folder / "out" / "protected.csv").read_bytes()


def test_parquet_in_and_out(darse, people, tmp_path):
    pyarrow.parquet.write_table(pyarrow.table(people), tmp_path / "people.parquet")
    report = by_command(darse, tmp_path, EVERY_STEP, tmp_path / "people.parquet", "--parquet")
    made = sdc.run(EVERY_STEP, pyarrow.parquet.read_table(tmp_path / "people.parquet"), key={"household": KEY})
    same_report(made.report, report)
    assert pyarrow.parquet.read_table(tmp_path / "out" / "protected.parquet").to_pydict() == lists_of(made.frame)


def test_single_functions_give_the_figures_of_the_report(darse, people, file, tmp_path):
    report = by_command(darse, tmp_path, {**EVERY_STEP, "steps": []}, file)["before"]
    for missing in ("wildcard", "category"):
        said = sdc.k_anonymity(people, ["sex", "age", "city"], 3, missing=missing)
        assert (said.uniques, said.below) == (report[missing]["uniques"], report[missing]["below_k"])
    risks = sdc.individual_risk(people, ["sex", "age", "city"], missing="category", weight="w")
    assert sdc.global_risk(risks).expected == report["individual"]["expected"]
    assert sdc.global_risk(risks).rate == report["individual"]["rate"]


def test_steps_and_pages():
    assert {"drop", "suppress", "lattice", "shuffle"} <= set(sdc.steps())
    made = sdc.run({**EVERY_STEP, "steps": []}, {"sex": ["F", "M"], "age": [1, 2], "city": ["Lyon", "Gap"], "w": [1, 1],
                                               "house": ["a", "b"], "income": [1, 2], "wealth": [3, 4]})
    assert "Protection report" in made.html() and "Rapport de protection" in made.html("fr")
    assert "<iframe" in made._repr_html_() and "<script" not in made.html()
    for recipe in RECIPES.glob("*.json"):
        sdc.check_recipe(recipe)
    with pytest.raises(sdc.RecipeError, match='Step 1 does "burn"'):
        sdc.check_recipe({**EVERY_STEP, "steps": [{"do": "burn"}]})
    with pytest.raises(sdc.RecipeError, match="32 bytes"):
        sdc.run({**EVERY_STEP, "weight": "w"}, {"sex": ["F"], "age": [1], "city": ["Lyon"], "w": [1], "house": ["a"],
                                                "income": [1], "wealth": [2]}, key="short")
    assert Path(sdc.__file__).with_name("lib").joinpath("libdarse-recipes.so").exists()


FIRMS = {
    "town": ["Lyon", "Bron", "Gap", "Nice"], "industry": ["food", "textile", "wood"],
    "tree": [["Lyon", "ARA"], ["Bron", "ARA"], ["Gap", "PACA"], ["Nice", "PACA"]]}


def firms():
    draw = random.Random(12)
    rows = 90
    return {"town": [draw.choice(FIRMS["town"]) for _ in range(rows)],
            "industry": [draw.choice(FIRMS["industry"]) for _ in range(rows)],
            "owner": [f"g{draw.randrange(40)}" for _ in range(rows)],
            "turnover": [draw.randrange(100, 9000) for _ in range(rows)]}


def test_tables_have_the_figures_of_the_command(darse, tmp_path):
    """Counts, totals, what is unsafe and by which rule, what is suppressed besides, and the bounds of the audit."""
    records = firms()
    write_csv(tmp_path / "firms.csv", records)
    (tmp_path / "tables.json").write_text(json.dumps({
        "darse_tables": 1, "title": "Firms", "value": "turnover", "holding": "owner",
        "hierarchies": {"town": FIRMS["tree"]}, "tables": [{"name": "places", "dimensions": ["town", "industry"]}],
        "rules": {"minimum_count": 5, "dominance": [{"contributors": 1, "percent": 40}]},
        "method": {"name": "gauss", "widen": False, "singletons": True}}))
    done = subprocess.run([darse, "sdc", "suppress", tmp_path / "tables.json", "--in", tmp_path / "firms.csv", "--out",
                           tmp_path / "out"], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode in (0, 3), done.stderr   # 3: done, and some interval is too narrow
    with open(tmp_path / "out" / "places.confidential.csv", encoding="utf-8", newline="") as file:
        theirs = {(row["town"], row["industry"]): row for row in csv.DictReader(file)}
    table = sdc.tabulate(records, {"town": FIRMS["tree"], "industry": None}, value="turnover", holding="owner", top=2)
    unsafe = sdc.primary(table, {"minimum_count": 5, "dominance": {1: 40}})
    pattern = sdc.suppress(table, unsafe)
    bounds = sdc.audit(table, pattern)
    cells = table.cells.to_dict()
    assert len(theirs) == len(table) and 0 < sum(unsafe.unsafe) < sum(pattern.suppressed) < len(table)
    for i, place in enumerate(zip(cells["town"], cells["industry"])):
        row = theirs[place]
        assert (float(row["count"]), float(row["contributors"]), float(row["turnover"])) == (
            cells["count"][i], cells["units"][i], cells["total"][i])
        assert row["status"] == ("unsafe" if unsafe.unsafe[i] else "secondary" if pattern.suppressed[i] else "safe")
        assert row["rules"].split("+")[0] == (unsafe.rule[i] or "")
        if pattern.suppressed[i]:
            assert (float(row["low"]), float(row["high"])) == (bounds.low[i], bounds.high[i])
            if unsafe.unsafe[i]:
                assert float(row["protect_below"]) == pytest.approx(unsafe.below[i], rel=1e-5)
