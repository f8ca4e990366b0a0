"""The report of a conversion as it is read again: held against a schema, since anyone may have written it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..checking.proof import TOLERANCE, Proof
from ..common.errors import FileError
from ..common.head import LONGEST as LONGEST_HEAD
from ..common.schema import (
    Misfit,
    flag,
    nullable,
    number,
    one_of,
    parsed,
    record,
    sequence,
    short,
    table,
    text,
    whole,
)
from ..files.kinds import read_small
from .report import report_path

MOST = 1 << 22
"""Bytes of a report; that of every registered network is below a fifth of it."""
LENGTH = whole(1, 1 << 16)


def _option(value: Any, where: str) -> None:
    """A value that an option of a network may have."""
    kinds = {int: whole(0, 10**6), float: number(-1e6, 1e6), str: text(LONGEST_HEAD), list: sequence(LENGTH, 1, 3)}
    if value is not None and not isinstance(value, bool):
        kinds.get(type(value), one_of(True, False, None))(value, where)


def absolute(value: Any, where: str) -> None:
    """The path of a file, as a report has it: relative to nothing, so that no folder one stands in decides."""
    text(4096, "[^\0]+", "a path of at most 4096 characters")(value, where)
    if not os.path.isabs(value):
        raise Misfit(f"{where} is {short(value)}, expected an absolute path")
    try:
        os.fsencode(value)
    except UnicodeEncodeError:
        raise Misfit(f"{where} is {short(value)}, expected a name that a file can have") from None


SHA256 = text(64, "[0-9a-f]{64}", "64 hexadecimal digits")
NAME = text(200, r"[\w.\-]+", "a name of letters, digits and full stops")
SIDE = record(
    {
        "path": absolute,
        "format": NAME,
        "sha256": SHA256,
        "names": NAME,
        "network": NAME,
        "options": table(text(40, r"[a-z]\w*", "the name of an option"), _option, 20),
    },
    {"prefix": text(1000)},
)
PROOF = record(
    {
        "source": NAME,
        "result": NAME,
        "precision": one_of(*TOLERANCE),
        "difference": number(0, 1e300),
        "tolerance": number(0, 1),
        "size": sequence(LENGTH, 2, 2),
        "outputs": whole(1, 1000),
        "seconds": number(0, 1e9),
        "rounding": nullable(number(0, 1e300)),
    }
)
VERSIONS, READERS = table(NAME, text(100), 40), table(one_of("source", "result"), text(300), 2)
WORDS = sequence(text(8000), 0, 1000)
WORK = {
    "versions": VERSIONS,
    "matched": whole(1, 10**6),
    "bitwise": flag,
    "readers": READERS,
    "seconds": number(0, 1e9),
    "notes": WORDS,
    "not_compared": WORDS,
    "mapping": sequence(sequence(text(1000), 3, 3), 1, 10**5),
}
"""What every report says of the work, whatever was converted."""
REPORT = record({"source": SIDE, "result": SIDE, "proof": nullable(PROOF), **WORK})


@dataclass(frozen=True)
class Stated:
    """What a report says of one side."""

    path: Path
    format: str
    sha256: str
    names: str
    network: str
    options: dict[str, Any]
    prefix: str = ""


@dataclass(frozen=True)
class StatedReport:
    """What a report says, of the right types and within bounds, and no more believed than that."""

    source: Stated
    result: Stated
    versions: dict[str, str]
    matched: int
    bitwise: bool
    proof: Proof | None
    readers: dict[str, str]
    not_compared: tuple[str, ...]
    mapping: list[list[str]]


def read_report(path: Path) -> StatedReport:
    """The report beside a converted file; raises FileError where there is none, or one that says something else."""
    return stated(report_data(path), report_path(path))


def report_data(path: Path) -> Any:
    """The report beside a converted file as it stands; raises FileError where there is none, or no JSON in it."""
    place = report_path(path)
    if not os.path.lexists(place):
        raise FileError(f"{path} has no {place.name} beside it, which says what to hold it against")
    try:
        return parsed(read_small(place, MOST, "a report of a conversion"))
    except Misfit as error:
        raise FileError(f"{place} is no report of a conversion: {error}; convert anew") from None


def stated(data: Any, place: Path) -> StatedReport:
    """What a report says; raises FileError for one that says something else."""
    try:
        REPORT(data, "")
    except Misfit as error:
        raise FileError(f"{place} is no report of a conversion: {error}; convert anew") from None
    proof = data["proof"] and Proof(**{**data["proof"], "size": tuple(data["proof"]["size"])})
    kept = {key: data[key] for key in ("versions", "matched", "bitwise", "readers", "mapping")}
    return StatedReport(
        _stated(data["source"]), _stated(data["result"]), proof=proof, not_compared=tuple(data["not_compared"]), **kept
    )


def _stated(side: dict[str, Any]) -> Stated:
    options = {key: tuple(value) if isinstance(value, list) else value for key, value in side["options"].items()}
    return Stated(**{**side, "path": Path(side["path"]), "options": options})
