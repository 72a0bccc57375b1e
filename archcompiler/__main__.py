"""`archc` and `python -m archcompiler`."""

import gc
import sys

ALLOCATIONS = 50_000
"""How many objects are made before the garbage collector looks for cycles: nearly all live as long as the command."""


def run() -> int:
    """Run the command; an interrupt is quiet while it is still being imported, too."""
    gc.set_threshold(ALLOCATIONS)
    try:
        from archcompiler.cli import main

        return main()
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(run())
