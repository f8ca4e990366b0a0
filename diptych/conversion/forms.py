"""The form in which a network is written: its own, or another one that its weights can be rewritten for exactly."""

from __future__ import annotations

from collections.abc import Mapping

from ..common.dialect import EMITTED, LIBRARIES, OF_LAYERS, ONLY_READ, OWN, Dialect
from ..common.errors import DiptychError
from ..common.registry import network, networks, traced
from ..common.rewriting.forms import rewritten
from ..common.spec import Array, Net
from ..common.weights import Weights
from ..files.format import Format
from .emitted import dialect_for, has_names

SHORT = {"keras": "keras.applications"}


def library_name(name: str) -> str:
    """The full name of a library that a caller names; raises DiptychError, with the names there are, for another."""
    library = SHORT.get(name, name)
    if library not in (OWN, EMITTED, *LIBRARIES):
        known = ", ".join([OWN, EMITTED, *LIBRARIES, *SHORT])
        raise DiptychError(f"there is no library {name!r}; the names are {known}")
    return library


def check_names(library: str, known: Format) -> None:
    """Raise DiptychError for names that no file of a format has, whatever weights it is written for."""
    library = library_name(library)
    if library in ONLY_READ:
        raise DiptychError(
            f"files in the names of {library} are read and not written; leave out --to (in Python, to=...) for our own"
        )
    if library == EMITTED and known.framework == "tf" and ".weights.h5" not in known.suffixes:
        raise DiptychError("the model of an emitted Keras file is a class; write .weights.h5, which it loads")
    if library in (OWN, EMITTED):
        return
    if known.silent:
        raise DiptychError(f"a {known.suffixes[0]} file has no names; leave out those of {library}")
    if library in OF_LAYERS and known.framework == "torch":
        raise DiptychError(f"{library} names Keras layers; write .weights.h5 or .keras in its names")
    if library not in OF_LAYERS and known.framework == "tf":
        raise DiptychError(f"{library} has no Keras models; write .safetensors or .pth in its names")


def target(
    net: Net, weights: Mapping[str, Array], form: str | None, library: str
) -> tuple[Net, Mapping[str, Array], Dialect, tuple[str, ...]]:
    """(network, its weights, the names to write them in, notes) for a form and a library that a caller asks for.

    Without a form it is the network's own; where the library does not have that, one that it has and that the weights
    can be rewritten for. Raises DiptychError, naming the layer that is another function, where there is none such.
    """
    library = library_name(library)
    if form is not None:
        net, weights, notes = _rewrite(net, weights, network(form).name)
        return net, weights, dialect_for(library, net), notes
    if has_names(library, net.name):
        return net, weights, dialect_for(library, net), ()
    kin = [name for name in networks() if _base(name) == _base(net.name)]
    kin = [name for name in kin if has_names(library, name)]
    said = []
    for name in kin:
        try:
            found, moved, notes = _rewrite(net, weights, name)
        except DiptychError as error:
            said.append(str(error))
        else:
            return found, moved, dialect_for(library, found), notes
    if said:
        raise DiptychError(f"{library} has no network that these weights could be written for: {said[0]}")
    return net, weights, dialect_for(library, net), ()  # raises, and names what there is


def widened(weights: Mapping[str, Array], known: Format) -> tuple[Mapping[str, Array], tuple[str, ...]]:
    """(weights, notes) for a format: a Keras model has no half precision, and float32 holds every number of it."""
    kinds = {str(array.dtype) for array in weights.values()}
    if known.framework != "tf" or "float16" not in kinds or not kinds <= {"float16", "float32"}:
        return weights, ()
    note = "half precision was widened to float32, which holds each of its numbers: Keras models have none of it here"
    return {name: array.astype("float32", copy=False) for name, array in weights.items()}, (note,)


def _rewrite(net: Net, weights: Mapping[str, Array], name: str) -> tuple[Net, Weights, tuple[str, ...]]:
    """The weights for another form, compared with the first at three input sizes."""
    if name == net.name:
        return net, dict(weights), ()
    options = {key: value for key, value in net.options if key != "input_size"}
    unknown = [key for key in options if key not in ("num_classes", "in_channels", "head", *network(name).options)]
    if unknown:
        raise DiptychError(
            f"{name} has no option {unknown[0]!r}, as these weights of {net.name} need; write {net.name}"
        )
    own = dict(net.options).get("input_size", network(net.name).input_size)
    sizes = [own, *network(net.name).check_sizes] if "input_size" not in dict(net.options) else [own]
    pairs = [
        (traced(net.name, options | {"input_size": size}), traced(name, options | {"input_size": size}))
        for size in sizes
    ]
    moved, notes = rewritten(pairs, weights)
    size = {"input_size": own} if "input_size" in dict(net.options) else {}
    return traced(name, options | size), moved, notes or (f"{net.name} and {name} take the same weights",)


def _base(name: str) -> str:
    return name.partition(".")[0]
