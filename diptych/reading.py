"""`diptych.read`: another person's model as a Net."""

from __future__ import annotations

import importlib
import os
from pathlib import Path
from typing import Any

from . import backends
from .common.errors import DiptychError
from .common.importing.imported import Imported
from .common.importing.keras import read as keras_configs
from .common.text import NAME, printable


def read(model: Any, example: Any = None, *, one_size: bool = False) -> Imported:
    """The Net and the weights of a model: `net, weights = diptych.read(module, example)`.

    A PyTorch module is read by torch.export as it answers in evaluation, at the size of the example and at a larger
    one, and left as it was; `example` is a batch (N, C, H, W) of floating-point numbers, of any values. A Keras model,
    or the path of a `.keras` or `.h5` file of one, is read by its config, as data: nothing of a file is run. There a
    batch (N, H, W, C) is an example, which only a model of any size needs, for its size.

    Canonical names are those of the state dict, or of Keras's layers; `renamed` of what is returned says which are
    not, and `notes` what else there is to know. `one_size` reads a module that does something else at another size, as
    it is at the example's. Raises DiptychError with everything that no spec says, and where it is.
    """
    if isinstance(model, str | os.PathLike):
        return _file(Path(model), example)
    framework = backends.framework_of(model)
    backends.get(framework)  # says which package is missing, if one is
    impl = f".{backends.NAMES[framework]}"
    reader = importlib.import_module(f"{impl}.importing.read", __package__)
    original = importlib.import_module(f"{impl}.original", __package__)
    result: Imported = original.completed(model, reader.read(model, example, one_size))
    return result


def _file(path: Path, example: Any) -> Imported:
    """A file of a Keras model, which is read without Keras."""
    from . import files
    from .files.border import border
    from .files.layer_arrays import arrays_of
    from .files.layers import Layers

    found = files.read(path)
    where = printable(str(path), NAME)
    if not isinstance(found, Layers):
        raise DiptychError(f"{where} holds weights alone; a Net is read of a .keras or .h5 file of a whole model")
    with border(path, "Keras"):
        return keras_configs.read(found.model or {}, arrays_of(found), where, keras_configs.size_of(example))
