"""What a fresh clone stands on: locks without addresses, licences known, the layers that setup.cfg cannot say."""

from __future__ import annotations

import ast
import json
import re
import subprocess

import pytest

from tests.look.preview import ROOT

TOP_LEVEL = {
    *(".ci", ".djlintrc", ".gitignore", ".ruff.toml", "CHANGELOG.md", "LICENSE", "Makefile", "README.md"),
    *("benchmarks", "data", "docs", "framework", "migrations", "models", "pyproject.toml", "requirements"),
    *("setup.cfg", "static", "templates", "tests", "translations", "views", "wsgi.py"),
}
LOCKS = ("requirements/bootstrap.txt", "requirements/run.txt", "requirements/dev.txt")


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_pins_every_package_with_hashes_and_names_no_address(name: str):
    text = (ROOT / name).read_text(encoding="utf-8")

    pins = re.findall(r"^[A-Za-z0-9._\[\]-]+==\S+.*?(?=^\S|\Z)", text, re.MULTILINE | re.DOTALL)

    assert pins
    assert all("--hash=sha256:" in pin for pin in pins)
    assert "://" not in text


def test_the_browser_lock_names_no_address_and_checks_every_package():
    packages = json.loads((ROOT / "static" / "package-lock.json").read_text(encoding="utf-8"))["packages"]

    outside = {name: facts for name, facts in packages.items() if name}

    assert all("integrity" in facts and "resolved" not in facts for facts in outside.values())


def test_the_rules_read_neither_the_environment_nor_the_clock():
    forbidden = re.compile(
        r"\bos\.environ\b|\bos\.getenv\b|\bdatetime\.now\(|\bdt\.datetime\.now\(|\.utcnow\(|\btime\.time\("
    )

    found = [
        str(path.relative_to(ROOT))
        for path in (ROOT / "framework").rglob("*.py")
        if forbidden.search(ast.unparse(_without_strings(ast.parse(path.read_text(encoding="utf-8")))))
    ]

    assert found == []


def test_only_the_start_imports_the_start():
    found = [
        path.name
        for folder in ("framework", "models", "views")
        for path in (ROOT / folder).rglob("*.py")
        if re.search(r"^(?:from|import) wsgi\b", path.read_text(encoding="utf-8"), re.MULTILINE)
    ]

    assert found == []


def test_the_top_level_stays_as_it_was_agreed():
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    if tracked.returncode:
        pytest.skip("not a git checkout")

    found = {line.split("/", 1)[0] for line in tracked.stdout.splitlines()}

    assert found - TOP_LEVEL == set()


def _without_strings(tree: ast.Module) -> ast.Module:
    """The tree with its text emptied: a docstring may speak of the clock."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            node.value = ""
    return tree
