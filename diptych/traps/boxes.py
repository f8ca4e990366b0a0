"""Section Detection, second part: conventions of which neither framework knows, and two ports often differ."""

from __future__ import annotations

from .detection import SECTION
from .trap import trap


@trap(
    section=SECTION,
    title="The channels of a head: anchors first or numbers first",
    torch="Darknet, and the ports to torch, have channel a * (5 + classes) + i for number i of anchor a.",
    keras="With channels last the same order is a reshape to (..., anchors, 5 + classes); the other order has the same "
    "number of channels and fails nowhere.",
    rule="Say the order in the spec; reshape the last axis with the anchors first.",
    wrong=5.2,
    right=0.0,
)
def anchor_axes() -> tuple[float, float]:
    """The 3 x (5 + 20) channels of a YOLO head, taken apart into anchors and numbers per anchor."""
    import keras
    import numpy as np
    import torch

    head = np.random.default_rng(0).normal(size=(2, 75, 4, 6))
    reference = torch.tensor(head).reshape(2, 3, 25, 4, 6).permute(0, 3, 4, 1, 2).numpy()
    x = head.transpose(0, 2, 3, 1)
    naive = keras.ops.transpose(keras.ops.reshape(x, (2, 4, 6, 25, 3)), (0, 1, 2, 4, 3))
    faithful = keras.ops.reshape(x, (2, 4, 6, 3, 25))
    return float(np.abs(reference - naive).max()), float(np.abs(reference - faithful).max())


@trap(
    section=SECTION,
    title="Which anchors belong to which head",
    torch="YOLOv3's file lists nine anchors from small to large and its heads from coarse to fine, with the masks 6-8, "
    "3-5 and 0-2.",
    keras="A port that deals the anchors out in the order of the heads gives the smallest to the coarsest map.",
    rule="Keep the mask beside the anchors, and the stride beside each head.",
    wrong=2800.0,
    right=2.3e-13,
    measure="max |a - b| in pixels",
)
def anchor_mask() -> tuple[float, float]:
    """Widths of boxes of the three heads of YOLOv3, coarse head first."""
    import keras
    import numpy as np
    import torch

    anchors = np.array([10.0, 16, 33, 30, 62, 59, 116, 156, 373])
    t = np.random.default_rng(0).normal(size=(3, 3, 50))
    masks = torch.tensor([[6, 7, 8], [3, 4, 5], [0, 1, 2]])
    reference = (torch.tensor(anchors)[masks][..., None] * torch.tensor(t).exp()).numpy()
    naive = anchors.reshape(3, 3, 1) * keras.ops.exp(t)
    faithful = anchors.reshape(3, 3, 1)[::-1] * keras.ops.exp(t)
    return float(np.abs(reference - naive).max()), float(np.abs(reference - faithful).max())


@trap(
    section=SECTION,
    title="A letterbox is grey or black",
    torch="YOLO code fills the margins with the grey 114 of 255.",
    keras="tf.image.pad_to_bounding_box and resize_with_pad fill them with zeros.",
    rule="Pad with a given value, 114 / 255 once pixels are divided by 255.",
    wrong=0.45,
    right=0.0,
)
def letterbox_colour() -> tuple[float, float]:
    """An image of 20 x 30 pixels between 0 and 1, padded to a square."""
    import keras
    import numpy as np
    import tensorflow as tf
    import torch

    x = np.random.default_rng(0).uniform(size=(1, 20, 30, 3))
    image = torch.tensor(x).permute(0, 3, 1, 2)
    reference = torch.nn.functional.pad(image, (0, 0, 5, 5), value=114 / 255).permute(0, 2, 3, 1).numpy()
    naive = tf.image.pad_to_bounding_box(x, 5, 0, 30, 30)
    faithful = keras.ops.pad(x, ((0, 0), (5, 5), (0, 0), (0, 0)), constant_values=114 / 255)
    return float(np.abs(reference - naive).max()), float(np.abs(reference - faithful).max())


