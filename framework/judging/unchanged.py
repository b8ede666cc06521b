"""Verdicts that were given before on the same evidence: a fingerprint of what a claim rests on, and who is shown what.

An earlier verdict is told beside an item and enters nothing: no value, no ceiling, no measure, no form.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from framework.chain.matching.placing import statement_of
from framework.ground import conflicts, permissions
from framework.ground.actors import Actor, roles_in
from framework.ground.permissions import JUDGED, JUDGING, Permission
from framework.ground.places import legal_forms_of, normalise_address, normalise_name
from framework.ground.text import key_of
from framework.judging import claims, evidence
from framework.judging.claims import Claim, Spoken
from models.disclosure import Submission
from models.judging import Conflict, Item, Verdict
from models.rounds import Round

RULES = "1"
"""Grows with every change of what is fingerprinted, so that nothing equals what was noted by other rules."""
SETTLED = ("agreed", "moderated")
Key = tuple[str, str, str, str]
"""Brand, section, kind, and the fingerprint."""
MOST_ROUNDS = 2
"""How many earlier rounds are looked through, the newest first, so that a page asks few questions."""


@dataclass(frozen=True, slots=True)
class Earlier:
    """What was found in an earlier round on the same evidence.

    How it was found (`low` to `high`, the individual levels, how many, whether in discussion) is told to whoever may
    read verdicts there (`is_whole`); the comparison of that round shows the level alone.
    """

    round: Round
    day: date
    level: str
    is_whole: bool = False
    low: str = ""
    high: str = ""
    counted: int = 0
    is_moderated: bool = False


def fingerprint(claim: Claim) -> str:
    """A hash of what a claim rests on; blank where no place is named. The order of places and cells does not count.

    Places by names, addresses and ids as the chain compares them; audits with their validity and report; registers; and
    what each supports on the day that counts. Shares, periods and models are not part of it.
    """
    if not claim.places:
        return ""
    places = sorted({_written(_place(one)) for one in claim.places})
    return hashlib.sha256(_written([RULES, claim.item.section, claim.item.kind, places]).encode()).hexdigest()


def note(verdict: Verdict, claim: Claim | None) -> None:
    """Keep with a verdict the fingerprint of the evidence as it stands when values are made final; points have none."""
    verdict.evidence_print = fingerprint(claim) if claim is not None else ""


def note_anew(session: Session, verdict: Verdict) -> None:
    """Keep the fingerprint of the evidence as it stands now, when a value was found in discussion."""
    item = session.get_one(Item, verdict.item_id)
    note(verdict, claims.load(session, verdict.round, item.submission, [item]).get(item.id))


def earlier(
    session: Session, round_: Round, lines: Iterable[tuple[Item, Verdict]], tenders: Collection[int], *, actor: Actor
) -> dict[int, Earlier]:
    """What was found before on the evidence of these items, by item: of each the newest that the reader may see.

    `tenders` are those of which the reader may see the values of others (`blind.open_to`); of others nothing is told.
    """
    wanted: dict[Key, list[int]] = defaultdict(list)
    for item, verdict in lines:
        if verdict.evidence_print and item.submission_id in tenders:
            wanted[_key(item, verdict)].append(item.id)
    told: dict[int, Earlier] = {}
    seen: dict[int, Sight] = {}
    for verdict, item, other in _candidates(session, round_, [key[-1] for key in wanted], actor):
        numbers = [number for number in wanted.get(_key(item, verdict), ()) if number not in told]
        if not numbers:
            continue
        if other.id not in seen:
            seen[other.id] = _sight(session, actor, other) if len(seen) < MOST_ROUNDS else Sight(False, False)
        if seen[other.id].is_open:
            told |= dict.fromkeys(numbers, _told(verdict, other, is_whole=seen[other.id].is_whole))
    return told


def _key(item: Item, verdict: Verdict) -> Key:
    return item.brand_key, item.section, item.kind, verdict.evidence_print


def _candidates(
    session: Session, round_: Round, prints: Collection[str], actor: Actor
) -> Sequence[tuple[Verdict, Item, Round]]:
    """Settled verdicts on such evidence of earlier rounds of the same lead whose judging is over, the newest first.

    Tenders that a tie keeps from the reader are left out, also where the tie was stated in another round.
    """
    if not prints or round_.tender_deadline is None:
        return ()
    query = (
        select(Verdict, Item, Round, Submission.supplier_id)
        .join(Item, Item.id == Verdict.item_id)
        .join(Round, Round.id == Verdict.round_id)
        .join(Submission, Submission.id == Verdict.submission_id)
        .where(
            Verdict.evidence_print.in_(sorted(set(prints))),
            Verdict.state.in_(SETTLED),
            Submission.state != "excluded",
            Round.organisation_id == round_.organisation_id,
            Round.id != round_.id,
            Round.tender_deadline < round_.tender_deadline,
            Round.state.in_(sorted(JUDGED - JUDGING)),
            Round.id.in_(permissions.visible_rounds(actor).with_only_columns(Round.id)),
        )
        .order_by(Round.tender_deadline.desc(), Verdict.settled_at.desc(), Verdict.id.desc())
    )
    rows = session.execute(query).all()
    kept_out = _tied(session, {row[0].submission_id: row[3] for row in rows}, actor) if rows else frozenset()
    return [(row[0], row[1], row[2]) for row in rows if row[0].submission_id not in kept_out]


def _tied(session: Session, suppliers: Mapping[int, int], actor: Actor) -> frozenset[int]:
    """Which of these tenders (number to supplier) a tie keeps from a person: to the bidder or to a brand that it offers."""
    query = select(Conflict.supplier_id, Conflict.brand_key).where(
        Conflict.user_id == actor.user_id, Conflict.lifted_at.is_(None)
    )
    ties = session.execute(query).all()
    bidders = {row.supplier_id for row in ties if row.supplier_id is not None}
    brands = {row.brand_key for row in ties if row.supplier_id is None}
    found = {number for number, supplier in suppliers.items() if supplier in bidders}
    if brands:
        offered = conflicts.brands_of(session, suppliers)
        found |= {number for number, keys in offered.items() if brands & keys.keys()}
    return frozenset(found)


class Sight(NamedTuple):
    """What a reader may see of an earlier round: its levels, and how each was found."""

    is_open: bool
    is_whole: bool


def _sight(session: Session, actor: Actor, other: Round) -> Sight:
    """Whether a reader may compare suppliers in an earlier round, where every level stands, and owes no statement there."""
    roles = roles_in(session, actor, other)
    if conflicts.must_state(session, actor, other, roles):
        return Sight(False, False)
    is_open = permissions.may(session, actor, Permission.COMPARISON_VIEW, other, roles=roles)
    return Sight(is_open, is_open and permissions.may(session, actor, Permission.VERDICT_VIEW, other, roles=roles))


def _told(verdict: Verdict, other: Round, *, is_whole: bool) -> Earlier:
    at = verdict.settled_at or other.created_at
    day = at.astimezone(ZoneInfo(other.zone)).date()
    if not is_whole:
        return Earlier(other, day, verdict.level)
    is_moderated = verdict.state == "moderated"
    return Earlier(other, day, verdict.level, True, verdict.lowest, verdict.highest, verdict.counted, is_moderated)


def _place(spoken: Spoken) -> list[Any]:
    """What is compared of one place."""
    told = spoken.place.told
    audits = [
        [
            one.scheme,
            one.audit_type,
            _day(one.audit_date),
            _day(one.valid_until),
            key_of(one.auditor_body),
            spoken.reports.get(one.row_id, "").strip(),
        ]
        for one in told.audits
    ]
    supports = [
        [one.kind, one.level, one.reason, "" if one.kind == evidence.REGISTRY else one.name] for one in spoken.supports
    ]
    listed = {(one.kind, key_of(one.name), key_of(one.by)) for one in told.backing.published}
    return [_where(told), sorted(audits), sorted(supports), sorted(listed), sorted(map(key_of, spoken.registers))]


def _where(told: Any) -> Any:
    """A place as the chain compares it: a site, a smelter, or an origin of a mineral."""
    if told.mention is not None:
        said = statement_of(told.mention, told.row).to_json()
        return [{key: said[key] for key in said if key != "pin"}, legal_forms_of(told.mention.name)]
    one, values = told.smelter, told.row.read_values
    address = str(values.get("smelter_address_line") or "")
    return [
        one.mineral,
        key_of(one.smelter_id),
        normalise_name(one.smelter_name),
        legal_forms_of(one.smelter_name),
        normalise_address(address, one.country),
        normalise_name(one.city),
        one.country,
        one.rmap_status,
        key_of(told.origin),
    ]


def _day(day: date | None) -> str:
    return day.isoformat() if day is not None else ""


def _written(told: Any) -> str:
    return json.dumps(told, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
