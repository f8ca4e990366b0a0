"""The network that is to be seen, with its weights: of a name, a file, or somebody's code."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from ..api import init
from ..common.errors import DiptychError
from ..common.language import message
from ..common.spec import Array, Net
from ..detecting.images import Pixels
from ..stored import stored
from .features import Features, chosen, features
from .fitting import detector_of, fit_of, fitted

if TYPE_CHECKING:
    from ..opening.named import Asked, Named

SEED = 0
SEEDED = message("Random weights (seed 0): the maps show what random filters make, not what a trained network sees.")
"""What is said of a network that nobody trained."""

Opened = tuple[Net, Mapping[str, Array], str]
"""(network, canonical weights, what is said of them)."""


def with_weights(one: Named, wanted: Asked, weights: Path | None) -> Opened:
    """What was named, with the weights of a file, its own, or seeded ones.

    Raises DiptychError where a file is named for a model that is a file itself, and where its weights do not fit.
    """
    if one.result is not None:
        if weights is not None and one.model is None:
            raise DiptychError(f"{one.text} has weights of its own; leave out --weights")
        return (
            one.net,
            one.result.weights,
            message("The weights of {file}.", file=weights.name if weights else one.text),
        )
    return of_network(one.net, weights, _given(wanted), own=one.text.endswith(".json"))


def of_network(
    net: Net, weights: Path | None, options: Mapping[str, object] | None = None, *, own: bool = False
) -> Opened:
    """A network with the weights of a file, or seeded ones; of a registered one the file says the options, too.

    `own` says that it is somebody's own, whatever its name is. Raises DiptychError where the weights do not fit.
    """
    if weights is None:
        return net, init(net, SEED), SEEDED
    found, arrays = stored(net if own else net.name, weights, options or {})
    return found, arrays, message("The weights of {file}.", file=weights.name)


def see(
    opened: Opened, pixels: Pixels, patterns: Sequence[str], like: str | None, dtype: Literal["float64", "float32"]
) -> Features:
    """What both frameworks make of a photograph (H, W, 3) of bytes at the nodes that patterns name.

    `like` is a word of the source whose preprocessing fits the photograph. Raises DiptychError for what is no node, no
    such source, or an input that no photograph fits.
    """
    net, weights, said = opened
    paths = chosen(net, patterns)
    fit = None if detector_of(net) is not None and like is None else fit_of(net, like)
    images = fitted(net, pixels, fit)
    return Features(net, images[0], dtype, features(net, weights, images, paths, dtype), fit, said)


def _given(wanted: Asked) -> dict[str, object]:
    """The options that were asked for, as `read` takes them."""
    sizes = {"num_classes": wanted.num_classes, "in_channels": wanted.in_channels, "input_size": wanted.input_size}
    return {key: value for key, value in sizes.items() if value is not None} | dict(wanted.options)
