"""torch checkpoints: read as data, without torch and without unpickling; written as a state dict that modules load."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..common.errors import FileError
from ..common.spec import Array
from ..common.text import NAME, printable
from . import bfloat, provenance, torch_save
from .checkpoint import shared_prefixes, split_counters
from .content import Content
from .format import HEAD, Format, zip_members
from .guarded import guarded
from .kinds import check_regular
from .limits import Budget
from .pickle_values import Ordered, kind_of
from .tensors import Tensors
from .torch_data import Saved, array, check
from .torch_legacy import LegacyFile
from .torch_state import unwrap
from .torch_values import Tensor
from .torch_zip import ZipFile
from .zip_records import LOCAL_MARK

ATTRIBUTE = "diptych"
"""An attribute of the saved dict, as torch's own `_metadata` is: loading ignores it, torch.load gives it back."""


def read(path: Path) -> Tensors:
    """The checkpoint in a torch file; raises FileError for Python objects, which are never loaded, and broken files."""
    with opened(path) as saved:
        state, keys, notes, parts = unwrap(saved.value, path)
        found = _arrays(state, saved, path)
        arrays, extras, more = split_counters(found)
        saved.finish()
    prefix = "".join(shared_prefixes(found))
    origins = {name.removeprefix(prefix): (*keys, *parts.get(name, (name,))) for name in found}
    text = state.attributes.get(ATTRIBUTE) if isinstance(state, Ordered) else None
    stated = provenance.loads(text, path) if isinstance(text, str) else provenance.Provenance()
    wide = sum(isinstance(tensor, Tensor) and tensor.kind.name == bfloat.NAME for tensor in state.values())
    said = (*saved.notes, *notes, *more, *bfloat.note(wide))
    return Tensors(path, "torch", arrays, extras=extras, stated=stated, notes=said, origins=origins)


def opened(path: Path) -> ZipFile | LegacyFile:
    """An open torch file of either form; raises FileError for any other."""
    check_regular(path)
    try:
        with path.open("rb") as file:
            head = file.read(HEAD)
    except OSError as error:
        raise FileError(f"cannot read {path}: {error.strerror or error}") from None
    if head[257:262] == b"ustar":
        raise FileError(
            f"{path} is a tar, as torch wrote before 0.2; load it in torch, and torch.save its state_dict()"
        )
    return ZipFile(path) if head.startswith(LOCAL_MARK) else LegacyFile(path)


def _arrays(state: Mapping[Any, Any], saved: Saved, path: Path) -> dict[str, Array]:
    """The tensors of a state dict; raises FileError for what is none, before any is read."""
    budget, tensors = Budget(path.stat().st_size), dict[str, Tensor]()
    for key, tensor in state.items():
        name = str(key)
        if name in tensors:
            raise FileError(f"{path} has two tensors named {name!r}; save it with each name once")
        if not isinstance(tensor, Tensor):
            advice = "expected a tensor; save only the model's state_dict()"
            raise FileError(f"{path}: {printable(name, NAME)!r} is of type {kind_of(tensor)}, {advice}")
        check(tensor, f"{path}: {printable(name, NAME)}")
        # Tensors that repeat a few stored numbers many times over would be written out.
        budget.take(tensor.bytes, f"{path}: {printable(name, NAME)}")
        tensors[name] = tensor
    return {name: array(tensor, saved, f"{path}: {name}") for name, tensor in tensors.items()}


def write(path: Path, content: Content) -> None:
    """Write a state dict that torch modules load strictly."""
    attributes: dict[str, Any] = {ATTRIBUTE: content.text()}
    if content.dialect.version:
        # torchvision's MNASNet refuses a state dict that does not say in which of its versions it was saved.
        attributes["_metadata"] = {"": {"version": content.dialect.version}}
    with guarded(path) as file:
        if content.training is None:
            torch_save.save(file, content.tensors(), attributes, content.bfloat)
        else:
            _save_beside(file, content, content.training, attributes)


def _save_beside(file: Any, content: Content, training: Any, attributes: Mapping[str, Any]) -> None:
    """With the state of an optimiser, which torch's own class makes."""
    import torch

    state: OrderedDict[str, Any] = OrderedDict()
    for name, numbers in content.tensors().items():
        tensor = torch.from_numpy(numbers if numbers.flags.writeable else numbers.copy())
        state[name] = tensor.bfloat16() if content.bfloat and tensor.is_floating_point() else tensor
    for name, value in attributes.items():
        setattr(state, name, OrderedDict(value) if isinstance(value, dict) else value)
    torch.save(training.beside(state), file)


def fits(path: Path, head: bytes) -> bool:
    """Whether a file is a pickle, or a zip with one."""
    return head.startswith(b"\x80") or any(name.endswith("/data.pkl") for name in zip_members(path, head))


FORMAT = Format("torch", "torch", "torch", read, write, (".pth", ".pt"), (".bin", ".ckpt", ".tar"), fits)
