"""How public libraries name the weights of our networks: ordered rules, read in both directions.

Each file of `dialects` holds the DIALECTS of one family. A rule is a pair of templates (`layer{s}.{b}` and
`stages.{s-1}.blocks.{b}`), not a regular expression, so that one table serves both directions. Rules name nodes, not
weights: the kinds of weights have the same names everywhere, and Keras's variables go by their place in the layer,
which the op's `Lowering` gives.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .dialect_files import dialects as dialects  # of all who know dialects
from .dialect_files import dialects_for as dialects_for
from .errors import DiptychError, SpecError
from .template import Template

if TYPE_CHECKING:
    from .anchor_buffer import AnchorBuffer
    from .spec import Net

NUMBERED_KERAS = "darknet-keras"
"""Whole Keras models that are ports of Darknet's, by Keras's own names: the graph says which layer is which."""
LIBRARIES = (
    *("torchvision", "timm", "keras.applications", "pytorchcv", "efficientnet_pytorch", "tf-slim"),
    *("transformers", "detectron2", "torchvision-2017", "pretrainedmodels", "mmpretrain", "children", "features"),
    *("yolox", "ultralytics", "pytorch-YOLOv4", "effdet", "automl", "keras 2", NUMBERED_KERAS),
)
ONLY_READ = (
    *("tf-slim", "automl", "keras 2", NUMBERED_KERAS),
    *("transformers", "detectron2", "torchvision-2017", "pretrainedmodels", "mmpretrain", "children", "features"),
)
"""Names of checkpoints that TensorFlow writes by graphs, of models whose graphs say which layer is which, of old files,
and of libraries whose models are no reference of ours."""
EMITTED = "emitted"
"""The names in the weights of an emitted Keras file, which follow from the network: see `tf_impl.places`."""
OF_LAYERS = ("keras.applications", "keras 2", "tf-slim", "automl", NUMBERED_KERAS, EMITTED)
OWN = "diptych"
UNKNOWN = ":"
"""What stands after the library in the name of a weight that the library's dialect does not know."""
NUMBERED = re.compile(r"(conv2d|separable_conv2d|batch_normalization|normalization|dense)(?:_(\d+))?")
"""Names that Keras makes up itself; where their numbers begin depends on the models that a process made before."""


@dataclass(frozen=True)
class Rule:
    """The path of a node of ours, and what it is called there.

    `kernel` says that they keep the matrix of our linear layer as a kernel, of 1x1 or of the map that it flattens. On
    the side of Keras, "layer#1" is the second variable of a layer that is two nodes of ours; a variable that no rule
    names is of the node before it.
    """

    ours: Template
    theirs: Template
    kernel: bool = False


def rules(*pairs: tuple[str, str] | tuple[str, str, bool]) -> tuple[Rule, ...]:
    """Rules from (ours, theirs) or (ours, theirs, kernel); the first that fits a name counts."""
    return tuple(Rule(Template(pair[0]), Template(pair[1]), len(pair) == 3) for pair in pairs)


