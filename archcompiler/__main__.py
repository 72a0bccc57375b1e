"""`archc` and `python -m archcompiler`."""

import sys


def run() -> int:
    """Run the command; an interrupt is quiet while it is still being imported, too."""
    try:
        from archcompiler.cli import main

        return main()
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(run())
