"""The `diptych` command, and `python -m diptych`."""

import sys

INTERRUPTED = 130


def main() -> None:
    """Run the command line; Ctrl-C while its modules are still read ends it as quietly as later."""
    try:
        from .commands.plain import main as run

        run()
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)


if __name__ == "__main__":
    main()
