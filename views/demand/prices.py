"""What indicative prices mean: for the lead every list against the pool, for a member its own figures without names."""

from __future__ import annotations

import datetime as dt
from fractions import Fraction
from typing import Any

from flask import render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from framework.demand import pool as pooling
from framework.demand import price_comparison, price_lists, price_sheet
from framework.demand.price_comparison import BASES, Offer, Wanted
from framework.demand.price_steps import Effect, Item, to_cent, to_places
from framework.ground.errors import NotFound, RuleBroken
from framework.ground.permissions import Permission
from framework.ground.terms import unit_label
from framework.ground.text import N_
from framework.rounds.settings import value
from models.base import db
from models.prices import PRICE_PLACES
from models.rounds import Lot, Round
from views import clock, guard
from views.demand import blueprint, shared
from views.demand.price_forms import ArrangeForm, RateForm, rate_form
from views.downloads import send_workbook
from views.guard import actor, permit
from views.i18n import words
from views.rounds.forms import answer

BY = {
    "expected": N_("expected quantities"),
    "firm": N_("firm quantities"),
    "maximum": N_("maximum quantities"),
}


@blueprint.get("/rounds/<round_id>/prices")
@permit(Permission.PRICES_VIEW)
def prices(round_: Round) -> str:
    """The lead sees every list; a member its own figures, where the lead shows them."""
    if "lead" in guard.roles(round_):
        return _lead_page(round_)
    shown = bool(value(round_, "show_indicative_prices"))
    basis = _basis()
    wanted = price_comparison.wanted(db.session(), round_, basis=basis)
    offers = price_comparison.offers(db.session(), round_, wanted.quantities) if shown else []
    own = actor().organisation_id or 0
    return render_template(
        "demand/own_prices.html",
        round_=round_,
        shown=shown,
        sections=_sections(round_, offers, wanted, own=own),
        offers=offers,
        today=clock.now().date(),
        by=BY,
        basis=basis,
        readings=price_sheet.READINGS,
        price=shared.price_shown,
        price_said=shared.price_said,
        rate_shown=shared.rate_shown,
    )


@blueprint.get("/rounds/<round_id>/prices/<list_id>")
@permit(Permission.PRICES_VIEW)
def prices_of(round_: Round, list_id: str) -> str:
    """One list for the lead: its steps, and what it means for each member."""
    if "lead" not in guard.roles(round_):
        raise NotFound("not-found", N_("There is no such page, or it is not yours to see."))
    basis = _basis()
    wanted = price_comparison.wanted(db.session(), round_, basis=basis)
    offers = price_comparison.offers(db.session(), round_, wanted.quantities)
    offer = next((one for one in offers if one.price_list.public_id == list_id), None)
    if offer is None:
        raise NotFound("not-found", N_("There is no such page, or it is not yours to see."))
    names = pooling.figures(db.session(), round_).names
    return render_template(
        "demand/prices_of.html",
        round_=round_,
        offer=offer,
        currency=round_.currency if offer.rate is not None else offer.price_list.currency,
        items=[_item(round_, offer, item, found, names) for item, found in offer.effects.items()],
        readings=price_sheet.READINGS,
        price=shared.price_shown,
        price_said=shared.price_said,
        rate_shown=shared.rate_shown,
        by=BY,
        basis=basis,
    )


@blueprint.get("/rounds/<round_id>/prices.xlsx")
@permit(Permission.PRICES_VIEW)
def prices_xlsx(round_: Round) -> Response:
    """The comparison as a workbook; a member gets its own rows alone, and only where the lead shows them."""
    is_lead = "lead" in guard.roles(round_)
    if not is_lead and not value(round_, "show_indicative_prices"):
        raise NotFound("not-found", N_("There is no such page, or it is not yours to see."))
    wanted = price_comparison.wanted(db.session(), round_, basis=_basis())
    offers = price_comparison.offers(db.session(), round_, wanted.quantities)
    names = pooling.figures(db.session(), round_).names
    members = names if is_lead else {m: n for m, n in names.items() if m == actor().organisation_id}
    content = price_sheet.comparison(
        round_,
        offers,
        names=lambda offer: _name(offer, named=is_lead),
        members=members,
        sums=is_lead,
        now=clock.now(),
        words=words,
    )
    return send_workbook(content, "price-steps.xlsx")


