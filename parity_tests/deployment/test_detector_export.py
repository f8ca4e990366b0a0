"""ONNX of a detector: raw maps with their rules, boxes, and suppression, all equal to the meaning in NumPy."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest

from diptych import DiptychError, spec
from diptych.checking.images import random_images
from diptych.common import reference
from diptych.common.detection.decode import decode
from diptych.common.detection.detector import Detector, Found, Level, Suppression
from diptych.common.detection.efficientdet import EFFICIENTDET
from diptych.common.detection.nms import nms
from diptych.common.onnx_graph import Graph
from diptych.common.ops.conv import conv
from diptych.common.registry import network
from diptych.common.spec import Array, Net
from diptych.common.trace import Value, trace
from diptych.common.weights import scrambled
from diptych.deployment.detection import KEY, Inside, _suppression
from diptych.deployment.detection_check import check_model
from diptych.deployment.export import export, write_model
from diptych.onnx_impl import decode as decoding
from diptych.onnx_impl import parts
from diptych.onnx_impl.runtimes import run
from diptych.onnx_impl.tail import Tail

SIZE = (64, 96)
NAMES = ("yolov4_tiny", "yolov5n", "yolox_nano")
FOUND = ["boxes", "scores", "classes", "count"]


def small(name: str, classes: int = 3) -> Net:
    return spec(name, num_classes=classes, input_size=SIZE)


def detector_of(name: str) -> Detector:
    detector = network(name).detector
    assert detector is not None
    return detector


def raw(net: Net, weights: dict[str, Array], x: Array) -> list[Array]:
    values = reference.run(net, weights, x)
    return [values[net.nodes[index].path] for index in net.outputs]


def answers(path: Path, names: list[str], x: Array) -> list[Array]:
    found = run(path, names, x.astype(np.float32))
    assert not isinstance(found, str)
    return found


def lengths(value: Any) -> list[Any]:
    return [one.dim_value or one.dim_param for one in value.type.tensor_type.shape.dim]


def far(boxes: Array, wanted: Array) -> float:
    """How many pixels corners are off, in a box of 1,000; larger boxes may be off by that share of them."""
    return float((np.abs(boxes - wanted) / np.maximum(1, np.abs(wanted).max(-1, keepdims=True) / 1000)).max())


@pytest.mark.parametrize("name", NAMES)
def test_raw_maps_have_names_a_free_batch_and_the_rules_to_decode_them(name: str, tmp_path: Path) -> None:
    net = small(name)
    weights = calm(net)
    done = export(net, weights, tmp_path / "x.onnx", labels=["cat", "dog", "b\u00e4r"])
    assert done.dynamic
    model = onnx.load(tmp_path / "x.onnx")
    assert [value.name for value in model.graph.output] == list(net.output_names)
    assert lengths(model.graph.input[0]) == ["batch", 3, "height", "width"]
    said = json.loads({entry.key: entry.value for entry in model.metadata_props}[KEY])
    assert (said["answer"], said["maps"], said["labels"]) == (
        "maps",
        list(net.output_names),
        ["cat", "dog", "b\u00e4r"],
    )
    levels = tuple(Level(x["stride"], tuple(map(tuple, x["anchors"])), x["scale"]) for x in said["levels"])
    rebuilt = Detector(said["rule"], levels, said["anchors_first"], suppression=Suppression(**said["suppression"]))
    own = detector_of(name)  # how it fits pictures and how it learns is no part of a program
    assert replace(rebuilt, fit=own.fit, learning=own.learning) == own
    x = random_images(net, 3, np.random.default_rng(5))
    boxes, scores = decode(answers(tmp_path / "x.onnx", said["maps"], x), rebuilt)
    wanted = decode(raw(net, weights, x), detector_of(name))
    assert far(boxes, wanted[0]) < 1e-3
    assert np.abs(scores - wanted[1]).max() < 1e-5


@pytest.mark.parametrize("name", NAMES)
def test_boxes_inside_are_those_of_numpy_at_any_batch(name: str, tmp_path: Path) -> None:
    net = small(name)
    weights = calm(net)
    export(net, weights, tmp_path / "x.onnx", with_decode=True, check=False)
    for batch in (1, 3):
        x = random_images(net, batch, np.random.default_rng(batch))
        boxes, scores = answers(tmp_path / "x.onnx", ["boxes", "scores"], x)
        wanted = decode(raw(net, weights, x), detector_of(name))
        assert far(boxes, wanted[0]) < 1e-3
        assert np.abs(scores - wanted[1]).max() < 1e-5


def calm(net: Net) -> dict[str, Array]:
    """Weights whose maps are of the size that a trained detector's are."""
    weights = scrambled(net)
    last = max(np.abs(part).max() for part in raw(net, weights, random_images(net, 1, np.random.default_rng(0))))
    heads = _heads(net)
    return {key: array * np.float32(2 / last) if key in heads else array for key, array in weights.items()}


