"""A finding names the lines of both sides' own code: of a module, of a Keras model in each of its styles."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch
from command_line import run

import diptych
from diptych import DiptychError
from diptych.common.importing.lines import line_text
from diptych.opening.code import made_by

CODE = """
import keras
from keras import layers, ops
from torch import nn
from torch.nn import functional as F

class Net(nn.Module):
    def __init__(self, eps=1e-3):
        super().__init__()
        self.conv = nn.Conv2d(3, 6, 3, padding=1)
        self.norm = nn.BatchNorm2d(6, eps=eps)
        self.fc = nn.Linear(6, 4)

    def forward(self, x):
        x = self.conv(x)
        x = self.norm(x)
        x = F.relu(
            x,
        )
        return self.fc(x.mean((2, 3)))

class Deciding(Net):
    def forward(self, x):
        return super().forward(x if x.sum() < 1e9 else 2 * x)

def block(x):
    x = layers.Conv2D(6, 3, padding="same", name="conv")(x)
    return layers.BatchNormalization(momentum=0.9, epsilon=1e-5, name="norm")(x)

def twin():
    image = keras.Input((12, 10, 3))
    x = ops.relu(block(image))
    return keras.Model(image, layers.Dense(4, name="fc")(layers.GlobalAveragePooling2D()(x)))

def twice():
    image = keras.Input((12, 10, 3))
    shared = layers.Conv2D(3, 3, padding="same", name="shared")
    x = shared(image)
    y = shared(x)
    return keras.Model(image, layers.GlobalAveragePooling2D()(y))

def chain():
    model = keras.Sequential([keras.Input((12, 10, 3))])
    model.add(layers.Conv2D(6, 3, padding="same", name="conv"))
    model.add(layers.BatchNormalization(momentum=0.9, epsilon=1e-5, name="norm"))
    model.add(layers.ReLU())
    model.add(layers.GlobalAveragePooling2D())
    model.add(layers.Dense(4, name="fc"))
    return model

class Own(keras.Model):
    def __init__(self):
        super().__init__()
        self.conv = layers.Conv2D(6, 3, padding="same", name="conv")
        self.fc = layers.Dense(4, name="fc")

    def call(self, x):
        found = self.conv(x)
        return self.fc(ops.mean(found, axis=(1, 2)))

def own():
    model = Own()
    model(keras.ops.zeros((1, 12, 10, 3)))
    return model

def wants(size):
    return Net()
