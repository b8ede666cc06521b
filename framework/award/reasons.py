"""The reasons of a decision: why a tender has its points on each criterion, and why it gets the lot or does not."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, contains_eager

from framework.award import decision as decisions
from framework.ground import audit, conflicts
from framework.ground.actors import Actor
from framework.ground.errors import InvalidInput, NotFound
from framework.ground.text import N_
from framework.judging import ranking as rankings
from models.award import AwardDecision, AwardReason
from models.disclosure import Submission
from models.judging import Assessment, Item, Verdict
from models.people import Organisation
from models.ranking import RankingLine
from models.rounds import Criterion, Lot, Round

WRITTEN = audit.declare("award_decision.reasons_written", "number", "receipt", "count")
LONGEST = 4_000
WHY = 0
"""Stands for no criterion: why the tender gets the lot or does not."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """One reason that a decision needs: of a tender in a lot on a criterion, or (no criterion) of the outcome.

    `text` is what is written so far, blank where nothing is.
    """

    lot: Lot
    submission: Submission
    criterion: Criterion | None
    text: str

    @property
    def key(self) -> tuple[int, int]:
        """Lot and criterion, as a page names it."""
        return self.lot.id, self.criterion.id if self.criterion is not None else WHY

    @property
    def name(self) -> str:
        """Bidder, lot and criterion; of the outcome bidder and lot alone."""
        parts = [self.submission.supplier.name, self.lot.name]
        return " · ".join([*parts, *([self.criterion.name] if self.criterion is not None else [])])


def wanted(session: Session, decision: AwardDecision) -> dict[int, list[Wanted]]:
    """Every reason that a decision needs, by tender in the order of receipt; lots and criteria in theirs."""
    criteria = {lot.id: rankings.award_criteria(decision.round, lot) for lot in decision.round.lots}
    known = written(session, decision)
    query = (
        select(RankingLine, Submission, Lot)
        .options(contains_eager(Submission.supplier))
        .join(Submission, Submission.id == RankingLine.submission_id)
        .join(Organisation, Organisation.id == Submission.supplier_id)
        .join(Lot, Lot.id == RankingLine.lot_id)
        .where(RankingLine.ranking_id == decision.ranking_id)
        .order_by(Submission.receipt_seq, Lot.number)
    )
    found: dict[int, list[Wanted]] = defaultdict(list)
    for _line, submission, lot in session.execute(query):
        for criterion in (*criteria[lot.id], None):
            text = known.get((lot.id, submission.id, criterion.id if criterion is not None else WHY), "")
            found[submission.id].append(Wanted(lot, submission, criterion, text))
    return dict(found)


def written(session: Session, decision: AwardDecision) -> dict[tuple[int, int, int], str]:
    """The texts by lot, tender and criterion (`WHY` for the outcome)."""
    query = select(AwardReason).where(AwardReason.decision_id == decision.id).order_by(AwardReason.id)
    return {(one.lot_id, one.submission_id, one.criterion_id or WHY): one.text for one in session.scalars(query)}


def write(
    session: Session,
    submission: Submission,
    texts: Mapping[tuple[int, int], str],
    *,
    actor: Actor,
    now: dt.datetime,
) -> int:
    """Write the reasons of one tender by lot and criterion; how many changed. A blank text takes a reason away.

    Raises as `decision.require_draft`, NotFound for a tender that is not ranked, InvalidInput for what is too long.
    """
    decision = decisions.require_draft(session, submission.round, actor)
    conflicts.require_free(session, actor, submission)
    possible = wanted(session, decision).get(submission.id)
    if possible is None:
        raise NotFound("not-found", N_("There is no such page, or it is not yours to see."))
    changed = 0
    for one in possible:
        if one.key in texts:
            changed += _write(session, decision, one, texts[one.key].strip(), actor=actor, now=now)
    session.flush()
    if changed:
        told: dict[str, Any] = {"number": decision.number, "receipt": submission.receipt_number, "count": changed}
        audit.record(session, WRITTEN, actor=actor, now=now, subject=decision, **told)
    return changed


def starts(session: Session, round_: Round, submission: Submission) -> dict[tuple[int, int], list[str]]:
    """What the evaluators wrote about a tender on the criteria they gave points on, without their names, by lot and criterion.

    Where they settled it in discussion, what was found there; else what each wrote. A start for a reason, not the reason.
    """
    query = (
        select(Item.lot_id, Item.criterion_id, Verdict.state, Verdict.motive, Assessment.motive)
        .join(Verdict, Verdict.item_id == Item.id)
        .join(Assessment, Assessment.item_id == Item.id)
        .where(
            Item.round_id == round_.id,
            Item.submission_id == submission.id,
            Item.criterion_id.is_not(None),
            Assessment.state == "final",
            Verdict.state.in_(rankings.SETTLED),
        )
        .order_by(Item.position, Item.id, Assessment.id)
    )
    found: dict[tuple[int, int], dict[str, None]] = defaultdict(dict)
    for lot_id, criterion_id, state, joint, own in session.execute(query):
        text = (joint if state == "moderated" else own).strip()
        if text:
            found[lot_id, criterion_id or WHY][text] = None
    return {key: list(texts) for key, texts in found.items()}


def _write(
    session: Session, decision: AwardDecision, one: Wanted, text: str, *, actor: Actor, now: dt.datetime
) -> bool:
    if len(text) > LONGEST:
        raise InvalidInput(
            "too-long",
            N_("At most %(limit)s characters."),
            field=f"reason-{one.key[0]}-{one.key[1]}",
            limit=LONGEST,
        )
    if text == one.text:
        return False
    query = select(AwardReason).where(
        AwardReason.decision_id == decision.id,
        AwardReason.lot_id == one.lot.id,
        AwardReason.submission_id == one.submission.id,
        AwardReason.criterion_id == (one.criterion.id if one.criterion is not None else None),
    )
    known = session.scalar(query)
    if known is None:
        known = AwardReason(
            decision_id=decision.id,
            lot_id=one.lot.id,
            submission_id=one.submission.id,
            criterion_id=one.criterion.id if one.criterion is not None else None,
            text=text,
            created_at=now,
            created_by_id=actor.user_id,
        )
        session.add(known)
    elif text:
        known.text = text
    else:
        session.delete(known)
    return True
