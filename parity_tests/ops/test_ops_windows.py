"""Convolution, pooling and resizing over their parameter spaces: wherever the spec has a meaning, the twins have it."""

from __future__ import annotations

from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st
from op_parity import Function, assert_parity, traced

from diptych.common.errors import SpecError
from diptych.common.ops.adaptive_avg_pool import adaptive_avg_pool
from diptych.common.ops.avg_pool import avg_pool
from diptych.common.ops.conv import conv
from diptych.common.ops.max_pool import max_pool
from diptych.common.ops.resize import MEANINGS, resize
from diptych.common.spec import Net

few = settings(max_examples=40, deadline=None, derandomize=True, database=None)
sizes = st.tuples(st.integers(3, 9), st.integers(3, 9))
kernels = st.tuples(st.integers(1, 4), st.integers(1, 4))
strides = st.tuples(st.integers(1, 3), st.integers(1, 3))
pads = st.one_of(
    st.just("same"), st.integers(0, 2), st.tuples(*[st.integers(0, 2)] * 2), st.tuples(*[st.integers(0, 3)] * 4)
)
batches = st.sampled_from((1, 3))


def net_of(function: Function, channels: int, size: tuple[int, int]) -> Net:
    """The traced network, where its parameters have a meaning."""
    try:
        return traced(function, (channels, *size))
    except SpecError:
        assume(False)
        raise


@few
@given(sizes, kernels, strides, pads, st.tuples(*[st.integers(1, 2)] * 2), st.sampled_from((1, 2, 4)), batches)
def test_conv(size: Any, kernel: Any, stride: Any, pad: Any, dilation: Any, groups: int, batch: int) -> None:
    def function(x: Any) -> Any:
        return conv(x, 8, kernel, stride=stride, pad=pad, dilation=dilation, groups=groups)

    # Keras takes one or the other, but for what divides both
    assume(stride == (1, 1) or dilation == (1, 1) or (stride == dilation and len(set(stride)) == 1))
    assume(groups < 4 or stride[0] == stride[1])  # TensorFlow's depthwise kernel takes one stride
    assert_parity(net_of(function, 4, size), batch)


@few
@given(sizes, kernels, strides, pads, st.booleans(), batches)
def test_max_pool(size: Any, kernel: Any, stride: Any, pad: Any, ceil_mode: bool, batch: int) -> None:
    net = net_of(lambda x: max_pool(x, kernel, stride, pad=pad, ceil_mode=ceil_mode), 2, size)
    assert_parity(net, batch)


@few
@given(sizes, kernels, strides, pads, st.booleans(), st.booleans(), batches)
def test_avg_pool(size: Any, kernel: Any, stride: Any, pad: Any, ceil_mode: bool, include: bool, batch: int) -> None:
    def function(x: Any) -> Any:
        return avg_pool(x, kernel, stride, pad=pad, ceil_mode=ceil_mode, count_include_pad=include)

    assert_parity(net_of(function, 2, size), batch)


@few
@given(sizes, st.tuples(*[st.integers(1, 12)] * 2), batches)
def test_adaptive_avg_pool(size: Any, target: Any, batch: int) -> None:
    assert_parity(net_of(lambda x: adaptive_avg_pool(x, target), 2, size), batch)


@few
@given(
    sizes,
    st.one_of(st.integers(1, 4), st.tuples(*[st.integers(1, 14)] * 2)),
    st.sampled_from([(mode, rule) for mode, rules in MEANINGS.items() for rule in rules]),
    batches,
)
def test_resize(size: Any, target: Any, how: Any, batch: int) -> None:
    to: dict[str, Any] = {"scale": target} if isinstance(target, int) else {"size": target}
    assert_parity(net_of(lambda x: resize(x, **to, mode=how[0], rule=how[1]), 2, size), batch)
