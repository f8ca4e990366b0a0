"""Files of networks that are not registered: none is taken for one, however many names it shares, and quickly."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hollow import zeros
from people_files import bare, file, linear, norm
from selection import some

from diptych.common.errors import DiptychError
from diptych.conversion.identify import identified, identify
from diptych.files.checkpoint import Checkpoint
from diptych.files.tensors import Tensors

State = dict[str, Any]
MOST = 32
"""Networks that are traced for one of them, at most: a few hundredths of a second each."""


def convs(layers: Mapping[str, tuple[int, ...]], bias: bool = False) -> State:
    """Convolutions by path."""
    found = {f"{path}.weight": zeros(shape) for path, shape in layers.items()}
    return found | ({f"{path}.bias": zeros(shape[:1]) for path, shape in layers.items()} if bias else {})


def resnet(width: int, repeats: tuple[int, ...], stem: tuple[int, ...] = (7, 7), head: str = "fc") -> State:
    """A residual network of basic units."""
    found = convs({"conv1": (width, 3, *stem)}) | norm("bn1", width)
    before = width
    for stage, count in enumerate(repeats):
        channels = width * 2**stage
        for unit in range(count):
            path = f"layer{stage + 1}.{unit}"
            found |= convs({f"{path}.conv1": (channels, before, 3, 3), f"{path}.conv2": (channels, channels, 3, 3)})
            found |= norm(f"{path}.bn1", channels) | norm(f"{path}.bn2", channels)
            if before != channels:
                found |= convs({f"{path}.downsample.0": (channels, before, 1, 1)}) | norm(
                    f"{path}.downsample.1", channels
                )
            before = channels
    return found | linear({head: (10, before)})


def transformer(depth: int, width: int, prefix: str = "") -> State:
    """A vision transformer in timm's names."""
    found: State = {"cls_token": zeros((1, 1, width)), "pos_embed": zeros((1, 197, width))}
    found |= convs({"patch_embed.proj": (width, 3, 16, 16)}, bias=True)
    for block in range(depth):
        path = f"blocks.{block}"
        found |= {f"{path}.norm{n}.{kind}": zeros((width,)) for n in (1, 2) for kind in ("weight", "bias")}
        found |= linear({f"{path}.attn.qkv": (3 * width, width), f"{path}.attn.proj": (width, width)})
        found |= linear({f"{path}.mlp.fc1": (4 * width, width), f"{path}.mlp.fc2": (width, 4 * width)})
    return {prefix + name: array for name, array in (found | linear({"head": (1000, width)})).items()}


def unet() -> State:
    """A U-Net of plain convolutions."""
    widths = (3, 64, 128, 256, 512)
    down = {f"down{n}.conv.{place}": (b, a if place == 0 else b, 3, 3)
            for n, (a, b) in enumerate(pairwise(widths)) for place in (0, 3)}  # fmt: skip
    return convs(
        down | {f"up{n}.up": (2 * w, w, 2, 2) for n, w in enumerate(widths[1:4])} | {"outc": (1, 64, 1, 1)}, True
    )


def generator() -> State:
    """A generator of a GAN."""
    shapes = [(100, 512, 4, 4), (512, 256, 4, 4), (256, 128, 4, 4), (128, 64, 4, 4), (64, 3, 4, 4)]
    found = convs({f"main.{3 * place}": shape for place, shape in enumerate(shapes)})
    return found | {key: value for place, shape in enumerate(shapes[:-1])
                    for key, value in norm(f"main.{3 * place + 1}", shape[1]).items()}  # fmt: skip


def gated() -> State:
    """ResNet-18 with gates in its units: all of its names and shapes, and more in the midst of them."""
    gates = {f"layer1.{unit}.se.fc{n}": (4, 64, 1, 1) if n == 1 else (64, 4, 1, 1) for unit in (0, 1) for n in (1, 2)}
    return bare() | convs(gates, bias=True) | linear({"fc": (1000, 512)})


