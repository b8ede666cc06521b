"""Run all tests in one pytest run, so that one line closes it: `python -m tests.run [pytest arguments]`."""

from __future__ import annotations

import sys

import pytest

from benchmarks.bytecode import keep_bytecode

PARALLEL = ("-n", "2", "--max-worker-restart", "2", "--dist", "loadgroup", "-p", "tests.together")


def main(arguments: list[str]) -> int:
    """Returns pytest's exit code; a debugger or a worker count in the arguments wins over our two workers."""
    keep_bytecode()
    alone = any(word in ("--pdb", "-s") or word.startswith("-n") for word in arguments)
    return int(pytest.main([*(() if alone else PARALLEL), *arguments]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
