"""Publication: the frozen set FR1 as canonical text with its hash, who was entitled, and the proof that both still hold."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, joinedload

from framework.ground import audit, lifecycle, proposals
from framework.ground.actors import Actor
from framework.ground.errors import InvalidInput, MoveRefused, Stale
from framework.ground.lifecycle import Context
from framework.ground.text import N_
from framework.rounds import editing, moves, opener_keys, readiness, readiness_facts, telling
from framework.rounds.settings import frozen_values, value
from models.people import Appointment, User
from models.rounds import Round
from models.signons import EligibilitySnapshot, SignOn

ROUND_FIELDS = (
    "public_id",
    "name",
    "reference",
    "summary",
    "jurisdiction",
    "mandate_type",
    "cross_border",
    "currency",
    "zone",
    "questions_until",
    "term_starts_on",
    "term_ends_on",
    "option_months",
    "duration_justification",
    "first_audit_on",
    "value_estimated",
    "value_maximum",
    "data_agreement",
    "retention_years",
    "template_version",
)
"""What of the round itself is frozen. The tender deadline is not: it alone may move, later."""

LOT_FIELDS = (
    "number",
    "code",
    "name",
    "cpv_code",
    "unit",
    "categories",
    "spec_tiers",
    "years",
    "qty_estimated",
    "qty_maximum",
    "value_estimated",
    "value_maximum",
    "estimate_motive",
    "call_off_route",
    "required_components",
    "asked_tiers",
    "minerals",
    "asks_mines",
    "product_subset",
)
CRITERION_FIELDS = (
    "position",
    "name",
    "description",
    "place",
    "weight",
    "formula",
    "parameters",
    "is_label",
    "equivalent_path",
)
MEMBER_FACTS = ("organisation", "registration_no", "country", "eligibility_basis", "class_name", "mandate_sha256")
CLAUSE_FIELDS = ("position", "key", "place", "title", "text", "notice_reference", "parameters")


@dataclass(frozen=True, slots=True)
class Verification:
    """Whether the stored text still has its hash, and the terms as they stand still give the stored text.

    `differing` names the parts of the frozen set that differ now; empty where all is well.
    """

    hash: str
    text_intact: bool
    differing: tuple[str, ...]

    @property
    def holds(self) -> bool:
        """Whether the publication is proven unchanged."""
        return self.text_intact and not self.differing


def propose_readiness(session: Session, round_: Round, *, actor: Actor, now: dt.datetime) -> str:
    """First half of the readiness approval; raises MoveRefused naming the first row that is missing. Returns the preview hash."""
    lifecycle.check(session, round_, "approve_readiness", actor=actor, now=now)
    preview = preview_hash(session, round_)
    proposal = proposals.propose(session, round_, "approve_readiness", actor=actor, now=now, hash=preview)
    telling.ask_second_person(session, round_, proposal, "readiness", actor=actor, now=now)
    return preview


def approve_readiness(session: Session, round_: Round, *, actor: Actor, now: dt.datetime) -> None:
    """Second half, by another person. Raises Stale where the terms were changed since the proposal."""
    proposal = proposals.confirm(session, round_, "approve_readiness", actor=actor, now=now)
    _same_terms(session, round_, proposal.facts.get("hash"))
    lifecycle.move(session, round_, "approve_readiness", actor=actor, now=now, proposer_id=proposal.proposed_by_id)


def propose_publication(
    session: Session, round_: Round, *, notice_reference: str, actor: Actor, now: dt.datetime
) -> str:
    """First half of the publication, with the reference of the notice. Returns the hash that will be frozen.

    Raises MoveRefused where the readiness list is not green, the reference is blank or the deadline is too near.
    """
    reference = " ".join(notice_reference.split())
    if len(reference) > 100:
        raise InvalidInput("text-long", N_("Use at most %(limit)s characters."), field="notice_reference", limit=100)
    lifecycle.check(session, round_, "publish", actor=actor, now=now, notice_reference=reference)
    preview = preview_hash(session, round_)
    proposal = proposals.propose(
        session, round_, "publish", actor=actor, now=now, hash=preview, notice_reference=reference
    )
    telling.ask_second_person(session, round_, proposal, "publish", actor=actor, now=now)
    return preview


def publish(session: Session, round_: Round, *, actor: Actor, now: dt.datetime) -> str:
    """Second half, by another person: the terms are frozen. Returns the hash; raises as the first half, or Stale."""
    proposal = proposals.confirm(session, round_, "publish", actor=actor, now=now)
    _same_terms(session, round_, proposal.facts.get("hash"))
    lifecycle.move(
        session,
        round_,
        "publish",
        actor=actor,
        now=now,
        proposer_id=proposal.proposed_by_id,
        notice_reference=proposal.facts["notice_reference"],
    )
    return str(round_.frozen_hash)


def see_refusals(session: Session, round_: Round, *, actor: Actor, now: dt.datetime) -> int:
    """Note that the lead has seen the list of sign-ons that publication will refuse (readiness R3); how many stand on it."""
    editing.may_edit(session, round_, actor)
    listed = sorted(s.public_id for s in readiness_facts.gather(session, round_).refusable())
    before = sorted(readiness.refusals_seen(round_))
    if listed != before:
        round_.settings = dict(round_.settings or {}) | {"refusals_seen": listed}
        editing.note(session, round_, "refusals", {"seen": [before, listed]}, actor=actor, now=now)
    return len(listed)


def canonical(session: Session, round_: Round) -> str:
    """The canonical text of FR1: JSON in UTF-8 and NFC, keys sorted, no free spaces; instants in UTC, money as decimals."""
    return text_of(contents(session, round_))


def text_of(frozen: dict[str, Any]) -> str:
    """The canonical text of contents that are at hand."""
    return json.dumps(_plain(frozen), sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def contents(session: Session, round_: Round) -> dict[str, Any]:
    """What is frozen, part by part. After publication members and openers are those of publication.

    Where openers hold shares, their public keys are frozen: nobody puts another key in the place of an opener's.
    """
    keys = {"opener_keys": opener_keys.public_keys(session, round_)} if opener_keys.is_on(round_) else {}
    return keys | {
        "round": {name: getattr(round_, name) for name in ROUND_FIELDS},
        "members": members(session, round_),
        "classes": sorted(
            ({"name": c.name, "description": c.description} for c in round_.member_classes), key=lambda c: c["name"]
        ),
        "lots": [{name: getattr(lot, name) for name in LOT_FIELDS} for lot in round_.lots],
        "criteria": _criteria(round_),
        "clauses": [{name: getattr(clause, name) for name in CLAUSE_FIELDS} for clause in _ordered(round_.clauses)],
        "settings": frozen_values(round_),
        "openers": _openers(session, round_),
    }


def preview_hash(session: Session, round_: Round) -> str:
    """The hash that publication would freeze now."""
    return sha256(canonical(session, round_))


def verify(session: Session, round_: Round) -> Verification:
    """Recompute the frozen set of a published round from the records and compare it with what was stored.

    A setting that the product learnt after the publication is no part of what was frozen.
    """
    stored = round_.frozen_text or ""
    intact = sha256(stored) == round_.frozen_hash
    present, kept = json.loads(canonical(session, round_)), json.loads(stored or "{}")
    known = kept.get("settings", {})
    present["settings"] = {key: held for key, held in present["settings"].items() if key in known}
    differing = tuple(sorted(part for part in present.keys() | kept.keys() if present.get(part) != kept.get(part)))
    return Verification(round_.frozen_hash or "", intact, differing)


def sha256(text: str) -> str:
    """SHA-256 of a text in UTF-8, in hexadecimal."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def _same_terms(session: Session, round_: Round, proposed: object) -> None:
    if preview_hash(session, round_) != proposed:
        raise Stale(
            "terms-changed",
            N_("The terms were changed since they were proposed. Look at them and propose anew."),
        )


