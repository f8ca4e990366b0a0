"""A file that is written, and read again before anybody relies on it."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from ..common.compare import same_bits
from ..common.dialect import OWN
from ..common.errors import DiptychError
from ..common.spec import Array
from ..files import read, write_content
from ..files.content import Content
from .keras_config import differences
from .report import digest


class Written(NamedTuple):
    """The weights that were read back, the words for the second reader ("" for none), and the SHA-256 of the file."""

    weights: Mapping[str, Array]
    reader: str
    sha256: str


def written(path: Path, content: Content, destination: Path, again: bool = False) -> Written:
    """Write a file and read it back, by a second reader, too, if it is read `again`.

    Raises DiptychError unless the weights are the same bits under the same names.
    """
    write_content(path, content)
    with ThreadPoolExecutor(1) as pool:  # hashing does not hold the interpreter's lock
        hashing = pool.submit(digest, path)
        found, reader = _read_back(path, content, destination, again)
        return Written(found, reader, hashing.result())


def _read_back(path: Path, content: Content, destination: Path, again: bool) -> tuple[Mapping[str, Array], str]:
    """The weights of a written file; raises DiptychError unless they are the same bits under the same names."""
    raw = read(path)
    reader = ""
    if again:
        from ..files.again.compare import compare

        reader = compare(raw, path, destination)
    back = raw.translate(content.dialect)
    found = back.view(content.net)
    worst = same_bits(content.arrays, found)
    other = differences(back.config, content.net) if back.config is not None and content.dialect.library == OWN else []
    lost = [name for name, count in content.extras.items() if back.extras.get(name) != count]
    if worst.first or lost or other:
        first = (worst.first or [*lost, *other][0]) + f" differs from what was read ({worst.why or 'another value'})"
        raise DiptychError(
            f"{destination} was not written: read back, {first}. This is a fault of diptych or of a library below it; "
            "please report it"
        )
    return found, reader
