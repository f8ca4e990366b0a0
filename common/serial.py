"""A trace as JSON: every op by its fields, every symbolic int with its expression."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

from .errors import SpecError
from .expr import Sym
from .spec import Argument, Call, Net, Node, Op
from .validation.decode import HEAD, VERSION, decoded
from .validation.retrace import check
from .validation.text import parsed


def dumps(net: Net) -> str:
    """The trace as JSON text; raises SpecError for a network that was read for a comparison alone."""
    for node in net.nodes:
        if node.op.foreign:
            raise SpecError(f"{node.path}: {node.kind} runs as it is in the model that was read, and cannot be written")
    return json.dumps({"diptych": VERSION} | {name: _encode(getattr(net, name)) for name in HEAD})


def loads(text: str) -> Net:
    """The Net of a JSON text; raises SpecError, naming the place, where it is not one that `dumps` wrote.

    The text may come from anyone: it is read within bounds, each value is of the kind of its field, and what is read
    is traced again, so that a net of which this gives no error is one that a network's function could have made.
    """
    net = decoded(parsed(text))
    check(net)
    return net


def _encode(value: Any) -> Any:
    if isinstance(value, Sym):
        return {"int": int(value), "poly": [[factor, list(term)] for term, factor in value.poly.items()]}
    if isinstance(value, tuple):
        return [_encode(item) for item in value]
    if isinstance(value, Op):
        fields = {f.name: _encode(getattr(value, f.name)) for f in dataclasses.fields(value)}
        return {"kind": value.kind, "fields": fields}
    if isinstance(value, (Node, Call, Argument)):
        return {f.name: _encode(getattr(value, f.name)) for f in dataclasses.fields(value)}
    return value
