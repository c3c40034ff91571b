# SPDX-License-Identifier: Apache-2.0
"""The page on Python and the notebooks say what is so."""
import ast
import doctest
import inspect
import json
import os
import re

import pytest
from conftest import TREE
from darse import sdc
from darse.sdc import examples

NOTEBOOKS = sorted(examples.FOLDER.glob("*.ipynb"))


def test_the_page_on_python_is_so():
    page = TREE / "docs" / "sdc" / "python.md"
    done = doctest.testfile(str(page), module_relative=False, optionflags=doctest.IGNORE_EXCEPTION_DETAIL)
    assert done.failed == 0 and done.attempted > 30


def test_there_is_a_notebook_for_each_use_file(tmp_path):
    assert [path.stem.split("-")[1] for path in NOTEBOOKS] == ["secure", "scientific", "public"]
    copied = examples.copy(tmp_path / "new")
    assert [path.name for path in copied] == [path.name for path in NOTEBOOKS]
    copied[0].write_text("changed")
    examples.copy(tmp_path / "new")
    assert copied[0].read_text() == "changed"   # what is somebody's is left alone


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebooks_run_from_top_to_bottom(path, tmp_path):
    """Their cells in order, in the folder that they are copied to. (In a bubble a real kernel runs them.)"""
    examples.copy(tmp_path)
    notebook = json.loads(path.read_text(encoding="utf-8"))
    assert notebook["nbformat"] == 4 and all(not cell.get("outputs") for cell in notebook["cells"])
    names, before = {"__name__": "__main__"}, os.getcwd()
    os.chdir(tmp_path)
    try:
        for cell in notebook["cells"]:
            text = "".join(cell["source"])
            if cell["cell_type"] == "code" and "matplotlib" not in text:   # not among the tests' packages
                run_cell(text, names)
    finally:
        os.chdir(before)


def run_cell(text, names):
    body = ast.parse(text)
    last = body.body.pop() if isinstance(body.body[-1], ast.Expr) else None
    exec(compile(body, "cell", "exec"), names)   # pylint: disable=exec-used
    if last is not None:   # what the notebook would show
        shown = eval(compile(ast.Expression(last.value), "cell", "eval"), names)   # pylint: disable=eval-used
        assert shown is None or repr(shown)


def test_every_function_says_what_it_does_and_where_it_comes_from():
    kernels = [name for name in sdc.__all__ if inspect.isfunction(getattr(sdc, name))]
    assert len(kernels) > 30
    for name in kernels:
        function = getattr(sdc, name)
        assert function.__doc__ and len(function.__doc__) > 30, name
        assert inspect.signature(function).return_annotation is not inspect.Signature.empty, name
        for parameter in inspect.signature(function).parameters.values():
            assert parameter.annotation is not inspect.Parameter.empty, f"{name}: {parameter.name}"
    named = set(re.findall(r"\bsdc_[a-z0-9_]+(?=\(\))", "".join(getattr(sdc, name).__doc__ for name in kernels)))
    header = (TREE / "src" / "sdc").glob("*.h")
    declared = set(re.findall(r"\bsdc_[a-z0-9_]+(?=\()", "".join(path.read_text() for path in header)))
    assert len(named) > 25 and named <= declared
