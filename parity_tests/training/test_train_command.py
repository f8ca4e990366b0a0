"""The commands that train: `train`, and `check --steps`."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from diptych.commands.cli import app


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


def test_a_check_with_steps_trains() -> None:
    code, text = run("check", "lenet5_modern", "--steps", "1")
    assert code == 0, text
    assert "lenet5_modern: trains the same (1 of 1 steps, batches of 4)" in text
