# SPDX-License-Identifier: Apache-2.0
"""Safe tables: tabulation over hierarchical dimensions, primary rules, secondary suppression, the attacker's audit,
cell keys and rounding. Columns of results have one value a cell, in the order of `Table.cells`."""
import weakref
from collections.abc import Mapping, Sequence
from ctypes import POINTER, byref, c_bool, c_double, c_uint8, c_uint32, pointer
from dataclasses import dataclass
from typing import Any

from . import _abi
from ._arrow import Column, Frame, Records, read_column
from ._library import (SDC, SEED_MAX, ArgumentError, DataError, array_of, call, call_pure, clear, copy_array, doubles,
                       number, octets, real, word)
from .hierarchy import levels_of

TOTAL = "Total"


class _Dimension:
    """A tree and its labels: the values first, then their groups, then the total."""

    def __init__(self, records, name, hierarchy):
        labels = records.labels(name)
        self.name, self.struct = name, _abi.SdcTree()
        if hierarchy is None:
            call("sdc_tree_flat", len(labels), byref(self.struct))
            self.labels = [*labels, TOTAL]
        else:
            levels = levels_of(hierarchy, labels)
            call("sdc_tree_from_hierarchy", byref(levels.struct), True, byref(self.struct))
            self.labels = [label for level in levels.labels for label in level]
            self.labels += [TOTAL] * (self.struct.nodes - len(self.labels))
        weakref.finalize(self, clear, "sdc_tree_clear", self.struct)
        self.codes = records.codes(name).codes


class Table:
    """What `tabulate()` made. `cells` is a Frame: the dimensions, `count` (weighted), `units` (contributors), and
    with a value `total`, `absolute`, `top_1`, `top_2`, ...; with record keys `cell_key`."""

    def __init__(self, cube, dimensions):
        self._cube, self._dimensions = cube, dimensions
        weakref.finalize(self, clear, "sdc_cube_clear", cube)
        self.size = cube.cells
        self.dimensions = [dimension.name for dimension in dimensions]
        self.cells = Frame([*self._places(), *self._figures()])
        self._relations = None

    def __len__(self) -> int:
        return self.size

    def __repr__(self) -> str:
        return f"<Table of {self.size} cells: {' x '.join(self.dimensions)}>"

    def _places(self):
        for d, dimension in enumerate(self._dimensions):
            nodes = copy_array(self._cube.nodes[d], self.size, c_uint32)
            for i, node in enumerate(nodes):
                nodes[i] = node + 1
            # The labels of a tree may repeat (a group of one value bears its name): as categories they cannot.
            labels = list(dict.fromkeys(dimension.labels))
            if len(labels) != len(dimension.labels):
                code = {label: at for at, label in enumerate(labels, 1)}
                for i, node in enumerate(nodes):
                    nodes[i] = code[dimension.labels[node - 1]]
            yield Column(dimension.name, "codes", nodes, labels)

    def _figures(self):
        for name in ("count", "units", "total", "absolute", "cell_key"):
            if getattr(self._cube, name):
                yield Column(name, "numbers", copy_array(getattr(self._cube, name), self.size, c_double))
        for t in range(self._cube.top):
            yield Column(f"top_{t + 1}", "numbers", copy_array(self._cube.top_values[t], self.size, c_double))

    def relations(self) -> Any:
        """Which cells are the sum of which, as the library knows it."""
        if self._relations is None:
            trees = array_of(_abi.SdcTree, [dimension.struct for dimension in self._dimensions])
            nodes = array_of(POINTER(c_uint32), [self._cube.nodes[d] for d in range(len(self._dimensions))])
            shape, made = _abi.SdcTableShape(len(self._dimensions), trees, self.size, nodes, None), _abi.SdcRelations()
            call("sdc_relations_from_tables", byref(shape), 1, self.size, byref(made))
            weakref.finalize(self, clear, "sdc_relations_clear", made)
            self._relations = made
        return self._relations

    def values(self, of: str | None = None) -> Any:
        """The published figure: the total where there is one, else the count; or the column named."""
        name = of or ("total" if self._cube.total else "count")
        if name not in self.cells.columns:
            raise ArgumentError(f"The table has no column {name!r}.")
        return self.cells[name]


