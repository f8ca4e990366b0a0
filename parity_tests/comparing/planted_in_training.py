"""Faults of imported models that show in training alone: statistics, gradients, dropout, noise, what is trained."""

from __future__ import annotations

from typing import Any

import keras
import torch
from keras import layers, ops
from planted import Plant, fault
from planted_in_keras import NORM, RES, _on
from planted_in_torch import method, put, setting, then
from planting import after, edited, instead
from references.libraries import torchvision_models
from torch import nn
from torch.nn import functional


class Biased(nn.BatchNorm2d):
    """It keeps the biased variance, as Keras does."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if not self.training:
            return super().forward(x)
        with torch.no_grad():
            for kept, new in (
                (self.running_mean, x.mean((0, 2, 3))),
                (self.running_var, x.var((0, 2, 3), correction=0)),
            ):
                kept.lerp_(new, self.momentum)  # type: ignore[union-attr, arg-type]
        return functional.batch_norm(x, None, None, self.weight, self.bias, True, 0.0, self.eps)


class Frozen(nn.BatchNorm2d):
    """It never trains."""

    def train(self, mode: bool = True) -> Any:
        return super().train(False)


def _of(kind: type[nn.BatchNorm2d]) -> Plant:
    def made(old: nn.BatchNorm2d) -> nn.BatchNorm2d:
        new = kind(old.num_features, old.eps, old.momentum)
        new.load_state_dict(old.state_dict())
        return new

    return put(NORM, made)


def _not_trained(module: Any, model: Any) -> None:
    module.layer2[1].conv1.weight.requires_grad_(False)


def _extra(module: Any, model: Any) -> None:
    module.layer2[1].register_parameter("gain", nn.Parameter(torch.ones(())))


def _layer_scale(old: Any) -> Any:
    class Scaled(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.old, self.gain = old, nn.Parameter(torch.ones(old.num_features, 1, 1))

        def forward(self, x: torch.Tensor) -> Any:
            return self.old(x) * self.gain

    return Scaled()


class Twice(keras.layers.Layer):  # type: ignore[misc]
    """It doubles what it is given, in training."""

    def call(self, x: Any, training: bool = False) -> Any:
        return 2 * x if training else x


def _auxiliary(module: Any, model: Any) -> Any:
    """Two answers in training, as with auxiliary heads."""

    class Auxiliary(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.body = module

        def forward(self, x: torch.Tensor) -> Any:
            y = self.body(x)
            return (y, y * 2) if self.training else y

    return Auxiliary().eval()


def _path(rate: float) -> nn.Module:
    """Stochastic depth of torchvision."""
    made: nn.Module = torchvision_models().efficientnet.StochasticDepth(rate, "row")
    return made


# fmt: off
fault("torch_momentum", "momentum", RES, "torch", setting(NORM, momentum=0.01), NORM,
    "momentum, 0.01 in PyTorch and 0.1")
fault("torch_momentum_of_keras", "momentum", "keras_densenet", "torch", setting("pool3_bn", momentum=0.99),
    "pool3_bn", "momentum, 0.99 in PyTorch and 0.01")
fault("keras_momentum", "momentum", RES, "keras", _on(edited, NORM, momentum=0.99), NORM,
    "momentum, 0.1 in PyTorch and 0.01")
fault("torch_biased_variance", "biased variance", RES, "torch", _of(Biased), NORM, "biased")
fault("torch_frozen_norm", "frozen parts", RES, "torch", _of(Frozen), f"{NORM}|output", "frozen")
fault("keras_frozen_norm", "frozen parts", RES, "keras", _on(edited, NORM, trainable=False), NORM, "not trained")
fault("torch_not_trained", "frozen parts", RES, "torch", _not_trained, "layer2.1.conv1", "not trained in PyTorch")
fault("keras_not_trained", "frozen parts", "keras_resnet", "keras", _on(edited, "conv2_block2_1_conv",
    trainable=False), "conv2_block2_1_conv", "not trained in TensorFlow")
fault("torch_detach", "detach", RES, "torch", then("layer2.1.bn1", lambda x: x.detach()), "layer2.1.bn1|layer2.1",
    "no gradient reaches it in PyTorch")
fault("torch_detached_input", "detach", RES, "torch", method("layer2.1", lambda self, x:
    self.act2(self.bn2(self.conv2(self.act1(self.bn1(self.conv1(x.detach()))))) + x)), "layer2.0|layer2.1",
    "gradient")
fault("keras_stop", "detach", "keras_resnet", "keras", _on(after, "conv2_block2_1_bn", ops.stop_gradient),
    "conv2_block2_1_bn|conv2_block2_1_conv", "no gradient reaches it in TensorFlow")
fault("torch_gradient_scaled", "detach", RES, "torch", then("layer2.1.bn1", lambda x: 0.5 * x + 0.5 * x.detach()),
    "layer2.1.bn1|layer2.1", "multiplied by 0.5")
fault("torch_rate", "dropout", "timm_resnet_drop", "torch", setting("", drop_rate=0.5), "global_pool|fc|dropout",
    "0.5 in PyTorch")
fault("torch_no_dropout", "dropout", "torchvision_vgg", "torch", put("classifier.2", lambda _: nn.Identity()),
    "classifier.1|classifier.2", "none in PyTorch")
fault("torch_dropout_elsewhere", "dropout", "torchvision_vgg", "torch", lambda m, k: m.__setattr__("classifier",
    nn.Sequential(m.classifier[2], m.classifier[0], m.classifier[1], m.classifier[3])),
    "classifier|avgpool|dropout|flatten", "0.5")
fault("keras_rate", "dropout", "torchvision_vgg", "keras", _on(edited, "classifier.2", rate=0.2), "classifier",
    "0.2 in TensorFlow")
fault("keras_more_dropout", "dropout", RES, "keras", _on(after, "layer2.1.act2", layers.SpatialDropout2D(0.3)),
    "spatial_dropout2d|layer2.1.act2", "spatial dropout 0.3 in TensorFlow")
fault("torch_dropout_always", "dropout", RES, "torch", then("layer2.1.act1", lambda x: functional.dropout(x,
    0.3)), "layer2.1|dropout", "dropout 0.3 in evaluation")
fault("torch_other_path_rate", "stochastic depth", "keras_efficientnet", "torch", put("block2b_project_bn", lambda
    old: nn.Sequential(old, _path(0.5))), "block2b|block2b_project_bn.1", "stochastic depth")
fault("torch_noise", "noise", RES, "torch", then("layer2.1.act1", lambda x, training: x + torch.randn_like(x) *
    0.1 if training else x), "layer2.1", "by chance")
fault("torch_noise_always", "noise", RES, "torch", then("layer2.1.act1", lambda x: x + torch.randn_like(x) * 0.1),
    "layer2.1", "twice")
fault("keras_noise", "noise", RES, "keras", _on(after, "layer2.1.act1", layers.GaussianNoise(0.1)),
    "layer2.1|gaussian_noise", "by chance")
fault("keras_augmented", "noise", RES, "keras", lambda m, k: instead(k, "conv1.pad", lambda x:
    k.get_layer("conv1.pad")(layers.RandomFlip()(x))), "output|random_flip|conv1", "twice|by chance")
fault("torch_scale_in_training", "training-only scale", RES, "torch", then("layer2.1.act1", lambda x, training: x
    * 2 if training else x), "layer2.1", "times as large")
fault("keras_scale_in_training", "training-only scale", "keras_resnet", "keras", _on(after, "conv2_block1_out",
    Twice()), "conv2_block2_add|conv2_block2_1_conv|conv2_block1_out|twice", "times as large|between them")
fault("torch_auxiliary", "auxiliary outputs", RES, "torch", _auxiliary, "output|1 outputs|2 outputs",
    "2 outputs|outputs")
fault("torch_extra", "extra parameters", RES, "torch", _extra, "layer2.1.gain|gain", "no output depends on")
fault("torch_layer_scale", "extra parameters", RES, "torch", put("layer2.1.bn2", _layer_scale), "layer2.1.bn2",
    "in one model alone")
fault("keras_regularizer", "regularizers", RES, "keras", _on(edited, "layer2.1.conv1",
    kernel_regularizer=keras.regularizers.L2(1e-4)), "layer2.1.conv1", "regularizers of TensorFlow")
fault("keras_activity", "regularizers", RES, "keras", _on(edited, "layer2.1.conv1",
    activity_regularizer=keras.regularizers.L2(1e-4)), "layer2.1.conv1", "regularizers of TensorFlow")
fault("keras_momentum_smaller", "momentum", RES, "keras", _on(edited, NORM, momentum=0.8), NORM,
    "momentum, 0.1 in PyTorch and 0.2")
