"""Batch normalisation that one model has folded into its convolutions is told, and hides nothing after it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from diptych.comparing.compare import compare
from diptych.comparing.report import Comparison


class Whole(nn.Module):
    def __init__(self, after: type[nn.Module] = nn.ReLU) -> None:
        super().__init__()
        self.c1, self.b1 = nn.Conv2d(3, 6, 3, padding=1, bias=False), nn.BatchNorm2d(6)
        self.c2, self.b2 = nn.Conv2d(6, 6, 3, padding=1), nn.BatchNorm2d(6)
        self.act, self.fc = after(), nn.Linear(6, 4)

    def forward(self, x: Any) -> Any:
        x = torch.relu(self.b1(self.c1(x)))
        x = self.act(x + self.b2(self.c2(x)))
        return self.fc(x.mean((2, 3)))


class Folded(nn.Module):
    def __init__(self, whole: Whole, after: type[nn.Module] = nn.ReLU) -> None:
        super().__init__()
        self.first = fuse_conv_bn_eval(whole.c1, whole.b1)
        self.second = fuse_conv_bn_eval(whole.c2, whole.b2)
        self.act, self.out = after(), whole.fc

    def forward(self, x: Any) -> Any:
        x = torch.relu(self.first(x))
        return self.out(self.act(x + self.second(x)).mean((2, 3)))


def whole() -> Whole:
    torch.manual_seed(0)
    made = Whole()
    for norm in (made.b1, made.b2):
        for array, low in ((norm.weight, 0.5), (norm.bias, -1.0), (norm.running_mean, -1.0), (norm.running_var, 0.5)):
            nn.init.uniform_(array, low, 1.5)  # type: ignore[arg-type]
    return made.eval()


def held(one: nn.Module, other: nn.Module, gates: tuple[str, ...] = ("outputs", "nodes")) -> Comparison:
    return compare(one, other, example=(1, 3, 9, 8), weights="as-is", gates=gates, batches=(1, 2))


@pytest.mark.parametrize("turned", [False, True])
def test_a_folded_model_is_the_same_in_evaluation_and_told_by_its_parameters(turned: bool) -> None:
    made = whole()
    models = (made, Folded(made).eval())
    one, other = models[::-1] if turned else models
    report = held(one, other, gates=("outputs", "nodes", "parameters"))
    states = {gate.name: gate.passed for gate in report.gates}
    assert (states["outputs"], states["nodes"], states["parameters"]) == (True, True, False)
    assert report.cause.startswith("batch normalisation folded into the layer before it")


def _leaky(made: Whole) -> nn.Module:
    return Folded(made, nn.LeakyReLU).eval()


def _no_offset(made: Whole) -> nn.Module:
    other = Folded(made).eval()
    nn.init.zeros_(other.second.bias)  # type: ignore[arg-type]
    return other


def _other_epsilon(made: Whole) -> nn.Module:
    made.b2.eps = 1e-3
    other = Folded(made).eval()
    made.b2.eps = 1e-5
    return other


@pytest.mark.parametrize(
    ("fault", "where", "said"),
    [(_leaky, "act", "leaky_relu"), (_no_offset, "c2", "bias"), (_other_epsilon, "c2", "other weights")],
)
def test_a_fault_beside_a_fold_is_found(fault: Callable[[Whole], nn.Module], where: str, said: str) -> None:
    made = whole()
    report = held(made, fault(made))
    assert report.verdict == "different"
    assert report.where == where
    assert said in report.cause
