"""Both models of a network with the same check weights, for tests that plant a fault in one of them."""

from __future__ import annotations

from typing import Any

from diptych import Net, build
from diptych.checking.proof import Precision
from diptych.common.weights import scrambled


def pair(net: Net, dtype: Precision = "float64") -> tuple[Any, Any]:
    weights = scrambled(net)
    return build(net, "torch", weights=weights, dtype=dtype), build(net, "tf", weights=weights, dtype=dtype)
