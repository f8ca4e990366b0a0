"""Which network a checkpoint belongs to, in whose names and with which options; never a guess between functions.

One case is decided by its names: several registered forms have the same weights and the file does not tell which
(VGG-11 with and without LRN; MobileNetV2 and its keras.applications form). A torch file in torchvision's names is then
taken for torchvision's form, and the report says so and names the others. If that leaves a choice, as timm's names of
EfficientNet do, it is an error. Files that diptych writes say what they are.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ..common.dialect import LIBRARIES, OWN, Dialect, dialects_for
from ..common.errors import DiptychError, SpecError
from ..common.memory import unread
from ..common.registry import Network, network
from ..common.rewriting.fold import SUFFIX
from ..common.spec import Net
from ..files import read
from ..files.checkpoint import Checkpoint
from ..files.provenance import UNREGISTERED
from .architecture import check_architecture
from .choosing import speaking_for
from .configured import asked, check_configured
from .heads import Beside, Unconverted, beside, headed, left_behind
from .match_notes import inferred_note, names_note
from .matching import LARGEST_HEAD, Match, match, merge, nearness
from .nowhere import path_of
from .prefixes import part_of, rivals, several
from .refusals import computed, misfit, strange
from .signatures import candidates, dialects_of, folded_candidates, overlapping_candidates, variants

Options = dict[str, Any]
NEAR = 5


@dataclass(frozen=True)
class Identified:
    """The network of a checkpoint; `checkpoint` has our names, whatever those of the file are."""

    net: Net
    checkpoint: Checkpoint
    dialect: Dialect
    notes: tuple[str, ...] = field(default=())
    prefix: str = ""
    """What the names of the network that is meant begin with, where the file has several."""
    reader: str = ""
    """The words for the second reader that gave the same arrays; "" where the file was read once."""
    graph: str = ""
    """What was measured of the file's own graph; "" where it was not run."""

    @property
    def library(self) -> str:
        """Whose names the file has."""
        return self.dialect.library


