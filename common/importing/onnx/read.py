"""An ONNX model, as its graph, as a Net: at two sizes of image, where it takes two."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from ...child_names import network_fault, word_fault
from ...errors import DiptychError
from ...ops.resize import Resize
from ...text import NAME, first_few, printable
from ..axes import Unknown
from ..axes import joined as atoms_joined
from ..draft import Draft, Step, View
from ..imported import Imported, imported, refuse
from ..layout import as_map, as_value, channels_first
from ..sizes import agreed, doubtful, larger
from ..tidy import Steps, tidied
from .graph import Graph
from .joins import joined
from .patterns import known
from .places import located, named, settled
from .responses import responses
from .table import Const, Reading, survives
from .walk import Walk

SIZE, BATCH = 224, 2
"""Height and width of the images, and how many, where the model takes any and nobody says them."""
LARGEST = 1 << 16
"""Rows, columns, channels or images at most."""
FIRST = ("Conv", "ConvTranspose", "MaxPool", "AveragePool", "GlobalAveragePool", "BatchNormalization", "DepthToSpace")
"""Operators that take channels first."""
PASSED = ("Add", "Cast", "Clip", "Div", "Identity", "Mul", "Pad", "Relu", "Sub")
TURNED = [0, 3, 1, 2]


def read(graph: Graph, where: str, size: tuple[int, int] | None = None, one_size: bool = False) -> Imported:
    """The Net and the weights of a graph; raises DiptychError with all that is in the way.

    `size` is the (height, width) to read it at, where it takes more than one.
    """
    graph = known(responses(located(named(graph.pruned()))))
    notes: list[str] = []
    last = _channels_last(graph)
    shape = _image(graph, where, last, size, notes)
    steps, reading = _steps(graph, where, shape, last)
    other: Steps | None = None
    if any(_free(graph, last)) and not one_size:
        steps, other = _at_any_size(graph, where, shape, last, steps, notes)
    steps = _scaled(steps, other)
    name = graph.name if graph.name and not network_fault(graph.name) and survives(graph.name) else "model"
    used = {theirs for step in steps.steps for theirs in step.names.values()}
    tensors = {name: array for name, array in reading.tensors.items() if name in used}
    made = imported(steps, tensors, name, _title(name), "", [*notes, *_said(graph, reading, used, last)])
    renamed = {ours: made.renamed.get(ours, ours) for ours in made.weights}
    origins = {ours: reading.origins.get(name, "") or name for ours, name in renamed.items()}
    return replace(made, renamed={ours: theirs for ours, theirs in origins.items() if ours != theirs})


def size_of(example: Any) -> tuple[int, int] | None:
    """(height, width) of a batch of images (N, C, H, W), of any values; None for none."""
    if example is None:
        return None
    shape = tuple(getattr(example, "shape", ()))
    if len(shape) != 4 or not all(isinstance(n, int) and n > 0 for n in shape[1:]):
        raise DiptychError(f"an example is a batch of images (N, C, H, W), not of the shape {shape}")
    return shape[2], shape[3]


def _title(name: str) -> str:
    title = "".join(part[:1].upper() + part[1:] for part in name.replace("-", "_").split("_"))
    return title if title.isidentifier() and not word_fault(title) else "Model"


def _channels_last(graph: Graph) -> bool:
    """Whether images come with their channels last: a node that the image reaches turns them, or says nothing else."""
    reached = {graph.inputs[0].name}
    shape = graph.inputs[0].shape or ()
    for node in graph.nodes:
        if not reached.intersection(node.inputs):
            continue
        if node.kind == "Transpose" and node.attributes.get("perm") == TURNED:
            return True
        if node.kind in FIRST:
            return False
        if node.kind in PASSED:
            reached.update(node.outputs)
    return len(shape) == 4 and shape[3] in (1, 3, 4) and shape[1] not in (1, 3, 4)


def _free(graph: Graph, last: bool) -> tuple[bool, bool]:
    """Whether (height, width) are free."""
    shape = graph.inputs[0].shape or (None,) * 4
    return (shape[1] is None, shape[2] is None) if last else (shape[2] is None, shape[3] is None)


def _image(graph: Graph, where: str, last: bool, size: Any, notes: list[str]) -> tuple[int, int, int, int]:
    """(images, channels, height, width) of the input."""
    port = graph.inputs[0]
    said = "no shape" if port.shape is None else f"the shape {port.shape}"
    if port.shape is None or len(port.shape) != 4:
        raise DiptychError(f"{where} states {said} of its input; a network here takes images of four axes")
    n, c, h, w = (port.shape[0], port.shape[3], *port.shape[1:3]) if last else port.shape
    if c is None:
        c = _channels(graph, last)
    if c is None:
        raise DiptychError(f"{where} states {said} of its input, in which the number of channels is free")
    wanted = size or (h or SIZE, w or SIZE)
    if size is None and None in (h, w):
        notes.append(f"it takes images of any size; read at {wanted[0]} x {wanted[1]}")
    for own, asked in zip((h, w), wanted, strict=True):
        if own is not None and own != asked:
            fixed = " x ".join("any" if side is None else str(side) for side in (h, w))
            raise DiptychError(f"{where} takes images of {fixed}, not {wanted[0]} x {wanted[1]}")
    numbers = (n or BATCH, c, *wanted)
    if min(numbers) < 1 or max(numbers) > LARGEST:
        raise DiptychError(f"{where} states {said} of its input, expected 1 to {LARGEST:,} of each")
    if n is not None:
        notes.append(f"the file takes batches of {n} alone; here a batch has any number of images")
    return n or BATCH, c, wanted[0], wanted[1]


def _channels(graph: Graph, last: bool) -> int | None:
    """The channels that the first convolution takes."""
    arrays = graph.arrays()
    for node in graph.nodes:
        weight = arrays.get(node.inputs[1]) if node.kind == "Conv" and len(node.inputs) > 1 else None
        if weight is not None and weight.ndim == 4:
            groups = node.attributes.get("group", 1)
            return int(weight.shape[1]) * int(groups) if type(groups) is int else None
    return None


def _steps(graph: Graph, where: str, shape: tuple[int, int, int, int], last: bool) -> tuple[Steps, Reading]:
    """The steps at one size."""
    draft = Draft(batch=shape[0])
    image = draft.image(shape[1:])
    if last:
        n, c, h, w = image.axes
        image = image.seen((n, h, w, c))
    walk = Walk(graph, draft)
    values = walk.run(image)
    outputs: list[tuple[str, int]] = []
    named = len(values) > 1 and not any(map(word_fault, graph.outputs)) and all(map(survives, graph.outputs))
    for name, value in zip(graph.outputs, values, strict=True):
        if isinstance(value, Const):
            raise DiptychError(f"{where}: its output {printable(name, NAME)!r} is the same for every image")
        try:
            outputs += [] if value.doubtful else [(name if named else "", _output(draft, value))]
        except Unknown as why:
            draft.note(f"the output {printable(name, NAME)}: {why}")
        if value.order == "last" and not last:
            draft.said.append(f"its output {printable(name, NAME)} has its channels last in the file, and first here")
    refuse(where, draft.missing)
    found = joined(tidied(draft.steps, outputs), walk.reading)
    found = tidied(settled(found.steps), found.outputs)
    return found, walk.reading


def _output(draft: Draft, view: View) -> int:
    """The step of an output."""
    if view.order == "last":
        return as_map(draft, channels_first(view))
    flat = len(view.axes) == 2 and len(view.base) == 3 and min(view.base[0], view.base[1] * view.base[2]) > 1
    if flat and view.axes[1] == atoms_joined([atom for letter in "HWC" for atom in view.whole(letter)]):
        raise Unknown("a map flattened channels last")
    return as_value(draft, view)


def _at_any_size(
    graph: Graph, where: str, shape: Any, last: bool, steps: Steps, notes: list[str]
) -> tuple[Steps, Steps | None]:
    """The network of which the readings at several sizes are one, and the last of these."""
    free, why = _free(graph, last), ""
    for size in larger(*shape[2:]):
        wanted = tuple(b if open_ else a for a, b, open_ in zip(shape[2:], size, free, strict=True))
        try:
            other = _steps(graph, where, (*shape[:2], *wanted), last)[0]
        except DiptychError as error:
            why = why or str(error)
            continue
        steps, tried = agreed(where, steps, other), set[tuple[int, int]]()
        while (more := doubtful(steps, other)) is not None and more not in tried:
            tried.add(more)
            _, height, width = other.steps[0].shape
            grown = (height + more[0] * free[0], width + more[1] * free[1])
            other = _steps(graph, where, (*shape[:2], *grown), last)[0]
            steps = agreed(where, steps, other)
        return steps, other
    height, width = shape[2:]
    notes.append(f"it takes images of {height} x {width} alone, as far as was tried: {printable(why, 200)}")
    return steps, None


def _scaled(steps: Steps, other: Steps | None) -> Steps:
    """Maps that are brought to a size by a whole factor, at each size that was read, are so by that factor."""
    found = []
    for place, step in enumerate(steps.steps):
        factors = {_factor(step), _factor(other.steps[place])} if other else {_factor(step)}
        (factor,) = factors if len(factors) == 1 else (0,)
        if factor:
            op: Any = step.op
            step = replace(step, op=replace(op, scale=factor, size=None, source=None))
        found.append(step)
    return Steps(found, steps.outputs)


def _factor(step: Step) -> int:
    """The whole factor of a resize to a size; 0 for none."""
    op = step.op
    if not isinstance(op, Resize) or op.size is None or op.source is None:
        return 0
    factor = op.size[0] // op.source[0]
    return factor if op.size == (factor * op.source[0], factor * op.source[1]) else 0


def _said(graph: Graph, reading: Reading, used: set[str], last: bool) -> Iterator[str]:
    yield from reading.draft.said
    if graph.producer:
        yield f"the file was written by {printable(graph.producer, NAME)}"
    if last:
        yield "the file takes images with their channels last (N, H, W, C); here they come first, as in PyTorch"
    lost = [name for name in sorted(used) if reading.origins.get(name) != name]
    if lost:
        yield (
            f"{len(lost)} weights have no name of their own in the file, or share one, and are named after the nodes: "
            f"{first_few(lost, 6)}"
        )
    if not any(node.kind == "BatchNormalization" for node in graph.nodes):
        yield "it has no batch normalisation: where the model had one, the file keeps it folded into the convolutions"
