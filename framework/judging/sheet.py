"""The board as a workbook, and what a changed one says: one row an item, one column an evaluator, an x where one has the other."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from framework.ground.errors import FileRefused
from framework.ground.issue_catalogue import describe, refusal_issue
from framework.ground.sheets.cells import Book, Refusal, Row
from framework.ground.table_files import Sheet, Value, workbook
from framework.ground.text import N_
from framework.judging.assigning import Change
from framework.judging.judges import Judge
from models.judging import Assessment, Item
from models.rounds import Round

MARK = "x"
FIXED = (N_("Item"), N_("Lot"), N_("Supplier"), N_("Brand"), N_("What is judged"))
NOT_AN_ITEM = N_("Row %(row)s: “%(value)s” is no item of this round. Leave the first column as it was.")
TWICE = N_("Row %(row)s: this item stands in a row above already.")
NOT_A_PERSON = N_("Column “%(value)s”: no evaluator of this round has this address.")
NOT_A_MARK = N_("Row %(row)s, %(person)s: “%(value)s” is neither x nor blank.")


@dataclass(slots=True)
class Understood:
    """The changes that a sheet asks for, and what in it could not be understood, as sentences with what fills them."""

    changes: list[Change] = field(default_factory=list)
    problems: list[tuple[str, dict[str, object]]] = field(default_factory=list)


def write(
    round_: Round,
    found: Sequence[Item],
    held: Sequence[Assessment],
    people: Sequence[Judge],
    *,
    now: dt.datetime,
    words: Callable[[str], str] = str,
    label: Callable[[Item], str],
) -> bytes:
    """The items of the tenders that the reader may see; evaluators stand in the head with their address."""
    taken = {(one.item_id, one.user_id) for one in held}
    header = [*(words(one) for one in FIXED), *(one.user.email for one in people)]
    rows: list[list[Value]] = [
        [
            one.public_id,
            one.lot.name,
            one.submission.supplier.name,
            one.brand,
            label(one),
            *(MARK if (one.id, judge.user.id) in taken else None for judge in people),
        ]
        for one in found
    ]
    title = words(N_("Who judges what"))
    return workbook(f"{round_.name} · {title}", [Sheet(title, header, rows, frozen=1)], now=now)


def understand(
    book: Book | Refusal, found: Sequence[Item], held: Sequence[Assessment], people: Sequence[Judge]
) -> Understood:
    """What a changed sheet asks for. Items and evaluators that it does not name stay as they are.

    Raises FileRefused where the file cannot be read as such a table.
    """
    if isinstance(book, Refusal):
        message, _advice, params = describe(refusal_issue(book.key, book.detail, book.params))
        facts: dict[str, Any] = dict(params)
        raise FileRefused(book.key, message, **facts)
    rows = next((sheet.rows for sheet in book.sheets if sheet.visible and sheet.rows), [])
    by_address = {one.user.folded_email: one for one in people}
    head = next((place for place, row in enumerate(rows) if _addresses(row)), None)
    if head is None:
        raise FileRefused(
            "empty", N_("No evaluator stands in the head of this sheet. Download the table here and change that.")
        )
    made = Understood()
    columns: dict[int, Judge] = {}
    for place, address in _addresses(rows[head]).items():
        judge = by_address.get(address.casefold())
        if judge is None:
            made.problems.append((NOT_A_PERSON, {"value": address[:60]}))
        else:
            columns[place] = judge
    _read_rows(rows[head + 1 :], columns, {one.public_id: one for one in found}, held, made)
    return made


def seal(changes: Sequence[Change], held: Sequence[Assessment]) -> str:
    """A hash over what a preview showed and what it was compared with, so that only what was seen is done."""
    facts = [
        sorted([one.item_id, one.user_id, one.is_added] for one in changes),
        sorted([one.item_id, one.user_id] for one in held),
    ]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()


def _addresses(row: Row) -> dict[int, str]:
    return {place: cell.strip() for place, cell in enumerate(row.cells) if isinstance(cell, str) and "@" in cell}


def _read_rows(
    rows: Sequence[Row],
    columns: Mapping[int, Judge],
    by_id: Mapping[str, Item],
    held: Sequence[Assessment],
    made: Understood,
) -> None:
    taken, seen = {(one.item_id, one.user_id) for one in held}, set[int]()
    for row in rows:
        named = str(row.cells[0] or "").strip()
        item = by_id.get(named)
        if item is None:
            made.problems.append((NOT_AN_ITEM, {"row": row.number, "value": named[:40]}))
            continue
        if item.id in seen:
            made.problems.append((TWICE, {"row": row.number}))
            continue
        seen.add(item.id)
        for place, judge in columns.items():
            cell = row.cells[place] if place < len(row.cells) else None
            text = "" if cell is None else str(cell).strip()
            if text.casefold() not in ("", MARK):
                person: dict[str, object] = {"row": row.number, "person": judge.user.name, "value": text[:40]}
                made.problems.append((NOT_A_MARK, person))
            elif bool(text) != ((item.id, judge.user.id) in taken):
                made.changes.append(Change(item.id, judge.user.id, is_added=bool(text)))
