"""The two implementations mirror each other: the same files, and the same functions with the same signatures."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from diptych.common.backend import Backend

ROOT = Path(__file__).parents[1]
ONE_SIDED = {"pads.py", "embedding.py"}
"""Keras has layers for padding, and for a fixed table of weights, that PyTorch's own layers do not need."""
SHARED = {"build": ["build"], "features": ["features_of", "observe"], "source": ["source"], "state": ["read", "write"]}
SHARED["keypoints"] = ["peaks", "keypoints"]
SHARED["backend"] = [name for name in vars(Backend) if not name.startswith("_")]


def files(tree: str) -> set[str]:
    return {path.name for path in (ROOT / tree).glob("*.py")}


def parameters(function: Callable[..., Any]) -> list[tuple[str, Any, Any]]:
    """Name, kind and default of each parameter; the types are each framework's own."""
    return [(p.name, p.kind, p.default) for p in inspect.signature(function).parameters.values()]


def test_the_folders_hold_the_same_files() -> None:
    assert files("tf_impl") - files("torch_impl") == ONE_SIDED
    assert files("torch_impl") - files("tf_impl") == {"inplace.py"}, "Keras writes over nothing"
    assert files("torch_impl/helpers") == files("tf_impl/helpers")
    assert files("torch_impl/models") == files("tf_impl/models")
    assert files("torch_impl/ops") == files("tf_impl/ops")
    assert files("common/ops") == files("tf_impl/ops")


@pytest.mark.parametrize(("module", "name"), [(module, name) for module, names in SHARED.items() for name in names])
def test_twin_functions_have_the_same_signature(module: str, name: str) -> None:
    ours, theirs = (importlib.import_module(f"diptych.{tree}.{module}") for tree in ("torch_impl", "tf_impl"))
    assert parameters(getattr(ours, name)) == parameters(getattr(theirs, name))


def test_backends_answer_the_protocol() -> None:
    for tree in ("torch_impl", "tf_impl"):
        backend = importlib.import_module(f"diptych.{tree}.backend")
        for name in SHARED["backend"]:
            assert parameters(getattr(backend, name)) == parameters(getattr(Backend, name))[1:], (tree, name)
