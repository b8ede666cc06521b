"""The rows asked as a workbook and back: machine names in the first row, the draft filled in, nothing lost in between."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from framework.chain.requests.answering import Drafted
from framework.chain.requests.blocks import CHOICES, FIELDS, MOST_BLOCKS, Block, as_typed, blank
from framework.chain.requests.nodes import what
from framework.ground.errors import FileRefused, InvalidInput
from framework.ground.formula_text import harmless
from framework.ground.issue_catalogue import describe, refusal_issue
from framework.ground.sheets.cells import Book, Refusal
from framework.ground.table_files import Sheet, Value, workbook
from framework.ground.text import N_
from models.requests import RequestRow, UpstreamRequest

ANSWERS, ABOUT = "Answers", "About"
ASKED = ("row", "brand", "model", "asked_about")
HEADER = (*ASKED, "answer", *FIELDS)
Words = Callable[[str], str]


class Listed(NamedTuple):
    """A row of the file that could not be taken: its number there, and why."""

    row: int
    reason: str


class Taken(NamedTuple):
    """What a file says: blocks by position of the asked row, how many rows were taken, and those that were not."""

    blocks: Drafted
    rows: int
    listed: list[Listed]


def write(request: UpstreamRequest, draft: Drafted, *, words: Words, now: dt.datetime) -> bytes:
    """The workbook: a row for each asked row, more where the draft names several sites."""
    lines = [line for row in request.rows for line in _lines(row, draft.get(row.position) or [{}], words)]
    about: list[list[Value]] = [
        ["reference", request.reference],
        ["due_on", request.due_on],
        [words(N_("How to fill in")), words(_HOW)],
    ]
    about += [[f"answer = {key}", words(label)] for key, label in CHOICES.items() if key]
    about += [[name, words(label)] for name, (label, _longest) in FIELDS.items()]
    sheets = [Sheet(ANSWERS, HEADER, lines, frozen=len(ASKED)), Sheet(ABOUT, ("what", "meaning"), about)]
    return workbook(request.reference, sheets, now=now)


_HOW = N_(
    "One row for each thing asked. Name several sites in several rows with the same number in “row”. Leave the first four columns as they are."
)


def read(book: Book | Refusal, request: UpstreamRequest) -> Taken:
    """What a filled workbook says. Raises FileRefused where it is none, InvalidInput where it is that of another request."""
    if isinstance(book, Refusal):
        message, _advice, params = describe(refusal_issue(book.key, book.detail, book.params))
        facts: dict[str, Any] = dict(params)
        raise FileRefused(book.key, message, **facts)
    _require_same(book, request)
    sheet = book.sheet(ANSWERS)
    rows = [(row.number, [_text(cell) for cell in row.cells]) for row in sheet.rows] if sheet is not None else []
    header = [name.strip().casefold() for name in rows[0][1]] if rows else []
    if "row" not in header or "answer" not in header:
        message = N_("The sheet “Answers” with its first row is missing. Fill in the workbook that you download here.")
        raise InvalidInput("not-our-sheet", message, field="file")
    return _taken(rows[1:], header, {row.position for row in request.rows})


def _require_same(book: Book, request: UpstreamRequest) -> None:
    about = book.sheet(ABOUT)
    cells = [row.cells for row in about.rows] if about is not None else []
    named = next((_text(one[1]) for one in cells if len(one) > 1 and one[0] == "reference"), "")
    if named and named != request.reference:
        message = N_("This workbook belongs to request %(theirs)s, and this is %(ours)s.")
        raise InvalidInput("workbook-elsewhere", message, field="file", theirs=named[:40], ours=request.reference)


def _taken(rows: Sequence[tuple[int, list[str]]], header: Sequence[str], positions: set[int]) -> Taken:
    blocks: Drafted = {}
    listed: list[Listed] = []
    taken = 0
    for number, cells in rows:
        values = {name: cells[place] if place < len(cells) else "" for place, name in enumerate(header)}
        if not any(values.values()):
            continue
        reason, position, block = _row(values, positions)
        if not reason and len(blocks.get(position, ())) >= MOST_BLOCKS:
            reason = N_("more sites for this row than can be named")
        if reason:
            listed.append(Listed(number, reason))
            continue
        taken += 1
        if not blank(block):
            blocks.setdefault(position, []).append(block)
        else:
            blocks.setdefault(position, [])
    return Taken(blocks, taken, listed)


def _row(values: Mapping[str, str], positions: set[int]) -> tuple[str, int, Block]:
    """Why a row is left out, else the asked row it answers and its block."""
    text = values.get("row", "").removesuffix(".0")
    position = int(text) if text.isdecimal() and len(text) < 7 else 0
    if position not in positions:
        return N_("no row of this request has that number"), 0, {}
    answer = values.get("answer", "").strip()
    if answer and answer not in CHOICES:
        return N_("that answer is none of those on the sheet “About”"), 0, {}
    return "", position, as_typed({**{name: _bare(values.get(name, "")) for name in FIELDS}, "answer": answer})


def _bare(text: str) -> str:
    """The text without the apostrophe that keeps a formula from running."""
    return text[1:] if text.startswith("'") and harmless(text[1:]) != text[1:] else text


def _lines(row: RequestRow, blocks: Sequence[Block], words: Words) -> list[list[Value]]:
    label, own = what(row)
    asked: list[Value] = [row.position, row.brand, row.model_name, f"{words(label)}: {own}" if own else words(label)]
    return [[*asked, block.get("answer") or "", *(block.get(name) or "" for name in FIELDS)] for block in blocks]


def _text(cell: Any) -> str:
    if cell is None:
        return ""
    if isinstance(cell, dt.datetime | dt.date):
        return (cell.date() if isinstance(cell, dt.datetime) else cell).isoformat()
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell)
