"""Part one: train LeNet-5 in PyTorch on 1,797 handwritten digits, and use it in Keras."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch.nn.functional import cross_entropy

import diptych

from .picture import draw
from .steps import Array, command, expect, heading, plain_keras, python, softmax

NETWORK = "lenet5_modern"
ACCURACY = 0.97
EPOCHS = 20


def run(output: Path) -> None:
    """Train, convert, compare, check, convert back and draw."""
    heading("Handwritten digits: LeNet-5, trained in PyTorch, used in Keras")
    train_images, held_images, train_labels, held_labels = data()
    checkpoint, converted, returned = output / "digits.pth", output / "digits.keras", output / "digits_returned.pth"
    model = trained(train_images, train_labels)
    torch.save(model.state_dict(), checkpoint)
    with torch.inference_mode():
        in_torch = model.eval()(torch.from_numpy(held_images)).numpy()
    accuracy = float((in_torch.argmax(axis=1) == held_labels).mean())
    expect(accuracy > ACCURACY, f"{accuracy:.1%} of the {len(held_labels)} held-out digits are read right, above 97 %")

    command("convert", checkpoint, converted, "--network", NETWORK, "--force")
    in_keras = plain_keras(converted, np.moveaxis(held_images, 1, -1), output)
    same = int((in_torch.argmax(axis=1) == in_keras.argmax(axis=1)).sum())
    expect(same == len(held_labels), f"PyTorch and plain Keras name the same digit on {same} of {len(held_labels)}")
    torch_chances, keras_chances = softmax(in_torch), softmax(in_keras)
    gap = float(np.abs(torch_chances - keras_chances).max())
    expect(gap < 1e-5, f"no class probability differs by more than {gap:.1e} in float32")

    python("-m", "demo.same", NETWORK, checkpoint)
    command("convert", converted, returned, "--network", NETWORK, "--force")
    expect(bits(checkpoint) == bits(returned), "back in PyTorch, every weight has the bits it had")
    draw(output / "digits.png", held_images[:, 0], held_labels, torch_chances, keras_chances)


def data() -> tuple[Array, Array, Array, Array]:
    """Training and held-out images (N, 1, 32, 32) in [-1, 1], then their labels; one in five is held out."""
    digits = load_digits()
    enlarged = np.kron(digits.images, np.ones((4, 4)))[:, np.newaxis]
    images = (enlarged / 8 - 1).astype("float32")
    parts = train_test_split(images, digits.target, test_size=0.2, random_state=0, stratify=digits.target)
    return parts[0], parts[1], parts[2], parts[3]


def trained(images: Array, labels: Array) -> torch.nn.Module:
    """The network after training from seeded initial weights; the run is the same every time."""
    net = diptych.spec(NETWORK)
    model: torch.nn.Module = diptych.build(net, "torch", weights=diptych.init(net, seed=0))
    optimiser = torch.optim.Adam(model.parameters(), lr=1e-3)
    x, y = torch.from_numpy(images), torch.from_numpy(labels)
    order = torch.Generator().manual_seed(0)
    torch.set_num_threads(1)  # batches this small are slower on several, and one adds in one order
    model.train()
    for _ in range(EPOCHS):
        for batch in torch.randperm(len(x), generator=order).split(32):
            optimiser.zero_grad()
            cross_entropy(model(x[batch]), y[batch]).backward()
            optimiser.step()
    return model


def bits(checkpoint: Path) -> dict[str, tuple[str, tuple[int, ...], bytes]]:
    """Every tensor of a checkpoint as its type, shape and bytes."""
    state = torch.load(checkpoint, weights_only=True)
    return {name: (str(t.dtype), tuple(t.shape), t.numpy().tobytes()) for name, t in state.items()}
