"""The letters of a decision: one for each bidder, in its language, kept with its hash as it left (FR5).

A letter is plain text of a few kinds of lines (`framework.award.letter_text`); page and PDF are made from that text and
nothing else. It holds the bidder's own points and reasons, who gets the lot and what speaks for it, and the standstill.
It never holds the name of an evaluator, nor a row of another tender.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from framework.award import decision as decisions
from framework.award import holidays, letter_text, reasons, standstill
from framework.award.addressees import LANGUAGES, of_decision
from framework.award.standstill import Rule
from framework.ground import audit
from framework.ground.actors import Actor
from framework.ground.errors import InvalidInput, MoveRefused
from framework.ground.text import N_
from framework.judging import ranking as rankings
from framework.judging import selection
from framework.judging.ranking import Table
from framework.rounds import limits
from framework.rounds.settings import value
from models.award import LETTER_CHANNELS, Award, AwardDecision, AwardLetter, AwardLot
from models.disclosure import Submission
from models.rounds import Round

CHANGED = audit.declare("award_letter.channel_set", "receipt", "channel", "language")
POSTED = audit.declare("award_letter.posted", "receipt", "left_on")
Say = Callable[[str, str, Mapping[str, Any]], str]
"""A template of ours in a language, filled in: `say(language, template, params)`."""


@dataclass(frozen=True, slots=True)
class Contents:
    """What the letters of a decision are made from, loaded once."""

    decision: AwardDecision
    tables: Mapping[int, Table]
    lots: Mapping[int, AwardLot]
    awards: Mapping[int, tuple[Award, ...]]
    reasons: Mapping[tuple[int, int, int], str]
    excluded: Mapping[int, str]


def of_bidder(session: Session, round_: Round, supplier_id: int | None) -> list[AwardLetter]:
    """The letters of a round that have left to one bidder, the newest first; withdrawn ones are marked."""
    query = (
        select(AwardLetter)
        .join(AwardDecision, AwardDecision.id == AwardLetter.decision_id)
        .join(Submission, Submission.id == AwardLetter.submission_id)
        .options(joinedload(AwardLetter.decision), joinedload(AwardLetter.submission))
        .where(
            AwardDecision.round_id == round_.id, Submission.supplier_id == supplier_id, AwardLetter.left_at.is_not(None)
        )
        .order_by(AwardDecision.number.desc(), AwardLetter.id)
    )
    return list(session.scalars(query))


def set_channel(
    session: Session, letter: AwardLetter, channel: str, language: str, *, actor: Actor, now: dt.datetime
) -> None:
    """Say how a letter leaves and in which language. Raises InvalidInput, and as `decision.require_draft`."""
    decision = decisions.require_draft(session, letter.decision.round, actor)
    if letter.decision_id != decision.id:
        raise MoveRefused("no-decision", N_("Write the decision first."))
    if channel not in LETTER_CHANNELS:
        raise InvalidInput("channel-missing", N_("Choose how the letter leaves."), field="channel")
    if language not in LANGUAGES:
        raise InvalidInput("language-missing", N_("Choose the language of the letter."), field="language")
    letter.channel, letter.language = channel, language
    told = {"receipt": letter.submission.receipt_number, "channel": channel, "language": language}
    audit.record(session, CHANGED, actor=actor, now=now, subject=letter, **told)


def rule_of(round_: Round) -> Rule:
    """How the standstill of a round is counted: its frozen settings."""
    return Rule(
        days=int(value(round_, "standstill_days")),
        other_days=int(value(round_, "standstill_other_means_days")),
        kind=str(value(round_, "standstill_kind")),
        roll=bool(value(round_, "standstill_roll")),
        zone=round_.zone,
    )


def standstill_of(round_: Round, letters: list[AwardLetter], now: dt.datetime) -> tuple[dt.datetime, int]:
    """First instant after the standstill and the days that decide, as if what has not left yet left now."""
    left = [(one.left_at or now, one.channel) for one in letters] or [(now, "electronic")]
    first = standstill.local_day(min(at for at, _channel in left), round_.zone)
    free = holidays.around(limits.profile_of(round_).key, first)
    return standstill.of_letters(left, rule_of(round_), free)


def last_day(ends_at: dt.datetime, round_: Round) -> dt.date:
    """The day, in the zone of the round, with which a standstill ends."""
    return standstill.day_before(ends_at, round_.zone)


def contents(session: Session, decision: AwardDecision) -> Contents:
    """Everything the letters of a decision are made from."""
    given: dict[int, list[Award]] = {}
    for one in decisions.awards(session, decision):
        given.setdefault(one.lot_id, []).append(one)
    decided = selection.selections(session, decision.round)
    return Contents(
        decision,
        {one.lot.id: one for one in rankings.tables(session, decision.ranking)},
        decisions.lots(session, decision),
        {lot: tuple(listed) for lot, listed in given.items()},
        reasons.written(session, decision),
        {number: one.motive for number, one in decided.items() if one.outcome == "excluded"},
    )


def compose(
    found: Contents, letter: AwardLetter, *, ends_at: dt.datetime, days: int, left_at: dt.datetime, say: Say
) -> str:
    """The text of one letter."""
    return letter_text.whole(found, letter, ends_at=ends_at, days=days, left_at=left_at, say=say)


def preview(session: Session, letter: AwardLetter, *, now: dt.datetime, say: Say) -> str:
    """The letter as it leaves or left, else as it would leave now."""
    if letter.text:
        return letter.text
    round_ = letter.decision.round
    ends_at, days = standstill_of(round_, of_decision(session, letter.decision), now)
    return compose(contents(session, letter.decision), letter, ends_at=ends_at, days=days, left_at=now, say=say)


def leave(letter: AwardLetter, text: str, *, now: dt.datetime) -> None:
    """Keep a letter as it leaves, with its hash. One by other means has left once its day is noted."""
    letter.text, letter.sha256 = text, digest(text)
    letter.left_at = now if letter.channel == "electronic" else None


def digest(text: str) -> str:
    """SHA-256 of a letter as UTF-8."""
    return hashlib.sha256(text.encode()).hexdigest()


def is_intact(letter: AwardLetter) -> bool:
    """Whether a letter is still what the hash of the announcement says."""
    return bool(letter.text) and digest(letter.text) == letter.sha256


def note_day(session: Session, letter: AwardLetter, left_on: dt.date, *, actor: Actor, now: dt.datetime) -> None:
    """Note the day on which a letter left by other means, never one before the announcement. Raises InvalidInput."""
    round_ = letter.decision.round
    announced = letter.decision.announced_at or now
    first, last = standstill.local_day(announced, round_.zone), standstill.local_day(now, round_.zone)
    if not first <= left_on <= last:
        raise InvalidInput(
            "left-on",
            N_("Give a day between the announcement (%(first)s) and today."),
            field="left_on",
            first=first,
        )
    letter.left_at = max(announced, standstill.noon(left_on, round_.zone))
    told = {"receipt": letter.submission.receipt_number, "left_on": left_on.isoformat()}
    audit.record(session, POSTED, actor=actor, now=now, subject=letter, **told)
