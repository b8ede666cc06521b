"""What every act on sites stands on: the decision that holds its moves, the index after it, what is remembered."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from framework.chain import recount
from framework.chain.matching import forms, stored
from framework.chain.matching.placing import active_site, statement_of, verdicts_on
from framework.chain.measures import stored as measures
from framework.ground.actors import Actor
from framework.ground.errors import RuleBroken
from framework.ground.places import RULESET
from framework.ground.text import N_
from models.chain import Mention, Site
from models.disclosure import Submission, SubmissionRow
from models.matching import MatchDecision, PairMemory, SiteAlias, SiteForm, SiteId
from models.rounds import Round

LONGEST_MOTIVE = 1000


@dataclass(frozen=True, slots=True)
class SiteOfRound:
    """A site as the subject of an act on a round's pages, so that the act stands in the record of that round."""

    site: Site
    round: Round
    __tablename__: ClassVar[str] = "site"

    @property
    def id(self) -> int:
        """The number of the site."""
        return self.site.id

    @property
    def public_id(self) -> str:
        """The public id of the site."""
        return self.site.public_id

    @property
    def proposing_lead(self) -> int:
        """The lead of the round: what it proposes about the site is its own."""
        return self.round.organisation_id


def decide(
    session: Session,
    kind: str,
    round_: Round,
    *,
    actor: Actor,
    now: dt.datetime,
    site: Site | None = None,
    other: Site | None = None,
    motive: str = "",
    mention: Mention | None = None,
    undoes: MatchDecision | None = None,
) -> MatchDecision:
    """A person's decision, with its number and still without moves."""
    decision = MatchDecision(
        kind=kind,
        mention_id=mention.id if mention else None,
        site_id=site.id if site else None,
        other_site_id=other.id if other else None,
        reasons=[],
        moves=[],
        replaced=[],
        ruleset=RULESET,
        actor_id=actor.user_id,
        round_id=round_.id,
        motive=motive,
        at=now,
        undoes_id=undoes.id if undoes else None,
    )
    session.add(decision)
    session.flush()
    return decision


def move(session: Session, decision: MatchDecision, mentions: Iterable[Mention], site: Site) -> None:
    """Let mentions belong to a site; the decision keeps where each was, beside what it moved before."""
    moves = []
    for mention in mentions:
        if mention.site_id != site.id:
            moves.append([mention.id, mention.site_id, site.id])
            mention.site_id = site.id
    decision.moves = [*decision.moves, *moves]
    session.flush()


def end(session: Session, site: Site, into: Site, *, now: dt.datetime) -> None:
    """Let a site lead to its survivor."""
    site.merged_into_id = into.id
    session.merge(SiteAlias(public_id=site.public_id, site_id=into.id, since=now))


def settle(session: Session, sites: Collection[int], *, now: dt.datetime, freed: Collection[int] = ()) -> None:
    """Let sites be found by what their mentions and typed names say now; what rests on them is marked, and counted by jobs.

    `freed` are mentions that belong to no site any more: what rests on them is counted anew too.
    """
    session.flush()
    stored.remove(session, sites)
    rows = session.execute(
        select(Mention, SubmissionRow)
        .join(SubmissionRow, SubmissionRow.id == Mention.row_id)
        .where(Mention.site_id.in_(sites))
        .order_by(Mention.id)
    ).all()
    described = [(mention.site_id or 0, statement_of(mention, row)) for mention, row in rows]
    stored.add(session, forms.with_names(session, described))
    files = {mention.submission_id for mention, _row in rows}
    files |= set(session.scalars(select(Mention.submission_id).where(Mention.id.in_(freed)))) if freed else set()
    concerned: dict[int, list[int]] = {}
    for round_id, number in session.execute(select(Submission.round_id, Submission.id).where(Submission.id.in_(files))):
        concerned.setdefault(round_id, []).append(number)
    touched = session.scalars(select(Round).where(Round.id.in_(concerned)).order_by(Round.id)).all()
    for round_ in touched:
        recount.ask_for(session, round_, concerned[round_.id], now=now)
    measures.sites_changed(session, touched, sites, now=now, freed=freed)


def remember(session: Session, key: str, sites: Iterable[Site], verdict: str, decision: MatchDecision) -> None:
    """Keep the verdict on a description and every description of these sites; the decision keeps what it replaces."""
    query = select(SiteForm.key).where(SiteForm.site_id.in_([site.id for site in sites]), SiteForm.key != key)
    known = verdicts_on(session, key)
    replaced: list[Any] = []
    for other in sorted(set(session.scalars(query))):
        low, high = sorted((key, other))
        if other in known:
            replaced.append(_taken_out(session, low, high))
        session.add(PairMemory(key_a=low, key_b=high, verdict=verdict, decision_id=decision.id))
    if replaced:
        decision.replaced = [*decision.replaced, *replaced]
    session.flush()


def forget(session: Session, decision: MatchDecision) -> None:
    """Take back what a decision let be remembered, and remember again what it replaced."""
    session.execute(delete(PairMemory).where(PairMemory.decision_id == decision.id))
    for low, high, verdict, number in decision.replaced:
        if number != decision.id:
            session.add(PairMemory(key_a=low, key_b=high, verdict=verdict, decision_id=number))
    session.flush()


def lock(session: Session, *sites: Site) -> None:
    """Hold sites, in the order of their numbers, as they are now."""
    query = select(Site).where(Site.id.in_([site.id for site in sites])).order_by(Site.id).with_for_update()
    session.scalars(query.execution_options(populate_existing=True)).all()


def mentions_of(session: Session, site: Site) -> list[Mention]:
    """Every mention of a site, in the order they came."""
    return list(session.scalars(select(Mention).where(Mention.site_id == site.id).order_by(Mention.id)))


def active(session: Session, numbers: Sequence[int]) -> list[Site]:
    """The sites of these numbers as they are now: what was merged meanwhile is its survivor."""
    found = (active_site(session, number) for number in numbers)
    return list(dict.fromkeys(site for site in found if site is not None))


def ids_of(session: Session, site: Site) -> set[tuple[str, str]]:
    """The registry ids by which a site is known: (scheme, value)."""
    query = select(SiteId.scheme, SiteId.value).where(SiteId.site_id == site.id)
    return {(scheme, value) for scheme, value in session.execute(query)}


def ids_contradict(one: Iterable[tuple[str, str]], other: Iterable[tuple[str, str]]) -> bool:
    """Has a registry two different numbers for the two?"""
    ids: dict[str, tuple[set[str], set[str]]] = {}
    for place, found in enumerate((one, other)):
        for scheme, value in found:
            ids.setdefault(scheme, (set(), set()))[place].add(value)
    return any(here and there and here.isdisjoint(there) for here, there in ids.values())


def said_why(text: str) -> str:
    """A motive as it is kept; raises RuleBroken where there is none."""
    motive = text.strip()[:LONGEST_MOTIVE]
    if not motive:
        raise RuleBroken("motive-missing", N_("Say in a few words why, so that others can follow it later."))
    return motive


def _taken_out(session: Session, low: str, high: str) -> list[Any]:
    """The remembered verdict on a pair, removed."""
    found = session.scalars(select(PairMemory).where(PairMemory.key_a == low, PairMemory.key_b == high)).one()
    kept = [low, high, found.verdict, found.decision_id]
    session.delete(found)
    session.flush()
    return kept
