"""Checkpoints in the names of other libraries, translated into ours, and the other way round.

A checkpoint is translated first and matched then: identification, conversion and refusals know one set of names only.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from ..common.dialect import Dialect, numbered
from ..common.spec import Array, Net, Weight
from .checkpoint import Checkpoint

UNKNOWN = ":"
"""What stands after the library in the name of a weight that the library's dialect does not know."""


def translated(checkpoint: Checkpoint, dialect: Dialect) -> Checkpoint:
    """The checkpoint with our names for what the dialect knows; other names come back as "library:name"."""
    if dialect.plain:
        return checkpoint
    if checkpoint.layers is None:
        arrays = {_weight(name, dialect): _matrix(name, array, dialect) for name, array in checkpoint.arrays.items()}
        extras = {_weight(name, dialect): count for name, count in checkpoint.extras.items()}
        zeros = frozenset(_weight(name, dialect) for name in checkpoint.zeros)
        return replace(checkpoint, arrays=arrays, extras=extras, zeros=zeros)
    short = numbered(checkpoint.layers)
    layers = {
        path: part for name, all_ in checkpoint.layers.items() for path, part in _layers(short[name], all_, dialect)
    }
    config = {_entry(short.get(name, name), dialect): entry for name, entry in (checkpoint.config or {}).items()}
    return replace(checkpoint, layers=layers, config=config if checkpoint.config is not None else None)


def in_dialect(net: Net, arrays: Mapping[str, Array], extras: Mapping[str, int], dialect: Dialect) -> dict[str, Array]:
    """Canonical weights and batch counters under the names of a torch library, with its kernels for matrices."""
    import numpy as np

    found: dict[str, Array] = {}
    for node in net.nodes:
        if node.owner:
            continue
        named = replace(node, path=dialect.theirs(node.path)).weights()
        for there, (name, weight) in zip(named, node.weights().items(), strict=True):
            kernel = arrays[name].ndim == 2 and dialect.kernel(node.path)
            found[there] = _kernel(arrays[name], weight) if kernel else arrays[name]
        if node.kind == "batch_norm":
            counter = f"{node.path}.num_batches_tracked"
            found[f"{dialect.theirs(node.path)}.num_batches_tracked"] = np.array(extras.get(counter, 0), np.int64)
    return found


def _kernel(array: Array, weight: Weight) -> Array:
    """A matrix as a kernel of the map that its columns were flattened from, of 1x1 where there was none."""
    sizes = dict(weight.sizes)
    return array.reshape(len(array), -1, sizes.get("H", 1), sizes.get("W", 1))


def _entry(name: str, dialect: Dialect) -> str:
    return dialect.ours(name) or name


def _weight(name: str, dialect: Dialect) -> str:
    path, _, kind = name.rpartition(".")
    ours = dialect.ours(path)
    return f"{dialect.library}{UNKNOWN}{name}" if ours is None else f"{ours}.{kind}"


def _matrix(name: str, array: Array, dialect: Dialect) -> Array:
    """The array, as the matrix that it is where the dialect keeps matrices as kernels."""
    ours = dialect.ours(name.rpartition(".")[0])
    kernel = array.ndim == 4 and ours is not None and dialect.kernel(ours)
    return array.reshape(len(array), -1) if kernel else array


def _layers(name: str, arrays: list[Array], dialect: Dialect) -> Iterator[tuple[str, list[Array]]]:
    """(our layer, its arrays) of a Keras layer, which may be two of ours."""
    ours = dialect.ours(name)
    parts = [dialect.ours(f"{name}#{index}") or "" for index in range(len(arrays))]
    parts = ["" if "#" in part else part for part in parts]
    if any(parts):
        for index, (path, array) in enumerate(zip(parts, arrays, strict=True)):
            yield path or f"{dialect.library}{UNKNOWN}{name}#{index}", [array]
    elif ours is None:
        yield f"{dialect.library}{UNKNOWN}{name}", arrays
    else:
        kernel = dialect.kernel(ours)
        yield ours, [a[0, 0] if kernel and a.ndim == 4 and a.shape[:2] == (1, 1) else a for a in arrays]
