# SPDX-License-Identifier: Apache-2.0
"""Tables against sums over all records, rules by their inequalities, suppression patterns by elimination with
fractions and by trying every pattern, intervals by trying every whole-numbered table."""
import itertools
import random
from collections import Counter
from fractions import Fraction

import pytest
from darse import sdc
from test_definitions import PLACES, small

TOTAL = "Total"
UP = {row[0]: [*row, TOTAL] for row in PLACES}


def cells_of(table):
    return table.cells.to_dict()


@pytest.mark.parametrize("seed", range(5))
def test_every_cell_is_the_sum_of_its_records(seed):
    file = small(seed, missing=0)
    made = sdc.tabulate(file, {"city": PLACES, "a": None}, value="n", weight="w", holding="firm", record_key="key",
                        top=3, empty_cells=True)
    cells = cells_of(made)
    # A department of one city has the city's figures but is a cell of its own.
    want_places = sorted((place, a) for place in sum(([c for c in UP], ["69", "05", "06"], ["ARA", "PACA"], [TOTAL]), [])
                         for a in ["x", "y", TOTAL])
    assert sorted(zip(cells["city"], cells["a"])) == want_places
    for i, (place, a) in enumerate(zip(cells["city"], cells["a"])):
        rows = [r for r in range(40) if place in UP[file["city"][r]] and a in (file["a"][r], TOTAL)]
        firms = Counter()
        for r in rows:
            firms[file["firm"][r]] += file["w"][r] * file["n"][r]
        assert cells["count"][i] == sum(file["w"][r] for r in rows)
        assert cells["units"][i] == len(firms)
        assert cells["total"][i] == pytest.approx(sum(firms.values()))
        tops = sorted(firms.values(), reverse=True) + [0, 0, 0]
        assert [cells[f"top_{t}"][i] for t in (1, 2, 3)] == pytest.approx(tops[:3])
        gap = (cells["cell_key"][i] - sum(file["key"][r] for r in rows)) % 1
        assert min(gap, 1 - gap) < 1e-9


def test_primary_rules_by_their_inequalities():
    values = {"trade": ["a", "a", "a", "b", "b", "c", "c", "c", "d"], "x": [50, 36, 14, 60, 40, 40, 30, 30, 7]}
    table = sdc.tabulate(values, ["trade"], value="x", top=3)
    found = sdc.primary(table, {"minimum_count": 3, "dominance": {2: 80}, "p_percent": 10})
    said = dict(zip(table.cells["trade"], found.rule))
    # a: 100 x 86 > 80 x 100; b: two units; c: 70 is not above 80 %, 40 + 30 + 30: 30 left is not below 4; d: one.
    assert said == {"a": "dominance", "b": "minimum_count", "c": None, "d": "minimum_count", TOTAL: None}
    levels = dict(zip(table.cells["trade"], found.above))
    assert levels["a"] == pytest.approx(86 / .8 - 100) and levels["c"] == 0
    assert dict(zip(table.cells["trade"], found.unsafe))["c"] is False
    assert "fr-enterprise" in sdc.packs()
    assert sum(sdc.primary(table, "fr-enterprise").unsafe) >= 2
    with pytest.raises(sdc.ArgumentError, match="no pack of rules"):
        sdc.primary(table, "nobody")
    with pytest.raises(sdc.ArgumentError, match="no rule 'minimum'"):
        sdc.primary(table, {"minimum": 3})


def grid(seed, rows=3, columns=3, most=8):
    """A table of rows x columns with margins, one record a cell with that value."""
    draw = random.Random(seed)
    file = {"r": [], "c": [], "x": []}
    for r, c in itertools.product(range(rows), range(columns)):
        file["r"].append(f"r{r}")
        file["c"].append(f"c{c}")
        file["x"].append(draw.randint(1, most))
    return file, sdc.tabulate(file, ["r", "c"], value="x", top=1)


