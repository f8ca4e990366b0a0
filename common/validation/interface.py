"""What stands at the borders of a net and of its blocks: names that become code, parameters, outputs and options."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from ..child_names import network_fault, word_fault
from ..emission.names import RESERVED
from ..errors import SpecError
from ..expr import plain
from ..spec import Call, Net
from ..text import printable
from ..values import symbolic
from .kinds import wrong

TITLE, LINE = 2000, 10_000
OUTPUTS, PARAMETERS = 256, 200


def check_head(net: Net) -> None:
    """Raise SpecError for a net without layers, or with a name, title, option or output that none can have."""
    if why := network_fault(net.name):
        raise wrong("name", net.name, f"the name of a network: {why}")
    if len(net.title) > TITLE or len(net.paper) > LINE:
        raise SpecError(f"title and paper: expected at most {TITLE:,} and {LINE:,} characters")
    if not net.nodes:
        raise SpecError("nodes: got none, expected the image and at least one layer")
    for place, (key, _) in enumerate(net.options):
        _check_word(f"options[{place}]", key)
    _unique("options", [key for key, _ in net.options])
    _check_outputs(net)


def _check_outputs(net: Net) -> None:
    names, count = net.output_names, len(net.outputs)
    if not 0 < count <= OUTPUTS:
        raise wrong("outputs", list(net.outputs), f"one to {OUTPUTS} nodes")
    for index in net.outputs:
        if not 0 <= index < len(net.nodes):
            raise wrong("outputs", index, f"the number of a node, 0 to {len(net.nodes) - 1}")
    if names and len(names) != count:
        raise wrong("output_names", list(names), f"{count} names, or none")
    for place, name in enumerate(names):
        # A word of Python may name an output: it is a key of a dict, and no variable.
        if not name.isidentifier() or len(name) > 200:
            raise wrong(f"output_names[{place}]", name, "a word of letters, digits and _")
    _unique("output_names" if names else "outputs", names or net.outputs)
    if not net.evaluated or list(net.evaluated) != sorted({*net.evaluated} & {*range(count)}):
        raise wrong("evaluated", list(net.evaluated), f"places of outputs in their order, 0 to {count - 1}")


def check_root(net: Net) -> None:
    """Raise SpecError where the outermost block is not that of a network of this image and these outputs."""
    root, image = net.root, net.nodes[0]
    if image.path != "input" or len(image.shape) != 3:
        raise SpecError(f"nodes[0]: got {printable(image.path, 60)!r} of {image.shape}, expected input of (C, H, W)")
    wanted = {
        "path": "", "style": "block", "inputs": (0,), "outputs": net.outputs, "parameters": (("x", None),),
        "input_channels": (("in_channels", image.shape[0]),), "owner": "", "number": 0, "per_call": False,
    }  # fmt: skip
    for name, value in wanted.items():
        if getattr(root, name) != value:
            raise wrong(f"root.{name}", getattr(root, name), repr(value))
    if net.output_names and root.returns == "value":
        raise wrong("root.returns", root.returns, "'list' or 'tuple', since the outputs have names")
    if len(root.block) > TITLE:
        raise wrong("root.block", root.block, f"the title of the network, of at most {TITLE:,} characters")
    _check_signature(root, "root")


def check_block(call: Call, net: Net, where: str) -> None:
    """Raise SpecError where a call has names, parameters or channels that no block can be called with."""
    if call.style == "stack":
        if call.block or call.arguments or call.input_channels or call.parameters:
            raise SpecError(f"{where}: a stack is no block of its own, and has no name, arguments or parameters")
        _check_returns(call, where)
        return
    if call.block != "<lambda>":
        _check_word(f"{where}.block", call.block)
    _check_signature(call, where)
    _check_parameters(call, where)
    wanted = tuple(_channels(call, net))
    if plain(call.input_channels) != wanted:
        raise wrong(f"{where}.input_channels", plain(call.input_channels), repr(wanted))


def _check_parameters(call: Call, where: str) -> None:
    """Raise SpecError where the parameters are not those of the values that come in."""
    counts = [count for _, count in call.parameters]
    if call.style == "sequence" and counts != [None]:
        raise wrong(f"{where}.parameters", call.parameters, "one value, since a sequence is a chain")
    wide = [1 if count is None else count for count in counts]
    if not 0 < len(wide) <= PARAMETERS or min(wide) < 1 or sum(wide) != len(call.inputs):
        expected = f"names for {len(call.inputs)} values, one by one or in lists"
        raise wrong(f"{where}.parameters", call.parameters, expected)


def _channels(call: Call, net: Net) -> Iterator[tuple[str, int | tuple[int, ...]]]:
    """What the channels of the values of a block are called in it, and their numbers."""
    entering = list(call.inputs)
    for place, (name, count) in enumerate(call.parameters):
        taken, entering = entering[: count or 1], entering[count or 1 :]
        channels = tuple(net.nodes[index].shape[0] for index in taken)
        yield f"{name}_channels" if place else "in_channels", channels[0] if count is None else channels


def _check_signature(call: Call, where: str) -> None:
    """Raise SpecError for names of parameters and arguments that one constructor or method cannot have together."""
    for name, _ in call.parameters:
        _check_word(f"{where}.parameters", name)
        if name == "training":
            raise wrong(f"{where}.parameters", name, "another name, since Keras tells its layers whether they train")
    for argument in call.arguments:
        _check_word(f"{where}.arguments", argument.name)
        if argument.name in RESERVED and _numbers(argument.name, argument.value):
            raise wrong(f"{where}.arguments", argument.name, "a name that constructors do not use themselves")
        if argument.default is not None and not argument.has_default:
            raise wrong(f"{where}.arguments", argument.default, f"no default of {argument.name}")
    _unique(f"{where}.parameters", [name for name, _ in call.parameters])
    names = [argument.name for argument in call.arguments]
    _unique(f"{where}.arguments", [*names, *(name for name, _ in call.input_channels)])
    _check_returns(call, where)


def _numbers(name: str, value: object) -> dict[str, int]:
    """The numbers in an argument: what the constructor of a class may take."""
    found: dict[str, int] = {}
    symbolic(name, value, found)
    return found


def _check_returns(call: Call, where: str) -> None:
    if not call.outputs or (call.returns == "value" and len(call.outputs) > 1):
        raise wrong(f"{where}.outputs", list(call.outputs), 'one node, or several and `returns` "list" or "tuple"')
    if call.style != "block" and call.returns != "value":
        raise wrong(f"{where}.returns", call.returns, "'value', as a chain answers")


def _check_word(where: str, name: str) -> None:
    if why := word_fault(name):
        raise wrong(where, name, f"a name that code can have: {why}")


def _unique(where: str, names: Iterable[object]) -> None:
    name, count = max(Counter(names).items(), key=lambda item: item[1], default=("", 1))
    if count > 1:
        raise wrong(where, name, "each name once")
