"""Entered shares as a block from a spreadsheet: a member and its share in per cent a row; nothing is guessed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from framework.ground.blocks import split_block
from framework.ground.reading.numbers import Habit, decimal_habit, read_number
from framework.ground.text import N_, key_of

Problem = tuple[str, dict[str, object]]
"""A sentence (a template) and its parameters."""
Known = dict[str, list[int]]
"""The numbers of the members that have a name, by its key."""


@dataclass(slots=True)
class Pasted:
    """Shares in per cent by number of the member, and what could not be taken; then no share of the block counts."""

    percents: dict[int, Decimal] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


def read(text: str, names: Mapping[int, str], habit: Habit) -> Pasted:
    """The shares of a block; `names` are the members by number, `habit` how the reader writes decimals.

    A first row whose second cell is no figure is a heading. Names are compared without case and blanks. A block whose
    figures show another decimal sign than the reader's is read as it shows. A third decimal is told, never rounded. A member
    without a figure is one whose share is not said, unless nothing of the block is a figure or a heading. Raises InvalidInput for too many rows.
    """
    rows = [(number, cells) for number, cells in split_block(text).rows if any(cells)]
    rows = [(number, [*cells, ""][:2]) for number, cells in rows]
    known: Known = {}
    for number, name in names.items():
        known.setdefault(key_of(name), []).append(number)
    shown = decimal_habit(cells[1] for _number, cells in rows)
    habit = habit if shown is Habit.UNCLEAR or not _has_sign(rows) else shown
    has_heading = bool(rows) and _share(rows[0][1][1], habit) is None and not _members(rows[0][1][0], known)
    rows = rows[1:] if has_heading else rows
    may_be_blank = has_heading or any(cells[1].strip() for _number, cells in rows)
    found = Pasted()
    for number, (name, share) in rows:
        is_unsaid = may_be_blank and not share.strip()
        problem = _take(found, number, name, None if is_unsaid else share, known, habit)
        if problem is not None:
            found.problems.append(problem)
    return found


def _take(found: Pasted, row: int, name: str, share: str | None, known: Known, habit: Habit) -> Problem | None:
    """Take the share of one row (None: not said); what is wrong with it."""
    members = _members(name, known)
    if not members:
        return N_("Row %(row)s: “%(name)s” is no confirmed member. Write its name as this page does."), _at(row, name)
    if len(members) > 1:
        return N_("Row %(row)s: several members are called “%(name)s”. Type their shares."), _at(row, name)
    if members[0] in found.percents:
        return N_("Row %(row)s: “%(name)s” stands there twice."), _at(row, name)
    if share is None:
        return None
    percent = _share(share, habit)
    if percent is None:
        return N_("Row %(row)s: “%(name)s” is not a number we can read."), _at(row, share)
    if percent != round(percent, 2):
        return (
            N_(
                "Row %(row)s: the share “%(name)s” has more than two decimals. Round it yourself, so that all add up to 100, and paste again."
            ),
            _at(row, share),
        )
    found.percents[members[0]] = percent
    return None


def _at(row: int, name: str) -> dict[str, object]:
    return {"row": row, "name": name[:100]}


def _members(name: str, known: Known) -> list[int]:
    wanted = key_of(name)
    return known.get(wanted, []) if wanted else []


def _share(text: str, habit: Habit) -> Decimal | None:
    value = read_number(text.strip().removesuffix("%").strip(), habit).value
    return Decimal(str(value)) if value is not None else None


def _has_sign(rows: list[tuple[int, list[str]]]) -> bool:
    return any("." in cells[1] or "," in cells[1] for _number, cells in rows)
