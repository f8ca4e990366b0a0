"""What both parts share: a command that is shown as it is run, an expectation that can fail, plain Keras."""

from __future__ import annotations

import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


def heading(text: str) -> None:
    """Print the title of a part."""
    print(f"\n{text}\n{'-' * len(text)}")


def expect(met: bool, text: str) -> None:
    """Print what was found; end the demo where it is not what must be."""
    print(f"  {'ok    ' if met else 'FAILED'}  {text}", flush=True)
    if not met:
        raise SystemExit(f"the demo stops: expected that {text}")


def command(*arguments: str | Path) -> None:
    """Run the command line of diptych in a process of its own."""
    words = [str(argument) for argument in arguments]
    print(f"  $ diptych {shlex.join(words)}", flush=True)
    python("-m", "diptych", *words)


def plain_keras(model: Path, images: Array, scratch: Path) -> Array:
    """What a saved model answers to images (N, H, W, C) in a Keras that cannot import diptych."""
    asked, answered = scratch / "images.npy", scratch / "answers.npy"
    np.save(asked, images)
    python(Path(__file__).with_name("plain_keras.py"), model, asked, answered)
    answers: Array = np.load(answered)
    asked.unlink()
    answered.unlink()
    return answers


def softmax(logits: Array) -> Array:
    """Class probabilities in float64 from logits (N, classes)."""
    raised = np.exp(logits.astype("float64") - logits.max(axis=1, keepdims=True))
    result: Array = raised / raised.sum(axis=1, keepdims=True)
    return result


def python(*arguments: str | Path) -> None:
    """Run a Python process whose output is shown; what TensorFlow logs as it starts is shown only where it fails."""
    words = [sys.executable, *map(str, arguments)]
    done = subprocess.run(words, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{done.stderr}\nthe demo stops: `{shlex.join(words)}` ended with {done.returncode}")
