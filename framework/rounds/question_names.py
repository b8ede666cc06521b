"""Whose names stand in a text that everybody will read: the organisations of askers, their people, their addresses.

Only what the account of an asker says is looked for: brands and models of a sealed tender are known to nobody.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.people import Organisation, RoleGrant, User
from models.questions import Question
from models.rounds import Round

LEGAL_FORMS = frozenset(
    "ab ag aps as asa bv bvba cv ev gmbh hb inc kb kg kft llc llp ltd limited nv oy oyj plc sa sarl sas se sl spa sprl "
    "srl vof vzw".split()
)
"""Words at the end of a firm's name that name no firm."""
SHORTEST_WORD, SHORTEST_PERSON, SHORTEST_JOINED = 5, 3, 6


def names_in(session: Session, texts: Iterable[str], round_: Round) -> list[str]:
    """The names of whoever asked in a round that stand in one of the texts, as they are written in their accounts.

    Also of those who asked something else, or withdrew what they asked: the answer may speak of it all the same.
    """
    bodies = set(session.scalars(select(Question.supplier_id).where(Question.round_id == round_.id)))
    said = [_words(text) for text in texts]
    found = [name for name in _names(session, bodies) if any(stands_in(name, words) for words in said)]
    return list(dict.fromkeys(found))


def stands_in(name: str, words: list[str]) -> bool:
    """Whether a name stands among folded words: its words in a row, or written as one."""
    wanted = _words(name)
    if not wanted:
        return False
    rows = (words[at : at + len(wanted)] for at in range(len(words) - len(wanted) + 1))
    joined = "".join(wanted)
    return wanted in rows or (len(joined) >= SHORTEST_JOINED and joined in words)


def _names(session: Session, bodies: set[int]) -> list[str]:
    """Every name by which the organisations and their people could be known, the longest first."""
    found: set[str] = set()
    for body in session.scalars(select(Organisation).where(Organisation.id.in_(bodies))):
        found |= _names_of_body(body)
    query = (
        select(User)
        .join(RoleGrant, RoleGrant.user_id == User.id)
        .where(RoleGrant.organisation_id.in_(bodies), RoleGrant.withdrawn_at.is_(None))
    )
    for user in session.scalars(query):
        found |= {user.name, user.email, user.email.rpartition("@")[2]}
        found |= {word for word in user.name.split() if len(word) >= SHORTEST_PERSON}
    return sorted((name for name in found if name.strip()), key=lambda name: (-len(name), name))


def _names_of_body(body: Organisation) -> set[str]:
    words = body.name.split()
    while len(words) > 1 and "".join(_words(words[-1])) in LEGAL_FORMS:
        words.pop()
    names = {body.name, " ".join(words), body.mail_domain, body.registration_no}
    return names | ({words[0]} if words and len(words[0]) >= SHORTEST_WORD else set())


def _words(text: str) -> list[str]:
    """The words of a text, without case and accents."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return re.findall(r"\w+", "".join(letter for letter in plain if not unicodedata.combining(letter)))
