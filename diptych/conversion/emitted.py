"""The names in the weights of an emitted Keras file: they follow from the network, so that there are no rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ..common.dialect import EMITTED, OWN, Dialect, dialect, dialects_for
from ..common.registry import traced
from ..common.spec import Net
from ..tf_impl.kept import kept


@dataclass(frozen=True)
class EmittedNames(Dialect):
    """`places` are our names of Keras layers -> the places of these layers in a file; `name` is the emitted class."""

    places: Mapping[str, str] = field(default_factory=dict, kw_only=True)

    @property
    def plain(self) -> bool:
        """Whether every name is ours."""
        return False

    def of(self, net: Net) -> Dialect:
        """The names for the network with these options, by which its classes and so its places may differ."""
        return emitted_names(net)

    def theirs(self, path: str) -> str:
        """The place of a layer of ours."""
        return self.places.get(path, path)

    def ours(self, name: str) -> str | None:
        """The layer of ours that has this place, or None where none has it."""
        return next((path for path, place in self.places.items() if place == name), None)


@kept
def emitted_names(net: Net) -> Dialect:
    """The names in the weights of the emitted Keras file of a network."""
    from ..tf_impl.places import emitted_model
    from ..tf_impl.slots import holders

    model = emitted_model(net)
    found = {holder: model.places[path].path for holder, path in holders(net).items()}
    return EmittedNames(EMITTED, net.name, model.name, places=found)


def dialect_for(library: str, net: Net | str) -> Dialect:
    """A library's dialect for a network, also that of the emitted file; raises DiptychError where it has none."""
    if library == EMITTED:
        return emitted_names(traced(net, {}) if isinstance(net, str) else net)
    return dialect(library, net if isinstance(net, str) else net.name)


def has_names(library: str, network: str) -> bool:
    """Whether a library has names for the layers of this very network."""
    return library in (OWN, EMITTED) or any(item.library == library for item in dialects_for(network))
