"""Heads of several layers in Keras files of weights alone, where the caller says what lies between them.

HDF5 and TensorFlow keep layers by name and not in order, so that the widths decide it: each layer takes what the one
before gives. Where two orders fit, the file does not tell, and it is refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from ..common.dialect import numbered, rules
from ..common.errors import SpecError
from ..common.head import text_of
from ..common.registry import traced
from ..common.spec import Array
from ..files.checkpoint import cut
from ..files.layers import Layers
from ..tf_impl.slots import slots_of
from .head_parts import Part, layers_between
from .matching import Match, match

MOST = 8
"""Layers of a head whose order is looked for."""
ARRAYS = 4
"""Of a normalisation: scale, offset, mean and variance."""


def chain_of(layers: Mapping[str, Sequence[Array]], names: Sequence[str], features: int) -> list[Part] | None:
    """These layers as the one chain that they make after so many numbers; None for none, and for several."""
    parts = [_part(name, [array.shape for array in layers[name]]) for name in names]
    known = [part for part in parts if part is not None]
    if len(known) != len(parts) or not 0 < len(parts) <= MOST:
        return None
    found = list(_orders(known, features))
    return found[0] if len(found) == 1 else None


def _part(name: str, shapes: Sequence[tuple[int, ...]]) -> Part | None:
    first = shapes[0]
    if len(first) == 2 and list(shapes[1:]) in ([], [first[1:]]):
        return Part(name, "linear", *first, bias=len(shapes) == 2)
    if len(first) == 1 and len(shapes) == ARRAYS and set(shapes) == {first}:
        return Part(name, "batch_norm", first[0], first[0])
    return None


def _orders(parts: Sequence[Part], width: int) -> Iterator[list[Part]]:
    """The orders in which each part takes as many numbers as the one before gives."""
    if not parts:
        yield []
    for place, part in enumerate(parts):
        if part.ins == width:
            for rest in _orders([*parts[:place], *parts[place + 1 :]], part.outs):
                yield [part, *rest]


def with_chain(checkpoint: Layers, prefix: str, bare: Match, inner: Mapping[str, Any], parts: list[Part],
               between: str, note: str) -> Match | None:  # fmt: skip
    """The backbone, whose layers are `inner`, with these parts as its head, and what lies `between` them.

    None where that does not fit; raises SpecError where `between` says other layers.
    """
    try:
        layers = layers_between(parts, between)
    except SpecError as error:
        raise SpecError(f"{checkpoint.path}: {error}") from None
    left = {"num_classes", *bare.dialect.bare}
    options = {key: value for key, value in bare.net.options if key not in left}
    options["head"] = text_of(layers)
    whole = traced(bare.net.name, options)
    paths = [layer for layer in slots_of(whole) if layer not in slots_of(bare.net)]
    kept = {**inner, **{part.path.removeprefix(prefix): checkpoint.layers[part.path] for part in parts}}
    short = numbered(kept)
    pairs = [(path, short[part.path.removeprefix(prefix)]) for path, part in zip(paths, parts, strict=True)]
    item = replace(bare.dialect, rules=(*rules(*pairs), *bare.dialect.rules))
    notes = (*bare.checkpoint.notes, note)
    config = None if checkpoint.config is None else cut(checkpoint.config, prefix)
    found = match(replace(checkpoint, layers=kept, places={}, config=config, notes=notes), item, options)
    return found if found.exact else None
