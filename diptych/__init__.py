"""The same convolutional network, natively in PyTorch and in TensorFlow, with proof.

>>> import diptych
>>> net = diptych.spec("lenet5_modern")
>>> net.params, net.macs
(61706, 416520)
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .api import build, weights
    from .checking import check
    from .common.errors import DiptychError
    from .common.registry import networks, spec
    from .common.reparameterize import fold, reparameterize
    from .common.spec import Net
    from .common.trace import trace
    from .common.weights import init
    from .conversion import convert
    from .deploying import deploy
    from .drawing.output import draw
    from .emission import source
    from .exporting import export
    from .identification import identify
    from .verification import verify

__version__ = "0.1.0"
__all__ = [
    "DiptychError",
    "Net",
    "build",
    "check",
    "convert",
    "deploy",
    "draw",
    "export",
    "fold",
    "identify",
    "init",
    "networks",
    "reparameterize",
    "source",
    "spec",
    "trace",
    "verify",
    "weights",
]

_HOMES = {
    "DiptychError": "common.errors",
    "Net": "common.spec",
    "build": "api",
    "check": "checking",
    "convert": "conversion",
    "deploy": "deploying",
    "draw": "drawing.output",
    "export": "exporting",
    "fold": "common.reparameterize",
    "identify": "identification",
    "init": "common.weights",
    "networks": "common.registry",
    "reparameterize": "common.reparameterize",
    "source": "emission",
    "spec": "common.registry",
    "trace": "common.trace",
    "verify": "verification",
    "weights": "api",
}


def __getattr__(name: str) -> Any:
    """Import what is asked for on first use, so that `import diptych` is quick and needs no framework."""
    if name not in _HOMES:
        raise AttributeError(f"module 'diptych' has no attribute {name!r}; it has {', '.join(__all__)}")
    value = getattr(import_module(f".{_HOMES[name]}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
