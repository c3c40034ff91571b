# SPDX-License-Identifier: Apache-2.0
"""Columns in and out by the Arrow PyCapsule interface: anything that has `__arrow_c_stream__` or
`__arrow_c_array__` comes in (pandas, polars, pyarrow, DuckDB, ...), and so do dicts of lists; `Column` and `Frame`
go out the same way. Nothing of these libraries is imported but where a result of their kind is asked for."""
import ctypes
import math
import weakref
from collections.abc import Iterable, Mapping, Sequence
from ctypes import POINTER, byref, c_char_p, c_double, c_uint8, c_uint32, c_void_p, py_object
from typing import Any

from . import _abi
from ._library import ArgumentError, DataError, array_of, call, call_pure, clear, octets, texts, words

# --- capsules ---------------------------------------------------------------------------------------------

_api = ctypes.pythonapi
_api.PyCapsule_New.restype, _api.PyCapsule_New.argtypes = py_object, [c_void_p, c_char_p, c_void_p]
_api.PyCapsule_GetPointer.restype = c_void_p
_api.PyCapsule_GetPointer.argtypes = [py_object, c_char_p]
_get_pointer_of = ctypes.PYFUNCTYPE(c_void_p, c_void_p, c_char_p)(("PyCapsule_GetPointer", _api))

_NAMES = {b"arrow_schema": _abi.ArrowSchema, b"arrow_array": _abi.ArrowArray,
          b"arrow_array_stream": _abi.ArrowArrayStream}
_OUT: dict[int, Any] = {}   # structures that capsules point to, by address


def _release(struct):
    """Calls the structure's own release, unless it was moved out or released."""
    if struct.release:
        ctypes.CFUNCTYPE(None, c_void_p)(struct.release)(ctypes.addressof(struct))


def _destructor(name):
    def destroy(capsule):
        struct = _OUT.pop(_get_pointer_of(capsule, name), None)
        if struct is not None:
            _release(struct)
    made = ctypes.PYFUNCTYPE(None, c_void_p)(destroy)
    _api.Py_IncRef(py_object(made))   # a capsule may die after this module
    return made


_DESTRUCTORS = {name: _destructor(name) for name in _NAMES}


def _capsule(struct, name):
    """STRUCT in a capsule, which releases it where no consumer has moved it out."""
    address = ctypes.addressof(struct)
    _OUT[address] = struct
    return _api.PyCapsule_New(address, name, ctypes.cast(_DESTRUCTORS[name], c_void_p))


def _struct(capsule, name):
    """The structure in a capsule, which must live as long as it."""
    try:
        address = _api.PyCapsule_GetPointer(capsule, name)
    except ValueError:
        raise DataError(f"An object gave no {name.decode()} where the Arrow PyCapsule interface wants one.") from None
    return _NAMES[name].from_address(address)


# --- columns that are given back --------------------------------------------------------------------------

