"""Models, maps and sizes whose boxes or labels would be wrong: refused, or brought to numbers that hold them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import diptych
from diptych.common.detection.boxes import iou
from diptych.common.errors import DiptychError
from diptych.common.weights import scrambled

SIZE = (64, 96)
IMAGE = np.random.default_rng(4).integers(0, 256, (416, 416, 3), dtype=np.uint8)


def test_maps_of_other_classes_or_another_order_are_refused() -> None:
    """The labels and the boxes of such maps would be wrong, and nothing else."""
    small = diptych.detector("yolov4_tiny", num_classes=3, input_size=SIZE)
    more: dict[str, Any] = {"num_classes": 4, "input_size": SIZE}
    for side in ("torch", "tf"):
        with pytest.raises(DiptychError, match="maps have 4 classes, and yolov4_tiny here has 3; give detector"):
            small.detect(IMAGE, diptych.build("yolov4_tiny", side, **more))
    with pytest.raises(DiptychError, match="maps have 2 classes"):
        small.decode([np.zeros((1, 21, 2, 3)), np.zeros((1, 21, 4, 6))])
    with pytest.raises(DiptychError, match=r"maps of strides 32, 16 stand in this order"):
        small.decode([np.zeros((1, 24, 4, 6)), np.zeros((1, 24, 2, 3))])


def test_a_model_of_16_bits_finds_the_boxes_of_one_of_32() -> None:
    """Large boxes, whose areas are no numbers of float16."""
    import torch

    large = diptych.detector("yolov4_tiny", num_classes=3, input_size=416, score=0.3)
    weights = scrambled(large.net, 3)
    model = diptych.build(large.net, "torch", weights=weights)
    expected = large.detect(IMAGE, model)[0]
    assert len(expected) > 3
    assert float(np.prod(expected.boxes[:, 2:] - expected.boxes[:, :2], axis=1).max()) > 65504
    for dtype in (torch.float16, torch.bfloat16):
        (found,) = large.detect(IMAGE, diptych.build(large.net, "torch", weights=weights).to(dtype))
        overlaps = iou(found.boxes[:, None], found.boxes[None], 0.0) * (found.classes[:, None] == found.classes)
        assert np.triu(overlaps, 1).max() <= 0.7, "two boxes of one thing"


@pytest.mark.parametrize("side", ["torch", pytest.param("tf", marks=pytest.mark.slow)])
def test_a_model_of_another_detector_is_refused(side: str) -> None:
    """Its raw maps have the shapes of this one's, and other anchors."""
    options: dict[str, Any] = {"num_classes": 3, "input_size": SIZE}
    made, net = diptych.detector("yolov4_tiny", **options), diptych.spec("yolov3_tiny", **options)
    assert [net.nodes[a].shape for a in net.outputs] == [made.net.nodes[b].shape for b in made.net.outputs]
    complaint = r"the model is yolov3_tiny, and the detector is for yolov4_tiny, .* detector\('yolov3_tiny'\)"
    for wrong in (net, diptych.fold(net, scrambled(net))[0]):
        with pytest.raises(DiptychError, match=complaint):
            made.detect(IMAGE, diptych.build(wrong, side))
    folded = diptych.fold(made.net, scrambled(made.net))[0]
    made.require(diptych.build(folded, side))


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"labels": 5}, "labels are the names of the classes, each a text, or a file of them, not 5"),
        ({"labels": [1, 2, 3]}, "labels are the names"),
        ({"labels": b"abc"}, "labels are the names"),
        ({"score": "x"}, "score is a number, not 'x'"),
        ({"score": True}, "score is a number, not True"),
        ({"iou": [0.5]}, r"iou is a number, not \[0.5\]"),
        ({"cfg": 5}, "cfg is the path of a .cfg file, not 5"),
    ],
)
def test_arguments_of_another_kind_are_refused(asked: dict[str, Any], said: str) -> None:
    with pytest.raises(DiptychError, match=said):
        diptych.detector("yolov4_tiny", **asked)


def test_parts_refuse_arguments_of_another_kind() -> None:
    made = diptych.detector("yolov4_tiny", num_classes=3, input_size=SIZE)
    for batch in ("3", None, 2.5, 0):
        with pytest.raises(DiptychError, match="batch is a whole number, 1 or more, not"):
            made.detect(IMAGE, scrambled(made.net), batch=batch)  # type: ignore[arg-type]
    for dtype in ("x", 5, "int8"):
        with pytest.raises(DiptychError, match="dtype is a floating-point type such as 'float32', not"):
            made.preprocess(IMAGE, dtype=dtype)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "size", "said"),
    [
        ("yolov4_tiny", (416, 116), "at 416x116: for boxes, height and width are multiples of 32"),
        ("yolov5n", 116, "multiples of 32"),
        ("efficientdet_d0", 192, "multiples of 128"),
        ("yolov3_tiny", 1 << 14, "more than 67,108,864 pixels"),
    ],
)
def test_a_size_without_boxes_of_its_own_is_refused(name: str, size: Any, said: str) -> None:
    with pytest.raises(DiptychError, match=said):
        diptych.detector(name, input_size=size)
