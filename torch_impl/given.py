"""A module as it is given; see `common.comparing.given`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
import torch
from torch import nn
from torch.func import functional_call
from torch.nn import functional
from torch.overrides import TorchFunctionMode

from ..common.comparing.given import PROBED, Dropped, Pass, call_name, leaves_out, path_rate
from ..common.comparing.places import Places
from ..common.errors import DiptychError
from ..common.importing.imported import Imported
from ..common.importing.lines import caller
from ..common.spec import Array, Net
from .importing.lines import OTHERS
from .importing.module import bare, left_alone

DROPOUTS: dict[Any, str] = {
    functional.dropout: "dropout",
    functional.dropout1d: "spatial dropout",
    functional.dropout2d: "spatial dropout",
    functional.dropout3d: "spatial dropout",
    functional.alpha_dropout: "alpha dropout",
    functional.feature_alpha_dropout: "spatial alpha dropout",
}
KNOWN: WeakKeyDictionary[nn.Module, float | None] = WeakKeyDictionary()


def path_of(module: nn.Module) -> float | None:
    """How often a module leaves out whole branches by chance, off in a step like dropout; None where it does not."""
    if module not in KNOWN:
        plain = next(module.children(), None) is None and not list(module.parameters(recurse=False))
        asked = plain and not type(module).__module__.startswith("torch.nn.")
        rate = path_rate(module) if asked else None
        KNOWN[module] = rate if rate and _leaves_out(module, rate) else None
    return KNOWN[module]


def _leaves_out(module: nn.Module, rate: float) -> bool:
    mode = module.training
    try:
        with torch.random.fork_rng(devices=[]), torch.no_grad():
            torch.manual_seed(0)
            return leaves_out(_array(module.train()(torch.ones(PROBED))), rate)
    except Exception:  # noqa: BLE001 - whatever a class raises that has the number alone
        return False
    finally:
        module.train(mode)


class Given:
    """A module, in its own dtype, or in another without being copied: `state` has its tensors then.

    `names` are those of its outputs, where it has several and somebody knows better than the module.
    """

    framework = "torch"

    def __init__(
        self, model: nn.Module, state: Mapping[str, torch.Tensor] | None = None, names: Sequence[str] = ()
    ) -> None:
        self.model = bare(model)
        self.state = state
        self.names = names
        self.trains = self.model.training
        self.calls = 0
        self.lines: dict[str, str] = {}
        kinds = {tensor.dtype for tensor in self._tensors().values() if tensor.is_floating_point()}
        self.kind = next(iter(kinds)) if len(kinds) == 1 else torch.float32
        self.dtype = str(self.kind).removeprefix("torch.") if len(kinds) == 1 else "mixed"

    def outputs(self, x: Array) -> dict[str, Array]:
        """What it answers in evaluation."""
        with left_alone(self.model), torch.inference_mode(False), torch.no_grad():
            self._other_chance()
            answer = self._answer(self._image(x), self._fresh())
            return {name: _array(value) for name, value in answer.items()}

    def meaning(self) -> tuple[Net, dict[str, Array]] | None:
        """None: it is somebody's model."""
        return None

    def step(self, x: Array, seeds: Sequence[Array], training: bool, turn: int = 0) -> Pass:
        """One pass forward and back, with dropout off."""
        with ExitStack() as stack:
            for context in (left_alone(self.model), torch.inference_mode(False), torch.enable_grad()):
                stack.enter_context(context)
            dropouts = stack.enter_context(_without_dropout(self.model, training))
            torch.manual_seed(turn)
            state = self._fresh()
            parameters = {name: state[name].requires_grad_() for name, _ in self.model.named_parameters()}
            for name, own in self.model.named_parameters():  # what code does with a gradient is done with the copy's
                for hook in (own._backward_hooks or {}).values():
                    parameters[name].register_hook(hook)
            image = self._image(x).requires_grad_()
            before = torch.get_rng_state()
            outputs = self._answer(image, state)
            drawn = not torch.equal(before, torch.get_rng_state())
            pairs = zip(outputs.values(), seeds, strict=False)
            loss = torch.stack([(value * _like(value, seed)).sum() for value, seed in pairs]).sum()
            sources = [image, *parameters.values()]
            first, *rest = torch.autograd.grad(loss, sources, allow_unused=True, materialize_grads=True)
            buffers = {name: _array(state[name]) for name, _ in self.model.named_buffers()}
        found = dict(zip(parameters, map(_array, rest), strict=True))
        done = {name: _array(value) for name, value in outputs.items()}
        return Pass(done, _array(first), found, buffers, tuple(dropouts), drawn)

    def in_training(self, x: Array, turn: int) -> dict[str, Array]:
        """What it answers in training, with dropout off."""
        with left_alone(self.model), torch.inference_mode(False), torch.no_grad(), _without_dropout(self.model, True):
            torch.manual_seed(turn)
            answer = self._answer(self._image(x), self._fresh())
            return {name: _array(value) for name, value in answer.items()}

    def seen(self, x: Array, training: bool) -> dict[str, Array]:
        """What each module without others inside hands on, after its own hooks."""
        found: dict[str, Array] = {}

        def noting(name: str) -> Any:
            def note(module: nn.Module, given: Any, answer: Any) -> None:
                if isinstance(answer, torch.Tensor):
                    called = call_name(name, found)
                    found[called] = _array(answer).copy()  # what comes after may change it in place
                    self.lines[called] = caller(OTHERS) or f"{name} ({type(module).__name__})"

            return note

        with (
            left_alone(self.model),
            torch.inference_mode(False),
            torch.no_grad(),
            _without_dropout(self.model, training),
        ):
            for name, module in self.model.named_modules():
                if name and next(module.children(), None) is None:
                    module.register_forward_hook(noting(name))
            self._call(self._image(x), self._fresh())
        return found

    def at(self, height: int, width: int) -> Given | None:
        """The module, which says nothing of sizes."""
        return self

    def weights(self) -> dict[str, Array]:
        """Its parameters and buffers, each tensor under the first of its names."""
        return {name: _array(tensor) for name, tensor in self._tensors().items()}

    def trained(self) -> frozenset[str]:
        """The names of its parameters."""
        return frozenset(name for name, _ in self.model.named_parameters())

    def penalties(self) -> dict[str, str]:
        """None: a module leaves that to the optimiser."""
        return {}

    def constraints(self) -> dict[str, str]:
        """None: a module has no such thing."""
        return {}

    def sizes(self) -> dict[str, int]:
        """How many numbers each of its tensors has."""
        return {name: tensor.numel() for name, tensor in self._tensors().items()}

    def paths(self) -> dict[str, float]:
        """The layers that leave out whole branches by chance, and how often."""
        rates = {name: path_of(module) for name, module in self.model.named_modules()}
        return {name: rate for name, rate in rates.items() if rate}

    def frozen(self) -> frozenset[str]:
        """The parameters without a gradient."""
        return frozenset(name for name, tensor in self.model.named_parameters() if not tensor.requires_grad)

    def holding(self, weights: Iterable[tuple[str, Array]]) -> Given:
        """The module with other weights, in float64."""
        found = {name: torch.from_numpy(np.array(array, np.float64)) for name, array in weights}
        state = {n: found[n] if n in found else _in(t, torch.float64) for n, t in self._tensors().items()}
        return Given(self.model, state, self.names)

    @contextmanager
    def lending(self, copy: Given) -> Iterator[Given]:
        """The module with the weights of a copy, in its own dtypes; it is called with them and keeps its own."""
        theirs = copy._tensors()
        moved = ((n, t, theirs[n].to(t.dtype)) for n, t in self._tensors().items())
        yield Given(self.model, {n: t if torch.equal(t, new) else new for n, t, new in moved}, self.names)

    def wide(self) -> Given:
        """The module with its tensors in float64; itself where they are."""
        return self if self.dtype == "float64" else self._in(torch.float64)

    def narrow(self) -> Given:
        """The module with its tensors in float32."""
        return self._in(torch.float32)

    def _in(self, kind: torch.dtype) -> Given:
        tensors = self._tensors().items()
        state = {name: _in(tensor, kind) for name, tensor in tensors}
        return Given(self.model, state, self.names)

    def places(self, result: Imported) -> dict[str, Places]:
        """Where the numbers of each canonical weight stand among all of `weights`, one after the other."""
        starts, at = dict[str, int](), 0
        for name, array in self.weights().items():
            starts[name], at = at, at + array.size
        names = {name: result.renamed.get(name, name) for name in result.weights}
        return {name: Places.of((starts[names[name]] + np.arange(array.size)).reshape(array.shape))
                for name, array in result.weights.items() if names[name] in starts}  # fmt: skip

    def _tensors(self) -> dict[str, torch.Tensor]:
        own = {**dict(self.model.named_parameters()), **dict(self.model.named_buffers())}
        return own if self.state is None else {**own, **self.state}

    def _fresh(self) -> dict[str, torch.Tensor]:
        """Copies, so that no call changes a statistic of the module."""
        return {name: tensor.detach().clone() for name, tensor in self._tensors().items()}

    def _other_chance(self) -> None:
        """Other random numbers than in the call before, so that noise shows; `left_alone` puts the state back."""
        self.calls += 1
        torch.manual_seed(self.calls)

    def _answer(self, image: torch.Tensor, state: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        """What it answers, by `names` where it has that many outputs."""
        found = _named(self._call(image, state))
        return dict(zip(self.names, found.values(), strict=True)) if len(self.names) == len(found) else found

    def _call(self, image: torch.Tensor, state: Mapping[str, torch.Tensor]) -> Any:
        return functional_call(self.model, dict(state), (image,))

    def _image(self, x: Array) -> torch.Tensor:
        own = next(iter(self.model.parameters()), None)
        return torch.from_numpy(np.array(x, order="C")).to(own.device if own is not None else "cpu", self.kind)


class _HandedOn(TorchFunctionMode):  # type: ignore[misc, unused-ignore]
    """Dropout in training, by whatever name it is called, hands on what it is given, and is noted."""

    def __init__(self, rates: list[Dropped]) -> None:
        super().__init__()
        self.rates = rates

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        given = dict(zip(("input", "p", "training"), args, strict=False)) | (kwargs or {})
        if func not in DROPOUTS or not given.get("training", True) or not given.get("p", 0.5):
            return func(*args, **(kwargs or {}))
        self.rates.append(Dropped(DROPOUTS[func], float(given.get("p", 0.5))))
        return given["input"]


@contextmanager
def _without_dropout(model: nn.Module, training: bool) -> Iterator[list[Dropped]]:
    """In the mode, as `train` of the model sets it; dropout hands on what it is given, and its rates are noted."""
    rates: list[Dropped] = []
    if training:
        model.train()
        for module in model.modules():
            module.training &= path_of(module) is None
    with _HandedOn(rates):
        yield rates


def _named(answer: Any, name: str = "") -> dict[str, torch.Tensor]:
    """The tensors of an answer by name: the keys of a dict, else numbers, and nothing where there is one alone."""
    if isinstance(answer, torch.Tensor):
        return {name: answer}
    if answer is None:
        return {}
    items = (
        answer.items()
        if isinstance(answer, Mapping)
        else enumerate(answer)
        if isinstance(answer, (list, tuple))
        else None
    )
    if items is None:
        raise DiptychError(f"the module answers with a value of type {type(answer).__name__}, expected tensors")
    found: dict[str, torch.Tensor] = {}
    for key, value in items:
        found |= _named(value, f"{name}.{key}" if name else str(key))
    return found


def _like(value: torch.Tensor, seed: Array) -> torch.Tensor:
    return torch.from_numpy(np.ascontiguousarray(seed)).reshape(value.shape).to(value.device, value.dtype)


def _in(tensor: torch.Tensor, kind: torch.dtype) -> torch.Tensor:
    return tensor.detach().to(kind if tensor.is_floating_point() else tensor.dtype)


def _array(value: torch.Tensor) -> Array:
    return value.detach().cpu().numpy()
