# SPDX-License-Identifier: Apache-2.0
"""What a protected file lost of the original one. Both have the same records in the same order."""
from collections.abc import Sequence
from ctypes import byref
from dataclasses import dataclass
from typing import Any

from . import _abi
from ._arrow import Records
from ._library import ArgumentError, array_of, call, number, words
from .hierarchy import Levels
from .risk import _names


@dataclass(frozen=True)
class NumbersLoss:
    """`il1s` is sdcMicro's sum, `il1s_mean` it over its terms; loss of `correlation`s (0 to 1) and of
    `eigenvalues`, NaN where they cannot be had."""
    terms: int
    il1s: float
    il1s_mean: float
    correlation: float
    eigenvalues: float


def _both(original, protected, columns):
    columns = _names(columns, "columns")
    one, other = Records(original, columns), Records(protected, columns)
    if one.rows != other.rows:
        raise ArgumentError(f"The original has {one.rows} records, the protected frame {other.rows}; records are "
                            "compared one by one.")
    return columns, one, other


def numbers_loss(original: Any, protected: Any, columns: Sequence[str]) -> NumbersLoss:
    """|x - z| / (sqrt(2) s) over records and columns (IL1s); the distance of inverse correlation matrices; the
    relative change of eigenvalues of the covariance matrix.

    Mateo-Sanz, Domingo-Ferrer, Sebe, DMKD 11(2), 2005, section 2; Templ, Kowarik, Meindl, JSS 67(4), 2015, section
    5. sdc_numbers_loss()."""
    columns, one, other = _both(original, protected, columns)
    made = _abi.SdcNumbersLoss()
    call("sdc_numbers_loss", one.all_numbers(columns), other.all_numbers(columns), len(columns), byref(made))
    return NumbersLoss(made.terms, made.il1s, made.il1s_mean, made.correlation, made.eigenvalues)


@dataclass(frozen=True)
class TablesLoss:
    """Over all tables: mean and largest Hellinger distance and total variation."""
    tables: int
    hellinger_mean: float
    hellinger_largest: float
    variation_mean: float
    variation_largest: float


def _alike(one, other, name):
    """The codes of a column in both files, by the labels of both together."""
    first, second = one.labels(name), other.labels(name)
    union = list(dict.fromkeys([*first, *second]))
    if not union:   # everything is missing in both
        return [one.codes(name), other.codes(name)]
    made = []
    for records, labels in ((one, first), (other, second)):
        codes, mapped = records.codes(name), words(records.rows)
        map_up = Levels([labels, union], [{label: label for label in labels}])
        call("sdc_recode", byref(codes), byref(map_up.struct), 1, mapped)
        made.append(_abi.SdcCodes(records.rows, len(union), mapped, None))
    return made


def tables_loss(original: Any, protected: Any, columns: Sequence[str], ways: int = 2) -> TablesLoss:
    """All tables of WAYS of the columns, by the shares of their cells (missing is a category): Hellinger,
    sqrt(1/2 sum (sqrt p - sqrt q)^2), and total variation, 1/2 sum |p - q|. A recoded column is compared after the
    original has been recoded alike.

    Hundepool et al. 2012, section 3.9. sdc_tables_loss()."""
    columns, one, other = _both(original, protected, columns)
    pairs = [_alike(one, other, name) for name in columns]
    made = _abi.SdcTablesLoss()
    call("sdc_tables_loss", array_of(_abi.SdcCodes, [pair[0] for pair in pairs]),
         array_of(_abi.SdcCodes, [pair[1] for pair in pairs]), len(columns), number(ways, "ways", 1, 64), byref(made))
    return TablesLoss(made.tables, made.hellinger_mean, made.hellinger_largest, made.variation_mean,
                      made.variation_largest)
