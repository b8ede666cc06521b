"""Draft an agreement for an award, change the draft, and cancel what is never signed."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from framework.award.decision import winners
from framework.contract import awarded, text
from framework.contract.registering import register
from framework.ground import audit, lifecycle, proposals
from framework.ground.actors import Actor, roles_for
from framework.ground.errors import InvalidInput, MoveRefused, NotAllowed, Stale
from framework.ground.files import FileStore
from framework.ground.lifecycle import Context
from framework.ground.terms import PRICE_MECHANISMS
from framework.ground.text import N_, storable
from framework.rounds import editing, settings
from models.award import Award
from models.contract import Agreement
from models.rounds import Round

EDITED = audit.declare("agreement.edited", "changes")
DRAFTABLE = ("award", "standstill")
LONGEST_NUMBER, LONGEST_TEXT, MOST_BRANDS = 40, 4_000, 50
CANCEL_GROUNDS = ("award_withdrawn", "round_cancelled", "supplier_declines")


@dataclass(frozen=True, slots=True)
class Terms:
    """What the lead decides of an agreement; all else follows from the award and the published terms. Days of the round's zone."""

    number: str
    starts_on: dt.date | None
    ends_on: dt.date | None
    price_mechanism: str
    price_text: str = ""
    brands: str = ""


def suggested(session: Session, award: Award) -> Terms:
    """A draft to start from: the published term, and a number that no agreement has."""
    round_ = award.lot.round
    count = session.scalar(select(func.count()).where(Agreement.round_id == round_.id)) or 0
    start = (round_.reference or round_.public_id)[: LONGEST_NUMBER - 10].rstrip()
    number = next(
        one
        for one in (f"{start}-{award.lot.number}-{n}" for n in range(count + 1, count + 1_000))
        if not _is_taken(session, one, None)
    )
    return Terms(number, round_.term_starts_on, round_.term_ends_on, "fixed")


def draft(
    session: Session, award: Award, terms: Terms, *, files: FileStore, actor: Actor, now: dt.datetime
) -> Agreement:
    """Draft the agreement of an award; its text is made and stored at once.

    Raises InvalidInput naming the field, MoveRefused where the award does not stand or has an agreement already.
    """
    round_ = award.lot.round
    editing.hold(session, round_)
    audit.hold(session)
    agreement = Agreement(
        round=round_,
        lot=award.lot,
        award=award,
        contractor=award.submission.supplier,
        contractor_id=award.submission.supplier_id,
        state="",
        call_off_route=award.lot.call_off_route or "direct",
        disclosure_due_days=int(settings.value(round_, "initial_disclosure_working_days")),
        traceability_weeks=int(settings.value(round_, "traceability_weeks")),
        created_at=now,
        created_by_id=actor.user_id,
    )
    with session.no_autoflush:
        lifecycle.check(session, agreement, "draft", actor=actor, now=now)
        _write(session, agreement, terms)
        text.keep(session, agreement, files, actor=actor, now=now)
        lifecycle.move(session, agreement, "draft", actor=actor, now=now)
    return agreement


def edit(
    session: Session,
    agreement: Agreement,
    terms: Terms,
    *,
    version: int,
    files: FileStore,
    actor: Actor,
    now: dt.datetime,
) -> None:
    """Change a draft: the text is made anew, and a signature that waited for the other side is void.

    Raises Stale where somebody changed it since, MoveRefused once it is signed (FR3).
    """
    if "lead" not in roles_for(session, actor, agreement):
        raise NotAllowed("role-missing", N_("Only %(who)s may do this."), who="lead")
    hold(session, agreement)
    audit.hold(session)
    awarded.require_untied(session, agreement.award, actor.user_id)
    if agreement.state != "draft":
        raise MoveRefused(
            "agreement-fixed", N_("The terms of an agreement are fixed once it is signed (FR3)."), rule="FR3"
        )
    if agreement.version != version:
        raise Stale("stale", N_("Somebody else changed this draft meanwhile. Load the page again."))
    before = _shown(agreement)
    _write(session, agreement, terms)
    after = _shown(agreement)
    text.keep(session, agreement, files, actor=actor, now=now)
    if proposals.open_proposal(session, agreement, "sign", now=now) is not None:
        proposals.withdraw(session, agreement, "sign", actor=actor, now=now)
    changes = {name: [before[name], after[name]] for name in before if before[name] != after[name]}
    audit.record(session, EDITED, actor=actor, now=now, subject=agreement, changes=changes)


def cancel(session: Session, agreement: Agreement, *, ground: str, motive: str, actor: Actor, now: dt.datetime) -> None:
    """Put away a draft that is never signed, on a ground of `CANCEL_GROUNDS`, saying why."""
    hold(session, agreement)
    lifecycle.move(session, agreement, "cancel", actor=actor, now=now, motive=motive, ground=ground)
    if proposals.open_proposal(session, agreement, "sign", now=now) is not None:
        proposals.withdraw(session, agreement, "sign", actor=actor, now=now)


def hold(session: Session, agreement: Agreement) -> None:
    """Lock the round of an agreement until the commit, and load both anew."""
    editing.hold(session, agreement.round)
    session.refresh(agreement)


