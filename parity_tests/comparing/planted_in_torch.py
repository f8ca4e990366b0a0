"""Faults on the PyTorch side of imported models: in settings, in what is computed, and in numbers."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import torch
from planted import Plant, fault
from torch import nn
from torch.nn import functional


def put(path: str, make: Callable[[Any], Any]) -> Plant:
    """Another part in the place of one; `make` is given the old one."""

    def plant(module: Any, model: Any) -> None:
        parent, _, name = path.rpartition(".")
        holder = module.get_submodule(parent)
        setattr(holder, name, make(getattr(holder, name)).eval())

    return plant


def setting(path: str, **settings: Any) -> Plant:
    """Other attributes of a part."""

    def plant(module: Any, model: Any) -> None:
        for name, value in settings.items():
            setattr(module.get_submodule(path), name, value)

    return plant


def numbers(change: Callable[[Any], Any]) -> Plant:
    """Other numbers: `change` is given the module."""

    def plant(module: Any, model: Any) -> None:
        with torch.no_grad():
            change(module)

    return plant


def first(change: Callable[[Any], Any]) -> Plant:
    """Something more before all else."""
    return lambda module, model: nn.Sequential(Doing(change), module).eval()


def last(change: Callable[[Any], Any]) -> Plant:
    """Something more after all else."""
    return lambda module, model: nn.Sequential(module, Doing(change)).eval()


class Doing(nn.Module):
    """A function as a part; of one with two arguments the second is whether the model trains."""

    def __init__(self, change: Callable[..., Any]) -> None:
        super().__init__()
        self.change = change

    def forward(self, x: torch.Tensor) -> Any:
        return self.change(x, self.training) if self.change.__code__.co_argcount == 2 else self.change(x)


def then(path: str, change: Callable[..., Any]) -> Plant:
    """Something more after a part."""
    return put(path, lambda old: nn.Sequential(old, Doing(change)))


def method(path: str, forward: Callable[[Any, Any], Any]) -> Plant:
    """Another forward of one part."""

    def plant(module: Any, model: Any) -> None:
        part = module.get_submodule(path)
        part.forward = forward.__get__(part)

    return plant


def swapped(module: Any, one: str, other: str) -> None:
    a, b = module.get_parameter(one), module.get_parameter(other)
    a.data, b.data = b.data.clone(), a.data.clone()


def _swapped(one: str, other: str) -> Plant:
    return numbers(lambda m: swapped(m, one, other))


def _reorder(name: str, change: Callable[[Any], Any]) -> Plant:
    return numbers(lambda m: m.get_parameter(name).copy_(change(m.get_parameter(name))))


def conv(old: Any, **settings: Any) -> nn.Conv2d:
    """A convolution with other settings, and the same weights where they fit."""
    known = {name: getattr(old, name) for name in
             ("in_channels", "out_channels", "kernel_size", "stride", "padding", "dilation", "groups")}  # fmt: skip
    made = nn.Conv2d(**{**known, "bias": old.bias is not None, **settings})
    if made.weight.shape == old.weight.shape:
        made.load_state_dict(old.state_dict())
    return made


def _moved_stride(module: Any, model: Any) -> None:
    block = module.layer2[0]
    block.conv1.stride, block.conv2.stride = (2, 2), (1, 1)


def _residual(self: Any, x: Any) -> Any:
    """A basic block of timm whose shortcut is left out."""
    return self.act2(self.bn2(self.conv2(self.act1(self.bn1(self.conv1(x))))))


def _before_sum(self: Any, x: Any) -> Any:
    """A basic block with its activation before the sum."""
    return self.act2(self.bn2(self.conv2(self.act1(self.bn1(self.conv1(x)))))) + (
        x if self.downsample is None else self.downsample(x)
    )


def _fire(self: Any, x: Any) -> Any:
    x = self.squeeze_activation(self.squeeze(x))
    a, b = self.expand1x1(x), self.expand3x3(x)
    return torch.cat([self.expand3x3_activation(b), self.expand1x1_activation(a)], 1)


def _shuffled(self: Any, x: Any) -> Any:
    """A unit of ShuffleNet that puts its channels together in the other order of groups."""
    a, b = x.chunk(2, dim=1)
    x = torch.cat((a, self.branch2(b)), dim=1)
    n, c, h, w = x.shape
    return x.view(n, c // 2, 2, h, w).transpose(1, 2).reshape(n, c, h, w)


def _channels_last(module: Any, model: Any) -> Any:
    body: Any = nn.Sequential(module.features, module.avgpool)
    return nn.Sequential(body, Doing(lambda x: x.permute(0, 2, 3, 1).flatten(1)), module.classifier).eval()


def _gate(self: Any, x: Any) -> Any:
    """Squeeze and excitation whose gate is added to one, as some write it."""
    s = self.fc2(self.act(self.fc1(x.mean((2, 3), keepdim=True))))
    return x * torch.sigmoid(2 * s)


def _gate_by_max(self: Any, x: Any) -> Any:
    return x * torch.sigmoid(self.fc2(self.act(self.fc1(x.amax((2, 3), keepdim=True)))))


def _resized(**how: Any) -> Callable[[Any, Any], Any]:
    return lambda self, x: self.out(
        functional.interpolate(self.lateral(self.body.forward_features(x)), scale_factor=2, **how)
    )


def _unshared(module: Any, model: Any) -> None:
    module.layer1[2] = copy.deepcopy(module.layer1[1])


def _other_pool(old: Any) -> Any:
    return nn.AvgPool2d(3, 2, 1)


MEAN, STD = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
RES, NORM = "timm_resnet", "layer2.1.bn1"

# fmt: off
fault("torch_eps", "epsilon", RES, "torch", setting(NORM, eps=1e-3), NORM, "eps, 0.001 in PyTorch and 1e-05")
fault("torch_eps_small", "epsilon", "keras_densenet", "torch", setting("pool3_bn", eps=1e-5), "pool3_bn",
    "eps, 1e-05")
fault("torch_pads_none", "pads", RES, "torch", put("maxpool", lambda _: nn.MaxPool2d(3, 2)), "maxpool", "pads")
fault("torch_pads_of_stem", "pads", RES, "torch", put("conv1", lambda c: conv(c, padding=2)), "conv1|bn1", "pads")
fault("torch_pads_symmetric", "pads and their side", "keras_mobilenet_v2", "torch", put("block_1_depthwise",
    lambda c: conv(c, padding=1)), "block_1_depthwise", "pads, (1, 1, 1, 1) in PyTorch")
fault("torch_symmetric_for_same", "SAME", "keras_mobilenet_v3", "torch", put("conv", lambda c: conv(c,
    padding=1)), "conv", "pads, (1, 1, 1, 1) in PyTorch")
fault("torch_reflected", "pads", RES, "torch", setting("layer2.1.conv2", padding_mode="reflect"),
    "layer2.1.conv2", "reflect")
fault("torch_stride_elsewhere", "stride in the other layer", "timm_bottleneck", "torch", _moved_stride,
    "layer2.0.conv1|layer2.0.bn1|layer2.0.conv2", "stride, (2, 2) in PyTorch and (1, 1)|stride, (1, 1)")
fault("torch_dilation", "dilation", RES, "torch", put("layer2.1.conv1", lambda c: conv(c, dilation=2, padding=2)),
    "layer2.1.conv1", "dilation, (2, 2) in PyTorch and (1, 1)")
fault("torch_groups", "groups", "timm_resnext", "torch", put("layer1.0.conv2", lambda c: conv(c, groups=1)),
    "layer1.0.conv2", "groups, 1 in PyTorch and 4")
fault("torch_groups_more", "groups", "timm_resnext", "torch", put("layer1.0.conv2", lambda c: conv(c, groups=8)),
    "layer1.0.conv2", "groups, 8 in PyTorch and 4")
fault("torch_kernel_smaller", "kernel", RES, "torch", put("layer2.1.conv2", lambda c: conv(c, kernel_size=1,
    padding=0)), "layer2.1.conv2", "kernel, (1, 1) in PyTorch")
fault("torch_bias_more", "bias", RES, "torch", put("layer2.1.conv2", lambda c: nn.Conv2d(8, 8, 3, 1, 1)),
    "layer2.1.conv2", "bias, True in PyTorch and False|weight")
fault("torch_average_pool", "pool kind", RES, "torch", put("maxpool", _other_pool), "maxpool",
    "another function, avg_pool")
fault("torch_max_at_the_end", "pool kind", RES, "torch", put("global_pool", lambda _:
    nn.Sequential(nn.AdaptiveMaxPool2d(1), nn.Flatten())), "global_pool|global_pool.0|fc", "another function")
fault("torch_counted_pads", "counted pads", "timm_resnet_averaged", "torch", setting("maxpool",
    count_include_pad=False), "maxpool", "count_include_pad, False in PyTorch and True")
fault("torch_ceil", "ceil mode", "torchvision_squeezenet", "torch", setting("features.8", ceil_mode=False),
    "features.8", "ceil_mode, False in PyTorch and True|pads, (0, 0, 0, 0) in PyTorch and (0, 1, 0, 1)")
fault("torch_relu6", "activation variant", RES, "torch", put("layer2.1.act1", lambda _: nn.ReLU6()),
    "layer2.1.act1", "relu6")
fault("torch_leaky", "activation variant", RES, "torch", put("layer2.1.act1", lambda _: nn.LeakyReLU(0.01)),
    "layer2.1.act1", "leaky_relu")
fault("torch_slope", "activation slope", "timm_resnet_leaky", "torch", put("layer2.1.act1", lambda _:
    nn.LeakyReLU(0.01)), "layer2.1.act1", "0.01")
fault("torch_gelu_tanh", "activation variant", "timm_resnet_gelu", "torch", put("layer2.1.act1", lambda _:
    nn.GELU("tanh")), "layer2.1.act1", "tanh|approximate, True in PyTorch and False")
fault("torch_silu_for_hard", "activation variant", "timm_mobilenetv3", "torch", put("blocks.2.0.bn2.act", lambda
    _: nn.SiLU()), "blocks.2.0.bn2|blocks.2.0.bn2_act|act", "silu in PyTorch and hard_swish")
fault("torch_sigmoid_for_hard", "activation variant", "timm_mobilenetv3", "torch", put("blocks.2.0.se.gate",
    lambda _: nn.Sigmoid()), "blocks.2.0.se.gate|gate", "sigmoid in PyTorch and hard_sigmoid")
fault("torch_no_act", "missing activation", RES, "torch", put("layer2.1.act1", lambda _: nn.Identity()),
    "layer2.1.conv2|layer2.1.act1", "additional, nothing in PyTorch and relu")
fault("torch_act_twice", "doubled activation", RES, "torch", then("layer2.1.bn2", functional.relu),
    "layer2.1.bn2.1|layer2.1.add|layer2.1", "relu")
fault("torch_silu_twice", "doubled activation", "keras_efficientnet", "torch", then("stem_bn", functional.silu),
    "stem_activation|silu|block1a_dwconv|stem_bn", "silu")
fault("torch_act_before_sum", "order", RES, "torch", method("layer2.1", _before_sum), "layer2.1.add|layer2.1",
    "relu")
fault("torch_no_shortcut", "wiring", RES, "torch", method("layer2.1", _residual),
    "layer2.1.act2|layer2.1.add|layer2.1", "add")
fault("torch_concat_order", "order of concatenation", "torchvision_squeezenet", "torch", method("features.4",
    _fire), "features.4.concat|features.4", "order of inputs")
fault("torch_shuffle", "shuffle order", "torchvision_shufflenet", "torch", method("stage2.1", _shuffled),
    "stage2.1", "groups")
fault("torch_flatten", "flatten order", "torchvision_vgg", "torch", _channels_last, "classifier.0|part_2.0|2.0",
    "flatten|order")
fault("torch_gate", "squeeze and excitation", "timm_seresnet", "torch", method("layer2.0.se", _gate),
    "layer2.0.se", "rescale")
fault("torch_gate_by_max", "pool kind", "timm_seresnet", "torch", method("layer2.0.se", _gate_by_max),
    "layer2.0.se", "another function")
fault("torch_bilinear", "resize rule", "timm_upsampled", "torch", method("", _resized(mode="bilinear")),
    "interpolate|resize|upsample|body|out", "bilinear")
fault("torch_standardised", "normalisation of the input", RES, "torch", first(lambda x: (x - 0.45) / 0.225),
    "conv1", "missing, |rescale")
fault("torch_standardised_by_channel", "normalisation of the input", RES, "torch", first(lambda x: (x - MEAN[:,
    None, None].to(x)) / STD[:, None, None].to(x)), "conv1", "standardize|ImageNet|missing, channel_offset")
fault("torch_divided", "normalisation of the input", RES, "torch", first(lambda x: x / 255), "conv1", "rescale")
fault("torch_bgr", "BGR", RES, "torch", first(lambda x: x.flip(1)), "conv1", "RGB against BGR")
fault("torch_bgr_kernel", "BGR", RES, "torch", _reorder("conv1.weight", lambda w: w.flip(1).clone()), "conv1",
    "RGB against BGR")
fault("torch_softmax", "softmax doubled", RES, "torch", last(lambda x: x.softmax(1)), "softmax|fc|output|1",
    "softmax")
fault("torch_softmax_twice", "softmax doubled", "keras_densenet", "torch", last(lambda x: x.softmax(1)),
    "softmax|predictions|output|1|predictions_softmax", "softmax")
fault("torch_half", "dtype island", RES, "torch", then("layer2.1.conv1", lambda x: x.half().to(x.dtype)),
    "layer2.1.conv1|layer2.1.bn1|precision|layer2.1", "precision")
fault("torch_rotated_kernel", "kernel axes", RES, "torch", _reorder("layer2.1.conv1.weight", lambda w: w.flip(2,
    3).clone()), "layer2.1.conv1", "180 degrees")
fault("torch_kernel_hw", "kernel axes", RES, "torch", _reorder("layer2.1.conv1.weight", lambda w: w.transpose(2,
    3).clone()), "layer2.1.conv1", "height and width exchanged")
fault("torch_kernel_io", "kernel axes", RES, "torch", _reorder("layer2.1.conv1.weight", lambda w: w.transpose(0,
    1).clone()), "layer2.1.conv1", "input and output channels exchanged")
fault("torch_fc_transposed", "kernel axes", RES, "torch", _reorder("fc.weight", lambda w:
    w.T.reshape(w.shape).clone()), "fc", "transposed|another order")
fault("torch_weights_exchanged", "exchanged weights", RES, "torch", _swapped("layer2.1.conv1.weight",
    "layer2.1.conv2.weight"), "layer2.1.conv1|layer2.1.conv2", "exchanged with layer2.1.conv2")
fault("torch_norms_exchanged", "exchanged weights", RES, "torch", _swapped("layer2.1.bn1.weight",
    "layer2.1.bn2.weight"), "layer2.1.bn1", "exchanged with layer2.1.bn2")
fault("torch_gamma_beta", "scale and offset exchanged", RES, "torch", _swapped("layer2.1.bn1.weight",
    "layer2.1.bn1.bias"), "layer2.1.bn1", "scale and offset exchanged")
fault("torch_no_statistics", "statistics left out", RES, "torch", numbers(lambda m:
    m.layer2[1].bn1.reset_running_stats()), "layer2.1.bn1", "statistics not transferred")
fault("torch_bias_left", "weights left out", "torchvision_vgg", "torch", numbers(lambda m:
    m.features[4].bias.zero_()), "features.4", "not transferred")
fault("torch_one_number", "weights", RES, "torch", numbers(lambda m: m.layer4[0].conv1.weight[0, 0, 0,
    0].add_(1e-3)), "layer4.0.conv1", "1 of 1,296 numbers")
fault("torch_rounded_weights", "weights", RES, "torch", numbers(lambda m: [p.copy_(p.half().float()) for p in
    m.layer2[1].conv1.parameters()]), "layer2.1.conv1", "rounded")
fault("torch_unshared", "weight sharing lost", "timm_resnet_shared", "torch", _unshared, "layer1.2|layer1.1",
    "weight sharing")
fault("torch_hook", "hook", RES, "torch", lambda m, k: m.layer2[1].bn1.register_forward_hook(lambda part, given,
    answer: answer * 1.01) and None, "layer2.1.bn1|layer2.1.act1|layer2.1", "1.01")
fault("torch_dropped_block", "missing block", "timm_resnet_shared", "torch", lambda m, k: m.layer1.__delitem__(2),
    "layer1|layer2.0.conv1|layer2.0.downsample.0", "additional|missing|relu|inputs")
