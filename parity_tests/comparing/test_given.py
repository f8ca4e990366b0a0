"""A comparison leaves models, and the state of their frameworks, exactly as they were."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import keras
import numpy as np
import pytest
import torch
from keras import layers
from planting import after
from their_pairs import Plain, made, plain_keras

from diptych.common.errors import DiptychError
from diptych.comparing.compare import compare


def _dropped() -> tuple[Any, Any, Any]:
    module, model, shape = made(Plain(drop=0.2), plain_keras(drop=0.2))
    return module, after(model, "gap", layers.GaussianNoise(0.1)), shape


def _state(module: Any) -> dict[str, Any]:
    found = {name: tensor.clone() for name, tensor in module.state_dict().items()}
    found |= {f"grad {name}": p.grad.clone() for name, p in module.named_parameters() if p.grad is not None}
    return found


@contextmanager
def _left(module: Any, model: Any) -> Iterator[None]:
    modes = [part.training for part in module.modules()]
    hooks = [(list(part._forward_hooks), list(part._forward_pre_hooks)) for part in module.modules()]
    keys = [sorted(vars(part)) for part in module.modules()]
    needed = [p.requires_grad for p in module.parameters()]
    random, state = torch.get_rng_state(), _state(module)
    variables = [(v.path, np.array(v)) for v in model.variables]
    calls = [vars(layer).get("call") for layer in model.layers]
    trainable = [layer.trainable for layer in model.layers]
    yield
    assert [part.training for part in module.modules()] == modes
    assert [(list(part._forward_hooks), list(part._forward_pre_hooks)) for part in module.modules()] == hooks
    assert [sorted(vars(part)) for part in module.modules()] == keys
    assert [p.requires_grad for p in module.parameters()] == needed
    assert torch.equal(torch.get_rng_state(), random)
    assert _state(module).keys() == state.keys()
    assert all(torch.equal(tensor, state[name]) for name, tensor in _state(module).items())
    assert all(np.array_equal(np.array(v), value) for v, (_, value) in zip(model.variables, variables, strict=True))
    assert [vars(layer).get("call") for layer in model.layers] == calls
    assert [layer.trainable for layer in model.layers] == trainable


def test_nothing_of_a_model_is_changed() -> None:
    module, model, shape = _dropped()
    module.train()
    module.bn1.eval()
    module.conv1.weight.requires_grad_(False)
    module(torch.randn(2, *shape[1:])).sum().backward()
    module.conv2.register_forward_hook(lambda part, given, answer: answer * 1.01)
    model.get_layer("conv2").trainable = False
    with _left(module, model):
        assert compare(module, model, example=shape).verdict == "different"


@pytest.mark.parametrize("context", [torch.no_grad, torch.inference_mode])
def test_a_comparison_works_where_gradients_are_off(context: Any) -> None:
    module, model, shape = made(Plain(), plain_keras())
    with context(), _left(module, model):
        report = compare(module, model, example=shape)
    assert report.verdict == "same", str(report)
    assert report.gate("gradients").compared > 5


def test_a_call_that_was_patched_is_what_is_compared() -> None:
    module, model, shape = made(Plain(), plain_keras())
    layer = model.get_layer("conv2")
    own = layer.call
    layer.call = lambda x: own(x) * 1.5
    with _left(module, model):
        report = compare(module, model, example=shape)
    assert report.verdict == "different"


def test_a_forward_that_was_patched_is_what_is_compared() -> None:
    module, model, shape = made(Plain(), plain_keras())
    part: Any = module.conv2
    own = part.forward
    part.forward = lambda x: own(x) * 1.5
    with _left(module, model):
        report = compare(module, model, example=shape)
    assert report.gate("nodes").where in ("conv2", "conv2_1")


def test_two_models_of_one_framework_are_told_apart() -> None:
    module, model, shape = made(Plain(), plain_keras())
    other, second, _ = made(Plain(), plain_keras())
    other.bn1.eps = 1e-3
    found = compare(module, other, example=shape)
    assert "eps, 1e-05 in the first PyTorch model and 0.001 in the second PyTorch model" in str(found)
    second.get_layer("bn1").epsilon = 1e-3
    assert "eps" in compare(model, second).gate("nodes").detail


class _Lazy(keras.Model):  # type: ignore[misc]
    """Its chain has no weights until it is called, whatever `build` says."""

    def __init__(self) -> None:
        super().__init__()
        self.blocks = keras.Sequential([layers.Conv2D(4, 3), layers.GlobalAveragePooling2D()])

    def build(self, _: Any) -> None:
        self.built = True

    def call(self, x: Any) -> Any:
        return self.blocks(x)


def test_a_model_that_was_built_without_weights_is_told_so() -> None:
    model, module = _Lazy(), torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3), torch.nn.AdaptiveAvgPool2d(1))
    model.build((None, 8, 8, 3))
    with pytest.raises(DiptychError, match="has no weights yet; call it once"):
        compare(module, model, example=(1, 3, 8, 8))
