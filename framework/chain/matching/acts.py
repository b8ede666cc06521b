"""What a person decides about sites: an answered question, a merge, a split, and taking any of them back.

Every act is one decision that holds each move of a mention, so that undoing restores the state before, exactly. Sites
have no contents of their own: what they show and count comes from their mentions, and changes with them at once.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Sequence

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from framework.chain import shared
from framework.chain.leverage import stored as flows
from framework.chain.matching import stored
from framework.chain.matching.placing import active_site, make_site, statement_of, verdicts_on
from framework.ground import audit
from framework.ground.actors import Actor
from framework.ground.errors import RuleBroken
from framework.ground.places import RULESET
from framework.ground.text import N_
from models.chain import Mention, Site
from models.disclosure import Submission, SubmissionRow
from models.matching import TIES, VERDICTS, MatchDecision, MatchQuestion, PairMemory, SiteAlias, SiteForm, SiteId
from models.rounds import Round

ANSWERED = audit.declare("site.answered", "verdict", "question", "site", "mentions")
PUT_OFF = audit.declare("site.put_off", "question")
MERGED = audit.declare("site.merged", "site", "into", "mentions")
SPLIT = audit.declare("site.split", "site", "made", "mentions")
UNDONE = audit.declare("site.undone", "decision", "act")
SURE = 850
"""From this score on, in tenths, *same* needs no motive."""
LONGEST_MOTIVE = 1000


def answer(
    session: Session,
    question: MatchQuestion,
    verdict: str,
    *,
    site: Site | None,
    motive: str,
    actor: Actor,
    now: dt.datetime,
) -> MatchDecision:
    """Settle a question: the description is `site` (`same`, `renamed`), or none of those asked (`different`, `neighbour`).

    Remembered on the descriptions, so that the same two are never asked again. Raises RuleBroken where the question is
    settled, the site is not asked, or a motive is missing.
    """
    asked = _active(session, question.candidates)
    tied = _require_answer(question, verdict, site, asked, motive)
    decision = _decide(
        session,
        "person_same" if tied else "person_different",
        site=tied or active_site(session, question.mention.site_id),
        other=None if tied else (asked[0] if asked else None),
        motive=motive.strip()[:LONGEST_MOTIVE],
        actor=actor,
        now=now,
        mention=question.mention,
    )
    _remember(session, question.key, [tied] if tied else asked, verdict, decision)
    if tied is not None:
        _tie(session, question, tied, decision, now=now)
    question.state, question.decision_id = "answered", decision.id
    known = tied.public_id if tied else ""
    told = {"verdict": verdict, "question": question.public_id, "site": known}
    audit.record(session, ANSWERED, actor=actor, now=now, subject=question, mentions=len(decision.moves), **told)
    return decision


def put_off(session: Session, question: MatchQuestion, *, actor: Actor, now: dt.datetime) -> None:
    """Let a question stand behind all others. Raises RuleBroken where it is settled."""
    _require_unsettled(question)
    question.state = "later"
    audit.record(session, PUT_OFF, actor=actor, now=now, subject=question, question=question.public_id)


def merge(session: Session, site: Site, into: Site, *, motive: str, actor: Actor, now: dt.datetime) -> MatchDecision:
    """Make one site part of another; its public id leads to the survivor for ever.

    Raises RuleBroken where they are one already, or where a registry tells them apart.
    """
    _lock(session, site, into)
    if site.id == into.id or site.merged_into_id is not None or into.merged_into_id is not None:
        raise RuleBroken("site-merged", N_("These are one site already. Look at the page again."))
    if _ids_contradict(session, site, into):
        raise RuleBroken(
            "ids-contradict", N_("A registry lists them as two sites (two different ids), so they stay two.")
        )
    decision = _decide(session, "merge", site=into, other=site, motive=_motive(motive), actor=actor, now=now)
    _move(session, decision, _mentions_of(session, site), into)
    _end(session, site, into, now=now)
    _settle(session, [site.id, into.id])
    audit.record(
        session,
        MERGED,
        actor=actor,
        now=now,
        subject=into,
        site=site.public_id,
        into=into.public_id,
        mentions=len(decision.moves),
    )
    return decision


def split(
    session: Session, site: Site, chosen: Sequence[Mention], *, motive: str, actor: Actor, now: dt.datetime
) -> MatchDecision:
    """Take mentions out of a site into a new one; the two are remembered as different.

    Raises RuleBroken where none or all of its mentions are chosen.
    """
    _lock(session, site)
    everything = _mentions_of(session, site)
    keys = {mention.place_key for mention in chosen}
    moved = [mention for mention in everything if mention.place_key in keys]
    if not moved or len(moved) == len(everything):
        raise RuleBroken("split-empty", N_("Choose some of the descriptions, not none and not all."))
    made = session.get_one(Site, make_site(session, moved[0], now=now))
    decision = _decide(session, "split", site=site, other=made, motive=_motive(motive), actor=actor, now=now)
    _move(session, decision, moved, made)
    _settle(session, [site.id, made.id])
    for key in sorted(keys):
        _remember(session, key, [site], "different", decision)
    audit.record(
        session,
        SPLIT,
        actor=actor,
        now=now,
        subject=site,
        site=site.public_id,
        made=made.public_id,
        mentions=len(decision.moves),
    )
    return decision


def undo(session: Session, decision: MatchDecision, *, actor: Actor, now: dt.datetime) -> MatchDecision:
    """Restore the state before a decision of a person, also one made long ago.

    Raises RuleBroken where it was taken back before, was the program's, or a later decision moved the same mentions: that
    one is taken back first.
    """
    if decision.actor_id is None or decision.kind == "undo" or _is_undone(session, decision):
        raise RuleBroken("decision-undone", N_("This decision cannot be taken back: look at the list again."))
    wrong = [m for m, _from, to in decision.moves if session.get_one(Mention, m).site_id != to]
    if wrong:
        raise RuleBroken(
            "later-decision",
            N_("A later decision moved %(count)s of the same descriptions. Take that one back first."),
            count=len(wrong),
        )
    taken = _decide(session, "undo", site=None, other=None, motive="", actor=actor, now=now, undoes=decision)
    sites = {site for move in decision.moves for site in move[1:] if site is not None}
    for number, before, _after in decision.moves:
        session.get_one(Mention, number).site_id = before
    taken.moves = [[number, after, before] for number, before, after in decision.moves]
    session.execute(delete(PairMemory).where(PairMemory.decision_id == decision.id))
    for site in session.scalars(select(Site).where(Site.id.in_(sites | {decision.other_site_id or 0}))):
        if site.merged_into_id is not None and site.merged_into_id == decision.site_id:
            site.merged_into_id = None
            session.execute(delete(SiteAlias).where(SiteAlias.public_id == site.public_id))
            sites.add(site.id)
    session.execute(
        update(MatchQuestion)
        .where(MatchQuestion.decision_id == decision.id)
        .values(state="open", decision_id=None, version=MatchQuestion.version + 1)
    )
    _settle(session, sites)
    audit.record(session, UNDONE, actor=actor, now=now, subject=decision, decision=str(decision.id), act=decision.kind)
    return taken


def _require_unsettled(question: MatchQuestion) -> None:
    if question.state not in ("open", "later"):
        raise RuleBroken("question-settled", N_("This question is answered. Look at the list again."))


def _require_answer(
    question: MatchQuestion, verdict: str, site: Site | None, asked: Sequence[Site], motive: str
) -> Site | None:
    """The site that an answer ties to, None where it tells apart. Raises RuleBroken where the answer says too little."""
    _require_unsettled(question)
    if verdict not in VERDICTS:
        raise RuleBroken("verdict-unknown", N_("Choose one of the answers."))
    if verdict in TIES and site not in asked:
        raise RuleBroken("site-not-asked", N_("Choose the site that it is."))
    if not (verdict == "same" and question.score >= SURE):
        _motive(motive)
    return site if verdict in TIES else None


def _tie(session: Session, question: MatchQuestion, site: Site, decision: MatchDecision, *, now: dt.datetime) -> None:
    """Move every mention of the question's round that says the same, and all of a site made while it waited."""
    own = question.mention.site_id
    query = select(Mention).join(Submission, Submission.id == Mention.submission_id)
    same = session.scalars(
        query.where(Mention.place_key == question.key, Submission.round_id == question.round_id)
    ).all()
    waited = session.get(Site, own) if own is not None and own != site.id else None
    mentions = {one.id: one for one in [*same, *(_mentions_of(session, waited) if waited else ())]}
    _move(session, decision, [mentions[number] for number in sorted(mentions)], site)
    if waited is not None and waited.merged_into_id is None:
        _end(session, waited, site, now=now)
        decision.other_site_id = waited.id
    _settle(session, {site.id, *({waited.id} if waited else ())})


