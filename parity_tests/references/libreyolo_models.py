"""libreyolo's reader of Darknet's configurations (MIT): the graphs of the YOLOs, without the rest of that library."""

from __future__ import annotations

import functools
import importlib
import importlib.util
import sys
from collections.abc import Callable, Mapping
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any

import torch


def made(name: str, **arguments: Any) -> torch.nn.Module:
    """The network of a configuration that libreyolo brings; raises ModuleNotFoundError where it is not installed."""
    model: torch.nn.Module = _reader()(name, **arguments)
    return model


def loaded(name: str, path: Path, **arguments: Any) -> torch.nn.Module:
    """The same network with the numbers of a .weights file, as its own reader takes them, in float64.

    Its variances are made those with which its normalisation is ours.
    """
    model = made(name, **arguments)
    importlib.import_module("libreyolo.models.darknet").load_darknet_weights_file(model, path)
    model = model.double()
    model.load_state_dict(with_its_variances(model.state_dict()), strict=False)
    return model.eval()


def saved(model: torch.nn.Module) -> bytes:
    """A .weights file of its network, as its own writer makes it."""
    found: bytes = importlib.import_module("libreyolo.models.darknet").save_darknet_weights(model)
    return found


@functools.cache
def _reader() -> Callable[..., Any]:
    """Its function for that. Its packages import a hundred models and what these need, and so are passed over."""
    found = importlib.util.find_spec("libreyolo")
    if found is None or found.submodule_search_locations is None:
        raise ModuleNotFoundError("libreyolo is not installed: `make setup` installs what the tests compare with")
    for package, folder in (("libreyolo", ""), ("libreyolo.models", "/models")):
        module = ModuleType(package)
        module.__path__ = [f"{found.submodule_search_locations[0]}{folder}"]
        module.__spec__ = ModuleSpec(package, None, origin=found.origin, is_package=True)
        module.__spec__.submodule_search_locations = list(module.__path__)  # others ask where the package stands
        sys.modules[package] = module
    build: Callable[..., Any] = importlib.import_module("libreyolo.models.darknet").build_darknet
    return build


def with_its_variances(state: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Our state with the variances that make its normalisation ours: sqrt(v) + 1e-6 there is sqrt(v + 1e-5) here.

    It keeps no count of batches.
    """
    kept = {name: tensor for name, tensor in state.items() if not name.endswith("num_batches_tracked")}
    return {
        name: (torch.sqrt(tensor + 1e-5) - 1e-6) ** 2 if name.endswith("running_var") else tensor
        for name, tensor in kept.items()
    }
