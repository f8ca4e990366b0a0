"""Build models and read their weights, in either framework."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np

from . import backends
from .common.errors import DiptychError, WeightsError
from .common.registry import spec, traced
from .common.spec import Array, Net
from .common.spoken_options import PRETRAINED
from .common.weights import Weights
from .common.weights import init as initial
from .stored import stored

WEIGHTS = "weights are {{canonical name: array}} or the path of a file, such as 'resnet50.pth', not a value of type {}"


def build(
    net: Net | str,
    framework: str | None = None,
    *,
    weights: Mapping[str, Array] | str | os.PathLike[str] | None = None,
    dtype: Literal["float32", "float64"] = "float32",
    features: Sequence[str] | None = None,
    memory_format: Literal["channels_last"] | None = None,
    inplace: bool = True,
    num_classes: int | None = None,
    in_channels: int | None = None,
    input_size: int | tuple[int, int] | None = None,
    **options: Any,
) -> Any:
    """A native, trainable model of a network: an nn.Module (NCHW) for "torch", a keras.Model (NHWC) for "tf".

    "keras" and "tensorflow" mean "tf". With the name of a network, `num_classes`, `in_channels`, `input_size` and its
    own options are those of `spec`; a Net has its options already and takes none.

    Weights are arrays by canonical name, or the path of any file that `convert` reads, which may say options, too: ten
    classes, a head of one's own. Without weights it has those of `init(net)`; with `features`, paths of nodes or
    blocks, it returns a dict of their outputs. With the `memory_format` "channels_last" a torch module keeps kernels
    and maps in that order, as Keras's always does; its shapes stay NCHW, batches need not be converted, and most
    networks run faster. A torch module's activations and sums write over maps that nothing else reads, as torchvision's
    do: a hook must clone what it keeps, and full backward hooks need `inplace=False`.
    Raises DiptychError for unknown names, WeightsError where the weights do not fit.
    """
    sizes = {"num_classes": num_classes, "in_channels": in_channels, "input_size": input_size}
    given = {key: value for key, value in sizes.items() if value is not None} | options
    if framework is None:
        shown = repr(net) if isinstance(net, str) else "net"
        raise DiptychError(f"say for which framework: build({shown}, 'torch'), or build({shown}, 'keras')")
    backend = backends.get(framework)
    if isinstance(weights, str | os.PathLike):
        net, weights = stored(net, weights, given)
    else:
        net = _net(net, given)
    if weights is not None and not isinstance(weights, Mapping):
        raise WeightsError(WEIGHTS.format(type(weights).__name__) if weights is not True else PRETRAINED)
    return backend.build(net, weights, dtype_name(dtype), features, memory_format, inplace)


def init(net: Net | str, seed: int = 0) -> Weights:
    """Seeded initial weights of a network for training, float32 by canonical name: the same bits for both frameworks.

    Normal as He et al. 2015 (equation 10) have it for convolutions; see `common.weights.init`.
    """
    return initial(spec(net) if isinstance(net, str) else net, seed)


def weights(model: Any, net: Net | str) -> Weights:
    """The canonical weights of a torch module, a Keras model or a file, as {name: array} in canonical axis order."""
    if isinstance(model, str | os.PathLike):
        return stored(net, model, {})[1]
    net = spec(net) if isinstance(net, str) else net
    found = backends.get(backends.framework_of(model)).read(model, net)
    return {name: np.array(array, order="C") for name, array in found.items()}


def dtype_name(dtype: Any) -> Any:
    """The name of a dtype, which may be that of a framework: torch.float64, np.float64, "double".

    >>> dtype_name("double"), dtype_name(np.float32)
    ('float64', 'float32')
    """
    name = dtype if isinstance(dtype, str) else getattr(dtype, "__name__", None) or getattr(dtype, "name", str(dtype))
    name = str(name).rpartition(".")[2]
    return {"double": "float64", "float": "float32", "single": "float32"}.get(name, name)


def _traced(name: str, options: Mapping[str, Any]) -> Net:
    """The network of a name, kept for the next time, unless an option cannot be a key."""
    try:
        hash(tuple(options.values()))
    except TypeError:
        return spec(name, **options)
    return traced(name, options)


def _net(net: Net | str, options: Mapping[str, Any]) -> Net:
    """The network itself, or the one of a name with these options; raises DiptychError for a Net with options."""
    if not isinstance(net, Net):
        if backends.is_model(net):
            kind = type(net).__name__
            raise DiptychError(f"{kind} is a model already; diptych.read(model, example) gives the Net and the weights "
                               "that build takes")  # fmt: skip
        return _traced(net, options)
    if options:
        given = ", ".join(f"{key}={value!r}" for key, value in options.items())
        raise DiptychError(
            f"build got {given} with a Net, whose options are fixed; "
            f"pass the name of a registered network, or give the options to `spec` (to `trace`, for your own network)"
        )
    return net
