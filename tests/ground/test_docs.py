"""Generated pages of the documentation are what the tables say."""

from __future__ import annotations

from pathlib import Path

from framework.ground.codelists import read_rows
from framework.ground.docs import glossary_table

DOCS = Path(__file__).resolve().parents[2] / "docs"


def test_the_glossary_page_is_up_to_date() -> None:
    assert (DOCS / "glossary.md").read_text(encoding="utf-8") == glossary_table()


def test_every_term_stands_once_with_both_translations() -> None:
    rows = read_rows("glossary.csv")

    assert len({row["term"] for row in rows}) == len(rows)
    assert all(row["meaning"] and row["nl"] and row["sv"] for row in rows)
    assert {row[column] for row in rows for column in ("nl_confirmed", "sv_confirmed")} == {"yes", "part", "no"}
