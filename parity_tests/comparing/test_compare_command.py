"""`diptych compare`: somebody's code, files and names, in any mix; what it prints, writes, and ends with."""

from __future__ import annotations

import json
from pathlib import Path

import keras
import pytest
import torch
from command_line import run

import diptych

CODE = """
import keras
from torch import nn

class Port(nn.Module):
    def __init__(self, eps=1e-5):
        super().__init__()
        self.conv = nn.Conv2d(3, 6, 3, padding=1)
        self.norm = nn.BatchNorm2d(6, eps=eps)
        self.fc = nn.Linear(6, 4)

    def forward(self, x):
        return self.fc(self.norm(self.conv(x)).relu().mean((2, 3)))

def off():
    return Port(1e-3)

def twin():
    x = image = keras.Input((12, 10, 3))
    x = keras.layers.Conv2D(6, 3, padding="same")(x)
    x = keras.layers.BatchNormalization(momentum=0.9, epsilon=1e-5)(x)
    x = keras.layers.GlobalAveragePooling2D()(keras.layers.ReLU()(x))
    return keras.Model(image, keras.layers.Dense(4)(x))

def broken():
    raise ValueError("no model today")
"""


@pytest.fixture
def mine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "mine.py").write_text(CODE)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_same_with_transferred_weights(mine: Path) -> None:
    result = run("compare", "mine.py:Port", "mine.py:twin", "--weights", "transfer")
    assert result.exit_code == 0, result.output
    lines = result.output.splitlines()
    assert lines[0].startswith("PyTorch and TensorFlow: the same function")
    assert [line.split()[0] for line in lines[1:7]] == [
        "outputs",
        "nodes",
        "parameters",
        "gradients",
        "training",
        "dropout",
    ]


def test_different_with_the_cause(mine: Path) -> None:
    result = run("compare", "mine.py:off", "mine.py:twin", "--weights", "transfer", "--json", "report.json")
    assert result.exit_code == 1, result.output
    assert "eps, 0.001 in PyTorch and 1e-05 in TensorFlow" in result.output
    report = json.loads((mine / "report.json").read_text())
    assert (report["schema"], report["verdict"], report["passed"]) == (1, "different", False)
    assert report["models"] == ["mine.py:off", "mine.py:twin"]
    nodes = next(gate for gate in report["gates"] if gate["name"] == "nodes")
    assert (nodes["passed"], nodes["where"]) == (False, "norm")


def test_json_on_standard_output_is_nothing_but_json(mine: Path) -> None:
    result = run("compare", "mine.py:Port", "mine.py:twin", "--weights", "transfer", "--json", "-")
    assert json.loads(result.stdout)["verdict"] == "same"


def test_files_and_a_registered_name(mine: Path) -> None:
    net = diptych.spec("lenet5_modern")
    weights = diptych.init(net)
    keras_model = diptych.build(net, "tf", weights=weights)
    keras_model.save(mine / "lenet.keras")
    diptych.save(net, weights, mine / "lenet.safetensors")
    assert run("compare", "lenet.keras", "./lenet.safetensors").exit_code == 0
    other = diptych.build(net, "tf", weights=diptych.init(net, 1))
    assert isinstance(other, keras.Model)
    other.save(mine / "other.keras")
    assert run("compare", "lenet.keras", "other.keras").exit_code == 1
    named = run("compare", "lenet5_modern", "lenet.keras")
    assert named.exit_code == 0, named.output


def test_an_example_is_of_either_framework_in_one_order(mine: Path) -> None:
    image = keras.Input((None, None, 3))
    x = keras.layers.GlobalAveragePooling2D()(keras.layers.Conv2D(4, 3)(image))
    keras.Model(image, x).save(mine / "free.keras")
    result = run("compare", "free.keras", "free.keras", "--example", "1x3x16x14")
    assert result.exit_code == 0, result.output
    assert "3x16x14" in result.output


def test_a_report_is_json_where_a_difference_has_no_size(mine: Path) -> None:
    code = "import torch\n\ndef two():\n    return torch.nn.Conv2d(3, 4, 3)\n\nclass Pair(torch.nn.Conv2d):\n"
    code += "    def __init__(self):\n        super().__init__(3, 4, 3)\n\n    def forward(self, x):\n"
    (mine / "pairs.py").write_text(code + "        return super().forward(x), x\n")
    result = run("compare", "pairs.py:two", "pairs.py:Pair", "--example", "1x3x9x8", "--json", "-")
    assert result.exit_code == 1, result.output
    report = json.loads(result.stdout, parse_constant=pytest.fail)
    assert report["gates"][0]["measured"] is None


def test_other_classes_cannot_be_told(mine: Path) -> None:
    module = torch.nn.Sequential(torch.nn.Conv2d(3, 5, 3), torch.nn.AdaptiveAvgPool2d(1), torch.nn.Flatten())
    report = diptych.compare(module, torch.nn.Sequential(*module, torch.nn.Linear(5, 7)), example=(1, 3, 9, 8))
    assert report.verdict == "cannot tell"
    assert "compare models of the same number of classes" in str(report)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["resnet18", "resnet34"], "`diptych table resnet18 --compare resnet34`"),
        (["mine.py:Port", "mine.py:off"], "give `example`, a batch (N, C, H, W)"),
        (["mine.py:Port", "mine.py:broken"], "ValueError: no model today"),
        (["mine.py:Port", "mine.py:twin", "--pair", "conv"], "--pair is LAYER=LAYER"),
        (["mine.py:Port", "mine.py:twin", "--pair", "nothing=conv2d"], "has no layer 'nothing'"),
        (["mine.py:Port", "nowhere.keras"], "nowhere.keras"),
        (["mine.py:Port", "mine.py:twin", "--example", "1x3x99999x99999"], "an example is a batch of images"),
        (["resnet18", "mine.py:twin", "--weights", "as-is"], "a registered network has no weights of its own"),
    ],
)
def test_bad_input_is_one_line(mine: Path, words: list[str], said: str) -> None:
    result = run("compare", *words)
    assert result.exit_code == 2, result.output
    assert said in result.output.replace("\n", " ")
    assert result.output.startswith("error: ")
