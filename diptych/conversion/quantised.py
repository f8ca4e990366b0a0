"""Files of quantised weights: whole numbers that stand for others by a scale, which are another network's."""

from __future__ import annotations

from collections.abc import Iterator

from ..common.errors import DiptychError
from ..files.checkpoint import Checkpoint
from ..files.layers import Layers
from ..files.tensors import Tensors

PACKED = ("qweight", "qzeros", "weight_packed", "weight_scale", "weight_zero_point", "absmax", "quant_map", "SCB")
"""How GPTQ, AWQ, bitsandbytes and compressed-tensors call the parts of a weight."""
WHOLE = "iu"
LEAST = 2
"""Axes of a weight: a row of whole numbers may be a buffer beside the network."""


def check_not_quantised(checkpoint: Checkpoint) -> None:
    """Raise DiptychError, with the first of them, for a file of quantised weights."""
    found = next(_quantised(checkpoint), None)
    if found is not None:
        raise DiptychError(
            f"{checkpoint.path} is quantised: {found}. Such numbers stand for others by a scale and a zero point, and "
            "a network that computes with them is another function; convert the model from before it was quantised, or "
            "let its own library give the weights back in floating point, and save those"
        )


def _quantised(checkpoint: Checkpoint) -> Iterator[str]:
    if isinstance(checkpoint, Layers):
        for layer, variables in (checkpoint.layers or checkpoint.places).items():
            yield from (f"{layer} is {a.dtype}" for a in variables if a.dtype.kind in WHOLE and a.ndim >= LEAST)
    elif isinstance(checkpoint, Tensors):
        for name, array in checkpoint.arrays.items():
            whole = array.dtype.kind in WHOLE and array.ndim >= LEAST
            if (whole and name.endswith("weight")) or name.rpartition(".")[2] in PACKED:
                yield f"{name} is {array.dtype}"
