"""What a page draws: the chart, the maps as PNG, and tensors made small."""

from __future__ import annotations

import base64
import re
import struct
import zlib

import numpy as np
import pytest

from diptych.common.comparing.along import Measure
from diptych.common.comparing.sketch import SIDE, sketch
from diptych.comparing.html import page
from diptych.comparing.html.chart import chart
from diptych.comparing.html.png import VALUES, png
from diptych.comparing.html.rows import rows
from diptych.comparing.report import Comparison

EMPTY = "data:image/png;base64,"


def test_a_point_stands_at_its_power_of_ten() -> None:
    values = [0.0, 1e-16, 1e-8, 1.0, float("inf")]
    curve = tuple(Measure(str(value), "b", "conv", value) for value in values)
    svg = chart(rows(Comparison("x", (), (), curve=curve)), 1e-10, 360)
    heights = [float(found) for found in re.findall(r'<circle class="own(?: over)?" cx="[^"]+" cy="([^"]+)"', svg)]
    assert heights == sorted(heights, reverse=True)
    assert (heights[1] - heights[2]) / (heights[2] - heights[3]) == pytest.approx(1, abs=0.01)
    assert svg.count("own over") == 3
    across = [float(found) for found in re.findall(r'<circle[^>]+cx="([^"]+)"', svg)]
    assert across == sorted(across)
    assert across[-1] < 360


def test_a_lone_layer_leaves_a_gap_in_the_chart() -> None:
    report = Comparison("x", (), (), pairs=(("a", "a"), ("", "b"), ("c", "c")), labels=("one", "other"),
                        curve=(Measure("a", "a", "conv", 0.0), Measure("c", "c", "conv", 0.0)))  # fmt: skip
    titles = re.findall(r"<title>(\d+): (\w)", chart(rows(report), None, 900))
    assert titles == [("0", "a"), ("2", "c")]


def test_a_picture_is_a_png_of_its_numbers() -> None:
    data = base64.b64decode(png(np.array([[0.0, 1.0, np.nan]]), 0.0, 1.0, VALUES).removeprefix(EMPTY))
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    chunks, at = {}, 8
    while at < len(data):
        (length,) = struct.unpack(">I", data[at : at + 4])
        kind, body = data[at + 4 : at + 8], data[at + 8 : at + 8 + length]
        assert struct.unpack(">I", data[at + 8 + length : at + 12 + length])[0] == zlib.crc32(kind + body)
        chunks[kind], at = body, at + 12 + length
    assert struct.unpack(">IIBBBBB", chunks[b"IHDR"])[:4] == (3, 1, 8, 6)
    row = zlib.decompress(chunks[b"IDAT"])
    assert row[0] == 0
    assert [tuple(row[at : at + 3]) for at in (1, 5)] == [VALUES[0], VALUES[-1]]
    assert row[12] < 255


@pytest.mark.parametrize("shape", [(2, 3, 200, 7), (2, 5000), (1, 1), (2, 3, 1, 1), (2, 4, 6)])
def test_a_tensor_is_made_small_and_keeps_its_largest_difference(shape: tuple[int, ...]) -> None:
    one = np.random.default_rng(0).standard_normal(shape)
    other = one.copy()
    other[(-1,) * len(shape)] += 100
    found = sketch("a", "b", one, other)
    gap = found.maps[2]
    assert gap is not None
    assert max(gap.shape) <= SIDE
    assert np.nanmax(np.abs(gap)) == pytest.approx(100)
    assert sum(found.counts[0]) == sum(found.counts[1]) == sum(found.off) == one.size


def test_a_tensor_of_another_shape_has_no_difference() -> None:
    found = sketch("a", "b", np.ones((2, 3, 4, 4)), np.ones((2, 3, 5, 5)))
    assert found.maps[2] is None
    report = Comparison("x", (), (), labels=("a", "b"), tensors=(found,))
    assert "The shapes differ" in page(report)
