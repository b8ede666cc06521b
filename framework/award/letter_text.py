"""The text of a letter, line by line, and how it is read back for page and PDF.

A line is a heading (`# `, `## `, `### `), a pair (`- label: text`), a row of a table (`| cell | cell`, the first of a
run its head), words of somebody (`> `) or a sentence. What people wrote always stands behind `> ` or in a cell, so that
none of it can pass for a line of ours.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from framework.award import standstill
from framework.award.reasons import WHY
from framework.ground.text import N_
from framework.judging import points
from models.award import AwardLetter

if TYPE_CHECKING:
    from framework.award.letters import Contents, Say
    from framework.judging.ranking import Table
    from models.ranking import RankingLine, RankingPoints

OUTCOMES = {
    "won": N_("Your tender gets this lot."),
    "lost": N_("Your tender does not get this lot."),
    "nobody": N_("Nobody gets this lot."),
}
UNKNOWN = N_("not known: %(why)s")


@dataclass(frozen=True, slots=True)
class Block:
    """A part of a letter: `kind` is heading1 to heading3, facts, table, words or text; `rows` of facts are pairs."""

    kind: str
    text: str = ""
    rows: tuple[tuple[str, ...], ...] = field(default_factory=tuple)


@dataclass(frozen=True, slots=True)
class _Writer:
    """Says our sentences in the language of one letter."""

    language: str
    say: Say

    def __call__(self, template: str, **params: Any) -> str:
        return self.say(self.language, template, params)


def whole(
    found: Contents, letter: AwardLetter, *, ends_at: dt.datetime, days: int, left_at: dt.datetime, say: Say
) -> str:
    """The whole text of one letter, ending with a line end."""
    tell = _Writer(letter.language, say)
    lines = [
        *_head(found, letter, left_at, tell),
        *_lots(found, letter.submission_id, tell),
        *_standstill(found, ends_at, days, tell),
    ]
    return "\n".join(lines) + "\n"


def blocks(text: str) -> list[Block]:
    """A letter read back; whatever has no mark is a sentence."""
    found: list[Block] = []
    for kind, listed in _runs(text):
        if kind == "table":
            found.append(Block(kind, rows=tuple(tuple(one.split(" | ")) for one in listed)))
        elif kind == "facts":
            found.append(Block(kind, rows=tuple(_pair(one) for one in listed)))
        elif kind == "words":
            found.append(Block(kind, "\n".join(listed)))
        else:
            found += [Block(kind, one) for one in listed]
    return found


MARKS = {
    "# ": "heading1",
    "## ": "heading2",
    "### ": "heading3",
    "- ": "facts",
    "| ": "table",
    "> ": "words",
}


def _runs(text: str) -> Iterator[tuple[str, list[str]]]:
    """Lines of one kind that follow each other; a blank line ends a run."""
    kind, listed = "", list[str]()
    for line in text.split("\n"):
        mark = next((one for one in MARKS if line.startswith(one)), "")
        now = MARKS.get(mark, "text") if line else ""
        if now != kind:
            if kind:
                yield kind, listed
            kind, listed = now, []
        if now:
            listed.append(line.removeprefix(mark))
    if kind:
        yield kind, listed


def _pair(line: str) -> tuple[str, str]:
    label, _mark, text = line.partition(": ")
    return label, text


def _head(found: Contents, letter: AwardLetter, left_at: dt.datetime, tell: _Writer) -> list[str]:
    round_ = found.decision.round
    return [
        "# " + tell(N_("Decision on the award: %(round)s"), round=_one_line(round_.name)),
        "",
        _fact(tell(N_("From")), round_.organisation.name),
        _fact(tell(N_("To")), letter.submission.supplier.name),
        _fact(tell(N_("Your tender")), letter.submission.receipt_number or ""),
        *([_fact(tell(N_("Notice")), round_.notice_reference)] if round_.notice_reference else []),
        _fact(tell(N_("Decision")), str(found.decision.number)),
        _fact(tell(N_("Day of this letter")), tell("%(day)s", day=standstill.local_day(left_at, round_.zone))),
        "",
    ]


def _lots(found: Contents, number: int, tell: _Writer) -> list[str]:
    if number in found.excluded:
        return [
            tell(N_("Your tender was excluded and was not compared with the others. The reason:")),
            *_words(found.excluded[number]),
            "",
        ]
    lines: list[str] = []
    for table in found.tables.values():
        line = next((one for one in table.lines if one.submission_id == number), None)
        if line is not None:
            lines += _lot(found, table, line, tell)
    return lines


def _lot(found: Contents, table: Table, line: RankingLine, tell: _Writer) -> list[str]:
    number, lot = line.submission_id, table.lot
    said = found.lots.get(lot.id)
    won = [one.submission_id for one in found.awards.get(lot.id, ())]
    outcome = "nobody" if not won else "won" if number in won else "lost"
    lines = ["## " + _one_line(lot.name), "", tell(OUTCOMES[outcome]), ""]
    if said is not None and said.motive:
        lines += [tell(N_("The decision on this lot says:")), *_words(said.motive), ""]
    lines += [*_points(found, table, number, won, tell), *_total(table, line, tell), ""]
    for criterion in table.criteria:
        text = found.reasons.get((lot.id, number, criterion.id), "")
        lines += ["### " + tell(N_("Why these points: %(name)s"), name=_one_line(criterion.name)), *_words(text), ""]
    why = found.reasons.get((lot.id, number, WHY), "")
    heading = N_("Why your tender gets this lot") if outcome == "won" else N_("Why your tender does not get this lot")
    lines += ["### " + tell(heading), *_words(why), ""]
    return lines + _winners(found, table, number, tell)


def _points(found: Contents, table: Table, number: int, won: Sequence[int], tell: _Writer) -> list[str]:
    """The own points, beside those of whoever gets the lot."""
    others = [one for one in found.awards.get(table.lot.id, ()) if one.submission_id != number and number not in won]
    head = [tell(N_("Criterion")), tell(N_("Points possible")), tell(N_("Your points"))]
    head += [tell(N_("Points of %(name)s"), name=_cell(one.submission.supplier.name)) for one in others]
    lines = [_row(head)]
    for criterion in table.criteria:
        cells = [criterion.name, tell("%(number)s", number=criterion.weight or Decimal(0))]
        for one in (number, *(each.submission_id for each in others)):
            cells.append(_given(table.given.get((one, criterion.id)), tell))
        lines.append(_row(cells))
    return [*lines, ""]


def _given(one: RankingPoints | None, tell: _Writer) -> str:
    if one is None or one.points is None:
        return tell(UNKNOWN, why=tell(points.REASONS[one.reason])) if one is not None and one.reason else "–"
    return tell("%(number)s", number=one.points)


def _total(table: Table, line: RankingLine, tell: _Writer) -> list[str]:
    """Total and place, where they are known."""
    if line.total is None or line.place is None:
        why = tell(points.REASONS[line.reason]) if line.reason in points.REASONS else ""
        return [
            _fact(tell(N_("Points known")), tell("%(number)s", number=line.known)),
            _fact(tell(N_("Total and place")), tell(UNKNOWN, why=why)),
        ]
    return [
        _fact(tell(N_("Points in all")), tell("%(number)s", number=line.total)),
        _fact(tell(N_("Place")), tell(N_("%(place)s of %(count)s"), place=line.place, count=len(table.lines))),
    ]


def _winners(found: Contents, table: Table, number: int, tell: _Writer) -> list[str]:
    """Who gets the lot, and what speaks for it beside this tender: points it has more of, and what the decision says."""
    won = found.awards.get(table.lot.id, ())
    if not won:
        return []
    names = ", ".join(_one_line(one.submission.supplier.name) for one in won)
    lines = [tell(N_("This lot goes to: %(names)s."), names=names), ""]
    if number in {one.submission_id for one in won}:
        return lines
    for one in won:
        name = _one_line(one.submission.supplier.name)
        lines += ["### " + tell(N_("What speaks for the tender of %(name)s"), name=name)]
        better = _better(table, one.submission_id, number)
        if better:
            lines += [tell(N_("It has more points than yours on: %(criteria)s."), criteria=", ".join(better)), ""]
        lines += [*_words(found.reasons.get((table.lot.id, one.submission_id, WHY), "")), ""]
    return lines


def _better(table: Table, winner: int, number: int) -> list[str]:
    found = []
    for criterion in table.criteria:
        theirs, own = table.given.get((winner, criterion.id)), table.given.get((number, criterion.id))
        if theirs is None or own is None or theirs.points is None or own.points is None:
            continue
        if theirs.points > own.points:
            found.append(_one_line(criterion.name))
    return found


def _standstill(found: Contents, ends_at: dt.datetime, days: int, tell: _Writer) -> list[str]:
    round_ = found.decision.round
    lines = ["## " + tell(N_("Standstill")), ""]
    if not days:
        reason = str((round_.settings or {}).get("standstill_reason", ""))
        return [*lines, tell(N_("There is no standstill. The legal reason:")), *_words(reason)]
    last = standstill.day_before(ends_at, round_.zone)
    return [
        *lines,
        tell(
            N_(
                "No agreement is signed before the end of %(day)s (24:00, %(zone)s). A challenge of this decision is lodged before then."
            ),
            day=last,
            zone=round_.zone,
        ),
    ]


def _fact(label: str, text: str) -> str:
    return f"- {_one_line(label).replace(': ', ' ')}: {_one_line(text)}"


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(_cell(one) for one in cells)


def _cell(text: str) -> str:
    return _one_line(text).replace("|", "/")


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _words(text: str) -> list[str]:
    """What somebody wrote, each line behind its mark; a dash where nothing is written."""
    return [
        f"> {line.rstrip()}" for line in (text.strip() or "–").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    ]