def _decide(
    session: Session,
    kind: str,
    *,
    site: Site | None,
    other: Site | None,
    motive: str,
    actor: Actor,
    now: dt.datetime,
    mention: Mention | None = None,
    undoes: MatchDecision | None = None,
) -> MatchDecision:
    decision = MatchDecision(
        kind=kind,
        mention_id=mention.id if mention else None,
        site_id=site.id if site else None,
        other_site_id=other.id if other else None,
        reasons=[],
        moves=[],
        ruleset=RULESET,
        actor_id=actor.user_id,
        motive=motive,
        at=now,
        undoes_id=undoes.id if undoes else None,
    )
    session.add(decision)
    session.flush()
    return decision


def _move(session: Session, decision: MatchDecision, mentions: Iterable[Mention], site: Site) -> None:
    moves = []
    for mention in mentions:
        if mention.site_id != site.id:
            moves.append([mention.id, mention.site_id, site.id])
            mention.site_id = site.id
    decision.moves = moves
    session.flush()


def _end(session: Session, site: Site, into: Site, *, now: dt.datetime) -> None:
    site.merged_into_id = into.id
    session.merge(SiteAlias(public_id=site.public_id, site_id=into.id, since=now))


def _settle(session: Session, sites: Collection[int]) -> None:
    """Let sites be found by what their mentions say now, and count what is shared and what comes from them anew."""
    session.flush()
    stored.remove(session, sites)
    rows = session.execute(
        select(Mention, SubmissionRow)
        .join(SubmissionRow, SubmissionRow.id == Mention.row_id)
        .where(Mention.site_id.in_(sites))
        .order_by(Mention.id)
    ).all()
    stored.add(session, [(mention.site_id or 0, statement_of(mention, row)) for mention, row in rows])
    query = select(Submission.round_id, Submission.id)
    concerned: dict[int, list[int]] = {}
    for round_id, number in session.execute(query.where(Submission.id.in_({m.submission_id for m, _row in rows}))):
        concerned.setdefault(round_id, []).append(number)
    for round_ in session.scalars(select(Round).where(Round.id.in_(concerned)).order_by(Round.id)):
        shared.count(session, round_)
        flows.count(session, round_, concerned[round_.id])