@blueprint.post("/rounds/<round_id>/prices/arrange")
@permit(Permission.PRICES_ARRANGE)
def arrange_prices(round_: Round) -> Response | tuple[str, int]:
    """Ask suppliers for lists, and show members what these mean."""
    form = ArrangeForm()
    told: list[int] = []

    def act() -> None:
        chosen = {"asked": bool(form.asked.data), "shown": bool(form.shown.data)}
        told.append(price_lists.arrange(db.session(), round_, **chosen, actor=actor(), now=clock.now()))

    if not form.validate_on_submit():
        return _lead_page(round_, arrange=form), 422
    here = url_for("demand.prices", round_id=round_.public_id)
    try:
        act()
        mails = ngettext("%(num)s mail leaves.", "%(num)s mails leave.", told[0]) if told[0] else ""
        return guard.done(here, " ".join(part for part in (_("Saved."), mails) if part))
    except RuleBroken as error:
        if error.status == 404:
            raise
        return shared.told_at(here, error)


@blueprint.post("/rounds/<round_id>/prices/rates")
@permit(Permission.PRICES_ARRANGE)
def enter_rate(round_: Round) -> Response | tuple[str, int]:
    """Enter what a currency is in that of the round."""
    form = rate_form(round_.currency)
    return answer(
        form,
        lambda: price_lists.set_rate(
            db.session(),
            round_,
            currency=form.currency.data,
            rate=form.rate.data,  # type: ignore[arg-type]
            on_date=form.on_date.data,  # type: ignore[arg-type]
            source=form.source.data or "",
            actor=actor(),
            now=clock.now(),
        ),
        lambda: url_for("demand.prices", round_id=round_.public_id),
        _("The rate is kept. Figures in this currency are compared at it from now on."),
        lambda: _lead_page(round_, rate=form),
    )


def _lead_page(round_: Round, *, arrange: ArrangeForm | None = None, rate: RateForm | None = None) -> str:
    basis = _basis()
    wanted = price_comparison.wanted(db.session(), round_, basis=basis)
    offers = price_comparison.offers(db.session(), round_, wanted.quantities)
    rates = price_comparison.rates(db.session(), round_)
    lacking = sorted({one.price_list.currency for one in offers if one.rate is None})
    return render_template(
        "demand/prices.html",
        round_=round_,
        sections=_sections(round_, offers, wanted),
        offers=offers,
        rates=rates,
        lacking=lacking,
        today=clock.now().date(),
        arrange=arrange
        or ArrangeForm(
            formdata=None,
            asked=bool(value(round_, "ask_indicative_prices")),
            shown=bool(value(round_, "show_indicative_prices")),
        ),
        rate=rate or rate_form(round_.currency, formdata=None, currency=lacking[0] if lacking else None),
        by=BY,
        basis=basis,
        readings=price_sheet.READINGS,
        price=shared.price_shown,
        price_said=shared.price_said,
        rate_shown=shared.rate_shown,
    )


def _basis() -> str:
    asked = request.args.get("by", "expected")
    return asked if asked in BASES else "expected"


def _sections(round_: Round, offers: list[Offer], wanted: Wanted, *, own: int | None = None) -> list[dict[str, Any]]:
    """The rows of each lot and category, the lowest compared price first; for a member (`own`) without names and others' figures."""
    found = []
    for lot in round_.lots:
        for category in lot.categories:
            rows = [
                _row(round_, lot, offer, item, effect, own)
                for offer in offers
                for item, effect in offer.effects.items()
                if item[:2] == (lot.id, category)
            ]
            here = {item: q for item, q in wanted.quantities.items() if item[:2] == (lot.id, category)}
            if rows or any(sum(q.values()) for q in here.values()):
                rows.sort(key=lambda row: (row["tier"], row["compared"] is None, row["compared"] or 0))
                found.append(
                    {
                        "title": f"{lot.name} · {shared.category_label(category)}",
                        "unit": words(unit_label(lot.unit)),
                        "pieces": sum(q.get(own, 0) if own is not None else sum(q.values()) for q in here.values()),
                        "pool": sum(sum(q.values()) for q in here.values()),
                        "not_known": sum(n for item, n in wanted.not_known.items() if item in here),
                        "rows": rows,
                        "best": _best(rows, clock.now().date()),
                        "unpriced": _unpriced(offers, wanted, (lot.id, category), named=own is None),
                    }
                )
    return found


def _best(rows: list[dict[str, Any]], day: dt.date) -> dict[str, Any] | None:
    """The lowest compared price that holds on the day, where all lists price the same; None where tiers stand apart."""
    priced = [row for row in rows if row["compared"] is not None and row["offer"].holds_on(day)]
    if len({row["tier"] for row in rows}) != 1:
        return None
    return min(priced, key=lambda row: row["compared"], default=None)


