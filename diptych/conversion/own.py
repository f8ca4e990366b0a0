"""Convert a model of somebody's own: its weights, and its source for the other framework beside them."""

from __future__ import annotations

import importlib
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np

from .. import backends
from ..checking.own import OwnProof, prove_own
from ..checking.proof import Precision
from ..common.dialect import EMITTED, OWN, Dialect
from ..common.errors import DiptychError, SpecError, Unidentified
from ..common.importing.imported import Imported
from ..common.importing.original import Original
from ..common.text import NAME, printable
from ..emission import emitted
from ..files import format_of, read
from ..files.again.compare import compare
from ..files.atomic import transaction
from ..files.checkpoint import COUNTER, Checkpoint, counters
from ..files.content import Content
from ..files.destinations import check_several
from ..files.format import Format
from ..files.provenance import UNREGISTERED
from ..opening.models import by_keras
from ..reading import read as read_model
from .emitted import dialect_for
from .forms import library_name, widened
from .own_report import OwnConversion, write_own_report
from .report import digest, versions
from .request import Request as Request
from .written import written

NEUTRAL = ("safetensors", "npz")
"""Formats that are of neither framework: the source beside them is that for the other one."""
ALONE = "alone, as far as was tried"
"""What a reader says of a module that takes images of one size."""


@dataclass(frozen=True)
class Own:
    """A model of somebody's own that was read: what it is called, and `model` where it can be run.

    `places` are the files that it came from, `sha256` the digest of the first, `notes` what is to be said beside the
    reader's own. `one_size` is said of a model that was read at one size alone; `reader` is the second of a file.
    `kind` says where it came from, and `command` converts it again where that runs somebody's code.
    """

    name: str
    result: Imported
    framework: str
    model: Any = None
    example: Any = None
    places: tuple[Path, ...] = ()
    sha256: str = ""
    notes: tuple[str, ...] = ()
    one_size: bool = False
    reader: str = ""
    kind: Literal["file", "code", "memory"] = "memory"
    command: str = ""

    @property
    def called(self) -> str:
        """The model, as comparisons name it."""
        return f"the {'PyTorch module' if self.framework == 'torch' else 'Keras model'} itself"

    @property
    def stated(self) -> dict[str, Any]:
        """What a report says of it."""
        path = os.path.realpath(self.places[0]) if self.kind == "file" else None
        example = None if self.example is None else list(map(int, self.example.shape))
        known = {"name": self.name, "framework": self.framework, "sha256": self.sha256, "kind": self.kind}
        return {**known, "path": path, "example": example, "command": self.command}

    def original(self, precision: Precision) -> Original | None:
        """The model with numbers that hide nothing; None where it cannot be run."""
        if self.model is None:
            return None
        home = importlib.import_module(f"..{backends.NAMES[self.framework]}.original", __package__)
        found: Original | None = home.original(self.model, self.result, self.example, precision)
        return found


def of_model(
    model: Any, example: Any, one_size: bool = False, name: str = "", places: tuple[Path, ...] = (), command: str = ""
) -> Own:
    """A model in memory, or that somebody's code made, read."""
    result = read_model(model, example, one_size=one_size)
    framework = backends.framework_of(model)
    alone = one_size or any(ALONE in note for note in result.notes)
    kind: Any = "code" if command else "memory"
    return Own(
        name or result.net.name, result, framework, model, example, places, one_size=alone, kind=kind, command=command
    )


def of_file(path: Path, example: Any, why: Unidentified, asked: Request, others: Mapping[str, Any]) -> Own:
    """A file of a whole model, read as one; raises `why` it is no registered network where it is no model either."""
    if any(value is not None for value in others.values()):
        raise why
    checkpoint = read(path)
    stated = checkpoint.stated.network
    if (checkpoint.model is None and checkpoint.net is None) or not (stated or UNREGISTERED).startswith(UNREGISTERED):
        raise why
    asked.refuse({})
    try:
        own = from_file(path, checkpoint, example, asked.check is not None)
    except DiptychError as error:
        raise DiptychError(f"{error}. Nor is it of a registered network: {printable(str(why), 300)}") from None
    said = f"read as a model: no network is it ({printable(str(why), 800)})"
    return replace(own, notes=(said,))


def from_file(path: Path, checkpoint: Checkpoint, example: Any, check: bool) -> Own:
    """What is read of a file of a whole model, by two readers where it is checked, and as Keras itself makes it."""
    result = read_model(path, example)
    reader = compare(checkpoint, path) if check else ""
    model = _run_by_keras(checkpoint, path, result, example) if check else None
    framework, name = "torch" if checkpoint.model is None else "tf", printable(str(path), NAME)
    return Own(name, result, framework, model, example, (path,), digest(path), reader=reader, kind="file")


