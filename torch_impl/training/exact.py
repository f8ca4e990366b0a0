"""An optimiser that somebody gave, with what it keeps in the dtype of a copy of their model."""

from __future__ import annotations

from typing import Any

import torch


@torch.no_grad()
def widened(given: Any, dtype: str) -> Any:
    """The optimiser, itself a copy, with what it keeps in a dtype; a sum that has only begun is what was asked for."""
    kind = getattr(torch, dtype)
    for group in given.param_groups:
        for weight in group["params"]:
            state = given.state.get(weight, {})
            for name, value in state.items():
                if isinstance(value, torch.Tensor) and value.is_floating_point() and name != "step":
                    state[name] = value.to(kind)
            if type(given) is torch.optim.Adagrad and state and float(state["step"]) == 0:
                state["sum"].fill_(group["initial_accumulator_value"])
    return given
