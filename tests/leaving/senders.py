"""Which routes give a file, found in the source: those whose function sends one, itself or through another of `views`."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from flask import Flask

VIEWS = Path(__file__).resolve().parents[2] / "views"
IN_JSON = {VIEWS / "problems.py", *(VIEWS / "api").glob("*.py")}
"""What these answer is read by programs; it is no file for a person."""
FIRST = frozenset({"send_file", "send_workbook", "send_csv", "csv_text", "workbook_bytes"})


@cache
def senders() -> frozenset[str]:
    """Names of the functions of `views` that send a file; a `Response` of a kind of its own counts as one."""
    calls = dict(_functions())
    known = set(FIRST)
    while more := {name for name, called in calls.items() if called & known} - known:
        known |= more
    return frozenset(known)


def routes_with_files(app: Flask) -> dict[str, str]:
    """Rules that are read and give a file, with their endpoints: by their ending or by what their function calls."""
    found = {}
    for rule in app.url_map.iter_rules():
        function = inspect.unwrap(app.view_functions[rule.endpoint])
        is_named_so = "." in rule.rule.rsplit("/", 1)[-1]
        if "GET" in (rule.methods or ()) and (is_named_so or function.__name__ in senders()):
            found[rule.rule] = rule.endpoint
    return found


def _functions() -> Iterator[tuple[str, set[str]]]:
    for path in sorted(set(VIEWS.rglob("*.py")) - IN_JSON):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef):
                yield node.name, {called for inner in ast.walk(node) if (called := _called(inner))}


def _called(node: ast.AST) -> str:
    if not isinstance(node, ast.Call):
        return ""
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    if name == "Response" and any(word.arg in ("mimetype", "content_type") for word in node.keywords):
        return "send_file"
    return name
