"""Training that is the same in both frameworks: optimisers, schedules and losses from one description.

>>> from diptych import training
>>> rule = training.SGD(rate=training.Cosine(0.1, steps=100), momentum=0.9, weight_decay=1e-4, exclude=("vectors",))
>>> round(rule.schedule.at(50), 3)
0.05
"""

from __future__ import annotations

from ..common.detection.beginning import detector_start
from ..common.detection.learning import padded_labels
from ..common.training.clipping import Clip
from ..common.training.losses import Binary, CrossEntropy, DetectionLoss, Focal, Loss, MeanSquares
from ..common.training.matched import Matched, MatchedLoss
from ..common.training.named import OPTIMISERS
from ..common.training.named import optimiser as described
from ..common.training.optimisers import LAMB, SGD, Adagrad, Adam, Optimiser, RMSprop
from ..common.training.rates import Constant, Cosine, Exponential, Schedule, Step, WarmUp
from ..common.training.state import State
from .door import freeze_norms, loss, match_variance, optimiser, restore, state
from .drawn_shapes import shapes

__all__ = [
    "LAMB",
    "OPTIMISERS",
    "SGD",
    "Adagrad",
    "Adam",
    "Binary",
    "Clip",
    "Constant",
    "Cosine",
    "CrossEntropy",
    "DetectionLoss",
    "Exponential",
    "Focal",
    "Loss",
    "Matched",
    "MatchedLoss",
    "MeanSquares",
    "Optimiser",
    "RMSprop",
    "Schedule",
    "State",
    "Step",
    "WarmUp",
    "described",
    "detector_start",
    "freeze_norms",
    "loss",
    "match_variance",
    "optimiser",
    "padded_labels",
    "restore",
    "shapes",
    "state",
]
