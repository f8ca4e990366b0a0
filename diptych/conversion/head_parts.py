"""The layers of a state dict that no backbone has: which of them are a head, and what may lie between them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from ..common.errors import SpecError
from ..common.head import POOLS, Layer, layers_of, text_of
from ..common.spec import Array

BETWEEN = ("relu", "dropout")
"""What most people put between two linear layers, in this order, as far as there is room for it."""
STATISTICS = ("running_mean", "running_var")


@dataclass(frozen=True)
class Part:
    """A layer that a head may have: of `kind` "linear" or "batch_norm", from `ins` numbers to `outs`."""

    path: str
    kind: str
    ins: int
    outs: int
    bias: bool = True

    @property
    def names(self) -> tuple[str, ...]:
        """The names of its weights."""
        kinds = ("weight", "bias", *(STATISTICS if self.kind == "batch_norm" else ()))
        return tuple(f"{self.path}.{kind}" for kind in kinds if kind != "bias" or self.bias)

    @property
    def layer(self) -> Layer:
        """The layer of a head that it is."""
        return Layer("linear", self.outs, self.bias) if self.kind == "linear" else Layer("batch_norm")

    @property
    def place(self) -> tuple[str, int | None]:
        """The path of the chain that it stands in, and its number there, None where it has a name."""
        around, _, last = self.path.rpartition(".")
        return around, int(last) if last.isdecimal() else None


def parts_of(arrays: Mapping[str, Array], names: Iterable[str]) -> list[Part]:
    """The layers of these names that a head may have, in the order of the file."""
    groups: dict[str, set[str]] = {}
    for name in names:
        path, _, kind = name.rpartition(".")
        groups.setdefault(path, set()).add(kind)
    found = (_part(arrays, path, kinds) for path, kinds in groups.items() if path)
    return [part for part in found if part is not None]


def _part(arrays: Mapping[str, Array], path: str, kinds: set[str]) -> Part | None:
    shapes = {kind: arrays[f"{path}.{kind}"].shape for kind in kinds}
    weight = shapes.get("weight", ())
    if kinds in ({"weight"}, {"weight", "bias"}) and len(weight) == 2 and shapes.get("bias", weight[:1]) == weight[:1]:
        return Part(path, "linear", weight[1], weight[0], "bias" in kinds)
    if kinds == {"weight", "bias", *STATISTICS} and len(weight) == 1 and len(set(shapes.values())) == 1:
        return Part(path, "batch_norm", weight[0], weight[0])
    return None


def is_chain(parts: Sequence[Part], features: int) -> bool:
    """Whether each layer takes what the one before gives, the first of them `features` numbers."""
    widths = [features, *(part.outs for part in parts)]
    return bool(parts) and all(part.ins == width for part, width in zip(parts, widths, strict=False))


def described(parts: Sequence[Part]) -> str:
    """The layers in words: "fc.0 and fc.3, linear layers 512 -> 256 -> 2"."""
    widths = [parts[0].ins, *(part.outs for part in parts if part.kind == "linear")]
    kinds = "a linear layer" if len(parts) == 1 else "linear layers"
    more = " and batch normalisation" if any(part.kind == "batch_norm" for part in parts) else ""
    names = [part.path for part in parts]
    listed = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
    return f"{listed}, {kinds}{more} {' -> '.join(map(str, widths))}"


def layers_between(parts: Sequence[Part], between: str) -> tuple[Layer, ...]:
    """All layers of a head whose layers with weights are these; `between` says the others.

    It is what lies between each two linear layers, after a normalisation there, or else the whole chain, in which
    linear layers may be without their numbers. Raises SpecError where it is not a chain of these layers.
    """
    said = layers_of(between)
    if said[0].kind in POOLS:
        rest = layers_between(parts, text_of(said[1:])) if said[1:] else tuple(part.layer for part in parts)
        return (said[0], *rest)
    if not any(layer.kind in ("linear", "batch_norm") for layer in said):
        last = max((place for place, part in enumerate(parts) if part.kind == "linear"), default=0)
        rows = [(part.layer, *(said if _ends(parts, place, last) else ())) for place, part in enumerate(parts)]
        return tuple(layer for row in rows for layer in row)
    left, found = list(parts), list[Layer]()
    for layer in said:
        if layer.kind not in ("linear", "batch_norm"):
            found.append(layer)
            continue
        part = left.pop(0) if left else None
        if part is None or not _same(layer, part.layer):
            raise _other(parts, between)
        found.append(part.layer)
    if left:
        raise _other(parts, between)
    return tuple(found)


def _ends(parts: Sequence[Part], place: int, last: int) -> bool:
    """Whether what lies between two linear layers follows this one: it is the last before the next linear layer."""
    after = place + 1 < len(parts) and parts[place + 1].kind == "linear"
    return after and place < last and any(part.kind == "linear" for part in parts[: place + 1])


def _same(said: Layer, found: Layer) -> bool:
    plain = replace(said, features=found.features) if said.features is None else said
    return plain.kind == found.kind and plain.features == found.features and (said.bias or not found.bias)


def _other(parts: Sequence[Part], between: str) -> SpecError:
    own = text_of(tuple(part.layer for part in parts))
    return SpecError(f"the head {between!r} is not that of the file, whose layers with weights are {own}")


def suggested(parts: Sequence[Part], pool: str = "") -> str:
    """The text for a head that these layers are likely to be: ReLU and dropout, where numbers leave room for them.

    `pool` stands before it, where the first layer takes what a pool gives.
    """
    if pool:
        chain = suggested(parts)
        return f"{pool},{chain}" if "linear" in chain or len(parts) > 1 else f"{pool},linear"
    found = list[str]()
    used = len(BETWEEN)
    for place, part in enumerate(parts):
        if part.kind == "linear":
            used = 0
        found.append(part.kind)
        if place + 1 == len(parts):
            break
        room = _room(part, parts[place + 1])
        if room is None:
            room = int(parts[place + 1].kind == "linear" and used == 0)
        found += BETWEEN[used : used + room]
        used += room
    between = [word for word in found if word not in ("linear", "batch_norm")]
    regular = found == ["linear", *[*between[: len(between) // max(len(parts) - 1, 1)], "linear"] * (len(parts) - 1)]
    return ",".join(between[: len(between) // max(len(parts) - 1, 1)] if regular and between else found)


def _room(one: Part, two: Part) -> int | None:
    """How many layers without weights stand between two of a numbered chain; None where nothing tells."""
    (home, first), (other, second) = one.place, two.place
    return second - first - 1 if home == other and first is not None and second is not None else None
