"""The draft of joint costs: lines to fill in, the preview of what each member would bear, and the proposal."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from flask import render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from framework.demand import cost_paste
from framework.demand import cost_reading as reading
from framework.demand import costs as acts
from framework.demand.cost_plan import MOST_ITEMS, Plan, Planned
from framework.ground import codelists
from framework.ground.errors import InvalidInput, NotFound, RuleBroken, Stale
from framework.ground.permissions import Permission
from framework.ground.reading.numbers import Habit, read_number
from framework.ground.text import N_
from models.base import db
from models.costs import CostProposal
from models.rounds import Round
from views import clock, guard
from views.demand import blueprint, cost_words, shared
from views.guard import actor, permit
from views.i18n import current_language, sentence, words

Typed = dict[str, str]
FIELDS = ("kind", "label", "amount", "currency", "rule", "source")
BLANK_AT_FIRST = 3
_LINE = re.compile(r"item-(\d{1,2})-label\Z", re.ASCII)


@dataclass(frozen=True, slots=True)
class Read:
    """A form as it was read: the plan, the line of the form that each cost came from, and what could not be read by field."""

    plan: Plan
    lines: list[int]
    errors: dict[str, str]


@blueprint.get("/rounds/<round_id>/costs/draft")
@permit(Permission.COSTS_PROPOSE)
def cost_draft(round_: Round) -> str:
    """The draft, or a new one begun from the version that was proposed last."""
    draft = reading.draft(db.session(), round_)
    members = reading.members(db.session(), round_)
    return _page(round_, draft, members, _typed(round_, draft, members), {})


@blueprint.post("/rounds/<round_id>/costs/draft")
@permit(Permission.COSTS_PROPOSE)
def save_costs(round_: Round) -> Response | tuple[str, int]:
    """Keep the draft and show what each member would bear."""
    members = reading.members(db.session(), round_)
    typed = dict(request.form.items())
    if typed.get("add") == "dues":
        _add_dues(round_, members, typed)
    pasted = _take_pasted(members, typed)
    read = _read(round_, members, typed)
    read.errors.update(pasted)
    if read.errors:
        guard.release()
        return _again(round_, typed, read.errors), 422
    try:
        acts.save(db.session(), round_, read.plan, actor=actor(), now=clock.now(), version=shared.version())
    except InvalidInput as error:
        guard.refused(error)
        return _again(round_, typed, _placed(error, read.lines, members)), error.status
    except Stale as error:
        return _again(round_, typed, {"": guard.refused(error)}), error.status
    place = url_for("demand.cost_draft", round_id=round_.public_id)
    return guard.done(f"{place}#preview", _("Saved. Below you see what each member would bear."))


@blueprint.post("/rounds/<round_id>/costs/propose")
@permit(Permission.COSTS_PROPOSE)
def propose_costs(round_: Round) -> Response:
    """Propose the draft that was shown; what cannot be divided is said on the page of the draft."""
    draft = reading.draft(db.session(), round_)
    if draft is None:
        raise NotFound("not-found", N_("There is no such page, or it is not yours to see."))
    back = url_for("demand.costs", round_id=round_.public_id)
    try:
        acts.propose(db.session(), draft, actor=actor(), now=clock.now(), version=shared.version())
        return guard.done(back, _("Proposed. The members are asked by mail; you are told what each answers."))
    except RuleBroken as error:
        return shared.told_at(url_for("demand.cost_draft", round_id=round_.public_id), error)


def _again(round_: Round, typed: Typed, errors: Mapping[str, str]) -> str:
    """The page once more, with all that was typed."""
    session = db.session()
    return _page(round_, reading.draft(session, round_), reading.members(session, round_), typed, errors)


def _page(
    round_: Round,
    draft: CostProposal | None,
    members: Sequence[reading.Member],
    typed: Typed,
    errors: Mapping[str, str],
) -> str:
    return render_template(
        "demand/cost_draft.html",
        round_=round_,
        draft=draft,
        members=members,
        typed=typed,
        errors=errors,
        error_list=[{"text": text, "field_id": place} for place, text in errors.items()],
        lines=_shown_lines(typed),
        version=typed.get("version") or (draft.version if draft is not None else 0),
        preview=cost_words.preview(draft.items, members) if draft is not None and draft.items else None,
        estimate=cost_words.estimate_words(round_, members),
        standing=reading.standing(db.session(), round_),
        kinds=cost_words.KINDS,
        rules=cost_words.RULES,
        currencies=codelists.currencies(current_language()),
    )


def _shown_lines(typed: Typed) -> list[int]:
    """The numbers of the lines that the form shows: what is filled in, and a blank one or the first three."""
    filled = [number for number in _line_numbers(typed) if not _is_blank(typed, number)]
    last = max(filled, default=0)
    wanted = min(max(last + 1, BLANK_AT_FIRST if not filled else 0), MOST_ITEMS)
    return list(range(1, wanted + 1))


def _line_numbers(typed: Typed) -> list[int]:
    found = {int(match[1]) for key in typed if (match := _LINE.match(key))}
    return sorted(number for number in found if 1 <= number <= MOST_ITEMS)


def _is_blank(typed: Typed, number: int) -> bool:
    return not any(typed.get(f"item-{number}-{name}", "").strip() for name in ("label", "amount", "source"))


def _typed(round_: Round, draft: CostProposal | None, members: Sequence[reading.Member]) -> Typed:
    """The form as it is first shown: the draft, or what was proposed last as the beginning of the next version."""
    shown = draft or next(iter(reading.proposed(db.session(), round_)), None)
    if shown is None:
        return {}
    known = {one.number: one.public_id for one in members}
    typed = {"title": shown.title, "note": shown.note}
    if draft is not None and draft.answer_by is not None:
        typed["answer_by"] = draft.answer_by.isoformat()
    for number, item in enumerate(shown.items, 1):
        values = (item.kind, item.label, _decimal(item.amount), item.currency, item.rule, item.source)
        typed |= {f"item-{number}-{name}": value for name, value in zip(FIELDS, values, strict=True)}
        for share in item.shares:
            if share.percent is not None and share.member_id in known:
                typed[f"share-{number}-{known[share.member_id]}"] = _decimal(share.percent)
    return typed


def _add_dues(round_: Round, members: Sequence[reading.Member], typed: Typed) -> None:
    """Write the estimated dues into the first blank line."""
    found = reading.estimate(members, round_.currency).together
    free = [number for number in range(1, MOST_ITEMS + 1) if _is_blank(typed, number)]
    if found.amount is None or not free:
        return
    values = ("dues", _("Yearly dues, estimated"), _decimal(found.amount), found.currency, "by_spend")
    source = _("Bands of %(body)s, band %(band)s", body=reading.dues.BODY, band=found.band)
    for name, value in zip(FIELDS, (*values, source), strict=True):
        typed[f"item-{free[0]}-{name}"] = value
    typed.setdefault("title", _("Joint costs"))
    typed["title"] = typed["title"].strip() or _("Joint costs")


def _take_pasted(members: Sequence[reading.Member], typed: Typed) -> dict[str, str]:
    """Write what was pasted into the fields of its line; what could not be taken, by the field it was pasted into."""
    errors = {}
    names = {one.number: one.name for one in members}
    ids = {one.number: one.public_id for one in members}
    for number in _line_numbers(typed):
        text = typed.get(f"paste-{number}", "")
        if not text.strip() or typed.get(f"item-{number}-rule") != "entered":
            continue
        try:
            found = cost_paste.read(text, names, Habit(shared.decimal_sign()))
        except InvalidInput as error:
            errors[f"paste-{number}"] = sentence(error)
            continue
        if found.problems:
            errors[f"paste-{number}"] = " ".join(words(template, **params) for template, params in found.problems)
            continue
        typed |= {f"share-{number}-{ids[who]}": _decimal(percent) for who, percent in found.percents.items()}
        typed.pop(f"paste-{number}")
    return errors


def _read(round_: Round, members: Sequence[reading.Member], typed: Typed) -> Read:
    errors: dict[str, str] = {}
    lines = [number for number in _line_numbers(typed) if not _is_blank(typed, number)]
    items = [_planned(round_, members, typed, number, errors) for number in lines]
    plan = Plan(typed.get("title", ""), items, typed.get("note", ""), _day(typed, errors))
    return Read(plan, lines, errors)


def _planned(
    round_: Round, members: Sequence[reading.Member], typed: Typed, number: int, errors: dict[str, str]
) -> Planned:
    def given(name: str, otherwise: str = "") -> str:
        return typed.get(f"item-{number}-{name}", otherwise).strip()

    return Planned(
        given("kind"),
        given("label"),
        _amount(typed, f"item-{number}-amount", errors),
        given("currency", round_.currency),
        given("rule"),
        given("source"),
        {one.number: _amount(typed, f"share-{number}-{one.public_id}", errors) for one in members}
        if given("rule") == "entered"
        else {},
    )


def _amount(typed: Typed, place: str, errors: dict[str, str]) -> Decimal | None:
    text = typed.get(place, "").strip().removesuffix("%").strip()
    if not text:
        return None
    found = read_number(text, Habit(shared.decimal_sign()))
    if found.value is None:
        errors[place] = _("“%(text)s” is not a number we can read.", text=text)
        return None
    return Decimal(str(found.value))


def _day(typed: Typed, errors: dict[str, str]) -> dt.date | None:
    text = typed.get("answer_by", "").strip()
    try:
        return dt.date.fromisoformat(text) if text else None
    except ValueError:
        errors["answer_by"] = _("Enter a date.")
        return None


def _placed(error: InvalidInput, lines: list[int], members: Sequence[reading.Member]) -> dict[str, str]:
    """The errors of the act by the fields of the form."""
    known = {str(one.number): one.public_id for one in members}
    found: dict[str, str] = {}
    for one in (error, *error.also):
        what, _dash, rest = one.field.partition("-")
        position, _dash, name = rest.partition("-")
        place = one.field
        if what in ("item", "share") and position.isdigit():
            place = f"{what}-{lines[int(position) - 1]}-{known.get(name, name)}"
        found[place] = sentence(one)
    return found


def _decimal(value: Decimal | None) -> str:
    """A figure as the reader types it."""
    if value is None:
        return ""
    return f"{value:.2f}".replace(".", shared.decimal_sign())
