"""What a conversion says where names and shapes do not tell a function, or the result looks like another network's."""

from __future__ import annotations

from typing import Any

from ..common.dialect import OWN
from ..common.errors import DiptychError
from ..common.registry import network, networks, traced
from ..common.spec import Net
from ..files.format import Format
from .identify import Identified
from .layer_heads import SOFTMAX, UNSEEN

TRANSFORMED = ("inception_v3", "inception_v3_aux", "googlenet_torchvision_bn", "googlenet_torchvision_bn_aux")
"""Networks of torchvision whose public weights are for a model that renormalises its image."""

LOGITS = (
    "a model of keras.applications ends in a softmax unless it is made with classifier_activation=None, which no file "
    "of weights says; the network gives logits"
)


def cautions(found: Identified, net: Net, library: str, known: Format, source: Format) -> tuple[str, ...]:
    """Notes on a conversion of what was found into a network of a format, in a library's names."""
    more = (*_policy(found), *_softmax(found), *_look_alike(net, library, known))
    return (*_transformed(found, source), *_without_counters(found, source), *more)


def _policy(found: Identified) -> tuple[str, ...]:
    """Keras computes in half precision under some policies, whatever its weights are."""
    entries = (found.checkpoint.config or {}).values()
    said = {_name_of(entry["config"].get("dtype")) for entry in entries if isinstance(entry.get("config"), dict)}
    low = sorted(name for name in said if "float16" in name)
    if not low:
        return ()
    return (f"the source computes in {' and '.join(low)}, and so rounds what this network does not",)


def _name_of(policy: Any) -> str:
    """The name of a policy, which Keras 3 writes as an object."""
    inside = policy.get("config") if isinstance(policy, dict) else None
    name = inside.get("name") if isinstance(inside, dict) else policy
    return name if isinstance(name, str) else ""


def _softmax(found: Identified) -> tuple[str, ...]:
    """A classifier of Keras's ends in probabilities, and ours in logits; weights alone do not say which."""
    options = dict(found.net.options)
    if found.library != "keras.applications" or options.get("num_classes") == 0 or {SOFTMAX, UNSEEN} & {*found.notes}:
        return ()
    if found.checkpoint.config:
        last = list(found.checkpoint.config.values())[-1]
        said = last.get("class_name") == "Softmax" or last.get("config", {}).get("activation") == "softmax"
        return (SOFTMAX,) if said else ()
    return () if "head" in options or found.checkpoint.stated.network else (LOGITS,)


def _transformed(found: Identified, source: Format) -> tuple[str, ...]:
    """torchvision sets an option with its public weights that no state dict has."""
    if found.net.name not in TRANSFORMED or source.framework != "torch" or found.checkpoint.stated.network:
        return ()
    return (
        f"torchvision's public weights of {found.net.name} are for transform_input=True, which renormalises an image "
        "that was given ImageNet's mean and deviation (0.485 and 0.229, ...) to a mean and a deviation of 0.5; nothing "
        "in the file says so, and this network does not: give it images of mean 0.5 and deviation 0.5",
    )


def _without_counters(found: Identified, source: Format) -> tuple[str, ...]:
    """torch has counted batches since 0.4.1, and frozen normalisations do not."""
    counted = found.checkpoint.extras or found.checkpoint.stated.network or source.name != "torch"
    epsilons = {float(node.plain().op.eps) for node in found.net.nodes if node.op.normalises and not counted}  # type: ignore[attr-defined]
    if not epsilons:
        return ()
    return (
        "the file has no num_batches_tracked: PyTorch before 0.4.1 wrote none, and frozen normalisations have none; "
        f"their epsilon (eps) may be another, 0 in torchvision's detectors; here it is {min(epsilons):g}",
    )


def _look_alike(net: Net, library: str, known: Format) -> tuple[str, ...]:
    """A class of torchvision's may take the weights of another form, and compute something else with them."""
    base = net.name.partition(".")[0]
    if known.framework != "torch" or library != OWN or base == net.name or base not in networks():
        return ()
    try:
        other = traced(base, dict(net.options))
    except DiptychError:
        return ()
    if network(base).source != "torchvision" or other.weights != net.weights:
        return ()
    return (
        f"torchvision's {base} loads this file, too, and computes something else with it: these are weights of "
        f'{net.name}. diptych.build("{net.name}", "torch") is the module that they are of, and `diptych source '
        f"{net.name} --torch` its class",
    )
