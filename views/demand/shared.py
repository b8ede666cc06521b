"""What the pages of demand share: sentences of issues and notes, labels, numbers in forms, the record asked for."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from typing import Any

from babel.numbers import get_decimal_symbol
from flask import flash, request
from flask_babel import get_locale
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import selectinload
from werkzeug.wrappers import Response

from framework.demand import approve, board, groups, rules
from framework.demand.cells import COLUMNS, FACTS, Cell, Cells, Place
from framework.demand.earlier import WHY
from framework.demand.edits import Edit
from framework.demand.figures import DecimalSign
from framework.demand.lines import LABELS, Change, Line
from framework.demand.merge import Clash
from framework.demand.saving import Seen
from framework.ground.codelists import country_name
from framework.ground.errors import NotFound, RuleBroken
from framework.ground.issues import Issue
from framework.ground.terms import BASELINE_SOURCES, CATEGORIES, CERTAINTIES, unit_label
from framework.ground.text import N_, storable
from models.base import db
from models.demand import Demand
from models.rounds import Lot, Round
from views import guard
from views.guard import actor
from views.i18n import current_language, instant, joined, money, number, words

LONGEST_KEY = 400
"""Characters of a row's name at most; category, tier and country are shorter."""


def declaration_of(round_: Round, demand_id: str) -> Demand:
    """A declaration for its own member, and for the lead once it was handed in; *not found* for anybody else."""
    query = (
        select(Demand)
        .where(Demand.public_id == storable(demand_id), Demand.round_id == round_.id)
        .options(selectinload(Demand.lines), selectinload(Demand.member), selectinload(Demand.lot))
    )
    found = db.session.scalar(query)
    if found is None or not _may_read(found, round_):
        raise NotFound("not-found", N_("There is no such page, or it is not yours to see."))
    return found


def _may_read(demand: Demand, round_: Round) -> bool:
    if demand.member_id == actor().organisation_id:
        return True
    return "lead" in guard.roles(round_) and not board.is_private(demand.state, demand.submitted_at)


def attempt(act: Callable[[], object], back: str, message: str) -> Response:
    """Do one act and go to `back` with a message; a broken rule is written down and told there."""
    try:
        act()
        return guard.done(back, message)
    except RuleBroken as error:
        if error.status == 404:
            raise
        flash(guard.refused(error), "error")
        return Response(status=303, headers={"Location": back})


def told_at(back: str, error: RuleBroken) -> Response:
    """Undo what was begun and tell what is wrong on the page at `back`."""
    flash(guard.refused(error), "error")
    return Response(status=303, headers={"Location": back})


def submitted_words(demand: Demand) -> str:
    """What happens after a submission: one person is enough, a colleague was asked, or nobody can be."""
    if approve.is_one_person(demand):
        return str(_("Handed in. The lead looks at it next."))
    if approve.others(db.session(), demand, actor=actor()):
        return str(_("Submitted. A second person of your organisation must now approve it; they were asked by mail."))
    return str(
        _(
            "Submitted, but nobody else of your organisation has an account. Ask the lead to invite a second person; they must approve it before it counts."
        )
    )


