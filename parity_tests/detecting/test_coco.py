"""The JSON of `detect` is a file of COCO's format, as its own library reads it."""

from __future__ import annotations

import contextlib
import io
import json
from pathlib import Path
from typing import Any

import numpy as np

from diptych.detecting.coco import document, image_ids
from diptych.detecting.labels import COCO80, COCO90
from diptych.detecting.results import Detections


def found(classes: list[int]) -> Detections:
    number = len(classes)
    boxes = np.array([[10.5, 20.25, 60.5, 50.25], [-10, 10, 500, 40]][:number]).reshape(-1, 4)
    return Detections(boxes, np.array([0.75, 0.5][:number]), np.array(classes), ("?",) * number, np.arange(number),
                      (60, 100))  # fmt: skip


def written(labels: tuple[str, ...] = COCO80) -> dict[str, Any]:
    some = [(1, Path("photos/a.png"), found([0, 79])), (2, Path("b.png"), found([]))]
    made: dict[str, Any] = json.loads(json.dumps(document(some, labels, {"network": "yolov4_tiny"})))
    return made


def test_a_box_is_its_corner_width_and_height_within_the_image() -> None:
    data = written()
    first, second = data["annotations"]
    assert first == {"id": 1, "image_id": 1, "category_id": 1, "bbox": [10.5, 20.25, 50.0, 30.0], "score": 0.75,
                     "area": 1500.0, "iscrowd": 0}  # fmt: skip
    assert (second["bbox"], second["category_id"]) == ([0.0, 10.0, 100.0, 30.0], 90)
    assert data["images"] == [
        {"id": 1, "file_name": "a.png", "width": 100, "height": 60},
        {"id": 2, "file_name": "b.png", "width": 100, "height": 60},
    ]
    assert {"id": 90, "name": "toothbrush"} in data["categories"]


def test_ninety_classes_have_the_numbers_of_coco_as_they_stand() -> None:
    assert [entry["category_id"] for entry in written(COCO90)["annotations"]] == [1, 80]
    assert COCO90[79] == "toaster"
    assert [entry["category_id"] for entry in written(tuple(map(str, range(80))))["annotations"]] == [1, 80]


def test_pycocotools_reads_the_whole_and_its_results(tmp_path: Path) -> None:
    from pycocotools.coco import COCO  # type: ignore[import-untyped]
    from pycocotools.cocoeval import COCOeval  # type: ignore[import-untyped]

    file = tmp_path / "found.json"
    data = written()
    file.write_text(json.dumps(data))
    with contextlib.redirect_stdout(io.StringIO()):
        truth = COCO(str(file))
        results = truth.loadRes(data["annotations"])
        judged = COCOeval(truth, results, "bbox")
        judged.evaluate()
        judged.accumulate()
        judged.summarize()
    assert sorted(truth.getCatIds()) == sorted({entry["id"] for entry in data["categories"]})
    assert judged.stats[0] > 1 - 1e-12, "boxes held against themselves"


def test_an_image_has_the_number_of_its_name_where_all_have_one() -> None:
    assert image_ids([Path("x/000000000139.jpg"), Path("000000000285.jpg")]) == [139, 285]
    assert image_ids([Path("a/7.jpg"), Path("b/7.jpg")]) == [1, 2]
    assert image_ids([Path("7.jpg"), Path("bus.jpg")]) == [1, 2]
    assert image_ids([Path(f"{'9' * 30}.jpg")]) == [1]
