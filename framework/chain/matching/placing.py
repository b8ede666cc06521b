"""Place the mentions of an opened submission: tie each to a site, make one, ask a person, or leave it unplaced.

A mention whose place is asked gets a site of its own until somebody answers, where it is exact enough for one: nothing
is counted twice in silence, and nothing is missing.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session, aliased

from framework.chain import shared
from framework.chain.leverage import stored as flows
from framework.chain.matching import forms, stored, weights
from framework.chain.matching.decide import DEFAULT, Band, Rule, Thresholds, Verdict, alone, decide, pair_rule
from framework.chain.matching.lists import ID_COLUMNS
from framework.chain.matching.reasons import reasons
from framework.chain.measures import stored as measures
from framework.ground import jobs
from framework.ground.codelists import country_by_name
from framework.ground.place_scores import Guard, Statement, statement
from framework.ground.places import RULESET, Precision, legal_forms_of
from models.base import random_id
from models.chain import ChainBuild, Mention, Site
from models.disclosure import Submission, SubmissionRow
from models.matching import TIES, MatchDecision, MatchQuestion, PairMemory, SiteForm
from models.records import Job
from models.rounds import Round

PLACE_JOB = "chain.place"
SLICE = 200
"""Mentions that one transaction places."""
KINDS = {"smelter": "smelter_refiner", "refiner": "smelter_refiner", "mine": "mine", "office": "office"}
"""Facility types that are another kind of place than a factory."""
FACTORY = "factory"


@dataclass(frozen=True, slots=True)
class Placed:
    """How many mentions were tied, asked, new and left unplaced."""

    linked: int = 0
    asked: int = 0
    new: int = 0
    unplaced: int = 0

    def and_(self, band: Band) -> Placed:
        """One more of a band."""
        return replace(self, **{band.value: getattr(self, band.value) + 1})


def statement_of(mention: Mention, row: SubmissionRow) -> Statement:
    """The comparable forms of what a mention's row says."""
    values = row.read_values
    ids = {(scheme, "".join(str(values.get(column) or "").upper().split())) for column, scheme in ID_COLUMNS.items()}
    return statement(
        mention.name,
        mention.address,
        local_name=str(values.get("site_local_name") or ""),
        city=mention.city,
        region=mention.region,
        country=mention.country if len(mention.country) == 2 else country_by_name(mention.country) or "",
        ids=frozenset((scheme, value) for scheme, value in ids if value),
        kind=KINDS.get(mention.facility_type, FACTORY if mention.facility_type else ""),
        pin=_pin(values.get("latitude"), values.get("longitude")),
    )


def waiting(session: Session, submission: Submission) -> int:
    """How many mentions of a submission are not placed yet."""
    query = select(func.count()).select_from(Mention)
    return session.scalar(query.where(Mention.submission_id == submission.id, Mention.place_key == "")) or 0


def place_next(session: Session, submission: Submission, *, now: dt.datetime) -> None:
    """Place the next mentions; those after them in a transaction of their own, and what rests on the sites counted at the end."""
    place_some(session, submission, now=now)
    if waiting(session, submission):
        jobs.enqueue(session, PLACE_JOB, now=now, submission=submission.public_id)
    else:
        shared.count(session, submission.round)
        measures.submission_placed(session, submission, now=now)
        flows.count(session, submission.round, [submission.id])


def go_on(session: Session, *, now: dt.datetime) -> int:
    """Begin to place what was built before there was matching, and go on where a job is gone; how many submissions."""
    query = (
        select(Submission)
        .join(ChainBuild, ChainBuild.submission_id == Submission.id)
        .where(Submission.id.in_(select(Mention.submission_id).where(Mention.place_key == "")))
    )
    unfinished = select(Job.payload).where(Job.kind == PLACE_JOB, Job.state.in_(("waiting", "running", "failed")))
    known = {payload["submission"] for payload in session.scalars(unfinished)}
    left = [one for one in session.scalars(query.order_by(Submission.id)) if one.public_id not in known]
    for submission in left:
        jobs.enqueue(session, PLACE_JOB, now=now, submission=submission.public_id)
    return len(left)


