"""Runs functions of `training` in NumPy and both frameworks, each with maps in its own order, and measures slopes."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any

import numpy as np
from detection_twins import TREES, gradients, run

from diptych.common.spec import Array

STEP = 1e-6


def twin(side: str, module: str) -> ModuleType:
    """A module of `training` for one side."""
    return importlib.import_module(f"diptych.{TREES[side]}.training.{module}")


def of(side: str, array: Array) -> Array:
    """Maps (N, C, H, W) in the order of a side; anything else as it is."""
    return array.transpose(0, 2, 3, 1) if TREES[side] == "tf_impl" and array.ndim == 4 else array


def back(side: str, array: Array) -> Array:
    """Maps of a side as (N, C, H, W)."""
    return array.transpose(0, 3, 1, 2) if TREES[side] == "tf_impl" and array.ndim == 4 else array


def answers(side: str, function: Callable[..., Any], arrays: Sequence[Array], **options: Any) -> list[Array]:
    """The answers in NumPy's order of a function that is called with the side's tensors."""
    return [back(side, part) for part in run(side, function, [of(side, array) for array in arrays], **options)]


def slopes(side: str, function: Callable[..., Any], arrays: Sequence[Array]) -> list[Array]:
    """The gradients of a sum that weighs every number of the answer differently, towards every array."""

    def weighed(*tensors: Any) -> Any:
        answer = function(*tensors)
        shape = tuple(map(int, answer.shape))
        if TREES[side] == "tf_impl":
            shape = (shape[0], shape[3], *shape[1:3])
        return answer * given(side, np.sin(np.arange(np.prod(shape))).reshape(shape))

    found = gradients(side, weighed, [of(side, array) for array in arrays])
    return [back(side, part) for part in found]


def measured(function: Callable[..., Any], arrays: Sequence[Array], which: int, place: tuple[int, ...]) -> float:
    """One number of the gradient of the same sum, by NumPy's meaning."""

    def total(move: float) -> float:
        moved = [array.copy() for array in arrays]
        moved[which][place] += move
        answer = function(*moved)
        return float((answer * np.sin(np.arange(answer.size)).reshape(answer.shape)).sum())

    return (total(STEP) - total(-STEP)) / (2 * STEP)


def given(side: str, array: Array) -> Any:
    """An array as a tensor of a framework; NumPy's stays one."""
    if side == "numpy":
        return array
    library = importlib.import_module("torch" if side == "torch" else "tensorflow")
    return (library.tensor if side == "torch" else library.constant)(of(side, array))
