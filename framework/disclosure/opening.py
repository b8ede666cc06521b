"""The opening: enough openers confirm within a window, each on a session of their own; then contents may be read."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Callable
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session, joinedload

from framework.disclosure import given_shares, releasing, sealing
from framework.disclosure.receiving import BUILD_JOB, CHECK_JOB, Clock, is_past, lock
from framework.ground import audit, jobs, lifecycle, separation
from framework.ground.actors import SYSTEM, Actor, roles_in
from framework.ground.errors import MoveRefused, NotAllowed
from framework.ground.text import N_
from framework.rounds import opener_keys, settings
from models.disclosure import Opening, OpeningConfirmation, Submission
from models.people import Appointment, RoleGrant, User
from models.rounds import Round
from models.sealing import KeyMissing, SealBroken, WrongMasterKey, ring

CONFIRMED = audit.declare("opening.confirmed", "needed", "given")
GIVEN_AGAIN = audit.declare("opening.share_given_again", "needed", "given")


def confirm(
    session: Session,
    round_: Round,
    *,
    actor: Actor,
    clock: Clock,
    private: bytes | None = None,
    end_readings: Callable[[], None] = lambda: None,
) -> Opening:
    """Give one opener's confirmation; the last one needed opens the tenders in the same transaction.

    Where openers hold shares, `private` is the actor's private key: its share is kept until the window ends, and the last
    one joins them. Who confirmed and whose share a restart lost gives it again. `end_readings` is done before such an
    opening, which waits for none.

    Raises MoveRefused: receipt still open, something still being read, nothing counted, not an
    opener, tied to a bidder, the same person or session twice (law L07e), no share, shares that do not fit. FactorStale:
    the second factor was given too long ago (SD1).
    """
    lock(session, round_)
    now = clock()
    _refuse_others(session, round_, actor)
    _refuse_unready(session, round_, now)
    _refuse_tied(session, round_, actor)
    share = given_shares.own_share(session, round_, private, actor=actor) if round_.seal_public_key else None
    opening = live_opening(session, round_, now=now) or _new_opening(session, round_, actor, now)
    again = actor.user_id in {one.user_id for one in given_shares.lost(session, opening, now=now)}
    if not again:
        _refuse_twice(opening, actor)
    separation.require_fresh_factor(session, round_, actor=actor, now=now)
    if not again:
        opening.confirmations.append(OpeningConfirmation(user_id=actor.user_id, session_ref=actor.session_ref, at=now))
    session.flush()
    needed, held = persons_needed(round_), valid(session, opening)
    kind = GIVEN_AGAIN if again else CONFIRMED
    audit.record(session, kind, actor=actor, now=now, subject=round_, needed=needed, given=len(held))
    if share is None:
        if len(held) >= needed:
            _open(session, round_, opening, held, actor=actor, now=now)
    else:
        _with_share(session, round_, opening, held, share, end_readings, actor=actor, now=now)
    return opening


def _with_share(
    session: Session,
    round_: Round,
    opening: Opening,
    held: list[OpeningConfirmation],
    share: tuple[int, bytes],
    end_readings: Callable[[], None],
    *,
    actor: Actor,
    now: dt.datetime,
) -> None:
    """Keep a share; where enough are at hand, open with them. Where that fails the share goes with its confirmation."""
    number, content = share
    given_shares.put(opening, number, content, now=now)
    try:
        found = given_shares.at_hand(session, opening, held, now=now)
        if len(found) < persons_needed(round_):
            return
        boxes = ring().boxes
        boxes[round_.public_id] = given_shares.box(round_, found)
        try:
            end_readings()
            _open(session, round_, opening, held, actor=actor, now=now)
        finally:
            del boxes[round_.public_id]
    except BaseException:
        given_shares.drop(round_, number)
        raise


def _open(
    session: Session,
    round_: Round,
    opening: Opening,
    held: list[OpeningConfirmation],
    *,
    actor: Actor,
    now: dt.datetime,
) -> None:
    """The opening itself, proposed by another opener than the one who acts where there is one."""
    first = next((one.user_id for one in held if one.user_id != actor.user_id), actor.user_id)
    lifecycle.move(session, round_, "open_tenders", actor=actor, now=now, proposer_id=first, opening=opening)


def shares_lost(session: Session, opening: Opening | None, *, now: dt.datetime) -> list[OpeningConfirmation]:
    """Confirmations whose share a restart lost, where openers hold shares: these persons give them again."""
    return given_shares.lost(session, opening, now=now)


def forget_shares(round_id: str, *, now: dt.datetime) -> None:
    """Forget the shares that were given for a round: it is open, and that is committed."""
    given_shares.forget(round_id, now=now)


def live_opening(session: Session, round_: Round, *, now: dt.datetime) -> Opening | None:
    """The opening whose window is running, with its confirmations."""
    query = (
        select(Opening)
        .options(joinedload(Opening.confirmations).joinedload(OpeningConfirmation.user))
        .where(Opening.round_id == round_.id, Opening.opened_at.is_(None), Opening.window_ends_at >= now)
        .order_by(Opening.id.desc())
        .limit(1)
    )
    return session.scalars(query).unique().first()


def valid(session: Session, opening: Opening) -> list[OpeningConfirmation]:
    """The confirmations that still hold: of openers who are appointed, active and without a tie at this moment (SD3)."""
    appointed = select(Appointment.user_id).where(
        Appointment.round_id == opening.round_id, Appointment.role == "opener", Appointment.withdrawn_at.is_(None)
    )
    active = select(User.id).where(User.id.in_(appointed), User.disabled_at.is_(None))
    openers = set(session.scalars(active)) - set(session.scalars(_tied(opening.round)))
    return [given for given in opening.confirmations if given.user_id in openers]


def record_of(session: Session, round_: Round) -> Opening | None:
    """The opening that opened the round, with its record."""
    query = select(Opening).where(Opening.round_id == round_.id, Opening.opened_at.is_not(None))
    return session.scalar(query)


def persons_needed(round_: Round) -> int:
    """How many openers must confirm (round setting, frozen at publication; practice, not law)."""
    return opener_keys.persons_needed(round_)


def obstacles(session: Session, round_: Round, *, now: dt.datetime) -> list[tuple[str, str]]:
    """What stands in the way of an opening now, as (code, sentence template). One by shares waits for no reading.

    Past the deadline a round that the clock job has not closed yet is looked at as if it had been.
    """
    found: list[tuple[str, str]] = []
    due = round_.state == "published" and is_past(round_, now)
    if round_.state != "receipt_closed" and not due:
        found.append(("receipt-open", N_("Receipt is not closed yet.")))
    states = set(session.scalars(select(Submission.state).where(Submission.round_id == round_.id)))
    again = select(Submission.id).where(
        Submission.round_id == round_.id, Submission.state == "checked", Submission.is_mended
    )
    is_reading = "staged" in states or session.scalar(again.limit(1)) is not None
    if is_reading and not sealing.is_by_shares(round_):
        found.append(("still-reading", N_("A version that arrived in time is still being read. Wait a moment.")))
    may_count = is_reading and sealing.is_by_shares(round_)
    if "counted" not in states and not may_count and not (due and _will_count(session, round_)):
        found.append(("nothing-counted", N_("No version counts, so there is nothing to open.")))
    return found


def _will_count(session: Session, round_: Round) -> bool:
    """Whether closing receipt will count a version by itself."""
    ready = select(Submission.id).where(
        Submission.round_id == round_.id, Submission.state == "checked", Submission.verdict == "countable"
    )
    return bool(settings.value(round_, "auto_count")) and session.scalar(ready.limit(1)) is not None


def _refuse_others(session: Session, round_: Round, actor: Actor) -> None:
    if "opener" not in roles_in(session, actor, round_):
        raise NotAllowed("role-missing", N_("Only %(who)s may do this."), who="opener")


def _refuse_unready(session: Session, round_: Round, now: dt.datetime) -> None:
    if round_.state != "receipt_closed":
        raise MoveRefused("receipt-open", N_("Receipt is not closed yet."), rule="L07e")
    for code, sentence in obstacles(session, round_, now=now):
        raise MoveRefused(code, sentence, rule="L07e")


def _refuse_tied(session: Session, round_: Round, actor: Actor) -> None:
    if session.scalar(_tied(round_).where(RoleGrant.user_id == actor.user_id).limit(1)) is not None:
        raise MoveRefused("tied", N_("You have a tie to a bidder and cannot open this round."), rule="SD3")


def _tied(round_: Round) -> Select[int]:
    """The users who hold a role in an organisation that sent something."""
    bidders = select(Submission.supplier_id).where(Submission.round_id == round_.id)
    return select(RoleGrant.user_id).where(RoleGrant.organisation_id.in_(bidders), RoleGrant.withdrawn_at.is_(None))


def _refuse_twice(opening: Opening, actor: Actor) -> None:
    for given in opening.confirmations:
        if given.user_id == actor.user_id or given.session_ref == actor.session_ref:
            raise MoveRefused(
                "same-person",
                N_("You have confirmed already. Another opener must confirm on an own device."),
                rule="SD1",
            )


def _new_opening(session: Session, round_: Round, actor: Actor, now: dt.datetime) -> Opening:
    minutes = int(settings.value(round_, "opening_window_minutes"))
    opening = Opening(
        round=round_,
        window_ends_at=now + dt.timedelta(minutes=minutes),
        record={},
        created_at=now,
        created_by_id=actor.user_id,
    )
    session.add(opening)
    session.flush()
    return opening


def _guard_open(session: Session, round_: Round, context: lifecycle.Context) -> None:
    _refuse_unready(session, round_, context.now)
    opening: Opening | None = context.facts.get("opening")
    if opening is None or opening.window_ends_at < context.now:
        raise MoveRefused("window-over", N_("The time to confirm together is over. Begin again."), rule="L07e")
    persons = {given.user_id for given in valid(session, opening)}
    if len(persons) < persons_needed(round_):
        raise MoveRefused("persons-missing", N_("More openers must confirm."), rule="L07e")


def _after_open(session: Session, round_: Round, context: lifecycle.Context) -> None:
    opening: Opening = context.facts["opening"]
    now = context.now
    round_.opened_at = opening.opened_at = now
    for submission in _counted(session, round_):
        submission.opened_at = now
        _lay_open(session, submission)
        lifecycle.move(session, submission, "open", actor=SYSTEM, now=now)
        _prepare(session, submission, now)
    opening.record = _record(session, round_, opening)
    opening.record_text = json.dumps(opening.record, sort_keys=True, ensure_ascii=False)


def _prepare(session: Session, submission: Submission, now: dt.datetime) -> None:
    """What follows the opening: the chain is made of what was read; what nobody could read before is read first."""
    if submission.is_read_late:
        submission.job = jobs.enqueue(
            session, CHECK_JOB, now=now, organisation_id=submission.supplier_id, submission=submission.public_id
        )
        return
    owner = submission.round.organisation_id
    jobs.enqueue(session, BUILD_JOB, now=now, organisation_id=owner, submission=submission.public_id)


def _lay_open(session: Session, submission: Submission) -> None:
    """Release the keys of one version. Whatever was changed below the product is found here, and nothing is opened."""
    try:
        releasing.release(session, submission)
    except SealBroken as error:
        raise _seal_changed(submission) from error
    except (KeyMissing, WrongMasterKey) as error:
        if submission.round.seal_public_key:
            raise _seal_changed(submission) from error
        missing = N_(
            "The master key of this installation does not open this round, so nothing was opened. The operator puts the "
            "right key file back; then confirm again."
        )
        raise MoveRefused("master-key-wrong", missing, rule="L07e") from error


def _seal_changed(submission: Submission) -> MoveRefused:
    broken = N_(
        "What is stored of receipt %(receipt)s was changed outside the product, so nothing was opened. The operator "
        "puts it back from a backup; then confirm again."
    )
    return MoveRefused("seal-broken", broken, rule="L08", receipt=submission.receipt_number)


def record_hash(opening: Opening) -> str:
    """SHA-256 of the opening record's canonical text."""
    return hashlib.sha256(opening.record_text.encode("utf-8")).hexdigest()


