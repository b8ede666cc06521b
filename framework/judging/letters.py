"""Judging by letters: who reads letters instead of the names of bidders, and which letter stands for whom (docs/judging.md).

A letter follows from the ids of round and bidder, keyed by a salt that no page shows: it tells nothing of receipt, alphabet or age, is the same on every page
and for every evaluator, and another in the next round. Names are read again once the judging is closed.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Collection

from sqlalchemy import select
from sqlalchemy.orm import Session

from framework.disclosure.confidentiality import letter
from framework.disclosure.lettered import STATES, reads_letters
from framework.disclosure.veil import OPENED
from models.disclosure import Submission
from models.people import Appointment, Organisation, User
from models.rounds import Round
from models.veiled import Bidder, Names

Words = Callable[[str], str]
"""What is read in place of a bidder, from its letter; blank: one whom several rounds call differently."""


def letters(session: Session, round_: Round) -> dict[int, str]:
    """The letter of each bidder of an opened round, by organisation."""
    return {number: letter(order) for order, (number, *_facts) in enumerate(_bidders(session, round_))}


def names_for(session: Session, round_: Round | None, user_id: int | None, words: Words) -> Names | None:
    """The bidders whom a person knows by letters in a round, or on a page of no round in any; None where it reads names."""
    if round_ is not None:
        rounds: Collection[Round] = [round_] if reads_letters(session, round_, user_id) else []
    else:
        rounds = [one for one in _judged_by(session, user_id) if reads_letters(session, one, user_id)]
    if not rounds:
        return None
    found: dict[int, Bidder] = {}
    for one in rounds:
        for order, (number, name, registration_no, mail_domain) in enumerate(_bidders(session, one)):
            shown = words(letter(order) if number not in found else "")
            found[number] = Bidder(shown, name, registration_no, mail_domain)
    return Names(tuple(found.values()))


def names_of_mail(session: Session, recipient: str, round_id: int | None, words: Words) -> Names | None:
    """The same for a mail to somebody about a round, or about none."""
    user = session.scalar(select(User.id).where(User.folded_email == recipient.strip().casefold()))
    round_ = session.get(Round, round_id) if round_id is not None else None
    return names_for(session, round_, user, words) if user is not None else None


def _judged_by(session: Session, user_id: int | None) -> list[Round]:
    """The rounds that a person judges now or is to judge."""
    if user_id is None:
        return []
    mine = select(Appointment.round_id).where(
        Appointment.user_id == user_id, Appointment.role == "evaluator", Appointment.withdrawn_at.is_(None)
    )
    return list(session.scalars(select(Round).where(Round.id.in_(mine), Round.state.in_(STATES)).order_by(Round.id)))


def _bidders(session: Session, round_: Round) -> list[tuple[int, str, str, str]]:
    """Number, name, registration number and mail domain of the bidders of a round, in the order of their letters."""
    query = (
        select(
            Organisation.id,
            Organisation.public_id,
            Organisation.name,
            Organisation.registration_no,
            Organisation.mail_domain,
        )
        .join(Submission, Submission.supplier_id == Organisation.id)
        .where(Submission.round_id == round_.id, Submission.state.in_(OPENED))
        .distinct()
        .execution_options(all_tenders=True)
    )
    rows = sorted(session.execute(query).all(), key=lambda row: place(round_, row[1]))
    return [(number, name, registered, domain) for number, _key, name, registered, domain in rows]


def place(round_: Round, supplier_id: str) -> str:
    """By what the bidders of a round are ordered for their letters: keyed by the salt of the round, which no page shows."""
    told = f"letters of {round_.public_id}: {supplier_id}".encode()
    if not round_.letters_salt:  # a round that was being judged when salts came: its letters stay
        return hashlib.sha256(told).hexdigest()
    return hmac.new(round_.letters_salt.encode(), told, hashlib.sha256).hexdigest()
