"""The reports of docs/gates.md are those that its code gives, but for the numbers that are measured."""

from __future__ import annotations

import linecache
import re
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

import keras
import pytest

PAGE = (Path(__file__).parents[2] / "docs" / "gates.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(python|text)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
PAIR, *REST = BLOCKS
REPORTS = list(zip(REST[::2], REST[1::2], strict=True))
NUMBER = re.compile(r"(?<![a-z0-9_])-?\d+(\.\d+)?(e[-+]\d+)?|_\d+\b")


def run(code: str, known: dict[str, Any], name: str) -> str:
    """What code prints, whose lines a report can name."""
    linecache.cache[name] = (len(code), None, code.splitlines(True), name)
    printed = StringIO()
    with redirect_stdout(printed):
        exec(compile(code, name, "exec"), known)  # noqa: S102 - the page's own code
    return printed.getvalue()


def plain(report: str) -> str:
    """A report without its numbers, and without those in the names that Keras gives."""
    return NUMBER.sub("#", report).strip()


@pytest.mark.parametrize("place", range(len(REPORTS)))
def test_a_report_of_the_page_is_what_its_code_prints(place: int) -> None:
    (kind, code), (text, report) = REPORTS[place]
    assert (kind, text) == ("python", "text")
    keras.backend.clear_session()
    known: dict[str, Any] = {"__name__": "page"}
    run(PAIR[1], known, "pair.py")
    assert plain(run(code, known, "fault.py")) == plain(report)


def test_the_page_has_five_reports() -> None:
    assert len(REPORTS) == 5
