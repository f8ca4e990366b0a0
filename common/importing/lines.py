"""The line of somebody's code that a step of a model comes from, as text; a report shows it beside the step."""

from __future__ import annotations

import ast
import linecache
import os
import sys
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from types import FrameType
from typing import Any

from ..text import printable

MOST = 160
"""Characters of a line of code, and of its file, at most."""
INSTALLED = ("site-packages", "dist-packages")
DIPTYCH = f"{Path(__file__).parents[2]}{os.sep}"
"""Whose code is nobody's model; what comes before it called diptych."""


def folders(*files: str | Path | None) -> tuple[str, ...]:
    """The folders that files stand in, as the beginnings of the names of what is in them."""
    return tuple(f"{Path(file).parent}{os.sep}" for file in files if file)


def caller(others: Sequence[str], models: Sequence[str] = (), made: Any = None) -> str:
    """The innermost line that is being run outside these folders and diptych; "" where there is none.

    `models` are folders in them that count all the same; what makes the object `made` does not.
    """
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and frame.f_code.co_filename.startswith(DIPTYCH):
        frame = frame.f_back
    while frame is not None and not frame.f_code.co_filename.startswith(DIPTYCH):
        file = frame.f_code.co_filename
        maker = frame.f_code.co_name == "__init__" and frame.f_locals.get("self") is made
        if not maker and (not file.startswith(tuple(others)) or file.startswith(tuple(models))):
            return line_text(file, frame.f_lineno)
        frame = frame.f_back
    return ""


def line_text(file: str, number: int) -> str:
    """A line with its place, and those after it where what begins there goes on; the place alone where no text is."""
    ends = _ends(file)
    lines = [linecache.getline(file, at).strip() for at in range(number, ends.get(number, number) + 1)]
    said = " ".join(lines).replace("( ", "(").replace(" )", ")").replace(",)", ")").strip()
    place = f"{printable(short(file), MOST)}:{number}"
    return f"{place}: {printable(said, MOST)}" if said else place


def short(file: str) -> str:
    """A file as its reader knows it: from the folder of packages, or from here; any other by its name.

    >>> short("/somewhere/site-packages/torchvision/models/vgg.py")
    'torchvision/models/vgg.py'
    """
    path = Path(file)
    for place, part in enumerate(path.parts):
        if part in INSTALLED:
            return str(Path(*path.parts[place + 1 :]))
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else path.name


@lru_cache(maxsize=16)
def _ends(file: str) -> dict[int, int]:
    """Line -> the last line of what begins there: an expression, or a statement that has no others inside."""
    try:
        tree = ast.parse("".join(linecache.getlines(file)))
    except (SyntaxError, ValueError):
        return {}
    found: dict[int, int] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.expr) or (isinstance(node, ast.stmt) and not hasattr(node, "body")):
            found[node.lineno] = max(found.get(node.lineno, 0), node.end_lineno or 0)
    return found
