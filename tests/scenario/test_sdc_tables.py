# SPDX-License-Identifier: Apache-2.0
"""A statistician tabulates records, suppresses what is unsafe and what would give it away, has the result
audited, audits somebody else's table, and measures what was lost. Every interval is computed again here, in
fractions; every cell is counted again from the records."""
import csv
import hashlib
import itertools
import json
import os
import random
import subprocess
from collections import defaultdict
from fractions import Fraction
from pathlib import Path

import pytest

DARSE = os.environ.get("DARSE_BINARY", "build/src/darse")
REGIONS = {"a1": "A", "a2": "A", "b1": "B", "b2": "B", "b3": "B", "c1": "C"}
DATA = Path(os.environ.get("DARSE_TEST_DATA", "/nonexistent")) / "sdc"


def sdc(*arguments, **more):
    return subprocess.run([DARSE, "sdc", *map(str, arguments)], capture_output=True, text=True, timeout=300,
                          check=False, **more)


def rows_of(path):
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def write_rows(path, names, rows):
    with open(path, "w", encoding="utf-8", newline="") as file:
        out = csv.writer(file)
        out.writerow(names)
        out.writerows(rows)


def report_of(folder):
    return json.loads((folder / "report.json").read_text(encoding="utf-8"))


@pytest.fixture
def place(tmp_path):
    """Enterprises of a town, an industry and a group of enterprises, with a turnover."""
    draw = random.Random(4)
    rows = [[draw.choice(list(REGIONS)), draw.choice(["01", "02", "Héli, «x»"]), f"g{draw.randint(1, 60)}",
             round(draw.lognormvariate(4, 1.4), 2)] for _ in range(170)]
    write_rows(tmp_path / "firms.csv", ["town", "industry", "owner", "turnover"], rows)
    recipe = {"darse_tables": 1, "title": "Chiffre d'affaires", "value": "turnover", "holding": "owner",
              "hierarchies": {"town": [[town, region] for town, region in REGIONS.items()]},
              "tables": [{"name": "places", "dimensions": ["town", "industry"]}],
              "rules": {"minimum_count": 3, "dominance": [{"contributors": 1, "percent": 70}]}}
    (tmp_path / "recipe.json").write_text(json.dumps(recipe), encoding="utf-8")
    (tmp_path / "recipe").mkdir()
    return tmp_path


def change(place, **fields):
    recipe = json.loads((place / "recipe.json").read_text(encoding="utf-8"))
    recipe.update(fields)
    recipe = {name: value for name, value in recipe.items() if value is not None}
    (place / "recipe.json").write_text(json.dumps(recipe), encoding="utf-8")
    return place / "recipe.json"


def places_of(row):
    """The cells that a record is in."""
    return itertools.product([row["town"], REGIONS[row["town"]], "Total"], [row["industry"], "Total"])


def cells_of(place):
    """{cell: {owner: turnover}} from the records."""
    cells = defaultdict(lambda: defaultdict(float))
    counts = defaultdict(int)
    for row in rows_of(place / "firms.csv"):
        for cell in places_of(row):
            cells[cell][row["owner"]] += float(row["turnover"])
            counts[cell] += 1
    return cells, counts


# --- tabulate ---------------------------------------------------------------------------------------------


def test_every_cell_is_what_the_records_make(place):
    done = sdc("tabulate", place / "recipe.json", "--in", place / "firms.csv", "--out", place / "out")
    assert done.returncode == 0, done.stderr
    cells, counts = cells_of(place)
    rows = rows_of(place / "out" / "places.cells.csv")
    assert {(row["town"], row["industry"]) for row in rows} == set(cells)
    for row in rows:
        owners = cells[row["town"], row["industry"]]
        total, largest = sum(owners.values()), max(owners.values())
        assert float(row["turnover"]) == pytest.approx(total)
        assert int(row["contributors"]) == len(owners)
        assert int(row["count"]) == counts[row["town"], row["industry"]]
        unsafe = len(owners) < 3 or largest > .7 * total
        assert row["status"] == ("unsafe" if unsafe else "safe")
        if unsafe:   # the share is the secret
            assert row["share_1_percent"] == row["share_2_percent"] == ""
        else:
            assert float(row["share_1_percent"]) == pytest.approx(100 * largest / total, abs=1e-4)
    report = report_of(place / "out")
    assert report["tables"][0]["primary"] == sum(row["status"] == "unsafe" for row in rows)
    assert report["verdict"] == "none"


