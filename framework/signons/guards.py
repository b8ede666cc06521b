"""What each move of a sign-on needs and causes; registered when the phase is imported."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from framework.ground import lifecycle
from framework.ground.actors import SYSTEM
from framework.ground.errors import MoveRefused
from framework.ground.lifecycle import Context
from framework.ground.text import N_
from framework.signons import eligibility, notices, registration
from framework.signons.mandate import Mandate, require_complete
from models.rounds import Round
from models.signons import SignOn

GROUNDS = tuple(notices.GROUND_LABELS)


def _may_be_invited(session: Session, sign_on: SignOn, context: Context) -> None:
    eligibility.require_open(sign_on)
    _require_class_known(sign_on)
    _require_single(session, sign_on)


def _note_invitation(session: Session, sign_on: SignOn, context: Context) -> None:
    """Keep on what ground the body was invited: the mandate may claim another, and the lead is shown both."""
    sign_on.invited_basis, sign_on.invited_class = sign_on.eligibility_basis, sign_on.class_name


def _may_join(session: Session, sign_on: SignOn, context: Context) -> None:
    if sign_on.round.state == "set_up":
        raise MoveRefused("not-open-yet", N_("Sign-on to this round is not open yet."))
    eligibility.require_open(sign_on)
    eligibility.require_in_time(sign_on, now=context.now)


def _may_apply(session: Session, sign_on: SignOn, context: Context) -> None:
    if not sign_on.round.open_to_applications:
        raise MoveRefused(
            "by-invitation-only", N_("The lead invites the buyers of this round; it takes no applications.")
        )
    _may_join(session, sign_on, context)
    _require_single(session, sign_on)


def _require_single(session: Session, sign_on: SignOn) -> None:
    query = select(SignOn.id).where(
        SignOn.round_id == sign_on.round.id,
        SignOn.organisation_id == sign_on.organisation.id,
        SignOn.state.not_in(("left", "refused")),
    )
    with session.no_autoflush:
        if session.scalar(query.limit(1)) is not None:
            raise MoveRefused("already-on-list", N_("%(name)s is on the list already."), name=sign_on.organisation.name)


def _require_class_known(sign_on: SignOn) -> None:
    if sign_on.eligibility_basis == "class_in_notice" and not eligibility.is_of_named_class(sign_on):
        raise MoveRefused(
            "class-not-named", N_("The round names no class “%(name)s”."), rule="L03", name=sign_on.class_name or "–"
        )


def _lead_says_why(session: Session, sign_on: SignOn, context: Context) -> None:
    """A lead gives a motive; the system refuses only because the list closed without a class for this body."""
    if not context.actor.is_system:
        context.require_motive()
    elif eligibility.is_open(sign_on.round) or eligibility.is_late_entry_allowed(sign_on):
        raise MoveRefused("list-still-open", N_("The list is still open for this body."), rule="L03")


def _keep_reason(session: Session, sign_on: SignOn, context: Context) -> None:
    sign_on.reason = context.motive


def _refuse(session: Session, sign_on: SignOn, context: Context) -> None:
    _keep_reason(session, sign_on, context)
    notices.refused(session, sign_on, now=context.now)


def _has_mandate(session: Session, sign_on: SignOn, context: Context) -> None:
    eligibility.require_in_time(sign_on, now=context.now)
    mandate = context.facts.get("mandate")
    if not isinstance(mandate, Mandate):
        raise MoveRefused("mandate-missing", N_("Attach the signed mandate."), rule="L06")
    require_complete(mandate, sign_on, today=_today(sign_on.round, context.now))


def _take_mandate(session: Session, sign_on: SignOn, context: Context) -> None:
    mandate: Mandate = context.facts["mandate"]
    mandate.write(sign_on, today=_today(sign_on.round, context.now))
    sign_on.mandate_submitted_by_id = context.actor.user_id
    sign_on.mandate_submitted_at = context.now
    sign_on.reason = ""
    notices.mandate_handed_in(session, sign_on, now=context.now)


def _may_be_confirmed(session: Session, sign_on: SignOn, context: Context) -> None:
    """Law L03, L06, L28 and SD5: each condition by itself refuses, in the order in which a lead can mend them."""
    eligibility.require_open(sign_on)
    if sign_on.mandate_type is None or sign_on.mandate_type != sign_on.round.mandate_type:
        raise MoveRefused(
            "mandate-type-differs", N_("The mandate is of another type than the one this round needs."), rule="L06"
        )
    eligibility.require_fit(sign_on)
    published = sign_on.round.published_at
    late = (
        published is not None and sign_on.signed_on is not None and sign_on.signed_on > _day(sign_on.round, published)
    )
    if late and not eligibility.is_late_entry_allowed(sign_on):
        raise MoveRefused("signed-too-late", N_("The mandate was signed after publication."), rule="L03")
    if not sign_on.clause_commitment:
        raise MoveRefused("no-clause-commitment", N_("The body has not promised to use the clauses of this round."))
    if sign_on.data_agreement_signed_on is None:
        raise MoveRefused("no-data-agreement", N_("The data agreement is not signed."), rule="L28")
    if context.actor.user_id == sign_on.mandate_submitted_by_id:
        raise MoveRefused(
            "same-person", N_("You handed in this mandate yourself. Another person must confirm it."), rule="SD5"
        )


def _stand_on_list(session: Session, sign_on: SignOn, context: Context) -> None:
    sign_on.confirmed_by_id = context.actor.user_id
    sign_on.confirmed_at = context.now
    notices.confirmed(session, sign_on, now=context.now)


def _says_why(session: Session, sign_on: SignOn, context: Context) -> None:
    context.require_motive()


def _return(session: Session, sign_on: SignOn, context: Context) -> None:
    _keep_reason(session, sign_on, context)
    notices.mandate_returned(session, sign_on, now=context.now)


def _may_be_reopened(session: Session, sign_on: SignOn, context: Context) -> None:
    if not eligibility.is_open(sign_on.round):
        raise MoveRefused("list-closed", eligibility.list_closed(sign_on.round), rule="L03")
    context.require_motive()


def _reopen(session: Session, sign_on: SignOn, context: Context) -> None:
    sign_on.confirmed_by_id = sign_on.confirmed_at = None
    _keep_reason(session, sign_on, context)


def _leave(session: Session, sign_on: SignOn, context: Context) -> None:
    """The lead is told; a round that was ready falls back, because its list is no longer the one that was checked."""
    _keep_reason(session, sign_on, context)
    notices.left(session, sign_on, now=context.now)
    if sign_on.round.state == "ready" and context.move.source == "confirmed":
        lifecycle.move(
            session, sign_on.round, "withdraw_readiness", actor=SYSTEM, now=context.now, motive="member-left"
        )


def _may_be_activated(session: Session, sign_on: SignOn, context: Context) -> None:
    if sign_on.round.state != "in_force":
        raise MoveRefused("not-in-force", N_("The round is not in force yet."))
    registration.require_ready(session, sign_on)


def _activated(session: Session, sign_on: SignOn, context: Context) -> None:
    notices.activated(session, sign_on, now=context.now)


def _has_ground(session: Session, sign_on: SignOn, context: Context) -> None:
    ground = context.facts.get("ground")
    if ground not in GROUNDS:
        raise MoveRefused("ground-missing", N_("Say on which ground the body is suspended."))
    if ground == "other":
        context.require_motive()


def _suspend(session: Session, sign_on: SignOn, context: Context) -> None:
    sign_on.reason = context.motive or str(context.facts["ground"])
    notices.suspended(session, sign_on, str(context.facts["ground"]), now=context.now)


def _ground_ended(session: Session, sign_on: SignOn, context: Context) -> None:
    context.require_motive()
    is_due = sign_on.fee_rule == "fixed_yearly" or sign_on.reason == "fee_unpaid"
    if is_due and sign_on.fee_paid_on is None:
        raise MoveRefused("fee-unpaid", registration.LACKS["fee-unpaid"][0])


def _reinstate(session: Session, sign_on: SignOn, context: Context) -> None:
    sign_on.reason = ""
    notices.activated(session, sign_on, now=context.now)


def _day(round_: Round, instant: dt.datetime) -> dt.date:
    return instant.astimezone(ZoneInfo(round_.zone)).date()


_today = _day


def _register() -> None:
    def add(
        act: str, guard: lifecycle.Guard | None = None, effect: lifecycle.Guard | None = None, source: str = "*"
    ) -> None:
        lifecycle.register("sign_on", act, source=source, guard=guard, effect=effect)

    add("invite", _may_be_invited, _note_invitation)
    add("apply", _may_apply)
    add("accept_invitation", _may_join)
    add("decline", effect=_keep_reason)
    add("withdraw_application", effect=_keep_reason)
    add("withdraw_invitation", _lead_says_why, _refuse)
    add("submit_mandate", _has_mandate, _take_mandate)
    add("refuse", _lead_says_why, _refuse)
    add("confirm", _may_be_confirmed, _stand_on_list)
    add("return_mandate", _says_why, _return)
    add("reopen_mandate", _may_be_reopened, _reopen)
    add("activate", _may_be_activated, _activated)
    add("suspend", _has_ground, _suspend)
    add("reinstate", _ground_ended, _reinstate)
    add("leave", _says_why, _leave)


_register()
