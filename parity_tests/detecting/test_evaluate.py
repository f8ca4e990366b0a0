"""`diptych detect --evaluate`: COCO's figures, by hand and by its own library, and every file that does not fit."""

from __future__ import annotations

import contextlib
import io
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from command_line import run
from PIL import Image

from diptych.common.registry import spec
from diptych.common.weights import scrambled
from diptych.detecting.evaluate import FIGURES, categories_of, figures, results
from diptych.detecting.labels import COCO80, COCO90
from diptych.detecting.results import Detections
from diptych.detecting.truth import Truth, located, read_truth
from diptych.files import write

CATEGORIES = {7: "cup", 9: "bowl", 12: "vase"}
Change = Callable[[dict[str, Any]], Any]


def data_set() -> dict[str, Any]:
    """Three images, of which the last is bare, and four boxes; the ids begin with 0."""
    images = [{"id": 5 + n, "file_name": f"{n}.png", "height": 48, "width": 64} for n in range(3)]
    boxes = [(5, 7, [4, 4, 20, 20]), (5, 9, [30, 10, 20, 30]), (6, 7, [0, 0, 60, 40]), (6, 12, [5, 5, 0, 9])]
    entries = [{"id": n, "image_id": i, "category_id": c, "bbox": b} for n, (i, c, b) in enumerate(boxes)]
    return {
        "images": images,
        "annotations": entries,
        "categories": [{"id": k, "name": v} for k, v in CATEGORIES.items()],
    }


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Annotations, their images, and weights of a small detector of three classes."""
    folder = tmp_path_factory.mktemp("evaluate")
    net = spec("yolov4_tiny", num_classes=3, input_size=(32, 64))
    write(folder / "in.safetensors", net, scrambled(net, 3), {})
    for number in range(3):
        pixels = np.random.default_rng(number).integers(0, 256, (48, 64, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / f"{number}.png")
    (folder / "true.json").write_text(json.dumps(data_set()))
    (folder / "own.names").write_text("vase\ncup\nbowl\n")
    return folder


def evaluated(home: Path, *words: str | Path, file: str = "true.json", framework: str = "numpy") -> Any:
    given: list[str | Path] = [] if "--labels" in words else ["--labels", home / "own.names"]
    return run("detect", "--weights", home / "in.safetensors", "--framework", framework, "--evaluate", home / file,
               *given, *words)  # fmt: skip


def truth_of(change: Change | None = None) -> Truth:
    data = data_set()
    if change is not None:
        change(data)
    boxes = [{"area": e["bbox"][2] * e["bbox"][3], "iscrowd": 0} | e for e in data["annotations"]]
    images = {image["id"]: (image["file_name"], (48, 64)) for image in data["images"]}
    return Truth(images, tuple(boxes), {entry["id"]: entry["name"] for entry in data["categories"]})


def found(*boxes: tuple[list[float], int, float]) -> Detections:
    corners = np.array([[x, y, x + w, y + h] for (x, y, w, h), *_ in boxes], float).reshape(-1, 4)
    classes = np.array([kind for _, kind, _ in boxes], int)
    scores = np.array([score for *_, score in boxes], float)
    return Detections(corners, scores, classes, ("?",) * len(boxes), np.arange(len(boxes)), (48, 64))


PERFECT = {5: found(([4, 4, 20, 20], 0, 0.8), ([30, 10, 20, 30], 1, 0.3)), 6: found(([0, 0, 60, 40], 0, 0.7))}


def test_figures_worked_by_hand() -> None:
    """Cups: a false one first, then both true ones: precision 2 / 3 up to all recall. Bowls: none. Vases: no area."""
    truth = truth_of()
    ids = (7, 9, 12)
    boxes = results(
        {5: found(([4, 4, 20, 20], 0, 0.8)), 6: found(([0, 0, 60, 40], 0, 0.7)), 7: found(([1, 1, 9, 9], 0, 0.9))}, ids
    )
    made = figures(truth, boxes)
    assert made["AP"] == pytest.approx(2 / 3 / 3)
    assert made["AR100"] == made["AR1"] == pytest.approx(1 / 3)
    assert made["APl"] is None, "no box is above 96 x 96"
    assert figures(truth, results(PERFECT, ids))["AP50"] == pytest.approx(2 / 3), "the vase of no area is never found"
    assert figures(truth, [])["AP"] == 0


def test_a_box_whose_id_is_0_is_found_all_the_same() -> None:
    """pycocotools takes it for none as the file stands."""
    from pycocotools.coco import COCO  # type: ignore[import-untyped]
    from pycocotools.cocoeval import COCOeval  # type: ignore[import-untyped]

    truth = truth_of(lambda data: data.update(annotations=data["annotations"][:3]))
    boxes = results(PERFECT, (7, 9, 12))
    values = []
    with contextlib.redirect_stdout(io.StringIO()):
        for first in (0, 1):
            theirs = COCO()
            numbered = [{**box, "id": number} for number, box in enumerate(truth.boxes, start=first)]
            theirs.dataset = {"info": {}, "images": [{"id": n} for n in truth.images], "annotations": numbered,
                              "categories": [{"id": n} for n in truth.categories]}  # fmt: skip
            theirs.createIndex()
            judged = COCOeval(theirs, theirs.loadRes(json.loads(json.dumps(boxes))), "bbox")
            judged.evaluate()
            judged.accumulate()
            judged.summarize()
            values.append([None if value < 0 else float(value) for value in judged.stats])
    assert values[0] != values[1]
    assert list(figures(truth, boxes).values()) == values[1]
    assert values[1][0] == pytest.approx(1)


def test_categories_are_met_by_name() -> None:
    truth = truth_of()
    assert categories_of(truth, ("vase", "pen", "cup", "bowl"), "it") == ((12, None, 7, 9), None)
    ids, note = categories_of(truth, ("class 0", "class 1", "class 2"), "it")
    assert (ids, note) == ((7, 9, 12), "the classes have no names: they are the categories by their numbers")
    coco = Truth({1: ("a", None)}, ({"category_id": 90},), {90: "toothbrush", 1: "person", 13: "stop sign"})
    by_80, by_90 = (categories_of(coco, labels, "it")[0] for labels in (COCO80, COCO90))
    assert (by_80[0], by_80[11], by_80[79], by_80[1]) == (1, 13, 90, None)
    assert (by_90[0], by_90[12], by_90[89], by_90[1]) == (1, 13, 90, None)


def test_boxes_of_a_class_that_the_file_has_not_do_not_count() -> None:
    some = {5: found(([4, 4, 20, 20], 0, 0.8), ([4, 4, 20, 20], 1, 0.9))}
    assert [entry["category_id"] for entry in results(some, (7, None))] == [7]


def test_the_json_has_the_figures_of_the_boxes_that_are_written(home: Path, tmp_path: Path) -> None:
    done = evaluated(home, "--json", "-o", tmp_path / "out.json", framework="torch")
    assert (done.exit_code, done.stderr) == (0, "")
    data = json.loads(done.stdout)
    values = data["figures"]["torch"]
    assert list(values) == [figure.name for figure in FIGURES]
    assert any(values.values()), "some box of scrambled weights meets another by chance"
    assert (data["images"], data["boxes"], data["categories"], data["score"]) == (3, 4, 3, 0.001)
    written = json.loads((tmp_path / "out.json").read_text())
    assert {entry["category_id"] for entry in written} <= set(CATEGORIES)
    entries = [{**e, "area": e["bbox"][2] * e["bbox"][3], "iscrowd": 0} for e in written]
    again = figures(read_truth(home / "true.json"), entries)
    assert all((again[name] or 0) == pytest.approx(values[name] or 0, abs=1e-4) for name in values)


def test_the_table_has_a_column_for_each_framework_and_images_a_folder(home: Path, tmp_path: Path) -> None:
    (tmp_path / "true.json").write_text(json.dumps(data_set()))
    done = run("detect", "--weights", home / "in.safetensors", "--labels", home / "own.names", "--framework", "both",
               "--evaluate", tmp_path / "true.json", "--images", home, "--score", "0.4")  # fmt: skip
    assert done.exit_code == 0, done.stderr
    head, *lines = [line.split() for line in done.stdout.splitlines()[:13]]
    assert head == ["figure", "IoU", "area", "boxes", "PyTorch", "TensorFlow"]
    assert [line[0] for line in lines] == [figure.name for figure in FIGURES]
    assert all(line[-1] == line[-2] for line in lines)
    assert lines[5][-1] == "-", "nothing is large"
    said = "4 boxes of 3 categories in 3 images, by yolov4_tiny in PyTorch and TensorFlow at 32x64, score above 0.4"
    assert said in done.stdout
    assert "note: 1 of the annotated boxes have no area" in done.stdout
    assert "note: 1 of the images have no annotation" in done.stdout


def _set(key: str, place: int, name: str, value: Any) -> Change:
    return lambda data: data[key][place].update({name: value})


BAD: dict[str, tuple[Any, str]] = {
    "no JSON": ("{", "is no JSON that can be read"),
    "results": ("[]", "is a list, as results are"),
    "a number": ("7", "no list images and no list annotations and no list categories"),
    "no categories": (lambda data: data.pop("categories"), "it has no list categories"),
    "no image": (lambda data: data.update(images=[]), "its images are empty"),
    "no box": (lambda data: data.update(annotations=[]), "its annotations are empty"),
    "a text for an id": (_set("images", 1, "id", "6"), "images[1] has the id '6', expected a whole number"),
    "an id twice": (_set("images", 1, "id", 5), "images[1] has the id 5 of another entry"),
    "a file twice": (_set("images", 1, "file_name", "0.png"), "two images have the file_name 0.png"),
    "a file twice, spelt otherwise": (_set("images", 1, "file_name", "./0.png"), "two images have the file_name 0.png"),
    "a huge id": (_set("images", 1, "id", 10**30), "expected a whole number"),
    "a huge side": (_set("annotations", 0, "bbox", [1, 1, 10**400, 5]), "expected [x, y, width, height]"),
    "no name": (_set("images", 0, "file_name", None), "images[0] has the file_name None"),
    "a file elsewhere": (_set("images", 0, "file_name", "../0.png"), "outside of the images' folder"),
    "an image that is not there": (_set("images", 2, "file_name", "9.png"), "1 of 3 images are not there: "),
    "another size": (_set("images", 0, "width", 63), "has 48 x 64 pixels (height x width, turned as its EXIF says)"),
    "no size": (_set("images", 0, "width", -1), "has height and width (48, -1)"),
    "no image of the file": (_set("annotations", 0, "image_id", 99), "image_id 99, which is no image of the file"),
    "no category of the file": (_set("annotations", 3, "category_id", 8), "annotations[3] has the category_id 8"),
    "corners the wrong way": (_set("annotations", 0, "bbox", [1, 1, -5, 5]), "has the bbox [1, 1, -5, 5], expected"),
    "three numbers": (_set("annotations", 0, "bbox", [1, 1, 5]), "has the bbox [1, 1, 5], expected"),
    "no finite number": ('{"images": [{"id": 1, "file_name": "0.png"}], "categories": [{"id": 1, "name": "a"}], '
                         '"annotations": [{"image_id": 1, "category_id": 1, "bbox": [1, 1, NaN, 5]}]}',
                         "the bbox [1, 1, nan"),
    "no box of a caption": (lambda data: data["annotations"][0].pop("bbox"), "annotations[0] has the bbox None"),
    "an area below 0": (_set("annotations", 0, "area", -1), "annotations[0] has the area -1"),
    "a strange crowd": (_set("annotations", 0, "iscrowd", 2), "annotations[0] has iscrowd 2"),
    "a category without a class": (_set("categories", 0, "name", "mug"), "yolov4_tiny has no class of the name mug"),
    "a name twice": (_set("categories", 0, "name", "bowl"), "two categories of the annotations have one name"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_a_file_that_does_not_fit_is_one_error(home: Path, tmp_path: Path, case: str) -> None:
    change, said = BAD[case]
    data = data_set()
    if not isinstance(change, str):
        change(data)
    (tmp_path / "bad.json").write_text(change if isinstance(change, str) else json.dumps(data))
    done = evaluated(home, "--images", home, "-o", tmp_path / "out.json", "--evaluate", tmp_path / "bad.json")
    assert done.exit_code == 2, done.stdout
    assert said in " ".join(done.stderr.split())
    assert done.stderr.startswith("error: ")
    assert "Traceback" not in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["bad.json"]


WORDS: list[tuple[list[str], str]] = [
    (["{home}/0.png"], "the images are those of the annotations"),
    (["-o", "{home}/out.png"], "-o takes one .json"),
    (["-o", "{home}/true.json", "--force"], "is the source itself"),
    (["--images", "{home}/no"], "3 of 3 images are not there"),
    (["--labels", "{home}/true.json"], "labels were given, and yolov4_tiny has 3 classes"),
    (["--score", "2"], "score is a threshold from 0 to 1"),
    (["--evaluate", "{home}/none.json"], "none.json does not exist"),
    (["--evaluate", "{home}"], "is a folder, expected a file"),
]


@pytest.mark.parametrize(("words", "said"), WORDS)
def test_words_that_do_not_go_together_are_one_error(home: Path, words: list[str], said: str) -> None:
    done = evaluated(home, *(word.format(home=home) for word in words))
    assert (done.exit_code, said in " ".join(done.stderr.split())) == (2, True), done.stderr


def test_json_and_images_go_with_evaluate_and_something_must_be_named(home: Path) -> None:
    given: list[tuple[tuple[str | Path, ...], str]] = [
        ((home / "0.png", "--json"), "go with --evaluate"),
        ((), "name a picture, a folder of them"),
    ]
    for words, said in given:
        done = run("detect", *words, "--weights", home / "in.safetensors")
        assert (done.exit_code, said in done.stderr) == (2, True)


def test_an_image_that_cannot_be_read_ends_it(home: Path, tmp_path: Path) -> None:
    for number in range(3):
        (tmp_path / f"{number}.png").write_bytes((home / f"{number}.png").read_bytes()[: 99 if number == 1 else None])
    done = evaluated(home, "--images", tmp_path)
    assert (done.exit_code, f"error: {tmp_path / '1.png'}" in done.stderr, done.stdout) == (2, True, "")


def test_a_missing_pycocotools_is_named_with_its_extra(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pycocotools.coco", None)
    done = evaluated(home)
    assert (done.exit_code, "need pycocotools: pip install 'diptych[evaluate]'" in done.stderr) == (2, True)


def test_images_may_lie_in_folders(tmp_path: Path) -> None:
    (tmp_path / "val").mkdir()
    (tmp_path / "val" / "a.png").touch()
    assert located(Truth({1: ("val/a.png", None)}, (), {}), tmp_path) == {1: tmp_path / "val" / "a.png"}