def test_options_make_the_same_as_a_recipe_and_parquet_and_json_hold_it(place):
    (place / "h.json").write_text(json.dumps({"town": [list(pair) for pair in REGIONS.items()]}))
    options = ["--by", "town,industry", "--value", "turnover", "--holding", "owner", "--hierarchies",
               place / "h.json", "--minimum", 3, "--dominance", "1,70", "--name", "places", "--in",
               place / "firms.csv"]
    recipe = ["tabulate", place / "recipe.json", "--in", place / "firms.csv", "--out"]
    assert sdc("tabulate", *options, "--out", place / "one").returncode == 0
    assert sdc(*recipe, place / "two").returncode == 0
    name = "places.cells.csv"
    assert (place / "one" / name).read_bytes() == (place / "two" / name).read_bytes()
    assert sdc(*recipe, place / "json", "--json").returncode == 0
    rows = rows_of(place / "two" / name)
    listed = json.loads((place / "json" / "places.cells.json").read_text(encoding="utf-8"))
    assert [row["turnover"] for row in listed] == [float(row["turnover"]) for row in rows]
    assert sdc(*recipe, place / "parquet", "--parquet").returncode == 0
    duckdb = pytest.importorskip("duckdb")
    found = duckdb.sql(f"SELECT turnover FROM '{place}/parquet/places.cells.parquet'").fetchall()
    assert [row[0] for row in found] == [float(row["turnover"]) for row in rows]


# --- suppress ---------------------------------------------------------------------------------------------


def relations_of(cells):
    """Sums by hand: (total, parts) for towns, regions and industries."""
    parents = dict(REGIONS) | {region: "Total" for region in REGIONS.values()}
    found = []
    for town, industry in cells:
        parts = [(child, industry) for child, parent in parents.items() if parent == town]
        parts = [part for part in parts if part in cells]
        if parts:
            found.append(((town, industry), parts))
        if industry == "Total":
            found.append(((town, industry), [cell for cell in cells if cell[0] == town and cell[1] != "Total"]))
    return found


def pivot(table, basis, row, column):
    table[row] = [value / table[row][column] for value in table[row]]
    for other, line in enumerate(table):
        factor = line[column]
        if other != row and factor:
            table[other] = [value - factor * mine for value, mine in zip(line, table[row])]
    basis[row] = column


def least(table, basis, costs):
    """The least costs * y, from a basis that is a solution; None where it has no end. Bland's rule."""
    table = [*table, [*costs, Fraction(0)]]
    basis = list(basis)
    for row, column in enumerate(basis):
        factor = table[-1][column]
        table[-1] = [value - factor * mine for value, mine in zip(table[-1], table[row])]
    while (column := next((j for j, cost in enumerate(table[-1][:-1]) if cost < 0), None)) is not None:
        rows = [row for row in range(len(basis)) if table[row][column] > 0]
        if not rows:
            return None, table[:-1], basis
        row = min(rows, key=lambda r: (table[r][-1] / table[r][column], basis[r]))
        pivot(table, basis, row, column)
    return -table[-1][-1], table[:-1], basis


def first_basis(equations, width):
    """Y >= 0 that keeps the equations, by a variable for what each of them lacks."""
    count = len(equations)
    table = [[*line[:-1], *[Fraction(int(i == row)) for i in range(count)], line[-1]]
             for row, line in enumerate([abs_row(line) for line in equations])]
    lacks, table, basis = least(table, range(width, width + count),
                                [Fraction(int(j >= width)) for j in range(width + count)])
    assert lacks == 0
    for row in range(count):   # what is still in the basis is zero there
        column = next((j for j in range(width) if table[row][j]), None)
        if basis[row] >= width and column is not None:
            pivot(table, basis, row, column)
    kept = [row for row in range(count) if basis[row] < width]
    return [table[row][:width] + table[row][-1:] for row in kept], [basis[row] for row in kept]


def abs_row(line):
    return [-value for value in line] if line[-1] < 0 else line


def intervals(cells, suppressed):
    """What an attacker computes, by a simplex in fractions that shares nothing with the program."""
    names = sorted(suppressed)
    cents = {cell: Fraction(round(value * 100), 100) for cell, value in cells.items()}
    equations = []
    for total, parts in relations_of(cells):
        line = dict.fromkeys(names, Fraction(0))
        rest = Fraction(0)
        for sign, cell in [(-1, total), *((1, part) for part in parts)]:
            if cell in line:
                line[cell] += sign
            else:
                rest -= sign * cents[cell]
        if any(line.values()):
            equations.append([*line.values(), rest])
    table, basis = first_basis(equations, len(names))
    found = {}
    for index, cell in enumerate(names):
        costs = [Fraction(int(j == index)) for j in range(len(names))]
        low, table, basis = least(table, basis, costs)
        high, _, _ = least(table, basis, [-cost for cost in costs])
        found[cell] = (float(low), float("inf") if high is None else -float(high))
    return found