def _counted(session: Session, round_: Round) -> list[Submission]:
    query = select(Submission).where(Submission.round_id == round_.id, Submission.state == "counted")
    return list(session.scalars(query.order_by(Submission.receipt_seq)))


def _record(session: Session, round_: Round, opening: Opening) -> dict[str, Any]:
    """Names, times, receipt numbers and hashes; late files by number only."""
    everything = session.scalars(
        select(Submission)
        .options(joinedload(Submission.file), joinedload(Submission.supplier))
        .where(Submission.round_id == round_.id)
        .order_by(Submission.receipt_seq)
    ).all()
    return {
        "round": round_.public_id,
        "frozen_hash": round_.frozen_hash,
        "closed_set_digest": round_.closed_set_digest,
        "opened_at": opening.opened_at.isoformat() if opening.opened_at else None,
        "confirmed": [{"name": c.user.name, "at": c.at.isoformat()} for c in valid(session, opening)],
        "opened": [
            {
                "receipt": s.receipt_number,
                "supplier": s.supplier.name,
                "received_at": s.received_at.isoformat(),
                "sha256": s.file.content_sha256,
                "bytes": s.file.size,
            }
            for s in everything
            if s.state == "opened"
        ],
        "late": [s.receipt_number for s in everything if s.state == "late"],
    }


def _lifts_four_eyes(round_: Round) -> bool:
    return persons_needed(round_) == 1


lifecycle.register("round", "open_tenders", guard=_guard_open, effect=_after_open, one_person=_lifts_four_eyes)
lifecycle.register("submission_tender", "open")