def _may_publish(session: Session, round_: Round, context: Context) -> None:
    readiness.require_green(session, round_, now=context.now)
    if not str(context.facts.get("notice_reference", "")).strip():
        raise MoveRefused("notice-missing", N_("Enter the reference of the published notice."))
    days = int(value(round_, "min_tender_days"))
    deadline = round_.tender_deadline
    if deadline is None or deadline < context.now + dt.timedelta(days=days):
        raise MoveRefused(
            "deadline-too-near",
            N_("Between publication and deadline lie at least %(days)s days. Choose a later deadline."),
            days=days,
        )


def _publish(session: Session, round_: Round, context: Context) -> None:
    """Freeze text and hash before anything reaches the database, which wants them together with the state.

    Who was entitled is stored by the sign-ons when the list closes, in the same transaction. The key of a round that its
    openers open is made here; its public half does not exist before, so it stands in the record and not in the text.
    """
    with session.no_autoflush:
        text = canonical(session, round_)
        dealt = opener_keys.deal(session, round_) if opener_keys.is_on(round_) else None
        round_.notice_reference = str(context.facts["notice_reference"])
        round_.published_at = context.now
        round_.frozen_text, round_.frozen_hash = text, sha256(text)
    if dealt is not None:
        audit.record(session, opener_keys.DEALT, actor=context.actor, now=context.now, subject=round_, **dealt)