@dataclass(frozen=True)
class Identification:
    """What a file is: `matches` are the exact ones, several where networks have the same names and shapes.

    Without an exact one `runners_up` begins with the nearest. `notes` say what was unwrapped and left out.
    """

    path: Path
    matches: tuple[Match, ...]
    runners_up: tuple[Match, ...]
    notes: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The networks that fit exactly."""
        return tuple(dict.fromkeys(found.net.name for found in self.matches))


def identify(
    source: str | Path | Checkpoint, cfg: str | Path | None = None, prefix: str | None = None
) -> Identification:
    """What a checkpoint is from its names and shapes alone: network, names, options, what is missing or too many.

    `cfg`, a file of Darknet's, says the network of a .weights file; without it, that beside the file or its size does.
    `prefix` says which of several networks in a file is meant.

    A folded network is found where its layers have the names from before, as other folders than ours leave them; under
    our names, where the file states it.
    Of a file the numbers are not read, so that damage to them is not seen, and `matches` have none.
    Raises FileError for a file that cannot be read, DiptychError where no network has even a tenth of its names.
    """
    if isinstance(source, Checkpoint):
        return _identified(part_of(source, prefix or ""), cfg)
    with unread():
        found = _identified(part_of(read(path_of(source)), prefix or ""), cfg)
    return replace(found, matches=_bare(found.matches), runners_up=_bare(found.runners_up))


def _bare(found: tuple[Match, ...]) -> tuple[Match, ...]:
    return tuple(replace(match, checkpoint=match.checkpoint.without_arrays()) for match in found)


def _identified(checkpoint: Checkpoint, cfg: str | Path | None) -> Identification:
    if cfg is not None or (checkpoint.nameless and checkpoint.stated.network):
        return _configured(checkpoint, cfg)
    _refuse_several(checkpoint, {})
    exact, near, problems = _matches(checkpoint, {})
    if (checkpoint.stated.network or "").endswith(SUFFIX):
        said = _match_named(_stated(checkpoint), checkpoint, dict(checkpoint.stated.options))
        exact += [said] if said.exact else []
    if not exact and not near:
        raise strange(checkpoint)
    first = (exact or near)[0]
    return Identification(checkpoint.path, tuple(exact), tuple(near), (*first.checkpoint.notes, *problems[:1]))


def _configured(checkpoint: Checkpoint, cfg: str | Path | None) -> Identification:
    """What a checkpoint is as the network that a `.cfg` says, where it is that one."""
    stated = checkpoint.stated
    name, options, said = asked(cfg, None, {}) if cfg is not None else (stated.network, dict(stated.options), None)
    found = _match_named(network(name or ""), checkpoint, options)
    notes = (*found.checkpoint.notes, *(check_configured(said, found.net, checkpoint.path) if found.exact else ()))
    exact, near = ((found,), ()) if found.exact else ((), (found,))
    return Identification(checkpoint.path, exact, near, notes)


def identified(checkpoint: Checkpoint, name: str | None, options: Mapping[str, Any]) -> Identified:
    """The network of a checkpoint: as named, else as the file states it, else the only one that its weights fit.

    `options` are those of the network, None where not given. Raises DiptychError where several networks fit or a
    stated architecture differs, and WeightsError naming the misfits where none does.
    """
    given = {key: value for key, value in options.items() if value is not None}
    stated = checkpoint.stated.network
    notes: tuple[str, ...] = ()
    if name or stated:
        chosen = network(name) if name else _stated(checkpoint)
        given = ({"input_size": chosen.asked_size} if chosen.asked_size else {}) | given
        same = stated is not None and stated == chosen.name
        found = _match_named(chosen, checkpoint, (dict(checkpoint.stated.options) if same else {}) | given)
        if stated and not same:
            notes = (f"the file says it holds {stated}; taken as {chosen.name}, as asked",)
    else:
        found, notes = _search(checkpoint, given)
    check_architecture(found)
    notes = found.checkpoint.notes + notes + names_note(found)
    how = "as Darknet's files of this size have it" if checkpoint.nameless else "read off the file's shapes"
    notes += inferred_note(found, given, checkpoint.stated.options, how)
    return Identified(found.net, found.checkpoint, found.dialect, notes)


def libraries(found: Match) -> list[str]:
    """Whose names a matching file has: all libraries that call the layers of this network so."""
    if found.dialect.library != OWN:
        return [found.dialect.library]
    plain = {item.library for item in dialects_for(found.net.name) if item.plain}
    return [*(library for library in LIBRARIES if library in plain and not found.checkpoint.of_layers), OWN]


def _stated(checkpoint: Checkpoint) -> Network:
    """The network that a file says it holds; raises DiptychError, with the file's name, where there is none such."""
    own = (checkpoint.stated.network or "").removeprefix(UNREGISTERED)
    if own != (checkpoint.stated.network or ""):
        raise DiptychError(f"{checkpoint.path} holds weights of {own}, which is no registered network")
    try:
        return network(checkpoint.stated.network or "", exact=True)
    except DiptychError as error:
        raise DiptychError(f"{checkpoint.path} names its network, but {error}") from None


def _match_named(chosen: Network, checkpoint: Checkpoint, options: Options) -> Match:
    """The checkpoint against one network, in the names that fit best."""
    found, tried = list[Match](), list[tuple[str, Dialect]]()
    for item in _spoken(checkpoint, chosen):
        for prefix, _ in variants(checkpoint):
            tried.append((prefix, item))
            try:
                one = match(checkpoint.inside(prefix), item, options)
            except SpecError as error:
                if "head" in options:
                    continue  # which is said by what lies between its layers
                raise SpecError(f"{checkpoint.path}: {error}") from None
            if one.exact and not left_behind(one, checkpoint):
                for said in beside(one, checkpoint, prefix):
                    raise Unconverted(said)
                return one
            found += [] if "head" in options else [one]  # which is by other names in the file
    whole, problems = headed(checkpoint, tried, options)
    if not whole and problems:
        raise Unconverted(problems[0] + computed(checkpoint))
    if not whole and not found:
        found = [match(checkpoint.inside(prefix), item, options) for prefix, item in tried]
    return whole[0] if whole else max(found, key=lambda item: item.confidence)