def place_some(
    session: Session, submission: Submission, *, now: dt.datetime, most: int = SLICE, limits: Thresholds = DEFAULT
) -> Placed:
    """Place the next mentions of a submission in their order; nothing where all are placed."""
    query = select(Mention, SubmissionRow).join(SubmissionRow, SubmissionRow.id == Mention.row_id)
    query = query.where(Mention.submission_id == submission.id, Mention.place_key == "")
    done = Placed()
    for mention, row in session.execute(query.order_by(Mention.id).limit(most)).all():
        done = done.and_(place(session, mention, statement_of(mention, row), submission, now=now, limits=limits))
    session.flush()
    return done


def place(
    session: Session,
    mention: Mention,
    said: Statement,
    submission: Submission,
    *,
    now: dt.datetime,
    limits: Thresholds = DEFAULT,
) -> Band:
    """Place one mention and record why."""
    mention.place_key = stored.key_of(said)
    verdict = _verdict(session, mention, said, submission, limits)
    site = verdict.site
    if verdict.band in (Band.NEW, Band.ASKED) and alone(said) is Band.NEW:
        site = _equal_site(session, mention.place_key, verdict.asked) or make_site(session, mention, now=now)
    if isinstance(site, int):
        mention.site_id = site
        stored.add(session, forms.with_names(session, [(site, said)]))
    if verdict.band is Band.ASKED:
        ask(session, mention, verdict, submission.round, now=now)
    _record(session, mention, said, verdict, now)
    return verdict.band


def make_site(session: Session, mention: Mention, *, now: dt.datetime) -> int:
    """A new site that shows what this mention says; its number."""
    site = Site(
        public_id=random_id(),
        created_at=now,
        name=mention.name[:200],
        address=mention.address[:400],
        city=mention.city[:120],
        country=mention.country[:2],
    )
    session.add(site)
    session.flush()
    return site.id


def ask(session: Session, mention: Mention, verdict: Verdict, round_: Round, *, now: dt.datetime) -> None:
    """Put a mention's question into the round's queue; once for all mentions of the round that say the same."""
    query = select(MatchQuestion.id).where(MatchQuestion.round_id == round_.id, MatchQuestion.key == mention.place_key)
    if session.scalar(query) is not None or verdict.best is None:
        return
    best = verdict.best.likeness
    session.add(
        MatchQuestion(
            public_id=random_id(),
            created_at=now,
            round_id=round_.id,
            key=mention.place_key,
            mention_id=mention.id,
            state="open",
            rank=0 if Guard.COUNTRY in best.guards else 1,
            score=round(best.score * 10),
            quantity=weights.quantity_behind(session, mention, round_),
            candidates=[site for site in verdict.asked if site != mention.site_id],
        )
    )


def verdicts_on(session: Session, key: str) -> dict[str, str]:
    """What persons said about a description and others, by the other's key."""
    query = select(PairMemory).where(or_(PairMemory.key_a == key, PairMemory.key_b == key))
    return {(m.key_b if m.key_a == key else m.key_a): m.verdict for m in session.scalars(query)}


def active_sites(session: Session, keys: Iterable[str]) -> dict[int, Statement]:
    """The sites that have one of these descriptions, with it."""
    query = (
        select(SiteForm.site_id, SiteForm.form)
        .join(Site, Site.id == SiteForm.site_id)
        .where(SiteForm.key.in_(sorted(keys)), Site.merged_into_id.is_(None))
        .order_by(SiteForm.site_id)
    )
    return {site: Statement.from_json(form) for site, form in session.execute(query)}


def active_site(session: Session, number: int | None) -> Site | None:
    """The site of a number as it is now: what became part of another is that one."""
    site = session.get(Site, number) if number is not None else None
    while site is not None and site.merged_into_id is not None:
        site = session.get(Site, site.merged_into_id)
    return site


def verdict_now(session: Session, mention: Mention, said: Statement, *, limits: Thresholds = DEFAULT) -> Verdict:
    """What a mention that waits for an answer comes to by the rules as the sites are now; its own site set aside."""
    told = verdicts_on(session, mention.place_key)
    apart = {key for key, verdict in told.items() if verdict not in TIES}
    found = stored.candidates(session, said, without=apart)
    return decide(said, [one for one in found if one.site != mention.site_id], limits)


