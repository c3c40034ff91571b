# SPDX-License-Identifier: Apache-2.0
"""How much a file reveals: keys and frequencies, individual, household and global risk, SUDA2, l-diversity,
t-closeness, columns that look like direct identifiers."""
from collections.abc import Sequence
from ctypes import POINTER, byref, c_double, c_uint8, c_uint32, cast
from dataclasses import dataclass
from typing import Any

from . import _abi
from ._arrow import Column, Records, read_column
from ._library import (SDC, ArgumentError, call, clear, copy_array, doubles, missing_of, number, real, word)
from .hierarchy import levels_of

FORMULAS = {"exact": _abi.SDC_RISK_EXACT, "approximate": _abi.SDC_RISK_APPROXIMATE}


@dataclass(frozen=True)
class Anonymity:
    """What frequencies say on anonymity: `uniques` have f = 1, `doubles` f = 2, `below` f < k; `smallest` is the
    least f."""
    rows: int
    keys: int
    uniques: int
    doubles: int
    below: int
    k: int
    smallest: int

    @property
    def is_anonymous(self) -> bool:
        return self.below == 0


@dataclass(frozen=True)
class Frequencies:
    """`sample` is f and `population` F of each record, `keys` the number of different keys."""
    rows: int
    keys: int
    missing: str
    sample: Column
    population: Column

    def anonymity(self, k: int) -> Anonymity:
        struct = _abi.SdcFrequencies(self.rows, self.keys, 0, cast(self.sample._values, POINTER(c_uint32)),
                                     cast(self.population._values, POINTER(c_double)))
        made = SDC.sdc_anonymity(byref(struct), number(k, "k", 1, 2**32 - 1))
        return Anonymity(made.rows, made.keys, made.uniques, made.doubles, made.below, made.k, made.smallest)


def _names(value, name):
    if isinstance(value, str) or not isinstance(value, Sequence) or not value:
        raise ArgumentError(f"{name} is a list of columns; {value!r} was given.")
    return list(value)


def frequencies(frame: Any, keys: Sequence[str], *, missing: str, weight: str | None = None) -> Frequencies:
    """Frequencies of each record's key in the sample and in the population.

    f is the number of records whose key matches, the record itself included; F the sum of their weights. With
    `missing="wildcard"` a missing value matches every value (sdcMicro's alpha = 1), with "category" it is a value
    like another (alpha = 0); there is no default.

    Sweeney 2002, definition 3; Franconi and Polettini, PSD 2004, section 2. sdc_frequencies_count()."""
    keys = _names(keys, "keys")
    records = Records(frame, keys + ([weight] if weight is not None else []))
    weights = byref(records.numbers(weight)) if weight is not None else None
    made = _abi.SdcFrequencies()
    call("sdc_frequencies_count", records.all_codes(keys), len(keys), weights, missing_of(missing), byref(made))
    try:
        return Frequencies(made.rows, made.keys, missing,
                           Column("sample", "counts", copy_array(made.sample, made.rows, c_uint32)),
                           Column("population", "numbers", copy_array(made.population, made.rows, c_double)))
    finally:
        clear("sdc_frequencies_clear", made)


def k_anonymity(frame: Any, keys: Sequence[str], k: int, *, missing: str) -> Anonymity:
    """How many records share their key with fewer than k records, themselves included.

    Sweeney, "k-anonymity: a model for protecting privacy", IJUFKS 10(5), 2002. sdc_anonymity()."""
    return frequencies(frame, keys, missing=missing).anonymity(k)


def individual_risk(frame: Any, keys: Sequence[str], *, missing: str, weight: str | None = None,
                    formula: str = "exact") -> Column:
    """The risk of each record that it is re-identified: E(1/F | f), with F given f negative binomial of success
    probability p = f/F: (p^f / f) 2F1(f, f; f+1; 1-p). "approximate" is p / (f - (1-p)) for f > 2, what sdcMicro
    computes unless told otherwise.

    Benedetti and Franconi, NTTS 1998; Franconi and Polettini, PSD 2004, section 3. sdc_risk_individual()."""
    code = word(formula, "formula", FORMULAS)
    found = frequencies(frame, keys, missing=missing, weight=weight)
    struct = _abi.SdcFrequencies(found.rows, found.keys, missing_of(missing),
                                 cast(found.sample._values, POINTER(c_uint32)),
                                 cast(found.population._values, POINTER(c_double)))
    risks = doubles(found.rows)
    call("sdc_risk_individual", byref(struct), code, risks)
    return Column("risk", "numbers", risks)


