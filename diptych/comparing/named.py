"""What is compared, from what a person gives: models, or one model and the name of a registered network."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, Literal

from .. import backends
from ..api import build
from ..common.errors import DiptychError
from ..common.registry import network
from ..opening.code import is_model, made_by
from ..opening.models import opened
from ..opening.named import Asked, is_own
from .sides import shape_of

Weights = Literal["as-is", "transfer"]


def models_of(
    one: Any, other: Any, example: Any, weights: Weights | None, options: Mapping[str, Any]
) -> tuple[tuple[Any, Any], Weights]:
    """Both models, and whether the weights of the first go into the second.

    A name is built in the framework of the other side, for its images and its number of classes, and has no weights of
    its own: those of the model go into it, so that the model comes first. A function without arguments, or a class, is
    called for its model, and one of Keras that has no weights yet is called once with an image of the example's size.
    """
    one, other = (_with_weights(given, _made(given), example) for given in (one, other))
    if isinstance(one, str) and isinstance(other, str):
        raise DiptychError(
            f"{one} and {other} are names of networks, not models; `diptych table {one} --compare {other}` holds the "
            "networks to each other"
        )
    if not isinstance(one, str) and not isinstance(other, str):
        if options:
            raise DiptychError(
                f"{', '.join(options)}: options are for a registered network, and neither model is named as one"
            )
        return (one, other), weights or "as-is"
    if weights == "as-is":
        raise DiptychError('a registered network has no weights of its own; leave out weights="as-is"')
    name, model = (one, other) if isinstance(one, str) else (other, one)
    return (model, _built(name, model, example, options)), "transfer"


def _made(given: Any) -> Any:
    """A model or a name as it is; of anything else that can be called, the model that it gives."""
    if isinstance(given, str | os.PathLike):
        return opened(str(given), Asked()) if is_own(str(given)) else given
    if is_model(given) or not callable(given):
        return given
    return made_by(getattr(given, "__qualname__", type(given).__name__), given)


def _with_weights(given: Any, model: Any, example: Any) -> Any:
    """A model that was made here, with its weights."""
    own = model is not given and is_model(model) and backends.framework_of(model) == "tf"
    if own and not model.built and example is not None:
        from ..tf_impl.classes import called_once

        called_once(model, shape_of((model,), example))
    return model


def _built(name: str, model: Any, example: Any, given: Mapping[str, Any]) -> Any:
    channels, height, width = shape_of((model,), example)
    options: dict[str, Any] = {"in_channels": channels, "input_size": (height, width)}
    if (classes := _classes(model)) is not None:
        options["num_classes"] = classes
    return build(network(name).trace(**{**options, **given}), backends.framework_of(model))


def _classes(model: Any) -> int | None:
    """The number of classes of a model that says it: a Keras model, or the last linear layer of a module."""
    shape = getattr(model, "output_shape", None)
    if isinstance(shape, tuple) and len(shape) == 2:
        return int(shape[1])
    widths = [layer.out_features for layer in getattr(model, "modules", list)() if hasattr(layer, "out_features")]
    return int(widths[-1]) if widths else None
