"""The keys of a round's openers where its seal is in shares: chosen before publication, dealt at it, used to open (docs/sealing.md)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from framework.ground import audit, shares
from framework.ground.actors import Actor, roles_in
from framework.ground.errors import InvalidInput, MoveRefused, NotAllowed, Stale, WrongPhase
from framework.ground.permissions import BEFORE_PUBLICATION
from framework.ground.text import N_
from framework.people import passwords
from framework.rounds.settings import value
from models.base import random_id
from models.disclosure import OpenerKey
from models.people import Appointment, User
from models.rounds import Round

SHORTEST = 12
FEWEST = 2
CHOOSABLE = BEFORE_PUBLICATION | {"ready"}

MADE = audit.declare("opener_key.made", "public_key")
MADE_ANEW = audit.declare("opener_key.made_anew", "public_key", "before")
SHOWN = audit.declare("opener_key.shown")
REMOVED = audit.declare("opener_key.removed", "opener")
DEALT = audit.declare("opener_key.dealt", "public_key", "shares", "needed")


def is_on(round_: Round) -> bool:
    """Whether a round is, or will be, sealed with shares of its openers."""
    return bool(round_.seal_public_key) or value(round_, "seal_mode") == "shares"


def persons_needed(round_: Round) -> int:
    """How many openers must act together: the round's setting, never fewer than two where each holds a share."""
    needed = int(value(round_, "opening_persons"))
    return max(needed, FEWEST) if is_on(round_) else needed


def acceptable(passphrase: str, again: str, *, email: str, password_hash: str | None) -> str:
    """A passphrase that may be taken; raises InvalidInput. It compares with the password: slow, so outside any transaction."""
    if len(passphrase.strip()) < SHORTEST:
        raise InvalidInput(
            "passphrase-short",
            N_("A passphrase has at least %(least)s characters."),
            field="passphrase",
            least=SHORTEST,
        )
    passwords.acceptable(passphrase, email=email, field="passphrase")
    if passphrase != again:
        raise InvalidInput(
            "passphrase-differs", N_("The two are not the same. Type both once more."), field="passphrase_again"
        )
    if passwords.matches(password_hash, passphrase):
        raise InvalidInput(
            "passphrase-is-password",
            N_("This is your password. Choose another: the server sees your password at every sign-in."),
            field="passphrase",
        )
    return passphrase


def of_round(session: Session, round_: Round) -> dict[int, OpenerKey]:
    """The keys of a round by the id of their holder."""
    found = session.scalars(select(OpenerKey).where(OpenerKey.round_id == round_.id).order_by(OpenerKey.id))
    return {key.user_id: key for key in found}


def own(session: Session, round_: Round, actor: Actor) -> OpenerKey | None:
    """The key of the actor."""
    query = select(OpenerKey).where(OpenerKey.round_id == round_.id, OpenerKey.user_id == actor.user_id)
    return session.scalar(query.options(joinedload(OpenerKey.user)))


def held(key: OpenerKey | None, round_: Round) -> shares.Held:
    """What is needed to unlock a key outside any transaction. Raises MoveRefused where none was chosen."""
    if key is None:
        raise MoveRefused(
            "no-opener-key", N_("You have chosen no passphrase for this round, so you hold no share of its key.")
        )
    what = shares.of_opener(key.user.public_id, round_.public_id)
    return shares.Held(key.public_key, key.sealed_private_key, what)