def _verdict(
    session: Session, mention: Mention, said: Statement, submission: Submission, limits: Thresholds
) -> Verdict:
    told = verdicts_on(session, mention.place_key)
    apart = {key for key, verdict in told.items() if verdict not in TIES}
    together = {key for key, verdict in told.items() if verdict in TIES}
    known = _remembered(session, mention, said, submission, together)
    if known is not None:
        return known
    equal = active_sites(session, [mention.place_key]) if said.precision is Precision.SITE else {}
    if len(equal) == 1:
        site, other = next(iter(equal.items()))
        found = stored.compare(site, said, other)
        if pair_rule(said, other, found.likeness, limits) in (Rule.EXACT, Rule.ID):
            return Verdict(Band.LINKED, Rule.EXACT, site, best=found)
    found_ones = stored.candidates(session, said, without=apart)
    if all(one.likeness.score < limits.ask_score for one in found_ones):
        found_ones += stored.second_look(session, said, without=apart)
    return _askable(session, submission, said, decide(said, found_ones, limits))


def _remembered(
    session: Session, mention: Mention, said: Statement, submission: Submission, together: Collection[str]
) -> Verdict | None:
    """The one site a person tied this description to; a rough place only for the reporter whose rough place it was."""
    if not together:
        return None
    sites = active_sites(session, together)
    if said.precision is not Precision.SITE:
        sites = {site: form for site, form in sites.items() if _named_before(session, mention, submission, site)}
    if len(sites) != 1:
        return None
    site, other = next(iter(sites.items()))
    return Verdict(Band.LINKED, Rule.REMEMBERED, site, best=stored.compare(site, said, other))


def _named_before(session: Session, mention: Mention, submission: Submission, site: int) -> bool:
    """Did the same supplier describe this site in these words before?"""
    earlier = aliased(Submission)
    query = (
        select(Mention.id)
        .join(earlier, earlier.id == Mention.submission_id)
        .where(
            Mention.place_key == mention.place_key,
            Mention.site_id == site,
            earlier.supplier_id == submission.supplier_id,
        )
    )
    return session.scalar(query.limit(1)) is not None


def _askable(session: Session, submission: Submission, said: Statement, verdict: Verdict) -> Verdict:
    """The verdict with only those sites in question that this round's lead may see described: of its own rounds."""
    if verdict.band is not Band.ASKED:
        return verdict
    own = (
        select(Mention.site_id)
        .join(Submission, Submission.id == Mention.submission_id)
        .join(Round, Round.id == Submission.round_id)
        .where(
            Mention.site_id.in_([site for site in verdict.asked if isinstance(site, int)]),
            Round.organisation_id == submission.round.organisation_id,
        )
    )
    seen = set(session.scalars(own))
    asked = tuple(site for site in verdict.asked if site in seen)
    return replace(verdict, asked=asked) if asked else replace(verdict, band=alone(said), rule=Rule.NONE, asked=())


def _equal_site(session: Session, key: str, asked: Collection[object]) -> int | None:
    """The site of an equal description that waits for its answer too, so that equal mentions share one; never one in question."""
    sites = active_sites(session, [key])
    return next(iter(sites)) if len(sites) == 1 and not sites.keys() & set(asked) else None


def _record(session: Session, mention: Mention, said: Statement, verdict: Verdict, now: dt.datetime) -> None:
    if mention.site_id is None:
        return
    best = verdict.best
    told = reasons(said, best.other, best.likeness, legal_forms_of(mention.name)) if best else ()
    session.add(
        MatchDecision(
            kind=verdict.rule.value if verdict.band is Band.LINKED else "new",
            mention_id=mention.id,
            site_id=mention.site_id,
            reasons=[[reason.code, reason.params] for reason in told],
            score=round(best.likeness.score * 10) if best else None,
            moves=[[mention.id, None, mention.site_id]],
            ruleset=RULESET,
            at=now,
        )
    )


def _pin(latitude: object, longitude: object) -> tuple[float, float] | None:
    if latitude is None or longitude is None:
        return None
    return float(str(latitude)), float(str(longitude))