def _write(session: Session, agreement: Agreement, terms: Terms) -> None:
    """Check what was typed and take it over."""
    agreement.number = _number(session, agreement, terms.number)
    agreement.starts_on, agreement.ends_on = _term(agreement.round, terms)
    if terms.price_mechanism not in PRICE_MECHANISMS:
        raise InvalidInput(
            "price-mechanism-unknown", N_("Choose how prices are formed from the list."), field="price_mechanism"
        )
    agreement.price_mechanism = terms.price_mechanism
    agreement.price_text = _long(terms.price_text, "price_text")
    if not agreement.price_text and terms.price_mechanism not in ("fixed", "mini_competition"):
        raise InvalidInput(
            "price-text-missing", N_("Name the index, the list or the rule that prices follow."), field="price_text"
        )
    agreement.brands = "\n".join(dict.fromkeys(_lines(_long(terms.brands, "brands"))))


def _number(session: Session, agreement: Agreement, typed: str) -> str:
    number = " ".join(storable(typed).split())
    if not number:
        raise InvalidInput("agreement-number-missing", N_("Give the agreement a number."), field="number")
    if len(number) > LONGEST_NUMBER:
        raise InvalidInput("text-long", N_("Use at most %(limit)s characters."), field="number", limit=LONGEST_NUMBER)
    if _is_taken(session, number, agreement.id):
        raise InvalidInput(
            "agreement-number-taken", N_("Another agreement has this number. Choose another one."), field="number"
        )
    return number


def _is_taken(session: Session, number: str, but: int | None) -> bool:
    query = select(Agreement.id).where(Agreement.number == number)
    if but is not None:
        query = query.where(Agreement.id != but)
    with session.no_autoflush:
        return session.scalar(query.limit(1)) is not None


def _term(round_: Round, terms: Terms) -> tuple[dt.date, dt.date]:
    """The first and the last day, within the published term (law L01)."""
    if terms.starts_on is None:
        raise InvalidInput("date-missing", N_("Enter a date."), field="starts_on")
    if terms.ends_on is None:
        raise InvalidInput("date-missing", N_("Enter a date."), field="ends_on")
    if terms.ends_on < terms.starts_on:
        raise InvalidInput("term-backwards", N_("The last day lies before the first one."), field="ends_on")
    first, last = round_.term_starts_on, round_.term_ends_on
    if first is None or last is None or terms.starts_on < first or terms.ends_on > last:
        raise InvalidInput(
            "term-outside",
            N_(
                "An agreement runs within the published term, %(first)s to %(last)s (article 33(1) of Directive 2014/24/EU, L01)."
            ),
            field="starts_on" if first is None or terms.starts_on < first else "ends_on",
            rule="L01",
            first=first or "–",
            last=last or "–",
        )
    return terms.starts_on, terms.ends_on


def _long(typed: str, field: str) -> str:
    found = storable(typed).replace("\r\n", "\n").strip()
    if len(found) > LONGEST_TEXT:
        raise InvalidInput("text-long", N_("Use at most %(limit)s characters."), field=field, limit=LONGEST_TEXT)
    return found


def _lines(typed: str) -> list[str]:
    found = [" ".join(line.split()) for line in typed.splitlines() if line.strip()]
    if len(found) > MOST_BRANDS:
        raise InvalidInput("brands-many", N_("Name at most %(limit)s brands."), field="brands", limit=MOST_BRANDS)
    return found


def _shown(agreement: Agreement) -> dict[str, str]:
    names = ("number", "starts_on", "ends_on", "price_mechanism", "price_text")
    shown = {name: str(getattr(agreement, name)) for name in names}
    return shown | {"brands": ", ".join(text.brands_of(agreement))}


def _may_draft(session: Session, agreement: Agreement, context: Context) -> None:
    round_ = agreement.round
    if round_.state not in DRAFTABLE:
        raise MoveRefused(
            "wrong-phase",
            N_("Agreements are drafted between the award decision and the entry into force of the round."),
        )
    award = agreement.award
    awarded.require_untied(session, award, context.actor.user_id)
    if award.id not in {one.id for one in winners(session, round_)} or (
        award.lot_id != agreement.lot.id or award.submission.supplier_id != agreement.contractor_id
    ):
        raise MoveRefused(
            "award-missing",
            N_(
                "The decision that counts awards this lot to somebody else, or to nobody. Draft from the list of awards."
            ),
        )
    taken = select(Agreement.id).where(Agreement.award_id == award.id, Agreement.state != "cancelled")
    if session.scalar(taken.limit(1)) is not None:
        raise MoveRefused(
            "agreement-exists", N_("This award has an agreement already. Change that draft, or cancel it first.")
        )


def _may_cancel(session: Session, agreement: Agreement, context: Context) -> None:
    awarded.require_untied(session, agreement.award, context.actor.user_id)
    ground = context.facts.get("ground")
    if ground not in CANCEL_GROUNDS:
        raise MoveRefused("ground-missing", N_("Say on which ground the draft is cancelled."))
    context.require_motive()
    stands = agreement.award_id in {one.id for one in winners(session, agreement.round)}
    if ground == "award_withdrawn" and stands:
        raise MoveRefused("ground-missing", N_("The award of this agreement stands. Choose another ground."))
    if ground == "round_cancelled" and agreement.round.state != "cancelled":
        raise MoveRefused("ground-missing", N_("The round is not cancelled. Choose another ground."))


def _cancelled(session: Session, agreement: Agreement, context: Context) -> None:
    agreement.ended_at = context.now
    agreement.ended_ground = str(context.facts["ground"])
    agreement.ended_reason = context.motive.strip()


register("draft", _may_draft)
register("cancel", _may_cancel, _cancelled, noted=("ground",))
