# SPDX-License-Identifier: Apache-2.0
"""Statistical disclosure control on data frames: libdarse-sdc from Python.

Every function takes a data frame of any kind that speaks Arrow (pandas, polars, pyarrow, DuckDB, ...), or a dict of
lists, and the names of columns. Columns of numbers that are used as categories have a category for each value, in
increasing order; texts are numbered by first appearance, dictionaries (pandas' Categorical) by their own order.
None and NaN are missing. Results are the library's, to the bit: they depend on the data, the parameters and the
seed, not on threads or on the kind of frame. What is refused is an `Error` with a sentence.

Formulas, ties, complexity and references with pages are in the headers of src/sdc, checks in docs/sdc."""
from ._arrow import Column, Frame
from ._library import (ArgumentError, DataError, Error, ImpossibleError, LimitError, OutOfMemory, RecipeError,
                       SolverError, set_threads)
from .hierarchy import Hierarchy
from .protection import (Changed, LatticeResult, Microaggregation, Sample, Suppression, lattice, local_suppression,
                         mdav, noise, pram, rank_swap, recode, round_numbers, sample, shuffle, top_bottom)
from .recipes import Protected, check_recipe, run, steps
from .risk import (Anonymity, Closeness, Diversity, Frequencies, GlobalRisk, Suda, frequencies, global_risk,
                   household_risk, identifiers, individual_risk, k_anonymity, l_diversity, suda2, t_closeness)
from .tables import (Audit, Deviation, Pattern, Primary, Table, audit, cell_key, deviation, packs, primary,
                     round_table, suppress, tabulate)
from .utility import NumbersLoss, TablesLoss, numbers_loss, tables_loss

__all__ = [
    "Anonymity", "ArgumentError", "Audit", "Changed", "Closeness", "Column", "DataError", "Deviation", "Diversity",
    "Error", "Frame", "Frequencies", "GlobalRisk", "Hierarchy", "ImpossibleError", "LatticeResult", "LimitError",
    "Microaggregation", "NumbersLoss", "OutOfMemory", "Pattern", "Primary", "Protected", "RecipeError", "Sample",
    "SolverError", "Suda", "Suppression", "Table", "TablesLoss", "audit", "cell_key", "check_recipe", "deviation",
    "frequencies", "global_risk", "household_risk", "identifiers", "individual_risk", "k_anonymity", "l_diversity",
    "lattice", "local_suppression", "mdav", "noise", "numbers_loss", "packs", "pram", "primary", "rank_swap", "recode",
    "round_numbers", "round_table", "run", "sample", "set_threads", "shuffle", "steps", "suda2", "suppress",
    "t_closeness", "tables_loss", "tabulate", "top_bottom",
]
