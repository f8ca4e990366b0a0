"""What is kept of a conversion: digests, versions, names on either side, and what was measured."""

from __future__ import annotations

import glob
import hashlib
import json
import os
import platform
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from ..checking.proof import Proof
from ..common.dialect import OWN, Dialect
from ..common.errors import FileError
from ..common.spec import Net
from ..common.text import printable
from ..common.versions import versions_of
from ..files import format_of, source_format
from ..files.kinds import check_regular
from ..files.onnx_data import beside
from ..tf_impl.slots import slots_of
from .head_words import LOUD
from .identify import Identified

PACKAGES = ("diptych", "numpy", "torch", "tensorflow", "keras", "safetensors", "h5py")
BLOCK = 1 << 22
LONGEST = 48 << 10
"""Characters of a mapping in the file itself, of whose attributes HDF5 takes 64 KiB each.

That of every registered network is shorter: the longest has 43,000.
"""
ELSEWHERE = "in the report"
CARRIED = 1000
"""Characters of what files carry for a format that has a place for it, such as the header of Darknet's; at most."""


@dataclass(frozen=True)
class Conversion:
    """What a conversion did: `matched` weights, all of them read back `bitwise` equal; `notes` for the reader.

    `library` has the names that the source has, `to` those of the result; `origin` is the network whose weights they
    were, where they were rewritten for another form. `sha256` is the digest of the source, `result` that of the file
    that was written. `proof` is what was measured, None where it was not asked for. `seconds` are those of the
    conversion alone; `not_compared` is what was not looked at.
    """

    source: Path
    destination: Path
    network: str
    options: dict[str, Any]
    matched: int
    notes: tuple[str, ...]
    bitwise: bool
    library: str = OWN
    to: str = OWN
    origin: str = ""
    sha256: str = ""
    result: str = ""
    proof: Proof | None = None
    seconds: float = 0.0
    readers: Mapping[str, str] = field(default_factory=dict)
    """Of "source" and "result", which second reader gave the same arrays; nothing where no proof was asked for."""
    not_compared: tuple[str, ...] = ()

    def __str__(self) -> str:
        options = "".join(f", {key}={value}" for key, value in self.options.items())
        head = f"{self.source} -> {self.destination}: {self.network}{options}"
        lines = [f"{self.matched} of {self.matched} weights matched by name, read back bitwise equal"]
        lines += [str(self.proof)] if self.proof else []
        lines += [f"{side} read again, the same bits: {reader}" for side, reader in self.readers.items()]
        lines += [f"not compared: {what}" for what in self.not_compared]
        loud = [note for note in self.notes if note.startswith(LOUD)]
        lines += [f"note: {note}" for note in self.notes if note not in loud]
        return "\n".join([*map(printable, (*loud, head)), *(printable(f"  {line}") for line in lines)])

    @property
    def report(self) -> Path:
        """Where the full report is."""
        return report_path(self.destination)


def report_path(destination: Path) -> Path:
    """OUT.report.json, beside OUT; raises FileError for a path without a name."""
    if not destination.name:
        raise FileError(f"{destination} names no file, expected one that was or will be written")
    return destination.with_name(f"{destination.name}.report.json")


def digest(path: Path) -> str:
    """The SHA-256 of a file and of what belongs to it beside it, or of all files of a folder in the order of names.

    Raises FileError for what is no regular file, or cannot be read.
    """
    found = hashlib.sha256()
    files = sorted(item for item in path.rglob("*") if item.is_file()) if path.is_dir() else [path, *beside(path)]
    for item in files if path.is_dir() or path.exists() else sorted(path.parent.glob(f"{glob.escape(path.name)}.*")):
        check_regular(item)
        try:
            with item.open("rb") as file:
                while part := file.read(BLOCK):
                    found.update(part)
        except OSError as error:
            raise FileError(f"cannot read {item}: {error.strerror or error}") from None
    return found.hexdigest()


