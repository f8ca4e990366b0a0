"""`diptych.read`: another person's model as a Net."""

from __future__ import annotations

import importlib
from typing import Any

from . import backends
from .common.errors import DiptychError
from .common.importing.imported import Imported

READERS = {"torch": "torch_impl"}


def read(model: Any, example: Any = None, *, one_size: bool = False) -> Imported:
    """The Net and the weights of a PyTorch module: `net, weights = diptych.read(module, example)`.

    `example` is a batch (N, C, H, W) of floating-point numbers, of any values. The module is read as it answers in
    evaluation, by torch.export, at the size of the example and at a larger one, and left as it was. Canonical names
    are those of its state dict, where its layers call their weights as PyTorch's do; `renamed` of what is returned
    says which are not, and `notes` what else there is to know. `one_size` reads a module that does something else at
    another size, as it is at the example's. Raises DiptychError with everything that no spec says, and where it is.
    """
    framework = backends.framework_of(model)
    if framework not in READERS:
        raise DiptychError("a Keras model is not read into a Net yet; give a torch.nn.Module")
    backends.get(framework)  # says which package is missing, if one is
    reader = importlib.import_module(f".{READERS[framework]}.importing.read", __package__)
    result: Imported = reader.read(model, example, one_size)
    return result
