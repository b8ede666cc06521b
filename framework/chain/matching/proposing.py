"""What the whole base at once found, put as questions to the leads whose rounds describe both sites; never a decision.

The model only points at pairs. Each is compared again by the rules for one mention, and whatever holds a mention back
holds the pair back; a pair that a person told apart is never proposed again, and a second run asks nothing twice.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, joinedload

from framework.chain.matching import stored, weights
from framework.chain.matching.decide import DEFAULT, MOST_ASKED, Candidate, Rule, Thresholds, pair_rule
from framework.chain.matching.whole import Described, Pair
from framework.disclosure.veil import OPENED
from framework.ground import audit
from framework.ground.actors import SYSTEM
from framework.ground.place_scores import Guard, Statement
from models.base import random_id
from models.chain import Mention, Site
from models.disclosure import Submission
from models.matching import TIES, MatchQuestion, PairMemory, SiteForm, SiteId, TokenCount
from models.rounds import Round

PROPOSED = audit.declare("site.proposed", "questions")
BATCH = "batch"
AT_ONCE = 200
WAITING = ("open", "later")
OUTCOMES = ("asked", "waiting", "held_back", "told_apart", "unseen", "settled", "full")
"""What becomes of a pair: a question, one that waits already, held back by a guard or by a person, described by no lead
whole, settled under the same description, or one site too many for a question."""


@dataclass(slots=True)
class _Known:
    """What the database knows of the sites of some pairs, by site, and of verdicts and questions about them."""

    keys: dict[int, set[str]] = field(default_factory=lambda: defaultdict(set))
    ids: dict[int, dict[str, set[str]]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(set)))
    rows: dict[int, list[tuple[Round, Mention]]] = field(default_factory=lambda: defaultdict(list))
    apart: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    questions: dict[tuple[int, str], MatchQuestion] = field(default_factory=dict)
    refused: set[frozenset[int | None]] = field(default_factory=set)


def described(session: Session) -> Iterator[Described]:
    """Every description of every active site, in a fixed order; never all in memory."""
    query = select(SiteForm.id, SiteForm.site_id, SiteForm.form).join(Site, Site.id == SiteForm.site_id)
    query = query.where(Site.merged_into_id.is_(None)).order_by(SiteForm.id)
    with session.execute(query.execution_options(yield_per=2_000)) as found:  # closed where nobody reads to the end
        for form, site, data in found:
            yield Described(form, site, data)


def word_counts(session: Session) -> Counter[str]:
    """In how many descriptions each word stands."""
    return Counter({token: n for token, n in session.execute(select(TokenCount.token, TokenCount.n))})  # noqa: C416


def slices(pairs: Sequence[Pair]) -> Iterator[Sequence[Pair]]:
    """The pairs in portions that one transaction proposes."""
    return (pairs[start : start + AT_ONCE] for start in range(0, len(pairs), AT_ONCE))


def propose(session: Session, pairs: Sequence[Pair], *, now: dt.datetime, limits: Thresholds = DEFAULT) -> Counter[str]:
    """Put some pairs into the queues of the leads that may be asked; how many came to each of `OUTCOMES`."""
    outcomes: Counter[str] = Counter()
    asked: Counter[Round] = Counter()
    forms = _forms(session, pairs)
    known = _known(session, {site for pair in pairs for site in (pair.site, pair.other)})
    for pair in pairs:
        found = _compared(pair, forms)
        if found is None:
            outcomes["held_back"] += 1
            continue
        outcome = _held_back(pair, found, forms[pair.form], known, limits) or _ask(
            session, pair, found, known, asked, now
        )
        outcomes[outcome] += 1
    session.add_all(known.questions.values())
    session.flush()
    for round_, questions in asked.items():
        audit.record(session, PROPOSED, actor=SYSTEM, now=now, subject=round_, questions=questions)
    return outcomes


def _compared(pair: Pair, forms: dict[int, Statement]) -> Candidate | None:
    """The two descriptions of a pair compared; None where one is gone since the run began."""
    if pair.form not in forms or pair.other_form not in forms:
        return None
    return stored.compare(pair.other, forms[pair.form], forms[pair.other_form])


def _held_back(pair: Pair, found: Candidate, said: Statement, known: _Known, limits: Thresholds) -> str:
    """Why a pair is not asked by anybody; blank where it may be."""
    here, there = known.ids[pair.site], known.ids[pair.other]
    if any(here[scheme].isdisjoint(there[scheme]) for scheme in here.keys() & there.keys()):
        return "held_back"
    if pair_rule(said, found.other, found.likeness, limits) is Rule.NONE:
        return "held_back"
    if frozenset((pair.site, pair.other)) in known.refused:
        return "told_apart"
    keys = known.keys[pair.other]
    return "told_apart" if any(known.apart[key] & keys for key in known.keys[pair.site]) else ""


def _ask(session: Session, pair: Pair, found: Candidate, known: _Known, asked: Counter[Round], now: dt.datetime) -> str:
    """Ask every lead whose rounds describe both sites, once each; what it came to where no question is new."""
    leads = _leads(known, pair.site) & _leads(known, pair.other)
    if not leads:
        return "unseen"
    came_to = {_ask_lead(session, lead, pair, found, known, asked, now) for lead in sorted(leads)}
    return next(outcome for outcome in ("asked", "waiting", "full", "settled") if outcome in came_to)


def _ask_lead(
    session: Session, lead: int, pair: Pair, found: Candidate, known: _Known, asked: Counter[Round], now: dt.datetime
) -> str:
    """Ask one lead whether a description of the younger site is the older one, or the other way about."""
    ways = [(pair.other, pair.site), (pair.site, pair.other)]
    rows = [
        (round_, m, site) for here, site in ways for round_, m in known.rows[here] if round_.organisation_id == lead
    ]
    questions = [(known.questions.get((round_.id, m.place_key)), round_, m, site) for round_, m, site in rows]
    if any(q is not None and q.state in WAITING and site in q.candidates for q, _round, _m, site in questions):
        return "waiting"
    for question, round_, mention, site in questions:
        if question is None:
            known.questions[round_.id, mention.place_key] = _question(session, round_, mention, site, found, now)
        elif question.state in WAITING and len(question.candidates) < MOST_ASKED:
            question.candidates = [*question.candidates, site]
        else:
            continue
        asked[round_] += 1
        return "asked"
    return "full" if any(q is not None and q.state in WAITING for q, *_rest in questions) else "settled"


def _question(
    session: Session, round_: Round, mention: Mention, site: int, found: Candidate, now: dt.datetime
) -> MatchQuestion:
    return MatchQuestion(
        public_id=random_id(),
        created_at=now,
        round_id=round_.id,
        key=mention.place_key,
        mention_id=mention.id,
        state="open",
        source=BATCH,
        rank=0 if Guard.COUNTRY in found.likeness.guards else 1,
        score=round(found.likeness.score * 10),
        quantity=weights.quantity_behind(session, mention, round_),
        candidates=[site],
    )


def _leads(known: _Known, site: int) -> set[int]:
    return {round_.organisation_id for round_, _mention in known.rows[site]}


def _forms(session: Session, pairs: Sequence[Pair]) -> dict[int, Statement]:
    wanted = sorted({form for pair in pairs for form in (pair.form, pair.other_form)})
    query = select(SiteForm.id, SiteForm.form).where(SiteForm.id.in_(wanted))
    return {form: Statement.from_json(data) for form, data in session.execute(query)}


def _known(session: Session, sites: Collection[int]) -> _Known:
    known = _Known()
    for site, key in session.execute(select(SiteForm.site_id, SiteForm.key).where(SiteForm.site_id.in_(sites))):
        known.keys[site].add(key)
    for site, scheme, value in session.execute(
        select(SiteId.site_id, SiteId.scheme, SiteId.value).where(SiteId.site_id.in_(sites))
    ):
        known.ids[site][scheme].add(value)
    rows = (
        select(Round, Mention)
        .join(Submission, Submission.round_id == Round.id)
        .join(Mention, Mention.submission_id == Submission.id)
        .where(Mention.site_id.in_(sites), Mention.place_key != "", Submission.state.in_(OPENED))
        .order_by(Mention.id.desc())
    )
    for round_, mention in session.execute(rows):
        known.rows[mention.site_id or 0].append((round_, mention))
    _add_verdicts(session, known)
    return known


def _add_verdicts(session: Session, known: _Known) -> None:
    """What persons were asked and said about these descriptions."""
    keys = {key for some in known.keys.values() for key in some}
    keys |= {mention.place_key for some in known.rows.values() for _round, mention in some}
    for some in _portions(sorted(keys)):
        memory = select(PairMemory).where(or_(PairMemory.key_a.in_(some), PairMemory.key_b.in_(some)))
        for verdict in session.scalars(memory.where(PairMemory.verdict.not_in(TIES))):
            known.apart[verdict.key_a].add(verdict.key_b)
            known.apart[verdict.key_b].add(verdict.key_a)
        asked = select(MatchQuestion).options(joinedload(MatchQuestion.decision), joinedload(MatchQuestion.mention))
        for question in session.scalars(asked.where(MatchQuestion.key.in_(some))):
            known.questions[question.round_id, question.key] = question
            if question.decision is not None and question.decision.kind == "person_different":
                # Descriptions that read alike share a key, on which no verdict can be remembered.
                known.refused |= {frozenset((question.mention.site_id, site)) for site in question.candidates}


def _portions(items: Sequence[str]) -> Iterable[Sequence[str]]:
    return (items[start : start + AT_ONCE] for start in range(0, len(items), AT_ONCE))
