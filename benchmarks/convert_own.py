"""How long the conversion of an imported network takes beside that of the registered one, with the proof of each.

Run `python -m benchmarks.convert_own`. Both are ResNet-50 to `.keras`: torchvision's module by `diptych.convert(module,
...)`, and a file of its weights by `diptych.convert("resnet50.pth", ...)`. The frameworks are imported before the clock
starts; the two take turns, each in a process of its own, and the best of three counts. `--parts` says where the time of
the imported one goes.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from .convert import run

TURNS = 3
START = """
import json, sys, time
import torch, tensorflow, keras
sys.path.insert(0, "parity_tests")
from references.libraries import torchvision_models
import diptych
torch.manual_seed(0)
module = torchvision_models().resnet50(weights=None).eval()
"""
FILE = """
torch.save(module.state_dict(), {folder!r} + "/resnet50.pth")
print(json.dumps(0))
"""
REGISTERED = """
del module
start = time.perf_counter()
done = diptych.convert({folder!r} + "/resnet50.pth", {folder!r} + "/registered.keras", force=True)
print(json.dumps([time.perf_counter() - start, done.proof.seconds]))
"""
IMPORTED = """
start = time.perf_counter()
done = diptych.convert(module, {folder!r} + "/imported.keras", example=torch.zeros(1, 3, 224, 224), force=True)
print(json.dumps([time.perf_counter() - start, done.measured.seconds]))
"""
PARTS = """
import cProfile, pstats
profile = cProfile.Profile()
profile.enable()
diptych.convert(module, {folder!r} + "/imported.keras", example=torch.zeros(1, 3, 224, 224), force=True)
profile.disable()
found = pstats.Stats(profile).get_stats_profile().func_profiles.items()
rows = sorted(((one.cumtime, name) for name, one in found), reverse=True)[:60]
print(json.dumps(rows))
"""


def main(parts: bool = False) -> None:
    """Print the seconds of both, those of the proof in them, and the ratio."""
    with tempfile.TemporaryDirectory() as folder:
        run(START + FILE.format(folder=folder))
        if parts:
            for seconds, name in run(START + PARTS.format(folder=folder)):
                print(f"{seconds:8.2f}  {name}")
            return
        turns = [[run(START + code.format(folder=folder)) for code in (REGISTERED, IMPORTED)] for _ in range(TURNS)]
        one, other = (min(rows) for rows in zip(*turns, strict=True))
        size = Path(folder, "imported.keras").stat().st_size / 1e6
    print(f"{'':12}{'seconds':>9}{'of which proof':>16}")
    print(f"{'registered':12}{one[0]:9.1f}{one[1]:16.1f}")
    print(f"{'imported':12}{other[0]:9.1f}{other[1]:16.1f}")
    print(f"ratio {other[0] / one[0]:.2f}, for a file of {size:.0f} MB")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--parts", action="store_true", help="profile the imported one")
    main(parser.parse_args().parts)
