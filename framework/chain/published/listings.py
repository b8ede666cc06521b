"""The rows of a factory list: which sites the program proposes for each, and what a person says of them.

The program matches nothing: that a site is the one on a list is evidence, and evidence of that level wants a person.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, or_, select, true
from sqlalchemy.orm import Session, joinedload

from framework.chain.matching import forms, stored
from framework.chain.matching.decide import DEFAULT, decide
from framework.chain.matching.questions import Option, Said, Sight, described_rows, option
from framework.chain.measures import stored as measures
from framework.chain.published import lists
from framework.disclosure.veil import OPENED
from framework.ground import audit, conflicts, jobs, permissions
from framework.ground.actors import Actor
from framework.ground.errors import NotFound, RuleBroken
from framework.ground.paging import Page, page_of
from framework.ground.permissions import Permission
from framework.ground.place_scores import Statement, statement
from framework.ground.text import N_
from models.chain import Mention, Site
from models.disclosure import Submission
from models.published import LISTING_STATES, FactoryList, FactoryListing
from models.rounds import Round

MATCHED = audit.declare("factory_listing.matched", "label", "row", "brand", "name", "site")
DECLINED = audit.declare("factory_listing.declined", "label", "row", "brand", "name")
UNDONE = audit.declare("factory_listing.undone", "label", "row", "brand", "name", "site")
SLICE = 200
"""Rows for which one transaction of the worker looks for sites."""
PAGE = 50
PROPOSED = "proposed"
STATES = (PROPOSED, *LISTING_STATES)
"""What a list of rows can be narrowed to; `proposed` are those that wait and for which a site is proposed."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row with the site that it is, or the likeliest proposed: one of its rows in the tenders, None where there is none."""

    listing: FactoryListing
    said: Said | None


def statement_of(listing: FactoryListing) -> Statement:
    """The comparable forms of what a row says."""
    return statement(listing.name, listing.address, city=listing.city, country=listing.country)


def look_up_next(session: Session, found: FactoryList, *, now: dt.datetime, most: int = SLICE) -> int:
    """Look for sites for the next rows of a list; those after them in a transaction of their own. For how many was looked."""
    query = select(FactoryListing).where(
        FactoryListing.list_id == found.id, FactoryListing.state == "open", ~FactoryListing.is_looked_up
    )
    rows = list(session.scalars(query.order_by(FactoryListing.id).limit(most + 1)))
    for one in rows[:most]:
        _propose(session, one, found.round)
    session.flush()
    if len(rows) > most and found.withdrawn_at is None:
        jobs.enqueue(session, lists.LOOK_JOB, now=now, list=found.public_id)
    return len(rows[:most])


def options(session: Session, listing: FactoryListing, sight: Sight) -> list[Option]:
    """The sites that a row may be, as they are now, the likeliest first; of a matched row the one it is."""
    here = statement_of(listing)
    if listing.site_id is not None:
        numbers = [_active(session, listing.site_id)]
    else:
        numbers = _candidates(session, here, sight.round)[0]
    described = described_rows(session, numbers, sight)
    names = {site: [one.text for one in known] for site, known in forms.names_of(session, described).items()}
    sites = {one.id: one for one in session.scalars(select(Site).where(Site.id.in_(numbers)))}
    found = [
        option(here, listing.name, sites[number], described[number], names.get(number, []))
        for number in numbers
        if number in described
    ]
    return sorted(found, key=lambda one: (-one.score, one.site.id))


def match(session: Session, listing: FactoryListing, site: Site | None, *, actor: Actor, now: dt.datetime) -> None:
    """A person says that a row is this site: from now on the list counts for site and brand.

    Raises NotAllowed, WrongPhase, and RuleBroken where the row is settled, or no tender of the round that the actor may
    see names the site.
    """
    _hold(session, listing, actor)
    if listing.state != "open":
        raise RuleBroken("listing-settled", N_("Somebody settled this row meanwhile. What was said stands below."))
    if site is None or site.merged_into_id is not None or not _of_actor(session, site, listing.source.round, actor):
        raise RuleBroken("site-not-asked", N_("Choose the site that it is."))
    listing.state, listing.site_id = "matched", site.id
    listing.decided_at, listing.decided_by_id = now, actor.user_id
    audit.record(session, MATCHED, actor=actor, now=now, subject=listing.source, site=site.public_id, **_told(listing))
    measures.sites_changed(session, [listing.source.round], [site.id], now=now)


def decline(session: Session, listing: FactoryListing, *, actor: Actor, now: dt.datetime) -> None:
    """A person says that a row is none of the sites. Raises as `match`."""
    _hold(session, listing, actor)
    if listing.state != "open":
        raise RuleBroken("listing-settled", N_("Somebody settled this row meanwhile. What was said stands below."))
    listing.state, listing.decided_at, listing.decided_by_id = "declined", now, actor.user_id
    audit.record(session, DECLINED, actor=actor, now=now, subject=listing.source, **_told(listing))


def undo(session: Session, listing: FactoryListing, *, actor: Actor, now: dt.datetime) -> None:
    """Take back what was said of a row: it waits again, and counts for nothing.

    Raises RuleBroken where nothing was said, NotFound where the site is named by tenders alone that a conflict keeps
    from the actor.
    """
    _hold(session, listing, actor)
    if listing.state == "open":
        raise RuleBroken("decision-undone", N_("This was taken back already. Look at the page again."))
    site = session.get(Site, _active(session, listing.site_id)) if listing.site_id is not None else None
    round_ = listing.source.round
    if site is not None and _of_round(session, [site.id], round_) and not _of_actor(session, site, round_, actor):
        raise NotFound("not-found", N_("There is no such page, or it is not yours to see."))
    listing.state, listing.site_id = "open", None
    listing.decided_at, listing.decided_by_id = None, None
    known = site.public_id if site is not None else ""
    audit.record(session, UNDONE, actor=actor, now=now, subject=listing.source, site=known, **_told(listing))
    if site is not None:
        measures.sites_changed(session, [round_], [site.id], now=now)


