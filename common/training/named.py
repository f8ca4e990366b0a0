"""Optimisers by name: PyTorch's rules under their plain names, those of another library with a dotted suffix."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ..errors import DiptychError
from ..spec import near
from .optimisers import LAMB, SGD, Adagrad, Adam, Optimiser, RMSprop

OPTIMISERS: Mapping[str, Optimiser] = {
    "sgd": SGD(momentum=0.9),
    "sgd.keras": SGD(momentum=0.9, velocity="inside", decay="decoupled"),
    "nesterov": SGD(momentum=0.9, nesterov=True),
    "nesterov.keras": SGD(momentum=0.9, nesterov=True, velocity="inside", decay="decoupled"),
    "adam": Adam(),
    "adam.keras": Adam(eps=1e-7, eps_at="uncorrected", decay="decoupled"),
    "adamw": Adam(weight_decay=0.01, decay="decoupled"),
    "adamw.keras": Adam(weight_decay=0.004, decay="decoupled", eps=1e-7, eps_at="uncorrected"),
    "rmsprop": RMSprop(),
    "rmsprop.keras": RMSprop(rate=0.001, rho=0.9, eps=1e-7, eps_at="inside", velocity="inside", decay="decoupled"),
    "rmsprop.tf1": RMSprop(rho=0.9, eps=1e-3, eps_at="inside", momentum=0.9, velocity="inside", first=1.0),
    "adagrad": Adagrad(),
    "adagrad.keras": Adagrad(rate=0.001, first=0.1, eps=1e-7, eps_at="inside", decay="decoupled"),
    "lamb": LAMB(decay="decoupled"),
    "lamb.paper": LAMB(weight_decay=0.01),
}


def optimiser(name: str | Optimiser, **fields: Any) -> Optimiser:
    """The optimiser of a name, with other values of its fields; raises DiptychError for what there is not.

    >>> optimiser("sgd", rate=0.1).momentum
    0.9
    """
    if isinstance(name, str) and name.lower() not in OPTIMISERS:
        raise DiptychError(f"there is no optimiser {name!r}; {near(name.lower(), list(OPTIMISERS))}")
    found = OPTIMISERS[name.lower()] if isinstance(name, str) else name
    if not isinstance(found, Optimiser):
        raise DiptychError(f"expected the name of an optimiser or a description of one, got {type(found).__name__}")
    unknown = [field for field in fields if field not in vars(found)]
    if unknown:
        raise DiptychError(f"{type(found).__name__} has no {unknown[0]!r}; it has {', '.join(vars(found))}")
    return replace(found, **fields)
