"""What if a member leaves, one joins, or a lot is split: a form that only reads; its address can be handed on."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from flask import render_template, request
from flask_babel import gettext as _
from sqlalchemy import select
from werkzeug.datastructures import MultiDict

from framework.demand import pool, price_sheet, simulated_prices, simulation
from framework.demand.counting import BEFORE_FREEZE
from framework.demand.figures import DecimalSign, read_quantity
from framework.demand.pooled import Amount, Pool
from framework.demand.simulated_prices import StepChange
from framework.demand.simulation import JOINING, SPLITS, Outcome, Part, Question
from framework.ground.errors import InvalidInput
from framework.ground.permissions import Permission, may
from framework.ground.text import N_, storable
from framework.rounds.settings import value
from models.base import db
from models.people import Organisation
from models.rounds import Lot, Round
from views import guard
from views.demand import blueprint, shared
from views.demand.pages import require_members
from views.guard import actor, permit

OFFERED = 30
"""Members that can be ticked at once: the largest, or those whose name is searched for."""
SHARES = 15
KINDS = ("firm", "expected", "maximum")


@dataclass(slots=True)
class Asked:
    """What the address asks, read; `errors` by field."""

    question: Question
    leaving: list[tuple[str, str]]
    errors: dict[str, str] = field(default_factory=dict)


@blueprint.get("/rounds/<round_id>/pool/what-if")
@permit(Permission.POOL_VIEW)
def pool_what_if(round_: Round) -> str | tuple[str, int]:
    """The lots before and after; with what cannot be read, the form again and where it is wrong."""
    require_members(round_)
    figures = pool.figures(db.session(), round_)
    asked = _asked(round_, figures, request.args)
    answers = asked.question.is_asked and not asked.errors
    outcomes = simulation.of(db.session(), round_, asked.question) if answers else ()
    steps = _steps(round_, asked.question) if answers else {}
    page = render_template(
        "demand/what_if.html",
        round_=round_,
        asked=asked,
        errors_=[{"field_id": name, "text": text} for name, text in asked.errors.items()],
        typed=request.args,
        offered=_offered(figures, request.args.get("q", "").strip(), {key for key, _name in asked.leaving}),
        splits=_splits(round_),
        may_join=round_.state in BEFORE_FREEZE,
        outcomes=[_shown(one, figures, asked.question, steps.get(one.lot.id, [])) for one in outcomes],
    )
    return (page, 422) if asked.errors else page


def _asked(round_: Round, figures: Pool, args: MultiDict[str, str]) -> Asked:
    keys = list(dict.fromkeys(map(storable, args.getlist("leave"))))
    query = select(Organisation.id, Organisation.public_id, Organisation.name).where(Organisation.public_id.in_(keys))
    rows = db.session.execute(query).all() if keys else []
    members = {m for lot in figures.lots for m in lot.by_member}
    found = [row for row in rows if row.id in members]
    if len(found) < len(keys):
        raise InvalidInput(
            "member-not-in-pool", N_("A member that should leave is not in this pool. Choose from the list.")
        )
    errors: dict[str, str] = {}
    joining = {}
    if round_.state in BEFORE_FREEZE:
        for lot in round_.lots:
            amount = _joining(lot, args, errors)
            if amount is not None:
                joining[lot.id] = amount
    question = Question(frozenset(row.id for row in found), joining, _split(round_, args.get("split", "")))
    return Asked(question, [(row.public_id, row.name) for row in found], errors)


def _joining(lot: Lot, args: MultiDict[str, str], errors: dict[str, str]) -> Amount | None:
    """What somebody who joins would declare for a lot; None where nothing is filled in or something is wrong."""
    typed = {f"{kind}-{lot.public_id}": args.get(f"{kind}-{lot.public_id}", "").strip() for kind in KINDS}
    if not any(typed.values()):
        return None
    numbers = []
    for name, text in typed.items():
        read = read_quantity(text, DecimalSign.UNCLEAR)
        if not text:
            errors[name] = _("Fill in all three quantities, 0 where there is none.")
        elif read.value is None:
            errors[name] = _("“%(value)s” is not a whole number of 0 or more. Write it in digits.", value=text)
        else:
            numbers.append(int(read.value))
    if len(numbers) < len(KINDS):
        return None
    if numbers != sorted(numbers):
        errors[f"expected-{lot.public_id}"] = _(
            "Firm must not be more than expected, and expected not more than the maximum."
        )
        return None
    return Amount(*numbers, lines=1)


def _split(round_: Round, text: str) -> tuple[int, str] | None:
    """The lot to split and by what; raises InvalidInput where it is not one of those offered."""
    if not text:
        return None
    key, _colon, by = text.partition(":")
    lot = next((one for one in round_.lots if one.public_id == key), None)
    if lot is None or by not in SPLITS:
        raise InvalidInput("split-unknown", N_("This lot cannot be split so. Choose from the list."))
    return lot.id, by


def _splits(round_: Round) -> list[tuple[str, str]]:
    said = {"category": N_("%(lot)s by category"), "tier": N_("%(lot)s by specification tier")}
    return [(f"{lot.public_id}:{by}", _(said[by], lot=lot.name)) for lot in round_.lots for by in SPLITS]


def _offered(figures: Pool, search: str, ticked: set[str]) -> list[tuple[str, str]]:
    """Public id and name of the members to tick that are not ticked yet: the largest first, or those of a name."""
    largest: dict[int, int] = {}
    for lot in figures.lots:
        for member, amount in lot.by_member.items():
            share = amount.expected * 1000 // lot.total.expected if lot.total.expected else 0
            largest[member] = max(largest.get(member, 0), share)
    named = [m for m in largest if search.casefold() in figures.names.get(m, "").casefold()]
    named.sort(key=lambda m: (-largest[m], figures.names.get(m, "")))
    wanted = named[: OFFERED + len(ticked)]
    query = select(Organisation.id, Organisation.public_id, Organisation.name).where(Organisation.id.in_(wanted))
    found = {row.id: (row.public_id, row.name) for row in db.session.execute(query)}
    return [found[m] for m in wanted if found[m][0] not in ticked][:OFFERED]


def _steps(round_: Round, question: Question) -> dict[int, list[StepChange]]:
    """What indicative lists would mean, where the reader may see prices; a member only where the lead shows them."""
    roles = guard.roles(round_)
    if not may(db.session(), actor(), Permission.PRICES_VIEW, round_, roles=roles):
        return {}
    if "lead" not in roles and not value(round_, "show_indicative_prices"):
        return {}
    return simulated_prices.changes(db.session(), round_, question)


def _price_row(one: StepChange, *, named: bool, by: str) -> dict[str, Any]:
    offer = one.offer
    currency = offer.price_list.currency
    prices = [price_sheet.unit_price(effect) for effect in (one.before, one.after)]
    return {
        "name": offer.price_list.supplier.name if named else _("Price list %(number)s", number=offer.number),
        "what": shared.place(one.item[1], one.item[2]),
        "part": None if one.part is None else shared.category_label(one.part) if by == "category" else one.part,
        "pieces": one.after.quantity,
        "steps": [
            None if effect.step is None else effect.ladder.steps[effect.step].from_qty
            for effect in (one.before, one.after)
        ],
        "prices": [shared.price_shown(price, currency) for price in prices],
        "is_same": one.is_same,
    }


def _shown(outcome: Outcome, figures: Pool, question: Question, steps: list[StepChange]) -> dict[str, Any]:
    """What the page shows of one lot."""
    by = question.split[1] if question.split else ""
    shares = [one for one in outcome.shares if one.expected]
    return {
        "lot": outcome.lot,
        "unit": shared.unit_word(outcome.lot.unit),
        "outcome": outcome,
        "prices": [_price_row(one, named=_is_lead(outcome.lot.round), by=by) for one in steps],
        "joins_unsaid": outcome.joined is not None and not simulated_prices.says_what(outcome.lot),
        "same": (outcome.before, outcome.members[0]) == (outcome.after, outcome.members[1]),
        "shares": [
            (_("whoever joins") if one.member_id == JOINING else figures.names.get(one.member_id, "–"), one)
            for one in shares[:SHARES]
        ],
        "more": max(len(shares) - SHARES, 0),
        "parts": [(_value(by, part), part) for part in outcome.parts],
    }


def _is_lead(round_: Round) -> bool:
    return "lead" in guard.roles(round_)


def _value(by: str, part: Part) -> str:
    if by == "category":
        return shared.category_label(part.value)
    return part.value or str(_("none named"))
