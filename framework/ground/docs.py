"""Pages of the documentation that are generated from tables, so that they cannot fall behind."""

from __future__ import annotations

from itertools import groupby

from framework.ground.codelists import read_rows
from framework.ground.labels import state_label
from framework.ground.lifecycle import Move, entities, moves, possible, states
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


_LIFECYCLES = """# States and moves

Generated from `data/lifecycle.csv` and the labels in `framework/ground/labels.py`. A pair of states that is not listed is
refused. **2** means two persons: one proposes, another confirms. `system` is the clock or a consequence of another move.
"""


def lifecycle_page() -> str:
    """The page of states and moves as Markdown: for each entity its states with labels, then its moves."""
    return "\n".join([_LIFECYCLES, *(_entity(name) for name in entities())])


def _entity(name: str) -> str:
    labelled = ", ".join(f"`{state}` {state_label(name, state)}" for state in states(name))
    final = ", ".join(f"`{state}`" for state in states(name) if not possible(name, state)) or "none"
    head = "| from | to | act | who | 2 | needs | causes |\n|---|---|---|---|---|---|---|\n"
    rows = "".join(_move_line(move) for move in moves() if move.entity == name)
    return f"## {name}\n\nStates: {labelled}.\n\nFinal: {final}.\n\n{head}{rows}"


def _move_line(move: Move) -> str:
    source = f"`{move.source}`" if move.source else "(new)"
    two = "yes" if move.four_eyes else ""
    return f"| {source} | `{move.target}` | `{move.act}` | {', '.join(move.who)} | {two} | {move.guard} | {move.effect} |\n"
