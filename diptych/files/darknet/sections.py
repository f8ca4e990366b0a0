"""The sections of a `.cfg` as units: each with what it reads, its numbers, and nothing of what training alone needs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from ...common.errors import FileError
from .cfg import Section
from .units import IMAGE, Unit, Values

FILTERS, WINDOW, ROUTES = 1 << 16, 1 << 10, 64
"""Channels, pixels of a window, and maps side by side, at most."""
TRAINING = frozenset({"stopbackward", "learning_rate", "burnin_update", "train_only_bn"})
"""Keys of a section that say how it is trained."""
OFF = frozenset(
    {"antialiasing", "assisted_excitation", "bin_output", "binary", "cbn", "deform", "dontload", "dontloadscales"}
    | {"dot", "flipped", "maxpool_depth", "rotate", "share_index", "stretch", "stretch_sway", "sway", "xnor"}
)
"""Keys that make another function, or another order of a file, of a section, unless they are 0."""
BOXES = 3
"""The anchors of each level."""

Reader = Callable[[Section, int, Sequence[int]], Unit]


def units_of(sections: Sequence[Section]) -> tuple[list[Unit], list[Section]]:
    """(the units of a file, the section of each); a route of one section is none, what reads it reads that section.

    Raises FileError for a section that is unknown, one that reads what comes after it, and values without a meaning.
    """
    found: list[Unit] = []
    whose: list[Section] = []
    places: list[int] = []  # section -> its unit
    for section in sections[1:]:
        if section.kind == "route" and (one := _alias(section, places, found)) is not None:
            places.append(one)
            continue
        reader = READERS.get(section.kind)
        if reader is None:
            known = ", ".join(sorted(READERS))
            raise FileError(f"{section.path}: {section.place} is unknown, expected one of {known}")
        places.append(len(found))
        found.append(reader(section, places[-2] if len(places) > 1 else IMAGE, places))
        whose.append(section)
        _check_inputs(section, found)
    return found, whose


def _check_inputs(section: Section, found: Sequence[Unit]) -> None:
    """Raise FileError for a section that reads boxes, which end a network."""
    if any(place != IMAGE and found[place].kind == "yolo" for place in found[-1].inputs):
        raise FileError(f"{section.path}: {section.place} reads a [yolo] section, expected [route] and a map before it")


def _check_keys(section: Section, *known: str) -> None:
    """Raise FileError for a key that may change what a section computes in a way that is not known here."""
    for key in section.values:
        if key in OFF:
            section.whole(key, 0, 0, 0)
        elif key not in known and key not in TRAINING:
            raise FileError(f"{section.path}: {section.place} has the key {key}, expected {', '.join(known)}")


def _layers(section: Section, key: str, places: Sequence[int]) -> list[int]:
    """The units of sections that are named by their number, or by how far before they stand."""
    here = len(places)
    numbers = [number + here if number < 0 else number for number in section.wholes(key, ROUTES)]
    if not all(0 <= number < here for number in numbers):
        raise section.fault(key, f"sections before it: from {-here} to -1, or from 0 to {here - 1}")
    return [places[number] for number in numbers]


def _alias(section: Section, places: Sequence[int], found: Sequence[Unit]) -> int | None:
    """The unit that a route of one section stands for; None for any other route."""
    _check_keys(section, "layers", "groups", "group_id")
    layers = _layers(section, "layers", places)
    if len(layers) > 1 or section.whole("groups", 1, 1, FILTERS) > 1:
        return None
    if found[layers[0]].kind == "yolo":
        raise section.fault("layers", "a section with a map, not [yolo]")
    return layers[0]


def _route(section: Section, before: int, places: Sequence[int]) -> Unit:
    layers, groups = _layers(section, "layers", places[:-1]), section.whole("groups", 1, 1, FILTERS)
    if groups > 1 and len(layers) > 1:
        raise section.fault("groups", "1, where a route joins several sections")
    return Unit("route", tuple(layers), {"groups": groups, "group_id": section.whole("group_id", 0, 0, groups - 1)})


def _convolutional(section: Section, before: int, places: Sequence[int]) -> Unit:
    shape = ("filters", "size", "stride", "stride_x", "stride_y", "pad", "padding", "groups", "dilation")
    _check_keys(section, *shape, "batch_normalize", "activation")
    size, stride = section.whole("size", 1, 1, WINDOW), _stride(section, 1)
    pad = section.whole("padding", 0, 0, WINDOW)
    values: Values = {
        "batch_normalize": section.whole("batch_normalize", 0, 0, 2),
        "filters": section.whole("filters", 1, 1, FILTERS),
        "size": size,
        "stride": stride,
        "pad": size // 2 if section.whole("pad", 0, 0, 1) else pad,
        "groups": section.whole("groups", 1, 1, FILTERS),
        "dilation": section.whole("dilation", 1, 1, WINDOW),
        "activation": section.values.get("activation", "logistic"),
    }
    return Unit("convolutional", (before,), values)


def _stride(section: Section, standard: int) -> int:
    stride = section.whole("stride", standard, 1, WINDOW)
    for key in ("stride_x", "stride_y"):
        if section.whole(key, stride, 1, WINDOW) != stride:
            raise section.fault(key, f"{stride}, as its stride is")
    return stride


def _maxpool(section: Section, before: int, places: Sequence[int]) -> Unit:
    _check_keys(section, "size", "stride", "stride_x", "stride_y", "padding")
    stride = _stride(section, 1)
    size = section.whole("size", stride, 1, WINDOW)
    values: Values = {"size": size, "stride": stride, "padding": section.whole("padding", size - 1, 0, WINDOW)}
    return Unit("maxpool", (before,), values)


def _shortcut(section: Section, before: int, places: Sequence[int]) -> Unit:
    _check_keys(section, "from", "activation", "weights_type", "weights_normalization")
    if section.values.get("weights_type", "none") != "none":
        raise section.fault("weights_type", "none")
    layers = _layers(section, "from", places[:-1])
    activation = section.values.get("activation", "linear")
    return Unit("shortcut", tuple(sorted([before, *layers])), {"activation": activation})


def _upsample(section: Section, before: int, places: Sequence[int]) -> Unit:
    _check_keys(section, "stride", "scale")
    if section.reals("scale", 1, "1") != [1.0]:
        raise section.fault("scale", "1")
    return Unit("upsample", (before,), {"stride": section.whole("stride", 2, 1, WINDOW)})


def _avgpool(section: Section, before: int, places: Sequence[int]) -> Unit:
    _check_keys(section)
    return Unit("avgpool", (before,))


def _yolo(section: Section, before: int, places: Sequence[int]) -> Unit:
    """Its anchors and classes are for `match`; only `new_coords` is another rule for boxes."""
    section.whole("new_coords", 0, 0, 0)
    return Unit("yolo", (before,))


READERS: Mapping[str, Reader] = {
    "convolutional": _convolutional,
    "maxpool": _maxpool,
    "route": _route,
    "shortcut": _shortcut,
    "upsample": _upsample,
    "avgpool": _avgpool,
    "yolo": _yolo,
}
