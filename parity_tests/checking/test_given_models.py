"""The pair of models that a user gives to `check`: what is refused, and what of a changed module is still seen."""

from __future__ import annotations

from collections.abc import Callable
from types import MethodType
from typing import Any

import pytest
import torch
from pairs import pair
from selection import some

from diptych import check, spec
from diptych.common.errors import DiptychError


def test_the_models_are_left_as_they_were() -> None:
    net = spec("lenet5_modern")
    torch_model, keras_model = pair(net)
    before = [value.clone() for value in torch_model.state_dict().values()], keras_model.get_weights()
    check(net, models=(torch_model, keras_model))
    after = list(torch_model.state_dict().values()), keras_model.get_weights()
    assert all((a == b).all() for a, b in zip(before[0], after[0], strict=True))
    assert all((a == b).all() for a, b in zip(before[1], after[1], strict=True))
    assert not torch_model.training


def _changed(fault: float) -> dict[str, Callable[[Any], None]]:
    """Ways in which a user changes the forward of a built module; its function is off by `fault`."""

    def subclass(model: Any) -> None:
        class Own(type(model)):  # type: ignore[misc]
            def forward(self, x: Any) -> Any:
                return super().forward(x + fault)

        model.__class__ = Own

    def block(model: Any) -> None:
        class Own(type(model.layer1[0])):  # type: ignore[misc]
            def forward(self, x: Any) -> Any:
                return super().forward(x) + fault

        model.layer1[0].__class__ = Own

    def method(model: Any) -> None:
        def forward(self: Any, x: Any) -> Any:
            return type(self).forward(self, x + fault if x.sum() > -1e9 else x)  # torch.fx cannot follow this

        model.forward = MethodType(forward, model)

    return {"subclass": subclass, "block": block, "method": method}


WRAPPED: dict[str, Callable[[Any, Any], Any]] = {
    "exchanged": lambda t, k: (k, t),
    "one framework": lambda t, k: [t, t],
    "compiled": lambda t, k: (torch.compile(t, backend="eager"), k),
    "parallel": lambda t, k: (torch.nn.DataParallel(t), k),
}


@pytest.mark.parametrize("way", some(WRAPPED, "exchanged", "parallel"))
def test_wrapped_models_and_any_two_are_checked(way: str) -> None:
    net = spec("lenet5_modern", num_classes=3)
    assert check(net, models=WRAPPED[way](*pair(net))).passed


def test_another_number_of_classes_cannot_be_told() -> None:
    models = pair(spec("lenet5_modern", num_classes=3))
    report = check(spec("lenet5_modern", num_classes=5), models=models)
    assert (report.passed, report.verdict) == (False, "cannot tell")
    assert "compare models of the same number of classes" in str(report)


def test_weights_that_are_not_finite_in_both_cannot_be_told() -> None:
    net = spec("lenet5_modern", num_classes=3)
    torch_model, keras_model = pair(net)
    name = net.nodes[net.outputs[0]].path
    last = torch_model.get_submodule(name)
    last.bias.data[0] = float("nan")
    found = check(net, models=(torch_model, keras_model))
    assert (found.verdict, found.where) == ("different", name)
    keras_model.get_layer(name).bias.assign([float("nan"), 0, 0])
    assert f"{name}.bias hold NaN or infinity in both models" in str(check(net, models=(torch_model, keras_model)))


FIRST = {"subclass": "conv1", "block": "layer1.1.conv1", "method": "conv1"}
"""The first layer that such a fault shows at."""


@pytest.mark.parametrize("kind", some(_changed(0.0), "block"))
def test_a_built_module_with_a_forward_of_ones_own_is_seen_by_its_layers(kind: str) -> None:
    net = spec("resnet18", input_size=(32, 40), num_classes=3)
    torch_model, keras_model = pair(net)
    _changed(0.0)[kind](torch_model)
    assert check(net, models=(torch_model, keras_model), gates=["nodes"], fast=True).passed
    torch_model, keras_model = pair(net)
    _changed(1e-3)[kind](torch_model)
    report = check(net, models=(torch_model, keras_model), gates=["nodes"], fast=True)
    assert (report.where, report.side) == (FIRST[kind], "PyTorch"), str(report)


@pytest.mark.parametrize(
    ("wrap", "said"),
    [
        (lambda t, k: (t,), r"models is a pair"),
        (lambda t, k: t, r"models is a pair"),
        (lambda t, k: (t, "resnet18"), r"expected a torch.nn.Module or a keras.Model, got builtins.str"),
    ],
)
def test_models_that_cannot_be_checked_are_refused(wrap: Callable[[Any, Any], Any], said: str) -> None:
    net = spec("resnet18", input_size=(32, 40), num_classes=3)
    with pytest.raises(DiptychError, match=said):
        check(net, models=wrap(*pair(net)))
