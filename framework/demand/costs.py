"""What lead and members do with joint costs: draft, propose, withdraw, remind; agree or object.

A proposed version never changes; the next one takes its place and asks everybody again. Who stands where is derived.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import flag_modified

from framework.demand import cost_notices as notices
from framework.demand import cost_reading as reading
from framework.demand.cost_plan import Plan, Planned, checked, reasoned
from framework.demand.cost_splits import Split
from framework.ground import audit, permissions
from framework.ground.actors import Actor
from framework.ground.errors import InvalidInput, MoveRefused, NotFound, Stale
from framework.ground.permissions import Permission
from framework.ground.text import N_
from models.costs import COST_ANSWERS, CostAnswer, CostItem, CostProposal, CostShare
from models.rounds import Round

SAVED = audit.declare("costs.saved", "version_no", "items")
PROPOSED = audit.declare("costs.proposed", "version_no", "items", "members", "sums")
WITHDRAWN = audit.declare("costs.withdrawn", "version_no", "motive")
UNDER_AGREEMENT = audit.declare("costs.agreed", "version_no", "reason")
OBJECTED = audit.declare("costs.objected", "version_no", "reason")
REMINDED = audit.declare("costs.reminded", "version_no", "members", "mails")
A_DAY = dt.timedelta(days=1)


def save(
    session: Session, round_: Round, plan: Plan, *, actor: Actor, now: dt.datetime, version: int = 0
) -> CostProposal:
    """Keep the draft; the first saving begins the next version. `version` is that of the draft that was shown, 0: none.

    Amounts and shares may be unknown. Raises NotAllowed for anybody but the lead, InvalidInput naming the field
    (`title`, `item-1-amount`, `share-1-<number of the member>`), Stale where somebody else saved meanwhile.
    """
    permissions.require(session, actor, Permission.COSTS_PROPOSE, round_)
    _lock(session, round_)
    found = reading.draft(session, round_)
    if (found.version if found is not None else 0) != version:
        raise Stale(
            "stale",
            N_("Somebody else changed this while you were writing. Your text is kept below; load the page again."),
        )
    plan = checked(plan, round_.currency)
    draft = found or _begun(session, round_, actor, now)
    draft.title, draft.note, draft.answer_by = plan.title, plan.note, plan.answer_by
    draft.edited_at = now
    if found is not None:
        flag_modified(draft, "edited_at")  # what changed may be its costs alone, and who looks at it must notice
    draft.items.clear()
    session.add(draft)
    session.flush()
    draft.items.extend(_item(number, planned) for number, planned in enumerate(plan.items, 1))
    audit.record(
        session, SAVED, actor=actor, now=now, subject=draft, version_no=draft.version_no, items=len(plan.items)
    )
    return draft


def propose(session: Session, draft: CostProposal, *, actor: Actor, now: dt.datetime, version: int) -> None:
    """Fix what each member bears and ask all of them; an older version is superseded.

    Raises MoveRefused where an item cannot be divided, naming it and whose figure is missing; Stale where the draft is
    another than the one that was looked at.
    """
    permissions.require(session, actor, Permission.COSTS_PROPOSE, draft.round)
    _lock(session, draft.round)
    session.refresh(draft)
    if draft.version != version or draft.proposed_at is not None:
        raise Stale("stale", N_("The draft was changed meanwhile. Look at what it says now, then propose it."))
    if not draft.items:
        raise MoveRefused("costs-empty", N_("There is no cost yet. Enter one and save."))
    if draft.answer_by is not None and draft.answer_by < _today(draft.round, now):
        raise MoveRefused("costs-day-past", N_("The day for answers is over. Choose a later one and save."))
    members = reading.members(session, draft.round)
    older = reading.standing(session, draft.round)
    for item in draft.items:
        _fix(item, members)
    draft.proposed_at, draft.proposed_by_id = now, actor.user_id
    session.flush()
    if older is not None:
        notices.drop(session, older)
    audit.record(
        session,
        PROPOSED,
        actor=actor,
        now=now,
        subject=draft,
        version_no=draft.version_no,
        items=len(draft.items),
        members=len(members),
        sums={currency: str(amount) for currency, amount in reading.whole(draft.items).items()},
    )
    notices.ask(session, draft, [one.number for one in members], now=now)


def withdraw(session: Session, proposal: CostProposal, *, actor: Actor, now: dt.datetime, motive: str) -> None:
    """Take the version that stands back, saying why; nobody is asked any more, and its members are told.

    Raises MoveRefused without a motive, InvalidInput for one that is too long.
    """
    permissions.require(session, actor, Permission.COSTS_PROPOSE, proposal.round)
    _require_standing(session, proposal)
    motive = reasoned(motive, "motive")
    if not motive:
        raise MoveRefused("motive-missing", N_("Say why: a motive is required and stays in the record."))
    proposal.withdrawn_at, proposal.withdrawn_by_id = now, actor.user_id
    proposal.withdraw_motive = motive
    audit.record(
        session,
        WITHDRAWN,
        actor=actor,
        now=now,
        subject=proposal,
        version_no=proposal.version_no,
        motive=proposal.withdraw_motive,
    )
    notices.withdrawn(session, proposal, _asked(session, proposal), now=now)


def answer(
    session: Session, proposal: CostProposal, said: str, *, actor: Actor, now: dt.datetime, reason: str = ""
) -> CostAnswer:
    """A member agrees (`yes`) or objects (`no`, with a reason) to the version that stands; the lead is told.

    It may change its answer until everybody agreed. Raises NotFound for a member without a share, MoveRefused where
    all agreed or it said the same before, InvalidInput for an objection without a reason or a reason that is too long,
    Stale for an older version.
    """
    permissions.require(session, actor, Permission.COSTS_ANSWER, proposal.round)
    _require_standing(session, proposal)
    member = actor.organisation_id
    if member is None or actor.user_id is None or not reading.has_share(session, proposal, member):
        raise NotFound("not-found", N_("There is no such page, or it is not yours to see."))
    if said not in COST_ANSWERS:
        raise InvalidInput("costs-answer-missing", N_("Say whether you agree or object."), field="answer")
    reason = reasoned(reason, "reason")
    if said == "no" and not reason:
        raise InvalidInput(
            "costs-reason-missing", N_("Say why you object, so that the lead can mend it."), field="reason"
        )
    known = reading.answers(session, proposal)
    _require_open(session, proposal, known, member, said)
    made = CostAnswer(
        proposal_id=proposal.id,
        member_id=member,
        answer=said,
        reason=reason,
        by_id=actor.user_id,
        at=now,
    )
    session.add(made)
    audit.record(
        session,
        UNDER_AGREEMENT if said == "yes" else OBJECTED,
        actor=actor,
        now=now,
        subject=proposal,
        version_no=proposal.version_no,
        reason=made.reason,
    )
    notices.answered(session, proposal, made, now=now)
    return made


def remind(session: Session, proposal: CostProposal, *, actor: Actor, now: dt.datetime) -> int:
    """Mail the people of members that have not answered and are still in, each member once a day; the number of mails.

    Raises MoveRefused where all answered, or all were asked less than a day ago.
    """
    permissions.require(session, actor, Permission.COSTS_PROPOSE, proposal.round)
    _require_standing(session, proposal)
    known = reading.answers(session, proposal)
    missing = [number for number in _asked(session, proposal) if number not in known]
    if not missing:
        raise MoveRefused("nobody-missing", N_("Every member has answered."))
    last = notices.last_asked(session, proposal)
    due = [number for number in missing if number not in last or now - last[number] >= A_DAY]
    if not due:
        raise MoveRefused("reminded-already", N_("A mail went out less than a day ago. Remind again tomorrow."))
    sent = notices.ask(session, proposal, due, now=now, is_reminder=True)
    audit.record(
        session,
        REMINDED,
        actor=actor,
        now=now,
        subject=proposal,
        version_no=proposal.version_no,
        members=len(due),
        mails=sent,
    )
    return sent


def is_settled(members: Sequence[reading.Member], known: Mapping[int, CostAnswer]) -> bool:
    """Whether every member agreed."""
    return bool(members) and all(one.number in known and known[one.number].answer == "yes" for one in members)


def _asked(session: Session, proposal: CostProposal) -> list[int]:
    """The members that share in a version and are still in the round."""
    present = {one.number for one in reading.members(session, proposal.round)}
    return [one.number for one in reading.sharers(session, proposal) if one.number in present]


def _today(round_: Round, now: dt.datetime) -> dt.date:
    return now.astimezone(ZoneInfo(round_.zone)).date()


def _lock(session: Session, round_: Round) -> None:
    """One act about the costs of a round at a time."""
    session.execute(select(Round.id).where(Round.id == round_.id).with_for_update()).all()


def _require_standing(session: Session, proposal: CostProposal) -> None:
    _lock(session, proposal.round)
    session.refresh(proposal)
    now_standing = reading.standing(session, proposal.round)
    if now_standing is None or now_standing.id != proposal.id:
        raise Stale("costs-not-standing", N_("This version does not stand any more. Load the page again."))


def _require_open(
    session: Session, proposal: CostProposal, known: Mapping[int, CostAnswer], member: int, said: str
) -> None:
    if is_settled(reading.sharers(session, proposal), known):
        raise MoveRefused(
            "costs-settled", N_("Everybody agreed to this version. Only a new version can change it; ask the lead.")
        )
    if member in known and known[member].answer == said == "yes":
        raise MoveRefused("answered-already", N_("You agreed to this version already."))


def _begun(session: Session, round_: Round, actor: Actor, now: dt.datetime) -> CostProposal:
    last = session.scalar(select(func.max(CostProposal.version_no)).where(CostProposal.round_id == round_.id))
    return CostProposal(
        round=round_,
        version_no=(last or 0) + 1,
        title="",
        edited_at=now,
        created_at=now,
        created_by_id=actor.user_id,
    )


def _item(position: int, planned: Planned) -> CostItem:
    shares = [
        CostShare(member_id=number, percent=percent)
        for number, percent in sorted(planned.percents.items())
        if percent is not None
    ]
    return CostItem(
        position=position,
        kind=planned.kind,
        label=planned.label,
        amount=planned.amount,
        currency=planned.currency,
        rule=planned.rule,
        source=planned.source,
        shares=shares if planned.rule == "entered" else [],
    )


def _fix(item: CostItem, members: Sequence[reading.Member]) -> None:
    """Store what each member bears of an item, or refuse with the reason."""
    found = reading.divided(item, members)
    if found.reason:
        raise _undivided(item, found, members)
    percents = {share.member_id: share for share in item.shares}
    for gone in set(percents) - {one.number for one in members}:
        item.shares.remove(percents.pop(gone))
    for one in members:
        share = percents.get(one.number)
        if share is None:
            share = CostShare(member_id=one.number)
            item.shares.append(share)
        share.amount = found.parts[one.number]
        share.spend = one.spend if item.rule == "by_spend" else None


UNDIVIDED = {
    "nobody": N_("No member is confirmed yet, so nobody can share in “%(cost)s”."),
    "amount-unknown": N_("The amount of “%(cost)s” is not known yet. Enter it and save."),
    "spend-unknown": N_(
        "“%(cost)s” cannot be divided by spend: the yearly spend of %(names)s is unknown. Ask them for it, or choose another rule."
    ),
    "no-spend": N_("“%(cost)s” cannot be divided by spend: no member has spend in scope. Choose another rule."),
    "share-unknown": N_("“%(cost)s”: enter a share for %(names)s, or 0."),
    "not-whole": N_("“%(cost)s”: the shares add up to %(entered)s %%, not to 100. Mend them and save."),
}
"""Why an item cannot be divided, by the reasons of a split."""


def why(item: CostItem, found: Split, members: Sequence[reading.Member]) -> tuple[str, dict[str, Any]]:
    """Why an item cannot be divided: a template and its parameters."""
    names = [one.name for one in members if one.number in found.missing]
    given: dict[str, Any] = {"cost": item.label, "names": names, "entered": found.entered}
    template = UNDIVIDED[found.reason]
    return template, {key: value for key, value in given.items() if f"%({key})" in template}


def _undivided(item: CostItem, found: Split, members: Sequence[reading.Member]) -> MoveRefused:
    template, params = why(item, found, members)
    return MoveRefused("costs-undivided", template, **params)