def _spoken(checkpoint: Checkpoint, chosen: Network) -> Iterator[Dialect]:
    """The dialects that a file may speak of a network, the emitted file's last, which takes as long as all others."""
    found = _readable(checkpoint, dialects_of(chosen.name, places=False))
    yield from found
    if checkpoint.of_layers:
        yield from (item for item in _readable(checkpoint, dialects_of(chosen.name)) if item.by_place)


def _readable(checkpoint: Checkpoint, items: list[Dialect]) -> list[Dialect]:
    """The dialects that a file of this kind may speak: layers of Keras, or names of tensors."""
    return [item for item in items if item.library == OWN or item.of_layers == checkpoint.of_layers]


def _matches(checkpoint: Checkpoint, given: Options) -> tuple[list[Match], list[Match], list[str]]:
    """(exact matches, the nearest others, why a head is not converted) of a checkpoint.

    The same names after a shorter prefix come first.
    """
    near: dict[tuple[str, str, str], Match] = {}
    plain = {key: value for key, value in given.items() if key != "head"}
    by_names = ([(prefix, item) for item in _readable(checkpoint, items)] for prefix, items in candidates(checkpoint))
    later = (list(find(checkpoint)) for find in (folded_candidates, overlapping_candidates))
    for group in itertools.chain(by_names, later):
        tried = list(_tried(checkpoint, group, plain))
        exact = merge([found for _, found in tried if found.exact])
        for key, found in tried:
            if not found.exact:
                near.setdefault(key, found)
        if exact:
            break
    nearest = sorted(near.values(), key=lambda one: -nearness(one, checkpoint))[:NEAR]
    if exact and plain == given and not any(left_behind(found, checkpoint) for found in exact):
        said = [item for key, found in tried if found.exact for item in beside(found, checkpoint, key[0])]
        return exact, nearest, list(said)
    among = [(key, one) for key, one in tried if one.exact] if exact else near.items()
    fit = [(key[0], one.dialect) for key, one in among if exact or _may_fit(one)]
    whole, problems = headed(checkpoint, fit, given)
    return merge(whole) if whole or problems or plain != given else exact, nearest, problems


def _may_fit(found: Match) -> bool:
    """Whether a network that does not fit may do so with another head."""
    return len(found.missing) + len(found.misfits) <= LARGEST_HEAD


def _tried(
    checkpoint: Checkpoint, group: list[tuple[str, Dialect]], given: Options
) -> Iterator[tuple[tuple[str, str, str], Match]]:
    """The checkpoint against each network that takes the options; raises SpecError where none of them does."""
    refused: list[SpecError] = []
    for prefix, item in group:
        try:
            yield (prefix, item.library, item.network), match(checkpoint.inside(prefix), item, given)
        except SpecError as error:
            refused.append(error)
    if len(refused) == len(group) > 0:
        raise SpecError(f"{checkpoint.path}: {refused[0]}")


def _search(checkpoint: Checkpoint, given: Options) -> tuple[Match, tuple[str, ...]]:
    _refuse_several(checkpoint, given)
    exact, near, problems = _matches(checkpoint, given)
    if problems and (not exact or isinstance(problems[0], Beside)):
        raise Unconverted(problems[0] + computed(checkpoint))
    if not exact and (not near or near[0].confidence < 0.5):
        raise strange(checkpoint)
    if not exact:
        if near[0].wires:
            check_architecture(near[0])
        raise misfit(near[0])
    if len({(found.net.name, found.net.options) for found in exact}) == 1:  # of several libraries' names, perhaps
        return exact[0], (f"taken as {exact[0].net.name}, the only registered network with these weights",)
    return speaking_for(checkpoint, exact)


def _refuse_several(checkpoint: Checkpoint, given: Options) -> None:
    """Raise DiptychError for a file of several networks side by side, none of which is the one."""
    found = rivals(checkpoint)
    if not found:
        return
    exact, near, problems = _matches(checkpoint.inside(found[0]), given)
    if exact or problems or (near and near[0].confidence >= 0.5):
        raise several(checkpoint, found)
