"""Keys of versions whose round only its openers' shares open: in memory while their sender's session lives, else nowhere.

Without such a key the platform cannot read the version again before the opening, whoever asks.
"""

from __future__ import annotations

import base64
import datetime as dt
import logging
from collections.abc import Iterable

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from framework.ground.master_key import UnsafeKey
from models.disclosure import Submission
from models.people import ApiToken, User, UserSession
from models.sealing import Kept, Key, ring

KIND = "tender-"
LONGEST = dt.timedelta(hours=12)
"""No session lives longer; `forget_ended` forgets a key within a minute of the end of its session."""
REF = 16
"""So many signs of the hash of a session's token are its reference."""
logger = logging.getLogger(__name__)


def keep(submission: Submission, key: Key, *, session_ref: str, now: dt.datetime) -> None:
    """Keep the key of a version that just came. Where that fails it is read after the opening; its receipt stands."""
    deposits = ring().deposits
    if deposits is None:
        return
    held = {
        "content": base64.b64encode(key.content).decode("ascii"),
        "organisation": str(submission.supplier.id),
        "session": session_ref,
        "since": now.isoformat(),
    }
    try:
        deposits.put(f"{KIND}{key.id}", held, until=now + LONGEST)
    except (OSError, UnsafeKey) as error:
        logger.error("the key of receipt %s is not kept: %s", submission.receipt_number, type(error).__name__)


def is_kept(submission: Submission) -> bool:
    """Whether its key is in memory still, for whomever."""
    deposits = ring().deposits
    return deposits is not None and deposits.get(f"{KIND}{submission.seal_id}") is not None


def of_organisation(deposits: Kept | None, organisation_id: int, session_ref: str | None) -> dict[str, bytes]:
    """The keys of what an organisation sent; with a session only those of what was sent in it."""
    if deposits is None:
        return {}
    return {
        name.removeprefix(KIND): base64.b64decode(held["content"])
        for name, held in deposits.all(KIND)
        if held["organisation"] == str(organisation_id) and session_ref in (None, held["session"])
    }


def of_keys(deposits: Kept | None, ids: Iterable[str]) -> dict[str, bytes]:
    """Those of these keys that are kept."""
    if deposits is None:
        return {}
    found = {one: deposits.get(f"{KIND}{one}") for one in ids}
    return {one: base64.b64decode(held["content"]) for one, held in found.items() if held is not None}


def forget(session_ref: str) -> None:
    """Forget the keys of what was sent in a session, because it ends."""
    deposits = ring().deposits
    if deposits is None or not session_ref:
        return
    for name, held in list(deposits.all(KIND)):
        if held["session"] == session_ref:
            deposits.drop(name)


def forget_ended(session: Session, deposits: Kept, *, now: dt.datetime, idle: dt.timedelta) -> None:
    """Forget the keys of sessions that ended, expired or have been idle for too long, and of tokens that were revoked.

    Whoever sent something within `idle` was not idle, whether or not that was written down yet.
    """
    kept = list(deposits.all(KIND, now=now))
    if not kept:
        return
    seen = _live(session, {held["session"] for _name, held in kept}, now)
    for name, held in kept:
        last = seen.get(held["session"])
        if last is None or max(last, dt.datetime.fromisoformat(held["since"])) < now - idle:
            deposits.drop(name)


def _live(session: Session, refs: set[str], now: dt.datetime) -> dict[str, dt.datetime]:
    """Of these sessions and tokens those that are not over, with the moment at which each was used last."""
    ref = func.substr(UserSession.token_hash, 1, REF)
    sessions = (
        select(ref, UserSession.last_seen_at)
        .join(User, User.id == UserSession.user_id)
        .where(ref.in_(refs), UserSession.ended_at.is_(None), UserSession.expires_at > now, User.disabled_at.is_(None))
    )
    tokens = select(ApiToken.public_id, func.coalesce(ApiToken.last_used_at, ApiToken.created_at)).where(
        ApiToken.public_id.in_(refs), ApiToken.revoked_at.is_(None), ApiToken.expires_at > now
    )
    return {row[0]: row[1] for query in (sessions, tokens) for row in session.execute(query)}
