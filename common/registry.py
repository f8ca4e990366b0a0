"""The registered networks: every file of `zoo` is a family with its NETWORKS, of which one is CANONICAL."""

from __future__ import annotations

import fnmatch
import functools
import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from .cards import Card, card
from .detection.detector import Detector
from .errors import DiptychError, SpecError
from .head import headed
from .rewriting.fold import SUFFIX, folded
from .spec import Net
from .spoken import heard, refusal, suggested
from .spoken_options import elsewhere
from .text import NAME, printable
from .trace import trace

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
def _registered() -> tuple[dict[str, Network], dict[str, str]]:
    from . import zoo

    networks: dict[str, Network] = {}
    aliases: dict[str, str] = {}
    for module in sorted(m.name for m in pkgutil.iter_modules(zoo.__path__)):
        for plain in importlib.import_module(f".{module}", zoo.__name__).NETWORKS:
            network = replace(plain, family=module)
            for name in (network.name, *network.aliases):
                if name in networks or name in aliases:
                    raise SpecError(f"the name {name!r} in zoo/{module}.py is registered already")
                aliases[name] = network.name
            del aliases[network.name]
            networks[network.name] = network
    return networks, aliases


def networks(family: str | None = None) -> list[str]:
    """The names of all registered networks, of one family, or of a pattern such as "*resnet*".

    Raises DiptychError for an unknown family.
    """
    everything = _registered()[0].values()
    if family is not None and any(sign in family for sign in "*?["):
        return [item.name for item in everything if fnmatch.fnmatchcase(item.name, family.lower())]
    families = sorted({network.family for network in everything})
    if family is not None and family not in families:
        plain, close = family.lower().replace("-", "_"), suggested(family, families)
        if plain in families:
            return networks(plain)
        advice = f"did you mean {' or '.join(map(repr, close))}? " if close else ""
        raise DiptychError(f"there is no family {family!r}; {advice}the families are {', '.join(families)}")
    return [network.name for network in everything if family in (None, network.family)]


@functools.cache
def canonical() -> dict[str, str]:
    """Family -> the network whose emitted source stands in `torch_impl/models` and `tf_impl/models`.

    >>> canonical()["resnet"]
    'resnet50'
    """
    from . import zoo

    names = [module.name for module in pkgutil.iter_modules(zoo.__path__)]
    return {name: importlib.import_module(f".{name}", zoo.__name__).CANONICAL for name in sorted(names)}


def network(name: str, exact: bool = False) -> Network:
    """The registered network of a name or alias; raises DiptychError naming near matches.

    Unless `exact`, it may be said as people do where that means one network: `ResNet-50`, `tf_efficientnet_b0`,
    `keras.applications.ResNet50`, `timm/resnet50.a1_in1k`. NAME.folded is the network without the batch normalisations
    that fold into the layers before them, and for a network of RepVGG blocks its deployed form.
    """
    if not isinstance(name, str):
        raise DiptychError(
            f"the name of a network is text such as 'resnet50', not {printable(repr(name), NAME)}; a model of your own "
            "is read by diptych.read(model, example)"
        )
    known, aliases = _registered()
    if name.endswith(SUFFIX) and name not in known:
        plain = network(name.removesuffix(SUFFIX), exact)
        deployed = f"{plain.name.removesuffix('_train')}_deploy"
        if deployed in known:
            return known[deployed]
        return Folded(**vars(plain) | {"name": f"{plain.name}{SUFFIX}", "aliases": ()})
    if name not in known and name not in aliases:
        said, name = name, (None if exact else heard(name, _spelled())) or ""
        if not name:
            raise DiptychError(refusal(said, [*known, *aliases], {item.name: item.family for item in known.values()}))
    found = known[aliases.get(name, name)]
    return replace(found, asked_size=found.alias_sizes[name]) if name in found.alias_sizes else found


def meant_by(text: str) -> str | None:
    """The registered name of what `network` takes; None where it is none."""
    try:
        return network(text).name
    except DiptychError:
        return None


@functools.cache
def _spelled() -> dict[str, str]:
    """Every name and alias -> what `network` takes: an alias of a size stays, since it says more than the name."""
    known, aliases = _registered()
    return {name: name for name in known} | {
        alias: alias if alias in known[name].alias_sizes else name for alias, name in aliases.items()
    }


def registered(name: str) -> bool:
    """Whether a network has this very name, a folded one included."""
    return name.removesuffix(SUFFIX) in _registered()[0]


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
