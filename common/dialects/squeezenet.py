"""SqueezeNet: torchvision shares our names; pytorchcv counts its fire modules from 1, by stage."""

from __future__ import annotations

from ..dialect import Dialect, Rule, rules, same

FIRES = {"1_0": ((3, 4, 5), (7, 8, 9, 10), (12,)), "1_1": ((3, 4), (6, 7), (9, 10, 11, 12))}


def _pytorchcv(version: str) -> tuple[Rule, ...]:
    return rules(
        ("features.0", "features.init_block.conv"),
        *(
            (f"features.{number}.{layer}", f"features.stage{stage}.unit{unit}.{layer}.conv")
            for stage, numbers in enumerate(FIRES[version], 1)
            for unit, number in enumerate(numbers, 1)
            for layer in ("squeeze", "expand1x1", "expand3x3")
        ),
        ("classifier.1", "output.final_conv"),
    )


DIALECTS = (
    *same("torchvision", "squeezenet1_0", "squeezenet1_1"),
    *(Dialect("pytorchcv", f"squeezenet{form}", f"squeezenet_v{form}", _pytorchcv(form)) for form in FIRES),
    *(
        Dialect("pytorchcv", f"squeezenet{form}_simple_bypass", f"squeezeresnet_v{form}", _pytorchcv(form))
        for form in FIRES
    ),
)
