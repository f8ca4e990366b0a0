"""Planted faults: each one must be found, by the gate that is meant for it and under the name of its layer."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from pairs import pair
from selection import some

from diptych import check
from diptych.checking.case import Case, Finding
from diptych.checking.gates import GATES
from diptych.checking.images import random_images
from diptych.checking.proof import Precision
from diptych.common.errors import DiptychError
from diptych.common.lowering import Lowering, Make
from diptych.common.ops.avg_pool import avg_pool
from diptych.common.ops.batch_norm import batch_norm
from diptych.common.ops.conv import conv
from diptych.common.ops.dropout import dropout
from diptych.common.ops.flatten import flatten
from diptych.common.ops.leaky_relu import leaky_relu
from diptych.common.ops.linear import linear
from diptych.common.ops.max_pool import max_pool
from diptych.common.ops.relu import relu
from diptych.common.spec import Net
from diptych.common.trace import Value, trace

Plant = Callable[[Any, Any], None]


def small(x: Value) -> Value:
    """A network with one of each thing that a fault can hide in."""
    x = relu(batch_norm(conv(x, 6, 3, stride=2, pad=1, bias=False, name="conv1"), name="bn1"), name="relu1")
    x = max_pool(x, 3, 2, pad=1, name="pool1")
    x = leaky_relu(batch_norm(conv(x, 6, 3, pad=1, name="conv2"), name="bn2"), 0.1, name="leaky")
    x = avg_pool(x, 3, 1, pad=1, name="pool2")
    x = dropout(flatten(conv(x, 4, 3, groups=2, pad=1, name="conv3"), name="flatten"), 0.5, name="dropout")
    return linear(x, 5, name="fc")


@pytest.fixture(scope="module")
def net() -> Net:
    return trace(small, "small", (3, 14, 20))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_without_a_fault_the_check_passes(net: Net, dtype: Precision) -> None:
    report = check(net, models=pair(net, dtype))
    assert report.passed, str(report)
    assert [gate.passed for gate in report.gates] == [True] * 6
    assert all(gate.compared > 0 for gate in report.gates)
    assert first_failed(net, pair(net, dtype)) is None


def first_failed(net: Net, models: tuple[Any, Any]) -> tuple[str, Finding] | None:
    """The first of the gates of a built pair that fails, on one batch."""
    case = Case(net, *models, None, (random_images(net, 1, np.random.default_rng(0)),))
    found = ((name, gate(case)) for name, gate in GATES.items())
    return next(((name, finding) for name, finding in found if not finding.passed), None)


def _assign(model: Any, layer: str, variable: str, change: Callable[[np.ndarray], np.ndarray]) -> None:
    target = getattr(model.get_layer(layer), variable)
    target.assign(change(np.array(target)))


def _exchange_statistics(t: Any, k: Any) -> None:
    layer = k.get_layer("bn1")
    mean, variance = np.array(layer.moving_mean), np.array(layer.moving_variance)
    layer.moving_mean.assign(variance)
    layer.moving_variance.assign(mean)


def _both_nan(t: Any, k: Any) -> None:
    t.conv2.bias.data[1] = float("nan")
    _assign(k, "conv2", "bias", lambda b: np.where(np.arange(len(b)) == 1, np.nan, b))


def _flatten_order(t: Any, k: Any) -> None:
    def unpermuted(kernel: np.ndarray) -> np.ndarray:
        height, width, channels = 4, 5, 4
        return kernel.reshape(height, width, channels, -1).transpose(2, 0, 1, 3).reshape(kernel.shape)

    _assign(k, "fc", "kernel", unpermuted)


def _set(path: str, attribute: str, value: Any) -> Plant:
    def plant(t: Any, k: Any) -> None:
        target = t if path.startswith("torch:") else k
        name = path.partition(":")[2]
        layer = t.get_submodule(name) if target is t else k.get_layer(name)
        assert getattr(layer, attribute) != value, "the fault changes nothing"
        setattr(layer, attribute, value)

    return plant


MODELS: dict[str, tuple[Plant, str, str]] = {
    "swapped kernel axes": (
        lambda t, k: _assign(k, "conv2", "kernel", lambda w: w.transpose(1, 0, 2, 3)), "transfer", "conv2.weight"
    ),
    "swapped kernel axes in torch": (
        lambda t, k: t.conv2.weight.data.copy_(t.conv2.weight.data.transpose(2, 3).clone()), "transfer", "conv2.weight"
    ),
    "swapped filters": (
        lambda t, k: _assign(k, "conv2", "kernel", lambda w: w.transpose(0, 1, 3, 2)), "transfer", "conv2.weight"
    ),
    "pads 0/1 for 1/0": (_set("tf:conv1.pad", "padding", ((0, 1), (0, 1))), "structure", "conv1.pad"),
    "pads 0 for 1 in torch": (_set("torch:conv2", "padding", (0, 0)), "structure", "conv2"),
    "stride": (_set("torch:pool2", "stride", 2), "structure", "pool2"),
    "epsilon 1e-3": (_set("tf:bn1", "epsilon", 1e-3), "structure", "bn1"),
    "epsilon 1e-3 in torch": (_set("torch:bn2", "eps", 1e-3), "structure", "bn2"),
    "epsilon 1.001e-5": (_set("tf:bn2", "epsilon", 1.001e-5), "structure", "bn2"),
    "momentum complement": (_set("torch:bn1", "momentum", 0.9), "structure", "bn1"),
    "momentum complement in Keras": (_set("tf:bn2", "momentum", 0.1), "structure", "bn2"),
    "kernel of a pool": (_set("tf:pool2", "pool_size", (2, 2)), "structure", "pool2"),
    "padding not counted": (_set("torch:pool2", "count_include_pad", False), "structure", "pool2"),
    "dropout rate": (_set("tf:dropout", "rate", 0.1), "structure", "dropout"),
    "flatten order": (_flatten_order, "transfer", "fc.weight"),
    "mean and variance exchanged": (_exchange_statistics, "transfer", "bn1.running_mean"),
    "a weight left out": (lambda t, k: _assign(k, "conv2", "bias", np.zeros_like), "transfer", "conv2.bias"),
    "one bit of one weight": (
        lambda t, k: _assign(k, "fc", "kernel", lambda w: np.nextafter(w, 9) if w.size else w), "transfer", "fc.weight"
    ),
    "NaN on both sides": (_both_nan, "transfer", "conv2.bias"),
}  # fmt: skip


@pytest.mark.parametrize("fault", MODELS)
def test_a_fault_in_a_model_is_found_by_name(net: Net, fault: str) -> None:
    plant, gate, where = MODELS[fault]
    models = pair(net)
    plant(*models)
    failed = first_failed(net, models)
    assert failed is not None
    assert (failed[0], failed[1].where) == (gate, where), failed


BELOW = ("one bit of one weight", "NaN on both sides")
"""Faults that leave two given models the same within rounding, or that cannot be told."""
ELSEWHERE = {"dropout rate": "conv3", "flatten order": "fc"}
GIVEN = [name for name in MODELS if name not in BELOW]
OF_TORCH = ("stride", "momentum complement", "padding not counted")


@pytest.mark.parametrize("fault", some(GIVEN, "stride", "epsilon 1e-3", "swapped filters"))
def test_a_fault_in_given_models_is_found_at_its_layer(net: Net, fault: str) -> None:
    plant, gate, where = MODELS[fault]
    models = pair(net)
    plant(*models)
    report = check(net, models=models)
    layer = ELSEWHERE.get(fault, where.partition(".")[0])
    if report.verdict == "cannot tell":  # it does not run any more
        assert f" has at {layer}: got" in str(report)
        return
    assert layer in report.where, str(report)
    assert report.cause, str(report)
    if gate == "structure":
        assert report.side == ("PyTorch" if "torch" in fault or fault in OF_TORCH else "TensorFlow"), str(report)


def test_gates_after_the_first_that_fails_are_not_trusted(net: Net, monkeypatch: pytest.MonkeyPatch) -> None:
    plant_in_twin(monkeypatch, "batch_norm", _kwargs(epsilon=1e-3))
    reached = [gate.passed is not None for gate in check(net).gates]
    assert not all(reached)
    assert reached == sorted(reached, reverse=True)


def _kwargs(**changes: Any) -> Callable[[Lowering], Lowering]:
    def change(lowering: Lowering) -> Lowering:
        last = lowering.steps[-1]
        return replace(lowering, steps=(*lowering.steps[:-1], replace(last, kwargs={**last.kwargs, **changes})))

    return change


def _args(*values: Any) -> Callable[[Lowering], Lowering]:
    return lambda lowering: replace(lowering, steps=(*lowering.steps[:-1], replace(lowering.steps[-1], args=values)))


def _slots(**axes: str) -> Callable[[Lowering], Lowering]:
    return lambda lowering: replace(
        lowering, slots=tuple(replace(s, axes=axes.get(s.name, s.axes)) for s in lowering.slots)
    )


def _exchanged(lowering: Lowering) -> Lowering:
    swap = {"moving_mean": "moving_variance", "moving_variance": "moving_mean"}
    return replace(
        lowering, slots=tuple(replace(s, attribute=swap.get(s.attribute, s.attribute)) for s in lowering.slots)
    )


def _zero_pads(lowering: Lowering) -> Lowering:
    zeros = Make("layers.ZeroPadding2D", (1,))
    return replace(lowering, steps=tuple(zeros if s.target == "InfinitePadding2D" else s for s in lowering.steps))


def _other_side(lowering: Lowering) -> Lowering:
    pads = Make("layers.ZeroPadding2D", (((0, 1), (0, 1)),))
    return replace(lowering, steps=tuple(pads if s.target == "layers.ZeroPadding2D" else s for s in lowering.steps))


def detached(x: Any) -> Any:
    from keras import ops

    return 0.5 * x + 0.5 * ops.stop_gradient(x)


def _after(helper: Callable[[Any], Any]) -> Callable[[Lowering], Lowering]:
    extra = Make(helper.__name__, layer=False)
    return lambda lowering: replace(lowering, steps=(extra, *lowering.steps))


TWINS: dict[str, tuple[str, Callable[[Lowering], Lowering], str, str]] = {
    "epsilon 1e-3": ("batch_norm", _kwargs(epsilon=1e-3), "forward_float64", "bn1"),
    "epsilon 1.001e-5": ("batch_norm", _kwargs(epsilon=1.001e-5), "forward_float64", "bn1"),
    "momentum complement": ("batch_norm", _kwargs(momentum=0.1), "training_float64", "statistic bn1.running_mean"),
    "mean and variance exchanged": ("batch_norm", _exchanged, "forward_float64", "bn1"),
    "swapped kernel axes": ("conv", _slots(weight="W H I O"), "forward_float64", "conv1"),
    "pads 0/1 for 1/0": ("conv", _other_side, "forward_float64", "conv1"),
    "flatten order": ("linear", _slots(weight="(C H W) O"), "forward_float64", "fc"),
    "slope 0.3": ("leaky_relu", _args(0.3), "forward_float64", "leaky"),
    "a gradient cut": ("relu", _after(detached), "gradients_float64", "gradient of bn1.bias"),
}


def plant_in_twin(monkeypatch: pytest.MonkeyPatch, kind: str, change: Callable[[Lowering], Lowering]) -> None:
    monkeypatch.setattr(importlib.import_module("diptych.tf_impl.parts"), "detached", detached, raising=False)
    module = importlib.import_module(f"diptych.tf_impl.ops.{kind}")
    twin = getattr(module, kind)
    monkeypatch.setattr(module, kind, lambda op, *shapes: change(twin(op, *shapes)))


@pytest.mark.parametrize("fault", TWINS)
def test_a_fault_in_a_twin_is_found_by_name(net: Net, fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Here the Keras table itself is wrong, so that the settings agree and only the numbers can tell."""
    kind, change, gate, where = TWINS[fault]
    plant_in_twin(monkeypatch, kind, change)
    report = check(net)
    assert not report.passed
    assert report.failed is not None
    assert (report.failed.name, report.failed.where) == (gate, where), str(report)
    if gate == "forward_float64":
        assert "tf departs" in report.failed.detail
        assert "torch keeps to" in report.failed.detail


