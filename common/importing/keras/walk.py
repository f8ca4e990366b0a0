"""From the graph of a Keras model to a draft: models in it are walked through where they are called."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ...child_names import LONGEST, fault
from ...errors import DiptychError, SpecError
from ...text import NAME, printable
from ..axes import Unknown
from ..draft import Missing, Scope, View
from . import activations, foreign, held, inputs, joins, layers, maps, parts, tensorflow, vectors
from .graph import BROKEN, HOMES, Call, Entry, Graph, Ref, graph, is_model, is_operation
from .table import FUNCTIONS, MEANINGS, Layer, Reading, seen

__all__ = ["Walk", "activations", "inputs", "joins", "layers", "maps", "parts", "tensorflow", "vectors"]

MOST = 20_000
"""Calls of layers at most: models that call each other twice have more than anybody could wait for."""
CHANNELS, FEATURES = 1 << 18, 1 << 24
"""Channels of a map and numbers of a vector at most: a short text may ask for any number of them."""
UNNAMED = ("CustomScaleLayer", "LayerScale", "StochasticDepth")
"""Layers of keras.applications that Keras does not offer to others, so that their names are free."""
RUNNING = ("Lambda", "TorchModuleWrapper", "TFSMLayer", "JaxLayer", "FlaxLayer")
"""Layers that run what nobody but their author wrote."""
WORDS = re.compile(r"\W")


@dataclass
class Walk:
    """One walk through a model and those in it."""

    reading: Reading
    old: bool = False
    paths: dict[str, str] = field(default_factory=dict)
    taken: set[str] = field(default_factory=set)
    numbers: Counter[str] = field(default_factory=Counter)
    graphs: dict[str, Graph] = field(default_factory=dict)
    calls: int = 0

    def run(self, found: Graph, values: list[View], place: str) -> list[View]:
        """The outputs of a model for its inputs, in the place of those scopes that the draft is in."""
        if len(values) != len(found.inputs):
            raise Unknown(f"with {len(values)} values for {len(found.inputs)} inputs")
        env: dict[Ref, Any] = dict(zip(found.inputs, values, strict=True))
        for call in found.calls:
            self.calls += 1
            if self.calls > MOST:
                raise DiptychError(f"it calls more than {MOST:,} layers")
            env.update(self._called(found, call, env, place))
        missing = [ref.layer for _, ref in found.outputs if ref not in env]
        if missing:
            raise Unknown(f"its output {printable(missing[0], NAME)!r} is the value of no call of a layer")
        return [env[ref] for _, ref in found.outputs]

    def _called(self, found: Graph, call: Call, env: Mapping[Ref, Any], place: str) -> dict[Ref, Any]:
        """What a call gives; a hole, with a note, where nothing is known."""
        entry, draft = found.layers[call.layer], self.reading.draft
        inner = f"{place}{call.layer}"
        path = self._path(inner)
        model = is_model(entry)
        style: Any = ("stack" if _is_chain(entry) else "block") if model else "leaf"
        number = self.numbers[inner]
        self.numbers[inner] += 1
        before, line = draft.scopes, draft.line
        draft.line = self.reading.lines.get((inner, call.number), line)
        draft.scopes = (*before, Scope(path, number, "Sequential" if model else str(entry.get("class_name")), style))
        try:
            args, named = [], {}
            args, named = _resolved(list(call.args), env), _resolved(dict(call.named), env)
            made = self._made(found, entry, args, dict(named), inner, path)
            self._check_size(made)
        except (Unknown, SpecError, *BROKEN) as why:
            made = self._as_it_is(entry, args, named, inner, path) if self.reading.operations else []
            if not made:
                draft.missing.append(Missing(_fault(entry, why), printable(inner, NAME)))
                made = [_hole(self.reading)]
        draft.scopes, draft.line = before, line
        return {Ref(call.layer, call.number, index): item for index, item in enumerate(made)}

    def _made(self, found: Graph, entry: Entry, args: Any, named: Any, inner: str, path: str) -> list[Any]:
        if named.pop("training", None) and not _passes(entry):
            if found.old or self.old or self.reading.obeyed:
                raise Unknown("called as in training")
            self.reading.trained.append(printable(inner, NAME))
        if named.pop("mask", None) is not None:
            raise Unknown("with a mask")
        given = list(_views([args, named]))
        if is_model(entry):
            if inner not in self.graphs:
                self.graphs[inner] = graph(entry, printable(inner, NAME))
            return self.run(self.graphs[inner], given, f"{inner}/")
        kind = held.HELD if inner in self.reading.held else _kind(entry, self.reading.foreign.get(inner, ""))
        if any(view.doubtful for view in given):
            return [_hole(self.reading)]
        operation = is_operation(entry) and kind != held.HELD
        if not operation:
            _check_precision(entry, self.reading)
        layer = Layer(self.reading, kind, entry["config"], path, inner, found.old or self.old, operation)
        meaning = (FUNCTIONS if operation else MEANINGS)[kind]
        if (weight := held.shaped(layer, args, named)) is not None:
            return [weight]
        args, named = held.met(layer, args, named)
        try:
            result = meaning(layer, *args, **named)
        except (Unknown, SpecError, *BROKEN):
            if self.reading.operations is None:
                raise
            result = meaning(layer, *foreign.apart(layer, args), **foreign.apart(layer, named))
        return list(result) if isinstance(result, list) else [result]

    def _as_it_is(self, entry: Entry, args: Any, named: Any, inner: str, path: str) -> list[View]:
        """The values of a call that runs as it is; none where it cannot."""
        operation = (self.reading.operations or {}).get(inner)
        dense = entry.get("class_name") == "Dense" and inner not in self.reading.foreign
        if is_model(entry) or (operation is None and not dense):
            return []
        layer = Layer(self.reading, str(entry.get("class_name")), entry["config"], path, inner)
        words = {key: item for key, item in named.items() if key not in ("training", "mask")}
        try:
            if operation is None:
                return foreign.over_last_axis(layer, args)
            return foreign.as_it_is(layer, entry, operation, args, words)
        except (Unknown, SpecError, *BROKEN):
            return []

    def _check_size(self, made: list[Any]) -> None:
        """Raise Unknown for a value with more channels than anybody has."""
        for view in _views(made):
            shape = self.reading.draft.steps[view.step].shape
            if shape[0] > (CHANNELS if len(shape) == 3 else FEATURES):
                raise Unknown(f"with {shape[0]} channels")

    def _path(self, inner: str) -> str:
        """The path of a layer here: the names of Keras, where PyTorch can have them, joined by dots."""
        if inner not in self.paths:
            outer, _, name = inner.rpartition("/") if inner.count("/") else ("", "", inner)
            above = self.paths.get(outer, "")
            plain = name if not fault(name) else _plain(name)
            first = path = f"{above}.{plain}" if above else plain
            numbers = itertools.count(2)
            while path in self.taken:
                path = f"{first}_{next(numbers)}"
            self.paths[inner] = path
            self.taken.add(path)
        return self.paths[inner]


def _fault(entry: Entry, why: Exception) -> str:
    """What is noted of a call that has no meaning in the spec."""
    kind = printable(str(entry.get("class_name")), NAME)
    if isinstance(why, (Unknown, SpecError)):
        return f"{kind}: {why}" if str(why) else kind
    return f"{kind}: a config that Keras does not write ({printable(f'{type(why).__name__}: {why}', NAME)})"


def _passes(entry: Entry) -> bool:
    """Whether a layer is one of images, which say that they train where nobody says anything."""
    kind = str(entry.get("class_name"))
    return kind in inputs.AUGMENTATION or (kind not in inputs.TRAINED and not is_model(entry))


def _plain(name: str) -> str:
    word = WORDS.sub("_", name)[: LONGEST - 10].strip("_") or "layer"
    return word if not fault(word) else f"layer_{word}"


def _is_chain(entry: Entry) -> bool:
    config = entry["config"]
    return isinstance(config, list) or "output_layers" not in config


def _kind(entry: Entry, foreign: str) -> str:
    """The class of a layer of Keras itself; raises Unknown for any other."""
    kind, module = str(entry.get("class_name")), str(entry.get("module") or "keras")
    package = str(entry.get("registered_name") or "").rpartition(">")[0].partition(".")[0]
    if foreign:
        raise Unknown(foreign)
    if module.partition(".")[0] not in HOMES or package not in ("", "Keras", *HOMES):
        raise Unknown(f"a class of {printable(package or module, NAME)}")
    if kind not in (FUNCTIONS if is_operation(entry) else MEANINGS):
        raise Unknown("code of its own" if kind in RUNNING else "")
    if kind in UNNAMED and not entry.get("module"):
        raise Unknown("which may be anybody's in such a file; save the model as .keras")
    return kind


def _check_precision(entry: Entry, reading: Reading) -> None:
    """Note the precision that a layer computes in; raises Unknown for whole numbers."""
    dtype = entry["config"].get("dtype")
    own = dtype.get("config") if isinstance(dtype, Mapping) else None
    name = str(own.get("name") if isinstance(own, Mapping) else dtype)
    if entry["config"].get("quantization_config") is not None or "int" in name or "float8" in name:
        raise Unknown("quantised")
    if name != "None":
        reading.formats.add(name)


def _resolved(given: Any, env: Mapping[Ref, Any]) -> Any:
    """Arguments with their values."""
    if isinstance(given, Ref):
        if given not in env:
            raise Unknown(f"of a value that is not there, of {printable(given.layer, NAME)!r}")
        return env[given]
    if isinstance(given, (list, tuple)):
        return [_resolved(item, env) for item in given]
    return {key: _resolved(item, env) for key, item in given.items()} if isinstance(given, dict) else given


def _views(given: Any) -> Any:
    if isinstance(given, View):
        yield given
    elif isinstance(given, (list, tuple, dict)):
        for item in given.values() if isinstance(given, dict) else given:
            yield from _views(item)


def _hole(reading: Reading) -> View:
    return seen(reading.draft.hole((reading.draft.batch, 1, 1)))
