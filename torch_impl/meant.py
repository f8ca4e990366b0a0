"""What a Net means, as a model that is given: built in float64, and built again for images of other sizes."""

from __future__ import annotations

from collections.abc import Mapping

from ..common.rewriting.resized import resized
from ..common.spec import Array, Net
from .build import build
from .given import Given


class Meant(Given):
    """The module of a Net with weights by canonical names; several outputs have the paths of their nodes."""

    def __init__(self, net: Net, weights: Mapping[str, Array]) -> None:
        paths = net.shown_outputs
        names = paths if len(set(paths)) == len(paths) > 1 else ()
        super().__init__(build(net, weights, "float64", inplace=False), names=names)
        self.net, self.held = net, weights

    def meaning(self) -> tuple[Net, dict[str, Array]]:
        """What it was built of."""
        return self.net, dict(self.held)

    def at(self, height: int, width: int) -> Given | None:
        """The network for images of this size; None where it states a size itself, or has other weights there."""
        if self.net.input_shape[1:] == (height, width):
            return self
        found = resized(self.net, (height, width))
        return None if found is None else Meant(found, self.held)
