"""The shape of the house: no long file, short functions, and no circle of imports but one that is known."""

from __future__ import annotations

import ast
import statistics
from collections.abc import Iterator
from pathlib import Path

from benchmarks.house import rooms, sources, total

ROOT = Path(__file__).parents[2]
LONGEST_FILE, MEDIAN_FUNCTION = 300, 8
CIRCLES = [
    {"calls", "onnx_graph", "ops", "ops._broadcast", "ops.add", "ops.multiply", "serial", "spec", "trace", "tracer"}
    | {"validation.decode", "validation.interface", "validation.retrace", "values"},
]
"""`x + y` of two values is an op, which is traced; and a Net that is read from JSON is traced again."""


def name_of(path: Path) -> str:
    inside = path.relative_to(ROOT).with_suffix("").parts
    package = inside if inside[0] == "diptych" else ("diptych", *inside)
    return ".".join(package[:-1] if package[-1] == "__init__" else package)


def imported(path: Path, modules: set[str], whole: bool) -> Iterator[str]:
    """The modules that a file imports, `whole` with what its functions import when they are called."""
    here = name_of(path).split(".") + (["__init__"] if path.name == "__init__.py" else [])
    for node in statements(ast.parse(path.read_text(encoding="utf-8")), whole):
        base = ".".join([*here[: len(here) - node.level], *([node.module] if node.module else [])])
        for alias in node.names:
            yield f"{base}.{alias.name}" if f"{base}.{alias.name}" in modules else base


def statements(tree: ast.AST, whole: bool) -> Iterator[ast.ImportFrom]:
    for node in ast.iter_child_nodes(tree):
        for_types = isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        if for_types or (isinstance(node, ast.FunctionDef) and not whole):
            continue
        if isinstance(node, ast.ImportFrom) and node.level:
            yield node
        yield from statements(node, whole)


def circles(whole: bool) -> list[set[str]]:
    """Groups of modules of which each imports, by some way, each other."""
    paths = {
        name_of(p): p
        for p in sources(ROOT)
        if p.relative_to(ROOT).parts[0] not in ("parity_tests", "benchmarks", "demo")
    }
    graph = {
        name: {i for i in imported(path, set(paths), whole) if i in paths} - {name} for name, path in paths.items()
    }
    reached = {name: reach(graph, name) for name in graph}
    groups = {
        frozenset(other for other in reached[name] if name in reached[other]) for name in graph if name in reached[name]
    }
    return sorted(({name.removeprefix("diptych.common.") for name in group} for group in groups), key=min)


def reach(graph: dict[str, set[str]], start: str) -> set[str]:
    found, waiting = set[str](), [start]
    while waiting:
        new = graph[waiting.pop()] - found
        found |= new
        waiting += new
    return found


def test_no_file_is_longer_than_it_may_be() -> None:
    lengths = {
        str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines()) for path in sources(ROOT)
    }
    assert len(lengths) > 500
    assert not {name: length for name, length in lengths.items() if length > LONGEST_FILE}


def test_half_of_all_functions_are_short() -> None:
    assert statistics.median(total(rooms(ROOT)).functions) <= MEDIAN_FUNCTION


def test_no_circle_of_imports_when_modules_are_loaded() -> None:
    assert circles(whole=False) == []


def test_no_circle_of_imports_but_the_one_that_is_known() -> None:
    assert circles(whole=True) == CIRCLES
