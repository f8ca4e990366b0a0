"""Two models read again for images of another size: code may be another network there, which no Net of one says."""

from __future__ import annotations

from dataclasses import replace

from ..common.errors import DiptychError
from ..common.importing.imported import Imported
from .pair import Pair
from .sides import Images, Side, read_side


def read_at(pair: Pair, images: Images) -> Pair | None:
    """The pair with what is read of both for images of this size; None where one cannot be."""
    try:
        one, other = (_read(side, images) for side in pair.both)
    except DiptychError:
        return None
    return Pair(one, other, [images], pair.names, pair.by_weights)


def _read(side: Side, images: Images) -> Side:
    given = side.exact.at(*images.shape[1:])
    if given is None:
        raise DiptychError(f"{side.label} takes no images of this size")
    known = given.meaning()
    read = Imported(*known) if known else read_side(given, images.shape)
    return replace(side, given=given, wide=given if given.dtype == "float64" else None, read=read)
