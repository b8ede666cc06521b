"""Two sites made one, and descriptions taken out of a site into a new or another one."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from framework.chain.matching import following, moving
from framework.chain.matching.moving import SiteOfRound
from framework.chain.matching.placing import active_site, make_site, statement_of
from framework.ground import audit, proposals
from framework.ground.actors import Actor
from framework.ground.errors import RuleBroken
from framework.ground.text import N_
from models.chain import Mention, Site
from models.disclosure import SubmissionRow
from models.matching import MatchDecision
from models.rounds import Proposal, Round

MERGED = audit.declare("site.merged", "site", "into", "mentions")
SPLIT = audit.declare("site.split", "site", "made", "mentions")
MOVED = audit.declare("site.moved", "site", "into", "mentions")
ACT = "merge_sites"
"""The act that a second person confirms where a registry lists two sites."""


def merge(
    session: Session,
    site: Site,
    into: Site,
    round_: Round,
    *,
    motive: str,
    actor: Actor,
    now: dt.datetime,
    is_confirmed: bool = False,
) -> MatchDecision:
    """Make one site part of another; its public id leads to the survivor for ever.

    Raises RuleBroken where they are one already, or where a registry tells them apart and no second person confirmed it.
    """
    _require_two(session, site, into)
    _require_one(session, site, into, is_confirmed=is_confirmed)
    decision = moving.decide(
        session, "merge", round_, site=into, other=site, motive=moving.said_why(motive), actor=actor, now=now
    )
    moving.move(session, decision, moving.mentions_of(session, site), into)
    moving.end(session, site, into, now=now)
    moving.settle(session, [site.id, into.id], now=now)
    following.settle(session, into, decision, actor=actor, now=now)
    audit.record(
        session,
        MERGED,
        actor=actor,
        now=now,
        subject=SiteOfRound(into, round_),
        site=site.public_id,
        into=into.public_id,
        mentions=len(decision.moves),
    )
    return decision


def _require_one(session: Session, site: Site, into: Site, *, is_confirmed: bool) -> None:
    if contradict(session, site, into) and not is_confirmed:
        raise RuleBroken(
            "ids-contradict",
            N_(
                "A registry lists them as two sites (two different ids): a second person must confirm that they are one."
            ),
        )


def contradict(session: Session, site: Site, into: Site) -> bool:
    """Does a registry list the two as different (G10)?"""
    return moving.ids_contradict(moving.ids_of(session, site), moving.ids_of(session, into))


def propose(
    session: Session, site: Site, into: Site, round_: Round, *, motive: str, actor: Actor, now: dt.datetime
) -> Proposal:
    """Propose to merge two sites that a registry tells apart; a second person confirms. Raises RuleBroken."""
    _require_two(session, site, into)
    why = moving.said_why(motive)
    subject = SiteOfRound(site, round_)
    return proposals.propose(session, subject, ACT, actor=actor, now=now, motive=why, into=into.public_id)


def proposed(session: Session, site: Site, round_: Round, *, now: dt.datetime) -> tuple[Proposal, Site] | None:
    """The merge of this site that waits for a second person of this lead, and the survivor; None where none waits."""
    waiting = proposals.open_proposal(session, SiteOfRound(site, round_), ACT, now=now)
    into = session.scalar(select(Site).where(Site.public_id == waiting.facts["into"])) if waiting else None
    survivor = active_site(session, into.id) if into else None
    return (waiting, survivor) if waiting and survivor else None


def confirm(session: Session, site: Site, round_: Round, *, actor: Actor, now: dt.datetime) -> MatchDecision:
    """Merge as another person proposed. Raises RuleBroken for the same person, or where nothing waits."""
    waiting = proposed(session, site, round_, now=now)
    proposal = proposals.confirm(session, SiteOfRound(site, round_), ACT, actor=actor, now=now)
    into = waiting[1] if waiting else site
    return merge(session, site, into, round_, motive=proposal.motive, actor=actor, now=now, is_confirmed=True)


def withdraw(session: Session, site: Site, round_: Round, *, actor: Actor, now: dt.datetime) -> None:
    """Take a waiting proposal back. Raises RuleBroken where none waits."""
    proposals.withdraw(session, SiteOfRound(site, round_), ACT, actor=actor, now=now)


def split(
    session: Session,
    site: Site,
    chosen: Sequence[Mention],
    round_: Round,
    *,
    motive: str,
    actor: Actor,
    now: dt.datetime,
    into: Site | None = None,
) -> MatchDecision:
    """Take descriptions out of a site into a new one, or into another; they and the rest are remembered as different.

    All rows of the site that say the same go together. Raises RuleBroken where none or all are chosen, or where a
    registry tells the chosen from the site that they should join.
    """
    moving.lock(session, *(one for one in (site, into) if one is not None))
    everything = moving.mentions_of(session, site)
    keys = {mention.place_key for mention in chosen}
    moved = [mention for mention in everything if mention.place_key in keys]
    if not moved or len(moved) == len(everything):
        raise RuleBroken("split-empty", N_("Choose some of the descriptions, not none and not all."))
    if into is not None:
        _require_fit(session, site, moved, into)
    target = into or session.get_one(Site, make_site(session, moved[0], now=now))
    kind = "move" if into is not None else "split"
    decision = moving.decide(
        session, kind, round_, site=site, other=target, motive=moving.said_why(motive), actor=actor, now=now
    )
    moving.move(session, decision, moved, target)
    moving.settle(session, [site.id, target.id], now=now)
    for key in sorted(keys):
        moving.remember(session, key, [site], "different", decision)
        if into is not None:
            moving.remember(session, key, [into], "same", decision)
    told = {"site": site.public_id, ("into" if into is not None else "made"): target.public_id}
    act, subject = (MOVED if into is not None else SPLIT), SiteOfRound(site, round_)
    audit.record(session, act, actor=actor, now=now, subject=subject, mentions=len(decision.moves), **told)
    return decision


def _require_two(session: Session, site: Site, into: Site) -> None:
    moving.lock(session, site, into)
    if site.id == into.id or site.merged_into_id is not None or into.merged_into_id is not None:
        raise RuleBroken("site-merged", N_("These are one site already. Look at the page again."))


def _require_fit(session: Session, site: Site, moved: Sequence[Mention], into: Site) -> None:
    if into.id == site.id or into.merged_into_id is not None:
        raise RuleBroken("site-merged", N_("These are one site already. Look at the page again."))
    rows = {mention.id: session.get_one(SubmissionRow, mention.row_id) for mention in moved}
    ids = {found for mention in moved for found in statement_of(mention, rows[mention.id]).ids}
    if moving.ids_contradict(ids, moving.ids_of(session, into)):
        raise RuleBroken(
            "ids-differ",
            N_("A registry gives the chosen descriptions and that site two different ids, so they stay two."),
        )
