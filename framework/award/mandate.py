"""What the members say of a decision: yes, no or an abstention, signed; and whether the lead may go on.

No rule of the product says how many members must agree. The lead announces once every confirmed member has answered and
none of them said no; otherwise it writes down why it goes on, and every member reads that.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from framework.award import decision as decisions
from framework.award import ties
from framework.ground import audit, permissions
from framework.ground.actors import Actor
from framework.ground.errors import InvalidInput, MoveRefused, NotAllowed, taken
from framework.ground.permissions import Permission
from framework.ground.text import N_
from framework.rounds import telling
from models.award import MANDATE_ANSWERS, AwardDecision, MandateDecision
from models.people import Organisation
from models.rounds import Round
from models.signons import SignOn

ANSWERED = audit.declare("award_decision.mandate_recorded", "number", "member", "answer", "before")
ASKED = audit.declare("award_decision.members_asked", "number", "count")
WENT_ON = audit.declare("award_decision.gone_on", "number", "motive")
ANSWERS = {"yes": N_("Yes"), "no": N_("No"), "abstain": N_("Abstains")}
CONFIRMED = ("confirmed", "active", "suspended")
LONGEST_NAME, LONGEST = 200, 4_000


@dataclass(frozen=True, slots=True)
class Count:
    """How the confirmed members stand: each with its answer, None where it has not answered."""

    members: tuple[tuple[Organisation, MandateDecision | None], ...]

    def of(self, answer: str) -> int:
        """How many gave this answer; blank: none yet."""
        return sum(1 for _member, one in self.members if (one.answer if one is not None else "") == answer)

    @property
    def is_clear(self) -> bool:
        """Whether every member answered and none said no."""
        return not self.of("") and not self.of("no")


def count(session: Session, decision: AwardDecision) -> Count:
    """The answers of the members that are confirmed, by name."""
    query = select(MandateDecision).where(MandateDecision.decision_id == decision.id)
    given = {one.organisation_id: one for one in session.scalars(query.options(joinedload(MandateDecision.by)))}
    return Count(tuple((one, given.get(one.id)) for one in members(session, decision.round)))


def members(session: Session, round_: Round) -> list[Organisation]:
    """The buyers whose sign-on is confirmed, by name."""
    query = (
        select(Organisation)
        .join(SignOn, SignOn.organisation_id == Organisation.id)
        .where(SignOn.round_id == round_.id, SignOn.state.in_(CONFIRMED))
        .order_by(Organisation.folded_name, Organisation.id)
    )
    return list(session.scalars(query))


def own(session: Session, decision: AwardDecision, actor: Actor) -> MandateDecision | None:
    """What the actor's organisation answered."""
    query = select(MandateDecision).where(
        MandateDecision.decision_id == decision.id, MandateDecision.organisation_id == actor.organisation_id
    )
    return session.scalar(query.options(joinedload(MandateDecision.by)))


def may_answer(session: Session, round_: Round, actor: Actor) -> bool:
    """Whether the actor's organisation is a confirmed member of the round."""
    query = select(SignOn.id).where(
        SignOn.round_id == round_.id, SignOn.organisation_id == actor.organisation_id, SignOn.state.in_(CONFIRMED)
    )
    return session.scalar(query.limit(1)) is not None


def may_read(session: Session, round_: Round, actor: Actor, roles: Collection[str]) -> bool:
    """Whether the actor, with these roles in the round, reads the award: the lead, and the members that are confirmed."""
    return "lead" in roles or ("member" in roles and may_answer(session, round_, actor))


