"""A fault on either side makes a right pair different; the report says in which gate, at which layer and why."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import pytest
import torch
from keras import layers, ops
from planting import after, changed, edited, instead, without
from selection import some
from their_pairs import Branches, Mobile, Plain, branches_keras, made, mobile_keras, plain_keras
from torch import nn
from torch.nn import functional

from diptych.comparing.compare import compare

Plant = Callable[[Any, Any], Any]


@dataclass(frozen=True)
class Fault:
    """What is planted, and what a report must say: the first gate that fails, a layer of several, and a word."""

    base: str
    plant: Plant
    gate: str
    where: tuple[str, ...]
    words: str


def _set(path: str, **settings: Any) -> Plant:
    """Other attributes of a part of the module."""

    def plant(module: Any, model: Any) -> None:
        for name, value in settings.items():
            setattr(module.get_submodule(path), name, value)

    return plant


def _forward(forward: Callable[[Any, Any], Any]) -> Plant:
    def plant(module: Any, model: Any) -> None:
        module.forward = forward.__get__(module)

    return plant


def _before(change: Callable[[Any], Any]) -> Plant:
    """Something more before all else."""
    return _forward(lambda self, x: type(self).forward(self, change(x)))


def _hook(path: str, change: Callable[[Any], Any]) -> Plant:
    def plant(module: Any, model: Any) -> None:
        module.get_submodule(path).register_forward_hook(lambda part, given, answer: change(answer))

    return plant


def _keras(change: Callable[..., Any], *given: Any, **more: Any) -> Plant:
    return lambda module, model: change(model, *given, **more)


def _tail(self: Any, x: Any, change: Callable[[Any], Any]) -> Any:
    """Plain with something done to the map before its head."""
    x = self.pool(self.relu(self.bn1(self.conv1(x))))
    x = change(functional.relu(self.conv2(x)))
    return self.fc(self.drop(x.mean((2, 3))))


class FrozenNorm(nn.BatchNorm2d):
    """It never trains."""

    def train(self, mode: bool = True) -> Any:
        return super().train(False)


def _frozen(module: Any, model: Any) -> None:
    norm = FrozenNorm(6)
    norm.load_state_dict(module.bn1.state_dict())
    module.bn1 = norm.eval()


def _unscaled(module: Any, model: Any) -> Any:
    return changed(changed(model, "bn1", "moving_mean", np.zeros_like), "bn1", "moving_variance", np.ones_like)


def _extra(module: Any, model: Any) -> None:
    module.alpha = nn.Parameter(torch.ones(()))


def _not_trained(module: Any, model: Any) -> None:
    module.conv2.weight.requires_grad_(False)


def _in_training(model: Any) -> Any:
    return instead(model, "bn1", lambda x: model.get_layer("bn1")(x, training=True))


def _exchanged(model: Any) -> Any:
    """Heads of one width, the other way round."""
    return keras.Model(model.inputs, model.outputs[::-1])


FAULTS = {
    "eps": Fault("plain", _set("bn1", eps=1e-3), "outputs", ("bn1",), "eps, 0.001 in PyTorch"),
    "momentum": Fault("plain", _set("bn1", momentum=0.9), "training", ("bn1",), "momentum, 0.9 in PyTorch"),
    "stride": Fault("plain", _set("conv2", stride=(2, 2)), "outputs", ("conv2", "mean", "relu"), "stride"),
    "dilation": Fault("plain", _set("conv2", dilation=(2, 2), padding=(2, 2)), "outputs", ("conv2",), "dilation"),
    "pool_pads": Fault("plain", _set("pool", padding=0), "outputs", ("pool",), "zero_padding"),
    "average": Fault("plain", _forward(lambda s, x: s.fc(functional.relu(s.conv2(functional.avg_pool2d(
        s.relu(s.bn1(s.conv1(x))), 3, 2, 1))).mean((2, 3)))), "outputs", ("avg_pool",), "another function"),
    "maximum_at_the_end": Fault("plain", _forward(lambda s, x: s.fc(_tail_of(s, x).amax((2, 3)))), "outputs",
                                ("max", "flatten", "amax"), "max"),
    "no_relu": Fault("plain", _forward(lambda s, x: s.fc(s.conv2(s.pool(s.relu(s.bn1(s.conv1(x))))).mean((2, 3)))),
                     "outputs", ("mean",), "additional, nothing in PyTorch and relu"),
    "relu6": Fault("plain", _before(lambda x: x.clamp(max=1.5)), "outputs", ("conv1",), "clamp"),
    "capped_far_out": Fault("plain", _forward(lambda s, x: _tail(s, x, lambda y: y.clamp(max=40.0))), "outputs",
                            ("mean", "clamp"), "clamp"),
    "large_alone": Fault("plain", _before(lambda x: x.clamp(-10, 10)), "outputs", ("clamp",), "before conv1"),
    "standardised": Fault("plain", _before(lambda x: (x - 0.45) / 0.225), "outputs", ("conv1",), "missing, rescale"),
    "bgr": Fault("plain", _before(lambda x: x.flip(1)), "outputs", ("conv1",), "RGB against BGR"),
    "mirrored": Fault("plain", _before(lambda x: x.flip(3)), "outputs", ("conv1",), "flip(x, [3])"),
    "noise": Fault("plain", _before(lambda x: x + 0.01 * torch.randn_like(x)), "outputs", ("conv1",), "twice"),
    "noise_in_training": Fault("plain", _forward(lambda s, x: _tail(
        s, x, lambda y: y + torch.randn_like(y) if s.training else y)), "training", ("fc",), "by chance"),
    "doubled_in_training": Fault("plain", _forward(lambda s, x: _tail(
        s, x, lambda y: 2 * y if s.training else y)), "training", ("fc",), "between them relu_1, mean"),
    "batch_of_four": Fault("plain", _before(lambda x: x * 2 if len(x) == 4 else x), "outputs", ("batch 4",), ""),
    "odd_heights": Fault("plain", _before(lambda x: x * 2 if x.shape[2] % 2 else x), "outputs", ("3x49x61",), ""),
    "half": Fault("plain", _forward(lambda s, x: _tail(s, x, lambda y: y.half().to(y.dtype))), "outputs",
                  ("fc", "precision", "output"), "precision"),
    "detach": Fault("plain", _forward(lambda s, x: _tail(s, x, lambda y: y.detach())), "gradients", ("conv2",),
                    "no gradient reaches it in PyTorch"),
    "reversed_gradient": Fault("plain", _forward(lambda s, x: _tail(s, x, lambda y: 2 * y.detach() - y)), "gradients",
                               ("conv2",), "multiplied by -1 in PyTorch"),
    "frozen_norm": Fault("plain", _frozen, "training", ("bn1",), "frozen"),
    "hook": Fault("plain", _hook("conv2", lambda y: y * 1.001), "outputs", ("relu", "conv2"), "rescale(factor=1.001)"),
    "extra_parameter": Fault("plain", _extra, "parameters", ("alpha",), "no output depends on"),
    "not_trained": Fault("plain", _not_trained, "parameters", ("conv2.weight",), "not trained in PyTorch"),
    "dropout": Fault("plain", _set("drop", p=0.5), "dropout", ("mean",), "0.5 in PyTorch, none in TensorFlow"),
    "softmax": Fault("plain", _forward(lambda s, x: type(s).forward(s, x).softmax(1)), "outputs", ("softmax",),
                     "softmax"),
    "output_missing": Fault("branches", _set("", answer="one"), "outputs", ("output",), "1 values and TensorFlow"),
    "outputs_exchanged": Fault("branches", _keras(_exchanged), "outputs", ("0 ",), "outputs exchanged"),
    "no_residual": Fault("mobile", _forward(lambda s, x: type(s).forward(s, x) - x), "outputs",
                         ("rescale",), "missing, add"),
    "groups": Fault("mobile", lambda t, k: _dense_dw(t), "outputs", ("dw",), "groups"),
    "same_at_stride_2": Fault("plain", _keras(lambda k: edited(without(k, "zero_padding2d"), "conv1", padding="same")),
                              "outputs", ("conv1",), "pads, (1, 1, 1, 1) in PyTorch and same"),
    "norm_by_default": Fault("plain", _keras(edited, "bn1", epsilon=1e-3), "outputs", ("bn1",), "eps"),
    "keras_momentum": Fault("plain", _keras(edited, "bn1", momentum=0.1), "training", ("bn1",), "momentum"),
    "keras_no_relu": Fault("plain", _keras(without, "relu1"), "outputs", ("relu",), "missing, relu"),
    "keras_relu6": Fault("plain", _keras(edited, "relu1", max_value=6.0), "outputs", ("relu",), "relu6"),
    "keras_global_max": Fault("plain", _keras(instead, "gap", layers.GlobalMaxPooling2D()), "outputs", ("mean",),
                              "another function"),
    "keras_stop": Fault("plain", _keras(after, "bn1", ops.stop_gradient), "gradients", ("bn1",), ""),
    "keras_noise": Fault("plain", _keras(after, "gap", layers.GaussianNoise(0.1)), "training", ("fc",), "chance"),
    "keras_dropout": Fault("plain", _keras(after, "relu2", layers.SpatialDropout2D(0.5)), "dropout",
                           ("relu_1",), "spatial dropout 0.5 in"),
    "keras_rescaling": Fault("plain", _keras(after, "zero_padding2d", layers.Rescaling(1 / 255)), "outputs", ("conv1",),
                             "additional, nothing in PyTorch and rescale"),
    "keras_softmax": Fault("plain", _keras(edited, "fc", activation="softmax"), "outputs", ("fc",), "softmax"),
    "keras_kernel": Fault("plain", _keras(changed, "conv2", "kernel", lambda a: a.transpose(1, 0, 2, 3)), "outputs",
                          ("conv2",), "height and width exchanged"),
    "keras_statistics": Fault("plain", _unscaled, "outputs", ("bn1",), "statistics not transferred"),
    "keras_one_number": Fault("plain", _keras(changed, "conv2", "kernel", lambda a: a * np.where(
        np.arange(a.size).reshape(a.shape) == 7, 1 + 1e-3, 1).astype(a.dtype)), "outputs", ("conv2",),
        "1 of 432 numbers"),
    "keras_regularizer": Fault("plain", _keras(edited, "conv2", kernel_regularizer=keras.regularizers.L2(1e-3)),
                               "parameters", ("conv2",), "regularizers of TensorFlow"),
    "keras_frozen": Fault("plain", _keras(edited, "bn1", trainable=False), "parameters", ("bn1.weight",),
                          "not trained"),
    "keras_training": Fault("plain", _keras(_in_training), "outputs", ("bn1",), "the statistics of the batch"),
    "dropout_left_on": Fault("plain", _forward(lambda s, x: functional.dropout(type(s).forward(s, x), 0.3)), "outputs",
                             ("dropout",), "applies dropout 0.3 in evaluation"),
    "odd_pool": Fault("plain", _keras(edited, "pool", padding="same"), "outputs", ("pool",), "same"),
}  # fmt: skip


def _tail_of(self: Any, x: Any) -> Any:
    return functional.relu(self.conv2(self.pool(self.relu(self.bn1(self.conv1(x))))))


def _dense_dw(module: Any) -> None:
    torch.manual_seed(1)
    module.dw = nn.Conv2d(8, 8, 3, padding=1).eval()


BASES: dict[str, Callable[[], Any]] = {
    "plain": lambda: made(Plain(), plain_keras()),
    "branches": lambda: made(Branches(aux=4), branches_keras(aux=4)),
    "mobile": lambda: made(Mobile(), mobile_keras()),
}


@pytest.mark.parametrize("name", some(FAULTS, *list(FAULTS)[::2]))
def test_a_planted_fault_is_found(name: str) -> None:
    fault = FAULTS[name]
    keras.utils.clear_session(free_memory=False)
    module, model, shape = BASES[fault.base]()
    model = fault.plant(module, model) or model
    report = compare(module, model, example=shape, batches=(1, 3), sizes=None)
    assert report.verdict == "different", str(report)
    told = [gate for gate in report.gates if gate.passed is False]
    assert told[0].name == fault.gate, str(report)
    assert any(place in gate.where for gate in told for place in fault.where), str(report)
    assert any(fault.words in gate.detail for gate in told), str(report)
