"""Public classes that take a state dict and compute another function with it: the note that names them.

Names and shapes are all that `load_state_dict` looks at. Padding as TensorFlow's SAME, an epsilon, a bypass or dilation
are in the class alone, so that the wrong one of two loads without a word.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ..common.blocks.output_stride import WHOLE
from ..common.dialect import ONLY_READ, OWN, Dialect, dialect, dialects_for
from ..common.errors import DiptychError
from ..common.registry import network, traced
from ..common.spec import Net
from .emitted import dialect_for
from .matching import same_function
from .signatures import networks_of

STRIDE = "output_stride"


@dataclass(frozen=True)
class Loader:
    """A class of a library that takes the state dict of a network; `same` says whether it computes the same."""

    item: Dialect
    same: bool

    def __str__(self) -> str:
        name = self.item.name or f"class of {self.item.network}"
        return f"{self.item.library}'s {name}"


def loaders(net: Net, library: str) -> list[Loader]:
    """The public classes, as they are made without more ado, that take what is written in a library's names."""
    written = dialect_for(library, net)
    shapes = _shapes(net, written)
    return [
        Loader(item, same_function(net, its)) for item, its in _candidates(net, written) if _shapes(its, item) == shapes
    ]


def note(net: Net, library: str) -> tuple[str, ...]:
    """What is said of a state dict that a class of another function takes; nothing where there is none."""
    try:
        found = loaders(net, library)
    except DiptychError:
        return ()
    wrong, right = [one for one in found if not one.same], [one for one in found if one.same]
    if not wrong:
        return ()
    many = len(wrong) > 1
    takes = "load this file, too, and compute" if many else "loads this file, too, and computes"
    said = f"{_listed(wrong)} {takes} something else with it: these are weights of {_called(net)}. "
    made = [f"{one}({words})" for one in wrong if (words := asked(one.item, net))]
    if right or made:
        said += f"{_listed([*right, *made])} compute{'' if len(right) + len(made) > 1 else 's'} that; "
    options = "".join(f", {key}={value!r}" for key, value in net.options)
    flags = "".join(f" {_flag(key, value)}" for key, value in net.options)
    return (
        f'{said}diptych.build("{net.name}", "torch"{options}) is the module that they are of, and `diptych source '
        f"{net.name} --torch{flags}` its class",
    )


def asked(item: Dialect, net: Net) -> str:
    """The argument that makes a library's class of this network as it is dilated; "" where nothing does."""
    stride = dict(net.options).get(STRIDE, WHOLE)
    if stride == WHOLE or item.network != net.name:
        return ""
    family = network(net.name).family
    if item.library == "timm":
        return ("features_only=True, " if family == "mobilenet_v3" else "") + f"output_stride={stride}"
    if item.library == "torchvision" and family == "mobilenet_v3":
        return "dilated=True" if stride == 16 else ""
    if item.library == "torchvision" and family != "mobilenet_v2" and net.name not in ("resnet18", "resnet34"):
        return f"replace_stride_with_dilation=[False, {stride == 8}, True]"
    return ""


def _candidates(net: Net, written: Dialect) -> Iterator[tuple[Dialect, Net]]:
    """The classes with these names, and the networks that they are unless asked for others."""
    size = tuple(map(int, net.input_shape[1:]))
    for library, name in networks_of(traced(net.name, {}), written):
        options = {key: value for key, value in net.options if key in _kept(name)} | {"input_size": size}
        items = [item for item in dialects_for(name) if item.plain]
        for item in items if library == OWN else [dialect(library, name)]:
            if item.of_layers or item.library in (*ONLY_READ, OWN):
                continue
            try:
                yield item, traced(name, options)
            except DiptychError:
                continue


def _kept(name: str) -> tuple[str, ...]:
    """The options of a network that are in the shapes of its weights, as somebody who loads them has to give them."""
    return ("num_classes", "in_channels", *(option for option in network(name).options if option != STRIDE))


def _shapes(net: Net, item: Dialect) -> dict[str, tuple[int, ...]]:
    return {item.weight(name): tuple(map(int, weight.shape)) for name, weight in net.weights.items()}


def _listed(items: Iterable[Loader | str]) -> str:
    return " and ".join(map(str, items))


def _called(net: Net) -> str:
    options = ", ".join(f"{key}={value}" for key, value in net.options if key == STRIDE)
    return f"{net.name} with {options}" if options else net.name


def _flag(key: str, value: object) -> str:
    if key in ("num_classes", "in_channels"):
        return f"--{key.replace('_', '-')} {value}"
    if key == "input_size" and isinstance(value, tuple):
        return f"--input-size {'x'.join(map(str, value))}"
    return f"-O {key}={value}"
