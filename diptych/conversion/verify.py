"""Repeat the proof of a conversion from its result, its report and its source; what the report says is not believed."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ..checking.proof import Precision, Proof, Side, prove
from ..common.errors import DiptychError, FileError, NotInstalled
from ..common.spec import Array
from ..common.text import printable
from ..common.weights import checked
from ..files import read, source_format
from ..files.again.compare import compare
from ..files.checkpoint import Checkpoint
from ..files.kinds import check_regular
from . import audit
from .forms import target, widened
from .identify import Identified, identified
from .not_compared import not_compared
from .report import digest
from .report_schema import StatedReport, read_report

VERIFIED, FALSE = "verified", "NOT verified"
NO_SOURCE, RESULT_ONLY = "result intact, source not compared", "result intact, source left out as asked"


@dataclass(frozen=True)
class Verification:
    """What was found: `status` in words, and line by line what was compared or why it does not hold.

    `passed` is True where source and result were both read and compared, or the result alone as was asked. `proof` is
    what was measured now.
    """

    path: Path
    network: str
    passed: bool
    said: tuple[str, ...]
    proof: Proof | None = None
    status: str = FALSE

    def __str__(self) -> str:
        lines = [f"{self.path}: {self.network}: {self.status}", *(f"  {line}" for line in self.said)]
        return "\n".join(map(printable, lines))

    @property
    def unknown(self) -> bool:
        """Whether nothing speaks against the file, and its source could not be compared."""
        return self.status == NO_SOURCE


def verify(path: str | Path, check: Precision = "float64", result_only: bool = False) -> Verification:
    """Hold a converted file against its report, its own record, and its source: bytes, weights, outputs.

    Where the source is gone or changed the status says so; with `result_only` the file is held against its report and
    run in both frameworks, and nothing is said of a source. Raises FileError where there is no report, or one that
    cannot be read.
    """
    path = Path(path)
    said = read_report(path)
    lines = [_bytes(path, said)]
    if lines[0].startswith("its SHA-256 is"):
        return _false(path, said, *lines, "the file was changed after the conversion; convert it anew")
    checkpoint = read(path)
    if wrong := audit.in_file(said, checkpoint, path):
        return _false(path, said, *lines, *wrong)
    try:
        mine = identified(checkpoint, said.result.network, said.result.options)
        again = [f"the file read again, the same bits: {compare(checkpoint, path)}"]
        after = checked(mine.net, mine.checkpoint.named(mine.net), str(path))
        if wrong := audit.of_result(said, mine):
            return _false(path, said, *lines, *wrong)
        if result_only:
            proof = prove(Side(mine.net, "torch", after), Side(mine.net, "tf", after), check)
            return Verification(path, said.result.network, True, (*lines, *again, str(proof)), proof, RESULT_ONLY)
        source = _source(said)
        if isinstance(source, str):
            advice = "--result-only (in Python, result_only=True) runs the file alone"
            return Verification(path, said.result.network, False, (*lines, source, advice), None, NO_SOURCE)
        again.append(f"its source read again, the same bits: {compare(source, said.source.path)}")
        return _against_source(path, said, mine, after, source, check, [*lines, *again])
    except NotInstalled:
        raise
    except DiptychError as error:
        return _false(path, said, *lines, str(error))


def _false(path: Path, said: StatedReport, *lines: str) -> Verification:
    return Verification(path, said.result.network, False, lines)


def _bytes(path: Path, said: StatedReport) -> str:
    """Whether the file is the one that was written, in words; raises FileError for what is no regular file."""
    found = ""
    if os.path.lexists(path):
        check_regular(path)
        source_format(path)
        found = digest(path)
    if found != said.result.sha256:
        return f"its SHA-256 is {found[:16] or 'that of no file'}..., the report says {said.result.sha256[:16]}..."
    return f"the file is the one that was written (SHA-256 {found[:16]}...)"


def _source(said: StatedReport) -> Checkpoint | str:
    """The source, or why it cannot be compared: it is gone, changed, or no longer read."""
    origin = said.source.path
    try:
        if os.path.lexists(origin) and not origin.is_dir():
            check_regular(origin)
        source_format(origin)
        if digest(origin) != said.source.sha256:
            return f"its source {origin} has changed since the conversion"
        return read(origin)
    except FileError as error:
        return f"its source cannot be compared: {error}"


def _against_source(
    path: Path,
    said: StatedReport,
    mine: Identified,
    after: Mapping[str, Array],
    source: Checkpoint,
    check: Precision,
    lines: list[str],
) -> Verification:
    """The result held against its source; raises DiptychError where they are different functions."""
    origin = said.source.path
    theirs = identified(source, said.source.network, said.source.options)
    before, _ = widened(checked(theirs.net, theirs.checkpoint.named(theirs.net), str(origin)), source_format(path))
    net, exact = theirs.net, dict(before)
    if theirs.net.name != mine.net.name:
        net, moved, _, _ = target(theirs.net, before, mine.net.name, "diptych")
        exact = dict(moved)
    rewritten = any(exact[name].dtype != after[name].dtype for name in exact)
    wrong = audit.of_source(said, theirs, mine) + audit.of_weights(said, after, exact, before)
    lines.append(f"its source {origin} is unchanged")
    if wrong:
        return _false(path, said, *lines, *wrong)
    one, two = source_format(origin).framework, source_format(path).framework
    unrounded = Side(net, two, exact) if rewritten else None
    proof = prove(Side(theirs.net, one, before), Side(mine.net, two, after), check, unrounded)
    rest = [f"not compared: {what}" for what in not_compared(theirs, True)]
    return Verification(path, mine.net.name, True, (*lines, str(proof), *rest), proof, VERIFIED)
