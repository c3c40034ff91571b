# SPDX-License-Identifier: Apache-2.0
"""Hierarchies of categories, written as in recipes: rows of a value, its group, the group's group."""
from collections.abc import Iterable, Mapping, Sequence
from ctypes import POINTER, byref, c_uint32, cast

from . import _abi
from ._library import DataError, array_of, call_pure


class Hierarchy:
    """Levels of categories: `Hierarchy([["Lyon", "69", "ARA"], ["Gap", "05", "PACA"]])`, or a dict of value to
    group for a single level. Each category has one parent at each level; another is refused."""

    def __init__(self, rows: "Iterable[Sequence[str]] | Mapping[str, str]"):
        rows = list(rows.items()) if isinstance(rows, Mapping) else [list(row) for row in rows]
        rows = [[_text(value) for value in row] for row in rows]
        if not rows or len({len(row) for row in rows}) != 1 or len(rows[0]) > _abi.SDC_HIERARCHY_LEVELS_MAX:
            raise DataError("A hierarchy has rows of one length, each a value, its group, the group's group, and so "
                            f"on (at most {_abi.SDC_HIERARCHY_LEVELS_MAX} levels).")
        self.levels = len(rows[0])
        # Values of each level by first appearance, and the parent of each.
        self.values = [list(dict.fromkeys(row[level] for row in rows)) for level in range(self.levels)]
        self.parents = [_parents(rows, level) for level in range(self.levels - 1)]

    def depth_of(self, values: Iterable[str]) -> int:
        """At which level a column of these values is: the lowest that has them all."""
        wanted = set(values)
        for level, known in enumerate(self.values):
            if wanted <= set(known):
                return level
        absent = sorted(wanted - set(self.values[0]))
        raise DataError(f"The hierarchy lacks the value {absent[0]!r}.")

    def above(self, labels: Sequence[str]) -> "Levels":
        """From the level of LABELS on, its lowest level in the order of LABELS and then the values that no record
        has: losses count those too."""
        start = self.depth_of(labels)
        lowest = [*labels, *(value for value in self.values[start] if value not in set(labels))]
        return Levels([lowest, *self.values[start + 1:]], self.parents[start:])


def _text(value):
    if not isinstance(value, str):
        raise DataError(f"The values of a hierarchy are texts; {value!r} was given.")
    return value


def _parents(rows, level):
    parents: dict[str, str] = {}
    for row in rows:
        parent = parents.setdefault(row[level], row[level + 1])
        if parent != row[level + 1]:
            raise DataError(f"The hierarchy has {row[level]!r} under both {parent!r} and {row[level + 1]!r}.")
    return parents


class Levels:
    """A hierarchy as the library reads it."""

    def __init__(self, labels: list[list[str]], parents: list[dict[str, str]]):
        self.labels = labels
        self._arrays = []
        for level, parent_of in enumerate(parents):
            place = {value: at for at, value in enumerate(labels[level + 1])}
            self._arrays.append(array_of(c_uint32, [place[parent_of[value]] for value in labels[level]]))
        self._sizes = array_of(c_uint32, map(len, labels))
        pointers = array_of(POINTER(c_uint32), [cast(array, POINTER(c_uint32)) for array in self._arrays])
        self.struct = _abi.SdcHierarchy(len(labels), self._sizes, pointers, None)
        call_pure("sdc_hierarchy_check", byref(self.struct))


def levels_of(hierarchy, labels: Sequence[str]) -> Levels:
    return (hierarchy if isinstance(hierarchy, Hierarchy) else Hierarchy(hierarchy)).above(labels)
