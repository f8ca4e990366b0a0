"""The source's own graph, run beside the network that its names and shapes are of.

Names do not tell an activation, a pool or a wire. A whole Keras model and an ONNX file state their graph; where it can
be read, it is run with its own weights on the same images, and one that computes something else is no file of the
network: it is a model of somebody's own, which is converted as that.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from .. import backends
from ..checking.images import random_images
from ..checking.proof import FRAMEWORKS
from ..common.compare import FLOAT64_TOLERANCE, difference
from ..common.comparing.align import aligned, alike
from ..common.comparing.causes import words
from ..common.dialect import NUMBERED_KERAS
from ..common.errors import DiptychError, Unidentified
from ..common.importing.imported import Imported
from ..common.rewriting.resized import resized
from ..common.spec import Array, Net
from ..common.text import first_few
from ..files.layers import Layers
from ..reading import read
from .identify import Identified

SINGLE = 1e-6
"""ONNX states epsilon and slopes in float32."""
LOUD = 8
"""How much stronger one of the images is: what clamps at 6 and what does not are one function of small numbers."""
ENDS = ("softmax", "sigmoid")
FRONT = ("rescale", "channel_rescale", "standardize")


def graph_said(found: Identified, arrays: Mapping[str, Array], framework: str) -> str:
    """What was measured of the source's own graph, "" where it has none that can be read.

    Raises Unidentified where it is another function than the network with the source's weights.
    """
    if (graph := _stated(found)) is None:
        return ""
    sizes = _sizes(found.net, graph.net)
    if sizes is None or len(sizes[0].outputs) != len(sizes[1].outputs):
        return ""
    net, own = sizes
    images = random_images(net, 2, np.random.default_rng(0))
    images[1] *= 1 if net.nodes[1].op.takes_pixels else LOUD
    expected = _outputs(net, arrays, images, framework)
    worst, left_out = np.inf, ""
    for form in _forms(own, net):
        got = _outputs(form, graph.weights, images, framework)
        if all(a.shape == b.shape for a, b in zip(got, expected, strict=True)):
            gap = max(difference(a, b)[0] for a, b in zip(got, expected, strict=True))
            if gap < worst:
                front = ", but for what scales the image in front" if form.nodes != own.nodes else ""
                worst, left_out = gap, (", but for its last layer" if form.outputs != own.outputs else "") + front
    if worst <= (SINGLE if found.checkpoint.format == "onnx" else FLOAT64_TOLERANCE):
        return (f"the source's own graph was run, too: the same{left_out}, in float64 by {FRAMEWORKS[framework]} "
                f"(largest relative difference {worst:.1e})")  # fmt: skip
    raise Unidentified(
        f"{found.checkpoint.path} has the names and the weights of {net.name}, and its own graph is another function: "
        f"with these weights they differ by {worst:.2g} of the largest output{_where(next(_forms(own, net)), net)}"
    )


def _stated(found: Identified) -> Imported | None:
    """What the source's graph says; None where it has none, where it cannot be read, or where a part alone is taken."""
    path, checkpoint = Path(found.checkpoint.path), found.checkpoint
    whole = isinstance(checkpoint, Layers) and checkpoint.model is not None and found.library != NUMBERED_KERAS
    if not (whole or checkpoint.format == "onnx") or found.prefix or dict(found.net.options).get("num_classes") == 0:
        return None
    try:
        return read(path)
    except DiptychError:
        return None


def _sizes(net: Net, own: Net) -> tuple[Net, Net] | None:
    """Both for images of one size, small where they can be; None where there is none.

    A graph for one size has pads of numbers, which are right where every map is odd or even as at that size.
    """
    whole = int(own.input_shape[1]), int(own.input_shape[2])
    for size in ((32 + whole[0] % 32, 64 + whole[1] % 32), whole):
        pair = [resized(item, size) for item in (net, own)]
        if pair[0] is not None and pair[1] is not None and pair[0].input_shape == pair[1].input_shape:
            return pair[0], pair[1]
    return (net, own) if net.input_shape == own.input_shape else None


def _forms(own: Net, net: Net) -> Iterator[Net]:
    """The graph, without the softmax that the network has not, and then without what scales the images in front."""
    last = tuple(own.nodes[place].inputs[0] if own.nodes[place].kind in ENDS and net.nodes[to].kind not in ENDS
                 else place for place, to in zip(own.outputs, net.outputs, strict=True))  # fmt: skip
    trimmed = replace(own, outputs=last)
    yield trimmed
    front = {place for place in _front(own) if net.nodes[1].kind not in FRONT}
    if front:
        to = dict.fromkeys(front, 0)
        nodes = tuple(
            replace(node, inputs=tuple(to.get(place, place) for place in node.inputs)) for node in trimmed.nodes
        )
        yield replace(trimmed, nodes=nodes)


def _front(net: Net) -> Iterator[int]:
    """The nodes that scale the image and do nothing else, one after the other."""
    known = {0}
    for place, node in enumerate(net.nodes[1:], 1):
        if node.kind not in FRONT or not set(node.inputs) <= known:
            return
        known.add(place)
        yield place


def _outputs(net: Net, weights: Mapping[str, Array], images: Array, framework: str) -> tuple[Array, ...]:
    backend = backends.get(framework)
    model = backend.build(net, {name: np.asarray(weights[name]) for name in net.weights}, "float64")
    return backend.outputs(model, net, images)


def _where(own: Net, net: Net) -> str:
    """The first steps of both that are not the same, for a message: other functions, else other settings."""
    found = aligned(own, net)
    steps = [(found.one.steps[a], found.other.steps[b]) for a, b in found.partners.items()]
    kinds = [(a.node, b.node) for a, b in steps if not alike(a, b)]
    settings = [(a.node, b.node) for a, b in steps if a.inputs and words(a.node.op) != words(b.node.op)]
    lone = [f"{found.one.steps[a].path} ({words(found.one.steps[a].node.op)}) is not in {net.name}"
            for a, b in found.pairs if a is not None and b is None]  # fmt: skip
    several = kinds or ([] if lone else settings)
    told = [*(f"{a.path} is {words(a.op)}, {words(b.op)} in {net.name}" for a, b in several), *lone]
    return f"; {first_few(told, 3, '; ', '; and ')}" if told else ""
