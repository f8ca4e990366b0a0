"""`diptych.read`: another person's model as a Net."""

from __future__ import annotations

import importlib
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import backends
from .common.errors import DiptychError
from .common.importing.imported import Imported
from .common.importing.keras import read as keras_configs
from .common.importing.onnx import read as onnx_graphs
from .common.text import NAME, printable
from .common.weights import checked

if TYPE_CHECKING:
    from .files.checkpoint import Checkpoint


def read(model: Any, example: Any = None, *, one_size: bool = False) -> Imported:
    """The Net and the weights of a model: `net, weights = diptych.read(module, example)`.

    A PyTorch module is read by torch.export as it answers in evaluation, at the size of the example and at a larger
    one, and left as it was; `example` is a batch (N, C, H, W) of floating-point numbers, of any values. A Keras model,
    or the path of a `.keras` or `.h5` file of one, is read by its config, as data: nothing of a file is run. There a
    batch (N, H, W, C) is an example, which only a model of any size needs, for its size. The path of an `.onnx` file
    is read by its graph, as data too, at the size of a batch (N, C, H, W) where it takes any. A path may also be that
    of what `save` wrote, and of weights alone where a registered network has them.

    Canonical names are those of the state dict, or of Keras's layers; `renamed` of what is returned says which are
    not, and `notes` what else there is to know. `one_size` reads a module that does something else at another size, as
    it is at the example's. Raises DiptychError with everything that no spec says, and where it is.
    """
    if isinstance(model, str | os.PathLike):
        path = Path(model)
        return _onnx(path, example, one_size) if path.suffix.lower() == ".onnx" else _file(path, example)
    return of_framework(model, example, one_size)


def of_framework(model: Any, example: Any, one_size: bool = False, opaque: bool = False) -> Imported:
    """A model of a framework, as `read` has it; in one that is `opaque`, what no op says runs as it is.

    Such a Net is for a comparison alone: nothing can be made of it.
    """
    framework = backends.framework_of(model)
    backends.get(framework)  # says which package is missing, if one is
    impl = f".{backends.NAMES[framework]}"
    reader = importlib.import_module(f"{impl}.importing.read", __package__)
    original = importlib.import_module(f"{impl}.original", __package__)
    result: Imported = original.completed(model, reader.read(model, example, one_size, opaque))
    return result


def _onnx(path: Path, example: Any, one_size: bool) -> Imported:
    """A file of an ONNX model, of which nothing is run."""
    from .files import onnx_graph

    return onnx_graphs.read(onnx_graph.read(path), _said(path), onnx_graphs.size_of(example), one_size)


def _file(path: Path, example: Any) -> Imported:
    """What is in a file: a Keras model, which is read without Keras, a network and its weights, or weights alone."""
    from . import files
    from .files.border import border
    from .files.layer_arrays import arrays_of
    from .files.layers import Layers

    found = files.read(path)
    if not isinstance(found, Layers) or found.model is None:
        return _kept(found, path, example)
    with border(path, "Keras"):
        return keras_configs.read(found.model, arrays_of(found), _said(path), keras_configs.size_of(example))


def _kept(found: Checkpoint, path: Path, example: Any) -> Imported:
    """The network that lies in a file, or else the registered one that its weights are of."""
    from .conversion.identify import identified
    from .conversion.report import names_of

    if found.net is not None:
        return Imported(found.net, checked(found.net, found.named(found.net), _said(path)))
    shape = () if example is None else tuple(example.shape)
    size = (shape[1:3] if found.of_layers else shape[2:]) or None
    try:
        known = identified(found, None, {"input_size": size})
    except DiptychError as error:
        advice = "save the whole model"
        raise DiptychError(f"{_said(path)} holds weights alone, of no registered network; {advice} ({error})") from None
    weights = checked(known.net, known.checkpoint.named(known.net), _said(path))
    renamed = {ours: theirs for ours, theirs in names_of(known.net, known.dialect).items() if ours != theirs}
    return Imported(known.net, weights, renamed, notes=known.notes)


def _said(path: Path) -> str:
    return printable(str(path), NAME)
