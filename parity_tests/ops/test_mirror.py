"""The two implementations mirror each other: the same files, and the same functions with the same signatures."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from diptych.common.backend import Backend
from diptych.common.emission.helpers import helper_lines

ROOT = Path(__file__).parents[2]
TREES = ("torch_impl", "tf_impl")
ONE_SIDED = {
    "tf_impl": {
        "pads.py": "PyTorch's layers pad by themselves",
        "cloned.py": "a PyTorch module copies itself",
        "calls.py": "PyTorch has modes that see each function",
        "call_order.py": "PyTorch runs calls as they are written",
        "parts.py": "a PyTorch model is text with helpers of its own",
        "classes.py": "a PyTorch module of an emitted class has our names",
        "detector_artifact.py": "boxes inside of a program: of LiteRT and SavedModel",
        "lite.py": "LiteRT is TensorFlow's",
        "kept.py": "what is worked out for Keras's names of a network",
        "places.py": "a state dict has our names",
        "resized.py": "a PyTorch module states no size of its images",
        "resolve.py": "PyTorch's modules are made by running their text",
        "saved.py": "a state dict is saved without a model",
        "settings.py": "PyTorch's modules have their settings as attributes",
        "slots.py": "a state dict has our names and axes",
        "walk.py": "a torch module is compiled text, where a functional model is a graph",
    },
    "torch_impl": {
        "inplace.py": "Keras writes over nothing",
        "templates.py": "a Keras layer is not made twice from one",
        "meant.py": "one model of a network is enough as a third opinion",
    },
}
"""The files that one framework needs and the other does not, and why."""
ONE_SIDED_FUNCTIONS = {
    "build": {"compiled": "only PyTorch's model is compiled text", "unbuilt": "", "unfilled": "", "graph": ""},
    "features": {"is_built": "", "graph_of": "", "shared_variances": "PyTorch alone writes the unbiased variance"},
    "source": {
        "language_in_place": "Keras writes over nothing",
        "source_in_place": "Keras writes over nothing",
    },
    "state": {
        "state_of": "",
        "variables": "PyTorch's state dict has our names",
        "settle": "layers.Normalization keeps copies",
    },
    "backend": {"nchw": "PyTorch's order is ours", "like": ""},
    "detection.boxes": {"overlap": "TensorFlow makes one pass of what PyTorch runs op by op"},
    "importing.lines": {
        "all_frames": "torch.export keeps lines itself",
        "line_of": "",
        "lines_of": "",
        "noted": "a Keras model keeps no lines",
    },
    "given": {"path_of": "that of Keras is in classes.py"},
    "original": {"of_config": "a file of PyTorch's states no model"},
    "training.exact": {"exact": "PyTorch takes Python's numbers as they are"},
    "training.rates": {"own": "PyTorch's LambdaLR takes any rate"},
}
"""Public functions of mirrored files that serve one framework alone, named here so that none is missed."""
NUMPY_ALONE = {
    "anchors.py": "anchors are constants of a detector",
    "auto_anchor.py": "anchors are found before any framework",
    "beginning.py": "weights are drawn before any framework",
    "checks.py": "what is given is checked once for all",
    "detector.py": "a detector is data",
    "efficientdet.py": "a detector is data",
    "grid.py": "where the places are is constant",
    "learning.py": "how a detector learns is data",
    "letterbox.py": "an image comes before any framework",
    "limits.py": "what is given is checked once for all",
    "resample.py": "an image comes before any framework",
}
"""The files of `detection` that have no twin in either framework, and why."""
TEXT = ("helpers", "models")
"""Folders whose files are read as text: their functions are the frameworks' own."""


def files(tree: str, *folder: str) -> set[str]:
    return {path.name for path in (ROOT / tree).joinpath(*folder).glob("*.py")}


