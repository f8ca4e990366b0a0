"""Wherever the command line takes the name of a network, it takes a file of a model and somebody's function."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import keras
import pytest
import torch
from command_line import run
from own_network import own_network
from refusal import refused

import diptych
from diptych.common.weights import scrambled

CODE = '''
import torch
from torch import nn


class Tiny(nn.Module):
    """A tiny network."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3, padding=1)
        self.bn = nn.BatchNorm2d(4)
        self.head = nn.Linear(4, 2)

    def forward(self, x):
        return self.head(torch.relu(self.bn(self.conv(x))).mean((2, 3)))


def make():
    return Tiny()


def wide(width):
    return Tiny()


def failing():
    return 1 / 0


def number():
    return 7


def in_keras():
    import keras
    from keras import layers

    return keras.Sequential([keras.Input((None, None, 3)), layers.Conv2D(4, 3, name="conv"), layers.ReLU()])


class models:
    make = staticmethod(make)


LIMIT = 3
'''
SHAPE = ("--example", "1x3x12x10")


@pytest.fixture
def code(tmp_path: Path) -> str:
    (tmp_path / "my_models.py").write_text(CODE)
    return f"{tmp_path / 'my_models.py'}"


@pytest.mark.parametrize("name", ["make", "Tiny", "models.make"])
def test_a_function_a_class_and_what_is_inside_one_are_taken(code: str, name: str) -> None:
    Path(code).write_text(f"print('a greeting')\n{CODE}")
    done = run("source", f"{code}:{name}", "--tf", *SHAPE)
    assert done.exit_code == 0, done.output
    assert "class Tiny(keras.Model):" in done.stdout
    assert "a greeting" not in done.stdout


def test_nothing_is_left_beside_code(monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    folder = Path(code).parent
    (folder / "beside.py").write_text("CLASSES = 2\n")
    Path(code).write_text(f"from beside import CLASSES\n{CODE}")
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    assert run("table", f"{code}:make", "--example", "1x3x12x10").exit_code == 0
    assert sorted(path.name for path in folder.iterdir()) == ["beside.py", Path(code).name]
    assert not sys.dont_write_bytecode


def test_every_command_takes_code(code: str, tmp_path: Path) -> None:
    name = f"{code}:make"
    table = run("table", name, "--input-size", "12x10", "--json")
    assert json.loads(table.stdout)["input"] == [3, 12, 10]
    assert run("draw", name, "-o", tmp_path / "a.svg", *SHAPE).exit_code == 0
    assert run("show", name, "--html", tmp_path / "a.html", *SHAPE).exit_code == 0
    done = run("export", name, tmp_path / "a.onnx", *SHAPE)
    assert done.exit_code == 0, done.output
    assert done.stdout.startswith(f"{tmp_path / 'a.onnx'}: Tiny in float32")
    done = run("deploy", name, tmp_path / "a.npz", *SHAPE)
    assert "1 normalisations folded" in done.stdout


def test_a_model_of_code_is_checked_in_both_frameworks(code: str, tmp_path: Path) -> None:
    done = run("check", f"{code}:make", *SHAPE, "--json", tmp_path / "a.json")
    assert done.exit_code == 0, done.output
    assert "1 of 1 networks are the same function in both frameworks" in done.stdout


def test_a_module_by_its_name_is_imported(monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    monkeypatch.chdir(Path(code).parent)
    done = run("source", "my_models:Tiny", "--torch", *SHAPE)
    assert done.exit_code == 0, done.output


def test_keras_code_takes_a_size_and_needs_none(code: str) -> None:
    for words, size in (((), [3, 224, 224]), (("--input-size", "9"), [3, 9, 9]), (("--example", "1x8x9x3"), [3, 8, 9])):
        assert json.loads(run("table", f"{code}:in_keras", *words, "--json").stdout)["input"] == size


def test_files_of_models_are_taken(tmp_path: Path) -> None:
    model = keras.Sequential([keras.Input((8, 8, 3)), keras.layers.Conv2D(2, 3, name="conv")], name="tiny")
    model.save(tmp_path / "tiny.keras")
    net = own_network()
    files = [tmp_path / "tiny.keras", diptych.save(net, scrambled(net), tmp_path / "own.safetensors")]
    torch.save({n: torch.tensor(a) for n, a in scrambled(diptych.spec("lenet5_modern")).items()}, tmp_path / "w.pth")
    for file, shape in zip([*files, tmp_path / "w.pth"], ([3, 8, 8], [3, 12, 10], [1, 32, 32]), strict=True):
        done = run("table", file, "--json")
        assert done.exit_code == 0, done.output
        assert json.loads(done.stdout)["input"] == shape
    assert run("export", files[0], tmp_path / "tiny.onnx").exit_code == 0


def test_a_registered_name_comes_before_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mobilenet_v2.keras").write_bytes(b"no model")
    monkeypatch.chdir(tmp_path)
    assert json.loads(run("table", "mobilenet_v2.keras", "--json").stdout)["network"] == "mobilenet_v2.keras"
    assert "mobilenet_v2.keras is not a whole .keras file" in refused(tmp_path, "table", "./mobilenet_v2.keras")


@pytest.mark.parametrize(
    ("name", "words", "said"),
    [
        ("nothing.py:make", SHAPE, "there is no file nothing.py"),
        ("no_such_module:make", SHAPE, "No module named 'no_such_module'"),
        ("{code}:mak", SHAPE, "there is no mak; did you mean 'make'"),
        ("{code}:LIMIT", SHAPE, "is of type int, expected a function"),
        ("{code}:wide", SHAPE, "needs width; name a function without required arguments"),
        ("{code}:failing", SHAPE, "failed: ZeroDivisionError: division by zero (my_models.py, line 28)"),
        ("{code}:number", SHAPE, "gives a value of type int, expected a torch.nn.Module or a keras.Model"),
        ("{code}:make", (), "does not say what it takes; say it with --example 1x3x224x224"),
        ("{code}:make", ("--example", "1x3x12"), "--example is the shape of a batch"),
        ("{code}:make", ("--example", "1x5x12x10"), "expected input[2, 5, 12, 10] to have 3 channels"),
        ("{code}:make", ("--example", "1x3x999999x10"), "an example is a batch of images such as"),
        ("{code}:make", (*SHAPE, "--input-size", "9"), "leave out --input-size"),
        ("{code}:make", (*SHAPE, "--num-classes", "3"), "--num-classes is for registered networks"),
        ("lenet5_modern", SHAPE, "--example is for models of your own"),
        ("nothing.keras", (), "nothing.keras does not exist"),
    ],
)
def test_what_is_no_model_is_one_error(code: str, tmp_path: Path, name: str, words: tuple[str, ...], said: str) -> None:
    assert said in refused(tmp_path, "table", name.format(code=code), *words)


def test_code_that_is_no_python_is_one_error(tmp_path: Path) -> None:
    (tmp_path / "bad.py").write_text("def make(:\n")
    assert "failed: SyntaxError" in refused(tmp_path, "source", f"{tmp_path / 'bad.py'}:make", "--tf", *SHAPE)


def test_weights_are_named_for_a_registered_network_alone(tmp_path: Path) -> None:
    assert "name a file of its weights" in refused(tmp_path, "export", "lenet5_modern", tmp_path / "a.onnx")
    net = own_network()
    file = diptych.save(net, scrambled(net), tmp_path / "own.safetensors")
    assert "has its weights already" in refused(tmp_path, "export", file, file, tmp_path / "a.onnx")
    assert "is the source itself" in refused(tmp_path, "deploy", file, file)
