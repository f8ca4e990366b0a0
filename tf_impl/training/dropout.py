"""Dropout in Keras with masks that are given; see `common.training.masks`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import tensorflow as tf

from ...common.comparing.given import Dropped
from ...common.errors import DiptychError
from ...common.layouts import BATCH, rearranged
from ...common.training.masks import Masks
from ...common.training.setting import Order
from ..calls import drops, kind_of, patched
from ..classes import every_layer, path_of


@contextmanager
def masked(model: Any, masks: Masks, order: Order) -> Iterator[None]:
    """With the masks of this pass in place of what each dropout would draw."""

    def given(layer: Any) -> Any:
        name = order.names.get(layer.name, layer.name) if order.names else ""

        def call(inputs: Any, training: bool = False) -> Any:
            path = path_of(layer)
            rate = float(layer.rate) if path is None else path
            if not training or not rate:
                return inputs
            kind = kind_of(layer) if path is None else "path"
            if "alpha" in kind:
                raise DiptychError(
                    "alpha dropout changes what it keeps, so that no mask makes it the same in both frameworks"
                )
            return inputs * tf.cast(_mask(inputs, masks, Dropped(kind, rate), name, order), inputs.dtype)

        return call

    with patched({layer: given(layer) for layer in every_layer(model) if drops(layer)}):
        yield


def _mask(x: Any, masks: Masks, dropped: Dropped, name: str, order: Order) -> Any:
    own = tuple(map(int, x.shape))
    shape = (own[0], own[-1], *own[1:-1])  # canonical: the channels come second
    if dropped.kind == "path":
        return masks.take(dropped, (own[0], *(1 for _ in own[1:])), name)
    if dropped.kind == "spatial dropout":
        shape = (*shape[:2], *(1 for _ in shape[2:]))
    mask = masks.take(dropped, shape, name)
    if len(shape) == 2:
        return order.turned(mask, name)
    return rearranged(mask, BATCH["torch"], BATCH["tf"])
