"""One of two processes that train a network together: `worker.py FRAMEWORK RANK FOLDER NORM`, FOLDER for both.

NORM is "plain" (no batch normalisation), "norm" (of the half of each) or "sync": with the statistics of the whole
batch, for which the sums of both halves are added, and their gradients too. PyTorch's SyncBatchNorm asks for a GPU.
"""

from __future__ import annotations

import os
import sys
from multiprocessing.connection import Client, Connection, Listener
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

STEPS, BATCH = 4, 8
KEPT: list[Any] = []
"""Models that are not taken down: a process hung there now and then, after the other had ended."""


def batch(step: int) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    random = np.random.default_rng(step)
    return random.normal(size=(BATCH, 3, 8, 8)), random.integers(5, size=BATCH)


def half(array: Any, rank: int) -> Any:
    return array[rank * BATCH // 2 : (rank + 1) * BATCH // 2]


def start(norm: str) -> dict[str, NDArray[np.float64]]:
    random = np.random.default_rng(0)
    shapes = {"conv": (4, 3, 3, 3), "linear": (5, 4 * 36)} | ({"scale": (4,)} if norm != "plain" else {})
    return {name: random.normal(scale=0.2, size=shape) for name, shape in shapes.items()}


def in_torch(rank: int, folder: Path, norm: str, alone: bool = False) -> dict[str, Any]:
    import torch
    from torch import nn
    from torch.distributed.nn.functional import all_reduce

    class Synchronised(nn.BatchNorm2d):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            sums = torch.stack([x.sum((0, 2, 3)), (x * x).sum((0, 2, 3))])
            mean, square = all_reduce(sums) / (2 * x.numel() / x.shape[1])
            scale = (square - mean**2 + self.eps).rsqrt() * self.weight
            found: torch.Tensor = x * scale[:, None, None] + (self.bias - mean * scale)[:, None, None]
            return found

    layers: list[Any] = [nn.Conv2d(3, 4, 3, bias=False)]
    layers += [Synchronised(4) if norm == "sync" and not alone else nn.BatchNorm2d(4)] if norm != "plain" else []
    layers += [nn.Tanh(), nn.Flatten(), nn.Linear(144, 5, bias=False)]
    module = nn.Sequential(*layers).double()
    weights = start(norm)
    with torch.no_grad():
        layers[0].weight.copy_(torch.from_numpy(weights["conv"]))
        layers[-1].weight.copy_(torch.from_numpy(weights["linear"]))
    model: nn.Module = module
    if not alone:
        torch.distributed.init_process_group("gloo", init_method=f"file://{folder}/store", rank=rank, world_size=2)
        model = nn.parallel.DistributedDataParallel(module)
    optimiser = torch.optim.SGD(module.parameters(), 0.1, momentum=0.9)
    for step in range(STEPS):
        x, y = (torch.from_numpy(item if alone else half(item, rank)) for item in batch(step))
        optimiser.zero_grad()
        nn.functional.cross_entropy(model(x), y).backward()
        optimiser.step()
    if not alone:
        torch.distributed.barrier()
        KEPT.append(model)
    return {"conv": layers[0].weight.detach().numpy(), "linear": layers[-1].weight.detach().numpy()}


def in_keras(rank: int, folder: Path, norm: str, alone: bool = False) -> dict[str, Any]:
    """Gradients are averaged between the processes by hand, over a socket, before the optimiser has them."""
    import keras
    import tensorflow as tf

    keras.config.set_dtype_policy("float64")
    line = None if alone else _line(rank, folder)

    def exchanged(value: Any) -> Any:
        line.send(value.numpy())  # type: ignore[union-attr]
        return value + line.recv()  # type: ignore[union-attr]

    @tf.custom_gradient  # type: ignore[untyped-decorator]
    def added(value: Any) -> Any:
        return exchanged(value), exchanged

    class Synchronised(keras.layers.BatchNormalization):  # type: ignore[misc]
        def call(self, x: Any, training: bool | None = None, mask: Any = None) -> Any:
            if not tf.executing_eagerly():
                return x
            sums = tf.stack([tf.reduce_sum(x, (0, 1, 2)), tf.reduce_sum(x * x, (0, 1, 2))])
            mean, square = tf.unstack(added(sums) / (2 * tf.size(x, tf.int64).numpy() / x.shape[-1]))
            scale = tf.math.rsqrt(square - mean**2 + self.epsilon) * self.gamma
            return x * scale + self.beta - mean * scale

    kind = Synchronised if norm == "sync" and not alone else keras.layers.BatchNormalization
    parts = [keras.Input((8, 8, 3), dtype="float64"), keras.layers.Conv2D(4, 3, use_bias=False)]
    parts += [kind(epsilon=1e-5, momentum=0.9)] if norm != "plain" else []
    parts += [keras.layers.Activation("tanh"), keras.layers.Permute((3, 1, 2)), keras.layers.Flatten(),
              keras.layers.Dense(5, use_bias=False)]  # fmt: skip
    model, weights = keras.Sequential(parts), start(norm)
    model.layers[0].set_weights([weights["conv"].transpose(2, 3, 1, 0)])
    model.layers[-1].set_weights([weights["linear"].T])
    from diptych import training

    optimiser = training.optimiser(training.SGD(rate=0.1, momentum=0.9), model).optimiser
    for step in range(STEPS):
        x, y = (item if alone else half(item, rank) for item in batch(step))
        with tf.GradientTape() as tape:
            logits = model(tf.constant(x.transpose(0, 2, 3, 1)), training=True)
            loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(y, logits))
        gradients = tape.gradient(loss, [variable.value for variable in model.trainable_variables])
        if line is not None:
            line.send([gradient.numpy() for gradient in gradients])
            gradients = [(gradient + other) / 2 for gradient, other in zip(gradients, line.recv(), strict=True)]
        optimiser.apply(gradients, model.trainable_variables)
    return {
        "conv": model.layers[0].get_weights()[0].transpose(3, 2, 0, 1),
        "linear": model.layers[-1].get_weights()[0].T,
    }


def _line(rank: int, folder: Path) -> Connection:
    """A socket between the two."""
    import time

    address = str(folder / "socket")
    if rank == 0:
        return Listener(address, "AF_UNIX").accept()
    for _ in range(600):
        try:
            return Client(address, "AF_UNIX")
        except OSError:
            time.sleep(0.1)
    raise SystemExit("the other process did not come")


if __name__ == "__main__":
    framework, place, where, normalised = sys.argv[1:]
    found = (in_torch if framework == "torch" else in_keras)(int(place), Path(where), normalised)
    np.savez(Path(where) / f"{place}.npz", **found)
    os._exit(0)
