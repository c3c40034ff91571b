# SPDX-License-Identifier: Apache-2.0
"""Records protected: recoding, tails, rounding, samples, local suppression, lattice, MDAV, PRAM, rank swapping, noise.

`frame` of a result is of the kind that was given (pandas, polars, pyarrow, else a Frame), with the protected columns
in their places. Random ones take a `seed`; `stream` tells draws of one seed apart (each column its own)."""
from collections.abc import Mapping, Sequence
from ctypes import byref, c_double, c_size_t, c_uint, c_uint8, c_uint32, pointer
from dataclasses import dataclass
from typing import Any

from . import _abi
from ._arrow import Column, Records, rows_of, take, with_columns
from ._library import (SEED_MAX, ArgumentError, array_of, call, clear, copy_array, doubles, number, octets, real, word,
                       words)
from .hierarchy import levels_of
from .risk import _names


@dataclass(frozen=True)
class Changed:
    """`frame`, protected, and how many values changed."""
    frame: Any
    changed: int


def _changed(before, after):
    return sum(1 for x, z in zip(before, after) if x != z and (x == x or z == z))


def _draws(seed, stream):
    return number(seed, "seed", 0, SEED_MAX), number(stream, "stream", 0, SEED_MAX)


# --- coarser values ---------------------------------------------------------------------------------------

def recode(frame: Any, column: str, hierarchy: Any, level: int) -> Any:
    """Each category by its ancestor at LEVEL of the hierarchy (rows of a value, its group, the group's group; level
    1 is the group). A column that was recoded before is found at its level. Returns the frame.

    Hundepool et al. 2012, section 3.4.2. sdc_recode()."""
    records = Records(frame, [column])
    labels, codes = records.labels(column), records.codes(column)
    levels = levels_of(hierarchy, labels)
    at = number(level, "level", 0) - (hierarchy_depth(hierarchy) - len(levels.labels))
    if not 0 <= at < len(levels.labels):
        raise ArgumentError(f"Column {column!r} cannot be recoded to level {level} of its hierarchy.")
    source = _abi.SdcCodes(codes.rows, len(levels.labels[0]), codes.codes, None)
    made = words(records.rows)
    call("sdc_recode", byref(source), byref(levels.struct), at, made)
    return with_columns(frame, [Column(column, "codes", made, levels.labels[at])])


def hierarchy_depth(hierarchy) -> int:
    if hasattr(hierarchy, "levels"):
        return hierarchy.levels
    return 2 if isinstance(hierarchy, Mapping) else len(next(iter(hierarchy)))


def top_bottom(frame: Any, column: str, *, top: float | None = None, bottom: float | None = None,
               to: str = "limit") -> Changed:
    """Values above `top` become it or the mean of those above ("mean"); values below `bottom` likewise.

    Hundepool et al. 2012, section 3.4.2. sdc_code_tails()."""
    code = word(to, "to", {"limit": _abi.SDC_CODING_LIMIT, "mean": _abi.SDC_CODING_MEAN})
    records = Records(frame, [column])
    made, changed, nan = doubles(records.rows), c_size_t(), float("nan")
    call("sdc_code_tails", byref(records.numbers(column)), nan if bottom is None else real(bottom, "bottom"),
         nan if top is None else real(top, "top"), code, made, byref(changed))
    return Changed(with_columns(frame, [Column(column, "numbers", made)]), changed.value)


def round_numbers(frame: Any, column: str, base: float, *, how: str = "nearest", seed: int = 0,
                  stream: int = 0) -> Any:
    """To the nearest multiple of BASE, halves away from zero; or "random", up with probability r/base, so that the
    value is the expectation. Returns the frame.

    Hundepool et al. 2012, section 3.4.5. sdc_round()."""
    code = word(how, "how", {"nearest": _abi.SDC_ROUNDING_NEAREST, "random": _abi.SDC_ROUNDING_RANDOM})
    records = Records(frame, [column])
    made = doubles(records.rows)
    call("sdc_round", byref(records.numbers(column)), real(base, "base"), code, *_draws(seed, stream), made)
    return with_columns(frame, [Column(column, "numbers", made)])