@pytest.mark.parametrize("method", ["gauss", "optimal"])
def test_a_suppressed_table_keeps_its_secrets(place, method):
    recipe = change(place, method={"name": method}, holding=None)
    done = sdc("suppress", recipe, "--in", place / "firms.csv", "--out", place / "out")
    assert done.returncode == 0, done.stderr + done.stdout
    assert "verdict: safe" in done.stdout
    everything = {(row["town"], row["industry"]): row for row in rows_of(place / "out" / "places.confidential.csv")}
    values = {cell: float(row["turnover"]) for cell, row in everything.items()}
    published = rows_of(place / "out" / "places.protected.csv")
    assert set(published[0]) == {"town", "industry", "turnover", "status"}   # not why
    hidden = {(row["town"], row["industry"]) for row in published if row["status"] == "suppressed"}
    assert hidden and all((row["turnover"] == "") == (row["status"] == "suppressed") for row in published)
    unsafe = {cell for cell, row in everything.items() if row["status"] == "unsafe"}
    assert unsafe and unsafe < hidden
    for row in published:
        if row["turnover"] != "":
            assert float(row["turnover"]) == values[row["town"], row["industry"]]
    for cell, (low, high) in intervals(values, hidden).items():
        row = everything[cell]
        assert float(row["low"]) == pytest.approx(low, rel=1e-6, abs=1e-4)
        assert float(row["high"] or "inf") == pytest.approx(high, rel=1e-6, abs=1e-4)
        if cell in unsafe:
            assert low <= values[cell] - float(row["protect_below"]) + 1e-4
            assert high >= values[cell] + float(row["protect_above"]) - 1e-4
            assert row["audit"] == "safe"


def test_the_least_cost_is_not_more_than_eliminations(place):
    costs = {}
    for method in ("gauss", "optimal"):
        recipe = change(place, method={"name": method})
        assert sdc("suppress", recipe, "--in", place / "firms.csv", "--out", place / method).returncode == 0
        costs[method] = sum(float(row["turnover"]) for row in rows_of(place / method / "places.confidential.csv")
                            if row["status"] == "secondary")
    method = report_of(place / "optimal")["method"]
    assert method["proven"] and method["cost"] == pytest.approx(costs["optimal"])
    assert costs["optimal"] <= costs["gauss"]


def test_the_same_recipe_gives_the_same_bytes_and_sdc_run_does_too(place):
    arguments = ["--in", place / "firms.csv", "--out"]
    assert sdc("suppress", place / "recipe.json", *arguments, place / "one").returncode == 0
    assert sdc("run", place / "one" / "recipe.json", *arguments, place / "two", "--language", "fr").returncode == 0
    for name in ("places.protected.csv", "places.confidential.csv"):
        assert (place / "one" / name).read_bytes() == (place / "two" / name).read_bytes()
    files = report_of(place / "one")["files"]
    digest = hashlib.sha256((place / "one" / "places.protected.csv").read_bytes()).hexdigest()
    assert files["places.protected.csv SHA-256"] == digest
    page = (place / "two" / "report.html").read_text(encoding="utf-8")
    assert "Chaque case à protéger est protégée" in page and "<script" not in page


def test_parquet_goes_in_and_comes_out(place):
    duckdb = pytest.importorskip("duckdb")
    duckdb.sql(f"COPY (SELECT * FROM read_csv('{place}/firms.csv', types = {{'industry': 'VARCHAR'}})) TO "
               f"'{place}/firms.parquet' (FORMAT parquet)")
    for name in ("csv", "parquet"):
        done = sdc("suppress", place / "recipe.json", "--in", place / f"firms.{name}", "--out", place / name)
        assert done.returncode == 0, done.stderr
    table = "places.protected.csv"
    assert (place / "csv" / table).read_bytes() == (place / "parquet" / table).read_bytes()
    done = sdc("suppress", place / "recipe.json", "--in", place / "firms.csv", "--out", place / "out", "--parquet")
    assert done.returncode == 0, done.stderr
    (place / "h.json").write_text(json.dumps({"town": [list(pair) for pair in REGIONS.items()]}))
    done = sdc("audit", "--by", "town,industry", "--value", "turnover", "--hierarchies", place / "h.json", "--in",
               place / "out" / "places.protected.parquet")
    assert done.returncode == 0, done.stderr + done.stdout


