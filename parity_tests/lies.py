"""Reports of conversions that say something else than what was done, and what `verify` makes of them."""

from __future__ import annotations

import copy
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import diptych
from diptych.common.errors import DiptychError
from diptych.common.registry import spec
from diptych.common.weights import scrambled
from diptych.conversion.report import report_path
from diptych.conversion.verification import Verification
from diptych.files import write

NET = spec("lenet5_modern")
Sound = tuple[Path, dict[str, Any]]
"""A converted file and its report."""


def converted(folder: Path) -> Sound:
    """out.npz from in.pth, run in float32, beside other.pth."""
    write(folder / "in.pth", NET, scrambled(NET), {})
    write(folder / "other.pth", NET, scrambled(NET, seed=5), {})
    diptych.convert(folder / "in.pth", folder / "out.npz", check="float32")
    return folder / "out.npz", json.loads(report_path(folder / "out.npz").read_text("utf-8"))


@contextmanager
def stating(path: Path, data: Any) -> Iterator[None]:
    """The report says something else for a while: data for JSON, a text or bytes."""
    place = report_path(path)
    before = place.read_bytes()
    text = data if isinstance(data, (str, bytes)) else json.dumps(data)
    place.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass"))
    try:
        yield
    finally:
        place.write_bytes(before)


def changed(report: dict[str, Any], field: str, value: Any) -> dict[str, Any]:
    """The report with another value of a field, such as source.path."""
    data = copy.deepcopy(report)
    *before, last = field.split(".")
    place = data
    for key in before:
        place = place[key]
    place[last] = value
    return data


def verdict(path: Path) -> tuple[Verification | None, str]:
    """(what verify found, or None where it refused; all that it says), which took a few seconds at most."""
    start = time.monotonic()
    try:
        found: Verification | None = diptych.verify(path, "float32")
        text = str(found)
    except DiptychError as error:
        found, text = None, str(error)
    assert time.monotonic() - start < 8
    assert text.isprintable() or "\n" in text
    assert all(line.isprintable() and len(line) <= 2000 for line in text.splitlines())
    return found, text
