"""MobileNetV3: torchvision shares our names; keras.applications and timm name the parts of a unit, timm by stage."""

from __future__ import annotations

from collections.abc import Iterator

from ..dialect import Dialect, Rule, rules

REPEATS = {"large": (1, 2, 3, 4, 2, 3), "small": (1, 2, 3, 2, 3)}  # units by stage of timm
GATED = {"large": (3, 4, 5, 10, 11, 12, 13, 14), "small": (0, 3, 4, 5, 6, 7, 8, 9, 10)}
KERAS_GATE = {"fc1": "squeeze_excite_conv", "fc2": "squeeze_excite_conv_1"}
TIMM_GATE = {"fc1": "se.conv_reduce", "fc2": "se.conv_expand"}


def _parts(size: str, number: int, gate: dict[str, str], plain: list[dict[str, str]]) -> Iterator[tuple[str, str]]:
    """Where the parts of a unit stand here, and what they are: the gate is in front of the projection."""
    parts = [*plain[:-1], *([gate] if number in GATED[size] else []), plain[-1]]
    for place, part in enumerate(parts):
        for ours, theirs in part.items():
            yield f"features.{number + 1}.block.{place}.{ours}", theirs


def _keras(size: str) -> tuple[Rule, ...]:
    """keras.applications counts the units after the first throughout."""
    count = sum(REPEATS[size])
    plain = [{"0": part, "1": f"{part}_bn"} for part in ("expand", "depthwise", "project")]
    return rules(
        ("features.0.0", "conv"),
        ("features.0.1", "conv_bn"),
        *((ours, f"expanded_conv_{theirs}") for ours, theirs in _parts(size, 0, KERAS_GATE, plain[1:])),
        *(
            (ours, f"expanded_conv_{number}_{theirs}")
            for number in range(1, count)
            for ours, theirs in _parts(size, number, KERAS_GATE, plain)
        ),
        (f"features.{count + 1}.0", "conv_1"),
        (f"features.{count + 1}.1", "conv_1_bn"),
        ("classifier.0", "conv_2", True),
        ("classifier.3", "logits", True),
    )


def _timm(size: str) -> tuple[Rule, ...]:
    units = [f"blocks.{stage}.{index}" for stage, count in enumerate(REPEATS[size]) for index in range(count)]
    first = [{"0": "conv_dw", "1": "bn1"}, {"0": "conv_pw", "1": "bn2"}]
    other = [{"0": "conv_pw", "1": "bn1"}, {"0": "conv_dw", "1": "bn2"}, {"0": "conv_pwl", "1": "bn3"}]
    last, theirs = f"features.{len(units) + 1}", f"blocks.{len(REPEATS[size])}.0"
    return rules(
        ("features.0.0", "conv_stem"),
        ("features.0.1", "bn1"),
        *(
            (ours, f"{unit}.{theirs}")
            for number, unit in enumerate(units)
            for ours, theirs in _parts(size, number, TIMM_GATE, other if number else first)
        ),
        (f"{last}.0", f"{theirs}.conv"),
        (f"{last}.1", f"{theirs}.bn1"),
        ("classifier.0", "conv_head", True),
        ("classifier.3", "classifier"),
    )


def _dialects(size: str) -> tuple[Dialect, ...]:
    name, theirs = f"mobilenet_v3_{size}", f"MobileNetV3{size.capitalize()}"
    return (
        Dialect("torchvision", name, name, keywords={"width": "width_mult"}),
        Dialect("timm", f"{name}.timm", f"mobilenetv3_{size}_100", _timm(size)),
        Dialect("timm", f"{name}.tf", f"tf_mobilenetv3_{size}_100", _timm(size)),
        Dialect("keras.applications", f"{name}.keras", theirs, _keras(size), keywords={"width": "alpha"}),
    )


DIALECTS = (*_dialects("small"), *_dialects("large"))