def _heads(net: Net) -> set[str]:
    """The weights of the layers that the maps come from."""
    found, waiting = set[str](), list(net.outputs)
    while waiting:
        node = net.nodes[waiting.pop()]
        if node.weights():
            found |= set(node.weights())
        else:
            waiting += node.inputs
    return found


@pytest.mark.parametrize(("name", "plain"), [*((name, False) for name in NAMES), ("yolov4_tiny", True)])
def test_suppression_inside_leaves_what_numpy_leaves_of_images(name: str, plain: bool, tmp_path: Path) -> None:
    """From the image to the box, and with other thresholds than the detector's own: nothing of the check is used."""
    net = small(name)
    weights, settings = calm(net), {"score": 0.05, "iou": 0.3, "max_boxes": 17}
    done = export(net, weights, tmp_path / "x.onnx", with_nms=True, plain_iou=plain, check=False, **settings)  # type: ignore[arg-type]
    assert not done.dynamic
    chosen = replace(detector_of(name).suppression, **settings)  # type: ignore[arg-type]
    chosen = replace(chosen, power=None) if plain else chosen
    model = onnx.load(tmp_path / "x.onnx")
    kinds = {node.op_type for node in model.graph.node}
    looped = chosen.power is not None
    assert ("Loop" in kinds, "NonMaxSuppression" in kinds) == (looped, not looped)
    assert [lengths(value) for value in model.graph.output] == [["batch", 17, 4], *[["batch", 17]] * 2, ["batch"]]
    for batch in (1, 3):
        x = random_images(net, batch, np.random.default_rng(batch))
        wanted = nms(*decode(raw(net, weights, x), detector_of(name)), **asdict(chosen))
        boxes, scores, classes, count = answers(tmp_path / "x.onnx", FOUND, x)
        assert [str(part.dtype) for part in (classes, count)] == ["int64", "int64"]
        assert count.tolist() == wanted.count.tolist()
        assert count.min() > 3
        assert classes.tolist() == wanted.classes.tolist()
        assert far(boxes, wanted.boxes) < 1e-3
        assert np.abs(scores - wanted.scores).max() < 1e-5


def behind(folder: Path, name: str, **settings: Any) -> tuple[Callable[[list[Array]], list[Array]], Suppression]:
    """What stands behind the raw maps in a written file, to be run by itself."""
    net, chosen = small(name), replace(detector_of(name).suppression, **settings)
    asked: dict[str, Any] = {key: value for key, value in settings.items() if key != "power"}
    export(net, scrambled(net), folder / "x.onnx", with_nms=True, plain_iou=chosen.power is None, check=False, **asked)
    tail = Tail(Graph(net, "float32"), detector_of(name), chosen)
    names = [*tail.decoded, *FOUND]
    model = parts.behind(folder / "x.onnx", tail, names)
    return lambda maps: parts.answers(model, names, dict(zip(tail.maps, maps, strict=True))), chosen


def blank(name: str) -> list[Array]:
    net = small(name)
    shapes = [tuple(map(int, net.nodes[index].shape)) for index in net.outputs]
    return [np.zeros((2, *shape), np.float32) for shape in shapes]


@pytest.mark.parametrize("power", [None, 0.6])
def test_equal_scores_go_by_the_place_of_the_box_then_by_class(power: float | None, tmp_path: Path) -> None:
    ask, chosen = behind(tmp_path, "yolov4_tiny", power=power, score=0.2)
    maps = blank("yolov4_tiny")  # all scores are 1/4: more candidates than boxes
    boxes, scores, *found = ask(maps)
    wanted = nms(boxes.astype(np.float64), scores, **asdict(chosen))
    same(found, wanted)
    assert wanted.count.tolist() == [100, 100]
    assert wanted.classes[0, :4].tolist() == [0, 1, 2, 0]