def test_without_secondary_suppression_the_audit_says_no(place):
    recipe = change(place, method={"name": "none"})
    done = sdc("suppress", recipe, "--in", place / "firms.csv", "--out", place / "out")
    assert done.returncode == 3
    assert "verdict: unsafe" in done.stdout and "exact: " in done.stdout
    assert report_of(place / "out")["audit"]["primary"]["exact"] > 0


def test_linked_tables_are_protected_together(place):
    """The margin that two tables share is suppressed in both or in none."""
    tables = [{"name": "by_town", "dimensions": ["town", "industry"]},
              {"name": "by_owner", "dimensions": ["industry", "size"]}]
    rows = [list(row.values()) + ["small" if float(row["turnover"]) < 100 else "large"]
            for row in rows_of(place / "firms.csv")]
    write_rows(place / "firms.csv", ["town", "industry", "owner", "turnover", "size"], rows)
    recipe = change(place, tables=tables)
    done = sdc("suppress", recipe, "--in", place / "firms.csv", "--out", place / "out")
    assert done.returncode == 0, done.stderr + done.stdout
    assert report_of(place / "out")["links"]["common"] == 4   # three industries and the whole
    towns = {row["industry"]: row for row in rows_of(place / "out" / "by_town.protected.csv")
             if row["town"] == "Total"}
    sizes = {row["industry"]: row for row in rows_of(place / "out" / "by_owner.protected.csv")
             if row["size"] == "Total"}
    assert {name: row["status"] for name, row in towns.items()} == {
        name: row["status"] for name, row in sizes.items()}


def test_counts_can_be_rounded_or_changed_by_keys(place):
    recipe = change(place, value=None, holding=None, rules=None, method={"name": "round", "base": 5})
    done = sdc("suppress", recipe, "--in", place / "firms.csv", "--out", place / "rounded")
    assert done.returncode == 0, done.stderr
    assert all(int(row["count"]) % 5 == 0 for row in rows_of(place / "rounded" / "places.protected.csv"))
    recipe = change(place, method={"name": "round", "base": 5, "how": "controlled"})
    done = sdc("suppress", recipe, "--in", place / "firms.csv", "--out", place / "controlled")
    assert done.returncode == 0, done.stderr
    rounded = {(row["town"], row["industry"]): int(row["count"])
               for row in rows_of(place / "controlled" / "places.protected.csv")}
    assert all(count % 5 == 0 for count in rounded.values())
    for total, parts in relations_of(rounded):   # still a table
        assert rounded[total] == sum(rounded[part] for part in parts)
    rows = [list(row.values()) + [f"{random.Random(i).random():.9f}"]
            for i, row in enumerate(rows_of(place / "firms.csv"))]
    write_rows(place / "firms.csv", ["town", "industry", "owner", "turnover", "rkey"], rows)
    recipe = change(place, record_key="rkey", method={"name": "cell_key", "largest_change": 5, "variance": 3,
                                                      "never_published": 2})
    done = sdc("suppress", recipe, "--in", place / "firms.csv", "--out", place / "keys")
    assert done.returncode == 0, done.stderr
    changed = 0
    for row in rows_of(place / "keys" / "places.confidential.csv"):
        assert abs(int(row["published"]) - int(row["count"])) <= 5
        assert int(row["published"]) not in (1, 2)
        changed += row["published"] != row["count"]
    assert changed > 0


# --- audit ------------------------------------------------------------------------------------------------


