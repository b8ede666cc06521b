"""Indicative price lists: the lead asks, an invited supplier gives versions and withdraws, the lead enters rates.

All of it happens before the publication: what a supplier says of prices once a tender is open belongs in its tender.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import func, not_, select
from sqlalchemy.orm import Session, joinedload, selectinload

from framework.demand.price_rows import Offered
from framework.ground import audit, codelists
from framework.ground.actors import Actor
from framework.ground.errors import InvalidInput, MoveRefused, NotFound, Stale, taken
from framework.ground.permissions import Permission, require
from framework.ground.sides import CONSULTED, buys
from framework.ground.text import N_, storable
from framework.rounds import telling
from framework.rounds.settings import value
from models.disclosure import SupplierInvitation
from models.people import Organisation, RoleGrant, User
from models.prices import RATE_PLACES, READINGS, ExchangeRate, PriceList, PriceStep
from models.records import Mail
from models.rounds import Round

GIVEN = audit.declare("price_list.given", "version_no", "steps", "currency")
WITHDRAWN = audit.declare("price_list.withdrawn", "version_no")
ARRANGED = audit.declare("round.prices_arranged", "asked", "shown", "told")
RATE_SET = audit.declare("exchange_rate.set", "currency", "to_currency", "rate", "on_date", "version_no")
LONGEST_NOTE, LONGEST_SOURCE = 1_000, 300
ASKS = "prices_asked"
"""The mail that asks a supplier for a list."""
HIGHEST_RATE = Decimal(10_000_000)


@dataclass(frozen=True, slots=True)
class Head:
    """What holds for a whole list: its currency (ISO 4217), how steps are read, the days on which it holds, a note."""

    currency: str
    reading: str = "whole"
    valid_from: dt.date | None = None
    valid_until: dt.date | None = None
    note: str = ""


def arrange(session: Session, round_: Round, *, asked: bool, shown: bool, actor: Actor, now: dt.datetime) -> int:
    """Say whether invited suppliers are asked for indicative prices, and whether members see what these mean.

    Whoever is asked for the first time gets a mail; how many mails. Raises MoveRefused where suppliers are asked too late.
    """
    session.refresh(round_, with_for_update={"of": Round})
    require(session, actor, Permission.PRICES_ARRANGE, round_)
    before = bool(value(round_, "ask_indicative_prices"))
    if asked and not before and round_.state not in CONSULTED:
        raise MoveRefused(
            "prices-too-late",
            N_("The round is published: what suppliers say of prices now belongs in their tenders."),
        )
    round_.settings = {**(round_.settings or {}), "ask_indicative_prices": asked, "show_indicative_prices": shown}
    session.flush()
    told = tell_invited(session, round_, _not_told(session, round_), now=now) if asked and not before else 0
    audit.record(session, ARRANGED, actor=actor, now=now, subject=round_, asked=asked, shown=shown, told=told)
    return told


def give(
    session: Session,
    round_: Round,
    offered: Sequence[Offered],
    head: Head,
    *,
    based_on: int,
    actor: Actor,
    now: dt.datetime,
    source_upload_id: int | None = None,
) -> PriceList:
    """Give a list, which takes the place of the supplier's earlier ones. `based_on` is the newest version the giver saw, 0: none.

    Raises InvalidInput with what is wrong, Stale where a colleague gave or withdrew one meanwhile, MoveRefused where nobody is
    asked any more.
    """
    _hold(session, round_)
    require(session, actor, Permission.PRICES_GIVE, round_)
    require_asked(round_)
    currency, note, _dates = taken(
        lambda: _currency(head.currency), lambda: _note(head.note), lambda: _require_dates(head, now)
    )
    if head.reading not in READINGS:
        raise InvalidInput("reading-unknown", N_("Choose how the steps are read."), field="reading")
    if not offered:
        raise InvalidInput("no-steps", N_("Give at least one quantity with its price."), field="rows")
    session.execute(select(Organisation.id).where(Organisation.id == actor.organisation_id).with_for_update())
    latest = newest_of(session, round_, actor.organisation_id)
    _require_seen(latest, based_on)
    made = PriceList(
        round=round_,
        supplier_id=actor.organisation_id,
        version_no=latest.version_no + 1 if latest is not None else 1,
        currency=currency,
        reading=head.reading,
        valid_from=head.valid_from,
        valid_until=head.valid_until,
        note=note,
        source_upload_id=source_upload_id,
        created_at=now,
        created_by_id=actor.user_id,
        steps=[_step(position, one) for position, one in enumerate(_in_order(offered))],
    )
    session.add(made)
    session.flush()
    facts = {"version_no": made.version_no, "steps": len(made.steps), "currency": currency}
    audit.record(session, GIVEN, actor=actor, now=now, subject=made, **facts)
    return made


def withdraw(session: Session, price_list: PriceList, *, actor: Actor, now: dt.datetime) -> None:
    """Take the own list back; no earlier version comes back in its place. Raises NotFound for another's, Stale for an older one."""
    if price_list.supplier_id != actor.organisation_id:
        raise NotFound("not-found", N_("There is no such page, or it is not yours to see."))
    _hold(session, price_list.round)
    require(session, actor, Permission.PRICES_GIVE, price_list.round)
    session.refresh(price_list, with_for_update={"of": PriceList})
    latest = newest_of(session, price_list.round, actor.organisation_id)
    _require_seen(latest, price_list.version_no)
    if price_list.withdrawn_at is None:
        price_list.withdrawn_at = now
        audit.record(session, WITHDRAWN, actor=actor, now=now, subject=price_list, version_no=price_list.version_no)


