"""`diptych detect`: what it prints and writes, how it ends, and that nothing partial is left."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from command_line import run
from PIL import Image

from diptych.commands import detection
from diptych.common.registry import spec
from diptych.common.weights import scrambled
from diptych.files import write

SIZE = (64, 96)
NETWORK = {"num_classes": 3, "input_size": SIZE}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Weights of a small detector, and of one that is none; labels; and pictures."""
    folder = tmp_path_factory.mktemp("detect")
    net = spec("yolov4_tiny", num_classes=3, input_size=SIZE)
    weights = scrambled(net, 3)
    write(folder / "in.safetensors", net, weights, {})
    large = {name: array * (1e30 if name.endswith("conv1.conv.weight") else 1) for name, array in weights.items()}
    write(folder / "large.safetensors", net, large, {})
    other = spec("lenet5_modern")
    write(folder / "lenet.safetensors", other, scrambled(other), {})
    (folder / "own.names").write_text("cup\nbowl\nvase\n")
    (folder / "photos").mkdir()
    for number, size in enumerate(((70, 50), (96, 128), (30, 40))):
        pixels = np.random.default_rng(number).integers(0, 256, (*size[::-1], 3), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / "photos" / f"{number + 5:03}.png")
    return folder


def detect(home: Path, *words: str | Path, weights: str = "in.safetensors", framework: str = "numpy") -> Any:
    return run("detect", *words, "--weights", home / weights, "--framework", framework, "--score", "0.4")


def test_the_table_has_a_row_for_each_box_and_the_json_the_same(home: Path, tmp_path: Path) -> None:
    photos = home / "photos"
    done = detect(home, photos, "--labels", home / "own.names", "-o", tmp_path / "out.json")
    assert (done.exit_code, done.stderr) == (0, "")
    data = json.loads((tmp_path / "out.json").read_text())
    rows = [line.split() for line in done.stdout.splitlines() if line.startswith(str(photos))]
    assert len(rows) == len(data["annotations"]) > 10
    assert [image["id"] for image in data["images"]] == [5, 6, 7], "the numbers of their names"
    assert [category["name"] for category in data["categories"]] == ["cup", "bowl", "vase"]
    names = {image["id"]: image["file_name"] for image in data["images"]}
    for row, entry in zip(rows, data["annotations"], strict=True):
        x, y, width, height = entry["bbox"]
        assert Path(row[0]).name == names[entry["image_id"]]
        assert row[1] == ("cup", "bowl", "vase")[entry["category_id"] - 1]
        assert np.allclose([float(v) for v in row[2:6]], [x, y, x + width, y + height], atol=0.51)
        assert float(row[6]) == pytest.approx(entry["score"], abs=5.1e-4)
    assert data["info"]["network"] == "yolov4_tiny"
    assert (data["info"]["input_size"], data["info"]["score"], data["info"]["framework"]) == ([*SIZE], 0.4, "numpy")
    assert f"{len(rows)} boxes in 3 images by yolov4_tiny at 64x96, score above 0.4, IoU up to 0.45" in done.stdout


def test_the_picture_has_boxes_and_a_folder_has_all_pictures(home: Path, tmp_path: Path) -> None:
    image = home / "photos" / "006.png"
    assert detect(home, image, "-o", tmp_path / "a.png", "-o", tmp_path / "a.json").exit_code == 0
    assert {path.name for path in tmp_path.iterdir()} == {"a.png", "a.json"}
    with Image.open(tmp_path / "a.png") as drawn, Image.open(image) as given:
        assert drawn.size == given.size
        assert np.any(np.asarray(drawn) != np.asarray(given))
    folder = tmp_path / "new" / "folder"
    assert detect(home, home / "photos", "-o", folder).exit_code == 0
    assert sorted(path.name for path in folder.iterdir()) == ["005.png", "006.png", "007.png"]


def test_an_image_that_cannot_be_read_stops_nothing_else(home: Path, tmp_path: Path) -> None:
    photos = tmp_path / "photos"
    photos.mkdir()
    for image in (home / "photos").iterdir():
        (photos / image.name).write_bytes(image.read_bytes())
    (photos / "006.png").write_bytes((photos / "006.png").read_bytes()[:999])
    (photos / "empty.jpg").touch()
    done = detect(home, photos, "-o", tmp_path / "out", "-o", tmp_path / "out.json")
    assert done.exit_code == 2
    first, second, last = done.stderr.splitlines()
    assert first.startswith(f"error: {photos / '006.png'} cannot be read as an image")
    assert second.startswith(f"error: {photos / 'empty.jpg'} is empty")
    assert last == "2 of 4 images could not be read"
    assert "boxes in 2 images" in done.stdout
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"005.png", "007.png"}
    assert len(json.loads((tmp_path / "out.json").read_text())["images"]) == 2


def test_nothing_is_written_where_no_image_can_be_read(home: Path, tmp_path: Path) -> None:
    (tmp_path / "a.png").touch()
    done = detect(home, tmp_path / "a.png", "-o", tmp_path / "out.json", "-o", tmp_path / "out.png")
    assert done.exit_code == 2
    assert [path.name for path in tmp_path.iterdir()] == ["a.png"]


