"""The errors for files that no registered network fits."""

from __future__ import annotations

import re

from ..common.dialect import LIBRARIES
from ..common.errors import DiptychError, FileError, WeightsError
from ..common.registry import network
from ..common.weights import checked
from ..files.checkpoint import Checkpoint
from .matching import Match

STATISTICS = ("running_mean", "running_var")


def strange(checkpoint: Checkpoint) -> DiptychError:
    """The error for names that no registered network has."""
    names = ", ".join(checkpoint.names[:3]) or "none"
    own = "; it is a whole model, which convert, table, source and compare take as one of your own"
    return DiptychError(
        f"{checkpoint.path}: its {checkpoint.kind} names ({names} ...) are those of no registered network, in the "
        f"names of {', '.join(LIBRARIES)} or diptych itself; `diptych list` shows the networks, `diptych table` our "
        f"names{own if checkpoint.model is not None else ''}"
    )


COMPUTED = {
    "_mask": ("are pruned (torch.nn.utils.prune)", "torch.nn.utils.prune.remove(layer, 'weight')"),
    "weight_g": ("have weight normalisation", "torch.nn.utils.remove_weight_norm(layer)"),
    "weight.original0": (
        "have weight normalisation",
        "torch.nn.utils.parametrize.remove_parametrizations(layer, 'weight')",
    ),
    "weight_u": ("have spectral normalisation", "torch.nn.utils.remove_spectral_norm(layer)"),
    "weight.original": (
        "are computed from other numbers (torch.nn.utils.parametrize)",
        "torch.nn.utils.parametrize.remove_parametrizations(layer, 'weight')",
    ),
}
"""How a name ends beside a weight that PyTorch computes when it is asked for -> what that is, and what ends it."""


def computed(checkpoint: Checkpoint) -> str:
    """Why a file has no plain weights of some layers, and what to do; "" where it has."""
    for end, (what, call) in COMPUTED.items():
        names = [name for name in checkpoint.names if name.endswith(end)]
        if names:
            return (
                f". Weights {what}, first {names[0]}: the file has what they are computed from. In PyTorch, call "
                f"{call} for each such layer of the model, save its state_dict() again, and convert that"
            )
    return ""


def _hint(nearest: Match) -> str:
    """What a file is that has all but a few weights of a network, where they tell."""
    if hint := computed(nearest.checkpoint):
        return hint
    if nearest.missing and not nearest.misfits and all(name.endswith(STATISTICS) for name in nearest.missing):
        return (
            ". The file has weights of normalisation and no running means and variances: GroupNorm, or another "
            f"normalisation, under the names of batch normalisation is another function than {nearest.net.name}. "
            "Convert such a model by its code: diptych convert FILE.py:FUNCTION DST --weights "
            f"{nearest.checkpoint.path}"
        )
    takes = "stem" in network(nearest.net.name).options and "stem" not in dict(nearest.net.options)
    if takes and len(nearest.misfits) == 1 and re.match(r"conv1\.weight is \d+x\d+x3x3,", nearest.misfits[0]):
        return (
            ". A first convolution of 3x3 is that of a stem for small images, as CIFAR's: -O stem=cifar (in Python, "
            "stem='cifar') is with it, at stride 1 and without a pool, which no weight tells"
        )
    return ""


def unnamed(checkpoint: Checkpoint) -> DiptychError:
    """The error for layers that have no names in the file: a FileError where it has no config that could say them."""
    if checkpoint.config is not None:
        return DiptychError(f"{checkpoint.path} has layers without names, and others than its config says")
    shown = ", ".join(checkpoint.names[:3])
    return FileError(
        f"{checkpoint.path} has weights without names of layers ({shown} ... are classes, numbered), as Keras 2.12 to "
        "2.15 and 3.0 to 3.5 write .weights.h5; which layer is which only the model says. With that Keras, load them "
        "into the model and save it whole, as .keras or .h5 (model.save), and convert that; or load and save them with "
        "Keras 3.6 or later, which writes the names"
    )


def misfit(nearest: Match) -> DiptychError:
    """The error for a file that nearly fits a network."""
    where = f"{nearest.checkpoint.path} fits no registered network; held against the nearest"
    try:
        checked(nearest.net, nearest.checkpoint.named(nearest.net), where)
    except WeightsError as error:
        return WeightsError(f"{error}{_hint(nearest)}")
    return DiptychError(f"{where}, {nearest.net.name}: too many are {', '.join(nearest.extra[:8])}")
