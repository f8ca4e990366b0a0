"""Two files of weights under the same names: those of the registered network that they are of, or their own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ..common.dialect import OWN
from ..common.errors import DiptychError
from ..common.spec import Array
from ..common.text import first_few
from ..common.weights import checked
from ..conversion.identify import identified
from ..conversion.prefixes import part_of
from ..files import read
from ..files.border import border
from ..files.checkpoint import Checkpoint


@dataclass(frozen=True)
class File:
    """A file of weights: its arrays, and what it is said to be; canonical names and axes where it is of a network."""

    path: Path
    arrays: Mapping[str, Array]
    network: str = ""
    library: str = ""
    notes: tuple[str, ...] = field(default=())

    def __str__(self) -> str:
        names = f", in the names of {self.library}" if self.library else ""
        return f"{self.path.name}: {self.network}{names}" if self.network else self.path.name


def opened(one: Path, other: Path, network: str | None = None, prefix: str | None = None) -> tuple[File, File]:
    """Both files by canonical names where each is of a registered network, else by the names that they have themselves.

    Raises DiptychError for what is no file of weights, where `network` is named and a file does not fit it, and where
    one has names of layers and the other of tensors, so that nothing can be held to each other.
    """
    found = [part_of(read(path), prefix or "") for path in (one, other)]
    why = ""
    try:
        known = [_known(item, network) for item in found]
        return known[0], known[1]
    except DiptychError as error:
        if network is not None:
            raise
        why = str(error)
    if found[0].of_layers != found[1].of_layers:
        raise DiptychError(
            f"{one} has names of {found[0].kind}s and {other} of {found[1].kind}s, and not both are of a registered "
            f"network: {why}; name it with --network"
        )
    note = f"by the names in the files, since not both are of one registered network: {why}"
    own = [_own(item, note) for item in found]
    return own[0], own[1]


def _known(found: Checkpoint, network: str | None) -> File:
    """The file under canonical names; raises DiptychError where it is of no registered network, or of several."""
    known = identified(found, network, {})
    with border(found.path, found.kind):
        arrays = checked(known.net, known.checkpoint.named(known.net), str(found.path))
    options = ", ".join(f"{key}={value}" for key, value in known.net.options)
    library = "" if known.library == OWN else known.library
    return File(found.path, arrays, f"{known.net.name}{f' ({options})' if options else ''}", library, known.notes)


def _own(found: Checkpoint, note: str) -> File:
    """The file under its own names; raises DiptychError for one that has a name twice, or no array."""
    arrays: dict[str, Array] = {}
    twice = []
    for name, _, array in found.raw():
        twice += [name] if name in arrays else []
        arrays[name] = array
    if twice or not arrays:
        raise DiptychError(f"{found.path} has {f'{first_few(twice, 4)} twice' if twice else 'no weights'}")
    return File(found.path, arrays, notes=(*found.notes, note))