def mirrored() -> list[str]:
    """The modules, as dotted names below a tree, of which both trees have a file."""
    found = [{str(p.relative_to(ROOT / tree)) for p in (ROOT / tree).rglob("*.py")} for tree in TREES]
    both = sorted(path for path in found[0] & found[1] if path.split("/")[0] not in TEXT)
    return [
        path.removesuffix(".py").replace("/", ".").removesuffix(".__init__") for path in both if path != "__init__.py"
    ]


def public(tree: str, module: str) -> dict[str, Callable[..., Any]]:
    """The public functions that a module defines itself."""
    home = importlib.import_module(f"diptych.{tree}.{module}")
    found = {name: inspect.unwrap(f) for name, f in vars(home).items() if callable(f) and name[0] != "_"}
    return {name: f for name, f in found.items() if inspect.isfunction(f) and f.__module__ == home.__name__}


def parameters(function: Callable[..., Any]) -> list[tuple[str, Any, Any]]:
    """Name, kind and default of each parameter; the types are each framework's own."""
    return [(p.name, p.kind, p.default) for p in inspect.signature(function).parameters.values()]


def twins() -> Iterator[tuple[str, str]]:
    for module in mirrored():
        ours, theirs = (public(tree, module) for tree in TREES)
        yield from ((module, name) for name in ours if name in theirs)


def test_the_folders_hold_the_same_files() -> None:
    for tree, other in (TREES, TREES[::-1]):
        assert files(tree) - files(other) == set(ONE_SIDED[tree])
    for folder in ("helpers", "models", "ops", "functions", "detection", "training", "search"):
        assert files("torch_impl", folder) == files("tf_impl", folder)
    assert files("common", "detection") - files("tf_impl", "detection") == set(NUMPY_ALONE)
    for folder in ("ops", "functions"):
        assert {name for name in files("common", folder) if name[:2] == "__" or name[0] != "_"} == files(
            "tf_impl", folder
        )


@pytest.mark.parametrize(("module", "name"), list(twins()))
def test_twin_functions_have_the_same_signature(module: str, name: str) -> None:
    ours, theirs = (public(tree, module)[name] for tree in TREES)
    assert parameters(ours) == parameters(theirs)


@pytest.mark.parametrize("module", mirrored())
def test_every_public_function_has_a_twin_or_a_reason(module: str) -> None:
    ours, theirs = (public(tree, module) for tree in TREES)
    assert set(ours) ^ set(theirs) == set(ONE_SIDED_FUNCTIONS.get(module, {}))


@pytest.mark.parametrize("name", sorted(files("torch_impl", "helpers") - {"__init__.py"}))
def test_helpers_have_as_many_lines_on_either_side(name: str) -> None:
    ours, theirs = (helper_lines(ROOT / tree / "helpers", name.removesuffix(".py")) for tree in TREES)
    assert len(ours) == len(theirs)


def test_functions_on_outputs_mirror_their_meaning_in_numpy() -> None:
    folders = ("functions", "detection")
    names = [(folder, name) for folder in folders for name in files("tf_impl", folder) - {"__init__.py"}]
    values = ("adversarial.py", "clipping.py", "cross_norm.py", "drop_block.py", "loss_values.py", "rules.py")
    names += [("training", name) for name in values]
    names += [("search", "objective.py")]
    for folder, name in names:
        module = f"{folder}.{name.removesuffix('.py')}"
        own = ONE_SIDED_FUNCTIONS.get(module, {})
        meaning, *both = (
            {name: parameters(found) for name, found in public(tree, module).items() if name not in own}
            for tree in ("common", *TREES)
        )
        assert meaning
        assert both == [meaning, meaning]


def test_backends_answer_the_protocol() -> None:
    for tree in TREES:
        backend = importlib.import_module(f"diptych.{tree}.backend")
        for name in (name for name in vars(Backend) if not name.startswith("_")):
            assert parameters(getattr(backend, name)) == parameters(getattr(Backend, name))[1:], (tree, name)
