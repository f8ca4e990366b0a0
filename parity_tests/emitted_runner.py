"""Run emitted files on their own: `python emitted_runner.py JOBS.json`, in a process where diptych cannot be imported.

Each job names the two files, the shape of an image, the weights with their places, and where to put the outputs.
"""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np

BATCH = 2


class NoDiptych:
    """An import hook that refuses the package that wrote the files."""

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> None:
        if name.partition(".")[0] in ("diptych", "common", "torch_impl", "tf_impl"):
            raise ImportError(f"an emitted file imports {name}")


def array(name: str, shape: list[int], scale: float, positive: bool) -> np.ndarray[Any, Any]:
    """The weight of this name: the same numbers in every process."""
    rng = np.random.default_rng(crc32(name.encode()))
    return rng.uniform(0.5, 1.5, shape) if positive else scale * rng.standard_normal(shape)


def image(shape: list[int]) -> np.ndarray[Any, Any]:
    return np.random.default_rng(0).standard_normal((BATCH, *shape))


def loaded(file: str) -> Any:
    found = importlib.util.spec_from_file_location(Path(file).stem, file)
    assert found is not None
    assert found.loader is not None
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


def in_torch(job: dict[str, Any]) -> list[np.ndarray[Any, Any]]:
    import torch

    with torch.device("meta"):
        model = getattr(loaded(job["torch"]), job["root"])(**job["arguments"]["torch"]).double()
    state = {w["name"]: torch.tensor(array(*w["array"])) for w in job["weights"]}
    counters = {name: torch.tensor(0) for name in model.state_dict() if name.endswith("num_batches_tracked")}
    model.load_state_dict(state | counters, assign=True)
    with torch.no_grad():
        return outputs(model.eval()(torch.tensor(image(job["shape"]))))


def in_keras(job: dict[str, Any]) -> list[np.ndarray[Any, Any]]:
    import einops
    import keras

    keras.config.set_dtype_policy("float64")
    model = getattr(loaded(job["tf"]), job["root"])(**job["arguments"]["tf"])
    x = image(job["shape"]).transpose(0, 2, 3, 1)
    model(x)
    for w in job["weights"]:
        layer = model
        for step in w["place"]:
            layer = layer.layers[step] if isinstance(step, int) else getattr(layer, step)
        while isinstance(layer, keras.Sequential):
            layer = layer.layers[-1]
        variable = getattr(layer, w["attribute"], None)
        variable = getattr(layer, w["slot"]) if variable is None else variable
        variable.assign(einops.rearrange(array(*w["array"]), w["axes"], **w["sizes"]))
    assert sum(v.value.numpy().size for v in model.trainable_variables) == job["params"], "trainable numbers"
    return outputs(model(x, training=False))


def outputs(value: Any) -> list[np.ndarray[Any, Any]]:
    return [np.asarray(part) for part in (value if isinstance(value, (tuple, list)) else [value])]


def main(jobs: str) -> None:
    sys.meta_path.insert(0, NoDiptych())  # type: ignore[arg-type]
    for job in json.loads(Path(jobs).read_text()):
        results = {f"torch{i}": y for i, y in enumerate(in_torch(job))}
        results |= {f"tf{i}": y for i, y in enumerate(in_keras(job))}
        np.savez(job["outputs"], **results)
    assert not any(name.partition(".")[0] == "diptych" for name in sys.modules)


if __name__ == "__main__":
    main(sys.argv[1])
