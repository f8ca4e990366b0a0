"""Canonical weights in the names of other libraries, and what their state dicts have beside weights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..common.dialect import Dialect
from ..common.spec import Array, Net, Weight
from .boxes import KEY, other_than, with_levels
from .provenance import Provenance


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


def anchors_in(net: Net, dialect: Dialect, record: Mapping[str, Any], dtype: Any) -> dict[str, Array]:
    """The arrays of anchors that a state dict there has beside the weights: those that a record carries, else its own.

    A network without its head has none.
    """
    if not dict(net.options).get("num_classes", 1):
        return {}
    said = record.get("carried")
    carried = said if isinstance(said, dict) else {}
    return {item.name: item.array(with_levels(item.detector, carried), dtype) for item in dialect.beside}


def anchors_of(
    arrays: Mapping[str, Array], dialect: Dialect, stated: Provenance, path: Path
) -> tuple[Provenance, tuple[str, ...]]:
    """(what a file states, with anchors of its state dict that are not the network's own; what is noted of them)."""
    notes = list[str]()
    for item in dialect.beside:
        if item.name not in arrays:
            continue
        found = item.read(arrays[item.name], str(path))
        notes.append(item.said(found, arrays[item.name].size))
        if found is not None:
            before = stated.record.get("carried")
            kept = {key: value for key, value in before.items() if key != KEY} if isinstance(before, dict) else {}
            stated = replace(stated, record={**stated.record, "carried": kept | other_than(item.detector, found)})
    return stated, tuple(notes)


def _kernel(array: Array, weight: Weight) -> Array:
    """A matrix as a kernel of the map that its columns were flattened from, of 1x1 where there was none."""
    sizes = dict(weight.sizes)
    return array.reshape(len(array), -1, sizes.get("H", 1), sizes.get("W", 1))