def test_an_audit_needs_only_what_is_published(place):
    change(place, holding=None)
    assert sdc("suppress", place / "recipe.json", "--in", place / "firms.csv", "--out",
               place / "out").returncode == 0
    (place / "h.json").write_text(json.dumps({"town": [list(pair) for pair in REGIONS.items()]}))
    options = ["--by", "town,industry", "--value", "turnover", "--hierarchies", place / "h.json"]
    done = sdc("audit", *options, "--in", place / "out" / "places.protected.csv", "--out", place / "audit")
    assert done.returncode == 0, done.stderr + done.stdout
    known = {(row["town"], row["industry"]): row for row in rows_of(place / "out" / "places.confidential.csv")}
    for row in rows_of(place / "audit" / "table.audit.csv"):
        before = known[row["town"], row["industry"]]
        for end in ("low", "high"):
            assert float(row[end] or "inf") == pytest.approx(float(before[end] or "inf"), rel=1e-6, abs=1e-3)
    # one suppressed cell shown by mistake gives others away
    rows = rows_of(place / "out" / "places.protected.csv")
    bad = []
    for row in rows:
        town, industry = row["town"], row["industry"]
        leak = row["status"] == "suppressed" and known[town, industry]["status"] == "secondary"
        bad.append([town, industry, known[town, industry]["turnover"] if leak else row["turnover"]])
    write_rows(place / "leaky.csv", ["town", "industry", "turnover"], bad)
    done = sdc("audit", *options, "--in", place / "leaky.csv")
    assert done.returncode == 3
    assert "exact: town = " in done.stdout


def test_a_file_cannot_move_the_terminal(tmp_path):
    (tmp_path / "t.csv").write_text('p,v\n"a\x1b[31mX\u009b",\nb,5\nTotal,9\n', encoding="utf-8")
    done = sdc("audit", "--by", "p", "--value", "v", "--in", tmp_path / "t.csv")
    assert done.returncode == 3
    assert "exact: p = a?[31mX? is between 4 and 4" in done.stdout


def test_an_audit_by_hand(tmp_path):
    """The corner of a table: four cells move together by -20 to 10."""
    rows = [["a", "x", ""], ["a", "y", ""], ["a", "z", 5], ["a", "Total", 75], ["b", "x", ""], ["b", "y", ""],
            ["b", "z", 5], ["b", "Total", 55], ["Total", "x", 30], ["Total", "y", 90], ["Total", "z", 10],
            ["Total", "Total", 130]]
    write_rows(tmp_path / "t.csv", ["p", "q", "v"], rows)
    done = sdc("audit", "--by", "p,q", "--value", "v", "--in", tmp_path / "t.csv", "--out", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    found = {(row["p"], row["q"]): (float(row["low"]), float(row["high"]))
             for row in rows_of(tmp_path / "out" / "table.audit.csv") if row["status"] == "suppressed"}
    assert found == {("a", "x"): (0, 30), ("a", "y"): (40, 70), ("b", "x"): (0, 30), ("b", "y"): (20, 50)}
    assert sdc("audit", "--by", "p,q", "--value", "v", "--in", tmp_path / "t.csv", "--width", 50).returncode == 3
    rows[0][2] = 20
    write_rows(tmp_path / "t.csv", ["p", "q", "v"], rows)
    done = sdc("audit", "--by", "p,q", "--value", "v", "--in", tmp_path / "t.csv")
    assert done.returncode == 3 and "p = b, q = y is between 40 and 40" in done.stdout
    rows[3][2], rows[1][2] = 60, 50   # less than its parts
    write_rows(tmp_path / "t.csv", ["p", "q", "v"], rows)
    done = sdc("audit", "--by", "p,q", "--value", "v", "--in", tmp_path / "t.csv")
    assert done.returncode == 1 and "is 130, and its 2 parts make 115" in done.stderr
    rows[0][2] = rows[1][2] = ""
    rows[3][2], rows[2][2], rows[10][2], rows[9][2] = 75, 80, 85, 15   # one part is more than its total
    write_rows(tmp_path / "t.csv", ["p", "q", "v"], rows)
    done = sdc("audit", "--by", "p,q", "--value", "v", "--in", tmp_path / "t.csv")
    assert done.returncode == 1 and "fit what is shown" in done.stderr


def test_marks_and_rules_find_what_is_unsafe_and_shown(tmp_path):
    rows = [["a", 2, 20, "shown"], ["b", 9, 90, "hidden"], ["c", 9, 90, "hidden"], ["Total", 20, 200, "shown"]]
    write_rows(tmp_path / "t.csv", ["p", "n", "v", "mark"], rows)
    done = sdc("audit", "--by", "p", "--value", "v", "--count", "n", "--marks", "mark", "--minimum", 3, "--in",
               tmp_path / "t.csv")
    assert done.returncode == 3
    assert "unsafe and shown: p = a" in done.stdout


# --- compare ----------------------------------------------------------------------------------------------


def test_comparing_cells_and_records(place):
    assert sdc("suppress", place / "recipe.json", "--in", place / "firms.csv", "--out",
               place / "out").returncode == 0
    assert sdc("tabulate", place / "recipe.json", "--in", place / "firms.csv", "--out",
               place / "raw").returncode == 0
    done = sdc("compare", place / "raw" / "places.cells.csv", place / "out" / "places.protected.csv", "--by",
               "town,industry", "--value", "turnover", "--json")
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    hidden = [row for row in rows_of(place / "out" / "places.confidential.csv") if row["status"] != "safe"]
    assert report["suppressed"] == len(hidden)
    assert report["suppressed_value"] == pytest.approx(sum(float(row["turnover"]) for row in hidden))
    assert report["largest_deviation"] == 0 and report["unchanged"] == report["shown"]
    rows = rows_of(place / "firms.csv")
    write_rows(place / "noisy.csv", ["town", "industry", "owner", "turnover"],
               [[row["town"], row["industry"], row["owner"], float(row["turnover"]) + 1] for row in rows])
    done = sdc("compare", place / "firms.csv", place / "noisy.csv", "--json", "--ways", 3)
    assert done.returncode == 0, done.stderr
    utility = json.loads(done.stdout)["utility"]
    values = [float(row["turnover"]) for row in rows]
    mean = sum(values) / len(values)
    deviation = (sum((value - mean) ** 2 for value in values) / (len(values) - 1)) ** .5
    assert utility["numbers"]["il1s_mean"] == pytest.approx(1 / (2 ** .5 * deviation))
    assert [table["ways"] for table in utility["tables"]] == [1, 2, 3]
    assert utility["tables"][0]["hellinger_largest"] == 0


# --- bad input --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fields, sentence", [
    ({"value": "turnoverr"}, 'no column "turnoverr"'),
    ({"value": "town"}, '"town" does not hold numbers'),
    ({"hierarchies": {"town": [["a1", "A"], ["a2", "A"]]}}, "which its hierarchy lacks"),
    ({"hierarchies": {"town": [["a1", "A", "X"], ["A", "Y", "Z"]]}}, '"A" is under "X" and under "Y"'),
    ({"hierarchies": {"town": [["a1", "A", "a1"]]}}, "hierarchy of"),
    ({"tables": [{"name": "../x", "dimensions": ["town"]}]}, "must be named by"),
    ({"tables": [{"name": "x", "dimensions": ["town"]}, {"name": "x", "dimensions": ["industry"]}]},
     'Two tables are named "x"'),
    ({"rules": {"pack": "none"}}, 'no pack "none"'),
    ({"rules": {"p_percent": 20, "q_percent": 10}}, "p_percent"),
    ({"rules": {"dominance": [{"contributors": 11, "percent": 85}]}}, "from 1 to 10"),
    ({"method": {"name": "cell_key"}}, "cell keys need"),
    ({"count": "n"}, '"count" has no meaning'),
    ({"darse_tables": 2}, "from 1 to 1"),
    ({"surprise": 1}, '"surprise" is not a field'),
])
def test_a_wrong_recipe_is_told_and_leaves_nothing(place, fields, sentence):
    done = sdc("suppress", change(place, **fields), "--in", place / "firms.csv", "--out", place / "out")
    assert done.returncode == 1
    assert sentence in done.stderr, done.stderr
    assert not (place / "out").exists()


