"""Raw maps and labels for the losses of detectors, and what NumPy and both frameworks make of them."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np
from detection_twins import run, twin

from diptych.common.detection.detector import YOLOV3, YOLOV4_TINY, YOLOV5, YOLOX, Detector, Level
from diptych.common.detection.efficientdet import EFFICIENTDET, RETINANET
from diptych.common.detection.learning import Learning, SimOTA
from diptych.common.spec import Array

CLASSES = 3
SIZE = (64, 96)
SQUARES = ((8.0, 8.0), (10.0, 20.0)), ((24.0, 16.0), (40.0, 50.0))


def small(detector: Detector, **changes: Any) -> Detector:
    """The detector with two levels, of strides 8 and 16, and two anchors each, or none."""
    scales = [level.scale for level in detector.levels[:2]]
    levels: tuple[Level, ...] = (Level(8), Level(16))
    if detector.rule != "yolox":
        levels = tuple(Level(s, pair, k) for s, pair, k in zip((8, 16), SQUARES, scales, strict=True))
    rule = detector.learning
    if hasattr(rule, "balance"):
        rule = learning(rule, balance=(4.0, 1.0))
    if getattr(rule, "anchors", None):
        rule = learning(rule, anchors=(*SQUARES[0], *SQUARES[1], (60.0, 10.0)))
    return dataclasses.replace(detector, levels=levels, learning=learning(rule, **changes))


def learning(rule: Learning | None, **changes: Any) -> Any:
    """The rule with other numbers."""
    assert rule is not None
    return dataclasses.replace(rule, **changes)  # type: ignore[type-var]  # each subclass is a dataclass


DETECTORS = {
    "yolox": small(YOLOX),
    "yolox before 0.3": dataclasses.replace(
        small(YOLOX), learning=SimOTA(radius=2.5, inside=True, penalty=1e5, distances=True)
    ),
    "efficientdet": small(EFFICIENTDET, smoothing=0.1),
    "retinanet": dataclasses.replace(small(EFFICIENTDET), learning=RETINANET),
    "yolov3": small(YOLOV3),
    "yolov4": small(YOLOV4_TINY, match=0.213, shared=True),
    "yolov5": small(YOLOV5),
}


def raw_maps(detector: Detector, images: int = 2, seed: int = 0, scale: float = 0.5) -> list[Array]:
    """Raw maps (N, C, H, W) of images of SIZE, drawn at random."""
    random = np.random.default_rng(seed)
    numbers = (CLASSES, 4) if detector.rule == "efficientdet" else (5 + CLASSES,)
    return [
        random.standard_normal((images, len(level.anchors) * count, *(side // level.stride for side in SIZE))) * scale
        for count in numbers
        for level in detector.levels
    ]


def labels(images: int = 2, most: int = 6, seed: int = 1, size: tuple[int, int] = SIZE) -> Array:
    """Labels (N, most, 5): of the first image all but one, of the second none, of others a number by chance."""
    random = np.random.default_rng(seed)
    found = np.zeros((images, most, 5))
    found[..., 0] = -1
    wide = np.array(size[::-1], float)
    for image in range(images):
        count = (most - 1, 0)[image] if image < 2 else int(random.integers(1, most + 1))
        centre = random.random((count, 2)) * wide
        half = np.exp(random.uniform(np.log(5), np.log(60), (count, 2))) / 2
        found[image, :count, 0] = random.integers(0, CLASSES, count)
        found[image, :count, 1:] = np.concatenate([np.maximum(centre - half, 0), np.minimum(centre + half, wide)], 1)
    return found


def as_side(side: str, maps: Sequence[Array]) -> list[Array]:
    """Maps in the layout of a side."""
    return [np.ascontiguousarray(a.transpose(0, 2, 3, 1)) if side in ("tf", "graph", "xla") else a for a in maps]


def terms(side: str, maps: Sequence[Array], boxes: Array, detector: Detector, module: Any = None) -> list[Array]:
    """The total and the terms of a side, of `module` in place of its own losses."""
    function = (module or twin(side, "losses")).detection_loss

    def call(*tensors: Any) -> Any:
        return tuple(function(tensors[:-1], tensors[-1], detector))

    return run(side, call, [*as_side(side, maps), boxes])


def slopes(side: str, maps: Sequence[Array], boxes: Array, detector: Detector) -> list[Array]:
    """The gradients of the total by each map, as (N, C, H, W)."""
    function = twin(side, "losses").detection_loss
    if side == "torch":
        import torch

        ours = [torch.tensor(array, requires_grad=True) for array in maps]
        return [part.numpy() for part in torch.autograd.grad(function(ours, torch.tensor(boxes), detector)[0], ours)]
    import tensorflow as tf

    theirs = [tf.constant(array) for array in as_side(side, maps)]
    with tf.GradientTape() as tape:
        tape.watch(theirs)
        total = function(theirs, tf.constant(boxes), detector)[0]
    return [np.asarray(part).transpose(0, 3, 1, 2) for part in tape.gradient(total, theirs)]
