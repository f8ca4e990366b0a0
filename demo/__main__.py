"""Run both parts: `python -m demo` (or `make demo`); files and the picture go to demo_output/."""

import time
from pathlib import Path

from . import digits, photos


def main() -> None:
    """Run the demo; it ends with an error at the first expectation that is not met."""
    start = time.perf_counter()
    output = Path("demo_output")
    output.mkdir(exist_ok=True)
    digits.run(output)
    photos.run(output)
    print(
        f"\nEvery expectation was met, in {time.perf_counter() - start:.0f} s. The picture is {output / 'digits.png'}."
    )


if __name__ == "__main__":
    main()
