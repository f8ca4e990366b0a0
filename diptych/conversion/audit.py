"""What a report says, held against all that can be derived anew: from the result, from its own record, from the source.

Each function returns what is false, as texts; an empty list says only that nothing was.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ..checking.proof import FRAMEWORKS, ROUNDED, TOLERANCE, Proof, at_check_size
from ..common.compare import same_bits
from ..common.dialect import NUMBERED_KERAS
from ..common.errors import DiptychError
from ..common.registry import traced
from ..common.schema import short
from ..common.spec import Array, Net
from ..files import FORMATS, bfloat, source_format
from ..files.checkpoint import Checkpoint
from ..files.tensors import Tensors
from .emitted import dialect_for
from .heads import renamed_head, with_names
from .identify import Identified
from .not_compared import not_compared
from .report import mapping_of, names_of, record
from .report_schema import Stated, StatedReport
from .signatures import dialects_of

Row = tuple[str, Any, Any]
"""What is compared, what the report says, what it is."""


def in_file(said: StatedReport, checkpoint: Checkpoint, path: Path) -> list[str]:
    """What the result file says otherwise of itself and of its conversion; nothing is built for that.

    A silent format says nothing of that.
    """
    if source_format(path).silent:
        return _false([("result.format", said.result.format, source_format(path).name)], "it")
    stated, known = checkpoint.stated, checkpoint.stated.record
    if stated.network is None or not known:
        return [f"{path} holds no record of a conversion, which every file has that diptych converted"]
    proof = said.proof
    rows = [
        ("result.network", said.result.network, stated.network),
        ("result.options", said.result.options, dict(stated.options)),
        ("source.options", said.source.options, dict(stated.options)),  # no form changes them
        ("source.sha256", said.source.sha256, known.get("sha256")),
        ("source.names", said.source.names, known.get("from")),
        ("result.names", said.result.names, known.get("to")),
        ("versions", said.versions, known.get("versions")),
        ("proof.difference", proof and proof.difference, known.get("difference")),
        ("proof.precision", proof and proof.precision, known.get("precision")),
    ]
    return _false([("result.format", said.result.format, source_format(path).name)], "it") + _false(rows, "its record")


def of_result(said: StatedReport, mine: Identified) -> list[str]:
    """What follows from the result alone, and from the names that the report has for its source."""
    try:
        before = traced(said.source.network, said.source.options)
        sources = [item.of(before) for item in dialects_of(before.name) if item.library == said.source.names]
        sources = [with_names(item, renamed_head(said.mapping, before, item)) for item in sources]
        dialect = dialect_for(said.result.names, mine.net)
    except DiptychError as error:
        return [f"its networks and names have no meaning: {error}"]
    rows: list[Row] = [
        ("matched", said.matched, len(mine.net.weights)),
        ("bitwise", said.bitwise, True),
        ("readers", sorted(said.readers), ["result", "source"] if said.proof else []),
    ]
    found = _false([*rows, *_proven(said, before, mine.net)], "it")
    if names_of(mine.net, mine.dialect) != names_of(mine.net, dialect):
        found.append(f"its result has not the names of {said.result.names}")
    if said.source.names == NUMBERED_KERAS:  # names that follow from the source's graph: see `of_source`
        return found
    tried = [Identified(before, Tensors(Path(), ""), item) for item in sources]
    wrong = [_mapping(said, item, mine) for item in tried]
    if not wrong or all(wrong):
        found.append(wrong[0] if wrong else f"{before.name} has no names of {said.source.names}")
    return found


def of_source(said: StatedReport, theirs: Identified, mine: Identified) -> list[str]:
    """What the source, read again, is otherwise than the report says."""
    rows = [
        ("source.format", said.source.format, source_format(said.source.path).name),
        ("source.network", said.source.network, theirs.net.name),
        ("source.options", said.source.options, dict(theirs.net.options)),
        ("source.names", said.source.names, theirs.library),
        ("not_compared", said.not_compared, not_compared(theirs, said.proof is not None)),
    ]
    wrong = _mapping(said, theirs, mine)
    return _false(rows, "its source") + ([wrong] if wrong else [])


def of_weights(
    said: StatedReport,
    after: Mapping[str, Array],
    exact: Mapping[str, Array],
    before: Mapping[str, Array],
    halved: bool = False,
) -> list[str]:
    """Whether the weights that were moved have the bits of the source, and the report tells that some were rewritten.

    `exact` are the source's weights `before` in the form of the result, not rounded yet. The result is `halved` where
    it has numbers of bfloat16, which were read as float32.
    """
    moved = {n: array.astype(after[n].dtype, copy=False) for n, array in exact.items() if array is before.get(n)}
    moved = {n: bfloat.rounded(array) for n, array in moved.items()} if halved else moved
    worst = same_bits(moved, {name: after[name] for name in moved}) if moved else None
    found = [f"{worst.first} has other bits than in the source ({worst.why})"] if worst and worst.first else []
    rewritten = halved or any(exact[name].dtype != after[name].dtype for name in exact)
    if said.proof is not None and rewritten == (said.proof.rounding is None):
        state = "some" if rewritten else "none"
        found.append(f"its proof.rounding is {said.proof.rounding}, and of its weights {state} were rewritten")
    return found


def _proven(said: StatedReport, before: Net, after: Net) -> list[Row]:
    """What is known of a proof before it is repeated."""
    proof: Proof | None = said.proof
    if proof is None:
        return []
    allowed = TOLERANCE[proof.precision]
    one, two = at_check_size(before), at_check_size(after)
    shape = (one if one.input_shape == two.input_shape else before).input_shape
    rows: list[Row] = [
        ("proof.tolerance", proof.tolerance, allowed),
        (
            "proof.difference",
            proof.difference,
            proof.difference if proof.difference <= allowed else f"at most {allowed}",
        ),
        ("proof.source", proof.source, FRAMEWORKS.get(_framework(said.source))),
        ("proof.result", proof.result, FRAMEWORKS.get(_framework(said.result))),
        ("proof.size", proof.size, tuple(map(int, shape[1:]))),
        ("proof.outputs", proof.outputs, len(before.evaluated_outputs)),
    ]
    if proof.rounding is not None:
        rows.append(("proof.rounding", proof.rounding, min(proof.rounding, max(ROUNDED.values()))))
    return rows


def _framework(side: Stated) -> str:
    return next((known.framework for known in FORMATS if known.name == side.format), "")


def _mapping(said: StatedReport, theirs: Identified, mine: Identified) -> str:
    """Where the mapping is not that of the two, or what the file says of layers is not: empty where both are."""
    dialect = dialect_for(said.result.names, mine.net)
    expected = mapping_of(theirs, mine.net, dialect)
    if said.mapping != expected:
        pairs = zip(said.mapping, expected, strict=False)
        where = next((index for index, (a, b) in enumerate(pairs) if a != b), min(len(said.mapping), len(expected)))
        rows = [short(rows[where]) if where < len(rows) else "nothing" for rows in (said.mapping, expected)]
        return f"its mapping is not that of its source and its result: entry {where} is {rows[0]}, expected {rows[1]}"
    if any(form.silent for form in FORMATS if form.name == said.result.format):
        return ""
    known, layers = mine.checkpoint.stated.record.get("mapping"), record(theirs, mine.net, dialect, "")["mapping"]
    return "" if known == layers else f"the mapping in its record is {short(known)}, expected {short(layers)}"


def _false(rows: Iterable[Row], whose: str) -> list[str]:
    """The rows that are false, as texts."""
    return [f"its {what} is {short(got)}, {whose} has {short(real)}" for what, got, real in rows if got != real]
