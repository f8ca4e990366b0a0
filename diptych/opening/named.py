"""The one place that turns what a person names into a network."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .. import backends
from ..common.errors import DiptychError
from ..common.language import message
from ..common.registry import network
from ..common.spec import Net
from .code import is_code, model_of, shown
from .specs import is_spec, net_of

if TYPE_CHECKING:
    from ..common.importing.imported import Imported

LARGEST, NUMBERS = 1 << 16, 1 << 28
"""The longest axis of an example, and its numbers, at most."""


@dataclass(frozen=True)
class Asked:
    """What is asked beside a name: the options of a registered network, or the size of the images of another.

    `example` is the shape of a batch as the model takes it: (N, C, H, W) in PyTorch, (N, H, W, C) in Keras. `one_size`
    reads a module as it is at that size.
    """

    num_classes: int | None = None
    in_channels: int | None = None
    input_size: int | tuple[int, int] | None = None
    options: Mapping[str, str] = field(default_factory=dict)
    example: tuple[int, ...] | None = None
    one_size: bool = False

    def refuse_own(self, text: str) -> None:
        """Raise DiptychError for what only a model of somebody's own takes, of a registered network."""
        if self.example is not None:
            raise DiptychError(
                message(
                    "--example is for models of your own; of {text}, a registered network, say --input-size and "
                    "--in-channels",
                    text=text,
                )
            )
        if self.one_size:
            raise DiptychError(
                message("--one-size is for models of your own; {text}, a registered network, takes any size", text=text)
            )

    @property
    def size(self) -> tuple[int, int] | None:
        """(height, width) of the images."""
        given = self.input_size
        return (given, given) if isinstance(given, int) else given


@dataclass(frozen=True)
class Named:
    """A network that was named: `result` is what was read of a file or a model, and None for a registered network.

    `model` is what somebody's code gave, `example` the batch that it was read with.
    """

    text: str
    net: Net
    result: Imported | None = None
    model: Any = None
    example: Any = None


def named(text: str, asked: Asked | None = None) -> Named:
    """The network of a registered name, of a file of a model or a spec, or of FILE.py:FUNCTION, whose code is run.

    A registered name comes first: a file of such a name is named with its folder, as ./NAME. Raises DiptychError for
    what is none of these, and for options that it does not take.
    """
    asked = asked or Asked()
    if is_spec(text):
        if asked != Asked():
            raise DiptychError(
                message("{text} is a network with all its sizes; leave out the options", text=shown(text))
            )
        return Named(text, net_of(text))
    if _is_file(text):
        from ..reading import read

        _check_own(text, asked)
        example = example_of(asked, "tf")
        result = read(Path(text), example, one_size=asked.one_size)
        return Named(text, result.net, result, example=example)
    if is_code(text):
        return of_model(text, model_of(text), asked)
    asked.refuse_own(shown(text))
    found = network(text)
    return Named(text, found.trace(asked.num_classes, asked.in_channels, asked.input_size, **asked.options))


def of_model(text: str, model: Any, asked: Asked) -> Named:
    """The network of a model, which a text names."""
    from ..reading import read

    example = example_for(text, model, asked)
    result = read(model, example, one_size=asked.one_size)
    return Named(text, result.net, result, model, example)


def example_for(text: str, model: Any, asked: Asked) -> Any:
    """The batch that a model is read with, None for a Keras model of which nobody says a size."""
    _check_own(text, asked)
    framework = backends.framework_of(model)
    example = example_of(asked, framework)
    if example is None and framework == "torch":
        raise DiptychError(
            message(
                "{text} is a PyTorch module, which does not say what it takes; say it with --example "
                "1x3x224x224 (a batch, channels, height, width) or --input-size 224",
                text=shown(text),
            )
        )
    return example


def example_of(asked: Asked, framework: str) -> Any:
    """The batch of images that is asked for, in the order of a framework; None where no size is."""
    shape = asked.example
    if shape is None and asked.size is None:
        return None
    if shape is None:
        channels, (height, width) = asked.in_channels or 3, asked.size or (0, 0)
        shape = (1, channels, height, width) if framework == "torch" else (1, height, width, channels)
    elif asked.input_size is not None or asked.in_channels is not None:
        raise DiptychError(
            message("--example says the size and the channels; leave out --input-size and --in-channels")
        )
    if len(shape) != 4 or not all(1 <= n <= LARGEST for n in shape) or math.prod(shape) > NUMBERS:
        raise DiptychError(
            message("an example is a batch of images such as 1x3x224x224, not {shape}", shape="x".join(map(str, shape)))
        )
    if framework != "torch":
        import numpy as np

        return np.broadcast_to(np.float32(0), shape)
    import torch

    return torch.zeros(shape)


def _check_own(text: str, asked: Asked) -> None:
    """Raise DiptychError for options that only a registered network takes."""
    given = {"--num-classes": asked.num_classes, "--option": asked.options or None}
    wrong = [option for option, value in given.items() if value is not None]
    if wrong:
        raise DiptychError(
            message(
                "{text} is as it is; {wrong} is for registered networks", text=shown(text), wrong=" and ".join(wrong)
            )
        )


def is_own(text: str) -> bool:
    """Whether a text names somebody's own model, by a file or by code, and no registered network."""
    return is_code(text) or _is_file(text)


def _is_file(text: str) -> bool:
    """Whether a text names a file: it has the suffix of one, or leads into a folder, and is no registered name."""
    if _is_registered(text) or is_code(text) or is_spec(text):
        return False
    from ..files import FORMATS

    endings = tuple(suffix for known in FORMATS for suffix in known.endings)
    return os.sep in text or os.path.isfile(text) or text.lower().endswith(endings)


def _is_registered(text: str) -> bool:
    try:
        return bool(network(text))
    except DiptychError:
        return False
