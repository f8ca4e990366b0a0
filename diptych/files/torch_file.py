"""torch checkpoints: read as tensors only (`weights_only=True`), written as a state dict that modules load strictly."""

from __future__ import annotations

import pickle
import re
import warnings
import zipfile
import zlib
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..common.errors import FileError
from ..common.spec import Array
from . import provenance
from .checkpoint import native, split_counters
from .content import Content
from .format import Format, zip_members
from .guarded import guarded
from .limits import Budget
from .tensors import Tensors

WRAPPERS = ("state_dict", "model", "model_state_dict", "net", "network", "module", "params", "weights")
AVERAGED = ("ema", "state_dict_ema", "model_ema", "params_ema", "ema_state_dict")
"""Means of the weights over the steps of training, which trainers keep beside them."""

DEPTH = 3
ATTRIBUTE = "diptych"
"""An attribute of the saved dict, as torch's own `_metadata` is: loading ignores it, torch.load gives it back."""


def read(path: Path) -> Tensors:
    """The checkpoint in a torch file; raises FileError for Python objects, which are never loaded, and broken files."""
    state, notes = _unwrap(_load(path), path)
    _check_sizes(state, path)
    found = {str(name): _array(path, str(name), tensor) for name, tensor in state.items()}
    arrays, extras, more = split_counters(found)
    text = getattr(state, ATTRIBUTE, None)
    stated = provenance.loads(text, path) if isinstance(text, str) else provenance.Provenance()
    return Tensors(path, "torch", arrays, extras=extras, stated=stated, notes=notes + more)


def write(path: Path, content: Content) -> None:
    """Write a state dict that torch modules load strictly."""
    import torch

    state: OrderedDict[str, Any] = OrderedDict()
    state.update({name: _tensor(array) for name, array in content.tensors().items()})
    setattr(state, ATTRIBUTE, content.text())
    if content.dialect.version:
        # torchvision's MNASNet refuses a state dict that does not say in which of its versions it was saved.
        state._metadata = OrderedDict({"": {"version": content.dialect.version}})  # type: ignore[attr-defined]
    with guarded(path) as file:
        torch.save(state, file)


def _tensor(array: Array) -> Any:
    """A tensor of the same memory, where torch may write to that."""
    import torch

    return torch.from_numpy(array if array.flags.writeable else array.copy())


def _load(path: Path) -> Any:
    import torch

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            # Mapped, not copied into memory; torch then does not look at the checksums of the zip.
            mapped = zipfile.is_zipfile(path)
            if mapped:
                _check_sums(path)
            return torch.load(path, map_location="cpu", weights_only=True, mmap=mapped)
    except pickle.UnpicklingError as error:
        raise FileError(_refusal(path, str(error))) from None
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        KeyError,
        RuntimeError,
        ValueError,
        TypeError,
        AttributeError,
        IndexError,
        OSError,
    ) as error:
        if "TorchScript" in str(error):
            raise FileError(f"{path} is a TorchScript program; save the model's state_dict() instead") from None
        reason = str(error).partition(".")[0][:120] or type(error).__name__
        raise FileError(f"{path} is not a whole torch checkpoint ({type(error).__name__}: {reason})") from None


def _check_sums(path: Path) -> None:
    """Raise BadZipFile where a member of the zip is damaged."""
    with zipfile.ZipFile(path) as archive:
        damaged = archive.testzip()
    if damaged is not None:
        raise zipfile.BadZipFile(f"{damaged} is damaged: its checksum differs")


def _refusal(path: Path, message: str) -> str:
    blocked = re.search(r"(?:GLOBAL|function|Class|class) ([\w.]+\.[\w.]+)", message)
    if not blocked:
        return f"{path} is not a whole torch checkpoint, or it holds more than tensors; nothing of it was run"
    return (
        f"{path} holds more than tensors ({blocked[1]}), which may run code when it is loaded; nothing of it was run. "
        "Save the model's state_dict() instead"
    )


def _unwrap(loaded: Any, path: Path) -> tuple[Mapping[Any, Any], tuple[str, ...]]:
    """The state dict itself, out of the usual wrappers, and what was left out beside it."""
    if not isinstance(loaded, dict):
        raise FileError(f"{path} holds an object of type {type(loaded).__name__}, not a state dict (names and tensors)")
    state: Mapping[Any, Any] = loaded
    notes: list[str] = []
    for _ in range(DEPTH):
        key = _wrapper(state, path)
        if not key:
            break
        averaged = [other for other in AVERAGED if other != key and isinstance(state.get(other), dict)]
        left = [str(other) for other in state if other not in (key, *averaged)]
        rest = f"; left out: {', '.join(left[:6])}{' ...' if len(left) > 6 else ''}" if left else ""
        notes.append(f"the weights are under {key!r}{rest}")
        notes += [f"averaged weights, under {other!r}, were left out" for other in averaged]
        state = state[key]
    return state, tuple(notes)


def _wrapper(state: Mapping[Any, Any], path: Path) -> str:
    """The key under which the weights are, "" where they are not wrapped; plain weights go before averaged ones."""
    for keys in (WRAPPERS, AVERAGED):
        inside = [key for key in keys if isinstance(state.get(key), dict)]
        full = [key for key in inside if _holds_tensors(state[key])] if len(inside) > 1 else inside
        if len(full) > 1:
            raise FileError(f"{path} holds several state dicts ({', '.join(full)}); save the one to convert by itself")
        if inside:
            return (full or inside)[0]
    return ""


def _holds_tensors(value: Any, depth: int = DEPTH) -> bool:
    import torch

    if isinstance(value, dict) and depth >= 0:
        return any(_holds_tensors(item, depth - 1) for item in value.values())
    return isinstance(value, torch.Tensor)


def _check_sizes(state: Mapping[Any, Any], path: Path) -> None:
    """Raise FileError for tensors that repeat a few stored numbers many times over, which copying would write out."""
    import torch

    budget = Budget(path.stat().st_size)
    for name, tensor in state.items():
        if isinstance(tensor, torch.Tensor) and tensor.layout == torch.strided:
            budget.take(tensor.numel() * tensor.element_size(), f"{path}: {name}")


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


def fits(path: Path, head: bytes) -> bool:
    """Whether a file is a pickle, or a zip with one."""
    return head.startswith(b"\x80") or any(name.endswith("/data.pkl") for name in zip_members(path, head))


FORMAT = Format("torch", "torch", "torch", read, write, (".pth", ".pt"), (".bin", ".ckpt", ".tar"), fits)