def set_rate(
    session: Session,
    round_: Round,
    *,
    currency: str,
    rate: Decimal | None,
    on_date: dt.date | None,
    source: str,
    actor: Actor,
    now: dt.datetime,
) -> ExchangeRate:
    """Say what one unit of a currency is in that of the round, on which day, and who says so; an earlier one is kept.

    Raises InvalidInput with everything that is wrong.
    """
    session.refresh(round_, with_for_update={"of": Round})
    require(session, actor, Permission.PRICES_ARRANGE, round_)
    code, known, day, said = taken(
        lambda: _other_currency(currency, round_),
        lambda: _rate(rate),
        lambda: _day(on_date, now),
        lambda: _source(source),
    )
    number = session.scalar(
        select(func.max(ExchangeRate.version_no)).where(
            ExchangeRate.round_id == round_.id,
            ExchangeRate.currency == code,
            ExchangeRate.to_currency == round_.currency,
        )
    )
    made = ExchangeRate(
        round=round_,
        currency=code,
        to_currency=round_.currency,
        version_no=(number or 0) + 1,
        rate=known,
        on_date=day,
        source=said,
        created_at=now,
        created_by_id=actor.user_id,
    )
    session.add(made)
    session.flush()
    facts = {"currency": code, "to_currency": made.to_currency, "rate": str(known), "on_date": day.isoformat()}
    audit.record(session, RATE_SET, actor=actor, now=now, subject=made, version_no=made.version_no, **facts)
    return made


def is_asking(round_: Round) -> bool:
    """Whether invited suppliers are asked for lists now: the lead says so, and nothing is published yet."""
    return round_.state in CONSULTED and bool(value(round_, "ask_indicative_prices"))


def require_asked(round_: Round) -> None:
    """Raise MoveRefused where no lists are asked for: a new one is not taken then."""
    if not is_asking(round_):
        raise MoveRefused(
            "prices-not-asked",
            N_(
                "The lead does not ask for price lists any more, so no new one is taken. You can still see and withdraw the one you gave."
            ),
        )


def tell_invited(session: Session, round_: Round, suppliers: Iterable[int], *, now: dt.datetime) -> int:
    """A mail to the people of suppliers that are invited, where lists are asked for; how many mails."""
    if not is_asking(round_):
        return 0
    users = telling.people(session, suppliers, "supplier", now=now)
    return telling.tell(session, round_, users, ASKS, now=now, page="price-list", lead=round_.organisation.name)


def _not_told(session: Session, round_: Round) -> list[int]:
    """The invited suppliers none of whose people got the mail that asks since the invitation: an untick asks nobody again.

    A mail that failed or was dropped told nobody.
    """
    told = (
        select(RoleGrant.id)
        .join(User, User.id == RoleGrant.user_id)
        .join(Mail, Mail.recipient == User.email)
        .where(
            RoleGrant.organisation_id == SupplierInvitation.organisation_id,
            RoleGrant.role == "supplier",
            Mail.template == ASKS,
            Mail.round_id == round_.id,
            Mail.state.in_(("waiting", "sent")),
            Mail.created_at >= SupplierInvitation.created_at,
        )
    )
    query = select(SupplierInvitation.organisation_id).where(
        SupplierInvitation.round_id == round_.id, not_(told.exists())
    )
    return list(session.scalars(query.order_by(SupplierInvitation.id)))


