"""Build models and read their weights, in either framework."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np

from . import backends
from .common.errors import DiptychError
from .common.registry import spec
from .common.spec import Array, Net
from .common.weights import Weights


def build(
    net: Net | str,
    framework: str,
    *,
    weights: Mapping[str, Array] | None = None,
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

    Without weights it has those of `init(net)`; with `features`, paths of nodes or blocks, it returns a dict of
    their outputs. With the `memory_format` "channels_last" a torch module keeps kernels and maps in that order, as
    Keras's always does; its shapes stay NCHW, batches need not be converted, and most networks run faster. A
    torch module's activations and sums write over maps that nothing else reads, as torchvision's do: a hook must clone
    what it keeps, and full backward hooks need `inplace=False`.
    Raises DiptychError for unknown names, WeightsError where the weights do not fit.
    """
    sizes = {"num_classes": num_classes, "in_channels": in_channels, "input_size": input_size}
    net = _net(net, {key: value for key, value in sizes.items() if value is not None} | options)
    return backends.get(framework).build(net, weights, dtype, features, memory_format, inplace)


def weights(model: Any, net: Net | str) -> Weights:
    """The canonical weights of a torch module or a Keras model, as {name: array} in canonical axis order."""
    net = spec(net) if isinstance(net, str) else net
    found = backends.get(backends.framework_of(model)).read(model, net)
    return {name: np.array(array, order="C") for name, array in found.items()}


def _net(net: Net | str, options: Mapping[str, Any]) -> Net:
    """The network itself, or the one of a name with these options; raises DiptychError for a Net with options."""
    if not isinstance(net, Net):
        return spec(net, **options)
    if options:
        given = ", ".join(f"{key}={value!r}" for key, value in options.items())
        raise DiptychError(
            f"build got {given} with a Net, whose options are fixed; "
            f"pass the name of a registered network, or give the options to `spec` (to `trace`, for your own network)"
        )
    return net
