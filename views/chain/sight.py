"""What the pages about sites share: who reads, what of the texts they may read, and what they call suppliers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask import g, url_for
from flask_babel import gettext as _

from framework.chain.matching.questions import Sight
from framework.chain.matching.reasons import SENTENCES, Reason
from framework.demand.leverage import may_see_members
from framework.disclosure import confidentiality
from framework.disclosure.confidentiality import Reader
from framework.disclosure.veil import opened, veil_of
from framework.ground.codelists import country_name, is_country
from framework.ground.permissions import Permission, may
from framework.ground.place_scores import Guard
from models.base import db
from models.disclosure import Submission, SubmissionRow
from models.rounds import Round
from views import guard
from views.disclosure.bidders import bidder, lettered, place
from views.guard import actor
from views.i18n import current_language, words

NAME_COLUMN = "site_legal_name"


@dataclass(frozen=True, slots=True)
class Eyes:
    """A reader of a round's sites: what it may see, and what it calls the suppliers of the round by submission."""

    reader: Reader
    sight: Sight
    suppliers: dict[int, str]

    def veiled(self, text: str) -> str:
        """A text without the names of bidders whom the reader may not know yet."""
        return self.sight.covers(text) if self.sight.covers else text

    def country(self, code: str) -> str:
        """A country in the reader's words."""
        return country(code)

    def supplier(self, submission: Submission) -> str:
        """What the reader calls the supplier of a submission; one of an earlier round with that round."""
        if submission.id in self.suppliers:
            return self.suppliers[submission.id]
        if not self.sight.other_rounds:
            return _("an earlier round")
        return _("%(supplier)s, %(round)s", supplier=submission.supplier.name, round=submission.round.name)

    def cell(self, submission: Submission, row: SubmissionRow) -> tuple[str, str]:
        """The place of a row in its file, and the address that shows it with the cell of the name marked."""
        found = {"round_id": submission.round.public_id, "submission_id": submission.public_id, "row_id": row.id}
        return place(self.reader, submission, row), url_for("disclosure.row", **found, column=NAME_COLUMN)


def reader_of(round_: Round) -> Reader:
    """Who reads a page of the round now."""
    return confidentiality.reader_of(db.session(), round_, actor(), roles=guard.roles(round_))


def eyes(round_: Round) -> Eyes:
    """Who reads a page of this round's sites."""
    roles, reader = guard.roles(round_), reader_of(round_)
    here = opened(db.session(), round_)
    hidden = veil_of(db.session(), reader, here)
    covers = (lambda text: str(hidden.over(text, lettered))) if hidden.letters else None
    return Eyes(
        reader, Sight(round_, "lead" in roles, covers, getattr(g, "kept_out", frozenset())), _called(reader, here)
    )


def names_of(round_: Round, reader: Reader, here: Sequence[Submission] | None = None) -> dict[int, str]:
    """What this reader calls the bidders of a round, by opened submission: names, or letters by the order of receipt.

    `here` are all opened submissions of the round where they were asked for already.
    """
    return _called(reader, opened(db.session(), round_) if here is None else here)


def _called(reader: Reader, here: Sequence[Submission]) -> dict[int, str]:
    return {s.id: bidder(reader, confidentiality.bidder_name(reader, s, order)) for order, s in enumerate(here)}


def shown_members(round_: Round) -> tuple[int, ...] | None:
    """The members whose own figures this reader sees: none () means all of them; None, nobody's."""
    if may_see_members(db.session(), actor(), round_):
        return ()
    own = actor().organisation_id
    return (own,) if "member" in guard.roles(round_) and own is not None else None


def leads(round_: Round) -> bool:
    """May the reader merge, split and name sites?"""
    return may(db.session(), actor(), Permission.SITES_MATCH, round_, roles=guard.roles(round_))


def country(code: str) -> str:
    """A country in the reader's words; what is no code as it was written."""
    return country_name(code, current_language()) if is_country(code) else code


def told(reason: Reason) -> str:
    """A reason in the reader's words."""
    params = dict(reason.params)
    if reason.code == Guard.COUNTRY.value:
        params = {side: ", ".join(country(code) for code in codes.split()) for side, codes in params.items()}
    return words(SENTENCES[reason.code], **params)
