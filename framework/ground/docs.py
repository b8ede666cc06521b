"""Pages of the documentation that are generated from tables, so that they cannot fall behind."""

from __future__ import annotations

from itertools import groupby

from framework.ground.codelists import read_rows

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