def tabulate(frame: Any, dimensions: "Sequence[str] | Mapping[str, Any]", *, value: str | None = None,
             weight: str | None = None, holding: str | None = None, record_key: str | None = None,
             top: int | None = None, empty_cells: bool = False) -> Table:
    """Counts and totals over all combinations of the dimensions' categories, groups and totals. DIMENSIONS are
    columns, or a dict of column to hierarchy (None: its values and their total). Of each cell: sum w, sum w x,
    sum w |x|, contributors (by `holding` where there is one), the `top` largest of them (2 unless said otherwise),
    and the sum of record keys modulo 1. A missing category, value, weight or key is refused.

    Hundepool et al. 2012, sections 4.1, 4.2. sdc_tabulate()."""
    named = dict(dimensions) if isinstance(dimensions, Mapping) else dict.fromkeys(dimensions)
    if not 1 <= len(named) <= _abi.SDC_DIMENSIONS_MAX:
        raise ArgumentError(f"A table has 1 to {_abi.SDC_DIMENSIONS_MAX} dimensions; {len(named)} were given.")
    others = [name for name in (value, weight, holding, record_key) if name is not None]
    records = Records(frame, [*named, *others])
    made = [_Dimension(records, name, hierarchy) for name, hierarchy in named.items()]
    kept = number((2 if value else 0) if top is None else top, "top", 0, _abi.SDC_TOP_MAX)
    task = _abi.SdcTabulation(
        rows=records.rows, dimensions=len(made), trees=array_of(_abi.SdcTree, [one.struct for one in made]),
        codes=array_of(POINTER(c_uint32), [one.codes for one in made]), top=kept, empty_cells=bool(empty_cells))
    for field, name in (("values", value), ("weights", weight), ("record_keys", record_key)):
        if name is not None:
            setattr(task, field, records.numbers(name).values)
    if holding is not None:
        task.holdings = records.codes(holding).codes
    cube = _abi.SdcCube()
    call("sdc_tabulate", byref(task), byref(cube))
    return Table(cube, made)


# --- primary rules ----------------------------------------------------------------------------------------

STATUSES = ["safe", "suppressed", "unsafe", "undecided", "invalid"]


@dataclass(frozen=True)
class Primary:
    """Of each cell: `unsafe` (anything but safe), its `status`, the first `rule` that flags it, and the protection
    that it needs `below` and `above`."""
    unsafe: Column
    status: Column
    rule: Column
    below: Column
    above: Column
    summary: dict[str, int]


def _rules_of(rules):
    if isinstance(rules, str):
        pack = SDC.sdc_pack_find(rules.encode("utf-8"))
        if not pack:
            raise ArgumentError(f"There is no pack of rules named {rules!r}; there are {', '.join(packs())}.")
        return pack.contents.rules
    made, known = _abi.SdcRules(), {name for name, _ in _abi.SdcRules._fields_} - {"dominance_percent"}
    for name, value in rules.items():
        if name == "dominance":
            for u, percent in value.items():
                made.dominance_percent[number(u, "n of a dominance rule", 1, _abi.SDC_TOP_MAX) - 1] = real(percent, "k")
        elif name not in known:
            raise ArgumentError(f"There is no rule {name!r}; there are dominance, {', '.join(sorted(known))}.")
        elif name in ("coalition", "rounding_base"):
            setattr(made, name, number(value, name, 0, 2**31))
        else:
            setattr(made, name, bool(value) if name == "zero_is_unsafe" else real(value, name))
    return made


def packs() -> dict[str, str]:
    """The packs of rules, and a line on each."""
    found, at = {}, SDC.sdc_packs()
    while at[len(found)].name:
        found[at[len(found)].name.decode()] = at[len(found)].title.decode()
    return found


def primary(table: Table, rules: "str | Mapping[str, Any]") -> Primary:
    """The cells that are not safe to show: RULES is the name of a pack, or `{"minimum_count": 3, "dominance": {1:
    85}, "p_percent": 10, ...}`, the fields of SdcRules. Dominance (n, k): 100 T(n) > k A; p/q: q (A - T(c + 1)) <
    p x1; equality is safe. The airlock and `darse sdc tabulate` ask the same function.

    Hundepool et al. 2012, sections 4.2.1 to 4.2.3. sdc_primary_check()."""
    made, verdicts, summary = _rules_of(rules), (_abi.SdcVerdict * max(table.size, 1))(), _abi.SdcSummary()
    judged = SDC.sdc_cube_table(byref(table._cube), byref(table.relations()))
    call_pure("sdc_primary_check", byref(made), byref(judged), verdicts, byref(summary))
    kinds = SDC.sdc_flag_kinds()
    names = [kinds[f].name.decode() for f in range(_abi.SDC_FLAG_COUNT)]
    cells = verdicts[:table.size]
    none = _abi.SDC_FLAG_COUNT
    return Primary(
        Column("unsafe", "flags", array_of(c_uint8, [v.status > _abi.SDC_STATUS_SUPPRESSED for v in cells])
               if cells else octets(0)),
        Column("status", "codes", _codes([v.status + 1 for v in cells]), STATUSES),
        Column("rule", "codes", _codes([0 if v.first == none else v.first + 1 for v in cells]), names),
        Column("below", "numbers", _numbers([v.below for v in cells])),
        Column("above", "numbers", _numbers([v.above for v in cells])),
        {name: summary.by_flag[f] for f, name in enumerate(names) if summary.by_flag[f]})


