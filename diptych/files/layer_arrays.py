"""The arrays of a Keras file by the layers that its config states.

A `.keras` file keeps layers by the order of their classes in each model ("conv2d", "conv2d_1"), as Keras itself finds
them; the name of a layer is another thing, and may be that of the place of another one. So the place is what counts.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from ..common.errors import FileError
from ..common.importing.keras.graph import BROKEN, is_model, is_operation, layers_of, name_of
from ..common.spec import Array
from .layers import Layers

LIST = "layers"
"""The group with the layers of a model."""


def arrays_of(file: Layers) -> Mapping[str, Sequence[Array]]:
    """The variables of each layer, by "outer/inner"; raises FileError for a file without the config of its layers."""
    if file.model is None:
        advice = "save the whole model, or read it in memory"
        raise FileError(f"{file.path} states no layers, and a Net is made of those; {advice}")
    try:
        pairs = list(_places(file.model, "", ""))
    except BROKEN as error:
        raise FileError(f"{file.path} has a config that Keras does not write ({type(error).__name__})") from None
    if not file.places:
        _check_inside(file, {name.rpartition("/")[0] for name, _ in pairs if "/" in name})
        return file.layers
    found = {layer: file.places[place] for layer, place in pairs if place in file.places}
    known = {place for _, place in pairs}
    strange = next((place for place in file.places if place not in known and not _inside(place, known)), None)
    if strange is not None:
        raise FileError(f"{file.path} has weights in {strange!r:.200}, where its config has no layer")
    return found


def _check_inside(file: Layers, models: set[str]) -> None:
    """Raise FileError for the weights of a model without those of its layers, as Keras 3.0 wrote them in HDF5."""
    for name in sorted(models):
        if any(array.size for array in file.layers.get(name, ())):
            told = f"{file.path} does not say which layers in {name!r:.200} its weights are of, as Keras 3.0 wrote .h5"
            raise FileError(f"{told}; load it with that Keras, and save it as .keras")


def _inside(place: str, known: set[str]) -> bool:
    """Whether weights are those of a layer in a layer, as TimeDistributed has one."""
    return any(place.startswith(f"{outer}/") and not place.startswith(f"{outer}/{LIST}/") for outer in known)


def _places(entry: Mapping[str, Any], outer: str, place: str) -> Iterator[tuple[str, str]]:
    """(path of a layer, its place in the file) of a model and those in it."""
    chain = isinstance(entry["config"], list) or "output_layers" not in entry["config"]
    met: Counter[str] = Counter()
    for layer in layers_of(entry):
        kind = str(layer.get("class_name"))
        if is_operation(layer) or (chain and kind == "InputLayer"):
            continue
        word = snake(kind)
        there = f"{place}{LIST}/{word}_{met[word]}" if met[word] else f"{place}{LIST}/{word}"
        met[word] += 1
        name = f"{outer}{name_of(layer)}"
        yield name, there
        if is_model(layer):
            yield from _places(layer, f"{name}/", f"{there}/")


def snake(kind: str) -> str:
    """The name of a class as Keras writes it in a file.

    >>> snake("BatchNormalization"), snake("Conv2D"), snake("PReLU")
    ('batch_normalization', 'conv2d', 'p_re_lu')
    """
    word = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", re.sub(r"\W+", "", kind))
    return re.sub("([a-z])([A-Z])", r"\1_\2", word).lower()


def named(file: Layers) -> Layers:
    """The checkpoint with the names of its config for layers that the file itself has by class and number alone.

    So Keras 3.0 to 3.5 and 2.12 to 2.15 wrote `.keras` files.
    """
    config = file.config
    if config is None or not file.unnamed:
        return file  # names as Keras makes them up may be the same in another order, as Inception v3 has them
    try:
        pairs = list(_places(file.model or {}, "", ""))
    except BROKEN:
        return file
    known = {place for _, place in pairs}
    if not all(place in known for place in file.places):
        return file
    found = {layer: place for layer, place in pairs if place in file.places}
    note = "its layers have no names in the file, which an older Keras wrote; they are those of its config, by order"
    return replace(
        file,
        layers={layer: file.places[place] for layer, place in found.items()},
        origins={layer: file.place_origins.get(place, []) for layer, place in found.items()},
        notes=(*file.notes, note),
        unnamed=False,
    )
