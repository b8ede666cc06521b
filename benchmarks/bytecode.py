"""Keep what Python compiles, whatever the environment says of it."""

from __future__ import annotations

import os
import sys


def keep_bytecode() -> None:
    """Tests and benchmarks start hundreds of processes; each would compile all of the product and its libraries anew."""
    sys.dont_write_bytecode = False
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