@pytest.mark.parametrize("text, sentence", [
    ("town,industry,owner,turnover\n", "no row"),
    ("town,industry,owner,turnover\na1,01,g,\n", 'Row 1 has no value in the column "turnover"'),
    ("town,industry,owner,turnover\na1,01,g,NaN\na1,01,g,2\n", 'Row 1 has no value in the column "turnover"'),
    ("town,industry,owner,turnover\n,01,g,3\n", 'Row 1 has no value in the column "town"'),
    ("town,industry,owner,turnover\na1,01,g,1e308\na1,02,g,1e308\n", ""),
    ("town,industry,owner,turnover\nA,01,g,3\n", "which is a group in its hierarchy"),
    ("", "empty"),
])
def test_a_wrong_file_is_told_and_leaves_nothing(place, text, sentence):
    (place / "firms.csv").write_text(text, encoding="utf-8")
    done = sdc("suppress", place / "recipe.json", "--in", place / "firms.csv", "--out", place / "out")
    assert done.returncode == 1, done.stdout
    assert sentence in done.stderr and done.stderr.startswith(("darse sdc suppress:", "  0 %")), done.stderr
    assert not (place / "out").exists()


def test_missing_values_can_be_left_out_or_be_a_category(place):
    write_rows(place / "firms.csv", ["town", "industry", "owner", "turnover"],
               [["a1", "01", "g", 1], ["", "01", "h", 2], ["a2", "02", "i", 4]])
    for rule, total in (("leave_out", 5), ("category", 7)):
        done = sdc("tabulate", change(place, missing=rule), "--in", place / "firms.csv", "--out", place / rule)
        assert done.returncode == 0, done.stderr
        cells = {(row["town"], row["industry"]): float(row["turnover"])
                 for row in rows_of(place / rule / "places.cells.csv")}
        assert cells["Total", "Total"] == total
        assert ("(missing)", "Total") in cells or rule == "leave_out"


