"""Parts of a written model: with values inside of it as outputs, or what stands behind the network alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..common.errors import DiptychError
from ..common.spec import Array
from .runtimes import open_session
from .tail import Tail


def observed(path: Path, names: Sequence[str]) -> Any:
    """The model of a file, whose outputs are these values of it."""
    import onnx

    made = onnx.load(str(path))
    _keep(made, names)
    return made


def behind(path: Path, tail: Tail, names: Sequence[str]) -> Any:
    """The operators behind the network in a file, as a model of the raw maps."""
    import onnx

    made = onnx.load(str(path))
    known = _known(made)
    nodes = list(made.graph.node)[-len(tail.operators) :]
    _keep(made, names)
    for repeated, kept in ((made.graph.node, nodes), (made.graph.input, [known[name] for name in tail.maps])):
        del repeated[:]
        repeated.extend(kept)
    del made.graph.initializer[:]
    return made


def answers(model: Any, names: Sequence[str], feed: Mapping[str, Array]) -> list[Array]:
    """The named values by ONNX Runtime, which must be there."""
    session = open_session(model)
    if isinstance(session, str):
        raise DiptychError(f"{session}; it is what boxes inside of a model are checked by (check=False, --no-check)")
    found: list[Array] = session.run(list(names), dict(feed))
    return found


def _known(made: Any) -> dict[str, Any]:
    return {value.name: value for value in (*made.graph.value_info, *made.graph.output)}


def _keep(made: Any, names: Sequence[str]) -> None:
    known = _known(made)
    outputs = [known[name] for name in names]
    del made.graph.output[:]
    made.graph.output.extend(outputs)