def version() -> int:
    """The version the form was made from; 0 where there was nothing stored yet."""
    text = request.form.get("version", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def seen() -> Seen:
    """What the page was made of that this form, or this question for news, came from."""
    text = request.values.get("version", "")
    version_no = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
    return Seen(version_no, storable(request.values.get("seen", ""))[:40])


def facts() -> Cells:
    """What the form says of the whole declaration."""
    found: Cells = {Cell(*FACTS, "baseline_source", 0): request.form.get("baseline_source") or "none"}
    note = storable(request.form.get("note", "")).replace("\r\n", "\n")[:2000]
    return found | ({Cell(*FACTS, "note", 0): note} if note else {})


def key_of(row: Place) -> str:
    """A row of the declaration as a page names it; blank for a row that is none yet."""
    return "" if row == FACTS else json.dumps(row, ensure_ascii=False)


def place_of(key: str) -> Place | None:
    """The row of the declaration that a page names; None where it is none yet."""
    if len(key) > LONGEST_KEY:
        return None
    try:
        found = json.loads(key)
    except ValueError:
        return None
    is_place = isinstance(found, list) and len(found) == 3 and all(isinstance(part, str) for part in found)
    return (found[0], found[1], found[2]) if is_place else None


def clash_told(clash: Clash, other: Edit | None, lot: Lot) -> dict[str, str]:
    """A clash as a row of a table: where, both values, whose the other is and since when; and as one sentence."""
    currency = lot.round.currency
    mine, theirs = cell_shown(clash.mine, currency), cell_shown(clash.theirs, currency)
    who = other.by if other is not None else ""
    where = " · ".join(part for part in (place(*clash.cell.place), column_label(clash.cell)) if part)
    text = (
        _(
            "%(where)s: your page says %(mine)s, %(who)s saved %(theirs)s.",
            where=where,
            mine=mine,
            who=who,
            theirs=theirs,
        )
        if who
        else _("%(where)s: your page says %(mine)s, saved is %(theirs)s.", where=where, mine=mine, theirs=theirs)
    )
    at = str(instant(other.at, lot.round.zone)) if other is not None else ""
    return cell_named(clash.cell) | {"mine": mine, "theirs": theirs, "who": who, "at": at, "text": text}


def said(issues: Iterable[Issue]) -> list[dict[str, str]]:
    """Issues as sentences."""
    return [{"text": _sentence(found)} for found in issues]


def left_out_told(lines: Iterable[tuple[Line, Sequence[Issue]]]) -> list[str]:
    """Lines that do not fit as sentences, those of one place and one reason together: where they stood, and why."""
    found: dict[tuple[str, str], list[int]] = {}
    for line, issues in lines:
        why = "; ".join(dict.fromkeys(_why(issue) for issue in issues))
        found.setdefault((place(*line.key[:3]), why), []).append(line.year_no)
    return [
        str(_("%(where)s, years %(years)s: %(why)s", where=where, years=joined([str(year) for year in years]), why=why))
        for (where, why), years in found.items()
    ]


def _why(found: Issue) -> str:
    if found.code not in WHY:
        return _sentence(found)
    return words(WHY[found.code], value=category_label(str(found.value or "")))


def said_together(found: groups.Group) -> str:
    """The issues of one cause as one sentence."""
    first = _sentence(found.issues[0])
    if found.code in groups.MANY:
        return words(
            groups.MANY[found.code], count=groups.count_rows(found.issues), rows=groups.rows_named(found.issues)
        )
    rest = [one for one in found.issues[1:] if one.row != found.issues[0].row]
    if not rest:
        return first
    return words(groups.THE_SAME, first=first, count=groups.count_rows(rest), rows=groups.rows_named(rest))


def decimal_sign() -> DecimalSign:
    """How the reader writes decimals."""
    return DecimalSign(get_decimal_symbol(get_locale()))


def noted(notes: Iterable[tuple[str, dict[str, object]]]) -> list[str]:
    """Notes as sentences; labels in them are translated, lists joined in the reader's way."""
    return [words(template, **{key: _word(value) for key, value in params.items()}) for template, params in notes]


def said_of(params: dict[str, object]) -> dict[str, object]:
    """Facts of a suggestion in the reader's words and numbers."""
    return {
        name: category_label(value)
        if isinstance(value, str)
        else number(value)
        if isinstance(value, int | Decimal)
        else value
        for name, value in params.items()
    }


def changes_shown(changes: list[Change], currency: str = "") -> list[dict[str, Any]]:
    """Differences as rows of a table: where, what, before, after; values in `currency`."""
    return [_change(change, currency) for change in changes]


def category_label(key: str) -> str:
    """The translated label of a category."""
    return str(_(CATEGORIES[key].label)) if key in CATEGORIES else key


def unit_word(key: str) -> str:
    """The translated word of a unit."""
    return words(unit_label(key))


def certainty_label(key: str) -> str:
    """The translated label of a certainty."""
    return str(_(CERTAINTIES[key])) if key in CERTAINTIES else key


def place(category: str, tier: str, country: str = "") -> str:
    """Category, tier and country as one caption."""
    named = country_name(country, current_language()) if country else ""
    return " · ".join(part for part in (category_label(category), tier, named) if part)


def column_label(cell: Cell) -> str:
    """What a cell of the grid is called: its column and, where it has one, its contract year."""
    label = str(_(COLUMNS[cell.column])) if cell.column in COLUMNS else cell.column
    return str(_("%(column)s of year %(year)s", column=label, year=cell.year)) if cell.year else label


def cell_named(cell: Cell) -> dict[str, Any]:
    """Row and column of a cell in words."""
    return {"place": place(*cell.place), "column": column_label(cell)}


def cell_shown(value: object, currency: str) -> Any:
    """What stands in a cell, for reading; a blank cell says so."""
    if value is None:
        return str(_("blank"))
    return words(BASELINE_SOURCES[value]) if value in BASELINE_SOURCES else value_shown(value, currency)


def value_shown(value: object, currency: str = "") -> Any:
    """A value of a line in the reader's format, money in its currency to the cent; None is unknown."""
    if isinstance(value, Decimal) and currency:
        return money(value, currency, 0 if value == value.to_integral_value() else 2)
    if isinstance(value, str):
        return certainty_label(value) if value in CERTAINTIES else reason_shown(value)
    return number(value) if value is None or isinstance(value, int | Decimal) else str(value)


def reason_shown(reason: str) -> str:
    """Why a line is not known yet, in the reader's language where it is our own mark."""
    return str(_(rules.DEPARTMENTS_UNSAID)) if reason == rules.DEPARTMENTS_UNSAID else reason


def _sentence(found: Issue) -> str:
    template, params = rules.sentence(found)
    column = str(params.get("column", ""))
    params["column"] = str(_(column)) if column in LABELS.values() else column
    if params.get("year"):
        params["column"] = _("%(column)s of year %(year)s", column=params["column"], year=params["year"])
    params["value"] = category_label(str(params["value"]))
    return words(template, **params)


def _word(value: object) -> object:
    if isinstance(value, list):
        return joined([str(_word(item)) for item in value])
    if isinstance(value, str):
        return category_label(value) if value in CATEGORIES else _(value) if value in LABELS.values() else value
    return value


def _change(change: Change, currency: str) -> dict[str, Any]:
    category, tier, country, year = change.key
    line: Line | None = change.new if change.kind == "added" else change.old if change.kind == "removed" else None
    whole = {"added": _("New line"), "removed": _("Line removed")}
    return {
        "place": place(category, tier, country),
        "year": year,
        "what": whole.get(change.kind) or _(LABELS.get(change.field, change.field)),
        "old": "" if change.kind == "added" else _expected(line) if line else value_shown(change.old, currency),
        "new": "" if change.kind == "removed" else _expected(line) if line else value_shown(change.new, currency),
    }


def _expected(line: Line) -> Any:
    return number(line.qty_expected)


def price_shown(value: Decimal | None, currency: str) -> Any:
    """The price of one piece in its currency: to the cent, below 1 to four decimals where it has more; None is unknown."""
    return money(value, currency, 4 if value is not None and value < 1 and value != round(value, 2) else 2)


def rate_shown(value: Decimal) -> Any:
    """A rate of two currencies with all its decimals and no more."""
    return number(value.normalize(), max(2, -int(value.normalize().as_tuple().exponent)))


def price_said(value: Decimal, currency: str) -> Any:
    """The price of one piece as its supplier said it: with all its decimals, two at least."""
    return money(value, currency, 2 if value == round(value, 2) else 4)
