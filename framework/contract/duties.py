"""What a contractor discloses under an agreement, and until when: asked at the start, yearly, on request; the date decides."""

from __future__ import annotations

import calendar
import datetime as dt
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from framework.award import holidays, standstill
from framework.chain.requests.due import end_of
from framework.contract import awarded, running, update_notices
from framework.contract.text import brands_of
from framework.disclosure.receiving import lock
from framework.ground import audit, lifecycle
from framework.ground.actors import SYSTEM, Actor
from framework.ground.errors import InvalidInput, MoveRefused
from framework.ground.lifecycle import Context
from framework.ground.text import N_, key_of, storable
from framework.rounds import hooks, limits, settings
from models.contract import Agreement
from models.contract_disclosure import ContractSubmission, Duty
from models.rounds import Round

ENTITY = "submission_contract"
OPEN = ("requested", "overdue")
"""States in which a file is waited for."""
DONE = ("accepted", "chain_refused")
"""States that settle a duty."""
FOLLOWS = {"returned": "incomplete", "refused": "refused"}
"""Why the next version of a duty is asked, with the state of the version before."""
LONGEST_WHY = 2_000
FURTHEST = dt.timedelta(days=730)
YEARLY_MOVED = audit.declare("submission_contract.yearly_moved", "due_on")
KINDS: dict[str, str] = {
    "initial": N_("First disclosure"),
    "yearly": N_("Yearly confirmation"),
    "asked": N_("Asked by the lead"),
    "change": N_("Change reported"),
}


def ends(version: ContractSubmission) -> dt.datetime:
    """The last instant of a version's due date: 24:00 in its zone, in UTC."""
    return end_of(version.due_on, version.duty.zone)


def is_past(version: ContractSubmission, now: dt.datetime) -> bool:
    """Whether the due date is over; its last instant still belongs to it."""
    return now > ends(version)


def state_now(version: ContractSubmission, now: dt.datetime) -> str:
    """The state as the date decides it, whether or not the job has noted it."""
    return "overdue" if version.state == "requested" and is_past(version, now) else version.state


def local_day(round_: Round, now: dt.datetime) -> dt.date:
    """Today where the round is held."""
    return now.astimezone(ZoneInfo(round_.zone)).date()


def after_working_days(round_: Round, day: dt.date, number: int) -> dt.date:
    """The day so many working days after a day; Saturdays, Sundays and public holidays of the jurisdiction are none."""
    free = holidays.around(limits.profile_of(round_).key, day)
    return standstill.last_day(day, number, kind=standstill.WORKING, holidays=free)


def after_months(day: dt.date, number: int) -> dt.date:
    """The same day so many months later; the last day of a month that is shorter."""
    year, month = divmod(day.year * 12 + day.month - 1 + number, 12)
    return dt.date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def newest(session: Session, duty: Duty) -> ContractSubmission:
    """The newest version of a duty; every duty has one."""
    query = select(ContractSubmission).where(ContractSubmission.duty_id == duty.id)
    return session.scalars(query.order_by(ContractSubmission.version_no.desc()).limit(1)).one()


def begin(session: Session, agreement: Agreement, *, now: dt.datetime) -> ContractSubmission | None:
    """Ask for the first disclosure of an agreement that has started; None where it was asked before, or has ended."""
    asked = select(Duty.id).where(Duty.agreement_id == agreement.id, Duty.kind == "initial")
    if agreement.started_at is None or is_over(agreement, now) or session.scalar(asked.limit(1)) is not None:
        return None
    first = local_day(agreement.round, agreement.started_at)
    due_on = after_working_days(agreement.round, first, agreement.disclosure_due_days)
    duty = _duty(agreement, "", "initial", max(due_on, local_day(agreement.round, now)), now)
    return request(session, duty, due_on=duty.due_on, actor=SYSTEM, now=now, cause="start")


