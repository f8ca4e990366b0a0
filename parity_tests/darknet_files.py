"""Darknet's files for tests: configurations and weights that installed packages bring, and files of our own making."""

from __future__ import annotations

import importlib.util
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from diptych.common.registry import spec
from diptych.common.spec import Array, Net
from diptych.common.weights import scrambled
from diptych.files import write

NETWORKS = {
    "yolov3": "yolov3",
    "yolov3_spp": "yolov3-spp",
    "yolov3_tiny": "yolov3-tiny",
    "yolov4": "yolov4",
    "yolov4_tiny": "yolov4-tiny",
}
"""Our name -> the name of Darknet's own configuration."""
HEADER = (0, 2, 5, (1 << 40) + 3)


def packaged(package: str, *parts: str) -> Path:
    """A file of an installed package, of which nothing is imported; raises ModuleNotFoundError without it."""
    found = importlib.util.find_spec(package)
    if found is None or not found.submodule_search_locations:
        raise ModuleNotFoundError(f"{package} is not installed: `make setup` installs what the tests compare with")
    path = Path(found.submodule_search_locations[0], *parts)
    assert path.is_file(), path
    return path


def official(name: str) -> Path:
    """Darknet's own .cfg of a name of its own, as libreyolo brings it."""
    return packaged("libreyolo", "models", "darknet", "cfgs", f"{name}.cfg")


def small(classes: int = 1, **options: Any) -> Net:
    """The network of the fewest numbers, 24 MB of them."""
    return spec("yolov4_tiny", num_classes=classes, **options)


def written(
    path: Path, net: Net, arrays: Mapping[str, Array] | None = None, header: Mapping[str, int] | None = None
) -> Path:
    """A .weights file of a network that diptych writes, with seeded weights where none are given."""
    record = {"carried": {"darknet": dict(header)}} if header else {}
    write(path, net, scrambled(net) if arrays is None else arrays, {}, record=record)
    return path


def by_hand(path: Path, net: Net) -> Path:
    """A file as Darknet writes it: its own header, and the numbers of each convolution, one after the other."""
    weights = scrambled(net)
    parts = [struct.pack("<3iQ", *HEADER)]
    for node in net.nodes:
        if node.kind == "conv":
            before = node.path.rpartition(".")[0]
            norm = [f"{before}.bn.{kind}" for kind in ("bias", "weight", "running_mean", "running_var")]
            names = [f"{node.path}.bias"] if f"{node.path}.bias" in weights else norm
            parts += [weights[name].astype("<f4").tobytes() for name in (*names, f"{node.path}.weight")]
    path.write_bytes(b"".join(parts))
    return path


def numbers(path: Path, start: int = 20) -> Array:
    """What stands behind the header of a file."""
    found: Array = np.frombuffer(path.read_bytes()[start:], "<f4")
    return found
