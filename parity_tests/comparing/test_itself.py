"""Models run as the objects that they are: what an instance does besides its config is found."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
import torch
from torch import nn

from diptych import train_check
from diptych.common.errors import DiptychError
from diptych.comparing.compare import compare
from diptych.comparing.report import Comparison

layers = keras.layers
TIGHT = 2e-15


def module() -> nn.Module:
    """A small network whose weights hide nothing."""
    torch.manual_seed(0)
    made = nn.Sequential(
        nn.Conv2d(3, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU(), nn.Conv2d(4, 5, 3, padding=1), nn.ReLU(),
        nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(5, 6),
    ).eval()  # fmt: skip
    with torch.no_grad():
        for parameter in made.parameters():
            parameter.uniform_(-0.7, 0.7)
    return made


def port(policy: str = "float32") -> keras.Model:
    """The same network in Keras, with weights of its own."""
    keras.utils.set_random_seed(1)
    image = x = layers.Input((12, 10, 3))
    own: dict[str, Any] = {"dtype": policy}
    x = layers.Conv2D(4, 3, padding="same", name="conv1", **own)(x)
    x = layers.ReLU(**own)(layers.BatchNormalization(epsilon=1e-5, momentum=0.9, name="norm", **own)(x))
    x = layers.ReLU(**own)(layers.Conv2D(5, 3, padding="same", name="conv2", **own)(x))
    return keras.Model(image, layers.Dense(6, name="fc")(layers.GlobalAveragePooling2D(**own)(x)))


def moved(model: keras.Model) -> keras.Model:
    """The weights of `module` put into a port."""
    state = {name: tensor.numpy() for name, tensor in module().state_dict().items()}
    for name, number in (("conv1", 0), ("conv2", 3)):
        kernel = state[f"{number}.weight"].transpose(2, 3, 1, 0)
        model.get_layer(name).set_weights([kernel, state[f"{number}.bias"]])
    norm = [state[f"1.{kind}"] for kind in ("weight", "bias", "running_mean", "running_var")]
    model.get_layer("norm").set_weights(norm)
    model.get_layer("fc").set_weights([state["7.weight"].T, state["7.bias"]])
    return model


def patched(name: str, around: Callable[[Any], Any]) -> Callable[[keras.Model], None]:
    """Put a function in the place of the `call` of a layer, or of the model."""

    def patch(model: keras.Model) -> None:
        owner = model.get_layer(name) if name else model
        owner.call = around(owner.call)

    return patch


def held(model: keras.Model, weights: Any) -> Comparison:
    return compare(module(), model, example=(1, 3, 12, 10), weights=weights, batches=(1, 3))


@pytest.mark.parametrize("weights", ["as-is", "transfer"])
@pytest.mark.parametrize(
    ("patch", "gate", "where"),
    [
        (patched("conv2", lambda call: lambda x: call(x) * 1.01), "outputs", "output"),
        (patched("norm", lambda call: lambda x, training=None, mask=None: call(x, training=False)), "training", "norm"),
        (patched("", lambda call: lambda x, training=None, mask=None: call(x, training=False)), "training", "norm"),
        (patched("conv2", lambda call: lambda x: tf.stop_gradient(call(x))), "gradients", "conv2"),
    ],
    ids=["evaluation", "norm_frozen", "never_trains", "no_gradient"],
)
def test_a_patch_of_an_instance_is_found(patch: Any, gate: str, where: str, weights: Any) -> None:
    model = moved(port())
    patch(model)
    report = held(model, weights)
    failed = next(item for item in report.gates if item.passed is False)
    assert (report.verdict, failed.name) == ("different", gate), str(report)
    assert where in failed.where
    assert any("patch" in item.detail for item in report.gates)


@pytest.mark.parametrize("weights", ["as-is", "transfer"])
def test_half_precision_of_a_policy_is_found_on_one_side(weights: Any) -> None:
    report = held(moved(port("mixed_bfloat16")), weights)
    assert report.verdict == "different"
    assert "mixed_bfloat16" in str(report)


def test_half_precision_on_both_sides_is_the_same() -> None:
    one, other = moved(port("mixed_bfloat16")), moved(port("mixed_bfloat16"))
    assert compare(one, other, weights="as-is", batches=(1, 3)).verdict == "same"


def test_a_port_is_the_same_and_has_its_own_weights_again() -> None:
    model = port()
    before = model.get_weights()
    assert held(model, "transfer").verdict == "same"
    assert all(np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True))


def test_a_port_has_its_own_weights_again_when_its_code_raises() -> None:
    model = port()
    before, calls = model.get_weights(), iter([True])

    def interrupted(call: Any) -> Any:
        def raising(x: Any) -> Any:
            if next(calls, None) is None and not np.array_equal(model.get_weights()[0], before[0]):
                raise KeyboardInterrupt
            return call(x)

        return raising

    patched("conv2", interrupted)(model)
    with pytest.raises(KeyboardInterrupt):
        held(model, "transfer")
    assert all(np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True))


@pytest.mark.parametrize("weights", ["as-is", "transfer"])
def test_steps_are_not_made_of_a_copy_that_lacks_a_patch(weights: Any) -> None:
    model = moved(port())
    patched("norm", lambda call: lambda x, training=None, mask=None: call(x, training=False))(model)
    with pytest.raises(DiptychError, match=r"TensorFlow itself trains otherwise .* first in norm: a patch of its own"):
        train_check((module(), model), steps=1, example=(1, 3, 12, 10), weights=weights)


def test_a_patch_is_found_where_layers_are_of_float32_and_of_float64() -> None:
    before = keras.config.dtype_policy().name
    keras.config.set_dtype_policy("float64")  # of the last layer, and of the image
    try:
        model = moved(port())
    finally:
        keras.config.set_dtype_policy(before)
    patched("norm", lambda call: lambda x, training=None, mask=None: call(x, training=False))(model)
    report = held(model, "as-is")
    assert report.verdict == "different", str(report)
    assert "a patch of its own" in str(report)


@pytest.mark.parametrize("momentum", [0.1, 0.1 + 1e-9])
def test_rounding_that_normalisations_make_large_is_no_difference(
    monkeypatch: pytest.MonkeyPatch, momentum: float
) -> None:
    """Twelve of them here, with a smaller tolerance: of the 151 of ResNet-152 at 224 pixels it is 1.3e-10."""
    for place in ("pair", "training"):
        monkeypatch.setattr(f"diptych.comparing.{place}.FLOAT64_TOLERANCE", TIGHT)
    torch.manual_seed(0)
    parts: list[nn.Module] = []
    image = x = layers.Input((4, 4, 3))
    for number in range(12):
        parts += [nn.Conv2d(8 if number else 3, 8, 3, padding=1, bias=False), nn.BatchNorm2d(8, momentum=momentum)]
        nn.init.kaiming_normal_(parts[-2].weight)  # type: ignore[arg-type]
        parts.append(nn.ReLU())
        x = layers.Conv2D(8, 3, padding="same", use_bias=False)(x)
        x = layers.ReLU()(layers.BatchNormalization(epsilon=1e-5, momentum=0.9)(x))
    one = nn.Sequential(*parts, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 4)).eval()
    other = keras.Model(image, layers.Dense(4)(layers.GlobalAveragePooling2D()(x)))
    gates = ["outputs", "training"]
    report = compare(one, other, example=(1, 3, 4, 4), weights="transfer", sizes=[(4, 4)], batches=(3,), gates=gates)
    assert report.gates[-1].measured > TIGHT  # type: ignore[operator]
    assert report.gates[-1].passed == (momentum == 0.1), str(report)