def versions() -> dict[str, str]:
    """The versions of Python, of diptych, and of what it stands on, as installed."""
    return {"python": platform.python_version()} | versions_of(PACKAGES)


def record(found: Identified, net: Net, dialect: Dialect, sha256: str) -> dict[str, Any]:
    """What a file says of the conversion that wrote it, as data for JSON; `mapping` is that of layers.

    `carried` is what the source has that other formats have no place for, or was told by one that had.
    """
    mapping: Any = _renamings(found, net, dialect)
    if len(json.dumps(mapping)) > LONGEST:
        mapping = ELSEWHERE
    whose = {"from": found.library, "to": dialect.library}
    carried = found.checkpoint.stated.record.get("carried")
    if not isinstance(carried, dict) or len(json.dumps(carried)) > CARRIED:
        carried = {}
    rest = {"carried": carried} if carried else {}
    return {"sha256": sha256, **whose, "versions": versions(), "mapping": mapping, **rest}


def write_report(
    done: Conversion,
    found: Identified,
    net: Net,
    dialect: Dialect,
    staged: Mapping[Path, Path],
    html: str | Path | None,
) -> None:
    """Write OUT.report.json, and the page of it where one is asked for, to where each is `staged` beside the result."""
    data = {
        "source": {
            "path": os.path.realpath(done.source),
            "format": source_format(done.source).name,
            "sha256": done.sha256,
            "names": done.library,
            "network": found.net.name,
            "options": dict(found.net.options),
            **({"prefix": found.prefix} if found.prefix else {}),
        },
        "result": {
            "path": os.path.realpath(done.destination),
            "format": format_of(done.destination).name,
            "sha256": done.result,
            "names": done.to,
            "network": net.name,
            "options": dict(net.options),
        },
        "versions": versions(),
        "matched": done.matched,
        "bitwise": done.bitwise,
        "proof": asdict(done.proof) if done.proof else None,
        "readers": dict(done.readers),
        "seconds": round(done.seconds, 3),
        "notes": list(done.notes),
        "not_compared": list(done.not_compared),
        "mapping": mapping_of(found, net, dialect),
    }
    staged[done.report].write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")
    if html:
        from .certificate import page

        staged[Path(html)].write_text(page(data), encoding="utf-8")


def mapping_of(found: Identified, net: Net, dialect: Dialect) -> list[list[str]]:
    """[name in the source, our name, name in the result] of each weight."""
    before, after = names_of(found.net, found.dialect), names_of(net, dialect)
    ours = [name for name in net.weights if name in found.net.weights]
    return [[before[name], name, after[name]] for name in ours]


def _renamings(found: Identified, net: Net, dialect: Dialect) -> dict[str, str | list[str]]:
    """Layer of the source -> layer of the result, where the names differ; a list where one of Keras is two of ours."""
    before, after = _layers(found.net, found.dialect), _layers(net, dialect)
    groups: dict[str, dict[str, None]] = {}
    for name in net.weights:
        if name in before:
            groups.setdefault(before[name], {})[after[name]] = None
    there = {layer: list(names) for layer, names in groups.items()}
    return {layer: names if len(names) > 1 else names[0] for layer, names in there.items() if names != [layer]}


def names_of(net: Net, dialect: Dialect) -> dict[str, str]:
    """Our name -> theirs; of a Keras layer's variable, the layer and the kind."""
    between = "/" if dialect.of_layers else "."
    return {name: f"{layer}{between}{name.rpartition('.')[2]}" for name, layer in _layers(net, dialect).items()}


def _layers(net: Net, dialect: Dialect) -> dict[str, str]:
    """Our name of a weight -> their name of its layer."""
    if not dialect.of_layers:
        return {name: dialect.theirs(name.rpartition(".")[0]) for name in net.weights}
    return {
        name: dialect.theirs(layer).partition("#")[0] for layer, slots in slots_of(net).items() for name, _, _ in slots
    }