def asking_rounds(session: Session, actor: Actor) -> list[Round]:
    """The rounds that ask the actor's organisation for a list, or hold one of it, newest first.

    It may know of them and see nothing else yet.
    """
    if "supplier" not in actor.roles:
        return []
    invited = select(SupplierInvitation.round_id).where(SupplierInvitation.organisation_id == actor.organisation_id)
    query = (
        select(Round)
        .where(Round.state.in_(CONSULTED), Round.id.in_(invited), not_(buys(actor.user_id)))
        .options(joinedload(Round.organisation))
        .order_by(Round.created_at.desc(), Round.id.desc())
    )
    given = select(PriceList.round_id).where(PriceList.supplier_id == actor.organisation_id)
    holding = set(session.scalars(given))
    return [round_ for round_ in session.scalars(query) if is_asking(round_) or round_.id in holding]


def newest_of(session: Session, round_: Round, supplier_id: int | None) -> PriceList | None:
    """The newest version of a supplier's list, withdrawn or not; None where it never gave one."""
    query = (
        select(PriceList)
        .where(PriceList.round_id == round_.id, PriceList.supplier_id == supplier_id)
        .options(selectinload(PriceList.steps))
        .order_by(PriceList.version_no.desc())
    )
    return session.scalars(query.limit(1)).first()


def versions_of(session: Session, round_: Round, supplier_id: int | None) -> Sequence[PriceList]:
    """Every version of a supplier's list, newest first."""
    query = (
        select(PriceList)
        .where(PriceList.round_id == round_.id, PriceList.supplier_id == supplier_id)
        .options(selectinload(PriceList.steps))
        .order_by(PriceList.version_no.desc())
    )
    return session.scalars(query).all()


def _hold(session: Session, round_: Round) -> None:
    """Let nobody publish the round until this act is done; suppliers do not wait for one another."""
    session.refresh(round_, with_for_update={"read": True, "of": Round})


def _in_order(offered: Sequence[Offered]) -> list[Offered]:
    """By item in the order of their first rows, within an item from the lowest quantity."""
    first = {one.item: place for place, one in reversed(list(enumerate(offered)))}
    return sorted(offered, key=lambda one: (first[one.item], one.from_qty))


def _step(position: int, one: Offered) -> PriceStep:
    return PriceStep(
        position=position,
        lot_id=one.lot_id,
        category=one.category,
        spec_tier=one.spec_tier,
        from_qty=one.from_qty,
        unit_price=one.unit_price,
    )


def _require_seen(latest: PriceList | None, based_on: int) -> None:
    if (latest.version_no if latest is not None else 0) != based_on:
        raise Stale(
            "prices-stale",
            N_("A colleague gave another version of the list meanwhile. Look at it, then change that one."),
        )


def _currency(code: str) -> str:
    if code not in {known for known, _name in codelists.currencies("en")}:
        raise InvalidInput("currency-unknown", N_("Choose a currency."), field="currency")
    return code


def _other_currency(code: str, round_: Round) -> str:
    if _currency(code) == round_.currency:
        raise InvalidInput("currency-same", N_("The round is in this currency already."), field="currency")
    return code


def _note(note: str) -> str:
    said = storable(note.strip())
    if len(said) > LONGEST_NOTE:
        raise InvalidInput("text-long", N_("Use at most %(limit)s characters."), field="note", limit=LONGEST_NOTE)
    return said


def _require_dates(head: Head, now: dt.datetime) -> None:
    if head.valid_until is not None and head.valid_until < (head.valid_from or now.date()):
        raise InvalidInput(
            "valid-order",
            N_("The last day lies before the first, or has passed. Check both days."),
            field="valid_until",
        )


def _rate(rate: Decimal | None) -> Decimal:
    if rate is None:
        raise InvalidInput("rate-missing", N_("Write the rate."), field="rate")
    if not 0 < rate < HIGHEST_RATE:
        raise InvalidInput("rate-range", N_("A rate is more than 0. Check the number."), field="rate")
    if rate != round(rate, RATE_PLACES):
        raise InvalidInput("rate-places", N_("Use at most eight decimals."), field="rate")
    return rate


def _day(on_date: dt.date | None, now: dt.datetime) -> dt.date:
    if on_date is None:
        raise InvalidInput("rate-day-missing", N_("Say of which day the rate is."), field="on_date")
    if on_date > now.date():
        raise InvalidInput(
            "rate-day-ahead", N_("This day has not come yet. Use the rate of a day that has."), field="on_date"
        )
    return on_date


def _source(source: str) -> str:
    said = storable(" ".join(source.split()))
    if not said:
        raise InvalidInput("rate-source-missing", N_("Say where the rate was found."), field="source")
    if len(said) > LONGEST_SOURCE:
        raise InvalidInput("text-long", N_("Use at most %(limit)s characters."), field="source", limit=LONGEST_SOURCE)
    return said
