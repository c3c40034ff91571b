# SPDX-License-Identifier: Apache-2.0
"""Every function against its definition written out again in plain Python, over small random files. Nothing here
comes from the library but the figures that are checked."""
import itertools
import math
import random
from collections import Counter

import numpy
import pytest
from darse import sdc

SEEDS = range(6)
KEYS = ["a", "b", "c"]
PLACES = [["Lyon", "69", "ARA"], ["Bron", "69", "ARA"], ["Gap", "05", "PACA"], ["Nice", "06", "PACA"]]


def small(seed, rows=40, missing=.1):
    draw = random.Random(seed)
    file = {key: [None if draw.random() < missing else draw.choice("xyz"[:2 + v % 2]) for _ in range(rows)]
            for v, key in enumerate(KEYS)}
    file["w"] = [draw.randrange(1, 30) for _ in range(rows)]
    file["s"] = [draw.randrange(5) for _ in range(rows)]
    file["city"] = [draw.choice(PLACES)[0] for _ in range(rows)]
    file["n"] = [draw.gauss(100, 20) for _ in range(rows)]
    file["m"] = [draw.expovariate(1) for _ in range(rows)]
    file["firm"] = [f"f{draw.randrange(8)}" for _ in range(rows)]
    file["key"] = [draw.random() for _ in range(rows)]
    return file


def key_of(file, i, keys=KEYS):
    return tuple(file[key][i] for key in keys)


def matches(x, y, missing):
    return all(p == q or (missing == "wildcard" and (p is None or q is None)) for p, q in zip(x, y))


def counts(file, missing, keys=KEYS):
    rows = range(len(file[keys[0]]))
    return [[j for j in rows if matches(key_of(file, i, keys), key_of(file, j, keys), missing)] for i in rows]


# --- risk -------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("missing", ["wildcard", "category"])
@pytest.mark.parametrize("seed", SEEDS)
def test_frequencies_and_anonymity(seed, missing):
    file = small(seed)
    alike = counts(file, missing)
    found = sdc.frequencies(file, KEYS, missing=missing, weight="w")
    assert found.sample == [len(group) for group in alike]
    assert found.population == [sum(file["w"][j] for j in group) for group in alike]
    assert found.keys == len({key_of(file, i) for i in range(40)})
    said = sdc.k_anonymity(file, KEYS, 3, missing=missing)
    assert (said.uniques, said.doubles, said.below) == (sum(len(g) == 1 for g in alike), sum(len(g) == 2 for g in alike),
                                                        sum(len(g) < 3 for g in alike))
    assert said.smallest == min(map(len, alike)) and said.is_anonymous == (said.below == 0)


@pytest.mark.parametrize("seed", SEEDS)
def test_individual_household_and_global_risk(seed):
    file = small(seed)
    groups = counts(file, "category")

    def expected(f, population):
        p = f / population
        if p == 1:
            return 1 / f
        # E(1/F | f): F is negative binomial; its terms by recurrence.
        total, term, j = 0.0, p ** f, f
        while term > 1e-18 or j < f + 50:
            total += term / j
            term *= (1 - p) * j / (j - f + 1)
            j += 1
        return total

    want = [expected(len(g), sum(file["w"][j] for j in g)) for g in groups]
    risks = sdc.individual_risk(file, KEYS, missing="category", weight="w")
    assert list(risks) == pytest.approx(want, rel=1e-10)
    together = sdc.household_risk(risks, file["firm"])
    for i, firm in enumerate(file["firm"]):
        spared = math.prod(1 - r for r, other in zip(risks, file["firm"]) if other == firm)
        assert together[i] == pytest.approx(1 - spared, rel=1e-12)
    overall = sdc.global_risk(risks, .01)
    assert overall.expected == pytest.approx(sum(want), rel=1e-10)
    assert overall.rate == pytest.approx(sum(want) / 40) and overall.largest == max(risks)
    assert overall.above == sum(r > overall.threshold for r in risks)
    assert sum(min(r, overall.threshold) for r in risks) / 40 <= max(.01, 0) + 1e-12 or overall.threshold == 1


def unique_sets(file, i, missing):
    """Minimal sample uniques of record I, by trying every subset."""
    found = []
    for size in range(1, len(KEYS) + 1):
        for subset in itertools.combinations(KEYS, size):
            if any(set(smaller) <= set(subset) for smaller in found):
                continue
            mine = key_of(file, i, subset)
            if not any(matches(mine, key_of(file, j, subset), missing) for j in range(len(file["a"])) if j != i):
                found.append(subset)
    return found


