"""Section Detection, first part: what TensorFlow's box operations take, keep and change."""

from __future__ import annotations

from .trap import trap

SECTION = "Detection"


@trap(
    section=SECTION,
    title="A box is x1, y1, x2, y2 or y1, x1, y2, x2",
    torch="torchvision and nearly all torch code have columns first.",
    keras="tf.image has rows first, and crop_and_resize wants them divided by size - 1. non_max_suppression does not "
    "notice the difference, as overlaps stay the same; whatever cuts out pixels does.",
    rule="Reorder at one named place.",
    wrong=5.1,
    right=1.2e-06,
)
def boxes_have_rows_first() -> tuple[float, float]:
    """Columns 4 ... 16 and rows 2 ... 9 of a map, resized to 5 x 5."""
    import numpy as np
    import tensorflow as tf
    import torch

    x = np.random.default_rng(0).normal(size=(1, 20, 30, 3)).astype("float32")
    part = torch.tensor(x[:, 2:10, 4:17]).permute(0, 3, 1, 2)
    reference = torch.nn.functional.interpolate(part, (5, 5), mode="bilinear", align_corners=True).permute(0, 2, 3, 1)
    naive = tf.image.crop_and_resize(x, [[4 / 29, 2 / 19, 16 / 29, 9 / 19]], [0], [5, 5])
    faithful = tf.image.crop_and_resize(x, [[2 / 19, 4 / 29, 9 / 19, 16 / 29]], [0], [5, 5])
    return float(np.abs(reference.numpy() - naive).max()), float(np.abs(reference.numpy() - faithful).max())


@trap(
    section=SECTION,
    title="Boxes that overlap by exactly the threshold stay",
    torch="torchvision.ops.nms suppresses what overlaps by more than the threshold.",
    keras="So does tf.image.non_max_suppression; code by hand that keeps what is below the threshold does not.",
    rule="Suppress where overlap > threshold.",
    wrong=22.0,
    right=0.0,
    measure="boxes that only one of the two keeps, of 300",
)
def nms_at_the_threshold() -> tuple[float, float]:
    """Non-maximum suppression of 300 boxes of whole pixels, many of which overlap by exactly one half."""
    import numpy as np
    import tensorflow as tf

    rng = np.random.default_rng(0)
    corner, scores = rng.integers(20, size=(300, 2)), rng.permutation(300).astype("float32")
    boxes = np.concatenate([corner, corner + rng.integers(1, 9, size=(300, 2))], 1).astype("float32")
    low, high = np.maximum(boxes[:, None, :2], boxes[:, :2]), np.minimum(boxes[:, None, 2:], boxes[:, 2:])
    common, area = (high - low).clip(0).prod(2), (boxes[:, 2:] - boxes[:, :2]).prod(1)
    overlap, (naive, faithful) = common / (area[:, None] + area - common), np.zeros((2, 300), bool)
    for i in np.argsort(-scores):
        naive[i] = (overlap[i, naive] < 0.5).all()
        faithful[i] = (overlap[i, faithful] <= 0.5).all()
    kept = np.isin(np.arange(300), tf.image.non_max_suppression(boxes, scores, 300, 0.5))
    return float((kept ^ naive).sum()), float((kept ^ faithful).sum())


@trap(
    section=SECTION,
    title="combined_non_max_suppression clips boxes to 0 ... 1",
    torch="torchvision.ops.nms returns indexes and leaves boxes alone.",
    keras="tf.image.combined_non_max_suppression returns boxes, clipped to the unit square by default.",
    rule="clip_boxes=False for boxes in pixels.",
    wrong=95.0,
    right=0.0,
    thread="https://tensorflow.org/api_docs/cc/struct/tensorflow/ops/combined-non-max-suppression/attrs",
    measure="max |a - b| in pixels",
)
def nms_clips_boxes() -> tuple[float, float]:
    """Five boxes in pixels, far apart, through combined_non_max_suppression."""
    import numpy as np
    import tensorflow as tf

    corner = 20.0 * np.arange(5)[:, None] + np.random.default_rng(0).uniform(0, 9, size=(5, 2))
    boxes, scores = np.concatenate([corner, corner + 8], 1).astype("float32"), np.linspace(0.9, 0.5, 5, dtype="float32")
    arguments = boxes[None, :, None], scores[None, :, None], 5, 5
    naive = tf.image.combined_non_max_suppression(*arguments).nmsed_boxes[0]
    faithful = tf.image.combined_non_max_suppression(*arguments, clip_boxes=False).nmsed_boxes[0]
    return float(np.abs(boxes - naive).max()), float(np.abs(boxes - faithful).max())


@trap(
    section=SECTION,
    title="TensorFlow's suppression must be told how many boxes to keep",
    torch="torchvision.ops.nms keeps all that survive; detectors cut afterwards.",
    keras="max_output_size is compulsory, and whatever comes after that many boxes is lost.",
    rule="Pass the number of boxes, and cut afterwards as the other side does.",
    wrong=200.0,
    right=0.0,
    measure="boxes lost, of 300",
)
def nms_has_a_limit() -> tuple[float, float]:
    """300 boxes that do not overlap, of which nothing is to be suppressed."""
    import numpy as np
    import tensorflow as tf

    corner = 10.0 * np.stack(np.divmod(np.arange(300), 20), 1)
    boxes, scores = np.concatenate([corner, corner + 9], 1), np.random.default_rng(0).permutation(300).astype("float32")
    naive = tf.image.non_max_suppression(boxes.astype("float32"), scores, max_output_size=100)
    faithful = tf.image.non_max_suppression(boxes.astype("float32"), scores, max_output_size=len(boxes))
    return float(len(boxes) - len(naive)), float(len(boxes) - len(faithful))


@trap(
    section=SECTION,
    title="Equal scores come in no agreed order",
    torch="torch.topk and torch.sort promise no order among equals; torch.sort(stable=True) keeps the lower index "
    "first.",
    keras="tf.math.top_k keeps the lower index first.",
    rule="Break ties by index in both, or compare sets of detections.",
    wrong=93.0,
    right=0.0,
    thread="https://github.com/pytorch/pytorch/issues/88227",
    measure="places of 100 that hold another index",
)
def ties_among_scores() -> tuple[float, float]:
    """The 100 best of 300 scores of which many are equal."""
    import numpy as np
    import tensorflow as tf
    import torch

    scores = np.random.default_rng(0).integers(20, size=300).astype("float32")
    reference = tf.math.top_k(scores, 100).indices.numpy()
    naive = torch.topk(torch.tensor(scores), 100).indices.numpy()
    faithful = torch.sort(torch.tensor(scores), descending=True, stable=True).indices[:100].numpy()
    return float((reference != naive).sum()), float((reference != faithful).sum())
