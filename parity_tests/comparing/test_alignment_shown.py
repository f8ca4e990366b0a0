"""Which layers belong together is shown: as a table, in the notes, and by `diptych compare --pairs`."""

from __future__ import annotations

from pathlib import Path

import keras
import pytest
from command_line import run
from planting import after
from their_pairs import PAIRS

import diptych
from diptych.comparing.report import Comparison

CODE = """
from torch import nn

def one():
    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Conv2d(4, 2, 1), nn.AdaptiveAvgPool2d(1), nn.Flatten())

def other():
    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.Conv2d(4, 2, 1), nn.AdaptiveAvgPool2d(1), nn.Flatten())
"""


@pytest.fixture(scope="module")
def report() -> Comparison:
    module, model, shape = PAIRS["by_functions"]()
    module.bn1.eps = 1e-3
    return diptych.compare(module, after(model, "conv2", keras.layers.ReLU(name="extra")), example=shape)


def test_a_table_marks_lone_layers_and_the_first_that_differ(report: Comparison) -> None:
    lines = [line.split() for line in report.alignment_text().splitlines()]
    assert lines[0] == ["PyTorch", "TensorFlow"]
    assert ["bn1", "bn1", "the", "first", "that", "differ"] in lines
    assert ["-", "extra", "alone"] in lines
    assert ["fc", "fc"] in lines
    assert sum("first" in line for line in lines) == 1
    assert len(lines) == len(report.pairs) + 1


def test_notes_name_what_has_no_partner(report: Comparison) -> None:
    note = next(note for note in report.notes if note.startswith("no partner"))
    assert "extra" in note
    assert note.endswith("of TensorFlow")


def test_columns_stand_below_each_other(report: Comparison) -> None:
    lines = report.alignment_text().splitlines()
    starts = {line.rindex(f" {pair[1]}") + 1 for line, pair in zip(lines[1:], report.pairs, strict=True) if pair[1]}
    assert starts == {lines[0].index("TensorFlow")}


def test_the_command_shows_them_where_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mine.py").write_text(CODE)
    monkeypatch.chdir(tmp_path)
    words = ("compare", "mine.py:one", "mine.py:other", "--example", "1x3x9x8", "--weights", "transfer")
    shown, plain = run(*words, "--pairs"), run(*words)
    assert shown.exit_code == plain.exit_code == 1, shown.output
    assert shown.output.startswith(plain.output.split(" (")[0])
    assert any(line.split() == ["part_1", "-", "alone"] for line in shown.output.splitlines())
    assert not any(line.endswith("alone") for line in plain.output.splitlines())
