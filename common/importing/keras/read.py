"""A Keras model, as its config and its arrays, as a Net."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ...child_names import network_fault
from ...errors import DiptychError
from ...spec import Array
from ...text import NAME, first_few, printable
from ..axes import Unknown
from ..draft import Draft, View
from ..foreign import said_of, unknown
from ..imported import Imported, imported, refuse
from ..tidy import tidied
from .foreign import Operation, apart
from .graph import Entry, Graph, graph, image_shape, is_model, layers_of
from .table import Layer, Reading, seen
from .walk import Walk

SIZE = 224
"""Height and width of the images where the model takes any and nobody says one."""


LARGEST = 1 << 16
"""Rows, columns or channels of an image at most."""
DEPTH = 50
"""Models within models that are looked into."""


def read(
    entry: Entry,
    arrays: Mapping[str, Sequence[Array]],
    where: str,
    size: tuple[int, int] | None = None,
    foreign: Mapping[str, str] | None = None,
    obeyed: bool = False,
    functions: Mapping[str, str] | None = None,
    operations: Mapping[str, Operation] | None = None,
    lines: Mapping[tuple[str, int], str] | None = None,
    held: frozenset[str] = frozenset(),
) -> Imported:
    """The Net and the weights of a model's config; `arrays` are the variables of each layer, by "outer/inner".

    `size` is the (height, width) to read it at, where it takes more than one. `foreign` says of layers, by the same
    names, what is not Keras's own in them, and `functions` what their activations are called; `obeyed` is said of a
    class (see `Reading`). `operations` run as they are where no op says them, for a comparison alone, and `lines` are
    those of the code that calls the layers, by name and number of the call; `held` are layers that stand for a weight.
    Raises DiptychError with all that is in the way.
    """
    if not is_model(entry):
        raise DiptychError(f"{where} states no layers; a model of a class of its own is read in memory alone")
    found = graph(entry, where)
    if len(found.inputs) != 1:
        raise DiptychError(f"{where} takes {len(found.inputs)} inputs; a network here takes one image")
    if turned := list(_channels_first(entry, 0)):
        raise DiptychError(
            f"{where} has channels first in {len(turned)} of its layers (first in {printable(turned[0], NAME)}); make "
            "it again with data_format='channels_last', and axis=-1 in its normalisations: its weights fit as they are"
        )
    notes: list[str] = []
    draft = Draft(batch=2, flat="HWC")
    image = seen(draft.image(_image(entry, found, where, size, notes)))
    reading = Reading(draft, arrays, foreign=foreign or {}, obeyed=obeyed, functions=functions or {},
                      operations=operations, lines=lines or {}, held=held)  # fmt: skip
    try:
        values = Walk(reading, found.old).run(found, [image], "")
    except Unknown as error:
        raise DiptychError(f"{where} cannot be read: {error}") from None
    outputs = []
    for (name, ref), view in zip(found.outputs, values, strict=True):
        layer = Layer(reading, "output", {}, "output", "")
        try:
            outputs += [(name, draft.in_order(_answered(layer, view)))] if not view.doubtful else []
        except Unknown as why:
            draft.note(f"the output of {printable(ref.layer, NAME)}: {why}")
    refuse(where, draft.missing)
    name = found.name if found.name and not network_fault(found.name) else "model"
    title = "".join(part[:1].upper() + part[1:] for part in name.replace("-", "_").split("_"))
    title = title if title.isidentifier() else "Model"
    steps = tidied(draft.steps, outputs)
    refuse(where, unknown(steps.steps) if operations is None else [])
    notes += [*draft.said, *_said(reading), *said_of(steps.steps)]
    return imported(steps, reading.tensors, name, title, "", notes)


def _answered(layer: Layer, view: View) -> int:
    """The step of an output."""
    if layer.reading.operations is not None:
        view = apart(layer, view)
        if len(view.base) not in (1, 3):
            return view.step
    return layer.value(view)


def size_of(example: Any) -> tuple[int, int] | None:
    """(height, width) of a batch of images (N, H, W, C); None for none."""
    if example is None:
        return None
    shape = tuple(getattr(example, "shape", ()))
    if len(shape) != 4 or not all(isinstance(n, int) and n > 0 for n in shape[1:]):
        raise DiptychError(f"an example is a batch of images (N, H, W, C), not of shape {shape}")
    return shape[1], shape[2]


def _said(reading: Reading) -> Iterator[str]:
    if reading.idle:
        counts = [f"{kind} ({count})" for kind, count in reading.idle.items()]
        yield f"left out, as they do nothing in evaluation: {first_few(counts, 8)}"
    if reading.filled:
        yield f"weights that the model has not: {first_few(reading.filled, 8)}"
    if reading.draft.fixed:
        yield f"numbers that nobody trains stand in ops, as they are: {first_few(sorted(reading.draft.fixed), 8)}"
    if reading.trained:
        names = first_few(reading.trained, 8)
        yield f"read as it answers with training=False; without that it calls as in training: {names}"
    if rounded := reading.formats - {"float64" if "float64" in reading.formats else "float32"}:
        yield f"it computes in {' and '.join(sorted(rounded))}; here it is in full precision"


def _channels_first(entry: Entry, depth: int) -> Iterator[str]:
    """The layers whose maps are (N, C, H, W), in models within models too."""
    for layer in layers_of(entry):
        config = layer.get("config") if isinstance(layer, Mapping) else None
        if isinstance(config, Mapping) and config.get("data_format") == "channels_first":
            yield str(config.get("name"))
        elif config is not None and is_model(layer) and depth < DEPTH:
            yield from _channels_first(layer, depth + 1)


def _image(entry: Entry, found: Graph, where: str, size: Any, notes: list[str]) -> tuple[int, int, int]:
    """(channels, height, width) of the image."""
    shape = _stated(entry, found)
    if shape is None or len(shape) != 4 or shape[3] is None:
        said = "no shape" if shape is None else f"a shape of {shape}"
        raise DiptychError(f"{where} says {said} of its input; a network here takes an image (height, width, channels)")
    if size is None and None in shape[1:3]:
        notes.append(f"it takes images of any size; read at {shape[1] or SIZE} x {shape[2] or SIZE}")
    wanted = size or (shape[1] or SIZE, shape[2] or SIZE)
    stated = [n for n in (*shape[1:], *wanted) if n is not None]
    if min(stated) < 1 or max(stated) > LARGEST:
        raise DiptychError(f"{where} takes images of {shape[1:]}, expected 1 to {LARGEST:,} of each")
    for own, asked in zip(shape[1:3], wanted, strict=True):
        if own is not None and own != asked:
            fixed = " x ".join("any" if n is None else str(n) for n in shape[1:3])
            raise DiptychError(f"{where} takes images of {fixed}, not {wanted[0]} x {wanted[1]}")
    return shape[3], wanted[0], wanted[1]


def _stated(entry: Entry, found: Graph) -> tuple[int | None, ...] | None:
    """The shape that the input layer states, the first layer of a chain, or the model in front of one."""
    first = found.layers.get(found.inputs[0].layer)
    if first is not None and (shape := image_shape(first)) is not None:
        return shape
    if (shape := image_shape(entry)) is not None or not found.chain:
        return shape
    layers = layers_of(entry)
    if layers and is_model(layers[0]):
        inner = graph(layers[0])
        return image_shape(layers[0]) or _stated(layers[0], inner)
    return image_shape(layers[0]) if layers else None
