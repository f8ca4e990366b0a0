"""Repeat the proof of a conversion from its result, its report and its source; what the report says is not believed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from ..checking.proof import Precision, Side, prove
from ..common.errors import DiptychError, FileError, NotInstalled
from ..common.spec import Array
from ..common.weights import checked
from ..files import bfloat, read, source_format
from ..files.again.compare import compare
from ..files.checkpoint import Checkpoint
from . import audit
from .dtypes import cast, is_wider
from .forms import target, widened
from .identify import Identified, identified
from .not_compared import not_compared
from .own_schema import is_own, stated_own
from .prefixes import part_of
from .report import report_path
from .report_schema import StatedReport, report_data, stated
from .source_graph import graph_said
from .verification import CHANGED, NO_SOURCE, RESULT_ONLY, VERIFIED, Verification, of_bytes, of_source
from .verify_own import verify_own


def verify(path: str | Path, check: Precision = "float64", result_only: bool = False) -> Verification:
    """Hold a converted file against its report, its own record, and its source: bytes, weights, outputs.

    Where the source is gone or changed the status says so; with `result_only` the file is held against its report and
    run in both frameworks, and nothing is said of a source. Raises FileError where there is no report, or one that
    cannot be read.
    """
    path = Path(path)
    data = report_data(path)
    if is_own(data):
        return verify_own(path, stated_own(data, report_path(path)), check, result_only)
    said = stated(data, report_path(path))
    intact, line = of_bytes(path, said.result.sha256)
    lines = [line]
    if not intact:
        return _false(path, said, *lines, CHANGED)
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


def _source(said: StatedReport) -> Checkpoint | str:
    """The source, or why it cannot be compared."""
    origin = said.source.path
    if why := of_source(origin, said.source.sha256):
        return why
    try:
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
    theirs = identified(part_of(source, said.source.prefix), said.source.network, said.source.options)
    before, _ = widened(checked(theirs.net, theirs.checkpoint.named(theirs.net), str(origin)), source_format(path))
    kinds = {str(array.dtype) for array in after.values()}
    if len(kinds) == 1 and is_wider(before, *kinds):
        before, _, _ = cast(before, *kinds)
    net, exact = theirs.net, dict(before)
    if theirs.net.name != mine.net.name:
        net, moved, _, _ = target(theirs.net, before, mine.net.name, "diptych")
        exact = dict(moved)
    halved = bfloat.is_noted(mine.checkpoint.notes)
    rewritten = halved or any(exact[name].dtype != after[name].dtype for name in exact)
    one, two = source_format(origin).framework, source_format(path).framework
    theirs = replace(theirs, graph=graph_said(theirs, before, one) if said.proof else "")
    wrong = audit.of_source(said, theirs, mine) + audit.of_weights(said, after, exact, before, halved)
    lines.append(f"its source {origin} is unchanged")
    if wrong:
        return _false(path, said, *lines, *wrong)
    unrounded = Side(net, two, exact) if rewritten else None
    proof = prove(Side(theirs.net, one, before), Side(mine.net, two, after), check, unrounded)
    rest = [theirs.graph] * bool(theirs.graph) + [f"not compared: {what}" for what in not_compared(theirs, True)]
    return Verification(path, mine.net.name, True, (*lines, str(proof), *rest), proof, VERIFIED)
