"""What is worked out of a network once and kept, as long as there are not too many networks."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TypeVar

from ..common.spec import Net

T = TypeVar("T")
KEPT = 512


def kept(function: Callable[[Net], T]) -> Callable[[Net], T]:
    """The function, which answers from memory for a network that it was asked about before."""
    answers: dict[int, tuple[Net, T]] = {}

    @wraps(function)
    def answer(net: Net) -> T:
        if id(net) not in answers:  # the net is kept beside, so that no other can get its id
            if len(answers) >= KEPT:
                answers.clear()
            answers[id(net)] = net, function(net)
        return answers[id(net)][1]

    return answer
