"""pytorch-YOLOv4's names: a network written from the facts of its layers runs on the weights that we name so."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hollow import hollow
from safetensors.numpy import save_file
from torch.nn import functional as F

import diptych
from diptych import backends
from diptych.common.compare import difference
from diptych.common.dialect import dialect
from diptych.common.registry import spec, traced
from diptych.common.spec import Array
from diptych.common.weights import scrambled
from diptych.files.dialects import in_dialect
from diptych.files.tensors import Tensors

NAMES = dialect("pytorch-YOLOv4", "yolov4")
WIDTHS = {2: (64, 128, 64, 2), 3: (128, 256, 128, 8), 4: (256, 512, 256, 8), 5: (512, 1024, 512, 4)}
"""Stage -> channels that it takes, those that it gives, those of each of its ways, residual units."""
NECK = "1024-512 512=1024 1024-512 2048-512 512=1024 1024-512 512-256 512-256 512-256 256=512 512-256 256=512 512-256 "
NECK += "256-128 256-128 256-128 128=256 256-128 128=256 256-128"
HEAD = "128=256 256-M 128=256 512-256 256=512 512-256 256=512 512-256 256=512 512-M 256=512 1024-512 512=1024 1024-512 "
HEAD += "512=1024 1024-512 512=1024 1024-M"
"""Channels in and out of the numbered units, with - for 1x1 and = for 3x3; M is a map, with a bias and no more."""


def units(classes: int) -> dict[str, tuple[int, int, int]]:
    """Unit -> channels in, channels out, kernel: from the widths of the layers alone."""
    found = {}
    for number, (one, two, kernel) in enumerate(
        ((3, 32, 3), (32, 64, 3), (64, 64, 1), (64, 64, 1), (64, 32, 1), (32, 64, 3), (64, 64, 1), (128, 64, 1)), 1
    ):
        found[f"down1.conv{number}"] = one, two, kernel
    for stage, (one, two, way, depth) in WIDTHS.items():
        rows = ((one, two, 3), (two, way, 1), (two, way, 1), (way, way, 1), (two, two, 1))
        found |= {f"down{stage}.conv{number}": row for number, row in enumerate(rows, 1)}
        for block in range(depth):
            found |= {f"down{stage}.resblock.module_list.{block}.{n}": (way, way, 2 * n + 1) for n in (0, 1)}
    for part, text in (("neck", NECK), ("head", HEAD)):
        for number, row in enumerate(text.split(), 1):
            inside, outside = row.replace("=", "-").split("-")
            given = 3 * (5 + classes) if outside == "M" else int(outside)
            found[f"{part}.conv{number}"] = int(inside), given, 3 if "=" in row else 1
    return found


def shapes(classes: int) -> dict[str, tuple[int, ...]]:
    """The weights of a state dict, without the counters."""
    found: dict[str, tuple[int, ...]] = {}
    for name, (one, two, kernel) in units(classes).items():
        found[f"{name}.conv.0.weight"] = (two, one, kernel, kernel)
        if name in ("head.conv2", "head.conv10", "head.conv18"):
            found[f"{name}.conv.0.bias"] = (two,)
        else:
            found |= {f"{name}.conv.1.{kind}": (two,) for kind in ("weight", "bias", "running_mean", "running_var")}
    return found


@pytest.mark.parametrize("classes", [80, 3])
def test_names_and_shapes_are_those_of_the_layers(classes: int) -> None:
    made = hollow(traced("yolov4", {"num_classes": classes}), NAMES, layers=False)
    assert isinstance(made, Tensors)
    assert {name: array.shape for name, array in made.arrays.items()} == shapes(classes)


@pytest.mark.parametrize("neck", ["neck", "neek"])
def test_both_spellings_are_identified(neck: str) -> None:
    made = hollow(traced("yolov4", {"num_classes": 3}), NAMES, layers=False)
    assert isinstance(made, Tensors)
    arrays = {name.replace("neck.", f"{neck}."): array for name, array in made.arrays.items()}
    found = diptych.identify(replace(made, arrays=arrays))
    assert [(match.dialect.library, dict(match.net.options)) for match in found.matches] == [
        ("pytorch-YOLOv4", {"num_classes": 3})
    ]


def test_both_spellings_in_one_file_are_no_match() -> None:
    made = hollow(traced("yolov4", {}), NAMES, layers=False)
    assert isinstance(made, Tensors)
    arrays = {**made.arrays, "neek.conv1.conv.0.weight": made.arrays["neck.conv1.conv.0.weight"]}
    found = diptych.identify(replace(made, arrays=arrays))
    assert not found.matches
    assert found.runners_up[0].extra == ("neek.conv1.conv.0.weight",)


class Run:
    """The layers of a state dict; `pools` in the order of their concatenation, `swapped` with both ways exchanged."""

    def __init__(self, state: Mapping[str, Array], pools: tuple[int, ...] = (13, 9, 5), swapped: bool = False) -> None:
        self.state = {name: torch.from_numpy(array) for name, array in state.items()}
        self.pools, self.swapped = pools, swapped

    def unit(self, name: str, x: Any, stride: int = 1, act: Callable[..., Any] = F.mish) -> Any:
        weight = self.state[f"{name}.conv.0.weight"]
        x = F.conv2d(x, weight, self.state.get(f"{name}.conv.0.bias"), stride, weight.shape[-1] // 2)
        if f"{name}.conv.1.weight" not in self.state:
            return x
        mean, variance, scale, bias = (
            self.state[f"{name}.conv.1.{kind}"] for kind in ("running_mean", "running_var", "weight", "bias")
        )
        return act(F.batch_norm(x, mean, variance, scale, bias))

    def joined(self, *maps: Any) -> Any:
        return torch.cat(maps[::-1] if self.swapped else maps, 1)

    def down(self, number: int, x: Any) -> Any:
        if number == 1:
            x = self.unit("down1.conv2", self.unit("down1.conv1", x), 2)
            around, y = self.unit("down1.conv3", x), self.unit("down1.conv4", x)
            y = y + self.unit("down1.conv6", self.unit("down1.conv5", y))
            return self.unit("down1.conv8", self.joined(self.unit("down1.conv7", y), around))
        name = f"down{number}"
        x = self.unit(f"{name}.conv1", x, 2)
        around, y = self.unit(f"{name}.conv2", x), self.unit(f"{name}.conv3", x)
        for block in range(WIDTHS[number][3]):
            inside = f"{name}.resblock.module_list.{block}"
            y = y + self.unit(f"{inside}.1", self.unit(f"{inside}.0", y))
        return self.unit(f"{name}.conv5", self.joined(self.unit(f"{name}.conv4", y), around))

    def row(self, part: str, x: Any, first: int, last: int, stride: int = 1) -> Any:
        for number in range(first, last + 1):
            x = self.unit(f"{part}.conv{number}", x, stride, functools.partial(F.leaky_relu, negative_slope=0.1))
        return x

    def __call__(self, images: Array) -> list[Array]:
        maps = [torch.from_numpy(images)]
        for number in range(1, 6):
            maps.append(self.down(number, maps[-1]))
        x = self.row("neck", maps[5], 1, 3)
        pools = [F.max_pool2d(x, size, 1, size // 2) for size in self.pools]
        p5 = self.row("neck", torch.cat([*pools, x], 1), 4, 6)
        up = F.interpolate(self.row("neck", p5, 7, 7), scale_factor=2)
        p4 = self.row("neck", torch.cat([self.row("neck", maps[4], 8, 8), up], 1), 9, 13)
        up = F.interpolate(self.row("neck", p4, 14, 14), scale_factor=2)
        p3 = self.row("neck", torch.cat([self.row("neck", maps[3], 15, 15), up], 1), 16, 20)
        n4 = self.row("head", torch.cat([self.row("head", p3, 3, 3, 2), p4], 1), 4, 8)
        n5 = self.row("head", torch.cat([self.row("head", n4, 11, 11, 2), p5], 1), 12, 16)
        found = self.row("head", p3, 1, 2), self.row("head", n4, 9, 10), self.row("head", n5, 17, 18)
        return [level.numpy() for level in found]


def test_the_layers_of_these_names_are_the_network() -> None:
    net = spec("yolov4", num_classes=2, input_size=(32, 256))  # wide, so that the pools of the coarsest map differ
    weights = scrambled(net)
    state = in_dialect(net, weights, {}, NAMES)
    images = np.random.default_rng(0).standard_normal((1, 3, 32, 256), dtype=np.float32)
    torch_side = backends.get("torch")
    ours = torch_side.outputs(torch_side.build(net, weights, "float32"), net, images)
    with torch.no_grad():
        worst = [
            max(difference(a, b)[0] for a, b in zip(run(images), ours, strict=True))
            for run in (Run(state), Run(state, pools=(5, 9, 13)), Run(state, swapped=True))
        ]
    assert worst[0] < 1e-4
    assert min(worst[1:]) > 1e-2  # the code of the first versions, and the other order of a stage's two ways


@pytest.mark.slow
def test_a_file_is_converted_and_says_what_its_names_leave_open(tmp_path: Path) -> None:
    net = spec("yolov4", num_classes=2)
    weights = scrambled(net)
    save_file(in_dialect(net, weights, {}, NAMES), tmp_path / "in.safetensors")
    report = diptych.convert(tmp_path / "in.safetensors", tmp_path / "out.npz", check=None)
    assert "concatenated the pools as 5, 9, 13" in str(report)
    with np.load(tmp_path / "out.npz") as back:
        assert all(np.array_equal(back[key], array) for key, array in weights.items())
