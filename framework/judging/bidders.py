"""The one list of bidders and brands of an opened round over which everybody says where a conflict is."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from framework.disclosure.veil import OPENED
from framework.ground.conflicts import brands_of
from models.disclosure import Submission
from models.people import Organisation
from models.rounds import Round


@dataclass(frozen=True, slots=True)
class Bidder:
    """One supplier whose tender was opened, with the brands it offers: key to the brand as it is written."""

    submission_id: int
    supplier: Organisation
    brands: dict[str, str]


def bidders(session: Session, round_: Round) -> list[Bidder]:
    """Every bidder of the round by name, whatever conflict the reader has: the list holds names and nothing else."""
    query = (
        select(Submission)
        .options(joinedload(Submission.supplier))
        .where(Submission.round_id == round_.id, Submission.state.in_(OPENED))
        .execution_options(all_tenders=True)
    )
    sent = list(session.scalars(query))
    brands = brands_of(session, [one.id for one in sent])
    found = [Bidder(one.id, one.supplier, brands.get(one.id, {})) for one in sent]
    return sorted(found, key=lambda one: (one.supplier.folded_name, one.submission_id))


def brands(found: list[Bidder]) -> dict[str, str]:
    """All brands of these bidders, each once, by name."""
    every = {key: name for one in found for key, name in one.brands.items()}
    return dict(sorted(every.items(), key=lambda pair: pair[1].casefold()))


def shown(found: list[Bidder]) -> list[list[int | str]]:
    """The list as a statement keeps it: pairs of submission and brand, the brand blank for the bidder itself."""
    pairs: list[list[int | str]] = []
    for one in sorted(found, key=lambda one: one.submission_id):
        pairs += [[one.submission_id, key] for key in ("", *sorted(one.brands))]
    return pairs
