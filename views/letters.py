"""Judging by letters at the edge: what a request or a mail shows to somebody who knows the bidders by letters."""

from __future__ import annotations

from flask import g
from flask_babel import gettext as _
from sqlalchemy.orm import object_session

from framework.ground.errors import NotAllowed
from framework.ground.permissions import Permission
from framework.ground.text import N_
from framework.judging import letters
from models.base import db
from models.people import Organisation
from models.records import Mail
from models.rounds import Round
from models.veiled import Names, names, veil, veiling

WITH_NAMES = frozenset({Permission.CONFLICT_STATE})
"""Pages that show names to everybody: one must know to whom one may be tied."""
NAMING = frozenset({Permission.OPENING_VIEW})
"""Pages that are not shown to who judges by letters: a signed record holds names, and another text would not come to its hash."""


def words(letter: str) -> str:
    """A bidder by its letter; blank where several rounds call it differently."""
    return _("Supplier %(letter)s", letter=letter) if letter else _("Supplier")


def begin() -> None:
    """A request reads names until it is known who asks; what ran here before gets its own back afterwards."""
    g.names_before = names()
    veil(None)


def end() -> None:
    """Give back what was there before the request."""
    if "names_before" in g:
        veil(g.pop("names_before"))


def put_on(permission: str, round_: Round | None, user_id: int | None) -> None:
    """From here on the page that is shown has letters where its reader knows the bidders by letters."""
    if user_id is None or permission in WITH_NAMES:
        return
    with veiling(None):
        found = letters.names_for(db.session(), round_, user_id, words)
    if found is None:
        return
    for one in db.session().identity_map.values():
        if isinstance(one, Organisation):
            db.session().expire(one)
    veil(found)


def is_kept(permission: str) -> bool:
    """Whether a page is not shown to the reader of this request because it names the bidders."""
    return names() is not None and permission in NAMING


def require_shown(permission: str) -> None:
    """Raise NotAllowed where a page cannot be shown with letters."""
    if is_kept(permission):
        raise NotAllowed(
            "names-kept",
            N_("You judge by letters. This page names the suppliers: you see it once the judging is closed."),
        )


def of_mail(mail: Mail) -> Names | None:
    """The bidders whom the recipient of a mail knows by letters; asked of the session that sends it, which may hold the write lock."""
    with veiling(None):
        return letters.names_of_mail(object_session(mail) or db.session(), mail.recipient, mail.round_id, words)
