"""Reports as a comparison would give them, without models."""

from __future__ import annotations

from diptych.checking.report import Gate
from diptych.comparing.report import Comparison

SAME = Gate("outputs", True, 1e-15, 1e-10, "output [3x9x8 batch 1, in float64]", "", 9)
WRONG = Gate("nodes", False, 4.9e-4, 1e-10, "norm", "eps, 0.001 in PyTorch and 1e-05 in TensorFlow", 2,
             cause="slope, 0.0 in A and 0.1 in B")  # fmt: skip
OPEN = Gate("training", detail="outputs show nothing")
COUNT = Gate("parameters", True, 0.0, 0.0, "", "", 8)
INFINITE = Gate("gradients", False, float("inf"), 0.0, "the loss", "it cannot be trained", 1)


def comparison(*gates: Gate, unsure: tuple[str, ...] = ()) -> Comparison:
    return Comparison("PyTorch and TensorFlow", gates, ("3x9x8 batch 1",), seconds=1.5, unsure=unsure)
