"""Faults planted in what stands behind a detector's raw maps: each is found, and no file is left."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from selection import some
from test_detector_export import small

from diptych import DiptychError
from diptych.common.detection.detector import Level, Suppression
from diptych.common.weights import scrambled
from diptych.deployment.export import export
from diptych.onnx_impl import decode as decoding
from diptych.onnx_impl import nms as suppressing


def other(**changes: Any) -> Callable[[Suppression], Suppression]:
    return lambda chosen: replace(chosen, **changes)


def in_place(arguments: tuple[Any, ...], change: Callable[[Suppression], Suppression]) -> list[Any]:
    return [change(value) if isinstance(value, Suppression) else value for value in arguments]


FAULTS: dict[str, tuple[str, str, Callable[[Suppression], Suppression], str]] = {
    "score": ("yolov5n", "_wanted", other(score=0.26), "leaves other"),
    "best class": ("yolox_nano", "_wanted", other(best_only=False), "leaves other"),
    "candidates": ("yolov5n", "_candidates", other(max_candidates=300), "leaves other"),
    "iou": ("yolov5n", "_standard", other(iou=0.46), "leaves other"),
    "greedy iou": ("yolov4_tiny", "_hits", other(iou=0.47), "leaves other"),
    "power": ("yolov4_tiny", "_hits", other(power=0.7), "leaves other"),
    "classes": ("yolov4_tiny", "_hits", other(per_class=False), "leaves other"),
}


@pytest.mark.parametrize("fault", some(list(FAULTS), "iou", "power", "best class"))
def test_a_fault_of_suppression_is_found_and_nothing_is_left(
    fault: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name, function, change, complaint = FAULTS[fault]
    plain = getattr(suppressing, function)
    monkeypatch.setattr(suppressing, function, lambda *arguments: plain(*in_place(arguments, change)))
    net = small(name)
    with pytest.raises(DiptychError, match=complaint):
        export(net, scrambled(net), tmp_path / "x.onnx", with_nms=True)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("fault", ["scale", "stride", "anchor order", "anchors first"])
def test_a_fault_of_decoding_is_found_and_nothing_is_left(
    fault: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    changes: dict[str, Callable[[Level], Level]] = {
        "scale": lambda level: replace(level, scale=1.0),
        "stride": lambda level: replace(level, stride=level.stride + 1),
        "anchor order": lambda level: replace(level, anchors=level.anchors[::-1]),
        "anchors first": lambda level: level,
    }
    rows, corners, flip = decoding._rows, decoding._corners, fault == "anchors first"

    def wrong_rows(g: Any, raw: str, shape: Any, level: Level, anchors_first: bool) -> str:
        return rows(g, raw, shape, level, anchors_first ^ flip)

    def wrong_corners(g: Any, xy: str, wh: str, shape: Any, level: Level, *rest: Any) -> str:
        return corners(g, xy, wh, shape, changes[fault](level), *rest)

    monkeypatch.setattr(decoding, "_rows", wrong_rows)
    monkeypatch.setattr(decoding, "_corners", wrong_corners)
    net = small("yolov4_tiny")
    with pytest.raises(DiptychError, match="boxes differ by up to"):
        export(net, scrambled(net), tmp_path / "x.onnx", with_decode=True)
    assert list(tmp_path.iterdir()) == []
