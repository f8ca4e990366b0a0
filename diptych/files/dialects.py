"""Canonical weights in the names of other libraries."""

from __future__ import annotations

from collections.abc import Mapping

from ..common.dialect import Dialect
from ..common.spec import Array, Net, Weight


def in_dialect(net: Net, arrays: Mapping[str, Array], extras: Mapping[str, int], dialect: Dialect) -> dict[str, Array]:
    """Canonical weights and batch counters under the names of a torch library, with its kernels for matrices."""
    import numpy as np

    found: dict[str, Array] = {}
    for node in net.nodes:
        if node.owner:
            continue
        for name, weight in node.weights().items():
            kernel = arrays[name].ndim == 2 and dialect.kernel(node.path)
            found[dialect.weight(name)] = _kernel(arrays[name], weight) if kernel else arrays[name]
        if node.op.normalises:
            counter = f"{node.path}.num_batches_tracked"
            found[f"{dialect.theirs(node.path)}.num_batches_tracked"] = np.array(extras.get(counter, 0), np.int64)
    return found


def _kernel(array: Array, weight: Weight) -> Array:
    """A matrix as a kernel of the map that its columns were flattened from, of 1x1 where there was none."""
    sizes = dict(weight.sizes)
    return array.reshape(len(array), -1, sizes.get("H", 1), sizes.get("W", 1))
