"""That a reader has seen what a mail would tell: the mail that waits then leaves without it, or not at all."""

from __future__ import annotations

import logging
from collections.abc import Collection

from flask import request
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from framework.ground import digest, jobs
from models.base import db
from models.people import User
from models.rounds import Round
from views.caller import is_call
from views.guard import actor

logger = logging.getLogger(__name__)
PATIENCE_MS = 200
"""So long a page waits for the database to be free for the note."""


def note(template: str, round_: Round, keys: Collection[str]) -> None:
    """Take these things out of the mail that waits to tell the reader of them; a page without such a mail writes nothing.

    It is written in a transaction of its own: a database that is busy costs the note, never the page.
    """
    who = actor().user_id
    if who is None or request.method != "GET" or is_call() or not keys:
        return
    address = db.session.get_one(User, who).email
    if not digest.waits(db.session(), template, address, round_.id, keys):
        return
    try:
        with Session(db.engine.execution_options(write=True, lock_wait_ms=PATIENCE_MS), info={"write": True}) as own:
            digest.seen(own, template, address, round_.id, keys)
            own.commit()
    except OperationalError as error:
        logger.warning("no note of what was seen: %s", jobs.reason(error))
