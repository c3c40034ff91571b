# SPDX-License-Identifier: Apache-2.0
"""A statistician protects a file of records by a recipe: what the folder holds is k-anonymous by a count of
their own, the report tells it, the same recipe gives the same bytes, and a failure leaves nothing."""
import csv
import hashlib
import json
import os
import random
import subprocess
from collections import Counter

import pytest

DARSE = os.environ.get("DARSE_BINARY", "build/src/darse")
KEYS = ["sex", "age", "city"]
CITIES = {"Lyon": "69", "Bron": "69", "Gap": "05", "Nice": "06", "Toul": "54"}


def run(*arguments):
    return subprocess.run([DARSE, "sdc", *map(str, arguments)], capture_output=True, text=True,
                          timeout=120, check=False)


@pytest.fixture
def place(tmp_path):
    draw = random.Random(1)
    with open(tmp_path / "people.csv", "w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["name", "sex", "age", "city", "salary", "w"])
        for number in range(600):
            city = draw.choice(list(CITIES)) if draw.random() > .03 else ""
            rows.writerow([f'Person "{number}", née X', draw.choice("FM"), draw.randint(18, 80), city,
                           draw.randint(1200, 9000), draw.randint(5, 40)])
    recipe = {
        "darse_recipe": 1, "title": "Salariés", "seed": 2026, "keys": KEYS, "missing": "wildcard", "k": 3,
        "weight": "w", "sensitive": ["salary"],
        "hierarchies": {"city": [[city, department, "France"] for city, department in CITIES.items()]},
        "steps": [
            {"do": "pseudonym", "column": "name", "domain": "person"},
            {"do": "shuffle"},
            {"do": "cut", "column": "age", "at": [25, 35, 45, 55, 65]},
            {"do": "recode", "column": "city", "level": 1},
            {"do": "suppress", "columns": KEYS},
            {"do": "microaggregate", "columns": ["salary"]},
        ]}
    (tmp_path / "recipe.json").write_text(json.dumps(recipe), encoding="utf-8")
    (tmp_path / "key").write_text("k" * 40 + "\n", encoding="utf-8")
    return tmp_path


def protect(place, out, *more):
    return run("run", place / "recipe.json", "--in", place / "people.csv", "--out", place / out,
               "--key", place / "key", *more)


def rows_of(path):
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def matches(one, other):
    return all(one[key] == other[key] or not one[key] or not other[key] for key in KEYS)


def test_a_protected_file_is_what_its_report_says(place):
    done = protect(place, "out")
    assert done.returncode == 0, done.stderr
    rows = rows_of(place / "out" / "protected.csv")
    assert len(rows) == 600
    assert all(sum(matches(row, other) for other in rows) >= 3 for row in rows)
    assert {row["city"] for row in rows} <= {"69", "05", "06", "54", ""}
    assert min(Counter(row["salary"] for row in rows).values()) >= 3
    assert not any("Person" in row["name"] for row in rows)
    report = json.loads((place / "out" / "report.json").read_text(encoding="utf-8"))
    assert report["after"]["wildcard"]["below_k"] == 0
    assert report["after"]["category"]["keys"] == len({tuple(row[key] for key in KEYS) for row in rows})
    assert report["before"]["individual"]["expected"] > report["after"]["individual"]["expected"]
    digest = hashlib.sha256((place / "out" / "protected.csv").read_bytes()).hexdigest()
    assert report["files"]["output SHA-256"] == digest
    assert "%" in done.stderr   # what it is at, on the way
    assert "Protection report" in (place / "out" / "report.html").read_text(encoding="utf-8")
    assert "k" * 40 not in (place / "out" / "report.json").read_text(encoding="utf-8") + done.stdout


def test_the_same_recipe_gives_the_same_bytes(place):
    assert protect(place, "one").returncode == 0
    assert protect(place, "same").returncode == 0
    for name in ("protected.csv", "report.json", "report.html", "recipe.json"):   # the log too
        assert (place / "one" / name).read_bytes() == (place / "same" / name).read_bytes()
    assert protect(place, "two", "--language", "fr").returncode == 0
    first, second = (place / name / "protected.csv" for name in ("one", "two"))
    assert first.read_bytes() == second.read_bytes()
    again = run("run", place / "one" / "recipe.json", "--in", place / "people.csv", "--out",
                place / "three", "--key", place / "key")
    assert again.returncode == 0, again.stderr
    assert (place / "three" / "protected.csv").read_bytes() == first.read_bytes()
    assert "Rapport de protection" in (place / "two" / "report.html").read_text(encoding="utf-8")
    recipe = json.loads((place / "recipe.json").read_text(encoding="utf-8"))
    recipe["seed"] = 1
    (place / "recipe.json").write_text(json.dumps(recipe), encoding="utf-8")
    assert protect(place, "four").returncode == 0
    assert (place / "four" / "protected.csv").read_bytes() != first.read_bytes()


def test_parquet_holds_the_same_values_and_can_be_protected_again(place):
    assert protect(place, "csv").returncode == 0
    assert protect(place, "parquet", "--parquet").returncode == 0
    recipe = json.loads((place / "recipe.json").read_text(encoding="utf-8"))
    recipe.update(steps=[], hierarchies={})
    (place / "recipe.json").write_text(json.dumps(recipe), encoding="utf-8")
    back = run("run", place / "recipe.json", "--in", place / "parquet" / "protected.parquet", "--out",
               place / "back")
    assert back.returncode == 0, back.stderr
    assert rows_of(place / "back" / "protected.csv") == rows_of(place / "csv" / "protected.csv")


@pytest.mark.parametrize("change, sentence", [
    ({"keys": ["sex", "agee"]}, 'names the column "agee"'),
    ({"steps": [{"do": "burn"}]}, 'Step 1 does "burn"'),
    ({"steps": [{"do": "suppress", "columns": ["sex"], "k": 601}]}, "cannot be made alike"),
    ({"hierarchies": {"city": [["Lyon", "69"]]}}, "which its hierarchy lacks"),
])
def test_a_failure_says_why_and_leaves_nothing(place, change, sentence):
    recipe = json.loads((place / "recipe.json").read_text(encoding="utf-8"))
    recipe.update(change)
    (place / "recipe.json").write_text(json.dumps(recipe), encoding="utf-8")
    done = protect(place, "out")
    assert done.returncode == 1
    assert sentence in done.stderr
    assert not (place / "out").exists()


def test_a_finished_folder_is_not_written_over(place):
    assert protect(place, "out").returncode == 0
    before = (place / "out" / "protected.csv").read_bytes()
    done = protect(place, "out")
    assert done.returncode == 1 and "is there already" in done.stderr
    assert (place / "out" / "protected.csv").read_bytes() == before
    assert not (place / "out" / ".protected.part").exists()


def test_the_risk_of_a_file(place):
    done = run("risk", place / "people.csv", "--keys", "sex,age,city", "--weight", "w", "--json")
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    counts = Counter(tuple(row[key] for key in KEYS) for row in rows_of(place / "people.csv"))
    assert said["category"]["keys"] == len(counts)
    assert said["category"]["uniques"] == sum(1 for count in counts.values() if count == 1)
    assert run("risk", place / "people.csv").returncode == 2
    assert run("steps").returncode == 0
