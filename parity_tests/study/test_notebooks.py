"""The committed notebooks: run in order, small, and free of what belongs to one machine. `nbmake` runs them anew."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

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
