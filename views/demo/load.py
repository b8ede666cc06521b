"""Load the demonstration once, and give its open round half an hour at each later start."""

from __future__ import annotations

import datetime as dt
import heapq
import itertools

from flask import current_app
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from framework.disclosure import counting
from framework.ground.actors import SYSTEM
from framework.ground.files import FileStore
from framework.people.second_factor import key_from
from framework.rounds import deadline, outages
from models.people import Organisation
from models.records import Mail
from models.rounds import Round
from views import keyring
from views.demo import cast
from views.demo.stage import Stage
from views.demo.stories import OPEN_MINUTES, STORIES
from views.settings import Settings

OPEN_ROUND = "demodesktops2027"


class RealData(Exception):
    """The installation holds organisations that nobody invented: the demonstration is not mixed with them."""


def load(session: Session, files: FileStore, settings: Settings, *, now: dt.datetime) -> bool:
    """Load everything in the caller's transaction, once; True where it was loaded now.

    A later call gives the open round its half hour again. Raises RealData.
    """
    found = cast.find(session)
    if found is not None:
        _give_time(Stage(session, files, found, now))
        return False
    if session.scalar(select(Organisation.id).where(Organisation.is_invented.is_(False)).limit(1)) is not None:
        raise RealData
    long_ago = now - dt.timedelta(days=200)
    people = cast.make(
        session,
        key=key_from(settings.secret()),
        needs_second_factor=settings.needs_second_factor(),
        now=long_ago,
    )
    with keyring.with_master(current_app):
        _play(Stage(session, files, people, now))
    _put_mails_away(session, now)
    return True


def _play(stage: Stage) -> None:
    """Play all stories side by side, always going on with the one whose time comes first, as the record has it."""
    numbers = itertools.count()
    waiting = []
    for story in STORIES:
        running = story(stage)
        heapq.heappush(waiting, (next(running), next(numbers), running))
    while waiting:
        stage.now, number, running = heapq.heappop(waiting)
        following = next(running, None)
        stage.session.flush()
        if following is not None:
            heapq.heappush(waiting, (following, number, running))


def _put_mails_away(session: Session, now: dt.datetime) -> None:
    """What the stories mailed has left long ago: the outbox shows it, nothing is sent now."""
    session.flush()
    session.execute(
        update(Mail)
        .where(Mail.state == "waiting")
        .values(state="sent", sent_at=now, secret="", attempts=Mail.attempts + 1)
    )


def _give_time(stage: Stage) -> None:
    """Move the deadline of the open round by the acts that exist for it; a round that was opened stays opened."""
    round_ = stage.session.scalar(select(Round).where(Round.public_id == OPEN_ROUND))
    if round_ is None or round_.tender_deadline is None or round_.state not in ("published", "receipt_closed"):
        return
    until = stage.now + dt.timedelta(minutes=OPEN_MINUTES)
    counting.close_if_due(stage.session, round_, clock=stage.clock, files=stage.files)
    stage.session.flush()
    if round_.state == "published":
        _move_deadline(stage, round_, until)
    else:
        _reopen(stage, round_, until)
    _put_mails_away(stage.session, stage.now)


def _move_deadline(stage: Stage, round_: Round, until: dt.datetime) -> None:
    if until <= (round_.tender_deadline or until):
        return
    motive = "The demonstration was started again."
    deadline.propose(stage.session, round_, until, motive=motive, actor=stage.lead, now=stage.now)
    stage.session.flush()
    deadline.confirm(stage.session, round_, actor=stage.actor("lead2"), clock=lambda: stage.now)


def _reopen(stage: Stage, round_: Round, until: dt.datetime) -> None:
    """The demonstration did not run at its deadline: an outage, after which two persons open receipt again."""
    passed = round_.tender_deadline or stage.now
    started = passed - dt.timedelta(minutes=1)
    note = "The demonstration was not running."
    outages.record(stage.session, started_at=started, ended_at=stage.now, note=note, actor=SYSTEM, now=stage.now)
    deadline.reopen_after_outage(
        stage.session,
        round_,
        until,
        motive=note,
        proposer_id=stage.lead.user_id,
        actor=stage.actor("lead2"),
        now=stage.now,
    )
