"""A detector by name: the same boxes in NumPy and in both frameworks, and one sentence for what cannot be."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from selection import some

import diptych
from diptych.common.detection.letterbox import Placement
from diptych.common.errors import DiptychError, FileError, WeightsError
from diptych.common.registry import network, networks
from diptych.common.spec import Array
from diptych.common.weights import scrambled
from diptych.detecting.detector import ObjectDetector
from diptych.detecting.labels import COCO80, COCO90, category_ids
from diptych.detecting.results import Detections, compare
from diptych.files.boxes import carried, with_levels

SIZE = (64, 96)
RNG = np.random.default_rng(1)
IMAGES: list[Any] = [RNG.integers(0, 256, shape, dtype=np.uint8) for shape in ((50, 70, 3), (128, 96, 3), (64, 96, 3))]


@pytest.fixture(scope="module")
def small() -> ObjectDetector:
    return diptych.detector("yolov4_tiny", num_classes=3, input_size=SIZE, score=0.3, labels=["a", "b", "c"])


@pytest.fixture(scope="module")
def weights(small: ObjectDetector) -> dict[str, Array]:
    return scrambled(small.net, 3)


@pytest.fixture(scope="module")
def models(small: ObjectDetector, weights: dict[str, Array]) -> dict[str, Any]:
    built = {side: diptych.build(small.net, side, weights=weights, dtype="float64") for side in ("torch", "tf")}
    return {"numpy": weights} | built


def test_all_three_find_the_same_boxes(small: ObjectDetector, models: dict[str, Any]) -> None:
    expected = small.detect(IMAGES, models["numpy"])
    assert [found.size for found in expected] == [(50, 70), (128, 96), (64, 96)]
    assert min(map(len, expected)) > 3, "a case without boxes shows nothing"
    assert {label for found in expected for label in found.labels} == {"a", "b", "c"}
    for side in ("torch", "tf"):
        for ours, theirs in zip(expected, small.detect(IMAGES, models[side]), strict=True):
            difference = compare(ours, theirs)
            assert (difference.first, difference.second) == (0, 0)
            assert difference.shared == len(ours) == len(theirs)
            assert difference.pixels < 1e-8
            assert difference.score < 1e-10


@pytest.mark.parametrize("name", some(("yolov5n", "yolox_nano", "yolov3_tiny", "efficientdet_d0"), "yolox_nano"))
def test_every_rule_finds_the_same_boxes_in_both_frameworks(name: str) -> None:
    size = (128, 128) if name == "efficientdet_d0" else SIZE
    detector = diptych.detector(name, num_classes=2, input_size=size, score=0.2)
    weights = scrambled(detector.net, 5)
    first, second = (
        detector.detect(IMAGES, diptych.build(detector.net, side, weights=weights, dtype="float64"))
        for side in ("torch", "tf")
    )
    assert min(map(len, first)) > 0
    for ours, theirs in zip(first, second, strict=True):
        difference = compare(ours, theirs)
        assert difference.shared == len(ours) == len(theirs)
        assert difference.score < 1e-10
        assert np.allclose(ours.boxes, theirs.boxes, rtol=1e-10, atol=1e-8)


@pytest.mark.parametrize("batch", [1, 2, 8])
def test_the_batch_changes_nothing_and_bounds_what_is_read(
    small: ObjectDetector, weights: dict[str, Array], batch: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = [small.detect(image, weights)[0] for image in IMAGES]
    sizes, run = list[int](), ObjectDetector.run
    asked = 0

    def counting() -> Iterator[Array]:
        nonlocal asked
        for image in IMAGES:
            asked += 1
            yield image

    def counted(self: ObjectDetector, inputs: Any, model: Any) -> list[Detections]:
        sizes.append(len(inputs))
        assert asked == sum(sizes), "an image was read before its turn"
        return run(self, inputs, model)

    monkeypatch.setattr(ObjectDetector, "run", counted)
    found = small.detect(counting(), weights, batch=batch)
    assert max(sizes) == min(batch, 3)
    for ours, theirs in zip(expected, found, strict=True):
        assert compare(ours, theirs).same
        assert np.allclose(ours.boxes, theirs.boxes, rtol=0, atol=1e-9)


def test_preprocess_and_decode_are_the_parts_of_detect(small: ObjectDetector, models: dict[str, Any]) -> None:
    nchw, placements = small.preprocess(IMAGES, "NCHW", "float64")
    nhwc, _ = small.preprocess(IMAGES, "NHWC", "float64")
    assert (nchw.shape, nhwc.shape) == ((3, 3, *SIZE), (3, *SIZE, 3))
    assert np.array_equal(nchw, np.moveaxis(nhwc, -1, 1))
    assert small.preprocess(IMAGES[0])[0].dtype == np.float32
    assert placements[1] == Placement((0.5, 1.0), (0, 0), (128, 96))

    import torch

    with torch.no_grad():
        answers = [models["torch"].eval()(torch.from_numpy(nchw)), models["tf"](nhwc, training=False)]
    assert isinstance(answers[0], dict)
    boxes, scores = zip(*(small.decode(maps) for maps in answers), strict=True)
    assert isinstance(boxes[0], torch.Tensor)
    expected = small.decode({name: value.numpy() for name, value in answers[0].items()})
    for place, value in enumerate((boxes, scores)):
        for framework in value:
            assert np.allclose(expected[place], framework.numpy(), rtol=0, atol=1e-9)


def test_a_fault_in_one_weight_is_seen(small: ObjectDetector, models: dict[str, Any]) -> None:
    wrong = {name: array.copy() for name, array in models["numpy"].items()}
    wrong[next(name for name in wrong if name.endswith("head_s16.conv2.weight"))][0] *= 1.5
    ours, theirs = (small.detect(IMAGES[1], model)[0] for model in (models["torch"], wrong))
    assert not compare(ours, theirs).same


def test_a_box_of_one_side_alone_is_counted() -> None:
    boxes = np.array([[0.0, 0, 4, 4], [2, 2, 9, 9]])
    first = Detections(boxes, np.array([0.9, 0.5]), np.array([1, 0]), ("b", "a"), np.array([7, 3]), (8, 8))
    moved = dataclasses.replace(first, boxes=boxes + np.array([0, 0, 0, 0.0625]), scores=np.array([0.9, 0.5005]))
    difference = compare(first, moved)
    assert (difference.pixels, difference.shared, difference.same) == (0.0625, 2, True)
    assert difference.score == pytest.approx(0.0005)
    other = dataclasses.replace(first, classes=np.array([1, 2]))
    assert (compare(first, other).shared, compare(first, other).first, compare(first, other).second) == (1, 1, 1)
    assert not compare(first, other).same
    for gap, same in ((0.09, True), (0.2, False)):
        assert compare(first, dataclasses.replace(first, boxes=boxes + gap)).same is same
    large = dataclasses.replace(first, boxes=boxes * [1, 1, 1, 1e4])
    assert compare(large, dataclasses.replace(large, boxes=large.boxes + np.array([0, 0, 0, 3]))).same
    endless = dataclasses.replace(first, boxes=boxes * [1, 1, 1, np.inf])
    assert compare(endless, endless).same
    assert not compare(endless, first).same
    assert first.clipped.tolist() == [[0, 0, 4, 4], [2, 2, 8, 8]]


@pytest.mark.parametrize("side", ["numpy", "torch", "tf"])
@pytest.mark.parametrize(("value", "said"), [(np.nan, "NaN"), (np.inf, "infinity")])
def test_a_map_that_is_no_numbers_is_named(
    small: ObjectDetector, side: str, value: float, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from diptych import backends
    from diptych.common import reference

    maps = [np.zeros((1, 24, 2, 3)), np.zeros((1, 24, 4, 6))]
    maps[1][0, 5, 1, 1] = value
    model: Any
    if side == "numpy":
        model = {}
        monkeypatch.setattr(reference, "outputs", lambda *args: maps)
    else:
        import tensorflow as tf
        import torch

        model = torch.nn.Module() if side == "torch" else tf.keras.Sequential()
        made = torch.from_numpy if side == "torch" else lambda array: tf.constant(np.moveaxis(array, 1, -1))
        monkeypatch.setattr(backends.get(side), "tensors", lambda *args: [made(value) for value in maps])
    with pytest.raises(DiptychError, match=rf"yolov4_tiny: its raw map s16 \(2 of 2\) has {said} in it"):
        small.run([small.prepared(IMAGES[0])], model)


@pytest.mark.parametrize("key", ["score", "iou"])
@pytest.mark.parametrize("value", [-0.1, 1.1, float("nan")])
def test_a_threshold_outside_its_range_is_refused(key: str, value: float) -> None:
    options: dict[str, Any] = {key: value}
    with pytest.raises(DiptychError, match=rf"{key} is a threshold from 0 to 1, not {value}"):
        diptych.detector("yolov4_tiny", **options)


def test_an_iou_takes_the_place_of_soft_nms(monkeypatch: pytest.MonkeyPatch) -> None:
    from diptych.detecting import detector

    rules = detector.rules_of("yolov4_tiny")
    soft = dataclasses.replace(rules, suppression=dataclasses.replace(rules.suppression, sigma=0.5))
    monkeypatch.setattr(detector, "rules_of", lambda name: soft)
    assert diptych.detector("yolov4_tiny", score=0.1).rules.suppression.sigma == 0.5
    assert diptych.detector("yolov4_tiny", iou=0.6).rules.suppression.sigma is None


def test_what_is_no_detector_is_refused_with_those_there_are() -> None:
    with pytest.raises(DiptychError, match=r"resnet50 is no detector.*the detectors are .*yolov3, .*yolox_"):
        diptych.detector("resnet50")
    with pytest.raises(DiptychError, match=r"num_classes=0 has no head, and so no boxes"):
        diptych.detector("yolox_nano", num_classes=0)
    with pytest.raises(DiptychError, match=r"takes images of 1 channels"):
        diptych.detector(diptych.spec("yolov4_tiny", in_channels=1))
    with pytest.raises(DiptychError, match=r"with a Net, whose options are fixed"):
        diptych.detector(diptych.spec("yolov4_tiny"), num_classes=3)


def test_what_is_no_model_of_the_network_is_refused(small: ObjectDetector, weights: dict[str, Array]) -> None:
    for model in (None, "numpy"):
        with pytest.raises(DiptychError, match="detect takes a model: a torch module or a Keras model of yolov4_tiny"):
            small.detect(IMAGES, model)
    with pytest.raises(DiptychError, match=r"expected a torch.nn.Module or a keras.Model"):
        small.detect(IMAGES, 3)
    with pytest.raises(DiptychError, match="the model answers with 1 values, and yolov4_tiny with"):
        small.detect(IMAGES, diptych.build("lenet5_modern", "torch", in_channels=3, input_size=SIZE))
    with pytest.raises(DiptychError, match=r"takes images of \(32, 32, 1\).*here of \(64, 96, 3\); give detector"):
        small.detect(IMAGES, diptych.build("lenet5_modern", "tf"))
    with pytest.raises(WeightsError, match="the weights given"):
        small.detect(IMAGES, dict(list(weights.items())[1:]))
    with pytest.raises(DiptychError, match="there is no image"):
        small.preprocess([])
    with pytest.raises(DiptychError, match="batch is a whole number, 1 or more"):
        small.detect(IMAGES, weights, batch=0)


def test_labels_are_one_for_each_class(tmp_path: Path) -> None:
    with pytest.raises(DiptychError, match=r"2 labels were given, and yolov4_tiny has 3 classes"):
        diptych.detector("yolov4_tiny", num_classes=3, labels=["a", "b"])
    file = tmp_path / "own.names"
    file.write_text("\ufeffone\ntwo \nthree\n\n", "utf-8")
    assert diptych.detector("yolov4_tiny", num_classes=3, labels=file).labels == ("one", "two", "three")
    for text, said in ((b"one\n\nthree\n", "line 2 is blank"), (b"\n", "is blank"), (b"\xff\n", "no UTF-8 text")):
        file.write_bytes(text)
        with pytest.raises(FileError, match=said):
            diptych.detector("yolov4_tiny", num_classes=3, labels=file)


def test_coco_has_80_names_under_90_numbers() -> None:
    assert (len(COCO80), len(set(COCO80)), len(COCO90), len(set(COCO90))) == (80, 80, 90, 90)
    unused = [number for number, name in enumerate(COCO90, start=1) if name == f"unused {number}"]
    assert unused == [12, 26, 29, 30, 45, 66, 68, 69, 71, 83]
    assert [COCO90[number - 1] for number in category_ids(COCO80)] == list(COCO80)
    assert category_ids(COCO90) == tuple(range(1, 91))
    assert diptych.detector("yolov4_tiny").labels == COCO80


@pytest.mark.parametrize("name", [name for name in networks() if network(name).detector is not None])
def test_every_detector_is_made_by_name(name: str) -> None:
    found = diptych.detector(name)
    assert found.size == network(name).input_size
    assert len(found.labels) in (80, 90)


def test_the_anchors_of_a_cfg_are_taken_and_travel_with_the_weights(tmp_path: Path) -> None:
    from diptych.detecting.opened import opened
    from diptych.files.darknet import cfg_text, read_cfg

    own = network("yolov4_tiny").detector
    assert own is not None
    net = diptych.spec("yolov4_tiny", num_classes=3, input_size=SIZE)
    text = cfg_text(net)
    cfg, plain = tmp_path / "own.cfg", tmp_path / "plain.cfg"
    plain.write_text(text)
    cfg.write_text(text.replace("81,82", "91,52"))
    assert carried(read_cfg(plain)) == {}
    made = diptych.detector("yolov4_tiny", cfg=cfg)
    assert (made.size, len(made.labels)) == (SIZE, 3)
    assert made.rules.levels[1].anchors == (*own.levels[1].anchors[:2], (91, 52))
    assert made.rules.levels[0].anchors == ((91, 52), *own.levels[0].anchors[1:])

    from diptych.files import write

    source = tmp_path / "in.safetensors"
    write(source, net, scrambled(net), {})
    diptych.convert(source, tmp_path / "out.pth", cfg=cfg, check=None)
    diptych.convert(tmp_path / "out.pth", tmp_path / "again.npz", check=None)
    for file, given in (("in.safetensors", cfg), ("out.pth", None), ("again.npz", None)):
        found, _, info = opened(tmp_path / file, None, given, {})
        assert found.rules.levels == made.rules.levels, file
        assert info["notes"][-1] == "its anchors are not the network's own, but those of its file or .cfg"
    assert opened(tmp_path / "out.pth", None, plain, {})[0].rules.levels == own.levels


@pytest.mark.parametrize(
    "said", [3, [], [[1.0, [[1, 2]] * 3]], [[1.0, [[1, -2]] * 3]] * 2, [[1.0, [["a", 2]] * 3]] * 2]
)
def test_senseless_anchors_in_a_record_are_refused(said: Any) -> None:
    own = network("yolov4_tiny").detector
    assert own is not None
    assert with_levels(own, {}) is own
    with pytest.raises(FileError, match="anchors has no meaning"):
        with_levels(own, {"levels": said})
