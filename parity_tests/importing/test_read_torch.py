"""Networks as people write them, read, built in both frameworks, and written out again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import paper_modules
import pytest
import their_modules as modules
import torch
from reading import difference, held, outputs, scramble
from selection import some
from torch import nn

import diptych

CASES: dict[str, tuple[Callable[[], nn.Module], dict[str, Any]]] = {
    "unet": (modules.UNet, {"exact": True}),
    "gate of convolutions": (lambda: modules.Gated(False), {}),
    "gate of linear layers": (lambda: modules.Gated(True), {"exact": False}),
    "shuffled": (modules.Shuffled, {}),
    "siamese": (modules.Siamese, {}),
    "tied": (modules.Tied, {}),
    "functional": (modules.Functional, {"exact": False}),
    "padded": (modules.Padded, {}),
    "squares": (modules.Squares, {}),
    "heads": (modules.Heads, {}),
    "pair": (modules.Pair, {}),
    "attention": (paper_modules.CBAM, {"exact": False}),
    "generator": (paper_modules.Generator, {"exact": False, "sizes": ((5, 4), (6, 7))}),
    "convnext": (paper_modules.ConvNeXt, {"exact": False}),
    "weighted": (paper_modules.Weighted, {"exact": False}),
    "by hand": (paper_modules.ByHand, {"exact": False}),
}


class Blurred(nn.Module):
    """A kernel in a buffer, which stands in an op and is no weight."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)
        self.register_buffer("kernel", torch.tensor([[1.0, 2.0], [3.0, 4.0]]).expand(4, 1, 2, 2).clone())

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return nn.functional.conv2d(self.conv(x), self.get_buffer("kernel"), stride=2, groups=4)


class Inner(nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.float().sigmoid().to(x.dtype)


class Rounding(nn.Module):
    """A sigmoid in float32, as code has it for the sake of half precision."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.inner = nn.Conv2d(3, 4, 3), Inner()

    def forward(self, x: torch.Tensor) -> Any:
        return self.inner(self.conv(x))


@pytest.mark.parametrize("name", some(CASES, "tied", "padded", "heads", "weighted", "by hand"))
def test_a_network_is_read(name: str) -> None:
    make, options = CASES[name]
    torch.manual_seed(0)
    held(make(), **options)


def test_a_flatten_before_the_head_leaves_one_size() -> None:
    result = held(modules.Flattened((12, 10)), sizes=((12, 10),))
    assert "12 x 10 alone" in result.notes[0]


def test_names_are_those_of_the_state_dict() -> None:
    model = modules.UNet()
    net, weights = diptych.read(model, torch.zeros(1, 3, 24, 20))
    state = {name for name in model.state_dict() if not name.endswith("num_batches_tracked")}
    assert set(weights) == set(net.weights) == state
    assert {call.block for call in net.root.walk()} >= {"UNet", "Up"}


def test_a_layer_under_two_names_has_the_first() -> None:
    model = modules.Tied()
    net, weights = diptych.read(model, torch.zeros(1, 3, 24, 20))
    assert "first.layer.weight" in weights
    assert "second.layer.weight" not in weights
    assert set(weights) | set(net.ties) == set(model.state_dict()) - {"b.weight"}  # one layer, used again


def test_outputs_have_the_names_of_a_dict() -> None:
    net, _ = diptych.read(modules.Heads(), torch.zeros(1, 3, 24, 20))
    assert net.output_names == ("map", "vectors_0", "vectors_1", "sizes")


def test_a_module_is_called_in_one_block() -> None:
    net, _ = diptych.read(modules.Siamese(), torch.zeros(1, 3, 24, 20))
    assert [call.number for call in net.root.walk() if call.block == "Trunk"] == [0, 1, 2]


def test_a_second_size_shows_what_the_first_hides() -> None:
    model = modules.Padded().double().eval()
    scramble(model)
    net, weights = diptych.read(model, torch.zeros(2, 3, 24, 20))
    assert net.node("down").op.pads == net.node("max_pool").op.pads == "same"
    images = np.random.default_rng(0).standard_normal((1, 3, 33, 27))
    built = diptych.build(net, "torch", weights=weights, dtype="float64")
    assert difference(outputs(built, images), outputs(model, images)) == 0


def test_a_model_is_not_changed() -> None:
    model = modules.UNet().train()
    model.inc.eval()
    model.outc.weight.requires_grad_(False)
    seen: list[str] = []
    handle = model.outc.register_forward_hook(lambda *_: seen.append("called"))
    before, random = {n: t.clone() for n, t in model.state_dict().items()}, torch.get_rng_state()
    modes = [module.training for module in model.modules()]
    diptych.read(model, torch.zeros(1, 3, 24, 20))
    assert [module.training for module in model.modules()] == modes
    assert not model.outc.weight.requires_grad
    assert torch.equal(torch.get_rng_state(), random)
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())
    assert model.outc._forward_hooks == {handle.id: next(iter(model.outc._forward_hooks.values()))}


@pytest.mark.parametrize("wrap", [nn.DataParallel, lambda model: torch.compile(model, backend="eager")])
def test_wrappers_are_taken_off(wrap: Any) -> None:
    net, _ = diptych.read(wrap(modules.Pair()), torch.zeros(1, 3, 24, 20))
    assert net.nodes[1].path == "conv"


def test_another_precision_within_a_model_is_said() -> None:
    model = Rounding().double()
    result = diptych.read(model, torch.zeros(1, 3, 24, 20))
    assert result.notes == ("it brings numbers to another precision (first in inner), which is left out here",)
    assert diptych.read(model.float(), torch.zeros(1, 3, 24, 20)).notes == ()


def test_a_buffer_that_stands_in_an_op_is_used() -> None:
    result = diptych.read(Blurred(), torch.zeros(1, 3, 24, 20))
    assert [node.kind for node in result.net.nodes[1:]] == ["conv", "blur"]
    assert result.notes == ()
