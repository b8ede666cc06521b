"""The page of settings, generated from their descriptions (`docs/settings.md`)."""

from __future__ import annotations

from views.file_limits import FileLimits
from views.settings import ROOT, Settings

HEAD = """# Settings of the installation

Each is an environment variable. Generated from `views/settings.py`; settings of a round stand in the round itself.

| variable | default | what it does |
|---|---|---|
"""


def settings_table() -> str:
    """The page as Markdown: one row per setting, in the order of the class, limits on files last; no path of this machine stands in it."""
    return HEAD + "".join(
        f"| `HEFBOOM_{name.upper()}` | {_default(field.default)} | {field.description} |\n"
        for name, field in sorted(Settings.model_fields.items(), key=lambda item: item[0] in FileLimits.model_fields)
    )


def _default(value: object) -> str:
    if value == ROOT / "var":
        return "`var` beside the code"
    if isinstance(value, bool):
        return "on" if value else "off"
    return "blank" if value in ("", None) else f"`{value}`"
