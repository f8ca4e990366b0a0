"""What a conversion says where names and shapes do not tell a function, or the result looks like another network's."""

from __future__ import annotations

from typing import Any

from ..common.spec import Net
from ..common.versions import versions_of
from ..files.format import Format
from .head_words import LOUD, in_larger_model, may_be_dilated
from .identify import Identified
from .layer_heads import SOFTMAX, UNSEEN
from .look_alikes import note

TRANSFORMED = ("inception_v3", "inception_v3_aux", "googlenet_torchvision_bn", "googlenet_torchvision_bn_aux")
"""Networks of torchvision whose public weights are for a model that renormalises its image."""

TRIED = (3, 15)
"""The newest Keras whose files were held against what is written here."""

LOGITS = (
    "a model of keras.applications ends in a softmax unless it is made with classifier_activation=None, which no file "
    "of weights says; the network gives logits"
)


def cautions(found: Identified, net: Net, library: str, known: Format, source: Format) -> tuple[str, ...]:
    """Notes on a conversion of what was found into a network of a format, in a library's names."""
    return (
        *_transformed(found, source),
        *(cut := _cut_out(found, source)),
        *_without_counters(found, source, (*found.notes, *cut)),
        *_policy(found),
        *_softmax(found),
        *(note(net, library) if known.framework == "torch" else ()),
        *_newer(known),
    )


def _newer(known: Format) -> tuple[str, ...]:
    """A Keras that is installed may be newer than those whose files are known; what is older, it reads as a rule."""
    version = versions_of(("keras",)).get("keras", "") if known.name == "keras" else ""
    if tuple(int(part) for part in version.split(".")[:2] if part.isdigit()) <= TRIED:
        return ()
    tried = ".".join(map(str, TRIED))
    return (f"the file is written in the form of Keras {tried}; Keras {version}, which is installed, is newer",)


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


def _cut_out(found: Identified, source: Format) -> tuple[str, ...]:
    """A file without a head may be a part of a model for segmentation or detection."""
    bare = dict(found.net.options).get("num_classes") == 0
    if not bare or source.framework != "torch" or found.checkpoint.stated.network:
        return ()
    if any(one.startswith(LOUD) for one in found.notes) or not may_be_dilated(found.net):
        return ()
    return (f"the file has no head: {in_larger_model(found.net, found.checkpoint.path)}",)


def _without_counters(found: Identified, source: Format, notes: tuple[str, ...]) -> tuple[str, ...]:
    """torch has counted batches since 0.4.1, and frozen normalisations do not."""
    counted = found.checkpoint.extras or found.checkpoint.stated.network or source.name != "torch"
    epsilons = {float(node.plain().op.eps) for node in found.net.nodes if node.op.normalises and not counted}  # type: ignore[attr-defined]
    if not epsilons:
        return ()
    said = any("another epsilon" in note for note in notes)
    return (
        "the file has no num_batches_tracked: PyTorch before 0.4.1 wrote none, and frozen normalisations have none; "
        + ("" if said else "their epsilon (eps) may be another, 0 in torchvision's detectors; ")
        + f"here {'epsilon' if said else 'it'} is {min(epsilons):g}",
    )
