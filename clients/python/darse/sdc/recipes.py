# SPDX-License-Identifier: Apache-2.0
"""Recipes on data frames: the steps, the measures and the report of `darse sdc run`, by the same code."""
import ctypes
import json
import os
from collections.abc import Mapping
from ctypes import byref, c_char_p, c_void_p
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import _abi
from ._arrow import _capsule, _module, _producer, _struct, to_frame
from ._library import FOLDER, RecipeError, _declare

_LIBRARY = None


def _library():
    """Loaded when it is first wanted: the kernels do without GLib and jansson."""
    global _LIBRARY
    if _LIBRARY is None:
        try:
            _LIBRARY = _declare(ctypes.CDLL(FOLDER / "libdarse-recipes.so"), "protect_arrow_")
        except OSError as failure:
            raise RecipeError(f"Recipes cannot be applied here: {failure}. Install the packages libglib2.0-0 and "
                              "libjansson4.") from failure
    return _LIBRARY


def _text(pointer):
    """A text that the library gave away."""
    if not pointer:
        return None
    made = ctypes.cast(pointer, c_char_p).value.decode("utf-8")
    _library().protect_arrow_free(pointer)
    return made


@dataclass(frozen=True)
class Protected:
    """`frame`, of the kind that was given (a Frame for other kinds than pandas, polars and pyarrow); the `report`:
    risk and utility before and after, and what every step did."""
    frame: Any
    report: dict

    def html(self, language: str = "en") -> str:
        """The report as one page, "en" or "fr"."""
        if language not in ("en", "fr"):
            raise RecipeError(f"The report is in \"en\" or \"fr\"; {language!r} was given.")
        failure = c_void_p()
        page = _text(_library().protect_arrow_html(json.dumps(self.report).encode(), language.encode(),
                                                   byref(failure)))
        if page is None:
            raise RecipeError(_text(failure))
        return page

    def _repr_html_(self) -> str:
        """What a notebook shows."""
        from html import escape
        return (f'<iframe srcdoc="{escape(self.html(), quote=True)}" sandbox style="width: 100%; height: 40rem; '
                'border: 1px solid #8888"></iframe>')


def _recipe_text(recipe):
    if isinstance(recipe, (str, os.PathLike)):
        path = Path(recipe)
        try:
            return path.read_text(encoding="utf-8")
        except OSError as failure:
            raise RecipeError(f"The recipe {path} cannot be read: {failure.strerror}.") from failure
    try:
        return json.dumps(recipe)
    except (TypeError, ValueError) as failure:
        raise RecipeError(f"The recipe is no JSON object: {failure}.") from failure


def check_recipe(recipe: "Mapping | str | os.PathLike") -> None:
    """Raises RecipeError with the place and the reason where RECIPE (a dict, or the path of a file) is none."""
    sentence = _text(_library().protect_arrow_check_recipe(_recipe_text(recipe).encode("utf-8")))
    if sentence is not None:
        raise RecipeError(sentence)


def steps() -> dict[str, str]:
    """What a recipe can do: the name of each step, and a line on it. docs/sdc/recipes.md has their fields."""
    found, name, summary = {}, c_char_p(), c_char_p()
    while _library().protect_arrow_step(len(found), byref(name), byref(summary)):
        found[name.value.decode()] = summary.value.decode()
    return found


def run(recipe: "Mapping | str | os.PathLike", frame: Any, *, key: str | Mapping[str, str] | None = None
        ) -> Protected:
    """Applies RECIPE (a dict, or the path of a file) to all columns of FRAME: what `darse sdc run` does to a file,
    with the same result. `key` is the secret of pseudonyms and record keys (32 bytes or more), or one for each
    domain; read it from a file, and keep it out of the notebook. Records keep no index: a pandas index is left out."""
    given = ({"keys": json.dumps(dict(key)).encode()} if isinstance(key, Mapping)
             else {"key": key.rstrip().encode("utf-8")} if key is not None else {})
    options = _abi.ProtectArrowRun(recipe=_recipe_text(recipe).encode("utf-8"), **given)
    producer = _producer(frame, None)
    if not hasattr(producer, "__arrow_c_stream__"):
        producer = to_frame(producer)
    capsule = producer.__arrow_c_stream__()
    made, report, failure = _abi.ArrowArrayStream(), c_void_p(), c_void_p()
    if not _library().protect_arrow_run(byref(options), byref(_struct(capsule, b"arrow_array_stream")), byref(made),
                                        byref(report), byref(failure)):
        raise RecipeError(_text(failure))
    return Protected(_like(frame, made), json.loads(_text(report)))


class _Stream:
    """What the library gave back, once."""

    def __init__(self, struct):
        self.struct = struct

    def __arrow_c_stream__(self, requested_schema=None):
        return _capsule(self.struct, b"arrow_array_stream")


def _like(frame, stream):
    """The records of STREAM as a frame of the kind of FRAME."""
    made = to_frame(_Stream(stream))
    kind = _module(frame)
    if kind == "pandas":
        return made.to_pandas()
    if kind == "polars":
        return made.to_polars()
    return made.to_pyarrow() if kind == "pyarrow" else made

