"""Source text of a network in both frameworks, line for line."""

from __future__ import annotations

from .backends import NAMES, key_of
from .common.emission.source import Source
from .common.registry import spec
from .common.spec import Net


def twins(net: Net) -> tuple[Source, Source]:
    """The PyTorch and the Keras source of a network; line n of one is the twin of line n of the other."""
    from .tf_impl.source import source as keras_source
    from .torch_impl.source import source as torch_source

    ours, theirs = torch_source(net), keras_source(net)
    if ours.helpers == theirs.helpers:
        return ours, theirs
    # What only one of them has to write out stands as a comment of as many lines in the other.
    helpers = {*ours.helpers, *theirs.helpers}
    return ours.beside(helpers), theirs.beside(helpers)


def emitted(net: Net, framework: str) -> Source:
    """The emitted source of a network with its classes and origins; raises DiptychError for an unknown framework."""
    place = list(NAMES).index(key_of(framework))
    return twins(net)[place]


def source(net: Net | str, framework: str) -> str:
    """A network as the text of one standalone file, "torch" or "tf" ("keras"), line for line the twin of the other.

    >>> source("lenet5_modern", "tf").splitlines()[0][3:28]
    'LeNet-5 (modern) in Keras'
    """
    return emitted(spec(net) if isinstance(net, str) else net, framework).text
