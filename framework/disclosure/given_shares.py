"""Shares that openers gave with their confirmations: in memory until enough are there, or the window ends (docs/sealing.md)."""

from __future__ import annotations

import base64
import datetime as dt
import logging
from collections.abc import Iterable

from sqlalchemy.orm import Session

from framework.ground import shares
from framework.ground.actors import Actor
from framework.ground.errors import MoveRefused
from framework.ground.master_key import UnsafeKey
from framework.ground.text import N_
from framework.rounds import opener_keys
from models.boxes import PrivateBox
from models.disclosure import OpenerKey, Opening, OpeningConfirmation
from models.rounds import Round
from models.sealing import Kept, ring

logger = logging.getLogger(__name__)


def own_share(session: Session, round_: Round, private: bytes | None, *, actor: Actor) -> tuple[int, bytes]:
    """Number and content of the actor's share. Raises MoveRefused where the actor holds none, or its key is not given."""
    key = opener_keys.own(session, round_, actor)
    if key is None or key.share_number is None:
        raise MoveRefused("no-share", N_("You hold no share of the key of this round."), rule="L07e")
    if private is None:
        raise MoveRefused("passphrase-missing", N_("Confirm with your passphrase or your recovery code."), rule="L07e")
    return key.share_number, shares.opened_share(private, key.sealed_share, key.share_number, round_.public_id)


def put(opening: Opening, number: int, share: bytes, *, now: dt.datetime) -> None:
    """Keep a share until the window ends. Raises MoveRefused where it cannot be kept."""
    held = {"share": base64.b64encode(share).decode("ascii"), "opening": opening.public_id}
    try:
        _deposits().put(_name(opening.round, number), held, until=opening.window_ends_at)
    except (OSError, UnsafeKey) as error:
        logger.error("a share cannot be kept in memory: %s", error)
        raise _no_place() from error


def drop(round_: Round, number: int) -> None:
    """Forget one share, whose confirmation did not come about."""
    _deposits().drop(_name(round_, number))


def forget(round_id: str, *, now: dt.datetime) -> None:
    """Forget every share of a round: it is open, or nobody waits for them any more."""
    kept = ring().deposits
    if kept is not None:
        for name, _held in list(kept.all(f"opening-{round_id}-", now=now)):
            kept.drop(name)


def at_hand(
    session: Session, opening: Opening, given: Iterable[OpeningConfirmation], *, now: dt.datetime
) -> dict[int, bytes]:
    """The shares of these confirmations that are still in memory, by number."""
    keys, found = opener_keys.of_round(session, opening.round), {}
    for one in given:
        number = _number(keys.get(one.user_id))
        share = None if number is None else _get(opening, number, now)
        if number is not None and share is not None:
            found[number] = share
    return found


def lost(session: Session, opening: Opening | None, *, now: dt.datetime) -> list[OpeningConfirmation]:
    """Confirmations of a running window whose share is gone, since the service was restarted: they are given again."""
    if opening is None or not opening.round.seal_public_key:
        return []
    keys = opener_keys.of_round(session, opening.round)
    numbers = {one.id: _number(keys.get(one.user_id)) for one in opening.confirmations}
    return [
        one
        for one in opening.confirmations
        if (number := numbers[one.id]) is None or _get(opening, number, now) is None
    ]


def box(round_: Round, found: dict[int, bytes]) -> PrivateBox:
    """What opens the round. Raises MoveRefused where the shares do not give its key."""
    return shares.joined(found, opener_keys.persons_needed(round_), round_.seal_public_key)


def _get(opening: Opening, number: int, now: dt.datetime) -> bytes | None:
    kept = ring().deposits
    held = None if kept is None else kept.get(_name(opening.round, number), now=now)
    if held is None or held.get("opening") != opening.public_id:
        return None
    return base64.b64decode(held["share"])


def _number(key: OpenerKey | None) -> int | None:
    return None if key is None else key.share_number


def _name(round_: Round, number: int) -> str:
    return f"opening-{round_.public_id}-{number}"


def _deposits() -> Kept:
    kept = ring().deposits
    if kept is None:
        raise _no_place()
    return kept


def _no_place() -> MoveRefused:
    return MoveRefused(
        "no-place-in-memory",
        N_(
            "This installation has no place in memory for keys, so nobody can confirm. Tell the operator; nothing is lost."
        ),
        rule="L07e",
    )
