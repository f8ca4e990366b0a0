"""The anchors of a detector as another library's state dict has them: no output depends on them, but boxes do."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from .errors import FileError

if TYPE_CHECKING:
    from .detection.detector import Detector
    from .spec import Array


@dataclass(frozen=True)
class AnchorBuffer:
    """An array of anchors: `name` and `shape` there, with levels first and (width, height) last.

    It is in pixels of the input, or with `in_cells` in cells, so that each level is divided by its stride. `detector`
    is that of the network, whose own anchors these may be.
    """

    name: str
    shape: tuple[int, ...]
    detector: Detector
    in_cells: bool = False

    def array(self, detector: Detector, dtype: Any) -> Array:
        """What is written for a detector with these levels and as many anchors."""
        import numpy as np

        pixels = np.array([level.anchors for level in detector.levels], float)
        return (pixels / self._units(pixels.ndim)).reshape(self.shape).astype(dtype)

    def read(self, array: Array, where: str) -> Detector | None:
        """The detector with a file's anchors, None where they are not as many; raises FileError for no anchors."""
        import numpy as np

        ours = np.array([level.anchors for level in self.detector.levels], float)
        if array.size != ours.size:
            return None
        pixels = array.astype(float).reshape(ours.shape) * self._units(ours.ndim)
        if not (np.isfinite(pixels) & (pixels > 0)).all():
            low, high = array.min(), array.max()
            raise FileError(
                f"{where}: {self.name} holds no anchors, which are widths and heights above 0: its numbers are from "
                f"{low:g} to {high:g}; save the weights again"
            )
        pairs = zip(self.detector.levels, pixels.tolist(), strict=True)
        levels = tuple(replace(level, anchors=tuple((w, h) for w, h in anchors)) for level, anchors in pairs)
        return replace(self.detector, levels=levels)

    def said(self, found: Detector | None, size: int) -> str:
        """What is noted of an array of so many numbers that was read as these anchors."""
        own = _shown(self.detector)
        if found is None:
            there = sum(len(level.anchors) for level in self.detector.levels)
            return f"{self.name} is left out: it has {size} numbers, where the detector has {there} anchors"
        if _shown(found) == own:
            return f"{self.name} has the detector's own anchors, {own}: no weights of the network"
        at = ", ".join(str(level.stride) for level in found.levels)
        return (
            f"{self.name} has other anchors than the detector's own; they travel with the weights, and boxes are "
            f"decoded with {_shown(found)} (width,height in pixels at stride {at}), not with {own}"
        )

    def _units(self, axes: int) -> Array:
        """Pixels to a unit of each level, to be multiplied with an array of so many axes."""
        import numpy as np

        strides = [level.stride if self.in_cells else 1 for level in self.detector.levels]
        return np.array(strides, float).reshape(-1, *(1,) * (axes - 1))


def _shown(detector: Detector) -> str:
    rows = (" ".join(f"{width:.6g},{height:.6g}" for width, height in level.anchors) for level in detector.levels)
    return "; ".join(rows)
