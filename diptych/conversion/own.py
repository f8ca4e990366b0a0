"""Convert a model of somebody's own: its weights, and its source for the other framework beside them."""

from __future__ import annotations

import importlib
import json
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from .. import backends
from ..checking.own import OwnProof, prove_own
from ..checking.proof import FRAMEWORKS, Precision
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
from ..reading import read as read_model
from .emitted import dialect_for
from .forms import library_name, widened
from .report import Conversion, digest, names_of, report_path, versions
from .written import written

NEUTRAL = ("safetensors", "npz")
"""Formats that are of neither framework: the source beside them is that for the other one."""
ALONE = "alone, as far as was tried"
"""What a reader says of a module that takes images of one size."""


@dataclass(frozen=True)
class Request:
    """What is asked of a conversion, whatever is converted."""

    destination: Path
    emit: str | Path | None
    check: Precision | None
    force: bool
    gradients: bool
    one_size: bool
    to: str
    say: Callable[[str], None]

    @property
    def source(self) -> Path:
        """Where the emitted source goes."""
        if self.emit is not None:
            return Path(self.emit)
        name, ends = self.destination.name, format_of(self.destination).suffixes
        end = max((end for end in ends if name.lower().endswith(end)), key=len)
        return self.destination.with_name(f"{name[: -len(end)]}.py")

    def refuse(self, asked: Mapping[str, Any]) -> None:
        """Raise DiptychError for what is asked for that only the file of a registered network takes."""
        given = [name for name, value in asked.items() if value is not None]
        if given:
            raise DiptychError(f"{given[0]} is for files of registered networks; a model of your own takes none")
        if library_name(self.to) not in (OWN, EMITTED):
            raise DiptychError(f"{self.to} has no names for a model of your own; leave out `to` (--to)")

    def refuse_more(self, example: Any) -> None:
        """Raise DiptychError for what is asked for that only a model of somebody's own takes."""
        given = {"example": example, "emit": self.emit, "gradients": self.gradients or None}
        wrong = [name for name, value in given.items() if value is not None] + ["one_size"] * self.one_size
        if wrong:
            raise DiptychError(f"{wrong[0]} is for a model of your own, and this file is of a registered network")


