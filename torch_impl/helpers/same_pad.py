"""TensorFlow's SAME padding, written out.

See `diptych traps`: `torch_refuses_same_at_stride_2`.
"""

from torch import nn


def same_pad(x, extent, stride, value=0.0):
    """Pad a batch as TensorFlow's SAME does: by what its size needs, and the odd pad last."""
    pads = []
    for axis in (1, 0):
        size = x.shape[2 + axis]
        total = max((-(-size // stride[axis]) - 1) * stride[axis] + extent[axis] - size, 0)
        pads += [total // 2, total - total // 2]
    return nn.functional.pad(x, pads, value=value)
