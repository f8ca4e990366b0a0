"""Descriptions of training as plain data, for JSON and for the config of an optimiser, and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from ..detection.detector import Detector, Fit, Level, Suppression
from ..detection.learning import Bands, BestAnchor, Ratio, SimOTA
from ..errors import DiptychError
from .clipping import Clip
from .losses import Binary, CrossEntropy, DetectionLoss, Focal, MeanSquares
from .optimisers import LAMB, SGD, Adagrad, Adam, RMSprop
from .rates import Constant, Cosine, Exponential, Step, WarmUp

KINDS: Mapping[str, Any] = {
    kind.__name__: kind
    for kind in (
        *(SGD, Adam, RMSprop, Adagrad, LAMB),
        *(Constant, Step, Cosine, Exponential, WarmUp),
        *(CrossEntropy, Binary, Focal, MeanSquares, DetectionLoss, Clip),
        *(Detector, Level, Fit, Suppression, SimOTA, Bands, BestAnchor, Ratio),
    )
}


def as_data(item: Any) -> Any:
    """A description as plain data.

    >>> as_data(Clip(1.0))
    {'kind': 'Clip', 'most': 1.0, 'over': 'all', 'eps': 1e-06}
    """
    if is_dataclass(item) and not isinstance(item, type):
        return {"kind": type(item).__name__} | {f.name: as_data(getattr(item, f.name)) for f in fields(item)}
    return [as_data(value) for value in item] if isinstance(item, (tuple, list)) else item


def from_data(data: Any) -> Any:
    """The description that data is of; raises DiptychError for a kind that there is not.

    >>> from_data(as_data(SGD(rate=Step(0.1, (3,)))))
    SGD(rate=Step(rate=0.1, milestones=(3,), factor=0.1), weight_decay=0.0, decay='coupled', exclude=(), clip=None, \
accumulate=1, average=None, momentum=0.0, nesterov=False, dampening=0.0, velocity='outside')
    """
    if isinstance(data, Mapping):
        kind = str(data.get("kind"))
        if kind not in KINDS:
            raise DiptychError(f"there is no description of the kind {kind!r}")
        return KINDS[kind](**{name: from_data(value) for name, value in data.items() if name != "kind"})
    return tuple(map(from_data, data)) if isinstance(data, (list, tuple)) else data
