# SPDX-License-Identifier: Apache-2.0
"""Frames of every kind come in as what they hold, results go out as frames, and what cannot be read is refused with
a sentence."""
import datetime
import decimal
import gc
import math
import subprocess
import sys

import duckdb
import numpy
import pandas
import polars
import pyarrow
import pytest
from darse import sdc

KINDS = {
    "dict": lambda data: data,
    "Frame": sdc.Frame.from_dict,
    "pandas": pandas.DataFrame,
    "pandas categories": lambda data: pandas.DataFrame(data).astype({"sex": "category", "city": "category"}),
    "duckdb": lambda data: duckdb.from_arrow(pyarrow.table(data)),
    "polars": polars.DataFrame,
    "polars categories": lambda data: polars.DataFrame(data).with_columns(polars.col("city").cast(polars.Categorical)),
    "pyarrow": pyarrow.table,
    "pyarrow batch": lambda data: pyarrow.table(data).to_batches()[0],
    "pyarrow chunks": lambda data: pyarrow.concat_tables(
        [pyarrow.table(data).slice(0, 77), pyarrow.table(data).slice(77)]),
    "pyarrow dictionary": lambda data: pyarrow.table(data).set_column(
        2, "city", pyarrow.chunked_array([pyarrow.array(data["city"]).dictionary_encode().slice(0)])),
    "pyarrow large": lambda data: pyarrow.table(data).cast(pyarrow.schema(
        [(name, pyarrow.large_string() if name in ("sex", "city", "house") else pyarrow.float64()) for name in data])),
    "pyarrow views": lambda data: pyarrow.table(data).set_column(
        2, "city", pyarrow.array(data["city"], pyarrow.string_view())),
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_frame_gives_the_same(kind, people):
    keys, frame = ["sex", "age", "city"], KINDS[kind](people)
    want = sdc.frequencies(people, keys, missing="wildcard", weight="w")
    found = sdc.frequencies(frame, keys, missing="wildcard", weight="w")
    assert found.sample == want.sample and found.population == want.population and found.keys == want.keys
    assert sdc.suda2(frame, keys, missing="category").scores == sdc.suda2(people, keys, missing="category").scores


@pytest.mark.parametrize("kind", ["pandas", "polars", "pyarrow"])
def test_a_protected_frame_is_of_the_kind_that_was_given(kind, people):
    frame = KINDS[kind](people)
    made = sdc.local_suppression(frame, ["sex", "age", "city"], 5).frame
    assert type(made) is type(frame)
    want = sdc.local_suppression(people, ["sex", "age", "city"], 5).frame
    assert sdc.Frame.from_dict(want.to_dict()).to_dict() == values_of(made)
    assert list(people) == (list(made.columns) if kind != "pyarrow" else made.column_names)


def values_of(frame):
    if isinstance(frame, pandas.DataFrame):
        columns = {name: frame[name].astype(object) for name in frame.columns}
        return {name: [None if pandas.isna(value) else value for value in column] for name, column in columns.items()}
    return frame.to_dict(as_series=False) if isinstance(frame, polars.DataFrame) else frame.to_pydict()


def test_a_pandas_index_is_no_column_and_is_kept(people):
    frame = pandas.DataFrame(people)
    frame = frame[frame.income > 1500]
    made = sdc.round_numbers(frame, "income", 100)
    assert list(made.index) == list(frame.index)
    assert (made.income % 100 == 0).all()
    assert list(made.city) == list(frame.city)


def test_numbers_of_every_type():
    for dtype in ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float32", "float64"):
        frame = pandas.DataFrame({"x": numpy.array([3, 1, 120, 3], dtype=dtype)})
        assert sdc.frequencies(frame, ["x"], missing="category").sample == [2, 1, 1, 2]
        assert list(sdc.round_numbers(frame, "x", 2).x) == [4, 2, 120, 4]
    table = pyarrow.table({"b": [True, None, False, True]})
    assert sdc.frequencies(table, ["b"], missing="wildcard").sample == [3, 4, 2, 3]


@pytest.mark.parametrize("column, sentence", [
    (pyarrow.array([decimal.Decimal("1.20")]), 'Column 1 ("x") holds decimal numbers (Arrow\'s d:3,2)'),
    (pyarrow.array([datetime.date(2026, 1, 1)]), "holds dates"),
    (pyarrow.array([datetime.datetime(2026, 1, 1)]), "holds timestamps"),
    (pyarrow.array([[1, 2]]), "holds values of several parts"),
    (pyarrow.array([b"a"]), "holds bytes"),
    (pyarrow.array([2**53 + 1]), "9007199254740993 in record 1, beyond 2^53"),
    (pyarrow.array([math.inf]), "is infinite in record 1"),
    (pyarrow.array(["a\0b"]), "is not UTF-8, or has a NUL"),
])
def test_what_cannot_be_read_is_refused_with_a_reason(column, sentence):
    table = pyarrow.table({"x": column, "y": ["a"]})
    with pytest.raises(sdc.DataError) as refusal:
        sdc.frequencies(table, ["x"], missing="category")
    assert sentence in str(refusal.value)
    assert sdc.frequencies(table, ["y"], missing="category").sample == [1]   # what is not used does not matter


@pytest.mark.parametrize("call, error, sentence", [
    (lambda d: sdc.frequencies(d, ["sexe"], missing="category"), sdc.ArgumentError, 'no column named "sexe"'),
    (lambda d: sdc.frequencies(d, ["sex"], missing="both"), sdc.ArgumentError, "missing is one of wildcard, category"),
    (lambda d: sdc.frequencies(d, "sex", missing="category"), sdc.ArgumentError, "keys is a list of columns"),
    (lambda d: sdc.frequencies(d, ["sex"], missing="category", weight="city"), sdc.DataError, "numbers are wanted"),
    (lambda d: sdc.frequencies(3, ["sex"], missing="category"), sdc.ArgumentError, "A int is no data frame"),
    (lambda d: sdc.local_suppression(d, ["sex"], 301), sdc.ImpossibleError, "301"),
    (lambda d: sdc.local_suppression(d, ["sex"], 2.5), sdc.ArgumentError, "k is a whole number; 2.5 was given"),
    (lambda d: sdc.local_suppression(d, ["sex"], -1), sdc.ArgumentError, "k is 0 to 4294967295; -1 was given"),
    (lambda d: sdc.shuffle(d, seed=2**64), sdc.ArgumentError, "seed is 0 to"),
    (lambda d: sdc.mdav(d, ["age"], 3), sdc.DataError, ""),
    (lambda d: sdc.recode(d, "city", [["Lyon", "69"]], 1), sdc.DataError, "lacks the value"),
    (lambda d: sdc.Hierarchy([["a", "x"], ["a", "y"]]), sdc.DataError, "under both"),
    (lambda d: sdc.t_closeness(d, ["sex"], "city", distance="hierarchical"), sdc.ArgumentError, "hierarchy"),
    (lambda d: sdc.tabulate(d, ["sex"]), sdc.DataError, ""),
    (lambda d: sdc.noise(d, ["income"], "ten", seed=1), sdc.ArgumentError, "percent is a number"),
    (lambda d: sdc.run({"darse_recipe": 2}, d), sdc.RecipeError, "darse_recipe"),
    (lambda d: sdc.run("/nowhere.json", d), sdc.RecipeError, "cannot be read"),
    (lambda d: sdc.frequencies({"x": [1, "a"]}, ["x"], missing="category"), sdc.DataError, "mixes"),
])
def test_refusals_are_exceptions_with_the_sentence(call, error, sentence, people):
    with pytest.raises(error) as refusal:
        call(people)
    assert isinstance(refusal.value, sdc.Error)
    assert sentence in str(refusal.value) and len(str(refusal.value)) > 10


def test_empty_frames_and_missing_columns():
    empty = sdc.frequencies({"x": []}, ["x"], missing="category")
    assert empty.rows == 0 and list(empty.sample) == []
    nothing = sdc.frequencies({"x": [None, None]}, ["x"], missing="category")
    assert nothing.sample == [2, 2]
    assert sdc.tables_loss({"x": [None]}, {"x": [None]}, ["x"], 1).variation_mean == 0


def test_columns_go_out_to_every_library(people):
    column = sdc.frequencies(people, ["sex", "city"], missing="category").sample
    want = list(column)
    assert list(numpy.asarray(column)) == want and column.to_numpy().dtype == numpy.uint32
    assert pyarrow.array(column).to_pylist() == want
    assert polars.Series(column).to_list() == want
    frame = pandas.DataFrame(people)
    frame["f"] = column
    assert list(frame.f) == want
    texts = sdc.Frame.from_dict(people)["city"]
    assert pyarrow.array(texts).to_pylist() == people["city"] and texts[3:5] == people["city"][3:5]
    assert list(texts.to_numpy()) == people["city"] and texts.categories == list(dict.fromkeys(people["city"]))


def test_frames_go_out_to_every_library(people):
    frame = sdc.Frame.from_dict(people)
    assert frame.to_pyarrow().to_pydict() == people
    assert pyarrow.record_batch(frame).num_rows == 300
    assert frame.to_polars().to_dict(as_series=False) == people
    assert values_of(frame.to_pandas()) == people
    assert duckdb.sql("select sum(w) from frame").fetchone() == (sum(people["w"]),)
    assert frame.take([5, 2])["city"] == [people["city"][5], people["city"][2]]
    assert sdc.frequencies(frame.to_polars(), ["sex"], missing="category").keys == 3


def test_capsules_nobody_reads_are_released(people):
    from darse.sdc import _arrow
    frame = sdc.Frame.from_dict(people)
    gc.collect()
    before = set(_arrow._OUT)   # what other tests' libraries still hold
    for _ in range(200):
        capsules = frame.__arrow_c_array__(), frame["city"].__arrow_c_array__(), frame.__arrow_c_stream__()
        del capsules
    gc.collect()
    assert set(_arrow._OUT) <= before
    with pytest.raises(sdc.DataError, match="no arrow_array_stream"):
        sdc.frequencies(WrongCapsule(), ["x"], missing="category")


class WrongCapsule:
    def __arrow_c_stream__(self, requested_schema=None):
        return sdc.Frame.from_dict({"x": [1]}).__arrow_c_schema__()


def test_results_do_not_depend_on_threads(people):
    wide = {name: values * 40 for name, values in people.items()}
    made = []
    try:
        for count in (1, 2, 5):
            sdc.set_threads(count)
            made.append((list(sdc.frequencies(wide, ["sex", "age", "city"], missing="wildcard", weight="w").population),
                         list(sdc.mdav(wide, ["income", "wealth"], 3).group)))
    finally:
        sdc.set_threads(0)
    assert made[0] == made[1] == made[2]


def test_a_call_can_be_interrupted_and_a_fork_computes_on(people):
    code = """
import os, signal, sys, threading, random
from darse import sdc
draw = random.Random(1)
frame = {f"k{v}": [draw.randrange(40) for _ in range(60000)] for v in range(8)}
sdc.frequencies(frame, ["k0"], missing="category")
child = os.fork()
if child == 0:
    os._exit(0 if sdc.frequencies(frame, ["k0"], missing="category").keys == 40 else 1)
assert os.waitpid(child, 0)[1] == 0
threading.Timer(1, os.kill, (os.getpid(), signal.SIGINT)).start()
try:
    for _ in range(1000):
        sdc.local_suppression(frame, [f"k{v}" for v in range(8)], 5)
    sys.exit(2)
except KeyboardInterrupt:
    sys.exit(0)
"""
    from conftest import INSTALLED
    done = subprocess.run([sys.executable, "-c", code], env={"PYTHONPATH": INSTALLED}, capture_output=True, text=True,
                          timeout=60, check=False)
    assert done.returncode == 0, done.stderr


def test_importing_needs_nothing_but_python():
    code = ("import sys; from darse import sdc; sdc.frequencies({'x': [1]}, ['x'], missing='category'); "
            "assert not {'numpy', 'pandas', 'polars', 'pyarrow'} & set(sys.modules)")
    from conftest import INSTALLED
    subprocess.run([sys.executable, "-c", code], env={"PYTHONPATH": INSTALLED}, check=True)
