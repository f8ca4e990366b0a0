"""The loss of a detector's raw maps, by the rule that its `learning` is.

The meaning in NumPy; `torch_impl` and `tf_impl` have the same functions, whose gradients are equal, too.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..spec import Array
from . import bands, best_anchor, ratio, simota
from .checks import require_labels, require_learning
from .decode import joined
from .detector import Detector
from .learning import Bands, BestAnchor, Ratio, SimOTA, Terms

RULES: dict[type, Any] = {SimOTA: simota, Bands: bands, BestAnchor: best_anchor, Ratio: ratio}


def detection_loss(maps: Sequence[Array], labels: Array, detector: Detector) -> Terms:
    """The loss of a batch by the detector's rule: the total, and the weighted terms that it is the sum of.

    `labels` are (N, G, 5): class, x1, y1, x2, y2 in pixels of the input, with class -1 where there is no box; a class
    that there is not is one at which no logit is right, so check them before (`learning.checked_labels`). NaN in a map
    is NaN in the answer. Raises DiptychError for maps and labels that do not fit, and a detector without a rule.
    """
    rule = require_learning(detector)
    cells = joined(maps, detector)
    require_labels(labels.shape, cells[0].shape)
    found: Terms = RULES[type(rule)].loss(cells, labels.astype(cells[0].dtype), detector, rule)
    return found
