"""ONNX files of several exporters as Nets: the same numbers as the model that they were made of, and its names."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from onnx import helper
from onnx_graphs import evaluated, exported, graph, saved
from reading import TOLERANCE, built, difference, images_of, outputs, scramble
from torch import nn
from torch.nn import functional

import diptych
from diptych.common.importing.imported import Imported

pytestmark = pytest.mark.filterwarnings("ignore")  # PyTorch's exporter warns of itself
SIZES = ((24, 20), (33, 26))


class Plain(nn.Module):
    """A function with the layers that it takes, as `a`, `b` and `c`."""

    def __init__(self, run: Callable[..., Any], *parts: nn.Module) -> None:
        super().__init__()
        self.run = run
        for name, part in zip("abc", parts, strict=False):
            setattr(self, name, part)

    def forward(self, x: torch.Tensor) -> Any:
        return self.run(self, x)


class Norm(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(channels)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        found: torch.Tensor = self.norm(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)
        return found


class Gate(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.fc1, self.fc2 = nn.Linear(channels, 4), nn.Linear(4, channels)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.fc2(functional.relu(self.fc1(x.mean((2, 3)))))
        return x * torch.sigmoid(y)[:, :, None, None]


class Residual(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.gamma = nn.Parameter(torch.ones(channels, 1, 1))
        self.conv, self.bn = conv(channels, channels), nn.BatchNorm2d(channels)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.gamma * functional.relu(self.bn(self.conv(x)))


def conv(inside: int, outside: int, kernel: int = 3, **more: Any) -> nn.Conv2d:
    return nn.Conv2d(inside, outside, kernel, padding=kernel // 2, **more)


def head() -> tuple[nn.Module, ...]:
    return nn.AdaptiveAvgPool2d(1), nn.Flatten()


def shuffled(x: torch.Tensor, groups: int) -> torch.Tensor:
    n, c, h, w = x.shape
    return x.view(n, groups, c // groups, h, w).transpose(1, 2).reshape(n, c, h, w)


def halves(model: Any, x: torch.Tensor) -> torch.Tensor:
    one, other = model.a(x).chunk(2, 1)
    return torch.cat([one * torch.sigmoid(other), x], 1)


def attention(model: Any, x: torch.Tensor) -> Any:
    y = model.a(x)
    return y * torch.sigmoid(model.b(torch.cat([y.mean(1, keepdim=True), y.amax(1, keepdim=True)], 1)))


def efficient(model: Any, x: torch.Tensor) -> torch.Tensor:
    y = model.b(model.a(x).mean((2, 3))[:, None])[:, 0]
    return x * torch.sigmoid(y)[:, :, None, None]


def acts(*parts: nn.Module) -> nn.Module:
    names = [nn.Sequential(conv(3 if n == 0 else 8, 8), part) for n, part in enumerate(parts)]
    return nn.Sequential(*names)


TODAY = "the exporter of today"
MODELS: dict[str, tuple[Callable[[], nn.Module], int]] = {
    "activations": (lambda: acts(nn.ReLU6(), nn.Hardswish(), nn.SiLU(), nn.GELU(), nn.Mish(), nn.LeakyReLU(0.1)), 17),
    "activations, old": (lambda: acts(nn.ReLU6(), nn.Hardswish(), nn.Hardsigmoid(), nn.GELU(), nn.Softplus()), 11),
    "more activations": (
        lambda: acts(nn.PReLU(8), nn.ELU(), nn.SELU(), nn.Tanh(), nn.Hardtanh(-2, 3), nn.Softmax(1), nn.GELU("tanh")),
        20,
    ),
    "softmax, old": (lambda: acts(nn.Softmax(1)), 11),
    "batch norm": (lambda: nn.Sequential(conv(3, 8), nn.ReLU(), nn.BatchNorm2d(8)), 13),
    "transposed": (
        lambda: nn.Sequential(nn.ConvTranspose2d(3, 6, 3, 2, 1, 1), nn.ConvTranspose2d(6, 4, 4, 2, 1, groups=2)),
        15,
    ),
    "group norm": (lambda: nn.Sequential(conv(3, 8), nn.GroupNorm(4, 8), nn.ReLU(), nn.GroupNorm(1, 8)), 16),
    "instance norm": (lambda: nn.Sequential(conv(3, 8), nn.InstanceNorm2d(8, affine=True), nn.InstanceNorm2d(8)), 12),
    "layer norm": (lambda: nn.Sequential(conv(3, 8), Norm(8), Norm(8)), 17),
    "layer norm, written out": (lambda: nn.Sequential(conv(3, 8), Norm(8), Norm(8)), 11),
    "layer norm of vectors, written out": (
        lambda: nn.Sequential(conv(3, 4), *head(), nn.LayerNorm(4), nn.Linear(4, 6), nn.LayerNorm(6), nn.ReLU()),
        11,
    ),
    "norms without weights": (
        lambda: nn.Sequential(conv(3, 4), nn.GroupNorm(2, 4, affine=False), *head(), nn.LayerNorm(4, bias=False)),
        13,
    ),
    "squares over channels": (
        lambda: Plain(
            lambda m, x: m.a(x) / torch.sqrt((x * x).sum(1, keepdim=True) + 0.1) * x.amax((2, 3), True), conv(3, 3)
        ),
        14,
    ),
    "gates": (lambda: nn.Sequential(conv(3, 8), Gate(8), Gate(8)), 14),
    "residuals": (lambda: nn.Sequential(conv(3, 8), Residual(8), Residual(8)), 17),
    "shuffle": (lambda: Plain(lambda m, x: shuffled(m.a(x), 4), conv(3, 8)), 13),
    "halves": (lambda: Plain(halves, conv(3, 8)), 18),
    "pools": (
        lambda: nn.Sequential(
            conv(3, 8), nn.MaxPool2d(3, 2, 1), nn.AvgPool2d(3, 1, 1), nn.AvgPool2d(3, 1, 1, count_include_pad=False)
        ),
        19,
    ),
    "heads": (
        lambda: nn.Sequential(conv(3, 8), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(0.3), nn.Linear(8, 5)),
        11,
    ),
    "resizes": (
        lambda: nn.Sequential(
            nn.Upsample(scale_factor=2),
            conv(3, 4),
            nn.Upsample(scale_factor=2, mode="bilinear", align_corners=True),
            nn.Upsample(scale_factor=2, mode="bicubic"),
        ),
        13,
    ),
    "resized like": (
        lambda: Plain(
            lambda m, x: x + functional.interpolate(m.a(x), size=x.shape[2:], mode="bilinear"), conv(3, 3, stride=2)
        ),
        17,
    ),
    "pads": (
        lambda: nn.Sequential(
            nn.ReflectionPad2d(2), conv(3, 4), nn.ReplicationPad2d(1), nn.ZeroPad2d((0, 1, 0, 1)), nn.Conv2d(4, 4, 3, 2)
        ),
        18,
    ),
    "squares": (lambda: nn.Sequential(conv(3, 16), nn.PixelShuffle(2), nn.ReLU()), 13),
    "attention": (lambda: Plain(attention, conv(3, 8), conv(2, 1, 7)), 20),
    "channel attention": (lambda: Plain(efficient, conv(3, 3), nn.Conv1d(1, 1, 3, padding=1, bias=False)), 17),
    "numbers": (lambda: Plain(lambda m, x: (m.a(x) - 0.5) / 0.25 * 2 + 1 - (-x) + (1 - x) * x**2, conv(3, 3)), 15),
    "linear over channels": (
        lambda: Plain(lambda m, x: m.b(m.a(x).permute(0, 2, 3, 1)).permute(0, 3, 1, 2), conv(3, 8), nn.Linear(8, 3)),
        17,
    ),
    "ties": (lambda: Plain(lambda m, x: m.b(m.a(functional.relu(m.a(x)))), conv(3, 3), conv(3, 4)), 17),
    TODAY: (lambda: nn.Sequential(conv(3, 8), nn.BatchNorm2d(8), Gate(8), Residual(8), Norm(8), nn.GELU()), 18),
    "two outputs": (lambda: Plain(lambda m, x: (m.a(x), m.b(x)), conv(3, 3), conv(3, 5)), 17),
}


def theirs(result: Imported) -> set[str]:
    """The names of weights before those were changed that PyTorch's chains alone can have."""
    found = set()
    for name in result.weights:
        head, _, rest = name.partition(".")
        number = head.removeprefix("part_")
        found.add(f"{number}.{rest}" if number != head and number.isdecimal() else name)
    return found