class Column(Sequence):
    """One column of a result: numbers (None where missing), texts of categories, counts or truth values. It is a
    sequence of Python values, an Arrow array, and what numpy takes for one of its own."""

    def __init__(self, name: str, kind: str, values: Any, labels: list[str] | None = None):
        self.name, self.kind = name, kind
        self._values, self._labels = values, labels

    def __len__(self) -> int:
        return len(self._values)

    def _one(self, value):
        if self.kind == "numbers":
            return None if math.isnan(value) else value
        if self.kind == "codes":
            return None if value == 0 else self._labels[value - 1]
        return bool(value) if self.kind == "flags" else value

    def __getitem__(self, index):
        if isinstance(index, slice):
            return [self._one(value) for value in self._values[index]]
        return self._one(self._values[index])

    def __iter__(self):
        return map(self._one, self._values)

    def __repr__(self) -> str:
        shown = ", ".join(repr(value) for value in self[:6])
        return f"<Column {self.name!r}: {len(self)} {self.kind}: {shown}{', ...' if len(self) > 6 else ''}>"

    def __eq__(self, other) -> bool:
        return isinstance(other, (Column, list, tuple)) and list(self) == list(other)

    __hash__ = None

    @property
    def categories(self) -> list[str] | None:
        """The texts that values of the column can have, for a column of codes."""
        return None if self._labels is None else list(self._labels)

    def to_list(self) -> list:
        return list(self)

    def __array__(self, dtype=None, copy=None):
        import numpy
        if self.kind == "codes":
            made = numpy.array(self.to_list(), dtype=object)
        else:
            made = numpy.frombuffer(self._values, dtype=numpy.dtype(self._values._type_)).copy()
            made = made.astype(bool) if self.kind == "flags" else made
        return made if dtype is None else made.astype(dtype)

    def to_numpy(self):
        """A numpy array: float64 (NaN where missing), uint32, bool, or objects."""
        return self.__array__()

    def _struct(self):
        made = _abi.SdcColumn(name=self.name.encode("utf-8"))
        count = len(self)
        if self.kind == "numbers":
            made.kind, made.numbers = _abi.SDC_COLUMN_NUMBERS, _abi.SdcNumbers(count, self._values)
        elif self.kind == "codes":
            made.kind = _abi.SDC_COLUMN_CODES
            made.codes = _abi.SdcCodes(count, len(self._labels), self._values, texts(self._labels))
        elif self.kind == "counts":
            made.kind, made.counts = _abi.SDC_COLUMN_COUNTS, ctypes.cast(self._values, POINTER(c_uint32))
        else:
            made.kind, made.flags = _abi.SDC_COLUMN_FLAGS, ctypes.cast(self._values, POINTER(c_uint8))
        return made

    def __arrow_c_array__(self, requested_schema=None):
        schema, array = _export([self], len(self))
        one_schema, one_array = _abi.ArrowSchema(), _abi.ArrowArray()
        for whole, part in ((schema, one_schema), (array, one_array)):
            child = whole.children[0].contents
            ctypes.memmove(byref(part), byref(child), ctypes.sizeof(part))
            child.release = None
            _release(whole)
        return _capsule(one_schema, b"arrow_schema"), _capsule(one_array, b"arrow_array")

    def take(self, places: Iterable[int]) -> "Column":
        """The values at these places."""
        values = [self._values[place] for place in places]
        return Column(self.name, self.kind, (self._values._type_ * len(values))(*values), self._labels)

    def renamed(self, name: str) -> "Column":
        return Column(name, self.kind, self._values, self._labels)


def _export(columns, rows):
    structs = array_of(_abi.SdcColumn, [column._struct() for column in columns])
    schema, array = _abi.ArrowSchema(), _abi.ArrowArray()
    call("sdc_arrow_export", structs, len(columns), rows, byref(schema), byref(array))
    return schema, array


class Frame:
    """Columns of one length. `pandas.DataFrame.from_arrow`, `polars.DataFrame`, `pyarrow.table` and DuckDB take
    it as it is; `to_pandas()`, `to_polars()` and `to_pyarrow()` call them."""

    def __init__(self, columns: Iterable[Column] = ()):
        self._columns = {column.name: column for column in columns}
        lengths = {len(column) for column in self._columns.values()}
        if len(lengths) > 1:
            raise ArgumentError(f"The columns of a frame have one length; these have {sorted(lengths)}.")
        self.rows = lengths.pop() if lengths else 0

    @staticmethod
    def from_dict(data: Mapping[str, Iterable]) -> "Frame":
        """Lists of numbers, of truth values or of texts, with None where missing."""
        return Frame(_column_of_list(str(name), list(values)) for name, values in data.items())

    @property
    def columns(self) -> list[str]:
        return list(self._columns)

    def __len__(self) -> int:
        return self.rows

    def __getitem__(self, name: str) -> Column:
        if name not in self._columns:
            raise KeyError(f"There is no column {name!r}.")
        return self._columns[name]

    def __iter__(self):
        return iter(self._columns.values())

    def __repr__(self) -> str:
        return f"<Frame of {self.rows} records: {', '.join(self._columns)}>"

    def to_dict(self) -> dict[str, list]:
        return {name: column.to_list() for name, column in self._columns.items()}

    def __arrow_c_array__(self, requested_schema=None):
        schema, array = _export(list(self), self.rows)
        return _capsule(schema, b"arrow_schema"), _capsule(array, b"arrow_array")

    def __arrow_c_schema__(self):
        return self.__arrow_c_array__()[0]

    def __arrow_c_stream__(self, requested_schema=None):
        structs, stream = array_of(_abi.SdcColumn, [column._struct() for column in self]), _abi.ArrowArrayStream()
        call("sdc_arrow_export_stream", structs, len(self._columns), self.rows, byref(stream))
        return _capsule(stream, b"arrow_array_stream")

    def take(self, places: Sequence[int]) -> "Frame":
        """The records at these places."""
        return Frame(column.take(places) for column in self)

    def to_pandas(self):
        import pandas
        return pandas.DataFrame({column.name: _pandas_values(column) for column in self})

    def to_polars(self):
        import polars
        return polars.DataFrame(self)

    def to_pyarrow(self):
        import pyarrow
        return pyarrow.table(self)


