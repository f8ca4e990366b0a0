"""Functions of TensorFlow that code calls on a value of Keras's graph: each becomes a step of it.

Keras 3 refuses them there, while people write `tf.pad` and `tf.nn.relu` in layers of their own. TensorFlow asks others
about a call that it cannot make itself. The steps have the names that Keras 2 wrote down for such calls.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import keras
from tensorflow.python.util import dispatch, tf_export

SHAPES = ("rank", "shape", "size")
"""Functions that say how large a value is: a graph for every size has no such numbers."""
OLD = "compat.v1."
"""How the names begin of functions that others are made of."""
_open: list[bool] = []


def _made(function: Callable[..., Any], name: str) -> keras.Operation:
    """The function as a step of a graph; in a config it is what Keras 2 called it."""

    class TFOpLambda(keras.Operation):  # type: ignore[misc, unused-ignore]
        def call(self, *args: Any, **named: Any) -> Any:
            return function(*args, **named)

        def get_config(self) -> dict[str, Any]:
            return {"name": self.name, "function": name, "trainable": False, "dtype": None}

    TFOpLambda.__module__ = "keras"
    short = name.rpartition(".")[2]
    return TFOpLambda(name=keras.src.utils.naming.auto_name(short))


class _Symbols(dispatch.GlobalOpDispatcher):  # type: ignore[misc, unused-ignore]
    """Asked by TensorFlow about every call that it cannot make; says nothing but while a model is read."""

    def handle(self, op: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
        name = tf_export.get_canonical_name_for_symbol(op, add_prefix_to_v1_names=True) if _open else None
        if not name or name.startswith(OLD) or name in SHAPES or not _symbolic((args, kwargs)):
            return self.NOT_SUPPORTED
        named = {key: value for key, value in kwargs.items() if value is not None and key != "name"}
        if not args:  # a function that is generated has all by their names
            (_, first), *rest = named.items()
            args, named = (first,), dict(rest)
        return _made(op, name)(*args, **named)


def _symbolic(given: Any) -> bool:
    return any(isinstance(item, keras.KerasTensor) for item in keras.tree.flatten(given))


_Symbols().register()


@contextmanager
def dispatched() -> Iterator[None]:
    """With functions of TensorFlow that take values of a graph of Keras."""
    _open.append(True)
    try:
        yield
    finally:
        _open.pop()