def test_a_rule_that_lacks_its_column_is_told(tmp_path):
    write_rows(tmp_path / "t.csv", ["p", "n"], [["a", 5], ["b", 2], ["c", 9], ["Total", 16]])
    done = sdc("suppress", "--by", "p", "--cells", "--count", "n", "--pack", "fr-enterprise", "--in",
               tmp_path / "t.csv", "--out", tmp_path / "out")
    assert done.returncode == 0, done.stderr + done.stdout
    assert "column that it needs is not there: dominance" in done.stdout
    assert "dominance" in report_of(tmp_path / "out")["rules_not_applied"]


def test_sums_that_do_not_add_up_are_named(tmp_path):
    write_rows(tmp_path / "t.csv", ["p", "n"], [["a", 5], ["b", 6], ["Total", 12]])
    done = sdc("suppress", "--by", "p", "--cells", "--count", "n", "--minimum", 3, "--in", tmp_path / "t.csv",
               "--out", tmp_path / "out")
    assert done.returncode == 1
    assert "The cell p = Total is 12, and its 2 parts make 11" in done.stderr
    write_rows(tmp_path / "t.csv", ["p", "n"], [["a", 5], ["a", 6], ["Total", 11]])
    done = sdc("suppress", "--by", "p", "--cells", "--count", "n", "--minimum", 3, "--in", tmp_path / "t.csv",
               "--out", tmp_path / "out")
    assert done.returncode == 1 and "The cell p = a is there twice, in rows 1 and 2" in done.stderr


def test_a_folder_with_a_report_is_not_written_over(place):
    arguments = ["tabulate", place / "recipe.json", "--in", place / "firms.csv", "--out", place / "out"]
    assert sdc(*arguments).returncode == 0
    before = (place / "out" / "report.json").read_bytes()
    done = sdc(*arguments)
    assert done.returncode == 1 and "is there already" in done.stderr
    assert (place / "out" / "report.json").read_bytes() == before


# --- published tables -------------------------------------------------------------------------------------


def test_insees_table_of_activities_by_size(tmp_path):
    """414 cells, 52 unsafe by frequency and 25 more by dominance; least cost with 10 % at least."""
    if not DATA.exists():
        pytest.skip("DARSE_TEST_DATA does not name a folder with sdc/")
    rows = rows_of(DATA / "rtauargus" / "turnover_act_size.csv")
    levels = [list(row.values())[::-1] for row in rows_of(DATA / "rtauargus" / "activity_corr_table.csv")]

    def unsafe(row):
        return int(row["N_OBS"]) < 3 or float(row["MAX"]) > .85 * float(row["TOT"])
    write_rows(tmp_path / "t.csv", [*rows[0], "mark"], [[*row.values(), "c" if unsafe(row) else ""] for row in rows])
    recipe = {"darse_tables": 1, "title": "t", "input": "cells", "value": "TOT", "count": "N_OBS",
              "largest": ["MAX"], "marks": "mark", "hierarchies": {"ACTIVITY": levels},
              "rules": {"minimum_count": 3, "dominance": [{"contributors": 1, "percent": 85}]}, "method": {"name": "optimal"},
              "tables": [{"name": "t", "dimensions": ["ACTIVITY", "SIZE"]}]}
    (tmp_path / "recipe.json").write_text(json.dumps(recipe))
    done = sdc("suppress", tmp_path / "recipe.json", "--in", tmp_path / "t.csv", "--out", tmp_path / "out")
    assert done.returncode == 0, done.stderr + done.stdout
    report = report_of(tmp_path / "out")
    table = report["tables"][0]
    assert (table["cells"], table["primary"], table["secondary"]) == (414, 77, 72)
    assert table["by_rule"]["minimum_count"] == 52
    assert report["method"]["proven"]
    assert report["method"]["cost"] == pytest.approx(50248459.25, rel=1e-8)
    assert report["audit"]["primary"] == {"safe": 77, "insufficient": 0, "exact": 0}


