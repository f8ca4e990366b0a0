"""VGG: torchvision shares our names; keras.applications counts blocks and convolutions from 1, timm names the head."""

from __future__ import annotations

from ..dialect import Dialect, Rule, rules, same

BLOCKS = {"vgg16_d": (2, 2, 3, 3, 3), "vgg19_e": (2, 2, 4, 4, 4)}  # convolutions

BARE = {"num_classes": 0, "hidden": False}


def _keras(network: str) -> tuple[Rule, ...]:
    """A convolution and its ReLU take two places here, and the pool after a block one."""
    counts = BLOCKS[network]
    firsts = [sum(2 * count + 1 for count in counts[:block]) for block in range(len(counts))]
    return rules(
        *(
            (f"features.{firsts[block] + 2 * conv}", f"block{block + 1}_conv{conv + 1}")
            for block, count in enumerate(counts)
            for conv in range(count)
        ),
        ("classifier.0", "fc1"),
        ("classifier.3", "fc2"),
        ("classifier.6", "predictions"),
    )


def _timm(name: str) -> Dialect:
    """timm keeps the hidden layers as convolutions, the first with a kernel of 7x7."""
    heads = (("classifier.0", "pre_logits.fc1", True), ("classifier.3", "pre_logits.fc2", True))
    theirs = name.partition("_")[0] + ("_bn" if name.endswith("_bn") else "")
    return Dialect("timm", name, theirs, rules(*heads, ("classifier.6", "head.fc")))


PLAIN = ("vgg11_a", "vgg13_b", "vgg16_d", "vgg19_e")
NORMALISED = tuple(f"vgg{depth}_bn" for depth in (11, 13, 16, 19))
DIALECTS = (
    *same("torchvision", vgg11_a="vgg11", vgg13_b="vgg13", vgg16_d="vgg16", vgg19_e="vgg19"),
    *same("torchvision", *NORMALISED),
    *map(_timm, (*PLAIN, *NORMALISED)),
    Dialect("keras.applications", "vgg16_d", "VGG16", _keras("vgg16_d"), bare=BARE),
    Dialect("keras.applications", "vgg19_e", "VGG19", _keras("vgg19_e"), bare=BARE),
)
