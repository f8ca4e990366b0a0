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
    from ..files.layers import Layers
    from ..files.tensors import Tensors

FILE = Path(folder.__file__).with_name("answers.json")


def answer(path: Path) -> list[str] | None:
    """The lines of `identify` for a file, without its path; None where it is none of those, or odd in any way."""
    found: Mapping[str, Any] | None = headers.shapes(path)
    size = None
    if found is None and (known := headers.layers(path)) is not None:
        found, size = known
    data = kept(FILE) if found else {}
    key = digest(found or {})
    lines = data.get("answers", {}).get(key)
    if not lines or data["checksums"] != sources():
        return None
    # Of a Keras file that is for images of another size than the network's own, which is said as an option.
    return None if size is not None and list(size) != data["sizes"].get(key) else list(lines)


def digest(shapes: Mapping[str, Any]) -> str:
    """A digest of names and shapes, in whatever order: of weights, or of layers with a list of shapes for each."""
    text = json.dumps(sorted((name, _plain(shape)) for name, shape in shapes.items()))
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()[:20]


def _plain(shape: Any) -> Any:
    """A shape, or a list of such, as JSON has it: a layer has a list of lists, which a weight never has."""
    return [_plain(item) for item in shape] if isinstance(shape, (list, tuple)) else int(shape)


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


def models_of(name: str) -> Iterator[Layers]:
    """What Keras's files of a network hold, in each library's names, as far as its names and shapes."""
    import numpy as np

    from ..common.dialect import OWN
    from ..common.registry import traced
    from ..files.axes import stored_shape
    from ..files.layers import Layers
    from ..tf_impl.slots import slots_of
    from .signatures import dialects_of

    zero = np.zeros((), np.float32)
    for item in dialects_of(name, places=False):
        if item.library != OWN and not item.of_layers:
            continue
        found = dict[str, list[Any]]()
        for layer, slots in slots_of(traced(name, {})).items():
            shapes = [stored_shape(weight, axes) for _, weight, axes in slots]
            if item.kernel(layer):
                shapes = [(1, 1, *shape) if len(shape) == 2 else shape for shape in shapes]
            there = item.theirs(layer).partition("#")[0]
            found.setdefault(there, []).extend(np.broadcast_to(zero, shape) for shape in shapes)
        yield Layers(Path("x.weights.h5"), "weights.h5", found)
