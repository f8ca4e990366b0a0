"""What `compare` says of the pairs of docs/dissected, slip by slip, and what each slip costs on digits.

    python -m benchmarks.dissected                  # all; on one idle core some minutes
    python -m benchmarks.dissected lenet5 alexnet   # some of them

The PyTorch listing is trained on scikit-learn's digits, four of five; accuracies are of the rest. Its weights are
moved into each Keras listing as `compare` moves them. The figures go to docs/dissected/measured.json, and
`make write ONLY=dissected` makes the pages of it.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
from numpy.typing import NDArray

from diptych.common.errors import DiptychError

from .dissected_pairs import FOLDER, NAMES, Dissected, Slip, dissected

Array = NDArray[Any]
FIGURES = FOLDER / "measured.json"
PARTS = {28: (3, 2), 32: (4, 0), 64: (8, 0)}
"""By the size of the images: how much a digit of 8 x 8 is enlarged, and the pixels around it."""

BETWEEN = ("outputs", "nodes", "dropout")
"""The gates that are asked while some slips are repaired and some are not: those that name a layer soonest."""


def digits(size: int) -> tuple[Array, Array, Array, Array]:
    """Training and held-out images (N, 1, size, size) in [-1, 1], then their labels; one in five is held out."""
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    found = load_digits()
    factor, around = PARTS[size]
    large = np.kron(found.images, np.ones((factor, factor)))
    large = np.pad(large, ((0, 0), (around, around), (around, around)))[:, np.newaxis]
    images = (large / 8 - 1).astype("float32")
    parts = train_test_split(images, found.target, test_size=0.2, random_state=0, stratify=found.target)
    return parts[0], parts[1], parts[2], parts[3]


def made(text: str, name: str, function: str) -> Any:
    """The model that a listing makes, which reports know by the file's name."""
    from diptych.opening.code import model_of

    path = Path(tempfile.mkdtemp(prefix="dissected")) / f"{name}.py"
    path.write_text(text, encoding="utf-8")
    return model_of(f"{path}:{function}")


def in_torch(pair: Dissected, epochs: int | None = None) -> Any:
    """The PyTorch listing, trained from seeded weights."""
    import torch
    from torch.nn.functional import cross_entropy

    torch.manual_seed(0)
    torch.set_num_threads(1)
    images, _, labels, _ = map(torch.from_numpy, digits(pair.size))
    model = made(pair.torch, f"{pair.name}_torch", pair.models[0]).train()
    optimiser = torch.optim.Adam(model.parameters(), lr=1e-3)
    for _ in range(pair.epochs if epochs is None else epochs):
        for batch in torch.randperm(len(images)).split(32):
            optimiser.zero_grad()
            cross_entropy(model(images[batch]), labels[batch]).backward()
            optimiser.step()
    return model.eval()


def in_keras(pair: Dissected, slips: Sequence[Slip]) -> Any:
    """The Keras listing with some slips."""
    import keras

    keras.backend.clear_session()
    keras.utils.set_random_seed(0)
    return made(pair.printed(slips), f"{pair.name}_{'printed' if slips else 'right'}", pair.models[1])


@contextmanager
def read_once(module: Any) -> Iterator[None]:
    """While `compare` is called again and again, the module is read the first time alone: a deep one takes long."""
    from diptych.comparing import compare
    from diptych.comparing.sides import side as own

    known = dict[int, Any]()

    def side(model: Any, label: str, shape: tuple[int, int, int]) -> Any:
        if model is not module:
            return own(model, label, shape)
        return known.get(id(model)) or known.setdefault(id(model), own(model, label, shape))

    with mock.patch.object(compare, "side", side):
        yield


