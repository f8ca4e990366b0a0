"""EfficientDet's decoding and suppression: as loops over plain numbers, as effdet, and both frameworks as NumPy."""

from __future__ import annotations

import dataclasses
import math
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from detection_twins import EAGER, QUICK, TREES, planted, run, same, twin
from references.effdet_models import effdet_module
from references.libraries import torchvision_models

from diptych import spec
from diptych.common.detection import anchors, efficientdet
from diptych.common.detection.boxes import swapped
from diptych.common.detection.candidates import candidates
from diptych.common.detection.decode import decode
from diptych.common.detection.detector import Detector, Fit, Level, Suppression
from diptych.common.detection.efficientdet import EFFICIENTDET, EFFICIENTDET_D7
from diptych.common.detection.nms import nms
from diptych.common.detection.soft_nms import soft_nms
from diptych.common.errors import DiptychError
from diptych.common.registry import network
from diptych.common.spec import Array

SIZE, CLASSES = (128, 256), 3


def effdet(name: str) -> ModuleType:
    torchvision_models()
    return effdet_module(name)


def raw_maps(detector: Detector = EFFICIENTDET, scale: float = 1.0) -> list[Array]:
    """Random maps of the classes of all levels, then of the boxes, of two images, channels first."""
    random = np.random.default_rng(0)
    return [
        random.standard_normal((2, numbers * len(level.anchors), *(side // level.stride for side in SIZE))) * scale
        for numbers in (CLASSES, 4)
        for level in detector.levels
    ]


def decoded(side: str, maps: list[Array], detector: Detector = EFFICIENTDET, module: Any = None) -> list[Array]:
    if TREES[side] == "tf_impl":
        maps = [raw.transpose(0, 2, 3, 1) for raw in maps]
    function = (module or twin(side, "decode")).decode
    return run(side, lambda *tensors: function(tensors, detector), maps)


def one_by_one(maps: list[Array], detector: Detector) -> tuple[list[list[float]], list[list[float]]]:
    """The boxes and scores of the first image."""
    boxes, scores, number = [], [], len(detector.levels)
    for level, classes, raw in zip(detector.levels, maps[:number], maps[number:], strict=True):
        for row, column, (a, (w, h)) in (
            (row, column, anchor)
            for row in range(raw.shape[2])
            for column in range(raw.shape[3])
            for anchor in enumerate(level.anchors)
        ):
            ty, tx, th, tw = raw[0, 4 * a : 4 * a + 4, row, column]
            y, x = ty * h + (row + 0.5) * level.stride, tx * w + (column + 0.5) * level.stride
            half, tall = math.exp(tw) * w / 2, math.exp(th) * h / 2
            boxes.append([x - half, y - tall, x + half, y + tall])
            logits = classes[0, CLASSES * a : CLASSES * (a + 1), row, column]
            scores.append([1 / (1 + math.exp(-one)) for one in logits])
    return boxes, scores


@pytest.mark.parametrize("detector", [EFFICIENTDET, EFFICIENTDET_D7], ids=["D0", "D7"])
def test_the_meaning_is_the_rule(detector: Detector) -> None:
    maps = raw_maps(detector)
    boxes, scores = decode(maps, detector)
    expected = one_by_one(maps, detector)
    np.testing.assert_allclose(boxes[0], expected[0], rtol=1e-12, atol=1e-10)
    np.testing.assert_allclose(scores[0], expected[1], rtol=1e-12)


@pytest.mark.parametrize("side", [*QUICK, pytest.param("xla", marks=pytest.mark.slow)])
def test_both_frameworks_equal_the_meaning(side: str) -> None:
    assert same(list(decode(raw_maps(), EFFICIENTDET)), decoded(side, raw_maps()))


@pytest.mark.parametrize("side", EAGER)
def test_extremes_equal_the_meaning(side: str) -> None:
    maps = raw_maps(scale=1000.0)
    maps[0][0, :, 0, 0] = maps[5][0, :, 0, 0] = np.nan
    meaning = list(decode(maps, EFFICIENTDET))
    assert [int(np.isnan(part).sum()) > 0 for part in meaning] == [True, True]
    assert same(meaning, decoded(side, maps))


@pytest.mark.parametrize(("detector", "grid"), [(EFFICIENTDET, anchors.EFFICIENTDET), (EFFICIENTDET_D7, None)])
def test_effdet_decodes_the_same(detector: Detector, grid: anchors.AnchorGrid | None) -> None:
    """In float64, given its own order of anchors (y1, x1, y2, x2); and its top scores are our candidates."""
    import torch

    maps = raw_maps(detector)
    boxes, scores = decode(maps, detector)
    places = torch.tensor(swapped(anchors.anchors(SIZE, grid or anchors.EFFICIENTDET_D7)))
    classes, codes = ([torch.tensor(raw) for raw in half] for half in (maps[:5], maps[5:]))
    flat = torch.cat([raw.permute(0, 2, 3, 1).reshape(2, -1, 4) for raw in codes], 1)
    theirs = effdet("anchors").decode_box_outputs(flat[0], places, output_xyxy=True)
    np.testing.assert_allclose(boxes[0], theirs.numpy(), rtol=1e-12, atol=1e-10)
    top, _, at, kind = (part[0] for part in effdet("bench")._post_process(classes, codes, 5, CLASSES, 500))
    best, ours, groups = (part[0] for part in candidates(scores, 0.0, 500, 1, best_only=False))
    np.testing.assert_allclose(best, np.sort(torch.sigmoid(top).numpy().ravel())[::-1], rtol=1e-12)
    pairs = zip(at.ravel().tolist(), kind.ravel().tolist(), strict=True)
    assert set(pairs) == set(zip(ours.tolist(), groups.tolist(), strict=True))


def test_effdet_has_the_same_soft_nms() -> None:
    import torch

    random = np.random.default_rng(3)
    corner = random.random((1, 80, 2)) * 100
    boxes = np.concatenate([corner, corner + 5 + random.random((1, 80, 2)) * 60], -1)
    scores = random.random((1, 80, 1))
    kept, values = effdet("soft_nms").soft_nms(
        torch.tensor(boxes[0]), torch.tensor(scores[0, :, 0]), method_gaussian=True, sigma=0.5, score_threshold=0.01
    )
    found = soft_nms(boxes, scores, score=0.01)
    assert found.places[0, : found.count[0]].tolist() == kept.tolist()
    np.testing.assert_allclose(found.scores[0, : found.count[0]], values.numpy(), rtol=1e-6)


@pytest.mark.parametrize("side", EAGER)
@pytest.mark.parametrize("rules", [efficientdet.AUTOML, efficientdet.EFFDET], ids=["automl", "effdet"])
def test_suppression_of_the_authors_runs(side: str, rules: Suppression) -> None:
    arrays = list(decode(raw_maps(), EFFICIENTDET))
    options = dataclasses.asdict(rules) | {"max_candidates": 60, "max_boxes": 20}
    meaning = nms(arrays[0], arrays[1], **options)
    assert meaning.count.tolist() == [20, 20]
    assert same(list(meaning), run(side, twin(side, "nms").nms, arrays, **options))


@pytest.mark.parametrize("side", ["numpy", *EAGER])
def test_zeros_give_the_anchors(side: str) -> None:
    boxes, scores = decoded(side, [raw * 0 for raw in raw_maps()])
    np.testing.assert_allclose(boxes[0], anchors.anchors(SIZE), rtol=1e-12, atol=1e-10)
    assert (scores == 0.5).all()


@pytest.mark.parametrize("name", ["efficientdet_d0", pytest.param("efficientdet_d7", marks=pytest.mark.slow)])
def test_the_network_has_the_maps_of_its_detector(name: str) -> None:
    rules = network(name).detector
    assert rules == (EFFICIENTDET_D7 if name.endswith("d7") else EFFICIENTDET)
    net = spec(name, input_size=SIZE, num_classes=CLASSES)
    shapes = [net.nodes[place].shape for place in net.evaluated_outputs]
    assert shapes == [raw.shape[1:] for raw in raw_maps(rules)]


FAULTS = {
    "y and x exchanged": ("[swapped(box), one]", "[box, one]"),
    "a corner for the centre": (" / level.stride + 0.5,", " / level.stride,"),
    "strides for anchors": ("xy * anchors / level.stride", "xy"),
    "an object": ("parts[..., 4:])", "parts[..., 4:]) * 0.5"),
    "boxes before classes": ("maps[: len(counts)], counts", "maps[-len(counts) :], counts"),
}


@pytest.mark.parametrize("side", EAGER)
@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_seen(side: str, fault: str) -> None:
    faulty = planted(side, "decode", *FAULTS[fault])
    assert not same(list(decode(raw_maps(), EFFICIENTDET)), decoded(side, raw_maps(), module=faulty))


def test_other_aspects_are_seen() -> None:
    """The authors' anchors of today, whose sides are roots, move corners by up to one pixel in a hundred."""
    exact = efficientdet.efficientdet(anchors.AnchorGrid(aspects=anchors.EXACT))
    ours, theirs = decode(raw_maps(), EFFICIENTDET)[0], decode(raw_maps(), exact)[0]
    assert 1e-3 < np.abs(ours - theirs).max() / np.abs(ours).max() < 0.02


@pytest.mark.parametrize("side", ["numpy", *EAGER])
def test_maps_that_do_not_fit_are_refused(side: str) -> None:
    maps = raw_maps()
    with pytest.raises(DiptychError, match="with a map of classes and one of boxes each, and was given 9"):
        decoded(side, maps[:9])
    with pytest.raises(DiptychError, match="of the same places, with 4 numbers"):
        decoded(side, maps[5:] + maps[:5])
    with pytest.raises(DiptychError, match="multiples of the last stride; they are 16 x 31"):
        decoded(side, [raw[:, :, :, :31] if raw.shape[3] == 32 else raw for raw in maps])
    with pytest.raises(DiptychError, match="9 x classes"):
        decoded(side, [maps[0][:, :-1], *maps[1:]])


PAIR = ((3.0, 4.0),)
MISUSED: dict[str, tuple[type, dict[str, Any]]] = {
    "a stride of 0": (Level, {"stride": 0}),
    "a stride that is no whole number": (Level, {"stride": 8.5}),
    "an anchor of one number": (Level, {"stride": 8, "anchors": ((3.0,),)}),
    "an anchor below 0": (Level, {"stride": 8, "anchors": ((3.0, -4.0),)}),
    "an anchor that is not a number": (Level, {"stride": 8, "anchors": ((math.nan, 4.0),)}),
    "a scale of 0": (Level, {"stride": 8, "anchors": PAIR, "scale": 0.0}),
    "an unknown fit": (Fit, {"rule": "yolov6"}),
    "a pad of 300": (Fit, {"pad": 300}),
    "a divisor of 0": (Fit, {"divisor": 0}),
    "two deviations": (Fit, {"std": (1.0, 1.0)}),
    "a mean that is not a number": (Fit, {"mean": (math.nan, 0.0, 0.0)}),
    "an iou above 1": (Suppression, {"iou": 1.5}),
    "a score that is not a number": (Suppression, {"score": math.nan}),
    "a sigma of 0": (Suppression, {"sigma": 0.0}),
    "a power below 0": (Suppression, {"power": -0.6}),
    "more boxes than candidates": (Suppression, {"max_boxes": 2000}),
    "an unknown rule": (Detector, {"rule": "yolov2", "levels": (Level(8),)}),
    "no level": (Detector, {"rule": "yolov3", "levels": ()}),
    "strides that are not doubled": (Detector, {"rule": "efficientdet", "levels": (Level(8), Level(32))}),
}


@pytest.mark.parametrize("case", MISUSED)
def test_a_detector_without_a_meaning_is_refused(case: str) -> None:
    kind, options = MISUSED[case]
    with pytest.raises(DiptychError):
        kind(**options)


def test_anchors_of_a_user() -> None:
    """Those that a search has found, on the levels of the detector that there is."""
    levels = tuple(dataclasses.replace(level, anchors=PAIR) for level in EFFICIENTDET.levels)
    own = dataclasses.replace(EFFICIENTDET, levels=levels)
    boxes, _ = decode([raw * 0 for raw in raw_maps(own)], own)
    assert (boxes[0, 0] == [4 - 1.5, 4 - 2, 4 + 1.5, 4 + 2]).all()
    assert own.suppression == EFFICIENTDET.suppression
    with pytest.raises(DiptychError, match="a whole stride"):
        dataclasses.replace(levels[0], stride=-8)
