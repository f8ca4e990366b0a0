"""A trace as JSON: every op by its fields, every symbolic int with its expression."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

from .errors import SpecError
from .expr import Sym
from .ops import op_class
from .spec import Argument, Call, Input, Net, Node, Op

VERSION = 2


def dumps(net: Net) -> str:
    """The trace as JSON text."""
    fields = {"name": net.name, "title": net.title, "paper": net.paper, "evaluated": list(net.evaluated)}
    data = {"diptych": VERSION} | fields | {"options": [list(item) for item in _encode(net.options)]}
    data |= {"outputs": list(net.outputs), "output_names": list(net.output_names)}
    data |= {"nodes": [_encode(n) for n in net.nodes], "root": _encode(net.root)}
    return json.dumps(data)


def loads(text: str) -> Net:
    """The Net of a JSON text; raises SpecError where it is not one that `dumps` wrote."""
    try:
        data = json.loads(text)
        if data["diptych"] != VERSION:
            raise SpecError(f"this trace has format {data['diptych']!r}; this diptych reads format {VERSION}")
        nodes = tuple(_node(item) for item in data["nodes"])
        options = tuple((key, _decode(value)) for key, value in data["options"])
        evaluated, names = tuple(data["evaluated"]), tuple(data["output_names"])
        head = (data["name"], nodes, _call(data["root"]), tuple(data["outputs"]), evaluated, names)
        return Net(*head, data["title"], data["paper"], options)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        raise SpecError(f"this text is not a trace of diptych ({type(error).__name__}: {error})") from None


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


def _decode(value: Any) -> Any:
    if isinstance(value, dict):
        return Sym(value["int"], {tuple(term): factor for factor, term in value["poly"]})
    return tuple(_decode(item) for item in value) if isinstance(value, list) else value


def _node(data: dict[str, Any]) -> Node:
    rest = {key: _decode(value) for key, value in data.items() if key != "op"}
    fields = {key: _decode(value) for key, value in data["op"]["fields"].items()}
    kind = data["op"]["kind"]
    return Node(op=Input(**fields) if kind == "input" else op_class(kind)(**fields), **rest)


def _call(data: dict[str, Any]) -> Call:
    special = {"arguments", "body"}
    rest = {key: _decode(value) for key, value in data.items() if key not in special}
    arguments = tuple(Argument(**{k: _decode(v) for k, v in item.items()}) for item in data["arguments"])
    body = tuple(_call(item) if isinstance(item, dict) else item for item in data["body"])
    return Call(arguments=arguments, body=body, **rest)