def _codes(values):
    return (c_uint32 * len(values))(*values)


def _numbers(values):
    return (c_double * len(values))(*values)


# --- secondary suppression --------------------------------------------------------------------------------

@dataclass(frozen=True)
class Pattern:
    """The `suppressed` cells, primary and secondary; `summary` has how many, and for least cost its proof."""
    suppressed: Column
    summary: dict[str, Any]


def _flags(values, size, name):
    values = list(values.unsafe if isinstance(values, Primary) else
                  values.suppressed if isinstance(values, Pattern) else values)
    if len(values) != size:
        raise ArgumentError(f"{name} has {len(values)} values, the table {size} cells.")
    return array_of(c_bool, [bool(value) for value in values])


def _cells(values, size, name):
    values = list(values)
    if len(values) != size:
        raise ArgumentError(f"{name} has {len(values)} values, the table {size} cells.")
    if any(value is None for value in values):
        raise DataError(f"{name} is missing in some cell.")
    return array_of(c_double, [real(value, name) for value in values])


def _plain(struct):
    return {name: getattr(struct, name) for name, _ in struct._fields_}


def suppress(table: Table, primary: "Primary | Sequence[bool]", *, method: str = "gauss", of: str | None = None,
             cost: Sequence[float] | None = None, shown: Sequence[bool] | None = None,
             protect_singletons: bool = True, below: Sequence[float] | None = None,
             above: Sequence[float] | None = None, time_limit: float = 60) -> Pattern:
    """Secondary suppression. "gauss": cells are shown dearest first unless that lets a primary cell be computed
    exactly (with `protect_singletons`, not by the only contributor of another cell either). "optimal": the pattern
    of least cost such that every primary cell's interval contains [v - below, v + above] (the levels of PRIMARY
    unless given), by Benders' method with the solver of the system; `summary["proven"]` says whether time sufficed.
    `cost` is the absolute value of each cell unless given.

    Langsrud, PSD 2024, LNCS 14915; Fischetti, Salazar, Management Science 47 (2001), sections 3 and 4.
    sdc_gauss_suppress(), sdc_optimal_suppress()."""
    word(method, "method", {"gauss": 0, "optimal": 1})
    values = table.values(of)
    costs = _cells(cost if cost is not None else [abs(value) for value in values], table.size, "cost")
    unsafe, must = _flags(primary, table.size, "primary"), None
    if shown is not None:
        must = _flags(shown, table.size, "shown")
    known, summary = _gauss(table, unsafe, costs, must, protect_singletons and method == "gauss")
    if method == "gauss":
        return Pattern(_flag_column(known), summary)
    protection = [level if level is not None else getattr(primary, side, None)
                  for side, level in (("below", below), ("above", above))]
    if None in protection:
        raise ArgumentError("The optimal method needs the protection below and above each primary cell.")
    return _optimal(table, unsafe, costs, must, known, values, protection, time_limit)


def _flag_column(flags):
    return Column("suppressed", "flags", (c_uint8 * len(flags)).from_buffer_copy(flags))


def _gauss(table, unsafe, costs, must, singletons):
    single = _flags([units == 1 for units in table.cells["units"]], table.size, "units") if singletons else None
    task = _abi.SdcGauss(pointer(table.relations()), unsafe, costs, must, single)
    made, summary = (c_bool * table.size)(), _abi.SdcGaussSummary()
    call("sdc_gauss_suppress", byref(task), made, byref(summary))
    return made, _plain(summary)


def _optimal(table, unsafe, costs, must, known, values, protection, time_limit):
    lower, upper = doubles(table.size), doubles(table.size)
    open_below = any(value < 0 for value in values)
    for i in range(table.size):
        lower[i] = -_abi.SDC_INFINITY if open_below else 0
        upper[i] = _abi.SDC_INFINITY
    task = _abi.SdcOptimal(
        pointer(table.relations()), _cells(values, table.size, "a value"), unsafe, costs, must, lower, upper,
        _cells(protection[0], table.size, "below"), _cells(protection[1], table.size, "above"), known,
        real(time_limit, "time_limit"))
    made, summary = (c_bool * table.size)(), _abi.SdcOptimalSummary()
    call("sdc_optimal_suppress", byref(task), made, byref(summary), solver=True)
    return Pattern(_flag_column(made), _plain(summary))


# --- audit ------------------------------------------------------------------------------------------------

AUDIT_STATES = ["shown", "safe", "insufficient", "exact"]


@dataclass(frozen=True)
class Audit:
    """Of each suppressed cell the interval `low` to `high` in which an attacker can put it, and its `state`:
    "safe", "insufficient" (narrower than asked for), "exact"."""
    low: Column
    high: Column
    state: Column
    summary: dict[str, int]


