"""Structural re-parameterisation (Ding et al. 2021, RepVGG, section 3.3): branches as one convolution, exactly.

In evaluation, batch normalisation is a factor and an offset per channel. Hence a convolution and the normalisation
after it are one convolution with a bias; a 1x1 is a 3x3 of zeros around it, and the identity a 1x1; and a sum of
convolutions of one input is the convolution of the sum of their kernels.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..blocks.rep_vgg import branched_block, branched_identity_block
from ..errors import DiptychError
from ..ops.batch_norm import BatchNorm
from ..registry import network, networks, spec
from ..spec import Array, Call, Net
from ..weights import Weights, checked
from .fold import affine, fold_weights, foldable, folded

BRANCHED = (branched_block.__name__, branched_identity_block.__name__)


def reparameterize(weights: Mapping[str, Any], net: Net | str, deployed: Net | None = None) -> tuple[Net, Weights]:
    """The deployed form of a network of RepVGG blocks, and the weights with which it is the same function.

    `weights` are the canonical ones of `net`. The deployed form of a registered network is registered, too; that of
    another is `deployed`. Kernels and biases have the dtype of the weights, and are computed in float64. Raises
    WeightsError where the weights do not fit, and DiptychError for a network without such blocks.

    >>> from diptych.common.weights import init
    >>> net, weights = reparameterize(init(spec("repvgg_a0")), "repvgg_a0")
    >>> (net.name, weights["stem.reparam_conv.weight"].shape)
    ('repvgg_a0_deploy', (48, 3, 3, 3))
    """
    net = spec(net) if isinstance(net, str) else net
    blocks = {call.path: call for call in net.root.walk() if call.block in BRANCHED}
    if not blocks:
        trained = ", ".join(name for name in networks() if name.endswith("_train"))
        raise DiptychError(f"{net.name} has no blocks to re-parameterise; the networks that have are {trained}")
    target = deployed or _deployed(net)
    given = checked(net, weights)
    found = {name: given[name] for name in target.weights if name in given}
    for path, call in blocks.items():
        found[f"{path}.reparam_conv.weight"], found[f"{path}.reparam_conv.bias"] = _merged(net, call, given)
    return target, checked(target, found, f"the re-parameterised weights of {net.name}")


def fold(net: Net | str, weights: Mapping[str, Any]) -> tuple[Net, Weights]:
    """The network for deployment, and the weights with which it is the same function in evaluation.

    Batch normalisations are folded into the convolutions and linear layers before them, and RepVGG's branches into
    one convolution; where there is nothing to fold, the answer is the network as it is. `weights` are the canonical
    ones of `net`; what is new is computed in float64 and has their dtype. Raises WeightsError where they do not fit.

    >>> from diptych.common.weights import init
    >>> net, weights = fold("resnet18", init(spec("resnet18")))
    >>> (net.name, net.statistics, "bn1.weight" in weights)
    ('resnet18.folded', 0, False)
    """
    net = spec(net) if isinstance(net, str) else net
    if any(call.block in BRANCHED for call in net.root.walk()):
        return reparameterize(weights, net)
    if not foldable(net):
        return net, checked(net, weights)
    target = folded(net)
    return target, fold_weights(net, target, weights)


def _deployed(net: Net) -> Net:
    """The registered network that is the deployed form of a registered one, with the same options."""
    name = f"{net.name.removesuffix('_train')}_deploy"
    if net.name not in networks() or name not in networks():
        raise DiptychError(f"{net.name} is not registered with a deployed form; give that as the argument `deployed`")
    return network(name).trace(**dict(net.options))


def _merged(net: Net, call: Call, weights: Weights) -> tuple[Array, Array]:
    """Kernel and bias of one 3x3 convolution that is the sum of the branches of a block."""
    nodes = {node.path: node.plain() for node in net.nodes if node.path.startswith(f"{call.path}.")}
    like = weights[f"{call.path}.conv_kxk.conv.weight"]
    kernel, bias = np.zeros(like.shape), np.zeros(len(like))
    for path, node in nodes.items():
        if isinstance(node.op, BatchNorm):
            prefix, _, last = path.rpartition(".")
            branch = _identity(like.shape) if last == "identity" else weights[f"{prefix}.conv.weight"]
            factor, offset = affine(node.op, path, weights)
            kernel += _padded(branch, like.shape) * factor[:, None, None, None]
            bias += offset
    return kernel.astype(like.dtype), bias.astype(like.dtype)


def _identity(shape: tuple[int, ...]) -> Array:
    """The 1x1 kernel "O I H W" that leaves each channel as it is; I counts the channels of one group."""
    out, inside = shape[:2]
    return np.eye(inside)[np.arange(out) % inside].reshape(out, inside, 1, 1)


def _padded(kernel: Array, shape: tuple[int, ...]) -> Array:
    """The kernel in the middle of zeros."""
    high, wide = ((full - length) // 2 for full, length in zip(shape[2:], kernel.shape[2:], strict=True))
    return np.pad(kernel.astype(np.float64), ((0, 0), (0, 0), (high, high), (wide, wide)))
