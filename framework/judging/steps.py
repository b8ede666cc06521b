"""What everybody does next about the judging: say where a conflict is, prepare it, judge, discuss."""

from __future__ import annotations

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from framework.ground import conflicts
from framework.ground.audit_labels import PROPOSED
from framework.ground.text import N_, NN_
from framework.judging import blind, closing, piles, ranking, reopening, settling, talking
from framework.judging import conflicts as statements
from framework.rounds.next_action import Reader, Step, blocker, candidate
from models.judging import Verdict
from models.rounds import Round


@candidate("opened judging", "lead evaluator chair opener member")
def _state(session: Session, round_: Round, reader: Reader) -> Step | None:
    if not conflicts.must_state(session, reader.actor, round_, reader.roles):
        return None
    return Step(
        N_("Say first where you have a conflict of interest. Nothing of the tenders is shown before."),
        page="judging.conflicts",
        label=N_("Give the statement"),
        urgency=95,
    )


@candidate("opened", "lead")
def _prepare(session: Session, round_: Round, reader: Reader) -> Step:
    return Step(
        N_("The tenders are open. Admit the bidders, share the work out, then start the judging."),
        page="judging.board",
        label=N_("Prepare the judging"),
        urgency=60,
    )


@blocker("opened")
def _missing(session: Session, round_: Round, reader: Reader) -> list[Step]:
    names = [user.name for user in statements.missing(session, round_)]
    if not names:
        return []
    return [
        Step(
            N_("%(names)s: to say where a conflict of interest is."),
            {"names": ", ".join(names)},
            "judging.judges",
            urgency=70,
        )
    ]


@candidate("judging", "evaluator")
def _judge(session: Session, round_: Round, reader: Reader) -> Step | None:
    parts = piles.parts(session, round_, reader.actor.user_id)
    left = sum(part.count - part.final for part in parts)
    if left:
        return Step(
            NN_("You have %(count)s item to judge.", "You have %(count)s items to judge."),
            {"count": left},
            "assessing.pile",
            label=N_("Judge"),
            urgency=80,
        )
    if talking.waiting_tenders(session, round_, reader.actor.user_id):
        return Step(
            N_("Your assessments are final. See what the others found."),
            page="assessing.discussion",
            label=N_("Discussion"),
            urgency=70,
        )
    return None


@candidate("judging", "chair")
def _moderate(session: Session, round_: Round, reader: Reader) -> Step | None:
    if not blind.sees_verdicts(session, round_, reader.actor, reader.roles):
        return None
    kept_out = Verdict.submission_id.in_(sorted(conflicts.barred(session, reader.actor.user_id)))
    query = select(Verdict.id).where(Verdict.round_id == round_.id, Verdict.state == "in_moderation", ~kept_out)
    if session.scalar(query.limit(1)) is None:
        return _look_again(session, round_, kept_out)
    return Step(
        N_("Evaluators lie too far apart on some items. Discuss them and write down what you find."),
        page="assessing.discussion",
        label=N_("Discussion"),
        urgency=75,
    )


def _look_again(session: Session, round_: Round, kept_out: ColumnElement[bool]) -> Step | None:
    if session.scalar(settling.outside(round_).where(~kept_out).limit(1)) is None:
        return None
    return Step(
        N_(
            "What a discussion found lies outside the values that remain, for an assessment was taken out. Look at it again."
        ),
        page="assessing.discussion",
        label=N_("Discussion"),
        urgency=75,
    )


@candidate("judging", "chair")
def _close(session: Session, round_: Round, reader: Reader) -> Step | None:
    if not closing.is_settled(session, round_) or closing.is_barred(session, round_, reader.actor.user_id):
        return None
    return Step(
        N_("Every item has its verdict. Close the judging."),
        page="judging.closing",
        label=N_("Close the judging"),
        urgency=65,
    )


@candidate("award", "chair")
def _reopen(session: Session, round_: Round, reader: Reader) -> Step | None:
    """To a chair who is no lead; a lead is told of every proposal about the round."""
    waits = reopening.waiting(session, round_, now=reader.now)
    if waits is None or "lead" in reader.roles or reopening.is_barred(session, round_, reader.actor.user_id):
        return None
    return Step(
        N_("%(name)s proposed %(label)s. One chair and one lead agree on it by %(until)s."),
        {"name": waits.proposed_by.name, "label": PROPOSED["round", reopening.ACT], "until": waits.expires_at},
        page="judging.reopening",
        label=N_("Look and confirm"),
        urgency=60 if waits.proposed_by_id == reader.actor.user_id else 90,
    )


@candidate("award", "lead chair evaluator")
def _ranking(session: Session, round_: Round, reader: Reader) -> Step:
    found = ranking.newest(session, round_)
    taken_out = ranking.taken_out_since(session, found) if found is not None else None
    if taken_out is not None and {"lead", "chair"} & reader.roles:
        return Step(ranking.TAKEN_OUT, {"when": taken_out}, page="judging.ranking", label=N_("Ranking"), urgency=60)
    return Step(
        N_("The judging is closed. Points and ranking are counted as far as they are known."),
        page="judging.ranking",
        label=N_("Ranking"),
        urgency=40,
    )
