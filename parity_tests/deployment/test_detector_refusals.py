"""Boxes inside of a program: what the commands say, and what they refuse in one line."""

from __future__ import annotations

import json
from pathlib import Path

import onnx
import pytest
from refusal import refused
from typer.testing import CliRunner

from diptych import DiptychError, spec
from diptych.commands.cli import app
from diptych.common.weights import scrambled
from diptych.deployment.detection import KEY
from diptych.deployment.export import export
from diptych.detecting.labels import read_labels
from diptych.files import write


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("detectors")
    for name, options in (("yolov5n", {"num_classes": 3, "input_size": (64, 96)}), ("lenet5_modern", {})):
        net = spec(name, **options)  # type: ignore[arg-type]
        write(made / f"{name}.safetensors", net, scrambled(net), {})
    (made / "three.txt").write_text("cat\r\ndog\nb\u00e4r\n\n", "utf-8")
    (made / "two.txt").write_text("cat\ndog", "utf-8")
    (made / "gap.txt").write_text("cat\n\ndog", "utf-8")
    (made / "no.txt").write_bytes(b"\xff\xfe\x00cat")
    (made / "huge.txt").write_bytes(b"a\n" * (1 << 20))
    return made


def test_the_command_says_what_is_inside_and_how_near_it_is(folder: Path, tmp_path: Path) -> None:
    words = ["export", "yolov5n", folder / "yolov5n.safetensors", tmp_path / "x.onnx", "--num-classes", "3"]
    words += ["--input-size", "64x96", "--with-nms", "--score", "0.3", "--iou", "0.5", "--max-boxes", "40"]
    done = CliRunner().invoke(app, [*map(str, words), "--labels", str(folder / "three.txt")])
    assert (done.exit_code, done.stderr) == (0, "")
    _, body, inside, measured = done.stdout.splitlines()
    assert body.startswith("  ONNX Runtime differs from the NumPy meaning in float64 by ")
    assert inside == (
        "  NMS inside: score > 0.3, IoU > 0.5 per class, the best 1000 candidates, at most 40 boxes, by ONNX's "
        "NonMaxSuppression"
    )
    assert "candidates it leaves the same " in measured
    said = {entry.key: entry.value for entry in onnx.load(tmp_path / "x.onnx").metadata_props}
    rules = json.loads(said[KEY])
    assert (rules["answer"], rules["labels"], rules["classes"]) == ("nms", ["cat", "dog", "b\u00e4r"], 3)
    assert (rules["suppression"]["score"], rules["suppression"]["iou"]) == (0.3, 0.5)
    again = CliRunner().invoke(app, ["identify", str(tmp_path / "x.onnx")])
    assert (again.exit_code, "yolov5n" in again.stdout) == (0, True)


