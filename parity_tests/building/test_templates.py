"""Copies of one module of a network: each is what a new module would be, and shares nothing with another."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import nn

import diptych
from diptych.common.ops.conv import conv
from diptych.common.spec import Net
from diptych.common.trace import Value, block, trace
from diptych.torch_impl import templates
from diptych.torch_impl.build import compiled
from diptych.torch_impl.state import write
from diptych.torch_impl.templates import template


@block
def first(x: Value) -> Value:
    """A convolution."""
    return conv(x, 3, 3, pad=1, name="conv")


@block
def second(x: Value) -> Value:
    """One with the weights of another block's."""
    return conv(x, 3, 3, pad=1, name="again", owner="one.conv")


def small() -> Net:
    return trace(lambda x: conv(x, 4, 3, name="conv"), "small", (3, 5, 5))


def tied() -> Net:
    return trace(lambda x: second(first(x, name="one"), name="two"), "tied", (3, 5, 5))


NETS: dict[str, Callable[[], Net]] = {
    "small": small,
    "a weight under two names": tied,
    "buffers of its own": lambda: diptych.spec("lenet5"),
    "blocks": lambda: diptych.spec("mobilenet_v3_small"),
}


def tree(value: Any, seen: dict[int, int]) -> Any:
    """All that a module keeps, with a number for each tensor and module, so that what is shared shows."""
    if isinstance(value, nn.Module | torch.Tensor):
        number = seen.setdefault(id(value), len(seen))
        inner = tree(vars(value), seen) if isinstance(value, nn.Module) and number == len(seen) - 1 else None
        form = (value.shape, value.dtype, value.requires_grad) if isinstance(value, torch.Tensor) else inner
        return type(value), number, form
    if isinstance(value, dict):
        return type(value), [(key, tree(item, seen)) for key, item in value.items()]
    if isinstance(value, list | tuple):
        return type(value), [tree(item, seen) for item in value]
    return value


def new(net: Net) -> nn.Module:
    with torch.device("meta"):
        model = compiled(net, True)[net.name]().eval()
    write(model, net, diptych.init(net))
    return model


@pytest.mark.parametrize("name", NETS)
def test_a_copy_is_what_a_new_module_is(name: str) -> None:
    net = NETS[name]()
    root: Any = compiled(net, True)[net.name]
    assert template(root, net) is not None
    one, other = diptych.build(net, "torch"), new(net)
    assert tree(one, {}) == tree(other, {})
    theirs = other.state_dict()
    assert list(one.state_dict()) == list(theirs)
    assert all(torch.equal(value, theirs[key]) for key, value in one.state_dict().items())


def test_copies_share_nothing() -> None:
    net = diptych.spec("lenet5_modern")
    one, other = diptych.build(net, "torch"), diptych.build(net, "torch")
    assert not {id(part) for part in one.modules()} & {id(part) for part in other.modules()}
    with torch.no_grad():
        for parameter in one.parameters():
            parameter.zero_()
    one.c1.register_forward_hook(lambda *_: None)
    one.extra = nn.ReLU()
    assert all(parameter.any() for name, parameter in other.named_parameters() if name.endswith("weight"))
    assert not other.c1._forward_hooks
    assert not hasattr(other, "extra")
    assert not hasattr(diptych.build(net, "torch"), "extra")


class Hidden(nn.Module):
    """It keeps a layer where no registry has it."""

    def __init__(self, kept: Any) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)
        self.kept = kept


@pytest.mark.parametrize(
    ("kept", "fits"), [(3, True), ((1, "same"), True), ([nn.ReLU()], False), (torch.ones(1), False), (object(), False)]
)
def test_a_module_that_keeps_more_than_constants_is_not_copied(kept: Any, fits: bool) -> None:
    class Root(Hidden):
        def __init__(self) -> None:
            super().__init__(kept)

    assert (templates.template(Root, small()) is not None) is fits


def test_a_module_with_other_weights_is_not_copied() -> None:
    class Root(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(3, 5, 3)

    assert templates.template(Root, small()) is None
