"""`diptych.save`: a network and its weights in one file, which is all that it takes to read them again."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .common.compare import same_bits
from .common.errors import DiptychError, FileError
from .common.registry import spec
from .common.spec import Net
from .common.weights import checked
from .files import format_of, read, write_content
from .files.atomic import replacing
from .files.content import Content


def save(net: Net | str, weights: Mapping[str, Any], path: str | Path, *, force: bool = False) -> Path:
    """Write a network with its canonical weights as one .safetensors file, whose metadata has the network itself.

    `diptych.read` gives both back, and the command line takes the file wherever a network is named. Raises WeightsError
    where the weights do not fit, FileError where the file cannot be written; nothing partial is left.
    """
    net, destination = spec(net) if isinstance(net, str) else net, Path(path)
    if format_of(destination).name != "safetensors":
        raise FileError(f"{destination}: a network and its weights are kept in one .safetensors file; name it so")
    arrays = checked(net, weights)
    with replacing(destination, force) as staged:
        write_content(staged, Content(net, arrays, whole=True))
        back = read(staged)
        worst = same_bits(arrays, back.view(net))
        if worst.first or back.net != net:
            raise DiptychError(f"{destination} was not written: read back, it is another network; please report it")
    return destination