def keep(
    session: Session, round_: Round, made: shares.Made, *, replaces: str, actor: Actor, now: dt.datetime
) -> OpenerKey:
    """Keep the key pair of an opener, in the place of the one whose public key is `replaces` (blank: the first).

    Raises WrongPhase from publication on, NotAllowed for who is no opener, Stale where another key came meanwhile.
    """
    lock(session, round_)
    _may_choose(session, round_, actor)
    key = own(session, round_, actor)
    if (key.public_key if key is not None else "") != replaces:
        raise Stale(
            "opener-key-newer",
            N_("You chose a passphrase meanwhile, in another window. That one holds; its sheet is the one to keep."),
        )
    if key is None:
        key = OpenerKey(round_id=round_.id, user_id=actor.user_id, created_at=now, created_by_id=actor.user_id)
        key.public_id = random_id()
        session.add(key)
    key.public_key, key.sealed_private_key = made.public_key, made.sealed_private_key
    if replaces:
        audit.record(
            session, MADE_ANEW, actor=actor, now=now, subject=round_, public_key=made.public_key, before=replaces
        )
    else:
        audit.record(session, MADE, actor=actor, now=now, subject=round_, public_key=made.public_key)
    return key


def note_shown(session: Session, round_: Round, *, actor: Actor, now: dt.datetime) -> None:
    """Write down that an opener had the recovery sheet shown again."""
    audit.record(session, SHOWN, actor=actor, now=now, subject=round_)


def remove(session: Session, round_: Round, user: User, *, actor: Actor, now: dt.datetime) -> None:
    """Forget the key of a person who is no opener any more; before publication only, when no share depends on it."""
    query = select(OpenerKey).where(OpenerKey.round_id == round_.id, OpenerKey.user_id == user.id)
    key = session.scalar(query)
    if key is not None and key.share_number is None:
        session.delete(key)
        audit.record(session, REMOVED, actor=actor, now=now, subject=round_, opener=user.public_id)


def public_keys(session: Session, round_: Round) -> list[dict[str, Any]]:
    """Opener and public key for the frozen terms: of the openers as they stand, once published of those with a share."""
    query = select(User.public_id, OpenerKey.public_key).join(User, User.id == OpenerKey.user_id)
    query = query.where(OpenerKey.round_id == round_.id)
    if round_.published_at is None:
        query = query.where(OpenerKey.user_id.in_(_standing(round_)))
    else:
        query = query.where(OpenerKey.share_number.is_not(None))
    return [{"opener": row[0], "public_key": row[1]} for row in session.execute(query.order_by(User.public_id))]


def deal(session: Session, round_: Round) -> dict[str, Any]:
    """Make the key of a round and lock a share of it for each opener; the key itself is kept nowhere.

    Returns what stands in the record. The openers with their keys are the ones that readiness has just looked at.
    """
    query = select(OpenerKey).where(OpenerKey.round_id == round_.id, OpenerKey.user_id.in_(_standing(round_)))
    holders = dict(enumerate(session.scalars(query.order_by(OpenerKey.id)), 1))
    needed = persons_needed(round_)
    public, locked = shares.deal({n: key.public_key for n, key in holders.items()}, needed, round_.public_id)
    for number, key in holders.items():
        key.share_number, key.sealed_share = number, locked[number]
    round_.seal_public_key = public
    return {"public_key": public, "shares": len(holders), "needed": needed}


def without(openers: Iterable[Appointment], keys: Iterable[int]) -> list[str]:
    """Names of the openers that have chosen no passphrase."""
    chosen = set(keys)
    return [one.user.name for one in openers if one.user_id not in chosen]


def lock(session: Session, round_: Round) -> None:
    """Hold the round's row until the commit, and look at it anew."""
    session.execute(select(Round.id).where(Round.id == round_.id).with_for_update())
    session.refresh(round_)


def _may_choose(session: Session, round_: Round, actor: Actor) -> None:
    if "opener" not in roles_in(session, actor, round_):
        raise NotAllowed("role-missing", N_("Only %(who)s may do this."), who="opener")
    if round_.state not in CHOOSABLE:
        raise WrongPhase(
            "receipt-over", N_("The tender is published: the passphrases of its openers stand as they are."), rule="L07"
        )
    if not is_on(round_):
        raise MoveRefused("no-shares", N_("This round is not sealed with shares of its openers."))


def _standing(round_: Round) -> Any:
    return select(Appointment.user_id).where(
        Appointment.round_id == round_.id, Appointment.role == "opener", Appointment.withdrawn_at.is_(None)
    )
