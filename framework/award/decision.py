"""The decision: which tenders get which lot, on the newest ranking and never against it (law L15).

A lot whose ranking is known goes to its first places: where several tenders get it, to the first ones. Equal places at
the end of them need a motive. Of a lot whose ranking is not known, as where prices are not handed in here, the lead decides with a
motive that stays in the record, and so it does where a lot goes to nobody.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session, joinedload

from framework.award import addressees, ties
from framework.ground import audit, permissions
from framework.ground.actors import Actor
from framework.ground.errors import InvalidInput, MoveRefused, taken
from framework.ground.permissions import Permission
from framework.ground.text import N_
from framework.judging import ranking as rankings
from models.award import Award, AwardDecision, AwardLot, AwardReason, MandateDecision
from models.contract import Agreement
from models.disclosure import Submission
from models.ranking import Ranking, RankingLine
from models.rounds import Lot, Round

DRAFTED = audit.declare("award_decision.drafted", "number", "ranking", "lots", "awards", "unranked")
LONGEST = 4_000


@dataclass(frozen=True, slots=True)
class Choice:
    """What the lead decides of one lot: the numbers of the tenders that get it (none: nobody does), and why."""

    lot_id: int
    winners: tuple[int, ...] = ()
    motive: str = ""


@dataclass(frozen=True, slots=True)
class Standing:
    """A lot as its newest ranking leaves it: its lines, the best first, and whether every one has a place."""

    lot: Lot
    lines: tuple[RankingLine, ...]

    @property
    def is_ranked(self) -> bool:
        """Whether the ranking is known."""
        return bool(self.lines) and all(one.place is not None for one in self.lines)

    @property
    def first(self) -> tuple[int, ...]:
        """The tenders that share the first place: what a decision begins with; none where the ranking is not known."""
        return tuple(one.submission_id for one in self.lines if one.place == 1) if self.is_ranked else ()


def current(session: Session, round_: Round) -> AwardDecision | None:
    """The decision that counts: the newest, a draft or announced, unless it was withdrawn or set aside; None where there is none."""
    query = select(AwardDecision).where(AwardDecision.round_id == round_.id)
    newest = session.scalar(query.order_by(AwardDecision.number.desc()).limit(1))
    return newest if newest is not None and newest.withdrawn_at is None else None


def winners(session: Session, round_: Round) -> list[Award]:
    """What the decision that counts gives to whom, lot by lot; nothing where there is none."""
    found = current(session, round_)
    return awards(session, found) if found is not None else []


def awards(session: Session, decision: AwardDecision) -> list[Award]:
    """What one decision gives to whom, by lot and then in the order of receipt."""
    query = (
        select(Award)
        .join(Lot, Lot.id == Award.lot_id)
        .options(joinedload(Award.submission).joinedload(Submission.supplier), joinedload(Award.lot))
        .where(Award.decision_id == decision.id)
        .order_by(Lot.number, Award.submission_id)
    )
    return list(session.scalars(query))


def lots(session: Session, decision: AwardDecision) -> dict[int, AwardLot]:
    """What one decision says of each lot, by the number of the lot."""
    query = select(AwardLot).where(AwardLot.decision_id == decision.id)
    return {one.lot_id: one for one in session.scalars(query.order_by(AwardLot.id))}


def history(session: Session, round_: Round) -> list[AwardDecision]:
    """Every decision of a round, the newest first."""
    query = select(AwardDecision).where(AwardDecision.round_id == round_.id)
    return list(session.scalars(query.order_by(AwardDecision.number.desc())))


def standings(session: Session, ranking: Ranking) -> list[Standing]:
    """Every lot of the round with its lines in a ranking; a lot for which nothing was offered has none."""
    query = (
        select(RankingLine)
        .options(joinedload(RankingLine.submission).joinedload(Submission.supplier))
        .where(RankingLine.ranking_id == ranking.id)
        .order_by(RankingLine.lot_id, RankingLine.place, RankingLine.id)
    )
    lines: dict[int, list[RankingLine]] = defaultdict(list)
    for one in session.scalars(query):
        lines[one.lot_id].append(one)
    return [Standing(lot, tuple(lines[lot.id])) for lot in sorted(ranking.round.lots, key=lambda one: one.number)]


def is_outdated(session: Session, decision: AwardDecision) -> bool:
    """Whether another ranking was counted since: a draft on an earlier one is decided anew."""
    newest = rankings.newest(session, decision.round)
    return newest is None or newest.id != decision.ranking_id


def draft(
    session: Session, round_: Round, choices: Sequence[Choice], *, actor: Actor, now: dt.datetime
) -> AwardDecision:
    """Write the decision, or change the draft, with a letter for each bidder; a lot that is not chosen for goes to nobody, and needs a motive.

    A draft that members have answered, or that stands on an earlier ranking, stays as it is and a new one is made: an
    answer belongs to what was read. Raises InvalidInput (the field is `winners-<lot>` or `motive-<lot>` with the public
    id), MoveRefused without a ranking, NotAllowed for whoever has a tie.
    """
    hold(session, round_, actor)
    ranking = rankings.newest(session, round_)
    if ranking is None:
        raise MoveRefused("no-ranking", N_("There is no ranking yet. Close the judging first."))
    by_lot = {one.lot_id: one for one in choices}
    places = standings(session, ranking)
    chosen = taken(
        *((lambda each=each: check(each, by_lot.get(each.lot.id) or Choice(each.lot.id))) for each in places)
    )
    decision = _draft(session, round_, ranking, {one.lot_id: one for one in chosen}, actor=actor, now=now)
    addressees.ensure(session, decision, actor=actor, now=now)
    audit.record(
        session,
        DRAFTED,
        actor=actor,
        now=now,
        subject=decision,
        number=decision.number,
        ranking=ranking.number,
        lots=sum(1 for one in chosen if one.winners),
        awards=sum(len(one.winners) for one in chosen),
        unranked=sum(1 for one in places if one.lines and not one.is_ranked),
    )
    return decision


def check(standing: Standing, choice: Choice) -> Choice:
    """The choice as it is kept; raises InvalidInput where it departs from the ranking or lacks its motive."""
    key, motive = standing.lot.public_id, choice.motive.strip()
    if len(motive) > LONGEST:
        raise InvalidInput("too-long", N_("At most %(limit)s characters."), field=f"motive-{key}", limit=LONGEST)
    chosen = frozenset(choice.winners)
    if not chosen <= {one.submission_id for one in standing.lines}:
        raise InvalidInput("not-a-bidder", N_("Choose among the tenders that offer this lot."), field=f"winners-{key}")
    needs = _needs_motive(standing, chosen)
    if needs and not motive:
        raise InvalidInput("award-motive", needs, field=f"motive-{key}", lot=standing.lot.name)
    return Choice(choice.lot_id, tuple(sorted(chosen)), motive)


def _needs_motive(standing: Standing, chosen: Collection[int]) -> str:
    """Why a choice needs a motive; blank where it needs none. Raises InvalidInput where it departs from the ranking."""
    if not chosen:
        return N_("Say why nobody gets %(lot)s. It stays in the record.")
    if not standing.is_ranked:
        return N_("The ranking of %(lot)s is not known. Say on what the decision stands; it stays in the record.")
    places = {one.submission_id: one.place or 0 for one in standing.lines}
    last = max(places[one] for one in chosen)
    if any(place < last for number, place in places.items() if number not in chosen):
        raise InvalidInput(
            "against-ranking",
            N_("The award follows the ranking. Give %(lot)s to the first place, or to the first places."),
            field=f"winners-{standing.lot.public_id}",
            rule="L15",
            lot=standing.lot.name,
        )
    tied = any(place == last for number, place in places.items() if number not in chosen)
    return N_("Tenders of %(lot)s share a place. Say why some of them get it and others do not.") if tied else ""


def hold(session: Session, round_: Round, actor: Actor) -> None:
    """Lock the round for whoever prepares its award; raises NotFound, WrongPhase, NotAllowed (role or tie) and MoveRefused."""
    permissions.require(session, actor, Permission.AWARD_DECIDE, round_)
    ties.require_free(session, round_, actor)
    session.execute(select(Round.id).where(Round.id == round_.id).with_for_update()).all()
    session.refresh(round_)
    if round_.state != "award":
        raise MoveRefused("wrong-phase", N_("This is not possible in the present phase of the round."))


def require_draft(session: Session, round_: Round, actor: Actor) -> AwardDecision:
    """The draft that is worked on, with the round locked; raises as `hold`, and MoveRefused where there is none."""
    hold(session, round_, actor)
    found = current(session, round_)
    if found is None or found.announced_at is not None:
        raise MoveRefused("no-decision", N_("Write the decision first."))
    return found


def digest(session: Session, decision: AwardDecision) -> str:
    """SHA-256 of what a second person confirms: the lots, who gets them, every reason and motive, how each letter leaves.

    Not the letters' date.
    """
    told = _decided(session, decision) | {
        "mandate": decision.mandate_motive,
        "letters": sorted(
            [one.submission_id, one.channel, one.language] for one in addressees.of_decision(session, decision)
        ),
        "reasons": sorted(
            [row.lot_id, row.submission_id, row.criterion_id or 0, row.text]
            for row in session.execute(
                select(AwardReason.lot_id, AwardReason.submission_id, AwardReason.criterion_id, AwardReason.text).where(
                    AwardReason.decision_id == decision.id
                )
            ).all()
        ),
    }
    return _sha256(told)


def read_digest(session: Session, decision: AwardDecision) -> str:
    """SHA-256 of what a member answers: the lots, who gets them and the motives."""
    return _sha256(_decided(session, decision))


def _decided(session: Session, decision: AwardDecision) -> dict[str, Any]:
    given = select(Award.lot_id, Award.submission_id).where(Award.decision_id == decision.id)
    return {
        "decision": decision.public_id,
        "ranking": decision.ranking_id,
        "lots": [[one.lot_id, one.is_awarded, one.motive] for one in lots(session, decision).values()],
        "awards": sorted(list(row) for row in session.execute(given).all()),
    }


def _sha256(told: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(told, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


def _draft(
    session: Session,
    round_: Round,
    ranking: Ranking,
    chosen: Mapping[int, Choice],
    *,
    actor: Actor,
    now: dt.datetime,
) -> AwardDecision:
    known = current(session, round_)
    if known is None or known.ranking_id != ranking.id or _is_kept(session, known):
        before = next(iter(history(session, round_)), None)
        known = _new(session, round_, ranking, actor=actor, now=now)
        if before is not None and before.ranking_id == ranking.id:
            _copy_reasons(session, before, known, now=now)
    else:
        _drop_whys(session, known, chosen)
    for table in (Award, AwardLot):
        session.execute(delete(table).where(table.decision_id == known.id))
    for one in chosen.values():
        session.add(AwardLot(decision_id=known.id, lot_id=one.lot_id, is_awarded=bool(one.winners), motive=one.motive))
        session.add_all(Award(decision_id=known.id, lot_id=one.lot_id, submission_id=number) for number in one.winners)
    session.flush()
    return known


def _new(session: Session, round_: Round, ranking: Ranking, *, actor: Actor, now: dt.datetime) -> AwardDecision:
    last = session.scalar(select(func.max(AwardDecision.number)).where(AwardDecision.round_id == round_.id)) or 0
    made = AwardDecision(round=round_, number=last + 1, ranking=ranking, created_at=now, created_by_id=actor.user_id)
    session.add(made)
    session.flush()
    return made


def is_read(session: Session, decision: AwardDecision) -> bool:
    """Whether a member has answered it."""
    query = select(MandateDecision.id).where(MandateDecision.decision_id == decision.id)
    return session.scalar(query.limit(1)) is not None


def _is_kept(session: Session, decision: AwardDecision) -> bool:
    """Whether a decision stays as it is and a new one is made beside it."""
    return decision.announced_at is not None or is_read(session, decision) or _is_built_on(session, decision)


def _is_built_on(session: Session, decision: AwardDecision) -> bool:
    """Whether an agreement was drafted on one of its awards."""
    query = select(Agreement.id).join(Award, Award.id == Agreement.award_id).where(Award.decision_id == decision.id)
    return session.scalar(query.limit(1)) is not None


def _drop_whys(session: Session, decision: AwardDecision, chosen: Mapping[int, Choice]) -> None:
    """Take away why tenders get a lot or do not, in the lots that others get now: it is written anew."""
    had: dict[int, list[int]] = defaultdict(list)
    for one in awards(session, decision):
        had[one.lot_id].append(one.submission_id)
    changed = [number for number, one in chosen.items() if sorted(had[number]) != sorted(one.winners)]
    session.execute(
        delete(AwardReason).where(
            AwardReason.decision_id == decision.id,
            AwardReason.lot_id.in_(changed),
            AwardReason.criterion_id.is_(None),
        )
    )


def _copy_reasons(session: Session, before: AwardDecision, made: AwardDecision, *, now: dt.datetime) -> None:
    """Keep the reasons for points; why a tender gets a lot or does not is written anew."""
    query = select(AwardReason).where(AwardReason.decision_id == before.id, AwardReason.criterion_id.is_not(None))
    for one in session.scalars(query.order_by(AwardReason.id)).all():
        session.add(
            AwardReason(
                decision_id=made.id,
                lot_id=one.lot_id,
                submission_id=one.submission_id,
                criterion_id=one.criterion_id,
                text=one.text,
                created_at=now,
                created_by_id=one.created_by_id,
            )
        )