@trap(
    section=SECTION,
    title="The size of the image in a letterbox is rounded or cut",
    torch="YOLO code rounds the scaled height, and shares an odd margin by round(margin / 2 - 0.1).",
    keras="tf.image.resize_with_pad cuts both to whole pixels.",
    rule="Compute height and margins in one place and give both sides the numbers.",
    wrong=1.0,
    right=0.0,
    measure="difference of the rows that the image fills",
)
def letterbox_rounding() -> tuple[float, float]:
    """How many rows of a 64 x 64 letterbox an image of 78 x 133 pixels fills."""
    import numpy as np
    import tensorflow as tf
    import torch

    x = np.random.default_rng(0).uniform(0.1, 1, size=(1, 78, 133, 1))
    height = round(78 * 64 / 133)
    top = round((64 - height) / 2 - 0.1)
    resized = torch.nn.functional.interpolate(torch.tensor(x).permute(0, 3, 1, 2), (height, 64), mode="bilinear")
    reference = torch.nn.functional.pad(resized, (0, 0, top, 64 - height - top))
    naive = tf.image.resize_with_pad(x, 64, 64)
    faithful = tf.image.pad_to_bounding_box(tf.image.resize(x, (height, 64)), top, 0, 64, 64)
    rows = [np.count_nonzero(np.asarray(y)[0, :, 32, 0]) for y in (reference.permute(0, 2, 3, 1), naive, faithful)]
    return float(abs(rows[0] - rows[1])), float(abs(rows[0] - rows[2]))


@trap(
    section=SECTION,
    title="The width of a box is an exponential or a squared sigmoid",
    torch="YOLOv5, a torch project, has anchor * (2 sigmoid(t))**2, at most four anchors wide.",
    keras="YOLOv3, as most Keras ports have it, has anchor * exp(t), without a limit.",
    rule="The decoding belongs to the weights: take the one they were trained with.",
    wrong=130.0,
    right=4.3e-14,
    measure="max |a - b| in pixels",
)
def box_decoding() -> tuple[float, float]:
    """Widths of boxes for an anchor 30 pixels wide, as YOLOv5 and as YOLOv3 decode them."""
    import keras
    import numpy as np
    import torch

    t = np.random.default_rng(0).normal(size=100)
    reference = (30 * (2 * torch.tensor(t).sigmoid()) ** 2).numpy()
    naive = 30 * keras.ops.exp(t)
    faithful = 30 * (2 * keras.ops.sigmoid(t)) ** 2
    return float(np.abs(reference - naive).max()), float(np.abs(reference - faithful).max())


@trap(
    section=SECTION,
    title="The far corner is an edge or a pixel",
    torch="torchvision's boxes are x2 - x1 wide.",
    keras="Code that descends from Caffe or from the Pascal VOC kit, in any framework, has boxes x2 - x1 + 1 wide.",
    rule="Fix the convention in the spec; it moves overlaps of small boxes across thresholds.",
    wrong=0.083,
    right=0.0,
    measure="max |a - b| of the overlaps",
)
def pixel_plus_one() -> tuple[float, float]:
    """Overlap of small boxes, whose far corner is the edge of the last pixel or the last pixel itself."""
    import keras
    import numpy as np
    import torch

    corner = np.random.default_rng(0).integers(4, size=(2, 100, 2)).astype(float)
    (a, b), size = corner, 5.0
    inside = (size - (torch.tensor(a) - torch.tensor(b)).abs()).clamp(0).prod(1)
    reference = (inside / (2 * size**2 - inside)).numpy()
    naive, faithful = (keras.ops.prod(keras.ops.relu(s - keras.ops.abs(a - b)), 1) for s in (size + 1, size))
    wrong = np.abs(reference - naive / (2 * (size + 1) ** 2 - naive)).max()
    return float(wrong), float(np.abs(reference - faithful / (2 * size**2 - faithful)).max())


@trap(
    section=SECTION,
    title="A detection loss is divided by objects or by anchors",
    torch="torchvision's RetinaNet sums the classification loss and divides by the anchors that meet an object.",
    keras="A Keras loss divides by everything it was given, all anchors, unless reduction='sum'.",
    rule="reduction='sum' in both, and one division written out.",
    wrong=4.8,
    right=0.0,
    measure="|a - b| of the losses",
)
def detection_loss_normaliser() -> tuple[float, float]:
    """The classification loss of 1000 anchors, about twenty of which meet an object."""
    import keras
    import numpy as np
    import torch

    rng = np.random.default_rng(0)
    logits, labels = rng.normal(size=(1000, 1)) - 4, (rng.uniform(size=(1000, 1)) < 0.02).astype(float)
    loss = torch.nn.BCEWithLogitsLoss(reduction="sum")(torch.tensor(logits), torch.tensor(labels))
    reference = loss.item() / labels.sum()
    naive = keras.losses.BinaryCrossentropy(from_logits=True, dtype="float64")
    faithful = keras.losses.BinaryCrossentropy(from_logits=True, reduction="sum", dtype="float64")
    right = float(faithful(labels, logits)) / labels.sum()
    return float(abs(reference - float(naive(labels, logits)))), float(abs(reference - right))
