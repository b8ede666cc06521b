"""Tests and benchmarks keep what Python compiles."""

from __future__ import annotations

import os
import sys

import pytest

from benchmarks import run
from tests import run as tests_run


@pytest.mark.parametrize("start", ["benchmarks", "tests"])
def test_processes_started_keep_their_bytecode(start, monkeypatch, tmp_path):
    said: list[tuple[bool, bool]] = []

    def measured(*_arguments):
        said.append((sys.dont_write_bytecode, "PYTHONDONTWRITEBYTECODE" in os.environ))
        raise KeyboardInterrupt

    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    monkeypatch.setattr(run.checking, "run", measured)
    monkeypatch.setattr(tests_run.pytest, "main", measured)

    with pytest.raises(KeyboardInterrupt):
        run.main() if start == "benchmarks" else tests_run.main([])

    assert said == [(False, False)]
