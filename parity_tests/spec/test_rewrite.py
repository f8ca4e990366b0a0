"""Weights rewritten for another form of a network: exact in float64, or refused at the layer that is the difference."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest

from diptych.checking.proof import Side, prove
from diptych.common.compare import FLOAT64_TOLERANCE
from diptych.common.errors import DiptychError
from diptych.common.ops.batch_norm import batch_norm
from diptych.common.ops.conv import conv
from diptych.common.ops.dropout import dropout
from diptych.common.ops.global_avg_pool import global_avg_pool
from diptych.common.ops.max_pool import max_pool
from diptych.common.ops.pad import pad
from diptych.common.ops.relu import relu
from diptych.common.registry import spec, traced
from diptych.common.rewriting.forms import rewritten
from diptych.common.spec import Array, Net
from diptych.common.trace import Value, trace
from diptych.common.weights import Weights, scrambled
from diptych.conversion.forms import target

SIZES = ((12, 10), (9, 11))
Function = Callable[..., Value]


def unit(x: Value, *, bias: bool = False, eps: float = 1e-5, scale: bool = True, rate: float = 0.0) -> Value:
    """Two convolutions with their normalisations, and a mean."""
    x = conv(x, 4, 3, bias=bias, name="c")
    x = relu(batch_norm(x, eps=eps, scale=scale, name="bn"))
    x = relu(batch_norm(conv(x, 6, 3, bias=bias, groups=2, name="d"), eps=eps, scale=scale, name="bn_d"))
    return global_avg_pool(dropout(x, rate) if rate else x)


def forms(function: Function, one: dict[str, Any], two: dict[str, Any]) -> list[tuple[Net, Net]]:
    """Both forms at both sizes."""
    made = [trace(partial(function, **options), name, (3, *size)) for size in SIZES for name, options in
            (("first", one), ("second", two))]  # fmt: skip
    return [(made[0], made[1]), (made[2], made[3])]


def apart(pairs: list[tuple[Net, Net]], weights: Weights, moved: Weights, framework: str = "torch") -> float:
    """How far the second form with the rewritten weights is from the first, in float64."""
    return prove(Side(pairs[0][0], framework, weights), Side(pairs[0][1], framework, moved)).difference


def exact(pairs: list[tuple[Net, Net]], weights: Weights) -> Weights:
    """The rewritten weights, after PyTorch has found the same function in them, to float64."""
    moved, notes = rewritten(pairs, weights)
    assert list(moved) == list(pairs[0][1].weights)
    assert notes
    assert apart(pairs, weights, moved) < FLOAT64_TOLERANCE
    return moved


def weights_of(pairs: list[tuple[Net, Net]], **changes: Any) -> Weights:
    """Weights that all differ, in float64, but for those given by name with __ for a full stop."""
    found: Weights = {name: array.astype(np.float64) for name, array in scrambled(pairs[0][0]).items()}
    for name, value in changes.items():
        found[name.replace("__", ".")][:] = value
    return found


FORMS: tuple[tuple[dict[str, Any], dict[str, Any]], ...] = (
    ({"bias": True}, {}),
    ({}, {"bias": True}),
    ({"eps": 1e-3}, {"eps": 1e-5}),
    ({"eps": 1e-5}, {"eps": 1e-3}),
    ({}, {"scale": False}),
    ({"scale": False}, {}),
    ({"bias": True, "eps": 1e-3}, {"scale": False}),
    ({"scale": False, "eps": 1e-3}, {"bias": True}),
    ({"bias": True}, {"bias": True, "scale": False, "eps": 1e-4}),
    ({"bias": True, "rate": 0.5}, {"rate": 0.2}),
)


@pytest.mark.parametrize(("one", "two"), FORMS)
def test_two_forms_become_the_same_function(one: dict[str, Any], two: dict[str, Any]) -> None:
    pairs = forms(unit, one, two)
    weights = weights_of(pairs)
    moved = exact(pairs, weights)
    assert apart(pairs, weights, moved, "tf") < FLOAT64_TOLERANCE


@pytest.mark.parametrize("gamma", [1e-30, 1e-6, -0.7, 0.0, [1e-20, -3.0, 0.0, 1.0], 1e6])
def test_any_scale_goes_into_the_convolution_before_it(gamma: Any) -> None:
    pairs = forms(unit, {"bias": True}, {"bias": True, "scale": False})
    moved = exact(pairs, weights_of(pairs, bn__weight=gamma))
    assert all(np.isfinite(array).all() for array in moved.values())
    kept = exact(forms(unit, {"bias": True}, {"scale": False}), weights_of(pairs, bn__weight=gamma))
    assert "c.bias" not in kept


def test_a_scale_of_zero_leaves_the_shift_alone() -> None:
    pairs = forms(unit, {}, {"scale": False})
    moved = exact(pairs, weights_of(pairs, bn__weight=0.0))
    assert not moved["c.weight"].any()
    assert not moved["bn.running_mean"].any()


@pytest.mark.parametrize("variance", [1e-4, 1e-9, 0.0, [1e-4, 0.0, 1.0, 2.0]])
def test_a_variance_below_the_difference_of_the_epsilons_goes_into_the_scale(variance: Any) -> None:
    pairs = forms(unit, {"eps": 1e-5}, {"eps": 1e-3})
    weights = weights_of(pairs, bn__running_var=variance)
    moved = exact(pairs, weights)
    assert (moved["bn.running_var"] == weights["bn.running_var"]).all()
    assert (moved["bn_d.running_var"] != weights["bn_d.running_var"]).all()
    assert (moved["bn_d.weight"] == weights["bn_d.weight"]).all()
    exact(forms(unit, {"eps": 1e-5, "scale": False}, {"eps": 1e-3}), weights)


def test_that_is_refused_where_there_is_no_scale() -> None:
    pairs = forms(unit, {"eps": 1e-5}, {"eps": 1e-3, "scale": False})
    exact(pairs, weights_of(pairs))
    with pytest.raises(DiptychError, match=r"a variance of first is below the epsilon 0\.001 of second, which has no"):
        rewritten(pairs, weights_of(pairs, bn__running_var=1e-4))


def test_what_need_not_change_keeps_its_bits_and_its_dtype() -> None:
    pairs = forms(unit, {}, {"eps": 1e-3})
    weights = scrambled(pairs[0][0])
    moved, notes = rewritten(pairs, weights)
    changed = [name for name in moved if moved[name] is not weights[name]]
    assert changed == ["bn.running_var", "bn_d.running_var"]
    assert notes == ("rewritten for second: epsilon 1e-05 against 0.001 is in the variance (2 layers)",)
    assert rewritten(forms(unit, {}, {}), weights)[1] == ()


def conv_and_norm(x: Value, *, kind: str, bias: bool = True, scale: bool = True) -> Value:
    """A convolution, and what stands between it and a normalisation, if any."""
    y = conv(x, 4, 3, pad=1, bias=bias, name="c")
    if kind == "twice":
        return global_avg_pool(batch_norm(y, scale=scale, name="bn") + y)
    if kind == "none":
        return global_avg_pool(relu(y))
    units: dict[str, Callable[[Value], Value]]
    units = {"relu": relu, "pool": partial(max_pool, kernel=2), "direct": lambda value: value}
    return global_avg_pool(batch_norm(units[kind](y), scale=scale, name="bn"))


@pytest.mark.parametrize("kind", ["none", "relu", "pool", "twice"])
def test_a_bias_without_a_normalisation_behind_is_not_lost(kind: str) -> None:
    pairs = forms(partial(conv_and_norm, kind=kind), {}, {"bias": False})
    with pytest.raises(
        DiptychError, match="second has no bias in c, and no normalisation after it could take the bias"
    ):
        rewritten(pairs, weights_of(pairs))


@pytest.mark.parametrize("kind", ["relu", "pool", "twice"])
def test_a_scale_without_a_convolution_before_is_not_lost(kind: str) -> None:
    pairs = forms(partial(conv_and_norm, kind=kind), {}, {"scale": False})
    with pytest.raises(
        DiptychError, match="second has no scale in bn, and no convolution before it could take the scale"
    ):
        rewritten(pairs, weights_of(pairs))
    moved, _ = rewritten(pairs, weights_of(pairs, bn__weight=1.0))
    assert "bn.weight" not in moved


def shared(x: Value, *, layer: str, bias: bool = True, scale: bool = True) -> Value:
    """A kernel or a normalisation used twice."""
    owners = {"c": ("c", ""), "bn": ("", "bn")}[layer]
    a = batch_norm(conv(x, 3, 3, pad=1, bias=bias, name="c"), scale=scale, name="bn")
    b = conv(relu(a), 3, 3, pad=1, bias=bias, name="d", owner=owners[0])
    return global_avg_pool(batch_norm(b, scale=scale, name="bn_d", owner=owners[1]))


@pytest.mark.parametrize("two", [{"scale": False}, {"bias": False}])
@pytest.mark.parametrize("layer", ["c", "bn"])
def test_what_only_one_of_two_uses_could_take_is_refused(layer: str, two: dict[str, Any]) -> None:
    pairs = forms(partial(shared, layer=layer), {}, two)
    weights = weights_of(pairs) | ({"bn_d.weight": np.ones(3)} if layer == "c" else {})
    with pytest.raises(
        DiptychError, match=r"second has no (scale in bn|bias in c), and no .* it could take the (scale|bias)"
    ):
        rewritten(pairs, weights)
    exact(forms(partial(shared, layer=layer), {"bias": False}, {"bias": True}), weights)


def padded(x: Value, *, inside: bool, value: float = 0.0) -> Value:
    """Uneven zeros in front of a convolution and of a pool, in a layer of their own or in the layer after."""
    if inside:
        x = relu(conv(x, 4, 3, stride=2, pad=(0, 1, 0, 1), name="c"))
        return global_avg_pool(max_pool(x, 3, 2, pad=1))
    x = relu(conv(pad(x, (0, 1, 0, 1), value), 4, 3, stride=2, name="c"))
    return global_avg_pool(max_pool(pad(x, 1), 3, 2))


def test_pads_may_stand_in_a_layer_of_their_own() -> None:
    pairs = forms(padded, {"inside": True}, {"inside": False})
    moved, notes = rewritten(pairs, weights_of(pairs))
    assert notes == ()
    assert apart(pairs, weights_of(pairs), moved) < FLOAT64_TOLERANCE
    with pytest.raises(DiptychError, match=r"first and second are different functions, at 12x10: "):
        rewritten(forms(padded, {"inside": True}, {"inside": False, "value": 1.0}), weights_of(pairs))


REGISTERED = (
    ("densenet121", "densenet121.keras"),
    ("densenet121.keras", "densenet121"),
    ("inception_resnet_v2", "inception_resnet_v2.keras"),
    ("efficientnet_b5.timm", "efficientnet_b5"),
    ("efficientnet_b5", "efficientnet_b5.timm"),
    ("mobilenet_v3_large.timm", "mobilenet_v3_large"),
    ("mobilenet_v3_large", "mobilenet_v3_large.timm"),
)


LARGE = ("efficientnet_b5", "inception_resnet_v2")
CASES = [
    pytest.param(*pair, marks=[pytest.mark.full] if pair[0].partition(".")[0] in LARGE else []) for pair in REGISTERED
]


@pytest.mark.parametrize(("one", "two"), CASES)
def test_registered_forms_are_the_same_function(one: str, two: str) -> None:
    net = traced(one, {"num_classes": 5})
    weights: dict[str, Array] = scrambled(net)
    found, moved, names, notes = target(net, weights, two, "diptych")
    assert (found.name, names.library, dict(found.options)) == (two, "diptych", {"num_classes": 5})
    assert notes[0].startswith(f"rewritten for {two}: ")
    assert prove(Side(net, "torch", weights), Side(found, "torch", moved)).difference < FLOAT64_TOLERANCE


@pytest.mark.parametrize(
    ("one", "two", "where"),
    [
        ("resnet50", "resnet50.keras", r"layer2\.0\.conv1 has stride \(1, 1\), and \(2, 2\) there"),
        ("mobilenet_v2", "mobilenet_v2.keras", r"features\.0\.0 has pads \(1, 1, 1, 1\), and \(0, 1, 0, 1\) there"),
        ("inception_v3", "inception_v3.keras", r"count_include_pad True, and False there"),
        ("xception", "xception.keras", r"block2\.rep\.6 has pads \(1, 1, 1, 1\), and \(0, 1, 0, 1\) there"),
    ],
)
def test_another_function_is_refused_at_its_first_layer(one: str, two: str, where: str) -> None:
    net = spec(one)
    with pytest.raises(DiptychError, match=rf"{one} and {two} are different functions, at \d+x\d+: .*{where}"):
        target(net, scrambled(net), two, "diptych")


def test_a_library_takes_the_form_that_it_has_or_says_why_not() -> None:
    net = traced("densenet121", {"num_classes": 5})
    found, _, names, _ = target(net, scrambled(net), None, "keras")
    assert (found.name, names.library) == ("densenet121.keras", "keras.applications")
    refused = traced("resnet50", {})
    with pytest.raises(DiptychError, match=r"keras\.applications has no network .* written for: resnet50 and .*stride"):
        target(refused, scrambled(refused), None, "keras")
