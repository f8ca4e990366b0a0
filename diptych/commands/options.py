"""The arguments and options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from ..common.errors import DiptychError
from ..common.language import gettext, message
from ..waiting import waiting
from . import completion
from .quiet import native_stderr_kept
from .words import arg, opt

if TYPE_CHECKING:
    from ..opening.named import Asked, Named

NAMES = (
    "A registered network or alias (see `diptych list`); a file of a whole model (.keras, .h5, .safetensors of "
    "diptych's) or of a spec (.json); or FILE.py:FUNCTION or PACKAGE.MODULE:FUNCTION, whose code is run to make a "
    "model."
)
READ = "A .safetensors, .pth, .keras, .h5, .npz, .weights, .onnx or .pb file, a SavedModel or a checkpoint"
Name = Annotated[str, arg(help=NAMES, autocompletion=completion.networks)]
Names = Annotated[list[str] | None, arg(metavar="NAME...", help=NAMES, autocompletion=completion.networks)]
Registered = Annotated[
    str,
    arg(help="A registered network or alias (see `diptych list`).", autocompletion=completion.networks),
]
Example = Annotated[
    str | None,
    opt(metavar="SHAPE", help="What a model of your own takes: 1x3x64x64 in PyTorch (NCHW), 1x64x64x3 in Keras."),
]
OneSize = Annotated[
    bool,
    opt("--one-size", help="Of a module of your own that is another network at another size: as it is at this one."),
]
Cfg = Annotated[
    Path | None, opt(metavar="FILE", help="The .cfg of Darknet's that says which network a .weights file is.")
]
Family = Annotated[str | None, opt(help="Only the networks of this family.", autocompletion=completion.families)]
Json = Annotated[bool, opt("--json", help="Write JSON instead of text.")]
Classes = Annotated[int | None, opt(help="Number of classes of the head.")]
Channels = Annotated[int | None, opt(help="Channels of the image.")]
Size = Annotated[str | None, opt(metavar="HxW", help="Size of the image: 224 or 256x192 (height x width).")]
Settings = Annotated[
    list[str] | None,
    opt("-O", "--option", metavar="NAME=VALUE", help="An option of this network, such as width=0.5."),
]
Prefix = Annotated[str | None, opt(help="Of a file with several networks: what the names of one begin with.")]
Force = Annotated[bool, opt("--force", help="Write over an existing destination.")]


def size_of(text: str | None) -> int | tuple[int, int] | None:
    """224 or 256x192 as numbers (height, width); raises DiptychError for anything else."""
    if text is None:
        return None
    parts = text.lower().strip("()[] ").replace(",", "x").replace(" ", "").split("x")
    if len(parts) > 2 or not all(part.isascii() and part.isdigit() for part in parts):
        raise DiptychError(
            message("--input-size is a number or HEIGHTxWIDTH, such as 224 or 256x192, not {text!r}", text=text)
        )
    return int(parts[0]) if len(parts) == 1 else (int(parts[0]), int(parts[1]))


def within(option: str, text: str | None) -> tuple[float, float]:
    """The ends of a range such as 2015, 2015..2018, ..5M or 1G.. (K, M and G are decimal); raises DiptychError."""
    if text is None:
        return float("-inf"), float("inf")
    low, dots, high = text.partition("..")
    try:
        first, last = (_number(low) if low else float("-inf")), (_number(high) if high else float("inf"))
        if not (low or high) or (not dots and high) or first > last:
            raise ValueError
    except ValueError:
        raise DiptychError(
            message("{option} is a range such as 2015, 20M..30M, ..5M or 1G.., not {text!r}", option=option, text=text)
        ) from None
    return first, last if dots else first


def _number(text: str) -> float:
    factor = {"K": 1e3, "M": 1e6, "G": 1e9}.get(text[-1:].upper())
    digits = text[:-1] if factor else text
    if not digits.replace(".", "", 1).isdecimal():
        raise ValueError(text)
    return float(digits) * (factor or 1)


def asked(
    num_classes: int | None = None,
    in_channels: int | None = None,
    input_size: str | None = None,
    option: list[str] | None = None,
    example: str | None = None,
    one_size: bool = False,
) -> Asked:
    """What a command asks of a network beside its name; raises DiptychError for what cannot be read."""
    from ..opening.named import Asked

    return Asked(num_classes, in_channels, size_of(input_size), settings(option), shape_of(example), one_size)


def shape_of(text: str | None) -> tuple[int, ...] | None:
    """The shape 1x3x64x64 as numbers; raises DiptychError for anything else."""
    if text is None:
        return None
    parts = text.lower().split("x")
    if len(parts) != 4 or not all(part.isascii() and part.isdigit() and len(part) < 10 for part in parts):
        raise DiptychError(
            message("--example is the shape of a batch of images, such as 1x3x224x224, not {text!r}", text=text)
        )
    return tuple(map(int, parts))


def chosen(name: str, wanted: Asked, weights: Path | None = None) -> Named:
    """The network that a command names; raises DiptychError for what it is not, and options that it does not take."""
    from ..opening.code import is_code, model_of
    from ..opening.named import is_own, named, of_model

    if not is_own(name):
        return named(name, wanted)
    if not is_code(name):
        with waiting(gettext("reading {name}").format(name=name)):
            return named(name, wanted)
    with native_stderr_kept(), waiting(gettext("reading {name}").format(name=name)):
        model = model_of(name)
        if weights is not None:
            from ..opening.weights import put

            put(model, weights, name)
        return of_model(name, model, wanted)


def settings(option: list[str] | None) -> dict[str, str]:
    """NAME=VALUE pairs as a dict; raises DiptychError for anything else, and for a name given twice."""
    from ..common.registry import SHARED_OPTIONS

    pairs = [text.partition("=") for text in option or ()]
    names = [name for name, equals, value in pairs if name.isidentifier() and equals and value]
    if len(set(names)) < len(pairs):
        raise DiptychError(
            message(
                "--option takes NAME=VALUE, each name once, such as width=0.5, not {given}",
                given=" ".join(option or ()),
            )
        )
    shared = [name for name in names if name in SHARED_OPTIONS]
    if shared:
        own = shared[0].replace("_", "-")
        raise DiptychError(message("say --{own} instead of --option {name}", own=own, name=shared[0]))
    return {name: value for name, _, value in pairs}