def household_risk(risks: Any, households: Any) -> Column:
    """The risk that at least one member of the household is re-identified, 1 - prod(1 - r), for each of its
    members. RISKS are a column of numbers, HOUSEHOLDS one of codes; a record without household is its own.

    Hundepool et al., "Statistical Disclosure Control", 2012, section 3.3. sdc_risk_household()."""
    given, groups = read_column(risks, "risks"), read_column(households, "households")
    if given.rows != groups.rows:
        raise ArgumentError(f"There are {given.rows} risks and {groups.rows} households.")
    together = doubles(given.rows)
    call("sdc_risk_household", given.numbers("risks").values, byref(groups.codes("households")), together)
    return Column("household_risk", "numbers", together)


@dataclass(frozen=True)
class GlobalRisk:
    """`expected` re-identifications, their `rate`, the `threshold` t such that the mean of min(r, t) is at most
    the rate that was asked for, and how many records are `above` it."""
    rows: int
    expected: float
    rate: float
    largest: float
    median: float
    deviation: float
    outliers: int
    threshold: float
    above: int


def global_risk(risks: Any, max_rate: float = .01) -> GlobalRisk:
    """Individual risks over the file.

    Hundepool et al. 2012, section 3.3. sdc_risk_global()."""
    given, made = read_column(risks, "risks"), _abi.SdcGlobalRisk()
    call("sdc_risk_global", given.numbers("risks").values, given.rows, real(max_rate, "max_rate"), byref(made))
    return GlobalRisk(**{name: getattr(made, name) for name, _ in made._fields_})


@dataclass(frozen=True)
class Suda:
    """`scores`, `dis` (DIS-SUDA) and the number of minimal sample uniques (`sets`) of each record; how many of each
    size the file has (`by_size`), and the percentage of scores that each key contributes to."""
    scores: Column
    dis: Column
    sets: Column
    by_size: dict[int, int]
    contributions: dict[str, float]


def suda2(frame: Any, keys: Sequence[str], *, missing: str, largest_set: int = 0, weights: str = "factorial",
          sampling_fraction: float = .01) -> Suda:
    """Special uniques: sets of keys on which a record is alone while on no part of them it is. The score sums
    (m - size)! over them ("ihsn": (2^(m-s) - 1) s! (m-s)! / m!).

    Elliot, Manning and Ford, IJUFKS 10(5), 2002; Manning, Haglin and Keane, DMKD 16(2), 2008; for DIS, Skinner and
    Elliot, JRSS B 64(4), 2002. sdc_suda()."""
    keys = _names(keys, "keys")
    code = word(weights, "weights", {"factorial": _abi.SDC_SUDA_FACTORIAL, "ihsn": _abi.SDC_SUDA_IHSN})
    records, made = Records(frame, keys), _abi.SdcSuda()
    options = _abi.SdcSudaOptions(number(largest_set, "largest_set", 0, len(keys)), code,
                                  real(sampling_fraction, "sampling_fraction"), missing_of(missing))
    call("sdc_suda", records.all_codes(keys), len(keys), byref(options), byref(made))
    try:
        return Suda(Column("suda", "numbers", copy_array(made.scores, made.rows, c_double)),
                    Column("dis_suda", "numbers", copy_array(made.dis, made.rows, c_double)),
                    Column("sets", "counts", copy_array(made.sets, made.rows, c_uint32)),
                    {size: made.by_size[size] for size in range(1, len(keys) + 1)},
                    {key: made.contributions[v] for v, key in enumerate(keys)})
    finally:
        clear("sdc_suda_clear", made)


@dataclass(frozen=True)
class Diversity:
    """Of each record's group: `distinct` sensitive values, `entropy` (exp of it), whether it is `recursive`
    (c,l)-diverse; the least of the file, and the records in groups that are not."""
    distinct: Column
    entropy: Column
    recursive: Column
    least_distinct: int
    least_entropy: float
    not_recursive: int