def ask(
    session: Session,
    agreement: Agreement,
    *,
    brand: str,
    why: str,
    due_on: dt.date | None,
    actor: Actor,
    now: dt.datetime,
) -> ContractSubmission:
    """The lead asks for a disclosure, of all or of one brand; without a day in `traceability_weeks`.

    Raises InvalidInput (reason, brand, day), NotAllowed and MoveRefused.
    """
    lock(session, agreement.round)
    settle_term(session, agreement, now=now)
    why, today = storable(why).strip(), local_day(agreement.round, now)
    if not why:
        raise InvalidInput("reason-missing", N_("Say why you ask: the contractor reads it."), field="why")
    if len(why) > LONGEST_WHY:
        raise InvalidInput(
            "text-too-long", N_("Shorten the text to %(most)s characters."), field="why", most=LONGEST_WHY
        )
    wanted = {key_of(name): name for name in brands_of(agreement)}
    if brand and key_of(brand) not in wanted:
        raise InvalidInput(
            "brand-unknown", N_("The agreement names no such brand. Choose one of the list."), field="brand"
        )
    day = due_on or today + dt.timedelta(weeks=agreement.traceability_weeks)
    if not today < day <= today + FURTHEST:
        raise InvalidInput("due-date-wrong", N_("Choose a day after today, within two years."), field="due_on")
    duty = _duty(agreement, wanted.get(key_of(brand), "") if brand else "", "asked", day, now, why=why, actor=actor)
    return request(session, duty, due_on=day, actor=actor, now=now, cause="asked")


def cancel(session: Session, version: ContractSubmission, *, motive: str, actor: Actor, now: dt.datetime) -> None:
    """The lead takes back what was asked. Raises MoveRefused and NotAllowed."""
    hold(session, version, now)
    version.motive = storable(motive).strip()
    lifecycle.move(session, version, "cancel_request", actor=actor, now=now, motive=version.motive)
    update_notices.was_decided(session, version, now=now)


def request(
    session: Session,
    duty: Duty,
    *,
    due_on: dt.date,
    actor: Actor,
    now: dt.datetime,
    cause: str,
    is_cure: bool = False,
    quietly: bool = False,
) -> ContractSubmission:
    """Make the next version of a duty and ask for it. `cause` is start, asked, yearly, returned or refused."""
    duty.due_on = due_on
    version = new_version(session, duty, actor=actor, now=now, is_cure=is_cure)
    lifecycle.move(session, version, "request", actor=actor, now=now, cause=cause)
    session.flush()
    if not quietly:
        update_notices.was_asked(session, version, now=now)
    return version


def new_version(
    session: Session, duty: Duty, *, actor: Actor, now: dt.datetime, is_cure: bool = False
) -> ContractSubmission:
    """A version of a duty that no move has been made of yet, due as the duty is."""
    number = 0
    if duty.id is not None:
        query = select(func.max(ContractSubmission.version_no)).where(ContractSubmission.duty_id == duty.id)
        number = session.scalar(query) or 0
    return ContractSubmission(
        duty=duty,
        round=duty.round,
        supplier=duty.agreement.contractor,
        version_no=number + 1,
        state="",
        due_on=duty.due_on,
        is_cure=is_cure,
        moved_at=now,
        created_at=now,
        created_by_id=actor.user_id,
    )


def plan_yearly(session: Session, version: ContractSubmission, *, now: dt.datetime) -> ContractSubmission | None:
    """Ask for the next yearly confirmation of what was accepted; one that runs already moves to its new day.

    One that is overdue stays as it is. None where the agreement has ended, or ends before.
    """
    duty, agreement = version.duty, version.duty.agreement
    months = int(settings.value(version.round, "confirm_every_months"))
    due_on = after_months(local_day(version.round, now), months)
    if running.state_at(agreement, now=now) not in running.RUNNING or due_on > agreement.ends_on:
        return None
    waiting = _waiting_yearly(session, agreement, duty.brand)
    if waiting is None:
        return request(
            session,
            _duty(agreement, duty.brand, "yearly", due_on, now),
            due_on=due_on,
            actor=SYSTEM,
            now=now,
            cause="yearly",
            quietly=True,
        )
    settle(session, waiting, now=now)
    if waiting.state == "requested" and waiting.due_on < due_on:
        waiting.due_on = waiting.duty.due_on = waiting.duty.first_due_on = due_on
        waiting.reminded_hours = None
        audit.record(session, YEARLY_MOVED, actor=SYSTEM, now=now, subject=waiting, due_on=due_on.isoformat())
    return waiting


def hold(session: Session, version: ContractSubmission, now: dt.datetime) -> None:
    """Lock the round, look at the version anew, and note a due date that has passed."""
    lock(session, version.round)
    session.refresh(version)
    settle(session, version, now=now)