def page(
    session: Session, found: FactoryList, sight: Sight, *, state: str = "", text: str = "", asked: str | int | None = 1
) -> tuple[list[Row], Page]:
    """The rows of a list that fit, those with the likeliest proposal first, then in the order of the list."""
    numbers = list(session.scalars(_narrowed(found, state, text)))
    shown = page_of(asked, len(numbers), PAGE)
    some = numbers[shown.offset : shown.offset + PAGE]
    query = select(FactoryListing).where(FactoryListing.id.in_(some)).options(joinedload(FactoryListing.decided_by))
    rows = {one.id: one for one in session.scalars(query)}
    sites = {number: _likeliest(session, rows[number]) for number in some}
    described = described_rows(session, {site for site in sites.values() if site is not None}, sight)
    return [Row(rows[number], next(iter(described.get(sites[number] or 0, [])), None)) for number in some], shown


def next_waiting(session: Session, found: FactoryList, listing: FactoryListing) -> FactoryListing | None:
    """The row that waits and has a proposal, to be looked at after this one; None where there is none."""
    query = _narrowed(found, PROPOSED, "").where(FactoryListing.id != listing.id)
    number = session.scalar(query.limit(1))
    return session.get(FactoryListing, number) if number is not None else None


def _narrowed(found: FactoryList, state: str, text: str) -> Select[int]:
    query = select(FactoryListing.id).where(FactoryListing.list_id == found.id)
    if state == PROPOSED:
        query = query.where(FactoryListing.state == "open", FactoryListing.score > 0)
    elif state in LISTING_STATES:
        query = query.where(FactoryListing.state == state)
    return query.where(_says(text)).order_by(
        FactoryListing.state != "open", FactoryListing.score.desc(), FactoryListing.id
    )


def _says(text: str) -> ColumnElement[bool]:
    fields = (
        FactoryListing.brand,
        FactoryListing.name,
        FactoryListing.address,
        FactoryListing.city,
        FactoryListing.number,
    )
    limit: ColumnElement[bool] = true()
    for word in text.split():
        limit = limit & or_(*(field.icontains(word, autoescape=True) for field in fields))
    return limit


def _likeliest(session: Session, listing: FactoryListing) -> int | None:
    number = listing.site_id if listing.site_id is not None else next(iter(listing.candidates), None)
    if number is None or listing.state == "declined":
        return None
    return _active(session, number)


def _propose(session: Session, listing: FactoryListing, round_: Round) -> None:
    numbers, score = _candidates(session, statement_of(listing), round_)
    listing.candidates, listing.score, listing.is_looked_up = numbers, score, True


def _candidates(session: Session, said: Statement, round_: Round) -> tuple[list[int], int]:
    """The sites of the round that a description may be, likeliest first, and the likeliest's score in tenths."""
    found = stored.candidates(session, said)
    if all(one.likeness.score < DEFAULT.ask_score for one in found):
        found += stored.second_look(session, said)
    known = _of_round(session, [one.site for one in found if isinstance(one.site, int)], round_)
    verdict = decide(said, [one for one in found if one.site in known])
    sites = verdict.asked if verdict.site is None else (verdict.site, *verdict.asked)
    numbers = [site for site in sites if isinstance(site, int)]
    return numbers, round((verdict.score or 0) * 10) if numbers else 0


def _of_actor(session: Session, site: Site, round_: Round, actor: Actor) -> bool:
    """Whether a tender of the round that no conflict keeps from the actor names a site."""
    return bool(_of_round(session, [site.id], round_, without=conflicts.barred(session, actor.user_id)))


def _of_round(
    session: Session, sites: Collection[int], round_: Round, *, without: Collection[int] = frozenset()
) -> set[int]:
    """Those of these sites that an opened tender of the round names, of those tenders that are not left out."""
    query = (
        select(Mention.site_id)
        .join(Submission, Submission.id == Mention.submission_id)
        .where(Mention.site_id.in_(sites), Submission.round_id == round_.id, Submission.state.in_(OPENED))
        .where(Submission.id.not_in(sorted(without)))
    )
    return {number for number in session.scalars(query.distinct()) if number is not None}


def _active(session: Session, number: int) -> int:
    site = session.get(Site, number)
    while site is not None and site.merged_into_id is not None:
        site = session.get(Site, site.merged_into_id)
    return site.id if site is not None else number


def _hold(session: Session, listing: FactoryListing, actor: Actor) -> None:
    """Hold a row as it is now: of two persons who settle it at once the second finds it settled."""
    found = listing.source
    permissions.require(session, actor, Permission.FACTORY_LISTS_DECIDE, found.round)
    lists.hold(session, found)
    lists.require_standing(found)
    query = select(FactoryListing).where(FactoryListing.id == listing.id).with_for_update()
    session.scalars(query.execution_options(populate_existing=True)).one()


def _told(listing: FactoryListing) -> dict[str, Any]:
    return {"label": listing.source.label, "row": listing.row, "brand": listing.brand, "name": listing.name}
