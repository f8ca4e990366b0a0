"""The files of a framework's `helpers` folder, which stand in emitted source after its classes."""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterable
from pathlib import Path

HEADS = (ast.Expr, ast.Import, ast.ImportFrom)


@functools.cache
def _read(folder: Path, name: str) -> tuple[str, tuple[ast.stmt, ...]]:
    text = (folder / f"{name}.py").read_text(encoding="utf-8")
    return text, tuple(ast.parse(text).body)


@functools.cache
def helper_lines(folder: Path, name: str) -> tuple[str, ...]:
    """The text of a helper file after its docstring and imports."""
    text, body = _read(folder, name)
    start = max(part.end_lineno or 0 for part in body if isinstance(part, HEADS))
    return tuple("\n".join(text.splitlines()[start:]).strip().splitlines())


@functools.cache
def helper_names(folder: Path, name: str) -> frozenset[str]:
    """The names that the code of a helper file uses; a file that only tells the difference has none."""
    _, body = _read(folder, name)
    code = [part for part in body if not isinstance(part, HEADS)]
    return frozenset(node.id for part in code for node in ast.walk(part) if isinstance(node, ast.Name))


def needed(folder: Path, names: Iterable[str], used: set[str]) -> set[str]:
    """The files among these that define what is used, by classes or by other such files."""
    found: set[str] = set()
    while more := {name for name in names if name not in found and _defined(folder, name) & used}:
        found |= more
        used = used.union(*(helper_names(folder, name) for name in more))
    return found


@functools.cache
def _defined(folder: Path, name: str) -> frozenset[str]:
    _, body = _read(folder, name)
    return frozenset(part.name for part in body if isinstance(part, ast.ClassDef | ast.FunctionDef))