def _unpriced(offers: list[Offer], wanted: Wanted, place: tuple[int, str], *, named: bool) -> list[str]:
    """What single lists have no price for, in words."""
    return [
        _(
            "%(list)s has no price for %(what)s (%(pieces)s pieces).",
            list=_name(offer, named=named),
            what=shared.place(item[1], item[2]),
            pieces=sum(wanted.quantities[item].values()),
        )
        for offer in offers
        for item in offer.unpriced
        if item[:2] == place
    ]


def _row(round_: Round, lot: Lot, offer: Offer, item: Item, found: Effect, own: int | None) -> dict[str, Any]:
    step, steps = found.step, found.ladder.steps
    following = steps[0 if step is None else step + 1] if found.to_next is not None else None
    compared = offer.converted(found.unit_price)
    row = {
        "offer": offer,
        "name": _name(offer, named=own is None),
        "tier": item[2],
        "place": item[2] or (_("all tiers") if lot.spec_tiers else ""),
        "effect": found,
        "from": steps[step].from_qty if step is not None else None,
        "first": steps[0].from_qty,
        "price": price_sheet.unit_price(found),
        "compared": None if compared is None else to_places(compared, PRICE_PLACES),
        "cost": _cents(offer.converted(found.cost)),
        "saving": _cents(offer.converted(found.saving)) if own is None else None,
        "next_price": following.unit_price if following is not None else None,
        "next_compared": None
        if following is None or offer.rate is None
        else to_places(Fraction(following.unit_price) * Fraction(offer.rate.rate), PRICE_PLACES),
        "next_from": following.from_qty if following is not None else None,
        "costs_less": found.cost is not None and found.cost_at_next is not None and found.cost_at_next < found.cost,
        "deciding": _deciding(round_, found, own),
    }
    if own is not None:
        row |= _own(offer, found, own)
    return row


def _own(offer: Offer, found: Effect, own: int) -> dict[str, Any]:
    """What an item means for one member, to the cent as beside all the others: so nothing is worked out where it wants none."""
    part = found.parts[own] if own in found.by_member else None
    is_compared = part is not None and offer.rate is not None
    return {
        "part": part,
        "alone": None if part is None else _cents(offer.converted(part.alone)),
        "share": price_sheet.shares_of(found, _factor(offer))[own] if is_compared else None,
        "own_saving": price_sheet.savings_of(found, _factor(offer))[own] if is_compared else None,
    }


def _deciding(round_: Round, found: Effect, own: int | None) -> list[str]:
    """The names of the members that decide the step, for the lead alone."""
    if own is not None or not found.deciding:
        return []
    names = pooling.figures(db.session(), round_).names
    return sorted(names.get(member, "–") for member in found.deciding)


def _item(round_: Round, offer: Offer, item: Item, found: Effect, names: dict[int, str]) -> dict[str, Any]:
    """The steps of one item and a row for each member that wants pieces of it, the largest first."""
    lot = next(one for one in round_.lots if one.id == item[0])
    factor = _factor(offer)
    shares, savings = price_sheet.shares_of(found, factor), price_sheet.savings_of(found, factor)
    members = [
        {
            "name": names.get(member, "–"),
            "part": part,
            "alone": None if part.alone is None else to_cent(part.alone * factor),
            "share": shares[member],
            "saving": savings[member],
        }
        for member, part in sorted(found.parts.items(), key=lambda pair: (-pair[1].quantity, names.get(pair[0], "")))
        if part.quantity
    ]
    return {
        "title": f"{lot.name} · {shared.place(item[1], item[2] or (str(_('all tiers')) if lot.spec_tiers else ''))}",
        "effect": found,
        "members": members,
        "steps": [
            {"step": step, "reached": i == found.step, "rises": i in found.ladder.rises}
            for i, step in enumerate(found.ladder.steps)
        ],
        "cost": None if found.cost is None else to_cent(found.cost * factor),
        "saving": None if found.saving is None else to_cent(found.saving * factor),
    }


def _factor(offer: Offer) -> Fraction:
    return Fraction(offer.rate.rate) if offer.rate is not None else Fraction(1)


def _name(offer: Offer, *, named: bool) -> str:
    return offer.price_list.supplier.name if named else _("Price list %(number)s", number=offer.number)


def _cents(amount: Fraction | None) -> Any:
    return None if amount is None else to_cent(amount)