def _column_of_list(name, values):
    present = [value for value in values if value is not None]
    if present and all(isinstance(value, str) for value in present):
        labels = list(dict.fromkeys(present))
        place = {label: code for code, label in enumerate(labels, 1)}
        return Column(name, "codes", (c_uint32 * len(values))(*[place.get(value, 0) for value in values]), labels)
    if present and all(isinstance(value, bool) for value in present):
        return Column(name, "codes", (c_uint32 * len(values))(*[0 if value is None else 1 + value for value in values]),
                      ["false", "true"])
    if any(isinstance(value, (str, bytes, bool)) for value in present):
        raise DataError(f"Column {name!r} mixes numbers, texts or truth values.")
    try:
        return Column(name, "numbers", (c_double * len(values))(*[math.nan if value is None else value
                                                                   for value in values]))
    except TypeError:
        raise DataError(f"Column {name!r} holds something that is neither a number nor a text.") from None


def _pandas_values(column):
    import pandas
    if column.kind != "codes":
        return column.to_numpy()
    codes = [code - 1 for code in column._values]
    return pandas.Categorical.from_codes(codes, categories=column._labels)


# --- frames that are given --------------------------------------------------------------------------------

def _module(data):
    return type(data).__module__.partition(".")[0]


def _producer(data, names):
    """DATA as an object of the Arrow PyCapsule interface, with no more columns than wanted where that is cheap."""
    if isinstance(data, Mapping):
        wanted = data if names is None else {name: data[name] for name in names if name in data}
        return Frame.from_dict(wanted)
    if _module(data) == "pandas" and hasattr(data, "columns"):
        data = data.reset_index(drop=True)   # the index is no column
        if names is not None and all(name in data.columns for name in names):
            data = data[list(dict.fromkeys(names))]
    elif _module(data) == "polars" and hasattr(data, "select") and names is not None:
        data = data.select(list(dict.fromkeys(name for name in names if name in data.columns)))
    if not hasattr(data, "__arrow_c_stream__") and not hasattr(data, "__arrow_c_array__"):
        raise ArgumentError(f"A {type(data).__name__} is no data frame: it has no Arrow PyCapsule interface "
                            "(__arrow_c_stream__), and is no dict of lists.")
    return data


