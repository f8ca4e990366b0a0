"""Faults of assignment and loss, planted in one side at a time: its value or its gradient is another one then."""

from __future__ import annotations

import dataclasses
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from detection_twins import EAGER, planted, run, same, twin
from learning_cases import DETECTORS, as_side, labels, learning, raw_maps, slopes

from diptych.common.detection.decode import joined
from diptych.common.detection.detector import Detector
from diptych.common.spec import Array

SIDES = ("numpy", *EAGER)


def crowd() -> Array:
    """Labels of which several want one place, with overlaps and distances that are thresholds exactly."""
    found = np.full((2, 9, 5), -1.0)
    boxes = [20, 20, 60, 60], [24, 21, 56, 53], [16, 24, 48, 40], [2, 2, 34, 10], [26, 26, 30, 30], [24, 24, 32, 32]
    found[0, :8, 1:] = [*boxes, [64, 0, 80, 16], [24, 24, 56, 56]]
    found[0, :8, 0] = [0, 1, 2, 0, 2, 0, 1, 1]
    return found


CASES: dict[str, tuple[str, str, str, dict[str, Any]]] = {
    # whose rule and in which module, what is right, what is wrong, and numbers of the rule at which it shows
    "stale positives": ("yolox simota", "least[:, None] == order", "(least[:, None] == order) | chosen", {}),
    "k is rounded up": ("yolox simota", "largest[..., 0]\n", "largest[..., 0] + 0.9\n", {}),
    "near places alone": ("yolox simota", "[:, None] & there\n", "[:, None] & there & near\n", {"radius": 0.6}),
    "the border is near": ("yolox simota", "across - reach) > 0)", "across - reach) >= 0)", {"radius": 0.5}),
    "epsilon beside": ("yolox simota", "target, rule.eps) ** 2", "target, 0.0) ** 2 - rule.eps", {"eps": 1.0}),
    "the class's target is 1": ("yolox simota", " * overlap[..., None]", "", {}),
    "normaliser of the places": ("yolox simota", "share = 1 / ", "share = 0.5 / ", {}),
    "the larger overlap wins": ("efficientdet bands", "first(asked, 1), owner", "own, owner", {}),
    "above the band": ("efficientdet bands", "most >= rule.", "most > rule.", {"positive": 0.25, "negative": 0.25}),
    "codes of 0 count": ("efficientdet bands", "kept(target != 0, ", "kept(target == target, ", {}),
    "without the 1": ("efficientdet bands", "(number) + 1)", "(number))", {}),
    "epsilon on one side": ("efficientdet bands", "theirs[..., 2:] + eps", "theirs[..., 2:]", {"eps": 1e-3}),
    "normaliser of the image": ("retinanet bands", "1 / number / ", "1 / (number * 0 + 7) / ", {}),
    "ignored by overlap alone": (
        "yolov3 best_anchor",
        "if rule.ignore_score is not None:",
        "if False:",
        {"ignore": 0.1},
    ),
    "a positive is ignored": ("yolov3 best_anchor", ", rule) & ~there", ", rule)", {"ignore": 0.1}),
    "large boxes as small ones": ("yolov3 best_anchor", "weight = 2 - ", "weight = 1 + 0 * ", {}),
    "not shared": ("yolov4 best_anchor", "if rule.shared:", "if not rule.shared:", {}),
    "epsilon in the union": ("yolov4 best_anchor", "target, 0.0, rule.eps)", "target, rule.eps)", {"eps": 0.1}),
    "balance": ("yolov5 ratio", "return fitted, balance * ", "return fitted, ", {}),
    "not times the images": ("yolov5 ratio", "3 / len(cells) * images", "3 / len(cells)", {}),
    "as far as the ratio": ("yolov5 ratio", "(w < rule.ratio * across)", "(w <= rule.ratio * across)", {}),
    "no neighbours": ("yolov5 ratio", "(0.5, 0.0), (0.0, 0.5)", "(0.0, 0.0), (0.0, 0.0)", {}),
}


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("fault", CASES)
def test_a_fault_is_another_loss(fault: str, side: str) -> None:
    whose, right, wrong, numbers = CASES[fault]
    name, module = whose.split()
    detector = dataclasses.replace(DETECTORS[name], learning=learning(DETECTORS[name].learning, **numbers))
    faulty = planted(side, module, right, wrong)
    other = "torch" if side == "numpy" else "numpy"
    found = []
    for boxes in (labels(), crowd()):
        maps = raw_maps(detector, scale=1.5)
        for part in maps if name == "yolox" else ():
            part[:, 2:4] = np.log(4) + part[:, 2:4] / 10  # boxes that overlap, so that k is more than 1
        meaning = _terms(other, twin(other, module), detector, maps, boxes)
        assert same(meaning, _terms(side, twin(side, module), detector, maps, boxes))
        found.append(same(meaning, _terms(side, faulty, detector, maps, boxes)))
    assert not all(found)


def _terms(side: str, module: ModuleType, detector: Detector, maps: list[Array], boxes: Array) -> list[Array]:
    """The terms of a module of a rule."""

    def call(*tensors: Any) -> Any:
        cells = twin(side, "decode").joined(tensors[:-1], detector)
        return tuple(module.loss(cells, tensors[-1], detector, detector.learning))

    return run(side, call, [*as_side(side, maps), boxes])


@pytest.mark.parametrize("side", SIDES)
def test_the_first_box_says_how_sure(side: str) -> None:
    """The last of several at one place has its overlap as the object's target: the order of the rows is the label's."""
    detector, boxes = DETECTORS["yolov5"], crowd()
    module = twin(side, "ratio")
    meaning = _terms("numpy", twin("numpy", "ratio"), detector, raw_maps(detector), boxes)
    turned = boxes[:, ::-1].copy()
    found = _terms(side, module, detector, raw_maps(detector), turned)
    assert same(meaning[1:2] + meaning[3:], found[1:2] + found[3:])
    assert not same(meaning[2:3], found[2:3])


DETACHED = {
    "yolox": ("simota", "detached(boxes), detached(raw[..., 4:])", "boxes, raw[..., 4:]"),
    "yolov5": ("ratio", "detached(kept(overlaps > 0, overlaps))", "kept(overlaps > 0, overlaps)"),
}


@pytest.mark.parametrize("side", EAGER)
@pytest.mark.parametrize("name", DETACHED)
def test_a_target_that_is_not_detached_is_another_gradient(
    name: str, side: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    module, right, wrong = DETACHED[name]
    detector, maps, boxes = DETECTORS[name], raw_maps(DETECTORS[name]), labels()
    meaning = slopes(side, maps, boxes, detector)
    losses = twin(side, "losses")
    monkeypatch.setitem(losses.RULES, type(detector.learning), planted(side, module, right, wrong))
    assert not same(meaning, slopes(side, maps, boxes, detector))


def test_the_map_of_another_level_is_one_sentence() -> None:
    from diptych import DiptychError

    with pytest.raises(DiptychError, match="in this order"):
        joined(raw_maps(DETECTORS["yolox"])[::-1], DETECTORS["yolox"])