"""


def number(text: str) -> int:
    """The line that begins with a text."""
    return next(at for at, line in enumerate(CODE.splitlines(), 1) if line.strip().startswith(text))


@pytest.fixture(scope="module")
def mine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModuleType]:
    path = tmp_path_factory.mktemp("lines") / "their_own.py"
    path.write_text(CODE)
    spec = importlib.util.spec_from_file_location("their_own", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["their_own"] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules["their_own"]


def place(text: str) -> str:
    return f"their_own.py:{number(text)}: {text}"


def test_of_a_module(mine: ModuleType) -> None:
    lines = diptych.read(mine.Net(), torch.zeros(1, 3, 12, 10)).lines
    assert lines["conv"] == place("x = self.conv(x)")
    assert lines["norm"] == place("x = self.norm(x)")
    assert lines["relu"] == f"their_own.py:{number('x = F.relu(')}: x = F.relu(x)"
    assert lines["mean"] == lines["fc"] == place("return self.fc(x.mean((2, 3)))")


def test_of_functions_by_the_innermost_line(mine: ModuleType) -> None:
    lines = diptych.read(made_by("twin", mine.twin)).lines
    assert lines["conv"] == place('x = layers.Conv2D(6, 3, padding="same", name="conv")(x)')
    assert lines["norm"].startswith(f"their_own.py:{number('return layers.BatchNormalization')}: ")
    assert [line for line in lines.values() if "ops.relu" in line] == [place("x = ops.relu(block(image))")]


def test_of_each_call_of_a_layer(mine: ModuleType) -> None:
    lines = diptych.read(made_by("twice", mine.twice)).lines
    assert {place("x = shared(image)"), place("y = shared(x)")} <= set(lines.values())


def test_of_a_chain_where_layers_are_made(mine: ModuleType) -> None:
    lines = diptych.read(made_by("chain", mine.chain)).lines
    assert lines["norm"].startswith(place("model.add(layers.BatchNormalization"))
    assert lines["fc"] == place('model.add(layers.Dense(4, name="fc"))')


def test_of_a_class_as_it_is_read(mine: ModuleType) -> None:
    lines = diptych.read(mine.own(), np.zeros((1, 12, 10, 3))).lines
    assert lines["conv"] == place("found = self.conv(x)")
    assert lines["fc"] == place("return self.fc(ops.mean(found, axis=(1, 2)))")


def test_a_layer_by_its_class_where_no_line_is_known(mine: ModuleType) -> None:
    assert diptych.read(mine.twin()).lines["norm"] == "norm (BatchNormalization)"


def test_a_network_has_none_of_it(mine: ModuleType) -> None:
    read = diptych.read(mine.Net(), torch.zeros(1, 3, 12, 10))
    assert read.lines
    assert "their_own" not in read.net.to_json()


def test_a_finding_has_the_lines_of_both(mine: ModuleType) -> None:
    report = diptych.compare(mine.Net, mine.twin, weights="transfer")
    wanted = (
        f"PyTorch: norm, {place('x = self.norm(x)')}",
        f"TensorFlow: norm, their_own.py:{number('return layers.Batch')}: ",
    )
    gates = {gate.name: gate for gate in report.gates}
    for name in ("nodes", "gradients", "training"):
        one, other = gates[name].lines
        assert one == wanted[0]
        assert other.startswith(wanted[1])
    assert gates["parameters"].lines == ()
    assert str(report).count(wanted[0]) == 1
    assert report.to_dict()["gates"][1]["lines"] == gates["nodes"].lines


def test_a_model_that_cannot_be_read_is_watched(mine: ModuleType) -> None:
    one, other = mine.Deciding(), mine.Net(1e-5)
    other.load_state_dict(one.state_dict())
    report = diptych.compare(one, other, example=(1, 3, 12, 10))
    lines = next(gate for gate in report.gates if gate.name == "nodes").lines
    assert [line.split(": ", 1)[1] for line in lines] == [f"norm, {place('x = self.norm(x)')}"] * 2


def test_what_has_no_partner_has_its_line(mine: ModuleType) -> None:
    model = mine.Net(1e-5)
    model.forward = lambda x: model.fc(torch.tanh(model.norm(model.conv(x)).relu()).mean((2, 3)))
    report = diptych.compare(mine.Net(1e-5), model, example=(1, 3, 12, 10), weights="transfer")
    lines = next(gate for gate in report.gates if gate.name == "nodes").lines
    assert any("test_source_lines.py" in line and "torch.tanh" in line for line in lines)


def test_what_is_missing_has_the_line_before_which_it_is(mine: ModuleType) -> None:
    model = mine.Net(1e-5)
    model.forward = lambda x: model.fc(model.norm(model.conv(x)).mean((2, 3)))
    report = diptych.compare(mine.Net(1e-5), model, example=(1, 3, 12, 10), weights="transfer")
    lines = next(gate for gate in report.gates if gate.name == "nodes").lines
    assert any(line.startswith("the first PyTorch model: relu, their_own.py") for line in lines)
    assert any("the second PyTorch model: " in line and "model.forward = lambda" in line for line in lines)


def test_the_command_says_them(mine: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    home = Path(str(mine.__file__))
    monkeypatch.chdir(home.parent)
    result = run("compare", "their_own.py:Net", "their_own.py:chain", "--weights", "transfer")
    assert result.exit_code == 1, result.output
    assert place("x = self.norm(x)") in result.output
    assert f"their_own.py:{number('model.add(layers.Batch')}" in result.output


@pytest.mark.parametrize(
    ("made", "said"),
    [
        ("wants", "wants needs size; name a function without required arguments"),
        ("number", "gives a value of type int, expected a torch.nn.Module or a keras.Model"),
        ("broken", "failed: ZeroDivisionError"),
    ],
)
def test_what_makes_no_model(mine: ModuleType, made: str, said: str) -> None:
    makers = {"wants": mine.wants, "number": lambda: 3, "broken": lambda: 1 // 0}
    with pytest.raises(DiptychError, match=said):
        diptych.compare(makers[made], mine.twin)


def test_a_file_that_is_not_there_has_a_number_alone() -> None:
    assert line_text("/nowhere/gone.py", 7) == "gone.py:7"
