"""The emitted Keras file of a network: it needs keras alone."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from ..common.language import Language
from ..common.source import Source, emit
from ..common.spec import Net
from .ops import symbolic_form

RESERVED = frozenset(
    {"add", "input", "inputs", "layers", "losses", "metrics", "name", "output", "outputs", "path", "pop", "weights"}
)
"""Attributes of Keras layers and models that cannot hold a child."""


def _entry(name: str, made: str) -> str:
    """Built-in layers bear the name; blocks take none, and beside its padding a layer has no room for one."""
    if not made.startswith("layers."):
        return f"add({made})"
    return f'add({made[:-1]}{"" if made.endswith("()") else ", "}name="{name}"))'


def _method(inputs: list[str], several: bool) -> str:
    return f"call({', '.join(['self', *inputs])})"


LANGUAGE = Language(
    title="Keras",
    twin="PyTorch",
    form=symbolic_form,
    module="layers.Layer",
    root="keras.Model",
    sequence="Sequential",
    listed="Sequential({})",
    inline="Sequential([{}])",
    entry=_entry,
    lifted="layers.Lambda(lambda x: {})",
    method=_method,
    imports=(("import keras", ("keras",)), ("from keras import {}", ("Sequential", "layers", "ops"))),
    helpers=Path(__file__).parent / "helpers",
    reserved=RESERVED,
)


def source(net: Net, also: Iterable[str] = ()) -> Source:
    """Keras source of the network: classes of its blocks with a `call`."""
    return emit(net, LANGUAGE, also)