@pytest.mark.parametrize("missing", ["wildcard", "category"])
@pytest.mark.parametrize("seed", SEEDS)
def test_suda2(seed, missing):
    file = small(seed, rows=14)
    sets = [unique_sets(file, i, missing) for i in range(14)]
    found = sdc.suda2(file, KEYS, missing=missing)
    assert found.sets == [len(one) for one in sets]
    assert found.scores == [sum(math.factorial(3 - len(subset)) for subset in one) for one in sets]
    assert found.by_size == {size: sum(len(s) == size for one in sets for s in one) for size in (1, 2, 3)}


@pytest.mark.parametrize("missing", ["wildcard", "category"])
@pytest.mark.parametrize("seed", SEEDS)
def test_diversity_and_closeness(seed, missing):
    file = small(seed, rows=60)
    diversity = sdc.l_diversity(file, KEYS, "s", c=2, l=2, missing=missing)
    places = {city: [city, *up] for city, *up in PLACES}
    equal = sdc.t_closeness(file, KEYS, "city", missing=missing)
    ordered = sdc.t_closeness(file, KEYS, "s", distance="ordered", missing=missing)
    tree = sdc.t_closeness(file, KEYS, "city", distance="hierarchical", hierarchy=PLACES, missing=missing)
    for i, group in enumerate(counts(file, missing)):
        held = Counter(file["s"][j] for j in group)
        shares = [n / len(group) for n in held.values()]
        assert diversity.distinct[i] == len(held)
        assert diversity.entropy[i] == pytest.approx(math.exp(-sum(q * math.log(q) for q in shares)))
        ranked = sorted(held.values(), reverse=True)
        assert diversity.recursive[i] == (len(ranked) >= 2 and ranked[0] < 2 * sum(ranked[1:]))

        def difference(column, value, group=group):
            inside, outside = [file[column][j] for j in group], file[column]
            return inside.count(value) / len(inside) - outside.count(value) / len(outside)

        assert equal.distances[i] == pytest.approx(sum(abs(difference("city", c)) for c in places) / 2)
        cumulated = list(itertools.accumulate(difference("s", v) for v in sorted(set(file["s"]))))
        assert ordered.distances[i] == pytest.approx(sum(map(abs, cumulated)) / (len(cumulated) - 1))
        assert tree.distances[i] == pytest.approx(moved(places, lambda c: difference("city", c)))
    assert equal.largest == max(equal.distances)


def moved(places, difference):
    """sum over nodes of height/H min(pos, neg): levels 1 (departments), 2 (regions), 3 (a root above them)."""
    total, height = 0.0, 3
    for level in (1, 2, 3):
        nodes = {}
        for up in places.values():
            node = up[level] if level < 3 else "root"
            child = up[level - 1]
            nodes.setdefault(node, {}).setdefault(child, []).append(up[0])
        for children in nodes.values():
            sums = [sum(map(difference, cities)) for cities in children.values()]
            total += level / height * min(sum(s for s in sums if s > 0), -sum(s for s in sums if s < 0))
    return total


def test_identifiers():
    file = {"Prénom": ["a", "b"], "contact": ["x.y@insee.fr", "z@darse.org"], "when": ["1", "2"],
            "tel": ["01 99 00 12 34", None]}
    assert sdc.identifiers(file) == {"Prénom": "name", "contact": "email", "tel": "phone"}


# --- protection -------------------------------------------------------------------------------------------

@pytest.mark.parametrize("rule", ["thrifty", "greedy"])
@pytest.mark.parametrize("seed", SEEDS)
def test_local_suppression(seed, rule):
    file = small(seed)
    made = sdc.local_suppression(file, KEYS, 4, rule=rule, costs={"a": 3} if rule == "thrifty" else None)
    after = made.frame.to_dict()
    assert min(len(group) for group in counts(after, "wildcard")) >= 4
    gone = {key: sum(x is not None and z is None for x, z in zip(file[key], after[key])) for key in KEYS}
    assert all(z is None or z == x for key in KEYS for x, z in zip(file[key], after[key]))
    assert made.by_variable == gone and made.cells == sum(gone.values())
    if rule == "thrifty":
        assert made.cost == 3 * gone["a"] + gone["b"] + gone["c"]
    strata = sdc.local_suppression(file, ["a", "b"], 2, strata="firm") if min(Counter(file["firm"]).values()) > 1 else None
    if strata:
        after = strata.frame.to_dict()
        for firm in set(file["firm"]):
            part = {key: [v for v, f in zip(after[key], file["firm"]) if f == firm] for key in ("a", "b")}
            assert min(map(len, counts(part, "wildcard", ["a", "b"]))) >= 2