def test_nothing_found_is_a_row_of_dashes(home: Path) -> None:
    done = run("detect", home / "photos" / "005.png", "--weights", home / "in.safetensors", "--framework", "numpy",
               "--score", "1")  # fmt: skip
    assert (done.exit_code, done.stdout.splitlines()[1].split()[1:]) == (0, ["-", "-", "-"])
    assert "0 boxes in 1 image by" in done.stdout


def test_both_frameworks_are_held_against_each_other(home: Path, tmp_path: Path) -> None:
    done = detect(home, home / "photos", "-o", tmp_path / "out.json", "-o", tmp_path / "out", framework="both")
    assert done.exit_code == 0, done.stderr
    assert "score in PyTorch  score in TensorFlow  pixels apart" in done.stdout
    difference = json.loads((tmp_path / "out.json").read_text())["info"]["difference"]
    assert difference["shared"] > 10
    assert (difference["only_torch"], difference["only_tf"]) == (0, 0)
    assert 0 < difference["pixels"] < 0.1
    assert 0 < difference["score"] < 1e-4
    assert f"both frameworks find {difference['shared']} of them; the largest difference is" in done.stdout
    assert len(list((tmp_path / "out").iterdir())) == 3


def test_frameworks_that_differ_end_with_1(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = detection.opened_for

    def faulty(*given: Any) -> Any:
        detector, models, info = opened(*given)
        models["tf"].get_layer("head_s16.conv2").bias.assign_add([0.05] * 24)
        return detector, models, info

    monkeypatch.setattr(detection, "opened_for", faulty)
    done = detect(home, home / "photos", framework="both")
    assert done.exit_code == 1
    assert "the largest difference is" in done.stdout


def test_maps_that_are_no_numbers_are_an_error(home: Path, tmp_path: Path) -> None:
    done = detect(home, home / "photos", "-o", tmp_path / "out", weights="large.safetensors", framework="torch")
    assert done.exit_code == 2
    assert "yolov4_tiny: its raw map s32 (1 of 2) has NaN in it" in done.stderr
    assert list(tmp_path.iterdir()) == []


BAD: list[tuple[list[str], str]] = [
    (["--score", "1.5"], "score is a threshold from 0 to 1, not 1.5"),
    (["--iou", "-1"], "iou is a threshold from 0 to 1, not -1.0"),
    (["--labels", "{home}/photos/005.png"], "005.png is no UTF-8 text"),
    (["--labels", "{home}/two.names"], "2 labels were given, and yolov4_tiny has 3 classes"),
    (["--network", "resnet50"], "resnet50 is no detector: it answers with no boxes; the detectors are"),
    (["--network", "yolov3_tiny"], "error:"),
    (["--weights", "{home}/lenet.safetensors"], "lenet5_modern is no detector"),
    (["--weights", "{home}/photos/005.png"], "has no known suffix"),
    (["--framework", "jax"], "there is no framework 'jax'"),
    (["--input-size", "big"], "is a number or HEIGHTxWIDTH"),
    (["--cfg", "{home}/own.names"], "own.names"),
    (["--batch", "0"], "batch"),
    (["-o", "{home}/own.names"], "the name of a picture ends in"),
    (["-o", "{tmp}/there.json"], "there.json exists already; write over it with --force"),
    (["-o", "{tmp}/a.json", "-o", "{tmp}/b.json"], "-o takes one .json and one picture"),
    (["-o", "{tmp}/no/a.json"], "does not exist"),
    (["-o", "{home}/photos/005.png", "--force"], "is the source itself"),
    (["-o", "{home}/photos", "--force"], "is the source itself"),
    (["{home}/photos", "-o", "{tmp}/a.png"], "3 images cannot be drawn on one picture"),
    (["{tmp}/photos/005.png", "-o", "{tmp}/out"], "would both become"),
    (["{tmp}"], "has no image in it"),
]


@pytest.mark.parametrize(("words", "said"), BAD)
def test_bad_input_is_one_error_and_leaves_nothing(home: Path, tmp_path: Path, words: list[str], said: str) -> None:
    (home / "two.names").write_text("a\nb\n")
    (tmp_path / "there.json").write_text("kept")
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "005.png").write_bytes((home / "photos" / "005.png").read_bytes())
    before = {path: path.read_bytes() for folder in (home, tmp_path) for path in folder.rglob("*.*")}
    given = [word.format(home=home, tmp=tmp_path) for word in words]
    images = [] if not given[0].startswith("-") and "5.png" not in given[0] else [home / "photos" / "005.png"]
    done = run("detect", *images, "--weights", home / "in.safetensors", "--framework", "numpy", *given)
    assert done.exit_code == 2, done.stdout
    assert said in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr
    assert {path: path.read_bytes() for folder in (home, tmp_path) for path in folder.rglob("*.*")} == before
    assert not (tmp_path / "out").exists()


def test_a_picture_is_written_over_with_force(home: Path, tmp_path: Path) -> None:
    (tmp_path / "out.png").write_text("old")
    done = detect(home, home / "photos" / "005.png", "-o", tmp_path / "out.png", "--force")
    assert done.exit_code == 0
    assert (tmp_path / "out.png").read_bytes().startswith(b"\x89PNG")


def test_a_missing_pillow_is_named_with_its_extra(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "PIL", None)
    done = detect(home, home / "photos")
    assert (done.exit_code, "needs Pillow: pip install 'diptych[detect]'" in done.stderr) == (2, True)