# --- fewer records ----------------------------------------------------------------------------------------

@dataclass(frozen=True)
class Sample:
    """`frame` has the records of the sample; of all records, `keep` says which are in it, and `weights` what each
    stands for (0 for the others)."""
    frame: Any
    keep: Column
    weights: Column


def sample(frame: Any, fraction: float, *, seed: int, strata: str | None = None, weight: str | None = None,
           stream: int = 0) -> Sample:
    """A simple random sample without replacement of floor(fraction n + 1/2) records in each stratum; weights keep
    the totals of strata.

    Hundepool et al. 2012, section 3.4.1. sdc_sample()."""
    names = [name for name in (strata, weight) if name is not None]
    rows = rows_of(frame)
    records = Records(frame, names) if names else None
    keep, weights = octets(rows), doubles(rows)
    call("sdc_sample", rows, real(fraction, "fraction"), byref(records.codes(strata)) if strata else None,
         byref(records.numbers(weight)) if weight else None, *_draws(seed, stream), keep, weights)
    places = [place for place, kept in enumerate(keep) if kept]
    return Sample(take(frame, places), Column("keep", "flags", keep), Column("weight", "numbers", weights))


def shuffle(frame: Any, *, seed: int, stream: int = 0) -> Any:
    """The records in a random order. sdc_shuffle()."""
    order = words(rows_of(frame))
    call("sdc_shuffle", len(order), *_draws(seed, stream), order)
    return take(frame, list(order))


# --- k alike ----------------------------------------------------------------------------------------------

@dataclass(frozen=True)
class Suppression:
    """`frame`, with values made missing: `cells` of them, in each column `by_variable`, at this `cost`."""
    frame: Any
    cells: int
    by_variable: dict[str, int]
    cost: float


def local_suppression(frame: Any, keys: Sequence[str], k: int, *, rule: str = "thrifty",
                      costs: Mapping[str, float] | None = None, importance: Sequence[str] | None = None,
                      strata: str | None = None) -> Suppression:
    """Single key values are made missing until each record matches k records, itself included, a missing value
    matching every value. "greedy" is sdcMicro's rule (`importance`: the column to suppress first first), "thrifty"
    never costs more (`costs`: of one missing value of each column). With `strata`, k holds in each.

    Templ, Kowarik, Meindl, JSS 67(4), 2015, section 4.2; de Waal and Willenborg, JOS 14(4), 1998. sdc_suppress()."""
    keys = _names(keys, "keys")
    code = word(rule, "rule", {"greedy": _abi.SDC_SUPPRESSION_GREEDY, "thrifty": _abi.SDC_SUPPRESSION_THRIFTY})
    records = Records(frame, [*keys, *([strata] if strata else [])])
    for name in [*(costs or {}), *(importance or [])]:
        if name not in keys:
            raise ArgumentError(f"{name!r} is not among the keys.")
    options = _abi.SdcSuppressionOptions(code, number(k, "k", 0, 2**32 - 1))
    if costs is not None:
        options.costs = array_of(c_double, [real(costs.get(key, 1), "a cost") for key in keys])
    if importance is not None:
        if sorted(importance) != sorted(keys):
            raise ArgumentError("importance has each key once.")
        options.importance = array_of(c_uint32, [keys.index(name) for name in importance])
    groups = records.codes(strata) if strata else None
    if groups is not None:
        options.strata = pointer(groups)
    made = _abi.SdcSuppression()
    call("sdc_suppress", records.all_codes(keys), len(keys), byref(options), byref(made))
    try:
        columns = _code_columns(made, keys)
        return Suppression(with_columns(frame, [records.coded(key, codes) for key, codes in zip(keys, columns)]),
                           made.cells, {key: made.by_variable[v] for v, key in enumerate(keys)}, made.cost)
    finally:
        clear("sdc_suppression_clear", made)


def _code_columns(made, names):
    """Columns that lie one after the other."""
    whole = copy_array(made.codes, made.rows * len(names), c_uint32)
    return [(c_uint32 * made.rows).from_buffer(whole, 4 * made.rows * v) for v in range(len(names))]


