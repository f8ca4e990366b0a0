"""Standardisation of an image by fixed statistics as layers.Normalization, which learns them in `adapt`."""

from __future__ import annotations

from ...common.form import Form, Make, Slot
from ...common.ops.standardize import Standardize
from ...common.spec import Shape


def standardize(op: Standardize, x: Shape) -> Form:
    """layers.Normalization()."""
    slots = (Slot("mean", "adapt_mean", "C"), Slot("variance", "adapt_variance", "C"))
    return Form((Make("layers.Normalization"),), slots=slots, helpers=("standardize",))