def report(pair: Dissected, module: Any, slips: Sequence[Slip], gates: Sequence[str] | None = None) -> dict[str, Any]:
    """What `compare` says of the trained listing and the Keras listing with these slips; or its refusal."""
    import diptych

    size = (pair.size, pair.size)
    try:
        found = diptych.compare(
            module,
            in_keras(pair, slips),
            example=(1, 1, *size),
            weights="transfer",
            sizes=[size],
            batches=[2],
            gates=gates,
            progress=lambda text: None,
        )
    except DiptychError as error:
        return {"text": f"error: {error}", "verdict": "cannot tell", "gate": "", "said": str(error), "lines": []}
    gate = found.failed
    told = {"gate": gate.name, "said": gate.detail, "where": gate.where, "lines": list(gate.lines)} if gate else {}
    return {"text": str(found), "verdict": found.verdict, **told}


def reports(pair: Dissected, module: Any) -> list[dict[str, Any]]:
    """The report of all slips, then with one after the other repaired."""
    count, short = len(pair.slips), [not slip.trains for slip in pair.slips]
    with read_once(module):
        return [
            report(pair, module, pair.slips[place:], BETWEEN if 0 < place < count and short[place] else None)
            for place in range(count + 1)
        ]


def moved(pair: Dissected, trained: Any, slips: Sequence[Slip]) -> float | None:
    """The accuracy of a Keras listing with the weights of a side, in float64; None where they do not fit."""
    from diptych.comparing.pair import Pair, transferred
    from diptych.comparing.sides import side

    _, held, _, labels = digits(pair.size)
    try:
        own = side(in_keras(pair, slips), "TensorFlow", (1, pair.size, pair.size))
        there = transferred(Pair(trained, own, [], by_weights=False)).other.given
    except DiptychError:
        return None
    return right_share(next(iter(there.outputs(held).values())), labels)


def scratch(pair: Dissected, slips: Sequence[Slip]) -> float:
    """The accuracy of a Keras listing after training of its own, as long as the PyTorch listing had."""
    import keras

    images, held, labels, truth = digits(pair.size)
    model = in_keras(pair, slips)
    softmax = getattr(model.layers[-1], "activation", None) is keras.activations.softmax
    model.compile(keras.optimizers.Adam(1e-3), keras.losses.SparseCategoricalCrossentropy(from_logits=not softmax))
    model.fit(np.moveaxis(images, 1, -1), labels, batch_size=32, epochs=pair.epochs, verbose=0)
    return right_share(model.predict(np.moveaxis(held, 1, -1), verbose=0), truth)


def right_share(scores: Array, labels: Array) -> float:
    """The share of images whose largest score is that of their label."""
    return round(float((scores.argmax(axis=1) == labels).mean()), 4)


def measured(pair: Dissected) -> dict[str, Any]:
    """Reports, slip after slip repaired, and accuracies."""
    import torch

    from diptych.comparing.sides import side

    begin, slips = time.monotonic(), pair.slips
    module = in_torch(pair)
    _, held, _, labels = digits(pair.size)
    with torch.inference_mode():
        found: dict[str, Any] = {"torch": right_share(module(torch.from_numpy(held)).numpy(), labels)}
    found["reports"] = reports(pair, module)
    fitting, trained = [slip for slip in slips if not slip.blocks], side(module, "PyTorch", (1, pair.size, pair.size))
    found["moved"] = {slip.key: moved(pair, trained, [slip]) for slip in slips}
    found["moved"] |= {"all": moved(pair, trained, fitting), "none": moved(pair, trained, [])}
    if pair.scratch:
        found["scratch"] = {slips[place - 1].key: scratch(pair, [slips[place - 1]]) for place in pair.scratch}
        found["scratch"] |= {"all": scratch(pair, slips), "none": scratch(pair, [])}
    return found | {"seconds": round(time.monotonic() - begin)}


def main() -> None:
    """Measure, and keep what was measured."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", choices=[*NAMES, []], metavar="NAME")
    for name in parser.parse_args().names or NAMES:
        found = measured(dissected(name))
        kept = json.loads(FIGURES.read_text(encoding="utf-8")) if FIGURES.exists() else {}
        kept = {key: item for key in NAMES if (item := {**kept, name: found}.get(key))}
        FIGURES.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        print(name, json.dumps({key: value for key, value in found.items() if key != "reports"}))
        for item in found["reports"]:
            print(item["text"], flush=True)


if __name__ == "__main__":
    main()