def same(found: list[Array], wanted: Found) -> None:
    assert all(np.array_equal(one, getattr(wanted, name)) for name, one in zip(FOUND, found, strict=True))


@pytest.mark.parametrize("name", NAMES)
def test_nan_is_no_candidate_and_nothing_is_an_answer(name: str, tmp_path: Path) -> None:
    ask, chosen = behind(tmp_path, name)
    maps = blank(name)
    for raw_map in maps:
        raw_map[1] = np.nan
    anchors = len(detector_of(name).levels[0].anchors)
    maps[0].reshape(2, anchors, 8, *maps[0].shape[2:])[0, 0, 4:, 0, 0] = (5, 0, 5, 0)
    boxes, scores, *found = ask(maps)
    wanted = nms(np.nan_to_num(boxes.astype(np.float64)), scores, **asdict(chosen))
    same(found, wanted)
    assert found[3].tolist() == ([1, 0] if chosen.best_only else [3, 0])


@pytest.mark.parametrize("power", [None, 0.6])
def test_a_nan_corner_stays_and_suppresses_nothing(power: float | None, tmp_path: Path) -> None:
    ask, chosen = behind(tmp_path, "yolov4_tiny", power=power)
    maps = blank("yolov4_tiny")
    cells = maps[0].reshape(2, 3, 8, *maps[0].shape[2:])
    cells[:, :, 4:6, 0, 0] = 5
    cells[:, 0, 2:4, 0, 0] = np.log(135 / 81), np.log(169 / 82)  # the first anchor's box as large as the second's
    cells[1, 1, 0, 0, 0] = np.nan
    boxes, scores, *found = ask(maps)
    wanted = nms(boxes.astype(np.float64), scores, **asdict(chosen))
    assert all(
        np.array_equal(one, getattr(wanted, name), equal_nan=one.dtype.kind == "f")
        for name, one in zip(FOUND, found, strict=True)
    )
    assert wanted.count[1] > wanted.count[0]


def maps_of_efficientdet(x: Value) -> dict[str, Value]:
    """Two classes and nine anchors on five levels, each map from the image at once."""
    levels = [2**level for level in range(3, 8)]
    classes = {f"class{s}": conv(x, 18, 1, stride=s, name=f"class_at_{s}") for s in levels}
    return classes | {f"box{s}": conv(x, 36, 1, stride=s, name=f"box_at_{s}") for s in levels}


@pytest.mark.slow
def test_efficientdets_boxes_are_those_of_numpy(tmp_path: Path) -> None:
    net = trace(maps_of_efficientdet, "own", (3, 128, 256))
    greedy = replace(EFFICIENTDET.suppression, sigma=None, score=0.3)
    inside = Inside(EFFICIENTDET, 2, True, greedy)
    write_model(net, scrambled(net), tmp_path / "x.onnx", inside, None)
    tail = Tail(Graph(net, "float32"), EFFICIENTDET, greedy)
    x = random_images(net, 2, np.random.default_rng(0)).astype(np.float32)
    _, measured = check_model(tmp_path / "x.onnx", tail, inside, x, "here")
    assert measured.left > 100
    assert measured.pixels < 1e-3


def test_soft_suppression_is_refused() -> None:
    with pytest.raises(DiptychError, match="the detector's own suppression is soft-NMS"):
        _suppression(EFFICIENTDET, {}, False)
    assert _suppression(EFFICIENTDET, {}, True) == replace(EFFICIENTDET.suppression, sigma=None)


def test_a_rule_without_an_onnx_form_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    net, unknown = small("yolov5n"), detector_of("yolov5n")
    monkeypatch.setattr(decoding, "RULES", {"yolov3": decoding.RULES["yolov3"]})
    with pytest.raises(DiptychError, match="boxes by the rule 'yolov5' cannot be written in ONNX yet, only yolov3"):
        Tail(Graph(net, "float32"), unknown, None)


def test_what_is_inside_is_said() -> None:
    inside = Inside(detector_of("yolov4_tiny"), 80, True, detector_of("yolov4_tiny").suppression)
    assert str(inside).startswith("NMS inside: score > 0.25, Darknet's DIoU (power 0.6) > 0.45 per class")
    assert str(replace(inside, suppression=None)).startswith("boxes (corners x1, y1, x2, y2 in pixels of the input)")
