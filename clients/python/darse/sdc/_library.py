# SPDX-License-Identifier: Apache-2.0
"""The shared libraries: found beside this file, declared from the generated module, called with the context that
they want (threads, solver, a way to be interrupted); failures become exceptions with the library's sentence."""
import ctypes
import os
import threading
from ctypes import POINTER, byref, c_char_p
from pathlib import Path

from . import _abi

FOLDER = Path(__file__).resolve().parent / "lib"


class Error(Exception):
    """What the library refuses, or could not do; `str()` is its sentence."""


class ArgumentError(Error, ValueError):
    """A parameter is outside its domain."""


class DataError(Error, ValueError):
    """The data are not what the function is defined on; the sentence says where."""


class LimitError(Error, OverflowError):
    """More than a stated limit."""


class OutOfMemory(Error, MemoryError):
    """Memory could not be had."""


class SolverError(Error, RuntimeError):
    """The solver failed, or is not installed."""


class ImpossibleError(Error, RuntimeError):
    """Well posed, and there is no solution."""


class RecipeError(Error, ValueError):
    """A recipe that is none, or cannot be applied to these records."""


for _class in (Error, ArgumentError, DataError, LimitError, OutOfMemory, SolverError, ImpossibleError, RecipeError):
    _class.__module__ = "darse.sdc"   # where people find them

_EXCEPTIONS = {
    _abi.SDC_ERROR_RULES: ArgumentError,
    _abi.SDC_ERROR_TABLE: DataError,
    _abi.SDC_ERROR_ARGUMENT: ArgumentError,
    _abi.SDC_ERROR_DATA: DataError,
    _abi.SDC_ERROR_MEMORY: OutOfMemory,
    _abi.SDC_ERROR_LIMIT: LimitError,
    _abi.SDC_ERROR_SOLVER: SolverError,
    _abi.SDC_ERROR_IMPOSSIBLE: ImpossibleError,
}


def _declare(library, prefix):
    for name, (result, takes) in _abi.FUNCTIONS.items():
        if name.startswith(prefix):
            function = getattr(library, name)
            function.restype, function.argtypes = result, takes
    return library


def _load():
    library = _declare(ctypes.CDLL(FOLDER / "libdarse-sdc.so"), "sdc_")
    if library.sdc_abi() != _abi.SDC_ABI:
        raise ImportError(f"libdarse-sdc.so has the ABI {library.sdc_abi()}, this package is for {_abi.SDC_ABI}")
    return library, _declare(ctypes.CDLL(FOLDER / "libdarse-sdchost.so"), "sdchost_")


SDC, HOST = _load()


# --- what the caller gives --------------------------------------------------------------------------------

class _Host:
    """Threads and solver of this process, opened when they are first wanted. Threads do not survive a fork."""

    def __init__(self):
        self.lock = threading.Lock()
        self.count = 0   # as many as the process may run on
        self.pool = self.solver = None
        os.register_at_fork(after_in_child=self._forget)

    def _forget(self):
        self.lock = threading.Lock()
        self.pool = self.solver = None

    def threads(self):
        with self.lock:
            if self.pool is None:
                error = _abi.SdcError()
                self.pool = HOST.sdchost_pool_new(self.count, byref(error))
                if not self.pool:
                    raise_error(error)
            return HOST.sdchost_pool_threads(self.pool)

    def solver_table(self):
        with self.lock:
            if self.solver is None:
                error = _abi.SdcError()
                opened = HOST.sdchost_solver_open(byref(error))
                if not opened:
                    raise_error(error)
                self.solver = opened
            return HOST.sdchost_solver_table(self.solver)

    def set_threads(self, count):
        with self.lock:
            if self.pool is not None:
                HOST.sdchost_pool_free(self.pool)
            self.pool, self.count = None, count


_HOST = _Host()


