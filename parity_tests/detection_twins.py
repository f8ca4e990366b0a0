"""Runs a function of `detection` in NumPy and in both frameworks: as it is, compiled, and with a fault planted."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from diptych.common.spec import Array

ROOT = Path(__file__).parents[1]
TREES = {"numpy": "common", "torch": "torch_impl", "compiled": "torch_impl", "tf": "tf_impl", "graph": "tf_impl"}
TREES["xla"] = "tf_impl"
EAGER, QUICK = ("torch", "tf"), ("torch", "compiled", "tf", "graph")
LIMIT = 1e-12


def twin(side: str, module: str) -> ModuleType:
    """A module of `detection` for one side."""
    return importlib.import_module(f"diptych.{TREES[side]}.detection.{module}")


def run(side: str, function: Callable[..., Any], arrays: Sequence[Array], **options: Any) -> list[Array]:
    """The answers as arrays, of a function that is called with the side's own tensors."""

    def call(*tensors: Any) -> Any:
        return function(*tensors, **options)

    answer = _call(side, call, arrays)
    return [np.asarray(part) for part in (answer if isinstance(answer, tuple) else (answer,))]


def _call(side: str, call: Callable[..., Any], arrays: Sequence[Array]) -> Any:
    if side == "numpy":
        return call(*arrays)
    if TREES[side] == "torch_impl":
        import torch

        torch.compiler.reset()  # every case is one more form of the same function
        made: Any = torch.compile(call, fullgraph=True, backend="eager") if side == "compiled" else call
        return made(*(torch.tensor(array) for array in arrays))
    import tensorflow as tf

    made = call if side == "tf" else tf.function(call, jit_compile=side == "xla")
    return made(*(tf.constant(array) for array in arrays))


def gradients(side: str, function: Callable[..., Any], arrays: Sequence[Array]) -> list[Array]:
    """The gradients of the answer's sum."""
    if side == "torch":
        import torch

        ours = [torch.tensor(array, requires_grad=True) for array in arrays]
        return [part.numpy() for part in torch.autograd.grad(function(*ours).sum(), ours)]
    import tensorflow as tf

    theirs = [tf.Variable(array) for array in arrays]
    with tf.GradientTape() as tape:
        total = tf.reduce_sum(function(*theirs))
    return [np.asarray(part) for part in tape.gradient(total, theirs)]


def planted(side: str, module: str, right: str, wrong: str) -> ModuleType:
    """The module with one piece of its text replaced, which must be there once."""
    text = (ROOT / TREES[side] / "detection" / f"{module}.py").read_text("utf-8")
    assert text.count(right) == 1, f"{right!r} is {text.count(right)} times in {module}.py"
    faulty = ModuleType(f"diptych.{TREES[side]}.detection.{module}_faulty")
    faulty.__package__ = f"diptych.{TREES[side]}.detection"
    exec(compile(text.replace(right, wrong), f"{module}_faulty", "exec"), vars(faulty))  # noqa: S102 - our own text
    return faulty


def same(ours: Sequence[Array], theirs: Sequence[Array]) -> bool:
    """Whether all answers agree in type and shape, to LIMIT, with NaN and infinity in the same places."""
    return len(ours) == len(theirs) and all(
        a.dtype == b.dtype and a.shape == b.shape and np.allclose(a, b, rtol=LIMIT, atol=LIMIT, equal_nan=True)
        for a, b in zip(ours, theirs, strict=True)
    )