def l_diversity(frame: Any, keys: Sequence[str], sensitive: str, *, c: float = 2, l: int = 2,
                missing: str = "category") -> Diversity:
    """Sensitive values in each record's group: their number; exp(-sum q ln q); and r1 < c (rl + ... + rs) with
    counts in decreasing order. The group is the records of equal keys, or with `missing="wildcard"` all that match.

    Machanavajjhala et al., ACM TKDD 1(1), 2007, definitions 4.1 and 4.2. sdc_diversity_of_matches()."""
    keys = _names(keys, "keys")
    records, made = Records(frame, [*keys, sensitive]), _abi.SdcDiversity()
    call("sdc_diversity_of_matches", records.all_codes(keys), len(keys), missing_of(missing), byref(records.codes(sensitive)), real(c, "c"),
         number(l, "l", 0, 2**32 - 1), byref(made))
    try:
        return Diversity(Column("distinct", "counts", copy_array(made.distinct, made.rows, c_uint32)),
                         Column("entropy", "numbers", copy_array(made.entropy, made.rows, c_double)),
                         Column("recursive", "flags", copy_array(made.recursive, made.rows, c_uint8)),
                         made.least_distinct, made.least_entropy, made.not_recursive)
    finally:
        clear("sdc_diversity_clear", made)


@dataclass(frozen=True)
class Closeness:
    """The distance of each record's group; the file is t-close for every t from `largest` on."""
    distances: Column
    largest: float


def t_closeness(frame: Any, keys: Sequence[str], sensitive: str, *, distance: str = "equal",
                hierarchy: Any = None, missing: str = "category") -> Closeness:
    """How far the sensitive values of each record's group (of equal keys, or with `missing="wildcard"` of all records
    that match) are from those of the file: "equal", half the sum of |p - q|; "ordered", the mean of |cumulated differences|, for numbers and ordered categories; "hierarchical", by
    the height of the lowest common group of a `hierarchy`.

    Li, Li, Venkatasubramanian, ICDE 2007, section 4. sdc_closeness_of_matches()."""
    keys = _names(keys, "keys")
    code = word(distance, "distance", {"equal": _abi.SDC_DISTANCE_EQUAL, "ordered": _abi.SDC_DISTANCE_ORDERED,
                                       "hierarchical": _abi.SDC_DISTANCE_HIERARCHICAL})
    if (hierarchy is not None) != (distance == "hierarchical"):
        raise ArgumentError("A hierarchy is for the hierarchical distance, and that one needs it.")
    records = Records(frame, [*keys, sensitive])
    values, levels = records.codes(sensitive), None
    if hierarchy is not None:
        levels = levels_of(hierarchy, records.labels(sensitive))
        # The categories of the hierarchy that no record has count as values that the column can take.
        values = _abi.SdcCodes(values.rows, len(levels.labels[0]), values.codes, None)
    found, largest = doubles(records.rows), c_double()
    call("sdc_closeness_of_matches", records.all_codes(keys), len(keys), missing_of(missing), byref(values), code,
         byref(levels.struct) if levels else None, found, byref(largest))
    return Closeness(Column("distance", "numbers", found), largest.value)


def identifiers(frame: Any, looked_at: int = 2000) -> dict[str, str]:
    """Columns that look like direct identifiers, and as what: "email", "phone", "nir", "siret", "siren", "address"
    where more than half of the first values pass the test of one, "name" by the heading. A suggestion: a column that
    is not named may still identify people.

    src/sdc/identifiers.h says what each test is. sdc_identifier_of_text(), sdc_identifier_of_heading()."""
    records, found = Records(frame), {}
    for name in records.names:
        kind = SDC.sdc_identifier_of_heading(name.encode("utf-8"))
        counts: dict[int, int] = {}
        codes, labels = records.codes(name), None
        labels = [codes.labels[c] for c in range(codes.categories)]
        present = [code for code in codes.codes[:records.rows] if code][:looked_at]
        for code in present:
            one = SDC.sdc_identifier_of_text(labels[code - 1])
            counts[one] = counts.get(one, 0) + 1
        counts.pop(_abi.SDC_IDENTIFIER_NONE, None)
        best = max(counts, key=counts.get, default=_abi.SDC_IDENTIFIER_NONE)
        if counts.get(best, 0) * 2 > len(present):
            kind = best
        if kind != _abi.SDC_IDENTIFIER_NONE:
            found[name] = SDC.sdc_identifier_name(kind).decode("ascii")
    return found
