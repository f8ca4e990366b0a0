"""Logistic function."""

from __future__ import annotations

from ...common.form import Form, Make
from ...common.ops.sigmoid import Sigmoid
from ...common.spec import Shape


def sigmoid(op: Sigmoid, x: Shape) -> Form:
    """nn.Sigmoid() in a chain, torch.sigmoid elsewhere."""
    return Form((Make("nn.Sigmoid"),), function="torch.sigmoid({0})")
