"""Local response normalisation in keras.ops: TensorFlow's own knows neither even sizes nor float64."""

from __future__ import annotations

from typing import Any

from ...common.form import Form, Make, literal
from ...common.ops.local_response_norm import LocalResponseNorm
from ...common.spec import Shape


def normalised_over_channels(x: Any, size: int, alpha: float, beta: float, k: float) -> Any:
    """x / (k + alpha / size * sum of x**2)**beta over the channels c - size // 2 ... c + (size - 1) // 2."""
    from keras import ops

    channels = x.shape[-1]
    squares = ops.pad(ops.square(x), ((0, 0), (0, 0), (0, 0), (size // 2, (size - 1) // 2)))
    total = squares[..., :channels]
    for start in range(1, size):
        total = total + squares[..., start : start + channels]
    return x / ops.power(k + alpha / size * total, beta)


def local_response_norm(op: LocalResponseNorm, x: Shape) -> Form:
    """Squares, their sum over a window of channels, and a power."""
    arguments = (int(op.size), op.alpha, op.beta, op.k)
    function = f"normalised_over_channels({{0}}, {', '.join(map(literal, arguments))})"
    make = Make("normalised_over_channels", arguments, layer=False)
    return Form((make,), function=function, helpers=(normalised_over_channels,))
