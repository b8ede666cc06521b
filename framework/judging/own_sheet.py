"""Own assessments as a workbook: a row an item, with its values as they were and a stamp; and what a filled one says.

The stamp in the last column says for which round and evaluator a row was made, and from which values. So a value that
was changed on the page since then is seen, and neither overwrites the other unseen.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from itertools import chain
from typing import Any

from framework.chain.measures.scale import EVIDENCE
from framework.ground.errors import FileRefused
from framework.ground.issue_catalogue import describe, refusal_issue
from framework.ground.sheets.cells import Book, Cell, Refusal, Row, SheetFacts
from framework.ground.table_files import Sheet, Value, workbook
from framework.ground.text import N_, storable
from models.judging import CONFIDENCE, Assessment, Item
from models.rounds import Round

COLUMNS: dict[str, str] = {
    "item": N_("Item"),
    "tender": N_("Supplier"),
    "lot": N_("Lot"),
    "brand": N_("Brand"),
    "what": N_("What is judged"),
    "most": N_("At most"),
    "level": N_("Level"),
    "points": N_("Points"),
    "confidence": N_("How sure"),
    "motive": N_("Motive"),
    "stamp": N_("Stamp of the download"),
}
READ = ("item", "level", "points", "confidence", "motive", "stamp")
"""Columns that are read back; without one of them nothing is, for a column taken away would empty its values."""
HEAD_WITHIN = 20
MOST_DIGITS = 9
"""Points have at most so many digits before the point, and begin within so many behind it."""
NOT_POINTS = N_("“%(value)s” is no number of points.")
NOT_CONFIDENCE = N_("“%(value)s” is no answer to how sure you are.")
NOT_READ = N_("the cell under “%(label)s” holds something that cannot be read, such as a formula without a result")
NOT_LEVEL = N_("“%(value)s” is none of the levels.")
GUIDANCE: tuple[tuple[str, str], ...] = (
    (
        N_("What this is"),
        N_("Your own assessments that are not final. Nobody else's values stand here, and no prices."),
    ),
    (
        N_("What to fill in"),
        N_("Level or points, how sure you are, and the motive. Leave the other columns, and the header, as they are."),
    ),
    (
        N_("Level"),
        N_("One of E0 to E4, where a disclosure is judged. “At most” is what the evidence that was handed in allows."),
    ),
    (
        N_("Points"),
        N_("From 0 to what stands under “At most”, with two decimals at most, where a criterion is judged."),
    ),
    (N_("How sure"), N_("Choose from the list, or leave it blank.")),
    (N_("Motive"), N_("Why. It is needed before an assessment can be final.")),
    (
        N_("Rows"),
        N_("Order does not matter, and rows may be left out: what is not in the sheet stays as it is."),
    ),
    (
        N_("Sending it back"),
        N_(
            "Under My assessments. You see first what it changes, and what is refused. It saves; it makes nothing final."
        ),
    ),
    (
        N_("If you also worked on the page"),
        N_(
            "A value that was changed on the page since the download is shown beside that of the sheet, and you choose."
        ),
    ),
)
_STAMP = re.compile(r"([0-9a-f]{12})-([0-9a-f]{12})")


@dataclass(frozen=True, slots=True)
class Told:
    """What one row says. `problem` names what in it could not be understood, as a sentence with what fills it."""

    row: int
    item: str
    stamp: str
    level: str = ""
    points: Decimal | None = None
    confidence: str = ""
    motive: str = ""
    problem: tuple[str, dict[str, object]] | None = None


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The words of all languages in which a workbook may have been made: headers to columns, answers to codes; folded."""

    headers: Mapping[str, str] = field(default_factory=dict)
    confidence: Mapping[str, str] = field(default_factory=dict)


def write(
    round_: Round,
    lines: Sequence[tuple[Assessment, Item, str]],
    *,
    user_id: int | None,
    now: dt.datetime,
    names: Mapping[int, str],
    words: Callable[[str], str] = str,
    confidence: Mapping[str, str],
    label: Callable[[Item], str],
) -> bytes:
    """The workbook of these assessments, each with its item and the highest level that its evidence allows.

    `names` are the tenders by number as the evaluator may know them, `confidence` the answers in the reader's words.
    """
    rows: list[list[Value]] = [
        [
            item.public_id,
            names.get(one.submission_id, ""),
            item.lot.name,
            item.brand,
            label(item),
            ceiling if item.section else str(item.scale_max),
            one.level,
            one.points,
            confidence.get(one.confidence, "") if one.confidence else "",
            plain(one.motive),
            stamp(round_, user_id, one),
        ]
        for one, item, ceiling in lines
    ]
    places = list(COLUMNS)
    table = Sheet(
        words(N_("My assessments")),
        [words(name) for name in COLUMNS.values()],
        rows,
        frozen=5,
        choices={
            places.index("level"): EVIDENCE,
            places.index("confidence"): [confidence[code] for code in CONFIDENCE],
        },
    )
    return workbook(f"{round_.name} · {table.name}", [table, _guidance(words)], now=now)


def _guidance(words: Callable[[str], str]) -> Sheet:
    """What to write in which column."""
    return Sheet(
        words(N_("Guidance")),
        [words(N_("About")), words(N_("How"))],
        [[words(what), words(how)] for what, how in GUIDANCE],
    )


def stamp(round_: Round, user_id: int | None, one: Assessment) -> str:
    """For which round and evaluator a row is made, and from which values."""
    return f"{fingerprint(round_, user_id)}-{digest(one.level, one.points, one.confidence, one.motive)}"