def test_statistics_norways_table(tmp_path):
    """z1: the cells that are suppressed are those that its makers publish."""
    if not DATA.exists():
        pytest.skip("DARSE_TEST_DATA does not name a folder with sdc/")
    expected = rows_of(DATA / "gauss" / "expected_z1_GaussSuppressionFromData.csv")
    dimensions = ["region", "hovedint"]
    write_rows(tmp_path / "t.csv", [*dimensions, "n"], [[row[dimensions[0]], row[dimensions[1]], row["ant"]]
                                                        for row in expected])
    done = sdc("suppress", "--by", ",".join(dimensions), "--cells", "--count", "n", "--minimum", 4, "--in",
               tmp_path / "t.csv", "--out", tmp_path / "out")
    assert done.returncode in (0, 3), done.stderr + done.stdout
    found = [row["status"] == "suppressed" for row in rows_of(tmp_path / "out" / "table.protected.csv")]
    assert found == [row["suppressed"].lower() == "true" for row in expected]


def test_statistics_norways_two_groupings_of_regions(tmp_path):
    """z2: regions by county and by kind, not nested; 100 cells, 11 unsafe, 29 suppressed, as its makers publish."""
    if not DATA.exists():
        pytest.skip("DARSE_TEST_DATA does not name a folder with sdc/")
    expected = rows_of(DATA / "gauss" / "expected_z2_GaussSuppressionFromData.csv")
    regions = {row["region"]: row for row in rows_of(DATA / "gauss" / "z2.csv")}
    groups = {"fylke": {row["fylke"] for row in regions.values()},
              "kostragr": {row["kostragr"] for row in regions.values()}}
    for name, own in groups.items():
        rows = [row for row in expected if row["region"] in own | set(regions) | {"Total"}]
        write_rows(tmp_path / f"{name}.csv", ["region", "hovedint", "ant", "primary"],
                   [[row["region"], row["hovedint"], row["ant"], row["primary"]] for row in rows])
    recipe = {"darse_tables": 1, "title": "z2", "input": "cells", "count": "ant", "marks": "primary",
              "hierarchies": {name: [[region, row[name]] for region, row in regions.items()] for name in groups},
              "tables": [{"name": name, "dimensions": ["region", "hovedint"], "hierarchies": {"region": name}}
                         for name in groups], "method": {"name": "gauss", "widen": False}}
    (tmp_path / "recipe.json").write_text(json.dumps(recipe))
    done = sdc("suppress", tmp_path / "recipe.json", "--in", tmp_path / "fylke.csv", "--in",
               tmp_path / "kostragr.csv", "--out", tmp_path / "out")
    assert done.returncode in (0, 3), done.stderr
    report = report_of(tmp_path / "out")
    assert report["links"]["cells"] == 100 and report["audit"]["primary"]["exact"] == 0
    found = {(row["region"], row["hovedint"]): row["status"] == "suppressed"
             for name in groups for row in rows_of(tmp_path / "out" / f"{name}.protected.csv")}
    assert found == {(row["region"], row["hovedint"]): row["suppressed"] == "TRUE" for row in expected}
    assert sum(found.values()) == 29


def test_statistics_norways_dominance_of_companies(tmp_path):
    """Contributions of companies, (1, 80) and (2, 99): the same cells are unsafe."""
    if not DATA.exists():
        pytest.skip("DARSE_TEST_DATA does not name a folder with sdc/")
    expected = rows_of(DATA / "gauss" / "expected_magnitude1_dominance_n12_k80_99.csv")
    recipe = {"darse_tables": 1, "title": "m", "value": "value",
              "rules": {"dominance": [{"contributors": 1, "percent": 80}, {"contributors": 2, "percent": 99}]},
              "tables": [{"name": "t", "dimensions": ["sector4", "geo"]}]}
    (tmp_path / "recipe.json").write_text(json.dumps(recipe))
    done = sdc("suppress", tmp_path / "recipe.json", "--in", DATA / "gauss" / "magnitude1.csv", "--out",
               tmp_path / "out")
    assert done.returncode == 0, done.stderr + done.stdout
    found = {(row["sector4"], row["geo"]): row for row in rows_of(tmp_path / "out" / "t.confidential.csv")}
    for row in expected:
        if float(row["value"]) == 0:
            continue
        cell = found[row["sector4"], row["geo"]]
        assert float(cell["value"]) == pytest.approx(float(row["value"]))
        assert (cell["status"] == "unsafe") == (row["primary"] == "TRUE")
