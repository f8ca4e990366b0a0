"""EfficientDet's detectors as data (Tan et al. 2020), for inputs whose sides are multiples of 128."""

from __future__ import annotations

from . import anchors
from .anchors import AnchorGrid
from .detector import Detector, Fit, Level, Suppression
from .learning import Bands, Learning

FIT = Fit("efficientdet", mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225))
AUTOML = Suppression(score=0.001, max_candidates=5000, per_class=False, best_only=True, sigma=0.5)
"""The authors' (google/automl, "global"): soft-NMS over the best classes of all boxes, which they cut nowhere."""
EFFDET = Suppression(iou=0.5, score=0.0, max_candidates=5000)
"""effdet's: the best 5,000 scores, of any class of a box, then greedy for each class."""


LEARNING = Bands()
RETINANET = Bands(negative=0.4, forced="anchor", gamma=2.0, overlap="distance", box=1.0, normaliser="image", eps=0.0)
"""How torchvision's RetinaNet learns, with anchors of the same form."""


def efficientdet(
    grid: AnchorGrid = anchors.EFFICIENTDET, suppression: Suppression = AUTOML, learning: Learning = LEARNING
) -> Detector:
    """A detector of these anchors."""
    strides = [2**level for level in range(grid.first, grid.last + 1)]
    levels = tuple(Level(stride, anchors.sizes(stride, grid)) for stride in strides)
    return Detector("efficientdet", levels, fit=FIT, suppression=suppression, learning=learning)


EFFICIENTDET = efficientdet()
"""D0 to D6."""
EFFICIENTDET_D7 = efficientdet(anchors.EFFICIENTDET_D7)
