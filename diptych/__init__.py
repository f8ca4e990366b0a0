"""The same convolutional network, natively in PyTorch and in TensorFlow, with proof.

>>> import diptych
>>> net = diptych.spec("lenet5_modern")
>>> net.params, net.macs
(61706, 416520)
"""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from . import searching as searching
    from . import training as training
    from .api import build, init, weights
    from .checking.check import check
    from .common.errors import DiptychError
    from .common.registry import networks, spec
    from .common.rewriting.reparameterize import fold, reparameterize
    from .common.spec import Net
    from .common.trace import trace
    from .comparing.compare import compare
    from .conversion.convert import convert
    from .conversion.identify import identify
    from .conversion.verify import verify
    from .deployment.deploy import deploy
    from .deployment.export import export
    from .detecting.detector import detector
    from .drawing.output import draw
    from .emission import source
    from .reading import read
    from .saving import save
    from .training.check import train_check

__version__ = "0.1.0"
__all__ = [
    "DiptychError",
    "Net",
    "build",
    "check",
    "compare",
    "convert",
    "deploy",
    "detector",
    "draw",
    "export",
    "fold",
    "identify",
    "init",
    "networks",
    "read",
    "reparameterize",
    "save",
    "source",
    "spec",
    "trace",
    "train_check",
    "verify",
    "weights",
]

_HOMES = {
    "DiptychError": "common.errors",
    "Net": "common.spec",
    "build": "api",
    "check": "checking.check",
    "compare": "comparing.compare",
    "convert": "conversion.convert",
    "deploy": "deployment.deploy",
    "detector": "detecting.detector",
    "draw": "drawing.output",
    "export": "deployment.export",
    "fold": "common.rewriting.reparameterize",
    "identify": "conversion.identify",
    "init": "api",
    "networks": "common.registry",
    "read": "reading",
    "reparameterize": "common.rewriting.reparameterize",
    "save": "saving",
    "source": "emission",
    "spec": "common.registry",
    "trace": "common.trace",
    "train_check": "training.check",
    "verify": "conversion.verify",
    "weights": "api",
}


def __getattr__(name: str) -> Any:
    """Import what is asked for on first use, so that `import diptych` is quick and needs no framework."""
    if name in ("training", "searching"):  # rooms with names of their own
        return import_module(f".{name}", __name__)
    if name not in _HOMES:
        said = "" if name.startswith("_") or _is_room(name) else import_module(".elsewhere", __name__).said_of(name)
        advice = f"{said} (it has {', '.join(__all__)})" if said else f"it has {', '.join(__all__)}"
        raise AttributeError(f"module 'diptych' has no attribute {name!r}; {advice}")
    value = getattr(import_module(f".{_HOMES[name]}", __name__), name)
    globals()[name] = value
    return value


def _is_room(name: str) -> bool:
    """Whether it is a file or a folder here: `from . import commands` asks for the name before it imports it."""
    return find_spec(f".{name}", __name__) is not None


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
