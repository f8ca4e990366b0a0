"""The registered networks: every file of `zoo` is a family with its NETWORKS, of which one is CANONICAL."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from .cards import Card, card
from .detection.detector import Detector
from .errors import DiptychError, SpecError
from .head import headed
from .listed import Entry, canonical, family_file, known_networks, networks, spelled_name
from .rewriting.fold import SUFFIX, folded
from .spec import Net
from .spoken_options import elsewhere
from .trace import trace

__all__ = ["Network", "canonical", "meant_by", "network", "networks", "registered", "spec", "traced"]

SHARED_OPTIONS = ("num_classes", "in_channels", "input_size")
"""What every network takes; num_classes only where its output is not fixed."""

LARGEST = 32
"""Of a width or a depth: at a thousand times its depth, a network takes minutes to trace."""


@dataclass(frozen=True)
class Network:
    """One registered network: its function, the arguments that make it this variant, and whose form it is.

    `source` says whose ("paper", "torchvision", "timm", "keras.applications", "caffe"); `options` are the arguments
    that a caller may give another value, such as a width. `evaluated` is the number of outputs on the evaluation path,
    None for all of them, where they have names. `check_sizes` are non-square input sizes, even and odd, at
    which a check is affordable. `alias_sizes` has the aliases that mean this network at an input size other than its
    own; `asked_size` is that size, in what `network` answers for one. `detector` says what the raw maps of a detector
    mean. The family is the name of the file in `zoo`.
    """

    name: str
    title: str
    function: Callable[..., Any]
    arguments: dict[str, Any] = field(default_factory=dict)
    source: str = "paper"
    aliases: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    in_channels: int = 3
    input_size: tuple[int, int] = (224, 224)
    num_classes: int | None = 1000
    evaluated: int | None = 1
    check_sizes: tuple[tuple[int, int], ...] = ((64, 48), (65, 49))
    alias_sizes: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    asked_size: tuple[int, int] | None = None
    detector: Detector | None = None
    family: str = ""

    @property
    def card(self) -> Card:
        """Paper, reference, counts, preprocessing and quirks."""
        return card(self.family, self.name)

    def trace(
        self,
        /,  # so that an option called self is one that there is not
        num_classes: int | None = None,
        in_channels: int | None = None,
        input_size: int | tuple[int, int] | None = None,
        head: str | None = None,
        **options: Any,
    ) -> Net:
        """Trace this network, with other options than its own where given; raises SpecError for senseless ones.

        With num_classes=0 it has no head, and gives what the head would take; `head` says what takes it instead.
        """
        input_size = self.asked_size if input_size is None else input_size
        asked: Any = self.input_size if input_size is None else input_size
        size = tuple(asked) if isinstance(asked, (tuple, list)) else (asked, asked)
        given = {"num_classes": num_classes, "in_channels": in_channels}
        for option, value in given.items():
            bare = option == "num_classes" and value == 0 and not isinstance(value, bool)
            if value is not None and not bare and not _natural(value):
                more = ", or 0 for no head" if option == "num_classes" else ""
                raise SpecError(f"{self.name}: {option} is a positive whole number{more}, not {value!r}")
        if len(size) != 2 or not all(map(_natural, size)):
            raise SpecError(f"{self.name}: input_size is one positive number or (height, width), not {input_size!r}")
        chosen = {option: self._option(option, value) for option, value in options.items()}
        arguments = self.arguments | chosen
        function = self.function
        if head is not None:
            function, num_classes = self._headed(head, num_classes), 0
            chosen["head"] = head
        if self.num_classes is not None:
            arguments["num_classes"] = self.num_classes if num_classes is None else num_classes
        elif num_classes is not None:
            raise SpecError(f"{self.name} has a fixed output and takes no num_classes")
        kept: dict[str, Any] = {key: value for key, value in given.items() if value is not None}
        kept |= {"input_size": size} if input_size is not None else {}
        return trace(
            function,
            self.name,
            (in_channels or self.in_channels, *size),
            evaluated=self.evaluated,
            title=self.title,
            paper=self.card.citation(),
            options=tuple((kept | chosen).items()),
            **arguments,
        )

    def _headed(self, head: str, num_classes: int | None) -> Callable[..., Any]:
        """The function with a head of somebody's own; raises SpecError where there is none to replace."""
        if self.num_classes is None or self.detector is not None:
            raise SpecError(f"{self.name} has a fixed output, and no head that another could replace")
        if num_classes is not None:
            raise SpecError(f"{self.name}: its head says how many numbers it gives; leave out num_classes")
        try:
            return headed(self.function, head)
        except SpecError as error:
            raise SpecError(f"{self.name}: {error}") from None

    def _option(self, option: str, value: Any) -> Any:
        """An option's value as the function takes it: text is read as what the network's own value is."""
        if option not in self.options:
            shared = ("in_channels", "input_size") if self.num_classes is None else SHARED_OPTIONS
            advice = elsewhere(option, value, (*self.options, *shared))
            raise SpecError(f"{self.name} has no option {option!r}; {advice}")
        own = self.arguments[option]
        read = _read(value, type(own))
        if not isinstance(read, type(own)):
            raise SpecError(f"{self.name}: {option} is a {type(own).__name__}, such as {own!r}, not {value!r}")
        if isinstance(read, float) and abs(read) > LARGEST:
            raise SpecError(f"{self.name}: {option} is at most {LARGEST}, such as {own!r}, not {value!r}")
        return read


