"""The layers that a Keras file states in its config, by name; nothing is made of them."""

from __future__ import annotations

from typing import Any

from ..common.errors import FileError
from . import bounded_json
from .border import reason

LIMIT = 1 << 26
"""Bytes of text that any model needs at most."""
NAME = 1000
"""Characters of a name at most, with those of the models that a layer lies in."""


def stated(data: bytes | str, where: str) -> tuple[dict[str, Any] | None, dict[str, Any] | None]:
    """(the config, layer name -> its entry) of a config as JSON; raises FileError where it is not that of a model.

    None for a model of a class of its own, which says nothing of its layers.
    """
    try:
        config = bounded_json.loads(data)
    except ValueError as error:
        raise FileError(f"{where} is not that of a Keras model of layers ({reason(error)})") from None
    return (None, None) if _is_class(config) else (config, entries(config, where))


def _is_class(config: Any) -> bool:
    """Whether a config is that of a registered class, with its arguments in place of layers."""
    inside = config.get("config") if isinstance(config, dict) else None
    return isinstance(inside, dict) and "layers" not in inside and bool(config.get("registered_name"))


def entries(model: Any, where: str) -> dict[str, Any]:
    """Layer name -> its entry in the config of a model, "outer/inner" for layers inside one; raises FileError."""
    found: dict[str, Any] = {}
    try:
        _collect(model["config"], "", found)
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
        raise FileError(f"{where} is not that of a Keras model of layers ({reason(error)})") from None
    return found


def _collect(config: Any, outer: str, found: dict[str, Any]) -> None:
    """Add the entries of a model's layers; a wrapper such as TimeDistributed has one inner layer, under `layer`."""
    layers = config if isinstance(config, list) else config["layers"]  # a list: Sequential before Keras 2.2.3
    if not isinstance(layers, list):
        raise TypeError("its layers are no list")
    for entry in layers:
        inside = entry["config"]
        own = inside["name"] if isinstance(inside, dict) and "name" in inside else entry["name"]
        if not isinstance(own, str) or not isinstance(entry.get("class_name", ""), str):
            raise TypeError(f"a layer is named {own!r:.80}")
        name = f"{outer}{own}"
        if len(name) > NAME:
            raise ValueError(f"a name has {len(name)} characters")
        if name in found:
            raise ValueError(f"two layers are named {name!r:.80}")
        found[name] = entry
        if isinstance(inside, list) or isinstance(inside.get("layers"), list):
            _collect(inside, f"{name}/", found)
        elif isinstance(inside.get("layer"), dict):
            _collect([inside["layer"]], f"{name}/", found)
