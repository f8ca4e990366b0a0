"""What no network here is: models of somebody's own that the command line refuses, each with all that is in the way."""

from __future__ import annotations

from pathlib import Path

import keras
import pytest
from command_line import run
from refusal import refused

CODE = """
import torch
from torch import nn


class Two(nn.Module):
    def forward(self, x, y, scale=1):
        return x + y


class Tokens(nn.Module):
    def __init__(self):
        super().__init__()
        self.words = nn.Embedding(10, 4)

    def forward(self, x):
        return self.words(x)


class Sizes(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)

    def forward(self, x):
        return self.conv(x) * x.shape[2]


class Strange(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)

    def forward(self, x):
        return torch.cumsum(torch.fft.fft(self.conv(x)).real, 1)


def quantised():
    model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.Flatten(), nn.Linear(320, 3))
    return torch.ao.quantization.quantize_dynamic(model, {nn.Linear}, dtype=torch.qint8)


def half():
    return nn.Sequential(nn.Conv2d(3, 4, 3)).half()


def lambdas():
    import keras

    import tensorflow

    layers = keras.layers
    rolled = layers.Lambda(lambda x: tensorflow.roll(x, 1, 1))  # which takes no symbol
    return keras.Sequential([keras.Input((12, 10, 3)), layers.Lambda(lambda x: x * 2), rolled])


def pair():
    import keras

    given = [keras.Input((12, 10, 3)), keras.Input((12, 10, 3))]
    return keras.Model(given, keras.layers.Add()(given))
"""
EXAMPLE = ("--example", "1x3x12x10")
ONCE = "once, first in the model itself"
MODULES = {
    "Two": "Two takes 2 inputs: x, y; a network here takes one batch of images",
    "Tokens": "Tokens takes whole numbers, such as tokens",
    "Sizes": "factor 12.0 and 45.0. Read it with one_size=True (--one-size)",
    "Strange": f"fft_fft ({ONCE}); real ({ONCE}); cumsum ({ONCE})",
    "half": "weights of other types than float32 and float64: 0.weight (float16), 0.bias (float16)",
}


@pytest.fixture
def code(tmp_path: Path) -> Path:
    path = tmp_path / "mine.py"
    path.write_text(CODE)
    return path


@pytest.mark.parametrize("name", MODULES)
def test_a_module_is_refused_by_every_command(code: Path, name: str) -> None:
    for words in (("convert", f"{code}:{name}", code.with_name("out.keras")), ("source", f"{code}:{name}", "--tf")):
        assert MODULES[name] in refused(code.parent, *words, *EXAMPLE)


@pytest.mark.filterwarnings("ignore::UserWarning", "ignore::DeprecationWarning")
def test_a_quantised_module_is_refused(code: Path) -> None:
    said = refused(code.parent, "convert", f"{code}:quantised", code.with_name("out.keras"), *EXAMPLE)
    assert "Sequential has quantised layers (2, 2._packed_params)" in said


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("lambdas", "Lambda: code of its own (once, first in lambda"),
        ("pair", "takes 2 inputs; a network here takes"),
    ],
)
def test_a_keras_model_is_refused(code: Path, name: str, said: str) -> None:
    assert said in refused(code.parent, "convert", f"{code}:{name}", code.with_name("out.pth"))


def test_a_file_says_first_what_is_in_the_way(tmp_path: Path) -> None:
    layers = keras.layers
    chain = [keras.Input((12, 10, 3)), layers.Conv2D(4, 3), layers.Lambda(lambda x: x * 2, name="double")]
    keras.Sequential(chain).save(tmp_path / "in.keras")
    said = refused(tmp_path, "convert", tmp_path / "in.keras", tmp_path / "out.pth")
    assert said.startswith(f"error: {tmp_path / 'in.keras'} has what no op here says: Lambda: code of its own (once, ")
    assert "Nor is it of a registered network" in said


def test_one_size_reads_what_is_another_network_at_another(code: Path) -> None:
    for words in (("source", "--tf"), ("table",)):
        done = run(words[0], f"{code}:Sizes", *words[1:], *EXAMPLE, "--one-size")
        assert done.exit_code == 0, done.output
    out = code.with_name("out.npz")
    done = run("convert", f"{code}:Sizes", out, *EXAMPLE, "--one-size")
    assert done.exit_code == 0, done.output
    assert "images of 12x10: largest" in done.stdout
    assert "--one-size --force" in run("verify", out).stdout
    assert "--one-size is for models of your own" in refused(code.parent, "table", "resnet18", "--one-size")