@pytest.mark.parametrize("loss", ["discernibility", "share", "entropy"])
@pytest.mark.parametrize("limit", [0, .1])
@pytest.mark.parametrize("seed", range(3))
def test_lattice_against_every_node(seed, limit, loss):
    file = small(seed, missing=0)
    trees = {"city": PLACES, "a": [["x", "all"], ["y", "all"]]}
    made = sdc.lattice(file, trees, 5, limit=limit, loss=loss)
    best = min(filter(None, (node_loss(file, trees, levels, 5, limit, loss)
                             for levels in itertools.product(range(3), range(2)))), key=lambda node: node[0])
    assert made.loss == pytest.approx(best[0])
    assert made.nodes == 6
    kept = [row for row, gone in zip(zip(made.frame["city"], made.frame["a"]), made.is_suppressed) if not gone]
    assert min(Counter(kept).values()) >= 5 and made.suppressed == 40 - len(kept) <= limit * 40


def node_loss(file, trees, levels, k, limit, loss):
    rows = []
    for i in range(40):
        city = next(row for row in trees["city"] if row[0] == file["city"][i])
        rows.append((city[levels[0]], next(row for row in trees["a"] if row[0] == file["a"][i])[levels[1]]))
    sizes = Counter(rows)
    gone = [sizes[row] < k for row in rows]
    if sum(gone) > limit * 40:
        return None
    if loss == "discernibility":
        return (sum(n * n for n in sizes.values() if n >= k) + 40 * sum(gone),)
    total = 0.0
    for v, name in enumerate(("city", "a")):
        shown, before = Counter(row[v] for row in rows), Counter(file[name])
        leaves = Counter(row[levels[v]] for row in trees[name])
        for i, row in enumerate(rows):
            if loss == "share":
                total += 1 if gone[i] else (leaves[row[v]] - 1) / (len(trees[name]) - 1)
            else:
                total += math.log2((40 if gone[i] else shown[row[v]]) / before[file[name][i]])
    return (total / 80 if loss == "share" else total,)


def test_recode_tails_rounding():
    file = small(1)
    up = {row[0]: row for row in PLACES}
    one = sdc.recode(file, "city", PLACES, 1)
    assert one["city"] == [up[city][1] for city in file["city"]]
    assert sdc.recode(one, "city", PLACES, 2)["city"] == [up[city][2] for city in file["city"]]
    with pytest.raises(sdc.ArgumentError):
        sdc.recode(one, "city", PLACES, 0)
    tails = sdc.top_bottom(file, "n", top=120, bottom=80, to="mean")
    high, low = [x for x in file["n"] if x > 120], [x for x in file["n"] if x < 80]
    want = [sum(high) / len(high) if x > 120 else sum(low) / len(low) if x < 80 else x for x in file["n"]]
    assert list(tails.frame["n"]) == pytest.approx(want) and tails.changed == len(high) + len(low)
    assert sdc.round_numbers(file, "n", 5)["n"] == [math.floor(x / 5 + .5) * 5 for x in file["n"]]
    drawn = [sdc.round_numbers({"n": [12.0]}, "n", 5, how="random", seed=seed)["n"][0] for seed in range(2000)]
    assert set(drawn) == {10, 15} and abs(sum(drawn) / 2000 - 12) < 5 * 2.45 / 2000 ** .5


@pytest.mark.parametrize("seed", SEEDS)
def test_samples_and_orders(seed):
    file = small(seed)
    made = sdc.sample(file, .5, seed=seed, strata="a", weight="w")
    for stratum, size in Counter(file["a"]).items():
        kept = [i for i in range(40) if file["a"][i] == stratum and made.keep[i]]
        assert len(kept) == math.floor(size / 2 + .5)
        assert all(made.weights[i] == pytest.approx(file["w"][i] * size / len(kept)) for i in kept)
    assert made.frame["n"] == [x for x, keep in zip(file["n"], made.keep) if keep]
    order = sdc.shuffle(file, seed=seed)
    assert sorted(order["n"]) == sorted(file["n"]) and list(order["n"]) != file["n"]
    assert sdc.shuffle(file, seed=seed)["n"] == order["n"] and sdc.shuffle(file, seed=seed + 1)["n"] != order["n"]