def record_mandate_decision(
    session: Session,
    round_: Round,
    answer: str,
    *,
    signed_by_name: str,
    signed_by_title: str = "",
    motive: str = "",
    number: int | None = None,
    read: str | None = None,
    actor: Actor,
    now: dt.datetime,
) -> MandateDecision:
    """A member's answer to the draft, by a person of that member; until the letters leave it may answer anew.

    A no takes away why the lead goes on: that was written without knowing of it. `number` is that of the decision that
    was read, `read` its `decision.read_digest`, as the draft changes until somebody answers. Raises InvalidInput, NotFound, NotAllowed (not a confirmed member, a tie),
    MoveRefused where there is no draft, or another one than the one that was read.
    """
    decision = _held(session, round_, actor, number, read)
    taken(
        lambda: _among(answer),
        lambda: _name(signed_by_name),
        lambda: _short("signed_by_title", signed_by_title, LONGEST_NAME),
        lambda: _short("motive", motive, LONGEST),
    )
    known = own(session, decision, actor)
    told: dict[str, Any] = {"before": known.answer if known is not None else "", "answer": answer}
    known = known or _blank(session, decision, actor)
    known.answer, known.motive = answer, motive.strip()
    known.signed_by_name, known.signed_by_title = signed_by_name.strip(), signed_by_title.strip()
    known.created_at, known.created_by_id = now, actor.user_id
    if answer == "no":
        decision.mandate_motive = ""
    session.flush()
    told |= {"number": decision.number, "member": actor.organisation_name}
    audit.record(session, ANSWERED, actor=actor, now=now, subject=decision, **told)
    return known


def ask(session: Session, round_: Round, *, actor: Actor, now: dt.datetime) -> int:
    """Mail the people of the members that have not answered the draft; how many. Raises as `decision.require_draft`."""
    decision = decisions.require_draft(session, round_, actor)
    waiting = [member.id for member, one in count(session, decision).members if one is None]
    people = telling.people(session, waiting, "member", now=now)
    told = telling.tell(session, round_, people, "award_asked", now=now, page="award/answer")
    audit.record(session, ASKED, actor=actor, now=now, subject=decision, number=decision.number, count=told)
    return told


def go_on(session: Session, round_: Round, motive: str, *, actor: Actor, now: dt.datetime) -> None:
    """Write down why the lead goes on although a member has not answered or said no; blank takes it away."""
    decision = decisions.require_draft(session, round_, actor)
    _short("motive", motive, LONGEST)
    decision.mandate_motive = motive.strip()
    audit.record(
        session,
        WENT_ON,
        actor=actor,
        now=now,
        subject=decision,
        number=decision.number,
        motive=decision.mandate_motive,
    )


def _held(session: Session, round_: Round, actor: Actor, number: int | None, read: str | None) -> AwardDecision:
    """The draft that the actor may answer, with the round locked."""
    permissions.require(session, actor, Permission.AWARD_ANSWER, round_)
    ties.require_free(session, round_, actor)
    session.execute(select(Round.id).where(Round.id == round_.id).with_for_update()).all()
    session.refresh(round_)
    found = decisions.current(session, round_)
    if round_.state != "award" or found is None or found.announced_at is not None:
        raise MoveRefused("no-decision", N_("There is no decision to answer now."))
    is_other = number is not None and number != found.number
    if is_other or (read is not None and read != decisions.read_digest(session, found)):
        raise MoveRefused("decision-changed", N_("The lead has changed the decision. Read it, then answer."))
    if not may_answer(session, round_, actor):
        raise NotAllowed("not-a-member", N_("Only members whose sign-on is confirmed decide on the award."))
    return found


def _blank(session: Session, decision: AwardDecision, actor: Actor) -> MandateDecision:
    made = MandateDecision(decision_id=decision.id, organisation_id=actor.organisation_id)
    session.add(made)
    return made


def _among(answer: str) -> None:
    if answer not in MANDATE_ANSWERS:
        raise InvalidInput("answer-missing", N_("Choose yes, no or abstain."), field="answer")


def _name(text: str) -> None:
    if not text.strip():
        raise InvalidInput("signatory-missing", N_("Say who signed."), field="signed_by_name")
    _short("signed_by_name", text, LONGEST_NAME)


def _short(field: str, text: str, most: int) -> None:
    if len(text) > most:
        raise InvalidInput("too-long", N_("At most %(limit)s characters."), field=field, limit=most)
