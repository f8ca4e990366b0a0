"""From the name of a layer, function or helper to the object itself."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import keras
from keras import layers, ops

from ..common.lowering import Lowering, Make
from . import parts

NAMESPACE = {"layers": layers, "ops": ops, "keras": keras}


def resolve(step: Make, lowering: Lowering) -> Any:
    """What a step is made with: of Keras itself, or of a file of `helpers`."""
    head, _, attribute = step.target.rpartition(".")
    if head:
        return getattr(NAMESPACE[head], attribute)
    homes = (import_module(f".helpers.{name}", __package__) for name in lowering.helpers)
    return next(getattr(home, step.target) for home in (*homes, parts) if hasattr(home, step.target))