@pytest.mark.parametrize("k", [2, 3, 7])
@pytest.mark.parametrize("seed", SEEDS)
def test_mdav_by_the_published_algorithm(seed, k):
    file = small(seed)
    points = numpy.array([file["n"], file["m"]]).T
    z = points / points.std(axis=0, ddof=1)
    left, groups = list(range(40)), []

    def group_of(centre):
        near = sorted(left, key=lambda i: (((z[i] - z[centre]) ** 2).sum(), i))[:k]
        groups.append(near)
        for i in near:
            left.remove(i)

    while len(left) >= 3 * k:
        r = max(left, key=lambda i: ((z[i] - z[left].mean(axis=0)) ** 2).sum())
        s = max(left, key=lambda i: ((z[i] - z[r]) ** 2).sum())
        group_of(r)
        group_of(s)
    if len(left) >= 2 * k:
        group_of(max(left, key=lambda i: ((z[i] - z[left].mean(axis=0)) ** 2).sum()))
    groups.append(list(left))
    made = sdc.mdav(file, ["n", "m"], k)
    found = [[i for i in range(40) if made.group[i] == g] for g in range(made.groups)]
    assert sorted(map(sorted, groups)) == sorted(found)
    for group in found:
        assert made.frame["n"][group[0]] == pytest.approx(sum(file["n"][i] for i in group) / len(group))
    within = sum(((z[g] - z[g].mean(axis=0)) ** 2).sum() for g in found)
    assert made.loss == pytest.approx(within / ((z - z.mean(axis=0)) ** 2).sum())


@pytest.mark.parametrize("seed", SEEDS)
def test_perturbations(seed):
    file = small(seed, rows=400)
    swapped = sdc.rank_swap(file, ["n", "m"], 5, seed=seed)
    for name in ("n", "m"):
        after = list(swapped.frame[name])
        assert sorted(after) == sorted(file[name]) and after != file[name]
        rank = {value: at for at, value in enumerate(sorted(file[name]))}
        assert max(abs(rank[x] - rank[z]) for x, z in zip(file[name], after)) <= 20
    noisy = sdc.noise(file, ["n"], 50, seed=seed)["n"]
    added = [z - x for x, z in zip(file["n"], noisy)]
    assert .8 < numpy.std(added) / (numpy.std(file["n"], ddof=1) / 2) < 1.2
    wide = {"a": [random.Random(seed).choice("xyz") for _ in range(1)] + [random.choice("xyz") for _ in range(0)] +
            [("x", "y", "z", "x")[i % 4] for i in range(3999)]}
    changed = sdc.pram(wide, "a", seed=seed)
    assert changed.changed == sum(x != z for x, z in zip(wide["a"], changed.frame["a"]))
    before, after = Counter(wide["a"]), Counter(changed.frame["a"])
    assert all(abs(before[c] - after[c]) < 5 * before[c] ** .5 for c in "xyz")   # the invariant matrix
    always = sdc.pram(wide, "a", seed=seed, matrix=[[0, 1, 0], [0, 0, 1], [1, 0, 0]])
    turned = dict(zip(sdc.Frame.from_dict(wide)["a"].categories, sdc.Frame.from_dict(wide)["a"].categories[1:] +
                      sdc.Frame.from_dict(wide)["a"].categories[:1]))
    assert always.frame["a"] == [turned[c] for c in wide["a"]]


# --- utility ----------------------------------------------------------------------------------------------

def test_losses():
    before, after = {"x": [1, 2, 3]}, {"x": [2, 2, 2.5]}
    loss = sdc.numbers_loss(before, after, ["x"])
    assert loss.il1s == pytest.approx(1.5 / 2 ** .5) and loss.terms == 3
    one = {"a": ["p", "p", "q", "q"], "b": ["u", "v", "u", "v"]}
    two = {"a": ["p", "r", "q", "q"], "b": ["u", "v", "u", "v"]}
    tables = sdc.tables_loss(one, two, ["a", "b"], 1)
    assert (tables.tables, tables.variation_largest, tables.variation_mean) == (2, .25, .125)
    p, q = [.5, .5, 0], [.25, .5, .25]
    assert tables.hellinger_largest == pytest.approx(
        (sum((math.sqrt(x) - math.sqrt(z)) ** 2 for x, z in zip(p, q)) / 2) ** .5)
    # Codes of both files mean the same, whatever the order of first appearance.
    assert sdc.tables_loss({"a": ["p", "q"]}, {"a": ["q", "p"]}, ["a"], 1).variation_largest == 0