def set_threads(count: int) -> None:
    """How many threads the functions of this module may use: 0 (the default) is as many as the process may run
    on. Results do not depend on it. Not to be called while another thread computes."""
    if not 0 <= count <= _abi.SDCHOST_THREADS_MAX:
        raise ArgumentError(f"The number of threads is 0 to {_abi.SDCHOST_THREADS_MAX}; {count} was given.")
    _HOST.set_threads(count)


_REPORT = ctypes.CFUNCTYPE(ctypes.c_bool, ctypes.c_void_p, ctypes.c_double, c_char_p)


class Context:
    """An SdcContext for one call. `interrupted` tells that Ctrl-C stopped it."""

    def __init__(self, solver=False):
        self.interrupted = False
        self._report = _REPORT(self._on_report)
        self._progress = _abi.SdcProgress(ctypes.cast(self._report, ctypes.c_void_p), None)
        self.struct = _abi.SdcContext(threads=_HOST.threads(), progress=ctypes.pointer(self._progress))
        if solver:
            self.struct.solver = _HOST.solver_table()

    def _on_report(self, user, done, step):
        del user, done, step
        try:
            return not self.interrupted   # Python looks for signals here
        except KeyboardInterrupt:
            self.interrupted = True
            return False


# --- calls ------------------------------------------------------------------------------------------------

def raise_error(error, context=None):
    if context is not None and (context.interrupted or error.code == _abi.SDC_ERROR_CANCELLED):
        raise KeyboardInterrupt
    raise _EXCEPTIONS.get(error.code, Error)(error.sentence.decode("utf-8", "replace"))


def call(name, *arguments, solver=False):
    """A function that takes a context first and an error last."""
    context, error = Context(solver), _abi.SdcError()
    if not getattr(SDC, name)(byref(context.struct), *arguments, byref(error)):
        raise_error(error, context)


def call_pure(name, *arguments):
    """A function that takes no context."""
    error = _abi.SdcError()
    if not getattr(SDC, name)(*arguments, byref(error)):
        raise_error(error)


def clear(name, struct):
    """Gives back what a function allocated. Memory is always malloc's here, so that no context is wanted."""
    getattr(SDC, name)(None, byref(struct))


def doubles(count):
    return (ctypes.c_double * count)()


def words(count):
    return (ctypes.c_uint32 * count)()


def octets(count):
    return (ctypes.c_uint8 * count)()


def copy_array(pointer, count, kind):
    """COUNT values from POINTER as an array that Python owns."""
    made = (kind * count)()
    ctypes.memmove(made, pointer, ctypes.sizeof(made))
    return made


def array_of(kind, values):
    values = list(values)
    return (kind * max(len(values), 1))(*values)


def texts(values):
    """An array of C texts; keeps the bytes alive."""
    return array_of(c_char_p, [value.encode("utf-8") for value in values])


def number(value, name, low=None, high=None):
    """VALUE as a whole number that C's type holds: ctypes itself would cut it off without a word."""
    if isinstance(value, bool) or not hasattr(value, "__index__"):
        raise ArgumentError(f"{name} is a whole number; {value!r} was given.")
    value = value.__index__()
    if (low is not None and value < low) or (high is not None and value > high):
        raise ArgumentError(f"{name} is {low} to {high}; {value} was given.")
    return value


def real(value, name):
    if isinstance(value, (str, bytes, bool)):
        raise ArgumentError(f"{name} is a number; {value!r} was given.")
    try:
        return float(value)
    except (TypeError, ValueError):
        raise ArgumentError(f"{name} is a number; {value!r} was given.") from None


def word(value, name, choices):
    """The code of a word of CHOICES."""
    if value not in choices:
        raise ArgumentError(f"{name} is one of {', '.join(choices)}; {value!r} was given.")
    return choices[value]


SEED_MAX = 2**64 - 1
MISSING = {"wildcard": _abi.SDC_MISSING_WILDCARD, "category": _abi.SDC_MISSING_CATEGORY}


def missing_of(value):
    return word(value, "missing", MISSING)


__all__ = ["Error", "ArgumentError", "DataError", "LimitError", "OutOfMemory", "SolverError", "ImpossibleError",
           "RecipeError", "set_threads", "POINTER"]