@dataclass(frozen=True)
class Own:
    """A model of somebody's own that was read: what it is called, and `model` where it can be run.

    `places` are the files that it came from, `sha256` the digest of the first, `notes` what is to be said beside the
    reader's own. `one_size` is said of a model that was read at one size alone; `reader` is the second of a file.
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

    @property
    def called(self) -> str:
        """The model, as comparisons name it."""
        return f"the {'PyTorch module' if self.framework == 'torch' else 'Keras model'} itself"

    def original(self, precision: Precision) -> Original | None:
        """The model with numbers that hide nothing; None where it cannot be run."""
        if self.model is None:
            return None
        home = importlib.import_module(f"..{backends.NAMES[self.framework]}.original", __package__)
        found: Original | None = home.original(self.model, self.result, self.example, precision)
        return found


@dataclass(frozen=True)
class OwnConversion(Conversion):
    """The conversion of a model of somebody's own, whose source for a framework is in `emitted`, as the class `root`.

    `measured` is its proof, None where it was not asked for.
    """

    name: str = ""
    emitted: Path = field(default_factory=Path)
    root: str = ""
    side: str = ""
    measured: OwnProof | None = None

    def __str__(self) -> str:
        lines = [f"{self.name} -> {self.destination}: {self.network}"]
        lines += [f"  {self.matched} weights, read back bitwise equal"]
        lines += [f"  {self.measured}"] if self.measured else []
        lines += [f"  {side} read again, the same bits: {reader}" for side, reader in self.readers.items()]
        lines += [f"  {self.emitted}: its source for {FRAMEWORKS[self.side]}, the class {self.root}"]
        lines += [f"  not compared: {what}" for what in self.not_compared]
        return "\n".join(map(printable, [*lines, *(f"  note: {note}" for note in self.notes)]))


def of_model(model: Any, example: Any, one_size: bool = False, name: str = "", places: tuple[Path, ...] = ()) -> Own:
    """A model in memory, read."""
    result = read_model(model, example, one_size=one_size)
    framework = backends.framework_of(model)
    alone = one_size or any(ALONE in note for note in result.notes)
    return Own(name or result.net.name, result, framework, model, example, places, one_size=alone)


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
        result = read_model(path, example)
    except DiptychError as error:
        raise DiptychError(f"{printable(str(why), 700)}; nor is it read as a model: {error}") from None
    reader = compare(checkpoint, path) if asked.check else ""
    model = _run_by_keras(checkpoint, path, result, example) if asked.check else None
    said = f"read as a model: no network is it ({printable(str(why), 800)})"
    framework = "torch" if checkpoint.model is None else "tf"
    return Own(
        printable(str(path), NAME), result, framework, model, example, (path,), digest(path), (said,), reader=reader
    )


def _run_by_keras(checkpoint: Checkpoint, path: Path, result: Imported, example: Any) -> Any:
    """The model that Keras makes of a file of plain data, with the weights that Keras reads of it; None for none.

    Raises DiptychError where Keras reads another network, or other numbers.
    """
    if checkpoint.model is None:
        return None
    backends.get("tf")
    home = importlib.import_module(f"..{backends.NAMES['tf']}.original", __package__)
    model = home.of_config(checkpoint.model)
    if model is None:
        return None
    try:
        model.load_weights(path)
    except Exception:  # noqa: BLE001 - what Keras does not load is said to be not compared
        return None
    again = read_model(model, example)
    if again.net != result.net or any(not np.array_equal(a, result.weights[n]) for n, a in again.weights.items()):
        raise DiptychError(f"{path}: Keras itself reads another model in it; please report it, with the file")
    return model


def convert_own(own: Own, asked: Request) -> OwnConversion:
    """Prove what was read of a model, then write its weights, its source, and the report; all of them or nothing."""
    start, known = time.monotonic(), format_of(asked.destination)
    destination, place = asked.destination, asked.source
    paths = [destination, report_path(destination), place]
    for file in own.places or (None,):
        check_several(paths, file, asked.force)
    net = own.result.net
    side = own.framework if known.name not in NEUTRAL else _other(own.framework)
    side = known.framework if known.name not in NEUTRAL else side
    source = emitted(net, side)
    content, notes = _content(own, known, asked.to)
    proof = None
    if asked.check is not None:
        say = asked.say
        proof = prove_own(
            own.result, own.original(asked.check), own.called, asked.check, asked.gradients, own.one_size, say
        )
        measured = {"difference": proof.difference, "precision": proof.precision}
        content = replace(content, record={**content.record, **measured})
    with transaction(paths, asked.force) as staged:
        asked.say(f"writing {destination}")
        _, reader = written(staged[destination], content, destination, again=proof is not None)
        staged[place].write_text(source.text, encoding="utf-8")
        done = OwnConversion(
            own.places[0] if own.places else Path(own.name), destination, net.name, dict(net.options),
            len(content.arrays), (*own.result.notes, *own.notes, *notes), True,
            to=content.dialect.library, sha256=own.sha256, result=digest(staged[destination]),
            seconds=time.monotonic() - start, readers=_readers(own, reader),
            not_compared=_not_compared(proof), name=own.name, emitted=place, root=source.root, side=side,
            measured=proof,
        )  # fmt: skip
        _report(done, own, content, staged)
    return done


def _readers(own: Own, result: str) -> dict[str, str]:
    """The second readers of the file that was read, if one was, and of the result; none without a proof."""
    return {side: reader for side, reader in (("source", own.reader), ("result", result)) if reader}


def _other(framework: str) -> str:
    return "tf" if framework == "torch" else "torch"


def _content(own: Own, known: Format, to: str) -> tuple[Content, tuple[str, ...]]:
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


def _report(done: OwnConversion, own: Own, content: Content, staged: Mapping[Path, Path]) -> None:
    """Write DST.report.json to where it is staged beside the result."""
    ours = names_of(content.net, content.dialect)
    data = {
        "model": {"name": own.name, "framework": own.framework, "sha256": own.sha256},
        "result": {
            "path": os.path.realpath(done.destination),
            "format": format_of(done.destination).name,
            "sha256": done.result,
            "names": done.to,
            "network": done.network,
        },
        "emitted": {
            "path": os.path.realpath(done.emitted),
            "sha256": digest(staged[done.emitted]),
            "framework": done.side,
            "class": done.root,
        },
        "versions": versions(),
        "matched": done.matched,
        "bitwise": done.bitwise,
        "proof": asdict(done.measured) if done.measured else None,
        "readers": dict(done.readers),
        "seconds": round(done.seconds, 3),
        "notes": list(done.notes),
        "not_compared": list(done.not_compared),
        "mapping": [[own.result.renamed.get(name, name), name, ours[name]] for name in content.net.weights],
    }
    staged[done.report].write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")
