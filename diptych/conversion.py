"""Convert a weights file from one format to another; the written file is read back and compared bit by bit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .common.compare import same_bits
from .common.errors import DiptychError, WeightsError
from .common.spec import Array, Net
from .common.weights import checked
from .files import format_of, read, write
from .files.atomic import check_destination, replacing
from .files.checkpoint import Checkpoint, counters
from .identify import identify


@dataclass(frozen=True)
class Conversion:
    """What a conversion did: `matched` weights, all of them read back `bitwise` equal; `notes` for the reader."""

    source: Path
    destination: Path
    network: str
    options: dict[str, Any]
    matched: int
    notes: tuple[str, ...]
    bitwise: bool

    def __str__(self) -> str:
        options = "".join(f", {key}={value}" for key, value in self.options.items())
        head = f"{self.source} -> {self.destination}: {self.network}{options}"
        proof = f"{self.matched} of {self.matched} weights matched by name, read back bitwise equal"
        return "\n".join([head, f"  {proof}", *(f"  note: {note}" for note in self.notes)])


def convert(
    src: str | Path,
    dst: str | Path,
    network: str | None = None,
    *,
    force: bool = False,
    num_classes: int | None = None,
    in_channels: int | None = None,
    input_size: int | tuple[int, int] | None = None,
) -> Conversion:
    """Convert a weights file to the format of the suffix of `dst`: .safetensors, .pth, .pt, .keras or .weights.h5.

    Without `network` it is what the file states, or else the only network that the weights fit; options that the
    shapes imply (num_classes, in_channels) need not be given. Raises DiptychError, and leaves nothing partial behind,
    for anything but a full match of every weight by name and shape.
    """
    source, destination = Path(src), Path(dst)
    format_of(destination)
    check_destination(destination, source, force)
    checkpoint = read(source)
    options = {"num_classes": num_classes, "in_channels": in_channels, "input_size": input_size}
    found = identify(checkpoint, network, options)
    arrays = checked(found.net, checkpoint.named(found.net), str(source))
    _check_extras(checkpoint, found.net)
    with replacing(destination, force) as temporary:
        write(temporary, found.net, arrays, checkpoint.extras)
        _prove(found.net, arrays, checkpoint.extras, read(temporary), destination)
    notes = checkpoint.notes + found.notes
    return Conversion(source, destination, found.net.name, dict(found.net.options), len(arrays), notes, True)


def _check_extras(checkpoint: Checkpoint, net: Net) -> None:
    known = set(counters(net))
    strangers = [name for name in checkpoint.extras if name not in known]
    if strangers:
        raise WeightsError(
            f"{checkpoint.path}: {net.name} has no batch normalisation for {', '.join(strangers[:8])}; name the right "
            "network"
        )


def _prove(
    net: Net, arrays: Mapping[str, Array], extras: Mapping[str, int], back: Checkpoint, destination: Path
) -> None:
    """Raise DiptychError unless the file read back holds the same bits under the same names."""
    worst = same_bits(arrays, back.named(net))
    lost = [name for name, count in extras.items() if back.extras.get(name) != count]
    if worst.first or lost:
        raise DiptychError(
            f"{destination} was not written: read back, {worst.first or lost[0]} differs from what was read "
            f"({worst.why or 'another count'}). This is a fault of diptych or of a library below it; please report it"
        )