def test_less_precision_inside_float32_is_found(net: Net, monkeypatch: pytest.MonkeyPatch) -> None:
    """As TF32, mixed precision or a fast-math flag on one side would do it."""
    from diptych.tf_impl import backend

    faithful = backend.cast

    def careless(model: Any, net: Net, dtype: str) -> Any:
        import keras

        copy = faithful(model, net, dtype)
        copy.get_layer("conv2").dtype_policy = keras.DTypePolicy("mixed_float16")
        return copy

    monkeypatch.setattr(backend, "cast", careless)
    report = check(net)
    assert report.failed is not None
    assert (report.failed.name, report.failed.where) == ("forward_float32", "output 0 (fc)"), str(report)


def test_padding_with_zeros_before_a_max_pool_is_found_on_negative_values(monkeypatch: pytest.MonkeyPatch) -> None:
    plant_in_twin(monkeypatch, "max_pool", _zero_pads)
    negative = trace(lambda x: linear(flatten(max_pool(x, 3, 2, pad=1, name="pool")), 3, name="fc"), "p", (3, 8, 9))
    report = check(negative)
    assert report.failed is not None
    assert (report.failed.name, report.failed.where) == ("forward_float64", "pool")


def test_nothing_compared_is_an_error(net: Net) -> None:
    with pytest.raises(DiptychError, match="at least one size and one batch"):
        check(net, batches=())
    with pytest.raises(DiptychError, match="at least one size and one batch"):
        check("lenet5_modern", sizes=())


def test_outputs_of_zeros_prove_nothing(net: Net) -> None:
    models = pair(net)
    models[0].fc.weight.data.zero_()
    models[0].fc.bias.data.zero_()
    _assign(models[1], "fc", "kernel", np.zeros_like)
    _assign(models[1], "fc", "bias", np.zeros_like)
    failed = first_failed(net, models)
    assert failed is not None
    assert failed[0] == "forward_float64"
    assert "proves nothing" in failed[1].detail
    report = check(net, models=models)
    assert (report.passed, report.verdict) == (False, "cannot tell")