@dataclass(frozen=True)
class LatticeResult:
    """`frame`, recoded to these `levels`, values of `suppressed` records missing; the `loss`, and how many of the
    lattice's `nodes` were `checked`."""
    frame: Any
    levels: dict[str, int]
    loss: float
    suppressed: int
    is_suppressed: Column
    classes: int
    nodes: int
    checked: int


def lattice(frame: Any, hierarchies: Mapping[str, Any], k: int, *, limit: float = 0, loss: str = "discernibility",
            lowest: Mapping[str, int] | None = None, highest: Mapping[str, int] | None = None) -> LatticeResult:
    """One level of its hierarchy for each column, such that the file is k-anonymous after at most LIMIT (a share) of
    the records are suppressed, and what is lost is least: "discernibility", sum of |E|^2 plus n for each suppressed
    record; "share", the mean of (leaves below - 1)/(leaves - 1); "entropy", in bits. Proven to be the least.

    Kohlmayer et al., "Flash", PASSAT 2012; Bayardo and Agrawal, ICDE 2005; Iyengar, KDD 2002; Gionis and Tassa, IEEE
    TKDE 21(2), 2009. sdc_lattice_search()."""
    code = word(loss, "loss", {"discernibility": _abi.SDC_LOSS_DISCERNIBILITY, "share": _abi.SDC_LOSS_SHARE,
                               "entropy": _abi.SDC_LOSS_ENTROPY})
    keys = _names(list(hierarchies), "hierarchies")
    records = Records(frame, keys)
    levels = [levels_of(hierarchies[key], records.labels(key)) for key in keys]
    codes = array_of(_abi.SdcCodes, [
        _abi.SdcCodes(records.rows, len(one.labels[0]), records.codes(key).codes, None)
        for key, one in zip(keys, levels)])
    options = _abi.SdcLatticeOptions(number(k, "k", 0, 2**32 - 1), real(limit, "limit"), code)
    if lowest is not None:
        options.lowest = array_of(c_uint, [number(lowest.get(key, 0), "lowest", 0, 31) for key in keys])
    if highest is not None:
        options.highest = array_of(c_uint, [number(highest.get(key, len(one.labels) - 1), "highest", 0, 31)
                                            for key, one in zip(keys, levels)])
    if (lowest is None) != (highest is None):   # the library wants both or none
        options.lowest = options.lowest or array_of(c_uint, [0] * len(keys))
        options.highest = options.highest or array_of(c_uint, [len(one.labels) - 1 for one in levels])
    made = _abi.SdcLattice()
    call("sdc_lattice_search", codes, array_of(_abi.SdcHierarchy, [one.struct for one in levels]), len(keys),
         byref(options), byref(made))
    try:
        columns = [Column(key, "codes", values, one.labels[made.levels[v]])
                   for v, (key, one, values) in enumerate(zip(keys, levels, _code_columns(made, keys)))]
        return LatticeResult(
            with_columns(frame, columns), {key: made.levels[v] for v, key in enumerate(keys)}, made.loss,
            made.suppressed, Column("suppressed", "flags", copy_array(made.is_suppressed, made.rows, c_uint8)),
            made.classes, made.nodes, made.checked)
    finally:
        clear("sdc_lattice_clear", made)


@dataclass(frozen=True)
class Microaggregation:
    """`frame`, with means of groups; the `group` of each record; `loss` is SSE/SST on standardised variables."""
    frame: Any
    group: Column
    groups: int
    sse: float
    sst: float

    @property
    def loss(self) -> float:
        return self.sse / self.sst if self.sst > 0 else 0.0