def _run_by_keras(checkpoint: Checkpoint, path: Path, result: Imported, example: Any) -> Any:
    """The model that Keras makes of a file of plain data, with the weights that Keras reads of it; None for none.

    Raises DiptychError where Keras reads another network, or other numbers.
    """
    if (model := by_keras(checkpoint.model, path)) is None:
        return None
    again = read_model(model, example)
    if again.net != result.net or any(not np.array_equal(a, result.weights[n]) for n, a in again.weights.items()):
        raise DiptychError(f"{path}: Keras itself reads another model in it; please report it, with the file")
    return model


def convert_own(own: Own, asked: Request) -> OwnConversion:
    """Prove what was read of a model, then write its weights, its source, and the report; all of them or nothing."""
    start, known = time.monotonic(), format_of(asked.destination)
    for file in own.places or (None,):
        check_several(asked.paths, file, asked.force)
    side = _side(own, known)
    source = emitted(own.result.net, side)
    content, notes = content_of(own, known, asked.to)
    proof = _proof(own, asked)
    if proof is not None:
        measured = {"difference": proof.difference, "precision": proof.precision}
        content = replace(content, record={**content.record, **measured})
    with transaction(asked.paths, asked.force) as staged:
        asked.say(f"writing {asked.destination}")
        _, reader, result = written(staged[asked.destination], content, asked.destination, again=proof is not None)
        staged[asked.source].write_text(source.text, encoding="utf-8")
        done = OwnConversion(
            own.places[0] if own.places else Path(own.name), asked.destination, content.net.name,
            dict(content.net.options), len(content.arrays), (*own.result.notes, *own.notes, *notes), True,
            to=content.dialect.library, sha256=own.sha256, result=result,
            seconds=time.monotonic() - start, readers=_readers(own, reader), not_compared=_not_compared(proof),
            name=own.name, emitted=asked.source, root=source.root, side=side, measured=proof,
        )  # fmt: skip
        write_own_report(done, own.stated, own.result.renamed, content, staged, asked.html)
    return done


def _side(own: Own, known: Format) -> str:
    """The framework of the source that is written beside the weights."""
    return known.framework if known.name not in NEUTRAL else _other(own.framework)


def _proof(own: Own, asked: Request) -> OwnProof | None:
    if asked.check is None:
        return None
    original = own.original(asked.check)
    return prove_own(own.result, original, own.called, asked.check, asked.gradients, own.one_size, asked.say)


def _readers(own: Own, result: str) -> dict[str, str]:
    """The second readers of the file that was read, if one was, and of the result; none without a proof."""
    return {side: reader for side, reader in (("source", own.reader), ("result", result)) if reader}


def _other(framework: str) -> str:
    return "tf" if framework == "torch" else "torch"


def content_of(own: Own, known: Format, to: str) -> tuple[Content, tuple[str, ...]]:
    """(what is written, notes): in a file of weights of Keras's with the names of the emitted class, which loads it."""
    net, dialect, notes = own.result.net, Dialect(OWN, "", ""), tuple[str, ...]()
    if known.name == "weights.h5" or (library_name(to) == EMITTED and known.framework == "tf"):
        try:
            dialect = dialect_for(EMITTED, net)
        except SpecError as error:
            notes = (f"written for the model that diptych.build makes, and not for the emitted class: {error}",)
    arrays, more = widened(own.result.weights, known)
    record = {"from": own.name, "to": dialect.library, "sha256": own.sha256, "versions": versions()}
    whole = known.name == "safetensors"
    return Content(net, arrays, _counts(own.result), dialect, record, whole), (*notes, *more)


def _counts(result: Imported) -> dict[str, int]:
    """How many batches each normalisation of a module has seen."""
    found: dict[str, int] = {}
    for name in counters(result.net) if result.module is not None else ():
        mean = f"{name.removesuffix(COUNTER)}running_mean"
        own = result.renamed.get(mean, mean).removesuffix("running_mean") + COUNTER
        count = result.module.unread.get(own) if result.module else None
        found |= {} if count is None else {name: int(count)}
    return found


def _not_compared(proof: OwnProof | None) -> tuple[str, ...]:
    nothing = "the outputs: neither the model nor what was made of it was run"
    return (nothing,) if proof is None else proof.not_compared
