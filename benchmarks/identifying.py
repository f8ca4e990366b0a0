"""How many networks are told by their names and shapes alone, in every dialect, whole, with other heads and without.

`python -m benchmarks.identifying` prints the figures of docs/convert.md; `--only NAME...` of some networks.
"""

from __future__ import annotations

import argparse
import sys

from diptych.common.registry import networks

sys.path[:0] = ["parity_tests", "parity_tests/conversion"]  # the cases are those of the tests


def main() -> None:
    """Print how many cases are told alone, and how many together with others of the same names and shapes."""
    from test_identify import measured

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="*", default=networks())
    total = {"alone": 0, "tie": 0, "not applicable": 0}
    for name in parser.parse_args().only:
        for kind, count in measured({name}).items():
            total[kind] += count
        print(name, total, flush=True)
    told = total["alone"] + total["tie"]
    print(f"{told:,} cases, none wrong; {total['alone']:,} ({total['alone'] / told:.1%}) as the one network")


if __name__ == "__main__":
    main()
