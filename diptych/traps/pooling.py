"""Pooling: what the padding holds, what a mean divides by, and how many windows there are."""

from __future__ import annotations

from ..common.geometry import Pads, output_size, resolved
from ..common.ops._pooling import Pool
from ..common.ops.max_pool import MaxPool
from ..common.spec import Node
from .trap import trap

SECTION = "Pooling"
NONE: Pads = (0, 0, 0, 0)


def padded(node: Node) -> bool:
    """Whether a pool says its pads in numbers other than 0."""
    return isinstance(node.op, Pool) and node.op.pads not in ("same", NONE)


def same_differs(node: Node) -> bool:
    """Whether SAME would pad this very input otherwise than the op does, with what hangs over in ceil mode."""
    op = node.op
    if not isinstance(op, Pool) or op.pads == "same":
        return False
    size = node.in_shapes[0][1], node.in_shapes[0][2]
    return op.explicit(size) != resolved("same", size, op.kernel, op.stride)


def _counts(node: Node, drop: bool, ceil: bool) -> tuple[int, int]:
    """How many windows a pool has on both axes; ceil mode without `drop` keeps those that start in the padding."""
    op = node.op
    if not isinstance(op, Pool) or op.pads == "same":
        return 0, 0
    pads, found = op.pads, []
    for n, k, s, before, after in zip(node.in_shapes[0][1:], op.kernel, op.stride, pads[::2], pads[1::2], strict=True):
        kept = output_size(n, k, s, before, after, ceil=ceil)
        found.append(kept if drop or not ceil else -(-(n + before + after - k) // s) + 1)
    return found[0], found[1]


def _ceil(node: Node) -> bool:
    return isinstance(node.op, Pool) and node.op.ceil_mode


@trap(
    section=SECTION,
    title="What a max pool is padded with",
    torch="Minus infinity, which never wins.",
    keras="ZeroPadding2D puts zeros, which win over negative numbers; after ReLU the two are equal.",
    rule="Pad with minus infinity, then 'valid'.",
    wrong=2.9,
    right=0.0,
    thread="https://docs.pytorch.org/docs/stable/generated/torch.nn.MaxPool2d.html",
    meets=lambda node: isinstance(node.op, MaxPool) and padded(node),
)
def max_pool_pads_with_minus_infinity() -> tuple[float, float]:
    """torch pads a max pool with minus infinity; a zero from ZeroPadding2D wins over negative numbers."""
    import keras
    import numpy as np
    import torch

    x = np.random.default_rng(0).normal(size=(2, 3, 8, 10)).astype("float32") - 3
    truth = torch.nn.functional.max_pool2d(torch.tensor(x), 3, stride=2, padding=1)
    image, sides = np.einsum("nchw->nhwc", x), [(0, 0), (1, 1), (1, 1), (0, 0)]
    frames = [np.pad(image, sides, constant_values=value) for value in (0, -np.inf)]
    naive, faithful = (keras.ops.max_pool(framed, 3, strides=2) for framed in frames)
    wrong, right = (np.abs(np.einsum("nhwc->nchw", y) - truth.numpy()).max() for y in (naive, faithful))
    return float(wrong), float(right)


@trap(
    section=SECTION,
    title="A max pool with SAME at stride 2",
    torch="padding=1 is a pixel on every side.",
    keras="padding='same' never counts its padding, but puts it on the bottom and the right alone at even sizes.",
    rule="Minus infinity on every side, then 'valid'.",
    wrong=3.5,
    right=0.0,
    thread="https://github.com/pytorch/pytorch/issues/3867",
    meets=lambda node: isinstance(node.op, MaxPool) and padded(node) and same_differs(node),
)
def max_pool_same_at_stride_2() -> tuple[float, float]:
    """SAME ignores its padding, as minus infinity does, but on an even image it starts a pixel later than torch."""
    import keras
    import numpy as np
    import torch

    x = np.random.default_rng(0).normal(size=(2, 3, 8, 10)).astype("float32")
    truth = torch.nn.functional.max_pool2d(torch.tensor(x), 3, stride=2, padding=1)
    image = np.einsum("nchw->nhwc", x)
    naive = keras.ops.max_pool(image, 3, strides=2, padding="same")
    framed = np.pad(image, [(0, 0), (1, 1), (1, 1), (0, 0)], constant_values=-np.inf)
    faithful = keras.ops.max_pool(framed, 3, strides=2)
    wrong, right = (np.abs(np.einsum("nhwc->nchw", y) - truth.numpy()).max() for y in (naive, faithful))
    return float(wrong), float(right)


@trap(
    section=SECTION,
    title="ceil_mode adds a window at the end",
    torch="ceil_mode=True rounds the number of windows up: the last one hangs over the bottom and the right.",
    keras="There is no such option: 'valid' rounds down, and the map has a row and a column less.",
    rule="Pad the end alone with minus infinity, by what the last window lacks, then 'valid'.",
    wrong=1.0,
    right=0.0,
    thread="https://github.com/tenstorrent/tt-metal/issues/15039",
    meets=lambda node: _ceil(node) and _counts(node, True, True) != _counts(node, True, False),
    measure="rows missing with 'valid'; max |a - b| when padded at the end",
)
def ceil_mode_adds_a_window() -> tuple[float, float]:
    """An image of 8 with windows of 3 at stride 2: torch's ceil mode finds 4 windows, 'valid' finds 3."""
    import keras
    import numpy as np
    import torch

    x = np.random.default_rng(0).normal(size=(2, 3, 8, 8)).astype("float32") - 3
    truth = torch.nn.functional.max_pool2d(torch.tensor(x), 3, stride=2, ceil_mode=True)
    image = np.einsum("nchw->nhwc", x)
    naive = keras.ops.max_pool(image, 3, strides=2)
    missing = (truth.shape[2] - 1) * 2 + 3 - 8
    framed = np.pad(image, [(0, 0), (0, missing), (0, missing), (0, 0)], constant_values=-np.inf)
    faithful = keras.ops.max_pool(framed, 3, strides=2)
    rows = truth.shape[2] - naive.shape[1]
    return float(rows), float(np.abs(np.einsum("nhwc->nchw", faithful) - truth.numpy()).max())


@trap(
    section=SECTION,
    title="ceil_mode equals SAME at some sizes only",
    torch="ceil_mode with k 3 s 2: an image of 8 gives 4 windows, one of 7 gives 3.",
    keras="padding='same': an image of 8 gives the same 4 windows, one of 7 gives 4.",
    rule="Compute the overhang from the size of the image; do not write 'same'.",
    wrong=1.0,
    right=0.0,
    thread="https://github.com/hassony2/kinetics_i3d_pytorch/issues/4",
    meets=lambda node: _ceil(node) and same_differs(node),
    measure="rows too many with SAME on an image of 7; max |a - b| with SAME on an image of 8",
)
def ceil_mode_is_not_same() -> tuple[float, float]:
    """Windows of 3 at stride 2: ceil mode equals SAME on an image of 8 (right), and has a row less on one of 7."""
    import keras
    import numpy as np
    import torch

    x = np.random.default_rng(0).normal(size=(2, 3, 8, 8)).astype("float32")
    truth = torch.nn.functional.max_pool2d(torch.tensor(x), 3, stride=2, ceil_mode=True)
    same = keras.ops.max_pool(np.einsum("nchw->nhwc", x), 3, strides=2, padding="same")
    odd = torch.nn.functional.max_pool2d(torch.tensor(x[:, :, :7, :7]), 3, stride=2, ceil_mode=True)
    odd_same = keras.ops.max_pool(np.einsum("nchw->nhwc", x[:, :, :7, :7]), 3, strides=2, padding="same")
    rows = abs(odd.shape[2] - odd_same.shape[1])
    return float(rows), float(np.abs(np.einsum("nhwc->nchw", same) - truth.numpy()).max())


@trap(
    section=SECTION,
    title="ceil_mode drops a window that starts in the padding",
    torch="A last window that would start beyond the image, in the padding after it, is left out.",
    keras="A twin that pads for ceil((n + 2 p - k) / s) + 1 windows has a row and a column too many.",
    rule="Take one window off where (windows - 1) * s >= n + p.",
    wrong=1.0,
    right=0.0,
    thread="https://github.com/pytorch/pytorch/issues/45357",
    meets=lambda node: _ceil(node) and _counts(node, True, True) != _counts(node, False, True),
    measure="rows too many by the formula; max |a - b| without them",
)
def ceil_mode_drops_a_window() -> tuple[float, float]:
    """An image of 7 with windows of 2 at stride 2 and pad 1: ceil((7 + 2 - 2) / 2) + 1 is 5, and torch gives 4."""
    import keras
    import numpy as np
    import torch

    x = np.random.default_rng(0).normal(size=(2, 3, 7, 7)).astype("float32") - 3
    truth = torch.nn.functional.max_pool2d(torch.tensor(x), 2, stride=2, padding=1, ceil_mode=True)
    rows = -(-(7 + 2 - 2) // 2) + 1
    rows_kept = rows - ((rows - 1) * 2 >= 7 + 1)  # a window that starts in the padding after
    after = (rows_kept - 1) * 2 + 2 - 7 - 1
    framed = np.pad(np.einsum("nchw->nhwc", x), [(0, 0), (1, after), (1, after), (0, 0)], constant_values=-np.inf)
    faithful = keras.ops.max_pool(framed, 2, strides=2)
    return float(rows - truth.shape[2]), float(np.abs(np.einsum("nhwc->nchw", faithful) - truth.numpy()).max())


@trap(
    section=SECTION,
    title="A pool without padding on an odd image",
    torch="The rest that fills no window is dropped: 7 pixels give 3 windows of 2.",
    keras="'valid' drops it too; 'same' makes a fourth window of the last pixel.",
    rule="'valid', which is the default.",
    wrong=1.0,
    right=0.0,
    thread="https://github.com/hizhangp/yolo_tensorflow/issues/58",
    meets=lambda node: (
        isinstance(node.op, Pool)
        and (node.op.pads, node.op.ceil_mode) == (NONE, False)
        and any((n - k) % s for n, k, s in zip(node.in_shapes[0][1:], node.op.kernel, node.op.stride, strict=True))
    ),
    measure="rows too many with SAME; max |a - b| with 'valid'",
)
def same_pool_on_an_odd_image() -> tuple[float, float]:
    """Windows of 2 at stride 2 on an image of 7: torch and 'valid' drop the last row, SAME makes a window of it."""
    import keras
    import numpy as np
    import torch

    x = np.random.default_rng(0).normal(size=(2, 3, 7, 9)).astype("float32")
    truth = torch.nn.functional.max_pool2d(torch.tensor(x), 2)
    naive = keras.ops.max_pool(np.einsum("nchw->nhwc", x), 2, padding="same")
    faithful = keras.ops.max_pool(np.einsum("nchw->nhwc", x), 2, padding="valid")
    rows = naive.shape[1] - truth.shape[2]
    return float(rows), float(np.abs(np.einsum("nhwc->nchw", faithful) - truth.numpy()).max())
