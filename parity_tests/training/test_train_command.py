"""The commands that train: `train`, and `check --steps`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from diptych.commands.cli import app
from diptych.training.curves import Curves, _blocks


def run(*words: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, list(words))
    return done.exit_code, done.output


def test_both_curves_are_told_and_drawn(tmp_path: Path) -> None:
    picture = tmp_path / "curves.svg"
    code, text = run("train", "lenet5_modern", "--steps", "3", "--batch", "8", "--dtype", "float64", "-o", str(picture))
    assert code == 0, text
    assert "PyTorch     step     3  loss" in text
    assert "TensorFlow  step     3  loss" in text
    assert "difference  of the loss: " in text
    assert float(text.split("difference  of the loss: ")[1].split(" ")[0]) < 1e-12
    assert picture.read_text("utf-8").startswith("<?xml")


@pytest.mark.parametrize(("columns", "most"), [(80, 41), (120, 60), (30, 0)])
def test_the_curves_of_a_terminal_keep_to_its_width(columns: int, most: int) -> None:
    losses = {side: [1 / step for step in range(1, 200)] for side in ("torch", "tf")}
    curves = Curves("lenet5_modern", ("torch", "tf"), losses, {"torch": [], "tf": []})
    *both, _ = curves.lines(columns)
    drawn = [line.partition("loss 0.005025")[2] for line in both]
    assert drawn == [f"  {_blocks(losses['torch'], most)}" if most else ""] * 2
    assert most == 0 or max(map(len, both)) <= columns
    curves.right["torch"] = [0.925]
    assert most == 0 or max(map(len, curves.lines(columns))) <= columns


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("train", "lenet5_modern", "--optimizer", "sdg"), "there is no optimiser 'sdg'"),
        (("train", "lenet5_modern", "--rate", "-1"), "rate of Adam is above 0"),
        (("train", "lenet5_modern", "-o", "curves.txt"), "curves are written as .svg, .png, .pdf, not .txt"),
        (("train", "yolov5n", "--steps", "1"), "is no classifier of 10 classes"),
        (("check", "lenet5_modern", "--steps", "1", "--optimizer", "sdg"), "there is no optimiser 'sdg'"),
    ],
)
def test_bad_input_is_one_line(
    words: tuple[str, ...], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    code, text = run(*words)
    assert code == 2
    assert said in text
    assert not list(tmp_path.iterdir())


def test_a_check_with_steps_has_one_gate_more() -> None:
    code, text = run("check", "lenet5_modern", "--steps", "1", "--fast")
    assert code == 0, text
    asked = ["structure", "transfer", "forward_float64", "forward_float32", "training_steps"]
    assert [line.split()[0] for line in text.splitlines() if " pass " in line] == asked
    assert "1 of 1 steps, batches of 4)" in text
    assert "TensorFlow trains with a twin of SGD in Keras, which keeps constants in float64" in text


def test_files_and_baselines_count_the_gate_like_the_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    words = ("check", "lenet5_modern", "--gates", "training_steps", "--steps", "1", "--baseline", "b.json")
    code, text = run(*words, "--update", "--json", "r.json", "--junit", "r.xml", "--html", "r.html")
    assert code == 0, text
    (report,) = json.loads(Path("r.json").read_text())["reports"]
    assert [(gate["name"], gate["passed"]) for gate in report["gates"]] == [("training_steps", True)]
    assert 'tests="1"' in Path("r.xml").read_text()
    assert 'name="lenet5_modern-training_steps"' in Path("r.xml").read_text()
    assert "training_steps" in Path("r.html").read_text()
    code, text = run(*words, "--optimizer", "adam")
    assert code == 0, text
    assert "lenet5_modern: as in the baseline b.json: same" in text
    kept = json.loads(Path("b.json").read_text())
    kept["reports"]["lenet5_modern"]["gates"]["training_steps"]["state"] = "different"
    Path("b.json").write_text(json.dumps(kept))
    code, text = run(*words)
    assert code == 1
    assert "training_steps: different in the baseline, same now" in text
