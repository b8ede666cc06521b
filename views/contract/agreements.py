"""The agreements of a round, and one agreement: what was agreed, how far its signatures are, what can be done."""

from __future__ import annotations

from flask import render_template, request
from sqlalchemy import select

from framework.award import addressees
from framework.award.decision import current
from framework.contract import awarded, drafting, ending, lists, signing, text
from framework.ground.errors import NotAllowed
from framework.ground.permissions import Permission
from framework.ground.terms import CALL_OFF_ROUTES, ENDING_GROUNDS, PRICE_MECHANISMS
from models.award import Award, AwardDecision
from models.base import db
from models.contract import Agreement
from models.people import User
from models.rounds import Round
from views import clock, guard
from views.contract import blueprint, shared
from views.guard import actor, permit
from views.i18n import words


@blueprint.get("/rounds/<round_id>/agreements")
@permit(Permission.AGREEMENT_VIEW)
def index(round_: Round) -> str:
    """The agreements this reader may know of; for the lead also the awards that have none."""
    session, roles = db.session(), guard.roles(round_)
    found = lists.visible(session, round_, actor(), roles)
    is_lead = "lead" in roles
    decision = current(session, round_)
    unnoted = _unnoted(decision)
    return render_template(
        "contract/index.html",
        round_=round_,
        rows=[(one, shared.state_of(one)) for one in found],
        tones=shared.TONES,
        is_lead=is_lead,
        decision=decision,
        unnoted=unnoted,
        is_over=not unnoted and awarded.is_over(decision, now=clock.now()),
        undrafted=_undrafted(round_, decision) if is_lead and round_.state in drafting.DRAFTABLE else [],
        may_enter=is_lead and round_.state == "standstill" and any(one.state == "signed" for one in found),
        mechanisms=PRICE_MECHANISMS,
    )


@blueprint.get("/rounds/<round_id>/agreements/<agreement_id>")
@permit(Permission.AGREEMENT_VIEW)
def agreement(round_: Round, agreement_id: str) -> str:
    """One agreement."""
    return page(shared.asked(round_, agreement_id))


def page(found: Agreement, problem: str = "") -> str:
    """The page of an agreement for this reader."""
    session, now, who = db.session(), clock.now(), actor()
    waiting = signing.waiting(session, found, now=now)
    ends = ending.waiting(session, found, now=now) if "lead" in guard.roles(found.round) else None
    decision = current(session, found.round)
    unnoted = _unnoted(decision)
    return render_template(
        "contract/agreement.html",
        round_=found.round,
        agreement=found,
        state=shared.state_of(found),
        tone=shared.TONES.get(shared.state_of(found), "neutral"),
        at=shared.where(found),
        is_lead="lead" in guard.roles(found.round),
        decision=decision,
        unnoted=unnoted,
        is_over=not unnoted and awarded.is_over(decision, now=now),
        brands=text.brands_of(found),
        waiting=waiting,
        own=waiting is not None and waiting.proposed_by_id == who.user_id,
        agrees=waiting is not None and signing.agree(session, found, waiting.proposed_by_id, who, now=now),
        ends=ends,
        own_end=ends is not None and ends.proposed_by_id == who.user_id,
        differs=text.differs(found),
        signatories=_names(found),
        mechanisms=PRICE_MECHANISMS,
        routes=CALL_OFF_ROUTES,
        grounds=ENDING_GROUNDS,
        cancel_grounds=drafting.CANCEL_GROUNDS,
        end_grounds=ending.GROUNDS,
        problem=problem,
        typed=request.form,
    )


def _undrafted(round_: Round, decision: AwardDecision | None) -> list[Award]:
    """The awards without an agreement, as far as the reader may know of them."""
    try:
        awarded.require_told(db.session(), round_, decision, actor())
    except NotAllowed:
        return []
    return awarded.without_agreement(db.session(), round_)


def _unnoted(decision: AwardDecision | None) -> str:
    """Which letter by other means has not left as far as is known, in words; blank where none keeps from signing."""
    receipts = addressees.unnoted(db.session(), decision) if decision is not None else []
    return words(addressees.UNNOTED, receipts=receipts) if receipts else ""


def _names(found: Agreement) -> dict[int, str]:
    """The names of the two that signed, by number."""
    wanted = [number for number in (found.signed_by_lead_id, found.signed_by_supplier_id) if number is not None]
    if not wanted:
        return {}
    return {row.id: row.name for row in db.session().execute(select(User.id, User.name).where(User.id.in_(wanted)))}
