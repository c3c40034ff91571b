# SPDX-License-Identifier: Apache-2.0
"""A teacher makes the raw file of the lesson and leads it to its secure, scientific and public use files by
the recipes of the tree; what each one promises is counted again here."""
import csv
import json
import os
import subprocess
from collections import Counter
from pathlib import Path

import pytest

DARSE = os.environ.get("DARSE_BINARY", "build/src/darse")
TEACHING = Path(os.environ.get("DARSE_BUILD", "build")) / "demo" / "darse-demo-teaching"
RECIPES = Path(__file__).resolve().parents[2] / "demo" / "recipes"


def make_raw(*words):
    return subprocess.run([TEACHING, *words], capture_output=True, text=True, check=False)


def protect(recipe, source, out, *more):
    done = subprocess.run([DARSE, "sdc", "run", RECIPES / f"{recipe}.json", "--in", source, "--out", out,
                           *more], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return rows_of(out / "protected.csv"), json.loads((out / "report.json").read_text(encoding="utf-8"))


def rows_of(path):
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def luhn(digits):
    doubled = [int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(digits))]
    return sum(digit - 9 if digit > 9 else digit for digit in doubled) % 10


@pytest.fixture(scope="module")
def lesson(tmp_path_factory):
    folder = tmp_path_factory.mktemp("lesson")
    raw = make_raw("--rows", "6000", "--seed", "3")
    assert raw.returncode == 0
    (folder / "raw.csv").write_text(raw.stdout, encoding="utf-8")
    (folder / "key").write_text("an example of a key that is long enough\n", encoding="utf-8")
    made = {"raw": rows_of(folder / "raw.csv")}
    made["secure"] = protect("secure", folder / "raw.csv", folder / "secure", "--key", folder / "key")
    for name in ("scientific", "public"):
        made[name] = protect(name, folder / "raw.csv", folder / name)
    return made


def test_the_raw_file_is_invented_and_sound(lesson):
    rows = lesson["raw"]
    assert len(rows) == 6000
    assert all(len(row["siret"]) == 14 and luhn(row["siret"]) == luhn(row["siret"][:9]) == 0
               for row in rows)
    assert all(row["telephone"][:8] in {"01 99 00", "02 61 91", "03 53 01", "04 65 71", "05 36 49"}
               for row in rows)
    cities = {}
    assert all(cities.setdefault(row["city"], row["department"]) == row["department"] for row in rows)
    shorter = make_raw("--rows", "50", "--seed", "3").stdout
    assert make_raw("--rows", "60", "--seed", "3").stdout.startswith(shorter)
    assert make_raw("--rows", "50", "--seed", "4").stdout != shorter
    assert make_raw("--rows", "many").returncode == 2


def test_the_secure_file_names_nobody(lesson):
    rows, _ = lesson["secure"]
    assert set(rows[0]) == {"city", "department", "region", "salary", "occupation", "siret",
                            "record_key"}
    assert sorted(row["salary"] for row in rows) == sorted(row["salary"] for row in lesson["raw"])
    employers = Counter(row["siret"] for row in lesson["raw"])
    codes = Counter(row["siret"] for row in rows)
    assert not set(codes) & set(employers)
    assert sorted(codes.values()) == sorted(employers.values())
    assert [row["salary"] for row in rows] != [row["salary"] for row in lesson["raw"]]
    assert {row["department"] for row in rows} >= {"05", "06"}   # leading zeros are kept


def test_direct_identifiers_are_seen_and_gone(lesson):
    report = lesson["secure"][1]
    seen = {row["column"]: row["kind"] for row in report["before"]["identifiers"]}
    assert seen == {"name": "name", "first_name": "name", "street": "address", "telephone": "phone",
                    "siret": "siret"}
    after = {row["column"] for row in report["after"]["identifiers"]}
    assert after == {"siret"}   # by its heading: its values are codes now
    assert lesson["scientific"][1]["after"]["identifiers"] == []


def test_the_scientific_file_has_five_alike(lesson):
    rows, report = lesson["scientific"]
    assert set(rows[0]) == {"city", "salary", "occupation"}
    counts = Counter((row["city"], row["occupation"]) for row in rows)

    def alike(city, occupation):
        return sum(count for (c, o), count in counts.items()
                   if (c == city or not c or not city) and (o == occupation or not o or not occupation))

    assert all(alike(*key) >= 5 for key in counts)
    assert report["after"]["wildcard"]["below_k"] == 0
    assert all(float(row["salary"]) % 50 == 0 for row in rows)


def test_the_public_file_has_twenty_alike(lesson):
    rows, report = lesson["public"]
    assert 1400 <= len(rows) <= 1500
    assert min(Counter((row["city"], row["occupation"]) for row in rows).values()) >= 20
    assert min(Counter(row["salary"] for row in rows).values()) >= 10
    assert report["after"]["category"]["below_k"] == 0
    rates = [lesson[name][1]["after"]["individual"]["rate"] for name in ("secure", "scientific", "public")]
    assert rates == sorted(rates, reverse=True)


def test_record_keys_change_the_same_cells_in_the_same_way(lesson, tmp_path):
    """A table by the cell-key method, of the secure file and of one whose records are in another order."""
    rows, _ = lesson["secure"]
    table = {"darse_tables": 1, "title": "Employees", "record_key": "record_key",
             "tables": [{"name": "t", "dimensions": ["region", "occupation"]}],
             "method": {"name": "cell_key", "largest_change": 5, "variance": 3, "never_published": 2}}
    (tmp_path / "table.json").write_text(json.dumps(table), encoding="utf-8")
    published = []
    for name, order in (("one", rows), ("other", rows[::-1])):
        with open(tmp_path / f"{name}.csv", "w", encoding="utf-8", newline="") as file:
            out = csv.DictWriter(file, rows[0])
            out.writeheader()
            out.writerows(order)
        done = subprocess.run([DARSE, "sdc", "suppress", tmp_path / "table.json", "--in", tmp_path / f"{name}.csv",
                               "--out", tmp_path / name], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        published.append({(row["region"], row["occupation"]): (int(row["count"]), int(row["published"]))
                          for row in rows_of(tmp_path / name / "t.confidential.csv")})
    assert published[0] == published[1]
    assert sum(count != shown for count, shown in published[0].values()) > 20
    assert all(abs(count - shown) <= 5 and shown not in (1, 2) for count, shown in published[0].values())
