"""Pages of the documentation that are generated from tables, so that they cannot fall behind."""

from __future__ import annotations

from itertools import groupby

from framework.ground.codelists import read_rows
from framework.ground.permissions import ANY, ROUND_STATES, TABLE, Rule

_CONFIRMED = {"yes": "", "part": " ‡", "no": " †"}
_INTRODUCTION = """# Glossary

One word per concept, the same in code, on the page and in the documentation. The English word decides.

† translation not yet confirmed by a procurement officer who speaks the language; ‡ confirmed in part.
This page is generated from `data/glossary.csv`.
"""


def glossary_table() -> str:
    """The glossary page as Markdown: a table per section with term, name in code, meaning, Dutch and Swedish."""
    rows = read_rows("glossary.csv")
    sections = [_section(title, list(group)) for title, group in groupby(rows, key=lambda row: row["section"])]
    return "\n".join([_INTRODUCTION, *sections])


def _section(title: str, rows: list[dict[str, str]]) -> str:
    head = f"## {title}\n\n| English | In code | Meaning | Nederlands | Svenska |\n|---|---|---|---|---|\n"
    return head + "".join(_line(row) for row in rows)


def _line(row: dict[str, str]) -> str:
    code = ", ".join(f"`{name.strip()}`" for name in row["code"].split(",") if name.strip()) or "–"
    dutch = row["nl"] + _CONFIRMED[row["nl_confirmed"]]
    swedish = row["sv"] + _CONFIRMED[row["sv_confirmed"]]
    return f"| {row['term']} | {code} | {row['meaning']} | {dutch} | {swedish} |\n"


_PERMISSIONS = """# Who may do what

Generated from the table in `framework/ground/permissions.py`. A role counts in the round where a permission concerns one,
else in the organisation a person acts for. Whoever may not know of a round is told that there is no such page.

| permission | to … | who | in these states of the round |
|---|---|---|---|
"""


def permission_table() -> str:
    """The page of permissions as Markdown: one row per permission, in the order of the table."""
    return _PERMISSIONS + "".join(_permission_line(rule) for rule in TABLE.values())


def _permission_line(rule: Rule) -> str:
    states = "all" if rule.states == ANY else ", ".join(state for state in ROUND_STATES if state in rule.states) or "–"
    return f"| `{rule.permission}` | {rule.words} | {', '.join(sorted(rule.roles))} | {states} |\n"
