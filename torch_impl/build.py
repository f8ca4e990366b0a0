"""Build the PyTorch module of a network by compiling the source that the emitter prints, but for writing in place.

One could interpret the trace in `forward`. Compiled text makes what is studied what runs: blocks are real modules, and
tracebacks show their lines.
"""

from __future__ import annotations

import functools
import itertools
import linecache
import sys
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from types import ModuleType
from typing import Any

import numpy as np
import torch
from torch import nn

from ..common.backend import MEMORY_FORMATS
from ..common.emission.source import emit
from ..common.emission.wall import check_source
from ..common.errors import SpecError
from ..common.memory import empty
from ..common.spec import Array, Net
from ..common.weights import checked, drawing
from .features import features_of
from .source import LANGUAGE, language_in_place
from .state import state_of, write
from .templates import copied, template

DTYPES = {"float32": torch.float32, "float64": torch.float64}
MODULES = "diptych.generated"
NETWORK = "diptych_network"
"""The attribute of a built module's class with the name of its network."""
_serial = itertools.count()


def build(
    net: Net,
    weights: Mapping[str, Array] | None,
    dtype: str = "float32",
    features: Sequence[str] | None = None,
    memory_format: str | None = None,
    inplace: bool = True,
) -> nn.Module:
    """The network as an nn.Module on batches (N, C, H, W), in evaluation mode, with these canonical weights.

    Without weights it has those of `init(net)`. With `features`, paths of nodes or blocks, it returns a dict of
    their outputs instead of the network's. With the `memory_format` "channels_last" its kernels lie so, and
    what convolutions make of any batch with them. `inplace` lets activations and sums write over maps that
    nothing else reads, as torchvision's do; a hook on the layer before sees what was written over what it kept.
    Raises SpecError for an unknown dtype, format or path and WeightsError where the weights do not fit.
    """
    if dtype not in DTYPES:
        raise SpecError(f"dtype is one of {', '.join(DTYPES)}, not {dtype!r}")
    if memory_format not in MEMORY_FORMATS:
        raise SpecError(f"memory_format is 'channels_last' or None, not {memory_format!r}")
    with nullcontext(checked(net, weights)) if weights is not None else drawing(net) as given:
        root: Any = compiled(net, inplace and not features)[net.name]
        pattern = template(root, net)
        kept = weights is None and dtype == "float32"
        arrays = {name: given[name] if kept else _copied(given[name], dtype) for name in net.weights}
        model = _written(root, net, arrays) if pattern is None else copied(pattern, state_of(net, arrays))
    if memory_format == "channels_last":
        model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # documented, not declared
    model.eval()
    return features_of(net, model, features) if features else model


def _written(root: type[nn.Module], net: Net, arrays: Mapping[str, Array]) -> nn.Module:
    """A new module with these weights; raises SpecError where it has others."""
    with torch.device("meta"):
        model = root()
    write(model, net, arrays)
    return model


def _copied(array: Array, dtype: str) -> Array:
    """A copy, since what the caller holds stays the caller's; in C order, as torch's kernels take it."""
    copy = empty(array.shape, dtype)
    np.copyto(copy, array, casting="same_kind")
    return copy


@functools.lru_cache(maxsize=16)
def compiled(net: Net, inplace: bool = True) -> dict[str, type[nn.Module]]:
    """The classes of the emitted source, run as a module of its own; its lines show in tracebacks.

    `inplace` is how activations and sums are written, and all that may differ from the text that a reader studies.
    Raises SpecError for text that the emitter does not write, before it is run.
    """
    language = language_in_place(net) if inplace else LANGUAGE
    emitted = emit(net, language)
    check_source(emitted.text, net, language)
    name = f"{MODULES}.torch_{next(_serial)}"
    filename = f"<{name}: {net.name}>"
    linecache.cache[filename] = (len(emitted.text), None, emitted.text.splitlines(keepends=True), filename)
    module = ModuleType(name)
    sys.modules[name] = module
    # The text is this package's own, made from a trace, and was held to what the emitter writes.
    exec(compile(emitted.text, filename, "exec"), vars(module))  # noqa: S102
    for block in emitted.blocks:
        getattr(module, block).diptych_block = True
    root: type[nn.Module] = getattr(module, emitted.root)
    setattr(root, NETWORK, net.name)
    return {net.name: root}