def audit(table: Table, suppressed: "Pattern | Sequence[bool]", *, of: str | None = None,
          below: Sequence[float] | None = None, above: Sequence[float] | None = None) -> Audit:
    """The attacker's interval of every suppressed cell: the least and the greatest value that the shown cells, the
    sums and, without negative values, zero below leave open. An unbounded side is None. Needs the solver.

    Fischetti, Salazar, Management Science 47 (2001), section 2. sdc_audit()."""
    task = _abi.SdcAudit(pointer(table.relations()), _cells(table.values(of), table.size, "a value"),
                         _flags(suppressed, table.size, "suppressed"))
    if below is not None:
        task.below = _cells(below, table.size, "below")
    if above is not None:
        task.above = _cells(above, table.size, "above")
    low, high, states = doubles(table.size), doubles(table.size), octets(table.size)
    summary = _abi.SdcAuditSummary()
    call("sdc_audit", byref(task), low, high, states, byref(summary), solver=True)
    return Audit(Column("low", "numbers", _bounded(low)), Column("high", "numbers", _bounded(high)),
                 Column("state", "codes", _codes([state + 1 for state in states]), AUDIT_STATES), _plain(summary))


def _bounded(values):
    for i, value in enumerate(values):
        if value in (float("inf"), float("-inf")):
            values[i] = float("nan")
    return values


# --- perturbed tables -------------------------------------------------------------------------------------

def cell_key(table: Table, *, largest_change: int, variance: float, never_published: int = 0, stay: float = 0,
             monotone: bool = False) -> Column:
    """Counts changed by the cell-key method: f becomes f + v with the chances of row min(f, D + J + 1), of mean 0,
    of this variance, of the greatest entropy, drawn by the cell's key: the same records are changed alike in every
    table. The table needs record keys, and no weights.

    Fraser, Wooton, UNECE 2005; Giessing, PSD 2016, LNCS 9867. sdc_chances_make(), sdc_cellkey_perturb()."""
    if "cell_key" not in table.cells.columns:
        raise ArgumentError("The cell-key method needs a table with record keys: tabulate(..., record_key=...).")
    rules = _abi.SdcChanceRules(number(largest_change, "largest_change", 0, 2**31), real(variance, "variance"),
                                number(never_published, "never_published", 0, 2**31), real(stay, "stay"),
                                bool(monotone))
    chances, made = _abi.SdcChances(), doubles(table.size)
    call("sdc_chances_make", byref(rules), byref(chances))
    try:
        call_pure("sdc_cellkey_perturb", byref(chances), table._cube.count, table._cube.cell_key, table.size, made)
    finally:
        clear("sdc_chances_clear", chances)
    return Column("count", "numbers", made)


def round_table(counts: Any, base: int, *, how: str = "nearest", seed: int = 0, stream: int = 0) -> Column:
    """Whole counts to multiples of BASE: to the nearest (ties up), or at "random" without bias.

    Hundepool et al. 2012, section 5.4. sdc_table_round(), sdc_table_round_random()."""
    given = read_column(counts, "count")
    made, base = doubles(given.rows), number(base, "base", 0, 2**31)
    values = given.numbers("count").values
    if word(how, "how", {"nearest": 0, "random": 1}) == 0:
        call_pure("sdc_table_round", values, given.rows, base, made)
    else:
        call("sdc_table_round_random", values, given.rows, base, number(seed, "seed", 0, SEED_MAX),
             number(stream, "stream", 0, SEED_MAX), made)
    return Column("count", "numbers", made)


@dataclass(frozen=True)
class Deviation:
    """Of the cells that are shown: how many are `unchanged`, mean and largest |z - x|, mean |z - x| / |x|, mean
    |sqrt z - sqrt x|; how many are `suppressed`, and their value and share of it."""
    shown: int
    unchanged: int
    suppressed: int
    mean: float
    largest: float
    mean_relative: float
    mean_root: float
    suppressed_value: float
    suppressed_share: float


def deviation(original: Any, published: Any, suppressed: "Pattern | Sequence[bool] | None" = None) -> Deviation:
    """How far a published table is from the true one. sdc_table_deviation()."""
    one, other = read_column(original, "original"), read_column(published, "published")
    if one.rows != other.rows:
        raise ArgumentError(f"The original has {one.rows} cells, the published table {other.rows}.")
    hidden = None if suppressed is None else _flags(suppressed, one.rows, "suppressed")
    made = _abi.SdcDeviation()
    call_pure("sdc_table_deviation", one.numbers("original").values, other.numbers("published").values, hidden,
              one.rows, byref(made))
    return Deviation(**_plain(made))