class Records:
    """The named columns of a frame in the library's memory; all columns where NAMES is None."""

    def __init__(self, data: Any, names: Iterable[str] | None = None):
        wanted = None if names is None else list(dict.fromkeys(names))
        if wanted is not None and not all(isinstance(name, str) for name in wanted):
            raise ArgumentError(f"Columns are named by texts; {wanted!r} was given.")
        self.struct = _abi.SdcFrame()
        self._read(_producer(data, wanted), wanted)
        weakref.finalize(self, clear, "sdc_frame_clear", self.struct)
        self.rows = self.struct.rows
        self.names = [self.struct.columns[c].name.decode("utf-8") for c in range(self.struct.count)]
        self._places = {name: place for place, name in enumerate(self.names)}

    def _read(self, producer, wanted):
        names, list_of_names = None, None
        if wanted is not None:
            list_of_names = texts(wanted)
            names = byref(_abi.SdcArrowNames(len(wanted), list_of_names))
        if hasattr(producer, "__arrow_c_stream__"):
            capsule = producer.__arrow_c_stream__()
            stream = _struct(capsule, b"arrow_array_stream")
            call("sdc_arrow_import_stream", byref(stream), names, byref(self.struct))
            return
        schema, array = producer.__arrow_c_array__()
        chunks = (POINTER(_abi.ArrowArray) * 1)(ctypes.pointer(_struct(array, b"arrow_array")))
        call("sdc_arrow_import", byref(_struct(schema, b"arrow_schema")), chunks, 1, names, byref(self.struct))

    def _column(self, name):
        return self.struct.columns[self._places[name]]

    def is_number(self, name: str) -> bool:
        return bool(self._column(name).numbers.values)

    def codes(self, name: str) -> Any:
        """An SdcCodes; numbers become a category for each value, in increasing order."""
        call("sdc_frame_make_codes", byref(self.struct), self._places[name])
        return self._column(name).codes

    def numbers(self, name: str) -> Any:
        """An SdcNumbers."""
        if not self.is_number(name):
            raise DataError(f"Column {name!r} holds texts or truth values, and numbers are wanted.")
        return self._column(name).numbers

    def all_codes(self, names):
        return array_of(_abi.SdcCodes, [self.codes(name) for name in names])

    def all_numbers(self, names):
        return array_of(_abi.SdcNumbers, [self.numbers(name) for name in names])

    def labels(self, name: str) -> list[str]:
        codes = self.codes(name)
        return [codes.labels[c].decode("utf-8") for c in range(codes.categories)]

    def coded(self, name: str, codes: Any) -> Column:
        """CODES (of the categories of this column) as a column like it: numbers again where it has numbers."""
        labels = self.labels(name)
        if not self.is_number(name):
            return Column(name, "codes", codes, labels)
        values = [math.nan, *map(float, labels)]   # their texts are read back as the same numbers
        return Column(name, "numbers", (c_double * len(codes))(*[values[code] for code in codes]))


def read_column(data: Any, name: str) -> Records:
    """One column: a Column, an Arrow array, a series, or a list, under NAME."""
    if isinstance(data, (list, tuple)):
        data = Frame.from_dict({name: data})
    elif isinstance(data, Column):
        data = Frame([data.renamed(name)])
    records = Records(data)
    if len(records.names) != 1:
        raise ArgumentError(f"{name} is one column; {len(records.names)} were given.")
    records.names, records._places = [name], {name: 0}
    return records


# --- frames like the one that was given -------------------------------------------------------------------

def rows_of(data: Any) -> int:
    if isinstance(data, Mapping):
        return len(next(iter(data.values()), []))
    return len(data) if hasattr(data, "__len__") else Records(data).rows


def with_columns(data: Any, columns: Sequence[Column]) -> Any:
    """DATA with these columns in the place of those of the same name: of DATA's kind for pandas, polars and
    pyarrow, a Frame otherwise."""
    kind = _module(data)
    if kind == "pandas":
        return data.assign(**{column.name: _pandas_values(column) for column in columns})
    if kind == "polars":
        import polars
        return data.with_columns([polars.Series(column.name, polars.Series(column)) for column in columns])
    if kind == "pyarrow" and hasattr(data, "set_column"):
        import pyarrow
        for column in columns:
            data = data.set_column(data.column_names.index(column.name), column.name, pyarrow.array(column))
        return data
    kept = {column.name: column for column in to_frame(data)}
    kept.update({column.name: column for column in columns})
    return Frame(kept.values())


def to_frame(data: Any) -> Frame:
    """All columns of DATA, copied."""
    records = Records(data)
    columns = []
    for name in records.names:
        column = records._column(name)
        if records.is_number(name):
            columns.append(Column(name, "numbers", _copied(column.numbers.values, records.rows, c_double)))
        else:
            columns.append(Column(name, "codes", _copied(column.codes.codes, records.rows, c_uint32),
                                  records.labels(name)))
    return Frame(columns)


def _copied(pointer, count, kind):
    made = (kind * count)()
    ctypes.memmove(made, pointer, ctypes.sizeof(made))
    return made


def take(data: Any, places: Sequence[int]) -> Any:
    """The records at these places, of DATA's kind."""
    kind = _module(data)
    if kind == "pandas":
        return data.iloc[list(places)]
    if kind == "polars":
        return data[list(places)]
    if kind == "pyarrow" and hasattr(data, "take"):
        return data.take(list(places))
    return to_frame(data).take(places)


__all__ = ["Column", "Frame", "Records", "call_pure", "octets", "words"]