def mdav(frame: Any, columns: Sequence[str], k: int) -> Microaggregation:
    """Microaggregation by maximum distance to the average vector: groups of k to 2k - 1 records that are alike, each
    value replaced by its group's mean. No value may be missing.

    Domingo-Ferrer and Mateo-Sanz, IEEE TKDE 14(1), 2002; Domingo-Ferrer and Torra, DMKD 11(2), 2005, section 2.1.
    sdc_mdav()."""
    columns = _names(columns, "columns")
    records, made = Records(frame, columns), _abi.SdcMicroaggregation()
    call("sdc_mdav", records.all_numbers(columns), len(columns), number(k, "k", 0, 2**32 - 1), byref(made))
    try:
        means = _number_columns(copy_array(made.values, made.rows * len(columns), c_double), columns)
        return Microaggregation(with_columns(frame, means),
                                Column("group", "counts", copy_array(made.group, made.rows, c_uint32)),
                                made.groups, made.sse, made.sst)
    finally:
        clear("sdc_microaggregation_clear", made)


def _number_columns(whole, names):
    rows = len(whole) // len(names)
    return [Column(name, "numbers", (c_double * rows).from_buffer(whole, 8 * rows * v))
            for v, name in enumerate(names)]


# --- changed at random ------------------------------------------------------------------------------------

def pram(frame: Any, column: str, *, seed: int, pd: float = .8, alpha: float = .5,
         matrix: Sequence[Sequence[float]] | None = None, stream: int = 0) -> Changed:
    """Post-randomisation: a category k becomes j with probability R[k][j]. Without a `matrix` (rows in the order of
    the column's categories) R is invariant: expected counts are those of the file; diagonal of its first step
    uniform in (pd, 1), and `alpha` the share of its second one.

    Gouweleeuw, Kooiman, Willenborg, de Wolf, JOS 14(4), 1998, section 4. sdc_pram()."""
    records = Records(frame, [column])
    codes = records.codes(column)
    options = _abi.SdcPramOptions(*_draws(seed, stream), None, real(pd, "pd"), real(alpha, "alpha"))
    if matrix is not None:
        rows = [list(row) for row in matrix]
        if len(rows) != codes.categories or any(len(row) != codes.categories for row in rows):
            raise ArgumentError(f"The matrix has a row and a column for each of {codes.categories} categories.")
        options.matrix = array_of(c_double, [real(value, "a probability") for row in rows for value in row])
    made, changed = words(records.rows), c_size_t()
    call("sdc_pram", byref(codes), byref(options), made, None, byref(changed))
    return Changed(with_columns(frame, [records.coded(column, made)]), changed.value)


def rank_swap(frame: Any, columns: str | Sequence[str], percent: float, *, seed: int, stream: int = 0) -> Changed:
    """Each value is swapped with one whose rank is at most PERCENT % of the number of values away. The values of
    the column stay the same. Column v of a list draws from stream + v.

    Moore, U.S. Bureau of the Census, Research report 96-04, 1996. sdc_rank_swap()."""
    columns = [columns] if isinstance(columns, str) else _names(columns, "columns")
    records, made, changed = Records(frame, columns), [], 0
    seed, stream = _draws(seed, stream)
    for v, name in enumerate(columns):
        numbers, values = records.numbers(name), doubles(records.rows)
        call("sdc_rank_swap", byref(numbers), real(percent, "percent"), seed, stream + v, values)
        changed += _changed(numbers.values[:records.rows], values)
        made.append(Column(name, "numbers", values))
    return Changed(with_columns(frame, made), changed)


def noise(frame: Any, columns: str | Sequence[str], percent: float, *, seed: int, correlated: bool = False,
          stream: int = 0) -> Any:
    """x + N(0, (percent/100 s)^2), s the standard deviation of the column; `correlated`: the vector of columns
    receives N(0, percent/100 S), S their covariance, so that sums and correlations are kept. Column v draws from
    stream + v. Returns the frame.

    Brand, LNCS 2316, 2002, sections 2.1 and 2.2. sdc_add_noise()."""
    columns = [columns] if isinstance(columns, str) else _names(columns, "columns")
    records = Records(frame, columns)
    made = doubles(records.rows * len(columns))
    call("sdc_add_noise", records.all_numbers(columns), len(columns), real(percent, "percent"), bool(correlated),
         *_draws(seed, stream), made)
    return with_columns(frame, _number_columns(made, columns))