CASES = [pytest.param(name, marks=pytest.mark.slow) if name == TODAY else name for name in MODELS]


@pytest.mark.parametrize("name", CASES)
def test_torch_exporter(name: str, tmp_path: Path) -> None:
    make, opset = MODELS[name]
    model = make().double().eval()
    scramble(model)
    path = exported(model, tmp_path / "model.onnx", opset, SIZES[0], today=name == TODAY)
    for size in SIZES:
        result = diptych.read(path, np.zeros((1, 3, *size)))
        images = images_of(result.net)
        assert difference(built(result, "torch", images), outputs(model, images)) < TOLERANCE
    assert theirs(result) <= {*model.state_dict(), *(n.replace("weight", "bias") for n in model.state_dict())}


def test_what_is_compared_can_differ(tmp_path: Path) -> None:
    model: Any = MODELS["layer norm, written out"][0]().double().eval()
    scramble(model)
    path = exported(model, tmp_path / "model.onnx", 11, SIZES[0])
    result = diptych.read(path, np.zeros((1, 3, *SIZES[0])))
    model[1].norm.eps = 2e-5
    images = images_of(result.net)
    assert difference(built(result, "torch", images), outputs(model, images)) > 1e-8


def test_blocks_are_the_modules(tmp_path: Path) -> None:
    model = nn.Sequential(conv(3, 8), nn.Sequential(Residual(8), Residual(8)), nn.Sequential(Residual(8))).double()
    scramble(model.eval())
    result = diptych.read(exported(model, tmp_path / "model.onnx", 17, SIZES[0]), np.zeros((1, 3, *SIZES[0])))
    source = str(diptych.source(result.net, "torch"))
    assert source.count("\nclass ") == 2
    assert any("folded" in note for note in result.notes)
    assert "gamma" in source


