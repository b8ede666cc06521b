"""The review of what was disclosed under an agreement: excuse gaps, accept, return with gaps, record the refusal of the chain.

A chair decides on what the check counted. Evaluators give no assessments and verdicts of updates, as they do of tenders.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from framework.contract import duties, update_gaps, update_notices
from framework.contract.duties import ENTITY, hold, local_day, moved
from framework.ground import audit, conflicts, lifecycle
from framework.ground.actors import SYSTEM, Actor, roles_for
from framework.ground.errors import InvalidInput, MoveRefused, NotAllowed
from framework.ground.files import INFECTED, Quarantined
from framework.ground.lifecycle import Context
from framework.ground.text import N_, NN_, storable
from framework.rounds import settings
from models.contract_disclosure import ContractSubmission, Duty, Gap
from models.people import Appointment

EXCUSED = audit.declare("submission_contract.gaps_excused", "gaps", "excuse", "motive")
WHO_EXCUSES = {"not_applicable": "lead", "supplier_refused": "chair"}
LONGEST_MOTIVE, LONGEST_DOCUMENT = 2_000, 200


@dataclass(frozen=True, slots=True)
class Document:
    """A document that shows a refusal, as a chair names it: what it is and its date; blank where none is named."""

    name: str = ""
    dated: dt.date | None = None


def start(session: Session, version: ContractSubmission, *, actor: Actor, now: dt.datetime) -> None:
    """Begin the review of a version that was read. Raises NotAllowed and MoveRefused."""
    hold(session, version, now)
    lifecycle.move(session, version, "start_review", actor=actor, now=now)


def excuse(
    session: Session,
    version: ContractSubmission,
    positions: Collection[int],
    kind: str,
    *,
    motive: str,
    document: Document = Document(),
    actor: Actor,
    now: dt.datetime,
) -> int:
    """Accept why gaps stay open, or take that back with a blank `kind`; how many changed.

    The lead accepts that something does not apply, the chair a proof that the chain refused; each only where the file says
    so itself. A proof is a request upstream about the line that `is_enough`, or a `document` with its date, which is kept in
    front of the motive. Raises InvalidInput, NotAllowed and MoveRefused.
    """
    hold(session, version, now)
    text = _text(motive)
    if version.state != "in_review":
        raise MoveRefused(
            "not-in-review", N_("This disclosure is not in review. Load the page again to see its state.")
        )
    _require_free(session, version, actor)
    chosen = [gap for gap in update_gaps.of(session, version) if gap.position in set(positions)]
    if not chosen:
        raise InvalidInput("nothing-chosen", N_("Choose at least one line."), field="gap")
    if kind and not text:
        raise InvalidInput(
            "motive-missing", N_("Say why: a motive is required and stays in the record."), field="motive"
        )
    _require_may_excuse(session, version, chosen, kind, actor)
    if kind == "supplier_refused":
        text = f"{_proven(session, version, chosen, document, now)}{text}"
    for gap in chosen:
        gap.excuse, gap.motive = kind, text if kind else ""
        gap.excused_at, gap.excused_by_id = (now, actor.user_id) if kind else (None, None)
    audit.record(session, EXCUSED, actor=actor, now=now, subject=version, gaps=len(chosen), excuse=kind, motive=text)
    return len(chosen)


def accept(session: Session, version: ContractSubmission, *, motive: str, actor: Actor, now: dt.datetime) -> None:
    """Accept a version: everything asked is disclosed or accepted as not applicable; the next yearly day is set."""
    _decide(session, version, "accept", motive, actor, now)
    duties.plan_yearly(session, version, now=now)


def record_chain_refusal(
    session: Session, version: ContractSubmission, *, motive: str, actor: Actor, now: dt.datetime
) -> None:
    """Settle a version of which all that is open was refused by third parties, with proof that was accepted."""
    _decide(session, version, "record_chain_refusal", motive, actor, now)
    duties.plan_yearly(session, version, now=now)


def return_with_gaps(
    session: Session,
    version: ContractSubmission,
    *,
    motive: str,
    cure_on: dt.date | None,
    actor: Actor,
    now: dt.datetime,
) -> ContractSubmission:
    """Return a version with what it leaves open, and ask for the next until a cure date; gives that next version.

    Without a day in `cure_days` days. Raises InvalidInput, NotAllowed and MoveRefused.
    """
    today = local_day(version.round, now)
    day = cure_on or today + dt.timedelta(days=int(settings.value(version.round, "cure_days")))
    if not today < day <= today + duties.FURTHEST:
        raise InvalidInput("due-date-wrong", N_("Choose a day after today, within two years."), field="cure_on")
    hold(session, version, now)
    version.motive = _text(motive)
    lifecycle.move(session, version, "return_with_gaps", actor=actor, now=now, motive=version.motive)
    session.flush()
    following = duties.request(
        session, version.duty, due_on=day, actor=SYSTEM, now=now, cause="returned", is_cure=True, quietly=True
    )
    update_notices.was_decided(session, version, now=now)
    return following


def reopen(session: Session, version: ContractSubmission, *, motive: str, actor: Actor, now: dt.datetime) -> None:
    """Take an accepted version into review again, on evidence that contradicts it."""
    hold(session, version, now)
    lifecycle.move(session, version, "reopen_review", actor=actor, now=now, motive=_text(motive))


def is_chaired(session: Session, version: ContractSubmission) -> bool:
    """Whether somebody is chair of the round whom no conflict keeps from this contractor."""
    query = select(Appointment.user_id).where(
        Appointment.round_id == version.round_id, Appointment.role == "chair", Appointment.withdrawn_at.is_(None)
    )
    return any(
        version.submission_id not in conflicts.barred(session, number) for number in session.scalars(query).all()
    )


def _decide(
    session: Session, version: ContractSubmission, act: str, motive: str, actor: Actor, now: dt.datetime
) -> None:
    hold(session, version, now)
    version.motive, version.decided_at, version.decided_by_id = _text(motive), now, actor.user_id
    lifecycle.move(session, version, act, actor=actor, now=now, motive=version.motive)
    session.flush()
    _replace_accepted(session, version, now)
    update_notices.was_decided(session, version, now=now)


def _replace_accepted(session: Session, version: ContractSubmission, now: dt.datetime) -> None:
    """What was accepted earlier of the same agreement and brand makes way."""
    query = (
        select(ContractSubmission)
        .join(Duty, Duty.id == ContractSubmission.duty_id)
        .where(Duty.agreement_id == version.duty.agreement_id, Duty.brand == version.duty.brand)
        .where(ContractSubmission.id != version.id, ContractSubmission.state.in_(duties.DONE))
    )
    for older in session.scalars(query.order_by(ContractSubmission.id)).all():
        lifecycle.move(session, older, "supersede", actor=SYSTEM, now=now, newer=version)


def _text(motive: str) -> str:
    text = storable(motive).strip()
    if len(text) > LONGEST_MOTIVE:
        most = LONGEST_MOTIVE
        raise InvalidInput("text-too-long", N_("Shorten the text to %(most)s characters."), field="motive", most=most)
    return text


def _require_free(session: Session, version: ContractSubmission, actor: Actor) -> None:
    if version.submission is not None:
        conflicts.require_free(session, actor, version.submission)


def _require_may_excuse(
    session: Session, version: ContractSubmission, chosen: Collection[Gap], kind: str, actor: Actor
) -> None:
    held = roles_for(session, actor, version)
    for each in {kind} if kind else {gap.excuse for gap in chosen if gap.excuse}:
        if each not in WHO_EXCUSES:
            raise InvalidInput("nothing-chosen", N_("Choose what is accepted."), field="excuse")
        if WHO_EXCUSES[each] not in held:
            raise NotAllowed("role-missing", N_("Only %(who)s may do this."), who=WHO_EXCUSES[each])
    if kind and any(gap.said != kind for gap in chosen):
        raise MoveRefused(
            "reason-not-given", N_("The file itself must give this reason for the line. Return it, so that it does.")
        )


def _proven(
    session: Session, version: ContractSubmission, chosen: Collection[Gap], document: Document, now: dt.datetime
) -> str:
    """The document in words, blank for none; raises InvalidInput where a line has neither an own request as proof nor this."""
    name = " ".join(storable(document.name).split())
    if len(name) > LONGEST_DOCUMENT:
        most = LONGEST_DOCUMENT
        raise InvalidInput("text-too-long", N_("Shorten the text to %(most)s characters."), field="document", most=most)
    requests = update_gaps.proofs(session, version)
    bare = [gap for gap in chosen if not any(proof.is_enough for proof in requests.get(gap.node_key, []))]
    if not name and (bare or document.dated):
        raise InvalidInput(
            "proof-missing",
            N_(
                "No request upstream proves a refusal of every chosen line. Name the document that does, with its date."
            ),
            field="document",
        )
    if name and document.dated is None:
        raise InvalidInput("date-missing", N_("Enter a date."), field="dated")
    if document.dated is not None and document.dated > local_day(version.round, now):
        raise InvalidInput("date-ahead", N_("This date lies ahead. Enter the date of the document."), field="dated")
    return f"{name} ({document.dated:%Y-%m-%d}). " if name else ""


def _may_start(session: Session, version: ContractSubmission, context: Context) -> None:
    _require_free(session, version, context.actor)
    conflicts.require_stated(session, context.actor, version.round, context.roles)
    if not is_chaired(session, version):
        raise MoveRefused(
            "no-chair", N_("Name a chair first whom no conflict keeps from this contractor: the chair decides.")
        )


def _may_decide(session: Session, version: ContractSubmission, context: Context) -> None:
    _require_free(session, version, context.actor)
    conflicts.require_stated(session, context.actor, version.round, context.roles)


def _may_accept(session: Session, version: ContractSubmission, context: Context) -> None:
    _may_decide(session, version, context)
    if version.submission is None or version.submission.verdict != "countable":
        raise MoveRefused("blocked-file", N_("The file has remarks that block it. Return it."))
    if version.submission.file.scan == INFECTED:
        raise Quarantined(version.submission.file.found)
    left = len(update_gaps.remaining(session, version))
    if left:
        raise MoveRefused(
            "gaps-left",
            NN_(
                "Not everything that is asked is disclosed: %(count)s line is open. Return it, or excuse the line first.",
                "Not everything that is asked is disclosed: %(count)s lines are open. Return it, or excuse them first.",
            ),
            count=left,
        )


def _may_return(session: Session, version: ContractSubmission, context: Context) -> None:
    context.require_motive()
    _may_decide(session, version, context)
    update = version.submission
    faults = update.issue_counts if update is not None else {}
    if not update_gaps.remaining(session, version) and not faults.get("block") and not faults.get("error"):
        raise MoveRefused("nothing-open", N_("Nothing that is asked is open, and the check found no error. Accept it."))


def _may_record(session: Session, version: ContractSubmission, context: Context) -> None:
    _may_decide(session, version, context)
    left = update_gaps.remaining(session, version)
    if not left:
        raise MoveRefused("nothing-open", N_("Nothing that is asked is open, and the check found no error. Accept it."))
    if any(gap.excuse != "supplier_refused" for gap in left):
        raise MoveRefused(
            "proof-missing", N_("Accept the proof of refusal of every open line first. One without proof is returned.")
        )


def _may_reopen(session: Session, version: ContractSubmission, context: Context) -> None:
    context.require_motive()
    _may_decide(session, version, context)


def _reopened(session: Session, version: ContractSubmission, context: Context) -> None:
    """It no longer counts as accepted: what comes next is compared with what was accepted before it."""
    moved(session, version, context)
    version.decided_at = version.decided_by_id = None


lifecycle.register(ENTITY, "start_review", guard=_may_start, effect=moved)
lifecycle.register(ENTITY, "accept", guard=_may_accept, effect=moved)
lifecycle.register(ENTITY, "return_with_gaps", guard=_may_return, effect=moved)
lifecycle.register(ENTITY, "record_chain_refusal", guard=_may_record, effect=moved)
lifecycle.register(ENTITY, "reopen_review", guard=_may_reopen, effect=_reopened)
