"""Repeat the proof of the conversion of a model of somebody's own; code is never run for that."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from ..checking.own import prove_own
from ..checking.proof import FRAMEWORKS, TOLERANCE, Precision
from ..common.compare import same_bits
from ..common.errors import DiptychError, NotInstalled
from ..common.schema import short
from ..emission import emitted
from ..files import read, source_format
from ..files.again.compare import compare
from ..files.checkpoint import Checkpoint
from ..opening.named import Asked, example_of
from ..reading import read as read_model
from .own import Own, content_of, from_file
from .own_report import mapping_of_own
from .own_schema import StatedOwn
from .report import digest
from .verification import CHANGED, NO_SOURCE, RESULT_ONLY, VERIFIED, Verification, of_bytes, of_source


def verify_own(path: Path, said: StatedOwn, check: Precision, result_only: bool) -> Verification:
    """Hold a converted file to its report, and to its source where that is a file; see `verify`."""
    intact, line = of_bytes(path, said.result["sha256"])
    if not intact:
        return Verification(path, said.network, False, (line, CHANGED))
    try:
        checkpoint = read(path)
        lines = [line, f"the file read again, the same bits: {compare(checkpoint, path)}"]
        if wrong := _false(said, checkpoint, path):
            return Verification(path, said.network, False, (*lines, *wrong))
        if result_only:
            return _alone(path, said, checkpoint, check, lines)
        if why := _not_read(said):
            return Verification(path, said.network, False, (*lines, *why), None, NO_SOURCE)
        return _against(path, said, checkpoint, check, lines)
    except NotInstalled:
        raise
    except DiptychError as error:
        return Verification(path, said.network, False, (line, str(error)))


def _not_read(said: StatedOwn) -> tuple[str, ...]:
    """Why the model is not read again: it came from code or from memory, or its file is another by now."""
    alone = "--result-only (in Python, result_only=True) holds the file to its report alone"
    name, kind = said.model["name"], said.model["kind"]
    if kind == "code":
        return (
            f"its model is made by code, {name}, which verify does not run; this does: {said.model['command']}",
            alone,
        )
    if kind == "memory" or said.model["path"] is None:
        return f"its model, {name}, was in memory; call diptych.convert with it again, and force=True", alone
    why = of_source(Path(said.model["path"]), said.model["sha256"])
    return (why, alone) if why else ()


def _false(said: StatedOwn, checkpoint: Checkpoint, path: Path) -> list[str]:
    """What the result file, and the report itself, say otherwise."""
    proof, known = said.proof, checkpoint.stated.record
    worst = max((item["difference"] for item in proof["compared"]), default=0.0) if proof else None
    rows: list[tuple[str, Any, Any]] = [
        ("result.format", said.result["format"], source_format(path).name),
        ("bitwise", said.bitwise, True),
        ("matched", said.matched, len(said.mapping)),
    ]
    if proof is not None and worst is not None and worst > TOLERANCE[proof["precision"]]:
        rows.append(("proof.difference", worst, f"at most {TOLERANCE[proof['precision']]}"))
    if known:
        rows += [
            ("model.name", said.model["name"], known.get("from")),
            ("model.sha256", said.model["sha256"], known.get("sha256")),
            ("result.names", said.result["names"], known.get("to")),
            ("proof.difference", worst, known.get("difference")),
        ]
    return [f"its {what} is {short(got)}, the file has {short(real)}" for what, got, real in rows if got != real]


def _alone(path: Path, said: StatedOwn, checkpoint: Checkpoint, check: Precision, lines: list[str]) -> Verification:
    """The result by itself: run in both frameworks where it has its network inside."""
    if checkpoint.model is None and checkpoint.net is None:
        lines.append("not compared: the outputs; the file has weights alone, and no network to run them in")
        return Verification(path, said.network, True, tuple(lines), None, RESULT_ONLY)
    shape = said.model["example"]
    if shape is not None and said.model["framework"] == "torch":
        shape = [shape[0], *shape[2:], shape[1]]
    example = _example(shape) if checkpoint.net is None else None
    proof = prove_own(read_model(path, example), None, "its source", check)
    return Verification(path, said.network, True, (*lines, str(proof)), None, RESULT_ONLY, proof)


def _against(path: Path, said: StatedOwn, checkpoint: Checkpoint, check: Precision, lines: list[str]) -> Verification:
    """The result against its source, which is read and run anew."""
    origin = Path(said.model["path"])
    own = from_file(origin, read(origin), _example(said.model["example"]), check=True)
    content, _ = content_of(own, source_format(path), said.result["names"])
    lines.append(f"its source {origin} is unchanged, and read again, the same bits: {own.reader}")
    found = checkpoint.translate(content.dialect).view(content.net)
    worst = same_bits(content.arrays, found)
    wrong = [f"{worst.first} has other bits than in the source ({worst.why})"] if worst.first else []
    if content.net.name != said.network:
        wrong.append(f"its network is {said.network}, its source is read as {content.net.name}")
    if said.mapping != mapping_of_own(content.net, own.result.renamed, content.dialect):
        wrong.append("its mapping is not that of its source and its result")
    if wrong:
        return Verification(path, said.network, False, (*lines, *wrong))
    proof = prove_own(own.result, own.original(check), own.called, check, one_size=own.one_size)
    rest = [f"not compared: {what}" for what in proof.not_compared]
    lines += [str(proof), _of_emitted(own, said), *rest]
    return Verification(path, said.network, True, tuple(lines), None, VERIFIED, proof)


def _example(shape: list[int] | None) -> Any:
    """A batch of a shape, for a reader that takes the size of it; raises DiptychError for one that nobody has."""
    return example_of(Asked(example=None if shape is None else tuple(shape)), "tf")


def _of_emitted(own: Own, said: StatedOwn) -> str:
    """What is to be said of the emitted source, which is its owner's to change."""
    place, side = Path(said.emitted["path"]), said.emitted["framework"]
    if not os.path.isfile(place):
        return f"its source for {FRAMEWORKS[side]}, {place}, is gone"
    if digest(place) != said.emitted["sha256"]:
        return f"its source for {FRAMEWORKS[side]}, {place}, was changed after the conversion, and is not run"
    if place.read_text(encoding="utf-8") != emitted(own.result.net, side).text:
        return f"its source for {FRAMEWORKS[side]}, {place}, is as it was written; diptych writes another today"
    return f"its source for {FRAMEWORKS[side]}, {place}, is the one that was run"
