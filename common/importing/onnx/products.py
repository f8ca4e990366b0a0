"""Maps times a matrix along their height or width, as a graph may write a resize or an adaptive pool of any size."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from ...geometry import Pair
from ...op import Op
from ...ops.adaptive_avg_pool import AdaptiveAvgPool
from ...ops.resize import MEANINGS, Mode, Resize, Rule
from ...spec import Array
from ..axes import Unknown
from ..draft import Draft

MOST = 2048
"""Rows or columns at most."""
NEAR = 1e-6
"""How far apart two matrices may be: those of files may be float32."""
Form = Callable[[Pair, Pair], Op]
"""The size that is made, and that which is taken -> the op."""


def _resize(mode: Mode, rule: Rule, size: Pair, source: Pair) -> Op:
    return Resize(size=size, source=source, mode=mode, rule=rule)


def _pool(size: Pair, source: Pair) -> Op:
    return AdaptiveAvgPool(size)


FORMS: tuple[Form, ...] = (
    *(partial(_resize, mode, rule) for mode, rules in MEANINGS.items() for rule in rules),  # type: ignore[arg-type]
    _pool,
)


def along(draft: Draft, step: int, place: int, matrix: Array) -> int:
    """The step of a map whose height (place 0) or width (1) a matrix (made, taken) multiplies; raises Unknown.

    One that follows another, of the same op along the other axis, is one op of both.
    """
    size, (made, taken) = _size(draft, step), matrix.shape
    if size[place] != taken or max(made, taken) > MOST:
        raise Unknown(f"of a map of {size} and a matrix of {matrix.shape}")
    forms = FORMS if made > taken else FORMS[::-1]  # a mean over one number is one of several resizes
    form = next((form for form in forms if np.allclose(_matrix(form, made, taken), matrix, 0, NEAR)), None)
    if form is None:
        raise Unknown("of a map and a matrix that is neither a resize nor an adaptive pool")
    wanted = (made, size[1]) if place == 0 else (size[0], made)
    before = draft.steps[step]
    source = before.inputs[0] if before.inputs else step
    first = before.op == form(size, _size(draft, source))
    if first and _size(draft, source)[place] == taken:
        step = source
    return draft.add(form(wanted, _size(draft, step)), step)


def _size(draft: Draft, step: int) -> Pair:
    shape = draft.steps[step].shape
    return (shape[1], shape[2]) if len(shape) == 3 else (1, 1)


def _matrix(form: Form, made: int, taken: int) -> Array:
    """The matrix of an op along one axis."""
    ones = np.eye(taken)[None, :, None, :]
    return np.asarray(form((1, made), (1, taken)).run(ones)[0, :, 0, :].T)
