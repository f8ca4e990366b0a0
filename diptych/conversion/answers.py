"""What `identify` says of files that are exactly a registered network, by a digest of their names and shapes.

`answers.json` has it, so that nothing is traced for such a file; `make write` writes it, and a test holds it to what is
found without. It counts only as long as the networks and names that it comes from are as they were.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..common import dialects as folder
from ..common import zoo
from ..common.kept import checksums, kept
from ..files import headers

if TYPE_CHECKING:
    from ..files.tensors import Tensors

FILE = Path(folder.__file__).with_name("answers.json")


def answer(path: Path) -> list[str] | None:
    """The lines of `identify` for a file, without its path; None where it is none of those, or odd in any way."""
    found = headers.shapes(path)
    data = kept(FILE) if found else {}
    lines = data.get("answers", {}).get(digest(found or {}))
    return lines if lines and data["checksums"] == sources() else None


def digest(shapes: Mapping[str, tuple[int, ...]]) -> str:
    """A digest of names and shapes, in whatever order."""
    text = json.dumps(sorted((name, list(map(int, shape))) for name, shape in shapes.items()))
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()[:20]


def sources() -> dict[str, Any]:
    """Checksums of the files that the answers come from."""
    return {name: checksums(Path(place.__path__[0])) for name, place in (("zoo", zoo), ("dialects", folder))}


def files_of(name: str) -> Iterator[Tensors]:
    """What torch's files of a network hold, in each library's names, as far as its names and shapes."""
    import numpy as np

    from ..common.dialect import EMITTED
    from ..common.registry import traced
    from ..files.content import Content
    from ..files.tensors import Tensors
    from .signatures import dialects_of

    net = traced(name, {})
    zero = np.zeros((), np.float32)
    arrays = {key: np.broadcast_to(zero, tuple(map(int, weight.shape))) for key, weight in net.weights.items()}
    for item in dialects_of(name, places=False):
        if item.of_layers or item.library == EMITTED:
            continue
        tensors = Content(net, arrays, dialect=item).tensors()
        weights = {key: array for key, array in tensors.items() if not key.endswith(headers.COUNTER)}
        yield Tensors(Path("x.pth"), "torch", weights)
