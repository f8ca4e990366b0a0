"""The committed notebooks: run in order, small, and free of what belongs to one machine.

`make notebooks` runs them anew (run_notebooks.py), and holds what they print to what they have kept.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from notebook_outputs import out_of_date

FOLDER = Path(__file__).parents[2] / "notebooks"
NAMES = (
    "1_one_spec_two_frameworks",
    "2_the_traps",
    "3_your_own_checkpoint",
    "4_ported_by_eye",
    "5_your_own_network",
    "6_search",
    "7_a_detector_that_learns",
)
LARGEST = 150_000
LONGEST = 60
MACHINE = re.compile(r"/(work|tmp|home|root|Users|usr|opt|var)/|ipykernel_\d| at 0x[0-9a-f]{6}")
SHOWS = {"print", "run", "show", "tell", "attempt", "panels", "draw"}

Notebook = dict[str, Any]


def load(name: str) -> Notebook:
    found: Notebook = json.loads((FOLDER / f"{name}.ipynb").read_text(encoding="utf-8"))
    return found


def code_cells(notebook: Notebook) -> list[Notebook]:
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


def shows_something(source: str) -> bool:
    """Whether a statement of the cell itself, not of a function in it, prints or draws."""
    statements = [s for s in ast.parse(source).body if not isinstance(s, (ast.FunctionDef, ast.ClassDef))]
    calls = [node for statement in statements for node in ast.walk(statement) if isinstance(node, ast.Call)]
    return any(ast.unparse(call.func) in SHOWS | {"plt.show"} for call in calls)


def problems(notebook: Notebook) -> Iterator[str]:
    if notebook["metadata"]["kernelspec"]["name"] != "python3":
        yield "the kernel is not python3"
    cells = code_cells(notebook)
    if [cell["execution_count"] for cell in cells] != list(range(1, len(cells) + 1)):
        yield "not all cells were run, in order"
    for number, cell in enumerate(cells, start=1):
        source, outputs = "".join(cell["source"]), cell["outputs"]
        if cell["metadata"]:
            yield f"cell {number} has metadata (times of the last run)"
        if shows_something(source) and not outputs:
            yield f"cell {number} prints, and has no output"
        if len(source.splitlines()) > LONGEST:
            yield f"cell {number} is longer than {LONGEST} lines"
        if any(output["output_type"] == "error" or output.get("name") == "stderr" for output in outputs):
            yield f"cell {number} has an error or a warning in its output"
        shown = [output.get("data", output) for output in outputs]
        text = json.dumps([{kind: value for kind, value in data.items() if kind != "image/png"} for data in shown])
        found = MACHINE.search(source) or MACHINE.search(text)
        if found:
            yield f"cell {number} names a place on one machine: {found.group()}"
        if "plt.show()" in source.splitlines() and not any(data.get("image/png") for data in shown):
            yield f"cell {number} draws, and has no picture"


def test_the_notebooks_are_those_named() -> None:
    assert sorted(path.stem for path in FOLDER.glob("*.ipynb")) == sorted(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_notebook_is_committed_as_it_ran(name: str) -> None:
    assert list(problems(load(name))) == []
    assert len(code_cells(load(name))) >= 6


@pytest.mark.parametrize("name", NAMES)
def test_a_notebook_is_small(name: str) -> None:
    assert (FOLDER / f"{name}.ipynb").stat().st_size < LARGEST


def _stderr(cell: Notebook) -> None:
    cell["outputs"].append({"output_type": "stream", "name": "stderr", "text": ["a warning"]})


def _path(cell: Notebook) -> None:
    cell["outputs"].append({"output_type": "stream", "name": "stdout", "text": ["read /home/me/in.pth"]})


FAULTS: dict[str, tuple[Callable[[Notebook], Any], str]] = {
    "not run": (lambda cell: cell.update(execution_count=None), "not all cells were run"),
    "times": (lambda cell: cell["metadata"].update(execution={}), "has metadata"),
    "cleared": (lambda cell: cell.update(source=["print(1)"], outputs=[]), "has no output"),
    "no picture": (lambda cell: cell.update(source=["plt.show()"]), "has no picture"),
    "warning": (_stderr, "a warning in its output"),
    "path": (_path, "names a place on one machine"),
    "path in the code": (lambda cell: cell.update(source=["x = '/tmp/x'"]), "names a place on one machine"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_in_a_notebook_is_found(fault: str) -> None:
    plant, message = FAULTS[fault]
    notebook = load(NAMES[0])
    plant(code_cells(notebook)[0])
    assert any(message in problem for problem in problems(notebook)), list(problems(notebook))


def _printed(text: str) -> Notebook:
    cell = {"cell_type": "code", "outputs": [{"output_type": "stream", "name": "stdout", "text": [text]}]}
    return {"cells": [{"cell_type": "markdown"}, cell]}


def _otherwise(case: tuple[str, str]) -> list[str]:
    one, other = map(_printed, case)
    return list(out_of_date(one, other, trained=False))


SAME = {
    "rounding": ("apart 3.0e-14, and 0.0e+00", "apart 2.5e-15, and 1.2e-16"),
    "its place": (
        "outputs  same  3e-14 1.5e-14 (tolerance 1.0e-10) at output [1x8], 14 compared",
        "outputs  same  3e-14 2.5e-15 (tolerance 1.0e-10) at fc [2x8], 14 compared",
    ),
    "versions": ("torch.load of torch 2.13.0+cpu", "torch.load of torch 2.14.1"),
    "times": ("in 3.1 s", "in 12 s"),
}
OTHER = {
    "words": ("3 layers", "3 blocks"),
    "a count": ("11,181,642 parameters", "11,181,643 parameters"),
    "a number": ("epsilon 0.001", "epsilon 1e-05"),
    "a difference": ("apart 3.0e-14", "apart 3.0e-04"),
    "a place": ("DIFFERENT 1.3e+00 at conv1, 4 compared", "DIFFERENT 1.3e+00 at conv2, 4 compared"),
    "a line": ("one", "one\ntwo"),
}


@pytest.mark.parametrize("case", SAME)
def test_what_belongs_to_one_run_is_not_out_of_date(case: str) -> None:
    assert _otherwise(SAME[case]) == []


@pytest.mark.parametrize("case", OTHER)
def test_another_output_is_out_of_date(case: str) -> None:
    assert _otherwise(OTHER[case])


def test_what_was_learnt_may_be_otherwise_but_not_gone() -> None:
    books = _printed("72 of 90 shapes found, loss 3.9"), _printed("75 of 90 shapes found, loss 4.0")
    assert list(out_of_date(*books, trained=True)) == []
    assert list(out_of_date(*books, trained=False))
    assert list(out_of_date(books[0], _printed(""), trained=True))


def test_a_picture_that_is_gone_is_out_of_date() -> None:
    drawn = _printed("")
    drawn["cells"][1]["outputs"].append({"output_type": "display_data", "data": {"image/png": "", "text/plain": []}})
    assert list(out_of_date(drawn, _printed(""), trained=False))
    assert list(out_of_date(drawn, drawn, trained=False)) == []


@pytest.mark.parametrize("name", NAMES)
def test_the_outputs_of_a_notebook_are_its_own(name: str) -> None:
    assert list(out_of_date(load(name), load(name), trained=False)) == []
