"""The weights of a file for a network that is named, as `build(..., weights="in.pth")` takes them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .common.errors import DiptychError
from .common.registry import network, registered
from .common.spec import Net
from .common.spoken_options import PRETRAINED
from .common.text import NAME, printable
from .common.weights import Weights, checked


def stored(net: Net | str, weights: str | os.PathLike[str], options: Mapping[str, Any]) -> tuple[Net, Weights]:
    """(network, canonical weights) of a file: the network has the options that are given, and those the file implies.

    Raises DiptychError for what is no file of this network, with the library to get weights from for "imagenet".
    """
    from .files import source_format
    from .reading import read

    path = Path(weights)
    shown = printable(repr(str(path)), NAME)
    if not path.exists() and (isinstance(weights, str) and not path.suffix):
        raise DiptychError(f"weights={shown} is no file: {PRETRAINED}")
    source_format(path)  # which says what is wrong with a path
    if isinstance(net, Net) and not registered(net.name):
        if options:
            raise DiptychError(f"build got {', '.join(options)} with a Net, whose options are fixed")
        from .files import read as checkpoint

        return net, checked(net, checkpoint(path).named(net), shown)
    name = net.name if isinstance(net, Net) else network(net).name
    given = dict(net.options) if isinstance(net, Net) else dict(options)
    found = read(path, network=name, **given)
    if isinstance(net, Net) and found.net != net:
        raise DiptychError(
            f"{shown} holds {_said(found.net)}, not {_said(net)}; build it by its name, with these weights"
        )
    return found.net, dict(found.weights)


def _said(net: Net) -> str:
    return net.name + "".join(f", {key}={value}" for key, value in net.options)
