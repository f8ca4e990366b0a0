"""The losses of detectors equal pixeltable-yolox and torchvision in float64 and effdet in float32, gradients too."""

from __future__ import annotations

import dataclasses
import importlib
from typing import Any

import numpy as np
import pytest
import torch
from learning_cases import CLASSES, labels, learning, slopes, terms
from references.effdet_models import effdet_module
from references.libraries import torchvision_models

from diptych.common.detection.boxes import centres
from diptych.common.detection.decode import joined
from diptych.common.detection.detector import YOLOX
from diptych.common.detection.efficientdet import EFFICIENTDET, RETINANET
from diptych.common.detection.grid import grid
from diptych.common.detection.learning import SimOTA
from diptych.common.spec import Array

LIMIT = 1e-12
BIG = (128, 256)


def big_labels(seed: int) -> Array:
    return labels(2, 8, seed, BIG)


def big_maps(detector: Any, seed: int, scale: float = 1.0) -> list[Array]:
    random = np.random.default_rng(seed)
    numbers = (CLASSES, 4) if detector.rule == "efficientdet" else (5 + CLASSES,)
    return [
        random.standard_normal((2, len(level.anchors) * count, *(side // level.stride for side in BIG))) * scale
        for count in numbers
        for level in detector.levels
    ]


def yolox_loss(maps: list[Array], boxes: Array, distances: bool) -> tuple[list[float], list[Array]]:
    """The terms and the gradients of pixeltable-yolox."""
    torchvision_models()  # which the package imports
    head = importlib.import_module("yolox.models.yolo_head").YoloxHead(CLASSES, width=0.0625)
    head.use_l1 = distances
    rows = np.concatenate([boxes[..., :1], centres(boxes[..., 1:])], -1)
    rows[boxes[..., 0] < 0] = 0
    raw = [torch.tensor(part, requires_grad=True) for part in maps]
    outputs, across, down, strides = [], [], [], []
    for place, (part, stride) in enumerate(zip(raw, (8, 16, 32), strict=True)):
        output, cells = head.get_output_and_grid(part.clone(), place, stride, "torch.DoubleTensor")
        outputs.append(output)
        across.append(cells[:, :, 0])
        down.append(cells[:, :, 1])
        strides.append(torch.full((1, cells.shape[1]), float(stride), dtype=torch.float64))
    plain = [part[:, :4].flatten(2).transpose(1, 2) for part in raw]
    found = head.get_losses(
        None, across, down, strides, torch.tensor(rows), torch.cat(outputs, 1), plain, torch.float64
    )  # fmt: skip
    return [float(term.detach() if isinstance(term, torch.Tensor) else term) for term in found[:5]], [
        g.numpy() for g in torch.autograd.grad(found[0], raw)
    ]


@pytest.mark.filterwarnings("ignore:.*torch.cuda.amp.autocast.*:FutureWarning")
@pytest.mark.filterwarnings("ignore:.*torch.meshgrid.*:UserWarning")
@pytest.mark.parametrize("distances", [False, True])
def test_yolox(distances: bool) -> None:
    detector = dataclasses.replace(YOLOX, learning=SimOTA(distances=distances))
    for seed in range(4):
        maps, boxes = big_maps(detector, seed), big_labels(seed)
        theirs, gradients = yolox_loss(maps, boxes, distances)
        np.testing.assert_allclose(terms("numpy", maps, boxes, detector), theirs, rtol=LIMIT)
        np.testing.assert_allclose(terms("torch", maps, boxes, detector), theirs, rtol=LIMIT)
        for one, other in zip(slopes("torch", maps, boxes, detector), gradients, strict=True):
            np.testing.assert_allclose(one, other, rtol=0, atol=LIMIT * np.abs(other).max())


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_efficientdet(smoothing: float) -> None:
    """Its anchors, its labels and its loss, in float32, as they run: the numbers of a level as (N, H, W, anchors)."""
    torchvision_models()  # which effdet imports
    anchors = effdet_module("anchors")
    loss_fn = effdet_module("loss").loss_fn
    detector = dataclasses.replace(EFFICIENTDET, learning=learning(EFFICIENTDET.learning, smoothing=smoothing))
    made = anchors.Anchors(3, 7, 3, [(1.0, 1.0), (1.4, 0.7), (0.7, 1.4)], 4.0, BIG)
    labeler = anchors.AnchorLabeler(made, CLASSES)
    for seed in range(3):
        maps, boxes = big_maps(detector, seed), big_labels(seed)
        maps, boxes = [part.astype(np.float32) for part in maps], boxes.astype(np.float32)
        there = [torch.tensor(image[image[:, 0] >= 0], dtype=torch.float32) for image in boxes]
        wanted = labeler.batch_label_anchors(
            [row[:, [2, 1, 4, 3]] for row in there], [row[:, 0] + 1 for row in there]
        )  # fmt: skip
        raw = [torch.tensor(part, dtype=torch.float32, requires_grad=True) for part in maps]
        theirs = loss_fn(raw[:5], raw[5:], *wanted, CLASSES, 0.25, 1.5, 0.1, 50.0, smoothing)
        found = terms("torch", maps, boxes, detector)
        ours = [found[0], found[3], found[1] / 50]
        np.testing.assert_allclose(ours, [float(term.detach()) for term in theirs], rtol=5e-6)
        gradients = torch.autograd.grad(theirs[0], raw)
        for one, other in zip(slopes("torch", maps, boxes, detector), gradients, strict=True):
            np.testing.assert_allclose(one, other.numpy(), rtol=0, atol=2e-6 * float(other.abs().max()))


def retinanet_loss(cells: list[Array], boxes: Array) -> Any:
    """The terms of torchvision's heads for cells (N, H, W, A, 4 + classes), and the gradients by the flat ones."""
    torchvision_models()
    retinanet = importlib.import_module("torchvision.models.detection.retinanet")
    utils = importlib.import_module("torchvision.models.detection._utils")
    overlap = importlib.import_module("torchvision.ops.boxes").box_iou
    flat = np.concatenate([part.reshape(len(part), -1, part.shape[-1]) for part in cells], 1)
    raw = torch.tensor(flat, requires_grad=True)
    anchors = torch.tensor(grid([part.shape[1:3] for part in cells], EFFICIENTDET.levels).boxes)
    there = [torch.tensor(image[image[:, 0] >= 0]) for image in boxes]
    targets = [{"boxes": rows[:, 1:], "labels": rows[:, 0].long()} for rows in there]
    matcher = utils.Matcher(0.5, 0.4, allow_low_quality_matches=True)
    none = torch.full((len(anchors),), -1)
    matched = [matcher(overlap(t["boxes"], anchors)) if len(t["boxes"]) else none for t in targets]
    heads = retinanet.RetinaNetHead(8, 9, CLASSES)
    said = {"cls_logits": raw[..., 4:], "bbox_regression": raw[..., :4]}
    found = heads.compute_loss(targets, said, [anchors] * len(boxes), matched)
    total = found["classification"] + found["bbox_regression"]
    return found, torch.autograd.grad(total, raw)[0].numpy()


def test_retinanet() -> None:
    detector = dataclasses.replace(EFFICIENTDET, learning=RETINANET)
    for seed in range(3):
        maps, boxes = big_maps(detector, seed), big_labels(seed)
        cells = joined(maps, detector)
        theirs, gradients = retinanet_loss(cells, boxes)
        found = terms("torch", maps, boxes, detector)
        ours = [found[3], found[1]]
        np.testing.assert_allclose(ours, [float(term.detach()) for term in theirs.values()], rtol=LIMIT)
        slope = joined(slopes("torch", maps, boxes, detector), detector)
        flat = np.concatenate([part.reshape(len(part), -1, part.shape[-1]) for part in slope], 1)
        np.testing.assert_allclose(flat, gradients, rtol=0, atol=LIMIT * np.abs(gradients).max())