@pytest.mark.parametrize(
    ("name", "dtype"),
    [
        ("lenet5_modern", "float32"),
        ("lenet5_modern", "float64"),
        pytest.param("mobilenet_v3_small", "float64", marks=pytest.mark.slow),
    ],
)
def test_our_own(tmp_path: Path, name: str, dtype: Any) -> None:
    net = diptych.spec(name)
    module = diptych.build(net, "torch", dtype="float64")
    scramble(module)
    weights = diptych.weights(module, net)
    diptych.export(net, weights, tmp_path / "model.onnx", dtype=dtype)
    result = diptych.read(tmp_path / "model.onnx", np.zeros((1, *map(int, net.input_shape))))
    assert set(result.weights) == set(weights)
    assert not result.renamed
    images = images_of(result.net)
    wanted = outputs(module, images)
    assert difference(built(result, "torch", images), wanted) < (TOLERANCE if dtype == "float64" else 1e-5)


def test_channels_last_at_the_borders(tmp_path: Path) -> None:
    """As tf2onnx writes a Keras model: images and answers channels last, a flatten in that order, a bias by Add."""
    random = np.random.default_rng(0).standard_normal
    weights = {
        "mean": random((1, 1, 1, 3)),
        "conv/kernel:0": random((4, 3, 3, 3)),
        "scale": random((1, 4, 1, 1)),
        "dense/kernel:0": random((4 * 3 * 4, 5)),
        "dense/bias:0": random(5),
        "shape": np.array([-1, 4 * 3 * 4], np.int64),
    }
    nodes = [
        helper.make_node("Sub", ["x", "mean"], ["a"], "model/sub"),
        helper.make_node("Transpose", ["a"], ["b"], "Transpose__4", perm=[0, 3, 1, 2]),
        helper.make_node("Conv", ["b", "conv/kernel:0"], ["c"], "model/conv/Conv2D", strides=[2, 2],
                         auto_pad="SAME_UPPER", kernel_shape=[3, 3]),
        helper.make_node("Add", ["c", "scale"], ["d"], "model/conv/BiasAdd"),
        helper.make_node("Relu", ["d"], ["e"], "model/conv/Relu"),
        helper.make_node("Transpose", ["e"], ["f"], "Transpose__9", perm=[0, 2, 3, 1]),
        helper.make_node("Reshape", ["f", "shape"], ["g"], "model/flatten/Reshape"),
        helper.make_node("MatMul", ["g", "dense/kernel:0"], ["h"], "model/dense/MatMul"),
        helper.make_node("Add", ["h", "dense/bias:0"], ["y"], "model/dense/BiasAdd"),
    ]  # fmt: skip
    model = graph(nodes, weights, ("n", 8, 6, 3))
    result = diptych.read(saved(model, tmp_path))
    assert result.net.input_shape == (3, 8, 6)
    assert [node.kind for node in result.net.nodes if node.own_weights()] == ["parameter", "conv", "linear"]
    images = images_of(result.net)
    wanted = evaluated(model, images.transpose(0, 2, 3, 1))
    assert difference(built(result, "torch", images), wanted) < TOLERANCE
    assert any("channels last" in note for note in result.notes)
    names = {name.removeprefix("model.") for name in result.weights}
    assert {"conv.weight", "conv.bias", "dense.weight", "dense.bias"} <= names


def test_an_old_file_of_limits_and_pads_in_attributes(tmp_path: Path) -> None:
    weights = {"w": np.random.default_rng(0).standard_normal((3, 3, 3, 3))}
    nodes = [
        helper.make_node("Pad", ["x"], ["a"], "p", pads=[0, 0, 1, 1, 0, 0, 1, 1], value=0.0),
        helper.make_node("Conv", ["a", "w"], ["b"], "c"),
        helper.make_node("Clip", ["b"], ["c"], "l", min=0.0, max=6.0),
        helper.make_node("Slice", ["c"], ["d"], "s", starts=[1], ends=[3], axes=[1]),
        helper.make_node("Identity", ["d"], ["y"], "i"),
    ]
    model = graph(nodes, weights, opset=9)
    result = diptych.read(saved(model, tmp_path), np.zeros((1, 3, 8, 6)))
    assert [node.kind for node in result.net.nodes[1:]] == ["conv", "relu6", "channel_slice"]
    images = images_of(result.net)
    wanted = np.clip(evaluated(graph([helper.make_node("Conv", ["x", "w"], ["y"])], weights),
                               np.pad(images, ((0, 0), (0, 0), (1, 1), (1, 1)))), 0, 6)[0][:, 1:3]  # fmt: skip
    assert difference(built(result, "torch", images), [wanted.astype(float)]) < TOLERANCE
