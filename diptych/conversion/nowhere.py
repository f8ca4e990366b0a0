"""What is said of a conversion without a destination, and of what is no path."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from .. import backends
from ..common.errors import DiptychError


def path_of(source: Any) -> Path:
    """The path that was given; raises DiptychError for anything else."""
    if isinstance(source, str | os.PathLike):
        return Path(source)
    advice = "; diptych.read(model, example) reads one" if backends.is_model(source) else ""
    raise DiptychError(f"identify takes the path of a file, not a value of type {type(source).__name__}{advice}")


def nowhere(src: Any) -> str:
    """The call that says where to write, and the one that makes a model in memory."""
    if isinstance(src, str | os.PathLike):
        path = Path(src)
        place = path.with_suffix(".pth" if path.suffix.lower() in (".keras", ".h5", ".hdf5") else ".keras")
        return (
            f"say where to write: diptych.convert({str(path)!r}, {str(place)!r}); for a model in memory, "
            f"net, weights = diptych.read({str(path)!r}), and then diptych.build(net, 'tf', weights=weights)"
        )
    torch = backends.is_model(src) and backends.framework_of(src) == "torch"
    example, other, side = (", example=images", "out.keras", "tf") if torch else ("", "out.pth", "torch")
    return (
        f"say where to write: diptych.convert(model, {other!r}{example}); for a model in memory, net, weights = "
        f"diptych.read(model{', images' if torch else ''}), and then diptych.build(net, {side!r}, weights=weights)"
    )