def sums_of(table):
    """The relations, by the definition: margins are sums."""
    place = {cell: i for i, cell in enumerate(zip(table.cells["r"], table.cells["c"]))}
    rows = sorted({r for r, _ in place} - {TOTAL})
    columns = sorted({c for _, c in place} - {TOTAL})
    for r in [*rows, TOTAL]:
        yield place[r, TOTAL], [place[r, c] for c in columns]
    for c in [*columns, TOTAL]:
        yield place[TOTAL, c], [place[r, c] for r in rows]


def can_be_computed(table, suppressed):
    """Suppressed cells that the shown ones determine: elimination with fractions."""
    unknown = [i for i, hidden in enumerate(suppressed) if hidden]
    rows = []
    for total, parts in sums_of(table):
        row = [Fraction(0)] * len(unknown)
        for at, cell in enumerate(unknown):
            row[at] = Fraction((cell in parts) - (cell == total))
        rows.append(row)
    rank, fixed = 0, set()
    for column in range(len(unknown)):
        pivot = next((r for r in range(rank, len(rows)) if rows[r][column] != 0), None)
        if pivot is None:
            continue
        rows[rank], rows[pivot] = rows[pivot], rows[rank]
        rows[rank] = [value / rows[rank][column] for value in rows[rank]]
        for r in range(len(rows)):
            if r != rank and rows[r][column] != 0:
                rows[r] = [x - rows[r][column] * y for x, y in zip(rows[r], rows[rank])]
        rank += 1
    for row in rows[:rank]:
        ones = [at for at, value in enumerate(row) if value != 0]
        if len(ones) == 1:
            fixed.add(unknown[ones[0]])
    return fixed


@pytest.mark.parametrize("seed", range(8))
def test_elimination_leaves_nothing_computable(seed):
    _, table = grid(seed, 3, 4)
    draw = random.Random(seed)
    primary = [draw.random() < .15 and TOTAL not in cell for cell in zip(table.cells["r"], table.cells["c"])]
    made = sdc.suppress(table, primary, protect_singletons=False)
    assert all(hidden for hidden, unsafe in zip(made.suppressed, primary) if unsafe)
    assert not can_be_computed(table, made.suppressed) & {i for i, unsafe in enumerate(primary) if unsafe}
    for i, (hidden, unsafe) in enumerate(zip(made.suppressed, primary)):   # every secondary cell is needed
        if hidden and not unsafe:
            shown = [h and j != i for j, h in enumerate(made.suppressed)]
            assert can_be_computed(table, shown) & {j for j, one in enumerate(primary) if one}


def intervals(file, table, suppressed):
    """All whole-numbered tables without negative cells that keep what is shown (of 3 x 3: four inner numbers)."""
    rows, columns = ["r0", "r1", "r2"], ["c0", "c1", "c2"]
    cells = list(zip(table.cells["r"], table.cells["c"]))
    true = dict(zip(cells, table.cells["total"]))
    shown = {cell: true[cell] for cell, hidden in zip(cells, suppressed) if not hidden}
    free = [cell for cell in cells if cell not in shown]
    low, high = {cell: None for cell in free}, {cell: None for cell in free}
    inner = [(r, c) for r in rows for c in columns]
    for values in itertools.product(*([int(shown[cell])] if cell in shown else range(9) for cell in inner)):
        made = dict(zip(inner, values))
        for r in rows:
            made[r, TOTAL] = sum(made[r, c] for c in columns)
        for c in [*columns, TOTAL]:
            made[TOTAL, c] = sum(made[r, c] for r in rows)
        if all(made[cell] == value for cell, value in shown.items()):
            for cell in free:
                low[cell] = made[cell] if low[cell] is None else min(low[cell], made[cell])
                high[cell] = made[cell] if high[cell] is None else max(high[cell], made[cell])
    return [low.get(cell) for cell in cells], [high.get(cell) for cell in cells]