def fingerprint(round_: Round, user_id: int | None) -> str:
    """What tells the workbook of one round and evaluator from that of another."""
    return _short([round_.public_id, round_.frozen_hash, user_id])


def digest(level: str, points: Decimal | None, confidence: str, motive: str) -> str:
    """What tells values of an assessment from others."""
    number = None if points is None else format(Decimal(points).normalize(), "f")
    return _short([level, number, confidence, plain(motive)])


def plain(text: str) -> str:
    """A text as a cell keeps it: lines end in one way, and nothing blank stands around it."""
    return text.replace("\r\n", "\n").replace("\r", "\n").strip()


def understand(book: Book | Refusal, round_: Round, user_id: int | None, known: Vocabulary) -> list[Told]:
    """What the rows of a workbook say. Raises FileRefused where it is no such workbook, or that of another round or person."""
    if isinstance(book, Refusal):
        message, _advice, params = describe(refusal_issue(book.key, book.detail, book.params))
        facts: dict[str, Any] = dict(params)
        raise FileRefused(book.key, message, **facts)
    sheet = next((one for one in book.sheets if one.visible and one.rows), None)
    rows = sheet.rows if sheet is not None else []
    place, columns = _head(rows, known)
    broken = _broken(sheet.facts) if sheet is not None else frozenset()
    found = [
        _told(row, columns, known, broken)
        for row in rows[place + 1 :]
        if any(cell not in (None, "") for cell in row.cells)
    ]
    stamps = [match for one in found if (match := _STAMP.fullmatch(one.stamp))]
    if any(match[1] != fingerprint(round_, user_id) for match in stamps):
        raise FileRefused(
            "other-workbook",
            N_("This workbook was made for another round or another evaluator. Download your own here."),
        )
    return found


def base_of(told: Told) -> str:
    """The digest of the values from which a row was made; blank where its stamp cannot be read."""
    match = _STAMP.fullmatch(told.stamp)
    return match[2] if match else ""


def _head(rows: Sequence[Row], known: Vocabulary) -> tuple[int, dict[str, int]]:
    """Where the header stands, and the place of each column that is read."""
    best: dict[str, int] = {}
    for place, row in enumerate(rows[:HEAD_WITHIN]):
        columns: dict[str, int] = {}
        for number, cell in enumerate(row.cells):
            key = known.headers.get(" ".join(str(cell or "").casefold().split()))
            if key is not None:
                columns.setdefault(key, number)
        if all(key in columns for key in READ):
            return place, columns
        if len(columns) > len(best):
            best = columns
    missing = next(key for key in READ if key not in best)
    raise FileRefused(
        "column-missing",
        N_("The column “%(label)s” is missing. Download the workbook here, and change that."),
        label=COLUMNS[missing],
    )


def _broken(facts: SheetFacts) -> frozenset[tuple[int, int]]:
    """The cells that hold something which could not be read as a value, so that they do not count as emptied."""
    listed = (facts.formulas_without_result, facts.bad_string_index)
    named = (facts.error_cells, facts.bad_number, facts.bad_dates, facts.bad_characters)
    return frozenset(chain(*listed, *named))


def _told(
    row: Row, columns: Mapping[str, int], known: Vocabulary, broken: Collection[tuple[int, int]] = frozenset()
) -> Told:
    def cell(key: str) -> Cell:
        place = columns[key]
        return row.cells[place] if place < len(row.cells) else None

    def text(key: str) -> str:
        found = cell(key)
        return "" if found is None else storable(str(found)).strip()

    about = Told(row.number, text("item")[:40], text("stamp").casefold()[:40])
    problems: list[tuple[str, dict[str, object]]] = [
        (NOT_READ, {"label": COLUMNS[key]}) for key in READ if (row.number, columns[key] + 1) in broken
    ]
    level = _level(text("level"))
    if level and level not in EVIDENCE:
        problems.append((NOT_LEVEL, {"value": text("level")[:40]}))
    points: Decimal | None = None
    try:
        points = _number(cell("points"))
    except InvalidOperation:
        problems.append((NOT_POINTS, {"value": text("points")[:40]}))
    sure = text("confidence")
    confidence = known.confidence.get(sure.casefold(), "")
    if sure and not confidence:
        problems.append((NOT_CONFIDENCE, {"value": sure[:40]}))
    problem = problems[0] if problems else None
    return Told(about.row, about.item, about.stamp, level, points, confidence, plain(text("motive")), problem)


def _level(typed: str) -> str:
    """A level as typed: in any case, or its digit alone."""
    bare = typed.upper().removesuffix(".0")
    return f"E{bare}" if bare.isdecimal() and len(bare) == 1 else bare


def _number(cell: Cell) -> Decimal | None:
    """Points as a cell holds them: a number, or text with a comma or a point. Raises InvalidOperation."""
    bare = "" if cell is None else "".join(str(cell).split()).replace(",", ".")
    if not bare:
        return None
    if isinstance(cell, bool):
        raise InvalidOperation
    return amount(bare)


def amount(text: str) -> Decimal:
    """A number of a size that points can have. Raises InvalidOperation."""
    found = Decimal(text)
    if not found.is_finite() or (found and not -MOST_DIGITS <= found.adjusted() < MOST_DIGITS):
        raise InvalidOperation
    return found


def _short(facts: Sequence[object]) -> str:
    return hashlib.sha256(json.dumps(facts, ensure_ascii=False).encode("utf-8")).hexdigest()[:12]