EXPORT, DEPLOY = ("export", "yolov5n", "{y}", "{out}.onnx"), ("deploy", "yolov5n", "{y}")


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["export", "lenet5_modern", "{l}", "{out}.onnx", "--with-nms"], "lenet5_modern is no detector"),
        (["export", "lenet5_modern", "{l}", "{out}.onnx", "--with-decode"], "lenet5_modern is no detector"),
        ([*EXPORT, "--with-nms", "--score", "1.5"], "score is a threshold from 0 to 1, not 1.5"),
        ([*EXPORT, "--with-nms", "--iou", "-0.1"], "iou is a threshold from 0 to 1, not -0.1"),
        ([*EXPORT, "--with-nms", "--iou", "nan"], "iou is a threshold from 0 to 1, not nan"),
        ([*EXPORT, "--with-nms", "--max-boxes", "0"], "max_boxes is 1 or more"),
        ([*EXPORT, "--with-nms", "--max-boxes", "1001"], "at most max_candidates; they are 1001 and 1000"),
        ([*EXPORT, "--score", "0.5"], "score is a setting of non-maximum suppression"),
        ([*EXPORT, "--with-decode", "--plain-iou"], "plain_iou is a setting of non-maximum suppression"),
        ([*EXPORT, "--with-nms", "--dtype", "float64"], "boxes inside of an ONNX model are float32"),
        ([*EXPORT, "--labels", "{f}/two.txt"], "yolov5n has 3 classes and was given 2 labels"),
        ([*EXPORT, "--labels", "{f}/gap.txt"], "gap.txt: line 2 is blank"),
        ([*EXPORT, "--labels", "{f}/no.txt"], "no.txt is no UTF-8 text"),
        ([*EXPORT, "--labels", "{f}/huge.txt"], "huge.txt has 2097152 bytes, more than a list of labels needs"),
        ([*EXPORT, "--labels", "{f}/none.txt"], "none.txt does not exist"),
        ([*DEPLOY, "{out}.tflite", "--with-nms"], "out.tflite cannot have non-maximum suppression inside"),
        ([*DEPLOY, "{out}.tflite", "--with-decode", "--labels", "{f}/three.txt"], "cannot have labels inside"),
        ([*DEPLOY, "{out}.pt2", "--with-decode"], "out.pt2 cannot have boxes or labels inside"),
        ([*DEPLOY, "{out}.keras", "--with-nms"], "out.keras cannot have boxes or labels inside"),
        ([*DEPLOY, "{out}.onnx", "--labels", "{f}/three.txt"], "labels are put beside boxes"),
    ],
)
def test_what_cannot_be_inside_is_one_line_and_leaves_no_file(
    words: list[str], complaint: str, folder: Path, tmp_path: Path
) -> None:
    places = {"y": folder / "yolov5n.safetensors", "l": folder / "lenet5_modern.safetensors", "f": folder}
    assert complaint in refused(tmp_path, *(word.format(out=tmp_path / "out", **places) for word in words))


def test_settings_of_another_kind_and_networks_without_a_head_are_refused(tmp_path: Path) -> None:
    net, bare = spec("yolov5n", input_size=(64, 96)), spec("yolov5n", num_classes=0, input_size=(64, 96))
    for settings in ({"score": True}, {"iou": "0.5"}, {"max_boxes": 2.5}):
        with pytest.raises(DiptychError, match=r" is a (whole )?number, not "):
            export(net, scrambled(net), tmp_path / "x.onnx", with_nms=True, **settings)
    with pytest.raises(DiptychError, match="without its head has no raw maps"):
        export(bare, scrambled(bare), tmp_path / "x.onnx", with_decode=True)
    assert list(tmp_path.iterdir()) == []


def test_a_score_that_none_has_is_refused_for_nothing_could_be_checked(tmp_path: Path) -> None:
    net = spec("yolov5n", num_classes=3, input_size=(64, 96))
    with pytest.raises(DiptychError, match="is the score threshold too high"):
        export(net, scrambled(net), tmp_path / "x.onnx", with_nms=True, score=1.0)
    assert list(tmp_path.iterdir()) == []


def test_labels_are_lines_without_what_is_around_them(folder: Path) -> None:
    assert read_labels(folder / "three.txt") == ("cat", "dog", "b\u00e4r")


def test_a_cfg_says_the_anchors_of_what_is_written(tmp_path: Path) -> None:
    """Else those of the network are put inside, and boxes have another size."""
    from diptych.files.darknet import cfg_text

    net = spec("yolov4_tiny", num_classes=3, input_size=64)
    write(tmp_path / "in.weights", net, scrambled(net), {})
    (tmp_path / "own.cfg").write_text(cfg_text(net).replace("81,82", "91,52"))
    (tmp_path / "other.cfg").write_text(cfg_text(net))
    for command, name in (("export", "yolov4_tiny"), ("deploy", "yolov4_tiny")):
        out = tmp_path / f"{command}.onnx"
        words = [command, name, tmp_path / "in.weights", out, "--cfg", tmp_path / "own.cfg", "--with-decode"]
        done = CliRunner().invoke(app, list(map(str, words)))
        assert done.exit_code == 0, done.output
        said = {entry.key: entry.value for entry in onnx.load(out).metadata_props}
        levels = json.loads(said[KEY])["levels"]
        assert levels[1]["anchors"] == [[23, 27], [37, 58], [91, 52]], command
    source, out, cfg = tmp_path / "in.weights", tmp_path / "x.onnx", tmp_path / "own.cfg"
    error = refused(tmp_path, "export", "yolov3_tiny", source, out, "--cfg", cfg)
    assert "own.cfg is yolov4_tiny, not yolov3_tiny" in error