def settle(session: Session, version: ContractSubmission, *, now: dt.datetime) -> bool:
    """Note that the due date passed with nothing received, where it did; whether it was noted now."""
    if state_now(version, now) == version.state:
        return False
    lifecycle.move(session, version, "pass_due_date", actor=SYSTEM, now=now)
    update_notices.is_overdue(session, version, now=now)
    return True


def settle_term(session: Session, agreement: Agreement, *, now: dt.datetime) -> None:
    """Look at an agreement of a locked round anew, and start or end it where its days did and no job has noted it."""
    session.refresh(agreement)
    running.start_if_due(session, agreement, now=now)
    running.expire_if_due(session, agreement, now=now)


def is_over(agreement: Agreement, now: dt.datetime) -> bool:
    """Whether an agreement has not started, or has ended."""
    return running.state_at(agreement, now=now) not in running.RUNNING


def _duty(
    agreement: Agreement,
    brand: str,
    kind: str,
    due_on: dt.date,
    now: dt.datetime,
    *,
    why: str = "",
    actor: Actor = SYSTEM,
) -> Duty:
    return Duty(
        round=agreement.round,
        agreement=agreement,
        brand=brand,
        kind=kind,
        due_on=due_on,
        first_due_on=due_on,
        zone=agreement.round.zone,
        why=why,
        created_at=now,
        created_by_id=actor.user_id,
    )


def reported(agreement: Agreement, brand: str, *, why: str, actor: Actor, now: dt.datetime) -> Duty:
    """The duty under which a change is kept that nobody asked for; it is owed by no day."""
    return _duty(agreement, brand, "change", local_day(agreement.round, now), now, why=why, actor=actor)


def _waiting_yearly(session: Session, agreement: Agreement, brand: str) -> ContractSubmission | None:
    query = (
        select(ContractSubmission)
        .join(Duty, Duty.id == ContractSubmission.duty_id)
        .options(joinedload(ContractSubmission.duty))
        .where(
            Duty.agreement_id == agreement.id,
            Duty.brand == brand,
            Duty.kind == "yearly",
            ContractSubmission.state.in_(OPEN),
        )
    )
    return session.scalars(query.order_by(ContractSubmission.id.desc()).limit(1)).first()


def _may_request(session: Session, version: ContractSubmission, context: Context) -> None:
    cause = context.facts["cause"]
    if (cause == "asked") == context.actor.is_system:
        raise MoveRefused("not-asked-by-system", N_("Only the lead asks on request; the others follow from dates."))
    awarded.require_untied(session, version.duty.agreement.award, context.actor.user_id)
    if cause in FOLLOWS:
        _require_before(session, version, FOLLOWS[cause])
    elif is_over(version.duty.agreement, context.now):
        raise MoveRefused("agreement-not-running", N_("This agreement has not started, or has ended."))
    if cause == "asked" and is_past(version, context.now):
        raise MoveRefused("due-date-past", N_("Choose a day after today, within two years."))


def _require_before(session: Session, version: ContractSubmission, state: str) -> None:
    query = select(ContractSubmission.state).where(
        ContractSubmission.duty_id == version.duty.id, ContractSubmission.version_no == version.version_no - 1
    )
    if session.scalar(query) != state:
        raise MoveRefused("nothing-returned", N_("The version before was neither returned nor refused."))


def _may_pass(session: Session, version: ContractSubmission, context: Context) -> None:
    if not is_past(version, context.now):
        raise MoveRefused("due-date-ahead", N_("The due date has not passed yet."))


def _passed(session: Session, version: ContractSubmission, context: Context) -> None:
    version.moved_at = ends(version)


def _may_cancel(session: Session, version: ContractSubmission, context: Context) -> None:
    awarded.require_untied(session, version.duty.agreement.award, context.actor.user_id)
    context.require_motive()


def moved(session: Session, version: ContractSubmission, context: Context) -> None:
    """The effect of most moves: since when it is in its state."""
    version.moved_at = context.now


def _begun(session: Session, agreement: Agreement, context: Context) -> None:
    begin(session, agreement, now=context.now)


lifecycle.register(ENTITY, "request", guard=_may_request, effect=moved, noted=("cause",))
lifecycle.register(ENTITY, "pass_due_date", guard=_may_pass, effect=_passed)
lifecycle.register(ENTITY, "cancel_request", guard=_may_cancel, effect=moved)
hooks.after("agreement", "start", _begun)