PLAIN: dict[str, Callable[[], State]] = {
    "resnet20 for CIFAR": lambda: resnet(16, (3, 3, 3), (3, 3), "linear"),
    "resnet56 for CIFAR": lambda: resnet(16, (9, 9, 9), (3, 3)),
    "resnet18 of half the width": lambda: resnet(32, (2, 2, 2, 2)),
    "resnet10": lambda: resnet(64, (1, 1, 1, 1)),
    "resnet26 of basic units": lambda: resnet(64, (3, 3, 3, 3)),
    "gated resnet18": gated,
    "deeper resnet18": lambda: bare() | convs({"layer1.2.conv1": (64, 64, 3, 3)}) | linear({"fc": (10, 512)}),
    "transformer": lambda: transformer(12, 192),
    "wrapped transformer": lambda: transformer(4, 64, "module.encoder_q."),
    "U-Net": unet,
    "generator": generator,
    "two layers": lambda: linear({"fc1": (10, 784), "fc2": (10, 10)}),
}
TIMM = (
    *("convnext_atto", "deit3_small_patch16_224", "swin_tiny_patch4_window7_224", "xcit_nano_12_p16_224", "levit_128s"),
    *("regnetx_002", "regnety_002", "res2net50_26w_4s", "resnest14d", "resnet26", "seresnet50", "skresnet18"),
    *("resnetv2_50x1_bit", "ecaresnet26t", "dla34", "dpn68", "mixnet_s", "tinynet_a", "rexnet_100", "selecsls42"),
    *("efficientnetv2_rw_t", "tf_efficientnetv2_b0", "efficientnet_es", "efficientnet_b8", "mobilenetv4_conv_small"),
    *("mobilevit_xs", "edgenext_xx_small", "fastvit_t8", "repghostnet_050", "ese_vovnet19b_dw", "cspresnet50"),
    *("hardcorenas_a", "fbnetv3_b", "lcnet_050", "xception41", "densenetblur121d", "mobilenetv2_120d"),
)
TORCHVISION = ("convnext_tiny", "efficientnet_v2_s", "maxvit_t", "swin_t", "vit_b_32")


def library(name: str) -> State:
    """The state dict of a model of timm, or of torchvision, of zeros."""
    import torch
    from references.libraries import torchvision_models

    models = torchvision_models()
    with torch.device("meta"):
        if name in TORCHVISION:
            model = getattr(models, name)()
        else:
            import timm

            model = timm.create_model(name)
    shapes = {key: tuple(value.shape) for key, value in model.state_dict().items()}
    return {key: zeros(shape) for key, shape in shapes.items() if not key.endswith("num_batches_tracked")}


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> set[Any]:
    """What is traced while a test runs."""
    from diptych.common import registry

    found, before = set[Any](), registry._traced

    def counted(name: str, options: tuple[tuple[str, Any], ...]) -> Any:
        found.add((name, options))
        return before(name, options)

    monkeypatch.setattr(registry, "_traced", counted)
    return found


def refused(checkpoint: Checkpoint, seen: set[Any]) -> None:
    """Hold that a file is taken for no network, with its head or without, and that few are traced for it."""
    with contextlib.suppress(DiptychError):  # of which no network has even a tenth of the names
        found = identify(checkpoint)
        assert found.matches == ()
        assert not [note for note in found.notes if "HEAD NOT CONVERTED" in note]
    assert len(seen) <= MOST
    for options in ({}, {"num_classes": 0}):
        with pytest.raises(DiptychError):
            identified(checkpoint, None, options)


@pytest.mark.parametrize("name", PLAIN)
def test_a_stranger_is_taken_for_no_network(name: str, seen: set[Any]) -> None:
    refused(file(PLAIN[name]()), seen)


@pytest.mark.parametrize("name", some((*TIMM, *TORCHVISION), "seresnet50", "regnetx_002"))
def test_a_model_of_a_library_that_is_not_registered_is_taken_for_none(name: str, seen: set[Any]) -> None:
    refused(Tensors(Path("in.pth"), "torch", library(name)), seen)


def test_there_are_forty_of_them() -> None:
    assert len(PLAIN) + len(TIMM) + len(TORCHVISION) >= 40
