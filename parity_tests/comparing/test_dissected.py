"""The pages of docs/dissected*.md: listings, reports and accuracies are what their code gives now."""

from __future__ import annotations

import json
import re
from typing import Any

import keras
import pytest
from keras import layers
from torch import nn
from writers import changes
from writers.__main__ import written

import diptych
from benchmarks.dissected import FIGURES, in_torch, moved, reports
from benchmarks.dissected_pairs import FOLDER, NAMES, dissected
from diptych.common.errors import DiptychError
from diptych.comparing.sides import side
from diptych.traps.known import known

NUMBER = re.compile(r"(?<![a-z0-9_])-?\d+(\.\d+)?(e[-+]\d+)?|_\d+\b")
MEASURED: dict[str, Any] = json.loads(FIGURES.read_text(encoding="utf-8"))
DEEP = [pytest.param(name, marks=pytest.mark.full) for name in NAMES if name != "lenet5"]


def plain(report: dict[str, Any]) -> tuple[Any, ...]:
    """What a report says of the layer that differs, without its numbers and those in the names that Keras gives."""
    words = (report["gate"], report["said"], *report["lines"]) if report["verdict"] != "same" else ()
    return report["verdict"], *(NUMBER.sub("#", word) for word in words)


def test_pages_and_printed_listings_are_those_of_their_parts() -> None:
    assert changes(written("dissected")) == changes(written("failing")) == {}
    assert list(MEASURED) == sorted(MEASURED, key=NAMES.index)


@pytest.mark.parametrize("name", NAMES)
def test_every_slip_is_a_listing_of_its_own_and_its_traps_are_known(name: str) -> None:
    pair = dissected(name)
    texts = {pair.right, pair.printed(), *(pair.printed([slip]) for slip in pair.slips)}
    assert len(texts) >= len(pair.slips) + 1
    for text in texts:
        compile(text, name, "exec")
    assert {trap for slip in pair.slips for trap in slip.traps} <= set(known())
    assert {path.name for path in FOLDER.glob(f"{name}_*.py")} == {
        f"{name}_{kind}.py" for kind in ("torch", "printed", "right")
    }


def test_a_slip_whose_place_is_not_found_once_is_an_error() -> None:
    slip = dissected("lenet5").slips[0]
    for text in ("", dissected("lenet5").right * 2):
        with pytest.raises(ValueError, match="places read"):
            slip.put(text)


def test_weights_that_do_not_fit_are_told_with_the_first_maps_that_differ() -> None:
    module = nn.Sequential(nn.Conv2d(1, 2, 3, padding=1), nn.ReLU(), nn.Flatten(), nn.Linear(72, 3))
    parts = [layers.Conv2D(2, 3, activation="relu", name="conv"), layers.Flatten(), layers.Dense(3)]
    said = r"do not fit .*other shapes, \(C, H, W\): part_0 \(2, 6, 6\), conv \(2, 4, 4\)$"
    with pytest.raises(DiptychError, match=said):
        diptych.compare(
            module, keras.Sequential([keras.Input((6, 6, 1)), *parts]), example=(1, 1, 6, 6), weights="transfer"
        )


def test_every_right_port_is_the_same_and_no_printed_one_is() -> None:
    assert {found["reports"][-1]["verdict"] for found in MEASURED.values()} == {"same"}
    assert not any(item["verdict"] == "same" for found in MEASURED.values() for item in found["reports"][:-1])


@pytest.mark.parametrize("name", [pytest.param("lenet5", marks=pytest.mark.slow), *DEEP])
def test_reports_and_accuracies_are_those_of_the_page(name: str) -> None:
    pair, kept = dissected(name), MEASURED[name]
    module = in_torch(pair)
    assert [plain(item) for item in reports(pair, module)] == [plain(item) for item in kept["reports"]]
    trained = side(module, "PyTorch", (1, pair.size, pair.size))
    assert moved(pair, trained, []) == pytest.approx(kept["torch"], abs=0.02)
    for slip in pair.slips:  # another processor trains to other weights, on which a slip tells more or less
        assert (moved(pair, trained, [slip]) is None) == (kept["moved"][slip.key] is None)
