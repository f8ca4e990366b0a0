"""torch checkpoints: read as tensors only (`weights_only=True`), written as a state dict that modules load strictly."""

from __future__ import annotations

import pickle
import re
import warnings
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..common.errors import FileError
from ..common.spec import Array, Net
from . import provenance
from .checkpoint import Checkpoint, counters, native, separated

WRAPPERS = ("state_dict", "model", "model_state_dict", "net")
ATTRIBUTE = "diptych"
"""An attribute of the saved dict, as torch's own `_metadata` is: loading ignores it, torch.load gives it back."""


def read(path: Path) -> Checkpoint:
    """The checkpoint in a torch file; raises FileError for Python objects, which are never loaded, and broken files."""
    state, notes = _unwrapped(_loaded(path), path)
    found = {str(name): _array(path, str(name), tensor) for name, tensor in state.items()}
    arrays, extras, more = separated(found)
    text = getattr(state, ATTRIBUTE, None)
    stated = provenance.loads(text, path) if isinstance(text, str) else provenance.Provenance()
    return Checkpoint(path, "torch", arrays, extras=extras, stated=stated, notes=notes + more)


def write(path: Path, net: Net, arrays: Mapping[str, Array], extras: Mapping[str, int]) -> None:
    """Write a state dict of canonical names, the batch counters after their layer as torch orders them."""
    import torch

    state: OrderedDict[str, Any] = OrderedDict()
    counted = set(counters(net))
    for node in net.nodes:
        state.update({name: torch.tensor(arrays[name]) for name in ({} if node.owner else node.weights())})
        counter = f"{node.path}.num_batches_tracked"
        if counter in counted:
            state[counter] = torch.tensor(extras.get(counter, 0))
    setattr(state, ATTRIBUTE, provenance.dumps(net, {}))
    try:
        torch.save(state, path)
    except RuntimeError as error:
        raise OSError(f"torch could not write the file ({str(error).partition(chr(10))[0]})") from None


def _loaded(path: Path) -> Any:
    import torch

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise FileError(_refusal(path, str(error))) from None
    except (EOFError, KeyError, RuntimeError, ValueError, TypeError, AttributeError, IndexError, OSError) as error:
        if "TorchScript" in str(error):
            raise FileError(f"{path} is a TorchScript program; save the model's state_dict() instead") from None
        reason = str(error).partition(".")[0][:120] or type(error).__name__
        raise FileError(f"{path} is not a whole torch checkpoint ({type(error).__name__}: {reason})") from None


def _refusal(path: Path, message: str) -> str:
    blocked = re.search(r"(?:GLOBAL|function|Class|class) ([\w.]+\.[\w.]+)", message)
    if not blocked:
        return f"{path} is not a whole torch checkpoint, or it holds more than tensors; nothing of it was run"
    return (
        f"{path} holds more than tensors ({blocked[1]}), which may run code when it is loaded; nothing of it was run. "
        "Save the model's state_dict() instead"
    )


def _unwrapped(loaded: Any, path: Path) -> tuple[Mapping[Any, Any], tuple[str, ...]]:
    """The state dict itself, out of the usual wrappers."""
    if not isinstance(loaded, dict):
        raise FileError(f"{path} holds an object of type {type(loaded).__name__}, not a state dict (names and tensors)")
    inside = [key for key in WRAPPERS if isinstance(loaded.get(key), dict)]
    if not inside:
        return loaded, ()
    if len(inside) > 1:
        raise FileError(f"{path} holds several state dicts ({', '.join(inside)}); save the one to convert by itself")
    left = [str(key) for key in loaded if key != inside[0]]
    rest = f"; left out: {', '.join(left[:6])}{' ...' if len(left) > 6 else ''}" if left else ""
    return loaded[inside[0]], (f"the weights are under {inside[0]!r}{rest}",)


def _array(path: Path, name: str, tensor: Any) -> Array:
    import torch

    if not isinstance(tensor, torch.Tensor):
        kind = type(tensor).__name__
        raise FileError(f"{path}: {name!r} is of type {kind}, expected a tensor; save only the model's state_dict()")
    try:
        return native(tensor.detach().cpu().numpy())
    except (TypeError, RuntimeError):
        kind = str(tensor.dtype).removeprefix("torch.")
        advice = "save it as a dense float32 tensor first"
        raise FileError(f"{path}: {name} is a {kind} tensor that NumPy has no type for; {advice}") from None
