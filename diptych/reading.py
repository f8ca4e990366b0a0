"""`diptych.read`: another person's model as a Net."""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable, Mapping
from functools import partial
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
    from .files.layers import Layers


def read(
    model: Any,
    example: Any = None,
    *,
    one_size: bool = False,
    network: str | None = None,
    prefix: str | None = None,
    cfg: str | os.PathLike[str] | None = None,
    **options: Any,
) -> Imported:
    """The Net and the weights of a model: `net, weights = diptych.read(module, example)`.

    A PyTorch module is read by torch.export as it answers in evaluation, at the size of the example and at a larger
    one, and left as it was; `example` is a batch (N, C, H, W) of floating-point numbers, of any values. A Keras model,
    or the path of a `.keras` or `.h5` file of one, is read by its config, as data: nothing of a file is run. There a
    batch (N, H, W, C) is an example, which only a model of any size needs, for its size. The path of an `.onnx` file
    is read by its graph, as data too, at the size of a batch (N, C, H, W) where it takes any. A path may also be that
    of any other file that `convert` reads: of what `save` wrote, and of weights alone where a registered network has
    them. `network`, `prefix`, `cfg` and the options of a network, `num_classes`, `in_channels`, `input_size`, `head`
    and its own, say of such a file what they say to `convert`.

    Canonical names are those of the state dict, or of Keras's layers; `renamed` of what is returned says which are
    not, and `notes` what else there is to know. `one_size` reads a module that does something else at another size, as
    it is at the example's. Raises DiptychError with everything that no spec says, and where it is.
    """
    asked = {"network": network, "prefix": prefix, "cfg": cfg} | options
    asked = {key: value for key, value in asked.items() if value is not None}
    if isinstance(model, str | os.PathLike):
        return _path(Path(model), example, one_size, asked)
    if asked:
        raise DiptychError(f"{', '.join(asked)}: these are of files; a model in memory is read as it is")
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


def _path(path: Path, example: Any, one_size: bool, asked: Mapping[str, Any]) -> Imported:
    """What is in a file: a whole model where it is one, else a network and its weights, or weights alone.

    A whole model of which something has no meaning here may still have the weights of a registered network.
    """
    from . import files
    from .files.layers import Layers

    if path.suffix.lower() == ".onnx":
        if asked:
            return _kept(files.read(path), path, example, asked)
        whole: Callable[[], Imported] = partial(_onnx, path, example, one_size)
    else:
        found = files.read(path)
        if asked or not isinstance(found, Layers) or found.model is None:
            return _kept(found, path, example, asked)
        whole = partial(_keras, found, path, example)
    try:
        return whole()
    except DiptychError as error:
        try:
            return _kept(files.read(path), path, example, asked)
        except DiptychError:
            raise error from None


def _keras(found: Layers, path: Path, example: Any) -> Imported:
    """A Keras model, which is read without Keras."""
    from .files.border import border
    from .files.layer_arrays import arrays_of

    with border(path, "Keras"):
        return keras_configs.read(found.model or {}, arrays_of(found), _said(path), keras_configs.size_of(example))


def _kept(found: Checkpoint, path: Path, example: Any, asked: Mapping[str, Any]) -> Imported:
    """The network that lies in a file, or else the registered one that its weights are of."""
    from .conversion.configured import asked as configured
    from .conversion.configured import check_configured
    from .conversion.identify import identified
    from .conversion.prefixes import part_of
    from .conversion.report import names_of

    if found.net is not None and not asked:
        return Imported(found.net, checked(found.net, found.named(found.net), _said(path)))
    options = {key: value for key, value in asked.items() if key not in ("network", "prefix", "cfg")}
    if "input_size" not in options and example is not None:
        shape = tuple(example.shape)
        options["input_size"] = (shape[1:3] if found.of_layers else shape[2:]) or None
    name, options, said = configured(asked.get("cfg"), asked.get("network"), options)
    try:
        known = identified(part_of(found, asked.get("prefix", "")), name, options)
    except DiptychError as error:
        if "no registered network" not in str(error):
            raise
        advice = "save the whole model"
        raise DiptychError(f"{_said(path)} holds weights alone, of no registered network; {advice} ({error})") from None
    weights = checked(known.net, known.checkpoint.named(known.net), _said(path))
    renamed = {ours: theirs for ours, theirs in names_of(known.net, known.dialect).items() if ours != theirs}
    notes = (*known.notes, *check_configured(said, known.net, path))
    return Imported(known.net, weights, renamed, notes=notes)


def _said(path: Path) -> str:
    return printable(str(path), NAME)
