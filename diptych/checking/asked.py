"""Which gates are asked for, of all that there are, and the note of what was left out."""

from __future__ import annotations

from collections.abc import Sequence

from ..common.errors import DiptychError
from ..common.language import message
from ..common.text import printable

SLOW = ("gradients_float64", "training_float64", "gradients", "training", "dropout")
"""The gates that train, which a fast run leaves out."""
LAST = "training_steps"
"""The gate of a training check (docs/training.md), which is asked where steps are, or where it is named."""
STEPS = 20
"""Of that gate where it is named without a number of them."""


def gates_of(text: str | None) -> list[str] | None:
    """The names of gates in a text such as "outputs,nodes"; None for none.

    >>> gates_of("outputs, nodes")
    ['outputs', 'nodes']
    """
    return None if text is None else [name.strip() for name in text.split(",") if name.strip()]


def asked_gates(
    known: Sequence[str], gates: Sequence[str] | None, fast: bool, always: str = "", steps: int | None = None
) -> tuple[str, ...]:
    """The gates that are asked for, in the order of all; `always` is one without which the others prove nothing.

    Steps of training have the last gate. Raises DiptychError for a name that is no gate's, for none at all, and for
    what is no number of steps.

    >>> asked_gates(("outputs", "nodes", "training"), ["nodes"], fast=False, always="outputs")
    ('outputs', 'nodes')
    """
    if isinstance(gates, str):
        gates = gates_of(gates)
    if steps is not None and (not isinstance(steps, int) or isinstance(steps, bool) or steps < 1):
        raise DiptychError(message("steps is a number from 1 on, got {steps!r}", steps=steps))
    wanted = [name for name in known if not (fast and name in SLOW)] if gates is None else list(gates)
    known = (*known, LAST)
    wrong = [name for name in wanted if name not in known]
    if wrong or not wanted:
        got = f"not {printable(repr(wrong[0]), 80)}" if wrong else "and none was named"
        raise DiptychError(message("the gates are {known}, {got}", known=", ".join(known), got=got))
    return tuple(name for name in known if name in wanted or name == always or (name == LAST and steps))


def left_out(known: Sequence[str], asked: Sequence[str], fast: bool) -> tuple[str, ...]:
    """The note of what was not asked, if there was anything."""
    missing = ", ".join(name for name in known if name not in asked)
    few = "fast, at one size and few batches; " if fast else ""
    return (f"{few}not asked: {missing}" if missing else f"{few}all gates were asked",) if fast or missing else ()
