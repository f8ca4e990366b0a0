"""Run all parts: `python -m demo` (or `make demo`); files and pictures go to demo_output/."""

import time
from pathlib import Path

from . import boxes, digits, photos


def main() -> None:
    """Run the demo; it ends with an error at the first expectation that is not met."""
    start = time.perf_counter()
    output = Path("demo_output")
    output.mkdir(exist_ok=True)
    digits.run(output)
    photos.run(output)
    boxes.run(output)
    pictures = ", ".join(str(output / name) for name in ("digits.png", "boxes/astronaut.png", "boxes/bus.png"))
    print(f"\nEvery expectation was met, in {time.perf_counter() - start:.0f} s. The pictures: {pictures}.")


if __name__ == "__main__":
    main()
