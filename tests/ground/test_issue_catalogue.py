"""The catalogue of issues promises nothing that the program does not say."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pytest

from framework.ground.issue_catalogue import catalogue

ROOT = Path(__file__).resolve().parents[2]
GENERATED = {"issue_sentences.py", "help_texts.py"}


@cache
def words_of_the_source() -> frozenset[str]:
    """Every text that stands by itself in the program, docstrings among them."""
    files = (path for folder in ("framework", "views") for path in (ROOT / folder).rglob("*.py"))
    trees = (ast.parse(path.read_text(encoding="utf-8")) for path in files if path.name not in GENERATED)
    nodes = (node for tree in trees for node in ast.walk(tree))
    return frozenset(node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str))


def is_said(cause: str) -> bool:
    """A cause stands in the source whole, or as a cause and its detail."""
    return cause in words_of_the_source() or all(part in words_of_the_source() for part in cause.split(" ", 1))


@pytest.mark.parametrize(("code", "cause"), sorted(catalogue()), ids=" / ".join)
def test_every_issue_of_the_catalogue_can_be_met(code: str, cause: str):
    assert code in words_of_the_source()
    assert not cause or cause.startswith("column ") or is_said(cause)
