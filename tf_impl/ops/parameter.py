"""A weight of a block itself, as add_weight; a functional model has it as the offset of a layer."""

from __future__ import annotations

from ...common.lowering import Lowering, Make, Slot
from ...common.ops.parameter import Parameter


def parameter(op: Parameter) -> Lowering:
    """self.add_weight((H, W, C), ...); in a functional model, what layers.LayerNormalization adds to zeros.

    A normalised zero is zero, so that the value is the offset, bit for bit, and the gradient of the offset is that of
    the value. A row of layers.Embedding would be exact, too, but has a gradient of slices, of which optimisers and the
    clipping of norms make something else.
    """
    size = (*op.size[1:], op.size[0])
    axes = " ".join((*op.letters[1:], op.letters[0]))
    zeros = Make("zeros", (tuple(map(int, size)),), layer=False)
    offset = Make("layers.LayerNormalization", (), {"axis": tuple(range(1, len(size) + 1)), "scale": False})
    written = Make("self.add_weight", (size, op.init))
    return Lowering((zeros, offset), slots=(Slot("", "beta", axes),), written=written, attribute=True)