def members(session: Session, round_: Round) -> list[dict[str, Any]]:
    """The confirmed members; once published, those of the snapshot taken at that instant (law L03)."""
    if round_.published_at is not None:
        query = select(EligibilitySnapshot).where(
            EligibilitySnapshot.round_id == round_.id, EligibilitySnapshot.at == round_.published_at
        )
        kept = [snapshot.facts for snapshot in session.scalars(query)]
        return sorted(({key: facts.get(key) for key in MEMBER_FACTS} for facts in kept), key=_by_name)
    confirmed = (
        select(SignOn)
        .options(joinedload(SignOn.organisation), joinedload(SignOn.mandate_file))
        .where(SignOn.round_id == round_.id, SignOn.state == "confirmed")
    )
    return sorted((_member(sign_on) for sign_on in session.scalars(confirmed)), key=_by_name)


def _member(sign_on: SignOn) -> dict[str, Any]:
    body, file = sign_on.organisation, sign_on.mandate_file
    return {
        "organisation": body.name,
        "registration_no": body.registration_no,
        "country": body.country,
        "eligibility_basis": sign_on.eligibility_basis,
        "class_name": sign_on.class_name,
        "mandate_sha256": file.sha256 if file is not None else None,
    }


def _by_name(member: dict[str, Any]) -> tuple[str, str]:
    return str(member["organisation"]), str(member["registration_no"])


def _criteria(round_: Round) -> list[dict[str, Any]]:
    codes = {lot.id: lot.code for lot in round_.lots}
    found = _ordered(round_.criteria)
    return [{name: getattr(c, name) for name in CRITERION_FIELDS} | {"lot": codes.get(c.lot_id)} for c in found]


def _openers(session: Session, round_: Round) -> list[str]:
    """Public ids of the openers named when the round was published; a person's name is no part of the frozen text."""
    query = (
        select(User.public_id)
        .join(Appointment, Appointment.user_id == User.id)
        .where(Appointment.round_id == round_.id, Appointment.role == "opener")
    )
    published = round_.published_at
    if published is None:
        query = query.where(Appointment.withdrawn_at.is_(None))
    else:
        standing = or_(Appointment.withdrawn_at.is_(None), Appointment.withdrawn_at > published)
        query = query.where(Appointment.created_at <= published, standing)
    return sorted(session.scalars(query))


def _ordered(rows: Iterable[Any]) -> list[Any]:
    """Rows by position, then in the order in which they were made."""
    return sorted(rows, key=lambda row: (row.position, row.id or 0))


def _plain(value: Any) -> Any:
    """Plain JSON in one form: NFC text, decimals with two places, dates and UTC instants as ISO 8601."""
    if isinstance(value, dict):
        return {_plain(str(key)): _plain(held) for key, held in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(held) for held in value]
    if isinstance(value, str):
        return unicodedata.normalize("NFC", value)
    if isinstance(value, Decimal):
        return f"{value:.2f}"
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC).isoformat(timespec="seconds")
    return value.isoformat() if isinstance(value, dt.date) else value


moves.register("publish", _may_publish, _publish)
