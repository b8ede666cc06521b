"""What waits for an evaluator: how much of each tender is done, how long the rest takes, and what is next."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import ColumnElement, Integer, case, func, select
from sqlalchemy.orm import Session

from framework.judging.blind import LEFT_OUT, is_judged
from models.disclosure import Submission
from models.judging import Assessment, EvaluatorProfile
from models.people import Organisation, User
from models.rounds import Round

SECONDS_EACH = 60
"""Taken for an assessment while the person has finished none to tell by (design: six of a supplier in six minutes)."""


@dataclass(frozen=True, slots=True)
class Part:
    """An evaluator's assessments of one tender: all, begun, complete enough to be final, final, and time spent in seconds."""

    submission_id: int
    count: int
    drafts: int
    valued: int
    final: int
    seconds: int
    unseen: int

    @property
    def is_final(self) -> bool:
        """Whether nothing is left to do."""
        return self.final == self.count


@dataclass(frozen=True, slots=True)
class Pile:
    """All that a person has to judge in a round; `minutes` are those that the rest will take, at the own pace."""

    parts: tuple[Part, ...] = ()
    profile: EvaluatorProfile | None = None

    @property
    def count(self) -> int:
        """How many there are."""
        return sum(part.count for part in self.parts)

    @property
    def valued(self) -> int:
        """How many have a value."""
        return sum(part.valued for part in self.parts)

    @property
    def final(self) -> int:
        """How many are final."""
        return sum(part.final for part in self.parts)

    @property
    def minutes(self) -> int:
        """How many minutes the rest takes, rounded up."""
        seconds = sum(part.seconds for part in self.parts)
        each = seconds / self.valued if self.valued and seconds else SECONDS_EACH
        return int(-(-(self.count - self.valued) * each // 60))

    @property
    def next(self) -> Part | None:
        """The first tender of which something is left to do."""
        return next((part for part in self.parts if not part.is_final), None)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far one evaluator is; nothing of what was found."""

    user: User
    member: Organisation
    count: int
    final: int
    begun: int
    seconds: int
    profile: EvaluatorProfile | None = field(default=None)


def pile(session: Session, round_: Round, user_id: int | None, submissions: Sequence[Submission]) -> Pile:
    """What a person has to judge of these tenders, in their order."""
    found = {part.submission_id: part for part in parts(session, round_, user_id)}
    profile = session.scalar(
        select(EvaluatorProfile).where(EvaluatorProfile.round_id == round_.id, EvaluatorProfile.user_id == user_id)
    )
    return Pile(tuple(found[one.id] for one in submissions if one.id in found), profile)


def parts(session: Session, round_: Round, user_id: int | None) -> list[Part]:
    """What a person has to judge of each tender, with how far it is."""
    has_value = (Assessment.level != "") | Assessment.points.is_not(None)
    query = (
        select(
            Assessment.submission_id,
            func.count(),
            _sum(Assessment.state == "draft"),
            _sum(has_value),
            _sum(Assessment.state == "final"),
            func.coalesce(func.sum(Assessment.seconds), 0),
            _sum(Assessment.others_seen_at.is_(None)),
        )
        .where(Assessment.round_id == round_.id, Assessment.user_id == user_id, Assessment.state.not_in(LEFT_OUT))
        .where(is_judged())
        .group_by(Assessment.submission_id)
    )
    return [Part(*row) for row in session.execute(query)]


def progress(session: Session, round_: Round) -> list[Progress]:
    """How far each evaluator of a round is, who has most left first: counts and time alone, never a value."""
    query = (
        select(
            Assessment.user_id,
            Assessment.member_id,
            func.count(),
            _sum(Assessment.state == "final"),
            _sum(Assessment.state != "assigned"),
            func.coalesce(func.sum(Assessment.seconds), 0),
        )
        .where(Assessment.round_id == round_.id, Assessment.state.not_in(LEFT_OUT), is_judged())
        .group_by(Assessment.user_id, Assessment.member_id)
    )
    rows = session.execute(query).all()
    users = {one.id: one for one in session.scalars(select(User).where(User.id.in_([row[0] for row in rows])))}
    members = {
        one.id: one
        for one in session.scalars(select(Organisation).where(Organisation.id.in_([row[1] for row in rows])))
    }
    known = select(EvaluatorProfile).where(EvaluatorProfile.round_id == round_.id)
    profiles = {one.user_id: one for one in session.scalars(known)}
    found = [Progress(users[row[0]], members[row[1]], *row[2:], profiles.get(row[0])) for row in rows]
    return sorted(found, key=lambda one: (one.final - one.count, one.user.name))


def missing(session: Session, items: Sequence[int]) -> dict[int, list[str]]:
    """The names of the evaluators who have not made theirs final, by item."""
    found: dict[int, list[str]] = defaultdict(list)
    query = select(Assessment.item_id, User.name).join(User, User.id == Assessment.user_id)
    waiting = query.where(Assessment.item_id.in_(items), Assessment.state.in_(("assigned", "draft")))
    for item, name in session.execute(waiting.order_by(User.name)):
        found[item].append(name)
    return found


def _sum(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.coalesce(func.sum(case((condition, 1), else_=0), type_=Integer), 0)
