"""The rules know nothing of the web, the environment or the clock."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
MODULES = sorted((ROOT / "framework").rglob("*.py"))
FORBIDDEN = {"flask", "flask_babel", "flask_wtf", "flask_login", "wtforms", "views", "jinja2"}


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(ROOT)))
def test_a_module_of_the_framework_stays_in_its_layer(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))

    faults = [fault for node in ast.walk(tree) for fault in faults_of(node)]

    assert faults == []


def faults_of(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [a.name for a in node.names if a.name.split(".")[0] in FORBIDDEN]
    if isinstance(node, ast.ImportFrom):
        return [node.module] if (node.module or "").split(".")[0] in FORBIDDEN else []
    if isinstance(node, ast.Attribute):
        spelled = ast.unparse(node)
        clock = spelled.endswith(("datetime.now", "date.today", "datetime.utcnow")) or spelled == "time.time"
        return [spelled] if clock or spelled == "os.environ" else []
    return []
