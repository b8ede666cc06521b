"""The moves of a round up to publication, and its cancellation: what each needs and what each causes."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from framework.ground import lifecycle, proposals
from framework.ground.actors import Actor
from framework.ground.errors import MoveRefused
from framework.ground.lifecycle import Context, Guard
from framework.ground.text import N_, NN_
from framework.rounds import hooks, readiness, telling
from models.demand import Demand
from models.people import Organisation
from models.rounds import Round
from models.signons import SignOn

PUBLISHED = frozenset({"published", "receipt_closed", "opened", "judging", "award", "standstill", "challenged"})


def open_signons(session: Session, round_: Round, *, actor: Actor, now: dt.datetime, invitation_days: int = 14) -> None:
    """Open sign-on: invitations leave. Raises MoveRefused naming what set-up still lacks.

    A new body's first person gets a link to an account that holds for `invitation_days`.
    """
    lifecycle.move(session, round_, "open_signons", actor=actor, now=now, invitation_days=invitation_days)


def reopen_set_up(session: Session, round_: Round, *, actor: Actor, now: dt.datetime, motive: str) -> None:
    """Go back to set-up while nobody has answered; the invited bodies are told."""
    lifecycle.move(session, round_, "reopen_set_up", actor=actor, now=now, motive=motive)


def open_demand(session: Session, round_: Round, *, actor: Actor, now: dt.datetime) -> None:
    """Let members declare; they are told. From here lots, categories, units and spec tiers are fixed."""
    lifecycle.move(session, round_, "open_demand", actor=actor, now=now)


def lock_demand(session: Session, round_: Round, *, actor: Actor, now: dt.datetime, motive: str = "") -> None:
    """Lock demand: the lead at any time with a motive, the system once the demand deadline has passed."""
    lifecycle.move(session, round_, "lock_demand", actor=actor, now=now, motive=motive)


def reopen_demand(
    session: Session, round_: Round, *, actor: Actor, now: dt.datetime, motive: str, demand_deadline: dt.datetime
) -> None:
    """Let members declare again until a new deadline before the planned publication; locked versions stay."""
    lifecycle.move(
        session, round_, "reopen_demand", actor=actor, now=now, motive=motive, demand_deadline=demand_deadline
    )


def withdraw_readiness(session: Session, round_: Round, *, actor: Actor, now: dt.datetime, motive: str = "") -> None:
    """Take a ready round back: the lead with a motive, the system when a confirmed member left."""
    lifecycle.move(session, round_, "withdraw_readiness", actor=actor, now=now, motive=motive)
    if proposals.open_proposal(session, round_, "publish", now=now) is not None:
        proposals.withdraw(session, round_, "publish", actor=actor, now=now)


def cancel(session: Session, round_: Round, *, actor: Actor, now: dt.datetime, motive: str) -> None:
    """Cancel a round that is not published; everybody in it is told. After publication see `propose` and `confirm`."""
    lifecycle.move(session, round_, "cancel", actor=actor, now=now, motive=motive)


def propose_cancel(session: Session, round_: Round, *, actor: Actor, now: dt.datetime, motive: str) -> None:
    """First half of a cancellation after publication; raises as the move would, so that nobody waits in vain."""
    lifecycle.check(session, round_, "cancel", actor=actor, now=now, motive=motive)
    proposal = proposals.propose(session, round_, "cancel", actor=actor, now=now, motive=motive)
    telling.ask_second_person(session, round_, proposal, "cancel", actor=actor, now=now)


def confirm_cancel(session: Session, round_: Round, *, actor: Actor, now: dt.datetime) -> None:
    """Second half, by another person: the round is cancelled and every supplier and member told."""
    proposal = proposals.confirm(session, round_, "cancel", actor=actor, now=now)
    lifecycle.move(
        session,
        round_,
        "cancel",
        actor=actor,
        now=now,
        motive=proposal.motive,
        proposer_id=proposal.proposed_by_id,
    )


def _may_create(session: Session, round_: Round, context: Context) -> None:
    organisation = session.get(Organisation, round_.organisation_id)
    if organisation is None or organisation.kind not in ("lead", "buyer"):
        raise MoveRefused("lead-not-a-buyer", N_("Only a buyer or a central purchasing body may lead a round."))


def _may_open_signons(session: Session, round_: Round, context: Context) -> None:
    found = lacking(session, round_)
    if found:
        raise MoveRefused("set-up-incomplete", found[0])


def lacking(session: Session, round_: Round) -> list[str]:
    """Everything set-up still lacks before sign-on opens, each as a sentence; the move names the first."""
    return [words for holds, words in _set_up_facts(session, round_) if not holds]


def _set_up_facts(session: Session, round_: Round) -> list[tuple[bool, str]]:
    """What set-up must hold before sign-on opens, each with the sentence that says so."""
    return [
        (bool(round_.jurisdiction), N_("Choose the jurisdiction of the round first.")),
        (bool(round_.mandate_type), N_("Choose how the members buy together (the type of mandate) first.")),
        (
            bool(round_.lots) and all(lot.categories and lot.unit for lot in round_.lots),
            N_("Add at least one lot, each with a category and a unit, first."),
        ),
        (round_.planned_publication_on is not None, N_("Set the planned day of publication first.")),
        (
            is_before_publication(round_, round_.signon_deadline),
            N_("Set a deadline for signing on that lies before the planned day of publication."),
        ),
        (
            bool(round_.member_classes) or _sign_ons(session, round_, "invited") > 0,
            N_("Invite at least one buyer or name a class of buyers first."),
        ),
    ]


def is_before_publication(round_: Round, instant: dt.datetime | None) -> bool:
    """Whether an instant is set and lies before the planned day of publication, in the zone of the round."""
    if instant is None or round_.planned_publication_on is None:
        return False
    return instant.astimezone(ZoneInfo(round_.zone)).date() < round_.planned_publication_on


def _may_reopen_set_up(session: Session, round_: Round, context: Context) -> None:
    context.require_motive()
    answered = _sign_ons(session, round_, "interested", "mandate_pending", "confirmed", "active", "suspended")
    if answered:
        raise MoveRefused(
            "already-answered",
            NN_(
                "%(count)s buyer has answered already, so set-up cannot be opened again.",
                "%(count)s buyers have answered already, so set-up cannot be opened again.",
            ),
            count=answered,
        )


def _may_open_demand(session: Session, round_: Round, context: Context) -> None:
    if not _sign_ons(session, round_, "interested", "mandate_pending", "confirmed"):
        raise MoveRefused("nobody-interested", N_("No buyer has shown interest yet. Demand opens once one has."))
    if not round_.lots or not all(lot.unit and lot.categories for lot in round_.lots):
        raise MoveRefused("lots-incomplete", N_("Give every lot its categories and unit first."))
    _check_demand_deadline(round_, round_.demand_deadline, context)


def _check_demand_deadline(round_: Round, deadline: dt.datetime | None, context: Context) -> None:
    if not is_before_publication(round_, deadline):
        raise MoveRefused(
            "demand-deadline", N_("Set a deadline for demand that lies before the planned day of publication.")
        )
    if deadline is not None and deadline <= context.now:
        raise MoveRefused("demand-deadline-past", N_("The deadline for demand has passed. Set a later one."))


def _may_lock_demand(session: Session, round_: Round, context: Context) -> None:
    if context.actor.is_system:
        if round_.demand_deadline is None or context.now <= round_.demand_deadline:
            raise MoveRefused("not-yet", N_("The deadline for demand has not passed."))
    else:
        context.require_motive()
    query = select(func.count()).where(Demand.round_id == round_.id, Demand.state == "submitted")
    waiting = session.scalar(query) or 0
    if waiting:
        raise MoveRefused(
            "declarations-wait",
            N_("%(count)s declarations wait for you. Accept or return them first."),
            count=waiting,
        )


def _may_reopen_demand(session: Session, round_: Round, context: Context) -> None:
    context.require_motive()
    _check_demand_deadline(round_, context.facts.get("demand_deadline"), context)


def _demand_reopened(session: Session, round_: Round, context: Context) -> None:
    round_.demand_deadline = context.facts["demand_deadline"]
    _members_told("demand_open", beyond_invited=True)(session, round_, context)


def _may_approve(session: Session, round_: Round, context: Context) -> None:
    readiness.require_green(session, round_, now=context.now)


def _may_withdraw_readiness(session: Session, round_: Round, context: Context) -> None:
    if not context.actor.is_system:
        context.require_motive()


def _may_cancel(session: Session, round_: Round, context: Context) -> None:
    context.require_motive()


def _cancelled(session: Session, round_: Round, context: Context) -> None:
    round_.cancelled_reason = context.motive
    told = telling.members(session, round_, now=context.now)
    if context.move.source in PUBLISHED:
        told = list(dict.fromkeys([*told, *telling.suppliers(session, round_, now=context.now)]))
    telling.tell(session, round_, told, "round_cancelled", now=context.now, motive=context.motive)


def _members_told(template: str, *, beyond_invited: bool = False) -> Guard:
    def effect(session: Session, round_: Round, context: Context) -> None:
        told = telling.members(session, round_, now=context.now, beyond_invited=beyond_invited)
        deadline = telling.local_words(round_.demand_deadline, round_.zone)
        telling.tell(session, round_, told, template, now=context.now, motive=context.motive, deadline=deadline)

    return effect


def _sign_ons(session: Session, round_: Round, *states: str) -> int:
    query = select(func.count()).where(SignOn.round_id == round_.id, SignOn.state.in_(states))
    return session.scalar(query) or 0


def register(act: str, guard: Guard | None = None, effect: Guard | None = None) -> None:
    """Register a move of a round with its own guard and effect, and the places where later phases add theirs."""

    def whole_guard(session: Session, round_: Round, context: Context) -> None:
        if guard is not None:
            guard(session, round_, context)
        hooks.run_before("round", act, session, round_, context)

    def whole_effect(session: Session, round_: Round, context: Context) -> None:
        if effect is not None:
            effect(session, round_, context)
        hooks.run_after("round", act, session, round_, context)

    lifecycle.register("round", act, guard=whole_guard, effect=whole_effect)


register("create", _may_create)
register("open_signons", _may_open_signons)
register("reopen_set_up", _may_reopen_set_up, _members_told("set_up_reopened"))
register("open_demand", _may_open_demand, _members_told("demand_open", beyond_invited=True))
register("lock_demand", _may_lock_demand)
register("reopen_demand", _may_reopen_demand, _demand_reopened)
register("approve_readiness", _may_approve)
register("withdraw_readiness", _may_withdraw_readiness)
register("cancel", _may_cancel, _cancelled)