SQUARES = [((0, 0), (0, 1), (1, 0), (1, 1)), ((0, 1), (0, 2), (2, 1), (2, 2))]


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("square", SQUARES)
def test_audit_against_every_table(seed, square):
    file, table = grid(seed, most=4)   # two hidden ones of a row make 8 at most
    hidden = [(r, c) in {(f"r{i}", f"c{j}") for i, j in square} for r, c in zip(table.cells["r"], table.cells["c"])]
    low, high = intervals(file, table, hidden)
    found = sdc.audit(table, hidden)
    for i, one in enumerate(hidden):
        if one:
            assert (found.low[i], found.high[i]) == pytest.approx((low[i], high[i]), abs=1e-5)
            assert found.state[i] == ("exact" if low[i] == high[i] else "safe")
        else:
            assert found.state[i] == "shown"
    wide = [1000.0 if one else 0.0 for one in hidden]
    assert sdc.audit(table, hidden, above=wide).summary["insufficient"] + found.summary["exact"] >= 1
    alone = [cell == ("r0", "c0") for cell in zip(table.cells["r"], table.cells["c"])]
    assert sdc.audit(table, alone).state[alone.index(True)] == "exact"


@pytest.mark.parametrize("seed", range(4))
def test_least_cost_against_every_pattern(seed):
    _, table = grid(seed)
    cells = list(zip(table.cells["r"], table.cells["c"]))
    primary = [cell == ("r1", "c1") for cell in cells]
    costs = [abs(value) for value in table.cells["total"]]
    level = [1.0 if one else 0.0 for one in primary]
    made = sdc.suppress(table, primary, method="optimal", below=level, above=level)
    assert made.summary["proven"]
    paid = sum(cost for cost, hidden, one in zip(costs, made.suppressed, primary) if hidden and not one)
    assert paid == pytest.approx(made.summary["cost"])
    found = sdc.audit(table, made.suppressed, below=level, above=level)
    assert found.state[primary.index(True)] == "safe"
    # No pattern that costs less protects it.
    others = [i for i, one in enumerate(primary) if not one]
    cheaper = [pattern for size in range(1, 6) for pattern in itertools.combinations(others, size)
               if sum(costs[i] for i in pattern) < paid - 1e-9]
    assert cheaper and not any(protects(table, primary, pattern) for pattern in cheaper)


def protects(table, primary, pattern):
    hidden = [one or i in pattern for i, one in enumerate(primary)]
    target = primary.index(True)
    if target in can_be_computed(table, hidden):
        return False
    found = sdc.audit(table, hidden)
    value = table.cells["total"][target]
    low, high = found.low[target], found.high[target]
    return low <= value - 1 + 1e-6 and (high is None or high >= value + 1 - 1e-6)


def test_cell_keys_and_rounding():
    file = small(3, rows=400, missing=0)
    table = sdc.tabulate(file, {"city": PLACES, "a": None}, record_key="key")
    made = sdc.cell_key(table, largest_change=3, variance=1)
    changes = [z - x for x, z in zip(table.cells["count"], made)]
    assert max(map(abs, changes)) <= 3 and any(changes) and all(z >= 0 for z in made)
    # The same records are changed alike in another table: Lyon is a cell of both.
    again = sdc.tabulate(file, ["city"], record_key="key")
    other = dict(zip(again.cells["city"], sdc.cell_key(again, largest_change=3, variance=1)))
    assert all(made[i] == other[city] for i, (city, a) in enumerate(zip(table.cells["city"], table.cells["a"]))
               if a == TOTAL and city in other)
    with pytest.raises(sdc.ArgumentError, match="record keys"):
        sdc.cell_key(sdc.tabulate(file, ["city"]), largest_change=3, variance=1)
    assert sdc.round_table([0, 1, 2, 3, 7, 7.0], 5) == [0, 0, 0, 5, 5, 5]
    drawn = [sdc.round_table([7], 5, how="random", seed=seed)[0] for seed in range(2000)]
    assert set(drawn) == {5, 10} and abs(sum(drawn) / 2000 - 7) < 5 * 2.45 / 2000 ** .5
    far = sdc.deviation([4, 9, 100], [4, 16, 0], [False, False, True])
    assert (far.shown, far.unchanged, far.suppressed) == (2, 1, 1)
    assert (far.mean, far.largest, far.mean_root) == (3.5, 7, .5)
    assert far.suppressed_share == pytest.approx(100 / 113)
