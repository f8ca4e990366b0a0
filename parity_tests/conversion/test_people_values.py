"""What other libraries compute with weights in their names: written out in torch, or a renamed model of torchvision."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from people_files import filled
from references.libraries import torchvision_models
from torch.nn import functional as F

from diptych.common.reference import outputs
from diptych.common.registry import traced
from diptych.conversion.identify import identified
from diptych.files.tensors import Tensors

STATE = ("running_mean", "running_var", "weight", "bias")
STRIDES = (1, 2, 1, 2, 1, 2, 1, 1, 1, 1, 1, 2, 1)


def computed(state: dict[str, Any], x: Any) -> tuple[str, Any]:
    """(the network of a state dict, what it computes)."""
    found = identified(Tensors(Path("in.pth"), "torch", state), None, {})
    options = dict(found.net.options) | {"input_size": x.shape[2:]}
    return found.net.name, outputs(traced(found.net.name, options), found.checkpoint.named(found.net), x)[0]


def test_mobilenet_v1_of_transformers() -> None:
    """tf_padding, an epsilon of 1e-3 and ReLU6: https://huggingface.co/docs/transformers/model_doc/mobilenet_v1."""
    draw, state, width = np.random.default_rng(0), dict[str, Any](), 8
    layers = [("conv_stem", 3, width, 3, 2, 1)]
    for place, stride in enumerate(STRIDES):
        wider = 2 * width if stride == 2 or place == 0 else width
        layers += [
            (f"layer.{2 * place}", width, width, 3, stride, width),
            (f"layer.{2 * place + 1}", width, wider, 1, 1, 1),
        ]
        width = wider
    for name, ins, outs, kernel, _, groups in layers:
        path = f"mobilenet_v1.{name}"
        scale = np.sqrt(3 / (ins // groups * kernel * kernel))
        state[f"{path}.convolution.weight"] = scale * draw.standard_normal((outs, ins // groups, kernel, kernel))
        for kind in ("weight", "bias", "running_mean", "running_var"):
            state[f"{path}.normalization.{kind}"] = draw.random(outs) * (0.1 if kind != "weight" else 1) + 0.01
    state["classifier.weight"], state["classifier.bias"] = draw.standard_normal((5, width)), draw.standard_normal(5)
    x = draw.standard_normal((1, 3, 64, 96))
    tensors = {name: torch.from_numpy(array) for name, array in state.items()}
    y = torch.from_numpy(x)
    for name, _, _, kernel, stride, groups in layers:
        path = f"mobilenet_v1.{name}"
        more = kernel - stride if kernel > 1 else 0  # sides are even where the stride is 2
        y = F.pad(y, (more // 2, more - more // 2) * 2)
        y = F.conv2d(y, tensors[f"{path}.convolution.weight"], stride=stride, groups=groups)
        mean, variance, gamma, beta = (tensors[f"{path}.normalization.{kind}"] for kind in STATE)
        y = F.batch_norm(y, mean, variance, gamma, beta, eps=1e-3).clamp(0, 6)
    theirs = (y.mean((2, 3)) @ tensors["classifier.weight"].T + tensors["classifier.bias"]).numpy()
    name, ours = computed(state, x)
    assert name == "mobilenet_v1_025.keras"
    assert np.abs(theirs).max() > 0.1
    assert np.abs(ours - theirs).max() < 1e-10 * np.abs(theirs).max()


def test_mobilenet_v3_of_mmpretrain() -> None:
    """One of torchvision's, whose weights go by where its modules stand: a convolution and its norm are one there."""
    model = filled(torchvision_models().mobilenet_v3_small(num_classes=7)).double()
    state = dict[str, Any]()

    def keep(path: str, module: torch.nn.Module) -> None:
        tensors = module.state_dict().items()
        state.update({f"{path}.{kind}": tensor.numpy() for kind, tensor in tensors if kind != "num_batches_tracked"})

    for place, part in enumerate(model.features):
        path = f"backbone.layer{place}"
        if not hasattr(part, "block"):  # the first and the last
            keep(f"{path}.conv", part[0])
            keep(f"{path}.bn", part[1])
            continue
        convolutions = [one for one in part.block if not hasattr(one, "fc1")]
        names = ("expand_conv", "depthwise_conv", "linear_conv")[-len(convolutions) :]
        for name, one in zip(names, convolutions, strict=True):
            keep(f"{path}.{name}.conv", one[0])
            keep(f"{path}.{name}.bn", one[1])
        for gate in (one for one in part.block if hasattr(one, "fc1")):
            keep(f"{path}.se.conv1.conv", gate.fc1)
            keep(f"{path}.se.conv2.conv", gate.fc2)
    keep("head.layers.0.fc", model.classifier[0])
    keep("head.layers.1.fc", model.classifier[3])
    x = np.random.default_rng(1).standard_normal((1, 3, 48, 64))
    with torch.no_grad():
        theirs = model(torch.from_numpy(x)).numpy()
    name, ours = computed(state, x)
    assert name == "mobilenet_v3_small"
    assert np.abs(ours - theirs).max() < 1e-10 * np.abs(theirs).max()
