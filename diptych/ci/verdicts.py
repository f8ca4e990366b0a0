"""What one gate of a report is to pytest, and the report of what a test function returns."""

from __future__ import annotations

import inspect
import json
import logging
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

from .. import check, compare
from ..checking.report import Report
from ..commands.quiet import native_stderr_kept
from ..common.errors import DiptychError
from ..common.spec import near
from ..common.text import printable
from ..opening.code import is_model
from ..opening.noted import noted
from .states import Judged, states

Outcome = Literal["passed", "failed", "skipped"]
OUTCOMES: dict[str, Outcome] = {"same": "passed", "different": "failed", "cannot tell": "failed", "open": "skipped"}


@dataclass(frozen=True)
class Verdicts:
    """The gates of a report and its text, or an error and no gates: what tests need of it, which is little."""

    gates: tuple[Judged, ...]
    text: str

    @classmethod
    def of(cls, report: Report) -> Verdicts:
        """What tests need of a report."""
        return cls(states(report), str(report))

    @classmethod
    def from_json(cls, text: str) -> Verdicts:
        """What `to_json` wrote."""
        data = json.loads(text)
        return cls(tuple(Judged(*item) for item in data["gates"]), data["text"])

    def to_json(self) -> str:
        """Itself, for another process."""
        return json.dumps({"gates": [[item.gate, item.state, item.said] for item in self.gates], "text": self.text})


def judged(found: Verdicts, gate: str, gates: Sequence[str]) -> tuple[Outcome, str]:
    """Whether the test of a gate passes, and what is said.

    A gate that has no test of its own among `gates` counts to the first of them, so that none is lost.
    """
    if not found.gates:
        return "failed", found.text
    mine = [item for item in found.gates if item.gate == gate or (gate == gates[0] and item.gate not in gates)]
    worst = min(mine or [Judged(gate, "open", "no gate of this report")], key=_rank)
    outcome = OUTCOMES[worst.state]
    return outcome, f"{worst}\n\n{found.text}" if outcome == "failed" else str(worst)


def _rank(item: Judged) -> int:
    return ("different", "cannot tell", "same", "open").index(item.state)


def reported(returned: Any, options: Mapping[str, Any]) -> Report:
    """The report of two models, or makers of them, and perhaps a network; raises DiptychError for anything else."""
    if not isinstance(returned, (tuple, list)) or len(returned) not in (2, 3):
        raise DiptychError(
            f"a parity test returns a pair (torch_model, keras_model), of models or of makers of them, and perhaps a "
            f"network as the third; this one returned {printable(repr(returned), 80)}"
        )
    one, other, *spec = map(_made, returned)
    check_options(options, check if spec else compare)
    given = {**options, "progress": _silent}
    with _own_noise_kept():
        return check(spec[0], (one, other), **given) if spec else compare(one, other, **given)


def _silent(text: str) -> None:
    """Progress that nobody sees."""


@contextmanager
def _own_noise_kept() -> Iterator[None]:
    """Keep back what frameworks say of a comparison: from its report, and where warnings are errors."""
    trace = logging.getLogger("torch.__trace")  # of torch.export, for machines; pytest listens to every logger
    before, trace.disabled = trace.disabled, True
    try:
        with warnings.catch_warnings(), native_stderr_kept():
            warnings.simplefilter("ignore")
            yield
    finally:
        trace.disabled = before


def _made(model: Any) -> Any:
    """A model, or what a maker of one makes."""
    return called(model) if callable(model) and not is_model(model) else model


def called(code: Callable[..., Any], **arguments: Any) -> Any:
    """What somebody's code gives; the lines in which it calls layers of Keras are noted for the report."""
    with noted(code):
        return code(**arguments)


def check_options(options: Mapping[str, Any], *functions: Callable[..., Any]) -> None:
    """Raise DiptychError for an option that none of these functions takes."""
    known = [name for function in functions for name in _keywords(function)]
    wrong = [name for name in options if name not in known]
    if wrong:
        where = " or ".join(f"diptych.{function.__name__}" for function in functions)
        raise DiptychError(f"{wrong[0]!r} is no option of {where}: {near(wrong[0], known)}")


def _keywords(function: Callable[..., Any]) -> list[str]:
    parameters = inspect.signature(function).parameters.values()
    return [item.name for item in parameters if item.kind is item.KEYWORD_ONLY and item.name != "progress"]