def _remember(session: Session, key: str, sites: Iterable[Site], verdict: str, decision: MatchDecision) -> None:
    """Keep the verdict on a description and every description of these sites; a newer verdict takes the place of an older."""
    query = select(SiteForm.key).where(SiteForm.site_id.in_([site.id for site in sites]), SiteForm.key != key)
    known = verdicts_on(session, key)
    for other in sorted(set(session.scalars(query))):
        low, high = sorted((key, other))
        if other in known:
            session.execute(delete(PairMemory).where(PairMemory.key_a == low, PairMemory.key_b == high))
        session.add(PairMemory(key_a=low, key_b=high, verdict=verdict, decision_id=decision.id))
    session.flush()


def _active(session: Session, numbers: Sequence[int]) -> list[Site]:
    """The sites of a question as they are now: what was merged meanwhile is its survivor."""
    found = (active_site(session, number) for number in numbers)
    return list(dict.fromkeys(site for site in found if site is not None))


def _mentions_of(session: Session, site: Site) -> list[Mention]:
    return list(session.scalars(select(Mention).where(Mention.site_id == site.id).order_by(Mention.id)))


def _ids_contradict(session: Session, one: Site, other: Site) -> bool:
    ids: dict[str, list[set[str]]] = {}
    for place, site in enumerate((one, other)):
        for scheme, value in session.execute(select(SiteId.scheme, SiteId.value).where(SiteId.site_id == site.id)):
            ids.setdefault(scheme, [set(), set()])[place].add(value)
    return any(here and there and here.isdisjoint(there) for here, there in ids.values())


def _lock(session: Session, *sites: Site) -> None:
    query = select(Site).where(Site.id.in_([site.id for site in sites])).order_by(Site.id).with_for_update()
    session.scalars(query.execution_options(populate_existing=True)).all()


def _is_undone(session: Session, decision: MatchDecision) -> bool:
    return session.scalar(select(MatchDecision.id).where(MatchDecision.undoes_id == decision.id)) is not None


def _motive(text: str) -> str:
    motive = text.strip()[:LONGEST_MOTIVE]
    if not motive:
        raise RuleBroken("motive-missing", N_("Say in a few words why, so that others can follow it later."))
    return motive