@dataclass(frozen=True)
class Dialect:
    """The names that a library gives the layers of one network: `name` there is `network` here.

    `arguments` are those that make the model there, `keywords` what they call our options, `bare` the options of ours
    that is theirs without its top, `version` what its modules ask of a state dict. A path that no rule fits has the
    same name on both sides. `beside` are the arrays of a detector's anchors that a state dict there has, the last of
    which boxes are decoded with; a file may lack them. `respelled` are beginnings of names that another version of the
    library spells in its own way, with those that the rules know, and `caution` is what the names leave open.
    """

    library: str
    network: str
    name: str
    rules: tuple[Rule, ...] = ()
    arguments: Mapping[str, Any] = field(default_factory=dict)
    keywords: Mapping[str, str] = field(default_factory=dict)
    bare: Mapping[str, Any] = field(default_factory=lambda: {"num_classes": 0})
    version: int = 0
    beside: tuple[AnchorBuffer, ...] = ()
    respelled: tuple[tuple[str, str], ...] = ()
    caution: str = ""

    @property
    def of_layers(self) -> bool:
        """Whether it names Keras layers, not torch modules."""
        return self.library in OF_LAYERS

    @property
    def by_place(self) -> bool:
        """Whether layers go by their places in a file, not by names of their own."""
        return self.library == EMITTED

    @property
    def plain(self) -> bool:
        """Whether every name is ours."""
        return not self.rules

    def of(self, net: Net) -> Dialect:
        """The dialect for the network with these options; rules are the same for all."""
        return self

    @functools.cached_property
    def _sides(self) -> dict[str, tuple[dict[str, list[int]], list[int]]]:
        """For each side of the rules: text without fields -> places of the rules with it, and places of the others."""
        found: dict[str, tuple[dict[str, list[int]], list[int]]] = {"ours": ({}, []), "theirs": ({}, [])}
        for place, rule in enumerate(self.rules):
            for side, text in (("ours", rule.ours), ("theirs", rule.theirs)):
                plain, others = found[side]
                (plain.setdefault(text.text, []) if text.plain else others).append(place)
        return found

    def _for(self, side: str, name: str) -> Iterator[Rule]:
        """The rules that a name may fit on a side, in their order."""
        plain, others = self._sides[side]
        return (self.rules[place] for place in sorted([*others, *plain.get(name, ())]))

    def theirs(self, path: str) -> str:
        """The name there of a node of ours."""
        for rule in self._for("ours", path):
            values = rule.ours.read(path)
            name = rule.theirs.write(values) if values is not None else None
            if name is not None:
                return name
        return path

    def weight(self, name: str) -> str:
        """The name there of a weight of ours in a torch library; one that a block owns itself goes by the block."""
        path, dot, kind = name.rpartition(".")
        return f"{self.theirs(path)}{dot}{kind}"

    def ours(self, name: str) -> str | None:
        """The path of a node that has this name there, or None where none can have it."""
        for rule in self._for("theirs", name):
            values = rule.theirs.read(name)
            path = rule.ours.write(values) if values is not None else None
            if path is not None and self.theirs(path) == name:
                return path
        return name if self.theirs(name) == name else None

    def spelled(self, name: str) -> str:
        """The name as the rules know it, of one that another version of the library may have written."""
        for there, here in self.respelled:
            if name.startswith(there):
                return here + name.removeprefix(there)
        return name

    def kernel(self, path: str) -> bool:
        """Whether they keep the matrix of this node as a kernel."""
        return any(rule.kernel and rule.ours.read(path) is not None for rule in self.rules)


def same(library: str, *names: str, **renamed: str) -> tuple[Dialect, ...]:
    """Dialects of networks whose layers are called there as here: by the same name, or ours=theirs."""
    return tuple(Dialect(library, ours, theirs) for ours, theirs in ({name: name for name in names} | renamed).items())


@functools.cache
def dialect(library: str, network: str) -> Dialect:
    """A library's dialect for a network of ours; raises DiptychError where it has no such network.

    >>> dialect("keras.applications", "resnet50.keras").theirs("layer2.0.downsample.1")
    'conv3_block1_0_bn'
    """
    if library == OWN:
        version = max((item.version for item in dialects_for(network) if item.plain), default=0)
        return Dialect(OWN, network, network, version=version)
    for item in dialects_for(network):
        if item.library == library:
            return item
    having = sorted({item.library for item in dialects_for(network) if item.library not in ONLY_READ})
    others = sorted(item.network for item in dialects() if item.library == library and _kin(item.network, network))
    advice = f"; it has {', '.join(others)}" if others else ""
    where = f"{' and '.join([*having, OWN])}" if having else f"{OWN} alone"
    raise DiptychError(f"{library} has no network that is the function of {network}{advice}; {network} is in {where}")


def _kin(one: str, other: str) -> bool:
    return one.partition(".")[0] == other.partition(".")[0]


def numbered(names: Iterable[str]) -> dict[str, str]:
    """Names as Keras would make them up in a new process: for each kind, the first without a number, then _1, _2, ...

    >>> numbered(["conv2d_94", "conv2d_95", "predictions"])
    {'conv2d_94': 'conv2d', 'conv2d_95': 'conv2d_1', 'predictions': 'predictions'}
    """
    found = {name: NUMBERED.fullmatch(name) for name in names}
    kinds: dict[str, list[int]] = {}
    for match in found.values():
        if match:
            kinds.setdefault(match[1], []).append(int(match[2] or 0))
    places = {kind: sorted(numbers) for kind, numbers in kinds.items()}
    return {name: _renumbered(name, match, places) for name, match in found.items()}


def _renumbered(name: str, match: re.Match[str] | None, places: Mapping[str, list[int]]) -> str:
    if not match:
        return name
    index = places[match[1]].index(int(match[2] or 0))
    return f"{match[1]}_{index}" if index else match[1]


def check_bijective(found: Dialect, paths: Iterable[str]) -> None:
    """Raise SpecError where two paths have one name there, or a name does not lead back."""
    seen: dict[str, str] = {}
    for path in paths:
        name = found.theirs(path)
        if name in seen:
            raise SpecError(f"{found.library} {found.network}: {seen[name]} and {path} are both {name}")
        if found.ours(name) != path:
            back = found.ours(name)
            raise SpecError(f"{found.library} {found.network}: {path} is {name}, which leads back to {back}")
        seen[name] = path