class Folded(Network):
    """A registered network after its batch normalisations were folded into the layers before them."""

    @property
    def card(self) -> Card:
        """The card of the network as it was published."""
        return card(self.family, self.name.removesuffix(SUFFIX))

    def trace(self, /, *args: Any, **options: Any) -> Net:
        """Trace the network, and fold it; raises DiptychError where there is nothing to fold."""
        return folded(super().trace(*args, **options))


def _read(value: Any, kind: type) -> Any:
    """A value as one of a kind: text as on a command line, and a whole number where any number will do."""
    if isinstance(value, str) and kind is bool:
        return {"true": True, "false": False}.get(value.lower(), value)
    number = isinstance(value, str) or (isinstance(value, int) and not isinstance(value, bool) and kind is float)
    try:
        return kind(value) if kind in (int, float) and number else value
    except ValueError:
        return value


def _natural(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


@functools.cache
def _family(name: str) -> dict[str, Network]:
    """The networks of one family by name, whose file is read only when one of them is asked for."""
    return {network.name: replace(network, family=name) for network in family_file(name).NETWORKS}


def network(name: str, exact: bool = False) -> Network:
    """The registered network of a name or alias; raises DiptychError naming near matches.

    Unless `exact`, it may be said as people do where that means one network: `ResNet-50`, `tf_efficientnet_b0`,
    `keras.applications.ResNet50`, `timm/resnet50.a1_in1k`. NAME.folded is the network without the batch normalisations
    that fold into the layers before them, and for a network of RepVGG blocks its deployed form.
    """
    known, aliases = known_networks()
    if isinstance(name, str) and name.endswith(SUFFIX) and name not in known:
        plain = network(name.removesuffix(SUFFIX), exact)
        deployed = f"{plain.name.removesuffix('_train')}_deploy"
        if deployed in known:
            return _of(known[deployed])
        return Folded(**vars(plain) | {"name": f"{plain.name}{SUFFIX}", "aliases": ()})
    name = spelled_name(name, exact)
    found = _of(known[aliases.get(name, name)])
    return replace(found, asked_size=found.alias_sizes[name]) if name in found.alias_sizes else found


def _of(entry: Entry) -> Network:
    return _family(entry.family)[entry.name]


def meant_by(text: str) -> str | None:
    """The registered name of what `network` takes; None where it is none."""
    try:
        return network(text).name
    except DiptychError:
        return None


def registered(name: str) -> bool:
    """Whether a network has this very name, a folded one included."""
    return name.removesuffix(SUFFIX) in known_networks()[0]


def spec(
    name: str,
    *,
    num_classes: int | None = None,
    in_channels: int | None = None,
    input_size: int | tuple[int, int] | None = None,
    **options: Any,
) -> Net:
    """The traced network of a registered name or alias, with the options that it takes.

    >>> spec("lenet5_modern").params
    61706
    >>> spec("yolov3_608") == spec("yolov3", input_size=608)
    True
    """
    return network(name).trace(num_classes, in_channels, input_size, **options)


def traced(name: str, options: Mapping[str, Any]) -> Net:
    """A registered network with these options, traced once per process; raises SpecError for senseless ones."""
    try:
        hash(tuple(options.values()))
    except TypeError:
        raise SpecError(f"{name}: an option is a number, a text or a few of them, not {dict(options)!r}") from None
    return _traced(name, tuple(sorted(options.items())))


@functools.lru_cache(maxsize=1024)
def _traced(name: str, options: tuple[tuple[str, Any], ...]) -> Net:
    return network(name).trace(**dict(options))
