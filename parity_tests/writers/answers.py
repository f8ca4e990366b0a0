"""`common/dialects/answers.json`: what `identify` says of each registered network's own files, a line for each."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from typing import NamedTuple

from diptych.commands.identifying import lines
from diptych.common.dialect import EMITTED, NUMBERED_KERAS
from diptych.common.registry import network, networks
from diptych.conversion import answers
from diptych.conversion.identify import identify
from diptych.conversion.signatures import candidates
from diptych.files.layers import Layers
from writers import ROOT, Written

PATH = ROOT / "common" / "dialects" / answers.FILE.name
BY_MORE = (EMITTED, NUMBERED_KERAS)
"""Names of files that are told by more than names and shapes: by places, or by a graph."""


class Found(NamedTuple):
    """Digest -> what is said, of those files that are exactly a network; of a Keras file the size that it may state."""

    said: dict[str, list[str]]
    sizes: dict[str, tuple[int, int]]


def found(names: Iterable[str]) -> Found:
    """What is said of the files of networks."""
    result = Found({}, {})
    for name in names:
        for file in answers.files_of(name):
            key = answers.digest({each: array.shape for each, array in file.arrays.items()})
            if key not in result.said:
                known = identify(file)
                result.said.update({key: lines(known)} if known.matches else {})
        for model in answers.models_of(name):
            _add(result, model, network(name).input_size)
    return result


def _add(result: Found, model: Layers, size: tuple[int, int]) -> None:
    """Add what is said of a Keras file, where it is the same whether it states the size of its images or does not."""
    key = answers.digest({layer: [array.shape for array in arrays] for layer, arrays in model.layers.items()})
    if key in result.said or any(item.library in BY_MORE for _, items in candidates(model) for item in items):
        return
    known = identify(model)
    if known.matches:
        result.said[key] = lines(known)
        entry = {"class_name": "InputLayer", "config": {"batch_shape": [None, *size, 3]}}
        if lines(identify(replace(model, config={"input": entry}))) == lines(known):
            result.sizes[key] = size


def written() -> Written:
    """The one file."""
    said, sizes = found(networks())
    rows = ",\n".join(f"{json.dumps(key)}: {json.dumps(text)}" for key, text in sorted(said.items()))
    asked = ",\n".join(f"{json.dumps(key)}: {json.dumps(size)}" for key, size in sorted(sizes.items()))
    head = f'"checksums": {json.dumps(answers.sources())}'
    return Written({PATH: f'{{\n{head},\n"sizes": {{\n{asked}\n}},\n"answers": {{\n{rows}\n}}\n}}\n'})
