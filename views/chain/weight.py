"""What weighs at a site, for its page: the pooled volume of every lot behind it, with rows of leverage and members."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from flask import url_for

from framework.chain.leverage import reading
from framework.chain.leverage.reading import SiteLeverage
from framework.demand.ledger import Ledger
from framework.disclosure.columns import FINAL_ASSEMBLY
from framework.disclosure.confidentiality import Reader
from models.base import db
from models.chain import Site
from models.rounds import Lot, Round
from views import guard
from views.chain.leverage_words import PAGE
from views.chain.sight import shown_members
from views.guard import actor


@dataclass(frozen=True, slots=True)
class Member:
    """A member behind a site, with the pieces and the money (cents, None = none known) of the models made there."""

    name: str
    units: int
    cents: int | None
    is_own: bool


@dataclass(frozen=True, slots=True)
class Beside:
    """Beside an entry: its row on the page of leverage, the members that the reader sees, and the others as one."""

    url: str
    members: tuple[Member, ...] = ()
    others: int = 0
    rest: int = 0


@dataclass(frozen=True, slots=True)
class Weight:
    """What weighs at a site in one lot, and what stands beside each entry."""

    lot: Lot
    found: list[SiteLeverage]
    url: str
    beside: Callable[[SiteLeverage], Beside]


def weights(round_: Round, site: Site, reader: Reader) -> list[Weight]:
    """What weighs at a site in the lots of a round, as the page of leverage has it; lots without are left out."""
    lots, shown = list(round_.lots), shown_members(round_)
    found = reading.leverage_in(db.session(), lots, [site.id], reader, with_members=shown is not None)
    held = reading.ledgers_for(db.session(), round_, reader) if found else {}
    mine = [(lot, found[lot.id, site.id]) for lot in lots if (lot.id, site.id) in found]
    return [_weight(lot, site, entries, held[lot.id], shown) for lot, entries in mine]


def is_held_back(round_: Round, reader: Reader) -> bool:
    """Whether a lot of the round is not told to this reader at all, for too few members stand behind it."""
    return any(not held.is_told for held in reading.ledgers_for(db.session(), round_, reader).values())


def _weight(lot: Lot, site: Site, found: list[SiteLeverage], held: Ledger, shown: tuple[int, ...] | None) -> Weight:
    there = {"round_id": lot.round.public_id, "lot_id": lot.public_id}
    names = held.names
    own = actor().organisation_id if "member" in guard.roles(lot.round) else None

    def beside(one: SiteLeverage) -> Beside:
        url = url_for("chain.lot_leverage", **there, **_choices(one), _anchor=f"site-{site.public_id}")
        members = tuple(
            Member(names[number][1], units, cents, number == own)
            for number, units, cents in one.linked
            if shown is not None and (not shown or number in shown)
        )
        rest = one.behind - sum(member.units for member in members)
        return Beside(url, members, len(one.linked) - len(members), max(rest, 0))

    return Weight(lot, found, url_for("chain.lot_leverage", **there), beside)


def _choices(one: SiteLeverage) -> dict[str, str | int]:
    """The choices of the page of leverage that show the row of an entry."""
    found: dict[str, str | int] = {} if one.component_type == FINAL_ASSEMBLY else {"kind": one.component_type}
    page = (one.place - 1) // PAGE + 1
    return found | {"page": page} if page > 1 else found
