"""Darknet's `.weights`: a header and float32 numbers, whose names and shapes are those of a network's sections.

Which network it is, a `.cfg` says: that of the same name beside it; or the folder's one `.cfg`, where it has as many
numbers; else how many numbers there are.
"""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np

from ..common.dialect import OWN
from ..common.errors import DiptychError, FileError
from ..common.registry import traced
from .boxes import carried
from .content import Content
from .darknet.floats import Floats
from .darknet.header import LONGEST, VERSION, Header, header_in, header_of
from .darknet.match import Configured, read_cfg
from .darknet.order import count, order
from .format import Format
from .guarded import guarded
from .kinds import check_regular
from .provenance import Provenance

ITEM, SUFFIX, CONFIGURED = 4, ".weights", ".cfg"
LISTED = 10_000
"""Names of a folder that are looked at for one .cfg."""
COUNTED = "the number of its numbers says which network it is; a .cfg beside it, or --cfg, would say each section"
CAUTION = (
    "normalisation is (x - mean) / sqrt(variance + 1e-5), as in AlexeyAB's Darknet; with pjreddie's sqrt(variance) + "
    "1e-6 or OpenCV's sqrt(variance + 1e-6) outputs are up to 3e-4 of the largest away"
)


def read(path: Path) -> Floats:
    """The numbers of a file; raises FileError where it is cut short, has no numbers, or a header that is none."""
    size = check_regular(path).st_size
    with path.open("rb") as file:
        try:
            header = header_of(file.read(LONGEST))
        except FileError as error:
            raise FileError(f"{path} is no .weights file of Darknet's: {error}") from None
        rest = size - header.size
        if rest <= 0 or rest % ITEM:
            what = (
                f"there are {rest // ITEM:,} numbers of float32 and {rest % ITEM} bytes" if rest > 0 else "is nothing"
            )
            raise FileError(f"{path} is not whole: behind its header of {header.size} bytes {what}")
        file.seek(header.size)
        numbers = np.fromfile(file, "<f4", rest // ITEM).astype(np.float32, copy=False)
    said, refusal = _configured(path, len(numbers))
    network, options = (said.network, dict(said.options)) if said else (None, {})
    stated = Provenance(network, options, record={"carried": {"darknet": header._asdict()} | carried(said)})
    notes = (str(said),) if said else (COUNTED,)
    return Floats(path, "darknet", numbers, header=header, refusal=refusal, stated=stated, notes=notes)


def _configured(path: Path, numbers: int) -> tuple[Configured | None, str]:
    """(what the .cfg beside a file says, why that of the same name says nothing)."""
    own = path.with_suffix(CONFIGURED)
    if own.exists():
        try:
            said = read_cfg(own)
            expected = count(traced(said.network, dict(said.options)))
        except DiptychError as error:
            return None, str(error)
        why = f"{own} says {said.network} with {expected:,} numbers, the file has {numbers:,}"
        return (said, "") if expected == numbers else (None, why)
    try:
        listed = list(itertools.islice(path.absolute().parent.iterdir(), LISTED))
        (only,) = [item for item in listed if item.suffix.lower() == CONFIGURED]
        found = read_cfg(only)
        fits = count(traced(found.network, dict(found.options))) == numbers
    except (DiptychError, OSError, ValueError):  # a ValueError where there is none, or several
        return None, ""
    return (found, "") if fits else (None, "")


def write(path: Path, content: Content) -> None:
    """Write the numbers of a network of Darknet's, and the header that its file had, else that of version 0.2.5."""
    if content.dialect.library != OWN:
        raise FileError(f"a .weights file has no names; leave out those of {content.dialect.library}")
    kinds = sorted({str(array.dtype) for array in content.arrays.values()})
    if kinds != ["float32"]:
        raise FileError(f"a .weights file is all float32, the weights are {' and '.join(kinds)}; save them so first")
    names, header = order(content.net), header_in(content.record.get("carried", {})).packed()
    with guarded(path) as file:
        file.write(header)
        for name in names:
            file.write(np.ascontiguousarray(content.arrays[name], "<f4").reshape(-1).view(np.uint8))


def fits(path: Path, head: bytes) -> bool:
    """Whether a file begins as Darknet's own do: version 0.1 or 0.2."""
    if len(head) <= LONGEST:
        return False
    version = Header(*VERSION.unpack_from(head))
    return version.major == 0 and version.minor in (1, 2) and 0 <= version.revision < 10


FORMAT = Format("darknet", "torch", "Darknet", read, write, (SUFFIX,), fits=fits, silent=True, caution=CAUTION)
