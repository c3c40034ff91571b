# SPDX-License-Identifier: Apache-2.0
"""The makers of the demonstration's files: shape, seeds, nested codes, what the scientific files leave
out. Arguments: the two programs. Prints TAP."""
import csv
import io
import subprocess
import sys
from collections import Counter, defaultdict

ENTERPRISES, SCIENTIFIC = sys.argv[1:3]
COLUMNS = ["A10", "A21", "A88", "TYPE", "SIZE", "CJ", "NUTS1", "NUTS2", "NUTS3", "WEIGHT",
           "TURNOVER", "PRODUCTION"]


def run(*words, text=""):
    return subprocess.run(words, input=text, capture_output=True, text=True, check=False)


def make(*words):
    done = run(ENTERPRISES, *words)
    assert done.returncode == 0, done.stderr
    return done.stdout


def rows(text):
    return list(csv.DictReader(io.StringIO(text)))


SAMPLE = make("--rows", "20000", "--seed", "7")


def test_header_and_size():
    assert SAMPLE.splitlines()[0] == ",".join(COLUMNS)
    assert len(rows(SAMPLE)) == 20000
    assert len(rows(make("--rows", "0"))) == 0


def test_seeds():
    assert make("--rows", "500", "--seed", "7") == "\n".join(SAMPLE.splitlines()[:501]) + "\n"
    assert make("--rows", "500", "--seed", "8") != make("--rows", "500", "--seed", "7")


def test_bad_usage():
    for words in (["--rows", "-1"], ["--rows", "x"], ["--rows", "99999999999"], ["--fly"],
                  ["--seed", ""]):
        done = run(ENTERPRISES, *words)
        assert done.returncode == 2 and done.stdout == "", words


def test_nested_codes():
    """Each fine code belongs to one coarse code."""
    for fine, coarse in (("A88", "A21"), ("A21", "A10"), ("NUTS3", "NUTS2"), ("NUTS2", "NUTS1")):
        parents = defaultdict(set)
        for row in rows(SAMPLE):
            parents[row[fine]].add(row[coarse])
        assert all(len(found) == 1 for found in parents.values()), fine
    assert len({row["A88"] for row in rows(SAMPLE)}) > 70
    assert len({row["NUTS3"] for row in rows(SAMPLE)}) == 96


def test_shares():
    sizes = Counter(row["SIZE"] for row in rows(SAMPLE))
    assert .87 < sizes["tr1"] / 20000 < .92 and 40 < sizes["tr3"] < 200
    assert set(sizes) == {"tr1", "tr2", "tr3"}
    assert {row["CJ"] for row in rows(SAMPLE)} == {"LL", "SP", "PA"}


def test_amounts():
    """Positive, production within turnover, skewed: some cells are dominated, many are not."""
    cells = defaultdict(list)
    for row in rows(SAMPLE):
        turnover, production = float(row["TURNOVER"]), float(row["PRODUCTION"])
        assert 0 < turnover <= 9e7 and 0 <= production <= turnover
        assert float(row["WEIGHT"]) >= 1
        cells[row["A88"], row["SIZE"]].append(turnover)
    full = [cell for cell in cells.values() if len(cell) >= 3]
    dominated = [cell for cell in full if max(cell) > .85 * sum(cell)]
    assert 1 <= len(dominated) < len(full) / 4
    assert any(len(cell) < 3 for cell in cells.values())


def test_scientific_enterprises():
    done = run(SCIENTIFIC, "enterprises", text=SAMPLE)
    assert done.returncode == 0
    coarse = rows(done.stdout)
    assert len(coarse) == 20000
    assert not {"A88", "NUTS3", "TYPE"} & set(coarse[0])
    for row in coarse[:2000]:
        digits = row["TURNOVER"].replace(".", "").strip("0").split("e")[0]
        assert len(digits) <= 2, row["TURNOVER"]


def test_scientific_persons():
    text = ("mdvis,lncoins,idp,lpi,fmde,physlm,disea,hlthg,hlthf,hlthp\n"
            "57,4.61512,1,6.907755,0,.1442925,13.73189,1,0,0\n0,0,0,0,6.1,1,3.4,0,1,0\n")
    done = run(SCIENTIFIC, "persons", text=text)
    assert done.stdout == ("mdvis,lncoins,idp,lpi,physlm,disea,hlthg,hlthf,hlthp\n"
                           "20,4.5,1,7,0,15,1,0,0\n0,0,0,0,1,5,0,1,0\n"), done.stdout


def test_scientific_refusals():
    """A column without a treatment, a row of another length, a text for a number, a quoted field."""
    head = "A10,A21,A88,TYPE,SIZE,CJ,NUTS1,NUTS2,NUTS3,WEIGHT,TURNOVER,PRODUCTION"
    good = "GI,G,47,1,tr1,LL,FR1,FR10,FR101,1,2,3"
    for text in (head + ",NAME\n" + good + ",x\n", head + "\n" + good + ",9\n",
                 head + "\n" + good.replace(",2,", ",two,") + "\n",
                 head + "\n" + good.replace("LL", '"LL"') + "\n"):
        assert run(SCIENTIFIC, "enterprises", text=text).returncode == 1, text
    assert run(SCIENTIFIC, "anything").returncode == 2


def main():
    tests = [(name, function) for name, function in globals().items() if name.startswith("test_")]
    failed = 0
    print(f"1..{len(tests)}")
    for number, (name, function) in enumerate(tests, 1):
        try:
            function()
            print(f"ok {number} - {name}")
        except AssertionError as problem:
            failed += 1
            print(f"not ok {number} - {name}\n# {problem!r}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
